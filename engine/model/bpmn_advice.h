// Advice about models that run, but perhaps not as they were meant. Internal to
// engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_ADVICE_H_
#define PAWL_ENGINE_MODEL_BPMN_ADVICE_H_

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// About the ends of `process`, its gateways and joins. Its references are
// resolved. O(n log n).
void AdviseProcess(const ParseContext& context, const RawProcess& process);

// About what a file draws around its processes: lanes without members,
// references to nothing. O(n log n).
void AdviseFile(const ParseContext& context, const XmlNode& root);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_ADVICE_H_
