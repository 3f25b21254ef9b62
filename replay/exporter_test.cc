#include "replay/exporter.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/engine.h"
#include "eventstore/rocksdb_event_store.h"
#include "gtest/gtest.h"
#include "replay/csv_export.h"

namespace pawl::replay {
namespace {

// Notes what it gets, and fails when it is told to.
class Notes final : public Exporter {
 public:
  absl::Status Export(const ExportedRecord& record) override {
    positions.push_back(record.position);
    commands.push_back(record.fields["command"].is_string()
                           ? record.fields["command"].string()
                           : "");
    return export_status;
  }
  absl::Status Flush() override {
    ++flushes;
    return flush_status;
  }

  std::vector<Position> positions;
  std::vector<std::string> commands;
  int flushes = 0;
  absl::Status export_status;
  absl::Status flush_status;
};

class ExporterTest : public testing::Test {
 protected:
  ExporterTest() {
    root_ = testing::TempDir() + "exporter_test." +
            testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    engine_ = Engine::Open({.directory = store()}).value();
    PAWL_CHECK_OK(engine_
                      ->Deploy(ProcessBuilder("p")
                                   .StartEvent("start")
                                   .UserTask("a, \"b\"")
                                   .End("end"))
                      .status());
  }
  ~ExporterTest() override {
    engine_.reset();
    std::filesystem::remove_all(root_);
  }

  std::string store() const { return root_ + "/store"; }
  std::string folder() const { return root_ + "/out"; }
  std::string cursor() const { return store() + "/cursors/x"; }

  void Start(int count) {
    for (int i = 0; i < count; ++i) {
      PAWL_CHECK_OK(engine_->Start("p", {{"n", i}}).status());
    }
  }

  std::unique_ptr<ExportFeed> Feed(Exporter* exporter) const {
    return ExportFeed::Open(store(), "x", exporter).value();
  }

  // All lines of the folder's files, in order, by file.
  std::vector<std::vector<std::string>> Files() const {
    std::vector<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(folder())) {
      names.push_back(file.path());
    }
    std::sort(names.begin(), names.end());
    std::vector<std::vector<std::string>> files;
    for (const std::string& name : names) {
      std::ifstream in(name);
      files.emplace_back();
      for (std::string line; std::getline(in, line);) {
        files.back().push_back(line);
      }
    }
    return files;
  }

  static std::string PositionIn(const std::string& line) {
    return Variables::FromJson(line).value()["position"].string();
  }

  std::unique_ptr<Engine> engine_;

