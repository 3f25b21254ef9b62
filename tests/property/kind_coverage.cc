#include "tests/property/kind_coverage.h"

#include <cstdio>

namespace pawl::property {
namespace {

const char* HappenedName(size_t what) {
  static constexpr std::array<const char*, kHappenedCount> kNames = {
      "generated", "completed", "waited", "incident", "terminated"};
  return kNames[what];
}

const char* ShapeName(bool structured) {
  return structured ? "structured" : "unstructured";
}

size_t CellIndex(NodeKind kind, bool structured, Happened what) {
  return (static_cast<size_t>(kind) * 2 + (structured ? 0 : 1)) *
             kHappenedCount +
         static_cast<size_t>(what);
}

// Element 0 of a model is the process.
NodeKind KindOf(const ProcessGraph& graph, uint32_t element) {
  return graph.nodes[element - 1].kind;
}

// Messages, signals, conditions.
bool WaitsForOthers(NodeKind kind) {
  return kind == NodeKind::kMessageCatchEvent ||
         kind == NodeKind::kSignalCatchEvent ||
         kind == NodeKind::kConditionalCatchEvent ||
         kind == NodeKind::kMultipleCatchEvent ||
         kind == NodeKind::kParallelMultipleCatchEvent ||
         kind == NodeKind::kParallelMultipleStartEvent ||
         kind == NodeKind::kReceiveTask || kind == NodeKind::kEventGateway ||
         kind == NodeKind::kCallActivity;
}

bool Rests(NodeKind kind) {
  return WaitsOutside(kind) || IsScope(kind) || WaitsForOthers(kind) ||
         kind == NodeKind::kCompensationThrowEvent ||
         kind == NodeKind::kCompensationEndEvent;
}

// An event that passes its token on stops only where something around its work
// fails or waits, so not each kind need do that, but some of each family.
constexpr size_t kFamilyCount = 4;

size_t FamilyOf(NodeKind kind) {
  if (IsStartEvent(kind)) return 0;
  if (IsIntermediateEvent(kind)) return 1;
  return IsBoundaryEvent(kind) ? 2 : 3;
}

bool IsSeldom(NodeKind kind, Happened what) {
  return IsEvent(kind) && !Rests(kind) &&
         (what == Happened::kIncident || what == Happened::kTerminated);
}

}  // namespace

bool KindCoverage::CanHappen(NodeKind kind, bool structured, Happened what) {
  const bool is_join = IsJoin(kind);
  // Mappings and listeners of most can fail.
  bool incident = true;
  switch (kind) {
    // Only structured processes have these.
    case NodeKind::kLinkThrowEvent:
    case NodeKind::kLinkCatchEvent:
    case NodeKind::kTimerBoundaryEvent:
    case NodeKind::kErrorBoundaryEvent:
    case NodeKind::kCompensationStartEvent:
    case NodeKind::kCancelEndEvent:
    case NodeKind::kCancelBoundaryEvent:
    case NodeKind::kSubProcess:
    case NodeKind::kAdHocSubProcess:
    case NodeKind::kTransaction:
    case NodeKind::kCallActivity:
    case NodeKind::kErrorStartEvent:
    case NodeKind::kEscalationStartEvent:
    case NodeKind::kMessageBoundaryEvent:
    case NodeKind::kSignalBoundaryEvent:
    case NodeKind::kEscalationBoundaryEvent:
    case NodeKind::kConditionalBoundaryEvent:
    case NodeKind::kMultipleBoundaryEvent:
    case NodeKind::kParallelMultipleBoundaryEvent:
    case NodeKind::kMultipleStartEvent:
    case NodeKind::kParallelMultipleStartEvent:
      if (!structured) return false;
      break;
    case NodeKind::kEventSubProcess:
      if (!structured) return false;
      incident = false;
      break;
    // Structured processes catch it, the others don't.
    case NodeKind::kErrorEndEvent:
      if (what == Happened::kCompleted) return structured;
      break;
    // No token is ever there.
    case NodeKind::kCompensationBoundaryEvent:
    case NodeKind::kEventDefinition:
      return what == Happened::kGenerated;
    // Unstructured processes begin with it, or don't have it: then it is the
    // events behind it that may lack a key.
    case NodeKind::kEventGateway:
      incident = structured;
      break;
    // Nothing is decided on the way out.
    case NodeKind::kParallelGateway:
      incident = false;
      break;
    default:
      break;
  }
  const bool rests = Rests(kind);
  switch (what) {
    case Happened::kGenerated:
    case Happened::kCompleted:
      return true;
    case Happened::kWaited:
      return is_join || rests;
    case Happened::kIncident:
      return incident;
    case Happened::kTerminated:
      return incident || rests;
  }
  return false;
}

void KindCoverage::SawProcess(const ProcessGraph& graph, bool structured) {
  elements_.clear();
  SawPool(graph, structured);
}

void KindCoverage::SawPool(const ProcessGraph& graph, bool structured) {
  ++processes_[structured ? 0 : 1];
  for (const Node& node : graph.nodes) {
    ++Cell(node.kind, structured, Happened::kGenerated);
  }
}

void KindCoverage::SawRecord(const ProcessGraph& graph, bool structured,
                             const fb::RecordT& record,
                             const core::Instance& after) {
  const auto hit = [&](uint32_t element, Happened what) {
    if (element != 0) ++Cell(KindOf(graph, element), structured, what);
  };
  for (const fb::EventUnion& event : record.events) {
    if (const auto* activating = event.AsElementActivating()) {
      elements_[activating->key] = activating->element;
    } else if (const auto* completed = event.AsElementCompleted()) {
      hit(elements_.at(completed->key), Happened::kCompleted);
    } else if (const auto* terminated = event.AsElementTerminated()) {
      hit(elements_.at(terminated->key), Happened::kTerminated);
    } else if (const auto* raised = event.AsIncidentRaised()) {
      // An incident `limit` stops tokens on flows, not at a node.
      if (raised->element_key != 0) hit(raised->element, Happened::kIncident);
    }
  }
  for (const auto& [key, element] : after.elements) {
    // As a whole, an activity that runs several times rests for its runs.
    const bool is_whole = element.element != 0 && element.loop_index == 0 &&
                          graph.nodes[element.element - 1].loop.has_value();
    if (element.state == fb::ElementState::activated && !is_whole) {
      hit(element.element, Happened::kWaited);
    }
  }
  for (const auto& [key, scope] : after.scopes) {
    for (const auto& [flow, tokens] : scope.tokens) {
      const NodeKind target = graph.nodes[graph.flows[flow].target].kind;
      if (IsJoin(target)) {
        ++Cell(target, structured, Happened::kWaited);
      }
    }
  }
}

uint64_t& KindCoverage::Cell(NodeKind kind, bool structured, Happened what) {
  return hits_[CellIndex(kind, structured, what)];
}

uint64_t KindCoverage::Hits(NodeKind kind, bool structured,
                            Happened what) const {
  return hits_[CellIndex(kind, structured, what)];
}

std::vector<std::string> KindCoverage::Cells(bool possible) const {
  std::vector<std::string> out;
  for (size_t k = 0; k < kNodeKindCount; ++k) {
    for (const bool structured : {true, false}) {
      for (size_t w = 0; w < kHappenedCount; ++w) {
        const auto kind = static_cast<NodeKind>(k);
        const auto what = static_cast<Happened>(w);
        const bool is_hit = Hits(kind, structured, what) > 0;
        if (CanHappen(kind, structured, what) != possible ||
            is_hit == possible || (possible && IsSeldom(kind, what))) {
          continue;
        }
        out.push_back(std::string(ShapeName(structured)) + " " +
                      NodeKindName(kind) + " " + HappenedName(w));
      }
    }
  }
  return out;
}

std::vector<std::string> KindCoverage::Holes() const {
  std::vector<std::string> out = Cells(true);
  constexpr std::array<const char*, kFamilyCount> kFamilies = {
      "start", "intermediate", "boundary", "end"};
  for (const Happened what : {Happened::kIncident, Happened::kTerminated}) {
    for (const bool structured : {true, false}) {
      std::array<bool, kFamilyCount> asked = {};
      std::array<uint64_t, kFamilyCount> hits = {};
      for (size_t k = 0; k < kNodeKindCount; ++k) {
        const auto kind = static_cast<NodeKind>(k);
        if (!IsSeldom(kind, what) || !CanHappen(kind, structured, what)) {
          continue;
        }
        asked[FamilyOf(kind)] = true;
        hits[FamilyOf(kind)] += Hits(kind, structured, what);
      }
      for (size_t family = 0; family < kFamilyCount; ++family) {
        if (!asked[family] || hits[family] > 0) continue;
        out.push_back(std::string(ShapeName(structured)) + " " +
                      kFamilies[family] + " events " +
                      HappenedName(static_cast<size_t>(what)));
      }
    }
  }
  return out;
}

std::vector<std::string> KindCoverage::Impossible() const {
  return Cells(false);
}

std::string KindCoverage::Print() const {
  char line[160];
  std::string out;
  const auto add = [&](const char* kind, const char* shape) {
    std::snprintf(line, sizeof(line), "%-20s %-13s", kind, shape);
    out += line;
  };
  add("node kind", "process");
  for (size_t w = 0; w < kHappenedCount; ++w) {
    std::snprintf(line, sizeof(line), "%11s", HappenedName(w));
    out += line;
  }
  out += "\n";
  for (size_t k = 0; k < kNodeKindCount; ++k) {
    for (const bool structured : {true, false}) {
      const auto kind = static_cast<NodeKind>(k);
      add(NodeKindName(kind), ShapeName(structured));
      for (size_t w = 0; w < kHappenedCount; ++w) {
        const auto what = static_cast<Happened>(w);
        const std::string hits =
            CanHappen(kind, structured, what)
                ? std::to_string(Hits(kind, structured, what))
                : "-";
        std::snprintf(line, sizeof(line), "%11s", hits.c_str());
        out += line;
      }
      out += "\n";
    }
  }
  return out + std::to_string(processes_[0]) + " structured and " +
         std::to_string(processes_[1]) + " unstructured processes\n";
}

}  // namespace pawl::property
