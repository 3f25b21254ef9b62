// Tokens: how each element moves them, in plain and in awkward places.
// Clauses are of BPMN 2.0.2.
#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using K = fb::ElementKind;

TEST(Tokens, StartToEndCompletesInOneRecord) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("end", K::end_event)
               .Flow("start", "end"));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(
      h.LastEvents(),
      ElementsAre("InstanceStarted", "ElementActivating", "ElementActivated",
                  "ElementActivating", "ElementActivated", "ElementCompleting",
                  "ElementCompleted", "FlowTaken", "ElementActivating",
                  "ElementActivated", "ElementCompleting", "ElementCompleted",
                  "ElementCompleting", "ElementCompleted", "InstanceEnded"));
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
  EXPECT_EQ(h.LastRecord().touched.size(), 1u);
  EXPECT_EQ(h.LastRecord().touched[0]->first_sequence, 1u);
  EXPECT_EQ(h.LastRecord().touched[0]->count, 15u);
}

// SEMANTICS: a process without start event starts at every node without
// incoming flow, and a node without outgoing flow ends its token.
TEST(Tokens, WithoutStartEventEveryNodeWithoutIncomingStarts) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("a", K::manual_task)
               .Node("b", K::user_task)
               .Node("c", K::user_task));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("b", "c"));
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_FALSE(h.at(key).ended());
  ASSERT_TRUE(h.CompleteTask(key, "c").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// 13.4.2: the first flow whose condition holds, in the order of the model.
TEST(Tokens, ExclusiveGatewayTakesTheFirstThatHolds) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("gw", K::exclusive_gateway)
               .Node("a", K::user_task)
               .Node("b", K::user_task)
               .Node("c", K::user_task)
               .Flow("start", "gw")
               .Flow("gw", "a", "${x > 10}")
               .Flow("gw", "b", "${x > 5}")
               .DefaultFlow("gw", "c"));
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 11})")), ElementsAre("a"));
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 6})")), ElementsAre("b"));
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 1})")), ElementsAre("c"));
}

TEST(Tokens, ExclusiveGatewayWithoutAWayOutIsAnIncidentThatCanBeResolved) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("gw", K::exclusive_gateway)
               .Node("a", K::user_task)
               .Flow("start", "gw")
               .Flow("gw", "a", "${x > 10}"));
  const InstanceKey key = h.Start("p", R"({"x": 1})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type,
            fb::IncidentType::no_outgoing_flow);
  // Resolved without a change it comes again; with one it goes on.
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!gw"));
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables[0]->name = "x";
  set.variables[0]->json = "11";
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
}

TEST(Tokens, AConditionOfTheWrongTypeIsAnIncidentNotFalse) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("gw", K::exclusive_gateway)
               .Node("a", K::user_task)
               .Node("b", K::user_task)
               .Flow("start", "gw")
               .Flow("gw", "a", "${x > 10}")
               .DefaultFlow("gw", "b"));
  for (const char* variables : {R"({"x": "text"})", "{}", R"({"x": null})"}) {
    const InstanceKey key = h.Start("p", variables);
    ASSERT_EQ(h.at(key).incidents.size(), 1u) << variables;
    const Incident& incident = h.at(key).incidents.begin()->second;
    EXPECT_EQ(incident.type, fb::IncidentType::expression_error) << variables;
    EXPECT_THAT(incident.message, HasSubstr("gw->a")) << variables;
  }
}

// 13.4.2: an exclusive gateway doesn't wait: each token passes.
TEST(Tokens, ExclusiveMergePassesEachToken) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Node("merge", K::exclusive_gateway)
               .Node("task", K::user_task)
               .Flow("start", "fork")
               .Flow("fork", "merge")
               .Flow("fork", "merge")
               .Flow("fork", "merge")
               .Flow("merge", "task"));
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("task", "task", "task"));
}

