#include "engine/handler_call.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/core/variables.h"
#include "engine/core/work_of.h"

namespace pawl {
namespace {

bool Has(const std::vector<std::pair<std::string, std::string>>& variables,
         const std::string& name) {
  return std::any_of(variables.begin(), variables.end(),
                     [&](const auto& entry) { return entry.first == name; });
}

// The nearest of each name, from the element outwards.
void CollectVariables(const core::Instance& instance, ElementKey scope,
                      HandlerCall* call) {
  size_t from_inside = 0;
  for (; scope.valid(); scope = core::ParentScope(instance, scope)) {
    const auto it = instance.scopes.find(scope);
    if (it == instance.scopes.end()) continue;
    for (const auto& [name, json] : it->second.variables) {
      if (from_inside != 0 && Has(call->variables, name)) continue;
      call->variables.emplace_back(name, json);
    }
    from_inside = call->variables.size();
  }
}

std::unique_ptr<fb::JobOwnerT> OwnerOf(const HandlerCall& call) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->epoch = call.epoch;
  owner->attempt = call.attempt;
  return owner;
}

fb::CommandUnion Failure(const HandlerCall& call, std::string message,
                         std::optional<int> retries,
                         std::optional<absl::Duration> backoff) {
  fb::FailJobT command;
  command.job = call.job.value();
  command.owner = OwnerOf(call);
  command.message = CutMessage(std::move(message));
  if (retries.has_value()) {
    command.retries = std::clamp(*retries, 0, kRetriesMax);
  }
  if (backoff.has_value()) {
    command.backoff_ms = std::clamp<int64_t>(
        absl::ToInt64Milliseconds(*backoff), 0, kDurationMsMax);
  }
  fb::CommandUnion out;
  out.Set(std::move(command));
  return out;
}

fb::CommandUnion Refused(const HandlerCall& call, const absl::Status& status) {
  return Failure(call,
                 absl::StrCat("the handler's result can't be recorded: ",
                              std::string(status.message())),
                 std::nullopt, std::nullopt);
}

}  // namespace

std::string CutMessage(std::string message) {
  message.resize(CutUtf8(message, kMessageBytesMax).size());
  return message;
}

HandlerCallPtr MakeHandlerCall(
    const core::Instance& instance, const core::Job& job,
    std::shared_ptr<const model::ProcessDefinition> model) {
  auto call = std::make_shared<HandlerCall>();
  call->job = job.key;
  call->instance = instance.key;
  call->model = std::move(model);
  const auto element = instance.elements.find(job.element_key);
  if (element != instance.elements.end()) {
    call->element = element->second.element;
    if (job.type == core::kJavaScriptJobType) {
      call->script = core::WorkOf(instance, element->second,
                                  call->model->element(call->element))
                         .script;
    }
  }
  call->type = job.type;
  call->epoch = job.epoch;
  call->attempt = job.attempt;
  call->retries = job.retries;
  call->lock_until_ms = job.due_ms;
  CollectVariables(instance, job.element_key, call.get());
  if (const core::Task* task = core::ListeningTask(instance, job.element_key)) {
    // What a listener sees by that name hides a variable.
    std::erase_if(call->variables, [](const auto& variable) {
      return variable.first == "task";
    });
    call->variables.emplace_back(
        "task",
        core::TaskValue(*task, call->model->element(call->element)).ToJson());
  }
  return call;
}

absl::StatusOr<Job> JobFactory::Make(const HandlerCallPtr& call) {
  Job job;
  job.key_ = call->job;
  job.instance_ = call->instance;
  job.process_id_ = call->model->model().id;
  job.element_id_ = call->model->element(call->element).id;
  job.type_ = call->type;
  job.attempt_ = static_cast<int>(call->attempt);
  job.retries_ = call->retries;
  for (const auto& [name, json] : call->variables) {
    absl::StatusOr<Value> value = Value::FromJson(json);
    if (!value.ok()) {
      return absl::DataLossError(absl::StrCat(
          "variable '", name, "' of instance ", call->instance.value(), ": ",
          std::string(value.status().message())));
    }
    job.variables_.Set(name, *std::move(value));
  }
  if (call->script != nullptr) {
    job.script_ = call->script->script->text;
    job.result_variable_ = call->script->result_variable;
  }
  job.lock_until_ = absl::FromUnixMillis(call->lock_until_ms);
  job.cancelled_ = std::shared_ptr<std::atomic<bool>>(call, &call->cancelled);
  return job;
}

fb::CommandUnion ResultCommand(const HandlerCall& call,
                               const JobResult& result) {
  if (result.kind() == JobResult::Kind::kFailed) {
    return Failure(call, result.message(), result.retries(), result.backoff());
  }
  absl::StatusOr<std::vector<std::unique_ptr<fb::VariableT>>> variables =
      ToWire(result.variables());
  if (!variables.ok()) return Refused(call, variables.status());
  fb::CommandUnion out;
  if (result.kind() == JobResult::Kind::kDone) {
    fb::CompleteJobT command;
    command.job = call.job.value();
    command.owner = OwnerOf(call);
    command.variables = *std::move(variables);
    out.Set(std::move(command));
    return out;
  }
  if (result.code().size() > kNameBytesMax) {
    return Refused(call, absl::InvalidArgumentError(absl::StrCat(
                             "BPMN error code: got ", result.code().size(),
                             " bytes, wanted at most ", kNameBytesMax)));
  }
  fb::ThrowJobErrorT command;
  command.job = call.job.value();
  command.owner = OwnerOf(call);
  command.code = result.code();
  command.message = CutMessage(result.message());
  command.variables = *std::move(variables);
  out.Set(std::move(command));
  return out;
}

}  // namespace pawl
