#include "replay/cache_check.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/older_count.h"
#include "replay/decoded_record.h"

namespace pawl::replay {
namespace {

using eventstore::KeyRange;
using eventstore::Table;

VerifyDifference Differs(VerifyDifference::Kind kind, PartitionId partition,
                         Position position, std::string text) {
  VerifyDifference difference;
  difference.kind = kind;
  difference.partition = partition;
  difference.position = position;
  difference.text = std::move(text);
  return difference;
}

std::string Bytes(std::string_view bytes) {
  return absl::StrCat("'", absl::CHexEscape(ToAbsl(bytes)), "'");
}

// Where two sorted sequences of entries first differ.
class MapWalk {
 public:
  explicit MapWalk(const IndexImage::Map& wanted)
      : next_(wanted.begin()), end_(wanted.end()) {}

  // False when the entry isn't the next one; text() then says how.
  bool Step(std::string_view key, std::string_view value) {
    if (next_ == end_ || next_->first > key) {
      text_ = absl::StrCat("got an entry of key ", Bytes(key), ", wanted none");
      return false;
    }
    if (next_->first < key) return Missing();
    if (next_->second != value) {
      text_ = absl::StrCat("key ", Bytes(key), ": got value ", Bytes(value),
                           ", wanted ", Bytes(next_->second));
      return false;
    }
    ++next_;
    return true;
  }
  bool Finish() { return next_ == end_ || Missing(); }
  const std::string& text() const { return text_; }

 private:
  bool Missing() {
    text_ = absl::StrCat("key ", Bytes(next_->first), ": got none, wanted ",
                         Bytes(next_->second));
    return false;
  }

  IndexImage::Map::const_iterator next_;
  const IndexImage::Map::const_iterator end_;
  std::string text_;
};

std::string Hex(uint64_t digest) { return absl::StrFormat("%016x", digest); }

}  // namespace

void IndexImage::Add(const fb::RecordT& record) {
  for (size_t i = 0; i < record.events.size(); ++i) {
    core::Project(record.events[i], core::InstanceOf(record, i), this);
  }
}

absl::Status SnapshotCheck::Read(const eventstore::CacheView& cache,
                                 Position floor) {
  absl::Status read;
  PAWL_RETURN_IF_ERROR(cache.Scan(
      Table::kSnapshot, KeyRange::All(),
      [&](std::string_view key, std::string_view value) {
        absl::StatusOr<core::InstanceSnapshot> snapshot =
            core::DecodeSnapshot(value);
        if (!snapshot.ok()) {
          read = absl::Status(snapshot.status().code(),
                              absl::StrCat("snapshot of instance ",
                                           core::DecodeU64(key).value_or(0),
                                           ": ", snapshot.status().message(),
                                           "; `pawl rebuild` makes it anew"));
          return false;
        }
        if (snapshot->position < floor) return true;
        taken_[snapshot->instance.key] = {snapshot->position,
                                          core::Digest(snapshot->instance)};
        return true;
      }));
  return read;
}

bool SnapshotCheck::Wants(InstanceKey key, Position position) const {
  const auto it = taken_.find(key);
  return it != taken_.end() && it->second.position == position;
}

std::optional<VerifyDifference> SnapshotCheck::Compare(PartitionId partition,
                                                       Position position,
                                                       InstanceKey key,
                                                       uint64_t digest) {
  if (!Wants(key, position)) return std::nullopt;
  const auto it = taken_.find(key);
  ++compared_;
  const uint64_t taken = it->second.digest;
  taken_.erase(it);
  if (taken == digest) return std::nullopt;
  return Differs(
      VerifyDifference::Kind::kSnapshot, partition, position,
      absl::StrCat("snapshot of instance ", key.value(), " at ",
                   PositionText(partition, position), ": got digest ",
                   Hex(taken), ", wanted ", Hex(digest)));
}

std::optional<VerifyDifference> SnapshotCheck::Rest(
    PartitionId partition) const {
  if (taken_.empty()) return std::nullopt;
  const auto& [key, taken] = *taken_.begin();
  return Differs(
      VerifyDifference::Kind::kSnapshot, partition, taken.position,
      absl::StrCat("snapshot of instance ", key.value(), ": got position ",
                   PositionText(partition, taken.position),
                   ", wanted that of a record of this instance"));
}

absl::StatusOr<std::optional<VerifyDifference>> CompareIndexes(
    const PartitionData& data, const IndexImage& image, uint64_t* entries) {
  for (size_t i = 0; i < IndexImage::kIndexCount; ++i) {
    const auto index = static_cast<core::Index>(i);
    MapWalk walk(image.of(index));
    bool same = true;
    PAWL_RETURN_IF_ERROR(
        data.cache().Scan(TableOf(index), KeyRange::All(),
                          [&](std::string_view key, std::string_view value) {
                            ++*entries;
                            same = walk.Step(key, value);
                            return same;
                          }));
    if (same && walk.Finish()) continue;
    return Differs(
        VerifyDifference::Kind::kIndex, data.partition(), data.state().position,
        absl::StrCat(ToAbsl(NameOf(TableOf(index))), " as of ",
                     PositionText(data.partition(), data.state().position),
                     ": ", walk.text()));
  }
  return std::optional<VerifyDifference>();
}

absl::StatusOr<std::optional<VerifyDifference>> CompareInstances(
    PartitionData* data, const LogFold& fold, const ProgressFn& progress) {
  // The keys first: Peek must not run inside a scan.
  std::vector<InstanceKey> keys;
  PAWL_RETURN_IF_ERROR(
      data->cache().Scan(Table::kIndexInstance, KeyRange::All(),
                         [&](std::string_view key, std::string_view) {
                           keys.emplace_back(core::DecodeU64(key).value_or(0));
                           return true;
                         }));
  core::Instance scratch;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (progress && i % 256 == 0) progress(i, keys.size());
    const absl::StatusOr<const core::Instance*> instance =
        data->Peek(keys[i], &scratch);
    // What the stream leads to wrongly doesn't fit: a difference, since the log
    // itself was read in full before.
    const uint64_t wanted = fold.DigestOf(keys[i]);
    if (instance.ok() && core::Digest(**instance) == wanted) continue;
    return Differs(
        VerifyDifference::Kind::kInstance, data->partition(),
        data->state().position,
        absl::StrCat("instance ", keys[i].value(),
                     ", folded from its snapshot and stream: got ",
                     instance.ok() ? absl::StrCat("digest ",
                                                  Hex(core::Digest(**instance)))
                                   : std::string(instance.status().message()),
                     ", wanted digest ", Hex(wanted)));
  }
  const uint64_t got = core::Digest(data->state());
  const uint64_t wanted = core::Digest(fold.partition());
  if (got == wanted) return std::optional<VerifyDifference>();
  return Differs(
      VerifyDifference::Kind::kPartition, data->partition(),
      data->state().position,
      absl::StrCat("state of partition ", data->partition(), ": got digest ",
                   Hex(got), ", wanted ", Hex(wanted)));
}

absl::StatusOr<std::optional<VerifyDifference>> CompareTally(
    PartitionData* data, const Tally& wanted) {
  OlderCount older(data);
  while (!older.done()) PAWL_RETURN_IF_ERROR(older.Step());
  if (data->tally() == wanted) return std::optional<VerifyDifference>();
  return Differs(
      VerifyDifference::Kind::kTally, data->partition(), data->state().position,
      absl::StrCat("tally of partition ", data->partition(), " as of ",
                   PositionText(data->partition(), data->state().position),
                   ": ", DescribeDifference(data->tally(), wanted)));
}

}  // namespace pawl::replay
