#include "replay/statistics.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/older_count.h"
#include "engine/record_view.h"

namespace pawl::replay {
namespace {

using eventstore::KeyRange;
using eventstore::Table;

// Records of one instance that are read to find out when its oldest job was
// created.
constexpr size_t kOldestRecordsMax = 20'000;
// Records read at a time, from the newest back.
constexpr size_t kBackwards = 32;

double Ratio(double amount, double count) {
  return count > 0 ? amount / count : 0;
}

// The older of the two.
void Keep(OldestWait wait, std::optional<OldestWait>* oldest) {
  if (oldest->has_value() && (*oldest)->since_ms.has_value() &&
      (!wait.since_ms.has_value() || *wait.since_ms > *(*oldest)->since_ms)) {
    return;
  }
  *oldest = std::move(wait);
}

// The first entry of an index from a key to an instance.
absl::StatusOr<std::optional<OldestWait>> FirstOf(const PartitionData& data,
                                                  core::Index index) {
  std::optional<OldestWait> first;
  PAWL_RETURN_IF_ERROR(data.cache().Scan(
      TableOf(index), KeyRange::All(),
      [&](std::string_view key, std::string_view value) {
        first.emplace();
        first->key = core::DecodeU64(key).value_or(0);
        first->instance = InstanceKey(core::DecodeU64(value).value_or(0));
        return false;
      }));
  return first;
}

// Keys rise, so the first key of an index is of what was created first.
absl::Status FindOldestOf(PartitionData& data, core::Index index,
                          std::optional<OldestWait>* oldest) {
  PAWL_ASSIGN_OR_RETURN(std::optional<OldestWait> first, FirstOf(data, index));
  if (!first.has_value()) return absl::OkStatus();
  core::Instance scratch;
  PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                        data.Peek(first->instance, &scratch));
  first->process_id = instance->process_id;
  if (const auto it = instance->tasks.find(TaskKey(first->key));
      index == core::Index::kTask && it != instance->tasks.end()) {
    first->since_ms = it->second.created_ms;
  }
  if (const auto it = instance->incidents.find(IncidentKey(first->key));
      index == core::Index::kIncident && it != instance->incidents.end()) {
    first->since_ms = it->second.created_ms;
  }
  if (index == core::Index::kJob) {
    PAWL_ASSIGN_OR_RETURN(
        first->since_ms, JobCreatedMs(data, first->instance, JobKey(first->key),
                                      kOldestRecordsMax));
  }
  Keep(*std::move(first), oldest);
  return absl::OkStatus();
}

absl::Status FindOldestInstance(PartitionData& data,
                                std::optional<OldestWait>* oldest) {
  const auto range = data.tally().running.First();
  if (!range.has_value()) return absl::OkStatus();
  const auto key_of = [&](uint64_t counter) {
    return core::EncodeU64(MakeKey(data.partition(), counter));
  };
  InstanceKey found;
  PAWL_RETURN_IF_ERROR(data.cache().Scan(
      Table::kIndexInstance, {key_of(range->first), key_of(range->second)},
      [&](std::string_view key, std::string_view value) {
        const auto known = core::DecodeInstanceValue(value);
        if (!known.has_value()) return true;
        if (known->state != fb::InstanceState::active &&
            known->state != fb::InstanceState::suspended) {
          return true;
        }
        found = InstanceKey(core::DecodeU64(key).value_or(0));
        return false;
      }));
  if (!found.valid()) return absl::OkStatus();
  core::Instance scratch;
  PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                        data.Peek(found, &scratch));
  Keep({found.value(), found, instance->process_id, instance->started_ms},
       oldest);
  return absl::OkStatus();
}

absl::Status FindNextDue(const PartitionData& data,
                         std::optional<NextDue>* next) {
  return data.cache().Scan(
      Table::kIndexDue, KeyRange::All(),
      [&](std::string_view bytes, std::string_view) {
        const auto key = core::DecodeDue(bytes);
        if (key.has_value() &&
            (!next->has_value() || key->due_ms < (*next)->due_ms)) {
          *next = {key->kind, key->key, key->due_ms};
        }
        return false;
      });
}

// Counts a table entry by entry; false: it has more than `max`.
absl::StatusOr<bool> CountEntries(
    std::span<const std::unique_ptr<PartitionData>> partitions, uint64_t max,
    TableSize* size) {
  uint64_t entries = 0;
  uint64_t bytes = 0;
  for (const auto& data : partitions) {
    PAWL_RETURN_IF_ERROR(
        data->cache().Scan(size->table, KeyRange::All(),
                           [&](std::string_view key, std::string_view value) {
                             ++entries;
                             bytes += key.size() + value.size();
                             return entries <= max;
                           }));
  }
  if (entries > max) return false;
  size->entries = entries;
  size->bytes = bytes;
  size->exact = true;
  return true;
}

// What the tally knows of a table whatever its size.
std::optional<int64_t> EntriesByTally(const Statistics& statistics,
                                      Table table) {
  const Tally& tally = statistics.tally;
  switch (table) {
    case Table::kIndexInstance:
      return tally.running_instances() + tally.ended_instances() -
             statistics.archived;
    case Table::kIndexJob:
      return tally.jobs;
    case Table::kIndexTask:
      return tally.tasks;
    case Table::kIndexIncident:
      return tally.incidents;
    default:
      return std::nullopt;
  }
}

