// When timers are due (BPMN 2.0.2, 10.5.5): times, durations and cycles as
// texts, with zones. Pure: "now" is an argument. Zones are those that come with
// Pawl (docs/adr/0017); what the specification leaves open is in docs/adr/0023.
#ifndef PAWL_ENGINE_EXPRESSION_SCHEDULE_SCHEDULE_H_
#define PAWL_ENGINE_EXPRESSION_SCHEDULE_SCHEDULE_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/expression/schedule/cron.h"

namespace pawl::expression::schedule {

// InvalidArgument: no zone of the database. Empty is UTC.
absl::Status CheckZone(std::string_view zone);

// As ParseIsoDateTime; a time without an offset is of the zone that its end
// names ("2026-01-01T09:00:00@Europe/Berlin", "...[Europe/Berlin]"), else of
// `zone`. A time that the clocks there show twice is the first one; one that
// they skip is as much later as they skip.
absl::StatusOr<int64_t> ParseTime(std::string_view text, std::string_view zone);

// `start_ms` and an ISO 8601 duration: years, months, weeks and days by the
// calendar of `zone`, the rest as time that passes. Codes of AddIsoDuration.
absl::StatusOr<int64_t> AddDuration(int64_t start_ms, std::string_view text,
                                    std::string_view zone);

// A repeating interval of ISO 8601, or a cron text.
class Cycle {
 public:
  // One of its times. An interval counts them, from the time where it begins; a
  // cron text counts how often it was asked.
  struct Firing {
    int64_t due_ms = 0;
    int64_t number = 0;
  };

  // "R3/PT10M", "R/PT1H" (without end), "R5/2026-01-01T00:00:00Z/P1D",
  // "R3/PT1H/2026-01-01T00:00:00Z", or a cron text (cron.h) that may end in a
  // zone: "0 0 9 * * MON-FRI @Europe/Berlin". InvalidArgument: anything else.
  static absl::StatusOr<Cycle> Parse(std::string_view text,
                                     std::string_view zone);

  // The first time that isn't before `now_ms`; for a cron text, the first after
  // it. When all are before it: the last one, for a cron text `now_ms`.
  // InvalidArgument: it is beyond the year 9999.
  absl::StatusOr<Firing> First(int64_t now_ms) const;

  // What follows `number` and is after `now_ms`, of a cycle that has counted
  // since `counts_from_ms`; nothing: that was the last. Times up to `now_ms`
  // count and are left out.
  std::optional<Firing> Next(int64_t counts_from_ms, int64_t number,
                             int64_t now_ms) const;

  // Advice for who reads the text; null for an interval.
  const Cron* cron() const { return cron_.has_value() ? &*cron_ : nullptr; }

 private:
  // Parts of a duration that have no fixed length stay apart.
  struct Period {
    int64_t months = 0;
    int64_t days = 0;
    int64_t milliseconds = 0;
  };
  friend absl::StatusOr<int64_t> AddDuration(int64_t, std::string_view,
                                             std::string_view);

  static absl::StatusOr<Period> ParsePeriod(std::string_view text);
  static std::optional<int64_t> Shift(int64_t start_ms, const Period& period,
                                      int64_t times, absl::TimeZone zone);
  absl::Status ParseInterval(std::string_view text, std::string_view zone);
  std::optional<int64_t> At(int64_t counts_from_ms, int64_t number) const;
  // No period of it is shorter.
  int64_t ShortestMs() const;
  std::optional<int64_t> CronAfter(int64_t now_ms) const;
  // The first number from `low` on whose time is at or after `from_ms`.
  std::optional<int64_t> Find(int64_t counts_from_ms, int64_t low,
                              int64_t from_ms) const;

  absl::TimeZone zone_;
  std::optional<Cron> cron_;
  Period period_;
  // Where it begins or ends; nothing: when the timer does.
  std::optional<int64_t> anchor_ms_;
  // Of its times: number n is n periods after the anchor. Nothing: without end,
  // or without beginning.
  std::optional<int64_t> first_number_;
  std::optional<int64_t> last_number_;
};

}  // namespace pawl::expression::schedule

#endif  // PAWL_ENGINE_EXPRESSION_SCHEDULE_SCHEDULE_H_
