// Rules of operators, tests, paths, filters and calls.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/expression_parser.h"

namespace pawl::expression::feel {
namespace {

using Kind = NodeKind;

struct Operator {
  std::string_view sign;
  Kind kind;
};
constexpr std::array<Operator, 6> kComparisons = {
    {{"=", Kind::kEqual},
     {"!=", Kind::kNotEqual},
     {"<", Kind::kLess},
     {"<=", Kind::kLessEqual},
     {">", Kind::kGreater},
     {">=", Kind::kGreaterEqual}}};

}  // namespace

ParsedNode ExpressionParser::Expression() {
  const Deeper deeper(&depth_);
  if (depth_ > kExpressionDepthMax) return TooDeep();
  return Or();
}

ParsedNode ExpressionParser::Operand() {
  const Deeper deeper(&depth_);
  if (depth_ > kExpressionDepthMax) return TooDeep();
  return Additive();
}

ParsedNode ExpressionParser::Chain(std::string_view word, Kind kind,
                                   ParsedNode (ExpressionParser::*next)()) {
  const uint32_t offset = here().offset;
  PAWL_ASSIGN_OR_RETURN(const NodeIndex first, (this->*next)());
  if (!here().IsWord(word)) return first;
  std::vector<NodeIndex> children = {first};
  while (TakeWord(word)) {
    PAWL_ASSIGN_OR_RETURN(const NodeIndex child, (this->*next)());
    children.push_back(child);
  }
  return Make(kind, offset, std::move(children));
}

ParsedNode ExpressionParser::Comparison() {
  PAWL_ASSIGN_OR_RETURN(NodeIndex left, Additive());
  for (;;) {
    const uint32_t offset = here().offset;
    if (TakeWord("between")) {
      PAWL_ASSIGN_OR_RETURN(const NodeIndex low, Additive());
      if (!TakeWord("and")) return Wrong("'and' of between");
      PAWL_ASSIGN_OR_RETURN(const NodeIndex high, Additive());
      PAWL_ASSIGN_OR_RETURN(left,
                            Make(Kind::kBetween, offset, {left, low, high}));
      continue;
    }
    if (TakeWord("in")) {
      PAWL_ASSIGN_OR_RETURN(left, In(left, offset));
      continue;
    }
    const Kind kind = ComparisonHere();
    if (kind == Kind::kNull) return left;
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex right, Additive());
    PAWL_ASSIGN_OR_RETURN(left, Make(kind, offset, {left, right}));
  }
}

Kind ExpressionParser::ComparisonHere() const {
  for (const Operator& comparison : kComparisons) {
    if (here().Is(comparison.sign)) return comparison.kind;
  }
  return Kind::kNull;
}

ParsedNode ExpressionParser::In(NodeIndex value, uint32_t offset) {
  std::vector<NodeIndex> children = {value};
  if (here().Is("(") && !IsRangeAhead()) {
    ++at_;
    PAWL_RETURN_IF_ERROR(Tests(&children));
    PAWL_RETURN_IF_ERROR(Expect(")", "')' or ','"));
  } else {
    PAWL_ASSIGN_OR_RETURN(const NodeIndex test, Test(/*bracketed=*/false));
    children.push_back(test);
  }
  return Make(Kind::kIn, offset, std::move(children));
}

bool ExpressionParser::IsRangeAhead() const {
  int depth = 0;
  for (size_t i = at_; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    // `in (for i in 1..3 return i)`: the `..` is the iteration's.
    if (depth == 1 && (token.IsWord("for") || token.IsWord("some") ||
                       token.IsWord("every"))) {
      return false;
    }
    if (token.kind != Token::Kind::kSign) continue;
    if (token.Is("(") || token.Is("{")) ++depth;
    if (token.Is("[") && i > at_) ++depth;
    if (token.Is("[") && i == at_) depth = 1;
    if (token.Is(")") || token.Is("}") || token.Is("]")) {
      if (--depth <= 0) return false;
    }
    if (depth == 1 && token.Is("..")) return true;
    if (depth == 1 && token.Is(",")) return false;
  }
  return false;
}

