// What changed in an instance between two moments, of one log or of a log and
// its fork. What `pawl diff` prints.
#ifndef PAWL_REPLAY_STATE_DIFF_H_
#define PAWL_REPLAY_STATE_DIFF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "engine/value.h"
#include "replay/moment.h"

namespace pawl::replay {

struct FieldChange {
  std::string field;
  // Null: it wasn't there, or isn't any more.
  Value from;
  Value to;
};

struct StateChange {
  enum class How { kAdded, kRemoved, kChanged };
  How how = How::kChanged;
  // "instance", "scope", "element", "variable", "token", "task", "job",
  // "timer", "message", "signal", "condition", "incident", "call", "loop",
  // "ad_hoc", "compensation".
  std::string what;
  // Key of the part; of a variable or token that of its scope.
  uint64_t key = 0;
  // Of a variable its name, of a token its flow; else empty.
  std::string name;
  std::string element_id;
  // Of what was added all fields, of what was removed as well; of what changed
  // those that differ.
  std::vector<FieldChange> fields;
};
// "added", "removed", "changed"
const char* ToString(StateChange::How how);

// In the order of the kinds above, then by key and name. Empty: the states are
// equal in all that it looks at. O(size of both).
std::vector<StateChange> DiffStates(const InstanceAt& from,
                                    const InstanceAt& to);

// "task 12 at review added: assignee ada", "variable amount: 1 -> 2".
std::string ChangeText(const StateChange& change);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_STATE_DIFF_H_
