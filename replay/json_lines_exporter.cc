// JsonLinesExporter: see exporter.h.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "replay/exporter.h"
#include "replay/posix_file.h"

namespace pawl::replay {
namespace {

// Given to the system at once.
constexpr size_t kWaitingBytesMax = size_t{1} << 20;

// The partition of "0-00000000000000000017.jsonl"; nothing for other names.
std::optional<PartitionId> PartitionOfFile(const std::string& name) {
  const size_t dash = name.find('-');
  const std::string_view end = ".jsonl";
  uint32_t partition = 0;
  if (dash == std::string::npos || !name.ends_with(end) ||
      !absl::SimpleAtoi(name.substr(0, dash), &partition) ||
      partition >= kStorePartitionsMax) {
    return std::nullopt;
  }
  return static_cast<PartitionId>(partition);
}

}  // namespace

absl::StatusOr<std::unique_ptr<JsonLinesExporter>> JsonLinesExporter::Open(
    const std::string& folder, uint64_t file_bytes_max) {
  PAWL_RETURN_IF_ERROR(MakeFolder(folder));
  std::unique_ptr<JsonLinesExporter> exporter(
      new JsonLinesExporter(folder, file_bytes_max));
  // Names of one length: the last by name is the last by position.
  std::map<PartitionId, std::string> last;
  std::error_code error;
  for (std::filesystem::directory_iterator it(folder, error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    const auto partition = PartitionOfFile(name);
    if (partition.has_value()) {
      std::string& known = last[*partition];
      known = std::max(known, name);
    }
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("reading folder ", folder, ": ", error.message()));
  }
  for (const auto& [partition, name] : last) {
    PAWL_RETURN_IF_ERROR(exporter->TakeUp(partition, folder + "/" + name));
  }
  return exporter;
}

JsonLinesExporter::~JsonLinesExporter() {
  for (const File& file : files_) {
    if (file.descriptor >= 0) ::close(file.descriptor);
  }
}

absl::Status JsonLinesExporter::TakeUp(PartitionId partition,
                                       const std::string& path) {
  if (files_.size() <= partition) files_.resize(partition + 1);
  File& file = files_[partition];
  file.path = path;
  file.descriptor = ::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (file.descriptor < 0) return PosixError("opening", path, errno);
  PAWL_ASSIGN_OR_RETURN(file.bytes, EndOfLastLine(file.descriptor, path));
  if (::ftruncate(file.descriptor, static_cast<off_t>(file.bytes)) != 0) {
    return PosixError("shortening", path, errno);
  }
  return absl::OkStatus();
}

absl::Status JsonLinesExporter::Begin(PartitionId partition, Position first) {
  if (files_.size() <= partition) files_.resize(partition + 1);
  File& file = files_[partition];
  if (file.descriptor >= 0 &&
      file.bytes + file.waiting.size() < file_bytes_max_) {
    return absl::OkStatus();
  }
  if (file.descriptor >= 0) {
    PAWL_RETURN_IF_ERROR(FlushFile(&file));
    ::close(file.descriptor);
  }
  file = File();
  file.path = absl::StrFormat("%s/%d-%020d.jsonl", folder_, partition, first);
  // A file of that name is of a run whose cursor was lost; its records come
  // again.
  file.descriptor =
      ::open(file.path.c_str(),
             O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (file.descriptor < 0) return PosixError("making", file.path, errno);
  return SyncFolder(folder_);
}

absl::Status JsonLinesExporter::Export(const ExportedRecord& record) {
  PAWL_RETURN_IF_ERROR(Begin(record.partition, record.position));
  File& file = files_[record.partition];
  // A recorded message may be cut in a character.
  absl::StrAppend(&file.waiting, ReplaceInvalidUtf8(record.fields.ToJson()),
                  "\n");
  return file.waiting.size() < kWaitingBytesMax ? absl::OkStatus()
                                                : Write(&file);
}

absl::Status JsonLinesExporter::Write(File* file) const {
  PAWL_RETURN_IF_ERROR(WriteAll(file->descriptor, file->path, file->waiting));
  file->bytes += file->waiting.size();
  file->waiting.clear();
  return absl::OkStatus();
}

absl::Status JsonLinesExporter::FlushFile(File* file) const {
  if (file->descriptor < 0) return absl::OkStatus();
  PAWL_RETURN_IF_ERROR(Write(file));
  if (::fdatasync(file->descriptor) != 0) {
    return PosixError("syncing", file->path, errno);
  }
  return absl::OkStatus();
}

absl::Status JsonLinesExporter::Flush() {
  for (File& file : files_) PAWL_RETURN_IF_ERROR(FlushFile(&file));
  return absl::OkStatus();
}

}  // namespace pawl::replay
