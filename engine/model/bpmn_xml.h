// ParseBpmn: BPMN 2.0 XML -> compiled models and a list of problems. The one
// door from a model file to something that can run.
//
// Reading (any prefix, UTF-8 or UTF-16), parsing (both Camunda dialects),
// validation and compilation happen here in this order; each reports into one
// list, so that a person sees every fault of a file at once. What the parser
// makes of each BPMN element: docs/bpmn_coverage.md.
#ifndef PAWL_ENGINE_MODEL_BPMN_XML_H_
#define PAWL_ENGINE_MODEL_BPMN_XML_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/model/problem.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// One `process` of a file.
struct ParsedProcess {
  std::string id;
  std::string name;
  // isExecutable; absent counts as true. A process that isn't executable is
  // kept and drawn, never started; what is wrong with it is advice.
  bool executable = true;
  // Executable, and no error in the whole file.
  bool deployable = false;
  // The compiled model; null when something is wrong with the process.
  std::unique_ptr<fb::ProcessT> model;
};

// What a file holds.
struct ParsedModel {
  // As given to ParseBpmn, for messages.
  std::string file_name;
  // It is XML that this build may read (without entities of its own, within the
  // limits).
  bool well_formed = false;
  // In document order; at most kModelProblemsMax, and then one that says how
  // many are missing.
  std::vector<Problem> problems;
  // As problems: what runs as it is written, and perhaps not as it was meant.
  // Deployment has nothing to say about it.
  std::vector<Problem> advice;
  // In document order.
  std::vector<ParsedProcess> processes;
  // How often each thing occurs: `el:<name>` for every element of the BPMN
  // namespace, and derived figures (flow_nodes, tasks, ev:start.timer, ...).
  // Only what occurs; empty unless well_formed.
  std::map<std::string, int64_t> counts;

  // Well-formed BPMN without errors. A file with one faulty executable process
  // is refused whole.
  bool ok() const;
  // ok(), and at least one process can be started.
  bool executable() const;
  // OK, or InvalidArgument with every error and warning, one a line:
  // `file:line:col: error: text [rule]`.
  absl::Status ToStatus() const;
};

// Parses `xml`, whose name for messages is `file_name`. Never fails as a call:
// what is wrong is in the result. Deterministic; any thread. Time and memory
// O(size of `xml`) up to a logarithm, bounded by kModelBytesMax, kXmlDepthMax,
// kXmlNodesMax and kModelElementsMax. Nothing outside `xml` is read.
ParsedModel ParseBpmn(std::string_view xml, std::string_view file_name);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_XML_H_
