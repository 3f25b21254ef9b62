// WalGate: no sync of RocksDB's WAL meets an append to it that failed.
//
// RocksDB appends and syncs on two threads of ours at once. A sync that begins
// right after an append failed, on a WAL that was never synced before, is an
// assertion of RocksDB 7.8 in builds that have assertions, as Debian's has: it
// would end the process of whoever embeds us. So a failed append is told to
// RocksDB only when no sync runs and none will begin any more.
//
// And a WAL ends where its file ends. RocksDB takes a read that brought less
// than it asked for as the end of the log; if the file goes on, what follows
// would be lost without a word wherever the mark lags behind.
#ifndef PAWL_EVENTSTORE_WAL_GATE_H_
#define PAWL_EVENTSTORE_WAL_GATE_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "rocksdb/file_system.h"
#include "rocksdb/io_status.h"

namespace pawl::eventstore {

// Thread-safe. Syncs are the syncer's, one at a time.
class WalGate {
 public:
  // OK: sync, then call EndSync(). Else the failure of an append: don't sync.
  rocksdb::IOStatus BeginSync();
  void EndSync();

  // An append has failed. Returns once no sync runs; the first failure stays.
  void Fail(const rocksdb::IOStatus& failure);

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  bool syncing_ = false;
  rocksdb::IOStatus failure_;
};

// The file system below RocksDB, with appends to WAL files watched by `gate`,
// which must outlive it and its files, and reads of them that end before the
// file turned into IO errors.
class WalFileSystem : public rocksdb::FileSystemWrapper {
 public:
  WalFileSystem(std::shared_ptr<rocksdb::FileSystem> below, WalGate* gate)
      : FileSystemWrapper(std::move(below)), gate_(gate) {}
  const char* Name() const override { return "WalFileSystem"; }
  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* result,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewSequentialFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSSequentialFile>* result,
      rocksdb::IODebugContext* debug) override;

 private:
  WalGate* const gate_;
};

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_WAL_GATE_H_
