#include "engine/model/model_expressions.h"

namespace pawl::model {
namespace {

using Visit = std::function<void(const std::string& owner_id,
                                 const fb::ExpressionT& expression)>;

void VisitMapped(const std::string& id, const fb::MappedValueT& value,
                 const Visit& visit) {
  if (value.expression != nullptr) visit(id, *value.expression);
  for (const auto& entry : value.entries) {
    if (entry->key != nullptr) visit(id, *entry->key);
    VisitMapped(id, *entry->value, visit);
  }
}

void VisitSteps(const fb::ElementT& e, const Visit& visit) {
  for (const auto* mappings : {&e.inputs, &e.outputs}) {
    for (const auto& mapping : *mappings) {
      VisitMapped(e.id, *mapping->value, visit);
    }
  }
  if (e.call != nullptr) {
    for (const auto* one :
         {&e.call->process_id, &e.call->version, &e.call->business_key}) {
      if (*one != nullptr) visit(e.id, **one);
    }
    for (const auto* mappings :
         {&e.call->inputs, &e.call->outputs, &e.call->local_inputs,
          &e.call->local_outputs}) {
      for (const auto& mapping : *mappings) {
        VisitMapped(e.id, *mapping->value, visit);
      }
    }
  }
  for (const auto& listener : e.listeners) {
    if (listener->script != nullptr) visit(e.id, *listener->script->script);
    if (listener->job != nullptr) visit(e.id, *listener->job->type);
  }
}

}  // namespace

void ForEachExpression(
    const fb::ProcessT& model,
    const std::function<void(const std::string& owner_id,
                             const fb::ExpressionT& expression)>& visit) {
  for (const auto& e : model.elements) {
    const auto visit_one = [&](const std::unique_ptr<fb::ExpressionT>& x) {
      if (x != nullptr) visit(e->id, *x);
    };
    if (e->job != nullptr) {
      visit_one(e->job->type);
      for (const auto& error : e->job->errors) visit_one(error->condition);
    }
    if (e->script != nullptr) visit_one(e->script->script);
    if (e->timer != nullptr) visit_one(e->timer->value);
    if (e->user_task != nullptr) {
      visit_one(e->user_task->assignee);
      visit_one(e->user_task->candidate_users);
      visit_one(e->user_task->candidate_groups);
      visit_one(e->user_task->due_date);
      visit_one(e->user_task->follow_up_date);
      visit_one(e->user_task->priority);
      for (const auto& listener : e->user_task->listeners) {
        if (listener->script != nullptr) visit_one(listener->script->script);
        if (listener->job != nullptr) visit_one(listener->job->type);
      }
    }
    if (e->message != nullptr) {
      visit_one(e->message->name);
      visit_one(e->message->correlation_key);
    }
    if (e->signal != nullptr) visit_one(e->signal->name);
    if (e->error != nullptr) visit_one(e->error->message);
    visit_one(e->condition);
    if (e->ad_hoc != nullptr) {
      visit_one(e->ad_hoc->completion);
      visit_one(e->ad_hoc->active_elements);
    }
    if (e->loop != nullptr) {
      visit_one(e->loop->cardinality);
      visit_one(e->loop->collection);
      visit_one(e->loop->output_element);
      visit_one(e->loop->completion);
      visit_one(e->loop->condition);
    }
    VisitSteps(*e, visit);
  }
  for (const auto& flow : model.flows) {
    if (flow->condition != nullptr) visit(flow->id, *flow->condition);
  }
}

}  // namespace pawl::model
