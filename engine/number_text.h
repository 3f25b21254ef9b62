// The text of a JSON number taken apart, compared and converted exactly: what
// Value and Decimal share. Internal to the engine.
#ifndef PAWL_ENGINE_NUMBER_TEXT_H_
#define PAWL_ENGINE_NUMBER_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace pawl {

// -12.50e3 is {negative, "12", "50", 3}. The views point into the text.
struct NumberParts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  int64_t exponent = 0;
};

// Splits `text` if all of it is a JSON number within kNumberBytesMax and
// kNumberExponentMax. InvalidArgument otherwise, with offset, got and wanted.
absl::Status SplitNumber(std::string_view text, NumberParts* parts);

// The same number as digits (without leading and trailing zeros, empty for
// zero) that stand for 0.d1d2d3... * 10^magnitude.
struct NormalNumber {
  bool negative = false;
  // Two pieces, read one after the other.
  std::string_view first;
  std::string_view second;
  int64_t magnitude = 0;

  size_t digit_count() const { return first.size() + second.size(); }
  bool is_zero() const { return digit_count() == 0; }
  char digit(size_t i) const {
    return i < first.size() ? first[i] : second[i - first.size()];
  }
};
NormalNumber Normalize(const NumberParts& parts);

// Negative, 0, positive as a is less than, equal to, more than b. Exact. O(n).
int CompareNormal(const NormalNumber& a, const NormalNumber& b);

}  // namespace pawl

#endif  // PAWL_ENGINE_NUMBER_TEXT_H_
