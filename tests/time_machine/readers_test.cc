// One process runs the engine under load, with a checkpoint every few hundred
// records; another reads: states at any position, diffs, histories, sentences,
// audits. Every state that was read must be the one that the log gives in the
// end, and the engine must not have noticed.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "engine/core/state.h"
#include "engine/engine.h"
#include "engine/model/process_builder.h"
#include "engine/partition_data.h"
#include "engine/query.h"
#include "eventstore/rocksdb_event_store.h"
#include "gtest/gtest.h"
#include "replay/audit.h"
#include "replay/log_fold.h"
#include "replay/moment.h"
#include "replay/state_diff.h"
#include "replay/timeline.h"
#include "replay/why.h"
#include "tests/support/random.h"

namespace pawl {
namespace {

// At least so long, and until so much was written meanwhile; a machine that is
// busy otherwise may take longer.
constexpr absl::Duration kReadFor = absl::Seconds(8);
constexpr Position kWrittenMeanwhile = 300;
constexpr absl::Duration kPatience = absl::Seconds(120);
constexpr size_t kInstancesKept = 40;
// Between two commands: the log is folded whole in the end.
constexpr absl::Duration kBetweenCommands = absl::Milliseconds(2);

// --- The process that writes -------------------------------------------------

int WriteUntilKilled(const std::string& directory) {
  EngineOptions options;
  options.directory = directory;
  // Whether the disk keeps up is no matter here.
  options.durability = Durability::kBuffered;
  // Many checkpoints and snapshots, so that readers meet them.
  options.checkpoint_bytes = 128 << 10;
  options.snapshot_records = 4;
  options.actor = "load";
  auto engine = Engine::Open(options);
  PAWL_CHECK(engine.ok()) << engine.status();
  PAWL_CHECK_OK((*engine)
                    ->Deploy(ProcessBuilder("p")
                                 .StartEvent()
                                 .ParallelGateway("fork")
                                 .UserTask("a")
                                 .ParallelGateway("join")
                                 .End()
                                 .Branch("fork")
                                 .MessageCatch("m", "go", "${key}")
                                 .ConnectTo("join"))
                    .status());
  Random random(1);
  std::vector<InstanceKey> running;
  for (uint64_t i = 0;; ++i) {
    absl::SleepFor(kBetweenCommands);
    if (running.size() < kInstancesKept || random.OneIn(40)) {
      auto key = (*engine)->Start("p", {{"key", std::to_string(i)}});
      PAWL_CHECK(key.ok()) << key.status();
      running.push_back(*key);
    } else {
      const InstanceKey key = running[random.Below(running.size())];
      PAWL_CHECK_OK((*engine)->SetVariables(key, {{"n", i}}));
      const auto tasks = (*engine)->Tasks({.instance = key});
      PAWL_CHECK(tasks.ok()) << tasks.status();
      if (random.OneIn(20) && !tasks->empty()) {
        PAWL_CHECK_OK((*engine)->CompleteTask(tasks->front().key));
      }
    }
  }
}

// --- The process that reads --------------------------------------------------

// As cli::Reader.
struct Reader {
  std::unique_ptr<eventstore::EventStore> store;
  std::unique_ptr<PartitionData> data;
};

Reader OpenReader(const std::string& directory) {
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  auto store = eventstore::OpenRocksDbEventStore(options, nullptr);
  PAWL_CHECK(store.ok()) << store.status();
  Reader reader;
  reader.store = *std::move(store);
  reader.data = std::make_unique<PartitionData>(reader.store.get(), 0,
                                                PartitionDataOptions());
  PAWL_CHECK_OK(reader.data->Recover());
  return reader;
}

class Child {
 public:
  explicit Child(const std::string& directory) {
    process_ = fork();
    PAWL_CHECK(process_ >= 0);
    if (process_ != 0) return;
    // Not longer than the test.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char* argv[] = {"/proc/self/exe", "--write", directory.c_str(),
                          nullptr};
    execv(argv[0], const_cast<char**>(argv));
    std::_Exit(127);
  }
  ~Child() { Kill(); }
  // Whether it was still at work until then.
  bool Kill() {
    if (process_ <= 0) return false;
    int status = 0;
    const bool ended = waitpid(process_, &status, WNOHANG) == process_;
    if (!ended) {
      kill(process_, SIGKILL);
      waitpid(process_, &status, 0);
    }
    process_ = 0;
    return !ended;
  }

