#include "engine/core/state.h"

#include <cstring>
#include <string_view>

#include "xxhash.h"

namespace pawl::core {
namespace {

// Canonical bytes: every number as 8 little-endian bytes, every text and list
// with its length before it. The order of calls is the format; adding a field
// to a state adds its call at the end of its struct, and only when it isn't at
// its default, so that digests of old states stay.
class Canonical {
 public:
  void U64(uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xff);
      value >>= 8;
    }
    bytes_.append(bytes, sizeof(bytes));
  }
  void I64(int64_t value) { U64(static_cast<uint64_t>(value)); }
  void Text(std::string_view text) {
    U64(text.size());
    bytes_.append(text);
  }
  void Texts(const std::vector<std::string>& texts) {
    U64(texts.size());
    for (const std::string& text : texts) Text(text);
  }
  template <typename Tag>
  void Key(StrongId<Tag> key) {
    U64(key.value());
  }
  template <typename E>
  void Enum(E value) {
    U64(static_cast<uint64_t>(value));
  }
  uint64_t Hash() const { return XXH64(bytes_.data(), bytes_.size(), 0); }

 private:
  std::string bytes_;
};

void Encode(const Scope& scope, Canonical* out) {
  out->U64(scope.variables.size());
  for (const auto& [name, json] : scope.variables) {
    out->Text(name);
    out->Text(json);
  }
  out->U64(scope.tokens.size());
  for (const auto& [flow, count] : scope.tokens) {
    out->U64(flow);
    out->U64(count);
  }
  out->U64(scope.active_children);
  out->U64(scope.token_count);
  if (!scope.rounds.empty()) {
    out->Text("rounds");
    out->U64(scope.rounds.size());
    for (const auto& [gateway, flows] : scope.rounds) {
      out->U64(gateway);
      out->U64(flows.size());
      for (const uint32_t flow : flows) out->U64(flow);
    }
  }
}

void Encode(const Job& job, Canonical* out) {
  out->Key(job.key);
  out->Key(job.element_key);
  out->Text(job.type);
  out->Enum(job.state);
  out->I64(job.retries);
  out->U64(job.failures);
  out->U64(job.attempt);
  out->Text(job.worker);
  out->U64(job.epoch);
  out->I64(job.due_ms);
  out->Text(job.message);
}

void Encode(const Task& task, Canonical* out) {
  out->Key(task.key);
  out->Key(task.element_key);
  out->Enum(task.kind);
  out->Text(task.assignee);
  out->Texts(task.candidate_users);
  out->Texts(task.candidate_groups);
  out->I64(task.due_ms);
  out->I64(task.follow_up_ms);
  out->I64(task.priority);
  out->I64(task.created_ms);
  if (!task.owner.empty()) {
    out->Text("owner");
    out->Text(task.owner);
  }
  if (task.delegation != fb::DelegationState::none) {
    out->Text("delegation");
    out->Enum(task.delegation);
  }
  if (task.event != fb::TaskEvent::none) {
    out->Text("listeners");
    out->Enum(task.event);
    out->U64(task.listeners_done);
    out->U64(task.assigns ? 1 : 0);
    out->Text(task.completed_by);
  }
}

void Encode(const Repetition& repetition, Canonical* out) {
  if (repetition.cycle.empty()) return;
  out->Text(repetition.cycle);
  out->I64(repetition.counts_from_ms);
  out->I64(repetition.number);
}

void Encode(const Timer& timer, Canonical* out) {
  out->Key(timer.key);
  out->Key(timer.element_key);
  out->I64(timer.due_ms);
  if (timer.boundary != 0) out->U64(timer.boundary);
  Encode(timer.repetition, out);
}

void Encode(const Incident& incident, Canonical* out) {
  out->Key(incident.key);
  out->Enum(incident.type);
  out->Key(incident.element_key);
  out->U64(incident.element);
  out->Text(incident.message);
  out->Key(incident.job);
  out->I64(incident.created_ms);
}

void Encode(const Instance& instance, const ElementInstance& element,
            Canonical* out) {
  out->Key(element.key);
  out->U64(element.element);
  out->Key(element.scope);
  out->Enum(element.state);
  if (element.steps_done != 0) out->U64(element.steps_done);
  if (element.triggered) out->Text("triggered");
  if (element.phase != fb::GatewayPhase::none) {
    out->Text("phase");
    out->Enum(element.phase);
  }
  if (const auto call = instance.calls.find(element.key);
      call != instance.calls.end()) {
    out->Text("called");
    out->Key(call->second);
  }
  if (element.loop_index != 0) {
    out->Text("loop");
    out->U64(element.loop_index);
  }
  if (element.compensates.valid()) {
    out->Text("compensates");
    out->Key(element.compensates);
  }
}

