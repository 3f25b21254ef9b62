#include "engine/clock.h"

#include <chrono>

namespace pawl {
namespace {

class RealClock final : public Clock {
 public:
  int64_t NowMs() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace

Clock* SystemClock() {
  static RealClock* const clock = new RealClock;
  return clock;
}

}  // namespace pawl
