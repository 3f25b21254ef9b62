// What a decision asks about calls: which version is called, who catches above.
#include <string>

#include "base/limits.h"
#include "engine/core/lookups.h"
#include "engine/core/message_index.h"
#include "engine/core/transition.h"

namespace pawl::core {
namespace {

DefinitionAnswer ToDefinition(const fb::FactT& fact) {
  return {DefinitionKey(fact.answer), static_cast<uint32_t>(fact.answer2),
          fact.answer3};
}

void Keep(const DefinitionAnswer& answer, fb::FactT* fact) {
  fact->answer = answer.key.value();
  fact->answer2 = answer.version;
  fact->answer3 = answer.digest;
}

// schemas/record.fbs, `catcher_above`.
constexpr uint64_t kCaught = 1;
constexpr uint64_t kCaughtAndEnds = 2;

AboveAnswer ToAbove(const fb::FactT& fact) {
  return {fact.answer != 0, fact.answer == kCaughtAndEnds};
}

}  // namespace

// --- From state --------------------------------------------------------------

DefinitionAnswer IndexedLookups::DefinitionBeside(std::string_view process_id,
                                                  std::string_view caller,
                                                  uint32_t version) {
  const auto& definitions = State().definitions;
  const auto from = definitions.find(caller);
  const auto to = definitions.find(process_id);
  if (from == definitions.end() || to == definitions.end() || version == 0 ||
      version > from->second.size()) {
    return {};
  }
  // One record is one deployment.
  const Position deployed = from->second[version - 1].position;
  DefinitionAnswer answer;
  for (const Partition::Definition& definition : to->second) {
    if (definition.position > deployed) break;
    answer = {definition.key, definition.version, definition.digest};
  }
  return answer;
}

DefinitionAnswer IndexedLookups::DefinitionTagged(std::string_view process_id,
                                                  std::string_view tag) {
  const auto it = State().definitions.find(process_id);
  if (it == State().definitions.end()) return {};
  for (auto definition = it->second.rbegin(); definition != it->second.rend();
       ++definition) {
    const auto model = Model(definition->key);
    if (model != nullptr && model->model().version_tag == tag) {
      return {definition->key, definition->version, definition->digest};
    }
  }
  return {};
}

AboveAnswer IndexedLookups::CatcherAbove(const Caller& caller,
                                         fb::EventType type,
                                         std::string_view code) {
  Caller at = caller;
  for (uint32_t i = 0; i < kCallDepthMax && at.instance.valid(); ++i) {
    const Instance* const instance = InstanceAt(at.instance);
    if (instance == nullptr || !instance->elements.contains(at.element_key)) {
      return {};
    }
    const auto model = Model(instance->definition);
    if (model == nullptr) return {};
    if (const auto catcher = Transition::FindCatcherIn(
            *instance, *model, at.element_key, type, code)) {
      return {true, model->element(catcher->trigger).interrupting};
    }
    if (Transition::CompensatedAround(*instance, at.element_key).valid())
      return {};
    at = Caller(instance->caller);
  }
  return {};
}

bool IndexedLookups::CallWaits(const Caller& caller, InstanceKey called) {
  const Instance* const instance = InstanceAt(caller.instance);
  if (instance == nullptr) return false;
  const auto call = instance->calls.find(caller.element_key);
  return call != instance->calls.end() && call->second == called;
}

// --- Written down ------------------------------------------------------------

DefinitionAnswer RecordingLookups::DefinitionBeside(std::string_view process_id,
                                                    std::string_view caller,
                                                    uint32_t version) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::definition_beside, process_id, version, caller);
  if (is_new) {
    Keep(source_->DefinitionBeside(process_id, caller, version), fact);
  }
  return ToDefinition(*fact);
}

DefinitionAnswer RecordingLookups::DefinitionTagged(std::string_view process_id,
                                                    std::string_view tag) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::definition_tagged, process_id, 0, tag);
  if (is_new) Keep(source_->DefinitionTagged(process_id, tag), fact);
  return ToDefinition(*fact);
}

AboveAnswer RecordingLookups::CatcherAbove(const Caller& caller,
                                           fb::EventType type,
                                           std::string_view code) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::catcher_above, code, caller.element_key.value(),
          fb::EnumNameEventType(type));
  if (is_new) {
    fact->instance = caller.instance.value();
    const AboveAnswer answer = source_->CatcherAbove(caller, type, code);
    fact->answer = !answer.caught        ? 0
                   : answer.interrupting ? kCaughtAndEnds
                                         : kCaught;
  }
  return ToAbove(*fact);
}

bool RecordingLookups::CallWaits(const Caller& caller, InstanceKey called) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::call_waits, ToString(called), caller.element_key.value());
  if (is_new) {
    fact->instance = caller.instance.value();
    fact->answer = source_->CallWaits(caller, called) ? 1 : 0;
  }
  return fact->answer != 0;
}

// --- Read again --------------------------------------------------------------

DefinitionAnswer RecordedLookups::DefinitionBeside(std::string_view process_id,
                                                   std::string_view caller,
                                                   uint32_t version) {
  return ToDefinition(
      *Find(fb::Lookup::definition_beside, process_id, version, caller));
}

DefinitionAnswer RecordedLookups::DefinitionTagged(std::string_view process_id,
                                                   std::string_view tag) {
  return ToDefinition(*Find(fb::Lookup::definition_tagged, process_id, 0, tag));
}

AboveAnswer RecordedLookups::CatcherAbove(const Caller& caller,
                                          fb::EventType type,
                                          std::string_view code) {
  return ToAbove(*Find(fb::Lookup::catcher_above, code,
                       caller.element_key.value(),
                       fb::EnumNameEventType(type)));
}

bool RecordedLookups::CallWaits(const Caller& caller, InstanceKey called) {
  return Find(fb::Lookup::call_waits, ToString(called),
              caller.element_key.value())
             ->answer != 0;
}

}  // namespace pawl::core
