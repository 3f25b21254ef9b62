// The public door over the in-memory store: every method, what it refuses, and
// threads. Runs under ThreadSanitizer.
#include "engine/engine.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "base/limits.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

std::string Wrap(const std::string& process) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">)" +
         process + "</definitions>";
}

BpmnText Approval() {
  return BpmnText("approval.bpmn", Wrap(R"(
<process id="approval" name="Approval" isExecutable="true">
  <startEvent id="start"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="review"/>
  <userTask id="review" name="Review it" camunda:assignee="ann"/>
  <sequenceFlow id="f2" sourceRef="review" targetRef="end"/>
  <endEvent id="end"/>
</process>)"));
}

BpmnText Work() {
  return BpmnText("work.bpmn", Wrap(R"(
<process id="work" isExecutable="true">
  <startEvent id="start"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="charge"/>
  <serviceTask id="charge" camunda:type="external" camunda:topic="charge"/>
  <sequenceFlow id="f2" sourceRef="charge" targetRef="end"/>
  <endEvent id="end"/>
</process>)"));
}

BpmnText Later(const std::string& duration) {
  return BpmnText("later.bpmn", Wrap(R"(
<process id="later" isExecutable="true">
  <startEvent id="start"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
  <intermediateCatchEvent id="wait"><timerEventDefinition>
    <timeDuration>)" + duration + R"(</timeDuration>
  </timerEventDefinition></intermediateCatchEvent>
  <sequenceFlow id="f2" sourceRef="wait" targetRef="end"/>
  <endEvent id="end"/>
</process>)"));
}

std::unique_ptr<Engine> Open(EngineOptions options = {}) {
  auto engine = Engine::Open(std::move(options));
  EXPECT_TRUE(engine.ok()) << engine.status();
  return *std::move(engine);
}

const absl::Duration kLong = absl::Seconds(30);

TEST(Engine, TheReadmesExample) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  ASSERT_TRUE(
      engine
          ->RegisterHandler(
              "charge",
              [](const Job& job) -> absl::StatusOr<Variables> {
                return Variables{{"charged", job.variables()["amount"]}};
              })
          .ok());
  const auto order = engine->Start("work", {{"amount", 120}});
  ASSERT_TRUE(order.ok()) << order.status();
  const auto result = engine->AwaitEnd(*order, kLong);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->state, InstanceState::kCompleted);
  EXPECT_EQ(result->variables["charged"], Value(120));
  EXPECT_TRUE(engine->Close().ok());
  EXPECT_TRUE(engine->Close().ok());
  EXPECT_TRUE(absl::IsUnavailable(engine->Start("work").status()));
  EXPECT_TRUE(absl::IsUnavailable(engine->Stats().status()));
}

TEST(Engine, DefinitionsHaveVersionsAndTheirSource) {
  auto engine = Open();
  const auto first = engine->Deploy(Approval());
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ((*first)[0].process_id, "approval");
  EXPECT_EQ((*first)[0].version, 1u);
  EXPECT_TRUE((*first)[0].is_new);
  const auto same = engine->Deploy(Approval());
  EXPECT_FALSE((*same)[0].is_new);
  EXPECT_EQ((*same)[0].key, (*first)[0].key);
  BpmnText changed(Approval().name, Approval().xml + "<!-- v2 -->");
  const auto second = engine->Deploy(changed);
  EXPECT_EQ((*second)[0].version, 2u);
  const auto definitions = engine->Definitions();
  ASSERT_TRUE(definitions.ok()) << definitions.status();
  ASSERT_EQ(definitions->size(), 2u);
  EXPECT_EQ((*definitions)[0].name, "Approval");
  EXPECT_EQ((*definitions)[1].resource, "approval.bpmn");
  EXPECT_EQ(*engine->Xml((*first)[0].key), Approval().xml);
  EXPECT_EQ(*engine->Xml((*second)[0].key), changed.xml);
  EXPECT_TRUE(absl::IsNotFound(engine->Xml(DefinitionKey(77)).status()));
  const auto exported = engine->ExportBpmn((*second)[0].key);
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_NE(exported->find("bpmnElement=\"review\""), std::string::npos);
  EXPECT_TRUE(exported->ends_with("</definitions><!-- v2 -->"));
  // What has a diagram is kept.
  const auto drawn = engine->Deploy(BpmnText("drawn.bpmn", *exported));
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_EQ(*engine->ExportBpmn((*drawn)[0].key), *exported);
  EXPECT_TRUE(absl::IsNotFound(engine->ExportBpmn(DefinitionKey(77)).status()));
  StartOptions old;
  old.version = 1;
  const auto instance = engine->Start("approval", {}, old);
  EXPECT_EQ(engine->Inspect(*instance)->info.version, 1u);
  StartOptions missing;
  missing.version = 9;
  EXPECT_TRUE(
      absl::IsNotFound(engine->Start("approval", {}, missing).status()));
}

// BPMN 2.0.2, 9.3, 9.4 and 10.8.
TEST(Engine, LanesPoolsAndMessageFlowsCanBeAskedFor) {
  auto engine = Open();
  const auto deployed = engine->Deploy(BpmnText(
      "pools.bpmn",
      R"(<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
<collaboration id="c">
  <participant id="shop_pool" name="Shop" processRef="shop"/>
  <participant id="mill_pool" processRef="mill"/>
  <participant id="bank" name="Bank"/>
  <messageFlow id="f1" name="order" sourceRef="send" targetRef="got"/>
  <messageFlow id="f2" sourceRef="shop_pool" targetRef="bank"/>
</collaboration>
<process id="shop">
  <laneSet><lane id="office" name="Office"><flowNodeRef>wait</flowNodeRef>
    <childLaneSet><lane id="desk"><flowNodeRef>wait</flowNodeRef></lane>
    </childLaneSet></lane></laneSet>
  <userTask id="wait"/><sendTask id="send"/>
  <sequenceFlow id="s1" sourceRef="wait" targetRef="send"/>
</process>
<process id="mill"><receiveTask id="got"/></process>
</definitions>)"));
  ASSERT_TRUE(deployed.ok()) << deployed.status();
  const auto definitions = engine->Definitions();
  ASSERT_TRUE(definitions.ok()) << definitions.status();
  ASSERT_EQ(definitions->size(), 2u);
  const DefinitionInfo& mill = (*definitions)[0];
  const DefinitionInfo& shop = (*definitions)[1];
  ASSERT_EQ(shop.lanes.size(), 2u);
  EXPECT_EQ(shop.lanes[0].name, "Office");
  EXPECT_EQ(shop.lanes[1].parent, "office");
  EXPECT_EQ(shop.lanes[1].element_ids, std::vector<std::string>{"wait"});
  ASSERT_EQ(shop.participants.size(), 2u);
  EXPECT_EQ(shop.participants[0].process_id, "shop");
  EXPECT_EQ(shop.participants[1].name, "Bank");
  EXPECT_EQ(shop.participants[1].process_id, "");
  ASSERT_EQ(shop.message_flows.size(), 2u);
  EXPECT_EQ(shop.message_flows[0].target_process_id, "mill");
  EXPECT_TRUE(shop.message_flows[0].delivers);
  EXPECT_FALSE(shop.message_flows[1].delivers);
  ASSERT_EQ(mill.message_flows.size(), 1u);
  EXPECT_EQ(mill.message_flows[0].source_id, "send");

  const auto instance = engine->Start("shop");
  ASSERT_TRUE(instance.ok()) << instance.status();
  const auto details = engine->Inspect(*instance);
  ASSERT_TRUE(details.ok()) << details.status();
  ASSERT_EQ(details->active.size(), 1u);
  EXPECT_EQ(details->active[0].lane_ids,
            (std::vector<std::string>{"office", "desk"}));
}

// Unless the engine was given something that runs it.
TEST(Engine, JavaScriptIsRefusedWithItsPlace) {
  auto engine = Open();
  const auto refused =
      engine->Deploy(ProcessBuilder("p").StartEvent().ScriptTask(
          "compute", "1 + 1", {.format = "javascript"}));
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
  for (const char* part :
       {"'compute'", "JavaScript", "unsupported-language", ":6:"}) {
    EXPECT_NE(refused.status().message().find(part), std::string::npos)
        << part << " in " << refused.status();
  }
  EXPECT_TRUE(engine->Definitions()->empty());
}

TEST(Engine, LuaThatDoesNotCompileIsRefusedWithItsPlace) {
  auto engine = Open();
  const auto refused =
      engine->Deploy(ProcessBuilder("p").StartEvent().ScriptTask(
          "compute", "return (1", {.format = "lua"}));
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << refused.status();
  for (const char* part : {"'compute'", "expression-syntax", ":6:"}) {
    EXPECT_NE(refused.status().message().find(part), std::string::npos)
        << part << " in " << refused.status();
  }
}

TEST(Engine, FeelAndMappingsFromStartToEnd) {
  auto engine = Open();
  ASSERT_TRUE(engine
                  ->Deploy(ProcessBuilder("p")
                               .StartEvent()
                               .ServiceTask("charge")
                               .Input("= order.total * 100", "cents")
                               .Output("= receipt.number", "order.receipt")
                               .End())
                  .ok());
  ASSERT_TRUE(engine
                  ->RegisterHandler(
                      "charge",
                      [](const Job& job) -> JobResult {
                        return Variables{
                            {"receipt",
                             Variables{{"number", job.variables()["cents"]}}}};
                      })
                  .ok());
  const auto instance =
      engine->Start("p", {{"order", Variables{{"total", 1.5}}}});
  ASSERT_TRUE(instance.ok()) << instance.status();
  const auto end = engine->AwaitEnd(*instance, kLong);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->variables["order"].ToJson(), R"({"total":1.5,"receipt":150})");
}

TEST(Engine, ABadModelIsRefusedWithItsPlace) {
  auto engine = Open();
  const auto bad = engine->Deploy(BpmnText("bad.bpmn", "<definitions"));
  EXPECT_TRUE(absl::IsInvalidArgument(bad.status())) << bad.status();
  EXPECT_NE(bad.status().message().find("bad.bpmn:1:"), std::string::npos)
      << bad.status();
  // One bad source refuses all, and both are heard of.
  const auto both = engine->Deploy(std::vector<BpmnSource>{
      Approval(), BpmnText("b1.bpmn", "<x"), BpmnText("b2.bpmn", "<y")});
  EXPECT_NE(both.status().message().find("b1.bpmn"), std::string::npos);
  EXPECT_NE(both.status().message().find("b2.bpmn"), std::string::npos);
  EXPECT_TRUE(engine->Definitions()->empty());
  EXPECT_TRUE(absl::IsInvalidArgument(
      engine->Deploy(std::vector<BpmnSource>{}).status()));
  EXPECT_TRUE(
      absl::IsNotFound(engine->Deploy(BpmnFile("no/such/file.bpmn")).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(
      engine->Deploy(BpmnText("big", std::string(kModelBytesMax + 1, ' ')))
          .status()));
}

TEST(Engine, TasksAreClaimedAndCompleted) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  const auto instance = engine->Start("approval");
  auto tasks = engine->Tasks();
  ASSERT_TRUE(tasks.ok()) << tasks.status();
  ASSERT_EQ(tasks->size(), 1u);
  const TaskKey task = (*tasks)[0].key;
  EXPECT_EQ((*tasks)[0].assignee, "ann");
  EXPECT_EQ((*tasks)[0].name, "Review it");
  EXPECT_EQ((*tasks)[0].instance, *instance);
  EXPECT_TRUE(engine->UnclaimTask(task).ok());
  EXPECT_TRUE(engine->ClaimTask(task, "bob").ok());
  EXPECT_TRUE(
      absl::IsFailedPrecondition(engine->CompleteTask(task, {}, "eve")));
  EXPECT_TRUE(engine->CompleteTask(task, {{"ok", true}}, "bob").ok());
  EXPECT_TRUE(absl::IsNotFound(engine->CompleteTask(task)));
  EXPECT_EQ(engine->AwaitEnd(*instance, kLong)->variables["ok"], Value(true));
}

TEST(Engine, TasksAreDelegatedChangedAndHaveVariables) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  const auto instance = engine->Start("approval");
  const auto the_task = [&] { return engine->Tasks()->front(); };
  const TaskKey task = the_task().key;
  EXPECT_TRUE(absl::IsInvalidArgument(engine->DelegateTask(task, "")));
  EXPECT_TRUE(absl::IsFailedPrecondition(engine->ResolveTask(task)));
  ASSERT_TRUE(engine->DelegateTask(task, "bob").ok());
  EXPECT_EQ(the_task().assignee, "bob");
  EXPECT_EQ(the_task().owner, "ann");
  EXPECT_EQ(the_task().delegation, Delegation::kPending);
  EXPECT_TRUE(absl::IsFailedPrecondition(engine->CompleteTask(task)));
  ASSERT_TRUE(engine->ResolveTask(task, {{"opinion", "good"}}).ok());
  EXPECT_EQ(the_task().assignee, "ann");
  EXPECT_EQ(the_task().delegation, Delegation::kResolved);
  const absl::Time due = absl::FromUnixSeconds(2'000'000'000);
  ASSERT_TRUE(engine
                  ->ChangeTask(task, {.assignee = "",
                                      .candidate_groups = {{"board"}},
                                      .due = due,
                                      .priority = 9})
                  .ok());
  EXPECT_EQ(the_task().assignee, "");
  EXPECT_EQ(the_task().owner, "ann");
  EXPECT_EQ(the_task().candidate_groups, std::vector<std::string>{"board"});
  EXPECT_EQ(the_task().due, due);
  EXPECT_EQ(the_task().priority, 9);
  ASSERT_TRUE(engine->ChangeTask(task, {.due = absl::InfiniteFuture()}).ok());
  EXPECT_FALSE(the_task().due.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(
      engine->ChangeTask(task, {.due = absl::InfinitePast()})));
  EXPECT_TRUE(absl::IsInvalidArgument(
      engine->ChangeTask(task, {.candidate_users = {{""}}})));
  ASSERT_TRUE(engine->SetTaskVariables(task, {{"note", 1}}).ok());
  ASSERT_TRUE(engine->SetTaskVariables(task, {{"all", 2}}, false).ok());
  bool local = false;
  const auto details = engine->Inspect(*instance);
  for (const ScopeInfo& scope : details->scopes) {
    if (scope.key == the_task().scope) {
      local = scope.variables.find("note") != nullptr;
    }
  }
  EXPECT_TRUE(local);
  ASSERT_TRUE(engine->CompleteTask(task).ok());
  const auto result = engine->AwaitEnd(*instance, kLong);
  EXPECT_EQ(result->variables.find("note"), nullptr);
  EXPECT_EQ(*result->variables.find("all"), Value(2));
  EXPECT_EQ(*result->variables.find("opinion"), Value("good"));
  EXPECT_TRUE(absl::IsNotFound(engine->DelegateTask(task, "bob")));
}

TEST(Engine, FormsAreAskedFor) {
  auto engine = Open();
  const auto deployed = engine->Deploy(BpmnText("form.bpmn", R"(
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
             targetNamespace="test">
  <process id="form" isExecutable="true">
    <startEvent id="start" camunda:formKey="begin"/>
    <userTask id="fill">
      <extensionElements><camunda:formData>
        <camunda:formField id="ok" label="OK?" type="boolean" defaultValue="no">
          <camunda:validation><camunda:constraint name="required"/>
          </camunda:validation>
        </camunda:formField>
      </camunda:formData></extensionElements>
    </userTask>
    <sequenceFlow id="f" sourceRef="start" targetRef="fill"/>
  </process>
</definitions>)"));
  ASSERT_TRUE(deployed.ok()) << deployed.status();
  const auto start = engine->StartForm(deployed->front().key);
  ASSERT_TRUE(start.ok()) << start.status();
  ASSERT_TRUE(start->has_value());
  EXPECT_EQ((*start)->key, "begin");
  EXPECT_TRUE(absl::IsNotFound(engine->StartForm(DefinitionKey(77)).status()));
  ASSERT_TRUE(engine->Start("form").ok());
  const TaskInfo task = engine->Tasks()->front();
  ASSERT_TRUE(task.form.has_value());
  ASSERT_EQ(task.form->fields.size(), 1u);
  EXPECT_EQ(task.form->fields[0].id, "ok");
  EXPECT_EQ(task.form->fields[0].label, "OK?");
  EXPECT_EQ(task.form->fields[0].default_value, "no");
  EXPECT_TRUE(task.form->fields[0].required);
  EXPECT_TRUE(task.form->fields[0].writable);
}

TEST(Engine, WorkersFetchExtendFailAndComplete) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  const auto instance = engine->Start("work", {{"amount", 5}});
  const auto jobs = engine->FetchAndLock("charge", "w1", absl::Minutes(5), 10);
  ASSERT_TRUE(jobs.ok()) << jobs.status();
  ASSERT_EQ(jobs->size(), 1u);
  const Job& job = (*jobs)[0];
  EXPECT_EQ(job.variables()["amount"], Value(5));
  EXPECT_GT(job.lock_until(), absl::Now());
  EXPECT_TRUE(engine->ExtendJobLock(job.key(), "w1", absl::Minutes(9)).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(
      engine->ExtendJobLock(job.key(), "w2", absl::Minutes(9))));
  EXPECT_TRUE(engine->UnlockJob(job.key(), "w1").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(engine->CompleteJob(job.key(), "w1")));
  JobFailure failure;
  failure.message = "no route";
  failure.retries = 0;
  EXPECT_TRUE(
      engine->FailJob(job.key(), "w2", failure, /*lock_first=*/true).ok());
  const auto incidents = engine->Incidents();
  ASSERT_EQ(incidents->size(), 1u);
  EXPECT_EQ((*incidents)[0].type, "job_no_retries");
  EXPECT_EQ((*incidents)[0].message, "no route");
  EXPECT_TRUE(
      absl::IsFailedPrecondition(engine->AwaitEnd(*instance, kLong).status()));
  EXPECT_TRUE(engine->ResolveIncident((*incidents)[0].key).ok());
  EXPECT_TRUE(absl::IsNotFound(engine->ResolveIncident((*incidents)[0].key)));
  EXPECT_TRUE(engine
                  ->CompleteJob(job.key(), "w3", {{"paid", true}},
                                /*lock_first=*/true)
                  .ok());
  EXPECT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
  const auto other = engine->Start("work");
  const JobKey second = (*engine->Jobs())[0].key;
  EXPECT_TRUE(engine
                  ->ThrowJobError(second, "w", "DECLINED", "card", {},
                                  /*lock_first=*/true)
                  .ok());
  EXPECT_EQ((*engine->Incidents())[0].type, "unhandled_error");
  EXPECT_TRUE(other.ok());
}

TEST(Engine, SuspendResumeCancelAndSetVariables) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  const auto instance = engine->Start("approval");
  EXPECT_TRUE(engine->Suspend(*instance).ok());
  EXPECT_EQ(engine->Inspect(*instance)->info.state, InstanceState::kSuspended);
  EXPECT_TRUE(absl::IsFailedPrecondition(engine->Suspend(*instance)));
  EXPECT_TRUE(engine->Resume(*instance).ok());
  EXPECT_TRUE(engine->SetVariables(*instance, {{"x", 1}}).ok());
  EXPECT_EQ(engine->Inspect(*instance)->scopes[0].variables["x"], Value(1));
  EXPECT_TRUE(engine->Cancel(*instance, "changed my mind").ok());
  EXPECT_EQ(engine->AwaitEnd(*instance, kLong)->state,
            InstanceState::kCancelled);
  EXPECT_TRUE(absl::IsFailedPrecondition(engine->Cancel(*instance)));
  EXPECT_TRUE(absl::IsNotFound(engine->Cancel(InstanceKey(1))));
}

