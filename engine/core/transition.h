// Transition: moves the tokens of one instance until every one waits, ends or
// meets a fault. The heart of Decide.
//
// Events are emitted and applied one by one, so each step reads the state that
// the steps before it left. Work is a queue, never recursion: a model decides
// how long it runs, the limit kActivationsPerCommandMax that it ends.
// Source: BPMN 2.0.2, chapter 13.
#ifndef PAWL_ENGINE_CORE_TRANSITION_H_
#define PAWL_ENGINE_CORE_TRANSITION_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/evaluations.h"
#include "engine/core/lookups.h"
#include "engine/core/state.h"
#include "engine/core/variables.h"
#include "engine/model/process_definition.h"
#include "engine/value.h"
#include "schemas/event_generated.h"

namespace pawl::core {

// Why a token can't go on: becomes an incident where it stands.
struct Fault {
  fb::IncidentType type = fb::IncidentType::unknown;
  std::string message;
};

// What an element does once a token is on it.
struct Outcome {
  enum class Kind { kWaits, kDone, kFault };
  Kind kind = Kind::kDone;
  Fault fault;

  static Outcome Waits() { return {Kind::kWaits, {}}; }
  static Outcome Done() { return {Kind::kDone, {}}; }
  static Outcome Failed(fb::IncidentType type, std::string message) {
    return {Kind::kFault, {type, std::move(message)}};
  }
};

class Transition {
 public:
  // None is owned; `events` receives what is emitted.
  Transition(Instance* instance, int64_t now_ms, Lookups* lookups,
             std::vector<fb::EventUnion>* events)
      : instance_(instance),
        now_ms_(now_ms),
        lookups_(lookups),
        evaluations_(lookups),
        events_(events) {}
  Transition(const Transition&) = delete;
  Transition& operator=(const Transition&) = delete;

  Instance& instance() { return *instance_; }
  int64_t now_ms() const { return now_ms_; }
  Lookups& lookups() { return *lookups_; }

  // Reads the instance's model, which all else here needs. FailedPrecondition:
  // its record can't be read, or this build can't run it.
  absl::Status LoadModel(DefinitionKey key);
  const model::ProcessDefinition& model() const { return *model_; }

  // Applies the event and keeps it.
  template <typename EventT>
  void Emit(EventT event) {
    if constexpr (std::is_same_v<EventT, fb::VariablesWrittenT>) {
      evaluations_.Forget(event);
    }
    fb::EventUnion entry;
    entry.Set(std::move(event));
    PAWL_CHECK_OK(Apply(instance_, entry, now_ms_));
    events_->push_back(std::move(entry));
  }

  uint64_t NewKey();

  // --- Tokens (each queues or emits; Run() does the rest) -------------------
  // A token starts at `element`, coming from nowhere.
  void Enter(uint32_t element, ElementKey scope);
  // Puts the tokens that rest on flows back to work.
  void UnblockAll();
  // What comes before the element's work, and then the work; again after a
  // fault in that.
  void Activate(ElementKey key);
  // The element's work is done.
  void Complete(ElementKey key);
  // As Complete, but what would follow can't be recorded: an incident `limit`
  // with this message stands for it.
  void CompleteRefused(ElementKey key, std::string message);
  // What comes after the work, and then the ways out; again after a fault in
  // that.
  void Leave(ElementKey key);
  // Ends everything in `scope`. A sub-process is then complete; with the root
  // the instance ends.
  void TerminateScope(ElementKey scope, fb::InstanceState end_state,
                      std::string reason);
  // A token goes on at the boundary event of `host`; an interrupting one ends
  // the host first.
  void TriggerBoundary(ElementKey host, uint32_t boundary);
  // The boundary event that catches an error thrown at or inside `thrower`,
  // with its activity; nothing when there is none.
  struct Catcher {
    ElementKey host;
    uint32_t boundary = 0;
  };
  std::optional<Catcher> FindErrorCatcher(ElementKey thrower,
                                          std::string_view code) const;
  // The error goes to that boundary event: variables are written around it.
  void CatchError(const Catcher& catcher, const std::string& code,
                  const std::string& message, const WireVariables& variables);
  // Until nothing moves.
  void Run();

