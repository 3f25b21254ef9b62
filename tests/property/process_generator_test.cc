// Every generated process deploys, is what its graph says, and is as structured
// as the options asked for.
#include "tests/property/process_generator.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "gtest/gtest.h"
#include "tests/property/kind_coverage.h"
#include "tests/reference/reference_world.h"
#include "tests/support/random.h"

namespace pawl::property {
namespace {

using reference::Variables;

constexpr uint64_t kSeeds = 3000;

constexpr char kCalled[] = "called";

// Done at once.
ProcessGraph Called() {
  ProcessGraph graph;
  graph.id = kCalled;
  Node node;
  node.id = "start";
  node.kind = NodeKind::kStartEvent;
  graph.nodes.push_back(node);
  return graph;
}

ProcessGraph Generate(uint64_t seed, bool structured, bool busy_cycles = false,
                      bool only_event_starts = false) {
  Random random(seed);
  GeneratorOptions options;
  options.structured = structured;
  options.busy_cycles = busy_cycles;
  options.only_event_starts = only_event_starts;
  if (random.OneIn(2)) options.called = kCalled;
  options.nodes = 3 + random.Below(20);
  return GenerateProcess(options, &random);
}

fb::ElementKind KindOf(NodeKind kind) {
  using K = fb::ElementKind;
  switch (kind) {
    case NodeKind::kStartEvent:
      return K::start_event;
    case NodeKind::kEndEvent:
    case NodeKind::kTerminateEndEvent:
      return K::end_event;
    case NodeKind::kTimerCatchEvent:
      return K::intermediate_catch_event;
    case NodeKind::kServiceTask:
      return K::service_task;
    case NodeKind::kUserTask:
      return K::user_task;
    case NodeKind::kScriptTask:
      return K::script_task;
    case NodeKind::kManualTask:
      return K::manual_task;
    case NodeKind::kUndefinedTask:
      return K::undefined_task;
    case NodeKind::kExclusiveGateway:
      return K::exclusive_gateway;
    case NodeKind::kParallelGateway:
      return K::parallel_gateway;
    case NodeKind::kSendTask:
      return K::send_task;
    case NodeKind::kBusinessRuleTask:
      return K::business_rule_task;
    case NodeKind::kThrowEvent:
    case NodeKind::kLinkThrowEvent:
      return K::intermediate_throw_event;
    case NodeKind::kLinkCatchEvent:
      return K::intermediate_catch_event;
    case NodeKind::kSubProcess:
      return K::sub_process;
    case NodeKind::kTimerBoundaryEvent:
    case NodeKind::kErrorBoundaryEvent:
      return K::boundary_event;
    case NodeKind::kErrorEndEvent:
    case NodeKind::kMessageEndEvent:
    case NodeKind::kSignalEndEvent:
    case NodeKind::kEscalationEndEvent:
      return K::end_event;
    case NodeKind::kInclusiveGateway:
      return K::inclusive_gateway;
    case NodeKind::kComplexGateway:
      return K::complex_gateway;
    case NodeKind::kMessageStartEvent:
    case NodeKind::kSignalStartEvent:
    case NodeKind::kTimerStartEvent:
    case NodeKind::kErrorStartEvent:
    case NodeKind::kEscalationStartEvent:
    case NodeKind::kConditionalStartEvent:
      return K::start_event;
    case NodeKind::kMessageCatchEvent:
    case NodeKind::kSignalCatchEvent:
    case NodeKind::kConditionalCatchEvent:
      return K::intermediate_catch_event;
    case NodeKind::kMessageThrowEvent:
    case NodeKind::kSignalThrowEvent:
    case NodeKind::kEscalationThrowEvent:
      return K::intermediate_throw_event;
    case NodeKind::kMessageBoundaryEvent:
    case NodeKind::kSignalBoundaryEvent:
    case NodeKind::kEscalationBoundaryEvent:
    case NodeKind::kConditionalBoundaryEvent:
      return K::boundary_event;
    case NodeKind::kReceiveTask:
      return K::receive_task;
    case NodeKind::kMessageSendTask:
      return K::send_task;
    case NodeKind::kEventGateway:
      return K::event_based_gateway;
    case NodeKind::kEventSubProcess:
      return K::event_sub_process;
    case NodeKind::kCompensationBoundaryEvent:
    case NodeKind::kCancelBoundaryEvent:
      return K::boundary_event;
    case NodeKind::kCompensationStartEvent:
      return K::start_event;
    case NodeKind::kCompensationThrowEvent:
      return K::intermediate_throw_event;
    case NodeKind::kCompensationEndEvent:
    case NodeKind::kCancelEndEvent:
      return K::end_event;
    case NodeKind::kTransaction:
      return K::transaction;
    case NodeKind::kCallActivity:
      return K::call_activity;
    case NodeKind::kMultipleStartEvent:
    case NodeKind::kParallelMultipleStartEvent:
      return K::start_event;
    case NodeKind::kMultipleCatchEvent:
    case NodeKind::kParallelMultipleCatchEvent:
      return K::intermediate_catch_event;
    case NodeKind::kMultipleBoundaryEvent:
    case NodeKind::kParallelMultipleBoundaryEvent:
      return K::boundary_event;
    case NodeKind::kMultipleThrowEvent:
      return K::intermediate_throw_event;
    case NodeKind::kMultipleEndEvent:
      return K::end_event;
    case NodeKind::kEventDefinition:
      return K::event_definition;
    case NodeKind::kAdHocSubProcess:
      return K::ad_hoc_sub_process;
  }
  return K::unknown;
}

// Those of the file, and one for each of its own data that none of them sets.
size_t InputsOf(const ProcessGraph& graph, size_t index) {
  const Node& node = graph.nodes[index];
  std::set<std::string> set;
  for (const Mapping& input : node.inputs) set.insert(input.target);
  size_t inputs = node.inputs.size();
  if (node.inputs.empty()) {
    for (const std::string& name : DataInputs(node)) set.insert(name);
    inputs = node.data_inputs.size();
  }
  for (const std::string& name : OwnResults(node)) {
    inputs += set.insert(name).second;
  }
  for (const DataObject& object : node.data) {
    inputs += set.insert(object.name).second;
  }
  return inputs;
}

// Element 0 of a model is the process; nodes and flows keep their order.
void ExpectSame(const ProcessGraph& graph, const fb::ProcessT& model) {
  ASSERT_EQ(model.elements.size(), graph.nodes.size() + 1);
  ASSERT_EQ(model.flows.size(), graph.flows.size());
  EXPECT_EQ(model.elements[0]->saga != fb::SagaScope::none, graph.saga);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const fb::ElementT& element = *model.elements[i + 1];
    EXPECT_EQ(element.id, node.id);
    EXPECT_EQ(element.kind, KindOf(node.kind)) << node.id;
    EXPECT_EQ(element.event_type == fb::EventType::terminate,
              node.kind == NodeKind::kTerminateEndEvent ||
                  TriggerOf(node) == Trigger::kTerminate);
    EXPECT_EQ(element.event_type == fb::EventType::multiple ||
                  element.event_type == fb::EventType::parallel_multiple,
              IsMultiple(node.kind));
    EXPECT_EQ(element.event_type == fb::EventType::parallel_multiple,
              IsParallelMultiple(node.kind));
    EXPECT_EQ(element.event_type == fb::EventType::timer,
              TriggerOf(node) == Trigger::kTimer);
    EXPECT_EQ(element.instantiate, node.instantiates) << node.id;
    EXPECT_EQ(element.parallel, node.parallel) << node.id;
    EXPECT_EQ(element.message != nullptr && element.message->one_per_key,
              node.one_per_key)
        << node.id;
    EXPECT_EQ(element.message == nullptr ? "" : element.message->name->text,
              TriggerOf(node) == Trigger::kMessage ? node.event_name : "");
    const bool has_key = element.message != nullptr &&
                         element.message->correlation_key != nullptr;
    EXPECT_EQ(has_key, !node.key_text.empty() || !node.key_variable.empty());
    EXPECT_EQ(element.message != nullptr && element.message->along_flow,
              node.sends_on_flow || node.by_business_key)
        << node.id;
    EXPECT_EQ(element.signal == nullptr ? "" : element.signal->name->text,
              TriggerOf(node) == Trigger::kSignal ? node.event_name : "");
    EXPECT_EQ(element.escalation == nullptr ? "" : element.escalation->code,
              node.escalation_code);
    EXPECT_EQ(element.event_type == fb::EventType::conditional,
              node.condition.has_value());
    EXPECT_EQ(element.scope, node.scope) << node.id;
    EXPECT_EQ(element.attached_to,
              IsBoundaryEvent(node.kind)                ? node.attached_to + 1
              : node.kind == NodeKind::kEventDefinition ? node.part_of + 1
                                                        : 0);
    EXPECT_EQ(element.interrupting, node.interrupting) << node.id;
    EXPECT_EQ(element.link_target, node.kind == NodeKind::kLinkThrowEvent
                                       ? node.link_target + 1
                                       : 0);
    EXPECT_EQ(element.error == nullptr ? "" : element.error->code,
              node.error_code);
    if (IsJob(node.kind)) {
      EXPECT_EQ(element.job->retries, node.retries);
      EXPECT_EQ(element.job->backoff == nullptr, node.backoff_ms == 0);
    }
    EXPECT_EQ(element.condition != nullptr,
              node.activation.has_value() || node.condition.has_value());
    EXPECT_EQ(element.call == nullptr ? "" : element.call->process_id->text,
              node.called);
    EXPECT_EQ(element.listeners.size(),
              static_cast<size_t>(node.start_listener.has_value()) +
                  static_cast<size_t>(node.end_listener.has_value()))
        << node.id;
    if (node.kind == NodeKind::kUserTask) {
      EXPECT_EQ(element.user_task == nullptr
                    ? 0
                    : element.user_task->listeners.size(),
                node.task_listeners.size())
          << node.id;
    }
    EXPECT_EQ(element.inputs.size(), InputsOf(graph, i)) << node.id;
    EXPECT_EQ(element.outputs.size(), node.outputs.empty()
                                          ? node.data_outputs.size()
                                          : node.outputs.size())
        << node.id;
    if (element.call != nullptr) {
      EXPECT_EQ(element.call->all_in, !node.crosses_data);
      EXPECT_EQ(element.call->all_out,
                !node.crosses_data && !node.call_output.has_value());
      EXPECT_EQ(element.call->out_on_throw,
                node.outputs_on_throw && !node.crosses_data);
    }
    EXPECT_EQ(element.loop != nullptr, node.loop.has_value()) << node.id;
    EXPECT_EQ(element.saga == fb::SagaScope::local, node.saga == Saga::kLocal);
    EXPECT_EQ(element.saga == fb::SagaScope::global,
              node.saga == Saga::kGlobal);
    EXPECT_EQ(element.ad_hoc != nullptr,
              node.kind == NodeKind::kAdHocSubProcess);
    if (element.ad_hoc != nullptr) {
      EXPECT_EQ(element.ad_hoc->sequential, node.sequential) << node.id;
      EXPECT_EQ(element.ad_hoc->cancel_remaining, node.cancels_rest);
      EXPECT_EQ(element.ad_hoc->completion != nullptr,
                node.completion.has_value());
    }
    EXPECT_EQ(element.for_compensation, node.is_handler) << node.id;
    EXPECT_EQ(element.handler, node.kind == NodeKind::kCompensationBoundaryEvent
                                   ? node.handler + 1
                                   : 0);
    if (element.compensate != nullptr) {
      EXPECT_EQ(element.compensate->activity,
                node.compensated.has_value() ? *node.compensated + 1 : 0);
      EXPECT_EQ(element.compensate->wait, node.waits) << node.id;
    }
    if (node.kind == NodeKind::kScriptTask) {
      EXPECT_EQ(element.script->result_variable, node.script_result);
    }
  }
  for (size_t i = 0; i < graph.flows.size(); ++i) {
    EXPECT_EQ(model.flows[i]->source, graph.flows[i].source + 1);
    EXPECT_EQ(model.flows[i]->target, graph.flows[i].target + 1);
  }
}

// One that runs several times may also not run at all.
bool AlwaysWaits(const Node& node) {
  if (!WaitsOutside(node.kind)) return false;
  if (!node.loop.has_value()) return true;
  return node.loop->kind == Loop::Kind::kStandard ? !node.loop->test_before
                                                  : node.loop->count > 0;
}

// A cycle whose nodes all pass their tokens on at once.
bool HasBusyCycle(const ProcessGraph& graph) {
  // 0: not seen, 1: on the path, 2: done.
  std::vector<int> seen(graph.nodes.size(), 0);
  bool found = false;
  const auto visit = [&](auto&& self, size_t node) -> void {
    if (AlwaysWaits(graph.nodes[node])) return;
    seen[node] = 1;
    for (const Flow& flow : graph.flows) {
      if (flow.source != node) continue;
      if (seen[flow.target] == 1) found = true;
      if (seen[flow.target] == 0) self(self, flow.target);
    }
    seen[node] = 2;
  };
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    if (seen[node] == 0) visit(visit, node);
  }
  return found;
}

