#include "engine/work_index.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/planted.h"
#include "base/status_macros.h"
#include "eventstore/table.h"

namespace pawl {
namespace {

using eventstore::KeyRange;
using eventstore::Table;

absl::Status DamagedEntry(const char* index) {
  return absl::DataLossError(
      std::string("index ") + index +
      ": an entry that can't be read; `pawl rebuild` makes it anew");
}

// Types that somebody asked for are remembered; a worker that invents new ones
// must not fill the memory.
constexpr size_t kTypesRemembered = 10'000;

// The next key in the order of bytes.
std::string After(std::string_view key) {
  std::string out(key);
  out.push_back('\0');
  return out;
}

}  // namespace

void WorkIndex::Reset() {
  due_from_.clear();
  next_due_ms_ = PAWL_PLANTED(timer_lost_on_restart)
                     ? kNever
                     : std::numeric_limits<int64_t>::min();
  ready_.clear();
}

void WorkIndex::OnPut(core::Index index, std::string_view key) {
  if (index == core::Index::kDue) {
    const std::optional<core::DueKey> due = core::DecodeDue(key);
    if (!due.has_value()) return;
    next_due_ms_ = std::min(next_due_ms_, due->due_ms);
    if (key < due_from_) due_from_ = std::string(key);
    return;
  }
  if (index != core::Index::kJobReady) return;
  const auto it = ready_.find(key.substr(0, key.find('\0')));
  if (it == ready_.end()) return;
  Cursor& cursor = it->second;
  cursor.exhausted = false;
  if (key < cursor.from) cursor.from = std::string(key);
}

absl::StatusOr<std::vector<WorkIndex::Due>> WorkIndex::TakeDue(int64_t now_ms,
                                                               size_t max) {
  std::vector<Due> taken;
  if (now_ms < next_due_ms_ || max == 0) return taken;
  next_due_ms_ = kNever;
  bool damaged = false;
  const absl::Status status = cache_->Scan(
      Table::kIndexDue, KeyRange{due_from_, ""},
      [&](std::string_view key, std::string_view value) {
        const std::optional<core::DueKey> due = core::DecodeDue(key);
        const std::optional<uint64_t> instance = core::DecodeU64(value);
        if (!due.has_value() || !instance.has_value()) {
          damaged = true;
          return false;
        }
        if (due->due_ms > now_ms || taken.size() == max) {
          next_due_ms_ = due->due_ms;
          due_from_ = std::string(key);
          return false;
        }
        taken.push_back({*due, InstanceKey(*instance)});
        return true;
      });
  PAWL_RETURN_IF_ERROR(status);
  if (damaged) return DamagedEntry("due");
  if (next_due_ms_ == kNever && !taken.empty()) {
    due_from_ = After(core::EncodeDue(taken.back().key));
  }
  return taken;
}

bool WorkIndex::MayHaveReady(std::string_view type) const {
  const auto it = ready_.find(type);
  return it == ready_.end() || !it->second.exhausted;
}

absl::StatusOr<std::vector<WorkIndex::Ready>> WorkIndex::TakeReady(
    std::string_view type, size_t max) {
  std::vector<Ready> taken;
  if (max == 0 || !MayHaveReady(type)) return taken;
  KeyRange range = KeyRange::Prefix(core::JobReadyPrefix(type));
  auto it = ready_.find(type);
  if (it == ready_.end()) {
    if (ready_.size() >= kTypesRemembered) ready_.clear();
    it = ready_.try_emplace(std::string(type), Cursor{range.from, false}).first;
  }
  Cursor& cursor = it->second;
  range.from = cursor.from;
  bool damaged = false;
  cursor.exhausted = true;
  const absl::Status status = cache_->Scan(
      Table::kIndexJobReady, range,
      [&](std::string_view key, std::string_view value) {
        if (taken.size() == max) {
          cursor.exhausted = false;
          cursor.from = std::string(key);
          return false;
        }
        const std::optional<uint64_t> job = core::DecodeLastU64(key);
        const std::optional<uint64_t> instance = core::DecodeU64(value);
        if (!job.has_value() || !instance.has_value()) {
          damaged = true;
          return false;
        }
        taken.push_back({JobKey(*job), InstanceKey(*instance)});
        return true;
      });
  PAWL_RETURN_IF_ERROR(status);
  if (damaged) return DamagedEntry("job_ready");
  if (cursor.exhausted && !taken.empty()) {
    std::string last = core::JobReadyPrefix(type);
    last += core::EncodeU64(taken.back().job.value());
    cursor.from = After(last);
  }
  return taken;
}

}  // namespace pawl
