// Commands that concern no instance: deployment, openings, handlers.
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/model/model_rules.h"

namespace pawl::core {
namespace {

template <typename EventT>
void Emit(EventT event, std::vector<fb::EventUnion>* events) {
  fb::EventUnion entry;
  entry.Set(std::move(event));
  events->push_back(std::move(entry));
}

absl::Status CheckDeploy(const fb::DeployT& command) {
  StringMap<bool> names;
  for (const auto& resource : command.resources) {
    if (!names.try_emplace(resource->name, true).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("resource '", resource->name,
                       "' is in this deployment twice, wanted once"));
    }
  }
  StringMap<bool> seen;
  for (const auto& process : command.processes) {
    if (process->resource >= command.resources.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "process '", process->process_id, "': got resource number ",
          process->resource, ", wanted below ", command.resources.size()));
    }
    if (!seen.try_emplace(process->process_id, true).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("process '", process->process_id,
                       "' is in this deployment twice, wanted once"));
    }
  }
  return absl::OkStatus();
}

// SEMANTICS, Messages and signals: what opens takes what is buffered.
template <typename NewKey>
void AskForBuffered(Lookups* lookups, const NewKey& new_key, Events* events) {
  absl::btree_set<uint64_t> ask;
  Events requests;
  for (const fb::EventUnion& event : *events) {
    if (const auto* definition = event.AsDefinitionDeployed();
        definition != nullptr &&
        definition->model->rules >= model::kRulesOfBufferedStarts) {
      ask.insert(definition->key);
    }
  }
  for (const fb::EventUnion& event : *events) {
    const auto* opened = event.AsStartSubscriptionOpened();
    if (opened == nullptr || opened->kind != fb::SubscriptionKind::message ||
        !ask.contains(opened->definition) ||
        !lookups->HasBuffered({opened->name, false, ""})) {
      continue;
    }
    fb::MatchMessagesT match;
    match.name = opened->name;
    match.starts = true;
    fb::RequestedT requested;
    requested.key = match.request = new_key();
    requested.command.Set(std::move(match));
    Emit(std::move(requested), &requests);
  }
  for (fb::EventUnion& request : requests) {
    events->push_back(std::move(request));
  }
}

// A resource is new when one of its processes is unknown or was last deployed
// from other bytes; all of its processes then get a new version.
absl::Status Deploy(const fb::DeployT& command, int64_t now_ms,
                    Lookups* lookups, std::vector<fb::EventUnion>* events,
                    Answer* answer) {
  PAWL_RETURN_IF_ERROR(CheckDeploy(command));
  std::vector<bool> is_new(command.resources.size(), false);
  for (const auto& process : command.processes) {
    const DefinitionAnswer latest = lookups->Definition(process->process_id, 0);
    if (latest.key.valid() && latest.digest == process->digest) continue;
    is_new[process->resource] = true;
  }
  for (const auto& process : command.processes) {
    if (is_new[process->resource] && process->model == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          "process '", process->process_id, "': the command has no model"));
    }
  }
  uint64_t next_key = 0;
  const auto new_key = [&] {
    if (next_key == 0) next_key = lookups->NextKey();
    return next_key++;
  };
  std::vector<uint64_t> resource_keys(command.resources.size(), 0);
  for (size_t i = 0; i < command.resources.size(); ++i) {
    if (!is_new[i]) continue;
    fb::ResourceDeployedT resource;
    resource.key = resource_keys[i] = new_key();
    resource.name = command.resources[i]->name;
    resource.xml = command.resources[i]->xml;
    Emit(std::move(resource), events);
  }
  Events moved;
  // New versions, as positions in `events`, and what they replace.
  std::vector<std::pair<size_t, DefinitionKey>> replaced;
  for (const auto& process : command.processes) {
    const DefinitionAnswer latest = lookups->Definition(process->process_id, 0);
    Answer::Deployed deployed{process->process_id, latest.key, latest.version,
                              false};
    if (is_new[process->resource]) {
      fb::DefinitionDeployedT definition;
      definition.key = new_key();
      definition.resource = resource_keys[process->resource];
      definition.process_id = process->process_id;
      definition.version = latest.version + 1;
      definition.digest = process->digest;
      definition.model = std::make_unique<fb::ProcessT>(*process->model);
      deployed.key = DefinitionKey(definition.key);
      deployed.version = definition.version;
      deployed.is_new = true;
      PAWL_RETURN_IF_ERROR(MoveStarts(definition, latest.key, lookups, &moved));
      replaced.emplace_back(events->size(), latest.key);
      Emit(std::move(definition), events);
    }
    answer->deployed.push_back(std::move(deployed));
  }
  // Keys rise in the order of events: those of timers come after all others.
  for (const auto& [at, before] : replaced) {
    PAWL_RETURN_IF_ERROR(MoveStartTimers(*(*events)[at].AsDefinitionDeployed(),
                                         before, now_ms, lookups, new_key,
                                         &moved));
  }
  for (fb::EventUnion& event : moved) events->push_back(std::move(event));
  AskForBuffered(lookups, new_key, events);
  return absl::OkStatus();
}

}  // namespace

