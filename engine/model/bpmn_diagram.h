// WithDiagram: a diagram for a model that has none.
#ifndef PAWL_ENGINE_MODEL_BPMN_DIAGRAM_H_
#define PAWL_ENGINE_MODEL_BPMN_DIAGRAM_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::model {

// `xml` as it is when it has a diagram (BPMN DI) or nothing to draw; else with
// one before its end: a shape for every flow node, pool, lane, data object and
// annotation, an edge for every flow and association, of what has an id. Files
// of any encoding that ParseBpmn reads. Nothing else is changed, so it means
// the same as before. Deterministic; O(n log n), 10,000 elements in some 50 ms.
// InvalidArgument: no XML that this build reads; the message has the place.
// ResourceExhausted: it would be larger than kModelBytesMax.
absl::StatusOr<std::string> WithDiagram(std::string_view xml);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_DIAGRAM_H_
