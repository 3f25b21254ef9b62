#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/check.h"
#include "base/limits.h"
#include "engine/door_checks.h"
#include "engine/handler_call.h"
#include "engine/manual_driver.h"
#include "engine/query.h"
#include "replay/replay.h"
#include "replay/verify.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/events_model.h"
#include "tests/fuzz/sample.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using eventstore::MemoryDisk;
using eventstore::MemoryEventStore;

// Enough to bring an instance through the sample process twice.
constexpr int kCommandsMax = 40;

// What an engine may answer to a caller who asks for nonsense.
void CheckAnswer(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
      return;
    default:
      PAWL_CHECK(false) << status;
  }
}

class CommandRun {
 public:
  explicit CommandRun(std::string_view bytes)
      : source_(bytes), disk_(SampleDisk(Sample::kEvents)) {
    Open();
  }

  void Run() {
    for (int i = 0; i < kCommandsMax && !source_.empty(); ++i) Step();
    CheckDigests();
    PAWL_CHECK_OK(driver_->Close());
    driver_.reset();
    auto store = MemoryEventStore::Open(disk_, {.read_only = true}, nullptr);
    PAWL_CHECK_OK(store.status());
    const auto report = replay::Verify(store->get(), {});
    PAWL_CHECK_OK(report.status());
    PAWL_CHECK(report->ok()) << report->difference->text;
  }

 private:
  void Open() {
    auto driver = ManualDriver::Open(disk_, SampleOptions());
    PAWL_CHECK_OK(driver.status());
    driver_ = *std::move(driver);
    PAWL_CHECK_OK(driver_->RunUntilIdle());
  }

  // --- Hostile fields --------------------------------------------------------

  // One of what there is, or any number.
  template <typename Infos, typename KeyOf>
  uint64_t AnyOf(const absl::StatusOr<Infos>& infos, const KeyOf& key_of) {
    PAWL_CHECK_OK(infos.status());
    const uint8_t choice = source_.Byte();
    if (choice >= 250 || infos->empty()) {
      return static_cast<uint64_t>(source_.Number());
    }
    return key_of((*infos)[choice % infos->size()]);
  }
  uint64_t AnyInstance() {
    return AnyOf(ListInstances(driver_->data(), {}),
                 [](const InstanceInfo& i) { return i.key.value(); });
  }
  uint64_t AnyJob() {
    return AnyOf(ListJobs(driver_->data(), {}),
                 [](const JobInfo& i) { return i.key.value(); });
  }
  uint64_t AnyTask() {
    return AnyOf(ListTasks(driver_->data(), {}),
                 [](const TaskInfo& i) { return i.key.value(); });
  }
  uint64_t AnyIncident() {
    return AnyOf(ListIncidents(driver_->data(), {}),
                 [](const IncidentInfo& i) { return i.key.value(); });
  }

  // As the public door lets it in (door_checks.h); the rest stays outside.
  std::string Name() {
    switch (source_.Byte() % 6) {
      case 0:
        return "w1";
      case 1:
        return "mary";
      case 2:
        return "";
      case 3:
        return kSampleJob;
      case 4:
        return std::string(kNameBytesMax, 'x');
      default: {
        std::string name = source_.Text();
        return CheckOptionalName("name", name).ok() ? name : "w2";
      }
    }
  }

  std::vector<std::unique_ptr<fb::VariableT>> Vars() {
    static const char* const kJson[] = {
        "0",        "1",          "-3",        "true",  "null",
        "\"PT0S\"", "\"PT1S\"",   "1e9",       "\"x\"", "[1,[2]]",
        "1e400",    "{\"a\":{}}", "\"P1000Y\""};
    static const char* const kNames[] = {"n", "flag", "wait", "boss", ""};
    std::vector<std::unique_ptr<fb::VariableT>> out;
    for (int left = source_.Byte() % 5; left > 0; --left) {
      auto variable = std::make_unique<fb::VariableT>();
      variable->name = kNames[source_.Below(std::size(kNames))];
      const size_t which = source_.Byte();
      if (which < std::size(kJson)) {
        variable->json = kJson[which];
      } else {
        const auto value = Value::FromJson(source_.Text());
        variable->json = value.ok() ? value->ToJson() : "false";
      }
      out.push_back(std::move(variable));
    }
    return out;
  }

  std::unique_ptr<fb::JobOwnerT> Owner() {
    auto owner = std::make_unique<fb::JobOwnerT>();
    if (source_.Byte() % 8 == 0) {
      owner->epoch = static_cast<uint32_t>(source_.Byte());
      owner->attempt = static_cast<uint32_t>(source_.Number());
    } else {
      owner->worker = Name();
    }
    return owner;
  }

  // --- Steps -----------------------------------------------------------------

  template <typename CommandT>
  void Do(CommandT command) {
    CheckAnswer(driver_->Do(std::move(command), "fuzz").status);
    // A loop of timers whose dates are past never comes to an end.
    CheckAnswer(driver_->RunUntilIdle());
  }

