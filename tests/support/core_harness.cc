#include "tests/support/core_harness.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/expression/expression.h"
#include "engine/model/model_rules.h"
#include "engine/value.h"
#include "gtest/gtest.h"
#include "tests/support/random.h"

namespace pawl::core {
namespace {

using WireVariables = std::vector<std::unique_ptr<fb::VariableT>>;

std::unique_ptr<fb::ExpressionT> MakeExpression(const std::string& text,
                                                fb::Language language) {
  auto out = std::make_unique<fb::ExpressionT>();
  out->text = text;
  out->language = language;
  return out;
}

std::unique_ptr<fb::ExpressionT> MakeText(const std::string& text) {
  return MakeExpression(text, text.find("${") == std::string::npos
                                  ? fb::Language::literal
                                  : fb::Language::el);
}

WireVariables ToWire(const std::string& json) {
  const auto variables = Variables::FromJson(json);
  PAWL_CHECK(variables.ok()) << variables.status();
  WireVariables out;
  for (const auto& [name, value] : *variables) {
    out.push_back(std::make_unique<fb::VariableT>());
    out.back()->name = name;
    out.back()->json = value.ToJson();
  }
  return out;
}

class MapSink : public IndexSink {
 public:
  explicit MapSink(CoreHarness::Indexes* indexes) : indexes_(indexes) {}
  void Put(Index index, std::string key, std::string value) override {
    (*indexes_)[index][std::move(key)] = std::move(value);
  }
  void Delete(Index index, std::string key) override {
    (*indexes_)[index].erase(key);
  }

 private:
  CoreHarness::Indexes* indexes_;
};

// The state and the indexes as a log gives them.
struct Fold {
  Partition partition;
  std::map<InstanceKey, Instance> instances;
  CoreHarness::Indexes indexes;

  void Add(const fb::RecordT& record) {
    MapSink sink(&indexes);
    PAWL_CHECK_OK(ApplyHeader(&partition, record.position, record.time_ms));
    for (size_t i = 0; i < record.events.size(); ++i) {
      const InstanceKey of = InstanceOf(record, i);
      const fb::EventUnion& event = record.events[i];
      if (of.valid()) {
        PAWL_CHECK_OK(Apply(&instances[of], event, record.time_ms));
      }
      PAWL_CHECK_OK(Apply(&partition, event, of, record.position));
      Project(event, of, &sink);
    }
  }

  // The same after encoding and decoding all of it.
  Fold ThroughSnapshots() const {
    Fold out;
    auto decoded = DecodePartition(EncodePartition(partition));
    PAWL_CHECK_OK(decoded.status());
    out.partition = *std::move(decoded);
    for (const auto& [key, instance] : instances) {
      auto snapshot =
          DecodeSnapshot(EncodeSnapshot(instance, partition.position));
      PAWL_CHECK_OK(snapshot.status());
      out.instances[key] = std::move(snapshot->instance);
    }
    out.indexes = indexes;
    return out;
  }
};

// Where an instance's work stands in the indexes.
using WorkEntries = std::set<std::pair<Index, std::string>>;

// What somebody who looks for work must find, seen from the state.
WorkEntries WorkEntriesOf(const Instance& instance) {
  WorkEntries out;
  const bool active = instance.state == fb::InstanceState::active;
  for (const auto& [key, job] : instance.jobs) {
    out.emplace(Index::kJob, EncodeU64(key.value()));
    if (!active) continue;
    if (job.state == fb::JobState::ready) {
      out.emplace(Index::kJobReady,
                  JobReadyPrefix(job.type) + EncodeU64(key.value()));
    }
    if (job.due_ms != 0) {
      out.emplace(Index::kDue,
                  EncodeDue({job.due_ms, DueKind::kJob, key.value()}));
    }
  }
  for (const auto& [key, task] : instance.tasks) {
    out.emplace(Index::kTask, EncodeU64(key.value()));
  }
  for (const auto& [key, timer] : instance.timers) {
    if (!active) continue;
    out.emplace(Index::kDue,
                EncodeDue({timer.due_ms, DueKind::kTimer, key.value()}));
  }
  for (const auto& [key, incident] : instance.incidents) {
    out.emplace(Index::kIncident, EncodeU64(key.value()));
  }
  if (!instance.ended() && !instance.held_message.empty()) {
    out.emplace(Index::kSubscription,
                HeldEntry(instance.held_message, instance.held_key));
  }
  for (const auto& [key, subscription] : instance.subscriptions) {
    if (!active) continue;
    const std::string number = EncodeU64(key.value());
    const std::string& name = subscription.name;
    switch (subscription.kind) {
      case fb::SubscriptionKind::message:
        out.emplace(Index::kSubscription, MessageNamePrefix(name) + number);
        out.emplace(
            Index::kSubscription,
            (subscription.any_key
                 ? MessageAnyPrefix(name)
                 : MessageKeyPrefix(name, subscription.correlation_key)) +
                number);
        break;
      case fb::SubscriptionKind::signal:
        out.emplace(Index::kSubscription, SignalPrefix(name) + number);
        break;
      case fb::SubscriptionKind::conditional:
        break;
    }
  }
  return out;
}

std::unique_ptr<fb::JobOwnerT> Worker(const std::string& name) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->worker = name;
  return owner;
}

}  // namespace

