#include "tests/crash/damage.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/core/codec.h"
#include "eventstore/record_codec.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/log_fold.h"
#include "replay/verify.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "tests/crash/fault_file_system.h"
#include "tests/crash/golden_run.h"
#include "tests/crash/workload.h"
#include "tests/support/position_text.h"
#include "tests/support/random.h"

namespace pawl::crash {
namespace {

// A store with checkpoints, snapshots and a log behind them.
struct Image {
  SimulatedDisk disk = EmptyDisk();
  std::string digest;
  // Of the log without some of the records that nobody had acknowledged: what
  // is damaged there looks like a write that wasn't finished.
  std::set<std::string> shorter;
};

// The digests of the log cut at each record from the last acknowledged one.
std::set<std::string> DigestsFromMark(const SimulatedDisk& disk) {
  const Position acknowledged = AcknowledgedByMark(disk);
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(
      std::make_shared<FaultFileSystem>(disk, std::vector<Fault>{}, 0));
  eventstore::RocksDbSeams seams;
  seams.env = env.get();
  seams.boot_id = std::string(16, 'A');
  eventstore::StoreOptions options;
  options.directory = StoreFolder();
  auto store = eventstore::OpenRocksDbEventStore(options, nullptr, seams);
  PAWL_CHECK_OK(store.status());
  // Bits of everything that a store has are to be flipped.
  const auto report = replay::Verify(store->get(), {});
  PAWL_CHECK_OK(report.status());
  PAWL_CHECK(report->snapshots > 0 && report->index_entries > 0)
      << report->snapshots << " snapshots, " << report->index_entries
      << " index entries";
  replay::LogFold fold(0);
  std::set<std::string> digests;
  PAWL_CHECK_OK((*store)->Read(0, 1, (*store)->End(0),
                               [&](Position position, std::string_view bytes) {
                                 const auto record = core::DecodeRecord(bytes);
                                 PAWL_CHECK_OK(record.status());
                                 PAWL_CHECK_OK(fold.Add(**record));
                                 if (position >= acknowledged)
                                   digests.insert(fold.Digest());
                                 return true;
                               }));
  PAWL_CHECK_OK((*store)->Close());
  return digests;
}

Image MakeImage(const std::vector<Life>& lives) {
  Workload workload = GoldenWorkload();
  workload.steps.resize(90);
  workload.checkpoint_log_bytes = 12 << 10;
  Image image;
  RunOptions options;
  options.disk = &NewStoreDisk();
  options.left = &image.disk;
  options.lives_max = 1;
  const RunResult result = RunLives(workload, lives, options);
  PAWL_CHECK(result.failure.empty()) << result.failure;
  auto digest = CheckDisk(image.disk);
  PAWL_CHECK_OK(digest.status());
  image.digest = *std::move(digest);
  image.shorter = DigestsFromMark(image.disk);
  PAWL_CHECK(image.shorter.contains(image.digest));
  return image;
}

const Image& Closed() {
  static const Image& image = *new Image(MakeImage({}));
  return image;
}
std::string KindOfFile(const std::string& path) {
  const std::string name = path.substr(path.find_last_of('/') + 1);
  if (absl::EndsWith(name, ".log")) return "WAL";
  if (absl::EndsWith(name, ".sst")) return "table";
  for (const char* kind :
       {"MANIFEST", "CURRENT", "OPTIONS", "IDENTITY", "ACKED"}) {
    if (absl::StartsWith(name, kind)) return kind;
  }
  return "other";
}

size_t BytesOf(const SimulatedDisk& disk, std::string_view kind) {
  size_t bytes = 0;
  for (const std::string& path : disk.AllFiles()) {
    if (KindOfFile(path) == kind) bytes += disk.Bytes(*disk.Find(path)).size();
  }
  return bytes;
}

// With records that are in no table yet. How far RocksDB's own threads are by
// some call depends on the machine's load, so one is looked for.
const Image& Killed() {
  static const Image& image = *[] {
    constexpr size_t kWanted = 2048;
    for (uint64_t call = 480; call < 600; call += 5) {
      auto* image = new Image(MakeImage({{{{FaultKind::kKill, call}}}}));
      if (BytesOf(image->disk, "WAL") >= kWanted) return image;
      delete image;
    }
    PAWL_CHECK(false) << "no kill leaves " << kWanted << " bytes in the log";
    return static_cast<Image*>(nullptr);
  }();
  return image;
}

// Half of the flips hit the log or a table; there are many bytes in few tables.
std::string PickFile(const SimulatedDisk& disk, Random* random) {
  std::map<std::string, std::vector<std::string>> kinds;
  for (const std::string& path : disk.AllFiles()) {
    if (disk.Bytes(*disk.Find(path)).empty()) continue;
    kinds[KindOfFile(path)].push_back(path);
  }
  const char* wanted = random->OneIn(2) ? "WAL" : "table";
  const auto it =
      random->OneIn(4) || !kinds.contains(wanted)
          ? std::next(kinds.begin(),
                      static_cast<ptrdiff_t>(random->Below(kinds.size())))
          : kinds.find(wanted);
  return it->second[random->Below(it->second.size())];
}

}  // namespace

FlipResult RunFlip(uint64_t seed) {
  const Image& image = seed % 2 == 0 ? Killed() : Closed();
  Random random(seed);
  SimulatedDisk disk = image.disk;
  const std::string path = PickFile(disk, &random);
  std::string& bytes = *disk.Damage(*disk.Find(path));
  const size_t byte = random.Below(bytes.size());
  const size_t bit = random.Below(8);
  bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
  FlipResult result;
  result.file = KindOfFile(path);
  const auto digest = CheckDisk(disk);
  const std::string where =
      absl::StrCat("bit ", bit, " of byte ", byte, " of ", path,
                   "\n  repeat: tools/crash --flips 1 --from ", seed);
  if (digest.ok()) {
    result.shorter = *digest != image.digest;
    if (result.shorter && !image.shorter.contains(*digest)) {
      result.failure = "silently wrong: another digest, " + where;
    }
    return result;
  }
  result.refused = true;
  result.code = absl::StatusCodeToString(digest.status().code());
  if (!absl::IsDataLoss(digest.status())) {
    result.failure = absl::StrCat("not DATA_LOSS: ", digest.status().ToString(),
                                  ", ", where);
  }
  return result;
}

// --- Records -----------------------------------------------------------------

namespace {

using Family = rocksdb::ColumnFamilyHandle;

// Opens the database behind the store's back.
void WithRawLog(const SimulatedDisk& disk, SimulatedDisk* after,
                const std::function<void(rocksdb::DB*, Family*)>& act) {
  auto fs = std::make_shared<FaultFileSystem>(disk, std::vector<Fault>{}, 0);
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(fs);
  rocksdb::Options options;
  options.env = env.get();
  const std::string path = StoreFolder() + "/db";
  std::vector<std::string> names;
  PAWL_CHECK(rocksdb::DB::ListColumnFamilies(options, path, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, options);
  std::vector<Family*> handles;
  rocksdb::DB* raw = nullptr;
  PAWL_CHECK(rocksdb::DB::Open(options, path, families, &handles, &raw).ok());
  {
    const std::unique_ptr<rocksdb::DB> db(raw);
    for (Family* handle : handles) {
      if (handle->GetName() == "log.0") act(db.get(), handle);
    }
    for (Family* handle : handles) (void)db->DestroyColumnFamilyHandle(handle);
  }
  *after = fs->Image(SimulatedDisk::Loss::kNothing);
}

std::string Key(Position position) {
  return eventstore::EncodeBigEndian64(position);
}

// The record of `from`, as it would lie at `to`.
std::string RecordAt(rocksdb::DB* db, Family* log, Position from, Position to,
                     bool fitting_crc) {
  std::string value;
  PAWL_CHECK(db->Get({}, log, Key(from), &value).ok());
  if (!fitting_crc) return value;
  const std::string record = value.substr(eventstore::kRecordCrcBytes);
  return eventstore::RecordCrc(0, to, record) + record;
}

Position EndOf(rocksdb::DB* db, Family* log) {
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}, log));
  it->SeekToLast();
  PAWL_CHECK(it->Valid());
  return eventstore::DecodeBigEndian64(it->key().ToString());
}

}  // namespace

