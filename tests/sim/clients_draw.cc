// What clients do, drawn at random.
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/deployment.h"
#include "engine/query.h"
#include "tests/property/process_generator.h"
#include "tests/property/process_graph.h"
#include "tests/sim/clients.h"
#include "tests/support/wrap_command.h"

namespace pawl::sim {
namespace {

constexpr const char* kUsers[] = {"ann", "bob"};
constexpr const char* kWorkers[] = {"w1", "w2", "w3"};
constexpr int64_t kFetchLockMs = 5000;
constexpr int kFetchMax = 4;

}  // namespace

void Clients::Deploy(size_t process) {
  property::GeneratorOptions options;
  options.process_id = absl::StrCat("p", process);
  options.structured = !random_.OneIn(3);
  options.nodes = 4 + random_.Below(16);
  options.event_starts = process == 0;
  // Who calls a process can't be the event that it waits for.
  options.only_event_starts = only_event_starts_;
  // None calls itself, however far round.
  if (process > 0 && random_.OneIn(2) && !only_event_starts_) {
    options.called = "p0";
  }
  const bool has_pool = random_.OneIn(4);
  options.is_pool = has_pool;
  property::ProcessGraph graph = property::GenerateProcess(options, &random_);
  std::string text = property::ToBpmn(graph);
  std::optional<property::ProcessGraph> pool;
  if (has_pool) {
    options.process_id = absl::StrCat("q", process);
    options.id_prefix = "q_";
    options.nodes = 4 + random_.Below(8);
    options.event_starts = false;
    // Of one name, which one process may start by.
    options.pool_start = process == 0 && random_.OneIn(2);
    pool = property::GenerateProcess(options, &random_);
    const auto flows = property::ConnectPools(&graph, &*pool, &random_);
    text = property::ToBpmn(graph, *pool, flows);
  }
  auto command = MakeDeployment({BpmnText(graph.id + ".bpmn", text)});
  if (!failure_->Require("deployment", command.status())) return;
  if (process == processes_.size()) {
    processes_.push_back({graph.id, {}, {}});
    pools_.emplace_back();
  }
  Know(graph, options.structured, &processes_[process]);
  if (pool.has_value()) Know(*pool, options.structured, &pools_[process]);
  Post(*std::move(command));
}

void Clients::Know(const property::ProcessGraph& graph, bool structured,
                   KnownProcess* process) {
  KnownProcess& known = *process;
  known.id = graph.id;
  for (const property::Node& node : graph.nodes) {
    if (property::IsJob(node.kind)) {
      known.job_types.push_back(node.id);
    }
    for (const bool end : {false, true}) {
      const auto& listener = end ? node.end_listener : node.start_listener;
      if (listener.has_value() && listener->job) {
        known.job_types.push_back(property::ListenerType(node, end));
      }
    }
    if (node.scope != 0 && graph.nodes[node.scope - 1].kind ==
                               property::NodeKind::kAdHocSubProcess) {
      known.ad_hoc.push_back(node.id);
    }
  }
  // Which version it will be isn't known yet: a run is only taken as
  // structured where all of a process' versions are.
  const auto [it, fresh] = last_structured_.try_emplace(graph.id, structured);
  if (!fresh) it->second = it->second && structured;
}

std::vector<KnownProcess> Clients::AllProcesses() const {
  std::vector<KnownProcess> all = processes_;
  for (const KnownProcess& pool : pools_) {
    if (!pool.id.empty()) all.push_back(pool);
  }
  return all;
}

// Or of some the other pool of its file.
const KnownProcess& Clients::DrawProcess() {
  const size_t which = random_.Below(processes_.size());
  const KnownProcess& pool = pools_[which];
  return !pool.id.empty() && random_.OneIn(3) ? pool : processes_[which];
}

bool Clients::Structured(const core::Instance& instance) const {
  const auto it = last_structured_.find(instance.process_id);
  return it != last_structured_.end() && it->second;
}

Clients::WireVariables Clients::DrawVariables(bool all) {
  WireVariables variables;
  for (const char* name : {"n", "m", "d", "e", property::kCountVariable}) {
    if (!all && random_.OneIn(3)) continue;
    variables.push_back(std::make_unique<fb::VariableT>());
    variables.back()->name = name;
    variables.back()->json =
        absl::StrCat(random_.Below(property::kLoopRunsMax + 1));
  }
  return variables;
}

const core::Instance* Clients::DrawInstance() {
  const auto& running = world_->oracle().running();
  if (running.empty()) return nullptr;
  const auto it =
      std::next(running.begin(),
                static_cast<std::ptrdiff_t>(random_.Below(running.size())));
  return world_->oracle().Running(*it);
}

fb::CommandUnion Clients::DrawStart() {
  fb::StartInstanceT start;
  start.process_id = DrawProcess().id;
  // Without any, conditions and scripts fail.
  if (!random_.OneIn(4)) start.variables = DrawVariables(/*all=*/false);
  if (random_.OneIn(4))
    start.business_key = absl::StrCat("b", random_.Below(3));
  start.idempotency_key = absl::StrCat("k", ++starts_);
  return Wrap(std::move(start));
}

fb::CommandUnion Clients::DrawMessage() {
  fb::PublishMessageT publish;
  publish.name = property::kMessageNames[random_.Below(
      std::size(property::kMessageNames))];
  publish.has_key = random_.OneIn(2);
  if (publish.has_key) publish.correlation_key = absl::StrCat(random_.Below(4));
  publish.variables = DrawVariables(/*all=*/false);
  if (random_.OneIn(3)) {
    publish.until_ms =
        world_->now_ms() + static_cast<int64_t>(random_.Below(20'000));
  }
  if (random_.OneIn(4))
    publish.message_id = absl::StrCat("m", random_.Below(9));
  publish.all = random_.OneIn(8);
  return Wrap(std::move(publish));
}

fb::CommandUnion Clients::DrawSignal() {
  fb::BroadcastSignalT broadcast;
  broadcast.name =
      property::kSignalNames[random_.Below(std::size(property::kSignalNames))];
  broadcast.variables = DrawVariables(/*all=*/false);
  return Wrap(std::move(broadcast));
}

fb::CommandUnion Clients::DrawConditions() {
  fb::EvaluateConditionsT evaluate;
  evaluate.variables = DrawVariables(/*all=*/false);
  return Wrap(std::move(evaluate));
}

std::optional<fb::CommandUnion> Clients::DrawTask() {
  const core::Instance* instance = DrawInstance();
  if (instance == nullptr || instance->tasks.empty()) return std::nullopt;
  const auto it = std::next(
      instance->tasks.begin(),
      static_cast<std::ptrdiff_t>(random_.Below(instance->tasks.size())));
  switch (random_.Below(10)) {
    case 6: {
      fb::DelegateTaskT delegate;
      delegate.task = it->first.value();
      delegate.user = kUsers[random_.Below(2)];
      return Wrap(std::move(delegate));
    }
    case 7: {
      fb::ResolveTaskT resolve;
      resolve.task = it->first.value();
      resolve.variables = DrawVariables(/*all=*/false);
      return Wrap(std::move(resolve));
    }
    case 8: {
      fb::ChangeTaskT change;
      change.task = it->first.value();
      change.fields = {fb::TaskField::owner, fb::TaskField::priority};
      change.owner = kUsers[random_.Below(2)];
      change.priority = static_cast<int32_t>(random_.Below(100));
      return Wrap(std::move(change));
    }
    case 9: {
      fb::SetTaskVariablesT set;
      set.task = it->first.value();
      set.variables = DrawVariables(/*all=*/true);
      return Wrap(std::move(set));
    }
    case 0: {
      fb::ClaimTaskT claim;
      claim.task = it->first.value();
      claim.user = kUsers[random_.Below(2)];
      return Wrap(std::move(claim));
    }
    case 1: {
      fb::UnclaimTaskT unclaim;
      unclaim.task = it->first.value();
      return Wrap(std::move(unclaim));
    }
    default: {
      fb::CompleteTaskT complete;
      complete.task = it->first.value();
      if (random_.OneIn(3)) complete.user = kUsers[random_.Below(2)];
      complete.variables = DrawVariables(/*all=*/false);
      return Wrap(std::move(complete));
    }
  }
}

std::optional<fb::CommandUnion> Clients::DrawJob() {
  const core::Instance* instance = DrawInstance();
  if (instance == nullptr || instance->jobs.empty()) return std::nullopt;
  const auto it = std::next(
      instance->jobs.begin(),
      static_cast<std::ptrdiff_t>(random_.Below(instance->jobs.size())));
  fb::CompleteJobT complete;
  complete.job = it->first.value();
  complete.owner = std::make_unique<fb::JobOwnerT>();
  complete.owner->worker = it->second.worker.empty()
                               ? kWorkers[random_.Below(3)]
                               : it->second.worker;
  complete.lock_first = true;
  complete.variables = DrawVariables(/*all=*/false);
  return Wrap(std::move(complete));
}

std::optional<fb::CommandUnion> Clients::DrawIncident() {
  const core::Instance* instance = DrawInstance();
  if (instance == nullptr || instance->incidents.empty()) return std::nullopt;
  fb::ResolveIncidentT resolve;
  resolve.incident = instance->incidents.begin()->first.value();
  return Wrap(std::move(resolve));
}

// More of an ad-hoc sub-process; refused for what is of another, or can't
// begin.
std::optional<fb::CommandUnion> Clients::DrawActivation() {
  std::vector<std::pair<InstanceKey, ElementKey>> found;
  for (const InstanceKey key : world_->oracle().running()) {
    for (const auto& [scope, ad_hoc] : world_->oracle().Running(key)->ad_hocs) {
      found.emplace_back(key, scope);
    }
  }
  if (found.empty()) return std::nullopt;
  const auto [key, scope] = found[random_.Below(found.size())];
  const std::string& process = world_->oracle().Running(key)->process_id;
  for (const KnownProcess& known : AllProcesses()) {
    if (known.id != process || known.ad_hoc.empty()) continue;
    fb::ActivateElementsT activate;
    activate.instance = key.value();
    if (random_.OneIn(2)) activate.scope = scope.value();
    activate.elements.push_back(
        known.ad_hoc[random_.Below(known.ad_hoc.size())]);
    return Wrap(std::move(activate));
  }
  return std::nullopt;
}

std::optional<fb::CommandUnion> Clients::DrawSuspend() {
  const core::Instance* instance = DrawInstance();
  // Once in a while what must be refused: a called one rests with its caller.
  if (instance != nullptr && instance->called() && !random_.OneIn(8)) {
    instance = world_->oracle().Running(instance->caller.root);
  }
  if (instance == nullptr) return std::nullopt;
  if (instance->state == fb::InstanceState::suspended) {
    fb::ResumeInstanceT resume;
    resume.instance = instance->key.value();
    return Wrap(std::move(resume));
  }
  fb::SuspendInstanceT suspend;
  suspend.instance = instance->key.value();
  return Wrap(std::move(suspend));
}

// By the kind of an element that rests in it: otherwise those would hardly ever
// be cancelled in which few tokens rest, tasks that nobody has to do for one.
std::optional<fb::CommandUnion> Clients::DrawCancel() {
  std::map<size_t, std::vector<InstanceKey>> resting;
  for (const InstanceKey key : world_->oracle().running()) {
    const core::Instance& instance = *world_->oracle().Running(key);
    for (const auto& [element_key, element] : instance.elements) {
      std::vector<InstanceKey>& found = resting[world_->elements().RowOf(
          instance.definition, element.element)];
      if (found.empty() || found.back() != key) found.push_back(key);
    }
  }
  if (resting.empty()) return std::nullopt;
  const std::vector<InstanceKey>& found =
      std::next(resting.begin(),
                static_cast<std::ptrdiff_t>(random_.Below(resting.size())))
          ->second;
  fb::CancelInstanceT cancel;
  InstanceKey key = found[random_.Below(found.size())];
  const core::Instance& drawn = *world_->oracle().Running(key);
  if (drawn.called() && !random_.OneIn(8)) key = drawn.caller.root;
  cancel.instance = key.value();
  cancel.reason = "drawn";
  return Wrap(std::move(cancel));
}

std::optional<fb::CommandUnion> Clients::DrawOnInstance() {
  switch (random_.Below(6)) {
    case 0:
      return DrawCancel();
    case 1:
    case 2:
      return DrawSuspend();
    default: {
      const core::Instance* instance = DrawInstance();
      if (instance == nullptr) return std::nullopt;
      fb::SetVariablesT set;
      set.instance = instance->key.value();
      set.variables = DrawVariables(/*all=*/false);
      return Wrap(std::move(set));
    }
  }
}

fb::CommandUnion Clients::DrawMove() {
  std::optional<fb::CommandUnion> command;
  switch (random_.Below(12)) {
    case 8:
      return DrawMessage();
    case 10:
      return DrawConditions();
    case 9:
      return DrawSignal();
    case 0:
    case 1:
    case 2:
      command = DrawCancel();
      break;
    case 3:
      command = DrawTask();
      break;
    case 4:
      command = DrawJob();
      break;
    case 5:
      command = DrawIncident();
      break;
    default:
      break;
  }
  return command.has_value() ? *std::move(command) : DrawStart();
}

fb::CommandUnion Clients::DrawAnswer(const HeldJob& held) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->worker = held.worker;
  switch (random_.Below(8)) {
    case 0: {
      fb::FailJobT fail;
      fail.job = held.job.value();
      fail.owner = std::move(owner);
      fail.message = "no";
      if (random_.OneIn(3)) fail.retries = static_cast<int>(random_.Below(3));
      return Wrap(std::move(fail));
    }
    case 1: {
      fb::ThrowJobErrorT error;
      error.job = held.job.value();
      error.owner = std::move(owner);
      error.code = "E2";
      return Wrap(std::move(error));
    }
    case 2: {
      fb::ExtendJobLockT extend;
      extend.job = held.job.value();
      extend.owner = std::move(owner);
      extend.lock_ms = 5000;
      return Wrap(std::move(extend));
    }
    case 3: {
      fb::UnlockJobT unlock;
      unlock.job = held.job.value();
      unlock.owner = std::move(owner);
      return Wrap(std::move(unlock));
    }
    default: {
      fb::CompleteJobT complete;
      complete.job = held.job.value();
      complete.owner = std::move(owner);
      complete.variables = DrawVariables(/*all=*/false);
      return Wrap(std::move(complete));
    }
  }
}

void Clients::ActOnWork() {
  if (!held_.empty() && random_.OneIn(2)) {
    const size_t which = random_.Below(held_.size());
    Post(DrawAnswer(held_[which]));
    if (!random_.OneIn(4)) {
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
    }
    return;
  }
  const KnownProcess& process = DrawProcess();
  if (process.job_types.empty()) return;
  const std::string& type =
      process.job_types[random_.Below(process.job_types.size())];
  switch (random_.Below(6)) {
    case 0:
      RegisterHandler(type, static_cast<uint32_t>(1 + random_.Below(3)));
      break;
    case 1:
      if (random_.OneIn(3)) {
        fb::UnregisterHandlerT unregister;
        unregister.type = type;
        Post(Wrap(std::move(unregister)));
      }
      break;
    default: {
      // One after the other: compilers evaluate arguments in any order.
      const char* const worker = kWorkers[random_.Below(3)];
      const auto lock_ms = static_cast<int64_t>(500 + random_.Below(5000));
      const auto max = static_cast<int>(1 + random_.Below(3));
      Fetch(type, worker, lock_ms, max);
      break;
    }
  }
}

void Clients::FetchEverything() {
  for (const KnownProcess& process : AllProcesses()) {
    for (const std::string& type : process.job_types) {
      Fetch(type, kWorkers[random_.Below(3)], kFetchLockMs, kFetchMax);
    }
  }
}

void Clients::ActOnCalls() {
  if (!calls_.empty()) FinishCall(random_.Below(calls_.size()));
}

// Questions, whose answers must not be ahead of what is durable.
void Clients::Ask() {
  if (random_.OneIn(3)) {
    const core::Instance* instance = DrawInstance();
    if (instance == nullptr) return;
    const InstanceKey key = instance->key;
    awaiting_[world_->driver().Post({0, AwaitEndRequest{key}})] = key;
    return;
  }
  auto seen = std::make_shared<Position>(0);
  const size_t which = random_.Below(4);
  QueryRequest query;
  query.run = [seen, which](PartitionData& data) {
    *seen = data.state().position;
    if (which == 0) return ListTasks(data, {}).status();
    if (which == 1) return ListJobs(data, {}).status();
    if (which == 2) return ListInstances(data, {}).status();
    return absl::OkStatus();
  };
  querying_[world_->driver().Post({0, std::move(query)})] = seen;
}

void Clients::Act() {
  if (!unknown_.empty() && random_.OneIn(2)) {
    Sent sent = std::move(unknown_.front());
    unknown_.pop_front();
    // The key of a start makes it safe to repeat; others are refused, or done
    // once more.
    if (sent.command.type == fb::Command::StartInstance || random_.OneIn(2)) {
      Post(std::move(sent.command));
    }
    return;
  }
  std::optional<fb::CommandUnion> command;
  switch (random_.Below(19)) {
    case 16:
    case 17:
      command = DrawMessage();
      break;
    case 18:
      command = random_.OneIn(4) ? DrawConditions() : DrawSignal();
      break;
    case 0:
    case 1:
    case 2:
      command = DrawStart();
      break;
    case 3:
    case 4:
    case 5:
      command = DrawTask();
      break;
    case 6:
    case 7:
    case 8:
      ActOnWork();
      break;
    case 9:
    case 10:
    case 11:
      ActOnCalls();
      break;
    case 12:
      command = random_.OneIn(4) ? DrawActivation() : DrawIncident();
      break;
    case 13:
      command = DrawOnInstance();
      break;
    case 14:
      Ask();
      break;
    case 15:
      if (random_.OneIn(6)) {
        Deploy(random_.Below(processes_.size()));
      } else {
        command = DrawJob();
      }
      break;
  }
  if (command.has_value()) Post(*std::move(command));
}

}  // namespace pawl::sim
