// CacheBase: what lies below the overlays, the seam between CacheView and the
// stores. RocksDB tables (rocksdb_cache_base.h) or maps
// (memory_event_store.cc).
#ifndef PAWL_EVENTSTORE_CACHE_BASE_H_
#define PAWL_EVENTSTORE_CACHE_BASE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/cache_view.h"
#include "eventstore/overlay.h"
#include "eventstore/table.h"

namespace pawl::eventstore {

// Walks one table of one partition in key order.
class CacheIterator {
 public:
  virtual ~CacheIterator() = default;
  virtual bool Valid() const = 0;
  // Valid until Next().
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void Next() = 0;
  // Why it isn't Valid(): OK at the end, DataLoss.
  virtual absl::Status status() const = 0;
};

class CacheBase {
 public:
  virtual ~CacheBase() = default;

  virtual absl::StatusOr<std::optional<std::string>> Get(
      PartitionId partition, Table table, std::string_view key) const = 0;

  // Stands on the first key of `range`. `range` outlives it.
  virtual std::unique_ptr<CacheIterator> NewIterator(
      PartitionId partition, Table table, const KeyRange& range) const = 0;

  virtual Position position(PartitionId partition) const = 0;

  // OK when a checkpoint may begin now (see CacheView::Checkpoint).
  virtual absl::Status CheckCheckpoint(PartitionId partition,
                                       Position position) const = 0;
  // Takes the layer; sets layer->written once reads of the base show it.
  virtual void BeginCheckpoint(PartitionId partition, Position position,
                               std::shared_ptr<OverlayLayer> layer) = 0;
  virtual bool checkpoint_running(PartitionId partition) const = 0;

  // Empties the tables of a partition. FailedPrecondition in readers.
  virtual absl::Status Clear(PartitionId partition) = 0;
  virtual bool read_only() const = 0;

  // Destroys a layer somewhere else: freeing 100,000 entries takes
  // milliseconds.
  virtual void Retire(std::shared_ptr<OverlayLayer> layer) = 0;

  // True in stores for tests: PutNew then looks into the base as well.
  virtual bool checks_put_new() const = 0;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_CACHE_BASE_H_
