// FaultFileSystem: a SimulatedDisk as RocksDB and the store see it, which
// counts the IO calls and lets one of them, or all from it on, meet a fault.
// Files live in memory, so a sync costs nothing and a disk can be copied.
//
// What is counted: writes, syncs, creations, renames, links, removals, cuts and
// syncs of folders; reads have a count of their own. A fault strikes the n-th
// call of those that it can strike, so that counting n up visits each place
// once; `struck()` says whether there was an n-th.
//
// Only the lock of the store (PAWL_LOCK, a real flock) is outside.
#ifndef PAWL_TESTS_CRASH_FAULT_FILE_SYSTEM_H_
#define PAWL_TESTS_CRASH_FAULT_FILE_SYSTEM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rocksdb/file_system.h"
#include "tests/crash/simulated_disk.h"
#include "tests/support/random.h"

namespace pawl::crash {

// constant, name, what happens
#define PAWL_CRASH_FAULTS(X)                                                \
  /* The end of a life: nothing happens any more after it. */               \
  X(kKill, "kill", "the process ends, the machine runs on")                 \
  X(kDropUnsynced, "drop_unsynced", "power: what isn't synced is gone")     \
  X(kOutOfOrder, "out_of_order", "power: unsynced pages survive at random") \
  X(kTornSector, "torn_sector", "power: a write is cut at a sector")        \
  X(kGarbage, "garbage", "power: new blocks, and a write, hold anything")   \
  /* Life goes on. */                                                       \
  X(kBitFlip, "bit_flip", "one bit of what is written is wrong")            \
  X(kIoError, "io_error", "EIO, nothing done")                              \
  X(kNoSpace, "no_space", "ENOSPC, nothing done")                           \
  X(kShortWrite, "short_write", "a part is written, then EIO")              \
  X(kFailedSync, "failed_sync", "EIO, and what was dirty is never written") \
  X(kFailedRename, "failed_rename", "EIO, nothing done")                    \
  X(kFailedFolderSync, "failed_folder_sync", "EIO, nothing done")           \
  X(kReadError, "read_error", "EIO")                                        \
  X(kShortRead, "short_read", "less than there is, as if the file ended")

enum class FaultKind {
#define PAWL_CRASH_FAULT_ENUM(constant, name, what) constant,
  PAWL_CRASH_FAULTS(PAWL_CRASH_FAULT_ENUM)
#undef PAWL_CRASH_FAULT_ENUM
};

inline constexpr std::array kFaultNames = {
#define PAWL_CRASH_FAULT_NAME(constant, name, what) name,
    PAWL_CRASH_FAULTS(PAWL_CRASH_FAULT_NAME)
#undef PAWL_CRASH_FAULT_NAME
};
inline constexpr size_t kFaultKindCount = kFaultNames.size();

// "drop_unsynced"; for tables and messages.
constexpr const char* FaultKindName(FaultKind kind) {
  return kFaultNames[static_cast<size_t>(kind)];
}
// True for the first five.
bool EndsLife(FaultKind kind);

enum class Call {
  kWrite,
  kSync,
  kCreate,
  kRename,
  kLink,
  kRemove,
  kTruncate,
  kFolderSync,
  kRead,
};
inline constexpr size_t kCallCount = static_cast<size_t>(Call::kRead) + 1;
bool CanStrike(FaultKind kind, Call call);

struct Fault {
  FaultKind kind = FaultKind::kKill;
  // 1 is the first call that the kind can strike.
  uint64_t at = 1;
  // That call and all later ones; otherwise that call alone.
  bool for_ever = false;
};
// "io_error at 17 for ever".
std::string ToString(const Fault& fault);

class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem(SimulatedDisk disk, std::vector<Fault> faults, uint64_t seed);
  ~FaultFileSystem() override;
  const char* Name() const override { return "FaultFileSystem"; }

  // Called once for each fault, when it strikes first, with locks of this held:
  // it may only note something. Set it before use.
  void set_on_strike(std::function<void(const Fault&)> on_strike) {
    on_strike_ = std::move(on_strike);
  }

  // The first fault strikes the first call from its number on for which this
  // says so, under the same rule.
  void set_when(std::function<bool()> when) { when_ = std::move(when); }

  // The first fault strikes writes and syncs of files alone whose path has this
  // in it, and counts those. Set it before use.
  void set_only(std::string part_of_path) { only_ = std::move(part_of_path); }

  // A slow disk: now and then a write or a sync of a file takes long, while
  // other threads go on. Set it before use.
  void set_slow(bool slow) { slow_ = slow; }

  // --- Afterwards ------------------------------------------------------------
  // Calls of all kinds but reads.
  uint64_t calls() const;
  uint64_t calls(Call call) const;
  uint64_t reads() const { return calls(Call::kRead); }
  // Whether fault number `fault` struck at least once.
  bool struck(size_t fault) const;
  // A fault that ends a life has.
  bool off() const;
  // The disk for the next life. When no fault ended this one it ends now, and
  // loses what `otherwise` says.
  SimulatedDisk Image(SimulatedDisk::Loss otherwise);
  // Whether a failed sync has made the disk forget what was written to the file
  // at `path`: the next life doesn't see it.
  bool Forgot(const std::string& path) const;
  // True when the next life is on a machine that was started anew.
  bool power_lost() const;