absl::Status ExpressionParser::Tests(std::vector<NodeIndex>* children) {
  do {
    PAWL_ASSIGN_OR_RETURN(const NodeIndex test, Test(/*bracketed=*/true));
    children->push_back(test);
  } while (TakeSign(","));
  return absl::OkStatus();
}

ParsedNode ExpressionParser::Test(bool bracketed) {
  const uint32_t offset = here().offset;
  if (const Kind comparison = ComparisonHere(); comparison != Kind::kNull) {
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex endpoint, Operand());
    return MakeTest(comparison, offset, endpoint);
  }
  const int inputs = inputs_named_;
  PAWL_ASSIGN_OR_RETURN(NodeIndex test, bracketed ? Expression() : Operand());
  if (inputs == inputs_named_) return test;
  if (const Kind kind = ComparisonHere(); kind != Kind::kNull) {
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex right, Operand());
    PAWL_ASSIGN_OR_RETURN(test, Make(kind, offset, {test, right}));
  }
  return Make(Kind::kAnswer, offset, {test});
}

ParsedNode ExpressionParser::MakeTest(Kind comparison, uint32_t offset,
                                      NodeIndex endpoint) {
  Node node;
  node.kind = Kind::kTest;
  node.comparison = comparison;
  node.offset = offset;
  node.children = {endpoint};
  return Add(std::move(node));
}

ParsedNode ExpressionParser::UnaryTests() {
  const uint32_t offset = here().offset;
  if (here().Is("-") && ahead(1).kind == Token::Kind::kEnd) {
    ++at_;
    return Make(Kind::kAnyTest, offset, {});
  }
  PAWL_ASSIGN_OR_RETURN(const NodeIndex input, Leaf(Kind::kName, here(), "?"));
  std::vector<NodeIndex> children = {input};
  if (here().IsWord("not") && ahead(1).Is("(")) {
    at_ += 2;
    PAWL_RETURN_IF_ERROR(Tests(&children));
    PAWL_RETURN_IF_ERROR(Expect(")", "')' or ','"));
    return Make(Kind::kNotTest, offset, std::move(children));
  }
  PAWL_RETURN_IF_ERROR(Tests(&children));
  return Make(Kind::kIn, offset, std::move(children));
}

ParsedNode ExpressionParser::Additive() {
  PAWL_ASSIGN_OR_RETURN(NodeIndex left, Multiplicative());
  for (;;) {
    const Kind kind = here().Is("+")   ? Kind::kAdd
                      : here().Is("-") ? Kind::kSubtract
                                       : Kind::kNull;
    if (kind == Kind::kNull) return left;
    const uint32_t offset = here().offset;
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex right, Multiplicative());
    PAWL_ASSIGN_OR_RETURN(left, Make(kind, offset, {left, right}));
  }
}

ParsedNode ExpressionParser::Multiplicative() {
  PAWL_ASSIGN_OR_RETURN(NodeIndex left, Power());
  for (;;) {
    const Kind kind = here().Is("*")   ? Kind::kMultiply
                      : here().Is("/") ? Kind::kDivide
                                       : Kind::kNull;
    if (kind == Kind::kNull) return left;
    const uint32_t offset = here().offset;
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex right, Power());
    PAWL_ASSIGN_OR_RETURN(left, Make(kind, offset, {left, right}));
  }
}

ParsedNode ExpressionParser::Power() {
  PAWL_ASSIGN_OR_RETURN(NodeIndex left, Negation());
  while (here().Is("**")) {
    const uint32_t offset = here().offset;
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex right, Negation());
    PAWL_ASSIGN_OR_RETURN(left, Make(Kind::kPower, offset, {left, right}));
  }
  return left;
}

