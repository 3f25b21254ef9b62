// Execution scenarios by others, read from the behaviour of another engine and
// run unchanged: behaviours.jsonl in the folder of the reference data, which
// isn't part of this repository. Skips where that folder is absent.
//
// A scenario whose models this build executes must pass; one with an element
// that it doesn't execute must be refused when it is deployed, with the reason
// and the place. There is no third outcome: nothing runs wrongly in silence.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/model/bpmn_xml.h"
#include "engine/value.h"
#include "gtest/gtest.h"
#include "replay/scenario.h"
#include "replay/scenario_runner.h"
#include "tests/support/conformance_dir.h"
#include "tests/support/scenario_check.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

using replay::Scenario;
using replay::ScenarioResult;

// What the exclusive gateway, the parallel gateway, flows out of activities
// and the intermediate timer are measured by.
const char* const kSpine[] = {
    "excl-diverging-1",
    "excl-diverging-2",
    "excl-diverging-3",
    "excl-merging",
    "excl-no-flow",
    "par-fork-join",
    "par-nested-fork-join",
    "par-unbalanced-fork-join",
    "par-unstructured-two-forks",
    "seqflow-conditional",
    "seqflow-uncontrolled-split",
    "timer-intermediate",
};

fs::path File() { return ConformanceDir() / "behaviours.jsonl"; }

// Skips the running case where there is no such folder. One without the file is
// a mistake.
#define SKIP_WITHOUT_DATA()                                           \
  if (ConformanceDir().empty() || !fs::exists(ConformanceDir())) {    \
    GTEST_SKIP() << "skipped: no folder of reference scenarios; set " \
                    "PAWL_CONFORMANCE_DIR";                           \
  }

struct Behaviour {
  Scenario scenario;
  // "gateway/parallel"
  std::string category;
};

// In the order of the file; empty, and the case has failed, when it can't be
// read.
std::vector<Behaviour> ReadBehaviours() {
  std::vector<Behaviour> behaviours;
  auto scenarios = replay::LoadScenarios(File().string());
  EXPECT_TRUE(scenarios.ok()) << scenarios.status();
  if (!scenarios.ok()) return behaviours;
  // The format of scenarios knows no category.
  std::map<std::string, std::string> categories;
  std::ifstream lines(File());
  for (std::string line; std::getline(lines, line);) {
    const auto json = Value::FromJson(line);
    if (!json.ok() || !(*json)["category"].is_string()) continue;
    categories[(*json)["id"].string()] = (*json)["category"].string();
  }
  for (Scenario& scenario : *scenarios) {
    std::string category = categories[scenario.id];
    EXPECT_FALSE(category.empty()) << scenario.id;
    behaviours.push_back({std::move(scenario), std::move(category)});
  }
  return behaviours;
}

const std::vector<Behaviour>& Behaviours() {
  static const auto* const behaviours =
      new std::vector<Behaviour>(ReadBehaviours());
  return *behaviours;
}

// Every scenario about an exclusive gateway, every one about parallel gateways
// alone, and three that are named.
bool IsOfTheSpine(const Behaviour& behaviour) {
  const std::string& id = behaviour.scenario.id;
  return id.starts_with("excl-") ||
         (id.starts_with("par-") && behaviour.category == "gateway/parallel") ||
         id == "seqflow-uncontrolled-split" || id == "seqflow-conditional" ||
         id == "timer-intermediate";
}

TEST(Behaviours, TheSpineIsExactlyTheseTwelve) {
  SKIP_WITHOUT_DATA();
  std::multiset<std::string> found;
  for (const Behaviour& behaviour : Behaviours()) {
    if (IsOfTheSpine(behaviour)) found.insert(behaviour.scenario.id);
  }
  EXPECT_EQ(found,
            std::multiset<std::string>(std::begin(kSpine), std::end(kSpine)));
  EXPECT_EQ(found.size(), 12u);
}

class SpineBehaviour : public testing::TestWithParam<const char*> {};

TEST_P(SpineBehaviour, Passes) {
  SKIP_WITHOUT_DATA();
  for (const Behaviour& behaviour : Behaviours()) {
    if (behaviour.scenario.id != GetParam()) continue;
    ExpectPasses(behaviour.scenario);
    std::cout << behaviour.scenario.id << " (" << behaviour.category
              << "): " << (HasFailure() ? "FAILED" : "passed") << "\n";
    return;
  }
  ADD_FAILURE() << File() << " has no scenario " << GetParam();
}

INSTANTIATE_TEST_SUITE_P(All, SpineBehaviour, testing::ValuesIn(kSpine),
                         [](const auto& info) { return CaseName(info.param); });

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The rules that say: BPMN has it, this build doesn't.
bool SaysUnsupported(const std::string& rule) {
  return rule == "unsupported-element" || rule == "unsupported-language" ||
         rule == "needs-java";
}

// The errors of all models of a scenario, each as `file:line:col: error: text
// [rule]`; each is looked at.
std::vector<std::string> Refusals(const Scenario& scenario) {
  std::vector<std::string> refusals;
  for (const std::string& model : scenario.bpmn) {
    const fs::path path = fs::path(scenario.file).parent_path() / model;
    EXPECT_TRUE(fs::exists(path)) << path;
    const model::ParsedModel parsed =
        model::ParseBpmn(ReadFile(path), path.string());
    EXPECT_TRUE(parsed.well_formed) << path;
    for (const model::Problem& problem : parsed.problems) {
      if (problem.severity != model::Severity::kError) continue;
      refusals.push_back(model::FormatProblem(path.string(), problem));
      EXPECT_TRUE(SaysUnsupported(problem.rule)) << refusals.back();
      EXPECT_GT(problem.line, 0u) << refusals.back();
      EXPECT_GT(problem.column, 0u) << refusals.back();
    }
  }
  return refusals;
}

// It went no further than the deployment, and said every reason.
void ExpectRefused(const Scenario& scenario,
                   const std::vector<std::string>& refusals) {
  const ScenarioResult result = replay::RunScenario(scenario);
  EXPECT_FALSE(result.passed);
  ASSERT_EQ(result.steps.size(), 1u) << Failures(result);
  EXPECT_EQ(result.steps[0].op, "deploy");
  for (const std::string& refusal : refusals) {
    EXPECT_NE(result.steps[0].text.find(refusal), std::string::npos)
        << "wanted " << refusal << "\ngot " << result.steps[0].text;
  }
}

TEST(Behaviours, EachPassesOrIsRefused) {
  SKIP_WITHOUT_DATA();
  ASSERT_GE(Behaviours().size(), 130u);
  struct Sum {
    int passed = 0;
    int refused = 0;
  };
  std::map<std::string, Sum> sums;
  Sum all;
  std::string passed_ids;
  for (const Behaviour& behaviour : Behaviours()) {
    SCOPED_TRACE(behaviour.scenario.id);
    const std::vector<std::string> refusals = Refusals(behaviour.scenario);
    if (refusals.empty()) {
      ExpectPasses(behaviour.scenario);
      ++sums[behaviour.category].passed;
      ++all.passed;
      passed_ids += " " + behaviour.scenario.id;
    } else {
      ExpectRefused(behaviour.scenario, refusals);
      ++sums[behaviour.category].refused;
      ++all.refused;
    }
  }
  for (const auto& [category, sum] : sums) {
    std::cout << category << ": " << sum.passed << " run, " << sum.refused
              << " refused at deployment\n";
  }
  std::cout << "all: " << all.passed << " run, " << all.refused
            << " refused at deployment\nrun:" << passed_ids << "\n";
  EXPECT_GE(all.passed, 12);
}

}  // namespace
}  // namespace pawl
