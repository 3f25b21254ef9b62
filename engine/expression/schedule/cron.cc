#include "engine/expression/schedule/cron.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace pawl::expression::schedule {

namespace {

constexpr int kYearFirst = 1970;
constexpr int kYearLast = 9999;
// The rarest day of the Gregorian calendar, a given weekday that is the 29th of
// February, comes back within 40 years.
constexpr int kYearsWithoutMax = 40;

constexpr const char* kMonthNames[] = {"JAN", "FEB", "MAR", "APR",
                                       "MAY", "JUN", "JUL", "AUG",
                                       "SEP", "OCT", "NOV", "DEC"};
constexpr const char* kDayNames[] = {"SUN", "MON", "TUE", "WED",
                                     "THU", "FRI", "SAT"};

struct Field {
  const char* name;
  int low;
  int high;
};
constexpr Field kSeconds = {"seconds", 0, 59};
constexpr Field kMinutes = {"minutes", 0, 59};
constexpr Field kHours = {"hours", 0, 23};
constexpr Field kDaysOfMonth = {"day of month", 1, 31};
constexpr Field kMonths = {"month", 1, 12};
// As Quartz counts; crontab's days are moved to these.
constexpr Field kDaysOfWeek = {"day of week", 1, 7};
constexpr Field kYears = {"year", kYearFirst, kYearLast};

struct Macro {
  const char* name;
  const char* text;
};
constexpr Macro kMacros[] = {
    {"@yearly", "0 0 0 1 1 ?"},  {"@annually", "0 0 0 1 1 ?"},
    {"@monthly", "0 0 0 1 * ?"}, {"@weekly", "0 0 0 ? * SUN"},
    {"@daily", "0 0 0 * * ?"},   {"@midnight", "0 0 0 * * ?"},
    {"@hourly", "0 0 * * * ?"}};

// 0 is Sunday.
int WeekdayOf(absl::CivilDay day) {
  return (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
}

absl::CivilDay LastDay(absl::CivilDay day) {
  return absl::CivilDay(absl::CivilMonth(day) + 1) - 1;
}

bool IsWorkday(absl::CivilDay day) {
  const int weekday = WeekdayOf(day);
  return weekday != 0 && weekday != 6;
}

// Nearest to `day` in its month.
absl::CivilDay NearestWorkday(absl::CivilDay day) {
  if (WeekdayOf(day) == 6) return day.day() == 1 ? day + 2 : day - 1;
  if (WeekdayOf(day) == 0) return day == LastDay(day) ? day - 2 : day + 1;
  return day;
}

bool Is(const Cron::Special& special, absl::CivilDay day) {
  const absl::CivilDay last = LastDay(day);
  switch (special.kind) {
    case Cron::Special::Kind::kLast:
      return day == last - special.nth;
    case Cron::Special::Kind::kLastWorkday: {
      absl::CivilDay workday = last;
      while (!IsWorkday(workday)) --workday;
      return day == workday;
    }
    case Cron::Special::Kind::kNearestWorkday: {
      if (special.day > last.day()) return false;
      return day == NearestWorkday(
                        absl::CivilDay(day.year(), day.month(), special.day));
    }
    case Cron::Special::Kind::kNthWeekday:
      return WeekdayOf(day) == special.day &&
             (day.day() - 1) / 7 + 1 == special.nth;
    case Cron::Special::Kind::kLastWeekday:
      return WeekdayOf(day) == special.day && day + 7 > last;
  }
  return false;
}

bool HasDayIn(const Cron::Days& days, int number, absl::CivilDay day) {
  if (days.any || days.set.Has(number)) return true;
  return std::any_of(days.special.begin(), days.special.end(),
                     [&](const Cron::Special& s) { return Is(s, day); });
}

}  // namespace

class CronParser {
 public:
  explicit CronParser(std::string_view text) : text_(text) {}

