#include "engine/record_view.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/core/apply.h"

namespace pawl {
namespace {

absl::Status Damaged(const fb::Record& record, const char* what) {
  return absl::DataLossError(
      absl::StrCat("record ", record.position(), ": ", what));
}

bool NamesOneTwice(
    const flatbuffers::Vector<flatbuffers::Offset<fb::Touched>>& touched) {
  // Nearly always there is one.
  if (touched.size() < 2) return false;
  std::vector<uint64_t> instances;
  instances.reserve(touched.size());
  for (const fb::Touched* entry : touched) {
    instances.push_back(entry->instance());
  }
  std::sort(instances.begin(), instances.end());
  return std::adjacent_find(instances.begin(), instances.end()) !=
         instances.end();
}

}  // namespace

absl::StatusOr<RecordView> RecordView::Open(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  // A table and what leads to it take 8 bytes: more of them than fit are some
  // table shared, which no writer of ours does, and which would unpack without
  // end.
  const auto tables_max = static_cast<uint32_t>(bytes.size() / 8 + 1);
  flatbuffers::Verifier verifier(data, bytes.size(), /*_max_depth=*/64,
                                 tables_max);
  if (!verifier.VerifyBuffer<fb::Record>(nullptr)) {
    return absl::DataLossError(
        absl::StrCat("not a record (", bytes.size(), " bytes)"));
  }
  const fb::Record* record = flatbuffers::GetRoot<fb::Record>(data);
  RecordView view(record);
  if (record->touched() != nullptr) {
    view.touched_count_ = record->touched()->size();
    if (NamesOneTwice(*record->touched())) {
      return Damaged(*record, "an instance is named twice");
    }
  }
  if (record->events() == nullptr) return view;
  view.event_count_ = record->events()->size();
  view.event_instances_ = record->event_instances();
  if (view.event_instances_ != nullptr && view.event_instances_->size() == 0) {
    view.event_instances_ = nullptr;
  }
  if (record->events_type() == nullptr ||
      record->events_type()->size() != view.event_count_) {
    return Damaged(*record, "events without a type");
  }
  if (view.event_instances_ != nullptr &&
      view.event_instances_->size() != view.event_count_) {
    return Damaged(*record, "events without an instance");
  }
  for (size_t i = 0; i < view.event_count_; ++i) {
    const fb::Event type = view.type(i);
    if (type > fb::Event::MAX) {
      return absl::UnimplementedError(absl::StrCat(
          "record ", record->position(), ": event type ",
          static_cast<int>(type),
          " is from a newer build; got a log that this build can't read"));
    }
    if (type == fb::Event::NONE ||
        record->events()->Get(static_cast<uint32_t>(i)) == nullptr) {
      return Damaged(*record, "an event without content");
    }
    if (!core::IsPartitionEvent(type) &&
        view.touched_of(i) >= view.touched_count_) {
      return Damaged(*record, "an event of an instance that isn't named");
    }
  }
  return view;
}

RecordView::Touched RecordView::touched(size_t index) const {
  const fb::Touched* entry =
      record_->touched()->Get(static_cast<uint32_t>(index));
  return {InstanceKey(entry->instance()), entry->first_sequence(),
          entry->count()};
}

InstanceKey RecordView::instance_of(size_t index) const {
  if (core::IsPartitionEvent(type(index))) return InstanceKey();
  return touched(touched_of(index)).instance;
}

fb::EventUnion RecordView::Unpack(size_t index) const {
  fb::EventUnion event;
  event.type = type(index);
  event.value = fb::EventUnion::UnPack(
      record_->events()->Get(static_cast<uint32_t>(index)), event.type,
      nullptr);
  return event;
}

bool IsInstanceOnlyEvent(fb::Event type) {
  switch (type) {
    case fb::Event::ElementActivated:
    case fb::Event::ElementCompleting:
    case fb::Event::ElementCompleted:
    case fb::Event::ElementTerminating:
    case fb::Event::ElementTerminated:
    case fb::Event::FlowTaken:
    case fb::Event::GatewayReset:
    case fb::Event::VariablesWritten:
    case fb::Event::TaskAssigned:
    case fb::Event::TaskDelegated:
    case fb::Event::TaskResolved:
    case fb::Event::TaskChanged:
    case fb::Event::TaskListening:
    case fb::Event::TaskListenerDone:
      return true;
    default:
      return false;
  }
}

}  // namespace pawl
