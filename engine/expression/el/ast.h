// Syntax tree of EL.
#ifndef PAWL_ENGINE_EXPRESSION_EL_AST_H_
#define PAWL_ENGINE_EXPRESSION_EL_AST_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/value.h"

namespace pawl::expression::el {

enum class Op {
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kGreater,
  kLessEqual,
  kGreaterEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kRemainder,
  kNot,
  kNegate,
  kEmpty,
};

enum class NodeKind {
  kLiteral,      // value
  kVariable,     // name
  kProperty,     // operands[0] . name
  kIndex,        // operands[0] [ operands[1] ]
  kUnary,        // ops[0] operands[0]
  kChain,        // operands[0] ops[0] operands[1] ops[1] ..., left to right
  kConditional,  // operands[0] ? operands[1] : operands[2]
  kText,         // operands, as text, one after the other
};

// A chain is one node, however long, so that the tree is never deeper than the
// text is nested: evaluation recurses.
struct Node {
  NodeKind kind = NodeKind::kLiteral;
  size_t offset = 0;
  Value value;
  std::string name;
  std::vector<Op> ops;
  std::vector<std::unique_ptr<Node>> operands;
};

}  // namespace pawl::expression::el

#endif  // PAWL_ENGINE_EXPRESSION_EL_AST_H_
