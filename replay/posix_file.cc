#include "replay/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "xxhash.h"

namespace pawl::replay {
namespace {

// A descriptor that is closed at the end.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }
  bool ok() const { return value_ >= 0; }

 private:
  const int value_;
};

std::string ParentOf(const std::string& path) {
  std::string parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent;
}

}  // namespace

absl::Status PosixError(std::string_view doing, const std::string& path,
                        int error) {
  const std::string text =
      absl::StrCat(ToAbsl(doing), " ", path, ": ",
                   std::error_code(error, std::generic_category()).message());
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(text);
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EEXIST:
    case ENOTEMPTY:
      return absl::FailedPreconditionError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status MakeFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return SyncFolder(ParentOf(path));
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && std::filesystem::is_directory(path, ignored)) {
    return absl::OkStatus();
  }
  return PosixError("making folder", path, error);
}

absl::Status SyncFolder(const std::string& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.ok() || ::fsync(folder.value()) != 0) {
    return PosixError("syncing folder", path, errno);
  }
  return absl::OkStatus();
}

absl::Status RenameForGood(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return PosixError("renaming", absl::StrCat(from, " to ", to), errno);
  }
  return SyncFolder(ParentOf(to));
}

absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path, size_t bytes_max) {
  const Descriptor file(path, O_RDONLY);
  if (!file.ok()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return PosixError("opening", path, errno);
  }
  std::string text(bytes_max + 1, '\0');
  size_t length = 0;
  while (length < text.size()) {
    const ssize_t got =
        ::read(file.value(), text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return PosixError("reading", path, errno);
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  if (length > bytes_max) {
    return absl::DataLossError(
        absl::StrCat("file ", path, ": got more than ", bytes_max, " bytes"));
  }
  text.resize(length);
  return std::optional<std::string>(std::move(text));
}

absl::StatusOr<std::optional<uint64_t>> HashOfFile(const std::string& path,
                                                   uint64_t bytes_max) {
  const Descriptor file(path, O_RDONLY);
  if (!file.ok()) {
    if (errno == ENOENT) return std::optional<uint64_t>();
    return PosixError("opening", path, errno);
  }
  XXH64_state_t state;
  XXH64_reset(&state, 0);
  std::array<char, 1 << 16> block;
  for (uint64_t length = 0; length <= bytes_max;) {
    const ssize_t got = ::read(file.value(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return PosixError("reading", path, errno);
    if (got == 0) return std::optional<uint64_t>(XXH64_digest(&state));
    XXH64_update(&state, block.data(), static_cast<size_t>(got));
    length += static_cast<uint64_t>(got);
  }
  return absl::DataLossError(
      absl::StrCat("file ", path, ": got more than ", bytes_max, " bytes"));
}

absl::Status WriteSmallFile(const std::string& path, std::string_view text) {
  const std::string unfinished = path + ".new";
  {
    const Descriptor file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.ok()) return PosixError("making", unfinished, errno);
    PAWL_RETURN_IF_ERROR(WriteAll(file.value(), unfinished, text));
    if (::fsync(file.value()) != 0) {
      return PosixError("syncing", unfinished, errno);
    }
  }
  return RenameForGood(unfinished, path);
}

absl::Status WriteAll(int descriptor, const std::string& path,
                      std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return PosixError("writing", path, errno);
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> EndOfLastLine(int descriptor,
                                       const std::string& path) {
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  if (size < 0) return PosixError("reading", path, errno);
  std::array<char, 1 << 16> block;
  for (auto end = static_cast<uint64_t>(size); end > 0;) {
    const uint64_t begin = end - std::min<uint64_t>(end, block.size());
    const ssize_t got = ::pread(descriptor, block.data(), end - begin,
                                static_cast<off_t>(begin));
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(end - begin)) {
      return PosixError("reading", path, got < 0 ? errno : EIO);
    }
    for (uint64_t i = end - begin; i > 0; --i) {
      if (block[i - 1] == '\n') return begin + i;
    }
    end = begin;
  }
  return uint64_t{0};
}

}  // namespace pawl::replay
