// Every subcommand, and how they are made. A new one is a line here, a line in
// commands.cc and its class.
#ifndef PAWL_CLI_COMMANDS_H_
#define PAWL_CLI_COMMANDS_H_

#include <memory>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace pawl::cli {

// In the order of `pawl help`.
std::vector<std::unique_ptr<Command>> AllCommands();

// A command whose texts are constants.
class BasicCommand : public Command {
 public:
  BasicCommand(std::string_view name, std::string_view summary,
               std::string_view example)
      : name_(name), summary_(summary), example_(example) {}

  std::string_view name() const final { return name_; }
  std::string_view summary() const final { return summary_; }
  std::string_view example() const final { return example_; }

 private:
  const std::string_view name_;
  const std::string_view summary_;
  const std::string_view example_;
};

using CommandPtr = std::unique_ptr<Command>;

// model_commands.cc
CommandPtr NewValidateCommand();
CommandPtr NewDeployCommand();
CommandPtr NewDefinitionsCommand();
CommandPtr NewXmlCommand();
// run_command.cc, work_command.cc
CommandPtr NewRunCommand();
CommandPtr NewWorkCommand();
// instance_commands.cc
CommandPtr NewStartCommand();
CommandPtr NewCancelCommand();
CommandPtr NewSuspendCommand();
CommandPtr NewResumeCommand();
CommandPtr NewSetCommand();
CommandPtr NewResolveCommand();
CommandPtr NewMessageCommand();
CommandPtr NewSignalCommand();
CommandPtr NewConditionsCommand();
// task_commands.cc
CommandPtr NewCompleteCommand();
CommandPtr NewClaimCommand();
CommandPtr NewUnclaimCommand();
// job_commands.cc
CommandPtr NewJobCommand();
// list_commands.cc
CommandPtr NewInstancesCommand();
CommandPtr NewTasksCommand();
CommandPtr NewJobsCommand();
CommandPtr NewTimersCommand();
CommandPtr NewIncidentsCommand();
// inspect_command.cc, history_command.cc, log_command.cc, stats_command.cc,
// top_command.cc
CommandPtr NewInspectCommand();
CommandPtr NewHistoryCommand();
CommandPtr NewLogCommand();
CommandPtr NewStatsCommand();
CommandPtr NewTopCommand();
// render_command.cc
CommandPtr NewRenderCommand();
// why_command.cc, diff_command.cc
CommandPtr NewWhyCommand();
CommandPtr NewDiffCommand();
// fork_command.cc
CommandPtr NewForkCommand();
CommandPtr NewAdvanceCommand();
// replay_commands.cc
CommandPtr NewReplayCommand();
CommandPtr NewVerifyCommand();
CommandPtr NewRebuildCommand();
// export_command.cc, backup_commands.cc
CommandPtr NewExportCommand();
CommandPtr NewBackupCommand();
CommandPtr NewRestoreCommand();
// retain_commands.cc
CommandPtr NewRetainCommand();
CommandPtr NewHoldCommand();
CommandPtr NewReleaseCommand();
CommandPtr NewHoldsCommand();
// test_command.cc, feel_command.cc
CommandPtr NewTestCommand();
CommandPtr NewFeelCommand();

}  // namespace pawl::cli

#endif  // PAWL_CLI_COMMANDS_H_
