#include "tests/crash/golden_run.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "engine/driver.h"
#include "eventstore/mark.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/verify.h"
#include "rocksdb/env.h"
#include "tests/crash/client.h"
#include "tests/crash/log_facts.h"
#include "tests/crash/witnessed_store.h"

namespace pawl::crash {
namespace {

using eventstore::EventStore;

// Where the locks of the stores are: those are real.
class LockFolder {
 public:
  LockFolder() {
    const char* base = std::getenv("TEST_TMPDIR");
    if (base == nullptr) base = std::getenv("TMPDIR");
    path_ = absl::StrCat(base == nullptr ? "/tmp" : base, "/crashXXXXXX");
    PAWL_CHECK(mkdtemp(path_.data()) != nullptr) << path_;
    PAWL_CHECK(mkdir((path_ + "/store").c_str(), 0755) == 0) << path_;
  }
  ~LockFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const LockFolder& Locks() {
  static const LockFolder folder;
  return folder;
}

eventstore::StoreOptions OptionsFor(size_t checkpoint_log_bytes) {
  eventstore::StoreOptions options;
  options.directory = StoreFolder();
  options.partitions = 1;
  options.checkpoint_log_bytes = checkpoint_log_bytes;
  options.overlay_bytes = size_t{1} << 20;
  options.block_cache_bytes = size_t{1} << 20;
  return options;
}

absl::Status Wrong(const std::string& what) {
  return absl::InternalError(what);
}

absl::StatusOr<std::string> VerifiedDigest(EventStore* store) {
  PAWL_ASSIGN_OR_RETURN(const replay::VerifyReport report,
                        replay::Verify(store, {}));
  if (report.ok()) return report.digest;
  // A file that can't be read, or is damaged, says so in verify's words.
  const std::string& text = report.difference->text;
  absl::StatusCode code = absl::StatusCode::kInternal;
  if (absl::StrContains(text, "Corruption: ")) {
    code = absl::StatusCode::kDataLoss;
  } else if (absl::StrContains(text, "IO error: ")) {
    code = absl::StatusCode::kUnavailable;
  }
  return absl::Status(code, "verify: " + text);
}

// Of verify, and of a fold of the log that knows no cache.
absl::Status SameDigest(const std::string& verified, const LogFacts& facts) {
  if (verified == facts.Digest()) return absl::OkStatus();
  return Wrong(absl::StrCat("digest of verify ", verified,
                            ", of the log's fold ", facts.Digest()));
}

// What was asked says so, or the store failed of it meanwhile.
bool SaysLoss(const absl::Status& status) {
  return absl::IsDataLoss(status) ||
         (absl::IsUnavailable(status) &&
          absl::StrContains(status.message(), "(DATA_LOSS: "));
}

bool NamesAPlace(const std::string& text) {
  for (const char* part : {"0:", ".sst", ".log", "MANIFEST", "CURRENT", "ACKED",
                           "OPTIONS", "note ", "cache "}) {
    if (absl::StrContains(text, part)) return true;
  }
  return false;
}

// Of two texts of lines.
std::string FirstDifference(const std::string& got, const std::string& want) {
  const std::vector<std::string> a = absl::StrSplit(got, '\n');
  const std::vector<std::string> b = absl::StrSplit(want, '\n');
  for (size_t i = 0;; ++i) {
    const std::string left = i < a.size() ? a[i] : "nothing";
    const std::string right = i < b.size() ? b[i] : "nothing";
    if (left != right) return absl::StrCat(left, "; without faults ", right);
    if (i >= a.size() && i >= b.size()) return "none";
  }
}

class Run {
 public:
  Run(const Workload& workload, const RunOptions& options)
      : options_(options),
        client_(workload),
        disk_(options.disk != nullptr ? *options.disk : EmptyDisk()) {}

  RunResult Do(const std::vector<Life>& lives);

 private:
  enum class End { kFinished, kCutShort, kRefused, kWrong };

  End Live(const Life& life);
  absl::Status OpenAndGoOn(FaultFileSystem* fs, rocksdb::Env* env);
  absl::Status CheckMark() const;
  absl::Status CheckStore(rocksdb::Env* env);
  absl::Status CompareDigests(Driver* driver, const EventStore& store);
  absl::StatusOr<std::unique_ptr<EventStore>> OpenStore(
      rocksdb::Env* env, eventstore::EventStoreListener* listener);
  void NoteStruck(const Fault& fault);
  void KeepStruckRecords();
  bool AnyStruck(const FaultFileSystem& fs, const Life& life) const;
  End Judge(const absl::Status& status, bool struck);

