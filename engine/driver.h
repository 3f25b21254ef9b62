// Driver: runs one partition on a thread of its own, woken by its queue, the
// store or the clock, and its handlers on a pool. Threads, locks and the clock
// are here and in executor.h, and nowhere else in the shell.
//
// Any thread may call any method, except where a method says otherwise.
#ifndef PAWL_ENGINE_DRIVER_H_
#define PAWL_ENGINE_DRIVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/strings.h"
#include "engine/clock.h"
#include "engine/executor.h"
#include "engine/job.h"
#include "engine/observer.h"
#include "engine/older_count.h"
#include "engine/partition.h"
#include "engine/partition_data.h"
#include "eventstore/event_store.h"

namespace pawl {

class DriverInbox;

struct DriverOptions {
  PartitionDataOptions data;
  int handler_threads = 2;
  // Not owned.
  Clock* clock = SystemClock();
  // What the record of the opening says.
  std::string build;
};

class Driver {
 public:
  // Opens the store with the listener that it is given.
  using OpenStore =
      std::function<absl::StatusOr<std::unique_ptr<eventstore::EventStore>>(
          eventstore::EventStoreListener* listener)>;
  // Gets a request's one reply, on the partition's thread: it must be quick and
  // must not wait for the engine.
  using Done = std::function<void(Reply)>;

  // Opens, recovers, and returns once the record of the opening is durable.
  static absl::StatusOr<std::unique_ptr<Driver>> Open(
      const OpenStore& open_store, DriverOptions options);

  // Closes without waiting for handlers, if Close wasn't called.
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // `done` is called at once, on this thread, when the request isn't taken.
  void Post(Request request, Done done);
  // Waits for the reply. FailedPrecondition on the partition's own thread.
  Reply Call(Request request);
  // As Call; DeadlineExceeded when there is no reply after `timeout`.
  Reply CallFor(Request request, absl::Duration timeout);

  // Calls of `type` go to `handler` from now on.
  absl::Status RegisterHandler(std::string type, JobHandler handler,
                               uint32_t capacity);
  absl::Status UnregisterHandler(std::string type);
  void AddObserver(Observer* observer);

  // See Engine::Close. Not from a handler or a callback: FailedPrecondition.
  // Later calls wait for the first and return what it did.
  absl::Status Close(absl::Duration timeout);

 private:
  struct Pending;
  struct Registered {
    std::shared_ptr<const JobHandler> handler;
    uint64_t number = 0;
  };

  explicit Driver(DriverOptions options);

  void Run();
  std::chrono::nanoseconds TimeToWake(const StepOutput& output) const;
  void CountOlder();
  void Dispatch(std::vector<HandlerCallPtr>* calls);
  bool OnOwnThread() const;
  void PostPending(Request request, std::unique_ptr<Pending> pending);

  const DriverOptions options_;
  const std::shared_ptr<DriverInbox> inbox_;
  std::unique_ptr<eventstore::EventStore> store_;
  std::unique_ptr<PartitionData> data_;
  std::unique_ptr<Partition> partition_;
  // While there is something for it to do.
  std::unique_ptr<OlderCount> older_count_;
  std::unique_ptr<Executor> executor_;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};

  // Of the partition's thread. What is unregistered goes after the calls that
  // were decided before.
  StringMap<Registered> handlers_;
  std::vector<std::pair<std::string, uint64_t>> removals_;
  uint64_t registrations_ = 0;

  std::mutex observers_mutex_;
  std::vector<Observer*> observers_;

  std::mutex close_mutex_;
  bool closed_ = false;
  absl::Status close_status_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_DRIVER_H_
