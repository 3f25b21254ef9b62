// Fifty kills: a process under load gets SIGKILL at random moments, opening and
// checkpoints included, and after each the store is opened and compared with an
// outside record of what had been acknowledged. Nothing may be lost, nothing
// half done; what was running is handed out again with a higher attempt; in the
// end everything finishes, each step once.
//
//   PAWL_CRASH_SEED=N    the same moments again, as far as a scheduler repeats
//   PAWL_CRASH_KILLS=N   how many
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "engine/engine.h"
#include "gtest/gtest.h"
#include "tests/crash/load.h"
#include "tests/crash/log_facts.h"
#include "tests/crash/witness.h"
#include "tests/support/environment.h"

namespace pawl::crash {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kKills = 50;
// kBuffered promises the same of a kill; it shares most of the path.
constexpr int kKillsBuffered = 15;
// A kill comes this long after the child was started, at most; an opening takes
// the first tenth of it.
constexpr uint32_t kLifeMsMax = 450;
constexpr uint32_t kLifeMsLongest = 20'000;

// The reading end of the child's pipe.
class Listener {
 public:
  explicit Listener(int fd) : fd_(fd) {}
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Hands lines to `witness` until `end`, or until the other side is closed.
  // False: it is.
  bool Hear(Witness* witness, SteadyClock::time_point end) {
    while (true) {
      auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - SteadyClock::now());
      pollfd wait{fd_, POLLIN, 0};
      int ready = poll(&wait, 1, std::max<int>(0, left.count()));
      if (ready == 0) return true;
      char buffer[16384];
      ssize_t got = read(fd_, buffer, sizeof buffer);
      if (got <= 0) return false;
      rest_.append(buffer, static_cast<size_t>(got));
      size_t from = 0;
      for (size_t to; (to = rest_.find('\n', from)) != std::string::npos;
           from = to + 1) {
        witness->Add(rest_.substr(from, to - from));
      }
      rest_.erase(0, from);
      if (SteadyClock::now() >= end) return true;
    }
  }
  // A part of a line is left over.
  bool torn() const { return !rest_.empty(); }

 private:
  const int fd_;
  std::string rest_;
};

