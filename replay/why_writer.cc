#include "replay/why_writer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/convert.h"
#include "engine/core/decide.h"
#include "engine/core/work_of.h"
#include "engine/model/element_names.h"
#include "replay/audit.h"
#include "replay/decoded_record.h"

namespace pawl::replay {

// --- Words -------------------------------------------------------------------

std::string KindWords(std::string_view kind) {
  std::string words;
  for (const char c : kind) {
    if (c >= 'A' && c <= 'Z') {
      words += ' ';
      words += static_cast<char>(c - 'A' + 'a');
    } else {
      words += c;
    }
  }
  return words;
}

std::string SpanText(int64_t ms) {
  constexpr std::pair<int64_t, const char*> kUnits[] = {
      {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}};
  std::string text;
  int parts = 0;
  for (const auto& [unit_ms, name] : kUnits) {
    if (parts == 2) break;
    if (ms < unit_ms && parts == 0) continue;
    if (ms >= unit_ms) absl::StrAppend(&text, ms / unit_ms, name);
    ms %= unit_ms;
    ++parts;
  }
  return text.empty() ? absl::StrCat(ms, "ms") : text;
}

WhySentence WhyWriter::Begin(std::string kind, uint32_t element, uint64_t key,
                             const fb::RecordT* since) const {
  WhySentence sentence;
  sentence.kind = std::move(kind);
  sentence.instance = state_.key;
  if (element != 0) sentence.element_id = IdOf(element);
  sentence.key = key;
  if (since != nullptr) {
    sentence.since = since->position;
    sentence.since_ms = since->time_ms;
  }
  return sentence;
}

void WhyWriter::Say(WhySentence sentence, std::string text) {
  sentence.text = std::move(text);
  out_.push_back(std::move(sentence));
}

uint32_t WhyWriter::ElementOf(ElementKey key) const {
  const auto it = state_.elements.find(key);
  return it == state_.elements.end() ? 0 : it->second.element;
}

std::string WhyWriter::IdOf(uint32_t element) const {
  return element < model_.element_count() ? model_.element(element).id
                                          : absl::StrCat("element ", element);
}

std::string WhyWriter::Named(uint32_t element) const {
  if (element >= model_.element_count()) return IdOf(element);
  const fb::ElementT& e = model_.element(element);
  return absl::StrCat(KindWords(model::BpmnName(e.kind)), " ", e.id);
}

std::string WhyWriter::SinceText(const fb::RecordT* record) {
  return record == nullptr ? ""
                           : absl::StrCat(" since ", TimeText(record->time_ms));
}

std::string WhyWriter::DueText(int64_t due_ms) const {
  const int64_t missing_ms = due_ms - now_ms_;
  return absl::StrCat(TimeText(due_ms), missing_ms > 0 ? ", in " : ", ",
                      SpanText(missing_ms > 0 ? missing_ms : -missing_ms),
                      missing_ms > 0 ? "" : " ago");
}

std::string WhyWriter::WakesText(uint32_t host, uint32_t trigger) const {
  if (trigger == 0) return "";
  const uint32_t event = model_.EventOf(trigger);
  const fb::ElementT& e = model_.element(event);
  if (e.kind == fb::ElementKind::boundary_event) {
    return absl::StrCat(e.interrupting ? "which would end " : "beside ",
                        Named(host));
  }
  if (e.kind == fb::ElementKind::start_event) {
    return absl::StrCat(
        "which would start ", Named(e.scope),
        e.interrupting
            ? absl::StrCat(" and end what else is active in ", Named(host))
            : "");
  }
  return event == host ? "" : absl::StrCat("at ", Named(host));
}

// --- The instance as a whole -------------------------------------------------

absl::Status WhyWriter::Write(size_t choices_max) {
  PAWL_RETURN_IF_ERROR(WriteInstance());
  if (story_.ended() != nullptr) {
    PAWL_RETURN_IF_ERROR(WriteEnd());
  } else {
    PAWL_RETURN_IF_ERROR(WriteSuspension());
    WriteWaits();
    WriteJoins();
    WriteRequests();
    WriteStuck();
  }
  WriteChoices(choices_max);
  return absl::OkStatus();
}

absl::Status WhyWriter::WriteInstance() {
  const fb::RecordT* started = story_.started();
  WhySentence sentence =
      Begin("instance", 0, state_.key.value(), story_.started());
  PAWL_ASSIGN_OR_RETURN(const CommandAt origin, OriginOf(data_, *started));
  sentence.details = {{"process", state_.process_id},
                      {"version", state_.version},
                      {"state", pawl::ToString(ToInstanceState(state_.state))},
                      {"by", origin.actor},
                      {"command", origin.command}};
  std::string text = absl::StrCat(
      "instance ", state_.key.value(), " of ", state_.process_id, " version ",
      state_.version, " is ", pawl::ToString(ToInstanceState(state_.state)),
      "; it was started at ", TimeText(started->time_ms), " by ",
      ToString(origin));
  if (state_.called()) {
    absl::StrAppend(&text, ", called by instance ",
                    state_.caller.instance.value());
    sentence.details.Set("caller", ToString(state_.caller.instance));
  }
  Say(std::move(sentence), std::move(text));
  return absl::OkStatus();
}

absl::Status WhyWriter::WriteEnd() {
  const fb::InstanceEndedT& ended = *story_.ended();
  const fb::RecordT& record = *story_.last();
  PAWL_ASSIGN_OR_RETURN(const CommandAt origin, OriginOf(data_, record));
  const std::string state = pawl::ToString(ToInstanceState(ended.state));
  WhySentence sentence = Begin("ended", story_.last_element().value_or(0),
                               state_.key.value(), &record);
  sentence.details = {{"state", state},
                      {"by", origin.actor},
                      {"command", origin.command},
                      {"reason", ended.reason}};
  std::string text =
      absl::StrCat("it ended as ", state, " at ", TimeText(record.time_ms));
  const std::string last = story_.last_element().has_value()
                               ? Named(*story_.last_element())
                               : std::string("nothing");
  switch (ended.state) {
    case fb::InstanceState::cancelled:
      absl::StrAppend(&text, ": cancelled by ", ToString(origin));
      if (!ended.reason.empty()) absl::StrAppend(&text, ": ", ended.reason);
      break;
    case fb::InstanceState::terminated:
      absl::StrAppend(&text, ": ", last, " ended it, after ", ToString(origin));
      break;
    case fb::InstanceState::compensated:
      absl::StrAppend(&text, ": its saga was rolled back, after ",
                      ToString(origin));
      break;
    default:
      absl::StrAppend(&text, ": nothing was left to do after ", last,
                      ", which followed from ", ToString(origin));
      break;
  }
  if (const fb::SagaTriggeredT* saga = story_.saga(); saga != nullptr) {
    absl::StrAppend(&text, "; ", Named(saga->element),
                    " had failed for good: ", saga->message);
    sentence.details.Set("failed", IdOf(saga->element));
    sentence.details.Set("message", saga->message);
  }
  Say(std::move(sentence), std::move(text));
  return absl::OkStatus();
}

absl::Status WhyWriter::WriteSuspension() {
  const fb::RecordT* record = story_.suspended();
  if (!suspended() || record == nullptr) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(const CommandAt origin, OriginOf(data_, *record));
  WhySentence sentence =
      Begin("suspended", 0, state_.key.value(), story_.suspended());
  sentence.details = {{"by", origin.actor}, {"command", origin.command}};
  // Called instances are suspended and resumed with the one at the top.
  const InstanceKey top = state_.called() ? state_.caller.root : state_.key;
  const std::string resumes = absl::StrCat("pawl resume ", top.value());
  sentence.details.Set("resolves", resumes);
  Say(std::move(sentence),
      absl::StrCat("it was suspended at ", TimeText(record->time_ms), " by ",
                   ToString(origin), " and takes no step until `", resumes,
                   "`"));
  moves_ = true;
  return absl::OkStatus();
}

void WhyWriter::WriteRequests() {
  // What is asked of it now says nothing about then, but who throws has asked
  // for something.
  if (is_past_) {
    for (const auto& [key, element] : state_.elements) {
      if (!core::WaitsForDelivery(state_, element,
                                  model_.element(element.element))) {
        continue;
      }
      Say(Begin("request", element.element, key.value(), story_.last()),
          absl::StrCat(Named(element.element),
                       " has thrown, and goes on when that is delivered"));
      moves_ = true;
    }
    return;
  }
  for (const auto& [key, request] : data_.state().requests) {
    if (core::TargetOf(request.command) != state_.key) continue;
    const std::string command = fb::EnumNameCommand(request.command.type);
    WhySentence sentence = Begin("request", 0, key, nullptr);
    sentence.since = request.position;
    sentence.details = {{"command", command}};
    Say(std::move(sentence),
        absl::StrCat(command, " waits to be decided: record ",
                     PositionText(data_.partition(), request.position),
                     " asks for it, and whoever runs the store does it next"));
    moves_ = true;
  }
}

void WhyWriter::WriteStuck() {
  if (moves_) return;
  Say(Begin("stuck", 0, state_.key.value(), story_.last()),
      absl::StrCat("nothing that it could wait for is open",
                   SinceText(story_.last()),
                   ": it can't go on by itself; `pawl cancel ",
                   state_.key.value(), "` ends it"));
}

// --- Choices -----------------------------------------------------------------

void WhyWriter::WriteChoices(size_t max) {
  const std::vector<Choice>& choices = story_.choices();
  for (size_t i = choices.size() > max ? choices.size() - max : 0;
       i < choices.size(); ++i) {
    WriteChoice(choices[i]);
  }
}

void WhyWriter::WriteChoice(const Choice& choice) {
  WhySentence sentence = Begin("choice", choice.element, 0, nullptr);
  sentence.since = choice.position;
  sentence.since_ms = choice.time_ms;
  std::vector<std::string> taken;
  std::vector<std::string> reasons;
  Value::List flows;
  bool by_default = false;
  bool scripted = false;
  for (const ChoiceFlow& entry : choice.flows) {
    const fb::SequenceFlowT& flow = model_.flow(entry.flow);
    Variables shape{{"flow", flow.id},      {"target", IdOf(flow.target)},
                    {"taken", entry.taken}, {"default", entry.is_default},
                    {"condition", Value()}, {"held", Value()}};
    if (flow.condition != nullptr) {
      shape.Set("condition", flow.condition->text);
      shape.Set("language", fb::EnumNameLanguage(flow.condition->language));
    }
    if (entry.held.has_value()) {
      shape.Set("held", *entry.held);
      scripted = scripted || flow.condition->language == fb::Language::lua;
      reasons.push_back(absl::StrCat(flow.condition->text, " was ",
                                     *entry.held ? "true" : "false"));
    }
    if (entry.taken) {
      taken.push_back(absl::StrCat(flow.id, " to ", IdOf(flow.target)));
      by_default = by_default || entry.is_default;
    }
    flows.emplace_back(std::move(shape));
  }
  sentence.details = {{"flows", std::move(flows)}, {"variables", choice.read}};
  std::string text = absl::StrCat(
      Named(choice.element), " took ",
      taken.empty() ? "no flow"
                    : absl::StrCat(by_default ? "its default flow " : "flow ",
                                   absl::StrJoin(taken, " and ")),
      " at ", TimeText(choice.time_ms), ": ", absl::StrJoin(reasons, ", "));
  std::vector<std::string> read;
  for (const auto& [name, value] : choice.read) {
    read.push_back(absl::StrCat(name, " = ", value.ToJson()));
  }
  if (!read.empty()) {
    absl::StrAppend(&text, " (", absl::StrJoin(read, ", "), ")");
  }
  if (scripted) {
    absl::StrAppend(&text,
                    "; what a script gave is read from the flows that were "
                    "taken, it isn't run again");
  }
  Say(std::move(sentence), std::move(text));
}

}  // namespace pawl::replay
