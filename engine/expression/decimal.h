// Decimal: the numbers of expressions. IEEE 754 decimal128, 34 digits, rounded
// half to even, as DMN 1.4 (10.3.2.3.1) wants them: 0.1 + 0.2 is 0.3.
//
// One door to the Intel decimal library, which stays inside decimal.cc. Always
// finite: what would be NaN or infinite is an error. Deterministic on every
// machine: integer arithmetic only.
#ifndef PAWL_ENGINE_EXPRESSION_DECIMAL_H_
#define PAWL_ENGINE_EXPRESSION_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::expression {

class Decimal {
 public:
  // Zero.
  Decimal() = default;
  static Decimal FromInt64(int64_t value);

  // The exact value of a JSON number's text. InvalidArgument: not a JSON
  // number, or it doesn't fit without loss (more than 34 significant digits,
  // or beyond 1e6144).
  static absl::StatusOr<Decimal> Parse(std::string_view text);
  // As Parse, false instead of an error. `text` must be a JSON number.
  static bool FromNumberText(std::string_view text, Decimal* out);

  // As Parse, but more than 34 digits are rounded, half to even. Also ".5".
  static absl::StatusOr<Decimal> ParseRounded(std::string_view text);

  // Canonical JSON number text, one for each numeric value: no trailing zeros
  // in a fraction, "0" for zeros of any sign and exponent, plain digits while
  // the number needs at most 34 places before the point or 40 after it, else
  // "1.5e+40".
  std::string ToString() const;

  // As ToString without exponents, however many zeros that takes.
  std::string ToPlainString() const;

  // The result rounded to 34 digits, half to even. InvalidArgument: too large
  // (beyond 9.99e+6144) or a zero divisor. What is smaller than 1e-6176
  // rounds to 0.
  static absl::StatusOr<Decimal> Add(Decimal a, Decimal b);
  static absl::StatusOr<Decimal> Subtract(Decimal a, Decimal b);
  static absl::StatusOr<Decimal> Multiply(Decimal a, Decimal b);
  static absl::StatusOr<Decimal> Divide(Decimal a, Decimal b);
  // a - b * trunc(a / b): the sign of a, always exact.
  static absl::StatusOr<Decimal> Remainder(Decimal a, Decimal b);
  static Decimal Negate(Decimal a);
  // InvalidArgument: the result isn't a number (a root of a negative one, a
  // logarithm of none, 0 to a negative power) or is too large. Correctly
  // rounded for whole exponents and roots; exp, log and other powers are right
  // but for the last digit, and the same on every machine.
  static absl::StatusOr<Decimal> Power(Decimal a, Decimal b);
  static absl::StatusOr<Decimal> SquareRoot(Decimal a);
  static absl::StatusOr<Decimal> Exp(Decimal a);
  static absl::StatusOr<Decimal> Log(Decimal a);

  enum class Rounding {
    kHalfEven,
    kHalfUp,
    kHalfDown,
    kUp,
    kDown,
    kFloor,
    kCeiling
  };
  // Rounded to `places` after the point (negative: before it). Half up and
  // down, up and down are away from and towards zero. InvalidArgument: the
  // result needs more than 34 digits, or places beyond +-6176.
  static absl::StatusOr<Decimal> Round(Decimal a, int64_t places,
                                       Rounding rounding);
  // Towards zero.
  Decimal Truncated() const;
  bool is_integer() const { return Truncated() == *this; }
  bool is_negative() const { return Compare(*this, Decimal()) < 0; }
  // Nothing when it has a fraction or doesn't fit.
  std::optional<int64_t> ToInt64() const;
  // The nearest one.
  double ToDouble() const;

  // Negative, 0, positive: by numeric value (1.0 equals 1, -0 equals 0).
  static int Compare(Decimal a, Decimal b);
  friend bool operator==(Decimal a, Decimal b) { return Compare(a, b) == 0; }

  bool is_zero() const { return Compare(*this, Decimal()) == 0; }

 private:
  Decimal(uint64_t low, uint64_t high) : low_(low), high_(high) {}
  // FromNumberText of the usual ones; false says nothing.
  static bool FromShortText(std::string_view text, Decimal* out);

  // The binary integer (BID) encoding: sign, 14 bits of exponent + 6176, 113
  // bits of coefficient.
  uint64_t low_ = 0;
  uint64_t high_ = uint64_t{6176} << 49;
};

}  // namespace pawl::expression

#endif  // PAWL_ENGINE_EXPRESSION_DECIMAL_H_