// 13.4.1.
TEST(Tokens, ParallelJoinWaitsForATokenOnEachFlow) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Node("a", K::user_task)
               .Node("b", K::user_task)
               .Node("join", K::parallel_gateway)
               .Node("after", K::user_task)
               .Flow("start", "fork")
               .Flow("fork", "a")
               .Flow("fork", "b")
               .Flow("a", "join")
               .Flow("b", "join")
               .Flow("join", "after"));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("a"));
  EXPECT_EQ(h.at(key).scopes.at(h.at(key).root()).token_count, 1u);
  ASSERT_TRUE(h.CompleteTask(key, "a").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.at(key).scopes.at(h.at(key).root()).token_count, 0u);
}

// Two tokens on one flow of a join don't stand for one on each: the second
// waits for the next firing.
TEST(Tokens, ParallelJoinKeepsASecondTokenOfTheSameFlowForTheNextTime) {
  CoreHarness h;
  // a passes the merge twice (start and loop), b once, then again.
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Node("m", K::exclusive_gateway)
               .Node("b", K::user_task)
               .Node("join", K::parallel_gateway)
               .Node("after", K::user_task)
               .Flow("start", "fork")
               .Flow("fork", "m")
               .Flow("fork", "m")
               .Flow("fork", "b")
               .Flow("m", "join")
               .Flow("b", "join")
               .Flow("join", "after")
               .Flow("after", "b"));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key), ElementsAre("b"));
  EXPECT_EQ(h.at(key).scopes.at(h.at(key).root()).token_count, 2u);
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  ASSERT_TRUE(h.CompleteTask(key, "after").ok());
  ASSERT_TRUE(h.CompleteTask(key, "b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.at(key).scopes.at(h.at(key).root()).token_count, 0u);
}

// An instance with a token that waits at a join for ever does not end.
TEST(Tokens, AnUnbalancedJoinNeverEndsTheInstance) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("gw", K::exclusive_gateway)
               .Node("join", K::parallel_gateway)
               .Node("other", K::user_task)
               .Node("end", K::end_event)
               .Flow("start", "gw")
               .Flow("gw", "join", "${true}")
               .Flow("gw", "other")
               .Flow("other", "join")
               .Flow("join", "end"));
  const InstanceKey key = h.Start("p");
  EXPECT_FALSE(h.at(key).ended());
  EXPECT_THAT(h.Waiting(key), IsEmpty());
}

// 13.4.1: conditions on flows out of a parallel gateway don't count.
TEST(Tokens, ParallelForkIgnoresConditions) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Node("a", K::user_task)
               .Node("b", K::user_task)
               .Flow("start", "fork")
               .Flow("fork", "a", "${1 > 2}")
               .Flow("fork", "b"));
  EXPECT_THAT(h.Waiting(h.Start("p")), ElementsAre("a", "b"));
}

// 13.3.1: out of an activity all flows without a condition, those whose
// condition holds, and the default flow only when no condition holds.
TEST(Tokens, ConditionalAndDefaultFlowsOutOfAnActivity) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("task", K::undefined_task)
               .Node("always", K::user_task)
               .Node("big", K::user_task)
               .Node("huge", K::user_task)
               .Node("else", K::user_task)
               .Flow("start", "task")
               .Flow("task", "always")
               .Flow("task", "big", "${x > 10}")
               .Flow("task", "huge", "${x > 100}")
               .DefaultFlow("task", "else"));
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 1})")),
              UnorderedElementsAre("always", "else"));
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 11})")),
              UnorderedElementsAre("always", "big"));
  EXPECT_THAT(h.Waiting(h.Start("p", R"({"x": 101})")),
              UnorderedElementsAre("always", "big", "huge"));
}

