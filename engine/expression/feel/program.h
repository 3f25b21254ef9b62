// A compiled FEEL expression: the tree with its names resolved. Internal to
// FEEL: compiler.cc makes it, evaluator.cc runs it.
//
// A tree and not instructions for a stack machine, as EL has: FEEL's filters,
// iterations and functions are trees by nature, and the depth of every tree is
// bounded by kFeelTreeDepthMax.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_PROGRAM_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_PROGRAM_H_

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/feel/arena.h"
#include "engine/expression/feel/ast.h"
#include "engine/expression/feel/function.h"
#include "engine/expression/feel/item.h"

namespace pawl::expression::feel {

enum class Op : uint8_t {
  kConstant,    // a: constants
  kLocal,       // a: slot of the frame
  kVariable,    // a: names; one of the scope's variables
  kFilterName,  // a: names, b: child; the entry of the filtered item, if any
  kPath,        // a: child, b: names
  kFilter,      // a: list, b: condition, c: first slot (item, index)
  kCall,        // a: calls
  kNegate,      // a
  kAdd,         // a, b
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
  kAnd,  // a: lists
  kOr,
  kBetween,  // a, b, c
  kIn,       // a: value, b: lists; tests, c: slot of `?`
  kNotIn,    // likewise
  kTest,     // a: endpoint, b: the NodeKind of the comparison
  kAnswer,   // a: child
  kIf,       // a, b, c
  kFor,      // a: loops
  kSome,
  kEvery,
  kList,        // a: lists
  kContext,     // a: contexts
  kRange,       // a, b, c: 1 closed low, 2 closed high
  kFunction,    // a: functions
  kInstanceOf,  // a, b: types
};

struct Step {
  Op op = Op::kConstant;
  uint32_t offset = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
};

struct CallSite {
  uint32_t function = 0;
  // Known when compiled; null: `function` is evaluated.
  const Builtin* builtin = nullptr;
  std::vector<uint32_t> arguments;
  // Of named arguments, as many.
  std::vector<std::string> names;
};

struct Loop {
  struct Iterator {
    uint32_t slot = 0;
    // Step indexes; `last` only where `first..last` is counted.
    uint32_t first = 0;
    uint32_t last = 0;
    bool counted = false;
  };
  std::vector<Iterator> iterators;
  // Slot of `partial`; only of kFor.
  uint32_t partial = 0;
  uint32_t body = 0;
};

struct ContextSite {
  std::vector<std::string> names;
  std::vector<uint32_t> values;
  // Of each entry, where later ones find it.
  std::vector<uint32_t> slots;
};

struct FunctionBody {
  std::vector<std::string> names;
  std::vector<Type> types;
  // Slots from 0 are copied from `captured` of the outer frame, parameters
  // follow.
  uint32_t captured = 0;
  uint32_t frame = 0;
  uint32_t body = 0;
};

struct Program {
  std::string text;
  std::vector<Step> steps;
  uint32_t root = 0;
  // Slots of the outermost frame.
  uint32_t frame = 0;
  std::vector<Item> constants;
  std::vector<std::string> names;
  std::vector<std::vector<uint32_t>> lists;
  std::vector<CallSite> calls;
  std::vector<Loop> loops;
  std::vector<ContextSite> contexts;
  // A deque: functions that are values point here.
  std::deque<FunctionBody> functions;
  std::vector<Type> types;
  // Texts and zones of the constants.
  std::shared_ptr<Arena> memory;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_PROGRAM_H_
