// run: deploy a file, start one instance, and let it run until it ends or
// waits.
#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/run_target.h"
#include "cli/shapes.h"
#include "cli/shell_worker.h"
#include "cli/store.h"
#include "cli/timeline_print.h"
#include "cli/values.h"
#include "replay/timeline.h"

namespace pawl::cli {
namespace {

// Who completes jobs under --auto, and who runs the commands.
constexpr char kAutoWorker[] = "auto";
constexpr char kShellWorker[] = "shell";

bool Ended(const InstanceDetails& details) {
  return details.info.state != InstanceState::kActive &&
         details.info.state != InstanceState::kSuspended;
}

// What the instance waits for, one text each.
std::vector<std::string> Waits(const InstanceDetails& details) {
  std::vector<std::string> waits;
  for (const TaskInfo& task : details.tasks) {
    waits.push_back(absl::StrCat(
        task.kind == TaskKind::kUser ? "user task " : "receive task ",
        task.element_id, " (task ", ToString(task.key), ")"));
  }
  for (const JobInfo& job : details.jobs) {
    if (job.state == JobState::kIncident) continue;
    waits.push_back(absl::StrCat("job ", job.element_id, " of type ", job.type,
                                 " (job ", ToString(job.key), ")"));
  }
  for (const TimerInfo& timer : details.timers) {
    waits.push_back(absl::StrCat("timer ", timer.element_id, " until ",
                                 ShowTime(timer.due), " (timer ",
                                 ToString(timer.key), ")"));
  }
  for (const SubscriptionInfo& subscription : details.subscriptions) {
    waits.push_back(
        absl::StrCat(Awaited(subscription), " at ", subscription.element_id));
  }
  for (const JoinInfo& join : details.joins) {
    waits.push_back(absl::StrCat("join ", join.element_id));
  }
  return waits;
}

class RunCommand final : public BasicCommand {
 public:
  RunCommand()
      : BasicCommand("run", "Run one instance of a file until it ends or waits",
                     "pawl run order.bpmn --vars '{\"amount\": 120}' --worker "
                     "charge-card='./charge.sh'") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("FILE", &file_, "A BPMN 2.0 XML file");
    arguments->Option("--process", "ID", &process_,
                      "The process to start, where the file has several");
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
    arguments->OptionList(
        "--worker", "TYPE=SHELL-COMMAND", &worker_texts_,
        "Does jobs of this type: variables on stdin, result on stdout");
    arguments->Flag("--auto", &auto_,
                    "Complete other jobs at once, without a result");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    auto workers = ParseWorkers(worker_texts_);
    if (!workers.ok()) {
      return context.console->FailUsage(ToStd(workers.status().message()));
    }
    workers_ = *std::move(workers);
    PrepareShellWorkers();
    const absl::StatusOr<int> code = Execute(context, *std::move(vars));
    return code.ok() ? *code : context.console->Fail(code.status());
  }

 private:
  absl::StatusOr<int> Execute(const Context& context, Variables vars) {
    PAWL_ASSIGN_OR_RETURN(
        const std::unique_ptr<RunTarget> target,
        context.data_given ? NewStoreTarget(context) : NewMemoryTarget());
    PAWL_ASSIGN_OR_RETURN(const std::vector<DeployedProcess> deployed,
                          target->Deploy(file_));
    PAWL_ASSIGN_OR_RETURN(const std::string process, Choose(deployed));
    PAWL_ASSIGN_OR_RETURN(const InstanceKey instance,
                          target->Start(process, std::move(vars)));
    PAWL_ASSIGN_OR_RETURN(const InstanceDetails details,
                          Drive(context, target.get(), instance));
    PAWL_RETURN_IF_ERROR(target->Close());
    return Conclude(context, details);
  }

  absl::StatusOr<std::string> Choose(
      const std::vector<DeployedProcess>& deployed) const {
    if (!process_.empty()) return process_;
    if (deployed.size() == 1) return deployed.front().process_id;
    std::vector<std::string> ids;
    for (const DeployedProcess& process : deployed) {
      ids.push_back(process.process_id);
    }
    return absl::InvalidArgumentError(
        absl::StrCat("--process: got none, wanted one of ",
                     absl::StrJoin(ids, ", "), ", which ", file_, " has"));
  }

