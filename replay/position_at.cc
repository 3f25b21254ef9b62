#include "replay/position_at.h"

#include <algorithm>
#include <string>

#include "base/status_macros.h"
#include "engine/record_view.h"

namespace pawl::replay {

absl::StatusOr<int64_t> TimeOf(const eventstore::EventStore& store,
                               PartitionId partition, Position position) {
  PAWL_ASSIGN_OR_RETURN(const std::string bytes,
                        store.ReadOne(partition, position));
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  return record.time_ms();
}

absl::StatusOr<Position> PositionAt(const eventstore::EventStore& store,
                                    PartitionId partition, Position end,
                                    int64_t time_ms) {
  // What lies below the floor can't be asked; see the header.
  Position low = store.Floor(partition) - 1;
  Position high = std::max(low, end);
  while (low < high) {
    const Position middle = low + (high - low + 1) / 2;
    PAWL_ASSIGN_OR_RETURN(const int64_t middle_ms,
                          TimeOf(store, partition, middle));
    if (middle_ms <= time_ms) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace pawl::replay
