// The rules of execution that a model is compiled for: what an element does
// never changes for a model that is in a log, so a rule that is mended holds
// for models that are compiled from then on (fb::Process.rules).
#ifndef PAWL_ENGINE_MODEL_MODEL_RULES_H_
#define PAWL_ENGINE_MODEL_MODEL_RULES_H_

#include <cstdint>

namespace pawl::model {

// 1: a token that can reach a flow with a token by sequence flows and links
// alone isn't waited for by inclusive joins; with 0 the ways of its boundary
// events counted, too (docs/adr/0020).
inline constexpr uint16_t kRulesOfBoundaryEvents = 1;

// What this build compiles for, and the newest that it can execute.
inline constexpr uint16_t kModelRules = kRulesOfBoundaryEvents;

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_MODEL_RULES_H_
