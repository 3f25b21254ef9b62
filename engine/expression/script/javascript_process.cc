#include "engine/expression/script/javascript_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {
namespace {

int64_t NowMs() {
  timespec time;
  PAWL_CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &time), 0);
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

absl::Status Failed(const char* what, int error) {
  return absl::UnavailableError(
      absl::StrCat("JavaScript: ", what, ": ", strerror(error)));
}

// Starts `program` with `channel` as its standard input and output, no other
// file, no environment and no signal blocked or ignored. 0 or an errno.
int Spawn(const std::string& program, int channel, pid_t* process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, channel, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, channel, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                   O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  // A group of its own, so that a key pressed in a terminal ends the engine in
  // its own time.
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  char name[] = "pawl-javascript";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  const int error = posix_spawn(process, program.c_str(), &actions, &attributes,
                                arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

absl::StatusOr<std::unique_ptr<JavaScriptProcess>> JavaScriptProcess::Start(
    const std::string& program, int64_t wall_ms) {
  int ends[2];
  // Sockets, as writing to a pipe that nobody reads raises a signal in us.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Failed("socketpair", errno);
  }
  pid_t process = 0;
  const int error = Spawn(program, ends[1], &process);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return Failed(program.c_str(), error);
  }
  std::unique_ptr<JavaScriptProcess> started(
      new JavaScriptProcess(process, ends[0]));
  absl::StatusOr<JavaScriptMessage> ready =
      started->ReceiveMessage(NowMs() + wall_ms);
  if (!ready.ok()) {
    return absl::UnavailableError(absl::StrCat(
        "JavaScript: ", program, " doesn't start: ", ready.status().message()));
  }
  if (*ready != JavaScriptMessage{"ready"}) {
    return absl::UnavailableError(
        absl::StrCat("JavaScript: ", program, " doesn't start: got ",
                     ready->size() == 2 ? (*ready)[1] : "another message",
                     ", wanted \"ready\""));
  }
  return started;
}

JavaScriptProcess::~JavaScriptProcess() {
  close(channel_);
  if (process_ == 0) return;
  kill(process_, SIGKILL);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool JavaScriptProcess::IsIdle() const {
  pollfd poll_for{channel_, POLLIN, 0};
  return poll(&poll_for, 1, 0) == 0;
}

absl::StatusOr<JavaScriptMessage> JavaScriptProcess::Ask(
    const JavaScriptMessage& request, int64_t wall_ms) {
  ++asked_;
  const int64_t end_ms = NowMs() + wall_ms;
  PAWL_RETURN_IF_ERROR(Send(Encode(request), end_ms));
  return ReceiveMessage(end_ms);
}

absl::StatusOr<JavaScriptMessage> JavaScriptProcess::ReceiveMessage(
    int64_t end_ms) {
  char length[4];
  PAWL_RETURN_IF_ERROR(Receive(length, sizeof(length), end_ms));
  const uint32_t size = ReadLength(std::string_view(length, sizeof(length)));
  if (size > kJavaScriptMessageMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("JavaScript: an answer of ", size,
                     " bytes, wanted at most kJavaScriptMessageMax (",
                     kJavaScriptMessageMax, ")"));
  }
  std::string bytes(size, '\0');
  PAWL_RETURN_IF_ERROR(Receive(bytes.data(), size, end_ms));
  JavaScriptMessage message;
  if (!Decode(bytes, &message) || message.empty()) {
    return absl::ResourceExhaustedError(
        "JavaScript: the process gave an answer that is none");
  }
  return message;
}

absl::Status JavaScriptProcess::WaitFor(short events, int64_t end_ms) {
  while (true) {
    const int64_t left = std::max<int64_t>(end_ms - NowMs(), 0);
    pollfd poll_for{channel_, events, 0};
    const int ready = poll(&poll_for, 1, static_cast<int>(left));
    if (ready > 0) return absl::OkStatus();
    if (ready < 0 && errno != EINTR) return Failed("poll", errno);
    if (left == 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat("JavaScript: more time, wanted at most "
                       "kJavaScriptWallMsMax (",
                       kJavaScriptWallMsMax, ")"));
    }
  }
}

absl::Status JavaScriptProcess::Send(const std::string& bytes, int64_t end_ms) {
  size_t done = 0;
  while (done < bytes.size()) {
    PAWL_RETURN_IF_ERROR(WaitFor(POLLOUT, end_ms));
    const ssize_t sent = send(channel_, bytes.data() + done,
                              bytes.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      done += static_cast<size_t>(sent);
    } else if (errno != EINTR && errno != EAGAIN) {
      return Ended();
    }
  }
  return absl::OkStatus();
}

absl::Status JavaScriptProcess::Receive(char* out, size_t size,
                                        int64_t end_ms) {
  while (size > 0) {
    PAWL_RETURN_IF_ERROR(WaitFor(POLLIN, end_ms));
    const ssize_t got = recv(channel_, out, size, MSG_DONTWAIT);
    if (got > 0) {
      out += got;
      size -= static_cast<size_t>(got);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      return Ended();
    }
  }
  return absl::OkStatus();
}

absl::Status JavaScriptProcess::Ended() {
  // It has closed its end, so it is about to be gone, unless it did that on
  // purpose.
  int status = 0;
  pid_t gone = 0;
  for (int i = 0; i < 100 && gone == 0; ++i) {
    gone = waitpid(process_, &status, WNOHANG);
    if (gone == 0) poll(nullptr, 0, 1);
  }
  if (gone == 0) {
    return absl::ResourceExhaustedError(
        "JavaScript: the process closed its output");
  }
  process_ = 0;
  if (gone > 0 && WIFSIGNALED(status) && WTERMSIG(status) != SIGXCPU) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "JavaScript: the process ended (", strsignal(WTERMSIG(status)),
        "), as it does when it wants more memory than kJavaScriptMemoryMax (",
        kJavaScriptMemoryMax, ")"));
  }
  return absl::ResourceExhaustedError("JavaScript: the process ended");
}

}  // namespace pawl::expression::script
