// What ParseBpmn makes of sound files: structure, work, both Camunda dialects.
#include "engine/model/bpmn_xml.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
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

  const auto named = [&](std::string_view encoding, std::string_view name) {
    return ParseBpmn("<?xml version='1.0' encoding='" + std::string(encoding) +
                         "'?><b:definitions xmlns:b" + ns +
                         "><b:process id='p' name='" + std::string(name) +
                         "'>" + std::string(body.substr(body.find("<b:task"))),
                     "f");
  };
  for (const auto& [encoding, name] : {std::pair{"windows-1252", "\x80 \xE4"},
                                       std::pair{"iso-8859-15", "\xA4 \xE4"}}) {
    const ParsedModel parsed = named(encoding, name);
    ASSERT_EQ(parsed.processes.size(), 1u) << Problems(parsed);
    EXPECT_EQ(parsed.processes[0].name, "\xE2\x82\xAC \xC3\xA4") << encoding;
  }
  EXPECT_NE(FindProblem(named("klingon", "x"), "xml-malformed"), nullptr);
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

TEST(BpmnXml, ListenersOfTasksOfBothDialects) {
  const fb::ElementT x = Element(
      "<userTask id='x'><extensionElements>"
      "<zeebe:taskListeners>"
      "<zeebe:taskListener eventType='assigning' type='tell' retries='2'/>"
      "</zeebe:taskListeners>"
      "<camunda:taskListener event='complete' expression='${a}'/>"
      "<camunda:taskListener event='create'>"
      "<camunda:script scriptFormat='lua'>return 1</camunda:script>"
      "</camunda:taskListener></extensionElements></userTask>");
  const auto& listeners = x.user_task->listeners;
  ASSERT_EQ(listeners.size(), 3u);
  EXPECT_EQ(listeners[0]->event, fb::TaskEvent::complete);
  EXPECT_EQ(listeners[0]->script->script->text, "${a}");
  EXPECT_EQ(listeners[1]->event, fb::TaskEvent::create);
  EXPECT_EQ(listeners[1]->script->script->language, Language::lua);
  EXPECT_EQ(listeners[2]->event, fb::TaskEvent::assignment);
  EXPECT_EQ(listeners[2]->job->type->text, "tell");
  EXPECT_EQ(listeners[2]->job->retries, 2);
}

TEST(BpmnXml, FormsAreKept) {
  const fb::ElementT x = Element(
      "<userTask id='x' camunda:formRef='r' camunda:formRefBinding='version' "
      "camunda:formRefVersion='3'><extensionElements>"
      "<camunda:formData businessKey='a'>"
      "<camunda:formField id='a' label='A' type='enum' defaultValue='${b}'>"
      "<camunda:properties><camunda:property id='p' value='v'/>"
      "</camunda:properties>"
      "<camunda:validation><camunda:constraint name='required'/>"
      "<camunda:constraint name='max' config='10'/></camunda:validation>"
      "<camunda:value id='one' name='One'/></camunda:formField>"
      "<camunda:formField id='b' type='date' datePattern='yyyy'>"
      "<camunda:validation><camunda:constraint name='readonly'/>"
      "<camunda:constraint name='required' config='false'/>"
      "</camunda:validation></camunda:formField>"
      "</camunda:formData>"
      "<camunda:formProperty id='c' name='C' variable='v' expression='${e}' "
      "required='true' readable='false' writable='false' default=''/>"
      "</extensionElements></userTask>");
  ASSERT_NE(x.form, nullptr);
  EXPECT_EQ(x.form->reference, "r");
  EXPECT_EQ(x.form->binding, "version");
  EXPECT_EQ(x.form->version, "3");
  EXPECT_EQ(x.form->business_key, "a");
  ASSERT_EQ(x.form->fields.size(), 3u);
  const fb::FormFieldT& a = *x.form->fields[0];
  EXPECT_EQ(a.id, "a");
  EXPECT_EQ(a.label, "A");
  EXPECT_EQ(a.type, "enum");
  EXPECT_TRUE(a.has_default);
  EXPECT_EQ(a.default_value, "${b}");
  EXPECT_TRUE(a.required);
  EXPECT_TRUE(a.writable);
  ASSERT_EQ(a.properties.size(), 1u);
  EXPECT_EQ(a.properties[0]->value, "v");
  ASSERT_EQ(a.constraints.size(), 2u);
  EXPECT_EQ(a.constraints[1]->name, "max");
  EXPECT_EQ(a.constraints[1]->value, "10");
  ASSERT_EQ(a.values.size(), 1u);
  EXPECT_EQ(a.values[0]->name, "one");
  EXPECT_EQ(a.values[0]->value, "One");
  const fb::FormFieldT& b = *x.form->fields[1];
  EXPECT_FALSE(b.has_default);
  EXPECT_FALSE(b.required);
  EXPECT_FALSE(b.writable);
  EXPECT_EQ(b.date_pattern, "yyyy");
  const fb::FormFieldT& c = *x.form->fields[2];
  EXPECT_EQ(c.label, "C");
  EXPECT_EQ(c.variable, "v");
  EXPECT_EQ(c.expression, "${e}");
  EXPECT_TRUE(c.required);
  EXPECT_FALSE(c.readable);
  EXPECT_FALSE(c.writable);
  EXPECT_TRUE(c.has_default);
}

