// Strong ids: a key of one kind can't be passed where another is wanted.
//
// Keys are unsigned 64 bit, unique in a store, never reused. The upper 13 bits
// hold the partition whose log owns the key, the lower 51 count up from 1 in
// that partition. Zero is "no key".
#ifndef PAWL_BASE_IDS_H_
#define PAWL_BASE_IDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

namespace pawl {

// A 64 bit number that only compares with, and assigns from, its own kind.
template <typename Tag>
class StrongId {
 public:
  constexpr StrongId() = default;
  constexpr explicit StrongId(uint64_t value) : value_(value) {}

  constexpr uint64_t value() const { return value_; }
  constexpr bool valid() const { return value_ != 0; }

  friend constexpr bool operator==(StrongId, StrongId) = default;
  friend constexpr auto operator<=>(StrongId, StrongId) = default;

  template <typename H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value_);
  }
  friend std::ostream& operator<<(std::ostream& os, StrongId id) {
    return os << id.value_;
  }

 private:
  uint64_t value_ = 0;
};

// Decimal text of a key, as users see it.
template <typename Tag>
std::string ToString(StrongId<Tag> id) {
  return std::to_string(id.value());
}

using DefinitionKey = StrongId<struct DefinitionTag>;
using InstanceKey = StrongId<struct InstanceTag>;
// Also names a scope: the root scope of an instance has the instance's key.
using ElementKey = StrongId<struct ElementTag>;
using JobKey = StrongId<struct JobTag>;
using TaskKey = StrongId<struct TaskTag>;
using TimerKey = StrongId<struct TimerTag>;
using IncidentKey = StrongId<struct IncidentTag>;
using SubscriptionKey = StrongId<struct SubscriptionTag>;

// Number of a partition, 0-based, below kPartitionsMax (base/limits.h).
using PartitionId = uint16_t;

// Position of a record in the log of its partition. Dense, the first is 1; 0
// is "before the first".
using Position = uint64_t;

inline constexpr int kKeyCounterBits = 51;

constexpr uint64_t MakeKey(PartitionId partition, uint64_t counter) {
  return (static_cast<uint64_t>(partition) << kKeyCounterBits) | counter;
}
constexpr PartitionId PartitionOfKey(uint64_t key) {
  return static_cast<PartitionId>(key >> kKeyCounterBits);
}
constexpr uint64_t CounterOfKey(uint64_t key) {
  return key & ((uint64_t{1} << kKeyCounterBits) - 1);
}

}  // namespace pawl

namespace std {
template <typename Tag>
struct hash<pawl::StrongId<Tag>> {
  size_t operator()(pawl::StrongId<Tag> id) const {
    return hash<uint64_t>()(id.value());
  }
};
}  // namespace std

#endif  // PAWL_BASE_IDS_H_
