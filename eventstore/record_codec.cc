#include "eventstore/record_codec.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "eventstore/event_store.h"

namespace pawl::eventstore {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the codec copies little-endian numbers");

std::string EncodeBigEndian64(uint64_t value) {
  value = __builtin_bswap64(value);
  return std::string(reinterpret_cast<const char*>(&value), 8);
}

std::string EncodeBigEndian16(uint16_t value) {
  value = __builtin_bswap16(value);
  return std::string(reinterpret_cast<const char*>(&value), 2);
}

uint64_t DecodeBigEndian64(std::string_view bytes) {
  PAWL_CHECK_EQ(bytes.size(), size_t{8});
  uint64_t value;
  std::memcpy(&value, bytes.data(), 8);
  return __builtin_bswap64(value);
}

uint16_t DecodeBigEndian16(std::string_view bytes) {
  PAWL_CHECK_EQ(bytes.size(), size_t{2});
  uint16_t value;
  std::memcpy(&value, bytes.data(), 2);
  return __builtin_bswap16(value);
}

void PutLittleEndian32(char* to, uint32_t value) { std::memcpy(to, &value, 4); }
void PutLittleEndian64(char* to, uint64_t value) { std::memcpy(to, &value, 8); }

uint32_t GetLittleEndian32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, 4);
  return value;
}

uint64_t GetLittleEndian64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, 8);
  return value;
}

namespace {

uint32_t Crc(PartitionId partition, Position position,
             std::string_view record) {
  char place[10];
  const uint16_t p = __builtin_bswap16(partition);
  const uint64_t n = __builtin_bswap64(position);
  std::memcpy(place, &p, 2);
  std::memcpy(place + 2, &n, 8);
  return ExtendCrc32c(Crc32c({place, sizeof(place)}), record);
}

}  // namespace

std::string RecordCrc(PartitionId partition, Position position,
                      std::string_view record) {
  std::string crc(kRecordCrcBytes, '\0');
  PutLittleEndian32(crc.data(), Crc(partition, position, record));
  return crc;
}

absl::StatusOr<std::string_view> DecodeRecord(PartitionId partition,
                                              Position position,
                                              std::string_view value) {
  if (value.size() <= kRecordCrcBytes) {
    return absl::DataLossError(
        absl::StrCat("record ", LogPlace(partition, position), " has ",
                     value.size(), " bytes, fewer than its checksum"));
  }
  const uint32_t stored = GetLittleEndian32(value.data());
  value.remove_prefix(kRecordCrcBytes);
  const uint32_t computed = Crc(partition, position, value);
  if (stored != computed) {
    return absl::DataLossError(absl::StrFormat(
        "record %s is damaged: checksum %08x, want %08x, over %d bytes",
        LogPlace(partition, position), computed, stored, value.size()));
  }
  return value;
}

std::string_view RecordAligner::Align(std::string_view record) {
  static_assert(alignof(uint64_t) == kRecordAlignment);
  if (reinterpret_cast<uintptr_t>(record.data()) % kRecordAlignment == 0) {
    return record;
  }
  buffer_.resize(record.size() / sizeof(uint64_t) + 1);
  std::memcpy(buffer_.data(), record.data(), record.size());
  return {reinterpret_cast<const char*>(buffer_.data()), record.size()};
}

absl::Status MissingRecord(PartitionId partition, Position position,
                           const std::string& detail) {
  return absl::DataLossError(absl::StrCat(
      "record ", LogPlace(partition, position), " is missing: ", detail));
}

}  // namespace pawl::eventstore
