#include "cli/moment_option.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/values.h"
#include "replay/moment.h"
#include "replay/position_at.h"

namespace pawl::cli {

absl::Status CheckMoment(std::string_view name, std::string_view text) {
  if (ParsePosition(text).ok() || ParseTime(text).ok()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(name), ": got '", ToAbsl(text),
                   "', wanted a position such as 0:17 or a time such as "
                   "2024-03-01T12:00:00Z"));
}

absl::StatusOr<Position> ResolveMoment(std::string_view name,
                                       std::string_view text,
                                       const PartitionData& data,
                                       InstanceKey instance) {
  if (const auto position = ParsePosition(text); position.ok()) {
    if (position->partition != data.partition()) {
      return absl::InvalidArgumentError(absl::StrCat(
          ToAbsl(name), ": got partition ", position->partition, ", wanted ",
          data.partition(), ", which the instance lives in"));
    }
    return position->position;
  }
  PAWL_ASSIGN_OR_RETURN(const absl::Time time, ParseTime(text));
  PAWL_ASSIGN_OR_RETURN(
      const Position at,
      replay::PositionAt(data, instance, absl::ToUnixMillis(time)));
  if (at == 0) {
    return absl::NotFoundError(absl::StrCat(
        ToAbsl(name), ": got ", ToAbsl(text), ", before the first record"));
  }
  return at;
}

absl::StatusOr<Position> ResolveStoreMoment(std::string_view name,
                                            std::string_view text,
                                            const PartitionData& data,
                                            InstanceKey instance) {
  PAWL_ASSIGN_OR_RETURN(const Position at,
                        ResolveMoment(name, text, data, instance));
  const auto time = ParseTime(text);
  if (!time.ok() || at >= data.store().Floor(data.partition())) return at;
  return replay::ArchivedPositionAt(data.store(), data.partition(),
                                    absl::ToUnixMillis(*time));
}

absl::StatusOr<std::optional<Position>> ResolveMoment(
    std::string_view name, const std::optional<std::string>& text,
    const PartitionData& data, InstanceKey instance) {
  if (!text.has_value()) return std::optional<Position>();
  PAWL_ASSIGN_OR_RETURN(
      const Position at,
      ResolveMoment(name, std::string_view(*text), data, instance));
  return std::optional<Position>(at);
}

}  // namespace pawl::cli
