// Parser of EL: a text to its syntax tree.
#ifndef PAWL_ENGINE_EXPRESSION_EL_PARSER_H_
#define PAWL_ENGINE_EXPRESSION_EL_PARSER_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/expression/el/ast.h"

namespace pawl::expression::el {

// A text with `${` or `#{` in it is a template: one expression, or texts and
// expressions in turn. A text without is one bare expression.
// InvalidArgument: offset, got and wanted. ResourceExhausted: nested deeper
// than kExpressionDepthMax.
absl::StatusOr<std::unique_ptr<Node>> Parse(std::string_view text);

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_PARSER_H_
