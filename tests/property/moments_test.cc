// Random processes, with checkpoints, kills and retention in between: the state
// of each instance at each position, as anybody can look at it ever after, is
// what it was when the engine stood there.
//
// What it was is known from two sides: where a round of the engine ended, from
// the state it had in memory then; at every position, from a fold of the
// records as they were appended, none of which is ever dropped here. Those also
// say what the log was before it was trimmed: what a fork there must have.
//
// PAWL_SEED repeats one process, PAWL_SEEDS sets how many are tried.
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/manual_driver.h"
#include "engine/partition_data.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/fork.h"
#include "replay/log_fold.h"
#include "replay/moment.h"
#include "replay/retain.h"
#include "replay/verify.h"
#include "replay/whole_log.h"
#include "tests/property/random_life.h"
#include "tests/support/environment.h"
#include "tests/support/random.h"

namespace pawl::property {
namespace {

constexpr uint64_t kProcesses = 100;
constexpr int kActs = 36;

// The digest of each instance after each record that touched it.
using Digests = std::map<InstanceKey, std::map<Position, uint64_t>>;

// What was seen of one life as it went.
class Witness {
 public:
  // Folds what the store has more than was folded so far. `driver`: the engine,
  // which has done all of it; null: none is open.
  void Look(const eventstore::EventStore& store, ManualDriver* driver) {
    std::map<InstanceKey, Position> touched;
    PAWL_CHECK_OK(store.Read(0, fold_.position() + 1, store.End(0),
                             [&](Position position, std::string_view bytes) {
                               const auto record =
                                   core::DecodeRecord(bytes).value();
                               PAWL_CHECK_OK(fold_.Add(*record));
                               records_.emplace_back(bytes);
                               states_.push_back(fold_.Digest());
                               for (const auto& one : record->touched) {
                                 const InstanceKey key(one->instance);
                                 digests_[key][position] = fold_.DigestOf(key);
                                 touched[key] = position;
                                 ++moments_;
                               }
                               return true;
                             }));
    if (driver == nullptr) return;
    for (const auto& [key, position] : touched) {
      core::Instance scratch;
      const auto instance = driver->data().Peek(key, &scratch);
      // Archived meanwhile.
      if (!instance.ok()) continue;
      ASSERT_EQ(core::Digest(**instance), digests_[key][position])
          << "live, at " << position;
      ++live_;
    }
  }

  // Each moment, as `data` has it now. An instance is as it was until the next
  // record that touches it.
  void Compare(PartitionData* data) {
    const Position end = data->state().position;
    for (const auto& [key, moments] : digests_) {
      for (auto it = moments.begin(); it != moments.end(); ++it) {
        const auto next = std::next(it);
        const Position last =
            next == moments.end() ? end : Position{next->first - 1};
        for (const Position at : {it->first, last}) {
          const auto then = replay::ReadInstanceAt(data, key, at);
          ASSERT_TRUE(then.ok())
              << ToString(key) << " at " << at << ": " << then.status();
          ASSERT_EQ(core::Digest(then->state), it->second)
              << ToString(key) << " at " << at;
        }
      }
    }
  }

  // The log as it was when it ended at `end`, whatever was trimmed since: its
  // records, the state that they fold to, and a fork that begins there.
  void CompareLog(const eventstore::EventStore& store, Position end) {
    auto log = replay::WholeLog::Open(&store, 0, end);
    ASSERT_TRUE(log.ok()) << log.status();
    const Position floor = log->floor();
    replay::LogFold fold(0);
    Position next = floor;
    const absl::Status read =
        log->Read(floor, end, [&](Position position, std::string_view bytes) {
          EXPECT_EQ(position, next++);
          EXPECT_EQ(bytes, records_[position - 1]) << "at " << position;
          PAWL_CHECK_OK(fold.AddBytes(bytes));
          return !testing::Test::HasFailure();
        });
    ASSERT_TRUE(read.ok()) << read << " up to " << end;
    ASSERT_EQ(next, end + 1);
    ASSERT_EQ(fold.Digest(), states_[end - 1]) << "from " << floor;
    if (floor < store.Floor(0)) ++brought_back_;

    const auto& [key, moments] = *digests_.begin();
    if (moments.begin()->first > end) return;
    const auto into =
        eventstore::MemoryEventStore::Open(
            std::make_shared<eventstore::MemoryDisk>(), {}, nullptr,
            eventstore::MemoryEventStore::Completion::kAtOnce)
            .value();
    replay::ForkOptions options;
    options.instance = key;
    options.at = end;
    const auto fork = replay::Fork(store, options, into.get());
    ASSERT_TRUE(fork.ok()) << fork.status() << " at " << end;
    ASSERT_EQ(fork->digest, states_[end - 1]);
    const auto report = replay::Verify(into.get(), {});
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->difference->text;
  }

  Position end() const { return records_.size(); }
  // Logs that were longer than what is left of them.
  uint64_t brought_back() const { return brought_back_; }
  uint64_t moments() const { return moments_; }
  uint64_t live() const { return live_; }

