// Runs scenarios: each on an engine of its own, in memory, on a virtual clock.
//
// After every step the live state, the state folded cold from the caches and
// the log folded from empty must have one digest; at the end the log is
// verified, so every decision is made once more. A scenario that passes has
// been replayed as well.
#ifndef PAWL_REPLAY_SCENARIO_RUNNER_H_
#define PAWL_REPLAY_SCENARIO_RUNNER_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/scenario.h"

namespace pawl::replay {

struct ScenarioStepResult {
  // Index of the step, from 1; 0: before the first (deployment) or after the
  // last (verification).
  size_t step = 0;
  int line = 0;
  std::string op;
  bool ok = true;
  // It didn't match, but is marked `camunda_specific`.
  bool note = false;
  // What differs: got, wanted.
  std::string text;
};

struct ScenarioResult {
  std::string id;
  std::string file;
  bool passed = true;
  // One for each step that ran.
  std::vector<ScenarioStepResult> steps;
};

struct ScenarioRunOptions {
  // Makes a checkpoint with snapshots after every step: the outcome must be the
  // same.
  bool checkpoint_each_step = false;
  // Given every record of the log when the steps are done, or one has stopped
  // the scenario, oldest first.
  std::function<void(std::string_view record)> on_record = nullptr;
};

// Never fails as a call. A step that only checks doesn't stop the scenario, a
// step that acts does. Nothing is written; models are read from the folder of
// the scenario's file.
ScenarioResult RunScenario(const Scenario& scenario,
                           const ScenarioRunOptions& options = {});

// "file:line: id: op: text"
std::string FormatStep(const ScenarioResult& result,
                       const ScenarioStepResult& step);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_SCENARIO_RUNNER_H_
