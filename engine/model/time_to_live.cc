#include "engine/model/time_to_live.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace pawl::model {

absl::StatusOr<IsoDuration> ParseTimeToLiveText(std::string_view text) {
  const bool days =
      !text.empty() && std::all_of(text.begin(), text.end(),
                                   [](char c) { return c >= '0' && c <= '9'; });
  absl::StatusOr<IsoDuration> parsed = ParseIsoDuration(
      days ? absl::StrCat("P", std::string(text), "D") : std::string(text));
  if (parsed.ok()) return parsed;
  return absl::InvalidArgumentError(
      absl::StrCat("got '", std::string(text),
                   "', wanted days such as 30 or a duration such as P1Y (",
                   parsed.status().message(), ")"));
}

}  // namespace pawl::model
