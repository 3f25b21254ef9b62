#include "eventstore/mark.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "eventstore/files.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_status.h"

namespace pawl::eventstore {
namespace {

const rocksdb::IOOptions kIo;
const rocksdb::FileOptions kFile;

// The offsets of docs/log_format.md.
constexpr std::string_view kMagic = "PAWLACK1";
constexpr size_t kStoreIdAt = 8;
constexpr size_t kBootIdAt = 24;
constexpr size_t kCounterAt = 40;
constexpr size_t kFlagsAt = 48;
constexpr size_t kPartitionsAt = 52;
constexpr size_t kEntriesAt = 56;
constexpr size_t kEntryBytes = 16;
constexpr uint32_t kFlagBuffered = 1;

// The checksum follows the entries: with up to 28 partitions all of it lies in
// one 512 byte sector, which even old disks write whole.
constexpr size_t CrcAt(size_t partitions) {
  return kEntriesAt + partitions * kEntryBytes;
}
static_assert(CrcAt(28) + 4 <= 512);
static_assert(CrcAt(kStorePartitionsMax) + 4 <= kMarkSlotBytes);

}  // namespace

Position MarkContent::Required(PartitionId partition,
                               std::string_view this_boot) const {
  const Entry& entry = partitions.at(partition);
  return buffered && boot_id != this_boot ? entry.synced : entry.acknowledged;
}

std::string EncodeMarkSlot(const MarkContent& content) {
  PAWL_CHECK_EQ(content.store_id.size(), kMarkIdBytes);
  PAWL_CHECK_EQ(content.boot_id.size(), kMarkIdBytes);
  PAWL_CHECK_LE(content.partitions.size(), size_t{kStorePartitionsMax});
  std::string slot(kMarkSlotBytes, '\0');
  char* out = slot.data();
  std::memcpy(out, kMagic.data(), kMagic.size());
  std::memcpy(out + kStoreIdAt, content.store_id.data(), kMarkIdBytes);
  std::memcpy(out + kBootIdAt, content.boot_id.data(), kMarkIdBytes);
  PutLittleEndian64(out + kCounterAt, content.counter);
  PutLittleEndian32(out + kFlagsAt, content.buffered ? kFlagBuffered : 0);
  PutLittleEndian32(out + kPartitionsAt,
                    static_cast<uint32_t>(content.partitions.size()));
  for (size_t i = 0; i < content.partitions.size(); ++i) {
    char* entry = out + kEntriesAt + i * kEntryBytes;
    PutLittleEndian64(entry, content.partitions[i].acknowledged);
    PutLittleEndian64(entry + 8, content.partitions[i].synced);
  }
  const size_t crc_at = CrcAt(content.partitions.size());
  PutLittleEndian32(out + crc_at, Crc32c({out, crc_at}));
  return slot;
}

absl::StatusOr<MarkContent> DecodeMarkSlot(std::string_view slot) {
  if (slot.size() != kMarkSlotBytes) {
    return absl::DataLossError(
        absl::StrCat("slot of ", slot.size(), " bytes, want ", kMarkSlotBytes));
  }
  if (!slot.starts_with(kMagic)) return absl::DataLossError("no mark here");
  const char* in = slot.data();
  const uint32_t partitions = GetLittleEndian32(in + kPartitionsAt);
  if (partitions == 0 || partitions > kStorePartitionsMax) {
    return absl::DataLossError(absl::StrCat(partitions, " partitions"));
  }
  const size_t crc_at = CrcAt(partitions);
  if (Crc32c(slot.substr(0, crc_at)) != GetLittleEndian32(in + crc_at)) {
    return absl::DataLossError("checksum doesn't fit");
  }
  MarkContent content;
  content.store_id = slot.substr(kStoreIdAt, kMarkIdBytes);
  content.boot_id = slot.substr(kBootIdAt, kMarkIdBytes);
  content.counter = GetLittleEndian64(in + kCounterAt);
  content.buffered = (GetLittleEndian32(in + kFlagsAt) & kFlagBuffered) != 0;
  for (uint32_t i = 0; i < partitions; ++i) {
    const char* entry = in + kEntriesAt + i * kEntryBytes;
    content.partitions.push_back(
        {GetLittleEndian64(entry), GetLittleEndian64(entry + 8)});
  }
  return content;
}

absl::Status Mark::Create(rocksdb::FileSystem* fs, const std::string& path,
                          const MarkContent& content) {
  const std::string slot = EncodeMarkSlot(content);
  return WriteFileWhole(fs, path, slot + slot);
}

absl::StatusOr<MarkContent> Mark::Load(rocksdb::FileSystem* fs,
                                       const std::string& path) {
  PAWL_ASSIGN_OR_RETURN(const std::string bytes,
                        ReadFileStart(fs, path, 2 * kMarkSlotBytes));
  absl::StatusOr<MarkContent> newest = absl::DataLossError("empty");
  std::string problems;
  for (size_t i = 0; i < 2; ++i) {
    const size_t at = std::min(i * kMarkSlotBytes, bytes.size());
    auto slot =
        DecodeMarkSlot(std::string_view(bytes).substr(at, kMarkSlotBytes));
    if (!slot.ok()) {
      absl::StrAppend(&problems, " slot ", i, ": ",
                      std::string(slot.status().message()), ";");
    } else if (!newest.ok() || slot->counter > newest->counter) {
      newest = std::move(slot);
    }
  }
  if (!newest.ok()) {
    return absl::DataLossError(
        absl::StrCat("the mark ", path, " is damaged:", problems,
                     " what was acknowledged is unknown"));
  }
  return newest;
}

absl::StatusOr<std::unique_ptr<Mark>> Mark::Open(rocksdb::FileSystem* fs,
                                                 const std::string& path,
                                                 MarkContent content) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  PAWL_RETURN_IF_ERROR(
      FromRocksDb(fs->NewRandomRWFile(path, kFile, &file, nullptr),
                  absl::StrCat("open ", path)));
  return std::unique_ptr<Mark>(
      new Mark(path, std::move(file), std::move(content)));
}

