#include "engine/partition.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "engine/core/codec.h"
#include "gtest/gtest.h"
#include "tests/support/shell_harness.h"

namespace pawl {
namespace {

using core::ModelSketch;
using eventstore::MemoryEventStore;
using Kind = fb::ElementKind;

ModelSketch TaskProcess() {
  return ModelSketch("approval")
      .Node("start", Kind::start_event)
      .Node("review", Kind::user_task)
      .Node("end", Kind::end_event)
      .Flow("start", "review")
      .Flow("review", "end");
}

ModelSketch JobProcess() {
  return ModelSketch("work")
      .Node("start", Kind::start_event)
      .Node("charge", Kind::service_task)
      .Node("ship", Kind::service_task)
      .Node("end", Kind::end_event)
      .Flow("start", "charge")
      .Flow("charge", "ship")
      .Flow("ship", "end");
}

ModelSketch TimerProcess(const std::string& id, const std::string& duration) {
  ModelSketch sketch(id);
  return sketch.Node("start", Kind::start_event)
      .TimerNode("wait", fb::TimerKind::duration, duration)
      .Node("review", Kind::user_task)
      .Node("end", Kind::end_event)
      .Flow("start", "wait")
      .Flow("wait", "review")
      .Flow("review", "end");
}

std::unique_ptr<fb::RecordT> RecordAt(ShellHarness& harness,
                                      Position position) {
  const auto bytes = harness.driver().store().ReadOne(0, position);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  auto record = core::DecodeRecord(*bytes);
  EXPECT_TRUE(record.ok()) << record.status();
  return *std::move(record);
}

Position End(ShellHarness& harness) { return harness.driver().store().End(0); }

Request StartRequest(const std::string& process_id) {
  fb::StartInstanceT start;
  start.process_id = process_id;
  CommandRequest request;
  request.command.Set(std::move(start));
  return Request{0, std::move(request)};
}

Request AwaitRequest(InstanceKey instance) {
  return Request{0, AwaitEndRequest{instance}};
}

// --- Rounds and effects
// --------------------------------------------------------

TEST(Partition, EachOpeningIsARecordWithANewEpoch) {
  ShellHarness harness;
  EXPECT_EQ(harness.data().state().epoch, 1u);
  EXPECT_EQ(RecordAt(harness, 1)->command.type, fb::Command::OpenPartition);
  harness.Crash();
  EXPECT_EQ(harness.data().state().epoch, 2u);
  harness.Reopen();
  EXPECT_EQ(harness.data().state().epoch, 3u);
  EXPECT_EQ(End(harness), 3u);
}

// tools/crash --run 'bit_flip@606' --from 607: a background error came in
// between, and Engine::Open waited for ever.
TEST(Partition, AStoreThatFailsBeforeTheFirstRoundAnswersWhoOpens) {
  ShellHarness harness;
  PartitionData data(&harness.driver().store(), 0, {});
  ASSERT_TRUE(data.Recover().ok());
  PartitionOptions options;
  options.open_token = 7;
  Partition partition(&data, std::move(options));
  StepInput input;
  input.failed = absl::DataLossError("a table is damaged");
  StepOutput output;
  partition.Step(1000, &input, &output);
  ASSERT_EQ(output.replies.size(), 1u);
  EXPECT_EQ(output.replies[0].token, 7u);
  EXPECT_EQ(output.replies[0].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(output.records.empty());
}

TEST(Partition, ARunFromStartToEnd) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  const InstanceKey instance = harness.Start("approval", R"({"amount":1.10})");
  const auto tasks = harness.Tasks();
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].element_id, "review");
  EXPECT_TRUE(harness.CompleteTask(tasks[0].key, R"({"ok":true})").ok());
  const Reply end = harness.driver().Submit(AwaitRequest(instance));
  EXPECT_TRUE(end.status.ok()) << end.status;
  EXPECT_EQ(end.end_state, fb::InstanceState::completed);
  ASSERT_EQ(end.variables.size(), 2u);
  EXPECT_EQ(end.variables[0].second, "1.10");
}

