#include "engine/core/lookups.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace pawl::core {
namespace {

const fb::FactT* FindFact(const std::vector<std::unique_ptr<fb::FactT>>& facts,
                          fb::Lookup lookup, std::string_view question,
                          uint64_t number) {
  for (const auto& fact : facts) {
    if (fact->lookup == lookup && fact->number == number &&
        fact->question == question) {
      return fact.get();
    }
  }
  return nullptr;
}

DefinitionAnswer ToDefinition(const fb::FactT& fact) {
  return {DefinitionKey(fact.answer), static_cast<uint32_t>(fact.answer2),
          fact.answer3};
}

IdempotencyAnswer ToIdempotency(const fb::FactT& fact) {
  return {InstanceKey(fact.answer), DefinitionKey(fact.answer2),
          static_cast<uint32_t>(fact.answer3)};
}

HandlerAnswer ToHandler(const fb::FactT& fact) {
  return {static_cast<uint32_t>(fact.answer),
          static_cast<uint32_t>(fact.answer2)};
}

// A message as a log may keep it: UTF-8, and no longer than people read.
std::string Readable(std::string_view message) {
  // A character may stand across the end.
  const std::string text =
      ReplaceInvalidUtf8(message.substr(0, kScriptMessageBytesMax + 4));
  if (text.size() <= kScriptMessageBytesMax) return text;
  return std::string(CutUtf8(text, kScriptMessageBytesMax)) + "...";
}

// --- Scripts ----------------------------------------------------------------
// The result as a fact keeps it: schemas/record.fbs, `script`.

void KeepResult(const absl::StatusOr<expression::ScriptResult>& result,
                fb::FactT* fact) {
  if (!result.ok()) {
    fact->answer = static_cast<uint64_t>(result.status().code());
    fact->text = Readable(ToStd(result.status().message()));
    fact->answer2 = static_cast<uint64_t>(expression::StepsOf(result.status()));
    return;
  }
  Variables kept{{"value", result->value}};
  if (!result->written.empty()) kept["written"] = result->written;
  fact->text = kept.ToJson();
  fact->answer2 = static_cast<uint64_t>(std::max<int64_t>(result->steps, 0));
}

absl::StatusOr<expression::ScriptResult> ResultOf(const fb::FactT& fact) {
  if (fact.answer != 0) {
    return absl::Status(static_cast<absl::StatusCode>(fact.answer), fact.text);
  }
  absl::StatusOr<Variables> kept = Variables::FromJson(fact.text);
  if (!kept.ok()) {
    return absl::DataLossError(
        absl::StrCat("recorded result of a script: ", kept.status().message()));
  }
  expression::ScriptResult result;
  result.steps = static_cast<int64_t>(fact.answer2);
  result.value = (*kept)["value"];
  if (const Value& written = (*kept)["written"]; written.is_context()) {
    result.written = written.context();
  }
  return result;
}

}  // namespace

HandlerAnswer HandlerIn(const Partition& partition, std::string_view job_type) {
  const auto it = partition.handlers.find(job_type);
  if (it == partition.handlers.end()) return {};
  const Partition::Handler& handler = it->second;
  if (!handler.registered || handler.in_flight >= handler.capacity) return {};
  return {partition.epoch, handler.capacity - handler.in_flight};
}

// --- RecordingLookups
// ----------------------------------------------------------

fb::FactT* RecordingLookups::Find(fb::Lookup lookup, std::string_view question,
                                  uint64_t number) {
  return const_cast<fb::FactT*>(FindFact(facts_, lookup, question, number));
}

fb::FactT* RecordingLookups::Add(fb::Lookup lookup, std::string_view question,
                                 uint64_t number) {
  auto fact = std::make_unique<fb::FactT>();
  fact->lookup = lookup;
  fact->question = std::string(question);
  fact->number = number;
  facts_.push_back(std::move(fact));
  return facts_.back().get();
}

uint64_t RecordingLookups::NextKey() {
  fb::FactT* fact = Find(fb::Lookup::next_key, "", 0);
  if (fact == nullptr) {
    fact = Add(fb::Lookup::next_key, "", 0);
    fact->answer = source_->NextKey();
  }
  return fact->answer;
}

DefinitionAnswer RecordingLookups::Definition(std::string_view process_id,
                                              uint32_t version) {
  fb::FactT* fact = Find(fb::Lookup::definition, process_id, version);
  if (fact == nullptr) {
    const DefinitionAnswer answer = source_->Definition(process_id, version);
    fact = Add(fb::Lookup::definition, process_id, version);
    fact->answer = answer.key.value();
    fact->answer2 = answer.version;
    fact->answer3 = answer.digest;
  }
  return ToDefinition(*fact);
}

