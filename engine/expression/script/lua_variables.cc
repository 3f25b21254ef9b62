// Variables as a script sees them: as globals, and through `execution`.
#include <string>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// execution.f(x) and execution:f(x) are the same.
void DropSelf(lua_State* lua) {
  lua_rawgeti(lua, LUA_REGISTRYINDEX, RunOf(lua)->refs.execution);
  const bool has_self = lua_gettop(lua) > 1 && lua_rawequal(lua, 1, -1) != 0;
  lua_pop(lua, 1);
  if (has_self) lua_remove(lua, 1);
}

int GetVariable(lua_State* lua) {
  DropSelf(lua);
  luaL_checktype(lua, 1, LUA_TSTRING);
  PushVariable(lua, ToView(lua, 1));
  return 1;
}

int HasVariable(lua_State* lua) {
  DropSelf(lua);
  luaL_checktype(lua, 1, LUA_TSTRING);
  const LuaRun* run = RunOf(lua);
  const std::string_view name = ToView(lua, 1);
  lua_pushboolean(lua, run->result.written.contains(name) ||
                           run->scope->Find(name) != nullptr);
  return 1;
}

int SetVariable(lua_State* lua) {
  DropSelf(lua);
  luaL_checktype(lua, 1, LUA_TSTRING);
  luaL_checkany(lua, 2);
  std::string name(ToView(lua, 1));
  if (name.empty() || name.size() > kNameBytesMax ||
      FindInvalidUtf8(name) != std::string_view::npos) {
    luaL_argerror(lua, 1,
                  "a variable's name is 1 to kNameBytesMax bytes of "
                  "UTF-8");
  }
  LuaRun* run = RunOf(lua);
  run->bytes_out += name.size();
  Value value = ToWritten(lua, 2, "variable '" + name + "'");
  run->result.written.Set(std::move(name), std::move(value));
  // Later reads are of what was written, even if the script made a global of
  // that name before.
  for (const int table : {run->refs.read, run->refs.globals}) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, table);
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
  }
  return 0;
}

// execution.list(t): marks t, so that it is a list even when it is empty.
int List(lua_State* lua) {
  DropSelf(lua);
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (lua_getmetatable(lua, 1) != 0) {
    luaL_argerror(lua, 1, "a table without a metatable expected");
  }
  lua_settop(lua, 1);
  MarkList(lua);
  return 1;
}

// Reads of globals that the script didn't set. Upvalue: the library.
int ReadGlobal(lua_State* lua) {
  lua_settop(lua, 2);
  lua_pushvalue(lua, 2);
  if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL) return 1;
  if (lua_type(lua, 2) != LUA_TSTRING) return 1;
  PushVariable(lua, ToView(lua, 2));
  return 1;
}

}  // namespace

void PushVariable(lua_State* lua, std::string_view name) {
  LuaRun* run = RunOf(lua);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, run->refs.read);
  PushView(lua, name);
  if (lua_rawget(lua, -2) != LUA_TNIL) {
    lua_remove(lua, -2);
    return;
  }
  lua_pop(lua, 1);
  const Value* value = run->result.written.find(name);
  if (value == nullptr) value = run->scope->Find(name);
  if (value == nullptr || value->is_null()) {
    lua_pop(lua, 1);
    lua_pushnil(lua);
    return;
  }
  // The same table each time: a script may change its copy step by step.
  PushView(lua, name);
  PushValue(lua, *value, "variable '" + std::string(name) + "'");
  lua_pushvalue(lua, -1);
  lua_insert(lua, -4);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

void AddVariables(lua_State* lua) {
  const LuaRefs& refs = RunOf(lua)->refs;
  static constexpr luaL_Reg kFunctions[] = {{"getVariable", GetVariable},
                                            {"hasVariable", HasVariable},
                                            {"setVariable", SetVariable},
                                            {"list", List},
                                            {nullptr, nullptr}};
  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.execution);
  luaL_setfuncs(lua, kFunctions, 0);
  lua_pushlightuserdata(lua, NullMark());
  lua_setfield(lua, -2, "null");
  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.library);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "execution");

  lua_rawgeti(lua, LUA_REGISTRYINDEX, refs.globals);
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_pushcclosure(lua, ReadGlobal, 1);
  lua_setfield(lua, -2, "__index");
  // setmetatable(_G, ...) is refused.
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  // library._G = globals
  lua_setfield(lua, -2, "_G");
  lua_pop(lua, 1);
}

}  // namespace pawl::expression::script
