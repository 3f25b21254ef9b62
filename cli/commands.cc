#include "cli/commands.h"

namespace pawl::cli {

std::vector<std::unique_ptr<Command>> AllCommands() {
  std::vector<std::unique_ptr<Command>> commands;
  for (CommandPtr (*make)() :
       {NewRunCommand,         NewValidateCommand,  NewDeployCommand,
        NewDefinitionsCommand, NewXmlCommand,       NewStartCommand,
        NewInstancesCommand,   NewInspectCommand,   NewHistoryCommand,
        NewWhyCommand,         NewDiffCommand,      NewForkCommand,
        NewAdvanceCommand,     NewRenderCommand,    NewTasksCommand,
        NewCompleteCommand,    NewClaimCommand,     NewUnclaimCommand,
        NewJobsCommand,        NewJobCommand,       NewWorkCommand,
        NewTimersCommand,      NewIncidentsCommand, NewResolveCommand,
        NewCancelCommand,      NewSuspendCommand,   NewResumeCommand,
        NewSetCommand,         NewMessageCommand,   NewSignalCommand,
        NewConditionsCommand,  NewLogCommand,       NewReplayCommand,
        NewVerifyCommand,      NewRebuildCommand,   NewExportCommand,
        NewBackupCommand,      NewRestoreCommand,   NewRetainCommand,
        NewHoldCommand,        NewReleaseCommand,   NewHoldsCommand,
        NewStatsCommand,       NewTopCommand,       NewTestCommand,
        NewFeelCommand}) {
    commands.push_back(make());
  }
  return commands;
}

}  // namespace pawl::cli
