// Oracle: what must be true, kept beside the engine. It sees two things only:
// the records that are durable, as the store gives them back, and the effects
// that came out of the engine. From the first it folds a state of its own; the
// second must never say more than that.
//
// Laws of a record, in order: positions dense, time never back, sequences
// dense, nothing after an instance's end, every step by the lifecycle table
// (LogFold); decided again with its facts it gives its events; its facts,
// answered again from the fold, are the recorded ones; one start for each
// idempotency key; a refused command left no record; a message has one receiver
// and is delivered by one record, which answers its request.
// Laws of an effect: a reply, a call, an observation and a query's answer come
// only when what they tell of is durable; no attempt is handed out twice.
//
// Thread-compatible.
#ifndef PAWL_TESTS_SIM_ORACLE_H_
#define PAWL_TESTS_SIM_ORACLE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "base/ids.h"
#include "engine/observation.h"
#include "engine/partition.h"
#include "engine/partition_data.h"
#include "engine/tally.h"
#include "replay/cache_check.h"
#include "replay/fold_lookups.h"
#include "replay/log_fold.h"
#include "schemas/record_generated.h"
#include "tests/sim/failure.h"

namespace pawl::sim {

// A command on its way. Its number is its actor in the record: "c17".
struct Sent {
  uint64_t number = 0;
  fb::CommandUnion command;
};
std::string ActorOf(uint64_t number);
// 0: not the actor of a sent command.
uint64_t NumberOf(std::string_view actor);

class Oracle {
 public:
  explicit Oracle(Failure* failure);

  // --- What is durable -------------------------------------------------------
  // The next durable record: `bytes` as the store gave them, and decoded.
  void Durable(Position position, std::string_view bytes,
               const fb::RecordT& record);
  Position position() const { return fold_.position(); }
  const replay::LogFold& fold() const { return fold_; }
  // Over the bytes of all durable records.
  uint64_t log_hash() const { return log_hash_; }
  // Instances that run, by key.
  const absl::btree_set<InstanceKey>& running() const { return running_; }
  // Null: none that runs.
  const core::Instance* Running(InstanceKey key) const {
    return fold_.Running(key);
  }
  // Its start is durable.
  bool Known(InstanceKey key) const {
    return running_.contains(key) || ended_.contains(key);
  }
  uint64_t instances() const { return fold_.instances(); }
  // `key` is an ad-hoc sub-process of the instance that goes on once it is
  // asked to activate something: its completion condition hasn't held yet.
  bool WaitsToBeAsked(const core::Instance& instance, ElementKey key);
  // When something is due next; INT64_MAX: nothing is. Of suspended instances
  // too.
  int64_t NextDue() const;
  // The record of command `number`; 0: none is durable.
  Position PositionOf(uint64_t number) const {
    const auto it = done_.find(number);
    return it == done_.end() ? 0 : it->second.position;
  }

  // --- Effects ---------------------------------------------------------------
  void Replied(const Sent& sent, const Reply& reply);
  // A job was handed out, to a handler or to who fetched it.
  void HandedOut(const HandlerCall& call);
  void Observed(const Observation& observation);
  // Instance `key` was said to have ended as `reply` says.
  void SaidEnded(InstanceKey key, const Reply& reply);
  // A query that saw the state as of `position` was answered.
  void QueryAnswered(Position position);

  // --- The engine as a whole -------------------------------------------------
  // Every record is durable and nothing is under way: the live state, and each
  // instance as the caches lead to it, is that of the fold.
  void CheckLive(PartitionData& data, const char* when);
  // As CheckLive; and the indexes are those that the log gives, without a
  // trace of an ended instance in those of live things.
  void CheckAll(PartitionData& data, const char* when);
  // What the laws say about an image of the indexes.
  void CheckImage(const replay::IndexImage& image);
  // A tally says how much there is in the fold.
  void CheckTally(const pawl::Tally& tally);

 private:
  void LearnStart(const fb::InstanceStartedT& started, Position position);
  void LearnEvent(const fb::EventUnion& event, InstanceKey key);
  void LearnCommand(const fb::RecordT& record);
  void CheckDelivery(const fb::RecordT& record);
  bool MayBeIdle(const fb::CommandUnion& command,
                 const core::Answer& answer) const;
  void CheckStart(const Sent& sent, const core::Answer& answer);
  void CheckDeployed(const core::Answer& answer);

  Failure* const failure_;
  replay::LogFold fold_;
  replay::FoldLookups lookups_;
  replay::IndexImage image_;
  LogTally log_tally_;
  uint64_t log_hash_ = 0;
  absl::btree_set<InstanceKey> running_;
  struct Ended {
    fb::InstanceState state;
    std::vector<std::pair<std::string, std::string>> variables;
  };
  absl::btree_map<InstanceKey, Ended> ended_;
  absl::btree_set<uint64_t> incidents_;
  std::set<std::pair<uint64_t, ElementSeen::Kind>> element_states_;
  // Every assignee that a task ever had; "" is nobody.
  std::set<std::pair<uint64_t, std::string>> assigned_;
  // Jobs that exist, and every attempt that was ever given and ever handed out.
  absl::btree_set<JobKey> jobs_;
  absl::btree_map<JobKey, uint32_t> attempts_;
  std::set<std::pair<JobKey, uint32_t>> handed_out_;
  // Instance of each idempotency key.
  std::map<std::string, InstanceKey> keys_;
  // Commands with a record, and those that were refused.
  struct Done {
    Position position = 0;
    fb::Command type = fb::Command::NONE;
    uint64_t subject = 0;
  };
  absl::btree_map<uint64_t, Done> done_;
  absl::btree_set<uint64_t> refused_;
};

// What a command is about: a task, a job, an instance, an incident; 0 for none.
uint64_t SubjectOf(const fb::CommandUnion& command);

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_ORACLE_H_
