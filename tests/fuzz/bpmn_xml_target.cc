#include <utility>

#include "base/check.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {

void FuzzBpmnXml(std::string_view bytes) {
  model::ParsedModel parsed = model::ParseBpmn(bytes, "fuzz");
  PAWL_CHECK(parsed.ok() == parsed.ToStatus().ok());
  for (model::ParsedProcess& process : parsed.processes) {
    if (process.model == nullptr) continue;
    PAWL_CHECK_OK(
        model::ProcessDefinition::Create(std::move(process.model)).status());
  }
}

}  // namespace pawl::fuzz
