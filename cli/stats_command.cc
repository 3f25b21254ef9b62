// stats: how much there is of everything.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/store.h"
#include "cli/values.h"
#include "engine/query.h"
#include "engine/record_view.h"

namespace pawl::cli {
namespace {

struct TableSize {
  int64_t entries = 0;
  int64_t bytes = 0;
};

struct Totals {
  std::map<std::string, int64_t> instances_by_state;
  int64_t instances = 0;
  int64_t definitions = 0;
  int64_t jobs = 0;
  int64_t tasks = 0;
  int64_t timers = 0;
  int64_t incidents = 0;
  int64_t records = 0;
  int64_t events = 0;
  int64_t log_bytes = 0;
  std::map<std::string, TableSize> tables;
};

double Ratio(int64_t amount, int64_t count) {
  return count == 0 ? 0
                    : static_cast<double>(amount) / static_cast<double>(count);
}

class StatsCommand final : public BasicCommand {
 public:
  StatsCommand()
      : BasicCommand("stats", "Instances, events, bytes, indexes",
                     "pawl stats --json") {}

  void Declare(Arguments*) override {}

  int Run(Context& context) override {
    const absl::StatusOr<Totals> totals = Collect(context);
    if (!totals.ok()) return context.console->Fail(totals.status());
    if (context.json) {
      PrintJson(context.console, *totals);
    } else {
      PrintText(context.console, *totals);
    }
    return kExitDone;
  }

 private:
  static absl::StatusOr<Totals> Collect(const Context& context) {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    Totals totals;
    Progress progress(context.console, "records");
    for (const auto& partition : reader->partitions()) {
      PAWL_RETURN_IF_ERROR(AddState(partition.get(), &totals));
      PAWL_RETURN_IF_ERROR(AddLog(*partition, &progress, &totals));
      PAWL_RETURN_IF_ERROR(AddTables(*partition, &totals));
    }
    return totals;
  }

  static absl::Status AddState(PartitionData* data, Totals* totals) {
    PAWL_ASSIGN_OR_RETURN(const EngineStats stats, CollectStats(*data));
    for (const auto& [state, count] : stats.instances_by_state) {
      totals->instances_by_state[state] += count;
      totals->instances += count;
    }
    totals->definitions += stats.definitions;
    totals->jobs += stats.jobs;
    totals->tasks += stats.tasks;
    totals->timers += stats.timers;
    totals->incidents += stats.incidents;
    return absl::OkStatus();
  }

  static absl::Status AddLog(const PartitionData& data, Progress* progress,
                             Totals* totals) {
    const Position end = data.state().position;
    if (end == 0) return absl::OkStatus();
    absl::Status status;
    PAWL_RETURN_IF_ERROR(data.store().Read(
        data.partition(), 1, end,
        [&](Position position, std::string_view bytes) {
          const absl::StatusOr<RecordView> record = RecordView::Open(bytes);
          status = record.status();
          if (!status.ok()) return false;
          ++totals->records;
          totals->events += static_cast<int64_t>(record->event_count());
          totals->log_bytes += static_cast<int64_t>(bytes.size());
          progress->Update(position, end);
          return true;
        }));
    return status;
  }

  static absl::Status AddTables(const PartitionData& data, Totals* totals) {
    for (size_t i = 0; i < eventstore::kTableCount; ++i) {
      const auto table = static_cast<eventstore::Table>(i);
      TableSize& size = totals->tables[std::string(NameOf(table))];
      PAWL_RETURN_IF_ERROR(data.cache().Scan(
          table, eventstore::KeyRange::All(),
          [&](std::string_view key, std::string_view value) {
            ++size.entries;
            size.bytes += static_cast<int64_t>(key.size() + value.size());
            return true;
          }));
    }
    return absl::OkStatus();
  }

  static void PrintJson(Console* console, const Totals& totals) {
    Variables states;
    for (const auto& [state, count] : totals.instances_by_state) {
      states.Set(state, count);
    }
    Variables tables;
    for (const auto& [name, size] : totals.tables) {
      tables.Set(name,
                 Variables{{"entries", size.entries}, {"bytes", size.bytes}});
    }
    console->Print(Variables{
        {"instances", std::move(states)},
        {"definitions", totals.definitions},
        {"jobs", totals.jobs},
        {"tasks", totals.tasks},
        {"timers", totals.timers},
        {"incidents", totals.incidents},
        {"records", totals.records},
        {"events", totals.events},
        {"log_bytes", totals.log_bytes},
        {"bytes_per_event", Ratio(totals.log_bytes, totals.events)},
        {"bytes_per_instance", Ratio(totals.log_bytes, totals.instances)},
        {"indexes", std::move(tables)}}
                       .ToJson());
  }

  static void PrintText(Console* console, const Totals& totals) {
    TextTable table({{"what"}, {"count", TextTable::Align::kRight}});
    for (const auto& [state, count] : totals.instances_by_state) {
      table.Row({absl::StrCat("instances ", state), absl::StrCat(count)});
    }
    table.Row({"definitions", absl::StrCat(totals.definitions)});
    table.Row({"jobs", absl::StrCat(totals.jobs)});
    table.Row({"tasks", absl::StrCat(totals.tasks)});
    table.Row({"timers", absl::StrCat(totals.timers)});
    table.Row({"incidents", absl::StrCat(totals.incidents)});
    table.Row({"records", absl::StrCat(totals.records)});
    table.Row({"events", absl::StrCat(totals.events)});
    table.Row({"log", ShowBytes(static_cast<uint64_t>(totals.log_bytes))});
    table.Row(
        {"bytes per event",
         absl::StrFormat("%.1f", Ratio(totals.log_bytes, totals.events))});
    table.Row(
        {"bytes per instance",
         absl::StrFormat("%.1f", Ratio(totals.log_bytes, totals.instances))});
    table.Print(console);
    TextTable tables({{"cache"},
                      {"entries", TextTable::Align::kRight},
                      {"size", TextTable::Align::kRight}});
    for (const auto& [name, size] : totals.tables) {
      tables.Row({name, absl::StrCat(size.entries),
                  ShowBytes(static_cast<uint64_t>(size.bytes))});
    }
    console->Print("");
    tables.Print(console);
  }
};

}  // namespace

CommandPtr NewStatsCommand() { return std::make_unique<StatsCommand>(); }

}  // namespace pawl::cli
