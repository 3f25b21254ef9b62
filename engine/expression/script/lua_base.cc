// The base library: what can hold an error, keep a run alive or leave the
// machine is ours or not there.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// What raising and holding an error takes, beside instructions: some 3 us.
constexpr int64_t kErrorSteps = 250;

int ProtectedCall(lua_State* lua) {
  luaL_checkany(lua, 1);
  lua_pushboolean(lua, 1);
  lua_insert(lua, 1);
  const int status = lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0);
  if (status == LUA_OK) return lua_gettop(lua);
  StopAfter(lua, status);
  Charge(lua, kErrorSteps);
  lua_pushboolean(lua, 0);
  lua_insert(lua, -2);
  return 2;
}

// Lua's own calls the handler where the error is raised; if that is the hook
// which ends the run, then without any bound. Ours calls it afterwards.
int ProtectedCallWithHandler(lua_State* lua) {
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_pushvalue(lua, 2);
  lua_rotate(lua, 1, 1);
  lua_remove(lua, 3);
  // handler, function, arguments
  lua_pushboolean(lua, 1);
  lua_insert(lua, 2);
  int status = lua_pcall(lua, lua_gettop(lua) - 3, LUA_MULTRET, 0);
  if (status == LUA_OK) return lua_gettop(lua) - 1;
  StopAfter(lua, status);
  Charge(lua, kErrorSteps);
  lua_pushvalue(lua, 1);
  lua_insert(lua, -2);
  status = lua_pcall(lua, 1, 1, 0);
  if (status != LUA_OK) {
    StopAfter(lua, status);
    Charge(lua, kErrorSteps);
  }
  lua_pushboolean(lua, 0);
  lua_insert(lua, -2);
  return 2;
}

