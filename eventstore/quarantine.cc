#include "eventstore/quarantine.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "eventstore/files.h"
#include "eventstore/rocksdb_status.h"

namespace pawl::eventstore {
namespace {

const rocksdb::IOOptions kIo;
constexpr char kManifest[] = "MANIFEST-";

// The same file under two names?
bool SameFile(rocksdb::FileSystem* fs, const std::string& a,
              const std::string& b) {
  bool same = false;
  return FileExists(fs, b) &&
         fs->AreFilesSame(a, b, kIo, &same, nullptr).ok() && same;
}

absl::Status LinkOrCopy(rocksdb::FileSystem* fs, const std::string& from,
                        const std::string& to) {
  const rocksdb::IOStatus linked = fs->LinkFile(from, to, kIo, nullptr);
  if (linked.ok()) return absl::OkStatus();
  // Some file systems have no hard links. A log is some 16 MB: copy it.
  std::error_code error;
  std::filesystem::copy_file(from, to, error);
  if (!error) return absl::OkStatus();
  return FromRocksDb(linked, absl::StrCat("keep ", from, " as ", to));
}

}  // namespace

Quarantine::Quarantine(rocksdb::FileSystem* fs, const std::string& directory)
    : fs_(fs),
      directory_(directory),
      db_path_(directory + "/db"),
      path_(directory + "/quarantine") {}

absl::Status Quarantine::Keep(const std::string& name) {
  const std::string from = absl::StrCat(db_path_, "/", name);
  std::string to = absl::StrCat(path_, "/", name);
  // Another file of that name: the operator restored files in between.
  for (int i = 1; FileExists(fs_, to); ++i) {
    if (SameFile(fs_, from, to)) return absl::OkStatus();
    to = absl::StrCat(path_, "/", name, ".", i);
  }
  return LinkOrCopy(fs_, from, to);
}

absl::Status Quarantine::LinkLogs() {
  PAWL_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        ListDir(fs_, db_path_));
  bool made = false;
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log")) continue;
    const std::string from = absl::StrCat(db_path_, "/", name);
    uint64_t bytes = 0;
    PAWL_RETURN_IF_ERROR(
        FromRocksDb(fs_->GetFileSize(from, kIo, &bytes, nullptr),
                    absl::StrCat("size of ", from)));
    if (bytes == 0) continue;
    if (!made) PAWL_RETURN_IF_ERROR(MakeDir(fs_, path_));
    made = true;
    PAWL_RETURN_IF_ERROR(Keep(name));
  }
  return made ? SyncDir(fs_, path_) : absl::OkStatus();
}

absl::Status Quarantine::KeepDatabase() {
  PAWL_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(fs_, db_path_));
  // Not LOCK, and not what RocksDB tells people (LOG).
  std::erase_if(names, [](const std::string& name) {
    return !absl::EndsWith(name, ".log") && !absl::EndsWith(name, ".sst") &&
           !absl::StartsWith(name, kManifest) && name != "CURRENT" &&
           name != "IDENTITY" && !absl::StartsWith(name, "OPTIONS-");
  });
  // The MANIFEST last: it says that all the others are there.
  std::stable_partition(names.begin(), names.end(), [](const auto& name) {
    return !absl::StartsWith(name, kManifest);
  });
  PAWL_RETURN_IF_ERROR(MakeDir(fs_, path_));
  for (const std::string& name : names) PAWL_RETURN_IF_ERROR(Keep(name));
  PAWL_RETURN_IF_ERROR(SyncDir(fs_, path_));
  return SyncDir(fs_, directory_);
}

absl::StatusOr<bool> Quarantine::HoldsDatabase() const {
  PAWL_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        ListDir(fs_, path_));
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return absl::StartsWith(name, kManifest);
  });
}

absl::Status Quarantine::Drop() {
  if (!FileExists(fs_, path_)) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                        ListDir(fs_, path_));
  for (const std::string& name : names) {
    const std::string file = absl::StrCat(path_, "/", name);
    PAWL_RETURN_IF_ERROR(FromRocksDb(fs_->DeleteFile(file, kIo, nullptr),
                                     absl::StrCat("remove ", file)));
  }
  return FromRocksDb(fs_->DeleteDir(path_, kIo, nullptr),
                     absl::StrCat("remove ", path_));
}

absl::StatusOr<std::string> Quarantine::SetAside() {
  if (!FileExists(fs_, path_)) return std::string();
  std::string aside;
  for (int i = 1;; ++i) {
    aside = absl::StrCat(directory_, "/accepted_loss_", i);
    if (!FileExists(fs_, aside)) break;
  }
  PAWL_RETURN_IF_ERROR(
      FromRocksDb(fs_->RenameFile(path_, aside, kIo, nullptr),
                  absl::StrCat("rename ", path_, " to ", aside)));
  PAWL_RETURN_IF_ERROR(SyncDir(fs_, directory_));
  return aside;
}

}  // namespace pawl::eventstore
