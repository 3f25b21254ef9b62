#include "replay/moment.h"

#include <functional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/record_view.h"
#include "eventstore/event_store.h"
#include "replay/position_at.h"

namespace pawl::replay {

namespace {

// The instance's last record of which `wanted` is true; all before it are.
absl::StatusOr<std::pair<Position, int64_t>> LastRecord(
    const PartitionData& data, InstanceKey instance,
    const std::function<bool(Position, int64_t)>& wanted) {
  std::pair<Position, int64_t> last;
  absl::Status read;
  PAWL_RETURN_IF_ERROR(data.ReadInstance(
      instance, [&](Position position, std::string_view bytes) {
        const absl::StatusOr<RecordView> record = RecordView::Open(bytes);
        read = record.status();
        if (!read.ok() || !wanted(position, record->time_ms())) return false;
        last = {position, record->time_ms()};
        return true;
      }));
  PAWL_RETURN_IF_ERROR(read);
  return last;
}

}  // namespace

absl::StatusOr<int64_t> TimeOf(const PartitionData& data, InstanceKey instance,
                               Position position) {
  return data.TimeAt(instance, position);
}

absl::StatusOr<Position> PositionAt(const PartitionData& data,
                                    InstanceKey instance, int64_t time_ms) {
  PAWL_ASSIGN_OR_RETURN(const Position position,
                        PositionAt(data.store(), data.partition(),
                                   data.state().position, time_ms));
  const Position floor = data.store().Floor(data.partition());
  if (floor <= 1 || position >= floor) return position;
  PAWL_ASSIGN_OR_RETURN(
      const auto last, LastRecord(data, instance, [&](Position, int64_t at_ms) {
        return at_ms <= time_ms;
      }));
  return last.first;
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
  PAWL_ASSIGN_OR_RETURN(out.time_ms, TimeOf(*data, key, out.position));
  PAWL_ASSIGN_OR_RETURN(out.model, data->Model(out.state.definition));
  return out;
}

}  // namespace pawl::replay
