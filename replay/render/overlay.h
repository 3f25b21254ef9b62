// Overlay: what an instance adds to the picture of its model, by the ids of the
// elements; and how it is drawn.
#ifndef PAWL_REPLAY_RENDER_OVERLAY_H_
#define PAWL_REPLAY_RENDER_OVERLAY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "replay/render/diagram.h"
#include "replay/render/svg_writer.h"

namespace pawl::replay {

struct TracedIncident {
  // "job_no_retries"
  std::string type;
  std::string message;
};

struct ElementOverlay {
  // Tokens that are in it now, and how often it has been done.
  uint32_t tokens = 0;
  uint32_t completed = 0;
  uint32_t terminated = 0;
  // Of an activity that runs several times.
  uint32_t runs_active = 0;
  uint32_t runs_done = 0;
  int64_t duration_ms = 0;
  std::vector<TracedIncident> incidents;
};

struct FlowOverlay {
  uint64_t taken = 0;
  // Tokens that rest on it.
  uint32_t tokens = 0;
};

struct Overlay {
  // Lines above the picture: which instance, as of when.
  std::vector<std::string> caption;
  StringMap<ElementOverlay> elements;
  StringMap<FlowOverlay> flows;
  // Colour shapes by their duration.
  bool heat = true;
};

// The fill of a shape that took so long of at most `longest_ms`, "#rrggbb".
std::string HeatColor(int64_t duration_ms, int64_t longest_ms);
// "4.2 s", "3.1 h".
std::string DurationText(int64_t ms);

// The duration at which colours end: of the shapes on `diagrams` that are
// coloured; 0: none took any time.
int64_t LongestMs(const Overlay& overlay, const std::vector<Diagram>& diagrams);
// Whether a shape is coloured: no pools, nothing that has others inside.
bool HasHeat(const Shape& shape);

// Badges of a shape, or of a flow, with all of it in words as their title.
// Draws nothing where nothing has happened.
void DrawBadges(const Shape& shape, const ElementOverlay& overlay,
                SvgWriter* out);
void DrawBadges(const Edge& edge, const FlowOverlay& overlay, SvgWriter* out);

// What badges and colours mean, from `at` down and to the right. Returns how
// far it reaches down.
double DrawLegend(const Point& at, bool heat, int64_t longest_ms,
                  SvgWriter* out);

inline constexpr std::string_view kTokenColor = "#1565c0";
inline constexpr std::string_view kDoneColor = "#2e7d32";
inline constexpr std::string_view kIncidentColor = "#c62828";

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_OVERLAY_H_
