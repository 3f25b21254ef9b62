// The engine that a scenario acts on: a ManualDriver on a memory disk, and the
// questions that steps ask of its state. Private to the scenario runner.
#ifndef PAWL_REPLAY_SCENARIO_WORLD_H_
#define PAWL_REPLAY_SCENARIO_WORLD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"

namespace pawl::replay {

// What a step finds by an element's id, oldest first.
struct WorldTask {
  TaskKey key;
  std::string element_id;
  fb::TaskKind kind = fb::TaskKind::user;
  std::string assignee;
  std::string owner;
};
struct WorldIncident {
  IncidentKey key;
  std::string element_id;
  std::string type;
  std::string message;
};

class ScenarioWorld {
 public:
  struct Options {
    // Folding and caching must not matter: with a checkpoint and snapshots
    // after every step the same must come out.
    bool checkpoint_each_step = false;
  };

  static absl::StatusOr<std::unique_ptr<ScenarioWorld>> Create(Options options);

  ManualDriver& driver() { return *driver_; }

  // A killed process, and one that opens what it left `down_ms` later.
  absl::Status Restart(int64_t down_ms);

  // Moves time on; only then, and in Restart, anything that is due happens.
  absl::Status Advance(int64_t ms);

  // Sends a command and does all that follows at the present time. Not OK: it
  // was refused.
  absl::Status Do(fb::CommandUnion command, std::string actor);
  template <typename CommandT>
  absl::Status Do(CommandT command, std::string actor = "scenario") {
    fb::CommandUnion entry;
    entry.Set(std::move(command));
    return Do(std::move(entry), std::move(actor));
  }

  // --- Questions
  // ---------------------------------------------------------------
  absl::Status ForEachInstance(
      const std::function<void(const core::Instance&)>& visit);
  absl::StatusOr<std::vector<WorldTask>> Tasks();
  absl::StatusOr<std::vector<WorldIncident>> Incidents();
  // Names of the messages or signals, or ids of the conditional events, that
  // running instances wait for.
  absl::StatusOr<std::vector<std::string>> Subscriptions(
      fb::SubscriptionKind kind);
  // Of a type, from running instances.
  absl::StatusOr<std::vector<core::Job>> Jobs(std::string_view type);
  // The newest running instance of the process, else the newest that ended;
  // with an empty name of any process. NotFound: none was started.
  absl::StatusOr<core::Instance> InstanceOf(const std::string& process);
  // The only running root instance. NotFound, FailedPrecondition: several.
  absl::StatusOr<InstanceKey> OnlyRunning();
  // Types of the incidents that records after `position` raised.
  absl::StatusOr<std::vector<std::string>> IncidentsSince(Position position);
  // Ids and kinds of the elements that an instance has completed, in order.
  struct Completed {
    std::string id;
    fb::ElementKind kind = fb::ElementKind::unknown;
  };
  absl::StatusOr<std::vector<Completed>> CompletedOf(InstanceKey instance);

  // --- Proofs
  // -------------------------------------------------------------------- The
  // live state, the state folded cold on the caches' way, and the log folded
  // from empty have one digest. Internal otherwise, naming them.
  absl::Status CheckDigests();
  // Closes the engine and verifies what it left. The world is done with.
  absl::Status VerifyAndClose();

 private:
  explicit ScenarioWorld(Options options) : options_(options) {}
  absl::Status Open(int64_t now_ms, bool fires_due);

  const Options options_;
  std::shared_ptr<eventstore::MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
  // Timers with keys from here on came after the clock was last moved.
  uint64_t hold_due_from_ = 0;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_SCENARIO_WORLD_H_
