#include "engine/partition_data.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/record_view.h"

namespace pawl {

using eventstore::KeyRange;
using eventstore::Table;

namespace {

// Key of the partition's own state in its table.
constexpr char kStateKey[] = "state";
// Beside it: bytes of all records so far, which is no part of the state.
constexpr char kLogBytesKey[] = "log_bytes";
// Instances whose keys StateDigest reads at a time.
constexpr size_t kDigestPage = 1024;
// Counting an instance's bytes costs about as much as a small decision, so it
// is done now and then; a record above this size counts at once.
constexpr uint32_t kMeasureEvery = 8;
constexpr size_t kMeasureAtBytes = 4096;

absl::Status At(Position position, const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat("record ", position, ": ", std::string(status.message())));
}

}  // namespace

Table TableOf(core::Index index) {
  switch (index) {
    case core::Index::kInstance:
      return Table::kIndexInstance;
    case core::Index::kBusinessKey:
      return Table::kIndexBusinessKey;
    case core::Index::kIdempotency:
      return Table::kIndexIdempotency;
    case core::Index::kJob:
      return Table::kIndexJob;
    case core::Index::kJobReady:
      return Table::kIndexJobReady;
    case core::Index::kTask:
      return Table::kIndexTask;
    case core::Index::kDue:
      return Table::kIndexDue;
    case core::Index::kIncident:
      return Table::kIndexIncident;
    case core::Index::kSubscription:
      return Table::kIndexSubscription;
    case core::Index::kMessage:
      return Table::kIndexMessage;
  }
  PAWL_CHECK(false) << "unknown index";
  return Table::kIndexInstance;
}

void PartitionData::Sink::Put(core::Index index, std::string key,
                              std::string value) {
  const Table table = TableOf(index);
  bool fits = key.size() <= kCacheKeyBytesMax;
  if (fits && index == core::Index::kInstance) {
    // Written again as the instance's state changes.
    data_->cache_->Put(table, key, value);
  } else if (fits) {
    // An entry ends before it comes again, so that what comes and goes between
    // two checkpoints leaves no trace on disk.
    fits = data_->cache_->TryPutNew(table, key, value);
  }
  if (!fits) {
    refusal_ = absl::DataLossError(
        absl::StrCat(ToAbsl(NameOf(table)), " can't take an entry"));
    return;
  }
  data_->work_.OnPut(index, key);
}

void PartitionData::Sink::Delete(core::Index index, std::string key) {
  if (key.size() > kCacheKeyBytesMax) {
    refusal_ = absl::DataLossError(
        absl::StrCat(ToAbsl(NameOf(TableOf(index))), " has no such entry"));
    return;
  }
  data_->cache_->Delete(TableOf(index), key);
}

PartitionData::PartitionData(eventstore::EventStore* store,
                             PartitionId partition,
                             PartitionDataOptions options)
    : store_(store),
      partition_(partition),
      options_(options),
      cache_(&store->Cache(partition)),
      instances_(options.cache_bytes),
      definitions_(options.cache_bytes / 8,
                   [this](Position position) { return ReadRecord(position); }),
      work_(cache_),
      sink_(this) {}

// --- Folding
// ------------------------------------------------------------------

absl::Status PartitionData::ReadState() {
  state_ = core::Partition();
  log_bytes_ = 0;
  const Position position = cache_->position();
  if (position == 0) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                        cache_->Get(Table::kPartitionState, kStateKey));
  if (!bytes.has_value()) {
    return absl::DataLossError(absl::StrCat(
        "caches of partition ", partition_, " as of position ", position,
        " lack the partition's state; `pawl rebuild` makes them anew"));
  }
  PAWL_ASSIGN_OR_RETURN(state_, core::DecodePartition(*bytes));
  if (state_.position != position) {
    return absl::DataLossError(absl::StrCat(
        "caches of partition ", partition_, ": got the state as of position ",
        state_.position, ", wanted ", position,
        "; `pawl rebuild` makes them anew"));
  }
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> log_bytes,
                        cache_->Get(Table::kPartitionState, kLogBytesKey));
  log_bytes_ = core::DecodeU64(log_bytes.value_or("")).value_or(0);
  return absl::OkStatus();
}

absl::Status PartitionData::Recover() {
  instances_.Clear();
  tail_.Clear();
  definitions_.Clear();
  work_.Reset();
  unreadable_.clear();
  PAWL_RETURN_IF_ERROR(ReadState());
  for (const auto& [process_id, versions] : state_.definitions) {
    for (const auto& definition : versions) definitions_.Add(definition);
  }
  const Position end = store_->End(partition_);
  if (end > state_.position) {
    absl::Status folded;
    PAWL_RETURN_IF_ERROR(store_->Read(partition_, state_.position + 1, end,
                                      [&](Position, std::string_view record) {
                                        folded = FoldRecord(record);
                                        return folded.ok();
                                      }));
    PAWL_RETURN_IF_ERROR(folded);
  }
  SetReadable(state_.position);
  return absl::OkStatus();
}

