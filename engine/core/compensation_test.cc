// Compensation and transactions (BPMN 2.0.2, 10.3.5, 10.5.4, 10.7, 13.5.5;
// SEMANTICS, Compensation). The harness checks the laws after every command:
// each record is compensated by one at most, snapshots hold all of it.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using K = fb::ElementKind;
using T = fb::EventType;

// a -> b -> undo (throws) -> after, with the handlers un_a and un_b.
ModelSketch TwoSteps(const std::string& activity = "", bool wait = true) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Handler("un_a", "a")
      .Handler("un_b", "b")
      .Compensate("undo", K::intermediate_throw_event, activity, wait)
      .Node("after", K::user_task)
      .Flow("start", "a")
      .Flow("a", "b")
      .Flow("b", "undo")
      .Flow("undo", "after");
  return sketch;
}

void Complete(CoreHarness& h, InstanceKey key,
              std::initializer_list<std::string> tasks) {
  for (const std::string& task : tasks) {
    ASSERT_TRUE(h.CompleteTask(key, task).ok()) << task;
  }
}

void Input(ModelSketch& sketch, const std::string& element,
           const std::string& target, const std::string& text) {
  auto mapping = std::make_unique<fb::MappingT>();
  mapping->target = target;
  mapping->value = std::make_unique<fb::MappedValueT>();
  mapping->value->expression = std::make_unique<fb::ExpressionT>();
  mapping->value->expression->text = text;
  mapping->value->expression->language = fb::Language::el;
  sketch.element(element).inputs.push_back(std::move(mapping));
}

int Incidents(const CoreHarness& h, InstanceKey key, fb::IncidentType type) {
  int count = 0;
  for (const auto& [incident_key, incident] : h.at(key).incidents) {
    if (incident.type == type) ++count;
  }
  return count;
}

// --- Throwing ----------------------------------------------------------------

