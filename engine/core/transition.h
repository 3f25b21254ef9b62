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
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "base/check.h"
#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/evaluations.h"
#include "engine/core/fifo.h"
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
      recheck_ = true;
      if (!instance_->subscriptions.empty()) NoteWritten(event);
    } else if constexpr (std::is_same_v<EventT, fb::ElementActivatingT> ||
                         std::is_same_v<EventT, fb::FlowTakenT>) {
      NoteMoved(ElementKey(event.scope));
    } else if constexpr (std::is_same_v<EventT, fb::ElementCompletedT> ||
                         std::is_same_v<EventT, fb::ElementTerminatedT>) {
      if (decides_joins_) {
        NoteMoved(ParentScope(*instance_, ElementKey(event.key)));
      }
    }
    fb::EventUnion& entry = events_->emplace_back();
    entry.Set(std::move(event));
    PAWL_CHECK_OK(Apply(instance_, entry, now_ms_));
  }

  // Keeps an event of the partition, which the instance doesn't fold.
  template <typename EventT>
  void EmitForPartition(EventT event) {
    fb::EventUnion& entry = events_->emplace_back();
    entry.Set(std::move(event));
    PAWL_CHECK(IsPartitionEvent(entry.type));
  }

  uint64_t NewKey();

  // --- Tokens (each queues or emits; Run() does the rest) -------------------
  // A token starts at `element`, coming from nowhere.
  void Enter(uint32_t element, ElementKey scope);
  // A token starts at what starts the process by an event, which has come.
  void StartBy(uint32_t start, const WireVariables& variables);
  // Puts the tokens that rest on flows back to work.
  void UnblockAll();
  // The complex gateway `element` looks at its condition again.
  void RetryGateway(uint32_t element, ElementKey scope);
  // What comes before the element's work, and then the work; again after a
  // fault in that.
  void Activate(ElementKey key);
  // The element's work is done.
  void Complete(ElementKey key);
  // What comes after the work, and then the ways out; again after a fault in
  // that.
  void Leave(ElementKey key);
  // Ends everything in `scope`. A sub-process is then complete; with the root
  // the instance ends.
  void TerminateScope(ElementKey scope, fb::InstanceState end_state,
                      std::string reason);
  // What `host` waited for has come: with trigger 0 its work is done; else the
  // token goes on at the event `trigger`, which is a boundary event of the
  // host, the start event of an event sub-process in it, or an event behind an
  // event gateway. `variables` are those that came with it.
  void Trigger(ElementKey host, uint32_t trigger,
               const WireVariables& variables);
  // As Trigger, but what would follow can't be recorded: an incident `limit`
  // with this message stands for it.
  void TriggerRefused(ElementKey host, uint32_t trigger,
                      const WireVariables& variables, std::string message);
  // Does a subscription go on after it has triggered this event?
  bool Stays(uint32_t trigger) const;
  // --- Compensation (transition_compensation.cc) -----------------------------
  // What has completed is compensated. True: the throwing event `key` waits
  // until it is done.
  bool ThrowCompensation(ElementKey key, const fb::ElementT& element);
  // Ends what is active in the transaction, compensates what has completed, and
  // then leaves it by its cancel event, if it has one.
  void CancelTransaction(ElementKey transaction, uint32_t end_event);
  // The record that `key`, or what is around it, compensates; not valid: none.
  // Nobody outside of that catches what is thrown there.
  static ElementKey CompensatedAround(const Instance& instance, ElementKey key);

  // The event that catches an error or an escalation thrown at or inside
  // `thrower`, with its host; nothing when there is none.
  struct Catcher {
    ElementKey host;
    uint32_t trigger = 0;
  };
  std::optional<Catcher> FindCatcher(ElementKey thrower, fb::EventType type,
                                     std::string_view code) const {
    return FindCatcherIn(*instance_, *model_, thrower, type, code);
  }
  // As above, in any instance.
  static std::optional<Catcher> FindCatcherIn(
      const Instance& instance, const model::ProcessDefinition& model,
      ElementKey thrower, fb::EventType type, std::string_view code);
  // The error goes to that event.
  void CatchError(const Catcher& catcher, const std::string& code,
                  const std::string& message, const WireVariables& variables);
  // To the nearest catcher, if there is one. `scope`: of the throwing event.
  void ThrowEscalation(ElementKey scope, uint32_t element,
                       const std::string& code);

  void CatchEscalation(const Catcher& catcher, const std::string& code);

  // --- Calls (transition_calls.cc; docs/adr/0021) ----------------------------

  // Who catches above this instance what nobody in it catches; `thrower` as for
  // FindCatcher.
  AboveAnswer CatcherAbove(ElementKey thrower, fb::EventType type,
                           std::string_view code) {
    if (!instance_->called() ||
        CompensatedAround(*instance_, thrower).valid()) {
      return {};
    }
    return lookups_->CatcherAbove(instance_->caller, type, code);
  }
  // It goes to whoever called this instance; `ends`: which is over by it.
  void ThrowToCaller(fb::EventType type, const std::string& code,
                     const std::string& message, const WireVariables& variables,
                     bool ends);
  // The instance that the call activity `key` waits for has failed for good and
  // waits for help: a handler around the call has failed, a saga rolls back.
  void CalledFailed(ElementKey key, const Fault& fault);
  // Requests the instance that the call activity `key` waits for. A fault:
  // nothing was emitted.
  std::optional<Fault> Call(ElementKey key);

  // --- Subscriptions (transition_events.cc) ----------------------------------
  // The activation waits for its own event: timer, message, signal, condition.
  // A fault: nothing was opened.
  std::optional<Fault> WaitFor(ElementKey key, const fb::ElementT& event);
  // `host` waits for `trigger` as well.
  std::optional<Fault> OpenTrigger(ElementKey host, uint32_t trigger);
  // As OpenTrigger for the event sub-processes of the process itself; a fault
  // becomes an incident of that event.
  void OpenRootTriggers();
  // A message that is buffered may go to a subscription of this address.
  void AskForBuffered(const MessageAddress& address);
  // A command that follows from this record.
  template <typename CommandT>
  void Request(CommandT command) {
    fb::RequestedT requested;
    requested.key = NewKey();
    command.request = requested.key;
    requested.command.Set(std::move(command));
    EmitForPartition(std::move(requested));
  }
  // What `key` has thrown is requested: it goes on behind that.
  Outcome WaitForDelivery(ElementKey key);
  // The same again for all that wait so, whose requests are gone.
  void AskForDeliveries();
  // Conditions may hold now that did not.
  void RecheckConditions() { recheck_ = recheck_all_ = true; }
  // Name and key of a message, as the model says. A fault: it gives none.
  std::optional<Fault> AddressOf(ElementKey scope,
                                 const fb::MessageDefinitionT& message,
                                 MessageAddress* address) const;
  std::optional<Fault> SignalName(ElementKey scope,
                                  const fb::SignalDefinitionT& signal,
                                  std::string* name) const;
  // Until nothing moves and no condition has come true.
  void Run();

  // --- Loops (transition_loops.cc)
  // --------------------------------------------

  // The activity as a whole, not one of its runs.
  static bool IsLoop(const ElementInstance& instance,
                     const model::ProcessDefinition& model);
  bool IsLoop(const ElementInstance& instance) const {
    return IsLoop(instance, *model_);
  }
  // Goes on with an activation that runs several times, after a limit or a
  // fault had stopped it.
  void ContinueLoop(ElementKey key);

  // --- Ad-hoc sub-processes (transition_ad_hoc.cc) ---------------------------
  // What begins with it. A fault: nothing was emitted.
  std::optional<Fault> BeginAdHoc(ElementKey key, const fb::ElementT& element);
  // These run in it as well: at once, or one after the other.
  void ActivateInAdHoc(ElementKey key, const std::vector<uint32_t>& elements);
  // The element of this id, if it can be activated in `ad_hoc`.
  // InvalidArgument: it can't.
  absl::StatusOr<uint32_t> Activatable(uint32_t ad_hoc,
                                       const std::string& id) const;
  // Its completion condition may hold now.
  void CheckAdHoc(ElementKey key);

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
  // What waits in an activation, by kind and oldest first.
  struct Work {
    std::vector<JobKey> jobs;
    std::vector<TaskKey> tasks;
    std::vector<TimerKey> timers;
    std::vector<SubscriptionKey> subscriptions;
    std::vector<IncidentKey> incidents;
  };
  using WorkByElement = absl::btree_map<ElementKey, Work>;
  WorkByElement OpenWork() const;
  // Ends what waits in the activation; `open` for those who end many.
  void CancelWork(ElementKey key);
  void CancelWork(ElementKey key, const WorkByElement& open);
  // Epoch of the handler that takes one more job of this type; 0: none does.
  // Counts what this decision has given it already.
  uint32_t TakeHandler(const std::string& job_type);
  // Why no token may move along a flow, and no mapping, listener or script run,
  // any more in this command; empty: go on.
  std::string LimitReached() const;
  // This command goes on behind so many throws in a row.
  void GoOnFromThrow(uint32_t throws) {
    throws_ = throws;
    activations_ += static_cast<int>(throws);
  }
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
  void Admit(uint32_t element, ElementKey scope, std::vector<uint32_t> flows,
             fb::GatewayPhase phase = fb::GatewayPhase::none);
  // As Admit, of an event that has come, with the variables that came with it.
  void AdmitTriggered(uint32_t element, ElementKey scope,
                      std::vector<uint32_t> flows,
                      const WireVariables& variables);
  // Is `key` an activity that runs several times, as a whole?
  void ActivateLoop(ElementKey key);
  absl::StatusOr<fb::LoopStartedT> LoopOf(
      ElementKey key, const fb::LoopDefinitionT& definition);
  // The next run of a loop, or its end.
  void StepLoop(ElementKey key);
  // False when none may take a step.
  bool StepNextLoop();
  void BeginRun(ElementKey loop);
  void FinishRun(ElementKey loop, uint32_t index, std::string output,
                 bool fulfils);
  // Does the completion condition hold with this run done? Nothing: an incident
  // is raised.
  std::optional<bool> RunFulfils(ElementKey key);
  void WriteLoopVariables(ElementKey loop);
  // As LoopHolds, with these variables; `key` has the incident.
  std::optional<bool> Holds(ElementKey key, const fb::ExpressionT& e,
                            const ScopeVariables& variables);
  // Does it go on? A fault: an incident is raised.
  std::optional<bool> LoopHolds(ElementKey key,
                                const std::unique_ptr<fb::ExpressionT>& e);
  // What a run gives to the collection, "" when nothing collects. Nothing: an
  // incident is raised.
  std::optional<std::string> RunOutput(ElementKey key);
  // The collection. Nothing: an incident is raised.
  std::optional<WireVariables> LoopOutput(ElementKey key);
  absl::StatusOr<std::vector<uint32_t>> FirstOfAdHoc(
      ElementKey key, const fb::ElementT& element) const;
  bool HasOwnIncident(ElementKey key) const;
  // False when no ad-hoc sub-process is to be looked at.
  bool StepAdHoc();
  // Does nothing more begin in it?
  bool EndsAdHoc(ElementKey scope) const;
  // Nothing is active in `key`: an ad-hoc sub-process that isn't done by that?
  // It begins what is next.
  bool EmptyAdHocGoesOn(ElementKey key);
  // What to wait for, evaluated and not opened yet.
  struct Opening {
    uint32_t trigger = 0;
    fb::EventType type = fb::EventType::none;
    int64_t due_ms = 0;
    Repetition repetition;
    MessageAddress address;  // of a signal: its name
  };
  // Nothing is opened for events that need no subscription.
  std::optional<Fault> Evaluate(ElementKey host, uint32_t trigger,
                                const fb::ElementT& event,
                                std::vector<Opening>* openings) const;
  // All that an activation of `element` waits for beside its work.
  std::optional<Fault> EvaluateTriggers(ElementKey host, uint32_t element,
                                        std::vector<Opening>* openings) const;
  void Open(ElementKey host, const Opening& opening);
  void CompleteTaskOf(ElementKey host);
  void CompleteRefused(ElementKey key, std::string message);
  // Timers and subscriptions of `key`; with `inner_only` those of event
  // sub-processes.
  void CancelTimer(TimerKey key);
  void CloseSubscription(SubscriptionKey key);
  void CancelTimers(ElementKey key, bool inner_only);
  void CloseSubscriptions(ElementKey key, bool inner_only);
  bool IsInner(uint32_t trigger) const;
  // Of an element whose work is done: what else it waited for, and incidents
  // that stand for what would have followed one.
  void CancelTriggers(ElementKey key);
  void TriggerDefinition(ElementKey host, uint32_t trigger,
                         const WireVariables& variables);
  // Has this one of a parallel multiple event come to `host` already?
  bool HasPart(ElementKey host, uint32_t trigger) const;
  bool TakeParts(ElementKey host, uint32_t event, uint32_t trigger,
                 WireVariables* variables);
  void DropInnerParts(ElementKey scope);
  void StartAtGateway(uint32_t event, const WireVariables& variables);
  // Does it wait for anything, or an incident of what it waits for?
  bool StillWaits(ElementKey key) const;
  void CompleteGateway(ElementKey gateway);
  void TakeFlowTo(const ElementInstance& gateway, uint32_t event,
                  const WireVariables& variables);
  // Of what is inside a scope that is interrupted.
  void ResolveInner(ElementKey scope);
  void TriggerEventSubProcess(ElementKey scope, uint32_t start,
                              const WireVariables& variables);
  void TriggerBehindGateway(ElementKey gateway, uint32_t event,
                            const WireVariables& variables);
  // Has an interrupting event sub-process taken over the scope?
  static bool Interrupted(const Instance& instance,
                          const model::ProcessDefinition& model,
                          ElementKey scope);
  // Fires one condition that has come true; false when there is none.
  bool FireCondition();
  // Activations inside `scope`, those of inner scopes before their scope.
  std::vector<ElementKey> Inside(ElementKey scope) const;
  void TerminateInside(ElementKey scope);
  void CompleteTerminated(ElementKey scope);
  void TerminateElement(ElementKey key);
  // Nothing when the join still misses a token.
  std::optional<std::vector<uint32_t>> JoinedFlows(const fb::ElementT& element,
                                                   ElementKey scope) const;
  // --- Inclusive joins and complex gateways (transition_joins.cc) -----------
  // Tokens of `scope` moved or died: what waits for others is decided again.
  // Before it is applied.
  void NoteWritten(const fb::VariablesWrittenT& event);
  void NoteMoved(ElementKey scope) {
    if (decides_joins_) moved_.insert(scope);
  }
  // To be called when no token is on its way. False: none of them fires.
  bool DecideJoins();
  bool DecideJoinsIn(ElementKey scope);
  class Standing;
  bool MayStillCome(uint32_t join, const Scope& scope, Standing* standing);
  void FireJoin(uint32_t join, ElementKey scope);
  void ResetGateway(uint32_t gateway, ElementKey scope);
  void ArriveAtComplex(uint32_t gateway, ElementKey scope);
  // Incidents of gateways whose tokens have gone with their scope.
  void CancelGateways(ElementKey scope);

  absl::StatusOr<std::vector<uint32_t>> ChooseFlows(const fb::ElementT& element,
                                                    ElementKey scope,
                                                    Fault* fault) const;
  static bool IsReopened(const Instance& instance,
                         const ElementInstance& element);
  bool IsReopened(const ElementInstance& element) const {
    return IsReopened(*instance_, element);
  }
  ElementKey OwnerOf(ElementKey scope) const;
  std::vector<ElementKey> RecordsIn(ElementKey scope, uint32_t activity) const;
  // Is anything recorded inside of that activation?
  bool HasRecords(ElementKey owner) const;
  void RecordCompletion(const ElementInstance& instance);
  ElementKey CompensationOf(const ElementInstance& element) const;
  // Does compensation go on in `scope`?
  bool IsCompensating(ElementKey scope) const;
  void BeginCompensation(ElementKey key, uint32_t element, ElementKey scope,
                         const std::vector<ElementKey>& records, bool waits);
  // The next step of one compensation; false when none may go on.
  bool AdvanceCompensation();
  void Compensate(ElementKey record, ElementKey scope);
  void EndCompensation(ElementKey key);
  void CloseReopened(ElementKey key);
  void FailCompensationAround(ElementKey key);
  void LeaveCancelled(ElementKey scope);
  // Stops what is active in `scope` and compensates what has completed, also
  // inside of what is stopped.
  void RollBack(ElementKey scope, uint32_t trigger);
  // Is it a saga's business?
  static bool IsForGood(fb::IncidentType type) {
    return type == fb::IncidentType::job_no_retries ||
           type == fb::IncidentType::unhandled_error;
  }
  // True: the fault is for a saga around `key`, and no incident.
  bool TriggerSaga(const Fault& fault, ElementKey key, uint32_t element,
                   JobKey job);
  ElementKey SagaAround(ElementKey key) const;
  ElementKey WholeOf(ElementKey key) const;
  // False when no saga has failed.
  bool RollBackNextSaga();
  void EndCompensated();
  void CompleteEmptyScopes();
  void CompleteInstance();
  // The instance's root is `completing`: it ends, and what crosses goes back to
  // its caller. A fault in that is an incident of the process.
  void LeaveInstance();
  void EndInstance(fb::InstanceState state, std::string reason);
  // What goes to whoever called this instance.
  fb::ThrowFromCallT ThrownToCaller(fb::EventType type, const std::string& code,
                                    const std::string& message,
                                    const WireVariables& variables, bool ends);
  // What of the call activity's outputs comes with what is thrown.
  WireVariables OutputsOnThrow();
  void ReportToCaller(const Fault& fault);
  // What the call activity's outputs give.
  std::optional<Fault> MapBack(fb::CompleteCallT* back);
  void CancelCalled(ElementKey key);
  std::optional<Fault> FindCalled(const fb::CallDefinitionT& call,
                                  ElementKey key, DefinitionAnswer* called,
                                  std::string* process_id);
  std::optional<Fault> MapInto(const fb::CallDefinitionT& call, ElementKey key,
                               WireVariables* variables);
  void StopAtLimit(std::string limit);
  // The one incident for all that can't go on in this command.
  void RaiseLimit(std::string limit, uint32_t element);

  Instance* instance_;
  int64_t now_ms_;
  Lookups* lookups_;
  // Evaluating changes nothing that anybody but the next evaluation sees.
  mutable Evaluations evaluations_;
  std::vector<fb::EventUnion>* events_;
  std::shared_ptr<const model::ProcessDefinition> model_;
  uint64_t next_key_ = 0;
  int activations_ = 0;
  uint32_t throws_ = 0;
  size_t written_bytes_ = 0;
  // Jobs that this decision gave to handlers, by type.
  StringMap<uint32_t> given_;
  Fifo<Arrival> arrivals_;
  // Scopes in which something ended since they were last looked at.
  std::vector<ElementKey> maybe_empty_;
  // Loops that may take a step, each once; and those that go on in another
  // command.
  Fifo<ElementKey> loops_;
  absl::btree_set<ElementKey> queued_loops_;
  absl::btree_set<ElementKey> continued_loops_;
  // Ad-hoc sub-processes in which an activity has completed.
  Fifo<ElementKey> ad_hocs_;
  // Compensations that may go on.
  Fifo<ElementKey> advance_;
  // Scopes of sagas that have failed, with the element where each did.
  Fifo<std::pair<ElementKey, uint32_t>> sagas_;
  // Variables were written, or a condition is new.
  bool recheck_ = false;
  // Conditions of one variable only are looked at, too, whatever was written.
  bool recheck_all_ = false;
  // What was written, and how (Element.condition_events).
  using Written = absl::btree_map<std::string, uint8_t>;
  static bool LooksAgain(const fb::ElementT& event, const Written& written);
  Written written_;
  // The model has gateways that wait for what other tokens may still do; scopes
  // whose tokens moved since they were decided, and the work that took.
  bool decides_joins_ = false;
  absl::btree_set<ElementKey> moved_;
  int64_t join_steps_ = 0;
};

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_TRANSITION_H_
