#include "base/iso8601.h"

#include <cstddef>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace pawl {
namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kWeekMs = 7 * kDayMs;
constexpr int64_t kLongestMonthMs = 31 * kDayMs;
// Digits of one number in a duration: what has more is beyond kDurationMsMax
// even in milliseconds, and so many fit in 64 bits.
constexpr size_t kDurationDigitsMax = 15;
// Texts in messages are cut here, so that a message stays a line.
constexpr size_t kShownBytesMax = 64;

struct CivilDate {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
};

// Days since 1970-01-01. Source: H. Hinnant, chrono-compatible low-level date
// algorithms: years begin in March, so that the leap day is the last one.
int64_t DaysFromCivil(CivilDate date) {
  const int64_t year = date.year - (date.month <= 2);
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year =
      (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

CivilDate CivilFromDays(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36524 - day_of_era / 146096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  date.month = static_cast<int>(shifted_month < 10 ? shifted_month + 3
                                                   : shifted_month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2);
  return date;
}

bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int DaysInMonth(int64_t year, int month) {
  if (month == 2) return IsLeapYear(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from left to right; its errors name the text, where, got and
// wanted.
class Cursor {
 public:
  Cursor(const char* what, std::string_view text) : what_(what), text_(text) {}

  bool AtEnd() const { return position_ == text_.size(); }
  size_t position() const { return position_; }
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }
  bool Take(char c) {
    if (AtEnd() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  std::string_view TakeDigits() {
    const size_t start = position_;
    while (IsDigit(Peek())) ++position_;
    return text_.substr(start, position_ - start);
  }

  // Exactly `count` digits with a value from `low` to `high`.
  absl::StatusOr<int> TakeNumber(int count, int low, int high,
                                 const char* name) {
    const size_t start = position_;
    int value = 0;
    for (int i = 0; i < count; ++i) {
      if (!IsDigit(Peek())) {
        return Wanted(absl::StrCat(count, " digits of the ", name));
      }
      value = value * 10 + (text_[position_++] - '0');
    }
    if (value < low || value > high) {
      return ErrorAt(start, absl::StrCat("got ", value, ", wanted a ", name,
                                         " from ", low, " to ", high));
    }
    return value;
  }

  absl::Status Wanted(const std::string& wanted) const {
    return ErrorAt(position_, absl::StrCat("got ", Got(), ", wanted ", wanted));
  }

  absl::Status ErrorAt(size_t offset, const std::string& message) const {
    return absl::InvalidArgumentError(
        absl::StrCat(what_, " '", ToAbsl(text_.substr(0, kShownBytesMax)),
                     text_.size() > kShownBytesMax ? "...'" : "'", ", offset ",
                     offset, ": ", message));
  }

 private:
  std::string Got() const {
    if (AtEnd()) return "the end";
    const char c = text_[position_];
    if (c < ' ' || c > '~') {
      return absl::StrCat("byte 0x", absl::Hex(static_cast<unsigned char>(c)));
    }
    return absl::StrCat("'", std::string(1, c), "'");
  }

  const char* what_;
  std::string_view text_;
  size_t position_ = 0;
};

// The first three digits of a fraction are milliseconds of a second, the rest
// is cut off; likewise for the other units, exactly.
int64_t FractionOf(std::string_view digits, int64_t unit_ms) {
  // Nine digits of a week are under a millisecond of error, and fit.
  constexpr size_t kFractionDigitsMax = 9;
  int64_t numerator = 0;
  int64_t denominator = 1;
  for (size_t i = 0; i < digits.size() && i < kFractionDigitsMax; ++i) {
    numerator = numerator * 10 + (digits[i] - '0');
    denominator *= 10;
  }
  return numerator * unit_ms / denominator;
}

struct Unit {
  char designator;
  // Exactly one of both is not zero.
  int months;
  int64_t milliseconds;
};
constexpr Unit kDateUnits[] = {
    {'Y', 12, 0}, {'M', 1, 0}, {'W', 0, kWeekMs}, {'D', 0, kDayMs}};
constexpr Unit kTimeUnits[] = {
    {'H', 0, kHourMs}, {'M', 0, kMinuteMs}, {'S', 0, kSecondMs}};

class DurationParser {
 public:
  explicit DurationParser(std::string_view text) : in_("duration", text) {}

  absl::StatusOr<IsoDuration> Parse() {
    if (in_.Peek() == '-' || in_.Peek() == '+') {
      return in_.Wanted("'P' (a duration has no sign)");
    }
    if (!in_.Take('P')) return in_.Wanted("'P'");
    bool any = false;
    PAWL_RETURN_IF_ERROR(ParseUnits(kDateUnits, std::size(kDateUnits), &any));
    if (in_.Take('T')) {
      any = false;  // "P1DT" promises a time
      PAWL_RETURN_IF_ERROR(ParseUnits(kTimeUnits, std::size(kTimeUnits), &any));
      if (!any) return in_.Wanted("a number of hours, minutes or seconds");
    }
    if (!any) return in_.Wanted("a number, such as in PT5M or P1D");
    if (!in_.AtEnd()) return in_.Wanted("the end");
    return duration_;
  }

 private:
  absl::Status ParseUnits(const Unit* units, size_t count, bool* any) {
    size_t next = 0;
    while (IsDigit(in_.Peek()) || in_.Peek() == '-' || in_.Peek() == '+') {
      if (!IsDigit(in_.Peek())) return in_.Wanted("a digit (no signs)");
      const size_t start = in_.position();
      const std::string_view digits = in_.TakeDigits();
      std::string_view fraction;
      if (in_.Peek() == '.' || in_.Peek() == ',') {
        in_.Take(in_.Peek());
        fraction = in_.TakeDigits();
        if (fraction.empty()) return in_.Wanted("a digit");
      }
      size_t i = next;
      while (i < count && units[i].designator != in_.Peek()) ++i;
      if (i == count) return in_.Wanted(Designators(units, count, next));
      in_.Take(in_.Peek());
      next = i + 1;
      *any = true;
      PAWL_RETURN_IF_ERROR(AddPart(start, digits, fraction, units[i]));
      if (!fraction.empty()) {
        if (!in_.AtEnd()) {
          return in_.Wanted("the end (only the last number has a fraction)");
        }
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  }

  static std::string Designators(const Unit* units, size_t count,
                                 size_t first) {
    if (first == count) return "no further number";
    std::string wanted = "one of";
    for (size_t i = first; i < count; ++i) {
      absl::StrAppend(&wanted, " ", std::string(1, units[i].designator));
    }
    return wanted;
  }

  absl::Status AddPart(size_t start, std::string_view digits,
                       std::string_view fraction, const Unit& unit) {
    if (unit.months != 0 && !fraction.empty()) {
      return in_.ErrorAt(
          start,
          absl::StrCat("got a fraction of '", std::string(1, unit.designator),
                       "', wanted a whole number: months differ"));
    }
    while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
    if (digits.size() > kDurationDigitsMax) return TooLong(start);
    int64_t number = 0;
    for (char c : digits) number = number * 10 + (c - '0');
    const int64_t unit_ms =
        unit.months != 0 ? unit.months * kLongestMonthMs : unit.milliseconds;
    const int64_t left_ms = kDurationMsMax - total_ms_;
    const int64_t fraction_ms =
        unit.months != 0 ? 0 : FractionOf(fraction, unit_ms);
    if (number > left_ms / unit_ms ||
        number * unit_ms + fraction_ms > left_ms) {
      return TooLong(start);
    }
    total_ms_ += number * unit_ms + fraction_ms;
    if (unit.months != 0) {
      duration_.months += number * unit.months;
    } else {
      duration_.milliseconds += number * unit_ms + fraction_ms;
    }
    return absl::OkStatus();
  }

  absl::Status TooLong(size_t start) const {
    return in_.ErrorAt(start, absl::StrCat("longer than kDurationMsMax (",
                                           kDurationMsMax / kDayMs, " days)"));
  }

  Cursor in_;
  IsoDuration duration_;
  // With months at their longest.
  int64_t total_ms_ = 0;
};

// "Z", "+02:00", "+0200", "+02" or nothing: milliseconds to subtract.
absl::StatusOr<int64_t> ParseOffset(Cursor* in) {
  if (in->AtEnd() || in->Take('Z')) return 0;
  const bool negative = in->Peek() == '-';
  if (!in->Take('-') && !in->Take('+')) {
    return in->Wanted(
        "the end, Z or an offset such as +02:00 (zone names aren't known)");
  }
  // The widest that ISO 8601 implementations agree on; real ones end at 14.
  PAWL_ASSIGN_OR_RETURN(const int hours,
                        in->TakeNumber(2, 0, 18, "hour of the offset"));
  int minutes = 0;
  if (in->Take(':') || IsDigit(in->Peek())) {
    PAWL_ASSIGN_OR_RETURN(minutes, in->TakeNumber(2, 0, hours == 18 ? 0 : 59,
                                                  "minute of the offset"));
  }
  const int64_t offset_ms = hours * kHourMs + minutes * kMinuteMs;
  return negative ? -offset_ms : offset_ms;
}

// "03:04", "03:04:05", "03:04:05.678": milliseconds since midnight.
absl::StatusOr<int64_t> ParseTimeOfDay(Cursor* in) {
  PAWL_ASSIGN_OR_RETURN(const int hour, in->TakeNumber(2, 0, 23, "hour"));
  if (!in->Take(':')) return in->Wanted("':' and minutes");
  PAWL_ASSIGN_OR_RETURN(const int minute, in->TakeNumber(2, 0, 59, "minute"));
  int64_t ms = hour * kHourMs + minute * kMinuteMs;
  if (!in->Take(':')) return ms;
  PAWL_ASSIGN_OR_RETURN(const int second, in->TakeNumber(2, 0, 59, "second"));
  ms += second * kSecondMs;
  if (in->Take('.') || in->Take(',')) {
    const std::string_view fraction = in->TakeDigits();
    if (fraction.empty()) return in->Wanted("a digit");
    ms += FractionOf(fraction, kSecondMs);
  }
  return ms;
}

}  // namespace

absl::StatusOr<IsoDuration> ParseIsoDuration(std::string_view text) {
  return DurationParser(text).Parse();
}

std::string FormatIsoDuration(IsoDuration duration) {
  std::string out = "P";
  const auto append = [&out](int64_t number, char designator) {
    if (number != 0) absl::StrAppend(&out, number, std::string(1, designator));
  };
  append(duration.months / 12, 'Y');
  append(duration.months % 12, 'M');
  const int64_t ms = duration.milliseconds;
  append(ms / kDayMs, 'D');
  if (ms % kDayMs != 0) {
    out += 'T';
    append(ms % kDayMs / kHourMs, 'H');
    append(ms % kHourMs / kMinuteMs, 'M');
    const int64_t seconds_ms = ms % kMinuteMs;
    if (seconds_ms % kSecondMs == 0) {
      append(seconds_ms / kSecondMs, 'S');
    } else {
      char buffer[16];
      std::snprintf(buffer, sizeof(buffer), "%d.%03d",
                    static_cast<int>(seconds_ms / kSecondMs),
                    static_cast<int>(seconds_ms % kSecondMs));
      std::string seconds = buffer;
      while (seconds.back() == '0') seconds.pop_back();
      out += seconds + 'S';
    }
  }
  return out == "P" ? "PT0S" : out;
}

absl::StatusOr<int64_t> AddIsoDuration(int64_t start_ms, IsoDuration duration) {
  const auto beyond = [&]() {
    return absl::InvalidArgumentError(absl::StrCat(
        "time ", FormatIsoDateTime(start_ms), " plus ",
        FormatIsoDuration(duration), ": wanted the years 0001 to 9999"));
  };
  // Both bounds first: then nothing below overflows.
  if (start_ms < kTimeMsMin || start_ms > kTimeMsMax || duration.months < 0 ||
      duration.months > kDurationMsMax / kDayMs || duration.milliseconds < 0 ||
      duration.milliseconds > kDurationMsMax) {
    return beyond();
  }
  int64_t day = FloorDiv(start_ms, kDayMs);
  const int64_t time_of_day_ms = start_ms - day * kDayMs;
  if (duration.months != 0) {
    CivilDate date = CivilFromDays(day);
    const int64_t months = date.year * 12 + (date.month - 1) + duration.months;
    date.year = months / 12;
    date.month = static_cast<int>(months % 12) + 1;
    const int days = DaysInMonth(date.year, date.month);
    if (date.day > days) date.day = days;
    day = DaysFromCivil(date);
  }
  const int64_t result_ms =
      day * kDayMs + time_of_day_ms + duration.milliseconds;
  if (result_ms > kTimeMsMax) return beyond();
  return result_ms;
}

absl::StatusOr<int64_t> ParseIsoDateTime(std::string_view text) {
  Cursor in("time", text);
  CivilDate date;
  PAWL_ASSIGN_OR_RETURN(date.year, in.TakeNumber(4, 1, 9999, "year"));
  if (!in.Take('-')) return in.Wanted("'-' and the month");
  PAWL_ASSIGN_OR_RETURN(date.month, in.TakeNumber(2, 1, 12, "month"));
  if (!in.Take('-')) return in.Wanted("'-' and the day");
  PAWL_ASSIGN_OR_RETURN(date.day,
                        in.TakeNumber(2, 1, DaysInMonth(date.year, date.month),
                                      "day of this month"));
  int64_t ms = DaysFromCivil(date) * kDayMs;
  if (in.AtEnd()) return ms;
  if (!in.Take('T')) return in.Wanted("the end, or 'T' and a time");
  PAWL_ASSIGN_OR_RETURN(const int64_t time_of_day_ms, ParseTimeOfDay(&in));
  PAWL_ASSIGN_OR_RETURN(const int64_t offset_ms, ParseOffset(&in));
  if (!in.AtEnd()) return in.Wanted("the end");
  ms += time_of_day_ms - offset_ms;
  if (ms < kTimeMsMin || ms > kTimeMsMax) {
    return in.ErrorAt(0, "wanted the years 0001 to 9999 in UTC");
  }
  return ms;
}

std::string FormatIsoDateTime(int64_t time_ms) {
  const int64_t day = FloorDiv(time_ms, kDayMs);
  // Not `time_ms - day * kDayMs`, which overflows for the earliest int64.
  const int time_of_day_ms =
      static_cast<int>((time_ms % kDayMs + kDayMs) % kDayMs);
  const CivilDate date = CivilFromDays(day);
  const bool usual = date.year >= 1 && date.year <= 9999;
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), usual ? "%04lld" : "%+07lld",
                static_cast<long long>(date.year));
  std::string out = buffer;
  std::snprintf(buffer, sizeof(buffer), "-%02d-%02dT%02d:%02d:%02d.%03dZ",
                date.month, date.day,
                static_cast<int>(time_of_day_ms / kHourMs),
                static_cast<int>(time_of_day_ms % kHourMs / kMinuteMs),
                static_cast<int>(time_of_day_ms % kMinuteMs / kSecondMs),
                static_cast<int>(time_of_day_ms % kSecondMs));
  return out + buffer;
}

}  // namespace pawl
