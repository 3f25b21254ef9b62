// CacheView: the caches of one partition as its thread sees them. An ordered
// overlay in memory takes every change at once; RocksDB lies below and is only
// written by checkpoints.
//
// Why: index changes of a job that is created and completed between two
// checkpoints never reach RocksDB. A change costs a tree insert (figures:
// eventstore_bench), a read merges overlay and tables.
//
// Layers, newest first: the active layer (takes changes), the frozen layer
// (immutable; a checkpoint is writing it in the background), the base
// (RocksDB, or a map in memory). See docs/log_format.md, "Checkpoint".
//
// Thread-compatible: one thread at a time, the partition's. Only the checkpoint
// thread reads the frozen layer beside it.
#ifndef PAWL_EVENTSTORE_CACHE_VIEW_H_
#define PAWL_EVENTSTORE_CACHE_VIEW_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/table.h"

namespace pawl::eventstore {

class CacheBase;
class OverlayLayer;

// Keys k with from <= k, and k < to unless `to` is empty. The order is that of
// unsigned bytes.
struct KeyRange {
  std::string from;
  std::string to;

  static KeyRange All() { return {}; }
  // Every key that begins with `prefix`.
  static KeyRange Prefix(std::string_view prefix);
};

class CacheView {
 public:
  // Both valid during the call only. False stops the scan. The visitor must not
  // change the view.
  using EntryVisitor =
      std::function<bool(std::string_view key, std::string_view value)>;

  // `base` outlives the view. Made by the stores only.
  CacheView(CacheBase* base, PartitionId partition);
  ~CacheView();
  CacheView(const CacheView&) = delete;
  CacheView& operator=(const CacheView&) = delete;

  // --- Changes: cannot fail, O(log n) in memory ------------------------------

  // Sets `key`, whether or not it exists. Keys must not be empty.
  void Put(Table table, std::string_view key, std::string_view value);

  // As Put, for a key that isn't visible now (CHECKed against the overlay, and
  // in memory stores against everything). A Delete before the next checkpoint
  // then leaves no trace: no tombstone, no write.
  void PutNew(Table table, std::string_view key, std::string_view value);

  // As PutNew, but where that would CHECK it changes nothing and returns false.
  // For changes that a log asks for, which may be damaged.
  bool TryPutNew(Table table, std::string_view key, std::string_view value);

  // Removes `key`; nothing happens when it doesn't exist.
  void Delete(Table table, std::string_view key);

  // Appends `suffix` to the value of `key` if the active layer holds one (it
  // was set since the last checkpoint was begun), and says whether it did.
  bool Extend(Table table, std::string_view key, std::string_view suffix);

  // --- Reads
  // ------------------------------------------------------------------

  // The value, or nothing. DataLoss: damaged file, named. O(log n), plus a read
  // of the base when the overlay doesn't know the key.
  absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                 std::string_view key) const;

  // Visits what `range` holds in key order. DataLoss as for Get.
  absl::Status Scan(Table table, const KeyRange& range,
                    const EntryVisitor& visit) const;

  // --- Checkpoints
  // --------------------------------------------------------------

  // The position as of which the base is true: of the last checkpoint that was
  // written, at opening what was found. 0: nothing, fold from the start.
  Position position() const;

  // Freezes all changes so far; a background thread waits until the log is
  // durable up to `position` and then writes the net changes and `position` as
  // one batch and flushes. The view goes on at once. The changes must be those
  // of the records up to exactly `position`. OnCheckpointed tells when all of
  // it is on disk.
  //   FailedPrecondition: `position` was not appended yet or is below
  //     position(), a checkpoint is running, or read_only.
  //   Unavailable: the store has failed.
  absl::Status Checkpoint(Position position);

  // True from Checkpoint() until its flush has ended.
  bool checkpoint_running() const;

  // Empties all tables and the overlay and sets position() to 0, on disk as
  // well; for `rebuild`. Blocks. FailedPrecondition while a checkpoint runs.
  // In a reader: only this view is emptied, the disk isn't touched.
  absl::Status Clear();

  // Memory of the overlay, both layers, in bytes.
  size_t bytes() const;

  // For the stores, after Refresh(): forgets the overlay and shows the base.
  void BaseMoved();

 private:
  void DropOverlay();
  void DropFrozenIfWritten() const;

  CacheBase* const base_;
  const PartitionId partition_;
  std::unique_ptr<OverlayLayer> active_;
  // Reset by reads once its content is in the base.
  mutable std::shared_ptr<OverlayLayer> frozen_;
  // Set by Clear() in a reader.
  bool base_hidden_ = false;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_CACHE_VIEW_H_
