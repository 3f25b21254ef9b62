// Messages and signals (SEMANTICS, Messages and signals; BPMN 2.0.2, 8.4.2 and
// 10.5.5): who receives them, and what waits for a receiver.
//
// Whoever owns the name chooses the receivers and asks for each delivery; the
// delivery itself is a command of its own on the receiver's instance. One that
// comes too late is dropped by its owner, who may publish it again.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/planted.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"
#include "engine/core/requests.h"

namespace pawl::core {
namespace {

template <typename MessageT>
fb::DeliverT DeliveryOf(const MessageT& message, const SubscriptionAnswer& to) {
  fb::DeliverT deliver;
  deliver.instance = to.instance.value();
  deliver.subscription = to.subscription.value();
  deliver.name = message.name;
  deliver.has_key = message.has_key;
  deliver.correlation_key = message.correlation_key;
  deliver.until_ms = message.until_ms;
  deliver.variables = Copy(message.variables);
  deliver.business_key = message.business_key;
  if constexpr (requires { message.keeps_business_key; }) {
    deliver.keeps_business_key = message.keeps_business_key;
  } else {
    // It was kept.
    deliver.keeps_business_key = !message.business_key.empty();
  }
  return deliver;
}

// Does a message start one instance of each key at a time there?
bool IsOnePerKey(const StartAnswer& start, Lookups* lookups) {
  const auto model = lookups->Model(start.definition);
  if (model == nullptr || start.element >= model->element_count()) return false;
  const auto& message = model->element(start.element).message;
  return message != nullptr && message->one_per_key;
}

// Starts the instances that a message starts, and says how many. None where one
// of its key runs already, and nobody may run beside it.
template <typename MessageT>
uint32_t StartBy(const MessageT& message, const std::string& business_key,
                 Lookups* lookups, Requests* requests) {
  uint32_t started = 0;
  for (const StartAnswer& start :
       lookups->StartEvents(fb::SubscriptionKind::message, message.name)) {
    const bool holds = message.has_key && IsOnePerKey(start, lookups);
    if (holds && lookups->StartHeld(message.name, message.correlation_key) &&
        !PAWL_PLANTED(key_not_held)) {
      continue;
    }
    fb::StartInstanceT command =
        Requests::StartOf(start, message.variables, business_key);
    if (holds) {
      command.held_message = message.name;
      command.held_key = message.correlation_key;
    }
    requests->Add(std::move(command));
    ++started;
  }
  return started;
}

}  // namespace

void TakeRequest(Transition& t, uint64_t request) {
  fb::RequestTakenT taken;
  taken.key = request;
  t.EmitForPartition(std::move(taken));
}

absl::Status HandlePartition(const fb::PublishMessageT& command, int64_t now_ms,
                             Lookups* lookups, Events* events, Answer* answer) {
  Requests requests(lookups, events);
  if (!command.message_id.empty() &&
      lookups->MessageIdKept(command.name, command.message_id)) {
    answer->seen_before = true;
    requests.Take(command.request);
    return absl::OkStatus();
  }
  const MessageAddress to{command.name, command.has_key,
                          command.correlation_key};
  if (command.all) {
    for (const SubscriptionAnswer& receiver : lookups->Subscriptions(to)) {
      fb::DeliverT deliver = DeliveryOf(command, receiver);
      deliver.all = true;
      requests.Add(std::move(deliver));
      ++answer->receivers;
    }
  } else if (const SubscriptionAnswer receiver = lookups->SubscriptionFor(to);
             receiver.subscription.valid()) {
    requests.Add(DeliveryOf(command, receiver));
    ++answer->receivers;
    if (PAWL_PLANTED(message_delivered_twice)) {
      requests.Add(DeliveryOf(command, receiver));
    }
  }
  if (answer->receivers == 0 || command.all) {
    answer->receivers +=
        StartBy(command, command.business_key, lookups, &requests);
  }
  if (answer->receivers == 0) {
    if (command.until_ms > now_ms) {
      fb::MessageBufferedT buffered;
      buffered.key = requests.NewKey();
      buffered.name = command.name;
      buffered.has_key = command.has_key;
      buffered.correlation_key = command.correlation_key;
      buffered.until_ms = command.until_ms;
      buffered.variables = Copy(command.variables);
      if (command.keeps_business_key) {
        buffered.business_key = command.business_key;
      }
      Emit(std::move(buffered), events);
      answer->buffered = true;
    } else if (command.request == 0) {
      return absl::NotFoundError(absl::StrCat(
          "no_match: nobody waits for message '", command.name, "'",
          command.has_key
              ? absl::StrCat(" with key '", command.correlation_key, "'")
              : "",
          ", and it has no time to live"));
    }
  }
  if (!command.message_id.empty()) {
    fb::MessageIdKeptT kept;
    kept.key = requests.NewKey();
    kept.name = command.name;
    kept.message_id = command.message_id;
    kept.until_ms = std::max(command.until_ms, now_ms + kMessageIdKeptMs);
    Emit(std::move(kept), events);
  }
  requests.Take(command.request);
  return absl::OkStatus();
}

absl::Status HandlePartition(const fb::BroadcastSignalT& command,
                             Lookups* lookups, Events* events, Answer* answer) {
  Requests requests(lookups, events);
  for (const SubscriptionAnswer& receiver :
       lookups->SignalSubscriptions(command.name)) {
    fb::DeliverT deliver;
    deliver.instance = receiver.instance.value();
    deliver.subscription = receiver.subscription.value();
    deliver.name = command.name;
    deliver.all = true;
    deliver.variables = Copy(command.variables);
    requests.Add(std::move(deliver));
    ++answer->receivers;
  }
  for (const StartAnswer& start :
       lookups->StartEvents(fb::SubscriptionKind::signal, command.name)) {
    requests.Start(start, command.variables);
    ++answer->receivers;
  }
  requests.Take(command.request);
  return absl::OkStatus();
}

absl::Status HandlePartition(const fb::MatchMessagesT& command,
                             Lookups* lookups, Events* events) {
  Requests requests(lookups, events);
  const MessageAddress of{command.name, command.has_key,
                          command.correlation_key};
  if (const auto message = lookups->Buffered(of, command.after);
      message != nullptr) {
    const SubscriptionAnswer receiver = lookups->SubscriptionFor(
        {message->name, message->has_key, message->correlation_key});
    const bool is_waited_for = receiver.subscription.valid();
    const bool starts =
        !is_waited_for && command.starts &&
        StartBy(*message, message->business_key, lookups, &requests) > 0;
    if (is_waited_for || starts) {
      fb::MessageUnbufferedT unbuffered;
      unbuffered.key = message->key;
      unbuffered.name = message->name;
      unbuffered.has_key = message->has_key;
      unbuffered.correlation_key = message->correlation_key;
      unbuffered.until_ms = message->until_ms;
      Emit(std::move(unbuffered), events);
    }
    if (is_waited_for) requests.Add(DeliveryOf(*message, receiver));
    // One of the key itself may still start an instance. A process that was
    // deployed late takes them all, but those whose key is held.
    const bool late = command.starts && !command.has_key;
    if (late ||
        (command.starts && (is_waited_for || (starts && !message->has_key)))) {
      fb::MatchMessagesT next = command;
      if (!is_waited_for && !starts) next.after = message->key;
      requests.Add(std::move(next));
    }
  }
  requests.Take(command.request);
  return absl::OkStatus();
}

absl::Status HandlePartition(const fb::ExpireMessageT& command, int64_t now_ms,
                             Events* events) {
  if (command.until_ms > now_ms) {
    return absl::FailedPreconditionError(
        absl::StrCat("message ", command.message, " may still be waited for"));
  }
  if (command.message_id.empty()) {
    fb::MessageUnbufferedT expired;
    expired.key = command.message;
    expired.name = command.name;
    expired.has_key = command.has_key;
    expired.correlation_key = command.correlation_key;
    expired.until_ms = command.until_ms;
    expired.expired = true;
    Emit(std::move(expired), events);
  } else {
    fb::MessageIdForgottenT forgotten;
    forgotten.key = command.message;
    forgotten.name = command.name;
    forgotten.message_id = command.message_id;
    forgotten.until_ms = command.until_ms;
    Emit(std::move(forgotten), events);
  }
  return absl::OkStatus();
}

absl::Status HandlePartition(const fb::DropRequestT& command, Lookups* lookups,
                             Events* events) {
  Requests requests(lookups, events);
  if (command.again != nullptr) {
    requests.Add(fb::PublishMessageT(*command.again));
  }
  if (command.fail != nullptr) requests.Add(fb::FailCallT(*command.fail));
  requests.Take(command.request, command.reason);
  return absl::OkStatus();
}

absl::Status MoveStarts(const fb::DefinitionDeployedT& definition,
                        DefinitionKey before, Lookups* lookups,
                        Events* events) {
  const fb::ProcessT& model = *definition.model;
  Events opened;
  const std::vector<uint32_t> starts =
      model.executable ? model::EventStartsOf(model) : std::vector<uint32_t>();
  for (const uint32_t index : starts) {
    const fb::ElementT& element = *model.elements[index];
    fb::StartSubscriptionOpenedT start;
    if (element.message != nullptr) {
      start.name = element.message->name->text;
      for (const fb::EventUnion& event : *events) {
        const auto* other = event.AsStartSubscriptionOpened();
        if (other == nullptr || other->name != start.name ||
            other->kind != start.kind) {
          continue;
        }
        return absl::FailedPreconditionError(absl::StrCat(
            "processes '", definition.process_id, "' and '", other->process_id,
            "' of this deployment both start by message '", start.name, "'"));
      }
      for (const StartAnswer& other :
           lookups->StartEvents(fb::SubscriptionKind::message, start.name)) {
        if (other.process_id == definition.process_id) continue;
        return absl::FailedPreconditionError(absl::StrCat(
            "process '", definition.process_id, "' starts by message '",
            start.name, "', as process '", other.process_id,
            "' does, which was deployed before"));
      }
    } else if (element.event_type == fb::EventType::signal) {
      start.kind = fb::SubscriptionKind::signal;
      start.name = element.signal->name->text;
    } else if (element.event_type == fb::EventType::conditional) {
      start.kind = fb::SubscriptionKind::conditional;
    } else {
      continue;
    }
    start.definition = definition.key;
    start.process_id = definition.process_id;
    start.version = definition.version;
    start.element = index;
    Emit(std::move(start), &opened);
  }
  // By the model, not by a question: logs of builds without start events have
  // no answer.
  const auto replaced = before.valid() ? lookups->Model(before) : nullptr;
  if (replaced != nullptr && replaced->model().executable) {
    for (const uint32_t index : replaced->EventStarts()) {
      const fb::ElementT& element = replaced->element(index);
      // start_commands.cc has these.
      if (element.event_type == fb::EventType::timer) continue;
      fb::StartSubscriptionClosedT closed;
      closed.definition = before.value();
      closed.element = index;
      if (element.event_type == fb::EventType::signal) {
        closed.kind = fb::SubscriptionKind::signal;
        closed.name = element.signal->name->text;
      } else if (element.event_type == fb::EventType::conditional) {
        closed.kind = fb::SubscriptionKind::conditional;
      } else {
        closed.name = element.message->name->text;
      }
      Emit(std::move(closed), events);
    }
  }
  for (fb::EventUnion& event : opened) events->push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status Handle(InstanceCommand& c, const fb::DeliverT& command) {
  Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const auto it =
      instance.subscriptions.find(SubscriptionKey(command.subscription));
  if (it == instance.subscriptions.end()) {
    return absl::NotFoundError(
        absl::StrCat("subscription ", command.subscription));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  const Subscription subscription = it->second;
  TakeRequest(c.t, command.request);
  fb::SubscriptionTriggeredT triggered;
  triggered.key = subscription.key.value();
  triggered.kind = subscription.kind;
  triggered.name = subscription.name;
  triggered.correlation_key = subscription.correlation_key;
  triggered.any_key = subscription.any_key;
  triggered.stays = c.t.Stays(subscription.trigger);
  const bool match_again =
      triggered.stays && subscription.kind == fb::SubscriptionKind::message;
  c.t.Emit(std::move(triggered));
  if (command.refused.empty()) {
    c.t.Trigger(subscription.element_key, subscription.trigger,
                command.variables);
  } else {
    c.t.TriggerRefused(subscription.element_key, subscription.trigger,
                       command.variables, command.refused);
  }
  c.t.Run();
  if (match_again && instance.subscriptions.contains(subscription.key)) {
    c.t.AskForBuffered({subscription.name, !subscription.any_key,
                        subscription.correlation_key});
  }
  return absl::OkStatus();
}

// The event that threw is still there, or what it threw has ended it.
absl::Status Handle(InstanceCommand& c, const fb::CompleteThrowT& command) {
  const Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  const ElementKey key(command.element_key);
  const auto it = instance.elements.find(key);
  if (it == instance.elements.end() ||
      it->second.state != fb::ElementState::activated) {
    return absl::NotFoundError(absl::StrCat("element ", command.element_key,
                                            " doesn't wait for what it threw"));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  TakeRequest(c.t, command.request);
  c.t.GoOnFromThrow(command.throws);
  if (command.refused.empty()) {
    c.t.Complete(key);
  } else {
    c.t.TriggerRefused(key, 0, {}, command.refused);
  }
  c.t.Run();
  return absl::OkStatus();
}

}  // namespace pawl::core