TEST(Engine, QueriesFilterAndPage) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  ASSERT_TRUE(engine->Deploy(Later("PT1H")).ok());
  std::vector<InstanceKey> keys;
  for (int i = 0; i < 5; ++i) {
    StartOptions options;
    options.business_key = i % 2 == 0 ? "even" : "odd";
    keys.push_back(*engine->Start("approval", {}, options));
  }
  ASSERT_TRUE(engine->Start("work").ok());
  ASSERT_TRUE(engine->Start("later").ok());
  ASSERT_TRUE(engine->Cancel(keys[0]).ok());
  EXPECT_EQ(engine->Instances()->size(), 7u);
  InstanceQuery query;
  query.business_key = "even";
  EXPECT_EQ(engine->Instances(query)->size(), 3u);
  query.state = InstanceState::kActive;
  EXPECT_EQ(engine->Instances(query)->size(), 2u);
  query = {};
  query.process_id = "work";
  EXPECT_EQ(engine->Instances(query)->size(), 1u);
  query = {};
  query.limit = 2;
  query.after = keys[1];
  const auto page = engine->Instances(query);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ((*page)[0].key, keys[2]);
  query = {};
  query.started_from = absl::Now() + absl::Hours(1);
  EXPECT_TRUE(engine->Instances(query)->empty());
  ListQuery list;
  list.limit = 3;
  EXPECT_EQ(engine->Tasks(list)->size(), 3u);
  list.after = (*engine->Tasks(list))[2].key.value();
  EXPECT_EQ(engine->Tasks(list)->size(), 1u);
  list = {};
  list.instance = keys[4];
  EXPECT_EQ(engine->Tasks(list)->size(), 1u);
  list = {};
  list.job_type = "charge";
  EXPECT_EQ(engine->Jobs(list)->size(), 1u);
  list.job_type = "ship";
  EXPECT_TRUE(engine->Jobs(list)->empty());
  const auto timers = engine->Timers();
  ASSERT_EQ(timers->size(), 1u);
  EXPECT_GT((*timers)[0].due, absl::Now() + absl::Minutes(58));
  const auto stats = engine->Stats();
  EXPECT_EQ(stats->instances_by_state.at("active"), 6);
  EXPECT_EQ(stats->instances_by_state.at("cancelled"), 1);
  EXPECT_EQ(stats->tasks, 4);
  EXPECT_EQ(stats->jobs, 1);
  EXPECT_EQ(stats->timers, 1);
  EXPECT_EQ(stats->definitions, 3);
  EXPECT_GT(stats->log_bytes, stats->records * 50);
}

