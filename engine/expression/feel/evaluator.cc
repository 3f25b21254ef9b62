#include "engine/expression/feel/evaluator.h"

#include <new>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/expression/feel/evaluation.h"
#include "engine/expression/feel/limits.h"
#include "engine/expression/feel/operators.h"
#include "engine/expression/feel/values.h"

namespace pawl::expression::feel {
namespace {

// `count` default values in `*space` if they fit, else in the arena.
template <typename T, size_t kBytes>
T* Slots(unsigned char (&space)[kBytes], size_t count, Arena* arena) {
  if (count > kBytes / sizeof(T)) return arena->NewArray<T>(count);
  T* const slots = reinterpret_cast<T*>(space);
  for (size_t i = 0; i < count; ++i) new (slots + i) T();
  return slots;
}

}  // namespace

absl::Status Evaluation::Run(Item* result) {
  if (!Begin()) return Stopped();
  *result = Eval(program_.root);
  // What it made counts too: most of it are variables that it read.
  constexpr int64_t kBytesPerStep = 32;
  variables_.Spend(kExpressionStepsMax - steps_left_ +
                   static_cast<int64_t>(arena_.bytes_used()) / kBytesPerStep);
  // Equality spends without asking.
  if (steps_left_ < 0) stopped_ = true;
  return stopped_ || arena_.exhausted() ? Stopped() : absl::OkStatus();
}

bool Evaluation::Begin() {
  frame_ = Slots<Item>(inline_frame_, program_.frame, &arena_);
  bound_ = Slots<Bound>(inline_bound_, program_.names.size(), &arena_);
  return frame_ != nullptr && bound_ != nullptr;
}

// --- Faults and limits -------------------------------------------------------

Item Evaluation::Wrong(uint32_t offset, std::string_view reason) {
  if (fault_ != nullptr && !fault_->any) {
    fault_->any = true;
    fault_->offset = offset;
    fault_->reason = std::string(reason);
  }
  return Item::Null();
}

absl::Status Evaluation::Stopped() const {
  if (arena_.exhausted()) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "expression '", program_.text.substr(0, 80), "': needs more than ",
        arena_.bytes_max(), " bytes (kFeelMemoryMax)"));
  }
  if (too_deep_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("expression '", program_.text.substr(0, 80),
                     "': functions call each other too deeply, wanted at most "
                     "kFeelDepthMax (",
                     kFeelDepthMax, ") steps within each other"));
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("expression '", program_.text.substr(0, 80), "': more than ",
                   kExpressionStepsMax, " steps (kExpressionStepsMax)"));
}

Item Evaluation::TooDeep() {
  too_deep_ = true;
  stopped_ = true;
  return Item::Null();
}

// --- Steps -------------------------------------------------------------------

const Item& Evaluation::Peek(uint32_t index, Item* space) {
  const Step& step = program_.steps[index];
  if (step.op == Op::kConstant) {
    Spend(1);
    return program_.constants[step.a];
  }
  if (step.op == Op::kLocal) {
    Spend(1);
    return frame_[step.a];
  }
  if (step.op == Op::kFilterName && !frame_[step.c].is_context()) {
    return Peek(step.b, space);
  }
  if (step.op == Op::kVariable) {
    const Bound& bound = Lookup(step);
    if (bound.found) {
      Spend(1);
      return bound.item;
    }
  }
  *space = Eval(index);
  return *space;
}

Item Evaluation::Eval(uint32_t index) {
  if (!Spend(1)) return Item::Null();
  const Step& step = program_.steps[index];
  switch (step.op) {
    case Op::kConstant:
      return program_.constants[step.a];
    case Op::kLocal:
      return frame_[step.a];
    case Op::kFilterName:
      return FilterName(step);
    default:
      break;
  }
  if (depth_ >= kFeelDepthMax) return TooDeep();
  ++depth_;
  const Item result = EvalStep(step);
  --depth_;
  return result;
}

// Calls only, so that the frame of this function, which is as often on the
// stack as steps are within each other, is small.
Item Evaluation::EvalStep(const Step& step) {
  switch (step.op) {
    case Op::kConstant:
    case Op::kLocal:
    case Op::kFilterName:
      break;  // Eval() has them.
    case Op::kVariable:
      return Variable(step);
    case Op::kPath:
      return Path(step, Eval(step.a));
    case Op::kFilter:
      return Filter(step);
    case Op::kCall:
      return CallAt(step);
    case Op::kNegate:
      return Negated(step);
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kPower:
      return Arithmetic(step);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
      return Comparison(step);
    case Op::kAnd:
      return Logic(step, Truth::kFalse);
    case Op::kOr:
      return Logic(step, Truth::kTrue);
    case Op::kBetween:
      return Between(step);
    case Op::kIn:
      return In(step);
    case Op::kNotIn: {
      const Item any = In(step);
      return any.is_null() ? any : Item::Boolean(any.is_false());
    }
    case Op::kAnswer:
      return Eval(step.a);
    case Op::kTest:
      return TestRange(step);
    case Op::kIf:
      return If(step);
    case Op::kFor:
      return For(step);
    case Op::kSome:
      return Quantified(step, Truth::kTrue);
    case Op::kEvery:
      return Quantified(step, Truth::kFalse);
    case Op::kList:
      return ListOf(program_.lists[step.a]);
    case Op::kContext:
      return ContextAt(program_.contexts[step.a]);
    case Op::kRange:
      return RangeAt(step);
    case Op::kFunction:
      return FunctionAt(program_.functions[step.a]);
    case Op::kInstanceOf:
      return Item::Boolean(
          IsInstance(Eval(step.a), program_.types[step.b], &steps_left_));
  }
  return Item::Null();
}