absl::Status PartitionData::FoldRecord(std::string_view bytes) {
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  const Position position = record.position();
  log_bytes_ += bytes.size();
  PAWL_RETURN_IF_ERROR(core::ApplyHeader(&state_, position, record.time_ms()));
  for (size_t i = 0; i < record.event_count(); ++i) {
    const fb::Event type = record.type(i);
    if (IsInstanceOnlyEvent(type)) continue;
    const fb::EventUnion event = record.Unpack(i);
    const InstanceKey instance = record.instance_of(i);
    if (absl::Status status = core::Apply(&state_, event, instance, position);
        !status.ok()) {
      return At(position, status);
    }
    core::Project(event, instance, &sink_);
    if (absl::Status status = sink_.TakeRefusal(); !status.ok()) {
      return At(position, status);
    }
    if (type == fb::Event::DefinitionDeployed) {
      definitions_.Add(
          state_.definitions[event.AsDefinitionDeployed()->process_id].back());
    }
  }
  for (size_t i = 0; i < record.touched_count(); ++i) {
    const RecordView::Touched touched = record.touched(i);
    const Entry* cached = instances_.Find(touched.instance);
    std::optional<FoldCost> before;
    if (touched.first_sequence == 1) before = FoldCost();
    if (cached != nullptr) before = cached->cost;
    instances_.Erase(touched.instance);
    tail_.Add(touched.instance, touched.first_sequence, position, bytes.size(),
              before);
  }
  return absl::OkStatus();
}

void PartitionData::FoldDecided(const fb::RecordT& record,
                                std::string_view bytes) {
  PAWL_CHECK_OK(core::ApplyHeader(&state_, record.position, record.time_ms));
  log_bytes_ += bytes.size();
  bool deploys = false;
  for (size_t i = 0; i < record.events.size(); ++i) {
    const fb::EventUnion& event = record.events[i];
    if (IsInstanceOnlyEvent(event.type)) continue;
    const InstanceKey instance = core::InstanceOf(record, i);
    PAWL_CHECK_OK(core::Apply(&state_, event, instance, record.position));
    core::Project(event, instance, &sink_);
    PAWL_CHECK_OK(sink_.TakeRefusal());
    if (event.type == fb::Event::DefinitionDeployed) {
      deploys = true;
      definitions_.Add(
          state_.definitions[event.AsDefinitionDeployed()->process_id].back());
    }
  }
  if (deploys) unreadable_.try_emplace(record.position, bytes);
  for (const auto& touched : record.touched) {
    const InstanceKey key(touched->instance);
    Entry* entry = instances_.Find(key);
    PAWL_CHECK(entry != nullptr) << "instance " << key << " was decided on";
    PAWL_CHECK_EQ(touched->first_sequence + touched->count,
                  entry->instance.sequence + 1)
        << "sequence of instance " << key;
    tail_.Add(key, touched->first_sequence, record.position, bytes.size(),
              entry->cost);
    entry->touched = record.position;
    ++entry->cost.records;
    entry->cost.bytes += bytes.size();
    if (entry->instance.ended()) {
      instances_.Measure(entry);
      instances_.MoveToColdEnd(entry);
    } else if (entry->cost.records % kMeasureEvery == 0 ||
               bytes.size() >= kMeasureAtBytes) {
      instances_.Measure(entry);
    }
  }
}

void PartitionData::SetReadable(Position readable) {
  readable_ = std::max(readable_, readable);
  while (!unreadable_.empty() && unreadable_.begin()->first <= readable_) {
    unreadable_.erase(unreadable_.begin());
  }
}

absl::StatusOr<std::string> PartitionData::ReadRecord(Position position) const {
  if (const auto it = unreadable_.find(position); it != unreadable_.end()) {
    return it->second;
  }
  return store_->ReadOne(partition_, position);
}

// --- Instances
// ----------------------------------------------------------------

absl::StatusOr<std::vector<Position>> PartitionData::PositionsFrom(
    InstanceKey key, uint32_t first_sequence) const {
  std::vector<Position> positions;
  absl::Status decoded;
  KeyRange range = KeyRange::Prefix(core::EncodeU64(key.value()));
  range.from = StreamKey(key, first_sequence);
  PAWL_RETURN_IF_ERROR(cache_->Scan(
      Table::kStream, range, [&](std::string_view, std::string_view value) {
        decoded = DecodePositions(value, &positions);
        return decoded.ok();
      }));
  PAWL_RETURN_IF_ERROR(decoded);
  if (const StreamTail::Entry* tail = tail_.Find(key); tail != nullptr) {
    PAWL_RETURN_IF_ERROR(DecodePositions(tail->positions, &positions));
  }
  return positions;
}

