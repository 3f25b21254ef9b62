// OlderCount: counts what a partition's tally lacks, because an older build
// wrote its caches, a little at a time: an engine goes on working meanwhile.
#ifndef PAWL_ENGINE_OLDER_COUNT_H_
#define PAWL_ENGINE_OLDER_COUNT_H_

#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "engine/tally.h"

namespace pawl {

class OlderCount {
 public:
  // `data` outlives this.
  explicit OlderCount(PartitionData* data) : data_(data) {}

  // Nothing is left to count. Cheap.
  bool done() const { return data_->uncounted() == 0; }

  // Reads up to some hundred records of the log, about a millisecond's worth.
  // The last step makes the tally whole. DataLoss: the log is damaged.
  absl::Status Step();

  // How far it came, of data->uncounted() records.
  Position counted() const { return counted_; }
  // And what it counted.
  const Tally& tally() const { return tally_.tally(); }

 private:
  PartitionData* const data_;
  // What is being counted: the records up to here.
  Position target_ = 0;
  Position counted_ = 0;
  LogTally tally_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_OLDER_COUNT_H_
