// Every rule of the validation: what breaks it, what is reported and where.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/model/bpmn_xml.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

constexpr Severity kError = Severity::kError;
constexpr Severity kWarning = Severity::kWarning;

struct RuleCase {
  std::string xml;
  std::string rule;
  Severity severity;
  uint32_t line;
  uint32_t column;
  // Must be in the problem's text.
  std::string names;
};

// A process with the declarations `declared`; `content` is on line 3.
std::string Declared(const std::string& declared, const std::string& content) {
  return Definitions("<process id='p'>\n" + content + "</process>" + declared);
}

// An event sub-process beside a task; its content is on line 4.
std::string EventSub(const std::string& content,
                     const std::string& declared = "") {
  return Declared(declared,
                  "<task id='t'/><subProcess id='x' "
                  "triggeredByEvent='true'>\n" +
                      content + "</subProcess>");
}

const std::string kMessage = "<message id='M' name='m'/>";
const std::string kSignal = "<signal id='S' name='s'/>";
const std::string kSignalDefinition = "<signalEventDefinition signalRef='S'/>";

// An event gateway with `id` g; flows to what is in `content` are on line 4.
std::string EventGateway(const std::string& flows, const std::string& content) {
  return Declared(kMessage + kSignal,
                  "<eventBasedGateway id='g'/>\n" + flows + content);
}

// An event that throws a signal with this extension, on line 4, and inputs.
std::string SignalWith(const std::string& extension,
                       const std::string& inputs = "") {
  return Declared(kSignal, "<intermediateThrowEvent id='x'>" + inputs +
                               "<signalEventDefinition signalRef='S'>"
                               "<extensionElements>\n" +
                               extension +
                               "</extensionElements></signalEventDefinition>"
                               "</intermediateThrowEvent>");
}

std::string SignalCatch(const std::string& id) {
  return "<intermediateCatchEvent id='" + id + "'>" + kSignalDefinition +
         "</intermediateCatchEvent>";
}

std::string Flow(const std::string& source, const std::string& target) {
  return "<sequenceFlow id='" + source + "_" + target + "' sourceRef='" +
         source + "' targetRef='" + target + "'/>";
}

// A gateway with two flows out, `first` and `second` to complete.
std::string Gateway(const std::string& gateway, const std::string& first,
                    const std::string& second) {
  return Process("<startEvent id='s'/><endEvent id='e'/>\n" + gateway +
                 "\n<sequenceFlow id='f' sourceRef='s' targetRef='g'/>\n"
                 "<sequenceFlow id='f1' sourceRef='g' targetRef='e'" +
                 first + "\n<sequenceFlow id='f2' sourceRef='g' targetRef='e'" +
                 second);
}

const std::string kTrue =
    "><conditionExpression>${true}"
    "</conditionExpression></sequenceFlow>";

