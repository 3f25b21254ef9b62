// A run: the real engine (Driver, threads and all) on the real RocksDB store on
// a simulated disk, life after life, until a workload is done. A life may hold
// faults; what it leaves on the disk is what the next one finds.
//
// A process that was killed leaves a mark that covers all that was durable.
// At the beginning of every life but the first, and after the last, the store
// is opened alone and checked:
//   - nothing acknowledged is lost or changed, no round is there by half
//     (LogWitness, Client::Compare);
//   - every decision in the log is repeated, every cache equals its rebuild
//     (replay::Verify), the digest is that of a fold with nothing but the core.
// Then the engine opens it, its own digest must be the same, and the client
// goes on where it was. In the end the outcome is that of a run without faults:
// each step once.
//
// DataLoss is a right answer only when something lied: a flipped bit, a read
// that ended short; and then it must name a place. No gtest here: failures are
// text, so that tools can use it.
#ifndef PAWL_TESTS_CRASH_GOLDEN_RUN_H_
#define PAWL_TESTS_CRASH_GOLDEN_RUN_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "tests/crash/fault_file_system.h"
#include "tests/crash/simulated_disk.h"
#include "tests/crash/workload.h"

namespace pawl::crash {

struct Life {
  std::vector<Fault> faults;
  // How it ends when the engine stopped and no fault ended it.
  SimulatedDisk::Loss otherwise = SimulatedDisk::Loss::kNothing;
  bool slow_disk = false;
};

// A record that was on its way to the disk when a fault struck, and the records
// before it, which name its elements.
struct StruckRecord {
  FaultKind fault;
  std::vector<std::string> log;  // the struck one is the last
};

// Records that are on their way to the disk: those after `durable`, up to
// `given`; `at` gives any up to that.
struct InDoubt {
  uint64_t durable = 0;
  uint64_t given = 0;
  std::function<std::string(uint64_t)> at;
};

struct RunResult {
  // Empty: all was as it should be.
  std::string failure;
  // What an opening said that refused a damaged store.
  std::string refusal;
  bool refused() const { return !refusal.empty(); }
  // Whether the first fault of each life struck, and whether it did so before
  // the engine had its store open.
  std::vector<bool> struck;
  std::vector<bool> struck_in_opening;
  std::string outcome;
  uint64_t commands = 0;  // acknowledged ones
  uint64_t records = 0;
  // Of the first life, reads apart.
  uint64_t io_calls = 0;
  std::array<uint64_t, kCallCount> calls{};
  uint64_t lives = 0;
  std::vector<StruckRecord> struck_records;
  // The call that the first fault of the first life struck.
  uint64_t struck_at = 0;
};

struct RunOptions {
  uint64_t seed = 0;
  // Of a run without faults; empty: not compared.
  std::string outcome = {};
  // Fill struck_records. Costs a copy of the log for each.
  bool note_struck_records = false;
  // The first fault of the first life strikes the first call for which this
  // says so, whatever its number.
  std::function<bool(const InDoubt&)> strike_when = {};
  // The first fault of the first life strikes writes and syncs alone of files
  // with this in their path, and counts those; empty: all calls.
  std::string strike_only = {};
  // The disk to begin with; none: an empty one.
  const SimulatedDisk* disk = nullptr;
  // Ends after so many lives, with nothing compared in the end; 0: at the end
  // of the workload.
  uint64_t lives_max = 0;
  // Gets the disk as the run left it.
  SimulatedDisk* left = nullptr;
};

RunResult RunLives(const Workload& workload, const std::vector<Life>& lives,
                   const RunOptions& options = {});

// Opens the store on `disk` and reads everything there is: the log against its
// caches, and the digest of both ways. The digest, or the first complaint.
absl::StatusOr<std::string> CheckDisk(const SimulatedDisk& disk);

// The folder that every simulated store is in.
const std::string& StoreFolder();
// A disk with no store on it.
SimulatedDisk EmptyDisk();
// What was acknowledged, as the newest slot of the mark has it; 0: no mark.
Position AcknowledgedByMark(const SimulatedDisk& disk);
// A disk with a store that was just made and holds nothing: making one takes
// RocksDB longer than 50 commands.
const SimulatedDisk& NewStoreDisk();

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_GOLDEN_RUN_H_
