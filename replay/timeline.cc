#include "replay/timeline.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/convert.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/model/element_names.h"
#include "replay/decoded_record.h"

namespace pawl::replay {
namespace {

// "user task" of "userTask".
std::string Words(std::string_view kind) {
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

// A long value is shown by its beginning: a timeline is read line by line.
constexpr size_t kShownValueBytes = 120;

std::string ShownJson(const std::string& json) {
  if (json.size() <= kShownValueBytes) return json;
  size_t end = kShownValueBytes;
  // Not inside a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(json[end]) & 0xC0) == 0x80) {
    --end;
  }
  return json.substr(0, end) + "...";
}

std::string Until(const char* word, int64_t time_ms) {
  return time_ms == 0 ? "" : absl::StrCat(" ", word, " ", TimeText(time_ms));
}

std::string Attempts(int retries) {
  return absl::StrCat(retries, retries == 1 ? " attempt" : " attempts",
                      " left");
}

std::string ChangedField(const fb::TaskChangedT& e, fb::TaskField field) {
  const auto name = [](const std::string& text) {
    return text.empty() ? "nobody" : text;
  };
  const auto time = [](int64_t ms) { return ms == 0 ? "none" : TimeText(ms); };
  switch (field) {
    case fb::TaskField::assignee:
      return "assignee " + name(e.assignee);
    case fb::TaskField::owner:
      return "owner " + name(e.owner);
    case fb::TaskField::candidate_users:
      return "candidate users " + absl::StrJoin(e.candidate_users, " ");
    case fb::TaskField::candidate_groups:
      return "candidate groups " + absl::StrJoin(e.candidate_groups, " ");
    case fb::TaskField::due:
      return "due " + time(e.due_ms);
    case fb::TaskField::follow_up:
      return "follow-up " + time(e.follow_up_ms);
    case fb::TaskField::priority:
      return absl::StrCat("priority ", e.priority);
  }
  return "something";
}

}  // namespace

// Puts one event into words. One function per event, as Apply has them.
class Timeline::Writer {
 public:
  Writer(Timeline* timeline, TimelineEntry* entry)
      : t_(*timeline), entry_(*entry) {}

  void operator()(const fb::InstanceStartedT& e) {
    entry_.text = absl::StrCat(
        "instance ", e.key, " of ", e.process_id, " version ", e.version,
        " started",
        e.business_key.empty()
            ? ""
            : absl::StrCat(", business key ", e.business_key),
        e.caller == nullptr
            ? ""
            : absl::StrCat(", called by instance ", e.caller->instance));
    entry_.key = e.key;
  }
  void operator()(const fb::InstanceSuspendedT&) { Say("instance suspended"); }
  void operator()(const fb::InstanceResumedT&) { Say("instance resumed"); }
  void operator()(const fb::InstanceEndedT& e) {
    Say(absl::StrCat("instance ", fb::EnumNameInstanceState(e.state),
                     e.reason.empty() ? "" : absl::StrCat(": ", e.reason)));
  }

