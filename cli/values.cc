#include "cli/values.h"

#include <array>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace pawl::cli {
namespace {

absl::Status Malformed(std::string_view text, std::string_view wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("got '", ToAbsl(text), "', wanted ", ToAbsl(wanted)));
}

constexpr std::string_view kDurationForm =
    "a duration such as PT30S, P1DT2H, 30s, 5m or 1h30m";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr std::array<Unit, 5> kUnits = {{{"d", 24 * 3600 * 1000},
                                         {"h", 3600 * 1000},
                                         {"m", 60 * 1000},
                                         {"s", 1000},
                                         {"ms", 1}}};

// `1h30m`: whole numbers, each unit at most once, the longest first.
bool ParseShortDuration(std::string_view text, int64_t* total_ms) {
  if (text.empty()) return false;
  size_t next = 0;
  *total_ms = 0;
  while (!text.empty()) {
    int64_t number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !IsDigit(text.front())) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    size_t length = 0;
    while (length < text.size() && !IsDigit(text[length])) ++length;
    while (next < kUnits.size() &&
           kUnits[next].name != text.substr(0, length)) {
      ++next;
    }
    if (next == kUnits.size()) return false;
    // Compared before multiplying: an absurd number must not overflow.
    if (number > (kDurationMsMax - *total_ms) / kUnits[next].ms) return false;
    *total_ms += number * kUnits[next].ms;
    ++next;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  int64_t ms = 0;
  if (!text.empty() && text.front() == 'P') {
    PAWL_ASSIGN_OR_RETURN(const IsoDuration duration, ParseIsoDuration(text));
    if (duration.months != 0) return Malformed(text, kDurationForm);
    ms = duration.milliseconds;
  } else if (!ParseShortDuration(text, &ms)) {
    return Malformed(text, kDurationForm);
  }
  return absl::Milliseconds(ms);
}

absl::StatusOr<absl::Time> ParseTime(std::string_view text) {
  PAWL_ASSIGN_OR_RETURN(const int64_t ms, ParseIsoDateTime(text));
  return absl::FromUnixMillis(ms);
}

absl::StatusOr<uint64_t> ParseNumber(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() ||
      end != text.data() + text.size()) {
    return Malformed(text, "a number");
  }
  return value;
}

absl::StatusOr<LogPosition> ParsePosition(std::string_view text) {
  const auto malformed = [&] {
    return Malformed(text, "a position such as 0:17");
  };
  LogPosition result;
  std::string_view position = text;
  if (const size_t colon = text.find(':'); colon != std::string_view::npos) {
    const absl::StatusOr<uint64_t> partition =
        ParseNumber(text.substr(0, colon));
    if (!partition.ok() || *partition >= kPartitionsMax) return malformed();
    result.partition = static_cast<PartitionId>(*partition);
    position.remove_prefix(colon + 1);
  }
  const absl::StatusOr<uint64_t> number = ParseNumber(position);
  if (!number.ok()) return malformed();
  result.position = *number;
  return result;
}

std::string ShowTime(absl::Time time) {
  return FormatIsoDateTime(absl::ToUnixMillis(time));
}

std::string ShowPosition(PartitionId partition, Position position) {
  return absl::StrCat(partition, ":", position);
}

std::string ShowBytes(uint64_t bytes) {
  if (bytes < 1000) return absl::StrCat(bytes, " B");
  double value = static_cast<double>(bytes);
  constexpr std::array<const char*, 4> kSizes = {"kB", "MB", "GB", "TB"};
  size_t unit = 0;
  value /= 1000;
  while (value >= 999.95 && unit + 1 < kSizes.size()) {
    value /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kSizes[unit]);
}

}  // namespace pawl::cli
