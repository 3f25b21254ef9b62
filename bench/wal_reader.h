// Reads the batches of a RocksDB write-ahead log.
//
// Source: RocksDB's log format (db/log_format.h): blocks of 32 KiB, fragments
// with a header of crc, length and type.
#ifndef PAWL_BENCH_WAL_READER_H_
#define PAWL_BENCH_WAL_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::bench {

struct WalBatch {
  // A serialized rocksdb::WriteBatch.
  std::string bytes;
  // Offset in the file behind its last fragment.
  uint64_t end = 0;
};

// All whole batches. DataLoss: a fragment that isn't one; checksums are not
// looked at. InvalidArgument: the file can't be read.
absl::StatusOr<std::vector<WalBatch>> ReadWal(const std::string& path);

}  // namespace pawl::bench

#endif  // PAWL_BENCH_WAL_READER_H_
