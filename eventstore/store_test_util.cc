#include "eventstore/store_test_util.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/check.h"

namespace pawl::eventstore {

void RecordingListener::OnAppended(PartitionId partition, Position last) {
  const std::lock_guard<std::mutex> lock(mutex_);
  PAWL_CHECK_LT(appended_[partition], last) << "OnAppended goes back";
  appended_[partition] = last;
  changed_.notify_all();
}

void RecordingListener::OnDurable(PartitionId partition, Position last) {
  const std::lock_guard<std::mutex> lock(mutex_);
  PAWL_CHECK_LT(durable_[partition], last) << "OnDurable goes back";
  PAWL_CHECK_LE(last, appended_[partition]) << "durable before appended";
  durable_[partition] = last;
  changed_.notify_all();
}

void RecordingListener::OnCheckpointed(PartitionId partition,
                                       Position position) {
  const std::lock_guard<std::mutex> lock(mutex_);
  checkpointed_[partition] = position;
  changed_.notify_all();
}

void RecordingListener::OnFailed(const absl::Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  failures_.push_back(status);
  changed_.notify_all();
}

namespace {
Position Find(const std::map<PartitionId, Position>& map,
              PartitionId partition) {
  const auto it = map.find(partition);
  return it == map.end() ? 0 : it->second;
}
}  // namespace

Position RecordingListener::appended(PartitionId partition) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(appended_, partition);
}

Position RecordingListener::durable(PartitionId partition) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(durable_, partition);
}

Position RecordingListener::checkpointed(PartitionId partition) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Find(checkpointed_, partition);
}

std::vector<absl::Status> RecordingListener::failures() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failures_;
}

template <typename Done>
bool RecordingListener::Wait(const Done& done) {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_for(lock, std::chrono::seconds(30),
                    [&] { return done() || !failures_.empty(); });
  return done();
}

bool RecordingListener::WaitDurable(PartitionId partition, Position last) {
  return Wait([&] { return Find(durable_, partition) >= last; });
}

bool RecordingListener::WaitCheckpointed(PartitionId partition,
                                         Position position) {
  return Wait([&] { return Find(checkpointed_, partition) >= position; });
}

bool RecordingListener::WaitFailed() {
  return Wait([&] { return !failures_.empty(); });
}

std::string TestRecord(PartitionId partition, Position position, size_t bytes) {
  std::string record = LogPlace(partition, position) + " ";
  uint64_t state = position * 2654435761u + partition;
  while (record.size() < bytes) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    record.push_back(static_cast<char>(state >> 56));
  }
  return record;
}

std::vector<std::string> TestRecords(PartitionId partition, Position first,
                                     size_t count, size_t bytes) {
  std::vector<std::string> records;
  for (size_t i = 0; i < count; ++i) {
    records.push_back(TestRecord(partition, first + i, bytes));
  }
  return records;
}

absl::Status CheckTestLog(const EventStore& store, PartitionId partition,
                          size_t bytes) {
  Position next = 1;
  bool same = true;
  const absl::Status status =
      store.Read(partition, 1, store.End(partition),
                 [&](Position position, std::string_view record) {
                   same = position == next &&
                          record == TestRecord(partition, position, bytes);
                   ++next;
                   return same;
                 });
  if (!status.ok()) return status;
  if (!same || next != store.End(partition) + 1) {
    return absl::InternalError("not the record written at " +
                               LogPlace(partition, next - 1));
  }
  return absl::OkStatus();
}

TempDir::TempDir() {
  const char* base = getenv("TEST_TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/pawl_XXXXXX";
  PAWL_CHECK(mkdtemp(path_.data()) != nullptr) << path_;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  PAWL_CHECK(in.good()) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  PAWL_CHECK(out.good()) << path;
}

void CopyDir(const std::string& from, const std::string& to) {
  std::filesystem::remove_all(to);
  for (;;) {
    std::error_code error;
    PAWL_CHECK(std::filesystem::exists(from)) << from;
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive,
                          error);
    if (!error) return;
    // RocksDB deletes files in the background: what was listed is gone.
    PAWL_CHECK(error == std::errc::no_such_file_or_directory)
        << from << ": " << error.message();
    std::filesystem::remove_all(to);
  }
}

std::vector<std::string> FilesEndingIn(const std::string& dir,
                                       const std::string& suffix) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file() && entry.path().string().ends_with(suffix)) {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace pawl::eventstore