absl::Status MeasureTables(
    std::span<const std::unique_ptr<PartitionData>> partitions,
    const eventstore::Footprint& footprint, uint64_t exact_entries_max,
    Statistics* out) {
  for (size_t i = 0; i < eventstore::kTableCount; ++i) {
    const eventstore::TableFootprint& measured = footprint.tables[i];
    TableSize size;
    size.table = static_cast<Table>(i);
    size.file_bytes = measured.file_bytes;
    bool counted = false;
    if (measured.entries <= exact_entries_max) {
      PAWL_ASSIGN_OR_RETURN(counted,
                            CountEntries(partitions, exact_entries_max, &size));
    }
    if (!counted) {
      const auto known = EntriesByTally(*out, size.table);
      size.entries =
          known.has_value() ? static_cast<uint64_t>(*known) : measured.entries;
      size.bytes =
          static_cast<uint64_t>(static_cast<double>(measured.bytes) *
                                Ratio(static_cast<double>(size.entries),
                                      static_cast<double>(measured.entries)));
    }
    out->tables.push_back(size);
  }
  return absl::OkStatus();
}

}  // namespace

double Statistics::bytes_per_event() const {
  return Ratio(static_cast<double>(tally.record_bytes),
               static_cast<double>(tally.events));
}

double Statistics::bytes_per_instance() const {
  return Ratio(
      static_cast<double>(tally.record_bytes),
      static_cast<double>(tally.running_instances() + tally.ended_instances()));
}

double Statistics::write_amplification() const {
  return Ratio(static_cast<double>(written.physical()),
               static_cast<double>(written.record_bytes));
}

double Statistics::space_amplification() const {
  return Ratio(static_cast<double>(directory_bytes),
               static_cast<double>(tally.record_bytes));
}

absl::StatusOr<std::optional<int64_t>> JobCreatedMs(const PartitionData& data,
                                                    InstanceKey instance,
                                                    JobKey job,
                                                    size_t records_max) {
  PAWL_ASSIGN_OR_RETURN(const std::vector<Position> positions,
                        data.PositionsOf(instance));
  const size_t least =
      positions.size() - std::min(positions.size(), records_max);
  std::optional<int64_t> created;
  absl::Status status;
  for (size_t end = positions.size(); end > least && !created.has_value();) {
    const size_t begin = std::max(least, end - std::min(end, kBackwards));
    const std::span<const Position> some(&positions[begin], end - begin);
    PAWL_RETURN_IF_ERROR(data.store().ReadAt(
        data.partition(), some, [&](Position, std::string_view bytes) {
          const absl::StatusOr<RecordView> record = RecordView::Open(bytes);
          status = record.status();
          if (!status.ok()) return false;
          for (size_t i = 0; i < record->event_count(); ++i) {
            if (record->type(i) != fb::Event::JobCreated) continue;
            if (record->Unpack(i).AsJobCreated()->key != job.value()) continue;
            created = record->time_ms();
          }
          return !created.has_value();
        }));
    PAWL_RETURN_IF_ERROR(status);
    end = begin;
  }
  return created;
}

absl::Status CountUncounted(PartitionData* data, const ProgressFn& progress) {
  OlderCount older(data);
  while (!older.done()) {
    const Position all = data->uncounted();
    PAWL_RETURN_IF_ERROR(older.Step());
    if (progress) progress(older.counted(), all);
  }
  return absl::OkStatus();
}

absl::Status FindOldest(PartitionData& data, Statistics* out) {
  PAWL_RETURN_IF_ERROR(FindOldestInstance(data, &out->instance));
  PAWL_RETURN_IF_ERROR(FindOldestOf(data, core::Index::kJob, &out->job));
  PAWL_RETURN_IF_ERROR(FindOldestOf(data, core::Index::kTask, &out->task));
  PAWL_RETURN_IF_ERROR(
      FindOldestOf(data, core::Index::kIncident, &out->incident));
  return FindNextDue(data, &out->next_due);
}

absl::StatusOr<Statistics> CollectStatistics(
    std::span<const std::unique_ptr<PartitionData>> partitions,
    const StatisticsOptions& options) {
  Statistics out;
  for (const auto& data : partitions) {
    PAWL_RETURN_IF_ERROR(CountUncounted(data.get(), options.progress));
    out.tally.Add(data->tally());
    const core::Partition& state = data->state();
    for (const auto& [process_id, versions] : state.definitions) {
      out.definitions += static_cast<int64_t>(versions.size());
    }
    out.archived += static_cast<int64_t>(state.instances_archived);
    out.follow_ups += static_cast<int64_t>(state.requests.size());
    out.time_ms = std::max(out.time_ms, state.time_ms);
    PAWL_RETURN_IF_ERROR(FindOldest(*data, &out));
  }
  if (partitions.empty()) return out;
  PAWL_ASSIGN_OR_RETURN(const eventstore::Footprint footprint,
                        partitions.front()->store().MeasureFootprint());
  PAWL_RETURN_IF_ERROR(
      MeasureTables(partitions, footprint, options.exact_entries_max, &out));
  out.log_file_bytes = footprint.log_file_bytes;
  out.directory_bytes = footprint.directory_bytes;
  out.written = footprint.written;
  return out;
}

}  // namespace pawl::replay
