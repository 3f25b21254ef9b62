// replay, verify, rebuild: the log against itself, this build and its caches.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/store.h"
#include "cli/values.h"
#include "engine/archive.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/rebuild.h"
#include "replay/replay.h"
#include "replay/verify.h"
#include "replay/verify_progress.h"

namespace pawl::cli {
namespace {

// The store itself, without folding anything.
absl::StatusOr<std::unique_ptr<eventstore::EventStore>> OpenStore(
    const Context& context, bool read_only) {
  PAWL_RETURN_IF_ERROR(RequireStore(context));
  eventstore::StoreOptions options;
  options.directory = context.data;
  options.read_only = read_only;
  options.must_exist = true;
  // A cache that can't even be opened must not stop its rebuilding.
  options.discard_caches = !read_only;
  options.is_dead = IsDeadEntry;
  return eventstore::OpenRocksDbEventStore(options, nullptr);
}

replay::ProgressFn ShowIn(Progress* progress) {
  return [progress](uint64_t done, uint64_t total) {
    progress->Update(done, total);
  };
}

class ReplayCommand final : public BasicCommand {
 public:
  ReplayCommand()
      : BasicCommand("replay", "Fold the log from empty; prints the digest",
                     "pawl replay --speed") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--instance", "KEY", &instance_, "This instance only");
    arguments->Option("--to", "POS", &to_, "Up to this record");
    arguments->Flag("--speed", &speed_, "Show events per second");
  }

  int Run(Context& context) override {
    double seconds = 0;
    const absl::StatusOr<replay::ReplayResult> result = Fold(context, &seconds);
    if (!result.ok()) return context.console->Fail(result.status());
    const auto rate = static_cast<int64_t>(static_cast<double>(result->events) /
                                           std::max(seconds, 1e-9));
    if (context.json) {
      Variables line{{"digest", result->digest},
                     {"records", result->records},
                     {"events", result->events},
                     {"instances", result->instances}};
      if (speed_) line.Set("events_per_s", rate);
      context.console->Print(line.ToJson());
      return kExitDone;
    }
    context.console->Print(absl::StrCat(
        "digest ", result->digest, ", ", result->records, " records, ",
        result->events, " events, ", result->instances, " instances"));
    if (speed_) {
      context.console->Print(
          absl::StrFormat("%d events/s, %.3f s", rate, seconds));
    }
    return kExitDone;
  }

 private:
  absl::StatusOr<replay::ReplayResult> Fold(const Context& context,
                                            double* seconds) const {
    PAWL_ASSIGN_OR_RETURN(const auto store,
                          OpenStore(context, /*read_only=*/true));
    Progress progress(context.console, "records");
    replay::ReplayOptions options;
    options.instance = InstanceKey(instance_.value_or(0));
    if (to_.has_value()) {
      options.to = to_->position;
      options.to_partition = to_->partition;
    }
    options.progress = ShowIn(&progress);
    // The fold alone: not the opening.
    const auto started = std::chrono::steady_clock::now();
    auto result = replay::Replay(*store, options);
    *seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                             started)
                   .count();
    return result;
  }

  std::optional<uint64_t> instance_;
  std::optional<LogPosition> to_;
  bool speed_ = false;
};

