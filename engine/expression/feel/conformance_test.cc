// FEEL against cases by others: the technology compatibility kit of DMN and the
// tests of Camunda's engine. What doesn't pass is explained in docs/feel.md.
//
// The cases aren't part of this repository. The test looks in the folder
// PAWL_CONFORMANCE_DIR, else beside the workspace, and skips where it is
// absent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "engine/expression/feel/cases.h"
#include "tests/support/conformance_dir.h"

namespace pawl::expression::feel {
namespace {

struct Wanted {
  std::string file;
  int cases = 0;
  // At least; they may only go up.
  int passed = 0;
  int values = 0;
};

void Check(const Wanted& wanted) {
  const std::filesystem::path path =
      ConformanceDir() / "feel" / (wanted.file + ".jsonl");
  if (ConformanceDir().empty() || !std::filesystem::exists(path)) {
    GTEST_SKIP() << "skipped: no cases " << wanted.file
                 << "; set PAWL_CONFORMANCE_DIR";
  }
  std::ifstream lines(path);
  std::string line;
  int cases = 0, passed = 0, values = 0, values_wanted = 0;
  std::string failed;
  while (std::getline(lines, line)) {
    ++cases;
    const auto result = RunCase(line);
    const std::string failure =
        result.ok() ? result->failure : std::string(result.status().message());
    // A case that can't be read expects a value that FEEL doesn't have.
    const bool wants_value = !result.ok() || result->wants_value;
    if (wants_value) ++values_wanted;
    if (failure.empty()) {
      ++passed;
      if (wants_value) ++values;
    } else {
      failed += "  line " + std::to_string(cases) + ": " + failure + "\n";
    }
  }
  std::cout << wanted.file << ": " << passed << " of " << cases << ", "
            << values << " of " << values_wanted << " that want a value\n"
            << failed;
  EXPECT_EQ(cases, wanted.cases);
  EXPECT_GE(passed, wanted.passed);
  EXPECT_GE(values, wanted.values);
}

// Wanted by the issue: 98 % of all and 99 % of those that want a value, 95 %,
// 92 %. These are the counts that were reached.
TEST(FeelConformanceTest, CompatibilityKit) {
  Check({"visible", 2189, 2187, 1205});
}
TEST(FeelConformanceTest, BoxedExpressionsAsText) {
  Check({"derived-visible", 73, 73, 66});
}
TEST(FeelConformanceTest, CamundasFlavour) {
  Check({"feelscala-visible", 550, 529, 427});
}

}  // namespace
}  // namespace pawl::expression::feel
