// Pools, message flows and lanes (BPMN 2.0.2, 9.3, 9.4 and 10.8;
// docs/adr/0028): what is kept, and what a flow delivers.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

constexpr char kFlow[] = "<messageFlow id='f' sourceRef='t' targetRef='c'/>";
constexpr char kThrow[] =
    "<intermediateThrowEvent id='t'><messageEventDefinition/>"
    "</intermediateThrowEvent>";
constexpr char kCatch[] =
    "<intermediateCatchEvent id='c'><messageEventDefinition messageRef='M'/>"
    "</intermediateCatchEvent>";

// Process a with the first, process b with the second content.
std::string Pools(const std::string& a, const std::string& b,
                  const std::string& flows = kFlow,
                  const std::string& key = "") {
  return Definitions(absl::StrCat(
      "<collaboration id='C'><participant id='A' name='Aa' processRef='a'/>"
      "<participant id='B' processRef='b'/><participant id='X' name='Bank'/>\n",
      flows, "</collaboration><message id='M' name='m'", key,
      "/><message id='N' name='n'/><process id='a'>", a,
      "</process><process id='b'>", b, "</process>"));
}

const fb::MessageDefinitionT* MessageOf(const ParsedModel& parsed,
                                        size_t process, const std::string& id) {
  if (parsed.processes.size() <= process ||
      parsed.processes[process].model == nullptr) {
    return nullptr;
  }
  const auto* element = FindElement(*parsed.processes[process].model, id);
  return element == nullptr ? nullptr : element->message.get();
}

// Whether each of the two sends or waits along the flow.
std::string Along(const ParsedModel& parsed) {
  const auto* sent = MessageOf(parsed, 0, "t");
  const auto* taken = MessageOf(parsed, 1, "c");
  const auto show = [](const fb::MessageDefinitionT* m) {
    return m == nullptr ? std::string("-")
                        : absl::StrCat(m->name->text, m->along_flow ? "!" : "");
  };
  return show(sent) + " " + show(taken);
}

TEST(BpmnCollaboration, WhoSendsTakesTheNameOfWhoWaits) {
  const std::string throw_n =
      "<endEvent id='t'><messageEventDefinition messageRef='M'/></endEvent>";
  const std::string bare_catch =
      "<intermediateCatchEvent id='c'><messageEventDefinition/>"
      "</intermediateCatchEvent>";
  const std::string flow_n =
      "<messageFlow id='f' sourceRef='t' targetRef='c' messageRef='N'/>";
  const struct {
    std::string xml;
    std::string along;
  } kCases[] = {
      {Pools(kThrow, kCatch), "m! m!"},
      {Pools("<sendTask id='t'/>", "<receiveTask id='c' messageRef='M'/>"),
       "m! m!"},
      // Neither has a name: it is made.
      {Pools(kThrow, bare_catch), "b/c! b/c!"},
      {Pools("<sendTask id='t'/>", "<receiveTask id='c'/>"), "b/c! b/c!"},
      {Pools(kThrow,
             "<startEvent id='c'><messageEventDefinition/></startEvent>"),
       "b/c! b/c!"},
      // By the flow's message, by that of who sends.
      {Pools(kThrow, bare_catch, flow_n), "n! n!"},
      {Pools(throw_n, bare_catch), "m! m!"},
      // Both name it already.
      {Pools(throw_n, kCatch), "m! m!"},
  };
  for (const auto& one : kCases) {
    const ParsedModel parsed = ParseBpmn(one.xml, "f");
    EXPECT_TRUE(parsed.executable()) << Problems(parsed);
    EXPECT_EQ(Along(parsed), one.along) << one.xml;
    EXPECT_EQ(FindProblem(parsed, "message-flow"), nullptr);
    EXPECT_EQ(FindProblem(parsed, "no-implementation"), nullptr);
    for (const ParsedProcess& process : parsed.processes) {
      EXPECT_TRUE(ProcessDefinition::Create(
                      std::make_unique<fb::ProcessT>(*process.model))
                      .ok());
    }
  }
}

