// SIGKILL at random moments under load. The child writes what it was told is
// durable to a pipe, which outlives it; the parent opens the store and looks
// that nothing of it is missing and that the caches are those of their
// position.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "eventstore/cache_view.h"
#include "eventstore/rocksdb_event_store.h"
#include "eventstore/store_test_util.h"
#include "gtest/gtest.h"

namespace pawl::eventstore {
namespace {

constexpr PartitionId kPartitions = 2;
constexpr size_t kRecordBytes = 300;
// The caches hold a key for each of the last so many records, and a counter.
constexpr Position kWindow = 10;

StoreOptions Options(const std::string& directory, Durability durability) {
  return {.directory = directory,
          .partitions = kPartitions,
          .durability = durability,
          .checkpoint_log_bytes = 100'000};
}

std::string Key(Position position) {
  std::string digits = std::to_string(position);
  return std::string(12 - digits.size(), '0') + digits;
}

void Project(CacheView* view, Position position) {
  view->PutNew(Table::kIndexJob, Key(position), "job");
  if (position > kWindow) {
    view->Delete(Table::kIndexJob, Key(position - kWindow));
  }
  view->Put(Table::kPartitionState, "last", std::to_string(position));
}

// What the caches must hold at their position.
void ExpectCaches(const CacheView& view, Position position) {
  std::vector<std::string> keys;
  ASSERT_TRUE(view.Scan(Table::kIndexJob, KeyRange::All(),
                        [&](std::string_view key, std::string_view) {
                          keys.emplace_back(key);
                          return true;
                        })
                  .ok());
  std::vector<std::string> want;
  for (Position p = position > kWindow ? position - kWindow + 1 : 1;
       p <= position; ++p) {
    want.push_back(Key(p));
  }
  EXPECT_EQ(keys, want);
  const auto last = view.Get(Table::kPartitionState, "last");
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->value_or("0"), std::to_string(position));
}

// --- The child ---------------------------------------------------------------

struct Report {
  PartitionId partition;
  Position durable;
};

class PipeListener : public EventStoreListener {
 public:
  explicit PipeListener(int fd) : fd_(fd) {}
  void OnAppended(PartitionId, Position) override {}
  void OnDurable(PartitionId partition, Position last) override {
    const Report report{partition, last};
    PAWL_CHECK(write(fd_, &report, sizeof(report)) == sizeof(report));
  }
  void OnCheckpointed(PartitionId, Position) override {}
  void OnFailed(const absl::Status& status) override {
    PAWL_CHECK(false) << status;
  }

 private:
  const int fd_;
};

[[noreturn]] void RunChild(const std::string& directory,
                           Durability durability) {
  PipeListener listener(STDOUT_FILENO);
  auto opened =
      OpenRocksDbEventStore(Options(directory, durability), &listener);
  PAWL_CHECK_OK(opened.status());
  EventStore& store = **opened;
  Position next[kPartitions];
  for (PartitionId p = 0; p < kPartitions; ++p) {
    // As the engine does: caches at P, then the log behind it.
    for (Position i = store.Cache(p).position() + 1; i <= store.End(p); ++i) {
      Project(&store.Cache(p), i);
    }
    next[p] = store.End(p) + 1;
  }
  for (size_t round = 0;; ++round) {
    const PartitionId p = round % kPartitions;
    const size_t count = 1 + round % 7;
    PAWL_CHECK_OK(
        store.Append(p, next[p], TestRecords(p, next[p], count, kRecordBytes)));
    for (size_t i = 0; i < count; ++i) Project(&store.Cache(p), next[p]++);
    if (store.CheckpointDue(p)) {
      PAWL_CHECK_OK(store.Cache(p).Checkpoint(next[p] - 1));
    }
    // Some rounds are under way, not endlessly many.
    while (store.DurableEnd(p) + 200 < next[p]) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

// --- The parent --------------------------------------------------------------

// Starts a child, kills it after `life`, returns what it reported.
void RunAndKill(const std::string& directory, Durability durability,
                std::chrono::microseconds life, Position durable[]) {
  int ends[2];
  PAWL_CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  PAWL_CHECK(child >= 0);
  if (child == 0) {
    // A fresh program: a forked one would miss RocksDB's threads.
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    const char* mode = durability == Durability::kSync ? "sync" : "buffered";
    execl("/proc/self/exe", "crash_child", "--child", directory.c_str(), mode,
          nullptr);
    _exit(1);
  }
  close(ends[1]);
  std::thread killer;
  Report report;
  size_t reports = 0;
  while (read(ends[0], &report, sizeof(report)) == sizeof(report)) {
    durable[report.partition] = report.durable;
    // Its life begins when it works.
    if (reports++ == 0) {
      killer = std::thread([&] {
        std::this_thread::sleep_for(life);
        kill(child, SIGKILL);
      });
    }
  }
  close(ends[0]);
  if (killer.joinable()) killer.join();
  int status = 0;
  PAWL_CHECK(waitpid(child, &status, 0) == child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << "the child ended by itself";
  ASSERT_GT(reports, 0u);
}

void KillRepeatedly(Durability durability, uint32_t seed, int kills) {
  TempDir dir;
  const std::string directory = dir / "store";
  std::mt19937 random(seed);
  Position durable[kPartitions] = {0, 0};
  Position checkpointed = 0;
  // On a slow machine, or under a sanitizer, it takes longer lives to get to a
  // checkpoint.
  const int kills_max = 4 * kills;
  for (int i = 0; i < kills || (checkpointed == 0 && i < kills_max); ++i) {
    const std::chrono::microseconds life(random() % 120'000 *
                                         (i < kills ? 1u : 5u));
    SCOPED_TRACE(testing::Message() << "seed " << seed << " kill " << i
                                    << " after " << life.count() << " us");
    RunAndKill(directory, durability, life, durable);
    if (testing::Test::HasFatalFailure()) return;
    auto opened =
        OpenRocksDbEventStore(Options(directory, durability), nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status();
    for (PartitionId p = 0; p < kPartitions; ++p) {
      EXPECT_GE((*opened)->End(p), durable[p]);
      EXPECT_EQ(CheckTestLog(**opened, p, kRecordBytes), absl::OkStatus());
      const Position position = (*opened)->Cache(p).position();
      EXPECT_LE(position, (*opened)->End(p));
      ExpectCaches((*opened)->Cache(p), position);
      checkpointed = std::max(checkpointed, position);
    }
    ASSERT_TRUE((*opened)->Close().ok());
  }
  std::cout << "survived " << kills << " kills or more, " << durable[0] << " + "
            << durable[1] << " records, checkpoints up to " << checkpointed
            << "\n";
  EXPECT_GT(checkpointed, 0u) << "the load must be enough for checkpoints";
}

TEST(Kill, NothingDurableIsLostSync) {
  KillRepeatedly(Durability::kSync, 1, 15);
}

TEST(Kill, NothingDurableIsLostBuffered) {
  KillRepeatedly(Durability::kBuffered, 2, 10);
}

}  // namespace
}  // namespace pawl::eventstore

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--child") {
    pawl::eventstore::RunChild(argv[2],
                               std::string(argv[3]) == "sync"
                                   ? pawl::eventstore::Durability::kSync
                                   : pawl::eventstore::Durability::kBuffered);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