TEST(Partition, ARecordHoldsTheFactsOfItsDecision) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.Start("work");
  const auto record = RecordAt(harness, End(harness));
  std::vector<fb::Lookup> lookups;
  for (const auto& fact : record->facts) lookups.push_back(fact->lookup);
  EXPECT_NE(std::find(lookups.begin(), lookups.end(), fb::Lookup::definition),
            lookups.end());
  EXPECT_NE(std::find(lookups.begin(), lookups.end(), fb::Lookup::next_key),
            lookups.end());
  EXPECT_NE(std::find(lookups.begin(), lookups.end(), fb::Lookup::handler_for),
            lookups.end());
}

TEST(Partition, ARejectionAppendsNothing) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  harness.Start("approval");
  const Position before = End(harness);
  EXPECT_TRUE(absl::IsNotFound(harness.CompleteTask(TaskKey(4711))));
  fb::CancelInstanceT cancel;
  cancel.instance = 4711;
  EXPECT_TRUE(absl::IsNotFound(harness.Do(std::move(cancel)).status));
  fb::StartInstanceT start;
  start.process_id = "unheard-of";
  EXPECT_TRUE(absl::IsNotFound(harness.Do(std::move(start)).status));
  fb::TriggerTimerT trigger;
  EXPECT_TRUE(absl::IsInvalidArgument(harness.Do(std::move(trigger)).status));
  EXPECT_TRUE(absl::IsInvalidArgument(
      harness.driver().Submit(fb::CommandUnion()).status));
  EXPECT_EQ(End(harness), before);
  EXPECT_EQ(harness.driver().partition().counters().rejections, 5u);
}

// Steps until the partition has nothing to do without the store.
void StepAll(ManualDriver& driver) {
  while (driver.Step()) {
  }
}

TEST(Partition, EffectsLeaveWhenTheirRecordIsDurable) {
  ManualDriver::Options options;
  options.completion = MemoryEventStore::Completion::kManual;
  ShellHarness harness(options);
  ManualDriver& driver = harness.driver();
  driver.store().RunPending();
  StepAll(driver);
  fb::DeployT deploy;
  // Deployed by hand: the harness would wait for the reply.
  auto resource = std::make_unique<fb::ResourceToDeployT>();
  resource->name = "work.bpmn";
  deploy.resources.push_back(std::move(resource));
  auto process = std::make_unique<fb::ProcessToDeployT>();
  process->process_id = "work";
  process->model = std::make_unique<fb::ProcessT>(JobProcess().Build());
  deploy.processes.push_back(std::move(process));
  CommandRequest deployment;
  deployment.command.Set(std::move(deploy));
  fb::RegisterHandlerT handler;
  handler.type = "charge";
  handler.capacity = 10;
  CommandRequest registration;
  registration.command.Set(std::move(handler));

  const uint64_t deployed = driver.Post({0, std::move(deployment)});
  const uint64_t registered = driver.Post({0, std::move(registration)});
  // The model isn't readable yet, and is used already.
  const uint64_t started = driver.Post(StartRequest("work"));
  bool query_ran = false;
  const uint64_t asked =
      driver.Post({0, QueryRequest{[&](PartitionData& data) {
                     query_ran = true;
                     EXPECT_EQ(data.state().instances_started, 1u);
                     return absl::OkStatus();
                   }}});
  // A rejection tells of state that isn't durable, too.
  const uint64_t refused = driver.Post(StartRequest("unheard-of"));
  StepAll(driver);
  EXPECT_TRUE(query_ran);
  EXPECT_EQ(driver.data().state().instances_started, 1u);
  const auto nothing_is_out = [&] {
    return driver.ReplyTo(deployed) == nullptr &&
           driver.ReplyTo(registered) == nullptr &&
           driver.ReplyTo(started) == nullptr &&
           driver.ReplyTo(asked) == nullptr &&
           driver.ReplyTo(refused) == nullptr && driver.TakeCalls().empty();
  };
  EXPECT_TRUE(nothing_is_out());
  EXPECT_TRUE(driver.store().StepAppend());
  StepAll(driver);
  EXPECT_TRUE(nothing_is_out()) << "appended is not durable";
  EXPECT_TRUE(driver.store().StepSync());
  StepAll(driver);
  ASSERT_NE(driver.ReplyTo(started), nullptr);
  EXPECT_TRUE(driver.ReplyTo(started)->status.ok());
  EXPECT_TRUE(absl::IsNotFound(driver.ReplyTo(refused)->status));
  EXPECT_EQ(
      driver.reply_order(),
      (std::vector<uint64_t>{deployed, registered, started, asked, refused}));
  const auto calls = driver.TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]->type, "charge");
  EXPECT_EQ(calls[0]->attempt, 1u);
}

