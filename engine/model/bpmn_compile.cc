#include "engine/model/bpmn_compile.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/model/model_rules.h"

namespace pawl::model {

namespace {

using Definitions = std::vector<std::unique_ptr<fb::ElementT>>;

// Behind all other elements, those of the event with index i + 1 at i. Each has
// an id of its own, which people see where one of them is meant.
void AddDefinitions(std::vector<Definitions> definitions, fb::ProcessT* model) {
  absl::btree_set<std::string> ids;
  for (const auto& element : model->elements) ids.insert(element->id);
  for (uint32_t i = 0; i < definitions.size(); ++i) {
    int number = 0;
    for (auto& definition : definitions[i]) {
      const fb::ElementT& event = *model->elements[i + 1];
      std::string id = absl::StrCat(event.id, "#", ++number);
      while (!ids.insert(id).second) id += "#";
      definition->id = std::move(id);
      definition->name = event.name;
      definition->kind = fb::ElementKind::event_definition;
      definition->scope = event.scope;
      definition->attached_to = i + 1;
      definition->interrupting = event.interrupting;
      model->elements.push_back(std::move(definition));
    }
  }
}

}  // namespace

std::unique_ptr<fb::ProcessT> Compile(RawProcess process) {
  auto model = std::make_unique<fb::ProcessT>();
  model->id = process.id;
  model->name = process.name;
  model->version_tag = process.version_tag;
  model->history_time_to_live = process.history_time_to_live;
  model->executable = process.executable;
  model->rules = kModelRules;

  auto root = std::make_unique<fb::ElementT>();
  root->id = process.id;
  root->name = process.name;
  root->kind = fb::ElementKind::process;
  root->saga = process.saga;
  root->line = process.xml->position.line;
  root->column = process.xml->position.column;
  model->elements.push_back(std::move(root));
  std::vector<Definitions> definitions;
  for (RawNode& node : process.nodes) {
    PAWL_CHECK(node.supported) << node.element->id;
    node.element->incoming = std::move(node.incoming);
    node.element->outgoing = std::move(node.outgoing);
    node.element->default_flow =
        node.default_flow.has_value() ? *node.default_flow + 1 : 0;
    // Element 0 is the process.
    node.element->scope = node.scope;
    if (node.attached_to.has_value()) {
      node.element->attached_to = *node.attached_to + 1;
    }
    if (node.link_target.has_value()) {
      node.element->link_target = *node.link_target + 1;
    }
    if (node.handler.has_value()) node.element->handler = *node.handler + 1;
    if (node.compensates.has_value()) {
      node.element->compensate->activity = *node.compensates + 1;
    }
    definitions.push_back(std::move(node.definitions));
    model->elements.push_back(std::move(node.element));
  }
  AddDefinitions(std::move(definitions), model.get());
  for (RawFlow& flow : process.flows) {
    PAWL_CHECK(flow.source.has_value() && flow.target.has_value())
        << flow.flow->id;
    flow.flow->source = *flow.source + 1;
    flow.flow->target = *flow.target + 1;
    model->flows.push_back(std::move(flow.flow));
  }
  return model;
}

}  // namespace pawl::model
