// ProcessGraph: a process as the tests think of it, before any engine has seen
// it. The generator makes it; from it come the BPMN XML that the engine parses
// and what the reference interpreter walks, so that the two share nothing but
// this page.
#ifndef PAWL_TESTS_PROPERTY_PROCESS_GRAPH_H_
#define PAWL_TESTS_PROPERTY_PROCESS_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::property {

// Every kind of flow node that Pawl executes. An element that it learns gets
// its line here, in the generator, and in the reference interpreter
// (docs/testing.md, "A new element").
enum class NodeKind {
  kStartEvent,
  kEndEvent,
  kTerminateEndEvent,
  kTimerCatchEvent,
  kServiceTask,
  kUserTask,
  kScriptTask,
  kManualTask,
  kUndefinedTask,
  kExclusiveGateway,
  kParallelGateway,
  kSendTask,
  kBusinessRuleTask,
  kThrowEvent,
  kLinkThrowEvent,
  kLinkCatchEvent,
  kSubProcess,
  kTimerBoundaryEvent,
  kErrorBoundaryEvent,
  kErrorEndEvent,
  kInclusiveGateway,
  kComplexGateway,
  // Of a process (messages, signals) or of an event sub-process.
  kMessageStartEvent,
  kSignalStartEvent,
  kTimerStartEvent,
  kErrorStartEvent,
  kEscalationStartEvent,
  kConditionalStartEvent,
  kMessageCatchEvent,
  kSignalCatchEvent,
  kConditionalCatchEvent,
  kMessageThrowEvent,
  kSignalThrowEvent,
  kEscalationThrowEvent,
  kMessageEndEvent,
  kSignalEndEvent,
  kEscalationEndEvent,
  kMessageBoundaryEvent,
  kSignalBoundaryEvent,
  kEscalationBoundaryEvent,
  kConditionalBoundaryEvent,
  kReceiveTask,
  // A send task that publishes its message, where kSendTask is a job.
  kMessageSendTask,
  kEventGateway,
  kEventSubProcess,
};
inline constexpr size_t kNodeKindCount = 45;

// The names of messages and signals. The first two of each are what a process
// may throw; the last starts instances, so that none starts others for ever.
inline constexpr const char* kMessageNames[] = {"a", "b", "go"};
inline constexpr const char* kSignalNames[] = {"s", "t", "start"};
inline constexpr size_t kThrownNames = 2;

// "timer_catch_event"; for tables and ids.
const char* NodeKindName(NodeKind kind);
// The node rests until somebody outside acts: a worker, a person, the clock.
bool WaitsOutside(NodeKind kind);
// Nothing may lead out of it.
bool IsEndEvent(NodeKind kind);
// A job: a service, send or business rule task.
bool IsJob(NodeKind kind);
// May wait for other tokens: a parallel, inclusive or complex gateway.
bool IsJoin(NodeKind kind);
// Attached to an activity: nothing may lead into it.
bool IsBoundaryEvent(NodeKind kind);
// Nothing may lead into it, and it begins a scope; kStartEvent is one too.
bool IsStartEvent(NodeKind kind);
// A sub-process or an event sub-process.
bool IsScope(NodeKind kind);
// Waits in the middle of a flow, or throws there, and is no activity.
bool IsIntermediateEvent(NodeKind kind);

// What an event is about.
enum class Trigger {
  kNone,
  kTimer,
  kMessage,
  kSignal,
  kCondition,
  kError,
  kEscalation
};
// Also of receive and send tasks: their message.
Trigger TriggerOf(NodeKind kind);

// `variable OP value`, on whole numbers. The variable may be absent: then the
// condition is a fault (incident expression_error); but FEEL, where it is null,
// knows whether null equals a number (DMN 1.4, table 53).
// Two names are the gateway's own (BPMN 2.0.2, 10.6.6): kActivationCount in the
// activation condition of a complex gateway, and kWaitingForStart, 1 or 0, in
// conditions of flows out of one.
inline constexpr char kActivationCount[] = "activationCount";
inline constexpr char kWaitingForStart[] = "waitingForStart";
struct Condition {
  enum class Op { kLess, kLessOrEqual, kEqual, kNotEqual, kMore };
  std::string variable;
  Op op = Op::kEqual;
  int64_t value = 0;
  // In FEEL instead of EL.
  bool feel = false;
};

struct Node {
  std::string id;
  NodeKind kind = NodeKind::kUndefinedTask;
  // The sub-process around it: its index plus one, 0 for the process.
  size_t scope = 0;
  // kTimerCatchEvent, kTimerBoundaryEvent: a duration.
  int64_t timer_ms = 0;
  // Boundary events: the activity, and whether they end it. Start events of
  // event sub-processes: whether they end the scope around.
  size_t attached_to = 0;
  bool interrupting = true;
  // kErrorEndEvent; kErrorBoundaryEvent, where empty is any.
  std::string error_code;
  // Of escalation events, likewise.
  std::string escalation_code;
  // Of messages and signals.
  std::string event_name;
  // The correlation key: the value of a variable, or a text; both empty: none.
  std::string key_variable;
  std::string key_text;
  // Of conditional events.
  std::optional<Condition> condition;
  // kLinkThrowEvent.
  size_t link_target = 0;
  // kComplexGateway: without one it waits for nothing.
  std::optional<Condition> activation;
  // kScriptTask: `result = operand + addend`.
  std::string script_result;
  std::string script_operand;
  int64_t script_addend = 0;
  // Jobs: attempts, and the wait after each failed one.
  int retries = 3;
  int64_t backoff_ms = 0;
};

struct Flow {
  std::string id;
  size_t source = 0;  // index into nodes
  size_t target = 0;
  std::optional<Condition> condition;
  bool is_default = false;
};

struct ProcessGraph {
  std::string id;
  std::vector<Node> nodes;
  // In document order, which decides between conditions.
  std::vector<Flow> flows;
};

// A BPMN 2.0 file with this one executable process. Job types are the ids of
// the tasks. Elements and flows are in the order in which an engine that reads
// a scope after the scope around it meets them, if the graph has them in that
// order (GraphDraws::Finish). Cost: linear in each scope.
std::string ToBpmn(const ProcessGraph& graph);

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_PROCESS_GRAPH_H_
