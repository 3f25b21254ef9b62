// That the limits which the other tests rely on are limits.
#include "tests/fuzz/input_runner.h"

#include <time.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace pawl::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> OneFile(const std::string& name) {
  const fs::path file = fs::path(::testing::TempDir()) / name;
  std::ofstream(file) << "bytes";
  return {file};
}

void BurnAnInputsTime(std::string_view) {
  const clock_t start = clock();
  const double most = kCpuSecondsMax * CLOCKS_PER_SEC * 1.1;
  while (static_cast<double>(clock() - start) < most) {
  }
}

void TouchAnInputsMemory(std::string_view) {
  const std::vector<char> memory(size_t{kMemoryMbMax + 16} << 20, 'x');
  ASSERT_EQ(memory[memory.size() / 2], 'x');
}

TEST(RunInputs, GivesTheTargetTheFilesBytes) {
  static std::string got;
  const auto report = RunInputs(
      {"echo", [](std::string_view bytes) { got = bytes; }}, OneFile("echo"));
  EXPECT_EQ(got, "bytes");
  EXPECT_TRUE(report.failures.empty());
}

TEST(RunInputs, TooMuchTimeIsAFailure) {
  const auto report = RunInputs({"slow", BurnAnInputsTime}, OneFile("slow"));
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_NE(report.failures[0].find("repeat with: tools/fuzz slow "),
            std::string::npos)
      << report.failures[0];
}

TEST(RunInputs, TooMuchMemoryIsAFailure) {
  if (!kMemoryIsOurs) GTEST_SKIP() << "memory of the sanitizer";
  const auto report =
      RunInputs({"large", TouchAnInputsMemory}, OneFile("large"));
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_NE(report.failures[0].find(" MiB, wanted at most 512"),
            std::string::npos)
      << report.failures[0];
}

}  // namespace
}  // namespace pawl::fuzz
