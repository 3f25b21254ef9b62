#include "engine/expression/el/evaluator.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/expression/el/error.h"

namespace pawl::expression::el {
namespace {

using Kind = Value::Kind;

// Bytes of text that count as one step, as in Value::EqualWithin.
constexpr size_t kBytesPerStep = 64;

// What is on the stack: nothing that needs memory. `value` points into the
// scope, the program or the evaluator; it is null for what an operator made.
struct Operand {
  Kind kind = Kind::kNull;
  bool boolean = false;
  // Whether `decimal` holds the number: only texts of variables don't have it
  // yet.
  bool has_decimal = false;
  Decimal decimal;
  const Value* value = nullptr;
};

Operand OfValue(const Value& value) {
  Operand operand;
  operand.kind = value.kind();
  operand.value = &value;
  if (value.is_bool()) operand.boolean = value.boolean();
  return operand;
}

Operand OfBool(bool boolean) {
  Operand operand;
  operand.kind = Kind::kBool;
  operand.boolean = boolean;
  return operand;
}

Operand OfDecimal(Decimal decimal) {
  Operand operand;
  operand.kind = Kind::kNumber;
  operand.has_decimal = true;
  operand.decimal = decimal;
  return operand;
}

Value ToValue(const Operand& operand) {
  if (operand.value != nullptr) return *operand.value;
  if (operand.kind == Kind::kBool) return operand.boolean;
  PAWL_CHECK(operand.has_decimal) << "only booleans and numbers are made";
  return Value::Number(operand.decimal.ToString()).value();
}

std::string Describe(const Operand& operand) {
  return DescribeValue(ToValue(operand));
}

// The sign of the operator for messages.
const char* Sign(Op op) {
  switch (op) {
    case Op::kNegate:
    case Op::kSubtract:
      return "-";
    case Op::kNot:
      return "!";
    case Op::kAdd:
      return "+";
    case Op::kConcatenate:
      return "+=";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kRemainder:
      return "%";
    case Op::kEqual:
      return "==";
    case Op::kNotEqual:
      return "!=";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    case Op::kGreaterEqual:
      return ">=";
    case Op::kAnd:
    case Op::kAndEnd:
      return "&&";
    case Op::kOr:
    case Op::kOrEnd:
      return "||";
    case Op::kElse:
      return "?:";
    default:
      return "";
  }
}

class Evaluator {
 public:
  Evaluator(const Program& program, const ScopeView& scope)
      : program_(program), scope_(scope), stack_(program.stack_size_max) {}

  // False after an error, which is in status().
  bool Run();
  const Operand& result() const { return stack_[0]; }
  absl::Status& status() { return status_; }

 private:
  bool RunCode();
  bool Step(const Instruction& instruction);
  bool PushConstant(uint32_t index);
  bool PushVariable(const std::string& name);
  // The name on the top, which `method` of execution wants.
  bool NeedName(const char* method);
  bool GetVariable();
  bool HasVariable();
  bool Property(const std::string& name);
  bool Index();
  bool Negate();
  bool Empty();
  bool Arithmetic(Op op);
  bool Equality(Op op);
  bool Relation(Op op);
  // The top is a boolean, or it is an error of `instruction`.
  bool NeedBoolean(Op op);
  bool Text(uint32_t parts);
  bool Concatenate();
  // As it stands in a text.
  bool AppendText(const Operand& operand, std::string* text);
  // Fills in `decimal`; an error when the number doesn't fit in one.
  bool NeedDecimal(Operand* operand);
  bool Compare(Operand* a, Operand* b, int* result);

  Operand& top() { return stack_[size_ - 1]; }
  Operand& second() { return stack_[size_ - 2]; }
  void Push(const Operand& operand) { stack_[size_++] = operand; }
  // Replaces the upper two by one.
  void Reduce(const Operand& operand) {
    --size_;
    top() = operand;
  }
  bool Spend(int64_t steps);
  bool Fail(absl::StatusCode code, std::string_view message) {
    status_ = ErrorAt(code, program_.text, offset_, message);
    return false;
  }
  bool FailType(const std::string& message) {
    return Fail(absl::StatusCode::kInvalidArgument, message);
  }