TEST(BpmnCollaboration, KeysOfTheModelCountBeforeTheBusinessKey) {
  // The message's key is that of both ends.
  const ParsedModel both =
      ParseBpmn(Pools(kThrow, kCatch, kFlow, " pawl:correlationKey='k'"), "f");
  EXPECT_EQ(Along(both), "m! m");
  EXPECT_NE(MessageOf(both, 0, "t")->correlation_key, nullptr);
  EXPECT_NE(MessageOf(both, 1, "c")->correlation_key, nullptr);
  // Who waits would take another key than the business key.
  const ParsedModel sender = ParseBpmn(
      Pools("<sendTask id='t' pawl:correlationKey='k'/>", kCatch), "f");
  EXPECT_EQ(Along(sender), "m! m");
  // And without one nothing matches.
  const ParsedModel receiver = ParseBpmn(
      Pools("<sendTask id='t'/>",
            "<receiveTask id='c' messageRef='M' pawl:correlationKey='k'/>"),
      "f");
  EXPECT_EQ(Along(receiver), "- m");
  ASSERT_NE(FindProblem(receiver, "message-flow"), nullptr);
}

TEST(BpmnCollaboration, OtherFlowsAreDrawnAndSaid) {
  const struct {
    std::string xml;
    std::string why;
  } kCases[] = {
      {Pools("<task id='t'/>", kCatch), "no message is sent"},
      {Pools(kThrow, "<task id='c'/>"), "no message is waited for"},
      {Pools("<sendTask id='t' pawl:type='mail'/>", kCatch), "a job sends it"},
      {Pools("<sendTask id='t' messageRef='N'/>", kCatch),
       "'n' is sent and 'm' waited for"},
      {Pools(absl::StrCat(kThrow, kCatch), "<task id='b1'/>"),
       "both ends are in one process"},
  };
  for (const auto& one : kCases) {
    const ParsedModel parsed = ParseBpmn(one.xml, "f");
    EXPECT_TRUE(parsed.executable()) << Problems(parsed);
    const Problem* problem = FindProblem(parsed, "message-flow");
    ASSERT_NE(problem, nullptr) << one.xml;
    EXPECT_EQ(problem->severity, Severity::kWarning);
    EXPECT_EQ(problem->line, 3u);
    EXPECT_NE(problem->text.find(one.why), std::string::npos) << problem->text;
  }
  // Of a second flow out of one thrower, too.
  const ParsedModel two =
      ParseBpmn(Pools(kThrow, absl::StrCat(kCatch, "<receiveTask id='d'/>"),
                      absl::StrCat(kFlow,
                                   "<messageFlow id='g' sourceRef='t' "
                                   "targetRef='d'/>")),
                "f");
  ASSERT_NE(FindProblem(two, "message-flow"), nullptr);
  // A pool that is closed or doesn't execute says nothing of it.
  const ParsedModel pool =
      ParseBpmn(Pools("<task id='t'/>", kCatch,
                      "<messageFlow id='f' sourceRef='t' targetRef='X'/>"),
                "f");
  EXPECT_EQ(Problems(pool), "");
}

