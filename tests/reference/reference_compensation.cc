// Records of what has completed, the compensation of it, and transactions that
// are cancelled. The rules stand in reference_interpreter.h.
#include <algorithm>
#include <limits>

#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

namespace {

// A compensation goes by the activation that asked for it; that of the process
// has none.
constexpr size_t kProcess = std::numeric_limits<size_t>::max();

}  // namespace

using property::Node;
using property::NodeKind;

// --- What the process says ---------------------------------------------------

std::optional<size_t> ReferenceInterpreter::HandlerOf(size_t activity) const {
  for (const Node& node : graph_.nodes) {
    if (node.kind == NodeKind::kCompensationBoundaryEvent &&
        node.attached_to == activity) {
      return node.handler;
    }
  }
  return std::nullopt;
}

// The event sub-process that compensates the sub-process `activity`.
std::optional<size_t> ReferenceInterpreter::CompensatesInside(
    size_t activity) const {
  for (const Node& node : graph_.nodes) {
    if (node.kind == NodeKind::kCompensationStartEvent &&
        graph_.nodes[node.scope - 1].scope == activity + 1) {
      return node.scope - 1;
    }
  }
  return std::nullopt;
}

// --- Records -----------------------------------------------------------------

ReferenceInterpreter::Record* ReferenceInterpreter::FindRecord(size_t key) {
  for (Record& record : records_) {
    if (record.key == key) return &record;
  }
  return nullptr;
}

// Whose the records are of what stands in `scope`.
size_t ReferenceInterpreter::OwnerOf(size_t scope) const {
  if (scope == 0 || !activations_.at(scope).reopened) return scope;
  return activations_.at(scope).compensates;
}

// Newest first, those that nobody compensates.
std::vector<size_t> ReferenceInterpreter::RecordsIn(
    size_t scope, std::optional<size_t> activity) const {
  std::vector<size_t> keys;
  for (const Record& record : records_) {
    if (record.owner == OwnerOf(scope) && record.claimed_by == 0 &&
        (!activity.has_value() || record.node == *activity)) {
      keys.push_back(record.key);
    }
  }
  std::reverse(keys.begin(), keys.end());
  return keys;
}

void ReferenceInterpreter::RecordCompletion(size_t number) {
  const Activation& activation = activations_.at(number);
  if (activation.compensates != 0) return;
  const size_t node = activation.node;
  if (graph_.nodes[node].kind == NodeKind::kEventSubProcess) {
    const size_t around = graph_.nodes[node].scope;
    if (around != 0 && CompensatesInside(around - 1) == node) return;
  }
  bool wanted =
      HandlerOf(node).has_value() || CompensatesInside(node).has_value();
  for (const Record& record : records_) {
    wanted = wanted || record.owner == number;
  }
  if (!wanted) return;
  Record record;
  record.key = number;
  record.node = node;
  record.owner = OwnerOf(activation.scope);
  record.locals = activation.locals;
  records_.push_back(record);
}

void ReferenceInterpreter::ForgetRecordsOf(size_t owner) {
  std::vector<size_t> owners = {owner};
  while (!owners.empty()) {
    const size_t of = owners.back();
    owners.pop_back();
    std::erase_if(records_, [&](const Record& record) {
      if (record.owner == of) owners.push_back(record.key);
      return record.owner == of;
    });
  }
}

// An activation is no more: what goes with it.
void ReferenceInterpreter::Gone(size_t number) {
  const Activation activation = activations_.at(number);
  if (const size_t key = activation.compensates; key != 0) {
    if (const Record* record = FindRecord(key)) {
      const auto compensation = compensations_.find(record->claimed_by);
      if (compensation != compensations_.end()) {
        --compensation->second.open;
        if (compensation->second.current == number) {
          compensation->second.current = 0;
        }
        advance_.push_back(compensation->first);
      }
      std::erase_if(records_,
                    [&](const Record& one) { return one.key == key; });
      ForgetRecordsOf(key);
    }
  }
  EndCompensationsIn(number);
  if (FindRecord(number) == nullptr) ForgetRecordsOf(number);
  activations_.erase(number);
}

// What had not had its turn may have it by another throw.
void ReferenceInterpreter::EndCompensationsIn(size_t scope) {
  for (auto it = compensations_.begin(); it != compensations_.end();) {
    if (it->second.scope != scope) {
      ++it;
      continue;
    }
    for (size_t key : it->second.pending) {
      if (Record* record = FindRecord(key)) record->claimed_by = 0;
    }
    it = compensations_.erase(it);
  }
}

// --- Throwing ----------------------------------------------------------------

// False: the event doesn't wait.
bool ReferenceInterpreter::ThrowCompensation(size_t number) {
  const Node& node = graph_.nodes[activations_.at(number).node];
  size_t scope = activations_.at(number).scope;
  if (scope != 0) {
    const size_t around = activations_.at(scope).node;
    const bool own = node.compensated.has_value() &&
                     graph_.nodes[*node.compensated].scope == around + 1;
    if (graph_.nodes[around].kind == NodeKind::kEventSubProcess && !own) {
      scope = activations_.at(scope).scope;
    }
  }
  const std::vector<size_t> records = RecordsIn(scope, node.compensated);
  BeginCompensation(number, scope, records, node.waits);
  return node.waits && !records.empty();
}