// --- ModelSketch -------------------------------------------------------------

ModelSketch::ModelSketch(std::string process_id) {
  model_.id = process_id;
  model_.rules = model::kModelRules;
  auto process = std::make_unique<fb::ElementT>();
  process->id = std::move(process_id);
  process->kind = fb::ElementKind::process;
  model_.elements.push_back(std::move(process));
}

ModelSketch& ModelSketch::Node(const std::string& id, fb::ElementKind kind) {
  auto element = std::make_unique<fb::ElementT>();
  element->id = id;
  element->kind = kind;
  element->scope = scope_;
  if (kind == fb::ElementKind::service_task ||
      kind == fb::ElementKind::send_task ||
      kind == fb::ElementKind::business_rule_task) {
    element->job = std::make_unique<fb::JobDefinitionT>();
    element->job->type = MakeExpression(id, fb::Language::literal);
  } else if (kind == fb::ElementKind::user_task) {
    element->user_task = std::make_unique<fb::UserTaskDefinitionT>();
  }
  model_.elements.push_back(std::move(element));
  return *this;
}

ModelSketch& ModelSketch::Terminate(const std::string& id) {
  Node(id, fb::ElementKind::end_event);
  last().event_type = fb::EventType::terminate;
  return *this;
}

ModelSketch& ModelSketch::TimerNode(const std::string& id, fb::TimerKind kind,
                                    const std::string& text) {
  Node(id, fb::ElementKind::intermediate_catch_event);
  last().event_type = fb::EventType::timer;
  last().timer = std::make_unique<fb::TimerDefinitionT>();
  last().timer->kind = kind;
  last().timer->value = MakeExpression(
      text, text.starts_with("${") ? fb::Language::el : fb::Language::literal);
  return *this;
}

ModelSketch& ModelSketch::Script(const std::string& id,
                                 const std::string& expression,
                                 const std::string& result_variable) {
  Node(id, fb::ElementKind::script_task);
  last().script = std::make_unique<fb::ScriptDefinitionT>();
  last().script->script = MakeExpression(expression, fb::Language::el);
  last().script->result_variable = result_variable;
  return *this;
}

uint32_t ModelSketch::IndexOf(const std::string& id) const {
  for (uint32_t i = 0; i < model_.elements.size(); ++i) {
    if (model_.elements[i]->id == id) return i;
  }
  PAWL_CHECK(false) << "no element " << id;
  return 0;
}

fb::ElementT& ModelSketch::element(const std::string& id) {
  return *model_.elements[IndexOf(id)];
}

ModelSketch& ModelSketch::Inside(const std::string& sub_process) {
  scope_ = sub_process.empty() ? 0 : IndexOf(sub_process);
  return *this;
}

ModelSketch& ModelSketch::Handler(const std::string& id,
                                  const std::string& host,
                                  fb::ElementKind kind) {
  Node(id, kind);
  last().for_compensation = true;
  Boundary(id + "_event", host, fb::EventType::compensation);
  last().handler = IndexOf(id);
  return *this;
}

ModelSketch& ModelSketch::Compensate(const std::string& id,
                                     fb::ElementKind kind,
                                     const std::string& activity, bool wait) {
  Event(id, kind, fb::EventType::compensation);
  last().compensate = std::make_unique<fb::CompensateDefinitionT>();
  last().compensate->activity = activity.empty() ? 0 : IndexOf(activity);
  last().compensate->wait = wait;
  return *this;
}

