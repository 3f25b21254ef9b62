// ReferenceInterpreter: runs one instance of a ProcessGraph, slowly and
// obviously, to compare an engine with. It is written from BPMN 2.0.2
// (formal/2013-12-09) and from what Pawl's documents add, and shares no code
// with the engine; of the tree it sees only tests/property/process_graph.h.
//
// Rules, each with where it is said:
//  - An instance begins with a token at its none start event (13.5.1); without
//    start events, with one at every node that no flow leads to (10.5.2,
//    docs/bpmn_coverage.md).
//  - A node is activated once for each token that reaches it; several flows
//    into it are an exclusive merge (13.3.1). Only a parallel gateway waits for
//    one token on each flow into it, takes those, and leaves what is there
//    beyond (13.4.1).
//  - Manual and undefined tasks, start events and gateways pass their token on
//    at once; user tasks, service tasks and timers wait (13.3.3, 13.5.2).
//  - A script task is done at once; its operand missing is an incident
//    script_error, and the token stays (13.3.3, docs/el.md).
//  - Out of a parallel gateway: every flow, whatever its condition (13.4.1).
//  Out
//    of an exclusive gateway: the first, in the order of the document, whose
//    condition holds, else the default flow (13.4.2). Out of an activity: all
//    whose condition holds or that have none; the default flow exactly when no
//    condition holds (13.3.1, 10.3.1; docs/adr/0009). A condition on a default
//    flow doesn't count. Events have no default flow: it is a flow like others.
//  - Flows, and none to take: incident no_outgoing_flow (13.4.2). A condition
//    about a missing variable: incident expression_error (docs/el.md). The node
//    isn't completed then; resolving the incident repeats the step that failed.
//  - Out of an inclusive or complex gateway: all whose condition holds or that
//    have none, the default flow when there is none of them (13.4.3, 13.4.5).
//  - An inclusive gateway with several flows into it takes a token from each
//    that has one, once no token that can reach an empty one is left but such
//    from which sequence flows and links also lead to one with a token; paths
//    stay in the scope and don't visit the gateway, and those to an empty flow
//    follow boundary events, too (13.4.3; SEMANTICS).
//  - A complex gateway with an activation condition looks at it when a token
//    comes, and takes one from each flow that has one when it holds. Until no
//    token can come any more over the flows that it has not had (as above,
//    those that it has had counting as if they had a token) all that comes
//    rests; then it takes what has come over those, and leaves by the flows
//    whose condition holds now, or none; what still rests counts for the next
//    time (13.4.5). Nothing came: it just begins anew (docs/adr/0020). A
//    condition about a missing variable is an incident of the scope.
//  - No flow at all: the token ends with the node (13.3.1, 13.5.6).
//  - A terminate end event ends the instance with everything in it (13.5.6).
//  - The instance is completed when no token is left (13.5.6); a token that
//    waits at a join for ever keeps it alive (13.4.1).
//  - A sub-process is a scope: it starts as a process does, has its own tokens,
//    and is done when none is left in it; a terminate end event in it ends only
//    what is inside (10.3.5, 13.3.4, 13.5.6). Empty, it is done at once.
//  - While an activity waits, so do the timers of its boundary events. Due, an
//    interrupting one ends the activity with all inside, another leaves it; the
//    token goes on at the event (10.5.4, 13.5.3).
//  - An error goes to the nearest boundary event from the thrower outwards that
//    names its code, else to one there that names none (SEMANTICS, Faults). An
//    error end event that nobody catches is an incident unhandled_error.
//  - A link leads from the throwing to the catching event (10.5.4).
//  - What waits for an event waits from when it is reached until its work is
//    done; an activity's boundary events and a scope's event sub-processes with
//    it (10.5.4, 10.5.5). A correlation key without a value is an incident
//    correlation_key, before anything else of the node has happened; of an
//    event sub-process of the process itself, an incident of its start event
//    alone.
//  - A message, a signal or a timer that comes to the node itself ends its
//  work;
//    to a boundary event as above; the start event of an event sub-process
//    opens that beside what is in the scope, or, interrupting, in its place:
//    all else in the scope ends, and none of its event sub-processes waits any
//    more (10.3.5, 13.5.4). What doesn't interrupt waits on.
//  - Of the events behind an event gateway the first takes the token, the
//  others
//    are no longer waited for (10.6.6, 13.4.4).
//  - Errors and escalations look at a scope's event sub-processes before the
//    boundary events of its sub-process, but not at the one that they come out
//    of, nor at any of an interrupted scope. An escalation that nobody catches
//    is gone, and its thrower goes on; one that a boundary event or event
//    sub-process catches which doesn't interrupt leaves all as it is (10.5.5,
//    13.5.4; SEMANTICS, Faults).
//  - Conditions are looked at when no token moves any more, oldest first, in an
//    instance that isn't suspended; one that has become true happens, and all
//    are looked at again when no token moves. What can't be said because a
//    variable is missing doesn't hold (10.5.5; SEMANTICS).
//  - A receive task waits for its message, or for somebody to complete it; a
//    send task with a message, and events that throw, leave it to the world and
//    go on when it has delivered that, with all that follows from it (13.3.3,
//    13.5.3; reference_world.h).
//  - An activity that runs several times is one activation, with its boundary
//    events, in which its runs stand (10.3.8, 13.3.7). Multi-instance: as many
//    as the cardinality says, which must be a number from 0; all at once, or
//    each when the one before is done; when one is done and the completion
//    condition holds, as that one sees it, the others end and so does the
//    whole. A standard loop
//    begins another run while its condition holds and its maximum isn't
//    reached, and asks before the first one if testBefore says so. A condition
//    about a missing variable is an incident expression_error, of the run that
//    is done or of a standard loop as a whole. The
//    whole tells its runs how many there are, are left to be done (one at a
//    time if they are sequential) and are done; each run has its number,
//    loopCounter, from 0. The runs of one loop that don't rest begin one by
//    one, loops taking turns, when no token moves.
//  - What is completed and has a handler, or is a scope with an event
//    sub-process for compensation or with such records in it, leaves a record
//    (10.7, 13.5.5; SEMANTICS, Compensation; docs/adr/0022); each run as well,
//    inside of the whole. The record keeps its own variables.
//  - A throwing compensation event takes the records of its scope, in an event
//    sub-process of that around it, or those of its activity there, for itself
//    and for good; without any it is done. They are compensated one after the
//    other, newest first: by the handler; else by the event sub-process of the
//    completed scope, which is open again for it with its variables; else by
//    the records inside of that. The scope isn't done before that is; the event
//    waits for it, unless it says otherwise.
//  - An incident in what compensates is compensation_failed there; the next
//    record has its turn, but the compensation ends only when all are done.
//    Nothing is caught outside of it. What ends it otherwise ends its turn.
//  - When a scope is interrupted or ended, its compensations end; those that
//  had
//    no turn can be compensated by another throw, the others can't.
//  - A cancel end event ends all in its transaction, compensates it, and then
//    the token goes on at the transaction's cancel event; it isn't completed
//    (10.3.5, 13.5.5).
//  - A call activity waits for an instance of another process, which begins
//  with
//    all variables that are visible there; when that has ended by itself, its
//    own come back, or what its outputs say, each to the nearest that has it;
//    so they do with what is thrown out of it, before that is caught, unless
//    the activity says otherwise (10.3.6, 13.3.4; SEMANTICS, Call activity;
//    docs/adr/0021). With the activity ends the called instance;
//    nothing else from outside ends, suspends or resumes it.
//  - What nobody in it catches goes on at the call activity, and so upwards; if
//    it is caught there and the catcher interrupts, the called instance ends at
//    once. Nobody catches: as in an instance that nobody called.
//  - A failed job has one attempt less; with none left it is an incident
//    job_no_retries, else it waits for its backoff. Resolved, it has at least
//    one attempt. An error that a worker reports and nobody catches is an
//    incident unhandled_error.
//  - What a compensation handler calls is a part of it: incidents there are
//    compensation_failed, start no saga, and the handler has failed.
//  - What fails for good in a called instance without a saga of its own sets
//    off the saga around the call, if there is one.
//  - A suspended instance takes no step but resume, cancel and variables
//    (docs/adr/0007).
//  - More than `activations_max` activations in one act: the tokens stay on
//    their flows, and one incident `limit` stands for them all; resolved, all
//    tokens on flows try again (docs/adr/0008).
//  - An event with several definitions waits for each of them, and happens with
//    the first that comes; the others are waited for as long as the event is.
//    One that is parallel happens with the last, with all variables in the
//    order in which they came; what has come isn't waited for until then, and
//    if it doesn't interrupt, all are waited for anew. A throwing one sends
//    messages, then signals, when it is reached, and throws its escalations
//    when it is left, as long as its scope is there; at last an end event
//    terminates (10.5.5; docs/adr/0025).
//  - An ad-hoc sub-process begins with all nodes in it that no flow leads to,
//  at
//    once, or each when nothing in it is active; more of them as somebody asks.
//    Whenever an activity that stands in it is completed, its completion
//    condition is looked at, before any other token moves: it holds, and
//    nothing more begins, also no token on a flow goes on; the rest ends, or is
//    waited for. One that has no
//    condition is done when it is empty and nothing is left to be begun, one
//    whose condition doesn't hold waits (10.3.5, 13.3.5; docs/adr/0024).
//  - Variables: what an activation is given goes to the nearest scope around
//  it,
//    itself first, that has a variable of the name, else to the process; what
//    is nearer is seen first (SEMANTICS, Variables and scopes).
//  - Input mappings set an activity's own variables before its work, each
//    seeing those before it; with output mappings all that the work gives stays
//    with the activity, and only what they say goes out when it is done, from
//    the scope around it. Each run of several has its own. A source that is
//    missing in EL is an incident mapping_error, and nothing is set; resolved,
//    these mappings are done anew and nothing before them (docs/mappings.md).
//    Conditions of flows out of an activity see its variables, keys and
//    conditions of what waits beside it as well. A task that sends a message
//    sends what its input mappings made (docs/adr/0019).
//    The same of events: what an event brings is what its work gives, also that
//    of an event that has come before its activation begins, beside an activity
//    or behind a gateway, or that starts the process. What the start of an
//    event sub-process with output mappings brings is the sub-process's own.
//  - Null is a value that a variable may have. In FEEL what is missing is null;
//    in EL that is a fault, and null is only equal or not equal to something
//    (docs/el.md).
//  - Data objects are variables, those of a sub-process its own. Inputs of data
//    associations are variables of the activity or throwing event, set in the
//    order of the file, each seeing those before it; behind them an activity
//    gets, with null, its own results and data objects that none of them set,
//    but an event sub-process keeps what starts it. A copy of what isn't there
//    or is null leaves its target as it is, which for an input means null if
//    nothing has set it; a transformation always gives what it says. Outputs go
//    from the activity to the nearest around it, each seeing those before it.
//    A result stays with the activity if an output passes it on under another
//    name; what comes with an event, and all else, goes out. Across a call go
//    the inputs and come the outputs, but null, and none with what is thrown.
//    Mappings of a dialect count instead, on their side (10.4;
//    docs/adr/0027).
//  - At an end of a message flow that delivers, a wait or throw without a key
//  of
//    its own goes by the business key of the instance, if it has one (9.4;
//    docs/adr/0028).
//  - Listeners: that of the start when the input mappings are done, before
//    anything of the activity waits; that of the end behind the output
//    mappings. A job is waited for, and has attempts, incidents and results as
//    another; an expression whose variable is missing is an incident
//    script_error (docs/mappings.md).
//  - A task that was delegated isn't completed before it was given back, by its
//    message or interruption aside (commands of Pawl's own, docs/cli.md).
//  - Listeners of a task: those of its creation when all that is waited for
//    beside it is, then those of its assignment if somebody has it; those of a
//    change behind it, then those of the assignment if that changed it, also to
//    nobody; those of its completion with the variables that came, before it is
//    done. Until the last is done nobody does anything with the task, but what
//    is waited for beside it goes on. A job or an expression is as in listeners
//    of an activity; resolved, the one that failed is repeated. Who delegates a
//    task that he had is its owner, to whom it is given back (docs/mappings.md,
//    docs/adr/0030).
//  - A saga: a job without attempts or an error that nobody catches, which
//  would
//    be an incident, rolls the nearest scope around it back that is marked, the
//    instance if it is marked as global or the process is marked. All that is
//    active in it ends, and what stands in that can be compensated is, without
//    handlers for what was stopped itself; so it is when a transaction is
//    cancelled. Then the instance ends, for its caller with an error without a
//    code, or the token goes on at a cancel event, or ends (docs/adr/0026).
//  - What starts a process beside its none start event makes an instance each
//    time that it comes: its start event is done, a receive task or an event
//    behind a gateway that instantiates takes the token as if it had waited.
//    Where all definitions of a start event, or all events behind such a
//    gateway, must come, the first makes the instance, and the others are
//    waited for in it, with keys that see what came; each event behind the
//    gateway takes a token when it comes, the start event when all are there
//    (10.5.2, 10.6.6, 13.4.4, 13.5.1; docs/adr/0025). Without a none start
//    event nobody can start it by hand, but where nothing leads to some node,
//    or only one time starts it, which then counts as come (10.5.2;
//    docs/timers.md).
//  - A cycle of a timer whose event doesn't interrupt fires as often as it
//  says,
//    the n-th time n periods after it began; what was missed at a firing
//    counts, and is left out (10.5.5; docs/adr/0023). A date fires then, or at
//    once, and once; a text of cron at the next of its times that is still to
//    come, without end (docs/timers.md).
//
// Order of tokens. BPMN leaves open which of several tokens moves first; it
// matters to scripts that write one variable and to what a terminate end event
// still finds. Here: first come, first served. A token that takes a flow goes
// to the back of the queue; a node does all it does, up to taking its flows in
// the order of the document, before the next token moves. When none moves,
// compensations go on, then loops, one step each; when none can,
// inclusive and complex gateways are looked at in the scopes in which a token
// moved, oldest scope first and in the order of the document; one fires. When
// none does, empty sub-processes are done, in the order in which something
// ended in them.
#ifndef PAWL_TESTS_REFERENCE_REFERENCE_INTERPRETER_H_
#define PAWL_TESTS_REFERENCE_REFERENCE_INTERPRETER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/process_graph.h"

