#include "engine/model/bpmn_layout.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"

namespace pawl::model {
namespace {

// Between columns and between rows.
constexpr int kColumnGap = 60;
constexpr int kRowGap = 40;
// Between the border of a scope and what is in it.
constexpr int kSide = 30;
constexpr int kTop = 40;
// Events on borders: the part outside, and the room that each has.
constexpr int kOverhang = 18;
constexpr int kBoundaryRoom = 46;
// From a border, around which an edge goes.
constexpr int kDetour = 20;
// Where a row begins: the middle of a task, so that events are level with it.
constexpr int kFirstMiddle = 40;
// What nothing connects fills rows of this width at least.
constexpr int kShelfWidth = 800;

class LayoutMaker {
 public:
  LayoutMaker(const std::vector<LayoutNode>& nodes,
              const std::vector<LayoutEdge>& edges)
      : nodes_(nodes), edges_(edges), places_(nodes.size()) {
    layout_.boxes.resize(nodes.size());
    layout_.lanes.resize(nodes.size());
    layout_.waypoints.resize(edges.size());
  }

  Layout Run() {
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      layout_.boxes[i].width = nodes_[i].width;
      layout_.boxes[i].height = nodes_[i].height;
      Place& host = places_[HostOf(i)];
      if (HostOf(i) != i) {
        places_[i].boundary = host.boundaries++;
      } else if (nodes_[i].parent != kNoNode) {
        PAWL_CHECK_LT(nodes_[i].parent, i);
        places_[nodes_[i].parent].members.push_back(i);
      }
    }
    Connect();
    // From the inside out: a scope's size is known when it is placed.
    for (uint32_t i = static_cast<uint32_t>(nodes_.size()); i-- > 0;) {
      if (nodes_[i].is_scope) LayScope(i);
      const int room = places_[i].boundaries * kBoundaryRoom;
      layout_.boxes[i].width = std::max(layout_.boxes[i].width, room);
    }
    MoveIntoPlace();
    for (uint32_t i = 0; i < edges_.size(); ++i) Route(i);
    return std::move(layout_);
  }

 private:
  struct Place {
    // Of a scope: what is in it, but for nodes on borders.
    std::vector<uint32_t> members;
    // Of a scope: where edges that go back pass, relative to its box.
    int channel = 0;
    // Nodes in the same scope.
    std::vector<uint32_t> next;
    std::vector<uint32_t> previous;
    int column = 0;
    // Where the column begins, relative to the scope's box.
    int column_x = 0;
    // Nodes on its border; of such a node which one it is.
    int boundaries = 0;
    int boundary = 0;
    // What is drawn after it: something comes from its border.
    bool is_exceptional = false;
  };

  // The node on whose border `node` stands, or itself.
  uint32_t HostOf(uint32_t node) const {
    const uint32_t host = nodes_[node].attached_to;
    return host == kNoNode ? node : host;
  }

  bool Orders(const LayoutEdge& edge) const {
    return edge.orders && nodes_[edge.source].parent != kNoNode &&
           nodes_[edge.source].parent == nodes_[edge.target].parent &&
           HostOf(edge.source) != HostOf(edge.target);
  }

  void Connect() {
    for (const LayoutEdge& edge : edges_) {
      if (!Orders(edge)) continue;
      const uint32_t source = HostOf(edge.source);
      const uint32_t target = HostOf(edge.target);
      places_[source].next.push_back(target);
      places_[target].previous.push_back(source);
      if (source != edge.source) places_[target].is_exceptional = true;
    }
  }

  // Takes the edges that close a loop out of `next` and `previous`.
  void CutLoops(const std::vector<uint32_t>& members) {
    enum : uint8_t { kNew, kOpen, kDone };
    struct Step {
      uint32_t node;
      size_t next;
    };
    std::vector<Step> path;
    const auto visit = [&](uint32_t first) {
      if (state_[first] != kNew) return;
      state_[first] = kOpen;
      path.push_back({first, 0});
      while (!path.empty()) {
        const uint32_t node = path.back().node;
        std::vector<uint32_t>& next = places_[node].next;
        if (path.back().next == next.size()) {
          std::erase(next, kNoNode);
          state_[node] = kDone;
          path.pop_back();
          continue;
        }
        uint32_t& target = next[path.back().next++];
        if (state_[target] == kOpen) {
          target = kNoNode;
        } else if (state_[target] == kNew) {
          state_[target] = kOpen;
          path.push_back({target, 0});
        }
      }
    };
    // From where a path begins, so that a loop is cut where it goes back.
    for (const uint32_t node : members) {
      if (places_[node].previous.empty()) visit(node);
    }
    for (const uint32_t node : members) visit(node);
    for (const uint32_t node : members) places_[node].previous.clear();
    for (const uint32_t node : members) {
      for (const uint32_t target : places_[node].next) {
        places_[target].previous.push_back(node);
      }
    }
  }

