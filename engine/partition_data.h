// PartitionData: what is known of one partition, by whoever reads it: the live
// partition (partition.h) and the reading side (replay/, `pawl` commands beside
// a running engine).
//
// State is the fold of the log. Here it consists of the partition's own state,
// the indexes (in the store's cache view), the instances that were used lately,
// and, for the others, the way to fold them: snapshot, then the positions of
// their records. Opening means: caches as of P, then fold the log after P;
// instances aren't folded until somebody needs one (docs/ARCHITECTURE.md,
// "Recovery").
//
// Thread-compatible: one thread at a time, the partition's.
#ifndef PAWL_ENGINE_PARTITION_DATA_H_
#define PAWL_ENGINE_PARTITION_DATA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/codec.h"
#include "engine/core/project.h"
#include "engine/core/state.h"
#include "engine/definition_cache.h"
#include "engine/instance_cache.h"
#include "engine/stream_tail.h"
#include "engine/tally.h"
#include "engine/work_index.h"
#include "eventstore/cache_view.h"
#include "eventstore/event_store.h"

namespace pawl {

struct PartitionDataOptions {
  // Memory for instances; models have an eighth of it besides.
  size_t cache_bytes = size_t{64} << 20;
  // A checkpoint gives an instance a snapshot when folding it would read more
  // records or bytes than these.
  uint32_t snapshot_records = 32;
  uint64_t snapshot_bytes = uint64_t{256} << 10;
};

// Name of the table that holds an index.
eventstore::Table TableOf(core::Index index);

// The partition's state as of the position of its caches; nothing when there
// are none. DataLoss: damaged.
absl::StatusOr<std::optional<core::Partition>> CachedState(
    const eventstore::CacheView& cache);

class PartitionData {
 public:
  using Entry = InstanceCache::Entry;

  // `store` must outlive this.
  PartitionData(eventstore::EventStore* store, PartitionId partition,
                PartitionDataOptions options);
  PartitionData(const PartitionData&) = delete;
  PartitionData& operator=(const PartitionData&) = delete;

  // --- Folding ---------------------------------------------------------------

  // Forgets everything, takes the caches as of their position P and folds the
  // log after P. DataLoss: a damaged record or cache. Unimplemented: the log is
  // from a newer build. Cost: the log after P.
  absl::Status Recover();

  // Folds the next record of the log. An instance in memory that it touches is
  // forgotten. For readers; a decision uses FoldDecided.
  absl::Status FoldRecord(std::string_view bytes);

  // Folds a record that was just decided; Decide has changed the instances that
  // it touches, which are in memory (Load, Adopt). `bytes`: it, encoded. CHECKs
  // that it fits.
  void FoldDecided(const fb::RecordT& record, std::string_view bytes);

  // Records up to here can be read back from the store.
  void SetReadable(Position readable);

  // --- State -----------------------------------------------------------------

  PartitionId partition() const { return partition_; }
  const core::Partition& state() const { return state_; }
  const eventstore::CacheView& cache() const { return *cache_; }
  eventstore::EventStore& store() const { return *store_; }
  WorkIndex& work() { return work_; }
  // Of all records up to state().position.
  uint64_t log_bytes() const { return log_bytes_; }
  // Counts of what is in the records after uncounted().
  const Tally& tally() const { return tally_; }
  // Records up to here aren't in tally(): an older build, which knew no tally,
  // wrote the caches. 0: all are counted.
  Position uncounted() const { return uncounted_; }
  // `older`: the tally of exactly the records up to uncounted(), which is 0
  // then.
  void AddUncounted(const Tally& older);

  // The instance, from memory or folded. It stays valid until the next Load,
  // Adopt or Trim. NotFound: never started. DataLoss: its records or snapshot
  // are damaged. Cost: O(1), or reads of at most the records since its
  // snapshot.
  absl::StatusOr<Entry*> Load(InstanceKey key);

  // Keeps an instance that was just started.
  Entry* Adopt(std::unique_ptr<Entry> entry);

  // As Load, but leaves the memory as it is: an instance that isn't there is
  // folded into `scratch`, also one that is in the archive. For lists.
  absl::StatusOr<const core::Instance*> Peek(InstanceKey key,
                                             core::Instance* scratch);

  // The instance as it was after the record at `position`. NotFound: it wasn't
  // started by then. Reads the snapshot and the records after it, if it was
  // taken by then, else all records up to there, those in the archive too.
  absl::StatusOr<core::Instance> LoadAt(InstanceKey key, Position position);

  // Positions of the records that continue the instance's sequence, ascending;
  // of those that are in the log.
  absl::StatusOr<std::vector<Position>> PositionsOf(InstanceKey key) const;