std::vector<LogDamage> RunLogDamages() {
  const SimulatedDisk& healthy = Closed().disk;
  Position end = 0;
  SimulatedDisk scratch = EmptyDisk();
  WithRawLog(healthy, &scratch,
             [&](rocksdb::DB* db, Family* log) { end = EndOf(db, log); });
  std::vector<LogDamage> all;
  const auto add = [&](const std::string& name, Position place,
                       const std::function<void(rocksdb::DB*, Family*)>& act) {
    SimulatedDisk damaged = EmptyDisk();
    WithRawLog(healthy, &damaged, act);
    LogDamage damage;
    damage.name = absl::StrCat(name, " 0:", place);
    const auto digest = CheckDisk(damaged);
    damage.refusal = digest.status().ToString();
    if (!absl::IsDataLoss(digest.status())) {
      damage.failure = damage.name + ": not refused: " + damage.refusal;
      // Of two that were swapped either is in the wrong place.
    } else if (!NamesPosition(damage.refusal, place) &&
               !(name.starts_with("swapped") &&
                 NamesPosition(damage.refusal, place + 1))) {
      damage.failure =
          damage.name + ": the place isn't named: " + damage.refusal;
    }
    all.push_back(std::move(damage));
  };
  for (const bool crc : {false, true}) {
    const std::string with = crc ? " with a checksum that fits" : "";
    for (const Position p : {Position{1}, end / 2, end - 1}) {
      add("swapped" + with, p, [&](rocksdb::DB* db, Family* log) {
        const std::string first = RecordAt(db, log, p, p + 1, crc);
        const std::string second = RecordAt(db, log, p + 1, p, crc);
        PAWL_CHECK(db->Put({}, log, Key(p), second).ok());
        PAWL_CHECK(db->Put({}, log, Key(p + 1), first).ok());
      });
      add("doubled" + with, p + 1, [&](rocksdb::DB* db, Family* log) {
        PAWL_CHECK(
            db->Put({}, log, Key(p + 1), RecordAt(db, log, p, p + 1, crc))
                .ok());
      });
    }
    add("doubled at the end" + with, end + 1,
        [&](rocksdb::DB* db, Family* log) {
          PAWL_CHECK(db->Put({}, log, Key(end + 1),
                             RecordAt(db, log, end, end + 1, crc))
                         .ok());
        });
  }
  for (const Position p : {Position{1}, end / 2, end - 1}) {
    add("missing", p, [&](rocksdb::DB* db, Family* log) {
      PAWL_CHECK(db->Delete({}, log, Key(p)).ok());
    });
  }
  for (const Position cut : {Position{1}, Position{2}, end / 2, end}) {
    add("shortened to", end - cut, [&](rocksdb::DB* db, Family* log) {
      for (Position p = end - cut + 1; p <= end; ++p) {
        PAWL_CHECK(db->Delete({}, log, Key(p)).ok());
      }
    });
  }
  return all;
}

}  // namespace pawl::crash
