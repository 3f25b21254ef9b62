#include "replay/instance_story.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/variables.h"
#include "engine/expression/expression.h"
#include "engine/expression/scope_view.h"

namespace pawl::replay {
namespace {

// What a scope saw, and what of it was asked for.
class ReadingScope final : public expression::ScopeView {
 public:
  ReadingScope(const core::Instance& instance, ElementKey scope, int64_t now_ms,
               Variables* read)
      : instance_(instance),
        variables_(core::VisibleVariables(instance, scope)),
        now_ms_(now_ms),
        read_(*read) {
    // As the core has it for complex gateways.
    const auto it = instance.elements.find(scope);
    if (it != instance.elements.end() && !variables_.contains(kWaiting)) {
      waiting_ = it->second.phase != fb::GatewayPhase::reset;
    }
    business_key_ = instance.business_key;
    instance_key_ = ToString(instance.key);
  }

  const Value* Find(std::string_view name) const override {
    const Value* value = variables_.find(name);
    if (value == nullptr && name == kWaiting && !waiting_.is_null()) {
      value = &waiting_;
    }
    if (value != nullptr) read_.Set(std::string(name), *value);
    return value;
  }
  const Value& Fact(expression::InstanceFact fact) const override {
    if (fact == expression::InstanceFact::kInstanceKey) return instance_key_;
    return instance_.business_key.empty() ? Value::Null() : business_key_;
  }
  int64_t now_ms() const override { return now_ms_; }
  uint64_t Seed() const override {
    drew_ = true;
    return 0;
  }
  // A random number was asked for, and which one it was is not known here.
  bool drew() const { return drew_; }

 private:
  static constexpr char kWaiting[] = "waitingForStart";

  const core::Instance& instance_;
  const Variables variables_;
  const int64_t now_ms_;
  Variables& read_;
  Value waiting_;
  Value business_key_;
  Value instance_key_;
  mutable bool drew_ = false;
};

bool IsScript(const fb::ExpressionT& expression) {
  return expression.language == fb::Language::lua ||
         expression.language == fb::Language::javascript;
}

}  // namespace

absl::StatusOr<bool> EvaluateAgain(const core::Instance& instance,
                                   const model::ProcessDefinition& model,
                                   ElementKey scope,
                                   const fb::ExpressionT& condition,
                                   int64_t now_ms, Variables* read) {
  if (IsScript(condition)) {
    return absl::UnimplementedError("a script isn't run again");
  }
  const ReadingScope view(instance, scope, now_ms, read);
  PAWL_ASSIGN_OR_RETURN(const bool holds,
                        model.Compiled(condition).EvaluateCondition(view));
  if (view.drew()) {
    return absl::UnimplementedError("it asks for a random number");
  }
  return holds;
}

absl::StatusOr<InstanceStory> InstanceStory::Read(PartitionData* data,
                                                  InstanceKey key,
                                                  std::optional<Position> at) {
  InstanceStory story;
  story.key_ = key;
  absl::Status added;
  PAWL_RETURN_IF_ERROR(data->ReadInstance(key, [&](Position position,
                                                   std::string_view bytes) {
    if (at.has_value() && position > *at) return false;
    absl::StatusOr<std::unique_ptr<fb::RecordT>> record =
        core::DecodeRecord(bytes);
    added = record.ok() ? story.Add(data, *std::move(record)) : record.status();
    return added.ok();
  }));
  PAWL_RETURN_IF_ERROR(added);
  if (story.last_ == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "instance ", key.value(),
        at.has_value() ? absl::StrCat(": not started at position ", *at)
                       : ": no such instance"));
  }
  return story;
}

absl::Status InstanceStory::Add(PartitionData* data, RecordPtr record) {
  for (size_t i = 0; i < record->events.size(); ++i) {
    if (core::InstanceOf(*record, i) != key_) continue;
    const fb::EventUnion& event = record->events[i];
    if (const auto* started = event.AsInstanceStarted()) {
      PAWL_ASSIGN_OR_RETURN(model_,
                            data->Model(DefinitionKey(started->definition)));
    }
    if (model_ != nullptr && event.type == fb::Event::ElementCompleted) {
      NoteChoice(*record, i);
    }
    Note(record, event);
    PAWL_RETURN_IF_ERROR(core::Apply(&state_, event, record->time_ms));
  }
  last_ = std::move(record);
  if (model_ != nullptr) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "instance ", key_.value(), ": its first record doesn't start it"));
}

