#include "cli/shell_worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"

extern char** environ;

namespace pawl::cli {
namespace {

// What of a command's standard error becomes its failure's message.
constexpr size_t kStderrTailBytes = 4096;

// A pipe end that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { Close(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    Close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

// Close-on-exec, so that commands which run beside each other don't hold each
// other's pipes open.
bool MakePipe(Pipe* pipe) {
  std::array<int, 2> fds;
  if (pipe2(fds.data(), O_CLOEXEC) != 0) return false;
  pipe->read = Fd(fds[0]);
  pipe->write = Fd(fds[1]);
  return true;
}

// The environment with the job's variables in it.
class Environment {
 public:
  explicit Environment(const ShellJob& job) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (std::string_view(*entry).substr(0, 5) != "PAWL_") {
        texts_.emplace_back(*entry);
      }
    }
    Add("PAWL_JOB_KEY", ToString(job.key));
    Add("PAWL_JOB_TYPE", job.type);
    Add("PAWL_INSTANCE_KEY", ToString(job.instance));
    Add("PAWL_PROCESS_ID", job.process_id);
    Add("PAWL_ELEMENT_ID", job.element_id);
    Add("PAWL_ATTEMPT", absl::StrCat(job.attempt));
    Add("PAWL_RETRIES", absl::StrCat(job.retries));
    Add("PAWL_IDEMPOTENCY_KEY", job.idempotency_key);
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** get() { return pointers_.data(); }

