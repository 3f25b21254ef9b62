// Gateways that wait for what other tokens may still do: inclusive joins
// (BPMN 2.0.2, 13.4.3) and complex gateways (13.4.5); docs/adr/0020.
//
// They are looked at when no token is on its way, in each scope whose tokens
// have moved since: so a join that fires for the end of a branch needs nobody
// to tell it. One fires at a time, because it may be what another waits for.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/planted.h"
#include "engine/core/transition.h"
#include "engine/expression/expression.h"

namespace pawl::core {

// Where the tokens of one scope stand. Found out when it is first asked for.
class Transition::Standing {
 public:
  // All must outlive it; `steps` counts the work.
  Standing(const Instance& instance, ElementKey scope,
           const model::ProcessDefinition& model, int64_t* steps)
      : instance_(instance), scope_(scope), model_(model), steps_(*steps) {}

  // Whether one of them stands in `to_empty` and not in `to_others`. What
  // stands before the gateway `join` itself only gets on by it.
  bool OneReaches(uint32_t join, const model::NodeSet& to_empty,
                  const model::NodeSet& to_others) {
    if (!found_) Find();
    if (!all_.AnyInButNot(to_empty, to_others)) return false;
    const model::JoinReach& joins = model_.joins();
    const size_t number = joins.NumberOf(join);
    if (inside_.Contains(number) || !to_empty.Contains(number) ||
        to_others.Contains(number)) {
      return true;
    }
    model::NodeSet others = inside_;
    for (const uint32_t target : before_) {
      if (target != join) others.Add(joins.NumberOf(target));
    }
    steps_ += static_cast<int64_t>(before_.size());
    return others.AnyInButNot(to_empty, to_others);
  }

 private:
  void Find() {
    found_ = true;
    const uint32_t scope_element = instance_.elements.at(scope_).element;
    const model::JoinReach& joins = model_.joins();
    inside_ = joins.NoNodes(scope_element);
    for (const auto& [key, element] : instance_.elements) {
      if (element.scope != scope_) continue;
      if (PAWL_PLANTED(inclusive_join_too_early)) continue;
      inside_.Add(joins.NumberOf(element.element));
    }
    all_ = inside_;
    for (const auto& [flow, count] : instance_.scopes.at(scope_).tokens) {
      before_.push_back(model_.flow(flow).target);
      all_.Add(joins.NumberOf(before_.back()));
    }
    steps_ += static_cast<int64_t>(instance_.elements.size());
  }

