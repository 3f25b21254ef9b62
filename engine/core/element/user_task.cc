// User task (BPMN 2.0.2, 10.3.4.1 and 13.3.3): a task for a person; the token
// waits until it is completed.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

std::string Trim(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// A name goes into the record and into every list of tasks.
absl::Status CheckName(Transition& t, const std::string& name) {
  if (name.size() > kNameBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", name.size(), " bytes, wanted at most ",
                     kNameBytesMax, " (kNameBytesMax)"));
  }
  t.CountWritten(name.size());
  return absl::OkStatus();
}

absl::StatusOr<std::string> Text(Transition& t, ElementKey scope,
                                 const std::unique_ptr<fb::ExpressionT>& e) {
  if (e == nullptr) return std::string();
  PAWL_ASSIGN_OR_RETURN(std::string text, t.EvaluateText(*e, scope));
  PAWL_RETURN_IF_ERROR(CheckName(t, text));
  return text;
}

// A list value, or a text with commas.
absl::StatusOr<std::vector<std::string>> Names(
    Transition& t, ElementKey scope,
    const std::unique_ptr<fb::ExpressionT>& e) {
  std::vector<std::string> names;
  if (e == nullptr) return names;
  PAWL_ASSIGN_OR_RETURN(const Value value, t.EvaluateValue(*e, scope));
  if (value.is_null()) return names;
  if (value.is_list()) {
    for (const Value& entry : value.list()) {
      PAWL_ASSIGN_OR_RETURN(std::string name, entry.AsString());
      PAWL_RETURN_IF_ERROR(CheckName(t, name));
      names.push_back(std::move(name));
    }
    return names;
  }
  PAWL_ASSIGN_OR_RETURN(const std::string text, value.AsString());
  for (size_t start = 0; start <= text.size();) {
    const size_t comma = std::min(text.find(',', start), text.size());
    std::string name = Trim(text.substr(start, comma - start));
    PAWL_RETURN_IF_ERROR(CheckName(t, name));
    if (!name.empty()) names.push_back(std::move(name));
    start = comma + 1;
  }
  return names;
}

// A date and time, or a duration from now. 0: none.
absl::StatusOr<int64_t> Time(Transition& t, ElementKey scope,
                             const std::unique_ptr<fb::ExpressionT>& e) {
  PAWL_ASSIGN_OR_RETURN(const std::string text, Text(t, scope, e));
  if (text.empty()) return int64_t{0};
  if (text[0] == 'P') {
    PAWL_ASSIGN_OR_RETURN(const IsoDuration duration, ParseIsoDuration(text));
    return AddIsoDuration(t.now_ms(), duration);
  }
  return ParseIsoDateTime(text);
}

absl::StatusOr<int32_t> Priority(Transition& t, ElementKey scope,
                                 const std::unique_ptr<fb::ExpressionT>& e) {
  constexpr int32_t kDefault = 50;
  if (e == nullptr) return kDefault;
  PAWL_ASSIGN_OR_RETURN(Value value, t.EvaluateValue(*e, scope));
  if (value.is_null()) return kDefault;
  if (value.is_string()) {
    PAWL_ASSIGN_OR_RETURN(value, Value::Number(Trim(value.string())));
  }
  PAWL_ASSIGN_OR_RETURN(const int64_t number, value.AsInt64());
  if (number < INT32_MIN || number > INT32_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", number, ", wanted a 32 bit number"));
  }
  return static_cast<int32_t>(number);
}

absl::Status Prefixed(const char* what, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(what, ": ", status.message()));
}

// Fills `task`, or says which attribute failed and why.
absl::Status Evaluate(Transition& t, ElementKey scope,
                      const fb::UserTaskDefinitionT& def,
                      fb::TaskCreatedT* task) {
  auto assignee = Text(t, scope, def.assignee);
  if (!assignee.ok()) return Prefixed("assignee", assignee.status());
  auto users = Names(t, scope, def.candidate_users);
  if (!users.ok()) return Prefixed("candidate users", users.status());
  auto groups = Names(t, scope, def.candidate_groups);
  if (!groups.ok()) return Prefixed("candidate groups", groups.status());
  auto due = Time(t, scope, def.due_date);
  if (!due.ok()) return Prefixed("due date", due.status());
  auto follow_up = Time(t, scope, def.follow_up_date);
  if (!follow_up.ok()) return Prefixed("follow-up date", follow_up.status());
  auto priority = Priority(t, scope, def.priority);
  if (!priority.ok()) return Prefixed("priority", priority.status());
  task->assignee = *std::move(assignee);
  task->candidate_users = *std::move(users);
  task->candidate_groups = *std::move(groups);
  task->due_ms = *due;
  task->follow_up_ms = *follow_up;
  task->priority = *priority;
  return absl::OkStatus();
}

// Its listeners run when it is active, and all that it waits for is open.
Outcome CreateTask(Transition& t, ElementKey key, const fb::ElementT& element) {
  fb::TaskCreatedT task;
  task.element_key = key.value();
  task.kind = fb::TaskKind::user;
  if (element.user_task != nullptr) {
    const absl::Status status = Evaluate(t, key, *element.user_task, &task);
    if (!status.ok()) {
      return Outcome::Failed(fb::IncidentType::expression_error,
                             std::string(status.message()));
    }
  }
  task.key = t.NewKey();
  t.Emit(std::move(task));
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kUserTask = {fb::ElementKind::user_task, CreateTask};

}  // namespace pawl::core