std::set<NodeKind> Kinds(const ProcessGraph& graph) {
  std::set<NodeKind> kinds;
  for (const Node& node : graph.nodes) kinds.insert(node.kind);
  return kinds;
}

class EveryProcess : public ::testing::TestWithParam<bool> {};

TEST_P(EveryProcess, Deploys) {
  for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const bool only_event_starts = seed % 4 < 2;
    const ProcessGraph graph = Generate(
        seed, GetParam(), /*busy_cycles=*/seed % 2 == 0, only_event_starts);
    const std::string xml = ToBpmn(graph);
    model::ParsedModel parsed = model::ParseBpmn(xml, "generated.bpmn");
    ASSERT_TRUE(parsed.executable()) << parsed.ToStatus() << "\n" << xml;
    if (GetParam()) {
      // Nothing stands where it has no meaning.
      for (const model::Problem& problem : parsed.problems) {
        ADD_FAILURE() << problem.rule << ": " << problem.text << "\n" << xml;
      }
    }
    ASSERT_EQ(parsed.processes.size(), 1u);
    ExpectSame(graph, *parsed.processes[0].model);
    const auto definition =
        model::ProcessDefinition::Create(std::move(parsed.processes[0].model));
    ASSERT_TRUE(definition.ok()) << definition.status();
    EXPECT_EQ((*definition)->StartNodes(0).empty(),
              !reference::ReferenceInterpreter::StartsByHand(graph));
    EXPECT_TRUE(only_event_starts || !(*definition)->StartNodes(0).empty());
  }
}

