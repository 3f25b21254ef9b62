// Variables as events and commands carry them: making and copying them. Private
// to engine/core.
#ifndef PAWL_ENGINE_CORE_WIRE_VARIABLES_H_
#define PAWL_ENGINE_CORE_WIRE_VARIABLES_H_

#include <memory>
#include <string>
#include <utility>

#include "engine/core/variables.h"

namespace pawl::core {

inline std::unique_ptr<fb::VariableT> NewVariable(const std::string& name,
                                                  std::string json) {
  auto variable = std::make_unique<fb::VariableT>();
  variable->name = name;
  variable->json = std::move(json);
  return variable;
}

inline WireVariables Copy(const WireVariables& variables) {
  WireVariables copy;
  copy.reserve(variables.size());
  for (const auto& variable : variables) {
    copy.push_back(std::make_unique<fb::VariableT>(*variable));
  }
  return copy;
}

}  // namespace pawl::core

#endif  // PAWL_ENGINE_CORE_WIRE_VARIABLES_H_
