// Random models and random commands: the laws that CoreHarness checks after
// every command hold on whatever comes. Prints its seed; PAWL_SEED repeats one.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using K = fb::ElementKind;

class RandomRun {
 public:
  explicit RandomRun(uint64_t seed) : random_(seed) {}

  void Go() {
    h_.Deploy(Model());
    MaybeHandlers();
    for (int i = 0; i < 3 && (i == 0 || Small()); ++i) {
      instances_.push_back(
          h_.Start("p", "{\"n\": " + std::to_string(Below(4)) + "}"));
    }
    for (int step = 0; step < 25 && !::testing::Test::HasFailure() && Small();
         ++step) {
      Step(instances_[Below(instances_.size())]);
    }
  }

 private:
  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  // A cycle without a wait state makes records of megabytes, and every law is
  // checked on all of the log after every command.
  bool Small() const {
    size_t bytes = 0;
    for (const std::string& record : h_.log()) bytes += record.size();
    return bytes < 60'000;
  }

  // An unstructured graph: any node may lead to any other but the start.
  ModelSketch Model() {
    ModelSketch sketch("p");
    sketch.Node("n0", K::start_event);
    const size_t count = 3 + Below(8);
    for (size_t i = 1; i < count; ++i) {
      const std::string id = "n" + std::to_string(i);
      switch (Below(9)) {
        case 0:
          sketch.Node(id, K::service_task);
          break;
        case 1:
          sketch.Node(id, K::user_task);
          break;
        case 2:
          sketch.Node(id, K::exclusive_gateway);
          break;
        case 3:
        case 4:
          sketch.Node(id, K::parallel_gateway);
          break;
        case 5:
          sketch.TimerNode(id, fb::TimerKind::duration, "PT1S");
          break;
        case 6:
          sketch.Script(id, "${n + 1}", "n");
          break;
        case 7:
          sketch.Node(id, K::undefined_task);
          break;
        case 8:
          if (Below(4) == 0) {
            sketch.Terminate(id);
          } else {
            sketch.Node(id, K::end_event);
          }
          break;
      }
    }
    for (size_t i = 0; i < count; ++i) {
      const std::string from = "n" + std::to_string(i);
      if (sketch.element(from).kind == K::end_event) continue;
      for (size_t flows = 1 + Below(3); flows > 0; --flows) {
        // Mostly forwards, so that not every run is a cycle.
        const size_t to = Below(4) != 0 && i + 1 < count
                              ? i + 1 + Below(count - i - 1)
                              : 1 + Below(count - 1);
        static const char* const kConditions[] = {"", "", "${n > 1}",
                                                  "${n < 2}", "${m == 1}"};
        sketch.Flow(from, "n" + std::to_string(to), kConditions[Below(5)]);
      }
    }
    return sketch;
  }

  void MaybeHandlers() {
    for (int i = 1; i < 10; i += 2) {
      if (Below(2) == 0) continue;
      fb::RegisterHandlerT handler;
      handler.type = "n" + std::to_string(i);
      handler.capacity = static_cast<uint32_t>(1 + Below(2));
      ASSERT_TRUE(h_.Do(std::move(handler)).ok());
    }
  }

  template <typename Map>
  uint64_t AnyKey(const Map& map) {
    if (map.empty() || Below(20) == 0) return 12345;  // unknown
    auto it = map.begin();
    std::advance(it, Below(map.size()));
    return it->first.value();
  }

  std::unique_ptr<fb::JobOwnerT> Owner(const Instance& instance, uint64_t key) {
    auto owner = std::make_unique<fb::JobOwnerT>();
    const auto job = instance.jobs.find(JobKey(key));
    if (job != instance.jobs.end() && job->second.epoch != 0) {
      owner->epoch = job->second.epoch;
      owner->attempt = job->second.attempt;
    } else {
      owner->worker = Below(2) == 0 ? "w1" : "w2";
    }
    return owner;
  }

  // Refusals are as welcome as successes: the laws hold for both.
  void Step(InstanceKey key) {
    const Instance& instance = h_.at(key);
    const uint64_t job = AnyKey(instance.jobs);
    switch (Below(14)) {
      case 0: {
        fb::LockJobT lock;
        lock.job = job;
        lock.owner = Owner(instance, job);
        lock.lock_ms = 500;
        (void)h_.Do(std::move(lock), key);
        break;
      }
      case 1:
      case 2:
      case 3: {
        fb::CompleteJobT complete;
        complete.job = job;
        complete.owner = Owner(instance, job);
        complete.lock_first = Below(2) == 0;
        (void)h_.Do(std::move(complete), key);
        break;
      }
      case 4: {
        fb::FailJobT fail;
        fail.job = job;
        fail.owner = Owner(instance, job);
        fail.lock_first = Below(2) == 0;
        fail.retries = static_cast<int>(Below(4)) - 1;
        fail.backoff_ms = static_cast<int64_t>(Below(3)) * 100 - 1;
        (void)h_.Do(std::move(fail), key);
        break;
      }
      case 5: {
        fb::ThrowJobErrorT error;
        error.job = job;
        error.owner = Owner(instance, job);
        error.lock_first = true;
        (void)h_.Do(std::move(error), key);
        break;
      }
      case 6:
      case 7: {
        fb::CompleteTaskT complete;
        complete.task = AnyKey(instance.tasks);
        (void)h_.Do(std::move(complete), key);
        break;
      }
      case 8:
        h_.Advance(static_cast<int64_t>(Below(1500)));
        break;
      case 9: {
        fb::ResolveIncidentT resolve;
        resolve.incident = AnyKey(instance.incidents);
        (void)h_.Do(std::move(resolve), key);
        break;
      }
      case 10: {
        fb::SuspendInstanceT suspend;
        (void)h_.Do(std::move(suspend), key);
        break;
      }
      case 11: {
        fb::ResumeInstanceT resume;
        (void)h_.Do(std::move(resume), key);
        break;
      }
      case 12: {
        if (Below(5) != 0) break;
        fb::CancelInstanceT cancel;
        (void)h_.Do(std::move(cancel), key);
        break;
      }
      case 13: {
        // A crash: handlers are gone, what they held comes back.
        (void)h_.Do(fb::OpenPartitionT());
        const auto held = h_.partition().handler_jobs;
        for (const auto& [held_job, where] : held) {
          fb::ReleaseJobT release;
          release.job = held_job.value();
          ASSERT_TRUE(h_.Do(std::move(release), where.instance).ok());
        }
        break;
      }
    }
  }

  std::mt19937_64 random_;
  CoreHarness h_;
  std::vector<InstanceKey> instances_;
};

TEST(RandomModels, LawsHold) {
  const char* given = std::getenv("PAWL_SEED");
  const uint64_t first =
      given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
  const uint64_t last = given == nullptr ? 600 : first;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("repeat with PAWL_SEED=" + std::to_string(seed));
    RandomRun(seed).Go();
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace pawl::core