 private:
  std::string root_;
};

TEST_F(ExporterTest, GetsEveryRecordOnceWhileTheEngineRuns) {
  Notes notes;
  const auto feed = Feed(&notes);
  Start(3);
  const uint64_t first = feed->CatchUp().value();
  EXPECT_EQ(first, notes.positions.size());
  EXPECT_EQ(notes.commands.back(), "StartInstance");
  EXPECT_EQ(notes.flushes, 1);
  Start(2);
  EXPECT_EQ(feed->CatchUp().value(), 2u);
  EXPECT_EQ(feed->CatchUp().value(), 0u);
  for (size_t i = 0; i < notes.positions.size(); ++i) {
    EXPECT_EQ(notes.positions[i], i + 1);
  }
  // Another run goes on.
  Notes later;
  const auto again = Feed(&later);
  Start(1);
  EXPECT_EQ(again->CatchUp().value(), 1u);
  EXPECT_EQ(later.positions, std::vector<Position>{notes.positions.size() + 1});
}

TEST_F(ExporterTest, WhatWasNotFlushedComesAgain) {
  Start(3);
  Notes notes;
  notes.flush_status = absl::UnavailableError("no network");
  EXPECT_EQ(Feed(&notes)->CatchUp().status(), notes.flush_status);
  Notes second;
  second.export_status = absl::UnavailableError("no room");
  EXPECT_EQ(Feed(&second)->CatchUp().status(), second.export_status);
  EXPECT_EQ(second.positions, std::vector<Position>{1});
  Notes third;
  EXPECT_EQ(Feed(&third)->CatchUp().value(), notes.positions.size());
  EXPECT_EQ(third.positions, notes.positions);
}

TEST_F(ExporterTest, ACursorOfAnotherStoreOrDamagedIsRefused) {
  Notes notes;
  ASSERT_TRUE(Feed(&notes)->CatchUp().ok());
  std::ofstream(cursor()) << "99999\n";
  EXPECT_EQ(ExportFeed::Open(store(), "x", &notes).status().code(),
            absl::StatusCode::kFailedPrecondition);
  for (const char* text : {"", "1", "a\n", "1\n2\n", "-1\n"}) {
    std::ofstream(cursor()) << text;
    EXPECT_EQ(ExportFeed::Open(store(), "x", &notes).status().code(),
              absl::StatusCode::kDataLoss)
        << text;
  }
  for (const std::string& name : {std::string(), std::string(".x"),
                                  std::string("a/b"), std::string(65, 'a')}) {
    EXPECT_EQ(ExportFeed::Open(store(), name, &notes).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_TRUE(ExportFeed::Open(store(), std::string(64, 'a'), &notes).ok());
}

TEST_F(ExporterTest, JsonLinesRotateAndGoOn) {
  Start(4);
  uint64_t exported = 0;
  {
    const auto files = JsonLinesExporter::Open(folder(), 1000).value();
    exported += Feed(files.get())->CatchUp().value();
  }
  // A crash cut a line short.
  const auto before = Files();
  ASSERT_GT(before.size(), 1u);
  std::string last;
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    last = std::max(last, file.path().string());
  }
  std::ofstream(last, std::ios::app) << "{\"position\":";
  Start(2);
  {
    const auto files = JsonLinesExporter::Open(folder(), 1000).value();
    exported += Feed(files.get())->CatchUp().value();
  }
  uint64_t position = 0;
  for (const auto& file : Files()) {
    EXPECT_FALSE(file.empty());
    for (const std::string& line : file) {
      EXPECT_EQ(PositionIn(line), "0:" + std::to_string(++position));
    }
  }
  EXPECT_EQ(position, exported);
}

TEST_F(ExporterTest, JsonLinesThatWereNotFlushedComeAgain) {
  Start(4);
  {
    const auto files = JsonLinesExporter::Open(folder(), 1 << 20).value();
    ASSERT_TRUE(Feed(files.get())->CatchUp().ok());
  }
  // As a crash leaves it between the flush and the cursor.
  std::filesystem::remove(cursor());
  {
    const auto files = JsonLinesExporter::Open(folder(), 1 << 20).value();
    ASSERT_TRUE(Feed(files.get())->CatchUp().ok());
  }
  const auto files = Files();
  ASSERT_EQ(files.size(), 1u);
  const size_t half = files[0].size() / 2;
  for (size_t i = 0; i < half; ++i) EXPECT_EQ(files[0][i], files[0][half + i]);
}

TEST_F(ExporterTest, CsvHasARowForEachEventOfAnInstance) {
  Start(2);
  eventstore::StoreOptions options;
  options.directory = store();
  options.read_only = true;
  const auto reader =
      eventstore::OpenRocksDbEventStore(options, nullptr).value();
  PartitionData data(reader.get(), 0, {});
  PAWL_CHECK_OK(data.Recover());
  CsvExport table(&data);
  std::string rows;
  PAWL_CHECK_OK(
      reader->Read(0, 1, reader->End(0), [&](Position, std::string_view bytes) {
        rows += table.Rows(bytes).value();
        return true;
      }));
  EXPECT_NE(rows.find(",1,InstanceStarted,"), std::string::npos) << rows;
  EXPECT_NE(rows.find("\"a, \"\"b\"\"\",,userTask"), std::string::npos) << rows;
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
}

}  // namespace
}  // namespace pawl::replay
