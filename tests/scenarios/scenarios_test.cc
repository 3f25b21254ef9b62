// The project's own scenarios: every *.yaml and *.jsonl beside this file, one
// case each. `pawl test` runs the same files.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/value.h"
#include "gtest/gtest.h"
#include "replay/scenario.h"
#include "replay/scenario_runner.h"
#include "tests/support/scenario_check.h"

namespace pawl {

namespace replay {

// How GoogleTest names a parameter.
void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.id << " of " << scenario.file << ":" << scenario.line;
}

}  // namespace replay

namespace {

namespace fs = std::filesystem;

using replay::Scenario;
using replay::ScenarioOp;
using replay::ScenarioStep;

// Fewer mean that files went missing, and a run without them proves nothing.
constexpr size_t kScenariosMin = 35;

struct Found {
  std::vector<Scenario> scenarios;
  // Files that can't be read, with the reason.
  std::vector<std::string> errors;
};

// Bazel runs a test in the root of its inputs.
Found ReadScenarios() {
  Found found;
  std::set<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::directory_iterator("tests/scenarios", error)) {
    const std::string extension = entry.path().extension();
    if (extension == ".yaml" || extension == ".jsonl") {
      files.insert(entry.path());
    }
  }
  if (error) found.errors.push_back(error.message());
  for (const std::string& file : files) {
    auto scenarios = replay::LoadScenarios(file);
    if (!scenarios.ok()) {
      found.errors.push_back(scenarios.status().ToString());
      continue;
    }
    std::move(scenarios->begin(), scenarios->end(),
              std::back_inserter(found.scenarios));
  }
  return found;
}

const Found& AllScenarios() {
  static const auto* const found = new Found(ReadScenarios());
  return *found;
}

bool Checks(const ScenarioStep& step) {
  return step.op_name.starts_with("expect_") || !step.expect_failure.empty() ||
         step.expect_no_match;
}

TEST(Scenarios, AreFoundAndRead) {
  EXPECT_EQ(AllScenarios().errors, std::vector<std::string>());
  EXPECT_GE(AllScenarios().scenarios.size(), kScenariosMin);
}

TEST(Scenarios, EachHasANameOfItsOwnAndExpectsSomething) {
  std::set<std::string> names;
  for (const Scenario& scenario : AllScenarios().scenarios) {
    EXPECT_TRUE(names.insert(CaseName(scenario.id)).second) << scenario.id;
    EXPECT_TRUE(
        std::any_of(scenario.steps.begin(), scenario.steps.end(), Checks))
        << scenario.id;
    // What it says must hold in this engine.
    EXPECT_TRUE(std::none_of(
        scenario.steps.begin(), scenario.steps.end(),
        [](const ScenarioStep& step) { return step.camunda_specific; }))
        << scenario.id;
  }
}

TEST(Scenarios, EveryOperationIsUsed) {
  std::set<ScenarioOp> used;
  for (const Scenario& scenario : AllScenarios().scenarios) {
    for (const ScenarioStep& step : scenario.steps) used.insert(step.op);
  }
  EXPECT_EQ(used.size(), static_cast<size_t>(ScenarioOp::kActivate) + 1);
}

TEST(Scenarios, EveryModelIsUsed) {
  std::set<std::string> unused;
  for (const fs::directory_entry& entry :
       fs::directory_iterator("tests/scenarios/models")) {
    unused.insert("models/" + entry.path().filename().string());
  }
  EXPECT_FALSE(unused.empty());
  for (const Scenario& scenario : AllScenarios().scenarios) {
    for (const std::string& model : scenario.bpmn) unused.erase(model);
    for (const ScenarioStep& step : scenario.steps) {
      if (!step.bpmn.has_value()) continue;
      for (const std::string& model : *step.bpmn) unused.erase(model);
    }
  }
  EXPECT_EQ(unused, std::set<std::string>());
}

// Changes what a step that only checks expects into what can't be.
void Falsify(ScenarioStep* step) {
  const auto raise = [](std::optional<int64_t>* number) {
    if (number->has_value()) ++**number;
  };
  raise(&step->count);
  raise(&step->timers);
  raise(&step->ready);
  raise(&step->locked);
  raise(&step->backoff_jobs);
  raise(&step->incident_jobs);
  raise(&step->retries);
  if (step->ids.has_value()) step->ids->push_back("never");
  if (step->messages.has_value()) step->messages->push_back("never");
  if (step->signals.has_value()) step->signals->push_back("never");
  if (step->conditions.has_value()) step->conditions->push_back("never");
  Variables vars;
  for (const auto& [name, value] : step->vars) {
    vars.Set(name, Value::List{value});
  }
  step->vars = std::move(vars);
  if (!step->worker.empty()) step->worker = "never";
  if (step->has_assignee) step->assignee = "never";
  switch (step->op) {
    case ScenarioOp::kExpectIncident:
      if (!step->count.has_value()) step->message = "never";
      break;
    case ScenarioOp::kExpectNoIncident:
      step->op = ScenarioOp::kExpectIncident;
      break;
    case ScenarioOp::kExpectState:
      step->state = "never";
      break;
    case ScenarioOp::kExpectEnded:
      step->op = ScenarioOp::kExpectState;
      step->state = "active";
      break;
    default:
      break;
  }
}

// A step that checks never stops a scenario, so one run tells of all of them.
TEST(Scenarios, EveryExpectationCanFail) {
  for (Scenario scenario : AllScenarios().scenarios) {
    for (ScenarioStep& step : scenario.steps) {
      if (step.op_name.starts_with("expect_")) Falsify(&step);
    }
    const replay::ScenarioResult result = replay::RunScenario(scenario);
    std::set<size_t> failed;
    for (const replay::ScenarioStepResult& step : result.steps) {
      if (!step.ok) failed.insert(step.step);
    }
    for (size_t i = 0; i < scenario.steps.size(); ++i) {
      EXPECT_EQ(failed.contains(i + 1),
                scenario.steps[i].op_name.starts_with("expect_"))
          << scenario.file << ":" << scenario.steps[i].line << ": "
          << scenario.id << ": " << scenario.steps[i].op_name;
    }
  }
}

// Such a step does stop it, so only the last one of a scenario is tried.
TEST(Scenarios, EveryRefusalCanFail) {
  for (Scenario scenario : AllScenarios().scenarios) {
    const auto last = std::find_if(
        scenario.steps.rbegin(), scenario.steps.rend(),
        [](const ScenarioStep& step) { return !step.expect_failure.empty(); });
    if (last == scenario.steps.rend()) continue;
    last->expect_failure = "never";
    const replay::ScenarioResult result = replay::RunScenario(scenario);
    EXPECT_FALSE(result.passed) << scenario.id;
    ASSERT_FALSE(result.steps.empty()) << scenario.id;
    EXPECT_EQ(result.steps.back().line, last->line) << scenario.id;
  }
}

class ProjectScenario : public testing::TestWithParam<Scenario> {};

TEST_P(ProjectScenario, Passes) { ExpectPasses(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, ProjectScenario,
                         testing::ValuesIn(AllScenarios().scenarios),
                         [](const auto& info) {
                           return CaseName(info.param.id);
                         });

}  // namespace
}  // namespace pawl