namespace pawl::reference {

// A whole number, or null.
using Value = std::optional<int64_t>;
using Variables = std::map<std::string, Value>;
// "null" or its digits.
std::string ValueText(const Value& value);

// Something for others to do: what an instance asks of the world, and what the
// world is about to do (reference_world.h).
struct Errand {
  enum class Kind {
    kPublish,
    kBroadcast,
    // A message that waits may go to who waits now.
    kMatch,
    kDeliver,
    kStart,
    // A multi-instance activity begins more of its runs.
    kGoOn,
    // To the instance that `wait` of `instance` calls.
    kCall,
    kCancelCalled,
    kSuspendCalled,
    kResumeCalled,
    // Of `from` to the instance that called it: it is done, something is thrown
    // in it.
    kReturn,
    kThrow,
    // Of `from` to the instance that called it: it has failed and waits.
    kFailed,
    // What the activity `wait` has thrown is where it goes: it goes on.
    kThrown,
  };
  Kind kind = Kind::kPublish;
  // Of a message or signal, with its key, or without.
  std::string name;
  std::optional<std::string> key;
  Variables variables;
  int64_t until_ms = 0;
  // Of an instance that a message along a flow starts.
  std::string business_key;
  bool along_flow = false;
  // To this wait of this instance, or of it the activity with this number;
  // `to_all`: nobody else gets it instead.
  size_t instance = 0;
  size_t wait = 0;
  bool to_all = false;
  // The start event, or which of its definitions, of this process.
  size_t process = 0;
  size_t node = 0;
  // Of kStart: while the instance runs, a message of this name and key starts
  // no other. Of kMatch: such an instance has ended, one may start.
  bool holds = false;
  size_t from = 0;
  property::Trigger trigger = property::Trigger::kNone;
  std::string code;
  // The thrower is over by it.
  bool ended = false;
  // What comes back with what is thrown.
  Variables outputs;
  // Of kThrown: throws in a row.
  size_t throws = 0;
  // Of kFailed: the incident.
  std::string incident;
};

// What instances share: errands, in the order in which they were asked for, and
// the number of the next wait, which says who has waited longest.
struct Outbox {
  std::deque<Errand> errands;
  size_t next_wait = 1;
};

enum class End { kNotEnded, kCompleted, kTerminated, kCancelled, kCompensated };

class ReferenceInterpreter {
 public:
  // `graph` is not owned.
  // `outbox` isn't owned; without one nothing that is thrown gets anywhere.
  explicit ReferenceInterpreter(const property::ProcessGraph* graph,
                                size_t activations_max = 10'000,
                                Outbox* outbox = nullptr)
      : graph_(*graph),
        activations_max_(activations_max),
        outbox_(outbox == nullptr ? &own_outbox_ : outbox) {}
  ReferenceInterpreter(const ReferenceInterpreter&) = delete;
  ReferenceInterpreter& operator=(const ReferenceInterpreter&) = delete;

