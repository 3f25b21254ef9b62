// InstanceCache: the instances that were used lately, up to a budget of bytes.
//
// Nothing per waiting instance stays in memory: what is evicted is folded again
// from snapshot and log when it is next needed. Which were used lately is told
// by giving each a second chance: a list in the order of use would touch the
// memory of two others at each use, and none of the three is in the processor's
// caches when many are under way. Thread-compatible.
#ifndef PAWL_ENGINE_INSTANCE_CACHE_H_
#define PAWL_ENGINE_INSTANCE_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/stream_tail.h"

namespace pawl {

class InstanceCache {
 public:
  struct Entry {
    core::Instance instance;
    // What folding it anew would read.
    FoldCost cost;
    // The last record that changed it.
    Position touched = 0;

   private:
    friend class InstanceCache;
    size_t bytes = 0;
    std::list<std::unique_ptr<Entry>>::iterator place;
    // Since it was last passed over in an eviction.
    bool used = false;
  };

  explicit InstanceCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  // The entry, which is now used; null when absent. It lives until it is
  // evicted or erased.
  Entry* Find(InstanceKey key);

  // Adds an instance; CHECKs that it exists and isn't there yet. O(its size).
  Entry* Insert(std::unique_ptr<Entry> entry);

  // Counts the entry's bytes anew after a change. O(its size).
  void Measure(Entry* entry);
  // The entry is the next to go: its instance has ended.
  void MoveToColdEnd(Entry* entry);

  // Drops entries that weren't used since the last time they came up for it,
  // until the budget is kept, but none that a record after `readable` touched:
  // those records can't be read back yet.
  void Evict(Position readable) { EvictTo(bytes_max_, readable); }
  // As Evict, with a budget of nothing.
  void EvictAll(Position readable) { EvictTo(0, readable); }

  void Erase(InstanceKey key);
  void Clear();

  size_t size() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  void EvictTo(size_t bytes_max, Position readable);

  const size_t bytes_max_;
  size_t bytes_ = 0;
  // The next to come up for eviction is the last.
  std::list<std::unique_ptr<Entry>> order_;
  absl::flat_hash_map<InstanceKey, Entry*> entries_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_INSTANCE_CACHE_H_
