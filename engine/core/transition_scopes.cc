// How scopes and activities end: by themselves, by termination, by a boundary
// event (BPMN 2.0.2, 10.5.4, 13.3.2 and 13.5.3).
#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/planted.h"
#include "engine/core/transition.h"

namespace pawl::core {

// --- Empty scopes ------------------------------------------------------------

void Transition::CompleteEmptyScopes() {
  // In the order in which something ended in them; completing one may be the
  // end of the next.
  for (size_t i = 0; i < maybe_empty_.size(); ++i) {
    const ElementKey key = maybe_empty_[i];
    const auto element = instance_->elements.find(key);
    if (element == instance_->elements.end() ||
        element->second.state != fb::ElementState::activated) {
      continue;
    }
    const auto scope = instance_->scopes.find(key);
    if (scope != instance_->scopes.end() &&
        (scope->second.active_children > 0 || scope->second.token_count > 0)) {
      continue;
    }
    if (IsCompensating(key) || EmptyAdHocGoesOn(key)) continue;
    if (key == instance_->root()) {
      CompleteInstance();
    } else {
      Complete(key);
    }
  }
  maybe_empty_.clear();
}

void Transition::CompleteInstance() {
  const ElementKey root = instance_->root();
  // Tokens that a limit had stopped went on with another command, which they
  // met at a join: nothing is stopped any more.
  CancelWork(ElementKey());
  fb::ElementCompletingT completing;
  completing.key = root.value();
  Emit(std::move(completing));
  CancelTriggers(root);
  LeaveInstance();
}

// --- Work --------------------------------------------------------------------

Transition::WorkByElement Transition::OpenWork() const {
  WorkByElement work;
  for (const auto& [key, job] : instance_->jobs) {
    work[job.element_key].jobs.push_back(key);
  }
  for (const auto& [key, task] : instance_->tasks) {
    work[task.element_key].tasks.push_back(key);
  }
  for (const auto& [key, timer] : instance_->timers) {
    work[timer.element_key].timers.push_back(key);
  }
  for (const auto& [key, subscription] : instance_->subscriptions) {
    work[subscription.element_key].subscriptions.push_back(key);
  }
  for (const auto& [key, incident] : instance_->incidents) {
    work[incident.element_key].incidents.push_back(key);
  }
  return work;
}

void Transition::CancelWork(ElementKey key) { CancelWork(key, OpenWork()); }

void Transition::CancelWork(ElementKey key, const WorkByElement& open) {
  const auto it = open.find(key);
  const Work work = it == open.end() ? Work() : it->second;
  const bool suspended = instance_->state == fb::InstanceState::suspended;
  for (const JobKey job_key : work.jobs) {
    const Job& job = instance_->jobs.at(job_key);
    fb::JobCanceledT canceled;
    canceled.key = job.key.value();
    canceled.type = job.type;
    canceled.was_ready = !suspended && job.state == fb::JobState::ready;
    canceled.old_due_ms = suspended ? 0 : job.due_ms;
    canceled.old_epoch = job.epoch;
    Emit(std::move(canceled));
  }
  for (const TaskKey task : work.tasks) {
    fb::TaskCanceledT canceled;
    canceled.key = task.value();
    Emit(std::move(canceled));
  }
  for (const TimerKey timer : work.timers) CancelTimer(timer);
  for (const SubscriptionKey subscription : work.subscriptions) {
    CloseSubscription(subscription);
  }
  CancelCalled(key);
  for (const IncidentKey incident : work.incidents) {
    fb::IncidentResolvedT resolved;
    resolved.key = incident.value();
    Emit(std::move(resolved));
  }
}

// --- Termination -------------------------------------------------------------

std::vector<ElementKey> Transition::Inside(ElementKey scope) const {
  absl::btree_map<ElementKey, std::vector<ElementKey>> children;
  for (const auto& [key, element] : instance_->elements) {
    children[element.scope].push_back(key);
  }
  // Scopes that are open, each with the next of its children.
  std::vector<std::pair<ElementKey, size_t>> open = {{scope, 0}};
  std::vector<ElementKey> order;
  while (!open.empty()) {
    auto& [key, next] = open.back();
    const auto inner = children.find(key);
    if (inner != children.end() && next < inner->second.size()) {
      open.emplace_back(inner->second[next++], 0);
      continue;
    }
    if (key != scope) order.push_back(key);
    open.pop_back();
  }
  return order;
}

void Transition::TerminateInside(ElementKey scope) {
  std::vector<ElementKey> inside = Inside(scope);
  // Tokens on their way die with their scope.
  absl::btree_set<ElementKey> scopes(inside.begin(), inside.end());
  scopes.insert(scope);
  arrivals_.EraseIf(
      [&](const Arrival& arrival) { return scopes.contains(arrival.scope); });
  if (PAWL_PLANTED(hash_iteration)) {
    const std::vector<ElementKey> sorted = std::move(inside);
    inside.clear();
    for (size_t i : planted::HashOrder(sorted.size())) {
      inside.push_back(sorted[i]);
    }
  }
  if (PAWL_PLANTED(branch_not_terminated) && inside.size() > 1) {
    inside.pop_back();
  }
  // Once for all: there may be as many as kLoopRunsMax.
  const WorkByElement work = OpenWork();
  for (ElementKey key : inside) {
    fb::ElementTerminatingT terminating;
    terminating.key = key.value();
    Emit(std::move(terminating));
    CancelWork(key, work);
    fb::ElementTerminatedT terminated;
    terminated.key = key.value();
    Emit(std::move(terminated));
  }
}

void Transition::TerminateElement(ElementKey key) {
  const ElementKey compensation = CompensationOf(instance_->elements.at(key));
  TerminateInside(key);
  fb::ElementTerminatingT terminating;
  terminating.key = key.value();
  Emit(std::move(terminating));
  CancelWork(key);
  // Incidents of tokens that had stopped on a flow stand for all scopes.
  if (key == instance_->root()) CancelWork(ElementKey());
  fb::ElementTerminatedT terminated;
  terminated.key = key.value();
  Emit(std::move(terminated));
  if (compensation.valid()) advance_.push_back(compensation);
}

// Tokens that rest in it are gone with it: nothing waits for them. Where a
// listener or a fault behind its work holds it up, they go before it, so that
// nothing begins there any more.
void Transition::CompleteTerminated(ElementKey scope) {
  Complete(scope);
  const auto at = instance_->scopes.find(scope);
  if (!instance_->elements.contains(scope)) return;
  const bool rests =
      (at != instance_->scopes.end() &&
       (!at->second.tokens.empty() || !at->second.rounds.empty())) ||
      std::any_of(
          instance_->compensations.begin(), instance_->compensations.end(),
          [&](const auto& entry) { return entry.second.scope == scope; });
  if (!rests) return;
  fb::ScopeInterruptedT interrupted;
  interrupted.scope = scope.value();
  Emit(std::move(interrupted));
}

void Transition::TerminateScope(ElementKey scope, fb::InstanceState end_state,
                                std::string reason) {
  if (scope != instance_->root()) {
    TerminateInside(scope);
    CompleteTerminated(scope);
    return;
  }
  // For who called it, it is done when it ends itself.
  fb::CompleteCallT back;
  const bool returns =
      instance_->called() && end_state == fb::InstanceState::terminated;
  if (returns && MapBack(&back).has_value()) {
    TerminateInside(scope);
    CompleteInstance();
    return;
  }
  TerminateElement(scope);
  EndInstance(end_state, std::move(reason));
  if (returns) Request(std::move(back));
}

}  // namespace pawl::core
