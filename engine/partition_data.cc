#include "engine/partition_data.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/archive.h"
#include "engine/core/apply.h"
#include "engine/core/carry.h"
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
// The same of the tally (tally.h).
constexpr char kTallyKey[] = "tally";
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
  } else if (fits && data_->carries_) {
    // In a store that wasn't trimmed it is there.
    const auto there = data_->cache_->Get(table, key);
    if (!there.ok()) refusal_ = there.status();
    if (there.ok() && !there->has_value()) {
      data_->cache_->Put(table, key, value);
    }
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
      sink_(this),
      is_suspended_([this](InstanceKey key) { return IsSuspended(key); }) {}

// --- Folding
// ------------------------------------------------------------------

absl::StatusOr<std::optional<core::Partition>> CachedState(
    const eventstore::CacheView& cache) {
  if (cache.position() == 0) return std::optional<core::Partition>();
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                        cache.Get(Table::kPartitionState, kStateKey));
  if (!bytes.has_value()) {
    return absl::DataLossError(
        absl::StrCat("caches as of position ", cache.position(),
                     " lack the partition's state; `pawl rebuild` makes them "
                     "anew"));
  }
  PAWL_ASSIGN_OR_RETURN(core::Partition state, core::DecodePartition(*bytes));
  if (state.position != cache.position()) {
    return absl::DataLossError(absl::StrCat(
        "caches: got the state as of position ", state.position, ", wanted ",
        cache.position(), "; `pawl rebuild` makes them anew"));
  }
  return std::optional<core::Partition>(std::move(state));
}

absl::Status PartitionData::ReadState() {
  state_ = core::Partition();
  log_bytes_ = 0;
  tally_ = Tally();
  uncounted_ = 0;
  absl::StatusOr<std::optional<core::Partition>> state = CachedState(*cache_);
  if (!state.ok()) {
    return absl::Status(
        state.status().code(),
        absl::StrCat("partition ", partition_, ": ", state.status().message()));
  }
  if (!state->has_value()) return absl::OkStatus();
  state_ = **std::move(state);
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> log_bytes,
                        cache_->Get(Table::kPartitionState, kLogBytesKey));
  log_bytes_ = core::DecodeU64(log_bytes.value_or("")).value_or(0);
  return ReadTally();
}

absl::Status PartitionData::ReadTally() {
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                        cache_->Get(Table::kPartitionState, kTallyKey));
  std::optional<StoredTally> stored = DecodeTally(bytes.value_or(""));
  if (!stored.has_value() || stored->position != state_.position) {
    uncounted_ = state_.position;
    return absl::OkStatus();
  }
  tally_ = std::move(stored->tally);
  uncounted_ = stored->uncounted;
  return absl::OkStatus();
}

void PartitionData::KnowDefinitions() {
  for (const auto& [process_id, versions] : state_.definitions) {
    for (const auto& definition : versions) definitions_.Add(definition);
  }
}

void PartitionData::AddUncounted(const Tally& older) {
  PAWL_CHECK_EQ(older.records, static_cast<int64_t>(uncounted_));
  tally_.Add(older);
  uncounted_ = 0;
}

absl::StatusOr<bool> PartitionData::IsSuspended(InstanceKey key) const {
  // Nearly always: no instance is suspended at all.
  if (uncounted_ == 0 && tally_.of(fb::InstanceState::suspended) == 0) {
    return false;
  }
  PAWL_ASSIGN_OR_RETURN(
      const std::optional<std::string> value,
      cache_->Get(Table::kIndexInstance, core::EncodeU64(key.value())));
  const auto known = core::DecodeInstanceValue(value.value_or(""));
  return known.has_value() && known->state == fb::InstanceState::suspended;
}

void PartitionData::CountInTally(const fb::EventUnion& event,
                                 InstanceKey instance) {
  // An index that can't be read fails whatever depends on it; a tally can be
  // had again from the log.
  if (!CountEvent(event, instance, is_suspended_, &tally_).ok()) {
    tally_lost_ = true;
  }
}

void PartitionData::CountInTally(size_t events, size_t bytes) {
  ++tally_.records;
  tally_.record_bytes += static_cast<int64_t>(bytes);
  tally_.events += static_cast<int64_t>(events);
  if (!tally_lost_) return;
  tally_lost_ = false;
  tally_ = Tally();
  uncounted_ = state_.position;
}

absl::Status PartitionData::Recover() {
  instances_.Clear();
  tail_.Clear();
  definitions_.Clear();
  work_.Reset();
  unreadable_.clear();
  PAWL_RETURN_IF_ERROR(ReadState());
  KnowDefinitions();
  const Position end = store_->End(partition_);
  const Position next = NextToFold();
  if (end >= next) {
    absl::Status folded;
    PAWL_RETURN_IF_ERROR(store_->Read(partition_, next, end,
                                      [&](Position, std::string_view record) {
                                        folded = FoldRecord(record);
                                        return folded.ok();
                                      }));
    PAWL_RETURN_IF_ERROR(folded);
  }
  SetReadable(state_.position);
  return absl::OkStatus();
}

