#include "tests/golden/refused_call_case.h"

#include <memory>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"

namespace pawl::golden {

absl::StatusOr<Log> RunRefusedCallCase(const std::string& folder) {
  ManualDriver::Options options;
  // Room for the deployment, and not for what the called process writes.
  options.record_bytes_max = 16 << 10;
  PAWL_ASSIGN_OR_RETURN(
      const std::unique_ptr<ManualDriver> driver,
      ManualDriver::Open(std::make_shared<eventstore::MemoryDisk>(), options));
  PAWL_RETURN_IF_ERROR(driver->RunUntilIdle());
  PAWL_ASSIGN_OR_RETURN(
      fb::CommandUnion deploy,
      MakeDeployment({BpmnFile(folder + "/refused-call.bpmn")}));
  PAWL_RETURN_IF_ERROR(driver->Submit(std::move(deploy), "golden").status);
  fb::StartInstanceT start;
  start.process_id = "refused-call";
  PAWL_RETURN_IF_ERROR(driver->Do(std::move(start), "golden").status);
  PAWL_RETURN_IF_ERROR(driver->RunUntilIdle());
  Log log;
  PAWL_RETURN_IF_ERROR(driver->store().Read(
      0, 1, driver->store().End(0), [&](Position, std::string_view record) {
        log.emplace_back(record);
        return true;
      }));
  return log;
}

}  // namespace pawl::golden