const std::vector<RuleCase>& Cases() {
  static const auto* const cases = new std::vector<RuleCase>{
      // The document.
      {"<definitions><process id='p'/></definitions>", "unknown-root", kError,
       1, 1, "no namespace"},
      {"<definitions xmlns='http://schema.omg.org/spec/BPMN/2.0'/>",
       "unknown-root", kError, 1, 1,
       "'http://schema.omg.org/spec/BPMN/2.0', wanted <definitions> in "
       "namespace 'http://www.omg.org/spec/BPMN/20100524/MODEL'"},
      {"\n <process xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'/>",
       "unknown-root", kError, 2, 2, "<process>"},
      {Definitions(""), "no-process", kWarning, 1, 1, "no process"},
      {Definitions("<extension mustUnderstand='true' definition='q:z'/>"
                   "<process id='p'><task id='t'/></process>"),
       "must-understand", kError, 2, 1, "'q:z'"},
      {Definitions("<bogus/><process id='p'><task id='t'/></process>"),
       "unknown-element", kWarning, 2, 1, "bogus"},
      // Ids.
      {Definitions("<process><task id='t'/></process>"), "missing-id", kError,
       2, 1, "process"},
      {Process("<task/>"), "missing-id", kWarning, 3, 1, "task"},
      {Process("<task id='t'/>\n<task id='t'/>"), "duplicate-id", kError, 4, 1,
       "used already by <task> at 3:1"},
      {Process("<task id='t'/>\n<group id='t'/>"), "duplicate-id", kWarning, 4,
       1, "used already by <task> at 3:1"},
      {Definitions("<process id='p'><task id='t'/></process>\n"
                   "<process id='p'><task id='u'/></process>"),
       "duplicate-id", kError, 3, 1, "'p'"},
      {Definitions("<process id='p'><task id='t'/></process>\n"
                   "<process id='q' isExecutable='false'><task id='t'/>"
                   "</process>"),
       "duplicate-id", kWarning, 3, 38, "'t'"},
      {Definitions("<message id='m' name='a'/>\n<message id='m' name='b'/>"
                   "<process id='p'><task id='t'/></process>"),
       "duplicate-id", kError, 3, 1, "'m' (message)"},
      {Definitions("<message id='m' name='a'/>\n<message id='m' name='b'/>"
                   "<process id='p' isExecutable='false'><task id='t'/>"
                   "</process>"),
       "duplicate-id", kWarning, 3, 1, "'m' (message)"},
      // Places.
      {Definitions("<task id='x'/><process id='p'><task id='t'/></process>"),
       "misplaced-element", kError, 2, 1, "'x' (task): got it in definitions"},
      {Definitions("<sequenceFlow id='f' sourceRef='t' targetRef='t'/>"
                   "<process id='p'><task id='t'/></process>"),
       "misplaced-element", kError, 2, 1, "'f' (sequenceFlow)"},
      {Definitions("<collaboration id='c'>\n<sequenceFlow id='f' "
                   "sourceRef='t' targetRef='t'/></collaboration>"
                   "<process id='p'><task id='t'/></process>"),
       "misplaced-element", kError, 3, 1, "in 'c' (collaboration)"},
      {Definitions("<collaboration id='c'>\n<task id='x'/></collaboration>"
                   "<process id='p'><task id='t'/></process>"),
       "misplaced-element", kError, 3, 1, "in 'c' (collaboration)"},
      {Definitions("<collaboration id='c'>\n<process id='q'/></collaboration>"
                   "<process id='p'><task id='t'/></process>"),
       "misplaced-element", kError, 3, 1, "'q' (process)"},
      {Definitions("<collaboration id='c'><participant id='a'>\n"
                   "<process id='q'><task id='u'/></process></participant>"
                   "</collaboration>"),
       "misplaced-element", kError, 3, 1, "in 'a' (participant)"},
      {Definitions("<definitions>\n<process id='q'><task id='u'/></process>"
                   "</definitions>"),
       "misplaced-element", kError, 3, 1, "wanted it in the file's"},
      {Definitions("<choreography id='c'>\n<process id='q'/></choreography>"),
       "misplaced-element", kError, 3, 1, "in 'c' (choreography)"},
      {Process("<task id='t'/><laneSet id='s'><lane id='l'>\n<task id='x'/>"
               "</lane></laneSet>"),
       "misplaced-element", kError, 4, 1, "in 'l' (lane)"},
      {Process("<task id='t'/><laneSet id='s'>\n<endEvent id='x'/></laneSet>"),
       "misplaced-element", kError, 4, 1, "in 's' (laneSet)"},
      {Process("<task id='t'/><laneSet><lane id='l'>\n<sequenceFlow id='f' "
               "sourceRef='t' targetRef='t'/></lane></laneSet>"),
       "misplaced-element", kError, 4, 1, "in 'l' (lane)"},
      {Process("<userTask id='t'>\n<boundaryEvent id='b' attachedToRef='t'>"
               "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
               "</timerEventDefinition></boundaryEvent></userTask>"),
       "misplaced-element", kError, 4, 1, "'b' (boundaryEvent)"},
      {Process("<task id='t'>\n<task id='x'/></task>"), "misplaced-element",
       kError, 4, 1, "in 't' (task)"},
      {Process("<callActivity id='t' calledElement='c'>\n<startEvent id='x'/>"
               "</callActivity>"),
       "misplaced-element", kError, 4, 1, "in 't' (callActivity)"},
      {Process("<subProcess id='s'><task id='t'>\n<sequenceFlow id='f' "
               "sourceRef='t' targetRef='t'/></task></subProcess>"),
       "misplaced-element", kError, 4, 1, "in 't' (task)"},
      {Definitions("<process id='p' isExecutable='false'><task id='t'>\n"
                   "<task id='x'/></task></process>"),
       "misplaced-element", kWarning, 3, 1, "in 't' (task)"},
      {Definitions("<task id='x'/><process id='p' isExecutable='false'>"
                   "<task id='t'/></process>"),
       "misplaced-element", kWarning, 2, 1, "in definitions"},
      {Definitions("<collaboration id='c'>\n<process id='q' "
                   "isExecutable='false'/></collaboration>"
                   "<process id='p'><task id='t'/></process>"),
       "misplaced-element", kWarning, 3, 1, "'q' (process)"},
      // Values.
      {Around("<receiveTask id='x' instantiate='no'/>"), "boolean-value",
       kWarning, 3, 1,
       "instantiate: got 'no', wanted true or false; it is "
       "false"},
      // Elements.
      {Process("<task id='t'/>\n<dataStore id='d'/>"), "unknown-element",
       kWarning, 4, 1, "'d' (dataStore)"},
      {Process("<servicetask id='t'/>"), "unknown-element", kError, 3, 1,
       "'t' (servicetask)"},
      {Around("<task id='x'><bogus/></task>"), "unknown-element", kWarning, 3,
       14, "'x' (task): <bogus>"},
      {Around("<task id='x' isForCompensation='true'/>"), "handler-with-flow",
       kError, 3, 1, "'x'"},
      {Around("<task id='x' startQuantity='2'/>"), "unsupported-element",
       kError, 3, 1, "startQuantity"},
      {Around("<task id='x' completionQuantity='0'/>"), "unsupported-element",
       kError, 3, 1, "completionQuantity"},
      {Process("<subChoreography id='x'/>"), "unsupported-element", kError, 3,
       1,
       "doesn't execute choreography activities, which belong to a "
       "choreography"},
      {Process("<implicitThrowEvent id='x'/>"), "unsupported-element", kError,
       3, 1, "doesn't execute an implicit throw event, which exists only"},
      // Data.
      {Around("<task id='x'><dataInputAssociation>\n<sourceRef>end</sourceRef>"
              "</dataInputAssociation></task>"),
       "data-association", kError, 4, 1, "'end' (endEvent)"},
      {Around("<task id='x'>\n<dataInputAssociation><targetRef>x</targetRef>"
              "</dataInputAssociation></task>"),
       "data-drawn", kWarning, 4, 1, "the activity itself"},
      {Around("<task id='x'><dataInputAssociation>\n<sourceRef>1 a</sourceRef>"
              "</dataInputAssociation></task>"),
       "data-association", kError, 4, 1, "got '1 a'"},
      {Around("<task id='x'>\n<dataInputAssociation><sourceRef>a</sourceRef>"
              "<sourceRef>b</sourceRef><targetRef>c</targetRef>"
              "</dataInputAssociation></task>"),
       "data-association", kError, 4, 1, "2 sources"},
      {Around("<task id='x'><dataOutputAssociation><sourceRef>a</sourceRef>"
              "<targetRef>b</targetRef>\n<assignment><to>b</to></assignment>"
              "</dataOutputAssociation></task>"),
       "data-association", kError, 4, 1, "no <from>"},
      {Around("<task id='x'><dataOutputAssociation><sourceRef>a</sourceRef>"
              "<targetRef>b</targetRef><assignment><from>a</from>\n"
              "<to>b[1]</to></assignment></dataOutputAssociation></task>"),
       "data-association", kError, 4, 1, "no place"},
      {Around("<task id='x'>\n<dataOutputAssociation><sourceRef>a</sourceRef>"
              "<transformation>a</transformation></dataOutputAssociation>"
              "</task>"),
       "data-association", kError, 4, 1, "no targetRef"},
      {Around("<task id='x'><dataInputAssociation><targetRef>b</targetRef>\n"
              "<transformation>a +</transformation></dataInputAssociation>"
              "</task>"),
       "expression-syntax", kError, 4, 1, "a +"},
      {Around("<task id='x'><dataInputAssociation><targetRef>b</targetRef>\n"
              "<transformation language='java'>a</transformation>"
              "</dataInputAssociation></task>"),
       "unsupported-language", kError, 4, 1, "java"},
      {Around("<task id='x'><dataInputAssociation>\n<sourceRef>a</sourceRef>"
              "<targetRef>b</targetRef></dataInputAssociation></task>"),
       "undeclared-data", kWarning, 4, 1, "got 'a'"},
      {Around("<task id='x'>\n<dataOutputAssociation><targetRef>b</targetRef>"
              "</dataOutputAssociation></task>"),
       "data-drawn", kWarning, 4, 1, "no source"},
      {Around("<task id='x'><ioSpecification><inputSet/>\n<inputSet/>"
              "<outputSet/></ioSpecification></task>"),
       "data-sets", kWarning, 4, 1, "second set"},
      {Around("<task id='x'><ioSpecification><inputSet>\n"
              "<whileExecutingInputRefs>a</whileExecutingInputRefs></inputSet>"
              "</ioSpecification></task>"),
       "data-sets", kWarning, 4, 1, "at the beginning"},
      {Process("<endEvent id='e'><terminateEventDefinition/>"
               "<terminateEventDefinition/></endEvent>"),
       "unsupported-element", kError, 3, 1, "thrown at once"},
      // Several definitions of one event.
      {Declared(kSignal,
                "<startEvent id='x' parallelMultiple='true'>" +
                    kSignalDefinition +
                    "\n<timerEventDefinition><timeDuration>PT1H</timeDuration>"
                    "</timerEventDefinition></startEvent>"),
       "unsupported-element", kError, 4, 1, "waits for messages and signals"},
      {Declared("<message id='M' name='m'/>",
                "<intermediateCatchEvent id='x'><messageEventDefinition "
                "messageRef='M' pawl:onePerKey='true'/>"
                "</intermediateCatchEvent>"),
       "one-per-key", kError, 3, 1, "no message starts the process"},
      {Declared("<message id='M' name='m'/>",
                "<startEvent id='x'><messageEventDefinition messageRef='M' "
                "pawl:onePerKey='maybe'/></startEvent>"),
       "boolean", kError, 3, 20, "got 'maybe'"},
      {Declared(kSignal, "<subProcess id='s'><startEvent id='x'>" +
                             kSignalDefinition + kSignalDefinition +
                             "</startEvent></subProcess>"),
       "sub-process-start", kError, 3, 20, "got event definitions"},
      {Declared(kSignal,
                "<task id='t'/><boundaryEvent id='x' "
                "attachedToRef='t' parallelMultiple='true'>" +
                    kSignalDefinition +
                    "\n<errorEventDefinition/></boundaryEvent>"),
       "unsupported-element", kError, 4, 1, "it is caught where it is thrown"},
      {Declared(kSignal,
                "<task id='t'/><boundaryEvent id='x' "
                "attachedToRef='t' cancelActivity='false'>" +
                    kSignalDefinition +
                    "\n<errorEventDefinition/></boundaryEvent>"),
       "unsupported-element", kError, 4, 1, "an error always interrupts"},
      {Declared(kSignal, "<intermediateThrowEvent id='x'>" + kSignalDefinition +
                             "\n<messageEventDefinition pawl:type='t'/>"
                             "</intermediateThrowEvent>"),
       "unsupported-element", kError, 4, 1, "no implementation"},
      {Declared(kSignal, "<intermediateThrowEvent id='x'>" + kSignalDefinition +
                             "\n<compensateEventDefinition/>"
                             "</intermediateThrowEvent>"),
       "unsupported-element", kError, 4, 1, "an effect of its own"},
      // Flows.
      {Process("<task id='t'/>\n<sequenceFlow id='f' targetRef='t'/>"),
       "flow-to-nowhere", kError, 4, 1, "sourceRef: got none"},
      {Process("<task id='t'/>\n<sequenceFlow id='f' sourceRef='t'/>"),
       "flow-to-nowhere", kError, 4, 1, "targetRef: got none"},
      {Process("<task id='t'/>\n"
               "<sequenceFlow id='f' sourceRef='t' targetRef='zz'/>"),
       "flow-to-nowhere", kError, 4, 1, "'zz', which is no element"},
      {Process("<task id='t'/><dataObject id='d'/>\n"
               "<sequenceFlow id='f' sourceRef='t' targetRef='d'/>"),
       "flow-to-nowhere", kError, 4, 1, "'d' (dataObject)"},
      {Process("<task id='t'/>\n"
               "<sequenceFlow id='f' sourceRef='t' targetRef='p'/>"),
       "flow-to-nowhere", kError, 4, 1, "'p' (process)"},
      {Process("<task id='t'/><subProcess id='sub'><task id='u'/>"
               "</subProcess>\n"
               "<sequenceFlow id='f' sourceRef='t' targetRef='u'/>"),
       "flow-crosses-scope", kError, 4, 1, "'u' (task) inside 'sub'"},
      {Definitions("<process id='p'><task id='t'/>\n"
                   "<sequenceFlow id='f' sourceRef='t' targetRef='u'/>"
                   "</process><process id='q'><task id='u'/></process>"),
       "flow-crosses-scope", kError, 3, 1, "inside 'q' (process)"},
      // Defaults and conditions.
      {Gateway("<exclusiveGateway id='g' default='f'/>", kTrue, kTrue),
       "default-flow-not-outgoing", kError, 4, 1, "'f'"},
      {Gateway("<exclusiveGateway id='g' default='f2'/>", kTrue, kTrue),
       "condition-on-default-flow", kWarning, 7, 1, "'f2'"},
      {Gateway("<exclusiveGateway id='g'/>", kTrue, "/>"), "missing-condition",
       kWarning, 7, 1, "'f2'"},
      {Gateway("<parallelGateway id='g'/>", kTrue, "/>"), "condition-ignored",
       kWarning, 6, 1, "'f1'"},
      {Gateway("<parallelGateway id='g' default='f1'/>", "/>", "/>"),
       "default-flow-ignored", kWarning, 4, 1, "'g'"},
      // Starts and ends.
      {Process("<startEvent id='a'/>\n<startEvent id='b'/>"),
       "several-none-starts", kError, 4, 1, "'b' (startEvent)"},
      {Process("<task id='t'/>\n<startEvent id='a'/>"
               "<sequenceFlow id='f' sourceRef='t' targetRef='a'/>"),
       "start-with-incoming", kError, 4, 1, "'f'"},
      {Process("<task id='t'/>\n<endEvent id='a'/>"
               "<sequenceFlow id='f' sourceRef='a' targetRef='t'/>"),
       "end-with-outgoing", kError, 4, 1, "'f'"},
      {Process(""), "no-start", kError, 2, 1, "'p' (process)"},
      {Process("<task id='t'/>"
               "<sequenceFlow id='f' sourceRef='t' targetRef='t'/>"),
       "no-start", kError, 2, 1, "'p' (process)"},
      {Process("<startEvent id='s'/>\n<task id='t'/>"), "unreachable", kWarning,
       4, 1, "'t' (task)"},
      // Work.
      {Around("<serviceTask id='x'/>"), "no-implementation", kWarning, 3, 1,
       "job of type 'x'"},
      {Around("<serviceTask id='x' camunda:class='a.B'/>"), "needs-java",
       kError, 3, 1, "camunda:class 'a.B'"},
      {Around("<serviceTask id='x' camunda:type='mail'/>"), "needs-java",
       kError, 3, 1, "'mail'"},
      {Around("<serviceTask id='x' camunda:expression='${a.b()}'/>"),
       "needs-java", kError, 3, 1, "'x'"},
      {Around("<serviceTask id='x' camunda:expression='${a}' "
              "camunda:topic='t'/>"),
       "two-implementations", kError, 3, 1, "camunda:expression"},
      {Around("<serviceTask id='x' pawl:retries='0'/>"), "job-retries", kError,
       3, 1, "pawl:retries: got '0', wanted a number from 1 to 1000000"},
      {Around("<serviceTask id='x' pawl:retries='1000001'/>"), "job-retries",
       kError, 3, 1, "1000001"},
      {Around("<serviceTask id='x' pawl:backoff='1s'/>"), "job-retries", kError,
       3, 1, "pawl:backoff: got '1s'"},
      {Around("<serviceTask id='x' pawl:backoff='P1M'/>"), "job-retries",
       kError, 3, 1, "without years and months"},
      {Around("<serviceTask id='x' pawl:backoff='PT1S,'/>"), "job-retries",
       kError, 3, 1, "pawl:backoff"},
      {Around("<serviceTask id='x' pawl:backoff='PT1S' "
              "pawl:backoffFactor='0.5'/>"),
       "job-retries", kError, 3, 1, "pawl:backoffFactor: got '0.5'"},
      {Around("<serviceTask id='x' pawl:backoff='PT1S' "
              "pawl:backoffFactor='1000.001'/>"),
       "job-retries", kError, 3, 1, "1000.001"},
      {Around("<serviceTask id='x' pawl:backoffMax='PT1S'/>"), "job-retries",
       kError, 3, 1, "pawl:backoff"},
      {Around("<serviceTask id='x'><extensionElements>"
              "<camunda:failedJobRetryTimeCycle>R/PT1S"
              "</camunda:failedJobRetryTimeCycle></extensionElements>"
              "</serviceTask>"),
       "job-retries", kError, 3, 1, "a number after R"},
      {Around("<serviceTask id='x' pawl:typ='a'/>"), "unknown-extension",
       kError, 3, 1, "pawl:typ"},
      {Around("<userTask id='x' pawl:type='a'/>"), "unknown-extension", kError,
       3, 1, "pawl:type"},
      {Around("<scriptTask id='x'/>"), "missing-script", kError, 3, 1, "'x'"},
      {Around("<scriptTask id='x' scriptFormat='groovy'>\n"
              "<script>1</script></scriptTask>"),
       "unsupported-language", kError, 4, 1, "groovy"},
      {Around("<scriptTask id='x'>\n<script> </script></scriptTask>"),
       "expression-syntax", kError, 4, 1, "empty"},
      {Around("<userTask id='x'><extensionElements>"
              "<zeebe:assignmentDefinition assignee='=boss +'/>"
              "</extensionElements></userTask>"),
       "expression-syntax", kError, 3, 1, "offset"},
      // Mappings and listeners.
      {Around("<task id='x'><extensionElements><zeebe:ioMapping>\n"
              "<zeebe:input source='= 1' target='a..b'/>"
              "</zeebe:ioMapping></extensionElements></task>"),
       "mapping", kError, 4, 1, "empty name"},
      {Around("<task id='x'><extensionElements><camunda:inputOutput>\n"
              "<camunda:inputParameter>1</camunda:inputParameter>"
              "</camunda:inputOutput></extensionElements></task>"),
       "mapping", kError, 4, 1, "empty name"},
      {Around("<task id='x'><extensionElements><camunda:inputOutput>\n"
              "<camunda:outputParameter name='a'>"
              "<camunda:script scriptFormat='javascript'>1</camunda:script>"
              "</camunda:outputParameter>"
              "</camunda:inputOutput></extensionElements></task>"),
       "unsupported-language", kError, 4, 35, "javascript"},
      {Around("<task id='x'><extensionElements><camunda:inputOutput/>\n"
              "<camunda:inputOutput/></extensionElements></task>"),
       "mapping", kError, 4, 1, "a second one"},
      {Around("<task id='x'><extensionElements><zeebe:ioMapping/>\n"
              "<zeebe:ioMapping/></extensionElements></task>"),
       "mapping", kError, 4, 1, "a second one"},
      {Around("<task id='x'><extensionElements><zeebe:ioMapping>\n"
              "<zeebe:input target='a'/>"
              "</zeebe:ioMapping></extensionElements></task>"),
       "mapping", kError, 4, 1, "no source"},
      {Around("<task id='x'><extensionElements><camunda:inputOutput>\n"
              "<camunda:inputParameter name='a'>1<camunda:list/>"
              "</camunda:inputParameter>"
              "</camunda:inputOutput></extensionElements></task>"),
       "mapping", kWarning, 4, 1, "text beside <list>"},
      {Around("<task id='x'><extensionElements><camunda:inputOutput>"
              "<camunda:inputParameter name='a'><camunda:list/>\n"
              "<camunda:map/></camunda:inputParameter>"
              "</camunda:inputOutput></extensionElements></task>"),
       "mapping", kError, 4, 1, "a second value"},
      {Around("<task id='x'><extensionElements><camunda:inputOutput>"
              "<camunda:inputParameter name='a'><camunda:map>"
              "<camunda:entry key='k'>1</camunda:entry>\n"
              "<camunda:entry key='k'>2</camunda:entry>"
              "</camunda:map></camunda:inputParameter>"
              "</camunda:inputOutput></extensionElements></task>"),
       "mapping", kWarning, 4, 1, "'k' was there before"},
      {Around("<task id='x'><extensionElements>\n"
              "<camunda:executionListener event='start' expression='${a}'>"
              "<camunda:script scriptFormat='feel'>1</camunda:script>"
              "</camunda:executionListener></extensionElements></task>"),
       "listener", kError, 4, 1, "an expression and a script"},
      {Around("\n<serviceTask id='x' pawl:type='pawl:javascript'/>"),
       "job-type", kError, 4, 1, "'pawl:javascript'"},
      {Around("<task id='x'><extensionElements>\n"
              "<camunda:executionListener event='take' expression='${a}'/>"
              "</extensionElements></task>"),
       "listener", kError, 4, 1, "'take'"},
      {Around("<task id='x'><extensionElements>\n"
              "<camunda:executionListener event='start' class='a.B'/>"
              "</extensionElements></task>"),
       "needs-java", kError, 4, 1, "Java class"},
      {Around("<task id='x'><extensionElements><zeebe:executionListeners>\n"
              "<zeebe:executionListener eventType='start'/>"
              "</zeebe:executionListeners></extensionElements></task>"),
       "listener", kError, 4, 1, "no type"},
      // Listeners of tasks.
      {Around("<userTask id='x'><extensionElements>\n"
              "<camunda:taskListener event='create' class='a.B'/>"
              "</extensionElements></userTask>"),
       "needs-java", kError, 4, 1,
       "'x' (userTask): <taskListener>: got a Java"},
      {Around(
           "<userTask id='x'><extensionElements>\n"
           "<camunda:taskListener event='timeout' delegateExpression='${b}'/>"
           "</extensionElements></userTask>"),
       "needs-java", kError, 4, 1, "Java class"},
      {Around("<userTask id='x'><extensionElements>\n"
              "<camunda:taskListener event='create' expression='${a.b()}'/>"
              "</extensionElements></userTask>"),
       "needs-java", kError, 4, 1, "wanted EL without calls"},
      {Around("<userTask id='x'><extensionElements>\n"
              "<camunda:taskListener event='delete' expression='${a}'/>"
              "</extensionElements></userTask>"),
       "unsupported-element", kError, 4, 1, "the event 'delete'"},
      {Around("<userTask id='x'><extensionElements>\n"
              "<camunda:taskListener event='timeout' expression='${a}'/>"
              "</extensionElements></userTask>"),
       "unsupported-element", kError, 4, 1, "the event 'timeout'"},
      {Around("<userTask id='x'><extensionElements>\n"
              "<camunda:taskListener event='start' expression='${a}'/>"
              "</extensionElements></userTask>"),
       "listener", kError, 4, 1, "'start', wanted one of create, assignment"},
      {Around("<userTask id='x'><extensionElements>\n"
              "<camunda:taskListener event='create' expression='${a}'>"
              "<camunda:script scriptFormat='feel'>1</camunda:script>"
              "</camunda:taskListener></extensionElements></userTask>"),
       "listener", kError, 4, 1, "an expression and a script"},
      {Around("<userTask id='x'><extensionElements>"
              "<camunda:taskListener event='create'>\n"
              "<camunda:script scriptFormat='lua' resource='a.lua'/>"
              "</camunda:taskListener></extensionElements></userTask>"),
       "unsupported-element", kError, 4, 1, "a file of their own"},
      {Around("<userTask id='x'><extensionElements>"
              "<camunda:taskListener event='create'>\n"
              "<camunda:script scriptFormat='groovy'>1</camunda:script>"
              "</camunda:taskListener></extensionElements></userTask>"),
       "unsupported-language", kError, 4, 1, "groovy"},
      {Around("<userTask id='x'><extensionElements><zeebe:taskListeners>\n"
              "<zeebe:taskListener eventType='canceling' type='t'/>"
              "</zeebe:taskListeners></extensionElements></userTask>"),
       "unsupported-element", kError, 4, 1, "the event 'canceling'"},
      {Around("<userTask id='x'><extensionElements><zeebe:taskListeners>\n"
              "<zeebe:taskListener eventType='creating'/>"
              "</zeebe:taskListeners></extensionElements></userTask>"),
       "listener", kError, 4, 1, "no type"},
      // Kinds of writes.
      {Process("<task id='t'/><boundaryEvent id='b' attachedToRef='t'>\n"
               "<conditionalEventDefinition camunda:variableEvents='write'>"
               "<condition>${a}</condition></conditionalEventDefinition>"
               "</boundaryEvent>"),
       "event-condition", kError, 4, 1, "'write'"},
      {Process("<task id='t'/><boundaryEvent id='b' attachedToRef='t'>"
               "<conditionalEventDefinition><extensionElements>\n"
               "<zeebe:conditionalFilter variableNames='a, b'/>"
               "</extensionElements><condition>${a}</condition>"
               "</conditionalEventDefinition></boundaryEvent>"),
       "event-condition", kError, 4, 1, "wanted one variable's name"},
      {Process("<task id='t'/><boundaryEvent id='b' attachedToRef='t'>"
               "<conditionalEventDefinition><extensionElements>\n"
               "<zeebe:conditionalFilter variableEvents='write'/>"
               "</extensionElements><condition>${a}</condition>"
               "</conditionalEventDefinition></boundaryEvent>"),
       "event-condition", kError, 4, 1, "'write'"},
      {Process("<task id='t'/><boundaryEvent id='b' attachedToRef='t'>\n"
               "<conditionalEventDefinition camunda:variableEvents='delete'>"
               "<condition>${a}</condition></conditionalEventDefinition>"
               "</boundaryEvent>"),
       "event-condition", kWarning, 4, 1, "never comes"},
      {Process("<task id='t'/><endEvent id='e'/>"
               "<sequenceFlow id='f' sourceRef='t' targetRef='e'>\n"
               "<conditionExpression language='javascript'>1"
               "</conditionExpression></sequenceFlow>"),
       "unsupported-language", kError, 4, 1, "javascript"},
      // Sub-processes, boundary events, links.
      {Process("<startEvent id='s'/><subProcess id='x'>\n<task id='in'/>"
               "</subProcess><sequenceFlow id='f' sourceRef='s' "
               "targetRef='in'/>"),
       "flow-crosses-scope", kError, 4, 29, "'in' (task) inside 'x'"},
      {Process("<subProcess id='x'>\n<startEvent id='a'/>\n"
               "<startEvent id='b'/></subProcess>"),
       "several-none-starts", kError, 5, 1, "one in a sub-process"},
      {Process("<subProcess id='x'><task id='a'/><task id='b'/>"
               "<sequenceFlow id='f' sourceRef='a' targetRef='b'/>"
               "<sequenceFlow id='g' sourceRef='b' targetRef='a'/>"
               "</subProcess>"),
       "no-start", kError, 3, 1, "'x' (subProcess)"},
      {Process("<task id='t'/>\n<boundaryEvent id='b'>"
               "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
               "</timerEventDefinition></boundaryEvent>"),
       "boundary-attached-to-nothing", kError, 4, 1, "none"},
      {Process("<startEvent id='t'/>\n<boundaryEvent id='b' "
               "attachedToRef='t'><errorEventDefinition/></boundaryEvent>"),
       "boundary-attached-to-nothing", kError, 4, 1, "'t' (startEvent)"},
      {Process("<task id='t'/>\n<boundaryEvent id='b' attachedToRef='t'>"
               "<errorEventDefinition/></boundaryEvent>"
               "<sequenceFlow id='f' sourceRef='t' targetRef='b'/>"),
       "boundary-with-incoming", kError, 4, 1, "'f'"},
      {Process("<task id='t'/>\n<boundaryEvent id='b' attachedToRef='t'/>"),
       "missing-event-definition", kError, 4, 1, "'b'"},
      {Process("<task id='t'/>\n<boundaryEvent id='b' attachedToRef='t' "
               "cancelActivity='false'><errorEventDefinition/>"
               "</boundaryEvent>"),
       "error-interrupts", kWarning, 4, 1, "always ends"},
      {Process("<task id='t'/><endEvent id='e'>\n<errorEventDefinition/>"
               "</endEvent>"
               "<sequenceFlow id='f' sourceRef='t' targetRef='e'/>"),
       "error-code", kError, 4, 1, "without a code"},
      {Process("<task id='t'/><endEvent id='e'>\n"
               "<errorEventDefinition errorRef='E'/></endEvent>"
               "<sequenceFlow id='f' sourceRef='t' targetRef='e'/>"),
       "undeclared-error", kWarning, 4, 1, "'E'"},
      {Around("<intermediateThrowEvent id='x'>\n<linkEventDefinition/>"
              "</intermediateThrowEvent>"),
       "link-name", kError, 4, 1, "without a name"},
      {Process("<startEvent id='s'/>\n<intermediateThrowEvent id='x'>"
               "<linkEventDefinition name='L'/></intermediateThrowEvent>"
               "<sequenceFlow id='f' sourceRef='s' targetRef='x'/>"),
       "link-to-nowhere", kError, 4, 1, "'L'"},
      {Process("<startEvent id='s'/><intermediateCatchEvent id='x'>"
               "<linkEventDefinition name='L'/></intermediateCatchEvent>\n"
               "<intermediateCatchEvent id='y'>"
               "<linkEventDefinition name='L'/></intermediateCatchEvent>"),
       "link-twice", kError, 4, 1, "'x'"},
      {Process("<startEvent id='s'/>\n<intermediateCatchEvent id='x'>"
               "<linkEventDefinition name='L'/></intermediateCatchEvent>"
               "<sequenceFlow id='f' sourceRef='s' targetRef='x'/>"),
       "link-with-flow", kError, 4, 1, "an incoming flow 'f'"},
      // Messages, signals, escalation, conditions.
      {Around("<sendTask id='x' messageRef='m'/>"), "unknown-reference", kError,
       3, 1, "messageRef: got 'm', wanted the id of a message"},
      {Around("<receiveTask id='x' messageRef='p'/>"), "unknown-reference",
       kError, 3, 1, "'p'"},
      {Around("<intermediateThrowEvent id='x'>\n"
              "<messageEventDefinition messageRef='M'/>"
              "</intermediateThrowEvent>"),
       "undeclared-message", kWarning, 4, 1, "'M'"},
      {Around("<intermediateCatchEvent id='x'>\n<messageEventDefinition/>"
              "</intermediateCatchEvent>"),
       "missing-reference", kError, 4, 1, "messageRef: got none"},
      {Around("<intermediateThrowEvent id='x'>\n<signalEventDefinition/>"
              "</intermediateThrowEvent>"),
       "missing-reference", kError, 4, 1, "signalRef: got none"},
      {Around("<intermediateThrowEvent id='x'>\n<escalationEventDefinition/>"
              "</intermediateThrowEvent>"),
       "missing-reference", kError, 4, 1, "escalationRef: got none"},
      {Process("<task id='x'/><boundaryEvent id='b' attachedToRef='x'>\n"
               "<escalationEventDefinition escalationRef='C'/>"
               "</boundaryEvent>"),
       "unknown-reference", kError, 4, 1, "escalationRef: got 'C'"},
      {Declared("<message id='M'/>",
                "<intermediateCatchEvent id='x'>\n<messageEventDefinition "
                "messageRef='M'/></intermediateCatchEvent>"),
       "message-name", kError, 4, 1, "'M' (message) without a name"},
      {Declared("<message id='M' name='m-${a}'/>",
                "<startEvent id='x'>\n<messageEventDefinition "
                "messageRef='M'/></startEvent>"),
       "message-name", kError, 4, 1, "'m-${a}'"},
      {Declared("<message id='M' name='= now()'/>",
                "<startEvent id='x'>\n<messageEventDefinition "
                "messageRef='M'/></startEvent>"),
       "message-name", kError, 4, 1, "'= now()'"},
      // Not even when it asks for a variable to find that there is none.
      {Declared("<message id='M' name='= if a = null then \"x\" else \"y\"'/>",
                "<startEvent id='x'>\n<messageEventDefinition "
                "messageRef='M'/></startEvent>"),
       "message-name", kError, 4, 1, "without variables"},
      {Declared("<signal id='S' name=' '/>",
                "<intermediateThrowEvent id='x'>\n" + kSignalDefinition +
                    "</intermediateThrowEvent>"),
       "signal-name", kError, 4, 1, "'S' (signal)"},
      {Declared("<signal id='S' name='${a}'/>",
                "<startEvent id='x'>\n" + kSignalDefinition + "</startEvent>"),
       "signal-name", kError, 4, 1, "without variables"},
      {Declared("<signal id='S' name='" + std::string(4097, 's') + "'/>",
                "<startEvent id='x'>\n" + kSignalDefinition + "</startEvent>"),
       "name-too-long", kError, 4, 1, "4097 bytes"},
      {Declared("<escalation id='C'/>",
                "<task id='t'/><endEvent id='x'>\n<escalationEventDefinition "
                "escalationRef='C'/></endEvent>" +
                    Flow("t", "x")),
       "escalation-code", kError, 4, 1, "'C' (escalation) without a code"},
      {Around("<intermediateCatchEvent id='x'>\n<conditionalEventDefinition/>"
              "</intermediateCatchEvent>"),
       "event-condition", kError, 4, 1, "no condition"},
      {Around("<intermediateCatchEvent id='x'><conditionalEventDefinition>\n"
              "<condition language='javascript'>1</condition>"
              "</conditionalEventDefinition></intermediateCatchEvent>"),
       "unsupported-language", kError, 4, 1, "javascript"},
      {Around("<task id='x'>\n<standardLoopCharacteristics/></task>"),
       "loop-without-end", kWarning, 4, 1, "runs once"},
      {Around("<subProcess id='x' pawl:saga='all'><task id='y'/></subProcess>"),
       "saga", kError, 3, 1, "got 'all'"},
      {Around("<task id='x'>\n<standardLoopCharacteristics "
              "loopMaximum='0'/></task>"),
       "loop", kError, 4, 1, "loopMaximum"},
      {Around("<task id='x'>\n<multiInstanceLoopCharacteristics/></task>"),
       "loop", kError, 4, 1, "nor a collection"},
      {Around("<task id='x'>\n<multiInstanceLoopCharacteristics>"
              "<loopCardinality>-2</loopCardinality>"
              "</multiInstanceLoopCharacteristics></task>"),
       "loop", kError, 4, 1, "got -2"},
      {Around("<userTask id='x' camunda:priority='abc'/>"), "task-value",
       kError, 3, 1, "priority: got 'abc'"},
      {Around("<userTask id='x' camunda:priority='2147483648'/>"), "task-value",
       kError, 3, 1, "32 bits"},
      {Around("<userTask id='x' camunda:dueDate='tomorrow'/>"), "task-value",
       kError, 3, 1, "dueDate: got 'tomorrow'"},
      {Around("<userTask id='x' camunda:followUpDate='P1X'/>"), "task-value",
       kError, 3, 1, "followUpDate: got 'P1X'"},
      {Around("<task id='x'>\n<multiInstanceLoopCharacteristics>"
              "<loopCardinality>2</loopCardinality><loopDataOutputRef>o"
              "</loopDataOutputRef></multiInstanceLoopCharacteristics></task>"),
       "loop", kError, 4, 1, "outputDataItem"},
      {Around("<task id='x'><standardLoopCharacteristics loopMaximum='2'/>\n"
              "<multiInstanceLoopCharacteristics><loopCardinality>2"
              "</loopCardinality></multiInstanceLoopCharacteristics></task>"),
       "loop", kError, 4, 1, "wanted one of them"},
      {EventSub("<startEvent id='y'>" + kSignalDefinition +
                    "</startEvent><multiInstanceLoopCharacteristics>"
                    "<loopCardinality>2</loopCardinality>"
                    "</multiInstanceLoopCharacteristics>",
                kSignal),
       "loop", kError, 4, 71, "runs when its event comes"},
      {Around("<adHocSubProcess id='x' triggeredByEvent='true'><task id='y'/>"
              "</adHocSubProcess>"),
       "unsupported-element", kError, 3, 1, "an event would start"},
      {Around("<receiveTask id='x' pawl:correlationKey='a'/>"),
       "correlation-key-ignored", kWarning, 3, 1, "no message"},
      {Around("<sendTask id='x' pawl:type='t' pawl:correlationKey='a'/>"),
       "correlation-key-ignored", kWarning, 3, 1, "no message"},
      {Declared(kMessage,
                "<startEvent id='x'>\n<messageEventDefinition "
                "messageRef='M' pawl:correlationKey='a'/></startEvent>"),
       "correlation-key-ignored", kWarning, 4, 1, "every message"},
      {Definitions("<message id='M' name='m'/><message id='N' name=\"${'m'}\"/>"
                   "<process id='p'><startEvent id='a'><messageEventDefinition "
                   "messageRef='M'/></startEvent></process>\n"
                   "<process id='q'><startEvent id='b'><messageEventDefinition "
                   "messageRef='N'/></startEvent></process>"),
       "start-message-twice", kError, 3, 17, "starts at 'a' (startEvent)"},
      {Around("<intermediateThrowEvent id='x'><messageEventDefinition/>"
              "</intermediateThrowEvent>"),
       "no-implementation", kWarning, 3, 1, "job of type 'x'"},
      {Around("<intermediateThrowEvent id='x'>\n<messageEventDefinition "
              "camunda:class='a.B'/></intermediateThrowEvent>"),
       "needs-java", kError, 4, 1, "class"},
      {SignalWith("<camunda:in source='a'/>"), "mapping", kError, 4, 1,
       "empty name"},
      {SignalWith("<camunda:in target='a'/>"), "mapping", kError, 4, 1,
       "a source or a sourceExpression"},
      {SignalWith("<camunda:in source='a-b' target='a'/>"), "mapping", kError,
       4, 1, "'a-b'"},
      {SignalWith("<camunda:in variables='some'/>"), "mapping", kError, 4, 1,
       "wanted all"},
      {SignalWith("<camunda:in businessKey='a'/>"), "unsupported-element",
       kError, 4, 1, "business key"},
      {SignalWith("<camunda:in source='a' target='b'/>",
                  "<extensionElements><zeebe:ioMapping><zeebe:input source='1' "
                  "target='c'/></zeebe:ioMapping></extensionElements>"),
       "unsupported-element", kError, 4, 1, "beside inputs"},
      {Around("<receiveTask id='x' instantiate='true'/>"), "instantiate",
       kError, 3, 1, "an incoming flow"},
      {Process("<receiveTask id='x' instantiate='true'/>"), "instantiate",
       kError, 3, 1, "no message or signal"},
      {Process("<startEvent id='s'/>\n<receiveTask id='x' "
               "instantiate='true'/>"),
       "instantiate", kError, 4, 1, "with a start event"},
      {Process("<subProcess id='s'>\n<receiveTask id='x' instantiate='true'/>"
               "</subProcess>"),
       "instantiate", kError, 4, 1, "inside of a sub-process"},
      {Declared("<message id='N' name='${n}'/>",
                "<receiveTask id='x' instantiate='true' messageRef='N'/>"),
       "instantiate", kError, 3, 1, "a name with an expression"},
      {Process("<eventBasedGateway id='x' eventGatewayType='Parallel'/>"),
       "instantiate", kError, 3, 1, "wanted instantiate"},
      {Process("<eventBasedGateway id='x' instantiate='true'/>\n"
               "<intermediateCatchEvent id='t'><timerEventDefinition>"
               "<timeDuration>PT1S</timeDuration></timerEventDefinition>"
               "</intermediateCatchEvent>"
               "<sequenceFlow id='f' sourceRef='x' targetRef='t'/>"),
       "instantiate", kError, 4, 1, "no message or signal"},
      {Process("<eventBasedGateway id='x'><extensionElements>"
               "<camunda:executionListener event='end' expression='${a}'/>"
               "</extensionElements></eventBasedGateway>"),
       "unsupported-element", kError, 3, 1, "end listeners of an event-based"},
      {Process("<startEvent id='x'>\n<errorEventDefinition/></startEvent>"),
       "unsupported-element", kError, 4, 1, "BPMN has no error start"},
      // Ad-hoc sub-processes.
      {Process("<adHocSubProcess id='x'>\n<startEvent id='a'/><task id='t'/>"
               "</adHocSubProcess>"),
       "ad-hoc-content", kError, 4, 1, "got a start event inside"},
      {Process("<adHocSubProcess id='x'><task id='t'/>\n<endEvent id='a'/>"
               "</adHocSubProcess>"),
       "ad-hoc-content", kError, 4, 1, "got an end event inside"},
      {Process("<adHocSubProcess id='x'><exclusiveGateway id='t'/>"
               "</adHocSubProcess>"),
       "ad-hoc-content", kError, 3, 1, "got no activity inside"},
      {Process("<adHocSubProcess id='x' ordering='Any'><task id='t'/>"
               "</adHocSubProcess>"),
       "ad-hoc-content", kError, 3, 1, "wanted Parallel or Sequential"},
      {Process("<adHocSubProcess id='x'><task id='t'/><extensionElements>\n"
               "<zeebe:adHoc outputCollection='all'/></extensionElements>"
               "</adHocSubProcess>"),
       "unsupported-element", kError, 4, 1, "outputCollection: "},
      // Event sub-processes.
      {Declared(kSignal, "<subProcess id='x'>\n<startEvent id='a'>" +
                             kSignalDefinition + "</startEvent></subProcess>"),
       "sub-process-start", kError, 4, 1, "'a' (startEvent)"},
      {EventSub("<startEvent id='a'/>"), "event-sub-process-start", kError, 3,
       15, "a none start event"},
      {EventSub(""), "event-sub-process-start", kError, 3, 15,
       "0 start events"},
      {EventSub("<startEvent id='a'>" + kSignalDefinition +
                    "</startEvent><startEvent id='b'>" + kSignalDefinition +
                    "</startEvent>",
                kSignal),
       "event-sub-process-start", kError, 3, 15, "2 start events"},
      {Declared(kSignal, "<task id='t'/>" + Flow("t", "x") +
                             "\n<subProcess id='x' triggeredByEvent='true'>"
                             "<startEvent id='a'>" +
                             kSignalDefinition + "</startEvent></subProcess>"),
       "event-sub-process-flow", kError, 4, 1, "an incoming flow 't_x'"},
      {Declared(kSignal, "<task id='t'/>" + Flow("x", "t") +
                             "\n<subProcess id='x' triggeredByEvent='true'>"
                             "<startEvent id='a'>" +
                             kSignalDefinition + "</startEvent></subProcess>"),
       "event-sub-process-flow", kError, 4, 1, "an outgoing flow 'x_t'"},
      {Declared(kSignal,
                "<task id='t'/><subProcess id='x' "
                "triggeredByEvent='true'><startEvent id='a'>" +
                    kSignalDefinition +
                    "</startEvent></subProcess>\n<boundaryEvent "
                    "id='b' attachedToRef='x'>" +
                    kSignalDefinition + "</boundaryEvent>"),
       "boundary-attached-to-nothing", kError, 4, 1, "'x' (subProcess)"},
      {EventSub("<startEvent id='a' isInterrupting='false'>"
                "<errorEventDefinition/></startEvent>"),
       "error-interrupts", kWarning, 4, 1, "isInterrupting"},
      {Declared(kSignal,
                "<subProcess id='x' triggeredByEvent='true'><startEvent "
                "id='a'>" +
                    kSignalDefinition + "</startEvent></subProcess>"),
       "no-start", kError, 2, 1, "'p'"},
      // Event-based and complex gateways.
      {Process("<startEvent id='s'/><eventBasedGateway id='g'/>" +
               Flow("s", "g")),
       "event-gateway-target", kError, 3, 21, "no outgoing flow"},
      {EventGateway(Flow("g", "t"), "<task id='t'/>"), "event-gateway-target",
       kError, 4, 1, "'t' (task), wanted a message"},
      {EventGateway(Flow("g", "t"), "<receiveTask id='t'/>"),
       "event-gateway-target", kError, 4, 1, "no message"},
      {EventGateway(Flow("g", "x"), SignalCatch("x") + "<startEvent id='s'/>" +
                                        Flow("s", "g") + Flow("s", "x")),
       "event-gateway-target", kError, 4, 1, "other incoming flows"},
      {EventGateway(Flow("g", "r"),
                    "<receiveTask id='r' messageRef='M'/><boundaryEvent id='b' "
                    "attachedToRef='r'>" +
                        kSignalDefinition + "</boundaryEvent>"),
       "event-gateway-target", kError, 4, 1, "boundary events"},
      {EventGateway(Flow("g", "x"), SignalCatch("x")), "event-gateway-one-way",
       kWarning, 3, 1, "one outgoing flow"},
      {EventGateway(Flow("g", "x") + Flow("g", "r"),
                    "<intermediateCatchEvent id='x'><messageEventDefinition "
                    "messageRef='M'/></intermediateCatchEvent>"
                    "<receiveTask id='r' messageRef='M'/>"),
       "event-gateway-mixed", kWarning, 3, 1, "one kind"},
      {EventGateway("<sequenceFlow id='f' sourceRef='g' targetRef='x'>"
                    "<conditionExpression>${a}</conditionExpression>"
                    "</sequenceFlow>" +
                        Flow("g", "r"),
                    SignalCatch("x") + "<receiveTask id='r' messageRef='M'/>"),
       "condition-ignored", kWarning, 4, 1, "first event"},
      {Gateway("<complexGateway id='g'/>", kTrue,
               "/>" + Flow("e2", "g") + "<task id='e2'/>"),
       "missing-activation-condition", kWarning, 4, 1, "each token passes"},
      {Gateway("<inclusiveGateway id='g'/>", kTrue, "/>"), "missing-condition",
       kWarning, 7, 1, "'f2'"},
      // What catches.
      {Process("<task id='t'/><boundaryEvent id='a' attachedToRef='t'>"
               "<errorEventDefinition/></boundaryEvent>\n"
               "<boundaryEvent id='b' attachedToRef='t'>"
               "<errorEventDefinition/></boundaryEvent>"),
       "caught-twice", kError, 4, 1, "error of any code, which 'a'"},
      {Declared("<escalation id='C' escalationCode='c'/>"
                "<escalation id='D' escalationCode='c'/>",
                "<task id='t'/>"
                "<subProcess id='x' triggeredByEvent='true'><startEvent "
                "id='a'><escalationEventDefinition escalationRef='C'/>"
                "</startEvent></subProcess>"
                "<subProcess id='y' triggeredByEvent='true'>\n<startEvent "
                "id='b'><escalationEventDefinition escalationRef='D'/>"
                "</startEvent></subProcess>"),
       "caught-twice", kError, 4, 1, "escalation code 'c', which 'a'"},
      // Events.
      {Around("<intermediateCatchEvent id='x'/>"), "missing-event-definition",
       kError, 3, 1, "'x'"},
      {Around("<intermediateCatchEvent id='x'>\n<timerEventDefinition/>"
              "</intermediateCatchEvent>"),
       "timer-value", kError, 4, 1, "without a time"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>"
              "<timeDate>2030-01-01</timeDate>\n"
              "<timeDuration>PT1S</timeDuration>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-value", kError, 4, 1, "timeDate and timeDuration"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeDuration>5 minutes</timeDuration>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-value", kError, 4, 1, "'x'"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeDate>PT10M</timeDate>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-duration-as-date", kWarning, 4, 1, "'PT10M'"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeDate>tomorrow</timeDate>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-value", kError, 4, 1, "'x'"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeCycle>PT10M</timeCycle>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-value", kError, 4, 1, "cron text 'PT10M'"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeDate>2030-01-01T00:00:00@Europe/Nowhere</timeDate>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-value", kError, 4, 1, "'Europe/Nowhere'"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeCycle>R3/PT1H</timeCycle>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "timer-cycle-once", kWarning, 4, 1, "the first time counts"},
      {Around("<intermediateCatchEvent id='x'><timerEventDefinition>\n"
              "<timeCycle>0 0 9 ? * 2-6</timeCycle>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "cron-day-number", kWarning, 4, 1, "1 is Sunday"},
      {Around("<intermediateCatchEvent id='x'>\n"
              "<timerEventDefinition pawl:timeZone='Europe/Nowhere'>"
              "<timeDuration>P1D</timeDuration>"
              "</timerEventDefinition></intermediateCatchEvent>"),
       "time-zone", kError, 4, 1, "'Europe/Nowhere'"},
      {Process("<startEvent id='x'><timerEventDefinition>\n"
               "<timeDuration>${wait}</timeDuration>"
               "</timerEventDefinition></startEvent>"),
       "timer-start-value", kError, 4, 1, "no process instance"},
      {Around("<intermediateCatchEvent id='x'>\n"
              "<eventDefinitionRef>nothing</eventDefinitionRef>"
              "</intermediateCatchEvent>"),
       "unknown-reference", kError, 4, 1, "'nothing'"},
  };
  return *cases;
}

TEST(BpmnRules, EachIsReportedWhereItIsBroken) {
  for (const RuleCase& c : Cases()) {
    SCOPED_TRACE(c.xml);
    const ParsedModel parsed = ParseBpmn(c.xml, "f");
    const Problem* problem = FindProblem(parsed, c.rule);
    ASSERT_NE(problem, nullptr) << c.rule << "\n" << Problems(parsed);
    EXPECT_EQ(problem->severity, c.severity);
    EXPECT_EQ(problem->line, c.line) << problem->text;
    EXPECT_EQ(problem->column, c.column) << problem->text;
    EXPECT_NE(problem->text.find(c.names), std::string::npos) << problem->text;
    EXPECT_EQ(parsed.ok(), c.severity == kWarning) << Problems(parsed);
  }
}

// A rule that fires on sound models would teach people to ignore it.
TEST(BpmnRules, ASoundModelHasNoProblems) {
  const ParsedModel parsed = ParseBpmn(
      Gateway("<exclusiveGateway id='g' default='f2'/>", kTrue, "/>"), "f");
  EXPECT_EQ(Problems(parsed), "");
  EXPECT_TRUE(parsed.executable());
}

// What is legal beside the rules above.
TEST(BpmnRules, EventsThatShareWhatTheyWaitFor) {
  const std::string codes =
      "<error id='E' errorCode='e'/><error id='F' errorCode='f'/>";
  const auto boundary = [](const std::string& id, const std::string& content) {
    return "<boundaryEvent id='" + id + "' attachedToRef='t'>" + content +
           "</boundaryEvent>" + Flow(id, "e");
  };
  const auto start = [](const std::string& id, const std::string& content) {
    return "<subProcess id='sub_" + id +
           "' triggeredByEvent='true'><startEvent id='" + id + "'>" + content +
           "</startEvent><endEvent id='end_" + id + "'/>" +
           Flow(id, "end_" + id) + "</subProcess>";
  };
  const std::string message = "<messageEventDefinition messageRef='M'/>";
  const std::string error = "<errorEventDefinition errorRef='E'/>";
  const ParsedModel parsed = ParseBpmn(
      Declared(kMessage + kSignal + codes,
               "<startEvent id='s'>" + message + "</startEvent>" +
                   Flow("s", "t") + "<task id='t'/><endEvent id='e'/>" +
                   Flow("t", "e") + boundary("b1", message) +
                   boundary("b2", message) + boundary("b3", error) +
                   boundary("b4", "<errorEventDefinition/>") +
                   boundary("b5", "<errorEventDefinition errorRef='F'/>") +
                   boundary("b6", "<escalationEventDefinition/>") +
                   start("e1", message) + start("e2", message) +
                   start("e3", error)),
      "f");
  EXPECT_EQ(Problems(parsed), "");
  EXPECT_TRUE(parsed.executable());
}

// Only one of two processes can be started.
TEST(BpmnRules, AMessageMayStartAProcessAndOneThatIsNotExecutable) {
  const ParsedModel parsed = ParseBpmn(
      Definitions(kMessage +
                  "<process id='p'><startEvent id='a'><messageEventDefinition "
                  "messageRef='M'/></startEvent><endEvent id='c'/>" +
                  Flow("a", "c") +
                  "</process><process id='q' "
                  "isExecutable='false'><startEvent id='b'>"
                  "<messageEventDefinition messageRef='M'/></startEvent>"
                  "<endEvent id='d'/>" +
                  Flow("b", "d") + "</process>"),
      "f");
  EXPECT_EQ(Problems(parsed), "");
}

TEST(BpmnRules, IgnoredConditionsAreNotCompiled) {
  ParsedModel parsed = ParseBpmn(
      Gateway("<exclusiveGateway id='g' default='f2'/>", kTrue, kTrue), "f");
  ASSERT_NE(parsed.processes.at(0).model, nullptr);
  const fb::ProcessT& process = *parsed.processes[0].model;
  EXPECT_NE(process.flows[1]->condition, nullptr);
  EXPECT_EQ(process.flows[2]->condition, nullptr);
}

size_t CountOf(const ParsedModel& parsed, std::string_view rule) {
  return static_cast<size_t>(
      std::count_if(parsed.problems.begin(), parsed.problems.end(),
                    [&](const Problem& one) { return one.rule == rule; }));
}

// Whatever stands there: nothing, prose, another language.
TEST(BpmnRules, IgnoredConditionsNeedNotBeSound) {
  for (const std::string condition :
       {"<conditionExpression/>",
        "<conditionExpression>in all other cases!</conditionExpression>",
        "<conditionExpression language='http://www.w3.org/1999/XPath'>true()"
        "</conditionExpression>",
        "<conditionExpression>${bean.call()}</conditionExpression>"}) {
    const std::string flow = ">" + condition + "</sequenceFlow>";
    const ParsedModel otherwise = ParseBpmn(
        Gateway("<exclusiveGateway id='g' default='f2'/>", kTrue, flow), "f");
    SCOPED_TRACE(condition + Problems(otherwise));
    EXPECT_TRUE(otherwise.executable());
    ASSERT_EQ(otherwise.problems.size(), 1u);
    EXPECT_EQ(otherwise.problems[0].rule, "condition-on-default-flow");
    const ParsedModel parallel =
        ParseBpmn(Gateway("<parallelGateway id='g'/>", flow, "/>"), "f");
    EXPECT_TRUE(parallel.executable()) << Problems(parallel);
    ASSERT_EQ(parallel.problems.size(), 1u);
    EXPECT_EQ(parallel.problems[0].rule, "condition-ignored");
    const ParsedModel events = ParseBpmn(
        EventGateway("<sequenceFlow id='f' sourceRef='g' targetRef='x'" + flow +
                         Flow("g", "r"),
                     SignalCatch("x") + SignalCatch("r")),
        "f");
    EXPECT_TRUE(events.executable()) << Problems(events);
    EXPECT_NE(FindProblem(events, "condition-ignored"), nullptr);
    // Where they count, and where nothing says whether they do.
    EXPECT_FALSE(ParseBpmn(Gateway("<exclusiveGateway id='g' default='f2'/>",
                                   flow, kTrue),
                           "f")
                     .ok());
    const ParsedModel lost = ParseBpmn(
        Process("<task id='t'/>\n<sequenceFlow id='f' sourceRef='nowhere' "
                "targetRef='t'" +
                flow),
        "f");
    EXPECT_EQ(CountOf(lost, "expression-syntax") +
                  CountOf(lost, "unsupported-language") +
                  CountOf(lost, "needs-java"),
              1u)
        << Problems(lost);
  }
}

TEST(BpmnRules, MisplacedElementsAreNamedOnceAndCounted) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("<collaboration><participant><process id='q'><task id='a'/>"
                  "</process></participant></collaboration>"
                  "<process id='p'><laneSet><lane><userTask id='b'>"
                  "<boundaryEvent id='c'/></userTask><sequenceFlow id='f'/>"
                  "</lane></laneSet><task id='d'><task id='e'/></task>"
                  "</process>"),
      "f");
  EXPECT_EQ(CountOf(parsed, "misplaced-element"), 4u) << Problems(parsed);
  EXPECT_EQ(CountOf(parsed, "unknown-element"), 0u) << Problems(parsed);
  EXPECT_EQ(parsed.counts.at("el:process"), 2);
  EXPECT_EQ(parsed.counts.at("el:task"), 3);
  EXPECT_EQ(parsed.counts.at("flow_nodes"), 5);
  EXPECT_EQ(parsed.counts.at("sequence_flows"), 1);
}

TEST(BpmnRules, ElementsInTheirPlaceOrInForeignOnesAreNotMisplaced) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("<choreography id='c'><startEvent id='a'/><subChoreography "
                  "id='s'><task id='b'/></subChoreography><sequenceFlow "
                  "id='f'/></choreography><globalChoreographyTask id='g'>"
                  "<choreographyTask id='h'/></globalChoreographyTask>"
                  "<collaboration><extensionElements><task id='i'/>"
                  "</extensionElements><x xmlns='y'><task xmlns='"
                  "http://www.omg.org/spec/BPMN/20100524/MODEL' id='j'/></x>"
                  "</collaboration><process id='p'><documentation><event/>"
                  "</documentation><adHocSubProcess id='k'><task id='l'>"
                  "<extensionElements><process id='m'/></extensionElements>"
                  "</task></adHocSubProcess></process>"),
      "f");
  EXPECT_EQ(CountOf(parsed, "misplaced-element"), 0u) << Problems(parsed);
  EXPECT_TRUE(parsed.executable()) << Problems(parsed);
}

