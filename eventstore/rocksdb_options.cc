#include "eventstore/rocksdb_options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "eventstore/table.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/table_properties_collectors.h"

namespace pawl::eventstore {
namespace {

// Compressed with LZ4 on every level. The same everywhere, because a file of
// another compression can't be moved down, it has to be rewritten. LZ4 and not
// ZSTD: two cores are the bottleneck, the disk isn't (ADR 0002).
void SetCompression(rocksdb::ColumnFamilyOptions* family) {
  family->compression = rocksdb::kLZ4Compression;
  family->bottommost_compression = rocksdb::kDisableCompressionOption;
  family->compression_per_level.clear();
}

rocksdb::BlockBasedTableOptions TableOptions(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  // One budget for everything read: data, index and bloom blocks.
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  // Index and bloom blocks are asked on every read: data doesn't push them out.
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Not CRC32C: our own CRC lies inside the block, and a CRC over bytes that
  // contain their CRC is weaker.
  table.checksum = rocksdb::kXXH3;
  table.format_version = 5;
  return table;
}

rocksdb::ColumnFamilyOptions LogFamily(
    const StoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  SetCompression(&family);
  // A checkpoint flushes at checkpoint_log_bytes; the memtable must not fill
  // before, or each flush would be two.
  family.write_buffer_size =
      std::max<size_t>(2 * options.checkpoint_log_bytes, size_t{1} << 20);
  // While one is flushed the next fills: writers don't wait for the disk.
  family.max_write_buffer_number = 4;
  // Files of one log never overlap, so compaction only moves them down one
  // level. Two levels: moving on would buy nothing.
  family.num_levels = 2;
  family.compaction_style = rocksdb::kCompactionStyleLevel;
  // With it a level's files would be merged to fill it evenly.
  family.level_compaction_dynamic_level_bytes = false;
  // A flushed file may go down at once: it is a move, not a rewrite.
  family.level0_file_num_compaction_trigger = 2;
  // Old files are never rewritten just for their age.
  family.ttl = 0;
  family.periodic_compaction_seconds = 0;
  rocksdb::BlockBasedTableOptions table = TableOptions(cache);
  // Folding one instance reads single records out of blocks of this size; whole
  // folds read on anyway.
  table.block_size = size_t{16} << 10;
  // No bloom filter: every position up to the end exists.
  table.filter_policy = nullptr;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

rocksdb::ColumnFamilyOptions CacheFamily(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  SetCompression(&family);
  // Filled by one checkpoint and flushed by it. Several checkpoints must fit,
  // or a large one would be flushed twice.
  family.write_buffer_size = size_t{64} << 20;
  // Most are small; RocksDB's default of 1 MB a family would cost 13 MB.
  family.arena_block_size = size_t{64} << 10;
  rocksdb::BlockBasedTableOptions table = TableOptions(cache);
  table.block_size = size_t{4} << 10;
  // Most look-ups that pass the overlay ask for keys that don't exist (is this
  // business key taken?).
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Due times and ready jobs are queues: what was taken from the front stays as
  // tombstones that every scan from the front walks over. A file in which half
  // of a window of 128 entries are tombstones is compacted soon.
  family.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(128, 64));
  // Every few checkpoints the new files are merged into level 1. Small levels
  // and files keep that to the neighbourhood of what changed: with the defaults
  // a million waiting instances (some 200 MB) would be rewritten each time.
  family.max_bytes_for_level_base = uint64_t{32} << 20;
  family.target_file_size_base = uint64_t{8} << 20;
  family.ttl = 0;
  family.periodic_compaction_seconds = 0;
  return family;
}

// Read seldom and kept for years, so it is made small: ADR 0033 has the figures
// behind each number here.
rocksdb::ColumnFamilyOptions ArchiveFamily(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  // The same on every level: see SetCompression.
  family.compression = rocksdb::kZSTD;
  family.bottommost_compression = rocksdb::kDisableCompressionOption;
  family.compression_per_level.clear();
  // Higher ones cost many times the CPU and made it no smaller. Nor did a
  // dictionary, where a block holds a hundred entries that are alike anyway.
  family.compression_opts.level = 3;
  rocksdb::BlockBasedTableOptions table = TableOptions(cache);
  table.block_size = size_t{1} << 20;
  table.filter_policy = nullptr;  // what is asked for is there, mostly
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = size_t{64} << 20;
  family.arena_block_size = size_t{64} << 10;
  family.num_levels = 4;
  family.level_compaction_dynamic_level_bytes = false;
  // Files whose keys follow each other are moved. Where an old instance's key
  // comes late, what is merged with it is bounded by the level.
  family.max_bytes_for_level_base = uint64_t{256} << 20;
  family.target_file_size_base = uint64_t{32} << 20;
  // What is deleted leaves room soon, not when its level happens to be full.
  family.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(128, 64));
  family.ttl = 0;
  family.periodic_compaction_seconds = 0;
  return family;
}

}  // namespace

