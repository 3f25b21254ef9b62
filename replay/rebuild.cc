#include "replay/rebuild.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/partition_data.h"

namespace pawl::replay {
namespace {

// Begins a checkpoint and waits for it.
absl::Status CheckpointNow(PartitionData* data,
                           const std::function<void()>& pause) {
  PAWL_RETURN_IF_ERROR(data->Checkpoint());
  while (data->cache().checkpoint_running()) {
    PAWL_RETURN_IF_ERROR(data->store().health());
    if (pause) pause();
  }
  return data->store().health();
}

absl::Status RebuildPartition(PartitionData* data, Position end,
                              const ProgressFn& progress,
                              const std::function<void()>& pause) {
  while (data->state().position < end) {
    absl::Status folded;
    PAWL_RETURN_IF_ERROR(data->store().Read(
        data->partition(), data->state().position + 1, end,
        [&](Position position, std::string_view bytes) {
          folded = data->FoldRecord(bytes);
          if (progress && position % 256 == 0) progress(position, end);
          return folded.ok() && !data->store().CheckpointDue(data->partition());
        }));
    PAWL_RETURN_IF_ERROR(folded);
    // Everything in a log that was opened can be read back.
    data->SetReadable(data->state().position);
    PAWL_RETURN_IF_ERROR(CheckpointNow(data, pause));
  }
  return absl::OkStatus();
}

}  // namespace

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
        RebuildPartition(&data, store->End(partition), progress, pause));
    PAWL_ASSIGN_OR_RETURN(const std::string digest, data.StateDigest());
    if (p > 0) result.digest += '-';
    result.digest += digest;
    result.records += data.state().position;
    result.instances += data.state().instances_started;
  }
  return result;
}

}  // namespace pawl::replay
