#include "replay/position_at.h"

#include <string>

#include "base/status_macros.h"
#include "engine/record_view.h"

namespace pawl::replay {

absl::StatusOr<Position> PositionAt(const eventstore::EventStore& store,
                                    PartitionId partition, Position end,
                                    absl::Time time) {
  const int64_t time_ms = absl::ToUnixMillis(time);
  Position low = 0;
  Position high = end;
  while (low < high) {
    const Position middle = low + (high - low + 1) / 2;
    PAWL_ASSIGN_OR_RETURN(const std::string bytes,
                          store.ReadOne(partition, middle));
    PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
    if (record.time_ms() <= time_ms) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace pawl::replay
