// Command: one subcommand of `pawl`, as data and a function.
//
// Its one door: Declare() says which arguments it takes (arguments.h turns that
// into a CLI11 parser), Run() does the work and returns the exit code. A
// command holds its argument values as members, so it is made for one run.
//
// Why not CLI11 itself: its header alone costs seconds a file to compile, so
// one file includes it (parser.cc) and thirty don't.
#ifndef PAWL_CLI_COMMAND_H_
#define PAWL_CLI_COMMAND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/ids.h"

namespace pawl::cli {

// What the process returns; people script these.
enum ExitCode : int {
  kExitDone = 0,
  // Refused by the engine, or a check that failed.
  kExitRefused = 1,
  // The command line itself is wrong.
  kExitUsage = 2,
  // The store is damaged or has lost data.
  kExitDataLoss = 3,
};

// A place in the log as users write it: `partition:position`, or the position
// alone for partition 0.
struct LogPosition {
  PartitionId partition = 0;
  Position position = 0;
};

// Takes the declarations of a command. The targets must outlive the parse; a
// text that isn't of the target's form ends the program with kExitUsage.
class Arguments {
 public:
  virtual ~Arguments() = default;

  // Positional arguments, in the order of the calls. `name` is shown in help,
  // in capitals: "INSTANCE".
  virtual void Required(std::string_view name, std::string* target,
                        std::string_view help) = 0;
  virtual void Required(std::string_view name, uint64_t* target,
                        std::string_view help) = 0;
  virtual void Required(std::string_view name, LogPosition* target,
                        std::string_view help) = 0;
  virtual void Optional(std::string_view name, std::string* target,
                        std::string_view help) = 0;
  // One or more.
  virtual void RequiredList(std::string_view name,
                            std::vector<std::string>* target,
                            std::string_view help) = 0;

  // Options; `name` with its dashes: "--vars". `value` is shown in help.
  virtual void Flag(std::string_view name, bool* target,
                    std::string_view help) = 0;
  virtual void Option(std::string_view name, std::string_view value,
                      std::string* target, std::string_view help,
                      bool required = false) = 0;
  virtual void Option(std::string_view name, std::string_view value,
                      std::optional<std::string>* target,
                      std::string_view help) = 0;
  virtual void Option(std::string_view name, std::string_view value,
                      std::optional<int>* target, std::string_view help) = 0;
  virtual void Option(std::string_view name, std::string_view value,
                      std::optional<uint64_t>* target,
                      std::string_view help) = 0;
  virtual void Option(std::string_view name, std::string_view value,
                      std::optional<LogPosition>* target,
                      std::string_view help) = 0;
  // `PT30S` (ISO 8601) or `30s`, `5m`, `2h`, `250ms`.
  virtual void Option(std::string_view name, std::string_view value,
                      std::optional<absl::Duration>* target,
                      std::string_view help) = 0;
  // RFC 3339, or a date alone (its midnight UTC).
  virtual void Option(std::string_view name, std::string_view value,
                      std::optional<absl::Time>* target,
                      std::string_view help) = 0;
  // May be given several times.
  virtual void OptionList(std::string_view name, std::string_view value,
                          std::vector<std::string>* target,
                          std::string_view help) = 0;
};

class Console;

// What every command gets: the global flags and where output goes.
struct Context {
  // Folder of the store, and whether the user named it.
  std::string data = "./pawl-data";
  bool data_given = false;
  bool json = false;
  // Who gives commands, for the audit; empty: nobody says.
  std::string actor;
  // The user named it.
  bool actor_given = false;
  // The operator accepts that what lay behind this record is lost.
  std::optional<LogPosition> accept_loss_after;
  Console* console = nullptr;
};

class Command {
 public:
  virtual ~Command() = default;

  virtual std::string_view name() const = 0;
  // One line, for `pawl help`.
  virtual std::string_view summary() const = 0;
  // A line that a user can copy; shown by --help.
  virtual std::string_view example() const = 0;
  // Subcommands (`pawl job fetch`); a command that has some is not run itself.
  virtual std::vector<std::unique_ptr<Command>> TakeChildren() { return {}; }

  virtual void Declare(Arguments* arguments) = 0;
  // Returns an ExitCode. Errors are already printed (Console::Fail).
  virtual int Run(Context& context) = 0;
};

}  // namespace pawl::cli

#endif  // PAWL_CLI_COMMAND_H_
