// Dead entries of the caches leave as their files are compacted: a compaction
// filter for each table that asks StoreOptions::is_dead.
//
// Why not delete them: each would be a tombstone, written, flushed and walked
// over, and finding them would mean reading the tables from end to end, which a
// compaction does anyway.
#ifndef PAWL_EVENTSTORE_DEAD_ENTRIES_H_
#define PAWL_EVENTSTORE_DEAD_ENTRIES_H_

#include <functional>
#include <memory>
#include <vector>

#include "base/ids.h"
#include "eventstore/event_store.h"
#include "eventstore/table.h"
#include "rocksdb/compaction_filter.h"

namespace pawl::eventstore {

// The floors by partition as they are now. Thread-safe.
using FloorsNow = std::function<std::vector<Position>()>;

// The filters of `table`. Each compaction sees the floors as of its beginning.
std::shared_ptr<rocksdb::CompactionFilterFactory> MakeDeadEntryFilters(
    Table table, StoreOptions::IsDead is_dead, FloorsNow floors);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_DEAD_ENTRIES_H_
