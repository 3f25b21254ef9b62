// KindCoverage: which kinds of node the generated processes had, and what
// happened to them when they ran: node kind x kind of process x what. Printed
// as a table; a cell that could have been hit and was not is a hole in the
// generator, one that was hit and could not is a mistake in CanHappen().
#ifndef PAWL_TESTS_PROPERTY_KIND_COVERAGE_H_
#define PAWL_TESTS_PROPERTY_KIND_COVERAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/core/state.h"
#include "schemas/record_generated.h"
#include "tests/property/process_graph.h"

namespace pawl::property {

enum class Happened {
  kGenerated,
  kCompleted,
  // Rested for somebody outside, or, at a parallel join, for other tokens.
  kWaited,
  kIncident,
  kTerminated,
};
inline constexpr size_t kHappenedCount = 5;

class KindCoverage {
 public:
  void SawProcess(const ProcessGraph& graph, bool structured);
  // Beside that one, of the same partition.
  void SawPool(const ProcessGraph& graph, bool structured);
  // `record` is of an instance of `graph`; `after` is that instance now. The
  // records of one partition follow each other: after SawProcess a new one
  // begins.
  void SawRecord(const ProcessGraph& graph, bool structured,
                 const fb::RecordT& record, const core::Instance& after);

  static bool CanHappen(NodeKind kind, bool structured, Happened what);
  // "structured user_task terminated"; of events that pass their token on,
  // "structured boundary events terminated".
  std::vector<std::string> Holes() const;
  std::vector<std::string> Impossible() const;
  std::string Print() const;

 private:
  uint64_t& Cell(NodeKind kind, bool structured, Happened what);
  uint64_t Hits(NodeKind kind, bool structured, Happened what) const;
  std::vector<std::string> Cells(bool possible) const;

  std::array<uint64_t, 2 * kNodeKindCount* kHappenedCount> hits_ = {};
  uint64_t processes_[2] = {};
  // Of the present partition: index of the element in its model, by key.
  std::map<uint64_t, uint32_t> elements_;
};

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_KIND_COVERAGE_H_