BpmnText Starting(const std::string& id, const std::string& definition) {
  return BpmnText(id + ".bpmn", Wrap(R"(
<process id=")" + id + R"(" isExecutable="true">
  <startEvent id="begin">)" + definition +
                                     R"(</startEvent>
  <sequenceFlow id="f1" sourceRef="begin" targetRef="work"/>
  <userTask id="work"/>
</process>)"));
}

TEST(Engine, ProcessesStartByTimeAndByCondition) {
  EngineOptions options;
  options.time_zone = "Europe/Berlin";
  auto engine = Open(std::move(options));
  const auto timer = [](const std::string& tag, const std::string& text) {
    return "<timerEventDefinition><" + tag + ">" + text + "</" + tag +
           "></timerEventDefinition>";
  };
  ASSERT_TRUE(
      engine->Deploy(Starting("now", timer("timeDuration", "PT0S"))).ok());
  ASSERT_TRUE(
      engine
          ->Deploy(Starting("later", timer("timeDate", "2999-07-01T09:00:00")))
          .ok());
  ASSERT_TRUE(
      engine->Deploy(Starting("again", timer("timeCycle", "R/P100Y"))).ok());
  ASSERT_TRUE(engine
                  ->Deploy(Starting("asked",
                                    "<conditionalEventDefinition><condition>"
                                    "${x == 1}</condition>"
                                    "</conditionalEventDefinition>"))
                  .ok());
  ASSERT_TRUE(engine->AwaitIdle(kLong).ok());
  ASSERT_EQ(engine->Instances()->size(), 1u);
  EXPECT_EQ((*engine->Instances())[0].process_id, "now");
  const auto timers = engine->Timers();
  ASSERT_EQ(timers->size(), 2u);
  const TimerInfo& again = (*timers)[0];
  EXPECT_EQ(again.process_id, "again");
  EXPECT_EQ(again.element_id, "begin");
  EXPECT_EQ(again.cycle, "R/P100Y");
  EXPECT_FALSE(again.instance.valid());
  // 09:00 in Berlin.
  EXPECT_EQ(absl::ToUnixSeconds((*timers)[1].due) % 86400, 7 * 3600);
  EXPECT_EQ(*engine->EvaluateConditions({{"x", 2}}), 0);
  EXPECT_EQ(*engine->EvaluateConditions({{"x", 1}}, "now"), 0);
  EXPECT_EQ(*engine->EvaluateConditions({{"x", 1}}, "asked", "K"), 1);
  ASSERT_EQ(engine->Instances()->size(), 2u);
  EXPECT_EQ((*engine->Instances())[1].business_key, "K");

  options = {};
  options.time_zone = "Europe/Nowhere";
  EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(options).status()));
}

