// Structured processes: blocks within blocks, each with one way in and one way
// out. Every fork is joined by a parallel or inclusive gateway with the same
// branches, or by a complex one that goes on with some of them, and inside of a
// branch nothing ends but by a terminate end event, so no join starves; the
// ways of an inclusive choice may end, for its join counts no others. Loops
// end: they count, or wait outside in every round.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  // In what an event began without interrupting anything.
  bool quiet = false;
  // How often it may run for one token, by the loops around it.
  int64_t runs = 1;

  // Whether what stands there may run several times; or call a process, whose
  // own loops count as well.
  bool may_loop() const { return runs * kLoopRunsMax <= kRunsMax; }
  bool may_call() const { return !quiet && runs <= kLoopRunsMax; }

  static constexpr int64_t kRunsMax = kLoopRunsMax * kLoopRunsMax;
};

class StructuredGenerator {
 public:
  StructuredGenerator(const GeneratorOptions& options, GraphDraws* draws)
      : draws_(*draws),
        random_(draws->random()),
        nodes_wanted_(options.nodes),
        event_starts_(options.events && options.event_starts),
        only_event_starts_(event_starts_ && options.only_event_starts),
        pool_start_(options.pool_start),
        called_(options.called),
        throws_(options.throws && random_.OneIn(2)),
        loops_(random_.OneIn(2)),
        compensates_(random_.OneIn(2)),
        maps_(random_.OneIn(2)),
        listens_(random_.OneIn(4)) {}

  void Run() {
    draws_.SetEventSteps(maps_, listens_);
    draws_.graph().saga = compensates_ && random_.OneIn(6);
    size_t last = DrawStarts();
    if (draws_.events() && random_.OneIn(4)) DrawEventSubProcesses({});
    // At least one block, and room for the end event.
    do {
      const Block next = DrawBlock({});
      draws_.AddFlow(last, next.first);
      last = next.last;
    } while (Room() > 1);
    if (throws_) {
      // Of what it changed the caller sees what its outputs say.
      const size_t script =
          draws_.AddScript("n", "n", static_cast<int64_t>(random_.Below(3)));
      draws_.AddFlow(last, script);
      draws_.AddFlow(script, draws_.AddNode(draws_.events() && random_.OneIn(3)
                                                ? NodeKind::kEscalationEndEvent
                                                : NodeKind::kErrorEndEvent));
      return;
    }
    // A token that leaves a node without outgoing flow ends there as well.
    if (random_.OneIn(8)) return;
    draws_.AddFlow(last, AddEnd({}));
  }

 private:
  // The start event, and with it, in some, starts by events. Where the token
  // goes on.
  size_t DrawStarts() {
    if (only_event_starts_ && random_.OneIn(5)) return DrawEventStart();
    const size_t start = draws_.AddNode(NodeKind::kStartEvent);
    if (pool_start_) {
      const size_t merge = draws_.AddNode(NodeKind::kExclusiveGateway);
      draws_.AddFlow(start, merge);
      const size_t by_flow =
          draws_.AddProcessStart(NodeKind::kMessageStartEvent);
      draws_.graph().nodes[by_flow].event_name = kPoolMessage;
      draws_.AddFlow(by_flow, merge);
      return merge;
    }
    if (!event_starts_ || !random_.OneIn(3)) return start;
    const size_t merge = draws_.AddNode(NodeKind::kExclusiveGateway);
    draws_.AddFlow(start, merge);
    DrawEventStarts(merge);
    return merge;
  }

  void DrawEventStarts(size_t merge) {
    if (random_.OneIn(2)) {
      draws_.AddFlow(
          draws_.AddMultipleStart(random_.OneIn(2)
                                      ? NodeKind::kParallelMultipleStartEvent
                                      : NodeKind::kMultipleStartEvent),
          merge);
      return;
    }
    bool some = false;
    for (NodeKind kind :
         {NodeKind::kMessageStartEvent, NodeKind::kSignalStartEvent,
          NodeKind::kTimerStartEvent, NodeKind::kConditionalStartEvent}) {
      if (random_.OneIn(2)) continue;
      some = true;
      draws_.AddFlow(draws_.AddProcessStart(kind), merge);
    }
    if (some) return;
    draws_.AddFlow(draws_.AddProcessStart(NodeKind::kTimerStartEvent), merge);
  }

