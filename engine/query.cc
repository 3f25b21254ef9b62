#include "engine/query.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "engine/archive.h"
#include "engine/convert.h"
#include "engine/core/project.h"
#include "engine/model/element_names.h"

namespace pawl {
namespace {

using eventstore::KeyRange;
using eventstore::Table;
using ModelPtr = std::shared_ptr<const model::ProcessDefinition>;

// Entries that a list reads of an index at a time: reading instances in between
// must not keep an iterator open for long.
constexpr size_t kPage = 256;

absl::Status Damaged(Table table) {
  return absl::DataLossError(absl::StrCat(
      "table ", std::string(NameOf(table)),
      ": an entry that can't be read; `pawl rebuild` makes it anew"));
}

std::string After(std::string_view key) {
  std::string out(key);
  out.push_back('\0');
  return out;
}

// Calls `visit` with the entries of `range`, page by page; false stops.
absl::Status ForEachEntry(
    const PartitionData& data, Table table, KeyRange range,
    const std::function<absl::StatusOr<bool>(
        const std::string& key, const std::string& value)>& visit) {
  for (;;) {
    std::vector<std::pair<std::string, std::string>> page;
    PAWL_RETURN_IF_ERROR(data.cache().Scan(
        table, range, [&](std::string_view key, std::string_view value) {
          page.emplace_back(key, value);
          return page.size() < kPage;
        }));
    for (const auto& [key, value] : page) {
      PAWL_ASSIGN_OR_RETURN(const bool more, visit(key, value));
      if (!more) return absl::OkStatus();
    }
    if (page.size() < kPage) return absl::OkStatus();
    range.from = After(page.back().first);
  }
}

bool Full(size_t size, int limit) {
  return limit >= 0 && size >= static_cast<size_t>(limit);
}

bool Matches(const core::Instance& instance, const InstanceQuery& query) {
  if (!query.process_id.empty() && instance.process_id != query.process_id) {
    return false;
  }
  if (!query.business_key.empty() &&
      instance.business_key != query.business_key) {
    return false;
  }
  const absl::Time started = absl::FromUnixMillis(instance.started_ms);
  if (query.started_from.has_value() && started < *query.started_from) {
    return false;
  }
  return !query.started_to.has_value() || started < *query.started_to;
}

// Walks an index key -> instance and gives `visit` each key with its instance
// and model, until it says false.
template <typename Visit>
absl::Status ForEachKey(PartitionData& data, core::Index index,
                        const ListQuery& query, const Visit& visit) {
  const Table table = TableOf(index);
  core::Instance scratch;
  InstanceKey in_scratch;
  KeyRange range = KeyRange::All();
  if (query.after != 0) range.from = After(core::EncodeU64(query.after));
  return ForEachEntry(
      data, table, range,
      [&](const std::string& key,
          const std::string& value) -> absl::StatusOr<bool> {
        const auto number = core::DecodeU64(key);
        const auto owner = core::DecodeU64(value);
        if (!number.has_value() || !owner.has_value()) return Damaged(table);
        const InstanceKey wanted(*owner);
        if (query.instance.valid() && wanted != query.instance) return true;
        const core::Instance* instance = &scratch;
        if (in_scratch != wanted) {
          PAWL_ASSIGN_OR_RETURN(instance, data.Peek(wanted, &scratch));
          in_scratch = instance == &scratch ? wanted : InstanceKey();
        }
        PAWL_ASSIGN_OR_RETURN(const ModelPtr model,
                              data.Model(instance->definition));
        return visit(*number, *instance, *model);
      });
}

// Keys behind `after` that the archive has entries of, ascending, some of them;
// none: there are no more.
absl::StatusOr<std::vector<InstanceKey>> ArchivedKeys(const PartitionData& data,
                                                      InstanceKey after) {
  constexpr size_t kPage = 256;
  const PartitionId partition = data.partition();
  std::vector<InstanceKey> keys;
  if (!after.valid()) after = NoInstance(partition);
  PAWL_RETURN_IF_ERROR(data.store().ScanArchive(
      ArchiveKeyOf(InstanceKey(after.value() + 1), 0),
      ArchiveKeyOf(NoInstance(static_cast<PartitionId>(partition + 1)), 0),
      [&](std::string_view key, std::string_view) {
        const std::optional<ArchiveKey> parsed = ParseArchiveKey(key);
        // An instance has an entry for each trim that it lived through.
        if (parsed.has_value() &&
            (keys.empty() || keys.back() != parsed->instance)) {
          if (keys.size() == kPage) return false;
          keys.push_back(parsed->instance);
        }
        return true;
      }));
  return keys;
}

// No index has them: they are found by their entries, and folded to see.
absl::StatusOr<std::vector<InstanceInfo>> ListArchived(
    PartitionData& data, const InstanceQuery& query) {
  std::vector<InstanceInfo> out;
  InstanceKey after = query.after;
  for (;;) {
    PAWL_ASSIGN_OR_RETURN(const std::vector<InstanceKey> keys,
                          ArchivedKeys(data, after));
    if (keys.empty()) return out;
    after = keys.back();
    for (const InstanceKey key : keys) {
      if (Full(out.size(), query.limit)) return out;
      PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> listed,
                            data.cache().Get(Table::kIndexInstance,
                                             core::EncodeU64(key.value())));
      // Carried forward.
      if (listed.has_value()) continue;
      core::Instance scratch;
      const auto found = data.Peek(key, &scratch);
      // Of a trim that wasn't finished, of records that were lost since.
      if (absl::IsNotFound(found.status())) continue;
      PAWL_ASSIGN_OR_RETURN(const core::Instance* const instance, found);
      if (query.state.has_value() &&
          ToInstanceState(instance->state) != *query.state) {
        continue;
      }
      if (Matches(*instance, query)) out.push_back(ToInstanceInfo(*instance));
    }
  }
}

// The entry of an instance's map that an index leads to.
template <typename Map>
absl::StatusOr<const typename Map::mapped_type*> FindIn(const Map& map,
                                                        uint64_t key,
                                                        Table table) {
  const auto it = map.find(typename Map::key_type(key));
  if (it == map.end()) return Damaged(table);
  return &it->second;
}

}  // namespace

