// start, cancel, suspend, resume, set, resolve, message, signal: commands on
// instances and incidents.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shapes.h"
#include "cli/store.h"

namespace pawl::cli {
namespace {

class StartCommand final : public BasicCommand {
 public:
  StartCommand()
      : BasicCommand(
            "start", "Start an instance of a process; prints its key",
            "pawl start order --vars '{\"amount\": 120}' --business-key A-17") {
  }

  void Declare(Arguments* arguments) override {
    arguments->Required("PROCESS-ID", &process_, "The process's id");
    arguments->Option("--version", "N", &version_,
                      "Version of the definition (the newest)");
    arguments->Option("--business-key", "K", &options_.business_key,
                      "Name that the instance can be found by");
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
    arguments->Option("--idempotency-key", "K", &options_.idempotency_key,
                      "A second start with this key gives the first's answer");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    if (version_.has_value()) {
      options_.version = static_cast<uint32_t>(*version_);
    }
    return WithEngine(
        context, Missing::kRefuse, [&](Engine* engine) -> absl::Status {
          PAWL_ASSIGN_OR_RETURN(
              const InstanceKey instance,
              engine->Start(process_, *std::move(vars), options_));
          if (!context.json) {
            context.console->Print(ToString(instance));
            return absl::OkStatus();
          }
          PAWL_ASSIGN_OR_RETURN(const InstanceDetails details,
                                engine->Inspect(instance));
          context.console->Print(Variables{
              {"instance", KeyShape(instance)},
              {"process", details.info.process_id},
              {"version",
               details.info.version}}.ToJson());
          return absl::OkStatus();
        });
  }

 private:
  std::string process_;
  std::string vars_;
  std::optional<int> version_;
  StartOptions options_;
};

// A command on one key that answers with a sentence.
class KeyCommand : public BasicCommand {
 public:
  // `argument`: the key's name in help. `done`: the sentence's end.
  KeyCommand(std::string_view name, std::string_view summary,
             std::string_view example, std::string_view argument,
             std::string_view kind, std::string_view done)
      : BasicCommand(name, summary, example),
        argument_(argument),
        kind_(kind),
        done_(done) {}

  void Declare(Arguments* arguments) override {
    arguments->Required(argument_, &key_,
                        absl::StrCat("Key of the ", ToAbsl(kind_)));
    DeclareMore(arguments);
  }

  int Run(Context& context) override {
    const int code = WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      return Do(engine, key_);
    });
    if (code != kExitDone) return code;
    if (context.json) {
      context.console->Print(Variables{
          {std::string(kind_), std::to_string(key_)},
          {"done", name()}}.ToJson());
    } else {
      context.console->Print(
          absl::StrCat(ToAbsl(kind_), " ", key_, " ", ToAbsl(done_)));
    }
    return kExitDone;
  }

 protected:
  virtual void DeclareMore(Arguments*) {}
  virtual absl::Status Do(Engine* engine, uint64_t key) = 0;

 private:
  const std::string_view argument_;
  const std::string_view kind_;
  const std::string_view done_;
  uint64_t key_ = 0;
};

class CancelCommand final : public KeyCommand {
 public:
  CancelCommand()
      : KeyCommand("cancel", "End an instance where it stands",
                   "pawl cancel 2 --reason 'customer withdrew'", "INSTANCE",
                   "instance", "cancelled") {}
  void DeclareMore(Arguments* arguments) override {
    arguments->Option("--reason", "TEXT", &reason_, "Kept in the history");
  }
  absl::Status Do(Engine* engine, uint64_t key) override {
    return engine->Cancel(InstanceKey(key), reason_);
  }

 private:
  std::string reason_;
};

class SuspendCommand final : public KeyCommand {
 public:
  SuspendCommand()
      : KeyCommand("suspend", "Let an instance rest: no job, timer or result",
                   "pawl suspend 2", "INSTANCE", "instance", "suspended") {}
  absl::Status Do(Engine* engine, uint64_t key) override {
    return engine->Suspend(InstanceKey(key));
  }
};

class ResumeCommand final : public KeyCommand {
 public:
  ResumeCommand()
      : KeyCommand("resume", "Let a suspended instance go on", "pawl resume 2",
                   "INSTANCE", "instance", "resumed") {}
  absl::Status Do(Engine* engine, uint64_t key) override {
    return engine->Resume(InstanceKey(key));
  }
};

class ResolveCommand final : public KeyCommand {
 public:
  ResolveCommand()
      : KeyCommand("resolve", "Repeat the step that an incident stopped",
                   "pawl resolve 9", "INCIDENT-KEY", "incident", "resolved") {}
  absl::Status Do(Engine* engine, uint64_t key) override {
    return engine->ResolveIncident(IncidentKey(key));
  }
};

class SetCommand final : public BasicCommand {
 public:
  SetCommand()
      : BasicCommand("set", "Set variables of an instance",
                     "pawl set 2 --vars '{\"approved\": true}'") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object",
                      /*required=*/true);
    arguments->Option("--scope", "KEY", &scope_,
                      "Scope to write, as `pawl inspect` shows it (the root)");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    const int code = WithEngine(context, Missing::kRefuse, [&](Engine* engine) {
      return engine->SetVariables(InstanceKey(instance_), *std::move(vars),
                                  ElementKey(scope_.value_or(0)));
    });
    if (code != kExitDone) return code;
    context.console->Print(
        context.json
            ? Variables{{"instance", std::to_string(instance_)},
                        {"done", name()}}
                  .ToJson()
            : absl::StrCat("instance ", instance_, " has the variables"));
    return kExitDone;
  }

 private:
  uint64_t instance_ = 0;
  std::string vars_;
  std::optional<uint64_t> scope_;
};