IdempotencyAnswer RecordingLookups::IdempotencySeen(std::string_view key) {
  fb::FactT* fact = Find(fb::Lookup::idempotency_seen, key, 0);
  if (fact == nullptr) {
    const IdempotencyAnswer answer = source_->IdempotencySeen(key);
    fact = Add(fb::Lookup::idempotency_seen, key, 0);
    fact->answer = answer.instance.value();
    fact->answer2 = answer.definition.value();
    fact->answer3 = answer.version;
  }
  return ToIdempotency(*fact);
}

HandlerAnswer RecordingLookups::HandlerFor(std::string_view job_type) {
  fb::FactT* fact = Find(fb::Lookup::handler_for, job_type, 0);
  if (fact == nullptr) {
    const HandlerAnswer answer = source_->HandlerFor(job_type);
    fact = Add(fb::Lookup::handler_for, job_type, 0);
    fact->answer = answer.epoch;
    fact->answer2 = answer.room;
  }
  return ToHandler(*fact);
}

uint32_t RecordingLookups::Epoch() {
  fb::FactT* fact = Find(fb::Lookup::epoch, "", 0);
  if (fact == nullptr) {
    fact = Add(fb::Lookup::epoch, "", 0);
    fact->answer = source_->Epoch();
  }
  return static_cast<uint32_t>(fact->answer);
}

uint64_t RecordingLookups::Seed() {
  const uint64_t seed = source_->Seed();
  if (!in_script_) Add(fb::Lookup::seed, "", seeds_++)->answer = seed;
  return seed;
}

absl::StatusOr<expression::ScriptResult> RecordingLookups::RunScript(
    std::string_view element, const expression::Expression& script,
    const expression::ScopeView& scope) {
  in_script_ = true;
  const auto result = source_->RunScript(element, script, scope);
  in_script_ = false;
  fb::FactT* const fact = Add(fb::Lookup::script, element, scripts_++);
  KeepResult(result, fact);
  script_steps_ += static_cast<int64_t>(fact->answer2);
  script_bytes_ += fact->text.size();
  // What will be read later, so that both see the same.
  return ResultOf(*fact);
}

std::shared_ptr<const model::ProcessDefinition> RecordingLookups::Model(
    DefinitionKey key) {
  return source_->Model(key);
}

// --- RecordedLookups
// -------------------------------------------------------------

const fb::FactT* RecordedLookups::Find(fb::Lookup lookup,
                                       std::string_view question,
                                       uint64_t number) {
  static const fb::FactT* const kNothing = new fb::FactT();
  const fb::FactT* fact = FindFact(record_->facts, lookup, question, number);
  if (fact != nullptr) return fact;
  if (missing_.empty()) {
    missing_ = absl::StrCat(fb::EnumNameLookup(lookup), "('", ToAbsl(question),
                            "', ", number, ")");
  }
  return kNothing;
}

uint64_t RecordedLookups::NextKey() {
  return Find(fb::Lookup::next_key, "", 0)->answer;
}

DefinitionAnswer RecordedLookups::Definition(std::string_view process_id,
                                             uint32_t version) {
  return ToDefinition(*Find(fb::Lookup::definition, process_id, version));
}

IdempotencyAnswer RecordedLookups::IdempotencySeen(std::string_view key) {
  return ToIdempotency(*Find(fb::Lookup::idempotency_seen, key, 0));
}

HandlerAnswer RecordedLookups::HandlerFor(std::string_view job_type) {
  return ToHandler(*Find(fb::Lookup::handler_for, job_type, 0));
}

uint32_t RecordedLookups::Epoch() {
  return static_cast<uint32_t>(Find(fb::Lookup::epoch, "", 0)->answer);
}

uint64_t RecordedLookups::Seed() {
  return Find(fb::Lookup::seed, "", seeds_++)->answer;
}

absl::StatusOr<expression::ScriptResult> RecordedLookups::RunScript(
    std::string_view element, const expression::Expression&,
    const expression::ScopeView&) {
  const fb::FactT* const fact = Find(fb::Lookup::script, element, scripts_++);
  if (!missing_.empty()) {
    return absl::FailedPreconditionError("no recorded result of a script");
  }
  script_steps_ += static_cast<int64_t>(fact->answer2);
  script_bytes_ += fact->text.size();
  return ResultOf(*fact);
}

std::shared_ptr<const model::ProcessDefinition> RecordedLookups::Model(
    DefinitionKey key) {
  return models_->Model(key);
}

}  // namespace pawl::core
