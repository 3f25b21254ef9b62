// The steps of scenarios, one function each. Private to the scenario runner.
#ifndef PAWL_REPLAY_SCENARIO_STEPS_H_
#define PAWL_REPLAY_SCENARIO_STEPS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "replay/scenario.h"
#include "replay/scenario_world.h"

namespace pawl::replay {

// A step that checks changes nothing.
bool IsCheck(const ScenarioStep& step);

// Deploys the models at `paths`, relative to the folder of `file`.
absl::Status DeployModels(ScenarioWorld* world, const std::string& file,
                          const std::vector<std::string>& paths);

// Does what the step says. Not OK: the engine refused, or there is nothing that
// the step names. scenario_actions.cc.
absl::Status RunAction(ScenarioWorld* world, const Scenario& scenario,
                       const ScenarioStep& step);

// Not OK: what is differs from what is expected. scenario_checks.cc.
absl::Status RunCheck(ScenarioWorld* world, const ScenarioStep& step);

// "[a, b]"
std::string ListText(const std::vector<std::string>& items);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_SCENARIO_STEPS_H_
