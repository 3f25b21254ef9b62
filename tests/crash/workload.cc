#include "tests/crash/workload.h"

#include <deque>
#include <utility>

namespace pawl::crash {
namespace {

using What = Step::What;

#define PAWL_DEFINITIONS                                                \
  "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" " \
  "xmlns:pawl=\"https://pawl.dev/bpmn/1.0\" "                           \
  "xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" "               \
  "targetNamespace=\"crash\">"

// One of each, to its end.
constexpr char kAll[] = PAWL_DEFINITIONS R"(
  <process id="all" isExecutable="true">
    <startEvent id="start"/>
    <parallelGateway id="fork"/>
    <serviceTask id="auto" pawl:type="auto"/>
    <serviceTask id="flaky" pawl:type="flaky" pawl:retries="9" pawl:backoff="PT1S"/>
    <serviceTask id="ext" pawl:type="ext"/>
    <userTask id="approve"/>
    <intermediateCatchEvent id="pause">
      <timerEventDefinition><timeDuration>PT5S</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <complexGateway id="first"><activationCondition>${activationCount > 1}</activationCondition></complexGateway>
    <inclusiveGateway id="both"/>
    <parallelGateway id="join"/>
    <scriptTask id="add" scriptFormat="el" camunda:resultVariable="sum"><script>${n + 1}</script></scriptTask>
    <manualTask id="hand"/>
    <task id="blank"/>
    <exclusiveGateway id="size" default="to-small"/>
    <userTask id="big"/>
    <scriptTask id="small" scriptFormat="el" camunda:resultVariable="small"><script>${true}</script></scriptTask>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="auto"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="flaky"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="ext"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="approve"/>
    <sequenceFlow id="f6" sourceRef="fork" targetRef="pause"/>
    <sequenceFlow id="f7" sourceRef="auto" targetRef="first"/>
    <sequenceFlow id="f8" sourceRef="flaky" targetRef="first"/>
    <sequenceFlow id="f9" sourceRef="ext" targetRef="both"/>
    <sequenceFlow id="f10" sourceRef="approve" targetRef="both"/>
    <sequenceFlow id="once" sourceRef="first" targetRef="join"><conditionExpression>${waitingForStart}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f18" sourceRef="both" targetRef="join"/>
    <sequenceFlow id="f11" sourceRef="pause" targetRef="join"/>
    <sequenceFlow id="f12" sourceRef="join" targetRef="add"/>
    <sequenceFlow id="f13" sourceRef="add" targetRef="hand"/>
    <sequenceFlow id="f14" sourceRef="hand" targetRef="blank"/>
    <sequenceFlow id="f15" sourceRef="blank" targetRef="size"/>
    <sequenceFlow id="to-big" sourceRef="size" targetRef="big">
      <conditionExpression>${sum > 5}</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="to-small" sourceRef="size" targetRef="small"/>
    <sequenceFlow id="f16" sourceRef="big" targetRef="end"/>
    <sequenceFlow id="f17" sourceRef="small" targetRef="end"/>
  </process>
</definitions>)";

// Every way to wait, incidents included, until "decide" ends it all.
constexpr char kStop[] = PAWL_DEFINITIONS R"(
  <process id="stop" isExecutable="true">
    <startEvent id="start"/>
    <parallelGateway id="fork"/>
    <serviceTask id="work" pawl:type="nobody"/>
    <userTask id="review"/>
    <intermediateCatchEvent id="pause">
      <timerEventDefinition><timeDuration>P9D</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <scriptTask id="broken"><script>${nobody.knows.this}</script></scriptTask>
    <exclusiveGateway id="stuck"/>
    <manualTask id="hand"/>
    <task id="blank"/>
    <inclusiveGateway id="none"/>
    <complexGateway id="neither"/>
    <endEvent id="lost"><errorEventDefinition errorRef="nobody-catches-this"/></endEvent>
    <parallelGateway id="join"/>
    <userTask id="decide"/>
    <endEvent id="stopped"><terminateEventDefinition/></endEvent>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="work"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="review"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="pause"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="broken"/>
    <sequenceFlow id="f6" sourceRef="fork" targetRef="stuck"/>
    <sequenceFlow id="f7" sourceRef="fork" targetRef="hand"/>
    <sequenceFlow id="f8" sourceRef="fork" targetRef="blank"/>
    <sequenceFlow id="f9" sourceRef="fork" targetRef="join"/>
    <sequenceFlow id="f10" sourceRef="fork" targetRef="decide"/>
    <sequenceFlow id="f11" sourceRef="review" targetRef="join"/>
    <sequenceFlow id="f12" sourceRef="work" targetRef="end"/>
    <sequenceFlow id="f13" sourceRef="pause" targetRef="end"/>
    <sequenceFlow id="f14" sourceRef="broken" targetRef="end"/>
    <sequenceFlow id="f15" sourceRef="stuck" targetRef="end"><conditionExpression>${n &lt; 0}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f16" sourceRef="hand" targetRef="end"><conditionExpression>${n &lt; 0}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f17" sourceRef="blank" targetRef="end"><conditionExpression>${n &lt; 0}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f18" sourceRef="join" targetRef="end"/>
    <sequenceFlow id="f19" sourceRef="decide" targetRef="stopped"/>
    <sequenceFlow id="f20" sourceRef="fork" targetRef="lost"/>
    <sequenceFlow id="f21" sourceRef="fork" targetRef="none"/>
    <sequenceFlow id="f22" sourceRef="none" targetRef="end"><conditionExpression>${n &lt; 0}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f23" sourceRef="fork" targetRef="neither"/>
    <sequenceFlow id="f24" sourceRef="neither" targetRef="end"><conditionExpression>${n &lt; 0}</conditionExpression></sequenceFlow>
  </process>
</definitions>)";

