// MakeLayout: places for the shapes and edges of a diagram that has none.
// Internal to engine/model. Pure: knows neither XML nor BPMN's meaning.
//
// Each scope is drawn for itself, from left to right: a node stands in the
// column behind the last of those that lead to it (longest paths, loops left
// out), and within its column beside where it comes from. What nothing
// connects stands below. A scope is as large as what is in it.
#ifndef PAWL_ENGINE_MODEL_BPMN_LAYOUT_H_
#define PAWL_ENGINE_MODEL_BPMN_LAYOUT_H_

#include <cstdint>
#include <vector>

namespace pawl::model {

inline constexpr uint32_t kNoNode = UINT32_MAX;

struct LayoutNode {
  // Of a scope the least that it has.
  int width = 0;
  int height = 0;
  // The scope around it, which comes before it; kNoNode: it stands for itself,
  // below the others that do.
  uint32_t parent = kNoNode;
  // It stands on the border of this node, of the same scope.
  uint32_t attached_to = kNoNode;
  // Of a scope: there is room for a border and a title around what is inside,
  // even when that is nothing.
  bool is_scope = false;
  // Of a scope that is divided into lanes: how many, and room left of them.
  uint32_t lanes = 0;
  int lane_titles = 0;
  // The lane that it stands in, less than `lanes` of its parent.
  uint32_t lane = 0;
};

struct LayoutEdge {
  uint32_t source = 0;
  uint32_t target = 0;
  // Decides about the order of nodes, if they are of one scope. Others are
  // drawn straight.
  bool orders = true;
};

struct LayoutPoint {
  int x = 0;
  int y = 0;
  friend bool operator==(const LayoutPoint&, const LayoutPoint&) = default;
};

struct LayoutBox {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

struct Layout {
  // By node. Those of one scope don't overlap, but for nodes on borders, of
  // which those at one node don't overlap each other.
  std::vector<LayoutBox> boxes;
  // By node: the lanes of it, from top to bottom.
  std::vector<std::vector<LayoutBox>> lanes;
  // By edge, two points at least.
  std::vector<std::vector<LayoutPoint>> waypoints;
};

// Deterministic. Time O(n log n) for nodes and edges together, memory O(n).
Layout MakeLayout(const std::vector<LayoutNode>& nodes,
                  const std::vector<LayoutEdge>& edges);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_LAYOUT_H_
