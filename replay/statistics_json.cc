// Statistics as JSON.
#include "base/iso8601.h"
#include "base/strings.h"
#include "replay/statistics.h"

namespace pawl::replay {
namespace {

Value Time(std::optional<int64_t> time_ms) {
  return time_ms.has_value() ? Value(FormatIsoDateTime(*time_ms)) : Value();
}

Value ToValue(const std::optional<OldestWait>& wait) {
  if (!wait.has_value()) return Value();
  return Variables{{"key", std::to_string(wait->key)},
                   {"instance", ToString(wait->instance)},
                   {"process", wait->process_id},
                   {"since", Time(wait->since_ms)}};
}

Variables StatesOf(const Tally& tally) {
  Variables states;
  for (size_t i = 0; i < Tally::kStates; ++i) {
    states.Set(fb::EnumNameInstanceState(static_cast<fb::InstanceState>(i)),
               tally.instances[i]);
  }
  return states;
}

Variables OldestOf(const Statistics& statistics) {
  return Variables{{"instance", ToValue(statistics.instance)},
                   {"job", ToValue(statistics.job)},
                   {"task", ToValue(statistics.task)},
                   {"incident", ToValue(statistics.incident)}};
}

Value NextDueOf(const Statistics& statistics) {
  if (!statistics.next_due.has_value()) return Value();
  return Variables{{"kind", NameOf(statistics.next_due->kind)},
                   {"key", std::to_string(statistics.next_due->key)},
                   {"due", Time(statistics.next_due->due_ms)}};
}

}  // namespace

const char* NameOf(core::DueKind kind) {
  switch (kind) {
    case core::DueKind::kTimer:
      return "timer";
    case core::DueKind::kJob:
      return "job";
    case core::DueKind::kMessage:
      return "message";
    case core::DueKind::kMessageId:
      return "message_id";
    case core::DueKind::kStartTimer:
      return "start_timer";
  }
  return "unknown";
}

Variables CountsToVariables(const Statistics& statistics) {
  const Tally& tally = statistics.tally;
  return Variables{
      {"instances", StatesOf(tally)},
      {"jobs", tally.jobs},
      {"tasks", tally.tasks},
      {"timers", tally.timers},
      {"incidents", tally.incidents},
      {"start_timers", tally.start_timers},
      {"subscriptions", Variables{{"message", tally.message_subscriptions},
                                  {"signal", tally.signal_subscriptions},
                                  {"condition", tally.conditions}}},
      {"messages", tally.messages},
      {"message_ids", tally.message_ids},
      {"follow_ups", statistics.follow_ups},
      {"records", tally.records},
      {"events", tally.events},
      {"log_bytes", tally.record_bytes},
      {"time", tally.records == 0 ? Value() : Time(statistics.time_ms)},
      {"oldest", OldestOf(statistics)},
      {"next_due", NextDueOf(statistics)}};
}

Variables ToVariables(const Statistics& statistics) {
  const Tally& tally = statistics.tally;
  Variables tables;
  for (const TableSize& size : statistics.tables) {
    tables.Set(std::string(NameOf(size.table)),
               Variables{{"entries", size.entries},
                         {"bytes", size.bytes},
                         {"file_bytes", size.file_bytes},
                         {"exact", size.exact}});
  }
  const eventstore::PhysicalWrites& written = statistics.written;
  Variables out = CountsToVariables(statistics);
  out.Set("definitions", statistics.definitions);
  out.Set("archived", statistics.archived);
  out.Set("bytes_per_event", statistics.bytes_per_event());
  out.Set("bytes_per_instance", statistics.bytes_per_instance());
  out.Set("indexes", std::move(tables));
  out.Set("log_file_bytes", statistics.log_file_bytes);
  out.Set("directory_bytes", statistics.directory_bytes);
  out.Set("written", Variables{{"record_bytes", written.record_bytes},
                               {"wal_bytes", written.wal_bytes},
                               {"flush_bytes", written.flush_bytes},
                               {"compaction_bytes", written.compaction_bytes}});
  out.Set("write_amplification", written.record_bytes == 0
                                     ? Value()
                                     : Value(statistics.write_amplification()));
  out.Set("space_amplification", tally.record_bytes == 0
                                     ? Value()
                                     : Value(statistics.space_amplification()));
  return out;
}

}  // namespace pawl::replay
