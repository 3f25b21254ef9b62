// Every row of docs/bpmn_coverage.md that says "executes" has scenarios: two
// of the project's own at least, of events that may interrupt or not one of
// each. scenarios_test runs them.
#include "engine/model/coverage.h"

#include <expat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "replay/scenario.h"

namespace pawl {
namespace {

namespace fs = std::filesystem;
using model::ElementRow;
using model::ElementRows;
using model::Support;

constexpr size_t kScenariosOfARow = 2;

std::string ReadText(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// "parent/element" of every BPMN element in a model, in the names of the
// coverage table, and "parent/element, not interrupting" of such events.
class RowsOf {
 public:
  static std::set<std::string> Model(const std::string& xml) {
    RowsOf rows;
    XML_Parser parser = XML_ParserCreateNS(nullptr, ' ');
    XML_SetUserData(parser, &rows);
    XML_SetElementHandler(parser, &RowsOf::Start, &RowsOf::End);
    EXPECT_EQ(XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1),
              XML_STATUS_OK);
    XML_ParserFree(parser);
    return std::move(rows.found_);
  }

 private:
  struct Open {
    std::string local;
    bool event_sub_process = false;
    bool interrupting = true;
  };

  static bool IsActivity(const std::string& local) {
    return local.ends_with("Task") || local == "task" ||
           local == "callActivity" || IsScope(local);
  }
  static bool IsScope(const std::string& local) {
    return local == "subProcess" || local == "transaction" ||
           local == "adHocSubProcess";
  }

  // What the table calls the element around.
  std::vector<std::string> Parents() const {
    if (open_.empty()) return {"*"};
    const Open& parent = open_.back();
    std::vector<std::string> names = {"*", parent.local};
    if (IsActivity(parent.local)) names.push_back("activity");
    if (IsScope(parent.local)) names.push_back("process");
    if (parent.local.ends_with("Gateway")) names.push_back("gateway");
    if (parent.local == "startEvent" && open_.size() > 1 &&
        open_[open_.size() - 2].event_sub_process) {
      names = {"*", "eventSubProcessStart"};
    }
    return names;
  }

  static void Start(void* data, const char* name, const char** attributes) {
    auto* self = static_cast<RowsOf*>(data);
    const std::string_view full(name);
    const size_t space = full.find(' ');
    Open open;
    open.local = std::string(
        full.substr(space == std::string_view::npos ? 0 : space + 1));
    for (; *attributes != nullptr; attributes += 2) {
      const std::string_view key(attributes[0]);
      const std::string_view value(attributes[1]);
      open.event_sub_process |= key == "triggeredByEvent" && value == "true";
      open.interrupting &=
          !((key == "cancelActivity" || key == "isInterrupting") &&
            value == "false");
    }
    if (full.starts_with("http://www.omg.org/spec/BPMN/20100524/MODEL ")) {
      for (const std::string& parent : self->Parents()) {
        self->found_.insert(parent + "/" + open.local);
        if (!self->open_.empty() && !self->open_.back().interrupting) {
          self->found_.insert(parent + "/" + open.local + ", not interrupting");
        }
      }
    }
    self->open_.push_back(std::move(open));
  }
  static void End(void* data, const char*) {
    static_cast<RowsOf*>(data)->open_.pop_back();
  }

  std::vector<Open> open_;
  std::set<std::string> found_;
};

std::vector<replay::Scenario> ReadScenarios() {
  std::set<std::string> files;
  for (const fs::directory_entry& entry :
       fs::directory_iterator("tests/scenarios")) {
    if (entry.path().extension() == ".yaml") files.insert(entry.path());
  }
  std::vector<replay::Scenario> all;
  for (const std::string& file : files) {
    auto scenarios = replay::LoadScenarios(file);
    EXPECT_TRUE(scenarios.ok()) << scenarios.status();
    if (!scenarios.ok()) continue;
    all.insert(all.end(), scenarios->begin(), scenarios->end());
  }
  return all;
}

// By row, the scenarios whose models have it.
std::map<std::string, std::set<std::string>> ScenariosByRow() {
  std::map<std::string, std::set<std::string>> models;
  std::map<std::string, std::set<std::string>> by_row;
  for (const replay::Scenario& scenario : ReadScenarios()) {
    std::vector<std::string> files = scenario.bpmn;
    for (const std::string& file : files) {
      const std::string path =
          (fs::path(scenario.file).parent_path() / file).string();
      auto it = models.find(path);
      if (it == models.end()) {
        it = models.emplace(path, RowsOf::Model(ReadText(path))).first;
      }
      for (const std::string& row : it->second) by_row[row].insert(scenario.id);
    }
  }
  return by_row;
}

// 10.5.4, 10.5.5: both ways.
bool MayNotInterrupt(const ElementRow& row) {
  if (row.parent != "boundaryEvent" && row.parent != "eventSubProcessStart") {
    return false;
  }
  for (const std::string_view type :
       {"message", "timer", "signal", "escalation", "conditional"}) {
    if (row.element == std::string(type) + "EventDefinition") return true;
  }
  return false;
}

TEST(ScenarioCoverage, EachRowThatExecutesHasScenarios) {
  const auto by_row = ScenariosByRow();
  const auto count = [&](const std::string& row) {
    const auto it = by_row.find(row);
    return it == by_row.end() ? size_t{0} : it->second.size();
  };
  size_t rows = 0;
  for (const ElementRow& row : ElementRows()) {
    if (row.support != Support::kExecutes) continue;
    ++rows;
    const std::string name =
        std::string(row.parent) + "/" + std::string(row.element);
    EXPECT_GE(count(name), kScenariosOfARow)
        << row.element << " in " << row.parent << " (" << row.clause
        << "): wanted " << kScenariosOfARow << " scenarios in tests/scenarios";
    if (MayNotInterrupt(row)) {
      EXPECT_GE(count(name + ", not interrupting"), 1u)
          << row.element << " in " << row.parent << ", not interrupting";
    }
  }
  EXPECT_GT(rows, 50u);
}

// A scenario, or the first line of its file, says which clause or which page of
// docs/ it is about.
TEST(ScenarioCoverage, EachScenarioCitesItsClause) {
  const std::regex cites("[0-9]+\\.[0-9]+|docs/|SEMANTICS|CLI");
  for (const replay::Scenario& scenario : ReadScenarios()) {
    std::istringstream text(ReadText(scenario.file));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    std::string comment = lines.front();
    for (size_t i = static_cast<size_t>(scenario.line) - 1;
         i > 0 && lines[i - 1].starts_with("#"); --i) {
      comment += lines[i - 1];
    }
    EXPECT_TRUE(std::regex_search(comment, cites))
        << scenario.file << ":" << scenario.line << ": " << scenario.id
        << " cites no clause";
  }
}

}  // namespace
}  // namespace pawl
