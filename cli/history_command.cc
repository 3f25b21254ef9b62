// history: the timeline of an instance.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/moment_option.h"
#include "cli/record_text.h"
#include "cli/shapes.h"
#include "cli/store.h"
#include "cli/timeline_print.h"
#include "cli/values.h"
#include "replay/audit.h"
#include "replay/decoded_record.h"
#include "replay/store_names.h"

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
                     "pawl history 2 --audit") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Flag("--all", &all_,
                    "Every event, also the steps inside elements (--json "
                    "always has all)");
    arguments->Flag("--audit", &audit_,
                    "The commands instead: who asked for what, and what that "
                    "goes back to");
    arguments->Option("--at", "POS or TIME", &at_,
                      "Up to this record, or this time");
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
    const InstanceKey instance(instance_);
    PAWL_ASSIGN_OR_RETURN(const std::optional<Position> at,
                          ResolveMoment("--at", at_, *data, instance));
    if (audit_) return ShowAudit(context, data, at);
    PAWL_ASSIGN_OR_RETURN(const std::vector<replay::TimelineEntry> entries,
                          replay::ReadTimeline(data, instance));
    for (const replay::TimelineEntry& entry : entries) {
      if (at.has_value() && entry.position > *at) break;
      if (entry.detail && !all_ && !context.json) continue;
      PrintEntry(context, entry, instance);
    }
    return absl::OkStatus();
  }

  absl::Status ShowAudit(const Context& context, PartitionData* data,
                         std::optional<Position> at) const {
    replay::StoreNames names(data);
    PAWL_ASSIGN_OR_RETURN(
        const std::vector<replay::AuditEntry> entries,
        replay::ReadAudit(data, InstanceKey(instance_), &names));
    for (const replay::AuditEntry& entry : entries) {
      if (at.has_value() && entry.command.position > *at) break;
      if (context.json) {
        context.console->Print(Shape(entry).ToJson());
      } else {
        PrintAudit(context.console, entry);
      }
    }
    return absl::OkStatus();
  }

  static void PrintAudit(Console* console, const replay::AuditEntry& entry) {
    const replay::CommandAt& command = entry.command;
    std::string position = ShowPosition(entry.partition, command.position);
    position.resize(std::max(position.size(), kPositionWidth), ' ');
    const std::string who = command.actor.empty() ? "somebody" : command.actor;
    console->Print(absl::StrCat(
        console->Styled(Style::kDim, position), "  ",
        console->Styled(Style::kDim, replay::TimeText(command.time_ms)), "  ",
        console->Styled(Style::kBold, who), " ", command.command,
        ShowFields(entry.arguments, {}),
        entry.caused_by == 0
            ? ""
            : absl::StrCat(", which goes back to ",
                           ShowPosition(entry.partition, entry.origin.position),
                           " ", replay::ToString(entry.origin)),
        ": ", absl::StrJoin(entry.events, " ")));
  }

  uint64_t instance_ = 0;
  bool all_ = false;
  bool audit_ = false;
  std::optional<std::string> at_;
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
