#include "replay/fork.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/split_mix64.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/archive.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/decide.h"
#include "engine/core/lookups.h"
#include "engine/core/variables.h"
#include "engine/expression/expression.h"
#include "engine/expression/script/lua.h"
#include "engine/fork_note.h"
#include "engine/record_view.h"
#include "eventstore/rocksdb_event_store.h"
#include "replay/copy_archive.h"
#include "replay/fold_lookups.h"
#include "replay/log_fold.h"
#include "replay/posix_file.h"
#include "replay/rebuild.h"
#include "replay/whole_log.h"

namespace pawl::replay {
namespace {

// Records that the store may hold in memory, not yet durable.
constexpr Position kUnsyncedMax = 8 * kRoundRecordsMax;

// Of the original, answered from its fold; scripts run, as they would in it.
class BranchLookups final : public FoldLookups {
 public:
  explicit BranchLookups(const LogFold* fold)
      : FoldLookups(fold), fold_(*fold) {}

  uint64_t Seed() override {
    if (seed_ == 0) seed_ = fold_.position();
    return NextSplitMix64(&seed_);
  }
  absl::StatusOr<expression::ScriptResult> RunScript(
      std::string_view, const expression::Expression& script,
      const expression::ScopeView& scope) override {
    if (script.language() == fb::Language::lua) {
      return expression::script::RunLua(script.text(), scope);
    }
    return absl::UnimplementedError(
        absl::StrCat("a script in ", fb::EnumNameLanguage(script.language()),
                     " doesn't run while a command is decided"));
  }

 private:
  const LogFold& fold_;
  uint64_t seed_ = 0;
};

// The state at the end of the fork's log, on which its first own records are
// decided.
class Branch {
 public:
  explicit Branch(PartitionId partition) : fold_(partition), lookups_(&fold_) {}

  absl::Status Add(const fb::RecordT& record) {
    PAWL_RETURN_IF_ERROR(fold_.Add(record));
    PAWL_RETURN_IF_ERROR(lookups_.Learn(record));
    for (size_t i = 0; i < record.events.size(); ++i) {
      const fb::EventUnion& event = record.events[i];
      const InstanceKey key = core::InstanceOf(record, i);
      if (event.type == fb::Event::InstanceEnded) running_.erase(key);
      if (const auto* started = event.AsInstanceStarted();
          started != nullptr && started->caller == nullptr) {
        running_.insert(key);
      }
      if (const core::Instance* carried = fold_.Running(key);
          event.type == fb::Event::CarriedForward && carried != nullptr &&
          !carried->called()) {
        running_.insert(key);
      }
    }
    return absl::OkStatus();
  }

  // The record of `command`, which is part of the state from now on; nothing
  // when nothing had to happen.
  absl::StatusOr<std::optional<std::string>> Decide(fb::CommandUnion command,
                                                    InstanceKey key,
                                                    const std::string& actor) {
    const core::Instance* running = fold_.Running(key);
    if (running == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("instance ", key.value(), " had ended by then"));
    }
    core::Instance instance = *running;
    const uint32_t sequence_before = instance.sequence;
    const int64_t now_ms = fold_.partition().time_ms;
    core::RecordingLookups lookups(&lookups_);
    core::Decision decision =
        core::Decide(command, &instance, now_ms, &lookups);
    PAWL_RETURN_IF_ERROR(decision.status);
    if (decision.events.empty()) return std::optional<std::string>();
    const std::unique_ptr<fb::RecordT> record = core::MakeRecord(
        fold_.partition_id(), fold_.position() + 1, now_ms, actor,
        /*caused_by=*/0, std::move(command), lookups.TakeFacts(), key,
        sequence_before, &decision);
    std::string bytes = core::EncodeRecord(*record);
    if (bytes.size() > kRecordBytesMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("record of ", fb::EnumNameCommand(record->command.type),
                       ": got ", bytes.size(), " bytes, wanted at most ",
                       kRecordBytesMax, " (kRecordBytesMax)"));
    }
    PAWL_RETURN_IF_ERROR(Add(*record));
    return std::optional<std::string>(std::move(bytes));
  }

  const LogFold& fold() const { return fold_; }
  // Instances that nobody called.
  const absl::btree_set<InstanceKey>& running() const { return running_; }

 private:
  LogFold fold_;
  BranchLookups lookups_;
  absl::btree_set<InstanceKey> running_;
};

