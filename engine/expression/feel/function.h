// Functions as values: built in, or written in an expression. Internal to FEEL.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_FUNCTION_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_FUNCTION_H_

#include <cstdint>

#include "engine/expression/feel/item.h"

namespace pawl::expression::feel {

struct Builtin;
struct FunctionBody;
struct Program;

struct Function {
  // One of the two.
  const Builtin* builtin = nullptr;
  const FunctionBody* body = nullptr;
  // The expression that the body is part of.
  const Program* program = nullptr;
  // What the body sees of where it was written: a copy of the frame.
  const Item* captured = nullptr;
};

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_FUNCTION_H_
