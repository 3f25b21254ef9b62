#include "engine/model/process_definition.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/expression.h"
#include "engine/model/model_check.h"
#include "engine/model/model_expressions.h"

namespace pawl::model {

// What is derived from the model once, when it is loaded.
struct ProcessDefinition::Index {
  StringMap<uint32_t> by_id;
  // By scope; a scope without an entry has no start node.
  absl::btree_map<uint32_t, std::vector<uint32_t>> start_nodes;
  // By activity; one without an entry has none.
  absl::btree_map<uint32_t, std::vector<uint32_t>> boundaries;
  // By the scope around the event sub-process.
  absl::btree_map<uint32_t, std::vector<uint32_t>> event_sub_process_starts;
  std::vector<uint32_t> event_starts;
  // By event.
  absl::btree_map<uint32_t, std::vector<uint32_t>> definitions;
  JoinReach joins;
  // By activity, and by scope.
  absl::btree_map<uint32_t, uint32_t> compensation_handlers;
  absl::btree_map<uint32_t, uint32_t> compensation_starts;
  // By element, the lanes that name it.
  absl::btree_map<uint32_t, std::vector<uint32_t>> lanes;
  // Node-based, so references to the values stay valid. Looked up only.
  absl::node_hash_map<const fb::ExpressionT*, expression::Expression> compiled;
};

namespace {

using fb::ElementKind;

// The none start event of each scope; in a scope without any start event all
// nodes without incoming flow.
absl::btree_map<uint32_t, std::vector<uint32_t>> FindStartNodes(
    const fb::ProcessT& model) {
  absl::btree_map<uint32_t, std::vector<uint32_t>> none_starts;
  absl::btree_map<uint32_t, std::vector<uint32_t>> sources;
  absl::btree_map<uint32_t, bool> has_start_event;
  for (uint32_t i = 1; i < model.elements.size(); ++i) {
    const fb::ElementT& e = *model.elements[i];
    // These begin at what triggers them.
    if (e.kind == ElementKind::event_sub_process ||
        e.kind == ElementKind::event_definition ||
        model.elements[e.scope]->kind == ElementKind::event_sub_process) {
      continue;
    }
    if (e.kind == ElementKind::start_event) {
      has_start_event[e.scope] = true;
      if (e.event_type == fb::EventType::none) {
        none_starts[e.scope].push_back(i);
      }
    } else if (e.incoming.empty() && !e.for_compensation &&
               e.kind != ElementKind::boundary_event && !e.instantiate &&
               !(e.kind == ElementKind::intermediate_catch_event &&
                 e.event_type == fb::EventType::link)) {
      sources[e.scope].push_back(i);
    }
  }
  for (const auto& [scope, nodes] : sources) {
    if (!has_start_event.contains(scope)) none_starts[scope] = nodes;
  }
  return none_starts;
}

}  // namespace

bool IsActivity(ElementKind kind) {
  switch (kind) {
    case ElementKind::service_task:
    case ElementKind::script_task:
    case ElementKind::user_task:
    case ElementKind::manual_task:
    case ElementKind::undefined_task:
    case ElementKind::send_task:
    case ElementKind::business_rule_task:
    case ElementKind::sub_process:
    case ElementKind::receive_task:
    case ElementKind::call_activity:
    case ElementKind::transaction:
    case ElementKind::ad_hoc_sub_process:
      return true;
    default:
      return false;
  }
}

std::vector<uint32_t> EventStartsOf(const fb::ProcessT& model) {
  std::vector<uint32_t> starts;
  for (uint32_t i = 1; i < model.elements.size(); ++i) {
    const fb::ElementT& e = *model.elements[i];
    if (e.scope != 0) continue;
    const bool is_start = e.kind == ElementKind::start_event &&
                          e.event_type != fb::EventType::none &&
                          e.event_type != fb::EventType::multiple &&
                          e.event_type != fb::EventType::parallel_multiple;
    const bool is_one_of =
        e.kind == ElementKind::event_definition &&
        e.attached_to < model.elements.size() &&
        model.elements[e.attached_to]->kind == ElementKind::start_event;
    const bool is_task = e.kind == ElementKind::receive_task && e.instantiate;
    bool is_behind = false;
    if (e.incoming.size() == 1 && e.incoming.front() < model.flows.size() &&
        model.flows[e.incoming.front()]->source < model.elements.size()) {
      const fb::ElementT& source =
          *model.elements[model.flows[e.incoming.front()]->source];
      is_behind =
          source.kind == ElementKind::event_based_gateway && source.instantiate;
    }
    if (is_start || is_one_of || is_task || is_behind) starts.push_back(i);
  }
  return starts;
}

bool KeepsResults(const fb::ElementT& element) {
  // All are of one kind: CheckModel.
  return !element.outputs.empty() && !element.outputs.front()->association;
}

bool IsScope(ElementKind kind) {
  return kind == ElementKind::process || kind == ElementKind::sub_process ||
         kind == ElementKind::transaction ||
         kind == ElementKind::ad_hoc_sub_process ||
         kind == ElementKind::event_sub_process;
}

absl::StatusOr<std::shared_ptr<const ProcessDefinition>>
ProcessDefinition::Create(std::unique_ptr<fb::ProcessT> model) {
  PAWL_CHECK(model != nullptr);
  PAWL_RETURN_IF_ERROR(CheckModel(*model));

  auto index = std::make_unique<Index>();
  for (uint32_t i = 0; i < model->elements.size(); ++i) {
    index->by_id.emplace(model->elements[i]->id, i);
  }
  index->start_nodes = FindStartNodes(*model);
  for (uint32_t i = 0; i < model->lanes.size(); ++i) {
    for (const uint32_t member : model->lanes[i]->members) {
      index->lanes[member].push_back(i);
    }
  }
  index->event_starts = EventStartsOf(*model);
  for (uint32_t i = 0; i < model->elements.size(); ++i) {
    const fb::ElementT& e = *model->elements[i];
    if (e.kind == ElementKind::event_definition) {
      index->definitions[e.attached_to].push_back(i);
    }
    if (e.kind == ElementKind::boundary_event) {
      index->boundaries[e.attached_to].push_back(i);
      if (e.handler != 0) {
        index->compensation_handlers[e.attached_to] = e.handler;
      }
    }
    if (e.kind != ElementKind::start_event ||
        e.event_type == fb::EventType::none) {
      continue;
    }
    if (e.scope != 0) {
      const uint32_t around = model->elements[e.scope]->scope;
      index->event_sub_process_starts[around].push_back(i);
      if (e.event_type == fb::EventType::compensation) {
        index->compensation_starts[around] = i;
      }
    }
  }
  for (const auto& [scope, nodes] : index->start_nodes) {
    const bool is_event =
        model->elements[nodes.front()]->kind == ElementKind::start_event;
    if (is_event && nodes.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("compiled model of process '", model->id, "': '",
                       model->elements[scope]->id, "': ", nodes.size(),
                       " none start events, wanted at most 1"));
    }
  }

