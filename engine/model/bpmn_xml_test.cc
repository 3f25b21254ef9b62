// What ParseBpmn makes of sound files: structure, work, both Camunda dialects.
#include "engine/model/bpmn_xml.h"

#include <gtest/gtest.h>

#include <utility>

#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

using fb::ElementKind;
using fb::EventType;
using fb::Language;

// The one process of a file that must be sound.
std::unique_ptr<fb::ProcessT> Sound(const std::string& xml) {
  ParsedModel parsed = ParseBpmn(xml, "test.bpmn");
  EXPECT_TRUE(parsed.executable()) << Problems(parsed);
  EXPECT_TRUE(parsed.ToStatus().ok());
  if (parsed.processes.size() != 1 || parsed.processes[0].model == nullptr) {
    ADD_FAILURE() << "no model";
    return std::make_unique<fb::ProcessT>();
  }
  return std::move(parsed.processes[0].model);
}

// The element "x" of Around(node).
fb::ElementT Element(std::string_view node) {
  const auto process = Sound(Around(node));
  const fb::ElementT* x = FindElement(*process, "x");
  EXPECT_NE(x, nullptr);
  return x == nullptr ? fb::ElementT() : fb::ElementT(*x);
}

constexpr std::string_view kOrder = R"(
<startEvent id="start" name="Begin"/>
<sequenceFlow id="f1" sourceRef="start" targetRef="gw"/>
<exclusiveGateway id="gw" default="small"/>
<sequenceFlow id="big" name="Big" sourceRef="gw" targetRef="ask">
  <conditionExpression>${amount > 100}</conditionExpression>
</sequenceFlow>
<sequenceFlow id="small" sourceRef="gw" targetRef="fork"/>
<userTask id="ask"/>
<sequenceFlow id="f2" sourceRef="ask" targetRef="fork"/>
<parallelGateway id="fork"/>
<sequenceFlow id="f3" sourceRef="fork" targetRef="charge"/>
<sequenceFlow id="f4" sourceRef="fork" targetRef="wait"/>
<serviceTask id="charge" camunda:topic="charge-card" camunda:type="external"/>
<intermediateCatchEvent id="wait">
  <timerEventDefinition><timeDuration>PT2S</timeDuration></timerEventDefinition>
</intermediateCatchEvent>
<sequenceFlow id="f5" sourceRef="charge" targetRef="join"/>
<sequenceFlow id="f6" sourceRef="wait" targetRef="join"/>
<parallelGateway id="join"/>
<sequenceFlow id="f7" sourceRef="join" targetRef="end"/>
<endEvent id="end"><terminateEventDefinition/></endEvent>)";