TEST(BpmnXml, FormsOfStartEventsAndOfTheOtherDialect) {
  const auto process =
      Sound(Process("<startEvent id='x' camunda:formKey='k'>"
                    "<extensionElements><camunda:formProperty id='a'/>"
                    "</extensionElements></startEvent>"));
  const fb::ElementT& start = *FindElement(*process, "x");
  ASSERT_NE(start.form, nullptr);
  EXPECT_EQ(start.form->key, "k");
  ASSERT_EQ(start.form->fields.size(), 1u);
  EXPECT_TRUE(start.form->fields[0]->writable);
  const fb::ElementT zeebe = Element(
      "<userTask id='x'><extensionElements><zeebe:formDefinition formId='f' "
      "bindingType='versionTag' versionTag='v1'/></extensionElements>"
      "</userTask>");
  ASSERT_NE(zeebe.form, nullptr);
  EXPECT_EQ(zeebe.form->reference, "f");
  EXPECT_EQ(zeebe.form->binding, "versionTag");
  EXPECT_EQ(zeebe.form->version, "v1");
  EXPECT_EQ(zeebe.form->key, "");
  EXPECT_EQ(Element("<userTask id='x'/>").form, nullptr);
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

// --- Messages, signals, escalation, conditions
// ---------------------------------------------------------------

const std::string kDeclared =
    "<message id='M' name='paid'><extensionElements>"
    "<zeebe:subscription correlationKey='=order.id'/></extensionElements>"
    "</message><message id='N' name=' note-${n} ' pawl:correlationKey='id'/>"
    "<message id='L' name='= \"a\" + \"b\"'/>"
    "<signal id='S' name='alert'/><signal id='T' name=\"alert-${'foo'}\"/>"
    "<escalation id='C' escalationCode='late'/><escalation id='D'/>";

// As Sound, of a process with these declarations beside it.
std::unique_ptr<fb::ProcessT> WithDeclarations(const std::string& content) {
  return Sound(
      Definitions("<process id='p'>" + content + "</process>" + kDeclared));
}

// The element "x" of it.
fb::ElementT Declared(const std::string& content) {
  const auto process = WithDeclarations(content);
  const fb::ElementT* x = FindElement(*process, "x");
  EXPECT_NE(x, nullptr);
  return x == nullptr ? fb::ElementT() : fb::ElementT(*x);
}

void ExpectExpression(const std::unique_ptr<fb::ExpressionT>& expression,
                      const std::string& text, Language language) {
  ASSERT_NE(expression, nullptr);
  EXPECT_EQ(expression->text, text);
  EXPECT_EQ(expression->language, language);
}

TEST(BpmnXml, MessagesThatAreWaitedFor) {
  const fb::ElementT task = Declared("<receiveTask id='x' messageRef='q:M'/>");
  EXPECT_EQ(task.kind, ElementKind::receive_task);
  EXPECT_EQ(task.event_type, EventType::none);
  ASSERT_NE(task.message, nullptr);
  ExpectExpression(task.message->name, "paid", Language::literal);
  ExpectExpression(task.message->correlation_key, "=order.id", Language::feel);
  EXPECT_EQ(Declared("<receiveTask id='x'/>").message, nullptr);

  const fb::ElementT event = Declared(
      "<intermediateCatchEvent id='x'><messageEventDefinition messageRef='N'/>"
      "</intermediateCatchEvent>");
  EXPECT_EQ(event.event_type, EventType::message);
  ASSERT_NE(event.message, nullptr);
  ExpectExpression(event.message->name, "note-${n}", Language::el);
  ExpectExpression(event.message->correlation_key, "id", Language::feel);

  // The key of the event counts before that of its message.
  const fb::ElementT boundary = Declared(
      "<task id='t'/><boundaryEvent id='x' attachedToRef='t' "
      "cancelActivity='false'><messageEventDefinition messageRef='M' "
      "pawl:correlationKey='a == b'/></boundaryEvent>");
  EXPECT_FALSE(boundary.interrupting);
  ASSERT_NE(boundary.message, nullptr);
  ExpectExpression(boundary.message->correlation_key, "a == b", Language::el);
}

TEST(BpmnXml, MessagesThatAreSent) {
  const fb::ElementT task = Declared("<sendTask id='x' messageRef='M'/>");
  EXPECT_EQ(task.job, nullptr);
  ASSERT_NE(task.message, nullptr);
  ExpectExpression(task.message->name, "paid", Language::literal);
  const fb::ElementT end = Declared(
      "<startEvent id='s'/><endEvent id='x'><messageEventDefinition "
      "messageRef='M'/></endEvent>"
      "<sequenceFlow id='f' sourceRef='s' targetRef='x'/>");
  EXPECT_EQ(end.event_type, EventType::message);
  EXPECT_EQ(end.job, nullptr);
  EXPECT_NE(end.message, nullptr);
}

TEST(BpmnXml, MessagesThatAreJobs) {
  struct Case {
    std::string node;
    std::string type;
    int32_t retries;
  };
  const auto around = [](const std::string& extensions,
                         const std::string& attributes) {
    return "<intermediateThrowEvent id='x'><extensionElements>" + extensions +
           "</extensionElements><messageEventDefinition" + attributes +
           "/></intermediateThrowEvent>";
  };
  const Case cases[] = {
      {"<sendTask id='x' messageRef='M' pawl:type='a'/>", "a", 3},
      {around("", " messageRef='M' camunda:type='external' camunda:topic='b'"),
       "b", 3},
      {around("<zeebe:taskDefinition type='= kind' retries='7'/>",
              " messageRef='M'"),
       "= kind", 7},
      {around("", " messageRef='M' pawl:type='c' pawl:retries='2'"), "c", 2},
      {around("<camunda:failedJobRetryTimeCycle>R4/PT1S"
              "</camunda:failedJobRetryTimeCycle>",
              ""),
       "x", 4},
      {"<endEvent id='x'><messageEventDefinition><extensionElements>"
       "<camunda:failedJobRetryTimeCycle>R5/PT1S"
       "</camunda:failedJobRetryTimeCycle></extensionElements>"
       "</messageEventDefinition></endEvent>",
       "x", 5},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.node);
    const fb::ElementT x = Declared(c.node);
    EXPECT_EQ(x.message, nullptr);
    EXPECT_EQ(x.script, nullptr);
    ASSERT_NE(x.job, nullptr);
    EXPECT_EQ(x.job->type->text, c.type);
    EXPECT_EQ(x.job->retries, c.retries);
  }
}