  // Until nothing goes on by itself.
  absl::StatusOr<InstanceDetails> Drive(const Context& context,
                                        RunTarget* target,
                                        InstanceKey instance) {
    replay::Timeline timeline(
        instance, [&](DefinitionKey key) { return target->Model(key); });
    for (;;) {
      PAWL_RETURN_IF_ERROR(target->Tick());
      PAWL_RETURN_IF_ERROR(PrintNew(context, target, instance, &timeline));
      PAWL_ASSIGN_OR_RETURN(InstanceDetails details, target->Inspect(instance));
      if (Ended(details)) return details;
      PAWL_ASSIGN_OR_RETURN(const bool worked, Work(target, details));
      if (worked) continue;
      const std::optional<absl::Time> retry = NextRetry(details);
      if (!retry.has_value()) return details;
      context.console->out().flush();
      std::this_thread::sleep_for(
          absl::ToChronoMilliseconds(*retry - absl::Now()) +
          std::chrono::milliseconds(1));
    }
  }

  static absl::Status PrintNew(const Context& context, RunTarget* target,
                               InstanceKey instance,
                               replay::Timeline* timeline) {
    std::vector<replay::TimelineEntry> entries;
    PAWL_RETURN_IF_ERROR(
        target->VisitNew(instance, [&](const fb::RecordT& record) {
          return timeline->Add(record, &entries);
        }));
    for (const replay::TimelineEntry& entry : entries) {
      if (entry.detail && !context.json) continue;
      PrintEntry(context, entry, instance);
    }
    context.console->out().flush();
    return absl::OkStatus();
  }

  bool Served(const JobInfo& job) const {
    return auto_ || workers_.contains(job.type);
  }

  // Does one ready job, if there is one that anybody here does.
  absl::StatusOr<bool> Work(RunTarget* target,
                            const InstanceDetails& details) const {
    for (const JobInfo& job : details.jobs) {
      if (job.state != JobState::kReady || !Served(job)) continue;
      const auto worker = workers_.find(job.type);
      if (worker == workers_.end()) {
        PAWL_RETURN_IF_ERROR(
            target->Finish(job.key, kAutoWorker, JobResult::Done()));
      } else {
        PAWL_RETURN_IF_ERROR(
            target->Finish(job.key, kShellWorker,
                           RunShellWorker(worker->second, ShellJob(job))));
      }
      return true;
    }
    return false;
  }

  // When the first job in backoff that somebody here does is ready again.
  std::optional<absl::Time> NextRetry(const InstanceDetails& details) const {
    std::optional<absl::Time> next;
    for (const JobInfo& job : details.jobs) {
      if (job.state != JobState::kBackoff || !Served(job)) continue;
      if (!job.due.has_value()) continue;
      if (!next.has_value() || *job.due < *next) next = job.due;
    }
    return next;
  }

  static int Conclude(const Context& context, const InstanceDetails& details) {
    Console& console = *context.console;
    const bool failed = !Ended(details) && !details.incidents.empty();
    if (context.json) {
      Variables line = Shape(details);
      Value::List waits;
      for (const std::string& wait : Waits(details)) waits.emplace_back(wait);
      line.Set("ended", Ended(details));
      line.Set("waits", std::move(waits));
      console.Print(line.ToJson());
    } else if (Ended(details)) {
      console.Print(console.Styled(Style::kBold, "ended"));
    } else if (failed) {
      const IncidentInfo& incident = details.incidents.front();
      console.Print(console.Styled(
          Style::kRed,
          absl::StrCat("incident ", ToString(incident.key), ": ", incident.type,
                       " at ", incident.element_id, ": ", incident.message)));
    } else {
      console.Print(console.Styled(
          Style::kBold,
          absl::StrCat("waits: ", absl::StrJoin(Waits(details), ", "))));
    }
    return failed ? kExitRefused : kExitDone;
  }

  std::string file_;
  std::string process_;
  std::string vars_;
  std::vector<std::string> worker_texts_;
  std::map<std::string, std::string> workers_;
  bool auto_ = false;
};

}  // namespace

CommandPtr NewRunCommand() { return std::make_unique<RunCommand>(); }

}  // namespace pawl::cli