  const RunOptions options_;
  RunResult result_;
  Client client_;
  LogWitness witness_;
  SimulatedDisk disk_;
  int boots_ = 0;
  // Something lied: DataLoss is a right answer from here on.
  bool lied_ = false;
  // A failed sync of the mark: it may lag, as after a power loss.
  bool mark_forgotten_ = false;

  struct Strike {
    Fault fault;
    Position durable = 0;
    Position given = 0;
    bool opening = false;
  };
  std::mutex strikes_mutex_;
  std::vector<Strike> strikes_;
  bool struck_in_opening_ = false;
  // Still opening: what was in doubt when the life before ended is at stake.
  std::atomic<bool> opening_{false};
  std::vector<std::string> in_doubt_log_;
};

absl::StatusOr<std::unique_ptr<EventStore>> Run::OpenStore(
    rocksdb::Env* env, eventstore::EventStoreListener* listener) {
  eventstore::RocksDbSeams seams;
  seams.env = env;
  seams.boot_id = std::string(16, static_cast<char>('A' + boots_));
  return eventstore::OpenRocksDbEventStore(
      OptionsFor(client_.workload().checkpoint_log_bytes), listener, seams);
}

// Whoever finds the log shortened later knows only by the mark. After a power
// loss it may lag, until a life writes it again.
absl::Status Run::CheckMark() const {
  const Position acknowledged = AcknowledgedByMark(disk_);
  if (acknowledged >= witness_.durable()) return absl::OkStatus();
  return Wrong(absl::StrCat("the mark says ", acknowledged, ", ",
                            witness_.durable(), " was durable"));
}

absl::Status Run::CheckStore(rocksdb::Env* env) {
  PAWL_ASSIGN_OR_RETURN(const auto store, OpenStore(env, nullptr));
  PAWL_RETURN_IF_ERROR(witness_.Compare(*store));
  LogFacts facts;
  PAWL_RETURN_IF_ERROR(facts.ReadNew(*store));
  const std::string wrong = client_.Compare(facts);
  if (!wrong.empty()) return Wrong(wrong);
  PAWL_ASSIGN_OR_RETURN(const std::string digest, VerifiedDigest(store.get()));
  PAWL_RETURN_IF_ERROR(SameDigest(digest, facts));
  result_.outcome = client_.Outcome(facts);
  result_.records = facts.end();
  return store->Close();
}

// The engine's own state against a fold of the log from empty.
absl::Status Run::CompareDigests(Driver* driver, const EventStore& store) {
  QueryRequest request;
  request.run = [&](PartitionData& data) -> absl::Status {
    LogFacts facts;
    PAWL_RETURN_IF_ERROR(facts.ReadNew(store));
    PAWL_ASSIGN_OR_RETURN(const std::string digest, data.StateDigest());
    if (digest == facts.Digest()) return absl::OkStatus();
    return Wrong(absl::StrCat("live digest ", digest, ", of the log's fold ",
                              facts.Digest(), " at ", facts.end()));
  };
  return driver->CallFor(Request{0, std::move(request)}, kPatience).status;
}

absl::Status Run::OpenAndGoOn(FaultFileSystem* fs, rocksdb::Env* env) {
  const bool fresh = result_.lives == 1;
  opening_ = !fresh;
  if (!fresh) PAWL_RETURN_IF_ERROR(CheckStore(env));
  EventStore* store = nullptr;
  DriverOptions driver_options;
  driver_options.data.cache_bytes = size_t{256} << 10;
  driver_options.data.snapshot_records = 8;
  driver_options.handler_threads = 1;
  driver_options.clock = client_.clock();
  driver_options.build = "crash";
  const auto open = [&](eventstore::EventStoreListener* listener)
      -> absl::StatusOr<std::unique_ptr<EventStore>> {
    PAWL_ASSIGN_OR_RETURN(auto opened,
                          OpenWitnessed(
                              [&](eventstore::EventStoreListener* told) {
                                return OpenStore(env, told);
                              },
                              listener, &witness_));
    store = opened.get();
    opening_ = false;
    return opened;
  };
  PAWL_ASSIGN_OR_RETURN(const std::unique_ptr<Driver> driver,
                        Driver::Open(open, std::move(driver_options)));
  if (!fresh) PAWL_RETURN_IF_ERROR(CompareDigests(driver.get(), *store));
  PAWL_RETURN_IF_ERROR(client_.GoOn(driver.get()));
  PAWL_RETURN_IF_ERROR(CompareDigests(driver.get(), *store));
  if (fs->off()) return absl::UnavailableError("the machine is off");
  return driver->Close(absl::Seconds(10));
}

void Run::NoteStruck(const Fault& fault) {
  const std::lock_guard<std::mutex> lock(strikes_mutex_);
  struck_in_opening_ |= opening_.load();
  if (result_.struck_at == 0) result_.struck_at = fault.at;
  strikes_.push_back(
      {fault, witness_.durable(), witness_.given(), opening_.load()});
}

// Before the next life forgets what was given.
void Run::KeepStruckRecords() {
  const std::lock_guard<std::mutex> lock(strikes_mutex_);
  std::vector<std::string> log;
  for (Position p = 1; p <= witness_.given(); ++p) {
    log.push_back(witness_.At(p));
  }
  for (const Strike& strike : strikes_) {
    if (strike.opening && !in_doubt_log_.empty()) {
      result_.struck_records.push_back({strike.fault.kind, in_doubt_log_});
    }
    for (Position p = strike.durable + 1; p <= strike.given && p <= log.size();
         ++p) {
      result_.struck_records.push_back(
          {strike.fault.kind, {log.begin(), log.begin() + p}});
    }
  }
  strikes_.clear();
  in_doubt_log_.clear();
  if (witness_.given() > witness_.durable()) in_doubt_log_ = std::move(log);
}

bool Run::AnyStruck(const FaultFileSystem& fs, const Life& life) const {
  for (size_t i = 0; i < life.faults.size(); ++i) {
    if (fs.struck(i)) return true;
  }
  return false;
}

Run::End Run::Judge(const absl::Status& status, bool struck) {
  if (status.ok()) return End::kFinished;
  const std::string text = status.ToString();
  // Ours: something is wrong, whatever struck.
  if (absl::IsInternal(status)) {
    result_.failure = text;
    return End::kWrong;
  }
  if (absl::IsDeadlineExceeded(status)) {
    result_.failure = "hangs: " + text;
    return End::kWrong;
  }
  // An error is an error; that something is lost may be said only where it is.
  if (struck && (lied_ || !absl::IsDataLoss(status))) return End::kCutShort;
  if (lied_ && SaysLoss(status)) {
    result_.refusal = text;
    if (NamesAPlace(text)) return End::kRefused;
    result_.failure = "refused without a place: " + text;
    return End::kWrong;
  }
  result_.failure = "failed without a fault: " + text;
  return End::kWrong;
}

Run::End Run::Live(const Life& life) {
  ++result_.lives;
  struck_in_opening_ = false;
  auto fs = std::make_shared<FaultFileSystem>(disk_, life.faults,
                                              options_.seed + result_.lives);
  fs->set_slow(life.slow_disk);
  fs->set_on_strike([this](const Fault& fault) { NoteStruck(fault); });
  if (result_.lives == 1) fs->set_only(options_.strike_only);
  if (options_.strike_when && result_.lives == 1) {
    fs->set_when([this] {
      return options_.strike_when(
          {witness_.durable(), witness_.given(),
           [this](Position position) { return witness_.At(position); }});
    });
  }
  absl::Status status;
  {
    const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(fs);
    status = OpenAndGoOn(fs.get(), env.get());
  }
  const bool struck = AnyStruck(*fs, life);
  result_.struck.push_back(!life.faults.empty() && fs->struck(0));
  result_.struck_in_opening.push_back(struck_in_opening_);
  if (result_.lives == 1) {
    result_.io_calls = fs->calls();
    for (size_t call = 0; call < kCallCount; ++call) {
      result_.calls[call] = fs->calls(static_cast<Call>(call));
    }
  }
  for (size_t i = 0; i < life.faults.size(); ++i) {
    const FaultKind kind = life.faults[i].kind;
    lied_ |= fs->struck(i) &&
             (kind == FaultKind::kBitFlip || kind == FaultKind::kShortRead);
  }
  if (options_.note_struck_records) KeepStruckRecords();
  // The store has failed with that sync, and its mark is back at the sync
  // before.
  mark_forgotten_ |= fs->Forgot(StoreFolder() + "/ACKED");
  disk_ = fs->Image(life.otherwise);
  if (!lied_ && !mark_forgotten_ && boots_ == 0 && !fs->power_lost()) {
    const absl::Status behind = CheckMark();
    if (!behind.ok()) return Judge(behind, struck);
  }
  if (fs->power_lost()) ++boots_;
  return Judge(status, struck);
}

RunResult Run::Do(const std::vector<Life>& lives) {
  for (size_t i = 0;; ++i) {
    const bool quiet = i >= lives.size();
    const End end = Live(quiet ? Life{} : lives[i]);
    if (end == End::kWrong || end == End::kRefused) break;
    if (result_.lives == options_.lives_max) break;
    if (end == End::kCutShort) continue;
    // Finished, and once more as the next opening would find it.
    const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
        std::make_shared<FaultFileSystem>(disk_, std::vector<Fault>{}, 0));
    if (Judge(CheckStore(env.get()), false) != End::kFinished) break;
    if (!options_.outcome.empty() && result_.outcome != options_.outcome) {
      result_.failure = "another outcome: " +
                        FirstDifference(result_.outcome, options_.outcome);
    }
    break;
  }
  result_.commands = client_.commands();
  if (!result_.failure.empty()) {
    absl::StrAppend(&result_.failure, " (life ", result_.lives, ", step ",
                    client_.next_step(), ")");
  }
  if (options_.left != nullptr) *options_.left = disk_;
  return std::move(result_);
}

}  // namespace

const std::string& StoreFolder() {
  static const std::string folder = Locks().path() + "/store";
  return folder;
}

SimulatedDisk EmptyDisk() { return SimulatedDisk(Locks().path()); }

Position AcknowledgedByMark(const SimulatedDisk& disk) {
  const auto file = disk.Find(StoreFolder() + "/ACKED");
  const std::string bytes = file.has_value() ? disk.Bytes(*file) : "";
  Position acknowledged = 0;
  uint64_t newest = 0;
  for (size_t at = 0; at < bytes.size(); at += eventstore::kMarkSlotBytes) {
    const auto slot = eventstore::DecodeMarkSlot(
        std::string_view(bytes).substr(at, eventstore::kMarkSlotBytes));
    if (!slot.ok() || slot->counter < newest) continue;
    newest = slot->counter;
    acknowledged = slot->partitions.at(0).acknowledged;
  }
  return acknowledged;
}

const SimulatedDisk& NewStoreDisk() {
  static const SimulatedDisk& disk = *[] {
    auto fs =
        std::make_shared<FaultFileSystem>(EmptyDisk(), std::vector<Fault>{}, 0);
    const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(fs);
    eventstore::RocksDbSeams seams;
    seams.env = env.get();
    seams.boot_id = std::string(16, 'A');
    auto store = eventstore::OpenRocksDbEventStore(OptionsFor(size_t{1} << 20),
                                                   nullptr, seams);
    PAWL_CHECK_OK(store.status());
    PAWL_CHECK_OK((*store)->Close());
    return new SimulatedDisk(fs->Image(SimulatedDisk::Loss::kNothing));
  }();
  return disk;
}

RunResult RunLives(const Workload& workload, const std::vector<Life>& lives,
                   const RunOptions& options) {
  return Run(workload, options).Do(lives);
}

absl::StatusOr<std::string> CheckDisk(const SimulatedDisk& disk) {
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
      std::make_shared<FaultFileSystem>(disk, std::vector<Fault>{}, 0));
  eventstore::RocksDbSeams seams;
  seams.env = env.get();
  seams.boot_id = std::string(16, 'A');
  PAWL_ASSIGN_OR_RETURN(const auto store,
                        eventstore::OpenRocksDbEventStore(
                            OptionsFor(size_t{1} << 20), nullptr, seams));
  // The product's own words first.
  PAWL_ASSIGN_OR_RETURN(std::string digest, VerifiedDigest(store.get()));
  LogFacts facts;
  PAWL_RETURN_IF_ERROR(facts.ReadNew(*store));
  PAWL_RETURN_IF_ERROR(SameDigest(digest, facts));
  PAWL_RETURN_IF_ERROR(store->Close());
  return digest;
}

}  // namespace pawl::crash
