#include "tests/crash/fault_file_system.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace pawl::crash {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using InodeId = SimulatedDisk::InodeId;

std::string_view View(const Slice& slice) {
  return {slice.data(), slice.size()};
}

IOStatus NoSuchFile(const std::string& path) {
  return IOStatus::PathNotFound(path, "No such file or directory");
}
IOStatus Eio() { return IOStatus::IOError("Input/output error"); }
IOStatus Enospc() { return IOStatus::NoSpace("No space left on device"); }
IOStatus NotHere(const std::string& what) {
  return IOStatus::NotSupported("the simulated disk has no " + what);
}

class SequentialFile : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(FaultFileSystem* fs, InodeId file) : fs_(fs), file_(file) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    IOStatus status = fs_->Read(file_, at_, n, result, scratch);
    if (status.ok()) at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

 private:
  FaultFileSystem* const fs_;
  const InodeId file_;
  uint64_t at_ = 0;
};

class RandomAccessFile : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(FaultFileSystem* fs, InodeId file) : fs_(fs), file_(file) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result,
                char* scratch, IODebugContext*) const override {
    return fs_->Read(file_, offset, n, result, scratch);
  }

 private:
  FaultFileSystem* const fs_;
  const InodeId file_;
};

class WritableFile : public rocksdb::FSWritableFile {
 public:
  using FSWritableFile::Append;
  WritableFile(FaultFileSystem* fs, InodeId file) : fs_(fs), file_(file) {}
  IOStatus Append(const Slice& data, const IOOptions&,
                  IODebugContext*) override {
    return fs_->Append(file_, data);
  }
  IOStatus Append(const Slice& data, const IOOptions&,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext*) override {
    return fs_->Append(file_, data);
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    if (size == fs_->SizeOf(file_)) return IOStatus::OK();
    return fs_->Cut(file_, size);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return fs_->SyncFile(file_);
  }
  // A hint; nothing is on the disk after it.
  IOStatus RangeSync(uint64_t, uint64_t, const IOOptions&,
                     IODebugContext*) override {
    return IOStatus::OK();
  }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return fs_->SizeOf(file_);
  }

 private:
  FaultFileSystem* const fs_;
  const InodeId file_;
};

class RandomRWFile : public rocksdb::FSRandomRWFile {
 public:
  RandomRWFile(FaultFileSystem* fs, InodeId file) : fs_(fs), file_(file) {}
  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions&,
                 IODebugContext*) override {
    return fs_->Write(file_, offset, data);
  }
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result,
                char* scratch, IODebugContext*) const override {
    return fs_->Read(file_, offset, n, result, scratch);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return fs_->SyncFile(file_);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultFileSystem* const fs_;
  const InodeId file_;
};

class Folder : public rocksdb::FSDirectory {
 public:
  Folder(FaultFileSystem* fs, InodeId folder) : fs_(fs), folder_(folder) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return fs_->SyncFolder(folder_);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultFileSystem* const fs_;
  const InodeId folder_;
};

// RocksDB's chatter is no part of the store.
class NoLogger : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
  size_t GetLogFileSize() const override { return 0; }
};

class NoLock : public rocksdb::FileLock {};

}  // namespace

// --- Faults ------------------------------------------------------------------

bool EndsLife(FaultKind kind) { return kind <= FaultKind::kGarbage; }

bool CanStrike(FaultKind kind, Call call) {
  switch (kind) {
    case FaultKind::kNoSpace:
      return call == Call::kWrite || call == Call::kCreate ||
             call == Call::kLink;
    case FaultKind::kBitFlip:
    case FaultKind::kShortWrite:
      return call == Call::kWrite;
    case FaultKind::kFailedSync:
      return call == Call::kSync;
    case FaultKind::kFailedRename:
      return call == Call::kRename;
    case FaultKind::kFailedFolderSync:
      return call == Call::kFolderSync;
    case FaultKind::kReadError:
    case FaultKind::kShortRead:
      return call == Call::kRead;
    default:
      return call != Call::kRead;
  }
}

std::string ToString(const Fault& fault) {
  return std::string(FaultKindName(fault.kind)) + " at " +
         std::to_string(fault.at) + (fault.for_ever ? " for ever" : "");
}

FaultFileSystem::FaultFileSystem(SimulatedDisk disk, std::vector<Fault> faults,
                                 uint64_t seed)
    : FileSystemWrapper(rocksdb::FileSystem::Default()),
      disk_(std::move(disk)),
      random_(seed) {
  for (const Fault& fault : faults) faults_.push_back({fault, 0, false});
}

FaultFileSystem::~FaultFileSystem() = default;