absl::StatusOr<std::vector<Position>> PartitionData::PositionsOf(
    InstanceKey key) const {
  return PositionsFrom(key, 0);
}

absl::Status PartitionData::FoldInstance(InstanceKey key,
                                         const std::vector<Position>& positions,
                                         core::Instance* instance,
                                         FoldCost* cost) {
  if (positions.empty()) return absl::OkStatus();
  absl::Status folded;
  const auto fold = [&](Position position, std::string_view bytes) {
    absl::StatusOr<RecordView> record = RecordView::Open(bytes);
    if (!record.ok()) return At(position, record.status());
    ++cost->records;
    cost->bytes += bytes.size();
    const uint32_t before = instance->sequence;
    uint32_t first = 0;
    for (size_t i = 0; i < record->touched_count(); ++i) {
      if (record->touched(i).instance == key) {
        first = record->touched(i).first_sequence;
      }
    }
    if (first != before + 1) {
      return absl::DataLossError(
          absl::StrCat("record ", position, ": got sequence ", first,
                       " of instance ", key.value(), ", wanted ", before + 1));
    }
    for (size_t i = 0; i < record->event_count(); ++i) {
      if (record->instance_of(i) != key) continue;
      absl::Status status =
          core::Apply(instance, record->Unpack(i), record->time_ms());
      if (!status.ok()) return At(position, status);
    }
    return absl::OkStatus();
  };
  PAWL_RETURN_IF_ERROR(store_->ReadAt(
      partition_, positions, [&](Position position, std::string_view bytes) {
        folded = fold(position, bytes);
        return folded.ok();
      }));
  return folded;
}

absl::Status PartitionData::FoldFromSnapshot(InstanceKey key,
                                             core::Instance* instance,
                                             FoldCost* cost,
                                             Position* touched) {
  *instance = core::Instance();
  *touched = 0;
  if (const StreamTail::Entry* tail = tail_.Find(key);
      tail != nullptr && tail->first_sequence == 1) {
    // All of it since the last checkpoint: the tables know nothing of it.
    std::vector<Position> positions;
    PAWL_RETURN_IF_ERROR(DecodePositions(tail->positions, &positions));
    *touched = tail->last;
    return FoldInstance(key, positions, instance, cost);
  }
  const std::string snapshot_key = core::EncodeU64(key.value());
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> snapshot,
                        cache_->Get(Table::kSnapshot, snapshot_key));
  if (snapshot.has_value()) {
    PAWL_ASSIGN_OR_RETURN(core::InstanceSnapshot decoded,
                          core::DecodeSnapshot(*snapshot));
    *instance = std::move(decoded.instance);
    *touched = decoded.position;
  }
  PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                        PositionsFrom(key, instance->sequence + 1));
  if (!positions.empty()) *touched = positions.back();
  PAWL_RETURN_IF_ERROR(FoldInstance(key, positions, instance, cost));
  if (!instance->exists()) {
    return absl::NotFoundError(
        absl::StrCat("instance ", key.value(), ": no such instance"));
  }
  return absl::OkStatus();
}

absl::StatusOr<PartitionData::Entry*> PartitionData::Load(InstanceKey key) {
  if (Entry* entry = instances_.Find(key); entry != nullptr) return entry;
  Trim();
  auto entry = std::make_unique<Entry>();
  PAWL_RETURN_IF_ERROR(
      FoldFromSnapshot(key, &entry->instance, &entry->cost, &entry->touched));
  return instances_.Insert(std::move(entry));
}

PartitionData::Entry* PartitionData::Adopt(std::unique_ptr<Entry> entry) {
  Trim();
  return instances_.Insert(std::move(entry));
}

absl::StatusOr<const core::Instance*> PartitionData::Peek(
    InstanceKey key, core::Instance* scratch) {
  if (const Entry* entry = instances_.Find(key); entry != nullptr) {
    return &entry->instance;
  }
  FoldCost cost;
  Position touched = 0;
  PAWL_RETURN_IF_ERROR(FoldFromSnapshot(key, scratch, &cost, &touched));
  return scratch;
}

