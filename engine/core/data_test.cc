// Data associations (docs/adr/0027) and message flows (docs/adr/0028) while
// they run: what is where, and what isn't.
#include <memory>
#include <string>

#include "base/limits.h"
#include "engine/model/bpmn_xml.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl::core {
namespace {

using ::testing::ElementsAre;

// Deploys every process of a file with this content.
void Deploy(CoreHarness* h, const std::string& content) {
  const auto parsed = model::ParseBpmn(
      "<definitions "
      "xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "
      "xmlns:pawl='https://pawl.dev/bpmn/1.0'>" +
          content + "</definitions>",
      "f");
  ASSERT_TRUE(parsed.ok()) << parsed.ToStatus();
  for (const auto& process : parsed.processes) h->Deploy(*process.model);
}

std::string Io(const std::string& data) {
  return "<ioSpecification>" + data + "</ioSpecification>";
}

std::string Association(const std::string& way, const std::string& from,
                        const std::string& to) {
  return "<data" + way + "Association><sourceRef>" + from +
         "</sourceRef><targetRef>" + to + "</targetRef></data" + way +
         "Association>";
}

// x -> after, with an input and an output of x.
std::string TaskProcess(const std::string& tag) {
  return "<process id='p'><dataObject id='O' name='order'/>"
         "<dataObject id='T' name='total'/><" +
         tag + " id='x'>" +
         Io("<dataInput id='i' name='what'/><dataOutput id='o' name='sum'/>") +
         Association("Input", "O", "i") + Association("Output", "o", "T") +
         "</" + tag +
         "><userTask id='after'/>"
         "<sequenceFlow id='f' sourceRef='x' targetRef='after'/></process>";
}

// Of the scope of `element`, which is active.
std::string Local(const CoreHarness& h, InstanceKey key,
                  const std::string& element, const std::string& name) {
  for (const auto& [at, instance] : h.at(key).elements) {
    if (h.ModelOf(key).element(instance.element).id != element) continue;
    const auto scope = h.at(key).scopes.find(at);
    if (scope == h.at(key).scopes.end()) return "absent";
    const auto it = scope->second.variables.find(name);
    return it == scope->second.variables.end() ? "absent" : it->second;
  }
  return "not active";
}

TEST(Data, InputsAreLocalAndOutputsGoOn) {
  CoreHarness h;
  Deploy(&h, TaskProcess("serviceTask"));
  const InstanceKey key = h.Start("p", R"({"order": 7})");
  EXPECT_EQ(Local(h, key, "x", "what"), "7");
  EXPECT_EQ(h.Variable(key, "what"), "absent");
  ASSERT_TRUE(h.CompleteJob(key, "x", R"({"sum": 3, "other": 1})").ok());
  EXPECT_EQ(h.Variable(key, "total"), "3");
  EXPECT_EQ(h.Variable(key, "sum"), "absent");
  // Unlike with output mappings.
  EXPECT_EQ(h.Variable(key, "other"), "1");
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
}

TEST(Data, WhatIsNotThereChangesNothing) {
  CoreHarness h;
  Deploy(&h, TaskProcess("userTask"));
  // A variable of the output's name outside is none of the task's.
  const InstanceKey key = h.Start("p", R"({"total": 5, "sum": 9})");
  EXPECT_EQ(Local(h, key, "x", "what"), "null");
  ASSERT_TRUE(h.CompleteTask(key, "x").ok());
  EXPECT_EQ(h.Variable(key, "total"), "5");
  EXPECT_EQ(h.Variable(key, "sum"), "9");
}

// A user task with these data between two data objects, o and t, and after it
// another.
std::string TaskWith(const std::string& data) {
  return "<process id='p'><dataObject id='O' name='o'/>"
         "<dataObject id='T' name='t'/><userTask id='x'>" +
         data +
         "</userTask><userTask id='after'/>"
         "<sequenceFlow id='f' sourceRef='x' targetRef='after'/></process>";
}

TEST(Data, WhatIsNotThereMakesNoVariable) {
  CoreHarness h;
  Deploy(&h, TaskWith(Io("<dataOutput id='r' name='sum'/>") +
                      Association("Output", "r", "T")));
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.CompleteTask(key, "x").ok());
  EXPECT_EQ(h.Variable(key, "t"), "absent");
}

// The task's input has the name of the output's target.
TEST(Data, WhatIsNotThereDoesntPassAnInputOn) {
  CoreHarness h;
  Deploy(&h,
         TaskWith(
             Io("<dataInput id='i' name='t'/><dataOutput id='r' name='sum'/>") +
             Association("Input", "O", "i") + Association("Output", "r", "T")));
  const InstanceKey key = h.Start("p", R"({"o": 1, "t": 2})");
  EXPECT_EQ(Local(h, key, "x", "t"), "1");
  ASSERT_TRUE(h.CompleteTask(key, "x").ok());
  EXPECT_EQ(h.Variable(key, "t"), "2");
}

