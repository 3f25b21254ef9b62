#include "engine/expression/decimal.h"

#include <bid_conf.h>
#include <bid_functions.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/expression/decimal_power.h"
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
  if (FromShortText(text, out)) return true;
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

// -?digits or -?digits.digits of at most 18 bytes: most numbers are.
bool Decimal::FromShortText(std::string_view text, Decimal* out) {
  if (text.empty() || text.size() > 18) return false;
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  // A JSON number; what it is otherwise is told elsewhere.
  if (text.empty() || (text[0] == '0' && text.size() > 1 && text[1] != '.')) {
    return false;
  }
  uint64_t coefficient = 0;
  size_t point = text.size();
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      coefficient = coefficient * 10 + static_cast<uint64_t>(c - '0');
    } else if (c == '.' && point == text.size() && i > 0 &&
               i + 1 < text.size()) {
      point = i;
    } else {
      return false;
    }
  }
  const size_t places = point == text.size() ? 0 : text.size() - point - 1;
  *out = Decimal(coefficient,
                 (negative ? kSignBit : 0) | (uint64_t{kExponentBias} - places)
                                                 << kExponentShift);
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
  // Divisions of 128 bits are slow; most numbers need none.
  while (coefficient >> 64 != 0) {
    *--first = static_cast<char>('0' + static_cast<int>(coefficient % 10));
    coefficient /= 10;
  }
  for (auto rest = static_cast<uint64_t>(coefficient); rest != 0; rest /= 10) {
    *--first = static_cast<char>('0' + static_cast<int>(rest % 10));
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

std::string Decimal::ToPlainString() const {
  std::string text = ToString();
  const size_t e = text.find('e');
  if (e == text.npos) return text;
  // "-1.5e+40"
  const std::string sign = text[0] == '-' ? "-" : "";
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  const int64_t exponent = std::stoll(text.substr(e + 1));
  if (exponent < 0) {
    return absl::StrCat(sign, "0.",
                        std::string(static_cast<size_t>(-exponent - 1), '0'),
                        digits);
  }
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return absl::StrCat(sign, digits, std::string(whole - digits.size(), '0'));
  }
  return absl::StrCat(sign, digits.substr(0, whole), ".", digits.substr(whole));
}

absl::StatusOr<Decimal> Decimal::ParseRounded(std::string_view text) {
  // JSON has no number that begins with its point or with zeros.
  std::string json(text);
  if (!json.empty() && json[0] == '.') json.insert(0, "0");
  while (json.size() > 1 && json[0] == '0' && json[1] >= '0' &&
         json[1] <= '9') {
    json.erase(0, 1);
  }
  Decimal result;
  if (FromNumberText(json, &result)) return result;
  NumberParts parts;
  if (absl::Status status = SplitNumber(json, &parts); !status.ok()) {
    return status;
  }
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_from_string(json.data(), BID_ROUNDING_TO_NEAREST, &flags);
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) return Parse(json);
  return Decimal(bid.w[0], bid.w[1]);
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

namespace {

absl::StatusOr<BID_UINT128> Finite(BID_UINT128 bid, std::string_view what) {
  if ((bid.w[1] & kSpecialMask) == kSpecialMask) {
    return absl::InvalidArgumentError(
        absl::StrCat("number: ", ToAbsl(what), " is no number, or too large"));
  }
  return bid;
}

}  // namespace

absl::StatusOr<Decimal> Decimal::Power(Decimal a, Decimal b) {
  if (const auto n = b.ToInt64(); n.has_value() && !a.is_zero()) {
    const auto power = PowerOf(
        {static_cast<Coefficient>(a.high_ & kCoefficientHighMask) << 64 |
             a.low_,
         static_cast<int64_t>(a.high_ >> kExponentShift & 0x3FFF) -
             kExponentBias},
        *n);
    // What is too large or too small is the library's to tell.
    if (power.has_value() && power->exponent <= kExponentMax &&
        power->exponent >= kExponentMin) {
      const bool negative = (a.high_ & kSignBit) != 0 && *n % 2 != 0;
      return Decimal(static_cast<uint64_t>(power->coefficient),
                     (negative ? kSignBit : 0) |
                         static_cast<uint64_t>(power->exponent + kExponentBias)
                             << kExponentShift |
                         static_cast<uint64_t>(power->coefficient >> 64));
    }
  }
  _IDEC_flags flags = 0;
  auto bid = Finite(bid128_pow(ToBid(a.low_, a.high_), ToBid(b.low_, b.high_),
                               BID_ROUNDING_TO_NEAREST, &flags),
                    "the power");
  if (!bid.ok()) return bid.status();
  return Decimal(bid->w[0], bid->w[1]);
}

absl::StatusOr<Decimal> Decimal::SquareRoot(Decimal a) {
  _IDEC_flags flags = 0;
  auto bid = Finite(
      bid128_sqrt(ToBid(a.low_, a.high_), BID_ROUNDING_TO_NEAREST, &flags),
      "the square root");
  if (!bid.ok()) return bid.status();
  return Decimal(bid->w[0], bid->w[1]);
}