absl::StatusOr<core::Instance> PartitionData::LoadAt(InstanceKey key,
                                                     Position position) {
  core::Instance instance;
  // What was taken later can't be folded back.
  PAWL_ASSIGN_OR_RETURN(
      const std::optional<std::string> snapshot,
      cache_->Get(Table::kSnapshot, core::EncodeU64(key.value())));
  if (snapshot.has_value()) {
    PAWL_ASSIGN_OR_RETURN(core::InstanceSnapshot decoded,
                          core::DecodeSnapshot(*snapshot));
    if (decoded.position <= position) instance = std::move(decoded.instance);
  }
  PAWL_ASSIGN_OR_RETURN(std::vector<Position> positions,
                        PositionsFrom(key, instance.sequence + 1));
  positions.erase(
      std::upper_bound(positions.begin(), positions.end(), position),
      positions.end());
  FoldCost cost;
  PAWL_RETURN_IF_ERROR(FoldInstance(key, positions, &instance, &cost));
  if (!instance.exists()) {
    return absl::NotFoundError(absl::StrCat(
        "instance ", key.value(), ": not started at position ", position));
  }
  return instance;
}

absl::StatusOr<InstanceKey> PartitionData::InstanceOf(core::Index index,
                                                      uint64_t key) const {
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                        cache_->Get(TableOf(index), core::EncodeU64(key)));
  if (!value.has_value()) return InstanceKey();
  const std::optional<uint64_t> instance = core::DecodeU64(*value);
  if (!instance.has_value()) {
    return absl::DataLossError(absl::StrCat(
        "index ", std::string(NameOf(TableOf(index))), ": the entry of ", key,
        " can't be read; `pawl rebuild` makes it anew"));
  }
  return InstanceKey(*instance);
}

absl::StatusOr<std::string> PartitionData::StateDigest() {
  core::DigestSum sum;
  core::Instance scratch;
  KeyRange range = KeyRange::All();
  for (;;) {
    std::vector<std::string> keys;
    PAWL_RETURN_IF_ERROR(
        cache_->Scan(Table::kIndexInstance, range,
                     [&](std::string_view key, std::string_view) {
                       keys.emplace_back(key);
                       return keys.size() < kDigestPage;
                     }));
    for (const std::string& key : keys) {
      const std::optional<uint64_t> number = core::DecodeU64(key);
      if (!number.has_value()) {
        return absl::DataLossError("index_instance: a key that can't be read");
      }
      PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                            Peek(InstanceKey(*number), &scratch));
      sum.Add(*instance);
    }
    if (keys.size() < kDigestPage) return sum.Finish(state_);
    range.from = keys.back() + '\0';
  }
}

// --- Caches
// -------------------------------------------------------------------

absl::Status PartitionData::WriteSnapshots() {
  for (const auto& [key, tail] : tail_.entries()) {
    FoldCost cost{tail.records, tail.bytes};
    if (tail.before.has_value()) {
      cost.records += tail.before->records;
      cost.bytes += tail.before->bytes;
    } else {
      // It was last read by another engine; its bytes before are not known.
      PAWL_ASSIGN_OR_RETURN(
          const std::optional<std::string> snapshot,
          cache_->Get(Table::kSnapshot, core::EncodeU64(key.value())));
      uint32_t sequence = 0;
      if (snapshot.has_value()) {
        PAWL_ASSIGN_OR_RETURN(const core::InstanceSnapshot decoded,
                              core::DecodeSnapshot(*snapshot));
        sequence = decoded.instance.sequence;
      }
      PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                            PositionsFrom(key, sequence + 1));
      cost.records = static_cast<uint32_t>(positions.size());
    }
    if (cost.records <= options_.snapshot_records &&
        cost.bytes <= options_.snapshot_bytes) {
      continue;
    }
    PAWL_ASSIGN_OR_RETURN(Entry* const entry, Load(key));
    cache_->Put(Table::kSnapshot, core::EncodeU64(key.value()),
                core::EncodeSnapshot(entry->instance, entry->touched));
    entry->cost = FoldCost();
  }
  return absl::OkStatus();
}

absl::Status PartitionData::Checkpoint() {
  PAWL_RETURN_IF_ERROR(WriteSnapshots());
  for (const auto& [key, tail] : tail_.entries()) {
    if (PAWL_PLANTED(stream_entry_missing) && tail.records == 1) continue;
    cache_->PutNew(Table::kStream, StreamKey(key, tail.first_sequence),
                   tail.positions);
  }
  tail_.Clear();
  cache_->Put(Table::kPartitionState, kStateKey, core::EncodePartition(state_));
  cache_->Put(Table::kPartitionState, kLogBytesKey,
              core::EncodeU64(log_bytes_));
  return cache_->Checkpoint(state_.position);
}

void PartitionData::ForgetInstances() { instances_.EvictAll(readable_); }

}  // namespace pawl
