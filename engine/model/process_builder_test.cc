// A process in code, as deployment sees it: builder -> XML -> ParseBpmn.
#include "engine/model/process_builder.h"

#include <gtest/gtest.h>

#include <utility>

#include "engine/model/bpmn_xml.h"
#include "engine/model/test_xml.h"

namespace pawl {
namespace {

using fb::ElementKind;
using model::FindElement;
using model::FindProblem;
using model::ParseBpmn;
using model::ParsedModel;
using model::Problems;

std::unique_ptr<fb::ProcessT> Parse(const ProcessBuilder& builder) {
  ParsedModel parsed = ParseBpmn(builder.ToXml(), "built");
  EXPECT_TRUE(parsed.executable()) << Problems(parsed) << builder.ToXml();
  EXPECT_EQ(Problems(parsed), "") << builder.ToXml();
  if (parsed.processes.size() != 1 || parsed.processes[0].model == nullptr) {
    return std::make_unique<fb::ProcessT>();
  }
  return std::move(parsed.processes[0].model);
}

// Flows as "source>target", with the condition or "default" behind a colon.
std::vector<std::string> Flows(const fb::ProcessT& process) {
  std::vector<std::string> flows;
  for (size_t i = 0; i < process.flows.size(); ++i) {
    const fb::SequenceFlowT& flow = *process.flows[i];
    const fb::ElementT& source = *process.elements[flow.source];
    std::string text = source.id + ">" + process.elements[flow.target]->id;
    if (flow.condition != nullptr) text += ":" + flow.condition->text;
    if (source.default_flow == i + 1) text += ":default";
    flows.push_back(text);
  }
  return flows;
}

// The first example in the header.
TEST(ProcessBuilder, TheExample) {
  const auto process =
      Parse(ProcessBuilder("order")
                .StartEvent()
                .ServiceTask(
                    "charge",
                    {.type = "charge-card",
                     .retries = 5,
                     .backoff = {.delay = "PT1S", .factor = 2, .max = "PT1M"}})
                .ExclusiveGateway("large")
                .When("${amount > 100}")
                .UserTask("approve")
                .ConnectTo("ready")
                .Default()
                .ExclusiveGateway("ready")
                .ParallelGateway("fork")
                .ServiceTask("ship")
                .ParallelGateway("join")
                .Branch("fork")
                .TimerCatch("wait", "PT2S")
                .ConnectTo("join")
                .MoveTo("join")
                .End());
  EXPECT_EQ(process->id, "order");
  EXPECT_EQ(
      Flows(*process),
      (std::vector<std::string>{
          "start>charge", "charge>large", "large>approve:${amount > 100}",
          "approve>ready", "large>ready:default", "ready>fork", "fork>ship",
          "ship>join", "fork>wait", "wait>join", "join>end"}));
  const fb::ElementT* charge = FindElement(*process, "charge");
  ASSERT_NE(charge, nullptr);
  ASSERT_NE(charge->job, nullptr);
  EXPECT_EQ(charge->job->type->text, "charge-card");
  EXPECT_EQ(charge->job->retries, 5);
  ASSERT_NE(charge->job->backoff, nullptr);
  EXPECT_EQ(charge->job->backoff->delays_ms, (std::vector<int64_t>{1000}));
  EXPECT_EQ(charge->job->backoff->factor_permille, 2000u);
  EXPECT_EQ(charge->job->backoff->max_ms, 60'000);
  EXPECT_EQ(FindElement(*process, "ship")->job->type->text, "ship");
}

TEST(ProcessBuilder, TimersOfEveryKind) {
  const auto process =
      Parse(ProcessBuilder("p")
                .TimeZone("Europe/Berlin")
                .TimerStartCycle("nightly", "0 0 2 * * ?")
                .TimerCatchCycle("next", "0 0 * * * ?")
                .UserTask("work")
                .End("done")
                .TimerStartAt("once", "2030-01-01T00:00:00")
                .ConnectTo("next")
                .ConditionStart("asked", "${x == 1}")
                .ConnectTo("next")
                .BoundaryTimerCycle("remind", "work", "R3/PT10M",
                                    {.interrupting = false})
                .End("reminded")
                .BoundaryTimerAt("late", "work", "2031-01-01@Asia/Tokyo")
                .End("gave_up"));
  const auto timer = [&](const char* id) -> const fb::TimerDefinitionT& {
    return *FindElement(*process, id)->timer;
  };
  EXPECT_EQ(timer("nightly").kind, fb::TimerKind::cycle);
  EXPECT_EQ(timer("nightly").zone, "Europe/Berlin");
  EXPECT_EQ(timer("next").kind, fb::TimerKind::cycle);
  EXPECT_EQ(timer("once").kind, fb::TimerKind::date);
  EXPECT_EQ(timer("remind").value->text, "R3/PT10M");
  EXPECT_FALSE(FindElement(*process, "remind")->interrupting);
  EXPECT_EQ(timer("late").value->text, "2031-01-01@Asia/Tokyo");
  EXPECT_EQ(FindElement(*process, "asked")->condition->text, "${x == 1}");
}

TEST(ProcessBuilder, EveryElementAndOption) {
  const auto process =
      Parse(ProcessBuilder("all")
                .Name("All of it")
                .VersionTag("v1")
                .StartEvent("begin", {.name = "Begin"})
                .ServiceTask("job", {.name = "Job",
                                     .backoff = {.delay = 1500, .factor = 1.5},
                                     .headers = {{"to", "me"}}})
                .ServiceTask(
                    "sum", {.expression = "${a + b}", .result_variable = "sum"})
                .ScriptTask("script", "${sum}", {.result_variable = "twice"})
                .UserTask("ask", {.name = "Ask",
                                  .assignee = "${boss}",
                                  .candidate_users = "a,b",
                                  .candidate_groups = "g",
                                  .due_date = "2030-01-01",
                                  .follow_up_date = "2029-01-01",
                                  .priority = "3",
                                  .form_key = "form"})
                .ManualTask("by_hand")
                .Task("anything")
                .TimerCatchAt("until", "2030-01-01T00:00:00Z")
                .TimerCatch("a_while", 90'000)
                .TerminateEnd());
  EXPECT_EQ(process->name, "All of it");
  EXPECT_EQ(process->version_tag, "v1");
  ASSERT_EQ(process->elements.size(), 11u);
  EXPECT_EQ(process->elements[1]->name, "Begin");
  const fb::ElementT& job = *process->elements[2];
  EXPECT_EQ(job.name, "Job");
  EXPECT_EQ(job.job->retries, 3);
  EXPECT_EQ(job.job->backoff->delays_ms, (std::vector<int64_t>{1500}));
  EXPECT_EQ(job.job->backoff->factor_permille, 1500u);
  ASSERT_EQ(job.job->headers.size(), 1u);
  EXPECT_EQ(job.job->headers[0]->json, "\"me\"");
  EXPECT_EQ(process->elements[3]->script->script->text, "${a + b}");
  EXPECT_EQ(process->elements[3]->script->result_variable, "sum");
  EXPECT_EQ(process->elements[4]->kind, ElementKind::script_task);
  EXPECT_EQ(process->elements[4]->script->result_variable, "twice");
  const fb::UserTaskDefinitionT& ask = *process->elements[5]->user_task;
  EXPECT_EQ(ask.assignee->text, "${boss}");
  EXPECT_EQ(ask.candidate_users->text, "a,b");
  EXPECT_EQ(ask.candidate_groups->text, "g");
  EXPECT_EQ(ask.due_date->text, "2030-01-01");
  EXPECT_EQ(ask.follow_up_date->text, "2029-01-01");
  EXPECT_EQ(ask.priority->text, "3");
  EXPECT_EQ(ask.form_key, "form");
  EXPECT_EQ(process->elements[6]->kind, ElementKind::manual_task);
  EXPECT_EQ(process->elements[7]->kind, ElementKind::undefined_task);
  EXPECT_EQ(process->elements[8]->timer->kind, fb::TimerKind::date);
  EXPECT_EQ(process->elements[9]->timer->value->text, "PT1M30S");
  EXPECT_EQ(process->elements[10]->event_type, fb::EventType::terminate);
}

TEST(ProcessBuilder, ConditionsOutOfActivitiesAndSharedEnds) {
  const auto process = Parse(ProcessBuilder("p")
                                 .StartEvent()
                                 .Task("t")
                                 .When("${a}")
                                 .Task("u")
                                 .End()
                                 .MoveTo("t")
                                 .Default()
                                 .Task("v")
                                 .End());
  EXPECT_EQ(Flows(*process),
            (std::vector<std::string>{"start>t", "t>u:${a}", "u>end",
                                      "t>v:default", "v>end"}));
}

TEST(ProcessBuilder, BranchGoesOnFromTheLastGateway) {
  const auto process = Parse(ProcessBuilder("p")
                                 .StartEvent()
                                 .ParallelGateway("fork")
                                 .Task("a")
                                 .ConnectTo("join")
                                 .Branch()
                                 .Task("b")
                                 .ParallelGateway("join")
                                 .End());
  EXPECT_EQ(Flows(*process),
            (std::vector<std::string>{"start>fork", "fork>a", "a>join",
                                      "fork>b", "b>join", "join>end"}));
}

TEST(ProcessBuilder, SubProcessesBoundaryEventsAndErrors) {
  const auto process = Parse(
      ProcessBuilder("order")
          .StartEvent()
          .SubProcess("pay",
                      ProcessBuilder("")
                          .StartEvent("pay_start")
                          .SubProcess("inner", ProcessBuilder("").UserTask("a"))
                          .ServiceTask("charge")
                          .ExclusiveGateway("paid")
                          .When("${ok}")
                          .End("pay_end")
                          .Branch()
                          .Default()
                          .ErrorEnd("not_paid", "NO MONEY"))
          .UserTask("ship")
          .End()
          .BoundaryError("broke", "pay", "NO MONEY",
                         {.code_variable = "code", .message_variable = "why"})
          .UserTask("dun")
          .End()
          .BoundaryError("any", "pay")
          .End()
          .BoundaryTimer("slow", "pay", "PT1H", {.interrupting = false})
          .UserTask("remind")
          .End("reminded"));
  const fb::ElementT& pay = *FindElement(*process, "pay");
  EXPECT_EQ(pay.kind, ElementKind::sub_process);
  const auto inside = [&](const char* id) {
    return process->elements[FindElement(*process, id)->scope]->id;
  };
  EXPECT_EQ(inside("pay"), "order");
  EXPECT_EQ(inside("charge"), "pay");
  EXPECT_EQ(inside("a"), "inner");
  EXPECT_EQ(inside("broke"), "order");
  EXPECT_EQ(FindElement(*process, "not_paid")->error->code, "NO MONEY");
  const fb::ElementT& broke = *FindElement(*process, "broke");
  EXPECT_EQ(process->elements[broke.attached_to]->id, "pay");
  EXPECT_EQ(broke.error->code, "NO MONEY");
  EXPECT_EQ(broke.error->code_variable, "code");
  EXPECT_EQ(broke.error->message_variable, "why");
  EXPECT_EQ(FindElement(*process, "any")->error->code, "");
  EXPECT_TRUE(FindElement(*process, "any")->interrupting);
  EXPECT_FALSE(FindElement(*process, "slow")->interrupting);
  EXPECT_EQ(FindElement(*process, "slow")->timer->value->text, "PT1H");
  EXPECT_EQ(Flows(*process),
            (std::vector<std::string>{
                "start>pay", "pay>ship", "ship>end", "broke>dun", "dun>end",
                "any>end", "slow>remind", "remind>reminded", "pay_start>inner",
                "inner>charge", "charge>paid", "paid>pay_end:${ok}",
                "paid>not_paid:default"}));
}

// The second example in the header.
TEST(ProcessBuilder, TheExampleWithEvents) {
  const auto process = Parse(
      ProcessBuilder("payment")
          .StartEvent()
          .MessageThrow("ask", "payment-request", "${order}")
          .EventGateway("answer")
          .MessageCatch("paid", "payment", "${order}")
          .End()
          .Branch()
          .TimerCatch("late", "P7D")
          .ErrorEnd("unpaid", "NOT_PAID")
          .EventSubProcess("cancel",
                           ProcessBuilder("")
                               .MessageStart("cancelled", "cancel", "${order}")
                               .ServiceTask("refund")
                               .End("cancel_end")));
  EXPECT_EQ(Flows(*process), (std::vector<std::string>{
                                 "start>ask", "ask>answer", "answer>paid",
                                 "paid>end", "answer>late", "late>unpaid",
                                 "cancelled>refund", "refund>cancel_end"}));
  const fb::ElementT& paid = *FindElement(*process, "paid");
  ASSERT_NE(paid.message, nullptr);
  EXPECT_EQ(paid.message->name->text, "payment");
  ASSERT_NE(paid.message->correlation_key, nullptr);
  EXPECT_EQ(paid.message->correlation_key->text, "${order}");
  EXPECT_EQ(FindElement(*process, "cancel")->kind,
            ElementKind::event_sub_process);
  EXPECT_EQ(FindElement(*process, "answer")->kind,
            ElementKind::event_based_gateway);
}

// What the element `id` waits for or throws, as a short text.
std::string Event(const fb::ProcessT& process, const std::string& id) {
  const fb::ElementT& e = *FindElement(process, id);
  std::string text = fb::EnumNameEventType(e.event_type);
  if (e.message != nullptr) {
    text += " " + e.message->name->text;
    if (e.message->correlation_key != nullptr) {
      text += "/" + e.message->correlation_key->text;
    }
  }
  if (e.signal != nullptr) text += " " + e.signal->name->text;
  if (e.timer != nullptr) text += " " + e.timer->value->text;
  if (e.condition != nullptr) text += " " + e.condition->text;
  for (const auto* caught : {e.error.get(), e.escalation.get()}) {
    if (caught == nullptr) continue;
    text += " " + caught->code + "/" + caught->code_variable + "/" +
            caught->message_variable;
  }
  if (e.job != nullptr || e.script != nullptr) text += " works";
  if (!e.interrupting) text += " goes on";
  return text;
}

TEST(ProcessBuilder, EveryEvent) {
  const auto process = Parse(
      ProcessBuilder("all")
          .MessageStart("m_start", "begin")
          .MessageCatch("m_catch", "m ${n}", "= order.id", {.name = "Named"})
          .MessageThrow("m_throw", "m", "${a}")
          .ReceiveTask("receive", "m", "= k")
          .ReceiveTask("receive_any")
          .SendTask("send", "m")
          .SignalCatch("s_catch", "alert")
          .SignalThrow("s_throw", "alert")
          .ConditionCatch("c_catch", "${a < b}")
          .EscalationThrow("e_throw", "LATE")
          .InclusiveGateway("or")
          .When("${a}")
          .MessageEnd("m_end", "m")
          .Branch()
          .When("${b}")
          .SignalEnd("s_end", "alert")
          .Branch()
          .Default()
          .ComplexGateway("complex", "${activationCount >= 2}")
          .EscalationEnd("e_end", "LATE")
          .SignalStart("s_start", "alert")
          .ConnectTo("complex")
          .BoundaryMessage("b_message", "send", "m", "${k}",
                           {.interrupting = false})
          .End()
          .BoundarySignal("b_signal", "send", "alert")
          .End()
          .BoundaryEscalation("b_escalation", "send", "LATE",
                              {.code_variable = "code"})
          .End()
          .BoundaryEscalation("b_any", "send", "", {.interrupting = false})
          .End()
          .BoundaryCondition("b_condition", "send", "a > 1")
          .End()
          .EventSubProcess(
              "sub_m", ProcessBuilder("").MessageStart(
                           "sub_message", "m", "${k}", {.interrupting = false}))
          .EventSubProcess("sub_s",
                           ProcessBuilder("").SignalStart("sub_signal", "x"))
          .EventSubProcess(
              "sub_t", ProcessBuilder("").TimerStart("sub_timer", 1000,
                                                     {.interrupting = false}))
          .EventSubProcess("sub_c", ProcessBuilder("").ConditionStart(
                                        "sub_condition", "${c}"))
          .EventSubProcess(
              "sub_e", ProcessBuilder("").EscalationStart(
                           "sub_escalation", "LATE", {.code_variable = "code"}))
          .EventSubProcess("sub_r",
                           ProcessBuilder("").ErrorStart(
                               "sub_error", "E 1",
                               {.code_variable = "c", .message_variable = "m"}))
          .EventSubProcess("sub_a",
                           ProcessBuilder("").ErrorStart("sub_any_error")));
  const std::pair<const char*, const char*> wanted[] = {
      {"m_start", "message begin"},
      {"m_catch", "message m ${n}/= order.id"},
      {"m_throw", "message m/${a}"},
      {"receive", "none m/= k"},
      {"receive_any", "none"},
      {"send", "none m"},
      {"s_catch", "signal alert"},
      {"s_throw", "signal alert"},
      {"c_catch", "conditional ${a < b}"},
      {"e_throw", "escalation LATE//"},
      {"m_end", "message m"},
      {"s_end", "signal alert"},
      {"complex", "none ${activationCount >= 2}"},
      {"e_end", "escalation LATE//"},
      {"s_start", "signal alert"},
      {"b_message", "message m/${k} goes on"},
      {"b_signal", "signal alert"},
      {"b_escalation", "escalation LATE/code/"},
      {"b_any", "escalation // goes on"},
      {"b_condition", "conditional a > 1"},
      {"sub_message", "message m/${k} goes on"},
      {"sub_signal", "signal x"},
      {"sub_timer", "timer PT1S goes on"},
      {"sub_condition", "conditional ${c}"},
      {"sub_escalation", "escalation LATE/code/"},
      {"sub_error", "error E 1/c/m"},
      {"sub_any_error", "error //"},
  };
  for (const auto& [id, text] : wanted) {
    ASSERT_NE(FindElement(*process, id), nullptr) << id;
    EXPECT_EQ(Event(*process, id), text) << id;
  }
  EXPECT_EQ(FindElement(*process, "m_catch")->name, "Named");
  EXPECT_EQ(FindElement(*process, "or")->kind, ElementKind::inclusive_gateway);
  for (const char* id : {"sub_m", "sub_s", "sub_t", "sub_c", "sub_e"}) {
    const fb::ElementT& sub = *FindElement(*process, id);
    EXPECT_EQ(sub.kind, ElementKind::event_sub_process);
    EXPECT_TRUE(sub.incoming.empty() && sub.outgoing.empty());
  }
}

TEST(ProcessBuilder, LoopsBack) {
  const auto process = Parse(ProcessBuilder("p")
                                 .StartEvent()
                                 .Task("again")
                                 .ExclusiveGateway("done")
                                 .When("${more}")
                                 .ConnectTo("again")
                                 .Default()
                                 .End());
  EXPECT_EQ(Flows(*process), (std::vector<std::string>{
                                 "start>again", "again>done",
                                 "done>again:${more}", "done>end:default"}));
}

TEST(ProcessBuilder, HostileTextsStayTexts) {
  const std::string hostile =
      "\"/><endEvent id='x'/>&amp; ' <![CDATA[]]> \n\t\r \xC3\xA4";
  const auto process =
      Parse(ProcessBuilder(hostile)
                .Name(hostile)
                .StartEvent("s" + hostile, {.name = hostile})
                .ServiceTask("t" + hostile,
                             {.type = hostile, .headers = {{hostile, hostile}}})
                .ExclusiveGateway("g" + hostile)
                .When("${a == '<&\">\n'}")
                .End("e" + hostile)
                .Default()
                .SignalThrow("h" + hostile, "${'x'}" + hostile)
                .EscalationEnd("f" + hostile, hostile));
  EXPECT_EQ(process->id, hostile);
  EXPECT_EQ(process->name, hostile);
  ASSERT_EQ(process->elements.size(), 7u);
  EXPECT_EQ(process->elements[6]->escalation->code, hostile);
  EXPECT_EQ(process->elements[1]->id, "s" + hostile);
  EXPECT_EQ(process->elements[1]->name, hostile);
  EXPECT_EQ(process->elements[2]->job->headers[0]->name, hostile);
  EXPECT_EQ(process->flows[2]->condition->text, "${a == '<&\">\n'}");
}

TEST(ProcessBuilder, FlowIdsAvoidThoseOfElements) {
  const auto process =
      Parse(ProcessBuilder("flow_1").StartEvent("flow_1_").End("flow_2"));
  ASSERT_EQ(process->flows.size(), 1u);
  EXPECT_EQ(process->flows[0]->id, "flow_1__");
}

// Mistakes are reported by deployment, with the line of the XML.
TEST(ProcessBuilder, MistakesAreFoundAtDeployment) {
  const auto rule = [](const ProcessBuilder& builder, std::string_view rule) {
    const ParsedModel parsed = ParseBpmn(builder.ToXml(), "built");
    const model::Problem* problem = FindProblem(parsed, rule);
    EXPECT_NE(problem, nullptr) << rule << "\n" << Problems(parsed);
    EXPECT_TRUE(problem == nullptr || problem->line > 1);
    EXPECT_FALSE(parsed.ok());
  };
  rule(ProcessBuilder("p").StartEvent().ConnectTo("nowhere"),
       "flow-to-nowhere");
  rule(ProcessBuilder("p").StartEvent().MoveTo("nowhere").End(),
       "flow-to-nowhere");
  rule(ProcessBuilder("p").StartEvent().Task("t").Task("t"), "duplicate-id");
  rule(ProcessBuilder("p").StartEvent().ExclusiveGateway("g").When("${a}"),
       "flow-to-nowhere");
  rule(ProcessBuilder("p")
           .StartEvent()
           .ExclusiveGateway("g")
           .When("${a}")
           .MoveTo("g")
           .End(),
       "flow-to-nowhere");
  rule(ProcessBuilder("p").StartEvent().StartEvent("second"),
       "several-none-starts");
  rule(ProcessBuilder("p").StartEvent().TimerCatch("t", -5), "timer-value");
  rule(ProcessBuilder("p").StartEvent().ServiceTask("t", {.retries = 0}),
       "job-retries");
  rule(ProcessBuilder("p").StartEvent().ServiceTask(
           "t", {.backoff = {.delay = "soon"}}),
       "job-retries");
  rule(ProcessBuilder("p").MessageStart("s", ""), "missing-reference");
  rule(ProcessBuilder("p").StartEvent().SignalThrow("t", ""),
       "missing-reference");
  rule(ProcessBuilder("p").StartEvent().EscalationEnd("t", ""),
       "missing-reference");
  rule(ProcessBuilder("p").StartEvent().EventGateway("g").UserTask("t"),
       "event-gateway-target");
  rule(ProcessBuilder("p").StartEvent().EventSubProcess(
           "e", ProcessBuilder("").StartEvent("inner")),
       "event-sub-process-start");
  rule(ProcessBuilder(""), "missing-id");
  const ParsedModel control =
      ParseBpmn(ProcessBuilder("p\x01").StartEvent().ToXml(), "built");
  EXPECT_NE(FindProblem(control, "xml-malformed"), nullptr);
}

TEST(ProcessBuilder, MappingsAndListenersBelongToTheLastElement) {
  const auto process =
      Parse(ProcessBuilder("p")
                .StartEvent()
                .ServiceTask("charge", {.headers = {{"a", "b"}}})
                .Input("= order.total * 100", "payment.cents")
                .Input("EUR", "currency")
                .Output("= receipt", "receipt")
                .StartListener("${a < 1}")
                .EndListener("x", "javascript")
                .End());
  const fb::ElementT& charge = *process->elements[2];
  ASSERT_EQ(charge.inputs.size(), 2u);
  EXPECT_EQ(charge.inputs[0]->target, "payment");
  EXPECT_EQ(charge.inputs[0]->path, std::vector<std::string>{"cents"});
  EXPECT_EQ(charge.inputs[0]->value->expression->language, fb::Language::feel);
  EXPECT_EQ(charge.inputs[1]->value->expression->language,
            fb::Language::literal);
  ASSERT_EQ(charge.outputs.size(), 1u);
  ASSERT_EQ(charge.listeners.size(), 2u);
  EXPECT_EQ(charge.listeners[0]->event, fb::ListenerEvent::start);
  EXPECT_EQ(charge.listeners[0]->script->script->text, "${a < 1}");
  EXPECT_EQ(charge.listeners[1]->script->script->language,
            fb::Language::javascript);
  EXPECT_EQ(charge.job->headers.size(), 1u);
  EXPECT_TRUE(process->elements[3]->listeners.empty());
}

TEST(ProcessBuilder, ListenersOfTasks) {
  const auto process = Parse(ProcessBuilder("p")
                                 .StartEvent()
                                 .UserTask("sign", {.form_key = "f"})
                                 .TaskListener("create", "${a < 1}")
                                 .TaskListener("complete", "x", "lua")
                                 .End());
  const fb::ElementT& sign = *process->elements[2];
  ASSERT_EQ(sign.user_task->listeners.size(), 2u);
  EXPECT_EQ(sign.user_task->listeners[0]->event, fb::TaskEvent::create);
  EXPECT_EQ(sign.user_task->listeners[0]->script->script->text, "${a < 1}");
  EXPECT_EQ(sign.user_task->listeners[1]->event, fb::TaskEvent::complete);
  EXPECT_EQ(sign.user_task->listeners[1]->script->script->language,
            fb::Language::lua);
  EXPECT_TRUE(sign.listeners.empty());
  EXPECT_EQ(sign.form->key, "f");
}

TEST(ProcessBuilder, DataObjectsAreVariables) {
  const auto process =
      Parse(ProcessBuilder("p")
                .DataObject("order")
                .StartEvent()
                .Writes("order", "order")
                .SubProcess("check",
                            ProcessBuilder("")
                                .DataObject("findings", {.name = "all findings",
                                                         .is_collection = true})
                                .StartEvent("in")
                                .UserTask("look")
                                .Loop({.maximum = 2})
                                .Reads("order")
                                .Reads("findings", "before")
                                .Writes("found", "findings")
                                .End("out"))
                .SignalEnd("e", "done")
                .Reads("order", "what"));
  const fb::ElementT& check = *FindElement(*process, "check");
  ASSERT_EQ(check.inputs.size(), 1u);
  EXPECT_EQ(check.inputs[0]->target, "all findings");
  EXPECT_EQ(check.inputs[0]->value->expression->text, "= null");
  const fb::ElementT& look = *FindElement(*process, "look");
  ASSERT_EQ(look.inputs.size(), 3u);
  EXPECT_EQ(look.inputs[0]->target, "order");
  EXPECT_EQ(look.inputs[0]->value->expression->text, "= `order`");
  EXPECT_EQ(look.inputs[1]->target, "before");
  EXPECT_EQ(look.inputs[1]->value->expression->text, "= `all findings`");
  EXPECT_EQ(look.inputs[2]->target, "found");
  ASSERT_EQ(look.outputs.size(), 1u);
  EXPECT_TRUE(look.outputs[0]->association);
  EXPECT_EQ(look.outputs[0]->target, "all findings");
  EXPECT_NE(look.loop, nullptr);
  const fb::ElementT& end = *FindElement(*process, "e");
  ASSERT_EQ(end.inputs.size(), 1u);
  EXPECT_EQ(end.inputs[0]->target, "what");
}

// It stands beside the flow, and is in the diagram.
TEST(ProcessBuilder, DataObjectsAreDrawn) {
  const ProcessBuilder builder = std::move(ProcessBuilder("p")
                                               .StartEvent()
                                               .DataObject("order")
                                               .UserTask("look")
                                               .Reads("order")
                                               .End());
  EXPECT_EQ(Flows(*Parse(builder)),
            (std::vector<std::string>{"start>look", "look>end"}));
  const std::string xml = builder.ToXml();
  EXPECT_NE(xml.find("bpmnElement=\"order\""), std::string::npos) << xml;
  EXPECT_NE(xml.find("bpmnElement=\"look_reads_1\""), std::string::npos) << xml;
  // What it names has to be there.
  const ParsedModel parsed = ParseBpmn(
      ProcessBuilder("p").StartEvent().UserTask("t").Reads("no").ToXml(),
      "built");
  EXPECT_NE(FindProblem(parsed, "undeclared-data"), nullptr);
}

TEST(ProcessBuilder, Compensation) {
  const auto process = Parse(
      ProcessBuilder("p")
          .StartEvent()
          .ServiceTask("hotel")
          .CompensateBy("cancel-hotel", {.type = "cancel"})
          .Transaction(
              "tx",
              ProcessBuilder("")
                  .StartEvent("in")
                  .Task("pay")
                  .CompensateBy("refund", ProcessBuilder("").Task("give-back"))
                  .CancelEnd("stop"))
          .CompensationThrow("undo", "hotel", {.wait = false})
          .CompensationEnd("undo-all")
          .BoundaryCancel("stopped", "tx")
          .End());
  const auto find = [&](const std::string& id) -> const fb::ElementT& {
    for (const auto& element : process->elements) {
      if (element->id == id) return *element;
    }
    ADD_FAILURE() << id;
    return *process->elements[0];
  };
  EXPECT_EQ(find("tx").kind, fb::ElementKind::transaction);
  EXPECT_TRUE(find("cancel-hotel").for_compensation);
  EXPECT_EQ(find("cancel-hotel").job->retries, 1);
  EXPECT_EQ(process->elements[find("cancel-hotel_event").handler]->id,
            "cancel-hotel");
  EXPECT_EQ(process->elements[find("refund_event").handler]->id, "refund");
  EXPECT_EQ(find("stop").event_type, fb::EventType::cancel);
  EXPECT_EQ(process->elements[find("undo").compensate->activity]->id, "hotel");
  EXPECT_FALSE(find("undo").compensate->wait);
  EXPECT_EQ(find("undo-all").compensate->activity, 0u);
  EXPECT_TRUE(find("undo-all").compensate->wait);
}

TEST(ProcessBuilder, CompensationEventSubProcess) {
  const auto process = Parse(ProcessBuilder("p").StartEvent().SubProcess(
      "trip", ProcessBuilder("")
                  .StartEvent("in")
                  .ServiceTask("book")
                  .End("booked")
                  .EventSubProcess("undoing", ProcessBuilder("")
                                                  .CompensationStart("on")
                                                  .ServiceTask("tell")
                                                  .CompensationEnd("undo"))));
  for (const auto& element : process->elements) {
    if (element->id == "on") {
      EXPECT_EQ(element->event_type, fb::EventType::compensation);
    }
    // What compensates has one attempt.
    if (element->job == nullptr) continue;
    EXPECT_EQ(element->job->retries, element->id == "tell" ? 1 : 3);
  }
}

TEST(ProcessBuilder, AdHocSubProcesses) {
  const auto process =
      Parse(ProcessBuilder("p")
                .StartEvent()
                .AdHocSubProcess("care",
                                 ProcessBuilder("")
                                     .UserTask("call")
                                     .Task("note")
                                     .Beside()
                                     .UserTask("visit"),
                                 {.name = "Care",
                                  .sequential = true,
                                  .completion_condition = "${done}",
                                  .cancel_remaining = false,
                                  .active_elements = "= chosen"})
                .AdHocSubProcess("free", ProcessBuilder("").Task("any"))
                .End());
  std::map<std::string, const fb::ElementT*> at;
  for (const auto& element : process->elements) at[element->id] = element.get();
  const fb::ElementT& care = *at.at("care");
  EXPECT_EQ(care.kind, fb::ElementKind::ad_hoc_sub_process);
  EXPECT_EQ(care.name, "Care");
  EXPECT_TRUE(care.ad_hoc->sequential);
  EXPECT_FALSE(care.ad_hoc->cancel_remaining);
  EXPECT_EQ(care.ad_hoc->completion->text, "${done}");
  EXPECT_EQ(care.ad_hoc->active_elements->text, "= chosen");
  EXPECT_TRUE(at.at("visit")->incoming.empty());
  EXPECT_EQ(at.at("note")->incoming.size(), 1u);
  const fb::ElementT& free = *at.at("free");
  EXPECT_FALSE(free.ad_hoc->sequential);
  EXPECT_TRUE(free.ad_hoc->cancel_remaining);
  EXPECT_EQ(free.ad_hoc->completion, nullptr);
  EXPECT_EQ(free.ad_hoc->active_elements, nullptr);
}

TEST(ProcessBuilder, SeveralEventsAtOnce) {
  using E = EventTrigger::Kind;
  const std::vector<EventTrigger> both = {{E::kMessage, "paid", "${order}"},
                                          {E::kSignal, "stop"}};
  const std::vector<EventTrigger> times = {{E::kTimer, "PT1H"},
                                           {E::kCondition, "${done}"}};
  const auto process = Parse(
      ProcessBuilder("p")
          .MultipleStart("start", {{E::kMessage, "new"}, {E::kSignal, "go"}})
          .MultipleCatch("any", both)
          .MultipleCatch("all", times, true)
          .MultipleThrow("throw", {{E::kSignal, "a"}, {E::kEscalation, "b"}})
          .SubProcess("s", ProcessBuilder("").Task("t"))
          .MultipleEnd("end", {{E::kSignal, "a"}, {E::kTerminate}})
          .BoundaryMultiple("on", "s", {{E::kError, "X"}, {E::kTimer, "PT1S"}})
          .End("bad")
          .EventSubProcess("esp", ProcessBuilder("")
                                      .MultipleStart("esp_start", both, true,
                                                     {.interrupting = false})
                                      .End("esp_end")));
  std::map<std::string, const fb::ElementT*> at;
  for (const auto& element : process->elements) at[element->id] = element.get();
  for (const char* id : {"start", "any", "throw", "end", "on"}) {
    EXPECT_EQ(at.at(id)->event_type, fb::EventType::multiple) << id;
  }
  for (const char* id : {"all", "esp_start"}) {
    EXPECT_EQ(at.at(id)->event_type, fb::EventType::parallel_multiple) << id;
  }
  const fb::ElementT& paid = *at.at("any#1");
  EXPECT_EQ(paid.kind, fb::ElementKind::event_definition);
  EXPECT_EQ(process->elements[paid.attached_to]->id, "any");
  EXPECT_EQ(paid.message->name->text, "paid");
  EXPECT_EQ(at.at("any#2")->signal->name->text, "stop");
  EXPECT_EQ(at.at("all#2")->condition->text, "${done}");
  EXPECT_FALSE(at.at("esp_start#1")->interrupting);
  EXPECT_EQ(at.at("on#1")->error->code, "X");
}

TEST(ProcessBuilder, WhatStartsInThePlaceOfAStartEvent) {
  const auto process =
      Parse(ProcessBuilder("p")
                .EventGateway("gate", {.instantiate = true, .parallel = true})
                .MessageCatch("a", "order", "${c}")
                .End()
                .Branch()
                .MessageCatch("b", "payment", "${c}")
                .End()
                .Beside()
                .ReceiveTask("c", "other", "", {.instantiate = true})
                .End());
  EXPECT_TRUE(process->elements[1]->instantiate);
  EXPECT_TRUE(process->elements[1]->parallel);
  for (const auto& element : process->elements) {
    if (element->id == "c") {
      EXPECT_TRUE(element->instantiate);
    }
  }
}

TEST(ProcessBuilder, CopiesAreIndependent) {
  ProcessBuilder base("p");
  base.StartEvent().Task("t");
  ProcessBuilder one = base;
  one.End("one");
  base.End("two");
  EXPECT_EQ(Flows(*Parse(one)).back(), "t>one");
  EXPECT_EQ(Flows(*Parse(base)).back(), "t>two");
}

}  // namespace
}  // namespace pawl
