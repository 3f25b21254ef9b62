// A compiled EL expression: instructions for a small stack machine. Internal to
// EL: parser.cc writes it, evaluator.cc runs it.
//
// A machine and not a tree, because `a || b || c ...` with thousands of terms
// is a deep tree, and walking it would recurse on user data. Jumps lead forward
// only, so a run ends after at most as many steps as there are instructions.
#ifndef PAWL_ENGINE_EXPRESSION_EL_PROGRAM_H_
#define PAWL_ENGINE_EXPRESSION_EL_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/expression/decimal.h"
#include "engine/value.h"

namespace pawl::expression::el {

enum class Op : uint8_t {
  // Push constants[operand], or the variable with that string for its name.
  kConstant,
  kVariable,
  // The variable named by the top; null when absent.
  kGetVariable,
  // Whether the variable named by the top exists.
  kHasVariable,
  // Push what the scope knows of InstanceFact(operand).
  kFact,
  // The entry of the top that constants[operand] names.
  kProperty,
  // The entry of the second that the top names or counts.
  kIndex,
  kNegate,
  kNot,
  kEmpty,
  kAdd,
  kSubtract,
  // Of any two: their texts as one.
  kConcatenate,
  kMultiply,
  kDivide,
  kRemainder,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  // The top must be a boolean. If it decides (false for and, true for or), go
  // to `operand`, keeping it; else pop it.
  kAnd,
  kOr,
  // The top must be a boolean: the right side of && and ||.
  kAndEnd,
  kOrEnd,
  // Pops a boolean and goes to `operand` if it is false.
  kElse,
  kJump,
  // Pops `operand` values and pushes their texts as one.
  kText,
};

struct Instruction {
  Op op;
  // In the expression's text, for messages.
  uint32_t offset;
  uint32_t operand;
};

struct Constant {
  Value value;
  // Of a number.
  Decimal decimal;
};

struct Program {
  std::string text;
  std::vector<Instruction> code;
  std::vector<Constant> constants;
  // The most values that are on the stack at once.
  size_t stack_size_max = 0;
};

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_PROGRAM_H_
