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

// What an evaluation finds around the expression.
class VariableSource {
 public:
  virtual ~VariableSource() = default;
  // False when there is none. What `*out` shows lives until the evaluation has
  // ended; lists and contexts may be made in `arena`.
  // `*refused`: a number in it for which `*out` has null (values.h).
  virtual bool Find(std::string_view name, Arena* arena, Item* out,
                    std::string_view* refused) = 0;
  // Milliseconds since 1970 of the command that is decided.
  virtual int64_t now_ms() const = 0;
  // What the random functions of this evaluation start from. Asked when the
  // first of them runs, so that only their results need a recorded seed.
  virtual uint64_t Seed() = 0;
  // The work of the evaluation that has ended, in steps.
  virtual void Spend(int64_t) {}
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
                      Arena* arena, Item* result, Fault* fault);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_EVALUATOR_H_
