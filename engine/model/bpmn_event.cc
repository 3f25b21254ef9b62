#include "engine/model/bpmn_event.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/expression/schedule/schedule.h"
#include "engine/model/bpmn_collaboration.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_mapping.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_work.h"
#include "engine/model/coverage.h"
#include "engine/value.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::ElementKind;
using fb::EventType;

std::string Value(const XmlNode& node, std::string_view attribute) {
  const std::string* value = node.Attribute(attribute);
  return value == nullptr ? std::string() : *value;
}

EventType TypeOf(std::string_view definition) {
  static constexpr std::pair<std::string_view, EventType> kTypes[] = {
      {"timerEventDefinition", EventType::timer},
      {"terminateEventDefinition", EventType::terminate},
      {"errorEventDefinition", EventType::error},
      {"linkEventDefinition", EventType::link},
      {"messageEventDefinition", EventType::message},
      {"signalEventDefinition", EventType::signal},
      {"escalationEventDefinition", EventType::escalation},
      {"conditionalEventDefinition", EventType::conditional},
      {"compensateEventDefinition", EventType::compensation},
      {"cancelEventDefinition", EventType::cancel},
  };
  for (const auto& [name, type] : kTypes) {
    if (name == definition) return type;
  }
  return EventType::none;
}

// A scope that notes whether anything of it was wanted.
class NothingView : public expression::ScopeView {
 public:
  const pawl::Value* Find(std::string_view) const override {
    asked_ = true;
    return nullptr;
  }
  const pawl::Value& Fact(expression::InstanceFact) const override {
    asked_ = true;
    return pawl::Value::Null();
  }
  int64_t now_ms() const override {
    asked_ = true;
    return 0;
  }
  uint64_t Seed() const override {
    asked_ = true;
    return 0;
  }
  bool asked() const { return asked_; }

 private:
  mutable bool asked_ = false;
};

// The text that `e` gives everywhere and always, or nothing.
std::optional<std::string> ConstantText(const fb::ExpressionT& e) {
  const auto compiled = expression::Expression::Compile(e.text, e.language);
  if (!compiled.ok()) return std::nullopt;
  const NothingView nothing;
  const auto value = compiled->Evaluate(nothing);
  if (!value.ok() || nothing.asked() || !value->is_string()) {
    return std::nullopt;
  }
  return value->string();
}

class EventParser {
 public:
  EventParser(const XmlNode& xml, const ParseContext& context,
              fb::ElementT* element)
      : xml_(xml),
        context_(context),
        problems_(*context.problems),
        element_(*element) {}

  bool Run(ElementKind scope, RawNode* raw) {
    scope_ = scope;
    const size_t faults_before = problems_.faults();
    const std::vector<Trigger> triggers = EventDefinitions();
    if (problems_.faults() != faults_before) return false;
    if (triggers.size() > 1) return ParseMultiple(triggers, raw);
    if (triggers.empty()) return ParseNone();
    const XmlNode& definition = *triggers.front().definition;
    if (IsStart() && IsEmbedded()) {
      problems_.Error(
          xml_.position, "sub-process-start",
          absl::StrCat(Describe(xml_), ": got a <", definition.local(),
                       "> at the start of an embedded sub-process or "
                       "transaction, "
                       "which starts with its parent; wanted none"));
      return false;
    }
    if (!Executes(triggers.front())) return false;
    CheckExtensions(definition, context_);
    ParseInterrupting();
    element_.event_type = TypeOf(definition.local());
    ParseDefinition(definition, raw);
    return true;
  }

  // `holder`: what has the messageRef.
  void ParseMessage(const XmlNode& holder) {
    const MessageOnFlow on_flow = FlowMessage(xml_, context_);
    if (!HasMessageRef(holder) && !on_flow.name.empty()) {
      return ParseFlowMessage(holder, on_flow);
    }
    ParseOwnMessage(holder);
    if (element_.message != nullptr) {
      SetFlow(on_flow);
    }
  }

