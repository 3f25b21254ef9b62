#include "eventstore/damage_report.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_options.h"
#include "eventstore/store_notes.h"
#include "rocksdb/db.h"
#include "rocksdb/metadata.h"
#include "rocksdb/sst_file_reader.h"

namespace pawl::eventstore {
namespace {

// Enough to see whether one file or a whole disk is hit.
constexpr int kPlacesMax = 10;

std::string PlaceOf(const rocksdb::LiveFileMetaData& file,
                    const std::vector<Position>& floors) {
  if (file.column_family_name == rocksdb::kDefaultColumnFamilyName) {
    return absl::StrCat("the store's own notes in ", file.name);
  }
  if (file.column_family_name == kArchiveFamilyName) {
    return absl::StrCat("the archive in ", file.name);
  }
  if (!absl::StartsWith(file.column_family_name, kLogFamilyPrefix)) {
    return absl::StrCat("the cache ", file.column_family_name, " in ",
                        file.name);
  }
  const std::string partition =
      file.column_family_name.substr(std::string_view(kLogFamilyPrefix).size());
  if (file.smallestkey.size() != kPositionBytes ||
      file.largestkey.size() != kPositionBytes) {
    return absl::StrCat("records of partition ", partition, " in ", file.name);
  }
  // What lies below the floor is no loss: nothing reads it.
  uint32_t number = 0;
  const Position floor =
      absl::SimpleAtoi(partition, &number) && number < floors.size()
          ? floors[number]
          : 1;
  const Position first = DecodeBigEndian64(file.smallestkey);
  const Position last = DecodeBigEndian64(file.largestkey);
  if (last < floor) {
    return absl::StrCat("trimmed records of partition ", partition, " in ",
                        file.name);
  }
  return absl::StrCat("records ", partition, ":", std::max(first, floor),
                      " to ", partition, ":", last, " in ", file.name);
}

// Footer, index and properties of the file can be read?
bool Opens(const rocksdb::DBOptions& db_options, const std::string& path) {
  rocksdb::Options options;
  options.env = db_options.env;
  return rocksdb::SstFileReader(options).Open(path).ok();
}

}  // namespace

absl::Status WithDamagedPlaces(const absl::Status& failure,
                               const StoreOptions& options, int partitions,
                               rocksdb::Env* env) {
  rocksdb::DBOptions db_options = MakeDbOptions(options, env, nullptr);
  // Here damage is what we look for; it must not stop us.
  db_options.paranoid_checks = false;
  db_options.create_missing_column_families = false;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const std::string path = options.directory + "/db";
  if (!rocksdb::DB::OpenForReadOnly(
           db_options, path,
           ExistingFamilies(db_options, path,
                            MakeFamilies(options, partitions)),
           &handles, &opened)
           .ok()) {
    return failure;
  }
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<rocksdb::LiveFileMetaData> files;
  db->GetLiveFilesMetaData(&files);
  std::vector<Position> floors;
  for (int p = 0; p < partitions; ++p) {
    floors.push_back(
        ReadFloor(db.get(), handles[0], static_cast<PartitionId>(p))
            .value_or(1));
  }
  const std::string message(failure.message());
  std::string places;
  int count = 0;
  for (const rocksdb::LiveFileMetaData& file : files) {
    // Named by RocksDB, or found by trying.
    if (!absl::StrContains(message, file.name) &&
        Opens(db_options, file.db_path + file.name)) {
      continue;
    }
    if (++count > kPlacesMax) break;
    absl::StrAppend(&places, count == 1 ? " " : ", ", PlaceOf(file, floors));
  }
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    (void)db->DestroyColumnFamilyHandle(handle);
  }
  if (count == 0) return failure;
  return absl::Status(failure.code(),
                      absl::StrCat(message, "; damaged:", places,
                                   count > kPlacesMax ? " and more" : ""));
}

}  // namespace pawl::eventstore