// Each flow delivers, or an end has a key that nothing sent has.
TEST_P(EveryProcess, IsAPool) {
  size_t flows = 0;
  size_t starts = 0;
  for (uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ProcessGraph first = Generate(seed, GetParam());
    GeneratorOptions options;
    options.process_id = "q";
    options.id_prefix = "q_";
    options.structured = GetParam();
    options.event_starts = false;
    options.is_pool = true;
    options.pool_start = seed % 2 == 0;
    Random random(seed);
    ProcessGraph second = GenerateProcess(options, &random);
    const auto between = ConnectPools(&first, &second, &random);
    const std::string xml = ToBpmn(first, second, between);
    const model::ParsedModel parsed = model::ParseBpmn(xml, "generated.bpmn");
    ASSERT_TRUE(parsed.executable()) << parsed.ToStatus() << "\n" << xml;
    ASSERT_EQ(parsed.processes.size(), 2u);
    ExpectSame(first, *parsed.processes[0].model);
    ExpectSame(second, *parsed.processes[1].model);
    for (const auto& flow : parsed.processes[0].model->message_flows) {
      const auto sends = [&](const Node& node) {
        return node.id == flow->source && node.sends_on_flow;
      };
      EXPECT_EQ(
          flow->delivers,
          std::any_of(first.nodes.begin(), first.nodes.end(), sends) ||
              std::any_of(second.nodes.begin(), second.nodes.end(), sends))
          << xml;
      flows += flow->delivers;
    }
    for (const Node& node : second.nodes) {
      starts += node.by_business_key && node.scope == 0 &&
                node.kind == NodeKind::kMessageStartEvent;
    }
  }
  EXPECT_GT(flows, 100u);
  EXPECT_EQ(starts > 0, GetParam());
}

