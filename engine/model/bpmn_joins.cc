#include "engine/model/bpmn_joins.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace pawl::model {
namespace {

using fb::ElementKind;
using fb::EventType;

// Which way a token took at the splits behind it that haven't been joined: a
// node of a tree. A jump leads far up, so that ancestors are found in O(log n)
// (Myers, "An applicative random-access stack", 1983).
struct Way {
  uint32_t parent = 0;
  uint32_t jump = 0;
  uint32_t depth = 0;
  // Steps from the root at which a token chooses; 0: it comes for sure.
  uint32_t choices = 0;
  // Where the last of them is.
  uint32_t choice = 0;
};

class Ways {
 public:
  Ways() : ways_(1) {}

  uint32_t Add(uint32_t parent, uint32_t node, bool chooses) {
    const Way& above = ways_[parent];
    const Way& over = ways_[above.jump];
    Way way;
    way.parent = parent;
    way.jump = above.depth - over.depth == over.depth - ways_[over.jump].depth
                   ? over.jump
                   : parent;
    way.depth = above.depth + 1;
    way.choices = above.choices + (chooses ? 1 : 0);
    way.choice = chooses ? node : above.choice;
    ways_.push_back(way);
    return static_cast<uint32_t>(ways_.size() - 1);
  }

  const Way& operator[](uint32_t way) const { return ways_[way]; }

  // What two ways have in common.
  uint32_t Common(uint32_t a, uint32_t b) const {
    a = Up(a, ways_[b].depth);
    b = Up(b, ways_[a].depth);
    while (a != b) {
      if (ways_[a].jump != ways_[b].jump) {
        a = ways_[a].jump;
        b = ways_[b].jump;
      } else {
        a = ways_[a].parent;
        b = ways_[b].parent;
      }
    }
    return a;
  }

 private:
  uint32_t Up(uint32_t way, uint32_t depth) const {
    while (ways_[way].depth > depth) {
      way = ways_[ways_[way].jump].depth >= depth ? ways_[way].jump
                                                  : ways_[way].parent;
    }
    return way;
  }

  // The first is the root.
  std::vector<Way> ways_;
};

// How a token goes on: by a flow, from the border of an activity, by a link.
struct Exit {
  uint32_t target = 0;
  // Of a flow.
  std::optional<uint32_t> flow;
  // It is one of several that a token chooses from.
  bool chosen = false;
  // It leads back to where the token came from.
  bool back = false;
};

class JoinFinder {
 public:
  explicit JoinFinder(const RawProcess& process)
      : process_(process),
        exits_(process.nodes.size()),
        attached_(process.nodes.size()),
        state_(process.nodes.size(), kNew),
        comes_(process.flows.size(), false),
        entries_(process.nodes.size()) {}

