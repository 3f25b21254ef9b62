// Client: does the steps of a workload on an engine, remembers what was
// acknowledged, and goes on after a crash. It lives outside the engine, so no
// crash touches it: the expected state.
//
// A step whose answer never came is in doubt; the next life asks again, and
// then may find that it was done. A step that was answered with OK is done: if
// the log doesn't say so, something acknowledged was lost.
#ifndef PAWL_TESTS_CRASH_CLIENT_H_
#define PAWL_TESTS_CRASH_CLIENT_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/ids.h"
#include "engine/clock.h"
#include "engine/driver.h"
#include "tests/crash/log_facts.h"
#include "tests/crash/workload.h"

namespace pawl::crash {

// Of real time; an engine that doesn't answer within it hangs.
inline constexpr absl::Duration kPatience = absl::Seconds(60);

class Client {
 public:
  static constexpr int64_t kBeginMs = 1'700'000'000'000;

  explicit Client(Workload workload)
      : workload_(std::move(workload)), clock_(kBeginMs) {}

  Clock* clock() { return &clock_; }
  const Workload& workload() const { return workload_; }

  // Registers the handlers, then does what is left of the workload. OK: all of
  // it is done. Otherwise what the engine answered; Internal: an answer that
  // can't be right.
  absl::Status GoOn(Driver* driver);

  // What was acknowledged and isn't in the log, and what can't be; empty if
  // nothing.
  std::string Compare(const LogFacts& facts);

  // The log's outcome in words that don't depend on keys, times and attempts:
  // the same whether there was a crash or not.
  std::string Outcome(const LogFacts& facts) const;

  bool finished() const { return next_ == workload_.steps.size(); }
  // Commands that were answered with OK.
  uint64_t commands() const { return commands_; }
  size_t next_step() const { return next_; }

 private:
  struct Ack {
    fb::Event event;
    uint64_t key = 0;
    int times = 1;
    std::string step;
  };

  absl::Status RegisterHandlers(Driver* driver);
  absl::Status Do(Driver* driver, const Step& step);
  absl::Status Deploy(Driver* driver);
  absl::Status Start(Driver* driver, const Step& step);
  absl::Status ActOnTask(Driver* driver, const Step& step);
  absl::Status Fetch(Driver* driver, const Step& step);
  absl::Status ActOnJob(Driver* driver, const Step& step);
  absl::Status ActOnInstance(Driver* driver, const Step& step);
  absl::Status Burst(Driver* driver, const Step& step);
  absl::Status Resolve(Driver* driver, const Step& step);
  absl::Status AwaitIdle(Driver* driver);
  void Hand(uint64_t job, int attempt);
  // Acknowledges one more such event than before.
  void Acknowledge(fb::Event event, uint64_t key, const Step& step);
  InstanceKey InstanceOf(const Step& step) const;

  const Workload workload_;
  VirtualClock clock_;
  size_t next_ = 0;
  // Of the next step: it was begun; it was answered with OK.
  bool in_doubt_ = false;
  bool answered_ = false;
  uint64_t commands_ = 0;
  std::map<int, InstanceKey> instances_;
  std::vector<Ack> acks_;
  std::map<std::pair<fb::Event, uint64_t>, int> times_;
  std::mutex handed_mutex_;
  std::set<std::pair<uint64_t, int>> handed_;
  std::string handed_twice_;
};

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_CLIENT_H_
