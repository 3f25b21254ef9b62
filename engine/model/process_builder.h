// ProcessBuilder: a process written in C++ instead of BPMN XML.
//
//   engine->Deploy(
//       pawl::ProcessBuilder("order")
//           .StartEvent()
//           .ServiceTask("charge", {.type = "charge-card",
//                                   .retries = 5,
//                                   .backoff = {.delay = "PT1S",
//                                               .factor = 2,
//                                               .max = "PT1M"}})
//           .ExclusiveGateway("large")
//           .When("${amount > 100}").UserTask("approve").ConnectTo("ready")
//           .Default().ExclusiveGateway("ready").ParallelGateway("fork")
//           .ServiceTask("ship").ParallelGateway("join")
//           .Branch("fork").TimerCatch("wait", "PT2S").ConnectTo("join")
//           .MoveTo("join").End());
//
// Events work in the same way: after EventGateway() each Branch() begins with
// what it waits for, an EventSubProcess() stands beside everything else.
//
//   pawl::ProcessBuilder("payment")
//       .StartEvent()
//       .MessageThrow("ask", "payment-request", "${order}")
//       .EventGateway("answer")
//       .MessageCatch("paid", "payment", "${order}").End()
//       .Branch().TimerCatch("late", "P7D").ErrorEnd("unpaid", "NOT_PAID")
//       .EventSubProcess("cancel",
//                        pawl::ProcessBuilder("")
//                            .MessageStart("cancelled", "cancel", "${order}")
//                            .ServiceTask("refund").End("cancel_end"));
//
// Each element is connected to the one before it. A branch ends with
// ConnectTo(), End() or TerminateEnd(); MoveTo(id), or Branch(id), goes on from
// an element that exists already. When() and Default() say how the next flow is
// taken; where a branch has just ended they begin the next one at the gateway
// that was added last.
//
// The result is BPMN 2.0 XML (ToXml), and deployment reads it like any file:
// one truth, so a mistake (an id twice, a flow to nowhere) is reported there,
// with line and column of that XML. Nothing here fails. Value type, copies
// freely; one thread at a time.
#ifndef PAWL_ENGINE_MODEL_PROCESS_BUILDER_H_
#define PAWL_ENGINE_MODEL_PROCESS_BUILDER_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl {

// A duration as a model has it: ISO 8601 text ("PT1M30S"), an expression
// ("${wait}"), or milliseconds.
class ModelDuration {
 public:
  // NOLINTBEGIN(google-explicit-constructor): written as a literal.
  ModelDuration() = default;
  ModelDuration(const char* text) : text_(text) {}
  ModelDuration(std::string text) : text_(std::move(text)) {}
  ModelDuration(std::integral auto milliseconds)
      : text_(FromMilliseconds(static_cast<int64_t>(milliseconds))) {}
  // NOLINTEND

  // Empty when nothing was given.
  const std::string& text() const { return text_; }

 private:
  static std::string FromMilliseconds(int64_t milliseconds);

  std::string text_;
};

// How long a failed job waits for its next attempt.
struct BackoffOptions {
  // After each failure; several in ISO text, "PT1S,PT10S", are taken in turn.
  ModelDuration delay = {};
  // The last delay grows by this each further time: 1 to 1000, three decimals.
  double factor = 1;
  // Longest delay; without one only the engine's own limit.
  ModelDuration max = {};
};

struct ServiceTaskOptions {
  std::string name = {};
  // Type of the job that a handler or worker asks for; empty: the task's id.
  std::string type = {};
  // Attempts, 1 or more. Inside of what compensates 3 counts as none given, and
  // that is 1 there.
  int retries = 3;
  BackoffOptions backoff = {};
  // For the worker: names and values.
  std::vector<std::pair<std::string, std::string>> headers = {};
  // Instead of a job: the engine evaluates this expression and writes the
  // result to `result_variable`.
  std::string expression = {};
  std::string result_variable = {};
};

struct ScriptTaskOptions {
  std::string name = {};
  std::string result_variable = {};
  // Language; empty: the expressions of conditions.
  std::string format = {};
};

struct UserTaskOptions {
  std::string name = {};
  // Names or expressions; the candidates as comma separated lists.
  std::string assignee = {};
  std::string candidate_users = {};
  std::string candidate_groups = {};
  // ISO 8601 date and time, or an expression.
  std::string due_date = {};
  std::string follow_up_date = {};
  std::string priority = {};
  std::string form_key = {};
};