void Encode(const CompensationRecord& record, Canonical* out) {
  out->Key(record.key);
  out->U64(record.element);
  out->Key(record.owner);
  out->U64(record.order);
  out->U64(record.variables.size());
  for (const auto& [name, json] : record.variables) {
    out->Text(name);
    out->Text(json);
  }
  out->Key(record.claimed_by);
  out->U64(record.failed ? 1 : 0);
  if (record.partial) out->Text("partial");
}

void Encode(const Compensation& compensation, Canonical* out) {
  out->Key(compensation.key);
  out->U64(compensation.element);
  out->Key(compensation.scope);
  out->U64(compensation.waits ? 1 : 0);
  out->U64(compensation.pending.size());
  for (const ElementKey key : compensation.pending) out->Key(key);
  out->Key(compensation.current);
  out->U64(compensation.open);
}

void Encode(const Subscription& subscription, Canonical* out) {
  out->Key(subscription.key);
  out->Key(subscription.element_key);
  out->Enum(subscription.kind);
  out->Text(subscription.name);
  out->Text(subscription.correlation_key);
  out->U64(subscription.any_key ? 1 : 0);
  out->U64(subscription.trigger);
  out->U64(subscription.holds ? 1 : 0);
}

void Encode(const Caller& caller, Canonical* out) {
  out->Text("caller");
  out->Key(caller.instance);
  out->Key(caller.element_key);
  out->Key(caller.definition);
  out->U64(caller.element);
  out->Key(caller.root);
  out->U64(caller.depth);
  if (caller.in_handler) out->Text("in_handler");
  if (caller.in_saga) out->Text("in_saga");
}

using Wire = std::vector<std::unique_ptr<fb::VariableT>>;

void Encode(const Wire& variables, Canonical* out) {
  out->U64(variables.size());
  for (const auto& variable : variables) {
    out->Text(variable->name);
    out->Text(variable->json);
  }
}

// Of a call; false: the command is none.
bool EncodeCall(const fb::CommandUnion& command, Canonical* out) {
  if (const auto* complete = command.AsCompleteCall()) {
    out->U64(complete->instance);
    out->U64(complete->element_key);
    out->U64(complete->called);
    Encode(complete->variables, out);
    Encode(complete->local, out);
  } else if (const auto* thrown = command.AsThrowFromCall()) {
    out->U64(thrown->instance);
    out->U64(thrown->element_key);
    out->U64(thrown->called);
    out->Enum(thrown->type);
    out->Text(thrown->code);
    out->Text(thrown->message);
    Encode(thrown->variables, out);
    out->U64(thrown->ended ? 1 : 0);
    if (!thrown->outputs.empty()) {
      out->Text("outputs");
      Encode(thrown->outputs, out);
    }
  } else if (const auto* fail = command.AsFailCall()) {
    out->U64(fail->instance);
    out->U64(fail->element_key);
    out->U64(fail->called);
    out->Text(fail->message);
  } else if (const auto* cancel = command.AsCancelInstance()) {
    out->U64(cancel->instance);
    out->Text(cancel->reason);
  } else if (const auto* suspend = command.AsSuspendInstance()) {
    out->U64(suspend->instance);
  } else if (const auto* resume = command.AsResumeInstance()) {
    out->U64(resume->instance);
  } else {
    return false;
  }
  return true;
}

// Nothing without one, as in the digests of builds that had none.
void EncodeBusinessKey(const std::string& business_key, Canonical* out) {
  if (business_key.empty()) return;
  out->Text("business key");
  out->Text(business_key);
}

