#include "tests/golden/golden_log.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "eventstore/memory_event_store.h"
#include "eventstore/record_codec.h"
#include "replay/decoded_record.h"
#include "replay/log_fold.h"
#include "replay/scenario.h"
#include "replay/scenario_runner.h"
#include "replay/verify.h"
#include "tests/golden/handlers_case.h"
#include "tests/golden/refused_call_case.h"
#include "tests/golden/retention_case.h"
#include "tests/support/random.h"

namespace pawl::golden {
namespace {

// What no scenario can say.
constexpr char kHandlersCase[] = "handlers";
constexpr char kRefusedCallCase[] = "refused-call";
constexpr char kRetentionCase[] = "retention";

constexpr char kMagic[] = "PAWLLOG1";
constexpr size_t kMagicBytes = 8;
constexpr size_t kFrameBytes = 12;

// Ids of elements and flows, from the deployments in the log itself.
class LogNames final : public replay::ElementNames {
 public:
  void Learn(std::string_view bytes) {
    const auto record = core::DecodeRecord(bytes);
    if (!record.ok()) return;
    for (const fb::EventUnion& event : (*record)->events) {
      if (const auto* deployed = event.AsDefinitionDeployed()) {
        models_[deployed->key] = *deployed->model;
      } else if (const auto* started = event.AsInstanceStarted()) {
        definition_[started->key] = started->definition;
      }
    }
  }

  std::optional<std::string> Element(InstanceKey instance,
                                     uint32_t index) override {
    const fb::ProcessT* model = ModelOf(instance);
    if (model == nullptr || index >= model->elements.size()) return {};
    return model->elements[index]->id;
  }
  std::optional<std::string> Flow(InstanceKey instance,
                                  uint32_t index) override {
    const fb::ProcessT* model = ModelOf(instance);
    if (model == nullptr || index >= model->flows.size()) return {};
    return model->flows[index]->id;
  }

 private:
  const fb::ProcessT* ModelOf(InstanceKey instance) const {
    const auto definition = definition_.find(instance.value());
    if (definition == definition_.end()) return nullptr;
    const auto model = models_.find(definition->second);
    return model == models_.end() ? nullptr : &model->second;
  }

  std::map<uint64_t, fb::ProcessT> models_;
  std::map<uint64_t, uint64_t> definition_;
};

bool IsEmpty(const Value& value) {
  return value.is_null() || (value.is_string() && value.string().empty()) ||
         ((value.is_list() || value.is_context()) && value.size() == 0);
}

// " key=12 type=charge"
std::string Fields(const Value& map, std::vector<std::string_view> without) {
  std::string text;
  if (!map.is_context()) return text;
  for (const auto& [name, value] : map.context()) {
    if (IsEmpty(value) ||
        std::find(without.begin(), without.end(), name) != without.end()) {
      continue;
    }
    absl::StrAppend(&text, " ", name, "=",
                    value.is_string() ? value.string() : value.ToJson());
  }
  return text;
}

absl::Status Run(const replay::Scenario& scenario, Log* log) {
  replay::ScenarioRunOptions options;
  options.on_record = [&](std::string_view record) {
    log->emplace_back(record);
  };
  const replay::ScenarioResult result = replay::RunScenario(scenario, options);
  if (result.passed) return absl::OkStatus();
  std::string failed;
  for (const replay::ScenarioStepResult& step : result.steps) {
    if (step.ok || step.note) continue;
    absl::StrAppend(&failed, replay::FormatStep(result, step), "\n");
  }
  return absl::FailedPreconditionError(failed);
}

// One step of a random run; any may find nothing to act on.
std::string RandomStep(Random* random) {
  static const char* const kProcesses[] = {
      "parallel", "service-task", "user-task", "timer",
      "script",   "exclusive",    "cancel",    "suspend"};
  const std::string process = kProcesses[random->Below(8)];
  const std::string n = std::to_string(random->Below(4));
  switch (random->Below(10)) {
    case 0:
    case 1:
    case 2:
      return absl::StrCat("op: start, process: ", process, ", vars: {n: ", n,
                          ", text: 'run ", n, "'}, business_key: k", n);
    case 3:
      return absl::StrCat("op: complete_job, type: work, vars: {n: ", n, "}");
    case 4:
      return absl::StrCat("op: fail_job, type: work, retries: ", n,
                          ", backoff: PT3S, message: no");
    case 5:
      return "op: complete_user_task, id: review, vars: {done: true}";
    case 6:
      return "op: fetch_job, type: work, worker: w, lock: PT5S";
    case 7:
      return absl::StrCat("op: advance_time, duration: PT", n, "S");
    case 8:
      return random->OneIn(2) ? "op: resolve_incident"
                              : absl::StrCat("op: suspend, process: ", process);
    default:
      return random->OneIn(4) ? absl::StrCat("op: cancel, process: ", process)
                              : absl::StrCat("op: resume, process: ", process);
  }
}

}  // namespace

std::vector<std::string> CaseNames(const std::string& folder) {
  std::vector<std::string> names = {kHandlersCase, kRefusedCallCase,
                                    kRetentionCase};
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<Log> RunCase(const std::string& folder,
                            const std::string& name) {
  if (name == kHandlersCase) return RunHandlersCase(folder);
  if (name == kRefusedCallCase) return RunRefusedCallCase(folder);
  if (name == kRetentionCase) return RunRetentionCase(folder);
  Log log;
  PAWL_RETURN_IF_ERROR(RunScenarioCase(folder, name, &log));
  return log;
}

absl::Status RunScenarioCase(const std::string& folder, const std::string& name,
                             Log* log) {
  const std::string path = absl::StrCat(folder, "/", name, ".yaml");
  if (!std::filesystem::exists(path)) {
    return absl::NotFoundError(absl::StrCat(path, ": no such scenario"));
  }
  PAWL_ASSIGN_OR_RETURN(const std::vector<replay::Scenario> scenarios,
                        replay::LoadScenarios(path));
  if (scenarios.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": got ", scenarios.size(), " scenarios, wanted one"));
  }
  return Run(scenarios.front(), log);
}

