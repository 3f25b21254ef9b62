// The public door: checks what comes in, makes a command or a query of it, and
// turns the reply into what the caller gets.
#include "engine/engine.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/archive.h"
#include "engine/convert.h"
#include "engine/core/state.h"
#include "engine/deployment.h"
#include "engine/door_checks.h"
#include "engine/driver.h"
#include "engine/expression/schedule/schedule.h"
#include "engine/finish_trim.h"
#include "engine/fork_note.h"
#include "engine/handler_call.h"
#include "engine/javascript_jobs.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/partition.h"
#include "engine/query.h"
#include "eventstore/memory_event_store.h"
#include "eventstore/rocksdb_event_store.h"

namespace pawl {
namespace {

// Recorded with every opening.
constexpr char kBuild[] = "pawl 0.1";
constexpr int kHandlerThreadsMax = 1024;

absl::Status CheckOptions(const EngineOptions& options) {
  if (options.partitions != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("EngineOptions.partitions: got ", options.partitions,
                     ", wanted 1, which is all that this build runs"));
  }
  if (options.handler_threads < 1 ||
      options.handler_threads > kHandlerThreadsMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "EngineOptions.handler_threads: got ", options.handler_threads,
        ", wanted 1 to ", kHandlerThreadsMax));
  }
  if (const absl::Status zone =
          expression::schedule::CheckZone(options.time_zone);
      !zone.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("EngineOptions.time_zone: ", zone.message()));
  }
  PAWL_RETURN_IF_ERROR(CheckOptionalName("EngineOptions.actor", options.actor));
  if (options.snapshot_records < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("EngineOptions.snapshot_records: got ",
                     options.snapshot_records, ", wanted 1 or more"));
  }
  return absl::OkStatus();
}

eventstore::StoreOptions ToStoreOptions(const EngineOptions& options) {
  eventstore::StoreOptions out;
  out.directory = options.directory;
  out.partitions = options.partitions;
  out.durability = options.durability == Durability::kSync
                       ? eventstore::Durability::kSync
                       : eventstore::Durability::kBuffered;
  if (options.accept_loss_after.has_value()) {
    out.accept_loss_after.push_back({0, *options.accept_loss_after, 0});
  }
  out.checkpoint_log_bytes = options.checkpoint_bytes;
  out.overlay_bytes = options.cache_bytes / 2;
  out.block_cache_bytes = options.cache_bytes / 2;
  out.is_dead = IsDeadEntry;
  return out;
}

std::unique_ptr<fb::JobOwnerT> Owner(std::string_view worker) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->worker = std::string(worker);
  return owner;
}

using expression::script::JavaScript;

// Null: the engine runs none.
absl::StatusOr<std::shared_ptr<JavaScript>> OpenJavaScript(
    const std::string& program) {
  if (program.empty()) return nullptr;
  JavaScript::Options options;
  // Who only looks for it may never need it.
  options.start_now = program != "auto";
  if (program != "auto") options.program = program;
  auto javascript = JavaScript::Create(std::move(options));
  if (javascript.ok()) return std::shared_ptr(*std::move(javascript));
  if (program == "auto") return nullptr;
  return javascript.status();
}

// A fork's time: its clock, and where that is kept.
struct ForkTime {
  std::string directory;
  ForkNote note;
  VirtualClock clock;

  ForkTime(std::string where, const ForkNote& read)
      : directory(std::move(where)), note(read), clock(read.clock_ms) {}
};

// What an engine has besides its driver.
struct EngineParts {
  absl::Duration close_timeout;
  std::shared_ptr<JavaScript> javascript;
  std::string time_zone;
  std::string actor;
  bool actor_first = false;
  // Null: the store is no fork, or has a clock from outside.
  std::unique_ptr<ForkTime> fork;
  Clock* clock = nullptr;
};

class EngineImpl final : public Engine {
 public:
  // The driver goes before the clock that it uses.
  EngineImpl(EngineParts parts, std::unique_ptr<Driver> driver)
      : close_timeout_(parts.close_timeout),
        javascript_(std::move(parts.javascript)),
        time_zone_(std::move(parts.time_zone)),
        actor_(std::move(parts.actor)),
        actor_first_(parts.actor_first),
        fork_(std::move(parts.fork)),
        clock_(parts.clock),
        driver_(std::move(driver)) {}
  ~EngineImpl() override { Close().IgnoreError(); }

