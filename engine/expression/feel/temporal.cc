#include "engine/expression/feel/temporal.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/zones.h"

namespace pawl::expression::feel {
namespace {

// Beyond this no place on earth is; XML Schema and java.time agree on 18.
constexpr int64_t kOffsetMax = 18 * 3600;

const Zone kUtcZone{false, 0, {}, absl::UTCTimeZone()};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes text apart from the left.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  std::string_view rest() const { return text_; }
  bool Take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits.
  bool TakeDigits(size_t count, int64_t* out) {
    if (CountDigits() < count) return false;
    *out = 0;
    for (size_t i = 0; i < count; ++i) *out = *out * 10 + (text_[i] - '0');
    text_.remove_prefix(count);
    return true;
  }
  size_t CountDigits() const {
    size_t count = 0;
    while (count < text_.size() && IsDigit(text_[count])) ++count;
    return count;
  }
  // ".123" as nanoseconds; more digits than nine are dropped.
  bool TakeFraction(int64_t* nanos, bool digits_needed = true) {
    *nanos = 0;
    if (!Take('.')) return true;
    const size_t count = CountDigits();
    if (count == 0) return !digits_needed;
    int64_t scale = kNanosPerSecond / 10;
    for (size_t i = 0; i < count; ++i, scale /= 10) {
      *nanos += (text_[i] - '0') * scale;
    }
    text_.remove_prefix(count);
    return true;
  }

 private:
  std::string_view text_;
};

bool TakeDate(Reader* reader, Date* out) {
  const bool negative = reader->Take('-');
  const size_t year_digits = reader->CountDigits();
  if (year_digits < 4 || year_digits > 9) return false;
  // More than four digits have no leading zero.
  if (year_digits > 4 && reader->rest()[0] == '0') return false;
  int64_t year = 0, month = 0, day = 0;
  if (!reader->TakeDigits(year_digits, &year) || !reader->Take('-') ||
      !reader->TakeDigits(2, &month) || !reader->Take('-') ||
      !reader->TakeDigits(2, &day)) {
    return false;
  }
  const auto date = MakeDate(negative ? -year : year, month, day);
  if (!date.has_value()) return false;
  *out = *date;
  return true;
}

bool TakeTime(Reader* reader, Arena* arena, Time* out,
              bool* next_day = nullptr) {
  int64_t hour = 0, minute = 0, second = 0, nanos = 0;
  if (!reader->TakeDigits(2, &hour) || !reader->Take(':') ||
      !reader->TakeDigits(2, &minute)) {
    return false;
  }
  if (!reader->Take(':') || !reader->TakeDigits(2, &second) ||
      !reader->TakeFraction(&nanos)) {
    return false;
  }
  // The end of a day is the beginning of the next.
  const bool is_end = hour == 24 && minute == 0 && second == 0 && nanos == 0;
  if (is_end && next_day != nullptr) {
    *next_day = true;
    hour = 0;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  out->second = static_cast<uint32_t>(hour * 3600 + minute * 60 + second);
  out->nano = static_cast<uint32_t>(nanos);
  if (reader->done()) return true;
  const auto zone = ParseZone(reader->rest(), arena);
  if (!zone.has_value()) return false;
  out->zone = *zone;
  return true;
}

std::string ZoneText(const Zone* zone) {
  if (zone == nullptr) return "";
  if (zone->named) return absl::StrCat("@", ToAbsl(zone->name));
  if (zone->offset_s == 0) return "Z";
  const int64_t size = std::abs(zone->offset_s);
  std::string text =
      absl::StrFormat("%c%02d:%02d", zone->offset_s < 0 ? '-' : '+',
                      size / 3600, size / 60 % 60);
  if (size % 60 != 0) absl::StrAppendFormat(&text, ":%02d", size % 60);
  return text;
}

std::string FractionText(int64_t nanos) {
  if (nanos == 0) return "";
  std::string digits = absl::StrFormat(".%09d", nanos);
  while (digits.back() == '0') digits.pop_back();
  return digits;
}

// One number and the unit behind it: "12D". Returns '\0' at the end or when
// there is no such thing.
char TakeUnit(Reader* reader, int64_t* number, int64_t* nanos, bool* ok) {
  *nanos = 0;
  const size_t count = reader->CountDigits();
  if (count == 0 || count > 18 || !reader->TakeDigits(count, number) ||
      !reader->TakeFraction(nanos, /*digits_needed=*/false) || reader->done()) {
    *ok = false;
    return '\0';
  }
  const char unit = reader->rest()[0];
  reader->Take(unit);
  return unit;
}

}  // namespace

const Zone* const kUtc = &kUtcZone;

std::optional<DaysTime> FromNanos(Nanos nanos) {
  Nanos seconds = nanos / kNanosPerSecond;
  Nanos rest = nanos % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  }
  if (seconds > INT64_MAX || seconds < INT64_MIN) return std::nullopt;
  return DaysTime{static_cast<int64_t>(seconds), static_cast<int64_t>(rest)};
}

