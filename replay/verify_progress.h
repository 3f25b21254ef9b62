// How far a verification has come, in a file: so that one that was interrupted
// goes on where it stopped. The file says for which build, store and sample it
// holds; for any other it says nothing, since what one build decides proves
// nothing about the next.
#ifndef PAWL_REPLAY_VERIFY_PROGRESS_H_
#define PAWL_REPLAY_VERIFY_PROGRESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::replay {

class VerifyProgress {
 public:
  // Reads `path`, if there is such a file. `store` outlives this. DataLoss: the
  // store is damaged. FailedPrecondition: the file can't be read, or this
  // system doesn't say which program runs.
  static absl::StatusOr<std::unique_ptr<VerifyProgress>> Open(
      const std::string& path, const eventstore::EventStore* store,
      uint64_t sample);

  // For VerifyOptions::since.
  std::vector<Position> since() const;
  // Why an existing file didn't count; else empty.
  const std::string& restarted() const { return restarted_; }

  // For VerifyOptions::agreed. Writes the file.
  absl::Status Agreed(PartitionId partition, Position position);

 private:
  struct Reached {
    Position position = 0;
    // Of that record.
    uint64_t hash = 0;
  };

  VerifyProgress(std::string path, const eventstore::EventStore* store)
      : path_(std::move(path)), store_(*store) {}

  absl::StatusOr<uint64_t> HashOf(PartitionId partition,
                                  Position position) const;
  absl::Status Read(const std::string& text);
  std::string Header() const;

  const std::string path_;
  const eventstore::EventStore& store_;
  std::string build_;
  uint64_t sample_ = 1;
  std::vector<Reached> reached_;
  std::string restarted_;
};

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_VERIFY_PROGRESS_H_
