// Steps that expect something of the state.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/convert.h"
#include "replay/scenario_steps.h"

namespace pawl::replay {
namespace {

using Texts = std::vector<std::string>;

absl::Status Differs(std::string_view what, const std::string& got,
                     const std::string& wanted) {
  return absl::FailedPreconditionError(
      absl::StrCat(ToAbsl(what), ToAbsl(what.empty() ? "" : ": "), "got ", got,
                   ", wanted ", wanted));
}

absl::Status SameMultiset(std::string_view what, Texts got, Texts wanted) {
  std::sort(got.begin(), got.end());
  std::sort(wanted.begin(), wanted.end());
  if (got == wanted) return absl::OkStatus();
  return Differs(what, ListText(got), ListText(wanted));
}

absl::Status SameNumber(std::string_view what, int64_t got, int64_t wanted) {
  if (got == wanted) return absl::OkStatus();
  return Differs(what, std::to_string(got), std::to_string(wanted));
}

absl::Status ExpectActive(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<WorldTask> tasks, world->Tasks());
  Texts active;
  for (const WorldTask& task : tasks) active.push_back(task.element_id);
  return SameMultiset("", std::move(active), *step.ids);
}

absl::Status ExpectWaiting(ScenarioWorld* world, const ScenarioStep& step) {
  const auto same = [&](const char* what, fb::SubscriptionKind kind,
                        const std::optional<Texts>& wanted) -> absl::Status {
    if (!wanted.has_value()) return absl::OkStatus();
    PAWL_ASSIGN_OR_RETURN(Texts got, world->Subscriptions(kind));
    return SameMultiset(what, std::move(got), *wanted);
  };
  PAWL_RETURN_IF_ERROR(
      same("messages", fb::SubscriptionKind::message, step.messages));
  PAWL_RETURN_IF_ERROR(
      same("signals", fb::SubscriptionKind::signal, step.signals));
  PAWL_RETURN_IF_ERROR(
      same("conditions", fb::SubscriptionKind::conditional, step.conditions));
  if (!step.timers.has_value()) return absl::OkStatus();
  int64_t timers = 0;
  PAWL_RETURN_IF_ERROR(
      world->ForEachInstance([&](const core::Instance& instance) {
        if (!instance.ended()) {
          timers += static_cast<int64_t>(instance.timers.size());
        }
      }));
  return SameNumber("timers", timers, *step.timers);
}

absl::Status ExpectVars(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const core::Instance instance,
                        world->InstanceOf(step.process));
  const auto scope = instance.scopes.find(instance.root());
  Variables variables;
  if (scope != instance.scopes.end()) {
    PAWL_ASSIGN_OR_RETURN(variables, ToVariables(scope->second.variables));
  }
  for (const auto& [name, wanted] : step.vars) {
    const Value* got = variables.find(name);
    if (got == nullptr)
      return Differs(name, "no such variable", wanted.ToJson());
    if (!(*got == wanted)) return Differs(name, got->ToJson(), wanted.ToJson());
  }
  return absl::OkStatus();
}

absl::Status ExpectIncident(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<WorldIncident> incidents,
                        world->Incidents());
  int64_t matches = 0;
  Texts got;
  for (const WorldIncident& incident : incidents) {
    got.push_back(absl::StrCat(incident.type, " at ", incident.element_id, " (",
                               incident.message, ")"));
    if ((step.type.empty() || incident.type == step.type) &&
        (step.id.empty() || incident.element_id == step.id) &&
        absl::StrContains(incident.message, step.message)) {
      ++matches;
    }
  }
  if (step.count.has_value() ? matches == *step.count : matches > 0) {
    return absl::OkStatus();
  }
  return Differs(
      "incidents", ListText(got),
      absl::StrCat(
          step.count.has_value() ? std::to_string(*step.count)
                                 : std::string("one"),
          step.type.empty() ? "" : absl::StrCat(" of type ", step.type),
          step.id.empty() ? "" : absl::StrCat(" at ", step.id),
          step.message.empty() ? ""
                               : absl::StrCat(" saying '", step.message, "'")));
}

absl::Status ExpectNoIncident(ScenarioWorld* world) {
  ScenarioStep none;
  none.count = 0;
  return ExpectIncident(world, none);
}

// Every listed element in this order; between them may lie events and gateways
// that aren't listed, but no activity.
absl::Status ExpectPath(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const core::Instance instance,
                        world->InstanceOf(step.process));
  PAWL_ASSIGN_OR_RETURN(const auto completed, world->CompletedOf(instance.key));
  Texts got;
  size_t next = 0;
  bool same = true;
  for (const ScenarioWorld::Completed& element : completed) {
    got.push_back(element.id);
    if (next < step.ids->size() && (*step.ids)[next] == element.id) {
      ++next;
    } else if (model::IsActivity(element.kind)) {
      same = false;
    }
  }
  if (same && next == step.ids->size()) return absl::OkStatus();
  return Differs("path", ListText(got), ListText(*step.ids));
}

