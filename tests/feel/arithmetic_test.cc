// Arithmetic of FEEL against a model that shares nothing with it: digits in a
// vector, exact results, one rounding at the end (34 digits, half to even).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/value.h"
#include "tests/feel/feel_run.h"
#include "tests/support/random.h"

namespace pawl::expression::feel {
namespace {

constexpr size_t kDigits = 34;

// A natural number, its least digit first, without leading zeros.
using Digits = std::vector<int>;

void Trim(Digits* a) {
  while (!a->empty() && a->back() == 0) a->pop_back();
}
int Compare(const Digits& a, const Digits& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}
Digits Add(const Digits& a, const Digits& b) {
  Digits sum;
  int carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += (i < a.size() ? a[i] : 0) + (i < b.size() ? b[i] : 0);
    sum.push_back(carry % 10);
    carry /= 10;
  }
  return sum;
}
// a >= b.
Digits Subtract(const Digits& a, const Digits& b) {
  Digits rest = a;
  for (size_t i = 0, borrow = 0; i < a.size(); ++i) {
    rest[i] -= (i < b.size() ? b[i] : 0) + static_cast<int>(borrow);
    borrow = rest[i] < 0 ? 1 : 0;
    if (borrow != 0) rest[i] += 10;
  }
  Trim(&rest);
  return rest;
}
Digits Multiply(const Digits& a, const Digits& b) {
  Digits product(a.size() + b.size() + 1);
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t k = 0; k < b.size(); ++k) product[i + k] += a[i] * b[k];
    // Kept small: nine times nine, a few dozen times.
  }
  for (size_t i = 0; i + 1 < product.size(); ++i) {
    product[i + 1] += product[i] / 10;
    product[i] %= 10;
  }
  Trim(&product);
  return product;
}
void Shift(Digits* a, size_t places) {
  if (!a->empty()) a->insert(a->begin(), places, 0);
}
// Long division; `*exact` says whether nothing is left.
Digits Divide(const Digits& a, const Digits& b, bool* exact) {
  Digits quotient(a.size()), rest;
  for (size_t i = a.size(); i-- > 0;) {
    Shift(&rest, 1);
    if (rest.empty()) {
      rest = {a[i]};
    } else {
      rest[0] = a[i];
    }
    Trim(&rest);
    while (Compare(rest, b) >= 0) {
      rest = Subtract(rest, b);
      ++quotient[i];
    }
  }
  Trim(&quotient);
  *exact = rest.empty();
  return quotient;
}

struct Number {
  bool negative = false;
  Digits digits;
  int64_t exponent = 0;

  std::string Text() const {
    if (digits.empty()) return "0";
    std::string text = negative ? "-" : "";
    for (size_t i = digits.size(); i-- > 0;) {
      text += static_cast<char>('0' + digits[i]);
    }
    return text + "e" + std::to_string(exponent);
  }
};

// `more`: the digits go on behind the last, not all zeros.
Number Rounded(Number n, bool more = false) {
  if (n.digits.size() <= kDigits) return n;
  const size_t cut = n.digits.size() - kDigits;
  bool rest = more;
  for (size_t i = 0; i + 1 < cut; ++i) rest = rest || n.digits[i] != 0;
  const int half = n.digits[cut - 1];
  Digits kept(n.digits.begin() + static_cast<std::ptrdiff_t>(cut),
              n.digits.end());
  if (half > 5 || (half == 5 && (rest || kept[0] % 2 == 1))) {
    kept = Add(kept, {1});
  }
  n.digits = kept;
  n.exponent += static_cast<int64_t>(cut);
  // One more digit, of 99...9: its last is 0.
  return Rounded(n);
}

void Align(Number* a, Number* b) {
  if (a->exponent > b->exponent) std::swap(a, b);
  Shift(&b->digits, static_cast<size_t>(b->exponent - a->exponent));
  b->exponent = a->exponent;
}

Number Sum(Number a, Number b) {
  Align(&a, &b);
  Number sum;
  sum.exponent = a.exponent;
  if (a.negative == b.negative) {
    sum.negative = a.negative;
    sum.digits = Add(a.digits, b.digits);
  } else if (Compare(a.digits, b.digits) >= 0) {
    sum.negative = a.negative;
    sum.digits = Subtract(a.digits, b.digits);
  } else {
    sum.negative = b.negative;
    sum.digits = Subtract(b.digits, a.digits);
  }
  Trim(&sum.digits);
  return Rounded(sum);
}
Number Minus(Number a) {
  a.negative = !a.negative;
  return a;
}
Number ExactProduct(const Number& a, const Number& b) {
  return {a.negative != b.negative, Multiply(a.digits, b.digits),
          a.exponent + b.exponent};
}
Number Quotient(Number a, const Number& b) {
  // At least 40 digits of it.
  const size_t places = 40 + b.digits.size();
  Shift(&a.digits, places);
  bool exact = false;
  Number quotient{a.negative != b.negative, Divide(a.digits, b.digits, &exact),
                  a.exponent - b.exponent - static_cast<int64_t>(places)};
  return Rounded(quotient, !exact);
}
Number Power(const Number& base, int exponent) {
  Number power{false, {1}, 0};
  for (int i = 0; i < std::abs(exponent); ++i) {
    power = ExactProduct(power, base);
  }
  if (exponent >= 0) return Rounded(power);
  return Quotient({false, {1}, 0}, power);
}

