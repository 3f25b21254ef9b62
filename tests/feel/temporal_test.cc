// Laws of dates, times and durations, against a calendar that counts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/value.h"
#include "tests/feel/feel_run.h"
#include "tests/support/random.h"

namespace pawl::expression::feel {
namespace {

int DaysOfMonth(int64_t year, int month) {
  if (month == 2) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return leap ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

struct Day {
  int64_t year = 1;
  int month = 1;
  int day = 1;

  std::string Text() const {
    char text[32];
    std::snprintf(text, sizeof(text), "%04d-%02d-%02d", static_cast<int>(year),
                  month, day);
    return text;
  }
  std::string Literal() const { return "@\"" + Text() + "\""; }

  // Since 0001-01-01, by counting.
  int64_t Number() const {
    const int64_t y = year - 1;
    int64_t days = y * 365 + y / 4 - y / 100 + y / 400;
    for (int m = 1; m < month; ++m) days += DaysOfMonth(year, m);
    return days + day - 1;
  }
};

Day DrawDay(Random* random) {
  Day day;
  day.year = static_cast<int64_t>(random->Below(2400)) + 600;
  day.month = static_cast<int>(random->Below(12)) + 1;
  // The ends of months are where it goes wrong.
  const int last = DaysOfMonth(day.year, day.month);
  day.day =
      random->OneIn(2)
          ? last - static_cast<int>(random->Below(3))
          : static_cast<int>(random->Below(static_cast<size_t>(last))) + 1;
  return day;
}

// "P-3D" is no duration, "-P3D" is.
std::string Duration(const char* before, int64_t amount, const char* unit) {
  return std::string("@\"") + (amount < 0 ? "-P" : "P") + before +
         std::to_string(std::abs(amount)) + unit + "\"";
}

class FeelTemporalTest : public testing::Test {
 protected:
  void Check(const std::string& text, const std::string& wanted) {
    ASSERT_EQ(FeelText(text), wanted) << text << "\n"
                                      << Repeat("temporal_test", seed_);
  }
  uint64_t seed_ = 0;
};

TEST_F(FeelTemporalTest, DaysAreThoseOfTheCalendar) {
  for (int run = 0; run < Runs(1000); ++run) {
    seed_ = FirstSeed() + static_cast<uint64_t>(run);
    Random random(seed_);
    const Day a = DrawDay(&random);
    const Day b = DrawDay(&random);
    const std::string x = a.Literal();
    const std::string y = b.Literal();
    const int64_t apart = a.Number() - b.Number();
    Check(x + " - " + y + " = " + Duration("", apart, "D"), "true");
    Check(y + " + (" + x + " - " + y + ") = " + x, "true");
    Check(x + " < " + y, apart < 0 ? "true" : "false");
    Check(x + " >= " + y, apart >= 0 ? "true" : "false");
    // 0001-01-01 was a Monday.
    Check("(" + x + ").weekday", std::to_string(a.Number() % 7 + 1));
    Check("day of year(" + x + ")",
          std::to_string(a.Number() - Day{a.year, 1, 1}.Number() + 1));
    Check("string(" + x + ")", a.Text());
    Check("date((" + x + ").year, (" + x + ").month, (" + x + ").day)",
          a.Text());
    // A week has its Thursday's year.
    const int64_t monday = a.Number() - a.Number() % 7;
    int64_t week_year = a.year + 1;
    const auto first = [](int64_t year) {
      const int64_t fourth = Day{year, 1, 4}.Number();
      return fourth - fourth % 7;
    };
    while (first(week_year) > monday) --week_year;
    Check("week of year(" + x + ")",
          std::to_string((monday - first(week_year)) / 7 + 1));
  }
}

TEST_F(FeelTemporalTest, MonthsAreClamped) {
  for (int run = 0; run < Runs(1000); ++run) {
    seed_ = FirstSeed() + static_cast<uint64_t>(run);
    Random random(seed_);
    const Day a = DrawDay(&random);
    const int64_t months = static_cast<int64_t>(random.Below(600)) - 300;
    Day b = a;
    const int64_t total = a.year * 12 + a.month - 1 + months;
    b.year = total / 12;
    b.month = static_cast<int>(total % 12) + 1;
    b.day = std::min(a.day, DaysOfMonth(b.year, b.month));
    const std::string duration = Duration("", months, "M");
    Check(a.Literal() + " + " + duration, b.Text());
    Check(duration + " + " + a.Literal(), b.Text());
    Check(a.Literal() + " - " + Duration("", -months, "M"), b.Text());
    Check("date and time(" + a.Literal() + ", @\"10:30:00\") + " + duration,
          b.Text() + "T10:30:00");
    // Back again, unless it was clamped.
    if (a.day == b.day) {
      Check(b.Literal() + " - " + duration, a.Text());
      Check("years and months duration(" + a.Literal() + ", " + b.Literal() +
                ") = " + duration,
            "true");
    }
  }
}

// Seconds of an instant; its texts in two offsets.
TEST_F(FeelTemporalTest, InstantsAreTheSameInEveryZone) {
  for (int run = 0; run < Runs(500); ++run) {
    seed_ = FirstSeed() + static_cast<uint64_t>(run);
    Random random(seed_);
    const Day day = DrawDay(&random);
    const int64_t second = static_cast<int64_t>(random.Below(86'400));
    const auto text = [&](int64_t offset_minutes) {
      int64_t total = day.Number() * 86'400 + second + offset_minutes * 60;
      Day there = day;
      // A day back or forth.
      const int64_t move = total / 86'400 - day.Number();
      there.day += static_cast<int>(move);
      if (there.day == 0) {
        if (--there.month == 0) {
          there.month = 12;
          --there.year;
        }
        there.day = DaysOfMonth(there.year, there.month);
      } else if (there.day > DaysOfMonth(there.year, there.month)) {
        there.day = 1;
        if (++there.month == 13) {
          there.month = 1;
          ++there.year;
        }
      }
      total %= 86'400;
      char out[64];
      const int64_t size = std::abs(offset_minutes);
      std::snprintf(out, sizeof(out), "@\"%sT%02d:%02d:%02d%c%02d:%02d\"",
                    there.Text().c_str(), static_cast<int>(total / 3600),
                    static_cast<int>(total / 60 % 60),
                    static_cast<int>(total % 60),
                    offset_minutes < 0 ? '-' : '+', static_cast<int>(size / 60),
                    static_cast<int>(size % 60));
      return std::string(out);
    };
    const std::string a = text(static_cast<int64_t>(random.Below(1681)) - 840);
    const std::string b = text(static_cast<int64_t>(random.Below(1681)) - 840);
    Check(a + " = " + b, "true");
    Check(a + " < " + b, "false");
    Check(a + " <= " + b, "true");
    Check(a + " - " + b, "PT0S");
    const int64_t seconds = static_cast<int64_t>(random.Below(10'000'000));
    const std::string duration = Duration("T", seconds, "S");
    Check("(" + a + " + " + duration + ") - " + b + " = " + duration, "true");
    Check("(" + a + " + " + duration + ") - " + duration + " = " + b, "true");
    Check(a + " + " + duration + " > " + b, seconds > 0 ? "true" : "false");
  }
}

// Central Europe since 1996: summer from the last Sunday of March to that of
// October, 01:00 UTC.
TEST_F(FeelTemporalTest, ZonesOfTheDatabase) {
  for (int run = 0; run < Runs(500); ++run) {
    seed_ = FirstSeed() + static_cast<uint64_t>(run);
    Random random(seed_);
    Day day;
    day.year = static_cast<int64_t>(random.Below(27)) + 1996;
    day.month = random.OneIn(3)   ? 3
                : random.OneIn(2) ? 10
                                  : static_cast<int>(random.Below(12)) + 1;
    day.day = static_cast<int>(random.Below(28)) + 1;
    const auto change = [&](int month) {
      const Day last{day.year, month, 31};
      // Number() % 7 is 6 on Sundays.
      return last.Number() - (last.Number() + 1) % 7;
    };
    const bool summer = day.Number() >= change(3) && day.Number() < change(10);
    // At noon, hours after the change.
    const std::string local = "@\"" + day.Text() + "T12:00:00@Europe/Berlin\"";
    Check("(" + local + ").time offset", summer ? "PT2H" : "PT1H");
    Check(
        local + " = @\"" + day.Text() + (summer ? "T10" : "T11") + ":00:00Z\"",
        "true");
    // A day of 24 hours may end at another hour; a day of the calendar doesn't.
    Check("(" + local + " + @\"P1M\").hour", "12");
    const int64_t hours = static_cast<int64_t>(random.Below(5000));
    const std::string duration = Duration("T", hours, "H");
    Check("(" + local + " + " + duration + ") - " + local + " = " + duration,
          "true");
  }
}

TEST_F(FeelTemporalTest, DurationsNormalise) {
  for (int run = 0; run < Runs(1000); ++run) {
    seed_ = FirstSeed() + static_cast<uint64_t>(run);
    Random random(seed_);
    const int64_t a = static_cast<int64_t>(random.Below(2'000'000)) - 1'000'000;
    const int64_t b = static_cast<int64_t>(random.Below(2'000'000)) - 1'000'000;
    const auto canonical = [](int64_t seconds) {
      if (seconds == 0) return std::string("PT0S");
      std::string text = seconds < 0 ? "-P" : "P";
      const int64_t size = std::abs(seconds);
      if (size >= 86'400) text += std::to_string(size / 86'400) + "D";
      if (size % 86'400 != 0) text += "T";
      if (size / 3600 % 24 != 0) {
        text += std::to_string(size / 3600 % 24) + "H";
      }
      if (size / 60 % 60 != 0) text += std::to_string(size / 60 % 60) + "M";
      if (size % 60 != 0) text += std::to_string(size % 60) + "S";
      return text;
    };
    const std::string x = Duration("T", a, "S");
    const std::string y = Duration("T", b, "S");
    Check("string(" + x + ")", canonical(a));
    Check(x + " + " + y, canonical(a + b));
    Check(x + " - " + y, canonical(a - b));
    Check("- " + x, canonical(-a));
    Check("abs(" + x + ")", canonical(std::abs(a)));
    Check(x + " * 3", canonical(a * 3));
    Check(x + " < " + y, a < b ? "true" : "false");
    if (b != 0) {
      Check(
          x + " / " + y + " = " + std::to_string(a) + " / " + std::to_string(b),
          "true");
    }
    Check(Duration("", a, "M") + " + " + Duration("", b, "M") + " = " +
              Duration("", a + b, "M"),
          "true");
    Check("(" + Duration("", a, "M") + ").years * 12 + (" +
              Duration("", a, "M") + ").months",
          std::to_string(a));
    // Times go round.
    char time[32];
    const int64_t start = (b % 86'400 + 86'400) % 86'400;
    std::snprintf(
        time, sizeof(time), "%02d:%02d:%02d", static_cast<int>(start / 3600),
        static_cast<int>(start / 60 % 60), static_cast<int>(start % 60));
    Check("@\"" + std::string(time) + "\" + " + x + " - " + x, time);
  }
}

}  // namespace
}  // namespace pawl::expression::feel
