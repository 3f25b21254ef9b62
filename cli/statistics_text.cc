#include "cli/statistics_text.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/values.h"

namespace pawl::cli {

std::string ShowAge(int64_t ms) {
  struct Unit {
    int64_t ms;
    const char* name;
  };
  constexpr Unit kUnits[] = {{24 * 60 * 60 * 1000, "d"},
                             {60 * 60 * 1000, "h"},
                             {60 * 1000, "m"},
                             {1000, "s"}};
  if (ms < 1000) return absl::StrCat(ms < 0 ? 0 : ms, "ms");
  for (size_t i = 0; i < std::size(kUnits); ++i) {
    if (ms < kUnits[i].ms) continue;
    std::string out = absl::StrCat(ms / kUnits[i].ms, kUnits[i].name);
    if (i + 1 < std::size(kUnits)) {
      absl::StrAppend(&out, " ", ms % kUnits[i].ms / kUnits[i + 1].ms,
                      kUnits[i + 1].name);
    }
    return out;
  }
  return absl::StrCat(ms, "ms");
}

void AddCounts(const replay::Statistics& statistics, TextTable* table) {
  const Tally& tally = statistics.tally;
  for (size_t i = 0; i < Tally::kStates; ++i) {
    const auto state = static_cast<fb::InstanceState>(i);
    if (tally.instances[i] == 0 && state != fb::InstanceState::active) continue;
    table->Row({absl::StrCat("instances ", fb::EnumNameInstanceState(state)),
                absl::StrCat(tally.instances[i])});
  }
  const auto row = [&](const char* what, int64_t count) {
    table->Row({what, absl::StrCat(count)});
  };
  row("jobs", tally.jobs);
  row("tasks", tally.tasks);
  row("timers", tally.timers);
  row("incidents", tally.incidents);
  // Rarer things where there are any.
  const auto rare = [&](const char* what, int64_t count) {
    if (count != 0) row(what, count);
  };
  rare("start timers", tally.start_timers);
  rare("message subscriptions", tally.message_subscriptions);
  rare("signal subscriptions", tally.signal_subscriptions);
  rare("conditions", tally.conditions);
  rare("messages buffered", tally.messages);
  rare("message ids kept", tally.message_ids);
  rare("follow-ups waiting", statistics.follow_ups);
}

TextTable OldestTable(const replay::Statistics& statistics, int64_t now_ms) {
  TextTable table(
      {{"oldest"}, {"key"}, {"instance"}, {"process"}, {"since"}, {"waits"}});
  const auto add = [&](const char* what,
                       const std::optional<replay::OldestWait>& wait) {
    if (!wait.has_value()) return;
    std::string since;
    std::string age;
    if (wait->since_ms.has_value()) {
      since = ShowTime(absl::FromUnixMillis(*wait->since_ms));
      age = ShowAge(now_ms - *wait->since_ms);
    }
    table.Row({what, absl::StrCat(wait->key), ToString(wait->instance),
               wait->process_id, std::move(since), std::move(age)});
  };
  add("instance", statistics.instance);
  add("job", statistics.job);
  add("task", statistics.task);
  add("incident", statistics.incident);
  if (statistics.next_due.has_value()) {
    const replay::NextDue& due = *statistics.next_due;
    table.Row({absl::StrCat("next due: ", replay::NameOf(due.kind)),
               absl::StrCat(due.key), "", "",
               ShowTime(absl::FromUnixMillis(due.due_ms)),
               due.due_ms > now_ms
                   ? absl::StrCat("in ", ShowAge(due.due_ms - now_ms))
                   : absl::StrCat("late ", ShowAge(now_ms - due.due_ms))});
  }
  return table;
}

}  // namespace pawl::cli