  // By which its errands name it.
  void SetNumber(size_t number) { number_ = number; }
  void SetBusinessKey(const std::string& key) { business_key_ = key; }
  const std::string& business_key() const { return business_key_; }
  // It was called by an activation of another, which isn't owned.
  void SetCaller(const ReferenceInterpreter* caller, size_t activation) {
    caller_ = caller;
    caller_activation_ = activation;
  }

  // --- Acts from outside -----------------------------------------------------
  // Each gives whether it is accepted; refused, it changes nothing. `which`
  // counts the activations of `node` that are there, oldest first; `now_ms` is
  // the time of the act.
  void Start(const Variables& variables, int64_t now_ms);
  // By what starts the process, which has come with these variables: a start
  // event or one of its definitions, a receive task, an event behind a gateway.
  void StartBy(size_t node, const Variables& variables, int64_t now_ms);
  // Its end is of interest to messages of this name and key.
  void Hold(const std::string& name, const std::string& key) {
    held_ = {name, key};
  }
  // Somebody may start it without an event.
  static bool StartsByHand(const property::ProcessGraph& graph);
  // To a wait for a message or signal.
  bool Deliver(size_t wait, const Variables& variables, int64_t now_ms);
  void GoOn(size_t whole, int64_t now_ms);
  bool CompleteTask(const std::string& node, size_t which,
                    const Variables& variables, int64_t now_ms);
  bool DelegateTask(const std::string& node, size_t which,
                    const std::string& user, int64_t now_ms);
  // Gives a task back that was delegated.
  bool ResolveTask(const std::string& node, size_t which,
                   const Variables& variables, int64_t now_ms);
  // Of its assignee, empty for nobody, and things that nothing here depends on.
  bool ChangeTask(const std::string& node, size_t which,
                  const std::string& assignee, int64_t now_ms);
  // Somebody takes it who may, or nobody has it any more: `user` is empty.
  bool ClaimTask(const std::string& node, size_t which, const std::string& user,
                 int64_t now_ms);
  bool SetTaskVariables(const std::string& node, size_t which,
                        const Variables& variables, bool local, int64_t now_ms);
  bool CompleteJob(const std::string& node, size_t which,
                   const Variables& variables, int64_t now_ms);
  // `retries` left and the wait, where the worker decides; else those of the
  // node.
  bool FailJob(const std::string& node, size_t which,
               std::optional<int> retries, std::optional<int64_t> backoff_ms,
               int64_t now_ms);
  bool ThrowError(const std::string& node, size_t which,
                  const std::string& code, const Variables& variables,
                  int64_t now_ms);
  bool EndBackoff(const std::string& node, size_t which, int64_t now_ms);
  // Of a boundary event or of the start of an event sub-process: `which` counts
  // the activations that it stands at.
  bool FireTimer(const std::string& node, size_t which, int64_t now_ms);
  // Of the activation's incident.
  bool ResolveIncident(const std::string& node, size_t which, int64_t now_ms);
  // Of the start event of an event sub-process of the process.
  bool ResolveStart(const std::string& node, int64_t now_ms);
  // Of an event behind a gateway that waits for all of them; `which` counts the
  // gateway's activations.
  bool ResolveWait(const std::string& node, size_t which, int64_t now_ms);
  bool ResolveLimit(int64_t now_ms);
  // In the activation `which` of the ad-hoc sub-process `node`.
  bool Activate(const std::string& node, size_t which,
                const std::vector<std::string>& elements, int64_t now_ms);
  // Of a complex gateway's condition; `which` counts the activations of the
  // sub-process around it.
  bool ResolveGateway(const std::string& gateway, size_t which, int64_t now_ms);
  bool SetVariables(const Variables& variables, int64_t now_ms);
  // An instance that was called rests and ends with its caller only.
  bool Suspend(bool with_caller = false);
  bool Resume(int64_t now_ms, bool with_caller = false);
  bool Cancel(bool with_caller = false);
  void Returned(size_t activation, const Variables& variables, int64_t now_ms);
  void ThrownFromCall(size_t activation, const Errand& thrown, int64_t now_ms);
  void CalledFailed(size_t activation, const std::string& incident,
                    int64_t now_ms);
  // What an activation has thrown is delivered.
  void Thrown(size_t activation, size_t throws, int64_t now_ms);
  bool WaitsForCall(size_t activation) const;

