// Scenarios: what `pawl test` runs, read from YAML or JSON lines. How users
// unit-test their models; the reference is docs/scenarios.md.
//
// One door: LoadScenarios. Reading is strict where a mistake would make a test
// pass wrongly (an unknown op, a value of the wrong form), and ignores keys
// that it doesn't know, so that scenarios can carry notes.
#ifndef PAWL_REPLAY_SCENARIO_H_
#define PAWL_REPLAY_SCENARIO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/value.h"

namespace pawl::replay {

// What a step does. The first group is common to engines, the second checks,
// the third is Pawl's own.
enum class ScenarioOp {
  kStart,
  kCompleteUserTask,
  kCompleteJob,
  kFailJob,
  kBpmnError,
  kCorrelateMessage,
  kThrowSignal,
  kTriggerReceive,
  kAdvanceTime,
  kSetVariables,
  kCompleteEventually,

  kExpectActive,
  kExpectWaiting,
  kExpectVars,
  kExpectIncident,
  kExpectPath,
  kExpectEnded,

  kDeploy,
  kSuspend,
  kResume,
  kCancel,
  kResolveIncident,
  kFetchJob,
  kUnlockJob,
  kExtendJob,
  kClaimTask,
  kUnclaimTask,
  kDelegateTask,
  kResolveTask,
  kChangeTask,
  kSetTaskVariables,
  kRestart,
  kExpectJobs,
  kExpectTask,
  kExpectState,
  kExpectNoIncident,
  kEvaluateConditions,

  kActivate,
};

struct ScenarioStep {
  ScenarioOp op = ScenarioOp::kStart;
  // The name of `op` as it was written.
  std::string op_name;
  // Line in the file, from 1.
  int line = 0;
  // A mismatch is a note and fails nothing.
  bool camunda_specific = false;
  // Reason of a rejection, or type of an incident, that this step must meet.
  std::string expect_failure;

  std::string process;
  std::string id;
  std::string type;
  std::string name;
  std::string key;
  bool has_key = false;
  std::string message;
  std::string code;
  std::string worker;
  std::string user;
  std::string state;
  std::string business_key;
  std::string idempotency_key;
  std::string assignee;
  bool has_assignee = false;
  std::string owner;
  bool has_owner = false;
  std::string due;
  std::string follow_up;
  std::optional<int64_t> priority;
  std::optional<std::vector<std::string>> users;
  std::optional<std::vector<std::string>> groups;
  // ISO 8601, or the command line's short form.
  std::string duration;
  std::string lock;
  std::string backoff;
  std::string ttl;
  std::string message_id;
  Variables vars;
  bool has_vars = false;
  std::optional<int64_t> count;
  std::optional<int64_t> retries;
  std::optional<int64_t> timers;
  std::optional<int64_t> version;
  std::optional<int64_t> ready;
  std::optional<int64_t> locked;
  std::optional<int64_t> backoff_jobs;
  std::optional<int64_t> incident_jobs;
  std::optional<std::vector<std::string>> ids;
  std::optional<std::vector<std::string>> bpmn;
  std::optional<std::vector<std::string>> messages;
  std::optional<std::vector<std::string>> signals;
  std::optional<std::vector<std::string>> conditions;
  bool all = false;
  bool expect_no_match = false;
};

struct Scenario {
  // As written, else `file:line`.
  std::string id;
  // File it was read from, and line where it begins.
  std::string file;
  int line = 0;
  // Models to deploy: paths as written, resolved against the file's folder.
  std::vector<std::string> bpmn;
  std::vector<ScenarioStep> steps;
};

// Reads all scenarios of a file: one or several YAML documents (`---`), or
// JSON lines when its name ends in `.jsonl`.
// NotFound: no such file. InvalidArgument: malformed; the message names
// file:line, what was got and what is wanted. ResourceExhausted: larger than
// kScenarioBytesMax.
absl::StatusOr<std::vector<Scenario>> LoadScenarios(const std::string& path);

// As LoadScenarios, of text in memory; `path` names it and resolves models.
absl::StatusOr<std::vector<Scenario>> ParseScenarios(std::string_view text,
                                                     const std::string& path);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_SCENARIO_H_
