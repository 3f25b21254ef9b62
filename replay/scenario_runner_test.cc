#include "replay/scenario_runner.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace pawl::replay {
namespace {

// A service task, then a user task.
constexpr char kModel[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:pawl="https://pawl.dev/bpmn/1.0" targetNamespace="t">
  <process id="p" isExecutable="true">
    <startEvent id="start"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <serviceTask id="work" pawl:type="work"/>
    <sequenceFlow id="f2" sourceRef="work" targetRef="check"/>
    <userTask id="check"/>
    <sequenceFlow id="f3" sourceRef="check" targetRef="end"/>
    <endEvent id="end"/>
  </process>
</definitions>
)";

class ScenarioRunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/scenario_runner_test";
    ASSERT_EQ(std::system(("mkdir -p " + folder_).c_str()), 0);
    std::ofstream(folder_ + "/p.bpmn") << kModel;
  }

  ScenarioResult Run(const std::string& steps) {
    const auto scenarios = ParseScenarios(
        "id: s\nbpmn: [p.bpmn]\nsteps:\n" + steps, folder_ + "/s.yaml");
    EXPECT_TRUE(scenarios.ok()) << scenarios.status();
    if (!scenarios.ok()) return {};
    return RunScenario(scenarios->front());
  }

  // The text of the only failing step.
  static std::string Failure(const ScenarioResult& result) {
    std::string text;
    for (const ScenarioStepResult& step : result.steps) {
      if (!step.ok && !step.note) text += step.text + "\n";
    }
    return text;
  }

  std::string folder_;
};

TEST_F(ScenarioRunnerTest, PassesAndCountsItsSteps) {
  const ScenarioResult result = Run(R"(
  - {op: start, process: p, vars: {amount: 20}}
  - {op: complete_job, type: work, vars: {done: true}}
  - {op: expect_active, ids: [check]}
  - {op: expect_vars, process: p, vars: {amount: 20.0, done: true}}
  - {op: complete_user_task, id: check}
  - {op: expect_path, ids: [work, check]}
  - {op: expect_ended}
)");
  EXPECT_TRUE(result.passed) << Failure(result);
  EXPECT_EQ(result.steps.size(), 7u);
}

TEST_F(ScenarioRunnerTest, EachKindOfMismatchIsFound) {
  const std::string start = "  - {op: start, process: p, vars: {x: 1}}\n";
  for (const auto& [step, wanted] :
       std::vector<std::pair<std::string, std::string>>{
           {"{op: expect_active, ids: [check]}", "got [], wanted [check]"},
           {"{op: expect_waiting, timers: 1}", "timers: got 0, wanted 1"},
           {"{op: expect_waiting, messages: [m]}", "messages: got []"},
           {"{op: expect_vars, process: p, vars: {x: 2}}", "x: got 1"},
           {"{op: expect_vars, process: p, vars: {x: '1'}}", "x: got 1"},
           {"{op: expect_vars, process: p, vars: {y: 1}}", "no such variable"},
           {"{op: expect_vars, process: q, vars: {}}", "no instance"},
           {"{op: expect_incident}", "incidents: got []"},
           {"{op: expect_path, ids: [work]}", "path: got [start]"},
           {"{op: expect_ended}", "running instances: got [p 3]"},
           {"{op: expect_ended, process: q}", "instances: got none"},
           {"{op: expect_state, state: completed}", "state: got active"},
           {"{op: expect_jobs, type: work, ready: 2}", "ready: got 1"},
           {"{op: expect_task, id: check}", "tasks check: got []"},
           {"{op: complete_user_task, id: check}", "got 0 active user tasks"},
           {"{op: complete_job, type: other}", "got 0 jobs"},
           {"{op: correlate_message, name: m}", "no_match"},
           {"{op: trigger_receive, id: check}", "receive"},
           {"{op: complete_eventually, ids: [check]}", "none of [check]"},
           {"{op: start, process: q}", "q"},
           {"{op: start, process: p, expect_failure: not_found}",
            "got it done"},
           {"{op: resolve_incident}", "no such incident"},
           {"{op: advance_time, duration: soon}", "soon"}}) {
    const ScenarioResult result = Run(start + "  - " + step + "\n");
    EXPECT_FALSE(result.passed) << step;
    EXPECT_NE(Failure(result).find(wanted), std::string::npos)
        << step << ": " << Failure(result);
  }
}

TEST_F(ScenarioRunnerTest, ChecksGoOnActionsStop) {
  EXPECT_EQ(
      Run("  - {op: expect_ended}\n  - {op: expect_ended}\n").steps.size(),
      // and the verification, which found nothing to report
      2u);
  EXPECT_EQ(Run("  - {op: complete_job, type: x}\n  - {op: expect_ended}\n")
                .steps.size(),
            1u);
}

TEST_F(ScenarioRunnerTest, CamundaSpecificIsANote) {
  const ScenarioResult result =
      Run("  - {op: expect_active, ids: [x], camunda_specific: true}\n");
  EXPECT_TRUE(result.passed);
  ASSERT_EQ(result.steps.size(), 1u);
  EXPECT_TRUE(result.steps[0].note);
  EXPECT_NE(FormatStep(result, result.steps[0]).find("note: got []"),
            std::string::npos);
}

TEST_F(ScenarioRunnerTest, RefusedModelFailsTheScenario) {
  const auto scenarios = ParseScenarios(
      "id: s\nbpmn: [absent.bpmn]\nsteps: []\n", folder_ + "/s.yaml");
  ASSERT_TRUE(scenarios.ok());
  const ScenarioResult result = RunScenario(scenarios->front());
  EXPECT_FALSE(result.passed);
  EXPECT_NE(Failure(result).find("absent.bpmn"), std::string::npos);
}

TEST_F(ScenarioRunnerTest, ExpectFailureTakesRefusalsAndIncidents) {
  EXPECT_TRUE(Run(R"(
  - {op: start, process: nobody, expect_failure: not_found}
  - {op: start, process: p}
  - {op: fail_job, type: work, retries: 0, expect_failure: job_no_retries}
)")
                  .passed);
}

}  // namespace
}  // namespace pawl::replay