TEST(Partition, AtMostTwoRoundsAreUnsynced) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  ManualDriver::Options options = harness.options();
  harness.Kill();
  harness.options().completion = MemoryEventStore::Completion::kManual;
  ASSERT_TRUE(harness.Open().ok());
  ManualDriver& driver = harness.driver();
  driver.store().RunPending();
  StepAll(driver);
  const Position before = driver.data().state().position;
  for (int i = 0; i < 3; ++i) {
    driver.Post(StartRequest("approval"));
    StepAll(driver);
  }
  EXPECT_EQ(driver.data().state().position, before + 2);
  EXPECT_FALSE(driver.partition().accepts_work());
  EXPECT_TRUE(driver.store().StepAppend());
  EXPECT_TRUE(driver.store().StepSync());
  StepAll(driver);
  EXPECT_EQ(driver.data().state().position, before + 3);
  driver.store().RunPending();
  StepAll(driver);
  EXPECT_EQ(driver.reply_order().size(), 3u);
}

TEST(Partition, ARoundEndsAtItsLimit) {
  ShellHarness harness;
  harness.set_check_laws(false);
  harness.Deploy(TaskProcess());
  ManualDriver& driver = harness.driver();
  StepAll(driver);
  const uint64_t rounds = driver.partition().counters().rounds;
  for (size_t i = 0; i < kRoundRecordsMax + 1; ++i) {
    driver.Post(StartRequest("approval"));
  }
  StepAll(driver);
  EXPECT_EQ(driver.partition().counters().rounds, rounds + 2);
  EXPECT_EQ(driver.data().state().instances_started, kRoundRecordsMax + 1);
  harness.set_check_laws(true);
  harness.CheckLaws();
}

TEST(Partition, ARoundEndsAtItsBytes) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  ManualDriver& driver = harness.driver();
  StepAll(driver);
  const uint64_t rounds = driver.partition().counters().rounds;
  for (int i = 0; i < 3; ++i) {
    // Its record holds them twice, in the command and in the event.
    fb::StartInstanceT start;
    start.process_id = "approval";
    start.variables = WireVariables(
        R"({"x":")" + std::string(kRoundBytesTarget / 4, 'x') + R"("})");
    CommandRequest request;
    request.command.Set(std::move(start));
    driver.Post({0, std::move(request)});
  }
  StepAll(driver);
  EXPECT_EQ(driver.partition().counters().rounds, rounds + 2);
}

