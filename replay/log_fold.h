// LogFold: the state of one partition, folded out of its log and nothing else.
//
// What replay, verify and the scenario runner agree against. It uses
// core::Apply, the only fold there is, and none of the shell's caches. What a
// record must keep (dense positions, rising time, dense sequences) is checked
// as it comes. Memory: the instances that run; one that ended leaves its digest
// behind and goes.
//
// Thread-compatible.
#ifndef PAWL_REPLAY_LOG_FOLD_H_
#define PAWL_REPLAY_LOG_FOLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "schemas/record_generated.h"

namespace pawl::replay {

class LogFold {
 public:
  explicit LogFold(PartitionId partition) : partition_id_(partition) {}

  // Folds the next record. DataLoss: it isn't the next one, or its events don't
  // fit what came before; the message names its position. O(its events).
  absl::Status Add(const fb::RecordT& record);
  // As above, of bytes. DataLoss also when they are no record.
  absl::Status AddBytes(std::string_view bytes);

  PartitionId partition_id() const { return partition_id_; }
  const core::Partition& partition() const { return partition_; }
  Position position() const { return partition_.position; }
  // A running instance, or null: never started, or ended. Lives until the next
  // Add.
  const core::Instance* Running(InstanceKey key) const;
  // Digest of an instance, ended ones too; 0: never started.
  uint64_t DigestOf(InstanceKey key) const;
  // As Engine::StateDigest. O(running instances).
  std::string Digest() const;

  uint64_t records() const { return records_; }
  uint64_t events() const { return events_; }
  // Ever started.
  uint64_t instances() const { return running_.size() + ended_.size(); }

 private:
  // The log was trimmed, and this is its first record.
  bool BeginsHere(const fb::RecordT& record) const;
  absl::Status CheckTrim(const fb::RecordT& record) const;
  absl::Status Archive(const fb::InstancesArchivedT& event);
  absl::Status CheckHeader(const fb::RecordT& record) const;
  absl::Status CheckSequences(const fb::RecordT& record, bool before) const;
  absl::Status AddEvent(const fb::RecordT& record, size_t index);

  const PartitionId partition_id_;
  core::Partition partition_;
  absl::flat_hash_map<InstanceKey, std::unique_ptr<core::Instance>> running_;
  // Digests of those that ended.
  absl::flat_hash_map<InstanceKey, uint64_t> ended_;
  core::DigestSum ended_sum_;
  uint64_t records_ = 0;
  uint64_t events_ = 0;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_LOG_FOLD_H_