TEST(BpmnXml, CompilesStructureInDocumentOrder) {
  const auto process = Sound(Process(kOrder));
  EXPECT_EQ(process->id, "p");
  EXPECT_TRUE(process->executable);
  ASSERT_EQ(process->elements.size(), 9u);
  ASSERT_EQ(process->flows.size(), 9u);
  EXPECT_EQ(process->elements[0]->kind, ElementKind::process);
  EXPECT_EQ(process->elements[0]->id, "p");

  const fb::ElementT& gw = *process->elements[2];
  EXPECT_EQ(gw.id, "gw");
  EXPECT_EQ(gw.kind, ElementKind::exclusive_gateway);
  EXPECT_EQ(gw.scope, 0u);
  EXPECT_EQ(gw.incoming, (std::vector<uint32_t>{0}));
  EXPECT_EQ(gw.outgoing, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(gw.default_flow, 3u);  // Flow 2, plus one.
  EXPECT_EQ(gw.line, 6u);
  EXPECT_EQ(gw.column, 1u);

  const fb::SequenceFlowT& big = *process->flows[1];
  EXPECT_EQ(big.id, "big");
  EXPECT_EQ(big.name, "Big");
  EXPECT_EQ(big.source, 2u);
  EXPECT_EQ(big.target, 3u);
  ASSERT_NE(big.condition, nullptr);
  EXPECT_EQ(big.condition->text, "${amount > 100}");
  EXPECT_EQ(big.condition->language, Language::el);
  EXPECT_EQ(big.condition->line, 8u);
  EXPECT_EQ(big.condition->column, 3u);

  const fb::ElementT& wait = *FindElement(*process, "wait");
  EXPECT_EQ(wait.event_type, EventType::timer);
  ASSERT_NE(wait.timer, nullptr);
  EXPECT_EQ(wait.timer->kind, fb::TimerKind::duration);
  EXPECT_EQ(wait.timer->value->text, "PT2S");
  EXPECT_EQ(wait.timer->value->language, Language::literal);
  EXPECT_EQ(FindElement(*process, "end")->event_type, EventType::terminate);
  EXPECT_EQ(FindElement(*process, "start")->name, "Begin");
}

TEST(BpmnXml, WhatCompilesLoads) {
  auto definition = ProcessDefinition::Create(Sound(Process(kOrder)));
  ASSERT_TRUE(definition.ok()) << definition.status();
  EXPECT_EQ((*definition)->element_count(), 9u);
}

TEST(BpmnXml, AnyPrefixAndEncoding) {
  const std::string_view body =
      "<b:process id='p'><b:task id='t'/></b:process></b:definitions>";
  const std::string ns = "='http://www.omg.org/spec/BPMN/20100524/MODEL'";
  const std::string prefixed =
      "<b:definitions xmlns:b" + ns + ">" + std::string(body);
  EXPECT_TRUE(ParseBpmn(prefixed, "f").executable());
  const std::string with_bom = "\xEF\xBB\xBF" + prefixed;
  EXPECT_TRUE(ParseBpmn(with_bom, "f").executable());
  std::string utf16 = "\xFF\xFE";
  for (char c : prefixed) {
    utf16.push_back(c);
    utf16.push_back('\0');
  }
  EXPECT_TRUE(ParseBpmn(utf16, "f").executable());

  const std::string one_byte =
      "<?xml version='1.0' encoding='windows-1252'?><b:definitions xmlns:b" +
      ns + "><b:process id='p' name='\x80 \xE4'>" +
      std::string(body.substr(body.find("<b:task")));
  const ParsedModel parsed = ParseBpmn(one_byte, "f");
  ASSERT_EQ(parsed.processes.size(), 1u) << Problems(parsed);
  EXPECT_EQ(parsed.processes[0].name, "\xE2\x82\xAC \xC3\xA4");
}

TEST(BpmnXml, FlowsWithoutIdGetOne) {
  const auto process =
      Sound(Process("<startEvent id='a'/><endEvent id='b'/>"
                    "<sequenceFlow sourceRef='a' targetRef='b'/>"));
  ASSERT_EQ(process->flows.size(), 1u);
  EXPECT_EQ(process->flows[0]->id, "a->b#1");
}

TEST(BpmnXml, JobTypeByPrecedence) {
  const auto type = [](std::string_view node) {
    const fb::ElementT x = Element(node);
    return x.job == nullptr ? "none" : x.job->type->text;
  };
  EXPECT_EQ(type("<serviceTask id='x'/>"), "x");
  EXPECT_EQ(type("<serviceTask id='x' pawl:type='c'/>"), "c");
  EXPECT_EQ(type("<serviceTask id='x' pawl:type='c' camunda:topic='b'/>"), "b");
  EXPECT_EQ(type("<serviceTask id='x' camunda:topic='b'><extensionElements>"
                 "<zeebe:taskDefinition type='a'/></extensionElements>"
                 "</serviceTask>"),
            "a");
  EXPECT_EQ(type("<scriptTask id='x'><extensionElements>"
                 "<zeebe:taskDefinition type='s'/></extensionElements>"
                 "</scriptTask>"),
            "s");
  const fb::ElementT dynamic = Element(
      "<serviceTask id='x' camunda:type='external' camunda:topic='${t}'/>");
  EXPECT_EQ(dynamic.job->type->language, Language::el);
}

TEST(BpmnXml, JobDefaults) {
  const fb::ElementT x = Element("<serviceTask id='x'/>");
  EXPECT_EQ(x.job->retries, 3);
  EXPECT_EQ(x.job->backoff, nullptr);
  EXPECT_TRUE(x.job->headers.empty());
}

TEST(BpmnXml, RetriesAndBackoffOfEachDialect) {
  const auto cycle = [](std::string_view text) {
    return Element(
        "<serviceTask id='x'><extensionElements>"
        "<camunda:failedJobRetryTimeCycle>" +
        std::string(text) +
        "</camunda:failedJobRetryTimeCycle></extensionElements>"
        "</serviceTask>");
  };
  const fb::ElementT counted = cycle(" R5/PT5M ");
  EXPECT_EQ(counted.job->retries, 5);
  ASSERT_NE(counted.job->backoff, nullptr);
  EXPECT_EQ(counted.job->backoff->delays_ms, (std::vector<int64_t>{300'000}));
  EXPECT_EQ(counted.job->backoff->factor_permille, 1000u);
  const fb::ElementT list = cycle("PT1M, PT5M");
  EXPECT_EQ(list.job->retries, 3);
  EXPECT_EQ(list.job->backoff->delays_ms,
            (std::vector<int64_t>{60'000, 300'000}));

  const fb::ElementT zeebe = Element(
      "<serviceTask id='x'><extensionElements>"
      "<zeebe:taskDefinition type='a' retries='7'/></extensionElements>"
      "</serviceTask>");
  EXPECT_EQ(zeebe.job->retries, 7);

  const fb::ElementT ours = Element(
      "<serviceTask id='x' pawl:retries='4' pawl:backoff='PT1S,PT2S' "
      "pawl:backoffFactor='1.5' pawl:backoffMax='PT1M'/>");
  EXPECT_EQ(ours.job->retries, 4);
  EXPECT_EQ(ours.job->backoff->delays_ms, (std::vector<int64_t>{1000, 2000}));
  EXPECT_EQ(ours.job->backoff->factor_permille, 1500u);
  EXPECT_EQ(ours.job->backoff->max_ms, 60'000);
}

TEST(BpmnXml, HeadersOfJobs) {
  const fb::ElementT x = Element(
      "<serviceTask id='x'><extensionElements>"
      "<zeebe:taskHeaders><zeebe:header key='to' value='a\"b'/>"
      "</zeebe:taskHeaders>"
      "<camunda:properties><camunda:property name='n' value='1'/>"
      "</camunda:properties></extensionElements></serviceTask>");
  ASSERT_EQ(x.job->headers.size(), 2u);
  EXPECT_EQ(x.job->headers[0]->name, "to");
  EXPECT_EQ(x.job->headers[0]->json, "\"a\\\"b\"");
  EXPECT_EQ(x.job->headers[1]->name, "n");
  EXPECT_EQ(x.job->headers[1]->json, "\"1\"");
}

TEST(BpmnXml, ExpressionInsteadOfJob) {
  const fb::ElementT x = Element(
      "<serviceTask id='x' camunda:expression='${a + b}' "
      "camunda:resultVariable='sum'/>");
  EXPECT_EQ(x.job, nullptr);
  ASSERT_NE(x.script, nullptr);
  EXPECT_EQ(x.script->script->text, "${a + b}");
  EXPECT_EQ(x.script->script->language, Language::el);
  EXPECT_EQ(x.script->result_variable, "sum");
}

TEST(BpmnXml, Scripts) {
  const fb::ElementT plain = Element(
      "<scriptTask id='x' scriptFormat='juel' camunda:resultVariable='r'>"
      "<script><![CDATA[${a < b}]]></script></scriptTask>");
  ASSERT_NE(plain.script, nullptr);
  EXPECT_EQ(plain.script->script->text, "${a < b}");
  EXPECT_EQ(plain.script->result_variable, "r");
  const fb::ElementT zeebe = Element(
      "<scriptTask id='x'><extensionElements>"
      "<zeebe:script expression='${a}' resultVariable='r'/>"
      "</extensionElements></scriptTask>");
  ASSERT_NE(zeebe.script, nullptr);
  EXPECT_EQ(zeebe.script->script->text, "${a}");
}

TEST(BpmnXml, UserTasksOfBothDialects) {
  const fb::ElementT camunda = Element(
      "<userTask id='x' camunda:assignee='${boss}' "
      "camunda:candidateUsers='a,b' camunda:candidateGroups='g' "
      "camunda:dueDate='2030-01-01T00:00:00Z' camunda:followUpDate='${f}' "
      "camunda:priority='7' camunda:formKey='form'/>");
  ASSERT_NE(camunda.user_task, nullptr);
  EXPECT_EQ(camunda.user_task->assignee->text, "${boss}");
  EXPECT_EQ(camunda.user_task->assignee->language, Language::el);
  EXPECT_EQ(camunda.user_task->candidate_users->text, "a,b");
  EXPECT_EQ(camunda.user_task->candidate_users->language, Language::literal);
  EXPECT_EQ(camunda.user_task->candidate_groups->text, "g");
  EXPECT_EQ(camunda.user_task->due_date->text, "2030-01-01T00:00:00Z");
  EXPECT_EQ(camunda.user_task->follow_up_date->text, "${f}");
  EXPECT_EQ(camunda.user_task->priority->text, "7");
  EXPECT_EQ(camunda.user_task->form_key, "form");

  const fb::ElementT zeebe = Element(
      "<userTask id='x'><extensionElements>"
      "<zeebe:assignmentDefinition assignee='eve' candidateUsers='u' "
      "candidateGroups='g'/><zeebe:taskSchedule dueDate='2030-01-01' "
      "followUpDate='2029-01-01'/><zeebe:priorityDefinition priority='3'/>"
      "<zeebe:formDefinition formId='f'/></extensionElements></userTask>");
  EXPECT_EQ(zeebe.user_task->assignee->text, "eve");
  EXPECT_EQ(zeebe.user_task->candidate_users->text, "u");
  EXPECT_EQ(zeebe.user_task->candidate_groups->text, "g");
  EXPECT_EQ(zeebe.user_task->due_date->text, "2030-01-01");
  EXPECT_EQ(zeebe.user_task->follow_up_date->text, "2029-01-01");
  EXPECT_EQ(zeebe.user_task->priority->text, "3");
  EXPECT_EQ(zeebe.user_task->form_key, "f");

  const fb::ElementT bare = Element("<userTask id='x'/>");
  ASSERT_NE(bare.user_task, nullptr);
  EXPECT_EQ(bare.user_task->assignee, nullptr);
}

TEST(BpmnXml, ResourcesOfUserTasks) {
  const fb::ElementT x = Element(
      "<userTask id='x'><humanPerformer><resourceAssignmentExpression>"
      "<formalExpression>kermit</formalExpression>"
      "</resourceAssignmentExpression></humanPerformer>"
      "<potentialOwner><resourceAssignmentExpression><formalExpression>"
      "user(a), group(g), h, ${dept}"
      "</formalExpression></resourceAssignmentExpression></potentialOwner>"
      "</userTask>");
  EXPECT_EQ(x.user_task->assignee->text, "kermit");
  EXPECT_EQ(x.user_task->candidate_users->text, "a");
  EXPECT_EQ(x.user_task->candidate_groups->text, "g,h,${dept}");
}

TEST(BpmnXml, VersionTags) {
  EXPECT_EQ(Sound(Definitions("<process id='p' camunda:versionTag='v7'>"
                              "<task id='t'/></process>"))
                ->version_tag,
            "v7");
  EXPECT_EQ(Sound(Definitions("<process id='p'><extensionElements>"
                              "<zeebe:versionTag value='v8'/>"
                              "</extensionElements><task id='t'/></process>"))
                ->version_tag,
            "v8");
}

TEST(BpmnXml, SharedEventDefinitions) {
  const auto process = Sound(
      Definitions("<timerEventDefinition id='t'><timeDate>2030-01-01</timeDate>"
                  "</timerEventDefinition><process id='p'>"
                  "<intermediateCatchEvent id='c'><eventDefinitionRef>x:t"
                  "</eventDefinitionRef></intermediateCatchEvent></process>"));
  const fb::ElementT* c = FindElement(*process, "c");
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->event_type, EventType::timer);
  EXPECT_EQ(c->timer->kind, fb::TimerKind::date);
}

TEST(BpmnXml, SeveralProcessesAndTheirExecutability) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("<process id='a' isExecutable='true'><task id='t'/></process>"
                  "<process id='b' isExecutable='false'><task id='u'/>"
                  "</process>"
                  "<process id='c' isExecutable='false'><transaction id='s'/>"
                  "</process>"),
      "f");
  EXPECT_TRUE(parsed.executable()) << Problems(parsed);
  ASSERT_EQ(parsed.processes.size(), 3u);
  EXPECT_TRUE(parsed.processes[0].deployable);
  EXPECT_FALSE(parsed.processes[1].executable);
  EXPECT_FALSE(parsed.processes[1].deployable);
  ASSERT_NE(parsed.processes[1].model, nullptr);
  EXPECT_FALSE(parsed.processes[1].model->executable);
  // What is wrong with a process that never runs is advice.
  EXPECT_EQ(parsed.processes[2].model, nullptr);
  const Problem* problem = FindProblem(parsed, "unsupported-element");
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->severity, Severity::kWarning);
}

TEST(BpmnXml, OneFaultyProcessRefusesTheFile) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("<process id='a'><task id='t'/></process>\n"
                  "<process id='b'><transaction id='s'/><callActivity id='c'/>"
                  "</process>"),
      "f.bpmn");
  EXPECT_FALSE(parsed.ok());
  EXPECT_FALSE(parsed.executable());
  EXPECT_FALSE(parsed.processes[0].deployable);
  EXPECT_NE(parsed.processes[0].model, nullptr);
  EXPECT_EQ(parsed.processes[1].model, nullptr);
  EXPECT_EQ(parsed.ToStatus().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(parsed.ToStatus().message()),
            "f.bpmn:3:17: error: 's' (transaction): this build doesn't execute "
            "transaction sub-processes [unsupported-element]\n"
            "f.bpmn:3:38: error: 'c' (callActivity): this build doesn't "
            "execute call activities [unsupported-element]");
}

