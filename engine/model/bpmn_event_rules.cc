#include "engine/model/bpmn_event_rules.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"

namespace pawl::model {
namespace {

using fb::ElementKind;

class EventRules {
 public:
  EventRules(const ParseContext& context, const RawProcess& process)
      : problems_(*context.problems), process_(process) {}

  void Run() {
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      inside_[node.scope].push_back(i);
      if (node.attached_to.has_value()) hosts_.insert(*node.attached_to);
    }
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      if (node.element->kind == ElementKind::event_sub_process) {
        CheckNoFlows(node);
        if (node.supported) CheckEventSubProcess(node, i + 1);
      }
      if (node.supported &&
          node.element->kind == ElementKind::event_based_gateway) {
        CheckEventGateway(node);
      }
      if (node.supported) CheckInstantiate(node, i);
      CheckOnePerKey(node, *node.element);
      for (const auto& one : node.definitions) CheckOnePerKey(node, *one);
    }
    CheckCatchers();
  }

 private:
  // 10.3.5: it starts by its event and ends in itself.
  void CheckNoFlows(const RawNode& node) {
    if (node.incoming.empty() && node.outgoing.empty()) return;
    const bool is_in = !node.incoming.empty();
    problems_.Error(node.xml->position, "event-sub-process-flow",
                    absl::StrCat(Describe(*node.xml), ": got an ",
                                 is_in ? "incoming" : "outgoing", " flow ",
                                 FlowName(is_in ? node.incoming.front()
                                                : node.outgoing.front()),
                                 ", wanted none at an event sub-process"));
  }

  // One start event, and what triggers it.
  void CheckEventSubProcess(const RawNode& node, uint32_t scope) {
    size_t starts = 0;
    bool has_trigger = true;
    for (const uint32_t index : inside_[scope]) {
      const RawNode& inner = process_.nodes[index];
      if (inner.element->kind != ElementKind::start_event) continue;
      ++starts;
      if (inner.supported && inner.element->event_type == fb::EventType::none) {
        has_trigger = false;
      }
    }
    if (starts == 1 && has_trigger) return;
    problems_.Error(
        node.xml->position, "event-sub-process-start",
        absl::StrCat(Describe(*node.xml), ": got ",
                     starts == 1 ? std::string("a none start event")
                                 : absl::StrCat(starts, " start events"),
                     ", wanted one with the event that starts it"));
  }

  // 10.3.3 and 10.6.6: what starts the process in the place of a start event.
  void CheckInstantiate(const RawNode& node, uint32_t index) {
    const fb::ElementT& e = *node.element;
    std::string what;
    if (e.parallel && !e.instantiate) {
      what = "got eventGatewayType=\"Parallel\", wanted instantiate=\"true\"";
    } else if (!e.instantiate) {
      return;
    } else if (node.scope != 0) {
      what = "got instantiate=\"true\" inside of a sub-process";
    } else if (!node.incoming.empty()) {
      what = "got an incoming flow and instantiate=\"true\"";
    } else if (HasStartEvent()) {
      what = "got instantiate=\"true\" in a process with a start event";
    } else if (e.loop != nullptr || e.for_compensation ||
               hosts_.contains(index)) {
      what =
          "got a loop, boundary events or compensation at what starts the "
          "process, where the message has come already";
    } else if (e.kind == ElementKind::receive_task) {
      what = NotStarting(node);
    }
    if (!what.empty()) Instantiates(node, what);
  }

  void Instantiates(const RawNode& node, const std::string& what) {
    problems_.Error(node.xml->position, "instantiate",
                    absl::StrCat(Describe(*node.xml), ": ", what));
  }

  // Only what starts a process can have it.
  void CheckOnePerKey(const RawNode& node, const fb::ElementT& e) {
    if (e.message == nullptr || !e.message->one_per_key) return;
    const auto instantiates = [&](uint32_t flow) {
      const std::optional<uint32_t> source = process_.flows[flow].source;
      return source.has_value() && process_.nodes[*source].element->instantiate;
    };
    const bool starts =
        node.scope == 0 &&
        (node.element->kind == ElementKind::start_event ||
         node.element->instantiate ||
         std::any_of(node.incoming.begin(), node.incoming.end(), instantiates));
    if (starts) return;
    problems_.Error(
        node.xml->position, "one-per-key",
        absl::StrCat(Describe(*node.xml),
                     ": got pawl:onePerKey=\"true\" where no message "
                     "starts the process"));
  }

  bool HasStartEvent() const {
    const auto it = inside_.find(0);
    return it != inside_.end() &&
           std::any_of(it->second.begin(), it->second.end(), [&](uint32_t i) {
             return process_.nodes[i].element->kind == ElementKind::start_event;
           });
  }