  template <typename CommandT>
  void OnInstance() {
    CommandT command;
    command.instance = AnyInstance();
    Do(std::move(command));
  }

  void Start() {
    fb::StartInstanceT start;
    start.process_id = source_.Byte() < 250 ? kSampleProcess : Name();
    const uint8_t version = source_.Byte();
    if (version >= 250) start.version = static_cast<uint32_t>(source_.Number());
    start.business_key = Name();
    start.idempotency_key = Name();
    start.variables = Vars();
    Do(std::move(start));
  }

  void Fetch() {
    FetchRequest fetch;
    fetch.type = kSampleJob;
    fetch.worker = "w1";
    fetch.lock_ms = 1 + source_.Byte() * 100;
    fetch.max = source_.Byte() % 8;
    CheckAnswer(driver_->Fetch(std::move(fetch)).status);
    CheckAnswer(driver_->RunUntilIdle());
  }

  void OnJob(uint8_t what) {
    switch (what % 6) {
      case 0: {
        fb::LockJobT lock;
        lock.job = AnyJob();
        lock.owner = Owner();
        lock.lock_ms = source_.Number();
        return Do(std::move(lock));
      }
      case 1: {
        fb::ExtendJobLockT extend;
        extend.job = AnyJob();
        extend.owner = Owner();
        extend.lock_ms = source_.Number();
        return Do(std::move(extend));
      }
      case 2: {
        fb::UnlockJobT unlock;
        unlock.job = AnyJob();
        unlock.owner = Owner();
        return Do(std::move(unlock));
      }
      case 3: {
        fb::FailJobT fail;
        fail.job = AnyJob();
        fail.owner = Owner();
        fail.lock_first = source_.Byte() % 2 == 0;
        fail.message = Name();
        fail.retries = static_cast<int32_t>(source_.Number());
        fail.backoff_ms = source_.Number();
        return Do(std::move(fail));
      }
      case 4: {
        fb::ThrowJobErrorT error;
        error.job = AnyJob();
        error.owner = Owner();
        error.lock_first = source_.Byte() % 2 == 0;
        error.code = Name();
        error.variables = Vars();
        return Do(std::move(error));
      }
      default: {
        fb::CompleteJobT complete;
        complete.job = AnyJob();
        complete.owner = Owner();
        complete.lock_first = source_.Byte() % 4 != 0;
        complete.variables = Vars();
        return Do(std::move(complete));
      }
    }
  }

  void ChangeTask() {
    switch (source_.Byte() % 4) {
      case 0: {
        fb::DelegateTaskT delegate;
        delegate.task = AnyTask();
        delegate.user = Name();
        return Do(std::move(delegate));
      }
      case 1: {
        fb::ResolveTaskT resolve;
        resolve.task = AnyTask();
        resolve.variables = Vars();
        return Do(std::move(resolve));
      }
      case 2: {
        fb::SetTaskVariablesT set;
        set.task = AnyTask();
        set.local = source_.Byte() % 2 == 0;
        set.variables = Vars();
        return Do(std::move(set));
      }
      default: {
        fb::ChangeTaskT change;
        change.task = AnyTask();
        change.fields = {static_cast<fb::TaskField>(source_.Byte() % 8),
                         fb::TaskField::assignee};
        change.assignee = Name();
        change.priority = source_.Byte();
        return Do(std::move(change));
      }
    }
  }

  void OnTask(uint8_t what) {
    if (what >= 0xE0) return ChangeTask();
    switch (what % 3) {
      case 0: {
        fb::ClaimTaskT claim;
        claim.task = AnyTask();
        claim.user = Name();
        return Do(std::move(claim));
      }
      case 1: {
        fb::UnclaimTaskT unclaim;
        unclaim.task = AnyTask();
        return Do(std::move(unclaim));
      }
      default: {
        fb::CompleteTaskT complete;
        complete.task = AnyTask();
        complete.user = Name();
        complete.variables = Vars();
        return Do(std::move(complete));
      }
    }
  }

  void Handlers() {
    if (source_.Byte() % 3 == 0) {
      fb::UnregisterHandlerT unregister;
      unregister.type = Name();
      return Do(std::move(unregister));
    }
    fb::RegisterHandlerT handler;
    handler.type = source_.Byte() % 4 == 0 ? Name() : kSampleJob;
    handler.capacity = static_cast<uint32_t>(source_.Number());
    Do(std::move(handler));
  }

  // What handlers were given comes back, done or not.
  void Results() {
    for (HandlerCallPtr& call : driver_->TakeCalls()) {
      const bool done = source_.Byte() % 3 != 0;
      driver_->Finish(std::move(call), done ? JobResult::Done({{"n", 3}})
                                            : JobResult::Failed("no"));
    }
    CheckAnswer(driver_->RunUntilIdle());
  }

