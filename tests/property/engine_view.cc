#include "tests/property/engine_view.h"

#include "engine/core/apply.h"

namespace pawl::property {
namespace {

using Names = std::multiset<std::string>;

std::string Lines(const char* end, bool suspended, const Names& completed,
                  const Names& waiting, const Names& incidents,
                  const Names& resting, const Names& variables) {
  std::string out = std::string(end) + (suspended ? ", suspended\n" : "\n");
  const auto add = [&out](const char* what, const Names& names) {
    for (const std::string& name : names) {
      out += std::string(what) + " " + name + "\n";
    }
  };
  add("completed", completed);
  add("waits", waiting);
  add("incident", incidents);
  add("token on", resting);
  add("variable", variables);
  return out;
}

const char* EndText(reference::End end) {
  switch (end) {
    case reference::End::kNotEnded:
      return "active";
    case reference::End::kCompleted:
      return "completed";
    case reference::End::kTerminated:
      return "terminated";
    case reference::End::kCancelled:
      return "cancelled";
    case reference::End::kCompensated:
      return "compensated";
  }
  return "?";
}

std::string JobText(const core::Job& job) {
  const std::string retries = ", " + std::to_string(job.retries) + " retries";
  switch (job.state) {
    // The reference knows no locks.
    case fb::JobState::ready:
    case fb::JobState::locked:
      return "job ready" + retries;
    case fb::JobState::backoff:
      return "job until " + std::to_string(job.due_ms) + retries;
    case fb::JobState::incident:
      return "job failed" + retries;
  }
  return "?";
}

std::string SubscriptionText(const core::Subscription& wait) {
  switch (wait.kind) {
    case fb::SubscriptionKind::message:
      return "message " + wait.name +
             (wait.any_key ? "" : " with key " + wait.correlation_key);
    case fb::SubscriptionKind::signal:
      return "signal " + wait.name;
    case fb::SubscriptionKind::conditional:
      return std::string("condition, ") + (wait.holds ? "true" : "false");
  }
  return "?";
}

Names Waiting(const core::Instance& instance,
              const model::ProcessDefinition& model) {
  const auto id = [&](ElementKey key) {
    const auto it = instance.elements.find(key);
    // By mistake.
    if (it == instance.elements.end()) return std::string("what is gone: ");
    return model.element(it->second.element).id + ": ";
  };
  Names out;
  for (const auto& [key, job] : instance.jobs) {
    out.insert(id(job.element_key) + JobText(job));
  }
  for (const auto& [key, task] : instance.tasks) {
    out.insert(id(task.element_key) + "task");
  }
  for (const auto& [key, wait] : instance.subscriptions) {
    out.insert((wait.trigger == 0 ? id(wait.element_key)
                                  : model.element(wait.trigger).id + ": ") +
               SubscriptionText(wait));
  }
  for (const auto& [key, timer] : instance.timers) {
    out.insert((timer.boundary == 0 ? id(timer.element_key)
                                    : model.element(timer.boundary).id + ": ") +
               "timer at " + std::to_string(timer.due_ms));
  }
  return out;
}

}  // namespace

std::vector<std::string> KeptMessages(
    const core::CoreHarness::Indexes& indexes) {
  std::vector<std::string> out;
  const auto index = indexes.find(core::Index::kMessage);
  if (index == indexes.end()) return out;
  for (const auto& [entry, value] : index->second) {
    const auto message = core::DecodeBuffered(value);
    if (message == nullptr || core::BufferedEntry(message->key) != entry) {
      continue;
    }
    std::string text = message->name;
    if (message->has_key) text += " with key " + message->correlation_key;
    text += " until " + std::to_string(message->until_ms);
    for (const auto& variable : message->variables) {
      text += " " + variable->name + "=" + variable->json;
    }
    out.push_back(text);
  }
  return out;
}

std::string ViewOf(const reference::ReferenceInterpreter& reference) {
  Names variables;
  for (const auto& [name, value] : reference.variables()) {
    variables.insert(name + " = " + reference::ValueText(value));
  }
  for (const auto& [name, value] : reference.Locals()) {
    variables.insert(name + " = " + reference::ValueText(value));
  }
  return Lines(EndText(reference.end()), reference.suspended(),
               reference.completed(), reference.Waiting(),
               reference.Incidents(), reference.Resting(), variables);
}

void EngineView::Observe(const fb::RecordT& record) {
  for (size_t i = 0; i < record.events.size(); ++i) {
    const fb::EventUnion& event = record.events[i];
    if (const auto* activating = event.AsElementActivating()) {
      elements_[activating->key] = activating->element;
    } else if (const auto* completed = event.AsElementCompleted()) {
      const uint32_t element = elements_.at(completed->key);
      // Element 0 is the process.
      if (element == 0) continue;
      completed_[core::InstanceOf(record, i)].insert(element);
    }
  }
}

std::string EngineView::ViewOf(const core::Instance& instance,
                               const model::ProcessDefinition& model) const {
  Names completed;
  if (const auto it = completed_.find(instance.key); it != completed_.end()) {
    for (uint32_t element : it->second) {
      completed.insert(model.element(element).id);
    }
  }
  Names incidents;
  for (const auto& [key, incident] : instance.incidents) {
    incidents.insert(model.element(incident.element).id + ": " +
                     fb::EnumNameIncidentType(incident.type));
  }
  Names resting;
  Names variables;
  for (const auto& [key, scope] : instance.scopes) {
    for (const auto& [flow, tokens] : scope.tokens) {
      for (uint32_t i = 0; i < tokens; ++i) resting.insert(model.flow(flow).id);
    }
    for (const auto& [name, json] : scope.variables) {
      variables.insert(name + " = " + json);
    }
  }
  const bool suspended = instance.state == fb::InstanceState::suspended;
  return Lines(suspended ? "active" : fb::EnumNameInstanceState(instance.state),
               suspended, completed, Waiting(instance, model), incidents,
               resting, variables);
}

}  // namespace pawl::property
