// A test for each kind of sentence: made by a process that stands so, read from
// state and log.
#include "replay/why.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/core/variables.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "engine/model/process_builder.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"

namespace pawl::replay {
namespace {

constexpr char kNow[] = "2001-09-09T01:46:40.000Z";

class WhyTest : public testing::Test {
 protected:
  WhyTest()
      : driver_(
            ManualDriver::Open(std::make_shared<eventstore::MemoryDisk>(), {})
                .value()) {}

  void Deploy(const ProcessBuilder& model) {
    PAWL_CHECK_OK(driver_->Submit(MakeDeployment({model}).value()).status);
  }

  InstanceKey Start(const std::string& process, Variables variables = {}) {
    fb::StartInstanceT start;
    start.process_id = process;
    start.variables = core::ToWire(variables).value();
    const Reply reply = driver_->Do(std::move(start), "ada");
    PAWL_CHECK_OK(reply.status);
    PAWL_CHECK_OK(driver_->RunUntilIdle());
    return reply.answer.instance;
  }

  core::Instance At(InstanceKey key) {
    core::Instance scratch;
    return *driver_->data().Peek(key, &scratch).value();
  }

  void CompleteTask(InstanceKey key, Variables variables = {}) {
    fb::CompleteTaskT complete;
    complete.task = At(key).tasks.begin()->first.value();
    complete.variables = core::ToWire(variables).value();
    PAWL_CHECK_OK(driver_->Do(std::move(complete), "bob").status);
    PAWL_CHECK_OK(driver_->RunUntilIdle());
  }

  void FailJob(InstanceKey key, int retries, int64_t backoff_ms = -1) {
    fb::FailJobT fail;
    fail.job = At(key).jobs.begin()->first.value();
    fail.owner = std::make_unique<fb::JobOwnerT>();
    fail.owner->worker = "w";
    fail.lock_first = true;
    fail.message = "no route";
    fail.retries = retries;
    fail.backoff_ms = backoff_ms;
    PAWL_CHECK_OK(driver_->Do(std::move(fail), "w").status);
    PAWL_CHECK_OK(driver_->RunUntilIdle());
  }

  std::vector<WhySentence> Ask(InstanceKey key, WhyOptions options = {}) {
    auto sentences = Why(&driver_->data(), key, options);
    EXPECT_TRUE(sentences.ok()) << sentences.status();
    return sentences.ok() ? *std::move(sentences) : std::vector<WhySentence>();
  }

  // Texts of one kind, a line each.
  std::string Texts(InstanceKey key, const std::string& kind,
                    WhyOptions options = {}) {
    std::string text;
    for (const WhySentence& sentence : Ask(key, options)) {
      if (sentence.kind == kind) text += sentence.text + "\n";
    }
    return text;
  }

  WhySentence One(InstanceKey key, const std::string& kind) {
    for (const WhySentence& sentence : Ask(key)) {
      if (sentence.kind == kind) return sentence;
    }
    ADD_FAILURE() << "no sentence about " << kind;
    return {};
  }

  std::unique_ptr<ManualDriver> driver_;
};

TEST_F(WhyTest, SaysWhoStartedItAndWhatATaskWaitsFor) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .UserTask("review", {.candidate_groups = "clerks, heads"})
             .End());
  const InstanceKey key = Start("p");
  const std::vector<WhySentence> sentences = Ask(key);
  ASSERT_EQ(sentences.size(), 2u);
  EXPECT_EQ(sentences[0].text,
            std::string("instance 3 of p version 1 is active; it was started "
                        "at ") +
                kNow + " by ada (StartInstance)");
  EXPECT_EQ(sentences[0].details["by"], Value("ada"));
  EXPECT_EQ(sentences[1].text,
            std::string("user task review waits for one of clerks, heads "
                        "since ") +
                kNow + ": task 6; `pawl complete 6` does it");
  EXPECT_EQ(sentences[1].key, 6u);
  EXPECT_EQ(sentences[1].since, 3u);
  EXPECT_EQ(sentences[1].element_id, "review");
}

