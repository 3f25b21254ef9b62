#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/check.h"
#include "engine/core/codec.h"
#include "engine/partition_data.h"
#include "engine/record_view.h"
#include "eventstore/record_codec.h"
#include "replay/decoded_record.h"
#include "replay/replay.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/record_recipe.h"
#include "tests/fuzz/sample.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

using eventstore::MemoryDisk;
using eventstore::MemoryEventStore;

void CheckCode(const absl::Status& status) {
  PAWL_CHECK(status.ok() || absl::IsDataLoss(status) ||
             absl::IsUnimplemented(status))
      << status;
}

// The checksum takes exactly what it was made of.
void CheckCrc(std::string_view bytes) {
  CheckCode(eventstore::DecodeRecord(0, 1, bytes).status());
  if (bytes.empty()) return;
  const std::string sound =
      eventstore::RecordCrc(0, 1, bytes) + std::string(bytes);
  const auto record = eventstore::DecodeRecord(0, 1, sound);
  PAWL_CHECK_OK(record.status());
  PAWL_CHECK(*record == bytes);
  PAWL_CHECK(absl::IsDataLoss(eventstore::DecodeRecord(0, 2, sound).status()));
}

// Asks for a command that this build doesn't know. It equals nothing, not even
// itself.
bool IsUnknownRequest(const fb::EventUnion& event) {
  const auto* requested = event.AsRequested();
  return requested != nullptr && requested->command.type > fb::Command::MAX;
}

// One record, as each of its readers takes it.
void ReadRecord(std::string_view unaligned) {
  eventstore::RecordAligner aligner;
  const std::string_view bytes = aligner.Align(unaligned);
  const auto decoded = core::DecodeRecord(bytes);
  CheckCode(decoded.status());
  const auto view = RecordView::Open(bytes);
  CheckCode(view.status());
  CheckCode(replay::DecodeForReading(bytes, nullptr).status());
  // Each looks at what its users need: the view at no command, the codec not at
  // whether an event's instance is named.
  if (view.ok() && decoded.ok()) {
    for (size_t i = 0; i < view->event_count(); ++i) {
      if (IsUnknownRequest((*decoded)->events[i])) continue;
      PAWL_CHECK(view->Unpack(i) == (*decoded)->events[i]);
    }
  }
  if (!decoded.ok() ||
      std::any_of((*decoded)->events.begin(), (*decoded)->events.end(),
                  IsUnknownRequest)) {
    return;
  }
  const auto again = core::DecodeRecord(core::EncodeRecord(**decoded));
  PAWL_CHECK_OK(again.status());
  PAWL_CHECK(**again == **decoded) << "a record changed in encoding";
}

std::unique_ptr<MemoryEventStore> Open(std::shared_ptr<MemoryDisk> disk,
                                       bool read_only) {
  auto store =
      MemoryEventStore::Open(std::move(disk), {.read_only = read_only}, nullptr,
                             MemoryEventStore::Completion::kAtOnce);
  PAWL_CHECK_OK(store.status());
  return *std::move(store);
}

// Opening and listing, as the engine does it.
std::optional<std::string> DigestOfOpening(eventstore::EventStore* store) {
  PartitionData data(store, 0, {});
  const absl::Status status = data.Recover();
  CheckCode(status);
  if (!status.ok()) return std::nullopt;
  const absl::StatusOr<std::string> digest = data.StateDigest();
  CheckCode(digest.status());
  if (!digest.ok()) return std::nullopt;
  return *digest;
}

void FoldLog(std::vector<std::string> log) {
  if (log.empty()) return;
  for (const std::string& record : log) {
    if (record.empty()) return;
  }
  const auto disk = std::make_shared<MemoryDisk>();
  {
    const auto store = Open(disk, /*read_only=*/false);
    PAWL_CHECK_OK(store->Append(0, 1, std::move(log)));
    PAWL_CHECK_OK(store->Close());
  }
  const auto store = Open(disk, /*read_only=*/true);
  const absl::StatusOr<replay::ReplayResult> replayed =
      replay::Replay(*store, {});
  CheckCode(replayed.status());
  const std::optional<std::string> opened = DigestOfOpening(store.get());
  // The opening looks at less, so it may take what replay refuses.
  if (replayed.ok() && opened.has_value()) {
    PAWL_CHECK(replayed->digest == *opened)
        << "replay gives " << replayed->digest << ", opening " << *opened;
  }
}

}  // namespace

void FuzzLogRecord(std::string_view bytes) {
  if (bytes.empty()) return;
  ByteSource source(bytes);
  const uint8_t what = source.Byte();
  if (what % 2 == 0) {
    const std::string_view record = source.Rest();
    CheckCrc(record);
    ReadRecord(record);
    return;
  }
  std::vector<std::string> log = ApplyRecipe(
      SampleLog(what < 128 ? Sample::kWork : Sample::kEvents), &source);
  for (const std::string& record : log) ReadRecord(record);
  FoldLog(std::move(log));
}

}  // namespace pawl::fuzz
