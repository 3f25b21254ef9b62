// What `pawl verify` says of old history in a build that behaves otherwise:
// tools/planted runs it with each planted bug.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "engine/core/codec.h"
#include "eventstore/record_codec.h"
#include "tests/golden/golden_log.h"

namespace pawl::golden {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<Log> ReadLog(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  if (!in.good()) {
    return absl::NotFoundError("can't read " + file.string());
  }
  return Thaw(bytes.str());
}

int Fail(const std::string& what) {
  std::cerr << "verify: " << what << "\n";
  return 2;
}

int List(const std::string& folder) {
  for (const std::string& name : CaseNames(folder)) {
    if (fs::exists(fs::path(folder) / (name + ".yaml"))) {
      std::cout << name << "\n";
    }
  }
  return 0;
}

// The log of a scenario, as far as it gets.
int Write(const std::string& folder, const std::string& name,
          const fs::path& target) {
  Log log;
  const absl::Status ran = RunScenarioCase(folder, name, &log);
  if (absl::IsNotFound(ran)) return Fail(ran.ToString());
  std::ofstream out(target, std::ios::binary);
  out << Freeze(log);
  out.close();
  return out.good() ? 0 : Fail("can't write " + target.string());
}

// Whether both say that the same happened; the facts that were asked for it
// don't count.
bool Agree(const std::string& one, const std::string& other) {
  if (one == other) return true;
  eventstore::RecordAligner first;
  eventstore::RecordAligner second;
  const auto a = core::DecodeRecord(first.Align(one));
  const auto b = core::DecodeRecord(second.Align(other));
  return a.ok() && b.ok() && (*a)->events == (*b)->events;
}

// The first position at which they part; 0: nowhere.
size_t PartsAt(const Log& one, const Log& other) {
  const size_t shorter = std::min(one.size(), other.size());
  for (size_t i = 0; i < shorter; ++i) {
    if (!Agree(one[i], other[i])) return i + 1;
  }
  return one.size() == other.size() ? 0 : shorter + 1;
}

// Where `here`, this build's own log, parts from `sound`, where verify finds a
// difference in `sound` (0: nowhere), and which.
int Compare(const fs::path& sound, const fs::path& here) {
  const absl::StatusOr<Log> log = ReadLog(sound);
  if (!log.ok()) return Fail(log.status().ToString());
  const absl::StatusOr<Log> own = ReadLog(here);
  if (!own.ok()) return Fail(own.status().ToString());
  const auto difference = FirstDifference(*log);
  std::cout << PartsAt(*log, *own) << " ";
  if (!difference.ok()) {
    std::cout << "0 " << difference.status().ToString() << "\n";
  } else if (difference->has_value()) {
    const std::string& text = (*difference)->text;
    std::cout << (*difference)->position << " "
              << text.substr(0, text.find('\n')) << "\n";
  } else {
    std::cout << "0 agrees\n";
  }
  return 0;
}

}  // namespace
}  // namespace pawl::golden

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (argc == 3 && what == "list") return pawl::golden::List(argv[2]);
  if (argc == 5 && what == "write") {
    return pawl::golden::Write(argv[2], argv[3], argv[4]);
  }
  if (argc == 4 && what == "compare") {
    return pawl::golden::Compare(argv[2], argv[3]);
  }
  std::cerr << "usage: verify list GOLDEN_FOLDER | write GOLDEN_FOLDER NAME LOG"
               " | compare SOUND_LOG OWN_LOG\n";
  return 2;
}