// What is compensated when a token fails for good (retries exhausted, an error
// that nobody catches).
enum class SagaScope {
  kNone,
  // What has completed in the scope; then its token goes on at its cancel event
  // (BoundaryCancel), if it has one, or ends.
  kLocal,
  // All of the instance, which then ends as compensated.
  kGlobal,
};

// An activity that is done again and again (standard loop). With neither a
// condition nor a maximum it is done once.
struct LoopOptions {
  // While it holds; looked at before the first run only with `test_before`.
  std::string condition = {};
  // Runs at most; 0: as many as the condition lets.
  int maximum = 0;
  bool test_before = false;
};

// An activity that is done once for each of several: `cardinality` of them, or
// the entries of `collection`, each as `element_variable`.
struct MultiInstanceOptions {
  std::string cardinality = {};
  std::string collection = {};
  std::string element_variable = {};
  // The value of `output_element` at the end of each, in their order, as a list
  // of this name.
  std::string output_collection = {};
  std::string output_element = {};
  // Looked at after each; when it holds, the others are stopped.
  std::string completion_condition = {};
  bool sequential = false;
};

struct CallActivityOptions {
  std::string name = {};
  // A version number; empty: the newest.
  std::string version = {};
  // Of the called instance; may be an expression.
  std::string business_key = {};
  // What crosses, beside what ins and outs say: every variable that is visible
  // here goes in, every one of the called instance comes back.
  bool all_in = false;
  bool all_out = false;
  // Names there from expressions here ("= amount * 2", "${amount}"), and names
  // here from expressions there.
  std::vector<std::pair<std::string, std::string>> in = {};
  std::vector<std::pair<std::string, std::string>> out = {};
};

// What every other element can have.
struct NodeOptions {
  std::string name = {};
};

struct BoundaryOptions {
  std::string name = {};
  // Whether it ends its activity. An error always does.
  bool interrupting = true;
  // Of an error or escalation: a variable for its code.
  std::string code_variable = {};
  // Of an error: a variable for its message.
  std::string message_variable = {};
};

// Of a service task that compensates: as ServiceTaskOptions, and without a
// second attempt.
struct CompensationHandlerOptions {
  std::string name = {};
  std::string type = {};
  int retries = 1;
  BackoffOptions backoff = {};
};

// Of an event that compensates.
struct CompensationOptions {
  std::string name = {};
  // Whether it goes on only when all is compensated.
  bool wait = true;
};

// Of a sub-process whose elements run as they are activated.
struct AdHocOptions {
  std::string name = {};
  // One after the other, in the order in which they were added; else at once.
  bool sequential = false;
  // Asked whenever an activity in it has completed. Without one it is done when
  // nothing in it is active.
  std::string completion_condition = {};
  // Whether it then ends what is still active.
  bool cancel_remaining = true;
  // An expression that gives the ids of what begins with it, "${chosen}";
  // empty: all that no flow leads to.
  std::string active_elements = {};
};

// A variable that is drawn.
struct DataObjectOptions {
  // Of the variable; empty: the id.
  std::string name = {};
  bool is_collection = false;
};

// What starts a process, or waits beside others of its kind.
struct ReceiveTaskOptions {
  std::string name = {};
  // Its message, whose name has no variables, starts the process.
  bool instantiate = false;
};
struct EventGatewayOptions {
  std::string name = {};
  // The messages and signals behind it start the process: the first of them,
  // or with `parallel` any, and the others must come, too.
  bool instantiate = false;
  bool parallel = false;
};

// One of several things that an event waits for or throws. What means nothing
// to its kind stays empty.
struct EventTrigger {
  enum class Kind {
    kMessage,
    kSignal,
    kTimer,
    kCondition,
    kEscalation,
    kError,
    kTerminate,
  };
  Kind kind = Kind::kMessage;
  // Name of a message or signal, duration, condition, or code.
  std::string text = {};
  // Correlation key of a message.
  std::string key = {};
};

// Of the start event of an event sub-process.
struct EventStartOptions {
  std::string name = {};
  // Whether it ends what else is active in the scope around. An error always
  // does. Of a process it says nothing.
  bool interrupting = true;
  // As in BoundaryOptions.
  std::string code_variable = {};
  std::string message_variable = {};
};

class ProcessBuilder {
 public:
  explicit ProcessBuilder(std::string process_id);