  void operator()(const fb::ElementActivatingT& e) {
    t_.elements_[e.key] = e.element;
    About(e.key);
    SayElement("entered");
    if (const auto of = t_.elements_.find(e.compensates);
        of != t_.elements_.end()) {
      absl::StrAppend(&entry_.text, of->second == e.element
                                        ? std::string(" again to compensate it")
                                        : " to compensate " + IdOf(of->second));
    }
    // The process is entered when its instance starts: one line is enough.
    entry_.detail = e.element == 0;
  }
  void operator()(const fb::ElementActivatedT& e) { Detail(e.key, "active"); }
  void operator()(const fb::ElementCompletingT& e) {
    Detail(e.key, "completing");
  }
  void operator()(const fb::ElementCompletedT& e) {
    About(e.key);
    SayElement("completed");
    entry_.detail = IsProcess(e.key);
  }
  void operator()(const fb::ElementTerminatingT& e) {
    Detail(e.key, "terminating");
  }
  void operator()(const fb::ElementTerminatedT& e) {
    About(e.key);
    SayElement("terminated");
    entry_.detail = IsProcess(e.key);
  }
  void operator()(const fb::ElementStepDoneT& e) {
    Detail(e.key, "mappings or a listener done");
  }
  void operator()(const fb::FlowTakenT& e) {
    if (t_.model_ == nullptr || e.flow >= t_.model_->flow_count()) return;
    const fb::SequenceFlowT& flow = t_.model_->flow(e.flow);
    entry_.element_id = flow.id;
    entry_.element_name = flow.name;
    entry_.element_kind = "sequenceFlow";
    Say(absl::StrCat("sequence flow ", flow.id, " taken, to ",
                     t_.model_->element(flow.target).id));
  }
  void operator()(const fb::GatewayResetT& e) {
    Say(absl::StrCat("complex gateway ", IdOf(e.element), " begins anew"));
  }
  void operator()(const fb::VariablesWrittenT& e) {
    std::string text = "variables";
    for (const auto& variable : e.variables) {
      absl::StrAppend(&text, " ", variable->name, "=",
                      ShownJson(variable->json));
    }
    if (e.scope != t_.instance_.value()) {
      About(e.scope);
      absl::StrAppend(&text, " in ", entry_.element_id);
    }
    Say(std::move(text));
  }

