// Render: the diagrams of a model as one SVG, with what an instance adds.
//
// Each shape and each edge is a <g data-element-id="ID"> with the id of its
// BPMN element, each diagram a <g class="diagram" data-diagram-id="ID">; what
// an instance adds are <g class="overlay" data-overlay-of="ID"> above them.
// Nothing in it is fetched or run. docs/render.md says what is drawn how.
#ifndef PAWL_REPLAY_RENDER_RENDER_H_
#define PAWL_REPLAY_RENDER_RENDER_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "replay/render/diagram.h"
#include "replay/render/overlay.h"
#include "replay/render/render_limits.h"

namespace pawl::replay {

// The diagram that is meant by `which`: its id, its name, the id of the element
// that it shows, or its number from 1. Several of one name are all taken.
// NotFound: none is; the message has what there is.
absl::StatusOr<std::vector<Diagram>> ChooseDiagrams(
    std::vector<Diagram> diagrams, std::string_view which);

// One below the other, in their order; the same bytes for the same input.
// `overlay` may be null: the model alone.
// InvalidArgument: no diagram at all.
// ResourceExhausted: the picture would be larger than `bytes_max`.
// O(n log n), 10,000 shapes in some 0.1 s; labels without a place see
// LabelPlaces.
absl::StatusOr<std::string> RenderSvg(const std::vector<Diagram>& diagrams,
                                      const Overlay* overlay,
                                      size_t bytes_max = kRenderBytesMax);

// Where the diagrams stand in the picture that RenderSvg makes of them without
// an overlay, in their order: what is added to their coordinates.
std::vector<Point> DiagramOffsets(const std::vector<Diagram>& diagrams);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_RENDER_H_
