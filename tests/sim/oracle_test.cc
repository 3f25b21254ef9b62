// The oracle must catch what it is there for: every test gives it a true log
// and then one lie.
#include "tests/sim/oracle.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/codec.h"
#include "engine/deployment.h"
#include "engine/manual_driver.h"
#include "eventstore/memory_event_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/wrap_command.h"

namespace pawl::sim {
namespace {

using testing::HasSubstr;

fb::CommandUnion Start(std::string key) {
  fb::StartInstanceT start;
  start.process_id = "p";
  start.idempotency_key = std::move(key);
  return Wrap(std::move(start));
}

fb::CommandUnion CompleteTask(uint64_t task) {
  fb::CompleteTaskT complete;
  complete.task = task;
  return Wrap(std::move(complete));
}

// An engine in which a process was deployed (c1) and two instances started (c2,
// c3); the first one's task is done (c4) and a worker has its job.
class OracleTest : public testing::Test {
 protected:
  void SetUp() override {
    ManualDriver::Options options;
    options.observed = true;
    auto opened =
        ManualDriver::Open(std::make_shared<eventstore::MemoryDisk>(), options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    driver_ = *std::move(opened);
    auto deployment = MakeDeployment({ProcessBuilder("p")
                                          .StartEvent()
                                          .UserTask("approve")
                                          .ServiceTask("ship")
                                          .End()});
    ASSERT_TRUE(deployment.ok()) << deployment.status();
    ASSERT_TRUE(Do(1, *std::move(deployment)).status.ok());
    first_ = Do(2, Start("a")).answer.instance;
    second_ = Do(3, Start("b")).answer.instance;
    Tell();
    ASSERT_EQ(oracle_.instances(), 2);
    const uint64_t task = oracle_.Running(first_)->tasks.begin()->first.value();
    ASSERT_TRUE(Do(4, CompleteTask(task)).status.ok());
    Reply fetched = driver_->Fetch({"ship", "w", 5000, 1});
    ASSERT_EQ(fetched.jobs.size(), 1);
    call_ = fetched.jobs[0];
  }

  Reply Do(uint64_t number, fb::CommandUnion command) {
    return driver_->Submit(std::move(command), ActorOf(number));
  }

  using Change = std::function<void(fb::RecordT*)>;
  // Tells the oracle what has become durable; `change` lies about the last
  // record.
  void Tell(const Change& change = nullptr) {
    const Position end = driver_->store().DurableEnd(0);
    const auto tell = [&](Position position, std::string_view bytes) {
      auto record = core::DecodeRecord(bytes);
      EXPECT_TRUE(record.ok()) << record.status();
      if (position == end && change != nullptr) change(record->get());
      oracle_.Durable(position, bytes, **record);
      return true;
    };
    ASSERT_TRUE(
        driver_->store().Read(0, oracle_.position() + 1, end, tell).ok());
  }

  // Ends the first instance (c5).
  Reply End() {
    fb::CancelInstanceT cancel;
    cancel.instance = first_.value();
    Reply reply = Do(5, Wrap(cancel));
    EXPECT_TRUE(reply.status.ok()) << reply.status;
    return reply;
  }

  Failure failure_;
  Oracle oracle_{&failure_};
  std::unique_ptr<ManualDriver> driver_;
  InstanceKey first_;
  InstanceKey second_;
  HandlerCallPtr call_;
};

TEST_F(OracleTest, TheTruthPasses) {
  Tell();
  oracle_.HandedOut(*call_);
  const Reply reply = End();
  Tell();
  oracle_.Replied({5, Wrap([this] {
                     fb::CancelInstanceT cancel;
                     cancel.instance = first_.value();
                     return cancel;
                   }())},
                  reply);
  for (const Observation& seen : driver_->observations()) {
    oracle_.Observed(seen);
  }
  oracle_.QueryAnswered(oracle_.position());
  oracle_.CheckAll(driver_->data(), "now");
  EXPECT_EQ(failure_.text(), "");
  EXPECT_FALSE(oracle_.running().contains(first_));
  EXPECT_TRUE(oracle_.Known(first_));
}

// --- Records -----------------------------------------------------------------

TEST_F(OracleTest, AnEventThatIsMissing) {
  Tell([](fb::RecordT* record) { record->events.pop_back(); });
  EXPECT_THAT(failure_.text(), HasSubstr("decided again"));
}

TEST_F(OracleTest, AFactThatIsNotTheFoldsAnswer) {
  Tell();
  ASSERT_TRUE(Do(6, Start("c")).status.ok());
  Tell([](fb::RecordT* record) { ++record->facts.at(0)->answer; });
  EXPECT_THAT(failure_.text(), HasSubstr("facts"));
}

TEST_F(OracleTest, ACommandThatIsInTheLogTwice) {
  Tell();
  ASSERT_TRUE(Do(4, Start("c")).status.ok());
  Tell();
  EXPECT_THAT(failure_.text(), HasSubstr("c4 is in the log twice"));
}

TEST_F(OracleTest, ACommandThatWasRefusedAndIsInTheLog) {
  Tell();
  const Sent sent{6, Start("c")};
  Reply refused;
  refused.status = absl::FailedPreconditionError("no");
  oracle_.Replied(sent, refused);
  ASSERT_TRUE(Do(6, Start("c")).status.ok());
  Tell();
  EXPECT_THAT(failure_.text(), HasSubstr("c6 was refused and is in the log"));
}

// --- Replies -----------------------------------------------------------------

TEST_F(OracleTest, AnAcknowledgementBeforeTheRecordIsDurable) {
  const Reply reply = Do(6, Start("c"));
  oracle_.Replied({6, Start("c")}, reply);
  EXPECT_THAT(failure_.text(), HasSubstr("acknowledged, but no durable"));
}

TEST_F(OracleTest, ARefusalOfWhatWasDone) {
  Tell();
  Reply refused;
  refused.status = absl::NotFoundError("no task");
  oracle_.Replied({4, CompleteTask(1)}, refused);
  EXPECT_THAT(failure_.text(), HasSubstr("refused"));
}

TEST_F(OracleTest, AnAnswerAboutAnotherSubject) {
  Tell();
  oracle_.Replied({4, CompleteTask(1)}, Reply());
  EXPECT_THAT(failure_.text(), HasSubstr("holds another command"));
}

TEST_F(OracleTest, AStartWhoseKeyLedToAnotherInstance) {
  Tell();
  Reply reply;
  reply.answer.instance = second_;
  oracle_.Replied({2, Start("a")}, reply);
  EXPECT_THAT(failure_.text(), HasSubstr("acknowledged instance"));
}

TEST_F(OracleTest, AnOutcomeThatNobodyKnowsIsNoLie) {
  Reply reply;
  reply.status = absl::UnavailableError("closing");
  oracle_.Replied({9, Start("z")}, reply);
  EXPECT_EQ(failure_.text(), "");
}

// --- Effects -----------------------------------------------------------------

TEST_F(OracleTest, AJobThatIsHandedOutBeforeItsLockIsDurable) {
  oracle_.HandedOut(*call_);
  EXPECT_THAT(failure_.text(), HasSubstr("handed out and isn't durable"));
}

TEST_F(OracleTest, AJobThatIsHandedOutTwice) {
  Tell();
  oracle_.HandedOut(*call_);
  ASSERT_EQ(failure_.text(), "");
  oracle_.HandedOut(*call_);
  EXPECT_THAT(failure_.text(), HasSubstr("handed out twice"));
}

TEST_F(OracleTest, AnObservationOfWhatIsNotDurable) {
  Tell();
  End();
  oracle_.Observed(EndSeen{first_, InstanceState::kCancelled});
  EXPECT_THAT(failure_.text(), HasSubstr("observed: the end"));
}

TEST_F(OracleTest, AnObservationOfAnIncidentThatNeverWas) {
  Tell();
  IncidentInfo incident;
  incident.key = IncidentKey(77);
  oracle_.Observed(incident);
  EXPECT_THAT(failure_.text(), HasSubstr("observed: incident 77"));
}

TEST_F(OracleTest, AnEndThatIsNotDurable) {
  Tell();
  oracle_.SaidEnded(first_, Reply());
  EXPECT_THAT(failure_.text(), HasSubstr("said to have ended"));
}

TEST_F(OracleTest, AnEndWithOtherVariables) {
  Tell();
  End();
  Tell();
  Reply reply;
  reply.end_state = fb::InstanceState::cancelled;
  oracle_.SaidEnded(first_, reply);
  ASSERT_EQ(failure_.text(), "");
  reply.variables.emplace_back("x", "1");
  oracle_.SaidEnded(first_, reply);
  EXPECT_THAT(failure_.text(), HasSubstr("other variables"));
}

TEST_F(OracleTest, AQueryThatSawTheFuture) {
  Tell();
  oracle_.QueryAnswered(oracle_.position() + 1);
  EXPECT_THAT(failure_.text(), HasSubstr("query"));
}

// --- The engine as a whole ---------------------------------------------------

TEST_F(OracleTest, AnEngineThatIsAheadOfTheLog) {
  Tell();
  End();
  oracle_.CheckLive(driver_->data(), "now");
  EXPECT_THAT(failure_.text(), HasSubstr("the engine is at record"));
}

TEST_F(OracleTest, AnIndexEntryThatIsTooMuch) {
  Tell();
  replay::IndexImage image;
  image.Put(core::Index::kTask, "extra", core::EncodeU64(first_.value()));
  oracle_.CheckImage(image);
  EXPECT_THAT(failure_.text(), HasSubstr("index"));
}

TEST_F(OracleTest, ATallyThatIsOneOff) {
  Tell();
  pawl::Tally tally = driver_->data().tally();
  oracle_.CheckTally(tally);
  ASSERT_EQ(failure_.text(), "");
  ++tally.tasks;
  oracle_.CheckTally(tally);
  EXPECT_THAT(failure_.text(), HasSubstr("tally: tasks"));
}

}  // namespace
}  // namespace pawl::sim
