// `pawl`: the command line of the engine.
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/login_name.h"
#include "cli/parser.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  pawl::cli::Console console(&std::cout, &std::cerr,
                             pawl::cli::Console::DetectTerminal());
  pawl::cli::Context context;
  context.console = &console;
  context.actor = pawl::cli::LoginName();
  int code = pawl::cli::ParseAndRun(
      pawl::cli::AllCommands(), std::vector<std::string>(argv + 1, argv + argc),
      context);
  // Output that is cut short must not look complete.
  if (!std::cout.flush()) {
    console.Error("standard output: can't be written");
    if (code == pawl::cli::kExitDone) code = pawl::cli::kExitRefused;
  }
  return code;
}
