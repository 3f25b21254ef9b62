#include "eventstore/dir_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace pawl::eventstore {
namespace {

// The number that the holder wrote into the file.
std::string Holder(int fd) {
  char text[16];
  const ssize_t bytes = pread(fd, text, sizeof(text), 0);
  std::string digits;
  for (ssize_t i = 0; i < bytes && text[i] >= '0' && text[i] <= '9'; ++i) {
    digits.push_back(text[i]);
  }
  return digits.empty() ? "unknown" : digits;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DirLock>> DirLock::Take(
    const std::string& directory) {
  const std::string path = directory + "/PAWL_LOCK";
  // CLOEXEC: a child that a handler starts must not keep the store locked.
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("lock ", path, ": ", strerror(errno)));
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = Holder(fd);
    close(fd);
    if (error == EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          absl::StrCat("the store in ", directory,
                       " is open for writing already, by process ", holder,
                       "; close that one, or open this one for reading only"));
    }
    return absl::FailedPreconditionError(
        absl::StrCat("lock ", path, ": ", strerror(error)));
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  // Only a hint for the other's error message: failing to write it (a full
  // disk) is no reason not to open.
  if (ftruncate(fd, 0) == 0 && pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    errno = 0;
  }
  return std::unique_ptr<DirLock>(new DirLock(fd));
}

// Closing releases the lock.
DirLock::~DirLock() { close(fd_); }

}  // namespace pawl::eventstore
