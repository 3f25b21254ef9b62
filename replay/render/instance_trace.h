// InstanceTrace: what each element and flow of an instance has been through, up
// to a record: what a picture of it shows. Fed with the instance's records in
// order; a fold of its own, in the numbers of the model.
//
// Thread-compatible.
#ifndef PAWL_REPLAY_RENDER_INSTANCE_TRACE_H_
#define PAWL_REPLAY_RENDER_INSTANCE_TRACE_H_

#include <cstdint>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "base/ids.h"
#include "replay/render/overlay.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

// Of an activity that runs several times the counts are of it as a whole, and
// `runs_` of the runs inside.
struct TracedElement {
  uint32_t active = 0;
  uint32_t completed = 0;
  uint32_t terminated = 0;
  uint32_t runs_active = 0;
  uint32_t runs_done = 0;
  // Of those that have ended, all together.
  int64_t ended_ms = 0;
  // Sum of the times at which those that are active began.
  int64_t began_ms = 0;
  absl::btree_map<uint64_t, TracedIncident> incidents;

  // How long it took in all, at that time.
  int64_t DurationMs(int64_t now_ms) const {
    return ended_ms + active * now_ms - began_ms;
  }
};

struct TracedFlow {
  uint64_t taken = 0;
  // Tokens that rest on it: at a join that misses others, or at an incident.
  uint32_t resting = 0;
};

class InstanceTrace {
 public:
  explicit InstanceTrace(InstanceKey instance) : instance_(instance) {}

  // Folds the events of `record` that are this instance's. DataLoss: they don't
  // fit what came before. O(events log n).
  absl::Status Add(const fb::RecordT& record);

  // By number of the model; only those that something has happened to.
  const absl::btree_map<uint32_t, TracedElement>& elements() const {
    return elements_;
  }
  const absl::btree_map<uint32_t, TracedFlow>& flows() const { return flows_; }
  // Those that the last record concerned.
  const absl::btree_set<uint32_t>& changed_elements() const {
    return changed_elements_;
  }
  const absl::btree_set<uint32_t>& changed_flows() const {
    return changed_flows_;
  }
  // Of the last record.
  Position position() const { return position_; }
  int64_t time_ms() const { return time_ms_; }
  fb::InstanceState state() const { return state_; }

 private:
  struct Activation {
    uint32_t element = 0;
    bool is_run = false;
    int64_t began_ms = 0;
  };

  absl::Status AddEvent(const fb::EventUnion& event);
  absl::Status Begin(const fb::ElementActivatingT& e);
  absl::Status End(uint64_t key, bool completed);
  void DropTokens(uint64_t scope);
  TracedElement& Changed(uint32_t element);

  const InstanceKey instance_;
  absl::btree_map<uint32_t, TracedElement> elements_;
  absl::btree_map<uint32_t, TracedFlow> flows_;
  absl::btree_map<uint64_t, Activation> activations_;
  // By scope and flow: tokens that rest there. Never holds a zero.
  absl::btree_map<std::pair<uint64_t, uint32_t>, uint32_t> tokens_;
  // By incident.
  absl::btree_map<uint64_t, uint32_t> incident_at_;
  absl::btree_set<uint32_t> changed_elements_;
  absl::btree_set<uint32_t> changed_flows_;
  Position position_ = 0;
  int64_t time_ms_ = 0;
  fb::InstanceState state_ = fb::InstanceState::active;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_RENDER_INSTANCE_TRACE_H_
