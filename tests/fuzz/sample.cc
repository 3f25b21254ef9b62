#include "tests/fuzz/sample.h"

#include <utility>

#include "base/check.h"
#include "engine/deployment.h"
#include "engine/model/process_builder.h"
#include "engine/query.h"
#include "tests/fuzz/events_model.h"

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

  void Run(Sample sample) {
    return sample == Sample::kWork ? RunWork() : RunEvents();
  }

 private:
  void RunWork() {
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

  void RunEvents() {
    // One goes all the way: its message comes, every loop runs, what it called
    // is done, its booking is kept and undone in the end.
    const InstanceKey first = StartEvents("2", "\"PT5S\"", "false");
    Advance(20'000);  // reminded twice; somebody looks
    Publish("paid", "k2");
    DoJobs();
    DoTasks();
    Advance(5000);
    Activate(first, {"one", "two"});
    DoTasks();
    Set(first, "flag", "true");
    DoTasks();
    // One gives its booking up, is told by a signal, and goes another way.
    StartEvents("1", "\"PT1H\"", "true");
    Signal("go");
    DoTasks();
    ThrowJobErrors();
    DoTasks();
    // A message that nobody waits for yet, and one with an id, twice.
    Publish("paid", "k3");
    Publish("order", "", "once");
    Publish("order", "", "once");
    StartEvents("3", "\"PT1H\"", "false");
    fb::EvaluateConditionsT conditions;
    conditions.variables = Vars({{"n", "5"}});
    Do(std::move(conditions));
    // Two that are cancelled, with what they called, and that wait on.
    fb::CancelInstanceT cancel;
    cancel.instance = StartEvents("4", "\"PT1H\"", "false").value();
    Do(std::move(cancel));
    StartEvents("5", "\"nonsense\"", "false");
  }

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

  InstanceKey StartEvents(const std::string& n, const std::string& wait,
                          const std::string& flag) {
    fb::StartInstanceT start;
    start.process_id = kEventsProcess;
    start.variables = Vars(
        {{"n", n}, {"wait", wait}, {"flag", flag}, {"key", "\"k" + n + "\""}});
    const Reply reply = Do(std::move(start));
    PAWL_CHECK_OK(reply.status);
    return reply.answer.instance;
  }

  void Publish(const std::string& name, const std::string& key,
               const std::string& id = "") {
    fb::PublishMessageT publish;
    publish.name = name;
    publish.has_key = !key.empty();
    publish.correlation_key = key;
    publish.message_id = id;
    publish.until_ms = driver_.now_ms() + 60'000;
    publish.variables = Vars({{"paid", "true"}});
    Do(std::move(publish));
  }

  void Signal(const std::string& name) {
    fb::BroadcastSignalT signal;
    signal.name = name;
    Do(std::move(signal));
  }

  void Set(InstanceKey key, const std::string& name, const std::string& json) {
    fb::SetVariablesT set;
    set.instance = key.value();
    set.variables = Vars({{name, json}});
    Do(std::move(set));
  }

  // In the one ad-hoc sub-process that is active.
  void Activate(InstanceKey key, std::vector<std::string> elements) {
    fb::ActivateElementsT activate;
    activate.instance = key.value();
    activate.elements = std::move(elements);
    PAWL_CHECK_OK(Do(std::move(activate)).status);
  }

  // All that there are, of any instance, and those that come of them.
  void DoTasks() {
    for (int round = 0; round < 3; ++round) {
      const auto tasks = ListTasks(driver_.data(), {});
      PAWL_CHECK_OK(tasks.status());
      for (const TaskInfo& task : *tasks) {
        fb::CompleteTaskT complete;
        complete.task = task.key.value();
        Do(std::move(complete));  // refused if another ended its loop
      }
    }
  }

  void DoJobs() {
    Fetch();
    const auto jobs = ListJobs(driver_.data(), {});
    PAWL_CHECK_OK(jobs.status());
    for (const JobInfo& job : *jobs) {
      fb::CompleteJobT complete;
      complete.job = job.key.value();
      complete.owner = Worker();
      Do(std::move(complete));
    }
  }

  void ThrowJobErrors() {
    Fetch();
    const auto jobs = ListJobs(driver_.data(), {});
    PAWL_CHECK_OK(jobs.status());
    for (const JobInfo& job : *jobs) {
      fb::ThrowJobErrorT error;
      error.job = job.key.value();
      error.owner = Worker();
      error.code = "E";
      Do(std::move(error));
    }
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

MemoryDisk MakeDisk(Sample sample) {
  auto disk = std::make_shared<MemoryDisk>();
  {
    const auto driver = Open(disk);
    std::vector<BpmnSource> sources = {SampleModel()};
    if (sample == Sample::kEvents) {
      sources.push_back(BpmnText("events.bpmn", kEventsModel));
    }
    auto deploy = MakeDeployment(sources);
    PAWL_CHECK_OK(deploy.status());
    PAWL_CHECK_OK(driver->Submit(*std::move(deploy)).status);
    PAWL_CHECK_OK(driver->RunUntilIdle());
  }
  return *disk;
}

std::vector<std::string> MakeLog(Sample sample) {
  const auto driver = Open(SampleDisk(sample));
  SampleRun(driver.get()).Run(sample);
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

std::shared_ptr<MemoryDisk> SampleDisk(Sample sample) {
  static const auto make = [](Sample which) {
    return new MemoryDisk(MakeDisk(which));
  };
  static const MemoryDisk* const work = make(Sample::kWork);
  static const MemoryDisk* const events = make(Sample::kEvents);
  return std::make_shared<MemoryDisk>(sample == Sample::kWork ? *work
                                                              : *events);
}

const std::vector<std::string>& SampleLog(Sample sample) {
  static const auto make = [](Sample which) {
    return new std::vector<std::string>(MakeLog(which));
  };
  static const auto* const work = make(Sample::kWork);
  static const auto* const events = make(Sample::kEvents);
  return sample == Sample::kWork ? *work : *events;
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