TEST(BpmnRules, UnsupportedNodesDoNotMakeTheirNeighboursFaulty) {
  const ParsedModel parsed = ParseBpmn(
      Process("<startEvent id='s'/><event id='x'/><endEvent id='e'/>"
              "<boundaryEvent id='b' attachedToRef='x'>"
              "<terminateEventDefinition/></boundaryEvent><task id='t'/>"
              "<sequenceFlow id='f1' sourceRef='s' targetRef='x'/>"
              "<sequenceFlow id='f2' sourceRef='x' targetRef='e'/>"
              "<sequenceFlow id='f3' sourceRef='b' targetRef='t'/>"
              "<sequenceFlow id='f4' sourceRef='t' targetRef='e'/>"),
      "f");
  ASSERT_EQ(parsed.problems.size(), 2u) << Problems(parsed);
  EXPECT_EQ(parsed.problems[0].rule, "unsupported-element");
  EXPECT_EQ(parsed.problems[1].rule, "unsupported-element");
}

// An activity with a compensation event; what else is in the process on line 4.
std::string Compensated(const std::string& content) {
  return Declared("",
                  "<task id='t'/><boundaryEvent id='b' attachedToRef='t'>"
                  "<compensateEventDefinition/></boundaryEvent>\n" +
                      content);
}

