#include "tests/support/fault_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace pawl {
namespace {

constexpr std::array<const char*, kTransitionCount> kTransitions = {
    "activating", "activated",   "completing",
    "completed",  "terminating", "terminated"};
constexpr size_t kFirstOfCompletion = 2;
constexpr size_t kCompleted = 3;
constexpr size_t kFirstOfTermination = 4;

}  // namespace

const std::vector<ElementRow>& ElementRows() {
  using Kind = fb::ElementKind;
  using Type = fb::EventType;
  using enum ElementRow::Drawn;
  // Of the kinds that don't wait for anything outside, those wait that can
  // stop at an incident: a script that fails, conditions that can't be
  // evaluated. A parallel gateway evaluates none, an end event has no way out.
  static const auto* const rows = new std::vector<ElementRow>{
      {"process", Kind::process, Type::none, true},
      {"start_event", Kind::start_event, Type::none, true},
      {"end_event", Kind::end_event, Type::none, false},
      {"terminate_end_event", Kind::end_event, Type::terminate, false},
      {"timer_catch_event", Kind::intermediate_catch_event, Type::timer, true,
       /*from_outside=*/false},
      {"service_task", Kind::service_task, Type::none, true},
      {"script_task", Kind::script_task, Type::none, true},
      {"user_task", Kind::user_task, Type::none, true},
      {"manual_task", Kind::manual_task, Type::none, true},
      {"undefined_task", Kind::undefined_task, Type::none, true},
      {"exclusive_gateway", Kind::exclusive_gateway, Type::none, true},
      {"parallel_gateway", Kind::parallel_gateway, Type::none, false},
      {"inclusive_gateway", Kind::inclusive_gateway, Type::none, true},
      {"complex_gateway", Kind::complex_gateway, Type::none, true},
      {"sub_process", Kind::sub_process, Type::none, true},
      // Boundary, link and throw events rest only at conditions behind them, as
      // start events do; hardly anything here has conditions there.
      {"timer_boundary_event", Kind::boundary_event, Type::timer, false,
       /*from_outside=*/false},
      {"error_boundary_event", Kind::boundary_event, Type::error, false},
      {"error_end_event", Kind::end_event, Type::error, true},
      {"send_task", Kind::send_task, Type::none, true},
      {"business_rule_task", Kind::business_rule_task, Type::none, true},
      {"throw_event", Kind::intermediate_throw_event, Type::none, false},
      {"link_throw_event", Kind::intermediate_throw_event, Type::link, false},
      {"link_catch_event", Kind::intermediate_catch_event, Type::link, false},
      // Start events that come rest as little as boundary events do.
      {"message_start_event", Kind::start_event, Type::message, false, true,
       kSometimes, /*delivered=*/true},
      {"signal_start_event", Kind::start_event, Type::signal, false, true,
       kSometimes, /*delivered=*/true},
      // A process that only a time starts is started by hand as well.
      {"timer_start_event", Kind::start_event, Type::timer, false, true,
       kSometimes},
      {"error_start_event", Kind::start_event, Type::error, false, true,
       kSometimes},
      {"escalation_start_event", Kind::start_event, Type::escalation, false,
       true, kSometimes},
      {"conditional_start_event", Kind::start_event, Type::conditional, false,
       true, kSometimes},
      {"message_catch_event", Kind::intermediate_catch_event, Type::message,
       true, true, kSometimes, /*delivered=*/true},
      {"signal_catch_event", Kind::intermediate_catch_event, Type::signal, true,
       true, kSometimes, /*delivered=*/true},
      {"conditional_catch_event", Kind::intermediate_catch_event,
       Type::conditional, true, true, kSometimes},
      // What throws is done at once.
      {"message_throw_event", Kind::intermediate_throw_event, Type::message,
       false, true, kSometimes, /*delivered=*/false, /*throws=*/true},
      {"signal_throw_event", Kind::intermediate_throw_event, Type::signal,
       false, true, kSometimes, /*delivered=*/false, /*throws=*/true},
      {"escalation_throw_event", Kind::intermediate_throw_event,
       Type::escalation, false, true, kSometimes},
      {"message_end_event", Kind::end_event, Type::message, false, true,
       kSometimes, /*delivered=*/false, /*throws=*/true},
      {"signal_end_event", Kind::end_event, Type::signal, false, true,
       kSometimes, /*delivered=*/false, /*throws=*/true},
      {"escalation_end_event", Kind::end_event, Type::escalation, false, true,
       kSometimes},
      {"message_boundary_event", Kind::boundary_event, Type::message, false,
       true, kSometimes, /*delivered=*/true},
      {"signal_boundary_event", Kind::boundary_event, Type::signal, false, true,
       kSometimes, /*delivered=*/true},
      {"escalation_boundary_event", Kind::boundary_event, Type::escalation,
       false, true, kSometimes},
      {"conditional_boundary_event", Kind::boundary_event, Type::conditional,
       false, true, kSometimes},
      {"receive_task", Kind::receive_task, Type::none, true, true, kSometimes},
      {"event_gateway", Kind::event_based_gateway, Type::none, true, true,
       kSometimes},
      {"event_sub_process", Kind::event_sub_process, Type::none, true, true,
       kSometimes},
      {"transaction", Kind::transaction, Type::none, true, true, kSometimes},
      {"call_activity", Kind::call_activity, Type::none, true, true,
       kSometimes},
      // It says what compensates its activity: no token is ever there.
      {"compensation_boundary_event", Kind::boundary_event, Type::compensation,
       false, true, kNever},
      {"compensation_start_event", Kind::start_event, Type::compensation, false,
       true, kSometimes},
      {"compensation_throw_event", Kind::intermediate_throw_event,
       Type::compensation, true, true, kSometimes},
      {"compensation_end_event", Kind::end_event, Type::compensation, true,
       true, kSometimes},
      {"cancel_end_event", Kind::end_event, Type::cancel, false, true,
       kSometimes},
      {"cancel_boundary_event", Kind::boundary_event, Type::cancel, false, true,
       kSometimes},
      {"multiple_start_event", Kind::start_event, Type::multiple, false, true,
       kSometimes},
      // Of a process it waits for the others where the first has come.
      {"parallel_multiple_start_event", Kind::start_event,
       Type::parallel_multiple, true, true, kSometimes, /*delivered=*/true},
      {"multiple_catch_event", Kind::intermediate_catch_event, Type::multiple,
       true, true, kSometimes},
      {"parallel_multiple_catch_event", Kind::intermediate_catch_event,
       Type::parallel_multiple, true, true, kSometimes, /*delivered=*/true},
      {"multiple_boundary_event", Kind::boundary_event, Type::multiple, false,
       true, kSometimes},
      {"parallel_multiple_boundary_event", Kind::boundary_event,
       Type::parallel_multiple, false, true, kSometimes, /*delivered=*/true},
      {"multiple_throw_event", Kind::intermediate_throw_event, Type::multiple,
       false, true, kSometimes, /*delivered=*/false, /*throws=*/true},
      {"multiple_end_event", Kind::end_event, Type::multiple, false, true,
       kSometimes, /*delivered=*/false, /*throws=*/true},
      {"ad_hoc_sub_process", Kind::ad_hoc_sub_process, Type::none, true, true,
       kSometimes},
  };
  return *rows;
}

