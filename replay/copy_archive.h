// What a copy of a trimmed store needs besides the records of its log.
#ifndef PAWL_REPLAY_COPY_ARCHIVE_H_
#define PAWL_REPLAY_COPY_ARCHIVE_H_

#include "absl/status/status.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// Copies into `to` what the archive of `from` has of records below its floors,
// and `to` hasn't; logs of `to` that are empty then begin where those of `from`
// do. Call it before records are copied. FailedPrecondition: the log of `to`
// ends before that of `from` begins, so that records would be missing between.
// DataLoss, Unavailable: one of the stores fails. Memory: a few MiB.
absl::Status CopyArchive(const eventstore::EventStore& from,
                         eventstore::EventStore* to);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_COPY_ARCHIVE_H_
