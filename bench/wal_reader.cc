#include "bench/wal_reader.h"

#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "absl/status/status.h"

namespace pawl::bench {
namespace {

constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 7;
// crc (4), length (2), type (1)
enum FragmentType : unsigned char { kZero, kFull, kFirst, kMiddle, kLast };

}  // namespace

absl::StatusOr<std::vector<WalBatch>> ReadWal(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file.good()) {
    return absl::InvalidArgumentError("can't read the log " + path);
  }
  const std::string text = std::move(content).str();

  std::vector<WalBatch> batches;
  std::string open;
  size_t at = 0;
  while (at + kHeaderBytes <= text.size()) {
    size_t left = kBlockBytes - at % kBlockBytes;
    if (left < kHeaderBytes) {
      at += left;
      continue;
    }
    const auto* header = reinterpret_cast<const unsigned char*>(&text[at]);
    size_t length = header[4] | header[5] << 8;
    unsigned char type = header[6];
    if (type == kZero && length == 0) break;  // preallocated
    if (type > kLast || length + kHeaderBytes > left) {
      return absl::DataLossError("no log fragment at offset " +
                                 std::to_string(at) + " of " + path);
    }
    if (at + kHeaderBytes + length > text.size()) break;  // torn
    if (type == kFull || type == kFirst) open.clear();
    open.append(text, at + kHeaderBytes, length);
    at += kHeaderBytes + length;
    if (type == kFull || type == kLast) {
      batches.push_back({.bytes = std::move(open), .end = at});
      open.clear();
    }
  }
  return batches;
}

}  // namespace pawl::bench
