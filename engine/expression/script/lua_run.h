// LuaRun: one run of a script, as the functions that the script calls see it:
// its scope, its budget, its results. Internal to Lua.
//
// Lua's C++ build raises errors as C++ exceptions, so these functions may hold
// objects with destructors. What they raise never leaves RunLua.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_RUN_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_RUN_H_

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>
#include <setjmp.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "engine/expression/scope_view.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {

// What the machine keeps in Lua's registry, by number.
struct LuaRefs {
  // The script's globals; reads of others go on to the library, then to
  // variables.
  int globals = 0;
  // Functions that every script has, by name.
  int library = 0;
  // Variables that were read, by name.
  int read = 0;
  // Metatable that marks a table as a list.
  int list = 0;
  // The table `execution`.
  int execution = 0;
  // Names of the null entries of contexts that were read: {table: {names}}.
  int nulls = 0;
};

struct LuaRun {
  const ScopeView* scope = nullptr;
  LuaRefs refs;
  int64_t steps_left = kLuaStepsMax;
  // The number of them at which to look at the clock.
  int64_t look_steps = kLuaStepsMax;
  // Processor time of this thread at which the run ends, and a time before
  // which it can't have come, on a clock that is faster to read.
  int64_t cpu_end_ns = 0;
  int64_t look_ns = 0;
  // Not OK once a limit was reached. The next instruction leaves through `out`.
  absl::Status stopped;
  // Out of Lua, past every function that would hold an error.
  jmp_buf out;
  // Why memory was refused last: kLuaStringBytesMax rather than kLuaMemoryMax.
  bool refused_string = false;
  // Bytes of what the script has written and returned.
  size_t bytes_out = 0;
  bool seeded = false;
  uint64_t random = 0;
  ScriptResult result;
};

inline LuaRun* RunOf(lua_State* lua) {
  return *static_cast<LuaRun**>(lua_getextraspace(lua));
}

// Ends the run with ResourceExhausted: "Lua: `what`, wanted at most `limit`
// (`value`)". Raises an error that no function of the script can hold.
[[noreturn]] void Stop(lua_State* lua, std::string_view what,
                       std::string_view limit, int64_t value);
[[noreturn]] void Stop(lua_State* lua, const absl::Status& status);
// Raises that error again.
[[noreturn]] void RaiseStopped(lua_State* lua);
// For a function that has caught an error of this status: goes on with the
// error that ends a run. Returns if it was the script's own.
void StopAfter(lua_State* lua, int status);

// Ends the run when it has no steps or no time left.
void Look(lua_State* lua);

// Takes `steps` from the run; ends it when there are none left.
inline void Charge(lua_State* lua, int64_t steps) {
  LuaRun* run = RunOf(lua);
  run->steps_left -= steps;
  if (run->steps_left < run->look_steps) Look(lua);
}

inline std::string_view ToView(lua_State* lua, int index) {
  size_t size = 0;
  const char* text = luaL_checklstring(lua, index, &size);
  return std::string_view(text, size);
}
inline void PushView(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}
// Puts a function in the place of the one on top of the stack that takes the
// same arguments, charges for the strings among them, which may be read to
// their ends, and calls it. It is one of Lua's own, in C.
void ChargeForStrings(lua_State* lua);
// Charges for the bytes i to j of the string that is argument 1; i is argument
// 2, or 1; j is argument 3, or `last_by_default`, with 0 the same as i.
void ChargeRange(lua_State* lua, lua_Integer last_by_default);
// Ends the run when a string of `size` bytes can't be.
void CheckStringSize(lua_State* lua, size_t size);

// Each adds its functions to the table on top of the stack.
void AddBaseLibrary(lua_State* lua);
void AddStringLibrary(lua_State* lua);
void AddTableLibrary(lua_State* lua);
// math, utf8 and os.
void AddNumberLibraries(lua_State* lua);

// Pushes the value of a variable, for a script, or raises an error that names
// `what`: a number that Lua can't hold.
void PushValue(lua_State* lua, const Value& value, std::string_view what);
// The value at `index`, or an error that names `what`: a function, a table that
// is neither a list nor a context, ...
Value ToValue(lua_State* lua, int index, std::string_view what);
// The same for a variable that is written, which may nest less.
Value ToWritten(lua_State* lua, int index, std::string_view what);
// Marks the table on top of the stack as a list.
void MarkList(lua_State* lua);
// What stands for null in a list; nothing else is light userdata.
void* NullMark();

// Pushes the variable `name`, nil when there is none.
void PushVariable(lua_State* lua, std::string_view name);
// Pushes the functions of `execution`, and sets the globals' metatable.
void AddVariables(lua_State* lua);

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_RUN_H_