size_t ElementRowOf(fb::ElementKind kind, fb::EventType event_type) {
  const std::vector<ElementRow>& rows = ElementRows();
  const auto it =
      std::find_if(rows.begin(), rows.end(), [&](const ElementRow& row) {
        return row.kind == kind && row.event_type == event_type;
      });
  PAWL_CHECK(it != rows.end()) << fb::EnumNameElementKind(kind) << " "
                               << fb::EnumNameEventType(event_type);
  return static_cast<size_t>(it - rows.begin());
}

std::optional<ElementMove> TransitionOf(const fb::EventUnion& event) {
  switch (event.type) {
    case fb::Event::ElementActivating:
      return ElementMove{0, event.AsElementActivating()->key};
    case fb::Event::ElementActivated:
      return ElementMove{1, event.AsElementActivated()->key};
    case fb::Event::ElementCompleting:
      return ElementMove{2, event.AsElementCompleting()->key};
    case fb::Event::ElementCompleted:
      return ElementMove{3, event.AsElementCompleted()->key};
    case fb::Event::ElementTerminating:
      return ElementMove{4, event.AsElementTerminating()->key};
    case fb::Event::ElementTerminated:
      return ElementMove{5, event.AsElementTerminated()->key};
    default:
      return std::nullopt;
  }
}

FaultTable::FaultTable(std::vector<Fault> faults, bool all_drawn)
    : faults_(std::move(faults)),
      all_drawn_(all_drawn),
      cells_(ElementRows().size() * kTransitionCount * faults_.size()),
      struck_(faults_.size()) {}

void FaultTable::Struck(size_t fault, const fb::RecordT& record,
                        const RowOfElement& row_of) {
  PAWL_CHECK_LT(fault, faults_.size());
  ++struck_[fault];
  for (const fb::EventUnion& event : record.events) {
    const auto moved = TransitionOf(event);
    if (!moved.has_value()) continue;
    const size_t row = row_of(moved->element);
    PAWL_CHECK_LT(row, ElementRows().size());
    ++cells_[(row * kTransitionCount + moved->transition) * faults_.size() +
             fault];
  }
}

