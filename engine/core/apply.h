// The one fold. Live execution, recovery, replay and time travel all change
// state here and nowhere else.
//
// Total and pure: reads the state and the event, no model, clock or index. An
// event that doesn't fit its state is DataLoss: a damaged log, or a bug; a
// caller that has just decided the event CHECKs it.
#ifndef PAWL_ENGINE_CORE_APPLY_H_
#define PAWL_ENGINE_CORE_APPLY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "schemas/event_generated.h"
#include "schemas/record_generated.h"

namespace pawl::core {

// True for events that concern the partition and no instance.
bool IsPartitionEvent(fb::Event type);

// Folds one event of `instance` and counts its sequence. `time_ms` is the
// record's time.
absl::Status Apply(Instance* instance, const fb::EventUnion& event,
                   int64_t time_ms);

// Folds into the partition what it keeps of an event: of its own all, of an
// instance's events keys, counts and the jobs in handlers' hands.
// `instance` is not valid for a partition event.
absl::Status Apply(Partition* partition, const fb::EventUnion& event,
                   InstanceKey instance, Position position);

// Folds the record's position and time, before its events. `begins_log`: a
// trimmed log may begin with the record (carry.h, BeginsLog of its first
// event).
absl::Status ApplyHeader(Partition* partition, Position position,
                         int64_t time_ms, bool begins_log = false);

// The instance that event `index` of `record` belongs to; not valid for
// partition events. Index must be below record.events.size().
InstanceKey InstanceOf(const fb::RecordT& record, size_t index);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_APPLY_H_
