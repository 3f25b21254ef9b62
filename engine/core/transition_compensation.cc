// Compensation of completed activities, and transactions that are cancelled
// (BPMN 2.0.2, 10.3.5, 10.5.4, 10.7 and 13.5.5; docs/adr/0022-compensation.md).
//
// What has completed and can be compensated leaves a record. A throw claims
// records of one scope and takes them one by one, newest first: `advance_`
// holds the compensations that may have to go on, and Run() looks at it
// whenever no token moves.
#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/planted.h"
#include "engine/core/transition.h"

namespace pawl::core {

using fb::ElementKind;

// --- Records -----------------------------------------------------------------

// Compensates as the completed activity itself, which has handlers inside; else
// it is a handler.
bool Transition::IsReopened(const Instance& instance,
                            const ElementInstance& element) {
  if (!element.compensates.valid()) return false;
  const auto record = instance.records.find(element.compensates);
  return record != instance.records.end() &&
         record->second.element == element.element;
}

// Whose records those of the activations in `scope` are.
ElementKey Transition::OwnerOf(ElementKey scope) const {
  const ElementInstance& element = instance_->elements.at(scope);
  return IsReopened(element) ? element.compensates : scope;
}

// Those in `scope` that nobody compensates yet, newest first; activity 0: of
// all.
std::vector<ElementKey> Transition::RecordsIn(ElementKey scope,
                                              uint32_t activity) const {
  const ElementKey owner = OwnerOf(scope);
  std::vector<ElementKey> records;
  for (auto it =
           instance_->records_by_owner.lower_bound({owner, 0, ElementKey()});
       it != instance_->records_by_owner.end() && std::get<0>(*it) == owner;
       ++it) {
    const CompensationRecord& record = instance_->records.at(std::get<2>(*it));
    if (record.claimed_by.valid()) continue;
    if (activity == 0 || record.element == activity) {
      records.push_back(record.key);
    }
  }
  if (PAWL_PLANTED(compensation_in_order)) return records;
  std::reverse(records.begin(), records.end());
  return records;
}

bool Transition::HasRecords(ElementKey owner) const {
  const auto inside =
      instance_->records_by_owner.lower_bound({owner, 0, ElementKey()});
  return inside != instance_->records_by_owner.end() &&
         std::get<0>(*inside) == owner;
}

// The activation is about to complete: can it be compensated from then on? What
// compensates can't.
//
// An activity that runs several times needs nothing here: its instances stand
// in its own activation, so their records are inside of its record, and out of
// reach until that is there.
void Transition::RecordCompletion(const ElementInstance& instance) {
  if (instance.compensates.valid()) return;
  const fb::ElementT& element = model_->element(instance.element);
  bool wanted = model_->CompensationHandler(instance.element) != 0;
  if (!wanted && model::IsScope(element.kind)) {
    const uint32_t start = model_->CompensationStart(instance.element);
    // An event sub-process that compensates isn't compensated itself.
    const bool compensates =
        element.kind == ElementKind::event_sub_process &&
        model_->CompensationStart(element.scope) != 0 &&
        model_->element(model_->CompensationStart(element.scope)).scope ==
            instance.element;
    wanted = !compensates && start != 0;
    if (!compensates && !wanted) {
      wanted = HasRecords(instance.key);
    }
  } else if (!wanted && element.loop != nullptr) {
    wanted = !RecordsIn(instance.key, 0).empty();
  }
  if (!wanted) return;
  fb::CompensationRecordedT recorded;
  recorded.key = instance.key.value();
  recorded.element = instance.element;
  recorded.owner = OwnerOf(instance.scope).value();
  Emit(std::move(recorded));
}

// The compensation that goes on when `element` has ended.
ElementKey Transition::CompensationOf(const ElementInstance& element) const {
  const auto record = instance_->records.find(element.compensates);
  return record == instance_->records.end() ? ElementKey()
                                            : record->second.claimed_by;
}

bool Transition::IsCompensating(ElementKey scope) const {
  for (const auto& [key, compensation] : instance_->compensations) {
    if (compensation.scope == scope) return true;
  }
  return false;
}

// --- Throwing ----------------------------------------------------------------

void Transition::BeginCompensation(ElementKey key, uint32_t element,
                                   ElementKey scope,
                                   const std::vector<ElementKey>& records,
                                   bool waits) {
  fb::CompensationTriggeredT triggered;
  triggered.key = key.value();
  triggered.element = element;
  triggered.scope = scope.value();
  for (const ElementKey record : records) {
    triggered.records.push_back(record.value());
  }
  triggered.waits = waits;
  CountWritten(records.size() * sizeof(uint64_t));
  Emit(std::move(triggered));
  advance_.push_back(key);
}

// SEMANTICS, Compensation: the completed activities of the throw's own scope;
// in an event sub-process those of the scope around it, unless it names one of
// its own.
bool Transition::ThrowCompensation(ElementKey key,
                                   const fb::ElementT& element) {
  const ElementInstance thrower = instance_->elements.at(key);
  const uint32_t activity = element.compensate->activity;
  ElementKey scope = thrower.scope;
  const ElementInstance& around = instance_->elements.at(scope);
  if (model_->element(around.element).kind == ElementKind::event_sub_process &&
      (activity == 0 || model_->element(activity).scope != around.element)) {
    scope = around.scope;
  }
  const std::vector<ElementKey> records = RecordsIn(scope, activity);
  BeginCompensation(key, thrower.element, scope, records,
                    element.compensate->wait);
  return element.compensate->wait && !records.empty();
}

// --- One after the other -----------------------------------------------------

bool Transition::AdvanceCompensation() {
  if (advance_.empty()) return false;
  const ElementKey key = advance_.front();
  advance_.pop_front();
  const auto it = instance_->compensations.find(key);
  if (it == instance_->compensations.end()) return true;
  const Compensation& compensation = it->second;
  const auto scope = instance_->elements.find(compensation.scope);
  if (compensation.current.valid() || scope == instance_->elements.end() ||
      scope->second.state != fb::ElementState::activated) {
    return true;
  }
  if (!compensation.pending.empty()) {
    const ElementKey record = compensation.pending.back();
    if (std::string limit = LimitReached(); !limit.empty()) {
      RaiseLimit(std::move(limit), instance_->records.at(record).element);
    } else {
      Compensate(record, compensation.scope);
    }
  } else if (compensation.open > 0) {
    // What is left waits for help, and so does what this is a part of.
    FailCompensationAround(compensation.scope);
  } else {
    EndCompensation(key);
  }
  return true;
}

// A handler attached to the activity replaces all else; then comes its event
// sub-process for compensation, then what is inside, newest first.
void Transition::Compensate(ElementKey record, ElementKey scope) {
  const uint32_t activity = instance_->records.at(record).element;
  // Of an activity that runs several times: its instances are compensated, each
  // in turn, inside of it.
  const bool is_body = model_->element(activity).loop != nullptr &&
                       instance_->elements.at(scope).element != activity;
  const bool only_inside = is_body || instance_->records.at(record).partial;
  const uint32_t handler =
      only_inside ? 0 : model_->CompensationHandler(activity);
  const uint32_t start = only_inside ? 0 : model_->CompensationStart(activity);
  ++activations_;
  const ElementKey key(NewKey());
  fb::ElementActivatingT activating;
  activating.key = key.value();
  activating.element = handler != 0 ? handler : activity;
  activating.scope = scope.value();
  activating.compensates = record.value();
  Emit(std::move(activating));
  if (handler != 0) {
    Activate(key);
    return;
  }
  fb::ElementActivatedT activated;
  activated.key = key.value();
  Emit(std::move(activated));
  if (start != 0) {
    Admit(model_->element(start).scope, key, {});
    return;
  }
  const std::vector<ElementKey> inside = RecordsIn(key, 0);
  BeginCompensation(key, activity, key, inside, /*waits=*/true);
  if (inside.empty()) maybe_empty_.push_back(key);
}

void Transition::EndCompensation(ElementKey key) {
  const Compensation compensation = instance_->compensations.at(key);
  fb::CompensationEndedT ended;
  ended.key = key.value();
  Emit(std::move(ended));
  maybe_empty_.push_back(compensation.scope);
  const auto thrower = instance_->elements.find(key);
  if (!compensation.waits || thrower == instance_->elements.end() ||
      thrower->second.state != fb::ElementState::activated) {
    return;
  }
  if (key == compensation.scope && !IsReopened(thrower->second)) {
    LeaveCancelled(key);
  } else {
    Complete(key);
  }
}

// A completed activity that was open again: nothing follows it.
void Transition::CloseReopened(ElementKey key) {
  const ElementInstance instance = instance_->elements.at(key);
  const ElementKey compensation = CompensationOf(instance);
  fb::ElementCompletedT completed;
  completed.key = key.value();
  Emit(std::move(completed));
  maybe_empty_.push_back(instance.scope);
  advance_.push_back(compensation);
}

// --- Failing -----------------------------------------------------------------

ElementKey Transition::CompensatedAround(const Instance& instance,
                                         ElementKey key) {
  for (; key.valid(); key = ParentScope(instance, key)) {
    const auto it = instance.elements.find(key);
    if (it == instance.elements.end()) return ElementKey();
    if (it->second.compensates.valid()) return it->second.compensates;
  }
  return ElementKey();
}

void Transition::FailCompensationAround(ElementKey key) {
  const ElementKey record = CompensatedAround(*instance_, key);
  if (!record.valid() || instance_->records.at(record).failed) return;
  const ElementKey compensation = instance_->records.at(record).claimed_by;
  fb::CompensationFailedT failed;
  failed.record = record.value();
  Emit(std::move(failed));
  advance_.push_back(compensation);
}

// --- Transactions and sagas --------------------------------------------------

// Of an activity that runs several times it is the whole that has boundary
// events, and so the whole that is left.
ElementKey Transition::WholeOf(ElementKey key) const {
  const ElementInstance& instance = instance_->elements.at(key);
  return instance.loop_index == 0 ? key : instance.scope;
}

void Transition::RollBack(ElementKey scope, uint32_t trigger) {
  CancelTriggers(scope);
  // Innermost first: what was done in there is undone, too.
  for (const ElementKey key : Inside(scope)) {
    if (!HasRecords(key)) continue;
    const ElementInstance& instance = instance_->elements.at(key);
    if (CompensatedAround(*instance_, key).valid()) continue;
    fb::CompensationRecordedT recorded;
    recorded.key = key.value();
    recorded.element = instance.element;
    recorded.owner = OwnerOf(instance.scope).value();
    recorded.partial = true;
    Emit(std::move(recorded));
  }
  TerminateInside(scope);
  if (instance_->ad_hocs.contains(scope)) ResolveInner(scope);
  fb::ScopeInterruptedT interrupted;
  interrupted.scope = scope.value();
  interrupted.trigger = trigger;
  Emit(std::move(interrupted));
  const std::vector<ElementKey> records = RecordsIn(scope, 0);
  BeginCompensation(scope, instance_->elements.at(scope).element, scope,
                    records, /*waits=*/true);
  if (records.empty()) LeaveCancelled(scope);
}

// 10.3.5: what is active inside is stopped, what has completed is compensated,
// and nothing interrupts that any more.
void Transition::CancelTransaction(ElementKey transaction, uint32_t end_event) {
  RollBack(WholeOf(transaction), end_event);
}

void Transition::LeaveCancelled(ElementKey scope) {
  if (scope == instance_->root()) return EndCompensated();
  const ElementInstance instance = instance_->elements.at(scope);
  TerminateElement(scope);
  for (const uint32_t boundary : model_->Boundaries(instance.element)) {
    if (model_->element(boundary).event_type == fb::EventType::cancel) {
      AdmitTriggered(boundary, instance.scope, {}, {});
      return;
    }
  }
  maybe_empty_.push_back(instance.scope);
}

// The nearest scope around `key` that is a saga; not valid: none, or it is in a
// handler, whose failing is its own affair.
ElementKey Transition::SagaAround(ElementKey key) const {
  for (; key.valid(); key = ParentScope(*instance_, key)) {
    const ElementInstance& instance = instance_->elements.at(key);
    if (instance.loop_index != 0) continue;
    // A listener of a scope runs before or behind what is done in it.
    if (instance.state != fb::ElementState::activated) continue;
    switch (model_->element(instance.element).saga) {
      case fb::SagaScope::none:
        break;
      case fb::SagaScope::local:
        return key;
      case fb::SagaScope::global:
        return instance_->root();
    }
  }
  return ElementKey();
}

bool Transition::TriggerSaga(const Fault& fault, ElementKey key,
                             uint32_t element, JobKey job) {
  if (!IsForGood(fault.type) || !instance_->elements.contains(key)) {
    return false;
  }
  const ElementKey scope = SagaAround(key);
  if (!scope.valid()) return false;
  fb::SagaTriggeredT triggered;
  triggered.scope = scope.value();
  triggered.element_key = key.value();
  triggered.element = element;
  triggered.job = job.value();
  triggered.type = fault.type;
  triggered.message = fault.message;
  Emit(std::move(triggered));
  sagas_.push_back({scope, element});
  return true;
}

bool Transition::RollBackNextSaga() {
  if (sagas_.empty()) return false;
  const auto [scope, element] = sagas_.front();
  sagas_.pop_front();
  const auto it = instance_->elements.find(scope);
  // Another failure may have come first.
  if (it != instance_->elements.end() &&
      it->second.state == fb::ElementState::activated &&
      !instance_->compensations.contains(scope)) {
    RollBack(scope, element);
  }
  return true;
}

// For who called it, it has failed.
void Transition::EndCompensated() {
  const char* const reason = "its saga was compensated";
  TerminateElement(instance_->root());
  EndInstance(fb::InstanceState::compensated, reason);
  if (instance_->called()) {
    Request(ThrownToCaller(fb::EventType::error, "", reason, {},
                           /*ends=*/true));
  }
}

}  // namespace pawl::core
