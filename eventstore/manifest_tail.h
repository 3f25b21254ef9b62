// The end of RocksDB's MANIFEST after a power loss. RocksDB takes a file that
// ends within a record; but a disk may have the file's new size and not its new
// content, and then RocksDB refuses the store for "checksum mismatch", or, when
// a block of 32 KiB ends in zeros, skips what they stand for without a word.
// Nobody had built on those last edits: logs and tables that they make obsolete
// are deleted only after their sync. So they may go, and what is left is judged
// as ever: docs/log_format.md, "The end of the MANIFEST".
//
// Doors: ManifestScan, which is pure, and CutManifest.
#ifndef PAWL_EVENTSTORE_MANIFEST_TAIL_H_
#define PAWL_EVENTSTORE_MANIFEST_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eventstore/quarantine.h"
#include "rocksdb/file_system.h"

namespace pawl::eventstore {

// Of RocksDB's log format, which is also that of its MANIFEST: blocks of this
// size; a record in a block is a checksum (4), a length (2), a type (1) and
// that many bytes; where fewer than 7 are left the next block begins.
inline constexpr size_t kManifestBlockBytes = size_t{32} << 10;

// What is cut off at most. RocksDB syncs the file after each batch of edits,
// and one batch is what a power loss can leave half done: a flush of all
// families writes some 200 bytes for each, a compaction as much for each file.
// Anything longer holds edits that were synced, so it isn't a torn end.
inline constexpr uint64_t kManifestTailBytesMax = uint64_t{256} << 10;

// Walks the records of a MANIFEST, block by block.
class ManifestScan {
 public:
  enum class End {
    kWhole,
    // The file ends within a record, or in zeros: RocksDB takes that.
    kTorn,
    // Something else is in the place of a record.
    kDamaged,
  };

  // The next block; only the last one is shorter than kManifestBlockBytes.
  void Add(std::string_view block);

  // Of what was added so far.
  End end() const;
  // Where the last record ends of those that are whole and have only whole ones
  // before them, as RocksDB counts them: one may lie in several blocks.
  uint64_t whole() const { return whole_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void AddRecords(std::string_view block);
  // False: its type doesn't fit behind the one before.
  bool Follows(int type, uint64_t its_end);

  uint64_t bytes_ = 0;
  uint64_t whole_ = 0;
  bool in_fragments_ = false;  // a record has begun in a block before
  bool stopped_ = false;       // no more records: something was wrong
  bool torn_ = false;          // and it was the end of the file
  bool zeros_ = false;         // or zeros only, so far
};

// Looks at the end of the MANIFEST of the database in `db_path`. When it isn't
// whole, keeps all files of the database in `quarantine`; and when RocksDB
// wouldn't take it, then cuts it at the last whole record, if no more than
// kManifestTailBytesMax go. What opens must then be judged: see
// Quarantine::HoldsDatabase. What was cut, in words; empty: nothing was.
// DataLoss: damaged otherwise, and nothing changed. Nothing is changed either
// where two readings of the file differ, or RocksDB has words of its own for
// what is wrong (CURRENT). Other statuses: of the IO. Reads the file once.
absl::StatusOr<std::string> CutManifest(rocksdb::FileSystem* fs,
                                        const std::string& db_path,
                                        Quarantine* quarantine);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_MANIFEST_TAIL_H_