  absl::StatusOr<Cron> Parse() {
    std::string text(absl::StripAsciiWhitespace(ToAbsl(text_)));
    for (const Macro& macro : kMacros) {
      if (absl::EqualsIgnoreCase(text, macro.name)) text = macro.text;
    }
    std::vector<std::string> fields =
        absl::StrSplit(text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
    if (fields.size() < 5 || fields.size() > 7) {
      return absl::InvalidArgumentError(absl::StrCat(
          Shown(), ": got ", fields.size(),
          " fields, wanted 6 or 7 (seconds minutes hours day month weekday "
          "[year]), or 5 without seconds, or a repeating interval such as "
          "R3/PT10M"));
    }
    crontab_ = fields.size() == 5;
    if (crontab_) fields.insert(fields.begin(), "0");
    PAWL_RETURN_IF_ERROR(ReadSet(fields[0], kSeconds, &cron_.seconds_));
    PAWL_RETURN_IF_ERROR(ReadSet(fields[1], kMinutes, &cron_.minutes_));
    PAWL_RETURN_IF_ERROR(ReadSet(fields[2], kHours, &cron_.hours_));
    PAWL_RETURN_IF_ERROR(ReadDaysOfMonth(fields[3]));
    PAWL_RETURN_IF_ERROR(ReadSet(fields[4], kMonths, &cron_.months_));
    PAWL_RETURN_IF_ERROR(ReadDaysOfWeek(fields[5]));
    if (fields.size() == 7) PAWL_RETURN_IF_ERROR(ReadYears(fields[6]));
    cron_.any_hour_ = true;
    for (int hour = 0; hour < 24; ++hour) {
      cron_.any_hour_ = cron_.any_hour_ && cron_.hours_.Has(hour);
    }
    if (!cron_.of_month_.any && !cron_.of_week_.any) {
      if (!crontab_) {
        return absl::InvalidArgumentError(absl::StrCat(
            Shown(),
            ": got both a day of month and a day of week, wanted '?' for one "
            "of them"));
      }
      cron_.either_day_ = true;
    }
    if (!cron_.NextAfter(absl::CivilSecond(kYearFirst)).has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(Shown(), ": got no time at all"));
    }
    return std::move(cron_);
  }

 private:
  // One entry of a list: `*`, `5`, `5-10`, each with or without `/step`.
  struct Range {
    bool any = false;
    bool is_number = false;
    int first = 0;
    int last = 0;
    int step = 1;
  };

  std::string Shown() const {
    // As much as people read of it.
    constexpr size_t kShownBytesMax = 64;
    return absl::StrCat("cron text '", ToAbsl(text_.substr(0, kShownBytesMax)),
                        text_.size() > kShownBytesMax ? "...'" : "'");
  }

  absl::Status Fault(const Field& field, std::string_view got,
                     std::string_view wanted) const {
    return absl::InvalidArgumentError(
        absl::StrCat(Shown(), ", ", field.name, ": got '", ToAbsl(got),
                     "', wanted ", ToAbsl(wanted)));
  }

  static std::string Bounds(const Field& field) {
    return absl::StrCat("numbers from ", field.low, " to ", field.high,
                        ", with lists (1,2), ranges (1-5) and steps (*/5)");
  }

  static std::vector<std::string> Split(const std::string& text, char by) {
    return absl::StrSplit(text, by);
  }

  // A number of the field, or a name of a month or day.
  absl::StatusOr<int> ReadNumber(const std::string& text, const Field& field,
                                 bool* is_number) const {
    const auto named = [&](const char* const* names, int count,
                           int first) -> int {
      for (int i = 0; i < count; ++i) {
        if (absl::EqualsIgnoreCase(text, names[i])) return i + first;
      }
      return -1;
    };
    *is_number = false;
    if (&field == &kMonths) {
      if (const int month = named(kMonthNames, 12, 1); month >= 0) return month;
    }
    if (&field == &kDaysOfWeek) {
      if (const int day = named(kDayNames, 7, 1); day >= 0) return day;
    }
    int number = 0;
    const bool digits = !text.empty() && text.size() <= 4 &&
                        std::all_of(text.begin(), text.end(), [](char c) {
                          return c >= '0' && c <= '9';
                        });
    if (!digits || !absl::SimpleAtoi(text, &number)) {
      return Fault(field, text, Bounds(field));
    }
    *is_number = true;
    // crontab: Sunday is 0, and 7 as well.
    if (&field == &kDaysOfWeek && crontab_) {
      if (number > 7) return Fault(field, text, "numbers from 0 to 7");
      return number % 7 + 1;
    }
    if (number < field.low || number > field.high) {
      return Fault(field, text, Bounds(field));
    }
    return number;
  }

