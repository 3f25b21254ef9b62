// A partition against a store that does things when it likes: rounds are
// appended, synced, checkpointed and lost in any order that a machine could
// show. What was acknowledged must be there after every crash, and the digests
// of live state, replay and snapshot with tail must agree.
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/query.h"
#include "gtest/gtest.h"
#include "tests/support/shell_harness.h"

namespace pawl {
namespace {

using core::ModelSketch;
using eventstore::MemoryEventStore;
using Kind = fb::ElementKind;

ModelSketch Process() {
  return ModelSketch("p")
      .Node("start", Kind::start_event)
      .Node("charge", Kind::service_task)
      .Node("review", Kind::user_task)
      .TimerNode("wait", fb::TimerKind::duration, "PT1S")
      .Node("end", Kind::end_event)
      .Flow("start", "charge")
      .Flow("charge", "review")
      .Flow("review", "wait")
      .Flow("wait", "end");
}

class Simulation {
 public:
  explicit Simulation(uint32_t seed) : random_(seed), harness_(Options(seed)) {
    harness_.Deploy(Process());
    harness_.Kill();
    harness_.options().completion = MemoryEventStore::Completion::kManual;
    Open();
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) Step();
    Settle();
    CheckAcknowledged();
  }

 private:
  static ManualDriver::Options Options(uint32_t seed) {
    ManualDriver::Options options;
    options.data.cache_bytes = seed % 2 == 0 ? 1 : 1 << 20;
    options.data.snapshot_records = 1 + seed % 4;
    options.checkpoint_log_bytes = 500 + 900 * (seed % 4);
    return options;
  }

  size_t Pick(size_t count) { return random_() % count; }
  ManualDriver& driver() { return harness_.driver(); }

  void Open() {
    ASSERT_TRUE(harness_.Open().ok());
    posted_.clear();
    completing_.clear();
    calls_.clear();
    fb::RegisterHandlerT handler;
    handler.type = "charge";
    handler.capacity = 3;
    CommandRequest request;
    request.command.Set(std::move(handler));
    driver().Post({0, std::move(request)});
  }

  void Step() {
    switch (Pick(12)) {
      case 0:
      case 1: {
        fb::StartInstanceT start;
        start.process_id = "p";
        start.idempotency_key = "key-" + std::to_string(next_key_);
        CommandRequest request;
        request.command.Set(std::move(start));
        posted_[driver().Post({0, std::move(request)})] = next_key_++;
        break;
      }
      case 2: {
        const auto tasks = ListTasks(harness_.data(), {});
        // Also of instances that aren't durable yet.
        ASSERT_TRUE(tasks.ok()) << tasks.status();
        if (tasks->empty()) break;
        fb::CompleteTaskT complete;
        complete.task = (*tasks)[Pick(tasks->size())].key.value();
        const uint64_t task = complete.task;
        CommandRequest request;
        request.command.Set(std::move(complete));
        completing_[driver().Post({0, std::move(request)})] = task;
        break;
      }
      case 3:
      case 4:
      case 5:
        driver().Step();
        break;
      case 6:
        driver().store().StepAppend();
        break;
      case 7:
        driver().store().StepSync();
        break;
      case 8:
        driver().store().StepCheckpoint();
        break;
      case 9: {
        for (HandlerCallPtr& call : driver().TakeCalls()) {
          handed_out_[call->job] = {call->instance, call->attempt};
          calls_.push_back(std::move(call));
        }
        if (calls_.empty()) break;
        const size_t which = Pick(calls_.size());
        driver().Finish(calls_[which], Pick(5) == 0
                                           ? JobResult::Failed("no")
                                           : JobResult::Done({{"ok", true}}));
        calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(which));
        break;
      }
      case 10:
        driver().SetNow(driver().now_ms() + static_cast<int64_t>(Pick(500)));
        break;
      case 11:
        if (Pick(10) == 0) Crash();
        break;
    }
    TakeReplies();
  }

