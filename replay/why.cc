#include "replay/why.h"

#include <algorithm>
#include <deque>

#include "absl/container/btree_set.h"
#include "base/status_macros.h"
#include "replay/instance_story.h"
#include "replay/moment.h"
#include "replay/why_writer.h"

namespace pawl::replay {

absl::StatusOr<std::vector<WhySentence>> Why(PartitionData* data,
                                             InstanceKey instance,
                                             const WhyOptions& options) {
  if (options.at.has_value()) {
    PAWL_RETURN_IF_ERROR(CheckPosition(*data, *options.at));
  }
  int64_t now_ms = options.now_ms;
  if (now_ms == 0) {
    PAWL_ASSIGN_OR_RETURN(
        now_ms,
        TimeOf(*data, instance, options.at.value_or(data->state().position)));
  }
  std::vector<WhySentence> out;
  std::deque<InstanceKey> waiting = {instance};
  absl::btree_set<InstanceKey> seen = {instance};
  while (!waiting.empty()) {
    const InstanceKey key = waiting.front();
    waiting.pop_front();
    absl::StatusOr<InstanceStory> story =
        InstanceStory::Read(data, key, options.at);
    // One that is called and not yet started has a sentence already.
    if (key != instance && absl::IsNotFound(story.status())) continue;
    PAWL_RETURN_IF_ERROR(story.status());
    WhyWriter writer(data, &*story, now_ms, options.at.has_value(), &out);
    PAWL_RETURN_IF_ERROR(writer.Write(options.choices_max));
    for (const InstanceKey called : writer.called()) {
      if (seen.insert(called).second) waiting.push_back(called);
    }
  }
  return out;
}

}  // namespace pawl::replay