absl::StatusOr<std::vector<InstanceInfo>> ListInstances(
    PartitionData& data, const InstanceQuery& query) {
  if (query.archived) return ListArchived(data, query);
  std::vector<InstanceInfo> out;
  if (Full(0, query.limit)) return out;
  core::Instance scratch;
  const auto add = [&](InstanceKey key) -> absl::StatusOr<bool> {
    PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                          data.Peek(key, &scratch));
    if (query.state.has_value() &&
        ToInstanceState(instance->state) != *query.state) {
      return true;
    }
    if (Matches(*instance, query)) out.push_back(ToInstanceInfo(*instance));
    return !Full(out.size(), query.limit);
  };
  if (!query.business_key.empty()) {
    const std::string prefix = core::BusinessKeyPrefix(query.business_key);
    KeyRange range = KeyRange::Prefix(prefix);
    if (query.after.valid()) {
      range.from = After(prefix + core::EncodeU64(query.after.value()));
    }
    PAWL_RETURN_IF_ERROR(
        ForEachEntry(data, Table::kIndexBusinessKey, range,
                     [&](const std::string& key,
                         const std::string&) -> absl::StatusOr<bool> {
                       const auto instance = core::DecodeLastU64(key);
                       if (!instance.has_value())
                         return Damaged(Table::kIndexBusinessKey);
                       return add(InstanceKey(*instance));
                     }));
    return out;
  }
  KeyRange range = KeyRange::All();
  if (query.after.valid()) {
    range.from = After(core::EncodeU64(query.after.value()));
  }
  PAWL_RETURN_IF_ERROR(
      ForEachEntry(data, Table::kIndexInstance, range,
                   [&](const std::string& key,
                       const std::string& value) -> absl::StatusOr<bool> {
                     const auto instance = core::DecodeU64(key);
                     const auto known = core::DecodeInstanceValue(value);
                     if (!instance.has_value() || !known.has_value()) {
                       return Damaged(Table::kIndexInstance);
                     }
                     if (query.state.has_value() &&
                         ToInstanceState(known->state) != *query.state) {
                       return true;
                     }
                     if (!query.process_id.empty()) {
                       PAWL_ASSIGN_OR_RETURN(const ModelPtr model,
                                             data.Model(known->definition));
                       if (model->model().id != query.process_id) return true;
                     }
                     return add(InstanceKey(*instance));
                   }));
  return out;
}

absl::StatusOr<std::vector<TaskInfo>> ListTasks(PartitionData& data,
                                                const ListQuery& query) {
  std::vector<TaskInfo> out;
  if (Full(0, query.limit)) return out;
  PAWL_RETURN_IF_ERROR(ForEachKey(
      data, core::Index::kTask, query,
      [&](uint64_t key, const core::Instance& instance,
          const model::ProcessDefinition& model) -> absl::StatusOr<bool> {
        PAWL_ASSIGN_OR_RETURN(const core::Task* task,
                              FindIn(instance.tasks, key, Table::kIndexTask));
        out.push_back(ToTaskInfo(instance, *task, model));
        return !Full(out.size(), query.limit);
      }));
  return out;
}

