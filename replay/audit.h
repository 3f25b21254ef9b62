// Audit: who asked for what, when, and what came of it: the commands behind an
// instance. What `pawl history --audit` prints.
//
// Every record has its actor: a user or worker by name, `timer`, `engine`, or
// nobody, where whoever gave the command named none. A command that follows
// from another record (a message that is delivered, a call that returns) is the
// engine's; its origin is the first command of that chain, which somebody gave.
#ifndef PAWL_REPLAY_AUDIT_H_
#define PAWL_REPLAY_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "engine/value.h"
#include "replay/decoded_record.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

// A command of the log.
struct CommandAt {
  Position position = 0;
  // Milliseconds since 1970 UTC.
  int64_t time_ms = 0;
  // Empty: nobody was named.
  std::string actor;
  // As in the log: "CompleteTask".
  std::string command;
};

// "ada (CompleteTask)", "somebody (CancelInstance)".
std::string ToString(const CommandAt& command);

// The command that `record` goes back to: its own, or the first of those that
// it follows from. At most kOriginStepsMax of them are read; then the earliest
// that was found. DataLoss.
absl::StatusOr<CommandAt> OriginOf(const PartitionData& data,
                                   const fb::RecordT& record);
inline constexpr int kOriginStepsMax = 1000;

struct AuditEntry {
  PartitionId partition = 0;
  CommandAt command;
  // The record that this one follows from, 0 for none, and the command at the
  // beginning of that chain.
  Position caused_by = 0;
  CommandAt origin;
  // The command's own fields, as DecodeForReading has them.
  Value arguments;
  // Names of the instance's events in the record, in order.
  std::vector<std::string> events;
};

// The records of an instance, oldest first. `names` may be null. NotFound: no
// such instance. DataLoss. Cost: O(its records).
absl::StatusOr<std::vector<AuditEntry>> ReadAudit(PartitionData* data,
                                                  InstanceKey instance,
                                                  ElementNames* names);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_AUDIT_H_