TEST(BpmnXml, ExpressionsOfMessageEvents) {
  const fb::ElementT x = Declared(
      "<intermediateThrowEvent id='x'><messageEventDefinition messageRef='M' "
      "camunda:expression='${a + 1}' camunda:resultVariable='b'/>"
      "</intermediateThrowEvent>");
  EXPECT_EQ(x.message, nullptr);
  EXPECT_EQ(x.job, nullptr);
  ASSERT_NE(x.script, nullptr);
  ExpectExpression(x.script->script, "${a + 1}", Language::el);
  EXPECT_EQ(x.script->result_variable, "b");
}

// What a signal carries are the inputs of its event.
TEST(BpmnXml, VariablesOfSignals) {
  const auto with = [](const std::string& in, const std::string& before = "") {
    return Declared("<intermediateThrowEvent id='x'>" + before +
                    "<signalEventDefinition signalRef='S'><extensionElements>" +
                    in +
                    "</extensionElements></signalEventDefinition>"
                    "</intermediateThrowEvent>");
  };
  const fb::ElementT some = with(
      "<camunda:in source='a' target='b'/>"
      "<camunda:in sourceExpression='${c + 1}' target='d'/>");
  ASSERT_EQ(some.inputs.size(), 2u);
  EXPECT_EQ(some.inputs[0]->target, "b");
  ExpectExpression(some.inputs[0]->value->expression, "= a", Language::feel);
  EXPECT_EQ(some.inputs[1]->target, "d");
  ExpectExpression(some.inputs[1]->value->expression, "${c + 1}", Language::el);
  const fb::ElementT own =
      with("<camunda:in variables='all' local='true'/>",
           "<extensionElements><zeebe:ioMapping><zeebe:input source='1' "
           "target='c'/></zeebe:ioMapping></extensionElements>");
  ASSERT_EQ(own.inputs.size(), 1u);
  EXPECT_EQ(own.inputs[0]->target, "c");
}

