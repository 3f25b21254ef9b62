// feel: evaluate FEEL expressions, one, line by line, or conformance cases.
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "engine/expression/feel/cases.h"
#include "engine/expression/feel/feel.h"

namespace pawl::cli {
namespace {

namespace feel = expression::feel;

class FeelCommand final : public BasicCommand {
 public:
  FeelCommand()
      : BasicCommand("feel", "Evaluate FEEL expressions",
                     "pawl feel 'sum(prices[item > 10])' --context "
                     "'{\"prices\": [5, 20, 30]}'") {}

  void Declare(Arguments* arguments) override {
    arguments->Optional("EXPR", &expression_,
                        "The expression; without one, a line each from stdin");
    arguments->Option("--context", "JSON", &context_, "Its variables");
    arguments->Option("--cases", "FILE", &cases_,
                      "Runs conformance cases, a JSON object a line");
  }

  int Run(Context& context) override {
    if (!cases_.empty()) {
      if (!expression_.empty()) {
        return context.console->FailUsage("got an expression and --cases");
      }
      return RunCases(context);
    }
    absl::StatusOr<Value> variables = Variables();
    if (!context_.empty()) variables = Value::FromJson(context_);
    if (!variables.ok()) return context.console->Fail(variables.status());
    if (!variables->is_context()) {
      return context.console->FailUsage("--context: wanted a JSON object");
    }
    if (expression_.empty()) return RunShell(context, variables->context());
    return EvaluateOne(context, expression_, variables->context());
  }

 private:
  static int EvaluateOne(const Context& context, const std::string& text,
                         const Variables& variables) {
    const feel::Surroundings surroundings{
        absl::ToUnixMillis(absl::Now()),
        static_cast<uint64_t>(absl::ToUnixNanos(absl::Now()))};
    const auto outcome = feel::EvaluateText(text, variables, surroundings);
    if (!outcome.ok()) return context.console->Fail(outcome.status());
    const feel::Fault& fault = outcome->fault;
    if (context.json) {
      Variables result{{"value", outcome->value}, {"type", outcome->type}};
      if (fault.any) {
        result["fault"] =
            Variables{{"offset", fault.offset}, {"reason", fault.reason}};
      }
      context.console->Print(result.ToJson());
    } else {
      const bool has_value = !outcome->value.is_null();
      context.console->Print(has_value ? outcome->value.ToJson()
                                       : outcome->text);
      if (fault.any) {
        context.console->Error(
            absl::StrCat("offset ", fault.offset, ": ", fault.reason));
      }
    }
    return kExitDone;
  }

  // What fails is told, and the next line is read.
  static int RunShell(const Context& context, const Variables& variables) {
    const bool prompt = context.console->shows_progress();
    std::string line;
    while (true) {
      if (prompt) context.console->out() << "feel> " << std::flush;
      if (!std::getline(std::cin, line)) return kExitDone;
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      EvaluateOne(context, line, variables);
    }
  }

  int RunCases(const Context& context) const {
    std::ifstream in(cases_);
    if (!in) {
      return context.console->Fail(
          absl::NotFoundError(absl::StrCat(cases_, ": can't be read")));
    }
    int passed = 0, failed = 0, values_passed = 0, values_failed = 0;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      if (line.find_first_not_of(" \t\r") == line.npos) continue;
      const auto result = feel::RunCase(line);
      if (!result.ok()) {
        ++failed;
        context.console->Print(
            absl::StrCat(cases_, ":", number, ": ", result.status().message()));
        continue;
      }
      const bool ok = result->failure.empty();
      ++(ok ? passed : failed);
      if (result->wants_value) ++(ok ? values_passed : values_failed);
      if (!ok) {
        context.console->Print(absl::StrCat(result->id, ": ", result->failure));
      }
    }
    if (context.json) {
      context.console->Print(Variables{
          {"values_passed", values_passed},
          {"values_failed", values_failed},
          {"passed", passed},
          {"failed", failed}}.ToJson());
    } else {
      context.console->Print(absl::StrCat("value cases: ", values_passed,
                                          " passed, ", values_failed,
                                          " failed"));
      context.console->Print(
          absl::StrCat(passed, " passed, ", failed, " failed"));
    }
    return failed == 0 && passed > 0 ? kExitDone : kExitRefused;
  }

  std::string expression_;
  std::string context_;
  std::string cases_;
};

}  // namespace

CommandPtr NewFeelCommand() { return std::make_unique<FeelCommand>(); }

}  // namespace pawl::cli
