// Runs a compiled EL program. Internal to EL; expression.cc is its only user.
#ifndef PAWL_ENGINE_EXPRESSION_EL_EVALUATOR_H_
#define PAWL_ENGINE_EXPRESSION_EL_EVALUATOR_H_

#include "absl/status/statusor.h"
#include "engine/expression/el/program.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"

namespace pawl::expression::el {

// The value of `program` in `scope`. Status codes as Expression::Evaluate.
absl::StatusOr<Value> Evaluate(const Program& program, const ScopeView& scope);

// The same for a condition; allocates nothing as long as it succeeds.
absl::StatusOr<bool> EvaluateCondition(const Program& program,
                                       const ScopeView& scope);

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_EVALUATOR_H_
