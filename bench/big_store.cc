// Makes a store of a given size, for measuring what a size costs: instances
// that have completed (one service task each) and instances that wait (at a
// user task), evenly mixed over the log. Buffered, since only the result
// counts. A store that is there already grows by as much.
//
//   bazel run //bench:big_store -- --completed 1000000 --waiting 1000000
//       --data /tmp/big
#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "bench/models.h"
#include "engine/engine.h"

namespace pawl::bench {
namespace {

constexpr char kUsage[] =
    "usage: big_store --completed N --waiting N --data DIR\n";
constexpr std::ptrdiff_t kInFlight = 4096;

struct BigStoreFlags {
  int64_t completed = 0;
  int64_t waiting = 0;
  std::string data;
};

bool Parse(int argc, char** argv, BigStoreFlags* flags) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    if (name == "--data") {
      flags->data = value;
    } else if (name != "--completed" && name != "--waiting") {
      return false;
    } else if (int64_t* number =
                   name == "--completed" ? &flags->completed : &flags->waiting;
               !absl::SimpleAtoi(ToAbsl(value), number) || *number < 0) {
      return false;
    }
  }
  return argc % 2 == 1 && !flags->data.empty() &&
         flags->completed + flags->waiting > 0;
}

class Filler {
 public:
  explicit Filler(Engine* engine) : engine_(engine) {}

  absl::Status Fill(const BigStoreFlags& flags) {
    PAWL_RETURN_IF_ERROR(engine_->RegisterHandler(
        "step",
        [this](const Job&) -> absl::StatusOr<Variables> {
          free_.release();
          return Variables{{"ok", true}};
        },
        {.max_in_flight = 2 * static_cast<int>(kInFlight)}));
    const int64_t all = flags.completed + flags.waiting;
    int64_t completed = 0;
    for (int64_t i = 0; i < all; ++i) {
      if (i % 65536 == 0) std::cerr << i << " of " << all << " started\n";
      // As many so far as their share of all.
      const bool completes = completed * all < (i + 1) * flags.completed &&
                             completed < flags.completed;
      completed += completes ? 1 : 0;
      free_.acquire();
      PAWL_RETURN_IF_ERROR(error());
      Start(i, completes);
    }
    for (std::ptrdiff_t i = 0; i < kInFlight; ++i) free_.acquire();
    PAWL_RETURN_IF_ERROR(error());
    return engine_->AwaitIdle(absl::Minutes(10));
  }

 private:
  // One that completes is under way until its task is done.
  void Start(int64_t number, bool completes) {
    engine_->StartAsync(completes ? "one-task" : "wait", {{"n", number}}, {},
                        [this, completes](absl::StatusOr<InstanceKey> key) {
                          if (!key.ok()) Note(key.status());
                          if (!completes || !key.ok()) free_.release();
                        });
  }

  void Note(const absl::Status& status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    error_.Update(status);
  }
  absl::Status error() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return error_;
  }

  Engine* const engine_;
  std::counting_semaphore<> free_{kInFlight};
  std::mutex mutex_;
  absl::Status error_;
};

absl::Status Make(const BigStoreFlags& flags) {
  EngineOptions options;
  options.directory = flags.data;
  options.durability = Durability::kBuffered;
  PAWL_ASSIGN_OR_RETURN(auto engine, Engine::Open(std::move(options)));
  PAWL_RETURN_IF_ERROR(engine->Deploy(OneTaskModel()).status());
  PAWL_RETURN_IF_ERROR(engine->Deploy(WaitModel()).status());
  const auto start = std::chrono::steady_clock::now();
  Filler filler(engine.get());
  PAWL_RETURN_IF_ERROR(filler.Fill(flags));
  PAWL_ASSIGN_OR_RETURN(EngineStats stats, engine->Stats());
  std::cout << stats.instances_by_state["completed"] << " completed, "
            << stats.instances_by_state["active"] << " active, "
            << stats.records << " records, " << stats.log_bytes << " bytes, "
            << std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                             start)
                   .count()
            << " s\n";
  return engine->Close();
}

}  // namespace
}  // namespace pawl::bench

int main(int argc, char** argv) {
  pawl::bench::BigStoreFlags flags;
  if (!pawl::bench::Parse(argc, argv, &flags)) {
    std::cerr << pawl::bench::kUsage;
    return 2;
  }
  if (absl::Status made = pawl::bench::Make(flags); !made.ok()) {
    std::cerr << "big_store: " << made << "\n";
    return 1;
  }
  return 0;
}
