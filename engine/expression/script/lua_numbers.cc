// math, utf8 and os, without what depends on the machine: chance comes from the
// scope's seed and time from the scope's time.
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// SplitMix64 (Steele, Lea, Flood, 2014): small, and the same everywhere.
uint64_t NextRandom(LuaRun* run) {
  if (!run->seeded) {
    run->seeded = true;
    run->random = run->scope->Seed();
  }
  uint64_t z = (run->random += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
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

// Seconds since 1970 of the command that the script is part of.
int Time(lua_State* lua) {
  if (lua_gettop(lua) != 0) {
    return luaL_error(lua, "os.time takes no arguments here");
  }
  const int64_t ms = RunOf(lua)->scope->now_ms();
  lua_pushinteger(lua, ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
  return 1;
}

}  // namespace

void AddNumberLibraries(lua_State* lua) {
  luaL_requiref(lua, "math", luaopen_math, 0);
  lua_pushnil(lua);
  lua_setfield(lua, -2, "randomseed");
  lua_pushcfunction(lua, Random);
  lua_setfield(lua, -2, "random");
  lua_setfield(lua, -2, "math");
  luaL_requiref(lua, "utf8", luaopen_utf8, 0);
  lua_setfield(lua, -2, "utf8");
  static constexpr luaL_Reg kOs[] = {{"time", Time}, {nullptr, nullptr}};
  luaL_newlib(lua, kOs);
  lua_setfield(lua, -2, "os");
}

}  // namespace pawl::expression::script
