// Parser: the text of a FEEL expression as a tree. Internal to FEEL.
//
// Source: DMN 1.4, 10.3.1.2. Names with spaces or operators in them
// (10.3.1.4) are recognised where they are known: variables that the caller
// names, parameters, iterators and context entries of the expression itself,
// and built-in functions. The longest that fits is taken. Of words that nobody
// knows as many as follow each other make one name.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_PARSER_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_PARSER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/expression/feel/ast.h"

namespace pawl::expression::feel {

enum class Form {
  kExpression,
  // The cells of decision tables: `< 5, [10..20]`, `not("a")`, `-`.
  kUnaryTests,
};

// What an expression may name beside what it defines itself.
struct Known {
  // Variables; only those count here that a lexer would cut into pieces.
  std::vector<std::string> names;
  // Types that the standard doesn't have, of decision models.
  std::map<std::string, Type> types;
};

// InvalidArgument: no FEEL, with offset, got and wanted.
// ResourceExhausted: longer than kExpressionBytesMax, nested deeper than
// kExpressionDepthMax, or a chain longer than kFeelTreeDepthMax.
absl::StatusOr<Tree> Parse(std::string_view text, Form form,
                           const Known& known);

// A type alone: "list<number>". InvalidArgument as above.
absl::StatusOr<Type> ParseType(std::string_view text, const Known& known);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_PARSER_H_