TEST(BpmnXml, OnlyNonExecutableProcessesIsSoundButNotExecutable) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("<process id='a' isExecutable='false'><task id='t'/>"
                  "</process>"),
      "f");
  EXPECT_TRUE(parsed.ok());
  EXPECT_FALSE(parsed.executable());
}

TEST(BpmnXml, CountsWhatIsWritten) {
  const ParsedModel parsed = ParseBpmn(Process(kOrder), "f");
  const auto count = [&](const std::string& key) {
    const auto it = parsed.counts.find(key);
    return it == parsed.counts.end() ? 0 : it->second;
  };
  EXPECT_EQ(count("flow_nodes"), 8);
  EXPECT_EQ(count("tasks"), 2);
  EXPECT_EQ(count("gateways"), 3);
  EXPECT_EQ(count("events"), 3);
  EXPECT_EQ(count("sequence_flows"), 9);
  EXPECT_EQ(count("sequence_flows_conditional"), 1);
  EXPECT_EQ(count("default_flows"), 1);
  EXPECT_EQ(count("ev:start.none"), 1);
  EXPECT_EQ(count("ev:catch.timer"), 1);
  EXPECT_EQ(count("ev:end.terminate"), 1);
  EXPECT_EQ(count("el:sequenceFlow"), 9);
  EXPECT_EQ(count("foreign_attributes"), 2);
  EXPECT_EQ(count("processes_executable"), 0);  // Only when it is written.
}

TEST(BpmnXml, ForeignContentIsLeftAlone) {
  const auto process =
      Sound(Process("<f:thing xmlns:f='urn:f' id='p'><f:task id='p'/></f:thing>"
                    "<task id='t' f:a='1' xmlns:f='urn:f'><extensionElements>"
                    "<f:x id='t'/><task id='t'/></extensionElements></task>"));
  EXPECT_EQ(process->elements.size(), 2u);
}

TEST(BpmnXml, EmptyIoSpecificationHasNoMeaning) {
  Element(
      "<task id='x'><ioSpecification><inputSet/><outputSet/>"
      "</ioSpecification></task>");
}

}  // namespace
}  // namespace pawl::model
