#include "engine/executor.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "tests/support/core_harness.h"

namespace pawl {
namespace {

std::shared_ptr<const model::ProcessDefinition> Model() {
  auto model = model::ProcessDefinition::Create(std::make_unique<fb::ProcessT>(
      core::ModelSketch("p")
          .Node("work", fb::ElementKind::service_task)
          .Build()));
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

HandlerCallPtr Call(uint64_t job) {
  static const auto* const model =
      new std::shared_ptr<const model::ProcessDefinition>(Model());
  auto call = std::make_shared<HandlerCall>();
  call->job = JobKey(job);
  call->instance = InstanceKey(job * 10);
  call->model = *model;
  call->element = 1;
  call->type = "work";
  call->epoch = 3;
  call->attempt = 2;
  call->retries = 3;
  call->variables = {{"n", "41"}};
  return call;
}

HandlerWork Work(uint64_t job, JobHandler handler) {
  return {Call(job), std::make_shared<const JobHandler>(std::move(handler))};
}

// Takes finished calls.
class Finished {
 public:
  Executor::Done Done() {
    return [this](HandlerCallPtr call) {
      std::lock_guard<std::mutex> lock(mutex_);
      calls_.push_back(std::move(call));
      changed_.notify_all();
    };
  }
  std::vector<HandlerCallPtr> WaitFor(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return calls_.size() >= count; });
    return calls_;
  }
  size_t size() {
    std::lock_guard<std::mutex> lock(mutex_);
    return calls_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HandlerCallPtr> calls_;
};

TEST(Executor, AHandlerSeesItsJobAndItsAnswerBecomesACommand) {
  Finished finished;
  Executor executor(1, finished.Done());
  executor.Submit({Work(7, [](const Job& job) -> JobResult {
    EXPECT_EQ(job.key(), JobKey(7));
    EXPECT_EQ(job.instance(), InstanceKey(70));
    EXPECT_EQ(job.process_id(), "p");
    EXPECT_EQ(job.element_id(), "work");
    EXPECT_EQ(job.type(), "work");
    EXPECT_EQ(job.attempt(), 2);
    EXPECT_EQ(job.retries(), 3);
    EXPECT_EQ(job.idempotency_key(), "pawl-7");
    EXPECT_FALSE(job.cancelled());
    return Variables{{"n", job.variables()["n"].AsInt64().value() + 1}};
  })});
  const auto calls = finished.WaitFor(1);
  const fb::CompleteJobT* complete = calls[0]->result.AsCompleteJob();
  ASSERT_NE(complete, nullptr);
  EXPECT_EQ(complete->job, 7u);
  EXPECT_EQ(complete->owner->epoch, 3u);
  EXPECT_EQ(complete->owner->attempt, 2u);
  ASSERT_EQ(complete->variables.size(), 1u);
  EXPECT_EQ(complete->variables[0]->json, "42");
}

fb::CommandUnion ResultOf(JobHandler handler) {
  HandlerWork work = Work(1, std::move(handler));
  RunHandler(work);
  return work.call->result;
}

TEST(Executor, EveryKindOfAnswer) {
  const fb::CommandUnion failed = ResultOf([](const Job&) -> JobResult {
    return JobResult::Failed("no").NoRetry().RetryAfter(absl::Seconds(3));
  });
  ASSERT_NE(failed.AsFailJob(), nullptr);
  EXPECT_EQ(failed.AsFailJob()->message, "no");
  EXPECT_EQ(failed.AsFailJob()->retries, 0);
  EXPECT_EQ(failed.AsFailJob()->backoff_ms, 3000);

  const fb::CommandUnion status = ResultOf(
      [](const Job&) -> JobResult { return absl::InternalError("broken"); });
  ASSERT_NE(status.AsFailJob(), nullptr);
  EXPECT_EQ(status.AsFailJob()->message, "INTERNAL: broken");
  EXPECT_EQ(status.AsFailJob()->retries, -1);
  EXPECT_EQ(status.AsFailJob()->backoff_ms, -1);

  const fb::CommandUnion error = ResultOf([](const Job&) -> JobResult {
    return JobResult::BpmnError("DECLINED", "card", {{"why", "limit"}});
  });
  ASSERT_NE(error.AsThrowJobError(), nullptr);
  EXPECT_EQ(error.AsThrowJobError()->code, "DECLINED");
  EXPECT_EQ(error.AsThrowJobError()->variables.size(), 1u);

  const fb::CommandUnion thrown = ResultOf(
      [](const Job&) -> JobResult { throw std::runtime_error("out of luck"); });
  ASSERT_NE(thrown.AsFailJob(), nullptr);
  EXPECT_EQ(thrown.AsFailJob()->message, "exception: out of luck");

  const fb::CommandUnion odd =
      ResultOf([](const Job&) -> JobResult { throw 5; });
  ASSERT_NE(odd.AsFailJob(), nullptr);
}

TEST(Executor, WhatCannotBeRecordedIsAFailureThatSaysSo) {
  const fb::CommandUnion bad = ResultOf([](const Job&) -> JobResult {
    return Variables{{"x", std::string("\xff\xfe")}};
  });
  ASSERT_NE(bad.AsFailJob(), nullptr);
  EXPECT_NE(bad.AsFailJob()->message.find("can't be recorded"),
            std::string::npos);
  const fb::CommandUnion huge = ResultOf([](const Job&) -> JobResult {
    return Variables{{"x", std::string(kVariablesBytesMax, 'x')}};
  });
  ASSERT_NE(huge.AsFailJob(), nullptr);
  EXPECT_NE(huge.AsFailJob()->message.find("kVariablesBytesMax"),
            std::string::npos);
  const fb::CommandUnion fits = ResultOf([](const Job&) -> JobResult {
    // Quotes and the name.
    return Variables{{"x", std::string(kVariablesBytesMax - 3, 'x')}};
  });
  EXPECT_NE(fits.AsCompleteJob(), nullptr);
  const fb::CommandUnion message = ResultOf([](const Job&) -> JobResult {
    return JobResult::Failed(std::string(kMessageBytesMax - 1, 'x') + "ä");
  });
  // Not cut inside the last letter.
  EXPECT_EQ(message.AsFailJob()->message.size(), kMessageBytesMax - 1);
}

TEST(Executor, ACancelledCallIsNotRun) {
  HandlerWork work = Work(1, [](const Job&) -> JobResult {
    ADD_FAILURE();
    return JobResult::Done();
  });
  work.call->cancelled = true;
  RunHandler(work);
  EXPECT_EQ(work.call->result.type, fb::Command::NONE);
}

TEST(Executor, ADamagedVariableIsAFailure) {
  HandlerWork work =
      Work(1, [](const Job&) -> JobResult { return JobResult::Done(); });
  work.call->variables = {{"n", "{"}};
  RunHandler(work);
  ASSERT_NE(work.call->result.AsFailJob(), nullptr);
}

// A handler may wait for another one of its batch: each goes back when it is
// done, and no thread holds on to work that it hasn't begun.
TEST(Executor, HandlersOfABatchDoNotWaitForEachOther) {
  Finished finished;
  Executor executor(2, finished.Done());
  std::atomic<bool> go{false};
  std::vector<HandlerWork> work;
  work.push_back(Work(1, [&](const Job&) -> JobResult {
    while (!go) std::this_thread::yield();
    return JobResult::Done();
  }));
  for (uint64_t i = 2; i <= 20; ++i) {
    work.push_back(Work(i, [&](const Job& job) -> JobResult {
      if (job.key() == JobKey(20)) go = true;
      return JobResult::Done();
    }));
  }
  executor.Submit(std::move(work));
  EXPECT_EQ(finished.WaitFor(20).size(), 20u);
}

TEST(Executor, StopGivesBackWhatIsNotRunning) {
  Finished finished;
  std::atomic<bool> running{false};
  std::atomic<bool> go{false};
  Executor executor(1, finished.Done());
  std::vector<HandlerWork> work;
  work.push_back(Work(1, [&](const Job&) -> JobResult {
    running = true;
    while (!go) std::this_thread::yield();
    return JobResult::Done();
  }));
  for (uint64_t i = 2; i <= 5; ++i) {
    work.push_back(Work(i, [&](const Job&) -> JobResult {
      ADD_FAILURE() << "begun after Stop";
      return JobResult::Done();
    }));
  }
  executor.Submit(std::move(work));
  while (!running) std::this_thread::yield();
  std::thread later([&] {
    finished.WaitFor(4);
    go = true;
  });
  EXPECT_EQ(executor.Stop(absl::InfiniteDuration()), 0u);
  later.join();
  EXPECT_EQ(finished.size(), 5u);
  executor.Submit({Work(6, [](const Job&) -> JobResult {
    ADD_FAILURE();
    return JobResult::Done();
  })});
  EXPECT_EQ(finished.size(), 6u);
}

TEST(Executor, StopLeavesAHandlerThatDoesNotReturn) {
  auto finished = std::make_shared<Finished>();
  auto go = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> running{false};
  {
    Executor executor(2, [finished](HandlerCallPtr call) {
      finished->Done()(std::move(call));
    });
    executor.Submit({Work(1, [go, &running](const Job&) -> JobResult {
      running = true;
      while (!*go) std::this_thread::yield();
      return JobResult::Done();
    })});
    while (!running) std::this_thread::yield();
    EXPECT_EQ(executor.Stop(absl::Milliseconds(1)), 1u);
  }
  // The executor is gone; the handler comes to its end all the same.
  *go = true;
  EXPECT_EQ(finished->WaitFor(1).size(), 1u);
}

}  // namespace
}  // namespace pawl