 private:
  // It is named by the other end of its message flow.
  void ParseFlowMessage(const XmlNode& holder, const MessageOnFlow& on_flow) {
    auto message = std::make_unique<fb::MessageDefinitionT>();
    if (on_flow.declared != nullptr) {
      message->name = Name(holder, *on_flow.declared);
    } else {
      message->name = MakeExpression(context_, xml_, holder.position,
                                     on_flow.name, "", Use::kText);
    }
    message->correlation_key = CorrelationKey(
        holder, on_flow.declared == nullptr ? holder : *on_flow.declared);
    message->one_per_key = PawlFlag(context_, holder, "onePerKey", false);
    element_.message = std::move(message);
    SetFlow(on_flow);
  }

  void SetFlow(const MessageOnFlow& on_flow) {
    element_.message->along_flow = on_flow.delivers;
    element_.message->keeps_business_key =
        on_flow.delivers && SendsAlongFlow(xml_, context_);
  }

  void ParseOwnMessage(const XmlNode& holder) {
    // As with errors: what is sent may go to somebody outside of the file.
    const std::string reference = Value(holder, "messageRef");
    if (Throws() && !reference.empty() &&
        Referenced(context_, reference) == nullptr) {
      problems_.Warning(
          holder.position, "undeclared-message",
          absl::StrCat(Describe(xml_), ": messageRef: got '", reference,
                       "', which is no message of the file; it is the name"));
      element_.message = std::make_unique<fb::MessageDefinitionT>();
      element_.message->name = MakeExpression(context_, xml_, holder.position,
                                              reference, "", Use::kText);
      return;
    }
    const XmlNode* declared = Declaration(holder, "messageRef", "message");
    if (declared == nullptr) return;
    auto message = std::make_unique<fb::MessageDefinitionT>();
    message->name = Name(holder, *declared);
    message->correlation_key = CorrelationKey(holder, *declared);
    message->one_per_key = PawlFlag(context_, holder, "onePerKey", false);
    element_.message = std::move(message);
  }

  // An event definition, and where the event names it.
  struct Trigger {
    const XmlNode* definition;
    SourcePosition at;
  };

  bool Executes(const Trigger& trigger) const {
    const std::string_view name = trigger.definition->local();
    const ElementRow* row = FindElementRow(
        StartsEventSubProcess() ? "eventSubProcessStart" : xml_.local(), name);
    if (row != nullptr && row->support == Support::kExecutes) return true;
    Refuse(context_, xml_, trigger.at, absl::StrCat("<", ToAbsl(name), ">: "),
           row == nullptr ? "this event definition" : row->note);
    return false;
  }

  // Of an event with several definitions, or all of them at once (10.5.5).
  bool ParseMultiple(const std::vector<Trigger>& triggers, RawNode* raw) {
    if (IsStart() && IsEmbedded()) {
      Error(xml_.position, "sub-process-start",
            "got event definitions at the start of an embedded sub-process or "
            "transaction, which starts with its parent; wanted none");
      return false;
    }
    ParseInterrupting();
    const bool is_parallel = !Throws() && IsTrue(xml_, "parallelMultiple");
    element_.event_type =
        is_parallel ? EventType::parallel_multiple : EventType::multiple;
    const size_t faults_before = problems_.faults();
    for (const Trigger& trigger : triggers) {
      ParseOneOf(trigger, is_parallel, raw);
    }
    CheckThrownTogether(triggers);
    return problems_.faults() == faults_before;
  }

  bool IsEmbedded() const {
    return scope_ == ElementKind::sub_process ||
           scope_ == ElementKind::transaction;
  }

  void ParseOneOf(const Trigger& trigger, bool is_parallel, RawNode* raw) {
    const XmlNode& definition = *trigger.definition;
    if (!Executes(trigger)) return;
    const EventType type = TypeOf(definition.local());
    std::string_view why = NotTogether(type, is_parallel);
    if (type == EventType::message && Throws() &&
        (!HasMessageRef(definition) || HasImplementation(xml_, definition))) {
      why = "beside others only with a messageRef and no implementation";
    }
    if (type == EventType::error && !Throws() && !element_.interrupting) {
      why = "an error always interrupts";
    }
    if (!why.empty()) {
      Refuse(context_, xml_, trigger.at,
             absl::StrCat("<", definition.local(), ">: "),
             absl::StrCat("it in a ", is_parallel ? "parallel " : "",
                          "multiple event: ", ToAbsl(why)));
      return;
    }
    CheckExtensions(definition, context_);
    auto one = std::make_unique<fb::ElementT>();
    one->id = element_.id;
    one->kind = element_.kind;
    one->event_type = type;
    one->interrupting = element_.interrupting;
    one->line = trigger.at.line;
    one->column = trigger.at.column;
    EventParser parser(xml_, context_, one.get());
    parser.scope_ = scope_;
    parser.is_one_of_all_ = is_parallel;
    parser.ParseDefinition(definition, raw);
    if (!one->inputs.empty()) {
      Refuse(context_, xml_, trigger.at, "",
             "variables of one of several definitions: wanted inputs of the "
             "event");
    }
    raw->definitions.push_back(std::move(one));
  }