absl::StatusOr<Log> RandomLog(const std::string& folder, uint64_t seed,
                              int steps) {
  Random random(seed);
  std::string yaml =
      "id: random\nbpmn: [parallel.bpmn, service-task.bpmn, user-task.bpmn, "
      "timer.bpmn, script.bpmn, exclusive.bpmn, cancel.bpmn, suspend.bpmn]\n"
      "steps:\n";
  for (int i = 0; i < steps; ++i) {
    // A refusal is a note: it writes nothing, and the run goes on.
    absl::StrAppend(&yaml, "  - {", RandomStep(&random),
                    ", camunda_specific: true}\n");
  }
  PAWL_ASSIGN_OR_RETURN(const std::vector<replay::Scenario> scenarios,
                        replay::ParseScenarios(yaml, folder + "/random.yaml"));
  Log log;
  PAWL_RETURN_IF_ERROR(Run(scenarios.front(), &log));
  return log;
}

absl::StatusOr<std::string> LogText(const Log& log) {
  LogNames names;
  std::string text;
  eventstore::RecordAligner aligner;
  for (const std::string& unaligned : log) {
    const std::string_view bytes = aligner.Align(unaligned);
    names.Learn(bytes);
    PAWL_ASSIGN_OR_RETURN(const Variables record,
                          replay::DecodeForReading(bytes, &names));
    absl::StrAppend(&text, record["position"].string(), " ",
                    record["time"].string(), " ", record["command"].string(),
                    Fields(record["arguments"], {}),
                    IsEmpty(record["actor"])
                        ? ""
                        : absl::StrCat(" by ", record["actor"].string()),
                    "\n");
    for (const Value& fact : record["facts"].list()) {
      absl::StrAppend(&text, "    fact", Fields(fact, {}), "\n");
    }
    for (const Value& touched : record["touched"].list()) {
      absl::StrAppend(&text, "    touched", Fields(touched, {}), "\n");
    }
    for (const Value& event : record["events"].list()) {
      // The source is in the folder, and reads better there.
      absl::StrAppend(&text, "    ", event["event"].string(),
                      Fields(event, {"event", "xml"}), "\n");
    }
  }
  return text;
}

absl::StatusOr<std::string> Digest(const Log& log) {
  replay::LogFold fold(0);
  eventstore::RecordAligner aligner;
  for (const std::string& record : log) {
    PAWL_RETURN_IF_ERROR(fold.AddBytes(aligner.Align(record)));
  }
  return fold.Digest();
}