// Starts this program again as the load, kills it after `life_ms` and gives its
// wait status.
int LiveAndDie(const std::string& directory, Durability durability,
               uint32_t seed, int life, uint32_t life_ms, Witness* witness) {
  int fds[2];
  EXPECT_EQ(pipe(fds), 0);
  fcntl(fds[0], F_SETFD, FD_CLOEXEC);
  std::string fd = std::to_string(fds[1]);
  std::string seed_text = std::to_string(seed);
  std::string life_text = std::to_string(life);
  const char* mode = durability == Durability::kSync ? "sync" : "buffered";
  const char* argv[] = {
      "/proc/self/exe",  "--load",          directory.c_str(), mode,
      seed_text.c_str(), life_text.c_str(), fd.c_str(),        nullptr};
  auto end = SteadyClock::now() + std::chrono::milliseconds(life_ms);
  pid_t child = fork();
  if (child == 0) {
    execv(argv[0], const_cast<char**>(argv));
    std::_Exit(127);
  }
  close(fds[1]);
  Listener listener(fds[0]);
  listener.Hear(witness, end);
  kill(child, SIGKILL);
  // What it said before it died is still in the pipe.
  listener.Hear(witness, SteadyClock::now() + std::chrono::seconds(5));
  EXPECT_FALSE(listener.torn());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

// Opens with a clock that stands still and nobody to do any work, so that what
// is there can be compared. Returns the digest.
std::string DigestOfEngine(const std::string& directory, Durability durability,
                           const LogFacts& before) {
  VirtualClock clock(absl::ToUnixMillis(absl::Now()));
  EngineOptions options = LoadOptions(directory, durability);
  options.clock = &clock;
  auto engine = Engine::Open(options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  if (!engine.ok()) return "";
  EXPECT_TRUE((*engine)->AwaitIdle(absl::Seconds(20)).ok());
  // The indexes know what the log of the lives before knows.
  auto stats = (*engine)->Stats();
  EXPECT_TRUE(stats.ok()) << stats.status();
  EXPECT_GE(stats->records, static_cast<int64_t>(before.end()));
  auto digest = (*engine)->StateDigest();
  EXPECT_TRUE(digest.ok()) << digest.status();
  EXPECT_TRUE((*engine)->Close().ok());
  return digest.ok() ? *digest : "";
}

// Works until every instance has ended. Many kills leave thousands, so what is
// timed is how long the oldest of them takes.
void FinishAll(Engine* engine, AckPipe* pipe) {
  ASSERT_TRUE(PrepareLoad(engine, pipe).ok());
  auto suspended = engine->Instances({.state = InstanceState::kSuspended});
  ASSERT_TRUE(suspended.ok()) << suspended.status();
  for (const InstanceInfo& info : *suspended) {
    ASSERT_TRUE(engine->Resume(info.key).ok());
  }
  constexpr auto kPatience = std::chrono::seconds(40);
  auto end = SteadyClock::now() + kPatience;
  InstanceKey oldest;
  while (SteadyClock::now() < end) {
    auto active =
        engine->Instances({.state = InstanceState::kActive, .limit = 1});
    ASSERT_TRUE(active.ok()) << active.status();
    if (active->empty()) return;
    if (active->front().key != oldest) {
      oldest = active->front().key;
      end = SteadyClock::now() + kPatience;
    }
    ASSERT_TRUE(ApproveOnce(engine, pipe).ok());
    ASSERT_TRUE(FetchOnce(engine, pipe, "finisher", 0, false).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  FAIL() << "instances don't end";
}

// All of the log says that every instance passed every node of the process
// once.
void ExpectEachStepOnce(const LogFacts& facts) {
  ASSERT_FALSE(facts.instances().empty());
  std::map<InstanceKey, int> nodes;
  for (const auto& [node, times] : facts.completions()) {
    EXPECT_EQ(times, 1) << "node " << node.second << " of instance "
                        << node.first;
    ++nodes[node.first];
  }
  for (const auto& [key, instance] : facts.instances()) {
    EXPECT_EQ(instance.state, fb::InstanceState::completed) << key;
    // start, fork, first, fetched, approve, join, pause, again, end
    EXPECT_EQ(nodes[key], 9) << key;
  }
}

void KillAgainAndAgain(const std::string& name, Durability durability,
                       int kills) {
  const auto seed = static_cast<uint32_t>(
      NumberFromEnv("PAWL_CRASH_SEED", std::random_device()()));
  kills = static_cast<int>(NumberFromEnv("PAWL_CRASH_KILLS", kills));
  std::cout << "PAWL_CRASH_SEED=" << seed << std::endl;
  std::mt19937 random(seed);
  const std::string directory = testing::TempDir() + "/kill_test_" + name;
  std::filesystem::remove_all(directory);

  Witness witness;
  LogFacts facts;
  size_t lost = 0;
  const auto compare = [&] {
    for (const std::string& wrong : witness.Compare(facts)) {
      ADD_FAILURE() << wrong;
      ++lost;
    }
  };
  // tools/crash --kills prints this line.
  const auto tell = [&](int killed) {
    std::cout << killed << " kills, " << witness.lines()
              << " acknowledgements, " << facts.instances().size()
              << " instances, " << facts.end() << " records, " << lost
              << " lost" << std::endl;
  };
  // On a machine that is slow or busy, or with a sanitizer, lives get longer
  // until work is done in them again.
  uint32_t life_ms_max = kLifeMsMax;
  for (int life = 0; life < kills; ++life) {
    const uint64_t heard = witness.lines();
    const uint32_t life_ms = 1 + random() % life_ms_max;
    SCOPED_TRACE("life " + std::to_string(life) + ", killed after " +
                 std::to_string(life_ms) + " ms");
    int status =
        LiveAndDie(directory, durability, random(), life, life_ms, &witness);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << "the child ended by itself, wait status " << status;

    std::string digest = DigestOfEngine(directory, durability, facts);
    absl::Status read = facts.ReadNew(directory);
    ASSERT_TRUE(read.ok()) << read;
    EXPECT_EQ(digest, facts.Digest());
    compare();
    if (witness.lines() == heard) {
      life_ms_max = std::min(life_ms_max + life_ms_max / 3, kLifeMsLongest);
    } else {
      life_ms_max = std::max(life_ms_max - life_ms_max / 4, kLifeMsMax);
    }
    if (testing::Test::HasFailure()) {
      tell(life + 1);
      std::cout << "the store is in " << directory << std::endl;
      return;
    }
  }
  // The load did its work between the kills.
  EXPECT_GT(witness.lines(), static_cast<uint64_t>(kills));

  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  std::thread reader([&] {
    Listener listener(fds[0]);
    listener.Hear(&witness, SteadyClock::now() + std::chrono::hours(2));
  });
  {
    AckPipe pipe(fds[1]);
    auto engine = Engine::Open(LoadOptions(directory, durability));
    ASSERT_TRUE(engine.ok()) << engine.status();
    FinishAll(engine->get(), &pipe);
    // A start that is asked for again is the one that was acknowledged.
    for (auto [n, instance] : witness.starts()) {
      if (n % 16 != 0) continue;
      auto again =
          (*engine)->Start("crash", {}, {.idempotency_key = StartName(n)});
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->value(), instance);
    }
    EXPECT_TRUE((*engine)->Close().ok());
  }
  close(fds[1]);
  reader.join();

  ASSERT_TRUE(facts.ReadNew(directory).ok());
  compare();
  ExpectEachStepOnce(facts);
  tell(kills);
  // The log was read life by life; read at once it is the same, to the byte.
  LogFacts whole;
  ASSERT_TRUE(whole.ReadNew(directory).ok());
  EXPECT_EQ(whole.hash(), facts.hash());
  EXPECT_EQ(whole.Digest(), facts.Digest());
  if (!testing::Test::HasFailure()) std::filesystem::remove_all(directory);
}

TEST(KillTest, Sync) { KillAgainAndAgain("sync", Durability::kSync, kKills); }

TEST(KillTest, Buffered) {
  KillAgainAndAgain("buffered", Durability::kBuffered, kKillsBuffered);
}

// The test can fail: against an empty log every line is a complaint.
TEST(WitnessTest, ComplainsOfWhatIsMissing) {
  for (const char* line :
       {"start 7 1", "element 8 0", "end 7 0", "task 9 0", "job 10 0",
        "vars 7 3", "lock 10 1", "hand 10 1", "nonsense 1 1"}) {
    Witness witness;
    witness.Add(line);
    EXPECT_EQ(witness.Compare(LogFacts()).size(), 1u) << line;
    EXPECT_TRUE(witness.Compare(LogFacts()).empty()) << "only once";
  }
}

TEST(WitnessTest, ComplainsOfAnAttemptThatIsGivenOutTwice) {
  Witness witness;
  witness.Add("hand 10 1");
  EXPECT_EQ(witness.Compare(LogFacts()).size(), 1u);
  witness.Add("hand 10 1");
  EXPECT_EQ(witness.Compare(LogFacts()).size(), 2u);
}

}  // namespace
}  // namespace pawl::crash

int main(int argc, char** argv) {
  if (argc == 7 && std::string(argv[1]) == "--load") {
    pawl::crash::RunLoad(argv[2],
                         std::string(argv[3]) == "sync"
                             ? pawl::Durability::kSync
                             : pawl::Durability::kBuffered,
                         std::strtoul(argv[4], nullptr, 10), std::atoi(argv[5]),
                         std::atoi(argv[6]));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