  // Why a definition can't stand beside others; empty: it can.
  std::string_view NotTogether(EventType type, bool is_parallel) const {
    switch (type) {
      case EventType::message:
      case EventType::signal:
        return "";
      case EventType::timer:
      case EventType::conditional:
        return StartsProcess() && is_parallel
                   ? "an instance waits for messages and signals"
                   : "";
      case EventType::escalation:
        return is_parallel ? "it is caught where it is thrown" : "";
      case EventType::error:
        return is_parallel ? "it is caught where it is thrown" : "";
      case EventType::terminate:
        return "";
      default:
        return "it has an effect of its own";
    }
  }

  // What ends the scope is thrown last, and once; an escalation may have ended
  // it before.
  void CheckThrownTogether(const std::vector<Trigger>& triggers) {
    if (!Throws()) return;
    int ends = 0;
    bool escalates = false;
    for (const Trigger& trigger : triggers) {
      const EventType type = TypeOf(trigger.definition->local());
      if (type == EventType::error || type == EventType::terminate) ++ends;
      escalates = escalates || type == EventType::escalation;
    }
    if (ends > 1 || (ends == 1 && escalates)) {
      Refuse(context_, xml_, xml_.position, "",
             "several errors, escalations or terminations thrown at once");
    }
  }

  static bool IsEventDefinition(const XmlNode& node) {
    return node.ns() == kBpmnNs &&
           absl::EndsWith(node.local(), "EventDefinition");
  }

  bool IsStart() const { return element_.kind == ElementKind::start_event; }
  bool StartsProcess() const {
    return IsStart() && scope_ == ElementKind::process;
  }
  bool StartsEventSubProcess() const {
    return IsStart() && scope_ == ElementKind::event_sub_process;
  }
  bool Throws() const {
    return element_.kind == ElementKind::end_event ||
           element_.kind == ElementKind::intermediate_throw_event;
  }

  void Error(SourcePosition at, std::string_view rule,
             std::string_view what) const {
    problems_.Error(at, rule, absl::StrCat(Describe(xml_), ": ", ToAbsl(what)));
  }

  // The event definitions of the event, references resolved.
  std::vector<Trigger> EventDefinitions() {
    std::vector<Trigger> triggers;
    for (const XmlNode* child : xml_.children) {
      if (IsEventDefinition(*child)) {
        triggers.push_back({child, child->position});
      } else if (child->Is(kBpmnNs, "eventDefinitionRef")) {
        const XmlNode* const named = Referenced(context_, child->text);
        if (named == nullptr || !IsEventDefinition(*named)) {
          Error(child->position, "unknown-reference",
                absl::StrCat("got the reference '", ToAbsl(Trim(child->text)),
                             "', wanted the id of an event definition"));
        } else {
          triggers.push_back({named, child->position});
        }
      }
    }
    return triggers;
  }

  bool ParseNone() {
    if (element_.kind != ElementKind::intermediate_catch_event &&
        element_.kind != ElementKind::boundary_event) {
      return true;
    }
    Error(xml_.position, "missing-event-definition",
          "got no event definition, wanted what the event waits for");
    return false;
  }

  void ParseInterrupting() {
    std::string_view attribute;
    if (element_.kind == ElementKind::boundary_event) {
      attribute = "cancelActivity";
    } else if (StartsEventSubProcess()) {
      attribute = "isInterrupting";
    } else {
      return;
    }
    element_.interrupting = IsTrueOr(xml_, attribute, true);
  }