ModelSketch& ModelSketch::LinkCatch(const std::string& id) {
  Node(id, fb::ElementKind::intermediate_catch_event);
  last().event_type = fb::EventType::link;
  return *this;
}

ModelSketch& ModelSketch::LinkThrow(const std::string& id,
                                    const std::string& target) {
  Node(id, fb::ElementKind::intermediate_throw_event);
  last().event_type = fb::EventType::link;
  last().link_target = IndexOf(target);
  return *this;
}

ModelSketch& ModelSketch::ErrorEnd(const std::string& id,
                                   const std::string& code) {
  Node(id, fb::ElementKind::end_event);
  last().event_type = fb::EventType::error;
  last().error = std::make_unique<fb::ErrorDefinitionT>();
  last().error->code = code;
  return *this;
}

ModelSketch& ModelSketch::Event(const std::string& id, fb::ElementKind kind,
                                fb::EventType type) {
  Node(id, kind);
  last().event_type = type;
  return *this;
}

ModelSketch& ModelSketch::Message(const std::string& name,
                                  const std::string& key) {
  last().message = std::make_unique<fb::MessageDefinitionT>();
  last().message->name = MakeText(name);
  if (!key.empty()) last().message->correlation_key = MakeText(key);
  return *this;
}

ModelSketch& ModelSketch::Signal(const std::string& name) {
  last().signal = std::make_unique<fb::SignalDefinitionT>();
  last().signal->name = MakeText(name);
  return *this;
}

ModelSketch& ModelSketch::Condition(const std::string& text) {
  last().condition = MakeText(text);
  return *this;
}

ModelSketch& ModelSketch::Escalation(const std::string& code,
                                     const std::string& code_variable) {
  last().escalation = std::make_unique<fb::ErrorDefinitionT>();
  last().escalation->code = code;
  last().escalation->code_variable = code_variable;
  return *this;
}

ModelSketch& ModelSketch::AdHoc(const std::string& id, bool sequential,
                                const std::string& completion,
                                const std::string& active_elements) {
  Node(id, fb::ElementKind::ad_hoc_sub_process);
  last().ad_hoc = std::make_unique<fb::AdHocDefinitionT>();
  last().ad_hoc->sequential = sequential;
  if (!completion.empty()) last().ad_hoc->completion = MakeText(completion);
  if (!active_elements.empty()) {
    last().ad_hoc->active_elements = MakeText(active_elements);
  }
  return *this;
}

ModelSketch& ModelSketch::Loop(fb::LoopKind kind,
                               const std::string& cardinality,
                               const std::string& collection,
                               const std::string& variable) {
  last().loop = std::make_unique<fb::LoopDefinitionT>();
  last().loop->kind = kind;
  if (!cardinality.empty()) last().loop->cardinality = MakeText(cardinality);
  if (!collection.empty()) last().loop->collection = MakeText(collection);
  last().loop->element_variable = variable;
  return *this;
}

ModelSketch& ModelSketch::Definition(const std::string& id,
                                     const std::string& event,
                                     fb::EventType type) {
  Node(id, fb::ElementKind::event_definition);
  last().event_type = type;
  last().attached_to = IndexOf(event);
  last().scope = element(event).scope;
  last().interrupting = element(event).interrupting;
  return *this;
}

ModelSketch& ModelSketch::NotInterrupting() {
  last().interrupting = false;
  return *this;
}

ModelSketch& ModelSketch::Boundary(const std::string& id,
                                   const std::string& host,
                                   fb::EventType type) {
  Node(id, fb::ElementKind::boundary_event);
  last().event_type = type;
  last().attached_to = IndexOf(host);
  last().scope = element(host).scope;
  return *this;
}

ModelSketch& ModelSketch::ErrorBoundary(const std::string& id,
                                        const std::string& host,
                                        const std::string& code) {
  Boundary(id, host, fb::EventType::error);
  last().error = std::make_unique<fb::ErrorDefinitionT>();
  last().error->code = code;
  return *this;
}