TEST(Partition, DueWorkAndPullsOfARoundAreBounded) {
  ShellHarness harness;
  harness.set_check_laws(false);
  harness.Deploy(TimerProcess("later", "PT10S"));
  harness.Deploy(JobProcess());
  ManualDriver& driver = harness.driver();
  const auto rounds_of = [&](size_t count, const std::string& process,
                             const std::function<void()>& release) {
    for (size_t i = 0; i < count; ++i) driver.Post(StartRequest(process));
    StepAll(driver);
    const uint64_t before = driver.partition().counters().rounds;
    release();
    return driver.partition().counters().rounds - before;
  };
  const auto wait = [&] { harness.Advance(10'000); };
  EXPECT_EQ(rounds_of(kDuePerRoundMax, "later", wait), 1u);
  EXPECT_EQ(rounds_of(kDuePerRoundMax + 1, "later", wait), 2u);
  const auto pull = [&] {
    fb::UnregisterHandlerT unregister;
    unregister.type = "charge";
    harness.Do(std::move(unregister));
    harness.RegisterHandler("charge", 10'000);
  };
  // One for each of the two commands; the second also pulls.
  EXPECT_EQ(rounds_of(kPullsPerRoundMax, "work", pull), 2u);
  fb::UnregisterHandlerT unregister;
  unregister.type = "charge";
  harness.Do(std::move(unregister));
  EXPECT_EQ(rounds_of(kPullsPerRoundMax + 1, "work", pull), 3u);
  harness.set_check_laws(true);
  harness.CheckLaws();
}

TEST(Partition, ARecordThatIsTooLargeIsRefusedWhole) {
  ShellHarness harness;
  harness.set_check_laws(false);
  const auto deploy = [&](size_t xml_bytes) {
    fb::DeployT command;
    auto resource = std::make_unique<fb::ResourceToDeployT>();
    resource->name = "p.bpmn";
    resource->xml = std::string(xml_bytes, ' ');
    command.resources.push_back(std::move(resource));
    auto process = std::make_unique<fb::ProcessToDeployT>();
    process->process_id = "approval";
    process->digest = xml_bytes;
    process->model = std::make_unique<fb::ProcessT>(TaskProcess().Build());
    command.processes.push_back(std::move(process));
    return harness.driver().Do(std::move(command)).status;
  };
  const absl::Status refused = deploy(kRecordBytesMax);
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_TRUE(harness.data().state().definitions.empty());
  // All but the few hundred bytes around the source.
  EXPECT_TRUE(deploy(kRecordBytesMax - 4096).ok());
  EXPECT_EQ(harness.data().state().definitions.size(), 1u);
}

// --- Crashes
// ---------------------------------------------------------------------

TEST(Partition, WhatWasNotDurableIsGoneAfterACrash) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  const InstanceKey kept = harness.Start("approval");
  harness.Kill();
  harness.options().completion = MemoryEventStore::Completion::kManual;
  ASSERT_TRUE(harness.Open().ok());
  harness.driver().store().RunPending();
  StepAll(harness.driver());
  harness.driver().Post(StartRequest("approval"));
  StepAll(harness.driver());
  EXPECT_EQ(harness.data().state().instances_started, 2u);
  harness.driver().store().StepAppend();
  harness.Kill();
  harness.options().completion = MemoryEventStore::Completion::kAtOnce;
  ASSERT_TRUE(harness.Open().ok());
  EXPECT_EQ(harness.data().state().instances_started, 1u);
  EXPECT_EQ(harness.At(kept).tasks.size(), 1u);
}

TEST(Partition, AnAcceptedLossIsRecorded) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  harness.Start("approval");
  const Position end = End(harness);
  harness.Kill();
  harness.disk()->Truncate(0, end - 1);
  EXPECT_TRUE(absl::IsDataLoss(harness.Open()));
  harness.options().accept_loss_after = {{0, end - 1, 0}};
  ASSERT_TRUE(harness.Open().ok());
  EXPECT_EQ(
      RecordAt(harness, end)->command.AsOpenPartition()->accepted_loss_after,
      end - 1);
  harness.Crash();
  EXPECT_EQ(RecordAt(harness, End(harness))
                ->command.AsOpenPartition()
                ->accepted_loss_after,
            0u);
}

TEST(Partition, ADamagedRecordStopsTheEngine) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  const InstanceKey instance = harness.Start("approval");
  const Position position = End(harness);
  harness.Reopen();
  harness.set_check_laws(false);
  harness.disk()->FlipByte(0, position, 10);
  ManualDriver& driver = harness.driver();
  fb::CancelInstanceT cancel;
  cancel.instance = instance.value();
  EXPECT_TRUE(absl::IsDataLoss(driver.Do(std::move(cancel)).status));
  const Reply later = driver.Submit(StartRequest("approval"));
  EXPECT_TRUE(absl::IsUnavailable(later.status)) << later.status;
  EXPECT_NE(later.status.message().find(std::to_string(position)),
            std::string::npos)
      << later.status;
}

