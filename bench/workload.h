// The workloads W1 to W4 (README.md in this folder tells what they are and how
// each figure is measured).
#ifndef PAWL_BENCH_WORKLOAD_H_
#define PAWL_BENCH_WORKLOAD_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "bench/report.h"
#include "engine/engine.h"

namespace pawl::bench {

struct Flags {
  std::string workload = "W1";
  int64_t instances = 10'000;
  Durability durability = Durability::kSync;
  int partitions = 1;
  // Instances (W3, W4: commands) under way at a time.
  int in_flight = 1000;
  int handler_threads = 2;
  // Empty folder for the stores; everything in it is the caller's to remove.
  std::string directory;

  std::string store() const { return directory + "/store"; }
  EngineOptions Options() const;
};

// Runs flags.workload, then the raw loop over the same records.
absl::StatusOr<Report> RunWorkload(const Flags& flags);

}  // namespace pawl::bench

#endif  // PAWL_BENCH_WORKLOAD_H_