std::string Undo(const std::string& id, const std::string& attributes = "") {
  return "<task id='" + id + "' isForCompensation='true'" + attributes +
         "/><association sourceRef='b' targetRef='" + id + "'/>";
}

TEST(BpmnRules, Compensation) {
  const std::string throws =
      "<sequenceFlow id='f' sourceRef='t' targetRef='x'/>"
      "<intermediateThrowEvent id='x'><compensateEventDefinition activityRef=";
  const std::string thrown = "/></intermediateThrowEvent>";
  const std::string event_sub =
      "<subProcess id='e' triggeredByEvent='true'><startEvent id='s'>"
      "<compensateEventDefinition/></startEvent><task id='in'/></subProcess>";
  const std::string cancel = "<cancelEventDefinition/>";
  const struct {
    std::string xml;
    std::string rule;
    Severity severity;
    std::string names;
  } cases[] = {
      {Compensated(""), "compensation-handler", kWarning, "'b'"},
      {Compensated("<task id='u'/><association sourceRef='b' targetRef='u'/>"),
       "compensation-handler", kError, "isForCompensation"},
      {Compensated(Undo("u") + Undo("v")), "compensation-handler", kError,
       "one handler"},
      {Compensated("<subProcess id='s'>" + Undo("u") + "<task id='o'/>" +
                   "</subProcess>"),
       "compensation-handler", kError, "beside it"},
      {Compensated(Undo("u") +
                   "<sequenceFlow id='f' sourceRef='b' targetRef='t'/>"),
       "compensation-boundary-flow", kError, "'f'"},
      {Compensated(Undo("u") + "<boundaryEvent id='c' attachedToRef='t'>"
                               "<compensateEventDefinition/></boundaryEvent>"),
       "compensation-twice", kError, "'b'"},
      {Compensated(Undo("u") +
                   "<sequenceFlow id='f' sourceRef='u' targetRef='t'/>"),
       "handler-with-flow", kError, "outgoing flow 'f'"},
      {Compensated(Undo("u") +
                   "<sequenceFlow id='f' sourceRef='t' targetRef='u'/>"),
       "handler-with-flow", kError, "incoming flow 'f'"},
      {Compensated(Undo("u") + throws + "'nothing'" + thrown),
       "compensation-activity", kError, "'nothing'"},
      {Compensated(Undo("u") + throws + "'x'" + thrown),
       "compensation-activity", kError, "wanted an activity"},
      {Compensated(Undo("u") + throws + "'in'" + thrown +
                   "<subProcess id='s'><task id='in'/></subProcess>"),
       "compensation-activity", kError, "'in'"},
      {Declared("", "<task id='t'/>" + event_sub), "compensation-start", kError,
       "embedded sub-process"},
      {Declared("", "<endEvent id='x'>" + cancel + "</endEvent>"),
       "cancel-outside-transaction", kError, "directly inside"},
      {Declared("", "<task id='t'/><boundaryEvent id='x' attachedToRef='t'>" +
                        cancel + "</boundaryEvent>"),
       "cancel-outside-transaction", kError, "at a transaction"},
      {Declared("", "<transaction id='t'><endEvent id='x'>" + cancel +
                        "</endEvent></transaction>"),
       "cancel-not-caught", kWarning, "'t'"},
      {Declared("",
                "<transaction id='t'/><boundaryEvent id='x' "
                "attachedToRef='t'>" +
                    cancel +
                    "</boundaryEvent><boundaryEvent id='y' "
                    "attachedToRef='t'>" +
                    cancel + "</boundaryEvent>"),
       "caught-twice", kError, "'x'"},
      {Declared("",
                "<transaction id='t'><startEvent id='x'>"
                "<compensateEventDefinition/></startEvent></transaction>"),
       "sub-process-start", kError, "transaction"},
  };
  for (const auto& c : cases) {
    const ParsedModel parsed = ParseBpmn(c.xml, "f");
    SCOPED_TRACE(c.rule + "\n" + c.xml + "\n" + Problems(parsed));
    const Problem* problem = FindProblem(parsed, c.rule);
    ASSERT_NE(problem, nullptr);
    EXPECT_EQ(problem->severity, c.severity);
    EXPECT_NE(problem->text.find(c.names), std::string::npos);
    EXPECT_EQ(parsed.ok(), c.severity == kWarning);
  }
  EXPECT_EQ(Problems(ParseBpmn(Compensated(Undo("u")), "f")), "");
}

