#include "cli/parser.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "cli/console.h"
#include "cli/values.h"

namespace pawl::cli {
namespace {

// A value that isn't of its form; CLI11 adds the option's name.
template <typename T>
T ValueOrThrow(std::string name, absl::StatusOr<T> value) {
  if (!value.ok()) {
    throw CLI::ValidationError(std::move(name),
                               std::string(value.status().message()));
  }
  return *std::move(value);
}

absl::StatusOr<std::string> AsText(std::string_view text) {
  return std::string(text);
}
absl::StatusOr<int> AsInt(std::string_view text) {
  absl::StatusOr<uint64_t> number = ParseNumber(text);
  if (!number.ok()) return number.status();
  if (*number > static_cast<uint64_t>(std::numeric_limits<int>::max())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "got ", *number, ", wanted at most ", std::numeric_limits<int>::max()));
  }
  return static_cast<int>(*number);
}

class Cli11Arguments final : public Arguments {
 public:
  explicit Cli11Arguments(CLI::App* app) : app_(*app) {}

  void Required(std::string_view name, std::string* target,
                std::string_view help) override {
    Add(name, "", target, AsText, help)->required();
  }
  void Required(std::string_view name, uint64_t* target,
                std::string_view help) override {
    Add(name, "", target, ParseNumber, help)->required();
  }
  void Required(std::string_view name, LogPosition* target,
                std::string_view help) override {
    Add(name, "", target, ParsePosition, help)->required();
  }
  void Optional(std::string_view name, std::string* target,
                std::string_view help) override {
    Add(name, "", target, AsText, help);
  }
  void RequiredList(std::string_view name, std::vector<std::string>* target,
                    std::string_view help) override {
    // CLI11 gives a positional argument more than its minimum only with this.
    AddList(name, "", target, help)
        ->required()
        ->expected(1, -1)
        ->allow_extra_args();
  }

  void Flag(std::string_view name, bool* target,
            std::string_view help) override {
    app_.add_flag(std::string(name), *target, std::string(help));
  }
  void Option(std::string_view name, std::string_view value,
              std::string* target, std::string_view help,
              bool required) override {
    Add(name, value, target, AsText, help)->required(required);
  }
  void Option(std::string_view name, std::string_view value,
              std::optional<std::string>* target,
              std::string_view help) override {
    Add(name, value, target, AsText, help);
  }
  void Option(std::string_view name, std::string_view value,
              std::optional<int>* target, std::string_view help) override {
    Add(name, value, target, AsInt, help);
  }
  void Option(std::string_view name, std::string_view value,
              std::optional<uint64_t>* target, std::string_view help) override {
    Add(name, value, target, ParseNumber, help);
  }
  void Option(std::string_view name, std::string_view value,
              std::optional<LogPosition>* target,
              std::string_view help) override {
    Add(name, value, target, ParsePosition, help);
  }
  void Option(std::string_view name, std::string_view value,
              std::optional<absl::Duration>* target,
              std::string_view help) override {
    Add(name, value, target, ParseDuration, help);
  }
  void Option(std::string_view name, std::string_view value,
              std::optional<absl::Time>* target,
              std::string_view help) override {
    Add(name, value, target, ParseTime, help);
  }
  void OptionList(std::string_view name, std::string_view value,
                  std::vector<std::string>* target,
                  std::string_view help) override {
    AddList(name, value, target, help)->allow_extra_args(false);
  }

 private:
  // The raw texts come to our own function: CLI11's conversions read `{}` and
  // `[1]` as containers, and these are JSON here.
  template <typename Target, typename Parse>
  CLI::Option* Add(std::string_view name, std::string_view value,
                   Target* target, Parse parse, std::string_view help) {
    const std::string id(name);
    return app_
        .add_option(
            id,
            [target, parse, id](const CLI::results_t& results) {
              *target = ValueOrThrow(id, parse(results.back()));
              return true;
            },
            std::string(help))
        ->type_name(std::string(value));
  }

