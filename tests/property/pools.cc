// ConnectPools: message flows between two processes of a file (docs/adr/0028).
#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/process_generator.h"

namespace pawl::property {
namespace {

bool Sends(NodeKind kind) {
  return kind == NodeKind::kMessageThrowEvent ||
         kind == NodeKind::kMessageEndEvent ||
         kind == NodeKind::kMessageSendTask;
}

bool HasKey(const Node& node) {
  return !node.key_text.empty() || !node.key_variable.empty();
}

// A token comes there again, or several do.
bool IsRepeated(const ProcessGraph& graph, size_t index) {
  std::set<size_t> seen;
  std::vector<size_t> open = {index};
  while (!open.empty()) {
    const size_t at = open.back();
    open.pop_back();
    const auto go_on_at = [&](size_t next) {
      if (seen.insert(next).second) open.push_back(next);
    };
    for (const Flow& flow : graph.flows) {
      if (flow.source == at) go_on_at(flow.target);
    }
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      if (IsBoundaryEvent(node.kind) && node.attached_to == at) go_on_at(i);
    }
    if (graph.nodes[at].kind == NodeKind::kLinkThrowEvent) {
      go_on_at(graph.nodes[at].link_target);
    }
  }
  const Node& node = graph.nodes[index];
  if (seen.contains(index) || node.loop.has_value() || node.is_handler) {
    return true;
  }
  return node.scope != 0 && IsRepeated(graph, node.scope - 1);
}

// Of who takes a message; start events of the process but its kPoolMessage are
// not for flows, since what is thrown must not start instances for ever.
bool Takes(const ProcessGraph& graph, size_t index) {
  const Node& node = graph.nodes[index];
  switch (node.kind) {
    case NodeKind::kMessageBoundaryEvent:
      return true;
    case NodeKind::kMessageStartEvent:
      return node.scope != 0 || node.event_name == kPoolMessage;
    case NodeKind::kMessageCatchEvent:
    case NodeKind::kReceiveTask:
      return !node.instantiates &&
             std::none_of(graph.flows.begin(), graph.flows.end(),
                          [&](const Flow& flow) {
                            return flow.target == index &&
                                   graph.nodes[flow.source].instantiates;
                          });
    default:
      return false;
  }
}

class Connector {
 public:
  Connector(Random* random, std::vector<MessageFlow>* flows)
      : random_(*random), flows_(*flows) {}

  void Connect(ProcessGraph* from, ProcessGraph* to, bool may_start) {
    for (size_t i = 0; i < from->nodes.size(); ++i) {
      if (!Sends(from->nodes[i].kind) || random_.OneIn(4)) continue;
      std::vector<size_t> takers;
      for (size_t k = 0; k < to->nodes.size(); ++k) {
        if (!Takes(*to, k)) continue;
        const bool starts = IsStart(to->nodes[k]);
        if (starts && (!may_start || IsRepeated(*from, i))) continue;
        takers.push_back(k);
        // Seldom drawn otherwise.
        if (starts) takers.push_back(k);
      }
      if (takers.empty()) continue;
      Draw(&from->nodes[i], to->id,
           &to->nodes[takers[random_.Below(takers.size())]]);
    }
  }

 private:
  static bool IsStart(const Node& node) {
    return node.kind == NodeKind::kMessageStartEvent && node.scope == 0;
  }

  void Draw(Node* from, const std::string& process, Node* to) {
    if (!HasKey(*from) && HasKey(*to)) {
      if (connected_.contains(to->id) || keeps_key_.contains(to->id) ||
          random_.OneIn(2)) {
        // Nothing would match: it delivers nothing.
        keeps_key_.insert(to->id);
        flows_.push_back({from->id, to->id, ""});
        return;
      }
      to->key_text.clear();
      to->key_variable.clear();
    }
    const bool is_new = connected_.insert(to->id).second;
    MessageFlow flow = {from->id, to->id, ""};
    if (is_new) {
      Name(from, process, to, &flow);
    } else {
      from->names_no_message =
          to->event_name.find('/') != std::string::npos || random_.OneIn(2);
    }
    from->event_name = to->event_name;
    from->sends_on_flow = true;
    from->by_business_key = !HasKey(*from);
    to->by_business_key = !HasKey(*from) && (is_new || to->by_business_key);
    flows_.push_back(std::move(flow));
  }

  // The name comes from an end, from the flow, or is made for it.
  void Name(Node* from, const std::string& process, Node* to,
            MessageFlow* flow) {
    const bool may_change = !IsStart(*to);
    from->names_no_message = random_.OneIn(2);
    switch (random_.Below(4)) {
      case 0:
        // That of who waits.
        if (to->event_name != kMessageNames[kThrownNames]) return;
        break;
      case 1:
        // That of who sends.
        if (!may_change) break;
        from->names_no_message = false;
        to->names_no_message = random_.OneIn(2);
        to->event_name = from->event_name;
        return;
      case 2:
        if (!may_change) break;
        from->names_no_message = true;
        to->names_no_message = true;
        flow->message = kMessageNames[random_.Below(kThrownNames)];
        to->event_name = flow->message;
        return;
      default:
        break;
    }
    from->names_no_message = true;
    to->names_no_message = true;
    to->event_name = process + "/" + to->id;
  }

  Random& random_;
  std::vector<MessageFlow>& flows_;
  // Ends of flows that deliver, and of such as don't.
  std::set<std::string> connected_;
  std::set<std::string> keeps_key_;
};

}  // namespace

std::vector<MessageFlow> ConnectPools(ProcessGraph* first, ProcessGraph* second,
                                      Random* random) {
  std::vector<MessageFlow> flows;
  Connector connector(random, &flows);
  connector.Connect(first, second, /*may_start=*/true);
  connector.Connect(second, first, /*may_start=*/false);
  return flows;
}

}  // namespace pawl::property
