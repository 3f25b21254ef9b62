// Structured processes: blocks within blocks, each with one way in and one way
// out. Every fork is joined by a parallel gateway with the same branches, and
// inside of a branch nothing ends but by a terminate end event, so no join
// starves. Loops end: they count, or wait outside in every round.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "tests/property/graph_draws.h"

namespace pawl::property {
namespace {

// A part of the graph: flows lead into `first`, and the way on leaves `last`,
// which may be the same node.
struct Block {
  size_t first = 0;
  size_t last = 0;
};

// Where a block stands.
struct Place {
  int depth = 0;
  bool in_fork = false;
  bool in_loop = false;
};

class StructuredGenerator {
 public:
  StructuredGenerator(const GeneratorOptions& options, GraphDraws* draws)
      : draws_(*draws),
        random_(draws->random()),
        nodes_wanted_(options.nodes) {}

  void Run() {
    size_t last = draws_.AddNode(NodeKind::kStartEvent);
    // At least one block, and room for the end event.
    do {
      const Block next = DrawBlock({});
      draws_.AddFlow(last, next.first);
      last = next.last;
    } while (Room() > 1);
    // A token that leaves a node without outgoing flow ends there as well.
    if (random_.OneIn(8)) return;
    draws_.AddFlow(last, draws_.AddNode(DrawEnd(/*in_fork=*/false)));
  }

 private:
  // A sub-process with boundary events.
  Block DrawSubProcess(Place place) {
    const size_t sub = draws_.AddNode(NodeKind::kSubProcess);
    const size_t outside = draws_.SetScope(sub + 1);
    Place inside = place;
    inside.in_fork = false;
    const Block body = DrawBlock(inside);
    // Without a start event it starts at the node that no flow leads to.
    const auto& flows = draws_.graph().flows;
    const bool needs_start = std::any_of(
        flows.begin(), flows.end(),
        [&](const Flow& flow) { return flow.target == body.first; });
    if (needs_start || !random_.OneIn(4)) {
      draws_.AddFlow(draws_.AddNode(NodeKind::kStartEvent), body.first);
    }
    std::string error;
    if (!random_.OneIn(4)) {
      const size_t end =
          draws_.AddNode(random_.OneIn(3) ? NodeKind::kErrorEndEvent
                                          : DrawEnd(/*in_fork=*/false));
      error = draws_.graph().nodes[end].error_code;
      draws_.AddFlow(body.last, end);
    }
    draws_.SetScope(outside);
    return DrawGuards(sub, place, error);
  }

  // Boundary events of `host`, whose ways meet behind it. One catches `error`,
  // if that isn't empty.
  Block DrawGuards(size_t host, Place place, const std::string& error) {
    const size_t merge = draws_.AddNode(NodeKind::kExclusiveGateway);
    draws_.AddFlow(host, merge);
    const size_t count = 1 + random_.Below(2);
    for (size_t i = 0; i < count; ++i) {
      const bool catches = i == 0 && !error.empty();
      const size_t guard = draws_.AddBoundary(
          catches || random_.OneIn(3) ? NodeKind::kErrorBoundaryEvent
                                      : NodeKind::kTimerBoundaryEvent,
          host);
      const bool is_timer = draws_.kind(guard) == NodeKind::kTimerBoundaryEvent;
      const bool interrupting = !is_timer || random_.OneIn(2);
      draws_.graph().nodes[guard].interrupting = interrupting;
      if (catches && random_.OneIn(2)) {
        draws_.graph().nodes[guard].error_code = error;
      } else if (catches) {
        draws_.graph().nodes[guard].error_code.clear();
      }
      const Block block = DrawNode(place);
      draws_.AddFlow(guard, block.first);
      // A token more would be one too many for the joins around.
      draws_.AddFlow(block.last, interrupting
                                     ? merge
                                     : draws_.AddNode(NodeKind::kEndEvent));
    }
    return {host, merge};
  }

  // A job, for whose errors there is a catcher.
  Block DrawGuardedJob(Place place) {
    constexpr NodeKind kJobs[] = {NodeKind::kServiceTask, NodeKind::kSendTask,
                                  NodeKind::kBusinessRuleTask,
                                  NodeKind::kUserTask};
    return DrawGuards(draws_.AddNode(kJobs[random_.Below(4)]), place, "");
  }

