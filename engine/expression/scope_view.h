// ScopeView: what an expression sees around it: variables, the time, and who
// runs scripts. The engine's core implements it over its scopes, so that an
// expression knows nothing of the engine's state.
#ifndef PAWL_ENGINE_EXPRESSION_SCOPE_VIEW_H_
#define PAWL_ENGINE_EXPRESSION_SCOPE_VIEW_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/value.h"

namespace pawl::expression {

// What `execution` knows of the process instance besides variables.
enum class InstanceFact : uint8_t { kBusinessKey, kInstanceKey };

class Expression;

// What a script gives back, whatever its language. docs/scripts.md is the
// contract for people who write scripts.
struct ScriptResult {
  // Lua: what it returns (the first, if several), or the value of a text that
  // is one expression. JavaScript: the value of its last expression. Null when
  // there is none.
  Value value;
  // What execution.setVariable(name, value) wrote: each name once, in the order
  // of their first writing, with the last value.
  Variables written;
  // Its work, in the units of its runner: what a command may do is bounded.
  int64_t steps = 0;
};

// A script that failed has done work, too: its status carries the steps.
absl::Status WithSteps(absl::Status status, int64_t steps);
// 0 where there are none.
int64_t StepsOf(const absl::Status& status);

class ScopeView {
 public:
  virtual ~ScopeView() = default;

  // The variable `name` as the nearest scope has it, or nullptr. The pointer
  // lives until the evaluation that asked has returned. Asked twice in one
  // evaluation, the answer is the same.
  virtual const Value* Find(std::string_view name) const = 0;

  // A fact about the instance, null where there is none. Lives and stays as
  // what Find gives.
  virtual const Value& Fact(InstanceFact) const { return Value::Null(); }

  // Milliseconds since 1970 of the command that is decided: `now()`.
  virtual int64_t now_ms() const { return 0; }
  // What random functions start from. Each call gives another, and each is
  // recorded, so the shell is asked only when an expression needs it.
  virtual uint64_t Seed() const { return 0; }
  // Whether there may be one more evaluation: ResourceExhausted when who asks
  // has done as much work as it may.
  virtual absl::Status MayEvaluate() const { return absl::OkStatus(); }
  // An evaluation took so many steps.
  virtual void Spend(int64_t) const {}
  // Runs a script of a language that isn't deterministic by construction. Live
  // it runs, later its recorded result is the answer. The codes are those of
  // the script's runner; Unimplemented: there is none here.
  virtual absl::StatusOr<ScriptResult> RunScript(const Expression&) const {
    return absl::UnimplementedError("scripts don't run here");
  }
};

// A scope with just these variables. Does not own them.
class VariablesView : public ScopeView {
 public:
  explicit VariablesView(const Variables& variables) : variables_(variables) {}
  const Value* Find(std::string_view name) const override {
    return variables_.find(name);
  }

 private:
  const Variables& variables_;
};

}  // namespace pawl::expression

#endif  // PAWL_ENGINE_EXPRESSION_SCOPE_VIEW_H_
