// The parts of PartitionData: stream tail, instance cache, work index.
#include <memory>
#include <string>
#include <vector>

#include "engine/instance_cache.h"
#include "engine/stream_tail.h"
#include "engine/work_index.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

using eventstore::MemoryDisk;
using eventstore::MemoryEventStore;
using eventstore::Table;

// --- StreamTail
// ------------------------------------------------------------------

TEST(StreamTail, PositionsComeBackAsTheyWereAdded) {
  StreamTail tail;
  const std::vector<Position> positions = {1,   2,        130,
                                           131, 1u << 20, Position{1} << 40};
  for (size_t i = 0; i < positions.size(); ++i) {
    tail.Add(InstanceKey(5), static_cast<uint32_t>(10 + i), positions[i], 100,
             FoldCost{3, 300});
  }
  const StreamTail::Entry* entry = tail.Find(InstanceKey(5));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->first_sequence, 10u);
  EXPECT_EQ(entry->records, positions.size());
  EXPECT_EQ(entry->bytes, 600u);
  ASSERT_TRUE(entry->before.has_value());
  EXPECT_EQ(entry->before->records, 3u);
  std::vector<Position> decoded;
  EXPECT_TRUE(DecodePositions(entry->positions, &decoded).ok());
  EXPECT_EQ(decoded, positions);
  EXPECT_EQ(tail.Find(InstanceKey(6)), nullptr);
}

TEST(StreamTail, KeysSortByInstanceAndThenBySequence) {
  EXPECT_LT(StreamKey(InstanceKey(1), 0xffffffff),
            StreamKey(InstanceKey(2), 1));
  EXPECT_LT(StreamKey(InstanceKey(1), 255), StreamKey(InstanceKey(1), 256));
  EXPECT_EQ(StreamKey(InstanceKey(1), 1).size(), 12u);
}

TEST(StreamTail, DamagedValuesAreDataLoss) {
  std::vector<Position> positions;
  for (const std::string& bytes :
       {std::string("\x80"), std::string("\x00", 1), std::string("\x05\x00", 2),
        std::string(11, '\xff')}) {
    EXPECT_EQ(DecodePositions(bytes, &positions).code(),
              absl::StatusCode::kDataLoss);
  }
}

// --- InstanceCache
// ---------------------------------------------------------------

std::unique_ptr<InstanceCache::Entry> MakeEntry(uint64_t key, Position touched,
                                                size_t bytes = 1000) {
  auto entry = std::make_unique<InstanceCache::Entry>();
  entry->instance.key = InstanceKey(key);
  entry->instance.business_key = std::string(bytes, 'x');
  entry->touched = touched;
  return entry;
}

