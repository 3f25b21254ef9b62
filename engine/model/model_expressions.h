// ForEachExpression: everything in a compiled model that is evaluated.
#ifndef PAWL_ENGINE_MODEL_MODEL_EXPRESSIONS_H_
#define PAWL_ENGINE_MODEL_MODEL_EXPRESSIONS_H_

#include <functional>
#include <string>

#include "schemas/model_generated.h"

namespace pawl::model {

// Calls `visit` with every expression that is present, in model order, and
// with the id of the element or flow that holds it. `model` has passed
// CheckModel or came from the parser.
void ForEachExpression(
    const fb::ProcessT& model,
    const std::function<void(const std::string& owner_id,
                             const fb::ExpressionT& expression)>& visit);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_MODEL_EXPRESSIONS_H_