// Incidents one after the other, the start's first.
constexpr char kFaulty[] = PAWL_DEFINITIONS R"(
  <process id="faulty" isExecutable="true">
    <startEvent id="start"/>
    <exclusiveGateway id="choose"/>
    <scriptTask id="divide" scriptFormat="el" camunda:resultVariable="half"><script>${100 / (n - 7)}</script></scriptTask>
    <serviceTask id="ext" pawl:type="fragile"/>
    <userTask id="check"/>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="choose"><conditionExpression>${n > 0}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f2" sourceRef="choose" targetRef="divide"><conditionExpression>${n > 5}</conditionExpression></sequenceFlow>
    <sequenceFlow id="f3" sourceRef="divide" targetRef="ext"/>
    <sequenceFlow id="f4" sourceRef="ext" targetRef="check"/>
    <sequenceFlow id="f5" sourceRef="check" targetRef="end"/>
  </process>
</definitions>)";

// A sub-process that ends by itself, by an error of its own, or by a worker's.
constexpr char kScopes[] = PAWL_DEFINITIONS R"(
  <process id="scopes" isExecutable="true">
    <startEvent id="start"/>
    <subProcess id="sub">
      <startEvent id="in"/>
      <sendTask id="send" pawl:type="send"/>
      <businessRuleTask id="rate" pawl:type="rate"/>
      <userTask id="check"/>
      <intermediateThrowEvent id="noted"/>
      <exclusiveGateway id="fine" default="to-jump"/>
      <intermediateThrowEvent id="jump"><linkEventDefinition name="over"/></intermediateThrowEvent>
      <intermediateCatchEvent id="landed"><linkEventDefinition name="over"/></intermediateCatchEvent>
      <endEvent id="bad"><errorEventDefinition errorRef="bad"/></endEvent>
      <endEvent id="out"/>
      <sequenceFlow id="s1" sourceRef="in" targetRef="send"/>
      <sequenceFlow id="s2" sourceRef="send" targetRef="rate"/>
      <sequenceFlow id="s3" sourceRef="rate" targetRef="check"/>
      <sequenceFlow id="s4" sourceRef="check" targetRef="noted"/>
      <sequenceFlow id="s5" sourceRef="noted" targetRef="fine"/>
      <sequenceFlow id="to-bad" sourceRef="fine" targetRef="bad">
        <conditionExpression>${n > 5}</conditionExpression>
      </sequenceFlow>
      <sequenceFlow id="to-jump" sourceRef="fine" targetRef="jump"/>
      <sequenceFlow id="s6" sourceRef="landed" targetRef="out"/>
    </subProcess>
    <boundaryEvent id="caught" attachedToRef="sub"><errorEventDefinition/></boundaryEvent>
    <boundaryEvent id="soon" attachedToRef="sub" cancelActivity="false">
      <timerEventDefinition><timeDuration>PT5S</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <endEvent id="end"/>
    <endEvent id="noticed"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="sub"/>
    <sequenceFlow id="f2" sourceRef="sub" targetRef="end"/>
    <sequenceFlow id="f3" sourceRef="caught" targetRef="end"/>
    <sequenceFlow id="f4" sourceRef="soon" targetRef="noticed"/>
  </process>
