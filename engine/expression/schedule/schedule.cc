#include "engine/expression/schedule/schedule.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/zones.h"

namespace pawl::expression::schedule {

namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr size_t kShownBytesMax = 64;

std::string Shown(std::string_view text) {
  return absl::StrCat("'", ToAbsl(text.substr(0, kShownBytesMax)),
                      text.size() > kShownBytesMax ? "...'" : "'");
}

absl::Status NoZone(std::string_view zone) {
  return absl::InvalidArgumentError(
      absl::StrCat("time zone: got ", Shown(zone),
                   ", wanted a name of the zone database such as "
                   "Europe/Berlin"));
}

absl::StatusOr<absl::TimeZone> FindZone(std::string_view name) {
  if (name.empty()) return absl::UTCTimeZone();
  const std::optional<absl::TimeZone> zone = feel::FindZone(name);
  if (!zone.has_value()) return NoZone(name);
  return *zone;
}

// The zone that the end of `text` names, which is taken off.
absl::StatusOr<absl::TimeZone> TakeZone(std::string_view* text,
                                        std::string_view zone) {
  if (const size_t at = text->rfind('@'); at != std::string_view::npos) {
    const std::string_view name = text->substr(at + 1);
    *text = text->substr(0, at);
    if (name.empty()) return NoZone(name);
    return FindZone(name);
  }
  if (!text->empty() && text->back() == ']') {
    if (const size_t at = text->rfind('['); at != std::string_view::npos) {
      const std::string_view name = text->substr(at + 1, text->size() - at - 2);
      *text = text->substr(0, at);
      if (name.empty()) return NoZone(name);
      return FindZone(name);
    }
  }
  return FindZone(zone);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && absl::ascii_isspace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

bool HasOffset(std::string_view text) {
  const size_t time = text.find('T');
  return time != std::string_view::npos &&
         text.find_first_of("Z+-", time) != std::string_view::npos;
}

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

// What a clock in `zone` shows, and back. Milliseconds are kept apart: civil
// times have none.
absl::CivilSecond CivilOf(int64_t time_ms, absl::TimeZone zone) {
  return absl::ToCivilSecond(absl::FromUnixSeconds(FloorDiv(time_ms, 1000)),
                             zone);
}
int64_t InstantOf(absl::CivilSecond civil, absl::TimeZone zone) {
  // Of what is shown twice the first; of what is skipped, with the offset
  // before.
  return absl::ToUnixMillis(zone.At(civil).pre);
}

bool InRange(int64_t time_ms) {
  return time_ms >= kTimeMsMin && time_ms <= kTimeMsMax;
}

absl::Status Beyond(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("timer ", Shown(text), ": wanted the years 0001 to 9999"));
}

}  // namespace

absl::Status CheckZone(std::string_view zone) {
  return FindZone(zone).status();
}

absl::StatusOr<int64_t> ParseTime(std::string_view text,
                                  std::string_view zone) {
  std::string_view local = text;
  PAWL_ASSIGN_OR_RETURN(const absl::TimeZone in, TakeZone(&local, zone));
  const absl::StatusOr<int64_t> shown_ms = ParseIsoDateTime(local);
  if (!shown_ms.ok()) {
    return absl::InvalidArgumentError(absl::StrReplaceAll(
        shown_ms.status().message(),
        {{" (zone names aren't known)", ", or @Europe/Berlin"}}));
  }
  if (HasOffset(local)) return *shown_ms;
  const int64_t second_ms = FloorDiv(*shown_ms, 1000) * 1000;
  const int64_t time_ms =
      InstantOf(CivilOf(second_ms, absl::UTCTimeZone()), in) +
      (*shown_ms - second_ms);
  if (!InRange(time_ms)) return Beyond(text);
  return time_ms;
}

absl::StatusOr<Cycle::Period> Cycle::ParsePeriod(std::string_view text) {
  PAWL_ASSIGN_OR_RETURN(const IsoDuration whole, ParseIsoDuration(text));
  Period period;
  period.months = whole.months;
  period.milliseconds = whole.milliseconds;
  // P1D is the same time tomorrow, PT24H is 24 hours.
  const size_t time = text.find('T');
  const std::string_view date = text.substr(0, time);
  if (date.size() > 1) {
    PAWL_ASSIGN_OR_RETURN(const IsoDuration days, ParseIsoDuration(date));
    if (days.milliseconds % kDayMs == 0) {
      period.days = days.milliseconds / kDayMs;
      period.milliseconds -= days.milliseconds;
    }
  }
  return period;
}

