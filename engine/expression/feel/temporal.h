// Dates, times and durations of FEEL, as values without memory of their own.
// Internal to FEEL.
//
// Source: DMN 1.4, 10.3.2.3.4 to 10.3.2.3.9 and 10.3.4.1 (the lexical forms are
// those of XML Schema 1.1, ISO 8601 in short, with `@Area/City` for zones).
// Nothing here reads a clock. Zones of the IANA database are those of zones.h.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_TEMPORAL_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_TEMPORAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace pawl::expression::feel {

class Arena;

// Years that a date can have, either way.
inline constexpr int64_t kYearMax = 999'999'999;
inline constexpr int64_t kNanosPerSecond = 1'000'000'000;
inline constexpr int64_t kSecondsPerDay = 86'400;

// An offset from UTC or a zone by name. Lives in an arena, or for ever.
struct Zone {
  bool named = false;
  int32_t offset_s = 0;
  // Of a named zone.
  std::string_view name;
  absl::TimeZone zone;
};
extern const Zone* const kUtc;

struct Date {
  int32_t year = 0;
  uint8_t month = 1;
  uint8_t day = 1;
};

struct Time {
  // Of the day.
  uint32_t second = 0;
  uint32_t nano = 0;
  // Null: local, nobody knows where.
  const Zone* zone = nullptr;
};

struct DateTime {
  Date date;
  Time time;
};

// Days and time duration: seconds, rounded down, and the rest.
struct DaysTime {
  int64_t seconds = 0;
  int64_t nanos = 0;  // 0..999,999,999
};

// Nanoseconds; a quantity that no date or duration of ours exceeds.
using Nanos = __int128;
inline Nanos TotalNanos(DaysTime duration) {
  return static_cast<Nanos>(duration.seconds) * kNanosPerSecond +
         duration.nanos;
}
// Nothing when the seconds don't fit.
std::optional<DaysTime> FromNanos(Nanos nanos);

// --- Reading. Nothing when the text is no such value.
// --------------------------
std::optional<Date> ParseDate(std::string_view text);
std::optional<Time> ParseTime(std::string_view text, Arena* arena);
// A date alone is its midnight.
std::optional<DateTime> ParseDateTime(std::string_view text, Arena* arena);
std::optional<DaysTime> ParseDaysTime(std::string_view text);
// In months.
std::optional<int64_t> ParseYearsMonths(std::string_view text);
// "Z", "+01:00", "@Europe/Paris"; nothing for any other text.
std::optional<const Zone*> ParseZone(std::string_view text, Arena* arena);
// Nothing when it is beyond 18 hours.
std::optional<const Zone*> MakeOffset(int64_t offset_s, Arena* arena);

// --- Writing, canonical
// --------------------------------------------------------
std::string ToText(Date date);
std::string ToText(const Time& time);
std::string ToText(const DateTime& value);
std::string ToText(DaysTime duration);
std::string YearsMonthsText(int64_t months);

// --- Calendar
// ------------------------------------------------------------------ Days since
// 1970-01-01, proleptic Gregorian.
int64_t ToDays(Date date);
// Nothing beyond kYearMax.
std::optional<Date> FromDays(int64_t days);
std::optional<Date> MakeDate(int64_t year, int64_t month, int64_t day);
int DaysInMonth(int64_t year, int month);
// 1 is Monday, 7 is Sunday.
int Weekday(Date date);
int DayOfYear(Date date);
// ISO 8601 week.
int WeekOfYear(Date date);
// The day stays, or is the last of a shorter month.
std::optional<Date> AddMonths(Date date, int64_t months);
// Whole months from `a` to `b`, towards zero.
int64_t MonthsBetween(Date a, Date b);

// Seconds of `time.zone` east of UTC at that date; 0 without zone.
int64_t OffsetOf(const DateTime& value);
// Of a time without a date: nothing for a named zone, whose offset depends on
// the day.
std::optional<int64_t> OffsetOf(const Time& time);
// Since 1970-01-01T00:00:00, in UTC where there is a zone, else local.
Nanos ToNanos(const DateTime& value);
// The same zone, moved.
std::optional<DateTime> AddNanos(const DateTime& value, Nanos nanos);
Time AddNanos(const Time& time, Nanos nanos);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_TEMPORAL_H_