// 13.5.5: in reverse order of completion; the next begins when the one before
// is done.
TEST(Compensation, RunsHandlersInReverseOneAfterTheOther) {
  CoreHarness h;
  h.Deploy(TwoSteps());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
  EXPECT_THAT(h.LastEvents(), Contains("CompensationTriggered"));
  Complete(h, key, {"un_b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_THAT(h.Path(key),
              ElementsAre("start", "a", "b", "un_b", "un_a", "undo"));
  EXPECT_TRUE(h.at(key).records.empty());
  EXPECT_TRUE(h.at(key).compensations.empty());
  Complete(h, key, {"after"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// In the order of completion, not of activation.
TEST(Compensation, GoesByTheOrderOfCompletion) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Node("join", K::parallel_gateway)
      .Compensate("undo", K::end_event)
      .Handler("un_a", "a")
      .Handler("un_b", "b")
      .Flow("start", "fork")
      .Flow("fork", "a")
      .Flow("fork", "b")
      .Flow("a", "join")
      .Flow("b", "join")
      .Flow("join", "undo");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"b", "a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a", "un_b"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(Compensation, OfOneActivityOnly) {
  CoreHarness h;
  h.Deploy(TwoSteps("a"));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  // The other keeps its record.
  EXPECT_EQ(h.at(key).records.size(), 1u);
}

TEST(Compensation, ThrowThatDoesNotWaitGoesOnAtOnce) {
  CoreHarness h;
  h.Deploy(TwoSteps("", /*wait=*/false));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("after", "un_b"));
  Complete(h, key, {"after"});
  // The process isn't done before its compensation is.
  EXPECT_EQ(h.at(key).state, fb::InstanceState::active);
  Complete(h, key, {"un_b", "un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// Only what has completed, and it isn't done twice.
TEST(Compensation, OfWhatIsActiveOrDoneAlready) {
  ModelSketch sketch = TwoSteps();
  sketch.Node("fork", K::parallel_gateway)
      .Node("c", K::user_task)
      .Handler("un_c", "c")
      .Compensate("again", K::end_event)
      .Flow("after", "fork")
      .Flow("fork", "c")
      .Flow("fork", "again");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b", "un_b", "un_a", "after"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("c"));
}

TEST(Compensation, EachRunOfAnActivityIsCompensated) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("a", K::user_task)
      .Node("more", K::exclusive_gateway)
      .Compensate("undo", K::end_event)
      .Handler("un_a", "a")
      .Flow("start", "a")
      .Flow("a", "more")
      .Flow("more", "a", "${again}")
      .Flow("more", "undo")
      .DefaultFlow("more", "undo");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "a", R"({"again": true})").ok());
  ASSERT_TRUE(h.CompleteTask(key, "a", R"({"again": false})").ok());
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// --- Sub-processes -----------------------------------------------------------

// start -> sub (a -> b, each with its handler) -> change -> undo
ModelSketch Nested() {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .Node("change", K::user_task)
      .Compensate("undo", K::end_event)
      .Flow("start", "sub")
      .Flow("sub", "change")
      .Flow("change", "undo")
      .Inside("sub")
      .Node("in", K::start_event)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Handler("un_a", "a")
      .Handler("un_b", "b")
      .Flow("in", "a")
      .Flow("a", "b");
  return sketch;
}

TEST(CompensationOfSubProcess, CompensatesItsInsideInReverse) {
  CoreHarness h;
  h.Deploy(Nested());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b", "change"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
  Complete(h, key, {"un_b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// Its own variables as they were, those around it as they are.
TEST(CompensationOfSubProcess, SeesItsOwnVariablesFrozen) {
  ModelSketch sketch = Nested();
  Input(sketch, "sub", "own", "${x}");
  for (const std::string handler : {"un_a", "un_b"}) {
    auto& element = sketch.element(handler);
    element.kind = K::script_task;
    element.user_task = nullptr;
    element.script = std::make_unique<fb::ScriptDefinitionT>();
    element.script->script = std::make_unique<fb::ExpressionT>();
    element.script->script->text = "${own * 100 + x}";
    element.script->script->language = fb::Language::el;
    element.script->result_variable = "seen_by_" + handler;
  }
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"x": 1})");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.CompleteTask(key, "b", R"({"own": 7})").ok());
  ASSERT_TRUE(h.CompleteTask(key, "change", R"({"x": 2})").ok());
  EXPECT_EQ(h.Variable(key, "seen_by_un_a"), "702");
  EXPECT_EQ(h.Variable(key, "seen_by_un_b"), "702");
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(CompensationOfSubProcess, ItsHandlerReplacesItsInside) {
  ModelSketch sketch = Nested();
  sketch.Inside("").Handler("un_sub", "sub");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b", "change"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_sub"));
  Complete(h, key, {"un_sub"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// Nested() with an event sub-process for compensation: on -> tell (-> deeper).
ModelSketch WithEventSubProcess(bool deeper) {
  ModelSketch sketch = Nested();
  sketch.Node("undoing", K::event_sub_process)
      .Inside("undoing")
      .Event("on", K::start_event, T::compensation)
      .Node("tell", K::user_task)
      .Flow("on", "tell");
  if (deeper) {
    sketch.Compensate("deeper", K::end_event).Flow("tell", "deeper");
  }
  return sketch;
}

TEST(CompensationEventSubProcess, ReplacesTheInside) {
  CoreHarness h;
  h.Deploy(WithEventSubProcess(false));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b", "change"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("tell"));
  Complete(h, key, {"tell"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(CompensationEventSubProcess, GoesDeeperByThrowingAgain) {
  CoreHarness h;
  h.Deploy(WithEventSubProcess(true));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b", "change", "tell"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
  Complete(h, key, {"un_b", "un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(CompensationEventSubProcess, DoesNothingWhileItsScopeIsActive) {
  ModelSketch sketch = WithEventSubProcess(false);
  sketch.Inside("sub").Compensate("early", K::end_event).Flow("b", "early");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b"));
}

// An event sub-process of another kind throws for the scope around it.
TEST(CompensationInEventSubProcess, IsOfTheScopeAround) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Handler("un_a", "a")
      .Handler("un_b", "b")
      .Flow("start", "a")
      .Flow("a", "b")
      .Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, T::message)
      .Message("stop")
      .Compensate("undo", K::end_event)
      .Flow("on", "undo");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.Publish("stop").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// --- Failing -----------------------------------------------------------------

ModelSketch WithJobHandler() {
  ModelSketch sketch = TwoSteps();
  fb::ElementT& handler = sketch.element("un_b");
  handler.kind = K::service_task;
  handler.user_task = nullptr;
  handler.job = std::make_unique<fb::JobDefinitionT>();
  handler.job->type = std::make_unique<fb::ExpressionT>();
  handler.job->type->text = "un_b";
  handler.job->retries = 1;
  return sketch;
}

TEST(CompensationFailure, HoldsUpItsOwnRecordOnly) {
  CoreHarness h;
  h.Deploy(WithJobHandler());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  ASSERT_TRUE(h.FailJob(key, "un_b").ok());
  EXPECT_EQ(Incidents(h, key, fb::IncidentType::compensation_failed), 1);
  EXPECT_THAT(h.LastEvents(), Contains("CompensationFailed"));
  EXPECT_THAT(h.Waiting(key), ElementsAre("!un_b", "un_a"));
  Complete(h, key, {"un_a"});
  // The throw waits for all.
  EXPECT_THAT(h.Waiting(key), ElementsAre("!un_b"));
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "un_b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(CompensationFailure, ResolvedBeforeTheOthersAreDone) {
  CoreHarness h;
  h.Deploy(WithJobHandler());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  ASSERT_TRUE(h.FailJob(key, "un_b").ok());
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "un_b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

// An error out of a handler is caught by nothing around it, and starts no other
// compensation.
TEST(CompensationFailure, AnErrorStaysInside) {
  ModelSketch sketch = Nested();
  fb::ElementT& handler = sketch.element("un_b");
  handler.kind = K::service_task;
  handler.user_task = nullptr;
  handler.job = std::make_unique<fb::JobDefinitionT>();
  handler.job->type = std::make_unique<fb::ExpressionT>();
  handler.job->type->text = "un_b";
  sketch.Inside("")
      .ErrorBoundary("caught", "sub", "")
      .Node("wrong", K::user_task)
      .Flow("caught", "wrong");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b", "change"});
  fb::ThrowJobErrorT thrown;
  thrown.job = h.JobAt(key, "un_b").value();
  thrown.owner = std::make_unique<fb::JobOwnerT>();
  thrown.owner->worker = "w";
  thrown.lock_first = true;
  thrown.code = "E";
  ASSERT_TRUE(h.Do(std::move(thrown), key).ok());
  EXPECT_EQ(Incidents(h, key, fb::IncidentType::compensation_failed), 1);
  EXPECT_THAT(h.Waiting(key), ElementsAre("!un_b", "un_a"));
}

// What fails deep inside doesn't stop those outside either.
TEST(CompensationFailure, InsideOfASubProcess) {
  ModelSketch sketch = Nested();
  fb::ElementT& handler = sketch.element("un_b");
  handler.kind = K::service_task;
  handler.user_task = nullptr;
  handler.job = std::make_unique<fb::JobDefinitionT>();
  handler.job->type = std::make_unique<fb::ExpressionT>();
  handler.job->type->text = "un_b";
  handler.job->retries = 1;
  sketch.Inside("").Node("first", K::user_task).Handler("un_first", "first");
  // start -> first -> sub
  fb::SequenceFlowT* flow = nullptr;
  fb::ProcessT model = sketch.Build();
  for (auto& candidate : model.flows) {
    if (candidate->id == "start->sub") flow = candidate.get();
  }
  ASSERT_NE(flow, nullptr);
  uint32_t first = 0;
  uint32_t sub = 0;
  for (uint32_t i = 0; i < model.elements.size(); ++i) {
    if (model.elements[i]->id == "first") first = i;
    if (model.elements[i]->id == "sub") sub = i;
  }
  const auto index =
      static_cast<uint32_t>(model.elements[sub]->incoming.front());
  flow->target = first;
  model.elements[sub]->incoming.clear();
  model.elements[first]->incoming.push_back(index);
  auto onward = std::make_unique<fb::SequenceFlowT>();
  onward->id = "first->sub";
  onward->source = first;
  onward->target = sub;
  const auto added = static_cast<uint32_t>(model.flows.size());
  model.flows.push_back(std::move(onward));
  model.elements[first]->outgoing.push_back(added);
  model.elements[sub]->incoming.push_back(added);
  CoreHarness h;
  h.Deploy(model);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"first", "a", "b", "change"});
  ASSERT_TRUE(h.FailJob(key, "un_b").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("!un_b", "un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("!un_b", "un_first"));
  Complete(h, key, {"un_first"});
  ASSERT_TRUE(h.Resolve(key).ok());
  ASSERT_TRUE(h.CompleteJob(key, "un_b").ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// --- Activities that run several times ---------------------------------------

// In whatever scope it is; "absent".
std::string Anywhere(const CoreHarness& h, InstanceKey key,
                     const std::string& name) {
  for (const auto& [scope_key, scope] : h.at(key).scopes) {
    const auto it = scope.variables.find(name);
    if (it != scope.variables.end()) return it->second;
  }
  return "absent";
}

// SEMANTICS, Compensation: only once complete as a whole, then one handler for
// each instance, newest first, which sees what its instance had.
TEST(CompensationOfLoop, RunsAHandlerForEachInstance) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("a", K::user_task)
      .Loop(fb::LoopKind::sequential, "${2}", "", "item")
      .Handler("un_a", "a")
      .Compensate("undo", K::end_event)
      .Flow("start", "a")
      .Flow("a", "undo");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  EXPECT_EQ(Anywhere(h, key, "loopCounter"), "1");
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  EXPECT_EQ(Anywhere(h, key, "loopCounter"), "0");
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// --- Ending while it goes on -------------------------------------------------

TEST(CompensationEnds, WithItsInstance) {
  CoreHarness h;
  h.Deploy(TwoSteps());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  fb::CancelInstanceT cancel;
  cancel.instance = key.value();
  ASSERT_TRUE(h.Do(std::move(cancel), key).ok());
  EXPECT_EQ(h.at(key).state, fb::InstanceState::cancelled);
  EXPECT_TRUE(h.at(key).records.empty());
}

// The handler that ran is gone for good; the other can run later.
TEST(CompensationEnds, WhenItsScopeIsInterrupted) {
  ModelSketch sketch = TwoSteps();
  sketch.Node("guard", K::event_sub_process)
      .Inside("guard")
      .Event("on", K::start_event, T::message)
      .Message("stop")
      .Node("look", K::user_task)
      .Compensate("rest", K::end_event)
      .Flow("on", "look")
      .Flow("look", "rest");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  EXPECT_THAT(h.Waiting(key), Contains("un_b"));
  ASSERT_TRUE(h.Publish("stop").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("look"));
  EXPECT_TRUE(h.at(key).compensations.empty());
  Complete(h, key, {"look"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(CompensationEnds, WithATerminateEndEventOfItsScope) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("sub", K::sub_process)
      .Node("after", K::user_task)
      .Compensate("undo_rest", K::end_event)
      .Flow("start", "sub")
      .Flow("sub", "after")
      .Flow("after", "undo_rest")
      .Inside("sub")
      .Node("in", K::start_event)
      .Node("a", K::user_task)
      .Node("b", K::user_task)
      .Handler("un_a", "a")
      .Handler("un_b", "b")
      .Node("fork", K::parallel_gateway)
      .Compensate("undo", K::end_event)
      .Node("wait", K::user_task)
      .Terminate("stop")
      .Flow("in", "a")
      .Flow("a", "b")
      .Flow("b", "fork")
      .Flow("fork", "undo")
      .Flow("fork", "wait")
      .Flow("wait", "stop");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_b", "wait"));
  Complete(h, key, {"wait"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  Complete(h, key, {"after"});
  // un_b has had its turn.
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// An event at the boundary of a handler ends its turn.
TEST(CompensationEnds, OfAHandlerByItsBoundaryEvent) {
  ModelSketch sketch = TwoSteps();
  sketch.TimerBoundary("late", "un_b", "PT1H", /*interrupting=*/true)
      .Node("call", K::user_task)
      .Flow("late", "call");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "b"});
  h.Advance(3'600'000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("call", "un_a"));
}

// --- Transactions ------------------------------------------------------------

// start -> tx (a -> check -> cancel or done) -> after; cancelled -> sorry
ModelSketch Transaction(bool catches = true) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Node("tx", K::transaction)
      .Node("after", K::user_task)
      .Flow("start", "tx")
      .Flow("tx", "after");
  if (catches) {
    sketch.Boundary("cancelled", "tx", T::cancel)
        .Node("sorry", K::user_task)
        .Flow("cancelled", "sorry");
  }
  sketch.Inside("tx")
      .Node("in", K::start_event)
      .Node("fork", K::parallel_gateway)
      .Node("a", K::user_task)
      .Handler("un_a", "a")
      .Node("c", K::user_task)
      .Handler("un_c", "c")
      .Node("check", K::user_task)
      .Node("which", K::exclusive_gateway)
      .Event("cancel", K::end_event, T::cancel)
      .Node("done", K::end_event)
      .Flow("in", "fork")
      .Flow("fork", "a")
      .Flow("fork", "c")
      .Flow("a", "check")
      .Flow("check", "which")
      .Flow("which", "cancel", "${stop}")
      .Flow("which", "done")
      .DefaultFlow("which", "done");
  return sketch;
}

TEST(Transaction, IsStoppedCompensatedAndLeft) {
  CoreHarness h;
  h.Deploy(Transaction());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.CompleteTask(key, "check", R"({"stop": true})").ok());
  // c was active: it is ended, and not compensated.
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("sorry"));
  EXPECT_THAT(h.Path(key), Not(Contains("tx")));
  Complete(h, key, {"sorry"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

TEST(Transaction, WithNothingToCompensate) {
  ModelSketch sketch = Transaction();
  sketch.element("un_a_event").handler = 0;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.CompleteTask(key, "check", R"({"stop": true})").ok());
  EXPECT_THAT(h.Waiting(key), ElementsAre("sorry"));
}

TEST(Transaction, ThatNobodyCatchesEndsItsToken) {
  CoreHarness h;
  h.Deploy(Transaction(/*catches=*/false));
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.CompleteTask(key, "check", R"({"stop": true})").ok());
  Complete(h, key, {"un_a"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
  EXPECT_THAT(h.Path(key), Not(Contains("after")));
}

TEST(Transaction, ThatSucceedsGoesOn) {
  CoreHarness h;
  h.Deploy(Transaction());
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.CompleteTask(key, "check", R"({"stop": false})").ok());
  Complete(h, key, {"c"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.at(key).records.size(), 3u);
}

// 10.3.5, hazard: nothing is compensated.
TEST(Transaction, AnErrorCompensatesNothing) {
  ModelSketch sketch = Transaction();
  sketch.ErrorEnd("broken", "E")
      .Flow("c", "broken")
      .Inside("")
      .ErrorBoundary("hazard", "tx", "E")
      .Node("repair", K::user_task)
      .Flow("hazard", "repair");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "c"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("repair"));
  EXPECT_THAT(h.at(key).records, IsEmpty());
}

// Nothing but the end of its compensation ends it from then on.
TEST(Transaction, IsNotInterruptedWhileItIsCancelled) {
  ModelSketch sketch = Transaction();
  sketch.Inside("")
      .TimerBoundary("late", "tx", "PT1H", /*interrupting=*/true)
      .Node("too_late", K::user_task)
      .Flow("late", "too_late");
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a"});
  ASSERT_TRUE(h.CompleteTask(key, "check", R"({"stop": true})").ok());
  h.Advance(3'600'000);
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
}

// Boundary events belong to the whole, and so does being cancelled (ADR 0026):
// the other runs are stopped, and what has completed in any of them is
// compensated.
TEST(Transaction, ThatRunsSeveralTimesIsCancelledAsAWhole) {
  ModelSketch sketch = Transaction();
  sketch.element("tx").loop = std::make_unique<fb::LoopDefinitionT>();
  fb::LoopDefinitionT& loop = *sketch.element("tx").loop;
  loop.kind = fb::LoopKind::parallel;
  loop.cardinality = std::make_unique<fb::ExpressionT>();
  loop.cardinality->text = "${3}";
  loop.cardinality->language = fb::Language::el;
  CoreHarness h;
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p");
  Complete(h, key, {"a", "a"});
  EXPECT_THAT(h.Waiting(key),
              UnorderedElementsAre("a", "c", "c", "c", "check", "check"));
  ASSERT_TRUE(h.CompleteTask(key, "check", R"({"stop": true})").ok());
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("un_a"));
  Complete(h, key, {"un_a"});
  EXPECT_THAT(h.Waiting(key), ElementsAre("sorry"));
  EXPECT_THAT(h.Path(key), Not(Contains("after")));
  Complete(h, key, {"sorry"});
  EXPECT_EQ(h.at(key).state, fb::InstanceState::completed);
}

// --- Limits ------------------------------------------------------------------

// 12,000 handlers that don't wait don't fit into one command.
TEST(CompensationLimit, GoesOnWhenItIsResolved) {
  ModelSketch sketch("p");
  sketch.Node("start", K::start_event)
      .Script("count", "${n + 1}", "n")
      .Script("un_count", "${undone + 1}", "undone")
      .Node("more", K::exclusive_gateway)
      .Node("pause", K::user_task)
      .Compensate("undo", K::end_event)
      .Flow("start", "count")
      .Flow("count", "more")
      .Flow("more", "count", "${n % 3000 != 0}")
      .Flow("more", "pause", "${n < 12000}")
      .Flow("more", "undo")
      .Flow("pause", "count")
      .DefaultFlow("more", "undo");
  sketch.element("un_count").for_compensation = true;
  sketch.Boundary("un_count_event", "count", T::compensation);
  for (uint32_t i = 0; i < sketch.Build().elements.size(); ++i) {
    if (sketch.Build().elements[i]->id == "un_count") sketch.last().handler = i;
  }
  CoreHarness h;
  h.set_check_laws(false);
  h.Deploy(sketch);
  const InstanceKey key = h.Start("p", R"({"n": 0, "undone": 0})");
  for (int i = 0; i < 3; ++i) Complete(h, key, {"pause"});
  int resolved = 0;
  while (h.at(key).state == fb::InstanceState::active && resolved < 5) {
    ASSERT_EQ(Incidents(h, key, fb::IncidentType::limit), 1);
    h.set_check_laws(resolved == 0);
    ASSERT_TRUE(h.Resolve(key).ok());
    ++resolved;
  }
  EXPECT_EQ(h.Variable(key, "undone"), "12000");
  EXPECT_GE(resolved, 1);
}

}  // namespace
}  // namespace pawl::core