void FaultTable::Add(const FaultTable& other) {
  PAWL_CHECK_EQ(cells_.size(), other.cells_.size()) << "other columns";
  for (size_t i = 0; i < cells_.size(); ++i) cells_[i] += other.cells_[i];
  for (size_t i = 0; i < struck_.size(); ++i) struck_[i] += other.struck_[i];
}

uint64_t FaultTable::hits(size_t row, size_t transition, size_t fault) const {
  return cells_[(row * kTransitionCount + transition) * faults_.size() + fault];
}

bool FaultTable::CanBeHit(size_t row, size_t transition, size_t fault) const {
  const ElementRow& element = ElementRows()[row];
  if (element.drawn == ElementRow::Drawn::kNever) return false;
  if (transition >= kFirstOfTermination) return element.waits;
  // What passes at once begins in the record in which it completes.
  return (transition < kFirstOfCompletion && element.waits) ||
         element.from_outside || !faults_[fault].of_commands;
}

void FaultTable::AddIfNeverStruck(size_t row, size_t transition,
                                  std::vector<std::string>* names) const {
  bool can = false;
  uint64_t struck = 0;
  for (size_t fault = 0; fault < faults_.size(); ++fault) {
    can = can || CanBeHit(row, transition, fault);
    struck += hits(row, transition, fault);
  }
  if (!can || struck != 0) return;
  names->push_back(
      absl::StrCat(ElementRows()[row].name, " ", kTransitions[transition]));
}

std::vector<std::string> FaultTable::CellsWhere(bool can, bool was,
                                                bool each) const {
  std::vector<std::string> names;
  for (size_t row = 0; row < ElementRows().size(); ++row) {
    const ElementRow& element = ElementRows()[row];
    const bool often = each || element.drawn == ElementRow::Drawn::kOften;
    for (size_t t = 0; t < kTransitionCount; ++t) {
      if (can && !was && !often) {
        if (all_drawn_) AddIfNeverStruck(row, t, &names);
        continue;
      }
      for (size_t fault = 0; fault < faults_.size(); ++fault) {
        if (CanBeHit(row, t, fault) != can ||
            (hits(row, t, fault) != 0) != was) {
          continue;
        }
        const bool by_itself =
            element.delivered || (element.throws && t >= kFirstOfCompletion &&
                                  t < kFirstOfTermination);
        if (!was && by_itself && faults_[fault].of_commands) continue;
        // Where there was no way out, resolving that ends what has come; and
        // what rests nowhere itself may rest in its mappings and listeners.
        if (was && (t == kCompleted || t >= kFirstOfTermination)) continue;
        names.push_back(absl::StrCat(ElementRows()[row].name, " ",
                                     kTransitions[t], " ",
                                     faults_[fault].name));
      }
    }
  }
  return names;
}

std::vector<std::string> FaultTable::EmptyCells(bool each) const {
  return CellsWhere(/*can=*/true, /*was=*/false, each);
}

std::vector<std::string> FaultTable::ImpossibleCells() const {
  return CellsWhere(/*can=*/false, /*was=*/true, /*each=*/false);
}

std::string FaultTable::Print() const {
  constexpr int kNameWidth = 32;
  constexpr int kWidth = 8;
  std::string text;
  // Names of columns are longer than numbers: a legend, then numbers.
  for (size_t fault = 0; fault < faults_.size(); ++fault) {
    absl::StrAppendFormat(&text, "%*s = %s, struck %d records\n", kWidth,
                          absl::StrCat("[", fault + 1, "]"),
                          faults_[fault].name, struck_[fault]);
  }
  absl::StrAppendFormat(&text, "%-*s", kNameWidth, "element transition");
  for (size_t fault = 0; fault < faults_.size(); ++fault) {
    absl::StrAppendFormat(&text, "%*s", kWidth,
                          absl::StrCat("[", fault + 1, "]"));
  }
  text += '\n';
  for (size_t row = 0; row < ElementRows().size(); ++row) {
    for (size_t t = 0; t < kTransitionCount; ++t) {
      absl::StrAppendFormat(
          &text, "%-*s", kNameWidth,
          absl::StrCat(ElementRows()[row].name, " ", kTransitions[t]));
      for (size_t fault = 0; fault < faults_.size(); ++fault) {
        const uint64_t count = hits(row, t, fault);
        absl::StrAppendFormat(
            &text, "%*s", kWidth,
            count == 0 && !CanBeHit(row, t, fault) ? "-" : absl::StrCat(count));
      }
      text += '\n';
    }
  }
  return text;
}

}  // namespace pawl