// Gives records to a store, in rounds, no faster than it can take them.
class LogCopy {
 public:
  LogCopy(eventstore::EventStore* into, PartitionId partition,
          const std::function<void()>& pause)
      : into_(*into), partition_(partition), pause_(pause) {}

  // From where the store is now.
  void Begin() { end_ = into_.End(partition_); }

  absl::Status Add(std::string record) {
    bytes_ += record.size();
    records_.push_back(std::move(record));
    if (records_.size() < kRoundRecordsMax && bytes_ < kRoundBytesTarget) {
      return absl::OkStatus();
    }
    return Flush();
  }

  absl::Status Flush() {
    if (records_.empty()) return absl::OkStatus();
    const Position first = end_ + 1;
    end_ += records_.size();
    bytes_ = 0;
    PAWL_RETURN_IF_ERROR(
        into_.Append(partition_, first,
                     std::exchange(records_, std::vector<std::string>())));
    return Await(end_ > kUnsyncedMax ? end_ - kUnsyncedMax : 0);
  }

  absl::Status Finish() {
    PAWL_RETURN_IF_ERROR(Flush());
    return Await(end_);
  }

  Position end() const { return end_ + records_.size(); }

 private:
  absl::Status Await(Position durable) {
    while (into_.DurableEnd(partition_) < durable) {
      PAWL_RETURN_IF_ERROR(into_.health());
      if (pause_) pause_();
    }
    return into_.health();
  }

  eventstore::EventStore& into_;
  const PartitionId partition_;
  const std::function<void()>& pause_;
  std::vector<std::string> records_;
  size_t bytes_ = 0;
  Position end_ = 0;
};

absl::Status CheckFork(const eventstore::EventStore& from,
                       const ForkOptions& options,
                       const eventstore::EventStore& into) {
  if (from.partitions() != 1 || into.partitions() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("fork: got a store of ", from.partitions(),
                     " partitions, wanted 1, which is all that this build "
                     "runs"));
  }
  if (into.End(0) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "fork: got a store that ends at ", eventstore::LogPlace(0, into.End(0)),
        ", wanted an empty "
        "one"));
  }
  if (options.at == 0 || options.at > from.End(0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "position: got ", eventstore::LogPlace(0, options.at), ", wanted ",
        eventstore::LogPlace(0, 1), " to ",
        eventstore::LogPlace(0, from.End(0)), ", which the log has"));
  }
  return absl::OkStatus();
}

// Whether the record has an event of the instance.
bool Touches(const RecordView& record, InstanceKey instance) {
  for (size_t i = 0; i < record.touched_count(); ++i) {
    if (record.touched(i).instance == instance) return true;
  }
  return false;
}

// OK when the instance began below `floor`. Records of it from there to `at`
// there are none.
absl::Status CheckStarted(const eventstore::EventStore& from,
                          InstanceKey instance, Position floor, Position at) {
  bool started = false;
  PAWL_RETURN_IF_ERROR(
      ReadArchived(from, instance, floor, [&](Position, std::string_view) {
        started = true;
        return false;
      }));
  if (started) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("instance ", instance.value(),
                                          ": not started at position ",
                                          eventstore::LogPlace(0, at)));
}

// Suspends every tree but that of `instance`.
absl::Status SuspendOthers(InstanceKey instance, const std::string& actor,
                           Branch* branch, LogCopy* copy) {
  const core::Instance* kept = branch->fold().Running(instance);
  const InstanceKey root =
      kept != nullptr && kept->called() ? kept->caller.root : instance;
  const std::vector<InstanceKey> others(branch->running().begin(),
                                        branch->running().end());
  for (const InstanceKey other : others) {
    const core::Instance* running = branch->fold().Running(other);
    if (other == root || running == nullptr ||
        running->state != fb::InstanceState::active) {
      continue;
    }
    fb::SuspendInstanceT suspend;
    suspend.instance = other.value();
    fb::CommandUnion command;
    command.Set(std::move(suspend));
    PAWL_ASSIGN_OR_RETURN(std::optional<std::string> record,
                          branch->Decide(std::move(command), other, actor));
    if (record.has_value()) {
      PAWL_RETURN_IF_ERROR(copy->Add(*std::move(record)));
    }
  }
  return absl::OkStatus();
}

