// Runs scenarios inside GoogleTest cases.
#ifndef PAWL_TESTS_SUPPORT_SCENARIO_CHECK_H_
#define PAWL_TESTS_SUPPORT_SCENARIO_CHECK_H_

#include <string>

#include "replay/scenario.h"
#include "replay/scenario_runner.h"

namespace pawl {

// What went wrong, a line each; empty if nothing did. Notes aren't failures.
std::string Failures(const replay::ScenarioResult& result);

// Runs `scenario` twice, the second time with a checkpoint and snapshots after
// every step, and fails the running case unless it passes both times.
void ExpectPasses(const replay::Scenario& scenario);

// The name of a parameterised case for `id`: GoogleTest takes letters, digits
// and underscores only.
std::string CaseName(const std::string& id);

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_SCENARIO_CHECK_H_