  absl::Status Close() override { return driver_->Close(close_timeout_); }

  // --- Definitions
  // -------------------------------------------------------------

  absl::StatusOr<std::vector<DeployedProcess>> Deploy(
      std::vector<BpmnSource> sources) override {
    JavaScriptCheck check = NoJavaScript;
    if (javascript_ != nullptr) {
      check = [this](std::string_view text) {
        return javascript_->Check(text);
      };
    }
    PAWL_ASSIGN_OR_RETURN(fb::CommandUnion command,
                          MakeDeployment(sources, check, time_zone_));
    const Reply reply =
        driver_->Call(Request{0, CommandRequest{std::move(command), actor_}});
    PAWL_RETURN_IF_ERROR(reply.status);
    std::vector<DeployedProcess> out;
    for (const core::Answer::Deployed& deployed : reply.answer.deployed) {
      out.push_back({deployed.process_id, deployed.key, deployed.version,
                     deployed.is_new});
    }
    return out;
  }

  absl::StatusOr<std::vector<DefinitionInfo>> Definitions() override {
    return Ask<std::vector<DefinitionInfo>>(
        [](PartitionData& data) { return ListDefinitions(data); });
  }

  absl::StatusOr<std::string> Xml(DefinitionKey key) override {
    return Ask<std::string>(
        [key](PartitionData& data) -> absl::StatusOr<std::string> {
          PAWL_ASSIGN_OR_RETURN(DefinitionCache::Source source,
                                data.SourceOf(key));
          return std::move(source.xml);
        });
  }

  absl::StatusOr<std::optional<Form>> StartForm(DefinitionKey key) override {
    return Ask<std::optional<Form>>(
        [key](PartitionData& data) { return pawl::StartForm(data, key); });
  }

  // The layout isn't made on the partition's thread.
  absl::StatusOr<std::string> ExportBpmn(DefinitionKey key) override {
    PAWL_ASSIGN_OR_RETURN(const std::string xml, Xml(key));
    return model::WithDiagram(xml);
  }

  // --- Instances
  // ---------------------------------------------------------------

  absl::StatusOr<InstanceKey> Start(std::string_view process_id,
                                    Variables variables,
                                    StartOptions options) override {
    PAWL_ASSIGN_OR_RETURN(Request request,
                          MakeStart(process_id, variables, options));
    return StartedBy(driver_->Call(std::move(request)));
  }

  void StartAsync(
      std::string_view process_id, Variables variables, StartOptions options,
      std::function<void(absl::StatusOr<InstanceKey>)> done) override {
    absl::StatusOr<Request> request = MakeStart(process_id, variables, options);
    if (!request.ok()) return done(request.status());
    driver_->Post(*std::move(request), [done = std::move(done)](Reply reply) {
      done(StartedBy(reply));
    });
  }

  absl::StatusOr<InstanceResult> AwaitEnd(InstanceKey instance,
                                          absl::Duration timeout) override {
    const Reply reply =
        driver_->CallFor(Request{0, AwaitEndRequest{instance}}, timeout);
    if (absl::IsDeadlineExceeded(reply.status)) {
      return absl::DeadlineExceededError(
          absl::StrCat("instance ", instance.value(), " has not ended within ",
                       absl::FormatDuration(timeout)));
    }
    PAWL_RETURN_IF_ERROR(reply.status);
    InstanceResult result;
    result.state = ToInstanceState(reply.end_state);
    for (const auto& [name, json] : reply.variables) {
      PAWL_ASSIGN_OR_RETURN(Value value, Value::FromJson(json));
      result.variables.Set(name, std::move(value));
    }
    return result;
  }

  absl::Status Cancel(InstanceKey instance, std::string_view reason) override {
    fb::CancelInstanceT command;
    command.instance = instance.value();
    command.reason = CutMessage(std::string(reason));
    return Do(std::move(command));
  }

