#include "tests/support/lifecycle_law.h"

#include <map>
#include <string>

#include "engine/core/apply.h"
#include "engine/core/work_of.h"

namespace pawl {

std::string LifecycleLaw::Observe(const fb::RecordT& record) {
  wrong_.clear();
  for (size_t i = 0; i < record.events.size(); ++i) {
    event_ = fb::EnumNameEvent(record.events[i].type);
    const uint64_t instance = core::InstanceOf(record, i).value();
    if (instances_ended_.contains(instance)) {
      Wrong("its instance has ended");
    }
    ObserveEvent(record.events[i], instance);
  }
  return wrong_;
}

void LifecycleLaw::ObserveEvent(const fb::EventUnion& event,
                                uint64_t instance) {
  switch (event.type) {
    case fb::Event::ElementActivating: {
      const auto& e = *event.AsElementActivating();
      if (!elements_.emplace(e.key, Element{instance, Phase::kActivating})
               .second) {
        Wrong("key " + std::to_string(e.key) + " was used before");
      }
      const auto scope = elements_.find(e.scope);
      if (e.scope != 0 && (scope == elements_.end() ||
                           scope->second.phase != Phase::kActivated)) {
        Wrong("its scope is not active");
      }
      break;
    }
    case fb::Event::ElementActivated:
      Move(event.AsElementActivated()->key, {Phase::kActivating},
           Phase::kActivated);
      break;
    case fb::Event::ElementCompleting:
      Move(event.AsElementCompleting()->key, {Phase::kActivated},
           Phase::kCompleting);
      break;
    case fb::Event::ElementCompleted:
      Move(event.AsElementCompleted()->key, {Phase::kCompleting},
           Phase::kEnded);
      break;
    case fb::Event::ElementTerminating:
      Move(event.AsElementTerminating()->key,
           {Phase::kActivating, Phase::kActivated, Phase::kCompleting},
           Phase::kTerminating);
      break;
    case fb::Event::ElementTerminated:
      Move(event.AsElementTerminated()->key, {Phase::kTerminating},
           Phase::kEnded);
      break;
    default:
      ObserveInstance(event, instance);
      ObserveWork(event, instance);
      if (const auto* step = event.AsElementStepDone()) StepDone(step->key);
      if (const auto* created = event.AsJobCreated()) {
        if (created->epoch != 0) HandedOut(created->key, 1);
      } else if (const auto* locked = event.AsJobLocked()) {
        HandedOut(locked->key, locked->attempt);
      }
      break;
  }
}

void LifecycleLaw::ObserveInstance(const fb::EventUnion& event,
                                   uint64_t instance) {
  if (event.type != fb::Event::InstanceEnded) return;
  instances_ended_.insert(instance);
  for (const auto& [key, element] : elements_) {
    if (element.instance == instance && element.phase != Phase::kEnded) {
      Wrong("element " + std::to_string(key) + " has not ended");
    }
  }
  for (const auto& [key, work] : work_) {
    if (work.instance == instance && !work.done) {
      Wrong("work " + std::to_string(key) + " is not done with");
    }
  }
}

void LifecycleLaw::ObserveWork(const fb::EventUnion& event, uint64_t instance) {
  if (const auto* fired = event.AsTimerTriggered()) {
    return fired->next_due_ms != 0 ? Touches(fired->key) : Closes(fired->key);
  }
#define PAWL_OPENS(Type) \
  case fb::Event::Type:  \
    return Opens(event.As##Type()->key, event.As##Type()->element_key, instance)
#define PAWL_TOUCHES(Type) \
  case fb::Event::Type:    \
    return Touches(event.As##Type()->key)
#define PAWL_CLOSES(Type) \
  case fb::Event::Type:   \
    return Closes(event.As##Type()->key)
  switch (event.type) {
    PAWL_OPENS(JobCreated);
    PAWL_OPENS(TaskCreated);
    PAWL_OPENS(TimerCreated);
    PAWL_OPENS(IncidentRaised);
    PAWL_OPENS(SubscriptionOpened);
    PAWL_TOUCHES(JobLocked);
    PAWL_TOUCHES(JobLockExtended);
    PAWL_TOUCHES(JobUnlocked);
    PAWL_TOUCHES(JobFailed);
    PAWL_TOUCHES(JobRetryReached);
    PAWL_TOUCHES(JobRetriesSet);
    PAWL_TOUCHES(JobErrorThrown);
    PAWL_TOUCHES(JobPaused);
    PAWL_TOUCHES(JobUnpaused);
    PAWL_TOUCHES(TaskAssigned);
    PAWL_TOUCHES(TaskDelegated);
    PAWL_TOUCHES(TaskResolved);
    PAWL_TOUCHES(TaskChanged);
    PAWL_TOUCHES(TaskListening);
    PAWL_TOUCHES(TaskListenerDone);
    PAWL_TOUCHES(TimerPaused);
    PAWL_TOUCHES(TimerUnpaused);
    PAWL_TOUCHES(SubscriptionPaused);
    PAWL_TOUCHES(SubscriptionUnpaused);
    PAWL_TOUCHES(ConditionChanged);
    PAWL_CLOSES(JobCompleted);
    PAWL_CLOSES(JobCanceled);
    PAWL_CLOSES(TaskCompleted);
    PAWL_CLOSES(TaskCanceled);
    PAWL_CLOSES(TimerCanceled);
    PAWL_CLOSES(IncidentResolved);
    PAWL_CLOSES(SubscriptionClosed);
    case fb::Event::SubscriptionTriggered:
      if (event.AsSubscriptionTriggered()->stays) {
        return Touches(event.AsSubscriptionTriggered()->key);
      }
      return Closes(event.AsSubscriptionTriggered()->key);
    default:
      return;
  }
#undef PAWL_OPENS
#undef PAWL_TOUCHES
#undef PAWL_CLOSES
}

void LifecycleLaw::StepDone(uint64_t key) {
  const auto it = elements_.find(key);
  if (it == elements_.end() || (it->second.phase != Phase::kActivating &&
                                it->second.phase != Phase::kCompleting)) {
    Wrong("element " + std::to_string(key) +
          " is not before or after its work");
  }
}

void LifecycleLaw::Move(uint64_t key, std::set<Phase> from, Phase to) {
  const auto it = elements_.find(key);
  if (it == elements_.end()) {
    return Wrong("element " + std::to_string(key) + " was never activated");
  }
  if (!from.contains(it->second.phase)) {
    Wrong("element " + std::to_string(key) + " is in phase " +
          std::to_string(static_cast<int>(it->second.phase)));
  }
  it->second.phase = to;
}

void LifecycleLaw::Opens(uint64_t key, uint64_t element, uint64_t instance) {
  if (!work_.emplace(key, Work{instance, false, 0}).second) {
    Wrong("key " + std::to_string(key) + " was used before");
  }
  if (element == 0) return;
  const auto it = elements_.find(element);
  if (it == elements_.end() || it->second.phase == Phase::kTerminating ||
      it->second.phase == Phase::kEnded) {
    Wrong("its element " + std::to_string(element) + " is not there any more");
  }
}

void LifecycleLaw::Touches(uint64_t key) {
  const auto it = work_.find(key);
  if (it == work_.end()) return Wrong("key " + std::to_string(key) + " is new");
  if (it->second.done) Wrong("key " + std::to_string(key) + " is done with");
}

void LifecycleLaw::Closes(uint64_t key) {
  Touches(key);
  work_[key].done = true;
}

void LifecycleLaw::HandedOut(uint64_t job, uint32_t attempt) {
  uint32_t& last = work_[job].attempt;
  if (attempt != last + 1) {
    Wrong("attempt " + std::to_string(attempt) + " after " +
          std::to_string(last));
  }
  last = attempt;
}

void LifecycleLaw::Wrong(const std::string& what) {
  wrong_ += std::string(event_) + ": " + what + "\n";
}

namespace {

// What stands at each element.
struct AtElement {
  int work = 0;
  int incidents = 0;
  // Incidents of what it waits for.
  int inner_incidents = 0;
  // Events that it waits for beside its work.
  std::set<uint32_t> triggers;
};

// Jobs and incidents name each other.
std::string CheckIncidents(const core::Instance& instance) {
  std::string wrong;
  std::map<JobKey, int> of_job;
  for (const auto& [key, incident] : instance.incidents) {
    if (incident.job.valid()) ++of_job[incident.job];
    // Tokens that stopped on flows are nowhere; steps of an element that
    // stopped at the limit are there.
    if (!incident.element_key.valid() &&
        incident.type != fb::IncidentType::limit) {
      wrong += "incident " + std::to_string(key.value()) + " is nowhere\n";
    }
  }
  for (const auto& [key, job] : instance.jobs) {
    const int incidents = of_job.contains(key) ? of_job[key] : 0;
    of_job.erase(key);
    if (incidents != (job.state == fb::JobState::incident ? 1 : 0)) {
      wrong += "job " + std::to_string(key.value()) + " has " +
               std::to_string(incidents) + " incidents in state " +
               fb::EnumNameJobState(job.state) + "\n";
    }
  }
  if (!of_job.empty()) wrong += "an incident of a job that isn't there\n";
  return wrong;
}

std::string CheckFlows(const core::Instance& instance, const core::Scope& scope,
                       const model::ProcessDefinition& model) {
  bool at_limit = false;
  for (const auto& [key, incident] : instance.incidents) {
    at_limit = at_limit || (incident.type == fb::IncidentType::limit &&
                            !incident.element_key.valid());
  }
  std::string wrong;
  uint32_t count = 0;
  for (const auto& [flow, tokens] : scope.tokens) {
    count += tokens;
    const uint32_t target = model.flow(flow).target;
    bool misses_one = false;
    for (uint32_t incoming : model.element(target).incoming) {
      misses_one = misses_one || !scope.tokens.contains(incoming);
    }
    const bool waits = (model.JoinsTokens(target) && misses_one) ||
                       model::JoinsByReach(model.element(target));
    if (tokens == 0 || (!waits && !at_limit)) {
      wrong += std::to_string(tokens) + " tokens rest on flow '" +
               model.flow(flow).id + "'\n";
    }
  }
  if (count != scope.token_count) wrong += "token_count is wrong\n";
  return wrong;
}

// A complex gateway whose condition failed has its incident at the scope in
// which its tokens rest.
bool IsOfGateway(const core::Instance& instance, const core::Incident& incident,
                 const model::ProcessDefinition& model) {
  const auto scope = instance.elements.find(incident.element_key);
  return scope != instance.elements.end() &&
         scope->second.element != incident.element &&
         model.element(incident.element).kind ==
             fb::ElementKind::complex_gateway;
}

std::string CheckGateways(const core::Instance& instance,
                          const model::ProcessDefinition& model) {
  std::string wrong;
  for (const auto& [key, incident] : instance.incidents) {
    if (!IsOfGateway(instance, incident, model)) continue;
    const auto scope = instance.scopes.find(incident.element_key);
    bool rests = false;
    for (const uint32_t flow : model.element(incident.element).incoming) {
      rests = rests || (scope != instance.scopes.end() &&
                        scope->second.tokens.contains(flow));
    }
    if (!rests) {
      wrong += "no token at '" + model.element(incident.element).id +
               "', which has an incident\n";
    }
  }
  for (const auto& [key, scope] : instance.scopes) {
    for (const auto& [gateway, flows] : scope.rounds) {
      if (instance.ended() || flows.empty()) {
        wrong += "'" + model.element(gateway).id + "' is in a round\n";
      }
    }
  }
  return wrong;
}

}  // namespace

namespace {

// By the model alone: is what is done next a listener that is a job?
bool WaitsForListener(const core::ElementInstance& instance,
                      const fb::ElementT& element) {
  const bool before = instance.state == fb::ElementState::activating;
  uint32_t step = (before ? element.inputs : element.outputs).empty() ? 0 : 1;
  for (const auto& listener : element.listeners) {
    if ((listener->event == fb::ListenerEvent::start) != before) continue;
    if (step++ != instance.steps_done) continue;
    return listener->job != nullptr ||
           listener->script->script->language == fb::Language::javascript;
  }
  return false;
}

}  // namespace

namespace {

// A boundary event of it, the start of an event sub-process in it, or an event
// behind it.
bool IsTriggerOf(const model::ProcessDefinition& model, uint32_t trigger,
                 uint32_t host) {
  const uint32_t whole = model.EventOf(trigger);
  // One of the definitions of what waits itself.
  if (whole != trigger && whole == host) return true;
  const fb::ElementT& event = model.element(whole);
  switch (event.kind) {
    case fb::ElementKind::boundary_event:
      return event.attached_to == host;
    case fb::ElementKind::start_event:
      return model.element(event.scope).kind ==
                 fb::ElementKind::event_sub_process &&
             model.element(event.scope).scope == host;
    default:
      return event.incoming.size() == 1 &&
             model.flow(event.incoming[0]).source == host;
  }
}

}  // namespace

namespace {

// Records stand in scopes that are there, or inside of other records; each is
// compensated by one at most.
std::string CheckRecords(const core::Instance& instance) {
  std::string wrong;
  std::set<ElementKey> compensated;
  for (const auto& [key, element] : instance.elements) {
    if (!element.compensates.valid()) continue;
    if (!compensated.insert(element.compensates).second) {
      wrong += "a record is compensated twice\n";
    }
    if (!instance.records.contains(element.compensates)) {
      wrong += "compensates a record that isn't there\n";
    }
  }
  for (const auto& [key, record] : instance.records) {
    if (instance.elements.contains(record.owner) ==
        instance.records.contains(record.owner)) {
      wrong += "the record of element " + std::to_string(key.value()) +
               " stands nowhere\n";
    }
    if (record.failed && !compensated.contains(key)) {
      wrong += "a record failed, and nothing compensates it\n";
    }
    if (record.claimed_by.valid() &&
        !instance.compensations.contains(record.claimed_by)) {
      wrong += "a record is claimed by nobody\n";
    }
  }
  if (instance.records.size() != instance.records_by_owner.size()) {
    wrong += "records by owner are others\n";
  }
  return wrong;
}

}  // namespace

std::string LifecycleLaw::CheckTokens(
    const core::Instance& instance, const model::ProcessDefinition& model,
    const absl::btree_map<uint64_t, core::Partition::Request>& requests) {
  std::map<ElementKey, AtElement> at;
  for (const auto& [key, request] : requests) {
    // What it threw is delivered first. It may end the element, which nobody
    // asks any more then.
    const auto* thrown = request.command.AsCompleteThrow();
    if (thrown == nullptr || InstanceKey(thrown->instance) != instance.key) {
      continue;
    }
    const ElementKey thrower(thrown->element_key);
    if (instance.elements.contains(thrower)) ++at[thrower].work;
  }
  for (const auto& [key, job] : instance.jobs) ++at[job.element_key].work;
  for (const auto& [key, task] : instance.tasks) ++at[task.element_key].work;
  std::string wrong = CheckIncidents(instance);
  wrong += CheckGateways(instance, model);
  const auto waits_for = [&](ElementKey key, uint32_t trigger) {
    if (trigger != 0 && !at[key].triggers.insert(trigger).second) {
      wrong += "waits twice for '" + model.element(trigger).id + "'\n";
    }
  };
  for (const auto& [key, subscription] : instance.subscriptions) {
    const auto host = instance.elements.find(subscription.element_key);
    if (host == instance.elements.end()) {
      wrong += "a subscription of an element that isn't there\n";
      continue;
    }
    waits_for(host->first, subscription.trigger);
    // A receive task waits as its task.
    if (subscription.trigger == 0 && model.element(host->second.element).kind !=
                                         fb::ElementKind::receive_task) {
      ++at[host->first].work;
    }
  }
  for (const auto& [key, timer] : instance.timers) {
    if (timer.boundary == 0) ++at[timer.element_key].work;
    waits_for(timer.element_key, timer.boundary);
  }
  for (const auto& [key, incident] : instance.incidents) {
    const auto host = instance.elements.find(incident.element_key);
    // One of an event that it waits for stops nothing else.
    if (!incident.job.valid() && host != instance.elements.end() &&
        host->second.element == incident.element) {
      ++at[incident.element_key].incidents;
    } else if (!incident.job.valid() && host != instance.elements.end()) {
      ++at[incident.element_key].inner_incidents;
    }
  }
  for (const auto& [key, element] : instance.elements) {
    if (instance.calls.contains(key)) ++at[key].work;
  }
  // Who throws compensation and waits for it does nothing else.
  std::set<ElementKey> compensated_scopes;
  for (const auto& [key, compensation] : instance.compensations) {
    compensated_scopes.insert(compensation.scope);
    const auto thrower = instance.elements.find(key);
    if (compensation.waits && thrower != instance.elements.end() &&
        key != compensation.scope) {
      ++at[key].work;
    }
    if (compensation.pending.empty() && compensation.open == 0) {
      wrong += "a compensation has nothing left to do\n";
    }
    if (!instance.elements.contains(compensation.scope)) {
      wrong += "a compensation of a scope that isn't there\n";
    }
  }
  wrong += CheckRecords(instance);
  std::map<ElementKey, uint32_t> children;
  for (const auto& [key, element] : instance.elements) {
    ++children[element.scope];
  }
  for (const auto& [key, element] : instance.elements) {
    AtElement here = at[key];
    at.erase(key);
    // Who waits for one or all of several definitions waits once.
    const fb::EventType event_type = model.element(element.element).event_type;
    if (event_type == fb::EventType::multiple ||
        event_type == fb::EventType::parallel_multiple) {
      for (const uint32_t trigger : here.triggers) {
        if (model.EventOf(trigger) == element.element) here.work = 1;
      }
      if (here.inner_incidents > 0) here.work = 1;
    }
    bool legal = false;
    const fb::ElementKind kind = model.element(element.element).kind;
    // A completed activity that is open again holds its handlers, as a
    // sub-process does.
    const auto record = instance.records.find(element.compensates);
    const bool is_sub_process = kind == fb::ElementKind::sub_process ||
                                kind == fb::ElementKind::transaction ||
                                kind == fb::ElementKind::ad_hoc_sub_process ||
                                kind == fb::ElementKind::event_sub_process ||
                                (record != instance.records.end() &&
                                 record->second.element == element.element);
    const bool is_event_gateway = kind == fb::ElementKind::event_based_gateway;
    const bool is_loop = instance.loops.contains(key);
    const auto ad_hoc = instance.ad_hocs.find(key);
    const bool is_ad_hoc =
        ad_hoc != instance.ad_hocs.end() && !ad_hoc->second.fulfilled;
    switch (element.state) {
      case fb::ElementState::activated:
        // A call activity whose called instance is gone stands there, but one
        // that is open again to be compensated.
        if (kind == fb::ElementKind::call_activity && here.work == 0 &&
            !is_loop && !is_sub_process) {
          legal = here.incidents == 1;
          break;
        }
        // A listener of its task failed, or waits for its job.
        if (core::ListeningTask(instance, key) != nullptr) {
          legal = here.incidents == 1 ? here.work == 1
                                      : here.incidents == 0 && here.work == 2;
          break;
        }
        // A loop that can't say whether it goes on has an incident, and an
        // ad-hoc sub-process that can't say whether it is done.
        legal = here.incidents <= (is_loop || is_ad_hoc ? 1 : 0) &&
                here.work == (key == instance.root() || is_sub_process ||
                                      is_event_gateway || is_loop
                                  ? 0
                                  : 1) &&
                (!is_event_gateway || !here.triggers.empty() ||
                 here.inner_incidents > 0);
        // This one may wait until somebody begins something in it.
        if (is_sub_process && !is_loop && !is_ad_hoc && children[key] == 0 &&
            !compensated_scopes.contains(key)) {
          const auto scope = instance.scopes.find(key);
          legal = legal && scope != instance.scopes.end() &&
                  scope->second.token_count > 0;
        }
        break;
      case fb::ElementState::activating:
      case fb::ElementState::completing:
        // A fault, or a listener that waits for its job.
        legal =
            here.incidents == 1
                ? here.work == 0
                : here.work == 1 &&
                      WaitsForListener(element, model.element(element.element));
        break;
      default:
        break;
    }
    for (const uint32_t trigger : here.triggers) {
      legal = legal && element.state == fb::ElementState::activated &&
              IsTriggerOf(model, trigger, element.element);
    }
    if (!legal) {
      wrong += "'" + model.element(element.element).id + "' is " +
               fb::EnumNameElementState(element.state) + " with " +
               std::to_string(here.work) + " jobs, tasks and timers and " +
               std::to_string(here.incidents) + " incidents\n";
    }
  }
  if (!at.empty()) wrong += "work of an element that isn't there\n";
  uint32_t tokens = 0;
  for (const auto& [key, scope] : instance.scopes) {
    wrong += CheckFlows(instance, scope, model);
    tokens += scope.token_count;
    if (scope.active_children != children[key]) {
      wrong += "active_children is wrong\n";
    }
  }
  // Only what it gives back to its caller may be left to do.
  const auto root = instance.elements.find(instance.root());
  const bool leaves = root != instance.elements.end() &&
                      root->second.state == fb::ElementState::completing;
  if (!instance.ended() && instance.elements.size() < 2 && tokens == 0 &&
      !leaves) {
    wrong += "no token is left, and the instance goes on\n";
  }
  return wrong;
}

}  // namespace pawl
