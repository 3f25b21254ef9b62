// A trim that a crash interrupted.
#ifndef PAWL_ENGINE_FINISH_TRIM_H_
#define PAWL_ENGINE_FINISH_TRIM_H_

#include "absl/status/status.h"
#include "eventstore/event_store.h"

namespace pawl {

// Drops what the partitions' state, as the caches have it, says isn't needed
// any more, where the store still has it. For openings of a writer; a
// LogTrimmed that the caches don't know yet is done by the next one. Cost: a
// read per partition, and the dropping.
absl::Status FinishTrims(eventstore::EventStore* store);

}  // namespace pawl

#endif  // PAWL_ENGINE_FINISH_TRIM_H_
