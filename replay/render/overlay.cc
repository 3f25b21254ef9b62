#include "replay/render/overlay.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "replay/render/font.h"
#include "replay/render/labels.h"

namespace pawl::replay {
namespace {

// White, yellow, orange, red: told apart also by those who see no red.
struct Stop {
  double at;
  int red, green, blue;
};
constexpr Stop kStops[] = {{0, 255, 255, 255},
                           {0.25, 255, 245, 190},
                           {0.6, 253, 190, 105},
                           {1, 240, 110, 80}};

std::string Mixed(double part) {
  for (size_t i = 1; i < std::size(kStops); ++i) {
    const Stop& from = kStops[i - 1];
    const Stop& to = kStops[i];
    if (part > to.at) continue;
    const double mix = (part - from.at) / (to.at - from.at);
    const auto channel = [mix](int a, int b) {
      return static_cast<int>(std::lround(a + (b - a) * mix));
    };
    return absl::StrFormat("#%02x%02x%02x", channel(from.red, to.red),
                           channel(from.green, to.green),
                           channel(from.blue, to.blue));
  }
  return Mixed(1);
}

// From nothing to the longest, by the root: minutes still show beside hours.
double HeatPart(int64_t duration_ms, int64_t longest_ms) {
  if (duration_ms <= 0 || longest_ms <= 0) return 0;
  const double part =
      static_cast<double>(duration_ms) / static_cast<double>(longest_ms);
  return std::sqrt(std::min(1.0, part));
}

std::string Count(uint64_t count, const char* one, const char* many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// A pill with a number around `center`.
void Pill(const Point& center, std::string_view text, std::string_view color,
          std::string_view kind, SvgWriter* out) {
  const LabelFont font = {.size = 10, .bold = true};
  const double width = std::max(16.0, TextWidth(text, font) + 8);
  const Bounds box = {center.x - width / 2, center.y - 8, width, 16};
  out->Cover(box);
  out->Open("g", {{"class", kind}, {"data-count", text}});
  out->Leaf("rect", {{"x", box.x},
                     {"y", box.y},
                     {"width", box.width},
                     {"height", box.height},
                     {"rx", "8"},
                     {"fill", color},
                     {"stroke", "#ffffff"},
                     {"stroke-width", "1.2"}});
  Paragraph line;
  line.lines.emplace_back(text);
  line.font = font;
  DrawText(line, box, {.color = "#ffffff"}, out);
  out->Close();
}

std::string Words(const Look& look) {
  std::string words = look.label.text.empty()
                          ? look.id
                          : absl::StrCat(look.label.text, " (", look.id, ")");
  std::replace(words.begin(), words.end(), '\n', ' ');
  return words;
}

}  // namespace

std::string HeatColor(int64_t duration_ms, int64_t longest_ms) {
  return Mixed(HeatPart(duration_ms, longest_ms));
}

std::string DurationText(int64_t ms) {
  struct Unit {
    int64_t ms;
    const char* name;
  };
  constexpr Unit kUnits[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1'000, "s"}};
  for (const Unit& unit : kUnits) {
    if (ms < unit.ms) continue;
    const double value = static_cast<double>(ms) / static_cast<double>(unit.ms);
    return absl::StrFormat(value < 10 ? "%.1f %s" : "%.0f %s", value,
                           unit.name);
  }
  return absl::StrCat(ms, " ms");
}

bool HasHeat(const Shape& shape) {
  return shape.kind == ShapeKind::kEvent || shape.kind == ShapeKind::kGateway ||
         (shape.kind == ShapeKind::kActivity && !shape.expanded);
}

int64_t LongestMs(const Overlay& overlay,
                  const std::vector<Diagram>& diagrams) {
  int64_t longest = 0;
  for (const Diagram& diagram : diagrams) {
    for (const Shape& shape : diagram.shapes) {
      const auto it = overlay.elements.find(shape.id);
      if (it == overlay.elements.end() || !HasHeat(shape)) continue;
      longest = std::max(longest, it->second.duration_ms);
    }
  }
  return longest;
}

void DrawBadges(const Shape& shape, const ElementOverlay& overlay,
                SvgWriter* out) {
  if (overlay.tokens + overlay.completed + overlay.terminated == 0 &&
      overlay.incidents.empty()) {
    return;
  }
  const Bounds& box = shape.bounds;
  // Pools have no badges but for an incident; events too little room inside.
  const double in = shape.kind == ShapeKind::kActivity ? 10 : 2;
  out->Open("g", {{"class", "overlay"}, {"data-overlay-of", shape.id}});
  std::string words = Words(shape);
  const auto say = [&words](uint64_t count, const std::string& text) {
    if (count > 0) absl::StrAppend(&words, "\n", text);
  };
  say(overlay.tokens, Count(overlay.tokens, "token", "tokens"));
  say(overlay.completed,
      absl::StrCat("completed ", Count(overlay.completed, "time", "times")));
  say(overlay.terminated,
      absl::StrCat("terminated ", Count(overlay.terminated, "time", "times")));
  say(overlay.runs_active + overlay.runs_done,
      absl::StrCat(Count(overlay.runs_done, "run", "runs"), " done, ",
                   overlay.runs_active, " active"));
  absl::StrAppend(&words, "\ntook ", DurationText(overlay.duration_ms));
  out->Text("title", {}, words);
  if (overlay.tokens > 0) {
    const Bounds around = box.Inset(-3);
    const double round = shape.kind == ShapeKind::kActivity
                             ? 10
                             : std::min(around.width, around.height) / 2;
    out->Cover(around.Inset(-2));
    out->Leaf("rect", {{"x", around.x},
                       {"y", around.y},
                       {"width", around.width},
                       {"height", around.height},
                       {"rx", round},
                       {"fill", "none"},
                       {"stroke", kTokenColor},
                       {"stroke-width", "3"}});
    Pill({box.x + in, box.bottom() - 1}, absl::StrCat(overlay.tokens),
         kTokenColor, "tokens", out);
  }
  if (overlay.completed > 0) {
    Pill({box.right() - in, box.bottom() - 1}, absl::StrCat(overlay.completed),
         kDoneColor, "completed", out);
  }
  if (!overlay.incidents.empty()) {
    out->Open("g", {});
    std::string messages;
    for (const TracedIncident& incident : overlay.incidents) {
      absl::StrAppend(&messages, messages.empty() ? "" : "\n", "incident ",
                      incident.type, ": ", incident.message);
    }
    out->Text("title", {}, messages);
    Pill({box.right() - in, box.y + 1},
         overlay.incidents.size() == 1
             ? "!"
             : absl::StrCat(overlay.incidents.size(), " !"),
         kIncidentColor, "incidents", out);
    out->Close();
  }
  out->Close();
}

void DrawBadges(const Edge& edge, const FlowOverlay& overlay, SvgWriter* out) {
  if (overlay.taken < 2 && overlay.tokens == 0) return;
  out->Open("g", {{"class", "overlay"}, {"data-overlay-of", edge.id}});
  out->Text(
      "title", {},
      absl::StrCat(
          Words(edge), "\ntaken ", Count(overlay.taken, "time", "times"),
          overlay.tokens == 0
              ? ""
              : absl::StrCat("\n", Count(overlay.tokens, "token", "tokens"),
                             " rest on it")));
  // Tokens near the end, where they wait; the count at the middle.
  if (overlay.tokens > 0) {
    const Point& last = edge.line.back();
    const Point& before = edge.line[edge.line.size() - 2];
    Pill(Moved(last, Direction(before, last),
               -std::min(22.0, Distance(before, last) / 2)),
         absl::StrCat(overlay.tokens), kTokenColor, "tokens", out);
  }
  if (overlay.taken > 1) {
    Pill(Middle(edge.line), absl::StrCat(overlay.taken), kDoneColor, "taken",
         out);
  }
  out->Close();
}

double DrawLegend(const Point& at, bool heat, int64_t longest_ms,
                  SvgWriter* out) {
  const LabelFont font = {.size = 10};
  const double y = at.y + 10;
  double x = at.x;
  out->Open("g", {{"class", "legend"}});
  const auto text = [&](const std::string& words) {
    Paragraph line;
    line.lines.push_back(words);
    line.font = font;
    const double width = line.width();
    DrawText(line, {x, y - 7, width, 14}, {.across = TextStyle::Across::kLeft},
             out);
    x += width + 14;
  };
  const auto pill = [&](std::string_view sign, std::string_view color,
                        const std::string& words) {
    Pill({x + 8, y}, sign, color, "", out);
    x += 21;
    text(words);
  };
  pill("1", kTokenColor, "tokens");
  pill("1", kDoneColor, "times completed or taken");
  pill("!", kIncidentColor, "incident");
  if (heat) {
    constexpr int kSteps = 24;
    text("took 0 ms");
    for (int i = 0; i < kSteps; ++i) {
      // As long as at the middle of the step.
      const double part = (i + 0.5) / kSteps;
      out->Leaf("rect", {{"x", x},
                         {"y", y - 6},
                         {"width", 5.2},
                         {"height", 12.0},
                         {"fill", Mixed(part)}});
      x += 5;
    }
    out->Cover(Bounds{x - 5, y - 6, 5, 12});
    x += 8;
    text(DurationText(longest_ms));
  }
  out->Close();
  return y + 10;
}

}  // namespace pawl::replay
