// stats: how much there is of everything, and what has waited longest.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/statistics_text.h"
#include "cli/store.h"
#include "cli/values.h"
#include "replay/statistics.h"

namespace pawl::cli {
namespace {

class StatsCommand final : public BasicCommand {
 public:
  StatsCommand()
      : BasicCommand("stats", "Instances, events, bytes, indexes, oldest waits",
                     "pawl stats --json") {}

  void Declare(Arguments*) override {}

  int Run(Context& context) override {
    const absl::Status status = Show(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  static absl::Status Show(const Context& context) {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    replay::StatisticsOptions options;
    Progress progress(context.console, "records counted, once");
    options.progress = [&](uint64_t done, uint64_t total) {
      progress.Update(done, total);
    };
    PAWL_ASSIGN_OR_RETURN(
        const replay::Statistics statistics,
        replay::CollectStatistics(reader->partitions(), options));
    progress.Done();
    if (context.json) {
      context.console->Print(replay::ToVariables(statistics).ToJson());
      return absl::OkStatus();
    }
    PAWL_ASSIGN_OR_RETURN(const int64_t now_ms, StoreNowMs(context));
    PrintText(context.console, statistics, now_ms);
    return absl::OkStatus();
  }

  static void PrintText(Console* console, const replay::Statistics& statistics,
                        int64_t now_ms) {
    const Tally& tally = statistics.tally;
    TextTable table({{"what"}, {"count", TextTable::Align::kRight}});
    AddCounts(statistics, &table);
    table.Row({"definitions", absl::StrCat(statistics.definitions)});
    table.Row({"records", absl::StrCat(tally.records)});
    table.Row({"events", absl::StrCat(tally.events)});
    table.Row({"log", ShowBytes(static_cast<uint64_t>(tally.record_bytes))});
    table.Row({"bytes per event",
               absl::StrFormat("%.1f", statistics.bytes_per_event())});
    table.Row({"bytes per instance",
               absl::StrFormat("%.1f", statistics.bytes_per_instance())});
    table.Row({"log files", ShowBytes(statistics.log_file_bytes)});
    table.Row({"directory", ShowBytes(statistics.directory_bytes)});
    table.Row(
        {"write amplification", Factor(statistics.write_amplification())});
    table.Row(
        {"space amplification", Factor(statistics.space_amplification())});
    table.Print(console);
    const TextTable oldest = OldestTable(statistics, now_ms);
    if (!oldest.empty()) {
      console->Print("");
      oldest.Print(console);
    }
    console->Print("");
    PrintTables(console, statistics);
  }

  static void PrintTables(Console* console,
                          const replay::Statistics& statistics) {
    TextTable table({{"cache"},
                     {"entries", TextTable::Align::kRight},
                     {"size", TextTable::Align::kRight},
                     {"files", TextTable::Align::kRight}});
    for (const replay::TableSize& size : statistics.tables) {
      // What wasn't counted entry by entry.
      const char* about = size.exact ? "" : "~";
      table.Row({std::string(NameOf(size.table)),
                 absl::StrCat(about, size.entries),
                 absl::StrCat(about, ShowBytes(size.bytes)),
                 ShowBytes(size.file_bytes)});
    }
    table.Print(console);
  }

  // Nothing was written yet, or by a build that counted it: `-`.
  static std::string Factor(double factor) {
    return factor == 0 ? std::string() : absl::StrFormat("%.2f", factor);
  }
};

}  // namespace

CommandPtr NewStatsCommand() { return std::make_unique<StatsCommand>(); }

}  // namespace pawl::cli
