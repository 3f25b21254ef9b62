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

// 2: who throws a message or a signal goes on when it has been delivered; with
// 0 it went on at once (docs/adr/0019).
inline constexpr uint16_t kRulesOfThrows = 2;

// 3: what fails for good in a called process is the business of a compensation
// handler or a saga around the call (docs/adr/0022, 0026).
inline constexpr uint16_t kRulesOfFailedCalls = 3;

// 4: nothing begins in an ad-hoc sub-process whose condition has held
// (docs/adr/0024); with 0 tokens on flows in it went on.
inline constexpr uint16_t kRulesOfFulfilledAdHoc = 4;

// 5: a completion condition of a loop sees the attributes of 10.3.8.
inline constexpr uint16_t kRulesOfLoopAttributes = 5;

// 6: output mappings of a sub-process leave what is done in it alone
// (docs/mappings.md); with 0 they kept all that was written in it.
inline constexpr uint16_t kRulesOfInnerResults = 6;

// 7: a completion condition of a loop is asked by the run that is done and sees
// what that sees; with 0 the loop as a whole asked.
inline constexpr uint16_t kRulesOfAskingRuns = 7;

// 8: messages that wait in the buffer when a process is deployed that they
// start do so (docs/adr/0019).
inline constexpr uint16_t kRulesOfBufferedStarts = 8;

// What this build compiles for, and the newest that it can execute.
inline constexpr uint16_t kModelRules = kRulesOfBufferedStarts;

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_MODEL_RULES_H_