  // Of the process, for people.
  ProcessBuilder& Name(std::string name);
  ProcessBuilder& VersionTag(std::string tag);
  // How long its ended instances stay out of the archive: "30" (days) or
  // "P1Y". Without it the store's policy says (replay/retain.h).
  ProcessBuilder& HistoryTimeToLive(std::string text);
  // Zone of the zone database ("Europe/Berlin") of local times, days and cron
  // texts of its timers; without it that of the engine, else UTC.
  ProcessBuilder& TimeZone(std::string zone);

  // Elements. Each is connected to the element before it, if there is one, and
  // is what the next one connects to.
  ProcessBuilder& StartEvent(std::string id = "start",
                             NodeOptions options = {});
  ProcessBuilder& ServiceTask(std::string id, ServiceTaskOptions options = {});
  ProcessBuilder& ScriptTask(std::string id, std::string script,
                             ScriptTaskOptions options = {});
  ProcessBuilder& UserTask(std::string id, UserTaskOptions options = {});
  ProcessBuilder& ManualTask(std::string id, NodeOptions options = {});
  // A task of no type; it passes through.
  ProcessBuilder& Task(std::string id, NodeOptions options = {});
  ProcessBuilder& ExclusiveGateway(std::string id, NodeOptions options = {});
  // Forks, joins, or both, by the number of its flows.
  ProcessBuilder& ParallelGateway(std::string id, NodeOptions options = {});
  // Every flow whose condition holds; joins once no token can still come.
  ProcessBuilder& InclusiveGateway(std::string id, NodeOptions options = {});
  // Fires when `activation_condition` holds, which sees how many tokens came:
  // "${activationCount >= 2}". Without one each token passes.
  ProcessBuilder& ComplexGateway(std::string id,
                                 std::string activation_condition = {},
                                 NodeOptions options = {});
  // The first of what its branches wait for: each begins with a catch event or
  // a receive task.
  ProcessBuilder& EventGateway(std::string id,
                               EventGatewayOptions options = {});
  // Waits for this long.
  ProcessBuilder& TimerCatch(std::string id, ModelDuration duration,
                             NodeOptions options = {});
  // Waits until `date`: ISO 8601 date and time, or an expression.
  ProcessBuilder& TimerCatchAt(std::string id, std::string date,
                               NodeOptions options = {});

  // Waits for the first time of `cycle`: an ISO 8601 repeating interval
  // ("R3/PT10M", "R/2026-01-01T09:00:00Z/P1D"), a cron text, or an expression.
  ProcessBuilder& TimerCatchCycle(std::string id, std::string cycle,
                                  NodeOptions options = {});

  // Messages go to one receiver by their name and their correlation key, an
  // expression ("${order}"). An empty key: a message without one, and any key
  // for who waits. Names may be expressions.
  ProcessBuilder& MessageCatch(std::string id, std::string message,
                               std::string key = {}, NodeOptions options = {});
  // As MessageCatch, as a task, which may have boundary events. An empty
  // message: it waits until somebody completes it.
  ProcessBuilder& ReceiveTask(std::string id, std::string message = {},
                              std::string key = {},
                              ReceiveTaskOptions options = {});
  // Publishes the message; what it carries are the inputs of the element.
  ProcessBuilder& MessageThrow(std::string id, std::string message,
                               std::string key = {}, NodeOptions options = {});
  ProcessBuilder& SendTask(std::string id, std::string message,
                           std::string key = {}, NodeOptions options = {});

  // Signals go to everybody who waits for one of their name.
  ProcessBuilder& SignalCatch(std::string id, std::string signal,
                              NodeOptions options = {});
  ProcessBuilder& SignalThrow(std::string id, std::string signal,
                              NodeOptions options = {});

  // Waits until `condition` comes true.
  ProcessBuilder& ConditionCatch(std::string id, std::string condition,
                                 NodeOptions options = {});

  // Tells the nearest scope around that catches this code, and goes on.
  ProcessBuilder& EscalationThrow(std::string id, std::string code,
                                  NodeOptions options = {});

