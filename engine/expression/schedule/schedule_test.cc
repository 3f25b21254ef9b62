// When timers are due: ISO 8601-1:2019, 5.6 (repeating intervals); clocks that
// are put on and back; what was missed (docs/adr/0023).
#include "engine/expression/schedule/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/iso8601.h"

namespace pawl::expression::schedule {
namespace {

int64_t Ms(const std::string& text) {
  const auto time = ParseIsoDateTime(text);
  EXPECT_TRUE(time.ok()) << time.status();
  return time.value_or(0);
}

std::string Shown(const absl::StatusOr<int64_t>& time) {
  return time.ok() ? FormatIsoDateTime(*time)
                   : std::string(time.status().message());
}

// Up to `count` times of a timer that begins at `now` and fires at once when
// due.
std::string Times(const std::string& text, const std::string& zone,
                  const std::string& now, int count) {
  const auto cycle = Cycle::Parse(text, zone);
  if (!cycle.ok()) return std::string(cycle.status().message());
  const int64_t begins_ms = Ms(now);
  const auto first = cycle->First(begins_ms);
  if (!first.ok()) return std::string(first.status().message());
  std::string times = FormatIsoDateTime(first->due_ms) + "\n";
  auto at = *first;
  for (int i = 1; i < count; ++i) {
    const auto next =
        cycle->Next(begins_ms, at.number, std::max(at.due_ms, begins_ms));
    if (!next.has_value()) return times + "over\n";
    at = *next;
    times += FormatIsoDateTime(at.due_ms) + "\n";
  }
  return times;
}

TEST(ParseTime, LocalTimesAreOfTheirZone) {
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00:00", "")),
            "2026-01-01T09:00:00.000Z");
  EXPECT_EQ(Shown(ParseTime("2026-07-01T09:00:00.5", "Europe/Berlin")),
            "2026-07-01T07:00:00.500Z");
  // The text's own zone counts before, an offset before both.
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00:00@Europe/Berlin", "Asia/Tokyo")),
            "2026-01-01T08:00:00.000Z");
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00:00[Europe/Berlin]", "")),
            "2026-01-01T08:00:00.000Z");
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00:00+05:00[Europe/Berlin]", "")),
            "2026-01-01T04:00:00.000Z");
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00:00Z", "Asia/Tokyo")),
            "2026-01-01T09:00:00.000Z");
  EXPECT_EQ(Shown(ParseTime("2026-01-01", "Asia/Tokyo")),
            "2025-12-31T15:00:00.000Z");
}

TEST(ParseTime, ClocksThatArePutOnAndBack) {
  // 2026-03-29 02:00 is 03:00; 2026-10-25 03:00 is 02:00.
  EXPECT_EQ(Shown(ParseTime("2026-03-29T02:30:00", "Europe/Berlin")),
            "2026-03-29T01:30:00.000Z");
  EXPECT_EQ(Shown(ParseTime("2026-10-25T02:30:00", "Europe/Berlin")),
            "2026-10-25T00:30:00.000Z");
}

TEST(ParseTime, NamesWhatIsWrong) {
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00:00@Europe/Nowhere", "")),
            "time zone: got 'Europe/Nowhere', wanted a name of the zone "
            "database such as Europe/Berlin");
  EXPECT_FALSE(ParseTime("2026-01-01T09:00:00@", "").ok());
  EXPECT_FALSE(ParseTime("tomorrow", "").ok());
  EXPECT_EQ(Shown(ParseTime("2026-01-01T09:00 Europe/Berlin", ""))
                .find("aren't known"),
            std::string::npos);
  EXPECT_TRUE(CheckZone("").ok());
  EXPECT_FALSE(CheckZone("/etc/localtime").ok());
}

