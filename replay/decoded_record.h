// A record as people and scripts read it: every field by its name, nothing
// left out. What `pawl log` prints.
//
// One door: DecodeForReading. It walks the compiled schema (record_schema.h)
// instead of naming events, so that a new event is shown on the day it is
// added. Source: FlatBuffers' reflection.fbs.
#ifndef PAWL_REPLAY_DECODED_RECORD_H_
#define PAWL_REPLAY_DECODED_RECORD_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/value.h"

namespace pawl::replay {

// Gives ids for the numbers that events use for elements and flows.
class ElementNames {
 public:
  virtual ~ElementNames() = default;
  // Nothing when the instance or the index isn't known: the number is shown.
  virtual std::optional<std::string> Element(InstanceKey instance,
                                             uint32_t index) = 0;
  virtual std::optional<std::string> Flow(InstanceKey instance,
                                          uint32_t index) = 0;
};

// {"position": "0:7", "time": "...Z", "actor", "caused_by",
// "command": "StartInstance", "arguments": {...}, "facts": [...],
// "touched": [...], "events": [{"event": "InstanceStarted", "instance", ...}]}.
// Keys and 64 bit numbers are texts, times (fields `..._ms` of a moment) RFC
// 3339 without the suffix, variables objects; compiled models are left out.
// `names` may be null. DataLoss: not a record. O(size).
absl::StatusOr<Variables> DecodeForReading(std::string_view record,
                                           ElementNames* names);

// "0:7"
std::string PositionText(PartitionId partition, Position position);
// "2024-03-01T12:00:00.000Z" of milliseconds since 1970.
std::string TimeText(int64_t time_ms);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_DECODED_RECORD_H_
