// Rules of literals, names, brackets, contexts, functions and what begins with
// a word.
#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/expression_parser.h"

namespace pawl::expression::feel {
namespace {

using Kind = NodeKind;

// The built-in functions whose names are several tokens.
const Names& BuiltinNames() {
  static const auto* const names = [] {
    auto* const made = new Names;
    for (const std::string_view name : BuiltinFunctionNames()) made->Add(name);
    return made;
  }();
  return *names;
}

}  // namespace

bool IsKeyword(std::string_view word) {
  constexpr std::array<std::string_view, 17> kKeywords = {
      "and", "between",  "else",      "every", "external", "false",
      "for", "function", "if",        "in",    "instance", "null",
      "or",  "return",   "satisfies", "then",  "true"};
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

absl::StatusOr<std::string> ExpressionParser::NameHere(
    std::string_view wanted) {
  if (here().kind == Token::Kind::kQuotedName) return tokens_[at_++].text;
  if (here().kind != Token::Kind::kWord) return Wrong(wanted);
  size_t length = 0;
  if (const std::string* known = names_.Find(tokens_, at_, &length)) {
    at_ += length;
    return *known;
  }
  std::string name = here().text;
  ++at_;
  while (here().kind == Token::Kind::kWord && !IsKeyword(here().text)) {
    absl::StrAppend(&name, " ", here().text);
    ++at_;
  }
  return name;
}

absl::StatusOr<std::string> ExpressionParser::KeyHere(std::string_view wanted) {
  std::string name;
  if (here().kind == Token::Kind::kString) {
    name = here().text;
    ++at_;
  } else {
    PAWL_ASSIGN_OR_RETURN(name, DefinedName(wanted, {":", ",", "}", ")"}));
  }
  PAWL_RETURN_IF_ERROR(
      Expect(":", absl::StrCat("':' after ", ToAbsl(wanted)).c_str()));
  return name;
}

absl::StatusOr<std::string> ExpressionParser::DefinedName(
    std::string_view wanted, std::initializer_list<std::string_view> ends) {
  if (here().kind == Token::Kind::kQuotedName) return tokens_[at_++].text;
  if (here().kind != Token::Kind::kWord) return Wrong(wanted);
  const auto is_end = [&](const Token& token) {
    if (token.kind == Token::Kind::kEnd) return true;
    if (ends.size() == 0) return token.IsWord("in");
    return std::any_of(ends.begin(), ends.end(),
                       [&](std::string_view end) { return token.Is(end); });
  };
  std::string name;
  for (uint32_t end = here().offset; !is_end(here()); ++at_) {
    const Token& token = here();
    const bool part = token.kind == Token::Kind::kWord ||
                      token.kind == Token::Kind::kNumber ||
                      token.kind == Token::Kind::kSign;
    if (!part || token.Is("(") || token.Is("[") || token.Is("{") ||
        token.Is(")") || token.Is("]") || token.Is("}")) {
      return Wrong(wanted);
    }
    if (token.offset != end) name += ' ';
    name += token.text;
    end = token.end;
  }
  if (name.empty()) return Wrong(wanted);
  return name;
}

ParsedNode ExpressionParser::Primary() {
  const Token token = here();
  switch (token.kind) {
    case Token::Kind::kNumber:
      return Number(token);
    case Token::Kind::kString:
      ++at_;
      return Leaf(Kind::kString, token, token.text);
    case Token::Kind::kAt:
      ++at_;
      return Leaf(Kind::kAt, token, token.text);
    case Token::Kind::kWord:
      return Word(token);
    case Token::Kind::kQuotedName:
      ++at_;
      return Leaf(Kind::kName, token, token.text);
    case Token::Kind::kSign:
      if (token.Is("(")) return Parenthesis();
      if (token.Is("[") || token.Is("]")) return Bracket();
      if (token.Is("{")) return Context();
      break;
    case Token::Kind::kEnd:
      break;
  }
  return Wrong("an expression");
}

ParsedNode ExpressionParser::Number(const Token& token) {
  Node node;
  node.kind = Kind::kNumber;
  node.offset = token.offset;
  node.text = token.text;
  auto number = Decimal::ParseRounded(token.text);
  if (!number.ok()) {
    return ErrorAt(text_, token.offset, ToStd(number.status().message()));
  }
  node.number = *number;
  ++at_;
  return Add(std::move(node));
}

ParsedNode ExpressionParser::Word(const Token& token) {
  size_t length = 0;
  if (const std::string* known = names_.Find(tokens_, at_, &length)) {
    at_ += length;
    return Leaf(Kind::kName, token, *known);
  }
  if (const std::string* known = BuiltinNames().Find(tokens_, at_, &length)) {
    // A variable of that name goes before it, by the names above or when the
    // expression runs.
    at_ += length;
    return Leaf(Kind::kName, token, *known);
  }
  if (token.text == "null" || token.text == "true" || token.text == "false") {
    ++at_;
    Node node;
    node.kind = token.text == "null" ? Kind::kNull : Kind::kBoolean;
    node.flag = token.text == "true";
    node.offset = token.offset;
    return Add(std::move(node));
  }
  if (token.text == "if") return If();
  if (token.text == "for") return For();
  if ((token.text == "some" || token.text == "every") &&
      (ahead(1).kind == Token::Kind::kWord ||
       ahead(1).kind == Token::Kind::kQuotedName)) {
    return Quantified();
  }
  if (token.text == "function" && ahead(1).Is("(")) return Function();
  // and(), or(): functions of the same name.
  if ((token.text == "and" || token.text == "or") && ahead(1).Is("(")) {
    ++at_;
    return Leaf(Kind::kName, token, token.text);
  }
  if (IsKeyword(token.text)) return Wrong("an expression");
  PAWL_ASSIGN_OR_RETURN(std::string name, NameHere("a name"));
  PAWL_ASSIGN_OR_RETURN(const NodeIndex node,
                        Leaf(Kind::kName, token, std::move(name)));
  if (tree_[node].text == "?") ++inputs_named_;
  return node;
}

ParsedNode ExpressionParser::If() {
  const uint32_t offset = here().offset;
  ++at_;
  PAWL_ASSIGN_OR_RETURN(const NodeIndex condition, Expression());
  if (!TakeWord("then")) return Wrong("'then'");
  PAWL_ASSIGN_OR_RETURN(const NodeIndex then, Expression());
  if (!TakeWord("else")) return Wrong("'else'");
  PAWL_ASSIGN_OR_RETURN(const NodeIndex otherwise, Expression());
  return Make(Kind::kIf, offset, {condition, then, otherwise});
}

absl::StatusOr<std::string> ExpressionParser::IteratorName() {
  PAWL_ASSIGN_OR_RETURN(std::string name, DefinedName("a variable's name", {}));
  if (!TakeWord("in")) return Wrong("'in'");
  return name;
}

absl::Status ExpressionParser::Iterators(Node* node) {
  do {
    PAWL_ASSIGN_OR_RETURN(std::string name, IteratorName());
    PAWL_ASSIGN_OR_RETURN(NodeIndex domain, Expression());
    const uint32_t offset = here().offset;
    if (TakeSign("..")) {
      PAWL_ASSIGN_OR_RETURN(const NodeIndex last, Expression());
      PAWL_ASSIGN_OR_RETURN(domain, Make(Kind::kSteps, offset, {domain, last}));
    }
    node->children.push_back(domain);
    // A later iterator sees it.
    names_.Add(name);
    node->names.push_back(std::move(name));
  } while (TakeSign(","));
  return absl::OkStatus();
}

ParsedNode ExpressionParser::For() {
  Node node;
  node.kind = Kind::kFor;
  node.offset = here().offset;
  ++at_;
  PAWL_RETURN_IF_ERROR(Iterators(&node));
  if (!TakeWord("return")) return Wrong("'return' or ','");
  return Body(std::move(node));
}

ParsedNode ExpressionParser::Quantified() {
  Node node;
  node.kind = here().text == "some" ? Kind::kSome : Kind::kEvery;
  node.offset = here().offset;
  ++at_;
  PAWL_RETURN_IF_ERROR(Iterators(&node));
  if (!TakeWord("satisfies")) return Wrong("'satisfies' or ','");
  return Body(std::move(node));
}

ParsedNode ExpressionParser::Body(Node node) {
  PAWL_ASSIGN_OR_RETURN(const NodeIndex body, Expression());
  names_.Drop(node.names.size());
  node.children.push_back(body);
  return Add(std::move(node));
}

ParsedNode ExpressionParser::Function() {
  Node node;
  node.kind = Kind::kFunction;
  node.offset = here().offset;
  at_ += 2;
  while (!here().Is(")")) {
    PAWL_ASSIGN_OR_RETURN(std::string name,
                          DefinedName("a parameter's name", {":", ",", ")"}));
    Type type;
    if (TakeSign(":")) {
      PAWL_ASSIGN_OR_RETURN(type, ParseOneType());
    }
    names_.Add(name);
    node.names.push_back(std::move(name));
    node.types.push_back(std::move(type));
    if (!TakeSign(",")) break;
  }
  PAWL_RETURN_IF_ERROR(Expect(")", "')' or ','"));
  if (here().IsWord("external")) {
    return Wrong("a body in FEEL: other languages aren't called");
  }
  return Body(std::move(node));
}

ParsedNode ExpressionParser::Parenthesis() {
  const uint32_t offset = here().offset;
  ++at_;
  if (const Kind comparison = ComparisonHere(); comparison != Kind::kNull) {
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex endpoint, Operand());
    PAWL_RETURN_IF_ERROR(Expect(")", "')'"));
    return MakeTest(comparison, offset, endpoint);
  }
  PAWL_ASSIGN_OR_RETURN(const NodeIndex node, Expression());
  if (TakeSign("..")) return RangeFrom(node, /*low_closed=*/false, offset);
  PAWL_RETURN_IF_ERROR(Expect(")", "')'"));
  return node;
}

ParsedNode ExpressionParser::Bracket() {
  const uint32_t offset = here().offset;
  const bool low_closed = here().Is("[");
  ++at_;
  if (low_closed && TakeSign("]")) return Make(Kind::kList, offset, {});
  std::vector<NodeIndex> children;
  do {
    PAWL_ASSIGN_OR_RETURN(const NodeIndex node, Element());
    if (children.empty() && TakeSign("..")) {
      return RangeFrom(node, low_closed, offset);
    }
    children.push_back(node);
  } while (TakeSign(","));
  if (!low_closed) return Wrong("'..' of a range");
  PAWL_RETURN_IF_ERROR(Expect("]", "']' or ','"));
  return Make(Kind::kList, offset, std::move(children));
}

ParsedNode ExpressionParser::Element() {
  const uint32_t offset = here().offset;
  const Kind comparison = ComparisonHere();
  if (comparison == Kind::kNull) return Expression();
  ++at_;
  PAWL_ASSIGN_OR_RETURN(const NodeIndex endpoint, Operand());
  return MakeTest(comparison, offset, endpoint);
}

ParsedNode ExpressionParser::RangeFrom(NodeIndex low, bool low_closed,
                                       uint32_t offset) {
  Node node;
  node.kind = Kind::kRange;
  node.offset = offset;
  node.flag = low_closed;
  const bool outer = std::exchange(in_range_, true);
  PAWL_ASSIGN_OR_RETURN(const NodeIndex high, Expression());
  in_range_ = outer;
  node.children = {low, high};
  node.flag2 = here().Is("]");
  if (!TakeSign("]") && !TakeSign(")") && !TakeSign("[")) {
    return Wrong("']', ')' or '[' of a range");
  }
  return Add(std::move(node));
}

ParsedNode ExpressionParser::Context() {
  Node node;
  node.kind = Kind::kContext;
  node.offset = here().offset;
  ++at_;
  while (!here().Is("}")) {
    PAWL_ASSIGN_OR_RETURN(std::string name, KeyHere("an entry's name"));
    if (std::find(node.names.begin(), node.names.end(), name) !=
        node.names.end()) {
      return ErrorAt(text_, here().offset,
                     absl::StrCat("got the entry '", name, "' twice"));
    }
    PAWL_ASSIGN_OR_RETURN(const NodeIndex value, Expression());
    node.children.push_back(value);
    // Later entries see it.
    names_.Add(name);
    node.names.push_back(std::move(name));
    if (!TakeSign(",")) break;
  }
  PAWL_RETURN_IF_ERROR(Expect("}", "'}' or ','"));
  // Paths into the context may come later: the names stay known.
  return Add(std::move(node));
}

}  // namespace pawl::expression::feel
