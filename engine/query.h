// Queries: what the public door and the read-only commands show of a partition,
// as plain data (types.h).
//
// Each runs to its end on the caller's thread, which must own the data. Lists
// fold the instances they show, so they cost up to a fold per entry; filters
// that an index knows (state, business key) cost nothing for what they leave
// out. DataLoss: an index, a record or a snapshot is damaged.
#ifndef PAWL_ENGINE_QUERY_H_
#define PAWL_ENGINE_QUERY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "engine/types.h"

namespace pawl {

// All of them oldest first; at most query.limit entries.
absl::StatusOr<std::vector<InstanceInfo>> ListInstances(
    PartitionData& data, const InstanceQuery& query);
absl::StatusOr<std::vector<TaskInfo>> ListTasks(PartitionData& data,
                                                const ListQuery& query);
absl::StatusOr<std::vector<JobInfo>> ListJobs(PartitionData& data,
                                              const ListQuery& query);
// By due time. Timers that rest, because their instance is suspended, are left
// out unless the query names the instance.
absl::StatusOr<std::vector<TimerInfo>> ListTimers(PartitionData& data,
                                                  const ListQuery& query);
absl::StatusOr<std::vector<IncidentInfo>> ListIncidents(PartitionData& data,
                                                        const ListQuery& query);
// Every version of every process; by process id, then version.
absl::StatusOr<std::vector<DefinitionInfo>> ListDefinitions(
    PartitionData& data);

// The form of the definition's none start event, if it has one. NotFound: no
// such definition.
absl::StatusOr<std::optional<Form>> StartForm(PartitionData& data,
                                              DefinitionKey key);

// All that is known of one instance; `at`: as it was after that record.
// NotFound: no such instance (by then). InvalidArgument: the log doesn't reach
// to `at`.
absl::StatusOr<InstanceDetails> Inspect(
    PartitionData& data, InstanceKey key,
    std::optional<Position> at = std::nullopt);

// Counts. O(1); O(entries in the indexes) while the tally isn't whole.
absl::StatusOr<EngineStats> CollectStats(PartitionData& data);

}  // namespace pawl

#endif  // PAWL_ENGINE_QUERY_H_
