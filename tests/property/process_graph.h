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
  // At an activity that can be compensated: by its handler.
  kCompensationBoundaryEvent,
  kCompensationStartEvent,
  kCompensationThrowEvent,
  kCompensationEndEvent,
  kTransaction,
  kCancelEndEvent,
  kCancelBoundaryEvent,
  kCallActivity,
  // With several definitions, each a node of kind kEventDefinition.
  kMultipleStartEvent,
  kParallelMultipleStartEvent,
  kMultipleCatchEvent,
  kParallelMultipleCatchEvent,
  kMultipleBoundaryEvent,
  kParallelMultipleBoundaryEvent,
  kMultipleThrowEvent,
  kMultipleEndEvent,
  // One of them. No token is ever there.
  kEventDefinition,
  kAdHocSubProcess,
};
inline constexpr size_t kNodeKindCount = 63;

// The names of messages and signals. The first two of each are what a process
// may throw; the last starts instances, so that none starts others for ever.
inline constexpr const char* kMessageNames[] = {"a", "b", "go"};
inline constexpr const char* kSignalNames[] = {"s", "t", "start"};
inline constexpr size_t kThrownNames = 2;
// Starts a pool, where nothing but message flows sends it.
inline constexpr char kPoolMessage[] = "pool";

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
// A sub-process of any kind.
bool IsScope(NodeKind kind);
// A task, a sub-process, a transaction or a call activity: may have boundary
// events, run several times, and be compensated.
bool IsActivity(NodeKind kind);
// Waits in the middle of a flow, or throws there, and is no activity.
bool IsIntermediateEvent(NodeKind kind);
// Of any kind at which a token can be; not one of several definitions.
bool IsEvent(NodeKind kind);

// What an event is about.
enum class Trigger {
  kNone,
  kTimer,
  kMessage,
  kSignal,
  kCondition,
  kError,
  kEscalation,
  kCompensation,
  kCancel,
  // Of an end event with several definitions.
  kTerminate,
};
// Also of receive and send tasks: their message. Of an event with several
// definitions: none.
Trigger TriggerOf(NodeKind kind);
// An event with several definitions; of which all must come.
bool IsMultiple(NodeKind kind);
bool IsParallelMultiple(NodeKind kind);

// `variable OP value`, on whole numbers. The variable may be absent: then the
// condition is a fault (incident expression_error); but FEEL, where it is null,
// knows whether null equals a number (DMN 1.4, table 53).
// Two names are the gateway's own (BPMN 2.0.2, 10.6.6): kActivationCount in the
// activation condition of a complex gateway, and kWaitingForStart, 1 or 0, in
// conditions of flows out of one. A third is a multi-instance activity's own.
inline constexpr char kActivationCount[] = "activationCount";
inline constexpr char kWaitingForStart[] = "waitingForStart";
inline constexpr char kCompletedInstances[] = "nrOfCompletedInstances";
struct Condition {
  enum class Op { kLess, kLessOrEqual, kEqual, kNotEqual, kMore };
  std::string variable;
  Op op = Op::kEqual;
  int64_t value = 0;
  // In FEEL instead of EL.
  bool feel = false;
};

// Says how often some activities run. Nothing in a process writes it, so that
// runs don't make more runs; whoever sets it keeps to kLoopRunsMax.
inline constexpr char kCountVariable[] = "k";
inline constexpr int64_t kLoopRunsMax = 4;

// An activity that runs several times.
struct Loop {
  enum class Kind { kStandard, kSequential, kParallel };
  Kind kind = Kind::kStandard;
  // Multi-instance: how often; by a variable, if it is named.
  std::string count_variable;
  int64_t count = 0;
  // Standard: goes on while it holds; else done when it holds.
  std::optional<Condition> condition;
  // Standard: asked before the first run as well; how often at most, 0: no
  // bound.
  bool test_before = false;
  int64_t maximum = 0;
};

// `target = source + number`, or `target = number` where there is no source. In
// EL a source without a value is a fault (incident mapping_error), in FEEL it
// counts as 0.
struct Mapping {
  std::string target;
  std::string source;
  int64_t number = 0;
};

// From `source` to `target`, of which one is an input or output of the node,
// the other the variable of a data object. `value` instead of a copy: `source +
// number`, which in FEEL is null, in EL a fault (incident mapping_error) where
// its source has no number; its target is this one's.
struct DataAssociation {
  // Empty: only the value says what it reads.
  std::string source;
  std::string target;
  std::optional<Mapping> value;
  bool feel = true;
  // Written as an assignment, not as a transformation.
  bool assigns = false;
};

// A variable of the scope that it is in; in a file it may have its name from a
// reference.
struct DataObject {
  std::string name;
  bool by_reference = false;
};

// Before or after the work of an activity: a job, or in EL `variable + 1`,
// whose value nobody asks for; without the variable that is a fault
// (script_error).
struct Listener {
  bool job = false;
  std::string variable;
  int retries = 1;
};

