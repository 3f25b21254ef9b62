#include "engine/core/codec.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/planted.h"

namespace pawl::core {
namespace {

std::string Bytes(const flatbuffers::FlatBufferBuilder& builder) {
  return std::string(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                     builder.GetSize());
}

// FlatBuffers reads in place, and where it reads must be aligned. The log's
// readers see to that; a value that a scan of a cache gives lies anywhere.
std::string_view Aligned(std::string_view bytes, std::string* copy) {
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(uint64_t) == 0) {
    return bytes;
  }
  *copy = bytes;
  return *copy;
}

// Null when `bytes` are not a sound buffer with root type T.
template <typename T>
const T* VerifiedRoot(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  // A table and what leads to it take 8 bytes: more of them than fit are some
  // table shared, which no writer of ours does, and which would unpack without
  // end.
  flatbuffers::Verifier verifier(data, bytes.size(), /*_max_depth=*/64,
                                 static_cast<uint32_t>(bytes.size() / 8 + 1));
  if (!verifier.VerifyBuffer<T>(nullptr)) return nullptr;
  return flatbuffers::GetRoot<T>(data);
}

template <typename T>
std::unique_ptr<T> Own(T value) {
  return std::make_unique<T>(std::move(value));
}

fb::ScopeStateT ToWire(ElementKey key, const Scope& scope) {
  fb::ScopeStateT out;
  out.key = key.value();
  for (const auto& [name, json] : scope.variables) {
    auto variable = std::make_unique<fb::VariableT>();
    variable->name = name;
    variable->json = json;
    out.variables.push_back(std::move(variable));
  }
  for (const auto& [flow, count] : scope.tokens) {
    auto tokens = std::make_unique<fb::FlowTokensT>();
    tokens->flow = flow;
    tokens->count = count;
    if (PAWL_PLANTED(snapshot_without_tokens)) continue;
    out.tokens.push_back(std::move(tokens));
  }
  for (const auto& [gateway, flows] : scope.rounds) {
    fb::GatewayRoundT round;
    round.element = gateway;
    round.flows = flows;
    out.rounds.push_back(Own(std::move(round)));
  }
  return out;
}

Scope FromWire(const fb::ScopeStateT& wire) {
  Scope scope;
  for (const auto& variable : wire.variables) {
    scope.variables[variable->name] = variable->json;
  }
  for (const auto& tokens : wire.tokens) {
    scope.tokens[tokens->flow] = tokens->count;
    scope.token_count += tokens->count;
  }
  for (const auto& round : wire.rounds) {
    scope.rounds[round->element] = round->flows;
  }
  return scope;
}

fb::JobSnapshotT ToWire(const Job& job) {
  fb::JobSnapshotT out;
  out.key = job.key.value();
  out.element_key = job.element_key.value();
  out.type = job.type;
  out.state = job.state;
  out.retries = job.retries;
  out.failures = job.failures;
  out.attempt = job.attempt;
  out.worker = job.worker;
  out.epoch = job.epoch;
  out.due_ms = job.due_ms;
  out.message = job.message;
  return out;
}

Job FromWire(const fb::JobSnapshotT& wire) {
  Job job;
  job.key = JobKey(wire.key);
  job.element_key = ElementKey(wire.element_key);
  job.type = wire.type;
  job.state = wire.state;
  job.retries = wire.retries;
  job.failures = wire.failures;
  job.attempt = wire.attempt;
  job.worker = wire.worker;
  job.epoch = wire.epoch;
  job.due_ms = wire.due_ms;
  job.message = wire.message;
  return job;
}

fb::TaskSnapshotT ToWire(const Task& task) {
  fb::TaskSnapshotT out;
  out.key = task.key.value();
  out.element_key = task.element_key.value();
  out.kind = task.kind;
  out.assignee = task.assignee;
  out.candidate_users = task.candidate_users;
  out.candidate_groups = task.candidate_groups;
  out.due_ms = task.due_ms;
  out.follow_up_ms = task.follow_up_ms;
  out.priority = task.priority;
  out.created_ms = task.created_ms;
  out.owner = task.owner;
  out.delegation = task.delegation;
  out.event = task.event;
  out.listeners_done = task.listeners_done;
  out.assigns = task.assigns;
  out.completed_by = task.completed_by;
  return out;
}

Task FromWire(const fb::TaskSnapshotT& wire) {
  Task task;
  task.key = TaskKey(wire.key);
  task.element_key = ElementKey(wire.element_key);
  task.kind = wire.kind;
  task.assignee = wire.assignee;
  task.candidate_users = wire.candidate_users;
  task.candidate_groups = wire.candidate_groups;
  task.due_ms = wire.due_ms;
  task.follow_up_ms = wire.follow_up_ms;
  task.priority = wire.priority;
  task.created_ms = wire.created_ms;
  task.owner = wire.owner;
  task.delegation = wire.delegation;
  task.event = wire.event;
  task.listeners_done = wire.listeners_done;
  task.assigns = wire.assigns;
  task.completed_by = wire.completed_by;
  return task;
}

fb::SubscriptionSnapshotT ToWire(const Subscription& subscription) {
  fb::SubscriptionSnapshotT out;
  out.key = subscription.key.value();
  out.element_key = subscription.element_key.value();
  out.kind = subscription.kind;
  out.name = subscription.name;
  out.correlation_key = subscription.correlation_key;
  out.any_key = subscription.any_key;
  out.trigger = subscription.trigger;
  out.holds = subscription.holds;
  return out;
}

Subscription FromWire(const fb::SubscriptionSnapshotT& wire) {
  return {SubscriptionKey(wire.key),
          ElementKey(wire.element_key),
          wire.kind,
          wire.name,
          wire.correlation_key,
          wire.any_key,
          wire.trigger,
          wire.holds};
}

std::unique_ptr<fb::CallerT> ToWire(const Caller& caller) {
  auto out = std::make_unique<fb::CallerT>();
  out->instance = caller.instance.value();
  out->element_key = caller.element_key.value();
  out->definition = caller.definition.value();
  out->element = caller.element;
  out->root = caller.root.value();
  out->depth = caller.depth;
  out->in_handler = caller.in_handler;
  out->in_saga = caller.in_saga;
  return out;
}

Caller FromWire(const fb::CallerT& wire) {
  return {InstanceKey(wire.instance),
          ElementKey(wire.element_key),
          DefinitionKey(wire.definition),
          wire.element,
          InstanceKey(wire.root),
          wire.depth,
          wire.in_handler,
          wire.in_saga};
}

fb::CompensationRecordSnapshotT ToWire(const CompensationRecord& record) {
  fb::CompensationRecordSnapshotT out;
  out.key = record.key.value();
  out.element = record.element;
  out.owner = record.owner.value();
  out.order = record.order;
  for (const auto& [name, json] : record.variables) {
    auto variable = std::make_unique<fb::VariableT>();
    variable->name = name;
    variable->json = json;
    out.variables.push_back(std::move(variable));
  }
  out.claimed_by = record.claimed_by.value();
  out.failed = record.failed;
  out.partial = record.partial;
  return out;
}

CompensationRecord FromWire(const fb::CompensationRecordSnapshotT& wire) {
  CompensationRecord record;
  record.key = ElementKey(wire.key);
  record.element = wire.element;
  record.owner = ElementKey(wire.owner);
  record.order = wire.order;
  for (const auto& variable : wire.variables) {
    record.variables[variable->name] = variable->json;
  }
  record.claimed_by = ElementKey(wire.claimed_by);
  record.failed = wire.failed;
  record.partial = wire.partial;
  return record;
}

fb::CompensationSnapshotT ToWire(const Compensation& compensation) {
  fb::CompensationSnapshotT out;
  out.key = compensation.key.value();
  out.element = compensation.element;
  out.scope = compensation.scope.value();
  out.waits = compensation.waits;
  for (const ElementKey key : compensation.pending) {
    out.pending.push_back(key.value());
  }
  out.current = compensation.current.value();
  out.open = compensation.open;
  return out;
}

Compensation FromWire(const fb::CompensationSnapshotT& wire) {
  Compensation compensation;
  compensation.key = ElementKey(wire.key);
  compensation.element = wire.element;
  compensation.scope = ElementKey(wire.scope);
  compensation.waits = wire.waits;
  for (const uint64_t key : wire.pending) {
    compensation.pending.push_back(ElementKey(key));
  }
  compensation.current = ElementKey(wire.current);
  compensation.open = wire.open;
  return compensation;
}

fb::InstanceSnapshotT ToWire(const Instance& instance, Position position) {
  fb::InstanceSnapshotT out;
  out.position = position;
  out.digest = Digest(instance);
  out.key = instance.key.value();
  out.sequence = instance.sequence;
  out.definition = instance.definition.value();
  out.process_id = instance.process_id;
  out.version = instance.version;
  out.business_key = instance.business_key;
  out.held_message = instance.held_message;
  out.held_key = instance.held_key;
  out.state = instance.state;
  out.started_ms = instance.started_ms;
  out.ended_ms = instance.ended_ms;
  if (instance.called()) out.caller = ToWire(instance.caller);
  for (const auto& [key, element] : instance.elements) {
    fb::ElementInstanceStateT wire;
    wire.key = key.value();
    wire.element = element.element;
    wire.scope = element.scope.value();
    wire.state = element.state;
    wire.steps_done = element.steps_done;
    wire.triggered = element.triggered;
    wire.phase = element.phase;
    if (const auto call = instance.calls.find(key);
        call != instance.calls.end()) {
      wire.called = call->second.value();
    }
    wire.loop_index = element.loop_index;
    wire.compensates = element.compensates.value();
    out.elements.push_back(Own(std::move(wire)));
  }
  for (const auto& [key, scope] : instance.scopes) {
    out.scopes.push_back(Own(ToWire(key, scope)));
  }
  for (const auto& [key, job] : instance.jobs) {
    out.jobs.push_back(Own(ToWire(job)));
  }
  for (const auto& [key, task] : instance.tasks) {
    out.tasks.push_back(Own(ToWire(task)));
  }
  for (const auto& [key, timer] : instance.timers) {
    fb::TimerSnapshotT wire;
    wire.key = key.value();
    wire.element_key = timer.element_key.value();
    wire.due_ms = timer.due_ms;
    wire.boundary = timer.boundary;
    wire.cycle = timer.repetition.cycle;
    wire.counts_from_ms = timer.repetition.counts_from_ms;
    wire.number = timer.repetition.number;
    out.timers.push_back(Own(std::move(wire)));
  }
  for (const auto& [key, incident] : instance.incidents) {
    fb::IncidentSnapshotT wire;
    wire.key = key.value();
    wire.type = incident.type;
    wire.element_key = incident.element_key.value();
    wire.element = incident.element;
    wire.message = incident.message;
    wire.job = incident.job.value();
    wire.created_ms = incident.created_ms;
    out.incidents.push_back(Own(std::move(wire)));
  }
  for (const auto& [key, loop] : instance.loops) {
    fb::LoopSnapshotT wire;
    wire.key = key.value();
    wire.total = loop.total;
    wire.begun = loop.begun;
    wire.done = loop.done;
    wire.items = loop.items;
    wire.fulfilled = loop.fulfilled;
    for (const auto& [index, json] : loop.outputs) {
      fb::LoopOutputT output;
      output.index = index;
      output.json = json;
      wire.outputs.push_back(Own(std::move(output)));
    }
    out.loops.push_back(Own(std::move(wire)));
  }
  for (const auto& [key, subscription] : instance.subscriptions) {
    out.subscriptions.push_back(Own(ToWire(subscription)));
  }
  for (const auto& [key, record] : instance.records) {
    out.records.push_back(Own(ToWire(record)));
  }
  for (const auto& [key, compensation] : instance.compensations) {
    out.compensations.push_back(Own(ToWire(compensation)));
  }
  for (const auto& [key, ad_hoc] : instance.ad_hocs) {
    fb::AdHocSnapshotT wire;
    wire.key = key.value();
    wire.waiting = ad_hoc.waiting;
    wire.fulfilled = ad_hoc.fulfilled;
    out.ad_hocs.push_back(Own(std::move(wire)));
  }
  for (const auto& [key, parts] : instance.event_parts) {
    for (const EventPart& part : parts) {
      fb::EventPartSnapshotT wire;
      wire.element_key = key.value();
      wire.element = part.element;
      wire.trigger = part.trigger;
      for (const auto& [name, json] : part.variables) {
        fb::VariableT variable;
        variable.name = name;
        variable.json = json;
        wire.variables.push_back(Own(std::move(variable)));
      }
      out.event_parts.push_back(Own(std::move(wire)));
    }
  }
  return out;
}

Instance FromWire(const fb::InstanceSnapshotT& wire) {
  Instance instance;
  instance.key = InstanceKey(wire.key);
  instance.sequence = wire.sequence;
  instance.definition = DefinitionKey(wire.definition);
  instance.process_id = wire.process_id;
  instance.version = wire.version;
  instance.business_key = wire.business_key;
  instance.held_message = wire.held_message;
  instance.held_key = wire.held_key;
  instance.state = wire.state;
  instance.started_ms = wire.started_ms;
  instance.ended_ms = wire.ended_ms;
  if (wire.caller != nullptr) instance.caller = FromWire(*wire.caller);
  for (const auto& scope : wire.scopes) {
    instance.scopes[ElementKey(scope->key)] = FromWire(*scope);
  }
  for (const auto& element : wire.elements) {
    const ElementInstance value{.key = ElementKey(element->key),
                                .scope = ElementKey(element->scope),
                                .compensates = ElementKey(element->compensates),
                                .element = element->element,
                                .steps_done = element->steps_done,
                                .loop_index = element->loop_index,
                                .state = element->state,
                                .phase = element->phase,
                                .triggered = element->triggered};
    instance.elements[value.key] = value;
    if (element->called != 0) {
      instance.calls[value.key] = InstanceKey(element->called);
    }
    // The count of children isn't stored: it is what it counts.
    if (value.scope.valid()) ++instance.scopes[value.scope].active_children;
  }
  for (const auto& job : wire.jobs) {
    instance.jobs[JobKey(job->key)] = FromWire(*job);
  }
  for (const auto& task : wire.tasks) {
    instance.tasks[TaskKey(task->key)] = FromWire(*task);
  }
  for (const auto& timer : wire.timers) {
    instance.timers[TimerKey(timer->key)] = {
        TimerKey(timer->key),
        ElementKey(timer->element_key),
        timer->due_ms,
        timer->boundary,
        {timer->cycle, timer->counts_from_ms, timer->number}};
  }
  for (const auto& incident : wire.incidents) {
    instance.incidents[IncidentKey(incident->key)] = {
        IncidentKey(incident->key),
        incident->type,
        ElementKey(incident->element_key),
        incident->element,
        incident->message,
        JobKey(incident->job),
        incident->created_ms};
  }
  for (const auto& wire_loop : wire.loops) {
    Loop& loop = instance.loops[ElementKey(wire_loop->key)];
    loop.total = wire_loop->total;
    loop.begun = wire_loop->begun;
    loop.done = wire_loop->done;
    loop.items = wire_loop->items;
    loop.fulfilled = wire_loop->fulfilled;
    for (const auto& output : wire_loop->outputs) {
      loop.outputs[output->index] = output->json;
    }
  }
  for (const auto& subscription : wire.subscriptions) {
    instance.subscriptions[SubscriptionKey(subscription->key)] =
        FromWire(*subscription);
  }
  for (const auto& wire_record : wire.records) {
    CompensationRecord record = FromWire(*wire_record);
    instance.records_by_owner.emplace(record.owner, record.order, record.key);
    instance.records[record.key] = std::move(record);
  }
  for (const auto& compensation : wire.compensations) {
    instance.compensations[ElementKey(compensation->key)] =
        FromWire(*compensation);
  }
  for (const auto& ad_hoc : wire.ad_hocs) {
    instance.ad_hocs[ElementKey(ad_hoc->key)] = {ad_hoc->waiting,
                                                 ad_hoc->fulfilled};
  }
  for (const auto& wire_part : wire.event_parts) {
    EventPart part;
    part.element = wire_part->element;
    part.trigger = wire_part->trigger;
    for (const auto& variable : wire_part->variables) {
      part.variables[variable->name] = variable->json;
    }
    instance.event_parts[ElementKey(wire_part->element_key)].push_back(
        std::move(part));
  }
  return instance;
}

}  // namespace

