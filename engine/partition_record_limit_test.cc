// A record that may not be written: the command is refused, its instance is as
// it was before, and the partition goes on.
#include <memory>
#include <string>
#include <utility>

#include "engine/partition.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/shell_harness.h"

namespace pawl {
namespace {

using core::ModelSketch;
using ::testing::HasSubstr;
using Kind = fb::ElementKind;
using Completion = eventstore::MemoryEventStore::Completion;

constexpr size_t kSmall = 16 << 10;

ManualDriver::Options Small(Completion completion = Completion::kAtOnce) {
  ManualDriver::Options options;
  options.record_bytes_max = kSmall;
  options.completion = completion;
  return options;
}

ModelSketch Steps(const std::string& id, Kind kind) {
  return ModelSketch(id)
      .Node("start", Kind::start_event)
      .Node("one", kind)
      .Node("two", kind)
      .Node("end", Kind::end_event)
      .Flow("start", "one")
      .Flow("one", "two")
      .Flow("two", "end");
}

std::string Big(size_t bytes) {
  return R"({"v":")" + std::string(bytes, 'x') + R"("})";
}

// The timer's way on writes more than fits.
ModelSketch TimerThenMuch() {
  ModelSketch sketch("timer");
  sketch.Node("start", Kind::start_event)
      .TimerNode("wait", fb::TimerKind::duration, "PT1M")
      .Script("much", "string join(for i in 1..n return \"0123456789\")", "v")
      .Node("review", Kind::user_task)
      .Node("end", Kind::end_event)
      .Flow("start", "wait")
      .Flow("wait", "much")
      .Flow("much", "review")
      .Flow("review", "end");
  sketch.element("much").script->script->language = fb::Language::feel;
  return sketch;
}

TEST(RecordLimit, ACallersCommandIsRefusedAndNothingHasHappened) {
  ShellHarness harness(Small());
  harness.Deploy(Steps("tasks", Kind::user_task));
  const InstanceKey key = harness.Start("tasks");
  const TaskKey task = harness.Tasks().at(0).key;
  const Position before = harness.driver().store().End(0);
  const absl::Status refused = harness.CompleteTask(task, Big(kSmall));
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("kRecordBytesMax"));
  EXPECT_EQ(harness.driver().store().End(0), before);
  EXPECT_EQ(harness.Tasks().at(0).element_id, "one");
  EXPECT_TRUE(harness.At(key).scopes.begin()->second.variables.empty());
  EXPECT_TRUE(harness.driver().partition().failure().ok());
  EXPECT_TRUE(harness.CompleteTask(task, Big(100)).ok());
  EXPECT_EQ(harness.Tasks().at(0).element_id, "two");
}

// The instance's last records are on no disk yet: it can't be read anew before
// they are, and nobody may see it meanwhile.
TEST(RecordLimit, TheInstanceIsReadAnewOnceItsRecordsAreDurable) {
  ShellHarness harness(Small(Completion::kManual));
  ManualDriver& driver = harness.driver();
  harness.set_check_laws(false);
  const auto run = [&] {
    while (driver.Step()) {
    }
  };
  const auto settle = [&] {
    do {
      run();
      driver.store().RunPending();
    } while (driver.Step());
  };
  settle();
  const auto post = [&](auto command) {
    CommandRequest request;
    request.command.Set(std::move(command));
    return driver.Post({0, std::move(request)});
  };
  fb::DeployT deploy;
  auto resource = std::make_unique<fb::ResourceToDeployT>();
  resource->name = "tasks.bpmn";
  deploy.resources.push_back(std::move(resource));
  auto process = std::make_unique<fb::ProcessToDeployT>();
  process->process_id = "tasks";
  process->model =
      std::make_unique<fb::ProcessT>(Steps("tasks", Kind::user_task).Build());
  deploy.processes.push_back(std::move(process));
  post(std::move(deploy));
  fb::StartInstanceT start;
  start.process_id = "tasks";
  const uint64_t started = post(std::move(start));
  settle();
  ASSERT_NE(driver.ReplyTo(started), nullptr);
  const InstanceKey key = driver.ReplyTo(started)->answer.instance;

  const auto set = [&](size_t bytes) {
    fb::SetVariablesT command;
    command.instance = key.value();
    command.variables = WireVariables(Big(bytes));
    return post(std::move(command));
  };
  const uint64_t fits = set(10);
  const uint64_t too_large = set(kSmall);
  const uint64_t after = set(20);
  std::string seen;
  const uint64_t query =
      driver.Post({0, QueryRequest{[&](PartitionData& data) {
                     const auto entry = data.Load(key);
                     if (!entry.ok()) return entry.status();
                     const auto& variables =
                         (*entry)->instance.scopes.begin()->second.variables;
                     seen = variables.at("v");
                     return absl::OkStatus();
                   }}});
  run();
  EXPECT_EQ(driver.ReplyTo(too_large), nullptr) << "told what isn't durable";
  EXPECT_EQ(seen, "") << "decided on an instance that never was";
  settle();
  ASSERT_NE(driver.ReplyTo(query), nullptr);
  EXPECT_TRUE(driver.ReplyTo(fits)->status.ok());
  EXPECT_TRUE(absl::IsResourceExhausted(driver.ReplyTo(too_large)->status));
  EXPECT_TRUE(driver.ReplyTo(after)->status.ok());
  EXPECT_EQ(seen, '"' + std::string(20, 'x') + '"');
  harness.set_check_laws(true);
  harness.CheckLaws();
}

TEST(RecordLimit, AHandlersResultBecomesAFailure) {
  ShellHarness harness(Small());
  harness.Deploy(Steps("jobs", Kind::service_task));
  harness.RegisterHandler("one");
  const InstanceKey key = harness.Start("jobs");
  auto calls = harness.driver().TakeCalls();
  ASSERT_EQ(calls.size(), 1u);
  Variables variables;
  variables.Set("v", std::string(kSmall, 'x'));
  harness.Finish(calls[0], JobResult::Done(variables));
  const core::Instance instance = harness.At(key);
  ASSERT_EQ(instance.jobs.size(), 1u);
  const core::Job& job = instance.jobs.begin()->second;
  EXPECT_THAT(job.message, HasSubstr("kRecordBytesMax"));
  EXPECT_TRUE(harness.driver().partition().failure().ok());
}

TEST(RecordLimit, ATimerFiresAndAnIncidentStandsForWhatFollows) {
  ShellHarness harness(Small());
  harness.Deploy(TimerThenMuch());
  const InstanceKey key = harness.Start("timer", R"({"n":2000})");
  const InstanceKey other = harness.Start("timer", R"({"n":2})");
  harness.Advance(60'000);
  ASSERT_EQ(harness.At(key).incidents.size(), 1u);
  const core::Incident incident = harness.At(key).incidents.begin()->second;
  EXPECT_EQ(incident.type, fb::IncidentType::limit);
  EXPECT_THAT(incident.message, HasSubstr("kRecordBytesMax"));
  EXPECT_TRUE(harness.At(key).timers.empty());
  // Who was due at the same time isn't forgotten.
  ASSERT_EQ(harness.Tasks().size(), 1u);
  EXPECT_EQ(harness.Tasks().at(0).instance, other);
  // The next engine has nothing to repeat.
  harness.Crash();
  EXPECT_TRUE(harness.driver().partition().failure().ok());
  EXPECT_EQ(harness.At(key).incidents.size(), 1u);
  // It is resolved like any other, once what follows fits.
  fb::ResolveIncidentT resolve;
  resolve.incident = incident.key.value();
  EXPECT_TRUE(absl::IsResourceExhausted(harness.Do(resolve).status));
  fb::SetVariablesT set;
  set.instance = key.value();
  set.variables = WireVariables(R"({"n":3})");
  EXPECT_TRUE(harness.Do(std::move(set)).status.ok());
  EXPECT_TRUE(harness.Do(resolve).status.ok());
  EXPECT_EQ(harness.Tasks().size(), 2u);
}

// Such an incident stands at the activity, and goes with it.
TEST(RecordLimit, ABoundaryTimersIncidentIsResolvedOrGoesWithItsActivity) {
  ModelSketch sketch("guarded");
  sketch.Node("start", Kind::start_event)
      .Node("work", Kind::user_task)
      .TimerBoundary("late", "work", "PT1M", /*interrupting=*/false)
      .Script("much", "string join(for i in 1..n return \"0123456789\")", "v")
      .Node("after", Kind::user_task)
      .Flow("start", "work")
      .Flow("work", "after")
      .Flow("late", "much");
  sketch.element("much").script->script->language = fb::Language::feel;
  for (const bool resolved : {true, false}) {
    ShellHarness harness(Small());
    harness.Deploy(sketch);
    const InstanceKey key = harness.Start("guarded", R"({"n":2000})");
    harness.Advance(60'000);
    ASSERT_EQ(harness.At(key).incidents.size(), 1u);
    fb::ResolveIncidentT resolve;
    resolve.incident = harness.At(key).incidents.begin()->first.value();
    if (resolved) {
      fb::SetVariablesT set;
      set.instance = key.value();
      set.variables = WireVariables(R"({"n":3})");
      ASSERT_TRUE(harness.Do(std::move(set)).status.ok());
      ASSERT_TRUE(harness.Do(resolve).status.ok());
      EXPECT_EQ(harness.At(key).scopes.begin()->second.variables.count("v"),
                1u);
    }
    ASSERT_TRUE(harness.CompleteTask(harness.Tasks().at(0).key).ok());
    EXPECT_TRUE(harness.At(key).incidents.empty());
    EXPECT_TRUE(absl::IsNotFound(harness.Do(resolve).status));
  }
}

TEST(RecordLimit, ARecordOfJustTheLimitIsWritten) {
  ShellHarness harness(Small());
  harness.Deploy(Steps("tasks", Kind::user_task));
  harness.Start("tasks");
  // The largest that is accepted, and one byte more.
  size_t fits = 0;
  size_t refused = kSmall;
  while (refused - fits > 1) {
    const size_t middle = fits + (refused - fits) / 2;
    fb::SetVariablesT set;
    set.instance = harness.Tasks().at(0).instance.value();
    set.variables = WireVariables(Big(middle));
    const absl::Status status = harness.Do(std::move(set)).status;
    (status.ok() ? fits : refused) = middle;
  }
  // A record holds it twice, as the command and as the event.
  EXPECT_GT(fits, kSmall / 2 - 1024);
  EXPECT_LT(fits, kSmall / 2);
}

}  // namespace
}  // namespace pawl