  // --- rocksdb::FileSystem ---------------------------------------------------
  using IOOptions = rocksdb::IOOptions;
  using FileOptions = rocksdb::FileOptions;
  using IOStatus = rocksdb::IOStatus;
  using Debug = rocksdb::IODebugContext;
  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             Debug*) override;
  IOStatus NewRandomAccessFile(
      const std::string& path, const FileOptions&,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug*) override;
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           Debug*) override;
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              Debug*) override;
  IOStatus ReuseWritableFile(const std::string& path,
                             const std::string& old_path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             Debug*) override;
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                           Debug*) override;
  IOStatus NewMemoryMappedFileBuffer(
      const std::string& path,
      std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) override;
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* folder,
                        Debug*) override;
  IOStatus FileExists(const std::string& path, const IOOptions&,
                      Debug*) override;
  IOStatus GetChildren(const std::string& path, const IOOptions&,
                       std::vector<std::string>* names, Debug*) override;
  IOStatus GetChildrenFileAttributes(const std::string& path, const IOOptions&,
                                     std::vector<rocksdb::FileAttributes>*,
                                     Debug*) override;
  IOStatus DeleteFile(const std::string& path, const IOOptions&,
                      Debug*) override;
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions&,
                    Debug*) override;
  IOStatus CreateDir(const std::string& path, const IOOptions&,
                     Debug*) override;
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&,
                              Debug*) override;
  IOStatus DeleteDir(const std::string& path, const IOOptions&,
                     Debug*) override;
  IOStatus GetFileSize(const std::string& path, const IOOptions&,
                       uint64_t* size, Debug*) override;
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&,
                                   uint64_t* time, Debug*) override;
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions&, Debug*) override;
  IOStatus LinkFile(const std::string& from, const std::string& to,
                    const IOOptions&, Debug*) override;
  IOStatus NumFileLinks(const std::string& path, const IOOptions&, uint64_t*,
                        Debug*) override;
  IOStatus AreFilesSame(const std::string& one, const std::string& other,
                        const IOOptions&, bool* same, Debug*) override;
  IOStatus LockFile(const std::string& path, const IOOptions&,
                    rocksdb::FileLock** lock, Debug*) override;
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&,
                      Debug*) override;
  IOStatus NewLogger(const std::string& path, const IOOptions&,
                     std::shared_ptr<rocksdb::Logger>* logger, Debug*) override;
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&,
                           std::string* out, Debug*) override;
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is,
                       Debug*) override;

  // --- For the files that this hands out -------------------------------------
  IOStatus Write(SimulatedDisk::InodeId file, uint64_t offset,
                 const rocksdb::Slice& data);
  IOStatus Append(SimulatedDisk::InodeId file, const rocksdb::Slice& data);
  IOStatus Cut(SimulatedDisk::InodeId file, uint64_t size);
  IOStatus SyncFile(SimulatedDisk::InodeId file);
  IOStatus SyncFolder(SimulatedDisk::InodeId folder);
  IOStatus Read(SimulatedDisk::InodeId file, uint64_t offset, size_t n,
                rocksdb::Slice* result, char* scratch);
  uint64_t SizeOf(SimulatedDisk::InodeId file);

 private:
  struct Armed {
    Fault fault;
    uint64_t seen = 0;
    bool struck = false;
  };
  // The fault that this call meets, if any; counts it. `file` is known for
  // writes and syncs.
  std::optional<FaultKind> Count(Call call, SimulatedDisk::InodeId file = 0);
  // For calls that have no other way to go wrong: what to return when not OK.
  IOStatus Meet(Call call);
  void TurnOff(FaultKind kind);
  IOStatus FaultyWrite(FaultKind kind, SimulatedDisk::InodeId file,
                       uint64_t offset, std::string_view bytes);
  IOStatus WriteLocked(SimulatedDisk::InodeId file, uint64_t offset,
                       std::string_view bytes);

  // Without the lock held.
  void TakeTime();

  bool slow_ = false;
  std::atomic<uint64_t> timed_{0};
  mutable std::mutex mutex_;
  SimulatedDisk disk_;
  std::vector<Armed> faults_;
  std::array<uint64_t, kCallCount> calls_{};
  Random random_;
  std::function<void(const Fault&)> on_strike_;
  std::function<bool()> when_;
  std::string only_;
  std::set<SimulatedDisk::InodeId> only_files_;
  std::optional<FaultKind> off_;
  std::optional<SimulatedDisk::Kept> kept_;
  SimulatedDisk::Loss loss_ = SimulatedDisk::Loss::kNothing;
};

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_FAULT_FILE_SYSTEM_H_