std::string RecordEncoder::Encode(const fb::RecordT& record) {
  // One huge record doesn't hold on to its memory.
  constexpr size_t kBufferMax = 1 << 20;
  builder_.Finish(fb::Record::Pack(builder_, &record));
  std::string bytes = Bytes(builder_);
  if (bytes.size() <= kBufferMax) {
    builder_.Clear();
  } else {
    builder_.Reset();
  }
  return bytes;
}

std::string EncodeRecord(const fb::RecordT& record) {
  return RecordEncoder().Encode(record);
}

absl::StatusOr<std::unique_ptr<fb::RecordT>> DecodeRecord(
    std::string_view bytes) {
  const fb::Record* root = VerifiedRoot<fb::Record>(bytes);
  if (root == nullptr) {
    return absl::DataLossError(
        absl::StrCat("not a record (", bytes.size(), " bytes)"));
  }
  if (root->command_type() > fb::Command::MAX) {
    return absl::UnimplementedError(absl::StrCat(
        "record ", root->position(), ": command type ",
        static_cast<int>(root->command_type()),
        " is from a newer build; got a log that this build can't read"));
  }
  if (const auto* types = root->events_type(); types != nullptr) {
    for (const fb::Event type : *types) {
      if (type > fb::Event::MAX) {
        return absl::UnimplementedError(absl::StrCat(
            "record ", root->position(), ": event type ",
            static_cast<int>(type),
            " is from a newer build; got a log that this build can't read"));
      }
    }
  }
  std::unique_ptr<fb::RecordT> record(root->UnPack());
  if (record->command.type != fb::Command::NONE &&
      record->command.value == nullptr) {
    return absl::DataLossError(absl::StrCat("record ", record->position,
                                            ": a command without content"));
  }
  if (!record->event_instances.empty() &&
      record->event_instances.size() != record->events.size()) {
    return absl::DataLossError(absl::StrCat("record ", record->position,
                                            ": events without an instance"));
  }
  for (const fb::EventUnion& event : record->events) {
    if (event.value == nullptr) {
      return absl::DataLossError(absl::StrCat("record ", record->position,
                                              ": an event without content"));
    }
  }
  return record;
}

