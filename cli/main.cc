// `pawl`: the command line of the engine.
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/console.h"
#include "cli/parser.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // A reader that goes (`pawl log | head`), or a worker's command that doesn't
  // read its input, must not kill a process that holds a store open.
  std::signal(SIGPIPE, SIG_IGN);
  pawl::cli::Console console(&std::cout, &std::cerr,
                             pawl::cli::Console::DetectTerminal());
  pawl::cli::Context context;
  context.console = &console;
  const int code = pawl::cli::ParseAndRun(
      pawl::cli::AllCommands(), std::vector<std::string>(argv + 1, argv + argc),
      context);
  std::cout.flush();
  return code;
}
