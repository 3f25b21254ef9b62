#include "replay/scenario.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "replay/yaml_value.h"

namespace pawl::replay {
namespace {

// Where in a file a complaint belongs.
struct Place {
  std::string file;
  int line = 0;
  std::string scenario;
};

absl::Status Malformed(const Place& place, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      place.file, ":", place.line, ": ",
      place.scenario.empty() ? "" : absl::StrCat(place.scenario, ": "),
      ToAbsl(what)));
}

// --- Fields of a step --------------------------------------------------------
// Each key has one reader, whatever the op: a key means the same everywhere.

absl::Status Wanted(std::string_view key, const Value& got,
                    std::string_view wanted) {
  return absl::InvalidArgumentError(absl::StrCat(
      ToAbsl(key), ": got ", got.ToJson(), ", wanted ", ToAbsl(wanted)));
}

using Reader =
    std::function<absl::Status(std::string_view, const Value&, ScenarioStep*)>;

// A text; a number is taken as it was written (`key: 17`).
absl::StatusOr<std::string> TextOf(std::string_view key, const Value& value) {
  if (value.is_string()) return value.string();
  if (value.is_number()) return value.number_text();
  return Wanted(key, value, "a text");
}

Reader Text(std::string ScenarioStep::*field,
            bool ScenarioStep::*given = nullptr) {
  return [field, given](std::string_view key, const Value& value,
                        ScenarioStep* step) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(step->*field, TextOf(key, value));
    if (given != nullptr) step->*given = true;
    return absl::OkStatus();
  };
}

Reader Number(std::optional<int64_t> ScenarioStep::*field) {
  return [field](std::string_view key, const Value& value,
                 ScenarioStep* step) -> absl::Status {
    const absl::StatusOr<int64_t> number = value.AsInt64();
    if (!number.ok() || *number < 0) {
      return Wanted(key, value, "a whole number, 0 or more");
    }
    step->*field = *number;
    return absl::OkStatus();
  };
}

Reader Flag(bool ScenarioStep::*field) {
  return [field](std::string_view key, const Value& value,
                 ScenarioStep* step) -> absl::Status {
    if (!value.is_bool()) return Wanted(key, value, "true or false");
    step->*field = value.boolean();
    return absl::OkStatus();
  };
}

absl::StatusOr<std::vector<std::string>> TextsOf(std::string_view key,
                                                 const Value& value) {
  if (!value.is_list()) return Wanted(key, value, "a list of texts");
  std::vector<std::string> texts;
  for (const Value& entry : value.list()) {
    PAWL_ASSIGN_OR_RETURN(std::string text, TextOf(key, entry));
    texts.push_back(std::move(text));
  }
  return texts;
}

Reader Texts(std::optional<std::vector<std::string>> ScenarioStep::*field) {
  return [field](std::string_view key, const Value& value,
                 ScenarioStep* step) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(step->*field, TextsOf(key, value));
    return absl::OkStatus();
  };
}

absl::Status ReadVars(std::string_view key, const Value& value,
                      ScenarioStep* step) {
  // `vars:` with nothing after it is an empty map.
  if (!value.is_null()) {
    if (!value.is_context()) return Wanted(key, value, "a map of variables");
    step->vars = value.context();
  }
  step->has_vars = true;
  return absl::OkStatus();
}

