// inspect: one instance whole, now or as it was.
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
#include "engine/query.h"

namespace pawl::cli {
namespace {

class InspectCommand final : public BasicCommand {
 public:
  InspectCommand()
      : BasicCommand("inspect", "State of an instance, now or as it was",
                     "pawl inspect 2 --at 0:17") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("INSTANCE", &instance_, "Key of the instance");
    arguments->Option("--at", "POS or TIME", &at_,
                      "As it was after this record, or at this time");
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
    PAWL_ASSIGN_OR_RETURN(
        const std::optional<Position> at,
        ResolveMoment("--at", at_, *data, InstanceKey(instance_)));
    PAWL_ASSIGN_OR_RETURN(const InstanceDetails details,
                          Inspect(*data, InstanceKey(instance_), at));
    if (context.json) {
      context.console->Print(Shape(details).ToJson());
    } else {
      Print(context.console, details);
    }
    return absl::OkStatus();
  }

  static void Print(Console* console, const InstanceDetails& details) {
    const InstanceInfo& info = details.info;
    console->Print(
        absl::StrCat("instance ", ToString(info.key), " of ", info.process_id,
                     " version ", info.version, ": ", ToString(info.state),
                     info.business_key.empty()
                         ? ""
                         : absl::StrCat(", business key ", info.business_key)));
    console->Print(absl::StrCat(
        "as of ",
        ShowPosition(PartitionOfKey(info.key.value()), details.position), ", ",
        ShowTime(details.time)));
    for (const ScopeInfo& scope : details.scopes) {
      console->Print(
          absl::StrCat("scope ", ToString(scope.key), " ", scope.element_id));
      for (const auto& [name, value] : scope.variables) {
        console->Print(absl::StrCat("  ", name, " = ", value.ToJson()));
      }
    }
    for (const ActiveElementInfo& element : details.active) {
      console->Print(absl::StrCat("active ", element.element_id, " (",
                                  element.kind, ", key ", ToString(element.key),
                                  ")"));
    }
    for (const JoinInfo& join : details.joins) {
      std::string arrived;
      for (const auto& [flow, count] : join.arrived) {
        absl::StrAppend(&arrived, " ", flow, ":", count);
      }
      console->Print(absl::StrCat("join ", join.element_id, " has", arrived));
    }
    for (const TaskInfo& task : details.tasks) {
      console->Print(absl::StrCat(
          "task ", ToString(task.key), " ", task.element_id, " waits for ",
          task.assignee.empty() ? "somebody" : task.assignee));
    }
    for (const JobInfo& job : details.jobs) {
      console->Print(absl::StrCat(
          "job ", ToString(job.key), " ", job.element_id, " of type ", job.type,
          ": ", ToString(job.state), ", ", job.retries, " retries",
          job.worker.empty() ? "" : absl::StrCat(", held by ", job.worker)));
    }
    for (const TimerInfo& timer : details.timers) {
      console->Print(absl::StrCat("timer ", ToString(timer.key), " ",
                                  timer.element_id, " due ",
                                  ShowTime(timer.due)));
    }
    for (const SubscriptionInfo& subscription : details.subscriptions) {
      console->Print(absl::StrCat(subscription.element_id, " waits for ",
                                  Awaited(subscription)));
    }
    for (const IncidentInfo& incident : details.incidents) {
      console->Print(console->Styled(
          Style::kRed, absl::StrCat("incident ", ToString(incident.key), " ",
                                    incident.element_id, " ", incident.type,
                                    ": ", incident.message)));
    }
  }

  uint64_t instance_ = 0;
  std::optional<std::string> at_;
};

}  // namespace

CommandPtr NewInspectCommand() { return std::make_unique<InspectCommand>(); }

}  // namespace pawl::cli