TEST(InstanceCache, DropsTheLeastRecentlyUsed) {
  InstanceCache cache(10'000);
  for (uint64_t key = 1; key <= 4; ++key) cache.Insert(MakeEntry(key, key));
  const size_t each = cache.bytes() / 4;
  InstanceCache small(each * 2);
  for (uint64_t key = 1; key <= 4; ++key) small.Insert(MakeEntry(key, key));
  EXPECT_NE(small.Find(InstanceKey(1)), nullptr);
  small.Evict(/*readable=*/10);
  EXPECT_EQ(small.size(), 2u);
  EXPECT_NE(small.Find(InstanceKey(1)), nullptr);
  EXPECT_NE(small.Find(InstanceKey(4)), nullptr);
}

TEST(InstanceCache, KeepsWhatCannotBeReadBack) {
  InstanceCache cache(0);
  cache.Insert(MakeEntry(1, 7));
  cache.Evict(6);
  EXPECT_EQ(cache.size(), 1u);
  cache.Evict(7);
  EXPECT_EQ(cache.size(), 0u);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(InstanceCache, CountsAChangedEntryAnew) {
  InstanceCache cache(1 << 20);
  InstanceCache::Entry* entry = cache.Insert(MakeEntry(1, 1));
  const size_t before = cache.bytes();
  entry->instance.business_key += std::string(5000, 'y');
  cache.Measure(entry);
  EXPECT_EQ(cache.bytes(), before + 5000);
  cache.Erase(InstanceKey(1));
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(InstanceCache, TheColdEndGoesFirst) {
  InstanceCache cache(0);
  cache.Insert(MakeEntry(1, 9));
  InstanceCache::Entry* ended = cache.Insert(MakeEntry(2, 1));
  cache.MoveToColdEnd(ended);
  cache.Evict(5);
  EXPECT_EQ(cache.Find(InstanceKey(2)), nullptr);
  EXPECT_NE(cache.Find(InstanceKey(1)), nullptr);
}

// --- WorkIndex
// -------------------------------------------------------------------

class WorkIndexTest : public ::testing::Test {
 protected:
  WorkIndexTest()
      : store_(
            MemoryEventStore::Open(std::make_shared<MemoryDisk>(), {}, nullptr)
                .value()),
        cache_(store_->Cache(0)),
        work_(&cache_) {}

  void PutDue(int64_t due_ms, uint64_t key) {
    const std::string entry =
        core::EncodeDue({due_ms, core::DueKind::kTimer, key});
    cache_.PutNew(Table::kIndexDue, entry, core::EncodeU64(key * 10));
    work_.OnPut(core::Index::kDue, entry);
  }
  void DropDue(int64_t due_ms, uint64_t key) {
    cache_.Delete(Table::kIndexDue,
                  core::EncodeDue({due_ms, core::DueKind::kTimer, key}));
  }
  void PutReady(const std::string& type, uint64_t job) {
    const std::string key = core::JobReadyPrefix(type) + core::EncodeU64(job);
    cache_.PutNew(Table::kIndexJobReady, key, core::EncodeU64(job * 10));
    work_.OnPut(core::Index::kJobReady, key);
  }
  void DropReady(const std::string& type, uint64_t job) {
    cache_.Delete(Table::kIndexJobReady,
                  core::JobReadyPrefix(type) + core::EncodeU64(job));
  }
  std::vector<uint64_t> TakeDue(int64_t now_ms, size_t max = 100) {
    std::vector<uint64_t> keys;
    const auto due = work_.TakeDue(now_ms, max);
    EXPECT_TRUE(due.ok()) << due.status();
    for (const auto& entry : *due) {
      EXPECT_EQ(entry.instance.value(), entry.key.key * 10);
      keys.push_back(entry.key.key);
    }
    return keys;
  }
  std::vector<uint64_t> TakeReady(const std::string& type, size_t max = 100) {
    std::vector<uint64_t> keys;
    const auto ready = work_.TakeReady(type, max);
    EXPECT_TRUE(ready.ok()) << ready.status();
    for (const auto& entry : *ready) keys.push_back(entry.job.value());
    return keys;
  }
  using Keys = std::vector<uint64_t>;

  std::unique_ptr<MemoryEventStore> store_;
  eventstore::CacheView& cache_;
  WorkIndex work_;
};

TEST_F(WorkIndexTest, DueInOrderOfTimeThenKey) {
  PutDue(30, 1);
  PutDue(10, 3);
  PutDue(10, 2);
  PutDue(-5, 4);
  EXPECT_EQ(TakeDue(-6), Keys());
  EXPECT_EQ(work_.next_due_ms(), -5);
  EXPECT_EQ(TakeDue(10), (Keys{4, 2, 3}));
  EXPECT_EQ(work_.next_due_ms(), 30);
  EXPECT_EQ(TakeDue(29), Keys());
  EXPECT_EQ(TakeDue(30), Keys{1});
  EXPECT_EQ(work_.next_due_ms(), WorkIndex::kNever);
}

TEST_F(WorkIndexTest, DueInBatches) {
  for (uint64_t key = 1; key <= 5; ++key) PutDue(7, key);
  EXPECT_EQ(TakeDue(7, 2), (Keys{1, 2}));
  EXPECT_EQ(work_.next_due_ms(), 7);
  EXPECT_EQ(TakeDue(7, 2), (Keys{3, 4}));
  EXPECT_EQ(TakeDue(7, 2), (Keys{5}));
}

TEST_F(WorkIndexTest, WhatWasTakenComesAgainOnlyWhenItIsWrittenAgain) {
  PutDue(5, 1);
  EXPECT_EQ(TakeDue(5), Keys{1});
  EXPECT_EQ(TakeDue(5), Keys());
  PutDue(9, 2);
  EXPECT_EQ(TakeDue(9), Keys{2});
  DropDue(5, 1);
  DropDue(9, 2);
  PutDue(5, 1);
  EXPECT_EQ(work_.next_due_ms(), 5);
  EXPECT_EQ(TakeDue(9), Keys{1});
}

TEST_F(WorkIndexTest, AnEarlierEntryIsFoundBehindTheCursor) {
  PutDue(50, 1);
  EXPECT_EQ(TakeDue(50), Keys{1});
  PutDue(20, 2);
  EXPECT_EQ(work_.next_due_ms(), 20);
  // The first is still there: it was refused, and is offered again.
  EXPECT_EQ(TakeDue(50), (Keys{2, 1}));
}

TEST_F(WorkIndexTest, ReadyJobsByTypeOldestFirst) {
  PutReady("a", 2);
  PutReady("a", 1);
  PutReady("ab", 3);
  EXPECT_EQ(TakeReady("a", 1), Keys{1});
  EXPECT_TRUE(work_.MayHaveReady("a"));
  EXPECT_EQ(TakeReady("a"), Keys{2});
  EXPECT_FALSE(work_.MayHaveReady("a"));
  EXPECT_EQ(TakeReady("ab"), Keys{3});
  EXPECT_TRUE(work_.MayHaveReady("never looked at"));
  EXPECT_EQ(TakeReady("never looked at"), Keys());
  EXPECT_FALSE(work_.MayHaveReady("never looked at"));
  DropReady("a", 1);
  PutReady("a", 1);
  EXPECT_TRUE(work_.MayHaveReady("a"));
  DropReady("a", 2);
  EXPECT_EQ(TakeReady("a"), Keys{1});
}

TEST_F(WorkIndexTest, FindsWhatWasThereBeforeIt) {
  PutDue(3, 1);
  PutReady("a", 2);
  WorkIndex fresh(&cache_);
  EXPECT_LE(fresh.next_due_ms(), 3);
  EXPECT_EQ(fresh.TakeDue(3, 10)->size(), 1u);
  EXPECT_EQ(fresh.TakeReady("a", 10)->size(), 1u);
  fresh.Reset();
  EXPECT_EQ(fresh.TakeDue(3, 10)->size(), 1u);
}

TEST_F(WorkIndexTest, DamagedEntriesAreDataLoss) {
  cache_.PutNew(Table::kIndexDue, "short", "x");
  EXPECT_EQ(work_.TakeDue(WorkIndex::kNever - 1, 10).status().code(),
            absl::StatusCode::kDataLoss);
  cache_.PutNew(Table::kIndexJobReady, core::JobReadyPrefix("a") + "1", "x");
  EXPECT_EQ(work_.TakeReady("a", 10).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pawl