// What happens to a user task, and its listeners hear of.
enum class TaskEvent { kCreate, kAssignment, kUpdate, kComplete };
inline constexpr size_t kTaskEventCount = 4;

// Expressions stand before jobs.
struct TaskListener {
  TaskEvent event = TaskEvent::kCreate;
  Listener listener;
};

// What is compensated when something in a scope fails for good.
enum class Saga { kNone, kLocal, kGlobal };

struct Node {
  std::string id;
  NodeKind kind = NodeKind::kUndefinedTask;
  // The sub-process around it: its index plus one, 0 for the process.
  size_t scope = 0;
  // kEventDefinition: of which event, and what it is about.
  size_t part_of = 0;
  Trigger trigger = Trigger::kNone;
  // Of timers: a duration; of boundary and start events also how often it
  // fires, each time after that long, or 0: it isn't a cycle.
  int64_t timer_ms = 0;
  int64_t cycle = 0;
  // Or of timers: this time, or whole multiples of this period, without end.
  std::optional<int64_t> date_ms;
  int64_t cron_ms = 0;
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
  // At an end of a message flow that delivers: the file may leave the name of
  // the message to it. Who sends along one; and an end without a key goes by
  // the business key of its instance, unless a message comes there by another
  // key.
  bool names_no_message = false;
  bool sends_on_flow = false;
  bool by_business_key = false;
  // Where a message starts the process: one with a key starts no other instance
  // while one that it started with that key runs.
  bool one_per_key = false;
  // Receive tasks and event gateways, in the place of a start event; and
  // whether all events behind the gateway must come.
  bool instantiates = false;
  bool parallel = false;
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
  // kCallActivity: the id of the process. All variables that are visible cross
  // into it, and all of its own come back, or what this says, in FEEL; also
  // with an error or escalation that leaves it, or not.
  // Or only its data cross, under the names of its inputs and outputs.
  std::string called;
  bool crosses_data = false;
  std::optional<Mapping> call_output;
  bool outputs_on_throw = true;
  // Activities and events: around the work; in FEEL instead of EL.
  std::vector<Mapping> inputs;
  std::vector<Mapping> outputs;
  bool feel_mappings = false;
  // Data associations, which count where there are no inputs or outputs of
  // above; and of sub-processes their own data objects.
  std::vector<DataAssociation> data_inputs;
  std::vector<DataAssociation> data_outputs;
  std::vector<DataObject> data;
  std::optional<Listener> start_listener;
  std::optional<Listener> end_listener;
  // kUserTask: who has it from the beginning, or empty.
  std::string assignee;
  std::vector<TaskListener> task_listeners;
  // Activities.
  std::optional<Loop> loop;
  // kAdHocSubProcess: one after the other; until this holds; and then what is
  // still active ends.
  bool sequential = false;
  std::optional<Condition> completion;
  bool cancels_rest = true;
  // Sub-processes and transactions.
  Saga saga = Saga::kNone;
  // Only compensates: no token comes to it along a flow.
  bool is_handler = false;
  // kCompensationBoundaryEvent: the handler.
  size_t handler = 0;
  // What a throwing compensation event compensates, without: all of its scope;
  // and whether it waits for that.
  std::optional<size_t> compensated;
  bool waits = true;
};

// Names of data outputs whose results stay with the node, which passes them on
// under another name.
std::vector<std::string> OwnResults(const Node& node);
// Names of the data inputs, which are variables of the node.
std::vector<std::string> DataInputs(const Node& node);

// Of the job of its listener.
std::string ListenerType(const Node& node, bool end);
// "create"; as one dialect names it.
const char* TaskEventName(TaskEvent event);

struct Flow {
  std::string id;
  size_t source = 0;  // index into nodes
  size_t target = 0;
  std::optional<Condition> condition;
  bool is_default = false;
};

Trigger TriggerOf(const Node& node);

struct ProcessGraph {
  std::string id;
  // Of the ids of all that is in it.
  std::string id_prefix;
  bool saga = false;
  std::vector<DataObject> data;
  // Definitions behind all others, in the order of their events.
  std::vector<Node> nodes;
  // In document order, which decides between conditions.
  std::vector<Flow> flows;
};

// Definitions of this event, in order.
std::vector<size_t> PartsOf(const ProcessGraph& graph, size_t event);

// Between nodes of two processes of a file, by their ids; `message` is the one
// that it names, or empty.
struct MessageFlow {
  std::string source;
  std::string target;
  std::string message;
};

// A file with these two, and all flows.
std::string ToBpmn(const ProcessGraph& first, const ProcessGraph& second,
                   const std::vector<MessageFlow>& flows);

// A BPMN 2.0 file with this one executable process. Job types are the ids of
// the tasks. Elements and flows are in the order in which an engine that reads
// a scope after the scope around it meets them, if the graph has them in that
// order (GraphDraws::Finish). Cost: linear in each scope.
std::string ToBpmn(const ProcessGraph& graph);

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_PROCESS_GRAPH_H_