TEST(Tokens, TerminateEndsEverythingElse) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Node("job", K::service_task)
               .Node("task", K::user_task)
               .TimerNode("timer", fb::TimerKind::duration, "PT1H")
               .Node("stop", K::user_task)
               .Node("bad", K::exclusive_gateway)
               .Terminate("kill")
               .Node("join", K::parallel_gateway)
               .Flow("start", "fork")
               .Flow("fork", "job")
               .Flow("fork", "task")
               .Flow("fork", "timer")
               .Flow("fork", "stop")
               .Flow("fork", "bad")
               .Flow("bad", "join", "${nowhere}")
               .Flow("fork", "join")
               .Flow("stop", "kill"));
  const InstanceKey key = h.Start("p");
  EXPECT_THAT(h.Waiting(key),
              ElementsAre("!bad", "job", "stop", "task", "timer"));
  ASSERT_TRUE(h.CompleteTask(key, "stop").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::terminated);
}

// A token that is still on its way when its scope is terminated dies.
TEST(Tokens, TerminateKillsTokensOnTheirWay) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Terminate("kill")
               .Node("a", K::manual_task)
               .Node("b", K::user_task)
               .Flow("start", "fork")
               .Flow("fork", "kill")
               .Flow("fork", "a")
               .Flow("a", "b"));
  const InstanceKey key = h.Start("p");
  EXPECT_EQ(h.at(key).state, fb::InstanceState::terminated);
}

TEST(Tokens, ACycleWithoutAWaitStateStopsWithAnIncident) {
  CoreHarness h;
  h.set_check_laws(false);  // 10,000 elements in a record
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("a", K::exclusive_gateway)
               .Script("b", "${n + 1}", "n")
               .Node("end", K::end_event)
               .Flow("start", "a")
               .Flow("a", "end", "${n >= 7000}")
               .DefaultFlow("a", "b")
               .Flow("b", "a"));
  // At the edge: start + 2 a round + the last gateway.
  const int rounds = (kActivationsPerCommandMax - 2) / 2;
  const std::string enough = std::to_string(7000 - rounds + 1);
  EXPECT_TRUE(h.at(h.Start("p", R"({"n": )" + enough + "}")).ended());

  const InstanceKey key = h.Start("p", R"({"n": 0})");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_EQ(h.at(key).incidents.begin()->second.type, fb::IncidentType::limit);
  EXPECT_THAT(h.at(key).incidents.begin()->second.message,
              HasSubstr("kActivationsPerCommandMax"));
  // Resolving goes on where it stopped.
  ASSERT_TRUE(h.Resolve(key).ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
  EXPECT_EQ(h.Variable(key, "n"), "7000");
}

// A script that writes without end is stopped by what it writes.
TEST(Tokens, ACycleThatWritesTooMuchStopsWithAnIncident) {
  CoreHarness h;
  h.set_check_laws(false);
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Script("grow", "${big}", "copy")
               .Flow("start", "grow")
               .Flow("grow", "grow"));
  const size_t size = 1u << 20;
  const InstanceKey key =
      h.Start("p", "{\"big\": \"" + std::string(size, 'x') + "\"}");
  ASSERT_EQ(h.at(key).incidents.size(), 1u);
  EXPECT_THAT(h.at(key).incidents.begin()->second.message,
              HasSubstr("kWrittenBytesPerCommandMax"));
  EXPECT_LT(h.log().back().size(), kWrittenBytesPerCommandMax + 3 * size);
}

TEST(Tokens, ALimitIncidentGoesWithItsInstance) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("a", K::exclusive_gateway)
               .Flow("start", "a")
               .Flow("a", "a"));
  h.set_check_laws(false);
  const InstanceKey key = h.Start("p");
  h.set_check_laws(true);
  fb::CancelInstanceT cancel;
  cancel.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(cancel), key).ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::cancelled);
}

