// Which seconds cron texts name. Source: Quartz 2.3, CronTrigger tutorial (six
// and seven fields); crontab(5) (five fields).
#include "engine/expression/schedule/cron.h"

#include <gtest/gtest.h>

#include <string>

namespace pawl::expression::schedule {
namespace {

absl::CivilSecond At(const std::string& text) {
  absl::CivilSecond at;
  EXPECT_TRUE(absl::ParseCivilTime(text, &at)) << text;
  return at;
}

// The next `count` times after `after`, in one line.
std::string Next(const std::string& text, const std::string& after,
                 int count = 1) {
  const auto cron = Cron::Parse(text);
  if (!cron.ok()) return std::string(cron.status().message());
  std::string times;
  absl::CivilSecond at = At(after);
  for (int i = 0; i < count; ++i) {
    const auto next = cron->NextAfter(at);
    if (!next.has_value()) return times + "no more";
    at = *next;
    times += absl::FormatCivilTime(at) + " ";
  }
  return times;
}

TEST(Cron, SecondsMinutesAndHours) {
  EXPECT_EQ(Next("0 0/5 * * * ?", "2026-01-01T10:02:00", 3),
            "2026-01-01T10:05:00 2026-01-01T10:10:00 2026-01-01T10:15:00 ");
  EXPECT_EQ(Next("0/2 * * * * ?", "2026-01-01T10:02:57", 3),
            "2026-01-01T10:02:58 2026-01-01T10:03:00 2026-01-01T10:03:02 ");
  EXPECT_EQ(Next("15,45 30 9-10 * * ?", "2026-01-01T00:00:00", 5),
            "2026-01-01T09:30:15 2026-01-01T09:30:45 2026-01-01T10:30:15 "
            "2026-01-01T10:30:45 2026-01-02T09:30:15 ");
  // A range over midnight.
  EXPECT_EQ(Next("0 0 22-1 * * *", "2026-01-01T22:30:00", 4),
            "2026-01-01T23:00:00 2026-01-02T00:00:00 2026-01-02T01:00:00 "
            "2026-01-02T22:00:00 ");
  // At a time that it names: the next one.
  EXPECT_EQ(Next("0 0 12 * * ?", "2026-01-01T12:00:00"),
            "2026-01-02T12:00:00 ");
}

TEST(Cron, DaysOfTheMonth) {
  EXPECT_EQ(Next("0 0 0 31 * ?", "2026-01-31T00:00:00", 2),
            "2026-03-31T00:00:00 2026-05-31T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 L * ?", "2024-02-01T00:00:00", 2),
            "2024-02-29T00:00:00 2024-03-31T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 L-2 2 ?", "2023-01-01T00:00:00", 2),
            "2023-02-26T00:00:00 2024-02-27T00:00:00 ");
  // 2026-02-28 is a Saturday.
  EXPECT_EQ(Next("0 0 0 LW 2 ?", "2026-01-01T00:00:00"),
            "2026-02-27T00:00:00 ");
  // Of the month's own days: the 1st is a Saturday (Aug 2026), then a Sunday
  // at its end (May 31, 2026).
  EXPECT_EQ(Next("0 0 0 1W 8 ?", "2026-01-01T00:00:00"),
            "2026-08-03T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 31W 5 ?", "2026-01-01T00:00:00"),
            "2026-05-29T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 15W * ?", "2026-02-01T00:00:00", 2),
            "2026-02-16T00:00:00 2026-03-16T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 29 2 ?", "2096-03-01T00:00:00"),
            "2104-02-29T00:00:00 ");
}

