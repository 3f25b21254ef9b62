#include "engine/door_checks.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/value.h"

namespace pawl {

absl::Status CheckOptionalName(std::string_view what, std::string_view name) {
  if (name.size() > kNameBytesMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(what), ": got ", name.size(), " bytes, wanted at most ",
        kNameBytesMax, " (kNameBytesMax)"));
  }
  if (const size_t zero = name.find('\0'); zero != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(what), ": got a zero byte at offset ", zero, ", wanted none"));
  }
  if (absl::Status status = Value(name).Validate(); !status.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(ToAbsl(what), ": ", status.message()));
  }
  return absl::OkStatus();
}

absl::Status CheckName(std::string_view what, std::string_view name) {
  if (name.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(ToAbsl(what), ": got none, wanted a name"));
  }
  return CheckOptionalName(what, name);
}

absl::StatusOr<int64_t> CheckDuration(std::string_view what,
                                      absl::Duration duration, int64_t min_ms) {
  const int64_t ms =
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
  if (ms < min_ms || ms > kDurationMsMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(what), ": got ", absl::FormatDuration(duration), ", wanted ",
        absl::FormatDuration(absl::Milliseconds(min_ms)), " to ",
        absl::FormatDuration(absl::Milliseconds(kDurationMsMax)),
        " (kDurationMsMax)"));
  }
  return ms;
}

namespace {

// 0: none.
absl::StatusOr<int64_t> CheckTime(std::string_view what, absl::Time time) {
  if (time == absl::InfiniteFuture()) return int64_t{0};
  const int64_t ms = absl::ToUnixMillis(time);
  if (ms < kTimeMsMin || ms > kTimeMsMax || ms == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(ToAbsl(what), ": got ", absl::FormatTime(time),
                     ", wanted a time of the years 1 to 9999"));
  }
  return ms;
}

absl::Status CheckNames(std::string_view what,
                        const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    PAWL_RETURN_IF_ERROR(CheckName(what, name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<fb::ChangeTaskT> CheckChange(TaskChange change) {
  fb::ChangeTaskT command;
  if (change.assignee.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckOptionalName("assignee", *change.assignee));
    command.fields.push_back(fb::TaskField::assignee);
    command.assignee = *std::move(change.assignee);
  }
  if (change.owner.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckOptionalName("owner", *change.owner));
    command.fields.push_back(fb::TaskField::owner);
    command.owner = *std::move(change.owner);
  }
  if (change.candidate_users.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckNames("candidate user", *change.candidate_users));
    command.fields.push_back(fb::TaskField::candidate_users);
    command.candidate_users = *std::move(change.candidate_users);
  }
  if (change.candidate_groups.has_value()) {
    PAWL_RETURN_IF_ERROR(
        CheckNames("candidate group", *change.candidate_groups));
    command.fields.push_back(fb::TaskField::candidate_groups);
    command.candidate_groups = *std::move(change.candidate_groups);
  }
  if (change.due.has_value()) {
    command.fields.push_back(fb::TaskField::due);
    PAWL_ASSIGN_OR_RETURN(command.due_ms, CheckTime("due date", *change.due));
  }
  if (change.follow_up.has_value()) {
    command.fields.push_back(fb::TaskField::follow_up);
    PAWL_ASSIGN_OR_RETURN(command.follow_up_ms,
                          CheckTime("follow-up date", *change.follow_up));
  }
  if (change.priority.has_value()) {
    command.fields.push_back(fb::TaskField::priority);
    command.priority = *change.priority;
  }
  return command;
}

}  // namespace pawl
