// The tree of a parsed FEEL expression. Internal to FEEL: parser.cc writes it,
// compiler.cc and printer.cc read it.
//
// The nodes lie in one array and name each other by index, children before
// their parent, so that a tree of any shape is freed without recursion.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_AST_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_AST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/expression/decimal.h"
#include "engine/expression/feel/type.h"

namespace pawl::expression::feel {

using NodeIndex = uint32_t;

enum class NodeKind : uint8_t {
  kNull,
  kBoolean,  // flag
  kNumber,   // number
  kString,   // text
  kAt,       // text: a date, time or duration
  kName,     // text
  // child 0 . text
  kPath,
  // child 0 [ child 1 ]
  kFilter,
  // child 0 ( the others ); names, when they are named
  kCall,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,  // two or more
  kOr,
  // child 0 between child 1 and child 2
  kBetween,
  // child 0 in the others, tests
  kIn,
  // A test: `< child 0`; comparison says which. Stands for a range where an
  // expression is wanted.
  kTest,
  // A test that names `?`: child 0 is the answer, when it gives true or false.
  kAnswer,
  // A unary test `-`.
  kAnyTest,
  // not(tests), as unary tests: child 0 in none of the others
  kNotTest,
  // if child 0 then child 1 else child 2
  kIf,
  // names: the variables; as many children, the last one more: the body
  kFor,
  kSome,
  kEvery,
  // Where kFor and its like iterate: child 0 .. child 1
  kSteps,
  kList,
  kContext,  // names, values
  // child 0 .. child 1; flag, flag2: closed at its low, high end
  kRange,
  // names: parameters; types; child 0: the body
  kFunction,
  // child 0 instance of types[0]
  kInstanceOf,
};

struct Node {
  NodeKind kind = NodeKind::kNull;
  // Of kTest: kEqual to kGreaterEqual.
  NodeKind comparison = NodeKind::kNull;
  bool flag = false;
  bool flag2 = false;
  // In the expression's text.
  uint32_t offset = 0;
  // Of the tree below, this node included.
  uint32_t depth = 1;
  std::string text;
  Decimal number;
  std::vector<NodeIndex> children;
  std::vector<std::string> names;
  std::vector<Type> types;
};

struct Tree {
  std::vector<Node> nodes;
  NodeIndex root = 0;

  const Node& operator[](NodeIndex index) const { return nodes[index]; }
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_AST_H_
