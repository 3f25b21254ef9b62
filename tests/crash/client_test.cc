// The client outside can fail: it does its steps on a true engine, and then is
// shown logs that are not what was acknowledged.
#include "tests/crash/client.h"

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/driver.h"
#include "eventstore/memory_event_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::crash {
namespace {

using eventstore::MemoryDisk;
using eventstore::MemoryEventStore;
using testing::HasSubstr;
using What = Step::What;

// One instance, which a handler ("auto") and a handler that fails once
// ("flaky") have worked on, and which waits for a person.
Workload Waiting() {
  Workload workload;
  workload.steps = {{What::kDeploy},
                    {What::kStart, 0, "all", 3},
                    {What::kClaimTask, 0, "approve"},
                    {What::kAdvance, -1, "", 2000}};
  return workload;
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() : client_(Waiting()) {
    PAWL_CHECK_OK(GoOn({}));
    PAWL_CHECK(client_.finished());
  }

  // The client does what is left of its workload on an engine with this log.
  absl::Status GoOn(const std::vector<std::string>& log) {
    auto disk = std::make_shared<MemoryDisk>();
    { const auto store = StoreOf(log, disk); }
    DriverOptions options;
    options.clock = client_.clock();
    options.handler_threads = 1;
    auto driver = Driver::Open(
        [&](eventstore::EventStoreListener* listener)
            -> absl::StatusOr<std::unique_ptr<eventstore::EventStore>> {
          return MemoryEventStore::Open(disk, {}, listener,
                                        MemoryEventStore::Completion::kAtOnce);
        },
        std::move(options));
    PAWL_CHECK_OK(driver.status());
    const absl::Status done = client_.GoOn(driver->get());
    PAWL_CHECK_OK((*driver)->Close(absl::Seconds(10)));
    auto store = MemoryEventStore::Open(disk, {.read_only = true}, nullptr);
    PAWL_CHECK_OK(store.status());
    log_.clear();
    PAWL_CHECK_OK((*store)->Read(0, 1, (*store)->End(0),
                                 [&](Position, std::string_view record) {
                                   log_.emplace_back(record);
                                   return true;
                                 }));
    return done;
  }

  static std::unique_ptr<MemoryEventStore> StoreOf(
      const std::vector<std::string>& log,
      std::shared_ptr<MemoryDisk> disk = std::make_shared<MemoryDisk>()) {
    auto store = MemoryEventStore::Open(std::move(disk), {}, nullptr,
                                        MemoryEventStore::Completion::kAtOnce);
    PAWL_CHECK_OK(store.status());
    if (!log.empty()) PAWL_CHECK_OK((*store)->Append(0, 1, log));
    return *std::move(store);
  }

  // What the client says to a log.
  std::string Complaint(const std::vector<std::string>& log) {
    LogFacts facts;
    PAWL_CHECK_OK(facts.ReadNew(*StoreOf(log)));
    return client_.Compare(facts);
  }

  // The true log and behind it a record with events of the instance.
  std::vector<std::string> With(
      const std::function<void(uint64_t instance, fb::RecordT*)>& fill) {
    LogFacts facts;
    PAWL_CHECK_OK(facts.ReadNew(*StoreOf(log_)));
    const uint64_t instance = facts.instances().begin()->first.value();
    fb::RecordT record;
    record.position = log_.size() + 1;
    record.time_ms = (*core::DecodeRecord(log_.back()))->time_ms;
    record.touched.push_back(std::make_unique<fb::TouchedT>());
    record.touched.back()->instance = instance;
    fill(instance, &record);
    std::vector<std::string> log = log_;
    log.push_back(core::EncodeRecord(record));
    return log;
  }

  template <typename EventT>
  static void Add(EventT event, fb::RecordT* record) {
    record->events.emplace_back();
    record->events.back().Set(std::move(event));
  }

  Client client_;
  std::vector<std::string> log_;
};

TEST_F(ClientTest, TheTruthPasses) { EXPECT_EQ(Complaint(log_), ""); }

// Every acknowledgement, and every attempt that a handler got, is missed by a
// log that ends before it.
TEST_F(ClientTest, WhatIsMissingIsNamed) {
  std::set<std::string> complaints;
  bool complained = false;
  for (size_t end = log_.size(); end > 0; --end) {
    const std::string complaint =
        Complaint({log_.begin(), log_.begin() + static_cast<ptrdiff_t>(end)});
    EXPECT_FALSE(complained && complaint.empty()) << "cut at " << end;
    complained |= !complaint.empty();
    complaints.insert(complaint.substr(0, complaint.find(", key")));
  }
  for (const char* part :
       {"not in the log: deploy", "not in the log: start i0",
        "not in the log: claim_task i0", "was given out, and the log has 1"}) {
    EXPECT_THAT(complaints, testing::Contains(HasSubstr(part)));
  }
}

// A store that lost the record of a hand-out gives the same attempt to a
// handler again.
TEST_F(ClientTest, AnAttemptIsGivenOutTwice) {
  const std::vector<std::string> truth = log_;
  size_t end = truth.size();
  while (Complaint({truth.begin(), truth.begin() + end}).empty()) --end;
  (void)GoOn({truth.begin(), truth.begin() + end});
  EXPECT_THAT(Complaint(truth), HasSubstr("attempt 2 of job"));
  EXPECT_THAT(Complaint(truth), HasSubstr("was given out twice"));
}

TEST_F(ClientTest, ANodeIsCompletedTwice) {
  LogFacts facts;
  ASSERT_TRUE(facts.ReadNew(*StoreOf(log_)).ok());
  ASSERT_FALSE(facts.completions().empty());
  const uint32_t node = facts.completions().begin()->first.second;
  const auto log = With([&](uint64_t instance, fb::RecordT* record) {
    constexpr uint64_t kKey = 1'000'000;
    fb::ElementActivatingT activating;
    activating.key = kKey;
    activating.element = node;
    activating.scope = instance;
    Add(std::move(activating), record);
    fb::ElementActivatedT activated;
    activated.key = kKey;
    Add(activated, record);
    fb::ElementCompletingT completing;
    completing.key = kKey;
    Add(completing, record);
    fb::ElementCompletedT completed;
    completed.key = kKey;
    Add(completed, record);
  });
  EXPECT_THAT(Complaint(log), HasSubstr("was completed 2 times"));
}

TEST_F(ClientTest, ACommandIsHalfDone) {
  const auto log = With([](uint64_t instance, fb::RecordT* record) {
    fb::VariablesWrittenT written;
    written.scope = instance;
    written.variables.push_back(std::make_unique<fb::VariableT>());
    written.variables.back()->name = "p";
    written.variables.back()->json = "9";
    Add(std::move(written), record);
  });
  EXPECT_THAT(Complaint(log), HasSubstr("half done"));
}

TEST_F(ClientTest, AnInstanceWaitsForNothing) {
  LogFacts facts;
  ASSERT_TRUE(facts.ReadNew(*StoreOf(log_)).ok());
  const core::Instance& waiting = facts.instances().begin()->second;
  const auto log = With([&](uint64_t, fb::RecordT* record) {
    for (const auto& [key, job] : waiting.jobs) {
      fb::JobCanceledT canceled;
      canceled.key = key.value();
      Add(canceled, record);
    }
    for (const auto& [key, task] : waiting.tasks) {
      fb::TaskCanceledT canceled;
      canceled.key = key.value();
      Add(canceled, record);
    }
    for (const auto& [key, timer] : waiting.timers) {
      fb::TimerCanceledT canceled;
      canceled.key = key.value();
      Add(canceled, record);
    }
  });
  EXPECT_THAT(Complaint(log), HasSubstr("waits for nothing"));
}

}  // namespace
}  // namespace pawl::crash
