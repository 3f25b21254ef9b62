// Tells which records a damaged table file holds, so that a refused opening
// names positions and not only a file.
#ifndef PAWL_EVENTSTORE_DAMAGE_REPORT_H_
#define PAWL_EVENTSTORE_DAMAGE_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "eventstore/event_store.h"
#include "rocksdb/env.h"

namespace pawl::eventstore {

// `failure`, an opening's DataLoss, with what is in the damaged table files
// added: "records 0:1 to 0:6" or "the cache index_job". Opens the database
// read-only and lenient, and reads at most the ends of its files; returns
// `failure` as it is where even that doesn't work. The database must be closed.
absl::Status WithDamagedPlaces(const absl::Status& failure,
                               const StoreOptions& options, int partitions,
                               rocksdb::Env* env);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_DAMAGE_REPORT_H_
