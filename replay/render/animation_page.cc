// RenderAnimation (animation.h): data for the player, around it the page.
#include <string_view>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/value.h"
#include "replay/decoded_record.h"
#include "replay/render/animation.h"
#include "replay/render/player.h"
#include "replay/render/render.h"
#include "replay/render/render_limits.h"

namespace pawl::replay {
namespace {

// As it may stand in a <script>: nothing in it ends that.
std::string ScriptSafe(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<' || c == '>' || c == '&') {
      absl::StrAppend(&out, "\\u00", absl::Hex(c, absl::kZeroPad2));
    } else {
      out += c;
    }
  }
  return out;
}

Value Element(const std::string& id, const ElementOverlay& element) {
  Value::List incidents;
  for (const TracedIncident& incident : element.incidents) {
    incidents.emplace_back(absl::StrCat(incident.type, ": ", incident.message));
  }
  return Value::List{id, static_cast<int64_t>(element.tokens),
                     static_cast<int64_t>(element.completed),
                     std::move(incidents)};
}

Value Frames(const Animation& animation) {
  Value::List frames;
  for (const AnimationFrame& frame : animation.frames) {
    Value::List texts;
    for (const std::string& text : frame.texts) texts.emplace_back(text);
    Value::List elements;
    for (const auto& [id, element] : frame.elements) {
      elements.push_back(Element(id, element));
    }
    Value::List flows;
    for (const auto& [id, flow] : frame.flows) {
      flows.push_back(Value::List{id, static_cast<int64_t>(flow.taken),
                                  static_cast<int64_t>(flow.tokens)});
    }
    Value::List taken;
    for (const std::string& id : frame.taken) taken.emplace_back(id);
    frames.emplace_back(Variables{
        {"position", PositionText(animation.partition, frame.position)},
        {"time", TimeText(frame.time_ms)},
        {"texts", std::move(texts)},
        {"elements", std::move(elements)},
        {"flows", std::move(flows)},
        {"taken", std::move(taken)}});
  }
  return frames;
}

// [id, is activity, x, y, width, height] of each shape, [id, x, y, x, y, ...]
// of each edge, in the coordinates of the picture.
void Places(const std::vector<Diagram>& diagrams, Value::List* shapes,
            Value::List* edges) {
  const std::vector<Point> offsets = DiagramOffsets(diagrams);
  for (size_t i = 0; i < diagrams.size() && i < offsets.size(); ++i) {
    for (const Shape& shape : diagrams[i].shapes) {
      shapes->push_back(Value::List{
          shape.id, shape.kind == ShapeKind::kActivity,
          shape.bounds.x + offsets[i].x, shape.bounds.y + offsets[i].y,
          shape.bounds.width, shape.bounds.height});
    }
    for (const Edge& edge : diagrams[i].edges) {
      Value::List line{edge.id};
      for (const Point& point : edge.line) {
        line.emplace_back(point.x + offsets[i].x);
        line.emplace_back(point.y + offsets[i].y);
      }
      edges->emplace_back(std::move(line));
    }
  }
}

}  // namespace

absl::StatusOr<std::string> RenderAnimation(
    const std::vector<Diagram>& diagrams, const Animation& animation) {
  PAWL_ASSIGN_OR_RETURN(std::string svg, RenderSvg(diagrams, nullptr));
  // The XML declaration has no place in HTML.
  svg.erase(0, svg.find("<svg"));
  Value::List shapes;
  Value::List edges;
  Places(diagrams, &shapes, &edges);
  const std::string data = Variables{
      {"frames", Frames(animation)},
      {"shapes", std::move(shapes)},
      {"edges",
       std::move(edges)}}.ToJson();
  const std::string title = SvgEscaped(
      absl::StrCat("Instance ", animation.instance.value(), " of ",
                   animation.process_id, ", version ", animation.version));
  std::string page = absl::StrCat(
      kPlayerHead, "<title>", title, "</title>\n", kPlayerStyle,
      "</head>\n<body>\n<h1>", title, "</h1>\n", kPlayerControls,
      "<div id=\"picture\">\n", svg, "</div>\n<ol id=\"texts\"></ol>\n",
      "<script type=\"application/json\" id=\"data\">", ScriptSafe(data),
      "</script>\n", kPlayerScript, "</body>\n</html>\n");
  if (page.size() > kRenderBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("animation: got ", page.size(), " bytes, wanted at most ",
                     kRenderBytesMax, " (kRenderBytesMax)"));
  }
  return page;
}

}  // namespace pawl::replay
