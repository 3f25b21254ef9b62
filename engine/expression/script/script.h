// ScriptResult: what a script gives back, whatever its language.
// docs/scripts.md is the contract for people who write scripts.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_SCRIPT_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_SCRIPT_H_

#include "engine/value.h"

namespace pawl::expression::script {

struct ScriptResult {
  // Lua: what it returns (the first, if several), or the value of a text that
  // is one expression. JavaScript: the value of its last expression. Null when
  // there is none.
  Value value;
  // What execution.setVariable(name, value) wrote: each name once, in the order
  // of their first writing, with the last value.
  Variables written;
};

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_SCRIPT_H_
