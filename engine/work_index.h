// WorkIndex: what there is to do without being asked: timers, backoffs and
// locks that fall due, and ready jobs that a handler or a worker can take.
//
// Reads the indexes `due` and `job_ready`, but remembers below which key
// nothing stands, so that it neither scans when nothing can be there nor walks
// over the deleted entries of work that is done. Entries that were taken once
// are not given again until their index is written again or the store is
// reopened: a command that is refused can't be repeated for ever.
//
// Thread-compatible.
#ifndef PAWL_ENGINE_WORK_INDEX_H_
#define PAWL_ENGINE_WORK_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/strings.h"
#include "engine/core/project.h"
#include "eventstore/cache_view.h"

namespace pawl {

class WorkIndex {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  struct Due {
    core::DueKey key;
    InstanceKey instance;
  };
  struct Ready {
    JobKey job;
    InstanceKey instance;
  };

  // `cache` must outlive this.
  explicit WorkIndex(const eventstore::CacheView* cache) : cache_(cache) {}

  // Forgets what it knows: the indexes were read or emptied from outside.
  void Reset();

  // `key` was put into `index`. O(1) for other indexes than the two.
  void OnPut(core::Index index, std::string_view key);

  // No entry of the due index that wasn't taken is earlier; kNever when there
  // is none. May be earlier than the first entry: TakeDue finds out.
  int64_t next_due_ms() const { return next_due_ms_; }

  // Up to `max` entries due at or before `now_ms`, earliest first. DataLoss: an
  // entry that can't be read. O(1) when nothing can be due.
  absl::StatusOr<std::vector<Due>> TakeDue(int64_t now_ms, size_t max);

  // False when no job of `type` can be ready.
  bool MayHaveReady(std::string_view type) const;

  // Up to `max` ready jobs of `type`, oldest first.
  absl::StatusOr<std::vector<Ready>> TakeReady(std::string_view type,
                                               size_t max);

 private:
  // Where to look next. Below `from` nothing stands that wasn't taken.
  struct Cursor {
    std::string from;
    bool exhausted = false;
  };

  const eventstore::CacheView* cache_;
  std::string due_from_;
  int64_t next_due_ms_ = std::numeric_limits<int64_t>::min();
  // By job type; absent: never looked.
  StringMap<Cursor> ready_;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_WORK_INDEX_H_