 private:
  pid_t process_ = 0;
};

// What one look at the store saw.
struct Seen {
  InstanceKey instance;
  Position position = 0;
  uint64_t digest = 0;
};

// Looks at one instance from all sides, at a position that is drawn.
void Look(Reader* reader, Random* random, std::vector<Seen>* seen) {
  PartitionData* data = reader->data.get();
  const auto instances = ListInstances(*data, {.limit = 200});
  ASSERT_TRUE(instances.ok()) << instances.status();
  if (instances->empty()) return;
  const InstanceKey key = (*instances)[random->Below(instances->size())].key;
  const auto positions = data->PositionsOf(key);
  ASSERT_TRUE(positions.ok()) << positions.status();
  ASSERT_FALSE(positions->empty());
  const Position at =
      positions->front() +
      random->Below(data->state().position - positions->front() + 1);

  const auto then = replay::ReadInstanceAt(data, key, at);
  ASSERT_TRUE(then.ok()) << then.status();
  seen->push_back({key, at, core::Digest(then->state)});
  const auto now = replay::ReadInstanceAt(data, key, std::nullopt);
  ASSERT_TRUE(now.ok()) << now.status();
  seen->push_back({key, now->position, core::Digest(now->state)});
  const auto changes = replay::DiffStates(*then, *now);
  if (seen->back().digest == (*seen)[seen->size() - 2].digest) {
    ASSERT_TRUE(changes.empty());
  }
  const auto why = replay::Why(data, key, {.at = at});
  ASSERT_TRUE(why.ok()) << why.status();
  ASSERT_GE(why->size(), 2u);
  const auto timeline = replay::ReadTimeline(data, key);
  ASSERT_TRUE(timeline.ok()) << timeline.status();
  ASSERT_EQ(timeline->back().sequence, now->state.sequence);
  const auto audit = replay::ReadAudit(data, key, nullptr);
  ASSERT_TRUE(audit.ok()) << audit.status();
  ASSERT_EQ(audit->front().command.actor, "load");
  const auto details = Inspect(*data, key, at);
  ASSERT_TRUE(details.ok()) << details.status();
  ASSERT_EQ(details->position, at);
  // A time stands for the last record until then.
  const auto time_ms = replay::TimeOf(*data, key, at);
  ASSERT_TRUE(time_ms.ok()) << time_ms.status();
  const auto position = replay::PositionAt(*data, key, *time_ms);
  ASSERT_TRUE(position.ok()) << position.status();
  ASSERT_GE(*position, at);
}

// Each state that was seen is the one that the log alone gives.
void CompareWithTheLog(const std::string& directory,
                       const std::vector<Seen>& seen) {
  std::multimap<Position, Seen> by_position;
  for (const Seen& one : seen) by_position.emplace(one.position, one);
  const Reader reader = OpenReader(directory);
  replay::LogFold fold(0);
  absl::Status folded;
  PAWL_CHECK_OK(reader.store->Read(
      0, 1, reader.store->End(0),
      [&](Position position, std::string_view bytes) {
        folded = fold.AddBytes(bytes);
        const auto [from, to] = by_position.equal_range(position);
        for (auto it = from; it != to; ++it) {
          EXPECT_EQ(it->second.digest, fold.DigestOf(it->second.instance))
              << "instance " << it->second.instance << " at " << position;
        }
        return folded.ok();
      }));
  PAWL_CHECK_OK(folded);
}

TEST(Readers, SeeWhatTheLogSaysWhileAnotherProcessRunsTheEngine) {
  std::string directory = testing::TempDir() + "pawl_readers_XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string store = directory + "/store";
  Child child(store);
  // Until there is something to read.
  for (int i = 0; i < 600 && !std::filesystem::exists(store + "/ACKED"); ++i) {
    absl::SleepFor(absl::Milliseconds(100));
  }
  absl::SleepFor(absl::Milliseconds(500));
  Random random(2);
  std::vector<Seen> seen;
  Position first_end = 0;
  Position last_end = 0;
  int openings = 0;
  const absl::Time began = absl::Now();
  const auto enough = [&] {
    return absl::Now() >= began + kReadFor &&
           last_end >= first_end + kWrittenMeanwhile;
  };
  while (!enough() && absl::Now() < began + kPatience && !HasFailure()) {
    Reader reader = OpenReader(store);
    ++openings;
    // A few looks at one moment, then the same reader moved on.
    for (int moves = 0; moves < 3 && !HasFailure(); ++moves) {
      const Position at = reader.data->state().position;
      if (first_end == 0) first_end = at;
      ASSERT_GE(at, last_end) << "the log got shorter";
      last_end = at;
      for (int i = 0; i < 3 && !HasFailure(); ++i) {
        Look(&reader, &random, &seen);
      }
      PAWL_CHECK_OK(reader.store->Refresh());
      PAWL_CHECK_OK(reader.data->Recover());
    }
  }
  EXPECT_TRUE(child.Kill()) << "the engine ended while others read";
  std::cout << openings << " openings, " << seen.size()
            << " states read, log from 0:" << first_end << " to 0:" << last_end
            << "\n";
  EXPECT_GE(last_end, first_end + kWrittenMeanwhile)
      << "too little was written meanwhile";
  EXPECT_GT(seen.size(), 20u);
  CompareWithTheLog(store, seen);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace pawl

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--write") {
    return pawl::WriteUntilKilled(argv[2]);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