  // When a timer that begins now is due.
  static int64_t DueOf(const property::Node& node, int64_t now_ms);
  // --- What is ---------------------------------------------------------------
  // Ids of the nodes that were completed, once for each time.
  const std::multiset<std::string>& completed() const { return completed_; }
  // "user_task_1: task", "timer_2: timer at 1500", "service_task_3: job ready,
  // 2 retries", "... job until 1500, 2 retries", "... job failed, 0 retries".
  std::multiset<std::string> Waiting() const;
  // Who waits for a message or signal of this name, and that key: numbers,
  // which grow with age's opposite. Nobody in a suspended instance.
  std::vector<size_t> WaitsForMessage(
      const std::string& name, const std::optional<std::string>& key) const;
  std::vector<size_t> WaitsForSignal(const std::string& name) const;
  // "service_task_3: job_no_retries".
  std::multiset<std::string> Incidents() const;
  // Ids of the flows on which tokens rest, once for each token.
  std::multiset<std::string> Resting() const;
  const Variables& variables() const { return variables_; }
  // Whether `condition` holds for the value of its variable, or for a variable
  // that is missing; nothing: that is a fault.
  static std::optional<bool> Answer(const property::Condition& condition,
                                    const std::optional<Value>& value);
  // Those of activities alone, once for each that has it.
  std::multimap<std::string, Value> Locals() const;
  // Copies of data associations that moved something, and those that didn't.
  size_t data_moved() const { return data_moved_; }
  size_t data_missing() const { return data_missing_; }
  End end() const { return end_; }
  bool suspended() const { return suspended_; }

