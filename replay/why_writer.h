// WhyWriter: the sentences about one instance. Private to why; one file for
// what waits (why_waits.cc), one for joins (why_joins.cc), one for the instance
// as a whole and its past (why_writer.cc).
#ifndef PAWL_REPLAY_WHY_WRITER_H_
#define PAWL_REPLAY_WHY_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "base/ids.h"
#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "engine/partition_data.h"
#include "replay/instance_story.h"
#include "replay/why.h"

namespace pawl::replay {

class WhyWriter {
 public:
  // None is owned. Sentences are appended to `*out`.
  WhyWriter(PartitionData* data, const InstanceStory* story, int64_t now_ms,
            bool is_past, std::vector<WhySentence>* out)
      : data_(*data),
        story_(*story),
        state_(story->state()),
        model_(story->model()),
        now_ms_(now_ms),
        is_past_(is_past),
        out_(*out) {}

  // All of them.
  absl::Status Write(size_t choices_max);
  // Instances that call activities wait for, oldest first.
  const std::vector<InstanceKey>& called() const { return called_; }

 private:
  using Part = InstanceStory::Part;

  // --- The instance (why_writer.cc) ------------------------------------------
  absl::Status WriteInstance();
  absl::Status WriteEnd();
  absl::Status WriteSuspension();
  void WriteRequests();
  void WriteChoices(size_t max);
  void WriteChoice(const Choice& choice);
  void WriteStuck();

  // --- What waits (why_waits.cc) ---------------------------------------------
  void WriteWaits();
  void WriteIncident(const core::Incident& incident);
  void WriteTask(const core::Task& task);
  void WriteJob(const core::Job& job);
  void WriteTimer(const core::Timer& timer);
  void WriteSubscription(const core::Subscription& subscription);
  void WriteCondition(const core::Subscription& subscription,
                      WhySentence sentence, const std::string& wakes);
  void WriteCall(const core::ElementInstance& element, InstanceKey instance);
  void WriteLoop(ElementKey key, const core::Loop& loop);
  void WriteAdHoc(ElementKey key, const core::AdHoc& ad_hoc);
  void WriteEventParts(ElementKey key,
                       const std::vector<core::EventPart>& parts);
  void WriteCompensation(const core::Compensation& compensation);

  // --- Joins (why_joins.cc) --------------------------------------------------
  void WriteJoins();
  void WriteJoin(ElementKey scope, uint32_t join);
  // Where in the scope stands what can still come to `flow`: ids of elements,
  // each with what holds it there.
  std::vector<std::string> WhatCanReach(ElementKey scope, uint32_t join,
                                        uint32_t flow) const;

  // --- Words -----------------------------------------------------------------
  WhySentence Begin(std::string kind, uint32_t element, uint64_t key,
                    const fb::RecordT* since) const;
  void Say(WhySentence sentence, std::string text);
  uint32_t ElementOf(ElementKey key) const;
  std::string IdOf(uint32_t element) const;
  // "user task review"
  std::string Named(uint32_t element) const;
  // " since 2024-03-01T12:00:00.000Z", or nothing.
  static std::string SinceText(const fb::RecordT* record);
  // "due 2024-..., in 2h" or "due 2024-..., 5m ago".
  std::string DueText(int64_t due_ms) const;
  bool suspended() const {
    return state_.state == fb::InstanceState::suspended;
  }
  // What happens when `trigger` comes while `host` waits: "then late ends
  // review".
  std::string WakesText(uint32_t host, uint32_t trigger) const;

  PartitionData& data_;
  const InstanceStory& story_;
  const core::Instance& state_;
  const model::ProcessDefinition& model_;
  const int64_t now_ms_;
  const bool is_past_;
  std::vector<WhySentence>& out_;
  std::vector<InstanceKey> called_;
  // Something that can move it on was named.
  bool moves_ = false;
};

// "2h5m", "3d", "40s", "12ms": the two largest units.
std::string SpanText(int64_t ms);
// "user task" of "userTask".
std::string KindWords(std::string_view kind);

}  // namespace pawl::replay

#endif  // PAWL_REPLAY_WHY_WRITER_H_
