// ByteSource: a fuzzer's bytes as the answers to "which one?" and "how much?".
// Never fails: where the bytes end, zeros follow.
#ifndef PAWL_TESTS_FUZZ_BYTE_SOURCE_H_
#define PAWL_TESTS_FUZZ_BYTE_SOURCE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace pawl::fuzz {

class ByteSource {
 public:
  explicit ByteSource(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }

  uint8_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  // Little-endian, of `count` bytes.
  uint64_t Bits(int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value |= uint64_t{Byte()} << (8 * i);
    return value;
  }
  // 0..bound-1; 0 when the bound is 0.
  size_t Below(size_t bound) {
    return bound == 0 ? 0 : static_cast<size_t>(Bits(2)) % bound;
  }
  // A length byte, and so many bytes as there are.
  std::string Text() {
    const size_t size = std::min<size_t>(Byte(), bytes_.size());
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  std::string_view Rest() {
    std::string_view rest = bytes_;
    bytes_ = {};
    return rest;
  }

  // A number at the edge of something, or any at all.
  int64_t Number() {
    using Limits = std::numeric_limits<int64_t>;
    static constexpr int64_t kEdges[] = {
        0,
        1,
        -1,
        2,
        1000,
        60'000,
        kRetriesMax,
        kRetriesMax + 1,
        std::numeric_limits<int32_t>::max(),
        std::numeric_limits<int32_t>::min(),
        std::numeric_limits<uint32_t>::max(),
        kDurationMsMax,
        kDurationMsMax + 1,
        Limits::max(),
        Limits::max() - 1,
        Limits::min(),
    };
    const size_t edge = Byte();
    return edge < std::size(kEdges) ? kEdges[edge]
                                    : static_cast<int64_t>(Bits(8));
  }

 private:
  std::string_view bytes_;
};

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_BYTE_SOURCE_H_
