// What this build does with every element of BPMN 2.0 and with every extension
// attribute that it knows: the parser asks these tables, docs/bpmn_coverage.md
// prints them, and a test deploys a sample of each row. One truth.
// Source: BPMN 2.0.2 (formal/2013-12-09) and its schema Semantic.xsd.
#ifndef PAWL_ENGINE_MODEL_COVERAGE_H_
#define PAWL_ENGINE_MODEL_COVERAGE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace pawl::model {

enum class Support : uint8_t {
  kExecutes,
  // Read and kept, but it has no meaning for execution.
  kAccepted,
  // It has a meaning that this build doesn't give it: never deployed.
  kRefused,
};

struct ElementRow {
  // Local name, in the BPMN MODEL namespace.
  std::string_view element;
  // Local name of the element around it; "activity" and "gateway" stand for
  // all tasks and all gateways that execute, "eventSubProcessStart" for the
  // start event of an event sub-process, "*" for any.
  std::string_view parent;
  Support support;
  // Of BPMN 2.0.2.
  std::string_view clause;
  // What it does, or why it is refused.
  std::string_view note;
};

struct ExtensionRow {
  // "camunda", "zeebe" or "pawl".
  std::string_view dialect;
  // An attribute starts with '@'; anything else is a child of
  // extensionElements.
  std::string_view name;
  // Local name of the BPMN element that carries it, "*" for any.
  std::string_view on;
  Support support;
  // The rule that refuses it; empty unless it is refused.
  std::string_view rule;
  std::string_view note;
};

// In the order of the documentation.
std::span<const ElementRow> ElementRows();
std::span<const ExtensionRow> ExtensionRows();

// The row of `element` inside `parent`, or null when BPMN has none. O(log n).
const ElementRow* FindElementRow(std::string_view parent,
                                 std::string_view element);
// The row of an extension on the BPMN element `on`, or null. O(log n).
const ExtensionRow* FindExtensionRow(std::string_view dialect,
                                     std::string_view name,
                                     std::string_view on);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_COVERAGE_H_
