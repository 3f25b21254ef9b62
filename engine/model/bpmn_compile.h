// Compile: a sound RawProcess -> the compiled model that a deployment stores.
// Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_COMPILE_H_
#define PAWL_ENGINE_MODEL_BPMN_COMPILE_H_

#include <memory>

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// `process` must have passed Validate without a fault. Elements and flows keep
// their order in the document, which is also the order in which conditions are
// evaluated. O(size).
std::unique_ptr<fb::ProcessT> Compile(RawProcess process);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_COMPILE_H_