TEST(BpmnCollaboration, TheProcessKeepsItsPoolsAndFlows) {
  const ParsedModel parsed = ParseBpmn(
      Pools(kThrow, kCatch,
            absl::StrCat(kFlow,
                         "<messageFlow id='g' name='pay' sourceRef='X' "
                         "targetRef='B'/>")),
      "f");
  ASSERT_TRUE(parsed.executable()) << Problems(parsed);
  const fb::ProcessT& a = *parsed.processes[0].model;
  const fb::ProcessT& b = *parsed.processes[1].model;
  ASSERT_EQ(a.participants.size(), 1u);
  EXPECT_EQ(a.participants[0]->id, "A");
  EXPECT_EQ(a.participants[0]->name, "Aa");
  EXPECT_EQ(a.participants[0]->process_id, "a");
  ASSERT_EQ(b.participants.size(), 2u);
  EXPECT_EQ(b.participants[1]->id, "X");
  EXPECT_EQ(b.participants[1]->process_id, "");
  ASSERT_EQ(a.message_flows.size(), 1u);
  ASSERT_EQ(b.message_flows.size(), 2u);
  const fb::MessageFlowT& flow = *b.message_flows[0];
  EXPECT_EQ(flow.source, "t");
  EXPECT_EQ(flow.target, "c");
  EXPECT_EQ(flow.source_process, "a");
  EXPECT_EQ(flow.target_process, "b");
  EXPECT_TRUE(flow.delivers);
  EXPECT_EQ(b.message_flows[1]->name, "pay");
  EXPECT_EQ(b.message_flows[1]->source_process, "");
  EXPECT_EQ(b.message_flows[1]->target_process, "b");
  EXPECT_FALSE(b.message_flows[1]->delivers);
}

TEST(BpmnCollaboration, LanesOutermostFirst) {
  const ParsedModel parsed = ParseBpmn(
      Process(
          "<laneSet><lane id='sales' name='Sales'>"
          "<flowNodeRef>x</flowNodeRef><flowNodeRef>s</flowNodeRef>"
          "<childLaneSet><lane id='desk'><flowNodeRef>x</flowNodeRef></lane>"
          "</childLaneSet></lane><lane id='store'>"
          "<flowNodeRef>nobody</flowNodeRef></lane></laneSet>"
          "<task id='x'/><task id='free'/><subProcess id='s'><laneSet>"
          "<lane id='inner'><flowNodeRef>in</flowNodeRef></lane></laneSet>"
          "<task id='in'/></subProcess>"),
      "f");
  ASSERT_TRUE(parsed.executable()) << Problems(parsed);
  const auto definition = ProcessDefinition::Create(
      std::make_unique<fb::ProcessT>(*parsed.processes[0].model));
  ASSERT_TRUE(definition.ok()) << definition.status();
  const auto lanes = [&](const std::string& id) {
    std::string text;
    for (const uint32_t lane :
         (*definition)->LanesOf(*(*definition)->FindElement(id))) {
      absl::StrAppend(&text, text.empty() ? "" : " ",
                      (*definition)->model().lanes[lane]->id);
    }
    return text;
  };
  EXPECT_EQ(lanes("x"), "sales desk");
  EXPECT_EQ(lanes("s"), "sales");
  EXPECT_EQ(lanes("in"), "sales inner");
  EXPECT_EQ(lanes("free"), "");
  EXPECT_EQ((*definition)->model().lanes[0]->name, "Sales");
  EXPECT_TRUE((*definition)->LanesOf(0).empty());
}

// Bytes of a log may be damaged.
TEST(BpmnCollaboration, LanesAreCheckedWhenTheyAreLoaded) {
  const auto damaged = [](uint32_t parent, uint32_t member) {
    const ParsedModel parsed = ParseBpmn(
        Process("<laneSet><lane id='l'><flowNodeRef>x</flowNodeRef></lane>"
                "</laneSet><task id='x'/>"),
        "f");
    auto model = std::make_unique<fb::ProcessT>(*parsed.processes[0].model);
    model->lanes[0]->parent = parent;
    model->lanes[0]->members[0] = member;
    return ProcessDefinition::Create(std::move(model)).status();
  };
  EXPECT_TRUE(damaged(0, 1).ok());
  EXPECT_FALSE(damaged(1, 1).ok());
  EXPECT_FALSE(damaged(0, 0).ok());
  EXPECT_FALSE(damaged(0, 2).ok());
}

}  // namespace
}  // namespace pawl::model
