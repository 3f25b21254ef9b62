// What a copy of a trimmed store needs besides the records of its log.
#ifndef PAWL_REPLAY_COPY_ARCHIVE_H_
#define PAWL_REPLAY_COPY_ARCHIVE_H_

#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/record_view.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

// Copies into `to` what the archive of `from` has of records below `floors`, by
// partition, and `to` hasn't; logs of `to` that are empty then begin there.
// Call it before records from there on are copied. FailedPrecondition: the log
// of `to` ends before its floor, so that records would be missing between.
// DataLoss, Unavailable: one of the stores fails. Memory: a few MiB.
absl::Status CopyArchive(const eventstore::EventStore& from,
                         const std::vector<Position>& floors,
                         eventstore::EventStore* to);

// Copies all entries of the instances that `record` archives
// (InstancesArchived) and `to` hasn't. The copy's own trims won't write them:
// lists have these instances no more. Call it before the record is copied, for
// records behind the trims that the copy has whole (WholeLog::whole); of
// earlier ones CopyArchive has copied them. Codes as above.
absl::Status CopyArchivedBy(const RecordView& record,
                            const eventstore::EventStore& from,
                            eventstore::EventStore* to);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_COPY_ARCHIVE_H_
