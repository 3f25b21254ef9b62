#include "tests/sim/simulation.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/sim/clients.h"
#include "tests/sim/failure.h"
#include "tests/sim/fault_kind.h"
#include "tests/sim/faults.h"
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"
#include "tests/support/last_words.h"
#include "tests/support/random.h"
#include "tests/support/thread_seconds.h"

namespace pawl::sim {
namespace {

// Rounds in which what is open is done at the end of a run. Loops end with one
// draw in two or so; what is open after that goes round in a cycle.
constexpr int kSettleRoundsMax = 40;

ManualDriver::Options DrawOptions(Random* random) {
  ManualDriver::Options options;
  constexpr size_t kCacheBytes[] = {1, 4000, 1 << 20};
  options.data.cache_bytes = kCacheBytes[random->Below(3)];
  options.data.snapshot_records = static_cast<uint32_t>(1 + random->Below(6));
  constexpr size_t kCheckpointBytes[] = {1, 3000, 20'000, 1 << 20};
  options.checkpoint_log_bytes = kCheckpointBytes[random->Below(4)];
  return options;
}

class Simulation {
 public:
  explicit Simulation(const SimOptions& options)
      : trace_(options.trace),
        random_(options.seed),
        steps_(options.steps > 0 ? options.steps
                                 : static_cast<int>(100 + random_.Below(200))),
        engine_(DrawOptions(&random_)),
        world_(engine_, &failure_),
        clients_(&world_, random_.Split(), &failure_),
        faults_(&world_, &clients_, random_.Split(), engine_, &failure_) {}

  void Run() {
    world_.set_trace(trace_);
    Begin();
    for (int step = 0; step < steps_ && !failure_.any(); ++step) {
      Trace("step ", step);
      Step();
      CheckSound();
    }
    Trace("settle");
    Settle();
    if (!failure_.any()) {
      world_.oracle().CheckAll(world_.driver().data(), "at the end");
    }
  }

  SimResult Result() {
    SimResult result;
    result.failure = failure_.text();
    result.commands = clients_.sent();
    result.records = world_.records();
    for (size_t kind = 0; kind < kFaultKindCount; ++kind) {
      result.faults += world_.fault_count(static_cast<FaultKind>(kind));
    }
    result.restarts = world_.restarts();
    result.instances = world_.oracle().instances();
    result.virtual_ms = world_.virtual_ms();
    result.table = world_.table();
    result.digest = Digest();
    return result;
  }

 private:
  template <typename... Parts>
  void Trace(const Parts&... parts) {
    if (!trace_) return;
    std::printf("%s: record %" PRIu64 ", durable %" PRIu64 ", %zu running\n",
                absl::StrCat(parts...).c_str(), world_.taken(),
                world_.oracle().position(), world_.oracle().running().size());
  }

  uint64_t Digest() const {
    uint64_t digest = 0;
    const auto mix = [&](uint64_t value) {
      digest = Random(digest ^ value).Next();
    };
    mix(std::stoull(world_.oracle().fold().Digest(), nullptr, 16));
    mix(world_.oracle().log_hash());
    mix(random_.state());
    mix(faults_.random_state());
    mix(clients_.random_state());
    return digest;
  }

  void Begin() {
    world_.Open(0);
    if (failure_.any()) return;
    const size_t processes = 1 + random_.Below(3);
    for (size_t i = 0; i < processes && !failure_.any(); ++i) {
      clients_.Deploy(i);
    }
    world_.Drain();
  }

  void Step() {
    switch (random_.Below(20)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
      case 6:
      case 7:
        return clients_.Act();
      case 8:
      case 9:
      case 10:
      case 11:
        world_.Step();
        return;
      case 12:
      case 13:
        world_.Append();
        return;
      case 14:
      case 15:
        world_.Sync();
        return;
      case 16:
        world_.Checkpoint();
        return;
      case 17:
      case 18:
        // Also catches up with a clock that was set back.
        world_.SetNow(world_.now_ms() + static_cast<int64_t>(random_.Below(
                                            random_.OneIn(4) ? 60'000 : 1500)));
        return;
      case 19: {
        const auto kind =
            static_cast<FaultKind>(random_.Below(kFaultKindCount));
        Trace("fault ", NameOf(kind));
        faults_.Inject(kind);
        return;
      }
    }
  }

  // Injected failures of the store are over when an injection is.
  void CheckSound() {
    if (failure_.any()) return;
    failure_.Require("the store failed by itself",
                     world_.driver().partition().failure());
    clients_.CancelBreeders();
  }

  // Everything is put right, time goes on, and what is open is done: then each
  // instance has ended, or it says why not.
  void Settle() {
    if (failure_.any()) return;
    world_.SetNow(world_.latest_ms());
    for (int round = 0; round < kSettleRoundsMax && !failure_.any(); ++round) {
      world_.Drain();
      if (failure_.any() || world_.oracle().running().empty()) return;
      const bool posted = clients_.FinishOpenWork();
      world_.Drain();
      const int64_t due_ms = world_.oracle().NextDue();
      if (due_ms == INT64_MAX && !posted) break;
      if (due_ms != INT64_MAX) {
        world_.SetNow(std::max(world_.now_ms(), due_ms));
      }
    }
    world_.Drain();
    CheckWaits();
  }

  void CheckWaits() {
    // Whatever was asked for was answered, restarts or not.
    const size_t open = world_.oracle().fold().partition().requests.size();
    if (open != 0) failure_.Add("at the end: ", open, " requests unanswered");
    for (const InstanceKey key : world_.oracle().running()) {
      if (failure_.any()) return;
      CheckWait(*world_.oracle().Running(key));
    }
  }

  // What a running instance waits for.
  void CheckWait(const core::Instance& instance) {
    const auto wrong = [&](const auto&... parts) {
      failure_.Add("at the end: instance ", instance.key.value(), ": ",
                   parts...);
    };
    for (const auto& [key, timer] : instance.timers) {
      if (timer.due_ms <= world_.now_ms()) {
        wrong("timer ", key.value(), " was due at ", timer.due_ms, ", it is ",
              world_.now_ms());
      }
    }
    for (const auto& [key, job] : instance.jobs) {
      if (job.state == fb::JobState::locked && job.epoch != 0 &&
          !clients_.Has(key)) {
        wrong("job ", key.value(), " is in the hands of a handler of epoch ",
              job.epoch, " that nobody called");
      }
    }
    for (const auto& [key, element] : instance.elements) {
      if (key == instance.root()) continue;
      if (!HasWork(instance, key) && !HasTokens(instance, key) &&
          !world_.oracle().WaitsToBeAsked(instance, key)) {
        wrong("element ", key.value(), " (",
              ElementRows()[world_.elements().RowOf(instance.definition,
                                                    element.element)]
                  .name,
              ") waits for nothing");
      }
    }
    const bool open = !instance.jobs.empty() || !instance.tasks.empty() ||
                      !instance.timers.empty() || !instance.incidents.empty() ||
                      !instance.subscriptions.empty();
    const bool calls = !instance.calls.empty();
    const bool asked = std::any_of(
        instance.elements.begin(), instance.elements.end(),
        [&](const auto& entry) {
          return world_.oracle().WaitsToBeAsked(instance, entry.first);
        });
    if (open || calls || asked) return;
    const bool tokens = std::any_of(
        instance.scopes.begin(), instance.scopes.end(),
        [](const auto& scope) { return scope.second.token_count > 0; });
    if (!tokens) wrong("it runs, and nothing of it is left");
    // A join can only starve where forks and joins don't pair.
    if (tokens && clients_.Structured(instance)) {
      wrong("a join starves in a structured process");
    }
  }

  static bool HasWork(const core::Instance& instance, ElementKey key) {
    const auto of = [key](const auto& entry) {
      return entry.second.element_key == key;
    };
    return std::any_of(instance.jobs.begin(), instance.jobs.end(), of) ||
           std::any_of(instance.tasks.begin(), instance.tasks.end(), of) ||
           std::any_of(instance.timers.begin(), instance.timers.end(), of) ||
           std::any_of(instance.subscriptions.begin(),
                       instance.subscriptions.end(), of) ||
           std::any_of(instance.incidents.begin(), instance.incidents.end(),
                       of) ||
           instance.calls.contains(key) || instance.compensations.contains(key);
  }

  // A sub-process waits for what is in it.
  static bool HasTokens(const core::Instance& instance, ElementKey key) {
    const auto scope = instance.scopes.find(key);
    return scope != instance.scopes.end() &&
           (scope->second.active_children > 0 || scope->second.token_count > 0);
  }

  const bool trace_;
  Failure failure_;
  Random random_;
  const int steps_;
  const ManualDriver::Options engine_;
  World world_;
  Clients clients_;
  Faults faults_;
};

}  // namespace

SimResult::SimResult() : table(FaultTableOfSim()) {}

SimResult RunSeed(const SimOptions& options) {
  const double began = ThreadSeconds();
  SetLastWordsOfThread(absl::StrCat("\nFAILED: the process died in seed ",
                                    options.seed, "\n", RepeatLine(options),
                                    "\n"));
  Simulation simulation(options);
  simulation.Run();
  SimResult result = simulation.Result();
  result.seconds = ThreadSeconds() - began;
  return result;
}

SimResult RunSeedTwice(const SimOptions& options) {
  SimResult first = RunSeed(options);
  if (!RunsTwice(options.seed) || !first.failure.empty()) return first;
  // What depends on addresses now comes out otherwise: hash tables are seeded
  // by theirs.
  std::vector<std::unique_ptr<char[]>> ballast;
  for (size_t size = 16; size < 20'000; size += 16 + size / 16) {
    for (int i = 0; i < 8; ++i) {
      ballast.push_back(std::make_unique<char[]>(size));
    }
  }
  SimOptions quiet = options;
  quiet.trace = false;
  const SimResult second = RunSeed(quiet);
  const auto differ = [&](const char* what, uint64_t a, uint64_t b) {
    if (a == b || !first.failure.empty()) return;
    first.failure = absl::StrCat("run twice: ", what, " ", a, ", then ", b);
  };
  if (!second.failure.empty()) {
    first.failure = absl::StrCat("run twice: ", second.failure);
  }
  differ("records", first.records, second.records);
  differ("commands", first.commands, second.commands);
  differ("restarts", first.restarts, second.restarts);
  differ("digest of state, log and chance", first.digest, second.digest);
  return first;
}

std::string RepeatLine(const SimOptions& options) {
  const std::string steps =
      options.steps > 0 ? absl::StrCat(" --steps ", options.steps) : "";
  return absl::StrCat("repeat with: tools/sim --seeds 1 --from ", options.seed,
                      steps, " --trace");
}

}  // namespace pawl::sim
