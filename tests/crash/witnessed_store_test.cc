// The witness can fail: a true log, and then one lie each.
#include "tests/crash/witnessed_store.h"

#include <memory>
#include <string>
#include <vector>

#include "eventstore/memory_event_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::crash {
namespace {

using testing::HasSubstr;

// A log of two rounds, "a" and "b", "c", all durable.
class LogWitnessTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = eventstore::MemoryEventStore::Open(
        std::make_shared<eventstore::MemoryDisk>(), {}, nullptr,
        eventstore::MemoryEventStore::Completion::kAtOnce);
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    ASSERT_TRUE(store_->Append(0, 1, {"a"}).ok());
    ASSERT_TRUE(store_->Append(0, 2, {"b", "c"}).ok());
  }

  std::string Complaint() {
    const absl::Status status = witness_.Compare(*store_);
    EXPECT_TRUE(status.ok() || absl::IsInternal(status)) << status;
    return std::string(status.message());
  }

  std::unique_ptr<eventstore::MemoryEventStore> store_;
  LogWitness witness_;
};

TEST_F(LogWitnessTest, TheTruthPasses) {
  witness_.Given(1, {"a"});
  witness_.Given(2, {"b", "c"});
  witness_.Durable(1);
  EXPECT_EQ(Complaint(), "");
  // What is in the log counts as durable from now on.
  EXPECT_EQ(witness_.durable(), 3);
}

TEST_F(LogWitnessTest, SomethingDurableIsLost) {
  witness_.Given(1, {"a"});
  witness_.Given(2, {"b", "c"});
  witness_.Given(4, {"d"});
  witness_.Durable(4);
  EXPECT_THAT(Complaint(), HasSubstr("lost: the log ends at 3, 4 was durable"));
}

TEST_F(LogWitnessTest, SomethingIsThereThatNobodyGave) {
  witness_.Given(1, {"a"});
  witness_.Durable(1);
  EXPECT_THAT(Complaint(), HasSubstr("1 records were given"));
}

TEST_F(LogWitnessTest, ARoundIsThereByHalf) {
  witness_.Given(1, {"a"});
  witness_.Given(2, {"b", "c", "d"});
  witness_.Durable(1);
  EXPECT_THAT(Complaint(), HasSubstr("half a round"));
}

TEST_F(LogWitnessTest, ARecordIsNotWhatWasGiven) {
  witness_.Given(1, {"a"});
  witness_.Given(2, {"B", "c"});
  EXPECT_THAT(Complaint(), HasSubstr("record 2 is not what was given"));
}

TEST_F(LogWitnessTest, CachesAreAheadOfTheLog) {
  witness_.Given(1, {"a"});
  witness_.Given(2, {"b", "c"});
  witness_.Checkpointed(3, 3);
  EXPECT_EQ(Complaint(), "");
  witness_.Checkpointed(3, 1);
  EXPECT_THAT(Complaint(), HasSubstr("caches ahead of the log"));
}

TEST_F(LogWitnessTest, WhatTheStoreDidNotTakeIsForgotten) {
  witness_.Given(1, {"a"});
  witness_.Given(2, {"x"});
  witness_.TakeBack(2);
  witness_.Given(2, {"b", "c"});
  EXPECT_EQ(Complaint(), "");
}

}  // namespace
}  // namespace pawl::crash
