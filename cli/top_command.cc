// top: what a store does, again and again, beside the engine that does it.
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/statistics_text.h"
#include "cli/stop_signals.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/activity.h"

namespace pawl::cli {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(2);
// Each look folds what came after the last checkpoint.
constexpr absl::Duration kIntervalMin = absl::Milliseconds(100);

// Cursor to the corner, wipe what is below it.
constexpr char kClearScreen[] = "\033[H\033[J";

double SteadySeconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string Rate(int64_t count, double seconds) {
  return absl::StrFormat(
      "%.1f", seconds > 0 ? static_cast<double>(count) / seconds : 0.0);
}

std::string Times(const replay::Latency& latency) {
  if (latency.sampled == 0) return "-";
  return absl::StrCat(latency.p50_ms, "/", latency.p99_ms, "/", latency.max_ms,
                      " ms");
}

std::string Waits(const std::optional<replay::OldestWait>& wait,
                  int64_t now_ms) {
  if (!wait.has_value() || !wait->since_ms.has_value()) return "-";
  return ShowAge(now_ms - *wait->since_ms);
}

class TopCommand final : public BasicCommand {
 public:
  TopCommand()
      : BasicCommand("top", "Rates, latencies and waits, refreshed",
                     "pawl top --interval 5s") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--interval", "DUR", &interval_,
                      "Time from one look to the next (2s)");
    arguments->Option("--count", "N", &count_, "Stop after so many");
  }

  int Run(Context& context) override {
    if (interval_.value_or(kInterval) < kIntervalMin) {
      return context.console->FailUsage(absl::StrCat(
          "--interval: got ", absl::FormatDuration(*interval_),
          ", wanted at least ", absl::FormatDuration(kIntervalMin)));
    }
    if (count_ == 0u) {
      return context.console->FailUsage("--count: got 0, wanted 1 or more");
    }
    const StopSignals signals;
    const absl::Status status = Show(context, signals);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Show(const Context& context, const StopSignals& signals) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    replay::ActivityMeter meter(reader->partitions());
    Progress progress(context.console, "records counted, once");
    PAWL_RETURN_IF_ERROR(meter
                             .Look(SteadySeconds(),
                                   [&](uint64_t done, uint64_t total) {
                                     progress.Update(done, total);
                                   })
                             .status());
    progress.Done();
    for (uint64_t shown = 0; !count_.has_value() || shown < *count_; ++shown) {
      if (signals.CameWithin(interval_.value_or(kInterval))) break;
      PAWL_RETURN_IF_ERROR(reader->Refresh());
      PAWL_ASSIGN_OR_RETURN(const replay::Activity activity,
                            meter.Look(SteadySeconds(), nullptr));
      PAWL_ASSIGN_OR_RETURN(const int64_t now_ms, StoreNowMs(context));
      Print(context, activity, now_ms, shown == 0);
      context.console->out().flush();
      if (!context.console->out()) break;
    }
    return absl::OkStatus();
  }

  static void Print(const Context& context, const replay::Activity& activity,
                    int64_t now_ms, bool first) {
    Console* console = context.console;
    if (context.json) {
      console->Print(replay::ToVariables(activity).ToJson());
    } else if (console->redraws()) {
      console->out() << kClearScreen;
      PrintScreen(context, activity, now_ms);
    } else {
      PrintLine(console, activity, now_ms, first);
    }
  }

  // One line a look; columns keep their width as long as numbers are usual.
  static void PrintLine(Console* console, const replay::Activity& a,
                        int64_t now_ms, bool first) {
    constexpr char kForm[] =
        "%-24s %10s %10s %10s %10s %9s %9s %9s %9s %9s %18s %18s %12s";
    if (first) {
      console->Print(absl::StrFormat(
          kForm, "time", "records/s", "events/s", "started/s", "ended/s",
          "active", "suspended", "jobs", "tasks", "incidents",
          "job p50/p99/max", "instance", "oldest job"));
    }
    const Tally& tally = a.now.tally;
    console->Print(
        absl::StrFormat(kForm, ShowTime(absl::FromUnixMillis(now_ms)),
                        Rate(a.records, a.seconds), Rate(a.events, a.seconds),
                        Rate(a.started, a.seconds), Rate(a.ended, a.seconds),
                        absl::StrCat(tally.of(fb::InstanceState::active)),
                        absl::StrCat(tally.of(fb::InstanceState::suspended)),
                        absl::StrCat(tally.jobs), absl::StrCat(tally.tasks),
                        absl::StrCat(tally.incidents), Times(a.job),
                        Times(a.instance), Waits(a.now.job, now_ms)));
  }

  static void PrintScreen(const Context& context,
                          const replay::Activity& activity, int64_t now_ms) {
    Console* console = context.console;
    console->Print(console->Styled(
        Style::kBold, absl::StrCat("pawl top  ", context.data, "  ",
                                   ShowTime(absl::FromUnixMillis(now_ms)))));
    console->Print("");
    TextTable rates({{"per second"}, {"rate", TextTable::Align::kRight}});
    const auto rate = [&](const char* what, int64_t count) {
      rates.Row({what, Rate(count, activity.seconds)});
    };
    rate("records", activity.records);
    rate("events", activity.events);
    rate("instances started", activity.started);
    rate("instances ended", activity.ended);
    rate("jobs done", activity.jobs_done);
    rate("tasks done", activity.tasks_done);
    rates.Print(console);
    console->Print("");
    TextTable latencies({{"milliseconds"},
                         {"count", TextTable::Align::kRight},
                         {"p50", TextTable::Align::kRight},
                         {"p90", TextTable::Align::kRight},
                         {"p99", TextTable::Align::kRight},
                         {"max", TextTable::Align::kRight}});
    const auto latency = [&](const char* what, const replay::Latency& of) {
      if (of.sampled == 0) {
        latencies.Row({what, absl::StrCat(of.count), "", "", "", ""});
        return;
      }
      latencies.Row({what, absl::StrCat(of.count), absl::StrCat(of.p50_ms),
                     absl::StrCat(of.p90_ms), absl::StrCat(of.p99_ms),
                     absl::StrCat(of.max_ms)});
    };
    latency("job, created to done", activity.job);
    latency("instance, start to end", activity.instance);
    latency("timer, after it was due", activity.timer);
    latencies.Print(console);
    console->Print("");
    TextTable counts({{"what"}, {"count", TextTable::Align::kRight}});
    AddCounts(activity.now, &counts);
    counts.Print(console);
    const TextTable oldest = OldestTable(activity.now, now_ms);
    if (oldest.empty()) return;
    console->Print("");
    oldest.Print(console);
  }

  std::optional<absl::Duration> interval_;
  std::optional<uint64_t> count_;
};

}  // namespace

CommandPtr NewTopCommand() { return std::make_unique<TopCommand>(); }

}  // namespace pawl::cli
