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
                          uint64_t number, std::string_view question2) {
  for (const auto& fact : facts) {
    if (fact->lookup == lookup && fact->number == number &&
        fact->question == question && fact->question2 == question2) {
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

// --- Lists: by turns, as schemas/record.fbs says ----------------------------

void KeepSubscriptions(const std::vector<SubscriptionAnswer>& answers,
                       fb::FactT* fact) {
  for (const SubscriptionAnswer& answer : answers) {
    fact->answers.push_back(answer.subscription.value());
    fact->answers.push_back(answer.instance.value());
  }
}

std::vector<SubscriptionAnswer> ToSubscriptions(const fb::FactT& fact) {
  std::vector<SubscriptionAnswer> answers;
  for (size_t i = 0; i + 1 < fact.answers.size(); i += 2) {
    answers.push_back(
        {SubscriptionKey(fact.answers[i]), InstanceKey(fact.answers[i + 1])});
  }
  return answers;
}

void KeepStarts(const std::vector<StartAnswer>& answers, fb::FactT* fact) {
  for (const StartAnswer& answer : answers) {
    fact->answers.push_back(static_cast<uint64_t>(answer.kind));
    fact->answers.push_back(answer.definition.value());
    fact->answers.push_back(answer.version);
    fact->answers.push_back(answer.element);
    fact->names.push_back(answer.process_id);
    fact->names.push_back(answer.name);
  }
}

std::vector<StartAnswer> ToStarts(const fb::FactT& fact) {
  std::vector<StartAnswer> answers;
  for (size_t i = 0;
       4 * i + 3 < fact.answers.size() && 2 * i + 1 < fact.names.size(); ++i) {
    const uint64_t* const numbers = &fact.answers[4 * i];
    answers.push_back(
        {static_cast<fb::SubscriptionKind>(numbers[0]), fact.names[2 * i + 1],
         fact.names[2 * i], DefinitionKey(numbers[1]),
         static_cast<uint32_t>(numbers[2]), static_cast<uint32_t>(numbers[3])});
  }
  return answers;
}

void KeepTimers(const std::vector<StartTimerAnswer>& answers, fb::FactT* fact) {
  for (const StartTimerAnswer& answer : answers) {
    fact->answers.push_back(answer.key);
    fact->answers.push_back(answer.start.version);
    fact->answers.push_back(answer.start.element);
    fact->answers.push_back(static_cast<uint64_t>(answer.due_ms));
    fact->answers.push_back(
        static_cast<uint64_t>(answer.repetition.counts_from_ms));
    fact->answers.push_back(static_cast<uint64_t>(answer.repetition.number));
    fact->names.push_back(answer.start.process_id);
    fact->names.push_back(answer.repetition.cycle);
  }
}

std::vector<StartTimerAnswer> ToTimers(const fb::FactT& fact) {
  std::vector<StartTimerAnswer> answers;
  for (size_t i = 0;
       6 * i + 5 < fact.answers.size() && 2 * i + 1 < fact.names.size(); ++i) {
    const uint64_t* const numbers = &fact.answers[6 * i];
    StartTimerAnswer answer;
    answer.key = numbers[0];
    answer.start.process_id = fact.names[2 * i];
    answer.start.definition = DefinitionKey(fact.number);
    answer.start.version = static_cast<uint32_t>(numbers[1]);
    answer.start.element = static_cast<uint32_t>(numbers[2]);
    answer.due_ms = static_cast<int64_t>(numbers[3]);
    answer.repetition = {fact.names[2 * i + 1],
                         static_cast<int64_t>(numbers[4]),
                         static_cast<int64_t>(numbers[5])};
    answers.push_back(std::move(answer));
  }
  return answers;
}

SubscriptionAnswer ToSubscription(const fb::FactT& fact) {
  return {SubscriptionKey(fact.answer), InstanceKey(fact.answer2)};
}

std::unique_ptr<fb::MessageBufferedT> ToBuffered(const fb::FactT& fact) {
  if (fact.message == nullptr) return nullptr;
  return std::make_unique<fb::MessageBufferedT>(*fact.message);
}

// A signal's question among those of messages (schemas/record.fbs).
constexpr uint64_t kOfSignal = 2;

uint64_t WithKey(const MessageAddress& address) {
  return address.has_key ? 1 : 0;
}

// No address that has a key asks for what comes after a message, and none has
// an empty one.
uint64_t NumberOf(const MessageAddress& address, uint64_t after) {
  return after == 0 ? WithKey(address) : after;
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
                                  uint64_t number, std::string_view question2) {
  return const_cast<fb::FactT*>(
      FindFact(facts_, lookup, question, number, question2));
}

std::pair<fb::FactT*, bool> RecordingLookups::Ask(fb::Lookup lookup,
                                                  std::string_view question,
                                                  uint64_t number,
                                                  std::string_view question2) {
  fb::FactT* const known = Find(lookup, question, number, question2);
  if (known != nullptr) return {known, false};
  return {Add(lookup, question, number, question2), true};
}

SubscriptionAnswer RecordingLookups::SubscriptionFor(const MessageAddress& to) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::subscription_for, to.name, WithKey(to), to.key);
  if (is_new) {
    const SubscriptionAnswer answer = source_->SubscriptionFor(to);
    fact->answer = answer.subscription.value();
    fact->answer2 = answer.instance.value();
  }
  return ToSubscription(*fact);
}

std::vector<SubscriptionAnswer> RecordingLookups::Subscriptions(
    const MessageAddress& to) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::subscriptions, to.name, WithKey(to), to.key);
  if (is_new) KeepSubscriptions(source_->Subscriptions(to), fact);
  return ToSubscriptions(*fact);
}