TEST(BpmnXml, WhatStartsAProcessHasAConstantName) {
  const fb::ElementT message = Declared(
      "<startEvent id='x' isInterrupting='false'><messageEventDefinition "
      "messageRef='L'/></startEvent>");
  ASSERT_NE(message.message, nullptr);
  ExpectExpression(message.message->name, "ab", Language::literal);
  EXPECT_TRUE(message.interrupting);
  const fb::ElementT key = Declared(
      "<startEvent id='x'><messageEventDefinition messageRef='M'/>"
      "</startEvent>");
  EXPECT_EQ(key.message->correlation_key, nullptr);
  const fb::ElementT signal = Declared(
      "<startEvent id='x'><signalEventDefinition signalRef='T'/>"
      "</startEvent>");
  ASSERT_NE(signal.signal, nullptr);
  ExpectExpression(signal.signal->name, "alert-foo", Language::literal);
}

TEST(BpmnXml, SignalsEscalationsAndConditions) {
  const fb::ElementT thrown = Declared(
      "<intermediateThrowEvent id='x'><signalEventDefinition signalRef='S'/>"
      "</intermediateThrowEvent>");
  EXPECT_EQ(thrown.event_type, EventType::signal);
  ASSERT_NE(thrown.signal, nullptr);
  ExpectExpression(thrown.signal->name, "alert", Language::literal);

  const fb::ElementT escalated = Declared(
      "<intermediateThrowEvent id='x'><escalationEventDefinition "
      "escalationRef='C'/></intermediateThrowEvent>");
  ASSERT_NE(escalated.escalation, nullptr);
  EXPECT_EQ(escalated.escalation->code, "late");
  for (const std::string reference : {"", " escalationRef='D'"}) {
    const fb::ElementT any = Declared(
        "<task id='t'/><boundaryEvent id='x' attachedToRef='t'>"
        "<escalationEventDefinition camunda:escalationCodeVariable='code'" +
        reference + "/></boundaryEvent>");
    EXPECT_EQ(any.event_type, EventType::escalation);
    EXPECT_TRUE(any.interrupting);
    ASSERT_NE(any.escalation, nullptr);
    EXPECT_EQ(any.escalation->code, "");
    EXPECT_EQ(any.escalation->code_variable, "code");
  }

  const fb::ElementT conditional = Declared(
      "<intermediateCatchEvent id='x'><conditionalEventDefinition>"
      "<condition>a &gt; 1</condition></conditionalEventDefinition>"
      "</intermediateCatchEvent>");
  EXPECT_EQ(conditional.event_type, EventType::conditional);
  ExpectExpression(conditional.condition, "a > 1", Language::feel);
  const fb::ElementT complex = Declared(
      "<complexGateway id='x'><activationCondition>${activationCount >= 2}"
      "</activationCondition></complexGateway>");
  EXPECT_EQ(complex.kind, ElementKind::complex_gateway);
  ExpectExpression(complex.condition, "${activationCount >= 2}", Language::el);
}

TEST(BpmnXml, ADurationAsDateIsADuration) {
  const fb::ElementT x = Element(
      "<intermediateCatchEvent id='x'><timerEventDefinition>"
      "<timeDate>PT10M</timeDate></timerEventDefinition>"
      "</intermediateCatchEvent>");
  ASSERT_NE(x.timer, nullptr);
  EXPECT_EQ(x.timer->kind, fb::TimerKind::duration);
  EXPECT_EQ(x.timer->value->text, "PT10M");
}