TEST_P(EveryProcess, IsTheSameFromTheSameDraws) {
  std::set<std::string> different;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string xml = ToBpmn(Generate(seed, GetParam()));
    EXPECT_EQ(xml, ToBpmn(Generate(seed, GetParam()))) << "seed " << seed;
    different.insert(xml);
  }
  EXPECT_GT(different.size(), 190u);
}

TEST(Unstructured, WaitsInEachCycle) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ProcessGraph graph = Generate(seed, /*structured=*/false);
    EXPECT_FALSE(HasBusyCycle(graph)) << "seed " << seed << "\n"
                                      << ToBpmn(graph);
  }
}

// Few, but some.
TEST(Unstructured, HasBusyCyclesWhenAsked) {
  uint64_t busy = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    busy += HasBusyCycle(Generate(seed, /*structured=*/false,
                                  /*busy_cycles=*/true));
  }
  EXPECT_GT(busy, kSeeds / 50);
  EXPECT_LT(busy, kSeeds / 4);
}

TEST_P(EveryProcess, KindsAllOccur) {
  std::set<NodeKind> kinds;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    kinds.merge(Kinds(Generate(seed, GetParam(), /*busy_cycles=*/false,
                               /*only_event_starts=*/seed % 2 == 0)));
  }
  for (size_t k = 0; k < kNodeKindCount; ++k) {
    const auto kind = static_cast<NodeKind>(k);
    EXPECT_EQ(kinds.contains(kind),
              KindCoverage::CanHappen(kind, GetParam(), Happened::kGenerated))
        << NodeKindName(kind);
  }
}