std::string EncodeSnapshot(const Instance& instance, Position position) {
  flatbuffers::FlatBufferBuilder builder(1024);
  const fb::InstanceSnapshotT wire = ToWire(instance, position);
  builder.Finish(fb::InstanceSnapshot::Pack(builder, &wire));
  return Bytes(builder);
}

absl::StatusOr<InstanceSnapshot> DecodeSnapshot(std::string_view bytes) {
  std::string copy;
  const auto* root = VerifiedRoot<fb::InstanceSnapshot>(Aligned(bytes, &copy));
  if (root == nullptr) return absl::DataLossError("not a snapshot");
  const std::unique_ptr<fb::InstanceSnapshotT> wire(root->UnPack());
  InstanceSnapshot out{FromWire(*wire), wire->position};
  if (const uint64_t digest = Digest(out.instance); digest != wire->digest) {
    return absl::DataLossError(absl::StrCat(
        "snapshot of instance ", wire->key, " at position ", wire->position,
        ": digest of its content is ", digest, ", wanted ", wire->digest));
  }
  return out;
}

std::optional<Position> SnapshotPosition(std::string_view bytes) {
  std::string copy;
  const auto* root = VerifiedRoot<fb::InstanceSnapshot>(Aligned(bytes, &copy));
  if (root == nullptr) return std::nullopt;
  return root->position();
}

