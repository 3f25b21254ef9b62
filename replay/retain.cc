#include "replay/retain.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/archive.h"
#include "engine/core/carry.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/finish_trim.h"
#include "engine/model/time_to_live.h"
#include "engine/older_count.h"
#include "engine/partition_data.h"
#include "engine/record_view.h"
#include "engine/tally.h"
#include "replay/fold_forward.h"

namespace pawl::replay {
namespace {

using eventstore::KeyRange;
using eventstore::Table;

// Records of the log for each one that a trim would write: with more, it is
// worth it although nothing goes.
constexpr uint64_t kWorthRecords = 8;

// What is collected before it is written: bytes of records, and instances.
constexpr size_t kBatchBytes = size_t{1} << 20;
constexpr size_t kBatchInstances = 1024;
static_assert(2 * kBatchBytes + kRecordBytesMax <= kRoundBytesMax);
// Index entries of one record.
constexpr size_t kEntriesPerRecord = 1024;

// One partition's retention.
class Retention {
 public:
  Retention(PartitionData* data, const RetainOptions& options,
            RetainResult* result)
      : data_(*data),
        store_(data->store()),
        options_(options),
        result_(*result) {}

  absl::Status Run();

 private:
  // A process, as far as it matters here.
  struct Process {
    std::optional<IsoDuration> time_to_live;
    // Ended instances with lower keys are more than shall be kept.
    uint64_t first_kept = 0;
  };

  // An instance that lists have.
  struct Listed {
    InstanceKey key;
    core::InstanceIndexValue entry;
  };
  struct Page {
    std::vector<Listed> instances;
    bool is_last = false;
  };
  static bool HasEnded(const Listed& listed) {
    return listed.entry.state != fb::InstanceState::active &&
           listed.entry.state != fb::InstanceState::suspended;
  }
  // Moves `range` behind it.
  absl::StatusOr<Page> NextPage(KeyRange* range) const;
  // Until `visit` says false.
  template <typename Visit>
  absl::Status ForEachEnded(const Visit& visit) const;

  // --- What goes and what stays
  absl::Status LearnHolds();
  absl::Status LearnProcesses();
  absl::Status CountEnded();
  // Whether a trim would take enough out of the log for what it writes.
  absl::StatusOr<bool> IsWorthATrim();
  absl::StatusOr<bool> AnyGoes();
  // Whether the log has records of instances that were archived since its last
  // trim.
  absl::StatusOr<bool> AnyArchivedInLog() const;
  // Whether the log may be trimmed up to its end.
  bool ExportersLetGo();
  absl::StatusOr<bool> Goes(const core::Instance& instance);
  absl::StatusOr<bool> RootGoes(const core::Instance& root);

  // --- Steps
  absl::Status Begin();
  absl::Status CarryDefinitions();
  absl::Status CarryMessages();
  absl::Status CarryIdempotency();
  absl::Status ArchiveOthers();
  // Archives again those of `keys`, which lists have no more, whose entries
  // aren't there.
  absl::Status ArchiveMissing(const std::vector<uint64_t>& keys);
  absl::Status Sweep();
  absl::Status SweepOne(InstanceKey key);
  // What the log has of the instance, to entries_.
  absl::Status ArchiveInstance(InstanceKey key);
  absl::Status WriteEntries();
  absl::Status WriteBatch();
  absl::Status Finish();

  // --- The log
  // Adds a record; Commit appends what was added and folds it.
  void Add(fb::CommandUnion command, std::vector<fb::EventUnion> events,
           const core::Instance* instance = nullptr);
  template <typename EventT>
  void AddMaintenance(EventT event);
  absl::Status Commit();

  PartitionData& data_;
  eventstore::EventStore& store_;
  const RetainOptions& options_;
  RetainResult& result_;
  // The first record of this trim.
  Position floor_ = 0;
  absl::btree_map<std::string, Process> processes_;
  absl::btree_map<DefinitionKey, std::string> process_of_;
  absl::btree_set<InstanceKey> held_roots_;
  absl::btree_set<InstanceKey> archived_roots_;
  // Of the instances that stay, as they are once they were carried forward.
  core::DigestSum kept_;