const std::map<std::string, Reader, std::less<>>& Readers() {
  using S = ScenarioStep;
  static const auto* const readers =
      new std::map<std::string, Reader, std::less<>>{
          {"camunda_specific", Flag(&S::camunda_specific)},
          {"expect_failure", Text(&S::expect_failure)},
          {"process", Text(&S::process)},
          {"id", Text(&S::id)},
          {"type", Text(&S::type)},
          {"name", Text(&S::name)},
          {"key", Text(&S::key, &S::has_key)},
          {"message", Text(&S::message)},
          {"code", Text(&S::code)},
          {"worker", Text(&S::worker)},
          {"user", Text(&S::user)},
          {"state", Text(&S::state)},
          {"business_key", Text(&S::business_key)},
          {"idempotency_key", Text(&S::idempotency_key)},
          {"assignee", Text(&S::assignee, &S::has_assignee)},
          {"owner", Text(&S::owner, &S::has_owner)},
          {"due", Text(&S::due)},
          {"follow_up", Text(&S::follow_up)},
          {"priority", Number(&S::priority)},
          {"users", Texts(&S::users)},
          {"groups", Texts(&S::groups)},
          {"duration", Text(&S::duration)},
          {"lock", Text(&S::lock)},
          {"backoff", Text(&S::backoff)},
          {"ttl", Text(&S::ttl)},
          {"message_id", Text(&S::message_id)},
          {"vars", ReadVars},
          {"count", Number(&S::count)},
          {"retries", Number(&S::retries)},
          {"timers", Number(&S::timers)},
          {"version", Number(&S::version)},
          {"ready", Number(&S::ready)},
          {"locked", Number(&S::locked)},
          {"in_backoff", Number(&S::backoff_jobs)},
          {"failed", Number(&S::incident_jobs)},
          {"ids", Texts(&S::ids)},
          {"bpmn", Texts(&S::bpmn)},
          {"messages", Texts(&S::messages)},
          {"signals", Texts(&S::signals)},
          {"conditions", Texts(&S::conditions)},
          {"all", Flag(&S::all)},
          {"expect_no_match", Flag(&S::expect_no_match)},
      };
  return *readers;
}

struct OpInfo {
  ScenarioOp op;
  // Keys without which the step makes no sense.
  std::vector<std::string> required;
  // Of the keys that mean something here; others are ignored, whatever they
  // hold: notes may use any name.
  std::vector<std::string> optional;
};

const std::map<std::string, OpInfo, std::less<>>& Ops() {
  using Op = ScenarioOp;
  static const auto* const ops = new std::map<std::string, OpInfo, std::less<>>{
      {"start",
       {Op::kStart,
        {"process"},
        {"vars", "version", "business_key", "idempotency_key"}}},
      {"complete_user_task",
       {Op::kCompleteUserTask, {"id"}, {"vars", "count", "user"}}},
      {"complete_job",
       {Op::kCompleteJob, {"type"}, {"vars", "count", "worker"}}},
      {"fail_job",
       {Op::kFailJob,
        {"type"},
        {"message", "retries", "backoff", "count", "worker"}}},
      {"bpmn_error",
       {Op::kBpmnError,
        {"type", "code"},
        {"message", "vars", "count", "worker"}}},
      {"correlate_message",
       {Op::kCorrelateMessage,
        {"name"},
        {"key", "vars", "all", "expect_no_match", "ttl", "message_id"}}},
      {"throw_signal", {Op::kThrowSignal, {"name"}, {"vars"}}},
      {"trigger_receive", {Op::kTriggerReceive, {"id"}, {"vars", "count"}}},
      {"advance_time", {Op::kAdvanceTime, {"duration"}, {}}},
      {"set_variables", {Op::kSetVariables, {"vars"}, {"process"}}},
      {"complete_eventually", {Op::kCompleteEventually, {"ids"}, {"vars"}}},

      {"expect_active", {Op::kExpectActive, {"ids"}, {}}},
      {"expect_waiting",
       {Op::kExpectWaiting,
        {},
        {"messages", "signals", "timers", "conditions"}}},
      {"expect_vars", {Op::kExpectVars, {"vars"}, {"process"}}},
      {"expect_incident",
       {Op::kExpectIncident, {}, {"type", "id", "count", "message"}}},
      {"expect_path", {Op::kExpectPath, {"ids"}, {"process"}}},
      {"expect_ended", {Op::kExpectEnded, {}, {"process"}}},

      {"deploy", {Op::kDeploy, {"bpmn"}, {}}},
      {"activate", {Op::kActivate, {"ids"}, {"process"}}},
      {"suspend", {Op::kSuspend, {}, {"process"}}},
      {"resume", {Op::kResume, {}, {"process"}}},
      {"cancel", {Op::kCancel, {}, {"process", "message"}}},
      {"resolve_incident", {Op::kResolveIncident, {}, {"type", "id"}}},
      {"fetch_job", {Op::kFetchJob, {"type", "worker"}, {"lock", "count"}}},
      {"unlock_job", {Op::kUnlockJob, {"type", "worker"}, {}}},
      {"extend_job", {Op::kExtendJob, {"type", "worker", "lock"}, {}}},
      {"claim_task", {Op::kClaimTask, {"id", "user"}, {}}},
      {"unclaim_task", {Op::kUnclaimTask, {"id"}, {"user"}}},
      {"delegate_task", {Op::kDelegateTask, {"id", "user"}, {}}},
      {"resolve_task", {Op::kResolveTask, {"id"}, {"vars"}}},
      {"change_task",
       {Op::kChangeTask,
        {"id"},
        {"assignee", "owner", "users", "groups", "due", "follow_up",
         "priority"}}},
      {"set_task_variables", {Op::kSetTaskVariables, {"id", "vars"}, {}}},
      {"restart", {Op::kRestart, {}, {"duration"}}},
      {"expect_jobs",
       {Op::kExpectJobs,
        {"type"},
        {"count", "ready", "locked", "in_backoff", "failed", "retries",
         "worker"}}},
      {"expect_task",
       {Op::kExpectTask, {"id"}, {"assignee", "owner", "count"}}},
      {"expect_state", {Op::kExpectState, {"state"}, {"process"}}},
      {"expect_no_incident", {Op::kExpectNoIncident, {}, {}}},
      {"evaluate_conditions",
       {Op::kEvaluateConditions, {}, {"vars", "process", "business_key"}}},
  };
  return *ops;
}

