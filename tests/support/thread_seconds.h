// ThreadSeconds: how much processor time this thread has had, for telling slow
// seeds from a busy machine.
#ifndef PAWL_TESTS_SUPPORT_THREAD_SECONDS_H_
#define PAWL_TESTS_SUPPORT_THREAD_SECONDS_H_

#include <ctime>

namespace pawl {

inline double ThreadSeconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  constexpr double kNanosecond = 1e-9;
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * kNanosecond;
}

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_THREAD_SECONDS_H_
