#include "replay/render/render.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/model/xml_reader.h"
#include "gtest/gtest.h"
#include "replay/render/diagram_read.h"

namespace pawl::replay {
namespace {

constexpr char kFolder[] = "replay/render/testdata/";

std::string ReadFile(const std::string& name) {
  std::ifstream in(kFolder + name, std::ios::binary);
  EXPECT_TRUE(in.good()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<Diagram> DiagramsOf(const std::string& xml) {
  auto diagrams = ReadDiagrams(xml);
  EXPECT_TRUE(diagrams.ok()) << diagrams.status();
  return diagrams.ok() ? *std::move(diagrams) : std::vector<Diagram>();
}

std::string Drawn(const std::vector<Diagram>& diagrams,
                  const Overlay* overlay = nullptr) {
  auto svg = RenderSvg(diagrams, overlay);
  EXPECT_TRUE(svg.ok()) << svg.status();
  return svg.ok() ? *std::move(svg) : "";
}

std::string DrawnOne(const Shape& shape) {
  Diagram diagram;
  diagram.shapes.push_back(shape);
  return Drawn({diagram});
}

// Ids of the groups of an attribute, and whether the picture is XML.
std::multiset<std::string> Groups(const std::string& svg,
                                  const std::string& attribute) {
  const auto document = model::ReadXml(svg, "");
  EXPECT_FALSE(document->problem.has_value()) << document->problem->text;
  std::multiset<std::string> ids;
  std::vector<const model::XmlNode*> open;
  if (document->root != nullptr) open.push_back(document->root);
  while (!open.empty()) {
    const model::XmlNode* node = open.back();
    open.pop_back();
    open.insert(open.end(), node->children.begin(), node->children.end());
    const std::string* id = node->Attribute(attribute);
    if (id != nullptr && node->local() == "g") ids.insert(*id);
  }
  return ids;
}

// What it should be is kept beside the model. A picture that differs is left
// with the test's outputs, for who means it to take its place.
void ExpectGolden(const std::string& name, const std::string& svg) {
  if (ReadFile(name) == svg) return;
  ADD_FAILURE() << name << " differs";
  const char* folder = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (folder != nullptr) std::ofstream(std::string(folder) + "/" + name) << svg;
}

TEST(RenderSvg, GoldenPictures) {
  ExpectGolden("order.svg", Drawn(DiagramsOf(ReadFile("order.bpmn"))));
  ExpectGolden("gallery.svg", Drawn(DiagramsOf(ReadFile("gallery.bpmn"))));
}

TEST(RenderSvg, EveryShapeAndEdgeIsAGroup) {
  const std::vector<Diagram> diagrams = DiagramsOf(ReadFile("gallery.bpmn"));
  ASSERT_EQ(diagrams.size(), 2u);
  std::multiset<std::string> wanted;
  for (const Shape& shape : diagrams[0].shapes) wanted.insert(shape.id);
  for (const Edge& edge : diagrams[0].edges) wanted.insert(edge.id);
  EXPECT_EQ(wanted.size(), 94u);
  EXPECT_EQ(Groups(Drawn(diagrams), "data-element-id"), wanted);
  EXPECT_EQ(Groups(Drawn(diagrams), "data-diagram-id"),
            (std::multiset<std::string>{"gallery_diagram", "inside_diagram"}));
  EXPECT_TRUE(diagrams[0].left_out.empty());
}

// A picture in which two things look the same says nothing.
class LooksTest : public testing::Test {
 protected:
  void See(const std::string& what, const Shape& shape) {
    const auto [it, is_new] = seen_.try_emplace(DrawnOne(shape), what);
    EXPECT_TRUE(is_new) << what << " looks as " << it->second;
  }
  static Shape Of(ShapeKind kind) {
    Shape shape;
    shape.id = "x";
    shape.kind = kind;
    shape.bounds = {0, 0, 100, 80};
    return shape;
  }
  std::map<std::string, std::string> seen_;
};

TEST_F(LooksTest, EventsDifferByPositionSymbolAndInterruption) {
  for (int position = 0; position <= 4; ++position) {
    for (int symbol = 0; symbol <= 12; ++symbol) {
      for (const bool interrupting : {true, false}) {
        Shape shape = Of(ShapeKind::kEvent);
        shape.position = static_cast<EventPosition>(position);
        shape.event = static_cast<EventSymbol>(symbol);
        shape.interrupting = interrupting;
        // These are drawn alike, and told apart by what they are attached to.
        if (shape.position == EventPosition::kBoundary) continue;
        // Always full, wherever it stands: in a throw it is as in a catch.
        if ((shape.event == EventSymbol::kTerminate ||
             shape.event == EventSymbol::kNone ||
             shape.event == EventSymbol::kTimer ||
             shape.event == EventSymbol::kConditional) &&
            shape.position == EventPosition::kThrow) {
          continue;
        }
        See(std::to_string(position) + " " + std::to_string(symbol) +
                (interrupting ? "" : " goes on"),
            shape);
      }
    }
  }
  EXPECT_EQ(seen_.size(), 4u * 13 * 2 - 4 * 2);
}

TEST_F(LooksTest, ActivitiesDifferByKindSymbolAndMarkers) {
  for (int kind = 0; kind <= 4; ++kind) {
    for (const bool expanded : {false, true}) {
      Shape shape = Of(ShapeKind::kActivity);
      shape.activity = static_cast<ActivityKind>(kind);
      shape.expanded = expanded;
      // A task has no inside, a call none of its own; an expanded sub-process
      // with nothing inside is a box as a task is.
      if (expanded && (kind == 0 || kind == 1 || kind == 4)) continue;
      See("kind " + std::to_string(kind) + (expanded ? " expanded" : ""),
          shape);
    }
  }
  for (int task = 1; task <= 7; ++task) {
    Shape shape = Of(ShapeKind::kActivity);
    shape.task = static_cast<TaskSymbol>(task);
    See("task " + std::to_string(task), shape);
    if (shape.task != TaskSymbol::kReceive) continue;
    shape.instantiates = true;
    See("a task that starts its process", shape);
  }
  for (int marks = 1; marks < 16; ++marks) {
    Shape shape = Of(ShapeKind::kActivity);
    shape.loop = static_cast<LoopMarker>(marks % 4);
    shape.for_compensation = (marks & 4) != 0;
    shape.ad_hoc = (marks & 8) != 0;
    See("marks " + std::to_string(marks), shape);
  }
}

TEST_F(LooksTest, GatewaysAndOthersDiffer) {
  for (int gateway = 0; gateway <= 7; ++gateway) {
    Shape shape = Of(ShapeKind::kGateway);
    shape.gateway = static_cast<GatewaySymbol>(gateway);
    See("gateway " + std::to_string(gateway), shape);
  }
  for (int role = 0; role <= 2; ++role) {
    for (const bool collection : {false, true}) {
      Shape shape = Of(ShapeKind::kData);
      shape.data = static_cast<DataRole>(role);
      shape.collection = collection;
      See("data " + std::to_string(role), shape);
    }
  }
  for (const bool several : {false, true}) {
    for (const bool dark : {false, true}) {
      for (const bool horizontal : {false, true}) {
        if (dark && !horizontal) continue;
        Shape shape = Of(ShapeKind::kPool);
        shape.multiple = several;
        shape.black_box = dark;
        shape.horizontal = horizontal;
        See("pool", shape);
      }
    }
  }
  for (const ShapeKind kind :
       {ShapeKind::kUnknown, ShapeKind::kDataStore, ShapeKind::kAnnotation,
        ShapeKind::kGroup, ShapeKind::kMessage, ShapeKind::kConversation,
        ShapeKind::kChoreography, ShapeKind::kBand, ShapeKind::kLane}) {
    See("kind " + std::to_string(static_cast<int>(kind)), Of(kind));
  }
}

TEST_F(LooksTest, EdgesDiffer) {
  std::set<std::string> seen;
  const auto see = [&seen](auto change) {
    Diagram diagram;
    Edge edge;
    edge.id = "f";
    edge.line = {{0, 0}, {50, 0}, {50, 40}};
    change(&edge);
    diagram.edges.push_back(edge);
    EXPECT_TRUE(seen.insert(Drawn({diagram})).second) << seen.size();
  };
  for (int kind = 0; kind <= 5; ++kind) {
    // A data association without a direction would be an association.
    if (static_cast<EdgeKind>(kind) == EdgeKind::kDataAssociation) continue;
    see([kind](Edge* e) { e->kind = static_cast<EdgeKind>(kind); });
  }
  see([](Edge* e) { e->kind = EdgeKind::kSequence, e->conditional = true; });
  see([](Edge* e) { e->kind = EdgeKind::kSequence, e->is_default = true; });
  see([](Edge* e) { e->kind = EdgeKind::kAssociation, e->at_target = true; });
  see([](Edge* e) { e->kind = EdgeKind::kAssociation, e->at_source = true; });
  see([](Edge* e) {
    e->kind = EdgeKind::kMessage, e->envelope = Envelope::kBegins;
  });
  see([](Edge* e) {
    e->kind = EdgeKind::kMessage, e->envelope = Envelope::kAnswers;
  });
}

// Where the first line of the text stands.
double FirstLine(const std::string& svg) {
  const std::string before = "<tspan x=\"50\" y=\"";
  const size_t at = svg.find(before);
  EXPECT_NE(at, std::string::npos) << svg;
  return std::atof(svg.c_str() + at + before.size());
}

TEST(RenderSvg, ANameLeavesEventsAtTheBorderFree) {
  Diagram diagram;
  Shape task;
  task.id = "t";
  task.kind = ShapeKind::kActivity;
  task.label.text = "A name of three lines, as most tasks have";
  task.bounds = {0, 0, 100, 80};
  diagram.shapes.push_back(task);
  const double alone = FirstLine(Drawn({diagram}));
  Shape event;
  event.id = "e";
  event.kind = ShapeKind::kEvent;
  event.position = EventPosition::kBoundary;
  event.host = "t";
  event.bounds = {32, 48, 36, 36};
  diagram.shapes.push_back(event);
  EXPECT_LT(FirstLine(Drawn({diagram})), alone - 10);
  diagram.shapes[1].bounds.y = -8;
  EXPECT_GT(FirstLine(Drawn({diagram})), alone);
}

TEST(RenderSvg, HostileTextsStayText) {
  Diagram diagram;
  const std::string hostile =
      "\"/><script>alert(1)</script><!--\x01\xFF]]>&amp;'";
  diagram.id = hostile;
  diagram.name = hostile;
  Shape shape;
  shape.id = hostile;
  shape.tag = hostile;
  shape.kind = ShapeKind::kActivity;
  shape.label.text = hostile;
  shape.bounds = {0, 0, 100, 80};
  diagram.shapes.push_back(shape);
  Edge edge;
  edge.id = hostile;
  edge.label.text = hostile;
  edge.line = {{0, 0}, {10, 10}};
  diagram.edges.push_back(edge);
  Overlay overlay;
  overlay.caption.push_back(hostile);
  ElementOverlay& element = overlay.elements[hostile];
  element.tokens = 1;
  element.incidents.push_back({hostile, hostile});
  overlay.elements["elsewhere"].incidents.push_back({hostile, hostile});
  overlay.flows[hostile] = {2, 1};
  const std::string svg = Drawn({diagram, diagram}, &overlay);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(Groups(svg, "data-element-id").size(), 4u);
}

TEST(RenderSvg, AnOverlayIsDrawnWhereSomethingHappened) {
  const std::vector<Diagram> diagrams = DiagramsOf(ReadFile("order.bpmn"));
  Overlay overlay;
  overlay.caption.push_back("Instance 7");
  overlay.elements["start"].completed = 1;
  ElementOverlay& review = overlay.elements["review"];
  review.tokens = 1;
  review.completed = 2;
  review.duration_ms = 5000;
  review.incidents.push_back({"job_no_retries", "no <route>"});
  overlay.elements["order"].incidents.push_back({"limit", "too many"});
  overlay.elements["charge"];
  overlay.flows["f1"] = {3, 0};
  overlay.flows["f2"] = {1, 1};
  overlay.flows["yes"] = {1, 0};
  const std::string svg = Drawn(diagrams, &overlay);
  EXPECT_EQ(Groups(svg, "data-overlay-of"),
            (std::multiset<std::string>{"start", "review", "f1", "f2"}));
  EXPECT_EQ(Groups(svg, "data-taken"),
            (std::multiset<std::string>{"3", "1", "1"}));
  EXPECT_NE(svg.find("incident job_no_retries: no &lt;route&gt;</title>"),
            std::string::npos);
  // Of the process, which has no shape.
  EXPECT_NE(svg.find("order: incident limit: too many"), std::string::npos);
  EXPECT_NE(svg.find("Instance 7"), std::string::npos);
  EXPECT_NE(svg.find(HeatColor(5000, 5000)), std::string::npos);
  overlay.heat = false;
  EXPECT_EQ(Drawn(diagrams, &overlay).find(HeatColor(5000, 5000)),
            std::string::npos);
}

TEST(RenderSvg, TheSameBytesEachTime) {
  const std::string xml = ReadFile("gallery.bpmn");
  EXPECT_EQ(Drawn(DiagramsOf(xml)), Drawn(DiagramsOf(xml)));
}

TEST(RenderSvg, NothingToDraw) {
  EXPECT_EQ(RenderSvg({}, nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RenderSvg, APictureThatWouldBeTooLargeIsRefused) {
  Diagram diagram;
  Edge edge;
  edge.id = "f";
  edge.line = {{0, 0}, {50, 0}};
  diagram.edges.assign(10, edge);
  const size_t size = RenderSvg({diagram}, nullptr)->size();
  EXPECT_TRUE(RenderSvg({diagram}, nullptr, size).ok());
  const auto svg = RenderSvg({diagram}, nullptr, size / 2);
  EXPECT_EQ(svg.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(svg.status().message().find("kRenderBytesMax"), std::string::npos);
}

TEST(ChooseDiagrams, ByIdNameElementOrNumber) {
  const std::vector<Diagram> diagrams = DiagramsOf(ReadFile("gallery.bpmn"));
  for (const char* which :
       {"inside_diagram", "Inside of a collapsed one", "collapsed", "2"}) {
    const auto chosen = ChooseDiagrams(diagrams, which);
    ASSERT_TRUE(chosen.ok()) << chosen.status();
    ASSERT_EQ(chosen->size(), 1u);
    EXPECT_EQ(chosen->front().id, "inside_diagram");
  }
  for (const char* which : {"", "3", "inside"}) {
    const auto chosen = ChooseDiagrams(diagrams, which);
    EXPECT_EQ(chosen.status().code(), absl::StatusCode::kNotFound);
    EXPECT_NE(chosen.status().message().find("gallery_diagram"),
              std::string::npos)
        << chosen.status();
  }
}

TEST(Durations, InTheLargestUnit) {
  EXPECT_EQ(DurationText(0), "0 ms");
  EXPECT_EQ(DurationText(999), "999 ms");
  EXPECT_EQ(DurationText(4200), "4.2 s");
  EXPECT_EQ(DurationText(90 * 60'000), "1.5 h");
  EXPECT_EQ(DurationText(int64_t{40} * 86'400'000), "40 d");
}

TEST(Durations, ColoursRiseToTheLongest) {
  EXPECT_EQ(HeatColor(0, 100), "#ffffff");
  EXPECT_EQ(HeatColor(100, 100), "#f06e50");
  EXPECT_EQ(HeatColor(200, 100), HeatColor(100, 100));
  EXPECT_EQ(HeatColor(5, 0), "#ffffff");
  EXPECT_NE(HeatColor(50, 100), HeatColor(51, 100));
}

}  // namespace
}  // namespace pawl::replay
