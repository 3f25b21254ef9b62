// The table library. Lua's own asks metamethods for each element and for the
// length, which may then be 2^62; ours sees the table itself.
#include <algorithm>
#include <vector>

#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// Length of the table at argument 1.
lua_Integer Length(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  return static_cast<lua_Integer>(lua_rawlen(lua, 1));
}

int Concat(lua_State* lua) {
  const lua_Integer size = Length(lua);
  size_t separator_size = 0;
  const char* separator = luaL_optlstring(lua, 2, "", &separator_size);
  const lua_Integer first = luaL_optinteger(lua, 3, 1);
  const lua_Integer last = luaL_optinteger(lua, 4, size);
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  for (lua_Integer i = first; i <= last; ++i) {
    Charge(lua, 1 + static_cast<int64_t>(separator_size / 64));
    if (lua_rawgeti(lua, 1, i) != LUA_TSTRING && lua_isnumber(lua, -1) == 0) {
      luaL_error(lua, "invalid value (at index %I) in table for 'concat'",
                 static_cast<LUAI_UACINT>(i));
    }
    Charge(lua, static_cast<int64_t>(lua_rawlen(lua, -1) / 64));
    luaL_addvalue(&out);
    if (i == last) break;
    luaL_addlstring(&out, separator, separator_size);
  }
  luaL_pushresult(&out);
  return 1;
}

int Insert(lua_State* lua) {
  const lua_Integer size = Length(lua);
  lua_Integer position = size + 1;
  switch (lua_gettop(lua)) {
    case 2:
      break;
    case 3:
      position = luaL_checkinteger(lua, 2);
      luaL_argcheck(lua, position >= 1 && position <= size + 1, 2,
                    "position out of bounds");
      break;
    default:
      return luaL_error(lua, "wrong number of arguments to 'insert'");
  }
  Charge(lua, size + 1 - position);
  for (lua_Integer i = size + 1; i > position; --i) {
    lua_rawgeti(lua, 1, i - 1);
    lua_rawseti(lua, 1, i);
  }
  // The last argument.
  lua_rawseti(lua, 1, position);
  return 0;
}

int Remove(lua_State* lua) {
  const lua_Integer size = Length(lua);
  lua_Integer position = luaL_optinteger(lua, 2, size);
  if (lua_gettop(lua) > 1) {
    luaL_argcheck(lua,
                  size == 0 ? position == 0 || position == 1
                            : position >= 1 && position <= size + 1,
                  2, "position out of bounds");
  }
  Charge(lua, std::max<lua_Integer>(size - position, 0));
  lua_rawgeti(lua, 1, position);
  for (; position < size; ++position) {
    lua_rawgeti(lua, 1, position + 1);
    lua_rawseti(lua, 1, position);
  }
  if (position >= 1) {
    lua_pushnil(lua);
    lua_rawseti(lua, 1, position);
  }
  return 1;
}

int Move(lua_State* lua) {
  Length(lua);
  const lua_Integer first = luaL_checkinteger(lua, 2);
  const lua_Integer last = luaL_checkinteger(lua, 3);
  const lua_Integer to = luaL_checkinteger(lua, 4);
  const int target = lua_isnoneornil(lua, 5) ? 1 : 5;
  luaL_checktype(lua, target, LUA_TTABLE);
  if (last >= first) {
    luaL_argcheck(lua, first > 0 || last < LUA_MAXINTEGER + first, 3,
                  "too many elements to move");
    const lua_Integer count = last - first + 1;
    luaL_argcheck(lua, to <= LUA_MAXINTEGER - count + 1, 4,
                  "destination wrap around");
    Charge(lua, count);
    const bool backward =
        to > first && to <= last && lua_rawequal(lua, 1, target) != 0;
    for (lua_Integer i = 0; i < count; ++i) {
      const lua_Integer offset = backward ? count - 1 - i : i;
      lua_rawgeti(lua, 1, first + offset);
      lua_rawseti(lua, target, to + offset);
    }
  }
  lua_pushvalue(lua, target);
  return 1;
}

int Pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  Charge(lua, count);
  lua_createtable(lua, count, 1);
  lua_insert(lua, 1);
  for (int i = count; i >= 1; --i) lua_rawseti(lua, 1, i);
  lua_pushinteger(lua, count);
  lua_setfield(lua, 1, "n");
  return 1;
}

int Unpack(lua_State* lua) {
  const lua_Integer size = Length(lua);
  const lua_Integer first = luaL_optinteger(lua, 2, 1);
  const lua_Integer last = luaL_optinteger(lua, 3, size);
  if (first > last) return 0;
  const lua_Unsigned more =
      static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first);
  if (more >= LUAI_MAXSTACK ||
      lua_checkstack(lua, static_cast<int>(more) + 1) == 0) {
    return luaL_error(lua, "too many results to unpack");
  }
  const int count = static_cast<int>(more) + 1;
  Charge(lua, count);
  for (int i = 0; i < count; ++i) lua_rawgeti(lua, 1, first + i);
  return count;
}

// Whether the value at index a is to stand before the one at b; the comparing
// function, if any, is argument 2.
bool Before(lua_State* lua, int a, int b) {
  // No hook is called while strings are compared.
  if (lua_type(lua, a) == LUA_TSTRING) {
    Charge(lua, static_cast<int64_t>(lua_rawlen(lua, a) / 64));
  }
  Charge(lua, 1);
  if (lua_isnil(lua, 2)) return lua_compare(lua, a, b, LUA_OPLT) != 0;
  lua_pushvalue(lua, 2);
  lua_pushvalue(lua, a);
  lua_pushvalue(lua, b);
  lua_call(lua, 2, 1);
  const bool before = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  return before;
}

// Merges table[from, middle) and [middle, to) into the table at index 3.
void Merge(lua_State* lua, lua_Integer from, lua_Integer middle,
           lua_Integer to) {
  lua_Integer left = from;
  lua_Integer right = middle;
  for (lua_Integer out = from; out < to; ++out) {
    bool take_left = right == to;
    if (left < middle && right < to) {
      lua_rawgeti(lua, 1, left);
      lua_rawgeti(lua, 1, right);
      const int top = lua_gettop(lua);
      take_left = !Before(lua, top, top - 1);
      lua_pop(lua, 2);
    }
    Charge(lua, 1);
    lua_rawgeti(lua, 1, take_left ? left++ : right++);
    lua_rawseti(lua, 3, out);
  }
}

// A merge sort: stable, and n log n with whatever comparing function; Lua's own
// takes n^2 for some.
int Sort(lua_State* lua) {
  const lua_Integer size = Length(lua);
  if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_settop(lua, 2);
  Charge(lua, size);
  if (size < 2) return 0;
  luaL_argcheck(lua, size < INT32_MAX, 1, "array too big");
  lua_createtable(lua, static_cast<int>(size), 0);
  for (lua_Integer width = 1; width < size; width *= 2) {
    for (lua_Integer from = 1; from <= size; from += 2 * width) {
      Merge(lua, from, std::min(from + width, size + 1),
            std::min(from + 2 * width, size + 1));
    }
    Charge(lua, size / 4);
    for (lua_Integer i = 1; i <= size; ++i) {
      lua_rawgeti(lua, 3, i);
      lua_rawseti(lua, 1, i);
    }
  }
  return 0;
}

}  // namespace

void AddTableLibrary(lua_State* lua) {
  static constexpr luaL_Reg kFunctions[] = {
      {"concat", Concat}, {"insert", Insert}, {"move", Move},
      {"pack", Pack},     {"remove", Remove}, {"sort", Sort},
      {"unpack", Unpack}, {nullptr, nullptr}};
  luaL_newlib(lua, kFunctions);
  lua_setfield(lua, -2, "table");
}

}  // namespace pawl::expression::script