  // --- For elements and commands ---------------------------------------------
  // Each variable to the nearest scope outwards from `scope` that has it, else
  // to the root. Of an activity with output mappings all to its local scope,
  // until they are done.
  void WriteVariables(ElementKey scope, const WireVariables& variables);
  // To `scope` itself, which is made if it isn't there.
  void WriteLocal(ElementKey scope, WireVariables variables);
  void RaiseIncident(Fault fault, ElementKey element_key, uint32_t element,
                     JobKey job = {});
  // What expressions see in `scope`. Lives until the instance changes.
  ScopeVariables View(ElementKey scope) const;
  // The value of an expression of the model as text; null gives an empty one.
  absl::StatusOr<std::string> EvaluateText(const fb::ExpressionT& expression,
                                           ElementKey scope) const;
  // InvalidArgument also for a null that came from an error.
  absl::StatusOr<Value> EvaluateValue(const fb::ExpressionT& expression,
                                      ElementKey scope) const;
  // Ends jobs, tasks, timers and incidents of the element.
  void CancelWork(ElementKey key);
  // Epoch of the handler that takes one more job of this type; 0: none does.
  // Counts what this decision has given it already.
  uint32_t TakeHandler(const std::string& job_type);
  // Why no token may move along a flow, and no mapping, listener or script run,
  // any more in this command; empty: go on.
  std::string LimitReached() const;
  // Counts bytes that go into the record beside variables.
  void CountWritten(size_t bytes) { written_bytes_ += bytes; }
  // A ready job of the instance goes to a handler that has room for it.
  void OfferJob(JobKey key);

 private:
  // A token that arrived over `flow` (or from nowhere) at `element`.
  struct Arrival {
    ElementKey scope;
    uint32_t element = 0;
    std::optional<uint32_t> flow;
  };

  // Does `scope` belong to an activity whose outputs are still to be mapped?
  bool KeepsLocal(ElementKey scope) const;
  void TakeFlow(uint32_t flow, ElementKey scope);
  void Arrive(const Arrival& arrival);
  void Admit(uint32_t element, ElementKey scope, std::vector<uint32_t> flows);
  // A timer of a boundary event, not created yet.
  struct BoundaryTimer {
    uint32_t boundary = 0;
    int64_t due_ms = 0;
  };
  absl::StatusOr<std::vector<BoundaryTimer>> BoundaryTimers(
      ElementKey host, uint32_t element) const;
  void CancelTimers(ElementKey key);
  // Of an activity whose work is done: timers of its boundary events, and
  // incidents that stand for what would have followed one.
  void CancelBoundaries(ElementKey key);
  // Activations inside `scope`, those of inner scopes before their scope.
  std::vector<ElementKey> Inside(ElementKey scope) const;
  void TerminateInside(ElementKey scope);
  void TerminateElement(ElementKey key);
  // Nothing when the join still misses a token.
  std::optional<std::vector<uint32_t>> JoinedFlows(const fb::ElementT& element,
                                                   ElementKey scope) const;
  absl::StatusOr<std::vector<uint32_t>> ChooseFlows(const fb::ElementT& element,
                                                    ElementKey scope,
                                                    Fault* fault) const;
  void CompleteEmptyScopes();
  void CompleteInstance();
  void StopAtLimit(std::string limit);

  Instance* instance_;
  int64_t now_ms_;
  Lookups* lookups_;
  // Evaluating changes nothing that anybody but the next evaluation sees.
  mutable Evaluations evaluations_;
  std::vector<fb::EventUnion>* events_;
  std::shared_ptr<const model::ProcessDefinition> model_;
  uint64_t next_key_ = 0;
  int activations_ = 0;
  size_t written_bytes_ = 0;
  // Jobs that this decision gave to handlers, by type.
  StringMap<uint32_t> given_;
  std::deque<Arrival> arrivals_;
  // Scopes in which something ended since they were last looked at.
  std::vector<ElementKey> maybe_empty_;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_TRANSITION_H_