TEST_F(WhyTest, JobsByTheirState) {
  Deploy(ProcessBuilder("p").StartEvent().ServiceTask("work").End());
  const InstanceKey key = Start("p");
  EXPECT_EQ(Texts(key, "job"),
            std::string("service task work waits since ") + kNow +
                " for a worker to take job 6 of type work as attempt 1 (3 "
                "attempts left); `pawl job fetch work --worker NAME` takes "
                "it\n");
  ASSERT_EQ(driver_->Fetch({"work", "w", 60'000, 1}).jobs.size(), 1u);
  EXPECT_EQ(Texts(key, "job"),
            std::string("service task work waits for job 6 of type work, "
                        "which w has since ") +
                kNow +
                " as attempt 1, locked until 2001-09-09T01:47:40.000Z, in "
                "1m\n");
  const int64_t locked_ms = driver_->now_ms();
  // Somebody looks at it after its lock, before an engine did.
  EXPECT_NE(Texts(key, "job", {.now_ms = locked_ms + 61'000})
                .find("; its lock ran out at 2001-09-09T01:47:40.000Z, 1s ago"),
            std::string::npos);
  PAWL_CHECK_OK(driver_->AdvanceTo(locked_ms + 60'000));
  FailJob(key, 1, 3'600'000);
  EXPECT_EQ(Texts(key, "job"),
            "service task work waits since 2001-09-09T01:47:40.000Z for "
            "attempt 3 of job 6 of type work at 2001-09-09T02:47:40.000Z, in "
            "1h; it failed 1 time, last: no route (1 attempt left)\n");
  EXPECT_EQ(One(key, "job").details["until"],
            Value("2001-09-09T02:47:40.000Z"));
}

TEST_F(WhyTest, AJobInTheHandsOfAHandler) {
  Deploy(ProcessBuilder("p").StartEvent().ServiceTask("work").End());
  fb::RegisterHandlerT handler;
  handler.type = "work";
  handler.capacity = 1;
  PAWL_CHECK_OK(driver_->Do(std::move(handler)).status);
  EXPECT_NE(
      Texts(Start("p"), "job").find("which the engine's own handler has since"),
      std::string::npos);
}

TEST_F(WhyTest, IncidentsSayWhatResolvesThem) {
  Deploy(ProcessBuilder("p").StartEvent().ServiceTask("work").End());
  const InstanceKey key = Start("p");
  FailJob(key, 0);
  EXPECT_EQ(Texts(key, "incident"),
            std::string("service task work has incident 7 (job_no_retries) "
                        "since ") +
                kNow +
                ": no route; job 6 of type work has failed 1 time. mend what "
                "the job needs; then `pawl resolve 7`\n");
  EXPECT_EQ(Texts(key, "job"), "");
  EXPECT_EQ(One(key, "incident").details["resolves"], Value("pawl resolve 7"));
}

TEST_F(WhyTest, AnExpressionThatFailed) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .ExclusiveGateway("large")
             .When("${amount > 100}")
             .End("a")
             .Default()
             .End("b"));
  const WhySentence sentence = One(Start("p"), "incident");
  EXPECT_EQ(sentence.details["type"], Value("expression_error"));
  EXPECT_NE(sentence.text.find("set the variables that it needs (`pawl set`)"),
            std::string::npos)
      << sentence.text;
}

TEST_F(WhyTest, TimersInTimeAndLate) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .UserTask("review")
             .End()
             .BoundaryTimer("late", "review", "P1DT2H")
             .End("gone"));
  const InstanceKey key = Start("p");
  EXPECT_EQ(Texts(key, "timer"),
            std::string("boundary event late waits since ") + kNow +
                " for timer 7, due 2001-09-10T03:46:40.000Z, in 1d2h, which "
                "would end user task review\n");
  EXPECT_NE(Texts(key, "timer", {.now_ms = driver_->now_ms() + 93'660'000})
                .find("1m ago, which would end user task review; it is late: "
                      "nobody runs the store"),
            std::string::npos);
}

TEST_F(WhyTest, MessagesWithTheirKeys) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .MessageCatch("paid", "payment", "${order}")
             .End());
  const InstanceKey key = Start("p", {{"order", "A-17"}});
  EXPECT_EQ(Texts(key, "message"),
            std::string("intermediate catch event paid waits since ") + kNow +
                " for message payment with key A-17; `pawl message payment "
                "--key A-17` wakes it\n");
  Deploy(ProcessBuilder("q").StartEvent().ReceiveTask("wait", "go").End());
  EXPECT_NE(Texts(Start("q"), "message")
                .find("for message go of any key; `pawl message go` wakes it"),
            std::string::npos);
}

TEST_F(WhyTest, EventsBehindAGatewayAndEventSubProcesses) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .EventGateway("either")
             .SignalCatch("stopped", "stop")
             .End()
             .Branch()
             .TimerCatch("late", "PT1H")
             .End()
             .EventSubProcess("undo", ProcessBuilder("")
                                          .MessageStart("withdrawn", "cancel")
                                          .End("undone")));
  const InstanceKey key = Start("p");
  EXPECT_EQ(Texts(key, "signal"),
            std::string("intermediate catch event stopped waits since ") +
                kNow +
                " for signal stop, at event based gateway either; `pawl "
                "signal stop` wakes it\n");
  EXPECT_EQ(Texts(key, "message"),
            std::string("start event withdrawn waits since ") + kNow +
                " for message cancel of any key, which would start sub process "
                "undo and end what else is active in process p; `pawl message "
                "cancel` wakes it\n");
}