class VerifyCommand final : public BasicCommand {
 public:
  VerifyCommand()
      : BasicCommand("verify",
                     "Read all of the log and prove that it, its caches and "
                     "this build agree",
                     "pawl verify --data COPY --sample 10 --resume "
                     "verify.progress") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--since", "POS", &since_,
                      "Decide again from this record on");
    arguments->Flag("--archived", &archived_,
                    "From the very first record on, also of what retention "
                    "took out of the log");
    arguments->Option("--sample", "N", &sample_,
                      "Decide again one instance of N only");
    arguments->Option("--resume", "FILE", &resume_,
                      "Note in this file how far it came, and go on there if "
                      "the same build verified this store before");
  }

  int Run(Context& context) override {
    if (since_.has_value() && resume_.has_value()) {
      return context.console->FailUsage("--since and --resume: got both");
    }
    if (archived_ && resume_.has_value()) {
      return context.console->FailUsage("--archived and --resume: got both");
    }
    if (sample_ == 0u) {
      return context.console->FailUsage("--sample: got 0, wanted 1 or more");
    }
    const absl::StatusOr<replay::VerifyReport> report = Check(context);
    if (!report.ok()) return context.console->Fail(report.status());
    if (context.json) {
      PrintJson(context.console, *report);
    } else {
      PrintText(context.console, *report);
    }
    if (report->ok()) return kExitDone;
    context.console->Error(report->difference->text);
    return kExitRefused;
  }

 private:
  absl::StatusOr<replay::VerifyReport> Check(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const auto store,
                          OpenStore(context, /*read_only=*/true));
    Progress shown(context.console, "verified");
    replay::VerifyOptions options;
    options.progress = ShowIn(&shown);
    options.sample = sample_.value_or(1);
    options.archived = archived_;
    if (since_.has_value()) {
      const Position end = since_->partition < store->partitions()
                               ? store->End(since_->partition)
                               : 0;
      if (since_->position > end) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--since: got ", ShowPosition(since_->partition, since_->position),
            ", wanted at most ", ShowPosition(since_->partition, end),
            ", the end of the log"));
      }
      const Position floor = store->Floor(since_->partition);
      if (floor > 1 && since_->position < floor && !archived_) {
        return absl::InvalidArgumentError(absl::StrCat(
            "--since: got ", ShowPosition(since_->partition, since_->position),
            ", which was taken out of the log, wanted ",
            ShowPosition(since_->partition, floor),
            " or later, or --archived"));
      }
      options.since.resize(size_t{since_->partition} + 1, 1);
      options.since.back() = since_->position;
    }
    std::unique_ptr<replay::VerifyProgress> progress;
    if (resume_.has_value()) {
      PAWL_ASSIGN_OR_RETURN(
          progress,
          replay::VerifyProgress::Open(*resume_, store.get(), options.sample));
      if (!progress->restarted().empty()) {
        context.console->Error(absl::StrCat(*resume_, " ",
                                            progress->restarted(),
                                            "; verifying from the beginning"));
      }
      options.since = progress->since();
      options.agreed = [&progress](PartitionId partition, Position position) {
        return progress->Agreed(partition, position);
      };
    }
    return replay::Verify(store.get(), options);
  }

  static void PrintJson(Console* console, const replay::VerifyReport& report) {
    Value difference;
    if (!report.ok()) {
      const replay::VerifyDifference& d = *report.difference;
      difference =
          Variables{{"position", ShowPosition(d.partition, d.position)},
                    {"text", d.text},
                    {"command", d.command},
                    {"arguments", d.arguments},
                    {"recorded", d.recorded},
                    {"decided", d.decided},
                    {"first_event", d.first_event}};
    }
    console->Print(Variables{
        {"ok", report.ok()},
        {"digest", report.digest.empty() ? Value() : Value(report.digest)},
        {"records", report.records},
        {"events", report.events},
        {"instances", report.instances},
        {"decisions", report.decisions},
        {"facts", report.facts},
        {"snapshots", report.snapshots},
        {"index_entries", report.index_entries},
        {"difference", std::move(difference)}}
                       .ToJson());
  }

  static void PrintText(Console* console, const replay::VerifyReport& report) {
    if (report.ok()) {
      console->Print(absl::StrCat(
          "ok: ", report.records, " records, ", report.events, " events, ",
          report.instances, " instances; ", report.decisions,
          " decisions made again, ", report.facts, " facts, ", report.snapshots,
          " snapshots, ", report.index_entries, " index entries; digest ",
          report.digest));
      return;
    }
    const replay::VerifyDifference& d = *report.difference;
    console->Print(absl::StrCat("differs first at ",
                                ShowPosition(d.partition, d.position)));
    if (!d.command.is_null()) {
      console->Print(absl::StrCat("command  ", d.command.ToJson(), " ",
                                  d.arguments.ToJson()));
    }
    PrintEvents(console, "recorded", d.recorded, d.first_event);
    PrintEvents(console, "decided ", d.decided, d.first_event);
  }

  // Marks the first event that differs.
  static void PrintEvents(Console* console, const char* title,
                          const Value& events, size_t first) {
    for (size_t i = 0; i < events.size(); ++i) {
      const std::string line = absl::StrCat(title, i == first ? " > " : "   ",
                                            i + 1, " ", events[i].ToJson());
      console->Print(i == first ? console->Styled(Style::kRed, line) : line);
    }
  }

  bool archived_ = false;
  std::optional<LogPosition> since_;
  std::optional<uint64_t> sample_;
  std::optional<std::string> resume_;
};

class RebuildCommand final : public BasicCommand {
 public:
  RebuildCommand()
      : BasicCommand("rebuild",
                     "Delete snapshots and indexes and derive them from the "
                     "log",
                     "pawl rebuild --data pawl-data") {}

  void Declare(Arguments*) override {}

  int Run(Context& context) override {
    const absl::StatusOr<replay::RebuildResult> result = Build(context);
    if (!result.ok()) return context.console->Fail(result.status());
    context.console->Print(
        context.json ? Variables{{"records", result->records},
                                 {"instances", result->instances},
                                 {"digest", result->digest}}
                           .ToJson()
                     : absl::StrCat("rebuilt from ", result->records,
                                    " records, ", result->instances,
                                    " instances; digest ", result->digest));
    return kExitDone;
  }

 private:
  static absl::StatusOr<replay::RebuildResult> Build(const Context& context) {
    PAWL_ASSIGN_OR_RETURN(const auto store,
                          OpenStore(context, /*read_only=*/false));
    Progress progress(context.console, "records");
    PAWL_ASSIGN_OR_RETURN(
        replay::RebuildResult result,
        replay::Rebuild(store.get(), ShowIn(&progress), [] {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }));
    PAWL_RETURN_IF_ERROR(store->Close());
    return result;
  }
};

}  // namespace

CommandPtr NewReplayCommand() { return std::make_unique<ReplayCommand>(); }
CommandPtr NewVerifyCommand() { return std::make_unique<VerifyCommand>(); }
CommandPtr NewRebuildCommand() { return std::make_unique<RebuildCommand>(); }

}  // namespace pawl::cli
