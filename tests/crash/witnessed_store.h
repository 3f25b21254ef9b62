// LogWitness: what a store was given and what it called durable, kept outside
// of it, byte for byte; and WitnessedStore, an EventStore that tells it.
//
// After every life the log is held against it: each durable record is there as
// it was given, what else is there was given too, and a round is there whole or
// not at all.
#ifndef PAWL_TESTS_CRASH_WITNESSED_STORE_H_
#define PAWL_TESTS_CRASH_WITNESSED_STORE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "eventstore/event_store.h"

namespace pawl::crash {

// Of one partition. Any thread.
class LogWitness {
 public:
  void Given(Position first, const std::vector<std::string>& records);
  // The store didn't take them.
  void TakeBack(Position first);
  void Durable(Position last);
  // A checkpoint was reported when `durable` was: caches never get to the disk
  // before the log that they come from. Compare() complains if they did.
  void Checkpointed(Position position, Position durable);

  Position durable() const { return durable_.load(); }
  Position given() const { return given_.load(); }
  // The record given for `position`, which is up to given().
  std::string At(Position position) const;

  // Holds the log of a store that was just opened against all this. OK: as it
  // should be; what isn't in the log is forgotten then, and what is counts as
  // durable. Internal: what is wrong. Other codes: the store's own words.
  absl::Status Compare(const eventstore::EventStore& store);

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> records_;
  std::set<Position> round_ends_;
  std::atomic<Position> durable_{0};
  std::atomic<Position> given_{0};
  std::string ahead_;
};

// Opens with `open`, which gets the listener for the store, and tells `witness`
// what goes in and what is reported. Both outlive the store.
absl::StatusOr<std::unique_ptr<eventstore::EventStore>> OpenWitnessed(
    const std::function<absl::StatusOr<std::unique_ptr<eventstore::EventStore>>(
        eventstore::EventStoreListener*)>& open,
    eventstore::EventStoreListener* listener, LogWitness* witness);

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_WITNESSED_STORE_H_