rocksdb::DBOptions MakeDbOptions(
    const StoreOptions& options, rocksdb::Env* env,
    std::shared_ptr<rocksdb::EventListener> listener) {
  rocksdb::DBOptions db;
  db.env = env;
  if (listener != nullptr) db.listeners.push_back(std::move(listener));
  db.create_if_missing = false;  // the opening decides that, by the mark
  db.create_missing_column_families = true;  // new in this build

  // --- Nothing acknowledged is lost, nothing is wrong unnoticed.
  // Corruption stops the database instead of being skipped.
  db.paranoid_checks = true;
  // A torn tail that was never acknowledged is normal after power loss, also
  // with pages lost out of order; the mark decides whether more is missing.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // After an opening everything recovered is in files: no torn log stays live
  // for the next opening to stumble over.
  db.avoid_flush_during_recovery = false;
  // Every write reaches the operating system before it returns: that is what
  // `buffered` promises, and what SyncWAL then makes durable.
  db.manual_wal_flush = false;
  // A recycled log holds old records behind its end.
  db.recycle_log_file_num = 0;
  // Closed logs only, and 7.8 can refuse a healthy store because of it; the
  // mark covers more.
  db.track_and_verify_wals_in_manifest = false;
  // After a failed write or sync nobody knows what the disk holds: no retries.
  db.max_bgerror_resume_count = 0;
  // Caches are written without WAL beside a log with WAL: without this a crash
  // could keep the caches of a log whose records are gone.
  db.atomic_flush = true;
  // Batches become visible whole, in order.
  db.unordered_write = false;
  db.enable_pipelined_write = false;  // not possible with atomic_flush
  // Closing leaves the tail to the WAL; what is not in the WAL (a checkpoint)
  // is flushed when it is written.
  db.avoid_flush_during_shutdown = true;

  // --- Opening is fast.
  // Backstop for a caller that takes no checkpoints: bounds what RocksDB
  // replays. Checkpoints come at a third of it.
  db.max_total_wal_size = 3 * options.checkpoint_log_bytes;
  // Tables are opened when they are read: a store of 100 GB opens like an empty
  // one. (Readers need -1: the writer deletes files under them.)
  db.max_open_files = options.read_only ? -1 : 1000;
  // Would read every file's properties.
  db.skip_stats_update_on_db_open = true;
  db.skip_checking_sst_file_sizes_on_db_open = false;  // damage seen early

  // --- Two cores.
  // One flush and one compaction beside the caller's threads.
  db.max_background_jobs = 2;
  // Hands tables to the disk bit by bit, so that a flush doesn't stand in the
  // way of the next sync of the log.
  db.bytes_per_sync = size_t{512} << 10;

  // --- Quiet.
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.max_log_file_size = size_t{4} << 20;
  db.keep_log_file_num = 4;
  return db;
}

std::string LogFamilyName(PartitionId partition) {
  return absl::StrCat(kLogFamilyPrefix, partition);
}

std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(
    const StoreOptions& options, int partitions, const FloorsNow& floors) {
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, CacheFamily(cache));
  for (int p = 0; p < partitions; ++p) {
    families.emplace_back(LogFamilyName(static_cast<PartitionId>(p)),
                          LogFamily(options, cache));
  }
  for (size_t t = 0; t < kTableCount; ++t) {
    const auto table = static_cast<Table>(t);
    families.emplace_back(std::string(NameOf(table)), CacheFamily(cache));
    if (options.is_dead == nullptr || !floors) continue;
    families.back().options.compaction_filter_factory =
        MakeDeadEntryFilters(table, options.is_dead, floors);
  }
  families.emplace_back(kArchiveFamilyName, ArchiveFamily(cache));
  return families;
}

std::vector<rocksdb::ColumnFamilyDescriptor> ExistingFamilies(
    const rocksdb::DBOptions& db_options, const std::string& db_path,
    std::vector<rocksdb::ColumnFamilyDescriptor> families) {
  std::vector<std::string> names;
  // When this fails, so will the opening, and say why.
  if (rocksdb::DB::ListColumnFamilies(db_options, db_path, &names).ok() &&
      std::find(names.begin(), names.end(), kArchiveFamilyName) ==
          names.end()) {
    families.pop_back();
  }
  return families;
}

rocksdb::ReadOptions ScanOptions() {
  rocksdb::ReadOptions read;
  read.verify_checksums = true;
  read.ignore_range_deletions = true;
  return read;
}

rocksdb::WriteOptions LogWriteOptions() {
  rocksdb::WriteOptions write;
  write.sync = false;
  write.disableWAL = false;
  return write;
}

rocksdb::WriteOptions CheckpointWriteOptions() {
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return write;
}

}  // namespace pawl::eventstore