// It was taken for a refusal: the timer was out of the index of what is due,
// and waited until the store was opened again.
TEST(Partition, ATimerIsNotForgottenWhenItsInstanceCannotBeRead) {
  ManualDriver::Options options;
  options.data.cache_bytes = 1;
  ShellHarness harness(options);
  harness.set_check_laws(false);
  harness.Deploy(TimerProcess("p", "PT1S"));
  harness.Start("p");
  ManualDriver& driver = harness.driver();
  harness.data().ForgetInstances();
  harness.disk()->FailReads(absl::UnavailableError("Input/output error"));
  EXPECT_TRUE(absl::IsUnavailable(driver.AdvanceTo(driver.now_ms() + 1000)));
  EXPECT_FALSE(driver.partition().failure().ok());
  const int64_t now_ms = driver.now_ms();
  harness.disk()->FailReads(absl::OkStatus());
  harness.Kill();
  harness.options().now_ms = now_ms;
  ASSERT_TRUE(harness.Open().ok());
  harness.Run();
  EXPECT_EQ(harness.Tasks().size(), 1u);
}

TEST(Partition, AnIdempotencyKeyIsKnownAfterACrash) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  const InstanceKey first = harness.Start("approval", "{}", "order-17");
  harness.Crash();
  const Position before = End(harness);
  EXPECT_EQ(harness.Start("approval", "{}", "order-17"), first);
  EXPECT_EQ(End(harness), before);
  EXPECT_NE(harness.Start("approval", "{}", "order-18"), first);
}

TEST(Partition, ARunningJobIsHandedOutAgainAfterACrash) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  const InstanceKey instance = harness.Start("work", R"({"amount":3})");
  auto calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  const JobKey job = calls[0]->job;
  harness.Crash();
  // Nobody has it until a handler is there again.
  ASSERT_EQ(harness.Jobs().size(), 1u);
  EXPECT_EQ(harness.Jobs()[0].state, JobState::kReady);
  EXPECT_TRUE(harness.data().state().handler_jobs.empty());
  harness.RegisterHandler("charge");
  calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]->job, job);
  EXPECT_EQ(calls[0]->attempt, 2u);
  ASSERT_EQ(calls[0]->variables.size(), 1u);
  EXPECT_EQ(calls[0]->variables[0].second, "3");
  harness.Finish(calls[0], JobResult::Done({{"charged", true}}));
  EXPECT_EQ(harness.At(instance).scopes.begin()->second.variables.size(), 2u);
}

TEST(Partition, TimersThatFellDueMeanwhileFireAtOpeningInOrder) {
  ShellHarness harness;
  harness.Deploy(TimerProcess("late", "PT20S"));
  harness.Deploy(TimerProcess("early", "PT10S"));
  const InstanceKey late = harness.Start("late");
  const InstanceKey early = harness.Start("early");
  const Position before = End(harness);
  harness.Kill();
  harness.options().now_ms += 60'000;
  ASSERT_TRUE(harness.Open().ok());
  ASSERT_EQ(End(harness), before + 3);
  EXPECT_EQ(RecordAt(harness, before + 1)->command.type,
            fb::Command::OpenPartition);
  EXPECT_EQ(RecordAt(harness, before + 2)->touched[0]->instance, early.value());
  EXPECT_EQ(RecordAt(harness, before + 3)->touched[0]->instance, late.value());
  EXPECT_EQ(RecordAt(harness, before + 2)->actor, core::kActorTimer);
  EXPECT_EQ(harness.Tasks().size(), 2u);
}

TEST(Partition, ATimerLoopInThePastLetsCallersIn) {
  ManualDriver::Options options;
  options.completion = MemoryEventStore::Completion::kManual;
  ShellHarness harness;
  harness.Deploy(
      ModelSketch("loop")
          .Node("start", Kind::start_event)
          .Node("again", Kind::exclusive_gateway)
          .TimerNode("past", fb::TimerKind::date, "2000-01-01T00:00:00Z")
          .Flow("start", "again")
          .Flow("again", "past")
          .Flow("past", "again"));
  harness.Deploy(TaskProcess());
  harness.driver().Post(StartRequest("loop"));
  for (int i = 0; i < 20; ++i) harness.driver().Step();
  EXPECT_GT(End(harness), 15u);
  harness.Kill();
  harness.options().completion = MemoryEventStore::Completion::kManual;
  ASSERT_TRUE(harness.Open().ok());
  ManualDriver& driver = harness.driver();
  const uint64_t started = driver.Post(StartRequest("approval"));
  for (int i = 0; i < 10 && driver.ReplyTo(started) == nullptr; ++i) {
    driver.store().RunPending();
    driver.Step();
  }
  EXPECT_NE(driver.ReplyTo(started), nullptr);
}

