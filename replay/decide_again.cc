#include "replay/decide_again.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/core/carry.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "replay/decoded_record.h"

namespace pawl::replay {
namespace {

VerifyDifference DifferenceAt(const fb::RecordT& record,
                              VerifyDifference::Kind kind, std::string text) {
  VerifyDifference difference;
  difference.kind = kind;
  difference.partition = record.partition;
  difference.position = record.position;
  difference.text = absl::StrCat(
      "record ", PositionText(record.partition, record.position), ": ", text);
  const auto decoded = DecodeForReading(core::EncodeRecord(record), nullptr);
  if (decoded.ok()) {
    difference.command = (*decoded)["command"];
    difference.arguments = (*decoded)["arguments"];
    difference.recorded = (*decoded)["events"];
  }
  return difference;
}

VerifyDifference DecisionDiffers(const fb::RecordT& record,
                                 const std::vector<fb::EventUnion>& decided,
                                 std::string text) {
  VerifyDifference difference =
      DifferenceAt(record, VerifyDifference::Kind::kDecision, std::move(text));
  // Shown in the record's own frame, so that both read alike.
  fb::RecordT again = record;
  again.events = decided;
  again.event_instances.clear();
  const auto decoded = DecodeForReading(core::EncodeRecord(again), nullptr);
  if (decoded.ok()) difference.decided = (*decoded)["events"];
  const size_t common = std::min(decided.size(), record.events.size());
  while (difference.first_event < common &&
         decided[difference.first_event] ==
             record.events[difference.first_event]) {
    ++difference.first_event;
  }
  return difference;
}

// "handler_for('charge')"
std::string QuestionText(const fb::FactT& fact) {
  std::string text = absl::StrCat(fb::EnumNameLookup(fact.lookup), "(");
  if (!fact.question.empty()) {
    absl::StrAppend(&text, "'", fact.question, "'");
    if (fact.number != 0) absl::StrAppend(&text, ", ", fact.number);
  }
  return text + ")";
}

fb::FactT AskAboutMessages(const fb::FactT& question, FoldLookups* lookups) {
  core::RecordingLookups asked(lookups);
  const core::MessageAddress address{question.question, question.number == 1,
                                     question.question2};
  switch (question.lookup) {
    case fb::Lookup::subscription_for:
      asked.SubscriptionFor(address);
      break;
    case fb::Lookup::subscriptions:
      if (question.number == 2) {
        asked.SignalSubscriptions(question.question);
      } else {
        asked.Subscriptions(address);
      }
      break;
    case fb::Lookup::start_events:
      asked.StartEvents(static_cast<fb::SubscriptionKind>(question.number),
                        question.question);
      break;
    case fb::Lookup::start_held:
      asked.StartHeld(question.question, question.question2);
      break;
    case fb::Lookup::start_timers:
      asked.StartTimers(DefinitionKey(question.number));
      break;
    case fb::Lookup::has_buffered:
      asked.HasBuffered(address);
      break;
    case fb::Lookup::buffered_message:
      asked.Buffered(address, question.number > 1 ? question.number : 0);
      break;
    case fb::Lookup::definition_beside:
      asked.DefinitionBeside(question.question, question.question2,
                             static_cast<uint32_t>(question.number));
      break;
    case fb::Lookup::definition_tagged:
      asked.DefinitionTagged(question.question, question.question2);
      break;
    case fb::Lookup::call_waits: {
      core::Caller caller;
      caller.instance = InstanceKey(question.instance);
      caller.element_key = ElementKey(question.number);
      uint64_t called = 0;
      if (!absl::SimpleAtoi(question.question, &called)) called = 0;
      asked.CallWaits(caller, InstanceKey(called));
      break;
    }
    case fb::Lookup::catcher_above: {
      core::Caller caller;
      caller.instance = InstanceKey(question.instance);
      caller.element_key = ElementKey(question.number);
      asked.CatcherAbove(
          caller,
          question.question2 == fb::EnumNameEventType(fb::EventType::escalation)
              ? fb::EventType::escalation
              : fb::EventType::error,
          question.question);
      break;
    }
    default:
      asked.MessageIdKept(question.question, question.question2);
      break;
  }
  return *asked.TakeFacts().front();
}

fb::FactT Ask(const fb::FactT& question, FoldLookups* lookups) {
  fb::FactT fact = question;
  fact.answer = fact.answer2 = fact.answer3 = 0;
  switch (question.lookup) {
    case fb::Lookup::unknown:
      break;
    // Nothing else in the log says what these gave.
    case fb::Lookup::seed:
    case fb::Lookup::script:
      return question;
    case fb::Lookup::next_key:
      fact.answer = lookups->NextKey();
      break;
    case fb::Lookup::definition: {
      const core::DefinitionAnswer answer = lookups->Definition(
          question.question, static_cast<uint32_t>(question.number));
      fact.answer = answer.key.value();
      fact.answer2 = answer.version;
      fact.answer3 = answer.digest;
      break;
    }
    case fb::Lookup::idempotency_seen: {
      const core::IdempotencyAnswer answer =
          lookups->IdempotencySeen(question.question);
      fact.answer = answer.instance.value();
      fact.answer2 = answer.definition.value();
      fact.answer3 = answer.version;
      break;
    }
    case fb::Lookup::handler_for: {
      const core::HandlerAnswer answer = lookups->HandlerFor(question.question);
      fact.answer = answer.epoch;
      fact.answer2 = answer.room;
      break;
    }
    case fb::Lookup::epoch:
      fact.answer = lookups->Epoch();
      break;
    case fb::Lookup::subscription_for:
    case fb::Lookup::subscriptions:
    case fb::Lookup::start_events:
    case fb::Lookup::has_buffered:
    case fb::Lookup::buffered_message:
    case fb::Lookup::message_id_kept:
    case fb::Lookup::definition_beside:
    case fb::Lookup::definition_tagged:
    case fb::Lookup::catcher_above:
    case fb::Lookup::call_waits:
    case fb::Lookup::start_timers:
    case fb::Lookup::start_held:
      return AskAboutMessages(question, lookups);
  }
  return fact;
}

std::string AnswerText(const fb::FactT& fact) {
  std::string text = absl::StrCat(fact.answer);
  if (fact.answer2 != 0 || fact.answer3 != 0) {
    absl::StrAppend(&text, "/", fact.answer2, "/", fact.answer3);
  }
  return text;
}

}  // namespace

std::optional<VerifyDifference> DecideAgain(const fb::RecordT& record,
                                            const LogFold& fold,
                                            FoldLookups* lookups,
                                            core::Instance* after) {
  *after = core::Instance();
  // The fold holds what these say against the state.
  if (core::IsMaintenance(record.command.type)) return std::nullopt;
  const bool of_partition = core::IsPartitionCommand(record.command.type);
  if (!of_partition && record.command.type != fb::Command::StartInstance) {
    const core::Instance* before =
        record.touched.empty()
            ? nullptr
            : fold.Running(InstanceKey(record.touched.front()->instance));
    if (before == nullptr) {
      return DecisionDiffers(record, {},
                             "got a command on an instance that isn't running");
    }
    *after = *before;
  }
  core::RecordedLookups facts(&record, lookups);
  const core::Decision decision =
      core::Decide(core::CommandOf(record), of_partition ? nullptr : after,
                   record.time_ms, &facts);
  if (!decision.status.ok()) {
    return DecisionDiffers(record, {},
                           absl::StrCat("this build refuses the command: ",
                                        decision.status.message()));
  }
  if (!facts.missing().empty()) {
    return DecisionDiffers(
        record, decision.events,
        absl::StrCat("this build asks ", facts.missing(),
                     ", which was not asked when it was decided"));
  }
  if (decision.events != record.events) {
    return DecisionDiffers(record, decision.events,
                           "the command gives other events now");
  }
  return std::nullopt;
}

std::optional<VerifyDifference> CheckFacts(const fb::RecordT& record,
                                           FoldLookups* lookups) {
  for (const auto& fact : record.facts) {
    const fb::FactT answer = Ask(*fact, lookups);
    if (answer == *fact) continue;
    // An engine that closes leaves new jobs to be fetched, and the log doesn't
    // say when it began to close: "nobody takes it" may always have been true.
    if (fact->lookup == fb::Lookup::handler_for && fact->answer == 0) continue;
    return DifferenceAt(
        record, VerifyDifference::Kind::kFact,
        absl::StrCat("fact ", QuestionText(*fact), ": recorded ",
                     AnswerText(*fact), ", the log before it gives ",
                     AnswerText(answer)));
  }
  return std::nullopt;
}

}  // namespace pawl::replay