// A limit's incident stands for stopped tokens; when another branch takes them
// along at a join and the instance completes, it must not stay behind.
TEST(Tokens, ALimitIncidentGoesWhenItsTokensWentOn) {
  CoreHarness h;
  h.set_check_laws(false);  // 10,000 elements in a record
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("fork", K::parallel_gateway)
               .Node("task", K::user_task)
               .Script("count", "${i + 1}", "i")
               .Node("again", K::exclusive_gateway)
               .Node("join", K::parallel_gateway)
               .Node("end", K::end_event)
               .Flow("start", "fork")
               .Flow("fork", "task")
               .Flow("fork", "count")
               .Flow("count", "again")
               .Flow("again", "count", "${i < n}")
               .DefaultFlow("again", "join")
               .Flow("task", "join")
               .Flow("join", "end"));
  // start, fork, task, and two a round: the last arrival is at the join.
  const int rounds = (kActivationsPerCommandMax - 3) / 2 + 1;
  const InstanceKey key =
      h.Start("p", R"({"i": 0, "n": )" + std::to_string(rounds) + "}");
  const InstanceKey stopped =
      h.Start("p", R"({"i": 0, "n": )" + std::to_string(rounds - 1) + "}");
  int with_incident = 0;
  for (const InstanceKey k : {key, stopped}) {
    with_incident += static_cast<int>(h.at(k).incidents.size());
    h.set_check_laws(true);
    ASSERT_TRUE(h.CompleteTask(k, "task").ok());
    h.set_check_laws(false);
    if (!h.at(k).ended()) {
      ASSERT_TRUE(h.Resolve(k).ok());
    }
    EXPECT_TRUE(h.at(k).ended());
    EXPECT_TRUE(h.at(k).incidents.empty());
  }
  EXPECT_GT(with_incident, 0);
}

TEST(Tokens, AJobTypeThatIsTooLongIsAnIncident) {
  CoreHarness h;
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event).Node("work", K::service_task);
  sketch.last().job->type->text = "${t}";
  sketch.last().job->type->language = fb::Language::el;
  h.Deploy(sketch.Flow("start", "work"));
  const auto start = [&](size_t size) {
    return h.Start("p", "{\"t\": \"" + std::string(size, 'x') + "\"}");
  };
  EXPECT_THAT(h.Waiting(start(kNameBytesMax)), ElementsAre("work"));
  EXPECT_THAT(h.Waiting(start(kNameBytesMax + 1)), ElementsAre("!work"));
}

TEST(Tokens, AnAssigneeThatIsTooLongIsAnIncident) {
  CoreHarness h;
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event).Node("task", K::user_task);
  auto assignee = std::make_unique<fb::ExpressionT>();
  assignee->text = "${who}${who}";
  assignee->language = fb::Language::el;
  sketch.last().user_task->assignee = std::move(assignee);
  h.Deploy(sketch.Flow("start", "task"));
  const auto start = [&](size_t size) {
    return h.Start("p", "{\"who\": \"" + std::string(size, 'x') + "\"}");
  };
  EXPECT_THAT(h.Waiting(start(kNameBytesMax / 2)), ElementsAre("task"));
  EXPECT_THAT(h.Waiting(start(kNameBytesMax / 2 + 1)), ElementsAre("!task"));
}

TEST(Tokens, TimersByDurationDateAndExpression) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .TimerNode("wait", fb::TimerKind::duration, "PT50M")
               .TimerNode("past", fb::TimerKind::date, "1970-01-01T00:00:00Z")
               .TimerNode("by_variable", fb::TimerKind::duration, "${d}")
               .Node("end", K::end_event)
               .Flow("start", "wait")
               .Flow("wait", "past")
               .Flow("past", "by_variable")
               .Flow("by_variable", "end"));
  const InstanceKey key = h.Start("p", R"({"d": "PT1S"})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
  h.Advance(50 * 60 * 1000 - 1);
  EXPECT_THAT(h.Waiting(key), ElementsAre("wait"));
  h.Advance(1);
  EXPECT_THAT(h.Waiting(key), ElementsAre("by_variable"));
  h.Advance(1000);
  EXPECT_TRUE(h.at(key).ended());
  // A text that is no duration is an incident where the timer stands.
  const InstanceKey bad = h.Start("p", R"({"d": "soon"})");
  h.Advance(50 * 60 * 1000);
  EXPECT_THAT(h.Waiting(bad), ElementsAre("!by_variable"));
}

