// complete, claim, unclaim: what people do with tasks.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/store.h"

namespace pawl::cli {
namespace {

// Prints that `task` is `done`.
int PrintTask(const Context& context, uint64_t task, std::string_view command,
              const std::string& done) {
  context.console->Print(
      context.json
          ? Variables{{"task", std::to_string(task)}, {"done", command}}
                .ToJson()
          : absl::StrCat("task ", task, " ", done));
  return kExitDone;
}

class CompleteCommand final : public BasicCommand {
 public:
  CompleteCommand()
      : BasicCommand("complete", "Complete a task",
                     "pawl complete 12 --vars '{\"approved\": true}'") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("TASK-KEY", &task_, "Key of the task");
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
    arguments->Option("--user", "U", &user_, "Who completes it");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    const int code = WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      return engine->CompleteTask(TaskKey(task_), *std::move(vars), user_);
    });
    return code != kExitDone ? code
                             : PrintTask(context, task_, name(), "completed");
  }

 private:
  uint64_t task_ = 0;
  std::string vars_;
  std::string user_;
};

class ClaimCommand final : public BasicCommand {
 public:
  ClaimCommand()
      : BasicCommand("claim", "Take a task for a user",
                     "pawl claim 12 --user ada") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("TASK-KEY", &task_, "Key of the task");
    arguments->Option("--user", "U", &user_, "Who takes it", /*required=*/true);
  }

  int Run(Context& context) override {
    const int code = WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      return engine->ClaimTask(TaskKey(task_), user_);
    });
    return code != kExitDone ? code
                             : PrintTask(context, task_, name(),
                                         absl::StrCat("claimed by ", user_));
  }

 private:
  uint64_t task_ = 0;
  std::string user_;
};

class UnclaimCommand final : public BasicCommand {
 public:
  UnclaimCommand()
      : BasicCommand("unclaim", "Give a task back", "pawl unclaim 12") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("TASK-KEY", &task_, "Key of the task");
    arguments->Option("--user", "U", &user_,
                      "Who gives it back (whoever has it)");
  }

  int Run(Context& context) override {
    const int code = WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      return engine->UnclaimTask(TaskKey(task_), user_);
    });
    return code != kExitDone ? code
                             : PrintTask(context, task_, name(), "unclaimed");
  }

 private:
  uint64_t task_ = 0;
  std::string user_;
};

}  // namespace

CommandPtr NewCompleteCommand() { return std::make_unique<CompleteCommand>(); }
CommandPtr NewClaimCommand() { return std::make_unique<ClaimCommand>(); }
CommandPtr NewUnclaimCommand() { return std::make_unique<UnclaimCommand>(); }

}  // namespace pawl::cli
