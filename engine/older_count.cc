#include "engine/older_count.h"

#include <algorithm>
#include <string_view>

#include "base/status_macros.h"
#include "engine/record_view.h"

namespace pawl {
namespace {

constexpr Position kRecordsAtATime = 512;

}  // namespace

absl::Status OlderCount::Step() {
  if (done()) return absl::OkStatus();
  if (target_ != data_->uncounted()) {
    target_ = data_->uncounted();
    counted_ = data_->store().Floor(data_->partition()) - 1;
    tally_ = LogTally();
  }
  absl::Status status;
  PAWL_RETURN_IF_ERROR(data_->store().Read(
      data_->partition(), counted_ + 1,
      std::min(counted_ + kRecordsAtATime, target_),
      [&](Position position, std::string_view bytes) {
        const absl::StatusOr<RecordView> record = RecordView::Open(bytes);
        status = record.status();
        if (!status.ok()) return false;
        tally_.Add(*record, bytes.size());
        counted_ = position;
        return true;
      }));
  PAWL_RETURN_IF_ERROR(status);
  if (counted_ == target_) data_->AddUncounted(tally_.tally());
  return absl::OkStatus();
}

}  // namespace pawl