// --- Reading -----------------------------------------------------------------

std::optional<Date> ParseDate(std::string_view text) {
  Reader reader(text);
  Date date;
  if (!TakeDate(&reader, &date) || !reader.done()) return std::nullopt;
  return date;
}

std::optional<Time> ParseTime(std::string_view text, Arena* arena) {
  Reader reader(text);
  reader.Take('T');
  Time time;
  if (!TakeTime(&reader, arena, &time)) return std::nullopt;
  return time;
}

std::optional<DateTime> ParseDateTime(std::string_view text, Arena* arena) {
  Reader reader(text);
  DateTime value;
  if (!TakeDate(&reader, &value.date)) return std::nullopt;
  if (reader.done()) return value;
  bool next_day = false;
  if (!reader.Take('T') || !TakeTime(&reader, arena, &value.time, &next_day)) {
    return std::nullopt;
  }
  if (next_day) {
    const auto date = FromDays(ToDays(value.date) + 1);
    if (!date.has_value()) return std::nullopt;
    value.date = *date;
  }
  return value;
}

std::optional<DaysTime> ParseDaysTime(std::string_view text) {
  Reader reader(text);
  const bool negative = reader.Take('-');
  if (!reader.Take('P') || reader.done()) return std::nullopt;
  Nanos total = 0;
  bool ok = true;
  int64_t number = 0, nanos = 0;
  constexpr Nanos kDay = static_cast<Nanos>(kSecondsPerDay) * kNanosPerSecond;
  if (reader.rest()[0] != 'T') {
    if (TakeUnit(&reader, &number, &nanos, &ok) != 'D' || nanos != 0) {
      return std::nullopt;
    }
    total += number * kDay;
  }
  if (reader.Take('T')) {
    if (reader.done()) return std::nullopt;
    constexpr std::string_view kUnits = "HMS";
    size_t at = 0;
    while (!reader.done()) {
      const char unit = TakeUnit(&reader, &number, &nanos, &ok);
      const size_t found = kUnits.find(unit, at);
      if (!ok || found == kUnits.npos || (nanos != 0 && unit != 'S')) {
        return std::nullopt;
      }
      at = found + 1;
      constexpr int64_t kSeconds[] = {3600, 60, 1};
      total += static_cast<Nanos>(number) * kSeconds[found] * kNanosPerSecond +
               nanos;
    }
  }
  if (!reader.done()) return std::nullopt;
  return FromNanos(negative ? -total : total);
}

std::optional<int64_t> ParseYearsMonths(std::string_view text) {
  Reader reader(text);
  const bool negative = reader.Take('-');
  if (!reader.Take('P') || reader.done()) return std::nullopt;
  Nanos months = 0;
  constexpr std::string_view kUnits = "YM";
  size_t at = 0;
  while (!reader.done()) {
    int64_t number = 0, nanos = 0;
    bool ok = true;
    const char unit = TakeUnit(&reader, &number, &nanos, &ok);
    const size_t found = kUnits.find(unit, at);
    if (!ok || nanos != 0 || found == kUnits.npos) return std::nullopt;
    at = found + 1;
    months += static_cast<Nanos>(number) * (unit == 'Y' ? 12 : 1);
  }
  if (months > INT64_MAX) return std::nullopt;
  return static_cast<int64_t>(negative ? -months : months);
}

std::optional<const Zone*> MakeOffset(int64_t offset_s, Arena* arena) {
  if (offset_s > kOffsetMax || offset_s < -kOffsetMax) return std::nullopt;
  if (offset_s == 0) return kUtc;
  Zone zone;
  zone.offset_s = static_cast<int32_t>(offset_s);
  zone.zone = absl::FixedTimeZone(zone.offset_s);
  const Zone* const made = arena->New(zone);
  if (made == nullptr) return std::nullopt;
  return made;
}