TEST(AddDuration, DaysAreTheCalendarsHoursPass) {
  const int64_t before = Ms("2026-03-28T12:00:00Z");
  EXPECT_EQ(Shown(AddDuration(before, "P1D", "Europe/Berlin")),
            "2026-03-29T11:00:00.000Z");
  EXPECT_EQ(Shown(AddDuration(before, "PT24H", "Europe/Berlin")),
            "2026-03-29T12:00:00.000Z");
  EXPECT_EQ(Shown(AddDuration(before, "P1D", "")), "2026-03-29T12:00:00.000Z");
  EXPECT_EQ(Shown(AddDuration(Ms("2026-01-31T00:00:00Z"), "P1MT1H", "")),
            "2026-02-28T01:00:00.000Z");
  EXPECT_FALSE(
      AddDuration(Ms("9999-12-31T00:00:00Z"), "P1D", "Asia/Tokyo").ok());
}

TEST(Cycle, CountsFromWhereItBegins) {
  EXPECT_EQ(Times("R3/PT10M", "", "2026-01-01T00:00:00", 9),
            "2026-01-01T00:10:00.000Z\n2026-01-01T00:20:00.000Z\n"
            "2026-01-01T00:30:00.000Z\nover\n");
  // The 31st stays the 31st where there is one.
  EXPECT_EQ(Times("R/P1M", "", "2026-01-31T00:00:00", 3),
            "2026-02-28T00:00:00.000Z\n2026-03-31T00:00:00.000Z\n"
            "2026-04-30T00:00:00.000Z\n");
  EXPECT_EQ(Times("R-1/PT1H", "", "2026-01-01T00:00:00", 2),
            "2026-01-01T01:00:00.000Z\n2026-01-01T02:00:00.000Z\n");
}

TEST(Cycle, BeginsOrEndsWhereItSays) {
  EXPECT_EQ(Times("R2/2026-01-01T00:00:00Z/P1D", "", "2025-01-01T00:00:00", 9),
            "2026-01-01T00:00:00.000Z\n2026-01-02T00:00:00.000Z\nover\n");
  // It has begun before: what passed counts.
  EXPECT_EQ(Times("R4/2026-01-01T00:00:00Z/P1D", "", "2026-01-02T12:00:00", 9),
            "2026-01-03T00:00:00.000Z\n2026-01-04T00:00:00.000Z\nover\n");
  // It is over: its last time is past, and so due.
  EXPECT_EQ(Times("R4/2026-01-01T00:00:00Z/P1D", "", "2027-01-01T00:00:00", 9),
            "2026-01-04T00:00:00.000Z\nover\n");
  EXPECT_EQ(Times("R2/PT1H/2026-01-01T00:00:00Z", "", "2025-01-01T00:00:00", 9),
            "2025-12-31T23:00:00.000Z\n2026-01-01T00:00:00.000Z\nover\n");
  EXPECT_EQ(Times("R/PT1H/2026-01-01T00:00:00Z", "", "2025-12-31T22:30:00", 9),
            "2025-12-31T23:00:00.000Z\n2026-01-01T00:00:00.000Z\nover\n");
  EXPECT_EQ(Times("R/PT1H/2026-01-01T00:00:00Z", "", "2027-01-01T00:00:00", 9),
            "2026-01-01T00:00:00.000Z\nover\n");
}

TEST(Cycle, KeepsTheTimeOfDayOfItsZone) {
  EXPECT_EQ(Times("R3/2026-03-28T09:00:00@Europe/Paris/P1D", "",
                  "2026-01-01T00:00:00", 9),
            "2026-03-28T08:00:00.000Z\n2026-03-29T07:00:00.000Z\n"
            "2026-03-30T07:00:00.000Z\nover\n");
  EXPECT_EQ(Times("R2/2026-03-28T09:00:00/PT24H", "Europe/Paris",
                  "2026-01-01T00:00:00", 9),
            "2026-03-28T08:00:00.000Z\n2026-03-29T08:00:00.000Z\nover\n");
}

TEST(Cycle, WhatWasMissedCountsAndIsLeftOut) {
  const auto cycle = Cycle::Parse("R10/PT10M", "");
  ASSERT_TRUE(cycle.ok());
  const int64_t begin = Ms("2026-01-01T00:00:00Z");
  // The first was due at 00:10 and fires at 00:35.
  const auto next = cycle->Next(begin, 1, Ms("2026-01-01T00:35:00Z"));
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->number, 4);
  EXPECT_EQ(Shown(next->due_ms), "2026-01-01T00:40:00.000Z");
  EXPECT_FALSE(cycle->Next(begin, 1, Ms("2026-01-01T01:40:00Z")).has_value());
  EXPECT_EQ(cycle->Next(begin, 1, Ms("2026-01-01T01:39:59.999Z"))->number, 10);
}