  void ParseDefinition(const XmlNode& definition, RawNode* raw) {
    switch (element_.event_type) {
      case EventType::error:
        return ParseError(definition);
      case EventType::link:
        raw->link_name = Value(definition, "name");
        if (raw->link_name.empty()) {
          Error(definition.position, "link-name",
                "got a link without a name, wanted one");
        }
        return;
      case EventType::timer:
        element_.timer = ParseTimer(definition);
        return;
      case EventType::message:
        return ParseMessageEvent(definition);
      case EventType::signal:
        return ParseSignal(definition);
      case EventType::escalation:
        return ParseEscalation(definition);
      case EventType::conditional:
        return ParseConditional(definition);
      case EventType::compensation:
        return ParseCompensation(definition, raw);
      case EventType::cancel:
        element_.interrupting = true;
        return;
      case EventType::none:
      case EventType::terminate:
      case EventType::multiple:
      case EventType::parallel_multiple:
        return;
    }
  }

  static std::string AnElement(std::string_view element) {
    return absl::StrCat(element == "escalation" ? "an " : "a ",
                        ToAbsl(element));
  }

  // What a name of `attribute` in `holder` stands for: a declaration of that
  // element. Null when it names nothing, which is reported.
  const XmlNode* Declaration(const XmlNode& holder, std::string_view attribute,
                             std::string_view element) {
    const std::string reference = Value(holder, attribute);
    if (reference.empty()) {
      Error(holder.position, "missing-reference",
            absl::StrCat(ToAbsl(attribute), ": got none, wanted the id of ",
                         AnElement(element)));
      return nullptr;
    }
    const XmlNode* const declared = Referenced(context_, reference);
    if (declared == nullptr || !declared->Is(kBpmnNs, element)) {
      Error(holder.position, "unknown-reference",
            absl::StrCat(ToAbsl(attribute), ": got '", reference,
                         "', wanted the id of ", AnElement(element),
                         " of the file"));
      return nullptr;
    }
    return declared;
  }

  // The name of a message or signal. What starts a process is looked for
  // before there are variables: its name is always the same text.
  std::unique_ptr<fb::ExpressionT> Name(const XmlNode& holder,
                                        const XmlNode& declared) {
    const std::string rule = absl::StrCat(declared.local(), "-name");
    const std::string text(Trim(Value(declared, "name")));
    if (text.empty()) {
      Error(holder.position, rule,
            absl::StrCat("got ", Describe(declared),
                         " without a name, wanted one"));
      return nullptr;
    }
    auto name =
        MakeExpression(context_, xml_, declared.position, text, "", Use::kText);
    if (name == nullptr) return nullptr;
    if (StartsProcess()) {
      const auto constant = ConstantText(*name);
      if (!constant.has_value() || constant->empty()) {
        Error(holder.position, rule,
              absl::StrCat("got the name '", ToAbsl(Shown(text)),
                           "', wanted one without variables: no process "
                           "instance has any yet"));
        return nullptr;
      }
      name->text = *constant;
      name->language = fb::Language::literal;
    }
    if (name->language == fb::Language::literal &&
        name->text.size() > kNameBytesMax) {
      Error(holder.position, "name-too-long",
            absl::StrCat("got a name of ", name->text.size(),
                         " bytes, wanted at most ", kNameBytesMax,
                         " (kNameBytesMax)"));
    }
    return name;
  }

  // The key of the event counts before that of the message.
  std::unique_ptr<fb::ExpressionT> CorrelationKey(const XmlNode& holder,
                                                  const XmlNode& declared) {
    const std::string* text = holder.Attribute(kPawlNs, "correlationKey");
    SourcePosition at = holder.position;
    // Where all must come, those after the first find the instance by it.
    const bool starts = StartsProcess() && !is_one_of_all_;
    if (text != nullptr && starts) {
      problems_.Warning(at, "correlation-key-ignored",
                        absl::StrCat(Describe(xml_),
                                     ": got a correlation key; a start event "
                                     "takes every message of its name"));
    }
    if (starts) return nullptr;
    if (text == nullptr) {
      text = declared.Attribute(kPawlNs, "correlationKey");
      at = declared.position;
    }
    if (text == nullptr) {
      if (const XmlNode* zeebe = Extension(declared, "zeebe", "subscription")) {
        text = zeebe->Attribute("correlationKey");
        at = zeebe->position;
      }
    }
    if (text == nullptr) return nullptr;
    return MakeExpression(context_, xml_, at, *text, "", Use::kCondition);
  }

