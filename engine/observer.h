// Hooks that watch an engine and can't change what it does: they are called
// after the record is durable, with copies, and their result is ignored.
#ifndef PAWL_ENGINE_OBSERVER_H_
#define PAWL_ENGINE_OBSERVER_H_

#include <string>

#include "absl/time/time.h"
#include "engine/types.h"

namespace pawl {

struct ElementObservation {
  InstanceKey instance;
  std::string process_id;
  std::string element_id;
  ElementKey key;
  absl::Time time;
};

// Methods run one at a time on a thread of the engine, in log order; they must
// be quick and must not call a method that waits. An exception that escapes is
// caught and dropped. After a crash, records that were durable but not yet
// shown are not shown again.
class Observer {
 public:
  virtual ~Observer() = default;
  // Before an element's work.
  virtual void OnElementActivating(const ElementObservation&) {}
  // After it: `completed` is false when it was terminated.
  virtual void OnElementEnded(const ElementObservation&, bool /*completed*/) {}
  virtual void OnIncident(const IncidentInfo&) {}
  virtual void OnInstanceEnded(InstanceKey, InstanceState) {}
};

}  // namespace pawl

#endif  // PAWL_ENGINE_OBSERVER_H_