 private:
  enum class Work { kNone, kTask, kTimer, kJobReady, kJobBackoff, kJobFailed };
  // The step that an incident stopped.
  enum class Failed {
    kNothing,
    kEntering,
    kLeaving,
    kJob,
    kLoop,
    kCalling,
    kAdHoc,
    kTaskListener,
  };

  // For an event: of the node itself, or beside its work.
  struct Wait {
    size_t node = 0;
    size_t number = 0;
    int64_t due_ms = 0;
    // Of a cycle: from when it counts, and which firing the next one is.
    int64_t begun_ms = 0;
    int64_t firing = 1;
    // Of a message; nothing: takes any.
    std::optional<std::string> key;
    // Of a condition, when it was last looked at.
    bool holds = false;
  };
  // One activation of a node that has not ended.
  struct Activation {
    size_t node = 0;
    // The activation of the sub-process around it; 0: the process.
    size_t scope = 0;
    // A sub-process in which tokens are.
    bool open = false;
    // A complex gateway's, for what came late.
    bool late = false;
    // An event that had come before its activation began.
    bool has_come = false;
    std::vector<Wait> waits;
    // What has come of events that need all of their definitions, by event.
    std::map<size_t, std::vector<Variables>> parts;
    // Of a start event that needs all of them: the one that came first.
    std::optional<size_t> begun_by;
    // Events behind a gateway whose key has no value.
    std::set<size_t> failed_waits;
    // Its mappings are done: those before its work, those after it.
    bool inputs_done = false;
    bool outputs_done = false;
    // Its listeners likewise; and its job is that of one of them.
    bool start_heard = false;
    bool end_heard = false;
    bool listening = false;
    bool leaving = false;
    // Of a task: somebody has it who must give it back first.
    bool delegated = false;
    // Who has a user task, and whom it was delegated by.
    bool has_task = false;
    std::string assignee;
    std::string owner;
    // Its listeners of this event run, and so many are done; whether those of
    // the assignment come behind them.
    std::optional<property::TaskEvent> task_event;
    size_t task_heard = 0;
    bool assigns = false;
    // An event sub-process has taken the scope over.
    bool interrupted = false;
    // Of an ad-hoc sub-process: nodes to be begun; nothing more begins.
    std::deque<size_t> to_begin;
    bool fulfilled = false;
    Work work = Work::kNone;
    int64_t due_ms = 0;
    int retries = 0;
    Failed failed = Failed::kNothing;
    std::string incident;
    // It waits for an instance that it called.
    bool calls = false;
    // Its own variables.
    Variables locals;
    // One run of several, from 1; 0: the activity as a whole, of which `total`
    // runs there are to be (multi-instance).
    size_t run = 0;
    int64_t total = 0;
    int64_t begun = 0;
    int64_t done = 0;
    // Its completion condition has held.
    bool enough = false;
    // The key of the record that it compensates, or 0; and whether as the
    // completed activity itself, open again for what is inside it.
    size_t compensates = 0;
    bool reopened = false;
  };
  // An activation that has completed and can be compensated; by its number. Its
  // owner is what stood around it: an activation, or the record of one.
  struct Record {
    size_t key = 0;
    size_t node = 0;
    size_t owner = 0;
    // The compensation that it waits for, or is a part of.
    size_t claimed_by = 0;
    bool failed = false;
    // Of an activation that was stopped: only what is inside.
    bool partial = false;
    Variables locals;
  };
  // Goes by the number of what asked for it.
  struct Compensation {
    size_t scope = 0;
    // Records, the next one first.
    std::deque<size_t> pending;
    // The activation that compensates now.
    size_t current = 0;
    // Records that have begun and aren't compensated yet.
    size_t open = 0;
    bool waits = true;
  };
  // A token on its way; without a flow it starts at `node`.
  struct Arrival {
    size_t node = 0;
    std::optional<size_t> flow;
    size_t scope = 0;
  };
  // Who catches: an activation, or 0 for the process, and the event there.
  struct Catcher {
    size_t host = 0;
    size_t node = 0;
  };