absl::StatusOr<ScenarioStep> ReadStep(const Value& value, const Place& place) {
  if (!value.is_context()) {
    return Malformed(place, absl::StrCat("step: got ", value.ToJson(),
                                         ", wanted a map with `op`"));
  }
  const Variables& map = value.context();
  const Value* op = map.find("op");
  if (op == nullptr || !op->is_string()) {
    return Malformed(place, "step: got no `op`, wanted the name of one");
  }
  const auto info = Ops().find(op->string());
  if (info == Ops().end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : Ops()) names.push_back(name);
    return Malformed(
        place, absl::StrCat("op: got '", op->string(), "', wanted one of ",
                            absl::StrJoin(names, ", ")));
  }
  ScenarioStep step;
  step.op = info->second.op;
  step.op_name = op->string();
  step.line = place.line;
  const auto read = [&](const std::string& key) -> absl::Status {
    const Value* field = map.find(key);
    if (field == nullptr) return absl::OkStatus();
    if (absl::Status status = Readers().at(key)(key, *field, &step);
        !status.ok()) {
      return Malformed(place,
                       absl::StrCat(step.op_name, ": ", status.message()));
    }
    return absl::OkStatus();
  };
  for (const std::string& key : info->second.required) {
    if (!map.contains(key)) {
      return Malformed(place,
                       absl::StrCat(step.op_name, ": got no `", key, "`"));
    }
    PAWL_RETURN_IF_ERROR(read(key));
  }
  for (const std::string& key : info->second.optional) {
    PAWL_RETURN_IF_ERROR(read(key));
  }
  PAWL_RETURN_IF_ERROR(read("camunda_specific"));
  PAWL_RETURN_IF_ERROR(read("expect_failure"));
  return step;
}

