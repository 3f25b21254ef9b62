#include "base/iso8601.h"

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                  kDay = 24 * kHour;

IsoDuration Duration(const std::string& text) {
  auto duration = ParseIsoDuration(text);
  EXPECT_TRUE(duration.ok()) << duration.status();
  return duration.value_or(IsoDuration{-1, -1});
}

int64_t Time(const std::string& text) {
  auto time = ParseIsoDateTime(text);
  EXPECT_TRUE(time.ok()) << time.status();
  return time.value_or(std::numeric_limits<int64_t>::min());
}

// The message of the InvalidArgument that `result` has to be.
template <typename T>
std::string Refusal(const absl::StatusOr<T>& result) {
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(result.status().message());
}

TEST(IsoDuration, EveryDesignator) {
  EXPECT_EQ(Duration("P1Y2M3DT4H5M6.5S"),
            (IsoDuration{14, 3 * kDay + 4 * kHour + 5 * kMinute + 6500}));
  EXPECT_EQ(Duration("P2W"), (IsoDuration{0, 14 * kDay}));
  EXPECT_EQ(Duration("P1M"), (IsoDuration{1, 0}));
  EXPECT_EQ(Duration("PT1M"), (IsoDuration{0, kMinute}));
  EXPECT_EQ(Duration("PT0S"), (IsoDuration{0, 0}));
  EXPECT_EQ(Duration("P0D"), (IsoDuration{0, 0}));
  EXPECT_EQ(Duration("PT90000S"), (IsoDuration{0, 90000 * kSecond}));
  EXPECT_EQ(Duration("P0000000000000000000000001D"), (IsoDuration{0, kDay}));
}

TEST(IsoDuration, FractionsOfTheLastNumber) {
  EXPECT_EQ(Duration("PT0.5H").milliseconds, 30 * kMinute);
  EXPECT_EQ(Duration("PT0,25M").milliseconds, 15 * kSecond);
  EXPECT_EQ(Duration("P1.5D").milliseconds, 36 * kHour);
  EXPECT_EQ(Duration("P0.5W").milliseconds, 84 * kHour);
  EXPECT_EQ(Duration("PT0.001S").milliseconds, 1);
  EXPECT_EQ(Duration("PT0.0019S").milliseconds, 1);  // cut off, not rounded
  EXPECT_EQ(Duration("PT0.99999999999999999999S").milliseconds, 999);
}

TEST(IsoDuration, RefusalsSayWhereGotAndWanted) {
  EXPECT_EQ(Refusal(ParseIsoDuration("")),
            "duration '', offset 0: got the end, wanted 'P'");
  EXPECT_EQ(Refusal(ParseIsoDuration("PT5X")),
            "duration 'PT5X', offset 3: got 'X', wanted one of H M S");
  EXPECT_EQ(Refusal(ParseIsoDuration("-P1D")),
            "duration '-P1D', offset 0: got '-', wanted 'P' (a duration has "
            "no sign)");
  EXPECT_EQ(Refusal(ParseIsoDuration("P-1D")),
            "duration 'P-1D', offset 1: got '-', wanted a digit (no signs)");
  for (const char* text :
       {"P",       "PT",    "P1DT",       "P1",       "PT5",   "5M",
        "p1d",     "P1S",   "P1H",        "PT1D",     "P1M1Y", "P1D1D",
        "PT1S1M",  "P1.5Y", "P0.5M",      "PT1.5H5M", "PT.5S", "PT1.S",
        "P1D ",    " P1D",  "PT1.5",      "P1.5DT1H", "P+1D",  "PT1HT1M",
        "P1Y2W3M", "1h30m", "PT\xC3\xA4S"}) {
    EXPECT_NE(Refusal(ParseIsoDuration(text)), "") << text;
  }
  EXPECT_EQ(Refusal(ParseIsoDuration("PT1\x01")),
            "duration 'PT1\x01', offset 3: got byte 0x1, wanted one of H M S");
}

TEST(IsoDuration, LimitAtItsEdge) {
  const int64_t seconds = kDurationMsMax / kSecond;
  EXPECT_EQ(Duration("PT" + std::to_string(seconds) + "S").milliseconds,
            kDurationMsMax);
  for (const std::string& text :
       {"PT" + std::to_string(seconds) + ".001S",
        "PT" + std::to_string(seconds + 1) + "S", std::string("P99999999999Y"),
        "PT" + std::string(40, '9') + "S",
        "P1DT" + std::to_string(seconds) + "S"}) {
    EXPECT_TRUE(absl::StrContains(Refusal(ParseIsoDuration(text)),
                                  "longer than kDurationMsMax"))
        << text;
  }
}

