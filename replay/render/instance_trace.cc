#include "replay/render/instance_trace.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/core/apply.h"

namespace pawl::replay {
namespace {

absl::Status Misfit(const char* event, uint64_t key) {
  return absl::DataLossError(
      absl::StrCat("trace: ", event, " of ", key, " doesn't fit"));
}

}  // namespace

TracedElement& InstanceTrace::Changed(uint32_t element) {
  changed_elements_.insert(element);
  return elements_[element];
}

absl::Status InstanceTrace::Add(const fb::RecordT& record) {
  changed_elements_.clear();
  changed_flows_.clear();
  position_ = record.position;
  time_ms_ = record.time_ms;
  for (size_t i = 0; i < record.events.size(); ++i) {
    if (core::InstanceOf(record, i) != instance_) continue;
    PAWL_RETURN_IF_ERROR(AddEvent(record.events[i]));
  }
  return absl::OkStatus();
}

absl::Status InstanceTrace::AddEvent(const fb::EventUnion& event) {
  switch (event.type) {
    case fb::Event::InstanceSuspended:
      state_ = fb::InstanceState::suspended;
      break;
    case fb::Event::InstanceResumed:
      state_ = fb::InstanceState::active;
      break;
    case fb::Event::InstanceEnded:
      state_ = event.AsInstanceEnded()->state;
      break;
    case fb::Event::ElementActivating:
      return Begin(*event.AsElementActivating());
    case fb::Event::ElementCompleted:
      return End(event.AsElementCompleted()->key, /*completed=*/true);
    case fb::Event::ElementTerminated:
      DropTokens(event.AsElementTerminated()->key);
      return End(event.AsElementTerminated()->key, /*completed=*/false);
    case fb::Event::ScopeInterrupted:
      DropTokens(event.AsScopeInterrupted()->scope);
      break;
    case fb::Event::AdHocFulfilled:
      if (event.AsAdHocFulfilled()->drops_tokens) {
        DropTokens(event.AsAdHocFulfilled()->key);
      }
      break;
    case fb::Event::FlowTaken: {
      const fb::FlowTakenT& e = *event.AsFlowTaken();
      TracedFlow& flow = flows_[e.flow];
      ++flow.taken;
      ++flow.resting;
      ++tokens_[{e.scope, e.flow}];
      changed_flows_.insert(e.flow);
      break;
    }
    case fb::Event::IncidentRaised: {
      const fb::IncidentRaisedT& e = *event.AsIncidentRaised();
      incident_at_[e.key] = e.element;
      Changed(e.element).incidents[e.key] = {fb::EnumNameIncidentType(e.type),
                                             e.message};
      break;
    }
    case fb::Event::IncidentResolved: {
      const uint64_t key = event.AsIncidentResolved()->key;
      const auto at = incident_at_.find(key);
      if (at == incident_at_.end()) return Misfit("IncidentResolved", key);
      Changed(at->second).incidents.erase(key);
      incident_at_.erase(at);
      break;
    }
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status InstanceTrace::Begin(const fb::ElementActivatingT& e) {
  for (const uint32_t flow : e.flows) {
    const auto token = tokens_.find({e.scope, flow});
    if (token == tokens_.end()) return Misfit("ElementActivating", e.key);
    if (--token->second == 0) tokens_.erase(token);
    --flows_[flow].resting;
    changed_flows_.insert(flow);
  }
  const bool is_run = e.loop_index != 0;
  if (!activations_.try_emplace(e.key, Activation{e.element, is_run, time_ms_})
           .second) {
    return Misfit("ElementActivating", e.key);
  }
  TracedElement& element = Changed(e.element);
  if (is_run) {
    ++element.runs_active;
  } else {
    ++element.active;
    element.began_ms += time_ms_;
  }
  return absl::OkStatus();
}

absl::Status InstanceTrace::End(uint64_t key, bool completed) {
  const auto it = activations_.find(key);
  if (it == activations_.end()) {
    return Misfit(completed ? "ElementCompleted" : "ElementTerminated", key);
  }
  const Activation activation = it->second;
  activations_.erase(it);
  TracedElement& element = Changed(activation.element);
  if (activation.is_run) {
    --element.runs_active;
    ++element.runs_done;
    return absl::OkStatus();
  }
  --element.active;
  element.began_ms -= activation.began_ms;
  element.ended_ms += time_ms_ - activation.began_ms;
  ++(completed ? element.completed : element.terminated);
  return absl::OkStatus();
}

void InstanceTrace::DropTokens(uint64_t scope) {
  auto it = tokens_.lower_bound({scope, 0});
  while (it != tokens_.end() && it->first.first == scope) {
    flows_[it->first.second].resting -= it->second;
    changed_flows_.insert(it->first.second);
    it = tokens_.erase(it);
  }
}

}  // namespace pawl::replay