  // The members by their columns.
  std::vector<std::vector<uint32_t>> Columns(
      const std::vector<uint32_t>& members) {
    std::vector<uint32_t> ready;
    for (const uint32_t node : members) {
      waits_[node] = places_[node].previous.size();
      if (waits_[node] == 0) ready.push_back(node);
    }
    std::vector<std::vector<uint32_t>> columns;
    for (size_t i = 0; i < ready.size(); ++i) {
      const Place& place = places_[ready[i]];
      const auto column = static_cast<size_t>(place.column);
      if (column >= columns.size()) columns.resize(column + 1);
      columns[column].push_back(ready[i]);
      for (const uint32_t target : place.next) {
        places_[target].column =
            std::max(places_[target].column, place.column + 1);
        if (--waits_[target] == 0) ready.push_back(target);
      }
    }
    PAWL_CHECK_EQ(ready.size(), members.size());
    return columns;
  }

  void LayScope(uint32_t scope) {
    const std::vector<uint32_t>& all = places_[scope].members;
    const uint32_t lanes = std::max(1u, nodes_[scope].lanes);
    std::vector<uint32_t> members;
    std::vector<uint32_t> loose;
    for (const uint32_t node : all) {
      const bool is_loose = places_[node].next.empty() &&
                            places_[node].previous.empty() &&
                            nodes_[scope].lanes == 0 && all.size() > 1;
      (is_loose ? loose : members).push_back(node);
    }
    state_.resize(nodes_.size());
    waits_.resize(nodes_.size());
    keys_.resize(nodes_.size());
    const bool has_loop = HasLoop(members);
    CutLoops(members);
    int x = kSide + nodes_[scope].lane_titles;
    std::vector<int> heights(lanes, 0);
    for (const std::vector<uint32_t>& column : Columns(members)) {
      x += LayColumn(column, x, &heights) + kColumnGap;
    }
    const int right = members.empty() ? x : x - kColumnGap;
    int bottom = StackLanes(scope, members, heights);
    if (has_loop) {
      places_[scope].channel = bottom + kDetour;
      bottom += 2 * kDetour;
    }
    LayoutBox& box = layout_.boxes[scope];
    box.width = std::max(box.width, right + kSide);
    LayLoose(loose, nodes_[scope].lane_titles, &box, &bottom);
    if (!all.empty() || nodes_[scope].lanes != 0) {
      box.height = std::max(box.height, bottom + kSide);
    }
    LayLanes(scope);
  }

  // Looked at before loops are cut: whether there will be edges that go back.
  bool HasLoop(const std::vector<uint32_t>& members) {
    std::vector<uint32_t> ready;
    for (const uint32_t node : members) {
      waits_[node] = places_[node].previous.size();
      if (waits_[node] == 0) ready.push_back(node);
    }
    for (size_t i = 0; i < ready.size(); ++i) {
      for (const uint32_t target : places_[ready[i]].next) {
        if (--waits_[target] == 0) ready.push_back(target);
      }
    }
    return ready.size() != members.size();
  }

  // Gives its nodes their places, relative to the box of the scope and the top
  // of their lane; says how wide it is.
  int LayColumn(std::vector<uint32_t> column, int x,
                std::vector<int>* heights) {
    int width = 0;
    for (const uint32_t node : column) {
      keys_[node] = WantedMiddle(node);
      width = std::max(width, layout_.boxes[node].width);
    }
    std::stable_sort(column.begin(), column.end(), [&](uint32_t a, uint32_t b) {
      if (nodes_[a].lane != nodes_[b].lane) {
        return nodes_[a].lane < nodes_[b].lane;
      }
      return keys_[a] != keys_[b] ? keys_[a] < keys_[b] : a < b;
    });
    int free = 0;
    uint32_t lane = 0;
    for (const uint32_t node : column) {
      if (nodes_[node].lane != lane) free = 0;
      lane = nodes_[node].lane;
      LayoutBox& box = layout_.boxes[node];
      places_[node].column_x = x;
      box.x = x + (width - box.width) / 2;
      box.y = std::max(free, static_cast<int>(keys_[node]) - box.height / 2);
      const int end = box.y + HeightOf(node);
      free = end + kRowGap;
      (*heights)[lane] = std::max((*heights)[lane], end);
    }
    return width;
  }

