// GraphDraws: what both generators draw: a node with all that its kind needs, a
// flow, a condition. Variables are n, m and, in loops, counters; nobody says
// that one has a value when it is read.
#ifndef PAWL_TESTS_PROPERTY_GRAPH_DRAWS_H_
#define PAWL_TESTS_PROPERTY_GRAPH_DRAWS_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/process_generator.h"
#include "tests/property/process_graph.h"
#include "tests/support/random.h"

namespace pawl::property {

class GraphDraws {
 public:
  // Neither is owned.
  GraphDraws(ProcessGraph* graph, Random* random,
             const GeneratorOptions& options)
      : graph_(*graph),
        random_(*random),
        events_(options.events),
        dates_(options.dates),
        structured_(options.structured),
        is_pool_(options.is_pool) {}

  // GeneratorOptions::events.
  bool events() const { return events_; }

  // GeneratorOptions::dates.
  bool dates() const { return dates_; }

  ProcessGraph& graph() { return graph_; }
  Random& random() { return random_; }
  NodeKind kind(size_t node) const { return graph_.nodes[node].kind; }

  // The scope in which nodes are added from now on; returns the one before.
  size_t SetScope(size_t scope) { return std::exchange(scope_, scope); }
  size_t scope() const { return scope_; }
  // Adds a node and returns its index. Its id is "service_task_3".
  size_t AddNode(NodeKind kind);
  // `result = operand + addend`.
  size_t AddScript(std::string result, std::string operand, int64_t addend);
  // Adds a flow and returns its index, which Finish() changes.
  size_t AddFlow(size_t source, size_t target);
  size_t AddFlow(size_t source, size_t target, Condition condition);

  // About n or m and a number from 0 to 3.
  Condition DrawCondition();
  // Whether a complex gateway waits for start, or the opposite.
  Condition DrawPhase();
  // A task, or an event in the middle of a flow.
  NodeKind DrawActivity();
  // Of those, what waits for a message, a signal or a condition, or throws.
  NodeKind DrawEventActivity();

  // Draws the definitions of an event that has several. `may_catch`: errors and
  // escalations, too.
  void AddDefinitions(size_t event, bool may_catch);

  // What starts the process: a start event, a receive task, or an event behind
  // a gateway that does.
  size_t AddProcessStart(NodeKind kind);
  // A start event with several definitions.
  size_t AddMultipleStart(NodeKind kind);
  // An event gateway in the place of a start event, with the events behind it.
  size_t AddStartGateway(bool parallel, std::vector<size_t>* events);

  // A time at which it fires, maybe past, and once; not in a loop, where it
  // would let time stand still.
  void DrawDate(Node* node) const;
  // A boundary event of the activity `host`, in its scope.
  size_t AddBoundary(NodeKind kind, size_t host);

  // The activity runs several times, kLoopRunsMax times at most where nobody
  // outside acts in each run. `by_variable`: a variable may say how often, or
  // that it doesn't run at all; otherwise it does at least once.
  void DrawLoop(size_t node, bool by_variable);
  // Mappings around the work of an activity. `outputs`: also what of its
  // results goes out.
  void DrawMappings(size_t node, bool outputs);
  Mapping DrawMapping();
  // What runs before and after the work of an activity.
  void DrawListeners(size_t node);
  Listener DrawListener();
  // Who has a user task from the beginning, and what hears what happens to it.
  void DrawTaskListeners(size_t node);
  // Events get some of these, too, when all are there.
  void SetEventSteps(bool maps, bool listens) {
    maps_events_ = maps;
    listens_to_events_ = listens;
  }
  // Where the limit stops a mapping, the reference doesn't say what is done
  // again.
  void LeaveOutData() { may_have_data_ = false; }
  // But this one writes no variables: a loop asks for what somebody wrote.
  void KeepPlain(size_t node) { plain_.insert(node); }
  // Whether something in the scope, or the handler of the activity, has a
  // condition.
  bool IsRead(size_t activity) const;
  // What compensates `host`, in its scope.
  size_t AddHandler(NodeKind kind, size_t host);
  // An event that compensates an activity of its scope that is there already,
  // or all.
  size_t AddCompensation(NodeKind kind);

  // Puts the flows in a random document order, each scope behind the scope
  // around it, and names them by it: "f0", ... Nodes likewise, in their order.
  void Finish();

 private:
  int64_t DrawCycle() {
    return random_.OneIn(3) ? static_cast<int64_t>(1 + random_.Below(3)) : 0;
  }
  const char* DrawVariable() { return random_.OneIn(3) ? "m" : "n"; }

  void FillTrigger(Node* node, bool throws);
  void SettleStart(Node* node);
  // Of what is waited for in the instance that another event started.
  void DrawStartKey(Node* node);
  Trigger DrawDefinition(const Node& event, bool first, bool may_catch);
  void DrawEventSteps(size_t node);
  // --- Data (generator_data.cc) ---
  // `plain` write nothing, `quiet` nothing that a condition asks for.
  void DrawAllData(const std::set<size_t>& plain,
                   const std::set<size_t>& quiet);
  void DrawData(size_t node, bool writes, bool writes_read);
  void DrawDataInputs(size_t node, const std::vector<std::string>& inner);
  void DrawDataOutputs(size_t node, const std::vector<std::string>& inner,
                       const std::vector<std::string>& outer);
  void DrawValue(DataAssociation* association, bool own_read);
  DataObject DrawObject(const std::string& name) {
    return {name, random_.OneIn(3)};
  }
  bool ReadsVariables(size_t node) const;
  bool IsHidden(size_t scope, const std::string& name) const;
  bool IsInside(size_t node, size_t scope) const;
  // What an event began without interrupting anything: what it writes could set
  // it off again, for ever.
  std::set<size_t> QuietNodes() const;
  void SortByScope();
  void SettleEvent(Node* node) const;

  ProcessGraph& graph_;
  Random& random_;
  const bool events_;
  const bool dates_;
  const bool structured_;
  const bool is_pool_;
  size_t scope_ = 0;
  bool maps_events_ = false;
  bool listens_to_events_ = false;
  bool may_have_data_ = true;
  std::set<size_t> plain_;
};

// One for each value of GeneratorOptions::structured; process_generator.cc is
// their door. Each fills an empty graph, of which only the id is set.
void GenerateStructured(const GeneratorOptions& options, GraphDraws* draws);
void GenerateUnstructured(const GeneratorOptions& options, GraphDraws* draws);

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_GRAPH_DRAWS_H_