  bool Running() const { return end_ == End::kNotEnded && !suspended_; }
  // The key of an activation, or nothing: `which` among those of `node`.
  std::optional<size_t> Find(const std::string& node, size_t which) const;
  std::optional<size_t> FindWork(const std::string& node, size_t which,
                                 Work work) const;
  void Write(const Variables& variables);
  // Each to the nearest that has it, or that keeps what it is given for its
  // output mappings.
  void WriteAt(size_t activation, const Variables& variables);
  bool KeepsResults(size_t activation) const;
  // A variable as seen from an activation, or from the process: 0.
  std::optional<Value> Variable(size_t activation,
                                const std::string& name) const;
  // Its number, where it is there and isn't null.
  Value NumberOf(size_t activation, const std::string& name) const;
  // False: a source is missing.
  bool MapInputs(size_t activation);
  bool MapOutputs(size_t activation);
  // --- Data (reference_data.cc) ---
  bool InputData(size_t activation);
  std::optional<Variables> OutputData(size_t activation);
  // Nothing: that is a fault.
  std::optional<Value> Transformed(
      const property::DataAssociation& association,
      const std::function<Value(const std::string& name)>& number) const;
  Variables OwnData(size_t activation) const;
  // False: a listener waits for its job, or has failed.
  bool Listen(size_t activation, bool end);
  // An event of a user task: its listeners, and what comes behind them.
  void TellTask(size_t activation, property::TaskEvent event);
  void GoOnTelling(size_t activation);
  void ChangedTask(size_t activation, const std::string& assignee);
  void TaskDone(size_t activation);

