// The zones that come with Pawl: the offsets of places whose rules are of every
// form that the database has, and no way to the machine's files.
#include "engine/expression/feel/zones.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace pawl::expression::feel {
namespace {

// Offset in seconds at a moment of UTC; 99 hours when there is no such zone.
int OffsetAt(std::string_view name, int64_t year, int month, int day,
             int hour = 12) {
  const auto zone = FindZone(name);
  if (!zone.has_value()) return 99 * 3600;
  const absl::Time moment = absl::FromCivil(
      absl::CivilSecond(year, month, day, hour, 0, 0), absl::UTCTimeZone());
  return zone->At(moment).offset;
}

TEST(ZonesTest, TheVersionIsTheOneInTheRepository) {
  EXPECT_EQ(ZoneRulesVersion(), "2025b");
}

TEST(ZonesTest, OffsetsAreThoseOfThePlaceAndTime) {
  EXPECT_EQ(OffsetAt("UTC", 2024, 1, 1), 0);
  EXPECT_EQ(OffsetAt("Europe/Berlin", 2024, 1, 1), 3600);
  EXPECT_EQ(OffsetAt("Europe/Berlin", 2024, 7, 1), 7200);
  // The hour of the change, and the one before.
  EXPECT_EQ(OffsetAt("Europe/Berlin", 2024, 3, 31, 0), 3600);
  EXPECT_EQ(OffsetAt("Europe/Berlin", 2024, 3, 31, 1), 7200);
  // Before any rule, local mean time; in the war, two hours.
  EXPECT_EQ(OffsetAt("Europe/Berlin", 1890, 1, 1), 3208);
  EXPECT_EQ(OffsetAt("Europe/Berlin", 1945, 7, 1), 3 * 3600);
  // Behind the last change that the file spells out, and centuries later.
  EXPECT_EQ(OffsetAt("America/New_York", 2100, 7, 1), -4 * 3600);
  EXPECT_EQ(OffsetAt("America/New_York", 2100, 12, 1), -5 * 3600);
  EXPECT_EQ(OffsetAt("Australia/Melbourne", 2991, 1, 1), 11 * 3600);
  // Half hours, the day that Samoa left out, no summer time since 2016.
  EXPECT_EQ(OffsetAt("Asia/Kolkata", 2024, 1, 1), 19800);
  EXPECT_EQ(OffsetAt("Pacific/Apia", 2011, 12, 29), -10 * 3600);
  EXPECT_EQ(OffsetAt("Pacific/Apia", 2011, 12, 31), 14 * 3600);
  EXPECT_EQ(OffsetAt("Europe/Istanbul", 2024, 1, 1), 3 * 3600);
  // Winter time as the negative one.
  EXPECT_EQ(OffsetAt("Europe/Dublin", 2024, 1, 1), 0);
  EXPECT_EQ(OffsetAt("Europe/Dublin", 2024, 7, 1), 3600);
  // An alias.
  EXPECT_EQ(OffsetAt("US/Pacific", 2024, 7, 1), -7 * 3600);
}

TEST(ZonesTest, NoOtherNameIsAZone) {
  for (const char* const name :
       {"", "Europe", "Europe/", "europe/berlin", "Europe/Berlin ", "Factory",
        "localtime", "posixrules", "posix/Europe/Berlin", "/etc/localtime",
        "/usr/share/zoneinfo/Europe/Berlin", "../zoneinfo/Europe/Berlin",
        "file:/usr/share/zoneinfo/Europe/Berlin", "pawl:Europe/Berlin",
        "Fixed/UTC+01:00:00", "tzdata.zi", "Zz/Nowhere"}) {
    EXPECT_FALSE(FindZone(name).has_value()) << name;
  }
}

// The program around us keeps its own zones: another database for it changes
// nothing here.
TEST(ZonesTest, TheMachinesZonesAreTheMachines) {
  ASSERT_EQ(setenv("TZDIR", "/nowhere", /*overwrite=*/1), 0);
  EXPECT_EQ(OffsetAt("Asia/Tokyo", 2024, 1, 1), 9 * 3600);
  absl::TimeZone zone;
  EXPECT_FALSE(absl::LoadTimeZone("Asia/Seoul", &zone));
  ASSERT_EQ(unsetenv("TZDIR"), 0);
}

}  // namespace
}  // namespace pawl::expression::feel
