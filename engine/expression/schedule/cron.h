// Cron texts: which seconds of the calendar they name. No zone and no clock;
// schedule.h has those.
//
// Six or seven fields as Quartz has them (seconds, minutes, hours, day of
// month, month, day of week, year; Sunday is 1), five as crontab(5) has them
// (without seconds and year; Sunday is 0 and 7). docs/timers.md has the texts,
// docs/adr/0023 the choices.
#ifndef PAWL_ENGINE_EXPRESSION_SCHEDULE_CRON_H_
#define PAWL_ENGINE_EXPRESSION_SCHEDULE_CRON_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace pawl::expression::schedule {

class Cron {
 public:
  // InvalidArgument: no such text, or one that names no time at all (February
  // 30); the message names the field, what was got and what is wanted.
  static absl::StatusOr<Cron> Parse(std::string_view text);

  // The first time after `after` that it names; nothing: there is none before
  // the year 10000. Cost: at most some thousand days, looked at one by one.
  std::optional<absl::CivilSecond> NextAfter(absl::CivilSecond after) const;

  // It says nothing of the hour: it counts time that passes, and not what a
  // clock on the wall shows.
  bool any_hour() const { return any_hour_; }
  // Days of the week are given as numbers, and begin with Sunday as 1.
  bool quartz_day_numbers() const { return quartz_day_numbers_; }

  // A set of small numbers. Internal.
  class Set {
   public:
    void Add(int number) { bits_ |= uint64_t{1} << number; }
    bool Has(int number) const { return (bits_ >> number & 1) != 0; }

   private:
    uint64_t bits_ = 0;
  };
  // Days that depend on the month. Internal.
  struct Special {
    enum class Kind {
      kLast,            // `days` before the last day
      kLastWorkday,     // the last of Monday to Friday
      kNearestWorkday,  // Monday to Friday, nearest to `day`
      kNthWeekday,      // the `nth` weekday `day`
      kLastWeekday,     // the last weekday `day`
    };
    Kind kind = Kind::kLast;
    // Of the month; of the week: 0 is Sunday.
    int day = 0;
    // Which one; days before the last.
    int nth = 0;
  };
  // What one of the two day fields says. Internal.
  struct Days {
    bool any = false;
    Set set;
    std::vector<Special> special;
  };

 private:
  Cron() = default;
  bool HasDay(absl::CivilDay day) const;
  bool HasYear(int64_t year) const;

  Set seconds_;
  Set minutes_;
  Set hours_;
  Days of_month_;
  Set months_;
  Days of_week_;
  // Pairs of first, last and step; empty: every year.
  struct Years {
    int first = 0;
    int last = 0;
    int step = 1;
  };
  std::vector<Years> years_;
  // Five fields with both days given name the days of either.
  bool either_day_ = false;
  bool any_hour_ = false;
  bool quartz_day_numbers_ = false;

  friend class CronParser;
};

}  // namespace pawl::expression::schedule

#endif  // PAWL_ENGINE_EXPRESSION_SCHEDULE_CRON_H_
