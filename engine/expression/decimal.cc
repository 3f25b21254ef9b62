#include "engine/expression/decimal.h"

#include <bid_conf.h>
#include <bid_functions.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/number_text.h"

// Another value links, and then corrupts results silently.
#if !defined(DECIMAL_CALL_BY_REFERENCE) || DECIMAL_CALL_BY_REFERENCE != 0 || \
    !defined(DECIMAL_GLOBAL_ROUNDING) || DECIMAL_GLOBAL_ROUNDING != 0 ||     \
    !defined(DECIMAL_GLOBAL_EXCEPTION_FLAGS) ||                              \
    DECIMAL_GLOBAL_EXCEPTION_FLAGS != 0
#error "depend on //third_party/intelrdfpmath, which defines these as 0"
#endif

namespace pawl::expression {
namespace {

using Coefficient = unsigned __int128;

constexpr int kDigitsMax = 34;
constexpr int kExponentBias = 6176;
constexpr int64_t kExponentMin = -kExponentBias;
constexpr int64_t kExponentMax = 6111;
constexpr int kExponentShift = 49;
constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr uint64_t kCoefficientHighMask = (uint64_t{1} << kExponentShift) - 1;
// Both infinities and all NaNs have these bits, no finite number has.
constexpr uint64_t kSpecialMask = uint64_t{0x78} << 56;
// ToString pads with zeros up to here, then writes an exponent.
constexpr int64_t kPlainFractionMax = 40;

BID_UINT128 ToBid(uint64_t low, uint64_t high) {
  BID_UINT128 bid;
  bid.w[0] = low;
  bid.w[1] = high;
  return bid;
}

absl::Status TooLarge(const char* operation, Decimal a, Decimal b) {
  return absl::InvalidArgumentError(
      absl::StrCat("number: ", a.ToString(), " ", operation, " ", b.ToString(),
                   " is beyond decimal128, wanted less than 1e+6145"));
}

absl::Status ZeroDivisor(const char* operation, Decimal a) {
  return absl::InvalidArgumentError(
      absl::StrCat("number: ", a.ToString(), " ", operation,
                   " 0: got a divisor of 0, wanted another"));
}

}  // namespace

Decimal Decimal::FromInt64(int64_t value) {
  const uint64_t size =
      value < 0 ? -static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  return Decimal(size, (value < 0 ? kSignBit : 0) | uint64_t{kExponentBias}
                                                        << kExponentShift);
}

bool Decimal::FromNumberText(std::string_view text, Decimal* out) {
  NumberParts parts;
  if (!SplitNumber(text, &parts).ok()) return false;
  const NormalNumber n = Normalize(parts);
  if (n.digit_count() > kDigitsMax) return false;
  Coefficient coefficient = 0;
  for (const char c : n.first) coefficient = coefficient * 10 + (c - '0');
  for (const char c : n.second) coefficient = coefficient * 10 + (c - '0');
  int64_t digits = static_cast<int64_t>(n.digit_count());
  int64_t exponent = n.magnitude - digits;
  // 1e6144 is written as 1000...e6111.
  while (exponent > kExponentMax && digits < kDigitsMax) {
    coefficient *= 10;
    ++digits;
    --exponent;
  }
  if (exponent > kExponentMax || exponent < kExponentMin) return false;
  *out = Decimal(static_cast<uint64_t>(coefficient),
                 (n.negative ? kSignBit : 0) |
                     static_cast<uint64_t>(exponent + kExponentBias)
                         << kExponentShift |
                     static_cast<uint64_t>(coefficient >> 64));
  return true;
}

absl::StatusOr<Decimal> Decimal::Parse(std::string_view text) {
  Decimal result;
  if (FromNumberText(text, &result)) return result;
  NumberParts parts;
  if (absl::Status status = SplitNumber(text, &parts); !status.ok()) {
    return status;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "number '", ToAbsl(text.substr(0, 64)), text.size() > 64 ? "...'" : "'",
      ": wanted at most 34 significant digits, and a size from "
      "1e-6176 to 9.99e+6144"));
}

