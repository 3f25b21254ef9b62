#include "tests/crash/load.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace pawl::crash {
namespace {

// Every way to wait that this build has: a handler's job, a job that is
// fetched, a task, a join, a timer, a retry.
constexpr char kModel[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
             xmlns:pawl="https://pawl.dev/bpmn/1.0" targetNamespace="crash">
  <process id="crash" isExecutable="true">
    <startEvent id="start"/>
    <parallelGateway id="fork"/>
    <serviceTask id="first" pawl:type="first"/>
    <serviceTask id="fetched" pawl:type="fetched" pawl:retries="1000"/>
    <userTask id="approve"/>
    <parallelGateway id="join"/>
    <intermediateCatchEvent id="pause">
      <timerEventDefinition><timeDuration>PT0.03S</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <serviceTask id="again" pawl:type="again" pawl:retries="3" pawl:backoff="PT0.02S"/>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/>
    <sequenceFlow id="f2" sourceRef="fork" targetRef="first"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="fetched"/>
    <sequenceFlow id="f4" sourceRef="fork" targetRef="approve"/>
    <sequenceFlow id="f5" sourceRef="first" targetRef="join"/>
    <sequenceFlow id="f6" sourceRef="fetched" targetRef="join"/>
    <sequenceFlow id="f7" sourceRef="approve" targetRef="join"/>
    <sequenceFlow id="f8" sourceRef="join" targetRef="pause"/>
    <sequenceFlow id="f9" sourceRef="pause" targetRef="again"/>
    <sequenceFlow id="f10" sourceRef="again" targetRef="end"/>
  </process>
</definitions>
)";

// Instances that this life has started, for the thread that disturbs them.
class Started {
 public:
  void Add(InstanceKey key) {
    std::lock_guard lock(mutex_);
    keys_.push_back(key);
  }
  InstanceKey Pick(std::mt19937& random) {
    std::lock_guard lock(mutex_);
    return keys_.empty() ? InstanceKey() : keys_[random() % keys_.size()];
  }