TEST(Data, AResultOfItsNameDoesntHideADataObject) {
  CoreHarness h;
  Deploy(&h,
         TaskWith(
             Io("<dataInput id='i' name='in'/><dataOutput id='r' name='o'/>") +
             Association("Input", "O", "i") + Association("Output", "r", "T")));
  const InstanceKey key = h.Start("p", R"({"o": 1})");
  EXPECT_EQ(Local(h, key, "x", "in"), "1");
  ASSERT_TRUE(h.CompleteTask(key, "x", R"({"o": 3})").ok());
  EXPECT_EQ(h.Variable(key, "o"), "1");
  EXPECT_EQ(h.Variable(key, "t"), "3");
}

// Of them one has its name.
TEST(Data, AResultGoesToSeveralPlaces) {
  for (const bool own_name_first : {true, false}) {
    CoreHarness h;
    Deploy(&h,
           TaskWith(Io("<dataOutput id='r' name='o'/>") +
                    Association("Output", "r", own_name_first ? "O" : "T") +
                    Association("Output", "r", own_name_first ? "T" : "O")));
    const InstanceKey key = h.Start("p", R"({"o": 1, "t": 2})");
    const InstanceKey other = h.Start("p", R"({"o": 1, "t": 2})");
    ASSERT_TRUE(h.CompleteTask(key, "x", R"({"o": 3})").ok());
    EXPECT_EQ(h.Variable(key, "o"), "3");
    EXPECT_EQ(h.Variable(key, "t"), "3");
    ASSERT_TRUE(h.CompleteTask(other, "x").ok());
    EXPECT_EQ(h.Variable(other, "o"), "1");
    EXPECT_EQ(h.Variable(other, "t"), "2");
  }
}

TEST(Data, ALocalVariableOfItsNameDoesntKeepAResult) {
  CoreHarness h;
  Deploy(&h, TaskWith(Io("<dataOutput id='r' name='o'/>") +
                      Association("Output", "r", "O")));
  const InstanceKey key = h.Start("p", R"({"o": 1})");
  fb::SetTaskVariablesT set;
  set.task = h.at(key).tasks.begin()->first.value();
  set.variables.push_back(std::make_unique<fb::VariableT>());
  set.variables.back()->name = "o";
  set.variables.back()->json = "2";
  set.local = true;
  ASSERT_TRUE(h.Do(std::move(set), key).ok());
  ASSERT_TRUE(h.CompleteTask(key, "x", R"({"o": 3})").ok());
  EXPECT_EQ(h.Variable(key, "o"), "3");
}

TEST(Data, ACallThatDoesntGiveItLeavesItsTarget) {
  CoreHarness h;
  Deploy(&h,
         "<process id='p'><dataObject id='O' name='order'/>"
         "<callActivity id='c' calledElement='q'>" +
             Io("<dataOutput id='o' name='order'/>") +
             Association("Output", "o", "O") +
             "</callActivity><userTask id='after'/>"
             "<sequenceFlow id='f' sourceRef='c' targetRef='after'/></process>"
             "<process id='q'><task id='x'/></process>");
  const InstanceKey key = h.Start("p", R"({"order": 1})");
  EXPECT_THAT(h.Waiting(key), ElementsAre("after"));
  EXPECT_EQ(h.Variable(key, "order"), "1");
}

TEST(Data, OfASubProcessTheyEndWithIt) {
  CoreHarness h;
  Deploy(
      &h,
      "<process id='p'><subProcess id='s'>"
      "<dataObject id='B' name='box'/><userTask id='x'>" +
          Io("<dataOutput id='o' name='box'/>") +
          Association("Output", "o", "B") +
          "</userTask><userTask id='y'/><sequenceFlow id='g' sourceRef='x' "
          "targetRef='y'/></subProcess><userTask id='after'/>"
          "<sequenceFlow id='f' sourceRef='s' targetRef='after'/></process>");
  const InstanceKey key = h.Start("p", R"({"box": "outer"})");
  EXPECT_EQ(Local(h, key, "s", "box"), "null");
  ASSERT_TRUE(h.CompleteTask(key, "x", R"({"box": "inner"})").ok());
  EXPECT_EQ(Local(h, key, "s", "box"), R"("inner")");
  ASSERT_TRUE(h.CompleteTask(key, "y").ok());
  EXPECT_EQ(h.Variable(key, "box"), R"("outer")");
}

