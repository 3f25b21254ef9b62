#include "tests/support/scenario_check.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace pawl {

std::string Failures(const replay::ScenarioResult& result) {
  std::string text;
  for (const replay::ScenarioStepResult& step : result.steps) {
    if (step.ok || step.note) continue;
    if (!text.empty()) text += '\n';
    text += replay::FormatStep(result, step);
  }
  return text;
}

void ExpectPasses(const replay::Scenario& scenario) {
  for (const bool checkpoints : {false, true}) {
    const replay::ScenarioResult result =
        replay::RunScenario(scenario, {.checkpoint_each_step = checkpoints});
    EXPECT_TRUE(result.passed)
        << (checkpoints ? "with a checkpoint after each step:\n" : "")
        << Failures(result);
    // What passed has run to its end.
    if (result.passed) {
      EXPECT_EQ(result.steps.size(), scenario.steps.size());
    }
  }
}

std::string CaseName(const std::string& id) {
  std::string name = id;
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
               !(c >= '0' && c <= '9');
      },
      '_');
  return name;
}

}  // namespace pawl
