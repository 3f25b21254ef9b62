#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/check.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "eventstore/record_codec.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/sample.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

void CheckCode(const absl::Status& status) {
  PAWL_CHECK(status.ok() || absl::IsDataLoss(status)) << status;
}

// Visits the events of the sample logs, each with its instance and time.
template <typename Visit>
void ForEachEvent(const Visit& visit) {
  for (const Sample sample : {Sample::kWork, Sample::kEvents}) {
    for (const std::string& bytes : SampleLog(sample)) {
      const auto record = core::DecodeRecord(bytes);
      PAWL_CHECK_OK(record.status());
      for (size_t i = 0; i < (*record)->events.size(); ++i) {
        visit((*record)->events[i], core::InstanceOf(**record, i),
              (*record)->time_ms);
      }
    }
  }
}

void ReadInstance(std::string_view bytes) {
  absl::StatusOr<core::InstanceSnapshot> snapshot = core::DecodeSnapshot(bytes);
  CheckCode(snapshot.status());
  if (!snapshot.ok()) return;
  core::Instance& instance = snapshot->instance;
  const auto again =
      core::DecodeSnapshot(core::EncodeSnapshot(instance, snapshot->position));
  PAWL_CHECK_OK(again.status());
  PAWL_CHECK(core::Digest(again->instance) == core::Digest(instance));
  PAWL_CHECK(core::MemoryBytes(instance) > 0);
  // The fold goes on from what a snapshot says, whatever that is.
  ForEachEvent([&](const fb::EventUnion& event, InstanceKey, int64_t time_ms) {
    core::Instance copy = instance;
    CheckCode(core::Apply(&copy, event, time_ms));
  });
}

void ReadPartition(std::string_view bytes) {
  absl::StatusOr<core::Partition> partition = core::DecodePartition(bytes);
  CheckCode(partition.status());
  if (!partition.ok()) return;
  const auto again = core::DecodePartition(core::EncodePartition(*partition));
  PAWL_CHECK_OK(again.status());
  PAWL_CHECK(core::Digest(*again) == core::Digest(*partition));
  ForEachEvent(
      [&](const fb::EventUnion& event, InstanceKey of, int64_t time_ms) {
        CheckCode(core::ApplyHeader(&*partition, partition->position + 1,
                                    std::max(partition->time_ms, time_ms)));
        CheckCode(core::Apply(&*partition, event, of, partition->position));
      });
}

}  // namespace

void FuzzSnapshot(std::string_view bytes) {
  if (bytes.empty()) return;
  eventstore::RecordAligner aligner;
  const std::string_view content = aligner.Align(bytes.substr(1));
  if (bytes.front() % 2 == 0) {
    ReadInstance(content);
  } else {
    ReadPartition(content);
  }
}

}  // namespace pawl::fuzz