  CLI::Option* AddList(std::string_view name, std::string_view value,
                       std::vector<std::string>* target,
                       std::string_view help) {
    return app_
        .add_option(
            std::string(name),
            [target](const CLI::results_t& results) {
              target->assign(results.begin(), results.end());
              return true;
            },
            std::string(help))
        ->type_name(std::string(value))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::App& app_;
};

// Adds `command` and its children below `parent`; the innermost one that was
// named is put into `*chosen`.
void AddCommand(Command* command, CLI::App* parent, Command** chosen,
                std::vector<std::unique_ptr<Command>>* owned) {
  CLI::App* app = parent->add_subcommand(std::string(command->name()),
                                         std::string(command->summary()));
  // --data and --json are understood on either side of the command's name.
  app->fallthrough();
  app->footer(absl::StrCat("Example:\n  ", ToAbsl(command->example())));
  Cli11Arguments arguments(app);
  command->Declare(&arguments);
  std::vector<std::unique_ptr<Command>> children = command->TakeChildren();
  if (children.empty()) {
    app->callback([command, chosen] { *chosen = command; });
    return;
  }
  app->require_subcommand(1);
  for (std::unique_ptr<Command>& child : children) {
    AddCommand(child.get(), app, chosen, owned);
    owned->push_back(std::move(child));
  }
}

// "pawl job fetch"
std::string PathOf(const CLI::App* app) {
  const CLI::App* parent = app->get_parent();
  return parent == nullptr ? app->get_name()
                           : absl::StrCat(PathOf(parent), " ", app->get_name());
}

}  // namespace

int ParseAndRun(std::vector<std::unique_ptr<Command>> commands,
                const std::vector<std::string>& args, Context context) {
  CLI::App app(
      "Pawl runs BPMN 2.0 processes from an event log that survives a crash.",
      "pawl");
  app.set_help_all_flag();
  app.require_subcommand(1);
  CLI::Option* data = app.add_option("--data", context.data,
                                     "Folder of the store (./pawl-data)")
                          ->type_name("DIR");
  app.add_flag("--json", context.json,
               "One JSON document, or one a line, and nothing else on stdout");
  const CLI::Option* actor =
      app.add_option("--actor", context.actor,
                     "Who gives this command, for the audit (its user or "
                     "worker, or the login name)")
          ->type_name("NAME");
  Cli11Arguments(&app).Option(
      "--accept-loss-after", "POS", &context.accept_loss_after,
      "Open a store that lost acknowledged records behind this one, for good; "
      "it is recorded");
  app.footer(
      "Exit codes: 0 done, 1 refused or a check failed, 2 usage, 3 the store "
      "is "
      "damaged.\nMore on a command: pawl COMMAND --help\n\nExample:\n  pawl "
      "run "
      "examples/order.bpmn --vars '{\"amount\": 120}' --auto");

  Command* chosen = nullptr;
  std::vector<std::unique_ptr<Command>> children;
  for (const std::unique_ptr<Command>& command : commands) {
    AddCommand(command.get(), &app, &chosen, &children);
  }
  std::vector<std::string> help_of;
  CLI::App* help = app.add_subcommand("help", "Explain pawl, or one command");
  help->add_option("COMMAND", help_of, "The command")->expected(0, -1);

  try {
    // CLI11 takes them from the back.
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    app.parse(reversed);
    if (help->parsed()) {
      const CLI::App* of = &app;
      for (const std::string& name : help_of) of = of->get_subcommand(name);
      // Not of->help(): that delegates to the subcommand that was parsed.
      context.console->out() << of->get_formatter()->make_help(
          of, PathOf(of), CLI::AppFormatMode::Normal);
      return kExitDone;
    }
  } catch (const CLI::CallForHelp&) {
    const CLI::App* of = &app;
    while (!of->get_subcommands().empty()) of = of->get_subcommands().front();
    context.console->out() << of->help();
    return kExitDone;
  } catch (const CLI::OptionNotFound& error) {
    return context.console->FailUsage(
        absl::StrCat("no such command: ", error.what()));
  } catch (const CLI::ParseError& error) {
    if (args.empty()) {
      context.console->err() << app.help();
      return kExitUsage;
    }
    return context.console->FailUsage(
        absl::StrCat(error.what(), "; pawl help explains"));
  }
  context.data_given = data->count() > 0;
  context.actor_given = actor->count() > 0;
  context.console->set_json(context.json);
  return chosen->Run(context);
}

}  // namespace pawl::cli
