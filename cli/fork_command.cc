// fork, advance: a copy of a past in another store, and its virtual time.
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/moment_option.h"
#include "cli/shapes.h"
#include "cli/shell_worker.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/fork.h"

namespace pawl::cli {
namespace {

class ForkCommand final : public BasicCommand {
 public:
  ForkCommand()
      : BasicCommand("fork",
                     "What if? A copy of an instance's past in another store, "
                     "free to go on",
                     "pawl fork 2 --at 0:17 --vars '{\"amount\": 20}' --into "
                     "what-if") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Option("--at", "POS or TIME", &at_,
                      "The last record, or the time, that the copy has",
                      /*required=*/true);
    arguments->Option("--into", "DIR", &into_, "The new store; made here",
                      /*required=*/true);
    arguments->Option("--vars", "JSON", &vars_,
                      "Variables that are other than they were");
    arguments->Flag("--alone", &alone_,
                    "Suspend every other instance in the copy");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    const absl::Status moment = CheckMoment("--at", at_);
    for (const absl::Status& status : {vars.status(), moment}) {
      if (!status.ok()) {
        return context.console->FailUsage(ToStd(status.message()));
      }
    }
    const absl::Status status = Make(context, *std::move(vars));
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Make(const Context& context, Variables vars) const {
    PAWL_RETURN_IF_ERROR(CheckOutside("--into", into_, context.data));
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data,
                          reader->PartitionOfInstance(instance_));
    replay::ForkOptions options;
    options.instance = InstanceKey(instance_);
    PAWL_ASSIGN_OR_RETURN(
        options.at, ResolveStoreMoment("--at", at_, *data, options.instance));
    options.variables = std::move(vars);
    options.alone = alone_;
    options.actor = context.actor;
    Progress progress(context.console, "records");
    options.progress = [&](uint64_t done, uint64_t total) {
      progress.Update(done, total);
    };
    options.pause = [] {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    PAWL_ASSIGN_OR_RETURN(const replay::ForkResult result,
                          replay::ForkInto(reader->store(), options, into_));
    progress.Done();
    const std::string end = ShowPosition(data->partition(), result.end);
    const std::string time = ShowTime(absl::FromUnixMillis(result.time_ms));
    if (context.json) {
      context.console->Print(Variables{
          {"instance", std::to_string(instance_)},
          {"store", into_},
          {"at", ShowPosition(data->partition(), options.at)},
          {"end", end},
          {"time", time},
          {"digest",
           result.digest}}.ToJson());
    } else {
      context.console->Print(absl::StrCat(
          "instance ", instance_, " goes on in ", into_, " from ",
          ShowPosition(data->partition(), options.at), ", ", time, "; `pawl ",
          "--data ", into_, " advance 1h` moves its time"));
    }
    return absl::OkStatus();
  }

  uint64_t instance_ = 0;
  std::string at_;
  std::string into_;
  std::string vars_;
  bool alone_ = false;
};

class AdvanceCommand final : public BasicCommand {
 public:
  AdvanceCommand()
      : BasicCommand("advance",
                     "Move the virtual time of a fork, doing what falls due",
                     "pawl --data what-if advance 2h --worker "
                     "charge-card='./charge.sh'") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("BY", &by_, "By how much (PT2H, 2h), or to which time");
    arguments->OptionList(
        "--worker", "TYPE=SHELL-COMMAND", &worker_texts_,
        "Does jobs of this type: variables on stdin, result on stdout");
  }

  int Run(Context& context) override {
    const auto workers = ParseWorkers(worker_texts_);
    if (!workers.ok()) {
      return context.console->FailUsage(ToStd(workers.status().message()));
    }
    const auto duration = ParseDuration(by_);
    const auto time = ParseTime(by_);
    if (!duration.ok() && !time.ok()) {
      return context.console->FailUsage(
          absl::StrCat("advance: got '", by_,
                       "', wanted a duration such as 2h or a time such as "
                       "2024-03-01T12:00:00Z"));
    }
    PrepareShellWorkers();
    absl::Time reached;
    const int code = WithEngine(
        context, Missing::kRefuse, [&](Engine* engine) -> absl::Status {
          for (const auto& [type, command] : *workers) {
            PAWL_RETURN_IF_ERROR(engine->RegisterHandler(
                type, [command = command](const Job& job) {
                  return RunShellWorker(command, ShellJob(job));
                }));
          }
          reached = duration.ok() ? engine->Now() + *duration : *time;
          return engine->AdvanceClock(reached);
        });
    if (code != kExitDone) return code;
    context.console->Print(context.json
                               ? Variables{{"time", ShowTime(reached)}}.ToJson()
                               : absl::StrCat("it is ", ShowTime(reached)));
    return kExitDone;
  }

 private:
  std::string by_;
  std::vector<std::string> worker_texts_;
};

}  // namespace

CommandPtr NewForkCommand() { return std::make_unique<ForkCommand>(); }
CommandPtr NewAdvanceCommand() { return std::make_unique<AdvanceCommand>(); }

}  // namespace pawl::cli