void ReferenceInterpreter::BeginCompensation(size_t key, size_t scope,
                                             const std::vector<size_t>& records,
                                             bool waits) {
  if (records.empty()) return;
  for (size_t record : records) FindRecord(record)->claimed_by = key;
  Compensation& compensation = compensations_[key];
  compensation.scope = scope;
  compensation.pending.assign(records.begin(), records.end());
  compensation.waits = waits;
  advance_.push_back(key);
}

bool ReferenceInterpreter::Compensating(size_t scope) const {
  return std::any_of(
      compensations_.begin(), compensations_.end(),
      [&](const auto& entry) { return entry.second.scope == scope; });
}

// --- One after the other -----------------------------------------------------

// One step of one compensation. False: none may go on.
bool ReferenceInterpreter::AdvanceCompensation() {
  if (advance_.empty()) return false;
  const size_t key = advance_.front();
  advance_.pop_front();
  const auto found = compensations_.find(key);
  if (found == compensations_.end() || found->second.current != 0) return true;
  Compensation& compensation = found->second;
  if (!compensation.pending.empty()) {
    const size_t record = compensation.pending.front();
    if (activated_in_act_ >= activations_max_) {
      if (!limit_.has_value()) limit_ = FindRecord(record)->node;
      return true;
    }
    compensation.pending.pop_front();
    Compensate(key, record);
  } else if (compensation.open > 0) {
    FailAround(compensation.scope);
  } else {
    EndCompensation(key);
  }
  return true;
}

void ReferenceInterpreter::Compensate(size_t key, size_t record_key) {
  const Record record = *FindRecord(record_key);
  const size_t scope = compensations_.at(key).scope;
  // All runs of an activity together: each of them is compensated on its own.
  const bool is_whole =
      graph_.nodes[record.node].loop.has_value() &&
      (scope == 0 || activations_.at(scope).node != record.node);
  std::optional<size_t> handler;
  std::optional<size_t> inside;
  if (!is_whole && !record.partial) {
    handler = HandlerOf(record.node);
    inside = CompensatesInside(record.node);
  }
  ++activated_in_act_;
  const size_t number = next_activation_++;
  compensations_.at(key).current = number;
  ++compensations_.at(key).open;
  Activation& activation = activations_[number];
  activation.node = handler.value_or(record.node);
  activation.scope = scope;
  activation.compensates = record_key;
  activation.locals = record.locals;
  moved_.insert(scope);
  if (handler.has_value()) {
    Enter(number);
    return;
  }
  activation.reopened = true;
  activation.open = true;
  if (inside.has_value()) {
    Admit(*inside, number);
    return;
  }
  const std::vector<size_t> records = RecordsIn(number, std::nullopt);
  BeginCompensation(number, number, records, /*waits=*/true);
  if (records.empty()) ended_in_.push_back(number);
}

void ReferenceInterpreter::EndCompensation(size_t key) {
  const Compensation compensation = compensations_.at(key);
  compensations_.erase(key);
  ended_in_.push_back(compensation.scope);
  if (key == kProcess) {
    LeaveCancelled(0);
    return;
  }
  if (!compensation.waits || !activations_.contains(key)) return;
  if (key == compensation.scope && !activations_.at(key).reopened) {
    LeaveCancelled(key);
  } else {
    Leave(key);
  }
}

// A completed activity that was open again: nothing follows it.
void ReferenceInterpreter::CloseReopened(size_t number) {
  const Activation activation = activations_.at(number);
  Gone(number);
  moved_.insert(activation.scope);
  completed_.insert(graph_.nodes[activation.node].id);
  ended_in_.push_back(activation.scope);
}

// --- Failing -----------------------------------------------------------------

// The activation around `number`, or that itself, that compensates; or 0.
size_t ReferenceInterpreter::CompensatorAround(size_t number) const {
  for (size_t at = number; at != 0; at = activations_.at(at).scope) {
    if (activations_.at(at).compensates != 0) return at;
  }
  return 0;
}

// Its record has had its turn, and waits for help: the next one begins.
void ReferenceInterpreter::FailAround(size_t number) {
  const size_t compensator = CompensatorAround(number);
  if (compensator == 0) return;
  Record* const record = FindRecord(activations_.at(compensator).compensates);
  if (record->failed) return;
  record->failed = true;
  compensations_.at(record->claimed_by).current = 0;
  advance_.push_back(record->claimed_by);
}

// --- Transactions and sagas --------------------------------------------------

