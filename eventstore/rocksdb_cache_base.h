// The RocksDB tables below the overlays, of a writer (with a checkpointer) or
// of a reader (without).
#ifndef PAWL_EVENTSTORE_ROCKSDB_CACHE_BASE_H_
#define PAWL_EVENTSTORE_ROCKSDB_CACHE_BASE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventstore/cache_base.h"
#include "eventstore/checkpointer.h"
#include "eventstore/rocksdb_core.h"

namespace pawl::eventstore {

class RocksDbCacheBase final : public CacheBase {
 public:
  // `checkpointer` is null in readers.
  RocksDbCacheBase(RocksDbCore* core, Checkpointer* checkpointer)
      : core_(core), checkpointer_(checkpointer) {}

  absl::StatusOr<std::optional<std::string>> Get(
      PartitionId partition, Table table, std::string_view key) const override;
  std::unique_ptr<CacheIterator> NewIterator(
      PartitionId partition, Table table, const KeyRange& range) const override;
  Position position(PartitionId partition) const override;
  absl::Status CheckCheckpoint(PartitionId partition,
                               Position position) const override;
  void BeginCheckpoint(PartitionId partition, Position position,
                       std::shared_ptr<OverlayLayer> layer) override;
  bool checkpoint_running(PartitionId partition) const override;
  absl::Status Clear(PartitionId partition) override;
  bool read_only() const override { return checkpointer_ == nullptr; }
  void Retire(std::shared_ptr<OverlayLayer> layer) override;
  bool checks_put_new() const override { return false; }

 private:
  RocksDbCore* const core_;
  Checkpointer* const checkpointer_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_ROCKSDB_CACHE_BASE_H_
