// How a record lies in the log: key = position, value = CRC32C + record. Pure.
// Layout: docs/log_format.md, "Records".
#ifndef PAWL_EVENTSTORE_RECORD_CODEC_H_
#define PAWL_EVENTSTORE_RECORD_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"

namespace pawl::eventstore {

inline constexpr size_t kPositionBytes = 8;
inline constexpr size_t kRecordCrcBytes = 4;
// The keys of all partitions share a table, each behind its number.
inline constexpr size_t kTablePrefixBytes = 2;

// Big-endian, so that the order of bytes is the order of numbers.
std::string EncodeBigEndian64(uint64_t value);
std::string EncodeBigEndian16(uint16_t value);
uint64_t DecodeBigEndian64(std::string_view bytes);  // 8 bytes
uint16_t DecodeBigEndian16(std::string_view bytes);  // 2 bytes
// Little-endian, for fixed fields inside values.
void PutLittleEndian32(char* to, uint32_t value);
void PutLittleEndian64(char* to, uint64_t value);
uint32_t GetLittleEndian32(const char* from);
uint64_t GetLittleEndian64(const char* from);

// The four bytes in front of the record. They cover the partition and the
// position too, so a record in the wrong place doesn't pass.
std::string RecordCrc(PartitionId partition, Position position,
                      std::string_view record);

// The record inside `value`, or DataLoss naming partition:position. The view
// points into `value`.
absl::StatusOr<std::string_view> DecodeRecord(PartitionId partition,
                                              Position position,
                                              std::string_view value);

// Puts records where their readers can use them in place (FlatBuffers wants its
// numbers at multiples of their size): RocksDB hands values out at any address,
// and the checksum shifts them by four bytes more.
class RecordAligner {
 public:
  // `record`, or a copy of it, at a multiple of kRecordAlignment. Valid until
  // the next call, as long as `record` is.
  std::string_view Align(std::string_view record);

 private:
  std::vector<uint64_t> buffer_;
};

// DataLoss for a hole in the log: `position` isn't there.
absl::Status MissingRecord(PartitionId partition, Position position,
                           const std::string& detail);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_RECORD_CODEC_H_