std::optional<FaultKind> FaultFileSystem::Count(Call call, InodeId file) {
  ++calls_[static_cast<size_t>(call)];
  std::optional<FaultKind> met;
  for (Armed& armed : faults_) {
    if (!CanStrike(armed.fault.kind, call)) continue;
    const bool first = &armed == &faults_.front();
    if (first && !only_.empty() && !only_files_.contains(file)) continue;
    ++armed.seen;
    if (when_ && first && !armed.struck) {
      // Once known, it is as if this number had been asked for.
      armed.fault.at = armed.seen + (when_() ? 0 : 1);
    }
    const bool now = armed.fault.for_ever ? armed.seen >= armed.fault.at
                                          : armed.seen == armed.fault.at;
    if (!now || met.has_value()) continue;
    met = armed.fault.kind;
    if (!armed.struck && on_strike_) on_strike_(armed.fault);
    armed.struck = true;
  }
  return met;
}

void FaultFileSystem::TurnOff(FaultKind kind) {
  off_ = kind;
  switch (kind) {
    case FaultKind::kKill:
      loss_ = SimulatedDisk::Loss::kNothing;
      break;
    case FaultKind::kOutOfOrder:
      loss_ = SimulatedDisk::Loss::kSomeOfUnsynced;
      break;
    case FaultKind::kGarbage:
      loss_ = SimulatedDisk::Loss::kGarbage;
      break;
    default:
      loss_ = SimulatedDisk::Loss::kUnsynced;
  }
}

IOStatus FaultFileSystem::Meet(Call call) {
  if (off_.has_value()) return IOStatus::IOError("the machine is off");
  const auto met = Count(call);
  if (!met.has_value()) return IOStatus::OK();
  if (EndsLife(*met)) {
    TurnOff(*met);
    return IOStatus::IOError("the machine is off");
  }
  return *met == FaultKind::kNoSpace ? Enospc() : Eio();
}

uint64_t FaultFileSystem::calls() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  uint64_t sum = 0;
  for (size_t call = 0; call < kCallCount; ++call) {
    if (static_cast<Call>(call) != Call::kRead) sum += calls_[call];
  }
  return sum;
}

uint64_t FaultFileSystem::calls(Call call) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return calls_[static_cast<size_t>(call)];
}

bool FaultFileSystem::struck(size_t fault) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return faults_[fault].struck;
}

bool FaultFileSystem::off() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return off_.has_value();
}

SimulatedDisk FaultFileSystem::Image(SimulatedDisk::Loss otherwise) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!off_.has_value()) loss_ = otherwise;
  return disk_.After(loss_, kept_, &random_);
}

bool FaultFileSystem::Forgot(const std::string& path) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto file = disk_.Find(path);
  return file.has_value() && disk_.Forgot(*file);
}

bool FaultFileSystem::power_lost() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return loss_ != SimulatedDisk::Loss::kNothing;
}

// --- Writes ------------------------------------------------------------------

IOStatus FaultFileSystem::FaultyWrite(FaultKind kind, InodeId file,
                                      uint64_t offset, std::string_view bytes) {
  switch (kind) {
    case FaultKind::kTornSector: {
      // Whole sectors of it, from none to all but the last.
      const uint64_t first = offset / SimulatedDisk::kSectorBytes;
      const uint64_t last =
          (offset + bytes.size()) / SimulatedDisk::kSectorBytes;
      const uint64_t cut = (first + random_.Below(last - first + 1)) *
                           SimulatedDisk::kSectorBytes;
      if (cut > offset) {
        bytes = bytes.substr(0, cut - offset);
        disk_.Write(file, offset, bytes);
        kept_ = {file, offset, bytes.size()};
      }
      break;
    }
    case FaultKind::kGarbage: {
      // All of it, or its end: then a record may have a header that is right.
      std::string garbage(bytes);
      size_t i = random_.OneIn(2) ? 0 : random_.Below(garbage.size());
      for (; i < garbage.size(); ++i) {
        garbage[i] = static_cast<char>(random_.Next());
      }
      disk_.Write(file, offset, garbage);
      kept_ = {file, offset, garbage.size()};
      break;
    }
    case FaultKind::kBitFlip: {
      std::string flipped(bytes);
      char& victim = flipped[random_.Below(flipped.size())];
      victim = static_cast<char>(victim ^ (1 << random_.Below(8)));
      disk_.Write(file, offset, flipped);
      return IOStatus::OK();
    }
    case FaultKind::kShortWrite:
      disk_.Write(file, offset, bytes.substr(0, random_.Below(bytes.size())));
      return Eio();
    case FaultKind::kNoSpace:
      return Enospc();
    default:
      break;
  }
  if (!EndsLife(kind)) return Eio();
  TurnOff(kind);
  return IOStatus::IOError("the machine is off");
}

