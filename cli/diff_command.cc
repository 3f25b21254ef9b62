// diff: what changed in an instance between two moments, of a store, or of a
// store and its fork.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/moment_option.h"
#include "cli/shapes.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/moment.h"
#include "replay/state_diff.h"

namespace pawl::cli {
namespace {

Style StyleOf(replay::StateChange::How how) {
  switch (how) {
    case replay::StateChange::How::kAdded:
      return Style::kGreen;
    case replay::StateChange::How::kRemoved:
      return Style::kRed;
    case replay::StateChange::How::kChanged:
      break;
  }
  return Style::kYellow;
}

const char* SignOf(replay::StateChange::How how) {
  switch (how) {
    case replay::StateChange::How::kAdded:
      return "+ ";
    case replay::StateChange::How::kRemoved:
      return "- ";
    case replay::StateChange::How::kChanged:
      break;
  }
  return "~ ";
}

class DiffCommand final : public BasicCommand {
 public:
  DiffCommand()
      : BasicCommand("diff", "What changed in an instance between two moments",
                     "pawl diff 2 0:17 0:40") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Required("FROM", &from_,
                        "The state after this record, or at this time");
    arguments->Required("TO", &to_, "And after this one");
    arguments->Option("--with", "DIR", &with_,
                      "TO is of this store: a fork of this one");
  }

  int Run(Context& context) override {
    for (const auto& [name, text] :
         {std::pair("FROM", &from_), std::pair("TO", &to_)}) {
      const absl::Status status = CheckMoment(name, *text);
      if (!status.ok()) {
        return context.console->FailUsage(ToStd(status.message()));
      }
    }
    const absl::Status status = Show(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Show(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    std::unique_ptr<Reader> other;
    if (with_.has_value()) {
      Context fork = context;
      fork.data = *with_;
      PAWL_ASSIGN_OR_RETURN(other, Reader::Open(fork));
    }
    PAWL_ASSIGN_OR_RETURN(const replay::InstanceAt from,
                          ReadAt(reader.get(), "FROM", from_));
    PAWL_ASSIGN_OR_RETURN(
        const replay::InstanceAt to,
        ReadAt(other == nullptr ? reader.get() : other.get(), "TO", to_));
    const std::vector<replay::StateChange> changes =
        replay::DiffStates(from, to);
    if (context.json) {
      context.console->Print(ShapeOf(from, to, changes).ToJson());
      return absl::OkStatus();
    }
    context.console->Print(absl::StrCat(
        "instance ", instance_, " from ", MomentText(from), " to ",
        MomentText(to), with_.has_value() ? " of " : "", with_.value_or("")));
    for (const replay::StateChange& change : changes) {
      context.console->Print(context.console->Styled(
          StyleOf(change.how),
          absl::StrCat(SignOf(change.how), replay::ChangeText(change))));
    }
    if (changes.empty()) context.console->Print("nothing changed");
    return absl::OkStatus();
  }

  absl::StatusOr<replay::InstanceAt> ReadAt(Reader* reader, const char* name,
                                            const std::string& text) const {
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data,
                          reader->PartitionOfInstance(instance_));
    PAWL_ASSIGN_OR_RETURN(const Position at,
                          ResolveMoment(name, std::string_view(text), *data,
                                        InstanceKey(instance_)));
    return replay::ReadInstanceAt(data, InstanceKey(instance_), at);
  }

  static std::string MomentText(const replay::InstanceAt& at) {
    return absl::StrCat(ShowPosition(at.partition, at.position), " (",
                        ShowTime(absl::FromUnixMillis(at.time_ms)), ")");
  }
  static Variables MomentShape(const replay::InstanceAt& at) {
    return {{"position", ShowPosition(at.partition, at.position)},
            {"time", ShowTime(absl::FromUnixMillis(at.time_ms))}};
  }

  Variables ShapeOf(const replay::InstanceAt& from,
                    const replay::InstanceAt& to,
                    const std::vector<replay::StateChange>& changes) const {
    Value::List list;
    for (const replay::StateChange& change : changes) {
      Value::List fields;
      for (const replay::FieldChange& field : change.fields) {
        fields.emplace_back(Variables{
            {"field", field.field}, {"from", field.from}, {"to", field.to}});
      }
      list.emplace_back(Variables{{"change", replay::ToString(change.how)},
                                  {"what", change.what},
                                  {"key", std::to_string(change.key)},
                                  {"name", TextShape(change.name)},
                                  {"element", TextShape(change.element_id)},
                                  {"fields", std::move(fields)}});
    }
    return {{"instance", std::to_string(instance_)},
            {"from", MomentShape(from)},
            {"to", MomentShape(to)},
            {"with", with_.has_value() ? Value(*with_) : Value()},
            {"changes", std::move(list)}};
  }

  uint64_t instance_ = 0;
  std::string from_;
  std::string to_;
  std::optional<std::string> with_;
};

}  // namespace

CommandPtr NewDiffCommand() { return std::make_unique<DiffCommand>(); }

}  // namespace pawl::cli
