// The yardstick must be right: what the probe keeps and the raw loop repeats is
// exactly what was written to a store.
#include "bench/raw_loop.h"

#include <filesystem>
#include <memory>
#include <string>

#include "bench/probe.h"
#include "bench/wal_reader.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"

namespace pawl::bench {
namespace {

class RawLoopTest : public testing::Test {
 protected:
  RawLoopTest() {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ + "/kept");
  }

  std::unique_ptr<rocksdb::DB> Open() {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    auto status = rocksdb::DB::Open(options, directory_ + "/store", &db);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return std::unique_ptr<rocksdb::DB>(db);
  }

  void Write(rocksdb::DB* db, int records, size_t bytes) {
    rocksdb::WriteBatch batch;
    for (int i = 0; i < records; ++i) {
      ASSERT_TRUE(
          batch.Put(std::to_string(++key_), std::string(bytes, 'x')).ok());
    }
    ASSERT_TRUE(db->Write(rocksdb::WriteOptions(), &batch).ok());
  }

  const std::string directory_ = testing::TempDir() + "/raw_loop_test";
  int key_ = 0;
};

TEST_F(RawLoopTest, RepeatsBatchesAndSyncs) {
  Probe probe(directory_ + "/store", directory_ + "/kept");
  auto db = Open();
  Write(db.get(), 3, 10);
  Write(db.get(), 1, 100'000);  // over several blocks
  ASSERT_TRUE(db->SyncWAL().ok());
  Write(db.get(), 2, 10);
  // A flush ends the log and deletes it.
  ASSERT_TRUE(db->Flush(rocksdb::FlushOptions()).ok());
  Write(db.get(), 5, 10);
  ASSERT_TRUE(db->SyncWAL().ok());
  db.reset();

  auto wals = probe.Take();
  auto result = RunRawLoop(wals, directory_ + "/raw");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->batches, 4u);
  EXPECT_EQ(result->records, 11u);
  EXPECT_GE(result->syncs, 2u);
  EXPECT_LE(result->syncs, 3u);
  EXPECT_GT(result->seconds, 0);
  EXPECT_GE(Probe::Fsyncs(), 2u + result->syncs);
}

TEST_F(RawLoopTest, LooksOnlyAtLogsThatAreNew) {
  {
    auto db = Open();
    Write(db.get(), 7, 10);
  }
  Probe probe(directory_ + "/store", directory_ + "/kept");
  {
    auto db = Open();
    Write(db.get(), 2, 10);
  }
  auto result = RunRawLoop(probe.Take(), directory_ + "/raw");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->records, 2u);
  EXPECT_EQ(result->syncs, 0u);
}

TEST_F(RawLoopTest, RefusesWhatIsNoLog) {
  std::string path = directory_ + "/9.log";
  FILE* file = fopen(path.c_str(), "w");
  fputs("this is text and no fragments of a log", file);
  fclose(file);
  EXPECT_EQ(ReadWal(path).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadWal(directory_ + "/none.log").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pawl::bench