// As many ways out of forks as into joins, but that an inclusive gateway may
// join what has conditions as well, or what comes one by one.
TEST(Structured, HasOneStartAndAJoinForEachFork) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ProcessGraph graph = Generate(seed, /*structured=*/true);
    std::vector<size_t> out(graph.nodes.size(), 0);
    std::vector<size_t> in(graph.nodes.size(), 0);
    std::vector<bool> conditional(graph.nodes.size(), false);
    for (const Flow& flow : graph.flows) {
      ++out[flow.source];
      ++in[flow.target];
      if (flow.condition.has_value()) conditional[flow.source] = true;
    }
    size_t forked = 0;
    size_t joined = 0;
    size_t maybe_joined = 0;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const NodeKind kind = graph.nodes[i].kind;
      if (graph.nodes[i].scope == 0) {
        const bool from_nowhere = IsBoundaryEvent(kind) || IsStartEvent(kind) ||
                                  kind == NodeKind::kLinkCatchEvent ||
                                  kind == NodeKind::kEventSubProcess ||
                                  kind == NodeKind::kEventDefinition ||
                                  graph.nodes[i].is_handler;
        EXPECT_EQ(kind == NodeKind::kStartEvent, i == 0) << "seed " << seed;
        EXPECT_EQ(in[i] == 0, i == 0 || from_nowhere) << "seed " << seed;
      }
      if (in[i] > 1) {
        if (kind == NodeKind::kInclusiveGateway) {
          maybe_joined += in[i];
        } else if (IsJoin(kind)) {
          joined += in[i];
        }
      }
      if (kind != NodeKind::kExclusiveGateway &&
          kind != NodeKind::kEventGateway && out[i] > 1 && !conditional[i]) {
        forked += out[i];
      }
    }
    EXPECT_GE(forked, joined) << "seed " << seed << "\n" << ToBpmn(graph);
    EXPECT_LE(forked, joined + maybe_joined) << "seed " << seed << "\n"
                                             << ToBpmn(graph);
  }
}

