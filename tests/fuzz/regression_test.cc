// Every input that is remembered, through its target: corpus and regressions of
// each. Nothing here is random; tools/fuzz looks for new ones.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fuzz/input_runner.h"

namespace pawl::fuzz {
namespace {

namespace fs = std::filesystem;

class Remembered : public ::testing::TestWithParam<Target> {};

TEST_P(Remembered, InputsPass) {
  const Target& target = GetParam();
  for (const char* kind : {"corpus", "regressions"}) {
    const std::vector<fs::path> files =
        FilesOf(fs::path("tests/fuzz") / kind / target.name);
    EXPECT_FALSE(files.empty())
        << "no file in tests/fuzz/" << kind << "/" << target.name;
    const InputsReport report = RunInputs(target, files);
    std::printf("%s: %zu inputs in %s; %s\n", target.name, files.size(), kind,
                report.ToString().c_str());
    for (const std::string& failure : report.failures) {
      ADD_FAILURE() << failure;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, Remembered, ::testing::ValuesIn(Targets()),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

}  // namespace
}  // namespace pawl::fuzz
