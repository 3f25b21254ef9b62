// DrawShape, DrawEdge: one element of a diagram with its markers and texts.
// Internal to replay/render.
#ifndef PAWL_REPLAY_RENDER_SHAPES_H_
#define PAWL_REPLAY_RENDER_SHAPES_H_

#include <optional>
#include <vector>

#include "replay/render/diagram.h"
#include "replay/render/labels.h"
#include "replay/render/svg_writer.h"
#include "replay/render/symbols.h"

namespace pawl::replay {

// Without a name that stands outside of it (LabelPlaces). `band`: of a pool or
// lane, how much of it the title has. `attached`: of an activity, the events at
// its border, which its name leaves free.
void DrawShape(const Shape& shape, const Paint& paint, double band,
               const std::vector<Bounds>& attached, SvgWriter* out);

// Without its name. `width`: of the line; those of flows that were taken are
// wider.
void DrawEdge(const Edge& edge, const Paint& paint, double width,
              SvgWriter* out);

// The room for the titles of the pools and lanes of `diagram`, by shape: up to
// what stands next in them.
std::vector<double> TitleBands(const Diagram& diagram);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_SHAPES_H_
