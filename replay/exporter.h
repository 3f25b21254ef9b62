// What leaves a store record by record: an Exporter is given every record, in
// order, at least once, and has a cursor of its own.
//
// The feed reads the store as `pawl log` does, beside whoever runs it, so that
// an exporter never holds up an engine, whatever it does. Its cursor is a small
// file in the store's folder, `cursors/NAME`, that moves when the exporter has
// flushed. After a crash in between, records come again: their position says
// which.
#ifndef PAWL_REPLAY_EXPORTER_H_
#define PAWL_REPLAY_EXPORTER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/partition_data.h"
#include "engine/value.h"
#include "eventstore/event_store.h"
#include "replay/replay.h"
#include "replay/retain.h"
#include "replay/store_names.h"

namespace pawl::replay {

// Valid during the call only.
struct ExportedRecord {
  PartitionId partition;
  Position position;
  // As in the log.
  std::string_view bytes;
  // As DecodeForReading has it, with the ids of elements and flows.
  const Variables& fields;
};

// Written by users. Called from the thread of the feed.
class Exporter {
 public:
  virtual ~Exporter() = default;
  // Positions of a partition rise by one from call to call; after an opening
  // they may start again with records that came before it.
  virtual absl::Status Export(const ExportedRecord& record) = 0;
  // All that came so far must be safe where it went before this returns OK.
  virtual absl::Status Flush() = 0;
};

class ExportFeed {
 public:
  // Feeds `exporter`, which outlives it, from the store in `directory`, behind
  // its cursor. `name`: 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with a dot.
  // InvalidArgument: the name. NotFound: no store. DataLoss: the store or the
  // cursor is damaged. FailedPrecondition: the cursor is ahead of the log, so
  // it is another's.
  static absl::StatusOr<std::unique_ptr<ExportFeed>> Open(
      const std::string& directory, const std::string& name,
      Exporter* exporter);

  // Gives the exporter all that is acknowledged now, flushes it and moves the
  // cursor, on the disk; on the way too, after kFlushedRecords each. Returns
  // how many records it gave. Errors are the exporter's own, and DataLoss.
  absl::StatusOr<uint64_t> CatchUp(const ProgressFn& progress = {});

  // The last record of each partition that was flushed.
  const std::vector<Position>& cursor() const { return cursor_; }

  static constexpr uint64_t kFlushedRecords = 4096;

 private:
  ExportFeed(std::string path, Exporter* exporter)
      : path_(std::move(path)), exporter_(*exporter) {}

  absl::Status ReadCursor();
  absl::Status WriteCursor() const;
  absl::Status Give(PartitionData* data, Position position,
                    std::string_view bytes, StoreNames* names);

  const std::string path_;
  Exporter& exporter_;
  std::unique_ptr<eventstore::EventStore> store_;
  std::vector<std::unique_ptr<PartitionData>> partitions_;
  std::vector<Position> cursor_;
};

// Appends records to files, one JSON object a line: FOLDER/P-POSITION.jsonl,
// named after the partition and the first record. A file that has grown over
// `file_bytes_max` is followed by the next. Nothing else is done with them:
// take those away that aren't the last.
class JsonLinesExporter final : public Exporter {
 public:
  // Makes the folder when it is missing. A line that was cut short by a crash
  // is taken off the last file.
  static absl::StatusOr<std::unique_ptr<JsonLinesExporter>> Open(
      const std::string& folder, uint64_t file_bytes_max);
  ~JsonLinesExporter() override;

  absl::Status Export(const ExportedRecord& record) override;
  absl::Status Flush() override;

 private:
  struct File {
    std::string path;
    int descriptor = -1;
    uint64_t bytes = 0;
    std::string waiting;
  };

  JsonLinesExporter(std::string folder, uint64_t file_bytes_max)
      : folder_(std::move(folder)), file_bytes_max_(file_bytes_max) {}

  absl::Status TakeUp(PartitionId partition, const std::string& path);
  absl::Status Begin(PartitionId partition, Position first);
  absl::Status Write(File* file) const;
  absl::Status FlushFile(File* file) const;

  const std::string folder_;
  const uint64_t file_bytes_max_;
  std::vector<File> files_;
};

// The cursors of the exporters of the store in `directory`, by name. DataLoss:
// one can't be read.
absl::StatusOr<std::vector<ExportCursor>> ReadCursors(
    const std::string& directory);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_EXPORTER_H_
