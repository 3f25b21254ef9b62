#include "engine/finish_trim.h"

#include <optional>
#include <string>

#include "base/status_macros.h"
#include "engine/core/codec.h"
#include "engine/partition_data.h"
#include "eventstore/cache_view.h"

namespace pawl {

absl::Status FinishTrims(eventstore::EventStore* store) {
  for (int i = 0; i < store->partitions(); ++i) {
    const auto p = static_cast<PartitionId>(i);
    PAWL_ASSIGN_OR_RETURN(const std::optional<core::Partition> state,
                          CachedState(store->Cache(p)));
    if (!state.has_value() || state->floor <= store->Floor(p)) continue;
    PAWL_RETURN_IF_ERROR(store->TrimBefore(p, state->floor));
  }
  return absl::OkStatus();
}

}  // namespace pawl
