// EL text -> Program. Internal to EL; expression.cc is its only user.
#ifndef PAWL_ENGINE_EXPRESSION_EL_PARSER_H_
#define PAWL_ENGINE_EXPRESSION_EL_PARSER_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "engine/expression/el/program.h"

namespace pawl::expression::el {

// Compiles `${...}` or `#{...}`, text with such expressions in it, or, without
// any mark, one bare expression. White space around the text does not count.
// Status codes as Expression::Compile. O(n).
absl::StatusOr<Program> Compile(std::string_view text);

// Whether `text` holds `${` or `#{`.
bool HasMark(std::string_view text);

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_PARSER_H_
