// The reference itself, on processes small enough to be worked out by hand from
// the specification. No engine is asked.
#include "tests/reference/reference_interpreter.h"

#include <optional>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace pawl::reference {
namespace {

using property::Condition;
using property::Flow;
using property::Node;
using property::NodeKind;
using property::ProcessGraph;
using Names = std::multiset<std::string>;

class Sketch {
 public:
  Sketch& Add(const std::string& id, NodeKind kind) {
    Node node;
    node.id = id;
    node.kind = kind;
    graph_.nodes.push_back(node);
    return *this;
  }
  Sketch& Script(const std::string& id, const std::string& result,
                 const std::string& operand, int64_t addend) {
    Add(id, NodeKind::kScriptTask);
    graph_.nodes.back().script_result = result;
    graph_.nodes.back().script_operand = operand;
    graph_.nodes.back().script_addend = addend;
    return *this;
  }
  Sketch& Connect(const std::string& from, const std::string& to,
                  std::optional<Condition> condition = std::nullopt,
                  bool is_default = false) {
    graph_.flows.push_back(
        {from + "->" + to, At(from), At(to), std::move(condition), is_default});
    return *this;
  }
  Node& last() { return graph_.nodes.back(); }
  const ProcessGraph& graph() const { return graph_; }

 private:
  size_t At(const std::string& id) const {
    size_t i = 0;
    while (graph_.nodes[i].id != id) ++i;
    return i;
  }
  ProcessGraph graph_;
};

Condition NIs(int64_t value) { return {"n", Condition::Op::kEqual, value}; }

TEST(Reference, JoinTakesOneTokenFromEachFlow) {
  Sketch s;
  s.Add("start", NodeKind::kStartEvent).Add("a", NodeKind::kUserTask);
  s.Add("b", NodeKind::kUserTask).Add("join", NodeKind::kParallelGateway);
  s.Add("after", NodeKind::kUserTask);
  s.Connect("start", "a").Connect("start", "a").Connect("start", "b");
  s.Connect("a", "join").Connect("b", "join").Connect("join", "after");
  ReferenceInterpreter r(&s.graph());
  r.Start({}, 0);
  EXPECT_EQ(r.Waiting(), (Names{"a: task", "a: task", "b: task"}));
  EXPECT_TRUE(r.CompleteTask("a", 1, {}, 0));
  EXPECT_TRUE(r.CompleteTask("a", 0, {}, 0));
  EXPECT_EQ(r.Resting(), (Names{"a->join", "a->join"}));
  EXPECT_TRUE(r.CompleteTask("b", 0, {}, 0));
  EXPECT_EQ(r.Resting(), Names{"a->join"}) << "what is beyond stays";
  EXPECT_TRUE(r.CompleteTask("after", 0, {}, 0));
  EXPECT_EQ(r.end(), End::kNotEnded) << "the join starves";
}

TEST(Reference, ExclusiveGatewayTakesTheFirstThatHolds) {
  Sketch s;
  s.Add("start", NodeKind::kStartEvent).Add("gw", NodeKind::kExclusiveGateway);
  s.Add("a", NodeKind::kUserTask).Add("b", NodeKind::kUserTask);
  s.Add("c", NodeKind::kUserTask);
  s.Connect("start", "gw").Connect("gw", "c", std::nullopt, true);
  s.Connect("gw", "a", NIs(1)).Connect("gw", "b", NIs(1));
  ReferenceInterpreter one(&s.graph());
  one.Start({{"n", 1}}, 0);
  EXPECT_EQ(one.Waiting(), Names{"a: task"});
  ReferenceInterpreter two(&s.graph());
  two.Start({{"n", 2}}, 0);
  EXPECT_EQ(two.Waiting(), Names{"c: task"});
  ReferenceInterpreter none(&s.graph());
  none.Start({}, 0);
  EXPECT_EQ(none.Incidents(), Names{"gw: expression_error"});
  EXPECT_EQ(none.completed(), Names{"start"})
      << "the token stays in the gateway";
  EXPECT_TRUE(none.SetVariables({{"n", 1}}, 0));
  EXPECT_TRUE(none.ResolveIncident("gw", 0, 0));
  EXPECT_EQ(none.Waiting(), Names{"a: task"});
}

// docs/adr/0009: unconditional flows don't count for the default flow.
TEST(Reference, ActivityTakesItsDefaultFlowWhenNoConditionHolds) {
  Sketch s;
  s.Add("task", NodeKind::kManualTask).Add("always", NodeKind::kUserTask);
  s.Add("if", NodeKind::kUserTask).Add("else", NodeKind::kUserTask);
  s.Connect("task", "always").Connect("task", "if", NIs(1));
  s.Connect("task", "else", std::nullopt, true);
  ReferenceInterpreter holds(&s.graph());
  holds.Start({{"n", 1}}, 0);
  EXPECT_EQ(holds.Waiting(), (Names{"always: task", "if: task"}));
  ReferenceInterpreter fails(&s.graph());
  fails.Start({{"n", 2}}, 0);
  EXPECT_EQ(fails.Waiting(), (Names{"always: task", "else: task"}));
}

TEST(Reference, NoFlowToTakeIsAnIncident) {
  Sketch s;
  s.Add("gw", NodeKind::kExclusiveGateway).Add("a", NodeKind::kUserTask);
  s.Connect("gw", "a", NIs(1));
  ReferenceInterpreter r(&s.graph());
  r.Start({{"n", 2}}, 0);
  EXPECT_EQ(r.Incidents(), Names{"gw: no_outgoing_flow"});
  EXPECT_TRUE(r.ResolveIncident("gw", 0, 0));
  EXPECT_EQ(r.Incidents(), Names{"gw: no_outgoing_flow"}) << "raised again";
}

// First come, first served: the script is reached before the end event's token
// has passed both tasks before it.
TEST(Reference, TerminateEndsWhatIsLeft) {
  Sketch s;
  s.Add("start", NodeKind::kStartEvent).Script("near", "n", "n", 1);
  s.Add("far", NodeKind::kManualTask).Add("wait", NodeKind::kUserTask);
  s.Add("end", NodeKind::kTerminateEndEvent).Script("late", "n", "n", 1);
  s.Connect("start", "far").Connect("start", "near").Connect("start", "wait");
  s.Connect("far", "end").Connect("near", "late");
  ReferenceInterpreter r(&s.graph());
  r.Start({{"n", 0}}, 0);
  EXPECT_EQ(r.end(), End::kTerminated);
  EXPECT_EQ(r.completed(), (Names{"start", "far", "near", "end"}));
  EXPECT_EQ(r.variables(), (Variables{{"n", 1}})) << "late came too late";
  EXPECT_TRUE(r.Waiting().empty());
  EXPECT_FALSE(r.Cancel());
}

TEST(Reference, JobsLoseAttemptsAndWait) {
  Sketch s;
  s.Add("job", NodeKind::kServiceTask);
  s.last().retries = 2;
  s.last().backoff_ms = 500;
  ReferenceInterpreter r(&s.graph());
  r.Start({}, 1000);
  EXPECT_EQ(r.Waiting(), Names{"job: job ready, 2 retries"});
  EXPECT_TRUE(r.FailJob("job", 0, {}, {}, 1000));
  EXPECT_EQ(r.Waiting(), Names{"job: job until 1500, 1 retries"});
  EXPECT_FALSE(r.CompleteJob("job", 0, {}, 1000));
  EXPECT_FALSE(r.EndBackoff("job", 0, 1499));
  EXPECT_TRUE(r.EndBackoff("job", 0, 1500));
  EXPECT_TRUE(r.FailJob("job", 0, {}, {}, 1500));
  EXPECT_EQ(r.Incidents(), Names{"job: job_no_retries"});
  EXPECT_TRUE(r.ResolveIncident("job", 0, 1500));
  EXPECT_EQ(r.Waiting(), Names{"job: job ready, 1 retries"});
  EXPECT_TRUE(r.CompleteJob("job", 0, {{"n", 4}}, 1500));
  EXPECT_EQ(r.end(), End::kCompleted);
  EXPECT_EQ(r.variables(), (Variables{{"n", 4}}));
}

TEST(Reference, SuspendedTakesNoStep) {
  Sketch s;
  s.Add("pause", NodeKind::kTimerCatchEvent);
  s.last().timer_ms = 100;
  ReferenceInterpreter r(&s.graph());
  r.Start({}, 0);
  EXPECT_FALSE(r.FireTimer("pause", 0, 99));
  EXPECT_TRUE(r.Suspend());
  EXPECT_FALSE(r.FireTimer("pause", 0, 100));
  EXPECT_FALSE(r.Suspend());
  EXPECT_TRUE(r.Resume(0));
  EXPECT_TRUE(r.FireTimer("pause", 0, 100));
  EXPECT_EQ(r.end(), End::kCompleted);
}

TEST(Reference, StopsATokenThatGoesRound) {
  Sketch s;
  s.Add("start", NodeKind::kStartEvent).Script("add", "n", "n", 1);
  s.Connect("start", "add").Connect("add", "add");
  ReferenceInterpreter r(&s.graph(), /*activations_max=*/10);
  r.Start({{"n", 0}}, 0);
  EXPECT_EQ(r.Incidents(), Names{"add: limit"});
  EXPECT_EQ(r.Resting(), Names{"add->add"});
  EXPECT_EQ(r.variables(), (Variables{{"n", 9}}));
  EXPECT_TRUE(r.ResolveLimit(0));
  EXPECT_EQ(r.variables(), (Variables{{"n", 19}}));
}

// 13.4.3.
TEST(Reference, AnInclusiveJoinWaitsForWhatCanStillCome) {
  Sketch s;
  s.Add("fork", NodeKind::kParallelGateway).Add("a", NodeKind::kUserTask);
  s.Add("b", NodeKind::kUserTask).Add("choice", NodeKind::kExclusiveGateway);
  s.Add("gone", NodeKind::kEndEvent).Add("join", NodeKind::kInclusiveGateway);
  s.Add("after", NodeKind::kUserTask);
  s.Connect("fork", "a").Connect("fork", "b").Connect("a", "join");
  s.Connect("b", "choice").Connect("choice", "gone", NIs(0));
  s.Connect("choice", "join", std::nullopt, /*is_default=*/true);
  s.Connect("join", "after");
  for (const int64_t n : {0, 1}) {
    ReferenceInterpreter r(&s.graph());
    r.Start({{"n", n}}, 0);
    EXPECT_TRUE(r.CompleteTask("a", 0, {}, 0));
    EXPECT_EQ(r.Waiting(), (Names{"b: task"}));
    EXPECT_EQ(r.Resting(), (Names{"a->join"}));
    EXPECT_TRUE(r.CompleteTask("b", 0, {}, 0));
    EXPECT_EQ(r.Waiting(), (Names{"after: task"}));
    EXPECT_EQ(r.Resting(), Names());
  }
}

// 13.4.3: but not for who can come where a token is already.
TEST(Reference, AnInclusiveJoinDoesNotWaitForASecondTokenOfAFlow) {
  Sketch s;
  s.Add("fork", NodeKind::kParallelGateway).Add("a", NodeKind::kUserTask);
  s.Add("b", NodeKind::kUserTask).Add("join", NodeKind::kInclusiveGateway);
  s.Add("merge", NodeKind::kExclusiveGateway);
  s.Add("after", NodeKind::kUserTask);
  s.Connect("fork", "a").Connect("fork", "b").Connect("a", "merge");
  s.Connect("b", "merge", NIs(0)).Connect("b", "join", NIs(1));
  s.Connect("merge", "join").Connect("join", "after");
  ReferenceInterpreter r(&s.graph());
  r.Start({{"n", 1}}, 0);
  EXPECT_TRUE(r.CompleteTask("a", 0, {}, 0));
  EXPECT_EQ(r.Waiting(), (Names{"after: task", "b: task"}));
}

// 13.4.5.
TEST(Reference, AComplexGatewayFiresAgainForWhatComesLate) {
  Sketch s;
  s.Add("fork", NodeKind::kParallelGateway).Add("a", NodeKind::kUserTask);
  s.Add("b", NodeKind::kUserTask).Add("c", NodeKind::kUserTask);
  s.Add("gate", NodeKind::kComplexGateway);
  s.last().activation =
      Condition{property::kActivationCount, Condition::Op::kMore, 1};
  s.Add("early", NodeKind::kUserTask).Add("late", NodeKind::kUserTask);
  s.Connect("fork", "a").Connect("fork", "b").Connect("fork", "c");
  s.Connect("a", "gate").Connect("b", "gate").Connect("c", "gate");
  s.Connect("gate", "early",
            Condition{property::kWaitingForStart, Condition::Op::kEqual, 1});
  s.Connect("gate", "late",
            Condition{property::kWaitingForStart, Condition::Op::kEqual, 0});
  ReferenceInterpreter r(&s.graph());
  r.Start({}, 0);
  EXPECT_TRUE(r.CompleteTask("a", 0, {}, 0));
  EXPECT_EQ(r.Waiting(), (Names{"b: task", "c: task"}));
  EXPECT_TRUE(r.CompleteTask("c", 0, {}, 0));
  EXPECT_EQ(r.Waiting(), (Names{"b: task", "early: task"}));
  EXPECT_TRUE(r.CompleteTask("b", 0, {}, 0));
  EXPECT_EQ(r.Waiting(), (Names{"early: task", "late: task"}));
}

}  // namespace
}  // namespace pawl::reference
