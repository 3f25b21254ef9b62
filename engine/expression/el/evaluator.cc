#include "engine/expression/el/evaluator.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/expression/decimal.h"

namespace pawl::expression::el {
namespace {

class Evaluation {
 public:
  explicit Evaluation(const ScopeView& scope) : scope_(scope) {}

  absl::StatusOr<Value> Eval(const Node& node) {
    if (++steps_ > kExpressionStepsMax) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "more than ", kExpressionStepsMax, " steps (kExpressionStepsMax)"));
    }
    switch (node.kind) {
      case NodeKind::kLiteral:
        return node.value;
      case NodeKind::kVariable:
        return Variable(node);
      case NodeKind::kProperty:
        return Property(node);
      case NodeKind::kIndex:
        return Index(node);
      case NodeKind::kUnary:
        return Unary(node);
      case NodeKind::kChain:
        return Chain(node);
      case NodeKind::kConditional: {
        PAWL_ASSIGN_OR_RETURN(const bool yes, Bool(*node.operands[0], "?"));
        return Eval(*node.operands[yes ? 1 : 2]);
      }
      case NodeKind::kText:
        return Text(node);
    }
    return absl::InternalError("node kind");
  }

 private:
  static absl::Status Wrong(const Node& node, std::string_view operation,
                            const Value& got, std::string_view wanted) {
    return absl::InvalidArgumentError(absl::StrCat(
        ToAbsl(operation), " at offset ", node.offset, ": got a ",
        ToAbsl(KindName(got.kind())), ", wanted a ", ToAbsl(wanted)));
  }

  absl::StatusOr<Value> Variable(const Node& node) {
    const Value* value = scope_.Find(node.name);
    if (value == nullptr) {
      return absl::NotFoundError(absl::StrCat(
          "no variable '", node.name, "' (at offset ", node.offset, ")"));
    }
    return *value;
  }

  absl::StatusOr<Value> Property(const Node& node) {
    PAWL_ASSIGN_OR_RETURN(const Value base, Eval(*node.operands[0]));
    if (!base.is_context()) {
      return Wrong(node, absl::StrCat("property '", node.name, "'"), base,
                   "context");
    }
    return base[node.name];
  }

  absl::StatusOr<Value> Index(const Node& node) {
    PAWL_ASSIGN_OR_RETURN(const Value base, Eval(*node.operands[0]));
    PAWL_ASSIGN_OR_RETURN(const Value index, Eval(*node.operands[1]));
    if (base.is_context()) {
      if (!index.is_string()) return Wrong(node, "[]", index, "string");
      return base[index.string()];
    }
    if (!base.is_list()) return Wrong(node, "[]", base, "list or context");
    if (!index.is_number()) return Wrong(node, "[]", index, "number");
    PAWL_ASSIGN_OR_RETURN(const int64_t at, index.AsInt64());
    if (at < 0 || static_cast<size_t>(at) >= base.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("[] at offset ", node.offset, ": got index ", at,
                       ", wanted 0 to ", base.size(), " (exclusive)"));
    }
    return base.list()[static_cast<size_t>(at)];
  }

  absl::StatusOr<bool> Bool(const Node& node, std::string_view operation) {
    PAWL_ASSIGN_OR_RETURN(const Value value, Eval(node));
    if (!value.is_bool()) return Wrong(node, operation, value, "boolean");
    return value.boolean();
  }

  absl::StatusOr<Decimal> Number(const Node& node, const Value& value,
                                 std::string_view operation) {
    if (!value.is_number()) return Wrong(node, operation, value, "number");
    return Decimal::Parse(value.number_text());
  }

  static Value ToValue(Decimal number) {
    absl::StatusOr<Value> value = Value::Number(number.ToString());
    PAWL_CHECK_OK(value.status());
    return *std::move(value);
  }

  absl::StatusOr<Value> Unary(const Node& node) {
    const Node& operand = *node.operands[0];
    switch (node.ops[0]) {
      case Op::kNot: {
        PAWL_ASSIGN_OR_RETURN(const bool value, Bool(operand, "!"));
        return Value(!value);
      }
      case Op::kNegate: {
        PAWL_ASSIGN_OR_RETURN(const Value value, Eval(operand));
        PAWL_ASSIGN_OR_RETURN(const Decimal number, Number(node, value, "-"));
        return ToValue(Decimal::Negate(number));
      }
      default: {
        PAWL_ASSIGN_OR_RETURN(const Value value, Eval(operand));
        const bool sized =
            value.is_list() || value.is_context() || value.is_string();
        return Value(value.is_null() ||
                     (value.is_string() ? value.string().empty()
                                        : sized && value.size() == 0));
      }
    }
  }

  absl::StatusOr<Value> Chain(const Node& node) {
    PAWL_ASSIGN_OR_RETURN(Value left, Eval(*node.operands[0]));
    for (size_t i = 0; i < node.ops.size(); ++i) {
      const Op op = node.ops[i];
      if (op == Op::kAnd || op == Op::kOr) {
        const char* name = op == Op::kAnd ? "&&" : "||";
        if (!left.is_bool()) return Wrong(node, name, left, "boolean");
        if (left.boolean() == (op == Op::kOr)) return left;
        PAWL_ASSIGN_OR_RETURN(const bool right,
                              Bool(*node.operands[i + 1], name));
        left = Value(right);
        continue;
      }
      PAWL_ASSIGN_OR_RETURN(const Value right, Eval(*node.operands[i + 1]));
      PAWL_ASSIGN_OR_RETURN(left, Binary(node, op, left, right));
    }
    return left;
  }

  absl::StatusOr<Value> Binary(const Node& node, Op op, const Value& left,
                               const Value& right) {
    switch (op) {
      case Op::kEqual:
      case Op::kNotEqual: {
        // Null compares with everything; else both are of one type.
        if (!left.is_null() && !right.is_null() &&
            left.kind() != right.kind()) {
          return Wrong(node, op == Op::kEqual ? "==" : "!=", right,
                       KindName(left.kind()));
        }
        return Value((left == right) == (op == Op::kEqual));
      }
      case Op::kLess:
        return Compare(node, left, right, "<", [](int c) { return c < 0; });
      case Op::kGreater:
        return Compare(node, left, right, ">", [](int c) { return c > 0; });
      case Op::kLessEqual:
        return Compare(node, left, right, "<=", [](int c) { return c <= 0; });
      case Op::kGreaterEqual:
        return Compare(node, left, right, ">=", [](int c) { return c >= 0; });
      case Op::kAdd:
        return Arithmetic(node, left, right, "+", Decimal::Add);
      case Op::kSubtract:
        return Arithmetic(node, left, right, "-", Decimal::Subtract);
      case Op::kMultiply:
        return Arithmetic(node, left, right, "*", Decimal::Multiply);
      case Op::kDivide:
        return Arithmetic(node, left, right, "/", Decimal::Divide);
      case Op::kRemainder:
        return Arithmetic(node, left, right, "%", Decimal::Remainder);
      default:
        return absl::InternalError("binary operator");
    }
  }

  template <typename Holds>
  absl::StatusOr<Value> Compare(const Node& node, const Value& left,
                                const Value& right, const char* name,
                                Holds holds) {
    if (left.is_number()) {
      if (!right.is_number()) return Wrong(node, name, right, "number");
      return Value(holds(Value::CompareNumbers(left, right)));
    }
    if (left.is_string()) {
      if (!right.is_string()) return Wrong(node, name, right, "string");
      return Value(holds(left.string().compare(right.string())));
    }
    return Wrong(node, name, left, "number or string");
  }

  template <typename Apply>
  absl::StatusOr<Value> Arithmetic(const Node& node, const Value& left,
                                   const Value& right, const char* name,
                                   Apply apply) {
    PAWL_ASSIGN_OR_RETURN(const Decimal a, Number(node, left, name));
    PAWL_ASSIGN_OR_RETURN(const Decimal b, Number(node, right, name));
    absl::StatusOr<Decimal> result = apply(a, b);
    if (!result.ok()) {
      return absl::Status(result.status().code(),
                          absl::StrCat(name, " at offset ", node.offset, ": ",
                                       result.status().message()));
    }
    return ToValue(*result);
  }

  absl::StatusOr<Value> Text(const Node& node) {
    std::string text;
    for (const auto& operand : node.operands) {
      PAWL_ASSIGN_OR_RETURN(const Value value, Eval(*operand));
      if (value.is_string()) {
        text += value.string();
      } else if (!value.is_null()) {
        value.AppendJson(&text);
      }
      if (text.size() > kVariablesBytesMax) {
        return absl::ResourceExhaustedError(
            absl::StrCat("text longer than ", kVariablesBytesMax,
                         " bytes (kVariablesBytesMax)"));
      }
    }
    return Value(std::move(text));
  }

  const ScopeView& scope_;
  int64_t steps_ = 0;
};

}  // namespace

absl::StatusOr<Value> Evaluate(const Node& node, const ScopeView& scope) {
  return Evaluation(scope).Eval(node);
}

}  // namespace pawl::expression::el
