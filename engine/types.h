// What the public door of Pawl hands out: plain data about definitions,
// instances, tasks, jobs, timers and incidents, and the queries for them.
//
// Everything here is a copy that the caller owns, true as of a moment before it
// was returned. Times are absl::Time in UTC; a missing time is std::nullopt.
#ifndef PAWL_ENGINE_TYPES_H_
#define PAWL_ENGINE_TYPES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/ids.h"
#include "engine/value.h"

namespace pawl {

// --- Definitions -------------------------------------------------------------

// A lane, and the elements that the model lists in it.
struct LaneInfo {
  std::string id;
  std::string name;
  // Id of the lane around it; empty: none.
  std::string parent;
  std::vector<std::string> element_ids;
};

// A pool.
struct ParticipantInfo {
  std::string id;
  std::string name;
  // Empty: the file doesn't say what happens in it.
  std::string process_id;
};

// A message flow that begins or ends in the process or at its pool.
struct MessageFlowInfo {
  std::string id;
  std::string name;
  // Ids of elements or participants.
  std::string source_id;
  std::string target_id;
  // Processes that these belong to; empty: none of the file.
  std::string source_process_id;
  std::string target_process_id;
  // Whether what is sent at the source goes to the target
  // (docs/adr/0028-message-flows.md).
  bool delivers = false;
};

struct DefinitionInfo {
  DefinitionKey key;
  std::string process_id;
  uint32_t version = 0;
  std::string name;
  // Name that the source was deployed under.
  std::string resource;
  bool executable = true;
  // A lane comes after the one around it.
  std::vector<LaneInfo> lanes;
  // The pools of this process, and those without a process that message flows
  // connect it with. Other processes of the file have theirs.
  std::vector<ParticipantInfo> participants;
  std::vector<MessageFlowInfo> message_flows;
};

struct DeployedProcess {
  std::string process_id;
  DefinitionKey key;
  uint32_t version = 0;
  // False when this very source was deployed before: nothing changed.
  bool is_new = false;
};

// --- Instances ---------------------------------------------------------------

// How an instance stands. kTerminated: by a terminate end event; kCancelled: by
// a command; kCompensated: its saga was rolled back.
enum class InstanceState {
  kActive,
  kSuspended,
  kCompleted,
  kTerminated,
  kCancelled,
  kCompensated,
};
// "active", "suspended", ...
const char* ToString(InstanceState state);

struct InstanceInfo {
  InstanceKey key;
  std::string process_id;
  uint32_t version = 0;
  DefinitionKey definition;
  std::string business_key;
  InstanceState state = InstanceState::kActive;
  // Not valid for a root instance.
  InstanceKey parent;
  absl::Time started;
  std::optional<absl::Time> ended;
  int incidents = 0;
};

// What AwaitEnd gives: how the instance ended, and its root variables then.
struct InstanceResult {
  InstanceState state = InstanceState::kCompleted;
  Variables variables;
};

struct InstanceQuery {
  std::optional<InstanceState> state = {};
  std::string process_id = {};                  // empty: any
  std::string business_key = {};                // empty: any
  std::optional<absl::Time> started_from = {};  // inclusive
  std::optional<absl::Time> started_to = {};    // exclusive
  // Those in the archive, instead of those that aren't. Reads all of it.
  bool archived = false;
  // Only instances with a greater key: the last one of the page before.
  InstanceKey after = {};
  int limit = 1000;
};

// --- Tasks, jobs, timers, incidents ------------------------------------------

enum class TaskKind { kUser, kReceive };

// A field of a form; texts are as the model has them, nothing is evaluated.
struct FormField {
  // A constraint and what it asks for, a property, an id that may be chosen and
  // its label.
  using Entries = std::vector<std::pair<std::string, std::string>>;