std::string EncodePartition(const Partition& partition) {
  fb::PartitionSnapshotT wire;
  wire.position = partition.position;
  wire.time_ms = partition.time_ms;
  wire.epoch = partition.epoch;
  wire.next_key = partition.next_key;
  for (const auto& [process_id, versions] : partition.definitions) {
    for (const Partition::Definition& definition : versions) {
      auto entry = std::make_unique<fb::DefinitionEntryT>();
      entry->key = definition.key.value();
      entry->process_id = process_id;
      entry->version = definition.version;
      entry->digest = definition.digest;
      entry->resource = definition.resource;
      entry->position = definition.position;
      wire.definitions.push_back(std::move(entry));
    }
  }
  for (const auto& [type, handler] : partition.handlers) {
    auto entry = std::make_unique<fb::HandlerEntryT>();
    entry->type = type;
    entry->capacity = handler.capacity;
    entry->in_flight = handler.in_flight;
    entry->registered = handler.registered;
    wire.handlers.push_back(std::move(entry));
  }
  for (const auto& [key, job] : partition.handler_jobs) {
    auto entry = std::make_unique<fb::HandlerJobEntryT>();
    entry->job = key.value();
    entry->instance = job.instance.value();
    entry->epoch = job.epoch;
    wire.handler_jobs.push_back(std::move(entry));
  }
  wire.instances_started = partition.instances_started;
  wire.instances_ended = partition.instances_ended;
  for (const auto& [key, starts] : partition.starts) {
    for (const Partition::Start& start : starts) {
      auto entry = std::make_unique<fb::StartEntryT>();
      entry->kind = key.first;
      entry->name = key.second;
      entry->process_id = start.process_id;
      entry->definition = start.definition.value();
      entry->version = start.version;
      entry->element = start.element;
      wire.starts.push_back(std::move(entry));
    }
  }
  for (const auto& [key, timer] : partition.start_timers) {
    auto entry = std::make_unique<fb::StartTimerEntryT>();
    entry->key = key;
    entry->process_id = timer.process_id;
    entry->definition = timer.definition.value();
    entry->version = timer.version;
    entry->element = timer.element;
    entry->due_ms = timer.due_ms;
    entry->cycle = timer.repetition.cycle;
    entry->counts_from_ms = timer.repetition.counts_from_ms;
    entry->number = timer.repetition.number;
    wire.start_timers.push_back(std::move(entry));
  }
  for (const auto& [key, request] : partition.requests) {
    auto entry = std::make_unique<fb::RequestEntryT>();
    entry->key = key;
    entry->position = request.position;
    entry->command = request.command;
    wire.requests.push_back(std::move(entry));
  }
  wire.trimming_from = partition.trimming_from;
  wire.floor = partition.floor;
  wire.instances_archived = partition.instances_archived;
  for (const auto& [instance, reason] : partition.holds) {
    auto entry = std::make_unique<fb::HoldEntryT>();
    entry->instance = instance.value();
    entry->reason = reason;
    wire.holds.push_back(std::move(entry));
  }
  flatbuffers::FlatBufferBuilder builder(1024);
  builder.Finish(fb::PartitionSnapshot::Pack(builder, &wire));
  return Bytes(builder);
}

