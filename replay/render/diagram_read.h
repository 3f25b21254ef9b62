// ReadDiagrams: the diagrams (BPMN DI) of a model file.
#ifndef PAWL_REPLAY_RENDER_DIAGRAM_READ_H_
#define PAWL_REPLAY_RENDER_DIAGRAM_READ_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "replay/render/diagram.h"

namespace pawl::replay {

// All diagrams of `xml`, in the order of the file; one of the automatic layout
// when it has none (engine/model/bpmn_diagram.h), none at all when there is
// nothing to draw. What a diagram says wrongly, such as a shape without bounds,
// is left out and named; the rest is drawn.
// InvalidArgument: no BPMN XML that this build reads; the message has the
//   place.
// ResourceExhausted: more shapes and edges than kRenderItemsMax.
// O(n log n) in the size of the file.
absl::StatusOr<std::vector<Diagram>> ReadDiagrams(std::string_view xml);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_DIAGRAM_READ_H_