  // Who throws publishes its message, or leaves it to whoever does its job.
  void ParseMessageEvent(const XmlNode& definition) {
    const bool has_work = HasImplementation(xml_, definition);
    if (!Throws() || SendsAlongFlow(xml_, context_) ||
        (HasMessageRef(definition) && !has_work)) {
      return ParseMessage(definition);
    }
    AdviseIgnoredKey(xml_, definition, context_);
    ParseEventWork(xml_, definition, context_, &element_);
  }

  void ParseSignal(const XmlNode& definition) {
    const XmlNode* declared = Declaration(definition, "signalRef", "signal");
    if (declared == nullptr) return;
    element_.signal = std::make_unique<fb::SignalDefinitionT>();
    element_.signal->name = Name(definition, *declared);
    if (Throws()) {
      ParseSignalVariables(xml_, definition, context_, &element_);
    }
  }

  // Who catches it has nothing to say; it doesn't end what has completed.
  void ParseCompensation(const XmlNode& definition, RawNode* raw) {
    element_.interrupting = true;
    if (!Throws()) return;
    raw->compensates_id = Value(definition, "activityRef");
    element_.compensate = std::make_unique<fb::CompensateDefinitionT>();
    element_.compensate->wait = IsTrueOr(definition, "waitForCompletion", true);
  }

  // Without a reference or a code any escalation is caught, none thrown.
  void ParseEscalation(const XmlNode& definition) {
    auto escalation = std::make_unique<fb::ErrorDefinitionT>();
    if (Throws() || !Value(definition, "escalationRef").empty()) {
      const XmlNode* declared =
          Declaration(definition, "escalationRef", "escalation");
      if (declared == nullptr) return;
      escalation->code = Value(*declared, "escalationCode");
      if (Throws() && escalation->code.empty()) {
        Error(definition.position, "escalation-code",
              absl::StrCat("got ", Describe(*declared),
                           " without a code, wanted an escalationCode"));
      }
    }
    escalation->code_variable = Variable(definition, "escalationCodeVariable");
    element_.escalation = std::move(escalation);
  }

  void ParseConditional(const XmlNode& definition) {
    const XmlNode* condition = definition.Child(kBpmnNs, "condition");
    if (condition == nullptr) {
      return Error(definition.position, "event-condition",
                   "got no condition, wanted what the event waits for");
    }
    CheckExtensions(*condition, context_);
    element_.condition =
        MakeExpression(context_, xml_, *condition, Use::kCondition);
    element_.condition_variable = Variable(definition, "variableName");
    if (const std::string* events =
            definition.Attribute(kCamundaNs, "variableEvents")) {
      ParseVariableEvents(definition, *events);
    }
    for (const XmlNode* filter :
         Extensions(definition, "zeebe", "conditionalFilter")) {
      ParseFilter(*filter);
    }
  }

  // Camunda 8's spelling of variableName and variableEvents; it could name
  // several.
  void ParseFilter(const XmlNode& filter) {
    if (const std::string* names = filter.Attribute("variableNames")) {
      if (names->find(',') != std::string::npos) {
        Error(filter.position, "event-condition",
              absl::StrCat("variableNames: got '", ToAbsl(CutUtf8(*names, 64)),
                           "', wanted one variable's name"));
      }
      element_.condition_variable = std::string(Trim(*names));
    }
    if (const std::string* events = filter.Attribute("variableEvents")) {
      ParseVariableEvents(filter, *events);
    }
  }

  // "create, update": bits of Element.condition_events. Nothing deletes a
  // variable.
  void ParseVariableEvents(const XmlNode& definition, std::string_view text) {
    for (;;) {
      const size_t comma = text.find(',');
      const std::string_view name = Trim(text.substr(0, comma));
      if (name == "create") {
        element_.condition_events |= 1;
      } else if (name == "update") {
        element_.condition_events |= 2;
      } else if (name == "delete") {
        element_.condition_events |= 4;
        problems_.Warning(
            definition.position, "event-condition",
            absl::StrCat(Describe(xml_),
                         ": variableEvents: nothing deletes a variable, so "
                         "'delete' never comes"));
      } else if (!name.empty()) {
        Error(definition.position, "event-condition",
              absl::StrCat("variableEvents: got '", ToAbsl(CutUtf8(name, 64)),
                           "', wanted create, update and delete"));
      }
      if (comma == std::string_view::npos) return;
      text.remove_prefix(comma + 1);
    }
  }

