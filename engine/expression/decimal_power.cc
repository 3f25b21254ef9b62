#include "engine/expression/decimal_power.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pawl::expression {
namespace {

constexpr size_t kDigits = 34;
// Limbs of nine digits: ten are at least 82 digits.
constexpr uint64_t kLimb = 1'000'000'000;
constexpr size_t kLimbs = 10;
// Beyond these no result is a decimal128.
constexpr int64_t kExponentMax = 100'000;
// More squarings than that aren't worth it: nearer to 1 there is nothing.
constexpr int64_t kPowerMax = 1'000'000;

struct Wide {
  // The least limb first; the last isn't 0.
  std::vector<uint32_t> limbs;
  int64_t exponent = 0;
  // Something was dropped behind the least limb.
  bool cut = false;
};

void Shorten(Wide* a) {
  while (!a->limbs.empty() && a->limbs.back() == 0) a->limbs.pop_back();
  size_t drop = a->limbs.size() > kLimbs ? a->limbs.size() - kLimbs : 0;
  for (size_t i = 0; i < drop; ++i) a->cut = a->cut || a->limbs[i] != 0;
  // Zeros at the end are dropped for nothing.
  while (drop < a->limbs.size() && a->limbs[drop] == 0) ++drop;
  a->limbs.erase(a->limbs.begin(),
                 a->limbs.begin() + static_cast<std::ptrdiff_t>(drop));
  a->exponent += static_cast<int64_t>(drop) * 9;
}

Wide FromParts(unsigned __int128 coefficient, int64_t exponent) {
  Wide wide;
  wide.exponent = exponent;
  for (; coefficient != 0; coefficient /= kLimb) {
    wide.limbs.push_back(static_cast<uint32_t>(coefficient % kLimb));
  }
  Shorten(&wide);
  return wide;
}

Wide Product(const Wide& a, const Wide& b) {
  Wide product;
  product.cut = a.cut || b.cut;
  product.exponent = a.exponent + b.exponent;
  product.limbs.resize(a.limbs.size() + b.limbs.size());
  for (size_t i = 0; i < a.limbs.size(); ++i) {
    uint64_t carry = 0;
    for (size_t k = 0; k < b.limbs.size() || carry != 0; ++k) {
      carry += product.limbs[i + k];
      if (k < b.limbs.size()) carry += uint64_t{a.limbs[i]} * b.limbs[k];
      product.limbs[i + k] = static_cast<uint32_t>(carry % kLimb);
      carry /= kLimb;
    }
  }
  Shorten(&product);
  return product;
}

// Digits, the first one first.
std::vector<int> DigitsOf(const Wide& a) {
  std::vector<int> digits;
  for (const uint32_t limb : a.limbs) {
    uint32_t rest = limb;
    for (int i = 0; i < 9; ++i, rest /= 10) {
      digits.push_back(static_cast<int>(rest % 10));
    }
  }
  while (!digits.empty() && digits.back() == 0) digits.pop_back();
  std::reverse(digits.begin(), digits.end());
  return digits;
}

// 1 / a as 0.d1d2d3... * 10^`*exponent`: enough digits to round; `*rest` says
// whether they go on.
std::vector<int> Reciprocal(const Wide& a, int64_t* exponent, bool* rest) {
  const std::vector<int> divisor = DigitsOf(a);
  const size_t size = divisor.size();
  *exponent = 2 - a.exponent - static_cast<int64_t>(size);
  // The remainder, with a digit in front of the divisor's.
  std::vector<int> left(size + 1);
  left[1] = 1;
  std::vector<int> quotient;
  const auto reaches = [&] {
    if (left[0] != 0) return true;
    return !std::lexicographical_compare(left.begin() + 1, left.end(),
                                         divisor.begin(), divisor.end());
  };
  for (size_t n = 0; n < 72; ++n) {
    int digit = 0;
    while (reaches()) {
      int borrow = 0;
      for (size_t i = size; i > 0; --i) {
        left[i] -= divisor[i - 1] + borrow;
        borrow = left[i] < 0 ? 1 : 0;
        if (borrow != 0) left[i] += 10;
      }
      left[0] -= borrow;
      ++digit;
    }
    quotient.push_back(digit);
    std::rotate(left.begin(), left.begin() + 1, left.end());
  }
  *rest = std::any_of(left.begin(), left.end(), [](int d) { return d != 0; });
  while (!*rest && quotient.back() == 0) quotient.pop_back();
  // 1 / 1000... is 1 and zeros, others begin behind that place.
  if (quotient[0] == 0) {
    quotient.erase(quotient.begin());
    --*exponent;
  }
  return quotient;
}

// The first 34 of `digits`, 0.d1d2d3... * 10^exponent, rounded. `cut`: behind
// the first 60 of them nothing is sure.
std::optional<WholePower> Rounded(const std::vector<int>& digits,
                                  int64_t exponent, bool rest, bool cut) {
  WholePower result;
  if (digits.size() <= kDigits && !rest && !cut) {
    for (const int d : digits) {
      result.coefficient = result.coefficient * 10 + static_cast<unsigned>(d);
    }
    result.exponent = exponent - static_cast<int64_t>(digits.size());
    return result;
  }
  const auto digit = [&](size_t i) {
    return i < digits.size() ? digits[i] : 0;
  };
  for (size_t i = 0; i < kDigits; ++i) {
    result.coefficient =
        result.coefficient * 10 + static_cast<unsigned>(digit(i));
  }
  result.exponent = exponent - static_cast<int64_t>(kDigits);
  const int half = digit(kDigits);
  if (cut) {
    // Too near to where rounding turns: all zeros or nines up to there.
    constexpr size_t kSure = 60;
    bool zeros = true, nines = true;
    for (size_t i = kDigits + 1; i < kSure; ++i) {
      zeros = zeros && digit(i) == 0;
      nines = nines && digit(i) == 9;
    }
    if (zeros || nines) return std::nullopt;
    if (half >= 5) ++result.coefficient;
  } else {
    for (size_t i = kDigits + 1; i < digits.size(); ++i) {
      rest = rest || digits[i] != 0;
    }
    if (half > 5 || (half == 5 && (rest || result.coefficient % 2 == 1))) {
      ++result.coefficient;
    }
  }
  unsigned __int128 limit = 1;
  for (size_t i = 0; i < kDigits; ++i) limit *= 10;
  if (result.coefficient == limit) {
    result.coefficient /= 10;
    ++result.exponent;
  }
  return result;
}

}  // namespace

std::optional<WholePower> PowerOf(WholePower base, int64_t n) {
  if (n > kPowerMax || n < -kPowerMax) return std::nullopt;
  Wide square = FromParts(base.coefficient, base.exponent);
  Wide power = FromParts(1, 0);
  for (int64_t rest = n < 0 ? -n : n;;) {
    if (rest % 2 == 1) power = Product(power, square);
    rest /= 2;
    if (rest == 0) break;
    square = Product(square, square);
    if (square.exponent > kExponentMax || square.exponent < -kExponentMax) {
      return std::nullopt;
    }
  }
  if (n >= 0) {
    const std::vector<int> digits = DigitsOf(power);
    return Rounded(digits, power.exponent + static_cast<int64_t>(digits.size()),
                   false, power.cut);
  }
  int64_t exponent = 0;
  bool rest = false;
  const std::vector<int> digits = Reciprocal(power, &exponent, &rest);
  return Rounded(digits, exponent, rest, power.cut);
}

}  // namespace pawl::expression
