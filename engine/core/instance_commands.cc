// Start, cancel, suspend, resume, set variables, resolve an incident.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/element/task_listeners.h"

namespace pawl::core {
namespace {

std::string VersionText(const fb::StartInstanceT& command) {
  return command.version == 0 ? "" : absl::StrCat(" version ", command.version);
}

// The start event of a process that only a timer starts, which may be started
// by hand as well: it then begins as if it had fired (ADR 0029). 0: there is
// none.
uint32_t OnlyTimerStart(const model::ProcessDefinition& model) {
  const auto starts = model.EventStarts();
  if (starts.size() != 1) return 0;
  const fb::ElementT& start = model.element(starts.front());
  return start.kind == fb::ElementKind::start_event &&
                 start.event_type == fb::EventType::timer
             ? starts.front()
             : 0;
}

template <typename EventT>
EventT OfSubscription(const Subscription& subscription) {
  EventT event;
  event.key = subscription.key.value();
  event.kind = subscription.kind;
  event.name = subscription.name;
  event.correlation_key = subscription.correlation_key;
  event.any_key = subscription.any_key;
  return event;
}

std::vector<Subscription> SubscriptionsOf(const Instance& instance) {
  std::vector<Subscription> all;
  for (const auto& [key, subscription] : instance.subscriptions) {
    if (subscription.kind != fb::SubscriptionKind::conditional) {
      all.push_back(subscription);
    }
  }
  return all;
}

void PauseSubscriptions(Transition& t) {
  for (const Subscription& subscription : SubscriptionsOf(t.instance())) {
    t.Emit(OfSubscription<fb::SubscriptionPausedT>(subscription));
  }
}

void ResumeSubscriptions(Transition& t) {
  for (const Subscription& subscription : SubscriptionsOf(t.instance())) {
    t.Emit(OfSubscription<fb::SubscriptionUnpausedT>(subscription));
    if (subscription.kind != fb::SubscriptionKind::message) continue;
    t.AskForBuffered({subscription.name, !subscription.any_key,
                      subscription.correlation_key});
  }
}

// An instance that was called lives and rests with the one at the top.
absl::Status RequireOwn(const Instance& instance, uint64_t request,
                        const char* what) {
  if (request != 0 || !instance.called()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "instance ", instance.key.value(), " was called by instance ",
      instance.caller.instance.value(), "; ", what, " the one at the top, ",
      instance.caller.root.value()));
}

// The instances that `t`'s instance called do as it does.
template <typename CommandT>
void PassOn(Transition& t) {
  for (const auto& [key, instance] : t.instance().calls) {
    CommandT command;
    command.instance = instance.value();
    t.Request(std::move(command));
  }
}

bool WaitsForCondition(const Instance& instance) {
  return std::any_of(instance.subscriptions.begin(),
                     instance.subscriptions.end(), [](const auto& entry) {
                       return entry.second.kind ==
                              fb::SubscriptionKind::conditional;
                     });
}

// Something may move in it without a command of its own.
bool NeedsModel(const Instance& instance) {
  return WaitsForCondition(instance) || !instance.loops.empty();
}

// Before anything is emitted.
absl::Status LoadForConditions(InstanceCommand& c) {
  if (!NeedsModel(c.t.instance())) return absl::OkStatus();
  return c.t.LoadModel(c.t.instance().definition);
}

// Variables were written from outside, or the instance goes on.
void CheckConditions(InstanceCommand& c) {
  const Instance& instance = c.t.instance();
  if (instance.state == fb::InstanceState::active && NeedsModel(instance)) {
    c.t.Run();
  }
}

}  // namespace

absl::Status RequireRunning(const Instance& instance, bool allow_suspended) {
  if (instance.state == fb::InstanceState::active) return absl::OkStatus();
  if (instance.state == fb::InstanceState::suspended) {
    if (allow_suspended) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(
        "instance ", instance.key.value(), " is suspended; resume it first"));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("instance ", instance.key.value(), " has ended (",
                   fb::EnumNameInstanceState(instance.state), ")"));
}

