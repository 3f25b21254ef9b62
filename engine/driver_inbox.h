// DriverInbox: what waits for a partition's thread: requests of callers,
// results of handlers, and what the store reports. Private to driver.cc.
//
// Shared by all who may put something in, so that a handler that outlives the
// engine finds it closed rather than gone. Any thread.
#ifndef PAWL_ENGINE_DRIVER_INBOX_H_
#define PAWL_ENGINE_DRIVER_INBOX_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "engine/partition.h"
#include "eventstore/event_store.h"

namespace pawl {

class DriverInbox final : public eventstore::EventStoreListener {
 public:
  // --- Putting in ------------------------------------------------------------
  // Takes the request's content when OK. Unavailable: closing.
  // ResourceExhausted: kQueuedCommandsMax wait already (never said to a
  // ForgetRequest, which makes room).
  absl::Status Post(Request&& request);
  void PutResult(HandlerCallPtr call);
  // New requests are refused from now on.
  void BeginClosing();
  // No result comes any more.
  void BeginFinishing();
  void SetObserved();
  // Results that still come are dropped.
  void Close();

  // EventStoreListener:
  void OnAppended(PartitionId, Position) override {}
  void OnDurable(PartitionId partition, Position last) override;
  void OnCheckpointed(PartitionId partition, Position position) override;
  void OnFailed(const absl::Status& status) override;

  // --- Taking out: the partition's thread
  // ------------------------------------- Waits until there is something, or
  // `wait` has passed. Without `accepts_work` only what the store reports
  // counts: the partition couldn't do anything with work before that.
  void Take(std::chrono::nanoseconds wait, bool accepts_work, StepInput* input);

 private:
  // Wakes the thread if it sleeps and this may interest it; unlocks.
  void Notify(std::unique_lock<std::mutex> lock, bool is_work);
  bool HasNews(bool accepts_work) const;

  std::mutex mutex_;
  std::condition_variable wake_;
  // All below is guarded by mutex_.
  std::vector<Request> requests_;
  std::vector<HandlerCallPtr> results_;
  Position durable_ = 0;
  Position checkpointed_ = 0;
  absl::Status failed_;
  bool urgent_ = false;  // something else than work came
  bool closing_ = false;
  bool finishing_ = false;
  bool observed_ = false;
  bool closed_ = false;
  bool sleeping_ = false;
  bool wants_work_ = true;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_DRIVER_INBOX_H_
