#include "tests/crash/struck_table.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/core/codec.h"
#include "tests/crash/fault_file_system.h"
#include "tests/crash/golden_run.h"
#include "tests/crash/sweep.h"
#include "tests/support/elements_of_log.h"

namespace pawl::crash {
namespace {

// `struck` by other kinds don't count: a kill that only leads to an opening.
void AddStruck(const std::vector<StruckRecord>& struck, FaultKind kind,
               size_t column, FaultTable* table) {
  for (const StruckRecord& one : struck) {
    if (one.fault != kind) continue;
    ElementsOfLog elements;
    std::unique_ptr<fb::RecordT> last;
    for (const std::string& bytes : one.log) {
      auto record = core::DecodeRecord(bytes);
      PAWL_CHECK_OK(record.status());
      last = *std::move(record);
      elements.Add(*last);
    }
    table->Struck(column, *last,
                  [&](uint64_t key) { return elements.RowOf(key); });
  }
}

std::vector<FaultTable::Fault> Columns(const std::vector<FaultKind>& kinds) {
  std::vector<FaultTable::Fault> columns;
  for (const FaultKind kind : kinds) columns.push_back({FaultKindName(kind)});
  return columns;
}

// Syncs of folders and renames come with openings, and so do reads.
bool StrikesOpenings(FaultKind kind) {
  return kind == FaultKind::kFailedRename ||
         kind == FaultKind::kFailedFolderSync ||
         kind == FaultKind::kReadError || kind == FaultKind::kShortRead;
}

// Says when a run has a record on its way that a column of the table misses.
class Missing {
 public:
  Missing(const FaultTable& table, size_t column, bool last_only)
      : table_(table), column_(column), last_only_(last_only) {}

  bool operator()(const InDoubt& in_doubt) {
    while (misses_.size() < in_doubt.given) Read(in_doubt);
    if (in_doubt.given <= in_doubt.durable) return false;
    if (last_only_) return misses_[in_doubt.given - 1];
    return std::find(misses_.begin() + in_doubt.durable,
                     misses_.begin() + in_doubt.given,
                     true) != misses_.begin() + in_doubt.given;
  }

 private:
  void Read(const InDoubt& in_doubt) {
    auto record = core::DecodeRecord(in_doubt.at(misses_.size() + 1));
    PAWL_CHECK_OK(record.status());
    elements_.Add(**record);
    FaultTable alone({{"any"}});
    alone.Struck(0, **record,
                 [&](uint64_t key) { return elements_.RowOf(key); });
    bool misses = false;
    for (size_t row = 0; row < ElementRows().size(); ++row) {
      for (size_t t = 0; t < kTransitionCount; ++t) {
        misses |=
            alone.hits(row, t, 0) > 0 && table_.hits(row, t, column_) == 0;
      }
    }
    misses_.push_back(misses);
  }

  const FaultTable& table_;
  const size_t column_;
  const bool last_only_;
  ElementsOfLog elements_;
  std::vector<bool> misses_;  // by position - 1
};

// A run with one fault of a kind, told to the table. False: nothing was struck
// that the table missed.
bool Strike(FaultKind kind, size_t column, uint64_t seed, StruckTable* out) {
  std::vector<Life> lives = {{{{kind}}}};
  if (StrikesOpenings(kind)) lives = {{{{FaultKind::kKill}}}, {{{kind}}}};
  RunOptions options;
  options.seed = seed;
  options.note_struck_records = true;
  options.disk = &NewStoreDisk();
  // What comes after is the sweeps' business.
  options.lives_max = lives.size();
  const size_t empty = out->table.EmptyCells().size();
  // An opening is about the last record only.
  options.strike_when = Missing(out->table, column, StrikesOpenings(kind));
  NoteRunUnderWay("--table");
  const RunResult result = RunLives(GoldenWorkload(), lives, options);
  ++out->runs;
  if (!result.failure.empty()) {
    lives[0].faults[0].at = result.struck_at;
    out->failures.push_back(
        absl::StrCat(result.failure, "\n  repeat: tools/crash --run '",
                     LivesToText(lives), "' --from ", seed));
  }
  AddStruck(result.struck_records, kind, column, &out->table);
  return out->table.EmptyCells().size() < empty;
}

}  // namespace

StruckTable FillStruckTable(uint64_t seed,
                            const std::vector<FaultKind>& kinds) {
  StruckTable out{FaultTable(Columns(kinds)), 0, {}};
  const auto filled = [&](FaultKind kind) {
    const std::string end = absl::StrCat(" ", FaultKindName(kind));
    const std::vector<std::string> empty = out.table.EmptyCells();
    return std::none_of(empty.begin(), empty.end(), [&](const auto& cell) {
      return absl::EndsWith(cell, end);
    });
  };
  for (size_t column = 0; column < kinds.size(); ++column) {
    // A fault may strike, and the record be durable after all.
    constexpr int kMissesMax = 5;
    for (int misses = 0; misses < kMissesMax && !filled(kinds[column]);) {
      if (!Strike(kinds[column], column, seed, &out)) ++misses;
    }
  }
  return out;
}

}  // namespace pawl::crash