  // Several at once, two or more. A catch waits for any of them, with
  // `parallel` for all; a throw throws all.
  ProcessBuilder& MultipleCatch(std::string id,
                                const std::vector<EventTrigger>& events,
                                bool parallel = false,
                                NodeOptions options = {});
  ProcessBuilder& MultipleThrow(std::string id,
                                const std::vector<EventTrigger>& events,
                                NodeOptions options = {});
  ProcessBuilder& MultipleStart(std::string id,
                                const std::vector<EventTrigger>& events,
                                bool parallel = false,
                                EventStartOptions options = {});
  ProcessBuilder& BoundaryMultiple(std::string id, std::string activity,
                                   const std::vector<EventTrigger>& events,
                                   bool parallel = false,
                                   BoundaryOptions options = {});
  ProcessBuilder& MultipleEnd(std::string id,
                              const std::vector<EventTrigger>& events,
                              NodeOptions options = {});

  // A scope of its own: the elements of `inside`, whose process id and name
  // don't count. Ids are unique in the whole process.
  ProcessBuilder& SubProcess(std::string id, const ProcessBuilder& inside,
                             NodeOptions options = {});

  // As SubProcess, without start and end events: what no flow leads to inside,
  // see Beside(), runs as it is activated.
  ProcessBuilder& AdHocSubProcess(std::string id, const ProcessBuilder& inside,
                                  AdHocOptions options = {});

  // Another process, as an instance of its own; `process` is its id, or an
  // expression. Only what the options say crosses.
  ProcessBuilder& CallActivity(std::string id, std::string process,
                               CallActivityOptions options = {});
  // The activity that was added last runs several times.
  ProcessBuilder& Loop(LoopOptions options);
  ProcessBuilder& MultiInstance(MultiInstanceOptions options);

  // Makes what this builder builds, the process or the inside of a sub-process,
  // a saga.
  ProcessBuilder& Saga(SagaScope scope);

  // As SubProcess, and CancelEnd() inside of it ends and compensates it.
  ProcessBuilder& Transaction(std::string id, const ProcessBuilder& inside,
                              NodeOptions options = {});

  // What undoes the element that was added last, once that has completed and
  // something compensates: a service task of this id, with one attempt unless
  // it says so, or a sub-process. Building goes on from the element.
  ProcessBuilder& CompensateBy(std::string id,
                               CompensationHandlerOptions options = {});
  ProcessBuilder& CompensateBy(std::string id, const ProcessBuilder& inside,
                               NodeOptions options = {});
  // Compensates what has completed in this scope, or the activity of that id
  // only: newest first, one after the other.
  ProcessBuilder& CompensationThrow(std::string id, std::string activity = {},
                                    CompensationOptions options = {});

  // As SubProcess, and no flow leads to it: it begins, in the scope that it
  // stands in, by the event at its start. Ends the branch.
  ProcessBuilder& EventSubProcess(std::string id, const ProcessBuilder& inside,
                                  NodeOptions options = {});
  // Start events with what they wait for. A message, a signal or a time can
  // also start a process; it then has no variables, and a message no key. A
  // condition starts one when it is asked (Engine::EvaluateConditions).
  ProcessBuilder& MessageStart(std::string id, std::string message,
                               std::string key = {},
                               EventStartOptions options = {});
  ProcessBuilder& SignalStart(std::string id, std::string signal,
                              EventStartOptions options = {});
  ProcessBuilder& TimerStart(std::string id, ModelDuration duration,
                             EventStartOptions options = {});
  ProcessBuilder& TimerStartAt(std::string id, std::string date,
                               EventStartOptions options = {});
  // At the first time of `cycle`; what doesn't interrupt, and a process, at
  // each of them.
  ProcessBuilder& TimerStartCycle(std::string id, std::string cycle,
                                  EventStartOptions options = {});
  ProcessBuilder& ConditionStart(std::string id, std::string condition,
                                 EventStartOptions options = {});
  // An empty code: any.
  ProcessBuilder& EscalationStart(std::string id, std::string code = {},
                                  EventStartOptions options = {});
  // What compensates the sub-process around, in place of what is inside of it.
  ProcessBuilder& CompensationStart(std::string id, NodeOptions options = {});
  ProcessBuilder& ErrorStart(std::string id, std::string code = {},
                             EventStartOptions options = {});

