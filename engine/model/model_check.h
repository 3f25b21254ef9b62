// CheckModel: is a compiled model sound enough to be executed without further
// checks? Internal to engine/model; ProcessDefinition::Create is the door.
#ifndef PAWL_ENGINE_MODEL_MODEL_CHECK_H_
#define PAWL_ENGINE_MODEL_MODEL_CHECK_H_

#include "absl/status/status.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// Checks every index, reference and value of `model`, which may come from a
// damaged log. O(size). The codes are those of ProcessDefinition::Create.
absl::Status CheckModel(const fb::ProcessT& model);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_MODEL_CHECK_H_