absl::Status ExpectEnded(ScenarioWorld* world, const ScenarioStep& step) {
  int64_t started = 0;
  Texts running;
  PAWL_RETURN_IF_ERROR(
      world->ForEachInstance([&](const core::Instance& instance) {
        if (!step.process.empty() && instance.process_id != step.process) {
          return;
        }
        ++started;
        if (!instance.ended()) {
          running.push_back(
              absl::StrCat(instance.process_id, " ", instance.key.value()));
        }
      }));
  if (started == 0) return Differs("instances", "none", "at least one");
  if (running.empty()) return absl::OkStatus();
  return Differs("running instances", ListText(running), "none");
}

absl::Status ExpectState(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const core::Instance instance,
                        world->InstanceOf(step.process));
  const std::string got = fb::EnumNameInstanceState(instance.state);
  return got == step.state ? absl::OkStatus()
                           : Differs("state", got, step.state);
}

absl::Status ExpectJobs(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<core::Job> jobs,
                        world->Jobs(step.type));
  const auto in_state = [&](fb::JobState state) {
    return std::count_if(jobs.begin(), jobs.end(), [&](const core::Job& job) {
      return job.state == state;
    });
  };
  const auto same = [&](const char* what, fb::JobState state,
                        const std::optional<int64_t>& wanted) {
    return wanted.has_value() ? SameNumber(what, in_state(state), *wanted)
                              : absl::OkStatus();
  };
  if (step.count.has_value()) {
    PAWL_RETURN_IF_ERROR(
        SameNumber("jobs", static_cast<int64_t>(jobs.size()), *step.count));
  }
  PAWL_RETURN_IF_ERROR(same("ready", fb::JobState::ready, step.ready));
  PAWL_RETURN_IF_ERROR(same("locked", fb::JobState::locked, step.locked));
  PAWL_RETURN_IF_ERROR(
      same("in_backoff", fb::JobState::backoff, step.backoff_jobs));
  PAWL_RETURN_IF_ERROR(
      same("failed", fb::JobState::incident, step.incident_jobs));
  if (step.retries.has_value()) {
    if (jobs.empty()) return Differs("jobs", "none", "one");
    PAWL_RETURN_IF_ERROR(
        SameNumber("retries", jobs.front().retries, *step.retries));
  }
  if (!step.worker.empty()) {
    const std::string got = jobs.empty() ? "" : jobs.front().worker;
    if (got != step.worker) {
      return Differs("worker", got.empty() ? "nobody" : got, step.worker);
    }
  }
  return absl::OkStatus();
}

absl::Status ExpectTask(ScenarioWorld* world, const ScenarioStep& step) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<WorldTask> tasks, world->Tasks());
  int64_t matches = 0;
  Texts got;
  for (const WorldTask& task : tasks) {
    if (task.element_id != step.id) continue;
    got.push_back(task.assignee.empty() ? "nobody" : task.assignee);
    if (step.has_owner) {
      got.back() += task.owner.empty() ? " for nobody" : " for " + task.owner;
    }
    if ((!step.has_assignee || task.assignee == step.assignee) &&
        (!step.has_owner || task.owner == step.owner)) {
      ++matches;
    }
  }
  if (matches == step.count.value_or(std::max<int64_t>(matches, 1))) {
    return absl::OkStatus();
  }
  return Differs(
      absl::StrCat("tasks ", step.id), ListText(got),
      absl::StrCat(step.count.value_or(1),
                   !step.has_assignee ? ""
                   : step.assignee.empty()
                       ? " of nobody"
                       : absl::StrCat(" of ", step.assignee),
                   !step.has_owner      ? ""
                   : step.owner.empty() ? " for nobody"
                                        : absl::StrCat(" for ", step.owner)));
}

}  // namespace

bool IsCheck(const ScenarioStep& step) {
  return absl::StartsWith(step.op_name, "expect_");
}

std::string ListText(const std::vector<std::string>& items) {
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

absl::Status RunCheck(ScenarioWorld* world, const ScenarioStep& step) {
  switch (step.op) {
    case ScenarioOp::kExpectActive:
      return ExpectActive(world, step);
    case ScenarioOp::kExpectWaiting:
      return ExpectWaiting(world, step);
    case ScenarioOp::kExpectVars:
      return ExpectVars(world, step);
    case ScenarioOp::kExpectIncident:
      return ExpectIncident(world, step);
    case ScenarioOp::kExpectPath:
      return ExpectPath(world, step);
    case ScenarioOp::kExpectEnded:
      return ExpectEnded(world, step);
    case ScenarioOp::kExpectJobs:
      return ExpectJobs(world, step);
    case ScenarioOp::kExpectTask:
      return ExpectTask(world, step);
    case ScenarioOp::kExpectState:
      return ExpectState(world, step);
    case ScenarioOp::kExpectNoIncident:
      return ExpectNoIncident(world);
    default:
      return absl::InternalError(absl::StrCat(step.op_name, " is no check"));
  }
}

}  // namespace pawl::replay
