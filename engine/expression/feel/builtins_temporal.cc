// Functions of dates and times (DMN 1.4, 10.3.4.7 and 10.3.4.8), and Camunda's.
#include <array>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"

namespace pawl::expression::feel {
namespace {

using Kind = ItemKind;

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

bool HasDate(const Item& item) {
  return item.kind == Kind::kDate || item.kind == Kind::kDateTime;
}

DateTime NowUtc(Call& call) {
  DateTime epoch;
  epoch.date = {1970, 1, 1};
  epoch.time.zone = kUtc;
  return AddNanos(epoch, static_cast<Nanos>(call.now_ms()) * 1'000'000)
      .value_or(epoch);
}

Item Now(Call& call) { return Item::OfDateTime(NowUtc(call)); }
Item Today(Call& call) { return Item::OfDate(NowUtc(call).date); }

Item DayOfYearOf(Call& call) {
  if (!HasDate(call[0])) return Wanted(call, "a date");
  return Item::Number(int64_t{DayOfYear(call[0].date_time.date)});
}

Item DayOfWeek(Call& call) {
  constexpr std::array<std::string_view, 7> kDays = {
      "Monday", "Tuesday",  "Wednesday", "Thursday",
      "Friday", "Saturday", "Sunday"};
  if (!HasDate(call[0])) return Wanted(call, "a date");
  return Item::String(
      kDays[static_cast<size_t>(Weekday(call[0].date_time.date) - 1)]);
}

Item MonthOfYear(Call& call) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  if (!HasDate(call[0])) return Wanted(call, "a date");
  return Item::String(kMonths[call[0].date_time.date.month - 1u]);
}

Item WeekOfYearOf(Call& call) {
  if (!HasDate(call[0])) return Wanted(call, "a date");
  return Item::Number(int64_t{WeekOfYear(call[0].date_time.date)});
}

Item LastDayOfMonth(Call& call) {
  if (!HasDate(call[0])) return Wanted(call, "a date");
  Item last = call[0];
  Date& date = last.date_time.date;
  date.day = static_cast<uint8_t>(DaysInMonth(date.year, date.month));
  return last;
}

constexpr std::array kTable = {
    Builtin{"now", "", &Now},
    Builtin{"today", "", &Today},
    Builtin{"day of year", "date", &DayOfYearOf},
    Builtin{"day of week", "date", &DayOfWeek},
    Builtin{"month of year", "date", &MonthOfYear},
    Builtin{"week of year", "date", &WeekOfYearOf},
    Builtin{"last day of month", "date", &LastDayOfMonth},
};

}  // namespace

std::span<const Builtin> TemporalBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
