// SIGKILL at random moments under load, and while the log is archived and
// trimmed. The child writes what it was told is durable to a pipe, which
// outlives it; the parent opens the store and looks that nothing of it is
// missing and that the caches are those of their position.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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
// The log is trimmed by so many records at a time.
constexpr Position kTrimStep = 50;

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
  // What the trimmer was told, of `partition`: 0 in all other reports.
  Position archived;  // entries up to here are in the archive
  Position floor;
};

class PipeListener : public EventStoreListener {
 public:
  explicit PipeListener(int fd) : fd_(fd) {}
  void OnAppended(PartitionId, Position) override {}
  void OnDurable(PartitionId partition, Position last) override {
    const Report report{partition, last, 0, 0};
    PAWL_CHECK(write(fd_, &report, sizeof(report)) == sizeof(report));
  }
  void OnCheckpointed(PartitionId partition, Position position) override {
    checkpointed_[partition] = position;
  }
  Position checkpointed(PartitionId partition) const {
    return checkpointed_[partition];
  }
  void OnFailed(const absl::Status& status) override {
    PAWL_CHECK(false) << status;
  }

 private:
  const int fd_;
  std::atomic<Position> checkpointed_[kPartitions] = {0, 0};
};

std::string ArchiveKey(PartitionId partition, Position position) {
  return std::to_string(partition) + "/" + Key(position);
}