absl::StatusOr<Decimal> Decimal::Exp(Decimal a) {
  _IDEC_flags flags = 0;
  auto bid = Finite(
      bid128_exp(ToBid(a.low_, a.high_), BID_ROUNDING_TO_NEAREST, &flags),
      "the exponential");
  if (!bid.ok()) return bid.status();
  return Decimal(bid->w[0], bid->w[1]);
}

absl::StatusOr<Decimal> Decimal::Log(Decimal a) {
  _IDEC_flags flags = 0;
  auto bid = Finite(
      bid128_log(ToBid(a.low_, a.high_), BID_ROUNDING_TO_NEAREST, &flags),
      "the logarithm");
  if (!bid.ok()) return bid.status();
  return Decimal(bid->w[0], bid->w[1]);
}

absl::StatusOr<Decimal> Decimal::Round(Decimal a, int64_t places,
                                       Rounding rounding) {
  if (places > kExponentBias || places < -kExponentMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("number: got ", places, " places, wanted -6111 to 6176"));
  }
  // What has no more places than wanted stays as it is.
  const int64_t exponent =
      static_cast<int64_t>(a.high_ >> kExponentShift & 0x3FFF) - kExponentBias;
  if (exponent >= -places) return a;
  // 10^-places, to whose exponent the number is brought.
  const Decimal unit(1, static_cast<uint64_t>(kExponentBias - places)
                            << kExponentShift);
  const auto quantize = [&](_IDEC_round mode) {
    _IDEC_flags flags = 0;
    return bid128_quantize(ToBid(a.low_, a.high_), ToBid(unit.low_, unit.high_),
                           mode, &flags);
  };
  const bool negative = (a.high_ & kSignBit) != 0;
  BID_UINT128 bid;
  switch (rounding) {
    case Rounding::kHalfEven:
      bid = quantize(BID_ROUNDING_TO_NEAREST);
      break;
    case Rounding::kHalfUp:
      bid = quantize(BID_ROUNDING_TIES_AWAY);
      break;
    case Rounding::kDown:
      bid = quantize(BID_ROUNDING_TO_ZERO);
      break;
    case Rounding::kUp:
      bid = quantize(negative ? BID_ROUNDING_DOWN : BID_ROUNDING_UP);
      break;
    case Rounding::kFloor:
      bid = quantize(BID_ROUNDING_DOWN);
      break;
    case Rounding::kCeiling:
      bid = quantize(BID_ROUNDING_UP);
      break;
    case Rounding::kHalfDown: {
      // Of the two nearest the one towards zero, if they are equally near.
      const BID_UINT128 up = quantize(BID_ROUNDING_TIES_AWAY);
      const BID_UINT128 down = quantize(BID_ROUNDING_TO_ZERO);
      const Decimal far(up.w[0], up.w[1]);
      const Decimal close(down.w[0], down.w[1]);
      const auto to_far = Subtract(far, a);
      const auto to_close = Subtract(a, close);
      const bool tie = to_far.ok() && to_close.ok() && *to_far == *to_close;
      bid = tie ? down : up;
      break;
    }
  }
  auto finite = Finite(bid, "the rounded number");
  if (!finite.ok()) return finite.status();
  return Decimal(finite->w[0], finite->w[1]);
}

Decimal Decimal::Truncated() const {
  _IDEC_flags flags = 0;
  const BID_UINT128 bid =
      bid128_round_integral_zero(ToBid(low_, high_), &flags);
  return Decimal(bid.w[0], bid.w[1]);
}

std::optional<int64_t> Decimal::ToInt64() const {
  if (high_ == uint64_t{kExponentBias} << kExponentShift && low_ <= INT64_MAX) {
    return static_cast<int64_t>(low_);
  }
  _IDEC_flags flags = 0;
  const int64_t value = bid128_to_int64_xint(ToBid(low_, high_), &flags);
  // Invalid: it doesn't fit; inexact: it has a fraction.
  if (flags != 0) return std::nullopt;
  return value;
}

double Decimal::ToDouble() const {
  _IDEC_flags flags = 0;
  return bid128_to_binary64(ToBid(low_, high_), BID_ROUNDING_TO_NEAREST,
                            &flags);
}

int Decimal::Compare(Decimal a, Decimal b) {
  // One sign, one exponent: the coefficients decide.
  if (a.high_ == b.high_) {
    const int size = a.low_ < b.low_ ? -1 : a.low_ > b.low_ ? 1 : 0;
    return (a.high_ & kSignBit) != 0 ? -size : size;
  }
  _IDEC_flags flags = 0;
  const BID_UINT128 x = ToBid(a.low_, a.high_);
  const BID_UINT128 y = ToBid(b.low_, b.high_);
  if (bid128_quiet_less(x, y, &flags)) return -1;
  return bid128_quiet_equal(x, y, &flags) ? 0 : 1;
}

}  // namespace pawl::expression
