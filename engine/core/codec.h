// Records and snapshots to bytes and back. Damaged bytes are a Status, never a
// crash: what comes in is verified first.
#ifndef PAWL_ENGINE_CORE_CODEC_H_
#define PAWL_ENGINE_CORE_CODEC_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/core/state.h"
#include "schemas/record_generated.h"

namespace pawl::core {

std::string EncodeRecord(const fb::RecordT& record);

// The same for many records: the buffer that one is built in, a large
// allocation that grows several times over, is kept for the next.
// Thread-compatible.
class RecordEncoder {
 public:
  std::string Encode(const fb::RecordT& record);

 private:
  flatbuffers::FlatBufferBuilder builder_;
};
// DataLoss: not a record. Unimplemented: an event or command type that this
// build doesn't know.
absl::StatusOr<std::unique_ptr<fb::RecordT>> DecodeRecord(
    std::string_view bytes);

// `position`: the last record folded into the instance.
std::string EncodeSnapshot(const Instance& instance, Position position);
struct InstanceSnapshot {
  Instance instance;
  Position position = 0;
};
// DataLoss: not a snapshot, or its digest is not that of its content.
absl::StatusOr<InstanceSnapshot> DecodeSnapshot(std::string_view bytes);

// The position of a snapshot without reading the rest. Nothing: not a snapshot.
std::optional<Position> SnapshotPosition(std::string_view bytes);

std::string EncodePartition(const Partition& partition);
absl::StatusOr<Partition> DecodePartition(std::string_view bytes);

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_CODEC_H_
