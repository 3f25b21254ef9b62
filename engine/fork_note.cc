#include "engine/fork_note.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/iso8601.h"
#include "base/strings.h"
#include "engine/value.h"

namespace pawl {
namespace {

constexpr char kName[] = "/FORK";

absl::Status Damaged(const std::string& path, const std::string& got) {
  return absl::DataLossError(
      absl::StrCat("the note ", path, ": got '", got.substr(0, 200),
                   "', wanted {\"instance\", \"position\", \"clock\"}"));
}

}  // namespace

absl::StatusOr<std::optional<ForkNote>> ReadForkNote(
    const std::string& directory) {
  const std::string path = directory + kName;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  const absl::StatusOr<Variables> fields = Variables::FromJson(text);
  if (!file || !fields.ok()) return Damaged(path, text);
  const Value& instance = (*fields)["instance"];
  const Value& position = (*fields)["position"];
  const Value& clock = (*fields)["clock"];
  if (!instance.is_string() || !position.is_string() || !clock.is_string()) {
    return Damaged(path, text);
  }
  ForkNote note;
  uint64_t key = 0;
  const absl::StatusOr<int64_t> clock_ms = ParseIsoDateTime(clock.string());
  if (!absl::SimpleAtoi(instance.string(), &key) ||
      !absl::SimpleAtoi(position.string(), &note.position) || !clock_ms.ok()) {
    return Damaged(path, text);
  }
  note.instance = InstanceKey(key);
  note.clock_ms = *clock_ms;
  return note;
}

absl::Status WriteForkNote(const std::string& directory, const ForkNote& note) {
  const std::string path = directory + kName;
  const std::string next = path + ".new";
  const Variables fields{{"instance", ToString(note.instance)},
                         {"position", absl::StrCat(note.position)},
                         {"clock", FormatIsoDateTime(note.clock_ms)}};
  {
    std::ofstream file(next, std::ios::binary | std::ios::trunc);
    file << fields.ToJson() << '\n';
    if (!file.flush()) {
      return absl::UnavailableError(absl::StrCat("write ", next, " failed"));
    }
  }
  std::error_code error;
  std::filesystem::rename(next, path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("rename ", next, " to ", path, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace pawl
