#include "eventstore/files.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "eventstore/rocksdb_status.h"

namespace pawl::eventstore {
namespace {
const rocksdb::IOOptions kIo;
const rocksdb::FileOptions kFile;
}  // namespace

bool FileExists(rocksdb::FileSystem* fs, const std::string& path) {
  return fs->FileExists(path, kIo, nullptr).ok();
}

absl::StatusOr<std::vector<std::string>> ListDir(rocksdb::FileSystem* fs,
                                                 const std::string& dir) {
  std::vector<std::string> names;
  if (!FileExists(fs, dir)) return names;
  PAWL_RETURN_IF_ERROR(FromRocksDb(fs->GetChildren(dir, kIo, &names, nullptr),
                                   absl::StrCat("list ", dir)));
  std::erase_if(names, [](const std::string& name) {
    return name == "." || name == "..";
  });
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status MakeDir(rocksdb::FileSystem* fs, const std::string& dir) {
  const rocksdb::Status made = fs->CreateDirIfMissing(dir, kIo, nullptr);
  // A mistyped path; nothing that there was is lost.
  if (made.IsPathNotFound()) {
    return absl::NotFoundError(absl::StrCat("create folder ", dir, ": ",
                                            ParentOf(dir), " isn't there"));
  }
  return FromRocksDb(made, absl::StrCat("create folder ", dir));
}

absl::Status SyncDir(rocksdb::FileSystem* fs, const std::string& dir) {
  if (PAWL_PLANTED(folder_not_synced)) return absl::OkStatus();
  std::unique_ptr<rocksdb::FSDirectory> handle;
  PAWL_RETURN_IF_ERROR(FromRocksDb(fs->NewDirectory(dir, kIo, &handle, nullptr),
                                   absl::StrCat("open folder ", dir)));
  return FromRocksDb(handle->Fsync(kIo, nullptr),
                     absl::StrCat("sync folder ", dir));
}

absl::Status WriteFileWhole(rocksdb::FileSystem* fs, const std::string& path,
                            const std::string& bytes) {
  const std::string draft = path + ".tmp";
  const std::string what = absl::StrCat("write ", draft);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  PAWL_RETURN_IF_ERROR(
      FromRocksDb(fs->NewWritableFile(draft, kFile, &file, nullptr), what));
  PAWL_RETURN_IF_ERROR(FromRocksDb(file->Append(bytes, kIo, nullptr), what));
  PAWL_RETURN_IF_ERROR(FromRocksDb(file->Flush(kIo, nullptr), what));
  PAWL_RETURN_IF_ERROR(FromRocksDb(file->Fsync(kIo, nullptr), what));
  PAWL_RETURN_IF_ERROR(FromRocksDb(file->Close(kIo, nullptr), what));
  PAWL_RETURN_IF_ERROR(FromRocksDb(fs->RenameFile(draft, path, kIo, nullptr),
                                   absl::StrCat("rename ", draft)));
  return SyncDir(fs, ParentOf(path));
}

absl::StatusOr<std::string> ReadFileStart(rocksdb::FileSystem* fs,
                                          const std::string& path,
                                          size_t bytes_max) {
  const std::string what = absl::StrCat("read ", path);
  if (!FileExists(fs, path)) {
    return absl::NotFoundError(absl::StrCat(what, ": no such file"));
  }
  std::unique_ptr<rocksdb::FSRandomAccessFile> file;
  PAWL_RETURN_IF_ERROR(
      FromRocksDb(fs->NewRandomAccessFile(path, kFile, &file, nullptr), what));
  std::string buffer(bytes_max, '\0');
  rocksdb::Slice result;
  PAWL_RETURN_IF_ERROR(FromRocksDb(
      file->Read(0, bytes_max, kIo, &result, buffer.data(), nullptr), what));
  return std::string(result.data(), result.size());
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace pawl::eventstore