  // What may happen while the task or sub-process `activity` waits; the way on
  // from there follows. After this long:
  ProcessBuilder& BoundaryTimer(std::string id, std::string activity,
                                ModelDuration duration,
                                BoundaryOptions options = {});
  // At a date, as TimerCatchAt; at the first time of a cycle, or, when it
  // doesn't interrupt, at each of them.
  ProcessBuilder& BoundaryTimerAt(std::string id, std::string activity,
                                  std::string date,
                                  BoundaryOptions options = {});
  ProcessBuilder& BoundaryTimerCycle(std::string id, std::string activity,
                                     std::string cycle,
                                     BoundaryOptions options = {});
  // An error of this code from inside; an empty code: any.
  ProcessBuilder& BoundaryError(std::string id, std::string activity,
                                std::string code = {},
                                BoundaryOptions options = {});
  // An escalation of this code from inside; an empty code: any.
  ProcessBuilder& BoundaryEscalation(std::string id, std::string activity,
                                     std::string code = {},
                                     BoundaryOptions options = {});
  ProcessBuilder& BoundaryMessage(std::string id, std::string activity,
                                  std::string message, std::string key = {},
                                  BoundaryOptions options = {});
  ProcessBuilder& BoundarySignal(std::string id, std::string activity,
                                 std::string signal,
                                 BoundaryOptions options = {});
  ProcessBuilder& BoundaryCondition(std::string id, std::string activity,
                                    std::string condition,
                                    BoundaryOptions options = {});

  // Where a transaction that was cancelled goes on.
  ProcessBuilder& BoundaryCancel(std::string id, std::string transaction,
                                 NodeOptions options = {});

  // End the branch. An end event that exists already under this id is used
  // again, so that every branch may say End().
  ProcessBuilder& End(std::string id = "end", NodeOptions options = {});
  // Ends the whole instance at once, other branches included.
  ProcessBuilder& TerminateEnd(std::string id = "terminate",
                               NodeOptions options = {});

  // Throws an error to the nearest scope around that catches it.
  ProcessBuilder& ErrorEnd(std::string id, std::string code,
                           NodeOptions options = {});
  // As the events that throw, at the end of a branch.
  ProcessBuilder& MessageEnd(std::string id, std::string message,
                             std::string key = {}, NodeOptions options = {});
  ProcessBuilder& SignalEnd(std::string id, std::string signal,
                            NodeOptions options = {});
  ProcessBuilder& EscalationEnd(std::string id, std::string code,
                                NodeOptions options = {});

  ProcessBuilder& CompensationEnd(std::string id, std::string activity = {},
                                  CompensationOptions options = {});
  // Cancels the transaction that it stands in.
  ProcessBuilder& CancelEnd(std::string id, NodeOptions options = {});

  // Connects to the element `id`, which may come later, and ends the branch.
  ProcessBuilder& ConnectTo(std::string id);
  // Goes on from the element `id`.
  ProcessBuilder& MoveTo(std::string id);
  ProcessBuilder& Branch(std::string id) { return MoveTo(std::move(id)); }
  // What is added next is connected to nothing before it.
  ProcessBuilder& Beside() { return MoveTo(""); }
  // Goes on from the gateway that was added last.
  ProcessBuilder& Branch();

  // Around the work of the element that was added last: a variable of its own
  // before it, or one for the scope around it after it. `source`: an expression
  // ("= amount * 2", "${amount}"), else the text itself; `target`: a variable,
  // or a path to an entry of one ("order.total"). With an Output only outputs
  // go out.
  ProcessBuilder& Input(std::string source, std::string target);
  ProcessBuilder& Output(std::string source, std::string target);
  // A script that runs before or after the work; empty format: an expression.
  ProcessBuilder& StartListener(std::string script, std::string format = {});
  ProcessBuilder& EndListener(std::string script, std::string format = {});
  // A script that runs for the user task that was added last: on "create",
  // "assignment", "update" or "complete". It sees the task as `task`.
  ProcessBuilder& TaskListener(std::string event, std::string script,
                               std::string format = {});

  // A variable of what this builder builds, drawn as a document: of the
  // process, or of the sub-process, in which it is null at the beginning. `id`
  // names it for Reads() and Writes(). It stands beside the flow and doesn't
  // change where that goes on.
  ProcessBuilder& DataObject(std::string id, DataObjectOptions options = {});
  // Around the work of the element that was added last: the data object `data`,
  // of this builder or of one around it, is copied to the element's own
  // variable before it (empty: one of the same name as the id); a result of the
  // work goes to the data object after it. Where the element also has an Input
  // or Output, that counts and this doesn't.
  ProcessBuilder& Reads(std::string data, std::string variable = {});
  ProcessBuilder& Writes(std::string variable, std::string data);

  // The next flow is taken when `condition` holds.
  ProcessBuilder& When(std::string condition);
  // The next flow is the default: taken when no condition held.
  ProcessBuilder& Default();

  const std::string& process_id() const { return id_; }

