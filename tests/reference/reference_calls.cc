// Call activities, and what a called instance tells its caller. The rules stand
// in reference_interpreter.h.
#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

using property::Trigger;

// --- Down --------------------------------------------------------------------

void ReferenceInterpreter::Call(size_t number) {
  Activation& activation = activations_.at(number);
  activation.calls = true;
  Errand call;
  call.kind = Errand::Kind::kCall;
  call.instance = number_;
  call.wait = number;
  const property::Node& node = graph_.nodes[activation.node];
  call.name = node.called;
  if (node.crosses_data) {
    for (const std::string& name : property::DataInputs(node)) {
      call.variables[name] = NumberOf(number, name);
    }
    outbox_->errands.push_back(call);
    return;
  }
  // What is nearer hides what is further out.
  for (size_t at = number; at != 0; at = activations_.at(at).scope) {
    const Variables& own = activations_.at(at).locals;
    call.variables.insert(own.begin(), own.end());
  }
  call.variables.insert(variables_.begin(), variables_.end());
  outbox_->errands.push_back(call);
}

bool ReferenceInterpreter::WaitsForCall(size_t activation) const {
  const auto found = activations_.find(activation);
  return found != activations_.end() && found->second.calls;
}

// The instances that it called do as it does.
void ReferenceInterpreter::TellCalled(Errand::Kind kind) {
  for (const auto& [number, activation] : activations_) {
    if (activation.calls) TellCalledBy(number, kind);
  }
}

void ReferenceInterpreter::TellCalledBy(size_t activation, Errand::Kind kind) {
  Errand errand;
  errand.kind = kind;
  errand.instance = number_;
  errand.wait = activation;
  outbox_->errands.push_back(errand);
}

// --- Up ----------------------------------------------------------------------

ReferenceInterpreter::Above ReferenceInterpreter::CatcherAbove(
    size_t thrower, Trigger trigger, const std::string& code) const {
  const ReferenceInterpreter* at = this;
  size_t from = thrower;
  while (at->caller_ != nullptr && at->CompensatorAround(from) == 0) {
    from = at->caller_activation_;
    at = at->caller_;
    if (!at->activations_.contains(from)) return {};
    if (const auto catcher = at->FindCatcher(from, trigger, code)) {
      return {true, at->graph_.nodes[catcher->node].interrupting};
    }
  }
  return {};
}

void ReferenceInterpreter::ThrowToCaller(Trigger trigger,
                                         const std::string& code,
                                         const Variables& variables,
                                         bool ends) {
  Errand thrown;
  const property::Node& call =
      caller_->graph_.nodes[caller_->activations_.at(caller_activation_).node];
  // Data go on when the activity has completed, which it hasn't.
  if (call.outputs_on_throw && !call.crosses_data) {
    thrown.outputs = OutputsForCaller();
  }
  if (ends) EndAll(End::kTerminated);
  thrown.kind = Errand::Kind::kThrow;
  thrown.instance = caller_->number_;
  thrown.wait = caller_activation_;
  thrown.from = number_;
  thrown.trigger = trigger;
  thrown.code = code;
  thrown.variables = variables;
  thrown.ended = ends;
  outbox_->errands.push_back(thrown);
}

Variables ReferenceInterpreter::OutputsForCaller() const {
  const auto call = caller_->activations_.find(caller_activation_);
  // It is over, and nobody takes them.
  if (call == caller_->activations_.end()) return {};
  const property::Node& node = caller_->graph_.nodes[call->second.node];
  if (node.crosses_data) {
    Variables outputs;
    for (const property::DataAssociation& one : node.data_outputs) {
      if (one.source.empty()) continue;
      if (const Value value = NumberOf(0, one.source); value.has_value()) {
        outputs[one.source] = value;
      }
    }
    return outputs;
  }
  const auto& output = node.call_output;
  if (!output.has_value()) return variables_;
  const int64_t source =
      output->source.empty() ? 0 : NumberOf(0, output->source).value_or(0);
  return {{output->target, source + output->number}};
}

void ReferenceInterpreter::ReturnToCaller() {
  if (caller_ == nullptr) return;
  Errand done;
  done.kind = Errand::Kind::kReturn;
  done.instance = caller_->number_;
  done.wait = caller_activation_;
  done.from = number_;
  done.variables = OutputsForCaller();
  outbox_->errands.push_back(done);
}

void ReferenceInterpreter::Returned(size_t activation,
                                    const Variables& variables,
                                    int64_t now_ms) {
  if (!Running() || !WaitsForCall(activation)) return;
  now_ms_ = now_ms;
  activations_.at(activation).calls = false;
  WriteAt(activation, variables);
  Leave(activation);
  Move();
}

void ReferenceInterpreter::ThrownFromCall(size_t activation,
                                          const Errand& thrown,
                                          int64_t now_ms) {
  if (!Running() || !WaitsForCall(activation)) return;
  now_ms_ = now_ms;
  if (thrown.ended) activations_.at(activation).calls = false;
  WriteAt(activation, thrown.outputs);
  if (const auto catcher =
          FindCatcher(activation, thrown.trigger, thrown.code)) {
    Happen(catcher->host, catcher->node, thrown.variables);
  } else if (const Above above =
                 CatcherAbove(activation, thrown.trigger, thrown.code);
             above.caught) {
    ThrowToCaller(thrown.trigger, thrown.code, thrown.variables,
                  above.interrupting);
  }
  // Nobody is left who would catch it.
  if (thrown.ended && activations_.contains(activation)) {
    Fail(activation, Failed::kCalling, "unhandled_error");
  }
  Move();
}

}  // namespace pawl::reference