// Loops in loops, whose runs multiply, and calls in them.
TEST(Structured, RunsAreBounded) {
  int64_t most = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const ProcessGraph graph = Generate(seed, /*structured=*/true);
    for (const Node& node : graph.nodes) {
      int64_t runs = 1;
      for (const Node* at = &node;; at = &graph.nodes[at->scope - 1]) {
        if (at->loop.has_value()) runs *= kLoopRunsMax;
        if (at->scope == 0) break;
      }
      most = std::max(most, runs);
      if (node.kind == NodeKind::kCallActivity) {
        EXPECT_LE(runs, kLoopRunsMax) << "seed " << seed;
      }
    }
  }
  EXPECT_EQ(most, kLoopRunsMax * kLoopRunsMax);
}

// Whoever acts again and again, and gives variables a value, brings each
// instance to its end: no join starves, no loop is for ever.
TEST(Structured, EveryInstanceCanEnd) {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    const ProcessGraph graph = Generate(seed, /*structured=*/true);
    Random random(seed);
    const ProcessGraph called = Called();
    reference::ReferenceWorld world(&graph);
    world.AddCalled(&called);
    int64_t now_ms = 0;
    reference::ReferenceInterpreter& instance =
        world.at(world.Start({}, now_ms).value());
    world.Settle(now_ms);
    const auto draw = [&random] {
      return static_cast<int64_t>(random.Below(12)) - 5;
    };
    for (int act = 0; act < 5000 && instance.end() == reference::End::kNotEnded;
         ++act) {
      now_ms += 60'000;
      Variables variables;
      for (const char* name : {"n", "m", "d", "e"}) variables[name] = draw();
      variables[kCountVariable] =
          static_cast<int64_t>(random.Below(kLoopRunsMax + 1));
      instance.SetVariables(variables, now_ms);
      // To somebody: one that nobody waits for may start another instance.
      const char* const message = kMessageNames[random.Below(3)];
      const char* const signal = kSignalNames[random.Below(3)];
      if (!instance.WaitsForMessage(message, std::nullopt).empty()) {
        world.Publish({message, {}, {}, 0, "", false, false, ""}, now_ms);
      }
      if (!instance.WaitsForSignal(signal).empty()) {
        world.Broadcast(signal, {});
      }
      world.Settle(now_ms);
      // Of an activity that runs several times more than one may be there.
      // Faster than conditions that change can begin more.
      constexpr size_t kSame = 5;
      size_t acts_left = 5;
      const size_t all = kSame * graph.nodes.size();
      const size_t first = random.Below(all);
      for (size_t i = 0; i < all; ++i) {
        const size_t node = (first + i) % all;
        const std::string& id = graph.nodes[node / kSame].id;
        const size_t which = node % kSame;
        if (instance.CompleteTask(id, which, {}, now_ms) ||
            instance.CompleteJob(id, which, {}, now_ms) ||
            instance.FireTimer(id, which, now_ms) ||
            instance.ResolveIncident(id, which, now_ms) ||
            instance.ResolveStart(id, now_ms)) {
          if (--acts_left == 0) break;
        }
      }
      world.Settle(now_ms);
    }
    EXPECT_NE(instance.end(), reference::End::kNotEnded)
        << "seed " << seed << "\n"
        << ToBpmn(graph);
  }
}

INSTANTIATE_TEST_SUITE_P(Both, EveryProcess, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Structured" : "Unstructured";
                         });

}  // namespace
}  // namespace pawl::property
