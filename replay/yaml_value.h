// YAML documents as values. The one file behind it that knows yaml-cpp.
//
// Plain scalars are null, booleans and numbers in JSON's sense, numbers kept as
// written; quoted scalars are always texts. Source: YAML 1.2.2, 10.3.2 (core
// schema), of which this takes the JSON subset for numbers: `0x1F`, `.5` and
// `+1` are texts.
#ifndef PAWL_REPLAY_YAML_VALUE_H_
#define PAWL_REPLAY_YAML_VALUE_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/value.h"

namespace pawl::replay {

struct YamlDocument {
  Value value;
  // Line where it begins, from 1.
  int line = 0;
  // Line of each entry of the list `steps`, when there is one.
  std::vector<int> step_lines;
};

// All documents of `text`; empty ones are left out.
// InvalidArgument: no YAML (line, column, what), a key twice in one map, a key
// that isn't a scalar, nested too deeply, or more than kScenarioNodesMax nodes
// once aliases are followed.
absl::StatusOr<std::vector<YamlDocument>> ParseYaml(std::string_view text);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_YAML_VALUE_H_
