#include "tests/property/random_life.h"

#include <cstddef>
#include <iterator>
#include <string>
#include <utility>

#include "base/check.h"
#include "engine/core/variables.h"
#include "engine/deployment.h"
#include "engine/query.h"
#include "tests/property/process_generator.h"
#include "tests/property/process_graph.h"

namespace pawl::property {
namespace {

constexpr int kActs = 16;
// What a token that goes round would fill.
constexpr size_t kLogBytesMax = 300'000;

}  // namespace

RandomLife::RandomLife(uint64_t seed, ManualDriver::Options options)
    : random_(seed),
      options_(std::move(options)),
      disk_(std::make_shared<eventstore::MemoryDisk>()),
      now_ms_(options_.now_ms) {
  Open();
}

void RandomLife::Open() {
  options_.now_ms = now_ms_;
  driver_ = ManualDriver::Open(disk_, options_).value();
  PAWL_CHECK_OK(driver_->RunUntilIdle());
}

void RandomLife::Close() {
  now_ms_ = driver_->now_ms();
  driver_.reset();
}

void RandomLife::Live() {
  Begin();
  for (int i = 0; i < kActs; ++i) Act();
}

void RandomLife::Begin() {
  GeneratorOptions options;
  options.structured = random_.OneIn(2);
  options.nodes = 5 + random_.Below(14);
  const std::string xml = ToBpmn(GenerateProcess(options, &random_));
  PAWL_CHECK_OK(
      driver_->Submit(MakeDeployment({BpmnText("p.bpmn", xml)}).value(), "ada")
          .status);
  Start();
  first_ = driver_->data().state().position;
  PAWL_CHECK_OK(driver_->RunUntilIdle());
}

template <typename CommandT>
void RandomLife::Do(CommandT command) {
  // Also what is refused: it leaves nothing.
  driver_->Do(std::move(command), "bob").status.IgnoreError();
}

void RandomLife::Act() {
  if (driver_->data().log_bytes() >= kLogBytesMax) return;
  switch (random_.Below(10)) {
    case 0:
      Start();
      break;
    case 1:
    case 2:
      Publish();
      break;
    case 3:
      Signal();
      break;
    case 4:
    case 5:
      Advance();
      break;
    case 6:
      SetVariables();
      break;
    default:
      Work();
  }
  PAWL_CHECK_OK(driver_->RunUntilIdle());
}

Variables RandomLife::DrawVariables() {
  Variables out;
  for (const char* name : {"n", "m", kCountVariable}) {
    if (!random_.OneIn(3)) out.Set(name, random_.Below(4));
  }
  return out;
}

void RandomLife::Start() {
  fb::StartInstanceT start;
  start.process_id = "p";
  start.variables = core::ToWire(DrawVariables()).value();
  const Reply reply = driver_->Do(std::move(start), "ada");
  PAWL_CHECK_OK(reply.status);
  if (!instance_.valid()) instance_ = reply.answer.instance;
}

void RandomLife::Advance() {
  PAWL_CHECK_OK(driver_->AdvanceTo(driver_->now_ms() +
                                   static_cast<int64_t>(random_.Below(3000))));
}

void RandomLife::Publish() {
  fb::PublishMessageT publish;
  publish.name = kMessageNames[random_.Below(std::size(kMessageNames))];
  publish.has_key = random_.OneIn(2);
  if (publish.has_key) {
    publish.correlation_key = std::to_string(random_.Below(4));
  }
  publish.variables = core::ToWire(DrawVariables()).value();
  if (random_.OneIn(2)) publish.until_ms = driver_->now_ms() + 2000;
  if (random_.OneIn(4)) publish.message_id = "once";
  Do(std::move(publish));
}

void RandomLife::Signal() {
  fb::BroadcastSignalT signal;
  signal.name = kSignalNames[random_.Below(std::size(kSignalNames))];
  signal.variables = core::ToWire(DrawVariables()).value();
  Do(std::move(signal));
}

void RandomLife::SetVariables() {
  fb::SetVariablesT set;
  set.instance = instance_.value();
  set.variables = core::ToWire(DrawVariables()).value();
  Do(std::move(set));
}

void RandomLife::Work() {
  const auto tasks = ListTasks(driver_->data(), {}).value();
  const auto jobs = ListJobs(driver_->data(), {}).value();
  const auto incidents = ListIncidents(driver_->data(), {}).value();
  const size_t all = tasks.size() + jobs.size() + incidents.size();
  if (all == 0) return Start();
  size_t which = random_.Below(all);
  if (which < tasks.size()) {
    fb::CompleteTaskT complete;
    complete.task = tasks[which].key.value();
    complete.variables = core::ToWire(DrawVariables()).value();
    return Do(std::move(complete));
  }
  which -= tasks.size();
  if (which < jobs.size()) return WorkOn(jobs[which].key);
  fb::ResolveIncidentT resolve;
  resolve.incident = incidents[which - jobs.size()].key.value();
  Do(std::move(resolve));
}

void RandomLife::WorkOn(JobKey job) {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->worker = "w";
  if (random_.OneIn(3)) {
    fb::FailJobT fail;
    fail.job = job.value();
    fail.owner = std::move(owner);
    fail.lock_first = true;
    return Do(std::move(fail));
  }
  fb::CompleteJobT complete;
  complete.job = job.value();
  complete.owner = std::move(owner);
  complete.lock_first = true;
  complete.variables = core::ToWire(DrawVariables()).value();
  Do(std::move(complete));
}

}  // namespace pawl::property
