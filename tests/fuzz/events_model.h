// The second sample of the fuzz targets: processes with scopes, events,
// messages, loops, calls and compensation, so that every kind of state that
// waits for something occurs in its log.
#ifndef PAWL_TESTS_FUZZ_EVENTS_MODEL_H_
#define PAWL_TESTS_FUZZ_EVENTS_MODEL_H_

namespace pawl::fuzz {

// "events": variables `n` (how many runs), `flag`, `wait` (a duration), `key`
// (of its messages). "called" is called by it. "by-message" and "by-condition"
// are started by what they are named after.
inline constexpr char kEventsProcess[] = "events";
inline constexpr char kEventsModel[] =
    R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:pawl="https://pawl.dev/bpmn/1.0" targetNamespace="fuzz">
 <message id="M" name="paid"/><message id="O" name="order"/>
 <signal id="S" name="go"/><error id="E" errorCode="E"/>
 <escalation id="X" escalationCode="X"/>
 <process id="events" isExecutable="true">
  <startEvent id="start"/>
  <parallelGateway id="fork"/>
  <sequenceFlow id="f0" sourceRef="start" targetRef="fork"/>

  <sequenceFlow id="f1" sourceRef="fork" targetRef="paid"/>
  <receiveTask id="paid" messageRef="M" pawl:correlationKey="key"/>
  <boundaryEvent id="late" attachedToRef="paid" cancelActivity="false">
   <timerEventDefinition><timeCycle>R2/PT10S</timeCycle></timerEventDefinition>
  </boundaryEvent>
  <boundaryEvent id="go" attachedToRef="paid">
   <signalEventDefinition signalRef="S"/></boundaryEvent>
  <sequenceFlow id="f2" sourceRef="paid" targetRef="join"/>
  <sequenceFlow id="f3" sourceRef="go" targetRef="join"/>
  <sequenceFlow id="f4" sourceRef="late" targetRef="remind"/>
  <intermediateThrowEvent id="remind">
   <escalationEventDefinition escalationRef="X"/></intermediateThrowEvent>

  <sequenceFlow id="f5" sourceRef="fork" targetRef="each"/>
  <userTask id="each"><multiInstanceLoopCharacteristics>
   <loopCardinality>${n}</loopCardinality>
   <completionCondition>${nrOfCompletedInstances > 1}</completionCondition>
  </multiInstanceLoopCharacteristics></userTask>
  <sequenceFlow id="f6" sourceRef="each" targetRef="again"/>
  <scriptTask id="again" scriptFormat="feel" camunda:resultVariable="n">
   <standardLoopCharacteristics loopMaximum="3"/><script>n + 1</script>
  </scriptTask>
  <sequenceFlow id="f7" sourceRef="again" targetRef="join"/>

  <sequenceFlow id="f8" sourceRef="fork" targetRef="call"/>
  <callActivity id="call" calledElement="called"><extensionElements>
   <camunda:in variables="all"/><camunda:out variables="all"/>
  </extensionElements></callActivity>
  <boundaryEvent id="failed" attachedToRef="call">
   <errorEventDefinition errorRef="E"/></boundaryEvent>
  <sequenceFlow id="f9" sourceRef="call" targetRef="join"/>
  <sequenceFlow id="f10" sourceRef="failed" targetRef="join"/>

  <sequenceFlow id="f11" sourceRef="fork" targetRef="book"/>
  <transaction id="book">
   <userTask id="hotel"/>
   <boundaryEvent id="booked" attachedToRef="hotel">
    <compensateEventDefinition/></boundaryEvent>
   <userTask id="no-hotel" isForCompensation="true"/>
   <association id="a1" sourceRef="booked" targetRef="no-hotel"/>
   <exclusiveGateway id="sure" default="f13"/>
   <endEvent id="give-up"><cancelEventDefinition/></endEvent>
   <endEvent id="keep"/>
   <sequenceFlow id="f12" sourceRef="hotel" targetRef="sure"/>
   <sequenceFlow id="f13" sourceRef="sure" targetRef="keep"/>
   <sequenceFlow id="f14" sourceRef="sure" targetRef="give-up">
    <conditionExpression>${flag}</conditionExpression></sequenceFlow>
  </transaction>
  <boundaryEvent id="given-up" attachedToRef="book">
   <cancelEventDefinition/></boundaryEvent>
  <sequenceFlow id="f15" sourceRef="book" targetRef="join"/>
  <sequenceFlow id="f16" sourceRef="given-up" targetRef="join"/>

  <inclusiveGateway id="join"/>
  <sequenceFlow id="f17" sourceRef="join" targetRef="which"/>
  <eventBasedGateway id="which"/>
  <sequenceFlow id="f18" sourceRef="which" targetRef="pause"/>
  <intermediateCatchEvent id="pause"><timerEventDefinition>
   <timeDuration>${wait}</timeDuration></timerEventDefinition>
  </intermediateCatchEvent>
  <sequenceFlow id="f19" sourceRef="which" targetRef="flagged"/>
  <intermediateCatchEvent id="flagged"><conditionalEventDefinition>
   <condition>${flag}</condition></conditionalEventDefinition>
  </intermediateCatchEvent>
  <sequenceFlow id="f20" sourceRef="pause" targetRef="some"/>
  <sequenceFlow id="f21" sourceRef="flagged" targetRef="undo"/>
  <adHocSubProcess id="some" cancelRemainingInstances="false">
   <userTask id="one"/><userTask id="two"/>
   <completionCondition>${flag}</completionCondition>
  </adHocSubProcess>
  <sequenceFlow id="f22" sourceRef="some" targetRef="undo"/>
  <intermediateThrowEvent id="undo"><compensateEventDefinition/>
  </intermediateThrowEvent>
  <sequenceFlow id="f23" sourceRef="undo" targetRef="send"/>
  <sendTask id="send" messageRef="O"/>
  <subProcess id="watch" triggeredByEvent="true">
   <startEvent id="raised" isInterrupting="false">
    <escalationEventDefinition escalationRef="X"/></startEvent>
   <userTask id="look"/>
   <sequenceFlow id="f24" sourceRef="raised" targetRef="look"/>
  </subProcess>
 </process>
 <process id="called" isExecutable="true" pawl:saga="global">
  <startEvent id="c-start"/>
  <serviceTask id="c-work" pawl:type="charge"/>
  <endEvent id="c-end"/>
  <sequenceFlow id="g1" sourceRef="c-start" targetRef="c-work"/>
  <sequenceFlow id="g2" sourceRef="c-work" targetRef="c-end"/>
 </process>
 <process id="by-message" isExecutable="true">
  <startEvent id="m-start"><messageEventDefinition messageRef="O"/></startEvent>
  <sequenceFlow id="h1" sourceRef="m-start" targetRef="m-task"/>
  <userTask id="m-task"/>
 </process>
 <process id="by-condition" isExecutable="true">
  <startEvent id="d-start"><conditionalEventDefinition>
   <condition>${n > 2}</condition></conditionalEventDefinition></startEvent>
  <sequenceFlow id="i1" sourceRef="d-start" targetRef="d-end"/>
  <endEvent id="d-end"><signalEventDefinition signalRef="S"/></endEvent>
 </process>
</definitions>)";

}  // namespace pawl::fuzz

#endif  // PAWL_TESTS_FUZZ_EVENTS_MODEL_H_