TEST(Partition, WorkThatNeverEndsIsALimit) {
  ShellHarness harness;
  harness.set_check_laws(false);
  harness.Deploy(
      ModelSketch("loop")
          .Node("start", Kind::start_event)
          .Node("again", Kind::exclusive_gateway)
          .TimerNode("past", fb::TimerKind::date, "2000-01-01T00:00:00Z")
          .Flow("start", "again")
          .Flow("again", "past")
          .Flow("past", "again"));
  harness.driver().Post(StartRequest("loop"));
  const absl::Status status = harness.driver().RunUntilIdle();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_GE(harness.driver().partition().counters().rounds,
            static_cast<uint64_t>(kIdleRoundsMax));
}

TEST(Partition, AFailedSyncFailsEveryoneWhoWaits) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  const InstanceKey instance = harness.Start("approval");
  ManualDriver& driver = harness.driver();
  const uint64_t waiting = driver.Post(AwaitRequest(instance));
  StepAll(driver);
  harness.disk()->FailNextSync(absl::InternalError("disk on fire"));
  const uint64_t started = driver.Post(StartRequest("approval"));
  StepAll(driver);
  ASSERT_NE(driver.ReplyTo(waiting), nullptr);
  EXPECT_TRUE(absl::IsUnavailable(driver.ReplyTo(waiting)->status));
  ASSERT_NE(driver.ReplyTo(started), nullptr);
  EXPECT_TRUE(absl::IsUnavailable(driver.ReplyTo(started)->status));
  EXPECT_NE(driver.ReplyTo(started)->status.message().find("disk on fire"),
            std::string::npos);
  const uint64_t later = driver.Post(StartRequest("approval"));
  StepAll(driver);
  EXPECT_TRUE(absl::IsUnavailable(driver.ReplyTo(later)->status));
  harness.Crash();
  EXPECT_EQ(harness.data().state().instances_started, 1u);
}

TEST(Partition, AFailedAppendFailsEveryoneWhoWaits) {
  ShellHarness harness;
  harness.Deploy(TaskProcess());
  ManualDriver& driver = harness.driver();
  harness.disk()->FailNextAppend(absl::ResourceExhaustedError("disk full"));
  const uint64_t started = driver.Post(StartRequest("approval"));
  StepAll(driver);
  ASSERT_NE(driver.ReplyTo(started), nullptr);
  EXPECT_TRUE(absl::IsUnavailable(driver.ReplyTo(started)->status));
  harness.Crash();
  EXPECT_EQ(harness.data().state().instances_started, 0u);
}

// --- Jobs
// ------------------------------------------------------------------------

TEST(Partition, AHandlerGetsJobsUpToItsCapacityAndThenPullsTheRest) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge", 2);
  for (int i = 0; i < 5; ++i) harness.Start("work");
  std::vector<HandlerCallPtr> calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 2u);
  size_t done = 0;
  while (!calls.empty()) {
    EXPECT_LE(harness.data().state().handlers.at("charge").in_flight, 2u);
    for (const HandlerCallPtr& call : calls) {
      harness.Finish(call, JobResult::Done());
      ++done;
    }
    calls = harness.driver().TakeCalls();
  }
  EXPECT_EQ(done, 5u);
}

TEST(Partition, AnUnregisteredHandlerGetsNothingMore) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  harness.Start("work");
  auto calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  fb::UnregisterHandlerT unregister;
  unregister.type = "charge";
  EXPECT_TRUE(harness.Do(std::move(unregister)).status.ok());
  harness.Start("work");
  EXPECT_TRUE(harness.driver().TakeCalls().empty());
  // The running call goes on, and counts.
  harness.Finish(calls[0], JobResult::Done());
  EXPECT_EQ(harness.driver().partition().counters().late_results, 0u);
  ASSERT_EQ(harness.Fetch("charge", "w").size(), 1u);
}