TEST(BpmnXml, EventSubProcesses) {
  const auto start = [](const std::string& id, const std::string& attributes,
                        const std::string& definition) {
    return "<subProcess id='sub_" + id + "' triggeredByEvent='true'>" +
           "<startEvent id='" + id + "'" + attributes + ">" + definition +
           "</startEvent><task id='t_" + id + "'/><sequenceFlow id='f_" + id +
           "' sourceRef='" + id + "' targetRef='t_" + id + "'/></subProcess>";
  };
  auto definition = ProcessDefinition::Create(WithDeclarations(
      "<startEvent id='s'/><startEvent id='by_signal'>"
      "<signalEventDefinition signalRef='S'/></startEvent>" +
      start("a", "", "<messageEventDefinition messageRef='N'/>") +
      "<subProcess id='sub'>" +
      start("b", " isInterrupting='false'",
            "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
            "</timerEventDefinition>") +
      "<task id='in'/></subProcess>" +
      "<sequenceFlow id='f' sourceRef='s' targetRef='sub'/>"
      "<sequenceFlow id='g' sourceRef='by_signal' targetRef='sub'/>" +
      start("c", " isInterrupting='false'",
            "<conditionalEventDefinition><condition>a</condition>"
            "</conditionalEventDefinition>") +
      start("d", " isInterrupting='false'", "<escalationEventDefinition/>") +
      start("e", "", "<errorEventDefinition/>")));
  ASSERT_TRUE(definition.ok()) << definition.status();
  const ProcessDefinition& p = **definition;
  const auto ids = [&](std::span<const uint32_t> elements) {
    std::string text;
    for (const uint32_t index : elements) text += p.element(index).id + " ";
    return text;
  };
  const uint32_t sub = *p.FindElement("sub");
  EXPECT_EQ(ids(p.EventSubProcessStarts(0)), "a c d e ");
  EXPECT_EQ(ids(p.EventSubProcessStarts(sub)), "b ");
  EXPECT_EQ(ids(p.EventStarts()), "by_signal ");
  EXPECT_EQ(ids(p.StartNodes(0)), "s ");
  EXPECT_EQ(ids(p.StartNodes(sub)), "in ");
  const uint32_t sub_a = *p.FindElement("sub_a");
  EXPECT_EQ(p.element(sub_a).kind, ElementKind::event_sub_process);
  EXPECT_TRUE(p.StartNodes(sub_a).empty());
  EXPECT_TRUE(p.EventSubProcessStarts(sub_a).empty());
  const auto interrupts = [&](const std::string& id) {
    return p.element(*p.FindElement(id)).interrupting;
  };
  EXPECT_TRUE(interrupts("a"));
  EXPECT_FALSE(interrupts("b"));
  EXPECT_FALSE(interrupts("c"));
  EXPECT_FALSE(interrupts("d"));
  EXPECT_TRUE(interrupts("e"));
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
                  "<process id='c' isExecutable='false'><event id='s'/>"
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
  const ParsedModel parsed =
      ParseBpmn(Definitions("<process id='a'><task id='t'/></process>\n"
                            "<process id='b'><event id='s'/><event id='c'/>"
                            "</process>"),
                "f.bpmn");
  EXPECT_FALSE(parsed.ok());
  EXPECT_FALSE(parsed.executable());
  EXPECT_FALSE(parsed.processes[0].deployable);
  EXPECT_NE(parsed.processes[0].model, nullptr);
  EXPECT_EQ(parsed.processes[1].model, nullptr);
  EXPECT_EQ(parsed.ToStatus().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(parsed.ToStatus().message()),
            "f.bpmn:3:17: error: 's' (event): this build doesn't execute an "
            "abstract event [unsupported-element]\n"
            "f.bpmn:3:32: error: 'c' (event): this build doesn't execute an "
            "abstract event [unsupported-element]");
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

// Files of its first years bind Camunda's prefix to another namespace.
TEST(BpmnXml, TheOldNamespaceOfCamunda) {
  const auto with = [](const std::string& attribute) {
    return ParseBpmn(
        Around("<serviceTask xmlns:c='http://activiti.org/bpmn' id='x' " +
               attribute +
               "><extensionElements><c:inputOutput><c:inputParameter name='a'>"
               "1</c:inputParameter></c:inputOutput></extensionElements>"
               "</serviceTask>"),
        "f");
  };
  ParsedModel job = with("c:type='external' c:topic='work'");
  ASSERT_TRUE(job.executable()) << Problems(job);
  const fb::ElementT& x = *FindElement(*job.processes[0].model, "x");
  EXPECT_EQ(x.job->type->text, "work");
  ASSERT_EQ(x.inputs.size(), 1u);
  EXPECT_EQ(x.inputs[0]->target, "a");
  const ParsedModel java = with("c:delegateExpression='#{archiveService}'");
  const Problem* problem = FindProblem(java, "needs-java");
  ASSERT_NE(problem, nullptr);
  EXPECT_NE(problem->text.find("'#{archiveService}'"), std::string::npos)
      << problem->text;
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