 private:
  std::mutex mutex_;
  std::vector<InstanceKey> keys_;
};

// A wrong answer ends the child by itself, which the test takes as a failure.
void Require(const absl::Status& status, const char* doing) {
  if (status.ok()) return;
  std::cerr << "crash load: " << doing << ": " << status << std::endl;
  std::_Exit(3);
}

// The instance may have ended, or be suspended, meanwhile.
void RequireOrState(const absl::Status& status, const char* doing) {
  if (status.code() == absl::StatusCode::kFailedPrecondition) return;
  if (status.code() == absl::StatusCode::kNotFound) return;
  Require(status, doing);
}

void SleepMs(uint32_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void StartThread(Engine* engine, AckPipe* pipe, Started* started, int life) {
  for (int i = 0; i < kStartsPerLife; ++i) {
    uint64_t n = static_cast<uint64_t>(life) * kStartsPerLife + i;
    StartOptions options{.business_key = StartName(n),
                         .idempotency_key = StartName(n)};
    auto done = [pipe, started, n](absl::StatusOr<InstanceKey> key) {
      Require(key.status(), "start");
      pipe->Say("start", key->value(), n);
      started->Add(*key);
    };
    if (i % 3 == 0) {
      done(engine->Start("crash", {{"n", n}}, std::move(options)));
    } else {
      engine->StartAsync("crash", {{"n", n}}, std::move(options), done);
    }
  }
}

void DisturbThread(Engine* engine, AckPipe* pipe, Started* started,
                   uint32_t seed) {
  std::mt19937 random(seed);
  for (uint64_t n = 1;; ++n) {
    SleepMs(random() % 4);
    if (random() % 40 == 0) RequireOrState(engine->Checkpoint(), "checkpoint");
    InstanceKey key = started->Pick(random);
    if (!key.valid()) continue;
    if (random() % 4 == 0) {
      absl::Status suspended = engine->Suspend(key);
      RequireOrState(suspended, "suspend");
      SleepMs(random() % 4);
      if (suspended.ok()) Require(engine->Resume(key), "resume");
    } else {
      // Both or none: they are one command.
      absl::Status set = engine->SetVariables(key, {{"p", n}, {"q", n}});
      RequireOrState(set, "set");
      if (set.ok()) pipe->Say("vars", key.value(), n);
    }
  }
}

}  // namespace

std::string StartName(uint64_t n) { return "start-" + std::to_string(n); }

void AckPipe::Say(const std::string& what, uint64_t key, uint64_t number) {
  std::string line =
      what + " " + std::to_string(key) + " " + std::to_string(number) + "\n";
  if (write(fd_, line.data(), line.size()) !=
      static_cast<ssize_t>(line.size())) {
    std::_Exit(4);
  }
}

void AckPipe::OnElementEnded(const ElementObservation& element,
                             bool completed) {
  if (completed) Say("element", element.key.value());
}

void AckPipe::OnInstanceEnded(InstanceKey instance, InstanceState) {
  Say("end", instance.value());
}

EngineOptions LoadOptions(const std::string& directory, Durability durability) {
  return {.directory = directory,
          .durability = durability,
          .handler_threads = 3,
          .cache_bytes = 256u << 10,
          .checkpoint_bytes = 128u << 10,
          .snapshot_records = 8};
}

absl::Status PrepareLoad(Engine* engine, AckPipe* pipe) {
  auto deployed = engine->Deploy(BpmnText("crash.bpmn", kModel));
  if (!deployed.ok()) return deployed.status();
  absl::Status status =
      engine->RegisterHandler("first", [pipe](const Job& job) {
        pipe->Say("hand", job.key().value(), job.attempt());
        SleepMs(job.key().value() % 3);
        int64_t n = static_cast<int64_t>(job.key().value());
        return Variables{{"x", n}, {"y", n}};
      });
  if (!status.ok()) return status;
  return engine->RegisterHandler("again", [pipe](const Job& job) -> JobResult {
    pipe->Say("hand", job.key().value(), job.attempt());
    SleepMs(job.key().value() % 3);
    if (job.attempt() == 1) return JobResult::Failed("the first time it fails");
    return Variables{};
  });
}

absl::Status ApproveOnce(Engine* engine, AckPipe* pipe) {
  auto tasks = engine->Tasks({.limit = 50});
  if (!tasks.ok()) return tasks.status();
  for (const TaskInfo& task : *tasks) {
    absl::Status done = engine->CompleteTask(task.key, {{"approved", true}});
    if (done.ok()) {
      pipe->Say("task", task.key.value());
    } else if (done.code() != absl::StatusCode::kFailedPrecondition &&
               done.code() != absl::StatusCode::kNotFound) {
      return done;
    }
  }
  return absl::OkStatus();
}

absl::Status FetchOnce(Engine* engine, AckPipe* pipe, const std::string& worker,
                       uint32_t seed, bool careless) {
  auto jobs =
      engine->FetchAndLock("fetched", worker, absl::Milliseconds(150), 8);
  if (!jobs.ok()) return jobs.status();
  std::mt19937 random(seed);
  for (const Job& job : *jobs) {
    pipe->Say("lock", job.key().value(), job.attempt());
    uint32_t choice = careless ? random() % 8 : 2;
    if (choice == 0) continue;  // the lock runs out
    absl::Status done =
        choice == 1 ? engine->FailJob(job.key(), worker,
                                      {.message = "not yet",
                                       .retries = 1000,
                                       .backoff = absl::Milliseconds(5)})
                    : engine->CompleteJob(job.key(), worker);
    if (done.ok() && choice != 1) pipe->Say("job", job.key().value());
    // The lock ran out, or the instance is suspended.
    if (!done.ok() && done.code() != absl::StatusCode::kFailedPrecondition) {
      return done;
    }
  }
  return absl::OkStatus();
}

void RunLoad(const std::string& directory, Durability durability, uint32_t seed,
             int life, int fd) {
  AckPipe pipe(fd);
  auto opened = Engine::Open(LoadOptions(directory, durability));
  Require(opened.status(), "open");
  Engine* engine = opened->get();
  engine->AddObserver(&pipe);
  Require(PrepareLoad(engine, &pipe), "prepare");

  Started started;
  std::vector<std::thread> threads;
  threads.emplace_back(StartThread, engine, &pipe, &started, life);
  threads.emplace_back(DisturbThread, engine, &pipe, &started, seed + 1);
  threads.emplace_back([&] {
    for (uint32_t i = 0;; ++i) {
      Require(FetchOnce(engine, &pipe, "worker-" + std::to_string(life),
                        seed + i, true),
              "fetch");
      SleepMs(1);
    }
  });
  while (true) {
    Require(ApproveOnce(engine, &pipe), "approve");
    SleepMs(1);
  }
}

}  // namespace pawl::crash
