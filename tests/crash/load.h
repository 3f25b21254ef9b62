// The process that the kill test kills: an engine under load from several
// sides, which tells its parent through a pipe what was acknowledged.
#ifndef PAWL_TESTS_CRASH_LOAD_H_
#define PAWL_TESTS_CRASH_LOAD_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "engine/engine.h"

namespace pawl::crash {

// Instances that one life of the load starts.
inline constexpr int kStartsPerLife = 120;

// Start number `n` has this idempotency and business key.
std::string StartName(uint64_t n);

// One line, one write: whole or absent, even when killed in the middle. The
// words: see Witness::Add. Any thread.
class AckPipe : public Observer {
 public:
  explicit AckPipe(int fd) : fd_(fd) {}
  void Say(const std::string& what, uint64_t key, uint64_t number = 0);

  void OnElementEnded(const ElementObservation& element,
                      bool completed) override;
  void OnInstanceEnded(InstanceKey instance, InstanceState state) override;

 private:
  const int fd_;
};

// Small caches and many checkpoints, so that a kill meets all of them.
EngineOptions LoadOptions(const std::string& directory, Durability durability);

// Deploys the process and registers its in-process handlers. `pipe` must
// outlive the engine's handlers.
absl::Status PrepareLoad(Engine* engine, AckPipe* pipe);

// Completes the open tasks and does the external jobs that there are now.
// `careless` leaves some locks to run out and fails some jobs.
absl::Status ApproveOnce(Engine* engine, AckPipe* pipe);
absl::Status FetchOnce(Engine* engine, AckPipe* pipe, const std::string& worker,
                       uint32_t seed, bool careless);

// Runs until it is killed.
[[noreturn]] void RunLoad(const std::string& directory, Durability durability,
                          uint32_t seed, int life, int fd);

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_LOAD_H_
