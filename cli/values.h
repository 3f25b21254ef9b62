// The small languages of command line values: durations, times, positions and
// keys, in and out. Text only, no state.
//
// Out: times are RFC 3339 UTC with milliseconds, positions
// `partition:position`, keys decimal.
#ifndef PAWL_CLI_VALUES_H_
#define PAWL_CLI_VALUES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/command.h"

namespace pawl::cli {

// `PT1H30M`, `P2D` (ISO 8601 without years and months, whose length depends on
// the calendar), or `250ms`, `30s`, `5m`, `2h`, `1d` and sums of these.
// InvalidArgument: neither, negative, or above kDurationMsMax.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);

// `2024-03-01T12:00:00Z`, with a fraction or an offset, or `2024-03-01`
// (base/iso8601.h).
absl::StatusOr<absl::Time> ParseTime(std::string_view text);

// `0:17` or `17`.
absl::StatusOr<LogPosition> ParsePosition(std::string_view text);

// Decimal digits only.
absl::StatusOr<uint64_t> ParseNumber(std::string_view text);

// "2024-03-01T12:00:00.000Z"
std::string ShowTime(absl::Time time);
// "0:17"
std::string ShowPosition(PartitionId partition, Position position);
// The few digits that a person wants: "1.2 MB", "830 B".
std::string ShowBytes(uint64_t bytes);

}  // namespace pawl::cli

#endif  // PAWL_CLI_VALUES_H_
