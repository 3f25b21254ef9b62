// Every model that can be found, written and read again: those of the project's
// scenarios and golden logs, random ones, and, where they are, models by
// others. What is written must read as the same compiled model, and its diagram
// must show every element and flow without overlaps.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/export_check.h"
#include "gtest/gtest.h"
#include "tests/property/process_generator.h"
#include "tests/property/process_graph.h"
#include "tests/support/conformance_dir.h"
#include "tests/support/random.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;

using Faults = std::vector<std::string>;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// In the order of their names.
std::set<fs::path> ModelsIn(const fs::path& folder) {
  std::set<fs::path> models;
  std::error_code error;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder, error)) {
    // "a.bpmn", "a.bpmn20.xml"
    if (entry.path().filename().string().find(".bpmn") != std::string::npos) {
      models.insert(entry.path());
    }
  }
  EXPECT_FALSE(error) << folder << ": " << error.message();
  return models;
}

// How many processes were written; all that compile must be.
int ExpectWritten(const std::set<fs::path>& models) {
  model::WrittenModels result;
  for (const fs::path& path : models) {
    const std::string xml = ReadFile(path);
    EXPECT_EQ(model::RoundTripFaults(xml, path.string(), &result), Faults());
    // A file that has a diagram is kept as it is.
    const auto drawn = model::WithDiagram(xml);
    if (!drawn.ok()) continue;
    EXPECT_EQ(*model::WithDiagram(*drawn), *drawn) << path;
    if (*drawn == xml || !model::ParseBpmn(xml, path.string()).ok()) continue;
    EXPECT_EQ(model::DiagramFaults(*drawn), Faults()) << path;
  }
  EXPECT_EQ(result.refused, Faults());
  return result.written;
}

TEST(Export, ModelsOfScenarios) {
  EXPECT_GE(ExpectWritten(ModelsIn("tests/scenarios/models")), 160);
}

TEST(Export, PoolsThatExchangeMessages) {
  model::WrittenModels result;
  EXPECT_EQ(
      model::RoundTripFaults(
          ReadFile("tests/scenarios/models/message-flows.bpmn"), "f", &result),
      Faults());
  EXPECT_GE(result.with_flows, 3);
  EXPECT_EQ(result.refused, Faults());
}

TEST(Export, ModelsOfGoldenLogs) {
  EXPECT_GE(ExpectWritten(ModelsIn("tests/golden")), 25);
}

TEST(Export, RandomProcesses) {
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    Random random(seed);
    property::GeneratorOptions options;
    options.structured = random.OneIn(2);
    options.nodes = 3 + random.Below(60);
    const std::string xml =
        property::ToBpmn(property::GenerateProcess(options, &random));
    model::WrittenModels result;
    EXPECT_EQ(
        model::RoundTripFaults(xml, "seed " + std::to_string(seed), &result),
        Faults());
    EXPECT_EQ(result.written, 1) << "seed " << seed;
  }
}

// Skips where there is no such folder.
void ExpectFolderWritten(const std::string& folder, int least) {
  const fs::path path = ConformanceDir() / folder;
  if (ConformanceDir().empty() || !fs::exists(path)) {
    GTEST_SKIP() << "skipped: no folder " << folder
                 << " of models by others; set PAWL_CONFORMANCE_DIR";
  }
  const std::set<fs::path> models = ModelsIn(path);
  const int written = ExpectWritten(models);
  std::cout << folder << ": " << models.size() << " files, " << written
            << " processes written and read again\n";
  EXPECT_GE(written, least);
}

TEST(Export, ModelsOfCamunda7) { ExpectFolderWritten("camunda7", 1250); }
TEST(Export, ModelsOfMiwg) { ExpectFolderWritten("miwg", 10); }
TEST(Export, ModelsOfBehaviours) { ExpectFolderWritten("behaviours", 100); }

}  // namespace
}  // namespace pawl
