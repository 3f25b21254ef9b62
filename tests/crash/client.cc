#include "tests/crash/client.h"

#include <condition_variable>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "engine/convert.h"
#include "engine/deployment.h"
#include "engine/query.h"

namespace pawl::crash {
namespace {

using What = Step::What;

constexpr char kWorker[] = "w";
// As in the model.
constexpr int kFlakyRetries = 9;
constexpr int64_t kLockMs = 60'000;

template <typename CommandT>
Reply Call(Driver* driver, CommandT command) {
  CommandRequest request;
  request.command.Set(std::move(command));
  return driver->CallFor(Request{0, std::move(request)}, kPatience);
}

template <typename Query>
absl::Status Ask(Driver* driver, Query query) {
  QueryRequest request;
  request.run = std::move(query);
  return driver->CallFor(Request{0, std::move(request)}, kPatience).status;
}

absl::Status Wrong(const Step& step, const std::string& what) {
  return absl::InternalError(absl::StrCat(ToString(step), ": ", what));
}

bool Refused(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

std::unique_ptr<fb::JobOwnerT> Owner() {
  auto owner = std::make_unique<fb::JobOwnerT>();
  owner->worker = kWorker;
  return owner;
}

std::unique_ptr<fb::VariableT> Number(const char* name, int64_t value) {
  auto variable = std::make_unique<fb::VariableT>();
  variable->name = name;
  variable->json = std::to_string(value);
  return variable;
}

}  // namespace

void Client::Acknowledge(fb::Event event, uint64_t key, const Step& step) {
  acks_.push_back({event, key, ++times_[{event, key}], ToString(step)});
}

InstanceKey Client::InstanceOf(const Step& step) const {
  const auto it = instances_.find(step.instance);
  return it == instances_.end() ? InstanceKey() : it->second;
}

void Client::Hand(uint64_t job, int attempt) {
  const std::lock_guard<std::mutex> lock(handed_mutex_);
  if (handed_.emplace(job, attempt).second) return;
  handed_twice_ = absl::StrCat("attempt ", attempt, " of job ", job,
                               " was given out twice");
}

absl::Status Client::RegisterHandlers(Driver* driver) {
  PAWL_RETURN_IF_ERROR(driver->RegisterHandler(
      "auto",
      [this](const Job& job) {
        Hand(job.key().value(), job.attempt());
        return Variables{{"x", 1}, {"y", 1}};
      },
      100));
  return driver->RegisterHandler(
      "flaky",
      [this](const Job& job) -> JobResult {
        Hand(job.key().value(), job.attempt());
        // By what is recorded: an attempt may be lost with its engine.
        if (job.retries() == kFlakyRetries) {
          return JobResult::Failed("the first time");
        }
        return Variables{{"z", 1}};
      },
      100);
}

absl::Status Client::GoOn(Driver* driver) {
  PAWL_RETURN_IF_ERROR(RegisterHandlers(driver));
  PAWL_RETURN_IF_ERROR(AwaitIdle(driver));
  for (; next_ < workload_.steps.size(); ++next_) {
    const Step& step = workload_.steps[next_];
    if (!answered_) {
      const absl::Status done = Do(driver, step);
      // Only an engine that failed leaves it open what happened.
      in_doubt_ |= !done.ok();
      PAWL_RETURN_IF_ERROR(done);
      ++commands_;
      answered_ = true;
    }
    PAWL_RETURN_IF_ERROR(AwaitIdle(driver));
    in_doubt_ = false;
    answered_ = false;
  }
  return absl::OkStatus();
}

absl::Status Client::AwaitIdle(Driver* driver) {
  return driver->CallFor(Request{0, AwaitIdleRequest{}}, kPatience).status;
}

absl::Status Client::Do(Driver* driver, const Step& step) {
  switch (step.what) {
    case What::kDeploy:
      return Deploy(driver);
    case What::kStart:
      return Start(driver, step);
    case What::kCompleteTask:
    case What::kClaimTask:
      return ActOnTask(driver, step);
    case What::kFetch:
      return Fetch(driver, step);
    case What::kCompleteJob:
    case What::kFailJob:
    case What::kThrowError:
      return ActOnJob(driver, step);
    case What::kSetVariables:
    case What::kSuspend:
    case What::kResume:
    case What::kCancel:
      return ActOnInstance(driver, step);
    case What::kBurst:
      return Burst(driver, step);
    case What::kResolve:
      return Resolve(driver, step);
    case What::kAdvance:
      clock_.AdvanceTo(kBeginMs + step.number);
      return absl::OkStatus();
    case What::kCheckpoint:
      return driver->CallFor(Request{0, CheckpointRequest{}}, kPatience).status;
  }
  return absl::InternalError("no such step");
}

absl::Status Client::Deploy(Driver* driver) {
  static const std::vector<BpmnSource>& models =
      *new std::vector<BpmnSource>(WorkloadModels());
  PAWL_ASSIGN_OR_RETURN(fb::CommandUnion command, MakeDeployment(models));
  const Reply reply = driver->CallFor(
      Request{0, CommandRequest{std::move(command), ""}}, kPatience);
  PAWL_RETURN_IF_ERROR(reply.status);
  for (const auto& deployed : reply.answer.deployed) {
    Acknowledge(fb::Event::DefinitionDeployed, deployed.key.value(), {});
  }
  return absl::OkStatus();
}

absl::Status Client::Start(Driver* driver, const Step& step) {
  fb::StartInstanceT command;
  command.process_id = step.id;
  command.business_key = absl::StrCat("i", step.instance);
  command.idempotency_key = command.business_key;
  command.variables.push_back(Number("n", step.number));
  const Reply reply = Call(driver, std::move(command));
  PAWL_RETURN_IF_ERROR(reply.status);
  if (reply.answer.seen_before && !in_doubt_) {
    return Wrong(step, "was started before");
  }
  instances_[step.instance] = reply.answer.instance;
  Acknowledge(fb::Event::InstanceStarted, reply.answer.instance.value(), step);
  return absl::OkStatus();
}

absl::Status Client::ActOnTask(Driver* driver, const Step& step) {
  std::vector<TaskInfo> tasks;
  PAWL_RETURN_IF_ERROR(Ask(driver, [&](PartitionData& data) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(tasks,
                          ListTasks(data, {.instance = InstanceOf(step)}));
    return absl::OkStatus();
  }));
  std::erase_if(tasks,
                [&](const TaskInfo& t) { return t.element_id != step.id; });
  if (tasks.empty()) {
    return in_doubt_ ? absl::OkStatus() : Wrong(step, "no such task");
  }
  const uint64_t task = tasks.front().key.value();
  if (step.what == What::kClaimTask) {
    fb::ClaimTaskT command;
    command.task = task;
    command.user = "mary";
    const absl::Status status = Call(driver, std::move(command)).status;
    if (Refused(status))
      return in_doubt_ ? absl::OkStatus() : Wrong(step, status.ToString());
    PAWL_RETURN_IF_ERROR(status);
    if (tasks.front().assignee.empty()) {
      Acknowledge(fb::Event::TaskAssigned, task, step);
    }
    return absl::OkStatus();
  }
  fb::CompleteTaskT command;
  command.task = task;
  const absl::Status status = Call(driver, std::move(command)).status;
  if (Refused(status)) return Wrong(step, status.ToString());
  PAWL_RETURN_IF_ERROR(status);
  Acknowledge(fb::Event::TaskCompleted, task, step);
  return absl::OkStatus();
}

absl::Status Client::Fetch(Driver* driver, const Step& step) {
  const Reply reply = driver->CallFor(
      Request{0, FetchRequest{step.id, kWorker, kLockMs, 1}}, kPatience);
  PAWL_RETURN_IF_ERROR(reply.status);
  for (const HandlerCallPtr& call : reply.jobs) {
    Acknowledge(fb::Event::JobLocked, call->job.value(), step);
  }
  return absl::OkStatus();
}

absl::Status Client::ActOnJob(Driver* driver, const Step& step) {
  std::vector<JobInfo> jobs;
  PAWL_RETURN_IF_ERROR(Ask(driver, [&](PartitionData& data) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(jobs, ListJobs(data, {.instance = InstanceOf(step)}));
    return absl::OkStatus();
  }));
  std::erase_if(jobs,
                [&](const JobInfo& j) { return j.element_id != step.id; });
  if (jobs.empty()) {
    return in_doubt_ ? absl::OkStatus() : Wrong(step, "no such job");
  }
  const uint64_t job = jobs.front().key.value();
  absl::Status status;
  fb::Event event = fb::Event::JobCompleted;
  if (step.what == What::kCompleteJob) {
    fb::CompleteJobT command;
    command.job = job;
    command.owner = Owner();
    command.lock_first = true;
    status = Call(driver, std::move(command)).status;
  } else if (step.what == What::kFailJob) {
    fb::FailJobT command;
    command.job = job;
    command.owner = Owner();
    command.lock_first = true;
    command.message = "on purpose";
    command.retries = static_cast<int32_t>(step.number);
    event = fb::Event::JobFailed;
    status = Call(driver, std::move(command)).status;
  } else {
    fb::ThrowJobErrorT command;
    command.job = job;
    command.owner = Owner();
    command.lock_first = true;
    command.code = "nobody-catches-this";
    event = fb::Event::JobErrorThrown;
    status = Call(driver, std::move(command)).status;
  }
  if (Refused(status)) {
    return in_doubt_ ? absl::OkStatus() : Wrong(step, status.ToString());
  }
  PAWL_RETURN_IF_ERROR(status);
  Acknowledge(event, job, step);
  return absl::OkStatus();
}

