// Models of others as a parse corpus: what we count in each file is what an
// independent tool counted, and files that are no XML are refused.
//
// The corpus isn't part of this repository. The test looks in the folder
// PAWL_CONFORMANCE_DIR, else beside the workspace, and skips where it is
// absent.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"
#include "rapidjson/document.h"
#include "tests/support/conformance_dir.h"

namespace pawl::model {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

using Counts = std::map<std::string, int64_t>;

// The expected counts of one line of counts.jsonl, keyed as ours are.
Counts Expected(const rapidjson::Document& line) {
  Counts counts;
  for (const auto& member : line["derived"].GetObject()) {
    counts[member.name.GetString()] = member.value.GetInt64();
  }
  for (const auto& member : line["elements"].GetObject()) {
    counts[std::string("el:") + member.name.GetString()] =
        member.value.GetInt64();
  }
  return counts;
}

struct Summary {
  int files = 0;
  int refused = 0;
  int executable = 0;
};

void CheckCorpus(const std::string& folder, Summary* summary) {
  const fs::path dir = ConformanceDir() / folder;
  if (ConformanceDir().empty() || !fs::exists(dir / "counts.jsonl")) {
    GTEST_SKIP() << "skipped: no folder " << folder
                 << " of reference models; set PAWL_CONFORMANCE_DIR";
  }
  std::ifstream lines(dir / "counts.jsonl");
  std::string text;
  while (std::getline(lines, text)) {
    rapidjson::Document line;
    line.Parse(text.c_str());
    ASSERT_FALSE(line.HasParseError());
    const fs::path path = dir / line["file"].GetString();
    if (!fs::exists(path)) continue;
    SCOPED_TRACE(path.string());
    ParsedModel parsed = ParseBpmn(ReadFile(path), path.filename().string());
    ++summary->files;
    if (line["wellformed"].GetInt() == 0) {
      ++summary->refused;
      EXPECT_FALSE(parsed.well_formed);
      ASSERT_EQ(parsed.problems.size(), 1u);
      EXPECT_GT(parsed.problems[0].line, 0u);
      EXPECT_GT(parsed.problems[0].column, 0u);
      continue;
    }
    EXPECT_TRUE(parsed.well_formed) << Problems(parsed);
    const Counts expected = Expected(line);
    if (parsed.counts != expected) {
      for (const auto& [key, count] : expected) {
        EXPECT_EQ(parsed.counts[key], count) << key;
      }
      for (const auto& [key, count] : parsed.counts) {
        EXPECT_TRUE(count == 0 || expected.contains(key)) << key;
      }
    }
    if (parsed.executable()) ++summary->executable;
    // What is called sound must also load.
    for (ParsedProcess& process : parsed.processes) {
      if (process.model == nullptr) continue;
      const auto loaded = ProcessDefinition::Create(std::move(process.model));
      EXPECT_TRUE(loaded.ok()) << loaded.status();
    }
    // Each problem has its place.
    for (const Problem& problem : parsed.problems) {
      EXPECT_GT(problem.line, 0u) << problem.text;
      EXPECT_GT(problem.column, 0u) << problem.text;
    }
  }
}

TEST(Conformance, CountsOfTheMiwgReferenceModels) {
  Summary summary;
  CheckCorpus("miwg", &summary);
  if (IsSkipped()) return;
  EXPECT_EQ(summary.files, 21);
  EXPECT_EQ(summary.refused, 0);
  std::cout << summary.executable << " of " << summary.files
            << " files are executable\n";
}

TEST(Conformance, CountsOfTheCamundaModels) {
  Summary summary;
  CheckCorpus("camunda7", &summary);
  if (IsSkipped()) return;
  EXPECT_GE(summary.files, 1900);
  EXPECT_EQ(summary.refused, 3);
  std::cout << summary.executable << " of " << summary.files
            << " files are executable\n";
}

}  // namespace
}  // namespace pawl::model