absl::Status Handle(InstanceCommand& c, const fb::StartInstanceT& command) {
  Lookups& lookups = c.t.lookups();
  if (!command.idempotency_key.empty()) {
    const IdempotencyAnswer seen =
        lookups.IdempotencySeen(command.idempotency_key);
    if (seen.instance.valid()) {
      c.answer->instance = seen.instance;
      c.answer->definition = seen.definition;
      c.answer->version = seen.version;
      c.answer->seen_before = true;
      return absl::OkStatus();
    }
  }
  if (command.caller != nullptr) {
    // What follows from a later record is decided first: it may have ended the
    // call before this begins.
    Caller caller;
    caller.instance = InstanceKey(command.caller->instance);
    caller.element_key = ElementKey(command.caller->element_key);
    if (!lookups.CallWaits(caller, InstanceKey(command.key))) {
      return absl::FailedPreconditionError(
          absl::StrCat("instance ", caller.instance.value(),
                       " doesn't wait for instance ", command.key));
    }
  }
  const DefinitionAnswer definition =
      lookups.Definition(command.process_id, command.version);
  if (!definition.key.valid()) {
    return absl::NotFoundError(absl::StrCat("process '", command.process_id,
                                            "'", VersionText(command),
                                            " is not deployed"));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(definition.key));
  const model::ProcessDefinition& model = c.t.model();
  if (!model.model().executable) {
    return absl::FailedPreconditionError(
        absl::StrCat("process '", command.process_id,
                     "' is not executable (isExecutable=\"false\")"));
  }
  const auto starts = model.StartNodes(0);
  uint32_t start_event = command.start_event;
  bool by_event = command.request != 0 && command.caller == nullptr;
  if (command.request == 0 && command.caller == nullptr && starts.empty()) {
    start_event = OnlyTimerStart(model);
    by_event = start_event != 0;
  }
  if (by_event) {
    const auto events = model.EventStarts();
    if (std::find(events.begin(), events.end(), start_event) == events.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("process '", command.process_id, "': element ",
                       start_event, " is no start by an event"));
    }
  } else if (starts.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("process '", command.process_id,
                     "' has no none start event: it starts by a trigger only"));
  }

  fb::InstanceStartedT started;
  if (command.caller == nullptr) {
    started.key = c.t.NewKey();
  } else {
    started.key = command.key;
    started.caller = std::make_unique<fb::CallerT>(*command.caller);
  }
  started.definition = definition.key.value();
  started.process_id = command.process_id;
  started.version = definition.version;
  started.business_key = command.business_key;
  started.idempotency_key = command.idempotency_key;
  started.held_message = command.held_message;
  started.held_key = command.held_key;
  const InstanceKey key(started.key);
  c.t.Emit(std::move(started));
  const ElementKey root = c.t.instance().root();
  fb::ElementActivatingT activating;
  activating.key = root.value();
  c.t.Emit(std::move(activating));
  // Those of an event too, unless its output mappings choose among them: what
  // the process waits for may need them, a correlation key for one.
  const bool mapped =
      by_event &&
      model::KeepsResults(model.element(model.EventOf(start_event)));
  if (!command.variables.empty() && !mapped) {
    c.t.WriteVariables(root, command.variables);
  }
  fb::ElementActivatedT activated;
  activated.key = root.value();
  c.t.Emit(std::move(activated));
  c.t.OpenRootTriggers();
  if (command.request != 0) TakeRequest(c.t, command.request);
  if (by_event) {
    const WireVariables none;
    c.t.StartBy(start_event, mapped ? command.variables : none);
  } else {
    for (uint32_t element : starts) c.t.Enter(element, root);
  }
  c.t.Run();
  c.answer->instance = key;
  c.answer->definition = definition.key;
  c.answer->version = definition.version;
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::CancelInstanceT& command) {
  PAWL_RETURN_IF_ERROR(RequireRunning(c.t.instance(), true));
  PAWL_RETURN_IF_ERROR(RequireOwn(c.t.instance(), command.request, "cancel"));
  if (command.request != 0) TakeRequest(c.t, command.request);
  c.t.TerminateScope(c.t.instance().root(), fb::InstanceState::cancelled,
                     command.reason);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::SuspendInstanceT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  PAWL_RETURN_IF_ERROR(RequireOwn(instance, command.request, "suspend"));
  if (command.request != 0) TakeRequest(c.t, command.request);
  const std::vector<std::pair<JobKey, Job>> jobs(instance.jobs.begin(),
                                                 instance.jobs.end());
  for (const auto& [key, job] : jobs) {
    if (job.state == fb::JobState::incident) continue;
    fb::JobPausedT paused;
    paused.key = key.value();
    paused.type = job.type;
    paused.was_ready = job.state == fb::JobState::ready;
    paused.old_due_ms = job.due_ms;
    paused.old_epoch = job.epoch;
    c.t.Emit(std::move(paused));
  }
  const std::vector<std::pair<TimerKey, Timer>> timers(instance.timers.begin(),
                                                       instance.timers.end());
  for (const auto& [key, timer] : timers) {
    fb::TimerPausedT paused;
    paused.key = key.value();
    paused.due_ms = timer.due_ms;
    c.t.Emit(std::move(paused));
  }
  PauseSubscriptions(c.t);
  fb::InstanceSuspendedT suspended;
  suspended.definition = instance.definition.value();
  c.t.Emit(std::move(suspended));
  PassOn<fb::SuspendInstanceT>(c.t);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ResumeInstanceT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, true));
  if (instance.state == fb::InstanceState::active) {
    return absl::FailedPreconditionError(absl::StrCat(
        "instance ", instance.key.value(), " is active, not suspended"));
  }
  PAWL_RETURN_IF_ERROR(RequireOwn(instance, command.request, "resume"));
  PAWL_RETURN_IF_ERROR(LoadForConditions(c));
  if (command.request != 0) TakeRequest(c.t, command.request);
  fb::InstanceResumedT resumed;
  resumed.definition = instance.definition.value();
  c.t.Emit(std::move(resumed));
  // Before anything here goes on: what they tell comes after this.
  PassOn<fb::ResumeInstanceT>(c.t);
  const std::vector<std::pair<TimerKey, Timer>> timers(instance.timers.begin(),
                                                       instance.timers.end());
  for (const auto& [key, timer] : timers) {
    fb::TimerUnpausedT unpaused;
    unpaused.key = key.value();
    unpaused.due_ms = timer.due_ms;
    c.t.Emit(std::move(unpaused));
  }
  const std::vector<std::pair<JobKey, Job>> jobs(instance.jobs.begin(),
                                                 instance.jobs.end());
  for (const auto& [key, job] : jobs) {
    if (job.state == fb::JobState::incident) continue;
    fb::JobUnpausedT unpaused;
    unpaused.key = key.value();
    unpaused.type = job.type;
    unpaused.due_ms = job.due_ms;
    c.t.Emit(std::move(unpaused));
    if (job.state == fb::JobState::ready) c.t.OfferJob(key);
  }
  ResumeSubscriptions(c.t);
  c.t.RecheckConditions();
  // What they had asked for came while nothing moved.
  for (const auto& [key, loop] : instance.loops) c.t.ContinueLoop(key);
  c.t.AskForDeliveries();
  CheckConditions(c);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::SetVariablesT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, true));
  const ElementKey scope =
      command.scope == 0 ? instance.root() : ElementKey(command.scope);
  if (scope != instance.root() && !instance.scopes.contains(scope)) {
    return absl::NotFoundError(absl::StrCat(
        "scope ", scope.value(), " of instance ", instance.key.value()));
  }
  if (command.variables.empty()) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(LoadForConditions(c));
  // Names the scope itself: no search outwards.
  fb::VariablesWrittenT written;
  written.scope = scope.value();
  for (const auto& variable : command.variables) {
    written.variables.push_back(std::make_unique<fb::VariableT>(*variable));
  }
  c.t.Emit(std::move(written));
  CheckConditions(c);
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ResolveIncidentT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const auto it = instance.incidents.find(IncidentKey(command.incident));
  if (it == instance.incidents.end()) {
    return absl::NotFoundError(absl::StrCat(
        "incident ", command.incident, " of instance ", instance.key.value()));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  const Incident incident = it->second;
  fb::IncidentResolvedT resolved;
  resolved.key = command.incident;
  c.t.Emit(std::move(resolved));

  if (incident.job.valid()) {
    const Job job = instance.jobs.at(incident.job);
    fb::JobRetriesSetT retries;
    retries.key = job.key.value();
    retries.type = job.type;
    retries.retries = std::max(job.retries, 1);
    c.t.Emit(std::move(retries));
    c.t.OfferJob(job.key);
    return absl::OkStatus();
  }
  if (!incident.element_key.valid()) {
    c.t.UnblockAll();
  } else if (instance.elements.at(incident.element_key).element !=
                 incident.element &&
             c.t.model().element(incident.element).kind ==
                 fb::ElementKind::complex_gateway) {
    // Its tokens still rest in that scope.
    c.t.RetryGateway(incident.element, incident.element_key);
  } else if (instance.elements.at(incident.element_key).element !=
             incident.element) {
    // Of an event that it waits for: to go on behind it, or to wait for it.
    if (incident.type == fb::IncidentType::limit) {
      c.t.Trigger(incident.element_key, incident.element, {});
    } else if (auto fault =
                   c.t.OpenTrigger(incident.element_key, incident.element)) {
      c.t.RaiseIncident(*std::move(fault), incident.element_key,
                        incident.element);
    }
  } else {
    switch (instance.elements.at(incident.element_key).state) {
      case fb::ElementState::activating:
        c.t.Activate(incident.element_key);
        break;
      case fb::ElementState::completing:
        c.t.Leave(incident.element_key);
        break;
      case fb::ElementState::activated:
        // A loop that could not say whether it goes on, or a call activity
        // whose called instance is gone.
        if (c.t.IsLoop(c.t.instance().elements.at(incident.element_key))) {
          c.t.ContinueLoop(incident.element_key);
          break;
        }
        // An ad-hoc sub-process that could not say whether it is done.
        if (c.t.model().element(incident.element).ad_hoc != nullptr) {
          c.t.CheckAdHoc(incident.element_key);
          break;
        }
        // A listener of its task that failed.
        if (c.t.model().element(incident.element).user_task != nullptr) {
          RunTaskListeners(c.t, incident.element_key);
          break;
        }
        PAWL_CHECK(c.t.model().element(incident.element).call != nullptr)
            << "incident " << command.incident;
        if (auto fault = c.t.Call(incident.element_key)) {
          c.t.RaiseIncident(*std::move(fault), incident.element_key,
                            incident.element);
        }
        break;
      case fb::ElementState::completed:
      case fb::ElementState::terminating:
      case fb::ElementState::terminated:
        PAWL_CHECK(false) << "incident " << command.incident
                          << " on an element without a failed step";
    }
  }
  c.t.Run();
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::ContinueLoopT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  if (!instance.loops.contains(ElementKey(command.element_key))) {
    return absl::NotFoundError(
        absl::StrCat("loop of element ", command.element_key));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  TakeRequest(c.t, command.request);
  const ElementKey loop(command.element_key);
  if (command.refused.empty()) {
    c.t.ContinueLoop(loop);
  } else {
    c.t.RaiseIncident({fb::IncidentType::limit, command.refused}, loop,
                      instance.elements.at(loop).element);
  }
  c.t.Run();
  return absl::OkStatus();
}

}  // namespace pawl::core
