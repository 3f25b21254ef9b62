// CheckModel: is a compiled model sound enough to be executed without further
// checks? Internal to engine/model; ProcessDefinition::Create is the door.
#ifndef PAWL_ENGINE_MODEL_MODEL_CHECK_H_
#define PAWL_ENGINE_MODEL_MODEL_CHECK_H_

#include <functional>

#include "absl/status/status.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// Checks every index, reference and value of `model`, which may come from a
// damaged log. O(size). The codes are those of ProcessDefinition::Create.
absl::Status CheckModel(const fb::ProcessT& model);

// Calls `visit` with every expression that is present, in model order, and
// with the id of the element or flow that holds it.
void ForEachExpression(
    const fb::ProcessT& model,
    const std::function<void(const std::string& owner_id,
                             const fb::ExpressionT& expression)>& visit);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_MODEL_CHECK_H_