ParsedNode ExpressionParser::Negation() {
  std::vector<uint32_t> offsets;
  while (here().Is("-")) {
    offsets.push_back(here().offset);
    ++at_;
  }
  PAWL_ASSIGN_OR_RETURN(NodeIndex node, Postfix());
  for (; !offsets.empty(); offsets.pop_back()) {
    PAWL_ASSIGN_OR_RETURN(node, Make(Kind::kNegate, offsets.back(), {node}));
  }
  return node;
}

ParsedNode ExpressionParser::Postfix() {
  PAWL_ASSIGN_OR_RETURN(NodeIndex node, Primary());
  for (;;) {
    const uint32_t offset = here().offset;
    if (TakeSign(".")) {
      Node path;
      path.kind = Kind::kPath;
      path.offset = offset;
      path.children = {node};
      PAWL_ASSIGN_OR_RETURN(path.text, NameHere("the name of an entry"));
      PAWL_ASSIGN_OR_RETURN(node, Add(std::move(path)));
    } else if (here().Is("[") && !IsRangeEnd()) {
      ++at_;
      PAWL_ASSIGN_OR_RETURN(const NodeIndex filter, Expression());
      PAWL_RETURN_IF_ERROR(Expect("]", "']' of a filter"));
      PAWL_ASSIGN_OR_RETURN(node, Make(Kind::kFilter, offset, {node, filter}));
    } else if (here().Is("(")) {
      PAWL_ASSIGN_OR_RETURN(node, Call(node));
    } else if (here().IsWord("instance") && ahead(1).IsWord("of")) {
      at_ += 2;
      Node test;
      test.kind = Kind::kInstanceOf;
      test.offset = offset;
      test.children = {node};
      PAWL_ASSIGN_OR_RETURN(Type type, ParseOneType());
      test.types.push_back(std::move(type));
      PAWL_ASSIGN_OR_RETURN(node, Add(std::move(test)));
    } else {
      return node;
    }
  }
}

bool ExpressionParser::IsRangeEnd() const {
  if (!in_range_) return false;
  const Token& next = ahead(1);
  switch (next.kind) {
    case Token::Kind::kEnd:
      return true;
    case Token::Kind::kWord:
      return next.text == "and" || next.text == "or" || next.text == "in" ||
             next.text == "then" || next.text == "else" ||
             next.text == "return" || next.text == "satisfies" ||
             next.text == "instance" || next.text == "between";
    case Token::Kind::kSign:
      return !next.Is("(") && !next.Is("[") && !next.Is("{") && !next.Is("-") &&
             !next.Is("]");
    default:
      return false;
  }
}

ParsedNode ExpressionParser::Call(NodeIndex function) {
  Node call;
  call.kind = Kind::kCall;
  call.offset = here().offset;
  call.children = {function};
  ++at_;
  if (TakeSign(")")) return Add(std::move(call));
  const bool named = IsNamedArgumentAhead();
  do {
    if (named) {
      PAWL_ASSIGN_OR_RETURN(std::string name, KeyHere("a parameter's name"));
      if (std::find(call.names.begin(), call.names.end(), name) !=
          call.names.end()) {
        return ErrorAt(text_, here().offset,
                       absl::StrCat("got the parameter '", name, "' twice"));
      }
      call.names.push_back(std::move(name));
    }
    PAWL_ASSIGN_OR_RETURN(const NodeIndex argument, Expression());
    call.children.push_back(argument);
  } while (TakeSign(","));
  PAWL_RETURN_IF_ERROR(Expect(")", "')' or ','"));
  return Add(std::move(call));
}

bool ExpressionParser::IsNamedArgumentAhead() const {
  if (here().kind == Token::Kind::kQuotedName) return ahead(1).Is(":");
  if (here().kind != Token::Kind::kWord) return false;
  for (size_t i = at_; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token.Is(":")) return true;
    if (token.kind != Token::Kind::kWord &&
        token.kind != Token::Kind::kNumber && !token.Is("-") &&
        !token.Is("+") && !token.Is("*") && !token.Is("/") && !token.Is("'")) {
      return false;
    }
  }
  return false;
}

}  // namespace pawl::expression::feel