Item Evaluation::ListOf(const std::vector<uint32_t>& steps) {
  if (steps.empty()) return Item::List(nullptr, 0);
  Item* const items = NewArray<Item>(steps.size());
  if (items == nullptr) return Item::Null();
  for (size_t i = 0; i < steps.size(); ++i) items[i] = Eval(steps[i]);
  return Item::List(items, steps.size());
}

Item Evaluation::If(const Step& step) {
  const Item condition = Eval(step.a);
  if (!condition.is_boolean() && !condition.is_null()) {
    Wrong(step.offset,
          absl::StrCat("if: got ", Name(condition), ", wanted a boolean"));
  }
  return Eval(condition.is_true() ? step.b : step.c);
}

// --- Names -------------------------------------------------------------------

void Evaluation::Find(const Step& step, Bound* bound) {
  bound->known = true;
  std::string_view refused;
  bound->found =
      variables_.Find(program_.names[step.a], &arena_, &bound->item, &refused);
  if (!refused.empty()) Wrong(step.offset, RefusedNumber(refused));
}

Item Evaluation::Variable(const Step& step) {
  const Bound& bound = Lookup(step);
  if (bound.found) return bound.item;
  const std::string& name = program_.names[step.a];
  if (const Builtin* builtin = FindBuiltin(name); builtin != nullptr) {
    Function function;
    function.builtin = builtin;
    const Function* const made = arena_.New(function);
    return made == nullptr ? Item::Null() : Item::OfFunction(made);
  }
  if (silent()) return Item::Null();
  return Wrong(step.offset, absl::StrCat("no variable '", name, "'"));
}

Item Evaluation::FilterName(const Step& step) {
  const Item& item = frame_[step.c];
  if (item.is_context()) {
    const Item* const entry = FindEntry(item, program_.names[step.a]);
    if (entry != nullptr) return *entry;
  }
  return Eval(step.b);
}

Item Evaluation::Path(const Step& step, const Item& from) {
  const std::string& name = program_.names[step.b];
  if (from.is_list()) {
    // Of each element.
    Item* const items = NewArray<Item>(from.list_view.size);
    if (items == nullptr) return Item::Null();
    if (depth_ >= kFeelDepthMax) return TooDeep();
    ++depth_;
    for (size_t i = 0; i < from.list_view.size && Spend(1); ++i) {
      items[i] = Path(step, from.list()[i]);
    }
    --depth_;
    return Item::List(items, from.list_view.size);
  }
  if (from.is_context()) {
    if (!Spend(static_cast<int64_t>(from.context_view.size) / 8)) {
      return Item::Null();
    }
    const Item* const entry = FindEntry(from, name);
    if (entry != nullptr) return *entry;
    if (silent()) return Item::Null();
    return Wrong(step.offset, absl::StrCat("the context has no '", name, "'"));
  }
  const auto property = Property(from, name, &arena_);
  if (property.has_value()) return *property;
  if (silent()) return Item::Null();
  return Wrong(step.offset, absl::StrCat(Name(from), " has no '", name, "'"));
}

// --- Arithmetic --------------------------------------------------------------

Item Evaluation::Arithmetic(const Step& step) {
  Item a_space, b_space;
  const Item& a = Peek(step.a, &a_space);
  const Item& b = Peek(step.b, &b_space);
  std::optional<Item> result;
  switch (step.op) {
    case Op::kAdd:
      result = Add(a, b, &arena_);
      break;
    case Op::kSubtract:
      result = Subtract(a, b);
      break;
    case Op::kMultiply:
      result = Multiply(a, b);
      break;
    case Op::kDivide:
      result = Divide(a, b);
      break;
    default:
      result = Power(a, b);
      break;
  }
  return result.has_value() ? *result : NoArithmetic(step, a, b);
}

Item Evaluation::NoArithmetic(const Step& step, const Item& a, const Item& b) {
  if (silent()) return Item::Null();
  const char* const sign = step.op == Op::kAdd        ? "+"
                           : step.op == Op::kSubtract ? "-"
                           : step.op == Op::kMultiply ? "*"
                           : step.op == Op::kDivide   ? "/"
                                                      : "**";
  if (a.is_number() && b.is_number()) {
    return Wrong(step.offset,
                 absl::StrCat(a.number.ToString(), " ", sign, " ",
                              b.number.ToString(), " is no number"));
  }
  return Wrong(step.offset,
               absl::StrCat("got ", Name(a), " ", sign, " ", Name(b)));
}

Item Evaluation::Negated(const Step& step) {
  const Item a = Eval(step.a);
  const auto result = Negate(a);
  if (result.has_value()) return *result;
  return Wrong(step.offset, absl::StrCat("got - and ", Name(a),
                                         ", wanted a number or duration"));
}

absl::Status Evaluate(const Program& program, VariableSource* variables,
                      Arena* arena, Item* result, Fault* fault) {
  return Evaluation(program, variables, arena, fault).Run(result);
}

}  // namespace pawl::expression::feel
