#include "tests/fuzz/sample.h"

#include <utility>

#include "base/check.h"
#include "engine/deployment.h"
#include "engine/model/process_builder.h"
#include "engine/query.h"

namespace pawl::fuzz {
namespace {

using eventstore::MemoryDisk;

ProcessBuilder SampleModel() {
  ProcessBuilder b(kSampleProcess);
  b.StartEvent()
      .ParallelGateway("fork")
      .ServiceTask(kSampleJob, {.retries = 3,
                                .backoff = {.delay = "PT1S,PT10S"},
                                .headers = {{"currency", "EUR"}}})
      .ParallelGateway("join");
  b.MoveTo("fork")
      .UserTask("review", {.assignee = "${boss}",
                           .candidate_users = "mary,john",
                           .due_date = "2002-01-01T00:00:00Z",
                           .priority = "80"})
      .ConnectTo("join");
  b.MoveTo("fork").TimerCatch("pause", "${wait}").ConnectTo("join");
  b.MoveTo("join")
      .ScriptTask("sum", "${n + 1}", {.result_variable = "n"})
      .Task("pass")
      .ExclusiveGateway("choice")
      .When("${n > 2}")
      .End();
  b.MoveTo("choice").When("${n < 0}").TerminateEnd();
  b.MoveTo("choice").When("${flag}").ConnectTo("review");
  return b;
}

std::vector<std::unique_ptr<fb::VariableT>> Vars(
    std::vector<std::pair<std::string, std::string>> from) {
  std::vector<std::unique_ptr<fb::VariableT>> out;
  for (auto& [name, json] : from) {
    out.push_back(std::make_unique<fb::VariableT>());
    out.back()->name = std::move(name);
    out.back()->json = std::move(json);
  }
  return out;
}

// Drives one engine through what there is.
class SampleRun {
 public:
  explicit SampleRun(ManualDriver* driver) : driver_(*driver) {}