TEST_F(WhyTest, ConditionsWithTheValuesThatTheyRead) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .ConditionCatch("high", "${level > limit}")
             .End());
  const InstanceKey key = Start("p", {{"level", 2}, {"limit", 5}});
  EXPECT_EQ(Texts(key, "condition"),
            std::string("intermediate catch event high waits since ") + kNow +
                " until ${level > limit} is true; level is 2, limit is 5; "
                "`pawl set 3 --vars JSON` has it looked at again\n");
  EXPECT_EQ(One(key, "condition").details["holds"], Value(false));
}

TEST_F(WhyTest, GatewaysSayWhatTheirConditionsGave) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .ExclusiveGateway("large")
             .When("${amount > 100}")
             .UserTask("approve")
             .End()
             .When("${amount > 10}")
             .UserTask("review")
             .End()
             .Default()
             .UserTask("note")
             .End());
  EXPECT_EQ(Texts(Start("p", {{"amount", 20}}), "choice"),
            std::string("exclusive gateway large took flow flow_4 to review at "
                        "") +
                kNow +
                ": ${amount > 100} was false, ${amount > 10} was true (amount "
                "= 20)\n");
  EXPECT_EQ(Texts(Start("p", {{"amount", 1}}), "choice"),
            std::string("exclusive gateway large took its default flow flow_6 "
                        "to note at ") +
                kNow +
                ": ${amount > 100} was false, ${amount > 10} was false (amount "
                "= 1)\n");
  // The first that holds decides: the second wasn't asked.
  const InstanceKey key = Start("p", {{"amount", 200}});
  const WhySentence choice = One(key, "choice");
  EXPECT_EQ(choice.details["flows"][0]["held"], Value(true));
  EXPECT_TRUE(choice.details["flows"][1]["held"].is_null());
  // What is written later doesn't change what was read then.
  CompleteTask(key, {{"amount", 3}});
  EXPECT_EQ(One(key, "choice").details["variables"]["amount"], Value(200));
  EXPECT_EQ(Texts(key, "choice", {.choices_max = 0}), "");
}

TEST_F(WhyTest, WhatAScriptGaveIsReadFromTheFlow) {
  // A Lua condition: nothing runs it again.
  const char* const kModel = R"(<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    targetNamespace="t">
  <process id="p" isExecutable="true">
    <startEvent id="start"/>
    <exclusiveGateway id="which" default="no"/>
    <userTask id="a"/><userTask id="b"/>
    <sequenceFlow id="f" sourceRef="start" targetRef="which"/>
    <sequenceFlow id="yes" sourceRef="which" targetRef="a">
      <conditionExpression xsi:type="tFormalExpression" language="lua"
        >return n == 1</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="no" sourceRef="which" targetRef="b"/>
  </process>
</definitions>)";
  PAWL_CHECK_OK(
      driver_->Submit(MakeDeployment({BpmnText("p.bpmn", kModel)}).value())
          .status);
  const WhySentence choice = One(Start("p", {{"n", 1}}), "choice");
  EXPECT_NE(choice.text.find("took flow yes to a"), std::string::npos);
  EXPECT_NE(choice.text.find("return n == 1 was true"), std::string::npos);
  EXPECT_NE(choice.text.find("it isn't run again"), std::string::npos);
  EXPECT_EQ(choice.details["variables"].size(), 0u);
}