  std::vector<eventstore::EventStore::ArchiveEntry> entries_;
  size_t entries_bytes_ = 0;
  fb::InstancesArchivedT archived_;
  std::vector<std::string> records_;
  size_t records_bytes_ = 0;
};

template <typename T>
fb::EventUnion EventOf(T event) {
  fb::EventUnion out;
  out.Set(std::move(event));
  return out;
}

template <typename T>
fb::CommandUnion CommandOf(T command) {
  fb::CommandUnion out;
  out.Set(std::move(command));
  return out;
}

// Of what was archived since the last trim, where `record` is the next one.
void NoteArchived(const RecordView& record, std::vector<uint64_t>* archived) {
  for (size_t i = 0; i < record.event_count(); ++i) {
    // What a trim archives itself has nothing behind its floor.
    if (record.type(i) == fb::Event::LogTrimmed) archived->clear();
    if (record.type(i) != fb::Event::InstancesArchived) continue;
    const fb::EventUnion event = record.Unpack(i);
    for (const auto& one : event.AsInstancesArchived()->instances) {
      archived->push_back(one->key);
    }
  }
}

// The end of `after` from `start_ms`; never, where that is no time.
int64_t EndOf(int64_t start_ms, const IsoDuration& after) {
  return AddIsoDuration(start_ms, after).value_or(kTimeMsMax);
}

absl::Status Retention::Run() {
  PAWL_RETURN_IF_ERROR(data_.Recover());
  if (data_.state().position == 0) return absl::OkStatus();
  // What isn't in the log any more can't be counted.
  OlderCount older(&data_);
  while (!older.done()) PAWL_RETURN_IF_ERROR(older.Step());
  PAWL_RETURN_IF_ERROR(LearnHolds());
  PAWL_RETURN_IF_ERROR(LearnProcesses());
  if (options_.keep_newest.has_value()) PAWL_RETURN_IF_ERROR(CountEnded());
  const uint64_t held = result_.held;
  if (options_.trim) {
    PAWL_ASSIGN_OR_RETURN(const bool worth, IsWorthATrim());
    if (!worth) return Finish();
    result_.held = held;
  }
  if (options_.trim && ExportersLetGo()) {
    PAWL_RETURN_IF_ERROR(Begin());
    PAWL_RETURN_IF_ERROR(CarryDefinitions());
    PAWL_RETURN_IF_ERROR(CarryMessages());
    PAWL_RETURN_IF_ERROR(ArchiveOthers());
  }
  PAWL_RETURN_IF_ERROR(Sweep());
  PAWL_RETURN_IF_ERROR(CarryIdempotency());
  return Finish();
}

// --- What goes and what stays ------------------------------------------------

absl::Status Retention::LearnHolds() {
  for (const auto& [key, reason] : data_.state().holds) {
    core::Instance scratch;
    const auto instance = data_.Peek(key, &scratch);
    if (absl::IsNotFound(instance.status())) continue;
    PAWL_RETURN_IF_ERROR(instance.status());
    held_roots_.insert((*instance)->called() ? (*instance)->caller.root : key);
  }
  return absl::OkStatus();
}

absl::Status Retention::LearnProcesses() {
  for (const auto& [id, versions] : data_.state().definitions) {
    Process process;
    for (const core::Partition::Definition& version : versions) {
      process_of_[version.key] = id;
    }
    // The newest says it for all of them.
    PAWL_ASSIGN_OR_RETURN(const auto model, data_.Model(versions.back().key));
    const std::string& text = model->model().history_time_to_live;
    if (!text.empty()) {
      PAWL_ASSIGN_OR_RETURN(process.time_to_live,
                            model::ParseTimeToLiveText(text));
    }
    processes_[id] = process;
  }
  return absl::OkStatus();
}

absl::Status Retention::CountEnded() {
  // Keys rise with the starts, so the newest are the last.
  std::map<std::string, std::vector<uint64_t>> ended;
  PAWL_RETURN_IF_ERROR(
      ForEachEnded([&](const Listed& listed) -> absl::StatusOr<bool> {
        ended[process_of_[listed.entry.definition]].push_back(
            listed.key.value());
        return true;
      }));
  for (const auto& [id, keys] : ended) {
    const uint64_t kept =
        std::min<uint64_t>(*options_.keep_newest, keys.size());
    processes_[id].first_kept =
        kept == 0 ? keys.back() + 1 : keys[keys.size() - kept];
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Retention::IsWorthATrim() {
  const core::Partition& state = data_.state();
  // Begin and end, instances, definitions; messages share theirs.
  const uint64_t written = 2 + state.instances_started -
                           state.instances_archived + process_of_.size();
  const Position records = state.position + 1 - store_.Floor(data_.partition());
  if (records > kWorthRecords * written) return true;
  PAWL_ASSIGN_OR_RETURN(const bool goes, AnyGoes());
  if (goes) return true;
  return AnyArchivedInLog();
}

absl::StatusOr<bool> Retention::AnyGoes() {
  bool goes = false;
  PAWL_RETURN_IF_ERROR(
      ForEachEnded([&](const Listed& listed) -> absl::StatusOr<bool> {
        core::Instance scratch;
        PAWL_ASSIGN_OR_RETURN(const core::Instance* const found,
                              data_.Peek(listed.key, &scratch));
        PAWL_ASSIGN_OR_RETURN(goes, Goes(*found));
        return !goes;
      }));
  return goes;
}

template <typename Visit>
absl::Status Retention::ForEachEnded(const Visit& visit) const {
  KeyRange range = KeyRange::All();
  for (bool more = true; more;) {
    PAWL_ASSIGN_OR_RETURN(const Page page, NextPage(&range));
    more = !page.is_last;
    for (const Listed& listed : page.instances) {
      if (!HasEnded(listed)) continue;
      PAWL_ASSIGN_OR_RETURN(const bool goes_on, visit(listed));
      if (!goes_on) return absl::OkStatus();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Retention::AnyArchivedInLog() const {
  std::vector<uint64_t> archived;
  absl::Status opened;
  PAWL_RETURN_IF_ERROR(store_.Read(
      data_.partition(), store_.Floor(data_.partition()),
      data_.state().position, [&](Position, std::string_view bytes) {
        const auto record = RecordView::Open(bytes);
        opened = record.status();
        if (opened.ok()) NoteArchived(*record, &archived);
        return opened.ok();
      }));
  PAWL_RETURN_IF_ERROR(opened);
  return !archived.empty();
}

bool Retention::ExportersLetGo() {
  const Position end = data_.state().position;
  std::vector<std::string> behind;
  for (const ExportCursor& cursor : options_.cursors) {
    const Position at = data_.partition() < cursor.positions.size()
                            ? cursor.positions[data_.partition()]
                            : 0;
    if (at >= end) continue;
    // As if all records were of one size.
    const double share =
        static_cast<double>(end - at) / static_cast<double>(end);
    const bool drops = options_.when_behind == WhenBehind::kDrop &&
                       share * static_cast<double>(data_.log_bytes()) >
                           static_cast<double>(options_.behind_bytes_max);
    if (!drops) {
      result_.waits_for = cursor.name;
      return false;
    }
    behind.push_back(cursor.name);
  }
  for (std::string& name : behind) {
    result_.overtaken.push_back(std::move(name));
  }
  return true;
}

absl::StatusOr<bool> Retention::RootGoes(const core::Instance& root) {
  if (!root.ended()) return false;
  const Process& process = processes_[root.process_id];
  const std::optional<IsoDuration>& after = process.time_to_live.has_value()
                                                ? process.time_to_live
                                                : options_.archive_after;
  const bool old =
      after.has_value() && EndOf(root.ended_ms, *after) <= options_.now_ms;
  if (!old && root.key.value() >= process.first_kept) return false;
  if (held_roots_.contains(root.key)) {
    ++result_.held;
    return false;
  }
  return true;
}

// A called instance goes with its root, which has a lower key and so was met
// before it; or alone, once its root has gone.
absl::StatusOr<bool> Retention::Goes(const core::Instance& instance) {
  if (!instance.called()) return RootGoes(instance);
  const InstanceKey root = instance.caller.root;
  if (!instance.ended() || held_roots_.contains(root)) return false;
  if (archived_roots_.contains(root)) return true;
  PAWL_ASSIGN_OR_RETURN(
      const std::optional<std::string> entry,
      data_.cache().Get(Table::kIndexInstance, core::EncodeU64(root.value())));
  return !entry.has_value();
}

// --- Steps -------------------------------------------------------------------

absl::Status Retention::Begin() {
  core::Partition before = data_.state();
  before.position += 1;
  before.time_ms = std::max(before.time_ms, options_.now_ms);
  floor_ = before.position;
  StoredTally tally;
  tally.position = data_.state().position;
  tally.tally = data_.tally();
  Add(CommandOf(fb::TrimLogT()),
      {core::MakeTrimBegun(before, EncodeTally(tally))});
  return Commit();
}

absl::Status Retention::CarryDefinitions() {
  // By resource: they share its source.
  absl::btree_map<uint64_t, std::vector<core::Partition::Definition>> resources;
  for (const auto& [id, versions] : data_.state().definitions) {
    for (const core::Partition::Definition& version : versions) {
      resources[version.resource].push_back(version);
    }
  }
  for (const auto& [resource, definitions] : resources) {
    PAWL_ASSIGN_OR_RETURN(DefinitionCache::Source source,
                          data_.SourceOf(definitions.front().key));
    fb::DefinitionsCarriedForwardT carried;
    carried.resource = std::make_unique<fb::ResourceDeployedT>();
    carried.resource->key = resource;
    carried.resource->name = std::move(source.name);
    carried.resource->xml = std::move(source.xml);
    for (const core::Partition::Definition& definition : definitions) {
      PAWL_ASSIGN_OR_RETURN(const auto model, data_.Model(definition.key));
      auto deployed = std::make_unique<fb::DefinitionDeployedT>();
      deployed->key = definition.key.value();
      deployed->resource = resource;
      deployed->process_id = process_of_[definition.key];
      deployed->version = definition.version;
      deployed->digest = definition.digest;
      deployed->model = std::make_unique<fb::ProcessT>(model->model());
      carried.definitions.push_back(std::move(deployed));
    }
    AddMaintenance(std::move(carried));
    if (records_bytes_ >= kBatchBytes) PAWL_RETURN_IF_ERROR(Commit());
  }
  return Commit();
}

absl::Status Retention::CarryMessages() {
  fb::EntriesCarriedForwardT carried;
  absl::Status decoded;
  const auto damaged = [&] {
    decoded = absl::DataLossError(
        "index_message: an entry that can't be read; `pawl rebuild` makes it "
        "anew");
    return false;
  };
  const auto full = [&] {
    return carried.messages.size() + carried.message_ids.size() >=
           kEntriesPerRecord;
  };
  const auto flush = [&] {
    if (carried.messages.empty() && carried.message_ids.empty()) return;
    AddMaintenance(std::exchange(carried, fb::EntriesCarriedForwardT()));
  };
  // The keys of both kinds end with a number of 8 bytes.
  const std::string message = core::BufferedEntry(0);
  PAWL_RETURN_IF_ERROR(data_.cache().Scan(
      Table::kIndexMessage,
      KeyRange::Prefix(message.substr(0, message.size() - 8)),
      [&](std::string_view, std::string_view value) {
        auto entry = core::DecodeBuffered(value);
        if (entry == nullptr) return damaged();
        carried.messages.push_back(std::move(entry));
        if (full()) flush();
        return true;
      }));
  const std::string id = core::MessageIdByKey(0);
  PAWL_RETURN_IF_ERROR(data_.cache().Scan(
      Table::kIndexMessage, KeyRange::Prefix(id.substr(0, id.size() - 8)),
      [&](std::string_view, std::string_view value) {
        auto entry = core::DecodeMessageId(value);
        if (entry == nullptr) return damaged();
        carried.message_ids.push_back(std::move(entry));
        if (full()) flush();
        return true;
      }));
  PAWL_RETURN_IF_ERROR(decoded);
  flush();
  return Commit();
}

// Keys of instances that stay are carried forward, the others forgotten.
absl::Status Retention::CarryIdempotency() {
  KeyRange range = KeyRange::All();
  for (bool more = true; more;) {
    std::vector<std::pair<std::string, std::string>> page;
    PAWL_RETURN_IF_ERROR(
        data_.cache().Scan(Table::kIndexIdempotency, range,
                           [&](std::string_view key, std::string_view value) {
                             page.emplace_back(key, value);
                             return page.size() < kEntriesPerRecord;
                           }));
    more = page.size() == kEntriesPerRecord;
    if (!page.empty()) range.from = page.back().first + '\0';
    fb::EntriesCarriedForwardT carried;
    for (auto& [key, value] : page) {
      const auto seen = core::DecodeIdempotency(value);
      if (!seen.has_value()) {
        return absl::DataLossError(
            "index_idempotency: an entry that can't be read; `pawl rebuild` "
            "makes it anew");
      }
      PAWL_ASSIGN_OR_RETURN(
          const std::optional<std::string> instance,
          data_.cache().Get(Table::kIndexInstance,
                            core::EncodeU64(seen->instance.value())));
      if (!instance.has_value()) {
        carried.forgotten.push_back(std::move(key));
        continue;
      }
      if (floor_ == 0) continue;
      auto kept = std::make_unique<fb::IdempotencyKeptT>();
      kept->key = std::move(key);
      kept->instance = seen->instance.value();
      kept->definition = seen->definition.value();
      kept->version = seen->version;
      carried.idempotency.push_back(std::move(kept));
    }
    if (!carried.idempotency.empty() || !carried.forgotten.empty()) {
      AddMaintenance(std::move(carried));
    }
    PAWL_RETURN_IF_ERROR(Commit());
  }
  return absl::OkStatus();
}

// Records of no instance: deployments, openings, messages. And instances that
// were archived since the last trim: their entries were written then, but a
// store can be a copy by a build that left them behind.
absl::Status Retention::ArchiveOthers() {
  auto entry =
      std::make_unique<ArchiveEntryWriter>(NoInstance(data_.partition()));
  std::vector<uint64_t> archived;
  absl::Status written;
  const auto flush = [&] {
    if (entry->empty()) return absl::OkStatus();
    const absl::Status status = store_.WriteArchive({entry->Finish()});
    entry = std::make_unique<ArchiveEntryWriter>(NoInstance(data_.partition()));
    return status;
  };
  PAWL_RETURN_IF_ERROR(
      store_.Read(data_.partition(), store_.Floor(data_.partition()),
                  floor_ - 1, [&](Position position, std::string_view bytes) {
                    const auto record = RecordView::Open(bytes);
                    written = record.status();
                    if (written.ok()) NoteArchived(*record, &archived);
                    if (written.ok() && record->touched_count() == 0) {
                      entry->Add(position, bytes);
                      if (entry->bytes() >= kBatchBytes) written = flush();
                    }
                    if (options_.progress && position % 4096 == 0) {
                      options_.progress(position, floor_ - 1);
                    }
                    return written.ok();
                  }));
  PAWL_RETURN_IF_ERROR(written);
  PAWL_RETURN_IF_ERROR(flush());
  return ArchiveMissing(archived);
}

absl::Status Retention::ArchiveMissing(const std::vector<uint64_t>& keys) {
  for (size_t i = 0; i < keys.size();) {
    std::set<InstanceKey> missing;
    for (; i < keys.size() && missing.size() < kBatchInstances; ++i) {
      missing.insert(InstanceKey(keys[i]));
    }
    const std::set<InstanceKey> wanted = missing;
    const Position floor = store_.Floor(data_.partition());
    PAWL_RETURN_IF_ERROR(ScanEntries(
        store_, wanted, [&](std::string_view key, std::string_view) {
          const std::optional<ArchiveKey> parsed = ParseArchiveKey(key);
          if (parsed->first >= floor) missing.erase(parsed->instance);
          return true;
        }));
    for (const InstanceKey key : missing) {
      PAWL_RETURN_IF_ERROR(ArchiveInstance(key));
      if (entries_bytes_ >= kBatchBytes) PAWL_RETURN_IF_ERROR(WriteEntries());
    }
    PAWL_RETURN_IF_ERROR(WriteEntries());
  }
  return absl::OkStatus();
}

absl::StatusOr<Retention::Page> Retention::NextPage(KeyRange* range) const {
  Page page;
  absl::Status decoded;
  PAWL_RETURN_IF_ERROR(data_.cache().Scan(
      Table::kIndexInstance, *range,
      [&](std::string_view key, std::string_view value) {
        const auto number = core::DecodeU64(key);
        const auto entry = core::DecodeInstanceValue(value);
        if (!number.has_value() || !entry.has_value()) {
          decoded = absl::DataLossError(
              "index_instance: an entry that can't be read");
          return false;
        }
        page.instances.push_back({InstanceKey(*number), *entry});
        return page.instances.size() < kBatchInstances;
      }));
  PAWL_RETURN_IF_ERROR(decoded);
  page.is_last = page.instances.size() < kBatchInstances;
  if (!page.instances.empty()) {
    range->from = core::EncodeU64(page.instances.back().key.value() + 1);
  }
  return page;
}

absl::Status Retention::Sweep() {
  const uint64_t total =
      data_.state().instances_started - data_.state().instances_archived;
  uint64_t done = 0;
  KeyRange range = KeyRange::All();
  for (bool more = true; more;) {
    // The keys first: what changes the tables must not run inside a scan.
    PAWL_ASSIGN_OR_RETURN(const Page page, NextPage(&range));
    more = !page.is_last;
    for (const Listed& listed : page.instances) {
      PAWL_RETURN_IF_ERROR(SweepOne(listed.key));
      if (entries_bytes_ + records_bytes_ >= kBatchBytes) {
        PAWL_RETURN_IF_ERROR(WriteBatch());
      }
    }
    PAWL_RETURN_IF_ERROR(WriteBatch());
    done += page.instances.size();
    if (options_.progress) options_.progress(done, std::max(done, total));
  }
  return absl::OkStatus();
}

absl::Status Retention::SweepOne(InstanceKey key) {
  core::Instance scratch;
  PAWL_ASSIGN_OR_RETURN(const core::Instance* const found,
                        data_.Peek(key, &scratch));
  PAWL_ASSIGN_OR_RETURN(const bool goes, Goes(*found));
  if (!goes && floor_ == 0) return absl::OkStatus();
  core::Instance instance = *found;
  PAWL_RETURN_IF_ERROR(ArchiveInstance(key));
  if (goes) {
    if (!instance.called()) archived_roots_.insert(key);
    auto archived = std::make_unique<fb::ArchivedInstanceT>();
    archived->key = key.value();
    archived->business_key = instance.business_key;
    archived_.instances.push_back(std::move(archived));
    ++result_.archived;
    return absl::OkStatus();
  }
  Add(CommandOf(fb::CarryForwardT()), {core::MakeCarriedForward(instance)},
      &instance);
  ++instance.sequence;
  kept_.Add(instance);
  ++result_.carried;
  return absl::OkStatus();
}

absl::Status Retention::ArchiveInstance(InstanceKey key) {
  // A long history is several entries: a batch has its limit.
  auto entry = std::make_unique<ArchiveEntryWriter>(key);
  absl::Status written;
  const auto finish = [&] {
    if (entry->empty()) return;
    entries_bytes_ += entry->bytes();
    entries_.push_back(entry->Finish());
    entry = std::make_unique<ArchiveEntryWriter>(key);
  };
  PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                        data_.PositionsOf(key));
  PAWL_RETURN_IF_ERROR(
      store_.ReadAt(data_.partition(), positions,
                    [&](Position position, std::string_view bytes) {
                      entry->Add(position, bytes);
                      if (entry->bytes() < kBatchBytes) return true;
                      finish();
                      written = WriteEntries();
                      return written.ok();
                    }));
  PAWL_RETURN_IF_ERROR(written);
  finish();
  return absl::OkStatus();
}

absl::Status Retention::WriteEntries() {
  if (entries_.empty()) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(store_.WriteArchive(entries_));
  entries_.clear();
  entries_bytes_ = 0;
  return absl::OkStatus();
}

// The archive first: what a record says is archived, is.
absl::Status Retention::WriteBatch() {
  PAWL_RETURN_IF_ERROR(WriteEntries());
  if (!archived_.instances.empty()) {
    AddMaintenance(std::exchange(archived_, fb::InstancesArchivedT()));
  }
  return Commit();
}

absl::Status Retention::Finish() {
  const PartitionId p = data_.partition();
  if (floor_ != 0) {
    fb::LogTrimmedT trimmed;
    trimmed.floor = floor_;
    trimmed.digest = kept_.Finish(data_.state());
    AddMaintenance(std::move(trimmed));
    PAWL_RETURN_IF_ERROR(Commit());
  }
  PAWL_RETURN_IF_ERROR(CheckpointNow(&data_, options_.pause));
  if (floor_ != 0) PAWL_RETURN_IF_ERROR(store_.TrimBefore(p, floor_));
  return absl::OkStatus();
}

// --- The log -----------------------------------------------------------------

void Retention::Add(fb::CommandUnion command,
                    std::vector<fb::EventUnion> events,
                    const core::Instance* instance) {
  core::Decision decision;
  for (fb::EventUnion& event : events) {
    decision.events.push_back(std::move(event));
  }
  const auto record = core::MakeRecord(
      data_.partition(), data_.state().position + 1 + records_.size(),
      std::max(data_.state().time_ms, options_.now_ms), options_.actor, 0,
      std::move(command), {},
      instance == nullptr ? InstanceKey() : instance->key,
      instance == nullptr ? 0 : instance->sequence, &decision);
  records_.push_back(core::EncodeRecord(*record));
  records_bytes_ += records_.back().size();
}

template <typename EventT>
void Retention::AddMaintenance(EventT event) {
  Add(CommandOf(fb::TrimLogT()), {EventOf(std::move(event))});
}

absl::Status Retention::Commit() {
  if (records_.empty()) return absl::OkStatus();
  const PartitionId p = data_.partition();
  const Position first = data_.state().position + 1;
  const Position last = data_.state().position + records_.size();
  PAWL_RETURN_IF_ERROR(store_.Append(p, first, std::exchange(records_, {})));
  records_bytes_ = 0;
  while (store_.DurableEnd(p) < last) {
    PAWL_RETURN_IF_ERROR(store_.health());
    if (options_.pause) options_.pause();
  }
  return FoldForward(&data_, last, nullptr, options_.pause);
}

}  // namespace

absl::StatusOr<RetainResult> Retain(eventstore::EventStore* store,
                                    const RetainOptions& options) {
  if (store->read_only()) {
    return absl::FailedPreconditionError(
        "retain: got a store that is open for reading, wanted a writer");
  }
  PAWL_RETURN_IF_ERROR(FinishTrims(store));
  RetainResult result;
  for (int p = 0; p < store->partitions(); ++p) {
    const auto partition = static_cast<PartitionId>(p);
    PartitionData data(store, partition, {});
    PAWL_RETURN_IF_ERROR(Retention(&data, options, &result).Run());
    result.floors.push_back(store->Floor(partition));
  }
  return result;
}

}  // namespace pawl::replay