 private:
  void Add(const char* name, const std::string& value) {
    texts_.push_back(absl::StrCat(name, "=", value));
  }
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

// Starts the command with its three streams on our pipes.
int Spawn(const std::string& command, const ShellJob& job, const Pipe& in,
          const Pipe& out, const Pipe& err, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  // We ignore SIGPIPE and may block others; the command must not inherit that.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  std::string shell = "/bin/sh";
  std::string flag = "-c";
  std::string text = command;
  std::array<char*, 4> arguments = {shell.data(), flag.data(), text.data(),
                                    nullptr};
  Environment environment(job);
  const int error = posix_spawn(pid, shell.c_str(), &actions, &attributes,
                                arguments.data(), environment.get());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Feeds and reads a running command until it has closed its output.
class Conversation {
 public:
  Conversation(std::string_view input, Fd in, Fd out, Fd err)
      : input_(input),
        in_(std::move(in)),
        out_(std::move(out)),
        err_(std::move(err)) {
    // A command that doesn't read must not block us while it writes.
    fcntl(in_.get(), F_SETFL, O_NONBLOCK);
  }

  void Run() {
    while (out_.open() || err_.open()) {
      std::array<pollfd, 3> fds = {{{in_.get(), POLLOUT, 0},
                                    {out_.get(), POLLIN, 0},
                                    {err_.get(), POLLIN, 0}}};
      if (poll(fds.data(), fds.size(), -1) < 0) {
        if (errno == EINTR) continue;
        return;
      }
      if (fds[0].revents != 0) Feed();
      if (fds[1].revents != 0) Take(&out_, &output_);
      if (fds[2].revents != 0) Take(&err_, &errors_);
      // One byte more than allowed is enough to be refused later.
      if (output_.size() > kVariablesBytesMax + 1) {
        output_.resize(kVariablesBytesMax + 1);
      }
      if (errors_.size() > 2 * kStderrTailBytes) {
        errors_.erase(0, errors_.size() - kStderrTailBytes);
      }
    }
  }

  const std::string& output() const { return output_; }
  // The last bytes, without blanks around them.
  std::string ErrorTail() const {
    std::string_view text = errors_;
    const size_t last = text.find_last_not_of(" \t\r\n");
    if (last == std::string_view::npos) return "";
    text = text.substr(0, last + 1);
    if (text.size() > kStderrTailBytes) {
      text.remove_prefix(text.size() - kStderrTailBytes);
      // Not from the middle of a character.
      while (!text.empty() &&
             (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) {
        text.remove_prefix(1);
      }
    }
    return std::string(text);
  }

 private:
  void Feed() {
    const ssize_t written = write(in_.get(), input_.data(), input_.size());
    if (written > 0) input_.remove_prefix(static_cast<size_t>(written));
    // EPIPE: it doesn't want to know; that is its own business.
    if (input_.empty() || (written < 0 && errno != EAGAIN && errno != EINTR)) {
      in_.Close();
    }
  }
  static void Take(Fd* fd, std::string* text) {
    std::array<char, 4096> buffer;
    const ssize_t got = read(fd->get(), buffer.data(), buffer.size());
    if (got > 0) {
      text->append(buffer.data(), static_cast<size_t>(got));
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      fd->Close();
    }
  }

  std::string_view input_;
  Fd in_;
  Fd out_;
  Fd err_;
  std::string output_;
  std::string errors_;
};

JobResult ResultOf(const std::string& output) {
  if (output.find_first_not_of(" \t\r\n") == std::string::npos) {
    return JobResult::Done();
  }
  absl::StatusOr<Variables> variables = Variables::FromJson(output);
  if (!variables.ok()) {
    return JobResult::Failed(
        absl::StrCat("the command's output: ", variables.status().message()));
  }
  return JobResult::Done(*std::move(variables));
}

JobResult SystemFailure(const char* what, int error) {
  return JobResult::Failed(absl::StrCat(what, ": ", std::strerror(error)));
}

}  // namespace

ShellJob::ShellJob(const Job& job)
    : key(job.key()),
      instance(job.instance()),
      process_id(job.process_id()),
      element_id(job.element_id()),
      type(job.type()),
      attempt(job.attempt()),
      retries(job.retries()),
      idempotency_key(job.idempotency_key()),
      variables_json(job.variables().ToJson()) {}

ShellJob::ShellJob(const JobInfo& job)
    : key(job.key),
      instance(job.instance),
      process_id(job.process_id),
      element_id(job.element_id),
      type(job.type),
      attempt(job.attempt + 1),
      retries(job.retries),
      // As Job::idempotency_key().
      idempotency_key(absl::StrCat("pawl-", ToString(job.key))),
      variables_json(job.variables.ToJson()) {}

absl::StatusOr<std::map<std::string, std::string>> ParseWorkers(
    const std::vector<std::string>& texts) {
  std::map<std::string, std::string> workers;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 ||
        equals + 1 == text.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--worker: got '", text, "', wanted TYPE=SHELL-COMMAND"));
    }
    if (!workers.emplace(text.substr(0, equals), text.substr(equals + 1))
             .second) {
      return absl::InvalidArgumentError(absl::StrCat("--worker: got type '",
                                                     text.substr(0, equals),
                                                     "' twice, wanted once"));
    }
  }
  return workers;
}

void PrepareShellWorkers() { signal(SIGPIPE, SIG_IGN); }

JobResult RunShellWorker(const std::string& command, const ShellJob& job) {
  Pipe in;
  Pipe out;
  Pipe err;
  if (!MakePipe(&in) || !MakePipe(&out) || !MakePipe(&err)) {
    return SystemFailure("pipe", errno);
  }
  pid_t pid = 0;
  if (const int error = Spawn(command, job, in, out, err, &pid); error != 0) {
    return SystemFailure("/bin/sh", error);
  }
  // The command's ends are the command's alone now.
  in.read.Close();
  out.write.Close();
  err.write.Close();
  Conversation conversation(job.variables_json, std::move(in.write),
                            std::move(out.read), std::move(err.read));
  conversation.Run();
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return SystemFailure("waitpid", errno);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return ResultOf(conversation.output());
  }
  const std::string how =
      WIFEXITED(status) ? absl::StrCat("exit status ", WEXITSTATUS(status))
                        : absl::StrCat("killed by signal ", WTERMSIG(status));
  const std::string tail = conversation.ErrorTail();
  return JobResult::Failed(tail.empty() ? how : absl::StrCat(how, ": ", tail));
}

}  // namespace pawl::cli
