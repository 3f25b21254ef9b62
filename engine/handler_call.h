// HandlerCall: a job on its way to whoever does it, and its result on the way
// back. Made on the partition's thread from state alone; JSON is parsed and
// written by the thread that runs the handler.
#ifndef PAWL_ENGINE_HANDLER_CALL_H_
#define PAWL_ENGINE_HANDLER_CALL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/core/variables.h"
#include "engine/job.h"
#include "engine/model/process_definition.h"
#include "schemas/command_generated.h"

namespace pawl {

// Shared by the partition, the executor and every copy of the Job. All but the
// flag is written by one thread at a time, who hands the call over.
struct HandlerCall {
  JobKey job;
  InstanceKey instance;
  std::shared_ptr<const model::ProcessDefinition> model;
  uint32_t element = 0;
  std::string type;
  // 0: fetched by a worker.
  uint32_t epoch = 0;
  uint32_t attempt = 0;
  int32_t retries = 0;
  int64_t lock_until_ms = 0;
  // Of a job of core::kJavaScriptJobType; in `model`.
  const fb::ScriptDefinitionT* script = nullptr;
  // JSON text by name, as visible from the job's element.
  std::vector<std::pair<std::string, std::string>> variables;

  // The result can't count any more. Set once, by the partition.
  std::atomic<bool> cancelled{false};

  // What the handler's answer asks of the partition; NONE when it wasn't run.
  fb::CommandUnion result;
};

using HandlerCallPtr = std::shared_ptr<HandlerCall>;

// The call for `job` of `instance`. `model` is the instance's.
HandlerCallPtr MakeHandlerCall(
    const core::Instance& instance, const core::Job& job,
    std::shared_ptr<const model::ProcessDefinition> model);

// The job as a handler or worker sees it. DataLoss: a recorded variable is no
// JSON.
class JobFactory {
 public:
  static absl::StatusOr<Job> Make(const HandlerCallPtr& call);
};

// The command that a handler's answer is. A result that can't be recorded
// (variables too large, not JSON) is a failure that says so.
fb::CommandUnion ResultCommand(const HandlerCall& call,
                               const JobResult& result);

// A text for people, cut at kMessageBytesMax rather than refused.
std::string CutMessage(std::string message);

using core::ToWire;

}  // namespace pawl

#endif  // PAWL_ENGINE_HANDLER_CALL_H_
