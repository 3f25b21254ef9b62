// A fork at every position of random processes, each let go on with the same
// commands at the same times, becomes what the original became: the same
// events, and after each record the same digests.
//
// PAWL_SEED repeats one process, PAWL_SEEDS sets how many are tried.
#include "replay/fork.h"

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/log_fold.h"
#include "replay/verify.h"
#include "tests/property/random_life.h"
#include "tests/support/environment.h"

namespace pawl::property {
namespace {

constexpr uint64_t kProcesses = 50;

using RecordPtr = std::unique_ptr<fb::RecordT>;

std::vector<RecordPtr> ReadRecords(const eventstore::EventStore& store) {
  std::vector<RecordPtr> records;
  PAWL_CHECK_OK(
      store.Read(0, 1, store.End(0), [&](Position, std::string_view bytes) {
        records.push_back(core::DecodeRecord(bytes).value());
        return true;
      }));
  return records;
}

// Whether somebody outside gave it; the engine makes the others by itself.
bool FromOutside(const fb::RecordT& record) {
  return record.caused_by == 0 && record.actor != core::kActorTimer &&
         record.actor != core::kActorEngine;
}

// The original's records, and the digest of each touched instance after each.
struct Original {
  std::vector<RecordPtr> records;
  std::vector<std::vector<std::pair<InstanceKey, uint64_t>>> digests;
};

std::vector<std::pair<InstanceKey, uint64_t>> DigestsAfter(
    const fb::RecordT& record, replay::LogFold* fold) {
  PAWL_CHECK_OK(fold->Add(record));
  std::vector<std::pair<InstanceKey, uint64_t>> out;
  for (const auto& touched : record.touched) {
    const InstanceKey key(touched->instance);
    out.emplace_back(key, fold->DigestOf(key));
  }
  return out;
}

class ForkedLife {
 public:
  ForkedLife(const Original& original, Position at)
      : original_(original), at_(at) {}

  // Forks, goes on with the original's commands, and compares.
  void Go(const eventstore::EventStore& store, InstanceKey instance) {
    auto disk = std::make_shared<eventstore::MemoryDisk>();
    int64_t now_ms = 0;
    {
      auto into = eventstore::MemoryEventStore::Open(
                      disk, {.partitions = 1}, nullptr,
                      eventstore::MemoryEventStore::Completion::kAtOnce)
                      .value();
      const auto result =
          replay::Fork(store, {.instance = instance, .at = at_}, into.get());
      ASSERT_TRUE(result.ok()) << result.status();
      now_ms = result->time_ms;
      PAWL_CHECK_OK(into->Close());
    }
    ManualDriver::Options options;
    options.now_ms = now_ms;
    auto driver = ManualDriver::Open(disk, options).value();
    for (size_t i = at_; i < original_.records.size(); ++i) {
      const fb::RecordT& record = *original_.records[i];
      if (!FromOutside(record)) continue;
      PAWL_CHECK_OK(driver->AdvanceTo(record.time_ms));
      const Reply reply = driver->Submit(core::CommandOf(record), record.actor);
      ASSERT_TRUE(reply.status.ok()) << reply.status << " at " << i + 1;
      PAWL_CHECK_OK(driver->RunUntilIdle());
    }
    PAWL_CHECK_OK(driver->AdvanceTo(original_.records.back()->time_ms));
    Compare(driver->store());
    if (testing::Test::HasFailure()) return;
    PAWL_CHECK_OK(driver->Close());
    driver.reset();
    ExpectVerified(disk);
  }

 private:
  void Compare(const eventstore::EventStore& store) {
    const std::vector<RecordPtr> records = ReadRecords(store);
    replay::LogFold fold(0);
    size_t expected = 0;
    for (const RecordPtr& record : records) {
      const auto digests = DigestsAfter(*record, &fold);
      // The fork's own opening; it concerns no instance.
      if (record->position > at_ &&
          record->command.type == fb::Command::OpenPartition) {
        continue;
      }
      ASSERT_LT(expected, original_.records.size()) << "more than it had";
      const fb::RecordT& wanted = *original_.records[expected];
      ASSERT_EQ(record->time_ms, wanted.time_ms) << "record " << expected + 1;
      ASSERT_TRUE(record->events == wanted.events)
          << "record " << expected + 1 << ": got "
          << fb::EnumNameCommand(record->command.type) << ", wanted "
          << fb::EnumNameCommand(wanted.command.type);
      ASSERT_EQ(digests, original_.digests[expected])
          << "record " << expected + 1;
      ++expected;
    }
    ASSERT_EQ(expected, original_.records.size()) << "less than it had";
  }

  static void ExpectVerified(std::shared_ptr<eventstore::MemoryDisk> disk) {
    const auto store = eventstore::MemoryEventStore::Open(
                           std::move(disk), {.read_only = true}, nullptr)
                           .value();
    const auto report = replay::Verify(store.get(), {});
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_TRUE(report->ok()) << report->difference->text;
  }

  const Original& original_;
  const Position at_;
};

TEST(Forks, GoOnAsTheOriginalDid) {
  const uint64_t only = NumberFromEnv("PAWL_SEED", 0);
  const uint64_t first = only != 0 ? only : 1;
  const uint64_t last =
      only != 0 ? only : NumberFromEnv("PAWL_SEEDS", kProcesses);
  uint64_t forks = 0;
  uint64_t records = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    RandomLife life(seed);
    life.Live();
    const eventstore::EventStore& store = life.driver().store();
    Original original;
    original.records = ReadRecords(store);
    replay::LogFold fold(0);
    for (const RecordPtr& record : original.records) {
      original.digests.push_back(DigestsAfter(*record, &fold));
    }
    records += original.records.size();
    const std::string live = life.driver().data().StateDigest().value();
    ASSERT_EQ(live, fold.Digest());
    for (Position at = life.first(); at <= original.records.size(); ++at) {
      ++forks;
      ForkedLife(original, at).Go(store, life.instance());
      if (HasFailure()) {
        FAIL() << "Repeat: fork at 0:" << at << ", bazel test --test_env="
               << "PAWL_SEED=" << seed << " //tests/property:fork_test";
      }
    }
    // Nobody has touched the original.
    ASSERT_EQ(life.driver().data().StateDigest().value(), live);
    ASSERT_EQ(ReadRecords(store).size(), original.records.size());
  }
  std::cout << last - first + 1 << " processes, " << records << " records, "
            << forks << " forks\n";
  EXPECT_GT(forks, 5 * (last - first + 1));
}

}  // namespace
}  // namespace pawl::property
