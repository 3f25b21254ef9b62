// One record of the log, decided again. The heart of verify.
#ifndef PAWL_REPLAY_DECIDE_AGAIN_H_
#define PAWL_REPLAY_DECIDE_AGAIN_H_

#include <optional>

#include "engine/core/state.h"
#include "replay/fold_lookups.h"
#include "replay/log_fold.h"
#include "replay/verify.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

// Decides `record`'s command on `fold`, the state before it, with the recorded
// facts. Nothing when the events are the recorded ones; `after` then is the
// touched instance as the decision left it (not existing for a command of the
// partition).
std::optional<VerifyDifference> DecideAgain(const fb::RecordT& record,
                                            const LogFold& fold,
                                            FoldLookups* lookups,
                                            core::Instance* after);

// Asks `lookups` the record's questions again.
std::optional<VerifyDifference> CheckFacts(const fb::RecordT& record,
                                           FoldLookups* lookups);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_DECIDE_AGAIN_H_