TEST(Engine, TheDoorRefusesWhatCannotBeKept) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  const auto refused = [](const absl::Status& status) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return absl::IsInvalidArgument(status);
  };
  const std::string long_name(kNameBytesMax + 1, 'x');
  const std::string longest(kNameBytesMax, 'x');
  StartOptions options;
  options.business_key = long_name;
  EXPECT_TRUE(refused(engine->Start("approval", {}, options).status()));
  options.business_key = longest;
  options.idempotency_key = longest;
  EXPECT_TRUE(engine->Start("approval", {}, options).ok());
  options.idempotency_key = std::string("a\0b", 3);
  EXPECT_TRUE(refused(engine->Start("approval", {}, options).status()));
  options.idempotency_key = "\xff";
  EXPECT_TRUE(refused(engine->Start("approval", {}, options).status()));
  EXPECT_TRUE(refused(engine->Start("").status()));
  EXPECT_TRUE(refused(
      engine->Start("approval", {{"x", std::string("\xff")}}).status()));
  EXPECT_TRUE(absl::IsResourceExhausted(
      engine->Start("approval", {{"x", std::string(kVariablesBytesMax, 'x')}})
          .status()));
  EXPECT_TRUE(
      engine
          ->Start("approval", {{"x", std::string(kVariablesBytesMax - 3, 'x')}})
          .ok());
  EXPECT_TRUE(refused(engine->FetchAndLock("", "w", kLong).status()));
  EXPECT_TRUE(refused(engine->FetchAndLock("t", "", kLong).status()));
  EXPECT_TRUE(
      refused(engine->FetchAndLock("t", "w", absl::ZeroDuration()).status()));
  EXPECT_TRUE(refused(
      engine->FetchAndLock("t", "w", absl::InfiniteDuration()).status()));
  EXPECT_TRUE(
      engine->FetchAndLock("t", "w", absl::Milliseconds(kDurationMsMax)).ok());
  EXPECT_TRUE(refused(
      engine->FetchAndLock("t", "w", absl::Milliseconds(kDurationMsMax + 1))
          .status()));
  EXPECT_TRUE(refused(engine->FetchAndLock("t", "w", kLong, 0).status()));
  EXPECT_TRUE(refused(
      engine->FetchAndLock("t", "w", kLong, kFetchJobsMax + 1).status()));
  EXPECT_TRUE(engine->FetchAndLock("t", "w", kLong, kFetchJobsMax).ok());
  EXPECT_TRUE(refused(engine->RegisterHandler("t", nullptr)));
  HandlerOptions handler;
  handler.max_in_flight = 0;
  const JobHandler done = [](const Job&) { return JobResult::Done(); };
  EXPECT_TRUE(refused(engine->RegisterHandler("t", done, handler)));
  handler.max_in_flight = kHandlerInFlightMax + 1;
  EXPECT_TRUE(refused(engine->RegisterHandler("t", done, handler)));
  handler.max_in_flight = kHandlerInFlightMax;
  EXPECT_TRUE(engine->RegisterHandler("t", done, handler).ok());
  JobFailure failure;
  failure.retries = kRetriesMax + 1;
  EXPECT_TRUE(refused(engine->FailJob(JobKey(1), "w", failure)));
  failure.retries = kRetriesMax;
  EXPECT_TRUE(absl::IsNotFound(engine->FailJob(JobKey(1), "w", failure)));
  failure.backoff = -absl::Seconds(1);
  EXPECT_TRUE(refused(engine->FailJob(JobKey(1), "w", failure)));
  EXPECT_TRUE(refused(engine->ClaimTask(TaskKey(1), "")));
}