IOStatus FaultFileSystem::WriteLocked(InodeId file, uint64_t offset,
                                      std::string_view bytes) {
  if (off_.has_value()) return IOStatus::IOError("the machine is off");
  if (bytes.empty()) return IOStatus::OK();
  const auto met = Count(Call::kWrite, file);
  if (met.has_value()) return FaultyWrite(*met, file, offset, bytes);
  disk_.Write(file, offset, bytes);
  return IOStatus::OK();
}

void FaultFileSystem::TakeTime() {
  // Rare enough that a checkpoint, some 40 calls, often sees none while the
  // thread that writes the log waits for one.
  constexpr uint64_t kEvery = 40;
  constexpr auto kTime = std::chrono::milliseconds(20);
  if (slow_ && timed_++ % kEvery == 0) std::this_thread::sleep_for(kTime);
}

IOStatus FaultFileSystem::Write(InodeId file, uint64_t offset,
                                const Slice& data) {
  TakeTime();
  const std::lock_guard<std::mutex> lock(mutex_);
  return WriteLocked(file, offset, View(data));
}

IOStatus FaultFileSystem::Append(InodeId file, const Slice& data) {
  TakeTime();
  const std::lock_guard<std::mutex> lock(mutex_);
  return WriteLocked(file, disk_.Bytes(file).size(), View(data));
}

IOStatus FaultFileSystem::Cut(InodeId file, uint64_t size) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kTruncate);
  if (status.ok()) disk_.Truncate(file, size);
  return status;
}

IOStatus FaultFileSystem::SyncFile(InodeId file) {
  TakeTime();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (off_.has_value()) return IOStatus::IOError("the machine is off");
  const auto met = Count(Call::kSync, file);
  if (!met.has_value()) {
    disk_.Sync(file);
    return IOStatus::OK();
  }
  if (*met == FaultKind::kFailedSync) disk_.LoseDirty(file);
  if (!EndsLife(*met)) return Eio();
  TurnOff(*met);
  return IOStatus::IOError("the machine is off");
}

IOStatus FaultFileSystem::SyncFolder(InodeId folder) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kFolderSync);
  if (status.ok()) disk_.SyncFolder(folder);
  return status;
}

// --- Reads -------------------------------------------------------------------

IOStatus FaultFileSystem::Read(InodeId file, uint64_t offset, size_t n,
                               Slice* result, char* scratch) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (off_.has_value()) return IOStatus::IOError("the machine is off");
  const auto met = Count(Call::kRead);
  if (met == FaultKind::kReadError) return Eio();
  const std::string& bytes = disk_.Bytes(file);
  size_t got =
      offset < bytes.size() ? std::min<size_t>(n, bytes.size() - offset) : 0;
  if (met == FaultKind::kShortRead && got > 0) got = random_.Below(got);
  std::memcpy(scratch, bytes.data() + (got > 0 ? offset : 0), got);
  *result = Slice(scratch, got);
  return IOStatus::OK();
}

uint64_t FaultFileSystem::SizeOf(InodeId file) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return disk_.Bytes(file).size();
}

// --- Opening files -----------------------------------------------------------

