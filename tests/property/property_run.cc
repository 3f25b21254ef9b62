#include "tests/property/property_run.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/model/bpmn_xml.h"
#include "gtest/gtest.h"

namespace pawl::property {
namespace {

using reference::Variables;

constexpr size_t kInstancesMax = 3;
constexpr size_t kActsMax = 30;

std::string Text(const Variables& variables) {
  std::string out;
  for (const auto& [name, value] : variables) {
    out += " " + name + "=" + reference::ValueText(value);
  }
  return out;
}

std::vector<std::unique_ptr<fb::VariableT>> ToWire(const Variables& variables) {
  std::vector<std::unique_ptr<fb::VariableT>> out;
  for (const auto& [name, value] : variables) {
    out.push_back(std::make_unique<fb::VariableT>());
    out.back()->name = name;
    out.back()->json = reference::ValueText(value);
  }
  return out;
}

// Structured processes call one that isn't started by anything else.
std::optional<ProcessGraph> DrawCalled(bool structured, Random* random) {
  if (!structured || !random->OneIn(3)) return std::nullopt;
  GeneratorOptions options;
  options.process_id = "called";
  options.event_starts = false;
  options.nodes = 3 + random->Below(7);
  options.throws = true;
  options.dates = true;
  return GenerateProcess(options, random);
}

ProcessGraph DrawGraph(bool structured, bool calls, bool is_pool,
                       Random* random) {
  GeneratorOptions options;
  options.is_pool = is_pool;
  if (calls) options.called = "called";
  options.structured = structured;
  options.nodes = 4 + random->Below(17);
  options.busy_cycles = random->OneIn(10);
  options.only_event_starts = true;
  options.dates = true;
  return GenerateProcess(options, random);
}

// What the first one sends may start it.
ProcessGraph DrawPool(bool structured, bool calls, Random* random) {
  GeneratorOptions options;
  options.is_pool = true;
  options.process_id = "q";
  options.id_prefix = "q_";
  if (calls) options.called = "called";
  options.structured = structured;
  options.nodes = 4 + random->Below(9);
  options.event_starts = false;
  options.pool_start = random->OneIn(2);
  options.dates = true;
  return GenerateProcess(options, random);
}

}  // namespace

PropertyRun::PropertyRun(uint64_t seed, KindCoverage* coverage)
    : random_(seed),
      coverage_(*coverage),
      structured_(seed % 2 == 0),
      called_(DrawCalled(structured_, &random_)),
      has_pool_(random_.OneIn(4)),
      graph_(DrawGraph(structured_, called_.has_value(), has_pool_, &random_)),
      pool_(has_pool_ ? std::make_optional(DrawPool(
                            structured_, called_.has_value(), &random_))
                      : std::nullopt),
      flows_(pool_.has_value() ? ConnectPools(&graph_, &*pool_, &random_)
                               : std::vector<MessageFlow>()),
      log_bytes_max_(random_.OneIn(8) ? 8'000'000 : 60'000) {}

void PropertyRun::Go() {
  coverage_.SawProcess(graph_, structured_);
  if (called_.has_value()) {
    coverage_.SawProcess(*called_, structured_);
    const model::ParsedModel called =
        model::ParseBpmn(ToBpmn(*called_), "called.bpmn");
    ASSERT_TRUE(called.executable()) << called.ToStatus();
    h_.Deploy(*called.processes[0].model);
    world_.AddCalled(&*called_);
  }
  const model::ParsedModel parsed =
      model::ParseBpmn(FileText(), "generated.bpmn");
  ASSERT_TRUE(parsed.executable()) << parsed.ToStatus() << FileText();
  model_ = *parsed.processes[0].model;
  h_.Deploy(model_);
  world_.Deploy(h_.now_ms());
  world_.Settle(h_.now_ms());
  if (pool_.has_value()) {
    coverage_.SawPool(*pool_, structured_);
    h_.Deploy(*parsed.processes[1].model);
    world_.AddPool(&*pool_);
    world_.Deploy(h_.now_ms(), 1);
    world_.Settle(h_.now_ms());
  }
  if (random_.OneIn(3)) RegisterHandlers();
  StartSome();
  for (size_t draws = 0; draws < 4 * kActsMax && story_.size() < kActsMax &&
                         !::testing::Test::HasFailure() && IsSmall();
       ++draws) {
    Act();
  }
}

std::string PropertyRun::FileText() const {
  return pool_.has_value() ? ToBpmn(graph_, *pool_, flows_) : ToBpmn(graph_);
}

const ProcessGraph& PropertyRun::GraphNamed(
    const std::string& process_id) const {
  if (pool_.has_value() && process_id == pool_->id) return *pool_;
  return process_id == graph_.id ? graph_ : *called_;
}

size_t PropertyRun::data_moved() const {
  size_t sum = 0;
  for (const Case& c : cases_) sum += c.reference->data_moved();
  return sum;
}

size_t PropertyRun::data_missing() const {
  size_t sum = 0;
  for (const Case& c : cases_) sum += c.reference->data_missing();
  return sum;
}

std::string PropertyRun::Story() const {
  std::string out = FileText();
  if (called_.has_value()) out += ToBpmn(*called_);
  for (const std::string& line : story_) out += line + "\n";
  return out;
}

void PropertyRun::RegisterHandlers() {
  for (const Node& node : graph_.nodes) {
    if (!IsJob(node.kind) || random_.OneIn(2)) continue;
    fb::RegisterHandlerT handler;
    handler.type = node.id;
    handler.capacity = static_cast<uint32_t>(1 + random_.Below(2));
    ASSERT_TRUE(h_.Do(std::move(handler)).ok());
  }
}

std::string PropertyRun::DrawBusinessKey() {
  if (random_.OneIn(2)) return "";
  return random_.OneIn(2) ? "B1" : "B2";
}

// Pools that belong together have one business key.
void PropertyRun::StartSome() {
  if (!has_pool_) return StartOne(0, DrawBusinessKey());
  const std::string key = DrawBusinessKey();
  const size_t first = random_.Below(2);
  StartOne(first, key);
  if (random_.OneIn(2)) StartOne(1 - first, key);
}

void PropertyRun::StartOne(size_t process, const std::string& business_key) {
  Variables variables;
  if (!random_.OneIn(8))
    variables["n"] = static_cast<int64_t>(random_.Below(4));
  if (random_.OneIn(2)) variables["m"] = static_cast<int64_t>(random_.Below(4));
  if (random_.OneIn(2)) {
    variables[kCountVariable] = static_cast<int64_t>(random_.Below(4));
  }
  fb::StartInstanceT start;
  start.process_id = process == 0 ? graph_.id : pool_->id;
  start.business_key = business_key;
  start.variables = ToWire(variables);
  TellAll("start " + start.process_id + " '" + start.business_key + "'" +
          Text(variables));
  const bool may =
      world_.Start(variables, h_.now_ms(), start.business_key, process)
          .has_value();
  DoForAll(std::move(start), may);
}

bool PropertyRun::Act() {
  if (cases_.size() < kInstancesMax && random_.OneIn(12)) {
    StartSome();
    return true;
  }
  if (cases_.empty()) return ActOnStarts();
  Case& c = cases_[random_.Below(cases_.size())];
  if (c.reference->suspended() && random_.OneIn(2)) return SuspendOrResume(c);
  switch (random_.Below(34)) {
    default:
      return random_.OneIn(3) ? ChangeTask(c) : CompleteTask(c);
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return CompleteJob(c);
    case 5:
    case 6:
      return FailJob(c);
    case 7:
      return ThrowError(c);
    case 8:
      return HoldJob(c);
    case 9:
      return EndWait(c);
    case 10:
    case 11:
    case 12:
    case 13:
      return FireTimer(c);
    case 14:
    case 15:
      return Resolve(c);
    case 16:
      return random_.OneIn(3) ? SetVariables(c) : Activate(c);
    case 17:
      return SuspendOrResume(c);
    case 18:
      return random_.OneIn(2) ? Cancel(c) : ActOnNothing(c);
    case 19:
      return random_.OneIn(3) && Crash();
    case 20:
    case 21:
    case 22:
    case 23:
      return Publish();
    case 24:
    case 25:
      return Broadcast();
    case 26:
      return random_.OneIn(3) ? Redeploy() : SetVariables(c);
    case 27:
    case 28:
      return random_.OneIn(2) ? FireStartTimer() : Evaluate();
    case 29:
      return ChangeTask(c);
  }
}

// Nothing has started yet.
bool PropertyRun::ActOnStarts() {
  switch (random_.Below(6)) {
    case 0:
    case 1:
      return Publish();
    case 2:
      return Broadcast();
    case 3:
      return FireStartTimer();
    case 4:
      return Evaluate();
    default:
      return Redeploy();
  }
}

// --- Acts --------------------------------------------------------------------

bool PropertyRun::CompleteTask(Case& c) {
  const core::Task* task = DrawEntry(at(c).tasks);
  if (task == nullptr) return false;
  const Target target = TargetAt(c, task->key.value(), task->element_key);
  const Variables variables = DrawVariables(/*often=*/false);
  Tell(c, "complete task " + target.node + Text(variables));
  fb::CompleteTaskT complete;
  complete.task = target.key;
  complete.variables = ToWire(variables);
  Do(c, std::move(complete),
     c.reference->CompleteTask(target.node, target.which, variables,
                               h_.now_ms()));
  return true;
}

// What people do with a task beside completing it.
bool PropertyRun::ChangeTask(Case& c) {
  const core::Task* task = DrawEntry(at(c).tasks);
  if (task == nullptr) return false;
  const Target target = TargetAt(c, task->key.value(), task->element_key);
  switch (random_.Below(6)) {
    case 0: {
      fb::DelegateTaskT delegate;
      delegate.task = target.key;
      delegate.user = random_.OneIn(2) ? "ann" : "bob";
      Tell(c, "delegate task " + target.node + " to " + delegate.user);
      const bool may = c.reference->DelegateTask(target.node, target.which,
                                                 delegate.user, h_.now_ms());
      Do(c, std::move(delegate), may);
      break;
    }
    case 4: {
      fb::ClaimTaskT claim;
      claim.task = target.key;
      claim.user = random_.OneIn(2) ? "ann" : "bob";
      Tell(c, "claim task " + target.node + " for " + claim.user);
      const bool may = c.reference->ClaimTask(target.node, target.which,
                                              claim.user, h_.now_ms());
      Do(c, std::move(claim), may);
      break;
    }
    case 5: {
      fb::UnclaimTaskT unclaim;
      unclaim.task = target.key;
      Tell(c, "unclaim task " + target.node);
      Do(c, std::move(unclaim),
         c.reference->ClaimTask(target.node, target.which, "", h_.now_ms()));
      break;
    }
    case 1: {
      const Variables variables = DrawVariables(/*often=*/false);
      Tell(c, "resolve task " + target.node + Text(variables));
      fb::ResolveTaskT resolve;
      resolve.task = target.key;
      resolve.variables = ToWire(variables);
      Do(c, std::move(resolve),
         c.reference->ResolveTask(target.node, target.which, variables,
                                  h_.now_ms()));
      break;
    }
    case 2: {
      const Variables variables = DrawVariables(/*often=*/true);
      const bool local = random_.OneIn(2);
      Tell(c, "set variables of task " + target.node + Text(variables) +
                  (local ? ", local" : ""));
      fb::SetTaskVariablesT set;
      set.task = target.key;
      set.variables = ToWire(variables);
      set.local = local;
      Do(c, std::move(set),
         c.reference->SetTaskVariables(target.node, target.which, variables,
                                       local, h_.now_ms()));
      break;
    }
    default: {
      fb::ChangeTaskT change;
      change.task = target.key;
      change.fields = {fb::TaskField::assignee, fb::TaskField::priority};
      change.assignee = random_.OneIn(2) ? "ann" : "";
      change.priority = 7;
      Tell(c, "change task " + target.node + ", for '" + change.assignee + "'");
      const bool may = c.reference->ChangeTask(target.node, target.which,
                                               change.assignee, h_.now_ms());
      Do(c, std::move(change), may);
      break;
    }
  }
  return true;
}

bool PropertyRun::CompleteJob(Case& c) {
  const core::Job* job = DrawEntry(at(c).jobs);
  if (job == nullptr) return false;
  const Target target = TargetAt(c, job->key.value(), job->element_key);
  const Variables variables = DrawVariables(/*often=*/false);
  Asker asker = DrawAsker(*job);
  fb::CompleteJobT complete;
  complete.job = target.key;
  complete.owner = std::move(asker.owner);
  complete.lock_first = asker.lock_first;
  complete.variables = ToWire(variables);
  Tell(c, "complete job " + target.node + Text(variables));
  Do(c, std::move(complete),
     asker.may && c.reference->CompleteJob(target.node, target.which, variables,
                                           h_.now_ms()));
  return true;
}

bool PropertyRun::FailJob(Case& c) {
  const core::Job* job = DrawEntry(at(c).jobs);
  if (job == nullptr) return false;
  const Target target = TargetAt(c, job->key.value(), job->element_key);
  std::optional<int> retries;
  std::optional<int64_t> backoff_ms;
  if (random_.OneIn(4)) retries = static_cast<int>(random_.Below(3));
  if (random_.OneIn(4)) {
    backoff_ms = static_cast<int64_t>(random_.Below(3)) * 100;
  }
  Asker asker = DrawAsker(*job);
  fb::FailJobT fail;
  fail.job = target.key;
  fail.owner = std::move(asker.owner);
  fail.lock_first = asker.lock_first;
  fail.retries = retries.value_or(-1);
  fail.backoff_ms = backoff_ms.value_or(-1);
  Tell(c, "fail job " + target.node + ", retries " +
              std::to_string(fail.retries) + ", backoff " +
              std::to_string(fail.backoff_ms));
  Do(c, std::move(fail),
     asker.may && c.reference->FailJob(target.node, target.which, retries,
                                       backoff_ms, h_.now_ms()));
  return true;
}

bool PropertyRun::ThrowError(Case& c) {
  const core::Job* job = DrawEntry(at(c).jobs);
  if (job == nullptr) return false;
  const Target target = TargetAt(c, job->key.value(), job->element_key);
  const Variables variables = DrawVariables(/*often=*/false);
  Asker asker = DrawAsker(*job);
  fb::ThrowJobErrorT error;
  error.job = target.key;
  error.owner = std::move(asker.owner);
  error.lock_first = asker.lock_first;
  error.code = "E1";
  error.variables = ToWire(variables);
  Tell(c, "throw error at " + target.node + Text(variables));
  Do(c, std::move(error),
     asker.may && c.reference->ThrowError(target.node, target.which, "E1",
                                          variables, h_.now_ms()));
  return true;
}

// Who holds a job is the engine's own business: the reference sees nothing of
// it, and the engine may refuse as it likes.
bool PropertyRun::HoldJob(Case& c) {
  const core::Job* job = DrawEntry(at(c).jobs);
  if (job == nullptr) return false;
  const uint64_t key = job->key.value();
  Asker asker = DrawAsker(*job);
  switch (random_.Below(4)) {
    case 0: {
      Tell(c, "unlock job " + std::to_string(key));
      fb::UnlockJobT unlock;
      unlock.job = key;
      unlock.owner = std::move(asker.owner);
      (void)h_.Do(std::move(unlock), c.key);
      break;
    }
    case 1: {
      Tell(c, "extend lock of job " + std::to_string(key));
      fb::ExtendJobLockT extend;
      extend.job = key;
      extend.owner = std::move(asker.owner);
      extend.lock_ms = 700;
      (void)h_.Do(std::move(extend), c.key);
      break;
    }
    default: {
      Tell(c, "lock job " + std::to_string(key));
      fb::LockJobT lock;
      lock.job = key;
      lock.owner = std::move(asker.owner);
      lock.lock_ms = 500;
      (void)h_.Do(std::move(lock), c.key);
      break;
    }
  }
  Compare();
  return true;
}

// A lock or a backoff runs out.
bool PropertyRun::EndWait(Case& c) {
  const core::Job* job = DrawEntry(at(c).jobs);
  if (job == nullptr) return false;
  const Target target = TargetAt(c, job->key.value(), job->element_key);
  const bool is_lock = job->state == fb::JobState::locked;
  const int64_t due_ms = job->due_ms;
  if (due_ms != 0) DrawWait(due_ms);
  Tell(c, "job " + target.node + " is due");
  fb::JobDueT due;
  due.job = target.key;
  const bool lock_ends = is_lock && due_ms != 0 && due_ms <= h_.now_ms();
  Do(c, std::move(due),
     lock_ends ||
         c.reference->EndBackoff(target.node, target.which, h_.now_ms()));
  return true;
}

bool PropertyRun::FireTimer(Case& c) {
  const core::Timer* timer = DrawEntry(at(c).timers);
  if (timer == nullptr) return false;
  Target target = TargetAt(c, timer->key.value(), timer->element_key);
  // Of an event beside it: `which` counts the activations that it stands at.
  if (timer->boundary != 0)
    target.node = GraphOf(c).nodes[timer->boundary - 1].id;
  DrawWait(timer->due_ms);
  Tell(c, "fire timer " + target.node);
  fb::TriggerTimerT trigger;
  trigger.timer = target.key;
  Do(c, std::move(trigger),
     c.reference->FireTimer(target.node, target.which, h_.now_ms()));
  return true;
}

bool PropertyRun::Resolve(Case& c) {
  const core::Incident* incident = DrawEntry(at(c).incidents);
  if (incident == nullptr) return false;
  fb::ResolveIncidentT resolve;
  resolve.incident = incident->key.value();
  if (!incident->element_key.valid()) {
    Tell(c, "resolve limit");
    Do(c, std::move(resolve), c.reference->ResolveLimit(h_.now_ms()));
    return true;
  }
  const Target target =
      TargetAt(c, incident->key.value(), incident->element_key);
  // Of an event that the process or a gateway waits for, or of a complex
  // gateway: where its tokens rest.
  const Node& node = GraphOf(c).nodes[incident->element - 1];
  if (node.id != target.node) {
    Tell(c, "resolve incident of " + node.id);
    Do(c, std::move(resolve),
       c.reference->ResolveStart(node.id, h_.now_ms()) ? true
       : IsJoin(node.kind)
           ? c.reference->ResolveGateway(node.id, target.which, h_.now_ms())
           : c.reference->ResolveWait(node.id, target.which, h_.now_ms()));
    return true;
  }
  Tell(c, "resolve incident at " + target.node);
  Do(c, std::move(resolve),
     c.reference->ResolveIncident(target.node, target.which, h_.now_ms()));
  return true;
}

// More of an ad-hoc sub-process, or what doesn't stand in it.
bool PropertyRun::Activate(Case& c) {
  const core::AdHoc* ad_hoc = DrawEntry(at(c).ad_hocs);
  if (ad_hoc == nullptr) return false;
  ElementKey key;
  for (const auto& [one, value] : at(c).ad_hocs) {
    if (&value == ad_hoc) key = one;
  }
  const Target target = TargetAt(c, key.value(), key);
  const ProcessGraph& graph = GraphOf(c);
  const size_t sub = at(c).elements.at(key).element;
  std::vector<std::string> inside;
  for (const Node& node : graph.nodes) {
    if (node.scope == sub) inside.push_back(node.id);
  }
  fb::ActivateElementsT activate;
  activate.scope = key.value();
  for (size_t count = 1 + random_.Below(2); count > 0; --count) {
    activate.elements.push_back(
        random_.OneIn(12) ? graph.nodes[random_.Below(graph.nodes.size())].id
                          : inside[random_.Below(inside.size())]);
  }
  Tell(c, "activate in " + target.node + ": " + activate.elements.front() +
              (activate.elements.size() > 1 ? ", " + activate.elements.back()
                                            : ""));
  const bool may = c.reference->Activate(target.node, target.which,
                                         activate.elements, h_.now_ms());
  Do(c, std::move(activate), may);
  return true;
}

bool PropertyRun::SetVariables(Case& c) {
  const Variables variables = DrawVariables(/*often=*/true);
  if (variables.empty()) return false;
  Tell(c, "set" + Text(variables));
  fb::SetVariablesT set;
  set.variables = ToWire(variables);
  Do(c, std::move(set), c.reference->SetVariables(variables, h_.now_ms()));
  return true;
}

// Of the names that processes know, with a key that somebody may wait for, or
// with another, or none.
bool PropertyRun::Publish() {
  constexpr size_t kCasesMax = 6;
  reference::Message message;
  message.name = kMessageNames[random_.Below(std::size(kMessageNames))];
  if (random_.OneIn(2)) message.key = std::to_string(random_.Below(4));
  // Or what somebody sends along a message flow.
  if (!flows_.empty() && random_.OneIn(2)) {
    const std::string& target = flows_[random_.Below(flows_.size())].target;
    for (const ProcessGraph* graph : {&graph_, &*pool_}) {
      for (const Node& node : graph->nodes) {
        if (node.id == target) message.name = node.event_name;
      }
    }
    if (message.key.has_value() && random_.OneIn(2)) message.key = "B1";
  }
  message.variables = DrawVariables(/*often=*/false);
  if (random_.OneIn(2)) {
    message.until_ms = h_.now_ms() + (random_.OneIn(2) ? 1000 : 100'000);
  }
  if (random_.OneIn(4)) message.id = "id" + std::to_string(random_.Below(2));
  message.to_all = random_.OneIn(8);
  // It may start another.
  if (cases_.size() >= kCasesMax) return false;
  TellAll("publish " + message.name +
          (message.key.has_value() ? " with key " + *message.key : "") +
          (message.id.empty() ? "" : ", id " + message.id) +
          (message.to_all ? ", to all" : "") + ", until " +
          std::to_string(message.until_ms) + Text(message.variables));
  fb::PublishMessageT publish;
  publish.name = message.name;
  publish.has_key = message.key.has_value();
  publish.correlation_key = message.key.value_or("");
  publish.variables = ToWire(message.variables);
  publish.until_ms = message.until_ms;
  publish.message_id = message.id;
  publish.all = message.to_all;
  DoForAll(std::move(publish), world_.Publish(message, h_.now_ms()));
  // Once in a while for as long as ids are remembered.
  if (random_.OneIn(16)) DrawWait(h_.now_ms() + 24 * 60 * 60 * 1000);
  return true;
}

bool PropertyRun::Broadcast() {
  constexpr size_t kCasesMax = 6;
  const std::string name = kSignalNames[random_.Below(std::size(kSignalNames))];
  const Variables variables = DrawVariables(/*often=*/false);
  if (cases_.size() >= kCasesMax) return false;
  TellAll("broadcast " + name + Text(variables));
  fb::BroadcastSignalT broadcast;
  broadcast.name = name;
  broadcast.variables = ToWire(variables);
  DoForAll(std::move(broadcast), world_.Broadcast(name, variables));
  return true;
}

// Of a start event of the process.
bool PropertyRun::FireStartTimer() {
  constexpr size_t kCasesMax = 6;
  const auto* timer = DrawEntry(h_.partition().start_timers);
  if (timer == nullptr || cases_.size() >= kCasesMax) return false;
  uint64_t key = 0;
  for (const auto& [one, value] : h_.partition().start_timers) {
    if (&value == timer) key = one;
  }
  const std::string node = graph_.nodes[timer->element - 1].id;
  fb::TriggerStartTimerT trigger;
  trigger.timer = key;
  trigger.definition = timer->definition.value();
  DrawWait(timer->due_ms);
  TellAll("fire timer of start " + node);
  const bool may = world_.FireTimer(node, h_.now_ms());
  DoForAll(std::move(trigger), may);
  return true;
}

// Conditions of start events.
bool PropertyRun::Evaluate() {
  constexpr size_t kCasesMax = 6;
  const Variables variables = DrawVariables(/*often=*/true);
  if (cases_.size() >= kCasesMax) return false;
  TellAll("evaluate conditions" + Text(variables));
  fb::EvaluateConditionsT evaluate;
  evaluate.variables = ToWire(variables);
  if (random_.OneIn(4)) evaluate.process_id = graph_.id;
  world_.Evaluate(variables);
  DoForAll(std::move(evaluate), true);
  return true;
}

// The same once more; events start the newest version.
bool PropertyRun::Redeploy() {
  TellAll("deploy again");
  world_.Deploy(h_.now_ms());
  world_.Settle(h_.now_ms());
  h_.Deploy(model_);
  TakeRecords();
  Compare();
  return true;
}

bool PropertyRun::SuspendOrResume(Case& c) {
  if (c.reference->suspended() != random_.OneIn(8)) {
    Tell(c, "resume");
    Do(c, fb::ResumeInstanceT(), c.reference->Resume(h_.now_ms()));
  } else {
    Tell(c, "suspend");
    Do(c, fb::SuspendInstanceT(), c.reference->Suspend());
  }
  return true;
}

bool PropertyRun::Cancel(Case& c) {
  Tell(c, "cancel");
  Do(c, fb::CancelInstanceT(), c.reference->Cancel());
  return true;
}

// A key that nothing has is refused, whatever it is asked for.
bool PropertyRun::ActOnNothing(Case& c) {
  constexpr uint64_t kNoKey = (uint64_t{1} << 40) + 7;
  Tell(c, "act on an unknown key");
  switch (random_.Below(4)) {
    case 0: {
      fb::CompleteTaskT complete;
      complete.task = kNoKey;
      Do(c, std::move(complete), false);
      break;
    }
    case 1: {
      fb::CompleteJobT complete;
      complete.job = kNoKey;
      complete.owner = std::make_unique<fb::JobOwnerT>();
      complete.owner->worker = "w1";
      complete.lock_first = true;
      Do(c, std::move(complete), false);
      break;
    }
    case 2: {
      fb::TriggerTimerT trigger;
      trigger.timer = kNoKey;
      Do(c, std::move(trigger), false);
      break;
    }
    case 3: {
      fb::ResolveIncidentT resolve;
      resolve.incident = kNoKey;
      Do(c, std::move(resolve), false);
      break;
    }
  }
  return true;
}

// Handlers are gone, and what they held comes back.
bool PropertyRun::Crash() {
  story_.push_back("crash");
  EXPECT_TRUE(h_.Do(fb::OpenPartitionT()).ok());
  const auto held = h_.partition().handler_jobs;
  for (const auto& [job, where] : held) {
    fb::ReleaseJobT release;
    release.job = job.value();
    EXPECT_TRUE(h_.Do(std::move(release), where.instance).ok());
  }
  TakeRecords();
  Compare();
  if (random_.OneIn(2)) RegisterHandlers();
  return true;
}

// --- Comparing ---------------------------------------------------------------

template <typename CommandT>
void PropertyRun::Do(Case& c, CommandT command, bool expected) {
  const absl::Status status = h_.Do(std::move(command), c.key);
  EXPECT_EQ(status.ok(), expected) << status;
  world_.Settle(h_.now_ms());
  TakeRecords();
  Compare();
}

template <typename CommandT>
void PropertyRun::DoForAll(CommandT command, bool expected) {
  const absl::Status status = h_.Do(std::move(command));
  EXPECT_EQ(status.ok(), expected) << status;
  world_.Settle(h_.now_ms());
  TakeRecords();
  Compare();
}

void PropertyRun::TakeRecords() {
  for (; records_seen_ < h_.log().size(); ++records_seen_) {
    log_bytes_ += h_.log()[records_seen_].size();
    const auto decoded = core::DecodeRecord(h_.log()[records_seen_]);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    const fb::RecordT& record = **decoded;
    if (record.touched.empty()) continue;
    const InstanceKey key(record.touched[0]->instance);
    view_.Observe(record);
    coverage_.SawRecord(GraphNamed(h_.at(key).process_id), structured_, record,
                        h_.at(key));
    for (const fb::EventUnion& event : record.events) {
      const auto* raised = event.AsIncidentRaised();
      if (raised != nullptr && raised->type == fb::IncidentType::limit) {
        ++limits_;
      }
      loop_runs_ += event.AsLoopRunDone() != nullptr;
      sagas_ += event.AsSagaTriggered() != nullptr;
      compensations_ += event.AsCompensationEnded() != nullptr;
      failed_compensations_ += event.AsCompensationFailed() != nullptr;
      if (event.AsInstanceStarted() == nullptr) continue;
      ASSERT_LT(cases_.size(), world_.size()) << "one more than the reference";
      Case c;
      c.key = key;
      c.number = cases_.size();
      c.reference = &world_.at(c.number);
      cases_.push_back(c);
    }
  }
}

void PropertyRun::Compare() {
  ASSERT_EQ(cases_.size(), world_.size()) << "as many instances";
  EXPECT_EQ(KeptMessages(h_.indexes()), world_.Kept());
  std::multiset<std::string> timers;
  for (const auto& [key, timer] : h_.partition().start_timers) {
    timers.insert(graph_.nodes[timer.element - 1].id + " at " +
                  std::to_string(timer.due_ms));
  }
  EXPECT_EQ(timers, world_.Timers());
  for (const Case& c : cases_) {
    EXPECT_EQ(at(c).version, world_.VersionOf(c.number));
    EXPECT_EQ(at(c).business_key, c.reference->business_key());
    EXPECT_EQ(view_.ViewOf(at(c), h_.ModelOf(c.key)), ViewOf(*c.reference))
        << "instance " << c.number << ", the engine above, the reference below";
  }
}

void PropertyRun::TellAll(const std::string& what) {
  story_.push_back(std::to_string(story_.size()) + ": time " +
                   std::to_string(h_.now_ms()) + ": " + what);
}

void PropertyRun::Tell(const Case& c, const std::string& what) {
  story_.push_back(std::to_string(story_.size()) + ": instance " +
                   std::to_string(c.number) + ", time " +
                   std::to_string(h_.now_ms()) + ": " + what);
}

// --- Draws -------------------------------------------------------------------

PropertyRun::Target PropertyRun::TargetAt(const Case& c, uint64_t key,
                                          ElementKey element) const {
  const core::Instance& instance = at(c);
  const uint32_t index = instance.elements.at(element).element;
  Target target;
  target.key = key;
  target.node = h_.ModelOf(c.key).element(index).id;
  // Keys grow, so the order of the map is that of age.
  for (const auto& [other, activation] : instance.elements) {
    if (other == element) break;
    if (activation.element == index) ++target.which;
  }
  return target;
}

PropertyRun::Asker PropertyRun::DrawAsker(const core::Job& job) {
  Asker asker;
  asker.owner = std::make_unique<fb::JobOwnerT>();
  asker.lock_first = !random_.OneIn(6);
  const bool by_handler = job.epoch != 0;
  bool is_holder = false;
  if (by_handler && !random_.OneIn(8)) {
    asker.owner->epoch = job.epoch;
    asker.owner->attempt = job.attempt;
    // A late result of the attempt before.
    if (random_.OneIn(8)) --asker.owner->attempt;
    is_holder = asker.owner->attempt == job.attempt;
  } else {
    asker.owner->worker = random_.OneIn(4) ? "w2" : "w1";
    is_holder = job.state == fb::JobState::locked && !by_handler &&
                asker.owner->worker == job.worker;
  }
  const bool is_held = job.state == fb::JobState::locked &&
                       (by_handler || job.due_ms > h_.now_ms());
  asker.may = is_held ? is_holder : asker.lock_first;
  return asker;
}

Variables PropertyRun::DrawVariables(bool often) {
  Variables out;
  const auto draw = [&](const char* name) {
    if (!random_.OneIn(often ? 2 : 3)) return;
    out[name] = static_cast<int64_t>(random_.Below(kLoopRunsMax + 1));
    if (random_.OneIn(16)) out[name] = std::nullopt;
  };
  for (const char* name : {"n", "m", kCountVariable}) draw(name);
  if (graph_.data.empty()) return out;
  for (const char* name : {"d", "e", "i", "o"}) draw(name);
  return out;
}

void PropertyRun::DrawWait(int64_t due_ms) {
  if (random_.OneIn(8)) return;
  const int64_t late_ms = random_.OneIn(3) ? 250 : 0;
  h_.Wait(std::max<int64_t>(due_ms - h_.now_ms(), 0) + late_ms);
  h_.ExpireMessages();
  world_.Expire(h_.now_ms());
}

template <typename Map>
const typename Map::mapped_type* PropertyRun::DrawEntry(const Map& map) {
  if (map.empty()) return nullptr;
  auto it = map.begin();
  std::advance(it, random_.Below(map.size()));
  return &it->second;
}

}  // namespace pawl::property