</definitions>)";

// Any advance of the clock is its end, so nobody does anything else with it.
constexpr char kLate[] = PAWL_DEFINITIONS R"(
  <process id="late" isExecutable="true">
    <subProcess id="sub"><userTask id="slow"/></subProcess>
    <boundaryEvent id="over" attachedToRef="sub">
      <timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>
    </boundaryEvent>
  </process>
</definitions>)";

#undef PAWL_DEFINITIONS

// The lives of an instance, as steps. `clock_ms` is where the clock stands.
using Steps = std::deque<Step>;

Steps RunAll(int i, int64_t n) {
  Steps steps = {
      {What::kStart, i, "all", n},         {What::kFetch, -1, "ext"},
      {What::kClaimTask, i, "approve"},    {What::kSetVariables, i, "", n},
      {What::kCompleteTask, i, "approve"}, {What::kCompleteJob, i, "ext"},
      {What::kAdvance, -1, "", 1000},      {What::kAdvance, -1, "", 5000}};
  if (n + 1 > 5) steps.push_back({What::kCompleteTask, i, "big"});
  return steps;
}

Steps CancelAll(int i, int64_t n) {
  return {{What::kStart, i, "all", n},         {What::kSuspend, i, ""},
          {What::kSetVariables, i, "", n},     {What::kResume, i, ""},
          {What::kCompleteTask, i, "approve"}, {What::kCancel, i, ""}};
}

Steps Stop(int i, int64_t n) {
  return {{What::kStart, i, "stop", n},
          {What::kSuspend, i, ""},
          {What::kResume, i, ""},
          {What::kFetch, -1, "nobody"},
          {What::kCompleteTask, i, "decide"}};
}

Steps CancelStop(int i, int64_t n) {
  return {{What::kStart, i, "stop", n},
          {What::kResolve, i, ""},
          {What::kFailJob, i, "work", 0},
          {What::kCancel, i, ""}};
}

Steps Faulty(int i) {
  return {{What::kStart, i, "faulty", 0},  {What::kSetVariables, i, "", 3},
          {What::kResolve, i, ""},         {What::kSetVariables, i, "", 7},
          {What::kResolve, i, ""},         {What::kResolve, i, ""},
          {What::kSetVariables, i, "", 9}, {What::kResolve, i, ""},
          {What::kFailJob, i, "ext", 0},   {What::kResolve, i, ""},
          {What::kCompleteJob, i, "ext"},  {What::kCompleteTask, i, "check"}};
}

// Cancelled at the start event, at the gateway, at the script, or after an
// error that nobody catches.
Steps CancelFaulty(int i, int64_t where) {
  Steps steps = {{What::kStart, i, "faulty", 0}};
  if (where >= 1) {
    steps.push_back({What::kSetVariables, i, "", where == 1 ? 3 : 7});
    steps.push_back({What::kResolve, i, ""});
  }
  if (where >= 3) {
    steps.push_back({What::kSetVariables, i, "", 9});
    steps.push_back({What::kResolve, i, ""});
    steps.push_back({What::kThrowError, i, "ext"});
  }
  steps.push_back({What::kCancel, i, ""});
  return steps;
}

Steps RunScopes(int i, int64_t n) {
  return {{What::kStart, i, "scopes", n},  {What::kFetch, -1, "send"},
          {What::kCompleteJob, i, "send"}, {What::kCompleteJob, i, "rate"},
          {What::kAdvance, -1, "", 5000},  {What::kCompleteTask, i, "check"}};
}

// An error that is caught, or cancelled at the first task or the second.
Steps LeaveScopes(int i, int64_t how) {
  Steps steps = {{What::kStart, i, "scopes", 1}};
  if (how == 0) {
    steps.push_back({What::kThrowError, i, "send"});
    return steps;
  }
  if (how == 1) steps.push_back({What::kCompleteJob, i, "send"});
  steps.push_back({What::kCancel, i, ""});
  return steps;
}

