#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "engine/expression/scope_view.h"
#include "engine/expression/script/lua.h"
#include "engine/value.h"
#include "tests/fuzz/expression_input.h"
#include "tests/fuzz/targets.h"

namespace pawl::fuzz {
namespace {

// What both run: the results as one text, strings by their bytes.
constexpr char kScript[] = R"(
local out = {}
local function add(...)
  for i = 1, select('#', ...) do
    local value = select(i, ...)
    if type(value) == 'string' then
      local bytes = {}
      for k = 1, #value do bytes[k] = string.format('%02x', value:byte(k)) end
      value = "'" .. table.concat(bytes) .. "'"
    end
    out[#out + 1] = tostring(value)
  end
  out[#out + 1] = ';'
end
-- Reasons may be told in other words.
local function try(f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then
    add(table.unpack(results, 1, results.n))
  else
    add(false)
  end
end
for _, init in ipairs {1, 2, -1} do
  try(string.find, s, p, init)
  try(string.match, s, p, init)
end
try(string.find, s, p, 1, true)
try(string.gsub, s, p, r)
try(string.gsub, s, p, r, 2)
try(string.gsub, s, p, function(a, b) if b ~= a then return b end end)
try(string.gsub, s, p, {a = 'x', b = false})
try(function()
  for a, b, c in string.gmatch(s, p) do add(a, b, c) end
end)
return table.concat(out, ' ')
)";

// Lua's own matcher can't be stopped; ours has shown by then that it has little
// to do.
constexpr int64_t kStepsMax = 100'000;

std::string ByLuaItself(std::string_view pattern, std::string_view replacement,
                        std::string_view text) {
  lua_State* const lua = luaL_newstate();
  PAWL_CHECK(lua != nullptr);
  luaL_openlibs(lua);
  const auto set = [&](const char* name, std::string_view value) {
    lua_pushlstring(lua, value.data(), value.size());
    lua_setglobal(lua, name);
  };
  set("p", pattern);
  set("r", replacement);
  set("s", text);
  PAWL_CHECK(luaL_dostring(lua, kScript) == LUA_OK) << lua_tostring(lua, -1);
  const std::string result = lua_tostring(lua, -1);
  lua_close(lua);
  return result;
}

}  // namespace

void FuzzLuaPattern(std::string_view bytes) {
  const auto [pattern, rest] = CutAtZero(bytes);
  const auto [replacement, text] = CutAtZero(rest);
  const Variables variables{{"p", std::string(pattern)},
                            {"r", std::string(replacement)},
                            {"s", std::string(text)}};
  const auto ours =
      expression::script::RunLua(kScript, expression::VariablesView(variables));
  if (!ours.ok()) return CheckRefusal(ours.status());
  if (ours->steps > kStepsMax) return;
  const std::string theirs = ByLuaItself(pattern, replacement, text);
  PAWL_CHECK(ours->value == Value(theirs))
      << "\nours   " << ours->value.ToJson() << "\ntheirs " << theirs;
}

}  // namespace pawl::fuzz
