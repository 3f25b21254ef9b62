#include "replay/backup.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "engine/engine.h"
#include "eventstore/rocksdb_event_store.h"
#include "gtest/gtest.h"
#include "replay/replay.h"
#include "replay/verify.h"
#include "tests/support/random.h"

namespace pawl::replay {
namespace {

ProcessBuilder Model() {
  return ProcessBuilder("p")
      .StartEvent("start")
      .ServiceTask("work", {.type = "work"})
      .UserTask("check")
      .TimerCatch("wait", "PT1H")
      .End("end");
}

std::unique_ptr<eventstore::EventStore> OpenToRead(const std::string& folder) {
  eventstore::StoreOptions options;
  options.directory = folder;
  options.read_only = true;
  return eventstore::OpenRocksDbEventStore(options, nullptr).value();
}

// What the log of a store folds to, up to a position of partition 0.
std::string FoldOf(const std::string& folder, Position to = 0) {
  ReplayOptions options;
  if (to != 0) options.to = to;
  return Replay(*OpenToRead(folder), options).value().digest;
}

std::string VerifiedDigest(const std::string& folder) {
  const VerifyReport report = Verify(OpenToRead(folder).get(), {}).value();
  EXPECT_TRUE(report.ok()) << report.difference->text;
  return report.digest;
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    root_ = testing::TempDir() + "backup_test." +
            testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~BackupTest() override { std::filesystem::remove_all(root_); }

  std::string At(const std::string& name) const { return root_ + "/" + name; }

  std::unique_ptr<Engine> Open(const std::string& name) const {
    EngineOptions options;
    options.directory = At(name);
    return Engine::Open(std::move(options)).value();
  }

  // Instances at their first job, at their task, and behind it.
  static void Work(Engine* engine, int instances) {
    for (int i = 0; i < instances; ++i) {
      PAWL_CHECK_OK(engine->Start("p", {{"n", i}}).status());
    }
    const std::vector<Job> jobs =
        engine->FetchAndLock("work", "w", absl::Hours(1), instances / 2)
            .value();
    for (const Job& job : jobs) {
      PAWL_CHECK_OK(engine->CompleteJob(job.key(), "w", {{"done", true}}));
    }
    const std::vector<TaskInfo> tasks = engine->Tasks().value();
    for (size_t i = 0; i < tasks.size() / 2; ++i) {
      PAWL_CHECK_OK(engine->CompleteTask(tasks[i].key));
    }
  }

  // A store with a history, closed. Its digest.
  std::string Fill(const std::string& name, int instances = 8) const {
    const auto engine = Open(name);
    PAWL_CHECK_OK(engine->Deploy(Model()).status());
    Work(engine.get(), instances);
    std::string digest = engine->StateDigest().value();
    PAWL_CHECK_OK(engine->Close());
    return digest;
  }

 private:
  std::string root_;
};

TEST_F(BackupTest, IsAStoreWithTheSameLog) {
  const std::string digest = Fill("store");
  const CopyResult copy = Backup(At("store"), At("copy")).value();
  EXPECT_EQ(copy.digest, digest);
  EXPECT_EQ(copy.copied, copy.records);
  EXPECT_EQ(copy.instances, 8u);
  EXPECT_EQ(VerifiedDigest(At("copy")), digest);
  EXPECT_EQ(FoldOf(At("copy")), FoldOf(At("store")));
}

TEST_F(BackupTest, TakesWhatIsNewTheNextTime) {
  Fill("store");
  const CopyResult first = Backup(At("store"), At("copy")).value();
  const CopyResult again = Backup(At("store"), At("copy")).value();
  EXPECT_EQ(again.copied, 0u);
  EXPECT_EQ(again.digest, first.digest);
  {
    const auto engine = Open("store");
    Work(engine.get(), 4);
  }
  const CopyResult second = Backup(At("store"), At("copy")).value();
  EXPECT_GT(second.copied, 0u);
  EXPECT_EQ(second.records, first.records + second.copied);
  EXPECT_EQ(VerifiedDigest(At("copy")), FoldOf(At("store")));
}

TEST_F(BackupTest, GoesOnAsAStore) {
  Fill("store");
  ASSERT_TRUE(Backup(At("store"), At("copy")).ok());
  {
    const auto engine = Open("copy");
    Work(engine.get(), 4);
  }
  EXPECT_FALSE(VerifiedDigest(At("copy")).empty());
  // And is no backup any more.
  const auto refused = Backup(At("store"), At("copy"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.status().message().find("copy"), std::string::npos);
}

TEST_F(BackupTest, RefusesTheStoreOfSomebodyElse) {
  Fill("store", 12);
  const std::string other = Fill("other", 2);
  const auto refused = Backup(At("store"), At("other"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition)
      << refused.status();
  EXPECT_EQ(FoldOf(At("other")), other);
  EXPECT_EQ(Backup(At("store"), At("store")).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Backup(At("nothing"), At("copy")).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(BackupTest, OfABackupOfAStoreUnderLoad) {
  const auto engine = Open("store");
  ASSERT_TRUE(engine->Deploy(Model()).ok());
  std::atomic<bool> stop{false};
  std::thread load([&] {
    while (!stop) Work(engine.get(), 4);
  });
  uint64_t records = 0;
  for (int i = 0; i < 5; ++i) {
    const auto copy = Backup(At("store"), At("copy"));
    ASSERT_TRUE(copy.ok()) << copy.status();
    EXPECT_GT(copy->records, records);
    records = copy->records;
    EXPECT_EQ(VerifiedDigest(At("copy")), copy->digest);
    const CopyResult second = Backup(At("copy"), At("second")).value();
    EXPECT_EQ(second.digest, copy->digest);
    EXPECT_EQ(VerifiedDigest(At("second")), copy->digest);
  }
  stop = true;
  load.join();
  ASSERT_TRUE(engine->Close().ok());
  EXPECT_EQ(FoldOf(At("second")), FoldOf(At("store"), records));
  // Any moment of it.
  Random random(1);
  for (int i = 0; i < 20; ++i) {
    const Position to = 1 + random.Below(records);
    const std::string name = "restored" + std::to_string(i);
    const auto restored = Restore(At("second"), At(name), {.position = to});
    ASSERT_TRUE(restored.ok()) << restored.status();
    EXPECT_EQ(restored->digest, FoldOf(At("store"), to));
    EXPECT_EQ(VerifiedDigest(At(name)), restored->digest);
  }
}

TEST_F(BackupTest, RestoresEveryPositionAndNothingElse) {
  const std::string digest = Fill("store", 3);
  const Position end = OpenToRead(At("store"))->End(0);
  for (Position to = 1; to <= end; ++to) {
    const std::string name = "at" + std::to_string(to);
    const CopyResult restored =
        Restore(At("store"), At(name), {.position = to}).value();
    EXPECT_EQ(restored.digest, FoldOf(At("store"), to)) << to;
    EXPECT_EQ(restored.ends, std::vector<Position>{to});
  }
  EXPECT_EQ(Restore(At("store"), At("all/")).value().digest, digest);
  EXPECT_TRUE(std::filesystem::exists(At("all")));
  for (const Position no : {Position{0}, end + 1}) {
    EXPECT_EQ(Restore(At("store"), At("no"), {.position = no}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(std::filesystem::exists(At("no")));
}

TEST_F(BackupTest, RestoresATime) {
  {
    const auto engine = Open("store");
    ASSERT_TRUE(engine->Deploy(Model()).ok());
    Work(engine.get(), 2);
  }
  const Position first = OpenToRead(At("store"))->End(0);
  // Of the next record at the earliest.
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const absl::Time time = absl::Now();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  {
    const auto engine = Open("store");
    Work(engine.get(), 2);
  }
  const CopyResult restored =
      Restore(At("store"), At("then"), {.time = time}).value();
  EXPECT_EQ(restored.ends, std::vector<Position>{first});
  EXPECT_EQ(Restore(At("store"), At("no"), {.time = absl::UnixEpoch()})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(BackupTest, ReplacesNothing) {
  Fill("store");
  std::filesystem::create_directories(At("empty"));
  EXPECT_TRUE(Restore(At("store"), At("empty")).ok());
  const auto refused = Restore(At("store"), At("empty"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(BackupTest, GoesOnWithARestoreThatWasInterrupted) {
  const std::string digest = Fill("store");
  // What is left when it is killed on the way.
  ASSERT_TRUE(Restore(At("store"), At("then.restoring"), {.position = 5}).ok());
  const auto restored = Restore(At("store"), At("then"));
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(restored->digest, digest);
  EXPECT_EQ(restored->copied, restored->records - 5);
  EXPECT_FALSE(std::filesystem::exists(At("then.restoring")));
}

}  // namespace
}  // namespace pawl::replay
