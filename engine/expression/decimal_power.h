// Powers of decimals with whole exponents, correctly rounded. Internal to
// decimal.cc.
//
// The library computes powers by logarithms and is off by some units of the
// last place. Here it is multiplication, with more than twice the digits that
// are wanted: a result is rounded once, and where the digits that were dropped
// on the way could matter, nothing is claimed.
#ifndef PAWL_ENGINE_EXPRESSION_DECIMAL_POWER_H_
#define PAWL_ENGINE_EXPRESSION_DECIMAL_POWER_H_

#include <cstdint>
#include <optional>

namespace pawl::expression {

// A number `coefficient` * 10^`exponent`, not negative.
struct WholePower {
  unsigned __int128 coefficient = 0;
  int64_t exponent = 0;
};

// `base` to the power `n`, rounded to 34 digits, half to even. `base` isn't 0.
// Nothing when that can't be told, or the exponent leaves every bound.
std::optional<WholePower> PowerOf(WholePower base, int64_t n);

}  // namespace pawl::expression

#endif  // PAWL_ENGINE_EXPRESSION_DECIMAL_POWER_H_
