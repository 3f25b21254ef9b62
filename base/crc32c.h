// CRC32C (Castagnoli): the checksum of every record and of the mark.
//
// Ours, because Debian's Abseil has no absl/crc. Hardware instruction where the
// processor has it (SSE 4.2), tables otherwise; both give the same value, for
// ever: it is on disk (docs/log_format.md). Polynomial 0x1EDC6F41 reflected, as
// in RFC 3720 (iSCSI), appendix B.4, whose vectors are in the test.
#ifndef PAWL_BASE_CRC32C_H_
#define PAWL_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace pawl {

// CRC of a + b, where `crc` is that of a. O(bytes): about 10 GB/s in hardware.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);

inline uint32_t Crc32c(std::string_view bytes) {
  return ExtendCrc32c(0, bytes);
}

namespace internal {
// The table version, for processors without the instruction; public to be
// compared with the other in a test.
uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view bytes);
}  // namespace internal

}  // namespace pawl

#endif  // PAWL_BASE_CRC32C_H_
