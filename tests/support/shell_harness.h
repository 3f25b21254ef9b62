// ShellHarness: the live engine without threads, on a disk in memory that can
// lose power, for tests in the form "given, when, then".
//
// After every command it checks the law of the shell: the live digest equals
// that of a replay from empty, and that of snapshot and tail as another process
// reads them.
#ifndef PAWL_TESTS_SUPPORT_SHELL_HARNESS_H_
#define PAWL_TESTS_SUPPORT_SHELL_HARNESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/manual_driver.h"
#include "engine/query.h"
#include "engine/tally.h"
#include "eventstore/memory_event_store.h"
#include "tests/support/core_harness.h"

namespace pawl {

// Digest of the whole log, folded from empty with nothing but the core.
std::string ReplayFromEmpty(const eventstore::EventStore& store,
                            PartitionId partition);
// Tally of the whole log.
Tally TallyOfLog(const eventstore::EventStore& store, PartitionId partition);
// Digest of caches and the log after them, as a reader beside the engine has
// it.
std::string SnapshotAndTail(std::shared_ptr<eventstore::MemoryDisk> disk);

class ShellHarness {
 public:
  explicit ShellHarness(ManualDriver::Options options = {});

  // --- Life ------------------------------------------------------------------
  // Kills the engine; what isn't durable is lost, but for `rounds_kept` rounds
  // that the disk got by itself. Then opens it again.
  void Crash(size_t rounds_kept = 0);
  // Closes and opens it.
  void Reopen();
  // Only the first half of Crash: nothing is open then.
  void Kill(size_t rounds_kept = 0);
  absl::Status Open();

  // --- Commands, each followed by CheckLaws() --------------------------------
  template <typename CommandT>
  Reply Do(CommandT command, std::string actor = "") {
    Reply reply = driver_->Do(std::move(command), std::move(actor));
    CheckLaws();
    return reply;
  }
  void Deploy(const core::ModelSketch& sketch);
  InstanceKey Start(const std::string& process_id,
                    const std::string& variables = "{}",
                    const std::string& idempotency_key = "");
  void RegisterHandler(const std::string& type, uint32_t capacity = 100);
  absl::Status CompleteTask(TaskKey task, const std::string& variables = "{}");
  absl::Status CompleteJob(JobKey job, const std::string& worker,
                           const std::string& variables = "{}");
  std::vector<HandlerCallPtr> Fetch(const std::string& type,
                                    const std::string& worker,
                                    int64_t lock_ms = 60'000, int max = 10);
  void Advance(int64_t ms);
  // Answers a call and runs what follows.
  void Finish(const HandlerCallPtr& call, const JobResult& result);
  // Runs what is queued, then checks the laws.
  void Run();

  void CheckLaws();
  void set_check_laws(bool check) { check_laws_ = check; }

  // --- What is ---------------------------------------------------------------
  ManualDriver& driver() { return *driver_; }
  PartitionData& data() { return driver_->data(); }
  std::shared_ptr<eventstore::MemoryDisk> disk() { return disk_; }
  core::Instance At(InstanceKey key);
  std::vector<TaskInfo> Tasks();
  std::vector<JobInfo> Jobs();
  ManualDriver::Options& options() { return options_; }

 private:
  ManualDriver::Options options_;
  std::shared_ptr<eventstore::MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
  bool check_laws_ = true;
};

// A JSON object as variables on the wire.
std::vector<std::unique_ptr<fb::VariableT>> WireVariables(
    const std::string& json);

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_SHELL_HARNESS_H_
