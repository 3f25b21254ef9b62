// The public door of the embedded library: open a store, deploy models, start
// instances, do their work, and close or be killed at any time.
//
//   auto engine = pawl::Engine::Open({.directory = "data"}).value();
//   engine->Deploy(pawl::BpmnFile("order.bpmn")).value();
//   auto order = engine->Start("order", {{"amount", 120}}).value();
//   engine->AwaitEnd(order, absl::Minutes(1)).value();
//
// Every method may be called from any thread; in a callback or an observer,
// which run on the engine's own thread, those that wait answer
// FailedPrecondition. A method that changes something returns when its record
// is durable; what it returned OK for is never lost.
// Common codes: InvalidArgument, NotFound (key unknown, or what it named has
// ended), FailedPrecondition (the state forbids it; nothing changed),
// ResourceExhausted (a named limit), Unavailable (the store failed under this
// command, or the engine is closed: outcome unknown, ask again after opening),
// DataLoss (the store is damaged).
#ifndef PAWL_ENGINE_ENGINE_H_
#define PAWL_ENGINE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"
#include "engine/clock.h"
#include "engine/job.h"
#include "engine/observer.h"
#include "engine/source.h"
#include "engine/types.h"
#include "engine/value.h"

namespace pawl {

// What survives: kSync a power loss, kBuffered a killed process.
enum class Durability { kSync, kBuffered };

struct EngineOptions {
  // Made when absent. Empty: a store in memory, gone with the engine.
  std::string directory = {};
  Durability durability = Durability::kSync;
  // Logs that the store has; fixed when it is made. This build runs 1.
  int partitions = 1;
  // Threads that run in-process handlers.
  int handler_threads = 2;
  // Memory for instances that were used lately; indexes and RocksDB's blocks
  // have as much again.
  size_t cache_bytes = 64u << 20;
  // Bytes of log between checkpoints: bounds what an opening has to read.
  size_t checkpoint_bytes = 8u << 20;
  // Records of one instance that may have to be folded before it gets a
  // snapshot.
  int snapshot_records = 32;
  // Close waits this long for running handlers, then leaves their jobs to be
  // handed out again.
  absl::Duration close_timeout = absl::Seconds(10);
  // The program that runs JavaScript of models in a cage, pawl-javascript: its
  // path, or "auto": $PAWL_JAVASCRIPT, else beside the running program, and no
  // JavaScript if it is in neither. Empty: models with JavaScript are refused.
  std::string javascript = {};
  // Zone of the zone database ("Europe/Berlin") in which times, days and cron
  // texts of timers are read that name none; empty: UTC. Models keep the one
  // with which they were deployed.
  std::string time_zone = {};
  // Not owned; must outlive the engine. Null: the system's clock, or in a fork
  // the virtual one that its note names (replay/fork.h).
  Clock* clock = nullptr;
  // Who gives commands, for the audit, where no user or worker is named with
  // them. Empty: nobody says.
  std::string actor = {};
  // That one gives all commands, also where they name a user or a worker.
  bool actor_first = false;
  // Accept that acknowledged records after this position are lost; only after
  // an opening said DataLoss. Recorded in the log.
  std::optional<Position> accept_loss_after = {};
};

struct StartOptions {
  // 0: the newest.
  uint32_t version = 0;
  std::string business_key = {};
  // A second start with the same key starts nothing and gives the first's
  // answer.
  std::string idempotency_key = {};
};

struct HandlerOptions {
  // Jobs handed to this handler at once, running and waiting for a thread.
  int max_in_flight = 2048;
};

// What a worker says of a failed job.
struct JobFailure {
  std::string message = {};
  // Attempts left; absent: one less than before.
  std::optional<int> retries = {};
  // Absent: the model's.
  std::optional<absl::Duration> backoff = {};
};

struct MessageOptions {
  // Absent: any subscription of the name matches.
  std::optional<std::string> correlation_key = {};
  // How long it waits for a receiver when nobody waits for it yet. With zero it
  // doesn't.
  absl::Duration time_to_live = absl::ZeroDuration();
  // Not empty: a message of this name and id is published once; the id is
  // remembered for the time to live, and for a day at least
  // (kMessageIdKeptMs).
  std::string id = {};
  // To every match, instead of to the oldest.
  bool all = false;
};

struct PublishResult {
  // Waiting instances that get it, and instances that it starts.
  int receivers = 0;
  // Nobody waited: it waits for its time to live.
  bool buffered = false;
  // It was published before, under this id; nothing was done.
  bool seen_before = false;
};

class Engine {
 public:
  // Opens or makes the store, recovers what was acknowledged, fires what fell
  // due meanwhile. FailedPrecondition: another process has it open. DataLoss:
  // an acknowledged record is missing or damaged; the message names positions.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(EngineOptions options);

  // Closes, if Close wasn't called.
  virtual ~Engine() = default;

