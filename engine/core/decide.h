// Decide: a command, the state of its instance and the answers to named
// questions give events. Pure: the same inputs give the same events in every
// run, which is what `verify` proves about a log.
#ifndef PAWL_ENGINE_CORE_DECIDE_H_
#define PAWL_ENGINE_CORE_DECIDE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/core/lookups.h"
#include "engine/core/state.h"
#include "schemas/command_generated.h"
#include "schemas/event_generated.h"

namespace pawl::core {

// What the caller of a command is told.
struct Answer {
  struct Deployed {
    std::string process_id;
    DefinitionKey key;
    uint32_t version = 0;
    // False: this very source was deployed before and stays as it is.
    bool is_new = false;
  };
  InstanceKey instance;
  DefinitionKey definition;
  uint32_t version = 0;
  // A start whose idempotency key was seen: the answer is the first start's.
  bool seen_before = false;
  std::vector<Deployed> deployed;
  // Of a message or signal: receivers that it goes to, and whether it waits in
  // the buffer instead.
  uint32_t receivers = 0;
  bool buffered = false;
};

struct Decision {
  // Not OK: a rejection. The state is untouched, events is empty and nothing
  // is to be appended. InvalidArgument, NotFound or FailedPrecondition.
  absl::Status status;
  Answer answer;
  // May be empty with an OK status: nothing had to happen.
  std::vector<fb::EventUnion> events;
};

// True when the command concerns no single instance: Decide then takes a null
// instance.
bool IsPartitionCommand(fb::Command type);

// Decides `command` at `now_ms` (the time its record will have) and applies
// each event to `instance` at once. For StartInstance `instance` is a fresh
// one; when it still doesn't exist afterwards nothing was started.
//
// The caller folds the events into its Partition (Apply). Cost: in the number
// of elements that the command moves, at most kActivationsPerCommandMax.
Decision Decide(const fb::CommandUnion& command, Instance* instance,
                int64_t now_ms, Lookups* lookups);

// Makes the record of a decision: touched lists, event_instances and facts.
// Empties decision->events. `sequence_before` is the instance's sequence before
// the decision. What the events hold in full is left out of the command.
std::unique_ptr<fb::RecordT> MakeRecord(
    PartitionId partition, Position position, int64_t time_ms,
    std::string actor, Position caused_by, fb::CommandUnion command,
    std::vector<std::unique_ptr<fb::FactT>> facts, InstanceKey instance,
    uint32_t sequence_before, Decision* decision);

// --- Requests: commands that follow from a record ---------------------------
// The instance that one is about; not valid: none, or one that it starts.
InstanceKey TargetOf(const fb::CommandUnion& request);
// Its record would be too large: it is to be given again without what follows
// from it, for `reason`.
void WithoutWhatFollows(const std::string& reason, fb::CommandUnion* request);
// It was refused for `reason`: how it is done with.
fb::DropRequestT DropOf(uint64_t key, const fb::CommandUnion& request,
                        std::string reason);

// The command of a record as it was given: puts back what MakeRecord left out.
fb::CommandUnion CommandOf(const fb::RecordT& record);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_DECIDE_H_