class MessageCommand final : public BasicCommand {
 public:
  MessageCommand()
      : BasicCommand("message", "Publish a message to who waits for it",
                     "pawl message payment-received --key A-17 --vars "
                     "'{\"paid\": 120}' --ttl 1h") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("NAME", &name_, "The message's name");
    arguments->Option("--key", "CORRELATION", &key_,
                      "Only to who waits for this key");
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
    arguments->Option("--ttl", "DUR", &ttl_,
                      "How long it waits if nobody waits for it (not at all)");
    arguments->Option("--id", "ID", &options_.id,
                      "A second message with this name and id does nothing");
    arguments->Flag("--all", &options_.all, "To everybody who waits for it");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    options_.correlation_key = key_;
    options_.time_to_live = ttl_.value_or(absl::ZeroDuration());
    PublishResult result;
    const int code = WithEngine(
        context, Missing::kRefuse, [&](Engine* engine) -> absl::Status {
          PAWL_ASSIGN_OR_RETURN(result, engine->PublishMessage(
                                            name_, *std::move(vars), options_));
          return absl::OkStatus();
        });
    if (code != kExitDone) return code;
    if (context.json) {
      context.console->Print(Variables{
          {"message", name_},
          {"receivers", result.receivers},
          {"buffered", result.buffered},
          {"seen_before",
           result.seen_before}}.ToJson());
    } else if (result.seen_before) {
      context.console->Print(
          absl::StrCat("message ", name_, " was published before"));
    } else if (result.buffered) {
      context.console->Print(
          absl::StrCat("message ", name_, " waits for a receiver"));
    } else {
      context.console->Print(absl::StrCat("message ", name_, " goes to ",
                                          result.receivers, " instances"));
    }
    return kExitDone;
  }

 private:
  std::string name_;
  std::optional<std::string> key_;
  std::string vars_;
  std::optional<absl::Duration> ttl_;
  MessageOptions options_;
};

class SignalCommand final : public BasicCommand {
 public:
  SignalCommand()
      : BasicCommand("signal", "Broadcast a signal to all who wait for it",
                     "pawl signal market-closed") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("NAME", &name_, "The signal's name");
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    int receivers = 0;
    const int code = WithEngine(
        context, Missing::kRefuse, [&](Engine* engine) -> absl::Status {
          PAWL_ASSIGN_OR_RETURN(
              receivers, engine->BroadcastSignal(name_, *std::move(vars)));
          return absl::OkStatus();
        });
    if (code != kExitDone) return code;
    context.console->Print(
        context.json
            ? Variables{{"signal", name_}, {"receivers", receivers}}.ToJson()
            : absl::StrCat("signal ", name_, " goes to ", receivers,
                           " instances"));
    return kExitDone;
  }

 private:
  std::string name_;
  std::string vars_;
};

class ConditionsCommand final : public BasicCommand {
 public:
  ConditionsCommand()
      : BasicCommand("conditions",
                     "Start the processes whose start condition holds",
                     "pawl conditions --vars '{\"stock\": 7}'") {}

  void Declare(Arguments* arguments) override {
    arguments->Option("--vars", "JSON", &vars_, "Variables, a JSON object");
    arguments->Option("--process", "ID", &process_, "This process only");
    arguments->Option("--business-key", "K", &business_key_,
                      "Of what is started");
  }

  int Run(Context& context) override {
    auto vars = ParseVars(vars_);
    if (!vars.ok()) {
      return context.console->FailUsage(ToStd(vars.status().message()));
    }
    int started = 0;
    const int code = WithEngine(
        context, Missing::kRefuse, [&](Engine* engine) -> absl::Status {
          PAWL_ASSIGN_OR_RETURN(
              started, engine->EvaluateConditions(*std::move(vars), process_,
                                                  business_key_));
          return absl::OkStatus();
        });
    if (code != kExitDone) return code;
    context.console->Print(context.json
                               ? Variables{{"started", started}}.ToJson()
                               : absl::StrCat(started, " instances start"));
    return kExitDone;
  }

 private:
  std::string vars_;
  std::string process_;
  std::string business_key_;
};

}  // namespace

CommandPtr NewMessageCommand() { return std::make_unique<MessageCommand>(); }
CommandPtr NewConditionsCommand() {
  return std::make_unique<ConditionsCommand>();
}
CommandPtr NewSignalCommand() { return std::make_unique<SignalCommand>(); }
CommandPtr NewStartCommand() { return std::make_unique<StartCommand>(); }
CommandPtr NewCancelCommand() { return std::make_unique<CancelCommand>(); }
CommandPtr NewSuspendCommand() { return std::make_unique<SuspendCommand>(); }
CommandPtr NewResumeCommand() { return std::make_unique<ResumeCommand>(); }
CommandPtr NewSetCommand() { return std::make_unique<SetCommand>(); }
CommandPtr NewResolveCommand() { return std::make_unique<ResolveCommand>(); }

}  // namespace pawl::cli