absl::StatusOr<std::optional<replay::VerifyDifference>> FirstDifference(
    const Log& log) {
  const auto disk = std::make_shared<eventstore::MemoryDisk>();
  {
    PAWL_ASSIGN_OR_RETURN(
        const auto writer,
        eventstore::MemoryEventStore::Open(
            disk, {}, nullptr,
            eventstore::MemoryEventStore::Completion::kAtOnce));
    PAWL_RETURN_IF_ERROR(writer->Append(0, 1, log));
    PAWL_RETURN_IF_ERROR(writer->Close());
  }
  PAWL_ASSIGN_OR_RETURN(
      const auto store,
      eventstore::MemoryEventStore::Open(disk, {.read_only = true}, nullptr));
  PAWL_ASSIGN_OR_RETURN(const replay::VerifyReport report,
                        replay::Verify(store.get(), {}));
  return report.difference;
}

absl::Status Verify(const Log& log) {
  PAWL_ASSIGN_OR_RETURN(const auto difference, FirstDifference(log));
  if (!difference.has_value()) return absl::OkStatus();
  return absl::FailedPreconditionError(difference->text);
}

std::string Freeze(const Log& log) {
  std::string out(kMagic, kMagicBytes);
  Position position = 0;
  for (const std::string& record : log) {
    ++position;
    char frame[kFrameBytes];
    eventstore::PutLittleEndian32(frame, static_cast<uint32_t>(record.size()));
    eventstore::PutLittleEndian64(frame + 4, position);
    absl::StrAppend(&out, absl::string_view(frame, kFrameBytes),
                    eventstore::RecordCrc(0, position, record), record);
  }
  return out;
}

absl::StatusOr<Log> Thaw(std::string_view bytes) {
  if (bytes.substr(0, kMagicBytes) != std::string_view(kMagic, kMagicBytes)) {
    return absl::DataLossError("got no frozen log");
  }
  bytes.remove_prefix(kMagicBytes);
  Log log;
  while (!bytes.empty()) {
    if (bytes.size() < kFrameBytes) return absl::DataLossError("cut short");
    const size_t size = eventstore::kRecordCrcBytes +
                        size_t{eventstore::GetLittleEndian32(bytes.data())};
    const Position position = eventstore::GetLittleEndian64(bytes.data() + 4);
    bytes.remove_prefix(kFrameBytes);
    if (position != log.size() + 1 || size > bytes.size()) {
      return absl::DataLossError(
          absl::StrCat("after record ", log.size(), ": got position ", position,
                       " and ", size, " bytes of ", bytes.size()));
    }
    PAWL_ASSIGN_OR_RETURN(
        const std::string_view record,
        eventstore::DecodeRecord(0, position, bytes.substr(0, size)));
    log.emplace_back(record);
    bytes.remove_prefix(size);
  }
  return log;
}

std::string Difference(std::string_view wanted, std::string_view got) {
  const auto lines = [](std::string_view text) {
    return std::vector<std::string>(absl::StrSplit(ToAbsl(text), '\n'));
  };
  const std::vector<std::string> a = lines(wanted);
  const std::vector<std::string> b = lines(got);
  if (a == b) return "";
  size_t first = 0;
  while (first < std::min(a.size(), b.size()) && a[first] == b[first]) ++first;
  size_t last = 0;
  while (last < std::min(a.size(), b.size()) - first &&
         a[a.size() - 1 - last] == b[b.size() - 1 - last]) {
    ++last;
  }
  constexpr size_t kAround = 3;
  std::string out = absl::StrCat("@@ line ", first + 1, " @@\n");
  for (size_t i = first - std::min(first, kAround); i < first; ++i) {
    absl::StrAppend(&out, "  ", a[i], "\n");
  }
  for (size_t i = first; i < a.size() - last; ++i) {
    absl::StrAppend(&out, "- ", a[i], "\n");
  }
  for (size_t i = first; i < b.size() - last; ++i) {
    absl::StrAppend(&out, "+ ", b[i], "\n");
  }
  for (size_t i = a.size() - last;
       i < a.size() && i < a.size() - last + kAround; ++i) {
    absl::StrAppend(&out, "  ", a[i], "\n");
  }
  return out;
}

}  // namespace pawl::golden
