#include "eventstore/dead_entries.h"

#include <string>
#include <string_view>
#include <utility>

#include "eventstore/record_codec.h"

namespace pawl::eventstore {
namespace {

class DeadEntryFilter final : public rocksdb::CompactionFilter {
 public:
  DeadEntryFilter(Table table, StoreOptions::IsDead is_dead,
                  std::vector<Position> floors)
      : table_(table), is_dead_(is_dead), floors_(std::move(floors)) {}
  const char* Name() const override { return "pawl.DeadEntryFilter"; }
  // True: it goes. (RocksDB makes that a tombstone where an older value may lie
  // in a deeper level, and nothing at all otherwise.)
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value,
              std::string*, bool*) const override {
    if (key.size() < kTablePrefixBytes) return false;
    return is_dead_(
        table_,
        {key.data() + kTablePrefixBytes, key.size() - kTablePrefixBytes},
        {value.data(), value.size()}, floors_);
  }

 private:
  const Table table_;
  const StoreOptions::IsDead is_dead_;
  const std::vector<Position> floors_;
};

class DeadEntryFilters final : public rocksdb::CompactionFilterFactory {
 public:
  DeadEntryFilters(Table table, StoreOptions::IsDead is_dead, FloorsNow floors)
      : table_(table), is_dead_(is_dead), floors_(std::move(floors)) {}
  const char* Name() const override { return "pawl.DeadEntryFilters"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<DeadEntryFilter>(table_, is_dead_, floors_());
  }

 private:
  const Table table_;
  const StoreOptions::IsDead is_dead_;
  const FloorsNow floors_;
};

}  // namespace

std::shared_ptr<rocksdb::CompactionFilterFactory> MakeDeadEntryFilters(
    Table table, StoreOptions::IsDead is_dead, FloorsNow floors) {
  return std::make_shared<DeadEntryFilters>(table, is_dead, std::move(floors));
}

}  // namespace pawl::eventstore
