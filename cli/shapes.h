// The JSON shapes of what commands print; people script them, so they only
// grow. Keys and positions are texts, times RFC 3339 UTC with milliseconds,
// what is absent is null.
#ifndef PAWL_CLI_SHAPES_H_
#define PAWL_CLI_SHAPES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/ids.h"
#include "engine/job.h"
#include "engine/types.h"
#include "engine/value.h"
#include "replay/audit.h"
#include "replay/timeline.h"

namespace pawl::cli {

// Of a key: its decimal text; null when it isn't valid.
template <typename Tag>
Value KeyShape(StrongId<Tag> key) {
  return key.valid() ? Value(ToString(key)) : Value();
}
// Null when empty.
Value TextShape(const std::string& text);
Value TimeShape(const std::optional<absl::Time>& time);

Variables Shape(const DefinitionInfo& definition);
Variables Shape(const DeployedProcess& process, const std::string& file);
Variables Shape(const InstanceInfo& instance);
Variables Shape(const TaskInfo& task);
// As above, with owner, delegation, follow-up date, priority and form.
Variables DetailedShape(const TaskInfo& task);
Variables Shape(const JobInfo& job);
// A job that was just fetched by `worker`.
Variables Shape(const Job& job, const std::string& worker);
Variables Shape(const TimerInfo& timer);
Variables Shape(const IncidentInfo& incident);
// "message paid, key A-17", "signal stop", "a condition".
std::string Awaited(const SubscriptionInfo& subscription);
Variables Shape(const InstanceDetails& details);
Variables Shape(const replay::TimelineEntry& entry, InstanceKey instance);
Variables Shape(const replay::AuditEntry& entry);

}  // namespace pawl::cli

#endif  // PAWL_CLI_SHAPES_H_
