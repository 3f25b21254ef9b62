// OverlayLayer: ordered changes in memory, one tree per table. Used by
// CacheView only.
//
// Why not btree_map<std::string, std::string>: its 64 byte entries leave three
// to a node, and a change costs two allocations. Here an entry is one block
// (header, key, value), and the tree holds 16 byte slots (first 8 key bytes and
// the block), so most comparisons touch no block. Figures: eventstore_bench.
#ifndef PAWL_EVENTSTORE_OVERLAY_H_
#define PAWL_EVENTSTORE_OVERLAY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/container/btree_set.h"
#include "eventstore/table.h"

namespace pawl::eventstore {

// One change: a value or a tombstone. Followed in memory by key and value.
class OverlayEntry {
 public:
  std::string_view key() const { return {bytes(), key_size_}; }
  std::string_view value() const { return {bytes() + key_size_, value_size_}; }
  bool tombstone() const { return tombstone_; }
  // Nothing visible lay below when this came: removing it leaves no trace.
  bool born_here() const { return born_here_; }

 private:
  friend class OverlayLayer;

  const char* bytes() const {
    return reinterpret_cast<const char*>(this) + sizeof(OverlayEntry);
  }
  char* bytes() { return reinterpret_cast<char*>(this) + sizeof(OverlayEntry); }

  uint32_t key_size_ = 0;
  uint32_t value_size_ = 0;
  uint32_t value_capacity_ = 0;
  bool tombstone_ = false;
  bool born_here_ = false;
};

namespace internal {

// The first eight bytes of a key as a number that orders like them,
// zero-padded.
uint64_t KeyPrefix(std::string_view key);

struct OverlaySlot {
  uint64_t prefix;
  // The block may be replaced by a larger one with the same key.
  mutable OverlayEntry* entry;
};

struct OverlayProbe {
  uint64_t prefix;
  std::string_view key;
};

struct OverlayLess {
  using is_transparent = void;
  static bool Less(uint64_t a_prefix, std::string_view a, uint64_t b_prefix,
                   std::string_view b) {
    return a_prefix != b_prefix ? a_prefix < b_prefix : a < b;
  }
  bool operator()(const OverlaySlot& a, const OverlaySlot& b) const {
    return a.prefix != b.prefix ? a.prefix < b.prefix
                                : a.entry->key() < b.entry->key();
  }
  bool operator()(const OverlaySlot& a, const OverlayProbe& b) const {
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.entry->key() < b.key;
  }
  bool operator()(const OverlayProbe& a, const OverlaySlot& b) const {
    return a.prefix != b.prefix ? a.prefix < b.prefix : a.key < b.entry->key();
  }
};

}  // namespace internal

// Thread-compatible. Frozen layers are only read, by any thread.
class OverlayLayer {
 public:
  using Tree = absl::btree_set<internal::OverlaySlot, internal::OverlayLess>;

  OverlayLayer() = default;
  ~OverlayLayer();
  OverlayLayer(const OverlayLayer&) = delete;
  OverlayLayer& operator=(const OverlayLayer&) = delete;

  // Sets a value. `born_here` is kept only where no tombstone or older value of
  // this layer says otherwise. O(log n).
  void Put(Table table, std::string_view key, std::string_view value,
           bool born_here);

  // Erases an entry that was born here, else leaves a tombstone.
  void Delete(Table table, std::string_view key);

  // Appends to the value that this layer holds; false when it holds none.
  bool Extend(Table table, std::string_view key, std::string_view suffix);

  // The entry (maybe a tombstone), or null.
  const OverlayEntry* Find(Table table, std::string_view key) const;

  // The entries of `table` in key order.
  const Tree& tree(Table table) const { return trees_[IndexOf(table)]; }
  // The first entry with a key >= `key`.
  Tree::const_iterator LowerBound(Table table, std::string_view key) const;

  bool empty() const;
  size_t entries() const;
  // Memory held, counted with the tree's share.
  size_t bytes() const { return bytes_; }

  // Set by the checkpoint once the base shows everything in this layer.
  std::atomic<bool> written{false};

 private:
  static OverlayEntry* NewEntry(std::string_view key, size_t value_capacity);
  static size_t Footprint(const OverlayEntry& entry);

  // Makes room for `size` bytes of value, keeping the present ones.
  void Reserve(const internal::OverlaySlot& slot, size_t size);

  std::array<Tree, kTableCount> trees_;
  size_t bytes_ = 0;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_OVERLAY_H_
