#include "engine/model/process_definition.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/expression/expression.h"
#include "engine/model/model_rules.h"

namespace pawl::model {
namespace {

using fb::ElementKind;

uint32_t Add(fb::ProcessT* process, ElementKind kind, std::string id) {
  auto element = std::make_unique<fb::ElementT>();
  element->id = std::move(id);
  element->kind = kind;
  process->elements.push_back(std::move(element));
  return static_cast<uint32_t>(process->elements.size() - 1);
}

std::unique_ptr<fb::ExpressionT> Text(std::string text, fb::Language language) {
  auto expression = std::make_unique<fb::ExpressionT>();
  expression->text = std::move(text);
  expression->language = language;
  return expression;
}

uint32_t Connect(fb::ProcessT* process, uint32_t source, uint32_t target) {
  const auto index = static_cast<uint32_t>(process->flows.size());
  auto flow = std::make_unique<fb::SequenceFlowT>();
  flow->id = absl::StrCat("f", index);
  flow->source = source;
  flow->target = target;
  process->flows.push_back(std::move(flow));
  process->elements[source]->outgoing.push_back(index);
  process->elements[target]->incoming.push_back(index);
  return index;
}

// start(1) -> fork(2) -> job(3), user(4) -> join(5) -> end(6), and a timer(7)
// that nothing leads to.
std::unique_ptr<fb::ProcessT> Sample() {
  auto process = std::make_unique<fb::ProcessT>();
  process->id = "p";
  Add(process.get(), ElementKind::process, "p");
  const uint32_t start = Add(process.get(), ElementKind::start_event, "start");
  const uint32_t fork =
      Add(process.get(), ElementKind::parallel_gateway, "fork");
  const uint32_t job = Add(process.get(), ElementKind::service_task, "job");
  process->elements[job]->job = std::make_unique<fb::JobDefinitionT>();
  process->elements[job]->job->type = Text("work", fb::Language::literal);
  process->elements[job]->job->backoff = std::make_unique<fb::BackoffT>();
  process->elements[job]->job->backoff->delays_ms = {1000};
  const uint32_t user = Add(process.get(), ElementKind::user_task, "user");
  process->elements[user]->user_task =
      std::make_unique<fb::UserTaskDefinitionT>();
  process->elements[user]->user_task->assignee =
      Text("${boss}", fb::Language::el);
  const uint32_t join =
      Add(process.get(), ElementKind::parallel_gateway, "join");
  const uint32_t end = Add(process.get(), ElementKind::end_event, "end");
  const uint32_t timer =
      Add(process.get(), ElementKind::intermediate_catch_event, "timer");
  process->elements[timer]->event_type = fb::EventType::timer;
  process->elements[timer]->timer = std::make_unique<fb::TimerDefinitionT>();
  process->elements[timer]->timer->kind = fb::TimerKind::duration;
  process->elements[timer]->timer->value = Text("PT1S", fb::Language::literal);
  Connect(process.get(), start, fork);
  Connect(process.get(), fork, job);
  Connect(process.get(), fork, user);
  Connect(process.get(), job, join);
  Connect(process.get(), user, join);
  const uint32_t last = Connect(process.get(), join, end);
  process->flows[last]->condition = Text("${a > 1}", fb::Language::el);
  return process;
}

// start(1, of a signal) -> choice(2) -> receive(3), caught(4, a message);
// sub(5), an event sub-process with its start(6, an escalation) -> throw(7, a
// message); complex(8).
std::unique_ptr<fb::ProcessT> EventSample() {
  auto process = std::make_unique<fb::ProcessT>();
  fb::ProcessT* const p = process.get();
  p->id = "p";
  Add(p, ElementKind::process, "p");
  const auto message = [] {
    auto made = std::make_unique<fb::MessageDefinitionT>();
    made->name = Text("m-${a}", fb::Language::el);
    made->correlation_key = Text("= key", fb::Language::feel);
    return made;
  };
  const uint32_t start = Add(p, ElementKind::start_event, "start");
  p->elements[start]->event_type = fb::EventType::signal;
  p->elements[start]->signal = std::make_unique<fb::SignalDefinitionT>();
  p->elements[start]->signal->name = Text("s", fb::Language::literal);
  const uint32_t choice = Add(p, ElementKind::event_based_gateway, "choice");
  const uint32_t receive = Add(p, ElementKind::receive_task, "receive");
  const uint32_t caught =
      Add(p, ElementKind::intermediate_catch_event, "caught");
  p->elements[caught]->event_type = fb::EventType::message;
  p->elements[caught]->message = message();
  const uint32_t sub = Add(p, ElementKind::event_sub_process, "sub");
  const uint32_t inner = Add(p, ElementKind::start_event, "inner");
  p->elements[inner]->event_type = fb::EventType::escalation;
  p->elements[inner]->escalation = std::make_unique<fb::ErrorDefinitionT>();
  p->elements[inner]->interrupting = false;
  p->elements[inner]->scope = sub;
  const uint32_t thrown =
      Add(p, ElementKind::intermediate_throw_event, "thrown");
  p->elements[thrown]->event_type = fb::EventType::message;
  p->elements[thrown]->message = message();
  p->elements[thrown]->scope = sub;
  const uint32_t complex = Add(p, ElementKind::complex_gateway, "complex");
  p->elements[complex]->condition =
      Text("${activationCount > 1}", fb::Language::el);
  Connect(p, start, choice);
  Connect(p, choice, receive);
  Connect(p, choice, caught);
  Connect(p, inner, thrown);
  return process;
}

std::vector<uint32_t> Copy(std::span<const uint32_t> span) {
  return std::vector<uint32_t>(span.begin(), span.end());
}

TEST(ProcessDefinition, LooksUp) {
  const auto made = ProcessDefinition::Create(Sample());
  ASSERT_TRUE(made.ok()) << made.status();
  const ProcessDefinition& p = **made;
  EXPECT_EQ(p.model().id, "p");
  EXPECT_EQ(p.element_count(), 8u);
  EXPECT_EQ(p.flow_count(), 6u);
  EXPECT_EQ(p.element(3).id, "job");
  EXPECT_EQ(p.flow(1).target, 3u);
  EXPECT_EQ(p.FindElement("user"), 4u);
  EXPECT_EQ(p.FindElement("p"), 0u);
  EXPECT_EQ(p.FindElement("nothing"), std::nullopt);
  EXPECT_EQ(p.Compiled(*p.element(3).job->type).text(), "work");
  EXPECT_EQ(p.Compiled(*p.flow(5).condition).text(), "${a > 1}");
  EXPECT_EQ(p.Compiled(*p.element(4).user_task->assignee).language(),
            fb::Language::el);
}

TEST(ProcessDefinition, JoinsTokens) {
  const auto made = ProcessDefinition::Create(Sample());
  ASSERT_TRUE(made.ok());
  EXPECT_FALSE((*made)->JoinsTokens(2));  // Forks only.
  EXPECT_TRUE((*made)->JoinsTokens(5));
  EXPECT_FALSE((*made)->JoinsTokens(3));
}

TEST(ProcessDefinition, StartNodes) {
  const auto with_start = ProcessDefinition::Create(Sample());
  ASSERT_TRUE(with_start.ok());
  EXPECT_EQ(Copy((*with_start)->StartNodes(0)), (std::vector<uint32_t>{1}));
  EXPECT_TRUE((*with_start)->StartNodes(3).empty());

  auto bare = std::make_unique<fb::ProcessT>();
  bare->id = "p";
  Add(bare.get(), ElementKind::process, "p");
  const uint32_t a = Add(bare.get(), ElementKind::manual_task, "a");
  const uint32_t b = Add(bare.get(), ElementKind::manual_task, "b");
  const uint32_t c = Add(bare.get(), ElementKind::undefined_task, "c");
  Connect(bare.get(), a, b);
  const auto without_start = ProcessDefinition::Create(std::move(bare));
  ASSERT_TRUE(without_start.ok());
  EXPECT_EQ(Copy((*without_start)->StartNodes(0)),
            (std::vector<uint32_t>{a, c}));
}

TEST(ProcessDefinition, WhatEventsStart) {
  const auto made = ProcessDefinition::Create(EventSample());
  ASSERT_TRUE(made.ok()) << made.status();
  const ProcessDefinition& p = **made;
  // The complex gateway and the event sub-process aren't starts beside a start
  // event, and a triggered start event is none.
  EXPECT_TRUE(p.StartNodes(0).empty());
  EXPECT_TRUE(p.StartNodes(5).empty());
  EXPECT_EQ(Copy(p.EventStarts()), (std::vector<uint32_t>{1}));
  EXPECT_EQ(Copy(p.EventSubProcessStarts(0)), (std::vector<uint32_t>{6}));
  EXPECT_TRUE(p.EventSubProcessStarts(5).empty());
  EXPECT_EQ(p.Compiled(*p.element(4).message->name).text(), "m-${a}");
  EXPECT_EQ(p.Compiled(*p.element(7).message->correlation_key).text(), "= key");
  EXPECT_EQ(p.Compiled(*p.element(1).signal->name).text(), "s");
  EXPECT_EQ(p.Compiled(*p.element(8).condition).language(), fb::Language::el);

  // Without a start event: every node but the event sub-process.
  auto bare = EventSample();
  bare->elements[1]->kind = ElementKind::manual_task;
  bare->elements[1]->event_type = fb::EventType::none;
  bare->elements[1]->signal = nullptr;
  const auto without_start = ProcessDefinition::Create(std::move(bare));
  ASSERT_TRUE(without_start.ok()) << without_start.status();
  EXPECT_EQ(Copy((*without_start)->StartNodes(0)),
            (std::vector<uint32_t>{1, 8}));
  EXPECT_TRUE((*without_start)->EventStarts().empty());
}

TEST(ProcessDefinition, JoinsOfInclusiveAndComplexGateways) {
  auto model = std::make_unique<fb::ProcessT>();
  model->id = "p";
  Add(model.get(), ElementKind::process, "p");
  const uint32_t a = Add(model.get(), ElementKind::manual_task, "a");
  const uint32_t fork = Add(model.get(), ElementKind::inclusive_gateway, "f");
  const uint32_t join = Add(model.get(), ElementKind::inclusive_gateway, "j");
  const uint32_t plain = Add(model.get(), ElementKind::complex_gateway, "c");
  const uint32_t waits = Add(model.get(), ElementKind::complex_gateway, "d");
  model->elements[waits]->condition =
      Text("activationCount > 1", fb::Language::feel);
  Connect(model.get(), a, fork);
  Connect(model.get(), fork, join);
  Connect(model.get(), fork, join);
  Connect(model.get(), join, plain);
  Connect(model.get(), join, plain);
  Connect(model.get(), plain, waits);
  const auto made = ProcessDefinition::Create(std::move(model));
  ASSERT_TRUE(made.ok()) << made.status();
  for (const uint32_t e : {a, fork, join, plain, waits}) {
    EXPECT_FALSE((*made)->JoinsTokens(e)) << e;
    EXPECT_EQ((*made)->JoinsInclusive(e), e == join) << e;
    EXPECT_EQ((*made)->JoinsComplex(e), e == waits) << e;
  }
}

TEST(ProcessDefinition, KindsOfNodes) {
  EXPECT_TRUE(IsActivity(ElementKind::receive_task));
  EXPECT_TRUE(IsActivity(ElementKind::sub_process));
  EXPECT_FALSE(IsActivity(ElementKind::event_sub_process));
  EXPECT_FALSE(IsActivity(ElementKind::event_based_gateway));
  EXPECT_TRUE(IsScope(ElementKind::process));
  EXPECT_TRUE(IsScope(ElementKind::sub_process));
  EXPECT_TRUE(IsScope(ElementKind::event_sub_process));
  EXPECT_FALSE(IsScope(ElementKind::receive_task));
}

TEST(ProcessDefinition, MisuseIsOurBug) {
  const auto made = ProcessDefinition::Create(Sample());
  ASSERT_TRUE(made.ok());
  EXPECT_DEATH((*made)->element(8), "CHECK|Check|failed");
  EXPECT_DEATH((*made)->flow(6), "CHECK|Check|failed");
  EXPECT_DEATH((*made)->Compiled(fb::ExpressionT()), "not an expression");
}

struct Damage {
  const char* what;
  std::function<void(fb::ProcessT*)> damage;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
};

void CheckDamage(std::unique_ptr<fb::ProcessT> model, const Damage& c) {
  SCOPED_TRACE(c.what);
  c.damage(model.get());
  const auto made = ProcessDefinition::Create(std::move(model));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), c.code) << made.status();
  EXPECT_NE(made.status().message().find("process 'p'"), std::string::npos)
      << made.status();
}