  // Why no message or signal can be looked for before there is an instance.
  static std::string NotStarting(const RawNode& node) {
    const fb::ElementT& e = *node.element;
    const fb::ExpressionT* name = nullptr;
    if (e.message != nullptr) name = e.message->name.get();
    if (e.signal != nullptr) name = e.signal->name.get();
    if (e.message == nullptr && e.signal == nullptr) {
      return "got no message or signal that starts the process";
    }
    if (name != nullptr && name->language != fb::Language::literal) {
      return "got a name with an expression, wanted a constant one: no process "
             "instance has variables yet";
    }
    return "";
  }

  // 10.6.6.
  void CheckEventGateway(const RawNode& node) {
    if (node.outgoing.empty()) {
      problems_.Error(node.xml->position, "event-gateway-target",
                      absl::StrCat(Describe(*node.xml),
                                   ": got no outgoing flow, wanted events"));
      return;
    }
    bool has_receive_task = false;
    bool has_message = false;
    for (const uint32_t flow : node.outgoing) {
      const std::optional<uint32_t> index = process_.flows[flow].target;
      if (!index.has_value() || !process_.nodes[*index].supported) continue;
      const RawNode& target = process_.nodes[*index];
      const fb::ElementT& e = *target.element;
      has_receive_task =
          has_receive_task || e.kind == ElementKind::receive_task;
      has_message = has_message || e.event_type == fb::EventType::message;
      CheckEventGatewayTarget(node, flow, *index);
      if (!node.element->instantiate) continue;
      if (std::string what = NotStarting(target); !what.empty()) {
        Instantiates(target, what);
      }
    }
    if (node.outgoing.size() == 1) {
      problems_.Warning(
          node.xml->position, "event-gateway-one-way",
          absl::StrCat(Describe(*node.xml),
                       ": got one outgoing flow, wanted a choice of two"));
    }
    if (has_receive_task && has_message) {
      problems_.Warning(
          node.xml->position, "event-gateway-mixed",
          absl::StrCat(Describe(*node.xml),
                       ": got message events and receive tasks, wanted one "
                       "kind of them"));
    }
  }

  void CheckEventGatewayTarget(const RawNode& node, uint32_t flow,
                               uint32_t index) {
    const RawNode& target = process_.nodes[index];
    const bool is_task = target.element->kind == ElementKind::receive_task;
    const bool is_event =
        target.element->kind == ElementKind::intermediate_catch_event &&
        target.element->event_type != fb::EventType::link;
    std::string what;
    if (!is_task && !is_event) {
      what =
          "wanted a message, signal, timer or conditional event, or a "
          "receive task";
    } else if (is_task && target.element->message == nullptr) {
      what = "which waits for no message, wanted one with a messageRef";
    } else if (target.incoming.size() != 1) {
      what = "which has other incoming flows, wanted this one only";
    } else if (hosts_.contains(index)) {
      what = "which has boundary events, wanted none";
    }
    if (what.empty()) return;
    problems_.Error(process_.flows[flow].xml->position, "event-gateway-target",
                    absl::StrCat(Describe(*process_.flows[flow].xml),
                                 ": out of ", Describe(*node.xml), ": got ",
                                 Describe(*target.xml), ", ", what));
  }

  // What an error or escalation reaches is decided by its code: of each only
  // one catcher in a place.
  void CheckCatchers() {
    using Key = std::tuple<uint32_t, bool, fb::EventType, std::string_view>;
    absl::btree_map<Key, const RawNode*> catchers;
    const auto check = [&](const RawNode& node, const fb::ElementT& e) {
      const fb::ErrorDefinitionT* caught =
          e.error != nullptr ? e.error.get() : e.escalation.get();
      const bool is_start = e.kind == ElementKind::start_event;
      if (!node.supported || caught == nullptr ||
          (!is_start && !node.attached_to.has_value())) {
        return;
      }
      const uint32_t place =
          is_start ? process_.nodes[node.scope - 1].scope : *node.attached_to;
      const auto [it, is_new] = catchers.try_emplace(
          Key(place, is_start, e.event_type, caught->code), &node);
      if (is_new) return;
      problems_.Error(
          node.xml->position, "caught-twice",
          absl::StrCat(Describe(*node.xml), ": got ",
                       fb::EnumNameEventType(e.event_type), " ",
                       caught->code.empty()
                           ? std::string("of any code")
                           : absl::StrCat("code '", caught->code, "'"),
                       ", which ", Describe(*it->second->xml),
                       " beside it catches already"));
    };
    for (const RawNode& node : process_.nodes) {
      check(node, *node.element);
      for (const auto& one : node.definitions) check(node, *one);
    }
  }

  std::string FlowName(uint32_t index) const {
    return absl::StrCat("'", process_.flows[index].flow->id, "'");
  }

  ProblemList& problems_;
  const RawProcess& process_;
  // Nodes by scope.
  absl::btree_map<uint32_t, std::vector<uint32_t>> inside_;
  // Nodes with boundary events.
  absl::btree_set<uint32_t> hosts_;
};

}  // namespace

void CheckEventRules(const ParseContext& context, const RawProcess& process) {
  EventRules(context, process).Run();
}

}  // namespace pawl::model
