#include "replay/scenario_world.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "engine/core/codec.h"
#include "replay/replay.h"
#include "replay/verify.h"

namespace pawl::replay {
namespace {

using eventstore::KeyRange;
using eventstore::MemoryEventStore;

}  // namespace

absl::StatusOr<std::unique_ptr<ScenarioWorld>> ScenarioWorld::Create(
    Options options) {
  std::unique_ptr<ScenarioWorld> world(new ScenarioWorld(options));
  world->disk_ = std::make_shared<eventstore::MemoryDisk>();
  PAWL_RETURN_IF_ERROR(
      world->Open(ManualDriver::Options().now_ms, /*fires_due=*/false));
  return world;
}

absl::Status ScenarioWorld::Open(int64_t now_ms, bool fires_due) {
  ManualDriver::Options options;
  options.now_ms = now_ms;
  if (!fires_due) options.hold_due_from = hold_due_from_;
  if (options_.checkpoint_each_step) options.data.snapshot_records = 0;
  PAWL_ASSIGN_OR_RETURN(driver_, ManualDriver::Open(disk_, options));
  PAWL_RETURN_IF_ERROR(driver_->RunUntilIdle());
  if (fires_due) hold_due_from_ = driver_->HoldDueFromNow();
  return absl::OkStatus();
}

absl::Status ScenarioWorld::Restart(int64_t down_ms) {
  const int64_t now_ms = driver_->now_ms();
  driver_.reset();
  return Open(now_ms + down_ms, /*fires_due=*/down_ms > 0);
}

absl::Status ScenarioWorld::Advance(int64_t ms) {
  driver_->ReleaseDue();
  PAWL_RETURN_IF_ERROR(driver_->AdvanceTo(driver_->now_ms() + ms));
  hold_due_from_ = driver_->HoldDueFromNow();
  return absl::OkStatus();
}

absl::Status ScenarioWorld::Do(fb::CommandUnion command, std::string actor) {
  const Reply reply = driver_->Submit(std::move(command), std::move(actor));
  PAWL_RETURN_IF_ERROR(driver_->RunUntilIdle());
  return reply.status;
}

absl::Status ScenarioWorld::ForEachInstance(
    const std::function<void(const core::Instance&)>& visit) {
  PartitionData& data = driver_->data();
  std::vector<InstanceKey> keys;
  PAWL_RETURN_IF_ERROR(
      data.cache().Scan(eventstore::Table::kIndexInstance, KeyRange::All(),
                        [&](std::string_view key, std::string_view) {
                          keys.emplace_back(core::DecodeU64(key).value_or(0));
                          return true;
                        }));
  core::Instance scratch;
  for (const InstanceKey key : keys) {
    PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                          data.Peek(key, &scratch));
    visit(*instance);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<WorldTask>> ScenarioWorld::Tasks() {
  std::vector<WorldTask> tasks;
  absl::Status status;
  PAWL_RETURN_IF_ERROR(ForEachInstance([&](const core::Instance& instance) {
    const auto model = driver_->data().Model(instance.definition);
    if (!model.ok()) {
      status = model.status();
      return;
    }
    for (const auto& [key, task] : instance.tasks) {
      const auto& element = instance.elements.at(task.element_key);
      tasks.push_back({key, (*model)->element(element.element).id, task.kind,
                       task.assignee, task.owner});
    }
  }));
  PAWL_RETURN_IF_ERROR(status);
  // Keys count up, so they are the order of creation.
  std::sort(tasks.begin(), tasks.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return tasks;
}

absl::StatusOr<std::vector<WorldIncident>> ScenarioWorld::Incidents() {
  std::vector<WorldIncident> incidents;
  absl::Status status;
  PAWL_RETURN_IF_ERROR(ForEachInstance([&](const core::Instance& instance) {
    const auto model = driver_->data().Model(instance.definition);
    if (!model.ok()) {
      status = model.status();
      return;
    }
    for (const auto& [key, incident] : instance.incidents) {
      incidents.push_back(
          {key, (*model)->element((*model)->EventOf(incident.element)).id,
           fb::EnumNameIncidentType(incident.type), incident.message});
    }
  }));
  PAWL_RETURN_IF_ERROR(status);
  std::sort(incidents.begin(), incidents.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return incidents;
}

absl::StatusOr<std::vector<std::string>> ScenarioWorld::Subscriptions(
    fb::SubscriptionKind kind) {
  std::vector<std::string> names;
  absl::Status status;
  PAWL_RETURN_IF_ERROR(ForEachInstance([&](const core::Instance& instance) {
    if (instance.ended()) return;
    const auto model = driver_->data().Model(instance.definition);
    if (!model.ok()) {
      status = model.status();
      return;
    }
    for (const auto& [key, subscription] : instance.subscriptions) {
      if (subscription.kind != kind) continue;
      if (kind != fb::SubscriptionKind::conditional) {
        names.push_back(subscription.name);
        continue;
      }
      const uint32_t event =
          subscription.trigger != 0
              ? (*model)->EventOf(subscription.trigger)
              : instance.elements.at(subscription.element_key).element;
      names.push_back((*model)->element(event).id);
    }
  }));
  PAWL_RETURN_IF_ERROR(status);
  return names;
}

absl::StatusOr<std::vector<core::Job>> ScenarioWorld::Jobs(
    std::string_view type) {
  std::vector<core::Job> jobs;
  PAWL_RETURN_IF_ERROR(ForEachInstance([&](const core::Instance& instance) {
    for (const auto& [key, job] : instance.jobs) {
      if (job.type == type) jobs.push_back(job);
    }
  }));
  std::sort(jobs.begin(), jobs.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return jobs;
}

absl::StatusOr<core::Instance> ScenarioWorld::InstanceOf(
    const std::string& process) {
  core::Instance found;
  PAWL_RETURN_IF_ERROR(ForEachInstance([&](const core::Instance& instance) {
    if (!process.empty() && instance.process_id != process) return;
    // Keys rise, so a later one is newer; but one that runs comes first.
    if (instance.ended() && found.exists() && !found.ended()) return;
    found = instance;
  }));
  if (!found.exists()) {
    return absl::NotFoundError(process.empty()
                                   ? "no instance was started"
                                   : absl::StrCat("no instance of process '",
                                                  process, "' was started"));
  }
  return found;
}

absl::StatusOr<InstanceKey> ScenarioWorld::OnlyRunning() {
  std::vector<InstanceKey> running;
  PAWL_RETURN_IF_ERROR(ForEachInstance([&](const core::Instance& instance) {
    if (!instance.ended()) running.push_back(instance.key);
  }));
  if (running.empty()) return absl::NotFoundError("no instance runs");
  if (running.size() > 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("got ", running.size(),
                     " running instances, wanted one, or `process`"));
  }
  return running.front();
}

absl::StatusOr<std::vector<std::string>> ScenarioWorld::IncidentsSince(
    Position position) {
  std::vector<std::string> types;
  if (driver_->store().End(0) == position) return types;
  absl::Status status;
  PAWL_RETURN_IF_ERROR(driver_->store().Read(
      0, position + 1, driver_->store().End(0),
      [&](Position, std::string_view bytes) {
        const auto record = core::DecodeRecord(bytes);
        if (!record.ok()) {
          status = record.status();
          return false;
        }
        for (const fb::EventUnion& event : (*record)->events) {
          if (const auto* incident = event.AsIncidentRaised()) {
            types.emplace_back(fb::EnumNameIncidentType(incident->type));
          }
        }
        return true;
      }));
  PAWL_RETURN_IF_ERROR(status);
  return types;
}

absl::StatusOr<std::vector<ScenarioWorld::Completed>>
ScenarioWorld::CompletedOf(InstanceKey instance) {
  PartitionData& data = driver_->data();
  PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                        data.PositionsOf(instance));
  std::shared_ptr<const model::ProcessDefinition> model;
  absl::btree_map<uint64_t, uint32_t> elements;
  std::vector<Completed> completed;
  absl::Status status;
  const auto add = [&](const fb::EventUnion& event) -> absl::Status {
    if (const auto* started = event.AsInstanceStarted()) {
      PAWL_ASSIGN_OR_RETURN(model,
                            data.Model(DefinitionKey(started->definition)));
    } else if (const auto* activating = event.AsElementActivating()) {
      elements[activating->key] = activating->element;
    } else if (const auto* done = event.AsElementCompleted()) {
      const uint32_t index = elements[done->key];
      // The process itself isn't an element of its path.
      if (index == 0) return absl::OkStatus();
      completed.push_back(
          {model->element(index).id, model->element(index).kind});
    }
    return absl::OkStatus();
  };
  PAWL_RETURN_IF_ERROR(
      data.store().ReadAt(0, positions, [&](Position, std::string_view bytes) {
        const auto record = core::DecodeRecord(bytes);
        status = record.status();
        for (size_t i = 0; status.ok() && i < (*record)->events.size(); ++i) {
          status = add((*record)->events[i]);
        }
        return status.ok();
      }));
  PAWL_RETURN_IF_ERROR(status);
  return completed;
}

absl::Status ScenarioWorld::CheckDigests() {
  if (options_.checkpoint_each_step) {
    const Reply reply = driver_->Submit(Request{0, CheckpointRequest{}});
    PAWL_RETURN_IF_ERROR(reply.status);
  }
  PAWL_ASSIGN_OR_RETURN(const std::string live, driver_->data().StateDigest());
  driver_->data().ForgetInstances();
  PAWL_ASSIGN_OR_RETURN(const std::string cold, driver_->data().StateDigest());
  PAWL_ASSIGN_OR_RETURN(const ReplayResult replayed,
                        Replay(driver_->store(), {}));
  if (live == cold && live == replayed.digest) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("digests differ: live ", live, ", folded from the caches ",
                   cold, ", replayed from the log ", replayed.digest));
}

absl::Status ScenarioWorld::VerifyAndClose() {
  PAWL_RETURN_IF_ERROR(driver_->Close());
  driver_.reset();
  PAWL_ASSIGN_OR_RETURN(
      const std::unique_ptr<MemoryEventStore> store,
      MemoryEventStore::Open(disk_, {.read_only = true}, nullptr));
  PAWL_ASSIGN_OR_RETURN(const VerifyReport report, Verify(store.get(), {}));
  if (report.ok()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("verify: ", report.difference->text));
}

}  // namespace pawl::replay
