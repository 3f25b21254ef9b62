// The reference models of the BPMN Model Interchange Working Group: those that
// execute run to every one of their end events (miwg.yaml), the others say why
// they don't. The models are outside of the project
// (tests/support/conformance_dir.h); without them the test is skipped.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/model/bpmn_xml.h"
#include "gtest/gtest.h"
#include "replay/scenario.h"
#include "tests/support/conformance_dir.h"
#include "tests/support/scenario_check.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

using model::ParsedModel;
using replay::Scenario;

class Miwg : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ConformanceDir().empty() || !fs::exists(ConformanceDir() / "miwg")) {
      GTEST_SKIP() << "skipped: no folder miwg of reference models; set "
                      "PAWL_CONFORMANCE_DIR";
    }
  }

  static ParsedModel Parse(const std::string& name) {
    std::ifstream file(ConformanceDir() / "miwg" / name, std::ios::binary);
    EXPECT_TRUE(file.good()) << name;
    std::ostringstream text;
    text << file.rdbuf();
    return model::ParseBpmn(text.str(), name);
  }

  // Scenarios of one of these models, which are where they are.
  static std::vector<Scenario> Scenarios(const std::set<std::string>& models) {
    auto scenarios = replay::LoadScenarios("tests/conformance/miwg.yaml");
    EXPECT_TRUE(scenarios.ok()) << scenarios.status();
    if (!scenarios.ok()) return {};
    std::vector<Scenario> found;
    for (Scenario& scenario : *scenarios) {
      bool is_of_them = false;
      for (std::string& path : scenario.bpmn) {
        const std::string name = fs::path(path).filename().string();
        is_of_them = is_of_them || models.contains(name);
        path = (ConformanceDir() / "miwg" / name).string();
      }
      if (is_of_them) found.push_back(std::move(scenario));
    }
    return found;
  }

  // Each scenario passes, and the paths that they expect have every end event
  // of the models.
  static void ExpectEveryEndReached(const std::set<std::string>& models) {
    std::set<std::string> ends;
    for (const std::string& name : models) {
      const ParsedModel parsed = Parse(name);
      EXPECT_TRUE(parsed.executable()) << parsed.ToStatus();
      for (const model::ParsedProcess& process : parsed.processes) {
        if (process.model == nullptr) continue;
        for (const auto& element : process.model->elements) {
          if (element->kind == fb::ElementKind::end_event) {
            ends.insert(element->id);
          }
        }
      }
    }
    const size_t all = ends.size();
    EXPECT_GT(all, 0u);
    const std::vector<Scenario> scenarios = Scenarios(models);
    for (const Scenario& scenario : scenarios) {
      ExpectPasses(scenario);
      for (const replay::ScenarioStep& step : scenario.steps) {
        if (step.op != replay::ScenarioOp::kExpectPath) continue;
        for (const std::string& id : *step.ids) ends.erase(id);
      }
    }
    EXPECT_EQ(ends, std::set<std::string>()) << "not reached";
    std::cout << scenarios.size() << " scenarios reach " << all - ends.size()
              << " of " << all << " end events\n";
  }

  // The texts of all that keeps it from being deployed.
  static std::vector<std::string> Errors(const ParsedModel& parsed) {
    std::vector<std::string> errors;
    for (const model::Problem& problem : parsed.problems) {
      if (problem.severity != model::Severity::kError) continue;
      errors.push_back(model::FormatProblem(parsed.file_name, problem));
    }
    return errors;
  }

  static bool Names(const std::vector<std::string>& errors,
                    const std::string& text) {
    return std::any_of(errors.begin(), errors.end(),
                       [&](const std::string& error) {
                         return error.find(text) != std::string::npos;
                       });
  }
};

TEST_F(Miwg, CustomerOnboardingReachesEveryEnd) {
  ExpectEveryEndReached({"C.9.0.bpmn", "C.9.1.bpmn", "C.9.2.bpmn"});
}

TEST_F(Miwg, VacationRequestReachesEveryEnd) {
  ExpectEveryEndReached({"C.8.1.bpmn"});
}

TEST_F(Miwg, WhatNeedsJavaNamesIt) {
  for (const std::string name : {"C.1.0.bpmn", "C.1.1.bpmn"}) {
    const ParsedModel parsed = Parse(name);
    EXPECT_FALSE(parsed.executable()) << name;
    EXPECT_TRUE(Names(Errors(parsed), "archiveService")) << parsed.ToStatus();
  }
}

TEST_F(Miwg, AConditionOfNoLanguageIsNamed) {
  const ParsedModel parsed = Parse("C.3.0.bpmn");
  EXPECT_FALSE(parsed.executable());
  EXPECT_TRUE(Names(Errors(parsed), "expression 'Service Level == 'Premium''"))
      << parsed.ToStatus();
}

// Either its processes aren't meant to be executed, or it lacks what an
// execution needs.
TEST_F(Miwg, TheOthersSayWhyTheyDoNotExecute) {
  for (const std::string name : {"C.2.0.bpmn", "C.4.0.bpmn", "C.5.0.bpmn",
                                 "C.6.0.bpmn", "C.7.0.bpmn", "C.8.0.bpmn"}) {
    const ParsedModel parsed = Parse(name);
    EXPECT_TRUE(parsed.well_formed) << name;
    EXPECT_FALSE(parsed.executable()) << name;
    const bool is_advised =
        std::any_of(parsed.advice.begin(), parsed.advice.end(),
                    [](const model::Problem& advice) {
                      return advice.line > 0 && advice.rule == "not-executable";
                    });
    EXPECT_TRUE(is_advised || !Errors(parsed).empty()) << name;
  }
}

}  // namespace
}  // namespace pawl