std::vector<SubscriptionAnswer> RecordingLookups::SignalSubscriptions(
    std::string_view name) {
  const auto [fact, is_new] = Ask(fb::Lookup::subscriptions, name, kOfSignal);
  if (is_new) KeepSubscriptions(source_->SignalSubscriptions(name), fact);
  return ToSubscriptions(*fact);
}

std::vector<StartAnswer> RecordingLookups::StartEvents(
    fb::SubscriptionKind kind, std::string_view name) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::start_events, name, static_cast<uint64_t>(kind));
  if (is_new) KeepStarts(source_->StartEvents(kind, name), fact);
  return ToStarts(*fact);
}

bool RecordingLookups::StartHeld(std::string_view name, std::string_view key) {
  const auto [fact, is_new] = Ask(fb::Lookup::start_held, name, 0, key);
  if (is_new) fact->answer = source_->StartHeld(name, key) ? 1 : 0;
  return fact->answer != 0;
}

std::vector<StartTimerAnswer> RecordingLookups::StartTimers(
    DefinitionKey definition) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::start_timers, "", definition.value());
  if (is_new) KeepTimers(source_->StartTimers(definition), fact);
  return ToTimers(*fact);
}

bool RecordingLookups::HasBuffered(const MessageAddress& of) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::has_buffered, of.name, WithKey(of), of.key);
  if (is_new) fact->answer = source_->HasBuffered(of) ? 1 : 0;
  return fact->answer != 0;
}

std::unique_ptr<fb::MessageBufferedT> RecordingLookups::Buffered(
    const MessageAddress& of, uint64_t after) {
  const auto [fact, is_new] =
      Ask(fb::Lookup::buffered_message, of.name, NumberOf(of, after), of.key);
  if (is_new) fact->message = source_->Buffered(of, after);
  return ToBuffered(*fact);
}

bool RecordingLookups::MessageIdKept(std::string_view name,
                                     std::string_view id) {
  const auto [fact, is_new] = Ask(fb::Lookup::message_id_kept, name, 0, id);
  if (is_new) fact->answer = source_->MessageIdKept(name, id) ? 1 : 0;
  return fact->answer != 0;
}

fb::FactT* RecordingLookups::Add(fb::Lookup lookup, std::string_view question,
                                 uint64_t number, std::string_view question2) {
  auto fact = std::make_unique<fb::FactT>();
  fact->lookup = lookup;
  fact->question = std::string(question);
  fact->number = number;
  fact->question2 = std::string(question2);
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
                                       uint64_t number,
                                       std::string_view question2) {
  static const fb::FactT* const kNothing = new fb::FactT();
  const fb::FactT* fact =
      FindFact(record_->facts, lookup, question, number, question2);
  if (fact != nullptr) return fact;
  if (missing_.empty()) {
    missing_ = absl::StrCat(fb::EnumNameLookup(lookup), "('", ToAbsl(question),
                            "', ", number, ")");
  }
  return kNothing;
}

SubscriptionAnswer RecordedLookups::SubscriptionFor(const MessageAddress& to) {
  return ToSubscription(
      *Find(fb::Lookup::subscription_for, to.name, WithKey(to), to.key));
}

std::vector<SubscriptionAnswer> RecordedLookups::Subscriptions(
    const MessageAddress& to) {
  return ToSubscriptions(
      *Find(fb::Lookup::subscriptions, to.name, WithKey(to), to.key));
}

std::vector<SubscriptionAnswer> RecordedLookups::SignalSubscriptions(
    std::string_view name) {
  return ToSubscriptions(*Find(fb::Lookup::subscriptions, name, kOfSignal));
}

std::vector<StartAnswer> RecordedLookups::StartEvents(fb::SubscriptionKind kind,
                                                      std::string_view name) {
  return ToStarts(
      *Find(fb::Lookup::start_events, name, static_cast<uint64_t>(kind)));
}

bool RecordedLookups::StartHeld(std::string_view name, std::string_view key) {
  return Find(fb::Lookup::start_held, name, 0, key)->answer != 0;
}

std::vector<StartTimerAnswer> RecordedLookups::StartTimers(
    DefinitionKey definition) {
  return ToTimers(*Find(fb::Lookup::start_timers, "", definition.value()));
}

bool RecordedLookups::HasBuffered(const MessageAddress& of) {
  return Find(fb::Lookup::has_buffered, of.name, WithKey(of), of.key)->answer !=
         0;
}

std::unique_ptr<fb::MessageBufferedT> RecordedLookups::Buffered(
    const MessageAddress& of, uint64_t after) {
  return ToBuffered(*Find(fb::Lookup::buffered_message, of.name,
                          NumberOf(of, after), of.key));
}

bool RecordedLookups::MessageIdKept(std::string_view name,
                                    std::string_view id) {
  return Find(fb::Lookup::message_id_kept, name, 0, id)->answer != 0;
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