  const Instance& instance_;
  const ElementKey scope_;
  const model::ProcessDefinition& model_;
  int64_t& steps_;
  bool found_ = false;
  // Nodes that are active, nodes before which a token rests, and both.
  model::NodeSet inside_;
  std::vector<uint32_t> before_;
  model::NodeSet all_;
};

bool Transition::DecideJoins() {
  while (!moved_.empty()) {
    // What fires moves a token of the scope, which stays to be looked at.
    if (DecideJoinsIn(*moved_.begin())) return true;
    if (!moved_.empty()) moved_.erase(moved_.begin());
  }
  return false;
}

bool Transition::DecideJoinsIn(ElementKey scope_key) {
  const auto element = instance_->elements.find(scope_key);
  const auto it = instance_->scopes.find(scope_key);
  if (element == instance_->elements.end() || it == instance_->scopes.end()) {
    return false;
  }
  const Scope& scope = it->second;
  Standing standing(*instance_, scope_key, *model_, &join_steps_);
  for (const uint32_t join : model_->joins().In(element->second.element)) {
    const fb::ElementT& gateway = model_->element(join);
    const bool is_complex = gateway.kind == fb::ElementKind::complex_gateway;
    const bool waits =
        is_complex ? scope.rounds.contains(join)
                   : std::any_of(gateway.incoming.begin(),
                                 gateway.incoming.end(), [&](uint32_t flow) {
                                   return scope.tokens.contains(flow);
                                 });
    if (!waits || MayStillCome(join, scope, &standing)) continue;
    if (std::string limit = LimitReached(); !limit.empty()) {
      RaiseLimit(std::move(limit), join);
      moved_.clear();
      return false;
    }
    if (is_complex) {
      ResetGateway(join, scope_key);
    } else {
      FireJoin(join, scope_key);
    }
    return true;
  }
  return false;
}

// 13.4.3, and 13.4.5 where the flows from which a token was taken in this round
// count as if one were there: some token can reach a flow that is empty, and
// no sequence flows lead from it to any that isn't.
bool Transition::MayStillCome(uint32_t join, const Scope& scope,
                              Standing* standing) {
  const model::JoinReach& joins = model_->joins();
  const fb::ElementT& gateway = model_->element(join);
  const auto round = scope.rounds.find(join);
  model::NodeSet to_empty = joins.NoNodes(gateway.scope);
  model::NodeSet to_others = joins.NoNodes(gateway.scope);
  bool any_empty = false;
  for (size_t i = 0; i < gateway.incoming.size(); ++i) {
    const uint32_t flow = gateway.incoming[i];
    const bool is_there = scope.tokens.contains(flow) ||
                          (round != scope.rounds.end() &&
                           std::find(round->second.begin(), round->second.end(),
                                     flow) != round->second.end());
    any_empty = any_empty || !is_there;
    if (is_there) {
      to_others.AddAll(joins.Leading(join, i));
    } else {
      to_empty.AddAll(joins.Reaching(join, i));
    }
  }
  join_steps_ += static_cast<int64_t>((gateway.incoming.size() + 2) *
                                      (to_empty.words() + 1));
  return any_empty && standing->OneReaches(join, to_empty, to_others);
}

void Transition::FireJoin(uint32_t join, ElementKey scope_key) {
  const Scope& scope = instance_->scopes.at(scope_key);
  std::vector<uint32_t> taken;
  for (const uint32_t flow : model_->element(join).incoming) {
    if (scope.tokens.contains(flow)) taken.push_back(flow);
  }
  Admit(join, scope_key, std::move(taken));
}

// --- Complex gateways --------------------------------------------------------

// A token has come, or the gateway looks again. While it waits for the rest of
// a round, tokens rest.
void Transition::ArriveAtComplex(uint32_t gateway, ElementKey scope_key) {
  const fb::ElementT& element = model_->element(gateway);
  const auto it = instance_->scopes.find(scope_key);
  if (element.kind != fb::ElementKind::complex_gateway ||
      it == instance_->scopes.end() || it->second.rounds.contains(gateway)) {
    return;
  }
  const Scope& scope = it->second;
  std::vector<uint32_t> there;
  int64_t count = 0;
  for (const uint32_t flow : element.incoming) {
    const auto tokens = scope.tokens.find(flow);
    if (tokens == scope.tokens.end()) continue;
    there.push_back(flow);
    count += tokens->second;
  }
  // Another that came with it took it up.
  if (there.empty()) return;

  ScopeVariables variables(*instance_, scope_key, now_ms_, element.id,
                           &evaluations_);
  variables.Set("activationCount", Value(count));
  const absl::StatusOr<bool> holds =
      model_->Compiled(*element.condition).EvaluateCondition(variables);
  IncidentKey old;
  for (const auto& [key, incident] : instance_->incidents) {
    if (incident.element_key == scope_key && incident.element == gateway) {
      old = key;
    }
  }
  if (!holds.ok()) {
    if (old.valid()) return;
    RaiseIncident(
        {fb::IncidentType::expression_error,
         absl::StrCat("activationCondition: ", holds.status().message())},
        scope_key, gateway);
    return;
  }
  if (old.valid()) {
    fb::IncidentResolvedT resolved;
    resolved.key = old.value();
    Emit(std::move(resolved));
  }
  if (*holds) {
    Admit(gateway, scope_key, std::move(there), fb::GatewayPhase::start);
  }
}

// 13.4.5: it fires once more for what came late, without what came twice over
// the same flow: that is of the next round, which begins at once.
void Transition::ResetGateway(uint32_t gateway, ElementKey scope_key) {
  const Scope& scope = instance_->scopes.at(scope_key);
  const std::vector<uint32_t>& early = scope.rounds.at(gateway);
  std::vector<uint32_t> late;
  for (const uint32_t flow : model_->element(gateway).incoming) {
    if (scope.tokens.contains(flow) &&
        std::find(early.begin(), early.end(), flow) == early.end()) {
      late.push_back(flow);
    }
  }
  if (late.empty()) {
    fb::GatewayResetT reset;
    reset.element = gateway;
    reset.scope = scope_key.value();
    Emit(std::move(reset));
  } else {
    Admit(gateway, scope_key, std::move(late), fb::GatewayPhase::reset);
  }
  RetryGateway(gateway, scope_key);
}

void Transition::RetryGateway(uint32_t element, ElementKey scope) {
  const auto it = instance_->scopes.find(scope);
  if (it == instance_->scopes.end()) return;
  for (const uint32_t flow : model_->element(element).incoming) {
    if (!it->second.tokens.contains(flow)) continue;
    arrivals_.push_back({scope, element, flow});
    return;
  }
}

void Transition::CancelGateways(ElementKey scope) {
  std::vector<IncidentKey> incidents;
  for (const auto& [key, incident] : instance_->incidents) {
    if (incident.element_key == scope &&
        model_->element(incident.element).kind ==
            fb::ElementKind::complex_gateway) {
      incidents.push_back(key);
    }
  }
  for (const IncidentKey key : incidents) {
    fb::IncidentResolvedT resolved;
    resolved.key = key.value();
    Emit(std::move(resolved));
  }
}

}  // namespace pawl::core