absl::Status Client::ActOnInstance(Driver* driver, const Step& step) {
  const uint64_t key = InstanceOf(step).value();
  absl::Status status;
  fb::Event event;
  if (step.what == What::kSetVariables) {
    fb::SetVariablesT command;
    command.instance = key;
    for (const char* name : {"n", "p", "q"}) {
      command.variables.push_back(Number(name, step.number));
    }
    event = fb::Event::VariablesWritten;
    status = Call(driver, std::move(command)).status;
  } else if (step.what == What::kSuspend) {
    fb::SuspendInstanceT command;
    command.instance = key;
    event = fb::Event::InstanceSuspended;
    status = Call(driver, std::move(command)).status;
  } else if (step.what == What::kResume) {
    fb::ResumeInstanceT command;
    command.instance = key;
    event = fb::Event::InstanceResumed;
    status = Call(driver, std::move(command)).status;
  } else {
    fb::CancelInstanceT command;
    command.instance = key;
    event = fb::Event::InstanceEnded;
    status = Call(driver, std::move(command)).status;
  }
  if (Refused(status)) {
    return in_doubt_ ? absl::OkStatus() : Wrong(step, status.ToString());
  }
  PAWL_RETURN_IF_ERROR(status);
  Acknowledge(event, key, step);
  return absl::OkStatus();
}