TEST(Engine, OptionsAreChecked) {
  EngineOptions options;
  options.partitions = 2;
  EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(options).status()));
  options = {};
  options.handler_threads = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(options).status()));
  options = {};
  options.snapshot_records = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(Engine::Open(options).status()));
}

TEST(Engine, BudgetsOfNothingOnlyCostTime) {
  EngineOptions options;
  options.cache_bytes = 0;
  options.checkpoint_bytes = 0;
  options.snapshot_records = 1;
  auto engine = Open(options);
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  for (int i = 0; i < 5; ++i) {
    const auto instance = engine->Start("approval");
    ASSERT_TRUE(instance.ok()) << instance.status();
    ListQuery query;
    query.instance = *instance;
    ASSERT_TRUE(engine->CompleteTask((*engine->Tasks(query))[0].key).ok());
    EXPECT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
  }
  EXPECT_TRUE(engine->AwaitIdle(kLong).ok());
}

TEST(Engine, HandlersThatThrowFailTheirJobs) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  std::atomic<int> attempts{0};
  ASSERT_TRUE(engine
                  ->RegisterHandler("charge",
                                    [&](const Job& job) -> JobResult {
                                      EXPECT_EQ(job.attempt(), ++attempts);
                                      if (job.attempt() < 3) {
                                        throw std::runtime_error("not yet");
                                      }
                                      return JobResult::Done();
                                    })
                  .ok());
  const auto instance = engine->Start("work");
  EXPECT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
  EXPECT_EQ(attempts, 3);
}