  static std::string Variable(const XmlNode& definition,
                              std::string_view attribute) {
    const std::string* name = definition.Attribute(kCamundaNs, attribute);
    return name == nullptr ? std::string() : *name;
  }

  // SEMANTICS, Faults: a reference to nothing declared is the code itself.
  void ParseError(const XmlNode& definition) {
    auto error = std::make_unique<fb::ErrorDefinitionT>();
    const std::string reference = Value(definition, "errorRef");
    const XmlNode* const declared = Referenced(context_, reference);
    if (declared != nullptr && declared->Is(kBpmnNs, "error")) {
      error->code = Value(*declared, "errorCode");
      const std::string* message =
          declared->Attribute(kCamundaNs, "errorMessage");
      if (Throws() && message != nullptr && !message->empty()) {
        error->message = MakeExpression(context_, *declared, declared->position,
                                        *message, "", Use::kText);
      }
    } else if (!reference.empty()) {
      error->code = reference;
      problems_.Warning(
          definition.position, "undeclared-error",
          absl::StrCat(Describe(xml_), ": errorRef: got '", reference,
                       "', which is no error of the file; it is the code"));
    }
    if (Throws() && error->code.empty()) {
      Error(definition.position, "error-code",
            "got an error without a code, wanted an errorRef to one that has "
            "one");
    }
    if (!element_.interrupting) {
      problems_.Warning(
          xml_.position, "error-interrupts",
          absl::StrCat(Describe(xml_), ": got ",
                       IsStart() ? "isInterrupting" : "cancelActivity",
                       "=\"false\"; an error always ends the ",
                       IsStart() ? "scope" : "activity"));
      element_.interrupting = true;
    }
    error->code_variable = Variable(definition, "errorCodeVariable");
    error->message_variable = Variable(definition, "errorMessageVariable");
    element_.error = std::move(error);
  }

  std::unique_ptr<fb::TimerDefinitionT> ParseTimer(const XmlNode& definition) {
    const XmlNode* value = nullptr;
    for (const XmlNode* child : definition.children) {
      const ElementRow* row =
          child->ns() == kBpmnNs
              ? FindElementRow("timerEventDefinition", child->local())
              : nullptr;
      if (row == nullptr || row->support == Support::kAccepted) continue;
      if (row->support == Support::kRefused) {
        Refuse(context_, xml_, child->position,
               absl::StrCat("<", child->local(), ">: "), row->note);
        return nullptr;
      }
      if (value != nullptr) {
        Error(child->position, "timer-value",
              absl::StrCat("got both ", value->local(), " and ", child->local(),
                           ", wanted one"));
        return nullptr;
      }
      value = child;
    }
    if (value == nullptr) {
      Error(definition.position, "timer-value",
            "got a timer without a time, wanted timeDate, timeDuration or "
            "timeCycle");
      return nullptr;
    }
    auto timer = std::make_unique<fb::TimerDefinitionT>();
    timer->kind = value->local() == "timeDate"    ? fb::TimerKind::date
                  : value->local() == "timeCycle" ? fb::TimerKind::cycle
                                                  : fb::TimerKind::duration;
    timer->zone = ZoneOf(definition);
    timer->zoned = true;
    timer->value = MakeExpression(context_, xml_, *value, Use::kText);
    if (timer->value == nullptr) return nullptr;
    if (StartsProcess() && !MakeConstant(*value, timer.get())) return nullptr;
    if (timer->value->language == fb::Language::literal) {
      TakeDurationForDate(*value, timer.get());
      CheckTimerText(*value, *timer);
    }
    return timer;
  }

  // Of the timer, else of the process.
  std::string ZoneOf(const XmlNode& definition) const {
    for (const XmlNode* node = &definition; node != nullptr;
         node = node == &definition ? &xml_ : node->parent) {
      const std::string* zone = node->Attribute(kPawlNs, "timeZone");
      if (zone == nullptr) continue;
      const absl::Status status = expression::schedule::CheckZone(*zone);
      if (status.ok()) return *zone;
      Error(node->position, "time-zone", ToStd(status.message()));
      break;
    }
    return std::string();
  }

