// Lua 5.4 in process: a script in, its value and the variables that it wrote
// out. docs/scripts.md is the reference.
//
// Safe by construction, as long as Lua's own machine has no bug: a script has
// no file, no clock, no loader and no way to hold on; steps, memory and
// processor time are bounded (limits.h), and no pcall of the script's survives
// a bound that is reached. Given the same scope a script gives the same result.
//
// Thread-safe. Each thread keeps one Lua machine, some 100 KiB, for its
// lifetime; every run starts from the same state of it, so that nothing of a
// script is left to the next.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/expression/scope_view.h"

namespace pawl::expression::script {

// Whether `text` compiles. InvalidArgument: it doesn't, or it is a compiled
// chunk; the message has the line and what Lua says. ResourceExhausted: longer
// than kExpressionBytesMax, or compiling takes more than a run may.
absl::Status CheckLua(std::string_view text);

// Runs `text`. A variable is converted when the script reads it.
// InvalidArgument: as CheckLua; an error of the script, with its line; a value
//   that Lua or a variable can't hold. ResourceExhausted: a limit, by name.
// 2 to 10 us for a small script; kLuaCpuMsMax at most.
absl::StatusOr<ScriptResult> RunLua(std::string_view text,
                                    const ScopeView& scope);

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_H_