// 13.5.4: what came is there before the sub-process's own data of that name.
TEST(Data, AnEventSubProcessIsStartedWithThem) {
  CoreHarness h;
  Deploy(&h,
         "<message id='M' name='m'/><process id='p'><userTask id='t'/>"
         "<subProcess id='s' triggeredByEvent='true'>"
         "<dataObject id='E' name='seen'/><dataObject id='F' name='order'/>"
         "<startEvent id='b' isInterrupting='false'>"
         "<dataOutput id='o' name='order'/>" +
             Association("Output", "o", "E") +
             "<messageEventDefinition messageRef='M'/></startEvent>"
             "<userTask id='x'/><sequenceFlow id='g' sourceRef='b' "
             "targetRef='x'/></subProcess></process>");
  const InstanceKey key = h.Start("p");
  ASSERT_TRUE(h.Publish("m", "", R"({"order": 4})").ok());
  EXPECT_EQ(Local(h, key, "s", "seen"), "4");
  EXPECT_EQ(Local(h, key, "s", "order"), "4");
}

// SEMANTICS, Call activity: nothing else crosses.
TEST(Data, OnlyInputsAndOutputsCrossACall) {
  CoreHarness h;
  Deploy(&h,
         "<process id='p'><dataObject id='O' name='order'/>"
         "<dataObject id='T' name='total'/>"
         "<callActivity id='c' calledElement='q'>" +
             Io("<dataInput id='i' name='what'/><dataOutput id='o' "
                "name='sum'/><dataOutput id='e' name='order'/>") +
             Association("Input", "O", "i") + Association("Output", "o", "T") +
             Association("Output", "e", "O") +
             "</callActivity><userTask id='after'/>"
             "<sequenceFlow id='f' sourceRef='c' targetRef='after'/></process>"
             "<process id='q'><userTask id='x'/></process>");
  const InstanceKey key = h.Start("p", R"({"order": 1, "secret": 2})");
  const InstanceKey called = h.newest();
  ASSERT_NE(called, key);
  EXPECT_EQ(h.Variable(called, "what"), "1");
  EXPECT_EQ(h.Variable(called, "order"), "absent");
  EXPECT_EQ(h.Variable(called, "secret"), "absent");
  EXPECT_EQ(h.Variable(called, "sum"), "absent");
  ASSERT_TRUE(
      h.CompleteTask(called, "x", R"({"sum": 8, "order": 9, "other": 1})")
          .ok());
  EXPECT_EQ(h.Variable(key, "total"), "8");
  EXPECT_EQ(h.Variable(key, "order"), "9");
  EXPECT_EQ(h.Variable(key, "sum"), "absent");
  EXPECT_EQ(h.Variable(key, "other"), "absent");
}

TEST(Data, AMessageCarriesTheInputsOfWhoThrowsIt) {
  CoreHarness h;
  Deploy(&h,
         "<message id='M' name='m'/><process id='p'>"
         "<dataObject id='O' name='order'/><sendTask id='t' messageRef='M'>" +
             Io("<dataInput id='i' name='what'/>") +
             Association("Input", "O", "i") +
             "</sendTask></process><process id='q'>"
             "<dataObject id='G' name='got'/><startEvent id='b'>"
             "<dataOutput id='o' name='what'/>" +
             Association("Output", "o", "G") +
             "<messageEventDefinition messageRef='M'/></startEvent>"
             "<userTask id='x'/><sequenceFlow id='f' sourceRef='b' "
             "targetRef='x'/></process>");
  const InstanceKey key = h.Start("p", R"({"order": 1, "secret": 2})");
  const InstanceKey started = h.newest();
  ASSERT_NE(started, key);
  EXPECT_EQ(h.Variable(started, "got"), "1");
  EXPECT_EQ(h.Variable(started, "order"), "absent");
}

// --- Message flows
// -------------------------------------------------------------

// asker: ask -> hear; answerer: asked -> think -> answer.
constexpr char kTalk[] =
    "<collaboration id='C'><participant id='A' processRef='asker'/>"
    "<participant id='B' processRef='answerer'/>"
    "<messageFlow id='f1' sourceRef='ask' targetRef='asked'/>"
    "<messageFlow id='f2' sourceRef='answer' targetRef='hear'/>"
    "</collaboration>"
    "<process id='asker'><sendTask id='ask'/><receiveTask id='hear'/>"
    "<userTask id='heard'/>"
    "<sequenceFlow id='a1' sourceRef='ask' targetRef='hear'/>"
    "<sequenceFlow id='a2' sourceRef='hear' targetRef='heard'/></process>"
    "<process id='answerer'><startEvent id='asked'><messageEventDefinition/>"
    "</startEvent><userTask id='think'/>"
    "<endEvent id='answer'><messageEventDefinition/></endEvent>"
    "<sequenceFlow id='b1' sourceRef='asked' targetRef='think'/>"
    "<sequenceFlow id='b2' sourceRef='think' targetRef='answer'/></process>";