absl::StatusOr<Partition> DecodePartition(std::string_view bytes) {
  std::string copy;
  const auto* root = VerifiedRoot<fb::PartitionSnapshot>(Aligned(bytes, &copy));
  if (root == nullptr) return absl::DataLossError("not a partition's state");
  const std::unique_ptr<fb::PartitionSnapshotT> wire(root->UnPack());
  Partition out;
  out.position = wire->position;
  out.time_ms = wire->time_ms;
  out.epoch = wire->epoch;
  out.next_key = wire->next_key;
  for (const auto& entry : wire->definitions) {
    out.definitions[entry->process_id].push_back(
        {DefinitionKey(entry->key), entry->version, entry->digest,
         entry->resource, entry->position});
  }
  for (const auto& entry : wire->handlers) {
    out.handlers[entry->type] = {entry->capacity, entry->in_flight,
                                 entry->registered};
  }
  for (const auto& entry : wire->handler_jobs) {
    out.handler_jobs[JobKey(entry->job)] = {InstanceKey(entry->instance),
                                            entry->epoch};
  }
  out.instances_started = wire->instances_started;
  out.instances_ended = wire->instances_ended;
  for (const auto& entry : wire->starts) {
    out.starts[{entry->kind, entry->name}].push_back(
        {entry->process_id, DefinitionKey(entry->definition), entry->version,
         entry->element});
  }
  for (const auto& entry : wire->start_timers) {
    out.start_timers[entry->key] = {
        entry->process_id,
        DefinitionKey(entry->definition),
        entry->version,
        entry->element,
        entry->due_ms,
        {entry->cycle, entry->counts_from_ms, entry->number}};
  }
  for (const auto& entry : wire->requests) {
    if (entry->command.value == nullptr) {
      return absl::DataLossError(absl::StrCat("a partition's state: request ",
                                              entry->key, " has no content"));
    }
    out.AddRequest(entry->key, {entry->position, entry->command});
  }
  out.trimming_from = wire->trimming_from;
  out.floor = wire->floor;
  out.instances_archived = wire->instances_archived;
  for (const auto& entry : wire->holds) {
    out.holds[InstanceKey(entry->instance)] = entry->reason;
  }
  return out;
}

}  // namespace pawl::core
