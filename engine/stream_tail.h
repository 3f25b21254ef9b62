// StreamTail: which records belong to which instance, since the last
// checkpoint. A checkpoint writes them as entries of the `stream` table; so an
// instance's records are those entries in key order, then its tail.
//
// Entry: instance be64, first sequence be32 -> the records' positions as
// varints, the first as it is, then the distances (docs/log_format.md). One
// entry per instance and checkpoint, because a put per record would cost more
// than the record.
//
// Also counts what a cold fold of each instance would read, which decides on
// snapshots. Thread-compatible.
#ifndef PAWL_ENGINE_STREAM_TAIL_H_
#define PAWL_ENGINE_STREAM_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/ids.h"

namespace pawl {

// Key of a stream entry.
std::string StreamKey(InstanceKey instance, uint32_t first_sequence);

// Appends the positions that `value` of a stream entry holds. DataLoss: not
// such a value.
absl::Status DecodePositions(std::string_view value,
                             std::vector<Position>* positions);

// What folding an instance from its snapshot would read.
struct FoldCost {
  uint32_t records = 0;
  uint64_t bytes = 0;
};

class StreamTail {
 public:
  struct Entry {
    uint32_t first_sequence = 0;
    uint32_t records = 0;
    uint64_t bytes = 0;
    Position last = 0;
    // Cost of what lies before this entry; nothing when it isn't known, because
    // the instance wasn't in memory at its first record here.
    std::optional<FoldCost> before;
    std::string positions;
  };

  // Notes a record of `instance`, whose events there begin at `first_sequence`.
  // Positions must rise. `before` counts at an instance's first record only.
  void Add(InstanceKey instance, uint32_t first_sequence, Position position,
           size_t record_bytes, std::optional<FoldCost> before);

  // Nothing when it has no record here.
  const Entry* Find(InstanceKey instance) const;

  // In no particular order.
  const absl::flat_hash_map<InstanceKey, Entry>& entries() const {
    return entries_;
  }
  void Clear() { entries_.clear(); }

 private:
  absl::flat_hash_map<InstanceKey, Entry> entries_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_STREAM_TAIL_H_