 private:
  replay::LogFold fold_{0};
  Digests digests_;
  // By position, from 1 on: each record, and the state after it.
  std::vector<std::string> records_;
  std::vector<std::string> states_;
  uint64_t brought_back_ = 0;
  uint64_t moments_ = 0;
  uint64_t live_ = 0;
};

class Life {
 public:
  explicit Life(uint64_t seed)
      : random_(seed ^ 0x9e3779b97f4a7c15u), life_(seed, Options()) {}

  void Go() {
    life_.Begin();
    Look();
    for (int i = 0; i < kActs && !testing::Test::HasFailure(); ++i) {
      if (random_.OneIn(6)) Checkpoint();
      if (random_.OneIn(8)) Reopen();
      if (random_.OneIn(6)) Retain();
      life_.Act();
      Look();
    }
    if (testing::Test::HasFailure()) return;
    witness_.Compare(&life_.driver().data());
    if (testing::Test::HasFailure()) return;
    Reopen();
    witness_.Compare(&life_.driver().data());
    for (int i = 0; i < 3 && !testing::Test::HasFailure(); ++i) {
      witness_.CompareLog(life_.driver().store(),
                          1 + random_.Below(witness_.end()));
    }
    life_.Close();
    ExpectVerified();
    if (!testing::Test::HasFailure()) ExpectArchiveVerified();
  }

  const Witness& witness() const { return witness_; }
  uint64_t trims() const { return trims_; }
  uint64_t archived() const { return archived_; }

 private:
  static ManualDriver::Options Options() {
    ManualDriver::Options options;
    options.data.snapshot_records = 3;
    return options;
  }

  void Look() { witness_.Look(life_.driver().store(), &life_.driver()); }

  void Checkpoint() {
    Request checkpoint;
    checkpoint.what = CheckpointRequest{};
    PAWL_CHECK_OK(life_.driver().Submit(std::move(checkpoint)).status);
  }

  void Reopen() {
    life_.Close();
    life_.Open();
    Look();
  }

  void Retain() {
    life_.Close();
    {
      const auto store = eventstore::MemoryEventStore::Open(
                             life_.disk(), {}, nullptr,
                             eventstore::MemoryEventStore::Completion::kAtOnce)
                             .value();
      const Position floor = store->Floor(0);
      replay::RetainOptions options;
      options.now_ms = life_.now_ms();
      options.trim = !random_.OneIn(4);
      if (!random_.OneIn(4)) options.keep_newest = random_.Below(3);
      const auto result = replay::Retain(store.get(), options);
      ASSERT_TRUE(result.ok()) << result.status();
      if (store->Floor(0) > floor) ++trims_;
      archived_ += result->archived;
      PAWL_CHECK_OK(store->Close());
    }
    // What it wrote is read before the next trim drops it.
    life_.Open();
    Look();
  }

  void ExpectVerified() {
    const auto store = eventstore::MemoryEventStore::Open(
                           life_.disk(), {.read_only = true}, nullptr)
                           .value();
    const auto report = replay::Verify(store.get(), {});
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->difference->text;
  }
  // All of it, from its first record on.
  void ExpectArchiveVerified() {
    const auto store = eventstore::MemoryEventStore::Open(
                           life_.disk(), {.read_only = true}, nullptr)
                           .value();
    replay::VerifyOptions options;
    options.archived = true;
    const auto report = replay::Verify(store.get(), options);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->difference->text;
    ASSERT_EQ(report->records, store->End(0));
  }

  Random random_;
  RandomLife life_;
  Witness witness_;
  uint64_t trims_ = 0;
  uint64_t archived_ = 0;
};

TEST(Moments, AreWhatTheyWere) {
  const uint64_t only = NumberFromEnv("PAWL_SEED", 0);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last =
      only != 0 ? only : NumberFromEnv("PAWL_SEEDS", kProcesses);
  uint64_t moments = 0;
  uint64_t live = 0;
  uint64_t trims = 0;
  uint64_t archived = 0;
  uint64_t brought_back = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    Life life(seed);
    life.Go();
    if (HasFailure()) {
      FAIL() << "Repeat: bazel test --test_env=PAWL_SEED=" << seed
             << " //tests/property:moments_test";
    }
    moments += life.witness().moments();
    live += life.witness().live();
    trims += life.trims();
    archived += life.archived();
    brought_back += life.witness().brought_back();
  }
  std::cout << last - first + 1 << " processes, " << moments << " moments, "
            << live << " of them live, " << trims << " trims, " << archived
            << " instances archived, " << brought_back
            << " logs from before a trim\n";
  if (only != 0) return;
  EXPECT_GT(moments, 15 * last);
  EXPECT_GT(live, 10 * last);
  EXPECT_GT(trims, last / 2);
  EXPECT_GT(brought_back, last / 2);
  EXPECT_GT(archived, last / 4);
}

}  // namespace
}  // namespace pawl::property
