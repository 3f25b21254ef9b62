// Time as the engine sees it: the system's, or one that a test turns.
#ifndef PAWL_ENGINE_CLOCK_H_
#define PAWL_ENGINE_CLOCK_H_

#include <atomic>
#include <cstdint>

namespace pawl {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970 UTC. Any thread. May go back; the engine's record
  // times don't.
  virtual int64_t NowMs() = 0;
};

// The system's clock.
Clock* SystemClock();

// Stands still until it is told. Any thread.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(int64_t now_ms) : now_ms_(now_ms) {}
  int64_t NowMs() override { return now_ms_.load(); }
  void AdvanceTo(int64_t now_ms) { now_ms_.store(now_ms); }
  void AdvanceBy(int64_t ms) { now_ms_.fetch_add(ms); }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_CLOCK_H_