// Upvalue: the original.
int CallCharged(lua_State* lua) {
  int64_t bytes = 0;
  for (int i = 1; i <= lua_gettop(lua); ++i) {
    if (lua_type(lua, i) == LUA_TSTRING) {
      bytes += static_cast<int64_t>(lua_rawlen(lua, i));
    }
  }
  Charge(lua, bytes / 16);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

int Print(lua_State* lua) {
  for (int i = 1; i <= lua_gettop(lua); ++i) {
    Charge(lua, 1);
    if (lua_type(lua, i) == LUA_TSTRING) {
      Charge(lua, static_cast<int64_t>(lua_rawlen(lua, i) / 64));
    }
  }
  return 0;
}

// A finalizer runs when memory is collected, with Lua's hooks off.
int SetMetatable(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (lua_istable(lua, 2)) {
    lua_pushliteral(lua, "__gc");
    if (lua_rawget(lua, 2) != LUA_TNIL) {
      luaL_error(lua, "a script's metatable can't have __gc");
    }
    lua_pop(lua, 1);
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// As Lua's own, without the addresses of tables and functions.
int ToString(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (luaL_getmetafield(lua, 1, "__tostring") != LUA_TNIL) {
    luaL_tolstring(lua, 1, nullptr);
    return 1;
  }
  switch (lua_type(lua, 1)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
      luaL_tolstring(lua, 1, nullptr);
      return 1;
    case LUA_TLIGHTUSERDATA:
      lua_pushliteral(lua, "null");
      return 1;
    default:
      lua_pushstring(lua, luaL_typename(lua, 1));
      return 1;
  }
}

// A key that isn't in the run 1, 2, 3... with what it is sorted by. The value
// of the key stays in the table while this lives.
struct Key {
  // Numbers, strings, booleans, others.
  int rank;
  double number;
  std::string_view text;
  // In the list that `pairs` makes.
  lua_Integer index;

  bool operator<(const Key& other) const {
    if (rank != other.rank) return rank < other.rank;
    if (number != other.number) return number < other.number;
    if (text != other.text) return text < other.text;
    return index < other.index;
  }
};

Key KeyAtTop(lua_State* lua, lua_Integer index) {
  switch (lua_type(lua, -1)) {
    case LUA_TNUMBER:
      return {0, lua_tonumber(lua, -1), {}, index};
    case LUA_TSTRING: {
      size_t size = 0;
      const char* text = lua_tolstring(lua, -1, &size);
      return {1, 0, std::string_view(text, size), index};
    }
    case LUA_TBOOLEAN:
      return {2, static_cast<double>(lua_toboolean(lua, -1)), {}, index};
    default:
      return {3, 0, {}, index};
  }
}

// Upvalues: keys that come after 1 to n, in order; n; how many were given.
int NextPair(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const lua_Integer run = lua_tointeger(lua, lua_upvalueindex(2));
  lua_Integer given = lua_tointeger(lua, lua_upvalueindex(3));
  while (true) {
    Charge(lua, 1);
    ++given;
    if (given <= run) {
      lua_pushinteger(lua, given);
    } else if (lua_rawgeti(lua, lua_upvalueindex(1), given - run) == LUA_TNIL) {
      return 1;
    }
    lua_pushvalue(lua, -1);
    // Removed since.
    if (lua_rawget(lua, 1) == LUA_TNIL) {
      lua_pop(lua, 2);
      continue;
    }
    lua_pushinteger(lua, given);
    lua_replace(lua, lua_upvalueindex(3));
    return 2;
  }
}

// In an order that is the same in every run, unlike Lua's own: 1 to n, other
// numbers, strings by their bytes, false and true, the rest.
int Pairs(lua_State* lua) {
  luaL_checkany(lua, 1);
  if (luaL_getmetafield(lua, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 1, 3);
    return 3;
  }
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  // As they come.
  lua_newtable(lua);
  std::vector<Key> keys;
  lua_Integer run = 0;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    lua_pop(lua, 1);
    Charge(lua, 1);
    // Lua has lists in order.
    if (keys.empty() && lua_isinteger(lua, -1) != 0 &&
        lua_tointeger(lua, -1) == run + 1) {
      ++run;
      continue;
    }
    const lua_Integer index = static_cast<lua_Integer>(keys.size()) + 1;
    keys.push_back(KeyAtTop(lua, index));
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, 2, index);
  }
  std::sort(keys.begin(), keys.end());
  Charge(lua, 4 * static_cast<int64_t>(keys.size()));
  lua_createtable(lua, static_cast<int>(keys.size()), 0);
  lua_Integer place = 0;
  for (const Key& key : keys) {
    lua_rawgeti(lua, 2, key.index);
    lua_rawseti(lua, 3, ++place);
  }
  lua_pushinteger(lua, run);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, NextPair, 3);
  lua_pushvalue(lua, 1);
  return 2;
}

}  // namespace

void ChargeForStrings(lua_State* lua) {
  PAWL_CHECK(lua_iscfunction(lua, -1));
  lua_pushcclosure(lua, CallCharged, 1);
}

void AddBaseLibrary(lua_State* lua) {
  luaL_requiref(lua, "_G", luaopen_base, 0);
  for (const char* name :
       {"assert", "error", "getmetatable", "ipairs", "next", "rawequal",
        "rawget", "rawlen", "rawset", "select", "type"}) {
    lua_getfield(lua, -1, name);
    lua_setfield(lua, -3, name);
  }
  lua_getfield(lua, -1, "tonumber");
  ChargeForStrings(lua);
  lua_setfield(lua, -3, "tonumber");
  lua_getfield(lua, -1, "setmetatable");
  lua_pushcclosure(lua, SetMetatable, 1);
  lua_setfield(lua, -3, "setmetatable");
  lua_pop(lua, 1);
  static constexpr luaL_Reg kFunctions[] = {
      {"pairs", Pairs},
      {"pcall", ProtectedCall},
      {"print", Print},
      {"tostring", ToString},
      {"xpcall", ProtectedCallWithHandler},
      {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
}

}  // namespace pawl::expression::script