Steps Late(int i) {
  return {{What::kStart, i, "late", 0}, {What::kAdvance, -1, "", 1000}};
}

constexpr size_t kKinds = 9;

Steps OfKind(size_t kind, int i, int64_t n) {
  switch (kind % kKinds) {
    case 6:
      return RunScopes(i, n);
    case 7:
      return LeaveScopes(i, n / 3 % 3);
    case 8:
      return Late(i);
    case 0:
      return RunAll(i, n);
    case 1:
      return CancelAll(i, n);
    case 2:
      return Stop(i, n);
    case 3:
      return CancelStop(i, n);
    case 4:
      return Faulty(i);
    default:
      return CancelFaulty(i, n % 4);
  }
}

// Advances are written as durations and become times.
void Put(Step step, int64_t* clock_ms, Workload* workload) {
  if (step.what == What::kAdvance) {
    *clock_ms += step.number;
    step.number = *clock_ms;
  }
  workload->steps.push_back(std::move(step));
}

}  // namespace

std::vector<BpmnSource> WorkloadModels() {
  return {BpmnText("all.bpmn", kAll), BpmnText("stop.bpmn", kStop),
          BpmnText("faulty.bpmn", kFaulty), BpmnText("scopes.bpmn", kScopes),
          BpmnText("late.bpmn", kLate)};
}

std::string ToString(const Step& step) {
  static constexpr const char* kNames[] = {
      "deploy",        "start",        "complete_task", "claim_task",
      "fetch",         "complete_job", "fail_job",      "throw_error",
      "set_variables", "burst",        "suspend",       "resume",
      "cancel",        "resolve",      "advance",       "checkpoint"};
  std::string text = kNames[static_cast<size_t>(step.what)];
  if (step.instance >= 0) text += " i" + std::to_string(step.instance);
  if (!step.id.empty()) text += " " + step.id;
  return text + " " + std::to_string(step.number);
}

Workload GoldenWorkload() {
  Workload workload;
  int64_t clock_ms = 0;
  workload.steps.push_back({What::kDeploy});
  int instance = 0;
  // Three instances at a time, their steps in turn.
  for (size_t round = 0; round < 12; ++round) {
    std::vector<Steps> lives;
    for (size_t k = 0; k < 3; ++k) {
      lives.push_back(
          OfKind(3 * round + k, instance++, static_cast<int64_t>(3 + round)));
    }
    for (bool more = true; more;) {
      more = false;
      for (Steps& steps : lives) {
        if (steps.empty()) continue;
        Put(std::move(steps.front()), &clock_ms, &workload);
        steps.pop_front();
        more = true;
      }
    }
    if (round == 4) workload.steps.push_back({What::kCheckpoint});
  }
  return workload;
}

Workload RandomWorkload(Random* random) {
  Workload workload;
  workload.checkpoint_log_bytes = (2 + random->Below(20)) << 10;
  int64_t clock_ms = 0;
  workload.steps.push_back({What::kDeploy});
  const size_t instances = 2 + random->Below(5);
  std::vector<Steps> lives;
  for (size_t i = 0; i < instances; ++i) {
    // One after the other: compilers evaluate arguments in any order.
    const auto amount = static_cast<int64_t>(1 + random->Below(9));
    const auto kind = random->Below(kKinds);
    lives.push_back(OfKind(kind, static_cast<int>(i), amount));
  }
  while (!lives.empty()) {
    const size_t which = random->Below(lives.size());
    const int instance = lives[which].front().instance;
    Put(std::move(lives[which].front()), &clock_ms, &workload);
    lives[which].pop_front();
    // While it surely runs.
    if (instance >= 0 && lives[which].size() >= 4 && random->OneIn(4)) {
      workload.steps.push_back({What::kBurst, instance, "",
                                static_cast<int64_t>(random->Below(99))});
    }
    if (lives[which].empty()) lives.erase(lives.begin() + which);
    if (random->OneIn(12)) workload.steps.push_back({What::kCheckpoint});
  }
  return workload;
}

}  // namespace pawl::crash
