// Input and output mappings of an activity (SEMANTICS, Variables and scopes;
// camunda:inputOutput, zeebe:ioMapping).
#ifndef PAWL_ENGINE_CORE_ELEMENT_MAPPING_H_
#define PAWL_ENGINE_CORE_ELEMENT_MAPPING_H_

#include <memory>
#include <span>

#include "absl/status/status.h"
#include "engine/core/transition.h"
#include "schemas/model_generated.h"

namespace pawl::core {

// Evaluates the inputs in their order, each seeing those before it, and writes
// them to the local scope of `key`. The message of an error names the mapping;
// nothing was written then.
absl::Status MapInputs(Transition& t, ElementKey key,
                       const fb::ElementT& element);

// Evaluates the outputs against the local scope of `key`, and writes them from
// the scope around it outwards: to the nearest that has the name, else to the
// root. Errors as above.
absl::Status MapOutputs(Transition& t, ElementKey key,
                        const fb::ElementT& element);

// What crosses a call (SEMANTICS, Call activity): evaluates `mappings` of
// `model` against `seen`, none seeing another. `what` names them in errors.
absl::StatusOr<Variables> MapAcross(
    const model::ProcessDefinition& model,
    std::span<const std::unique_ptr<fb::MappingT>> mappings,
    const ScopeVariables& seen, const char* what);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_MAPPING_H_
