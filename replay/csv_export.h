// The log as a table: a row for each event of an instance, as `pawl history`
// has them. CSV by RFC 4180, lines end with a line feed.
#ifndef PAWL_REPLAY_CSV_EXPORT_H_
#define PAWL_REPLAY_CSV_EXPORT_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "replay/timeline.h"

namespace pawl::replay {

// Fed with all records of a partition, in order. Memory: instances that run.
class CsvExport {
 public:
  // `data` outlives this.
  explicit CsvExport(PartitionData* data) : data_(data) {}

  // "position,time,...\n"
  static std::string Header();

  // The rows of a record. DataLoss.
  absl::StatusOr<std::string> Rows(std::string_view record);

 private:
  PartitionData* const data_;
  absl::flat_hash_map<InstanceKey, Timeline> timelines_;
};

// A field, quoted where it must be.
std::string CsvField(std::string_view text);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_CSV_EXPORT_H_
