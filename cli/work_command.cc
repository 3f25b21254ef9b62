// work: keeps a store running: timers, retries, and workers as shell commands.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shell_worker.h"
#include "cli/stop_signals.h"
#include "cli/store.h"

namespace pawl::cli {
namespace {

// How often --until-idle looks whether it was interrupted.
constexpr absl::Duration kLook = absl::Milliseconds(200);

class WorkCommand final : public BasicCommand {
 public:
  WorkCommand()
      : BasicCommand("work", "Keep a store running: timers, retries, workers",
                     "pawl work --worker charge-card='./charge.sh' "
                     "--until-idle") {}

  void Declare(Arguments* arguments) override {
    arguments->OptionList(
        "--worker", "TYPE=SHELL-COMMAND", &worker_texts_,
        "Does jobs of this type: variables on stdin, result on stdout");
    arguments->Flag("--until-idle", &until_idle_,
                    "Stop when nothing is left to do at the present time");
  }

  int Run(Context& context) override {
    const auto workers = ParseWorkers(worker_texts_);
    if (!workers.ok()) {
      return context.console->FailUsage(ToStd(workers.status().message()));
    }
    PrepareShellWorkers();
    const StopSignals signals;
    return WithEngine(context, Missing::kRefuse,
                      [&](Engine* engine) -> absl::Status {
                        for (const auto& [type, command] : *workers) {
                          PAWL_RETURN_IF_ERROR(engine->RegisterHandler(
                              type, [command = command](const Job& job) {
                                return RunShellWorker(command, ShellJob(job));
                              }));
                        }
                        if (until_idle_) return AwaitIdle(engine, signals);
                        signals.Wait();
                        return absl::OkStatus();
                      });
  }

 private:
  static absl::Status AwaitIdle(Engine* engine, const StopSignals& signals) {
    for (;;) {
      const absl::Status idle = engine->AwaitIdle(kLook);
      if (!absl::IsDeadlineExceeded(idle) || signals.Came()) {
        return absl::IsDeadlineExceeded(idle) ? absl::OkStatus() : idle;
      }
    }
  }

  std::vector<std::string> worker_texts_;
  bool until_idle_ = false;
};

}  // namespace

CommandPtr NewWorkCommand() { return std::make_unique<WorkCommand>(); }

}  // namespace pawl::cli
