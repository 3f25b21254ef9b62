// Faults: how each kind of fault (fault_kind.h) is done to a world. An
// injection first puts work in flight, then does the fault to it, tells the
// table which records it struck, and checks that it had its effect and no
// other; the run goes on afterwards.
//
// Thread-compatible.
#ifndef PAWL_TESTS_SIM_FAULTS_H_
#define PAWL_TESTS_SIM_FAULTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/memory_event_store.h"
#include "tests/sim/clients.h"
#include "tests/sim/failure.h"
#include "tests/sim/fault_kind.h"
#include "tests/sim/world.h"
#include "tests/support/random.h"

namespace pawl::sim {

class Faults {
 public:
  Faults(World* world, Clients* clients, Random random,
         ManualDriver::Options options, Failure* failure)
      : world_(*world),
        clients_(*clients),
        random_(random),
        options_(std::move(options)),
        failure_(*failure) {}

  // False: there was nothing to strike just now.
  bool Inject(FaultKind kind);

  // What the last injection saw, for tests.
  struct Seen {
    // The log's end before and after, and what was taken before.
    Position durable = 0;
    Position end = 0;
    Position taken = 0;
    Position end_after = 0;
    // Where the clock was, and where the fault set it.
    int64_t clock_before_ms = 0;
    int64_t clock_ms = 0;
    // Replies and calls that nobody got.
    uint64_t effects_lost = 0;
    // What the store or the engine said.
    absl::Status status;
  };
  const Seen& seen() const { return seen_; }

  uint64_t random_state() const { return random_.state(); }

 private:
  bool Dispatch(FaultKind kind);
  // A fault that strikes one command, so that it strikes enough of them.
  bool Twice(bool (Faults::*inject)());

  // faults.cc: the process, the machine and the disk.
  bool KillBeforeAppend();
  bool KillAfterAppend();
  bool KillAfterSync();
  bool KillDuringCheckpoint();
  bool LostEffect();
  bool PowerLoss();
  bool PowerLossPartial();
  bool StoreFails(FaultKind kind);
  bool DelayedSync();
  // faults_outside.cc: network, workers, clock, memory.
  bool DuplicatedCommand();
  bool ReorderedCommands();
  bool ReorderedOnOneInstance();
  bool ReorderedAnyhow();
  bool LostReply();
  bool RepeatedEffect();
  bool LateResult();
  // If no worker holds a job: workers fetch what there is.
  void LetWorkersFetch();
  bool LateWorker();
  bool AnswerLate(const HeldJob& job, int64_t lock_until_ms);
  bool LateHandler();
  bool ClockForward();
  bool ClockBack();
  bool CleanRestart();
  bool MemoryPressure();
  bool CachesDiscarded();
  // faults_damage.cc: durable bytes.
  bool Damage(FaultKind kind);
  Position DrawDurable();
  std::shared_ptr<eventstore::MemoryDisk> DamagedDisk(FaultKind kind,
                                                      Position position);
  void CheckDamaged(std::shared_ptr<eventstore::MemoryDisk> disk,
                    Position position, FaultKind kind);
  // What lies beneath the caches is found when it is needed, or isn't.
  void CheckBeneathCaches(ManualDriver* driver, Position position,
                          FaultKind kind);

  // Sends one to four commands that move tokens.
  std::vector<uint64_t> Bait();
  // Puts a round with work in it on its way to the store; false: there is none.
  bool Decide();
  // Notes what is durable, in the log, and taken.
  void See();
  // Everything that was taken reaches the log.
  void AppendAll();
  // Strikes what is in flight behind `from`, up to `to`.
  void Strike(FaultKind kind, Position from, Position to);
  // Opens again after a fault; the log must end at `end`.
  void Reopen(Position end);
  // Work is decided until what StrikeNext() waits for has been struck.
  void LetNextDecide();
  void LetTimeCome();

  World& world_;
  Clients& clients_;
  Random random_;
  const ManualDriver::Options options_;
  Failure& failure_;
  Seen seen_;
};

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_FAULTS_H_