ModelSketch& ModelSketch::TimerBoundary(const std::string& id,
                                        const std::string& host,
                                        const std::string& duration,
                                        bool interrupting) {
  Boundary(id, host, fb::EventType::timer);
  last().interrupting = interrupting;
  last().timer = std::make_unique<fb::TimerDefinitionT>();
  last().timer->kind = fb::TimerKind::duration;
  last().timer->value = MakeExpression(duration, duration.starts_with("${")
                                                     ? fb::Language::el
                                                     : fb::Language::literal);
  return *this;
}

ModelSketch& ModelSketch::Flow(const std::string& from, const std::string& to,
                               const std::string& condition) {
  const auto index = static_cast<uint32_t>(model_.flows.size());
  auto flow = std::make_unique<fb::SequenceFlowT>();
  flow->id = from + "->" + to;
  const auto taken = [&] {
    return std::any_of(model_.flows.begin(), model_.flows.end(),
                       [&](const auto& f) { return f->id == flow->id; });
  };
  for (int n = 2; taken(); ++n) flow->id = from + "->" + to + std::to_string(n);
  for (size_t i = 0; i < model_.elements.size(); ++i) {
    fb::ElementT& element = *model_.elements[i];
    if (element.id == from) {
      flow->source = static_cast<uint32_t>(i);
      element.outgoing.push_back(index);
    }
    if (element.id == to) {
      flow->target = static_cast<uint32_t>(i);
      element.incoming.push_back(index);
    }
  }
  PAWL_CHECK(flow->source != 0 && flow->target != 0) << flow->id;
  if (!condition.empty()) {
    flow->condition = MakeExpression(condition, fb::Language::el);
  }
  model_.flows.push_back(std::move(flow));
  return *this;
}

ModelSketch& ModelSketch::DefaultFlow(const std::string& from,
                                      const std::string& to) {
  Flow(from, to);
  element(from).default_flow = static_cast<uint32_t>(model_.flows.size());
  return *this;
}

// --- CoreHarness -------------------------------------------------------------

CoreHarness::CoreHarness() { PAWL_CHECK_OK(Do(fb::OpenPartitionT())); }

void CoreHarness::Deploy(const fb::ProcessT& model) {
  fb::DeployT deploy;
  deploy.resources.push_back(std::make_unique<fb::ResourceToDeployT>());
  deploy.resources[0]->name = "test.bpmn";
  deploy.resources[0]->xml = "<test/>";
  deploy.processes.push_back(std::make_unique<fb::ProcessToDeployT>());
  deploy.processes[0]->digest = ++deployments_;
  deploy.processes[0]->model = std::make_unique<fb::ProcessT>(model);
  deploy.processes[0]->process_id = deploy.processes[0]->model->id;
  PAWL_CHECK_OK(Do(std::move(deploy)));
}

absl::Status CoreHarness::Do(fb::CommandUnion command, InstanceKey key) {
  const bool start = command.type == fb::Command::StartInstance;
  const bool on_partition = IsPartitionCommand(command.type);
  Instance fresh;
  Instance before;
  Instance* instance = nullptr;
  if (start) {
    instance = &fresh;
  } else if (!on_partition) {
    instance = &instances_.at(key);
    before = *instance;
  }
  const uint32_t sequence = instance == nullptr ? 0 : instance->sequence;
  now_ms_ = std::max(now_ms_, partition_.time_ms);
  RecordingLookups lookups(this);
  Decision decision = Decide(command, instance, now_ms_, &lookups);
  answer_ = decision.answer;
  if (!decision.status.ok() || decision.events.empty()) {
    if (instance != nullptr && !start) {
      EXPECT_EQ(Digest(before), Digest(*instance)) << "a rejection changed it";
    }
    return decision.status;
  }
  if (start) {
    key = fresh.key;
    instances_[key] = std::move(fresh);
  }
  const Position position = partition_.position + 1;
  last_record_ = MakeRecord(
      0, position, now_ms_, "test", 0, std::move(command), lookups.TakeFacts(),
      on_partition ? InstanceKey() : key, sequence, &decision);
  log_.push_back(EncodeRecord(*last_record_));
  PAWL_CHECK_OK(ApplyHeader(&partition_, position, now_ms_));
  MapSink sink(&indexes_);
  for (size_t i = 0; i < last_record_->events.size(); ++i) {
    const fb::EventUnion& event = last_record_->events[i];
    const InstanceKey of = InstanceOf(*last_record_, i);
    PAWL_CHECK_OK(Apply(&partition_, event, of, position));
    Project(event, of, &sink);
    if (const auto* definition = event.AsDefinitionDeployed()) {
      auto model = model::ProcessDefinition::Create(
          std::make_unique<fb::ProcessT>(*definition->model));
      PAWL_CHECK(model.ok()) << model.status();
      models_[DefinitionKey(definition->key)] = *model;
    }
  }
  // Always: it needs every record.
  EXPECT_EQ(lifecycle_.Observe(*last_record_), "");
  if (check_laws_) CheckLaws(before, key);
  if (!following_ && takes_requests_) {
    Answer answer = std::move(answer_);
    TakeFollowUps();
    answer_ = std::move(answer);
  }
  return absl::OkStatus();
}