  void operator()(const fb::JobCreatedT& e) {
    Job(e.key, e.element_key);
    Say(absl::StrCat("job ", e.key, " of type ", e.type, " created, ",
                     Attempts(e.retries),
                     e.epoch == 0 ? "" : ", handed to the handler"));
  }
  void operator()(const fb::JobLockedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key,
                     e.epoch == 0 ? absl::StrCat(" locked by ", e.worker)
                                  : " handed to the handler",
                     Until("until", e.lock_until_ms), ", attempt ", e.attempt));
  }
  void operator()(const fb::JobLockExtendedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " kept", Until("until", e.lock_until_ms)));
  }
  void operator()(const fb::JobUnlockedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " given back"));
  }
  void operator()(const fb::JobCompletedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " completed"));
  }
  void operator()(const fb::JobFailedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key,
                     " failed: ", e.message.empty() ? "no message" : e.message,
                     "; ", Attempts(e.retries), Until("at", e.retry_at_ms)));
  }
  void operator()(const fb::JobRetryReachedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " ready again"));
  }
  void operator()(const fb::JobRetriesSetT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " ready again, ", Attempts(e.retries)));
  }
  void operator()(const fb::JobErrorThrownT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " threw BPMN error ", e.code,
                     e.message.empty() ? "" : absl::StrCat(": ", e.message)));
  }
  void operator()(const fb::JobCanceledT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " cancelled"));
  }
  void operator()(const fb::JobPausedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " rests"));
    entry_.detail = true;
  }
  void operator()(const fb::JobUnpausedT& e) {
    Job(e.key);
    Say(absl::StrCat("job ", e.key, " goes on", Until("at", e.due_ms)));
    entry_.detail = true;
  }

  void operator()(const fb::TaskCreatedT& e) {
    Holds(e.key, e.element_key);
    Say(absl::StrCat("task ", e.key, " waits",
                     e.assignee.empty() ? " for somebody"
                                        : absl::StrCat(" for ", e.assignee),
                     Until("until", e.due_ms)));
  }
  void operator()(const fb::TaskAssignedT& e) {
    Job(e.key);
    Say(e.assignee.empty()
            ? absl::StrCat("task ", e.key, " unclaimed")
            : absl::StrCat("task ", e.key, " claimed by ", e.assignee));
  }
  void operator()(const fb::TaskDelegatedT& e) {
    Job(e.key);
    Say(absl::StrCat("task ", e.key, " delegated to ", e.assignee,
                     e.owner.empty() ? "" : absl::StrCat(" by ", e.owner)));
  }
  void operator()(const fb::TaskResolvedT& e) {
    Job(e.key);
    Say(absl::StrCat("task ", e.key, " given back",
                     e.assignee.empty() ? "" : " to ", e.assignee));
  }
  void operator()(const fb::TaskChangedT& e) {
    Job(e.key);
    std::string what;
    for (const fb::TaskField field : e.fields) {
      absl::StrAppend(&what, what.empty() ? "" : ", ", ChangedField(e, field));
    }
    Say(absl::StrCat("task ", e.key, " changed: ", what));
  }
  void operator()(const fb::TaskListeningT& e) {
    Job(e.key);
    Say(absl::StrCat("listeners of task ", e.key,
                     " run: ", fb::EnumNameTaskEvent(e.task_event)));
    entry_.detail = true;
  }
  void operator()(const fb::TaskListenerDoneT& e) {
    Job(e.key);
    Say(absl::StrCat("a listener of task ", e.key, " is done"));
    entry_.detail = true;
  }
  void operator()(const fb::TaskCompletedT& e) {
    Job(e.key);
    Say(absl::StrCat("task ", e.key, " completed",
                     e.user.empty() ? "" : absl::StrCat(" by ", e.user)));
  }
  void operator()(const fb::TaskCanceledT& e) {
    Job(e.key);
    Say(absl::StrCat("task ", e.key, " cancelled"));
  }

  void operator()(const fb::TimerCreatedT& e) {
    Holds(e.key, e.element_key);
    Say(absl::StrCat("timer ", e.key, " waits", Until("until", e.due_ms),
                     e.cycle.empty() ? "" : absl::StrCat(", ", e.cycle)));
  }
  void operator()(const fb::TimerTriggeredT& e) {
    Job(e.key);
    Say(absl::StrCat("timer ", e.key, " fired, it was due",
                     Until("at", e.due_ms),
                     Until("and fires again", e.next_due_ms)));
  }
  void operator()(const fb::TimerCanceledT& e) {
    Job(e.key);
    Say(absl::StrCat("timer ", e.key, " cancelled"));
  }
  void operator()(const fb::TimerPausedT& e) {
    Job(e.key);
    Say(absl::StrCat("timer ", e.key, " rests"));
    entry_.detail = true;
  }
  void operator()(const fb::TimerUnpausedT& e) {
    Job(e.key);
    Say(absl::StrCat("timer ", e.key, " goes on"));
    entry_.detail = true;
  }

  void operator()(const fb::SubscriptionOpenedT& e) {
    Holds(e.key, e.element_key);
    Say(absl::StrCat("waits for ", Awaited(e)));
  }
  void operator()(const fb::SubscriptionTriggeredT& e) {
    Job(e.key);
    Say(absl::StrCat(Awaited(e), " has come"));
  }
  void operator()(const fb::SubscriptionClosedT& e) {
    Job(e.key);
    Say(absl::StrCat("no longer waits for ", Awaited(e)));
  }
  void operator()(const fb::SubscriptionPausedT& e) {
    Job(e.key);
    Say(absl::StrCat("rests waiting for ", Awaited(e)));
    entry_.detail = true;
  }
  void operator()(const fb::SubscriptionUnpausedT& e) {
    Job(e.key);
    Say(absl::StrCat("waits again for ", Awaited(e)));
    entry_.detail = true;
  }
  void operator()(const fb::ConditionChangedT& e) {
    Job(e.key);
    Say(e.holds ? "its condition holds" : "its condition holds no longer");
    entry_.detail = true;
  }
  void operator()(const fb::EscalationThrownT& e) {
    Say(absl::StrCat("escalation ", e.code, " thrown by ", IdOf(e.element),
                     e.above ? std::string(", caught by who called it")
                     : e.catcher == 0
                         ? ", nobody catches it"
                         : absl::StrCat(", caught by ", IdOf(e.catcher))));
  }
  void operator()(const fb::LoopStartedT& e) {
    About(e.key);
    Say(e.total == 0 ? std::string("loops")
                     : absl::StrCat("runs ", e.total, " times"));
  }
  void operator()(const fb::LoopRunDoneT& e) {
    About(e.key);
    Say(absl::StrCat("run ", e.index, " done"));
  }
  void operator()(const fb::AdHocActivatedT& e) {
    About(e.key);
    std::string text = "is to run";
    if (e.elements.empty()) text += " nothing yet";
    const char* between = " ";
    for (const uint32_t element : e.elements) {
      absl::StrAppend(&text, between, IdOf(element));
      between = ", ";
    }
    Say(std::move(text));
  }
  void operator()(const fb::AdHocFulfilledT& e) {
    About(e.key);
    Say("its completion condition holds");
  }
  void operator()(const fb::EventPartReceivedT& e) {
    About(e.element_key);
    Say(absl::StrCat("got ", IdOf(e.trigger), " of ", IdOf(e.element),
                     e.complete ? ", the last of them" : ""));
  }
  void operator()(const fb::ScopeInterruptedT& e) {
    About(e.scope);
    if (e.trigger == 0) return Say("what rested in it is gone");
    Say(absl::StrCat("interrupted by ", IdOf(e.trigger)));
  }
  void operator()(const fb::ProcessCalledT& e) {
    About(e.element_key);
    Say(absl::StrCat("calls ", e.process_id, " version ", e.version,
                     " as instance ", e.instance));
  }
  void operator()(const fb::CallReturnedT& e) {
    About(e.element_key);
    Say(absl::StrCat("instance ", e.instance, " has returned"));
  }
  void operator()(const fb::CallFailedT& e) {
    About(e.element_key);
    Say(absl::StrCat("instance ", e.instance, " has failed: ", e.message));
  }
  void operator()(const fb::CompensationRecordedT& e) {
    About(e.key);
    Say(absl::StrCat(IdOf(e.element), " can be compensated from now on"));
    entry_.detail = true;
  }
  void operator()(const fb::CompensationTriggeredT& e) {
    About(e.key);
    std::string text = absl::StrCat("compensation begins at ", IdOf(e.element));
    if (e.records.empty()) text += ": nothing to compensate";
    const char* between = ": ";
    for (const uint64_t record : e.records) {
      const auto it = t_.elements_.find(record);
      if (it == t_.elements_.end()) continue;
      absl::StrAppend(&text, between, IdOf(it->second));
      between = ", then ";
    }
    Say(std::move(text));
  }
  void operator()(const fb::CarriedForwardT&) {
    Say("carried forward; what is before it lies in the archive");
  }
  void operator()(const fb::SagaTriggeredT& e) {
    About(e.scope);
    Say(absl::StrCat("'", IdOf(e.element), "' has failed for good: ", e.message,
                     "; what is done is undone"));
  }
  void operator()(const fb::CompensationFailedT& e) {
    About(e.record);
    SayElement("isn't compensated: that needs help, the others go on");
  }
  void operator()(const fb::CompensationEndedT& e) {
    About(e.key);
    SayElement("compensation is done");
  }

  void operator()(const fb::IncidentRaisedT& e) {
    t_.elements_[e.key] = e.element;
    Job(e.key);
    Say(absl::StrCat("incident ", e.key, " ", fb::EnumNameIncidentType(e.type),
                     ": ", e.message));
  }
  void operator()(const fb::IncidentResolvedT& e) {
    Job(e.key);
    Say(absl::StrCat("incident ", e.key, " resolved"));
  }

 private:
  template <typename EventT>
  static std::string Awaited(const EventT& e) {
    switch (e.kind) {
      case fb::SubscriptionKind::message:
        return absl::StrCat(
            "message ", e.name,
            e.any_key ? "" : absl::StrCat(", key ", e.correlation_key));
      case fb::SubscriptionKind::signal:
        return absl::StrCat("signal ", e.name);
      case fb::SubscriptionKind::conditional:
        break;
    }
    return "its condition";
  }
  std::string IdOf(uint32_t element) const {
    if (t_.model_ == nullptr || element >= t_.model_->element_count()) {
      return absl::StrCat("element ", element);
    }
    return t_.model_->element(element).id;
  }
  void Say(std::string text) {
    entry_.text =
        entry_.element_id.empty() || entry_.element_kind == "sequenceFlow"
            ? std::move(text)
            : absl::StrCat(entry_.element_id, ": ", text);
  }
  void SayElement(const char* what) {
    entry_.text = absl::StrCat(Words(entry_.element_kind), " ",
                               entry_.element_id, " ", what);
  }
  void Detail(uint64_t key, const char* what) {
    About(key);
    SayElement(what);
    entry_.detail = true;
  }
  bool IsProcess(uint64_t key) const { return key == t_.instance_.value(); }

  // The entry is about the element that `key` belongs to.
  void About(uint64_t key) {
    const auto it = t_.elements_.find(key);
    if (it == t_.elements_.end() || t_.model_ == nullptr ||
        it->second >= t_.model_->element_count()) {
      return;
    }
    const fb::ElementT& element = t_.model_->element(it->second);
    entry_.element_id = element.id;
    entry_.element_name = element.name;
    entry_.element_kind = model::BpmnName(element.kind);
  }
  void Job(uint64_t key) {
    About(key);
    entry_.key = key;
  }
  void Job(uint64_t key, uint64_t element_key) { Holds(key, element_key); }
  // From now on `key` is about what `element_key` is about.
  void Holds(uint64_t key, uint64_t element_key) {
    if (const auto it = t_.elements_.find(element_key);
        it != t_.elements_.end()) {
      t_.elements_[key] = it->second;
    }
    Job(key);
  }

  Timeline& t_;
  TimelineEntry& entry_;
};