absl::StatusOr<std::vector<JobInfo>> ListJobs(PartitionData& data,
                                              const ListQuery& query) {
  std::vector<JobInfo> out;
  if (Full(0, query.limit)) return out;
  PAWL_RETURN_IF_ERROR(ForEachKey(
      data, core::Index::kJob, query,
      [&](uint64_t key, const core::Instance& instance,
          const model::ProcessDefinition& model) -> absl::StatusOr<bool> {
        PAWL_ASSIGN_OR_RETURN(const core::Job* job,
                              FindIn(instance.jobs, key, Table::kIndexJob));
        if (query.job_type.empty() || job->type == query.job_type) {
          out.push_back(ToJobInfo(instance, *job, model));
        }
        return !Full(out.size(), query.limit);
      }));
  return out;
}

absl::StatusOr<std::vector<IncidentInfo>> ListIncidents(
    PartitionData& data, const ListQuery& query) {
  std::vector<IncidentInfo> out;
  if (Full(0, query.limit)) return out;
  PAWL_RETURN_IF_ERROR(ForEachKey(
      data, core::Index::kIncident, query,
      [&](uint64_t key, const core::Instance& instance,
          const model::ProcessDefinition& model) -> absl::StatusOr<bool> {
        PAWL_ASSIGN_OR_RETURN(
            const core::Incident* incident,
            FindIn(instance.incidents, key, Table::kIndexIncident));
        out.push_back(ToIncidentInfo(instance, *incident, model));
        return !Full(out.size(), query.limit);
      }));
  return out;
}

absl::StatusOr<std::vector<TimerInfo>> ListTimers(PartitionData& data,
                                                  const ListQuery& query) {
  std::vector<TimerInfo> out;
  if (Full(0, query.limit)) return out;
  core::Instance scratch;
  if (query.instance.valid()) {
    PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                          data.Peek(query.instance, &scratch));
    PAWL_ASSIGN_OR_RETURN(const ModelPtr model,
                          data.Model(instance->definition));
    for (const auto& [key, timer] : instance->timers) {
      out.push_back(ToTimerInfo(*instance, timer, *model));
    }
    std::stable_sort(
        out.begin(), out.end(),
        [](const TimerInfo& a, const TimerInfo& b) { return a.due < b.due; });
    if (Full(out.size(), query.limit)) {
      out.resize(static_cast<size_t>(query.limit));
    }
    return out;
  }
  PAWL_RETURN_IF_ERROR(ForEachEntry(
      data, Table::kIndexDue, KeyRange::All(),
      [&](const std::string& key,
          const std::string& value) -> absl::StatusOr<bool> {
        const auto due = core::DecodeDue(key);
        const auto owner = core::DecodeU64(value);
        if (!due.has_value() || !owner.has_value()) {
          return Damaged(Table::kIndexDue);
        }
        if (due->kind == core::DueKind::kStartTimer) {
          const auto start = data.state().start_timers.find(due->key);
          if (start == data.state().start_timers.end()) {
            return Damaged(Table::kIndexDue);
          }
          PAWL_ASSIGN_OR_RETURN(const ModelPtr model,
                                data.Model(start->second.definition));
          TimerInfo info;
          info.key = TimerKey(due->key);
          info.process_id = start->second.process_id;
          info.element_id = model->element(start->second.element).id;
          info.due = absl::FromUnixMillis(due->due_ms);
          info.cycle = start->second.repetition.cycle;
          out.push_back(std::move(info));
          return !Full(out.size(), query.limit);
        }
        if (due->kind != core::DueKind::kTimer) return true;
        PAWL_ASSIGN_OR_RETURN(const core::Instance* instance,
                              data.Peek(InstanceKey(*owner), &scratch));
        PAWL_ASSIGN_OR_RETURN(const ModelPtr model,
                              data.Model(instance->definition));
        PAWL_ASSIGN_OR_RETURN(
            const core::Timer* timer,
            FindIn(instance->timers, due->key, Table::kIndexDue));
        out.push_back(ToTimerInfo(*instance, *timer, *model));
        return !Full(out.size(), query.limit);
      }));
  return out;
}