IOStatus FaultFileSystem::NewSequentialFile(
    const std::string& path, const FileOptions&,
    std::unique_ptr<rocksdb::FSSequentialFile>* file, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  *file = std::make_unique<SequentialFile>(this, *inode);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewRandomAccessFile(
    const std::string& path, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  *file = std::make_unique<RandomAccessFile>(this, *inode);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewWritableFile(
    const std::string& path, const FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>* file, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kCreate);
  if (!status.ok()) return status;
  auto inode = disk_.Find(path);
  if (inode.has_value()) {
    disk_.Truncate(*inode, 0);
  } else {
    inode = disk_.Create(path);
  }
  if (!inode.has_value()) return NoSuchFile(path);
  if (path.find(only_) != std::string::npos) only_files_.insert(*inode);
  *file = std::make_unique<WritableFile>(this, *inode);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewRandomRWFile(
    const std::string& path, const FileOptions&,
    std::unique_ptr<rocksdb::FSRandomRWFile>* file, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  *file = std::make_unique<RandomRWFile>(this, *inode);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewDirectory(
    const std::string& path, const IOOptions&,
    std::unique_ptr<rocksdb::FSDirectory>* folder, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  *folder = std::make_unique<Folder>(this, *inode);
  return IOStatus::OK();
}

// The store and RocksDB as it is configured here use none of these.
IOStatus FaultFileSystem::ReopenWritableFile(
    const std::string&, const FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, Debug*) {
  return NotHere("reopening of files");
}
IOStatus FaultFileSystem::ReuseWritableFile(
    const std::string&, const std::string&, const FileOptions&,
    std::unique_ptr<rocksdb::FSWritableFile>*, Debug*) {
  return NotHere("reuse of files");
}
IOStatus FaultFileSystem::NewMemoryMappedFileBuffer(
    const std::string&, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) {
  return NotHere("mapped files");
}
IOStatus FaultFileSystem::NumFileLinks(const std::string&, const IOOptions&,
                                       uint64_t*, Debug*) {
  return NotHere("count of links");
}
IOStatus FaultFileSystem::GetChildrenFileAttributes(
    const std::string&, const IOOptions&, std::vector<rocksdb::FileAttributes>*,
    Debug*) {
  return NotHere("attributes");
}

// --- Names -------------------------------------------------------------------

IOStatus FaultFileSystem::FileExists(const std::string& path, const IOOptions&,
                                     Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return disk_.Find(path).has_value() ? IOStatus::OK()
                                      : IOStatus::NotFound(path);
}

IOStatus FaultFileSystem::GetChildren(const std::string& path, const IOOptions&,
                                      std::vector<std::string>* names, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return IOStatus::NotFound(path);
  *names = disk_.List(*inode);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::DeleteFile(const std::string& path, const IOOptions&,
                                     Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kRemove);
  if (status.ok() && !disk_.Remove(path)) return NoSuchFile(path);
  return status;
}

IOStatus FaultFileSystem::Truncate(const std::string& path, size_t size,
                                   const IOOptions&, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kTruncate);
  if (!status.ok()) return status;
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  disk_.Truncate(*inode, size);
  return IOStatus::OK();
}

IOStatus FaultFileSystem::CreateDir(const std::string& path, const IOOptions&,
                                    Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kCreate);
  if (status.ok() && !disk_.MakeFolder(path)) return NoSuchFile(path);
  return status;
}

IOStatus FaultFileSystem::CreateDirIfMissing(const std::string& path,
                                             const IOOptions& options,
                                             Debug* debug) {
  if (FileExists(path, options, debug).ok()) return IOStatus::OK();
  return CreateDir(path, options, debug);
}

IOStatus FaultFileSystem::DeleteDir(const std::string& path, const IOOptions&,
                                    Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kRemove);
  if (status.ok() && !disk_.Remove(path)) {
    return IOStatus::IOError(path, "Directory not empty");
  }
  return status;
}

IOStatus FaultFileSystem::GetFileSize(const std::string& path, const IOOptions&,
                                      uint64_t* size, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  *size = disk_.Bytes(*inode).size();
  return IOStatus::OK();
}

IOStatus FaultFileSystem::GetFileModificationTime(const std::string& path,
                                                  const IOOptions& options,
                                                  uint64_t* time,
                                                  Debug* debug) {
  *time = 0;
  return FileExists(path, options, debug);
}

IOStatus FaultFileSystem::RenameFile(const std::string& from,
                                     const std::string& to, const IOOptions&,
                                     Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kRename);
  if (status.ok() && !disk_.Rename(from, to)) return NoSuchFile(from);
  return status;
}

IOStatus FaultFileSystem::LinkFile(const std::string& from,
                                   const std::string& to, const IOOptions&,
                                   Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  IOStatus status = Meet(Call::kLink);
  if (status.ok() && !disk_.Link(from, to)) return NoSuchFile(from);
  return status;
}

IOStatus FaultFileSystem::AreFilesSame(const std::string& one,
                                       const std::string& other,
                                       const IOOptions&, bool* same, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto first = disk_.Find(one);
  const auto second = disk_.Find(other);
  *same = first.has_value() && first == second;
  return IOStatus::OK();
}

IOStatus FaultFileSystem::LockFile(const std::string&, const IOOptions&,
                                   rocksdb::FileLock** lock, Debug*) {
  *lock = new NoLock;
  return IOStatus::OK();
}

IOStatus FaultFileSystem::UnlockFile(rocksdb::FileLock* lock, const IOOptions&,
                                     Debug*) {
  delete lock;
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewLogger(const std::string&, const IOOptions&,
                                    std::shared_ptr<rocksdb::Logger>* logger,
                                    Debug*) {
  *logger = std::make_shared<NoLogger>();
  return IOStatus::OK();
}

IOStatus FaultFileSystem::GetAbsolutePath(const std::string& path,
                                          const IOOptions&, std::string* out,
                                          Debug*) {
  *out = path;
  return IOStatus::OK();
}

IOStatus FaultFileSystem::IsDirectory(const std::string& path, const IOOptions&,
                                      bool* is, Debug*) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto inode = disk_.Find(path);
  if (!inode.has_value()) return NoSuchFile(path);
  *is = disk_.IsFolder(*inode);
  return IOStatus::OK();
}

}  // namespace pawl::crash