Mark::Mark(std::string path, std::unique_ptr<rocksdb::FSRandomRWFile> file,
           MarkContent content)
    : path_(std::move(path)),
      file_(std::move(file)),
      content_(std::move(content)),
      synced_counter_(content_.counter) {}

absl::Status Mark::Write(const std::vector<MarkContent::Entry>& partitions) {
  const std::lock_guard<std::mutex> lock(mutex_);
  PAWL_CHECK_EQ(partitions.size(), content_.partitions.size());
  content_.partitions = partitions;
  ++content_.counter;
  const std::string slot = EncodeMarkSlot(content_);
  const uint64_t offset = (content_.counter % 2) * kMarkSlotBytes;
  return FromRocksDb(file_->Write(offset, slot, kIo, nullptr),
                     absl::StrCat("write ", path_));
}

absl::Status Mark::Sync() {
  uint64_t counter;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (synced_counter_ == content_.counter) return absl::OkStatus();
    counter = content_.counter;
  }
  // Without the lock: writes go on meanwhile, and count for the next Sync.
  PAWL_RETURN_IF_ERROR(
      FromRocksDb(file_->Sync(kIo, nullptr), absl::StrCat("sync ", path_)));
  const std::lock_guard<std::mutex> lock(mutex_);
  synced_counter_ = std::max(synced_counter_, counter);
  return absl::OkStatus();
}

MarkContent Mark::content() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return content_;
}

std::string ReadBootId() {
  std::string id(kMarkIdBytes, '\0');
  const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return id;
  char text[64];
  const ssize_t bytes = read(fd, text, sizeof(text));
  close(fd);
  // 36 characters of hexadecimal digits and hyphens; two digits make a byte.
  size_t digits = 0;
  for (ssize_t i = 0; i < bytes && digits < 2 * kMarkIdBytes; ++i) {
    const char c = text[i];
    int value = 0;
    if (c >= '0' && c <= '9') {
      value = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      value = c - 'a' + 10;
    } else {
      continue;
    }
    char& byte = id[digits / 2];
    byte = static_cast<char>(byte << 4 | value);
    ++digits;
  }
  return id;
}

absl::StatusOr<std::string> NewStoreId() {
  std::string id(kMarkIdBytes, '\0');
  if (getrandom(id.data(), id.size(), 0) !=
      static_cast<ssize_t>(kMarkIdBytes)) {
    return absl::UnavailableError(absl::StrCat("getrandom: ", strerror(errno)));
  }
  return id;
}

}  // namespace pawl::eventstore