TEST_F(WhyTest, JoinsSayWhatTheyMissAndWhereItIs) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .ParallelGateway("fork")
             .UserTask("a")
             .ParallelGateway("join")
             .End()
             .Branch("fork")
             .UserTask("b")
             .Task("after_b")
             .ConnectTo("join"));
  const InstanceKey key = Start("p");
  EXPECT_EQ(Texts(key, "join"), "");
  CompleteTask(key);
  EXPECT_EQ(Texts(key, "join"),
            std::string("parallel gateway join waits since ") + kNow +
                " with a token on flow_3 from a; it misses one on flow_7 from "
                "after_b, which can come from user task b\n");
  EXPECT_EQ(One(key, "join").details["can_fire"], Value(true));
}

TEST_F(WhyTest, AJoinThatCanNeverFireIsStuck) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .ExclusiveGateway("one")
             .When("${true}")
             .Task("a")
             .ParallelGateway("join")
             .End()
             .Default()
             .Task("b")
             .ConnectTo("join"));
  const InstanceKey key = Start("p");
  EXPECT_NE(Texts(key, "join").find("where no token can come from any more"),
            std::string::npos);
  EXPECT_EQ(Texts(key, "stuck"),
            std::string("nothing that it could wait for is open since ") +
                kNow + ": it can't go on by itself; `pawl cancel 3` ends it\n");
}

TEST_F(WhyTest, InclusiveJoinsKnowWhoCanStillCome) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .InclusiveGateway("split")
             .When("${true}")
             .UserTask("a")
             .InclusiveGateway("join")
             .End()
             .Branch("split")
             .When("${true}")
             .UserTask("b")
             .ConnectTo("join")
             .Branch("split")
             .When("${false}")
             .UserTask("c")
             .ConnectTo("join"));
  const InstanceKey key = Start("p");
  CompleteTask(key);
  const std::string text = Texts(key, "join");
  EXPECT_NE(text.find("from b, which can come from user task b"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("from c, where no token can come from any more"),
            std::string::npos)
      << text;
}

TEST_F(WhyTest, CallsAreFollowed) {
  Deploy(ProcessBuilder("child").StartEvent().UserTask("inner").End());
  Deploy(ProcessBuilder("p").StartEvent().CallActivity("call", "child").End());
  const InstanceKey key = Start("p");
  const std::vector<WhySentence> sentences = Ask(key);
  ASSERT_EQ(sentences.size(), 4u);
  const std::string child = ToString(At(key).calls.begin()->second);
  EXPECT_EQ(sentences[1].text, "call activity call waits since " +
                                   std::string(kNow) + " for instance " +
                                   child +
                                   " of child version 1, which it called");
  EXPECT_EQ(ToString(sentences[2].instance), child);
  EXPECT_NE(sentences[2].text.find("by ada (StartInstance), called by "
                                   "instance "),
            std::string::npos)
      << sentences[2].text;
  EXPECT_EQ(sentences[3].kind, "task");
}

TEST_F(WhyTest, SuspendedByWhom) {
  Deploy(ProcessBuilder("child").StartEvent().UserTask("inner").End());
  Deploy(ProcessBuilder("p").StartEvent().CallActivity("call", "child").End());
  const InstanceKey key = Start("p");
  driver_->SetNow(driver_->now_ms() + 1000);
  fb::SuspendInstanceT suspend;
  suspend.instance = key.value();
  PAWL_CHECK_OK(driver_->Do(std::move(suspend), "carol").status);
  PAWL_CHECK_OK(driver_->RunUntilIdle());
  const std::string text =
      "it was suspended at 2001-09-09T01:46:41.000Z by carol "
      "(SuspendInstance) and takes no step until `pawl resume " +
      ToString(key) + "`\n";
  // The called instance was suspended by the engine, because of her.
  EXPECT_EQ(Texts(key, "suspended"), text + text);
}

TEST_F(WhyTest, LoopsAndAdHocSubProcesses) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .UserTask("each")
             .MultiInstance({.cardinality = "3", .sequential = true})
             .End());
  const InstanceKey key = Start("p");
  CompleteTask(key);
  EXPECT_EQ(Texts(key, "loop"),
            std::string("user task each has done 1 of 3 runs since ") + kNow +
                "; 1 is under way\n");
  Deploy(ProcessBuilder("q")
             .StartEvent()
             .AdHocSubProcess(
                 "case",
                 ProcessBuilder("").UserTask("x").Beside().UserTask("y"),
                 {.sequential = true})
             .End());
  EXPECT_EQ(Texts(Start("q"), "ad_hoc"),
            std::string("ad hoc sub process case is open since ") + kNow +
                "; next in it: y\n");
}

