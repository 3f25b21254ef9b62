// Timeline: what happened to one instance, in BPMN's words with element ids.
// What `pawl history` and `pawl run` print.
//
// A Timeline is fed with the instance's records in order; so it also serves
// while the instance runs.
#ifndef PAWL_REPLAY_TIMELINE_H_
#define PAWL_REPLAY_TIMELINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/model/process_definition.h"
#include "engine/partition_data.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

// One event.
struct TimelineEntry {
  PartitionId partition = 0;
  Position position = 0;
  // Milliseconds since 1970 UTC.
  int64_t time_ms = 0;
  std::string actor;
  // The record that this one follows from, 0 for none.
  Position caused_by = 0;
  // Number of the event in its instance, from 1.
  uint32_t sequence = 0;
  // As in the log: "ElementCompleted".
  std::string event;
  // What it is about; empty when it is about the whole instance.
  std::string element_id;
  std::string element_name;
  // BPMN's name: "userTask".
  std::string element_kind;
  // A key that commands take (job, task, timer, incident), or 0.
  uint64_t key = 0;
  // The event in words: "user task review waits for somebody (task 12)".
  std::string text;
  // One of the steps inside an element that people rarely ask for.
  bool detail = false;
};

class Timeline {
 public:
  using ModelOf = std::function<absl::StatusOr<
      std::shared_ptr<const model::ProcessDefinition>>(DefinitionKey)>;

  // `models` gives the compiled model of the instance's definition.
  Timeline(InstanceKey instance, ModelOf models)
      : instance_(instance), models_(std::move(models)) {}

  // Appends an entry to `*out` for each event of `record` that is this
  // instance's. Codes of `models`.
  absl::Status Add(const fb::RecordT& record, std::vector<TimelineEntry>* out);

 private:
  class Writer;

  const InstanceKey instance_;
  const ModelOf models_;
  std::shared_ptr<const model::ProcessDefinition> model_;
  uint32_t sequence_ = 0;
  // Elements and what they hold, by key, for events that only name keys.
  absl::btree_map<uint64_t, uint32_t> elements_;
};

// The whole timeline of an instance. NotFound: never started. DataLoss.
absl::StatusOr<std::vector<TimelineEntry>> ReadTimeline(PartitionData* data,
                                                        InstanceKey instance);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_TIMELINE_H_