InstanceKey StartWith(CoreHarness* h, const std::string& process,
                      const std::string& business_key) {
  fb::StartInstanceT start;
  start.process_id = process;
  start.business_key = business_key;
  EXPECT_TRUE(h->Do(std::move(start)).ok());
  return h->last_answer().instance;
}

TEST(MessageFlow, TheAnswerGoesToWhoAsked) {
  CoreHarness h;
  Deploy(&h, kTalk);
  const InstanceKey first = StartWith(&h, "asker", "K1");
  const InstanceKey to_first = h.newest();
  const InstanceKey second = StartWith(&h, "asker", "K2");
  const InstanceKey to_second = h.newest();
  EXPECT_EQ(h.at(to_first).business_key, "K1");
  EXPECT_EQ(h.at(to_second).business_key, "K2");
  // The younger answer comes first and passes the older subscription by.
  ASSERT_TRUE(h.CompleteTask(to_second, "think").ok());
  EXPECT_THAT(h.Waiting(second), ElementsAre("heard"));
  EXPECT_THAT(h.Waiting(first), ElementsAre("hear"));
  ASSERT_TRUE(h.CompleteTask(to_first, "think").ok());
  EXPECT_THAT(h.Waiting(first), ElementsAre("heard"));
}

TEST(MessageFlow, WithoutABusinessKeyWhoeverWaitsLongest) {
  CoreHarness h;
  Deploy(&h, kTalk);
  const InstanceKey first = h.Start("asker");
  const InstanceKey to_first = h.newest();
  const InstanceKey second = h.Start("asker");
  EXPECT_EQ(h.at(to_first).business_key, "");
  ASSERT_TRUE(h.CompleteTask(h.newest(), "think").ok());
  EXPECT_THAT(h.Waiting(first), ElementsAre("heard"));
  EXPECT_THAT(h.Waiting(second), ElementsAre("hear"));
}

// Not only one that it starts at once.
TEST(MessageFlow, WhatWasKeptStartsAnInstanceWithTheSendersBusinessKey) {
  CoreHarness h;
  Deploy(&h,
         "<collaboration id='C'><participant id='A' processRef='a'/>"
         "<participant id='B' processRef='b'/>"
         "<messageFlow id='f' sourceRef='t' targetRef='s'/></collaboration>"
         "<process id='a'><sendTask id='t'/></process>"
         "<process id='b'><startEvent id='s'><messageEventDefinition "
         "pawl:onePerKey='true'/></startEvent><userTask id='x'/>"
         "<sequenceFlow id='f1' sourceRef='s' targetRef='x'/></process>");
  StartWith(&h, "a", "K1");
  const InstanceKey first = h.newest();
  StartWith(&h, "a", "K1");
  // It waits until the first of its key has ended.
  ASSERT_TRUE(h.CompleteTask(first, "x").ok());
  const InstanceKey second = h.newest();
  ASSERT_NE(first, second);
  EXPECT_THAT(h.Waiting(second), ElementsAre("x"));
  EXPECT_EQ(h.at(second).business_key, "K1");
}

// It is kept for a pool that isn't ready, but not for ever.
TEST(MessageFlow, IsKeptForADay) {
  for (const bool late : {false, true}) {
    CoreHarness h;
    Deploy(&h,
           "<collaboration id='C'><participant id='A' processRef='a'/>"
           "<participant id='B' processRef='b'/>"
           "<messageFlow id='f' sourceRef='t' targetRef='c'/></collaboration>"
           "<process id='a'><sendTask id='t'/></process>"
           "<process id='b'><userTask id='x'/><receiveTask id='c'/>"
           "<sequenceFlow id='f1' sourceRef='x' targetRef='c'/></process>");
    StartWith(&h, "a", "K1");
    const InstanceKey other = StartWith(&h, "b", "K2");
    const InstanceKey key = StartWith(&h, "b", "K1");
    h.Advance(kMessageFlowKeptMs - (late ? 0 : 1));
    ASSERT_TRUE(h.CompleteTask(other, "x").ok());
    ASSERT_TRUE(h.CompleteTask(key, "x").ok());
    EXPECT_EQ(h.at(key).state == fb::InstanceState::completed, !late);
    EXPECT_THAT(h.Waiting(other), ElementsAre("c"));
  }
}

}  // namespace
}  // namespace pawl::core
