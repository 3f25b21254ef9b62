#include "replay/state_diff.h"

#include <array>
#include <tuple>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/convert.h"
#include "replay/decoded_record.h"

namespace pawl::replay {
namespace {

// A part of a state, with all its fields by name.
struct Part {
  std::string element_id;
  Variables fields;
};

constexpr std::array<const char*, 16> kKinds = {
    "instance", "scope", "element", "variable",    "token",     "task",
    "job",      "timer", "message", "signal",      "condition", "incident",
    "call",     "loop",  "ad_hoc",  "compensation"};
enum Kind : size_t {
  kInstance,
  kScope,
  kElement,
  kVariable,
  kToken,
  kTask,
  kJob,
  kTimer,
  kMessage,
  kSignal,
  kCondition,
  kIncident,
  kCall,
  kLoop,
  kAdHoc,
  kCompensation,
};

using PartId = std::tuple<Kind, uint64_t, std::string>;
using Image = absl::btree_map<PartId, Part>;

Value Time(int64_t ms) { return ms == 0 ? Value() : Value(TimeText(ms)); }
Value Text(const std::string& text) {
  return text.empty() ? Value() : Value(text);
}
Value Texts(const std::vector<std::string>& texts) {
  return Value(Value::List(texts.begin(), texts.end()));
}
template <typename Tag>
Value Key(StrongId<Tag> key) {
  return key.valid() ? Value(pawl::ToString(key)) : Value();
}

class ImageOf {
 public:
  explicit ImageOf(const InstanceAt& at)
      : state_(at.state), model_(*at.model) {}

  Image Take() {
    Put(kInstance, state_.key.value(), 0,
        {{"state", pawl::ToString(ToInstanceState(state_.state))},
         {"business_key", Text(state_.business_key)},
         {"ended", Time(state_.ended_ms)}});
    TakeElements();
    TakeScopes();
    TakeWork();
    TakeSubscriptions();
    TakeRest();
    return std::move(image_);
  }

 private:
  void Put(Kind kind, uint64_t key, uint32_t element, Variables fields,
           std::string name = "") {
    image_[{kind, key, std::move(name)}] = {IdOf(element), std::move(fields)};
  }
  std::string IdOf(uint32_t element) const {
    return element < model_.element_count() ? model_.element(element).id
                                            : absl::StrCat("element ", element);
  }
  uint32_t ElementOf(ElementKey key) const {
    const auto it = state_.elements.find(key);
    return it == state_.elements.end() ? 0 : it->second.element;
  }

  void TakeElements() {
    for (const auto& [key, element] : state_.elements) {
      // The process itself is the instance.
      if (element.element == 0) continue;
      Put(kElement, key.value(), element.element,
          {{"state", fb::EnumNameElementState(element.state)},
           {"scope", Key(element.scope)},
           {"run",
            element.loop_index == 0 ? Value() : Value(element.loop_index)},
           {"steps_done",
            element.steps_done == 0 ? Value() : Value(element.steps_done)},
           {"compensates", Key(element.compensates)}});
      if (const auto call = state_.calls.find(key);
          call != state_.calls.end()) {
        Put(kCall, key.value(), element.element,
            {{"instance", Key(call->second)}});
      }
    }
  }

  void TakeScopes() {
    for (const auto& [key, scope] : state_.scopes) {
      const uint32_t element = ElementOf(key);
      const auto it = state_.elements.find(key);
      Put(kScope, key.value(), element,
          {{"parent",
            it == state_.elements.end() ? Value() : Key(it->second.scope)}});
      for (const auto& [name, json] : scope.variables) {
        // What is recorded was checked; a damaged text is shown as it is.
        absl::StatusOr<Value> value = Value::FromJson(json);
        Put(kVariable, key.value(), element,
            {{"value", value.ok() ? *std::move(value) : Value(json)}}, name);
      }
      for (const auto& [flow, count] : scope.tokens) {
        Put(kToken, key.value(), element, {{"tokens", count}},
            flow < model_.flow_count() ? model_.flow(flow).id
                                       : absl::StrCat("flow ", flow));
      }
    }
  }

  void TakeWork() {
    for (const auto& [key, task] : state_.tasks) {
      Put(kTask, key.value(), ElementOf(task.element_key),
          {{"assignee", Text(task.assignee)},
           {"owner", Text(task.owner)},
           {"candidate_users", Texts(task.candidate_users)},
           {"candidate_groups", Texts(task.candidate_groups)},
           {"due", Time(task.due_ms)},
           {"follow_up", Time(task.follow_up_ms)},
           {"priority", task.priority}});
    }
    for (const auto& [key, job] : state_.jobs) {
      Put(kJob, key.value(), ElementOf(job.element_key),
          {{"type", job.type},
           {"state", fb::EnumNameJobState(job.state)},
           {"retries", job.retries},
           {"attempt", job.attempt},
           {"worker", job.epoch != 0 ? Value("handler") : Text(job.worker)},
           {"due", Time(job.due_ms)},
           {"message", Text(job.message)}});
    }
    for (const auto& [key, timer] : state_.timers) {
      Put(kTimer, key.value(),
          timer.boundary != 0 ? model_.EventOf(timer.boundary)
                              : ElementOf(timer.element_key),
          {{"due", Time(timer.due_ms)},
           {"cycle", Text(timer.repetition.cycle)}});
    }
    for (const auto& [key, incident] : state_.incidents) {
      Put(kIncident, key.value(), model_.EventOf(incident.element),
          {{"type", fb::EnumNameIncidentType(incident.type)},
           {"message", Text(incident.message)},
           {"job", Key(incident.job)}});
    }
  }

