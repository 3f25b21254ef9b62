// ISO 8601 times and durations, as BPMN timers write them, on int64
// milliseconds since 1970-01-01T00:00:00Z.
//
// Integer calendar arithmetic (proleptic Gregorian), no time zone library, no
// locale, no clock: the same on every machine. Texts without an offset are UTC.
// Source: ISO 8601-1:2019 (4.4, 5.2 to 5.5), extended format; RFC 3339 for
// what is printed.
#ifndef PAWL_BASE_ISO8601_H_
#define PAWL_BASE_ISO8601_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl {

// A length of time. Months have no fixed length, so they stay apart until a
// start is known. Neither part is negative.
struct IsoDuration {
  int64_t months = 0;
  int64_t milliseconds = 0;

  friend bool operator==(const IsoDuration&, const IsoDuration&) = default;
};

// First and last millisecond that a time may have: the years 0001 to 9999.
inline constexpr int64_t kTimeMsMin = -62'135'596'800'000;
inline constexpr int64_t kTimeMsMax = 253'402'300'799'999;

// Reads "P1Y2M3DT4H5M6.5S", "P2W", "PT0.5H": designators in this order, each at
// most once, at least one; only the last may have a fraction (with '.' or ','),
// years and months none. What is below a millisecond is cut off.
//
// InvalidArgument: anything else, a sign, or longer than kDurationMsMax (a
//   month counted as 31 days); the message has offset, got and wanted.
absl::StatusOr<IsoDuration> ParseIsoDuration(std::string_view text);

// "P1Y2M3DT4H5M6.5S" without what is zero; "PT0S" for nothing at all. Reads
// back as the same duration. Needs neither part to be negative.
std::string FormatIsoDuration(IsoDuration duration);

// `start_ms` plus months (the day clamped to the month's last: Jan 31 + P1M is
// Feb 28 or 29), then plus milliseconds.
//
// InvalidArgument: start or result beyond kTimeMsMin, kTimeMsMax.
absl::StatusOr<int64_t> AddIsoDuration(int64_t start_ms, IsoDuration duration);

// Reads "2026-01-02", "2026-01-02T03:04", "2026-01-02T03:04:05.678" with "Z",
// "+02:00", "+0200", "+02" or nothing (UTC) after the time; a date alone is its
// first moment. What is below a millisecond is cut off.
//
// InvalidArgument: anything else; the message has offset, got and wanted.
absl::StatusOr<int64_t> ParseIsoDateTime(std::string_view text);

// "2026-01-02T03:04:05.678Z". Beyond the years 0001 to 9999 the year has a sign
// and six digits, as ISO 8601 has it for expanded years.
std::string FormatIsoDateTime(int64_t time_ms);

}  // namespace pawl

#endif  // PAWL_BASE_ISO8601_H_
