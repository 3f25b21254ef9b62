#include "replay/verify.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/core/project.h"
#include "engine/deployment.h"
#include "engine/handler_call.h"
#include "engine/manual_driver.h"
#include "engine/partition_data.h"
#include "engine/tally.h"
#include "eventstore/memory_event_store.h"
#include "gtest/gtest.h"
#include "replay/rebuild.h"
#include "replay/replay.h"
#include "replay/verify_progress.h"

namespace pawl::replay {
namespace {

using eventstore::MemoryDisk;
using eventstore::MemoryEventStore;

ProcessBuilder Model() {
  return ProcessBuilder("p")
      .StartEvent("start")
      .ServiceTask("work", {.type = "work"})
      .UserTask("check")
      .TimerCatch("wait", "PT1H")
      .End("end");
}

// A log of several instances in all stages, and the digest of its engine.
struct History {
  std::vector<std::string> records;
  std::string digest;
};

History MakeHistory() {
  auto driver = ManualDriver::Open(std::make_shared<MemoryDisk>(), {}).value();
  PAWL_CHECK_OK(driver->Submit(MakeDeployment({Model()}).value()).status);
  std::vector<uint64_t> jobs;
  for (int i = 0; i < 3; ++i) {
    fb::StartInstanceT start;
    start.process_id = "p";
    start.business_key = "key";
    start.idempotency_key = "start" + std::to_string(i);
    start.variables = ToWire(Variables{{"n", i}}).value();
    PAWL_CHECK_OK(driver->Do(std::move(start), "ada").status);
  }
  for (const HandlerCallPtr& job :
       driver->Fetch({"work", "w", 60'000, 2}).jobs) {
    fb::CompleteJobT complete;
    complete.job = job->job.value();
    complete.owner = std::make_unique<fb::JobOwnerT>();
    complete.owner->worker = "w";
    complete.variables = ToWire(Variables{{"done", true}}).value();
    PAWL_CHECK_OK(driver->Do(std::move(complete), "w").status);
  }
  core::Instance scratch;
  const core::Instance* first =
      driver->data().Peek(InstanceKey(3), &scratch).value();
  fb::CompleteTaskT task;
  task.task = first->tasks.begin()->first.value();
  PAWL_CHECK_OK(driver->Do(std::move(task), "ada").status);
  PAWL_CHECK_OK(driver->AdvanceTo(driver->now_ms() + 2 * 3600 * 1000));
  History history;
  PAWL_CHECK_OK(driver->store().Read(0, 1, driver->store().End(0),
                                     [&](Position, std::string_view record) {
                                       history.records.emplace_back(record);
                                       return true;
                                     }));
  history.digest = driver->data().StateDigest().value();
  return history;
}

using Mutation = std::function<void(fb::RecordT*)>;

class VerifyTest : public testing::Test {
 protected:
  // A store with the history, its record at `position` changed.
  void Fill(Position position = 0, const Mutation& mutate = nullptr) {
    history_ = MakeHistory();
    disk_ = std::make_shared<MemoryDisk>();
    store_ = MemoryEventStore::Open(disk_, {.partitions = 1}, nullptr,
                                    MemoryEventStore::Completion::kAtOnce)
                 .value();
    if (position > 0) {
      std::string& bytes = history_.records[position - 1];
      const auto record = core::DecodeRecord(bytes).value();
      mutate(record.get());
      bytes = core::EncodeRecord(*record);
    }
    PAWL_CHECK_OK(store_->Append(0, 1, history_.records));
  }

  // A cache takes the log's tail once.
  void Reopen() {
    store_.reset();
    store_ = MemoryEventStore::Open(disk_, {.partitions = 1}, nullptr,
                                    MemoryEventStore::Completion::kAtOnce)
                 .value();
  }

  // Writes caches as of the log's end, with a snapshot of every instance.
  void WriteCaches() {
    Reopen();
    PartitionDataOptions options;
    options.snapshot_records = 0;
    PartitionData data(store_.get(), 0, options);
    PAWL_CHECK_OK(data.Recover());
    data.SetReadable(store_->End(0));
    PAWL_CHECK_OK(data.Checkpoint());
  }

  // Changes the caches as they are on disk.
  void Tamper(const std::function<void(eventstore::CacheView&)>& change) {
    change(store_->Cache(0));
    PAWL_CHECK_OK(store_->Cache(0).Checkpoint(store_->End(0)));
  }

  // The position of the first record with this command.
  Position Find(fb::Command command) const {
    for (size_t i = 0; i < history_.records.size(); ++i) {
      if (core::DecodeRecord(history_.records[i]).value()->command.type ==
          command) {
        return i + 1;
      }
    }
    ADD_FAILURE() << fb::EnumNameCommand(command);
    return 1;
  }

  VerifyReport Verify() {
    auto report = replay::Verify(store_.get(), {});
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : VerifyReport();
  }

  History history_ = MakeHistory();
  std::shared_ptr<MemoryDisk> disk_;
  std::unique_ptr<MemoryEventStore> store_;
};

TEST_F(VerifyTest, SoundStore) {
  Fill();
  VerifyReport report = Verify();
  EXPECT_TRUE(report.ok()) << report.difference->text;
  EXPECT_EQ(report.digest, history_.digest);
  EXPECT_EQ(report.records, history_.records.size());
  EXPECT_EQ(report.decisions, history_.records.size());
  EXPECT_EQ(report.instances, 3u);
  EXPECT_GT(report.facts, 0u);
  EXPECT_GT(report.index_entries, 0u);
  EXPECT_EQ(report.snapshots, 0u);

  WriteCaches();
  report = Verify();
  EXPECT_TRUE(report.ok()) << report.difference->text;
  EXPECT_EQ(report.digest, history_.digest);
  EXPECT_EQ(report.snapshots, 3u);
}

TEST_F(VerifyTest, SinceARecordDecidesTheLaterOnesAgain) {
  const Position position = Find(fb::Command::CompleteJob);
  Fill(position, [](fb::RecordT* record) {
    record->command.AsCompleteJob()->variables[0]->json = "false";
  });
  VerifyOptions options;
  options.since = {position};
  const VerifyReport with = replay::Verify(store_.get(), options).value();
  ASSERT_FALSE(with.ok());
  EXPECT_EQ(with.difference->position, position);
  options.since = {position + 1};
  Reopen();
  const VerifyReport without = replay::Verify(store_.get(), options).value();
  EXPECT_TRUE(without.ok()) << without.difference->text;
  EXPECT_EQ(without.decisions, history_.records.size() - position);
  EXPECT_EQ(without.records, history_.records.size());
  EXPECT_FALSE(without.digest.empty());
}

TEST_F(VerifyTest, ASampleComparesSnapshotsAllTheSame) {
  Fill();
  WriteCaches();
  VerifyOptions options;
  options.sample = 1'000'000'007;  // no instance
  const VerifyReport report = replay::Verify(store_.get(), options).value();
  EXPECT_TRUE(report.ok()) << report.difference->text;
  EXPECT_EQ(report.snapshots, 3u);
  EXPECT_EQ(report.digest, history_.digest);
  // Deployment, opening: no instance's.
  EXPECT_GT(report.decisions, 0u);
  EXPECT_LT(report.decisions, history_.records.size());
  options.sample = 1;
  EXPECT_EQ(replay::Verify(store_.get(), options).value().decisions,
            history_.records.size());
}

TEST_F(VerifyTest, ASampleIsTheSameEachTime) {
  Fill();
  bool fewer = false;
  for (uint64_t sample = 2; sample <= 5; ++sample) {
    VerifyOptions options;
    options.sample = sample;
    Reopen();
    const uint64_t first =
        replay::Verify(store_.get(), options).value().decisions;
    Reopen();
    EXPECT_EQ(replay::Verify(store_.get(), options).value().decisions, first);
    fewer = fewer || first < history_.records.size();
  }
  EXPECT_TRUE(fewer);
}

TEST_F(VerifyTest, GoesOnWhereTheSameBuildStopped) {
  Fill();
  const std::string path = testing::TempDir() + "verify_progress";
  std::filesystem::remove(path);
  const auto decisions = [&](uint64_t sample) {
    Reopen();
    const auto progress =
        VerifyProgress::Open(path, store_.get(), sample).value();
    VerifyOptions options;
    options.since = progress->since();
    options.sample = sample;
    options.agreed = [&](PartitionId partition, Position position) {
      return progress->Agreed(partition, position);
    };
    const VerifyReport report = replay::Verify(store_.get(), options).value();
    EXPECT_TRUE(report.ok()) << report.difference->text;
    return report.decisions;
  };
  const auto restarted = [&](uint64_t sample) {
    return VerifyProgress::Open(path, store_.get(), sample)
        .value()
        ->restarted();
  };
  EXPECT_EQ(restarted(1), "");
  EXPECT_EQ(decisions(1), history_.records.size());
  EXPECT_EQ(decisions(1), 0u);
  EXPECT_EQ(restarted(1), "");
  // What a build decided says nothing of another, nor a sample of the rest.
  EXPECT_NE(restarted(2), "");
  std::string text;
  std::getline(std::ifstream(path), text, '\0');
  const auto write = [&](const std::string& changed) {
    std::ofstream(path, std::ios::trunc) << changed;
  };
  std::string other = text;
  other[other.find("build ") + 6] ^= 1;
  write(other);
  EXPECT_NE(restarted(1), "");
  EXPECT_EQ(decisions(1), history_.records.size());
  // Of another store: the last record is another.
  other = text;
  other[other.size() - 2] = other[other.size() - 2] == '0' ? '1' : '0';
  write(other);
  EXPECT_EQ(restarted(1), "is of another store");
  write(text.substr(0, text.size() - 19) + "x");
  EXPECT_EQ(restarted(1), "is damaged");
  EXPECT_EQ(decisions(1), history_.records.size());
  std::filesystem::remove(path);
}

TEST_F(VerifyTest, EmptyStore) {
  disk_ = std::make_shared<MemoryDisk>();
  store_ = MemoryEventStore::Open(disk_, {.partitions = 1}, nullptr).value();
  EXPECT_TRUE(Verify().ok());
}

TEST_F(VerifyTest, CommandThatNowDecidesOtherwise) {
  const Position position = Find(fb::Command::CompleteJob);
  Fill(position, [](fb::RecordT* record) {
    record->command.AsCompleteJob()->variables[0]->json = "false";
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kDecision);
  EXPECT_EQ(report.difference->position, position);
  EXPECT_EQ(report.difference->command, Value("CompleteJob"));
  EXPECT_FALSE(report.difference->recorded == report.difference->decided);
  EXPECT_EQ(
      report.difference->recorded[report.difference->first_event]["event"],
      Value("VariablesWritten"));
}

TEST_F(VerifyTest, EventsThatNoDecisionGave) {
  // The order of two lifecycle events: the fold takes it, Decide never gave it.
  const Position position = Find(fb::Command::CompleteTask);
  Fill(position, [](fb::RecordT* record) {
    for (fb::EventUnion& event : record->events) {
      if (auto* completed = event.AsTaskCompleted()) completed->user = "eve";
    }
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->position, position);
}

TEST_F(VerifyTest, FactThatTheLogContradicts) {
  const Position position = Find(fb::Command::StartInstance);
  Fill(position, [](fb::RecordT* record) {
    for (auto& fact : record->facts) {
      if (fact->lookup == fb::Lookup::idempotency_seen) fact->number = 7;
      if (fact->lookup == fb::Lookup::definition) fact->answer3 ^= 1;
    }
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kFact);
  EXPECT_EQ(report.difference->position, position);
  EXPECT_NE(report.difference->text.find("definition('p')"), std::string::npos)
      << report.difference->text;
}

TEST_F(VerifyTest, QuestionThatWasNotAsked) {
  const Position position = Find(fb::Command::StartInstance);
  Fill(position, [](fb::RecordT* record) {
    std::erase_if(record->facts, [](const auto& fact) {
      return fact->lookup == fb::Lookup::handler_for;
    });
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kDecision);
  EXPECT_NE(report.difference->text.find("handler_for"), std::string::npos)
      << report.difference->text;
}

TEST_F(VerifyTest, CommandThatIsNowRefused) {
  const Position position = Find(fb::Command::CompleteJob);
  Fill(position, [](fb::RecordT* record) {
    record->command.AsCompleteJob()->owner->worker = "somebody";
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->position, position);
  EXPECT_NE(report.difference->text.find("refuses"), std::string::npos);
}

TEST_F(VerifyTest, RecordsThatDoNotFitAreDamage) {
  for (const Mutation& mutation : std::vector<Mutation>{
           [](fb::RecordT* record) { record->position += 1; },
           [](fb::RecordT* record) { record->time_ms = 5; },
           [](fb::RecordT* record) { record->partition = 3; },
           [](fb::RecordT* record) { record->touched[0]->first_sequence += 1; },
           [](fb::RecordT* record) { record->touched[0]->count += 1; }}) {
    const Position position = Find(fb::Command::CompleteJob);
    Fill(position, mutation);
    const auto report = replay::Verify(store_.get(), {});
    // Where Decide sees it first it is a difference, otherwise damage; never
    // nothing.
    EXPECT_TRUE(!report.ok() || !report->ok());
    if (!report.ok()) {
      EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
      EXPECT_NE(std::string(report.status().message())
                    .find("0:" + std::to_string(position)),
                std::string::npos)
          << report.status();
    }
  }
}

TEST_F(VerifyTest, DamagedLog) {
  Fill();
  const Position middle = history_.records.size() / 2;
  disk_->FlipByte(0, middle, 20);
  const auto report = replay::Verify(store_.get(), {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(std::string(report.status().message())
                .find("0:" + std::to_string(middle)),
            std::string::npos)
      << report.status();
}

TEST_F(VerifyTest, GapInTheLog) {
  Fill();
  disk_->EraseRecord(0, 4);
  EXPECT_EQ(replay::Verify(store_.get(), {}).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(VerifyTest, SnapshotThatDiffers) {
  Fill();
  WriteCaches();
  Tamper([](eventstore::CacheView& cache) {
    const std::string key = core::EncodeU64(3);
    const auto bytes = cache.Get(eventstore::Table::kSnapshot, key).value();
    auto snapshot = core::DecodeSnapshot(*bytes).value();
    snapshot.instance.business_key = "another";
    cache.Put(eventstore::Table::kSnapshot, key,
              core::EncodeSnapshot(snapshot.instance, snapshot.position));
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kSnapshot);
}

TEST_F(VerifyTest, SnapshotOfAnotherPosition) {
  Fill();
  WriteCaches();
  Tamper([](eventstore::CacheView& cache) {
    const std::string key = core::EncodeU64(3);
    const auto bytes = cache.Get(eventstore::Table::kSnapshot, key).value();
    const auto snapshot = core::DecodeSnapshot(*bytes).value();
    cache.Put(eventstore::Table::kSnapshot, key,
              core::EncodeSnapshot(snapshot.instance, 2));
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kSnapshot);
}

TEST_F(VerifyTest, DamagedSnapshot) {
  Fill();
  WriteCaches();
  Tamper([](eventstore::CacheView& cache) {
    cache.Put(eventstore::Table::kSnapshot, core::EncodeU64(3), "nonsense");
  });
  EXPECT_EQ(replay::Verify(store_.get(), {}).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(VerifyTest, EveryIndexEntryCounts) {
  using Change = std::function<void(eventstore::CacheView&)>;
  for (const Change& change : std::vector<Change>{
           [](eventstore::CacheView& cache) {
             cache.Delete(eventstore::Table::kIndexInstance,
                          core::EncodeU64(3));
           },
           [](eventstore::CacheView& cache) {
             cache.Put(eventstore::Table::kIndexTask, core::EncodeU64(999),
                       core::EncodeU64(3));
           },
           [](eventstore::CacheView& cache) {
             cache.Put(
                 eventstore::Table::kIndexIdempotency, "start0",
                 core::EncodeIdempotency(InstanceKey(9), DefinitionKey(2), 1));
           },
           [](eventstore::CacheView& cache) {
             cache.Put(eventstore::Table::kIndexDue,
                       core::EncodeDue({7, core::DueKind::kTimer, 5}),
                       core::EncodeU64(3));
           }}) {
    Fill();
    WriteCaches();
    ASSERT_TRUE(Verify().ok());
    Tamper(change);
    const VerifyReport report = Verify();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kIndex)
        << report.difference->text;
    EXPECT_NE(report.difference->text.find("index_"), std::string::npos);
  }
}

TEST_F(VerifyTest, TallyThatDiffers) {
  Fill();
  WriteCaches();
  Tamper([](eventstore::CacheView& cache) {
    const auto bytes =
        cache.Get(eventstore::Table::kPartitionState, "tally").value();
    StoredTally stored = DecodeTally(*bytes).value();
    ++stored.tally.tasks;
    cache.Put(eventstore::Table::kPartitionState, "tally", EncodeTally(stored));
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kTally);
  EXPECT_NE(report.difference->text.find("tasks: got "), std::string::npos)
      << report.difference->text;
}

TEST_F(VerifyTest, ATallyThatIsMissingIsNoDifference) {
  Fill();
  WriteCaches();
  Tamper([](eventstore::CacheView& cache) {
    cache.Delete(eventstore::Table::kPartitionState, "tally");
  });
  EXPECT_TRUE(Verify().ok());
}

TEST_F(VerifyTest, StreamThatLeadsElsewhere) {
  Fill();
  PartitionData data(store_.get(), 0, {});
  ASSERT_TRUE(data.Recover().ok());
  data.SetReadable(store_->End(0));
  ASSERT_TRUE(data.Checkpoint().ok());
  Tamper([](eventstore::CacheView& cache) {
    std::string key;
    ASSERT_TRUE(cache
                    .Scan(eventstore::Table::kStream,
                          eventstore::KeyRange::All(),
                          [&](std::string_view first, std::string_view) {
                            key = std::string(first);
                            return false;
                          })
                    .ok());
    cache.Delete(eventstore::Table::kStream, key);
  });
  const VerifyReport report = Verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.difference->kind, VerifyDifference::Kind::kInstance)
      << report.difference->text;
}

TEST_F(VerifyTest, RebuildMendsTheCaches) {
  Fill();
  WriteCaches();
  Tamper([](eventstore::CacheView& cache) {
    cache.Delete(eventstore::Table::kIndexInstance, core::EncodeU64(3));
    cache.Put(eventstore::Table::kSnapshot, core::EncodeU64(3), "nonsense");
  });
  const auto rebuilt = Rebuild(store_.get(), nullptr, nullptr);
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
  EXPECT_EQ(rebuilt->digest, history_.digest);
  EXPECT_EQ(rebuilt->records, history_.records.size());
  EXPECT_EQ(rebuilt->instances, 3u);
  const VerifyReport report = Verify();
  EXPECT_TRUE(report.ok()) << report.difference->text;
}

TEST_F(VerifyTest, ReplayFoldsTheSameState) {
  Fill();
  const auto all = Replay(*store_, {});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->digest, history_.digest);
  EXPECT_EQ(all->records, history_.records.size());
  EXPECT_EQ(all->instances, 3u);

  ReplayOptions half;
  half.to = history_.records.size() / 2;
  const auto past = Replay(*store_, half);
  ASSERT_TRUE(past.ok()) << past.status();
  EXPECT_NE(past->digest, all->digest);
  EXPECT_EQ(past->records, *half.to);

  ReplayOptions one;
  one.instance = InstanceKey(3);
  const auto instance = Replay(*store_, one);
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(instance->instances, 1u);
  EXPECT_LT(instance->records, all->records);

  ReplayOptions behind;
  behind.to = history_.records.size() + 1;
  EXPECT_EQ(Replay(*store_, behind).status().code(),
            absl::StatusCode::kInvalidArgument);
  one.instance = InstanceKey(12345);
  EXPECT_EQ(Replay(*store_, one).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pawl::replay
