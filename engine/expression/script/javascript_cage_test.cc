// The cage, from inside: what code that has taken over the process could do.
#include "engine/expression/script/javascript_cage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "engine/expression/script/limits.h"
#include "gtest/gtest.h"

namespace pawl::expression::script {
namespace {

// A function in the cage; what it returns is the exit code of its process.
using Attempt = int (*)();

// Exit code of a process that closes the cage around itself, then tries.
int InCage(Attempt attempt) {
  const pid_t process = fork();
  if (process == 0) {
    if (!CloseCage().empty()) _exit(99);
    _exit(attempt());
  }
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// 0 if `result`, of a system call, says that it isn't permitted.
int NotPermitted(long result) { return result == -1 && errno == EPERM ? 0 : 1; }

// Whether the process gets that much memory.
int Takes(size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

class JavaScriptCageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kCageIsOpen) GTEST_SKIP() << "the cage is open under the sanitizers";
  }
};

TEST_F(JavaScriptCageTest, FilesAreOutOfReach) {
  EXPECT_EQ(InCage([] { return NotPermitted(open("/etc/passwd", O_RDONLY)); }),
            0);
  EXPECT_EQ(InCage([] { return NotPermitted(unlink("/tmp/x")); }), 0);
  EXPECT_EQ(InCage([] { return NotPermitted(dup(0)); }), 0);
  EXPECT_EQ(InCage([] { return NotPermitted(ftruncate(1, 0)); }), 0);
}

TEST_F(JavaScriptCageTest, TheNetworkIsOutOfReach) {
  EXPECT_EQ(
      InCage([] { return NotPermitted(socket(AF_INET, SOCK_STREAM, 0)); }), 0);
  EXPECT_EQ(InCage([] {
              int ends[2];
              return NotPermitted(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
            }),
            0);
}

TEST_F(JavaScriptCageTest, ProcessesAreOutOfReach) {
  EXPECT_EQ(InCage([] { return NotPermitted(fork()); }), 0);
  EXPECT_EQ(InCage([] {
              char* const none[] = {nullptr};
              return NotPermitted(execve("/bin/false", none, none));
            }),
            0);
  EXPECT_EQ(InCage([] { return NotPermitted(kill(getppid(), 0)); }), 0);
  EXPECT_EQ(InCage([] {
              const rlimit limit{1, 1};
              return NotPermitted(prlimit(1, RLIMIT_CPU, &limit, nullptr));
            }),
            0);
}

TEST_F(JavaScriptCageTest, MemoryCantBeMadeExecutable) {
  EXPECT_EQ(InCage([] {
              void* page = mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return page == MAP_FAILED && errno == EPERM ? 0 : 1;
            }),
            0);
  EXPECT_EQ(InCage([] {
              void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              if (page == MAP_FAILED) return 2;
              return NotPermitted(mprotect(page, 4096, PROT_READ | PROT_EXEC));
            }),
            0);
}

TEST_F(JavaScriptCageTest, MemoryIsBounded) {
  EXPECT_EQ(InCage([] { return Takes(kJavaScriptMemoryMax - (1 << 20)); }), 1);
  EXPECT_EQ(InCage([] { return Takes(kJavaScriptMemoryMax + 4096); }), 0);
}

TEST_F(JavaScriptCageTest, LimitsAreZeroAndStay) {
  for (const auto resource :
       {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_NPROC}) {
    // The lambda has no captures.
    static __rlimit_resource wanted;
    wanted = resource;
    EXPECT_EQ(InCage([] {
                rlimit limit{};
                if (getrlimit(wanted, &limit) != 0) return 1;
                if (limit.rlim_cur != 0 || limit.rlim_max != 0) return 2;
                const rlimit more{1, 1};
                return NotPermitted(setrlimit(wanted, &more));
              }),
              0)
        << resource;
  }
}

TEST_F(JavaScriptCageTest, ProcessorTimeEnds) {
  EXPECT_EQ(InCage([] {
              AllowProcessorTime(0);
              while (true) {
              }
              return 0;
            }),
            1000 + SIGXCPU);
}

// Threads that were there before are in it as well.
TEST_F(JavaScriptCageTest, HoldsAllThreads) {
  const pid_t process = fork();
  if (process == 0) {
    static volatile bool closed = false;
    static volatile int result = 5;
    std::thread other([] {
      while (!closed) usleep(1000);
      result = NotPermitted(open("/etc/passwd", O_RDONLY));
    });
    if (!CloseCage().empty()) _exit(99);
    closed = true;
    other.join();
    _exit(result);
  }
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace pawl::expression::script
