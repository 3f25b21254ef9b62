#include "replay/exporter.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/decoded_record.h"
#include "replay/posix_file.h"

namespace pawl::replay {
namespace {

constexpr size_t kNameBytesMax = 64;
// Of a cursor's file: a line for each partition.
constexpr size_t kCursorBytesMax = 64 << 10;

absl::Status CheckName(const std::string& name) {
  const bool fits =
      !name.empty() && name.size() <= kNameBytesMax && name[0] != '.' &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
               c == '_' || c == '-';
      });
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "name of an exporter: got '", name, "', wanted 1 to ", kNameBytesMax,
      " of A-Z a-z 0-9 . _ -, not beginning with a dot"));
}

// A line for each partition.
absl::StatusOr<std::vector<Position>> ParseCursor(const std::string& path,
                                                  const std::string& text) {
  const std::vector<std::string> lines =
      absl::StrSplit(text, '\n', absl::SkipEmpty());
  std::vector<Position> positions(lines.size());
  bool whole = !lines.empty() && text.back() == '\n';
  for (size_t p = 0; whole && p < lines.size(); ++p) {
    whole = absl::SimpleAtoi(lines[p], &positions[p]);
  }
  if (whole) return positions;
  return absl::DataLossError(absl::StrCat(
      "cursor ", path, ": got '", text.substr(0, 80),
      "', wanted positions, a line each; without the file all is exported "
      "again"));
}

}  // namespace

absl::StatusOr<std::vector<ExportCursor>> ReadCursors(
    const std::string& directory) {
  namespace fs = std::filesystem;
  std::vector<ExportCursor> cursors;
  std::error_code error;
  fs::directory_iterator files(directory + "/cursors", error);
  // Nobody has exported yet.
  if (error == std::errc::no_such_file_or_directory) return cursors;
  while (!error && files != fs::directory_iterator()) {
    const std::string path = files->path().string();
    const std::string name = files->path().filename().string();
    files.increment(error);
    // Half written.
    if (!CheckName(name).ok() || absl::EndsWith(name, ".new")) continue;
    PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                          ReadSmallFile(path, kCursorBytesMax));
    if (!text.has_value()) continue;
    PAWL_ASSIGN_OR_RETURN(std::vector<Position> positions,
                          ParseCursor(path, *text));
    cursors.push_back({name, std::move(positions)});
  }
  if (!error) return cursors;
  return absl::UnavailableError(
      absl::StrCat("cursors in ", directory, ": ", error.message()));
}

absl::StatusOr<std::unique_ptr<ExportFeed>> ExportFeed::Open(
    const std::string& directory, const std::string& name, Exporter* exporter) {
  PAWL_RETURN_IF_ERROR(CheckName(name));
  std::unique_ptr<ExportFeed> feed(
      new ExportFeed(directory + "/cursors/" + name, exporter));
  eventstore::StoreOptions options;
  options.directory = directory;
  options.read_only = true;
  PAWL_ASSIGN_OR_RETURN(feed->store_,
                        eventstore::OpenRocksDbEventStore(options, nullptr));
  for (int p = 0; p < feed->store_->partitions(); ++p) {
    feed->partitions_.push_back(std::make_unique<PartitionData>(
        feed->store_.get(), static_cast<PartitionId>(p),
        PartitionDataOptions()));
    PAWL_RETURN_IF_ERROR(feed->partitions_.back()->Recover());
  }
  PAWL_RETURN_IF_ERROR(MakeFolder(directory + "/cursors"));
  PAWL_RETURN_IF_ERROR(feed->ReadCursor());
  return feed;
}

absl::Status ExportFeed::ReadCursor() {
  cursor_.assign(partitions_.size(), 0);
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                        ReadSmallFile(path_, kCursorBytesMax));
  if (!text.has_value()) {
    // From where the log begins.
    for (size_t p = 0; p < cursor_.size(); ++p) {
      cursor_[p] = store_->Floor(static_cast<PartitionId>(p)) - 1;
    }
    return absl::OkStatus();
  }
  PAWL_ASSIGN_OR_RETURN(cursor_, ParseCursor(path_, *text));
  if (cursor_.size() != partitions_.size()) {
    return absl::DataLossError(absl::StrCat(
        "cursor ", path_, ": got ", cursor_.size(), " positions, wanted ",
        partitions_.size(), "; without the file all is exported again"));
  }
  for (size_t p = 0; p < cursor_.size(); ++p) {
    const Position floor = store_->Floor(static_cast<PartitionId>(p));
    if (cursor_[p] + 1 >= floor) continue;
    return absl::OutOfRangeError(absl::StrCat(
        "cursor ", path_, ": got ",
        eventstore::LogPlace(static_cast<PartitionId>(p), cursor_[p]),
        ", and the log was trimmed up to ",
        eventstore::LogPlace(static_cast<PartitionId>(p), floor),
        "; what lies between is in the archive, and without the file the "
        "export begins there"));
  }
  for (size_t p = 0; p < cursor_.size(); ++p) {
    const Position end = partitions_[p]->state().position;
    if (cursor_[p] <= end) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "cursor ", path_, ": got ",
        eventstore::LogPlace(static_cast<PartitionId>(p), cursor_[p]),
        ", wanted at most ",
        eventstore::LogPlace(static_cast<PartitionId>(p), end),
        ", the end of the log; without the file all is exported again"));
  }
  return absl::OkStatus();
}

absl::Status ExportFeed::WriteCursor() const {
  std::string text;
  for (const Position position : cursor_)
    absl::StrAppend(&text, position, "\n");
  return WriteSmallFile(path_, text);
}

absl::Status ExportFeed::Give(PartitionData* data, Position position,
                              std::string_view bytes, StoreNames* names) {
  PAWL_ASSIGN_OR_RETURN(const Variables fields, DecodeForReading(bytes, names));
  return exporter_.Export({data->partition(), position, bytes, fields});
}

absl::StatusOr<uint64_t> ExportFeed::CatchUp(const ProgressFn& progress) {
  PAWL_RETURN_IF_ERROR(store_->Refresh());
  uint64_t total = 0;
  for (const auto& data : partitions_) {
    PAWL_RETURN_IF_ERROR(data->Recover());
    total += data->state().position - cursor_[data->partition()];
  }
  uint64_t given = 0;
  for (const auto& data : partitions_) {
    Position& at = cursor_[data->partition()];
    const Position end = data->state().position;
    while (at < end) {
      const Position to = std::min(end, at + kFlushedRecords);
      StoreNames names(data.get());
      absl::Status status;
      PAWL_RETURN_IF_ERROR(
          store_->Read(data->partition(), at + 1, to,
                       [&](Position position, std::string_view bytes) {
                         status = Give(data.get(), position, bytes, &names);
                         return status.ok();
                       }));
      PAWL_RETURN_IF_ERROR(status);
      PAWL_RETURN_IF_ERROR(exporter_.Flush());
      given += to - at;
      at = to;
      PAWL_RETURN_IF_ERROR(WriteCursor());
      if (progress) progress(given, total);
    }
  }
  return given;
}

}  // namespace pawl::replay
