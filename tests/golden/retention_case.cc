#include "tests/golden/retention_case.h"

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"
#include "replay/retain.h"

namespace pawl::golden {
namespace {

constexpr int64_t kDayMs = 86'400'000;

class RetentionRun {
 public:
  explicit RetentionRun(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<Log> Run() {
    PAWL_RETURN_IF_ERROR(Open());
    PAWL_ASSIGN_OR_RETURN(
        fb::CommandUnion deploy,
        MakeDeployment({BpmnFile(folder_ + "/retention.bpmn")}));
    PAWL_RETURN_IF_ERROR(driver_->Submit(std::move(deploy), "golden").status);
    PAWL_ASSIGN_OR_RETURN(const InstanceKey held, Start("held"));
    PAWL_ASSIGN_OR_RETURN(const InstanceKey ended, Start("ended"));
    PAWL_ASSIGN_OR_RETURN(const InstanceKey waits, Start("waits"));
    PAWL_RETURN_IF_ERROR(Complete(held));
    PAWL_RETURN_IF_ERROR(Complete(ended));
    fb::PublishMessageT publish;
    publish.name = "paid";
    publish.message_id = "17";
    publish.until_ms = now_ms_ + 100 * kDayMs;
    PAWL_RETURN_IF_ERROR(Do(std::move(publish)));
    fb::SetHoldT hold;
    hold.instance = held.value();
    hold.reason = "case 17";
    PAWL_RETURN_IF_ERROR(Do(std::move(hold)));
    now_ms_ += 2 * kDayMs;
    PAWL_RETURN_IF_ERROR(Retain());
    PAWL_RETURN_IF_ERROR(Complete(waits));
    fb::ReleaseHoldT release;
    release.instance = held.value();
    PAWL_RETURN_IF_ERROR(Do(std::move(release)));
    PAWL_RETURN_IF_ERROR(Retain());
    PAWL_RETURN_IF_ERROR(TakeLog(driver_->store()));
    return std::move(log_);
  }

 private:
  absl::Status Open() {
    ManualDriver::Options options;
    options.now_ms = now_ms_;
    PAWL_ASSIGN_OR_RETURN(driver_, ManualDriver::Open(disk_, options));
    return driver_->RunUntilIdle();
  }

  absl::Status Retain() {
    PAWL_RETURN_IF_ERROR(TakeLog(driver_->store()));
    driver_.reset();
    PAWL_ASSIGN_OR_RETURN(
        const auto store,
        eventstore::MemoryEventStore::Open(
            disk_, {.partitions = 1}, nullptr,
            eventstore::MemoryEventStore::Completion::kAtOnce));
    replay::RetainOptions options;
    options.now_ms = now_ms_;
    PAWL_RETURN_IF_ERROR(replay::Retain(store.get(), options).status());
    PAWL_RETURN_IF_ERROR(TakeLog(*store));
    PAWL_RETURN_IF_ERROR(store->Close());
    return Open();
  }

  // What came since the last time, before it can be trimmed.
  absl::Status TakeLog(const eventstore::EventStore& store) {
    return store.Read(0, log_.size() + 1, store.End(0),
                      [&](Position, std::string_view record) {
                        log_.emplace_back(record);
                        return true;
                      });
  }

  template <typename CommandT>
  absl::Status Do(CommandT command) {
    PAWL_RETURN_IF_ERROR(driver_->Do(std::move(command), "golden").status);
    return driver_->RunUntilIdle();
  }

  absl::StatusOr<InstanceKey> Start(std::string idempotency_key) {
    fb::StartInstanceT start;
    start.process_id = "retention";
    start.business_key = "order";
    start.idempotency_key = std::move(idempotency_key);
    const Reply reply = driver_->Do(std::move(start), "golden");
    PAWL_RETURN_IF_ERROR(reply.status);
    return reply.answer.instance;
  }

  absl::Status Complete(InstanceKey instance) {
    core::Instance scratch;
    PAWL_ASSIGN_OR_RETURN(const core::Instance* state,
                          driver_->data().Peek(instance, &scratch));
    fb::CompleteTaskT complete;
    complete.task = state->tasks.begin()->first.value();
    return Do(std::move(complete));
  }

  const std::string folder_;
  const std::shared_ptr<eventstore::MemoryDisk> disk_ =
      std::make_shared<eventstore::MemoryDisk>();
  int64_t now_ms_ = ManualDriver::Options().now_ms;
  std::unique_ptr<ManualDriver> driver_;
  Log log_;
};

}  // namespace

absl::StatusOr<Log> RunRetentionCase(const std::string& folder) {
  return RetentionRun(folder).Run();
}

}  // namespace pawl::golden
