// What each kind of flow node does, as one row of one table. A new element is
// one file here and one row in registry.cc.
#ifndef PAWL_ENGINE_CORE_ELEMENT_BEHAVIOR_H_
#define PAWL_ENGINE_CORE_ELEMENT_BEHAVIOR_H_

#include <string>

#include "engine/core/transition.h"
#include "schemas/model_generated.h"

namespace pawl::core {

// How a node picks its outgoing flows (BPMN 2.0.2, 13.3.1 and 13.4).
enum class Outgoing {
  // All whose condition holds or that have none; the default flow when no
  // condition holds.
  kConditional,
  // As kConditional, but a flow without condition is one whose condition holds.
  kInclusive,
  // The first whose condition holds, in the order of the model; else the
  // default flow.
  kFirstTrue,
  // All; conditions don't count.
  kAll,
};

struct ElementBehavior {
  fb::ElementKind kind;
  // Does the node's work for the activation `key`, which is `activating`. May
  // emit events; on a fault it must have emitted none.
  Outcome (*activate)(Transition& t, ElementKey key,
                      const fb::ElementT& element);
  Outgoing outgoing = Outgoing::kConditional;
  // Runs after the node completed, instead of taking flows; null: takes flows.
  // `text`: what `says` gave.
  void (*ended)(Transition& t, ElementKey scope, const fb::ElementT& element,
                const std::string& text) = nullptr;
  // Asked before the node completes, while its own variables are there.
  std::string (*says)(Transition& t, ElementKey key,
                      const fb::ElementT& element) = nullptr;
};

// CHECKs that `kind` has a behaviour: models are checked when they are loaded.
const ElementBehavior& BehaviorOf(fb::ElementKind kind);

// One per file of this folder.
extern const ElementBehavior kStartEvent;
extern const ElementBehavior kEndEvent;
extern const ElementBehavior kIntermediateCatchEvent;
extern const ElementBehavior kServiceTask;
extern const ElementBehavior kScriptTask;
extern const ElementBehavior kUserTask;
extern const ElementBehavior kManualTask;
extern const ElementBehavior kUndefinedTask;
extern const ElementBehavior kExclusiveGateway;
extern const ElementBehavior kParallelGateway;
extern const ElementBehavior kSubProcess;
extern const ElementBehavior kBoundaryEvent;
extern const ElementBehavior kSendTask;
extern const ElementBehavior kBusinessRuleTask;
extern const ElementBehavior kIntermediateThrowEvent;
extern const ElementBehavior kReceiveTask;
extern const ElementBehavior kEventSubProcess;
extern const ElementBehavior kEventBasedGateway;
extern const ElementBehavior kInclusiveGateway;
extern const ElementBehavior kComplexGateway;
extern const ElementBehavior kCallActivity;
extern const ElementBehavior kTransaction;
extern const ElementBehavior kAdHocSubProcess;

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_ELEMENT_BEHAVIOR_H_
