// Random: the one source of chance in tests. SplitMix64 (Steele, Lea, Flood,
// "Fast splittable pseudorandom number generators", 2014), written out because
// the distributions of <random> differ between standard libraries and a seed
// must mean the same run everywhere.
#ifndef PAWL_TESTS_SUPPORT_RANDOM_H_
#define PAWL_TESTS_SUPPORT_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace pawl {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // 0..bound-1; `bound` is at least 1. (The bias of the remainder is below
  // bound / 2^64.)
  size_t Below(size_t bound) { return static_cast<size_t>(Next() % bound); }
  // True once in `times` calls, on average.
  bool OneIn(size_t times) { return Below(times) == 0; }
  // An independent stream, so that one part's draws don't move another's.
  Random Split() { return Random(Next()); }

  // For comparing two runs: equal exactly when the same draws were made.
  uint64_t state() const { return state_; }

 private:
  uint64_t state_;
};

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_RANDOM_H_
