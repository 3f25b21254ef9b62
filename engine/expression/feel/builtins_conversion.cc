// Conversion functions (DMN 1.4, 10.3.4.1), not(), and Camunda's.
#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/literals.h"
#include "engine/expression/feel/values.h"

namespace pawl::expression::feel {
namespace {

using Kind = ItemKind;

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

std::optional<int64_t> Whole(const Item& item) {
  return item.is_number() ? item.number.ToInt64() : std::nullopt;
}

// --- date, time, date and time, durations ------------------------------------

Item DateOf(Call& call) {
  if (call.count() == 3) {
    const auto year = Whole(call[0]);
    const auto month = Whole(call[1]);
    const auto day = Whole(call[2]);
    const auto date = year.has_value() && month.has_value() && day.has_value()
                          ? MakeDate(*year, *month, *day)
                          : std::nullopt;
    if (!date.has_value()) return Wanted(call, "a year, a month and a day");
    return Item::OfDate(*date);
  }
  if (call.count() != 1) return Wanted(call, "one or three arguments");
  switch (call[0].kind) {
    case Kind::kDate:
      return call[0];
    case Kind::kDateTime:
      return Item::OfDate(call[0].date_time.date);
    case Kind::kString:
      if (const auto date = ParseDate(call[0].string)) {
        return Item::OfDate(*date);
      }
      return Wanted(call, "a date like 2024-01-31");
    default:
      return Wanted(call, "a string or a date");
  }
}

Item TimeOfParts(Call& call) {
  const auto hour = Whole(call[0]);
  const auto minute = Whole(call[1]);
  if (!hour.has_value() || !minute.has_value() || !call[2].is_number() ||
      *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59) {
    return Wanted(call, "hours, minutes and seconds");
  }
  const auto second = call[2].number.Truncated().ToInt64();
  if (!second.has_value() || *second < 0 || *second > 59 ||
      call[2].number.is_negative()) {
    return Wanted(call, "hours, minutes and seconds");
  }
  Time time;
  time.second = static_cast<uint32_t>(*hour * 3600 + *minute * 60 + *second);
  const auto fraction =
      Decimal::Subtract(call[2].number, Decimal::FromInt64(*second));
  const auto nanos =
      Decimal::Multiply(*fraction, Decimal::FromInt64(kNanosPerSecond));
  time.nano = static_cast<uint32_t>(nanos->Truncated().ToInt64().value_or(0));
  if (call.given(3)) {
    if (call[3].kind != Kind::kDaysTime) return Wanted(call, "an offset");
    const auto zone = MakeOffset(call[3].days_time.seconds, &call.arena());
    if (!zone.has_value()) return Wanted(call, "an offset up to 18 hours");
    time.zone = *zone;
  }
  return Item::OfTime(time);
}

Item TimeOf(Call& call) {
  if (call.count() >= 3) return TimeOfParts(call);
  if (call.count() != 1) return Wanted(call, "one, three or four arguments");
  switch (call[0].kind) {
    case Kind::kTime:
      return call[0];
    case Kind::kDateTime:
      return Item::OfTime(call[0].date_time.time);
    case Kind::kDate: {
      Time midnight;
      midnight.zone = kUtc;
      return Item::OfTime(midnight);
    }
    case Kind::kString:
      if (const auto time = ParseTime(call[0].string, &call.arena())) {
        return Item::OfTime(*time);
      }
      return Wanted(call, "a time like 12:30:00+01:00");
    default:
      return Wanted(call, "a string or a time");
  }
}

Item DateAndTimeOf(Call& call) {
  if (call.count() == 1) {
    if (call[0].kind == Kind::kDateTime) return call[0];
    if (call[0].kind == Kind::kDate) {
      DateTime midnight;
      midnight.date = call[0].date_time.date;
      return Item::OfDateTime(midnight);
    }
    if (call[0].is_string()) {
      if (const auto value = ParseDateTime(call[0].string, &call.arena())) {
        return Item::OfDateTime(*value);
      }
    }
    return Wanted(call, "a date and time like 2024-01-31T12:30:00Z");
  }
  const bool has_date =
      call[0].kind == Kind::kDate || call[0].kind == Kind::kDateTime;
  // Camunda's: the same moment in another zone.
  if (has_date && call[1].is_string()) {
    auto zone = ParseZone(call[1].string, &call.arena());
    if (!zone.has_value()) {
      zone =
          ParseZone(absl::StrCat("@", ToAbsl(call[1].string)), &call.arena());
    }
    if (!zone.has_value() || call[0].date_time.time.zone == nullptr) {
      return Wanted(call, "a date and time with a zone, and a zone's name");
    }
    DateTime utc = call[0].date_time;
    utc.time.zone = kUtc;
    const Nanos moment = ToNanos(call[0].date_time);
    const auto shifted = AddNanos(utc, moment - ToNanos(utc));
    if (!shifted.has_value()) return Item::Null();
    DateTime there = *shifted;
    there.time.zone = *zone;
    const int64_t offset = (*zone)
                               ->zone
                               .At(absl::FromUnixSeconds(static_cast<int64_t>(
                                   moment / kNanosPerSecond)))
                               .offset;
    const auto local =
        AddNanos(*shifted, static_cast<Nanos>(offset) * kNanosPerSecond);
    if (!local.has_value()) return Item::Null();
    there = *local;
    there.time.zone = *zone;
    return Item::OfDateTime(there);
  }
  if (!has_date || call[1].kind != Kind::kTime) {
    return Wanted(call, "a date and a time");
  }
  return Item::OfDateTime({call[0].date_time.date, call[1].date_time.time});
}

Item DurationOf(Call& call) {
  if (call[0].kind == Kind::kDaysTime || call[0].kind == Kind::kYearsMonths) {
    return call[0];
  }
  if (call[0].is_string()) {
    if (const auto value = ParseDuration(call[0].string)) return *value;
  }
  return Wanted(call, "a duration like P1DT2H or P1Y2M");
}

Item YearsAndMonthsDuration(Call& call) {
  const auto has_date = [&](size_t i) {
    return call[i].kind == Kind::kDate || call[i].kind == Kind::kDateTime;
  };
  if (!has_date(0) || !has_date(1)) return Wanted(call, "two dates");
  return Item::OfMonths(
      MonthsBetween(call[0].date_time.date, call[1].date_time.date));
}

// --- number, string, not -----------------------------------------------------

Item NumberOf(Call& call) {
  if (call[0].is_number() && call.count() == 1) return call[0];
  if (!call[0].is_string()) return Wanted(call, "a string");
  std::string_view grouping;
  std::string_view point = ".";
  if (call.given(1)) {
    if (!call[1].is_string() ||
        (call[1].string != " " && call[1].string != "," &&
         call[1].string != ".")) {
      return Wanted(call, "a grouping separator: space, comma or point");
    }
    grouping = call[1].string;
  }
  if (call.given(2)) {
    if (!call[2].is_string() ||
        (call[2].string != "," && call[2].string != ".")) {
      return Wanted(call, "a decimal separator: comma or point");
    }
    point = call[2].string;
  }
  // Without one the point is no separator of decimals if it groups.
  if (call.given(1) && grouping == point) {
    if (call.given(2)) return Wanted(call, "two different separators");
    point = "";
  }
  std::string text;
  for (const char c : call[0].string) {
    if (!grouping.empty() && c == grouping[0]) continue;
    if (!point.empty() && c == point[0]) {
      text += '.';
    } else if (c == '.' || c == ',') {
      return Wanted(call, "a number");
    } else {
      text += c;
    }
  }
  const bool negative = !text.empty() && text[0] == '-';
  const auto number = Decimal::ParseRounded(negative ? text.substr(1) : text);
  if (!number.ok() || text.empty()) return Wanted(call, "a number");
  return Item::Number(negative ? Decimal::Negate(*number) : *number);
}

Item StringOf(Call& call) {
  if (call[0].is_null()) return Wanted(call, "a value");
  if (call[0].is_string()) return call[0];
  const size_t bytes_max =
      static_cast<size_t>(std::max<int64_t>(*call.budget(), 0)) *
      kBytesPerStep / 4;
  const std::string text =
      ToText(call[0], std::min(bytes_max, call.arena().bytes_max()));
  // It costs what it is long; with nothing left it is empty.
  if (text.empty() ||
      !call.Spend(static_cast<int64_t>(4 * text.size() / kBytesPerStep))) {
    call.Spend(*call.budget() + 1);
    return Item::Null();
  }
  return Item::String(call.arena().Copy(text));
}

Item Not(Call& call) {
  if (!call[0].is_boolean()) {
    return call[0].is_null() ? Item::Null() : Wanted(call, "a boolean");
  }
  return Item::Boolean(!call[0].boolean);
}

// The very same: kind, value, and how its zone is written.
Item Is(Call& call) {
  if (call.count() < 2) return Item::Boolean(false);
  const Item& a = call[0];
  const Item& b = call[1];
  if (a.kind != b.kind) return Item::Boolean(false);
  if (a.kind == Kind::kTime || a.kind == Kind::kDateTime) {
    return Item::Boolean(ToText(a, SIZE_MAX) == ToText(b, SIZE_MAX));
  }
  return FromTruth(Equals(a, b, call.budget()));
}

// Camunda's.
Item IsDefined(Call& call) { return Item::Boolean(!call[0].is_null()); }
Item GetOrElse(Call& call) { return call[0].is_null() ? call[1] : call[0]; }
Item Assert(Call& call) {
  if (call[1].is_true()) return call[0];
  if (call.given(2) && call[2].is_string()) return call.Fault(call[2].string);
  return call.Fault("the condition of assert() isn't fulfilled");
}

// --- JSON, Camunda's ---------------------------------------------------------

// A copy of all texts: the parsed value doesn't outlive the call.
Item Keep(const Item& item, Arena& arena) {
  switch (item.kind) {
    case Kind::kString:
      return Item::String(arena.Copy(item.string));
    case Kind::kList: {
      Item* const items = arena.NewArray<Item>(item.list_view.size);
      if (items == nullptr) return Item::Null();
      for (size_t i = 0; i < item.list_view.size; ++i) {
        items[i] = Keep(item.list()[i], arena);
      }
      return Item::List(items, item.list_view.size);
    }
    case Kind::kContext: {
      Entry* const entries = arena.NewArray<Entry>(item.context_view.size);
      if (entries == nullptr) return Item::Null();
      for (size_t i = 0; i < item.context_view.size; ++i) {
        const Entry& entry = item.context()[i];
        entries[i] = {arena.Copy(entry.name), Keep(entry.value, arena)};
      }
      return Item::Context(entries, item.context_view.size);
    }
    default:
      return item;
  }
}

Item FromJson(Call& call) {
  if (!call[0].is_string()) return Wanted(call, "a string");
  const auto value = Value::FromJson(call[0].string);
  if (!value.ok()) return call.Fault(ToStd(value.status().message()));
  std::string_view refused;
  const Item item = ToItem(*value, &call.arena(), &refused);
  if (!refused.empty()) return call.Fault(RefusedNumber(refused));
  return Keep(item, call.arena());
}

// Functions and ranges become texts, as dates do.
Item ToJson(Call& call) {
  const auto value = ToValue(call[0], OfNoVariable::kText, call.budget());
  if (!call.Spend(0)) return Item::Null();
  if (!value.ok()) return call.Fault(ToStd(value.status().message()));
  return Item::String(call.arena().Copy(value->ToJson()));
}

constexpr std::array kTable = {
    Builtin{"date", "from|year, month, day", &DateOf},
    Builtin{"time", "from|hour, minute, second, [offset]", &TimeOf},
    Builtin{"date and time", "from|date, time|date, timezone", &DateAndTimeOf},
    Builtin{"duration", "from", &DurationOf},
    Builtin{"years and months duration", "from, to", &YearsAndMonthsDuration},
    Builtin{"number", "from|from, grouping separator, [decimal separator]",
            &NumberOf},
    Builtin{"string", "from: any", &StringOf},
    Builtin{"not", "negand", &Not},
    Builtin{"is", "[value1: any], [value2: any]", &Is},
    Builtin{"from json", "value", &FromJson},
    Builtin{"to json", "value: any", &ToJson},
    Builtin{"is defined", "value: any", &IsDefined},
    Builtin{"get or else", "value: any, default: any", &GetOrElse},
    Builtin{"assert", "value: any, condition, [cause]", &Assert},
};

}  // namespace

std::span<const Builtin> ConversionBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
