#include "engine/expression/feel/parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/feel/builtins.h"
#include "engine/expression/feel/lexer.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/names.h"

namespace pawl::expression::feel {
namespace {

using Kind = NodeKind;

// Where a name made of unknown words ends.
bool IsKeyword(std::string_view word) {
  constexpr std::array<std::string_view, 17> kKeywords = {
      "and", "between",  "else",      "every", "external", "false",
      "for", "function", "if",        "in",    "instance", "null",
      "or",  "return",   "satisfies", "then",  "true"};
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

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

// The built-in functions whose names are several tokens.
const Names& BuiltinNames() {
  static const auto* const names = [] {
    auto* const made = new Names;
    for (const std::string_view name : BuiltinFunctionNames()) made->Add(name);
    return made;
  }();
  return *names;
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens, const Known& known)
      : text_(text), tokens_(std::move(tokens)), known_(known) {
    for (const std::string& name : known.names) names_.Add(name);
  }

  absl::StatusOr<Tree> Run(Form form) {
    PAWL_ASSIGN_OR_RETURN(
        tree_.root, form == Form::kExpression ? Expression() : UnaryTests());
    if (here().kind != Token::Kind::kEnd) {
      return Wrong("the end, or an operator");
    }
    return std::move(tree_);
  }

  absl::StatusOr<Type> RunType() {
    PAWL_ASSIGN_OR_RETURN(Type type, ParseOneType());
    if (here().kind != Token::Kind::kEnd) return Wrong("the end");
    return type;
  }

 private:
  using Result = absl::StatusOr<NodeIndex>;

  // Counts nesting while it lives.
  class Deeper {
   public:
    explicit Deeper(int* depth) : depth_(depth) { ++*depth_; }
    ~Deeper() { --*depth_; }

   private:
    int* const depth_;
  };

  // --- Tokens ----------------------------------------------------------------
  const Token& here() const { return tokens_[at_]; }
  const Token& ahead(size_t count) const {
    return tokens_[std::min(at_ + count, tokens_.size() - 1)];
  }
  bool TakeSign(std::string_view sign) {
    if (!here().Is(sign)) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (!here().IsWord(word)) return false;
    ++at_;
    return true;
  }
  absl::Status Wrong(std::string_view wanted) const {
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
  absl::Status Expect(std::string_view sign, std::string_view wanted) {
    return TakeSign(sign) ? absl::OkStatus() : Wrong(wanted);
  }

  // --- Nodes -----------------------------------------------------------------
  Result Add(Node node) {
    for (const NodeIndex child : node.children) {
      node.depth = std::max(node.depth, tree_[child].depth + 1);
    }
    if (node.depth > kFeelTreeDepthMax) {
      return absl::ResourceExhaustedError(absl::StrCat(
          ErrorAt(text_, node.offset, "a chain of operators").message(),
          ": wanted at most kFeelTreeDepthMax (", kFeelTreeDepthMax, ")"));
    }
    tree_.nodes.push_back(std::move(node));
    return static_cast<NodeIndex>(tree_.nodes.size() - 1);
  }
  Result Make(Kind kind, uint32_t offset, std::vector<NodeIndex> children) {
    Node node;
    node.kind = kind;
    node.offset = offset;
    node.children = std::move(children);
    return Add(std::move(node));
  }
  Result Leaf(Kind kind, const Token& token, std::string text) {
    Node node;
    node.kind = kind;
    node.offset = token.offset;
    node.text = std::move(text);
    return Add(std::move(node));
  }

  // --- Expressions, from the loosest to the tightest -------------------------
  // Whatever recurses comes through one of these two.
  Result Expression() {
    const Deeper deeper(&depth_);
    if (depth_ > kExpressionDepthMax) return TooDeep();
    return Or();
  }
  Result Operand() {
    const Deeper deeper(&depth_);
    if (depth_ > kExpressionDepthMax) return TooDeep();
    return Additive();
  }
  absl::Status TooDeep() const {
    return absl::ResourceExhaustedError(absl::StrCat(
        ErrorAt(text_, here().offset, "nested too deeply").message(),
        ": wanted at most kExpressionDepthMax (", kExpressionDepthMax, ")"));
  }

  Result Or() { return Chain("or", Kind::kOr, &Parser::And); }
  Result And() { return Chain("and", Kind::kAnd, &Parser::Comparison); }

  Result Chain(std::string_view word, Kind kind, Result (Parser::*next)()) {
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

  Result Comparison() {
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

  Kind ComparisonHere() const {
    for (const Operator& comparison : kComparisons) {
      if (here().Is(comparison.sign)) return comparison.kind;
    }
    return Kind::kNull;
  }

  // `value in test`, `value in (test, test)`.
  Result In(NodeIndex value, uint32_t offset) {
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

  // Whether the bracket here begins a range: a `..` comes before its end.
  bool IsRangeAhead() const {
    int depth = 0;
    for (size_t i = at_; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
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

  absl::Status Tests(std::vector<NodeIndex>* children) {
    do {
      PAWL_ASSIGN_OR_RETURN(const NodeIndex test, Test(/*bracketed=*/true));
      children->push_back(test);
    } while (TakeSign(","));
    return absl::OkStatus();
  }

  // `< 5`, or an expression: a value, list or range, or the answer itself when
  // it asks `?`. Where no bracket ends it, an `and` behind it is another's.
  Result Test(bool bracketed) {
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

  Result MakeTest(Kind comparison, uint32_t offset, NodeIndex endpoint) {
    Node node;
    node.kind = Kind::kTest;
    node.comparison = comparison;
    node.offset = offset;
    node.children = {endpoint};
    return Add(std::move(node));
  }

  Result UnaryTests() {
    const uint32_t offset = here().offset;
    if (here().Is("-") && ahead(1).kind == Token::Kind::kEnd) {
      ++at_;
      return Make(Kind::kAnyTest, offset, {});
    }
    PAWL_ASSIGN_OR_RETURN(const NodeIndex input,
                          Leaf(Kind::kName, here(), "?"));
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

  Result Additive() {
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

  Result Multiplicative() {
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

  Result Power() {
    PAWL_ASSIGN_OR_RETURN(NodeIndex left, Negation());
    while (here().Is("**")) {
      const uint32_t offset = here().offset;
      ++at_;
      PAWL_ASSIGN_OR_RETURN(const NodeIndex right, Negation());
      PAWL_ASSIGN_OR_RETURN(left, Make(Kind::kPower, offset, {left, right}));
    }
    return left;
  }

  Result Negation() {
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

  // Paths, filters, calls, instance of.
  Result Postfix() {
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
        PAWL_ASSIGN_OR_RETURN(node,
                              Make(Kind::kFilter, offset, {node, filter}));
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

  // Whether the '[' here ends a range, `]1..5[`, and filters nothing: then no
  // expression can follow it.
  bool IsRangeEnd() const {
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
        return !next.Is("(") && !next.Is("[") && !next.Is("{") &&
               !next.Is("-") && !next.Is("]");
      default:
        return false;
    }
  }

  Result Call(NodeIndex function) {
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
        call.names.push_back(std::move(name));
      }
      PAWL_ASSIGN_OR_RETURN(const NodeIndex argument, Expression());
      call.children.push_back(argument);
    } while (TakeSign(","));
    PAWL_RETURN_IF_ERROR(Expect(")", "')' or ','"));
    return Add(std::move(call));
  }

  // Words up to a ':'.
  bool IsNamedArgumentAhead() const {
    if (here().kind != Token::Kind::kWord) return false;
    for (size_t i = at_; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.Is(":")) return true;
      if (token.kind != Token::Kind::kWord &&
          token.kind != Token::Kind::kNumber && !token.Is("-") &&
          !token.Is("+") && !token.Is("*") && !token.Is("/") &&
          !token.Is("'")) {
        return false;
      }
    }
    return false;
  }

  // --- Names -----------------------------------------------------------------
  // A name where only a name can stand: known, or as many words as follow.
  absl::StatusOr<std::string> NameHere(std::string_view wanted) {
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

  // A name or string and the ':' behind it.
  absl::StatusOr<std::string> KeyHere(std::string_view wanted) {
    std::string name;
    if (here().kind == Token::Kind::kString) {
      name = here().text;
      ++at_;
    } else {
      const uint32_t start = here().offset;
      uint32_t end = start;
      if (here().kind != Token::Kind::kWord) return Wrong(wanted);
      while (here().kind != Token::Kind::kEnd && !here().Is(":") &&
             !here().Is(",") && !here().Is("}") && !here().Is(")")) {
        end = here().end;
        ++at_;
      }
      name = Collapse(text_.substr(start, end - start));
    }
    PAWL_RETURN_IF_ERROR(
        Expect(":", absl::StrCat("':' after ", ToAbsl(wanted)).c_str()));
    return name;
  }

  // White space in a name is one space.
  static std::string Collapse(std::string_view text) {
    std::string out;
    for (const char c : text) {
      const bool space = c == ' ' || (c >= '\t' && c <= '\r');
      if (!space) out += c;
      if (space && !out.empty() && out.back() != ' ') out += ' ';
    }
    return out;
  }

  // --- Primaries -------------------------------------------------------------
  Result Primary() {
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

  Result Number(const Token& token) {
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

  Result Word(const Token& token) {
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
        ahead(1).kind == Token::Kind::kWord) {
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
    if (name == "?") ++inputs_named_;
    return Leaf(Kind::kName, token, std::move(name));
  }

  Result If() {
    const uint32_t offset = here().offset;
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex condition, Expression());
    if (!TakeWord("then")) return Wrong("'then'");
    PAWL_ASSIGN_OR_RETURN(const NodeIndex then, Expression());
    if (!TakeWord("else")) return Wrong("'else'");
    PAWL_ASSIGN_OR_RETURN(const NodeIndex otherwise, Expression());
    return Make(Kind::kIf, offset, {condition, then, otherwise});
  }

  // A name up to 'in': of an iterator.
  absl::StatusOr<std::string> IteratorName() {
    if (here().kind != Token::Kind::kWord) return Wrong("a variable's name");
    const uint32_t start = here().offset;
    uint32_t end = start;
    while (here().kind != Token::Kind::kEnd && !here().IsWord("in")) {
      end = here().end;
      ++at_;
    }
    if (!TakeWord("in")) return Wrong("'in'");
    return Collapse(text_.substr(start, end - start));
  }

  absl::Status Iterators(Node* node) {
    do {
      PAWL_ASSIGN_OR_RETURN(std::string name, IteratorName());
      PAWL_ASSIGN_OR_RETURN(NodeIndex domain, Expression());
      const uint32_t offset = here().offset;
      if (TakeSign("..")) {
        PAWL_ASSIGN_OR_RETURN(const NodeIndex last, Expression());
        PAWL_ASSIGN_OR_RETURN(domain,
                              Make(Kind::kSteps, offset, {domain, last}));
      }
      node->children.push_back(domain);
      // A later iterator sees it.
      names_.Add(name);
      node->names.push_back(std::move(name));
    } while (TakeSign(","));
    return absl::OkStatus();
  }

  Result For() {
    Node node;
    node.kind = Kind::kFor;
    node.offset = here().offset;
    ++at_;
    PAWL_RETURN_IF_ERROR(Iterators(&node));
    if (!TakeWord("return")) return Wrong("'return' or ','");
    return Body(std::move(node));
  }

  Result Quantified() {
    Node node;
    node.kind = here().text == "some" ? Kind::kSome : Kind::kEvery;
    node.offset = here().offset;
    ++at_;
    PAWL_RETURN_IF_ERROR(Iterators(&node));
    if (!TakeWord("satisfies")) return Wrong("'satisfies' or ','");
    return Body(std::move(node));
  }

  Result Body(Node node) {
    PAWL_ASSIGN_OR_RETURN(const NodeIndex body, Expression());
    names_.Drop(node.names.size());
    node.children.push_back(body);
    return Add(std::move(node));
  }

  Result Function() {
    Node node;
    node.kind = Kind::kFunction;
    node.offset = here().offset;
    at_ += 2;
    while (!here().Is(")")) {
      PAWL_ASSIGN_OR_RETURN(std::string name, ParameterName());
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

  absl::StatusOr<std::string> ParameterName() {
    if (here().kind != Token::Kind::kWord) return Wrong("a parameter's name");
    const uint32_t start = here().offset;
    uint32_t end = start;
    while (here().kind != Token::Kind::kEnd && !here().Is(":") &&
           !here().Is(",") && !here().Is(")")) {
      end = here().end;
      ++at_;
    }
    return Collapse(text_.substr(start, end - start));
  }

  // (expression), (a..b), (< 5)
  Result Parenthesis() {
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

  // [a, b], [a..b], ]a..b]
  Result Bracket() {
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

  // Of a list: an expression, or a test as a range.
  Result Element() {
    const uint32_t offset = here().offset;
    const Kind comparison = ComparisonHere();
    if (comparison == Kind::kNull) return Expression();
    ++at_;
    PAWL_ASSIGN_OR_RETURN(const NodeIndex endpoint, Operand());
    return MakeTest(comparison, offset, endpoint);
  }

  // Behind `..`.
  Result RangeFrom(NodeIndex low, bool low_closed, uint32_t offset) {
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

  Result Context() {
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

  // --- Types -----------------------------------------------------------------
  absl::StatusOr<Type> ParseOneType() {
    const Deeper deeper(&depth_);
    if (depth_ > kExpressionDepthMax) return Wrong("less nesting");
    Type type;
    const auto simple = [&](std::initializer_list<std::string_view> words,
                            Type::Kind kind) {
      size_t i = 0;
      for (const std::string_view word : words) {
        if (!ahead(i).IsWord(word)) return false;
        ++i;
      }
      at_ += i;
      type.kind = kind;
      return true;
    };
    using T = Type::Kind;
    if (simple({"date", "and", "time"}, T::kDateTime) ||
        simple({"days", "and", "time", "duration"}, T::kDaysTime) ||
        simple({"day", "and", "time", "duration"}, T::kDaysTime) ||
        simple({"dayTimeDuration"}, T::kDaysTime) ||
        simple({"days", "time", "duration"}, T::kDaysTime) ||
        simple({"years", "and", "months", "duration"}, T::kYearsMonths) ||
        simple({"year", "and", "month", "duration"}, T::kYearsMonths) ||
        simple({"yearMonthDuration"}, T::kYearsMonths) ||
        simple({"dateTime"}, T::kDateTime) || simple({"date"}, T::kDate) ||
        simple({"time"}, T::kTime) || simple({"number"}, T::kNumber) ||
        simple({"string"}, T::kString) || simple({"boolean"}, T::kBoolean) ||
        simple({"Any"}, T::kAny) || simple({"any"}, T::kAny) ||
        simple({"Null"}, T::kNull) || simple({"null"}, T::kNull)) {
      return type;
    }
    if (simple({"list"}, T::kList) || simple({"range"}, T::kRange)) {
      if (!TakeSign("<")) {
        type.types.emplace_back();
        return type;
      }
      PAWL_ASSIGN_OR_RETURN(Type element, ParseOneType());
      type.types.push_back(std::move(element));
      PAWL_RETURN_IF_ERROR(CloseType());
      return type;
    }
    if (simple({"context"}, T::kContext)) return ContextType(std::move(type));
    if (simple({"function"}, T::kFunction))
      return FunctionType(std::move(type));
    for (const auto& [name, known] : known_.types) {
      if (here().IsWord(name)) {
        ++at_;
        return known;
      }
    }
    return Wrong("a type");
  }

  absl::Status CloseType() { return Expect(">", "'>' of a type"); }

  absl::StatusOr<Type> ContextType(Type type) {
    if (!TakeSign("<")) return type;
    do {
      PAWL_ASSIGN_OR_RETURN(std::string name, KeyHere("an entry's name"));
      PAWL_ASSIGN_OR_RETURN(Type member, ParseOneType());
      type.names.push_back(std::move(name));
      type.types.push_back(std::move(member));
    } while (TakeSign(","));
    PAWL_RETURN_IF_ERROR(CloseType());
    return type;
  }

  absl::StatusOr<Type> FunctionType(Type type) {
    if (TakeSign("<")) {
      while (!here().Is(">")) {
        PAWL_ASSIGN_OR_RETURN(Type parameter, ParseOneType());
        type.types.push_back(std::move(parameter));
        if (!TakeSign(",")) break;
      }
      PAWL_RETURN_IF_ERROR(CloseType());
      PAWL_RETURN_IF_ERROR(Expect("->", "'->' of a function's type"));
      PAWL_ASSIGN_OR_RETURN(Type result, ParseOneType());
      type.types.push_back(std::move(result));
    }
    return type;
  }

  const std::string_view text_;
  const std::vector<Token> tokens_;
  const Known& known_;
  size_t at_ = 0;
  int depth_ = 0;
  // How often `?` was named so far.
  int inputs_named_ = 0;
  // Behind the `..` of a range.
  bool in_range_ = false;
  Names names_;
  Tree tree_;
};

absl::Status TooLong(std::string_view text) {
  return absl::ResourceExhaustedError(
      absl::StrCat("expression: got ", text.size(), " bytes, wanted at most ",
                   kExpressionBytesMax, " (kExpressionBytesMax)"));
}

}  // namespace

absl::StatusOr<Tree> Parse(std::string_view text, Form form,
                           const Known& known) {
  if (text.size() > kExpressionBytesMax) return TooLong(text);
  PAWL_ASSIGN_OR_RETURN(std::vector<Token> tokens, Lex(text));
  return Parser(text, std::move(tokens), known).Run(form);
}

absl::StatusOr<Type> ParseType(std::string_view text, const Known& known) {
  if (text.size() > kExpressionBytesMax) return TooLong(text);
  PAWL_ASSIGN_OR_RETURN(std::vector<Token> tokens, Lex(text));
  return Parser(text, std::move(tokens), known).RunType();
}

}  // namespace pawl::expression::feel
