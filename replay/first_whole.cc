#include "replay/first_whole.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/record_view.h"

namespace pawl::replay {

absl::StatusOr<Position> FirstWhole(const eventstore::EventStore& store,
                                    PartitionId partition) {
  const Position floor = store.Floor(partition);
  if (floor <= 1) return 0;
  Position whole = 0;
  absl::Status read;
  PAWL_RETURN_IF_ERROR(
      store.Read(partition, floor, store.End(partition),
                 [&](Position position, std::string_view bytes) {
                   const auto record = RecordView::Open(bytes);
                   read = record.status();
                   if (!read.ok()) return false;
                   for (size_t i = 0; i < record->event_count(); ++i) {
                     if (record->type(i) == fb::Event::LogTrimmed) {
                       whole = position;
                     }
                   }
                   return whole == 0;
                 }));
  PAWL_RETURN_IF_ERROR(read);
  if (whole == 0) {
    return absl::DataLossError(absl::StrCat(
        "the log was trimmed before ", eventstore::LogPlace(partition, floor),
        ", got no end of that in what is left of it"));
  }
  return whole;
}

}  // namespace pawl::replay
