#include "engine/stream_tail.h"

#include "absl/strings/str_cat.h"
#include "base/check.h"

namespace pawl {
namespace {

void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// Takes a varint off the front; false when there is none.
bool TakeVarint(std::string_view* bytes, uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes->empty()) return false;
    const auto byte = static_cast<uint8_t>(bytes->front());
    bytes->remove_prefix(1);
    *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

std::string StreamKey(InstanceKey instance, uint32_t first_sequence) {
  std::string key(12, '\0');
  for (size_t i = 0; i < 8; ++i) {
    key[i] = static_cast<char>(instance.value() >> (56 - 8 * i));
  }
  for (size_t i = 0; i < 4; ++i) {
    key[8 + i] = static_cast<char>(first_sequence >> (24 - 8 * i));
  }
  return key;
}

absl::Status DecodePositions(std::string_view value,
                             std::vector<Position>* positions) {
  Position last = 0;
  while (!value.empty()) {
    uint64_t step = 0;
    if (!TakeVarint(&value, &step) || step == 0 || last + step < last) {
      return absl::DataLossError(
          absl::StrCat("stream entry: no position after ", last));
    }
    last += step;
    positions->push_back(last);
  }
  return absl::OkStatus();
}

void StreamTail::Add(InstanceKey instance, uint32_t first_sequence,
                     Position position, size_t record_bytes,
                     std::optional<FoldCost> before) {
  const auto [it, is_new] = entries_.try_emplace(instance);
  Entry& entry = it->second;
  PAWL_CHECK_LT(entry.last, position) << "records of an instance in order";
  if (is_new) {
    entry.first_sequence = first_sequence;
    entry.before = before;
  }
  AppendVarint(position - entry.last, &entry.positions);
  entry.last = position;
  ++entry.records;
  entry.bytes += record_bytes;
}

const StreamTail::Entry* StreamTail::Find(InstanceKey instance) const {
  const auto it = entries_.find(instance);
  return it == entries_.end() ? nullptr : &it->second;
}

}  // namespace pawl