TEST(IsoDuration, FormatsCanonically) {
  EXPECT_EQ(FormatIsoDuration({}), "PT0S");
  EXPECT_EQ(FormatIsoDuration(Duration("P1Y2M3DT4H5M6.5S")),
            "P1Y2M3DT4H5M6.5S");
  EXPECT_EQ(FormatIsoDuration(Duration("PT36H")), "P1DT12H");
  EXPECT_EQ(FormatIsoDuration(Duration("P14M")), "P1Y2M");
  EXPECT_EQ(FormatIsoDuration({0, 1}), "PT0.001S");
  EXPECT_EQ(FormatIsoDuration({0, 60'010}), "PT1M0.01S");
}

TEST(IsoDuration, RandomRoundTrip) {
  const uint32_t seed = 20260102;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const IsoDuration duration{
        static_cast<int64_t>(random() % 1000),
        static_cast<int64_t>(random() % (kDurationMsMax / 2) >>
                             (random() % 40))};
    const std::string text = FormatIsoDuration(duration);
    ASSERT_EQ(Duration(text), duration) << text;
  }
}

TEST(AddIsoDuration, MonthsClampToTheMonthsLastDay) {
  const auto add = [](const char* start, const char* duration) {
    return FormatIsoDateTime(
        AddIsoDuration(Time(start), Duration(duration)).value());
  };
  EXPECT_EQ(add("2026-01-31", "P1M"), "2026-02-28T00:00:00.000Z");
  EXPECT_EQ(add("2028-01-31", "P1M"), "2028-02-29T00:00:00.000Z");
  EXPECT_EQ(add("2028-02-29T12:00:00", "P1Y"), "2029-02-28T12:00:00.000Z");
  EXPECT_EQ(add("2000-02-29", "P100Y"), "2100-02-28T00:00:00.000Z");
  EXPECT_EQ(add("2026-08-31", "P1M"), "2026-09-30T00:00:00.000Z");
  EXPECT_EQ(add("2026-12-31", "P1M"), "2027-01-31T00:00:00.000Z");
  // Months before days: Jan 31 + 1 month is Feb 28, + 1 day Mar 1.
  EXPECT_EQ(add("2026-01-31", "P1M1D"), "2026-03-01T00:00:00.000Z");
  EXPECT_EQ(add("2026-01-30T23:59:59.999", "P1MT0.001S"),
            "2026-03-01T00:00:00.000Z");
  EXPECT_EQ(add("1969-12-31T23:59:59.999", "PT0.001S"),
            "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(add("0001-01-31", "P1M"), "0001-02-28T00:00:00.000Z");
}

TEST(AddIsoDuration, StaysInTheYears0001To9999) {
  EXPECT_EQ(AddIsoDuration(kTimeMsMax - 1, {0, 1}).value(), kTimeMsMax);
  EXPECT_EQ(AddIsoDuration(kTimeMsMin, {0, 0}).value(), kTimeMsMin);
  Refusal(AddIsoDuration(kTimeMsMax, {0, 1}));
  Refusal(AddIsoDuration(kTimeMsMax, {1, 0}));
  Refusal(AddIsoDuration(kTimeMsMax + 1, {0, 0}));
  Refusal(AddIsoDuration(kTimeMsMin - 1, {0, 1}));
  Refusal(AddIsoDuration(0, {-1, 0}));
  Refusal(AddIsoDuration(0, {0, -1}));
  const int64_t most = std::numeric_limits<int64_t>::max();
  Refusal(AddIsoDuration(0, {most, 0}));
  Refusal(AddIsoDuration(0, {0, most}));
  EXPECT_EQ(Refusal(AddIsoDuration(most, {0, 0})),
            "time +292278994-08-17T07:12:55.807Z plus PT0S: wanted the years "
            "0001 to 9999");
}

TEST(IsoDateTime, Forms) {
  EXPECT_EQ(Time("1970-01-01"), 0);
  EXPECT_EQ(Time("1970-01-01T00:00Z"), 0);
  EXPECT_EQ(Time("1970-01-01T00:00:00.001"), 1);
  EXPECT_EQ(Time("1970-01-01T00:00:00,0019Z"), 1);
  EXPECT_EQ(Time("1970-01-01T02:00:00+02:00"), 0);
  EXPECT_EQ(Time("1969-12-31T18:30-0530"), 0);
  EXPECT_EQ(Time("1970-01-01T01:00+01"), 0);
  EXPECT_EQ(Time("1970-01-01T18:00+18:00"), 0);
  EXPECT_EQ(Time("2026-01-02T03:04:05.678Z"), 1'767'323'045'678);
  EXPECT_EQ(Time("0001-01-01"), kTimeMsMin);
  EXPECT_EQ(Time("9999-12-31T23:59:59.999Z"), kTimeMsMax);
  EXPECT_EQ(Time("2000-02-29"), 951'782'400'000);
}

TEST(IsoDateTime, RefusalsSayWhereGotAndWanted) {
  EXPECT_EQ(Refusal(ParseIsoDateTime("2026-02-29")),
            "time '2026-02-29', offset 8: got 29, wanted a day of this month "
            "from 1 to 28");
  EXPECT_EQ(Refusal(ParseIsoDateTime("2026-01-02T03:04:05[Europe/Berlin]")),
            "time '2026-01-02T03:04:05[Europe/Berlin]', offset 19: got '[', "
            "wanted the end, Z or an offset such as +02:00 (zone names aren't "
            "known)");
  for (const char* text : {"",
                           "2026",
                           "2026-01",
                           "2026-1-2",
                           "20260102",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-01-00",
                           "2026-01-32",
                           "1900-02-29",
                           "0000-01-01",
                           "-2026-01-01",
                           "+2026-01-01",
                           "2026-01-02 03:04",
                           "2026-01-02T",
                           "2026-01-02T3:04",
                           "2026-01-02T24:00",
                           "2026-01-02T23:60",
                           "2026-01-02T23:59:60",
                           "2026-01-02T03",
                           "2026-01-02T03:04:",
                           "2026-01-02T03:04:05.",
                           "2026-01-02T03:04Z ",
                           "2026-01-02T03:04z",
                           "2026-01-02T03:04+2",
                           "2026-01-02T03:04+19:00",
                           "2026-01-02T03:04+18:01",
                           "2026-01-02T03:04+02:60",
                           "2026-01-02T03:04+02:0",
                           "2026-01-02Z",
                           "tomorrow",
                           "0001-01-01T00:00+00:01",
                           "9999-12-31T23:59-00:01"}) {
    EXPECT_NE(Refusal(ParseIsoDateTime(text)), "") << text;
  }
  const std::string long_text(100'000, '1');
  EXPECT_LT(Refusal(ParseIsoDateTime(long_text)).size(), 200u);
}

TEST(IsoDateTime, FormatAgreesWithAbseil) {
  const uint32_t seed = 20260103;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t ms =
        kTimeMsMin +
        static_cast<int64_t>(
            random() % static_cast<uint64_t>(kTimeMsMax - kTimeMsMin + 1));
    const std::string text = FormatIsoDateTime(ms);
    ASSERT_EQ(text,
              absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ",
                               absl::FromUnixMillis(ms), absl::UTCTimeZone()));
    ASSERT_EQ(Time(text), ms) << text;
  }
}

TEST(IsoDateTime, FormatsEveryInt64) {
  EXPECT_EQ(FormatIsoDateTime(std::numeric_limits<int64_t>::min()),
            "-292275055-05-16T16:47:04.192Z");
  EXPECT_EQ(FormatIsoDateTime(kTimeMsMax + 1), "+010000-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatIsoDateTime(kTimeMsMin - 1), "+000000-12-31T23:59:59.999Z");
}

TEST(AddIsoDuration, MonthsAgreeWithAbseil) {
  const uint32_t seed = 20260104;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const int64_t start =
        static_cast<int64_t>(random() % static_cast<uint64_t>(kTimeMsMax / 2));
    const int64_t months = static_cast<int64_t>(random() % 1200);
    const absl::CivilDay day =
        absl::ToCivilDay(absl::FromUnixMillis(start), absl::UTCTimeZone());
    const absl::CivilMonth month = absl::CivilMonth(day) + months;
    // CivilDay carries Feb 31 over into March; clamp instead.
    absl::CivilDay wanted(month.year(), month.month(), day.day());
    if (absl::CivilMonth(wanted) != month) {
      wanted = absl::CivilDay(month + 1) - 1;
    }
    const int64_t wanted_ms =
        absl::ToUnixMillis(
            absl::FromCivil(absl::CivilSecond(wanted), absl::UTCTimeZone())) +
        start % kDay;
    ASSERT_EQ(AddIsoDuration(start, {months, 0}).value(), wanted_ms)
        << start << " + " << months;
  }
}

}  // namespace
}  // namespace pawl