  // With what stands on its lower border.
  int HeightOf(uint32_t node) const {
    return layout_.boxes[node].height +
           (places_[node].boundaries > 0 ? kOverhang : 0);
  }

  // Where the middle of a node would be best: with those that lead to it.
  int64_t WantedMiddle(uint32_t node) const {
    int64_t sum = 0;
    int64_t count = 0;
    for (const uint32_t previous : places_[node].previous) {
      if (nodes_[previous].lane != nodes_[node].lane) continue;
      const LayoutBox& box = layout_.boxes[previous];
      sum += box.y + box.height / 2;
      if (places_[node].is_exceptional) sum += HeightOf(previous) + kRowGap;
      ++count;
    }
    if (count > 0) return sum / count;
    return std::max(layout_.boxes[node].height / 2, kFirstMiddle);
  }

  // From places in lanes to places in the scope; says where the lowest ends.
  int StackLanes(uint32_t scope, const std::vector<uint32_t>& members,
                 const std::vector<int>& heights) {
    const bool has_lanes = nodes_[scope].lanes > 0;
    std::vector<int> tops;
    int y = has_lanes ? 0 : kTop;
    for (const int height : heights) {
      if (has_lanes) {
        const int whole = std::max(height, 60) + kTop + kSide;
        layout_.lanes[scope].push_back({0, y, 0, whole});
        tops.push_back(y + kTop);
        y += whole;
      } else {
        tops.push_back(y);
        y += height;
      }
    }
    for (const uint32_t node : members) {
      layout_.boxes[node].y += tops[nodes_[node].lane];
    }
    return y;
  }

  // Rows of what nothing connects, below the rest.
  void LayLoose(const std::vector<uint32_t>& loose, int titles, LayoutBox* box,
                int* bottom) {
    if (loose.empty()) return;
    const int width = std::max(box->width, kShelfWidth);
    const int left = kSide + titles;
    int x = left;
    int y = *bottom == kTop ? kTop : *bottom + kRowGap;
    int height = 0;
    for (const uint32_t node : loose) {
      LayoutBox& shape = layout_.boxes[node];
      if (x > left && x + shape.width + kSide > width) {
        x = left;
        y += height + kRowGap;
        height = 0;
      }
      shape.x = x;
      shape.y = y;
      places_[node].column_x = x;
      height = std::max(height, HeightOf(node));
      x += shape.width + kRowGap;
      box->width = std::max(box->width, shape.x + shape.width + kSide);
    }
    *bottom = y + height;
  }

  void LayLanes(uint32_t scope) {
    std::vector<LayoutBox>& lanes = layout_.lanes[scope];
    if (lanes.empty()) return;
    for (LayoutBox& lane : lanes) {
      lane.x = nodes_[scope].lane_titles;
      lane.width = layout_.boxes[scope].width - lane.x;
    }
    // The lowest takes what is left.
    lanes.back().height = layout_.boxes[scope].height - lanes.back().y;
  }

  // From places in a scope to places in the diagram.
  void MoveIntoPlace() {
    int free = 0;
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      LayoutBox& box = layout_.boxes[i];
      const uint32_t host = HostOf(i);
      if (host != i) continue;
      const uint32_t parent = nodes_[i].parent;
      int x = 0;
      int y = free;
      if (parent == kNoNode) {
        free += box.height + kRowGap;
      } else {
        x = layout_.boxes[parent].x;
        y = layout_.boxes[parent].y;
      }
      box.x += x;
      box.y += y;
      places_[i].column_x += x;
      places_[i].channel += box.y;
      for (LayoutBox& lane : layout_.lanes[i]) {
        lane.x += box.x;
        lane.y += box.y;
      }
    }
    // On the lower border, from right to left, so that the first is nearest to
    // what follows.
    for (uint32_t i = 0; i < nodes_.size(); ++i) {
      const uint32_t host = HostOf(i);
      if (host == i) continue;
      LayoutBox& box = layout_.boxes[i];
      const LayoutBox& at = layout_.boxes[host];
      const int step = at.width / places_[host].boundaries;
      box.x = at.x + at.width - step * places_[i].boundary - step / 2 -
              box.width / 2;
      box.y = at.y + at.height - box.height + kOverhang;
    }
  }

