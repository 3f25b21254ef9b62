// Sentences about joins that have some of their tokens: which they miss, and
// where those are.
//
// A token can come to a flow from where it stands if a way along flows leads
// there, within the scope and not by the join itself; also by a boundary event
// of its activity, and by a link (BPMN 2.0.2, 13.4.3, as JoinReach has it for
// gateways that count on it).
#include <algorithm>
#include <deque>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "replay/decoded_record.h"
#include "replay/why_writer.h"

namespace pawl::replay {

void WhyWriter::WriteJoins() {
  for (const auto& [key, scope] : state_.scopes) {
    absl::btree_set<uint32_t> joins;
    for (const auto& [flow, count] : scope.tokens) {
      if (flow < model_.flow_count()) joins.insert(model_.flow(flow).target);
    }
    for (const auto& [gateway, flows] : scope.rounds) joins.insert(gateway);
    for (const uint32_t join : joins) {
      if (model_.JoinsTokens(join) || model_.JoinsInclusive(join) ||
          model_.JoinsComplex(join)) {
        WriteJoin(key, join);
      }
    }
  }
}

void WhyWriter::WriteJoin(ElementKey scope_key, uint32_t join) {
  const core::Scope& scope = state_.scopes.at(scope_key);
  const fb::ElementT& gateway = model_.element(join);
  const auto round = scope.rounds.find(join);
  const fb::RecordT* since = nullptr;
  std::vector<std::string> there;
  std::vector<std::string> missing;
  Value::List arrived_list;
  Value::List missing_list;
  bool may_come = false;
  for (const uint32_t flow : gateway.incoming) {
    const fb::SequenceFlowT& f = model_.flow(flow);
    const auto token = scope.tokens.find(flow);
    if (token != scope.tokens.end()) {
      const fb::RecordT* taken =
          story_.Since(Part::kToken, flow, scope_key.value());
      if (since == nullptr ||
          (taken != nullptr && taken->position < since->position)) {
        since = taken;
      }
      there.push_back(absl::StrCat(
          f.id, " from ", IdOf(f.source),
          token->second == 1 ? "" : absl::StrCat(" (", token->second, ")")));
      arrived_list.emplace_back(
          Variables{{"flow", f.id}, {"tokens", token->second}});
      continue;
    }
    if (round != scope.rounds.end() &&
        std::find(round->second.begin(), round->second.end(), flow) !=
            round->second.end()) {
      continue;
    }
    const std::vector<std::string> from = WhatCanReach(scope_key, join, flow);
    may_come = may_come || !from.empty();
    missing.push_back(
        absl::StrCat("on ", f.id, " from ", IdOf(f.source),
                     from.empty() ? ", where no token can come from any more"
                                  : absl::StrCat(", which can come from ",
                                                 absl::StrJoin(from, " or "))));
    Value::List places(from.begin(), from.end());
    missing_list.emplace_back(
        Variables{{"flow", f.id}, {"at", std::move(places)}});
  }
  moves_ = moves_ || may_come;
  WhySentence sentence = Begin("join", join, 0, since);
  sentence.details = {{"arrived", std::move(arrived_list)},
                      {"missing", std::move(missing_list)},
                      {"can_fire", may_come || missing.empty()}};
  std::string text = absl::StrCat(Named(join), " waits", SinceText(since));
  if (there.empty()) {
    absl::StrAppend(&text, " for what comes late in this round");
  } else {
    absl::StrAppend(&text, " with a token on ", absl::StrJoin(there, " and "));
  }
  if (!missing.empty()) {
    absl::StrAppend(&text, "; it misses one ",
                    absl::StrJoin(missing, ", and one "));
  }
  Say(std::move(sentence), std::move(text));
}

std::vector<std::string> WhyWriter::WhatCanReach(ElementKey scope_key,
                                                 uint32_t join,
                                                 uint32_t flow) const {
  const uint32_t scope_element = ElementOf(scope_key);
  // Elements from which a way leads to `flow`, found backwards.
  absl::btree_set<uint32_t> reaching;
  std::deque<uint32_t> next = {model_.flow(flow).source};
  while (!next.empty()) {
    const uint32_t element = next.front();
    next.pop_front();
    if (element == join || !reaching.insert(element).second) continue;
    const fb::ElementT& e = model_.element(element);
    for (const uint32_t in : e.incoming) next.push_back(model_.flow(in).source);
    if (e.kind == fb::ElementKind::boundary_event)
      next.push_back(e.attached_to);
    if (e.event_type != fb::EventType::link) continue;
    for (uint32_t other = 0; other < model_.element_count(); ++other) {
      const fb::ElementT& thrower = model_.element(other);
      if (thrower.event_type == fb::EventType::link &&
          thrower.link_target == element && other != element) {
        next.push_back(other);
      }
    }
  }
  std::vector<std::string> out;
  for (const auto& [key, element] : state_.elements) {
    if (element.scope != scope_key || !reaching.contains(element.element)) {
      continue;
    }
    out.push_back(Named(element.element));
  }
  // Tokens that rest at other joins.
  for (const auto& [resting, count] : state_.scopes.at(scope_key).tokens) {
    const uint32_t target = model_.flow(resting).target;
    if (target == join || !reaching.contains(target)) continue;
    if (model_.element(target).scope != scope_element) continue;
    out.push_back(absl::StrCat("a token that waits at ", Named(target)));
  }
  return out;
}

}  // namespace pawl::replay
