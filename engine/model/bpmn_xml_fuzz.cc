// libFuzzer target: any bytes as a model file. Run with --config=fuzz.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pawl::model::ParsedModel parsed = pawl::model::ParseBpmn(
      std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
  PAWL_CHECK(parsed.ok() == parsed.ToStatus().ok());
  for (pawl::model::ParsedProcess& process : parsed.processes) {
    if (process.model == nullptr) continue;
    // What the parser calls sound must load.
    PAWL_CHECK_OK(
        pawl::model::ProcessDefinition::Create(std::move(process.model))
            .status());
  }
  return 0;
}