// Of a request; other commands never are one.
void Encode(const fb::CommandUnion& command, Canonical* out) {
  out->Enum(command.type);
  if (EncodeCall(command, out)) return;
  if (const auto* start = command.AsStartInstance()) {
    out->U64(start->definition);
    out->U64(start->start_event);
    Encode(start->variables, out);
    if (start->caller == nullptr) {
      EncodeBusinessKey(start->business_key, out);
    }
    if (!start->held_message.empty()) {
      out->Text("held");
      out->Text(start->held_message);
      out->Text(start->held_key);
    }
    if (start->caller != nullptr) {
      out->Text("call");
      out->U64(start->key);
      out->Text(start->process_id);
      out->U64(start->version);
      out->Text(start->business_key);
      out->U64(start->caller->instance);
      out->U64(start->caller->element_key);
      out->U64(start->caller->depth);
      if (start->caller->in_handler) out->Text("in_handler");
      if (start->caller->in_saga) out->Text("in_saga");
    }
  } else if (const auto* publish = command.AsPublishMessage()) {
    out->Text(publish->name);
    out->U64(publish->has_key ? 1 : 0);
    out->Text(publish->correlation_key);
    out->Text(publish->message_id);
    out->I64(publish->until_ms);
    out->U64(publish->all ? 1 : 0);
    Encode(publish->variables, out);
    EncodeBusinessKey(publish->business_key, out);
    if (publish->keeps_business_key) out->Text("kept");
  } else if (const auto* broadcast = command.AsBroadcastSignal()) {
    out->Text(broadcast->name);
    Encode(broadcast->variables, out);
  } else if (const auto* match = command.AsMatchMessages()) {
    out->Text(match->name);
    out->U64(match->has_key ? 1 : 0);
    out->Text(match->correlation_key);
    if (match->starts) out->Text("starts");
    if (match->after != 0) out->U64(match->after);
  } else if (const auto* loop = command.AsContinueLoop()) {
    out->U64(loop->instance);
    out->U64(loop->element_key);
  } else if (const auto* thrown = command.AsCompleteThrow()) {
    out->U64(thrown->instance);
    out->U64(thrown->element_key);
    out->U64(thrown->throws);
  } else if (const auto* report = command.AsReportFault()) {
    out->U64(report->instance);
    out->U64(report->element_key);
    out->U64(report->called);
    out->Enum(report->type);
    out->Text(report->message);
  } else if (const auto* deliver = command.AsDeliver()) {
    out->U64(deliver->instance);
    out->U64(deliver->subscription);
    out->U64(deliver->all ? 1 : 0);
    out->Text(deliver->name);
    out->U64(deliver->has_key ? 1 : 0);
    out->Text(deliver->correlation_key);
    out->I64(deliver->until_ms);
    Encode(deliver->variables, out);
    EncodeBusinessKey(deliver->business_key, out);
    if (deliver->keeps_business_key) out->Text("kept");
  }
}

void EncodeParts(const std::vector<EventPart>& parts, Canonical* out) {
  out->U64(parts.size());
  for (const EventPart& part : parts) {
    out->U64(part.element);
    out->U64(part.trigger);
    out->U64(part.variables.size());
    for (const auto& [name, json] : part.variables) {
      out->Text(name);
      out->Text(json);
    }
  }
}

template <typename Map>
void EncodeValues(const Map& map, Canonical* out) {
  out->U64(map.size());
  for (const auto& [key, value] : map) Encode(value, out);
}

}  // namespace

Instance::Instance() = default;
Instance::Instance(const Instance&) = default;
Instance::Instance(Instance&&) noexcept = default;
Instance& Instance::operator=(const Instance&) = default;
Instance& Instance::operator=(Instance&&) noexcept = default;
Instance::~Instance() = default;

Partition::Partition() = default;
Partition::Partition(const Partition&) = default;
Partition::Partition(Partition&&) noexcept = default;
Partition& Partition::operator=(const Partition&) = default;
Partition& Partition::operator=(Partition&&) noexcept = default;
Partition::~Partition() = default;

void Partition::AddRequest(uint64_t key, Request request) {
  if (request.command.type == fb::Command::ContinueLoop) {
    long_requests.insert(key);
  } else {
    // Later records first.
    request_order.emplace(~request.position, key);
  }
  requests[key] = std::move(request);
}

bool Partition::RemoveRequest(uint64_t key) {
  const auto it = requests.find(key);
  if (it == requests.end()) return false;
  request_order.erase({~it->second.position, key});
  long_requests.erase(key);
  requests.erase(it);
  return true;
}