  // Stops taking commands, waits for running handlers (close_timeout), makes a
  // checkpoint. Commands that wait get Unavailable. Idempotent.
  virtual absl::Status Close() = 0;

  // --- Definitions -----------------------------------------------------------
  // Whole or not at all. InvalidArgument lists every problem as
  // file:line:column.
  virtual absl::StatusOr<std::vector<DeployedProcess>> Deploy(
      std::vector<BpmnSource> sources) = 0;
  absl::StatusOr<std::vector<DeployedProcess>> Deploy(BpmnSource source) {
    return Deploy(std::vector<BpmnSource>{std::move(source)});
  }
  virtual absl::StatusOr<std::vector<DefinitionInfo>> Definitions() = 0;
  // The deployed source, byte for byte.
  virtual absl::StatusOr<std::string> Xml(DefinitionKey key) = 0;
  // The form of its none start event, if it has one.
  virtual absl::StatusOr<std::optional<Form>> StartForm(DefinitionKey key) = 0;
  // The deployed source; when it has no diagram (BPMN DI), with one that is
  // laid out from left to right. Whatever else it holds is as it was.
  virtual absl::StatusOr<std::string> ExportBpmn(DefinitionKey key) = 0;

  // --- Instances -------------------------------------------------------------
  virtual absl::StatusOr<InstanceKey> Start(std::string_view process_id,
                                            Variables variables = {},
                                            StartOptions options = {}) = 0;
  // `done` runs on a thread of the engine once the start is durable; it must be
  // quick and must not call a method that waits. What is refused at once is
  // told on the caller's thread; ResourceExhausted: kQueuedCommandsMax wait.
  virtual void StartAsync(
      std::string_view process_id, Variables variables, StartOptions options,
      std::function<void(absl::StatusOr<InstanceKey>)> done) = 0;
  // FailedPrecondition with the incident's text as soon as the instance has
  // one; DeadlineExceeded after `timeout` (of real time).
  virtual absl::StatusOr<InstanceResult> AwaitEnd(InstanceKey instance,
                                                  absl::Duration timeout) = 0;
  virtual absl::Status Cancel(InstanceKey instance,
                              std::string_view reason = "") = 0;
  // A suspended instance takes no step: its jobs are not handed out, results
  // for it are refused, its timers rest until Resume.
  virtual absl::Status Suspend(InstanceKey instance) = 0;
  virtual absl::Status Resume(InstanceKey instance) = 0;
  // A legal hold: the instance, with all that it called and was called by,
  // isn't archived until ReleaseHold; see replay/retain.h. A second one gives a
  // new reason. NotFound: no such instance, or it is in the archive already,
  // where nothing is deleted.
  virtual absl::Status SetHold(InstanceKey instance,
                               std::string_view reason = "") = 0;
  // FailedPrecondition: there is none.
  virtual absl::Status ReleaseHold(InstanceKey instance) = 0;
  // `scope` not valid: the root scope.
  virtual absl::Status SetVariables(InstanceKey instance, Variables variables,
                                    ElementKey scope = {}) = 0;

  // --- Jobs ------------------------------------------------------------------
  // From now on jobs of `type` go to `handler`; replaces an earlier one.
  virtual absl::Status RegisterHandler(std::string_view type,
                                       JobHandler handler,
                                       HandlerOptions options = {}) = 0;
  // Jobs of `type` wait to be fetched again. Running calls go on.
  virtual absl::Status UnregisterHandler(std::string_view type) = 0;
  // Up to `max` ready jobs, oldest first, locked for `worker` for `lock_time`.
  virtual absl::StatusOr<std::vector<Job>> FetchAndLock(
      std::string_view type, std::string_view worker, absl::Duration lock_time,
      int max = 1) = 0;
  // The four below: FailedPrecondition, naming owner and expiry, unless
  // `worker` holds a live lock; `lock_first` takes a job that nobody holds.
  virtual absl::Status CompleteJob(JobKey job, std::string_view worker,
                                   Variables variables = {},
                                   bool lock_first = false) = 0;
  virtual absl::Status FailJob(JobKey job, std::string_view worker,
                               JobFailure failure, bool lock_first = false) = 0;
  virtual absl::Status ThrowJobError(JobKey job, std::string_view worker,
                                     std::string_view code,
                                     std::string_view message = "",
                                     Variables variables = {},
                                     bool lock_first = false) = 0;
  virtual absl::Status ExtendJobLock(JobKey job, std::string_view worker,
                                     absl::Duration lock_time) = 0;
  virtual absl::Status UnlockJob(JobKey job, std::string_view worker) = 0;

