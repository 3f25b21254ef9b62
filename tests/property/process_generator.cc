// GenerateProcess and what both of its halves draw.
#include "tests/property/process_generator.h"

#include <string>
#include <utility>

#include "tests/property/graph_draws.h"

namespace pawl::property {

size_t GraphDraws::AddNode(NodeKind kind) {
  Node node;
  node.id = std::string(NodeKindName(kind)) + "_" +
            std::to_string(graph_.nodes.size());
  node.kind = kind;
  switch (kind) {
    case NodeKind::kTimerCatchEvent: {
      constexpr int64_t kTimes[] = {1000, 1500, 60'000};
      node.timer_ms = kTimes[random_.Below(3)];
      break;
    }
    case NodeKind::kServiceTask: {
      constexpr int64_t kBackoffs[] = {0, 0, 500, 2000};
      node.retries = static_cast<int>(1 + random_.Below(3));
      node.backoff_ms = kBackoffs[random_.Below(4)];
      break;
    }
    case NodeKind::kScriptTask:
      node.script_result = DrawVariable();
      node.script_operand = DrawVariable();
      node.script_addend = static_cast<int64_t>(random_.Below(4)) - 1;
      break;
    case NodeKind::kStartEvent:
    case NodeKind::kEndEvent:
    case NodeKind::kTerminateEndEvent:
    case NodeKind::kUserTask:
    case NodeKind::kManualTask:
    case NodeKind::kUndefinedTask:
    case NodeKind::kExclusiveGateway:
    case NodeKind::kParallelGateway:
      break;
  }
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.size() - 1;
}

size_t GraphDraws::AddScript(std::string result, std::string operand,
                             int64_t addend) {
  const size_t node = AddNode(NodeKind::kScriptTask);
  graph_.nodes[node].script_result = std::move(result);
  graph_.nodes[node].script_operand = std::move(operand);
  graph_.nodes[node].script_addend = addend;
  return node;
}

size_t GraphDraws::AddFlow(size_t source, size_t target) {
  Flow flow;
  flow.source = source;
  flow.target = target;
  graph_.flows.push_back(std::move(flow));
  return graph_.flows.size() - 1;
}

size_t GraphDraws::AddFlow(size_t source, size_t target, Condition condition) {
  const size_t flow = AddFlow(source, target);
  graph_.flows[flow].condition = std::move(condition);
  // Both languages in most processes, and nothing drawn for it.
  graph_.flows[flow].condition->feel = flow % 2 == 1;
  return flow;
}

Condition GraphDraws::DrawCondition() {
  Condition condition;
  condition.variable = DrawVariable();
  condition.op = static_cast<Condition::Op>(random_.Below(5));
  condition.value = static_cast<int64_t>(random_.Below(4));
  return condition;
}

NodeKind GraphDraws::DrawActivity() {
  constexpr NodeKind kActivities[] = {
      NodeKind::kTimerCatchEvent, NodeKind::kServiceTask,
      NodeKind::kServiceTask,     NodeKind::kUserTask,
      NodeKind::kUserTask,        NodeKind::kScriptTask,
      NodeKind::kManualTask,      NodeKind::kUndefinedTask,
  };
  return kActivities[random_.Below(8)];
}

void GraphDraws::Finish() {
  std::vector<Flow>& flows = graph_.flows;
  for (size_t i = flows.size(); i > 1; --i) {
    std::swap(flows[i - 1], flows[random_.Below(i)]);
  }
  for (size_t i = 0; i < flows.size(); ++i) {
    flows[i].id = "f" + std::to_string(i);
  }
}

ProcessGraph GenerateProcess(const GeneratorOptions& options, Random* random) {
  ProcessGraph graph;
  graph.id = options.process_id;
  GraphDraws draws(&graph, random);
  if (options.structured) {
    GenerateStructured(options, &draws);
  } else {
    GenerateUnstructured(options, &draws);
  }
  draws.Finish();
  return graph;
}

}  // namespace pawl::property
