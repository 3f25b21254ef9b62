#include "cli/run_target.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "cli/store.h"
#include "engine/clock.h"
#include "engine/core/codec.h"
#include "engine/deployment.h"
#include "engine/engine.h"
#include "engine/handler_call.h"
#include "engine/manual_driver.h"
#include "engine/query.h"

namespace pawl::cli {
namespace {

// Records of `instance` after `*last` go to `visit`; `*last` moves along.
absl::Status VisitAfter(PartitionData* data, InstanceKey instance,
                        Position* last, const RunTarget::RecordVisitor& visit) {
  PAWL_ASSIGN_OR_RETURN(std::vector<Position> positions,
                        data->PositionsOf(instance));
  std::erase_if(positions, [&](Position p) { return p <= *last; });
  if (positions.empty()) return absl::OkStatus();
  absl::Status visited;
  PAWL_RETURN_IF_ERROR(data->store().ReadAt(
      data->partition(), positions,
      [&](Position position, std::string_view bytes) {
        const auto record = core::DecodeRecord(bytes);
        visited = record.ok() ? visit(**record) : record.status();
        *last = position;
        return visited.ok();
      }));
  return visited;
}

class MemoryTarget final : public RunTarget {
 public:
  absl::Status Open() {
    ManualDriver::Options options;
    options.now_ms = SystemClock()->NowMs();
    PAWL_ASSIGN_OR_RETURN(
        driver_, ManualDriver::Open(std::make_shared<eventstore::MemoryDisk>(),
                                    options));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<DeployedProcess>> Deploy(
      const std::string& file) override {
    PAWL_ASSIGN_OR_RETURN(fb::CommandUnion command,
                          MakeDeployment({BpmnFile(file)}));
    const Reply reply = driver_->Submit(std::move(command));
    PAWL_RETURN_IF_ERROR(reply.status);
    std::vector<DeployedProcess> deployed;
    for (const core::Answer::Deployed& process : reply.answer.deployed) {
      deployed.push_back(
          {process.process_id, process.key, process.version, process.is_new});
    }
    return deployed;
  }

  absl::StatusOr<InstanceKey> Start(const std::string& process_id,
                                    Variables variables) override {
    fb::StartInstanceT command;
    command.process_id = process_id;
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    const Reply reply = driver_->Do(std::move(command));
    PAWL_RETURN_IF_ERROR(reply.status);
    return reply.answer.instance;
  }

  absl::Status Tick() override {
    return driver_->AdvanceTo(SystemClock()->NowMs());
  }

  absl::Status Finish(JobKey job, const std::string& worker,
                      const JobResult& result) override {
    auto owner = std::make_unique<fb::JobOwnerT>();
    owner->worker = worker;
    if (result.kind() == JobResult::Kind::kDone) {
      fb::CompleteJobT command;
      command.job = job.value();
      command.owner = std::move(owner);
      command.lock_first = true;
      PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(result.variables()));
      return driver_->Do(std::move(command), worker).status;
    }
    fb::FailJobT command;
    command.job = job.value();
    command.owner = std::move(owner);
    command.lock_first = true;
    command.message = CutMessage(result.message());
    return driver_->Do(std::move(command), worker).status;
  }

  absl::StatusOr<InstanceDetails> Inspect(InstanceKey instance) override {
    return pawl::Inspect(driver_->data(), instance);
  }

  absl::Status VisitNew(InstanceKey instance,
                        const RecordVisitor& visit) override {
    return VisitAfter(&driver_->data(), instance, &last_, visit);
  }

  absl::StatusOr<std::shared_ptr<const model::ProcessDefinition>> Model(
      DefinitionKey key) override {
    return driver_->data().Model(key);
  }

  absl::Status Close() override { return absl::OkStatus(); }

 private:
  std::unique_ptr<ManualDriver> driver_;
  Position last_ = 0;
};

// The engine changes the store; what happened is read back beside it.
class StoreTarget final : public RunTarget {
 public:
  explicit StoreTarget(const Context& context) : context_(context) {}

  absl::Status Open() {
    PAWL_ASSIGN_OR_RETURN(engine_, OpenEngine(context_, Missing::kCreate));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<DeployedProcess>> Deploy(
      const std::string& file) override {
    return engine_->Deploy(BpmnFile(file));
  }
  absl::StatusOr<InstanceKey> Start(const std::string& process_id,
                                    Variables variables) override {
    return engine_->Start(process_id, std::move(variables));
  }
  absl::Status Tick() override { return engine_->AwaitIdle(absl::Minutes(10)); }
  absl::Status Finish(JobKey job, const std::string& worker,
                      const JobResult& result) override {
    if (result.kind() == JobResult::Kind::kDone) {
      return engine_->CompleteJob(job, worker, result.variables(),
                                  /*lock_first=*/true);
    }
    JobFailure failure;
    failure.message = CutMessage(result.message());
    return engine_->FailJob(job, worker, failure, /*lock_first=*/true);
  }
  absl::StatusOr<InstanceDetails> Inspect(InstanceKey instance) override {
    return engine_->Inspect(instance);
  }

  absl::Status VisitNew(InstanceKey instance,
                        const RecordVisitor& visit) override {
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data, Data(instance.value()));
    return VisitAfter(data, instance, &last_, visit);
  }
  absl::StatusOr<std::shared_ptr<const model::ProcessDefinition>> Model(
      DefinitionKey key) override {
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data,
                          reader_->PartitionOf(key.value()));
    return data->Model(key);
  }

  absl::Status Close() override { return engine_->Close(); }

 private:
  // The reading side, as of now.
  absl::StatusOr<PartitionData*> Data(uint64_t key) {
    if (reader_ == nullptr) {
      PAWL_ASSIGN_OR_RETURN(reader_, Reader::Open(context_));
    } else {
      PAWL_RETURN_IF_ERROR(reader_->Refresh());
    }
    return reader_->PartitionOf(key);
  }

  const Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reader> reader_;
  Position last_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<RunTarget>> NewMemoryTarget() {
  auto target = std::make_unique<MemoryTarget>();
  PAWL_RETURN_IF_ERROR(target->Open());
  return target;
}

absl::StatusOr<std::unique_ptr<RunTarget>> NewStoreTarget(
    const Context& context) {
  auto target = std::make_unique<StoreTarget>(context);
  PAWL_RETURN_IF_ERROR(target->Open());
  return target;
}

}  // namespace pawl::cli