  // Moves tokens until all rest.
  void Move();
  void Arrive(const Arrival& arrival);
  // An activation of `node` begins.
  void Admit(size_t node, size_t scope, bool late = false);
  // --- Gateways that look at other tokens ---
  bool WaitsForOthers(size_t node) const;
  // One of them goes on. False: none can.
  bool FireGateway();
  std::optional<size_t> ReadyGateway(size_t scope) const;
  bool MayStillCome(size_t gateway, size_t scope) const;
  // Flows into `gateway` that a token at `node` can come by.
  std::set<size_t> WaysInto(size_t gateway, size_t node,
                            bool by_boundary) const;
  bool HasHad(size_t gateway, size_t scope, size_t flow) const;
  void TryActivation(size_t gateway, size_t scope);
  void Reset(size_t gateway, size_t scope);
  void TakeToken(size_t scope, size_t flow);
  // Tokens at the start nodes of a scope: `around` is its node plus one. False:
  // there is none.
  bool QueueStarts(size_t around, size_t scope);
  std::vector<size_t> StartsOf(size_t around) const;
  void CompleteEmptyScopes();
  bool IsEmpty(size_t scope) const;
  // Ends all inside the activation, or the activation as well.
  void EndInside(size_t scope);
  void EndActivation(size_t activation);
  // Out of this activation or scope.
  std::optional<Catcher> FindCatcher(size_t activation,
                                     property::Trigger trigger,
                                     const std::string& code) const;

  // --- Events (reference_events.cc) ------------------------------------------
  // The process itself has no activation: 0.
  Activation& At(size_t host) {
    return host == 0 ? process_ : activations_.at(host);
  }
  size_t ScopeOf(size_t host) const {
    return host == 0 ? 0 : activations_.at(host).node + 1;
  }
  // Nothing: its key has no value.
  std::optional<Wait> WaitFor(size_t node, size_t host) const;
  // Of an event with several definitions one for each, or nothing.
  std::optional<std::vector<Wait>> WaitsFor(
      size_t node, size_t host, std::optional<size_t> but = std::nullopt) const;
  // Of a definition its event, else the node itself.
  size_t EventOf(size_t node) const;
  // Beside its work. Nothing: one of them has no key.
  std::optional<std::vector<Wait>> WaitsBeside(size_t activation) const;
  std::vector<size_t> EventStarts(size_t scope) const;
  void Open(size_t host, Wait wait);
  void OpenAll(size_t host, const std::vector<Wait>& waits);
  void OpenProcess();
  // One of them may be kept for it.
  void AskForMessages(const Wait& wait);
  bool FiresAgain(Wait* timer) const;
  std::string WaitText(const Wait& wait) const;
  // Where a boundary event, the start of an event sub-process or an event
  // behind a gateway is waited for.
  std::optional<size_t> HostOf(size_t node, size_t which) const;
  void Publish(size_t activation, const property::Node& node);
  void WaitForDelivery(size_t activation);
  // `node` has come to `host`.
  void Happen(size_t host, size_t node, const Variables& variables);
  void HappenInPart(size_t host, size_t part, const Variables& variables);
  void HappenInside(size_t host, size_t node, const Variables& variables);
  void HappenBehind(size_t gateway, size_t node, const Variables& variables);
  void BeginBehind(size_t gateway, size_t event, const Variables& variables);
  // An activation of an event that has come.
  void AdmitCome(size_t node, size_t scope, const Variables& variables);
  bool Stays(size_t host, size_t node) const;
  void Escalate(size_t scope, const std::string& code);
  bool FireCondition();
  void ForEachWait(
      const std::function<void(size_t host, const Wait& wait)>& visit) const;
  // --- Loops (reference_loops.cc) --------------------------------------------
  bool IsWhole(const Activation& activation) const;
  void EnterLoop(size_t number);
  void CountRuns(size_t number);
  void StepSoon(size_t number);
  bool StepLoop();
  void BeginRun(size_t whole);
  // Whether the completion condition holds when this run is done. False: that
  // can't be said.
  bool AskRun(size_t run);
  void RunDone(size_t whole);

  // --- Ad-hoc sub-processes (reference_ad_hoc.cc) ----------------------------
  bool IsAdHoc(size_t scope) const;
  void BeginInAdHoc(size_t number, const std::vector<size_t>& nodes);
  // One of them looks at its condition. False: none need.
  bool StepAdHoc();
  bool EmptyAdHocGoesOn(size_t number);

  // --- Calls (reference_calls.cc) --------------------------------------------
  // Whether an instance above catches it, and what that ends.
  struct Above {
    bool caught = false;
    bool interrupting = false;
  };
  void Call(size_t number);
  void TellCalled(Errand::Kind kind);
  void TellCalledBy(size_t activation, Errand::Kind kind);
  Above CatcherAbove(size_t thrower, property::Trigger trigger,
                     const std::string& code) const;
  void ThrowToCaller(property::Trigger trigger, const std::string& code,
                     const Variables& variables, bool ends);
  void ReturnToCaller();
  Variables OutputsForCaller() const;

