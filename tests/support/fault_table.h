// FaultTable: where faults struck, as element kind x lifecycle transition x
// fault kind. A simulation tells it, for each fault that it injected, which
// record the fault struck; the table counts a hit for every lifecycle event in
// that record. In the end it is printed, and a cell that should have been hit
// and was not is a hole in the simulation.
//
// Which cells can't be hit is stated here once: an instantaneous element never
// waits, so nothing can terminate it; what only the engine itself completes
// isn't struck by a fault of the network.
#ifndef PAWL_TESTS_SUPPORT_FAULT_TABLE_H_
#define PAWL_TESTS_SUPPORT_FAULT_TABLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/model_generated.h"
#include "schemas/record_generated.h"

namespace pawl {

// ElementActivating, Activated, Completing, Completed, Terminating, Terminated.
inline constexpr size_t kTransitionCount = 6;

// A row of the coverage page that executes: the kind, and, for events, which.
struct ElementRow {
  const char* name;
  fb::ElementKind kind;
  fb::EventType event_type;
  // Whether it rests by itself, and so must be met by terminations, too. Others
  // rest in their mappings and listeners only.
  bool waits;
  // Whether a command from outside can complete it; a timer's time can't be
  // sent.
  bool from_outside = true;
  // How often the simulations' processes have it.
  enum class Drawn {
    // Every fault strikes each of its transitions.
    kOften,
    // Some fault does; in many seeds, every fault.
    kSometimes,
    // No token is there, or tests/property alone draws it.
    kNever,
  };
  Drawn drawn = Drawn::kOften;
  // What it waits for is delivered by a command of the engine's own: hardly any
  // from outside moves it.
  bool delivered = false;
  // It goes on by a command of the engine's own when what it threw is
  // delivered (docs/adr/0019), and completes by that.
  bool throws = false;
};
// Every element kind that this build executes, the process included. A test
// holds that no kind of the schema is missing.
const std::vector<ElementRow>& ElementRows();
// The row of an element; CHECKs that there is one.
size_t ElementRowOf(fb::ElementKind kind, fb::EventType event_type);

// An event that moves an element instance on: which transition, whose key.
struct ElementMove {
  size_t transition = 0;
  uint64_t element = 0;
};
// Nothing for other events.
std::optional<ElementMove> TransitionOf(const fb::EventUnion& event);

class FaultTable {
 public:
  // A kind of fault, a column.
  struct Fault {
    std::string name;
    // Strikes commands from outside only, never what the engine tells itself.
    bool of_commands = false;
  };
  // `all_drawn`: it is about processes that have all that is drawn sometimes.
  explicit FaultTable(std::vector<Fault> faults, bool all_drawn = false);

  // The elements of an activation that a record ends or moves on were named by
  // an earlier record; this finds the row of one: index into ElementRows().
  using RowOfElement = std::function<size_t(uint64_t element_key)>;

  // Fault number `fault` struck `record`.
  void Struck(size_t fault, const fb::RecordT& record,
              const RowOfElement& row_of);
  // Adds what another table with the same columns saw.
  void Add(const FaultTable& other);

  uint64_t hits(size_t row, size_t transition, size_t fault) const;
  // How often the fault struck any record at all.
  uint64_t hits(size_t fault) const { return struck_[fault]; }

  // "user_task terminating power_loss" for each empty cell that can be hit;
  // "escalation_end_event completed" of what is drawn only sometimes, and no
  // fault has struck. With `each` every cell of those, too, for a run that is
  // long enough; but for the commands that hardly ever move what is delivered.
  std::vector<std::string> EmptyCells(bool each = false) const;
  // "start_event terminating power_loss": cells that can't be hit and were.
  // Then what ElementRows() or the columns say is wrong.
  std::vector<std::string> ImpossibleCells() const;

  // One line an element kind and transition, one column a fault; `-` where
  // nothing can be hit.
  std::string Print() const;

 private:
  bool CanBeHit(size_t row, size_t transition, size_t fault) const;
  // Names of the cells that can be hit, or can't, and that were, or weren't.
  std::vector<std::string> CellsWhere(bool can, bool was, bool each) const;
  void AddIfNeverStruck(size_t row, size_t transition,
                        std::vector<std::string>* names) const;

  std::vector<Fault> faults_;
  bool all_drawn_;
  std::vector<uint64_t> cells_;
  std::vector<uint64_t> struck_;
};

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_FAULT_TABLE_H_
