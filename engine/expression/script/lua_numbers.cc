// math, utf8 and os, without what depends on the machine: chance comes from the
// scope's seed and time from the scope's time.
#include <algorithm>

#include "base/split_mix64.h"
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

uint64_t NextRandom(LuaRun* run) {
  if (!run->seeded) {
    run->seeded = true;
    run->random = run->scope->Seed();
  }
  return NextSplitMix64(&run->random);
}

// math.random(): [0, 1). (n): 1 to n. (m, n): m to n.
int Random(lua_State* lua) {
  LuaRun* run = RunOf(lua);
  const int arguments = lua_gettop(lua);
  if (arguments == 0) {
    lua_pushnumber(lua, static_cast<double>(NextRandom(run) >> 11) * 0x1p-53);
    return 1;
  }
  if (arguments > 2) return luaL_error(lua, "wrong number of arguments");
  const lua_Integer low = arguments == 1 ? 1 : luaL_checkinteger(lua, 1);
  const lua_Integer high = luaL_checkinteger(lua, arguments);
  luaL_argcheck(lua, low <= high, arguments, "interval is empty");
  const uint64_t count =
      static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  uint64_t draw = NextRandom(run);
  if (count != 0) {
    // The last, incomplete round of 2^64 would favour small numbers.
    const uint64_t rest = (~uint64_t{0} % count + 1) % count;
    while (draw > ~uint64_t{0} - rest) draw = NextRandom(run);
    draw %= count;
  }
  lua_pushinteger(lua,
                  static_cast<lua_Integer>(static_cast<uint64_t>(low) + draw));
  return 1;
}

// Upvalue of each: the original.
int TextLength(lua_State* lua) {
  ChargeRange(lua, -1);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}
int CodePoints(lua_State* lua) {
  ChargeRange(lua, 0);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}
// It goes n characters from where it starts.
int Offset(lua_State* lua) {
  const size_t size = ToView(lua, 1).size();
  const lua_Integer n = luaL_checkinteger(lua, 2);
  const auto distance = static_cast<size_t>(
      n < 0 ? ~static_cast<lua_Unsigned>(n) + 1 : static_cast<lua_Unsigned>(n));
  Charge(lua, static_cast<int64_t>(std::min(size, distance) / 4));
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// Seconds since 1970 of the command that the script is part of.
int Time(lua_State* lua) {
  if (lua_gettop(lua) != 0) {
    return luaL_error(lua, "os.time takes no arguments here");
  }
  const int64_t ms = RunOf(lua)->scope->now_ms();
  lua_pushinteger(lua, ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
  return 1;
}

void Wrap(lua_State* lua, const char* name, lua_CFunction function) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

}  // namespace

void AddNumberLibraries(lua_State* lua) {
  luaL_requiref(lua, "math", luaopen_math, 0);
  lua_pushnil(lua);
  lua_setfield(lua, -2, "randomseed");
  lua_pushcfunction(lua, Random);
  lua_setfield(lua, -2, "random");
  // A number may be given as a string, which is read to its end.
  for (const char* name :
       {"abs",  "ceil", "floor", "fmod", "max",       "min", "modf",
        "sqrt", "exp",  "log",   "sin",  "cos",       "tan", "asin",
        "acos", "atan", "deg",   "rad",  "tointeger", "ult"}) {
    lua_getfield(lua, -1, name);
    ChargeForStrings(lua);
    lua_setfield(lua, -2, name);
  }
  lua_setfield(lua, -2, "math");
  luaL_requiref(lua, "utf8", luaopen_utf8, 0);
  Wrap(lua, "len", TextLength);
  Wrap(lua, "codepoint", CodePoints);
  Wrap(lua, "offset", Offset);
  lua_setfield(lua, -2, "utf8");
  static constexpr luaL_Reg kOs[] = {{"time", Time}, {nullptr, nullptr}};
  luaL_newlib(lua, kOs);
  lua_setfield(lua, -2, "os");
}

}  // namespace pawl::expression::script
