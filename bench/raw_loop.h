// The yardstick: a loop that does nothing but write to RocksDB what the engine
// wrote, in an empty store: the same records with the same bytes, in the same
// batches, synced after the same batches.
#ifndef PAWL_BENCH_RAW_LOOP_H_
#define PAWL_BENCH_RAW_LOOP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/probe.h"

namespace pawl::bench {

struct RawResult {
  uint64_t records = 0;
  uint64_t batches = 0;
  uint64_t syncs = 0;
  // Building the batches, writing and syncing; not reading `wals`.
  double seconds = 0;
};

// `directory` must not exist. DataLoss: a log that can't be understood.
// Internal: RocksDB refused.
absl::StatusOr<RawResult> RunRawLoop(const std::vector<KeptWal>& wals,
                                     const std::string& directory);

}  // namespace pawl::bench

#endif  // PAWL_BENCH_RAW_LOOP_H_
