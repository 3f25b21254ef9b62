// ExportBpmn: a compiled model as BPMN XML again.
#ifndef PAWL_ENGINE_MODEL_BPMN_EXPORT_H_
#define PAWL_ENGINE_MODEL_BPMN_EXPORT_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// `model` as a BPMN 2.0 file of one process, UTF-8, with a diagram. Reading it
// gives the same compiled model, but for lines and columns; it is read once to
// make sure. What the model doesn't keep isn't there: comments, documentation,
// foreign elements; the deployed source has them (Engine::Xml). `model` has
// passed CheckModel or came from the parser. Deterministic; O(n log n).
// Unimplemented: something that no file of one process expresses, as a message
// flow to another; the message names the element.
absl::StatusOr<std::string> ExportBpmn(const fb::ProcessT& model);

// As above, of several processes of one file, in this order and with their
// pools and message flows. `models` isn't empty, their element ids differ.
absl::StatusOr<std::string> ExportBpmn(
    const std::vector<const fb::ProcessT*>& models);

// The ids of the other processes that message flows of its file deliver to or
// from: without them it can't be written.
std::set<std::string> MessagePartners(const fb::ProcessT& model);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_EXPORT_H_