// Advice about models that run.
TEST(BpmnRules, AdviceAboutEndsAndGateways) {
  const struct {
    std::string xml;
    std::string rule;
    uint32_t line;
    std::string names;
  } cases[] = {
      {Process("<startEvent id='s'/><task id='t'/>" + Flow("s", "t")),
       "missing-end", 2, "'p' (process): got a start event and no end event"},
      {Process("<startEvent id='s'/><endEvent id='e'/>\n<subProcess id='x'>"
               "<startEvent id='i'/></subProcess>" +
               Flow("s", "x") + Flow("x", "e")),
       "missing-end", 4, "'x' (subProcess)"},
      {Process("<startEvent id='s'/><endEvent id='e'/>\n<task id='t'/>" +
               Flow("s", "t") + Flow("s", "e")),
       "missing-end", 4, "'t' (task): got no way on beside the end events"},
      {Gateway("<exclusiveGateway id='g'/>", kTrue, kTrue), "missing-default",
       4, "'g' (exclusiveGateway)"},
      {Gateway("<inclusiveGateway id='g'/>", kTrue, kTrue), "missing-default",
       4, "'g'"},
      {Definitions("<process id='p' isExecutable='false'/>\n"
                   "<process id='q' isExecutable='false'/>"),
       "not-executable", 2, "'p' (process)"},
      {Definitions("<process id='p'><laneSet>\n<lane id='l'/></laneSet>"
                   "<task id='t'/></process>"),
       "empty-lane", 3, "'l' (lane)"},
      {Definitions("<process id='p'><laneSet><lane id='l'>\n<flowNodeRef>u"
                   "</flowNodeRef></lane></laneSet><task id='t'/></process>"),
       "reference-to-nothing", 3, "'l' (lane): flowNodeRef: got 'u'"},
      {Definitions("<collaboration>\n<participant id='a' processRef='q'/>"
                   "</collaboration><process id='p'><task id='t'/></process>"),
       "reference-to-nothing", 3, "processRef: got 'q'"},
      {Definitions("<collaboration>\n<messageFlow id='m' sourceRef='t' "
                   "targetRef='q'/></collaboration><process id='p'>"
                   "<task id='t'/></process>"),
       "reference-to-nothing", 3, "targetRef: got 'q'"},
      {Process("<task id='t'/>\n<association sourceRef='x' targetRef='t'/>"),
       "reference-to-nothing", 4, "sourceRef: got 'x'"},
      {Process("<task id='t'/>\n<dataObjectReference id='d' "
               "dataObjectRef='x'/>"),
       "reference-to-nothing", 4, "dataObjectRef: got 'x'"},
      {Process("<task id='t'/>\n<dataStoreReference id='d' "
               "dataStoreRef='x'/>"),
       "reference-to-nothing", 4, "dataStoreRef: got 'x'"},
      {Definitions("\n<process id='p' xmlns:c="
                   "'http://camunda.org/schema/1.0/bpmn' "
                   "c:historyTimeToLive='-5'><task id='t'/></process>"),
       "bad-time-to-live", 3, "historyTimeToLive: got '-5'"},
  };
  for (const auto& c : cases) {
    const ParsedModel parsed = ParseBpmn(c.xml, "f");
    SCOPED_TRACE(c.rule + "\n" + c.xml + "\n" + Advice(parsed));
    EXPECT_TRUE(parsed.ok());
    const Problem* problem = FindProblem(parsed, c.rule);
    ASSERT_NE(problem, nullptr);
    EXPECT_EQ(problem->severity, kWarning);
    EXPECT_EQ(problem->line, c.line);
    EXPECT_NE(problem->text.find(c.names), std::string::npos);
  }
}