  // Nobody can start it by hand, unless only a time does.
  size_t DrawEventStart() {
    switch (random_.Below(4)) {
      case 0:
        return draws_.AddProcessStart(NodeKind::kTimerStartEvent);
      case 1: {
        const size_t task = draws_.AddProcessStart(NodeKind::kReceiveTask);
        draws_.graph().nodes[task].instantiates = true;
        return task;
      }
      case 2: {
        const bool parallel = random_.OneIn(2);
        std::vector<size_t> events;
        draws_.AddStartGateway(parallel, &events);
        const size_t merge =
            draws_.AddNode(parallel ? NodeKind::kParallelGateway
                                    : NodeKind::kExclusiveGateway);
        for (const size_t event : events) draws_.AddFlow(event, merge);
        return merge;
      }
      default: {
        const size_t merge = draws_.AddNode(NodeKind::kExclusiveGateway);
        DrawEventStarts(merge);
        return merge;
      }
    }
  }

  // In the present scope.
  void DrawEventSubProcesses(Place place) {
    constexpr NodeKind kStarts[] = {
        NodeKind::kMessageStartEvent,    NodeKind::kSignalStartEvent,
        NodeKind::kTimerStartEvent,      NodeKind::kErrorStartEvent,
        NodeKind::kEscalationStartEvent, NodeKind::kConditionalStartEvent,
        NodeKind::kMultipleStartEvent,   NodeKind::kParallelMultipleStartEvent};
    // One of each kind at most: two that catch the same are refused, and two
    // that escalate to each other would never end.
    std::vector<NodeKind> kinds(std::begin(kStarts), std::end(kStarts));
    for (size_t count = 1 + random_.Below(2); count > 0; --count) {
      const size_t which = random_.Below(kinds.size());
      const NodeKind kind = kinds[which];
      kinds.erase(kinds.begin() + static_cast<std::ptrdiff_t>(which));
      const size_t sub = draws_.AddNode(NodeKind::kEventSubProcess);
      const size_t outside = draws_.SetScope(sub + 1);
      const size_t start = draws_.AddNode(kind);
      const bool interrupting =
          kind == NodeKind::kErrorStartEvent || random_.OneIn(2);
      draws_.graph().nodes[start].interrupting = interrupting;
      Place inside = place;
      ++inside.depth;
      inside.in_fork = false;
      inside.quiet = place.quiet || !interrupting;
      const Block body = DrawBlock(inside);
      draws_.AddFlow(start, body.first);
      if (!random_.OneIn(4)) {
        draws_.AddFlow(body.last, AddEnd(inside));
      }
      draws_.SetScope(outside);
    }
  }

  // Waits for the first of some events.
  Block DrawEventGateway(Place place) {
    // Receive tasks and message events don't mix there (10.6.6).
    const NodeKind message = random_.OneIn(2) ? NodeKind::kReceiveTask
                                              : NodeKind::kMessageCatchEvent;
    const NodeKind events[] = {message, message, NodeKind::kSignalCatchEvent,
                               NodeKind::kConditionalCatchEvent,
                               NodeKind::kTimerCatchEvent};
    const size_t gateway = draws_.AddNode(NodeKind::kEventGateway);
    const size_t merge = draws_.AddNode(NodeKind::kExclusiveGateway);
    for (size_t count = 2 + random_.Below(2); count > 0; --count) {
      const size_t event =
          draws_.AddNode(events[random_.Below(std::size(events))]);
      draws_.AddFlow(gateway, event);
      if (random_.OneIn(2)) {
        draws_.AddFlow(event, merge);
        continue;
      }
      const Block block = DrawBlock(place);
      draws_.AddFlow(event, block.first);
      draws_.AddFlow(block.last, merge);
    }
    return {gateway, merge};
  }

