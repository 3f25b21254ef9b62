// Does every file of Camunda 7's tests that needs no Java deploy, and is what
// must be refused refused? The files are outside of the project
// (tests/support/conformance_dir.h); without them the test is skipped.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_xml.h"
#include "gtest/gtest.h"
#include "tests/conformance/rows.h"
#include "tests/support/conformance_dir.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using conformance::ReadRows;
using conformance::Row;

// Shares of the files that must deploy; what refuses each of the others is
// printed.
constexpr double kSound = 0.97;
constexpr double kFlagged = 0.85;

class Camunda7Files : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ConformanceDir().empty() ||
        !fs::exists(ConformanceDir() / "camunda7/languages.csv")) {
      GTEST_SKIP() << "the files aren't here: set PAWL_CONFORMANCE_DIR";
    }
    rows_ = ReadRows(ConformanceDir() / "camunda7/languages.csv");
    ASSERT_GT(rows_.size(), 1000u);
  }

  // The first problem that refuses the file; empty: it deploys.
  static std::string Refusal(const Row& row, std::string* rule) {
    const fs::path path = ConformanceDir() / "camunda7" / row.at("file");
    std::ifstream in(path, std::ios::binary);
    if (!in) return absl::StrCat(row.at("file"), ": can't be read");
    std::ostringstream text;
    text << in.rdbuf();
    const model::ParsedModel parsed =
        model::ParseBpmn(text.str(), row.at("file"));
    if (parsed.ok()) return "";
    for (const model::Problem& problem : parsed.problems) {
      if (problem.severity != model::Severity::kError) continue;
      *rule = problem.rule;
      return model::FormatProblem(parsed.file_name, problem);
    }
    return std::string(parsed.ToStatus().message());
  }

  static bool NeedsNoJava(const Row& row) {
    const std::string& kind = row.at("class");
    return kind == "pure" || kind == "external-task";
  }

  static bool Exists(const Row& row) {
    return fs::exists(ConformanceDir() / "camunda7" / row.at("file"));
  }

  static std::string Name(const Row& row) {
    return fs::path(row.at("file")).filename().string();
  }

  // Counts what deploys, prints what doesn't.
  template <typename Wanted>
  void ExpectShare(const char* what, double share, Wanted wanted) {
    int all = 0;
    int deploy = 0;
    std::map<std::string, int> rules;
    for (const Row& row : rows_) {
      if (!Exists(row) || !NeedsNoJava(row) || !wanted(row)) continue;
      ++all;
      std::string rule = "not a model";
      const std::string refusal = Refusal(row, &rule);
      if (refusal.empty()) {
        ++deploy;
        continue;
      }
      ++rules[rule];
      std::cout << refusal << "\n";
    }
    std::cout << what << ": " << deploy << " of " << all << " deploy";
    for (const auto& [rule, times] : rules) {
      std::cout << ", " << rule << " " << times;
    }
    std::cout << std::endl;
    EXPECT_GT(all, 0);
    EXPECT_GE(deploy, share * all) << what;
  }

  std::vector<Row> rows_;
};

TEST_F(Camunda7Files, WhatNeedsNoJavaDeploys) {
  ExpectShare("sound files", kSound, [](const Row& row) {
    return row.at("maybe_negative_test") == "0";
  });
}

TEST_F(Camunda7Files, MostOfWhatIsFlaggedByNameDeploys) {
  ExpectShare("flagged files", kFlagged, [](const Row& row) {
    return row.at("maybe_negative_test") != "0" &&
           Name(row).find("Invalid") == std::string::npos;
  });
}

TEST_F(Camunda7Files, WhatIsWrongIsRefused) {
  const std::regex wrong(
      ".*(testInvalidTransactionWith[A-Za-z]*StartEvent"
      "|testInvalidSubProcessWith(?!out)[A-Za-z]*StartEvent"
      "|testInvalidSequenceFlowInAndOutEventSubProcess"
      "|testEventInvalidSequenceFlow"
      "|testCancel[A-Za-z]*NoTransactionFails"
      "|test[A-Za-z]*Camunda(In|Out)[A-Za-z]*ThrowsError"
      "|InvalidProcessWithSignalNoRef"
      "|missingEscalationRefOn[A-Za-z]*)\\.bpmn.*");
  int refused = 0;
  for (const Row& row : rows_) {
    if (!Exists(row) || !std::regex_match(Name(row), wrong)) continue;
    std::string rule;
    const std::string refusal = Refusal(row, &rule);
    EXPECT_FALSE(refusal.empty()) << row.at("file") << " deploys";
    if (!refusal.empty()) ++refused;
  }
  std::cout << refused << " files are refused as they must be" << std::endl;
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace pawl
