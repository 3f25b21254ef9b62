// Partition: the live state machine of one partition. It takes commands, asks
// Decide, folds what was decided, and lets effects out once they are durable.
//
// Its one door is Step(now, inputs) -> outputs. There is no thread, no clock
// and no IO here but reads, so that tests drive the real engine from a seed;
// driver.h runs it on a thread, manual_driver.h without one. Decisions are made
// in rounds: a round is what was queued, appended as one batch; while one round
// syncs the next is decided, and at most kRoundsUnsyncedMax are under way.
//
// Effects follow durability: replies, answers to queries, handler calls and
// what observers see are kept with their round and leave when the store says
// that it is durable. Only Decide reads beyond that.
//
// Thread-compatible.
#ifndef PAWL_ENGINE_PARTITION_H_
#define PAWL_ENGINE_PARTITION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/limits.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/core/lookups.h"
#include "engine/handler_call.h"
#include "engine/observation.h"
#include "engine/partition_data.h"
#include "schemas/record_generated.h"

namespace pawl {

// Who asked, in records that come from an in-process handler's result.
inline constexpr char kActorHandler[] = "handler";

// --- Inputs
// --------------------------------------------------------------------

struct CommandRequest {
  fb::CommandUnion command;
  std::string actor;
};
// Locks up to `max` ready jobs, oldest first.
struct FetchRequest {
  std::string type;
  std::string worker;
  int64_t lock_ms = 0;
  int max = 1;
};
// Runs on the partition's thread and must not change the data; what it says is
// the reply's status. Its answer is seen only when the reply has come.
struct QueryRequest {
  std::function<absl::Status(PartitionData&)> run;
};
// Answered when the instance ends, or with FailedPrecondition when it has, or
// gets, an incident.
struct AwaitEndRequest {
  InstanceKey instance;
};
// Answered when nothing is left to do at the present time.
struct AwaitIdleRequest {};
struct CheckpointRequest {};
// Whoever waits under `waiting` gets DeadlineExceeded now; OK in any case.
struct ForgetRequest {
  uint64_t waiting = 0;
};

struct Request {
  // Names the caller in the one reply that it gets; 0: none is wanted.
  uint64_t token = 0;
  std::variant<CommandRequest, FetchRequest, QueryRequest, AwaitEndRequest,
               AwaitIdleRequest, CheckpointRequest, ForgetRequest>
      what;
};

struct StepInput {
  std::vector<Request> requests;
  // Calls that were given out, back with their result; each exactly once.
  std::vector<HandlerCallPtr> results;
  // What the store reported since the last step; 0 for nothing new.
  Position durable = 0;
  Position checkpointed = 0;
  absl::Status failed;
  // From now on no new work: requests and waiting callers are refused, no call
  // is given out. Results of running handlers still count.
  bool closing = false;
  // No result will come any more: a last checkpoint, and that was all.
  bool finishing = false;
  // Whether anybody looks at StepOutput::observations.
  bool observed = false;

  void Clear();
};

// --- Outputs
// -------------------------------------------------------------------

struct Reply {
  uint64_t token = 0;
  absl::Status status;
  core::Answer answer;
  // Of a fetch.
  std::vector<HandlerCallPtr> jobs;
  // Of AwaitEnd.
  fb::InstanceState end_state = fb::InstanceState::active;
  std::vector<std::pair<std::string, std::string>> variables;
};

struct StepOutput {
  // To be done in this order, and before the next step.
  // 1. A round to append, if `records` isn't empty.
  Position first = 0;
  std::vector<std::string> records;
  // 2. Partition::Checkpoint() is to be called.
  bool checkpoint = false;
  // 3. Effects, all durable.
  std::vector<Reply> replies;
  std::vector<HandlerCallPtr> calls;
  std::vector<Observation> observations;

  // There is more to do at once.
  bool again = false;
  // Otherwise step again at this time at the latest, if no input comes.
  int64_t wake_at_ms = WorkIndex::kNever;
  // Finishing: everything is done, durable and checkpointed. Or the store has
  // failed, and nothing can be done.
  bool drained = false;

  void Clear();
};

struct PartitionOptions {
  // What OpenPartition records.
  std::string build;
  // Gets a reply when the opening is durable.
  uint64_t open_token = 0;
  // Where the seeds of random functions come from. The same gives the same
  // seeds in every run; engines take one that nobody else has.
  uint64_t seed = 0;
  // A command whose record is larger is refused; for tests, smaller than the
  // engine's.
  size_t record_bytes_max = kRecordBytesMax;
};

class Partition {
 public:
  struct Counters {
    uint64_t records = 0;
    uint64_t rounds = 0;
    uint64_t rejections = 0;
    // Results of handlers that no longer counted.
    uint64_t late_results = 0;
  };

  // `data` is recovered, and is owned by the caller like all else.
  Partition(PartitionData* data, PartitionOptions options);
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  // One step; decides at most one round. Takes the content of `input`; `output`
  // is overwritten. Cost: that of the round.
  void Step(int64_t now_ms, StepInput* input, StepOutput* output);

  // Timers whose keys are from this counter on wait, also when they are due,
  // until it is called again; nothing: none does. Tests decide so when time has
  // an effect.
  void HoldDueFrom(std::optional<uint64_t> counter);

  // As StepOutput::checkpoint asks for, after the append. A failure comes out
  // of the next step.
  void Checkpoint();

  // Every call that isn't back can't count any more.
  void CancelCalls();

  // False while only the store's reports matter: enough rounds are under way.
  bool accepts_work() const { return !failure_.ok() || MayRunRound(); }
  // Why it stopped; OK while it works.
  const absl::Status& failure() const { return failure_; }
  const Counters& counters() const { return counters_; }
  // Calls that were given out and have not come back.
  size_t calls_out() const { return calls_out_; }