absl::Status SetVariables(const ForkOptions& options, Branch* branch,
                          LogCopy* copy) {
  fb::SetVariablesT set;
  set.instance = options.instance.value();
  PAWL_ASSIGN_OR_RETURN(set.variables, core::ToWire(options.variables));
  fb::CommandUnion command;
  command.Set(std::move(set));
  PAWL_ASSIGN_OR_RETURN(
      std::optional<std::string> record,
      branch->Decide(std::move(command), options.instance, options.actor));
  return record.has_value() ? copy->Add(*std::move(record)) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<ForkResult> Fork(const eventstore::EventStore& from,
                                const ForkOptions& options,
                                eventstore::EventStore* into) {
  PAWL_RETURN_IF_ERROR(CheckFork(from, options, *into));
  PAWL_ASSIGN_OR_RETURN(WholeLog log, WholeLog::Open(&from, 0, options.at));
  ForkResult result;
  LogCopy copy(into, 0, options.pause);
  // Only what is decided needs the state.
  std::optional<Branch> branch;
  if (options.alone || !options.variables.empty()) branch.emplace(0);
  bool started = false;
  absl::Status copied;
  const auto take = [&](std::string_view bytes) -> absl::Status {
    PAWL_ASSIGN_OR_RETURN(const RecordView view, RecordView::Open(bytes));
    result.time_ms = view.time_ms();
    started = started || Touches(view, options.instance);
    if (view.position() > log.whole()) {
      PAWL_RETURN_IF_ERROR(CopyArchivedBy(view, from, into));
    }
    if (branch.has_value()) {
      PAWL_ASSIGN_OR_RETURN(const auto record, core::DecodeRecord(bytes));
      PAWL_RETURN_IF_ERROR(branch->Add(*record));
    }
    return copy.Add(std::string(bytes));
  };
  PAWL_RETURN_IF_ERROR(CopyArchive(from, {log.floor()}, into));
  copy.Begin();
  PAWL_RETURN_IF_ERROR(log.Read(log.floor(), options.at,
                                [&](Position position, std::string_view bytes) {
                                  copied = take(bytes);
                                  if (options.progress && position % 256 == 0) {
                                    options.progress(position, options.at);
                                  }
                                  return copied.ok();
                                }));
  PAWL_RETURN_IF_ERROR(copied);
  if (!started) {
    PAWL_RETURN_IF_ERROR(
        CheckStarted(from, options.instance, log.floor(), options.at));
  }
  if (options.alone) {
    PAWL_RETURN_IF_ERROR(
        SuspendOthers(options.instance, options.actor, &*branch, &copy));
  }
  if (!options.variables.empty()) {
    PAWL_RETURN_IF_ERROR(SetVariables(options, &*branch, &copy));
  }
  PAWL_RETURN_IF_ERROR(copy.Finish());
  result.end = copy.end();
  // So that the next opening doesn't fold all of it.
  PAWL_ASSIGN_OR_RETURN(RebuildResult rebuilt,
                        Rebuild(into, nullptr, options.pause));
  result.digest = std::move(rebuilt.digest);
  return result;
}

absl::StatusOr<ForkResult> ForkInto(const eventstore::EventStore& from,
                                    const ForkOptions& options,
                                    const std::string& directory) {
  namespace fs = std::filesystem;
  // A slash at the end would put the unfinished fork inside.
  std::string name = directory;
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  const std::string unfinished = name + kForkUnfinished;
  for (const std::string& path : {name, unfinished}) {
    std::error_code error;
    if (fs::exists(path, error) || error) {
      return absl::AlreadyExistsError(absl::StrCat(
          "fork: got ", path, ", which is there, wanted a folder to be made",
          path == unfinished
              ? "; a fork that was stopped left it, it can be deleted"
              : ""));
    }
  }
  eventstore::StoreOptions store_options;
  store_options.directory = unfinished;
  store_options.partitions = 1;
  const auto make = [&]() -> absl::StatusOr<ForkResult> {
    PAWL_ASSIGN_OR_RETURN(const auto store, eventstore::OpenRocksDbEventStore(
                                                store_options, nullptr));
    PAWL_ASSIGN_OR_RETURN(ForkResult result, Fork(from, options, store.get()));
    PAWL_RETURN_IF_ERROR(store->Close());
    ForkNote note;
    note.instance = options.instance;
    note.position = options.at;
    note.clock_ms = result.time_ms;
    PAWL_RETURN_IF_ERROR(WriteForkNote(unfinished, note));
    return result;
  };
  absl::StatusOr<ForkResult> result = make();
  if (!result.ok()) {
    // It was made here, and is of no use.
    std::error_code error;
    fs::remove_all(unfinished, error);
    return result;
  }
  PAWL_RETURN_IF_ERROR(RenameForGood(unfinished, name));
  return result;
}

}  // namespace pawl::replay
