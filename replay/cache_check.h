// The caches of a partition, held against what its log gives: the second half
// of verify.
#ifndef PAWL_REPLAY_CACHE_CHECK_H_
#define PAWL_REPLAY_CACHE_CHECK_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/project.h"
#include "engine/partition_data.h"
#include "engine/tally.h"
#include "replay/log_fold.h"
#include "replay/verify.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

// All indexes, projected from the log into memory.
class IndexImage final : public core::IndexSink {
 public:
  static constexpr size_t kIndexCount =
      static_cast<size_t>(core::Index::kMessage) + 1;
  using Map = std::map<std::string, std::string, std::less<>>;

  void Add(const fb::RecordT& record);
  const Map& of(core::Index index) const {
    return maps_[static_cast<size_t>(index)];
  }

  void Put(core::Index index, std::string key, std::string value) override {
    maps_[static_cast<size_t>(index)][std::move(key)] = std::move(value);
  }
  void Delete(core::Index index, std::string key) override {
    maps_[static_cast<size_t>(index)].erase(key);
  }

 private:
  std::array<Map, kIndexCount> maps_;
};

// The snapshots of a partition, compared as the fold passes their positions.
class SnapshotCheck {
 public:
  // Reads all snapshots, keeping their digests, but for those from below
  // `floor`, which nobody uses any more. DataLoss: one is damaged.
  absl::Status Read(const eventstore::CacheView& cache, Position floor);

  // A snapshot of `key` was taken at `position`, so it is to be compared.
  bool Wants(InstanceKey key, Position position) const;
  // Compares what was taken at `position` with `digest`, the instance's after
  // that record. Call it for each instance that the record touches.
  std::optional<VerifyDifference> Compare(PartitionId partition,
                                          Position position, InstanceKey key,
                                          uint64_t digest);
  // The first snapshot that no record led to, if any.
  std::optional<VerifyDifference> Rest(PartitionId partition) const;

  uint64_t compared() const { return compared_; }

 private:
  struct Taken {
    Position position = 0;
    uint64_t digest = 0;
  };
  absl::btree_map<InstanceKey, Taken> taken_;
  uint64_t compared_ = 0;
};

// Compares every index entry. Counts them in `*entries`.
absl::StatusOr<std::optional<VerifyDifference>> CompareIndexes(
    const PartitionData& data, const IndexImage& image, uint64_t* entries);

// Folds every instance the way the caches lead and compares its digest, then
// that of the partition.
absl::StatusOr<std::optional<VerifyDifference>> CompareInstances(
    PartitionData* data, const LogFold& fold, const ProgressFn& progress);

// Compares the tally with that of the log; where the caches' isn't whole,
// counts the rest of it first.
absl::StatusOr<std::optional<VerifyDifference>> CompareTally(
    PartitionData* data, const Tally& wanted);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_CACHE_CHECK_H_
