#include "bench/meter.h"

#include <sys/resource.h>

#include <filesystem>
#include <utility>

#include "base/status_macros.h"
#include "bench/raw_loop.h"
#include "eventstore/event_store.h"
#include "eventstore/rocksdb_event_store.h"
#include "schemas/record_generated.h"

namespace pawl::bench {
namespace {

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double PeakRssMb() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

void Window::Enter() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return free_ > 0; });
  --free_;
}

void Window::Leave() {
  std::lock_guard lock(mutex_);
  ++free_;
  changed_.notify_all();
}

void Window::AwaitEmpty() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return free_ == size_; });
}

void Latencies::Add(std::chrono::steady_clock::duration taken) {
  double us = std::chrono::duration<double, std::micro>(taken).count();
  std::lock_guard lock(mutex_);
  us_.push_back(us);
}

std::vector<double> Latencies::Take() {
  std::lock_guard lock(mutex_);
  return std::move(us_);
}

Meter::Meter(std::string directory) : directory_(std::move(directory)) {
  std::filesystem::create_directories(directory_ + "/kept");
  probe_.emplace(directory_ + "/store", directory_ + "/kept");
}

absl::Status Meter::Start(Engine* engine) {
  PAWL_ASSIGN_OR_RETURN(EngineStats stats, engine->Stats());
  records_start_ = stats.records;
  fsyncs_start_ = Probe::Fsyncs();
  cpu_start_s_ = CpuSeconds();
  start_ = std::chrono::steady_clock::now();
  return absl::OkStatus();
}

absl::Status Meter::Stop(Engine* engine, Report* report) {
  report->seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_)
          .count();
  report->cpu_s = CpuSeconds() - cpu_start_s_;
  report->fsyncs = Probe::Fsyncs() - fsyncs_start_;
  report->rss_mb = PeakRssMb();
  PAWL_ASSIGN_OR_RETURN(EngineStats stats, engine->Stats());
  records_end_ = stats.records;
  report->records = records_end_ - records_start_;
  return absl::OkStatus();
}

absl::Status Meter::ReadBack(Report* report) {
  eventstore::StoreOptions options;
  options.directory = directory_ + "/store";
  options.read_only = true;
  {
    PAWL_ASSIGN_OR_RETURN(auto store,
                          eventstore::OpenRocksDbEventStore(options, nullptr));
    PAWL_RETURN_IF_ERROR(store->Read(
        0, static_cast<Position>(records_start_) + 1,
        static_cast<Position>(records_end_),
        [report](Position, std::string_view bytes) {
          const auto* record = flatbuffers::GetRoot<fb::Record>(bytes.data());
          if (record->events_type() != nullptr) {
            report->events += record->events_type()->size();
          }
          report->event_bytes += static_cast<int64_t>(bytes.size());
          return true;
        }));
  }
  PAWL_ASSIGN_OR_RETURN(RawResult raw,
                        RunRawLoop(probe_->Take(), directory_ + "/raw"));
  // The opening and the deployment are in the log too, nothing else may be
  // missing or added.
  if (raw.records < static_cast<uint64_t>(report->records)) {
    return absl::InternalError(
        "the raw loop saw " + std::to_string(raw.records) +
        " records, the log has " + std::to_string(report->records));
  }
  report->raw_records_per_s =
      raw.seconds > 0 ? static_cast<double>(raw.records) / raw.seconds : 0;
  report->raw_batches = raw.batches;
  report->raw_syncs = raw.syncs;
  return absl::OkStatus();
}

}  // namespace pawl::bench
