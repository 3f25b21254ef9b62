#include "replay/render/diagram_read.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "replay/render/render_limits.h"

namespace pawl::replay {
namespace {

std::string File(std::string_view model, std::string_view plane) {
  return "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "
         "xmlns:di='http://www.omg.org/spec/BPMN/20100524/DI' "
         "xmlns:dc='http://www.omg.org/spec/DD/20100524/DC' "
         "xmlns:dd='http://www.omg.org/spec/DD/20100524/DI' "
         "xmlns:b='http://bpmn.io/schema/bpmn/biocolor/1.0' "
         "xmlns:x='urn:x'>" +
         std::string(model) +
         "<di:BPMNDiagram id='d'><di:BPMNPlane bpmnElement='p'>" +
         std::string(plane) + "</di:BPMNPlane></di:BPMNDiagram></definitions>";
}

std::string ShapeXml(std::string_view id, std::string_view more = {},
                     std::string_view inner = {}) {
  return "<di:BPMNShape bpmnElement='" + std::string(id) + "' " +
         std::string(more) +
         "><dc:Bounds x='10' y='20' width='100' height='80'/>" +
         std::string(inner) + "</di:BPMNShape>";
}

Diagram Read(std::string_view model, std::string_view plane) {
  const auto diagrams = ReadDiagrams(File(model, plane));
  EXPECT_TRUE(diagrams.ok()) << diagrams.status();
  if (!diagrams.ok() || diagrams->size() != 1) return {};
  return diagrams->front();
}

Shape ReadOne(std::string_view element, std::string_view more = {}) {
  const Diagram diagram =
      Read("<process id='p'>" + std::string(element) + "</process>",
           ShapeXml("a", more));
  EXPECT_EQ(diagram.shapes.size(), 1u) << element;
  return diagram.shapes.empty() ? Shape() : diagram.shapes.front();
}

TEST(ReadDiagrams, AShapeHasItsElementsLook) {
  const Shape user = ReadOne("<userTask id='a' name='N'/>");
  EXPECT_EQ(user.id, "a");
  EXPECT_EQ(user.tag, "userTask");
  EXPECT_EQ(user.label.text, "N");
  EXPECT_EQ(user.kind, ShapeKind::kActivity);
  EXPECT_EQ(user.task, TaskSymbol::kUser);
  EXPECT_EQ(user.bounds, (Bounds{10, 20, 100, 80}));
  EXPECT_EQ(ReadOne("<parallelGateway id='a'/>").gateway,
            GatewaySymbol::kParallel);
  EXPECT_EQ(ReadOne("<exclusiveGateway id='a'/>").gateway,
            GatewaySymbol::kNone);
  EXPECT_EQ(
      ReadOne("<exclusiveGateway id='a'/>", "isMarkerVisible='true'").gateway,
      GatewaySymbol::kExclusive);
  EXPECT_EQ(ReadOne("<adHocSubProcess id='a'/>").ad_hoc, true);
  EXPECT_EQ(ReadOne("<subProcess id='a' triggeredByEvent='true'/>").activity,
            ActivityKind::kEventSubProcess);
  EXPECT_EQ(ReadOne("<task id='a'><multiInstanceLoopCharacteristics "
                    "isSequential='true'/></task>")
                .loop,
            LoopMarker::kSequential);
}

TEST(ReadDiagrams, IdsInWhiteSpace) {
  const Diagram diagram = Read("<process id=' p'><task id=' a '/></process>",
                               ShapeXml(" a ") + ShapeXml("x:a&#10;"));
  ASSERT_EQ(diagram.shapes.size(), 2u);
  for (const Shape& shape : diagram.shapes) {
    EXPECT_EQ(shape.id, "a");
    EXPECT_EQ(shape.tag, "task");
  }
}

TEST(ReadDiagrams, EventsByPositionAndDefinition) {
  const Shape boundary = ReadOne(
      "<boundaryEvent id='a' cancelActivity='false' attachedToRef='t'>"
      "<timerEventDefinition/></boundaryEvent>");
  EXPECT_EQ(boundary.host, "t");
  EXPECT_EQ(boundary.position, EventPosition::kBoundary);
  EXPECT_EQ(boundary.event, EventSymbol::kTimer);
  EXPECT_FALSE(boundary.interrupting);
  const std::string two = "<timerEventDefinition/><signalEventDefinition/>";
  EXPECT_EQ(ReadOne("<startEvent id='a'>" + two + "</startEvent>").event,
            EventSymbol::kMultiple);
  EXPECT_EQ(ReadOne("<startEvent id='a' parallelMultiple='true'>" + two +
                    "</startEvent>")
                .event,
            EventSymbol::kParallelMultiple);
  // Only an event sub-process can go on beside what it is in.
  EXPECT_TRUE(
      ReadOne("<startEvent id='a' isInterrupting='false'/>").interrupting);
  EXPECT_FALSE(ReadOne("<subProcess id='s' triggeredByEvent='true'>"
                       "<startEvent id='a' isInterrupting='false'/>"
                       "</subProcess>")
                   .interrupting);
}

TEST(ReadDiagrams, ASubProcessWithItsInsideOnTheDiagramIsExpanded) {
  const std::string model =
      "<process id='p'><subProcess id='s'><task id='t'/></subProcess>"
      "</process>";
  EXPECT_TRUE(Read(model, ShapeXml("s") + ShapeXml("t")).shapes[0].expanded);
  EXPECT_FALSE(Read(model, ShapeXml("s")).shapes[0].expanded);
  EXPECT_FALSE(Read(model, ShapeXml("s", "isExpanded='false'") + ShapeXml("t"))
                   .shapes[0]
                   .expanded);
}

TEST(ReadDiagrams, APoolIsABlackBoxUnlessItsInsideIsShown) {
  const std::string model =
      "<collaboration id='c'><participant id='pool' processRef='p'/>"
      "</collaboration><process id='p'><task id='t'/></process>";
  EXPECT_TRUE(Read(model, ShapeXml("pool")).shapes[0].black_box);
  EXPECT_FALSE(
      Read(model, ShapeXml("pool") + ShapeXml("t")).shapes[0].black_box);
}

TEST(ReadDiagrams, ALaneStandsAsItsPool) {
  const std::string model =
      "<collaboration id='c'><participant id='pool' processRef='p'/>"
      "</collaboration><process id='p'><laneSet><lane id='l'/></laneSet>"
      "</process>";
  const Diagram diagram =
      Read(model, ShapeXml("pool", "isHorizontal='false'") + ShapeXml("l"));
  EXPECT_FALSE(diagram.shapes[1].horizontal);
}

TEST(ReadDiagrams, EdgesWithTheirEnds) {
  const std::string model =
      "<process id='p'><task id='a' default='d'/><task id='b'/>"
      "<sequenceFlow id='c' sourceRef='a' targetRef='b'>"
      "<conditionExpression>x</conditionExpression></sequenceFlow>"
      "<sequenceFlow id='d' sourceRef='a' targetRef='b'/></process>";
  const auto edge = [](std::string_view id) {
    return "<di:BPMNEdge bpmnElement='" + std::string(id) +
           "'><dd:waypoint x='1' y='2'/><dd:waypoint x='3' y='4'/>"
           "</di:BPMNEdge>";
  };
  const Diagram diagram = Read(model, edge("c") + edge("d"));
  ASSERT_EQ(diagram.edges.size(), 2u);
  EXPECT_TRUE(diagram.edges[0].conditional);
  EXPECT_FALSE(diagram.edges[0].is_default);
  EXPECT_FALSE(diagram.edges[1].conditional);
  EXPECT_TRUE(diagram.edges[1].is_default);
  EXPECT_EQ(diagram.edges[0].line, (std::vector<Point>{{1, 2}, {3, 4}}));
}

TEST(ReadDiagrams, AnEdgeWithoutWaypointsIsStraight) {
  const std::string model =
      "<process id='p'><task id='a'/><task id='b'/>"
      "<sequenceFlow id='f' sourceRef='a' targetRef='b'/></process>";
  const std::string b =
      "<di:BPMNShape bpmnElement='b'><dc:Bounds x='210' y='20' width='100' "
      "height='80'/></di:BPMNShape>";
  const Diagram diagram =
      Read(model, ShapeXml("a") + b + "<di:BPMNEdge bpmnElement='f'/>");
  ASSERT_EQ(diagram.edges.size(), 1u);
  EXPECT_EQ(diagram.edges[0].line, (std::vector<Point>{{110, 60}, {210, 60}}));
  // With one end only there is nothing to draw, and that is said.
  const Diagram half =
      Read(model, ShapeXml("a") + "<di:BPMNEdge bpmnElement='f'/>");
  EXPECT_TRUE(half.edges.empty());
  ASSERT_EQ(half.left_out.size(), 1u);
  EXPECT_TRUE(half.left_out[0].starts_with("f: ")) << half.left_out[0];
}

TEST(ReadDiagrams, WhatHasNoPlaceIsLeftOutAndNamed) {
  for (const std::string bounds :
       {"", "<dc:Bounds x='1' y='1' width='nan' height='1'/>",
        "<dc:Bounds x='1e300' y='1' width='1' height='1'/>",
        "<dc:Bounds x='1' y='1' width='-1' height='1'/>",
        "<dc:Bounds x='1' y='1' width='1'/>"}) {
    const Diagram diagram =
        Read("<process id='p'><task id='a'/></process>",
             "<di:BPMNShape bpmnElement='a'>" + bounds + "</di:BPMNShape>");
    EXPECT_TRUE(diagram.shapes.empty()) << bounds;
    EXPECT_EQ(diagram.left_out.size(), 1u) << bounds;
  }
}

TEST(ReadDiagrams, AShapeOfNothingIsDrawnAsUnknown) {
  const Diagram diagram = Read("<process id='p'/>", ShapeXml("x:gone"));
  ASSERT_EQ(diagram.shapes.size(), 1u);
  EXPECT_EQ(diagram.shapes[0].id, "gone");
  EXPECT_EQ(diagram.shapes[0].kind, ShapeKind::kUnknown);
}

TEST(ReadDiagrams, ColoursOnlyOfHexadecimalDigits) {
  const Shape good = ReadOne("<task id='a'/>", "b:fill='#Ff0012'");
  EXPECT_EQ(good.fill, "#Ff0012");
  for (const std::string bad : {"red", "#12345", "#12345g", "url(#x)"}) {
    EXPECT_EQ(ReadOne("<task id='a'/>", "b:fill='" + bad + "'").fill, "")
        << bad;
  }
}

TEST(ReadDiagrams, AFileWithoutADiagramIsLaidOut) {
  const auto diagrams = ReadDiagrams(
      "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'>"
      "<process id='p'><startEvent id='s'/><endEvent id='e'/>"
      "<sequenceFlow id='f' sourceRef='s' targetRef='e'/></process>"
      "</definitions>");
  ASSERT_TRUE(diagrams.ok()) << diagrams.status();
  ASSERT_EQ(diagrams->size(), 1u);
  EXPECT_EQ(diagrams->front().shapes.size(), 2u);
  EXPECT_EQ(diagrams->front().edges.size(), 1u);
}

TEST(ReadDiagrams, AStateIsWrittenOnce) {
  const std::string state = "<dataState name='new'/></dataObjectReference>";
  EXPECT_EQ(ReadOne("<dataObjectReference id='a' name='D'>" + state).label.text,
            "D\n[new]");
  EXPECT_EQ(
      ReadOne("<dataObjectReference id='a' name='D [new]'>" + state).label.text,
      "D [new]");
}

TEST(ReadDiagrams, WhatIsNoModelIsRefusedWithItsPlace) {
  for (const std::string text : {"", "no xml", "<a/>", "<a><b></a>"}) {
    const auto diagrams = ReadDiagrams(text);
    EXPECT_EQ(diagrams.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
    EXPECT_TRUE(std::string(diagrams.status().message()).find(':') !=
                std::string::npos)
        << diagrams.status();
  }
}

TEST(ReadDiagrams, NoMoreThanTheLimit) {
  std::string shapes;
  for (size_t i = 0; i < kRenderItemsMax; ++i) shapes += "<di:BPMNShape/>";
  EXPECT_TRUE(ReadDiagrams(File("", shapes)).ok());
  const auto more = ReadDiagrams(File("", shapes + "<di:BPMNEdge/>"));
  EXPECT_EQ(more.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(more.status().message().find("kRenderItemsMax"), std::string::npos);
}

TEST(ReadDiagrams, ANameThatManyShapesShareIsBounded) {
  std::string shapes;
  for (int i = 0; i < 1000; ++i) shapes += ShapeXml("a");
  const Diagram diagram = Read("<process id='p'><task id='a' name='" +
                                   std::string(1 << 20, 'x') + "'/></process>",
                               shapes);
  ASSERT_EQ(diagram.shapes.size(), 1000u);
  EXPECT_LT(diagram.shapes[0].label.text.size(), kRenderLabelMax + 10);
}

}  // namespace
}  // namespace pawl::replay
