// `pawl job ...`: an external worker by hand.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shapes.h"
#include "cli/store.h"
#include "cli/values.h"

namespace pawl::cli {
namespace {

constexpr absl::Duration kDefaultLock = absl::Minutes(5);

class FetchCommand final : public BasicCommand {
 public:
  FetchCommand()
      : BasicCommand("fetch", "Lock jobs of a type for a worker; prints them",
                     "pawl job fetch charge-card --worker w1 --lock 30s") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("TYPE", &type_, "The jobs' type");
    arguments->Option("--worker", "W", &worker_, "Who takes them",
                      /*required=*/true);
    arguments->Option("--lock", "DUR", &lock_, "Lock time (5m)");
    arguments->Option("--max", "N", &max_, "At most so many (1)");
  }

  int Run(Context& context) override {
    return WithEngine(
        context, Missing::kRefuse, [&](Engine* engine) -> absl::Status {
          PAWL_ASSIGN_OR_RETURN(
              const std::vector<Job> jobs,
              engine->FetchAndLock(type_, worker_, lock_.value_or(kDefaultLock),
                                   max_.value_or(1)));
          Print(context, jobs);
          return absl::OkStatus();
        });
  }

 private:
  void Print(const Context& context, const std::vector<Job>& jobs) const {
    TextTable table({{"key", TextTable::Align::kRight},
                     {"instance", TextTable::Align::kRight},
                     {"element"},
                     {"attempt", TextTable::Align::kRight},
                     {"retries", TextTable::Align::kRight},
                     {"lock until"},
                     {"variables"}});
    for (const Job& job : jobs) {
      if (context.json) {
        context.console->Print(Shape(job, worker_).ToJson());
        continue;
      }
      table.Row({ToString(job.key()), ToString(job.instance()),
                 job.element_id(), absl::StrCat(job.attempt()),
                 absl::StrCat(job.retries()), ShowTime(job.lock_until()),
                 job.variables().ToJson()});
    }
    table.Print(context.console);
  }

  std::string type_;
  std::string worker_;
  std::optional<absl::Duration> lock_;
  std::optional<int> max_;
};

// A command of the worker that holds a job.
class OwnerCommand : public BasicCommand {
 public:
  OwnerCommand(std::string_view name, std::string_view summary,
               std::string_view example, std::string_view done)
      : BasicCommand(name, summary, example), done_(done) {}

  void Declare(Arguments* arguments) override {
    arguments->Required("KEY", &job_, "Key of the job");
    arguments->Option("--worker", "W", &worker_,
                      "Who holds the job, or takes it for this command",
                      /*required=*/true);
    DeclareMore(arguments);
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    const int code = WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      return Do(engine, JobKey(job_), worker_, *std::move(vars));
    });
    if (code != kExitDone) return code;
    context.console->Print(
        context.json
            ? Variables{{"job", std::to_string(job_)}, {"done", name()}}
                  .ToJson()
            : absl::StrCat("job ", job_, " ", ToAbsl(done_)));
    return kExitDone;
  }

 protected:
  virtual void DeclareMore(Arguments* arguments) = 0;
  virtual absl::Status Do(Engine* engine, JobKey job, const std::string& worker,
                          Variables vars) = 0;
  void DeclareVars(Arguments* arguments) {
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
  }

 private:
  const std::string_view done_;
  uint64_t job_ = 0;
  std::string worker_;
  std::string vars_;
};

class CompleteJobCommand final : public OwnerCommand {
 public:
  CompleteJobCommand()
      : OwnerCommand("complete", "The work is done",
                     "pawl job complete 14 --worker w1 --vars '{\"paid\": "
                     "true}'",
                     "completed") {}
  void DeclareMore(Arguments* arguments) override { DeclareVars(arguments); }
  absl::Status Do(Engine* engine, JobKey job, const std::string& worker,
                  Variables vars) override {
    return engine->CompleteJob(job, worker, std::move(vars),
                               /*lock_first=*/true);
  }
};

class FailJobCommand final : public OwnerCommand {
 public:
  FailJobCommand()
      : OwnerCommand("fail", "The work failed: retry it or raise an incident",
                     "pawl job fail 14 --worker w1 --message 'no route' "
                     "--retries 2 --backoff 30s",
                     "failed") {}
  void DeclareMore(Arguments* arguments) override {
    arguments->Option("--message", "TEXT", &failure_.message, "Why");
    arguments->Option("--retries", "N", &failure_.retries,
                      "Attempts left (one less)");
    arguments->Option("--backoff", "DUR", &failure_.backoff,
                      "Wait before the next attempt (the model's)");
  }
  absl::Status Do(Engine* engine, JobKey job, const std::string& worker,
                  Variables) override {
    return engine->FailJob(job, worker, failure_, /*lock_first=*/true);
  }

 private:
  JobFailure failure_;
};

class JobErrorCommand final : public OwnerCommand {
 public:
  JobErrorCommand()
      : OwnerCommand("error", "A BPMN error, for the process to catch",
                     "pawl job error 14 --worker w1 --code DECLINED",
                     "threw its error") {}
  void DeclareMore(Arguments* arguments) override {
    arguments->Option("--code", "CODE", &code_, "The error's code",
                      /*required=*/true);
    arguments->Option("--message", "TEXT", &message_, "Why");
    DeclareVars(arguments);
  }
  absl::Status Do(Engine* engine, JobKey job, const std::string& worker,
                  Variables vars) override {
    return engine->ThrowJobError(job, worker, code_, message_, std::move(vars),
                                 /*lock_first=*/true);
  }

 private:
  std::string code_;
  std::string message_;
};

class ExtendJobCommand final : public OwnerCommand {
 public:
  ExtendJobCommand()
      : OwnerCommand("extend", "Keep the job locked for longer",
                     "pawl job extend 14 --worker w1 --lock 10m", "extended") {}
  void DeclareMore(Arguments* arguments) override {
    arguments->Option("--lock", "DUR", &lock_, "Lock time from now (5m)");
  }
  absl::Status Do(Engine* engine, JobKey job, const std::string& worker,
                  Variables) override {
    return engine->ExtendJobLock(job, worker, lock_.value_or(kDefaultLock));
  }

 private:
  std::optional<absl::Duration> lock_;
};

class UnlockJobCommand final : public OwnerCommand {
 public:
  UnlockJobCommand()
      : OwnerCommand("unlock", "Give the job back for others to fetch",
                     "pawl job unlock 14 --worker w1", "given back") {}
  void DeclareMore(Arguments*) override {}
  absl::Status Do(Engine* engine, JobKey job, const std::string& worker,
                  Variables) override {
    return engine->UnlockJob(job, worker);
  }
};

class JobCommand final : public BasicCommand {
 public:
  JobCommand()
      : BasicCommand("job", "Do a job by hand, as an external worker would",
                     "pawl job fetch charge-card --worker w1") {}
  std::vector<CommandPtr> TakeChildren() override {
    std::vector<CommandPtr> children;
    children.push_back(std::make_unique<FetchCommand>());
    children.push_back(std::make_unique<CompleteJobCommand>());
    children.push_back(std::make_unique<FailJobCommand>());
    children.push_back(std::make_unique<JobErrorCommand>());
    children.push_back(std::make_unique<ExtendJobCommand>());
    children.push_back(std::make_unique<UnlockJobCommand>());
    return children;
  }
  void Declare(Arguments*) override {}
  int Run(Context&) override { return kExitUsage; }
};

}  // namespace

CommandPtr NewJobCommand() { return std::make_unique<JobCommand>(); }

}  // namespace pawl::cli
