#include "engine/driver_inbox.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "base/limits.h"

namespace pawl {

void DriverInbox::Notify(std::unique_lock<std::mutex> lock, bool is_work) {
  const bool wake = sleeping_ && (!is_work || wants_work_);
  // One wake-up is enough, however many come before the thread runs.
  if (wake) sleeping_ = false;
  lock.unlock();
  if (wake) wake_.notify_one();
}

absl::Status DriverInbox::Post(Request&& request) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (closing_ || closed_) {
    return absl::UnavailableError("the engine is closed");
  }
  if (requests_.size() >= kQueuedCommandsMax &&
      !std::holds_alternative<ForgetRequest>(request.what)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "got one more command while ", requests_.size(),
        " wait, wanted at most ", kQueuedCommandsMax, " (kQueuedCommandsMax)"));
  }
  requests_.push_back(std::move(request));
  Notify(std::move(lock), /*is_work=*/true);
  return absl::OkStatus();
}

void DriverInbox::PutResult(HandlerCallPtr call) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (closed_) return;
  results_.push_back(std::move(call));
  Notify(std::move(lock), /*is_work=*/true);
}

void DriverInbox::BeginClosing() {
  std::unique_lock<std::mutex> lock(mutex_);
  closing_ = true;
  urgent_ = true;
  Notify(std::move(lock), /*is_work=*/false);
}

void DriverInbox::BeginFinishing() {
  std::unique_lock<std::mutex> lock(mutex_);
  finishing_ = true;
  urgent_ = true;
  Notify(std::move(lock), /*is_work=*/false);
}

void DriverInbox::SetObserved() {
  std::unique_lock<std::mutex> lock(mutex_);
  observed_ = true;
}

void DriverInbox::Close() {
  std::vector<HandlerCallPtr> dropped;
  std::unique_lock<std::mutex> lock(mutex_);
  closed_ = true;
  dropped.swap(results_);
}

void DriverInbox::OnDurable(PartitionId, Position last) {
  std::unique_lock<std::mutex> lock(mutex_);
  durable_ = last;
  urgent_ = true;
  Notify(std::move(lock), /*is_work=*/false);
}

void DriverInbox::OnCheckpointed(PartitionId, Position position) {
  std::unique_lock<std::mutex> lock(mutex_);
  checkpointed_ = position;
  urgent_ = true;
  Notify(std::move(lock), /*is_work=*/false);
}

void DriverInbox::OnFailed(const absl::Status& status) {
  std::unique_lock<std::mutex> lock(mutex_);
  failed_ = status;
  urgent_ = true;
  Notify(std::move(lock), /*is_work=*/false);
}

bool DriverInbox::HasNews(bool accepts_work) const {
  return urgent_ || (accepts_work && (!requests_.empty() || !results_.empty()));
}

void DriverInbox::Take(std::chrono::nanoseconds wait, bool accepts_work,
                       StepInput* input) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!HasNews(accepts_work) && wait.count() > 0) {
    wants_work_ = accepts_work;
    sleeping_ = true;
    wake_.wait_for(lock, wait, [&] { return HasNews(accepts_work); });
    sleeping_ = false;
  }
  urgent_ = false;
  if (input->requests.empty()) {
    input->requests.swap(requests_);
  } else {
    std::move(requests_.begin(), requests_.end(),
              std::back_inserter(input->requests));
    requests_.clear();
  }
  if (input->results.empty()) {
    input->results.swap(results_);
  } else {
    std::move(results_.begin(), results_.end(),
              std::back_inserter(input->results));
    results_.clear();
  }
  input->durable = durable_;
  input->checkpointed = checkpointed_;
  if (input->failed.ok()) input->failed = failed_;
  input->closing = closing_;
  input->finishing = finishing_;
  input->observed = observed_;
}

}  // namespace pawl
