// Starts of processes by time and by condition (BPMN 2.0.2, 10.5.2; ADR 0023).
//
// Timers of start events belong to the newest version of their process. Each
// firing requests one start, in the record that counts the timer on: it can't
// be lost, nor happen twice.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/element/timer.h"
#include "engine/core/evaluations.h"
#include "engine/core/requests.h"
#include "engine/core/variables.h"
#include "engine/expression/expression.h"

namespace pawl::core {
namespace {

// What a condition sees before there is an instance: what was given with the
// command.
class GivenVariables final : public expression::ScopeView {
 public:
  GivenVariables(Variables variables, int64_t now_ms, Lookups* lookups)
      : variables_(std::move(variables)),
        now_ms_(now_ms),
        evaluations_(lookups) {}

  // Whose condition is looked at.
  void Of(std::string element_id) { element_id_ = std::move(element_id); }

  const Value* Find(std::string_view name) const override {
    return variables_.find(name);
  }
  const Value& Fact(expression::InstanceFact) const override {
    return Value::Null();
  }
  int64_t now_ms() const override { return now_ms_; }
  uint64_t Seed() const override { return evaluations_.lookups().Seed(); }
  absl::Status MayEvaluate() const override {
    return evaluations_.MayEvaluate();
  }
  void Spend(int64_t steps) const override { evaluations_.Spend(steps); }
  absl::StatusOr<expression::ScriptResult> RunScript(
      const expression::Expression& script) const override {
    return evaluations_.lookups().RunScript(element_id_, script, *this);
  }

 private:
  const Variables variables_;
  const int64_t now_ms_;
  // Evaluating changes nothing that anybody but the next evaluation sees.
  mutable Evaluations evaluations_;
  std::string element_id_;
};

absl::StatusOr<Variables> FromWire(const WireVariables& wire) {
  Variables variables;
  for (const auto& variable : wire) {
    PAWL_ASSIGN_OR_RETURN(Value value, Value::FromJson(variable->json));
    variables.Set(variable->name, std::move(value));
  }
  return variables;
}

}  // namespace

absl::Status MoveStartTimers(const fb::DefinitionDeployedT& definition,
                             DefinitionKey before, int64_t now_ms,
                             Lookups* lookups,
                             const std::function<uint64_t()>& new_key,
                             Events* events) {
  // By the model first: logs of builds without these timers have no answer.
  const auto replaced = before.valid() ? lookups->Model(before) : nullptr;
  bool had_timers = false;
  if (replaced != nullptr && replaced->model().executable) {
    for (const uint32_t index : replaced->EventStarts()) {
      had_timers = had_timers ||
                   replaced->element(index).event_type == fb::EventType::timer;
    }
  }
  if (had_timers && !PAWL_PLANTED(start_timers_kept)) {
    for (const StartTimerAnswer& timer : lookups->StartTimers(before)) {
      fb::StartTimerCanceledT canceled;
      canceled.key = timer.key;
      canceled.definition = before.value();
      canceled.due_ms = timer.due_ms;
      Emit(std::move(canceled), events);
    }
  }
  const fb::ProcessT& model = *definition.model;
  if (!model.executable) return absl::OkStatus();
  for (uint32_t index = 0; index < model.elements.size(); ++index) {
    const fb::ElementT& element = *model.elements[index];
    // The event itself, or one of several that start the process.
    const fb::ElementT& whole =
        element.kind == fb::ElementKind::event_definition
            ? *model.elements[element.attached_to]
            : element;
    if (element.scope != 0 || whole.kind != fb::ElementKind::start_event ||
        element.event_type != fb::EventType::timer) {
      continue;
    }
    absl::StatusOr<TimerTime> time =
        TimeOf(*element.timer, element.timer->value->text, now_ms);
    if (!time.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("process '", definition.process_id, "', start event '",
                       element.id, "': ", time.status().message()));
    }
    fb::StartTimerCreatedT created;
    created.key = new_key();
    created.definition = definition.key;
    created.process_id = definition.process_id;
    created.version = definition.version;
    created.element = index;
    created.due_ms = time->due_ms;
    created.cycle = std::move(time->repetition.cycle);
    created.counts_from_ms = time->repetition.counts_from_ms;
    created.number = time->repetition.number;
    Emit(std::move(created), events);
  }
  return absl::OkStatus();
}

absl::Status HandlePartition(const fb::TriggerStartTimerT& command,
                             int64_t now_ms, Lookups* lookups, Events* events) {
  const DefinitionKey definition(command.definition);
  for (const StartTimerAnswer& timer : lookups->StartTimers(definition)) {
    if (timer.key != command.timer) continue;
    if (timer.due_ms > now_ms) {
      return absl::FailedPreconditionError(absl::StrCat(
          "timer ", timer.key, " is due at ", FormatIsoDateTime(timer.due_ms)));
    }
    fb::StartTimerTriggeredT triggered;
    triggered.key = timer.key;
    triggered.definition = command.definition;
    triggered.due_ms = timer.due_ms;
    if (!timer.repetition.cycle.empty()) {
      const auto model = lookups->Model(definition);
      if (model == nullptr) {
        return absl::FailedPreconditionError(absl::StrCat(
            "definition ", command.definition, ": its model can't be read"));
      }
      const auto next = NextTime(*model->element(timer.start.element).timer,
                                 timer.repetition, now_ms);
      if (next.has_value()) {
        triggered.next_due_ms = next->due_ms;
        triggered.next_number = next->number;
        if (PAWL_PLANTED(start_counted_twice)) ++triggered.next_number;
      }
    }
    Emit(std::move(triggered), events);
    Requests(lookups, events).Start(timer.start, {});
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("timer ", command.timer));
}

absl::Status HandlePartition(const fb::EvaluateConditionsT& command,
                             int64_t now_ms, Lookups* lookups, Events* events,
                             Answer* answer) {
  PAWL_ASSIGN_OR_RETURN(Variables variables, FromWire(command.variables));
  GivenVariables view(std::move(variables), now_ms, lookups);
  Requests requests(lookups, events);
  for (const StartAnswer& start :
       lookups->StartEvents(fb::SubscriptionKind::conditional, "")) {
    if (!command.process_id.empty() && start.process_id != command.process_id) {
      continue;
    }
    const auto model = lookups->Model(start.definition);
    if (model == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("process '", start.process_id,
                       "': the model of its newest version can't be read"));
    }
    const fb::ElementT& event = model->element(start.element);
    // As for every conditional event: what can't be told doesn't hold.
    view.Of(event.id);
    const absl::StatusOr<bool> holds =
        model->Compiled(*event.condition).EvaluateCondition(view);
    if (!holds.ok() && !PAWL_PLANTED(condition_not_asked)) continue;
    if (holds.ok() && !*holds) continue;
    requests.Start(start, command.variables, command.business_key);
    ++answer->receivers;
  }
  return absl::OkStatus();
}

}  // namespace pawl::core