  // Visits all records of the instance, oldest first, from the archive and from
  // the log; see EventStore::Read. None: it was never started. DataLoss.
  absl::Status ReadInstance(
      InstanceKey key,
      const eventstore::EventStore::RecordVisitor& visit) const;

  // The time of the record at `position`, milliseconds since 1970 UTC; where
  // the log was trimmed, of the instance's last record up to there. DataLoss.
  absl::StatusOr<int64_t> TimeAt(InstanceKey key, Position position) const;

  // The record that is to be folded next; where the log begins, for a start.
  Position NextToFold() const;

  // See DefinitionCache.
  absl::StatusOr<std::shared_ptr<const model::ProcessDefinition>> Model(
      DefinitionKey key) {
    return definitions_.Model(key);
  }
  absl::StatusOr<DefinitionCache::Source> SourceOf(DefinitionKey key) {
    return definitions_.SourceOf(key);
  }

  // The instance that an index leads to from a key, or nothing.
  absl::StatusOr<InstanceKey> InstanceOf(core::Index index, uint64_t key) const;

  // Digest of everything, as `pawl replay` prints it. Folds every instance.
  absl::StatusOr<std::string> StateDigest();

  // --- Caches ----------------------------------------------------------------

  // Begins a checkpoint as of state().position: the stream entries, the
  // snapshots that are due, the partition's state, and all index changes. Every
  // record must have been given to the store. Codes of CacheView::Checkpoint.
  absl::Status Checkpoint();

  // Brings the instances in memory back under their budget.
  void Trim() { instances_.Evict(readable_); }
  // Drops every instance that can be read back. For tests of the way back.
  void ForgetInstances();
  // Drops the instance, which can be read back. It is folded when it is next
  // needed.
  void Forget(InstanceKey key) { instances_.Erase(key); }

  size_t cached_instances() const { return instances_.size(); }

 private:
  // Index changes go to the cache's tables, and what is new there to work_.
  // What no index can hold is left out and refused: the log is damaged.
  class Sink final : public core::IndexSink {
   public:
    explicit Sink(PartitionData* data) : data_(data) {}
    void Put(core::Index index, std::string key, std::string value) override;
    void Delete(core::Index index, std::string key) override;
    // DataLoss once, when a change since the last time was refused.
    absl::Status TakeRefusal() { return std::exchange(refusal_, {}); }

   private:
    PartitionData* data_;
    absl::Status refusal_;
  };

  absl::Status ReadState();
  void KnowDefinitions();
  // Whether no record so far was of the instance, or it is in the archive.
  absl::StatusOr<bool> IsNew(InstanceKey instance) const;
  // The snapshot that can be used, if any.
  absl::StatusOr<std::optional<core::InstanceSnapshot>> SnapshotOf(
      InstanceKey key) const;
  // Folds what one record has of the instance.
  static absl::Status FoldInto(InstanceKey key, Position position,
                               std::string_view bytes, core::Instance* instance,
                               FoldCost* cost);
  // Folds the archived records up to `position`; leaves an instance that has
  // none as it is.
  absl::Status FoldArchived(InstanceKey key, Position position,
                            core::Instance* instance);
  absl::Status ReadTally();
  // Each event before it is projected, then the record that it was in.
  void CountInTally(const fb::EventUnion& event, InstanceKey instance);
  void CountInTally(size_t events, size_t bytes);
  absl::StatusOr<bool> IsSuspended(InstanceKey key) const;
  // Folds events of one instance from the records at `positions`.
  absl::Status FoldInstance(InstanceKey key,
                            const std::vector<Position>& positions,
                            core::Instance* instance, FoldCost* cost);
  // Snapshot and the records after it.
  absl::Status FoldFromSnapshot(InstanceKey key, core::Instance* instance,
                                FoldCost* cost, Position* touched);
  // Positions in stream entries from `first_sequence` on, and in the tail.
  absl::StatusOr<std::vector<Position>> PositionsFrom(
      InstanceKey key, uint32_t first_sequence) const;
  absl::Status WriteSnapshots();
  absl::StatusOr<std::string> ReadRecord(Position position) const;

  eventstore::EventStore* const store_;
  const PartitionId partition_;
  const PartitionDataOptions options_;
  eventstore::CacheView* const cache_;
  core::Partition state_;
  InstanceCache instances_;
  StreamTail tail_;
  DefinitionCache definitions_;
  WorkIndex work_;
  Sink sink_;
  // Entries come that may be there.
  bool carries_ = false;
  Position readable_ = 0;
  uint64_t log_bytes_ = 0;
  Tally tally_;
  Position uncounted_ = 0;
  // An event of the present record couldn't be counted.
  bool tally_lost_ = false;
  const IsSuspendedFn is_suspended_;
  // Deployments that can't be read back yet; their models are needed at once.
  absl::btree_map<Position, std::string> unreadable_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_PARTITION_DATA_H_
