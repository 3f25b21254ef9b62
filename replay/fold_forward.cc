#include "replay/fold_forward.h"

#include <string_view>

#include "base/status_macros.h"

namespace pawl::replay {

absl::Status CheckpointNow(PartitionData* data,
                           const std::function<void()>& pause) {
  if (data->cache().position() == data->state().position) {
    return absl::OkStatus();
  }
  PAWL_RETURN_IF_ERROR(data->Checkpoint());
  while (data->cache().checkpoint_running()) {
    PAWL_RETURN_IF_ERROR(data->store().health());
    if (pause) pause();
  }
  return data->store().health();
}

absl::Status FoldForward(PartitionData* data, Position end,
                         const ProgressFn& progress,
                         const std::function<void()>& pause) {
  while (data->state().position < end) {
    absl::Status folded;
    PAWL_RETURN_IF_ERROR(data->store().Read(
        data->partition(), data->NextToFold(), end,
        [&](Position position, std::string_view bytes) {
          folded = data->FoldRecord(bytes);
          if (progress && position % 256 == 0) progress(position, end);
          return folded.ok() && !data->store().CheckpointDue(data->partition());
        }));
    PAWL_RETURN_IF_ERROR(folded);
    data->SetReadable(data->state().position);
    if (data->store().CheckpointDue(data->partition())) {
      PAWL_RETURN_IF_ERROR(CheckpointNow(data, pause));
    }
  }
  return absl::OkStatus();
}

}  // namespace pawl::replay