 private:
  class Facts;

  // Effects of the records up to `last`, which wait for their durability.
  struct Round {
    Position last = 0;
    std::vector<Reply> replies;
    std::vector<HandlerCallPtr> calls;
    std::vector<HandlerCallPtr> cancelled;
    std::vector<Observation> observations;
  };

  // Work that is due. `refused`: why a timer's record was.
  struct DueWork {
    WorkIndex::Due due;
    std::string refused;
  };

  // --- Rounds (partition.cc) -------------------------------------------------
  void Accept(StepInput* input);
  bool MayRunRound() const;
  bool RoundIsFull() const;
  void ForgetChanged();
  void RunRound();
  void OpenFirst();
  void StopHandlers();
  void ReleaseOldJobs();
  void FireDue();
  void Fire(DueWork work);
  // A message that nobody waited for in time, or an id that is forgotten; no
  // command when its entry has gone.
  absl::StatusOr<std::optional<fb::CommandUnion>> Expiry(
      const core::DueKey& key);
  // Commands that follow from records, before anything else is decided.
  void TakeFollowUps();
  void TakeLongRequest();
  void FollowUp(uint64_t key, const core::Partition::Request& request);
  void TakeResults(size_t max);
  void TakeRequests();
  void PullReadyJobs();
  void FinishRound(StepOutput* output);
  void Release(StepOutput* output);
  void AnswerIdle(StepOutput* output);
  bool Idle() const;
  bool HasWork() const;
  void AskCheckpoint(StepOutput* output);
  bool CheckpointDue() const;
  void Refuse(uint64_t token, const absl::Status& status);

  // --- Requests (partition_requests.cc)
  // ----------------------------------------
  void Handle(uint64_t token, CommandRequest& request);
  void Handle(uint64_t token, FetchRequest& request);
  void Handle(uint64_t token, QueryRequest& request);
  void Handle(uint64_t token, AwaitEndRequest& request);
  void Handle(uint64_t token, AwaitIdleRequest& request);
  void Handle(uint64_t token, CheckpointRequest& request);
  void Handle(uint64_t token, ForgetRequest& request);
  void Answer(uint64_t token, absl::Status status);
  void HandleResult(const HandlerCallPtr& call);
  absl::StatusOr<InstanceKey> CheckHold(InstanceKey instance, bool sets) const;
  absl::StatusOr<InstanceKey> Route(const fb::CommandUnion& command) const;

  // --- Decisions (partition_decide.cc)
  // ------------------------------------------- Decides a command on `instance`
  // (not valid: on none, or a new one), folds, and keeps record and effects in
  // the round. What it returns is the answer.
  absl::StatusOr<core::Answer> Execute(fb::CommandUnion command,
                                       std::string actor, InstanceKey instance,
                                       Position caused_by = 0);
  void KeepEffects(const fb::RecordT& record, PartitionData::Entry* entry);
  void KeepCall(const core::Instance& instance, uint64_t job, uint32_t epoch);
  void CancelCall(uint64_t job);
  void AnswerWatchers(const core::Instance& instance);
  Reply EndReply(const core::Instance& instance);
  void Fail(const absl::Status& status);
  // Every request that isn't decided and every caller who waits.
  void RefuseAll(const absl::Status& status);

  PartitionData* const data_;
  const PartitionOptions options_;
  std::unique_ptr<Facts> facts_;
  Counters counters_;
  absl::Status failure_;

  // Time of the present step: the clock's, but never before the last record's.
  int64_t now_ms_ = 0;
  std::optional<uint64_t> hold_from_;
  bool closing_ = false;
  bool finishing_ = false;
  bool observed_ = false;
  Position durable_ = 0;

  // Opening. Jobs that handlers of engines before this one held; then what was
  // due by then.
  bool opened_ = false;
  std::deque<std::pair<JobKey, InstanceKey>> old_jobs_;
  bool catching_up_ = false;
  int64_t opened_ms_ = 0;
  uint64_t opened_next_key_ = 0;

  // An instance that was changed for a record that was refused: it is read anew
  // when all its records can be read back.
  struct Changed {
    InstanceKey instance;
    Position last = 0;
  };
  std::optional<Changed> changed_;

  // A follow-up whose record was too large, and what was said.
  std::pair<uint64_t, std::string> refused_follow_up_;

  // Taken from the index of due work.
  std::deque<DueWork> due_;
  // Due, and kept back by hold_from_.
  std::deque<DueWork> held_;

  // Waiting for a round.
  std::deque<Request> requests_;
  std::deque<HandlerCallPtr> results_;

  // The round that is being decided, its records, and those that sync.
  Round round_;
  core::RecordEncoder encoder_;
  std::vector<std::string> records_;
  size_t record_bytes_ = 0;
  std::deque<Round> syncing_;

  // Calls in handlers' hands or on their way there, by job.
  absl::flat_hash_map<JobKey, HandlerCallPtr> calls_;
  size_t calls_out_ = 0;

  // Who waits.
  absl::flat_hash_map<InstanceKey, std::vector<uint64_t>> end_watchers_;
  absl::flat_hash_map<uint64_t, InstanceKey> watched_;
  std::vector<uint64_t> idle_watchers_;
  std::vector<uint64_t> checkpoint_wanted_;
  std::vector<std::pair<Position, uint64_t>> checkpoint_running_;
  bool final_checkpoint_begun_ = false;
  Position final_checkpoint_ = 0;
  Position checkpointed_ = 0;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_PARTITION_H_
