// RecordView: a record of the log, read in place. What a fold doesn't need is
// never unpacked: an opening has to fold megabytes of tail within its 0.1 s.
//
// engine/core/codec.h unpacks whole records; use that where speed is no matter.
// Thread-compatible; the bytes must outlive the view.
#ifndef PAWL_ENGINE_RECORD_VIEW_H_
#define PAWL_ENGINE_RECORD_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "schemas/record_generated.h"

namespace pawl {

class RecordView {
 public:
  // One instance whose sequence the record continues.
  struct Touched {
    InstanceKey instance;
    uint32_t first_sequence = 0;
    uint32_t count = 0;
  };

  // Verifies `bytes`. DataLoss: no record, or events and instances that don't
  // match. Unimplemented: an event type that this build doesn't know.
  static absl::StatusOr<RecordView> Open(std::string_view bytes);

  Position position() const { return record_->position(); }
  int64_t time_ms() const { return record_->time_ms(); }

  size_t touched_count() const { return touched_count_; }
  // CHECKs nothing: `index` < touched_count().
  Touched touched(size_t index) const;

  size_t event_count() const { return event_count_; }
  fb::Event type(size_t index) const {
    return record_->events_type()->Get(static_cast<uint32_t>(index));
  }
  // Not valid for partition events.
  InstanceKey instance_of(size_t index) const;
  // Index into touched() of the event's instance; partition events: any.
  size_t touched_of(size_t index) const {
    return event_instances_ == nullptr
               ? 0
               : event_instances_->Get(static_cast<uint32_t>(index));
  }
  fb::EventUnion Unpack(size_t index) const;

 private:
  explicit RecordView(const fb::Record* record) : record_(record) {}

  const fb::Record* record_;
  const flatbuffers::Vector<uint16_t>* event_instances_ = nullptr;
  size_t touched_count_ = 0;
  size_t event_count_ = 0;
};

// True for events that neither the partition's state nor an index depends on:
// their effect is in their instance alone, which is folded when it is needed.
// record_view_test.cc holds this against core::Apply and core::Project.
bool IsInstanceOnlyEvent(fb::Event type);

}  // namespace pawl

#endif  // PAWL_ENGINE_RECORD_VIEW_H_