absl::Status HandlePartition(const fb::CommandUnion& command, int64_t now_ms,
                             Lookups* lookups, Events* events, Answer* answer) {
  switch (command.type) {
    case fb::Command::Deploy: {
      // A process that starts by another's message is found late.
      Events made;
      PAWL_RETURN_IF_ERROR(
          Deploy(*command.AsDeploy(), now_ms, lookups, &made, answer));
      *events = std::move(made);
      return absl::OkStatus();
    }
    case fb::Command::OpenPartition: {
      fb::PartitionOpenedT opened;
      opened.epoch = lookups->Epoch() + 1;
      opened.build = command.AsOpenPartition()->build;
      opened.accepted_loss_after =
          command.AsOpenPartition()->accepted_loss_after;
      Emit(std::move(opened), events);
      return absl::OkStatus();
    }
    case fb::Command::RegisterHandler: {
      fb::HandlerRegisteredT registered;
      registered.type = command.AsRegisterHandler()->type;
      registered.capacity = command.AsRegisterHandler()->capacity;
      Emit(std::move(registered), events);
      return absl::OkStatus();
    }
    case fb::Command::UnregisterHandler: {
      fb::HandlerUnregisteredT unregistered;
      unregistered.type = command.AsUnregisterHandler()->type;
      Emit(std::move(unregistered), events);
      return absl::OkStatus();
    }
    case fb::Command::SetHold: {
      const fb::SetHoldT& command_of = *command.AsSetHold();
      fb::HoldSetT held;
      held.instance = command_of.instance;
      held.reason = command_of.reason;
      Emit(std::move(held), events);
      return absl::OkStatus();
    }
    case fb::Command::ReleaseHold: {
      fb::HoldReleasedT released;
      released.instance = command.AsReleaseHold()->instance;
      Emit(std::move(released), events);
      return absl::OkStatus();
    }
    case fb::Command::PublishMessage:
      return HandlePartition(*command.AsPublishMessage(), now_ms, lookups,
                             events, answer);
    case fb::Command::BroadcastSignal:
      return HandlePartition(*command.AsBroadcastSignal(), lookups, events,
                             answer);
    case fb::Command::MatchMessages:
      return HandlePartition(*command.AsMatchMessages(), lookups, events);
    case fb::Command::ExpireMessage:
      return HandlePartition(*command.AsExpireMessage(), now_ms, events);
    case fb::Command::DropRequest:
      return HandlePartition(*command.AsDropRequest(), lookups, events);
    case fb::Command::TriggerStartTimer:
      return HandlePartition(*command.AsTriggerStartTimer(), now_ms, lookups,
                             events);
    case fb::Command::EvaluateConditions:
      return HandlePartition(*command.AsEvaluateConditions(), now_ms, lookups,
                             events, answer);
    case fb::Command::TrimLog:
      return absl::InvalidArgumentError("TrimLog isn't decided");
    default:
      break;
  }
  PAWL_CHECK(false) << "not a partition's command: "
                    << fb::EnumNameCommand(command.type);
  return absl::InternalError("unreachable");
}

}  // namespace pawl::core
