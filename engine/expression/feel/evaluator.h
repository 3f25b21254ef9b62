// Evaluator: runs a compiled FEEL expression. Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_EVALUATOR_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_EVALUATOR_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/item.h"
#include "engine/expression/feel/program.h"

namespace pawl::expression::feel {

// Where an evaluation finds the variables that an expression names.
class VariableSource {
 public:
  virtual ~VariableSource() = default;
  // False when there is none. What `*out` shows lives until the evaluation has
  // ended; lists and contexts may be made in `arena`.
  virtual bool Find(std::string_view name, Arena* arena, Item* out) = 0;
};

// What is not in the expression and not a variable.
struct Surroundings {
  // Of the command that is decided.
  int64_t now_ms = 0;
  uint64_t seed = 0;
};

// Why a value is null though nobody asked for null: the first reason.
struct Fault {
  bool any = false;
  uint32_t offset = 0;
  std::string reason;
};

// The value of `program`, in `arena`. A fault leaves null in its place and goes
// on, as the standard has it; the first is told in `*fault`, which may be null.
// ResourceExhausted: more than kExpressionStepsMax steps, the arena's bytes, or
// functions that call each other deeper than kFeelDepthMax.
absl::Status Evaluate(const Program& program, VariableSource* variables,
                      const Surroundings& surroundings, Arena* arena,
                      Item* result, Fault* fault);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_EVALUATOR_H_