TEST_F(WhyTest, PartsOfAParallelMultipleEvent) {
  using Kind = EventTrigger::Kind;
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .MultipleCatch("both",
                            {{.kind = Kind::kSignal, .text = "s"},
                             {.kind = Kind::kSignal, .text = "t"}},
                            /*parallel=*/true)
             .End());
  const InstanceKey key = Start("p");
  fb::BroadcastSignalT signal;
  signal.name = "s";
  PAWL_CHECK_OK(driver_->Do(std::move(signal)).status);
  PAWL_CHECK_OK(driver_->RunUntilIdle());
  const std::string text = Texts(key, "event_parts");
  EXPECT_NE(text.find("intermediate catch event both waits for all of its "
                      "events; "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(" has come"), std::string::npos) << text;
}

TEST_F(WhyTest, CompensationUnderWay) {
  Deploy(ProcessBuilder("p")
             .StartEvent()
             .Task("book_hotel")
             .CompensateBy("cancel_hotel")
             .Task("book_flight")
             .CompensateBy("cancel_flight")
             .CompensationThrow("undo")
             .End());
  const InstanceKey key = Start("p");
  EXPECT_EQ(Texts(key, "compensation"),
            std::string("compensation that intermediate throw event undo asked "
                        "for is under way since ") +
                kNow + ": cancel_flight undoes book_flight, then book_hotel\n");
  EXPECT_NE(Texts(key, "job").find("service task cancel_flight waits"),
            std::string::npos);
}

TEST_F(WhyTest, HowItEnded) {
  Deploy(ProcessBuilder("p").StartEvent().UserTask("review").End("done"));
  const InstanceKey completed = Start("p");
  CompleteTask(completed);
  EXPECT_EQ(Texts(completed, "ended"),
            std::string("it ended as completed at ") + kNow +
                ": nothing was left to do after end event done, which followed "
                "from bob (CompleteTask)\n");
  const InstanceKey cancelled = Start("p");
  fb::CancelInstanceT cancel;
  cancel.instance = cancelled.value();
  cancel.reason = "customer withdrew";
  PAWL_CHECK_OK(driver_->Do(std::move(cancel), "carol").status);
  EXPECT_EQ(Texts(cancelled, "ended"),
            std::string("it ended as cancelled at ") + kNow +
                ": cancelled by carol (CancelInstance): customer withdrew\n");
  EXPECT_EQ(One(cancelled, "ended").details["by"], Value("carol"));

  Deploy(ProcessBuilder("t").StartEvent().UserTask("x").TerminateEnd("stop"));
  const InstanceKey terminated = Start("t");
  CompleteTask(terminated);
  EXPECT_EQ(Texts(terminated, "ended"),
            std::string("it ended as terminated at ") + kNow +
                ": end event stop ended it, after bob (CompleteTask)\n");
}

TEST_F(WhyTest, ASagaThatWasRolledBack) {
  Deploy(ProcessBuilder("p")
             .Saga(SagaScope::kGlobal)
             .StartEvent()
             .ServiceTask("charge")
             .End());
  const InstanceKey key = Start("p");
  FailJob(key, 0);
  EXPECT_EQ(Texts(key, "ended"),
            std::string("it ended as compensated at ") + kNow +
                ": its saga was rolled back, after w (FailJob); service task "
                "charge had failed for good: no route\n");
}

TEST_F(WhyTest, AsItWas) {
  Deploy(ProcessBuilder("p").StartEvent().UserTask("a").UserTask("b").End());
  const InstanceKey key = Start("p");
  const Position at = driver_->data().state().position;
  driver_->SetNow(driver_->now_ms() + 60'000);
  CompleteTask(key);
  EXPECT_EQ(One(key, "task").element_id, "b");
  const std::vector<WhySentence> then = Ask(key, {.at = at});
  ASSERT_EQ(then.size(), 2u);
  EXPECT_EQ(then[1].element_id, "a");
  EXPECT_EQ(Why(&driver_->data(), key, {.at = at - 1}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Why(&driver_->data(), key, {.at = at + 99}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Why(&driver_->data(), InstanceKey(99)).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pawl::replay
