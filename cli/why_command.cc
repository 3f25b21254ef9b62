// why: what an instance waits for, and how it came there, in sentences.
#include <algorithm>
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
#include "replay/why.h"

namespace pawl::cli {
namespace {

Style StyleOf(const std::string& kind) {
  if (kind == "incident" || kind == "stuck") return Style::kRed;
  if (kind == "suspended") return Style::kYellow;
  if (kind == "instance" || kind == "ended") return Style::kBold;
  if (kind == "choice") return Style::kDim;
  return Style::kPlain;
}

class WhyCommand final : public BasicCommand {
 public:
  WhyCommand()
      : BasicCommand("why",
                     "Why an instance waits, failed or ended, in sentences",
                     "pawl why 2") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Option("--at", "POS or TIME", &at_,
                      "As it was after this record, or at this time");
    arguments->Option("--choices", "N", &choices_,
                      "So many of the last choices of its gateways (10)");
  }

  int Run(Context& context) override {
    if (at_.has_value()) {
      if (const absl::Status status = CheckMoment("--at", *at_); !status.ok()) {
        return context.console->FailUsage(ToStd(status.message()));
      }
    }
    const absl::Status status = Show(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Show(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data,
                          reader->PartitionOf(instance_));
    replay::WhyOptions options;
    PAWL_ASSIGN_OR_RETURN(
        options.at, ResolveMoment("--at", at_, *data, InstanceKey(instance_)));
    if (!options.at.has_value()) {
      PAWL_ASSIGN_OR_RETURN(const int64_t now_ms, StoreNowMs(context));
      options.now_ms = std::max(now_ms, data->state().time_ms);
    }
    if (choices_.has_value()) {
      options.choices_max = static_cast<size_t>(*choices_);
    }
    PAWL_ASSIGN_OR_RETURN(const std::vector<replay::WhySentence> sentences,
                          replay::Why(data, InstanceKey(instance_), options));
    for (const replay::WhySentence& sentence : sentences) {
      Print(context, data->partition(), sentence);
    }
    return absl::OkStatus();
  }

  static void Print(const Context& context, PartitionId partition,
                    const replay::WhySentence& sentence) {
    if (!context.json) {
      // What is said of an instance is below the line that names it.
      context.console->Print(absl::StrCat(
          sentence.kind == "instance" ? "" : "  ",
          context.console->Styled(StyleOf(sentence.kind), sentence.text)));
      return;
    }
    Variables shape{
        {"kind", sentence.kind},
        {"instance", KeyShape(sentence.instance)},
        {"element", TextShape(sentence.element_id)},
        {"key",
         sentence.key == 0 ? Value() : Value(std::to_string(sentence.key))},
        {"since",
         sentence.since_ms == 0
             ? Value()
             : Value(ShowTime(absl::FromUnixMillis(sentence.since_ms)))},
        {"position", sentence.since == 0
                         ? Value()
                         : Value(ShowPosition(partition, sentence.since))},
        {"text", sentence.text}};
    shape.Set("details", sentence.details);
    context.console->Print(shape.ToJson());
  }

  uint64_t instance_ = 0;
  std::optional<std::string> at_;
  std::optional<int> choices_;
};

}  // namespace

CommandPtr NewWhyCommand() { return std::make_unique<WhyCommand>(); }

}  // namespace pawl::cli