#define PAWL_WRITE(Type)       \
  case fb::Event::Type:        \
    writer(*event.As##Type()); \
    break

absl::Status Timeline::Add(const fb::RecordT& record,
                           std::vector<TimelineEntry>* out) {
  for (size_t i = 0; i < record.events.size(); ++i) {
    if (core::InstanceOf(record, i) != instance_) continue;
    const fb::EventUnion& event = record.events[i];
    if (const auto* started = event.AsInstanceStarted()) {
      PAWL_ASSIGN_OR_RETURN(model_,
                            models_(DefinitionKey(started->definition)));
    }
    TimelineEntry entry;
    entry.partition = record.partition;
    entry.position = record.position;
    entry.time_ms = record.time_ms;
    entry.actor = record.actor;
    entry.caused_by = record.caused_by;
    entry.sequence = ++sequence_;
    entry.event = fb::EnumNameEvent(event.type);
    Writer writer(this, &entry);
    switch (event.type) {
      PAWL_WRITE(InstanceStarted);
      PAWL_WRITE(InstanceSuspended);
      PAWL_WRITE(InstanceResumed);
      PAWL_WRITE(InstanceEnded);
      PAWL_WRITE(ElementActivating);
      PAWL_WRITE(ElementActivated);
      PAWL_WRITE(ElementCompleting);
      PAWL_WRITE(ElementCompleted);
      PAWL_WRITE(ElementTerminating);
      PAWL_WRITE(ElementTerminated);
      PAWL_WRITE(FlowTaken);
      PAWL_WRITE(VariablesWritten);
      PAWL_WRITE(JobCreated);
      PAWL_WRITE(JobLocked);
      PAWL_WRITE(JobLockExtended);
      PAWL_WRITE(JobUnlocked);
      PAWL_WRITE(JobCompleted);
      PAWL_WRITE(JobFailed);
      PAWL_WRITE(JobRetryReached);
      PAWL_WRITE(JobRetriesSet);
      PAWL_WRITE(JobErrorThrown);
      PAWL_WRITE(JobCanceled);
      PAWL_WRITE(JobPaused);
      PAWL_WRITE(JobUnpaused);
      PAWL_WRITE(TaskCreated);
      PAWL_WRITE(TaskAssigned);
      PAWL_WRITE(TaskDelegated);
      PAWL_WRITE(TaskResolved);
      PAWL_WRITE(TaskChanged);
      PAWL_WRITE(TaskListening);
      PAWL_WRITE(TaskListenerDone);
      PAWL_WRITE(TaskCompleted);
      PAWL_WRITE(TaskCanceled);
      PAWL_WRITE(TimerCreated);
      PAWL_WRITE(TimerTriggered);
      PAWL_WRITE(TimerCanceled);
      PAWL_WRITE(TimerPaused);
      PAWL_WRITE(TimerUnpaused);
      PAWL_WRITE(ElementStepDone);
      PAWL_WRITE(IncidentRaised);
      PAWL_WRITE(IncidentResolved);
      PAWL_WRITE(SubscriptionOpened);
      PAWL_WRITE(SubscriptionTriggered);
      PAWL_WRITE(SubscriptionClosed);
      PAWL_WRITE(SubscriptionPaused);
      PAWL_WRITE(SubscriptionUnpaused);
      PAWL_WRITE(ConditionChanged);
      PAWL_WRITE(EscalationThrown);
      PAWL_WRITE(ScopeInterrupted);
      PAWL_WRITE(ProcessCalled);
      PAWL_WRITE(CallReturned);
      PAWL_WRITE(CallFailed);
      PAWL_WRITE(LoopStarted);
      PAWL_WRITE(LoopRunDone);
      PAWL_WRITE(GatewayReset);
      PAWL_WRITE(CompensationRecorded);
      PAWL_WRITE(CompensationTriggered);
      PAWL_WRITE(CompensationFailed);
      PAWL_WRITE(CompensationEnded);
      PAWL_WRITE(SagaTriggered);
      PAWL_WRITE(AdHocActivated);
      PAWL_WRITE(AdHocFulfilled);
      PAWL_WRITE(EventPartReceived);
      PAWL_WRITE(CarriedForward);
      case fb::Event::NONE:
      case fb::Event::PartitionOpened:
      case fb::Event::HandlerRegistered:
      case fb::Event::HandlerUnregistered:
      case fb::Event::ResourceDeployed:
      case fb::Event::DefinitionDeployed:
      case fb::Event::StartSubscriptionOpened:
      case fb::Event::StartSubscriptionClosed:
      case fb::Event::Requested:
      case fb::Event::RequestTaken:
      case fb::Event::MessageBuffered:
      case fb::Event::MessageUnbuffered:
      case fb::Event::MessageIdKept:
      case fb::Event::MessageIdForgotten:
      case fb::Event::StartTimerCreated:
      case fb::Event::StartTimerTriggered:
      case fb::Event::StartTimerCanceled:
      case fb::Event::TrimBegun:
      case fb::Event::DefinitionsCarriedForward:
      case fb::Event::EntriesCarriedForward:
      case fb::Event::InstancesArchived:
      case fb::Event::LogTrimmed:
      case fb::Event::HoldSet:
      case fb::Event::HoldReleased:
        break;
    }
    out->push_back(std::move(entry));
  }
  return absl::OkStatus();
}

#undef PAWL_WRITE

absl::StatusOr<std::vector<TimelineEntry>> ReadTimeline(PartitionData* data,
                                                        InstanceKey instance) {
  Timeline timeline(instance,
                    [data](DefinitionKey key) { return data->Model(key); });
  std::vector<TimelineEntry> entries;
  absl::Status added;
  bool found = false;
  PAWL_RETURN_IF_ERROR(
      data->ReadInstance(instance, [&](Position, std::string_view bytes) {
        found = true;
        const auto record = core::DecodeRecord(bytes);
        added =
            record.ok() ? timeline.Add(**record, &entries) : record.status();
        return added.ok();
      }));
  PAWL_RETURN_IF_ERROR(added);
  if (!found) {
    return absl::NotFoundError(
        absl::StrCat("instance ", instance.value(), ": no such instance"));
  }
  return entries;
}

}  // namespace pawl::replay
