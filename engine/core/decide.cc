// The dispatch of commands, and the making of records.
#include "engine/core/decide.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/planted.h"
#include "engine/core/apply.h"
#include "engine/core/commands.h"

namespace pawl::core {
namespace {

#define PAWL_HANDLE(Type) \
  case fb::Command::Type: \
    return Handle(c, *command.As##Type())

absl::Status Dispatch(const fb::CommandUnion& command, InstanceCommand& c) {
  switch (command.type) {
    PAWL_HANDLE(StartInstance);
    PAWL_HANDLE(CancelInstance);
    PAWL_HANDLE(SuspendInstance);
    PAWL_HANDLE(ResumeInstance);
    PAWL_HANDLE(SetVariables);
    PAWL_HANDLE(LockJob);
    PAWL_HANDLE(ExtendJobLock);
    PAWL_HANDLE(UnlockJob);
    PAWL_HANDLE(CompleteJob);
    PAWL_HANDLE(FailJob);
    PAWL_HANDLE(ThrowJobError);
    PAWL_HANDLE(JobDue);
    PAWL_HANDLE(ReleaseJob);
    PAWL_HANDLE(CompleteTask);
    PAWL_HANDLE(ClaimTask);
    PAWL_HANDLE(UnclaimTask);
    PAWL_HANDLE(DelegateTask);
    PAWL_HANDLE(ResolveTask);
    PAWL_HANDLE(ChangeTask);
    PAWL_HANDLE(SetTaskVariables);
    PAWL_HANDLE(TriggerTimer);
    PAWL_HANDLE(ResolveIncident);
    PAWL_HANDLE(Deliver);
    PAWL_HANDLE(CompleteCall);
    PAWL_HANDLE(ThrowFromCall);
    PAWL_HANDLE(FailCall);
    PAWL_HANDLE(CompleteThrow);
    PAWL_HANDLE(ReportFault);
    PAWL_HANDLE(ContinueLoop);
    PAWL_HANDLE(ActivateElements);
    case fb::Command::NONE:
    case fb::Command::Deploy:
    case fb::Command::OpenPartition:
    case fb::Command::RegisterHandler:
    case fb::Command::UnregisterHandler:
    case fb::Command::PublishMessage:
    case fb::Command::BroadcastSignal:
    case fb::Command::MatchMessages:
    case fb::Command::ExpireMessage:
    case fb::Command::DropRequest:
    case fb::Command::TriggerStartTimer:
    case fb::Command::EvaluateConditions:
    case fb::Command::TrimLog:
    case fb::Command::CarryForward:
    case fb::Command::SetHold:
    case fb::Command::ReleaseHold:
      break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("got command ", fb::EnumNameCommand(command.type),
                   ", wanted one on an instance"));
}

#undef PAWL_HANDLE

}  // namespace

bool IsPartitionCommand(fb::Command type) {
  switch (type) {
    case fb::Command::Deploy:
    case fb::Command::OpenPartition:
    case fb::Command::RegisterHandler:
    case fb::Command::UnregisterHandler:
    case fb::Command::PublishMessage:
    case fb::Command::BroadcastSignal:
    case fb::Command::MatchMessages:
    case fb::Command::ExpireMessage:
    case fb::Command::DropRequest:
    case fb::Command::TriggerStartTimer:
    case fb::Command::EvaluateConditions:
    case fb::Command::TrimLog:
    case fb::Command::SetHold:
    case fb::Command::ReleaseHold:
      return true;
    default:
      return false;
  }
}

// Growing step by step costs more than deciding does for many of them.
constexpr size_t kEventsOfMostCommands = 16;

Decision Decide(const fb::CommandUnion& command, Instance* instance,
                int64_t now_ms, Lookups* lookups) {
  Decision decision;
  if (IsPartitionCommand(command.type)) {
    decision.status = HandlePartition(command, now_ms, lookups,
                                      &decision.events, &decision.answer);
  } else {
    PAWL_CHECK(instance != nullptr) << fb::EnumNameCommand(command.type);
    decision.events.reserve(kEventsOfMostCommands);
    InstanceCommand c{Transition(instance, now_ms, lookups, &decision.events),
                      &decision.answer};
    decision.status = Dispatch(command, c);
  }
  PAWL_CHECK(decision.status.ok() || decision.events.empty())
      << fb::EnumNameCommand(command.type)
      << " was refused after it emitted: " << decision.status;
  return decision;
}

std::unique_ptr<fb::RecordT> MakeRecord(
    PartitionId partition, Position position, int64_t time_ms,
    std::string actor, Position caused_by, fb::CommandUnion command,
    std::vector<std::unique_ptr<fb::FactT>> facts, InstanceKey instance,
    uint32_t sequence_before, Decision* decision) {
  auto record = std::make_unique<fb::RecordT>();
  record->position = position;
  record->partition = partition;
  record->time_ms = time_ms;
  record->actor = std::move(actor);
  record->caused_by = caused_by;
  record->command = std::move(command);
  if (fb::DeployT* deploy = record->command.AsDeploy(); deploy != nullptr) {
    for (auto& resource : deploy->resources) resource->xml.clear();
    for (auto& process : deploy->processes) process->model.reset();
  }
  record->facts = std::move(facts);
  record->events = std::move(decision->events);
  decision->events.clear();
  if (PAWL_PLANTED(event_dropped) && record->events.size() > 3) {
    record->events.pop_back();
  }
  const auto own = std::count_if(record->events.begin(), record->events.end(),
                                 [](const fb::EventUnion& event) {
                                   return !IsPartitionEvent(event.type);
                                 });
  if (instance.valid()) {
    auto touched = std::make_unique<fb::TouchedT>();
    touched->instance = instance.value();
    touched->first_sequence = sequence_before + 1;
    touched->count = static_cast<uint32_t>(own);
    record->touched.push_back(std::move(touched));
  }
  return record;
}

fb::CommandUnion CommandOf(const fb::RecordT& record) {
  fb::CommandUnion command = record.command;
  fb::DeployT* deploy = command.AsDeploy();
  if (deploy == nullptr) return command;
  for (const fb::EventUnion& event : record.events) {
    if (const auto* resource = event.AsResourceDeployed()) {
      // In the order of the command, and only the new ones.
      for (auto& wanted : deploy->resources) {
        if (wanted->name == resource->name && wanted->xml.empty()) {
          wanted->xml = resource->xml;
          break;
        }
      }
    } else if (const auto* definition = event.AsDefinitionDeployed()) {
      for (auto& wanted : deploy->processes) {
        if (wanted->process_id == definition->process_id &&
            definition->model != nullptr) {
          wanted->model = std::make_unique<fb::ProcessT>(*definition->model);
        }
      }
    }
  }
  return command;
}

}  // namespace pawl::core
