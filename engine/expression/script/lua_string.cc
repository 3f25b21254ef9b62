// The string library: Lua's own functions where their work is bounded by their
// arguments and their result, ours where it is not.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "engine/expression/script/lua_pattern.h"
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// Where a string position given by a script lies, counted from 1: negative ones
// count from the end, 0 and what is before the start is 1.
size_t Start(lua_Integer position, size_t size) {
  if (position > 0) return static_cast<size_t>(position);
  if (position == 0 || position < -static_cast<lua_Integer>(size)) return 1;
  return size + static_cast<size_t>(position + 1);
}

bool HasSpecials(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") != pattern.npos;
}

// Offset of `wanted` in text[from...]. Linear, unlike std::string_view::find.
size_t FindPlain(lua_State* lua, std::string_view text, size_t from,
                 std::string_view wanted) {
  Charge(lua, static_cast<int64_t>((text.size() - from + wanted.size()) / 16));
  if (wanted.empty()) return from;
  const void* found = memmem(text.data() + from, text.size() - from,
                             wanted.data(), wanted.size());
  if (found == nullptr) return LuaPattern::kNone;
  return static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

int FindOrMatch(lua_State* lua, bool is_find) {
  const std::string_view text = ToView(lua, 1);
  std::string_view pattern = ToView(lua, 2);
  const size_t init = Start(luaL_optinteger(lua, 3, 1), text.size()) - 1;
  if (init > text.size()) {
    luaL_pushfail(lua);
    return 1;
  }
  if (is_find && (lua_toboolean(lua, 4) != 0 || !HasSpecials(pattern))) {
    const size_t found = FindPlain(lua, text, init, pattern);
    if (found == LuaPattern::kNone) {
      luaL_pushfail(lua);
      return 1;
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(found) + 1);
    lua_pushinteger(lua, static_cast<lua_Integer>(found + pattern.size()));
    return 2;
  }
  const bool anchored = !pattern.empty() && pattern[0] == '^';
  if (anchored) pattern.remove_prefix(1);
  LuaPattern matcher(lua, text, pattern);
  for (size_t start = init; start <= text.size(); ++start) {
    const size_t end = matcher.MatchAt(start);
    if (end != LuaPattern::kNone) {
      if (!is_find) return matcher.PushCaptures(start, end);
      lua_pushinteger(lua, static_cast<lua_Integer>(start) + 1);
      lua_pushinteger(lua, static_cast<lua_Integer>(end));
      if (matcher.captures() == 0) return 2;
      return 2 + matcher.PushCaptures(start, end);
    }
    Charge(lua, 1);
    if (anchored) break;
  }
  luaL_pushfail(lua);
  return 1;
}

int Find(lua_State* lua) { return FindOrMatch(lua, true); }
int Match(lua_State* lua) { return FindOrMatch(lua, false); }

// Upvalues: text, pattern, where to look next, end of the last match (-1:
// none).
int NextMatch(lua_State* lua) {
  const std::string_view text = ToView(lua, lua_upvalueindex(1));
  const std::string_view pattern = ToView(lua, lua_upvalueindex(2));
  const lua_Integer last = lua_tointeger(lua, lua_upvalueindex(4));
  LuaPattern matcher(lua, text, pattern);
  for (size_t start =
           static_cast<size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
       start <= text.size(); ++start) {
    const size_t end = matcher.MatchAt(start);
    // An empty match right behind the last one is part of that.
    if (end != LuaPattern::kNone && static_cast<lua_Integer>(end) != last) {
      lua_pushinteger(lua, static_cast<lua_Integer>(end));
      lua_copy(lua, -1, lua_upvalueindex(3));
      lua_replace(lua, lua_upvalueindex(4));
      return matcher.PushCaptures(start, end);
    }
    Charge(lua, 1);
  }
  return 0;
}

int MatchesOf(lua_State* lua) {
  const std::string_view text = ToView(lua, 1);
  ToView(lua, 2);
  size_t init = Start(luaL_optinteger(lua, 3, 1), text.size()) - 1;
  if (init > text.size()) init = text.size() + 1;
  lua_settop(lua, 2);
  lua_pushinteger(lua, static_cast<lua_Integer>(init));
  lua_pushinteger(lua, -1);
  lua_pushcclosure(lua, NextMatch, 4);
  return 1;
}

// Into Lua's memory, so that it counts. A buffer wants the stack as it left it.
void Append(lua_State* lua, std::string_view text, luaL_Buffer* out) {
  Charge(lua, static_cast<int64_t>(text.size() / 64));
  luaL_addlstring(out, text.data(), text.size());
}

// What replaces text[start, end): argument 3 with %0 to %9 filled in.
void AppendTemplate(lua_State* lua, LuaPattern* matcher, size_t start,
                    size_t end, luaL_Buffer* out) {
  const std::string_view replacement = ToView(lua, 3);
  size_t from = 0;
  while (true) {
    const size_t mark = replacement.find('%', from);
    Append(lua, replacement.substr(from, mark - from), out);
    if (mark == replacement.npos) return;
    const char c = mark + 1 < replacement.size() ? replacement[mark + 1] : '\0';
    Charge(lua, 1);
    if (c == '%') {
      Append(lua, "%", out);
    } else if (c == '0') {
      const std::string_view text = ToView(lua, 1);
      Append(lua, text.substr(start, end - start), out);
    } else if (c > '0' && c <= '9') {
      matcher->PushCapture(c - '1', start, end);
      luaL_tolstring(lua, -1, nullptr);
      lua_remove(lua, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(lua, "invalid use of '%%' in replacement string");
    }
    from = mark + 2;
  }
}

void AppendReplacement(lua_State* lua, LuaPattern* matcher, size_t start,
                       size_t end, luaL_Buffer* out) {
  switch (lua_type(lua, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(lua, 3);
      const int arguments = matcher->PushCaptures(start, end);
      lua_call(lua, arguments, 1);
      break;
    }
    case LUA_TTABLE:
      matcher->PushCapture(0, start, end);
      lua_gettable(lua, 3);
      break;
    default:
      return AppendTemplate(lua, matcher, start, end, out);
  }
  if (lua_toboolean(lua, -1) == 0) {
    lua_pop(lua, 1);
    Append(lua, ToView(lua, 1).substr(start, end - start), out);
    return;
  }
  if (lua_isstring(lua, -1) == 0) {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
  luaL_addvalue(out);
}

int Replace(lua_State* lua) {
  const std::string_view text = ToView(lua, 1);
  std::string_view pattern = ToView(lua, 2);
  const int type = lua_type(lua, 3);
  luaL_argexpected(lua,
                   type == LUA_TNUMBER || type == LUA_TSTRING ||
                       type == LUA_TFUNCTION || type == LUA_TTABLE,
                   3, "string/function/table");
  const lua_Integer count_max =
      luaL_optinteger(lua, 4, static_cast<lua_Integer>(text.size()) + 1);
  const bool anchored = !pattern.empty() && pattern[0] == '^';
  if (anchored) pattern.remove_prefix(1);
  LuaPattern matcher(lua, text, pattern);
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  size_t start = 0;
  size_t last = LuaPattern::kNone;
  lua_Integer count = 0;
  while (count < count_max) {
    const size_t end = matcher.MatchAt(start);
    if (end != LuaPattern::kNone && end != last) {
      ++count;
      AppendReplacement(lua, &matcher, start, end, &out);
      start = last = end;
    } else if (start < text.size()) {
      Append(lua, text.substr(start++, 1), &out);
    } else {
      break;
    }
    Charge(lua, 1);
    if (anchored) break;
  }
  if (start < text.size()) Append(lua, text.substr(start), &out);
  luaL_pushresult(&out);
  lua_pushinteger(lua, count);
  return 2;
}

// Lua's own loops 2^63 times over an empty string.
int Repeat(lua_State* lua) {
  const std::string_view text = ToView(lua, 1);
  const lua_Integer n = luaL_checkinteger(lua, 2);
  size_t separator_size = 0;
  luaL_optlstring(lua, 3, "", &separator_size);
  const size_t each = text.size() + separator_size;
  if (n <= 0 || each == 0) {
    lua_pushliteral(lua, "");
    return 1;
  }
  if (static_cast<size_t>(n) > kLuaStringBytesMax) {
    CheckStringSize(lua, kLuaStringBytesMax + 1);
  }
  CheckStringSize(lua, static_cast<size_t>(n) * each - separator_size);
  Charge(lua, n / 16);
  // The original.
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

int Bytes(lua_State* lua) {
  ChargeRange(lua, 0);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// Lua's own prints the addresses of tables, which differ from run to run.
int Format(lua_State* lua) {
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    const int type = lua_type(lua, i);
    if (type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TNIL ||
        type == LUA_TBOOLEAN) {
      continue;
    }
    lua_pushvalue(lua, lua_upvalueindex(2));
    lua_pushvalue(lua, i);
    lua_call(lua, 1, 1);
    lua_replace(lua, i);
  }
  const std::string_view format = ToView(lua, 1);
  for (size_t i = format.find('%'); i != format.npos && i + 1 < format.size();
       i = format.find('%', i + 2)) {
    const size_t letter = format.find_first_not_of("-+ #0123456789.", i + 1);
    if (letter != format.npos && format[letter] == 'p') {
      luaL_error(lua,
                 "invalid conversion '%%p' to 'format': addresses differ "
                 "from run to run");
    }
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// string[name] = function, with the original and `tostring` as upvalues.
void Wrap(lua_State* lua, const char* name, lua_CFunction function) {
  lua_getfield(lua, -1, name);
  lua_getfield(lua, -3, "tostring");
  lua_pushcclosure(lua, function, 2);
  lua_setfield(lua, -2, name);
}

}  // namespace

void ChargeRange(lua_State* lua, lua_Integer last_by_default) {
  const size_t size = ToView(lua, 1).size();
  const lua_Integer first = luaL_optinteger(lua, 2, 1);
  const lua_Integer last =
      luaL_optinteger(lua, 3, last_by_default == 0 ? first : last_by_default);
  const size_t from = Start(first, size);
  const size_t to = std::min(Start(last, size), size);
  if (to > from) Charge(lua, static_cast<int64_t>((to - from) / 4));
}

void CheckStringSize(lua_State* lua, size_t size) {
  if (size <= kLuaStringBytesMax) return;
  Stop(lua, "a longer string", "kLuaStringBytesMax", kLuaStringBytesMax);
}

void AddStringLibrary(lua_State* lua) {
  luaL_requiref(lua, "string", luaopen_string, 0);
  static constexpr luaL_Reg kFunctions[] = {{"find", Find},
                                            {"match", Match},
                                            {"gmatch", MatchesOf},
                                            {"gsub", Replace},
                                            {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
  Wrap(lua, "rep", Repeat);
  Wrap(lua, "format", Format);
  Wrap(lua, "byte", Bytes);
  // Compiled functions and raw memory.
  for (const char* name : {"dump", "pack", "packsize", "unpack"}) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, name);
  }
  // "10" + 1: the operators of strings read them as numbers.
  lua_pushliteral(lua, "");
  PAWL_CHECK(lua_getmetatable(lua, -1) != 0);
  for (const char* name : {"__add", "__sub", "__mul", "__mod", "__pow", "__div",
                           "__idiv", "__unm"}) {
    lua_getfield(lua, -1, name);
    ChargeForStrings(lua);
    lua_setfield(lua, -2, name);
  }
  lua_pop(lua, 2);
  lua_setfield(lua, -2, "string");
}

}  // namespace pawl::expression::script
