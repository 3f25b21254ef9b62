// Places of shapes and edges.
#include "engine/model/bpmn_layout.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "tests/support/random.h"

namespace pawl::model {
namespace {

using Points = std::vector<LayoutPoint>;

LayoutNode Scope(uint32_t parent = kNoNode) {
  LayoutNode node;
  node.parent = parent;
  node.is_scope = true;
  return node;
}

LayoutNode Task(uint32_t parent = 0) {
  return {.width = 100, .height = 80, .parent = parent};
}

LayoutNode Event(uint32_t parent = 0) {
  return {.width = 36, .height = 36, .parent = parent};
}

LayoutNode Boundary(uint32_t host, uint32_t parent = 0) {
  return {.width = 36, .height = 36, .parent = parent, .attached_to = host};
}

int MiddleY(const LayoutBox& box) { return box.y + box.height / 2; }

bool Overlap(const LayoutBox& a, const LayoutBox& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
         b.y < a.y + a.height;
}

bool IsIn(const LayoutBox& inner, const LayoutBox& outer) {
  return inner.x >= outer.x && inner.y >= outer.y &&
         inner.x + inner.width <= outer.x + outer.width &&
         inner.y + inner.height <= outer.y + outer.height;
}

TEST(Layout, OfNothing) {
  EXPECT_TRUE(MakeLayout({}, {}).boxes.empty());
  const Layout one = MakeLayout({Scope(), Task()}, {});
  EXPECT_TRUE(IsIn(one.boxes[1], one.boxes[0]));
}

TEST(Layout, ASequenceIsALine) {
  const Layout layout =
      MakeLayout({Scope(), Event(), Task(), Event()}, {{1, 2}, {2, 3}});
  EXPECT_LT(layout.boxes[1].x + 36, layout.boxes[2].x);
  EXPECT_LT(layout.boxes[2].x + 100, layout.boxes[3].x);
  EXPECT_EQ(MiddleY(layout.boxes[1]), MiddleY(layout.boxes[3]));
  EXPECT_EQ(layout.waypoints[0].size(), 2u);
  EXPECT_EQ(layout.waypoints[0][0].y, layout.waypoints[0][1].y);
}

// What comes from a longer path stands behind it.
TEST(Layout, AColumnIsTheLongestPath) {
  const Layout layout = MakeLayout({Scope(), Event(), Task(), Task(), Event()},
                                   {{1, 2}, {2, 3}, {3, 4}, {1, 4}, {2, 4}});
  EXPECT_LT(layout.boxes[3].x, layout.boxes[4].x);
}

TEST(Layout, BranchesStandBelowEachOther) {
  const Layout layout = MakeLayout({Scope(), Event(), Task(), Task(), Task()},
                                   {{1, 2}, {1, 3}, {1, 4}});
  EXPECT_EQ(layout.boxes[2].x, layout.boxes[4].x);
  EXPECT_LT(layout.boxes[2].y + 80, layout.boxes[3].y);
  EXPECT_LT(layout.boxes[3].y + 80, layout.boxes[4].y);
}

TEST(Layout, ALoopGoesBackBelow) {
  const Layout layout = MakeLayout({Scope(), Event(), Task(), Task(), Event()},
                                   {{1, 2}, {2, 3}, {3, 2}, {3, 4}, {3, 3}});
  EXPECT_LT(layout.boxes[2].x, layout.boxes[3].x);
  const Points& back = layout.waypoints[2];
  ASSERT_EQ(back.size(), 4u);
  EXPECT_GT(back[1].y, layout.boxes[3].y + 80);
  EXPECT_EQ(back[1].y, back[2].y);
  EXPECT_LT(back[1].y, layout.boxes[0].y + layout.boxes[0].height);
  EXPECT_EQ(layout.waypoints[4].size(), 5u);
}

TEST(Layout, EventsStandOnTheBorder) {
  std::vector<LayoutNode> nodes = {Scope(), Event(), Task(), Event()};
  std::vector<LayoutEdge> edges = {{1, 2}, {2, 3}};
  for (uint32_t i = 0; i < 4; ++i) {
    nodes.push_back(Boundary(2));
    nodes.push_back(Task());
    edges.push_back({4 + 2 * i, 5 + 2 * i});
  }
  const Layout layout = MakeLayout(nodes, edges);
  const LayoutBox& host = layout.boxes[2];
  EXPECT_GT(host.width, 100);
  for (uint32_t i = 4; i < nodes.size(); i += 2) {
    const LayoutBox& event = layout.boxes[i];
    EXPECT_EQ(MiddleY(event), host.y + host.height);
    EXPECT_GE(event.x, host.x);
    EXPECT_LE(event.x + event.width, host.x + host.width);
    EXPECT_GT(layout.boxes[i + 1].x, host.x + host.width);
    for (uint32_t j = i + 2; j < nodes.size(); j += 2) {
      EXPECT_FALSE(Overlap(event, layout.boxes[j]));
    }
  }
}

TEST(Layout, AnEventMayLeadBackToItsActivity) {
  const Layout layout = MakeLayout({Scope(), Task(), Boundary(1)}, {{2, 1}});
  const Points& points = layout.waypoints[0];
  ASSERT_EQ(points.size(), 5u);
  for (size_t i = 1; i < points.size(); ++i) {
    EXPECT_TRUE(points[i].x == points[i - 1].x ||
                points[i].y == points[i - 1].y);
    EXPECT_TRUE(IsIn({points[i].x, points[i].y, 0, 0}, layout.boxes[0]));
  }
}

TEST(Layout, AScopeIsAroundWhatIsInIt) {
  const Layout layout = MakeLayout(
      {Scope(), Event(), Scope(0), Event(2), Task(2), Scope(2), Task(5)},
      {{1, 2}, {3, 4}, {4, 5}});
  EXPECT_TRUE(IsIn(layout.boxes[4], layout.boxes[2]));
  EXPECT_TRUE(IsIn(layout.boxes[6], layout.boxes[5]));
  EXPECT_TRUE(IsIn(layout.boxes[5], layout.boxes[2]));
  EXPECT_TRUE(IsIn(layout.boxes[2], layout.boxes[0]));
}

TEST(Layout, LanesAreStripes) {
  LayoutNode pool = Scope();
  pool.lanes = 3;
  pool.lane_titles = 30;
  LayoutNode below = Task();
  below.lane = 2;
  const Layout layout =
      MakeLayout({pool, Event(), below, Task()}, {{1, 2}, {2, 3}});
  ASSERT_EQ(layout.lanes[0].size(), 3u);
  EXPECT_TRUE(IsIn(layout.boxes[1], layout.lanes[0][0]));
  EXPECT_TRUE(IsIn(layout.boxes[2], layout.lanes[0][2]));
  EXPECT_TRUE(IsIn(layout.boxes[3], layout.lanes[0][0]));
  EXPECT_EQ(layout.lanes[0][0].y + layout.lanes[0][0].height,
            layout.lanes[0][1].y);
  for (const LayoutBox& lane : layout.lanes[0]) {
    EXPECT_TRUE(IsIn(lane, layout.boxes[0]));
  }
}

// Of any graph: nothing overlaps, everything is in its scope, and edges begin
// and end at their nodes.
TEST(Layout, RandomGraphs) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<LayoutNode> nodes = {Scope()};
    std::vector<uint32_t> scopes = {0};
    const size_t count = 2 + random.Below(40);
    while (nodes.size() < count) {
      const auto index = static_cast<uint32_t>(nodes.size());
      const uint32_t parent = scopes[random.Below(scopes.size())];
      const auto host = static_cast<uint32_t>(random.Below(nodes.size()));
      if (random.OneIn(6)) {
        nodes.push_back(Scope(parent));
        scopes.push_back(index);
      } else if (random.OneIn(4) && host != 0 &&
                 nodes[host].attached_to == kNoNode) {
        nodes.push_back(Boundary(host, nodes[host].parent));
      } else {
        nodes.push_back(random.OneIn(2) ? Task(parent) : Event(parent));
      }
    }
    std::vector<LayoutEdge> edges;
    for (size_t i = random.Below(2 * count); i > 0; --i) {
      edges.push_back({static_cast<uint32_t>(random.Below(count)),
                       static_cast<uint32_t>(random.Below(count)),
                       !random.OneIn(5)});
    }
    const Layout layout = MakeLayout(nodes, edges);
    ASSERT_EQ(layout.boxes.size(), nodes.size());
    for (uint32_t i = 1; i < nodes.size(); ++i) {
      EXPECT_TRUE(IsIn(layout.boxes[i], layout.boxes[nodes[i].parent])) << i;
      for (uint32_t j = 1; j < i; ++j) {
        if (nodes[i].parent != nodes[j].parent ||
            nodes[i].attached_to != nodes[j].attached_to) {
          continue;
        }
        EXPECT_FALSE(Overlap(layout.boxes[i], layout.boxes[j]))
            << i << " " << j;
      }
    }
    for (size_t i = 0; i < edges.size(); ++i) {
      const Points& points = layout.waypoints[i];
      ASSERT_GE(points.size(), 2u);
      const LayoutBox& from = layout.boxes[edges[i].source];
      const LayoutBox& to = layout.boxes[edges[i].target];
      EXPECT_TRUE(IsIn({points[0].x, points[0].y, 0, 0}, from));
      EXPECT_TRUE(IsIn({points.back().x, points.back().y, 0, 0}, to));
    }
  }
}

// Long, wide and full of loops; a square would take minutes.
TEST(Layout, ManyNodesTakeNoTime) {
  constexpr uint32_t kNodes = 100'000;
  for (const uint32_t fan : {1u, 2u, 300u, kNodes}) {
    std::vector<LayoutNode> nodes = {Scope()};
    std::vector<LayoutEdge> edges;
    for (uint32_t i = 1; i <= kNodes; ++i) {
      nodes.push_back(Task());
      if (i > 1) edges.push_back({1 + (i - 2) / fan, i});
      if (i > 3) edges.push_back({i, i / 2});
    }
    const std::clock_t start = std::clock();
    EXPECT_EQ(MakeLayout(nodes, edges).boxes.size(), nodes.size());
    EXPECT_LT(std::clock() - start, 10 * CLOCKS_PER_SEC);
  }
}

}  // namespace
}  // namespace pawl::model
