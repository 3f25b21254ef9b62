// What a log says, found by folding it from its first record with nothing but
// core::Apply: no cache, no index, no snapshot, no engine. The test's own
// opinion, to hold against the engine's.
#ifndef PAWL_TESTS_CRASH_LOG_FACTS_H_
#define PAWL_TESTS_CRASH_LOG_FACTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "eventstore/event_store.h"
#include "schemas/record_generated.h"

namespace pawl::crash {

class LogFacts {
 public:
  // Reads what was appended since the last call, from a closed store.
  // DataLoss: a record is damaged, missing or doesn't fit.
  absl::Status ReadNew(const std::string& directory);
  // As above, from an open one.
  absl::Status ReadNew(const eventstore::EventStore& store);

  // As Engine::StateDigest.
  std::string Digest() const;

  Position end() const { return partition_.position; }
  // XXH64-free: a plain polynomial over all records' bytes, to see that the
  // part that was read before has not changed.
  uint64_t hash() const { return hash_; }

  const std::map<InstanceKey, core::Instance>& instances() const {
    return instances_;
  }
  // Completions of each flow node, by instance and index in the model.
  const std::map<std::pair<InstanceKey, uint32_t>, int>& completions() const {
    return completions_;
  }
  const std::set<uint64_t>& completed_elements() const { return elements_; }
  const std::set<uint64_t>& completed_tasks() const { return tasks_; }
  const std::set<uint64_t>& completed_jobs() const { return jobs_; }
  // The last attempt that the log knows of a job.
  int attempt(uint64_t job) const;
  // How often an event of this type happened to `key`: the job's, task's,
  // incident's, definition's or else instance's that it names.
  int count(fb::Event type, uint64_t key) const;
  // The last value of each variable of a root scope, as JSON.
  const std::map<std::pair<InstanceKey, std::string>, std::string>& variables()
      const {
    return variables_;
  }

  // What can't be, one text each: of variables that one command sets (p and q,
  // x and y) only one was written; an instance runs and waits for nothing.
  std::vector<std::string> Contradictions() const;

 private:
  absl::Status Fold(const fb::RecordT& record);
  void Note(const fb::EventUnion& event, InstanceKey instance);

  core::Partition partition_;
  std::map<InstanceKey, core::Instance> instances_;
  std::map<std::pair<InstanceKey, uint32_t>, int> completions_;
  std::map<uint64_t, std::pair<InstanceKey, uint32_t>> element_of_;
  std::set<uint64_t> elements_;
  std::set<uint64_t> tasks_;
  std::set<uint64_t> jobs_;
  std::map<uint64_t, int> attempts_;
  std::map<std::pair<fb::Event, uint64_t>, int> counts_;
  std::map<std::pair<InstanceKey, std::string>, std::string> variables_;
  uint64_t hash_ = 0;
};

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_LOG_FACTS_H_
