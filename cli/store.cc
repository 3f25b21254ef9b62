#include "cli/store.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/console.h"
#include "engine/clock.h"
#include "engine/fork_note.h"
#include "eventstore/rocksdb_event_store.h"

namespace pawl::cli {
namespace {

// Long enough for whatever fell due while nobody ran the store.
constexpr absl::Duration kCatchUpMax = absl::Minutes(10);

}  // namespace

absl::Status RequireStore(const Context& context) {
  std::error_code error;
  if (!std::filesystem::is_directory(context.data, error)) {
    return absl::NotFoundError(
        absl::StrCat("store ", context.data,
                     ": no such folder; wanted a store, as --data names it"));
  }
  // Its mark and its database (docs/log_format.md); one may be missing or
  // damaged, and then the store says so.
  for (const char* part : {"ACKED", "db"}) {
    const std::filesystem::path path = context.data;
    if (std::filesystem::exists(path / part, error)) return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat(
      "store ", context.data,
      ": a folder without a store; wanted a store, as --data names it"));
}

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const Context& context) {
  PAWL_RETURN_IF_ERROR(RequireStore(context));
  std::unique_ptr<Reader> reader(new Reader());
  eventstore::StoreOptions options;
  options.directory = context.data;
  options.read_only = true;
  PAWL_ASSIGN_OR_RETURN(reader->store_,
                        eventstore::OpenRocksDbEventStore(options, nullptr));
  for (int p = 0; p < reader->store_->partitions(); ++p) {
    auto data = std::make_unique<PartitionData>(reader->store_.get(),
                                                static_cast<PartitionId>(p),
                                                PartitionDataOptions());
    PAWL_RETURN_IF_ERROR(data->Recover());
    reader->partitions_.push_back(std::move(data));
  }
  return reader;
}

absl::StatusOr<PartitionData*> Reader::PartitionOf(uint64_t key) {
  const PartitionId partition = PartitionOfKey(key);
  if (partition >= partitions_.size()) {
    return absl::NotFoundError(absl::StrCat("key ", key, ": no such key"));
  }
  return partitions_[partition].get();
}

absl::StatusOr<PartitionData*> Reader::PartitionOfInstance(uint64_t key) {
  PAWL_ASSIGN_OR_RETURN(PartitionData* const data, PartitionOf(key));
  core::Instance scratch;
  const auto found = data->Peek(InstanceKey(key), &scratch);
  // A damaged one exists, and the command will say what it meets.
  if (absl::IsNotFound(found.status())) return found.status();
  return data;
}

absl::Status Reader::Refresh() {
  PAWL_RETURN_IF_ERROR(store_->Refresh());
  for (const auto& partition : partitions_) {
    PAWL_RETURN_IF_ERROR(partition->Recover());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Engine>> OpenEngine(const Context& context,
                                                   Missing missing) {
  if (missing == Missing::kRefuse) {
    PAWL_RETURN_IF_ERROR(RequireStore(context));
  }
  EngineOptions options;
  options.javascript = "auto";
  options.directory = context.data;
  options.actor = context.actor;
  options.actor_first = context.actor_given;
  if (context.accept_loss_after.has_value()) {
    options.accept_loss_after = context.accept_loss_after->position;
  }
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                        Engine::Open(std::move(options)));
  PAWL_RETURN_IF_ERROR(engine->AwaitIdle(kCatchUpMax));
  return engine;
}

int WithEngine(const Context& context, Missing missing,
               const std::function<absl::Status(Engine*)>& command) {
  absl::StatusOr<std::unique_ptr<Engine>> engine = OpenEngine(context, missing);
  if (!engine.ok()) return context.console->Fail(engine.status());
  absl::Status done = command(engine->get());
  // Scripts of models may still run outside of the engine.
  if (done.ok()) done = (*engine)->AwaitIdle(kCatchUpMax);
  const absl::Status closed = (*engine)->Close();
  if (!done.ok()) return context.console->Fail(done);
  if (!closed.ok()) return context.console->Fail(closed);
  return kExitDone;
}

absl::Status CheckOutside(const std::string& what, const std::string& directory,
                          const std::string& store) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(fs::absolute(directory), error);
  const fs::path outer = fs::weakly_canonical(fs::absolute(store), error);
  const fs::path way = inner.lexically_relative(outer);
  if (error || way.empty() || *way.begin() == "..") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": got ", directory, ", which is in the store ", store,
                   ", wanted a folder outside of it"));
}

absl::StatusOr<int64_t> StoreNowMs(const Context& context) {
  PAWL_ASSIGN_OR_RETURN(const std::optional<ForkNote> note,
                        ReadForkNote(context.data));
  return note.has_value() ? note->clock_ms : SystemClock()->NowMs();
}

absl::StatusOr<Variables> ParseVars(const std::string& text) {
  if (text.empty()) return Variables();
  absl::StatusOr<Variables> variables = Variables::FromJson(text);
  if (!variables.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--vars: ", variables.status().message()));
  }
  return variables;
}

}  // namespace pawl::cli