TEST(BpmnRules, WhatNeedsNoAdvice) {
  for (const std::string& xml :
       {// Ends of its own kind; nothing leads on from these.
        Process("<startEvent id='s'/><endEvent id='e'/><task id='t'/>"
                "<boundaryEvent id='b' attachedToRef='t'>"
                "<compensateEventDefinition/></boundaryEvent>"
                "<task id='h' isForCompensation='true'/>"
                "<association sourceRef='b' targetRef='h'/>" +
                Flow("s", "t") + Flow("t", "e")),
        // Without a start event there needs to be no end event.
        Process("<task id='t'/><task id='u'/>" + Flow("t", "u")),
        Gateway("<exclusiveGateway id='g' default='f2'/>", kTrue, "/>"),
        Definitions("<process id='p'><laneSet><lane id='l'><childLaneSet>"
                    "<lane id='m'><flowNodeRef>t</flowNodeRef></lane>"
                    "</childLaneSet></lane></laneSet><task id='t'/></process>"),
        Definitions("<collaboration><participant id='a' "
                    "processRef='other:q'/></collaboration><process id='p'>"
                    "<task id='t'/></process><process id='q' "
                    "isExecutable='false'><task id='u'/></process>")}) {
    const ParsedModel parsed = ParseBpmn(xml, "f");
    EXPECT_EQ(Problems(parsed) + Advice(parsed), "") << xml;
  }
}