  // --- Tasks -----------------------------------------------------------------
  // `user` may be empty; a task that is claimed by somebody else is refused.
  virtual absl::Status CompleteTask(TaskKey task, Variables variables = {},
                                    std::string_view user = "") = 0;
  // As StartAsync.
  virtual void CompleteTaskAsync(TaskKey task, Variables variables,
                                 std::function<void(absl::Status)> done) = 0;
  virtual absl::Status ClaimTask(TaskKey task, std::string_view user) = 0;
  // `user`: who gives it back; may be empty.
  virtual absl::Status UnclaimTask(TaskKey task,
                                   std::string_view user = "") = 0;
  // Gives the task to `user`, to be given back: its owner, if it has none, is
  // who had it. A delegated task can't be completed (FailedPrecondition), but
  // may be delegated again.
  virtual absl::Status DelegateTask(TaskKey task, std::string_view user) = 0;
  // Gives a delegated task back to its owner, with what was found out.
  // FailedPrecondition: it isn't delegated.
  virtual absl::Status ResolveTask(TaskKey task, Variables variables = {}) = 0;
  // Sets what `change` names, whoever has the task. InvalidArgument: a name or
  // time that can't be.
  virtual absl::Status ChangeTask(TaskKey task, TaskChange change) = 0;
  // `local`: in the task's own scope, which only it sees and which goes with
  // it (TaskInfo::scope, Inspect); else as the variables of a completed task.
  virtual absl::Status SetTaskVariables(TaskKey task, Variables variables,
                                        bool local = true) = 0;
  // All of these, claim, unclaim and complete: FailedPrecondition while a
  // listener of the task runs or has failed.

  // Runs these elements of an ad-hoc sub-process, which no flow leads to, each
  // once for each time that it is named. `scope`: the activation of the
  // sub-process (a scope of Inspect); not valid: the only one that is active.
  // NotFound, InvalidArgument: no such instance or element. FailedPrecondition:
  // it isn't active, or is done but for what still runs in it.
  virtual absl::Status ActivateElements(
      InstanceKey instance, const std::vector<std::string>& elements,
      ElementKey scope = ElementKey()) = 0;

  // --- Messages and signals --------------------------------------------------
  // To one receiver: the oldest open subscription that matches, else the
  // message start event of the name, else the buffer. NotFound ("no_match"):
  // none of these. Who gets it has it when this returns, and moves on in its
  // own record.
  virtual absl::StatusOr<PublishResult> PublishMessage(
      std::string_view name, Variables variables = {},
      MessageOptions options = {}) = 0;
  // To every open subscription and signal start event of the name, once each;
  // their number. ResourceExhausted: more than a record holds
  // (kRecordBytesMax).
  virtual absl::StatusOr<int> BroadcastSignal(std::string_view name,
                                              Variables variables = {}) = 0;

  // Starts an instance of the newest version of each process with a conditional
  // start event whose condition holds with these variables, which it gets; one
  // for each such event. `process_id`: of that process only. Their number.
  virtual absl::StatusOr<int> EvaluateConditions(
      Variables variables, std::string_view process_id = "",
      std::string_view business_key = "") = 0;

  // --- Incidents -------------------------------------------------------------
  // Repeats the failed step; it may raise the incident again.
  virtual absl::Status ResolveIncident(IncidentKey incident) = 0;

  // --- Queries (see what is durable) -----------------------------------------
  virtual absl::StatusOr<std::vector<InstanceInfo>> Instances(
      InstanceQuery query = {}) = 0;
  virtual absl::StatusOr<std::vector<TaskInfo>> Tasks(ListQuery query = {}) = 0;
  virtual absl::StatusOr<std::vector<JobInfo>> Jobs(ListQuery query = {}) = 0;
  virtual absl::StatusOr<std::vector<TimerInfo>> Timers(
      ListQuery query = {}) = 0;
  virtual absl::StatusOr<std::vector<IncidentInfo>> Incidents(
      ListQuery query = {}) = 0;
  virtual absl::StatusOr<InstanceDetails> Inspect(InstanceKey instance) = 0;
  virtual absl::StatusOr<EngineStats> Stats() = 0;

  // --- Operation -------------------------------------------------------------
  // Not owned; must outlive the engine. See observer.h.
  virtual void AddObserver(Observer* observer) = 0;
  // Returns when nothing is left to do at the present time: no queued command,
  // running handler or due timer. DeadlineExceeded after `timeout`.
  virtual absl::Status AwaitIdle(absl::Duration timeout) = 0;
  // In a fork: moves its clock to `to`, and on the way to each time at which
  // something is due, and does that; handlers run as ever. Returns when nothing
  // is left to do at `to`; the time is kept. FailedPrecondition: this store's
  // time isn't virtual. InvalidArgument: `to` is before its time.
  virtual absl::Status AdvanceClock(absl::Time to) = 0;
  // Where the clock stands.
  virtual absl::Time Now() = 0;
  // Writes caches now, so that the next opening is quick.
  virtual absl::Status Checkpoint() = 0;
  // Digest of all state, as `pawl replay` prints it. Folds every instance.
  virtual absl::StatusOr<std::string> StateDigest() = 0;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_ENGINE_H_
