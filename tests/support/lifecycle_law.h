// LifecycleLaw: what the sequence of events must never do, and where tokens may
// rest between two commands. Written from BPMN 2.0.2, figure 13.2, and not from
// engine/core/lifecycle.h, which it watches.
//
// Observe(record) for every record of a partition, in order; CheckTokens() for
// an instance after each. Both give what is wrong as text, empty for nothing.
#ifndef PAWL_TESTS_SUPPORT_LIFECYCLE_LAW_H_
#define PAWL_TESTS_SUPPORT_LIFECYCLE_LAW_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/container/btree_map.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "schemas/record_generated.h"

namespace pawl {

class LifecycleLaw {
 public:
  // No event follows a final state: not of an instance that ended, not of an
  // element that completed or was terminated, not of a job, task, timer or
  // incident that is done with. Elements go from state to state as in the
  // figure. When an instance ends, nothing of it is left open. Every hand-out
  // of a job is its next attempt.
  std::string Observe(const fb::RecordT& record);

  // Every token of an instance that has not ended is somewhere legal: in an
  // activated element that has exactly one job, task or timer, or is asked for
  // by a request that it goes on (`requests`, of the partition); in an element
  // that an incident stopped; or on a flow into a join that misses another, or
  // on any flow under an incident `limit`. Nothing else is there.
  static std::string CheckTokens(
      const core::Instance& instance, const model::ProcessDefinition& model,
      const absl::btree_map<uint64_t, core::Partition::Request>& requests = {});

 private:
  enum class Phase {
    kActivating,
    kActivated,
    kCompleting,
    kTerminating,
    kEnded,
  };
  struct Element {
    uint64_t instance = 0;
    Phase phase = Phase::kActivating;
  };
  // A job, task, timer or incident; 0 when it belongs to no element.
  struct Work {
    uint64_t instance = 0;
    bool done = false;
    // A job's last.
    uint32_t attempt = 0;
  };

  void ObserveEvent(const fb::EventUnion& event, uint64_t instance);
  void ObserveInstance(const fb::EventUnion& event, uint64_t instance);
  void ObserveWork(const fb::EventUnion& event, uint64_t instance);
  void Move(uint64_t key, std::set<Phase> from, Phase to);
  void StepDone(uint64_t key);
  // Of work that comes, that something happens to, and that is done with.
  void Opens(uint64_t key, uint64_t element, uint64_t instance);
  void Touches(uint64_t key);
  void Closes(uint64_t key);
  void HandedOut(uint64_t job, uint32_t attempt);
  void Wrong(const std::string& what);

  std::map<uint64_t, Element> elements_;
  std::map<uint64_t, Work> work_;
  std::set<uint64_t> instances_ended_;
  const char* event_ = "";
  std::string wrong_;
};

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_LIFECYCLE_LAW_H_
