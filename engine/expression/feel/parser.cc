#include "engine/expression/feel/parser.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/expression_parser.h"
#include "engine/expression/feel/limits.h"

namespace pawl::expression::feel {
namespace {

using Kind = NodeKind;

absl::Status TooLong(std::string_view text) {
  return absl::ResourceExhaustedError(
      absl::StrCat("expression: got ", text.size(), " bytes, wanted at most ",
                   kExpressionBytesMax, " (kExpressionBytesMax)"));
}

}  // namespace

absl::StatusOr<Tree> ExpressionParser::Run(Form form) {
  // Few expressions have more nodes than tokens.
  tree_.nodes.reserve(std::min<size_t>(tokens_.size(), 128));
  PAWL_ASSIGN_OR_RETURN(
      tree_.root, form == Form::kExpression ? Expression() : UnaryTests());
  if (here().kind != Token::Kind::kEnd) {
    return Wrong("the end, or an operator");
  }
  return std::move(tree_);
}

absl::StatusOr<Type> ExpressionParser::RunType() {
  PAWL_ASSIGN_OR_RETURN(Type type, ParseOneType());
  if (here().kind != Token::Kind::kEnd) return Wrong("the end");
  return type;
}

absl::Status ExpressionParser::Wrong(std::string_view wanted) const {
  const Token& token = here();
  const std::string got =
      token.kind == Token::Kind::kEnd
          ? "the end"
          : absl::StrCat("'",
                         ToAbsl(text_.substr(
                             token.offset,
                             std::min<size_t>(token.end - token.offset, 40))),
                         "'");
  return ErrorAt(text_, token.offset,
                 absl::StrCat("got ", got, ", wanted ", ToAbsl(wanted)));
}

absl::Status ExpressionParser::Expect(std::string_view sign,
                                      std::string_view wanted) {
  return TakeSign(sign) ? absl::OkStatus() : Wrong(wanted);
}

absl::Status ExpressionParser::TooDeep() const {
  return absl::ResourceExhaustedError(absl::StrCat(
      ErrorAt(text_, here().offset, "nested too deeply").message(),
      ": wanted at most kExpressionDepthMax (", kExpressionDepthMax, ")"));
}

ParsedNode ExpressionParser::Add(Node node) {
  for (const NodeIndex child : node.children) {
    node.depth = std::max(node.depth, tree_[child].depth + 1);
  }
  // Each iterator runs within the one before it.
  if (node.kind == NodeKind::kFor || node.kind == NodeKind::kSome ||
      node.kind == NodeKind::kEvery) {
    node.depth += static_cast<uint32_t>(node.names.size());
  }
  if (node.depth > kFeelTreeDepthMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        ErrorAt(text_, node.offset, "a chain of operators").message(),
        ": wanted at most kFeelTreeDepthMax (", kFeelTreeDepthMax, ")"));
  }
  tree_.nodes.push_back(std::move(node));
  return static_cast<NodeIndex>(tree_.nodes.size() - 1);
}

ParsedNode ExpressionParser::Make(Kind kind, uint32_t offset,
                                  std::vector<NodeIndex> children) {
  Node node;
  node.kind = kind;
  node.offset = offset;
  node.children = std::move(children);
  return Add(std::move(node));
}

ParsedNode ExpressionParser::Leaf(Kind kind, const Token& token,
                                  std::string text) {
  Node node;
  node.kind = kind;
  node.offset = token.offset;
  node.text = std::move(text);
  return Add(std::move(node));
}

absl::StatusOr<Tree> Parse(std::string_view text, Form form,
                           const Known& known) {
  if (text.size() > kExpressionBytesMax) return TooLong(text);
  PAWL_ASSIGN_OR_RETURN(std::vector<Token> tokens, Lex(text));
  return ExpressionParser(text, std::move(tokens), known).Run(form);
}

absl::StatusOr<Type> ParseType(std::string_view text, const Known& known) {
  if (text.size() > kExpressionBytesMax) return TooLong(text);
  PAWL_ASSIGN_OR_RETURN(std::vector<Token> tokens, Lex(text));
  return ExpressionParser(text, std::move(tokens), known).RunType();
}

}  // namespace pawl::expression::feel