std::optional<const Zone*> ParseZone(std::string_view text, Arena* arena) {
  if (text == "Z" || text == "z") return kUtc;
  Reader reader(text);
  if (reader.Take('@')) {
    Zone zone;
    const auto found = FindZone(reader.rest());
    if (!found.has_value()) return std::nullopt;
    zone.named = true;
    zone.zone = *found;
    zone.name = arena->Copy(reader.rest());
    const Zone* const made = arena->New(zone);
    if (made == nullptr) return std::nullopt;
    return made;
  }
  const bool negative = reader.Take('-');
  if (!negative && !reader.Take('+')) return std::nullopt;
  int64_t hours = 0, minutes = 0, seconds = 0;
  if (!reader.TakeDigits(2, &hours) || !reader.Take(':') ||
      !reader.TakeDigits(2, &minutes) || minutes > 59) {
    return std::nullopt;
  }
  if (!reader.done() &&
      (!reader.Take(':') || !reader.TakeDigits(2, &seconds) || seconds > 59)) {
    return std::nullopt;
  }
  if (!reader.done()) return std::nullopt;
  const int64_t offset = hours * 3600 + minutes * 60 + seconds;
  return MakeOffset(negative ? -offset : offset, arena);
}

// --- Writing -----------------------------------------------------------------

std::string ToText(Date date) {
  return absl::StrFormat("%s%04d-%02d-%02d", date.year < 0 ? "-" : "",
                         std::abs(static_cast<int64_t>(date.year)),
                         static_cast<int>(date.month),
                         static_cast<int>(date.day));
}

std::string ToText(const Time& time) {
  return absl::StrCat(absl::StrFormat("%02d:%02d:%02d", time.second / 3600,
                                      time.second / 60 % 60, time.second % 60),
                      FractionText(time.nano), ZoneText(time.zone));
}

std::string ToText(const DateTime& value) {
  return absl::StrCat(ToText(value.date), "T", ToText(value.time));
}

std::string ToText(DaysTime duration) {
  Nanos total = TotalNanos(duration);
  if (total == 0) return "PT0S";
  std::string text = total < 0 ? "-P" : "P";
  if (total < 0) total = -total;
  const int64_t nanos = static_cast<int64_t>(total % kNanosPerSecond);
  const int64_t seconds = static_cast<int64_t>(total / kNanosPerSecond);
  const int64_t days = seconds / kSecondsPerDay;
  const int64_t hours = seconds / 3600 % 24;
  const int64_t minutes = seconds / 60 % 60;
  const int64_t rest = seconds % 60;
  if (days != 0) absl::StrAppend(&text, days, "D");
  if (hours == 0 && minutes == 0 && rest == 0 && nanos == 0) return text;
  text += 'T';
  if (hours != 0) absl::StrAppend(&text, hours, "H");
  if (minutes != 0) absl::StrAppend(&text, minutes, "M");
  if (rest != 0 || nanos != 0) {
    absl::StrAppend(&text, rest, FractionText(nanos), "S");
  }
  return text;
}

std::string YearsMonthsText(int64_t months) {
  if (months == 0) return "P0M";
  std::string text = months < 0 ? "-P" : "P";
  const Nanos size = months < 0 ? -static_cast<Nanos>(months) : months;
  const int64_t years = static_cast<int64_t>(size / 12);
  const int64_t rest = static_cast<int64_t>(size % 12);
  if (years != 0) absl::StrAppend(&text, years, "Y");
  if (rest != 0) absl::StrAppend(&text, rest, "M");
  return text;
}

// --- Calendar ----------------------------------------------------------------

// Both ways after H. Hinnant's description of the proleptic calendar: years
// that begin in March, eras of 400 of them.
int64_t ToDays(Date date) {
  const int64_t y = int64_t{date.year} - (date.month <= 2 ? 1 : 0);
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t month = date.month;
  const int64_t day_of_year =
      (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<Date> FromDays(int64_t days) {
  constexpr int64_t kDaysMax = 366 * (kYearMax + 2);
  if (days > kDaysMax || days < -kDaysMax) return std::nullopt;
  const int64_t z = days + 719'468;
  const int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const int64_t day_of_era = z - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 +
                               day_of_era / 36'524 - day_of_era / 146'096) /
                              365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * shifted + 2) / 5 + 1;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return MakeDate(year, month, day);
}

std::optional<Date> MakeDate(int64_t year, int64_t month, int64_t day) {
  if (year > kYearMax || year < -kYearMax || month < 1 || month > 12 ||
      day < 1 || day > DaysInMonth(year, static_cast<int>(month))) {
    return std::nullopt;
  }
  return Date{static_cast<int32_t>(year), static_cast<uint8_t>(month),
              static_cast<uint8_t>(day)};
}

int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

int Weekday(Date date) {
  // 1970-01-01 was a Thursday.
  const int64_t shifted = (ToDays(date) + 3) % 7;
  return static_cast<int>(shifted < 0 ? shifted + 7 : shifted) + 1;
}

