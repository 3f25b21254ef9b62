#include "replay/moment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "eventstore/event_store.h"
#include "replay/position_at.h"

namespace pawl::replay {

absl::StatusOr<int64_t> TimeOf(const PartitionData& data, Position position) {
  if (position == 0) return 0;
  if (position == data.state().position) return data.state().time_ms;
  return TimeOf(data.store(), data.partition(), position);
}

absl::StatusOr<Position> PositionAt(const PartitionData& data,
                                    int64_t time_ms) {
  return PositionAt(data.store(), data.partition(), data.state().position,
                    time_ms);
}

absl::Status CheckPosition(const PartitionData& data, Position position) {
  const Position end = data.state().position;
  if (position >= 1 && position <= end) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "position: got ", eventstore::LogPlace(data.partition(), position),
      ", wanted ", eventstore::LogPlace(data.partition(), 1), " to ",
      eventstore::LogPlace(data.partition(), end), ", the end of the log"));
}

absl::StatusOr<InstanceAt> ReadInstanceAt(PartitionData* data, InstanceKey key,
                                          std::optional<Position> at) {
  InstanceAt out;
  out.partition = data->partition();
  out.position = at.value_or(data->state().position);
  if (at.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckPosition(*data, *at));
    PAWL_ASSIGN_OR_RETURN(out.state, data->LoadAt(key, *at));
  } else {
    core::Instance scratch;
    PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                          data->Peek(key, &scratch));
    out.state = instance == &scratch ? std::move(scratch) : *instance;
  }
  PAWL_ASSIGN_OR_RETURN(out.time_ms, TimeOf(*data, out.position));
  PAWL_ASSIGN_OR_RETURN(out.model, data->Model(out.state.definition));
  return out;
}

}  // namespace pawl::replay
