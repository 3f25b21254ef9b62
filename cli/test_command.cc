// test: run scenarios.
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "replay/scenario.h"
#include "replay/scenario_runner.h"

namespace pawl::cli {
namespace {

class TestCommand final : public BasicCommand {
 public:
  TestCommand()
      : BasicCommand("test", "Run scenarios: unit tests of models",
                     "pawl test --verbose scenarios/order.yaml") {}

  void Declare(Arguments* arguments) override {
    arguments->RequiredList("SCENARIO", &files_, "YAML or .jsonl files");
    arguments->Flag("--verbose", &verbose_, "A line for every step");
  }

  int Run(Context& context) override {
    int passed = 0;
    int failed = 0;
    for (const std::string& file : files_) {
      const auto scenarios = replay::LoadScenarios(file);
      if (!scenarios.ok()) {
        context.console->Error(ToStd(scenarios.status().message()));
        ++failed;
        continue;
      }
      for (const replay::Scenario& scenario : *scenarios) {
        const replay::ScenarioResult result = replay::RunScenario(scenario);
        ++(result.passed ? passed : failed);
        if (context.json) {
          PrintJson(context.console, result);
        } else {
          PrintText(context.console, result);
        }
      }
    }
    if (context.json) {
      context.console->Print(
          Variables{{"passed", passed}, {"failed", failed}}.ToJson());
    } else {
      context.console->Print(
          absl::StrCat(passed, " passed, ", failed, " failed"));
    }
    return failed == 0 ? kExitDone : kExitRefused;
  }

 private:
  void PrintText(Console* console, const replay::ScenarioResult& result) {
    for (const replay::ScenarioStepResult& step : result.steps) {
      if (step.ok && !verbose_) continue;
      console->Print(console->Styled(step.ok     ? Style::kPlain
                                     : step.note ? Style::kYellow
                                                 : Style::kRed,
                                     FormatStep(result, step)));
    }
  }

  static void PrintJson(Console* console,
                        const replay::ScenarioResult& result) {
    Value::List failures;
    Value::List notes;
    for (const replay::ScenarioStepResult& step : result.steps) {
      if (step.ok) continue;
      (step.note ? notes : failures)
          .emplace_back(Variables{{"line", step.line},
                                  {"step", step.step},
                                  {"op", step.op},
                                  {"text", step.text}});
    }
    console->Print(Variables{{"id", result.id},
                             {"file", result.file},
                             {"passed", result.passed},
                             {"failures", std::move(failures)},
                             {"notes", std::move(notes)}}
                       .ToJson());
  }

  std::vector<std::string> files_;
  bool verbose_ = false;
};

}  // namespace

CommandPtr NewTestCommand() { return std::make_unique<TestCommand>(); }

}  // namespace pawl::cli
