// Functions of numbers (DMN 1.4, 10.3.4.5), and Camunda's random number.
#include <array>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"

namespace pawl::expression::feel {
namespace {

using Rounding = Decimal::Rounding;

Item Wanted(Call& call, std::string_view wanted) {
  return call.Fault(absl::StrCat("wanted ", ToAbsl(wanted)));
}

Item OfStatus(Call& call, const absl::StatusOr<Decimal>& result) {
  if (!result.ok()) return call.Fault(ToStd(result.status().message()));
  return Item::Number(*result);
}

// `optional`: without places, to a whole number.
Item Round(Call& call, Rounding rounding, bool optional) {
  if (!call[0].is_number()) return Wanted(call, "a number");
  int64_t places = 0;
  if (call.count() > 1) {
    if (!call[1].is_number()) return Wanted(call, "a number of places");
    const auto given = call[1].number.Truncated().ToInt64();
    if (!given.has_value()) return Wanted(call, "a number of places");
    places = *given;
  } else if (!optional) {
    return Wanted(call, "a number of places");
  }
  return OfStatus(call, Decimal::Round(call[0].number, places, rounding));
}

Item DecimalOf(Call& call) { return Round(call, Rounding::kHalfEven, false); }
Item Floor(Call& call) { return Round(call, Rounding::kFloor, true); }
Item Ceiling(Call& call) { return Round(call, Rounding::kCeiling, true); }
Item RoundUp(Call& call) { return Round(call, Rounding::kUp, false); }
Item RoundDown(Call& call) { return Round(call, Rounding::kDown, false); }
Item RoundHalfUp(Call& call) { return Round(call, Rounding::kHalfUp, false); }
Item RoundHalfDown(Call& call) {
  return Round(call, Rounding::kHalfDown, false);
}

Item Abs(Call& call) {
  const Item& value = call[0];
  switch (value.kind) {
    case ItemKind::kNumber:
      return value.number.is_negative()
                 ? Item::Number(Decimal::Negate(value.number))
                 : value;
    case ItemKind::kDaysTime: {
      const Nanos total = TotalNanos(value.days_time);
      const auto positive = FromNanos(total < 0 ? -total : total);
      return positive.has_value() ? Item::OfDaysTime(*positive) : Item::Null();
    }
    case ItemKind::kYearsMonths:
      if (value.months == INT64_MIN) return Item::Null();
      return Item::OfMonths(value.months < 0 ? -value.months : value.months);
    default:
      return Wanted(call, "a number or a duration");
  }
}

// The sign of the divisor: dividend - divisor * floor(dividend / divisor).
Item Modulo(Call& call) {
  if (!call[0].is_number() || !call[1].is_number()) {
    return Wanted(call, "two numbers");
  }
  // Of 1e6000 by 7 it takes some microseconds.
  call.Spend(8);
  auto rest = Decimal::Remainder(call[0].number, call[1].number);
  if (rest.ok() && !rest->is_zero() &&
      rest->is_negative() != call[1].number.is_negative()) {
    rest = Decimal::Add(*rest, call[1].number);
  }
  return OfStatus(call, rest);
}

Item SquareRoot(Call& call) {
  if (!call[0].is_number()) return Wanted(call, "a number");
  return OfStatus(call, Decimal::SquareRoot(call[0].number));
}
Item Log(Call& call) {
  if (!call[0].is_number()) return Wanted(call, "a number");
  return OfStatus(call, Decimal::Log(call[0].number));
}
Item Exp(Call& call) {
  if (!call[0].is_number()) return Wanted(call, "a number");
  return OfStatus(call, Decimal::Exp(call[0].number));
}

Item IsEven(Call& call, bool even) {
  if (!call[0].is_number()) return Wanted(call, "a number");
  if (!call[0].number.is_integer()) return Item::Boolean(false);
  const auto rest = Decimal::Remainder(call[0].number, Decimal::FromInt64(2));
  if (!rest.ok()) return Item::Null();
  return Item::Boolean(rest->is_zero() == even);
}
Item Odd(Call& call) { return IsEven(call, false); }
Item Even(Call& call) { return IsEven(call, true); }

// From 0 to under 1, 15 digits.
Item RandomNumber(Call& call) {
  constexpr int64_t kSteps = 1'000'000'000'000'000;
  const auto number = Decimal::Divide(
      Decimal::FromInt64(
          static_cast<int64_t>(call.NextRandom() % uint64_t{kSteps})),
      Decimal::FromInt64(kSteps));
  return OfStatus(call, number);
}

constexpr std::array kTable = {
    Builtin{"decimal", "n, scale", &DecimalOf},
    Builtin{"floor", "n, [scale]", &Floor},
    Builtin{"ceiling", "n, [scale]", &Ceiling},
    Builtin{"round up", "n, scale", &RoundUp},
    Builtin{"round down", "n, scale", &RoundDown},
    Builtin{"round half up", "n, scale", &RoundHalfUp},
    Builtin{"round half down", "n, scale", &RoundHalfDown},
    Builtin{"abs", "n", &Abs},
    Builtin{"modulo", "dividend, divisor", &Modulo},
    Builtin{"sqrt", "number", &SquareRoot},
    Builtin{"log", "number", &Log},
    Builtin{"exp", "number", &Exp},
    Builtin{"odd", "number", &Odd},
    Builtin{"even", "number", &Even},
    Builtin{"random number", "", &RandomNumber},
};

}  // namespace

std::span<const Builtin> NumberBuiltins() { return kTable; }

}  // namespace pawl::expression::feel
