#include "eventstore/manifest_tail.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/crc32c.h"
#include "base/status_macros.h"
#include "eventstore/files.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_status.h"

namespace pawl::eventstore {
namespace {

constexpr size_t kHeaderBytes = 7;
constexpr size_t kLengthAt = 4;
constexpr size_t kTypeAt = 6;

// A record is whole in one block, or lies in several.
constexpr int kFull = 1;
constexpr int kFirst = 2;
constexpr int kMiddle = 3;
constexpr int kLast = 4;

int ByteAt(std::string_view bytes, size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// RocksDB stores checksums "masked", so that one over bytes that hold checksums
// is as strong as any.
uint32_t Masked(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

bool OnlyZeros(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char byte) { return byte == '\0'; });
}

}  // namespace

void ManifestScan::Add(std::string_view block) {
  if (!stopped_) {
    AddRecords(block);
  } else if (zeros_) {
    zeros_ = OnlyZeros(block);
  }
  bytes_ += block.size();
}

void ManifestScan::AddRecords(std::string_view block) {
  const bool last_block = block.size() < kManifestBlockBytes;
  size_t at = 0;
  while (block.size() - at >= kHeaderBytes) {
    const std::string_view rest = block.substr(at);
    const size_t size = kHeaderBytes +
                        static_cast<size_t>(ByteAt(rest, kLengthAt)) +
                        (static_cast<size_t>(ByteAt(rest, kLengthAt + 1)) << 8);
    const bool fits = size <= rest.size();
    if (!fits ||
        GetLittleEndian32(rest.data()) !=
            Masked(Crc32c(rest.substr(kTypeAt, size - kTypeAt))) ||
        !Follows(ByteAt(rest, kTypeAt), bytes_ + at + size)) {
      stopped_ = true;
      torn_ = !fits && last_block;
      zeros_ = OnlyZeros(rest);
      return;
    }
    at += size;
  }
  // What is left of a full block is a filler.
  stopped_ = torn_ = last_block && at < block.size();
}

bool ManifestScan::Follows(int type, uint64_t its_end) {
  const bool begins = type != kMiddle && type != kLast;
  if (begins == in_fragments_) return false;
  in_fragments_ = type == kFirst || type == kMiddle;
  if (!in_fragments_) whole_ = its_end;
  return true;
}

ManifestScan::End ManifestScan::end() const {
  if (!stopped_) return in_fragments_ ? End::kTorn : End::kWhole;
  // Zeros it takes between records only.
  return torn_ || (zeros_ && !in_fragments_) ? End::kTorn : End::kDamaged;
}

namespace {

// The path of the MANIFEST that CURRENT names; nothing where there is none.
absl::StatusOr<std::optional<std::string>> ManifestOf(
    rocksdb::FileSystem* fs, const std::string& db_path) {
  constexpr size_t kNameBytesMax = 64;
  const absl::StatusOr<std::string> current =
      ReadFileStart(fs, db_path + "/CURRENT", kNameBytesMax);
  if (absl::IsNotFound(current.status())) return std::nullopt;
  PAWL_RETURN_IF_ERROR(current.status());
  if (!absl::StartsWith(*current, "MANIFEST-") || current->back() != '\n') {
    return std::nullopt;
  }
  std::string path =
      absl::StrCat(db_path, "/", current->substr(0, current->size() - 1));
  if (!FileExists(fs, path)) return std::nullopt;
  return path;
}

struct Reading {
  ManifestScan scan;
  uint32_t crc = 0;   // of the whole file
  std::string start;  // as many bytes as were asked for
};

absl::StatusOr<Reading> ReadManifest(rocksdb::FileSystem* fs,
                                     const std::string& path,
                                     uint64_t start_bytes) {
  const std::string what = absl::StrCat("read ", path);
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  PAWL_RETURN_IF_ERROR(FromRocksDb(
      fs->NewRandomAccessFile(path, rocksdb::FileOptions(), &file, nullptr),
      what));
  Reading reading;
  std::string buffer(kManifestBlockBytes, '\0');
  for (;;) {
    const uint64_t at = reading.scan.bytes();
    rocksdb::Slice read;
    PAWL_RETURN_IF_ERROR(
        FromRocksDb(file->Read(at, buffer.size(), rocksdb::IOOptions(), &read,
                               buffer.data(), nullptr),
                    what));
    const std::string_view block(read.data(), read.size());
    if (at < start_bytes) reading.start += block.substr(0, start_bytes - at);
    reading.crc = ExtendCrc32c(reading.crc, block);
    reading.scan.Add(block);
    if (block.size() < kManifestBlockBytes) return reading;
  }
}

}  // namespace

absl::StatusOr<std::string> CutManifest(rocksdb::FileSystem* fs,
                                        const std::string& db_path,
                                        Quarantine* quarantine) {
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> path,
                        ManifestOf(fs, db_path));
  if (!path.has_value()) return std::string();
  PAWL_ASSIGN_OR_RETURN(const Reading first, ReadManifest(fs, *path, 0));
  const ManifestScan& scan = first.scan;
  if (scan.end() == ManifestScan::End::kWhole) return std::string();
  // A read that lied must not change the disk.
  PAWL_ASSIGN_OR_RETURN(const Reading second,
                        ReadManifest(fs, *path, scan.whole()));
  if (second.scan.bytes() != scan.bytes() || second.crc != first.crc) {
    return std::string();
  }
  const bool damaged = scan.end() == ManifestScan::End::kDamaged;
  const uint64_t tail = scan.bytes() - scan.whole();
  // RocksDB might take it for less than it is.
  if (damaged && (scan.whole() == 0 || tail > kManifestTailBytesMax)) {
    return absl::DataLossError(
        absl::StrCat(*path, " is damaged at byte ", scan.whole(), " of ",
                     scan.bytes(), ": restore the directory from a backup"));
  }
  PAWL_RETURN_IF_ERROR(quarantine->KeepDatabase());
  if (!damaged) return std::string();
  PAWL_RETURN_IF_ERROR(WriteFileWhole(fs, *path, second.start));
  return absl::StrCat(*path, " was damaged at its end and cut at byte ",
                      scan.whole(), " of ", scan.bytes());
}

}  // namespace pawl::eventstore