TEST(Partition, SuspensionTakesAJobAwayAndResumingGivesItBack) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  const InstanceKey instance = harness.Start("work");
  auto calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_FALSE(calls[0]->cancelled.load());
  fb::SuspendInstanceT suspend;
  suspend.instance = instance.value();
  EXPECT_TRUE(harness.Do(std::move(suspend)).status.ok());
  EXPECT_TRUE(calls[0]->cancelled.load());
  harness.Finish(calls[0], JobResult::Done({{"x", 1}}));
  EXPECT_EQ(harness.driver().partition().counters().late_results, 1u);
  EXPECT_EQ(harness.At(instance).state, fb::InstanceState::suspended);
  fb::ResumeInstanceT resume;
  resume.instance = instance.value();
  EXPECT_TRUE(harness.Do(std::move(resume)).status.ok());
  harness.Run();
  calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]->attempt, 2u);
  harness.Finish(calls[0], JobResult::Done());
  EXPECT_EQ(harness.Jobs()[0].type, "ship");
}

TEST(Partition, CancellingAnInstanceTellsItsHandlers) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  const InstanceKey instance = harness.Start("work");
  auto calls = harness.driver().TakeCalls();
  fb::CancelInstanceT cancel;
  cancel.instance = instance.value();
  EXPECT_TRUE(harness.Do(std::move(cancel)).status.ok());
  EXPECT_TRUE(calls[0]->cancelled.load());
  harness.Finish(calls[0], JobResult::Failed("too late"));
  EXPECT_EQ(harness.driver().partition().counters().late_results, 1u);
  EXPECT_TRUE(harness.data().state().handler_jobs.empty());
}

TEST(Partition, ALockRunsOutAndThenAnotherWorkerMayHaveTheJob) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.Start("work");
  const auto first = harness.Fetch("charge", "w1", 1000);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]->lock_until_ms, harness.driver().now_ms() + 1000);
  EXPECT_TRUE(harness.Fetch("charge", "w2").empty());
  const absl::Status refused = harness.CompleteJob(first[0]->job, "w2");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_NE(refused.message().find("'w1'"), std::string::npos) << refused;
  harness.Advance(999);
  EXPECT_TRUE(harness.Fetch("charge", "w2").empty());
  harness.Advance(1);
  const auto second = harness.Fetch("charge", "w2");
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0]->attempt, 2u);
  EXPECT_TRUE(
      absl::IsFailedPrecondition(harness.CompleteJob(first[0]->job, "w1")));
  EXPECT_TRUE(harness.CompleteJob(second[0]->job, "w2").ok());
}

TEST(Partition, AFetchTakesTheOldestAndNoMoreThanAsked) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  std::vector<InstanceKey> instances;
  for (int i = 0; i < 4; ++i) instances.push_back(harness.Start("work"));
  const auto fetched = harness.Fetch("charge", "w", 1000, 3);
  ASSERT_EQ(fetched.size(), 3u);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(fetched[i]->instance, instances[i]);
  EXPECT_TRUE(harness.Fetch("nothing-of-this-type", "w").empty());
  EXPECT_EQ(harness.Fetch("charge", "w", 1000, 3).size(), 1u);
}

TEST(Partition, AJobInBackoffComesBackToItsHandlerWhenItIsTime) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  harness.Start("work");
  auto calls = harness.driver().TakeCalls();
  harness.Finish(calls[0],
                 JobResult::Failed("no route").RetryAfter(absl::Seconds(2)));
  harness.Advance(1999);
  EXPECT_TRUE(harness.driver().TakeCalls().empty());
  harness.Advance(1);
  calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  EXPECT_EQ(calls[0]->attempt, 2u);
  EXPECT_EQ(calls[0]->retries, 2);
}

// --- Waiting
// -----------------------------------------------------------------------

