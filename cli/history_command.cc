// history: the timeline of an instance.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shapes.h"
#include "cli/store.h"
#include "cli/timeline_print.h"
#include "cli/values.h"
#include "replay/decoded_record.h"

namespace pawl::cli {
namespace {

// Wide enough for most positions, so that the lines of a stream align.
constexpr size_t kPositionWidth = 8;

Style StyleOf(const std::string& event) {
  if (event == "IncidentRaised" || event == "JobFailed" ||
      event == "JobErrorThrown") {
    return Style::kRed;
  }
  if (absl::StartsWith(event, "Instance")) return Style::kBold;
  if (event == "ElementCompleted") return Style::kGreen;
  if (event == "FlowTaken") return Style::kDim;
  return Style::kPlain;
}

class HistoryCommand final : public BasicCommand {
 public:
  HistoryCommand()
      : BasicCommand("history", "What happened to an instance",
                     "pawl history 2") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Flag("--all", &all_,
                    "Every event, also the steps inside elements (--json "
                    "always has all)");
  }

  int Run(Context& context) override {
    const absl::Status status = Show(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Show(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data,
                          reader->PartitionOf(instance_));
    const InstanceKey instance(instance_);
    PAWL_ASSIGN_OR_RETURN(const std::vector<replay::TimelineEntry> entries,
                          replay::ReadTimeline(data, instance));
    for (const replay::TimelineEntry& entry : entries) {
      if (entry.detail && !all_ && !context.json) continue;
      PrintEntry(context, entry, instance);
    }
    return absl::OkStatus();
  }

  uint64_t instance_ = 0;
  bool all_ = false;
};

}  // namespace

void PrintEntry(const Context& context, const replay::TimelineEntry& entry,
                InstanceKey instance) {
  Console& console = *context.console;
  if (context.json) {
    console.Print(Shape(entry, instance).ToJson());
    return;
  }
  std::string position = ShowPosition(entry.partition, entry.position);
  position.resize(std::max(position.size(), kPositionWidth), ' ');
  console.Print(
      absl::StrCat(console.Styled(Style::kDim, position), "  ",
                   console.Styled(Style::kDim, replay::TimeText(entry.time_ms)),
                   "  ", console.Styled(StyleOf(entry.event), entry.text)));
}

CommandPtr NewHistoryCommand() { return std::make_unique<HistoryCommand>(); }

}  // namespace pawl::cli
