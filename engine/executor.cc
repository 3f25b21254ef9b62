#include "engine/executor.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace pawl {
namespace {

JobResult CallHandler(const JobHandler& handler, const Job& job) {
  try {
    return handler(job);
  } catch (const std::exception& error) {
    return JobResult::Failed(absl::StrCat("exception: ", error.what()));
  } catch (...) {
    return JobResult::Failed("exception that is no std::exception");
  }
}

}  // namespace

void RunHandler(const HandlerWork& work) {
  HandlerCall& call = *work.call;
  if (call.cancelled.load(std::memory_order_relaxed)) return;
  absl::StatusOr<Job> job = JobFactory::Make(work.call);
  if (!job.ok()) {
    call.result = ResultCommand(call, JobResult(job.status()));
    return;
  }
  call.result = ResultCommand(call, CallHandler(*work.handler, *job));
}

// Outlives the executor while a handler that was left running still runs.
struct Executor::Shared {
  struct Batch {
    std::vector<HandlerWork> work;
    std::atomic<size_t> next{0};
  };

  explicit Shared(Done done) : done(std::move(done)) {}

  const Done done;
  std::mutex mutex;
  // Guarded by mutex.
  std::condition_variable wake;
  std::condition_variable idle;
  std::deque<std::shared_ptr<Batch>> batches;
  size_t sleeping = 0;
  size_t running = 0;
  bool stopping = false;

  // Blocks until there is a batch; null: stop.
  std::shared_ptr<Batch> WaitForBatch(const std::shared_ptr<Batch>& finished) {
    std::unique_lock<std::mutex> lock(mutex);
    if (finished != nullptr) {
      --running;
      if (!batches.empty() && batches.front() == finished) batches.pop_front();
      if (stopping && running == 0) idle.notify_all();
    }
    while (batches.empty() && !stopping) {
      ++sleeping;
      wake.wait(lock);
      --sleeping;
    }
    if (stopping) return nullptr;
    ++running;
    return batches.front();
  }

  void Run() {
    // For top, gdb and perf; at most 15 letters.
    pthread_setname_np(pthread_self(), "pawl-handler");
    std::shared_ptr<Batch> batch;
    while ((batch = WaitForBatch(batch)) != nullptr) {
      for (;;) {
        const size_t index =
            batch->next.fetch_add(1, std::memory_order_relaxed);
        if (index >= batch->work.size()) break;
        HandlerWork work = std::move(batch->work[index]);
        RunHandler(work);
        done(std::move(work.call));
      }
    }
  }
};

Executor::Executor(int threads, Done done)
    : shared_(std::make_shared<Shared>(std::move(done))) {
  PAWL_CHECK(threads > 0) << threads;
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([shared = shared_] { shared->Run(); });
  }
}

Executor::~Executor() {
  if (!stopped_) Stop(absl::ZeroDuration());
}

void Executor::Submit(std::vector<HandlerWork> work) {
  if (work.empty()) return;
  const size_t size = work.size();
  auto batch = std::make_shared<Shared::Batch>();
  batch->work = std::move(work);
  size_t wakes = 0;
  {
    std::lock_guard<std::mutex> lock(shared_->mutex);
    if (!shared_->stopping) {
      wakes = std::min(shared_->sleeping, size);
      shared_->batches.push_back(std::move(batch));
    }
  }
  if (batch != nullptr) {
    for (HandlerWork& unrun : batch->work) shared_->done(std::move(unrun.call));
    return;
  }
  for (size_t i = 0; i < wakes; ++i) shared_->wake.notify_one();
}

size_t Executor::Stop(absl::Duration timeout) {
  PAWL_CHECK(!stopped_) << "Executor::Stop is called once";
  stopped_ = true;
  std::deque<std::shared_ptr<Shared::Batch>> batches;
  {
    std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->stopping = true;
    batches.swap(shared_->batches);
  }
  shared_->wake.notify_all();
  for (const auto& batch : batches) {
    for (;;) {
      const size_t index = batch->next.fetch_add(1, std::memory_order_relaxed);
      if (index >= batch->work.size()) break;
      shared_->done(std::move(batch->work[index].call));
    }
  }
  size_t left = 0;
  {
    std::unique_lock<std::mutex> lock(shared_->mutex);
    const auto none_runs = [this] { return shared_->running == 0; };
    if (timeout == absl::InfiniteDuration()) {
      shared_->idle.wait(lock, none_runs);
    } else {
      shared_->idle.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                             none_runs);
    }
    left = shared_->running;
  }
  for (std::thread& thread : threads_) {
    if (left == 0) {
      thread.join();
    } else {
      // Some may be done already; those end at once.
      thread.detach();
    }
  }
  threads_.clear();
  return left;
}

}  // namespace pawl