  void TakeSubscriptions() {
    for (const auto& [key, one] : state_.subscriptions) {
      const uint32_t element = one.trigger != 0 ? model_.EventOf(one.trigger)
                                                : ElementOf(one.element_key);
      switch (one.kind) {
        case fb::SubscriptionKind::message:
          Put(kMessage, key.value(), element,
              {{"name", one.name},
               {"key", one.any_key ? Value() : Value(one.correlation_key)}});
          break;
        case fb::SubscriptionKind::signal:
          Put(kSignal, key.value(), element, {{"name", one.name}});
          break;
        case fb::SubscriptionKind::conditional:
          Put(kCondition, key.value(), element, {{"holds", one.holds}});
          break;
      }
    }
  }

  void TakeRest() {
    for (const auto& [key, loop] : state_.loops) {
      Put(kLoop, key.value(), ElementOf(key),
          {{"total", loop.total}, {"begun", loop.begun}, {"done", loop.done}});
    }
    for (const auto& [key, ad_hoc] : state_.ad_hocs) {
      std::vector<std::string> waiting;
      for (const uint32_t element : ad_hoc.waiting) {
        waiting.push_back(IdOf(element));
      }
      Put(kAdHoc, key.value(), ElementOf(key),
          {{"waiting", Texts(waiting)}, {"fulfilled", ad_hoc.fulfilled}});
    }
    for (const auto& [key, one] : state_.compensations) {
      std::vector<std::string> pending;
      for (auto it = one.pending.rbegin(); it != one.pending.rend(); ++it) {
        const auto record = state_.records.find(*it);
        if (record == state_.records.end()) continue;
        pending.push_back(IdOf(record->second.element));
      }
      Put(kCompensation, key.value(), one.element,
          {{"pending", Texts(pending)},
           {"current", Key(one.current)},
           {"open", one.open}});
    }
  }

  const core::Instance& state_;
  const model::ProcessDefinition& model_;
  Image image_;
};

StateChange Begin(const PartId& id, const Part& part, StateChange::How how) {
  StateChange change;
  change.how = how;
  change.what = kKinds[std::get<0>(id)];
  change.key = std::get<1>(id);
  change.name = std::get<2>(id);
  change.element_id = part.element_id;
  return change;
}

StateChange Whole(const PartId& id, const Part& part, StateChange::How how) {
  StateChange change = Begin(id, part, how);
  for (const auto& [field, value] : part.fields) {
    if (value.is_null() || (value.is_list() && value.size() == 0)) continue;
    const bool added = how == StateChange::How::kAdded;
    change.fields.push_back(
        {field, added ? Value() : value, added ? value : Value()});
  }
  return change;
}

}  // namespace

const char* ToString(StateChange::How how) {
  switch (how) {
    case StateChange::How::kAdded:
      return "added";
    case StateChange::How::kRemoved:
      return "removed";
    case StateChange::How::kChanged:
      break;
  }
  return "changed";
}

std::vector<StateChange> DiffStates(const InstanceAt& from,
                                    const InstanceAt& to) {
  const Image before = ImageOf(from).Take();
  const Image after = ImageOf(to).Take();
  std::vector<StateChange> changes;
  auto a = before.begin();
  auto b = after.begin();
  while (a != before.end() || b != after.end()) {
    if (b == after.end() || (a != before.end() && a->first < b->first)) {
      changes.push_back(Whole(a->first, a->second, StateChange::How::kRemoved));
      ++a;
    } else if (a == before.end() || b->first < a->first) {
      changes.push_back(Whole(b->first, b->second, StateChange::How::kAdded));
      ++b;
    } else {
      StateChange change =
          Begin(b->first, b->second, StateChange::How::kChanged);
      // A part has the same fields at every time. In a fork the same key may
      // have become another element.
      if (a->second.element_id != b->second.element_id) {
        change.fields.push_back(
            {"element", a->second.element_id, b->second.element_id});
      }
      for (const auto& [field, value] : b->second.fields) {
        const Value* was = a->second.fields.find(field);
        const Value& old = was == nullptr ? Value::Null() : *was;
        if (!(old == value)) change.fields.push_back({field, old, value});
      }
      if (!change.fields.empty()) changes.push_back(std::move(change));
      ++a;
      ++b;
    }
  }
  return changes;
}

std::string ChangeText(const StateChange& change) {
  std::string text = change.what;
  const bool named = !change.name.empty();
  absl::StrAppend(&text, " ", named ? change.name : absl::StrCat(change.key));
  if (change.what != "instance") {
    absl::StrAppend(&text, named ? " of " : " at ", change.element_id);
    // Of several scopes of one element.
    if (named) absl::StrAppend(&text, " (", change.key, ")");
  }
  if (change.how != StateChange::How::kChanged) {
    absl::StrAppend(&text, " ", ToString(change.how));
  }
  std::vector<std::string> fields;
  for (const FieldChange& field : change.fields) {
    const std::string name =
        field.field == "value" ? "" : absl::StrCat(field.field, " ");
    if (change.how == StateChange::How::kChanged) {
      fields.push_back(
          absl::StrCat(name, field.from.ToJson(), " -> ", field.to.ToJson()));
    } else {
      fields.push_back(absl::StrCat(
          name, (change.how == StateChange::How::kAdded ? field.to : field.from)
                    .ToJson()));
    }
  }
  if (!fields.empty()) {
    absl::StrAppend(&text, ": ", absl::StrJoin(fields, ", "));
  }
  return text;
}

}  // namespace pawl::replay
