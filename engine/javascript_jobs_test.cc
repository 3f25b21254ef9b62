// JavaScript in models, from deployment to the end of an instance. Skips where
// there is nothing that runs it.
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/engine.h"
#include "engine/model/process_builder.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

const absl::Duration kLong = absl::Seconds(60);

class JavaScriptJobs : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const program = std::getenv("PAWL_JAVASCRIPT");
    if (program == nullptr) GTEST_SKIP() << "built without mozjs";
    EngineOptions options;
    options.javascript = program;
    auto engine = Engine::Open(std::move(options));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
  }

  absl::Status Deploy(const std::string& script) {
    return engine_
        ->Deploy(ProcessBuilder("p")
                     .StartEvent()
                     .ScriptTask(
                         "compute", script,
                         {.result_variable = "result", .format = "javascript"})
                     .StartListener("execution.setVariable('before', amount)",
                                    "javascript")
                     .End())
        .status();
  }

  std::unique_ptr<Engine> engine_;
};

TEST_F(JavaScriptJobs, TheScriptsValueAndVariablesAreWritten) {
  ASSERT_TRUE(Deploy("execution.setVariable('twice', amount * 2); "
                     "[before, amount + 1].map(x => x * 10)")
                  .ok());
  const auto instance = engine_->Start("p", {{"amount", 4}});
  ASSERT_TRUE(instance.ok()) << instance.status();
  const auto end = engine_->AwaitEnd(*instance, kLong);
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(end->variables["result"].ToJson(), "[40,50]");
  EXPECT_EQ(end->variables["twice"].ToJson(), "8");
  EXPECT_EQ(end->variables["before"].ToJson(), "4");
}

// The engine goes on at its pace, and a resolved incident runs it again.
TEST_F(JavaScriptJobs, AnEndlessScriptIsAnIncidentAndOthersGoOn) {
  ASSERT_TRUE(Deploy("while (amount > 10) {} amount").ok());
  const auto endless = engine_->Start("p", {{"amount", 11}});
  ASSERT_TRUE(endless.ok());
  const auto quick = engine_->Start("p", {{"amount", 1}});
  ASSERT_TRUE(quick.ok());
  EXPECT_TRUE(engine_->AwaitEnd(*quick, kLong).ok());
  const auto stuck = engine_->AwaitEnd(*endless, kLong);
  EXPECT_TRUE(absl::IsFailedPrecondition(stuck.status())) << stuck.status();
  EXPECT_NE(stuck.status().message().find("script_error"), std::string::npos)
      << stuck.status();
}

TEST_F(JavaScriptJobs, WhatDoesNotCompileIsRefusedWithItsPlace) {
  const absl::Status status = Deploy("let = 5 +");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_NE(status.message().find("'compute'"), std::string::npos) << status;
  EXPECT_NE(status.message().find("expression-syntax"), std::string::npos);
}

// A program that was named has to be there; one that was looked for has not.
TEST(JavaScriptOption, AProgramThatIsMissing) {
  EngineOptions options;
  options.javascript = "no/such/program";
  EXPECT_FALSE(Engine::Open(options).ok());
}

}  // namespace
}  // namespace pawl
