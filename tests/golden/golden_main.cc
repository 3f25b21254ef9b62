// Writes golden files; tools/golden is how it is run.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "tests/golden/golden_log.h"

namespace pawl::golden {
namespace {

namespace fs = std::filesystem;

// Seeds and lengths of the two larger logs of a version.
constexpr struct {
  const char* name;
  uint64_t seed;
  int steps;
} kRandomLogs[] = {{"random-1", 1, 120}, {"random-2", 2, 180}};

int Fail(const std::string& what) {
  std::cerr << "golden: " << what << "\n";
  return 1;
}

bool Write(const fs::path& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out << bytes;
  out.close();
  return out.good();
}

int Update(const std::string& folder) {
  int written = 0;
  for (const std::string& name : CaseNames(folder)) {
    const absl::StatusOr<Log> log = RunCase(folder, name);
    if (!log.ok()) return Fail(name + ": " + log.status().ToString());
    const absl::StatusOr<std::string> text = LogText(*log);
    if (!text.ok()) return Fail(name + ": " + text.status().ToString());
    const fs::path file = fs::path(folder) / (name + ".log.txt");
    if (!Write(file, *text)) return Fail("can't write " + file.string());
    ++written;
  }
  std::cout << written << " golden logs written; review them with git diff\n";
  return 0;
}

int FreezeAll(const std::string& folder, const std::string& version) {
  const fs::path target = fs::path(folder) / "released" / version;
  if (fs::exists(target)) {
    return Fail(target.string() + " exists; what is released never changes");
  }
  // All of it, or nothing: a folder that is there can't be written again.
  std::map<std::string, std::string> frozen;
  std::string digests;
  const auto freeze = [&](const std::string& name,
                          const absl::StatusOr<Log>& log) {
    if (!log.ok()) return Fail(log.status().ToString());
    const absl::StatusOr<std::string> digest = Digest(*log);
    if (!digest.ok()) return Fail(digest.status().ToString());
    digests += *digest + " " + std::to_string(log->size()) + " " + name + "\n";
    frozen[name] = Freeze(*log);
    return 0;
  };
  for (const std::string& name : CaseNames(folder)) {
    if (freeze(name, RunCase(folder, name)) != 0) return 1;
  }
  for (const auto& random : kRandomLogs) {
    if (freeze(random.name, RandomLog(folder, random.seed, random.steps)) !=
        0) {
      return 1;
    }
  }
  fs::create_directories(target);
  for (const auto& [name, bytes] : frozen) {
    const fs::path file = target / (name + ".log");
    if (!Write(file, bytes)) return Fail("can't write " + file.string());
  }
  if (!Write(target / "DIGESTS.txt", digests)) {
    return Fail("can't write digests");
  }
  std::cout << "frozen in " << target.string() << "\n";
  return 0;
}

}  // namespace
}  // namespace pawl::golden

int main(int argc, char** argv) {
  // Deployed files go by their paths, which are part of the log.
  if (const char* root = std::getenv("BUILD_WORKSPACE_DIRECTORY")) {
    std::filesystem::current_path(root);
  }
  const std::string what = argc > 2 ? argv[2] : "";
  if (argc == 3 && what == "--update") return pawl::golden::Update(argv[1]);
  if (argc == 4 && what == "--freeze") {
    return pawl::golden::FreezeAll(argv[1], argv[3]);
  }
  std::cerr << "usage: golden FOLDER --update | --freeze VERSION\n";
  return 2;
}