  // --- Compensation (reference_compensation.cc) ------------------------------
  std::optional<size_t> HandlerOf(size_t activity) const;
  std::optional<size_t> CompensatesInside(size_t activity) const;
  Record* FindRecord(size_t key);
  size_t OwnerOf(size_t scope) const;
  std::vector<size_t> RecordsIn(size_t scope,
                                std::optional<size_t> activity) const;
  void RecordCompletion(size_t number);
  void ForgetRecordsOf(size_t owner);
  void Gone(size_t number);
  void EndCompensationsIn(size_t scope);
  bool ThrowCompensation(size_t number);
  void BeginCompensation(size_t key, size_t scope,
                         const std::vector<size_t>& records, bool waits);
  bool Compensating(size_t scope) const;
  bool AdvanceCompensation();
  void Compensate(size_t key, size_t record_key);
  void EndCompensation(size_t key);
  void CloseReopened(size_t number);
  size_t CompensatorAround(size_t number) const;
  void FailAround(size_t number);
  // All that is active in a scope ends, what has completed is compensated.
  void RollBack(size_t scope);
  void RecordStopped(size_t scope);
  void LeaveCancelled(size_t scope);
  std::optional<size_t> SagaAround(size_t number) const;
  static bool IsForGood(const std::string& incident);
  // Is it called, at whatever depth, by what compensates?
  bool CalledToCompensate() const;
  bool CalledInSaga() const;
  std::string IncidentIn(size_t number, std::string incident) const;
  void ReportToCaller(const std::string& incident);
  bool RollBackNextSaga();

  bool TakeTokens(const Arrival& arrival);
  void Enter(size_t activation);
  void Leave(size_t activation);
  void Fail(size_t activation, Failed step, std::string incident);
  std::optional<std::vector<size_t>> ChooseFlows(size_t activation,
                                                 std::string* incident) const;
  // As seen from the activation `at`; nothing: the variable is missing. `own`
  // are the gateway's own.
  std::optional<bool> Holds(const property::Condition& condition, size_t at,
                            const Variables& own) const;
  bool StopAtLimit(const Arrival& next);
  void EndScope(size_t scope);
  void EndAll(End end);

  std::vector<size_t> FlowsInto(size_t node) const;
  std::vector<size_t> FlowsOutOf(size_t node) const;

  const property::ProcessGraph& graph_;
  const size_t activations_max_;
  int64_t now_ms_ = 0;
  // By number, which grows: oldest first.
  std::map<size_t, Activation> activations_;
  // What the process itself waits for, and start events whose key failed.
  Activation process_;
  std::set<size_t> failed_starts_;
  Outbox own_outbox_;
  Outbox* const outbox_;
  size_t number_ = 0;
  std::string business_key_;
  const ReferenceInterpreter* caller_ = nullptr;
  size_t caller_activation_ = 0;
  size_t next_activation_ = 1;
  // Tokens on flows, on their way or at rest, by scope and flow.
  std::map<std::pair<size_t, size_t>, size_t> tokens_;
  // Scopes in which a token moved or ended since their gateways were looked at.
  std::set<size_t> moved_;
  // By scope and complex gateway: flows from which it took tokens when it
  // fired.
  std::map<std::pair<size_t, size_t>, std::set<size_t>> rounds_;
  // Complex gateways whose condition is a fault.
  std::set<std::pair<size_t, size_t>> faulty_;
  // Ad-hoc sub-processes in which an activity was completed.
  std::deque<size_t> ad_hocs_;
  // Loops that may take a step.
  std::deque<size_t> loops_;
  // Name and key.
  std::optional<std::pair<std::string, std::string>> held_;
  // In the order of completion.
  std::vector<Record> records_;
  std::map<size_t, Compensation> compensations_;
  // Those that may go on.
  std::deque<size_t> advance_;
  // Scopes in which something failed for good.
  std::deque<size_t> sagas_;
  // Scopes in which something ended.
  std::vector<size_t> ended_in_;
  std::deque<Arrival> queue_;
  size_t activated_in_act_ = 0;
  // In a row, up to this act; each counts as an activation in it.
  size_t throws_ = 0;
  // Node before which tokens were stopped.
  std::optional<size_t> limit_;
  Variables variables_;
  size_t data_moved_ = 0;
  size_t data_missing_ = 0;
  std::multiset<std::string> completed_;
  End end_ = End::kNotEnded;
  bool suspended_ = false;
};

}  // namespace pawl::reference

#endif  // PAWL_TESTS_REFERENCE_REFERENCE_INTERPRETER_H_
