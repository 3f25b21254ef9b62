// Files outside of the store, by POSIX. Errors name what was done and the file:
// ResourceExhausted for a full disk, FailedPrecondition for missing
// permissions, else Unavailable.
#ifndef PAWL_REPLAY_POSIX_FILE_H_
#define PAWL_REPLAY_POSIX_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::replay {

absl::Status PosixError(std::string_view doing, const std::string& path,
                        int error);

// Nothing happens when it is there. Its parent must exist.
absl::Status MakeFolder(const std::string& path);

// Names made in, renamed in and removed from the folder are on the disk.
absl::Status SyncFolder(const std::string& path);

// Renames, for good: on the disk when it returns. `to` may be an empty folder
// when `from` is one.
absl::Status RenameForGood(const std::string& from, const std::string& to);

// All of it; nothing: there is no such file. DataLoss: more than `bytes_max`.
absl::StatusOr<std::optional<std::string>> ReadSmallFile(
    const std::string& path, size_t bytes_max);

// XXH64 of its bytes; nothing: there is no such file. DataLoss: more than
// `bytes_max`.
absl::StatusOr<std::optional<uint64_t>> HashOfFile(const std::string& path,
                                                   uint64_t bytes_max);

// After a crash it is there as it was before, or whole.
absl::Status WriteSmallFile(const std::string& path, std::string_view text);

absl::Status WriteAll(int descriptor, const std::string& path,
                      std::string_view text);

// How many bytes of the file end with a line feed.
absl::StatusOr<uint64_t> EndOfLastLine(int descriptor, const std::string& path);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_POSIX_FILE_H_
