#include "eventstore/overlay.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace pawl::eventstore {
namespace internal {

uint64_t KeyPrefix(std::string_view key) {
  uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), std::min<size_t>(key.size(), 8));
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  return __builtin_bswap64(prefix);
}

}  // namespace internal

using internal::KeyPrefix;
using internal::OverlayProbe;
using internal::OverlaySlot;

namespace {
// What a slot costs in a btree node that is on average two thirds full.
constexpr size_t kSlotBytes = 24;
}  // namespace

OverlayLayer::~OverlayLayer() {
  for (const Tree& tree : trees_) {
    for (const OverlaySlot& slot : tree) ::operator delete(slot.entry);
  }
}

OverlayEntry* OverlayLayer::NewEntry(std::string_view key,
                                     size_t value_capacity) {
  PAWL_CHECK(!key.empty()) << "empty cache key";
  PAWL_CHECK_LE(key.size(), kCacheKeyBytesMax) << "cache key too long";
  PAWL_CHECK_LE(value_capacity, size_t{UINT32_MAX}) << "cache value too long";
  void* memory =
      ::operator new(sizeof(OverlayEntry) + key.size() + value_capacity);
  auto* entry = new (memory) OverlayEntry;
  entry->key_size_ = static_cast<uint32_t>(key.size());
  entry->value_capacity_ = static_cast<uint32_t>(value_capacity);
  std::memcpy(entry->bytes(), key.data(), key.size());
  return entry;
}

size_t OverlayLayer::Footprint(const OverlayEntry& entry) {
  return sizeof(OverlayEntry) + entry.key_size_ + entry.value_capacity_ +
         kSlotBytes;
}

void OverlayLayer::Reserve(const OverlaySlot& slot, size_t size) {
  OverlayEntry* old = slot.entry;
  if (size <= old->value_capacity_) return;
  OverlayEntry* entry = NewEntry(old->key(), size);
  entry->value_size_ = old->value_size_;
  entry->tombstone_ = old->tombstone_;
  entry->born_here_ = old->born_here_;
  std::memcpy(entry->bytes() + entry->key_size_, old->value().data(),
              old->value_size_);
  bytes_ += entry->value_capacity_ - old->value_capacity_;
  slot.entry = entry;
  ::operator delete(old);
}

void OverlayLayer::Put(Table table, std::string_view key,
                       std::string_view value, bool born_here) {
  Tree& tree = trees_[IndexOf(table)];
  const uint64_t prefix = KeyPrefix(key);
  auto it = tree.lower_bound(OverlayProbe{prefix, key});
  if (it == tree.end() || it->prefix != prefix || it->entry->key() != key) {
    OverlayEntry* entry = NewEntry(key, value.size());
    entry->born_here_ = born_here;
    it = tree.insert(it, OverlaySlot{prefix, entry});
    bytes_ += Footprint(*entry);
  } else {
    // What this layer knew about the layers below stays true: a tombstone hides
    // something (born_here_ is false), an older value knows best.
    it->entry->value_size_ = 0;
    Reserve(*it, value.size());
    it->entry->tombstone_ = false;
  }
  OverlayEntry* entry = it->entry;
  entry->value_size_ = static_cast<uint32_t>(value.size());
  std::memcpy(entry->bytes() + entry->key_size_, value.data(), value.size());
}

void OverlayLayer::Delete(Table table, std::string_view key) {
  Tree& tree = trees_[IndexOf(table)];
  const uint64_t prefix = KeyPrefix(key);
  auto it = tree.lower_bound(OverlayProbe{prefix, key});
  if (it == tree.end() || it->prefix != prefix || it->entry->key() != key) {
    OverlayEntry* entry = NewEntry(key, 0);
    entry->tombstone_ = true;
    tree.insert(it, OverlaySlot{prefix, entry});
    bytes_ += Footprint(*entry);
    return;
  }
  OverlayEntry* entry = it->entry;
  if (entry->born_here_) {
    bytes_ -= Footprint(*entry);
    tree.erase(it);
    ::operator delete(entry);
    return;
  }
  entry->tombstone_ = true;
  entry->value_size_ = 0;
}

bool OverlayLayer::Extend(Table table, std::string_view key,
                          std::string_view suffix) {
  Tree& tree = trees_[IndexOf(table)];
  auto it = tree.find(OverlayProbe{KeyPrefix(key), key});
  if (it == tree.end() || it->entry->tombstone_) return false;
  const size_t size = it->entry->value_size_ + suffix.size();
  // Doubling keeps a long series of appends linear.
  if (size > it->entry->value_capacity_) {
    Reserve(*it, std::max(size, size_t{2} * it->entry->value_capacity_));
  }
  OverlayEntry* entry = it->entry;
  std::memcpy(entry->bytes() + entry->key_size_ + entry->value_size_,
              suffix.data(), suffix.size());
  entry->value_size_ = static_cast<uint32_t>(size);
  return true;
}

const OverlayEntry* OverlayLayer::Find(Table table,
                                       std::string_view key) const {
  const Tree& tree = trees_[IndexOf(table)];
  const auto it = tree.find(OverlayProbe{KeyPrefix(key), key});
  return it == tree.end() ? nullptr : it->entry;
}

OverlayLayer::Tree::const_iterator OverlayLayer::LowerBound(
    Table table, std::string_view key) const {
  return trees_[IndexOf(table)].lower_bound(OverlayProbe{KeyPrefix(key), key});
}

bool OverlayLayer::empty() const { return entries() == 0; }

size_t OverlayLayer::entries() const {
  size_t count = 0;
  for (const Tree& tree : trees_) count += tree.size();
  return count;
}

}  // namespace pawl::eventstore
