// Sentences about what an instance waits for.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "replay/decoded_record.h"
#include "replay/why_writer.h"

namespace pawl::replay {
namespace {

using fb::IncidentType;

Value TimeValue(int64_t ms) { return ms == 0 ? Value() : Value(TimeText(ms)); }

Value ListValue(const std::vector<std::string>& texts) {
  Value::List list(texts.begin(), texts.end());
  return Value(std::move(list));
}

// What has to be done before an incident of this type is resolved, so that it
// doesn't come again.
std::string BeforeResolving(const core::Incident& incident) {
  switch (incident.type) {
    case IncidentType::job_no_retries:
      return "mend what the job needs";
    case IncidentType::no_outgoing_flow:
    case IncidentType::expression_error:
    case IncidentType::mapping_error:
    case IncidentType::correlation_key:
      return "set the variables that it needs (`pawl set`)";
    case IncidentType::script_error:
      return "set the variables that the script needs (`pawl set`)";
    case IncidentType::unhandled_error:
      return "nothing in the model catches this error; see to its cause";
    case IncidentType::no_called_process:
      return "deploy the process that it calls (`pawl deploy`)";
    case IncidentType::compensation_failed:
      return "see to what keeps it from being compensated";
    case IncidentType::limit:
      return "it stopped at a limit and can simply go on";
    case IncidentType::unknown:
      break;
  }
  return "see to its cause";
}

std::string CommandText(const core::Subscription& subscription) {
  if (subscription.kind == fb::SubscriptionKind::signal) {
    return absl::StrCat("pawl signal ", subscription.name);
  }
  return absl::StrCat(
      "pawl message ", subscription.name,
      subscription.any_key
          ? ""
          : absl::StrCat(" --key ", subscription.correlation_key));
}

}  // namespace

void WhyWriter::WriteWaits() {
  for (const auto& [key, incident] : state_.incidents) WriteIncident(incident);
  for (const auto& [key, task] : state_.tasks) WriteTask(task);
  for (const auto& [key, job] : state_.jobs) WriteJob(job);
  for (const auto& [key, called] : state_.calls) {
    WriteCall(state_.elements.at(key), called);
  }
  for (const auto& [key, one] : state_.subscriptions) WriteSubscription(one);
  for (const auto& [key, timer] : state_.timers) WriteTimer(timer);
  for (const auto& [key, parts] : state_.event_parts) {
    WriteEventParts(key, parts);
  }
  for (const auto& [key, loop] : state_.loops) WriteLoop(key, loop);
  for (const auto& [key, ad_hoc] : state_.ad_hocs) WriteAdHoc(key, ad_hoc);
  for (const auto& [key, one] : state_.compensations) WriteCompensation(one);
}

void WhyWriter::WriteIncident(const core::Incident& incident) {
  moves_ = true;
  const uint32_t element = model_.EventOf(incident.element);
  const fb::RecordT* since =
      story_.Since(Part::kIncident, incident.key.value());
  WhySentence sentence =
      Begin("incident", element, incident.key.value(), since);
  const std::string type = fb::EnumNameIncidentType(incident.type);
  const std::string resolves =
      absl::StrCat("pawl resolve ", incident.key.value());
  sentence.details = {
      {"type", type},
      {"message", incident.message},
      {"job", incident.job.valid() ? Value(ToString(incident.job)) : Value()},
      {"resolves", resolves},
      {"before", BeforeResolving(incident)}};
  std::string text =
      absl::StrCat(Named(element), " has incident ", incident.key.value(), " (",
                   type, ")", SinceText(since), ": ", incident.message);
  if (const auto job = state_.jobs.find(incident.job);
      job != state_.jobs.end()) {
    absl::StrAppend(&text, "; job ", job->first.value(), " of type ",
                    job->second.type, " has failed ", job->second.failures,
                    job->second.failures == 1 ? " time" : " times");
  }
  absl::StrAppend(&text, ". ", BeforeResolving(incident), "; then `", resolves,
                  "`");
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteTask(const core::Task& task) {
  moves_ = true;
  const uint32_t element = ElementOf(task.element_key);
  const fb::RecordT* since = story_.Since(Part::kTask, task.key.value());
  WhySentence sentence = Begin("task", element, task.key.value(), since);
  sentence.details = {{"assignee", task.assignee},
                      {"candidate_users", ListValue(task.candidate_users)},
                      {"candidate_groups", ListValue(task.candidate_groups)},
                      {"due", TimeValue(task.due_ms)}};
  std::string who = "somebody";
  if (!task.assignee.empty()) {
    who = task.assignee;
  } else if (!task.candidate_users.empty() || !task.candidate_groups.empty()) {
    std::vector<std::string> candidates = task.candidate_users;
    candidates.insert(candidates.end(), task.candidate_groups.begin(),
                      task.candidate_groups.end());
    who = absl::StrCat("one of ", absl::StrJoin(candidates, ", "));
  }
  std::string text =
      absl::StrCat(Named(element), " waits for ", who, SinceText(since),
                   ": task ", task.key.value());
  if (task.due_ms != 0) {
    absl::StrAppend(&text, ", due ", DueText(task.due_ms));
  }
  if (task.event != fb::TaskEvent::none) {
    const std::string event = fb::EnumNameTaskEvent(task.event);
    sentence.details.Set("listener", event);
    absl::StrAppend(&text, "; first its listeners of ", event,
                    " have to be done");
  } else if (task.delegation == fb::DelegationState::pending) {
    sentence.details.Set("owner", task.owner);
    absl::StrAppend(&text, "; ", task.owner.empty() ? "somebody" : task.owner,
                    " has delegated it and gets it back");
  } else {
    absl::StrAppend(&text, "; `pawl complete ", task.key.value(), "` does it");
  }
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteJob(const core::Job& job) {
  moves_ = true;
  const uint32_t element = ElementOf(job.element_key);
  const fb::RecordT* since = story_.Since(Part::kJob, job.key.value());
  WhySentence sentence = Begin("job", element, job.key.value(), since);
  sentence.details = {
      {"type", job.type},
      {"state", fb::EnumNameJobState(job.state)},
      {"attempt", job.attempt},
      {"retries", job.retries},
      {"failures", job.failures},
      {"worker", Value()},
      {"until", TimeValue(job.due_ms)},
      {"message", job.message.empty() ? Value() : Value(job.message)}};
  const std::string name =
      absl::StrCat("job ", job.key.value(), " of type ", job.type);
  std::string text;
  switch (job.state) {
    case fb::JobState::ready:
      text = absl::StrCat(
          Named(element), " waits", SinceText(since), " for a worker to take ",
          name, " as attempt ", job.attempt + 1, " (", job.retries,
          job.retries == 1 ? " attempt" : " attempts", " left)");
      if (!suspended()) {
        absl::StrAppend(&text, "; `pawl job fetch ", job.type,
                        " --worker NAME` takes it");
      }
      break;
    case fb::JobState::locked: {
      const bool handler = job.epoch != 0;
      sentence.details.Set("worker", handler ? "handler" : job.worker);
      text =
          absl::StrCat(Named(element), " waits for ", name, ", which ",
                       handler ? "the engine's own handler" : job.worker,
                       " has", SinceText(since), " as attempt ", job.attempt);
      if (!handler && job.due_ms > now_ms_) {
        absl::StrAppend(&text, ", locked until ", DueText(job.due_ms));
      } else if (!handler) {
        absl::StrAppend(&text, "; its lock ran out at ", DueText(job.due_ms),
                        ", and whoever runs the store gives it back");
      }
      break;
    }
    case fb::JobState::backoff:
      text = absl::StrCat(
          Named(element), " waits", SinceText(since), " for attempt ",
          job.attempt + 1, " of ", name, " at ", DueText(job.due_ms),
          "; it failed ", job.failures, job.failures == 1 ? " time" : " times",
          ", last: ", job.message.empty() ? "no message" : job.message, " (",
          job.retries, job.retries == 1 ? " attempt" : " attempts", " left)");
      break;
    case fb::JobState::incident:
      // Its incident says it all.
      return;
  }
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteTimer(const core::Timer& timer) {
  moves_ = true;
  const uint32_t host = ElementOf(timer.element_key);
  const uint32_t event =
      timer.boundary != 0 ? model_.EventOf(timer.boundary) : host;
  const fb::RecordT* since = story_.Since(Part::kTimer, timer.key.value());
  WhySentence sentence = Begin("timer", event, timer.key.value(), since);
  const bool late = timer.due_ms <= now_ms_;
  sentence.details = {
      {"due", TimeValue(timer.due_ms)},
      {"late", late},
      {"cycle", timer.repetition.cycle.empty() ? Value()
                                               : Value(timer.repetition.cycle)},
      {"host", IdOf(host)}};
  std::string text =
      absl::StrCat(Named(event), " waits", SinceText(since), " for timer ",
                   timer.key.value(), ", due ", DueText(timer.due_ms));
  const std::string wakes = WakesText(host, timer.boundary);
  if (!wakes.empty()) absl::StrAppend(&text, ", ", wakes);
  if (!timer.repetition.cycle.empty()) {
    absl::StrAppend(&text, " (", timer.repetition.cycle, ")");
  }
  if (late && !suspended()) {
    absl::StrAppend(&text,
                    "; it is late: nobody runs the store (`pawl work`), or "
                    "there is more to do");
  }
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteSubscription(const core::Subscription& subscription) {
  moves_ = true;
  const uint32_t host = ElementOf(subscription.element_key);
  const uint32_t event =
      subscription.trigger != 0 ? model_.EventOf(subscription.trigger) : host;
  const fb::RecordT* since =
      story_.Since(Part::kSubscription, subscription.key.value());
  const char* kind =
      subscription.kind == fb::SubscriptionKind::message  ? "message"
      : subscription.kind == fb::SubscriptionKind::signal ? "signal"
                                                          : "condition";
  WhySentence sentence = Begin(kind, event, subscription.key.value(), since);
  const std::string wakes = WakesText(host, subscription.trigger);
  if (subscription.kind == fb::SubscriptionKind::conditional) {
    return WriteCondition(subscription, std::move(sentence), wakes);
  }
  const std::string command = CommandText(subscription);
  sentence.details = {{"name", subscription.name},
                      {"key", Value()},
                      {"wakes", command},
                      {"host", IdOf(host)}};
  std::string text = absl::StrCat(Named(event), " waits", SinceText(since),
                                  " for ", kind, " ", subscription.name);
  if (subscription.kind == fb::SubscriptionKind::message) {
    if (subscription.any_key) {
      absl::StrAppend(&text, " of any key");
    } else {
      sentence.details.Set("key", subscription.correlation_key);
      absl::StrAppend(&text, " with key ", subscription.correlation_key);
    }
  }
  if (!wakes.empty()) absl::StrAppend(&text, ", ", wakes);
  absl::StrAppend(&text, suspended()
                             ? "; nothing reaches it while it is suspended"
                             : absl::StrCat("; `", command, "` wakes it"));
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteCondition(const core::Subscription& subscription,
                               WhySentence sentence, const std::string& wakes) {
  const uint32_t trigger = subscription.trigger != 0
                               ? subscription.trigger
                               : ElementOf(subscription.element_key);
  const fb::ElementT& event = model_.element(trigger);
  const std::string condition =
      event.condition == nullptr ? "" : event.condition->text;
  Variables read;
  if (event.condition != nullptr) {
    EvaluateAgain(state_, model_, subscription.element_key, *event.condition,
                  now_ms_, &read)
        .IgnoreError();
  }
  sentence.details = {{"condition", condition},
                      {"holds", subscription.holds},
                      {"variables", read},
                      {"host", IdOf(ElementOf(subscription.element_key))}};
  std::vector<std::string> values;
  for (const auto& [name, value] : read) {
    values.push_back(absl::StrCat(name, " is ", value.ToJson()));
  }
  const fb::RecordT* since =
      story_.Since(Part::kSubscription, subscription.key.value());
  std::string text = absl::StrCat(
      Named(model_.EventOf(trigger)), " waits", SinceText(since), " until ",
      condition, subscription.holds ? " becomes true again" : " is true",
      values.empty() ? "" : absl::StrCat("; ", absl::StrJoin(values, ", ")));
  if (!wakes.empty()) absl::StrAppend(&text, ", ", wakes);
  absl::StrAppend(&text, "; `pawl set ", state_.key.value(),
                  " --vars JSON` has it looked at again");
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteCall(const core::ElementInstance& element,
                          InstanceKey instance) {
  moves_ = true;
  called_.push_back(instance);
  const fb::RecordT* since = story_.Since(Part::kElement, element.key.value());
  WhySentence sentence =
      Begin("call", element.element, instance.value(), since);
  core::Instance scratch;
  const auto called = data_.Peek(instance, &scratch);
  std::string text =
      absl::StrCat(Named(element.element), " waits", SinceText(since),
                   " for instance ", instance.value());
  if (called.ok()) {
    absl::StrAppend(&text, " of ", (*called)->process_id, " version ",
                    (*called)->version, ", which it called");
    sentence.details = {{"called", ToString(instance)},
                        {"process", (*called)->process_id},
                        {"version", (*called)->version}};
  } else {
    absl::StrAppend(&text, ", which is still to be started");
    sentence.details = {{"called", ToString(instance)}};
  }
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteLoop(ElementKey key, const core::Loop& loop) {
  const uint32_t element = ElementOf(key);
  const fb::RecordT* since = story_.Since(Part::kElement, key.value());
  WhySentence sentence = Begin("loop", element, 0, since);
  sentence.details = {{"total", loop.total == 0 ? Value() : Value(loop.total)},
                      {"begun", loop.begun},
                      {"done", loop.done}};
  const std::string of =
      loop.total == 0 ? "" : absl::StrCat(" of ", loop.total);
  Say(std::move(sentence),
      absl::StrCat(Named(element), " has done ", loop.done, of,
                   loop.done == 1 && of.empty() ? " run" : " runs",
                   SinceText(since), "; ", loop.begun - loop.done,
                   loop.begun - loop.done == 1 ? " is" : " are", " under way"));
}

void WhyWriter::WriteAdHoc(ElementKey key, const core::AdHoc& ad_hoc) {
  const uint32_t element = ElementOf(key);
  const fb::RecordT* since = story_.Since(Part::kElement, key.value());
  std::vector<std::string> waiting;
  for (const uint32_t one : ad_hoc.waiting) waiting.push_back(IdOf(one));
  WhySentence sentence = Begin("ad_hoc", element, key.value(), since);
  sentence.details = {{"waiting", ListValue(waiting)},
                      {"fulfilled", ad_hoc.fulfilled}};
  std::string text = absl::StrCat(Named(element), " is open", SinceText(since));
  if (ad_hoc.fulfilled) {
    absl::StrAppend(&text,
                    " and its condition has held: it ends when what runs in it "
                    "has ended");
  } else if (!waiting.empty()) {
    absl::StrAppend(&text, "; next in it: ", absl::StrJoin(waiting, ", then "));
  } else {
    moves_ = true;
    absl::StrAppend(&text,
                    ": its elements run as they are activated "
                    "(Engine::ActivateElements)");
  }
  Say(std::move(sentence), std::move(text));
}

void WhyWriter::WriteEventParts(ElementKey key,
                                const std::vector<core::EventPart>& parts) {
  if (parts.empty()) return;
  std::vector<std::string> come;
  for (const core::EventPart& part : parts) come.push_back(IdOf(part.trigger));
  const uint32_t event = parts.front().element;
  WhySentence sentence =
      Begin("event_parts", event, 0, story_.Since(Part::kElement, key.value()));
  sentence.details = {{"come", ListValue(come)}};
  Say(std::move(sentence),
      absl::StrCat(Named(event), " waits for all of its events; ",
                   absl::StrJoin(come, ", "),
                   come.size() == 1 ? " has come" : " have come"));
}

void WhyWriter::WriteCompensation(const core::Compensation& compensation) {
  const fb::RecordT* since =
      story_.Since(Part::kCompensation, compensation.key.value());
  const auto record_id = [&](ElementKey key) {
    const auto it = state_.records.find(key);
    return it == state_.records.end() ? std::string("something")
                                      : IdOf(it->second.element);
  };
  WhySentence sentence = Begin("compensation", compensation.element, 0, since);
  std::vector<std::string> pending;
  for (auto it = compensation.pending.rbegin();
       it != compensation.pending.rend(); ++it) {
    pending.push_back(record_id(*it));
  }
  std::vector<std::string> failed;
  for (const auto& [key, record] : state_.records) {
    if (record.failed && record.claimed_by == compensation.key) {
      failed.push_back(IdOf(record.element));
    }
  }
  std::string text =
      absl::StrCat("compensation that ", Named(compensation.element),
                   " asked for is under way", SinceText(since));
  Value current;
  if (const auto it = state_.elements.find(compensation.current);
      it != state_.elements.end()) {
    const std::string undoes = record_id(it->second.compensates);
    current = Variables{{"handler", IdOf(it->second.element)},
                        {"compensates", undoes}};
    const std::string handler = IdOf(it->second.element);
    // What has no handler of its own is compensated by what is inside of it.
    absl::StrAppend(&text, ": ",
                    handler == undoes
                        ? absl::StrCat("what is in ", handler, " is undone")
                        : absl::StrCat(handler, " undoes ", undoes));
  }
  if (!pending.empty()) {
    absl::StrAppend(&text, current.is_null() ? ": next " : ", then ",
                    absl::StrJoin(pending, ", then "));
  }
  if (!failed.empty()) {
    absl::StrAppend(&text, "; ", absl::StrJoin(failed, ", "),
                    " could not be undone and needs help");
  }
  sentence.details = {{"current", std::move(current)},
                      {"pending", ListValue(pending)},
                      {"failed", ListValue(failed)},
                      {"waits", compensation.waits}};
  Say(std::move(sentence), std::move(text));
}

}  // namespace pawl::replay
