#include "eventstore/log_reader.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/rocksdb_status.h"
#include "eventstore/rules.h"

namespace pawl::eventstore {
namespace {

// Positions asked of RocksDB at once: it sorts them by block and reads each
// once.
constexpr size_t kMultiGet = 32;

std::string_view View(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

std::string Reading(const LogTable& log, Position position) {
  return absl::StrCat("read record ", LogPlace(log.partition, position));
}

// Records that exist by Floor() and End() and that RocksDB doesn't have.
absl::Status Missing(const LogTable& log, Position position,
                     const std::string& detail) {
  // Unless they were trimmed after the read had begun.
  PAWL_RETURN_IF_ERROR(
      CheckReadFrom(log.partition, position, log.floor->load()));
  return MissingRecord(log.partition, position,
                       absl::StrCat(detail, ", in ", log.db->GetName()));
}

absl::StatusOr<Position> PositionOf(const LogTable& log,
                                    const rocksdb::Slice& key) {
  if (key.size() != kPositionBytes) {
    return absl::DataLossError(
        absl::StrCat("a key of ", key.size(), " bytes in the log of partition ",
                     log.partition, ", in ", log.db->GetName()));
  }
  return DecodeBigEndian64(View(key));
}

}  // namespace

absl::Status ReadLog(const LogTable& log, Position from, Position to,
                     Position end, const EventStore::RecordVisitor& visit) {
  PAWL_RETURN_IF_ERROR(CheckReadFrom(log.partition, from, log.floor->load()));
  to = std::min(to, end);
  if (from > to) return absl::OkStatus();
  const std::string upper = EncodeBigEndian64(to + 1);
  const rocksdb::Slice upper_slice(upper);
  rocksdb::ReadOptions options = ScanOptions();
  options.iterate_upper_bound = &upper_slice;
  // A fold of the whole log must not push out what is asked again and again.
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(
      log.db->NewIterator(options, log.family));
  RecordAligner aligner;
  it->Seek(EncodeBigEndian64(from));
  for (Position next = from; next <= to; ++next, it->Next()) {
    if (!it->Valid()) {
      PAWL_RETURN_IF_ERROR(FromRocksDb(it->status(), Reading(log, next)));
      return Missing(log, next, absl::StrCat("the log should end at ", end));
    }
    PAWL_ASSIGN_OR_RETURN(const Position found, PositionOf(log, it->key()));
    if (found != next) {
      return Missing(log, next, absl::StrCat("the next is ", found));
    }
    PAWL_ASSIGN_OR_RETURN(const std::string_view record,
                          DecodeRecord(log.partition, next, View(it->value())));
    if (!visit(next, aligner.Align(record))) break;
  }
  return absl::OkStatus();
}

absl::Status ReadLogAt(const LogTable& log, std::span<const Position> positions,
                       Position end, const EventStore::RecordVisitor& visit) {
  RecordAligner aligner;
  while (!positions.empty()) {
    const std::span<const Position> some =
        positions.first(std::min(kMultiGet, positions.size()));
    positions = positions.subspan(some.size());
    std::array<std::string, kMultiGet> key_bytes;
    std::array<rocksdb::Slice, kMultiGet> keys;
    std::array<rocksdb::PinnableSlice, kMultiGet> values;
    std::array<rocksdb::Status, kMultiGet> statuses;
    for (size_t i = 0; i < some.size(); ++i) {
      PAWL_RETURN_IF_ERROR(
          CheckReadable(log.partition, some[i], log.floor->load(), end));
      key_bytes[i] = EncodeBigEndian64(some[i]);
      keys[i] = key_bytes[i];
    }
    log.db->MultiGet(rocksdb::ReadOptions(), log.family, some.size(),
                     keys.data(), values.data(), statuses.data());
    for (size_t i = 0; i < some.size(); ++i) {
      if (statuses[i].IsNotFound()) {
        return Missing(log, some[i], absl::StrCat("the log ends at ", end));
      }
      PAWL_RETURN_IF_ERROR(FromRocksDb(statuses[i], Reading(log, some[i])));
      PAWL_ASSIGN_OR_RETURN(
          const std::string_view record,
          DecodeRecord(log.partition, some[i], View(values[i])));
      if (!visit(some[i], aligner.Align(record))) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Position> FindLogEnd(const LogTable& log) {
  const Position before = log.floor->load() - 1;
  const std::unique_ptr<rocksdb::Iterator> it(
      log.db->NewIterator(ScanOptions(), log.family));
  it->SeekToLast();
  if (!it->Valid()) {
    PAWL_RETURN_IF_ERROR(FromRocksDb(
        it->status(),
        absl::StrCat("find the end of the log of partition ", log.partition)));
    return before;
  }
  PAWL_ASSIGN_OR_RETURN(const Position last, PositionOf(log, it->key()));
  if (last <= before) return before;
  PAWL_RETURN_IF_ERROR(
      DecodeRecord(log.partition, last, View(it->value())).status());
  return last;
}

absl::StatusOr<Position> FindLogBegin(const LogTable& log) {
  const Position floor = log.floor->load();
  const std::unique_ptr<rocksdb::Iterator> it(
      log.db->NewIterator(ScanOptions(), log.family));
  it->Seek(EncodeBigEndian64(floor));
  if (it->Valid()) return PositionOf(log, it->key());
  return it->status().ok() ? 0 : floor;
}

}  // namespace pawl::eventstore