// Nodes `a` to `j` of these kinds ("x" exclusive, "+" parallel, "o" inclusive
// gateway, "t" task, "s" start, "e" end, "k" terminate end), and flows.
std::string Graph(const std::string& kinds,
                  const std::vector<std::string>& flows) {
  std::string content;
  for (size_t i = 0; i < kinds.size(); ++i) {
    const std::string id(1, static_cast<char>('a' + i));
    const std::string tag = kinds[i] == 'x'   ? "exclusiveGateway"
                            : kinds[i] == '+' ? "parallelGateway"
                            : kinds[i] == 'o' ? "inclusiveGateway"
                            : kinds[i] == 't' ? "task"
                            : kinds[i] == 's' ? "startEvent"
                                              : "endEvent";
    content += "<" + tag + " id='" + id + "'>" +
               (kinds[i] == 'k' ? "<terminateEventDefinition/>" : "") + "</" +
               tag + ">";
  }
  for (const std::string& flow : flows) {
    content += Flow(flow.substr(0, 1), flow.substr(1));
  }
  return Process(content);
}

TEST(BpmnRules, UnbalancedJoins) {
  const struct {
    std::string xml;
    // In the text; empty: all is well.
    std::string names;
  } cases[] = {
      // Fork and join, also in each other, and a choice within a branch.
      {Graph("s+tt+e", {"ab", "bc", "bd", "ce", "de", "ef"}), ""},
      {Graph("s++tt+t+e",
             {"ab", "bc", "bg", "cd", "ce", "df", "ef", "fh", "gh", "hi"}),
       ""},
      {Graph("s+xttx+e",
             {"ab", "bc", "bg", "cd", "ce", "df", "ef", "fg", "gh"}),
       ""},
      // A choice can't bring two tokens.
      {Graph("sxtt+e", {"ab", "bc", "bd", "ce", "de", "ef"}),
       "after 'b' (exclusiveGateway)"},
      {Graph("sott+e", {"ab", "bc", "bd", "ce", "de", "ef"}),
       "after 'b' (inclusiveGateway)"},
      // One branch may end early; not when that ends everything.
      {Graph("s+xt+ee", {"ab", "bc", "bd", "ce", "de", "cf", "eg"}),
       "a token may not come by flow 'c_e' after 'c' (exclusiveGateway)"},
      {Graph("s+xt+ke", {"ab", "bc", "bd", "ce", "de", "cf", "eg"}), ""},
      // A loop inside a branch comes in the end; one from behind never.
      {Graph("s+xxt+e", {"ab", "bc", "be", "cd", "dc", "df", "ef", "fg"}), ""},
      {Graph("s+txe", {"ab", "bc", "cd", "db", "de"}),
       "flow 'd_b' comes from behind it"},
      // Each instance begins at one of them.
      {Definitions("<message id='M' name='m'/><process id='p'>"
                   "<startEvent id='s'/><startEvent id='u'>"
                   "<messageEventDefinition messageRef='M'/></startEvent>"
                   "<parallelGateway id='j'/><endEvent id='e'/>" +
                   Flow("s", "j") + Flow("u", "j") + Flow("j", "e") +
                   "</process>"),
       "(startEvent); it can wait for ever"},
      {Graph("tt+e", {"ac", "bc", "cd"}), ""},
      // What leaves an activity at its border.
      {Process("<startEvent id='s'/><parallelGateway id='f'/><task id='t'/>"
               "<task id='u'/><parallelGateway id='j'/><endEvent id='e'/>"
               "<boundaryEvent id='b' attachedToRef='t'><timerEventDefinition>"
               "<timeDuration>PT1S</timeDuration></timerEventDefinition>"
               "</boundaryEvent>" +
               Flow("s", "f") + Flow("f", "t") + Flow("f", "u") +
               Flow("t", "j") + Flow("u", "j") + Flow("j", "e") +
               Flow("b", "e")),
       "by flow 't_j' after 't' (task)"},
  };
  for (const auto& c : cases) {
    const ParsedModel parsed = ParseBpmn(c.xml, "f");
    SCOPED_TRACE(c.names + "\n" + c.xml + "\n" + Advice(parsed));
    EXPECT_TRUE(parsed.ok());
    const Problem* problem = FindProblem(parsed, "unbalanced-join");
    ASSERT_EQ(problem != nullptr, !c.names.empty());
    if (problem == nullptr) continue;
    EXPECT_EQ(problem->severity, kWarning);
    EXPECT_NE(problem->text.find(c.names), std::string::npos);
  }
}

