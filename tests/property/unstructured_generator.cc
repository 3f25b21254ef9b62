// Unstructured processes: any node may lead to any other but the start. Forks
// that nobody joins, joins that starve, tokens that meet in one element, nodes
// that nothing leads to, and conditions in places where they don't count.
//
// A flow that leads backwards has a node that waits at one of its ends, unless
// options.busy_cycles: then each round of a cycle takes an act from outside.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "tests/property/graph_draws.h"

namespace pawl::property {
namespace {

class UnstructuredGenerator {
 public:
  UnstructuredGenerator(const GeneratorOptions& options, GraphDraws* draws)
      : draws_(*draws),
        random_(draws->random()),
        nodes_wanted_(std::max<size_t>(options.nodes, 3)),
        busy_cycles_(options.busy_cycles && random_.OneIn(4)),
        event_starts_(options.events && options.event_starts),
        only_event_starts_(options.only_event_starts),
        compensates_(!busy_cycles_ && random_.OneIn(2)),
        maps_(!busy_cycles_ && random_.OneIn(2)),
        // Each is a job, of which a busy cycle would have thousands.
        listens_(!busy_cycles_ && random_.OneIn(4)) {}

  void Run() {
    draws_.SetEventSteps(maps_, listens_);
    if (busy_cycles_) draws_.LeaveOutData();
    draws_.graph().saga = compensates_ && random_.OneIn(6);
    // Without a start event an instance starts at every node that nothing
    // leads to.
    const bool has_start = !random_.OneIn(10);
    if (has_start) draws_.AddNode(NodeKind::kStartEvent);
    while (draws_.graph().nodes.size() < nodes_wanted_) {
      AddNode(DrawKind());
    }
    for (size_t source = 0; source < nodes_wanted_; ++source) {
      if (!IsEndEvent(draws_.kind(source))) DrawFlows(source);
    }
    if (compensates_) DrawHandlers();
    // What starts it by events. Nobody's target, so it comes last.
    if (!event_starts_) return;
    if (has_start) {
      if (random_.OneIn(3)) DrawEventStarts();
    } else if (only_event_starts_) {
      DrawInstantiating();
    }
  }

 private:
  size_t AnyTarget() { return 1 + random_.Below(nodes_wanted_ - 1); }

  void DrawEventStarts() {
    for (NodeKind kind :
         {NodeKind::kMessageStartEvent, NodeKind::kSignalStartEvent,
          NodeKind::kTimerStartEvent, NodeKind::kConditionalStartEvent}) {
      if (random_.OneIn(2)) continue;
      draws_.AddFlow(draws_.AddProcessStart(kind), AnyTarget());
    }
  }

  // Beside nodes that nothing leads to, which begin when it is started by hand.
  void DrawInstantiating() {
    if (random_.OneIn(2)) {
      const size_t task = draws_.AddProcessStart(NodeKind::kReceiveTask);
      draws_.graph().nodes[task].instantiates = true;
      draws_.AddFlow(task, AnyTarget());
      return;
    }
    std::vector<size_t> events;
    draws_.AddStartGateway(random_.OneIn(2), &events);
    for (const size_t event : events) draws_.AddFlow(event, AnyTarget());
  }

  void DrawHandlers() {
    constexpr NodeKind kHandlers[] = {
        NodeKind::kUserTask, NodeKind::kUserTask, NodeKind::kServiceTask,
        NodeKind::kScriptTask, NodeKind::kManualTask};
    for (size_t node = 0; node < nodes_wanted_; ++node) {
      if (!IsActivity(draws_.kind(node)) || random_.OneIn(2)) continue;
      draws_.AddHandler(kHandlers[random_.Below(5)], node);
    }
  }

  void AddNode(NodeKind kind) {
    if (compensates_ && random_.OneIn(7)) {
      draws_.AddCompensation(random_.OneIn(3)
                                 ? NodeKind::kCompensationEndEvent
                                 : NodeKind::kCompensationThrowEvent);
      return;
    }
    const size_t node = draws_.AddNode(kind);
    // Each of the thousands of tokens of a busy cycle would begin one, and each
    // of its rounds is a command.
    if (IsActivity(kind) && !busy_cycles_ && random_.OneIn(10)) {
      draws_.DrawLoop(node, /*by_variable=*/false);
    }
    if (IsActivity(kind) && maps_ && random_.OneIn(3)) {
      draws_.DrawMappings(node, /*outputs=*/true);
    }
    if (IsActivity(kind) && listens_ && random_.OneIn(4)) {
      draws_.DrawListeners(node);
    }
    if (listens_) draws_.DrawTaskListeners(node);
    if (kind != NodeKind::kComplexGateway || random_.OneIn(4)) return;
    // Seldom about a variable, which may be absent.
    Condition condition = draws_.DrawCondition();
    if (!random_.OneIn(4)) condition.variable = kActivationCount;
    draws_.graph().nodes[node].activation = condition;
  }

