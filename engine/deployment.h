// From model files to the command that deploys them. Private to engine/ and the
// scenario runner.
#ifndef PAWL_ENGINE_DEPLOYMENT_H_
#define PAWL_ENGINE_DEPLOYMENT_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/model/bpmn_xml.h"
#include "engine/source.h"
#include "schemas/command_generated.h"

namespace pawl {

// The bytes of a model file. NotFound, PermissionDenied (naming the file);
// ResourceExhausted: larger than kModelBytesMax, found before it is read.
absl::StatusOr<std::string> ReadModelFile(const std::string& path);

// Whether a JavaScript compiles where it will run. Its errors keep the model
// from being deployed; Unimplemented: it doesn't run here.
using JavaScriptCheck = std::function<absl::Status(std::string_view text)>;

// A check of who has no JavaScript to run.
absl::Status NoJavaScript(std::string_view text);
// A check of who leaves jobs of scripts to somebody else.
absl::Status AnyJavaScript(std::string_view text);

// Adds what only whoever runs scripts can tell: those that don't compile, or
// don't run here, are errors of `parsed`, with their places.
void CheckScripts(const JavaScriptCheck& check_javascript,
                  model::ParsedModel* parsed);

// Reads, parses and compiles all sources into one Deploy command. Deterministic
// but for the files. InvalidArgument: every problem of every source, a line
// each; or nothing to deploy. ResourceExhausted: a named limit. Timers of
// models that name no zone are of `time_zone`.
absl::StatusOr<fb::CommandUnion> MakeDeployment(
    const std::vector<BpmnSource>& sources,
    const JavaScriptCheck& check_javascript = NoJavaScript,
    const std::string& time_zone = "");

}  // namespace pawl

#endif  // PAWL_ENGINE_DEPLOYMENT_H_
