// From the core's state to the plain data of the public door (types.h). Private
// to engine/ and the reading side.
#ifndef PAWL_ENGINE_CONVERT_H_
#define PAWL_ENGINE_CONVERT_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "engine/types.h"

namespace pawl {

InstanceState ToInstanceState(fb::InstanceState state);
fb::InstanceState FromInstanceState(InstanceState state);

// 0 is "no time".
std::optional<absl::Time> ToTime(int64_t ms);

// Wire text of the variables of one scope. DataLoss: a value that is no JSON.
absl::StatusOr<Variables> ToVariables(const StringMap<std::string>& json);

InstanceInfo ToInstanceInfo(const core::Instance& instance);
Form ToForm(const fb::FormT& form);
TaskInfo ToTaskInfo(const core::Instance& instance, const core::Task& task,
                    const model::ProcessDefinition& model);
JobInfo ToJobInfo(const core::Instance& instance, const core::Job& job,
                  const model::ProcessDefinition& model);
TimerInfo ToTimerInfo(const core::Instance& instance, const core::Timer& timer,
                      const model::ProcessDefinition& model);
SubscriptionInfo ToSubscriptionInfo(const core::Instance& instance,
                                    const core::Subscription& subscription,
                                    const model::ProcessDefinition& model);
IncidentInfo ToIncidentInfo(const core::Instance& instance,
                            const core::Incident& incident,
                            const model::ProcessDefinition& model);

// What AwaitEnd says of an incident.
std::string IncidentText(const core::Incident& incident,
                         const model::ProcessDefinition* model);

}  // namespace pawl

#endif  // PAWL_ENGINE_CONVERT_H_
