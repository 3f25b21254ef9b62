#include "engine/record_view.h"

#include <memory>
#include <string>

#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/project.h"
#include "gtest/gtest.h"

namespace pawl {
namespace {

class CountingSink final : public core::IndexSink {
 public:
  void Put(core::Index, std::string, std::string) override { ++changes; }
  void Delete(core::Index, std::string) override { ++changes; }
  int changes = 0;
};

template <typename EventT>
fb::EventUnion Make(EventT event) {
  fb::EventUnion out;
  out.Set(std::move(event));
  return out;
}

// An event of every kind that is said to stay inside its instance, with
// numbers in it that would show.
std::vector<fb::EventUnion> InstanceOnlyEvents() {
  std::vector<fb::EventUnion> out;
  fb::ElementActivatedT activated;
  activated.key = 1000;
  out.push_back(Make(activated));
  fb::ElementCompletingT completing;
  completing.key = 1000;
  out.push_back(Make(completing));
  fb::ElementCompletedT completed;
  completed.key = 1000;
  out.push_back(Make(completed));
  fb::ElementTerminatingT terminating;
  terminating.key = 1000;
  out.push_back(Make(terminating));
  fb::ElementTerminatedT terminated;
  terminated.key = 1000;
  out.push_back(Make(terminated));
  fb::FlowTakenT taken;
  taken.scope = 1000;
  out.push_back(Make(taken));
  fb::VariablesWrittenT written;
  written.scope = 1000;
  out.push_back(Make(std::move(written)));
  fb::GatewayResetT reset;
  reset.scope = 1000;
  out.push_back(Make(std::move(reset)));
  fb::TaskAssignedT assigned;
  assigned.key = 1000;
  out.push_back(Make(assigned));
  fb::TaskDelegatedT delegated;
  delegated.key = 1000;
  out.push_back(Make(delegated));
  fb::TaskResolvedT resolved;
  resolved.key = 1000;
  out.push_back(Make(resolved));
  fb::TaskChangedT changed;
  changed.key = 1000;
  out.push_back(Make(changed));
  fb::TaskListeningT listening;
  listening.key = 1000;
  out.push_back(Make(listening));
  fb::TaskListenerDoneT listened;
  listened.key = 1000;
  out.push_back(Make(listened));
  return out;
}

TEST(RecordView, InstanceOnlyEventsChangeNeitherPartitionNorIndex) {
  size_t listed = 0;
  for (const fb::EventUnion& event : InstanceOnlyEvents()) {
    SCOPED_TRACE(fb::EnumNameEvent(event.type));
    EXPECT_TRUE(IsInstanceOnlyEvent(event.type));
    core::Partition partition;
    const uint64_t before = core::Digest(partition);
    EXPECT_TRUE(core::Apply(&partition, event, InstanceKey(7), 3).ok());
    EXPECT_EQ(core::Digest(partition), before);
    CountingSink sink;
    core::Project(event, InstanceKey(7), &sink);
    EXPECT_EQ(sink.changes, 0);
    ++listed;
  }
  size_t said = 0;
  for (const fb::Event type : fb::EnumValuesEvent()) {
    if (IsInstanceOnlyEvent(type)) ++said;
  }
  EXPECT_EQ(said, listed) << "a kind is listed in one place only";
}

fb::RecordT SampleRecord() {
  fb::RecordT record;
  record.position = 12;
  record.time_ms = 99;
  fb::EventUnion opened = Make(fb::PartitionOpenedT());
  record.events.push_back(opened);
  fb::TaskCreatedT task;
  task.key = 5;
  record.events.push_back(Make(task));
  fb::TaskCompletedT done;
  done.key = 6;
  record.events.push_back(Make(done));
  for (const uint64_t instance : {40, 41}) {
    auto touched = std::make_unique<fb::TouchedT>();
    touched->instance = instance;
    touched->first_sequence = static_cast<uint32_t>(instance * 10);
    touched->count = 1;
    record.touched.push_back(std::move(touched));
  }
  record.event_instances = {0, 1, 0};
  return record;
}

TEST(RecordView, ReadsInPlaceWhatTheCodecUnpacks) {
  const std::string bytes = core::EncodeRecord(SampleRecord());
  const auto view = RecordView::Open(bytes);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->position(), 12u);
  EXPECT_EQ(view->time_ms(), 99);
  ASSERT_EQ(view->event_count(), 3u);
  EXPECT_FALSE(view->instance_of(0).valid());
  EXPECT_EQ(view->instance_of(1), InstanceKey(41));
  EXPECT_EQ(view->instance_of(2), InstanceKey(40));
  EXPECT_EQ(view->Unpack(1).AsTaskCreated()->key, 5u);
  ASSERT_EQ(view->touched_count(), 2u);
  EXPECT_EQ(view->touched(1).first_sequence, 410u);
}

TEST(RecordView, DamagedBytesAreDataLoss) {
  const std::string bytes = core::EncodeRecord(SampleRecord());
  EXPECT_EQ(RecordView::Open("").status().code(), absl::StatusCode::kDataLoss);
  for (size_t size = 0; size < bytes.size(); ++size) {
    // Never a crash; most cuts are found, and what isn't has all its parts.
    const auto view = RecordView::Open(std::string_view(bytes).substr(0, size));
    if (view.ok()) {
      EXPECT_EQ(view->event_count(), 3u);
    }
  }
  fb::RecordT stray = SampleRecord();
  stray.event_instances = {0, 2, 0};
  EXPECT_EQ(RecordView::Open(core::EncodeRecord(stray)).status().code(),
            absl::StatusCode::kDataLoss);
  fb::RecordT uneven = SampleRecord();
  uneven.event_instances = {0};
  EXPECT_EQ(RecordView::Open(core::EncodeRecord(uneven)).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pawl