void CoreHarness::TakeFollowUps() {
  following_ = true;
  while (!partition_.requests.empty()) {
    const uint64_t key = partition_.NextRequest() != 0
                             ? partition_.NextRequest()
                             : *partition_.long_requests.begin();
    const fb::CommandUnion command = partition_.requests.at(key).command;
    const InstanceKey target = TargetOf(command);
    const absl::Status status = target.valid() && !instances_.contains(target)
                                    ? absl::NotFoundError("never started")
                                    : Do(command, target);
    if (status.ok()) continue;
    PAWL_CHECK_OK(Do(DropOf(key, command, std::string(status.message()))));
  }
  following_ = false;
  if (check_laws_ && folded_ != log_.size()) CheckFold();
}

absl::Status CoreHarness::MapReader::ScanPrefix(Index index,
                                                std::string_view prefix,
                                                const Visitor& visit) {
  const auto& map = indexes_[index];
  for (auto it = map.lower_bound(std::string(prefix));
       it != map.end() && it->first.starts_with(prefix); ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> CoreHarness::MapReader::Get(
    Index index, std::string_view key) {
  const auto& map = indexes_[index];
  const auto it = map.find(std::string(key));
  if (it == map.end()) return std::optional<std::string>();
  return std::optional<std::string>(it->second);
}

void CoreHarness::CheckLaws(const Instance& before, InstanceKey key) {
  CheckRecord(before);
  // A fold costs the whole log. What follows by itself may be thousands of
  // records, so among them it is checked each time the log has grown by a part.
  constexpr size_t kPart = 32;
  if (!following_ || log_.size() - folded_ > log_.size() / kPart) CheckFold();
  if (key.valid()) CheckInstance(key);
  CheckCapacity();
}

void CoreHarness::CheckRecord(const Instance& before) {
  // The record as bytes.
  auto decoded = DecodeRecord(log_.back());
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ASSERT_TRUE(**decoded == *last_record_) << "record changed in encoding";

  // Decided again from its facts.
  RecordedLookups recorded(decoded->get(), this);
  Instance again = before;
  const fb::CommandUnion command = CommandOf(**decoded);
  Decision decision =
      Decide(command, IsPartitionCommand(command.type) ? nullptr : &again,
             (*decoded)->time_ms, &recorded);
  EXPECT_TRUE(decision.status.ok()) << decision.status;
  EXPECT_EQ(recorded.missing(), "");
  EXPECT_TRUE(decision.events == (*decoded)->events)
      << "decided differently from recorded facts";
}

// From empty, and from a snapshot of all at an earlier position.
void CoreHarness::CheckFold() {
  folded_ = log_.size();
  const size_t snapshot_at = Random(log_.size()).Below(log_.size() + 1);
  Fold from_empty;
  Fold from_snapshot;
  for (size_t i = 0; i < log_.size(); ++i) {
    if (i == snapshot_at) from_snapshot = from_empty.ThroughSnapshots();
    auto record = DecodeRecord(log_[i]);
    ASSERT_TRUE(record.ok()) << record.status();
    from_empty.Add(**record);
    if (i >= snapshot_at) from_snapshot.Add(**record);
  }
  if (snapshot_at == log_.size()) from_snapshot = from_empty.ThroughSnapshots();
  for (Fold* fold : {&from_empty, &from_snapshot}) {
    SCOPED_TRACE(fold == &from_empty ? std::string("folded from empty")
                                     : "folded from a snapshot after record " +
                                           std::to_string(snapshot_at));
    ASSERT_EQ(fold->instances.size(), instances_.size());
    EXPECT_EQ(Digest(fold->partition), Digest(partition_));
    for (const auto& [k, instance] : instances_) {
      EXPECT_EQ(Digest(fold->instances.at(k)), Digest(instance))
          << "instance " << k;
    }
    // Either side may have touched an index that the other never did.
    std::erase_if(fold->indexes,
                  [](const auto& index) { return index.second.empty(); });
    auto live = indexes_;
    std::erase_if(live, [](const auto& index) { return index.second.empty(); });
    EXPECT_EQ(live, fold->indexes);
  }
}

void CoreHarness::CheckInstance(InstanceKey key) {
  const Instance& instance = instances_.at(key);
  EXPECT_EQ(
      LifecycleLaw::CheckTokens(instance, ModelOf(key), partition_.requests),
      "");

  // Every job is in a state that it can be in.
  for (const auto& [job_key, job] : instance.jobs) {
    const bool by_handler = job.epoch != 0;
    switch (job.state) {
      case fb::JobState::locked:
        EXPECT_NE(by_handler, !job.worker.empty()) << "job " << job_key;
        EXPECT_EQ(by_handler, job.due_ms == 0) << "job " << job_key;
        break;
      case fb::JobState::backoff:
        EXPECT_GT(job.due_ms, 0) << "job " << job_key;
        EXPECT_FALSE(by_handler) << "job " << job_key;
        break;
      case fb::JobState::ready:
      case fb::JobState::incident:
        EXPECT_TRUE(job.worker.empty() && !by_handler && job.due_ms == 0)
            << "job " << job_key << " is nobody's, and not due";
        break;
    }
  }

  // The indexes lead to its work where it can be done, and nowhere else: not
  // to anything of an ended instance.
  WorkEntries entries;
  for (const auto& [index, of_index] : indexes_) {
    if (index == Index::kInstance || index == Index::kIdempotency ||
        index == Index::kBusinessKey) {
      continue;
    }
    for (const auto& [entry, value] : of_index) {
      if (value == EncodeU64(key.value())) entries.emplace(index, entry);
    }
  }
  EXPECT_EQ(entries, WorkEntriesOf(instance));
  const std::string instance_key = EncodeU64(key.value());
  const auto state =
      DecodeInstanceValue(indexes_[Index::kInstance][instance_key]);
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(state->state, instance.state);
  EXPECT_EQ(state->definition, instance.definition);
  if (!instance.ended()) return;
  EXPECT_TRUE(instance.elements.empty());
  EXPECT_TRUE(instance.jobs.empty() && instance.tasks.empty() &&
              instance.timers.empty() && instance.incidents.empty() &&
              instance.subscriptions.empty());
}

// A handler that was given a job had room for it.
void CoreHarness::CheckCapacity() {
  for (const fb::EventUnion& event : last_record_->events) {
    const auto* created = event.AsJobCreated();
    const auto* locked = event.AsJobLocked();
    const bool given = created != nullptr  ? created->epoch != 0
                       : locked != nullptr ? locked->epoch != 0
                                           : false;
    if (!given) continue;
    const std::string& type = created != nullptr ? created->type : locked->type;
    const auto handler = partition_.handlers.find(type);
    ASSERT_NE(handler, partition_.handlers.end()) << type;
    EXPECT_TRUE(handler->second.registered) << type;
    EXPECT_LE(handler->second.in_flight, handler->second.capacity) << type;
  }
}

InstanceKey CoreHarness::Start(const std::string& process_id,
                               const std::string& variables) {
  fb::StartInstanceT start;
  start.process_id = process_id;
  start.variables = ToWire(variables);
  PAWL_CHECK_OK(Do(std::move(start)));
  return answer_.instance;
}

absl::Status CoreHarness::CompleteTask(InstanceKey instance,
                                       const std::string& element,
                                       const std::string& variables) {
  fb::CompleteTaskT complete;
  complete.task = TaskAt(instance, element).value();
  complete.variables = ToWire(variables);
  return Do(std::move(complete), instance);
}

absl::Status CoreHarness::CompleteJob(InstanceKey instance,
                                      const std::string& element,
                                      const std::string& variables) {
  fb::CompleteJobT complete;
  complete.job = JobAt(instance, element).value();
  complete.owner = Worker("test");
  complete.lock_first = true;
  complete.variables = ToWire(variables);
  return Do(std::move(complete), instance);
}

absl::Status CoreHarness::FailJob(InstanceKey instance,
                                  const std::string& element, int retries,
                                  int64_t backoff_ms) {
  fb::FailJobT fail;
  fail.job = JobAt(instance, element).value();
  fail.owner = Worker("test");
  fail.lock_first = true;
  fail.message = "no route";
  fail.retries = retries;
  fail.backoff_ms = backoff_ms;
  return Do(std::move(fail), instance);
}

absl::Status CoreHarness::Resolve(InstanceKey instance) {
  PAWL_CHECK(!at(instance).incidents.empty());
  fb::ResolveIncidentT resolve;
  resolve.incident = at(instance).incidents.begin()->first.value();
  return Do(std::move(resolve), instance);
}

absl::Status CoreHarness::Publish(const std::string& name,
                                  const std::string& key,
                                  const std::string& variables,
                                  int64_t live_ms) {
  fb::PublishMessageT publish;
  publish.name = name;
  publish.has_key = !key.empty();
  publish.correlation_key = key;
  publish.variables = ToWire(variables);
  if (live_ms != 0) publish.until_ms = now_ms_ + live_ms;
  return Do(std::move(publish));
}

absl::Status CoreHarness::Signal(const std::string& name,
                                 const std::string& variables) {
  fb::BroadcastSignalT broadcast;
  broadcast.name = name;
  broadcast.variables = ToWire(variables);
  return Do(std::move(broadcast));
}

void CoreHarness::Expire(const DueKey& due) {
  const auto& index = indexes_[Index::kMessage];
  fb::ExpireMessageT expire;
  expire.message = due.key;
  expire.until_ms = due.due_ms;
  if (due.kind == DueKind::kMessage) {
    const auto message = DecodeBuffered(index.at(BufferedEntry(due.key)));
    expire.name = message->name;
    expire.has_key = message->has_key;
    expire.correlation_key = message->correlation_key;
  } else {
    const auto id = DecodeMessageId(index.at(MessageIdByKey(due.key)));
    expire.name = id->name;
    expire.message_id = id->message_id;
  }
  PAWL_CHECK_OK(Do(std::move(expire)));
}

void CoreHarness::ExpireMessages() {
  std::vector<DueKey> over;
  for (const auto& [entry, value] : indexes_[Index::kDue]) {
    const DueKey due = *DecodeDue(entry);
    if (due.due_ms > now_ms_) break;
    if (due.kind == DueKind::kMessage || due.kind == DueKind::kMessageId) {
      over.push_back(due);
    }
  }
  for (const DueKey& due : over) Expire(due);
}

void CoreHarness::Advance(int64_t ms) {
  const int64_t end = now_ms_ + ms;
  while (!indexes_[Index::kDue].empty()) {
    const auto entry = *indexes_[Index::kDue].begin();
    const DueKey due = *DecodeDue(entry.first);
    if (due.due_ms > end) break;
    now_ms_ = std::max(now_ms_, due.due_ms);
    const InstanceKey instance(*DecodeU64(entry.second));
    if (due.kind == DueKind::kMessage || due.kind == DueKind::kMessageId) {
      Expire(due);
    } else if (due.kind == DueKind::kStartTimer) {
      fb::TriggerStartTimerT trigger;
      trigger.timer = due.key;
      trigger.definition =
          partition_.start_timers.at(due.key).definition.value();
      PAWL_CHECK_OK(Do(std::move(trigger)));
    } else if (due.kind == DueKind::kTimer) {
      fb::TriggerTimerT trigger;
      trigger.timer = due.key;
      PAWL_CHECK_OK(Do(std::move(trigger), instance));
    } else {
      fb::JobDueT job_due;
      job_due.job = due.key;
      PAWL_CHECK_OK(Do(std::move(job_due), instance));
    }
  }
  now_ms_ = end;
}

const fb::ElementT& CoreHarness::ElementOf(const Instance& instance,
                                           ElementKey key) const {
  return models_.at(instance.definition)
      ->element(instance.elements.at(key).element);
}

std::vector<std::string> CoreHarness::Waiting(InstanceKey key) const {
  const Instance& instance = at(key);
  std::vector<std::string> ids;
  for (const auto& [k, job] : instance.jobs) {
    if (job.state != fb::JobState::incident) {
      ids.push_back(ElementOf(instance, job.element_key).id);
    }
  }
  for (const auto& [k, task] : instance.tasks) {
    ids.push_back(ElementOf(instance, task.element_key).id);
  }
  for (const auto& [k, timer] : instance.timers) {
    ids.push_back(ElementOf(instance, timer.element_key).id);
  }
  for (const auto& [k, subscription] : instance.subscriptions) {
    if (subscription.trigger != 0) {
      ids.push_back(
          models_.at(instance.definition)->element(subscription.trigger).id);
    } else if (ElementOf(instance, subscription.element_key).kind !=
               fb::ElementKind::receive_task) {
      ids.push_back(ElementOf(instance, subscription.element_key).id);
    }
  }
  for (const auto& [k, incident] : instance.incidents) {
    ids.push_back(
        "!" + models_.at(instance.definition)->element(incident.element).id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> CoreHarness::Path(InstanceKey key) const {
  std::map<uint64_t, uint32_t> elements;
  std::vector<std::string> ids;
  for (const std::string& bytes : log_) {
    const auto record = DecodeRecord(bytes);
    PAWL_CHECK(record.ok());
    for (size_t i = 0; i < (*record)->events.size(); ++i) {
      if (InstanceOf(**record, i) != key) continue;
      const fb::EventUnion& event = (*record)->events[i];
      if (const auto* activating = event.AsElementActivating()) {
        elements[activating->key] = activating->element;
      } else if (const auto* completed = event.AsElementCompleted()) {
        if (completed->key == key.value()) continue;
        ids.push_back(models_.at(at(key).definition)
                          ->element(elements.at(completed->key))
                          .id);
      }
    }
  }
  return ids;
}

std::string CoreHarness::Variable(InstanceKey key,
                                  const std::string& name) const {
  const auto scope = at(key).scopes.find(at(key).root());
  if (scope == at(key).scopes.end()) return "absent";
  const auto it = scope->second.variables.find(name);
  return it == scope->second.variables.end() ? "absent" : it->second;
}

JobKey CoreHarness::JobAt(InstanceKey key, const std::string& element) const {
  for (const auto& [k, job] : at(key).jobs) {
    if (ElementOf(at(key), job.element_key).id == element) return k;
  }
  PAWL_CHECK(false) << "no job at " << element;
  return JobKey();
}

TaskKey CoreHarness::TaskAt(InstanceKey key, const std::string& element) const {
  for (const auto& [k, task] : at(key).tasks) {
    if (ElementOf(at(key), task.element_key).id == element) return k;
  }
  PAWL_CHECK(false) << "no task at " << element;
  return TaskKey();
}

std::vector<std::string> CoreHarness::LastEvents() const {
  std::vector<std::string> names;
  for (const fb::EventUnion& event : last_record_->events) {
    names.push_back(fb::EnumNameEvent(event.type));
  }
  return names;
}

uint64_t CoreHarness::NextKey() { return MakeKey(0, partition_.next_key); }

DefinitionAnswer CoreHarness::Definition(std::string_view process_id,
                                         uint32_t version) {
  const auto it = partition_.definitions.find(process_id);
  if (it == partition_.definitions.end()) return {};
  if (version > it->second.size()) return {};
  const Partition::Definition& definition =
      version == 0 ? it->second.back() : it->second[version - 1];
  return {definition.key, definition.version, definition.digest};
}

IdempotencyAnswer CoreHarness::IdempotencySeen(std::string_view key) {
  const auto& index = indexes_[Index::kIdempotency];
  const auto it = index.find(std::string(key));
  if (it == index.end()) return {};
  const IdempotencyValue value = *DecodeIdempotency(it->second);
  return {value.instance, value.definition, value.version};
}

HandlerAnswer CoreHarness::HandlerFor(std::string_view job_type) {
  return HandlerIn(partition_, job_type);
}

absl::StatusOr<expression::ScriptResult> CoreHarness::RunScript(
    std::string_view, const expression::Expression& script,
    const expression::ScopeView& scope) {
  if (script_runner) return script_runner(script, scope);
  return absl::UnimplementedError("scripts don't run here");
}

std::shared_ptr<const model::ProcessDefinition> CoreHarness::Model(
    DefinitionKey key) {
  const auto it = models_.find(key);
  return it == models_.end() ? nullptr : it->second;
}

}  // namespace pawl::core
