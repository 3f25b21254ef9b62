// Evaluator of EL: a syntax tree and a scope to a value.
#ifndef PAWL_ENGINE_EXPRESSION_EL_EVALUATOR_H_
#define PAWL_ENGINE_EXPRESSION_EL_EVALUATOR_H_

#include "absl/status/statusor.h"
#include "engine/expression/el/ast.h"
#include "engine/expression/scope_view.h"
#include "engine/value.h"

namespace pawl::expression::el {

// Errors as Expression::Evaluate, without the text. Visits at most
// kExpressionStepsMax nodes.
absl::StatusOr<Value> Evaluate(const Node& node, const ScopeView& scope);

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_EVALUATOR_H_
