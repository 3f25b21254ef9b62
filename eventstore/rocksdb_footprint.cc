#include "eventstore/rocksdb_footprint.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "eventstore/rocksdb_status.h"
#include "rocksdb/table_properties.h"

namespace pawl::eventstore {
namespace {

// What RocksDB counts of each entry's key beyond the engine's: the partition in
// front, sequence and type behind.
constexpr uint64_t kKeyOverheadBytes = 2 + 8;

uint64_t Property(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family,
                  const std::string& name) {
  uint64_t value = 0;
  return db->GetIntProperty(family, name, &value) ? value : 0;
}

absl::StatusOr<TableFootprint> MeasureTable(
    rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  TableFootprint out;
  out.file_bytes =
      Property(db, family, rocksdb::DB::Properties::kLiveSstFilesSize);
  rocksdb::TablePropertiesCollection files;
  PAWL_RETURN_IF_ERROR(
      FromRocksDb(db->GetPropertiesOfAllTables(family, &files),
                  absl::StrCat("measure the files of ", family->GetName())));
  uint64_t entries = 0;
  uint64_t deletions = 0;
  uint64_t bytes = 0;
  for (const auto& [name, file] : files) {
    entries += file->num_entries;
    deletions += file->num_deletions;
    bytes += file->raw_key_size + file->raw_value_size;
  }
  // RocksDB's own estimate is nothing where an opening doesn't read every file
  // for it. A deletion stands for itself and for what it deletes.
  out.entries = entries - std::min(entries, 2 * deletions);
  const uint64_t overhead = entries * kKeyOverheadBytes;
  if (entries > 0 && bytes > overhead) {
    // As if those that are superseded were as large as the others.
    out.bytes = static_cast<uint64_t>(
        static_cast<double>(bytes - overhead) *
        (static_cast<double>(out.entries) / static_cast<double>(entries)));
  }
  return out;
}

uint64_t DirectoryBytes(const std::string& directory) {
  namespace fs = std::filesystem;
  std::set<std::pair<dev_t, ino_t>> seen;
  uint64_t bytes = 0;
  std::error_code error;
  // A writer removes files meanwhile; those count as gone.
  for (auto it = fs::recursive_directory_iterator(
           directory, fs::directory_options::skip_permission_denied, error);
       !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    struct stat status = {};
    if (lstat(it->path().c_str(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    if (status.st_nlink > 1 &&
        !seen.insert({status.st_dev, status.st_ino}).second) {
      continue;
    }
    bytes += static_cast<uint64_t>(status.st_size);
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Footprint> MeasureTables(const RocksDbCore& core) {
  if (core.db == nullptr) {
    return absl::FailedPreconditionError("the store is closed");
  }
  Footprint out;
  for (size_t t = 0; t < kTableCount; ++t) {
    PAWL_ASSIGN_OR_RETURN(
        out.tables[t],
        MeasureTable(core.db.get(), core.table(static_cast<Table>(t))));
  }
  for (size_t p = 0; p < core.partitions.size(); ++p) {
    out.log_file_bytes +=
        Property(core.db.get(), core.log(static_cast<PartitionId>(p)),
                 rocksdb::DB::Properties::kLiveSstFilesSize);
  }
  out.directory_bytes = DirectoryBytes(core.options.directory);
  return out;
}

}  // namespace pawl::eventstore
