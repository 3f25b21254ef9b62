// FEEL in one call: a text and its variables in, a value out. What a shell
// needs; definitions compile once and evaluate often (compiler.h, evaluator.h).
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_FEEL_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_FEEL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/expression/feel/evaluator.h"
#include "engine/expression/feel/parser.h"
#include "engine/value.h"

namespace pawl::expression::feel {

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
