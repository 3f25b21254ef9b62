#include "tests/crash/witness.h"

#include <cstdlib>
#include <sstream>
#include <utility>

#include "engine/value.h"

namespace pawl::crash {
namespace {

// The number in root variable `name`, 0 when it isn't set.
int64_t RootNumber(const core::Instance& instance, const char* name) {
  auto scope = instance.scopes.find(instance.root());
  if (scope == instance.scopes.end()) return 0;
  auto it = scope->second.variables.find(name);
  if (it == scope->second.variables.end()) return 0;
  return std::strtoll(it->second.c_str(), nullptr, 10);
}

bool EndedWell(const core::Instance& instance) {
  return instance.state == fb::InstanceState::completed;
}

}  // namespace

void Witness::Add(const std::string& text) {
  Line line;
  std::istringstream words(text);
  words >> line.what >> line.key >> line.number;
  fresh_.push_back(line);
  ++lines_;
}

std::vector<std::string> Witness::Compare(const LogFacts& facts) {
  std::vector<std::string> wrong;
  for (const Line& line : fresh_) {
    auto instance = facts.instances().find(InstanceKey(line.key));
    bool known = instance != facts.instances().end();
    bool holds = true;
    if (line.what == "start") {
      holds = known && instance->second.exists();
      starts_[line.number] = line.key;
    } else if (line.what == "element") {
      holds = facts.completed_elements().contains(line.key);
    } else if (line.what == "end") {
      holds = known && EndedWell(instance->second);
    } else if (line.what == "task") {
      holds = facts.completed_tasks().contains(line.key);
    } else if (line.what == "job") {
      holds = facts.completed_jobs().contains(line.key);
    } else if (line.what == "vars") {
      // Numbers only rise within a life, and an instance has one disturber.
      holds = known && (instance->second.ended() ||
                        RootNumber(instance->second, "p") >=
                            static_cast<int64_t>(line.number));
    } else if (line.what == "lock" || line.what == "hand") {
      holds = facts.attempt(line.key) >= static_cast<int>(line.number);
      if (!given_.emplace(line.key, line.number).second) {
        wrong.push_back("attempt " + std::to_string(line.number) + " of job " +
                        std::to_string(line.key) + " was given out twice");
      }
    } else {
      wrong.push_back("not a line: " + line.what);
    }
    if (!holds) {
      wrong.push_back("acknowledged, and not in the log: " + line.what + " " +
                      std::to_string(line.key) + " " +
                      std::to_string(line.number));
    }
  }
  fresh_.clear();

  for (std::string& text : facts.Contradictions()) {
    wrong.push_back(std::move(text));
  }
  return wrong;
}

}  // namespace pawl::crash
