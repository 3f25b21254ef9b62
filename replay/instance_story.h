// InstanceStory: what an instance's own records say beyond its state: since
// when each of its parts is as it is, who did that, and which ways gateways
// chose. Private to why.
//
// One pass over the records, folding as it goes, so that each choice is looked
// at on the state in which it was made.
#ifndef PAWL_REPLAY_INSTANCE_STORY_H_
#define PAWL_REPLAY_INSTANCE_STORY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "engine/partition_data.h"
#include "engine/value.h"
#include "replay/audit.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

// One flow out of an element that chose.
struct ChoiceFlow {
  uint32_t flow = 0;
  bool taken = false;
  bool is_default = false;
  // Whether its condition held. Nothing: it has none, or it wasn't looked at.
  // It follows from the flows that were taken, so it is what was decided,
  // whatever an evaluation gives today.
  std::optional<bool> held;
};

// An element with conditions on its ways out has completed.
struct Choice {
  Position position = 0;
  int64_t time_ms = 0;
  uint32_t element = 0;
  ElementKey key;
  std::vector<ChoiceFlow> flows;
  // The variables that those conditions read that are evaluated again (FEEL and
  // EL), as they were then.
  Variables read;
};

class InstanceStory {
 public:
  // A part of the state: its key, or of a token its flow and scope.
  enum class Part {
    kElement,
    kJob,
    kTask,
    kTimer,
    kSubscription,
    kIncident,
    kCompensation,
    kToken,
  };

  // Reads the instance's records up to `at` (nothing: all). NotFound: never
  // started, or not by then. DataLoss. O(its records).
  static absl::StatusOr<InstanceStory> Read(PartitionData* data,
                                            InstanceKey key,
                                            std::optional<Position> at);

  const core::Instance& state() const { return state_; }
  const model::ProcessDefinition& model() const { return *model_; }

  // The record that made the part what it is, or null.
  const fb::RecordT* Since(Part part, uint64_t key, uint64_t scope = 0) const;
  const fb::RecordT* started() const { return started_.get(); }
  const fb::RecordT* last() const { return last_.get(); }
  // Of the last InstanceSuspended.
  const fb::RecordT* suspended() const { return suspended_.get(); }
  // How it ended; null while it runs.
  const fb::InstanceEndedT* ended() const { return ended_.get(); }
  // The last element that completed or threw before the end.
  std::optional<uint32_t> last_element() const { return last_element_; }
  // Where a saga failed; null: it didn't.
  const fb::SagaTriggeredT* saga() const { return saga_.get(); }
  const std::vector<Choice>& choices() const { return choices_; }

 private:
  using RecordPtr = std::shared_ptr<const fb::RecordT>;

  absl::Status Add(PartitionData* data, RecordPtr record);
  void Note(const RecordPtr& record, const fb::EventUnion& event);
  void NoteChoice(const fb::RecordT& record, size_t index);

  InstanceKey key_;
  core::Instance state_;
  std::shared_ptr<const model::ProcessDefinition> model_;
  absl::btree_map<std::tuple<Part, uint64_t, uint64_t>, RecordPtr> since_;
  RecordPtr started_;
  RecordPtr last_;
  RecordPtr suspended_;
  std::shared_ptr<const fb::InstanceEndedT> ended_;
  std::shared_ptr<const fb::SagaTriggeredT> saga_;
  std::optional<uint32_t> last_element_;
  std::vector<Choice> choices_;
};

// What `condition` gives in `scope` of `instance` at `now_ms`, and what it
// read. Not OK: it can't be told here (a script, a random number, an error).
absl::StatusOr<bool> EvaluateAgain(const core::Instance& instance,
                                   const model::ProcessDefinition& model,
                                   ElementKey scope,
                                   const fb::ExpressionT& condition,
                                   int64_t now_ms, Variables* read);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_INSTANCE_STORY_H_