  // The process as a BPMN 2.0 file, UTF-8, one element a line, with a diagram
  // that is laid out from left to right. Any text is escaped; what XML can't
  // hold at all (control characters, invalid UTF-8) makes the deployment fail
  // with its line, and there is no diagram. O(n log n).
  std::string ToXml() const;

 private:
  using Attributes = std::vector<std::pair<std::string, std::string>>;

  struct Node {
    std::string id;
    std::string tag;
    // All but `id` and `default`, in the order of the file.
    Attributes attributes;
    // Lines of XML inside, without indentation.
    std::vector<std::string> content;
    // Lines of XML inside extensionElements.
    std::vector<std::string> extensions;
    // Of zeebe:ioMapping inside them.
    std::vector<std::string> mappings;
    // Data objects and the variables that they are read into, and variables
    // with the data objects that they go to.
    std::vector<std::pair<std::string, std::string>> reads;
    std::vector<std::pair<std::string, std::string>> writes;
    // Index of the default flow.
    std::optional<size_t> default_flow;
  };
  struct Flow {
    std::string source = {};
    // Empty when nothing followed.
    std::string target = {};
    std::string condition = {};
    bool is_default = false;
  };

  ProcessBuilder& Add(std::string tag, std::string id, Attributes attributes,
                      std::vector<std::string> content = {});
  ProcessBuilder& AddEnd(std::string id, NodeOptions options,
                         std::vector<std::string> content);
  ProcessBuilder& AddBoundary(std::string id, std::string activity,
                              const BoundaryOptions& options,
                              std::vector<std::string> content);
  ProcessBuilder& AddStart(std::string id, const EventStartOptions& options,
                           std::vector<std::string> content);
  // The node that was added last, and what it needs, become its handler.
  ProcessBuilder& AttachHandler(const std::string& activity);
  ProcessBuilder& AddGateway(std::string tag, std::string id,
                             NodeOptions options,
                             std::vector<std::string> content = {});
  // Event definitions as lines of XML. They declare what they refer to.
  std::vector<std::string> MessageDefinition(const std::string& message,
                                             const std::string& key);
  std::vector<std::string> SignalDefinition(const std::string& signal);
  std::vector<std::string> ErrorDefinition(const std::string& code,
                                           const std::string& code_variable,
                                           const std::string& message_variable);
  std::vector<std::string> EscalationDefinition(
      const std::string& code, const std::string& code_variable = {});
  std::vector<std::string> Definitions(const std::vector<EventTrigger>& events);
  ProcessBuilder& MakeParallel(bool parallel);
  // The id of a declaration: `tag` of this name or code; empty for an empty
  // one.
  std::string Declare(const std::string& tag, const std::string& text);
  // Takes the elements of a sub-process.
  std::vector<std::string> LinesInside(const std::string& id,
                                       const ProcessBuilder& inside);
  // The data of a node as lines of XML.
  static std::vector<std::string> DataLines(const Node& node);
  // Elements and flows as lines of XML.
  std::vector<std::string> Lines(std::string_view flow_prefix) const;
  ProcessBuilder& AddTimer(std::string id, NodeOptions options,
                           std::string_view tag, std::string_view text);
  ProcessBuilder& AddMapping(std::string_view tag, std::string_view source,
                             std::string_view target);
  ProcessBuilder& AddListener(const char* tag, std::string_view event,
                              std::string_view script, std::string_view format);
  // Ends the pending flow, if there is one, at `target`.
  void Connect(const std::string& target);
  // Begins a condition or default; the flow that it belongs to comes next.
  Flow& Pending();
  const Node* Find(std::string_view id) const;

  std::string id_;
  std::string name_;
  std::string version_tag_;
  std::string history_time_to_live_;
  std::string time_zone_;
  std::vector<Node> nodes_;
  std::vector<Flow> flows_;
  struct Data {
    std::string id;
    DataObjectOptions options;
  };
  std::vector<Data> data_;
  // From a compensation event to its handler.
  std::vector<std::pair<std::string, std::string>> associations_;
  // Tags and names or codes of declarations, those of sub-processes included.
  std::set<std::pair<std::string, std::string>> declared_;
  // Where the next flow starts; empty after the end of a branch.
  std::string current_;
  std::string last_gateway_;
  // Value of pawl:saga.
  std::string saga_;
  // The next flow, when something is known of it already.
  std::optional<Flow> pending_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_MODEL_PROCESS_BUILDER_H_