  PAWL_ASSIGN_OR_RETURN(index->joins, JoinReach::Make(*model));

  absl::Status status;
  ForEachExpression(
      *model, [&](const std::string& owner_id, const fb::ExpressionT& e) {
        if (!status.ok()) return;
        if (e.language > fb::Language::MAX) {
          status = absl::UnimplementedError(absl::StrCat(
              "compiled model of process '", model->id, "': '", owner_id,
              "': this build doesn't know expression language ",
              static_cast<int>(e.language)));
          return;
        }
        auto compiled = expression::Expression::Compile(e.text, e.language);
        if (!compiled.ok()) {
          status = absl::Status(
              compiled.status().code(),
              absl::StrCat("compiled model of process '", model->id, "': '",
                           owner_id, "': ", compiled.status().message()));
          return;
        }
        index->compiled.emplace(&e, *std::move(compiled));
      });
  PAWL_RETURN_IF_ERROR(status);
  return std::shared_ptr<const ProcessDefinition>(
      new ProcessDefinition(std::move(model), std::move(index)));
}

ProcessDefinition::ProcessDefinition(std::unique_ptr<fb::ProcessT> model,
                                     std::unique_ptr<const Index> index)
    : model_(std::move(model)), index_(std::move(index)) {}

ProcessDefinition::~ProcessDefinition() = default;

const fb::ElementT& ProcessDefinition::element(uint32_t index) const {
  PAWL_CHECK_LT(index, model_->elements.size());
  return *model_->elements[index];
}

