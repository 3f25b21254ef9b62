#include "engine/expression/decimal.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "engine/value.h"
#include "gtest/gtest.h"

namespace pawl::expression {
namespace {

Decimal D(const std::string& text) {
  auto decimal = Decimal::Parse(text);
  EXPECT_TRUE(decimal.ok()) << decimal.status();
  return decimal.value_or(Decimal());
}

std::string Text(const absl::StatusOr<Decimal>& decimal) {
  return decimal.ok() ? decimal->ToString() : decimal.status().ToString();
}

TEST(Decimal, CanonicalText) {
  const struct {
    const char* in;
    const char* out;
  } kCases[] = {
      {"0", "0"},
      {"-0.00e7", "0"},
      {"1", "1"},
      {"1.10", "1.1"},
      {"-1.0", "-1"},
      {"100", "100"},
      {"1e2", "100"},
      {"0.5", "0.5"},
      {"0.05e1", "0.5"},
      {"12.3400", "12.34"},
      {"1e33", "1000000000000000000000000000000000"},
      {"1e34", "1e+34"},
      {"123e34", "1.23e+36"},
      {"-9999999999999999999999999999999999",
       "-9999999999999999999999999999999999"},
      {"1e-40", "0.0000000000000000000000000000000000000001"},
      {"1e-41", "1e-41"},
      {"12e-41", "1.2e-40"},
      {"0.1234567890123456789012345678901234",
       "0.1234567890123456789012345678901234"},
      {"1e6144", "1e+6144"},
      {"9.999999999999999999999999999999999e6144",
       "9.999999999999999999999999999999999e+6144"},
      {"1e-6176", "1e-6176"},
      {"9223372036854775808", "9223372036854775808"},
      {"18446744073709551616", "18446744073709551616"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(D(c.in).ToString(), c.out) << c.in;
    EXPECT_EQ(D(c.out).ToString(), c.out);
    EXPECT_TRUE(Value::Number(c.out).ok()) << c.out;
  }
  EXPECT_EQ(Decimal().ToString(), "0");
  for (const int64_t number :
       {int64_t{0}, int64_t{-7}, std::numeric_limits<int64_t>::min(),
        std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(Decimal::FromInt64(number).ToString(), std::to_string(number));
    EXPECT_EQ(Decimal::FromInt64(number), D(std::to_string(number)));
  }
}

TEST(Decimal, TakesOnlyWhatFitsWithoutLoss) {
  for (const char* text :
       {"12345678901234567890123456789012345", "1e6145", "1e-6177",
        "0.12345678901234567890123456789012345", "12e6144", "1.5e-6176"}) {
    Decimal decimal;
    EXPECT_FALSE(Decimal::FromNumberText(text, &decimal)) << text;
    EXPECT_NE(std::string(Decimal::Parse(text).status().message())
                  .find("34 significant digits"),
              std::string::npos);
  }
  EXPECT_EQ(Decimal::Parse("1x").status().message(),
            "number '1x', offset 1: got 'x', wanted the end of the number");
  // 35 digits whose last is 0 lose nothing.
  EXPECT_EQ(D("12345678901234567890123456789012340").ToString(),
            "1.234567890123456789012345678901234e+34");
}

TEST(Decimal, Arithmetic) {
  EXPECT_EQ(Text(Decimal::Add(D("0.1"), D("0.2"))), "0.3");
  EXPECT_EQ(Text(Decimal::Add(D("1.10"), D("-1.1"))), "0");
  EXPECT_EQ(Text(Decimal::Subtract(D("1"), D("0.9"))), "0.1");
  EXPECT_EQ(Text(Decimal::Multiply(D("1.10"), D("3"))), "3.3");
  EXPECT_EQ(Text(Decimal::Divide(D("1"), D("3"))),
            "0.3333333333333333333333333333333333");
  EXPECT_EQ(Text(Decimal::Divide(D("2"), D("3"))),
            "0.6666666666666666666666666666666667");
  EXPECT_EQ(Text(Decimal::Divide(D("10"), D("4"))), "2.5");
  EXPECT_EQ(Text(Decimal::Remainder(D("7"), D("3"))), "1");
  EXPECT_EQ(Text(Decimal::Remainder(D("-7"), D("3"))), "-1");
  EXPECT_EQ(Text(Decimal::Remainder(D("7"), D("-3"))), "1");
  EXPECT_EQ(Text(Decimal::Remainder(D("5.5"), D("0.4"))), "0.3");
  EXPECT_EQ(Text(Decimal::Remainder(D("1e6144"), D("7"))), "1");
  EXPECT_EQ(Decimal::Negate(D("1.5")).ToString(), "-1.5");
  EXPECT_EQ(Decimal::Negate(Decimal()).ToString(), "0");
}

TEST(Decimal, RoundsHalfToEven) {
  const Decimal one = D("1000000000000000000000000000000000");  // 34 digits
  EXPECT_EQ(Text(Decimal::Add(one, D("0.5"))), one.ToString());
  EXPECT_EQ(Text(Decimal::Add(one, D("0.51"))),
            "1000000000000000000000000000000001");
  EXPECT_EQ(Text(Decimal::Add(one, D("1.5"))),
            "1000000000000000000000000000000002");
  EXPECT_EQ(Text(Decimal::Add(one, D("2.5"))),
            "1000000000000000000000000000000002");
}

TEST(Decimal, ErrorsNameTheOperands) {
  EXPECT_EQ(Decimal::Divide(D("1.50"), Decimal()).status().message(),
            "number: 1.5 / 0: got a divisor of 0, wanted another");
  EXPECT_EQ(Decimal::Remainder(D("1"), D("-0")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Decimal::Multiply(D("1e6144"), D("10")).status().message(),
            "number: 1e+6144 * 10 is beyond decimal128, wanted less than "
            "1e+6145");
  EXPECT_FALSE(
      Decimal::Add(D("9.999999999999999999999999999999999e6144"), D("1e6144"))
          .ok());
  EXPECT_FALSE(Decimal::Subtract(D("-9.9e6144"), D("9e6144")).ok());
  EXPECT_FALSE(Decimal::Divide(D("1e6144"), D("0.1")).ok());
  EXPECT_EQ(Text(Decimal::Multiply(D("1e-6176"), D("0.1"))), "0");
}

TEST(Decimal, Compares) {
  EXPECT_EQ(Decimal::Compare(D("1"), D("1.000")), 0);
  EXPECT_EQ(Decimal::Compare(D("0"), Decimal::Negate(D("0"))), 0);
  EXPECT_EQ(Decimal::Compare(D("-1"), D("0.5")), -1);
  EXPECT_EQ(Decimal::Compare(D("1e6144"), D("-1e6144")), 1);
  EXPECT_EQ(Decimal::Compare(D("1e-6176"), Decimal()), 1);
}

// Against 128 bit integers: numbers are hundredths.
TEST(Decimal, RandomArithmeticAgreesWithIntegers) {
  const uint32_t seed = 31;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  const auto text = [](__int128 size, int scale) {
    const bool negative = size < 0;
    if (negative) size = -size;
    std::string digits;
    for (; size != 0 || digits.empty(); size /= 10) {
      digits.insert(digits.begin(), static_cast<char>('0' + int(size % 10)));
    }
    return (negative ? "-" : "") + digits + "e-" + std::to_string(scale);
  };
  for (int i = 0; i < 20'000; ++i) {
    const auto draw = [&] {
      return static_cast<int64_t>(random()) >> (random() % 54 + 9);
    };
    const int64_t a = draw(), b = draw();
    const Decimal x = D(text(a, 2)), y = D(text(b, 2));
    ASSERT_EQ(Text(Decimal::Add(x, y)), D(text(__int128{a} + b, 2)).ToString());
    ASSERT_EQ(Text(Decimal::Subtract(x, y)),
              D(text(__int128{a} - b, 2)).ToString());
    ASSERT_EQ(Text(Decimal::Multiply(x, y)),
              D(text(__int128{a} * b, 4)).ToString());
    ASSERT_EQ(Decimal::Compare(x, y), a < b ? -1 : a > b ? 1 : 0);
    if (b != 0) {
      ASSERT_EQ(Text(Decimal::Remainder(x, y)), D(text(a % b, 2)).ToString());
      // (a * b) / b is a again.
      ASSERT_EQ(Text(Decimal::Divide(D(text(__int128{a} * b, 4)), y)),
                x.ToString());
    }
  }
}

TEST(Decimal, RandomTextRoundTrip) {
  const uint32_t seed = 32;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random() % 2 ? "-" : "";
    text += static_cast<char>('1' + random() % 9);
    for (uint64_t n = random() % 34; n > 0; --n) {
      text += static_cast<char>('0' + random() % 10);
    }
    const int exponent = static_cast<int>(random() % 200) - 120;
    text += "e" + std::to_string(exponent);
    const std::string canonical = D(text).ToString();
    ASSERT_EQ(Value::Number(text).value(), Value::Number(canonical).value());
    ASSERT_EQ(D(canonical).ToString(), canonical);
  }
}

}  // namespace
}  // namespace pawl::expression
