// What log and audit share: a record's fields on one line.
#ifndef PAWL_CLI_RECORD_TEXT_H_
#define PAWL_CLI_RECORD_TEXT_H_

#include <string>
#include <vector>

#include "engine/value.h"

namespace pawl::cli {

// " key=12 type=charge"; what is absent or empty is left out, and fields of the
// names in `without`.
std::string ShowFields(const Value& map,
                       const std::vector<std::string>& without);

}  // namespace pawl::cli

#endif  // PAWL_CLI_RECORD_TEXT_H_
