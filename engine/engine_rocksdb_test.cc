// The public door over a directory: what outlives the engine.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/engine.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

BpmnText Process() {
  return BpmnText("p.bpmn", R"(<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t">
<process id="p" isExecutable="true">
  <startEvent id="start"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="charge"/>
  <serviceTask id="charge" camunda:type="external" camunda:topic="charge"/>
  <sequenceFlow id="f2" sourceRef="charge" targetRef="review"/>
  <userTask id="review"/>
  <sequenceFlow id="f3" sourceRef="review" targetRef="end"/>
  <endEvent id="end"/>
</process></definitions>)");
}

class EngineOnDisk : public ::testing::Test {
 protected:
  EngineOnDisk()
      : directory_(
            ::testing::TempDir() + "engine_" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(directory_);
  }
  ~EngineOnDisk() override { std::filesystem::remove_all(directory_); }

  absl::StatusOr<std::unique_ptr<Engine>> TryOpen() {
    EngineOptions options;
    options.directory = directory_;
    options.durability = durability_;
    return Engine::Open(options);
  }
  std::unique_ptr<Engine> Open() {
    auto engine = TryOpen();
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  const std::string directory_;
  Durability durability_ = Durability::kSync;
};

TEST_F(EngineOnDisk, WorkGoesOnAfterAClose) {
  InstanceKey instance;
  std::string digest;
  {
    auto engine = Open();
    ASSERT_TRUE(engine->Deploy(Process()).ok());
    StartOptions options;
    options.idempotency_key = "order-1";
    instance = *engine->Start("p", {{"amount", 3}}, options);
    digest = *engine->StateDigest();
  }
  auto engine = Open();
  StartOptions options;
  options.idempotency_key = "order-1";
  EXPECT_EQ(*engine->Start("p", {}, options), instance);
  ASSERT_TRUE(engine
                  ->RegisterHandler(
                      "charge",
                      [](const Job& job) -> JobResult {
                        return Variables{{"paid", job.variables()["amount"]}};
                      })
                  .ok());
  ASSERT_TRUE(engine->AwaitIdle(absl::Seconds(20)).ok());
  const auto tasks = engine->Tasks();
  ASSERT_EQ(tasks->size(), 1u);
  ASSERT_TRUE(engine->CompleteTask((*tasks)[0].key).ok());
  const auto end = engine->AwaitEnd(instance, absl::Seconds(20));
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->variables["paid"], Value(3));
  EXPECT_NE(*engine->StateDigest(), digest);
  ASSERT_TRUE(engine->Checkpoint().ok());
}

TEST_F(EngineOnDisk, ASecondOpenerIsRefused) {
  auto engine = Open();
  const auto second = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_TRUE(engine->Close().ok());
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(EngineOnDisk, BufferedStoresOutliveTheEngineToo) {
  durability_ = Durability::kBuffered;
  {
    auto engine = Open();
    ASSERT_TRUE(engine->Deploy(Process()).ok());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(engine->Start("p").ok());
  }
  auto engine = Open();
  EXPECT_EQ(engine->Stats()->instances_by_state.at("active"), 100);
}

TEST_F(EngineOnDisk, ADirectoryThatCannotBeMadeIsNamed) {
  EngineOptions options;
  options.directory = directory_ + "/a/b/c";
  const auto engine = Engine::Open(options);
  ASSERT_FALSE(engine.ok());
  EXPECT_NE(engine.status().message().find(options.directory),
            std::string::npos)
      << engine.status();
}

}  // namespace
}  // namespace pawl