std::string Decimal::ToString() const {
  Coefficient coefficient =
      static_cast<Coefficient>(high_ & kCoefficientHighMask) << 64 | low_;
  if (coefficient == 0) return "0";
  int64_t exponent =
      static_cast<int64_t>(high_ >> kExponentShift & 0x3FFF) - kExponentBias;
  char buffer[kDigitsMax + 6];
  char* first = buffer + sizeof(buffer);
  while (coefficient != 0) {
    *--first = static_cast<char>('0' + static_cast<int>(coefficient % 10));
    coefficient /= 10;
  }
  std::string_view digits(first,
                          static_cast<size_t>(buffer + sizeof(buffer) - first));
  while (digits.back() == '0') {
    digits.remove_suffix(1);
    ++exponent;
  }

  // The value is 0.digits * 10^magnitude.
  const int64_t magnitude = static_cast<int64_t>(digits.size()) + exponent;
  std::string out = high_ & kSignBit ? "-" : "";
  if (magnitude > kDigitsMax || exponent < -kPlainFractionMax) {
    out += digits[0];
    if (digits.size() > 1) {
      out += '.';
      out.append(digits.substr(1));
    }
    absl::StrAppend(&out, magnitude > 0 ? "e+" : "e", magnitude - 1);
  } else if (exponent >= 0) {
    out.append(digits);
    out.append(static_cast<size_t>(exponent), '0');
  } else if (magnitude > 0) {
    const size_t whole = static_cast<size_t>(magnitude);
    out.append(digits.substr(0, whole));
    out += '.';
    out.append(digits.substr(whole));
  } else {
    out += "0.";
    out.append(static_cast<size_t>(-magnitude), '0');
    out.append(digits);
  }
  return out;
}

// What the library computes; its inexact flag is of no interest, the results
// that aren't finite are looked for.
absl::StatusOr<Decimal> Decimal::Add(Decimal a, Decimal b) {
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_add(ToBid(a.low_, a.high_), ToBid(b.low_, b.high_),
                 BID_ROUNDING_TO_NEAREST, &flags);
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) return TooLarge("+", a, b);
  return Decimal(bid.w[0], bid.w[1]);
}

absl::StatusOr<Decimal> Decimal::Subtract(Decimal a, Decimal b) {
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_sub(ToBid(a.low_, a.high_), ToBid(b.low_, b.high_),
                 BID_ROUNDING_TO_NEAREST, &flags);
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) return TooLarge("-", a, b);
  return Decimal(bid.w[0], bid.w[1]);
}

absl::StatusOr<Decimal> Decimal::Multiply(Decimal a, Decimal b) {
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_mul(ToBid(a.low_, a.high_), ToBid(b.low_, b.high_),
                 BID_ROUNDING_TO_NEAREST, &flags);
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) return TooLarge("*", a, b);
  return Decimal(bid.w[0], bid.w[1]);
}

absl::StatusOr<Decimal> Decimal::Divide(Decimal a, Decimal b) {
  if (b.is_zero()) return ZeroDivisor("/", a);
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_div(ToBid(a.low_, a.high_), ToBid(b.low_, b.high_),
                 BID_ROUNDING_TO_NEAREST, &flags);
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) return TooLarge("/", a, b);
  return Decimal(bid.w[0], bid.w[1]);
}

absl::StatusOr<Decimal> Decimal::Remainder(Decimal a, Decimal b) {
  if (b.is_zero()) return ZeroDivisor("%", a);
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_fmod(ToBid(a.low_, a.high_), ToBid(b.low_, b.high_), &flags);
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) return TooLarge("%", a, b);
  return Decimal(bid.w[0], bid.w[1]);
}

Decimal Decimal::Negate(Decimal a) {
  return Decimal(a.low_, a.high_ ^ kSignBit);
}

int Decimal::Compare(Decimal a, Decimal b) {
  _IDEC_flags flags = 0;
  const BID_UINT128 x = ToBid(a.low_, a.high_);
  const BID_UINT128 y = ToBid(b.low_, b.high_);
  if (bid128_quiet_less(x, y, &flags)) return -1;
  return bid128_quiet_equal(x, y, &flags) ? 0 : 1;
}

}  // namespace pawl::expression
