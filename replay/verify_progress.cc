#include "replay/verify_progress.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"
#include "replay/posix_file.h"
#include "xxhash.h"

namespace pawl::replay {
namespace {

constexpr size_t kFileBytesMax = 64 << 10;
// Our own program, with debug information too.
constexpr size_t kProgramBytesMax = size_t{2} << 30;

uint64_t HashOfText(std::string_view text) {
  return XXH64(text.data(), text.size(), 0);
}

// Names the program that runs by what it consists of.
absl::StatusOr<std::string> ThisBuild() {
  PAWL_ASSIGN_OR_RETURN(const std::optional<uint64_t> hash,
                        HashOfFile("/proc/self/exe", kProgramBytesMax));
  if (!hash.has_value()) {
    return absl::FailedPreconditionError(
        "this system has no /proc/self/exe, which says which build verifies");
  }
  return absl::StrFormat("%016x", *hash);
}

}  // namespace

absl::StatusOr<std::unique_ptr<VerifyProgress>> VerifyProgress::Open(
    const std::string& path, const eventstore::EventStore* store,
    uint64_t sample) {
  std::unique_ptr<VerifyProgress> progress(new VerifyProgress(path, store));
  PAWL_ASSIGN_OR_RETURN(progress->build_, ThisBuild());
  progress->sample_ = sample;
  progress->reached_.resize(static_cast<size_t>(store->partitions()));
  PAWL_ASSIGN_OR_RETURN(const std::optional<std::string> text,
                        ReadSmallFile(path, kFileBytesMax));
  if (text.has_value()) PAWL_RETURN_IF_ERROR(progress->Read(*text));
  return progress;
}

std::string VerifyProgress::Header() const {
  return absl::StrCat("pawl verify 1\nbuild ", build_, "\nsample ", sample_,
                      "\n");
}

absl::StatusOr<uint64_t> VerifyProgress::HashOf(PartitionId partition,
                                                Position position) const {
  PAWL_ASSIGN_OR_RETURN(const std::string record,
                        store_.ReadOne(partition, position));
  return HashOfText(record);
}

absl::Status VerifyProgress::Read(const std::string& text) {
  const std::string header = Header();
  if (!text.starts_with(header)) {
    restarted_ = "is of another build or sample, or no such file";
    return absl::OkStatus();
  }
  std::vector<Reached> reached;
  for (const auto line :
       absl::StrSplit(text.substr(header.size()), '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    Reached one;
    if (words.size() != 2 || !absl::SimpleAtoi(words[0], &one.position) ||
        !absl::SimpleHexAtoi(words[1], &one.hash)) {
      restarted_ = "is damaged";
      return absl::OkStatus();
    }
    reached.push_back(one);
  }
  bool same = reached.size() == reached_.size();
  for (size_t i = 0; same && i < reached.size(); ++i) {
    const auto p = static_cast<PartitionId>(i);
    if (reached[i].position == 0) continue;
    same = reached[i].position <= store_.End(p);
    if (!same) break;
    PAWL_ASSIGN_OR_RETURN(const uint64_t hash, HashOf(p, reached[i].position));
    same = hash == reached[i].hash;
  }
  if (same) {
    reached_ = std::move(reached);
  } else {
    restarted_ = "is of another store";
  }
  return absl::OkStatus();
}

std::vector<Position> VerifyProgress::since() const {
  std::vector<Position> since;
  for (const Reached& one : reached_) since.push_back(one.position + 1);
  return since;
}

absl::Status VerifyProgress::Agreed(PartitionId partition, Position position) {
  Reached& reached = reached_.at(partition);
  if (position <= reached.position) return absl::OkStatus();
  PAWL_ASSIGN_OR_RETURN(const uint64_t hash, HashOf(partition, position));
  reached = {position, hash};
  std::string text = Header();
  for (const Reached& one : reached_) {
    absl::StrAppendFormat(&text, "%d %016x\n", one.position, one.hash);
  }
  return WriteSmallFile(path_, text);
}

}  // namespace pawl::replay
