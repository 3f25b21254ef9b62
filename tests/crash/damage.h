// Damage to the files of a store that the engine wrote: R4, single flipped bits
// anywhere, and R5, records that are missing, doubled, swapped or cut off, with
// checksums that fit. Each is DATA_LOSS, of R5 with the place, or changes
// nothing that was acknowledged.
#ifndef PAWL_TESTS_CRASH_DAMAGE_H_
#define PAWL_TESTS_CRASH_DAMAGE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pawl::crash {

struct FlipResult {
  // Empty: refused, or all is right.
  std::string failure;
  std::string file;  // "WAL", "table", "MANIFEST", "CURRENT", ...
  bool refused = false;
  // Opened, without some of what nobody had acknowledged.
  bool shorter = false;
  // The refusal in a word: "DATA_LOSS".
  std::string code;
};
// Flips one bit of one file, both picked by the seed: half of the seeds in a
// store that was killed, half in one that was closed. Then opens it, reads all
// of the log, verifies every cache, and compares digests.
FlipResult RunFlip(uint64_t seed);

struct LogDamage {
  std::string name;
  // Empty: refused, and the place was named.
  std::string failure;
  std::string refusal;
};
// Every kind of damage at the first, a middle and the last record, written
// through RocksDB as if the log had always been so.
std::vector<LogDamage> RunLogDamages();

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_DAMAGE_H_