// A damaged log must give a status, never a crash or a wrong index later.
TEST(ProcessDefinition, DamagedModelsAreRefused) {
  const auto invalid = static_cast<ElementKind>(200);
  const Damage cases[] = {
      {"no elements", [](auto* p) { p->elements.clear(); }},
      {"element missing", [](auto* p) { p->elements[3] = nullptr; }},
      {"process missing", [](auto* p) { p->elements[0] = nullptr; }},
      {"not a process first",
       [](auto* p) { p->elements[0]->kind = ElementKind::manual_task; }},
      {"other id", [](auto* p) { p->elements[0]->id = "q"; }},
      {"no id", [](auto* p) { p->elements[2]->id.clear(); }},
      {"id twice", [](auto* p) { p->elements[2]->id = "job"; }},
      {"process inside",
       [](auto* p) { p->elements[2]->kind = ElementKind::process; }},
      {"rules of a newer build", [](auto* p) { p->rules = kModelRules + 1; },
       absl::StatusCode::kUnimplemented},
      {"unknown kind", [&](auto* p) { p->elements[2]->kind = invalid; },
       absl::StatusCode::kUnimplemented},
      {"kind 0", [](auto* p) { p->elements[2]->kind = ElementKind::unknown; },
       absl::StatusCode::kUnimplemented},
      {"unknown event type",
       [](auto* p) {
         p->elements[1]->event_type = static_cast<fb::EventType>(99);
       },
       absl::StatusCode::kUnimplemented},
      {"script without a text",
       [](auto* p) {
         p->elements[3]->job = nullptr;
         p->elements[3]->script = std::make_unique<fb::ScriptDefinitionT>();
       }},
      {"error out of place",
       [](auto* p) {
         p->elements[6]->error = std::make_unique<fb::ErrorDefinitionT>();
       }},
      {"throws an error without a code",
       [](auto* p) {
         p->elements[6]->event_type = fb::EventType::error;
         p->elements[6]->error = std::make_unique<fb::ErrorDefinitionT>();
       }},
      {"attached, and no boundary event",
       [](auto* p) { p->elements[4]->attached_to = 3; }},
      {"a link out of place", [](auto* p) { p->elements[4]->link_target = 3; }},
      {"mappings of a process",
       [](auto* p) {
         p->elements[0]->inputs.push_back(std::make_unique<fb::MappingT>());
       }},
      {"mapping without a target",
       [](auto* p) {
         p->elements[3]->inputs.push_back(std::make_unique<fb::MappingT>());
       }},
      {"listener without work",
       [](auto* p) {
         p->elements[3]->listeners.push_back(std::make_unique<fb::ListenerT>());
       }},
      {"event type out of place",
       [](auto* p) { p->elements[1]->event_type = fb::EventType::terminate; },
       absl::StatusCode::kUnimplemented},
      {"unknown language",
       [](auto* p) {
         p->flows[5]->condition->language = static_cast<fb::Language>(77);
       },
       absl::StatusCode::kUnimplemented},
      {"scope is no scope", [](auto* p) { p->elements[4]->scope = 3; }},
      {"scope ahead", [](auto* p) { p->elements[4]->scope = 7; }},
      {"scope beyond", [](auto* p) { p->elements[4]->scope = 1000; }},
      {"flow missing", [](auto* p) { p->flows[2] = nullptr; }},
      {"flow from the process", [](auto* p) { p->flows[2]->source = 0; }},
      {"flow to nowhere", [](auto* p) { p->flows[2]->target = 8; }},
      {"flow to another", [](auto* p) { p->flows[2]->target = 3; }},
      {"outgoing beyond", [](auto* p) { p->elements[1]->outgoing = {6}; }},
      {"outgoing of another", [](auto* p) { p->elements[1]->outgoing = {1}; }},
      {"outgoing forgotten", [](auto* p) { p->elements[1]->outgoing = {}; }},
      {"outgoing twice",
       [](auto* p) {
         p->elements[1]->outgoing = {0, 0};
       }},
      {"incoming forgotten", [](auto* p) { p->elements[6]->incoming = {}; }},
      {"default beyond", [](auto* p) { p->elements[1]->default_flow = 7; }},
      {"default of another", [](auto* p) { p->elements[1]->default_flow = 2; }},
      {"no job", [](auto* p) { p->elements[3]->job = nullptr; }},
      {"job without type",
       [](auto* p) { p->elements[3]->job->type = nullptr; }},
      {"retries", [](auto* p) { p->elements[3]->job->retries = -1; }},
      {"too many retries",
       [](auto* p) { p->elements[3]->job->retries = kRetriesMax + 1; }},
      {"negative delay",
       [](auto* p) { p->elements[3]->job->backoff->delays_ms = {-1}; }},
      {"long delay",
       [](auto* p) {
         p->elements[3]->job->backoff->delays_ms = {kDurationMsMax + 1};
       }},
      {"shrinking backoff",
       [](auto* p) { p->elements[3]->job->backoff->factor_permille = 999; }},
      {"no user task", [](auto* p) { p->elements[4]->user_task = nullptr; }},
      {"no timer", [](auto* p) { p->elements[7]->timer = nullptr; }},
      {"timer without value",
       [](auto* p) { p->elements[7]->timer->value = nullptr; }},
      {"job out of place",
       [](auto* p) { p->elements[2]->job = std::move(p->elements[3]->job); }},
      {"two none starts",
       [](auto* p) { Add(p, ElementKind::start_event, "second"); }},
      {"condition that doesn't parse",
       [](auto* p) { p->flows[5]->condition->text = "${a >}"; }},
      {"loop out of place",
       [](auto* p) {
         p->elements[1]->loop = std::make_unique<fb::LoopDefinitionT>();
       }},
      {"unknown kind of loop",
       [](auto* p) {
         p->elements[3]->loop = std::make_unique<fb::LoopDefinitionT>();
         p->elements[3]->loop->kind = static_cast<fb::LoopKind>(9);
       }},
      {"compensation out of place",
       [](auto* p) {
         p->elements[6]->compensate =
             std::make_unique<fb::CompensateDefinitionT>();
       }},
      {"handler without compensation",
       [](auto* p) { p->elements[3]->handler = 4; }},
      {"handler with flows",
       [](auto* p) { p->elements[3]->for_compensation = true; }},
      {"call out of place",
       [](auto* p) {
         p->elements[3]->call = std::make_unique<fb::CallDefinitionT>();
       }},
  };
  for (const Damage& c : cases) CheckDamage(Sample(), c);
}

