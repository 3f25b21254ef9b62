#include "replay/scenario_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "replay/scenario_steps.h"
#include "replay/scenario_world.h"

namespace pawl::replay {
namespace {

// "not_found" of kNotFound: the reasons that expect_failure names.
std::string ReasonOf(const absl::Status& status) {
  std::string reason = absl::StatusCodeToString(status.code());
  std::transform(reason.begin(), reason.end(), reason.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return reason;
}

class Runner {
 public:
  Runner(const Scenario& scenario, const ScenarioRunOptions& options)
      : scenario_(scenario), on_record_(options.on_record) {
    world_options_.checkpoint_each_step = options.checkpoint_each_step;
    result_.id = scenario.id;
    result_.file = scenario.file;
  }

  ScenarioResult Run() {
    if (!Prepare()) return std::move(result_);
    bool goes_on = true;
    for (size_t i = 0; goes_on && i < scenario_.steps.size(); ++i) {
      goes_on = RunStep(i + 1, scenario_.steps[i]);
    }
    if (on_record_) Report(0, scenario_.line, "log", ReadLog());
    if (goes_on) {
      Report(0, scenario_.line, "verify", world_->VerifyAndClose());
    }
    return std::move(result_);
  }

 private:
  bool Prepare() {
    auto world = ScenarioWorld::Create(world_options_);
    if (!world.ok()) {
      return Report(0, scenario_.line, "open", world.status());
    }
    world_ = *std::move(world);
    return Report(0, scenario_.line, "deploy",
                  DeployModels(world_.get(), scenario_.file, scenario_.bpmn));
  }

  // Adds what went wrong; true when nothing did.
  bool Report(size_t index, int line, const std::string& op,
              const absl::Status& status) {
    if (status.ok()) return true;
    result_.passed = false;
    result_.steps.push_back(
        {index, line, op, false, false, std::string(status.message())});
    return false;
  }

  // False: the scenario can't go on.
  bool RunStep(size_t index, const ScenarioStep& step) {
    const absl::Status status =
        IsCheck(step) ? RunCheck(world_.get(), step) : Act(step);
    ScenarioStepResult line{index,        step.line,
                            step.op_name, status.ok(),
                            false,        std::string(status.message())};
    if (!status.ok() && step.camunda_specific) line.note = true;
    if (!status.ok() && !line.note) result_.passed = false;
    result_.steps.push_back(std::move(line));
    if (!Report(index, step.line, step.op_name, world_->CheckDigests())) {
      return false;
    }
    return status.ok() || step.camunda_specific || IsCheck(step);
  }

  absl::Status ReadLog() {
    const auto& store = world_->driver().store();
    return store.Read(0, 1, store.End(0),
                      [&](Position, std::string_view record) {
                        on_record_(record);
                        return true;
                      });
  }

  absl::Status Act(const ScenarioStep& step) {
    const Position before = world_->driver().store().End(0);
    const absl::Status status = RunAction(world_.get(), scenario_, step);
    if (step.expect_failure.empty()) return status;
    if (!status.ok()) {
      if (ReasonOf(status) == step.expect_failure ||
          absl::StrContains(ToAbsl(ToStd(status.message())),
                            step.expect_failure)) {
        return absl::OkStatus();
      }
      return absl::FailedPreconditionError(
          absl::StrCat("refused, got ", ReasonOf(status), ": ",
                       status.message(), "; wanted ", step.expect_failure));
    }
    PAWL_ASSIGN_OR_RETURN(const std::vector<std::string> raised,
                          world_->IncidentsSince(before));
    if (std::find(raised.begin(), raised.end(), step.expect_failure) !=
        raised.end()) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "got it done with the incidents ", ListText(raised),
        ", wanted a refusal or an incident ", step.expect_failure));
  }

  const Scenario& scenario_;
  const std::function<void(std::string_view record)> on_record_;
  ScenarioWorld::Options world_options_;
  ScenarioResult result_;
  std::unique_ptr<ScenarioWorld> world_;
};

}  // namespace

ScenarioResult RunScenario(const Scenario& scenario,
                           const ScenarioRunOptions& options) {
  return Runner(scenario, options).Run();
}

std::string FormatStep(const ScenarioResult& result,
                       const ScenarioStepResult& step) {
  return absl::StrCat(
      result.file, ":", step.line, ": ", result.id, ": ", step.op,
      step.step == 0 ? "" : absl::StrCat(" (step ", step.step, ")"),
      step.ok     ? ": ok"
      : step.note ? ": note: "
                  : ": ",
      // A refused model has several problems; a step has one line.
      absl::StrReplaceAll(step.text, {{"\n", "; "}}));
}

}  // namespace pawl::replay