TEST(Engine, AHandlerIsReplacedAndUnregistered) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  const auto answer = [](int number) {
    return [number](const Job&) -> JobResult {
      return Variables{{"by", number}};
    };
  };
  ASSERT_TRUE(engine->RegisterHandler("charge", answer(1)).ok());
  EXPECT_EQ(engine->AwaitEnd(*engine->Start("work"), kLong)->variables["by"],
            Value(1));
  ASSERT_TRUE(engine->RegisterHandler("charge", answer(2)).ok());
  EXPECT_EQ(engine->AwaitEnd(*engine->Start("work"), kLong)->variables["by"],
            Value(2));
  ASSERT_TRUE(engine->UnregisterHandler("charge").ok());
  const auto waiting = engine->Start("work");
  EXPECT_EQ((*engine->Jobs())[0].state, JobState::kReady);
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      engine->AwaitEnd(*waiting, absl::Milliseconds(20)).status()));
  ASSERT_TRUE(engine->RegisterHandler("charge", answer(3)).ok());
  EXPECT_EQ(engine->AwaitEnd(*waiting, kLong)->variables["by"], Value(3));
}

TEST(Engine, AHandlerMayUseTheEngine) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  Engine* raw = engine.get();
  ASSERT_TRUE(
      engine
          ->RegisterHandler("charge",
                            [raw](const Job&) -> JobResult {
                              const auto child = raw->Start("approval");
                              if (!child.ok()) return child.status();
                              ListQuery query;
                              query.instance = *child;
                              const auto tasks = raw->Tasks(query);
                              if (!tasks.ok()) return tasks.status();
                              const absl::Status done =
                                  raw->CompleteTask((*tasks)[0].key);
                              if (!done.ok()) return done;
                              return raw->AwaitEnd(*child, kLong).status();
                            })
          .ok());
  const auto instance = engine->Start("work");
  EXPECT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
}