Number Draw(Random* random, size_t digits_max, int64_t exponent_max) {
  Number n;
  n.negative = random->OneIn(2);
  const size_t count = random->Below(digits_max) + 1;
  // Nines and zeros are where rounding goes wrong.
  const size_t style = random->Below(4);
  for (size_t i = 0; i < count; ++i) {
    n.digits.push_back(style == 0   ? 9
                       : style == 1 ? (random->OneIn(3) ? 5 : 0)
                                    : static_cast<int>(random->Below(10)));
  }
  Trim(&n.digits);
  const auto range = static_cast<size_t>(2 * exponent_max + 1);
  n.exponent = static_cast<int64_t>(random->Below(range)) - exponent_max;
  return n;
}

Variables Bind(const Number& a, const Number& b, const Number& wanted) {
  Variables variables;
  variables["a"] = *Value::Number(a.Text());
  variables["b"] = *Value::Number(b.Text());
  variables["wanted"] = *Value::Number(wanted.Text());
  return variables;
}

void Check(const char* text, const Number& a, const Number& b,
           const Number& wanted, uint64_t seed) {
  const Variables variables = Bind(a, b, wanted);
  ASSERT_EQ(FeelText(std::string(text) + " = wanted", variables), "true")
      << text << " of " << a.Text() << " and " << b.Text() << ": got "
      << FeelText(text, variables) << ", wanted " << wanted.Text() << "\n"
      << Repeat("arithmetic_test", seed);
}

TEST(FeelArithmeticTest, AgreesWithTheModel) {
  for (int i = 0; i < Runs(3000); ++i) {
    const uint64_t seed = FirstSeed() + static_cast<uint64_t>(i);
    Random random(seed);
    const Number a = Draw(&random, kDigits, 40);
    const Number b = Draw(&random, kDigits, 40);
    Check("a + b", a, b, Sum(a, b), seed);
    Check("a - b", a, b, Sum(a, Minus(b)), seed);
    Check("a * b", a, b, Rounded(ExactProduct(a, b)), seed);
    if (b.digits.empty()) {
      EXPECT_EQ(FeelText("a / b", Bind(a, b, a)), "null");
    } else {
      Check("a / b", a, b, Quotient(a, b), seed);
    }
    const Number difference = Sum(a, Minus(b));
    const Variables both = Bind(a, b, a);
    const bool equal = difference.digits.empty();
    const bool less = !equal && difference.negative;
    const auto text = [](bool value) { return value ? "true" : "false"; };
    ASSERT_EQ(FeelText("a = b", both), text(equal))
        << Repeat("arithmetic_test", seed);
    ASSERT_EQ(FeelText("a < b", both), text(less))
        << Repeat("arithmetic_test", seed);
    ASSERT_EQ(FeelText("a >= b", both), text(!less))
        << Repeat("arithmetic_test", seed);
    ASSERT_EQ(FeelText("a != b", both), text(!equal))
        << Repeat("arithmetic_test", seed);
  }
}

// Whole exponents: correctly rounded, too.
TEST(FeelArithmeticTest, PowersAgreeWithTheModel) {
  for (int i = 0; i < Runs(1000); ++i) {
    const uint64_t seed = FirstSeed() + static_cast<uint64_t>(i);
    Random random(seed ^ 0x5eed);
    const Number a = Draw(&random, random.OneIn(2) ? 3 : 12, 3);
    const int exponent = static_cast<int>(random.Below(61)) - 30;
    if (a.digits.empty()) continue;
    Number b{exponent < 0, {}, 0};
    for (int rest = std::abs(exponent); rest > 0; rest /= 10) {
      b.digits.push_back(rest % 10);
    }
    Check("a ** b", a, b, Power(a, exponent), seed);
  }
}

// What is computed is read back from its text.
TEST(FeelArithmeticTest, TextsLoseNothing) {
  for (int i = 0; i < Runs(1000); ++i) {
    const uint64_t seed = FirstSeed() + static_cast<uint64_t>(i);
    Random random(seed ^ 0x7e47);
    const Number a = Draw(&random, kDigits, 60);
    const Variables variables = Bind(a, a, a);
    ASSERT_EQ(FeelText("number(string(a)) = a", variables), "true")
        << a.Text() << "\n"
        << Repeat("arithmetic_test", seed);
    ASSERT_EQ(FeelText("from json(to json(a)) = a", variables), "true")
        << a.Text() << "\n"
        << Repeat("arithmetic_test", seed);
  }
}

}  // namespace
}  // namespace pawl::expression::feel
