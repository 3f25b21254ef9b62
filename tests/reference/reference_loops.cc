// Activities that run several times. The rules stand in
// reference_interpreter.h.
#include <algorithm>

#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

using property::Loop;
using property::Node;

bool ReferenceInterpreter::IsWhole(const Activation& activation) const {
  return activation.run == 0 && !activation.reopened &&
         graph_.nodes[activation.node].loop.has_value();
}

void ReferenceInterpreter::EnterLoop(size_t number) {
  Activation& whole = activations_.at(number);
  const Loop& loop = *graph_.nodes[whole.node].loop;
  int64_t total = loop.count;
  if (!loop.count_variable.empty()) {
    const Value value = NumberOf(number, loop.count_variable);
    if (!value.has_value() || *value < 0) {
      Fail(number, Failed::kEntering, "expression_error");
      return;
    }
    total = *value;
  }
  const std::optional<std::vector<Wait>> beside = WaitsBeside(number);
  if (!beside.has_value()) {
    Fail(number, Failed::kEntering, "correlation_key");
    return;
  }
  whole.total = total;
  OpenAll(number, *beside);
  CountRuns(number);
  StepSoon(number);
}

// What a multi-instance activity tells of its instances.
void ReferenceInterpreter::CountRuns(size_t number) {
  Activation& whole = activations_.at(number);
  const Loop& loop = *graph_.nodes[whole.node].loop;
  if (loop.kind == Loop::Kind::kStandard) return;
  const int64_t left = whole.total - whole.done;
  whole.locals["nrOfInstances"] = whole.total;
  whole.locals["nrOfActiveInstances"] =
      loop.kind == Loop::Kind::kParallel ? left : std::min<int64_t>(left, 1);
  whole.locals[property::kCompletedInstances] = whole.done;
}

void ReferenceInterpreter::StepSoon(size_t number) {
  if (std::find(loops_.begin(), loops_.end(), number) == loops_.end()) {
    loops_.push_back(number);
  }
}

// One of them takes one step. False: none is left.
bool ReferenceInterpreter::StepLoop() {
  if (loops_.empty()) return false;
  const size_t number = loops_.front();
  loops_.pop_front();
  const auto found = activations_.find(number);
  if (found == activations_.end() || found->second.failed != Failed::kNothing) {
    return true;
  }
  const Activation& whole = found->second;
  const Loop& loop = *graph_.nodes[whole.node].loop;
  const bool standard = loop.kind == Loop::Kind::kStandard;
  if (loop.kind != Loop::Kind::kParallel && whole.begun > whole.done) {
    return true;
  }
  const auto holds = [&] {
    const std::optional<bool> answer = Holds(*loop.condition, number, {});
    if (!answer.has_value()) Fail(number, Failed::kLoop, "expression_error");
    return answer;
  };
  if (whole.enough) {
    EndInside(number);
    Leave(number);
    return true;
  }
  bool more = whole.begun < whole.total;
  if (standard) {
    more = loop.maximum == 0 || whole.done < loop.maximum;
    if (more && loop.condition.has_value() &&
        (whole.done > 0 || loop.test_before)) {
      const std::optional<bool> again = holds();
      if (!again.has_value()) return true;
      more = *again;
    }
  }
  if (!more) {
    if (whole.begun == whole.done) Leave(number);
    return true;
  }
  if (activated_in_act_ >= activations_max_) {
    if (standard) {
      Fail(number, Failed::kLoop, "limit");
    } else {
      Errand go_on;
      go_on.kind = Errand::Kind::kGoOn;
      go_on.wait = number;
      go_on.instance = number_;
      outbox_->errands.push_back(go_on);
    }
    return true;
  }
  BeginRun(number);
  if (loop.kind == Loop::Kind::kParallel) StepSoon(number);
  return true;
}

void ReferenceInterpreter::BeginRun(size_t whole) {
  ++activated_in_act_;
  const size_t number = next_activation_++;
  Activation& run = activations_[number];
  run.node = activations_.at(whole).node;
  run.scope = whole;
  run.run = static_cast<size_t>(++activations_.at(whole).begun);
  run.locals["loopCounter"] = static_cast<int64_t>(run.run) - 1;
  Enter(number);
}

// Another act, for what one had no room for.
void ReferenceInterpreter::GoOn(size_t whole, int64_t now_ms) {
  if (!Running() || !activations_.contains(whole)) return;
  now_ms_ = now_ms;
  StepSoon(whole);
  Move();
}

bool ReferenceInterpreter::AskRun(size_t number) {
  Activation& whole = activations_.at(activations_.at(number).scope);
  const Loop& loop = *graph_.nodes[whole.node].loop;
  if (loop.kind == Loop::Kind::kStandard || !loop.condition.has_value()) {
    return true;
  }
  const Variables own = {{property::kCompletedInstances, whole.done + 1}};
  const std::optional<bool> enough = Holds(*loop.condition, number, own);
  if (!enough.has_value()) {
    Fail(number, Failed::kLeaving, "expression_error");
    return false;
  }
  whole.enough = whole.enough || *enough;
  return true;
}

void ReferenceInterpreter::RunDone(size_t whole) {
  ++activations_.at(whole).done;
  CountRuns(whole);
  StepSoon(whole);
}

}  // namespace pawl::reference
