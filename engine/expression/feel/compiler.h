// Compiler: a parsed FEEL expression with its names resolved. Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_COMPILER_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_COMPILER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/expression/feel/parser.h"
#include "engine/expression/feel/program.h"

namespace pawl::expression::feel {

// Lexes, parses, resolves and folds constants. A name
// that is nothing here is a variable of the scope. InvalidArgument and
// ResourceExhausted as Parse. O(length of the text).
absl::StatusOr<Program> Compile(std::string_view text, Form form,
                                const Known& known);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_COMPILER_H_