  std::string id;
  std::string label;
  std::string type;
  std::optional<std::string> default_value;
  std::string date_pattern;
  // The variable that it shows and sets; empty: that of its id.
  std::string variable;
  std::string expression;
  bool required = false;
  bool readable = true;
  bool writable = true;
  Entries constraints;
  Entries properties;
  Entries values;
};

// What a person fills in to start a process or to complete a task. The engine
// shows no forms: who does submits the fields as variables.
struct Form {
  std::string key;
  // A form that is kept elsewhere, and which version of it.
  std::string reference;
  std::string binding;
  std::string version;
  std::vector<FormField> fields;
  // The field that gives the business key; empty: none.
  std::string business_key;
};

// Is the task with somebody who will give it back to its owner?
enum class Delegation { kNone, kPending, kResolved };
// "", "pending", "resolved"
const char* ToString(Delegation delegation);

struct TaskInfo {
  TaskKey key;
  InstanceKey instance;
  // Its activation: the scope of its local variables.
  ElementKey scope;
  std::string process_id;
  std::string element_id;
  std::string name;
  TaskKind kind = TaskKind::kUser;
  std::string assignee;
  std::vector<std::string> candidate_users;
  std::vector<std::string> candidate_groups;
  std::optional<absl::Time> due;
  std::optional<absl::Time> follow_up;
  int priority = 50;
  absl::Time created;
  std::string owner;
  Delegation delegation = Delegation::kNone;
  // "create", "assignment", ...: a listener of this event runs, or failed;
  // until it is done nobody may do anything with the task. Empty: none.
  std::string waits_for_listener;
  std::optional<Form> form;
};

// What Engine::ChangeTask sets; what is absent stays.
struct TaskChange {
  // Empty: nobody.
  std::optional<std::string> assignee = {};
  std::optional<std::string> owner = {};
  std::optional<std::vector<std::string>> candidate_users = {};
  std::optional<std::vector<std::string>> candidate_groups = {};
  // absl::InfiniteFuture(): none.
  std::optional<absl::Time> due = {};
  std::optional<absl::Time> follow_up = {};
  std::optional<int> priority = {};
};

enum class JobState { kReady, kLocked, kBackoff, kIncident };
const char* ToString(JobState state);

struct JobInfo {
  JobKey key;
  InstanceKey instance;
  std::string process_id;
  std::string element_id;
  std::string type;
  JobState state = JobState::kReady;
  int retries = 0;
  // Times it was handed out.
  int attempt = 0;
  // Who holds it; an in-process handler shows as "handler".
  std::string worker;
  std::optional<absl::Time> lock_until;
  // When a job in backoff is ready again.
  std::optional<absl::Time> due;
  // What the last failure said.
  std::string message;
  // As visible from the job's element.
  Variables variables;
};

// A timer of an instance, or of a start event: then `instance` isn't valid.
struct TimerInfo {
  TimerKey key;
  InstanceKey instance;
  std::string process_id;
  // The event that it triggers.
  std::string element_id;
  absl::Time due;
  // What says when it fires again; empty: it doesn't.
  std::string cycle;
};

enum class SubscriptionKind { kMessage, kSignal, kCondition };

// What an element waits for.
struct SubscriptionInfo {
  SubscriptionKey key;
  InstanceKey instance;
  std::string process_id;
  // The event that is triggered.
  std::string element_id;
  SubscriptionKind kind = SubscriptionKind::kMessage;
  // Empty for a condition.
  std::string name;
  // Absent: a message with any key.
  std::optional<std::string> correlation_key;
};

struct IncidentInfo {
  IncidentKey key;
  InstanceKey instance;
  std::string process_id;
  std::string element_id;
  // A name of the incident types: "job_no_retries", "expression_error", ...
  std::string type;
  std::string message;
  JobKey job;
  absl::Time created;
};

// Filters for the lists above; an empty field matches anything. Results come
// oldest first.
struct ListQuery {
  InstanceKey instance = {};
  std::string job_type = {};
  // Only entries with a greater key (lists of timers: ignored).
  uint64_t after = 0;
  int limit = 1000;
};

// --- One instance, whole -----------------------------------------------------

struct ScopeInfo {
  ElementKey key;
  std::string element_id;
  ElementKey parent;  // not valid for the root scope
  Variables variables;
};

struct ActiveElementInfo {
  ElementKey key;
  std::string element_id;
  // BPMN's name of the kind: "userTask", "parallelGateway", ...
  std::string kind;
  ElementKey scope;
  // Ids of the lanes that it is in, outermost first.
  std::vector<std::string> lane_ids;
};

// A join that has tokens on some flows and misses others.
struct JoinInfo {
  std::string element_id;
  std::map<std::string, int> arrived;
};

struct InstanceDetails {
  InstanceInfo info;
  Position position = 0;
  absl::Time time;
  std::vector<ScopeInfo> scopes;
  std::vector<ActiveElementInfo> active;
  std::vector<JoinInfo> joins;
  std::vector<JobInfo> jobs;
  std::vector<TaskInfo> tasks;
  std::vector<TimerInfo> timers;
  std::vector<SubscriptionInfo> subscriptions;
  std::vector<IncidentInfo> incidents;
};

struct EngineStats {
  std::map<std::string, int64_t> instances_by_state;
  int64_t definitions = 0;
  int64_t records = 0;
  int64_t log_bytes = 0;
  int64_t jobs = 0;
  int64_t tasks = 0;
  int64_t timers = 0;
  int64_t incidents = 0;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_TYPES_H_
