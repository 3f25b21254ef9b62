// How every error of an EL expression reads: the text, the offset in it, what
// was got and what was wanted. Internal to EL.
#ifndef PAWL_ENGINE_EXPRESSION_EL_ERROR_H_
#define PAWL_ENGINE_EXPRESSION_EL_ERROR_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pawl::expression::el {

// "expression '${amount >}', offset 10: <message>". A long text is cut.
absl::Status ErrorAt(absl::StatusCode code, std::string_view text,
                     size_t offset, std::string_view message);

// An InvalidArgument of which NeedsJava is true.
absl::Status NeedsJavaAt(std::string_view text, size_t offset,
                         std::string_view message);
bool NeedsJava(const absl::Status& status);

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_ERROR_H_