  absl::Status Suspend(InstanceKey instance) override {
    fb::SuspendInstanceT command;
    command.instance = instance.value();
    return Do(std::move(command));
  }

  absl::Status SetHold(InstanceKey instance, std::string_view reason) override {
    PAWL_RETURN_IF_ERROR(CheckOptionalName("reason", reason));
    fb::SetHoldT command;
    command.instance = instance.value();
    command.reason = std::string(reason);
    return Do(std::move(command));
  }

  absl::Status ReleaseHold(InstanceKey instance) override {
    fb::ReleaseHoldT command;
    command.instance = instance.value();
    return Do(std::move(command));
  }

  absl::Status Resume(InstanceKey instance) override {
    fb::ResumeInstanceT command;
    command.instance = instance.value();
    return Do(std::move(command));
  }

  absl::Status SetVariables(InstanceKey instance, Variables variables,
                            ElementKey scope) override {
    fb::SetVariablesT command;
    command.instance = instance.value();
    command.scope = scope.value();
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return Do(std::move(command));
  }

  // --- Jobs
  // ----------------------------------------------------------------------

  absl::Status RegisterHandler(std::string_view type, JobHandler handler,
                               HandlerOptions options) override {
    PAWL_RETURN_IF_ERROR(CheckName("job type", type));
    if (handler == nullptr) {
      return absl::InvalidArgumentError("handler: got none, wanted a function");
    }
    if (options.max_in_flight < 1 ||
        options.max_in_flight > kHandlerInFlightMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "HandlerOptions.max_in_flight: got ", options.max_in_flight,
          ", wanted 1 to ", kHandlerInFlightMax, " (kHandlerInFlightMax)"));
    }
    return driver_->RegisterHandler(
        std::string(type), std::move(handler),
        static_cast<uint32_t>(options.max_in_flight));
  }

  absl::Status UnregisterHandler(std::string_view type) override {
    PAWL_RETURN_IF_ERROR(CheckName("job type", type));
    return driver_->UnregisterHandler(std::string(type));
  }

  absl::StatusOr<std::vector<Job>> FetchAndLock(std::string_view type,
                                                std::string_view worker,
                                                absl::Duration lock_time,
                                                int max) override {
    FetchRequest request;
    PAWL_RETURN_IF_ERROR(CheckName("job type", type));
    PAWL_RETURN_IF_ERROR(CheckName("worker", worker));
    PAWL_ASSIGN_OR_RETURN(request.lock_ms,
                          CheckDuration("lock time", lock_time, 1));
    if (max < 1 || max > kFetchJobsMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("fetch: got ", max, " jobs at most, wanted 1 to ",
                       kFetchJobsMax, " (kFetchJobsMax)"));
    }
    request.type = std::string(type);
    request.worker = std::string(worker);
    request.max = max;
    const Reply reply = driver_->Call(Request{0, std::move(request)});
    PAWL_RETURN_IF_ERROR(reply.status);
    std::vector<Job> jobs;
    for (const HandlerCallPtr& call : reply.jobs) {
      PAWL_ASSIGN_OR_RETURN(Job job, JobFactory::Make(call));
      jobs.push_back(std::move(job));
    }
    return jobs;
  }

  absl::Status CompleteJob(JobKey job, std::string_view worker,
                           Variables variables, bool lock_first) override {
    fb::CompleteJobT command;
    PAWL_RETURN_IF_ERROR(CheckName("worker", worker));
    command.job = job.value();
    command.owner = Owner(worker);
    command.lock_first = lock_first;
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return Do(std::move(command), worker);
  }

  absl::Status FailJob(JobKey job, std::string_view worker, JobFailure failure,
                       bool lock_first) override {
    fb::FailJobT command;
    PAWL_RETURN_IF_ERROR(CheckName("worker", worker));
    command.job = job.value();
    command.owner = Owner(worker);
    command.lock_first = lock_first;
    command.message = CutMessage(std::move(failure.message));
    if (failure.retries.has_value()) {
      if (*failure.retries < 0 || *failure.retries > kRetriesMax) {
        return absl::InvalidArgumentError(
            absl::StrCat("retries: got ", *failure.retries, ", wanted 0 to ",
                         kRetriesMax, " (kRetriesMax)"));
      }
      command.retries = *failure.retries;
    }
    if (failure.backoff.has_value()) {
      PAWL_ASSIGN_OR_RETURN(command.backoff_ms,
                            CheckDuration("backoff", *failure.backoff, 0));
    }
    return Do(std::move(command), worker);
  }

  absl::Status ThrowJobError(JobKey job, std::string_view worker,
                             std::string_view code, std::string_view message,
                             Variables variables, bool lock_first) override {
    fb::ThrowJobErrorT command;
    PAWL_RETURN_IF_ERROR(CheckName("worker", worker));
    PAWL_RETURN_IF_ERROR(CheckOptionalName("error code", code));
    command.job = job.value();
    command.owner = Owner(worker);
    command.lock_first = lock_first;
    command.code = std::string(code);
    command.message = CutMessage(std::string(message));
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return Do(std::move(command), worker);
  }

  absl::Status ExtendJobLock(JobKey job, std::string_view worker,
                             absl::Duration lock_time) override {
    fb::ExtendJobLockT command;
    PAWL_RETURN_IF_ERROR(CheckName("worker", worker));
    command.job = job.value();
    command.owner = Owner(worker);
    PAWL_ASSIGN_OR_RETURN(command.lock_ms,
                          CheckDuration("lock time", lock_time, 1));
    return Do(std::move(command), worker);
  }

  absl::Status UnlockJob(JobKey job, std::string_view worker) override {
    fb::UnlockJobT command;
    PAWL_RETURN_IF_ERROR(CheckName("worker", worker));
    command.job = job.value();
    command.owner = Owner(worker);
    return Do(std::move(command), worker);
  }

  // --- Tasks and incidents
  // ---------------------------------------------------------

  absl::Status CompleteTask(TaskKey task, Variables variables,
                            std::string_view user) override {
    PAWL_ASSIGN_OR_RETURN(Request request, MakeComplete(task, variables, user));
    return driver_->Call(std::move(request)).status;
  }

  void CompleteTaskAsync(TaskKey task, Variables variables,
                         std::function<void(absl::Status)> done) override {
    absl::StatusOr<Request> request = MakeComplete(task, variables, "");
    if (!request.ok()) return done(request.status());
    driver_->Post(*std::move(request), [done = std::move(done)](Reply reply) {
      done(std::move(reply.status));
    });
  }

  absl::Status ClaimTask(TaskKey task, std::string_view user) override {
    fb::ClaimTaskT command;
    PAWL_RETURN_IF_ERROR(CheckName("user", user));
    command.task = task.value();
    command.user = std::string(user);
    return Do(std::move(command), user);
  }

  absl::Status UnclaimTask(TaskKey task, std::string_view user) override {
    fb::UnclaimTaskT command;
    PAWL_RETURN_IF_ERROR(CheckOptionalName("user", user));
    command.task = task.value();
    return Do(std::move(command), user);
  }

  absl::Status DelegateTask(TaskKey task, std::string_view user) override {
    fb::DelegateTaskT command;
    PAWL_RETURN_IF_ERROR(CheckName("user", user));
    command.task = task.value();
    command.user = std::string(user);
    return Do(std::move(command));
  }

  absl::Status ResolveTask(TaskKey task, Variables variables) override {
    fb::ResolveTaskT command;
    command.task = task.value();
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return Do(std::move(command));
  }

  absl::Status ChangeTask(TaskKey task, TaskChange change) override {
    PAWL_ASSIGN_OR_RETURN(fb::ChangeTaskT command,
                          CheckChange(std::move(change)));
    command.task = task.value();
    return Do(std::move(command));
  }

  absl::Status SetTaskVariables(TaskKey task, Variables variables,
                                bool local) override {
    fb::SetTaskVariablesT command;
    command.task = task.value();
    command.local = local;
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return Do(std::move(command));
  }

  absl::Status ActivateElements(InstanceKey instance,
                                const std::vector<std::string>& elements,
                                ElementKey scope) override {
    fb::ActivateElementsT command;
    for (const std::string& element : elements) {
      PAWL_RETURN_IF_ERROR(CheckName("element", element));
    }
    command.instance = instance.value();
    command.scope = scope.value();
    command.elements = elements;
    return Do(std::move(command));
  }

  absl::Status ResolveIncident(IncidentKey incident) override {
    fb::ResolveIncidentT command;
    command.incident = incident.value();
    return Do(std::move(command));
  }

  // --- Messages and signals

  absl::StatusOr<PublishResult> PublishMessage(
      std::string_view name, Variables variables,
      MessageOptions options) override {
    fb::PublishMessageT command;
    PAWL_RETURN_IF_ERROR(CheckName("message", name));
    PAWL_RETURN_IF_ERROR(CheckOptionalName("message id", options.id));
    command.name = std::string(name);
    if (options.correlation_key.has_value()) {
      PAWL_RETURN_IF_ERROR(
          CheckName("correlation key", *options.correlation_key));
      command.has_key = true;
      command.correlation_key = *std::move(options.correlation_key);
    }
    PAWL_ASSIGN_OR_RETURN(
        const int64_t live_ms,
        CheckDuration("time to live", options.time_to_live, 0));
    if (live_ms > 0) command.until_ms = clock_->NowMs() + live_ms;
    command.message_id = std::move(options.id);
    command.all = options.all;
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    const Reply reply = driver_->Call(MakeCommand(std::move(command)));
    PAWL_RETURN_IF_ERROR(reply.status);
    return PublishResult{static_cast<int>(reply.answer.receivers),
                         reply.answer.buffered, reply.answer.seen_before};
  }

  absl::StatusOr<int> BroadcastSignal(std::string_view name,
                                      Variables variables) override {
    fb::BroadcastSignalT command;
    PAWL_RETURN_IF_ERROR(CheckName("signal", name));
    command.name = std::string(name);
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    const Reply reply = driver_->Call(MakeCommand(std::move(command)));
    PAWL_RETURN_IF_ERROR(reply.status);
    return static_cast<int>(reply.answer.receivers);
  }

  absl::StatusOr<int> EvaluateConditions(
      Variables variables, std::string_view process_id,
      std::string_view business_key) override {
    fb::EvaluateConditionsT command;
    PAWL_RETURN_IF_ERROR(CheckOptionalName("process", process_id));
    PAWL_RETURN_IF_ERROR(CheckOptionalName("business key", business_key));
    command.process_id = std::string(process_id);
    command.business_key = std::string(business_key);
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    const Reply reply = driver_->Call(MakeCommand(std::move(command)));
    PAWL_RETURN_IF_ERROR(reply.status);
    return static_cast<int>(reply.answer.receivers);
  }

  // --- Queries
  // ---------------------------------------------------------------------

  absl::StatusOr<std::vector<InstanceInfo>> Instances(
      InstanceQuery query) override {
    return Ask<std::vector<InstanceInfo>>(
        [&](PartitionData& data) { return ListInstances(data, query); });
  }
  absl::StatusOr<std::vector<TaskInfo>> Tasks(ListQuery query) override {
    return Ask<std::vector<TaskInfo>>(
        [&](PartitionData& data) { return ListTasks(data, query); });
  }
  absl::StatusOr<std::vector<JobInfo>> Jobs(ListQuery query) override {
    return Ask<std::vector<JobInfo>>(
        [&](PartitionData& data) { return ListJobs(data, query); });
  }
  absl::StatusOr<std::vector<TimerInfo>> Timers(ListQuery query) override {
    return Ask<std::vector<TimerInfo>>(
        [&](PartitionData& data) { return ListTimers(data, query); });
  }
  absl::StatusOr<std::vector<IncidentInfo>> Incidents(
      ListQuery query) override {
    return Ask<std::vector<IncidentInfo>>(
        [&](PartitionData& data) { return ListIncidents(data, query); });
  }
  absl::StatusOr<InstanceDetails> Inspect(InstanceKey instance) override {
    return Ask<InstanceDetails>(
        [&](PartitionData& data) { return pawl::Inspect(data, instance); });
  }
  absl::StatusOr<EngineStats> Stats() override {
    return Ask<EngineStats>(
        [](PartitionData& data) { return CollectStats(data); });
  }

  // --- Operation
  // -------------------------------------------------------------------

  void AddObserver(Observer* observer) override {
    driver_->AddObserver(observer);
  }

  absl::Status AwaitIdle(absl::Duration timeout) override {
    const absl::Status status =
        driver_->CallFor(Request{0, AwaitIdleRequest{}}, timeout).status;
    if (absl::IsDeadlineExceeded(status)) {
      return absl::DeadlineExceededError(
          absl::StrCat("still busy after ", absl::FormatDuration(timeout)));
    }
    return status;
  }

  absl::Status AdvanceClock(absl::Time to) override {
    if (fork_ == nullptr) {
      return absl::FailedPreconditionError(
          "the clock of this store is the system's; only a fork's can be "
          "moved");
    }
    const int64_t to_ms = absl::ToUnixMillis(to);
    if (to_ms < clock_->NowMs() || to_ms > kTimeMsMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("time: got ", absl::FormatTime(to, absl::UTCTimeZone()),
                       ", wanted one from ",
                       absl::FormatTime(Now(), absl::UTCTimeZone()), " on"));
    }
    PAWL_RETURN_IF_ERROR(AwaitIdle(absl::InfiniteDuration()));
    for (;;) {
      PAWL_ASSIGN_OR_RETURN(
          const int64_t due_ms, Ask<int64_t>([](PartitionData& data) {
            return absl::StatusOr<int64_t>(data.work().next_due_ms());
          }));
      if (due_ms > to_ms) break;
      fork_->clock.AdvanceTo(std::max(due_ms, clock_->NowMs()));
      PAWL_RETURN_IF_ERROR(AwaitIdle(absl::InfiniteDuration()));
    }
    fork_->clock.AdvanceTo(to_ms);
    PAWL_RETURN_IF_ERROR(AwaitIdle(absl::InfiniteDuration()));
    fork_->note.clock_ms = to_ms;
    return WriteForkNote(fork_->directory, fork_->note);
  }

  // The records of a fork may be ahead of its note, when its process was killed
  // while time moved.
  absl::Status CatchUpClock() {
    if (fork_ == nullptr) return absl::OkStatus();
    PAWL_ASSIGN_OR_RETURN(
        const int64_t time_ms, Ask<int64_t>([](PartitionData& data) {
          return absl::StatusOr<int64_t>(data.state().time_ms);
        }));
    fork_->clock.AdvanceTo(std::max(time_ms, clock_->NowMs()));
    return absl::OkStatus();
  }

  absl::Time Now() override { return absl::FromUnixMillis(clock_->NowMs()); }

  absl::Status Checkpoint() override {
    return driver_->Call(Request{0, CheckpointRequest{}}).status;
  }

  absl::StatusOr<std::string> StateDigest() override {
    return Ask<std::string>(
        [](PartitionData& data) { return data.StateDigest(); });
  }

 private:
  template <typename CommandT>
  Request MakeCommand(CommandT command, std::string_view actor = "") const {
    CommandRequest request;
    request.command.Set(std::move(command));
    request.actor = actor.empty() || actor_first_ ? actor_ : std::string(actor);
    return Request{0, std::move(request)};
  }

  template <typename CommandT>
  absl::Status Do(CommandT command, std::string_view actor = "") {
    return driver_->Call(MakeCommand(std::move(command), actor)).status;
  }

  // Runs `query` on the partition's thread and waits until what it saw is
  // durable; until then nobody else touches `answer`.
  template <typename T, typename Query>
  absl::StatusOr<T> Ask(const Query& query) {
    T answer{};
    QueryRequest request;
    request.run = [&](PartitionData& data) -> absl::Status {
      PAWL_ASSIGN_OR_RETURN(answer, query(data));
      return absl::OkStatus();
    };
    PAWL_RETURN_IF_ERROR(driver_->Call(Request{0, std::move(request)}).status);
    return answer;
  }

  static absl::StatusOr<InstanceKey> StartedBy(const Reply& reply) {
    PAWL_RETURN_IF_ERROR(reply.status);
    return reply.answer.instance;
  }

  absl::StatusOr<Request> MakeStart(std::string_view process_id,
                                    const Variables& variables,
                                    const StartOptions& options) const {
    PAWL_RETURN_IF_ERROR(CheckName("process id", process_id));
    PAWL_RETURN_IF_ERROR(
        CheckOptionalName("business key", options.business_key));
    PAWL_RETURN_IF_ERROR(
        CheckOptionalName("idempotency key", options.idempotency_key));
    fb::StartInstanceT command;
    command.process_id = std::string(process_id);
    command.version = options.version;
    command.business_key = options.business_key;
    command.idempotency_key = options.idempotency_key;
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return MakeCommand(std::move(command));
  }

  absl::StatusOr<Request> MakeComplete(TaskKey task, const Variables& variables,
                                       std::string_view user) const {
    PAWL_RETURN_IF_ERROR(CheckOptionalName("user", user));
    fb::CompleteTaskT command;
    command.task = task.value();
    command.user = std::string(user);
    PAWL_ASSIGN_OR_RETURN(command.variables, ToWire(variables));
    return MakeCommand(std::move(command), user);
  }

  const absl::Duration close_timeout_;
  const std::shared_ptr<JavaScript> javascript_;
  const std::string time_zone_;
  const std::string actor_;
  const bool actor_first_;
  const std::unique_ptr<ForkTime> fork_;
  Clock* const clock_;
  // Goes first: its thread uses the clock.
  const std::unique_ptr<Driver> driver_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  PAWL_RETURN_IF_ERROR(CheckOptions(options));
  DriverOptions driver_options;
  driver_options.data.cache_bytes = options.cache_bytes;
  driver_options.data.snapshot_records =
      static_cast<uint32_t>(options.snapshot_records);
  driver_options.handler_threads = options.handler_threads;
  EngineParts parts;
  if (options.clock == nullptr && !options.directory.empty()) {
    PAWL_ASSIGN_OR_RETURN(const std::optional<ForkNote> note,
                          ReadForkNote(options.directory));
    if (note.has_value()) {
      parts.fork = std::make_unique<ForkTime>(options.directory, *note);
    }
  }
  parts.clock = options.clock != nullptr ? options.clock
                : parts.fork != nullptr  ? &parts.fork->clock
                                         : SystemClock();
  driver_options.clock = parts.clock;
  PAWL_ASSIGN_OR_RETURN(std::shared_ptr<JavaScript> javascript,
                        OpenJavaScript(options.javascript));
  driver_options.build = kBuild;

  const auto open_store = [&](eventstore::EventStoreListener* listener)
      -> absl::StatusOr<std::unique_ptr<eventstore::EventStore>> {
    const eventstore::StoreOptions store_options = ToStoreOptions(options);
    if (!options.directory.empty()) {
      PAWL_ASSIGN_OR_RETURN(auto store, eventstore::OpenRocksDbEventStore(
                                            store_options, listener));
      PAWL_RETURN_IF_ERROR(FinishTrims(store.get()));
      return store;
    }
    PAWL_ASSIGN_OR_RETURN(
        std::unique_ptr<eventstore::MemoryEventStore> store,
        eventstore::MemoryEventStore::Open(
            std::make_shared<eventstore::MemoryDisk>(), store_options, listener,
            eventstore::MemoryEventStore::Completion::kAtOnce));
    return store;
  };
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Driver> driver,
                        Driver::Open(open_store, std::move(driver_options)));
  if (javascript != nullptr) {
    PAWL_RETURN_IF_ERROR(driver->RegisterHandler(
        core::kJavaScriptJobType,
        MakeJavaScriptHandler(javascript, parts.clock),
        static_cast<uint32_t>(HandlerOptions().max_in_flight)));
  }
  parts.close_timeout = options.close_timeout;
  parts.javascript = std::move(javascript);
  parts.time_zone = options.time_zone;
  parts.actor = options.actor;
  parts.actor_first = options.actor_first;
  auto engine =
      std::make_unique<EngineImpl>(std::move(parts), std::move(driver));
  PAWL_RETURN_IF_ERROR(engine->CatchUpClock());
  return engine;
}

}  // namespace pawl