absl::StatusOr<std::optional<Form>> StartForm(PartitionData& data,
                                              DefinitionKey key) {
  PAWL_ASSIGN_OR_RETURN(const ModelPtr model, data.Model(key));
  for (const auto& element : model->model().elements) {
    if (element->kind == fb::ElementKind::start_event && element->scope == 0 &&
        element->event_type == fb::EventType::none &&
        element->form != nullptr) {
      return std::optional<Form>(ToForm(*element->form));
    }
  }
  return std::optional<Form>();
}

namespace {

// Lanes, pools and message flows of a process.
void FillCollaboration(const model::ProcessDefinition& definition,
                       DefinitionInfo* info) {
  const fb::ProcessT& model = definition.model();
  for (const auto& lane : model.lanes) {
    LaneInfo out;
    out.id = lane->id;
    out.name = lane->name;
    if (lane->parent != 0) out.parent = model.lanes[lane->parent - 1]->id;
    for (const uint32_t member : lane->members) {
      out.element_ids.push_back(definition.element(member).id);
    }
    info->lanes.push_back(std::move(out));
  }
  for (const auto& one : model.participants) {
    info->participants.push_back({one->id, one->name, one->process_id});
  }
  for (const auto& flow : model.message_flows) {
    info->message_flows.push_back({flow->id, flow->name, flow->source,
                                   flow->target, flow->source_process,
                                   flow->target_process, flow->delivers});
  }
}

}  // namespace

absl::StatusOr<std::vector<DefinitionInfo>> ListDefinitions(
    PartitionData& data) {
  std::vector<DefinitionInfo> out;
  for (const auto& [process_id, versions] : data.state().definitions) {
    for (const core::Partition::Definition& definition : versions) {
      PAWL_ASSIGN_OR_RETURN(const ModelPtr model, data.Model(definition.key));
      PAWL_ASSIGN_OR_RETURN(const DefinitionCache::Source source,
                            data.SourceOf(definition.key));
      DefinitionInfo info;
      info.key = definition.key;
      info.process_id = process_id;
      info.version = definition.version;
      info.name = model->model().name;
      info.resource = source.name;
      info.executable = model->model().executable;
      FillCollaboration(*model, &info);
      out.push_back(std::move(info));
    }
  }
  return out;
}

