#include "engine/expression/el/parser.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/el/lexer.h"

namespace pawl::expression::el {
namespace {

using NodePtr = std::unique_ptr<Node>;

struct OperatorRow {
  std::string_view text;
  Op op;
};

// Binary operators, loosest level first (Jakarta EL 3.0, 1.23).
constexpr int kLevels = 6;
constexpr std::array<std::array<OperatorRow, 4>, kLevels> kBinary = {{
    {{{"||", Op::kOr}, {}, {}, {}}},
    {{{"&&", Op::kAnd}, {}, {}, {}}},
    {{{"==", Op::kEqual}, {"!=", Op::kNotEqual}, {}, {}}},
    {{{"<", Op::kLess},
      {">", Op::kGreater},
      {"<=", Op::kLessEqual},
      {">=", Op::kGreaterEqual}}},
    {{{"+", Op::kAdd}, {"-", Op::kSubtract}, {}, {}}},
    {{{"*", Op::kMultiply}, {"/", Op::kDivide}, {"%", Op::kRemainder}, {}}},
}};

class Parser {
 public:
  Parser(std::string_view text, size_t start)
      : text_(text), lexer_(text, start) {}

  // One expression up to `closer` ("}" or "" for the end of the text).
  absl::StatusOr<NodePtr> Whole(std::string_view closer) {
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_ASSIGN_OR_RETURN(NodePtr node, Ternary());
    if (closer.empty() ? token_.kind != TokenKind::kEnd : !At(closer)) {
      return Unexpected(closer.empty() ? "an operator or the end"
                                       : "an operator or '}'");
    }
    return node;
  }
  // After Whole("}"): behind the closer.
  size_t position() const { return lexer_.position(); }

 private:
  // Counts nesting while it lives.
  class Depth {
   public:
    explicit Depth(int* depth) : depth_(depth) { ++*depth_; }
    ~Depth() { --*depth_; }

   private:
    int* depth_;
  };

  absl::Status Advance() {
    PAWL_ASSIGN_OR_RETURN(token_, lexer_.Next());
    return absl::OkStatus();
  }
  bool At(std::string_view op) const {
    return token_.kind == TokenKind::kOperator && token_.text == op;
  }
  absl::Status Unexpected(std::string_view wanted) const {
    const std::string got = token_.kind == TokenKind::kEnd
                                ? "the end of the text"
                                : absl::StrCat("'", token_.text, "'");
    return absl::InvalidArgumentError(absl::StrCat("got ", got, " at offset ",
                                                   token_.offset, ", wanted ",
                                                   ToAbsl(wanted)));
  }
  absl::Status Expect(std::string_view op) {
    if (!At(op)) return Unexpected(absl::StrCat("'", ToAbsl(op), "'"));
    return Advance();
  }
  NodePtr Make(NodeKind kind, size_t offset) const {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->offset = offset;
    return node;
  }

  absl::StatusOr<NodePtr> Ternary() {
    const Depth nested(&depth_);
    if (depth_ > kExpressionDepthMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("nested deeper than ", kExpressionDepthMax,
                       " (kExpressionDepthMax) at offset ", token_.offset));
    }
    PAWL_ASSIGN_OR_RETURN(NodePtr condition, Binary(0));
    if (!At("?")) return condition;
    NodePtr node = Make(NodeKind::kConditional, token_.offset);
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_ASSIGN_OR_RETURN(NodePtr yes, Ternary());
    PAWL_RETURN_IF_ERROR(Expect(":"));
    PAWL_ASSIGN_OR_RETURN(NodePtr no, Ternary());
    node->operands.push_back(std::move(condition));
    node->operands.push_back(std::move(yes));
    node->operands.push_back(std::move(no));
    return node;
  }

  std::optional<Op> BinaryOp(int level) const {
    if (token_.kind != TokenKind::kOperator) return std::nullopt;
    for (const OperatorRow& row : kBinary[static_cast<size_t>(level)]) {
      if (!row.text.empty() && row.text == token_.text) return row.op;
    }
    return std::nullopt;
  }

  absl::StatusOr<NodePtr> Binary(int level) {
    if (level == kLevels) return Unary();
    PAWL_ASSIGN_OR_RETURN(NodePtr first, Binary(level + 1));
    std::optional<Op> op = BinaryOp(level);
    if (!op.has_value()) return first;
    NodePtr chain = Make(NodeKind::kChain, token_.offset);
    chain->operands.push_back(std::move(first));
    for (; op.has_value(); op = BinaryOp(level)) {
      PAWL_RETURN_IF_ERROR(Advance());
      PAWL_ASSIGN_OR_RETURN(NodePtr next, Binary(level + 1));
      chain->ops.push_back(*op);
      chain->operands.push_back(std::move(next));
    }
    return chain;
  }

  absl::StatusOr<NodePtr> Unary() {
    std::optional<Op> op;
    if (At("!")) op = Op::kNot;
    if (At("-")) op = Op::kNegate;
    if (token_.kind == TokenKind::kName && token_.text == "empty") {
      op = Op::kEmpty;
    }
    if (!op.has_value()) return Postfix();
    const Depth nested(&depth_);
    if (depth_ > kExpressionDepthMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("nested deeper than ", kExpressionDepthMax,
                       " (kExpressionDepthMax) at offset ", token_.offset));
    }
    NodePtr node = Make(NodeKind::kUnary, token_.offset);
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_ASSIGN_OR_RETURN(NodePtr operand, Unary());
    node->ops.push_back(*op);
    node->operands.push_back(std::move(operand));
    return node;
  }

