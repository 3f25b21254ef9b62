#include "replay/activity.h"

#include <algorithm>
#include <string_view>

#include "base/status_macros.h"
#include "engine/older_count.h"
#include "engine/record_view.h"

namespace pawl::replay {
namespace {

// A job that takes this many records of its instance isn't measured.
constexpr size_t kJobRecordsMax = 4096;

// Something that came to its end.
struct End {
  InstanceKey instance;
  // 0: the instance itself.
  uint64_t job = 0;
  int64_t time_ms = 0;
};

// At most ActivityMeter::kSampledMax of them, evenly chosen.
std::vector<End> Choose(const std::vector<End>& ends) {
  if (ends.size() <= ActivityMeter::kSampledMax) return ends;
  std::vector<End> chosen;
  for (size_t i = 0; i < ActivityMeter::kSampledMax; ++i) {
    chosen.push_back(ends[i * ends.size() / ActivityMeter::kSampledMax]);
  }
  return chosen;
}

// The smallest of sorted `ms` that so many per cent don't exceed.
int64_t Quantile(const std::vector<int64_t>& ms, size_t percent) {
  return ms[(ms.size() * percent + 99) / 100 - 1];
}

double PerSecond(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

Value ToValue(const Latency& latency) {
  if (latency.sampled == 0) return Value();
  return Variables{{"count", latency.count},   {"sampled", latency.sampled},
                   {"p50_ms", latency.p50_ms}, {"p90_ms", latency.p90_ms},
                   {"p99_ms", latency.p99_ms}, {"max_ms", latency.max_ms}};
}

}  // namespace

Latency LatencyOf(uint64_t count, std::vector<int64_t> ms) {
  Latency out;
  out.count = count;
  out.sampled = ms.size();
  if (ms.empty()) return out;
  std::sort(ms.begin(), ms.end());
  out.p50_ms = Quantile(ms, 50);
  out.p90_ms = Quantile(ms, 90);
  out.p99_ms = Quantile(ms, 99);
  out.max_ms = ms.back();
  return out;
}

struct ActivityMeter::Examined {
  // Of the partition that is looked at.
  std::vector<End> jobs;
  std::vector<End> instances;
  // Of all.
  uint64_t job_count = 0;
  uint64_t instance_count = 0;
  std::vector<int64_t> job_ms;
  std::vector<int64_t> instance_ms;
  std::vector<int64_t> timer_ms;
};

absl::Status ActivityMeter::Whole(PartitionData* data, Seen* seen,
                                  const ProgressFn& progress) {
  if (data->uncounted() == 0) return absl::OkStatus();
  if (seen->older_end != data->uncounted()) {
    OlderCount older(data);
    const Position all = data->uncounted();
    while (!older.done()) {
      PAWL_RETURN_IF_ERROR(older.Step());
      if (progress) progress(older.counted(), all);
    }
    seen->older = older.tally();
    seen->older_end = all;
    return absl::OkStatus();
  }
  data->AddUncounted(seen->older);
  return absl::OkStatus();
}

absl::Status ActivityMeter::Examine(PartitionData& data, Position after,
                                    Activity* out, Examined* examined) {
  const Position end = data.state().position;
  if (end <= after) return absl::OkStatus();
  after = std::max(after, end - std::min(end, kExaminedMax));
  absl::Status status;
  PAWL_RETURN_IF_ERROR(data.store().Read(
      data.partition(), after + 1, end, [&](Position, std::string_view bytes) {
        const absl::StatusOr<RecordView> record = RecordView::Open(bytes);
        status = record.status();
        if (!status.ok()) return false;
        ++out->examined;
        const int64_t time_ms = record->time_ms();
        for (size_t i = 0; i < record->event_count(); ++i) {
          switch (record->type(i)) {
            case fb::Event::JobCompleted:
              ++out->jobs_done;
              examined->jobs.push_back({record->instance_of(i),
                                        record->Unpack(i).AsJobCompleted()->key,
                                        time_ms});
              break;
            case fb::Event::JobErrorThrown:
              ++out->jobs_done;
              examined->jobs.push_back(
                  {record->instance_of(i),
                   record->Unpack(i).AsJobErrorThrown()->key, time_ms});
              break;
            case fb::Event::TaskCompleted:
              ++out->tasks_done;
              break;
            case fb::Event::InstanceEnded:
              examined->instances.push_back(
                  {record->instance_of(i), 0, time_ms});
              break;
            case fb::Event::TimerTriggered:
              examined->timer_ms.push_back(
                  time_ms - record->Unpack(i).AsTimerTriggered()->due_ms);
              break;
            case fb::Event::StartTimerTriggered:
              examined->timer_ms.push_back(
                  time_ms - record->Unpack(i).AsStartTimerTriggered()->due_ms);
              break;
            default:
              break;
          }
        }
        return true;
      }));
  return status;
}

absl::Status ActivityMeter::Sample(PartitionData& data, Examined* examined) {
  for (const End& end : Choose(examined->jobs)) {
    PAWL_ASSIGN_OR_RETURN(
        const std::optional<int64_t> created_ms,
        JobCreatedMs(data, end.instance, JobKey(end.job), kJobRecordsMax));
    if (!created_ms.has_value()) continue;
    examined->job_ms.push_back(end.time_ms - *created_ms);
  }
  core::Instance scratch;
  for (const End& end : Choose(examined->instances)) {
    PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                          data.Peek(end.instance, &scratch));
    examined->instance_ms.push_back(end.time_ms - instance->started_ms);
  }
  examined->job_count += examined->jobs.size();
  examined->instance_count += examined->instances.size();
  examined->jobs.clear();
  examined->instances.clear();
  return absl::OkStatus();
}

absl::StatusOr<Activity> ActivityMeter::Look(double now_s,
                                             const ProgressFn& progress) {
  Activity out;
  Examined examined;
  for (size_t p = 0; p < partitions_.size(); ++p) {
    PartitionData& data = *partitions_[p];
    Seen& seen = seen_[p];
    PAWL_RETURN_IF_ERROR(Whole(&data, &seen, progress));
    const Tally& tally = data.tally();
    if (looked_s_.has_value()) {
      out.records += tally.records - seen.tally.records;
      out.record_bytes += tally.record_bytes - seen.tally.record_bytes;
      out.events += tally.events - seen.tally.events;
      const int64_t ended =
          tally.ended_instances() - seen.tally.ended_instances();
      out.ended += ended;
      out.started +=
          tally.running_instances() - seen.tally.running_instances() + ended;
      PAWL_RETURN_IF_ERROR(Examine(data, seen.position, &out, &examined));
      PAWL_RETURN_IF_ERROR(Sample(data, &examined));
    }
    seen.position = data.state().position;
    seen.tally = tally;
    out.now.tally.Add(tally);
    out.now.follow_ups += static_cast<int64_t>(data.state().requests.size());
    out.now.time_ms = std::max(out.now.time_ms, data.state().time_ms);
    PAWL_RETURN_IF_ERROR(FindOldest(data, &out.now));
  }
  if (looked_s_.has_value()) out.seconds = now_s - *looked_s_;
  looked_s_ = now_s;
  // What wasn't examined was done as often as what was.
  if (out.examined > 0 && static_cast<int64_t>(out.examined) < out.records) {
    const double scale =
        static_cast<double>(out.records) / static_cast<double>(out.examined);
    out.jobs_done =
        static_cast<int64_t>(static_cast<double>(out.jobs_done) * scale);
    out.tasks_done =
        static_cast<int64_t>(static_cast<double>(out.tasks_done) * scale);
  }
  out.job = LatencyOf(examined.job_count, std::move(examined.job_ms));
  out.instance =
      LatencyOf(examined.instance_count, std::move(examined.instance_ms));
  const uint64_t timers = examined.timer_ms.size();
  out.timer = LatencyOf(timers, std::move(examined.timer_ms));
  return out;
}

Variables ToVariables(const Activity& activity) {
  const auto rate = [&](int64_t count) {
    return PerSecond(count, activity.seconds);
  };
  Variables line = CountsToVariables(activity.now);
  line.Set("seconds", activity.seconds);
  line.Set("rates", Variables{{"records", rate(activity.records)},
                              {"record_bytes", rate(activity.record_bytes)},
                              {"events", rate(activity.events)},
                              {"started", rate(activity.started)},
                              {"ended", rate(activity.ended)},
                              {"jobs", rate(activity.jobs_done)},
                              {"tasks", rate(activity.tasks_done)}});
  line.Set("latency", Variables{{"job", ToValue(activity.job)},
                                {"instance", ToValue(activity.instance)},
                                {"timer", ToValue(activity.timer)}});
  return line;
}

}  // namespace pawl::replay