namespace {

// Tokens that rest on flows into a join, by the element they wait at.
std::vector<JoinInfo> JoinsOf(const core::Instance& instance,
                              const model::ProcessDefinition& model) {
  std::map<uint32_t, JoinInfo> joins;
  for (const auto& [key, scope] : instance.scopes) {
    for (const auto& [flow, count] : scope.tokens) {
      if (flow >= model.flow_count()) continue;
      const uint32_t target = model.flow(flow).target;
      if (!model.JoinsTokens(target)) continue;
      JoinInfo& join = joins[target];
      join.element_id = model.element(target).id;
      join.arrived[model.flow(flow).id] += static_cast<int>(count);
    }
  }
  std::vector<JoinInfo> out;
  for (auto& [element, join] : joins) out.push_back(std::move(join));
  return out;
}

absl::Status FillDetails(const core::Instance& instance,
                         const model::ProcessDefinition& model,
                         InstanceDetails* out) {
  out->info = ToInstanceInfo(instance);
  const auto element_of = [&](ElementKey key) {
    const auto it = instance.elements.find(key);
    return it == instance.elements.end() ? 0u : it->second.element;
  };
  for (const auto& [key, scope] : instance.scopes) {
    ScopeInfo info;
    info.key = key;
    info.element_id = model.element(element_of(key)).id;
    if (const auto it = instance.elements.find(key);
        it != instance.elements.end()) {
      info.parent = it->second.scope;
    }
    PAWL_ASSIGN_OR_RETURN(info.variables, ToVariables(scope.variables));
    out->scopes.push_back(std::move(info));
  }
  for (const auto& [key, element] : instance.elements) {
    if (element.element == 0) continue;  // the process itself
    const fb::ElementT& node = model.element(element.element);
    std::vector<std::string> lanes;
    for (const uint32_t lane : model.LanesOf(element.element)) {
      lanes.push_back(model.model().lanes[lane]->id);
    }
    out->active.push_back({key, node.id,
                           std::string(model::BpmnName(node.kind)),
                           element.scope, std::move(lanes)});
  }
  out->joins = JoinsOf(instance, model);
  for (const auto& [key, job] : instance.jobs) {
    out->jobs.push_back(ToJobInfo(instance, job, model));
  }
  for (const auto& [key, task] : instance.tasks) {
    out->tasks.push_back(ToTaskInfo(instance, task, model));
  }
  for (const auto& [key, timer] : instance.timers) {
    out->timers.push_back(ToTimerInfo(instance, timer, model));
  }
  for (const auto& [key, subscription] : instance.subscriptions) {
    out->subscriptions.push_back(
        ToSubscriptionInfo(instance, subscription, model));
  }
  for (const auto& [key, incident] : instance.incidents) {
    out->incidents.push_back(ToIncidentInfo(instance, incident, model));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InstanceDetails> Inspect(PartitionData& data, InstanceKey key,
                                        std::optional<Position> at) {
  InstanceDetails out;
  core::Instance scratch;
  const core::Instance* instance = &scratch;
  if (at.has_value() && (*at == 0 || *at > data.state().position)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "position: got ", eventstore::LogPlace(data.partition(), *at),
        ", wanted ", eventstore::LogPlace(data.partition(), 1), " to ",
        eventstore::LogPlace(data.partition(), data.state().position),
        ", the end of the log"));
  }
  if (at.has_value() && *at < data.state().position) {
    PAWL_ASSIGN_OR_RETURN(scratch, data.LoadAt(key, *at));
    PAWL_ASSIGN_OR_RETURN(const int64_t time_ms, data.TimeAt(key, *at));
    out.position = *at;
    out.time = absl::FromUnixMillis(time_ms);
  } else {
    PAWL_ASSIGN_OR_RETURN(instance, data.Peek(key, &scratch));
    out.position = data.state().position;
    out.time = absl::FromUnixMillis(data.state().time_ms);
  }
  PAWL_ASSIGN_OR_RETURN(const ModelPtr model, data.Model(instance->definition));
  PAWL_RETURN_IF_ERROR(FillDetails(*instance, *model, &out));
  return out;
}

namespace {

void FillFromTally(const Tally& tally, EngineStats* stats) {
  for (size_t i = 0; i < Tally::kStates; ++i) {
    if (tally.instances[i] == 0) continue;
    const auto state = static_cast<fb::InstanceState>(i);
    stats->instances_by_state[ToString(ToInstanceState(state))] =
        tally.instances[i];
  }
  stats->jobs = tally.jobs;
  stats->tasks = tally.tasks;
  stats->timers = tally.timers;
  stats->incidents = tally.incidents;
}

// The same, where there is no whole tally.
absl::Status FillFromIndexes(const PartitionData& data, EngineStats* out) {
  EngineStats& stats = *out;
  absl::Status damaged;
  PAWL_RETURN_IF_ERROR(data.cache().Scan(
      Table::kIndexInstance, KeyRange::All(),
      [&](std::string_view, std::string_view value) {
        const auto known = core::DecodeInstanceValue(value);
        if (!known.has_value()) {
          damaged = Damaged(Table::kIndexInstance);
          return false;
        }
        ++stats.instances_by_state[ToString(ToInstanceState(known->state))];
        return true;
      }));
  PAWL_RETURN_IF_ERROR(damaged);
  const auto count = [&](Table table, int64_t* out) {
    return data.cache().Scan(table, KeyRange::All(),
                             [&](std::string_view, std::string_view) {
                               ++*out;
                               return true;
                             });
  };
  PAWL_RETURN_IF_ERROR(count(Table::kIndexJob, &stats.jobs));
  PAWL_RETURN_IF_ERROR(count(Table::kIndexTask, &stats.tasks));
  PAWL_RETURN_IF_ERROR(count(Table::kIndexIncident, &stats.incidents));
  PAWL_RETURN_IF_ERROR(data.cache().Scan(
      Table::kIndexDue, KeyRange::All(),
      [&](std::string_view key, std::string_view) {
        const auto due = core::DecodeDue(key);
        if (due.has_value() && due->kind == core::DueKind::kTimer) {
          ++stats.timers;
        }
        return true;
      }));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EngineStats> CollectStats(PartitionData& data) {
  EngineStats stats;
  if (data.uncounted() == 0) {
    FillFromTally(data.tally(), &stats);
  } else {
    PAWL_RETURN_IF_ERROR(FillFromIndexes(data, &stats));
  }
  for (const auto& [process_id, versions] : data.state().definitions) {
    stats.definitions += static_cast<int64_t>(versions.size());
  }
  stats.records = static_cast<int64_t>(data.state().position);
  stats.log_bytes = static_cast<int64_t>(data.log_bytes());
  return stats;
}

}  // namespace pawl
