// ProcessDefinition: a compiled model, checked, indexed and with its
// expressions compiled, ready to be executed.
//
// The one door from stored bytes (schemas/model.fbs) to what engine/core runs.
// A deployment event keeps the compiled model, so a definition is always made
// from bytes that may be years old or damaged: Create() checks every index
// once, and after that no accessor has to.
#ifndef PAWL_ENGINE_MODEL_PROCESS_DEFINITION_H_
#define PAWL_ENGINE_MODEL_PROCESS_DEFINITION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/join_reach.h"
#include "schemas/model_generated.h"

namespace pawl::expression {
class Expression;
}  // namespace pawl::expression

namespace pawl::model {

// Whether nodes of this kind are activities (BPMN 2.0.2, 10.3): they may have
// boundary events.
bool IsActivity(fb::ElementKind kind);

// Whether elements can be inside of nodes of this kind: the process,
// sub-processes, transactions, ad-hoc and event sub-processes.
bool IsScope(fb::ElementKind kind);

// Whether what the work of an element gives stays with it, but for what its
// outputs say: it has some that aren't of data associations (SEMANTICS,
// Variables and scopes; docs/adr/0027).
bool KeepsResults(const fb::ElementT& element);

// As ProcessDefinition::EventStarts(), of a model that was checked.
std::vector<uint32_t> EventStartsOf(const fb::ProcessT& model);

// Immutable and safe to share between threads. Elements and flows are named by
// their index in the model; element 0 is the process itself.
class ProcessDefinition {
 public:
  // Checks `model` and compiles its expressions. O(size of the model).
  // InvalidArgument: an index, a reference or a value is out of range, or an
  //   expression doesn't compile; the message names the process and the
  //   element.
  // Unimplemented: an element kind, event type or language that this build
  //   doesn't know (a newer build wrote the log).
  // ResourceExhausted: more elements or flows than kModelElementsMax, or more
  //   for inclusive and complex gateways than kJoinReachBitsMax.
  static absl::StatusOr<std::shared_ptr<const ProcessDefinition>> Create(
      std::unique_ptr<fb::ProcessT> model);

  ~ProcessDefinition();
  ProcessDefinition(const ProcessDefinition&) = delete;
  ProcessDefinition& operator=(const ProcessDefinition&) = delete;

  const fb::ProcessT& model() const { return *model_; }

  // CHECKs that `index` is in range.
  const fb::ElementT& element(uint32_t index) const;
  const fb::SequenceFlowT& flow(uint32_t index) const;
  uint32_t element_count() const;
  uint32_t flow_count() const;

  // The element with this id (the process included), or nothing. O(log n).
  std::optional<uint32_t> FindElement(std::string_view id) const;

  // Where a start without a trigger puts its tokens in this scope: the none
  // start event; without any start event every node that no flow leads to
  // (BPMN 2.0.2, 10.5.2). Empty when the scope only starts by a trigger, as an
  // event sub-process does.
  std::span<const uint32_t> StartNodes(uint32_t scope) const;

  // The start events of the event sub-processes directly inside `scope`, in the
  // order of the model: what may be triggered while `scope` is active.
  std::span<const uint32_t> EventSubProcessStarts(uint32_t scope) const;

  // What starts the process by a message, a signal, a time or a condition, in
  // the order of the model: start events, definitions of them, receive tasks,
  // and events behind event gateways that start it. Names and times are
  // literals.
  std::span<const uint32_t> EventStarts() const;

  // The definitions of an event with several, in the order of the model.
  std::span<const uint32_t> Definitions(uint32_t event) const;

  // The event of a definition; any other element is itself.
  uint32_t EventOf(uint32_t trigger) const;

  // The boundary events of an activity, in the order of the model.
  std::span<const uint32_t> Boundaries(uint32_t element) const;

  // The activity that compensates `activity`, named by the compensation event
  // at its boundary; 0: none.
  uint32_t CompensationHandler(uint32_t activity) const;

  // The start event of the event sub-process in `scope` that compensates it; 0:
  // there is none.
  uint32_t CompensationStart(uint32_t scope) const;

  // True for a parallel gateway with several incoming flows: it waits for a
  // token on each of them (BPMN 2.0.2, 13.4.1).
  bool JoinsTokens(uint32_t element) const;

  // True for an inclusive gateway with several incoming flows: it waits while a
  // token can still reach it (BPMN 2.0.2, 13.4.3).
  bool JoinsInclusive(uint32_t element) const;

  // True for a complex gateway with an activation condition: it waits until
  // that holds, and then for what can still reach it (BPMN 2.0.2, 13.4.5).
  // Without one each token passes.
  bool JoinsComplex(uint32_t element) const;

  // Gateways that wait for what other tokens can still reach.
  const JoinReach& joins() const;

  // Indexes of the lanes that an element is in, outermost first: those of the
  // scopes around it, then its own (BPMN 2.0.2, 10.8). O(depth of both).
  std::vector<uint32_t> LanesOf(uint32_t element) const;

  // The compiled form of `e`, which must be an expression inside model() (it
  // is looked up by its address; CHECKs). O(1).
  const expression::Expression& Compiled(const fb::ExpressionT& e) const;

 private:
  struct Index;

  ProcessDefinition(std::unique_ptr<fb::ProcessT> model,
                    std::unique_ptr<const Index> index);

  const std::unique_ptr<const fb::ProcessT> model_;
  const std::unique_ptr<const Index> index_;
};

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_PROCESS_DEFINITION_H_