TEST(Cycle, FindsItsPlaceFarAwayInTime) {
  EXPECT_EQ(
      Times("R/1970-01-01T00:00:00Z/PT0.001S", "", "2026-01-01T00:00:00.5", 2),
      "2026-01-01T00:00:00.500Z\n2026-01-01T00:00:00.501Z\n");
  EXPECT_EQ(Times("R/0001-01-01T00:00:00Z/P1M", "", "9999-11-15T00:00:00", 3),
            "9999-12-01T00:00:00.000Z\nover\n");
  EXPECT_EQ(Times("R/PT1S/9999-12-31T00:00:00Z", "", "2026-01-01T00:00:00", 1),
            "2026-01-01T00:00:00.000Z\n");
}

TEST(Cycle, CronInAZone) {
  EXPECT_EQ(
      Times("0 0 9 ? * MON-FRI @Europe/Berlin", "", "2026-03-27T00:00:00", 2),
      "2026-03-27T08:00:00.000Z\n2026-03-30T07:00:00.000Z\n");
  EXPECT_EQ(Times("0 0 9 * * ?", "America/New_York", "2026-01-01T00:00:00", 1),
            "2026-01-01T14:00:00.000Z\n");
  // 02:30 is skipped, and comes an hour later; it is shown twice, and comes
  // once.
  EXPECT_EQ(Times("0 30 2 * * ?", "Europe/Berlin", "2026-03-28T12:00:00", 2),
            "2026-03-29T01:30:00.000Z\n2026-03-30T00:30:00.000Z\n");
  EXPECT_EQ(Times("0 30 2 * * ?", "Europe/Berlin", "2026-10-24T12:00:00", 2),
            "2026-10-25T00:30:00.000Z\n2026-10-26T01:30:00.000Z\n");
}

TEST(Cycle, CronThatSaysNothingOfTheHourCountsTime) {
  EXPECT_EQ(Times("0 0/30 * * * ?", "Europe/Berlin", "2026-10-24T23:59:00", 6),
            "2026-10-25T00:00:00.000Z\n2026-10-25T00:30:00.000Z\n"
            "2026-10-25T01:00:00.000Z\n2026-10-25T01:30:00.000Z\n"
            "2026-10-25T02:00:00.000Z\n2026-10-25T02:30:00.000Z\n");
  EXPECT_EQ(Times("0 0/30 * * * ?", "Europe/Berlin", "2026-03-29T00:15:00", 3),
            "2026-03-29T00:30:00.000Z\n2026-03-29T01:00:00.000Z\n"
            "2026-03-29T01:30:00.000Z\n");
}

TEST(Cycle, CronThatIsOverIsDueAtOnce) {
  EXPECT_EQ(Times("0 0 0 1 1 ? 2025", "", "2026-01-01T00:00:00", 2),
            "2026-01-01T00:00:00.000Z\nover\n");
}

TEST(Cycle, RefusesWhatRepeatsNothing) {
  for (const char* text :
       {"", "R", "R3", "R3/", "R0/PT1H", "Rx/PT1H", "R-2/PT1H", "R3/PT0S",
        "R3/10M", "R3/2026-01-01T00:00:00Z", "R3/tomorrow/PT1H",
        "R3/PT1H/tomorrow", "R3/2026-01-01T00:00:00@Europe/Nowhere/PT1H",
        "R9999999999/PT1H", "PT1H", "0 0 9 * * ? @Nowhere/Zone",
        "R3/PT1H/2026-01-01/2027-01-01"}) {
    EXPECT_FALSE(Cycle::Parse(text, "").ok()) << text;
  }
  EXPECT_FALSE(Cycle::Parse("R3/PT1H", "Europe/Nowhere").ok());
}

}  // namespace
}  // namespace pawl::expression::schedule
