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
//  - A failed job has one attempt less; with none left it is an incident
//    job_no_retries, else it waits for its backoff. Resolved, it has at least
//    one attempt. An error that a worker reports and nobody catches is an
//    incident unhandled_error.
//  - A suspended instance takes no step but resume, cancel and variables
//    (docs/adr/0007).
//  - More than `activations_max` activations in one act: the tokens stay on
//    their flows, and one incident `limit` stands for them all; resolved, all
//    tokens on flows try again (docs/adr/0008).
//
// Order of tokens. BPMN leaves open which of several tokens moves first; it
// matters to scripts that write one variable and to what a terminate end event
// still finds. Here: first come, first served. A token that takes a flow goes
// to the back of the queue; a node does all it does, up to taking its flows in
// the order of the document, before the next token moves. When none moves,
// empty sub-processes are done, in the order in which something ended in them.
#ifndef PAWL_TESTS_REFERENCE_REFERENCE_INTERPRETER_H_
#define PAWL_TESTS_REFERENCE_REFERENCE_INTERPRETER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/process_graph.h"

namespace pawl::reference {

using Variables = std::map<std::string, int64_t>;

enum class End { kNotEnded, kCompleted, kTerminated, kCancelled };

class ReferenceInterpreter {
 public:
  // `graph` is not owned.
  explicit ReferenceInterpreter(const property::ProcessGraph* graph,
                                size_t activations_max = 10'000)
      : graph_(*graph), activations_max_(activations_max) {}

  // --- Acts from outside -----------------------------------------------------
  // Each gives whether it is accepted; refused, it changes nothing. `which`
  // counts the activations of `node` that are there, oldest first; `now_ms` is
  // the time of the act.
  void Start(const Variables& variables, int64_t now_ms);
  bool CompleteTask(const std::string& node, size_t which,
                    const Variables& variables, int64_t now_ms);
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
  // Of a boundary event: `which` counts the activations that it stands at.
  bool FireTimer(const std::string& node, size_t which, int64_t now_ms);
  // Of the activation's incident.
  bool ResolveIncident(const std::string& node, size_t which, int64_t now_ms);
  bool ResolveLimit(int64_t now_ms);
  bool SetVariables(const Variables& variables);
  bool Suspend();
  bool Resume();
  bool Cancel();

  // --- What is ---------------------------------------------------------------
  // Ids of the nodes that were completed, once for each time.
  const std::multiset<std::string>& completed() const { return completed_; }
  // "user_task_1: task", "timer_2: timer at 1500", "service_task_3: job ready,
  // 2 retries", "... job until 1500, 2 retries", "... job failed, 0 retries".
  std::multiset<std::string> Waiting() const;
  // "service_task_3: job_no_retries".
  std::multiset<std::string> Incidents() const;
  // Ids of the flows on which tokens rest, once for each token.
  std::multiset<std::string> Resting() const;
  const Variables& variables() const { return variables_; }
  End end() const { return end_; }
  bool suspended() const { return suspended_; }

 private:
  enum class Work { kNone, kTask, kTimer, kJobReady, kJobBackoff, kJobFailed };
  // The step that an incident stopped.
  enum class Failed { kNothing, kEntering, kLeaving, kJob };

  struct BoundaryTimer {
    size_t node = 0;
    int64_t due_ms = 0;
  };
  // One activation of a node that has not ended.
  struct Activation {
    size_t node = 0;
    // The activation of the sub-process around it; 0: the process.
    size_t scope = 0;
    // A sub-process in which tokens are.
    bool open = false;
    std::vector<BoundaryTimer> timers;
    Work work = Work::kNone;
    int64_t due_ms = 0;
    int retries = 0;
    Failed failed = Failed::kNothing;
    std::string incident;
  };
  // A token on its way; without a flow it starts at `node`.
  struct Arrival {
    size_t node = 0;
    std::optional<size_t> flow;
    size_t scope = 0;
  };
  // Who catches an error: an activation and its boundary event.
  struct Catcher {
    size_t host = 0;
    size_t boundary = 0;
  };

  bool Running() const { return end_ == End::kNotEnded && !suspended_; }
  // The key of an activation, or nothing: `which` among those of `node`.
  std::optional<size_t> Find(const std::string& node, size_t which) const;
  std::optional<size_t> FindWork(const std::string& node, size_t which,
                                 Work work) const;
  void Write(const Variables& variables);

  // Moves tokens until all rest.
  void Move();
  void Arrive(const Arrival& arrival);
  // An activation of `node` begins.
  void Admit(size_t node, size_t scope);
  // Tokens at the start nodes of a scope: `around` is its node plus one. False:
  // there is none.
  bool QueueStarts(size_t around, size_t scope);
  void StartTimers(size_t activation);
  void CompleteEmptyScopes();
  bool IsEmpty(size_t scope) const;
  // Ends all inside the activation, or the activation as well.
  void EndInside(size_t scope);
  void EndActivation(size_t activation);
  void Interrupt(size_t host, size_t boundary);
  std::optional<Catcher> FindCatcher(size_t activation,
                                     const std::string& code) const;
  bool TakeTokens(const Arrival& arrival);
  void Enter(size_t activation);
  void Leave(size_t activation);
  void Fail(size_t activation, Failed step, std::string incident);
  std::optional<std::vector<size_t>> ChooseFlows(size_t node,
                                                 std::string* incident) const;
  // Nothing: the variable is missing.
  std::optional<bool> Holds(const property::Condition& condition) const;
  bool StopAtLimit(const Arrival& next);
  void EndAll(End end);

  std::vector<size_t> FlowsInto(size_t node) const;
  std::vector<size_t> FlowsOutOf(size_t node) const;

  const property::ProcessGraph& graph_;
  const size_t activations_max_;
  int64_t now_ms_ = 0;
  // By number, which grows: oldest first.
  std::map<size_t, Activation> activations_;
  size_t next_activation_ = 1;
  // Tokens on flows, on their way or at rest, by scope and flow.
  std::map<std::pair<size_t, size_t>, size_t> tokens_;
  // Scopes in which something ended.
  std::vector<size_t> ended_in_;
  std::deque<Arrival> queue_;
  size_t activated_in_act_ = 0;
  // Node before which tokens were stopped.
  std::optional<size_t> limit_;
  Variables variables_;
  std::multiset<std::string> completed_;
  End end_ = End::kNotEnded;
  bool suspended_ = false;
};

}  // namespace pawl::reference

#endif  // PAWL_TESTS_REFERENCE_REFERENCE_INTERPRETER_H_