TEST(Tokens, ScriptTaskWritesItsResult) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Script("sum", "${a + b}", "total")
               .Node("task", K::user_task)
               .Flow("start", "sum")
               .Flow("sum", "task"));
  const InstanceKey key = h.Start("p", R"({"a": 0.1, "b": 0.2})");
  EXPECT_EQ(h.Variable(key, "total"), "0.3");
  const InstanceKey bad = h.Start("p", R"({"a": "x", "b": 1})");
  ASSERT_EQ(h.at(bad).incidents.size(), 1u);
  EXPECT_EQ(h.at(bad).incidents.begin()->second.type,
            fb::IncidentType::script_error);
}

TEST(Tokens, UserTaskEvaluatesItsAssignment) {
  CoreHarness h;
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event).Node("task", K::user_task);
  auto definition = std::make_unique<fb::UserTaskDefinitionT>();
  const auto el = [](const std::string& text) {
    auto e = std::make_unique<fb::ExpressionT>();
    e->text = text;
    e->language = fb::Language::el;
    return e;
  };
  definition->assignee = el("${boss}");
  definition->candidate_users = el("anna, ${other} ,");
  definition->candidate_groups = el("${groups}");
  definition->due_date = el("${due}");
  definition->priority = el("${prio}");
  sketch.last().user_task = std::move(definition);
  h.Deploy(sketch.Flow("start", "task"));
  const InstanceKey key = h.Start(
      "p",
      R"({"boss":"bo","other":"otto","groups":["a","b"],"due":"PT1S","prio":7})");
  const Task& task = h.at(key).tasks.begin()->second;
  EXPECT_EQ(task.assignee, "bo");
  EXPECT_THAT(task.candidate_users, ElementsAre("anna", "otto"));
  EXPECT_THAT(task.candidate_groups, ElementsAre("a", "b"));
  EXPECT_EQ(task.due_ms, h.now_ms() + 1000);
  EXPECT_EQ(task.priority, 7);
  const InstanceKey bad = h.Start("p", R"({"boss":"bo"})");
  EXPECT_THAT(h.Waiting(bad), ElementsAre("!task"));
  EXPECT_THAT(h.at(bad).incidents.begin()->second.message,
              HasSubstr("candidate users"));
}

TEST(Tokens, VariablesOfACommandGoToTheRoot) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Node("task", K::user_task)
               .Node("last", K::user_task)
               .Flow("start", "task")
               .Flow("task", "last"));
  const InstanceKey key = h.Start("p", R"({"a": 1})");
  ASSERT_TRUE(h.CompleteTask(key, "task", R"({"a": 2, "b": "x"})").ok());
  EXPECT_EQ(h.Variable(key, "a"), "2");
  EXPECT_EQ(h.Variable(key, "b"), "\"x\"");
}

// What an expression may ask of `execution`.
TEST(Tokens, ExpressionsKnowTheInstance) {
  CoreHarness h;
  h.Deploy(ModelSketch("p")
               .Node("start", K::start_event)
               .Script("facts",
                       "${execution.processBusinessKey}/"
                       "${execution.processInstanceId}/"
                       "${execution.hasVariable('x')}/"
                       "${empty execution.businessKey}",
                       "facts")
               .Node("wait", K::user_task)
               .Flow("start", "facts")
               .Flow("facts", "wait"));
  const InstanceKey plain = h.Start("p", R"({"x": 1})");
  EXPECT_EQ(h.Variable(plain, "facts"),
            "\"/" + ToString(plain) + "/true/true\"");

  fb::StartInstanceT start;
  start.process_id = "p";
  start.business_key = "order-7";
  ASSERT_TRUE(h.Do(std::move(start)).ok());
  const InstanceKey keyed = h.last_answer().instance;
  EXPECT_EQ(h.Variable(keyed, "facts"),
            "\"order-7/" + ToString(keyed) + "/false/false\"");
}

}  // namespace
}  // namespace pawl::core
