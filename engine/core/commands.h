// One function per command, by subject: what Decide dispatches to. Private to
// engine/core.
#ifndef PAWL_ENGINE_CORE_COMMANDS_H_
#define PAWL_ENGINE_CORE_COMMANDS_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "engine/core/decide.h"
#include "engine/core/transition.h"
#include "schemas/command_generated.h"

namespace pawl::core {

// What a command on one instance works with. A command checks first, then
// emits: a Status other than OK means that nothing was emitted.
struct InstanceCommand {
  Transition t;
  Answer* answer;
};

// FailedPrecondition unless the instance is active (`allow_suspended`: or
// suspended).
absl::Status RequireRunning(const Instance& instance, bool allow_suspended);

// instance_commands.cc
absl::Status Handle(InstanceCommand& c, const fb::StartInstanceT& command);
absl::Status Handle(InstanceCommand& c, const fb::CancelInstanceT& command);
absl::Status Handle(InstanceCommand& c, const fb::SuspendInstanceT& command);
absl::Status Handle(InstanceCommand& c, const fb::ResumeInstanceT& command);
absl::Status Handle(InstanceCommand& c, const fb::SetVariablesT& command);
absl::Status Handle(InstanceCommand& c, const fb::ResolveIncidentT& command);
absl::Status Handle(InstanceCommand& c, const fb::ContinueLoopT& command);
absl::Status Handle(InstanceCommand& c, const fb::CompleteThrowT& command);
absl::Status Handle(InstanceCommand& c, const fb::ReportFaultT& command);
// ad_hoc_commands.cc
absl::Status Handle(InstanceCommand& c, const fb::ActivateElementsT& command);

// The command is the answer to this request of an earlier record.
void TakeRequest(Transition& t, uint64_t request);

// job_commands.cc
absl::Status Handle(InstanceCommand& c, const fb::LockJobT& command);
absl::Status Handle(InstanceCommand& c, const fb::ExtendJobLockT& command);
absl::Status Handle(InstanceCommand& c, const fb::UnlockJobT& command);
absl::Status Handle(InstanceCommand& c, const fb::CompleteJobT& command);
absl::Status Handle(InstanceCommand& c, const fb::FailJobT& command);
absl::Status Handle(InstanceCommand& c, const fb::ThrowJobErrorT& command);
absl::Status Handle(InstanceCommand& c, const fb::JobDueT& command);
absl::Status Handle(InstanceCommand& c, const fb::ReleaseJobT& command);

// call_commands.cc
absl::Status Handle(InstanceCommand& c, const fb::CompleteCallT& command);
absl::Status Handle(InstanceCommand& c, const fb::ThrowFromCallT& command);
absl::Status Handle(InstanceCommand& c, const fb::FailCallT& command);

// task_commands.cc
absl::Status Handle(InstanceCommand& c, const fb::CompleteTaskT& command);
absl::Status Handle(InstanceCommand& c, const fb::ClaimTaskT& command);
absl::Status Handle(InstanceCommand& c, const fb::UnclaimTaskT& command);
absl::Status Handle(InstanceCommand& c, const fb::DelegateTaskT& command);
absl::Status Handle(InstanceCommand& c, const fb::ResolveTaskT& command);
absl::Status Handle(InstanceCommand& c, const fb::ChangeTaskT& command);
absl::Status Handle(InstanceCommand& c, const fb::SetTaskVariablesT& command);
absl::Status Handle(InstanceCommand& c, const fb::TriggerTimerT& command);

// message_commands.cc
absl::Status Handle(InstanceCommand& c, const fb::DeliverT& command);
using Events = std::vector<fb::EventUnion>;
absl::Status HandlePartition(const fb::PublishMessageT& command, int64_t now_ms,
                             Lookups* lookups, Events* events, Answer* answer);
absl::Status HandlePartition(const fb::BroadcastSignalT& command,
                             Lookups* lookups, Events* events, Answer* answer);
absl::Status HandlePartition(const fb::MatchMessagesT& command,
                             Lookups* lookups, Events* events);
absl::Status HandlePartition(const fb::ExpireMessageT& command, int64_t now_ms,
                             Events* events);
absl::Status HandlePartition(const fb::DropRequestT& command, Lookups* lookups,
                             Events* events);
// Start events of a definition that is deployed, instead of those of the
// version before it. FailedPrecondition: another process starts by this
// message. `before`, if there is one.
absl::Status MoveStarts(const fb::DefinitionDeployedT& definition,
                        DefinitionKey before, Lookups* lookups, Events* events);

// start_commands.cc
// As MoveStarts, of the timers of start events. `new_key` gives the keys of
// this record; they are asked for when all others are given. InvalidArgument: a
// timer's time is none.
absl::Status MoveStartTimers(const fb::DefinitionDeployedT& definition,
                             DefinitionKey before, int64_t now_ms,
                             Lookups* lookups,
                             const std::function<uint64_t()>& new_key,
                             Events* events);
absl::Status HandlePartition(const fb::TriggerStartTimerT& command,
                             int64_t now_ms, Lookups* lookups, Events* events);
absl::Status HandlePartition(const fb::EvaluateConditionsT& command,
                             int64_t now_ms, Lookups* lookups, Events* events,
                             Answer* answer);

// partition_commands.cc
absl::Status HandlePartition(const fb::CommandUnion& command, int64_t now_ms,
                             Lookups* lookups, Events* events, Answer* answer);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_COMMANDS_H_
