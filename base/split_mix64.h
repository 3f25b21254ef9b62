// SplitMix64 (Steele, Lea, Flood, 2014): numbers that look random and are the
// same in every build, from one number. For what a log repeats; tests draw from
// tests/support/random.h, and nothing secret may come from here.
#ifndef PAWL_BASE_SPLIT_MIX64_H_
#define PAWL_BASE_SPLIT_MIX64_H_

#include <cstdint>

namespace pawl {

// The next number of the sequence that `*state`, which may be any, is at.
inline uint64_t NextSplitMix64(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace pawl

#endif  // PAWL_BASE_SPLIT_MIX64_H_
