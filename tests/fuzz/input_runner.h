// Runs inputs through a fuzz target without libFuzzer, and holds each to what
// is promised: no crash, a second of processor time, 512 MiB. regression_test
// does it with what the repository remembers, run_inputs with what tools/fuzz
// found.
#ifndef PAWL_TESTS_FUZZ_INPUT_RUNNER_H_
#define PAWL_TESTS_FUZZ_INPUT_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// g++ has a macro, clang a question.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAWL_FUZZ_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PAWL_FUZZ_SANITIZED 1
#endif
#endif

namespace pawl::fuzz {

#ifdef PAWL_FUZZ_SANITIZED
// Sanitizers make everything at least three times slower, and use memory of
// their own.
inline constexpr double kCpuSecondsMax = 3;
inline constexpr bool kMemoryIsOurs = false;
#else
inline constexpr double kCpuSecondsMax = 1;
inline constexpr bool kMemoryIsOurs = true;
#endif
inline constexpr int64_t kMemoryMbMax = 512;

struct Target {
  const char* name;
  void (*run)(std::string_view bytes);
};

// All of targets.h.
const std::vector<Target>& Targets();

// The files of a folder, sorted; none when there is no such folder.
std::vector<std::filesystem::path> FilesOf(const std::filesystem::path& folder);

struct InputsReport {
  double slowest_s = 0;
  // Of this process so far. 0 under sanitizers, whose memory isn't ours.
  int64_t peak_mb = 0;
  // One line for each promise that was broken, with the input's name.
  std::vector<std::string> failures;

  // "slowest 0.012 s; peak memory 40 MiB"
  std::string ToString() const;
};

// A target that is broken ends the process (PAWL_CHECK), so the input's name
// goes to stderr before it runs.
InputsReport RunInputs(const Target& target,
                       const std::vector<std::filesystem::path>& files);

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_INPUT_RUNNER_H_
