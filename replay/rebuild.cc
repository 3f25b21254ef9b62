#include "replay/rebuild.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/partition_data.h"
#include "replay/fold_forward.h"

namespace pawl::replay {

absl::StatusOr<RebuildResult> Rebuild(eventstore::EventStore* store,
                                      const ProgressFn& progress,
                                      const std::function<void()>& pause) {
  if (store->read_only()) {
    return absl::FailedPreconditionError(
        "rebuild: got a store that is open for reading, wanted a writer");
  }
  RebuildResult result;
  for (int p = 0; p < store->partitions(); ++p) {
    const auto partition = static_cast<PartitionId>(p);
    PAWL_RETURN_IF_ERROR(store->Cache(partition).Clear());
    PartitionData data(store, partition, {});
    PAWL_RETURN_IF_ERROR(
        FoldForward(&data, store->End(partition), progress, pause));
    PAWL_RETURN_IF_ERROR(CheckpointNow(&data, pause));
    PAWL_ASSIGN_OR_RETURN(const std::string digest, data.StateDigest());
    if (p > 0) result.digest += '-';
    result.digest += digest;
    result.records += data.state().position;
    result.instances += data.state().instances_started;
  }
  return result;
}

}  // namespace pawl::replay
