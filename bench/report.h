// What a workload measured, and how it is printed.
#ifndef PAWL_BENCH_REPORT_H_
#define PAWL_BENCH_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pawl::bench {

struct Report {
  std::string workload;
  std::string durability;
  int partitions = 1;
  int64_t instances = 0;

  double seconds = 0;
  int64_t steps = 0;
  int64_t records = 0;
  int64_t events = 0;
  int64_t event_bytes = 0;
  uint64_t fsyncs = 0;
  // User and system time of the process.
  double cpu_s = 0;
  // Latencies in microseconds, in any order.
  std::vector<double> step_us;
  // The most that the process had.
  double rss_mb = 0;

  double raw_records_per_s = 0;
  uint64_t raw_batches = 0;
  uint64_t raw_syncs = 0;

  // W4 only.
  struct Kill {
    double open_ms = 0;
    double first_ms = 0;
    double all_ms = 0;
    // Write-ahead log that the opening found.
    double wal_mb = 0;
  };
  std::optional<Kill> kill;

  // One line, the fields of the issue in their order.
  std::string ToJson() const;
  // The same for people.
  std::string ToText() const;
};

}  // namespace pawl::bench

#endif  // PAWL_BENCH_REPORT_H_
