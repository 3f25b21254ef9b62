// SimulatedDisk: the content of a disk, and of the operating system's cache
// before it. What is written, created, renamed or removed is seen at once, but
// is on the disk only after a sync of the file or of the folder; After() gives
// the disk that a power loss leaves behind.
//
// The rules are those of POSIX, at their least friendly: a file is known by its
// name only after its folder was synced; pages of 4 KiB reach the disk in any
// order or not at all; a write that isn't synced may be cut at a sector of 512
// bytes or leave garbage behind the file's old end. A sector that was on the
// disk holds its old content or its new, but for the one that was being written
// when the power went.
//
// No faults, no RocksDB: fault_file_system.h has those. Thread-compatible;
// copying one copies all bytes.
#ifndef PAWL_TESTS_CRASH_SIMULATED_DISK_H_
#define PAWL_TESTS_CRASH_SIMULATED_DISK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.h"

namespace pawl::crash {

class SimulatedDisk {
 public:
  using InodeId = uint64_t;
  static constexpr size_t kPageBytes = 4096;
  static constexpr size_t kSectorBytes = 512;

  // What is lost when a life ends.
  enum class Loss {
    kNothing,         // the process was killed, the machine runs on
    kUnsynced,        // power: all that wasn't synced
    kSomeOfUnsynced,  // power: unsynced pages and names at random
    kGarbage,         // as above, and new blocks hold anything
  };

  // With the folder `root` and those above it, on the disk.
  explicit SimulatedDisk(const std::string& root);

  // --- Look-ups --------------------------------------------------------------
  std::optional<InodeId> Find(const std::string& path) const;
  bool IsFolder(InodeId inode) const { return inodes_.at(inode).folder; }
  const std::string& Bytes(InodeId inode) const {
    return inodes_.at(inode).bytes;
  }
  // Names in a folder, sorted.
  std::vector<std::string> List(InodeId folder) const;
  // Paths of all files below the root folder, sorted.
  std::vector<std::string> AllFiles() const;
  uint64_t bytes() const;

  // --- Changes; false or nullopt: the folder or the file isn't there --------
  // An empty file; one of that name before is gone.
  std::optional<InodeId> Create(const std::string& path);
  bool MakeFolder(const std::string& path);
  bool Link(const std::string& from, const std::string& to);
  bool Rename(const std::string& from, const std::string& to);
  bool Remove(const std::string& path);
  // Grows the file as needed.
  void Write(InodeId file, uint64_t offset, std::string_view bytes);
  void Truncate(InodeId file, uint64_t bytes);

  // --- To the disk -----------------------------------------------------------
  void Sync(InodeId file);
  // A sync that failed, as Linux does it: what was dirty counts as clean, and
  // never gets to the disk unless it is written again.
  void LoseDirty(InodeId file);
  // Whether the file has something that is never written.
  bool Forgot(InodeId file) const;
  void SyncFolder(InodeId folder);
  void SyncAll();

  // --- The end of a life -----------------------------------------------------
  // What the write that was under way left on the disk, whatever else is lost.
  struct Kept {
    InodeId file = 0;
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };
  SimulatedDisk After(Loss loss, const std::optional<Kept>& kept,
                      Random* random) const;

  // Damages the content as if it had always been so; for flips and cuts.
  std::string* Damage(InodeId file) { return &inodes_.at(file).bytes; }

 private:
  struct Inode {
    bool folder = false;
    // A file: as it is seen, how much of that the disk knows, and what the disk
    // has instead in pages that were written since (and in those that a failed
    // sync forgot).
    std::string bytes;
    uint64_t disk_size = 0;
    std::map<uint64_t, std::string> dirty;
    std::map<uint64_t, std::string> forgotten;
    // A folder: as it is seen and as the disk has it.
    std::map<std::string, InodeId> entries;
    std::map<std::string, InodeId> disk_entries;
  };
  // One change of names; survives whole or not at all. Inode 0: gone.
  struct NameChange {
    struct Entry {
      InodeId folder = 0;
      std::string name;
      InodeId inode = 0;
    };
    std::vector<Entry> entries;
  };
  struct Place {
    InodeId folder = 0;
    std::string name;
  };

  std::optional<Place> PlaceOf(const std::string& path) const;
  void Change(NameChange change);
  void Commit(const NameChange& change);
  void TouchPages(Inode* file, uint64_t from, uint64_t to);
  std::string DiskBytes(InodeId id, const Inode& file, Loss loss,
                        const std::optional<Kept>& kept, Random* random) const;

  std::string root_;
  std::map<InodeId, Inode> inodes_;
  std::vector<NameChange> changes_;
  InodeId next_inode_ = 2;
};

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_SIMULATED_DISK_H_
