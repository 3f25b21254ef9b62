// EngineView and View: an instance in words that the engine and the reference
// interpreter share, so that two texts can be compared.
#ifndef PAWL_TESTS_PROPERTY_ENGINE_VIEW_H_
#define PAWL_TESTS_PROPERTY_ENGINE_VIEW_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/core/state.h"
#include "engine/model/process_definition.h"
#include "schemas/record_generated.h"
#include "tests/reference/reference_interpreter.h"
#include "tests/support/core_harness.h"

namespace pawl::property {

// Several lines: how it ended, completed nodes, what waits, incidents, flows
// with resting tokens, variables; each sorted.
std::string ViewOf(const reference::ReferenceInterpreter& reference);

// Messages that are kept for who waits later, oldest first.
std::vector<std::string> KeptMessages(
    const core::CoreHarness::Indexes& indexes);

// Sees every record of a partition and remembers what the state forgets: which
// nodes were completed.
class EngineView {
 public:
  void Observe(const fb::RecordT& record);
  std::string ViewOf(const core::Instance& instance,
                     const model::ProcessDefinition& model) const;

 private:
  // Index of the element in its model, by key.
  std::map<uint64_t, uint32_t> elements_;
  std::map<InstanceKey, std::multiset<uint32_t>> completed_;
};

}  // namespace pawl::property

#endif  // PAWL_TESTS_PROPERTY_ENGINE_VIEW_H_
