// Every row of docs/bpmn_coverage.md that says "executes" has scenarios of the
// project's own: two at least in which what it is about is entered, one of them
// with interruption, nesting or failure; of events that may interrupt or not
// one of each. scenarios_test looks at what they expect.
#include "engine/model/coverage.h"

#include <expat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/apply.h"
#include "gtest/gtest.h"
#include "replay/scenario.h"
#include "replay/scenario_runner.h"
#include "schemas/record_generated.h"

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

// What a row is about in one model: ids of nodes, flows or processes, each with
// whether it stands in a sub-process; none where it is about no such thing.
using Places = std::map<std::string, bool>;

// By "parent/element" of every BPMN element in a model, in the names of the
// coverage table, and by "parent/element, not interrupting" of such events.
class RowsOf {
 public:
  static std::map<std::string, Places> Model(const std::string& xml) {
    RowsOf rows;
    XML_Parser parser = XML_ParserCreateNS(nullptr, ' ');
    XML_SetUserData(parser, &rows);
    XML_SetElementHandler(parser, &RowsOf::Start, &RowsOf::End);
    EXPECT_EQ(XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1),
              XML_STATUS_OK);
    XML_ParserFree(parser);
    // No token comes to a boundary event that compensates: its handler runs.
    for (auto& [row, places] : rows.found_) {
      for (const auto& [id, nested] : Places(places)) {
        const auto handler = rows.handlers_.find(id);
        if (handler != rows.handlers_.end()) places[handler->second] = nested;
      }
    }
    return std::move(rows.found_);
  }

 private:
  struct Open {
    std::string local;
    std::string id;
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
  // Something that the log tells of.
  static bool IsEntered(const std::string& local) {
    return IsActivity(local) || local.ends_with("Gateway") ||
           local.ends_with("Event") || local == "sequenceFlow" ||
           local == "process";
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

  void Add(const std::string& row) {
    Places& places = found_[row];
    bool nested = false;
    const Open* about = nullptr;
    for (const Open& open : open_) {
      if (IsEntered(open.local)) about = &open;
    }
    for (const Open& open : open_) {
      nested |= &open != about && IsScope(open.local);
    }
    if (about != nullptr) places[about->id] = nested;
  }

  static void Start(void* data, const char* name, const char** attributes) {
    auto* self = static_cast<RowsOf*>(data);
    const std::string_view full(name);
    const size_t space = full.find(' ');
    Open open;
    open.local = std::string(
        full.substr(space == std::string_view::npos ? 0 : space + 1));
    std::map<std::string, std::string> values;
    for (; *attributes != nullptr; attributes += 2) {
      values[attributes[0]] = attributes[1];
    }
    open.id = values["id"];
    open.event_sub_process = values["triggeredByEvent"] == "true";
    open.interrupting = values["cancelActivity"] != "false" &&
                        values["isInterrupting"] != "false";
    if (open.local == "association") {
      self->handlers_[values["sourceRef"]] = values["targetRef"];
    }
    const std::vector<std::string> parents = self->Parents();
    const bool in_other =
        !self->open_.empty() && !self->open_.back().interrupting;
    self->open_.push_back(open);
    if (!full.starts_with("http://www.omg.org/spec/BPMN/20100524/MODEL ")) {
      return;
    }
    for (const std::string& parent : parents) {
      self->Add(parent + "/" + open.local);
      if (in_other) {
        self->Add(parent + "/" + open.local + ", not interrupting");
      }
    }
  }
  static void End(void* data, const char*) {
    static_cast<RowsOf*>(data)->open_.pop_back();
  }

  std::vector<Open> open_;
  std::map<std::string, std::string> handlers_;
  std::map<std::string, Places> found_;
};

// What the log of a scenario tells.
struct Told {
  // Ids of nodes that a token came to, flows that one took, processes of which
  // an instance began.
  std::set<std::string> entered;
  // Something was ended from outside, failed or was compensated.
  bool is_eventful = false;
};

Told Run(const replay::Scenario& scenario) {
  Told told;
  std::map<uint64_t, std::unique_ptr<fb::ProcessT>> models;
  std::map<InstanceKey, uint64_t> definitions;
  replay::ScenarioRunOptions options;
  options.on_record = [&](std::string_view bytes) {
    fb::RecordT record;
    fb::GetRecord(bytes.data())->UnPackTo(&record);
    for (size_t i = 0; i < record.events.size(); ++i) {
      fb::EventUnion& event = record.events[i];
      const InstanceKey instance = core::InstanceOf(record, i);
      if (auto* deployed = event.AsDefinitionDeployed()) {
        models[deployed->key] = std::move(deployed->model);
      } else if (const auto* started = event.AsInstanceStarted()) {
        definitions[instance] = started->definition;
        told.entered.insert(started->process_id);
      } else if (const auto* activating = event.AsElementActivating()) {
        const fb::ProcessT& model = *models.at(definitions.at(instance));
        told.entered.insert(model.elements.at(activating->element)->id);
      } else if (const auto* taken = event.AsFlowTaken()) {
        const fb::ProcessT& model = *models.at(definitions.at(instance));
        told.entered.insert(model.flows.at(taken->flow)->id);
      }
      switch (event.type) {
        case fb::Event::ElementTerminated:
        case fb::Event::IncidentRaised:
        case fb::Event::JobFailed:
        case fb::Event::CompensationTriggered:
        case fb::Event::ScopeInterrupted:
          told.is_eventful = true;
          break;
        default:
          break;
      }
    }
  };
  replay::RunScenario(scenario, options);
  return told;
}

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

// The scenarios of a row.
struct Scenarios {
  std::set<std::string> all;
  // With interruption, nesting or failure.
  std::set<std::string> eventful;
};

std::map<std::string, Scenarios> ScenariosByRow() {
  std::map<std::string, std::map<std::string, Places>> models;
  std::map<std::string, Scenarios> by_row;
  for (const replay::Scenario& scenario : ReadScenarios()) {
    const Told told = Run(scenario);
    std::vector<std::string> files = scenario.bpmn;
    for (const replay::ScenarioStep& step : scenario.steps) {
      // What is refused may be no model at all.
      if (!step.bpmn.has_value() || !step.expect_failure.empty()) continue;
      files.insert(files.end(), step.bpmn->begin(), step.bpmn->end());
    }
    for (const std::string& file : files) {
      const std::string path =
          (fs::path(scenario.file).parent_path() / file).string();
      auto it = models.find(path);
      if (it == models.end()) {
        it = models.emplace(path, RowsOf::Model(ReadText(path))).first;
      }
      for (const auto& [row, places] : it->second) {
        bool counts = places.empty();
        bool is_eventful = told.is_eventful;
        for (const auto& [id, nested] : places) {
          if (!told.entered.contains(id)) continue;
          counts = true;
          is_eventful |= nested;
        }
        if (!counts) continue;
        by_row[row].all.insert(scenario.id);
        if (is_eventful) by_row[row].eventful.insert(scenario.id);
      }
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
  std::map<std::string, Scenarios> by_row = ScenariosByRow();
  size_t rows = 0;
  for (const ElementRow& row : ElementRows()) {
    if (row.support != Support::kExecutes) continue;
    ++rows;
    const std::string name =
        std::string(row.parent) + "/" + std::string(row.element);
    const std::string title = std::string(row.element) + " in " +
                              std::string(row.parent) + " (" +
                              std::string(row.clause) + ")";
    EXPECT_GE(by_row[name].all.size(), kScenariosOfARow) << title;
    EXPECT_GE(by_row[name].eventful.size(), 1u)
        << title << ": none with interruption, nesting or failure";
    if (MayNotInterrupt(row)) {
      EXPECT_GE(by_row[name + ", not interrupting"].all.size(), 1u)
          << title << ", not interrupting";
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