Position PartitionData::NextToFold() const {
  return std::max(state_.position + 1, store_->Floor(partition_));
}

absl::StatusOr<bool> PartitionData::IsNew(InstanceKey instance) const {
  PAWL_ASSIGN_OR_RETURN(
      const std::optional<std::string> entry,
      cache_->Get(Table::kIndexInstance, core::EncodeU64(instance.value())));
  return !entry.has_value();
}

absl::Status PartitionData::FoldRecord(std::string_view bytes) {
  PAWL_ASSIGN_OR_RETURN(const RecordView record, RecordView::Open(bytes));
  const Position position = record.position();
  log_bytes_ += bytes.size();
  const bool begins_log = state_.position == 0 && record.event_count() > 0 &&
                          record.type(0) == fb::Event::TrimBegun;
  bool carried = false;
  PAWL_RETURN_IF_ERROR(
      core::ApplyHeader(&state_, position, record.time_ms(), begins_log));
  for (size_t i = 0; i < record.event_count(); ++i) {
    const fb::Event type = record.type(i);
    if (IsInstanceOnlyEvent(type)) continue;
    const fb::EventUnion event = record.Unpack(i);
    const InstanceKey instance = record.instance_of(i);
    if (absl::Status status = core::Apply(&state_, event, instance, position);
        !status.ok()) {
      return At(position, status);
    }
    carried = carried || type == fb::Event::CarriedForward;
    bool is_news = type != fb::Event::TrimBegun || begins_log;
    if (type == fb::Event::CarriedForward) {
      PAWL_ASSIGN_OR_RETURN(is_news, IsNew(instance));
    }
    carries_ = type == fb::Event::EntriesCarriedForward;
    if (begins_log) tally_ = TallyIn(event).value_or(Tally());
    CountInTally(event, instance);
    if (is_news) core::Project(event, instance, &sink_);
    carries_ = false;
    if (absl::Status status = sink_.TakeRefusal(); !status.ok()) {
      return At(position, status);
    }
    if (type == fb::Event::DefinitionDeployed) {
      definitions_.Add(
          state_.definitions[event.AsDefinitionDeployed()->process_id].back());
    } else if (type == fb::Event::DefinitionsCarriedForward ||
               (type == fb::Event::TrimBegun && begins_log)) {
      KnowDefinitions();
    }
  }
  CountInTally(record.event_count(), bytes.size());
  for (size_t i = 0; i < record.touched_count(); ++i) {
    const RecordView::Touched touched = record.touched(i);
    // Nothing of it is to be folded.
    if (touched.count == 0) continue;
    const Entry* cached = instances_.Find(touched.instance);
    std::optional<FoldCost> before;
    // Nothing before what carries it forward has to be read.
    if (touched.first_sequence == 1 || carried) before = FoldCost();
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
    CountInTally(event, instance);
    core::Project(event, instance, &sink_);
    PAWL_CHECK_OK(sink_.TakeRefusal());
    if (event.type == fb::Event::DefinitionDeployed) {
      deploys = true;
      definitions_.Add(
          state_.definitions[event.AsDefinitionDeployed()->process_id].back());
    }
  }
  CountInTally(record.events.size(), bytes.size());
  if (deploys) unreadable_.try_emplace(record.position, bytes);
  for (const auto& touched : record.touched) {
    const InstanceKey key(touched->instance);
    Entry* entry = instances_.Find(key);
    PAWL_CHECK(entry != nullptr) << "instance " << key << " was decided on";
    PAWL_CHECK_EQ(touched->first_sequence + touched->count,
                  entry->instance.sequence + 1)
        << "sequence of instance " << key;
    if (touched->count == 0) continue;
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
  // What the log has no more may stand here still.
  positions.erase(positions.begin(),
                  std::lower_bound(positions.begin(), positions.end(),
                                   store_->Floor(partition_)));
  return positions;
}

absl::StatusOr<std::vector<Position>> PartitionData::PositionsOf(
    InstanceKey key) const {
  return PositionsFrom(key, 0);
}

absl::Status PartitionData::FoldInto(InstanceKey key, Position position,
                                     std::string_view bytes,
                                     core::Instance* instance, FoldCost* cost) {
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
  const bool begins = before == 0 && !instance->exists() &&
                      record->event_count() > 0 &&
                      record->type(0) == fb::Event::CarriedForward;
  if (first != before + 1 && !begins) {
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
}

absl::Status PartitionData::FoldInstance(InstanceKey key,
                                         const std::vector<Position>& positions,
                                         core::Instance* instance,
                                         FoldCost* cost) {
  if (positions.empty()) return absl::OkStatus();
  absl::Status folded;
  PAWL_RETURN_IF_ERROR(store_->ReadAt(
      partition_, positions, [&](Position position, std::string_view bytes) {
        folded = FoldInto(key, position, bytes, instance, cost);
        return folded.ok();
      }));
  return folded;
}

absl::StatusOr<std::optional<core::InstanceSnapshot>> PartitionData::SnapshotOf(
    InstanceKey key) const {
  PAWL_ASSIGN_OR_RETURN(
      const std::optional<std::string> bytes,
      cache_->Get(Table::kSnapshot, core::EncodeU64(key.value())));
  if (!bytes.has_value()) return std::optional<core::InstanceSnapshot>();
  PAWL_ASSIGN_OR_RETURN(core::InstanceSnapshot snapshot,
                        core::DecodeSnapshot(*bytes));
  // The records between it and the floor are gone.
  if (snapshot.position < store_->Floor(partition_)) {
    return std::optional<core::InstanceSnapshot>();
  }
  return std::optional<core::InstanceSnapshot>(std::move(snapshot));
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
  PAWL_ASSIGN_OR_RETURN(std::optional<core::InstanceSnapshot> snapshot,
                        SnapshotOf(key));
  if (snapshot.has_value()) {
    *instance = std::move(snapshot->instance);
    *touched = snapshot->position;
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
  absl::Status folded = FoldFromSnapshot(key, scratch, &cost, &touched);
  if (absl::IsNotFound(folded) && store_->Floor(partition_) > 1) {
    *scratch = core::Instance();
    PAWL_RETURN_IF_ERROR(FoldArchived(key, store_->Floor(partition_), scratch));
    if (scratch->exists()) return scratch;
  }
  PAWL_RETURN_IF_ERROR(folded);
  return scratch;
}

absl::StatusOr<core::Instance> PartitionData::LoadAt(InstanceKey key,
                                                     Position position) {
  core::Instance instance;
  if (position < store_->Floor(partition_)) {
    PAWL_RETURN_IF_ERROR(FoldArchived(key, position, &instance));
  } else {
    // What was taken later can't be folded back.
    PAWL_ASSIGN_OR_RETURN(std::optional<core::InstanceSnapshot> snapshot,
                          SnapshotOf(key));
    if (snapshot.has_value() && snapshot->position <= position) {
      instance = std::move(snapshot->instance);
    }
    PAWL_ASSIGN_OR_RETURN(std::vector<Position> positions,
                          PositionsFrom(key, instance.sequence + 1));
    positions.erase(
        std::upper_bound(positions.begin(), positions.end(), position),
        positions.end());
    // Before it was carried forward, or it never was.
    if (positions.empty() && !instance.exists()) {
      PAWL_RETURN_IF_ERROR(FoldArchived(key, position, &instance));
    }
    FoldCost cost;
    PAWL_RETURN_IF_ERROR(FoldInstance(key, positions, &instance, &cost));
  }
  if (!instance.exists()) {
    return absl::NotFoundError(absl::StrCat(
        "instance ", key.value(), ": not started at position ", position));
  }
  return instance;
}

absl::Status PartitionData::FoldArchived(InstanceKey key, Position position,
                                         core::Instance* instance) {
  absl::Status folded;
  PAWL_RETURN_IF_ERROR(ReadArchived(*store_, key, store_->Floor(partition_),
                                    [&](Position at, std::string_view bytes) {
                                      if (at > position) return false;
                                      FoldCost cost;
                                      folded = FoldInto(key, at, bytes,
                                                        instance, &cost);
                                      return folded.ok();
                                    }));
  return folded;
}

absl::Status PartitionData::ReadInstance(
    InstanceKey key, const eventstore::EventStore::RecordVisitor& visit) const {
  bool goes_on = true;
  const auto pass = [&](Position position, std::string_view bytes) {
    goes_on = visit(position, bytes);
    return goes_on;
  };
  if (store_->Floor(partition_) > 1) {
    PAWL_RETURN_IF_ERROR(
        ReadArchived(*store_, key, store_->Floor(partition_), pass));
  }
  if (!goes_on) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                        PositionsOf(key));
  return store_->ReadAt(partition_, positions, pass);
}

absl::StatusOr<int64_t> PartitionData::TimeAt(InstanceKey key,
                                              Position position) const {
  if (position == 0) return 0;
  if (position == state_.position) return state_.time_ms;
  int64_t time_ms = 0;
  absl::Status read;
  const auto note = [&](Position at, std::string_view bytes) {
    const absl::StatusOr<RecordView> record = RecordView::Open(bytes);
    read = record.status();
    if (!read.ok() || at > position) return false;
    time_ms = record->time_ms();
    return true;
  };
  if (position >= store_->Floor(partition_)) {
    PAWL_ASSIGN_OR_RETURN(const std::string bytes, ReadRecord(position));
    note(position, bytes);
  } else {
    PAWL_RETURN_IF_ERROR(ReadInstance(key, note));
  }
  PAWL_RETURN_IF_ERROR(read);
  return time_ms;
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
          const std::optional<core::InstanceSnapshot> snapshot,
          SnapshotOf(key));
      const uint32_t sequence =
          snapshot.has_value() ? snapshot->instance.sequence : 0;
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
  cache_->Put(Table::kPartitionState, kTallyKey,
              EncodeTally({state_.position, uncounted_, tally_}));
  return cache_->Checkpoint(state_.position);
}

void PartitionData::ForgetInstances() { instances_.EvictAll(readable_); }

}  // namespace pawl
