#include "tests/golden/handlers_case.h"

#include <memory>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"

namespace pawl::golden {
namespace {

constexpr char kType[] = "work";

class HandlersRun {
 public:
  explicit HandlersRun(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<Log> Run() {
    PAWL_RETURN_IF_ERROR(Open(ManualDriver::Options().now_ms));
    PAWL_ASSIGN_OR_RETURN(
        fb::CommandUnion deploy,
        MakeDeployment({BpmnFile(folder_ + "/handlers.bpmn")}));
    PAWL_RETURN_IF_ERROR(driver_->Submit(std::move(deploy), "golden").status);
    // One at a time: the second instance's job waits for the first one's.
    PAWL_RETURN_IF_ERROR(Register());
    PAWL_RETURN_IF_ERROR(Start());
    PAWL_RETURN_IF_ERROR(Start());
    PAWL_RETURN_IF_ERROR(Answer(JobResult::Failed("no route")));
    PAWL_RETURN_IF_ERROR(Answer(JobResult::Done({{"paid", true}})));
    // The first one's second attempt is under way when the process is killed.
    PAWL_RETURN_IF_ERROR(driver_->AdvanceTo(driver_->now_ms() + 1000));
    const int64_t killed_ms = driver_->now_ms();
    driver_->TakeCalls();
    driver_.reset();
    PAWL_RETURN_IF_ERROR(Open(killed_ms + 5000));
    PAWL_RETURN_IF_ERROR(Register());
    PAWL_RETURN_IF_ERROR(Answer(JobResult::Done({})));
    fb::UnregisterHandlerT unregister;
    unregister.type = kType;
    PAWL_RETURN_IF_ERROR(Do(std::move(unregister)));
    return ReadLog();
  }

 private:
  absl::Status Open(int64_t now_ms) {
    ManualDriver::Options options;
    options.now_ms = now_ms;
    PAWL_ASSIGN_OR_RETURN(driver_, ManualDriver::Open(disk_, options));
    return driver_->RunUntilIdle();
  }

  template <typename CommandT>
  absl::Status Do(CommandT command) {
    PAWL_RETURN_IF_ERROR(driver_->Do(std::move(command), "golden").status);
    return driver_->RunUntilIdle();
  }

  absl::Status Register() {
    fb::RegisterHandlerT handler;
    handler.type = kType;
    handler.capacity = 1;
    return Do(std::move(handler));
  }

  absl::Status Start() {
    fb::StartInstanceT start;
    start.process_id = "handlers";
    return Do(std::move(start));
  }

  // To the one call that is out.
  absl::Status Answer(const JobResult& result) {
    std::vector<HandlerCallPtr> calls = driver_->TakeCalls();
    if (calls.size() != 1) {
      return absl::FailedPreconditionError(
          absl::StrCat("got ", calls.size(), " calls, wanted one"));
    }
    driver_->Finish(std::move(calls.front()), result);
    return driver_->RunUntilIdle();
  }

  absl::StatusOr<Log> ReadLog() {
    Log log;
    PAWL_RETURN_IF_ERROR(driver_->store().Read(
        0, 1, driver_->store().End(0), [&](Position, std::string_view record) {
          log.emplace_back(record);
          return true;
        }));
    return log;
  }

  const std::string folder_;
  const std::shared_ptr<eventstore::MemoryDisk> disk_ =
      std::make_shared<eventstore::MemoryDisk>();
  std::unique_ptr<ManualDriver> driver_;
};

}  // namespace

absl::StatusOr<Log> RunHandlersCase(const std::string& folder) {
  return HandlersRun(folder).Run();
}

}  // namespace pawl::golden