  // Hours at most: a lock or timer may come due again and again.
  void Time() {
    const int64_t ms = static_cast<int64_t>(source_.Bits(2)) * 100;
    CheckAnswer(driver_->AdvanceTo(driver_->now_ms() + ms));
  }

  // A name of something in the models, or any that the door lets in.
  std::string EventName() {
    static const char* const kNames[] = {"paid", "order", "go"};
    const size_t which = source_.Byte();
    const std::string name = Name();
    return which < 200 || name.empty() ? kNames[which % std::size(kNames)]
                                       : name;
  }

  void StartEvents() {
    fb::StartInstanceT start;
    start.process_id = kEventsProcess;
    start.business_key = Name();
    start.variables = Vars();
    for (auto [name, json] :
         {std::pair{"n", "2"}, std::pair{"key", "\"k\""},
          std::pair{"flag", "false"}, std::pair{"wait", "\"PT1S\""}}) {
      if (source_.Byte() % 8 == 0) continue;
      start.variables.push_back(std::make_unique<fb::VariableT>());
      start.variables.back()->name = name;
      start.variables.back()->json = json;
    }
    Do(std::move(start));
  }

  void Publish() {
    fb::PublishMessageT publish;
    publish.name = EventName();
    publish.has_key = source_.Byte() % 4 != 0;
    const uint8_t key = source_.Byte();
    if (publish.has_key) {
      publish.correlation_key = key < 200 ? "k" : EventName();
    }
    publish.message_id = source_.Byte() % 4 == 0 ? Name() : "";
    publish.until_ms = driver_->now_ms() + int64_t{source_.Byte()} * 1000;
    publish.all = source_.Byte() % 4 == 0;
    publish.variables = Vars();
    Do(std::move(publish));
  }

  void Activate() {
    static const char* const kElements[] = {"one", "two", "some", "each"};
    fb::ActivateElementsT activate;
    activate.instance = AnyInstance();
    activate.scope = static_cast<uint64_t>(source_.Number());
    for (int left = source_.Byte() % 4; left > 0; --left) {
      activate.elements.push_back(
          kElements[source_.Below(std::size(kElements))]);
    }
    Do(std::move(activate));
  }

  void OnEvents(uint8_t what) {
    switch (what % 6) {
      case 0:
      case 1:
        return StartEvents();
      case 2:
        return Publish();
      case 3: {
        fb::BroadcastSignalT signal;
        signal.name = EventName();
        signal.variables = Vars();
        return Do(std::move(signal));
      }
      case 4: {
        fb::EvaluateConditionsT conditions;
        conditions.variables = Vars();
        conditions.process_id = source_.Byte() % 4 == 0 ? Name() : "";
        conditions.business_key = Name();
        return Do(std::move(conditions));
      }
      default:
        return Activate();
    }
  }

  void Step() {
    const uint8_t what = source_.Byte();
    if (what >= 224) return OnEvents(source_.Byte());
    switch (what % 16) {
      case 0:
      case 1:
        return Start();
      case 2:
        return Fetch();
      case 3:
      case 4:
      case 5:
        return OnJob(source_.Byte());
      case 6:
      case 7:
        return OnTask(source_.Byte());
      case 8: {
        fb::SetVariablesT set;
        set.instance = AnyInstance();
        if (source_.Byte() % 4 == 0) set.scope = AnyInstance();
        set.variables = Vars();
        return Do(std::move(set));
      }
      case 9: {
        fb::ResolveIncidentT resolve;
        resolve.incident = AnyIncident();
        return Do(std::move(resolve));
      }
      case 10:
        return OnInstance<fb::SuspendInstanceT>();
      case 11:
        return OnInstance<fb::ResumeInstanceT>();
      case 12:
        return source_.Byte() % 4 == 0 ? OnInstance<fb::CancelInstanceT>()
                                       : Results();
      case 13:
        return Handlers();
      case 14:
        return Time();
      default:
        return Restart();
    }
  }

  void Restart() {
    if (source_.Byte() % 2 == 0) return CheckDigests();
    driver_.reset();
    Open();
  }

  void CheckDigests() {
    const auto live = driver_->data().StateDigest();
    PAWL_CHECK_OK(live.status());
    driver_->data().ForgetInstances();
    const auto cold = driver_->data().StateDigest();
    PAWL_CHECK_OK(cold.status());
    const auto replayed = replay::Replay(driver_->store(), {});
    PAWL_CHECK_OK(replayed.status());
    PAWL_CHECK(*live == *cold) << "folded from caches: " << *cold;
    PAWL_CHECK(*live == replayed->digest) << "replayed: " << replayed->digest;
  }

  ByteSource source_;
  std::shared_ptr<MemoryDisk> disk_;
  std::unique_ptr<ManualDriver> driver_;
};

}  // namespace

void FuzzCommand(std::string_view bytes) { CommandRun(bytes).Run(); }

}  // namespace pawl::fuzz