  absl::StatusOr<Range> ReadRange(const std::string& text,
                                  const Field& field) const {
    Range range;
    const std::vector<std::string> parts = Split(text, '/');
    if (parts.size() > 2) return Fault(field, text, Bounds(field));
    if (parts.size() == 2) {
      bool unused = false;
      // A step is a number of any field.
      constexpr Field kStep = {"step", 1, kYearLast};
      const auto step = ReadNumber(parts[1], kStep, &unused);
      if (!step.ok() || *step > field.high) {
        return Fault(field, text,
                     absl::StrCat("a step from 1 to ", field.high));
      }
      range.step = *step;
    }
    range.first = field.low;
    range.last = field.high;
    if (parts[0] == "*") {
      range.any = range.step == 1;
      return range;
    }
    const std::vector<std::string> ends = Split(parts[0], '-');
    if (ends.size() > 2) return Fault(field, text, Bounds(field));
    PAWL_ASSIGN_OR_RETURN(range.first,
                          ReadNumber(ends[0], field, &range.is_number));
    if (ends.size() == 2) {
      bool is_number = false;
      PAWL_ASSIGN_OR_RETURN(range.last, ReadNumber(ends[1], field, &is_number));
      range.is_number = range.is_number || is_number;
      // crontab's 5-7: Sunday stands at the end.
      if (&field == &kDaysOfWeek && crontab_ && ends[1] == "7") range.last = 8;
      if (range.first > range.last && &field == &kYears) {
        return Fault(field, text, "the earlier year first");
      }
    } else if (parts.size() == 1) {
      range.last = range.first;
    }
    return range;
  }

  // A range that ends before it begins goes on at the field's beginning.
  static void Add(const Range& range, const Field& field, Cron::Set* set) {
    const int count = field.high - field.low + 1;
    const int last = range.last < range.first ? range.last + count : range.last;
    for (int n = range.first; n <= last; n += range.step) {
      set->Add((n - field.low) % count + field.low);
    }
  }

  absl::Status ReadSet(const std::string& text, const Field& field,
                       Cron::Set* set) const {
    for (const std::string& entry : Split(text, ',')) {
      PAWL_ASSIGN_OR_RETURN(const Range range, ReadRange(entry, field));
      Add(range, field, set);
    }
    return absl::OkStatus();
  }

  // "L", "L-3", "LW", "15W": nothing when the entry is none of these.
  absl::StatusOr<std::optional<Cron::Special>> SpecialOfMonth(
      const std::string& entry) const {
    using Kind = Cron::Special::Kind;
    if (entry == "L") return Cron::Special{Kind::kLast, 0, 0};
    if (entry == "LW") return Cron::Special{Kind::kLastWorkday, 0, 0};
    bool unused = false;
    if (absl::StartsWith(entry, "L-")) {
      constexpr Field kBefore = {"day of month", 1, 30};
      PAWL_ASSIGN_OR_RETURN(const int days,
                            ReadNumber(entry.substr(2), kBefore, &unused));
      return Cron::Special{Kind::kLast, 0, days};
    }
    if (entry.size() > 1 && entry.back() == 'W') {
      PAWL_ASSIGN_OR_RETURN(
          const int day,
          ReadNumber(entry.substr(0, entry.size() - 1), kDaysOfMonth, &unused));
      return Cron::Special{Kind::kNearestWorkday, day, 0};
    }
    return std::optional<Cron::Special>();
  }

  absl::Status ReadDaysOfMonth(const std::string& text) {
    if (text == "?") {
      cron_.of_month_.any = true;
      return absl::OkStatus();
    }
    for (const std::string& entry : Split(absl::AsciiStrToUpper(text), ',')) {
      PAWL_ASSIGN_OR_RETURN(const auto special, SpecialOfMonth(entry));
      if (special.has_value()) {
        cron_.of_month_.special.push_back(*special);
        continue;
      }
      PAWL_ASSIGN_OR_RETURN(const Range range, ReadRange(entry, kDaysOfMonth));
      cron_.of_month_.any = cron_.of_month_.any || range.any;
      Add(range, kDaysOfMonth, &cron_.of_month_.set);
    }
    return absl::OkStatus();
  }

