// Durable bytes are damaged on a copy of the disk; the run goes on with the
// disk as it was.
#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "tests/sim/faults.h"
#include "tests/support/position_text.h"

namespace pawl::sim {

namespace {

// Copies of the disk that one injection damages, a record of each.
constexpr size_t kDamagesEach = 3;

Position CachePosition(const std::shared_ptr<eventstore::MemoryDisk>& disk) {
  eventstore::StoreOptions reading;
  reading.read_only = true;
  auto reader = eventstore::MemoryEventStore::Open(disk, reading, nullptr);
  return reader.ok() ? (*reader)->Cache(0).position() : 0;
}

}  // namespace

// A durable record; there is one. By half of the draws one that has what the
// log has least.
Position Faults::DrawDurable() {
  const Position end = world_.oracle().position();
  if (end == 0 || random_.OneIn(2))
    return end == 0 ? 0 : 1 + random_.Below(end);
  std::array<std::vector<Position>, kCellsMax> positions;
  for (Position position = 1; position <= end; ++position) {
    const Cells& cells = world_.CellsOf(position);
    for (size_t cell = 0; cell < kCellsMax; ++cell) {
      if (cells.test(cell)) positions[cell].push_back(position);
    }
  }
  // One of the six that it has least: not the same one each time.
  std::vector<const std::vector<Position>*> rare;
  for (const std::vector<Position>& of_cell : positions) {
    if (!of_cell.empty()) rare.push_back(&of_cell);
  }
  if (rare.empty()) return 1 + random_.Below(end);
  std::stable_sort(rare.begin(), rare.end(), [](const auto* a, const auto* b) {
    return a->size() < b->size();
  });
  const std::vector<Position>& of_cell =
      *rare[random_.Below(std::min<size_t>(rare.size(), 6))];
  return of_cell[random_.Below(of_cell.size())];
}

bool Faults::Damage(FaultKind kind) {
  world_.Drain();
  const Position end = world_.oracle().position();
  if (failure_.any() || end == 0) return false;
  std::vector<Position> positions(kDamagesEach);
  for (Position& position : positions) {
    position = DrawDurable();
    world_.StrikeDurable(kind, position);
  }
  world_.Kill(0);
  for (const Position position : positions) {
    CheckDamaged(DamagedDisk(kind, position), position, kind);
  }
  Reopen(end);
  return true;
}

std::shared_ptr<eventstore::MemoryDisk> Faults::DamagedDisk(FaultKind kind,
                                                            Position position) {
  auto damaged = std::make_shared<eventstore::MemoryDisk>(*world_.disk());
  switch (kind) {
    case FaultKind::flipped_record:
      damaged->FlipByte(0, position,
                        random_.Below(world_.StoredBytes(position)));
      break;
    case FaultKind::missing_record:
      damaged->EraseRecord(0, position);
      break;
    default:
      damaged->Truncate(0, position - 1);
      break;
  }
  return damaged;
}

// DataLoss that names the record, or, of a log cut short, its end and the mark.
void Faults::CheckDamaged(std::shared_ptr<eventstore::MemoryDisk> disk,
                          Position position, FaultKind kind) {
  const Position end = world_.oracle().position();
  const auto check = [&](const char* what, const absl::Status& status,
                         Position named) {
    seen_.status = status;
    if (absl::IsDataLoss(status) &&
        NamesPosition(ToStd(status.message()), named)) {
      return;
    }
    failure_.Add(NameOf(kind), ": ", what, " of a log with record ", position,
                 " damaged says ", status.ToString(),
                 ", wanted DataLoss with 0:", named);
  };
  ManualDriver::Options options = options_;
  options.now_ms = world_.now_ms();
  if (kind == FaultKind::truncated_log) {
    const Position cached = CachePosition(disk);
    const auto opened = ManualDriver::Open(disk, options);
    check("opening", opened.status(), position - 1);
    check("opening", opened.status(), cached >= position ? cached : end);
    return;
  }
  eventstore::StoreOptions reading;
  reading.read_only = true;
  const Position cached = CachePosition(disk);
  {
    auto reader = eventstore::MemoryEventStore::Open(disk, reading, nullptr);
    if (!failure_.Require("reader of a damaged log", reader.status())) return;
    check("reading",
          (*reader)->Read(0, 1, end,
                          [](Position, std::string_view) { return true; }),
          position);
  }
  // Beneath the caches it is found when somebody needs it.
  auto opened = ManualDriver::Open(disk, options);
  if (position > cached) return check("opening", opened.status(), position);
  if (!opened.ok()) {
    // A definition that has to be run was deployed there.
    return check("opening", opened.status(), position);
  }
  CheckBeneathCaches(opened->get(), position, kind);
}

void Faults::CheckBeneathCaches(ManualDriver* driver, Position position,
                                FaultKind kind) {
  ManualDriver::Options options = options_;
  options.now_ms = world_.now_ms();
  auto healthy = ManualDriver::Open(
      std::make_shared<eventstore::MemoryDisk>(*world_.disk()), options);
  if (!failure_.Require("a copy of the disk", healthy.status())) return;
  const auto wanted = (*healthy)->data().StateDigest();
  if (!failure_.Require("its digest", wanted.status())) return;
  const auto got = driver->data().StateDigest();
  if (got.ok() ? *got == *wanted
               : absl::IsDataLoss(got.status()) &&
                     NamesPosition(ToStd(got.status().message()), position)) {
    return;
  }
  failure_.Add(NameOf(kind), ": with record ", position,
               " damaged the state is read as ",
               got.ok() ? *got : got.status().ToString());
}

}  // namespace pawl::sim
