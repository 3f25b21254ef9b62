#include "engine/model/process_definition.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/expression/expression.h"

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
      {"unknown kind", [&](auto* p) { p->elements[2]->kind = invalid; },
       absl::StatusCode::kUnimplemented},
      {"kind 0", [](auto* p) { p->elements[2]->kind = ElementKind::unknown; },
       absl::StatusCode::kUnimplemented},
      {"unknown event type",
       [](auto* p) {
         p->elements[1]->event_type = static_cast<fb::EventType>(99);
       },
       absl::StatusCode::kUnimplemented},
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
  };
  for (const Damage& c : cases) {
    SCOPED_TRACE(c.what);
    auto model = Sample();
    c.damage(model.get());
    const auto made = ProcessDefinition::Create(std::move(model));
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().code(), c.code) << made.status();
    EXPECT_NE(made.status().message().find("process 'p'"), std::string::npos)
        << made.status();
  }
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
