// InstanceTrace, which pictures are drawn from, keeps its own account of an
// instance. Here it is held against the one fold, at every record of every
// golden case and of random runs over their models.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "engine/core/apply.h"
#include "engine/core/codec.h"
#include "engine/core/state.h"
#include "gtest/gtest.h"
#include "replay/render/instance_trace.h"
#include "tests/golden/golden_log.h"

namespace pawl::golden {
namespace {

using replay::InstanceTrace;

constexpr char kFolder[] = "tests/golden";
constexpr uint64_t kSeeds = 40;
constexpr int kSteps = 150;

// By what they are about and its number in the model.
using Counts = std::map<std::string, uint64_t>;

Counts OfState(const core::Instance& state) {
  Counts counts;
  for (const auto& [key, element] : state.elements) {
    ++counts[(element.loop_index == 0 ? "active " : "run ") +
             std::to_string(element.element)];
  }
  for (const auto& [key, scope] : state.scopes) {
    for (const auto& [flow, tokens] : scope.tokens) {
      counts["rests " + std::to_string(flow)] += tokens;
    }
  }
  for (const auto& [key, incident] : state.incidents) {
    ++counts["failed " + std::to_string(incident.element)];
  }
  return counts;
}

Counts OfTrace(const InstanceTrace& trace) {
  Counts counts;
  const auto set = [&counts](const std::string& what, uint32_t index,
                             uint64_t count) {
    if (count > 0) counts[what + std::to_string(index)] = count;
  };
  for (const auto& [index, element] : trace.elements()) {
    set("active ", index, element.active);
    set("run ", index, element.runs_active);
    set("failed ", index, element.incidents.size());
  }
  for (const auto& [index, flow] : trace.flows()) {
    set("rests ", index, flow.resting);
  }
  return counts;
}

class TraceTest : public testing::Test {
 protected:
  void Follow(const Log& log) {
    std::map<InstanceKey, core::Instance> states;
    std::map<InstanceKey, std::unique_ptr<InstanceTrace>> traces;
    for (const std::string& bytes : log) {
      const auto record = core::DecodeRecord(bytes);
      ASSERT_TRUE(record.ok()) << record.status();
      for (size_t i = 0; i < (*record)->events.size(); ++i) {
        const InstanceKey key = core::InstanceOf(**record, i);
        if (!key.valid()) continue;
        const absl::Status applied =
            core::Apply(&states[key], (*record)->events[i], (*record)->time_ms);
        ASSERT_TRUE(applied.ok()) << applied;
      }
      for (const auto& touched : (*record)->touched) {
        const InstanceKey key(touched->instance);
        std::unique_ptr<InstanceTrace>& trace = traces[key];
        if (trace == nullptr) trace = std::make_unique<InstanceTrace>(key);
        const absl::Status added = trace->Add(**record);
        ASSERT_TRUE(added.ok()) << added;
        ASSERT_EQ(OfTrace(*trace), OfState(states[key]))
            << "instance " << key.value() << " after record "
            << (*record)->position;
        ASSERT_EQ(trace->state(), states[key].state);
        ++moments_;
      }
    }
  }

  uint64_t moments_ = 0;
};

TEST_F(TraceTest, GoldenCases) {
  for (const std::string& name : CaseNames(kFolder)) {
    SCOPED_TRACE(name);
    const absl::StatusOr<Log> log = RunCase(kFolder, name);
    ASSERT_TRUE(log.ok()) << log.status();
    Follow(*log);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(moments_, 100u);
}

TEST_F(TraceTest, RandomRuns) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const absl::StatusOr<Log> log = RandomLog(kFolder, seed, kSteps);
    ASSERT_TRUE(log.ok()) << log.status();
    Follow(*log);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(moments_, 1000u);
}

}  // namespace
}  // namespace pawl::golden