int DayOfYear(Date date) {
  return static_cast<int>(ToDays(date) - ToDays({date.year, 1, 1})) + 1;
}

int WeekOfYear(Date date) {
  // The week's Thursday says which year it belongs to.
  const int64_t thursday = ToDays(date) - Weekday(date) + 4;
  const std::optional<Date> day = FromDays(thursday);
  // Only in the last week of the last year.
  if (!day.has_value()) return 1;
  return (DayOfYear(*day) - 1) / 7 + 1;
}

std::optional<Date> AddMonths(Date date, int64_t months) {
  const Nanos total = static_cast<Nanos>(date.year) * 12 + date.month - 1 +
                      static_cast<Nanos>(months);
  Nanos year = total / 12;
  Nanos month = total % 12;
  if (month < 0) {
    month += 12;
    --year;
  }
  if (year > kYearMax || year < -kYearMax) return std::nullopt;
  const int64_t y = static_cast<int64_t>(year);
  const int m = static_cast<int>(month) + 1;
  return MakeDate(y, m, std::min<int>(date.day, DaysInMonth(y, m)));
}

int64_t MonthsBetween(Date a, Date b) {
  int64_t months = (int64_t{b.year} - a.year) * 12 + b.month - a.month;
  if (months > 0 && b.day < a.day) --months;
  if (months < 0 && b.day > a.day) ++months;
  return months;
}

int64_t OffsetOf(const DateTime& value) {
  const Zone* const zone = value.time.zone;
  if (zone == nullptr) return 0;
  if (!zone->named) return zone->offset_s;
  const absl::CivilSecond local(value.date.year, value.date.month,
                                value.date.day, value.time.second / 3600,
                                value.time.second / 60 % 60,
                                value.time.second % 60);
  const absl::Time moment = zone->zone.At(local).pre;
  return zone->zone.At(moment).offset;
}

std::optional<int64_t> OffsetOf(const Time& time) {
  if (time.zone == nullptr) return 0;
  if (time.zone->named) return std::nullopt;
  return time.zone->offset_s;
}

Nanos ToNanos(const DateTime& value) {
  const Nanos seconds =
      static_cast<Nanos>(ToDays(value.date)) * kSecondsPerDay +
      value.time.second - OffsetOf(value);
  return seconds * kNanosPerSecond + value.time.nano;
}

std::optional<DateTime> AddNanos(const DateTime& value, Nanos nanos) {
  // In a named zone across a change of its offset: the moment counts.
  const int64_t offset = OffsetOf(value);
  const auto local = [&](Nanos total) -> std::optional<DateTime> {
    constexpr Nanos kDay = static_cast<Nanos>(kSecondsPerDay) * kNanosPerSecond;
    Nanos days = total / kDay;
    Nanos rest = total % kDay;
    if (rest < 0) {
      rest += kDay;
      --days;
    }
    if (days > INT64_MAX || days < INT64_MIN) return std::nullopt;
    const auto date = FromDays(static_cast<int64_t>(days));
    if (!date.has_value()) return std::nullopt;
    DateTime result{*date, value.time};
    result.time.second = static_cast<uint32_t>(rest / kNanosPerSecond);
    result.time.nano = static_cast<uint32_t>(rest % kNanosPerSecond);
    return result;
  };
  const Nanos moment = ToNanos(value) + nanos;
  const Nanos offset_nanos = static_cast<Nanos>(offset) * kNanosPerSecond;
  if (value.time.zone == nullptr || !value.time.zone->named) {
    return local(moment + offset_nanos);
  }
  const Nanos seconds = moment / kNanosPerSecond;
  if (seconds > INT64_MAX || seconds < INT64_MIN) return std::nullopt;
  const int64_t there =
      value.time.zone->zone
          .At(absl::FromUnixSeconds(static_cast<int64_t>(seconds)))
          .offset;
  return local(moment + static_cast<Nanos>(there) * kNanosPerSecond);
}

Time AddNanos(const Time& time, Nanos nanos) {
  constexpr Nanos kDay = static_cast<Nanos>(kSecondsPerDay) * kNanosPerSecond;
  Nanos total =
      (static_cast<Nanos>(time.second) * kNanosPerSecond + time.nano + nanos) %
      kDay;
  if (total < 0) total += kDay;
  Time result = time;
  result.second = static_cast<uint32_t>(total / kNanosPerSecond);
  result.nano = static_cast<uint32_t>(total % kNanosPerSecond);
  return result;
}

}  // namespace pawl::expression::feel
