// Why an instance stands where it stands, in sentences: what it waits for and
// since when, what would wake it, what went wrong and what resolves it, which
// ways its gateways chose, and how it ended. What `pawl why` prints.
//
// Everything is read from the state and the instance's own records; nothing is
// guessed. What a condition gave is known from the flow that was taken. The
// variables that it read are found by evaluating it again on the state of that
// moment, which FEEL and EL allow; scripts aren't run again.
#ifndef PAWL_REPLAY_WHY_H_
#define PAWL_REPLAY_WHY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "engine/value.h"

namespace pawl::replay {

struct WhySentence {
  // What it is about: "instance", "ended", "suspended", "incident", "task",
  // "job", "timer", "message", "signal", "condition", "call", "join", "loop",
  // "ad_hoc", "event_parts", "compensation", "request", "stuck", "choice".
  std::string kind;
  InstanceKey instance;
  // Empty: the instance as a whole.
  std::string element_id;
  // A key that commands take (task, job, timer, incident, called instance), or
  // 0.
  uint64_t key = 0;
  // The record that made it so, and its time (milliseconds since 1970 UTC);
  // 0: none says.
  Position since = 0;
  int64_t since_ms = 0;
  // One sentence, or two.
  std::string text;
  // What the sentence says, by name.
  Variables details;
};

struct WhyOptions {
  // As it was after this record; nothing: now.
  std::optional<Position> at = {};
  // Milliseconds since 1970 UTC: what was due by then is late. 0: the time of
  // the last record looked at.
  int64_t now_ms = 0;
  // So many of the last choices of each instance.
  size_t choices_max = 10;
};

// The instance, then each one that it waits for as a caller, outermost first.
// NotFound: no such instance, or not started by then. InvalidArgument: the log
// doesn't reach to `at`. DataLoss. Cost: O(records of these instances).
absl::StatusOr<std::vector<WhySentence>> Why(PartitionData* data,
                                             InstanceKey instance,
                                             const WhyOptions& options = {});

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_WHY_H_