  Block DrawLink() {
    const size_t from = draws_.AddNode(NodeKind::kLinkThrowEvent);
    const size_t to = draws_.AddNode(NodeKind::kLinkCatchEvent);
    draws_.graph().nodes[from].link_target = to;
    return {from, to};
  }

  size_t Room() const {
    const size_t used = draws_.graph().nodes.size();
    return used < nodes_wanted_ ? nodes_wanted_ - used : 0;
  }

  NodeKind DrawEnd(bool in_fork) {
    return in_fork || random_.OneIn(4) ? NodeKind::kTerminateEndEvent
                                       : NodeKind::kEndEvent;
  }

  // Has nothing to do, and so can only stop at its conditions.
  NodeKind DrawIdleTask() {
    return random_.OneIn(2) ? NodeKind::kUndefinedTask : NodeKind::kManualTask;
  }

  // Not a timer: events have no default flow.
  NodeKind DrawTask() {
    if (random_.OneIn(2)) return DrawIdleTask();
    for (;;) {
      const NodeKind kind = draws_.DrawActivity();
      if (kind != NodeKind::kTimerCatchEvent) return kind;
    }
  }

  Block DrawBlock(Place place) {
    constexpr int kDepthMax = 4;
    if (place.depth >= kDepthMax || Room() < 4) return DrawNode(place);
    Place inside = place;
    ++inside.depth;
    switch (random_.Below(12)) {
      case 8:
        return DrawSubProcess(inside);
      case 9:
      case 11:
        return DrawGuardedJob(inside);
      case 10:
        return random_.OneIn(2) ? DrawLink() : DrawSubProcess(inside);
      case 0:
      case 1:
        return DrawChoice(inside);
      case 2:
      case 3:
        return DrawFork(inside);
      case 4:
        return random_.OneIn(2) ? DrawCountingLoop(inside)
                                : DrawWaitingLoop(inside);
      case 5: {
        const Block a = DrawBlock(inside);
        const Block b = DrawBlock(inside);
        draws_.AddFlow(a.last, b.first);
        return {a.first, b.last};
      }
      default:
        return DrawNode(place);
    }
  }

  Block DrawNode(Place place) {
    size_t node = 0;
    if (random_.OneIn(16)) {
      node = draws_.AddNode(NodeKind::kThrowEvent);
    } else if (random_.OneIn(12)) {
      // With one flow in and one out, a gateway does nothing.
      node = draws_.AddNode(random_.OneIn(2) ? NodeKind::kExclusiveGateway
                                             : NodeKind::kParallelGateway);
    } else {
      node = draws_.AddNode(draws_.DrawActivity());
      // Due at once. In a loop it would let time stand still.
      if (draws_.kind(node) == NodeKind::kTimerCatchEvent && !place.in_loop &&
          random_.OneIn(8)) {
        draws_.graph().nodes[node].timer_ms = 0;
      }
    }
    return {node, node};
  }

  // A gateway, or an activity whose flows have conditions, and the place where
  // the ways meet: a gateway, or an activity with several flows into it.
  Block DrawChoice(Place place) {
    const bool by_activity = random_.OneIn(3);
    const size_t split =
        draws_.AddNode(by_activity ? DrawTask() : NodeKind::kExclusiveGateway);
    const size_t merge = draws_.AddNode(
        random_.OneIn(3) ? draws_.DrawActivity() : NodeKind::kExclusiveGateway);
    // Activities take every flow whose condition holds: one condition and a
    // default flow make it a choice.
    const size_t count = by_activity ? 2 : 2 + random_.Below(2);
    const bool has_default = by_activity || !random_.OneIn(3);
    // One way at least leads on.
    const size_t leads_on = random_.Below(count);
    const size_t is_default = random_.Below(count);
    for (size_t i = 0; i < count; ++i) {
      const size_t flow = DrawWay(split, merge, i == leads_on, place);
      Flow& way = draws_.graph().flows[flow];
      if (has_default && i == is_default) {
        way.is_default = true;
      } else {
        way.condition = draws_.DrawCondition();
      }
    }
    return {split, merge};
  }

