#include "cli/values.h"

#include "base/limits.h"
#include "gtest/gtest.h"

namespace pawl::cli {
namespace {

TEST(DurationTest, BothForms) {
  EXPECT_EQ(*ParseDuration("PT30S"), absl::Seconds(30));
  EXPECT_EQ(*ParseDuration("PT0.25S"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("P1DT2H3M"), absl::Hours(26) + absl::Minutes(3));
  EXPECT_EQ(*ParseDuration("P2W"), absl::Hours(14 * 24));
  EXPECT_EQ(*ParseDuration("30s"), absl::Seconds(30));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("250ms"), absl::Milliseconds(250));
  EXPECT_EQ(*ParseDuration("5m"), absl::Minutes(5));
  EXPECT_EQ(*ParseDuration("0s"), absl::ZeroDuration());
}

TEST(DurationTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "P", "PT", "30", "s", "30S", "PT30s", "-5s", "P1Y", "P1M", "1s1s",
        "1s1h", "PT1S1H", "5 m", "1.s", ".5s", "P1DT", "99999999999999999999s",
        "PT9223372036854775807S"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(DurationTest, LimitAtItsEdge) {
  const int64_t days = kDurationMsMax / (24 * 3600 * 1000);
  EXPECT_EQ(*ParseDuration("P" + std::to_string(days) + "D"),
            absl::Milliseconds(kDurationMsMax));
  EXPECT_FALSE(ParseDuration("P" + std::to_string(days) + "DT1S").ok());
  EXPECT_EQ(*ParseDuration(std::to_string(days) + "d"),
            absl::Milliseconds(kDurationMsMax));
  EXPECT_FALSE(ParseDuration(std::to_string(days) + "d1ms").ok());
}

TEST(TimeTest, RoundTrip) {
  const auto time = ParseTime("2024-03-01T12:00:00.5+01:00");
  ASSERT_TRUE(time.ok());
  EXPECT_EQ(ShowTime(*time), "2024-03-01T11:00:00.500Z");
  EXPECT_EQ(ShowTime(*ParseTime("2024-03-01")), "2024-03-01T00:00:00.000Z");
  EXPECT_FALSE(ParseTime("yesterday").ok());
  EXPECT_FALSE(ParseTime("infinite-future").ok());
}

TEST(PositionTest, WithAndWithoutPartition) {
  EXPECT_EQ(ParsePosition("17")->position, 17u);
  EXPECT_EQ(ParsePosition("17")->partition, 0u);
  EXPECT_EQ(ParsePosition("3:17")->partition, 3u);
  for (const char* text :
       {"", ":", "1:", ":1", "a", "0:-1", "99999:1", "18446744073709551616"}) {
    EXPECT_FALSE(ParsePosition(text).ok()) << text;
  }
  EXPECT_EQ(ShowPosition(3, 17), "3:17");
}

TEST(BytesTest, FewDigits) {
  EXPECT_EQ(ShowBytes(999), "999 B");
  EXPECT_EQ(ShowBytes(1200), "1.2 kB");
  EXPECT_EQ(ShowBytes(999'999), "1.0 MB");
  EXPECT_EQ(ShowBytes(5'000'000'000), "5.0 GB");
}

}  // namespace
}  // namespace pawl::cli
