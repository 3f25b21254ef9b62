// Wrap(): a command as the union that requests carry.
#ifndef PAWL_TESTS_SUPPORT_WRAP_COMMAND_H_
#define PAWL_TESTS_SUPPORT_WRAP_COMMAND_H_

#include <utility>

#include "schemas/record_generated.h"

namespace pawl {

template <typename CommandT>
fb::CommandUnion Wrap(CommandT command) {
  fb::CommandUnion wrapped;
  wrapped.Set(std::move(command));
  return wrapped;
}

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_WRAP_COMMAND_H_
