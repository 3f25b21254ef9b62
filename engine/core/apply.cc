// One small applier per event, and the two dispatches. A new event is one
// applier and one case; the compiler names a missing case.
#include "engine/core/apply.h"

#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/carry.h"
#include "engine/core/lifecycle.h"

namespace pawl::core {
namespace {

absl::Status Misfit(const char* event, const char* what, uint64_t key) {
  return absl::DataLossError(absl::StrCat(
      "event ", event, " doesn't fit its state: ", what, " ", key));
}

// Looks up what an event names, or says that it isn't there.
template <typename Map>
typename Map::mapped_type* Find(Map& map, uint64_t key) {
  auto it = map.find(typename Map::key_type(key));
  return it == map.end() ? nullptr : &it->second;
}

// --- Instance ----------------------------------------------------------------

absl::Status On(Instance* i, const fb::InstanceStartedT& e, int64_t time_ms) {
  if (i->exists()) return Misfit("InstanceStarted", "instance exists", e.key);
  i->key = InstanceKey(e.key);
  i->definition = DefinitionKey(e.definition);
  i->process_id = e.process_id;
  i->version = e.version;
  i->business_key = e.business_key;
  i->held_message = e.held_message;
  i->held_key = e.held_key;
  i->state = fb::InstanceState::active;
  i->started_ms = time_ms;
  if (e.caller != nullptr) {
    i->caller = {InstanceKey(e.caller->instance),
                 ElementKey(e.caller->element_key),
                 DefinitionKey(e.caller->definition),
                 e.caller->element,
                 InstanceKey(e.caller->root),
                 e.caller->depth,
                 e.caller->in_handler,
                 e.caller->in_saga};
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::InstanceSuspendedT&, int64_t) {
  i->state = fb::InstanceState::suspended;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::InstanceResumedT&, int64_t) {
  i->state = fb::InstanceState::active;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::InstanceEndedT& e, int64_t time_ms) {
  i->state = e.state;
  i->ended_ms = time_ms;
  return absl::OkStatus();
}

// --- Compensation
// -------------------------------------------------------------

// Records of what stood in `owner`, with all that is inside of them.
void DropRecords(Instance* i, ElementKey owner) {
  std::vector<ElementKey> owners = {owner};
  while (!owners.empty()) {
    const ElementKey of = owners.back();
    owners.pop_back();
    auto& by_owner = i->records_by_owner;
    auto it = by_owner.lower_bound({of, 0, ElementKey()});
    while (it != by_owner.end() && std::get<0>(*it) == of) {
      const ElementKey key = std::get<2>(*it);
      i->records.erase(key);
      owners.push_back(key);
      it = by_owner.erase(it);
    }
  }
}

void DropRecord(Instance* i, ElementKey key) {
  const CompensationRecord* record = Find(i->records, key.value());
  if (record == nullptr) return;
  i->records_by_owner.erase({record->owner, record->order, key});
  i->records.erase(key);
  DropRecords(i, key);
}

// What wasn't compensated yet can be, by another.
void DropCompensationsIn(Instance* i, ElementKey scope) {
  for (auto it = i->compensations.begin(); it != i->compensations.end();) {
    if (it->second.scope != scope) {
      ++it;
      continue;
    }
    for (const ElementKey key : it->second.pending) {
      if (CompensationRecord* record = Find(i->records, key.value())) {
        record->claimed_by = ElementKey();
      }
    }
    it = i->compensations.erase(it);
  }
}

absl::Status BeginCompensating(Instance* i, const fb::ElementActivatingT& e) {
  const ElementKey key(e.compensates);
  const CompensationRecord* record = Find(i->records, key.value());
  Compensation* compensation =
      record == nullptr ? nullptr
                        : Find(i->compensations, record->claimed_by.value());
  if (compensation == nullptr || compensation->pending.empty() ||
      compensation->pending.back() != key || compensation->current.valid()) {
    return Misfit("ElementActivating", "not the next to be compensated",
                  e.compensates);
  }
  compensation->pending.pop_back();
  compensation->current = ElementKey(e.key);
  ++compensation->open;
  if (!record->variables.empty()) {
    i->scopes[ElementKey(e.key)].variables = record->variables;
  }
  return absl::OkStatus();
}

// `element` has ended, in whatever way. A record is compensated once, also when
// what compensated it was ended before its end.
void EndCompensating(Instance* i, const ElementInstance& element) {
  if (i->records.empty() && i->compensations.empty()) return;
  if (const ElementKey key = element.compensates; key.valid()) {
    if (const CompensationRecord* record = Find(i->records, key.value())) {
      if (Compensation* compensation =
              Find(i->compensations, record->claimed_by.value())) {
        if (compensation->open > 0) --compensation->open;
        if (compensation->current == element.key) {
          compensation->current = ElementKey();
        }
      }
      if (PAWL_PLANTED(compensated_twice)) {
        Find(i->records, key.value())->claimed_by = ElementKey();
      } else {
        DropRecord(i, key);
      }
    }
  }
  DropCompensationsIn(i, element.key);
  if (!i->records.contains(element.key)) DropRecords(i, element.key);
}

absl::Status On(Instance* i, const fb::CompensationRecordedT& e, int64_t) {
  const ElementKey key(e.key);
  CompensationRecord record;
  record.key = key;
  record.element = e.element;
  record.owner = ElementKey(e.owner);
  record.order = i->sequence + 1;
  record.partial = e.partial;
  if (Find(i->elements, e.key) == nullptr) {
    return Misfit("CompensationRecorded", "no element", e.key);
  }
  if (const Scope* scope = Find(i->scopes, e.key)) {
    record.variables = scope->variables;
  }
  DropCompensationsIn(i, key);
  i->records_by_owner.emplace(record.owner, record.order, key);
  if (!i->records.try_emplace(key, std::move(record)).second) {
    return Misfit("CompensationRecorded", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::CompensationTriggeredT& e, int64_t) {
  if (e.records.empty()) return absl::OkStatus();
  Compensation compensation;
  compensation.key = ElementKey(e.key);
  compensation.element = e.element;
  compensation.scope = ElementKey(e.scope);
  compensation.waits = e.waits;
  for (const uint64_t key : e.records) {
    CompensationRecord* record = Find(i->records, key);
    if (record == nullptr || record->claimed_by.valid()) {
      return Misfit("CompensationTriggered", "no record to compensate", key);
    }
    record->claimed_by = compensation.key;
    compensation.pending.push_back(ElementKey(key));
  }
  std::reverse(compensation.pending.begin(), compensation.pending.end());
  if (!i->compensations.try_emplace(ElementKey(e.key), std::move(compensation))
           .second) {
    return Misfit("CompensationTriggered", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::CompensationFailedT& e, int64_t) {
  CompensationRecord* record = Find(i->records, e.record);
  Compensation* compensation =
      record == nullptr ? nullptr
                        : Find(i->compensations, record->claimed_by.value());
  if (compensation == nullptr) {
    return Misfit("CompensationFailed", "nothing compensates", e.record);
  }
  record->failed = true;
  compensation->current = ElementKey();
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::CompensationEndedT& e, int64_t) {
  if (i->compensations.erase(ElementKey(e.key)) == 0) {
    return Misfit("CompensationEnded", "no compensation", e.key);
  }
  return absl::OkStatus();
}

// --- Elements
// ------------------------------------------------------------------

// Of what an ad-hoc sub-process is to run, `element` runs now.
void LeaveWaiting(Instance* i, ElementKey scope, uint32_t element) {
  if (i->ad_hocs.empty()) return;
  AdHoc* const ad_hoc = Find(i->ad_hocs, scope.value());
  if (ad_hoc == nullptr) return;
  const auto it =
      std::find(ad_hoc->waiting.begin(), ad_hoc->waiting.end(), element);
  if (it != ad_hoc->waiting.end()) ad_hoc->waiting.erase(it);
}

// The scope may exist or not: it is made with the first thing in it.
absl::Status On(Instance* i, const fb::ElementActivatingT& e, int64_t) {
  const ElementKey scope_key(e.scope);
  if (scope_key.valid()) {
    Scope& scope = i->scopes[scope_key];
    for (uint32_t flow : e.flows) {
      auto token = scope.tokens.find(flow);
      if (token == scope.tokens.end()) {
        return Misfit("ElementActivating", "no token on flow", flow);
      }
      if (--token->second == 0) scope.tokens.erase(token);
      --scope.token_count;
    }
    ++scope.active_children;
    if (e.flows.empty()) LeaveWaiting(i, scope_key, e.element);
    if (e.phase == fb::GatewayPhase::start) {
      scope.rounds[e.element] = e.flows;
    } else if (e.phase == fb::GatewayPhase::reset) {
      scope.rounds.erase(e.element);
    }
  }
  const ElementKey key(e.key);
  const auto [it, inserted] = i->elements.try_emplace(
      key, ElementInstance{.key = key,
                           .scope = scope_key,
                           .compensates = ElementKey(e.compensates),
                           .element = e.element,
                           .loop_index = e.loop_index,
                           .phase = e.phase,
                           .triggered = e.triggered});
  if (!inserted) return Misfit("ElementActivating", "key is taken", e.key);
  if (e.loop_index != 0) {
    Loop* const loop = Find(i->loops, e.scope);
    if (loop == nullptr) {
      return Misfit("ElementActivating", "no loop of", e.scope);
    }
    ++loop->begun;
  }
  return e.compensates == 0 ? absl::OkStatus() : BeginCompensating(i, e);
}

absl::Status Move(Instance* i, uint64_t key, fb::Event event) {
  ElementInstance* element = Find(i->elements, key);
  if (element == nullptr) {
    return Misfit(fb::EnumNameEvent(event), "no element", key);
  }
  const std::optional<fb::ElementState> next = NextState(element->state, event);
  if (!next.has_value()) {
    return Misfit(fb::EnumNameEvent(event),
                  fb::EnumNameElementState(element->state), key);
  }
  element->state = *next;
  element->steps_done = 0;
  if (*next != fb::ElementState::completed &&
      *next != fb::ElementState::terminated) {
    return absl::OkStatus();
  }
  const ElementKey scope_key = element->scope;
  const ElementInstance ended = *element;
  i->elements.erase(ElementKey(key));
  if (!i->loops.empty()) i->loops.erase(ElementKey(key));
  if (!i->ad_hocs.empty()) i->ad_hocs.erase(ElementKey(key));
  if (!i->calls.empty()) i->calls.erase(ElementKey(key));
  if (!i->event_parts.empty()) i->event_parts.erase(ElementKey(key));
  EndCompensating(i, ended);
  if (scope_key.valid()) {
    Scope* scope = Find(i->scopes, scope_key.value());
    if (scope == nullptr || scope->active_children == 0) {
      return Misfit(fb::EnumNameEvent(event), "scope has no child", key);
    }
    --scope->active_children;
    // An inner scope's data goes with it; the root's stays for those who ask.
    i->scopes.erase(ElementKey(key));
  } else if (Scope* root = Find(i->scopes, key); root != nullptr) {
    root->rounds.clear();
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::ElementActivatedT& e, int64_t) {
  return Move(i, e.key, fb::Event::ElementActivated);
}
absl::Status On(Instance* i, const fb::ElementCompletingT& e, int64_t) {
  return Move(i, e.key, fb::Event::ElementCompleting);
}
absl::Status On(Instance* i, const fb::ElementCompletedT& e, int64_t) {
  return Move(i, e.key, fb::Event::ElementCompleted);
}
absl::Status On(Instance* i, const fb::ElementTerminatingT& e, int64_t) {
  return Move(i, e.key, fb::Event::ElementTerminating);
}

absl::Status On(Instance* i, const fb::ElementTerminatedT& e, int64_t) {
  // Tokens that rest inside die with their scope.
  if (Scope* scope = Find(i->scopes, e.key); scope != nullptr) {
    scope->tokens.clear();
    scope->token_count = 0;
  }
  return Move(i, e.key, fb::Event::ElementTerminated);
}

absl::Status On(Instance* i, const fb::ElementStepDoneT& e, int64_t) {
  ElementInstance* element = Find(i->elements, e.key);
  if (element == nullptr) return Misfit("ElementStepDone", "no element", e.key);
  if (element->state != fb::ElementState::activating &&
      element->state != fb::ElementState::completing) {
    return Misfit("ElementStepDone", fb::EnumNameElementState(element->state),
                  e.key);
  }
  ++element->steps_done;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::LoopStartedT& e, int64_t) {
  Loop loop;
  loop.total = e.total;
  loop.items = e.items;
  if (Find(i->elements, e.key) == nullptr ||
      !i->loops.try_emplace(ElementKey(e.key), std::move(loop)).second) {
    return Misfit("LoopStarted", "no element, or it loops already:", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::LoopRunDoneT& e, int64_t) {
  Loop* const loop = Find(i->loops, e.key);
  if (loop == nullptr) return Misfit("LoopRunDone", "no loop of", e.key);
  ++loop->done;
  if (!e.output.empty()) loop->outputs[e.index] = e.output;
  loop->fulfilled |= e.fulfils;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::AdHocActivatedT& e, int64_t) {
  const ElementKey key(e.key);
  if (Find(i->elements, e.key) == nullptr) {
    return Misfit("AdHocActivated", "no element", e.key);
  }
  AdHoc& ad_hoc = i->ad_hocs[key];
  ad_hoc.waiting.insert(ad_hoc.waiting.end(), e.elements.begin(),
                        e.elements.end());
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::AdHocFulfilledT& e, int64_t) {
  AdHoc* const ad_hoc = Find(i->ad_hocs, e.key);
  if (ad_hoc == nullptr) {
    return Misfit("AdHocFulfilled", "no ad-hoc sub-process", e.key);
  }
  ad_hoc->fulfilled = true;
  ad_hoc->waiting.clear();
  if (Scope* scope = Find(i->scopes, e.key);
      e.drops_tokens && scope != nullptr) {
    scope->tokens.clear();
    scope->token_count = 0;
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::FlowTakenT& e, int64_t) {
  Scope& scope = i->scopes[ElementKey(e.scope)];
  ++scope.tokens[e.flow];
  ++scope.token_count;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::GatewayResetT& e, int64_t) {
  Scope* scope = Find(i->scopes, e.scope);
  if (scope == nullptr || scope->rounds.erase(e.element) == 0) {
    return Misfit("GatewayReset", "has not fired", e.element);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::VariablesWrittenT& e, int64_t) {
  Scope& scope = i->scopes[ElementKey(e.scope)];
  for (const auto& variable : e.variables) {
    scope.variables[variable->name] = variable->json;
  }
  return absl::OkStatus();
}

// --- Jobs
// ------------------------------------------------------------------------

void Release(Job* job) {
  job->worker.clear();
  job->epoch = 0;
  job->due_ms = 0;
}

absl::Status On(Instance* i, const fb::JobCreatedT& e, int64_t) {
  const JobKey key(e.key);
  Job job;
  job.key = key;
  job.element_key = ElementKey(e.element_key);
  job.type = e.type;
  job.retries = e.retries;
  if (e.epoch != 0) {
    job.state = fb::JobState::locked;
    job.epoch = e.epoch;
    job.attempt = 1;
  }
  if (!i->jobs.try_emplace(key, std::move(job)).second) {
    return Misfit("JobCreated", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobLockedT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobLocked", "no job", e.key);
  job->state = fb::JobState::locked;
  job->worker = e.worker;
  job->epoch = e.epoch;
  job->attempt = e.attempt;
  job->due_ms = e.lock_until_ms;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobLockExtendedT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobLockExtended", "no job", e.key);
  job->due_ms = e.lock_until_ms;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobUnlockedT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobUnlocked", "no job", e.key);
  Release(job);
  job->state = fb::JobState::ready;
  return absl::OkStatus();
}

absl::Status Remove(Instance* i, uint64_t key, const char* event) {
  if (i->jobs.erase(JobKey(key)) == 0) return Misfit(event, "no job", key);
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobCompletedT& e, int64_t) {
  return Remove(i, e.key, "JobCompleted");
}
absl::Status On(Instance* i, const fb::JobCanceledT& e, int64_t) {
  return Remove(i, e.key, "JobCanceled");
}

absl::Status On(Instance* i, const fb::JobFailedT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobFailed", "no job", e.key);
  Release(job);
  ++job->failures;
  job->retries = e.retries;
  job->message = e.message;
  job->due_ms = e.retry_at_ms;
  if (e.retries == 0) {
    job->state = fb::JobState::incident;
  } else {
    job->state =
        e.retry_at_ms != 0 ? fb::JobState::backoff : fb::JobState::ready;
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobRetryReachedT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobRetryReached", "no job", e.key);
  Release(job);
  job->state = fb::JobState::ready;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobRetriesSetT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobRetriesSet", "no job", e.key);
  Release(job);
  job->retries = e.retries;
  job->state = fb::JobState::ready;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobErrorThrownT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobErrorThrown", "no job", e.key);
  Release(job);
  job->message = e.message;
  job->state = fb::JobState::incident;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobPausedT& e, int64_t) {
  Job* job = Find(i->jobs, e.key);
  if (job == nullptr) return Misfit("JobPaused", "no job", e.key);
  if (job->state == fb::JobState::locked) {
    Release(job);
    job->state = fb::JobState::ready;
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::JobUnpausedT& e, int64_t) {
  if (Find(i->jobs, e.key) == nullptr) {
    return Misfit("JobUnpaused", "no job", e.key);
  }
  return absl::OkStatus();
}

// --- Tasks, timers, incidents
// ---------------------------------------------------

absl::Status On(Instance* i, const fb::TaskCreatedT& e, int64_t time_ms) {
  const TaskKey key(e.key);
  Task task;
  task.key = key;
  task.element_key = ElementKey(e.element_key);
  task.kind = e.kind;
  task.assignee = e.assignee;
  task.candidate_users = e.candidate_users;
  task.candidate_groups = e.candidate_groups;
  task.due_ms = e.due_ms;
  task.follow_up_ms = e.follow_up_ms;
  task.priority = e.priority;
  task.created_ms = time_ms;
  if (!i->tasks.try_emplace(key, std::move(task)).second) {
    return Misfit("TaskCreated", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskAssignedT& e, int64_t) {
  Task* task = Find(i->tasks, e.key);
  if (task == nullptr) return Misfit("TaskAssigned", "no task", e.key);
  task->assignee = e.assignee;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskDelegatedT& e, int64_t) {
  Task* task = Find(i->tasks, e.key);
  if (task == nullptr) return Misfit("TaskDelegated", "no task", e.key);
  task->assignee = e.assignee;
  task->owner = e.owner;
  task->delegation = fb::DelegationState::pending;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskResolvedT& e, int64_t) {
  Task* task = Find(i->tasks, e.key);
  if (task == nullptr) return Misfit("TaskResolved", "no task", e.key);
  if (task->delegation != fb::DelegationState::pending) {
    return Misfit("TaskResolved", "not delegated: task", e.key);
  }
  task->assignee = e.assignee;
  task->delegation = fb::DelegationState::resolved;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskChangedT& e, int64_t) {
  Task* task = Find(i->tasks, e.key);
  if (task == nullptr) return Misfit("TaskChanged", "no task", e.key);
  for (const fb::TaskField field : e.fields) {
    switch (field) {
      case fb::TaskField::assignee:
        task->assignee = e.assignee;
        break;
      case fb::TaskField::owner:
        task->owner = e.owner;
        break;
      case fb::TaskField::candidate_users:
        task->candidate_users = e.candidate_users;
        break;
      case fb::TaskField::candidate_groups:
        task->candidate_groups = e.candidate_groups;
        break;
      case fb::TaskField::due:
        task->due_ms = e.due_ms;
        break;
      case fb::TaskField::follow_up:
        task->follow_up_ms = e.follow_up_ms;
        break;
      case fb::TaskField::priority:
        task->priority = e.priority;
        break;
      default:
        return Misfit("TaskChanged", "an unknown field of task", e.key);
    }
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskListeningT& e, int64_t) {
  Task* task = Find(i->tasks, e.key);
  if (task == nullptr) return Misfit("TaskListening", "no task", e.key);
  if (task->event != fb::TaskEvent::none ||
      e.task_event == fb::TaskEvent::none ||
      e.task_event > fb::TaskEvent::MAX) {
    return Misfit("TaskListening", "it listens already: task", e.key);
  }
  task->event = e.task_event;
  task->listeners_done = 0;
  task->assigns = e.assigns;
  task->completed_by = e.user;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskListenerDoneT& e, int64_t) {
  Task* task = Find(i->tasks, e.key);
  if (task == nullptr || task->event == fb::TaskEvent::none) {
    return Misfit("TaskListenerDone", "no listener of task", e.key);
  }
  ++task->listeners_done;
  if (!e.last) return absl::OkStatus();
  task->event = fb::TaskEvent::none;
  task->listeners_done = 0;
  task->assigns = false;
  task->completed_by.clear();
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskCompletedT& e, int64_t) {
  if (i->tasks.erase(TaskKey(e.key)) == 0) {
    return Misfit("TaskCompleted", "no task", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TaskCanceledT& e, int64_t) {
  if (i->tasks.erase(TaskKey(e.key)) == 0) {
    return Misfit("TaskCanceled", "no task", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TimerCreatedT& e, int64_t) {
  const TimerKey key(e.key);
  const Timer timer{key,
                    ElementKey(e.element_key),
                    e.due_ms,
                    e.boundary,
                    {e.cycle, e.counts_from_ms, e.number}};
  if (!i->timers.try_emplace(key, timer).second) {
    return Misfit("TimerCreated", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TimerTriggeredT& e, int64_t) {
  Timer* const timer = Find(i->timers, e.key);
  if (timer == nullptr) return Misfit("TimerTriggered", "no timer", e.key);
  if (e.next_due_ms == 0) {
    i->timers.erase(TimerKey(e.key));
  } else {
    timer->due_ms = e.next_due_ms;
    timer->repetition.number = e.next_number;
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TimerCanceledT& e, int64_t) {
  if (i->timers.erase(TimerKey(e.key)) == 0) {
    return Misfit("TimerCanceled", "no timer", e.key);
  }
  return absl::OkStatus();
}

// A paused timer keeps its place in the state; only the due index changes.
absl::Status On(Instance* i, const fb::TimerPausedT& e, int64_t) {
  if (Find(i->timers, e.key) == nullptr) {
    return Misfit("TimerPaused", "no timer", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::TimerUnpausedT& e, int64_t) {
  if (Find(i->timers, e.key) == nullptr) {
    return Misfit("TimerUnpaused", "no timer", e.key);
  }
  return absl::OkStatus();
}

// --- Subscriptions
// ---------------------------------------------------------------

absl::Status On(Instance* i, const fb::SubscriptionOpenedT& e, int64_t) {
  const SubscriptionKey key(e.key);
  Subscription subscription{key,
                            ElementKey(e.element_key),
                            e.kind,
                            e.name,
                            e.correlation_key,
                            e.any_key,
                            e.trigger,
                            /*holds=*/false};
  if (!i->subscriptions.try_emplace(key, std::move(subscription)).second) {
    return Misfit("SubscriptionOpened", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::SubscriptionTriggeredT& e, int64_t) {
  if (Find(i->subscriptions, e.key) == nullptr) {
    return Misfit("SubscriptionTriggered", "no subscription", e.key);
  }
  if (!e.stays) i->subscriptions.erase(SubscriptionKey(e.key));
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::SubscriptionClosedT& e, int64_t) {
  if (i->subscriptions.erase(SubscriptionKey(e.key)) == 0) {
    return Misfit("SubscriptionClosed", "no subscription", e.key);
  }
  return absl::OkStatus();
}

// As a paused timer: only the index changes.
absl::Status On(Instance* i, const fb::SubscriptionPausedT& e, int64_t) {
  if (Find(i->subscriptions, e.key) == nullptr) {
    return Misfit("SubscriptionPaused", "no subscription", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::SubscriptionUnpausedT& e, int64_t) {
  if (Find(i->subscriptions, e.key) == nullptr) {
    return Misfit("SubscriptionUnpaused", "no subscription", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::ConditionChangedT& e, int64_t) {
  Subscription* subscription = Find(i->subscriptions, e.key);
  if (subscription == nullptr) {
    return Misfit("ConditionChanged", "no subscription", e.key);
  }
  subscription->holds = e.holds;
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::EventPartReceivedT& e, int64_t) {
  const ElementKey key(e.element_key);
  if (Find(i->elements, e.element_key) == nullptr) {
    return Misfit("EventPartReceived", "no element", e.element_key);
  }
  std::vector<EventPart>& parts = i->event_parts[key];
  if (e.complete) {
    std::erase_if(parts, [&](const EventPart& part) {
      return part.element == e.element;
    });
  } else {
    EventPart part{e.element, e.trigger, {}};
    for (const auto& variable : e.variables) {
      part.variables[variable->name] = variable->json;
    }
    parts.push_back(std::move(part));
  }
  if (parts.empty()) i->event_parts.erase(key);
  return absl::OkStatus();
}

absl::Status On(Instance*, const fb::EscalationThrownT&, int64_t) {
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::ScopeInterruptedT& e, int64_t) {
  if (Scope* scope = Find(i->scopes, e.scope); scope != nullptr) {
    scope->tokens.clear();
    scope->token_count = 0;
    scope->rounds.clear();
  }
  DropCompensationsIn(i, ElementKey(e.scope));
  // Nothing else begins there.
  if (AdHoc* ad_hoc = Find(i->ad_hocs, e.scope); ad_hoc != nullptr) {
    ad_hoc->waiting.clear();
    ad_hoc->fulfilled = true;
  }
  return absl::OkStatus();
}

// What follows says what it does; it is there for those who read the log.
absl::Status On(Instance* i, const fb::SagaTriggeredT& e, int64_t) {
  if (Find(i->elements, e.scope) == nullptr) {
    return Misfit("SagaTriggered", "no element", e.scope);
  }
  return absl::OkStatus();
}

// --- Called instances --------------------------------------------------------

absl::Status On(Instance* i, const fb::ProcessCalledT& e, int64_t) {
  const ElementKey key(e.element_key);
  if (!i->elements.contains(key)) {
    return Misfit("ProcessCalled", "no element", e.element_key);
  }
  const auto [call, inserted] = i->calls.try_emplace(key, e.instance);
  if (!inserted) {
    return Misfit("ProcessCalled", "waits for instance", call->second.value());
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::CallReturnedT& e, int64_t) {
  const auto call = i->calls.find(ElementKey(e.element_key));
  if (call == i->calls.end() || call->second.value() != e.instance) {
    return Misfit("CallReturned", "nobody waits for instance", e.instance);
  }
  i->calls.erase(call);
  return absl::OkStatus();
}

// The activation goes on waiting for it.
absl::Status On(Instance* i, const fb::CallFailedT& e, int64_t) {
  const auto call = i->calls.find(ElementKey(e.element_key));
  if (call == i->calls.end() || call->second.value() != e.instance) {
    return Misfit("CallFailed", "nobody waits for instance", e.instance);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::IncidentRaisedT& e, int64_t time_ms) {
  const IncidentKey key(e.key);
  Incident incident{key,       e.type,    ElementKey(e.element_key),
                    e.element, e.message, JobKey(e.job),
                    time_ms};
  if (!i->incidents.try_emplace(key, std::move(incident)).second) {
    return Misfit("IncidentRaised", "key is taken", e.key);
  }
  return absl::OkStatus();
}

absl::Status On(Instance* i, const fb::IncidentResolvedT& e, int64_t) {
  if (i->incidents.erase(IncidentKey(e.key)) == 0) {
    return Misfit("IncidentResolved", "no incident", e.key);
  }
  return absl::OkStatus();
}

// --- Partition
// -------------------------------------------------------------------

void TookJob(Partition* p, const std::string& type, JobKey job,
             InstanceKey instance, uint32_t epoch) {
  ++p->handlers[type].in_flight;
  p->handler_jobs[job] = {instance, epoch};
}

absl::Status LostJob(Partition* p, const std::string& type, uint64_t job) {
  auto handler = p->handlers.find(type);
  if (handler == p->handlers.end() || handler->second.in_flight == 0 ||
      p->handler_jobs.erase(JobKey(job)) == 0) {
    return Misfit("of a job", "no handler holds it", job);
  }
  if (--handler->second.in_flight == 0 && !handler->second.registered) {
    p->handlers.erase(handler);
  }
  return absl::OkStatus();
}

absl::Status CloseStart(Partition* p, const fb::StartSubscriptionClosedT& e) {
  const auto it = p->starts.find({e.kind, e.name});
  if (it != p->starts.end()) {
    const size_t closed = std::erase_if(it->second, [&](const auto& start) {
      return start.definition.value() == e.definition &&
             start.element == e.element;
    });
    if (it->second.empty()) p->starts.erase(it);
    if (closed == 1) return absl::OkStatus();
  }
  return Misfit("StartSubscriptionClosed", "no start event of definition",
                e.definition);
}

absl::Status FireStartTimer(Partition* p, const fb::StartTimerTriggeredT& e) {
  Partition::StartTimer* const timer = Find(p->start_timers, e.key);
  if (timer == nullptr) {
    return Misfit("StartTimerTriggered", "no timer", e.key);
  }
  if (e.next_due_ms == 0) {
    p->start_timers.erase(e.key);
  } else {
    timer->due_ms = e.next_due_ms;
    timer->repetition.number = e.next_number;
  }
  return absl::OkStatus();
}

// Keys are counted from the events that bring them, and rise without end: one
// that was there before is not this partition's log.
absl::Status NewKey(Partition* p, fb::Event event, uint64_t key) {
  if (CounterOfKey(key) < p->next_key) {
    return Misfit(fb::EnumNameEvent(event), "key is not new:", key);
  }
  p->next_key = CounterOfKey(key) + 1;
  return absl::OkStatus();
}

}  // namespace

bool IsPartitionEvent(fb::Event type) {
  switch (type) {
    case fb::Event::PartitionOpened:
    case fb::Event::HandlerRegistered:
    case fb::Event::HandlerUnregistered:
    case fb::Event::ResourceDeployed:
    case fb::Event::DefinitionDeployed:
    case fb::Event::StartSubscriptionOpened:
    case fb::Event::StartSubscriptionClosed:
    case fb::Event::Requested:
    case fb::Event::RequestTaken:
    case fb::Event::MessageBuffered:
    case fb::Event::MessageUnbuffered:
    case fb::Event::MessageIdKept:
    case fb::Event::MessageIdForgotten:
    case fb::Event::StartTimerCreated:
    case fb::Event::StartTimerTriggered:
    case fb::Event::StartTimerCanceled:
    case fb::Event::TrimBegun:
    case fb::Event::DefinitionsCarriedForward:
    case fb::Event::EntriesCarriedForward:
    case fb::Event::InstancesArchived:
    case fb::Event::LogTrimmed:
    case fb::Event::HoldSet:
    case fb::Event::HoldReleased:
      return true;
    default:
      return false;
  }
}

#define PAWL_APPLY(Type)                                            \
  case fb::Event::Type:                                             \
    PAWL_RETURN_IF_ERROR(On(instance, *event.As##Type(), time_ms)); \
    break

absl::Status Apply(Instance* instance, const fb::EventUnion& event,
                   int64_t time_ms) {
  if (const auto* carried = event.AsCarriedForward()) {
    PAWL_RETURN_IF_ERROR(ApplyCarried(instance, *carried));
    ++instance->sequence;
    return absl::OkStatus();
  }
  if (instance->ended()) {
    return Misfit(fb::EnumNameEvent(event.type), "instance has ended",
                  instance->key.value());
  }
  if (!instance->exists() && event.type != fb::Event::InstanceStarted) {
    return Misfit(fb::EnumNameEvent(event.type), "instance was not started", 0);
  }
  switch (event.type) {
    PAWL_APPLY(InstanceStarted);
    PAWL_APPLY(InstanceSuspended);
    PAWL_APPLY(InstanceResumed);
    PAWL_APPLY(InstanceEnded);
    PAWL_APPLY(ElementActivating);
    PAWL_APPLY(ElementActivated);
    PAWL_APPLY(ElementCompleting);
    PAWL_APPLY(ElementCompleted);
    PAWL_APPLY(ElementTerminating);
    PAWL_APPLY(ElementTerminated);
    PAWL_APPLY(FlowTaken);
    PAWL_APPLY(GatewayReset);
    PAWL_APPLY(VariablesWritten);
    PAWL_APPLY(JobCreated);
    PAWL_APPLY(JobLocked);
    PAWL_APPLY(JobLockExtended);
    PAWL_APPLY(JobUnlocked);
    PAWL_APPLY(JobCompleted);
    PAWL_APPLY(JobFailed);
    PAWL_APPLY(JobRetryReached);
    PAWL_APPLY(JobRetriesSet);
    PAWL_APPLY(JobErrorThrown);
    PAWL_APPLY(JobCanceled);
    PAWL_APPLY(JobPaused);
    PAWL_APPLY(JobUnpaused);
    PAWL_APPLY(TaskCreated);
    PAWL_APPLY(TaskAssigned);
    PAWL_APPLY(TaskDelegated);
    PAWL_APPLY(TaskResolved);
    PAWL_APPLY(TaskChanged);
    PAWL_APPLY(TaskListening);
    PAWL_APPLY(TaskListenerDone);
    PAWL_APPLY(TaskCompleted);
    PAWL_APPLY(TaskCanceled);
    PAWL_APPLY(TimerCreated);
    PAWL_APPLY(TimerTriggered);
    PAWL_APPLY(TimerCanceled);
    PAWL_APPLY(TimerPaused);
    PAWL_APPLY(TimerUnpaused);
    PAWL_APPLY(ElementStepDone);
    PAWL_APPLY(IncidentRaised);
    PAWL_APPLY(IncidentResolved);
    PAWL_APPLY(SubscriptionOpened);
    PAWL_APPLY(SubscriptionTriggered);
    PAWL_APPLY(SubscriptionClosed);
    PAWL_APPLY(SubscriptionPaused);
    PAWL_APPLY(SubscriptionUnpaused);
    PAWL_APPLY(ConditionChanged);
    PAWL_APPLY(EscalationThrown);
    PAWL_APPLY(ScopeInterrupted);
    PAWL_APPLY(ProcessCalled);
    PAWL_APPLY(CallReturned);
    PAWL_APPLY(CallFailed);
    PAWL_APPLY(LoopStarted);
    PAWL_APPLY(LoopRunDone);
    PAWL_APPLY(CompensationRecorded);
    PAWL_APPLY(CompensationTriggered);
    PAWL_APPLY(CompensationFailed);
    PAWL_APPLY(CompensationEnded);
    PAWL_APPLY(SagaTriggered);
    PAWL_APPLY(AdHocActivated);
    PAWL_APPLY(AdHocFulfilled);
    PAWL_APPLY(EventPartReceived);
    case fb::Event::NONE:
    case fb::Event::PartitionOpened:
    case fb::Event::HandlerRegistered:
    case fb::Event::HandlerUnregistered:
    case fb::Event::ResourceDeployed:
    case fb::Event::DefinitionDeployed:
    case fb::Event::StartSubscriptionOpened:
    case fb::Event::StartSubscriptionClosed:
    case fb::Event::Requested:
    case fb::Event::RequestTaken:
    case fb::Event::MessageBuffered:
    case fb::Event::MessageUnbuffered:
    case fb::Event::MessageIdKept:
    case fb::Event::MessageIdForgotten:
    case fb::Event::StartTimerCreated:
    case fb::Event::StartTimerTriggered:
    case fb::Event::StartTimerCanceled:
    case fb::Event::TrimBegun:
    case fb::Event::DefinitionsCarriedForward:
    case fb::Event::EntriesCarriedForward:
    case fb::Event::CarriedForward:
    case fb::Event::InstancesArchived:
    case fb::Event::LogTrimmed:
    case fb::Event::HoldSet:
    case fb::Event::HoldReleased:
      return Misfit(fb::EnumNameEvent(event.type), "not an instance's event",
                    instance->key.value());
  }
  ++instance->sequence;
  return absl::OkStatus();
}

#undef PAWL_APPLY

absl::Status ApplyHeader(Partition* partition, Position position,
                         int64_t time_ms, bool begins_log) {
  if (position != partition->position + 1 &&
      !(begins_log && partition->position == 0)) {
    return Misfit("of a record", "position is not the next:", position);
  }
  if (time_ms < partition->time_ms) {
    return Misfit("of a record", "time goes back at position", position);
  }
  partition->position = position;
  partition->time_ms = time_ms;
  return absl::OkStatus();
}

absl::Status Apply(Partition* p, const fb::EventUnion& event,
                   InstanceKey instance, Position position) {
  switch (event.type) {
    case fb::Event::PartitionOpened: {
      p->epoch = event.AsPartitionOpened()->epoch;
      // The engine that had handlers is gone; what it held comes back by
      // ReleaseJob, one record each.
      for (auto it = p->handlers.begin(); it != p->handlers.end();) {
        it->second.registered = false;
        it->second.capacity = 0;
        it = it->second.in_flight == 0 ? p->handlers.erase(it) : std::next(it);
      }
      return absl::OkStatus();
    }
    case fb::Event::HandlerRegistered: {
      const auto& e = *event.AsHandlerRegistered();
      Partition::Handler& handler = p->handlers[e.type];
      handler.registered = true;
      handler.capacity = e.capacity;
      return absl::OkStatus();
    }
    case fb::Event::HandlerUnregistered: {
      auto it = p->handlers.find(event.AsHandlerUnregistered()->type);
      if (it == p->handlers.end()) return absl::OkStatus();
      it->second.registered = false;
      it->second.capacity = 0;
      if (it->second.in_flight == 0) p->handlers.erase(it);
      return absl::OkStatus();
    }
    case fb::Event::ResourceDeployed:
      return NewKey(p, event.type, event.AsResourceDeployed()->key);
    case fb::Event::DefinitionDeployed: {
      const auto& e = *event.AsDefinitionDeployed();
      std::vector<Partition::Definition>& versions =
          p->definitions[e.process_id];
      if (e.version != versions.size() + 1) {
        return Misfit("DefinitionDeployed",
                      "version is not the next:", e.version);
      }
      versions.push_back(
          {DefinitionKey(e.key), e.version, e.digest, e.resource, position});
      return NewKey(p, event.type, e.key);
    }
    case fb::Event::StartSubscriptionOpened: {
      const auto& e = *event.AsStartSubscriptionOpened();
      p->starts[{e.kind, e.name}].push_back(
          {e.process_id, DefinitionKey(e.definition), e.version, e.element});
      return absl::OkStatus();
    }
    case fb::Event::StartSubscriptionClosed:
      return CloseStart(p, *event.AsStartSubscriptionClosed());
    case fb::Event::StartTimerCreated: {
      const auto& e = *event.AsStartTimerCreated();
      p->start_timers[e.key] = {
          e.process_id, DefinitionKey(e.definition),
          e.version,    e.element,
          e.due_ms,     {e.cycle, e.counts_from_ms, e.number}};
      return NewKey(p, event.type, e.key);
    }
    case fb::Event::StartTimerTriggered:
      return FireStartTimer(p, *event.AsStartTimerTriggered());
    case fb::Event::StartTimerCanceled:
      if (p->start_timers.erase(event.AsStartTimerCanceled()->key) == 0) {
        return Misfit("StartTimerCanceled", "no timer",
                      event.AsStartTimerCanceled()->key);
      }
      return absl::OkStatus();
    case fb::Event::Requested: {
      const auto& e = *event.AsRequested();
      PAWL_RETURN_IF_ERROR(NewKey(p, event.type, e.key));
      if (e.command.type > fb::Command::MAX) {
        return absl::UnimplementedError(
            absl::StrCat("request ", e.key, ": command type ",
                         static_cast<int>(e.command.type),
                         " is from a newer build; got a log that this build "
                         "can't read"));
      }
      if (e.command.value == nullptr) {
        return Misfit("Requested", "no command in request", e.key);
      }
      p->AddRequest(e.key, {position, e.command});
      return absl::OkStatus();
    }
    case fb::Event::RequestTaken:
      if (!p->RemoveRequest(event.AsRequestTaken()->key)) {
        return Misfit("RequestTaken", "no request",
                      event.AsRequestTaken()->key);
      }
      return absl::OkStatus();
    case fb::Event::MessageBuffered:
      return NewKey(p, event.type, event.AsMessageBuffered()->key);
    case fb::Event::MessageIdKept:
      return NewKey(p, event.type, event.AsMessageIdKept()->key);
    case fb::Event::SubscriptionOpened:
      return NewKey(p, event.type, event.AsSubscriptionOpened()->key);
    case fb::Event::InstanceStarted: {
      const auto& e = *event.AsInstanceStarted();
      ++p->instances_started;
      if (e.caller == nullptr) return NewKey(p, event.type, e.key);
      // Kept for it since it was called.
      if (CounterOfKey(e.key) < p->next_key) return absl::OkStatus();
      return Misfit("InstanceStarted", "key was not kept:", e.key);
    }
    case fb::Event::ProcessCalled:
      return NewKey(p, event.type, event.AsProcessCalled()->instance);
    case fb::Event::InstanceEnded:
      ++p->instances_ended;
      return absl::OkStatus();
    case fb::Event::ElementActivating: {
      const uint64_t key = event.AsElementActivating()->key;
      // The process itself goes by its instance's key.
      if (key == instance.value()) return absl::OkStatus();
      return NewKey(p, event.type, key);
    }
    case fb::Event::TaskCreated:
      return NewKey(p, event.type, event.AsTaskCreated()->key);
    case fb::Event::TimerCreated:
      return NewKey(p, event.type, event.AsTimerCreated()->key);
    case fb::Event::IncidentRaised:
      return NewKey(p, event.type, event.AsIncidentRaised()->key);
    case fb::Event::JobCreated: {
      const auto& e = *event.AsJobCreated();
      PAWL_RETURN_IF_ERROR(NewKey(p, event.type, e.key));
      if (e.epoch != 0) TookJob(p, e.type, JobKey(e.key), instance, e.epoch);
      return absl::OkStatus();
    }
    case fb::Event::JobLocked: {
      const auto& e = *event.AsJobLocked();
      if (e.epoch != 0) TookJob(p, e.type, JobKey(e.key), instance, e.epoch);
      return absl::OkStatus();
    }
    case fb::Event::JobUnlocked: {
      const auto& e = *event.AsJobUnlocked();
      return e.old_epoch == 0 ? absl::OkStatus() : LostJob(p, e.type, e.key);
    }
    case fb::Event::JobCompleted: {
      const auto& e = *event.AsJobCompleted();
      return e.old_epoch == 0 ? absl::OkStatus() : LostJob(p, e.type, e.key);
    }
    case fb::Event::JobFailed: {
      const auto& e = *event.AsJobFailed();
      return e.old_epoch == 0 ? absl::OkStatus() : LostJob(p, e.type, e.key);
    }
    case fb::Event::JobErrorThrown: {
      const auto& e = *event.AsJobErrorThrown();
      return e.old_epoch == 0 ? absl::OkStatus() : LostJob(p, e.type, e.key);
    }
    case fb::Event::JobCanceled: {
      const auto& e = *event.AsJobCanceled();
      return e.old_epoch == 0 ? absl::OkStatus() : LostJob(p, e.type, e.key);
    }
    case fb::Event::JobPaused: {
      const auto& e = *event.AsJobPaused();
      return e.old_epoch == 0 ? absl::OkStatus() : LostJob(p, e.type, e.key);
    }
    case fb::Event::TrimBegun:
    case fb::Event::DefinitionsCarriedForward:
    case fb::Event::InstancesArchived:
    case fb::Event::LogTrimmed:
    case fb::Event::HoldSet:
    case fb::Event::HoldReleased:
      return ApplyRetention(p, event, position);
    case fb::Event::NONE:
    case fb::Event::EntriesCarriedForward:
    case fb::Event::CarriedForward:
    case fb::Event::InstanceSuspended:
    case fb::Event::InstanceResumed:
    case fb::Event::ElementActivated:
    case fb::Event::ElementCompleting:
    case fb::Event::ElementCompleted:
    case fb::Event::ElementTerminating:
    case fb::Event::ElementTerminated:
    case fb::Event::FlowTaken:
    case fb::Event::GatewayReset:
    case fb::Event::VariablesWritten:
    case fb::Event::JobLockExtended:
    case fb::Event::JobRetryReached:
    case fb::Event::JobRetriesSet:
    case fb::Event::JobUnpaused:
    case fb::Event::TaskAssigned:
    case fb::Event::TaskDelegated:
    case fb::Event::TaskResolved:
    case fb::Event::TaskChanged:
    case fb::Event::TaskListening:
    case fb::Event::TaskListenerDone:
    case fb::Event::TaskCompleted:
    case fb::Event::TaskCanceled:
    case fb::Event::TimerTriggered:
    case fb::Event::TimerCanceled:
    case fb::Event::TimerPaused:
    case fb::Event::TimerUnpaused:
    case fb::Event::ElementStepDone:
    case fb::Event::IncidentResolved:
    case fb::Event::SubscriptionTriggered:
    case fb::Event::SubscriptionClosed:
    case fb::Event::SubscriptionPaused:
    case fb::Event::SubscriptionUnpaused:
    case fb::Event::ConditionChanged:
    case fb::Event::EscalationThrown:
    case fb::Event::CallReturned:
    case fb::Event::CallFailed:
    case fb::Event::ScopeInterrupted:
    case fb::Event::LoopStarted:
    case fb::Event::LoopRunDone:
    case fb::Event::CompensationRecorded:
    case fb::Event::CompensationTriggered:
    case fb::Event::CompensationFailed:
    case fb::Event::CompensationEnded:
    case fb::Event::SagaTriggered:
    case fb::Event::AdHocActivated:
    case fb::Event::AdHocFulfilled:
    case fb::Event::EventPartReceived:
    case fb::Event::MessageUnbuffered:
    case fb::Event::MessageIdForgotten:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

InstanceKey InstanceOf(const fb::RecordT& record, size_t index) {
  PAWL_CHECK_LT(index, record.events.size());
  if (IsPartitionEvent(record.events[index].type)) return InstanceKey();
  const size_t touched =
      record.event_instances.empty() ? 0 : record.event_instances[index];
  if (touched >= record.touched.size()) return InstanceKey();
  return InstanceKey(record.touched[touched]->instance);
}

}  // namespace pawl::core