// However many there are: errors are listed before advice.
TEST(BpmnRules, ErrorsGoBeforeAdvice) {
  std::string content;
  for (int i = 0; i < 150; ++i) {
    content += "<serviceTask id='t" + std::to_string(i) + "'/>\n";
  }
  const ParsedModel parsed =
      ParseBpmn(Process(content + "<task id='x' startQuantity='2'/>"), "f");
  EXPECT_NE(FindProblem(parsed, "unsupported-element"), nullptr);
  EXPECT_NE(FindProblem(parsed, "too-many-problems"), nullptr);
  EXPECT_FALSE(parsed.ok());
}

// A script may have many lines, the report of it has one.
// Also as one of several definitions.
TEST(BpmnRules, ACycleWhoseEventDoesNotInterruptCounts) {
  const std::string cycle =
      "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle>"
      "</timerEventDefinition>";
  const auto boundary = [&](const std::string& definitions) {
    return Process(
        "<startEvent id='s'/><userTask id='t'/><boundaryEvent "
        "id='b' attachedToRef='t' cancelActivity='false'>" +
        definitions +
        "</boundaryEvent><endEvent id='e'/><endEvent id='f'/>"
        "<sequenceFlow id='1' sourceRef='s' targetRef='t'/>"
        "<sequenceFlow id='2' sourceRef='t' targetRef='e'/>"
        "<sequenceFlow id='3' sourceRef='b' targetRef='f'/>");
  };
  EXPECT_EQ(Problems(ParseBpmn(boundary(cycle), "f")), "");
  EXPECT_EQ(Problems(ParseBpmn(boundary(cycle + cycle), "f")), "");
}

TEST(BpmnRules, AProblemIsOneLine) {
  const ParsedModel parsed = ParseBpmn(
      Around("<scriptTask id='x' scriptFormat='groovy'><script>a\n\t  b\nc"
             "</script></scriptTask>"),
      "f");
  ASSERT_EQ(parsed.problems.size(), 1u);
  EXPECT_EQ(parsed.problems[0].text.find_first_of("\n\t"), std::string::npos);
}

// The largest and smallest values that each rule about jobs lets pass.
TEST(BpmnRules, JobsAtTheEdgeOfTheirLimits) {
  for (const std::string attributes :
       {"pawl:retries='1'", "pawl:retries='1000000'",
        "pawl:backoff='PT0S' pawl:backoffFactor='1'",
        "pawl:backoff='PT1S' pawl:backoffFactor='1000'",
        "pawl:backoff='P366000D' pawl:backoffMax='P366000D'"}) {
    const ParsedModel parsed = ParseBpmn(
        Around("<serviceTask id='x' pawl:type='t' " + attributes + "/>"), "f");
    EXPECT_EQ(Problems(parsed), "") << attributes;
  }
  const ParsedModel over = ParseBpmn(
      Around("<serviceTask id='x' pawl:backoff='P366000DT0.001S'/>"), "f");
  EXPECT_NE(FindProblem(over, "job-retries"), nullptr);
}

TEST(BpmnRules, ProblemsComeInDocumentOrder) {
  const ParsedModel parsed =
      ParseBpmn(Process("<task id='a'/>\n<task/>\n<event id='c'/>\n"
                        "<task id='a'/>\n<sequenceFlow id='f' targetRef='a'/>"),
                "f");
  std::vector<uint32_t> lines;
  for (const Problem& problem : parsed.problems) lines.push_back(problem.line);
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end())) << Problems(parsed);
  EXPECT_GE(lines.size(), 4u);
}

}  // namespace
}  // namespace pawl::model