  void TakeReplies() {
    for (auto it = posted_.begin(); it != posted_.end();) {
      const Reply* reply = driver().ReplyTo(it->first);
      if (reply == nullptr) {
        ++it;
        continue;
      }
      EXPECT_TRUE(reply->status.ok()) << reply->status;
      acknowledged_[it->second] = reply->answer.instance;
      it = posted_.erase(it);
    }
    for (auto it = completing_.begin(); it != completing_.end();) {
      const Reply* reply = driver().ReplyTo(it->first);
      if (reply == nullptr) {
        ++it;
        continue;
      }
      if (reply->status.ok()) completed_.push_back(it->second);
      it = completing_.erase(it);
    }
  }

  void Crash() {
    harness_.Kill(Pick(3));
    Open();
    CheckAcknowledged();
  }

  // Everything durable and nothing left to do.
  void Settle() {
    do {
      driver().store().RunPending();
    } while (driver().Step());
    TakeReplies();
    EXPECT_TRUE(posted_.empty());
    EXPECT_TRUE(completing_.empty());
    const auto live = harness_.data().StateDigest();
    ASSERT_TRUE(live.ok()) << live.status();
    EXPECT_EQ(*live, ReplayFromEmpty(driver().store(), 0));
    EXPECT_EQ(*live, SnapshotAndTail(harness_.disk()));
  }

  void CheckAcknowledged() {
    for (const auto& [key, instance] : acknowledged_) {
      const auto seen = harness_.data().cache().Get(
          eventstore::Table::kIndexIdempotency, "key-" + std::to_string(key));
      ASSERT_TRUE(seen.ok() && seen->has_value()) << key;
      EXPECT_EQ(core::DecodeIdempotency(**seen)->instance, instance);
      EXPECT_TRUE(harness_.At(instance).exists());
    }
    // A handler was called only once that was durable: no attempt comes twice.
    for (const auto& [job, handed] : handed_out_) {
      const core::Instance instance = harness_.At(handed.first);
      const auto it = instance.jobs.find(job);
      if (it != instance.jobs.end()) {
        EXPECT_GE(it->second.attempt, handed.second);
      }
    }
    for (const uint64_t task : completed_) {
      const auto owner = harness_.data().InstanceOf(core::Index::kTask, task);
      ASSERT_TRUE(owner.ok());
      EXPECT_FALSE(owner->valid()) << "task " << task << " is back";
    }
  }

  std::mt19937 random_;
  ShellHarness harness_;
  int next_key_ = 0;
  // Starts and completions under way, by token.
  std::map<uint64_t, int> posted_;
  std::map<uint64_t, uint64_t> completing_;
  std::map<int, InstanceKey> acknowledged_;
  std::vector<uint64_t> completed_;
  std::vector<HandlerCallPtr> calls_;
  std::map<JobKey, std::pair<InstanceKey, uint32_t>> handed_out_;
};

TEST(PartitionRandom, AnyOrderOfAppendsSyncsCheckpointsAndCrashes) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation(seed).Run(400);
    if (HasFailure()) return;
  }
}

TEST(PartitionRandom, TheSameSeedGivesTheSameLog) {
  std::vector<std::string> logs[2];
  for (auto& log : logs) {
    ShellHarness harness;
    harness.Deploy(Process());
    harness.RegisterHandler("charge");
    for (int i = 0; i < 10; ++i) harness.Start("p", R"({"i":1})");
    for (const HandlerCallPtr& call : harness.driver().TakeCalls()) {
      harness.Finish(call, JobResult::Done());
    }
    ASSERT_TRUE(harness.driver()
                    .store()
                    .Read(0, 1, harness.driver().store().End(0),
                          [&](Position, std::string_view bytes) {
                            log.emplace_back(bytes);
                            return true;
                          })
                    .ok());
  }
  EXPECT_EQ(logs[0], logs[1]);
}

}  // namespace
}  // namespace pawl
