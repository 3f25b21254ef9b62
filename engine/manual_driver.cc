#include "engine/manual_driver.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace pawl {

absl::StatusOr<std::unique_ptr<ManualDriver>> ManualDriver::Open(
    std::shared_ptr<eventstore::MemoryDisk> disk, Options options) {
  std::unique_ptr<ManualDriver> driver(new ManualDriver(std::move(options)));
  eventstore::StoreOptions store_options;
  store_options.partitions = 1;
  store_options.checkpoint_log_bytes = driver->options_.checkpoint_log_bytes;
  store_options.overlay_bytes = driver->options_.overlay_bytes;
  store_options.accept_loss_after = driver->options_.accept_loss_after;
  PAWL_ASSIGN_OR_RETURN(driver->store_,
                        eventstore::MemoryEventStore::Open(
                            std::move(disk), store_options, driver.get(),
                            driver->options_.completion));
  driver->data_ = std::make_unique<PartitionData>(driver->store_.get(), 0,
                                                  driver->options_.data);
  PAWL_RETURN_IF_ERROR(driver->data_->Recover());
  PartitionOptions partition_options;
  partition_options.build = "manual";
  partition_options.record_bytes_max = driver->options_.record_bytes_max;
  partition_options.seed = driver->data_->state().position + 1;
  driver->partition_ =
      std::make_unique<Partition>(driver->data_.get(), partition_options);
  driver->partition_->HoldDueFrom(driver->options_.hold_due_from);
  driver->Step();
  if (driver->options_.completion ==
      eventstore::MemoryEventStore::Completion::kAtOnce) {
    PAWL_RETURN_IF_ERROR(driver->RunUntilIdle());
  }
  return driver;
}

ManualDriver::~ManualDriver() {
  if (store_ != nullptr) store_->Kill();
}

uint64_t ManualDriver::Post(Request request) {
  request.token = ++last_token_;
  input_.requests.push_back(std::move(request));
  signalled_ = true;
  return last_token_;
}

const Reply* ManualDriver::ReplyTo(uint64_t token) const {
  const auto it = replies_.find(token);
  return it == replies_.end() ? nullptr : &it->second;
}

Reply ManualDriver::Submit(Request request) {
  const uint64_t token = Post(std::move(request));
  while (Step()) {
    if (const auto it = replies_.find(token); it != replies_.end()) {
      Reply reply = std::move(it->second);
      replies_.erase(it);
      return reply;
    }
  }
  PAWL_CHECK(false) << "no reply and nothing left to do";
  return {};
}

Reply ManualDriver::Submit(fb::CommandUnion command, std::string actor) {
  return Submit(
      Request{0, CommandRequest{std::move(command), std::move(actor)}});
}

Reply ManualDriver::Fetch(FetchRequest request) {
  return Submit(Request{0, std::move(request)});
}

bool ManualDriver::Step() {
  if (!signalled_ && wake_at_ms_ > now_ms_) return false;
  signalled_ = false;
  input_.observed = options_.observed;
  partition_->Step(now_ms_, &input_, &output_);
  if (!output_.records.empty()) {
    if (options_.on_round) options_.on_round(output_.first, output_.records);
    const absl::Status appended =
        store_->Append(0, output_.first, std::move(output_.records));
    if (!appended.ok()) {
      input_.failed = appended;
      signalled_ = true;
    }
  }
  if (output_.checkpoint) {
    partition_->Checkpoint();
    if (!partition_->failure().ok()) signalled_ = true;
  }
  for (Reply& reply : output_.replies) {
    reply_order_.push_back(reply.token);
    replies_.insert_or_assign(reply.token, std::move(reply));
  }
  std::move(output_.calls.begin(), output_.calls.end(),
            std::back_inserter(calls_));
  std::move(output_.observations.begin(), output_.observations.end(),
            std::back_inserter(observations_));
  if (output_.again) signalled_ = true;
  wake_at_ms_ = output_.wake_at_ms;
  closed_ = output_.drained;
  return true;
}

absl::Status ManualDriver::RunUntilIdle() {
  for (int rounds = 0; Step(); ++rounds) {
    if (!partition_->failure().ok()) return partition_->failure();
    if (rounds == kIdleRoundsMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("still busy after ", kIdleRoundsMax,
                       " rounds at one time (kIdleRoundsMax)"));
    }
  }
  return absl::OkStatus();
}

absl::Status ManualDriver::AdvanceTo(int64_t now_ms) {
  PAWL_RETURN_IF_ERROR(RunUntilIdle());
  while (wake_at_ms_ <= now_ms) {
    now_ms_ = std::max(now_ms_, wake_at_ms_);
    PAWL_RETURN_IF_ERROR(RunUntilIdle());
  }
  now_ms_ = std::max(now_ms_, now_ms);
  return RunUntilIdle();
}

uint64_t ManualDriver::HoldDueFromNow() {
  const uint64_t counter = data_->state().next_key;
  partition_->HoldDueFrom(counter);
  return counter;
}

void ManualDriver::ReleaseDue() {
  partition_->HoldDueFrom(std::nullopt);
  signalled_ = true;
}

std::vector<HandlerCallPtr> ManualDriver::TakeCalls() {
  return std::exchange(calls_, {});
}

void ManualDriver::Finish(HandlerCallPtr call, const JobResult& result) {
  call->result = ResultCommand(*call, result);
  input_.results.push_back(std::move(call));
  signalled_ = true;
}

absl::Status ManualDriver::Close() {
  input_.closing = true;
  input_.finishing = true;
  signalled_ = true;
  do {
    PAWL_RETURN_IF_ERROR(RunUntilIdle());
    store_->RunPending();
  } while (signalled_);
  PAWL_CHECK(closed_) << "nothing left to do but not drained";
  return store_->Close();
}

}  // namespace pawl
