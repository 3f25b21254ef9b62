// What the tests of eventstore/ share: a listener that remembers, records made
// from their place, temporary folders.
#ifndef PAWL_EVENTSTORE_STORE_TEST_UTIL_H_
#define PAWL_EVENTSTORE_STORE_TEST_UTIL_H_

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::eventstore {

// Remembers what it was told and lets a test wait for it. Thread-safe.
class RecordingListener : public EventStoreListener {
 public:
  void OnAppended(PartitionId partition, Position last) override;
  void OnDurable(PartitionId partition, Position last) override;
  void OnCheckpointed(PartitionId partition, Position position) override;
  void OnFailed(const absl::Status& status) override;

  // The last that was reported; 0 when nothing was.
  Position appended(PartitionId partition) const;
  Position durable(PartitionId partition) const;
  Position checkpointed(PartitionId partition) const;
  std::vector<absl::Status> failures() const;

  // Wait up to 30 s; false: it didn't come, or the store failed first (but
  // WaitFailed waits for exactly that).
  bool WaitDurable(PartitionId partition, Position last);
  bool WaitCheckpointed(PartitionId partition, Position position);
  bool WaitFailed();

 private:
  template <typename Done>
  bool Wait(const Done& done);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<PartitionId, Position> appended_;
  std::map<PartitionId, Position> durable_;
  std::map<PartitionId, Position> checkpointed_;
  std::vector<absl::Status> failures_;
};

// The record that tests write at a place: `bytes` long, all different.
std::string TestRecord(PartitionId partition, Position position,
                       size_t bytes = 40);
// `count` of them from `first` on.
std::vector<std::string> TestRecords(PartitionId partition, Position first,
                                     size_t count, size_t bytes = 40);

// Reads 1..End and compares each with TestRecord; the status of the read, or
// Internal when a record differs.
absl::Status CheckTestLog(const EventStore& store, PartitionId partition,
                          size_t bytes = 40);

// An empty folder of this test that goes away with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const {
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);
// Copies a folder with everything in it; `to` is emptied first.
void CopyDir(const std::string& from, const std::string& to);
// Full paths of the files below `dir` whose names end in `suffix`, sorted.
std::vector<std::string> FilesEndingIn(const std::string& dir,
                                       const std::string& suffix);

}  // namespace pawl::eventstore

#endif  // PAWL_EVENTSTORE_STORE_TEST_UTIL_H_
