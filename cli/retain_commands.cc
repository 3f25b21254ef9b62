// retain, hold, release, holds: what moves to the archive, and what must not.
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/status_macros.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/store.h"
#include "cli/values.h"
#include "engine/archive.h"
#include "engine/model/time_to_live.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/exporter.h"
#include "replay/retain.h"

namespace pawl::cli {
namespace {

class RetainCommand final : public BasicCommand {
 public:
  RetainCommand()
      : BasicCommand("retain",
                     "Move old ended instances to the archive and trim the log",
                     "pawl retain --archive-after P90D --keep 1000") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--archive-after", "DAYS or DURATION", &archive_after_,
                      "Ended so long ago; a process's own history time to live "
                      "comes first");
    arguments->Option("--keep", "N", &keep_,
                      "And of each process all but its newest N ended ones");
    arguments->Flag("--no-trim", &no_trim_,
                    "Leave the log as it is: no space comes free");
    arguments->Option("--when-behind", "wait or drop", &when_behind_,
                      "What to do when an exporter hasn't read all (wait)");
    arguments->Option("--behind-megabytes", "N", &behind_megabytes_,
                      "With drop: what an exporter may hold back (1024)");
  }

  int Run(Context& context) override {
    replay::RetainOptions options;
    if (archive_after_.has_value()) {
      const auto after = model::ParseTimeToLiveText(*archive_after_);
      if (!after.ok()) {
        return context.console->FailUsage(
            absl::StrCat("--archive-after: ", after.status().message()));
      }
      options.archive_after = *after;
    }
    if (when_behind_.has_value() && *when_behind_ != "wait" &&
        *when_behind_ != "drop") {
      return context.console->FailUsage(absl::StrCat(
          "--when-behind: got '", *when_behind_, "', wanted wait or drop"));
    }
    options.keep_newest = keep_;
    options.trim = !no_trim_;
    options.when_behind = when_behind_ == "drop" ? replay::WhenBehind::kDrop
                                                 : replay::WhenBehind::kWait;
    options.behind_bytes_max = behind_megabytes_.value_or(1024) << 20;
    const auto result = Retain(context, std::move(options));
    if (!result.ok()) return context.console->Fail(result.status());
    Print(context, *result);
    return kExitDone;
  }

 private:
  static absl::StatusOr<replay::RetainResult> Retain(
      const Context& context, replay::RetainOptions options) {
    PAWL_RETURN_IF_ERROR(RequireStore(context));
    eventstore::StoreOptions store_options;
    store_options.directory = context.data;
    store_options.must_exist = true;
    store_options.is_dead = IsDeadEntry;
    PAWL_ASSIGN_OR_RETURN(const auto store, eventstore::OpenRocksDbEventStore(
                                                store_options, nullptr));
    PAWL_ASSIGN_OR_RETURN(options.now_ms, StoreNowMs(context));
    PAWL_ASSIGN_OR_RETURN(options.cursors, replay::ReadCursors(context.data));
    if (!context.actor.empty()) options.actor = context.actor;
    Progress progress(context.console, "instances");
    options.progress = [&](uint64_t done, uint64_t total) {
      progress.Update(done, total);
    };
    options.pause = [] {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    };
    PAWL_ASSIGN_OR_RETURN(replay::RetainResult result,
                          replay::Retain(store.get(), options));
    PAWL_RETURN_IF_ERROR(store->Close());
    return result;
  }

  static void Print(const Context& context,
                    const replay::RetainResult& result) {
    std::vector<Value> floors;
    std::string begins;
    for (size_t p = 0; p < result.floors.size(); ++p) {
      const std::string floor =
          ShowPosition(static_cast<PartitionId>(p), result.floors[p]);
      absl::StrAppend(&begins, p > 0 ? ", " : "", floor);
      floors.emplace_back(floor);
    }
    if (context.json) {
      std::vector<Value> overtaken(result.overtaken.begin(),
                                   result.overtaken.end());
      context.console->Print(Variables{
          {"archived", result.archived},
          {"carried", result.carried},
          {"held", result.held},
          {"waits_for",
           result.waits_for.empty() ? Value() : Value(result.waits_for)},
          {"overtaken", std::move(overtaken)},
          {"floors",
           std::move(floors)}}.ToJson());
      return;
    }
    context.console->Print(absl::StrCat(
        result.archived, " instances archived, ", result.held, " held, ",
        result.carried, " carried forward; the log begins at ", begins));
    if (!result.waits_for.empty()) {
      context.console->Print(absl::StrCat(
          "not trimmed: exporter ", result.waits_for,
          " hasn't read all (pawl export --name, or --when-behind drop)"));
    }
    for (const std::string& name : result.overtaken) {
      context.console->Print(
          absl::StrCat("exporter ", name, " misses records"));
    }
  }

  std::optional<std::string> archive_after_;
  std::optional<uint64_t> keep_;
  std::optional<std::string> when_behind_;
  std::optional<uint64_t> behind_megabytes_;
  bool no_trim_ = false;
};

// hold and release.
class HoldCommand final : public BasicCommand {
 public:
  explicit HoldCommand(bool sets)
      : BasicCommand(sets ? "hold" : "release",
                     sets
                         ? "Keep an instance, with its tree, out of the archive"
                         : "Let a held instance be archived again",
                     sets ? "pawl hold 2 --reason 'case 17' --actor legal"
                          : "pawl release 2"),
        sets_(sets) {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    if (sets_) {
      arguments->Option("--reason", "TEXT", &reason_, "Kept with the hold");
    }
  }

  int Run(Context& context) override {
    return WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      const InstanceKey key(instance_);
      const absl::Status done =
          sets_ ? engine->SetHold(key, reason_) : engine->ReleaseHold(key);
      if (!done.ok()) return done;
      context.console->Print(
          context.json
              ? Variables{{"key", std::to_string(instance_)}, {"held", sets_}}
                    .ToJson()
              : absl::StrCat("instance ", instance_,
                             sets_ ? " held" : " released"));
      return absl::OkStatus();
    });
  }

 private:
  const bool sets_;
  uint64_t instance_ = 0;
  std::string reason_;
};

class HoldsCommand final : public BasicCommand {
 public:
  HoldsCommand()
      : BasicCommand("holds", "List the instances that are held",
                     "pawl holds") {}

  void Declare(Arguments*) override {}

  int Run(Context& context) override {
    const auto reader = Reader::Open(context);
    if (!reader.ok()) return context.console->Fail(reader.status());
    for (const auto& data : (*reader)->partitions()) {
      for (const auto& [key, reason] : data->state().holds) {
        context.console->Print(
            context.json ? Variables{{"key", std::to_string(key.value())},
                                     {"reason",
                                      reason.empty() ? Value() : Value(reason)}}
                               .ToJson()
                         : absl::StrCat(key.value(), "  ", reason));
      }
    }
    return kExitDone;
  }
};

}  // namespace

CommandPtr NewRetainCommand() { return std::make_unique<RetainCommand>(); }
CommandPtr NewHoldCommand() { return std::make_unique<HoldCommand>(true); }
CommandPtr NewReleaseCommand() { return std::make_unique<HoldCommand>(false); }
CommandPtr NewHoldsCommand() { return std::make_unique<HoldsCommand>(); }

}  // namespace pawl::cli
