// Compiled models and models in code as BPMN files.
#include "engine/model/bpmn_export.h"

#include <gtest/gtest.h>

#include <ctime>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/export_check.h"
#include "engine/model/process_builder.h"
#include "engine/model/test_xml.h"
#include "tests/support/sanitizer_slowness.h"

namespace pawl::model {
namespace {

using Faults = std::vector<std::string>;

// Of a model without problems that keep it from being read.
void ExpectRoundTrip(const std::string& xml) {
  const ParsedModel parsed = ParseBpmn(xml, "f");
  ASSERT_TRUE(parsed.ok()) << Problems(parsed) << xml;
  WrittenModels models;
  EXPECT_EQ(RoundTripFaults(xml, "f", &models), Faults()) << xml;
  EXPECT_EQ(models.refused, Faults()) << xml;
  EXPECT_GT(models.written, 0);
}

std::string Mapped(const std::string& inputs) {
  return Around("<serviceTask id='x'><extensionElements><camunda:inputOutput>" +
                inputs +
                "</camunda:inputOutput></extensionElements></serviceTask>");
}

TEST(Export, ListenersOfTasksAndForms) {
  ExpectRoundTrip(Around(
      "<userTask id='x' camunda:formKey='f'><extensionElements>"
      "<camunda:taskListener event='create' expression='${a}'/>"
      "<camunda:taskListener event='complete'><camunda:script "
      "scriptFormat='lua'>return 1</camunda:script></camunda:taskListener>"
      "<zeebe:taskListeners><zeebe:taskListener eventType='assigning' "
      "type='t' retries='2'/></zeebe:taskListeners>"
      "<camunda:formData businessKey='k'><camunda:formField id='k' label='L' "
      "type='enum' defaultValue=''><camunda:properties><camunda:property "
      "id='p' value='v'/></camunda:properties><camunda:validation>"
      "<camunda:constraint name='required'/><camunda:constraint "
      "name='readonly' config='false'/></camunda:validation>"
      "<camunda:value id='a' name='A'/></camunda:formField>"
      "</camunda:formData><camunda:formProperty id='o' name='O' "
      "variable='v' required='true' writable='false'/>"
      "</extensionElements></userTask>"));
  // Nothing but a form's name, in each dialect.
  ExpectRoundTrip(Around("<userTask id='x' camunda:formKey='f'/>"));
  ExpectRoundTrip(
      Around("<userTask id='x' camunda:formRef='f' "
             "camunda:formRefBinding='version' camunda:formRefVersion='2'/>"));
  ExpectRoundTrip(
      Around("<userTask id='x'><extensionElements><zeebe:formDefinition "
             "formId='f' bindingType='versionTag' versionTag='v1'/>"
             "</extensionElements></userTask>"));
  ExpectRoundTrip(
      Process("<startEvent id='x' camunda:formKey='f'><extensionElements>"
              "<camunda:formData><camunda:formField id='a' type='string'/>"
              "</camunda:formData></extensionElements></startEvent>"));
}

TEST(Export, VariableEventsOfAConditionAreKept) {
  ExpectRoundTrip(
      Around("<intermediateCatchEvent id='x'><conditionalEventDefinition "
             "camunda:variableName='a' camunda:variableEvents='create, update'>"
             "<condition>${a}</condition></conditionalEventDefinition>"
             "</intermediateCatchEvent>"));
}

TEST(Export, LanesAndDataAreKept) {
  ExpectRoundTrip(Around(
      "<laneSet><lane id='l' name='L'><flowNodeRef>x</flowNodeRef>"
      "<childLaneSet><lane id='m'><flowNodeRef>x</flowNodeRef></lane>"
      "</childLaneSet></lane></laneSet><dataObject id='d' name='total'/>"
      "<task id='x'><ioSpecification><dataInput id='i' name='in'/>"
      "<dataOutput id='o' name='out'/></ioSpecification>"
      "<dataInputAssociation><sourceRef>d</sourceRef><targetRef>i</targetRef>"
      "</dataInputAssociation><dataOutputAssociation><sourceRef>o</sourceRef>"
      "<targetRef>d</targetRef></dataOutputAssociation></task>"));
}

TEST(Export, Jobs) {
  ExpectRoundTrip(Around("<serviceTask id='x' name='&lt;&quot;&#10;'/>"));
  ExpectRoundTrip(
      Around("<serviceTask id='x' camunda:type='external' camunda:topic='${t}'>"
             "<extensionElements><camunda:failedJobRetryTimeCycle>PT1M,PT5M"
             "</camunda:failedJobRetryTimeCycle><camunda:properties>"
             "<camunda:property name='a' value='b &amp; c'/>"
             "</camunda:properties><camunda:errorEventDefinition "
             "errorRef='E' expression='${a == 1}'/></extensionElements>"
             "</serviceTask>"));
  ExpectRoundTrip(
      Around("<sendTask id='x' pawl:type='= t' pawl:retries='7' "
             "pawl:backoff='PT1S,PT2.5S' pawl:backoffFactor='1.025' "
             "pawl:backoffMax='PT1H'/>"));
  ExpectRoundTrip(
      Around("<businessRuleTask id='x' camunda:expression='${a}' "
             "camunda:resultVariable='r'/>"));
  ExpectRoundTrip(
      Around("<scriptTask id='x'><extensionElements><zeebe:taskDefinition "
             "type='t' retries='2'/><zeebe:taskHeaders><zeebe:header key='k' "
             "value=''/></zeebe:taskHeaders></extensionElements>"
             "</scriptTask>"));
}

TEST(Export, Scripts) {
  for (const std::string script :
       {"<script>1 + 2</script>", "<script>${a}</script>"}) {
    ExpectRoundTrip(Around("<scriptTask id='x' camunda:resultVariable='r'>" +
                           script + "</scriptTask>"));
  }
  ExpectRoundTrip(
      Around("<scriptTask id='x' scriptFormat='lua'><script>"
             "-- ${a}\nreturn 1 &lt; 2</script></scriptTask>"));
  ExpectRoundTrip(
      Around("<scriptTask id='x' scriptFormat='javascript'><script>"
             "a = 1;</script></scriptTask>"));
  ExpectRoundTrip(
      Around("<task id='x'><extensionElements>"
             "<camunda:executionListener event='start' expression='${a}'/>"
             "<camunda:executionListener event='end'><camunda:script "
             "scriptFormat='lua'>a = 1</camunda:script>"
             "</camunda:executionListener><camunda:executionListener "
             "event='end'><camunda:script scriptFormat='feel'>a + 1"
             "</camunda:script></camunda:executionListener>"
             "<zeebe:executionListeners><zeebe:executionListener "
             "eventType='start' type='t' retries='4'/>"
             "</zeebe:executionListeners></extensionElements></task>"));
}

TEST(Export, Mappings) {
  ExpectRoundTrip(Mapped(
      "<camunda:inputParameter name='a'/>"
      "<camunda:inputParameter name='b.c'>${1}</camunda:inputParameter>"
      "<camunda:inputParameter name='d'><camunda:script "
      "scriptFormat='lua'>return 1</camunda:script>"
      "</camunda:inputParameter>"
      "<camunda:outputParameter name='e'>= 1</camunda:outputParameter>"));
  ExpectRoundTrip(
      Mapped("<camunda:inputParameter name='a'><camunda:list>"
             "<camunda:value>x</camunda:value><camunda:script "
             "scriptFormat='feel'>1</camunda:script><camunda:map>"
             "<camunda:entry key='k'>${v}</camunda:entry><camunda:entry "
             "key='l'><camunda:list/></camunda:entry></camunda:map>"
             "<camunda:value/></camunda:list></camunda:inputParameter>"));
  ExpectRoundTrip(
      Around("<task id='x'><extensionElements><zeebe:ioMapping>"
             "<zeebe:input source='= 1' target='a'/>"
             "<zeebe:input source='= 2' target='b.c.d'/>"
             "<zeebe:input source='text' target='e'/>"
             "<zeebe:output source='${f}' target='g.h'/>"
             "</zeebe:ioMapping></extensionElements></task>"));
}

TEST(Export, TasksOfPeople) {
  ExpectRoundTrip(
      Around("<userTask id='x' camunda:assignee='a' camunda:candidateUsers='b,"
             "${c}' camunda:candidateGroups='d' camunda:dueDate='${e}' "
             "camunda:followUpDate='2030-01-01T00:00:00Z' camunda:priority='5' "
             "camunda:formKey='f'/>"));
  ExpectRoundTrip(
      Around("<userTask id='x'><potentialOwner><resourceAssignmentExpression>"
             "<formalExpression>user(a), b</formalExpression>"
             "</resourceAssignmentExpression></potentialOwner></userTask>"));
}

TEST(Export, ActivitiesThatRunSeveralTimes) {
  ExpectRoundTrip(
      Around("<task id='x'><standardLoopCharacteristics testBefore='true' "
             "loopMaximum='3'><loopCondition language='juel'>a"
             "</loopCondition></standardLoopCharacteristics></task>"));
  ExpectRoundTrip(
      Around("<subProcess id='x'><multiInstanceLoopCharacteristics "
             "isSequential='true' camunda:collection='list' "
             "camunda:elementVariable='e'><completionCondition>${a}"
             "</completionCondition></multiInstanceLoopCharacteristics>"
             "<task id='t'/></subProcess>"));
  ExpectRoundTrip(
      Around("<task id='x'><multiInstanceLoopCharacteristics>"
             "<extensionElements><zeebe:loopCharacteristics "
             "inputCollection='= a' inputElement='e' outputCollection='o' "
             "outputElement='= e + 1'/></extensionElements>"
             "</multiInstanceLoopCharacteristics></task>"));
}

TEST(Export, Calls) {
  ExpectRoundTrip(
      Around("<callActivity id='x' calledElement='${c}' "
             "camunda:calledElementBinding='version' "
             "camunda:calledElementVersion='3'><extensionElements>"
             "<camunda:in businessKey='${k}'/><camunda:in variables='all'/>"
             "<camunda:in source='a' target='b' local='true'/>"
             "<camunda:in sourceExpression='${a}' target='c'/>"
             "<camunda:out variables='all' local='true'/>"
             "<camunda:out source='d' target='e'/></extensionElements>"
             "</callActivity>"));
  ExpectRoundTrip(
      Around("<callActivity id='x'><extensionElements><zeebe:calledElement "
             "processId='= c' bindingType='versionTag' versionTag='v1' "
             "propagateAllParentVariables='false'/></extensionElements>"
             "</callActivity>"));
  ExpectRoundTrip(
      Around("<callActivity id='x' calledElement='c' "
             "camunda:calledElementBinding='deployment'/>"));
  ExpectRoundTrip(
      Around("<callActivity id='x' calledElement='c' "
             "pawl:outputsOnThrow='false'><extensionElements>"
             "<camunda:out source='d' target='e'/></extensionElements>"
             "</callActivity>"));
}

TEST(Export, WhatStartsAProcess) {
  const std::string declared =
      "<message id='M' name='m'/><signal id='S' name='s'/>";
  for (const std::string starts :
       {"<startEvent id='s'><messageEventDefinition messageRef='M' "
        "pawl:onePerKey='true'/></startEvent>",
        "<receiveTask id='s' messageRef='M' instantiate='true' "
        "pawl:onePerKey='true'/>",
        "<startEvent id='s' parallelMultiple='true'><messageEventDefinition "
        "messageRef='M' pawl:correlationKey='a'/><signalEventDefinition "
        "signalRef='S'/></startEvent>",
        "<startEvent id='s'><conditionalEventDefinition><condition>a"
        "</condition></conditionalEventDefinition><timerEventDefinition>"
        "<timeDuration>PT1H</timeDuration></timerEventDefinition>"
        "</startEvent>"}) {
    ExpectRoundTrip(Definitions("<process id='p'>" + starts +
                                "<task id='t'/><sequenceFlow id='f' "
                                "sourceRef='s' targetRef='t'/></process>" +
                                declared));
  }
}

TEST(Export, Events) {
  const std::string declared =
      "<message id='M' name='m'/><message id='N' name='${n}'/>"
      "<signal id='S' name='s'/><error id='E' errorCode='e'/>"
      "<escalation id='C' escalationCode='c'/>";
  for (const std::string event :
       {"<boundaryEvent id='b' attachedToRef='t' cancelActivity='false'>"
        "<messageEventDefinition messageRef='N' pawl:correlationKey='a'/>"
        "</boundaryEvent>",
        "<boundaryEvent id='b' attachedToRef='t'><timerEventDefinition "
        "pawl:timeZone='Europe/Berlin'><timeCycle>R3/PT1M</timeCycle>"
        "</timerEventDefinition></boundaryEvent>",
        "<boundaryEvent id='b' attachedToRef='t'><errorEventDefinition "
        "errorRef='E' camunda:errorCodeVariable='v' "
        "camunda:errorMessageVariable='w'/></boundaryEvent>",
        "<boundaryEvent id='b' attachedToRef='t'><escalationEventDefinition "
        "camunda:escalationCodeVariable='v'/></boundaryEvent>",
        "<boundaryEvent id='b' attachedToRef='t'><conditionalEventDefinition "
        "camunda:variableName='v'><condition language='lua'>return true"
        "</condition></conditionalEventDefinition></boundaryEvent>",
        "<boundaryEvent id='b' attachedToRef='t' parallelMultiple='true'>"
        "<signalEventDefinition signalRef='S'/><timerEventDefinition>"
        "<timeDuration>${d}</timeDuration></timerEventDefinition>"
        "</boundaryEvent>"}) {
    ExpectRoundTrip(Definitions("<process id='p'><task id='t'/>" + event +
                                "</process>" + declared));
  }
  for (const std::string definition :
       {"<messageEventDefinition messageRef='N'/>",
        "<messageEventDefinition messageRef='other'/>",
        "<messageEventDefinition pawl:type='t' pawl:retries='1'/>",
        "<messageEventDefinition camunda:expression='${a}'/>",
        "<signalEventDefinition signalRef='S'><extensionElements><camunda:in "
        "variables='all'/><camunda:in source='a' target='b'/>"
        "</extensionElements></signalEventDefinition>",
        "<signalEventDefinition signalRef='S'><extensionElements><camunda:in "
        "source='a' target='b'/></extensionElements></signalEventDefinition>",
        "<errorEventDefinition errorRef='nowhere'/>",
        "<escalationEventDefinition escalationRef='C'/>",
        "<messageEventDefinition messageRef='M'/>"
        "<signalEventDefinition signalRef='S'/>",
        "<compensateEventDefinition activityRef='t' "
        "waitForCompletion='false'/>",
        "<terminateEventDefinition/>"}) {
    ExpectRoundTrip(
        Definitions("<process id='p'><task id='t'/><endEvent id='e'>" +
                    definition + "</endEvent></process>" + declared));
  }
}

TEST(Export, StartEvents) {
  // What is always the same is kept as what it gives.
  ExpectRoundTrip(Definitions(
      "<process id='p'><startEvent id='s'><messageEventDefinition "
      "messageRef='M'/></startEvent><startEvent id='t'><signalEventDefinition "
      "signalRef='S'/></startEvent></process><message id='M' "
      "name='= &quot;= x&quot;'/><signal id='S' name='${&quot; y&quot;}'/>"));
  ExpectRoundTrip(Process(
      "<task id='t'/><subProcess id='x' triggeredByEvent='true'><startEvent "
      "id='s' isInterrupting='false'><timerEventDefinition><timeDate>"
      "2030-01-01T00:00:00Z</timeDate></timerEventDefinition></startEvent>"
      "</subProcess>"));
  ExpectRoundTrip(Process(
      "<eventBasedGateway id='g' instantiate='true' "
      "eventGatewayType='Parallel'/><intermediateCatchEvent id='a'>"
      "<signalEventDefinition signalRef='S'/></intermediateCatchEvent>"
      "<intermediateCatchEvent id='b'><signalEventDefinition signalRef='S'/>"
      "</intermediateCatchEvent><sequenceFlow id='f' sourceRef='g' "
      "targetRef='a'/><sequenceFlow id='h' sourceRef='g' targetRef='b'/>"
      "</process><signal id='S' name='s'/><process id='q'>"
      "<task id='u'/>"));
}

TEST(Export, FlowsLinksAndGateways) {
  ExpectRoundTrip(Process(
      "<startEvent id='s'/><inclusiveGateway id='g' default='d'/>"
      "<complexGateway id='j'><activationCondition>activationCount >= 2"
      "</activationCondition></complexGateway>"
      "<intermediateThrowEvent id='l'><linkEventDefinition name='n'/>"
      "</intermediateThrowEvent><intermediateCatchEvent id='m'>"
      "<linkEventDefinition name='n'/></intermediateCatchEvent>"
      "<sequenceFlow sourceRef='s' targetRef='g' name='n'/>"
      "<sequenceFlow id='d' sourceRef='g' targetRef='j'/>"
      "<sequenceFlow sourceRef='g' targetRef='j'><conditionExpression "
      "language='juel'>a</conditionExpression></sequenceFlow>"
      "<sequenceFlow sourceRef='g' targetRef='j'><conditionExpression>a > 1"
      "</conditionExpression></sequenceFlow>"
      "<sequenceFlow sourceRef='j' targetRef='l'/>"));
}

// Of what has no id people see one that no XML id can be.
TEST(Export, WhatHasNoId) {
  const std::string xml = Process(
      "<task id='subProcess_2'/><subProcess name='n'><task/>"
      "</subProcess>");
  ExpectRoundTrip(xml);
  const ParsedModel parsed = ParseBpmn(xml, "f");
  ASSERT_NE(FindElement(*parsed.processes[0].model, "subProcess#2"), nullptr);
  const auto written = ExportBpmn(*parsed.processes[0].model);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(absl::StrContains(*written, "id=\"subProcess_2_\"")) << *written;
}

TEST(Export, ScopesAndCompensation) {
  ExpectRoundTrip(Definitions(
      "<process id='p' name='n' isExecutable='false' pawl:saga='global' "
      "camunda:versionTag='v'><transaction id='x' pawl:saga='local'>"
      "<serviceTask id='a'/><boundaryEvent id='b' attachedToRef='a'>"
      "<compensateEventDefinition/></boundaryEvent><serviceTask id='h' "
      "isForCompensation='true'/><association sourceRef='b' targetRef='h'/>"
      "<endEvent id='e'><cancelEventDefinition/></endEvent></transaction>"
      "<boundaryEvent id='c' attachedToRef='x'><cancelEventDefinition/>"
      "</boundaryEvent><adHocSubProcess id='y' ordering='Sequential' "
      "cancelRemainingInstances='false'><extensionElements><zeebe:adHoc "
      "activeElementsCollection='= l'/></extensionElements><task id='t'/>"
      "<subProcess id='z'><task id='u'/></subProcess><completionCondition>"
      "${done}</completionCondition></adHocSubProcess></process>"));
}

// A QName is no expression, and Camunda 8 has another place for one.
TEST(Export, CalledElementsAsExpressions) {
  const auto call = [](const std::string& attributes,
                       const std::string& more = "") {
    return Around("<callActivity id='x'><extensionElements>" + more +
                  "<zeebe:calledElement processId='= which' " + attributes +
                  "/></extensionElements></callActivity>");
  };
  for (const std::string& xml :
       {call(""), call("bindingType='deployment'"),
        call("bindingType='versionTag' versionTag='= tag'"),
        call("propagateAllParentVariables='false'"),
        call("propagateAllChildVariables='false'"),
        call("propagateAllChildVariables='false'",
             "<zeebe:ioMapping><zeebe:output source='= a' target='b'/>"
             "</zeebe:ioMapping>")}) {
    ExpectRoundTrip(xml);
    const auto written = ExportBpmn(*ParseBpmn(xml, "f").processes[0].model);
    ASSERT_TRUE(written.ok()) << written.status();
    EXPECT_FALSE(absl::StrContains(*written, " calledElement=")) << *written;
  }
  ExpectRoundTrip(Around("<callActivity id='x' calledElement='= which'/>"));
  ExpectRoundTrip(Around("<callActivity id='x' calledElement='${which}'/>"));
}

// What the schema wants: an association leads somewhere, and to data.
TEST(Export, DataAssociationsHaveATarget) {
  const std::string xml = Around(
      "<userTask id='x'><ioSpecification><dataOutput id='o' name='score'/>"
      "<inputSet/><outputSet/></ioSpecification><dataOutputAssociation>"
      "<sourceRef>o</sourceRef><targetRef>rating</targetRef>"
      "</dataOutputAssociation></userTask>");
  ExpectRoundTrip(xml);
  const auto written = ExportBpmn(*ParseBpmn(xml, "f").processes[0].model);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(
      absl::StrContains(*written, "<targetRef>dataObject_rating</targetRef>"))
      << *written;
  EXPECT_TRUE(absl::StrContains(
      *written, "<dataObject id=\"dataObject_rating\" name=\"rating\"/>"))
      << *written;
}

// What crosses a call's border as data is data again.
TEST(Export, DataOfCalls) {
  const auto call = [](const std::string& more, const std::string& outputs) {
    return Definitions(
        "<process id='p'><dataObject id='d1' name='customer'/><dataObject "
        "id='d2' name='rating'/><dataObject id='d3' name='score'/><dataObject "
        "id='1 d'/><callActivity id='x' calledElement='q'>" +
        more +
        "<ioSpecification><dataInput id='i1' name='who'/><dataInput "
        "id='2 i'/><dataOutput id='o1' name='score'/><dataOutput id='o2' "
        "name='why'/><inputSet/><outputSet/></ioSpecification>"
        "<dataInputAssociation><sourceRef>d1</sourceRef><targetRef>i1"
        "</targetRef></dataInputAssociation><dataInputAssociation><sourceRef>"
        "1 d</sourceRef><targetRef>2 i</targetRef></dataInputAssociation>" +
        outputs + "</callActivity></process>");
  };
  const auto output = [](const std::string& source, const std::string& target) {
    return "<dataOutputAssociation><sourceRef>" + source +
           "</sourceRef><targetRef>" + target +
           "</targetRef></dataOutputAssociation>";
  };
  ExpectRoundTrip(call("", output("o1", "d2")));
  ExpectRoundTrip(call("", output("o1", "d2") + output("o2", "1 d")));
  // One that keeps its name, beside one that doesn't.
  ExpectRoundTrip(call("", output("o1", "d3") + output("o2", "d2")));
  ExpectRoundTrip(call("", output("o1", "d3")));
  ExpectRoundTrip(call("", ""));
  ExpectRoundTrip(
      call("<extensionElements><camunda:in businessKey='${k}'/>"
           "</extensionElements>",
           "<dataOutputAssociation><sourceRef>o1</sourceRef><sourceRef>o2"
           "</sourceRef><targetRef>d2</targetRef><assignment><from>score + 1"
           "</from><to>rating.value</to></assignment><assignment><from>why"
           "</from><to>rating.reason</to></assignment>"
           "</dataOutputAssociation>"));
}

// Processes that message flows connect are written together.
TEST(Export, MessageFlows) {
  const std::string xml = Definitions(
      "<collaboration><participant id='A' name='a' processRef='p'/>"
      "<participant id='B' processRef='q'/><participant id='C'/>"
      "<participant id='D' processRef='r'/>"
      "<messageFlow id='m1' sourceRef='send' targetRef='wait'/>"
      "<messageFlow id='m2' name='n' sourceRef='C' targetRef='B'/>"
      "<messageFlow sourceRef='told' targetRef='answer'/>"
      "<messageFlow id='m4' sourceRef='told' targetRef='C'/>"
      "</collaboration><message id='M' name='order' pawl:correlationKey='= k'/>"
      "<process id='p'><sendTask id='send'/><receiveTask id='answer'/>"
      "<sequenceFlow id='f' sourceRef='send' targetRef='answer'/></process>"
      "<process id='q'><intermediateCatchEvent id='wait'>"
      "<messageEventDefinition/></intermediateCatchEvent><endEvent id='told'>"
      "<messageEventDefinition messageRef='M'/></endEvent><sequenceFlow "
      "id='g' sourceRef='wait' targetRef='told'/></process>"
      "<process id='r'><task id='alone'/></process>");
  ExpectRoundTrip(xml);
  const ParsedModel parsed = ParseBpmn(xml, "f");
  const fb::ProcessT& p = *parsed.processes[0].model;
  const fb::ProcessT& q = *parsed.processes[1].model;
  EXPECT_EQ(MessagePartners(p), std::set<std::string>{"q"});
  EXPECT_TRUE(MessagePartners(*parsed.processes[2].model).empty());
  const auto alone = ExportBpmn(p);
  EXPECT_EQ(alone.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(absl::StrContains(alone.status().message(), "'send'"))
      << alone.status();
  const auto together = ExportBpmn({&q, &p});
  ASSERT_TRUE(together.ok()) << together.status();
  const ParsedModel again = ParseBpmn(*together, "f");
  ASSERT_TRUE(again.executable()) << Problems(again) << *together;
  ASSERT_EQ(again.processes[1].model->message_flows.size(), 2u) << *together;
  EXPECT_TRUE(again.processes[1].model->message_flows[0]->delivers);
  EXPECT_TRUE(again.processes[1].model->message_flows[1]->delivers);
  EXPECT_EQ(again.processes[0].model->participants.size(), 2u);
  EXPECT_EQ(DiagramFaults(*together), Faults()) << *together;
}

// Nothing that means something else is handed out.
TEST(Export, WhatNoFileExpresses) {
  const ParsedModel parsed =
      ParseBpmn(Around("<serviceTask id='x' pawl:type='t'/>"), "f");
  fb::ProcessT& model = *parsed.processes[0].model;
  for (const auto& element : model.elements) {
    if (element->job == nullptr) continue;
    element->job->headers.push_back(std::make_unique<fb::VariableT>());
    element->job->headers.back()->name = "n";
    element->job->headers.back()->json = "17";
  }
  const auto number = ExportBpmn(model);
  EXPECT_EQ(number.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(absl::StrContains(number.status().message(), "'x'"));
  for (const auto& element : model.elements) {
    if (element->job == nullptr) continue;
    element->job->headers.clear();
    element->job->backoff = std::make_unique<fb::BackoffT>();
    element->job->backoff->max_ms = 5;
  }
  const auto backoff = ExportBpmn(model);
  EXPECT_EQ(backoff.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(absl::StrContains(backoff.status().message(), "'x'"));
}

// --- Diagrams ----------------------------------------------------------------

ProcessBuilder Sample() {
  return std::move(
      ProcessBuilder("order")
          .StartEvent()
          .ServiceTask("charge")
          .CompensateBy("refund")
          .ExclusiveGateway("large")
          .When("${amount > 100}")
          .UserTask("approve")
          .ConnectTo("join")
          .Default()
          .SubProcess("pack", ProcessBuilder("i").StartEvent("i1").Task("i2"))
          .ExclusiveGateway("join")
          .End()
          .BoundaryTimer("late", "approve", "PT1H")
          .ConnectTo("charge")
          .BoundaryError("broken", "pack")
          .TerminateEnd()
          .EventSubProcess("stop", ProcessBuilder("j").SignalStart("j1", "s")));
}

TEST(Diagram, OfAProcessInCode) {
  const std::string xml = Sample().ToXml();
  EXPECT_TRUE(absl::StrContains(xml, "bpmndi:BPMNDiagram"));
  EXPECT_EQ(DiagramFaults(xml), Faults()) << xml;
  ExpectRoundTrip(xml);
}

TEST(Diagram, WhatHasOneIsKept) {
  const std::string xml = Sample().ToXml();
  EXPECT_EQ(*WithDiagram(xml), xml);
  const std::string by_hand = Definitions(
      "<process id='p'/><d:BPMNDiagram "
      "xmlns:d='http://www.omg.org/spec/BPMN/20100524/DI'/>");
  EXPECT_EQ(*WithDiagram(by_hand), by_hand);
  // There is nothing to draw.
  EXPECT_EQ(*WithDiagram("<definitions/>"), "<definitions/>");
  const std::string empty = Definitions("<message id='M' name='m'/>");
  EXPECT_EQ(*WithDiagram(empty), empty);
}

TEST(Diagram, OfWhatIsNoXml) {
  const auto drawn = WithDiagram("<a>\n<b></a>");
  ASSERT_FALSE(drawn.ok());
  EXPECT_EQ(drawn.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(drawn.status().message(), "2:"))
      << drawn.status();
}

TEST(Diagram, IsBeforeTheEnd) {
  const std::string tail = "</definitions ><!-- </definitions> -->\n";
  std::string xml = Process("<task id='t'/>");
  xml.replace(xml.rfind("</definitions>"), std::string::npos, tail);
  const auto drawn = WithDiagram(xml);
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_TRUE(absl::EndsWith(*drawn, "</bpmndi:BPMNDiagram>\n" + tail));
  EXPECT_EQ(DiagramFaults(*drawn), Faults());
}

// Each character in two bytes.
std::string Utf16(const std::string& latin1, bool big_endian) {
  std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : latin1) {
    if (big_endian) out += '\0';
    out += c;
    if (!big_endian) out += '\0';
  }
  return out;
}

TEST(Diagram, InOtherEncodings) {
  const std::string latin1 = Process("<task id='Gr\xfc\xdf'/>");
  const std::string declared =
      "<?xml version='1.0' encoding='ISO-8859-1'?>" + latin1;
  for (const std::string& xml :
       {declared, Utf16(latin1, true), Utf16(latin1, false)}) {
    const auto drawn = WithDiagram(xml);
    ASSERT_TRUE(drawn.ok()) << drawn.status();
    EXPECT_GT(drawn->size(), xml.size());
    EXPECT_EQ(DiagramFaults(*drawn), Faults());
    EXPECT_TRUE(ParseBpmn(*drawn, "f").ok());
  }
}

TEST(Diagram, PoolsAndLanes) {
  const auto drawn = WithDiagram(Definitions(
      "<collaboration id='c'><participant id='P' processRef='p'/>"
      "<participant id='Q' processRef='q'/><participant id='B'/>"
      "<messageFlow id='m' sourceRef='t' targetRef='Q'/></collaboration>"
      "<process id='p'><laneSet><lane id='L1'><flowNodeRef>s</flowNodeRef>"
      "</lane><lane id='L2'><childLaneSet><lane id='L3'><flowNodeRef>t"
      "</flowNodeRef></lane><lane id='L4'/></childLaneSet></lane></laneSet>"
      "<startEvent id='s'/><task id='t'/><dataObjectReference id='d' "
      "dataObjectRef='o'/><sequenceFlow id='f' sourceRef='s' targetRef='t'/>"
      "<textAnnotation id='a'/><association id='n' sourceRef='a' "
      "targetRef='t'/></process><process id='q'><task id='u'/></process>"
      "<process id='r'><task id='v'/></process>"));
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_EQ(DiagramFaults(*drawn), Faults()) << *drawn;
  for (const std::string id : {"P", "Q", "B", "m", "L1", "L2", "L3", "L4", "d",
                               "f", "a", "n", "u", "v", "c", "r"}) {
    EXPECT_TRUE(absl::StrContains(*drawn, "bpmnElement=\"" + id + "\"")) << id;
  }
  // Its pool shows it.
  EXPECT_FALSE(absl::StrContains(*drawn, "bpmnElement=\"q\""));
}

// Of this process, so that a busy machine makes no difference.
double CpuSeconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

TEST(Diagram, TenThousandElementsInASecond) {
  ProcessBuilder builder("p");
  builder.StartEvent();
  for (int i = 0; i < 3000; ++i) {
    const std::string n = std::to_string(i);
    builder.ExclusiveGateway("g" + n)
        .When("${a > 1}")
        .ServiceTask("t" + n)
        .ExclusiveGateway("j" + n)
        .MoveTo("g" + n)
        .Default()
        .ConnectTo("j" + n)
        .MoveTo("j" + n);
  }
  builder.End();
  const double start = CpuSeconds();
  const std::string xml = builder.ToXml();
  EXPECT_LT(CpuSeconds() - start, kSanitizerSlowness);
  EXPECT_TRUE(absl::StrContains(xml, "bpmndi:BPMNDiagram"));
  EXPECT_EQ(DiagramFaults(xml), Faults());
  const ParsedModel parsed = ParseBpmn(xml, "f");
  const double again = CpuSeconds();
  const auto written = ExportBpmn(*parsed.processes[0].model);
  EXPECT_LT(CpuSeconds() - again, kSanitizerSlowness);
  ASSERT_TRUE(written.ok()) << written.status();
}

}  // namespace
}  // namespace pawl::model
