// Tally: how much of everything there is in a partition, counted as its records
// are folded. What `pawl stats` shows without reading the log.
//
// It follows from the log alone, so `pawl rebuild` makes the same and `pawl
// verify` compares it, but it is no part of the state and of no digest: nothing
// is decided by it. It is kept beside the partition's state and written by the
// same checkpoints (partition_data.h).
//
// Every number is a sum over events, so the tally of a log is the sum of the
// tallies of its parts. The one thing that an event doesn't say is whether an
// instance was suspended before it; whoever counts answers that.
#ifndef PAWL_ENGINE_TALLY_H_
#define PAWL_ENGINE_TALLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/record_view.h"
#include "schemas/event_generated.h"
#include "schemas/record_generated.h"

namespace pawl {

// How many instances run, by ranges of their keys: leads to the oldest without
// a look at all that ended before it. Keys rise, so there are always
// kRanges ranges of one width, which doubles when the keys outgrow them.
class RunningByKey {
 public:
  static constexpr size_t kRanges = 256;

  // `counter`: of the instance's key (CounterOfKey).
  void Count(uint64_t counter, int64_t change);
  void Add(const RunningByKey& other);

  // The first range that holds a running instance, [from, to); nothing when
  // none runs.
  std::optional<std::pair<uint64_t, uint64_t>> First() const;

  void AppendTo(std::string* out) const;
  // Takes its bytes off the front of `*bytes`. False: they are none.
  bool TakeFrom(std::string_view* bytes);

  friend bool operator==(const RunningByKey&, const RunningByKey&) = default;

 private:
  void Widen();

  // A range holds 2^width_bits_ keys.
  uint64_t width_bits_ = 0;
  std::array<int64_t, kRanges> counts_ = {};
};

struct Tally {
  static constexpr size_t kStates =
      static_cast<size_t>(fb::InstanceState::MAX) + 1;

  int64_t records = 0;
  int64_t record_bytes = 0;
  int64_t events = 0;
  // By fb::InstanceState.
  std::array<int64_t, kStates> instances = {};
  // Open ones. Of timers those that can fire: not of suspended instances.
  int64_t jobs = 0;
  int64_t tasks = 0;
  int64_t timers = 0;
  int64_t start_timers = 0;
  int64_t incidents = 0;
  // Those that rest with a suspended instance count too.
  int64_t message_subscriptions = 0;
  int64_t signal_subscriptions = 0;
  int64_t conditions = 0;
  // In the buffer; and ids that are kept against doubles.
  int64_t messages = 0;
  int64_t message_ids = 0;
  RunningByKey running;

  int64_t of(fb::InstanceState state) const {
    return instances[static_cast<size_t>(state)];
  }
  int64_t running_instances() const {
    return of(fb::InstanceState::active) + of(fb::InstanceState::suspended);
  }
  int64_t ended_instances() const;

  void Add(const Tally& other);

  friend bool operator==(const Tally&, const Tally&) = default;
};

// The first number in which they differ: "jobs: got 3, wanted 2". Empty: none.
std::string DescribeDifference(const Tally& got, const Tally& wanted);

// Whether events of this type change anything but Tally::events.
bool ChangesTally(fb::Event type);

// Answers whether an instance is suspended, before an event of it is counted.
using IsSuspendedFn = std::function<absl::StatusOr<bool>(InstanceKey)>;

// Counts an event, but not in Tally::events. `is_suspended` is asked for
// instances and timers that end. Its errors are returned, and nothing was
// counted. O(1).
absl::Status CountEvent(const fb::EventUnion& event, InstanceKey instance,
                        const IsSuspendedFn& is_suspended, Tally* tally);

// The tally that goes along with the first record of a trimmed log; none in
// another event, or one that this build can't read.
std::optional<Tally> TallyIn(const fb::EventUnion& event);

// A tally of records that are read one by one, from the first that the log has
// on.
class LogTally {
 public:
  void Add(const RecordView& record, size_t bytes);
  void Add(const fb::RecordT& record, size_t bytes);
  const Tally& tally() const { return tally_; }

 private:
  void CountHeader(size_t events, size_t bytes);
  void Count(const fb::EventUnion& event, InstanceKey instance);
  // Of the log's first record.
  void Begin(const fb::EventUnion& event);

  Tally tally_;
  absl::flat_hash_set<InstanceKey> suspended_;
};

// A tally as it lies in the caches.
struct StoredTally {
  // As of this position; another than that of the caches: an older build, which
  // knows no tally, has moved them forward.
  Position position = 0;
  // Records up to here aren't in it.
  Position uncounted = 0;
  Tally tally;
};
std::string EncodeTally(const StoredTally& stored);
// Nothing: not one, or of a build that counts something else.
std::optional<StoredTally> DecodeTally(std::string_view bytes);

}  // namespace pawl

#endif  // PAWL_ENGINE_TALLY_H_
