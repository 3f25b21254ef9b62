// The faults that the simulation injects, by name. Each has its injection in
// faults_*.cc, which also checks that it had the effect it is named after, and
// a test in faults_test.cc.
#ifndef PAWL_TESTS_SIM_FAULT_KIND_H_
#define PAWL_TESTS_SIM_FAULT_KIND_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/support/fault_table.h"

namespace pawl::sim {

// name, what happens
#define PAWL_SIM_FAULTS(X)                                                     \
  /* The process is killed; the machine goes on. */                            \
  X(kill_before_append,                                                        \
    "killed after deciding a round, before it is appended")                    \
  X(kill_after_append, "killed after the append, before the sync")             \
  X(kill_after_sync, "killed when the round is durable, effects still inside") \
  X(kill_during_checkpoint, "killed between a checkpoint's start and its end") \
  X(lost_effect, "killed when effects had left, before anybody got them")      \
  /* The machine loses power. */                                               \
  X(power_loss, "what was appended and not synced is gone")                    \
  X(power_loss_partial, "of two unsynced rounds the disk has kept the first")  \
  /* The disk fails. */                                                        \
  X(append_error, "an append fails with an input/output error")                \
  X(disk_full, "an append fails for lack of space")                            \
  X(sync_error, "a sync fails")                                                \
  X(delayed_sync, "a sync takes long, work goes on meanwhile")                 \
  /* The network, and workers. */                                              \
  X(duplicated_command, "a command arrives twice")                             \
  X(reordered_commands, "two commands arrive in the other order")              \
  X(lost_reply, "a reply is lost, the caller asks again")                      \
  X(repeated_effect, "a worker answers the same job twice")                    \
  X(late_result, "a result comes when the job is no longer its worker's")      \
  /* Clock, memory, restarts. These, and the two above, also strike the round  \
     that is decided next, in which what they did may show. */                 \
  X(clock_forward, "the clock jumps forward")                                  \
  X(clock_back, "the clock jumps back")                                        \
  X(clean_restart, "closed and opened again")                                  \
  X(memory_pressure, "every instance in memory is forgotten")                  \
  X(caches_discarded, "all caches are thrown away before an opening")          \
  /* Durable bytes are damaged; refused by position, then put right. */        \
  X(flipped_record, "a bit of a durable record flips")                         \
  X(missing_record, "a durable record disappears")                             \
  X(truncated_log, "the log ends before the mark")

enum class FaultKind : uint8_t {
#define PAWL_SIM_FAULT_ENUM(name, what) name,
  PAWL_SIM_FAULTS(PAWL_SIM_FAULT_ENUM)
#undef PAWL_SIM_FAULT_ENUM
};

struct FaultInfo {
  const char* name;
  const char* what;
};

inline constexpr std::array kFaults = {
#define PAWL_SIM_FAULT_INFO(name, what) FaultInfo{#name, what},
    PAWL_SIM_FAULTS(PAWL_SIM_FAULT_INFO)
#undef PAWL_SIM_FAULT_INFO
};
inline constexpr size_t kFaultKindCount = kFaults.size();
static_assert(kFaultKindCount >= 15);

constexpr size_t IndexOf(FaultKind kind) { return static_cast<size_t>(kind); }
constexpr const char* NameOf(FaultKind kind) {
  return kFaults[IndexOf(kind)].name;
}

// What strikes the message of somebody outside, and so no time that comes.
constexpr bool IsOfCommands(FaultKind kind) {
  return kind == FaultKind::duplicated_command ||
         kind == FaultKind::reordered_commands || kind == FaultKind::lost_reply;
}

// The columns of the table.
inline FaultTable FaultTableOfSim() {
  std::vector<FaultTable::Fault> faults;
  for (size_t kind = 0; kind < kFaultKindCount; ++kind) {
    faults.push_back(
        {kFaults[kind].name, IsOfCommands(static_cast<FaultKind>(kind))});
  }
  return FaultTable(std::move(faults), /*all_drawn=*/true);
}

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_FAULT_KIND_H_