// `times` periods after the start, counted at once: the 31st stays the 31st
// where a month has one.
std::optional<int64_t> Cycle::Shift(int64_t start_ms, const Period& period,
                                    int64_t times, absl::TimeZone zone) {
  constexpr int64_t kMonthsMax = 12 * 10'000;
  const auto months = static_cast<__int128>(period.months) * times;
  const auto rest = static_cast<__int128>(period.days) * kDayMs * times +
                    static_cast<__int128>(period.milliseconds) * times;
  if (months > kMonthsMax || months < -kMonthsMax ||
      rest > kTimeMsMax - kTimeMsMin || rest < kTimeMsMin - kTimeMsMax) {
    return std::nullopt;
  }
  int64_t result_ms = start_ms;
  if (period.months != 0 || period.days != 0) {
    const int64_t second_ms = FloorDiv(start_ms, 1000) * 1000;
    const absl::CivilSecond civil = CivilOf(second_ms, zone);
    const absl::CivilMonth month =
        absl::CivilMonth(civil) + static_cast<int64_t>(months);
    const int last = (absl::CivilDay(month + 1) - 1).day();
    const absl::CivilDay day = absl::CivilDay(month.year(), month.month(),
                                              std::min(civil.day(), last)) +
                               period.days * times;
    if (day.year() < 1 || day.year() > 9999) return std::nullopt;
    const absl::CivilSecond moved(day.year(), day.month(), day.day(),
                                  civil.hour(), civil.minute(), civil.second());
    // A time that is shown twice stays the one it was when nothing moves.
    result_ms = moved == civil
                    ? start_ms
                    : InstantOf(moved, zone) + (start_ms - second_ms);
  }
  result_ms += period.milliseconds * times;
  return InRange(result_ms) ? std::optional(result_ms) : std::nullopt;
}

absl::StatusOr<int64_t> AddDuration(int64_t start_ms, std::string_view text,
                                    std::string_view zone) {
  PAWL_ASSIGN_OR_RETURN(const Cycle::Period period, Cycle::ParsePeriod(text));
  PAWL_ASSIGN_OR_RETURN(const absl::TimeZone in, FindZone(zone));
  const std::optional<int64_t> time_ms = Cycle::Shift(start_ms, period, 1, in);
  if (!time_ms.has_value()) return Beyond(text);
  return *time_ms;
}

absl::StatusOr<Cycle> Cycle::Parse(std::string_view text,
                                   std::string_view zone) {
  Cycle cycle;
  const std::string_view trimmed = Trim(text);
  if (trimmed.starts_with('R') && trimmed.find('/') != std::string_view::npos) {
    PAWL_RETURN_IF_ERROR(cycle.ParseInterval(trimmed, zone));
    return cycle;
  }
  std::string_view cron = trimmed;
  if (cron.starts_with('@')) {
    PAWL_ASSIGN_OR_RETURN(cycle.zone_, FindZone(zone));
  } else {
    PAWL_ASSIGN_OR_RETURN(cycle.zone_, TakeZone(&cron, zone));
  }
  PAWL_ASSIGN_OR_RETURN(cycle.cron_, Cron::Parse(cron));
  return cycle;
}

absl::Status Cycle::ParseInterval(std::string_view text,
                                  std::string_view zone) {
  const auto fault = [&](std::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("repeating interval ", Shown(text), ": ", ToAbsl(what)));
  };
  const size_t slash = text.find('/');
  const std::string_view count_text = text.substr(1, slash - 1);
  int64_t count = -1;
  if (!count_text.empty() && count_text != "-1") {
    // More than anybody waits for.
    constexpr int64_t kCountMax = 1'000'000'000;
    if (count_text.find_first_not_of("0123456789") != std::string_view::npos ||
        !absl::SimpleAtoi(ToAbsl(count_text), &count) || count < 1 ||
        count > kCountMax) {
      return fault(absl::StrCat("got R", ToAbsl(count_text),
                                ", wanted R alone or a number from 1 to ",
                                kCountMax, " after it"));
    }
  }
  const std::string_view rest = text.substr(slash + 1);
  std::string_view period = rest;
  std::string_view anchor;
  const bool ends =
      rest.starts_with('P') && rest.find('/') != std::string_view::npos;
  if (ends) {
    period = rest.substr(0, rest.find('/'));
    anchor = rest.substr(rest.find('/') + 1);
  } else if (const size_t at = rest.rfind("/P"); at != std::string_view::npos) {
    anchor = rest.substr(0, at);
    period = rest.substr(at + 1);
  }
  PAWL_ASSIGN_OR_RETURN(period_, ParsePeriod(period));
  if (period_.months == 0 && period_.days == 0 && period_.milliseconds == 0) {
    return fault("got a period of nothing, wanted a longer one");
  }
  // Days are the calendar's of the zone that the anchor names.
  std::string_view unused = anchor;
  PAWL_ASSIGN_OR_RETURN(zone_, TakeZone(&unused, zone));
  if (anchor.empty()) {
    first_number_ = 1;
    if (count > 0) last_number_ = count;
    return absl::OkStatus();
  }
  PAWL_ASSIGN_OR_RETURN(anchor_ms_, ParseTime(anchor, zone));
  if (ends) {
    if (count > 0) first_number_ = 1 - count;
    last_number_ = 0;
  } else {
    first_number_ = 0;
    if (count > 0) last_number_ = count - 1;
  }
  return absl::OkStatus();
}

