// Symbols: the small drawings of BPMN inside events, tasks, gateways and at the
// bottom of activities. Internal to replay/render.
#ifndef PAWL_REPLAY_RENDER_SYMBOLS_H_
#define PAWL_REPLAY_RENDER_SYMBOLS_H_

#include <string>

#include "replay/render/diagram.h"
#include "replay/render/svg_writer.h"

namespace pawl::replay {

// Colours of one shape.
struct Paint {
  std::string stroke = "#22242a";
  std::string fill = "#ffffff";
};

enum class Marker {
  kCollapsed,
  kLoop,
  kParallel,
  kSequential,
  kCompensation,
  kAdHoc,
};

// In a circle of `radius`. Filled: of an event that throws.
void DrawEventSymbol(EventSymbol symbol, const Point& center, double radius,
                     bool filled, const Paint& paint, SvgWriter* out);

// In the box.
void DrawTaskSymbol(TaskSymbol symbol, const Bounds& box, const Paint& paint,
                    SvgWriter* out);

// In a diamond whose half is `radius`.
void DrawGatewaySymbol(GatewaySymbol symbol, const Point& center, double radius,
                       const Paint& paint, SvgWriter* out);

// 12 wide, 12 high.
void DrawMarker(Marker marker, const Point& center, const Paint& paint,
                SvgWriter* out);

void DrawEnvelope(const Bounds& box, bool filled, const Paint& paint,
                  SvgWriter* out);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_SYMBOLS_H_