  absl::StatusOr<NodePtr> Postfix() {
    PAWL_ASSIGN_OR_RETURN(NodePtr node, Primary());
    for (int length = 0; At(".") || At("["); ++length) {
      if (length == kExpressionDepthMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat("path longer than ", kExpressionDepthMax,
                         " (kExpressionDepthMax) at offset ", token_.offset));
      }
      const bool property = At(".");
      NodePtr outer = Make(property ? NodeKind::kProperty : NodeKind::kIndex,
                           token_.offset);
      PAWL_RETURN_IF_ERROR(Advance());
      outer->operands.push_back(std::move(node));
      if (property) {
        if (token_.kind != TokenKind::kName) return Unexpected("a name");
        outer->name = token_.text;
        PAWL_RETURN_IF_ERROR(Advance());
        if (At("(")) return NeedsJava(outer->offset);
      } else {
        PAWL_ASSIGN_OR_RETURN(NodePtr index, Ternary());
        PAWL_RETURN_IF_ERROR(Expect("]"));
        outer->operands.push_back(std::move(index));
      }
      node = std::move(outer);
    }
    return node;
  }

  absl::Status NeedsJava(size_t offset) const {
    return absl::InvalidArgumentError(
        absl::StrCat("got a method call at offset ", offset,
                     ", which needs Java; wanted an expression of variables"));
  }

  absl::StatusOr<NodePtr> Primary() {
    const size_t offset = token_.offset;
    switch (token_.kind) {
      case TokenKind::kNumber: {
        absl::StatusOr<Value> number = Value::Number(token_.text);
        if (!number.ok()) {
          return absl::InvalidArgumentError(absl::StrCat(
              "number at offset ", offset, ": ", number.status().message()));
        }
        return Literal(*std::move(number), offset);
      }
      case TokenKind::kString:
        return Literal(Value(token_.text), offset);
      case TokenKind::kName:
        return Named(offset);
      case TokenKind::kOperator:
        if (At("(")) {
          PAWL_RETURN_IF_ERROR(Advance());
          PAWL_ASSIGN_OR_RETURN(NodePtr inner, Ternary());
          PAWL_RETURN_IF_ERROR(Expect(")"));
          return inner;
        }
        break;
      case TokenKind::kEnd:
        break;
    }
    return Unexpected("an operand");
  }

  absl::StatusOr<NodePtr> Literal(Value value, size_t offset) {
    NodePtr node = Make(NodeKind::kLiteral, offset);
    node->value = std::move(value);
    PAWL_RETURN_IF_ERROR(Advance());
    return node;
  }

  absl::StatusOr<NodePtr> Named(size_t offset) {
    const std::string name = token_.text;
    if (name == "true") return Literal(Value(true), offset);
    if (name == "false") return Literal(Value(false), offset);
    if (name == "null") return Literal(Value(), offset);
    PAWL_RETURN_IF_ERROR(Advance());
    if (At("(")) return NeedsJava(offset);
    if (name == "execution" && At(".")) return GetVariable(offset);
    NodePtr node = Make(NodeKind::kVariable, offset);
    node->name = name;
    return node;
  }

  // execution.getVariable('x') is the variable x.
  absl::StatusOr<NodePtr> GetVariable(size_t offset) {
    PAWL_RETURN_IF_ERROR(Advance());
    if (token_.kind != TokenKind::kName || token_.text != "getVariable") {
      return NeedsJava(offset);
    }
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_RETURN_IF_ERROR(Expect("("));
    if (token_.kind != TokenKind::kString) return Unexpected("a string");
    NodePtr node = Make(NodeKind::kVariable, offset);
    node->name = token_.text;
    PAWL_RETURN_IF_ERROR(Advance());
    PAWL_RETURN_IF_ERROR(Expect(")"));
    return node;
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  int depth_ = 0;
};

size_t FindOpener(std::string_view text, size_t from) {
  for (size_t at = from; at + 1 < text.size(); ++at) {
    if ((text[at] == '$' || text[at] == '#') && text[at + 1] == '{') return at;
  }
  return std::string_view::npos;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<NodePtr> Parse(std::string_view text) {
  size_t opener = FindOpener(text, 0);
  if (opener == std::string_view::npos) return Parser(text, 0).Whole("");
  auto whole = std::make_unique<Node>();
  whole->kind = NodeKind::kText;
  bool only_blanks = true;
  const auto add_text = [&](size_t from, size_t to) {
    if (from == to) return;
    only_blanks = only_blanks && IsBlank(text.substr(from, to - from));
    auto node = std::make_unique<Node>();
    node->offset = from;
    node->value = Value(text.substr(from, to - from));
    whole->operands.push_back(std::move(node));
  };
  size_t at = 0;
  size_t expressions = 0;
  size_t last_expression = 0;
  for (; opener != std::string_view::npos; opener = FindOpener(text, at)) {
    add_text(at, opener);
    Parser parser(text, opener + 2);
    PAWL_ASSIGN_OR_RETURN(NodePtr node, parser.Whole("}"));
    at = parser.position();
    ++expressions;
    last_expression = whole->operands.size();
    whole->operands.push_back(std::move(node));
  }
  add_text(at, text.size());
  // Alone, an expression keeps its type.
  if (expressions == 1 && only_blanks) {
    return std::move(whole->operands[last_expression]);
  }
  return whole;
}

}  // namespace pawl::expression::el