  // A sub-process with boundary events.
  Block DrawSubProcess(Place place) {
    const bool is_transaction = compensates_ && random_.OneIn(2);
    const size_t sub = draws_.AddNode(is_transaction ? NodeKind::kTransaction
                                                     : NodeKind::kSubProcess);
    const size_t outside = draws_.SetScope(sub + 1);
    Place inside = place;
    inside.in_fork = false;
    // What is cancelled several times at once is nobody's model.
    if (!is_transaction && DrawMultiple(sub, place)) {
      inside.runs *= kLoopRunsMax;
    }
    Block body = DrawBlock(inside);
    if (is_transaction) DrawCancel(&body);
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
      const size_t end = compensates_ && random_.OneIn(4)
                             ? AddEnd(inside)
                             : draws_.AddNode(DrawInnerEnd(inside));
      error = draws_.graph().nodes[end].error_code;
      draws_.AddFlow(body.last, end);
    }
    if (draws_.events() && random_.OneIn(3)) DrawEventSubProcesses(inside);
    if (compensates_ && random_.OneIn(2)) DrawCompensationInside(inside);
    draws_.SetScope(outside);
    if (compensates_ && random_.OneIn(4)) {
      draws_.graph().nodes[sub].saga =
          random_.OneIn(3) ? Saga::kGlobal : Saga::kLocal;
    }
    DrawHandler(sub, place);
    DrawMappings(sub);
    const Block block = DrawGuards(sub, place, error);
    if (is_transaction ||
        (draws_.graph().nodes[sub].saga == Saga::kLocal && random_.OneIn(2))) {
      draws_.AddFlow(draws_.AddBoundary(NodeKind::kCancelBoundaryEvent, sub),
                     block.last);
    }
    return block;
  }

  // What nobody need do in any order, and what may follow it. With a condition
  // it may wait for more to be done for ever, but that it may be late.
  Block DrawAdHoc(Place place) {
    const size_t sub = draws_.AddNode(NodeKind::kAdHocSubProcess);
    const size_t outside = draws_.SetScope(sub + 1);
    Place inside = place;
    inside.in_fork = false;
    if (DrawMultiple(sub, place)) inside.runs *= kLoopRunsMax;
    const size_t count = 1 + random_.Below(3);
    for (size_t i = 0; i < count; ++i) {
      const Block block =
          random_.OneIn(4) ? DrawSubProcess(inside) : DrawActivityBlock(inside);
      if (!random_.OneIn(3)) continue;
      draws_.AddFlow(block.last, DrawNode(inside).first);
    }
    if (draws_.events() && random_.OneIn(4)) DrawEventSubProcesses(inside);
    draws_.SetScope(outside);
    Node& node = draws_.graph().nodes[sub];
    node.sequential = random_.OneIn(2);
    const bool has_condition = random_.OneIn(2);
    if (has_condition) {
      node.completion = draws_.DrawCondition();
      node.completion->feel = random_.OneIn(2);
      node.cancels_rest = random_.OneIn(2);
    }
    DrawHandler(sub, place);
    DrawMappings(sub);
    const Block block = DrawGuards(sub, place, "");
    if (has_condition) {
      draws_.AddFlow(draws_.AddBoundary(NodeKind::kTimerBoundaryEvent, sub),
                     block.last);
    }
    return block;
  }

  Block DrawActivityBlock(Place place) {
    const size_t node = draws_.AddNode(DrawTask(place));
    DrawExtras(node, place);
    return {node, node};
  }

  // May cancel the transaction around when the body is through.
  void DrawCancel(Block* body) {
    const size_t check = draws_.AddNode(NodeKind::kExclusiveGateway);
    draws_.AddFlow(body->last, check);
    draws_.AddFlow(check, draws_.AddNode(NodeKind::kCancelEndEvent),
                   draws_.DrawCondition());
    body->last = AddExit(check);
  }

  // An event sub-process that compensates the sub-process around.
  void DrawCompensationInside(Place place) {
    const size_t sub = draws_.AddNode(NodeKind::kEventSubProcess);
    const size_t outside = draws_.SetScope(sub + 1);
    const size_t start = draws_.AddNode(NodeKind::kCompensationStartEvent);
    ++place.depth;
    const Block body = DrawNode(place);
    draws_.AddFlow(start, body.first);
    if (!random_.OneIn(3)) {
      draws_.AddFlow(body.last, random_.OneIn(2)
                                    ? draws_.AddCompensation(
                                          NodeKind::kCompensationEndEvent)
                                    : AddEnd(place));
    }
    draws_.SetScope(outside);
  }

  // What it does may set off others, as in a quiet place nothing may.
  size_t AddCall(Place place) {
    if (!place.may_call()) return draws_.AddNode(DrawIdleTask());
    const size_t node = draws_.AddNode(NodeKind::kCallActivity);
    DrawCall(node);
    return node;
  }

  void DrawCall(size_t node) {
    Node& call = draws_.graph().nodes[node];
    call.called = called_;
    if (maps_ && random_.OneIn(2)) call.call_output = draws_.DrawMapping();
    call.outputs_on_throw = !random_.OneIn(3);
  }

  // It may run several times; whether it does.
  bool DrawMultiple(size_t node, Place place) {
    if (draws_.kind(node) == NodeKind::kCallActivity) {
      place.runs *= kLoopRunsMax;
    }
    if (!loops_ || !place.may_loop() || !random_.OneIn(4)) return false;
    draws_.DrawLoop(node, /*by_variable=*/true);
    return true;
  }

  // It may run several times, and have a handler.
  void DrawExtras(size_t node, Place place) {
    if (!IsActivity(draws_.kind(node))) return;
    DrawMultiple(node, place);
    DrawHandler(node, place);
    DrawMappings(node);
  }

  // And listeners. What a scope or handler reads in a condition must be what
  // anybody can set: variables of the process, or it may be for ever.
  void DrawMappings(size_t node) {
    if (listens_ && random_.OneIn(4)) draws_.DrawListeners(node);
    if (listens_) draws_.DrawTaskListeners(node);
    if (!maps_ || !random_.OneIn(3) || draws_.IsRead(node)) return;
    const std::optional<Loop>& loop = draws_.graph().nodes[node].loop;
    const bool counts = loop.has_value() &&
                        loop->kind == Loop::Kind::kStandard &&
                        loop->maximum == 0;
    draws_.DrawMappings(node, /*outputs=*/!counts);
  }

  void DrawHandler(size_t node, Place place) {
    if (!compensates_ || !random_.OneIn(2)) return;
    constexpr NodeKind kHandlers[] = {
        NodeKind::kUserTask,   NodeKind::kUserTask,      NodeKind::kServiceTask,
        NodeKind::kManualTask, NodeKind::kUndefinedTask, NodeKind::kSubProcess,
        NodeKind::kScriptTask};
    const bool calls = !called_.empty() && place.may_call() && random_.OneIn(4);
    const NodeKind kind = calls ? NodeKind::kCallActivity
                                : kHandlers[random_.Below(place.quiet ? 6 : 7)];
    const size_t handler = draws_.AddHandler(kind, node);
    if (calls) {
      DrawCall(handler);
      place.runs *= kLoopRunsMax;
    }
    if (loops_ && place.may_loop() && random_.OneIn(8)) {
      draws_.DrawLoop(handler, /*by_variable=*/true);
      place.runs *= kLoopRunsMax;
    }
    if (kind != NodeKind::kSubProcess) return DrawMappings(handler);
    const size_t outside = draws_.SetScope(handler + 1);
    Place inside = place;
    inside.in_fork = false;
    constexpr int kDeep = 100;
    inside.depth = kDeep;
    const size_t start = draws_.AddNode(NodeKind::kStartEvent);
    const Block body = DrawNode(inside);
    draws_.AddFlow(start, body.first);
    draws_.SetScope(outside);
  }

  // Boundary events of `host`, whose ways meet behind it. One catches `error`,
  // if that isn't empty.
  Block DrawGuards(size_t host, Place place, const std::string& error) {
    const size_t merge = draws_.AddNode(NodeKind::kExclusiveGateway);
    draws_.AddFlow(host, merge);
    const size_t count = 1 + random_.Below(2);
    for (size_t i = 0; i < count; ++i) {
      const bool catches = i == 0 && !error.empty();
      const NodeKind kind = catches ? NodeKind::kErrorBoundaryEvent
                                    : DrawGuard(host, /*again=*/i > 0);
      const size_t guard = draws_.AddBoundary(kind, host);
      const bool interrupting =
          kind == NodeKind::kErrorBoundaryEvent || random_.OneIn(2);
      draws_.graph().nodes[guard].interrupting = interrupting;
      if (IsMultiple(kind)) {
        // What is caught twice is refused.
        draws_.AddDefinitions(guard, /*may_catch=*/i == 0 && count == 1);
      }
      if (catches && random_.OneIn(2)) {
        draws_.graph().nodes[guard].error_code = error;
      } else if (catches) {
        draws_.graph().nodes[guard].error_code.clear();
      }
      Place beside = place;
      beside.quiet = place.quiet || !interrupting;
      const Block block = DrawNode(beside);
      draws_.AddFlow(guard, block.first);
      // A token more would be one too many for the joins around. Where end
      // events can't stand it ends without one.
      if (interrupting) {
        draws_.AddFlow(block.last, merge);
      } else if (!IsInAdHoc()) {
        draws_.AddFlow(block.last, draws_.AddNode(NodeKind::kEndEvent));
      }
    }
    return {host, merge};
  }

  bool IsInAdHoc() const {
    return draws_.scope() != 0 &&
           draws_.kind(draws_.scope() - 1) == NodeKind::kAdHocSubProcess;
  }

  // Of one activity at most one that catches errors, and one for escalations.
  NodeKind DrawGuard(size_t host, bool again) {
    constexpr NodeKind kGuards[] = {NodeKind::kTimerBoundaryEvent,
                                    NodeKind::kMessageBoundaryEvent,
                                    NodeKind::kSignalBoundaryEvent,
                                    NodeKind::kConditionalBoundaryEvent,
                                    NodeKind::kMultipleBoundaryEvent,
                                    NodeKind::kParallelMultipleBoundaryEvent,
                                    NodeKind::kErrorBoundaryEvent,
                                    NodeKind::kEscalationBoundaryEvent};
    const bool inside = draws_.kind(host) == NodeKind::kSubProcess ||
                        draws_.kind(host) == NodeKind::kCallActivity;
    if (!draws_.events()) {
      return again || !random_.OneIn(3) ? NodeKind::kTimerBoundaryEvent
                                        : NodeKind::kErrorBoundaryEvent;
    }
    if (inside && !again && random_.OneIn(3)) {
      return NodeKind::kEscalationBoundaryEvent;
    }
    return kGuards[random_.Below(again ? 6 : inside ? 8 : 7)];
  }

  // A job, for whose errors there is a catcher.
  Block DrawGuardedJob(Place place) {
    constexpr NodeKind kJobs[] = {NodeKind::kServiceTask, NodeKind::kSendTask,
                                  NodeKind::kBusinessRuleTask,
                                  NodeKind::kUserTask, NodeKind::kReceiveTask};
    const size_t job =
        !called_.empty() && random_.OneIn(2)
            ? AddCall(place)
            : draws_.AddNode(kJobs[random_.Below(draws_.events() ? 5 : 4)]);
    DrawExtras(job, place);
    const bool catches = draws_.kind(job) == NodeKind::kCallActivity;
    return DrawGuards(job, place, catches && random_.OneIn(2) ? "E1" : "");
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

  // Of a sub-process, which somebody around it may catch.
  NodeKind DrawInnerEnd(Place place) {
    if (random_.OneIn(2)) return NodeKind::kErrorEndEvent;
    if (draws_.events() && !place.quiet && random_.OneIn(3)) {
      return NodeKind::kEscalationEndEvent;
    }
    return DrawEnd(place);
  }

  size_t AddEnd(Place place) {
    if (compensates_ && !place.in_fork && random_.OneIn(3)) {
      return draws_.AddCompensation(NodeKind::kCompensationEndEvent);
    }
    return draws_.AddNode(DrawEnd(place));
  }

  NodeKind DrawEnd(Place place) {
    constexpr NodeKind kThrowing[] = {
        NodeKind::kMessageEndEvent, NodeKind::kSignalEndEvent,
        NodeKind::kEscalationEndEvent, NodeKind::kMultipleEndEvent};
    if (place.in_fork || random_.OneIn(4)) return NodeKind::kTerminateEndEvent;
    return place.quiet || !draws_.events() || !random_.OneIn(3)
               ? NodeKind::kEndEvent
               : kThrowing[random_.Below(4)];
  }

  // Has nothing to do, and so can only stop at its conditions.
  NodeKind DrawIdleTask() {
    return random_.OneIn(2) ? NodeKind::kUndefinedTask : NodeKind::kManualTask;
  }

  NodeKind DrawGateway() {
    constexpr NodeKind kGateways[] = {
        NodeKind::kExclusiveGateway, NodeKind::kParallelGateway,
        NodeKind::kInclusiveGateway, NodeKind::kComplexGateway};
    return kGateways[random_.Below(4)];
  }

  // One that does nothing with a token that comes alone. In a fork of a loop an
  // inclusive gateway would wait for its sibling at the join, which can come
  // round again (13.4.3), while that waits for it.
  NodeKind DrawMerge(Place place) {
    const bool inclusive = random_.OneIn(3);
    return inclusive && !place.in_fork ? NodeKind::kInclusiveGateway
                                       : NodeKind::kExclusiveGateway;
  }

  // Not an event: those have no default flow.
  NodeKind DrawTask(Place place) {
    // Like those it can only stop at its conditions.
    if (draws_.events() && !place.quiet && random_.OneIn(4)) {
      return NodeKind::kMessageSendTask;
    }
    if (random_.OneIn(2)) return DrawIdleTask();
    for (;;) {
      const NodeKind kind = DrawWork(place);
      if (!IsIntermediateEvent(kind)) return kind;
    }
  }

  // What would set off others, in what doesn't interrupt them, could go on for
  // ever.
  NodeKind DrawWork(Place place) {
    for (;;) {
      const NodeKind kind = draws_.DrawActivity();
      switch (kind) {
        case NodeKind::kScriptTask:
        case NodeKind::kMessageThrowEvent:
        case NodeKind::kSignalThrowEvent:
        case NodeKind::kEscalationThrowEvent:
        case NodeKind::kMessageSendTask:
        case NodeKind::kMultipleThrowEvent:
          if (place.quiet) continue;
          return kind;
        default:
          return kind;
      }
    }
  }

  Block DrawBlock(Place place) {
    constexpr int kDepthMax = 4;
    if (place.depth >= kDepthMax || Room() < 4) return DrawNode(place);
    Place inside = place;
    ++inside.depth;
    if (draws_.events() && random_.OneIn(9)) return DrawEventGateway(inside);
    switch (random_.Below(15)) {
      case 12:
      case 13:
        return DrawInclusive(inside);
      case 14:
        return place.in_loop ? DrawInclusive(inside) : DrawPartial(inside);
      case 8:
        return DrawSubProcess(inside);
      case 9:
      case 11:
        return DrawGuardedJob(inside);
      case 10:
        if (draws_.events() && random_.OneIn(2)) return DrawAdHoc(inside);
        return random_.OneIn(2) ? DrawLink() : DrawSubProcess(inside);
      case 0:
      case 1:
        return DrawChoice(inside);
      case 2:
      case 3:
        return DrawFork(inside);
      case 4:
        return inside.may_loop() && random_.OneIn(2) ? DrawCountingLoop(inside)
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
    if (!called_.empty() && random_.OneIn(4)) {
      node = AddCall(place);
    } else if (compensates_ && random_.OneIn(7)) {
      node = draws_.AddCompensation(NodeKind::kCompensationThrowEvent);
    } else if (random_.OneIn(20)) {
      node = draws_.AddNode(NodeKind::kThrowEvent);
    } else if (random_.OneIn(12)) {
      // With one flow in and one out, a gateway does nothing.
      node = draws_.AddNode(DrawGateway());
    } else {
      node = draws_.AddNode(DrawWork(place));
      // Due at once. In a loop it would let time stand still.
      if (draws_.kind(node) == NodeKind::kTimerCatchEvent && !place.in_loop &&
          random_.OneIn(8)) {
        draws_.graph().nodes[node].timer_ms = 0;
      } else if (draws_.kind(node) == NodeKind::kTimerCatchEvent &&
                 draws_.dates() && !place.in_loop && random_.OneIn(3)) {
        draws_.DrawDate(&draws_.graph().nodes[node]);
      }
      DrawExtras(node, place);
    }
    return {node, node};
  }

  // A gateway, or an activity whose flows have conditions, and the place where
  // the ways meet: a gateway, or an activity with several flows into it.
  Block DrawChoice(Place place) {
    const bool by_activity = random_.OneIn(3);
    const size_t split = draws_.AddNode(
        by_activity ? DrawTask(place) : NodeKind::kExclusiveGateway);
    const size_t merge =
        draws_.AddNode(random_.OneIn(3) ? DrawWork(place) : DrawMerge(place));
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
      return draws_.AddFlow(split, AddEnd(place));
    }
    if (random_.OneIn(5)) return draws_.AddFlow(split, merge);
    const Block block = DrawBlock(place);
    draws_.AddFlow(block.last, merge);
    return draws_.AddFlow(split, block.first);
  }

  // Every way whose condition holds, and where those meet.
  Block DrawInclusive(Place place) {
    const size_t split =
        draws_.AddNode(random_.OneIn(3) ? NodeKind::kComplexGateway
                                        : NodeKind::kInclusiveGateway);
    const size_t join = draws_.AddNode(NodeKind::kInclusiveGateway);
    const size_t count = 2 + random_.Below(2);
    const bool has_default = random_.OneIn(2);
    const size_t leads_on = random_.Below(count);
    const size_t is_default = random_.Below(count);
    place.in_fork = true;
    for (size_t i = 0; i < count; ++i) {
      const size_t flow = DrawWay(split, join, i == leads_on, place);
      Flow& way = draws_.graph().flows[flow];
      if (has_default && i == is_default) {
        way.is_default = true;
      } else {
        way.condition = draws_.DrawCondition();
      }
    }
    return {split, join};
  }

  // A fork that goes on when some of its ways are through; the others end then
  // at the gateway, or behind it.
  Block DrawPartial(Place place) {
    const size_t fork = draws_.AddNode(NodeKind::kParallelGateway);
    const size_t join = draws_.AddNode(NodeKind::kComplexGateway);
    const size_t count = 2 + random_.Below(2);
    draws_.graph().nodes[join].activation =
        Condition{kActivationCount, Condition::Op::kMore,
                  static_cast<int64_t>(random_.Below(count)), random_.OneIn(2)};
    DrawBranches(fork, join, count, place);
    const size_t exit = draws_.AddNode(DrawIdleTask());
    draws_.AddFlow(join, exit, {kWaitingForStart, Condition::Op::kEqual, 1});
    if (random_.OneIn(2)) {
      draws_.AddFlow(join, draws_.AddNode(NodeKind::kEndEvent),
                     {kWaitingForStart, Condition::Op::kEqual, 0});
    }
    return {fork, exit};
  }

  // A parallel gateway or an activity with several flows out, and its join.
  Block DrawFork(Place place) {
    const size_t fork = draws_.AddNode(
        random_.OneIn(4) ? DrawWork(place) : NodeKind::kParallelGateway);
    const size_t join =
        draws_.AddNode(random_.OneIn(3) ? NodeKind::kInclusiveGateway
                                        : NodeKind::kParallelGateway);
    DrawBranches(fork, join, 2 + random_.Below(2), place);
    return {fork, join};
  }

  void DrawBranches(size_t fork, size_t join, size_t count, Place place) {
    place.in_fork = true;
    for (; count > 0; --count) {
      if (random_.OneIn(8)) {
        draws_.AddFlow(fork, join);
        continue;
      }
      const Block block = DrawBlock(place);
      draws_.AddFlow(fork, block.first);
      draws_.AddFlow(block.last, join);
    }
  }

  // counter = n; repeat: body, counter = counter + 1; while counter < bound.
  // The counter is its own, so nothing else keeps it going, no process that it
  // calls either.
  Block DrawCountingLoop(Place place) {
    place.in_loop = true;
    place.runs *= kLoopRunsMax;
    const std::string counter =
        draws_.graph().id + "_c" + std::to_string(draws_.graph().nodes.size());
    const size_t init = draws_.AddScript(counter, "n", 0);
    const size_t head = draws_.AddNode(DrawMerge(place));
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
    const size_t head = draws_.AddNode(DrawMerge(place));
    const size_t wait = draws_.AddNode(kWaits[random_.Below(3)]);
    draws_.KeepPlain(wait);
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
  const bool event_starts_;
  const bool only_event_starts_;
  const bool pool_start_;
  const std::string called_;
  const bool throws_;
  // Some activities run several times; some can be compensated.
  const bool loops_;
  const bool compensates_;
  // Some have mappings around their work, or listeners.
  const bool maps_;
  const bool listens_;
};

}  // namespace

void GenerateStructured(const GeneratorOptions& options, GraphDraws* draws) {
  StructuredGenerator(options, draws).Run();
}

}  // namespace pawl::property
