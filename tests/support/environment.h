// NumberFromEnv(): how the tests that draw are told which seed, and how many,
// other than by default.
#ifndef PAWL_TESTS_SUPPORT_ENVIRONMENT_H_
#define PAWL_TESTS_SUPPORT_ENVIRONMENT_H_

#include <cstdint>
#include <cstdlib>

namespace pawl {

inline uint64_t NumberFromEnv(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_ENVIRONMENT_H_
