#include "eventstore/event_store.h"

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace pawl::eventstore {

absl::StatusOr<Footprint> EventStore::MeasureFootprint() const {
  return Footprint();
}

std::string LogPlace(PartitionId partition, Position position) {
  return absl::StrCat(partition, ":", position);
}

absl::StatusOr<std::string> EventStore::ReadOne(PartitionId partition,
                                                Position position) const {
  std::string out;
  PAWL_RETURN_IF_ERROR(ReadAt(partition,
                              std::span<const Position>(&position, 1),
                              [&](Position, std::string_view record) {
                                out.assign(record);
                                return true;
                              }));
  return out;
}

absl::Status CheckRound(PartitionId partition, Position first,
                        const std::vector<std::string>& records) {
  const auto invalid = [&](const std::string& what) {
    return absl::InvalidArgumentError(
        absl::StrCat("append of ", records.size(), " records at ",
                     LogPlace(partition, first), ": ", what));
  };
  if (records.empty()) return invalid("a round needs a record");
  size_t bytes = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].empty()) {
      return invalid(absl::StrCat("record ", i, " is empty"));
    }
    if (records[i].size() > kRecordBytesMax) {
      return invalid(absl::StrCat("record ", i, " has ", records[i].size(),
                                  " bytes, at most ", kRecordBytesMax,
                                  " (kRecordBytesMax)"));
    }
    bytes += records[i].size();
  }
  if (bytes > kRoundBytesMax) {
    return invalid(absl::StrCat(bytes, " bytes together, at most ",
                                kRoundBytesMax, " (kRoundBytesMax)"));
  }
  return absl::OkStatus();
}

}  // namespace pawl::eventstore
