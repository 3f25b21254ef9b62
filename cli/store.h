// How commands get at a store: read-only beside whoever runs it, or as its
// engine.
#ifndef PAWL_CLI_STORE_H_
#define PAWL_CLI_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "cli/command.h"
#include "engine/engine.h"
#include "engine/partition_data.h"
#include "engine/value.h"
#include "eventstore/event_store.h"

namespace pawl::cli {

// NotFound when there is no folder of that name: a command that only works on
// an existing store must not make one.
absl::Status RequireStore(const Context& context);

// A store as it stands now, folded up to what is acknowledged. Changes nothing
// and fires nothing; works while another process runs the engine.
class Reader {
 public:
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const Context& context);

  eventstore::EventStore& store() { return *store_; }
  const std::vector<std::unique_ptr<PartitionData>>& partitions() const {
    return partitions_;
  }
  // The partition that owns `key`. NotFound: this store has no such partition.
  absl::StatusOr<PartitionData*> PartitionOf(uint64_t key);
  // As above, of an instance that must exist, at whatever moment.
  absl::StatusOr<PartitionData*> PartitionOfInstance(uint64_t key);
  // Moves to what has been acknowledged by now.
  absl::Status Refresh();

 private:
  Reader() = default;

  std::unique_ptr<eventstore::EventStore> store_;
  std::vector<std::unique_ptr<PartitionData>> partitions_;
};

enum class Missing { kRefuse, kCreate };

// Opens the store with an engine of its own and does what is due.
// FailedPrecondition: another process has it open.
absl::StatusOr<std::unique_ptr<Engine>> OpenEngine(const Context& context,
                                                   Missing missing);

// Opens the engine, runs `command` on it and closes it; prints what went wrong.
// Returns an exit code.
int WithEngine(const Context& context, Missing missing,
               const std::function<absl::Status(Engine*)>& command);

// OK unless `directory`, which is to be made, lies in the store `store` or is
// it: a store's folder is its own. InvalidArgument, naming `what`.
absl::Status CheckOutside(const std::string& what, const std::string& directory,
                          const std::string& store);

// What time it is in the store: the system's clock, or in a fork its own.
// Milliseconds since 1970 UTC. DataLoss: the fork's note.
absl::StatusOr<int64_t> StoreNowMs(const Context& context);

// Parses the text of --vars; empty is no variables. The error is a usage error.
absl::StatusOr<Variables> ParseVars(const std::string& text);

}  // namespace pawl::cli

#endif  // PAWL_CLI_STORE_H_
