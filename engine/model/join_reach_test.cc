#include "engine/model/join_reach.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using K = fb::ElementKind;

class Sketch {
 public:
  Sketch() { Add(K::process, 0); }
  uint32_t Add(K kind, uint32_t scope = 0) {
    auto element = std::make_unique<fb::ElementT>();
    element->id = absl::StrCat("e", model_.elements.size());
    element->kind = kind;
    element->scope = scope;
    model_.elements.push_back(std::move(element));
    return static_cast<uint32_t>(model_.elements.size() - 1);
  }
  void Flow(uint32_t source, uint32_t target) {
    const auto index = static_cast<uint32_t>(model_.flows.size());
    model_.flows.push_back(std::make_unique<fb::SequenceFlowT>());
    model_.flows.back()->source = source;
    model_.flows.back()->target = target;
    model_.elements[source]->outgoing.push_back(index);
    model_.elements[target]->incoming.push_back(index);
  }
  fb::ElementT& at(uint32_t element) { return *model_.elements[element]; }
  const fb::ProcessT& model() const { return model_; }

 private:
  fb::ProcessT model_;
};

// Elements of the process from which that flow of `join` can be reached.
std::vector<uint32_t> From(const Sketch& sketch, uint32_t join,
                           size_t position) {
  const auto reach = JoinReach::Make(sketch.model());
  EXPECT_TRUE(reach.ok()) << reach.status();
  std::vector<uint32_t> out;
  for (uint32_t i = 1; i < sketch.model().elements.size(); ++i) {
    if (sketch.model().elements[i]->scope != 0) continue;
    if (reach->Reaching(join, position).Contains(reach->NumberOf(i))) {
      out.push_back(i);
    }
  }
  return out;
}

TEST(JoinReach, AModelWithoutSuchGatewaysHasNone) {
  Sketch s;
  const uint32_t fork = s.Add(K::parallel_gateway);
  const uint32_t join = s.Add(K::parallel_gateway);
  // Neither of these waits for anything.
  const uint32_t inclusive = s.Add(K::inclusive_gateway);
  const uint32_t complex = s.Add(K::complex_gateway);
  s.Flow(fork, join);
  s.Flow(fork, join);
  s.Flow(join, inclusive);
  s.Flow(inclusive, complex);
  s.Flow(inclusive, complex);
  const auto reach = JoinReach::Make(s.model());
  ASSERT_TRUE(reach.ok());
  EXPECT_TRUE(reach->empty());
  EXPECT_THAT(reach->In(0), IsEmpty());
}

TEST(JoinReach, FollowsFlowsButNotByTheGateway) {
  Sketch s;
  const uint32_t start = s.Add(K::start_event);
  const uint32_t join = s.Add(K::inclusive_gateway);
  const uint32_t body = s.Add(K::user_task);
  const uint32_t aside = s.Add(K::user_task);
  s.Flow(start, join);
  s.Flow(join, body);
  s.Flow(body, join);
  s.Flow(body, aside);
  EXPECT_THAT(From(s, join, 0), ElementsAre(start));
  // What stands in the gateway comes out of it; `start` gets there by it only.
  EXPECT_THAT(From(s, join, 1), ElementsAre(join, body));
}

TEST(JoinReach, FollowsBoundaryEventsAndLinks) {
  Sketch s;
  const uint32_t host = s.Add(K::user_task);
  const uint32_t boundary = s.Add(K::boundary_event);
  s.at(boundary).attached_to = host;
  const uint32_t caught = s.Add(K::intermediate_catch_event);
  const uint32_t thrown = s.Add(K::intermediate_throw_event);
  s.at(thrown).link_target = caught;
  const uint32_t join = s.Add(K::inclusive_gateway);
  s.Flow(boundary, thrown);
  s.Flow(caught, join);
  s.Flow(host, join);
  EXPECT_THAT(From(s, join, 0), ElementsAre(host, boundary, caught, thrown));
  EXPECT_THAT(From(s, join, 1), ElementsAre(host));
}

TEST(JoinReach, ListsGatewaysByScope) {
  Sketch s;
  const uint32_t sub = s.Add(K::sub_process);
  const uint32_t outer = s.Add(K::inclusive_gateway);
  const uint32_t inner = s.Add(K::complex_gateway, sub);
  s.at(inner).condition = std::make_unique<fb::ExpressionT>();
  const uint32_t in = s.Add(K::user_task, sub);
  s.Flow(sub, outer);
  s.Flow(sub, outer);
  s.Flow(in, inner);
  const auto reach = JoinReach::Make(s.model());
  ASSERT_TRUE(reach.ok());
  EXPECT_THAT(reach->In(0), ElementsAre(outer));
  EXPECT_THAT(reach->In(sub), ElementsAre(inner));
  EXPECT_TRUE(reach->Reaching(inner, 0).Contains(reach->NumberOf(in)));
  EXPECT_FALSE(reach->Reaching(inner, 0).Contains(reach->NumberOf(inner)));
}

// One join with as many flows as there are nodes but one.
TEST(JoinReach, ItsSizeIsBounded) {
  constexpr size_t kNodes = 8192;
  static_assert(kNodes * kNodes == kJoinReachBitsMax);
  Sketch s;
  const uint32_t join = s.Add(K::inclusive_gateway);
  for (size_t i = 1; i < kNodes; ++i) s.Flow(s.Add(K::user_task), join);
  s.Flow(join, join);
  EXPECT_TRUE(JoinReach::Make(s.model()).ok());
  s.Flow(join, join);
  const auto beyond = JoinReach::Make(s.model());
  EXPECT_EQ(beyond.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(beyond.status().message()),
              HasSubstr("kJoinReachBitsMax"));
}

}  // namespace
}  // namespace pawl::model
