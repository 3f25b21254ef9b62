// CacheView's merging of layers, against a plain map as the model.
#include "eventstore/cache_view.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/limits.h"
#include "eventstore/memory_event_store.h"
#include "eventstore/overlay.h"
#include "gtest/gtest.h"

namespace pawl::eventstore {
namespace {

class CacheViewTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store =
        MemoryEventStore::Open(std::make_shared<MemoryDisk>(), {}, nullptr);
    ASSERT_TRUE(store.ok());
    store_ = std::move(*store);
    ASSERT_TRUE(store_->Append(0, 1, {"record"}).ok());
    store_->RunPending();
  }
  CacheView& view() { return store_->Cache(0); }

  std::unique_ptr<MemoryEventStore> store_;
};

TEST_F(CacheViewTest, PrefixRangeEndsBeforeTheNextPrefix) {
  EXPECT_EQ(KeyRange::Prefix("ab").to, "ac");
  EXPECT_EQ(KeyRange::Prefix(std::string("a\xFF")).to, "b");
  EXPECT_EQ(KeyRange::Prefix("\xFF\xFF").to, "");
  EXPECT_EQ(KeyRange::Prefix("").to, "");
}

TEST_F(CacheViewTest, ShortKeysAndZeroBytesOrderAsBytes) {
  // Keys that agree in the padded first eight bytes must still be told apart.
  const std::vector<std::string> keys = {std::string("a"),
                                         std::string("a\0", 2),
                                         std::string("a\0\0", 3),
                                         std::string("a\0\0\0\0\0\0\0", 8),
                                         std::string("a\0\0\0\0\0\0\0\0", 9),
                                         "aaaaaaaa",
                                         "aaaaaaaab",
                                         "aaaaaaaac",
                                         "\x7F",
                                         "\x80",
                                         "\xFF"};
  for (size_t i = keys.size(); i-- > 0;) {
    view().Put(Table::kIndexJob, keys[i], std::to_string(i));
  }
  std::vector<std::string> seen;
  ASSERT_TRUE(view()
                  .Scan(Table::kIndexJob, KeyRange::All(),
                        [&](std::string_view key, std::string_view) {
                          seen.emplace_back(key);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(seen, keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(**view().Get(Table::kIndexJob, keys[i]), std::to_string(i));
  }
}

TEST_F(CacheViewTest, PutNewThenDeleteLeavesNothing) {
  const size_t empty = view().bytes();
  for (int i = 0; i < 100; ++i) {
    view().PutNew(Table::kIndexJob, std::to_string(i), "v");
  }
  for (int i = 0; i < 100; ++i) {
    view().Delete(Table::kIndexJob, std::to_string(i));
  }
  EXPECT_EQ(view().bytes(), empty);
}

TEST_F(CacheViewTest, DeleteOfAPutKeyLeavesATombstone) {
  // Put doesn't say whether something lies below: the base must hear of it.
  view().Put(Table::kIndexJob, "k", "old");
  ASSERT_TRUE(view().Checkpoint(1).ok());
  store_->RunPending();
  view().Put(Table::kIndexJob, "k", "new");
  view().Delete(Table::kIndexJob, "k");
  EXPECT_FALSE(view().Get(Table::kIndexJob, "k")->has_value());
}

TEST_F(CacheViewTest, PutNewOverATombstoneStillHidesTheBase) {
  view().Put(Table::kIndexJob, "k", "old");
  ASSERT_TRUE(view().Checkpoint(1).ok());
  store_->RunPending();
  view().Delete(Table::kIndexJob, "k");
  view().PutNew(Table::kIndexJob, "k", "new");
  view().Delete(Table::kIndexJob, "k");
  EXPECT_FALSE(view().Get(Table::kIndexJob, "k")->has_value());
}

TEST_F(CacheViewTest, ExtendOnlyInTheActiveLayer) {
  EXPECT_FALSE(view().Extend(Table::kStream, "k", "1"));
  view().Put(Table::kStream, "k", "0");
  for (int i = 1; i < 10; ++i) {
    EXPECT_TRUE(view().Extend(Table::kStream, "k", std::to_string(i)));
  }
  EXPECT_EQ(**view().Get(Table::kStream, "k"), "0123456789");
  ASSERT_TRUE(view().Checkpoint(1).ok());
  EXPECT_FALSE(view().Extend(Table::kStream, "k", "x"))
      << "frozen layers don't change";
  EXPECT_EQ(**view().Get(Table::kStream, "k"), "0123456789");
  view().Delete(Table::kStream, "k");
  EXPECT_FALSE(view().Extend(Table::kStream, "k", "x"));
}

TEST_F(CacheViewTest, FrozenLayerIsReadWhileItIsWritten) {
  view().Put(Table::kIndexJob, "a", "frozen");
  view().Put(Table::kIndexJob, "b", "frozen");
  ASSERT_TRUE(view().Checkpoint(1).ok());
  EXPECT_TRUE(view().checkpoint_running());
  view().Delete(Table::kIndexJob, "a");
  view().Put(Table::kIndexJob, "c", "active");
  for (const bool written : {false, true}) {
    if (written) store_->RunPending();
    EXPECT_FALSE(view().Get(Table::kIndexJob, "a")->has_value());
    EXPECT_EQ(**view().Get(Table::kIndexJob, "b"), "frozen");
    EXPECT_EQ(**view().Get(Table::kIndexJob, "c"), "active");
  }
  EXPECT_FALSE(view().checkpoint_running());
}

TEST_F(CacheViewTest, OneCheckpointAtATime) {
  ASSERT_TRUE(view().Checkpoint(1).ok());
  EXPECT_EQ(view().Checkpoint(1).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(view().Clear().code(), absl::StatusCode::kFailedPrecondition);
  store_->RunPending();
  EXPECT_TRUE(view().Checkpoint(1).ok());
}

// Random changes, checkpoints begun and finished at random, compared with a map
// after every change.
TEST_F(CacheViewTest, AgreesWithAModelMap) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    SetUp();
    std::map<std::string, std::string> model;
    for (int step = 0; step < 400; ++step) {
      const std::string key(1 + random() % 3,
                            static_cast<char>('a' + random() % 4));
      switch (random() % 8) {
        case 0:
        case 1:
          model[key] = std::to_string(step);
          view().Put(Table::kIndexDue, key, model[key]);
          break;
        case 2:
        case 3:
          if (!model.contains(key)) {
            model[key] = std::to_string(step);
            view().PutNew(Table::kIndexDue, key, model[key]);
          }
          break;
        case 4:
        case 5:
          model.erase(key);
          view().Delete(Table::kIndexDue, key);
          break;
        case 6:
          if (view().Extend(Table::kIndexDue, key, "+")) model.at(key) += "+";
          break;
        case 7:
          if (view().checkpoint_running()) {
            store_->RunPending();
          } else {
            ASSERT_TRUE(view().Checkpoint(1).ok());
          }
          break;
      }
      const std::string from(1, static_cast<char>('a' + random() % 4));
      std::map<std::string, std::string> seen;
      ASSERT_TRUE(view()
                      .Scan(Table::kIndexDue, KeyRange{from, "d"},
                            [&](std::string_view k, std::string_view v) {
                              EXPECT_TRUE(seen.empty() ||
                                          seen.rbegin()->first < k);
                              seen.emplace(k, v);
                              return true;
                            })
                      .ok());
      const std::map<std::string, std::string> want(
          model.lower_bound(from),
          from < "d" ? model.lower_bound("d") : model.lower_bound(from));
      ASSERT_EQ(seen, want);
      const auto got = view().Get(Table::kIndexDue, key);
      ASSERT_TRUE(got.ok());
      ASSERT_EQ(got->has_value(), model.contains(key));
      if (got->has_value()) {
        ASSERT_EQ(**got, model[key]);
      }
    }
  }
}

TEST_F(CacheViewTest, TryPutNewLeavesAnExistingKeyAsItIs) {
  view().Put(Table::kIndexJob, "k", "v");
  const auto expect_refused = [&] {
    EXPECT_FALSE(view().TryPutNew(Table::kIndexJob, "k", "w"));
    EXPECT_EQ(*view().Get(Table::kIndexJob, "k"), "v");
  };
  expect_refused();
  ASSERT_TRUE(view().Checkpoint(1).ok());
  expect_refused();
  store_->RunPending();
  expect_refused();
  view().Delete(Table::kIndexJob, "k");
  EXPECT_TRUE(view().TryPutNew(Table::kIndexJob, "k", "w"));
  EXPECT_EQ(*view().Get(Table::kIndexJob, "k"), "w");
}

using CacheViewDeathTest = CacheViewTest;

TEST_F(CacheViewDeathTest, PutNewOfAnExistingKeyIsABug) {
  view().Put(Table::kIndexJob, "k", "v");
  EXPECT_DEATH(view().PutNew(Table::kIndexJob, "k", "w"), "existing key");
  ASSERT_TRUE(view().Checkpoint(1).ok());
  EXPECT_DEATH(view().PutNew(Table::kIndexJob, "k", "w"), "existing key");
  store_->RunPending();
  EXPECT_DEATH(view().PutNew(Table::kIndexJob, "k", "w"), "existing key");
}

TEST_F(CacheViewDeathTest, KeysHaveALength) {
  EXPECT_DEATH(view().Put(Table::kIndexJob, "", "v"), "empty cache key");
  const std::string longest(kCacheKeyBytesMax, 'k');
  view().Put(Table::kIndexJob, longest, "v");
  EXPECT_TRUE(view().Get(Table::kIndexJob, longest)->has_value());
  EXPECT_DEATH(view().Put(Table::kIndexJob, longest + "k", "v"), "too long");
}

}  // namespace
}  // namespace pawl::eventstore