absl::StatusOr<Scenario> ReadScenario(const YamlDocument& document,
                                      const std::string& path) {
  Place place{path, document.line, ""};
  if (!document.value.is_context()) {
    return Malformed(place,
                     "scenario: wanted a map with `id`, `bpmn`, `steps`");
  }
  const Variables& map = document.value.context();
  Scenario scenario;
  scenario.file = path;
  scenario.line = document.line;
  scenario.id = absl::StrCat(path, ":", document.line);
  if (const Value* id = map.find("id"); id != nullptr) {
    auto text = TextOf("id", *id);
    if (!text.ok()) return Malformed(place, ToStd(text.status().message()));
    scenario.id = *std::move(text);
  }
  place.scenario = scenario.id;
  const Value* bpmn = map.find("bpmn");
  if (bpmn == nullptr) return Malformed(place, "scenario: got no `bpmn`");
  // One model may stand without a list around it.
  auto models = bpmn->is_string() ? std::vector<std::string>{bpmn->string()}
                                  : TextsOf("bpmn", *bpmn);
  if (!models.ok()) return Malformed(place, ToStd(models.status().message()));
  scenario.bpmn = *std::move(models);
  const Value* steps = map.find("steps");
  if (steps == nullptr || !steps->is_list()) {
    return Malformed(place, "scenario: wanted a list `steps`");
  }
  for (size_t i = 0; i < steps->size(); ++i) {
    Place at = place;
    if (i < document.step_lines.size()) at.line = document.step_lines[i];
    PAWL_ASSIGN_OR_RETURN(ScenarioStep step, ReadStep(steps->list()[i], at));
    scenario.steps.push_back(std::move(step));
  }
  return scenario;
}

absl::StatusOr<std::vector<YamlDocument>> ReadJsonLines(
    std::string_view text, const std::string& path) {
  std::vector<YamlDocument> documents;
  int line = 0;
  while (!text.empty()) {
    ++line;
    const size_t end = text.find('\n');
    const std::string_view json = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view()
                                         : text.substr(end + 1);
    if (json.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    absl::StatusOr<Value> value = Value::FromJson(json);
    if (!value.ok()) {
      return Malformed({path, line, ""}, ToStd(value.status().message()));
    }
    YamlDocument document{*std::move(value), line, {}};
    if (document.value["steps"].is_list()) {
      document.step_lines.assign(document.value["steps"].size(), line);
    }
    documents.push_back(std::move(document));
  }
  return documents;
}

bool IsJsonLines(const std::string& path) {
  return std::filesystem::path(path).extension() == ".jsonl";
}

}  // namespace

absl::StatusOr<std::vector<Scenario>> ParseScenarios(std::string_view text,
                                                     const std::string& path) {
  if (text.size() > kScenarioBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path, ": got ", text.size(), " bytes, wanted at most ",
                     kScenarioBytesMax, " (kScenarioBytesMax)"));
  }
  absl::StatusOr<std::vector<YamlDocument>> documents =
      IsJsonLines(path) ? ReadJsonLines(text, path) : ParseYaml(text);
  if (!documents.ok()) {
    return IsJsonLines(path) ? documents.status()
                             : absl::InvalidArgumentError(absl::StrCat(
                                   path, ": ", documents.status().message()));
  }
  std::vector<Scenario> scenarios;
  for (const YamlDocument& document : *documents) {
    PAWL_ASSIGN_OR_RETURN(Scenario scenario, ReadScenario(document, path));
    scenarios.push_back(std::move(scenario));
  }
  if (scenarios.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": got no scenario in it"));
  }
  return scenarios;
}

absl::StatusOr<std::vector<Scenario>> LoadScenarios(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return absl::NotFoundError(
        absl::StrCat("scenario file ", path, ": no such file"));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text;
  // One byte more than allowed is enough to be refused.
  text.resize(kScenarioBytesMax + 1);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(in.gcount()));
  if (in.bad()) {
    return absl::NotFoundError(
        absl::StrCat("scenario file ", path, ": can't be read"));
  }
  return ParseScenarios(text, path);
}

}  // namespace pawl::replay
