// From argv to a command that has its values: the one file that knows CLI11.
#ifndef PAWL_CLI_PARSER_H_
#define PAWL_CLI_PARSER_H_

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"

namespace pawl::cli {

// Parses `args` (without the program's name) against `commands` and runs the
// chosen one with the global flags set in `context`. Help goes to stdout with
// kExitDone, a usage error to stderr with kExitUsage.
int ParseAndRun(std::vector<std::unique_ptr<Command>> commands,
                const std::vector<std::string>& args, Context context);

}  // namespace pawl::cli

#endif  // PAWL_CLI_PARSER_H_
