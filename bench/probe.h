// Watches what the engine does to the disk, from outside: the bench binary
// defines fsync, fdatasync and unlink itself, and the loader binds RocksDB to
// them. So fsyncs are counted where they happen, each write-ahead log survives
// RocksDB's deletion under a second name, and how far each was synced is known.
//
// The raw loop (raw_loop.h) then repeats exactly those batches and syncs, and
// no statistic of the engine has to be believed.
#ifndef PAWL_BENCH_PROBE_H_
#define PAWL_BENCH_PROBE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pawl::bench {

// A write-ahead log that was written while the probe watched.
struct KeptWal {
  std::string path;
  // Sizes at which it was synced, ascending.
  std::vector<uint64_t> synced_at;
};

// Files in `directory` whose name is a number and ".log", by number.
std::map<uint64_t, std::string> WalsIn(const std::string& directory);
// Bytes in them.
uint64_t WalBytes(const std::string& directory);

// One at a time in a process.
class Probe {
 public:
  // Watches logs that appear in `directory` (which may be made later) from now
  // on; `keep_directory` must exist, on the same file system.
  Probe(std::string directory, std::string keep_directory);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // fsync and fdatasync calls so far, of any file.
  static uint64_t Fsyncs();

  // The logs, oldest first. After the engine has closed.
  std::vector<KeptWal> Take();
};

}  // namespace pawl::bench

#endif  // PAWL_BENCH_PROBE_H_