  std::vector<UnbalancedJoin> Run() {
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& node = process_.nodes[i];
      if (node.attached_to.has_value()) {
        attached_[*node.attached_to].push_back(i);
      }
    }
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) FindExits(i);
    FindOrder();
    FindLosses();
    FindStarts();
    std::reverse(order_.begin(), order_.end());
    for (const uint32_t node : order_) Pass(node);
    std::sort(found_.begin(), found_.end(),
              [](const UnbalancedJoin& a, const UnbalancedJoin& b) {
                return a.join < b.join;
              });
    return std::move(found_);
  }

 private:
  static constexpr int kWalksMax = 20;
  enum : uint8_t { kNew, kOpen, kDone };

  // Where a token comes to a node, and by what.
  struct Entry {
    uint32_t way = 0;
    std::optional<uint32_t> flow;
  };

  const RawNode& node(uint32_t index) const { return process_.nodes[index]; }

  static bool Chooses(const RawNode& one) {
    switch (one.element->kind) {
      case ElementKind::exclusive_gateway:
      case ElementKind::inclusive_gateway:
      case ElementKind::complex_gateway:
        return true;
      case ElementKind::event_based_gateway:
        return !one.element->parallel;
      default:
        return false;
    }
  }

  void FindExits(uint32_t index) {
    const RawNode& one = node(index);
    std::vector<Exit>& exits = exits_[index];
    bool may_leave_otherwise = false;
    for (const uint32_t event : attached_[index]) {
      if (node(event).element->event_type == EventType::compensation) continue;
      exits.push_back({.target = event, .flow = {}, .chosen = true});
      may_leave_otherwise =
          may_leave_otherwise || node(event).element->interrupting;
    }
    const bool chooses = Chooses(one) && one.outgoing.size() > 1;
    for (const uint32_t flow : one.outgoing) {
      const RawFlow& raw = process_.flows[flow];
      if (!raw.target.has_value()) continue;
      exits.push_back({.target = *raw.target,
                       .flow = flow,
                       .chosen = chooses || may_leave_otherwise ||
                                 raw.flow->condition != nullptr ||
                                 one.default_flow == flow});
    }
    if (one.link_target.has_value()) {
      exits.push_back({.target = *one.link_target, .flow = {}});
    }
  }

  // Nodes after all that they lead to, loops left out.
  void FindOrder() {
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
        const uint32_t at = path.back().node;
        if (path.back().next == exits_[at].size()) {
          state_[at] = kDone;
          order_.push_back(at);
          path.pop_back();
          continue;
        }
        Exit& exit = exits_[at][path.back().next++];
        if (state_[exit.target] == kOpen) {
          exit.back = true;
        } else if (state_[exit.target] == kNew) {
          state_[exit.target] = kOpen;
          path.push_back({exit.target, 0});
        }
      }
    };
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      if (node(i).incoming.empty() && !node(i).attached_to.has_value()) {
        visit(i);
      }
    }
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) visit(i);
  }

  // Nodes from which every way leads back, or ends everything around: who
  // chooses such a way takes nothing from a join.
  void FindLosses() {
    loses_nothing_.resize(process_.nodes.size(), false);
    for (const uint32_t at : order_) {
      const EventType type = node(at).element->event_type;
      if (node(at).element->kind == ElementKind::end_event) {
        loses_nothing_[at] = type == EventType::terminate ||
                             type == EventType::error ||
                             type == EventType::cancel;
        continue;
      }
      bool all = !exits_[at].empty();
      for (const Exit& exit : exits_[at]) {
        all = all && (exit.back || loses_nothing_[exit.target]);
      }
      loses_nothing_[at] = all;
    }
  }

  // Of several start events one starts an instance, and nothing else begins; of
  // several other nodes without incoming flow all do, but in an ad-hoc
  // sub-process.
  void FindStarts() {
    const auto starts_alone = [](const RawNode& one) {
      return one.element->kind == ElementKind::start_event ||
             one.element->instantiate;
    };
    std::vector<uint32_t> starts(process_.nodes.size() + 1, 0);
    for (const RawNode& one : process_.nodes) {
      if (starts_alone(one)) ++starts[one.scope];
    }
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      const RawNode& one = node(i);
      if (!one.incoming.empty() || one.attached_to.has_value()) continue;
      const bool chosen =
          starts[one.scope] > (starts_alone(one) ? 1u : 0u) ||
          (one.scope != 0 && node(one.scope - 1).element->kind ==
                                 ElementKind::ad_hoc_sub_process);
      entries_[i].push_back({ways_.Add(0, i, chosen), std::nullopt});
    }
  }

  void Pass(uint32_t index) {
    const RawNode& one = node(index);
    std::vector<Entry> entries = std::move(entries_[index]);
    uint32_t way = entries.empty() ? 0 : entries.front().way;
    for (const Entry& entry : entries) way = ways_.Common(way, entry.way);
    if (one.supported && one.element->kind == ElementKind::parallel_gateway &&
        one.incoming.size() > 1) {
      CheckJoin(index, entries, way);
    }
    // Ways that can't take a token away are no choice.
    size_t real = 0;
    for (const Exit& exit : exits_[index]) {
      if (!exit.back && !loses_nothing_[exit.target]) ++real;
    }
    for (const Exit& exit : exits_[index]) {
      if (exit.back) continue;
      const bool splits = exits_[index].size() > 1 && real > 1;
      entries_[exit.target].push_back(
          {splits ? ways_.Add(way, index, exit.chosen) : way, exit.flow});
    }
  }

  // Each flow must bring a token as surely as the way does that they have in
  // common.
  void CheckJoin(uint32_t index, const std::vector<Entry>& entries,
                 uint32_t common) {
    for (const Entry& entry : entries) {
      if (ways_[entry.way].choices == ways_[common].choices ||
          !entry.flow.has_value()) {
        continue;
      }
      found_.push_back({index, *entry.flow, ways_[entry.way].choice});
      return;
    }
    for (const Entry& entry : entries) {
      if (entry.flow.has_value()) comes_[*entry.flow] = true;
    }
    for (const uint32_t flow : node(index).incoming) {
      const std::optional<uint32_t> source = process_.flows[flow].source;
      if (comes_[flow] || !source.has_value() || !IsBehind(*source, index)) {
        continue;
      }
      found_.push_back({index, flow, index});
      return;
    }
  }

  // Whether no token comes to `at` but through `join`. Of the first few
  // only: it takes a walk.
  bool IsBehind(uint32_t at, uint32_t join) {
    if (++walks_ > kWalksMax) return false;
    std::vector<bool> seen(process_.nodes.size(), false);
    std::vector<uint32_t> open;
    const auto see = [&](uint32_t next) {
      if (next == join || seen[next]) return;
      seen[next] = true;
      open.push_back(next);
    };
    for (uint32_t i = 0; i < process_.nodes.size(); ++i) {
      if (node(i).incoming.empty() && !node(i).attached_to.has_value()) see(i);
    }
    while (!open.empty()) {
      const uint32_t next = open.back();
      open.pop_back();
      for (const Exit& exit : exits_[next]) see(exit.target);
    }
    return !seen[at];
  }

  const RawProcess& process_;
  std::vector<std::vector<Exit>> exits_;
  std::vector<std::vector<uint32_t>> attached_;
  std::vector<uint8_t> state_;
  // By flow: it brings a token to the join that it leads to.
  std::vector<bool> comes_;
  int walks_ = 0;
  std::vector<uint32_t> order_;
  std::vector<bool> loses_nothing_;
  Ways ways_;
  std::vector<std::vector<Entry>> entries_;
  std::vector<UnbalancedJoin> found_;
};

}  // namespace

std::vector<UnbalancedJoin> FindUnbalancedJoins(const RawProcess& process) {
  return JoinFinder(process).Run();
}

}  // namespace pawl::model
