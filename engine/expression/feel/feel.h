// FEEL's two doors. In one call, a text and its variables in, a value out: what
// a shell needs. And compiled once, evaluated often: what a definition needs.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_FEEL_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_FEEL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/expression/feel/evaluator.h"
#include "engine/expression/feel/parser.h"
#include "engine/expression/feel/program.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"

namespace pawl::expression::feel {

// The expression `text` of a model, whose variables nobody knows yet: words
// that follow each other are one name. A leading '=' is dropped.
// InvalidArgument: no FEEL, with offset, got and wanted. ResourceExhausted: a
// named limit. O(length of the text).
absl::StatusOr<Program> CompileText(std::string_view text);

// The value of `program` in `scope`. What goes wrong is null, and `*fault`,
// which may be null, has the first reason. InvalidArgument: a function or a
// range, which no variable can hold; a variable that it reads has a number that
// decimal128 can't hold, at any depth. ResourceExhausted: as Evaluate.
absl::StatusOr<Value> EvaluateIn(const Program& program, const ScopeView& scope,
                                 Fault* fault);

// The same for a condition. InvalidArgument: neither true nor false, with the
// reason if it is null for one.
absl::StatusOr<bool> EvaluateConditionIn(const Program& program,
                                         const ScopeView& scope);

// What is not in the expression and not a variable.
struct Surroundings {
  int64_t now_ms = 0;
  uint64_t seed = 0;
};

struct Outcome {
  // Dates, times and durations as their texts; null for what no variable can
  // hold.
  Value value;
  // "number", "date and time", "list", ...
  std::string type;
  // As string() has it: also of functions and ranges.
  std::string text;
  // Why something in it is null that should not be, if anything is.
  Fault fault;
};

// The names of `variables`, and of the entries of contexts in them, may hold
// spaces and operators. A leading '=' is dropped. InvalidArgument: no FEEL,
// with offset, got and wanted. ResourceExhausted: a named limit.
absl::StatusOr<Outcome> EvaluateText(std::string_view text,
                                     const Variables& variables,
                                     const Surroundings& surroundings);

// The same for unary tests, whose input is the variable "?".
absl::StatusOr<Outcome> EvaluateTests(std::string_view text,
                                      const Variables& variables,
                                      const Surroundings& surroundings);

// Adds the names that `value` holds, at any depth.
void LearnNames(const Value& value, Known* known);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_FEEL_H_
