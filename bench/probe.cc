#include "bench/probe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <utility>

namespace pawl::bench {
namespace {

std::atomic<uint64_t> fsyncs = 0;
std::atomic<bool> armed = false;

// What an armed probe has seen. Never destroyed: threads of RocksDB may sync
// while the process ends.
struct Seen {
  std::mutex mutex;
  std::string directory;
  std::string keep_directory;
  uint64_t first_number = 0;
  // By inode, because a log is synced through a descriptor.
  std::map<uint64_t, std::vector<uint64_t>> synced_at;
};

Seen& TheSeen() {
  static Seen* const seen = new Seen;
  return *seen;
}

// The number in "000123.log", or 0.
uint64_t WalNumber(std::string_view name) {
  constexpr std::string_view kEnding = ".log";
  if (!name.ends_with(kEnding)) return 0;
  name.remove_suffix(kEnding.size());
  if (name.empty() || name.find_first_not_of("0123456789") != name.npos) {
    return 0;
  }
  return std::strtoull(std::string(name).c_str(), nullptr, 10);
}

void NoteSync(int fd) {
  ++fsyncs;
  if (!armed.load()) return;
  struct stat info;
  if (fstat(fd, &info) != 0) return;
  Seen& seen = TheSeen();
  std::lock_guard lock(seen.mutex);
  seen.synced_at[info.st_ino].push_back(static_cast<uint64_t>(info.st_size));
}

void NoteUnlink(const char* path) {
  if (!armed.load()) return;
  std::filesystem::path file(path);
  uint64_t number = WalNumber(file.filename().string());
  Seen& seen = TheSeen();
  std::lock_guard lock(seen.mutex);
  if (number < seen.first_number || number == 0) return;
  if (!std::string_view(path).starts_with(seen.directory)) return;
  std::error_code ignored;
  std::filesystem::create_hard_link(
      file, seen.keep_directory + "/" + std::to_string(number) + ".log",
      ignored);
}

}  // namespace

std::map<uint64_t, std::string> WalsIn(const std::string& directory) {
  std::map<uint64_t, std::string> wals;
  std::error_code error;
  std::filesystem::recursive_directory_iterator it(directory, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator();
       it.increment(error)) {
    // Second names of logs that the store looks after itself.
    if (it->path().filename() == "quarantine") {
      it.disable_recursion_pending();
      continue;
    }
    uint64_t number = WalNumber(it->path().filename().string());
    if (number != 0) wals[number] = it->path().string();
  }
  return wals;
}

uint64_t WalBytes(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& [number, path] : WalsIn(directory)) {
    std::error_code error;
    uint64_t size = std::filesystem::file_size(path, error);
    if (!error) bytes += size;
  }
  return bytes;
}

Probe::Probe(std::string directory, std::string keep_directory) {
  Seen& seen = TheSeen();
  std::lock_guard lock(seen.mutex);
  auto wals = WalsIn(directory);
  seen.first_number = wals.empty() ? 1 : wals.rbegin()->first + 1;
  seen.directory = std::move(directory);
  seen.keep_directory = std::move(keep_directory);
  seen.synced_at.clear();
  armed = true;
}

Probe::~Probe() { armed = false; }

uint64_t Probe::Fsyncs() { return fsyncs; }

std::vector<KeptWal> Probe::Take() {
  armed = false;
  Seen& seen = TheSeen();
  std::lock_guard lock(seen.mutex);
  auto wals = WalsIn(seen.keep_directory);
  for (auto& [number, path] : WalsIn(seen.directory)) {
    if (number >= seen.first_number) wals.emplace(number, path);
  }
  std::vector<KeptWal> kept;
  for (auto& [number, path] : wals) {
    struct stat info;
    KeptWal wal{.path = path, .synced_at = {}};
    if (stat(path.c_str(), &info) == 0) {
      wal.synced_at = std::move(seen.synced_at[info.st_ino]);
    }
    std::sort(wal.synced_at.begin(), wal.synced_at.end());
    kept.push_back(std::move(wal));
  }
  return kept;
}

}  // namespace pawl::bench

// What the loader binds RocksDB's calls to.
extern "C" {

int fsync(int fd) {
  pawl::bench::NoteSync(fd);
  return static_cast<int>(syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  pawl::bench::NoteSync(fd);
  return static_cast<int>(syscall(SYS_fdatasync, fd));
}

int unlink(const char* path) noexcept {
  pawl::bench::NoteUnlink(path);
  return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

}  // extern "C"