  const Program& program_;
  const ScopeView& scope_;
  absl::InlinedVector<Operand, 8> stack_;
  size_t size_ = 0;
  size_t next_ = 0;
  uint32_t offset_ = 0;
  int64_t steps_left_ = kExpressionStepsMax;
  // Texts that operators made, for operands to point to.
  std::vector<std::unique_ptr<const Value>> made_;
  absl::Status status_;
};

bool Evaluator::Run() {
  const bool done = RunCode();
  scope_.Spend(kExpressionStepsMax - steps_left_);
  return done;
}

bool Evaluator::RunCode() {
  while (next_ < program_.code.size()) {
    const Instruction& instruction = program_.code[next_++];
    offset_ = instruction.offset;
    if (!Spend(1) || !Step(instruction)) return false;
  }
  PAWL_CHECK_EQ(size_, size_t{1});
  return true;
}

bool Evaluator::Spend(int64_t steps) {
  steps_left_ -= steps;
  if (steps_left_ >= 0) return true;
  return Fail(absl::StatusCode::kResourceExhausted,
              absl::StrCat("took more than kExpressionStepsMax (",
                           kExpressionStepsMax, ") steps"));
}

bool Evaluator::Step(const Instruction& instruction) {
  const uint32_t operand = instruction.operand;
  switch (instruction.op) {
    case Op::kConstant:
      return PushConstant(operand);
    case Op::kVariable:
      return PushVariable(program_.constants[operand].value.string());
    case Op::kGetVariable:
      return GetVariable();
    case Op::kHasVariable:
      return HasVariable();
    case Op::kFact:
      Push(OfValue(scope_.Fact(static_cast<InstanceFact>(operand))));
      return true;
    case Op::kProperty:
      return Property(program_.constants[operand].value.string());
    case Op::kIndex:
      return Index();
    case Op::kNegate:
      return Negate();
    case Op::kNot:
      if (!NeedBoolean(instruction.op)) return false;
      top() = OfBool(!top().boolean);
      return true;
    case Op::kEmpty:
      return Empty();
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kRemainder:
      return Arithmetic(instruction.op);
    case Op::kConcatenate:
      return Concatenate();
    case Op::kEqual:
    case Op::kNotEqual:
      return Equality(instruction.op);
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return Relation(instruction.op);
    case Op::kAnd:
    case Op::kOr:
      if (!NeedBoolean(instruction.op)) return false;
      if (top().boolean == (instruction.op == Op::kOr)) {
        next_ = operand;
      } else {
        --size_;
      }
      return true;
    case Op::kAndEnd:
    case Op::kOrEnd:
      return NeedBoolean(instruction.op);
    case Op::kElse:
      if (!NeedBoolean(instruction.op)) return false;
      if (!top().boolean) next_ = operand;
      --size_;
      return true;
    case Op::kJump:
      next_ = operand;
      return true;
    case Op::kText:
      return Text(operand);
  }
  PAWL_CHECK(false) << "an instruction that no parser writes";
  return false;
}

bool Evaluator::PushConstant(uint32_t index) {
  const Constant& constant = program_.constants[index];
  Operand operand = OfValue(constant.value);
  if (operand.kind == Kind::kNumber) {
    operand.has_decimal = true;
    operand.decimal = constant.decimal;
  }
  Push(operand);
  return true;
}

bool Evaluator::PushVariable(const std::string& name) {
  const Value* value = scope_.Find(name);
  if (value == nullptr) {
    return Fail(absl::StatusCode::kNotFound,
                absl::StrCat("got the unknown variable '", name,
                             "', wanted one that this scope sees"));
  }
  Push(OfValue(*value));
  return true;
}

bool Evaluator::NeedName(const char* method) {
  if (top().kind == Kind::kString) return true;
  return FailType(absl::StrCat("execution.", method, ": got ", Describe(top()),
                               ", wanted the name of a variable"));
}

bool Evaluator::HasVariable() {
  if (!NeedName("hasVariable")) return false;
  top() = OfBool(scope_.Find(top().value->string()) != nullptr);
  return true;
}

bool Evaluator::GetVariable() {
  if (!NeedName("getVariable")) return false;
  const Value* value = scope_.Find(top().value->string());
  top() = OfValue(value == nullptr ? Value::Null() : *value);
  return true;
}

bool Evaluator::Property(const std::string& name) {
  if (top().kind != Kind::kContext) {
    return FailType(absl::StrCat("got ", Describe(top()),
                                 ", wanted a context with property '", name,
                                 "'"));
  }
  top() = OfValue(top().value->context()[name]);
  return true;
}

bool Evaluator::Index() {
  const Operand index = top();
  const Operand& base = second();
  if (base.kind == Kind::kContext) {
    if (index.kind != Kind::kString) {
      return FailType(absl::StrCat("[]: got ", Describe(index),
                                   ", wanted the name of a property"));
    }
    Reduce(OfValue(base.value->context()[index.value->string()]));
    return true;
  }
  if (base.kind != Kind::kList) {
    return FailType(absl::StrCat("[]: got ", Describe(base),
                                 ", wanted a list or a context before it"));
  }
  const auto number = ToValue(index).AsInt64();
  const Value::List& list = base.value->list();
  if (!number.ok() || *number < 0 ||
      *number >= static_cast<int64_t>(list.size())) {
    return FailType(absl::StrCat("[]: got ", Describe(index), " for ",
                                 Describe(base),
                                 ", wanted a whole number from 0 and below "
                                 "their count"));
  }
  Reduce(OfValue(list[static_cast<size_t>(*number)]));
  return true;
}

bool Evaluator::NeedDecimal(Operand* operand) {
  if (operand->has_decimal) return true;
  if (!Decimal::FromNumberText(operand->value->number_text(),
                               &operand->decimal)) {
    return FailType(
        absl::StrCat("got ", Describe(*operand),
                     ", wanted a number that fits in decimal128 (34 "
                     "significant digits) without loss"));
  }
  operand->has_decimal = true;
  return true;
}

bool Evaluator::Negate() {
  if (top().kind != Kind::kNumber) {
    return FailType(
        absl::StrCat("'-' got ", Describe(top()), ", wanted a number"));
  }
  if (!NeedDecimal(&top())) return false;
  top() = OfDecimal(Decimal::Negate(top().decimal));
  return true;
}

bool Evaluator::Empty() {
  const Operand& operand = top();
  bool empty = false;
  switch (operand.kind) {
    case Kind::kNull:
      empty = true;
      break;
    case Kind::kString:
      empty = operand.value->string().empty();
      break;
    case Kind::kList:
    case Kind::kContext:
      empty = operand.value->size() == 0;
      break;
    case Kind::kBool:
    case Kind::kNumber:
      break;
  }
  top() = OfBool(empty);
  return true;
}

bool Evaluator::Arithmetic(Op op) {
  Operand& a = second();
  Operand& b = top();
  if (a.kind != Kind::kNumber || b.kind != Kind::kNumber) {
    return FailType(absl::StrCat("'", Sign(op), "' got ", Describe(a), " and ",
                                 Describe(b), ", wanted two numbers"));
  }
  if (!NeedDecimal(&a) || !NeedDecimal(&b)) return false;
  absl::StatusOr<Decimal> result = Decimal();
  switch (op) {
    case Op::kAdd:
      result = Decimal::Add(a.decimal, b.decimal);
      break;
    case Op::kSubtract:
      result = Decimal::Subtract(a.decimal, b.decimal);
      break;
    case Op::kMultiply:
      result = Decimal::Multiply(a.decimal, b.decimal);
      break;
    case Op::kDivide:
      result = Decimal::Divide(a.decimal, b.decimal);
      break;
    default:
      result = Decimal::Remainder(a.decimal, b.decimal);
      break;
  }
  if (!result.ok()) {
    return Fail(result.status().code(), ToStd(result.status().message()));
  }
  Reduce(OfDecimal(*result));
  return true;
}

// Numbers compare exactly even where one of them has more digits than a
// decimal.
bool Evaluator::Compare(Operand* a, Operand* b, int* result) {
  const auto fits = [](Operand* o) {
    o->has_decimal =
        o->has_decimal ||
        Decimal::FromNumberText(o->value->number_text(), &o->decimal);
    return o->has_decimal;
  };
  if (fits(a) && fits(b)) {
    *result = Decimal::Compare(a->decimal, b->decimal);
    return true;
  }
  *result = Value::CompareNumbers(ToValue(*a), ToValue(*b));
  return Spend(2 * kNumberBytesMax / kBytesPerStep);
}

bool Evaluator::Equality(Op op) {
  Operand& a = second();
  Operand& b = top();
  bool equal = false;
  if (a.kind == Kind::kNull || b.kind == Kind::kNull) {
    equal = a.kind == b.kind;
  } else if (a.kind != b.kind) {
    return FailType(absl::StrCat("'", Sign(op), "' got ", Describe(a), " and ",
                                 Describe(b),
                                 ", wanted two of one type, or null"));
  } else if (a.kind == Kind::kNumber) {
    int order;
    if (!Compare(&a, &b, &order)) return false;
    equal = order == 0;
  } else if (a.kind == Kind::kBool) {
    equal = a.boolean == b.boolean;
  } else {
    equal = Value::EqualWithin(*a.value, *b.value, &steps_left_);
    if (!Spend(0)) return false;
  }
  Reduce(OfBool(equal == (op == Op::kEqual)));
  return true;
}

bool Evaluator::Relation(Op op) {
  Operand& a = second();
  Operand& b = top();
  int order = 0;
  if (a.kind == Kind::kNumber && b.kind == Kind::kNumber) {
    if (!Compare(&a, &b, &order)) return false;
  } else if (a.kind == Kind::kString && b.kind == Kind::kString) {
    const std::string& x = a.value->string();
    const std::string& y = b.value->string();
    // UTF-8 sorts by bytes as by code points.
    order = x.compare(y);
    if (!Spend(static_cast<int64_t>(std::min(x.size(), y.size()) /
                                    kBytesPerStep))) {
      return false;
    }
  } else {
    return FailType(absl::StrCat("'", Sign(op), "' got ", Describe(a), " and ",
                                 Describe(b),
                                 ", wanted two numbers or two strings"));
  }
  bool holds;
  switch (op) {
    case Op::kLess:
      holds = order < 0;
      break;
    case Op::kLessEqual:
      holds = order <= 0;
      break;
    case Op::kGreater:
      holds = order > 0;
      break;
    default:
      holds = order >= 0;
      break;
  }
  Reduce(OfBool(holds));
  return true;
}

bool Evaluator::NeedBoolean(Op op) {
  if (top().kind == Kind::kBool) return true;
  const char* side = op == Op::kAnd || op == Op::kOr         ? " on its left"
                     : op == Op::kAndEnd || op == Op::kOrEnd ? " on its right"
                                                             : "";
  return FailType(absl::StrCat("'", Sign(op), "' got ", Describe(top()), side,
                               ", wanted true or false"));
}

bool Evaluator::AppendText(const Operand& operand, std::string* text) {
  if (operand.kind == Kind::kString) {
    *text += operand.value->string();
  } else if (operand.kind != Kind::kNull) {
    ToValue(operand).AppendJson(text);
  }
  if (text->size() <= kVariablesBytesMax) return true;
  return Fail(absl::StatusCode::kResourceExhausted,
              absl::StrCat("the text is longer than kVariablesBytesMax (",
                           kVariablesBytesMax, ")"));
}

bool Evaluator::Text(uint32_t parts) {
  std::string text;
  for (size_t i = size_ - parts; i < size_; ++i) {
    if (!AppendText(stack_[i], &text)) return false;
  }
  PAWL_CHECK_EQ(next_, program_.code.size());
  size_ -= parts;
  made_.push_back(std::make_unique<const Value>(std::move(text)));
  Push(OfValue(*made_.back()));
  return true;
}

bool Evaluator::Concatenate() {
  std::string text;
  if (!AppendText(second(), &text) || !AppendText(top(), &text) ||
      !Spend(static_cast<int64_t>(text.size() / kBytesPerStep))) {
    return false;
  }
  // A chain keeps its last text only.
  for (const Operand* used : {&top(), &second()}) {
    if (!made_.empty() && used->value == made_.back().get()) made_.pop_back();
  }
  made_.push_back(std::make_unique<const Value>(std::move(text)));
  Reduce(OfValue(*made_.back()));
  return true;
}

}  // namespace

absl::StatusOr<Value> Evaluate(const Program& program, const ScopeView& scope) {
  Evaluator evaluator(program, scope);
  if (!evaluator.Run()) return std::move(evaluator.status());
  return ToValue(evaluator.result());
}

absl::StatusOr<bool> EvaluateCondition(const Program& program,
                                       const ScopeView& scope) {
  Evaluator evaluator(program, scope);
  if (!evaluator.Run()) return std::move(evaluator.status());
  if (evaluator.result().kind != Kind::kBool) {
    return ErrorAt(
        absl::StatusCode::kInvalidArgument, program.text, 0,
        absl::StrCat("the condition is ", Describe(evaluator.result()),
                     ", wanted true or false"));
  }
  return evaluator.result().boolean;
}

}  // namespace pawl::expression::el
