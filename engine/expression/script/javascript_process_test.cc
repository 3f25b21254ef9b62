// Children that don't behave: the engine hears of it in time, in words, and
// goes on. They are shell scripts, so this needs no mozjs.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "engine/expression/script/javascript.h"
#include "engine/expression/script/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::expression::script {
namespace {

using ::testing::HasSubstr;

// {"ready"}
constexpr char kReady[] = "printf '\\011\\0\\0\\0\\005\\0\\0\\0ready'\n";
// {"ok", "7"}
constexpr char kSeven[] =
    "printf '\\013\\0\\0\\0\\002\\0\\0\\0ok\\001\\0\\0\\0007'\n";

double Seconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

class JavaScriptProcessTest : public ::testing::Test {
 protected:
  // A child that runs `script`.
  absl::StatusOr<std::unique_ptr<JavaScript>> Create(const std::string& script,
                                                     int64_t wall_ms = 5000) {
    const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/child";
    std::ofstream(path) << "#!/bin/sh\n" << script;
    chmod(path.c_str(), 0700);
    return JavaScript::Create({path, wall_ms});
  }

  absl::StatusOr<ScriptResult> Run(const std::string& script,
                                   int64_t wall_ms = 5000) {
    absl::StatusOr<std::unique_ptr<JavaScript>> javascript =
        Create(script, wall_ms);
    if (!javascript.ok()) return javascript.status();
    return (*javascript)->Run("1", {}, 0, 0);
  }

  // No child is left, dead or alive.
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }
};

TEST_F(JavaScriptProcessTest, OneThatBehaves) {
  absl::StatusOr<ScriptResult> result =
      Run(std::string(kReady) + kSeven + "exec sleep 100\n");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->value, Value(7));
}

TEST_F(JavaScriptProcessTest, NoProgram) {
  EXPECT_EQ(JavaScript::Create({"/nowhere/pawl-javascript"}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(JavaScriptProcessTest, NeverReady) {
  EXPECT_EQ(Run("exit 3\n").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Run("printf '\\001\\002'\n").status().code(),
            absl::StatusCode::kUnavailable);
  const absl::Status status =
      Run("printf '\\023\\0\\0\\0\\006\\0\\0\\0failed\\005\\0\\0\\0cages'\n")
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("got cages"));
}

TEST_F(JavaScriptProcessTest, NoAnswerInTime) {
  const double start = Seconds();
  EXPECT_EQ(Run("exec sleep 100\n", 100).status().code(),
            absl::StatusCode::kUnavailable);
  const absl::Status status =
      Run(std::string(kReady) + "exec sleep 100\n", 300).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("kJavaScriptWallMsMax"));
  // One that doesn't even die when it is asked to.
  EXPECT_EQ(Run(std::string(kReady) + "trap '' TERM INT HUP\nsleep 100\n", 300)
                .status()
                .code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_LT(Seconds() - start, 50.0);
}

TEST_F(JavaScriptProcessTest, EndsOrCloses) {
  absl::Status status =
      Run(std::string(kReady) + "head -c 4 >/dev/null\nexit 0\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  status = Run(std::string(kReady) + "sleep 0.2\nkill -SEGV $$\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("kJavaScriptMemoryMax"));
  status =
      Run(std::string(kReady) + "sleep 0.2\nexec <&- >&- sleep 100\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("closed its output"));
}

TEST_F(JavaScriptProcessTest, AnswersThatAreNone) {
  for (const char* answer :
       {"printf '\\0\\0\\0\\0'\n", "printf '\\001\\0\\0\\0x'\n",
        "printf '\\006\\0\\0\\0\\002\\0\\0\\0ok'\n",
        "printf '\\010\\0\\0\\0\\377\\0\\0\\0oook'\n",
        "printf '\\013\\0\\0\\0\\002\\0\\0\\0ok\\001\\0\\0\\000{'\n"}) {
    EXPECT_FALSE(Run(std::string(kReady) + answer + "exec sleep 100\n").ok())
        << answer;
  }
}

TEST_F(JavaScriptProcessTest, AGigabyte) {
  const absl::Status status =
      Run(std::string(kReady) +
          "printf '\\377\\377\\377\\077'\nexec cat /dev/zero\n")
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("kJavaScriptMessageMax"));
}

// A child that died while nobody looked is replaced; a script isn't lost.
TEST_F(JavaScriptProcessTest, DiesWhileIdle) {
  absl::StatusOr<std::unique_ptr<JavaScript>> javascript =
      Create(std::string("test -e $0.second && { ") + kReady + kSeven +
             "exec sleep 100\n}\ntouch $0.second\n" + kReady);
  ASSERT_TRUE(javascript.ok()) << javascript.status();
  poll(nullptr, 0, 300);
  absl::StatusOr<ScriptResult> result = (*javascript)->Run("1", {}, 0, 0);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->value, Value(7));
}

// It has standard input, output and error, and nothing of ours.
TEST_F(JavaScriptProcessTest, InheritsNothing) {
  setenv("PAWL_SECRET", "x", 1);
  // Without FD_CLOEXEC, as careless code opens files.
  const int file = open("/dev/null", O_RDONLY);
  ASSERT_GT(file, 2);
  ASSERT_LT(file, 10);
  absl::StatusOr<ScriptResult> result =
      Run(std::string("test -z \"$PAWL_SECRET\" || exit 1\n"
                      "ls /proc/$$/fd > $0.fds\n") +
          kReady + kSeven + "exec sleep 100\n");
  close(file);
  EXPECT_TRUE(result.ok()) << result.status();
  std::ifstream fds(std::string(std::getenv("TEST_TMPDIR")) + "/child.fds");
  int count = 0;
  for (int fd; fds >> fd; ++count) {
    // The shell's own begin at 10.
    EXPECT_TRUE(fd <= 2 || fd >= 10) << fd;
  }
  EXPECT_GE(count, 3);
}

}  // namespace
}  // namespace pawl::expression::script
