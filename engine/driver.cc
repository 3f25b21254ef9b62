#include "engine/driver.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/driver_inbox.h"

namespace pawl {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// The system's clock may be set; then timers should notice within a second.
constexpr milliseconds kLookAtClockEvery{1000};
// Nobody says when another clock moves.
constexpr milliseconds kPollForeignClockEvery{5};

absl::Status OwnThread() {
  return absl::FailedPreconditionError(
      "a method that waits was called on the engine's own thread (from a "
      "callback or an observer); it would wait for itself");
}

// One reply, handed from the partition's thread to the one who waits.
class Mailbox {
 public:
  void Put(Reply reply) {
    std::unique_lock<std::mutex> lock(mutex_);
    reply_ = std::move(reply);
    // Under the lock: the waiter may be gone right after it.
    arrived_.notify_one();
  }
  Reply Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    arrived_.wait(lock, [this] { return reply_.has_value(); });
    return *std::move(reply_);
  }
  // False: not within `timeout`.
  bool WaitFor(absl::Duration timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto there = [this] { return reply_.has_value(); };
    if (timeout == absl::InfiniteDuration()) {
      arrived_.wait(lock, there);
      return true;
    }
    // Beyond a century the arithmetic of wait_for would overflow.
    const absl::Duration bounded =
        std::clamp(timeout, absl::ZeroDuration(), absl::Hours(24 * 36500));
    return arrived_.wait_for(lock, absl::ToChronoNanoseconds(bounded), there);
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Reply> reply_;
};

}  // namespace

// Who asked. Its address is the request's token.
struct Driver::Pending {
  Done done;
};

Driver::Driver(DriverOptions options)
    : options_(std::move(options)), inbox_(std::make_shared<DriverInbox>()) {}

absl::StatusOr<std::unique_ptr<Driver>> Driver::Open(
    const OpenStore& open_store, DriverOptions options) {
  std::unique_ptr<Driver> driver(new Driver(std::move(options)));
  // No thread runs until all that can fail is done.
  driver->closed_ = true;
  PAWL_ASSIGN_OR_RETURN(driver->store_, open_store(driver->inbox_.get()));
  driver->data_ = std::make_unique<PartitionData>(driver->store_.get(), 0,
                                                  driver->options_.data);
  PAWL_RETURN_IF_ERROR(driver->data_->Recover());
  driver->older_count_ = std::make_unique<OlderCount>(driver->data_.get());

  PartitionOptions partition_options;
  partition_options.build = driver->options_.build;
  std::random_device random;
  partition_options.seed = uint64_t{random()} << 32 | random();
  Mailbox opened;
  auto pending = std::make_unique<Pending>();
  pending->done = [&opened](Reply reply) { opened.Put(std::move(reply)); };
  partition_options.open_token = reinterpret_cast<uint64_t>(pending.release());
  driver->partition_ = std::make_unique<Partition>(
      driver->data_.get(), std::move(partition_options));
  driver->executor_ =
      std::make_unique<Executor>(driver->options_.handler_threads,
                                 [inbox = driver->inbox_](HandlerCallPtr call) {
                                   inbox->PutResult(std::move(call));
                                 });
  driver->closed_ = false;
  driver->thread_ = std::thread([raw = driver.get()] { raw->Run(); });
  const Reply reply = opened.Wait();
  PAWL_RETURN_IF_ERROR(reply.status);
  return driver;
}

Driver::~Driver() { Close(absl::ZeroDuration()).IgnoreError(); }

// --- The partition's thread --------------------------------------------------

std::chrono::nanoseconds Driver::TimeToWake(const StepOutput& output) const {
  if (output.again || older_count_ != nullptr) return nanoseconds(0);
  milliseconds wait = kLookAtClockEvery;
  if (output.wake_at_ms != WorkIndex::kNever) {
    const int64_t missing_ms = output.wake_at_ms - options_.clock->NowMs();
    if (missing_ms <= 0) return nanoseconds(0);
    wait = std::min(wait, milliseconds(missing_ms));
    if (options_.clock != SystemClock()) {
      wait = std::min(wait, kPollForeignClockEvery);
    }
  }
  return wait;
}

void Driver::CountOlder() {
  // A log that can't be read fails who needs it; the tally stays as it is, and
  // says so.
  if (!older_count_->Step().ok() || older_count_->done()) older_count_.reset();
}

void Driver::Run() {
  thread_id_ = std::this_thread::get_id();
  // For top, gdb and perf; at most 15 letters.
  pthread_setname_np(pthread_self(), "pawl-partition");
  StepInput input;
  StepOutput output;
  output.again = true;
  bool accepts_work = true;
  std::vector<Observer*> observers;
  for (;;) {
    inbox_->Take(TimeToWake(output), accepts_work, &input);
    const bool finishing = input.finishing;
    if (input.observed) {
      std::lock_guard<std::mutex> lock(observers_mutex_);
      observers = observers_;
    }
    partition_->Step(options_.clock->NowMs(), &input, &output);
    if (!output.records.empty()) {
      const absl::Status status =
          store_->Append(0, output.first, std::move(output.records));
      if (!status.ok()) inbox_->OnFailed(status);
    }
    if (output.checkpoint) {
      partition_->Checkpoint();
      if (!partition_->failure().ok()) output.again = true;
    }
    for (Reply& reply : output.replies) {
      const std::unique_ptr<Pending> pending(
          reinterpret_cast<Pending*>(reply.token));
      pending->done(std::move(reply));
    }
    Dispatch(&output.calls);
    if (!output.observations.empty()) {
      ShowObservations(output.observations, observers);
    }
    if (finishing && output.drained) break;
    if (older_count_ != nullptr && !finishing) CountOlder();
    accepts_work = partition_->accepts_work();
  }
  // A thread that starts later may be given the same id.
  thread_id_ = std::thread::id();
}