TEST(Engine, AVirtualClockFiresTimers) {
  VirtualClock clock(1'000'000);
  EngineOptions options;
  options.clock = &clock;
  auto engine = Open(options);
  ASSERT_TRUE(engine->Deploy(Later("PT1H")).ok());
  const auto instance = engine->Start("later");
  EXPECT_TRUE(engine->AwaitIdle(kLong).ok());
  EXPECT_EQ((*engine->Timers())[0].due,
            absl::FromUnixMillis(1'000'000) + absl::Hours(1));
  clock.AdvanceBy(3'599'999);
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      engine->AwaitEnd(*instance, absl::Milliseconds(30)).status()));
  clock.AdvanceBy(1);
  EXPECT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
}

TEST(Engine, TimersFireByTheSystemsClock) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Later("PT0.05S")).ok());
  const auto instance = engine->Start("later");
  EXPECT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
}

TEST(Engine, CallbacksMustNotWait) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  std::mutex mutex;
  std::condition_variable done;
  absl::Status inside;
  absl::Status closing;
  bool called = false;
  engine->StartAsync("approval", {}, {}, [&](absl::StatusOr<InstanceKey> key) {
    EXPECT_TRUE(key.ok());
    std::lock_guard<std::mutex> lock(mutex);
    inside = engine->Cancel(*key);
    closing = engine->Close();
    called = true;
    done.notify_one();
  });
  std::unique_lock<std::mutex> lock(mutex);
  done.wait(lock, [&] { return called; });
  EXPECT_TRUE(absl::IsFailedPrecondition(inside)) << inside;
  EXPECT_TRUE(absl::IsFailedPrecondition(closing)) << closing;
}

