#include "engine/instance_cache.h"

#include <utility>

#include "base/check.h"

namespace pawl {
namespace {
// List node, hash slot and the allocator's share.
constexpr size_t kEntryOverheadBytes = 96;
}  // namespace

InstanceCache::Entry* InstanceCache::Find(InstanceKey key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return nullptr;
  it->second->used = true;
  return it->second;
}

InstanceCache::Entry* InstanceCache::Insert(std::unique_ptr<Entry> entry) {
  PAWL_CHECK(entry->instance.exists()) << "only started instances are kept";
  Entry* raw = entry.get();
  const bool is_new = entries_.try_emplace(raw->instance.key, raw).second;
  PAWL_CHECK(is_new) << "instance " << raw->instance.key << " is cached twice";
  order_.push_front(std::move(entry));
  raw->place = order_.begin();
  raw->bytes = core::MemoryBytes(raw->instance) + kEntryOverheadBytes;
  bytes_ += raw->bytes;
  return raw;
}

void InstanceCache::Measure(Entry* entry) {
  bytes_ -= entry->bytes;
  entry->bytes = core::MemoryBytes(entry->instance) + kEntryOverheadBytes;
  bytes_ += entry->bytes;
}

void InstanceCache::MoveToColdEnd(Entry* entry) {
  entry->used = false;
  order_.splice(order_.end(), order_, entry->place);
}

void InstanceCache::EvictTo(size_t bytes_max, Position readable) {
  while (bytes_ > bytes_max && !order_.empty()) {
    Entry* coldest = order_.back().get();
    if (bytes_max > 0 && coldest->used) {
      coldest->used = false;
      order_.splice(order_.begin(), order_, coldest->place);
      continue;
    }
    // The order is roughly that of `touched`, so what lies further in front
    // isn't worth a search.
    if (coldest->touched > readable) return;
    Erase(coldest->instance.key);
  }
}

void InstanceCache::Erase(InstanceKey key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  Entry* entry = it->second;
  bytes_ -= entry->bytes;
  entries_.erase(it);
  order_.erase(entry->place);
}

void InstanceCache::Clear() {
  order_.clear();
  entries_.clear();
  bytes_ = 0;
}

}  // namespace pawl
