// Comparison, three-valued logic, `in`, ranges.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/expression/feel/evaluation.h"
#include "engine/expression/feel/limits.h"

namespace pawl::expression::feel {
namespace {

Op OfComparison(NodeKind kind) {
  switch (kind) {
    case NodeKind::kEqual:
      return Op::kEqual;
    case NodeKind::kNotEqual:
      return Op::kNotEqual;
    case NodeKind::kLess:
      return Op::kLess;
    case NodeKind::kLessEqual:
      return Op::kLessEqual;
    case NodeKind::kGreater:
      return Op::kGreater;
    default:
      return Op::kGreaterEqual;
  }
}

Truth Inverse(Truth truth) {
  if (truth == Truth::kNull) return truth;
  return ToTruth(truth == Truth::kFalse);
}

// Where `a` is to `b` as `op` says, of numbers in order -1, 0, 1.
bool InOrder(Op op, int order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kLess:
      return order < 0;
    case Op::kLessEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

}  // namespace

Truth Evaluation::Compare(Op op, const Item& a, const Item& b) {
  switch (op) {
    case Op::kEqual:
      return Equals(a, b, &steps_left_);
    case Op::kNotEqual:
      return Inverse(Equals(a, b, &steps_left_));
    case Op::kLess:
      return Less(a, b, &steps_left_);
    case Op::kLessEqual:
      return Inverse(Less(b, a, &steps_left_));
    case Op::kGreater:
      return Less(b, a, &steps_left_);
    default:
      return Inverse(Less(a, b, &steps_left_));
  }
}

Item Evaluation::Comparison(const Step& step) {
  Item a_space, b_space;
  const Item& a = Peek(step.a, &a_space);
  const Item& b = Peek(step.b, &b_space);
  if (a.is_number() && b.is_number()) {
    return Item::Boolean(
        InOrder(step.op, Decimal::Compare(a.number, b.number)));
  }
  return Tell(step, "comparison", a, b, Compare(step.op, a, b));
}

Item Evaluation::Between(const Step& step) {
  const Item value = Eval(step.a);
  Range range;
  range.low = Eval(step.b);
  range.high = Eval(step.c);
  range.low_closed = range.high_closed = true;
  if (range.low.is_null() || range.high.is_null()) {
    return Wrong(step.offset, "between: got null");
  }
  return Tell(step, "between", value, range.low,
              Contains(range, value, &steps_left_));
}

Item Evaluation::Tell(const Step& step, const char* what, const Item& a,
                      const Item& b, Truth truth) {
  if (truth == Truth::kNull) {
    if (silent()) return Item::Null();
    return Wrong(step.offset, absl::StrCat(what, ": ", Name(a), " and ",
                                           Name(b), " don't compare"));
  }
  return FromTruth(truth);
}

Item Evaluation::Logic(const Step& step, Truth decides) {
  Truth truth = decides == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
  for (const uint32_t operand : program_.lists[step.a]) {
    const Item item = Eval(operand);
    if (item.is_boolean()) {
      if (ToTruth(item.boolean) == decides) return item;
      continue;
    }
    if (!item.is_null()) {
      Wrong(step.offset,
            absl::StrCat("and, or: got ", Name(item), ", wanted a boolean"));
    }
    truth = Truth::kNull;
  }
  return FromTruth(truth);
}

Item Evaluation::In(const Step& step) {
  const Item value = Eval(step.a);
  const Item saved = std::exchange(frame_[step.c], value);
  const Truth any = Any(step, value, program_.lists[step.b]);
  frame_[step.c] = saved;
  return FromTruth(any);
}

Truth Evaluation::Any(const Step& step, const Item& value,
                      const std::vector<uint32_t>& tests) {
  Truth any = Truth::kFalse;
  for (const uint32_t test : tests) {
    const Truth truth = Holds(value, test);
    if (truth == Truth::kTrue) return truth;
    if (truth == Truth::kNull) any = Truth::kNull;
  }
  if (any == Truth::kNull) {
    Wrong(step.offset, absl::StrCat("in: ", Name(value),
                                    " doesn't compare with what is tested"));
  }
  return any;
}

Truth Evaluation::Holds(const Item& value, uint32_t test) {
  const Step& step = program_.steps[test];
  if (step.op == Op::kTest) {
    if (!Spend(1)) return Truth::kNull;
    return Compare(OfComparison(static_cast<NodeKind>(step.b)), value,
                   Eval(step.a));
  }
  const Item tested = Eval(test);
  if (step.op == Op::kAnswer && tested.is_boolean()) {
    return ToTruth(tested.boolean);
  }
  return HoldsItem(value, tested, /*whole_list=*/true);
}

Truth Evaluation::HoldsItem(const Item& value, const Item& tested,
                            bool whole_list) {
  if (!Spend(1)) return Truth::kNull;
  if (tested.is_range() && !value.is_range()) {
    return Contains(*tested.range, value, &steps_left_);
  }
  if (tested.is_list() && whole_list) {
    if (value.is_list() &&
        Equals(value, tested, &steps_left_) == Truth::kTrue) {
      return Truth::kTrue;
    }
    Truth any = Truth::kFalse;
    for (const Item& element : tested.list()) {
      const Truth truth = HoldsItem(value, element, /*whole_list=*/false);
      if (truth == Truth::kTrue) return truth;
      // Of another kind: not that one.
      if (truth == Truth::kNull && element.is_range()) any = Truth::kNull;
    }
    return any;
  }
  return Equals(value, tested, &steps_left_);
}

Item Evaluation::TestRange(const Step& step) {
  Range range;
  const Item end = Eval(step.a);
  switch (static_cast<NodeKind>(step.b)) {
    case NodeKind::kEqual:
      range.low = range.high = end;
      range.low_closed = range.high_closed = true;
      break;
    case NodeKind::kLess:
    case NodeKind::kLessEqual:
      range.endless = true;
      range.high = end;
      range.high_closed = static_cast<NodeKind>(step.b) == NodeKind::kLessEqual;
      break;
    case NodeKind::kGreater:
    case NodeKind::kGreaterEqual:
      range.endless = true;
      range.low = end;
      range.low_closed =
          static_cast<NodeKind>(step.b) == NodeKind::kGreaterEqual;
      break;
    default:
      return Wrong(step.offset, "!= is no range");
  }
  return MakeRange(step, range);
}

Item Evaluation::RangeAt(const Step& step) {
  Range range;
  range.low = Eval(step.a);
  range.high = Eval(step.b);
  range.low_closed = (step.c & 1) != 0;
  range.high_closed = (step.c & 2) != 0;
  return MakeRange(step, range);
}

Item Evaluation::MakeRange(const Step& step, const Range& range) {
  if (!IsRange(range, &steps_left_)) {
    return Wrong(step.offset, absl::StrCat("a range from ", Name(range.low),
                                           " to ", Name(range.high)));
  }
  const Range* const made = arena_.New(range);
  return made == nullptr ? Item::Null() : Item::OfRange(made);
}

}  // namespace pawl::expression::feel