  // From `split` over a block or nothing to `merge`, or to an end event.
  // Returns the flow out of `split`.
  size_t DrawWay(size_t split, size_t merge, bool leads_on, Place place) {
    if (!leads_on && random_.OneIn(5)) {
      return draws_.AddFlow(split, draws_.AddNode(DrawEnd(place.in_fork)));
    }
    if (random_.OneIn(5)) return draws_.AddFlow(split, merge);
    const Block block = DrawBlock(place);
    draws_.AddFlow(block.last, merge);
    return draws_.AddFlow(split, block.first);
  }

  // A parallel gateway or an activity with several flows out, and its join.
  Block DrawFork(Place place) {
    const size_t fork = draws_.AddNode(
        random_.OneIn(4) ? draws_.DrawActivity() : NodeKind::kParallelGateway);
    const size_t join = draws_.AddNode(NodeKind::kParallelGateway);
    place.in_fork = true;
    for (size_t count = 2 + random_.Below(2); count > 0; --count) {
      if (random_.OneIn(8)) {
        draws_.AddFlow(fork, join);
        continue;
      }
      const Block block = DrawBlock(place);
      draws_.AddFlow(fork, block.first);
      draws_.AddFlow(block.last, join);
    }
    return {fork, join};
  }

  // counter = n; repeat: body, counter = counter + 1; while counter < bound.
  // The counter is its own, so nothing else in the process keeps it going.
  Block DrawCountingLoop(Place place) {
    place.in_loop = true;
    const std::string counter =
        "c" + std::to_string(draws_.graph().nodes.size());
    const size_t init = draws_.AddScript(counter, "n", 0);
    const size_t head = draws_.AddNode(NodeKind::kExclusiveGateway);
    const size_t step = draws_.AddScript(counter, counter, 1);
    const size_t check = draws_.AddNode(NodeKind::kExclusiveGateway);
    draws_.AddFlow(init, head);
    if (random_.OneIn(4)) {
      draws_.AddFlow(head, step);
    } else {
      const Block body = DrawBlock(place);
      draws_.AddFlow(head, body.first);
      draws_.AddFlow(body.last, step);
    }
    draws_.AddFlow(step, check);
    draws_.AddFlow(check, head,
                   {counter, Condition::Op::kLess,
                    static_cast<int64_t>(1 + random_.Below(4))});
    return {init, AddExit(check)};
  }

  // Somebody outside acts in every round, right before the check: so they can
  // end it, whatever the body needed.
  Block DrawWaitingLoop(Place place) {
    place.in_loop = true;
    constexpr NodeKind kWaits[] = {NodeKind::kUserTask, NodeKind::kServiceTask,
                                   NodeKind::kTimerCatchEvent};
    const size_t head = draws_.AddNode(NodeKind::kExclusiveGateway);
    const size_t wait = draws_.AddNode(kWaits[random_.Below(3)]);
    const size_t check = draws_.AddNode(NodeKind::kExclusiveGateway);
    if (random_.OneIn(2)) {
      draws_.AddFlow(head, wait);
    } else {
      const Block body = DrawBlock(place);
      draws_.AddFlow(head, body.first);
      draws_.AddFlow(body.last, wait);
    }
    draws_.AddFlow(wait, check);
    draws_.AddFlow(check, head, draws_.DrawCondition());
    return {head, AddExit(check)};
  }

  // The default flow of a loop's check leads to a node that does nothing, so
  // that the block's way on is still open.
  size_t AddExit(size_t check) {
    const size_t exit = draws_.AddNode(DrawIdleTask());
    const size_t flow = draws_.AddFlow(check, exit);
    draws_.graph().flows[flow].is_default = true;
    return exit;
  }

  GraphDraws& draws_;
  Random& random_;
  const size_t nodes_wanted_;
};

}  // namespace

void GenerateStructured(const GeneratorOptions& options, GraphDraws* draws) {
  StructuredGenerator(options, draws).Run();
}

}  // namespace pawl::property
