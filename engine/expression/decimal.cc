#include "engine/expression/decimal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/value.h"

extern "C" {
#include "bid_conf.h"
// After bid_conf.h.
#include "bid_functions.h"
}

namespace pawl::expression {
namespace {

constexpr unsigned kHalfEven = BID_ROUNDING_TO_NEAREST;
// Places before the point and behind it up to which a number is written out.
constexpr int kPlainWhole = 34;
constexpr int kPlainFraction = 40;

BID_UINT128 Raw(uint64_t low, uint64_t high) {
  BID_UINT128 raw;
  raw.w[0] = low;
  raw.w[1] = high;
  return raw;
}

// Longest text that the library is given: digits beyond 34 can't be exact
// unless they are zeros, which are taken off first.
constexpr size_t kTextMax = 128;

}  // namespace

Decimal Decimal::FromInt64(int64_t value) {
  const BID_UINT128 raw = bid128_from_int64(value);
  return Decimal(raw.w[0], raw.w[1]);
}

bool Decimal::FromNumberText(std::string_view text, Decimal* out) {
  // Zeros at the end of a fraction say nothing, but cost digits.
  std::string plain(text);
  const size_t exponent = plain.find_first_of("eE");
  const std::string tail =
      exponent == std::string::npos ? "" : plain.substr(exponent);
  if (exponent != std::string::npos) plain.resize(exponent);
  if (plain.find('.') != std::string::npos) {
    plain.resize(plain.find_last_not_of('0') + 1);
    if (plain.back() == '.') plain.pop_back();
  }
  plain += tail;
  if (plain.size() > kTextMax) return false;
  unsigned flags = 0;
  const BID_UINT128 raw = bid128_from_string(plain.data(), kHalfEven, &flags);
  if ((flags & BID_INEXACT_EXCEPTION) != 0 || !bid128_isFinite(raw)) {
    return false;
  }
  *out = Decimal(raw.w[0], raw.w[1]);
  return true;
}

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  const absl::StatusOr<Value> number = Value::Number(text);
  if (!number.ok()) return number.status();
  Decimal out;
  if (!FromNumberText(text, &out)) {
    return absl::InvalidArgumentError(
        absl::StrCat("got the number ", ToAbsl(text),
                     ", wanted one of at most 34 digits, below 1e6145"));
  }
  return out;
}

std::string Decimal::ToString() const {
  char buffer[64];
  unsigned flags = 0;
  bid128_to_string(buffer, Raw(low_, high_), &flags);
  // "+12345E-2", always with sign, digits and exponent.
  const std::string_view text(buffer);
  const size_t e = text.find('E');
  std::string digits(text.substr(1, e - 1));
  int exponent = std::stoi(std::string(text.substr(e + 1)));
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return "0";
  while (digits.back() == '0') {
    digits.pop_back();
    ++exponent;
  }
  const std::string sign = text[0] == '-' ? "-" : "";
  const int size = static_cast<int>(digits.size());
  const int whole = size + exponent;
  if (exponent >= 0 && whole <= kPlainWhole) {
    return sign + digits + std::string(static_cast<size_t>(exponent), '0');
  }
  if (exponent < 0 && -exponent <= kPlainFraction && whole <= kPlainWhole) {
    if (whole > 0) {
      return sign + digits.substr(0, static_cast<size_t>(whole)) + "." +
             digits.substr(static_cast<size_t>(whole));
    }
    return sign + "0." + std::string(static_cast<size_t>(-whole), '0') + digits;
  }
  const int scientific = whole - 1;
  std::string out = sign + digits.substr(0, 1);
  if (size > 1) out += "." + digits.substr(1);
  return out + (scientific < 0 ? "e-" : "e+") +
         std::to_string(std::abs(scientific));
}

namespace {

absl::StatusOr<Decimal> Finite(BID_UINT128 raw, const char* operation,
                               Decimal (*make)(uint64_t, uint64_t)) {
  if (!bid128_isFinite(raw)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the result of ", operation, " is beyond 9.99e+6144"));
  }
  return make(raw.w[0], raw.w[1]);
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Add(Decimal a, Decimal b) {
  unsigned flags = 0;
  return Finite(
      bid128_add(Raw(a.low_, a.high_), Raw(b.low_, b.high_), kHalfEven, &flags),
      "+", [](uint64_t l, uint64_t h) { return Decimal(l, h); });
}

absl::StatusOr<Decimal> Decimal::Subtract(Decimal a, Decimal b) {
  unsigned flags = 0;
  return Finite(
      bid128_sub(Raw(a.low_, a.high_), Raw(b.low_, b.high_), kHalfEven, &flags),
      "-", [](uint64_t l, uint64_t h) { return Decimal(l, h); });
}

absl::StatusOr<Decimal> Decimal::Multiply(Decimal a, Decimal b) {
  unsigned flags = 0;
  return Finite(
      bid128_mul(Raw(a.low_, a.high_), Raw(b.low_, b.high_), kHalfEven, &flags),
      "*", [](uint64_t l, uint64_t h) { return Decimal(l, h); });
}

absl::StatusOr<Decimal> Decimal::Divide(Decimal a, Decimal b) {
  if (b.is_zero()) return absl::InvalidArgumentError("division by zero");
  unsigned flags = 0;
  return Finite(
      bid128_div(Raw(a.low_, a.high_), Raw(b.low_, b.high_), kHalfEven, &flags),
      "/", [](uint64_t l, uint64_t h) { return Decimal(l, h); });
}

absl::StatusOr<Decimal> Decimal::Remainder(Decimal a, Decimal b) {
  if (b.is_zero()) return absl::InvalidArgumentError("division by zero");
  unsigned flags = 0;
  return Finite(bid128_fmod(Raw(a.low_, a.high_), Raw(b.low_, b.high_), &flags),
                "%", [](uint64_t l, uint64_t h) { return Decimal(l, h); });
}

Decimal Decimal::Negate(Decimal a) {
  const BID_UINT128 raw = bid128_negate(Raw(a.low_, a.high_));
  return Decimal(raw.w[0], raw.w[1]);
}

int Decimal::Compare(Decimal a, Decimal b) {
  unsigned flags = 0;
  const BID_UINT128 x = Raw(a.low_, a.high_);
  const BID_UINT128 y = Raw(b.low_, b.high_);
  if (bid128_quiet_equal(x, y, &flags)) return 0;
  return bid128_quiet_less(x, y, &flags) ? -1 : 1;
}

}  // namespace pawl::expression