std::optional<int64_t> Cycle::At(int64_t counts_from_ms, int64_t number) const {
  return Shift(anchor_ms_.value_or(counts_from_ms), period_, number, zone_);
}

// Low enough for February and for days that a clock or a calendar cut short:
// only the effort of the search depends on it.
int64_t Cycle::ShortestMs() const {
  return std::max<int64_t>(1, period_.months * 26 * kDayMs +
                                  period_.days * kHourMs +
                                  period_.milliseconds);
}

std::optional<int64_t> Cycle::Find(int64_t counts_from_ms, int64_t low,
                                   int64_t from_ms) const {
  // Times rise with their numbers. One beyond the years counts as late.
  const auto is_late = [&](int64_t number) {
    const std::optional<int64_t> time_ms = At(counts_from_ms, number);
    if (!time_ms.has_value()) return number > 0;
    return *time_ms >= from_ms;
  };
  const int64_t anchor_ms = anchor_ms_.value_or(counts_from_ms);
  int64_t high =
      from_ms <= anchor_ms ? 0 : (from_ms - anchor_ms) / ShortestMs() + 2;
  if (last_number_.has_value()) high = std::min(high, *last_number_);
  if (high < low) high = low;
  if (!is_late(high)) return std::nullopt;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (is_late(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

std::optional<int64_t> Cycle::CronAfter(int64_t now_ms) const {
  const absl::CivilSecond now = CivilOf(now_ms, zone_);
  std::optional<int64_t> next;
  // A clock that is put on or back may show times that are not after now.
  absl::CivilSecond at = now - 1;
  constexpr int kTries = 100'000;
  for (int i = 0; i < kTries && !next.has_value(); ++i) {
    const std::optional<absl::CivilSecond> civil = cron_->NextAfter(at);
    if (!civil.has_value()) break;
    at = *civil;
    const absl::TimeZone::TimeInfo info = zone_.At(at);
    const int64_t first_ms = absl::ToUnixMillis(info.pre);
    const int64_t second_ms = absl::ToUnixMillis(info.post);
    if (first_ms > now_ms) {
      next = first_ms;
    } else if (cron_->any_hour() && second_ms > now_ms &&
               absl::ToUnixMillis(info.trans) <= now_ms) {
      next = second_ms;
    }
  }
  if (!cron_->any_hour()) return next;
  // The hour that is shown twice passes twice.
  absl::TimeZone::CivilTransition back;
  const absl::Time now_time = absl::FromUnixMillis(now_ms);
  if (!zone_.NextTransition(now_time, &back) || !(back.to < back.from)) {
    return next;
  }
  const std::optional<absl::CivilSecond> again = cron_->NextAfter(back.to - 1);
  if (!again.has_value() || *again >= back.from) return next;
  const int64_t again_ms = absl::ToUnixMillis(zone_.At(*again).post);
  return !next.has_value() || again_ms < *next ? again_ms : next;
}

absl::StatusOr<Cycle::Firing> Cycle::First(int64_t now_ms) const {
  if (cron_.has_value()) {
    return Firing{CronAfter(now_ms).value_or(now_ms), 1};
  }
  // Without a beginning: before any time that there is.
  int64_t low = 0;
  if (first_number_.has_value()) {
    low = *first_number_;
  } else {
    low = std::min<int64_t>(0, (now_ms - *anchor_ms_) / ShortestMs() - 2);
  }
  const std::optional<int64_t> found = Find(now_ms, low, now_ms);
  const int64_t number = found.value_or(last_number_.value_or(low));
  const std::optional<int64_t> due_ms = At(now_ms, number);
  if (!due_ms.has_value()) {
    return absl::InvalidArgumentError(
        "repeating interval: got a time beyond the year 9999");
  }
  return Firing{*due_ms, number};
}

std::optional<Cycle::Firing> Cycle::Next(int64_t counts_from_ms, int64_t number,
                                         int64_t now_ms) const {
  if (cron_.has_value()) {
    const std::optional<int64_t> next = CronAfter(now_ms);
    if (!next.has_value()) return std::nullopt;
    return Firing{*next, number + 1};
  }
  if (last_number_.has_value() && number >= *last_number_) return std::nullopt;
  const std::optional<int64_t> found =
      Find(counts_from_ms, number + 1, now_ms + 1);
  if (!found.has_value()) return std::nullopt;
  const std::optional<int64_t> due_ms = At(counts_from_ms, *found);
  if (!due_ms.has_value()) return std::nullopt;
  return Firing{*due_ms, *found};
}

}  // namespace pawl::expression::schedule
