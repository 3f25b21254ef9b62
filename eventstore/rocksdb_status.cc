#include "eventstore/rocksdb_status.h"

#include <string_view>

#include "absl/strings/str_cat.h"

namespace pawl::eventstore {
namespace {

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

absl::StatusCode CodeOf(const rocksdb::Status& status,
                        const std::string& message) {
  if (status.IsNoSpace() || Contains(message, "Disk quota exceeded")) {
    return absl::StatusCode::kResourceExhausted;
  }
  // RocksDB has no code for these two, only the errno's text.
  if (Contains(message, "Permission denied") ||
      Contains(message, "Read-only file system") ||
      Contains(message, "Operation not permitted")) {
    return absl::StatusCode::kFailedPrecondition;
  }
  if (status.IsCorruption()) return absl::StatusCode::kDataLoss;
  // A name that the database knows and the folder hasn't.
  if (status.IsPathNotFound()) return absl::StatusCode::kDataLoss;
  if (status.IsNotFound()) return absl::StatusCode::kNotFound;
  if (status.IsInvalidArgument()) return absl::StatusCode::kFailedPrecondition;
  return absl::StatusCode::kUnavailable;
}

}  // namespace

absl::Status FromRocksDb(const rocksdb::Status& status,
                         const std::string& what) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = status.ToString();
  return absl::Status(CodeOf(status, message),
                      absl::StrCat(what, ": ", message));
}

}  // namespace pawl::eventstore
