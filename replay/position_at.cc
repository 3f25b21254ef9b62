#include "replay/position_at.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "base/status_macros.h"
#include "engine/record_view.h"
#include "replay/whole_log.h"

namespace pawl::replay {

namespace {

// The last archived record that is `wanted`; both its fields rise. 0: none is.
struct PlacedTime {
  Position position = 0;
  int64_t time_ms = 0;
};
absl::StatusOr<PlacedTime> LastArchived(
    const eventstore::EventStore& store, PartitionId partition,
    const std::function<bool(const PlacedTime&)>& wanted) {
  PlacedTime last;
  PAWL_ASSIGN_OR_RETURN(WholeLog log, WholeLog::Open(&store, partition, 0));
  absl::Status opened;
  PAWL_RETURN_IF_ERROR(
      log.Read(1, store.Floor(partition) - 1,
               [&](Position position, std::string_view bytes) {
                 const auto record = RecordView::Open(bytes);
                 opened = record.status();
                 if (!opened.ok()) return false;
                 const PlacedTime here = {position, record->time_ms()};
                 if (!wanted(here)) return false;
                 last = here;
                 return true;
               }));
  PAWL_RETURN_IF_ERROR(opened);
  return last;
}

}  // namespace

absl::StatusOr<int64_t> TimeOf(const eventstore::EventStore& store,
                               PartitionId partition, Position position) {
  if (position < store.Floor(partition)) {
    PAWL_ASSIGN_OR_RETURN(
        const PlacedTime last,
        LastArchived(store, partition, [&](const PlacedTime& here) {
          return here.position <= position;
        }));
    return last.time_ms;
  }
  PAWL_ASSIGN_OR_RETURN(const std::string bytes,
                        store.ReadOne(partition, position));
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  return record.time_ms();
}

absl::StatusOr<Position> ArchivedPositionAt(const eventstore::EventStore& store,
                                            PartitionId partition,
                                            int64_t time_ms) {
  PAWL_ASSIGN_OR_RETURN(
      const PlacedTime last,
      LastArchived(store, partition, [&](const PlacedTime& here) {
        return here.time_ms <= time_ms;
      }));
  return last.position;
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