const fb::SequenceFlowT& ProcessDefinition::flow(uint32_t index) const {
  PAWL_CHECK_LT(index, model_->flows.size());
  return *model_->flows[index];
}

uint32_t ProcessDefinition::element_count() const {
  return static_cast<uint32_t>(model_->elements.size());
}

uint32_t ProcessDefinition::flow_count() const {
  return static_cast<uint32_t>(model_->flows.size());
}

std::optional<uint32_t> ProcessDefinition::FindElement(
    std::string_view id) const {
  const auto it = index_->by_id.find(id);
  if (it == index_->by_id.end()) return std::nullopt;
  return it->second;
}

std::span<const uint32_t> ProcessDefinition::StartNodes(uint32_t scope) const {
  PAWL_CHECK_LT(scope, model_->elements.size());
  const auto it = index_->start_nodes.find(scope);
  if (it == index_->start_nodes.end()) return {};
  return it->second;
}

std::span<const uint32_t> ProcessDefinition::Boundaries(
    uint32_t element) const {
  const auto it = index_->boundaries.find(element);
  if (it == index_->boundaries.end()) return {};
  return it->second;
}

std::span<const uint32_t> ProcessDefinition::EventSubProcessStarts(
    uint32_t scope) const {
  const auto it = index_->event_sub_process_starts.find(scope);
  if (it == index_->event_sub_process_starts.end()) return {};
  return it->second;
}

std::span<const uint32_t> ProcessDefinition::Definitions(uint32_t event) const {
  const auto it = index_->definitions.find(event);
  if (it == index_->definitions.end()) return {};
  return it->second;
}

uint32_t ProcessDefinition::EventOf(uint32_t trigger) const {
  const fb::ElementT& e = element(trigger);
  return e.kind == ElementKind::event_definition ? e.attached_to : trigger;
}

std::span<const uint32_t> ProcessDefinition::EventStarts() const {
  return index_->event_starts;
}

uint32_t ProcessDefinition::CompensationHandler(uint32_t activity) const {
  const auto it = index_->compensation_handlers.find(activity);
  return it == index_->compensation_handlers.end() ? 0 : it->second;
}

uint32_t ProcessDefinition::CompensationStart(uint32_t scope) const {
  const auto it = index_->compensation_starts.find(scope);
  return it == index_->compensation_starts.end() ? 0 : it->second;
}

bool ProcessDefinition::JoinsTokens(uint32_t element) const {
  const fb::ElementT& e = this->element(element);
  return e.kind == ElementKind::parallel_gateway && e.incoming.size() > 1;
}

bool ProcessDefinition::JoinsInclusive(uint32_t element) const {
  const fb::ElementT& e = this->element(element);
  return e.kind == ElementKind::inclusive_gateway && e.incoming.size() > 1;
}

bool ProcessDefinition::JoinsComplex(uint32_t element) const {
  const fb::ElementT& e = this->element(element);
  return e.kind == ElementKind::complex_gateway && e.condition != nullptr;
}

const JoinReach& ProcessDefinition::joins() const { return index_->joins; }

std::vector<uint32_t> ProcessDefinition::LanesOf(uint32_t element) const {
  std::vector<uint32_t> chain;
  for (uint32_t at = element; at != 0; at = this->element(at).scope) {
    chain.push_back(at);
  }
  std::vector<uint32_t> lanes;
  absl::btree_set<uint32_t> seen;
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    const auto named = index_->lanes.find(*at);
    if (named == index_->lanes.end()) continue;
    // A lane stands in front of those inside it.
    for (const uint32_t lane : named->second) {
      std::vector<uint32_t> around = {lane};
      while (model_->lanes[around.back()]->parent != 0) {
        around.push_back(model_->lanes[around.back()]->parent - 1);
      }
      for (auto one = around.rbegin(); one != around.rend(); ++one) {
        if (seen.insert(*one).second) lanes.push_back(*one);
      }
    }
  }
  return lanes;
}

const expression::Expression& ProcessDefinition::Compiled(
    const fb::ExpressionT& e) const {
  const auto it = index_->compiled.find(&e);
  PAWL_CHECK(it != index_->compiled.end())
      << "not an expression of process '" << model_->id << "': " << e.text;
  return it->second;
}

}  // namespace pawl::model