TEST(ProcessDefinition, DamagedEventsAreRefused) {
  constexpr auto kUnimplemented = absl::StatusCode::kUnimplemented;
  const auto set = [](fb::ProcessT* p, uint32_t index, ElementKind kind) {
    p->elements[index]->kind = kind;
  };
  const Damage cases[] = {
      {"no message", [](auto* p) { p->elements[4]->message = nullptr; }},
      {"message without name",
       [](auto* p) { p->elements[4]->message->name = nullptr; }},
      {"thrown message without name",
       [](auto* p) { p->elements[7]->message->name = nullptr; }},
      {"neither job nor message",
       [](auto* p) { p->elements[7]->message = nullptr; }},
      {"job and message",
       [](auto* p) {
         p->elements[7]->job = std::make_unique<fb::JobDefinitionT>();
         p->elements[7]->job->type = Text("t", fb::Language::literal);
       }},
      {"job where a message is awaited",
       [](auto* p) {
         p->elements[4]->message = nullptr;
         p->elements[4]->job = std::make_unique<fb::JobDefinitionT>();
         p->elements[4]->job->type = Text("t", fb::Language::literal);
       }},
      {"message out of place",
       [](auto* p) {
         p->elements[2]->message = std::move(p->elements[7]->message);
         p->elements[7]->kind = ElementKind::undefined_task;
         p->elements[7]->event_type = fb::EventType::none;
       }},
      {"message name that doesn't parse",
       [](auto* p) { p->elements[4]->message->name->text = "${a >}"; }},
      {"key that doesn't parse",
       [](auto* p) {
         p->elements[4]->message->correlation_key->text = "= a >";
       }},
      {"no signal", [](auto* p) { p->elements[1]->signal = nullptr; }},
      {"signal without name",
       [](auto* p) { p->elements[1]->signal->name = nullptr; }},
      {"start by a name that isn't constant",
       [](auto* p) {
         p->elements[1]->signal->name = Text("${a}", fb::Language::el);
       }},
      {"start by an empty name",
       [](auto* p) { p->elements[1]->signal->name->text.clear(); }},
      {"start with a key",
       [](auto* p) {
         p->elements[1]->signal = nullptr;
         p->elements[1]->event_type = fb::EventType::message;
         p->elements[1]->message = std::move(p->elements[4]->message);
         p->elements[1]->message->name = Text("m", fb::Language::literal);
         p->elements[4]->event_type = fb::EventType::signal;
         p->elements[4]->signal = std::make_unique<fb::SignalDefinitionT>();
         p->elements[4]->signal->name = Text("s", fb::Language::literal);
       }},
      {"no escalation", [](auto* p) { p->elements[6]->escalation = nullptr; }},
      {"escalation out of place",
       [](auto* p) {
         p->elements[1]->escalation = std::make_unique<fb::ErrorDefinitionT>();
       }},
      {"throws an escalation without a code",
       [](auto* p) {
         p->elements[7]->message = nullptr;
         p->elements[7]->event_type = fb::EventType::escalation;
         p->elements[7]->escalation = std::make_unique<fb::ErrorDefinitionT>();
       }},
      {"condition out of place",
       [](auto* p) {
         p->elements[3]->condition = Text("${a}", fb::Language::el);
       }},
      {"no condition",
       [](auto* p) {
         p->elements[4]->message = nullptr;
         p->elements[4]->event_type = fb::EventType::conditional;
       }},
      {"condition that doesn't parse",
       [](auto* p) { p->elements[8]->condition->text = "${a >}"; }},
      {"error that doesn't interrupt",
       [](auto* p) {
         p->elements[6]->event_type = fb::EventType::error;
         p->elements[6]->error = std::move(p->elements[6]->escalation);
       }},
      {"start of a process that doesn't interrupt",
       [](auto* p) { p->elements[1]->interrupting = false; }},
      {"start of a process by an escalation",
       [](auto* p) {
         p->elements[1]->signal = nullptr;
         p->elements[1]->event_type = fb::EventType::escalation;
         p->elements[1]->escalation = std::make_unique<fb::ErrorDefinitionT>();
       },
       kUnimplemented},
      {"embedded sub-process by an event",
       [&](auto* p) { set(p, 5, ElementKind::sub_process); }, kUnimplemented},
      {"event sub-process by none",
       [](auto* p) {
         p->elements[6]->event_type = fb::EventType::none;
         p->elements[6]->escalation = nullptr;
         p->elements[6]->interrupting = true;
       },
       kUnimplemented},
      {"event sub-process without start",
       [&](auto* p) {
         set(p, 6, ElementKind::intermediate_throw_event);
         p->elements[6]->escalation->code = "c";
         p->elements[6]->interrupting = true;
       }},
      {"event sub-process with two starts",
       [](auto* p) {
         const uint32_t second = Add(p, ElementKind::start_event, "second");
         p->elements[second]->scope = 5;
         p->elements[second]->event_type = fb::EventType::signal;
         p->elements[second]->signal = std::move(p->elements[1]->signal);
         p->elements[1]->event_type = fb::EventType::none;
       }},
      {"flow into an event sub-process", [](auto* p) { Connect(p, 3, 5); }},
      {"flow out of an event sub-process", [](auto* p) { Connect(p, 5, 8); }},
      {"boundary event at an event sub-process",
       [](auto* p) {
         const uint32_t b = Add(p, ElementKind::boundary_event, "b");
         p->elements[b]->attached_to = 5;
         p->elements[b]->event_type = fb::EventType::error;
         p->elements[b]->error = std::make_unique<fb::ErrorDefinitionT>();
       }},
      {"event gateway without events",
       [](auto* p) {
         p->flows.resize(1);
         p->elements[2]->outgoing.clear();
         p->elements[3]->incoming.clear();
         p->elements[4]->incoming.clear();
         p->elements[6]->outgoing.clear();
         p->elements[7]->incoming.clear();
       }},
      {"event gateway to a task",
       [&](auto* p) { set(p, 3, ElementKind::manual_task); }},
      {"event gateway to an event with two flows",
       [](auto* p) { Connect(p, 8, 4); }},
      {"event gateway with a condition",
       [](auto* p) {
         p->flows[1]->condition = Text("${a}", fb::Language::el);
       }},
      {"event gateway to a task with a boundary event",
       [](auto* p) {
         const uint32_t b = Add(p, ElementKind::boundary_event, "b");
         p->elements[b]->attached_to = 3;
         p->elements[b]->event_type = fb::EventType::error;
         p->elements[b]->error = std::make_unique<fb::ErrorDefinitionT>();
       }},
  };
  for (const Damage& c : cases) CheckDamage(EventSample(), c);
}

TEST(ProcessDefinition, Size) {
  const auto model = [](size_t elements) {
    auto process = std::make_unique<fb::ProcessT>();
    process->id = "p";
    Add(process.get(), ElementKind::process, "p");
    for (size_t i = 1; i < elements; ++i) {
      Add(process.get(), ElementKind::manual_task, absl::StrCat("t", i));
    }
    return process;
  };
  EXPECT_TRUE(ProcessDefinition::Create(model(kModelElementsMax)).ok());
  EXPECT_EQ(
      ProcessDefinition::Create(model(kModelElementsMax + 1)).status().code(),
      absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace pawl::model
