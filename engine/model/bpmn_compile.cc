#include "engine/model/bpmn_compile.h"

#include <utility>

#include "base/check.h"

namespace pawl::model {

std::unique_ptr<fb::ProcessT> Compile(RawProcess process) {
  auto model = std::make_unique<fb::ProcessT>();
  model->id = process.id;
  model->name = process.name;
  model->version_tag = process.version_tag;
  model->executable = process.executable;

  auto root = std::make_unique<fb::ElementT>();
  root->id = process.id;
  root->name = process.name;
  root->kind = fb::ElementKind::process;
  root->saga = process.saga;
  root->line = process.xml->position.line;
  root->column = process.xml->position.column;
  model->elements.push_back(std::move(root));
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
    model->elements.push_back(std::move(node.element));
  }
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
