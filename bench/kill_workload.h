// W4: many waiting instances, a process that is killed just before a
// checkpoint, and what it takes to open the store again and finish them. And
// the two loops that it shares with W3.
#ifndef PAWL_BENCH_KILL_WORKLOAD_H_
#define PAWL_BENCH_KILL_WORKLOAD_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/report.h"
#include "bench/workload.h"
#include "engine/engine.h"

namespace pawl::bench {

// Starts `count` instances of the deployed WaitModel, flags.in_flight at a
// time; returns when all are durable.
absl::Status StartWaiting(Engine* engine, const Flags& flags, int64_t count);

// Completes every open task, flags.in_flight at a time; returns when all are
// durable. `step_us` gets the latency of each; `first_ms` (may be null) the
// time from the call until the first was durable.
absl::Status CompleteAllTasks(Engine* engine, const Flags& flags,
                              std::vector<double>* step_us, double* first_ms);

absl::StatusOr<Report> RunKilled(const Flags& flags);

}  // namespace pawl::bench

#endif  // PAWL_BENCH_KILL_WORKLOAD_H_