  void Route(uint32_t index) {
    const LayoutEdge& edge = edges_[index];
    const LayoutBox& from = layout_.boxes[edge.source];
    const LayoutBox& to = layout_.boxes[edge.target];
    std::vector<LayoutPoint>& points = layout_.waypoints[index];
    const uint32_t source = HostOf(edge.source);
    const uint32_t target = HostOf(edge.target);
    if (edge.source == edge.target) {
      points = AroundItself(from);
    } else if (source == target) {
      points = ToHost(from, to);
    } else if (!Orders(edge)) {
      points = Straight(from, to);
    } else if (places_[source].column >= places_[target].column) {
      points = Back(from, to, places_[nodes_[source].parent].channel);
    } else if (source != edge.source) {
      points = FromBorder(from, to, places_[target].column_x);
    } else {
      points = Forward(from, to, places_[target].column_x);
    }
    points.erase(std::unique(points.begin(), points.end()), points.end());
    if (points.size() == 1) points.push_back(points.front());
  }

  static int MiddleX(const LayoutBox& box) { return box.x + box.width / 2; }
  static int MiddleY(const LayoutBox& box) { return box.y + box.height / 2; }

  static std::vector<LayoutPoint> Forward(const LayoutBox& from,
                                          const LayoutBox& to, int column_x) {
    const LayoutPoint start{from.x + from.width, MiddleY(from)};
    const LayoutPoint end{to.x, MiddleY(to)};
    if (start.y == end.y) return {start, end};
    const int x = column_x - kDetour;
    return {start, {x, start.y}, {x, end.y}, end};
  }

  static std::vector<LayoutPoint> FromBorder(const LayoutBox& from,
                                             const LayoutBox& to,
                                             int column_x) {
    const LayoutPoint start{MiddleX(from), from.y + from.height};
    const LayoutPoint end{to.x, MiddleY(to)};
    if (end.y >= start.y) return {start, {start.x, end.y}, end};
    const int x = column_x - kDetour;
    const int y = start.y + kDetour;
    return {start, {start.x, y}, {x, y}, {x, end.y}, end};
  }

  static std::vector<LayoutPoint> Back(const LayoutBox& from,
                                       const LayoutBox& to, int channel) {
    const int x = MiddleX(from);
    const int end = MiddleX(to);
    return {{x, from.y + from.height},
            {x, channel},
            {end, channel},
            {end, to.y + to.height}};
  }

  static std::vector<LayoutPoint> AroundItself(const LayoutBox& box) {
    const int right = box.x + box.width;
    const int y = box.y - kDetour;
    return {{right, MiddleY(box)},
            {right + kDetour, MiddleY(box)},
            {right + kDetour, y},
            {MiddleX(box), y},
            {MiddleX(box), box.y}};
  }

  // From a node on the border, or to it: around the lower left corner.
  static std::vector<LayoutPoint> ToHost(const LayoutBox& from,
                                         const LayoutBox& to) {
    const int left = std::min(from.x, to.x) - kDetour;
    const int y = from.y + from.height + kDetour;
    return {{MiddleX(from), from.y + from.height},
            {MiddleX(from), y},
            {left, y},
            {left, MiddleY(to)},
            {to.x, MiddleY(to)}};
  }

  // Between the sides that face each other.
  static std::vector<LayoutPoint> Straight(const LayoutBox& from,
                                           const LayoutBox& to) {
    if (from.y + from.height <= to.y) {
      return {{MiddleX(from), from.y + from.height}, {MiddleX(to), to.y}};
    }
    if (to.y + to.height <= from.y) {
      return {{MiddleX(from), from.y}, {MiddleX(to), to.y + to.height}};
    }
    if (from.x + from.width <= to.x) {
      return {{from.x + from.width, MiddleY(from)}, {to.x, MiddleY(to)}};
    }
    return {{from.x, MiddleY(from)}, {to.x + to.width, MiddleY(to)}};
  }

  const std::vector<LayoutNode>& nodes_;
  const std::vector<LayoutEdge>& edges_;
  std::vector<Place> places_;
  Layout layout_;
  // By node, of the scope that is drawn.
  std::vector<uint8_t> state_;
  std::vector<size_t> waits_;
  std::vector<int64_t> keys_;
};

}  // namespace

Layout MakeLayout(const std::vector<LayoutNode>& nodes,
                  const std::vector<LayoutEdge>& edges) {
  return LayoutMaker(nodes, edges).Run();
}

}  // namespace pawl::model
