// Pictures of an instance against its state, and its animation against its
// timeline, at every position.
#include "replay/render/instance_view.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/render/animation.h"
#include "replay/render/diagram_read.h"
#include "replay/render/render.h"
#include "replay/timeline.h"

namespace pawl::replay {
namespace {

constexpr char kModel[] = R"(
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             targetNamespace="t">
  <process id="p" isExecutable="true">
    <startEvent id="start"/>
    <parallelGateway id="fork"/>
    <userTask id="left"/>
    <userTask id="right">
      <multiInstanceLoopCharacteristics>
        <loopCardinality>2</loopCardinality>
      </multiInstanceLoopCharacteristics>
    </userTask>
    <parallelGateway id="join"/>
    <exclusiveGateway id="choice" default="on"/>
    <endEvent id="end"/>
    <sequenceFlow id="a" sourceRef="start" targetRef="fork"/>
    <sequenceFlow id="b" sourceRef="fork" targetRef="left"/>
    <sequenceFlow id="c" sourceRef="fork" targetRef="right"/>
    <sequenceFlow id="d" sourceRef="left" targetRef="join"/>
    <sequenceFlow id="e" sourceRef="right" targetRef="join"/>
    <sequenceFlow id="f" sourceRef="join" targetRef="choice"/>
    <sequenceFlow id="on" sourceRef="choice" targetRef="end"/>
    <sequenceFlow id="never" sourceRef="choice" targetRef="end">
      <conditionExpression>${missing &gt; 1}</conditionExpression>
    </sequenceFlow>
  </process>
</definitions>)";

class InstanceViewTest : public testing::Test {
 protected:
  InstanceViewTest()
      : driver_(
            ManualDriver::Open(std::make_shared<eventstore::MemoryDisk>(), {})
                .value()) {
    PAWL_CHECK_OK(
        driver_->Submit(MakeDeployment({BpmnText("p.bpmn", kModel)}).value())
            .status);
    fb::StartInstanceT start;
    start.process_id = "p";
    // Another one first, so that its keys and records are others.
    PAWL_CHECK_OK(driver_->Do(start).status);
    driver_->SetNow(kStart);
    instance_ = driver_->Do(start).answer.instance;
    PAWL_CHECK_OK(driver_->RunUntilIdle());
    CompleteAt("left", kStart + 4'000);
    CompleteAt("right", kStart + 5'000);
    CompleteAt("right", kStart + 9'000);
  }

  PartitionData& data() { return driver_->data(); }

  core::Instance State(Position at) {
    return data().LoadAt(instance_, at).value();
  }

  void CompleteAt(const std::string& element, int64_t now_ms) {
    driver_->SetNow(now_ms);
    const core::Instance state = State(data().state().position);
    const auto model = data().Model(state.definition).value();
    for (const auto& [key, task] : state.tasks) {
      const uint32_t index = state.elements.at(task.element_key).element;
      if (model->element(index).id != element) continue;
      fb::CompleteTaskT complete;
      complete.task = key.value();
      PAWL_CHECK_OK(driver_->Do(std::move(complete)).status);
      PAWL_CHECK_OK(driver_->RunUntilIdle());
      return;
    }
    ADD_FAILURE() << "no task of " << element;
  }

  // What the state says is active, rests and has failed, by id.
  using Counts = std::map<std::string, uint64_t>;
  Counts OfState(Position at) {
    const core::Instance state = State(at);
    const auto model = data().Model(state.definition).value();
    Counts counts;
    for (const auto& [key, element] : state.elements) {
      const std::string& id = model->element(element.element).id;
      ++counts[(element.loop_index == 0 ? "active " : "run ") + id];
    }
    for (const auto& [key, scope] : state.scopes) {
      for (const auto& [flow, tokens] : scope.tokens) {
        counts["rests " + model->flow(flow).id] += tokens;
      }
    }
    for (const auto& [key, incident] : state.incidents) {
      ++counts["failed " + model->element(incident.element).id];
    }
    return counts;
  }

  static void Add(const std::string& id, const ElementOverlay& element,
                  Counts* counts) {
    const auto set = [&](const std::string& name, uint64_t count) {
      counts->erase(name + id);
      if (count > 0) (*counts)[name + id] = count;
    };
    set("active ", element.tokens);
    set("run ", element.runs_active);
    set("failed ", element.incidents.size());
  }
  static void Add(const std::string& id, const FlowOverlay& flow,
                  Counts* counts) {
    counts->erase("rests " + id);
    if (flow.tokens > 0) (*counts)["rests " + id] = flow.tokens;
  }

  static constexpr int64_t kStart = 1'000'000'050'000;
  std::unique_ptr<ManualDriver> driver_;
  InstanceKey instance_;
};

TEST_F(InstanceViewTest, EveryPositionIsAsTheStateWas) {
  const auto positions = data().PositionsOf(instance_).value();
  ASSERT_GE(positions.size(), 4u);
  for (Position at = positions.front(); at <= data().state().position; ++at) {
    const auto view = ViewInstance(&data(), instance_, at, std::nullopt);
    ASSERT_TRUE(view.ok()) << view.status();
    Counts counts;
    for (const auto& [id, element] : view->overlay.elements) {
      Add(id, element, &counts);
    }
    for (const auto& [id, flow] : view->overlay.flows) Add(id, flow, &counts);
    EXPECT_EQ(counts, OfState(at)) << at;
    EXPECT_EQ(view->position, at);
  }
}

TEST_F(InstanceViewTest, CountsFlowsAndDurations) {
  const auto view =
      ViewInstance(&data(), instance_, std::nullopt, std::nullopt);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->process_id, "p");
  EXPECT_EQ(view->version, 1u);
  EXPECT_EQ(view->xml, kModel);
  EXPECT_EQ(view->state, "active");
  const Overlay& overlay = view->overlay;
  EXPECT_EQ(overlay.elements.at("left").completed, 1u);
  EXPECT_EQ(overlay.elements.at("left").duration_ms, 4'000);
  EXPECT_EQ(overlay.elements.at("right").completed, 1u);
  EXPECT_EQ(overlay.elements.at("right").runs_done, 2u);
  EXPECT_EQ(overlay.elements.at("right").duration_ms, 9'000);
  EXPECT_EQ(overlay.flows.at("e").taken, 1u);
  EXPECT_FALSE(overlay.flows.contains("on"));
  // Its condition can't be evaluated.
  ASSERT_EQ(overlay.elements.at("choice").incidents.size(), 1u);
  EXPECT_EQ(overlay.elements.at("choice").incidents[0].type,
            "expression_error");
  EXPECT_EQ(overlay.elements.at("choice").tokens, 1u);
  ASSERT_EQ(overlay.caption.size(), 1u);
  EXPECT_NE(overlay.caption[0].find("of p, version 1: active, as of 0:"),
            std::string::npos)
      << overlay.caption[0];
  const auto svg = RenderSvg(ReadDiagrams(view->xml).value(), &overlay);
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_NE(svg->find("incident expression_error: "), std::string::npos);
}

TEST_F(InstanceViewTest, WhatWaitsHasTakenUntilTheTimeAsked) {
  const auto first = data().PositionsOf(instance_).value().front();
  const auto view = ViewInstance(&data(), instance_, first, kStart + 60'000);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->overlay.elements.at("left").duration_ms, 60'000);
  EXPECT_EQ(view->overlay.flows.at("b").taken, 1u);
}

TEST_F(InstanceViewTest, WhatIsNotThereIsNotFound) {
  EXPECT_EQ(ViewInstance(&data(), InstanceKey(999), std::nullopt, std::nullopt)
                .status()
                .code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ViewInstance(&data(), instance_, 1, std::nullopt).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(
      ViewInstance(&data(), instance_, 1'000'000, std::nullopt).status().code(),
      absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadAnimation(&data(), instance_, 1).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(InstanceViewTest, AFrameForEachRecordAsTheTimelineTellsIt) {
  const auto animation = ReadAnimation(&data(), instance_, std::nullopt);
  ASSERT_TRUE(animation.ok()) << animation.status();
  std::map<Position, std::vector<std::string>> texts;
  std::map<Position, std::vector<std::string>> taken;
  const std::vector<TimelineEntry> entries =
      ReadTimeline(&data(), instance_).value();
  for (const TimelineEntry& entry : entries) {
    texts[entry.position];
    if (!entry.detail) texts[entry.position].push_back(entry.text);
    if (entry.event == "FlowTaken") {
      taken[entry.position].push_back(entry.element_id);
    }
  }
  ASSERT_EQ(animation->frames.size(), texts.size());
  Counts counts;
  for (const AnimationFrame& frame : animation->frames) {
    ASSERT_TRUE(texts.contains(frame.position)) << frame.position;
    EXPECT_EQ(frame.texts, texts[frame.position]);
    EXPECT_EQ(frame.taken, taken[frame.position]);
    // Frame upon frame they give what the state was.
    for (const auto& [id, element] : frame.elements) Add(id, element, &counts);
    for (const auto& [id, flow] : frame.flows) Add(id, flow, &counts);
    EXPECT_EQ(counts, OfState(frame.position)) << frame.position;
  }
  const Position second = animation->frames[1].position;
  EXPECT_EQ(ReadAnimation(&data(), instance_, second)->frames.size(), 2u);
  const size_t frames = animation->frames.size();
  EXPECT_TRUE(ReadAnimation(&data(), instance_, std::nullopt, frames).ok());
  const auto too_many =
      ReadAnimation(&data(), instance_, std::nullopt, frames - 1);
  EXPECT_EQ(too_many.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(too_many.status().message().find("kRenderFramesMax"),
            std::string::npos);
}

TEST_F(InstanceViewTest, ThePageIsWholeAndFetchesNothing) {
  const auto animation = ReadAnimation(&data(), instance_, std::nullopt);
  ASSERT_TRUE(animation.ok()) << animation.status();
  Animation hostile = *animation;
  hostile.process_id = "</title><script>alert(1)</script>";
  hostile.frames[0].texts.push_back("</script><script>alert(2)</script>");
  const auto page = RenderAnimation(ReadDiagrams(hostile.xml).value(), hostile);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->find("<script>alert"), std::string::npos);
  size_t scripts = 0;
  for (size_t at = page->find("</script"); at != std::string::npos;
       at = page->find("</script", at + 1)) {
    ++scripts;
  }
  EXPECT_EQ(scripts, 2u);
  EXPECT_NE(page->find("default-src 'none'"), std::string::npos);
  for (const char* what : {" src=", " href=", "url(", "import", "fetch("}) {
    EXPECT_EQ(page->find(what), std::string::npos) << what;
  }
  // The namespace is the only address.
  size_t addresses = 0;
  for (size_t at = page->find("://"); at != std::string::npos;
       at = page->find("://", at + 1)) {
    ++addresses;
  }
  EXPECT_EQ(addresses, 2u);
}

}  // namespace
}  // namespace pawl::replay