// Before the event is applied.
void InstanceStory::Note(const RecordPtr& record, const fb::EventUnion& event) {
  const auto note = [&](Part part, uint64_t key, uint64_t scope = 0) {
    since_[{part, key, scope}] = record;
  };
  switch (event.type) {
    case fb::Event::InstanceStarted:
      started_ = record;
      break;
    case fb::Event::InstanceSuspended:
      suspended_ = record;
      break;
    case fb::Event::InstanceEnded:
      ended_ = std::make_shared<fb::InstanceEndedT>(*event.AsInstanceEnded());
      break;
    case fb::Event::SagaTriggered:
      saga_ = std::make_shared<fb::SagaTriggeredT>(*event.AsSagaTriggered());
      break;
    case fb::Event::ElementActivating:
      note(Part::kElement, event.AsElementActivating()->key);
      break;
    case fb::Event::ElementActivated:
      note(Part::kElement, event.AsElementActivated()->key);
      break;
    case fb::Event::ElementCompleting:
      note(Part::kElement, event.AsElementCompleting()->key);
      break;
    case fb::Event::ElementCompleted: {
      const auto it =
          state_.elements.find(ElementKey(event.AsElementCompleted()->key));
      if (it != state_.elements.end() && it->second.element != 0) {
        last_element_ = it->second.element;
      }
      break;
    }
    case fb::Event::FlowTaken:
      note(Part::kToken, event.AsFlowTaken()->flow, event.AsFlowTaken()->scope);
      break;
    case fb::Event::JobCreated:
      note(Part::kJob, event.AsJobCreated()->key);
      break;
    case fb::Event::JobLocked:
      note(Part::kJob, event.AsJobLocked()->key);
      break;
    case fb::Event::JobUnlocked:
      note(Part::kJob, event.AsJobUnlocked()->key);
      break;
    case fb::Event::JobFailed:
      note(Part::kJob, event.AsJobFailed()->key);
      break;
    case fb::Event::JobRetryReached:
      note(Part::kJob, event.AsJobRetryReached()->key);
      break;
    case fb::Event::JobRetriesSet:
      note(Part::kJob, event.AsJobRetriesSet()->key);
      break;
    case fb::Event::TaskCreated:
      note(Part::kTask, event.AsTaskCreated()->key);
      break;
    case fb::Event::TimerCreated:
      note(Part::kTimer, event.AsTimerCreated()->key);
      break;
    case fb::Event::TimerTriggered:
      note(Part::kTimer, event.AsTimerTriggered()->key);
      break;
    case fb::Event::SubscriptionOpened:
      note(Part::kSubscription, event.AsSubscriptionOpened()->key);
      break;
    case fb::Event::IncidentRaised:
      note(Part::kIncident, event.AsIncidentRaised()->key);
      break;
    case fb::Event::CompensationTriggered:
      note(Part::kCompensation, event.AsCompensationTriggered()->key);
      break;
    default:
      break;
  }
}

// `index` completes an element; the state is the one on which its flows were
// chosen. They follow in the same record.
void InstanceStory::NoteChoice(const fb::RecordT& record, size_t index) {
  const ElementKey key(record.events[index].AsElementCompleted()->key);
  const auto it = state_.elements.find(key);
  if (it == state_.elements.end() || it->second.loop_index != 0) return;
  const uint32_t index_of = it->second.element;
  if (index_of >= model_->element_count()) return;
  const fb::ElementT& element = model_->element(index_of);
  const bool all = element.kind == fb::ElementKind::parallel_gateway ||
                   element.kind == fb::ElementKind::event_based_gateway;
  const bool asks = std::any_of(
      element.outgoing.begin(), element.outgoing.end(),
      [&](uint32_t flow) { return model_->flow(flow).condition != nullptr; });
  if (all || !asks) return;

  // The tokens that left are the next ones from this element in its scope.
  std::vector<uint32_t> taken;
  for (size_t i = index + 1; i < record.events.size(); ++i) {
    if (core::InstanceOf(record, i) != key_) continue;
    const auto* flow = record.events[i].AsFlowTaken();
    if (flow == nullptr || flow->scope != it->second.scope.value()) break;
    const auto& out = element.outgoing;
    if (std::find(out.begin(), out.end(), flow->flow) == out.end()) break;
    taken.push_back(flow->flow);
  }

  Choice choice{record.position, record.time_ms, index_of, key, {}, {}};
  const bool first_only = element.kind == fb::ElementKind::exclusive_gateway;
  bool decided = false;
  for (const uint32_t flow : element.outgoing) {
    ChoiceFlow entry;
    entry.flow = flow;
    entry.taken = std::find(taken.begin(), taken.end(), flow) != taken.end();
    entry.is_default = element.default_flow == flow + 1;
    const fb::SequenceFlowT& sequence_flow = model_->flow(flow);
    if (!entry.is_default && sequence_flow.condition != nullptr && !decided) {
      entry.held = entry.taken;
      // Only for what it read: whether it held is known.
      EvaluateAgain(state_, *model_, key, *sequence_flow.condition,
                    record.time_ms, &choice.read)
          .IgnoreError();
    }
    if (first_only && entry.taken && !entry.is_default) decided = true;
    choice.flows.push_back(entry);
  }
  choices_.push_back(std::move(choice));
}

const fb::RecordT* InstanceStory::Since(Part part, uint64_t key,
                                        uint64_t scope) const {
  const auto it = since_.find({part, key, scope});
  return it == since_.end() ? nullptr : it->second.get();
}

}  // namespace pawl::replay