size_t MemoryBytes(const Instance& instance) {
  // A B-tree node and the allocator's share, per non-empty map and entry.
  constexpr size_t kPerEntry = 48;
  size_t bytes = sizeof(Instance) + instance.process_id.size() +
                 instance.business_key.size() + instance.held_message.size() +
                 instance.held_key.size();
  bytes += instance.elements.size() * (sizeof(ElementInstance) + kPerEntry);
  for (const auto& [key, scope] : instance.scopes) {
    bytes += sizeof(Scope) + kPerEntry + scope.tokens.size() * kPerEntry;
    for (const auto& [gateway, flows] : scope.rounds) {
      bytes += kPerEntry + flows.size() * sizeof(uint32_t);
    }
    for (const auto& [name, json] : scope.variables) {
      bytes += 2 * sizeof(std::string) + kPerEntry + name.size() + json.size();
    }
  }
  for (const auto& [key, job] : instance.jobs) {
    bytes += sizeof(Job) + kPerEntry + job.type.size() + job.worker.size() +
             job.message.size();
  }
  for (const auto& [key, task] : instance.tasks) {
    bytes += sizeof(Task) + kPerEntry + task.assignee.size() +
             task.owner.size() + task.completed_by.size();
    for (const auto& user : task.candidate_users) bytes += user.size() + 32;
    for (const auto& group : task.candidate_groups) bytes += group.size() + 32;
  }
  for (const auto& [key, timer] : instance.timers) {
    bytes += sizeof(Timer) + kPerEntry + timer.repetition.cycle.size();
  }
  for (const auto& [key, incident] : instance.incidents) {
    bytes += sizeof(Incident) + kPerEntry + incident.message.size();
  }
  for (const auto& [key, loop] : instance.loops) {
    bytes += sizeof(Loop) + kPerEntry;
    for (const std::string& item : loop.items) bytes += item.size() + 32;
    for (const auto& [index, json] : loop.outputs) {
      bytes += json.size() + kPerEntry;
    }
  }
  for (const auto& [key, subscription] : instance.subscriptions) {
    bytes += sizeof(Subscription) + kPerEntry + subscription.name.size() +
             subscription.correlation_key.size();
  }
  for (const auto& [key, record] : instance.records) {
    bytes += sizeof(CompensationRecord) + 2 * kPerEntry;
    for (const auto& [name, json] : record.variables) {
      bytes += 2 * sizeof(std::string) + kPerEntry + name.size() + json.size();
    }
  }
  for (const auto& [key, compensation] : instance.compensations) {
    bytes += sizeof(Compensation) + kPerEntry +
             compensation.pending.size() * sizeof(ElementKey);
  }
  for (const auto& [key, ad_hoc] : instance.ad_hocs) {
    bytes += sizeof(AdHoc) + kPerEntry + ad_hoc.waiting.size() * 4;
  }
  bytes += instance.calls.size() * kPerEntry;
  for (const auto& [key, parts] : instance.event_parts) {
    bytes += kPerEntry;
    for (const EventPart& part : parts) {
      bytes += sizeof(EventPart);
      for (const auto& [name, json] : part.variables) {
        bytes +=
            2 * sizeof(std::string) + kPerEntry + name.size() + json.size();
      }
    }
  }
  return bytes;
}

uint64_t Digest(const Instance& instance) {
  Canonical out;
  out.Key(instance.key);
  out.U64(instance.sequence);
  out.Key(instance.definition);
  out.Text(instance.process_id);
  out.U64(instance.version);
  out.Text(instance.business_key);
  out.Enum(instance.state);
  out.I64(instance.started_ms);
  out.I64(instance.ended_ms);
  out.U64(instance.elements.size());
  for (const auto& [key, element] : instance.elements) {
    Encode(instance, element, &out);
  }
  out.U64(instance.scopes.size());
  for (const auto& [key, scope] : instance.scopes) {
    out.Key(key);
    Encode(scope, &out);
  }
  EncodeValues(instance.jobs, &out);
  EncodeValues(instance.tasks, &out);
  EncodeValues(instance.timers, &out);
  EncodeValues(instance.incidents, &out);
  if (!instance.loops.empty()) {
    out.Text("loops");
    for (const auto& [key, loop] : instance.loops) {
      out.Key(key);
      out.U64(loop.total);
      out.U64(loop.begun);
      out.U64(loop.done);
      out.Texts(loop.items);
      out.U64(loop.outputs.size());
      for (const auto& [index, json] : loop.outputs) {
        out.U64(index);
        out.Text(json);
      }
      if (loop.fulfilled) out.Text("fulfilled");
    }
  }
  if (!instance.subscriptions.empty()) {
    EncodeValues(instance.subscriptions, &out);
  }
  if (instance.called()) Encode(instance.caller, &out);
  if (!instance.records.empty()) {
    out.Text("records");
    EncodeValues(instance.records, &out);
  }
  if (!instance.compensations.empty()) {
    out.Text("compensations");
    EncodeValues(instance.compensations, &out);
  }
  if (!instance.ad_hocs.empty()) {
    out.Text("ad-hoc");
    for (const auto& [key, ad_hoc] : instance.ad_hocs) {
      out.Key(key);
      out.U64(ad_hoc.waiting.size());
      for (const uint32_t element : ad_hoc.waiting) out.U64(element);
      out.U64(ad_hoc.fulfilled ? 1 : 0);
    }
  }
  if (!instance.event_parts.empty()) {
    out.Text("parts");
    for (const auto& [key, parts] : instance.event_parts) {
      out.Key(key);
      EncodeParts(parts, &out);
    }
  }
  if (!instance.held_message.empty()) {
    out.Text("held");
    out.Text(instance.held_message);
    out.Text(instance.held_key);
  }
  return out.Hash();
}