TEST(Partition, AwaitEndHearsOfEndIncidentAndTimeout) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.Deploy(TaskProcess());
  ManualDriver& driver = harness.driver();
  EXPECT_TRUE(
      absl::IsNotFound(driver.Submit(AwaitRequest(InstanceKey(9))).status));

  const InstanceKey failing = harness.Start("work");
  const uint64_t until_incident = driver.Post(AwaitRequest(failing));
  const InstanceKey ending = harness.Start("approval");
  const uint64_t until_end = driver.Post(AwaitRequest(ending));
  const uint64_t in_vain = driver.Post(AwaitRequest(ending));
  StepAll(driver);
  EXPECT_EQ(driver.ReplyTo(until_incident), nullptr);
  EXPECT_EQ(driver.ReplyTo(until_end), nullptr);

  driver.Submit({0, ForgetRequest{in_vain}});
  EXPECT_TRUE(absl::IsDeadlineExceeded(driver.ReplyTo(in_vain)->status));

  fb::FailJobT fail;
  fail.job = harness.Jobs()[0].key.value();
  fail.owner = std::make_unique<fb::JobOwnerT>();
  fail.owner->worker = "w";
  fail.lock_first = true;
  fail.retries = 0;
  fail.message = "no route";
  EXPECT_TRUE(harness.Do(std::move(fail)).status.ok());
  ASSERT_NE(driver.ReplyTo(until_incident), nullptr);
  const absl::Status incident = driver.ReplyTo(until_incident)->status;
  EXPECT_TRUE(absl::IsFailedPrecondition(incident));
  EXPECT_NE(incident.message().find("job_no_retries"), std::string::npos);
  EXPECT_NE(incident.message().find("'charge'"), std::string::npos);
  EXPECT_NE(incident.message().find("no route"), std::string::npos);
  // Also for who comes later.
  EXPECT_TRUE(
      absl::IsFailedPrecondition(driver.Submit(AwaitRequest(failing)).status));

  EXPECT_TRUE(harness.CompleteTask(harness.Tasks()[0].key).ok());
  ASSERT_NE(driver.ReplyTo(until_end), nullptr);
  EXPECT_TRUE(driver.ReplyTo(until_end)->status.ok());
}

TEST(Partition, IdleMeansNothingIsLeftToDoNow) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  harness.Start("work");
  ManualDriver& driver = harness.driver();
  const uint64_t idle = driver.Post({0, AwaitIdleRequest{}});
  StepAll(driver);
  EXPECT_EQ(driver.ReplyTo(idle), nullptr) << "a handler is running";
  auto calls = driver.TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  harness.Finish(calls[0], JobResult::Done());
  ASSERT_NE(driver.ReplyTo(idle), nullptr);
  EXPECT_TRUE(driver.Submit({0, AwaitIdleRequest{}}).status.ok());
}

TEST(Partition, ClosingRefusesTheNewAndKeepsTheOld) {
  ShellHarness harness;
  harness.Deploy(JobProcess());
  harness.RegisterHandler("charge");
  const InstanceKey instance = harness.Start("work");
  ManualDriver& driver = harness.driver();
  const uint64_t waiting = driver.Post(AwaitRequest(instance));
  StepAll(driver);
  ASSERT_TRUE(driver.Close().ok());
  EXPECT_TRUE(absl::IsUnavailable(driver.ReplyTo(waiting)->status));
  harness.Kill();
  ASSERT_TRUE(harness.Open().ok());
  // The last checkpoint left nothing to fold but the opening.
  EXPECT_EQ(harness.driver().store().Cache(0).position() + 2, End(harness))
      << "opening and release";
  EXPECT_EQ(harness.Jobs()[0].state, JobState::kReady);
}

// --- Observers
// ---------------------------------------------------------------------

TEST(Partition, ObserversSeeElementsIncidentsAndEnds) {
  ManualDriver::Options options;
  options.observed = true;
  ShellHarness harness(options);
  harness.Deploy(TaskProcess());
  const InstanceKey instance = harness.Start("approval");
  EXPECT_TRUE(harness.CompleteTask(harness.Tasks()[0].key).ok());
  std::vector<std::string> seen;
  for (const Observation& observation : harness.driver().observations()) {
    if (const auto* element = std::get_if<ElementSeen>(&observation)) {
      const char* what = element->kind == ElementSeen::Kind::kActivating  ? "+"
                         : element->kind == ElementSeen::Kind::kCompleted ? "-"
                                                                          : "x";
      seen.push_back(what + element->element.element_id);
    } else if (const auto* end = std::get_if<EndSeen>(&observation)) {
      EXPECT_EQ(end->instance, instance);
      seen.push_back(std::string("end ") + ToString(end->state));
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{
                      "+approval", "+start", "-start", "+review", "-review",
                      "+end", "-end", "-approval", "end completed"}));
}

}  // namespace
}  // namespace pawl
