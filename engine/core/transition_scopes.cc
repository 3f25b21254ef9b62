// How scopes and activities end: by themselves, by termination, by a boundary
// event (BPMN 2.0.2, 10.5.4, 13.3.2 and 13.5.3).
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
  fb::ElementCompletedT completed;
  completed.key = root.value();
  Emit(std::move(completed));
  fb::InstanceEndedT ended;
  ended.state = fb::InstanceState::completed;
  ended.definition = instance_->definition.value();
  ended.business_key = instance_->business_key;
  Emit(std::move(ended));
}

// --- Work --------------------------------------------------------------------

void Transition::CancelWork(ElementKey key) {
  std::vector<Job> jobs;
  for (const auto& [job_key, job] : instance_->jobs) {
    if (job.element_key == key) jobs.push_back(job);
  }
  const bool suspended = instance_->state == fb::InstanceState::suspended;
  for (const Job& job : jobs) {
    fb::JobCanceledT canceled;
    canceled.key = job.key.value();
    canceled.type = job.type;
    canceled.was_ready = !suspended && job.state == fb::JobState::ready;
    canceled.old_due_ms = suspended ? 0 : job.due_ms;
    canceled.old_epoch = job.epoch;
    Emit(std::move(canceled));
  }
  std::vector<TaskKey> tasks;
  for (const auto& [task_key, task] : instance_->tasks) {
    if (task.element_key == key) tasks.push_back(task_key);
  }
  for (TaskKey task : tasks) {
    fb::TaskCanceledT canceled;
    canceled.key = task.value();
    Emit(std::move(canceled));
  }
  CancelTimers(key, /*inner_only=*/false);
  CloseSubscriptions(key, /*inner_only=*/false);
  std::vector<IncidentKey> incidents;
  for (const auto& [incident_key, incident] : instance_->incidents) {
    if (incident.element_key == key) incidents.push_back(incident_key);
  }
  for (IncidentKey incident : incidents) {
    fb::IncidentResolvedT resolved;
    resolved.key = incident.value();
    Emit(std::move(resolved));
  }
}

// --- Termination
// --------------------------------------------------------------

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
  std::erase_if(arrivals_, [&](const Arrival& arrival) {
    return scopes.contains(arrival.scope);
  });
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
  for (ElementKey key : inside) {
    fb::ElementTerminatingT terminating;
    terminating.key = key.value();
    Emit(std::move(terminating));
    CancelWork(key);
    fb::ElementTerminatedT terminated;
    terminated.key = key.value();
    Emit(std::move(terminated));
  }
}

void Transition::TerminateElement(ElementKey key) {
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
}

void Transition::TerminateScope(ElementKey scope, fb::InstanceState end_state,
                                std::string reason) {
  if (scope != instance_->root()) {
    TerminateInside(scope);
    // Tokens that rest in it are gone with it: nothing waits for them.
    Complete(scope);
    return;
  }
  TerminateElement(scope);
  fb::InstanceEndedT ended;
  ended.state = end_state;
  ended.definition = instance_->definition.value();
  ended.business_key = instance_->business_key;
  ended.reason = std::move(reason);
  Emit(std::move(ended));
}

}  // namespace pawl::core