  // It is read at deployment, when no instance has any variable.
  bool MakeConstant(const XmlNode& value, fb::TimerDefinitionT* timer) const {
    if (timer->value->language == fb::Language::literal) return true;
    const auto constant = ConstantText(*timer->value);
    if (!constant.has_value()) {
      Error(value.position, "timer-start-value",
            absl::StrCat("got '", ToAbsl(Shown(timer->value->text)),
                         "', wanted a text without variables: no process "
                         "instance has any yet"));
      return false;
    }
    timer->value->text = *constant;
    timer->value->language = fb::Language::literal;
    return true;
  }

  // Other engines take "PT10M" as a timeDate, too, and nothing else can be
  // meant.
  void TakeDurationForDate(const XmlNode& value,
                           fb::TimerDefinitionT* timer) const {
    if (timer->kind != fb::TimerKind::date ||
        !ParseIsoDuration(timer->value->text).ok()) {
      return;
    }
    timer->kind = fb::TimerKind::duration;
    problems_.Warning(
        value.position, "timer-duration-as-date",
        absl::StrCat(Describe(xml_), ": got the duration '", timer->value->text,
                     "' as timeDate; it is a timeDuration"));
  }

  // A literal can be checked before any token waits for it.
  void CheckTimerText(const XmlNode& value, const fb::TimerDefinitionT& timer) {
    const std::string& text = timer.value->text;
    absl::Status status;
    switch (timer.kind) {
      case fb::TimerKind::date:
        status = expression::schedule::ParseTime(text, timer.zone).status();
        break;
      case fb::TimerKind::duration:
        status = ParseIsoDuration(text).status();
        break;
      case fb::TimerKind::cycle:
        status = CheckCycle(value, timer);
        break;
    }
    if (!status.ok()) {
      Error(value.position, "timer-value", ToStd(status.message()));
    }
  }

  absl::Status CheckCycle(const XmlNode& value,
                          const fb::TimerDefinitionT& timer) {
    const auto cycle =
        expression::schedule::Cycle::Parse(timer.value->text, timer.zone);
    if (!cycle.ok()) return cycle.status();
    if (cycle->cron() != nullptr && cycle->cron()->quartz_day_numbers()) {
      problems_.Warning(
          value.position, "cron-day-number",
          absl::StrCat(Describe(xml_),
                       ": got a day of the week as a number in '",
                       timer.value->text,
                       "', where 1 is Sunday; names such as MON mean the same "
                       "in every engine"));
    }
    if (cycle->cron() == nullptr && element_.interrupting && !StartsProcess()) {
      problems_.Warning(
          value.position, "timer-cycle-once",
          absl::StrCat(
              Describe(xml_),
              ": got a repeating interval, of which the first time counts: the "
              "event takes its token, or ends what it waits at"));
    }
    return absl::OkStatus();
  }

  const XmlNode& xml_;
  const ParseContext& context_;
  ProblemList& problems_;
  fb::ElementT& element_;
  ElementKind scope_ = ElementKind::process;
  // It is read for an event of which all definitions must come.
  bool is_one_of_all_ = false;
};

}  // namespace

bool ParseEvent(const XmlNode& xml, const ParseContext& context,
                ElementKind scope, RawNode* raw) {
  return EventParser(xml, context, raw->element.get()).Run(scope, raw);
}

void AdviseIgnoredKey(const XmlNode& xml, const XmlNode& holder,
                      const ParseContext& context) {
  if (holder.Attribute(kPawlNs, "correlationKey") == nullptr) return;
  context.problems->Warning(
      holder.position, "correlation-key-ignored",
      absl::StrCat(Describe(xml), ": got a correlation key and no message"));
}

bool HasMessageRef(const XmlNode& xml) {
  const std::string* reference = xml.Attribute("messageRef");
  return reference != nullptr && !reference->empty();
}

void ParseTaskMessage(const XmlNode& xml, const ParseContext& context,
                      fb::ElementT* element) {
  EventParser(xml, context, element).ParseMessage(xml);
}

}  // namespace pawl::model