void Driver::Dispatch(std::vector<HandlerCallPtr>* calls) {
  if (!calls->empty()) {
    std::vector<HandlerWork> work;
    work.reserve(calls->size());
    const std::string* type = nullptr;
    std::shared_ptr<const JobHandler> handler;
    for (HandlerCallPtr& call : *calls) {
      // Batches are mostly of one type.
      if (type == nullptr || *type != call->type) {
        const auto it = handlers_.find(call->type);
        type = it == handlers_.end() ? nullptr : &it->first;
        handler = it == handlers_.end() ? nullptr : it->second.handler;
      }
      if (handler == nullptr) {
        call->result = ResultCommand(
            *call, JobResult::Failed(absl::StrCat("no handler for '",
                                                  call->type, "' is left")));
        inbox_->PutResult(std::move(call));
        continue;
      }
      work.push_back({std::move(call), handler});
    }
    executor_->Submit(std::move(work));
  }
  for (const auto& [type, number] : removals_) {
    const auto it = handlers_.find(type);
    if (it != handlers_.end() && it->second.number < number) {
      handlers_.erase(it);
    }
  }
  removals_.clear();
}

// --- Callers' threads
// ----------------------------------------------------------

bool Driver::OnOwnThread() const {
  return thread_id_.load() == std::this_thread::get_id();
}

void Driver::PostPending(Request request, std::unique_ptr<Pending> pending) {
  request.token = reinterpret_cast<uint64_t>(pending.get());
  const absl::Status status = inbox_->Post(std::move(request));
  if (status.ok()) {
    // The partition's thread has it, and may have answered already.
    pending.release();
    return;
  }
  Reply reply;
  reply.status = status;
  pending->done(std::move(reply));
}

void Driver::Post(Request request, Done done) {
  auto pending = std::make_unique<Pending>();
  pending->done = std::move(done);
  PostPending(std::move(request), std::move(pending));
}

Reply Driver::Call(Request request) {
  if (OnOwnThread()) {
    Reply reply;
    reply.status = OwnThread();
    return reply;
  }
  Mailbox mailbox;
  Post(std::move(request),
       [&mailbox](Reply reply) { mailbox.Put(std::move(reply)); });
  return mailbox.Wait();
}

Reply Driver::CallFor(Request request, absl::Duration timeout) {
  if (OnOwnThread()) {
    Reply reply;
    reply.status = OwnThread();
    return reply;
  }
  Mailbox mailbox;
  auto pending = std::make_unique<Pending>();
  pending->done = [&mailbox](Reply reply) { mailbox.Put(std::move(reply)); };
  const auto token = reinterpret_cast<uint64_t>(pending.get());
  PostPending(std::move(request), std::move(pending));
  if (!mailbox.WaitFor(timeout)) {
    // Its reply comes now, whatever it says: the partition gives one to each.
    Call(Request{0, ForgetRequest{token}});
  }
  return mailbox.Wait();
}

absl::Status Driver::RegisterHandler(std::string type, JobHandler handler,
                                     uint32_t capacity) {
  if (OnOwnThread()) return OwnThread();
  fb::RegisterHandlerT command;
  command.type = type;
  command.capacity = capacity;
  CommandRequest request;
  request.command.Set(std::move(command));
  Mailbox mailbox;
  Post(Request{0, std::move(request)},
       [&, shared = std::make_shared<const JobHandler>(std::move(handler))](
           Reply reply) {
         // Before the first call that it is to get is dispatched.
         if (reply.status.ok()) handlers_[type] = {shared, ++registrations_};
         mailbox.Put(std::move(reply));
       });
  return mailbox.Wait().status;
}

absl::Status Driver::UnregisterHandler(std::string type) {
  if (OnOwnThread()) return OwnThread();
  fb::UnregisterHandlerT command;
  command.type = type;
  CommandRequest request;
  request.command.Set(std::move(command));
  Mailbox mailbox;
  Post(Request{0, std::move(request)}, [&](Reply reply) {
    if (reply.status.ok()) removals_.emplace_back(type, ++registrations_);
    mailbox.Put(std::move(reply));
  });
  return mailbox.Wait().status;
}

void Driver::AddObserver(Observer* observer) {
  {
    std::lock_guard<std::mutex> lock(observers_mutex_);
    observers_.push_back(observer);
  }
  inbox_->SetObserved();
}

absl::Status Driver::Close(absl::Duration timeout) {
  if (OnOwnThread()) return OwnThread();
  std::lock_guard<std::mutex> lock(close_mutex_);
  if (closed_) return close_status_;
  closed_ = true;
  inbox_->BeginClosing();
  executor_->Stop(timeout);
  inbox_->BeginFinishing();
  thread_.join();
  // Those that run on: their results count no more.
  partition_->CancelCalls();
  inbox_->Close();
  const absl::Status failure = partition_->failure();
  close_status_ = store_->Close();
  if (close_status_.ok()) close_status_ = failure;
  return close_status_;
}

}  // namespace pawl
