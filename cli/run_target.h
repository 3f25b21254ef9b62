// What `pawl run` acts on: an engine in memory that is gone afterwards, or a
// store's.
#ifndef PAWL_CLI_RUN_TARGET_H_
#define PAWL_CLI_RUN_TARGET_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "cli/command.h"
#include "engine/job.h"
#include "engine/model/process_definition.h"
#include "engine/types.h"
#include "engine/value.h"
#include "schemas/record_generated.h"

namespace pawl::cli {

class RunTarget {
 public:
  using RecordVisitor = std::function<absl::Status(const fb::RecordT&)>;

  virtual ~RunTarget() = default;

  virtual absl::StatusOr<std::vector<DeployedProcess>> Deploy(
      const std::string& file) = 0;
  virtual absl::StatusOr<InstanceKey> Start(const std::string& process_id,
                                            Variables variables) = 0;
  // Does all that is due by now.
  virtual absl::Status Tick() = 0;
  // Reports how a job went that nobody holds.
  virtual absl::Status Finish(JobKey job, const std::string& worker,
                              const JobResult& result) = 0;
  virtual absl::StatusOr<InstanceDetails> Inspect(InstanceKey instance) = 0;
  // Visits the records of the instance that it hasn't visited yet.
  virtual absl::Status VisitNew(InstanceKey instance,
                                const RecordVisitor& visit) = 0;
  virtual absl::StatusOr<std::shared_ptr<const model::ProcessDefinition>> Model(
      DefinitionKey key) = 0;
  virtual absl::Status Close() = 0;
};

// In memory, on the system's clock.
absl::StatusOr<std::unique_ptr<RunTarget>> NewMemoryTarget();
// On the context's store, made when missing.
absl::StatusOr<std::unique_ptr<RunTarget>> NewStoreTarget(
    const Context& context);

}  // namespace pawl::cli

#endif  // PAWL_CLI_RUN_TARGET_H_
