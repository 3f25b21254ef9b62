// From model files to the command that deploys them. Private to engine/ and the
// scenario runner.
#ifndef PAWL_ENGINE_DEPLOYMENT_H_
#define PAWL_ENGINE_DEPLOYMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/source.h"
#include "schemas/command_generated.h"

namespace pawl {

// The bytes of a model file. NotFound, PermissionDenied (naming the file);
// ResourceExhausted: larger than kModelBytesMax, found before it is read.
absl::StatusOr<std::string> ReadModelFile(const std::string& path);

// Reads, parses and compiles all sources into one Deploy command. Deterministic
// but for the files. InvalidArgument: every problem of every source, a line
// each; or nothing to deploy. ResourceExhausted: a named limit.
absl::StatusOr<fb::CommandUnion> MakeDeployment(
    const std::vector<BpmnSource>& sources);

}  // namespace pawl

#endif  // PAWL_ENGINE_DEPLOYMENT_H_