absl::Status Client::Burst(Driver* driver, const Step& step) {
  // Outlives this call when an answer doesn't come in time.
  struct Answers {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<absl::Status> of_commands;
    std::vector<absl::Status> all;
  };
  const auto answers = std::make_shared<Answers>();
  const auto post = [&](Request request, bool is_command) {
    driver->Post(std::move(request), [answers, is_command](Reply reply) {
      const std::lock_guard<std::mutex> lock(answers->mutex);
      if (is_command) answers->of_commands.push_back(reply.status);
      answers->all.push_back(std::move(reply.status));
      answers->changed.notify_one();
    });
  };
  const uint64_t key = InstanceOf(step).value();
  for (int i = 1; i <= kBurstCommands; ++i) {
    fb::SetVariablesT command;
    command.instance = key;
    for (const char* name : {"p", "q"}) {
      command.variables.push_back(
          Number(name, step.number - kBurstCommands + i));
    }
    CommandRequest request;
    request.command.Set(std::move(command));
    post(Request{0, std::move(request)}, true);
    if (i == kBurstCommands / 2) post(Request{0, CheckpointRequest{}}, false);
    // Some of them become a round of their own.
    if (i % 3 == 0) absl::SleepFor(absl::Microseconds(100));
  }
  std::unique_lock<std::mutex> lock(answers->mutex);
  const bool answered = answers->changed.wait_for(
      lock, absl::ToChronoSeconds(kPatience),
      [&] { return answers->all.size() == kBurstCommands + 1; });
  for (const absl::Status& status : answers->of_commands) {
    if (!status.ok()) continue;
    Acknowledge(fb::Event::VariablesWritten, key, step);
    ++commands_;
  }
  if (!answered) return absl::DeadlineExceededError("a burst isn't answered");
  for (const absl::Status& status : answers->all) {
    if (Refused(status)) return Wrong(step, status.ToString());
    PAWL_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status Client::Resolve(Driver* driver, const Step& step) {
  std::vector<IncidentInfo> incidents;
  PAWL_RETURN_IF_ERROR(Ask(driver, [&](PartitionData& data) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(incidents,
                          ListIncidents(data, {.instance = InstanceOf(step)}));
    return absl::OkStatus();
  }));
  if (incidents.empty() && !in_doubt_) return Wrong(step, "no incident");
  for (const IncidentInfo& incident : incidents) {
    fb::ResolveIncidentT command;
    command.incident = incident.key.value();
    const absl::Status status = Call(driver, std::move(command)).status;
    if (Refused(status)) return Wrong(step, status.ToString());
    PAWL_RETURN_IF_ERROR(status);
    Acknowledge(fb::Event::IncidentResolved, incident.key.value(), step);
  }
  return absl::OkStatus();
}

// --- The expected state ------------------------------------------------------

std::string Client::Compare(const LogFacts& facts) {
  for (const Ack& ack : acks_) {
    if (facts.count(ack.event, ack.key) < ack.times) {
      return absl::StrCat("acknowledged, and not in the log: ", ack.step,
                          ", key ", ack.key);
    }
  }
  const std::lock_guard<std::mutex> lock(handed_mutex_);
  if (!handed_twice_.empty()) return handed_twice_;
  for (const auto& [job, attempt] : handed_) {
    if (facts.attempt(job) < attempt) {
      return absl::StrCat("attempt ", attempt, " of job ", job,
                          " was given out, and the log has ",
                          facts.attempt(job));
    }
  }
  for (const auto& [node, times] : facts.completions()) {
    if (times != 1) {
      return absl::StrCat("node ", node.second, " of instance ",
                          node.first.value(), " was completed ", times,
                          " times");
    }
  }
  const std::vector<std::string> wrong = facts.Contradictions();
  return wrong.empty() ? "" : wrong.front();
}

std::string Client::Outcome(const LogFacts& facts) const {
  std::map<std::string, std::string> outcomes;
  for (const auto& [key, instance] : facts.instances()) {
    std::string text = absl::StrCat(fb::EnumNameInstanceState(instance.state),
                                    instance.ended() ? "" : " RUNS", ",");
    for (auto it = facts.completions().lower_bound({key, 0});
         it != facts.completions().end() && it->first.first == key; ++it) {
      absl::StrAppend(&text, " ", it->first.second, "x", it->second);
    }
    for (auto it = facts.variables().lower_bound({key, ""});
         it != facts.variables().end() && it->first.first == key; ++it) {
      absl::StrAppend(&text, " ", it->first.second, "=", it->second);
    }
    outcomes[absl::StrCat(instance.business_key, " ", instance.process_id)] +=
        text + "\n";
  }
  std::string all;
  for (const auto& [name, text] : outcomes) {
    absl::StrAppend(&all, name, ": ", text);
  }
  return all;
}

}  // namespace pawl::crash
