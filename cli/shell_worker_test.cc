#include "cli/shell_worker.h"

#include "base/limits.h"
#include "gtest/gtest.h"

namespace pawl::cli {
namespace {

class ShellWorkerTest : public testing::Test {
 protected:
  void SetUp() override { PrepareShellWorkers(); }

  static JobResult Run(const std::string& command,
                       Variables variables = {{"amount", 120}}) {
    JobInfo job;
    job.key = JobKey(14);
    job.instance = InstanceKey(3);
    job.process_id = "order";
    job.element_id = "charge";
    job.type = "charge-card";
    job.retries = 3;
    job.attempt = 1;
    job.variables = std::move(variables);
    return RunShellWorker(command, ShellJob(job));
  }
};

TEST_F(ShellWorkerTest, VariablesInResultOut) {
  const JobResult result = Run("cat");
  ASSERT_EQ(result.kind(), JobResult::Kind::kDone) << result.message();
  EXPECT_EQ(result.variables().ToJson(), R"({"amount":120})");
}

TEST_F(ShellWorkerTest, NoOutputIsNoResult) {
  const JobResult result = Run("echo");
  EXPECT_EQ(result.kind(), JobResult::Kind::kDone);
  EXPECT_TRUE(result.variables().empty());
}

TEST_F(ShellWorkerTest, EnvironmentNamesTheJob) {
  const JobResult result =
      Run(R"(echo "{\"e\": \"$PAWL_JOB_KEY $PAWL_JOB_TYPE $PAWL_INSTANCE_KEY )"
          R"($PAWL_PROCESS_ID $PAWL_ELEMENT_ID $PAWL_ATTEMPT $PAWL_RETRIES )"
          R"($PAWL_IDEMPOTENCY_KEY\"}")");
  EXPECT_EQ(result.variables()["e"],
            Value("14 charge-card 3 order charge 2 3 pawl-14"));
}

TEST_F(ShellWorkerTest, FailureCarriesTheEndOfStderr) {
  const JobResult result = Run("echo first >&2; echo last >&2; exit 3");
  EXPECT_EQ(result.kind(), JobResult::Kind::kFailed);
  EXPECT_EQ(result.message(), "exit status 3: first\nlast");
  EXPECT_EQ(Run("exit 1").message(), "exit status 1");
  EXPECT_EQ(Run("kill -9 $$").message(), "killed by signal 9");
  const JobResult noisy = Run("yes x | head -100000 >&2; echo end >&2; exit 1");
  EXPECT_LT(noisy.message().size(), 5000u);
  EXPECT_EQ(noisy.message().substr(noisy.message().size() - 3), "end");
}

TEST_F(ShellWorkerTest, OutputMustBeAnObject) {
  EXPECT_EQ(Run("echo '[1]'").kind(), JobResult::Kind::kFailed);
  EXPECT_EQ(Run("echo hello").kind(), JobResult::Kind::kFailed);
}

TEST_F(ShellWorkerTest, LargeInputThatNobodyReads) {
  // More than a pipe holds: a command that ignores it must not block us.
  EXPECT_EQ(Run("exit 0", {{"big", std::string(1 << 20, 'x')}}).kind(),
            JobResult::Kind::kDone);
  EXPECT_EQ(Run("cat", {{"big", std::string(1 << 20, 'x')}})
                .variables()["big"]
                .string()
                .size(),
            size_t{1} << 20);
}

TEST_F(ShellWorkerTest, OutputAtTheLimit) {
  // {"a":"xxx"} of exactly the limit, then one more.
  const auto command = [](size_t bytes) {
    return "printf '{\"a\":\"'; head -c " + std::to_string(bytes - 8) +
           " /dev/zero | tr '\\0' x; printf '\"}'";
  };
  EXPECT_EQ(Run(command(kVariablesBytesMax)).kind(), JobResult::Kind::kDone);
  EXPECT_EQ(Run(command(kVariablesBytesMax + 1)).kind(),
            JobResult::Kind::kFailed);
}

TEST(ParseWorkersTest, SplitsAtTheFirstEquals) {
  const auto workers = ParseWorkers({"a=x=1 y", "b=true"});
  ASSERT_TRUE(workers.ok());
  EXPECT_EQ(workers->at("a"), "x=1 y");
  for (const auto& texts : std::vector<std::vector<std::string>>{
           {"a"}, {"=x"}, {"a="}, {"a=1", "a=2"}}) {
    EXPECT_FALSE(ParseWorkers(texts).ok());
  }
}

}  // namespace
}  // namespace pawl::cli