// What can be compensated in an activation that is about to be stopped, which
// is not itself; innermost first.
void ReferenceInterpreter::RecordStopped(size_t scope) {
  std::vector<size_t> inside;
  for (const auto& [number, activation] : activations_) {
    if (activation.scope == scope) inside.push_back(number);
  }
  for (size_t number : inside) {
    RecordStopped(number);
    const bool has_records = std::any_of(
        records_.begin(), records_.end(),
        [&](const Record& record) { return record.owner == number; });
    if (!has_records || CompensatorAround(number) != 0) continue;
    const Activation& activation = activations_.at(number);
    Record record;
    record.key = number;
    record.node = activation.node;
    record.owner = OwnerOf(activation.scope);
    record.partial = true;
    record.locals = activation.locals;
    records_.push_back(record);
  }
}

void ReferenceInterpreter::RollBack(size_t scope) {
  At(scope).waits.clear();
  At(scope).parts.clear();
  if (scope == 0) failed_starts_.clear();
  RecordStopped(scope);
  EndInside(scope);
  const std::vector<size_t> records = RecordsIn(scope, std::nullopt);
  BeginCompensation(scope == 0 ? kProcess : scope, scope, records,
                    /*waits=*/true);
  if (records.empty()) LeaveCancelled(scope);
}

std::optional<size_t> ReferenceInterpreter::SagaAround(size_t number) const {
  for (size_t at = number; at != 0; at = activations_.at(at).scope) {
    const Activation& activation = activations_.at(at);
    // What listens to a scope isn't inside of it.
    if (activation.run != 0 || activation.listening) continue;
    switch (graph_.nodes[activation.node].saga) {
      case property::Saga::kNone:
        break;
      case property::Saga::kLocal:
        return at;
      case property::Saga::kGlobal:
        return 0;
    }
  }
  return graph_.saga ? std::optional<size_t>(0) : std::nullopt;
}

bool ReferenceInterpreter::IsForGood(const std::string& incident) {
  return incident == "job_no_retries" || incident == "unhandled_error";
}

bool ReferenceInterpreter::CalledToCompensate() const {
  return caller_ != nullptr &&
         caller_->activations_.contains(caller_activation_) &&
         (caller_->CompensatorAround(caller_activation_) != 0 ||
          caller_->CalledToCompensate());
}

bool ReferenceInterpreter::CalledInSaga() const {
  return caller_ != nullptr &&
         caller_->activations_.contains(caller_activation_) &&
         !CalledToCompensate() &&
         (caller_->SagaAround(caller_activation_).has_value() ||
          caller_->CalledInSaga());
}

std::string ReferenceInterpreter::IncidentIn(size_t number,
                                             std::string incident) const {
  const bool compensates =
      CompensatorAround(number) != 0 || CalledToCompensate();
  if (compensates && incident != "limit") return "compensation_failed";
  return incident;
}

void ReferenceInterpreter::ReportToCaller(const std::string& incident) {
  Errand failed;
  failed.kind = Errand::Kind::kFailed;
  failed.instance = caller_->number_;
  failed.wait = caller_activation_;
  failed.from = number_;
  failed.incident = incident;
  outbox_->errands.push_back(failed);
}

void ReferenceInterpreter::CalledFailed(size_t activation,
                                        const std::string& incident,
                                        int64_t now_ms) {
  if (!Running() || !WaitsForCall(activation)) return;
  now_ms_ = now_ms;
  const bool compensates = CompensatorAround(activation) != 0;
  const auto saga = SagaAround(activation);
  if (compensates) {
    FailAround(activation);
  } else if (!CalledToCompensate() && IsForGood(incident) && saga.has_value()) {
    sagas_.push_back(*saga);
    Move();
    return;
  }
  if (CalledToCompensate() || (CalledInSaga() && !compensates)) {
    ReportToCaller(incident);
  }
  Move();
}

bool ReferenceInterpreter::RollBackNextSaga() {
  if (sagas_.empty()) return false;
  const size_t scope = sagas_.front();
  sagas_.pop_front();
  const bool is_there =
      scope == 0 ? end_ == End::kNotEnded : activations_.contains(scope);
  if (is_there && !compensations_.contains(scope == 0 ? kProcess : scope)) {
    RollBack(scope);
  }
  return true;
}

void ReferenceInterpreter::LeaveCancelled(size_t transaction) {
  if (transaction == 0) {
    EndAll(End::kCompensated);
    if (caller_ == nullptr) return;
    Errand thrown;
    thrown.kind = Errand::Kind::kThrow;
    thrown.instance = caller_->number_;
    thrown.wait = caller_activation_;
    thrown.from = number_;
    thrown.trigger = property::Trigger::kError;
    thrown.ended = true;
    outbox_->errands.push_back(thrown);
    return;
  }
  const Activation activation = activations_.at(transaction);
  EndActivation(transaction);
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    if (graph_.nodes[i].kind == NodeKind::kCancelBoundaryEvent &&
        graph_.nodes[i].attached_to == activation.node) {
      Admit(i, activation.scope);
      return;
    }
  }
  ended_in_.push_back(activation.scope);
}

}  // namespace pawl::reference
