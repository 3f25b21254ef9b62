// libFuzzer's entry; PAWL_FUZZ_TARGET is the function of targets.h, set by
// fuzz_target() in fuzz.bzl.
#include <time.h>

#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "tests/fuzz/targets.h"

namespace {

// libFuzzer's own -timeout counts the time on the wall, in which a busy machine
// gives this process next to nothing; it is left to find what hangs.
// The promise is one second (input_runner.h holds it, without sanitizers); they
// make everything at least three times slower.
constexpr double kCpuSecondsMax = 3;

double CpuSeconds() {
  timespec now;
  PAWL_CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const double start = CpuSeconds();
  pawl::fuzz::PAWL_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  const double took = CpuSeconds() - start;
  PAWL_CHECK(took < kCpuSecondsMax)
      << "this input took " << took << " s of processor time, wanted less than "
      << kCpuSecondsMax;
  return 0;
}