  void Run() {
    fb::RegisterHandlerT handler;
    handler.type = kSampleJob;
    handler.capacity = 1;
    Do(std::move(handler));
    // The handler takes the first instance's job and fails it, then does it.
    const InstanceKey first = Start("1", "\"PT5S\"");
    Answer(JobResult::Failed("no route"));
    Advance(2000);
    Answer(JobResult::Done({{"paid", true}}));
    fb::UnregisterHandlerT unregister;
    unregister.type = kSampleJob;
    Do(std::move(unregister));
    CompleteTask(first);
    Advance(10'000);  // joins; no condition holds: an incident, resolved
    Resolve(first);
    // A worker fails until there is an incident; suspended, resumed, cancelled.
    const InstanceKey second = Start("5", "\"PT1H\"");
    Fetch();
    Fail(second);
    Suspend(second);
    Resolve(second);
    Start("5", "\"nonsense\"");  // the timer can't be made
    fb::CancelInstanceT cancel;
    cancel.instance = second.value();
    cancel.reason = "enough";
    Do(std::move(cancel));
    // One that goes all the way, and one that waits.
    const InstanceKey last = Start("7", "\"PT1S\"");
    Fetch();
    CompleteJob(last);
    CompleteTask(last);
    Advance(3000);
    Start("8", "\"PT1S\"");
    Fetch();
  }

 private:
  template <typename CommandT>
  Reply Do(CommandT command) {
    Reply reply = driver_.Do(std::move(command), "sample");
    PAWL_CHECK_OK(driver_.RunUntilIdle());
    return reply;
  }

  const core::Instance& At(InstanceKey key) {
    return (*driver_.data().Load(key))->instance;
  }

  InstanceKey Start(const std::string& n, const std::string& wait) {
    fb::StartInstanceT start;
    start.process_id = kSampleProcess;
    start.business_key = "order-" + n;
    start.idempotency_key = "once-" + n + wait;
    start.variables = Vars(
        {{"n", n}, {"wait", wait}, {"boss", "\"mary\""}, {"flag", "false"}});
    const Reply reply = Do(std::move(start));
    PAWL_CHECK_OK(reply.status);
    return reply.answer.instance;
  }

  void Answer(const JobResult& result) {
    for (HandlerCallPtr& call : driver_.TakeCalls()) {
      driver_.Finish(std::move(call), result);
    }
    PAWL_CHECK_OK(driver_.RunUntilIdle());
  }

  void Advance(int64_t ms) {
    PAWL_CHECK_OK(driver_.AdvanceTo(driver_.now_ms() + ms));
  }

  void Fetch() {
    FetchRequest fetch;
    fetch.type = kSampleJob;
    fetch.worker = "w1";
    fetch.lock_ms = 60'000;
    fetch.max = 10;
    driver_.Fetch(std::move(fetch));
  }

  std::unique_ptr<fb::JobOwnerT> Worker() {
    auto owner = std::make_unique<fb::JobOwnerT>();
    owner->worker = "w1";
    return owner;
  }

  void Fail(InstanceKey key) {
    fb::FailJobT fail;
    fail.job = At(key).jobs.begin()->first.value();
    fail.owner = Worker();
    fail.message = "card refused";
    fail.retries = 0;
    Do(std::move(fail));
  }

  void CompleteJob(InstanceKey key) {
    fb::CompleteJobT complete;
    complete.job = At(key).jobs.begin()->first.value();
    complete.owner = Worker();
    complete.variables = Vars({{"paid", "true"}});
    Do(std::move(complete));
  }

  void CompleteTask(InstanceKey key) {
    const uint64_t task = At(key).tasks.begin()->first.value();
    fb::ClaimTaskT claim;
    claim.task = task;
    claim.user = "mary";
    Do(std::move(claim));
    fb::CompleteTaskT complete;
    complete.task = task;
    complete.user = "mary";
    Do(std::move(complete));
  }

  void Resolve(InstanceKey key) {
    fb::ResolveIncidentT resolve;
    resolve.incident = At(key).incidents.begin()->first.value();
    Do(std::move(resolve));
  }

  void Suspend(InstanceKey key) {
    fb::SuspendInstanceT suspend;
    suspend.instance = key.value();
    Do(std::move(suspend));
    fb::SetVariablesT set;
    set.instance = key.value();
    set.variables = Vars({{"note", "{\"a\":[1,2.50,null]}"}});
    Do(std::move(set));
    fb::ResumeInstanceT resume;
    resume.instance = key.value();
    Do(std::move(resume));
  }

  ManualDriver& driver_;
};

std::unique_ptr<ManualDriver> Open(std::shared_ptr<MemoryDisk> disk) {
  auto driver = ManualDriver::Open(std::move(disk), SampleOptions());
  PAWL_CHECK_OK(driver.status());
  PAWL_CHECK_OK((*driver)->RunUntilIdle());
  return *std::move(driver);
}

MemoryDisk MakeDisk() {
  auto disk = std::make_shared<MemoryDisk>();
  {
    const auto driver = Open(disk);
    auto deploy = MakeDeployment({SampleModel()});
    PAWL_CHECK_OK(deploy.status());
    PAWL_CHECK_OK(driver->Submit(*std::move(deploy)).status);
    PAWL_CHECK_OK(driver->RunUntilIdle());
  }
  return *disk;
}

std::vector<std::string> MakeLog() {
  const auto driver = Open(SampleDisk());
  SampleRun(driver.get()).Run();
  std::vector<std::string> records;
  ReadLog(driver->store(), &records);
  return records;
}

}  // namespace

ManualDriver::Options SampleOptions() {
  ManualDriver::Options options;
  // Small enough that inputs meet every way of folding.
  options.data.snapshot_records = 4;
  options.checkpoint_log_bytes = 4000;
  return options;
}

std::shared_ptr<MemoryDisk> SampleDisk() {
  static const MemoryDisk* const disk = new MemoryDisk(MakeDisk());
  return std::make_shared<MemoryDisk>(*disk);
}

const std::vector<std::string>& SampleLog() {
  static const auto* const log = new std::vector<std::string>(MakeLog());
  return *log;
}

void ReadLog(const eventstore::EventStore& store,
             std::vector<std::string>* records) {
  if (store.End(0) == 0) return;
  PAWL_CHECK_OK(
      store.Read(0, 1, store.End(0), [&](Position, std::string_view bytes) {
        records->emplace_back(bytes);
        return true;
      }));
}

}  // namespace pawl::fuzz
