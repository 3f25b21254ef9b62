#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/model/process_builder.h"
#include "replay/scenario.h"
#include "replay/scenario_runner.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

namespace fs = std::filesystem;

// Running costs what the author of a scenario asks for: each step folds the log
// from empty. These bound what one input asks for.
constexpr size_t kScenariosRunMax = 2;
constexpr size_t kStepsRunMax = 12;

// A folder with the models that scenarios may deploy, removed at exit. They
// have no loop: advancing time by a millennium through a timer every second is
// a wish, not a fault.
class Models {
 public:
  Models() {
    std::string path = (fs::temp_directory_path() / "pawl_fuzz_XXXXXX");
    PAWL_CHECK(mkdtemp(path.data()) != nullptr) << path;
    folder_ = path;
    Write("task", ProcessBuilder("p")
                      .StartEvent()
                      .UserTask("task")
                      .TimerCatch("pause", "${wait}")
                      .End());
    ProcessBuilder job("q");
    job.StartEvent()
        .ServiceTask("work", {.retries = 2, .backoff = {.delay = "PT1M"}})
        .ExclusiveGateway("choice")
        .When("${n > 1}")
        .End();
    job.MoveTo("choice").When("${n < 0}").TerminateEnd();
    Write("job", job);
  }
  ~Models() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  const fs::path& folder() const { return folder_; }

 private:
  void Write(const std::string& name, const ProcessBuilder& builder) {
    std::ofstream(folder_ / (name + ".bpmn")) << builder.ToXml();
  }

  fs::path folder_;
};

// Scenarios name files, and an input must not reach those of this machine.
void Confine(const Models& models, std::vector<std::string>* paths) {
  for (std::string& path : *paths) {
    path = path.find("job") != std::string::npos ? "job.bpmn" : "task.bpmn";
  }
  PAWL_CHECK(fs::exists(models.folder()));
}

void Run(replay::Scenario scenario) {
  static const Models models;
  scenario.file = (models.folder() / "fuzz.yaml").string();
  Confine(models, &scenario.bpmn);
  if (scenario.steps.size() > kStepsRunMax) scenario.steps.resize(kStepsRunMax);
  for (replay::ScenarioStep& step : scenario.steps) {
    if (step.bpmn.has_value()) Confine(models, &*step.bpmn);
  }
  const replay::ScenarioResult result = replay::RunScenario(scenario);
  size_t last = 0;
  for (const replay::ScenarioStepResult& step : result.steps) {
    PAWL_CHECK(!replay::FormatStep(result, step).empty());
    // Whatever a scenario asks for, these are proofs, not its business.
    PAWL_CHECK(step.ok || step.op != "verify") << step.text;
    if (step.step == 0) continue;
    // A step that has a second line left a state whose digests differ. (What
    // the lines say may be the scenario's own words.)
    PAWL_CHECK(step.step > last) << step.text;
    last = step.step;
  }
}

void Read(std::string_view text, const char* name) {
  auto scenarios = replay::ParseScenarios(text, name);
  if (!scenarios.ok()) {
    PAWL_CHECK(absl::IsInvalidArgument(scenarios.status()) ||
               absl::IsResourceExhausted(scenarios.status()))
        << scenarios.status();
    return;
  }
  if (scenarios->size() > kScenariosRunMax) scenarios->resize(kScenariosRunMax);
  for (replay::Scenario& scenario : *scenarios) Run(std::move(scenario));
}

}  // namespace

void FuzzScenario(std::string_view bytes) {
  Read(bytes, "fuzz.yaml");
  // JSON is YAML, but JSON lines have a reader of their own.
  if (bytes.substr(0, 1) == "{") Read(bytes, "fuzz.jsonl");
}

}  // namespace pawl::fuzz