uint64_t Digest(const Partition& partition) {
  Canonical out;
  out.U64(partition.position);
  out.I64(partition.time_ms);
  out.U64(partition.epoch);
  out.U64(partition.next_key);
  out.U64(partition.definitions.size());
  for (const auto& [process_id, versions] : partition.definitions) {
    out.Text(process_id);
    out.U64(versions.size());
    for (const Partition::Definition& definition : versions) {
      out.Key(definition.key);
      out.U64(definition.version);
      out.U64(definition.digest);
      out.U64(definition.resource);
      out.U64(definition.position);
    }
  }
  out.U64(partition.handlers.size());
  for (const auto& [type, handler] : partition.handlers) {
    out.Text(type);
    out.U64(handler.capacity);
    out.U64(handler.in_flight);
    out.U64(handler.registered ? 1 : 0);
  }
  out.U64(partition.handler_jobs.size());
  for (const auto& [key, job] : partition.handler_jobs) {
    out.Key(key);
    out.Key(job.instance);
    out.U64(job.epoch);
  }
  out.U64(partition.instances_started);
  out.U64(partition.instances_ended);
  if (!partition.starts.empty()) {
    out.Text("starts");
    for (const auto& [key, starts] : partition.starts) {
      out.Enum(key.first);
      out.Text(key.second);
      out.U64(starts.size());
      for (const Partition::Start& start : starts) {
        out.Text(start.process_id);
        out.Key(start.definition);
        out.U64(start.version);
        out.U64(start.element);
      }
    }
  }
  if (!partition.start_timers.empty()) {
    out.Text("start_timers");
    for (const auto& [key, timer] : partition.start_timers) {
      out.U64(key);
      out.Text(timer.process_id);
      out.Key(timer.definition);
      out.U64(timer.version);
      out.U64(timer.element);
      out.I64(timer.due_ms);
      Encode(timer.repetition, &out);
    }
  }
  if (!partition.requests.empty()) {
    out.Text("requests");
    for (const auto& [key, request] : partition.requests) {
      out.U64(key);
      out.U64(request.position);
      Encode(request.command, &out);
    }
  }
  if (partition.floor != 0 || partition.trimming_from != 0) {
    out.Text("floor");
    out.U64(partition.floor);
    out.U64(partition.trimming_from);
  }
  if (partition.instances_archived != 0) {
    out.Text("archived");
    out.U64(partition.instances_archived);
  }
  if (!partition.holds.empty()) {
    out.Text("holds");
    for (const auto& [instance, reason] : partition.holds) {
      out.Key(instance);
      out.Text(reason);
    }
  }
  return out.Hash();
}

namespace {

uint64_t Share(InstanceKey key, uint64_t digest) {
  const uint64_t words[2] = {key.value(), digest};
  // Hashed once more, so that the sum depends on which digest is whose.
  return XXH64(words, sizeof(words), 1);
}

}  // namespace

void DigestSum::Add(const Instance& instance) {
  sum_ += Share(instance.key, Digest(instance));
  ++instances_;
}

void DigestSum::Remove(InstanceKey key, uint64_t digest) {
  sum_ -= Share(key, digest);
  --instances_;
}

std::string DigestSum::Finish(const Partition& partition) const {
  Canonical out;
  out.U64(Digest(partition));
  out.U64(sum_);
  out.U64(instances_);
  uint64_t hash = out.Hash();
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i) {
    text[static_cast<size_t>(i)] = "0123456789abcdef"[hash & 15];
    hash >>= 4;
  }
  return text;
}

}  // namespace pawl::core
