// Carrying state forward, so that the log can be trimmed from its front
// (docs/adr/0034): what is still needed is written into the log once more,
// behind everything, until the old records aren't needed any more.
//
// These events are made from the state, not decided: the fold holds them
// against what it has.
#ifndef PAWL_ENGINE_CORE_CARRY_H_
#define PAWL_ENGINE_CORE_CARRY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "schemas/command_generated.h"
#include "schemas/event_generated.h"

namespace pawl::core {

// True for the commands whose records aren't decided.
bool IsMaintenance(fb::Command type);

// `partition`: as of the record that will hold the event, but for the event.
// `tally`: the engine's, which goes along (engine/tally.h).
fb::EventUnion MakeTrimBegun(const Partition& partition,
                             const std::string& tally);
fb::EventUnion MakeCarriedForward(const Instance& instance);

// The partition that `event` holds, or the instance. DataLoss: damaged.
absl::StatusOr<Partition> StateIn(const fb::TrimBegunT& event);
absl::StatusOr<Instance> StateIn(const fb::CarriedForwardT& event);

// Whether the log may begin with `event`.
bool BeginsLog(const fb::EventUnion& event);

// The fold of CarriedForward. An instance that isn't there gets the state; of
// one that is there it must be the state, else DataLoss.
absl::Status ApplyCarried(Instance* instance, const fb::CarriedForwardT& event);

// The fold of the partition's events about retention. A partition that is empty
// gets the state of TrimBegun. DataLoss: the event doesn't fit.
absl::Status ApplyRetention(Partition* partition, const fb::EventUnion& event,
                            Position position);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_CARRY_H_