class Watching final : public Observer {
 public:
  void OnElementActivating(const ElementObservation& element) override {
    std::lock_guard<std::mutex> lock(mutex_);
    activating_.push_back(element.element_id);
    throw std::runtime_error("dropped");
  }
  void OnInstanceEnded(InstanceKey, InstanceState) override {
    std::lock_guard<std::mutex> lock(mutex_);
    ++ended_;
  }
  int ended() {
    std::lock_guard<std::mutex> lock(mutex_);
    return ended_;
  }
  std::vector<std::string> activating() {
    std::lock_guard<std::mutex> lock(mutex_);
    return activating_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> activating_;
  int ended_ = 0;
};

TEST(Engine, ObserversWatchAndCannotHarm) {
  Watching watching;
  auto engine = Open();
  engine->AddObserver(&watching);
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  const auto instance = engine->Start("approval");
  ASSERT_TRUE(engine->CompleteTask((*engine->Tasks())[0].key).ok());
  ASSERT_TRUE(engine->AwaitEnd(*instance, kLong).ok());
  ASSERT_TRUE(engine->AwaitIdle(kLong).ok());
  ASSERT_TRUE(engine->Close().ok());
  EXPECT_EQ(watching.ended(), 1);
  EXPECT_EQ(watching.activating(),
            (std::vector<std::string>{"approval", "start", "review", "end"}));
}

// --- Threads
// -----------------------------------------------------------------------

TEST(EngineThreads, ManyCallersManyHandlers) {
  EngineOptions options;
  options.handler_threads = 3;
  options.cache_bytes = 20'000;
  options.checkpoint_bytes = 20'000;
  auto engine = Open(options);
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  std::atomic<int> charged{0};
  HandlerOptions few;
  few.max_in_flight = 4;
  ASSERT_TRUE(engine
                  ->RegisterHandler(
                      "charge",
                      [&](const Job&) {
                        ++charged;
                        return JobResult::Done({{"charged", true}});
                      },
                      few)
                  .ok());
  constexpr int kCallers = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> callers;
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&, c] {
      for (int i = 0; i < kEach; ++i) {
        const auto work = engine->Start("work", {{"caller", c}});
        ASSERT_TRUE(work.ok()) << work.status();
        const auto approval = engine->Start("approval");
        ASSERT_TRUE(approval.ok());
        ListQuery query;
        query.instance = *approval;
        const auto tasks = engine->Tasks(query);
        ASSERT_TRUE(tasks.ok() && tasks->size() == 1) << tasks.status();
        ASSERT_TRUE(engine->CompleteTask((*tasks)[0].key).ok());
        ASSERT_TRUE(engine->AwaitEnd(*work, kLong).ok());
        ASSERT_TRUE(engine->AwaitEnd(*approval, kLong).ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(charged, kCallers * kEach);
  EXPECT_EQ(engine->Stats()->instances_by_state.at("completed"),
            2 * kCallers * kEach);
  EXPECT_TRUE(engine->AwaitIdle(kLong).ok());
  EXPECT_TRUE(engine->StateDigest().ok());
  EXPECT_TRUE(engine->Checkpoint().ok());
}

TEST(EngineThreads, CloseDuringLoadFromSeveralThreads) {
  for (int round = 0; round < 5; ++round) {
    EngineOptions options;
    options.close_timeout = absl::Seconds(5);
    auto engine = Open(options);
    ASSERT_TRUE(engine->Deploy(Work()).ok());
    ASSERT_TRUE(engine
                    ->RegisterHandler(
                        "charge", [](const Job&) { return JobResult::Done(); })
                    .ok());
    std::vector<std::thread> threads;
    std::atomic<int> started{0};
    for (int c = 0; c < 3; ++c) {
      threads.emplace_back([&] {
        for (;;) {
          const auto instance = engine->Start("work");
          if (!instance.ok()) {
            EXPECT_TRUE(absl::IsUnavailable(instance.status()))
                << instance.status();
            return;
          }
          ++started;
          const auto end = engine->AwaitEnd(*instance, kLong);
          EXPECT_TRUE(end.ok() || absl::IsUnavailable(end.status()))
              << end.status();
        }
      });
    }
    while (started < 10) std::this_thread::yield();
    for (int c = 0; c < 2; ++c) {
      threads.emplace_back(
          [&] { EXPECT_EQ(engine->Close(), absl::OkStatus()); });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

// A thread that starts after the engine's has ended may get that one's id.
TEST(EngineThreads, ANewThreadIsNotTakenForTheEnginesThatEnded) {
  for (int round = 0; round < 20; ++round) {
    auto engine = Open();
    ASSERT_EQ(engine->Close(), absl::OkStatus());
    std::thread([&] {
      EXPECT_EQ(engine->Close(), absl::OkStatus());
      EXPECT_TRUE(absl::IsUnavailable(engine->Start("work").status()));
    }).join();
  }
}

TEST(EngineThreads, DestructionAnswersEveryCallback) {
  std::atomic<int> answered{0};
  constexpr int kStarts = 500;
  {
    auto engine = Open();
    ASSERT_TRUE(engine->Deploy(Approval()).ok());
    for (int i = 0; i < kStarts; ++i) {
      engine->StartAsync("approval", {}, {},
                         [&](absl::StatusOr<InstanceKey>) { ++answered; });
    }
  }
  EXPECT_EQ(answered, kStarts);
}

TEST(EngineThreads, AQueueThatIsFullRefuses) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Approval()).ok());
  std::mutex stuck;
  std::atomic<bool> inside{false};
  std::atomic<size_t> refused{0};
  std::atomic<size_t> answered{0};
  {
    std::unique_lock<std::mutex> lock(stuck);
    engine->StartAsync("approval", {}, {}, [&](absl::StatusOr<InstanceKey>) {
      inside = true;
      std::lock_guard<std::mutex> wait(stuck);
    });
    while (!inside) std::this_thread::yield();
    // The engine's thread is in the callback and takes nothing.
    for (size_t i = 0; i < kQueuedCommandsMax + 1; ++i) {
      engine->StartAsync("approval", {}, {},
                         [&](absl::StatusOr<InstanceKey> key) {
                           if (absl::IsResourceExhausted(key.status())) {
                             ++refused;
                           }
                           ++answered;
                         });
    }
    EXPECT_EQ(refused, 1u);
    EXPECT_EQ(answered, 1u);
  }
  EXPECT_TRUE(engine->Close().ok());
  EXPECT_EQ(answered, kQueuedCommandsMax + 1);
}

TEST(EngineThreads, IdleWaitsForHandlers) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  std::atomic<bool> go{false};
  ASSERT_TRUE(engine
                  ->RegisterHandler("charge",
                                    [&](const Job&) {
                                      while (!go) std::this_thread::yield();
                                      return JobResult::Done();
                                    })
                  .ok());
  ASSERT_TRUE(engine->AwaitIdle(kLong).ok());
  ASSERT_TRUE(engine->Start("work").ok());
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(engine->AwaitIdle(absl::Milliseconds(20))));
  go = true;
  EXPECT_TRUE(engine->AwaitIdle(kLong).ok());
}

TEST(EngineThreads, CloseLeavesAHandlerThatHangs) {
  auto go = std::make_shared<std::atomic<bool>>(false);
  auto ended = std::make_shared<std::atomic<bool>>(false);
  auto saw_cancel = std::make_shared<std::atomic<bool>>(false);
  {
    EngineOptions options;
    options.close_timeout = absl::Milliseconds(20);
    auto engine = Open(options);
    ASSERT_TRUE(engine->Deploy(Work()).ok());
    std::atomic<bool> running{false};
    ASSERT_TRUE(engine
                    ->RegisterHandler("charge",
                                      [=, &running](const Job& job) {
                                        running = true;
                                        while (!*go) std::this_thread::yield();
                                        *saw_cancel = job.cancelled();
                                        *ended = true;
                                        return JobResult::Done();
                                      })
                    .ok());
    ASSERT_TRUE(engine->Start("work").ok());
    while (!running) std::this_thread::yield();
    EXPECT_TRUE(engine->Close().ok());
  }
  *go = true;
  while (!*ended) std::this_thread::yield();
  EXPECT_TRUE(*saw_cancel);
}

TEST(EngineThreads, RunningHandlersAreWaitedFor) {
  auto engine = Open();
  ASSERT_TRUE(engine->Deploy(Work()).ok());
  std::atomic<bool> running{false};
  std::atomic<bool> finished{false};
  ASSERT_TRUE(engine
                  ->RegisterHandler("charge",
                                    [&](const Job&) {
                                      running = true;
                                      std::this_thread::sleep_for(
                                          std::chrono::milliseconds(50));
                                      finished = true;
                                      return JobResult::Done();
                                    })
                  .ok());
  ASSERT_TRUE(engine->Start("work").ok());
  while (!running) std::this_thread::yield();
  EXPECT_TRUE(engine->Close().ok());
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace pawl
