#include "engine/expression/feel/operators.h"

#include <cstring>

namespace pawl::expression::feel {
namespace {

using Kind = ItemKind;

constexpr Nanos kDay = static_cast<Nanos>(kSecondsPerDay) * kNanosPerSecond;

std::optional<Item> OfStatus(const absl::StatusOr<Decimal>& result) {
  if (!result.ok()) return std::nullopt;
  return Item::Number(*result);
}

std::optional<Item> OfNanos(Nanos nanos) {
  const auto duration = FromNanos(nanos);
  if (!duration.has_value()) return std::nullopt;
  return Item::OfDaysTime(*duration);
}

std::optional<Item> AddMonthsTo(const Item& item, int64_t months) {
  const auto date = AddMonths(item.date_time.date, months);
  if (!date.has_value()) return std::nullopt;
  if (item.kind == Kind::kDate) return Item::OfDate(*date);
  return Item::OfDateTime({*date, item.date_time.time});
}

std::optional<Item> AddNanosTo(const Item& item, Nanos nanos) {
  switch (item.kind) {
    case Kind::kTime:
      return Item::OfTime(AddNanos(item.date_time.time, nanos));
    case Kind::kDate: {
      // Its midnight is moved, and the day counts that it falls on.
      const auto moved = AddNanos(DateTime{item.date_time.date, {}}, nanos);
      if (!moved.has_value()) return std::nullopt;
      return Item::OfDate(moved->date);
    }
    case Kind::kDateTime: {
      const auto moved = AddNanos(item.date_time, nanos);
      if (!moved.has_value()) return std::nullopt;
      return Item::OfDateTime(*moved);
    }
    default:
      return std::nullopt;
  }
}

bool HasDate(const Item& item) {
  return item.kind == Kind::kDate || item.kind == Kind::kDateTime;
}

// A date takes part as its midnight in UTC.
DateTime Moment(const Item& item) {
  if (item.kind == Kind::kDateTime) return item.date_time;
  DateTime value;
  value.date = item.date_time.date;
  value.time.zone = kUtc;
  return value;
}

std::optional<Item> MomentsBetween(const Item& a, const Item& b) {
  if (a.kind == Kind::kDate && b.kind == Kind::kDate) {
    return OfNanos((static_cast<Nanos>(ToDays(a.date_time.date)) -
                    ToDays(b.date_time.date)) *
                   kDay);
  }
  const DateTime x = Moment(a);
  const DateTime y = Moment(b);
  // Local and not: nobody can tell.
  if ((x.time.zone == nullptr) != (y.time.zone == nullptr)) return std::nullopt;
  return OfNanos(ToNanos(x) - ToNanos(y));
}

std::optional<Item> TimesBetween(const Time& a, const Time& b) {
  if ((a.zone == nullptr) != (b.zone == nullptr)) return std::nullopt;
  auto x = OffsetOf(a);
  auto y = OffsetOf(b);
  // One zone, whatever its offset is on the day.
  if (!x.has_value() && !y.has_value() && a.zone->name == b.zone->name) {
    x = y = 0;
  }
  if (!x.has_value() || !y.has_value()) return std::nullopt;
  const auto nanos = [](const Time& time, int64_t offset) {
    return (static_cast<Nanos>(time.second) - offset) * kNanosPerSecond +
           time.nano;
  };
  return OfNanos(nanos(a, *x) - nanos(b, *y));
}

// Nanoseconds as a number: they may need more than 34 digits of neither.
Decimal ToDecimal(Nanos nanos) {
  const bool negative = nanos < 0;
  const Nanos size = negative ? -nanos : nanos;
  const Decimal high =
      Decimal::FromInt64(static_cast<int64_t>(size / 1'000'000'000'000'000));
  const Decimal low =
      Decimal::FromInt64(static_cast<int64_t>(size % 1'000'000'000'000'000));
  const Decimal whole = *Decimal::Add(
      *Decimal::Multiply(high, Decimal::FromInt64(1'000'000'000'000'000)), low);
  return negative ? Decimal::Negate(whole) : whole;
}

std::optional<Nanos> ToNanosOf(Decimal number) {
  // Two pieces of 15 digits each are enough for what a duration holds.
  const Decimal piece = Decimal::FromInt64(1'000'000'000'000'000);
  const Decimal whole = number.Truncated();
  const auto high = Decimal::Divide(whole, piece);
  if (!high.ok()) return std::nullopt;
  const Decimal high_whole = high->Truncated();
  const auto low = Decimal::Remainder(whole, piece);
  const auto h = high_whole.ToInt64();
  if (!low.ok() || !h.has_value()) return std::nullopt;
  const auto l = low->Truncated().ToInt64();
  if (!l.has_value()) return std::nullopt;
  return static_cast<Nanos>(*h) * 1'000'000'000'000'000 + *l;
}

// A duration scaled: `duration` * number or duration / number.
std::optional<Item> Scale(const Item& duration, Decimal number, bool divide) {
  const Decimal amount = duration.kind == Kind::kDaysTime
                             ? ToDecimal(TotalNanos(duration.days_time))
                             : Decimal::FromInt64(duration.months);
  const auto scaled = divide ? Decimal::Divide(amount, number)
                             : Decimal::Multiply(amount, number);
  if (!scaled.ok()) return std::nullopt;
  if (duration.kind == Kind::kDaysTime) {
    const auto nanos = ToNanosOf(*scaled);
    if (!nanos.has_value()) return std::nullopt;
    return OfNanos(*nanos);
  }
  const auto months = scaled->Truncated().ToInt64();
  if (!months.has_value()) return std::nullopt;
  return Item::OfMonths(*months);
}

bool IsDuration(const Item& item) {
  return item.kind == Kind::kDaysTime || item.kind == Kind::kYearsMonths;
}

}  // namespace

std::optional<Item> Add(const Item& a, const Item& b, Arena* arena) {
  if (a.is_number() && b.is_number()) {
    return OfStatus(Decimal::Add(a.number, b.number));
  }
  if (a.is_string() && b.is_string()) {
    const size_t size = a.string.size() + b.string.size();
    if (b.string.empty()) return a;
    if (a.string.empty()) return b;
    char* const bytes = static_cast<char*>(arena->Allocate(size));
    if (bytes == nullptr) return std::nullopt;
    std::memcpy(bytes, a.string.data(), a.string.size());
    std::memcpy(bytes + a.string.size(), b.string.data(), b.string.size());
    return Item::String({bytes, size});
  }
  if (a.kind == Kind::kDaysTime && b.kind == Kind::kDaysTime) {
    return OfNanos(TotalNanos(a.days_time) + TotalNanos(b.days_time));
  }
  if (a.kind == Kind::kYearsMonths && b.kind == Kind::kYearsMonths) {
    int64_t sum = 0;
    if (__builtin_add_overflow(a.months, b.months, &sum)) return std::nullopt;
    return Item::OfMonths(sum);
  }
  if (b.kind == Kind::kDaysTime) return AddNanosTo(a, TotalNanos(b.days_time));
  if (a.kind == Kind::kDaysTime) return AddNanosTo(b, TotalNanos(a.days_time));
  if (b.kind == Kind::kYearsMonths && HasDate(a)) {
    return AddMonthsTo(a, b.months);
  }
  if (a.kind == Kind::kYearsMonths && HasDate(b)) {
    return AddMonthsTo(b, a.months);
  }
  return std::nullopt;
}

std::optional<Item> Subtract(const Item& a, const Item& b) {
  if (a.is_number() && b.is_number()) {
    return OfStatus(Decimal::Subtract(a.number, b.number));
  }
  if (a.kind == Kind::kDaysTime && b.kind == Kind::kDaysTime) {
    return OfNanos(TotalNanos(a.days_time) - TotalNanos(b.days_time));
  }
  if (a.kind == Kind::kYearsMonths && b.kind == Kind::kYearsMonths) {
    int64_t difference = 0;
    if (__builtin_sub_overflow(a.months, b.months, &difference)) {
      return std::nullopt;
    }
    return Item::OfMonths(difference);
  }
  if (HasDate(a) && HasDate(b)) return MomentsBetween(a, b);
  if (a.kind == Kind::kTime && b.kind == Kind::kTime) {
    return TimesBetween(a.date_time.time, b.date_time.time);
  }
  if (b.kind == Kind::kDaysTime) return AddNanosTo(a, -TotalNanos(b.days_time));
  if (b.kind == Kind::kYearsMonths && HasDate(a) && b.months != INT64_MIN) {
    return AddMonthsTo(a, -b.months);
  }
  return std::nullopt;
}

std::optional<Item> Multiply(const Item& a, const Item& b) {
  if (a.is_number() && b.is_number()) {
    return OfStatus(Decimal::Multiply(a.number, b.number));
  }
  if (IsDuration(a) && b.is_number()) return Scale(a, b.number, false);
  if (a.is_number() && IsDuration(b)) return Scale(b, a.number, false);
  return std::nullopt;
}

std::optional<Item> Divide(const Item& a, const Item& b) {
  if (a.is_number() && b.is_number()) {
    return OfStatus(Decimal::Divide(a.number, b.number));
  }
  if (IsDuration(a) && b.is_number()) return Scale(a, b.number, true);
  if (a.kind == Kind::kDaysTime && b.kind == Kind::kDaysTime) {
    return OfStatus(Decimal::Divide(ToDecimal(TotalNanos(a.days_time)),
                                    ToDecimal(TotalNanos(b.days_time))));
  }
  if (a.kind == Kind::kYearsMonths && b.kind == Kind::kYearsMonths) {
    return OfStatus(Decimal::Divide(Decimal::FromInt64(a.months),
                                    Decimal::FromInt64(b.months)));
  }
  return std::nullopt;
}

std::optional<Item> Power(const Item& a, const Item& b) {
  if (!a.is_number() || !b.is_number()) return std::nullopt;
  return OfStatus(Decimal::Power(a.number, b.number));
}

std::optional<Item> Negate(const Item& a) {
  switch (a.kind) {
    case Kind::kNumber:
      return Item::Number(Decimal::Negate(a.number));
    case Kind::kDaysTime:
      return OfNanos(-TotalNanos(a.days_time));
    case Kind::kYearsMonths:
      if (a.months == INT64_MIN) return std::nullopt;
      return Item::OfMonths(-a.months);
    default:
      return std::nullopt;
  }
}

namespace {

std::optional<Item> DateProperty(Date date, std::string_view name) {
  if (name == "year") return Item::Number(int64_t{date.year});
  if (name == "month") return Item::Number(int64_t{date.month});
  if (name == "day") return Item::Number(int64_t{date.day});
  if (name == "weekday") return Item::Number(int64_t{Weekday(date)});
  return std::nullopt;
}

std::optional<Item> TimeProperty(const Item& item, std::string_view name,
                                 Arena* arena) {
  const Time& time = item.date_time.time;
  if (name == "hour") return Item::Number(int64_t{time.second / 3600});
  if (name == "minute") return Item::Number(int64_t{time.second / 60 % 60});
  if (name == "second") {
    return Item::Number(int64_t{time.second % 60});
  }
  if (name == "time offset") {
    if (time.zone == nullptr) return Item::Null();
    if (item.kind == Kind::kTime && time.zone->named) return Item::Null();
    const int64_t offset =
        item.kind == Kind::kTime ? *OffsetOf(time) : OffsetOf(item.date_time);
    return Item::OfDaysTime({offset, 0});
  }
  if (name == "timezone") {
    if (time.zone == nullptr || !time.zone->named) return Item::Null();
    return Item::String(arena->Copy(time.zone->name));
  }
  return std::nullopt;
}

std::optional<Item> DaysTimeProperty(DaysTime duration, std::string_view name) {
  Nanos total = TotalNanos(duration);
  const int sign = total < 0 ? -1 : 1;
  if (total < 0) total = -total;
  const int64_t seconds = static_cast<int64_t>(total / kNanosPerSecond);
  if (name == "days") return Item::Number(sign * (seconds / kSecondsPerDay));
  if (name == "hours") return Item::Number(sign * (seconds / 3600 % 24));
  if (name == "minutes") return Item::Number(sign * (seconds / 60 % 60));
  if (name == "seconds") return Item::Number(sign * (seconds % 60));
  return std::nullopt;
}

std::optional<Item> RangeProperty(const Range& range, std::string_view name) {
  if (name == "start") return range.low;
  if (name == "end") return range.high;
  if (name == "start included") return Item::Boolean(range.low_closed);
  if (name == "end included") return Item::Boolean(range.high_closed);
  return std::nullopt;
}

}  // namespace

std::optional<Item> Property(const Item& item, std::string_view name,
                             Arena* arena) {
  switch (item.kind) {
    case Kind::kDate:
      return DateProperty(item.date_time.date, name);
    case Kind::kDateTime: {
      if (auto found = DateProperty(item.date_time.date, name)) return found;
      return TimeProperty(item, name, arena);
    }
    case Kind::kTime:
      return TimeProperty(item, name, arena);
    case Kind::kDaysTime:
      return DaysTimeProperty(item.days_time, name);
    case Kind::kYearsMonths:
      if (name == "years") return Item::Number(item.months / 12);
      if (name == "months") return Item::Number(item.months % 12);
      return std::nullopt;
    case Kind::kRange:
      return RangeProperty(*item.range, name);
    default:
      return std::nullopt;
  }
}

}  // namespace pawl::expression::feel
