// What a called instance tells the instance that called it (docs/adr/0021):
// that it is done, that something is thrown that it doesn't catch, that it
// could not be started. Each comes too late once the call activity is over, and
// is then dropped.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/wire_variables.h"

namespace pawl::core {
namespace {

// NotFound unless the call activity still waits for that instance.
template <typename CommandT>
absl::Status RequireCall(InstanceCommand& c, const CommandT& command) {
  const Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const auto call = instance.calls.find(ElementKey(command.element_key));
  if (call == instance.calls.end() ||
      call->second != InstanceKey(command.called)) {
    return absl::NotFoundError(absl::StrCat("instance ", instance.key.value(),
                                            " doesn't wait for instance ",
                                            command.called));
  }
  return c.t.LoadModel(instance.definition);
}

template <typename CommandT>
void Return(InstanceCommand& c, const CommandT& command) {
  fb::CallReturnedT returned;
  returned.element_key = command.element_key;
  returned.instance = command.called;
  c.t.Emit(std::move(returned));
}

}  // namespace

absl::Status Handle(InstanceCommand& c, const fb::CompleteCallT& command) {
  PAWL_RETURN_IF_ERROR(RequireCall(c, command));
  TakeRequest(c.t, command.request);
  Return(c, command);
  const ElementKey key(command.element_key);
  c.t.WriteLocal(key, Copy(command.local));
  if (command.refused.empty()) {
    c.t.Trigger(key, 0, command.variables);
  } else {
    c.t.TriggerRefused(key, 0, command.variables, command.refused);
  }
  c.t.Run();
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ThrowFromCallT& command) {
  PAWL_RETURN_IF_ERROR(RequireCall(c, command));
  TakeRequest(c.t, command.request);
  if (command.ended) Return(c, command);
  const ElementKey key(command.element_key);
  // Also where nobody catches it here: they may be outputs of this one, too.
  c.t.WriteVariables(key, command.outputs);
  const auto catcher = c.t.FindCatcher(key, command.type, command.code);
  if (!catcher.has_value()) {
    const AboveAnswer above = c.t.CatcherAbove(key, command.type, command.code);
    if (above.caught) {
      c.t.ThrowToCaller(command.type, command.code, command.message,
                        command.variables, above.interrupting);
    }
  } else if (!command.refused.empty()) {
    c.t.TriggerRefused(catcher->host, catcher->trigger, command.variables,
                       command.refused);
  } else if (command.type == fb::EventType::error) {
    c.t.CatchError(*catcher, command.code, command.message, command.variables);
  } else {
    c.t.CatchEscalation(*catcher, command.code);
  }
  // Who would catch it when it was thrown is gone, or leaves the activity as it
  // is: without the instance that it waits for.
  const Instance& instance = c.t.instance();
  if (const auto it = instance.elements.find(key);
      command.ended && command.refused.empty() &&
      it != instance.elements.end()) {
    c.t.RaiseIncident(
        {fb::IncidentType::unhandled_error,
         absl::StrCat(fb::EnumNameEventType(command.type), " '", command.code,
                      "' of the called instance ", command.called,
                      " is not caught", command.message.empty() ? "" : ": ",
                      command.message)},
        key, it->second.element);
  }
  c.t.Run();
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::FailCallT& command) {
  PAWL_RETURN_IF_ERROR(RequireCall(c, command));
  TakeRequest(c.t, command.request);
  Return(c, command);
  const ElementKey key(command.element_key);
  c.t.RaiseIncident({fb::IncidentType::no_called_process,
                     absl::StrCat("the called process could not be started: ",
                                  command.message)},
                    key, c.t.instance().elements.at(key).element);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ReportFaultT& command) {
  PAWL_RETURN_IF_ERROR(RequireCall(c, command));
  TakeRequest(c.t, command.request);
  fb::CallFailedT failed;
  failed.element_key = command.element_key;
  failed.instance = command.called;
  failed.type = command.type;
  failed.message = command.message;
  c.t.Emit(std::move(failed));
  c.t.CalledFailed(ElementKey(command.element_key),
                   {command.type, command.message});
  c.t.Run();
  return absl::OkStatus();
}

// --- What becomes of requests ------------------------------------------------

InstanceKey TargetOf(const fb::CommandUnion& request) {
  if (const auto* deliver = request.AsDeliver()) {
    return InstanceKey(deliver->instance);
  }
  if (const auto* complete = request.AsCompleteCall()) {
    return InstanceKey(complete->instance);
  }
  if (const auto* thrown = request.AsThrowFromCall()) {
    return InstanceKey(thrown->instance);
  }
  if (const auto* fail = request.AsFailCall()) {
    return InstanceKey(fail->instance);
  }
  if (const auto* loop = request.AsContinueLoop()) {
    return InstanceKey(loop->instance);
  }
  if (const auto* thrown = request.AsCompleteThrow()) {
    return InstanceKey(thrown->instance);
  }
  if (const auto* report = request.AsReportFault()) {
    return InstanceKey(report->instance);
  }
  if (const auto* cancel = request.AsCancelInstance()) {
    return InstanceKey(cancel->instance);
  }
  if (const auto* suspend = request.AsSuspendInstance()) {
    return InstanceKey(suspend->instance);
  }
  if (const auto* resume = request.AsResumeInstance()) {
    return InstanceKey(resume->instance);
  }
  return InstanceKey();
}

void WithoutWhatFollows(const std::string& reason, fb::CommandUnion* request) {
  if (auto* deliver = request->AsDeliver()) {
    deliver->refused = reason;
  } else if (auto* complete = request->AsCompleteCall()) {
    complete->refused = reason;
  } else if (auto* thrown = request->AsThrowFromCall()) {
    thrown->refused = reason;
  } else if (auto* loop = request->AsContinueLoop()) {
    loop->refused = reason;
  } else if (auto* complete_throw = request->AsCompleteThrow()) {
    complete_throw->refused = reason;
  }
}

fb::DropRequestT DropOf(uint64_t key, const fb::CommandUnion& request,
                        std::string reason) {
  fb::DropRequestT drop;
  drop.request = key;
  drop.reason = std::move(reason);
  if (const auto* deliver = request.AsDeliver();
      deliver != nullptr && !deliver->all) {
    drop.again = std::make_unique<fb::PublishMessageT>();
    drop.again->name = deliver->name;
    drop.again->has_key = deliver->has_key;
    drop.again->correlation_key = deliver->correlation_key;
    drop.again->until_ms = deliver->until_ms;
    drop.again->variables = Copy(deliver->variables);
    drop.again->business_key = deliver->business_key;
    drop.again->keeps_business_key = deliver->keeps_business_key;
  } else if (const auto* start = request.AsStartInstance();
             start != nullptr && start->caller != nullptr) {
    drop.fail = std::make_unique<fb::FailCallT>();
    drop.fail->instance = start->caller->instance;
    drop.fail->element_key = start->caller->element_key;
    drop.fail->called = start->key;
    drop.fail->message = drop.reason;
  }
  return drop;
}

}  // namespace pawl::core