// Beside the rounds: what the checkpoints cover goes to the archive, an entry
// for each record, and then out of the log.
[[noreturn]] void ArchiveAndTrim(EventStore* store, const PipeListener* told,
                                 int fd, std::atomic<bool>* no_checkpoints) {
  Position archived[kPartitions];
  for (PartitionId p = 0; p < kPartitions; ++p) {
    archived[p] = store->Floor(p) - 1;
  }
  for (;;) {
    for (PartitionId p = 0; p < kPartitions; ++p) {
      // Small steps: a life is short, and what earlier ones left is much.
      const Position upto = archived[p] + kTrimStep;
      if (told->checkpointed(p) < upto) continue;
      std::vector<EventStore::ArchiveEntry> entries;
      while (archived[p] < upto) {
        const Position position = ++archived[p];
        entries.push_back(
            {ArchiveKey(p, position), TestRecord(p, position, kRecordBytes)});
      }
      PAWL_CHECK_OK(store->WriteArchive(entries));
      Report report{p, 0, upto, 0};
      PAWL_CHECK(write(fd, &report, sizeof(report)) == sizeof(report));
      // Under this load a checkpoint nearly always runs: no more for a moment.
      *no_checkpoints = true;
      absl::Status status;
      do {
        status = store->TrimBefore(p, upto + 1);
      } while (status.code() == absl::StatusCode::kFailedPrecondition);
      PAWL_CHECK_OK(status);
      *no_checkpoints = false;
      report.floor = upto + 1;
      PAWL_CHECK(write(fd, &report, sizeof(report)) == sizeof(report));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

[[noreturn]] void RunChild(const std::string& directory, Durability durability,
                           bool trims) {
  PipeListener listener(STDOUT_FILENO);
  auto opened =
      OpenRocksDbEventStore(Options(directory, durability), &listener);
  PAWL_CHECK_OK(opened.status());
  EventStore& store = **opened;
  Position next[kPartitions];
  for (PartitionId p = 0; p < kPartitions; ++p) {
    // As the engine does: caches at P, then the log behind it.
    for (Position i = store.Cache(p).position() + 1; i <= store.End(p); ++i) {
      // From the floor on there is all that is behind the caches.
      PAWL_CHECK_LE(store.Floor(p), i);
      Project(&store.Cache(p), i);
    }
    next[p] = store.End(p) + 1;
  }
  std::atomic<bool> no_checkpoints{false};
  std::thread trimmer;
  if (trims) {
    trimmer = std::thread(ArchiveAndTrim, &store, &listener, STDOUT_FILENO,
                          &no_checkpoints);
  }
  for (size_t round = 0;; ++round) {
    const PartitionId p = round % kPartitions;
    const size_t count = 1 + round % 7;
    PAWL_CHECK_OK(
        store.Append(p, next[p], TestRecords(p, next[p], count, kRecordBytes)));
    for (size_t i = 0; i < count; ++i) Project(&store.Cache(p), next[p]++);
    if (!no_checkpoints && store.CheckpointDue(p)) {
      PAWL_CHECK_OK(store.Cache(p).Checkpoint(next[p] - 1));
    }
    // Some rounds are under way, not endlessly many.
    while (store.DurableEnd(p) + 200 < next[p]) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
}

// --- The parent --------------------------------------------------------------

// The last that children reported, by partition.
struct Reported {
  Position durable[kPartitions] = {0, 0};
  Position archived[kPartitions] = {0, 0};
  Position floor[kPartitions] = {1, 1};
};

// Starts a child, kills it after `life`, adds what it reported.
void RunAndKill(const std::string& directory, Durability durability, bool trims,
                std::chrono::microseconds life, Reported* reported) {
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
          trims ? "trims" : "keeps", nullptr);
    _exit(1);
  }
  close(ends[1]);
  std::thread killer;
  Report report;
  size_t reports = 0;
  while (read(ends[0], &report, sizeof(report)) == sizeof(report)) {
    const auto raise = [&](Position* to, Position value) {
      to[report.partition] = std::max(to[report.partition], value);
    };
    raise(reported->durable, report.durable);
    raise(reported->archived, report.archived);
    raise(reported->floor, report.floor);
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

void ExpectLogFromItsFloor(const EventStore& store, PartitionId partition) {
  const Position floor = store.Floor(partition);
  Position next = floor;
  EXPECT_EQ(store.Read(partition, floor, store.End(partition),
                       [&](Position position, std::string_view record) {
                         EXPECT_EQ(position, next++);
                         EXPECT_EQ(record, TestRecord(partition, position,
                                                      kRecordBytes));
                         return true;
                       }),
            absl::OkStatus());
  EXPECT_EQ(next, store.End(partition) + 1);
  if (floor > 1) {
    EXPECT_EQ(store.ReadOne(partition, floor - 1).status().code(),
              absl::StatusCode::kOutOfRange);
  }
}

// Every record up to `upto` at least, each once.
void ExpectArchive(const EventStore& store, PartitionId partition,
                   Position upto) {
  Position last = 0;
  EXPECT_EQ(store.ScanArchive(
                ArchiveKey(partition, 0), ArchiveKey(partition + 1, 0),
                [&](std::string_view key, std::string_view value) {
                  EXPECT_EQ(key, ArchiveKey(partition, ++last));
                  EXPECT_EQ(value, TestRecord(partition, last, kRecordBytes));
                  return true;
                }),
            absl::OkStatus());
  EXPECT_GE(last, upto);
}

void KillRepeatedly(Durability durability, bool trims, uint32_t seed,
                    int kills) {
  TempDir dir;
  const std::string directory = dir / "store";
  std::mt19937 random(seed);
  Reported reported;
  Position checkpointed = 0;
  // On a slow machine, or under a sanitizer, it takes longer lives to get to a
  // checkpoint and what follows it.
  const int kills_max = 4 * kills;
  Position floor = 1;
  const auto enough = [&] { return checkpointed > 0 && (!trims || floor > 1); };
  for (int i = 0; i < kills || (!enough() && i < kills_max); ++i) {
    const std::chrono::microseconds life(random() % 120'000 *
                                         (i < kills && !trims ? 1u : 5u));
    SCOPED_TRACE(testing::Message() << "seed " << seed << " kill " << i
                                    << " after " << life.count() << " us");
    RunAndKill(directory, durability, trims, life, &reported);
    if (testing::Test::HasFatalFailure()) return;
    auto opened =
        OpenRocksDbEventStore(Options(directory, durability), nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status();
    for (PartitionId p = 0; p < kPartitions; ++p) {
      EXPECT_GE((*opened)->End(p), reported.durable[p]);
      EXPECT_GE((*opened)->Floor(p), reported.floor[p]);
      // What left the log, or was about to, is in the archive.
      ExpectLogFromItsFloor(**opened, p);
      ExpectArchive(**opened, p,
                    std::max(reported.archived[p], (*opened)->Floor(p) - 1));
      const Position position = (*opened)->Cache(p).position();
      EXPECT_LE(position, (*opened)->End(p));
      ExpectCaches((*opened)->Cache(p), position);
      checkpointed = std::max(checkpointed, position);
      floor = std::max(floor, (*opened)->Floor(p));
    }
    ASSERT_TRUE((*opened)->Close().ok());
  }
  std::cout << "survived " << kills << " kills or more, " << reported.durable[0]
            << " + " << reported.durable[1] << " records, checkpoints up to "
            << checkpointed << ", floors up to " << floor << ", of which "
            << std::max(reported.floor[0], reported.floor[1])
            << " was reported, archived up to "
            << std::max(reported.archived[0], reported.archived[1]) << "\n";
  EXPECT_TRUE(enough()) << "the load must be enough for checkpoints, and trims";
}

TEST(Kill, NothingDurableIsLostSync) {
  KillRepeatedly(Durability::kSync, false, 1, 15);
}

TEST(Kill, NothingDurableIsLostBuffered) {
  KillRepeatedly(Durability::kBuffered, false, 2, 10);
}

TEST(Kill, NothingDurableIsLostWhileTheLogIsTrimmedSync) {
  KillRepeatedly(Durability::kSync, true, 3, 15);
}

TEST(Kill, NothingDurableIsLostWhileTheLogIsTrimmedBuffered) {
  KillRepeatedly(Durability::kBuffered, true, 4, 10);
}

}  // namespace
}  // namespace pawl::eventstore

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == "--child") {
    pawl::eventstore::RunChild(argv[2],
                               std::string(argv[3]) == "sync"
                                   ? pawl::eventstore::Durability::kSync
                                   : pawl::eventstore::Durability::kBuffered,
                               std::string(argv[4]) == "trims");
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