  // "FRI#3", "6L": nothing when the entry is none of these.
  absl::StatusOr<std::optional<Cron::Special>> SpecialOfWeek(
      const std::string& entry) {
    using Kind = Cron::Special::Kind;
    bool is_number = false;
    if (const size_t at = entry.find('#'); at != std::string::npos) {
      constexpr Field kNth = {"day of week", 1, 5};
      PAWL_ASSIGN_OR_RETURN(const int day, ReadNumber(entry.substr(0, at),
                                                      kDaysOfWeek, &is_number));
      NoteNumber(is_number);
      PAWL_ASSIGN_OR_RETURN(const int nth,
                            ReadNumber(entry.substr(at + 1), kNth, &is_number));
      return Cron::Special{Kind::kNthWeekday, day - 1, nth};
    }
    if (entry.size() > 1 && entry.back() == 'L') {
      PAWL_ASSIGN_OR_RETURN(const int day,
                            ReadNumber(entry.substr(0, entry.size() - 1),
                                       kDaysOfWeek, &is_number));
      NoteNumber(is_number);
      return Cron::Special{Kind::kLastWeekday, day - 1, 0};
    }
    return std::optional<Cron::Special>();
  }

  void NoteNumber(bool is_number) {
    if (is_number && !crontab_) cron_.quartz_day_numbers_ = true;
  }

  absl::Status ReadDaysOfWeek(const std::string& text) {
    if (text == "?") {
      cron_.of_week_.any = true;
      return absl::OkStatus();
    }
    Cron::Set set;
    for (std::string entry : Split(absl::AsciiStrToUpper(text), ',')) {
      // The last day of a week is Saturday.
      if (entry == "L") entry = "SAT";
      PAWL_ASSIGN_OR_RETURN(const auto special, SpecialOfWeek(entry));
      if (special.has_value()) {
        cron_.of_week_.special.push_back(*special);
        continue;
      }
      PAWL_ASSIGN_OR_RETURN(const Range range, ReadRange(entry, kDaysOfWeek));
      NoteNumber(range.is_number);
      cron_.of_week_.any = cron_.of_week_.any || range.any;
      Add(range, kDaysOfWeek, &set);
    }
    for (int day = 1; day <= 7; ++day) {
      if (set.Has(day)) cron_.of_week_.set.Add(day - 1);
    }
    return absl::OkStatus();
  }

  absl::Status ReadYears(const std::string& text) {
    for (const std::string& entry : Split(text, ',')) {
      PAWL_ASSIGN_OR_RETURN(const Range range, ReadRange(entry, kYears));
      if (range.any) {
        cron_.years_.clear();
        return absl::OkStatus();
      }
      cron_.years_.push_back({range.first, range.last, range.step});
    }
    return absl::OkStatus();
  }

  const std::string_view text_;
  bool crontab_ = false;
  Cron cron_;
};

absl::StatusOr<Cron> Cron::Parse(std::string_view text) {
  return CronParser(text).Parse();
}

bool Cron::HasYear(int64_t year) const {
  if (years_.empty()) return true;
  return std::any_of(years_.begin(), years_.end(), [&](const Years& years) {
    return year >= years.first && year <= years.last &&
           (year - years.first) % years.step == 0;
  });
}

bool Cron::HasDay(absl::CivilDay day) const {
  const bool of_month = HasDayIn(of_month_, day.day(), day);
  const bool of_week = HasDayIn(of_week_, WeekdayOf(day), day);
  return either_day_ ? of_month || of_week : of_month && of_week;
}

std::optional<absl::CivilSecond> Cron::NextAfter(
    absl::CivilSecond after) const {
  // From here on everything that is looked at may be the answer.
  absl::CivilSecond at = after + 1;
  if (at.year() < kYearFirst) at = absl::CivilSecond(kYearFirst);
  int64_t years_without = 0;
  while (at.year() <= kYearLast && years_without <= kYearsWithoutMax) {
    if (!HasYear(at.year())) {
      // Years are few and cheap; only those that it names count.
      at = absl::CivilSecond(absl::CivilYear(at) + 1);
      continue;
    }
    if (!months_.Has(at.month())) {
      const absl::CivilMonth next = absl::CivilMonth(at) + 1;
      if (next.year() != at.year()) ++years_without;
      at = absl::CivilSecond(next);
      continue;
    }
    const absl::CivilDay day(at);
    if (!HasDay(day)) {
      if ((day + 1).year() != day.year()) ++years_without;
      at = absl::CivilSecond(day + 1);
      continue;
    }
    if (!hours_.Has(at.hour())) {
      at = absl::CivilSecond(absl::CivilHour(at) + 1);
      continue;
    }
    if (!minutes_.Has(at.minute())) {
      at = absl::CivilSecond(absl::CivilMinute(at) + 1);
      continue;
    }
    if (!seconds_.Has(at.second())) {
      ++at;
      continue;
    }
    return at;
  }
  return std::nullopt;
}

}  // namespace pawl::expression::schedule
