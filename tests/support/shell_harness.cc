#include "tests/support/shell_harness.h"

#include <map>
#include <utility>

#include "base/check.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "gtest/gtest.h"

namespace pawl {

std::string ReplayFromEmpty(const eventstore::EventStore& store,
                            PartitionId partition) {
  core::Partition state;
  std::map<InstanceKey, core::Instance> instances;
  PAWL_CHECK_OK(store.Read(
      partition, 1, store.End(partition),
      [&](Position position, std::string_view bytes) {
        const auto record = core::DecodeRecord(bytes);
        PAWL_CHECK(record.ok()) << record.status();
        PAWL_CHECK_EQ((*record)->position, position);
        PAWL_CHECK_OK(core::ApplyHeader(&state, position, (*record)->time_ms));
        for (size_t i = 0; i < (*record)->events.size(); ++i) {
          const fb::EventUnion& event = (*record)->events[i];
          const InstanceKey key = core::InstanceOf(**record, i);
          PAWL_CHECK_OK(core::Apply(&state, event, key, position));
          if (key.valid()) {
            PAWL_CHECK_OK(
                core::Apply(&instances[key], event, (*record)->time_ms));
          }
        }
        return true;
      }));
  core::DigestSum sum;
  for (const auto& [key, instance] : instances) sum.Add(instance);
  return sum.Finish(state);
}

Tally TallyOfLog(const eventstore::EventStore& store, PartitionId partition) {
  LogTally tally;
  PAWL_CHECK_OK(store.Read(partition, 1, store.End(partition),
                           [&](Position, std::string_view bytes) {
                             const auto record = RecordView::Open(bytes);
                             PAWL_CHECK(record.ok()) << record.status();
                             tally.Add(*record, bytes.size());
                             return true;
                           }));
  return tally.tally();
}

std::string SnapshotAndTail(std::shared_ptr<eventstore::MemoryDisk> disk) {
  eventstore::StoreOptions options;
  options.read_only = true;
  auto store =
      eventstore::MemoryEventStore::Open(std::move(disk), options, nullptr);
  PAWL_CHECK(store.ok()) << store.status();
  PartitionData data(store->get(), 0, {});
  PAWL_CHECK_OK(data.Recover());
  auto digest = data.StateDigest();
  PAWL_CHECK(digest.ok()) << digest.status();
  return *digest;
}

std::vector<std::unique_ptr<fb::VariableT>> WireVariables(
    const std::string& json) {
  const auto variables = Variables::FromJson(json);
  PAWL_CHECK(variables.ok()) << variables.status();
  auto wire = ToWire(*variables);
  PAWL_CHECK(wire.ok()) << wire.status();
  return *std::move(wire);
}

ShellHarness::ShellHarness(ManualDriver::Options options)
    : options_(std::move(options)),
      disk_(std::make_shared<eventstore::MemoryDisk>()) {
  PAWL_CHECK_OK(Open());
}

absl::Status ShellHarness::Open() {
  PAWL_CHECK(driver_ == nullptr);
  auto driver = ManualDriver::Open(disk_, options_);
  if (!driver.ok()) return driver.status();
  driver_ = *std::move(driver);
  CheckLaws();
  return absl::OkStatus();
}

void ShellHarness::Kill(size_t rounds_kept) {
  options_.now_ms = driver_->now_ms();
  driver_.reset();
  disk_->LoseUnsynced(rounds_kept);
}

void ShellHarness::Crash(size_t rounds_kept) {
  Kill(rounds_kept);
  PAWL_CHECK_OK(Open());
}

void ShellHarness::Reopen() {
  options_.now_ms = driver_->now_ms();
  PAWL_CHECK_OK(driver_->Close());
  driver_.reset();
  PAWL_CHECK_OK(Open());
}

void ShellHarness::CheckLaws() {
  if (!check_laws_ || driver_ == nullptr) return;
  if (options_.completion !=
      eventstore::MemoryEventStore::Completion::kAtOnce) {
    return;
  }
  const auto live = driver_->data().StateDigest();
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(*live, ReplayFromEmpty(driver_->store(), 0))
      << "live state against a replay from empty, position "
      << driver_->data().state().position;
  EXPECT_EQ(DescribeDifference(driver_->data().tally(),
                               TallyOfLog(driver_->store(), 0)),
            "")
      << "live tally against one of the log";
  EXPECT_EQ(*live, SnapshotAndTail(disk_))
      << "live state against snapshot and tail, position "
      << driver_->data().state().position;
}

void ShellHarness::Deploy(const core::ModelSketch& sketch) {
  fb::DeployT command;
  auto resource = std::make_unique<fb::ResourceToDeployT>();
  const fb::ProcessT model = sketch.Build();
  resource->name = model.id + ".bpmn";
  resource->xml = "<" + model.id + "/>";
  command.resources.push_back(std::move(resource));
  auto process = std::make_unique<fb::ProcessToDeployT>();
  process->process_id = model.id;
  // A sketch of its own for each call.
  process->digest = driver_->data().state().position;
  process->model = std::make_unique<fb::ProcessT>(model);
  command.processes.push_back(std::move(process));
  const Reply reply = Do(std::move(command));
  PAWL_CHECK_OK(reply.status);
}

InstanceKey ShellHarness::Start(const std::string& process_id,
                                const std::string& variables,
                                const std::string& idempotency_key) {
  fb::StartInstanceT command;
  command.process_id = process_id;
  command.variables = WireVariables(variables);
  command.idempotency_key = idempotency_key;
  const Reply reply = Do(std::move(command));
  PAWL_CHECK_OK(reply.status);
  return reply.answer.instance;
}

void ShellHarness::RegisterHandler(const std::string& type, uint32_t capacity) {
  fb::RegisterHandlerT command;
  command.type = type;
  command.capacity = capacity;
  PAWL_CHECK_OK(Do(std::move(command)).status);
  Run();
}

absl::Status ShellHarness::CompleteTask(TaskKey task,
                                        const std::string& variables) {
  fb::CompleteTaskT command;
  command.task = task.value();
  command.variables = WireVariables(variables);
  return Do(std::move(command)).status;
}

absl::Status ShellHarness::CompleteJob(JobKey job, const std::string& worker,
                                       const std::string& variables) {
  fb::CompleteJobT command;
  command.job = job.value();
  command.owner = std::make_unique<fb::JobOwnerT>();
  command.owner->worker = worker;
  command.variables = WireVariables(variables);
  return Do(std::move(command)).status;
}

std::vector<HandlerCallPtr> ShellHarness::Fetch(const std::string& type,
                                                const std::string& worker,
                                                int64_t lock_ms, int max) {
  Reply reply = driver_->Fetch({type, worker, lock_ms, max});
  PAWL_CHECK_OK(reply.status);
  CheckLaws();
  return std::move(reply.jobs);
}

void ShellHarness::Advance(int64_t ms) {
  PAWL_CHECK_OK(driver_->AdvanceTo(driver_->now_ms() + ms));
  CheckLaws();
}

void ShellHarness::Finish(const HandlerCallPtr& call, const JobResult& result) {
  driver_->Finish(call, result);
  Run();
}

void ShellHarness::Run() {
  PAWL_CHECK_OK(driver_->RunUntilIdle());
  CheckLaws();
}

core::Instance ShellHarness::At(InstanceKey key) {
  core::Instance scratch;
  auto instance = driver_->data().Peek(key, &scratch);
  PAWL_CHECK(instance.ok()) << instance.status();
  return **instance;
}

std::vector<TaskInfo> ShellHarness::Tasks() {
  auto tasks = ListTasks(driver_->data(), {});
  PAWL_CHECK(tasks.ok()) << tasks.status();
  return *std::move(tasks);
}

std::vector<JobInfo> ShellHarness::Jobs() {
  auto jobs = ListJobs(driver_->data(), {});
  PAWL_CHECK(jobs.ok()) << jobs.status();
  return *std::move(jobs);
}

}  // namespace pawl