TEST(Cron, DaysOfTheWeekOfQuartzBeginWithSundayAsOne) {
  EXPECT_EQ(Next("0 15 10 ? * MON-FRI", "2026-01-02T11:00:00", 2),
            "2026-01-05T10:15:00 2026-01-06T10:15:00 ");
  EXPECT_EQ(Next("0 0 0 ? * 1", "2026-01-01T00:00:00"), "2026-01-04T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 ? * 6L", "2026-01-01T00:00:00"),
            "2026-01-30T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 ? * fri#3", "2026-01-01T00:00:00", 2),
            "2026-01-16T00:00:00 2026-02-20T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 ? * FRI-MON", "2026-01-01T00:00:00", 5),
            "2026-01-02T00:00:00 2026-01-03T00:00:00 2026-01-04T00:00:00 "
            "2026-01-05T00:00:00 2026-01-09T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 ? * L", "2026-01-01T00:00:00"), "2026-01-03T00:00:00 ");
  EXPECT_TRUE(Cron::Parse("0 0 0 ? * 2-6")->quartz_day_numbers());
  EXPECT_FALSE(Cron::Parse("0 0 0 ? * MON-FRI")->quartz_day_numbers());
}

TEST(Cron, FiveFieldsAreThoseOfCrontab) {
  EXPECT_EQ(Next("*/15 9 * * 1-5", "2026-01-02T09:50:00"),
            "2026-01-05T09:00:00 ");
  EXPECT_EQ(Next("0 0 * * 0", "2026-01-01T00:00:00"), "2026-01-04T00:00:00 ");
  EXPECT_EQ(Next("0 0 * * 7", "2026-01-01T00:00:00"), "2026-01-04T00:00:00 ");
  EXPECT_EQ(Next("0 0 * * 5-7", "2026-01-03T00:00:00"), "2026-01-04T00:00:00 ");
  // Either day.
  EXPECT_EQ(Next("0 0 13 * 5", "2026-01-09T12:00:00", 2),
            "2026-01-13T00:00:00 2026-01-16T00:00:00 ");
}

TEST(Cron, MonthsYearsAndNames) {
  EXPECT_EQ(Next("0 0 0 1 jan,JUL ?", "2026-01-01T00:00:00", 2),
            "2026-07-01T00:00:00 2027-01-01T00:00:00 ");
  EXPECT_EQ(Next("0 0 0 1 1 ? 2027-2031/2", "2026-01-01T00:00:00", 4),
            "2027-01-01T00:00:00 2029-01-01T00:00:00 2031-01-01T00:00:00 "
            "no more");
  EXPECT_EQ(Next("0 0 0 1 1 ? 2025", "2026-01-01T00:00:00"), "no more");
  EXPECT_EQ(Next("@hourly", "2026-01-01T00:00:00"), "2026-01-01T01:00:00 ");
  EXPECT_EQ(Next("@weekly", "2026-01-01T00:00:00"), "2026-01-04T00:00:00 ");
}

TEST(Cron, RefusesWhatNamesNoTime) {
  for (const char* text : {"",
                           "PT10M",
                           "* * * *",
                           "0 0 0 30 2 ?",
                           "60 * * * * ?",
                           "0 60 * * * ?",
                           "0 0 24 * * ?",
                           "0 0 0 0 * ?",
                           "0 0 0 32 * ?",
                           "0 0 0 ? 13 *",
                           "0 0 0 ? * 8",
                           "0 0 0 ? * 0",
                           "0 0 0 1 * MON",
                           "0 0/0 * * * ?",
                           "0 0/-5 * * * ?",
                           "0 5- * * * ?",
                           "0 , * * * ?",
                           "0 ? * * * ?",
                           "0 0 0 ? * MON#6",
                           "0 0 0 ? * FOO",
                           "0 0 0 C * ?",
                           "0 0 0 H * ?",
                           "0 0 0 1 1 ? 2031-2027",
                           "0 0 0 1 1 ? 99999",
                           "0 0 0 31 2,4 ?",
                           "0 0 0 L-31 * ?",
                           "0 1/2/3 * * * ?",
                           "0 0 0 1 1 ? 2026 0"}) {
    const auto cron = Cron::Parse(text);
    EXPECT_FALSE(cron.ok()) << text;
    EXPECT_NE(std::string(cron.status().message()).find("got"),
              std::string::npos)
        << cron.status();
  }
}

}  // namespace
}  // namespace pawl::expression::schedule
