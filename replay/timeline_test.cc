#include "replay/timeline.h"

#include <memory>
#include <string>

#include "base/check.h"
#include "engine/deployment.h"
#include "engine/handler_call.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/decoded_record.h"

namespace pawl::replay {
namespace {

class TimelineTest : public testing::Test {
 protected:
  TimelineTest()
      : driver_(
            ManualDriver::Open(std::make_shared<eventstore::MemoryDisk>(), {})
                .value()) {
    const ProcessBuilder model = ProcessBuilder("p")
                                     .StartEvent("start")
                                     .ServiceTask("work", {.type = "work"})
                                     .End("end");
    PAWL_CHECK_OK(driver_->Submit(MakeDeployment({model}).value()).status);
    fb::StartInstanceT start;
    start.process_id = "p";
    start.variables = ToWire(Variables{{"text", "ä\"b"}}).value();
    instance_ = driver_->Do(std::move(start), "ada").answer.instance;
    fb::FailJobT fail;
    core::Instance scratch;
    const core::Instance* state =
        driver_->data().Peek(instance_, &scratch).value();
    fail.job = state->jobs.begin()->first.value();
    fail.owner = std::make_unique<fb::JobOwnerT>();
    fail.owner->worker = "w";
    fail.lock_first = true;
    fail.message = "no route";
    fail.retries = 0;
    PAWL_CHECK_OK(driver_->Do(std::move(fail), "w").status);
  }

  std::unique_ptr<ManualDriver> driver_;
  InstanceKey instance_;
};

TEST_F(TimelineTest, SaysWhatHappenedInWords) {
  const auto entries = ReadTimeline(&driver_->data(), instance_);
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::string text;
  for (const TimelineEntry& entry : *entries) {
    if (!entry.detail) text += entry.text + "\n";
  }
  EXPECT_EQ(text,
            "instance 3 of p version 1 started\n"
            "variables text=\"ä\\\"b\"\n"
            "start event start entered\n"
            "start event start completed\n"
            "sequence flow flow_1 taken, to work\n"
            "service task work entered\n"
            "work: job 6 of type work created, 3 attempts left\n"
            "work: job 6 locked by w until 2001-09-09T01:46:40.000Z, attempt "
            "1\n"
            "work: job 6 failed: no route; 0 attempts left\n"
            "work: incident 7 job_no_retries: no route\n");
}

TEST_F(TimelineTest, EntriesCarryTheirPlace) {
  const auto entries = ReadTimeline(&driver_->data(), instance_);
  ASSERT_TRUE(entries.ok());
  uint32_t sequence = 0;
  for (const TimelineEntry& entry : *entries) {
    EXPECT_EQ(entry.sequence, ++sequence);
    EXPECT_GT(entry.position, 0u);
    EXPECT_FALSE(entry.text.empty()) << entry.event;
  }
  const TimelineEntry& last = entries->back();
  EXPECT_EQ(last.event, "IncidentRaised");
  EXPECT_EQ(last.element_id, "work");
  EXPECT_EQ(last.element_kind, "serviceTask");
  EXPECT_EQ(last.key, 7u);
  EXPECT_EQ(last.actor, "w");
}

TEST_F(TimelineTest, UnknownInstance) {
  EXPECT_EQ(ReadTimeline(&driver_->data(), InstanceKey(99)).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(TimelineTest, RecordsDecodeForReading) {
  const Position end = driver_->store().End(0);
  const auto bytes = driver_->store().ReadOne(0, end);
  ASSERT_TRUE(bytes.ok());
  const auto record = DecodeForReading(*bytes, nullptr);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ((*record)["position"], Value("0:" + std::to_string(end)));
  EXPECT_EQ((*record)["time"], Value("2001-09-09T01:46:40.000Z"));
  EXPECT_EQ((*record)["actor"], Value("w"));
  EXPECT_EQ((*record)["command"], Value("FailJob"));
  EXPECT_EQ((*record)["arguments"]["message"], Value("no route"));
  EXPECT_EQ((*record)["arguments"]["job"], Value("6"));
  const Value& events = (*record)["events"];
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]["event"], Value("JobLocked"));
  EXPECT_EQ(events[0]["instance"], Value("3"));
  // The event's own field, not its name.
  EXPECT_EQ(events[0]["type"], Value("work"));
  EXPECT_EQ(events[2]["type"], Value("job_no_retries"));
  // Without names the element's number is shown.
  EXPECT_TRUE(events[2]["element"].is_number());
}

TEST_F(TimelineTest, DecodesVariablesAsObjectsAndLeavesModelsOut) {
  const auto deploy = driver_->store().ReadOne(0, 2);
  ASSERT_TRUE(deploy.ok());
  const auto deployed = DecodeForReading(*deploy, nullptr);
  ASSERT_TRUE(deployed.ok());
  EXPECT_EQ((*deployed)["command"], Value("Deploy"));
  EXPECT_EQ((*deployed)["events"][1]["event"], Value("DefinitionDeployed"));
  EXPECT_TRUE((*deployed)["events"][1]["model"].is_null());
  EXPECT_TRUE((*deployed)["events"][1]["instance"].is_null());
  const auto start = driver_->store().ReadOne(0, 3);
  ASSERT_TRUE(start.ok());
  EXPECT_EQ(
      (*DecodeForReading(*start, nullptr))["arguments"]["variables"]["text"],
      Value("ä\"b"));
  EXPECT_EQ(DecodeForReading("nonsense", nullptr).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pawl::replay