  // A token that goes round would send thousands of messages, each of which is
  // a command, after which all laws are checked.
  static bool Sends(NodeKind kind) {
    switch (kind) {
      case NodeKind::kMessageThrowEvent:
      case NodeKind::kSignalThrowEvent:
      case NodeKind::kMultipleThrowEvent:
      case NodeKind::kMessageSendTask:
      case NodeKind::kMessageEndEvent:
      case NodeKind::kSignalEndEvent:
      case NodeKind::kMultipleEndEvent:
        return true;
      default:
        return false;
    }
  }

  // Where the limit stops one of several definitions, or a mapping, the
  // reference doesn't say what is done again.
  NodeKind DrawKind() {
    for (;;) {
      const NodeKind kind = DrawAnyKind();
      if (!busy_cycles_ || !(Sends(kind) || IsMultiple(kind))) return kind;
    }
  }

  NodeKind DrawAnyKind() {
    switch (random_.Below(13)) {
      case 10:
      case 11:
        return NodeKind::kInclusiveGateway;
      case 12:
        return NodeKind::kComplexGateway;
      case 0:
        return NodeKind::kExclusiveGateway;
      case 1:
      case 2:
        return NodeKind::kParallelGateway;
      case 3:
        // Nobody catches the error.
        if (random_.OneIn(3)) return NodeKind::kErrorEndEvent;
        if (draws_.events() && random_.OneIn(2)) {
          constexpr NodeKind kThrowing[] = {
              NodeKind::kMessageEndEvent, NodeKind::kSignalEndEvent,
              NodeKind::kEscalationEndEvent, NodeKind::kMultipleEndEvent};
          return kThrowing[random_.Below(4)];
        }
        return random_.OneIn(4) ? NodeKind::kTerminateEndEvent
                                : NodeKind::kEndEvent;
      case 4:
        return random_.OneIn(4) ? NodeKind::kThrowEvent : draws_.DrawActivity();
      default:
        return draws_.DrawActivity();
    }
  }

  static bool NeverRests(NodeKind kind) {
    return kind == NodeKind::kThrowEvent ||
           kind == NodeKind::kMessageThrowEvent ||
           kind == NodeKind::kSignalThrowEvent ||
           kind == NodeKind::kEscalationThrowEvent ||
           kind == NodeKind::kCompensationThrowEvent ||
           kind == NodeKind::kMultipleThrowEvent;
  }

  void DrawFlows(size_t source) {
    // Mostly one or two; none ends the token.
    size_t count = 1 + random_.Below(2);
    if (random_.OneIn(4)) ++count;
    if (random_.OneIn(12)) count = 0;
    const size_t first = draws_.graph().flows.size();
    for (; count > 0; --count) {
      const size_t target = DrawTarget(source);
      // The last node may have nowhere to go.
      if (target == 0) continue;
      // Nothing is decided behind it.
      if (random_.OneIn(2) || NeverRests(draws_.kind(source))) {
        draws_.AddFlow(source, target);
      } else if (draws_.kind(source) == NodeKind::kComplexGateway &&
                 random_.OneIn(2)) {
        draws_.AddFlow(source, target, draws_.DrawPhase());
      } else {
        draws_.AddFlow(source, target, draws_.DrawCondition());
      }
    }
    const size_t drawn = draws_.graph().flows.size() - first;
    if (drawn > 0 && random_.OneIn(3)) {
      draws_.graph().flows[first + random_.Below(drawn)].is_default = true;
    }
  }

  // Mostly forwards. Node 0 is nobody's target: it starts the process. 0 when
  // there is nothing that may follow.
  size_t DrawTarget(size_t source) {
    const size_t behind = nodes_wanted_ - source - 1;
    if (random_.OneIn(4) || behind == 0) {
      const size_t target = 1 + random_.Below(nodes_wanted_ - 1);
      if (target > source || busy_cycles_ ||
          WaitsOutside(draws_.kind(source)) ||
          WaitsOutside(draws_.kind(target))) {
        return target;
      }
    }
    return behind == 0 ? 0 : source + 1 + random_.Below(behind);
  }

  GraphDraws& draws_;
  Random& random_;
  const size_t nodes_wanted_;
  const bool busy_cycles_;
  const bool event_starts_;
  const bool only_event_starts_;
  const bool compensates_;
  const bool maps_;
  const bool listens_;
};

}  // namespace

void GenerateUnstructured(const GeneratorOptions& options, GraphDraws* draws) {
  UnstructuredGenerator(options, draws).Run();
}

}  // namespace pawl::property
