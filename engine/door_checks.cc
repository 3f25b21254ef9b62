#include "engine/door_checks.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
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

}  // namespace pawl
