// Values between variables and Lua: what Lua can't hold exactly is refused,
// never changed.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/utf8.h"
#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {
namespace {

// What a list or context takes on its way out, beside its entries.
constexpr int64_t kTableSteps = 5;

[[noreturn]] void Refuse(lua_State* lua, std::string_view what,
                         const std::string& why) {
  luaL_error(lua, "%s: %s", std::string(what).c_str(), why.c_str());
  __builtin_unreachable();
}

std::string Cut(std::string text) {
  constexpr size_t kShown = 60;
  if (text.size() > kShown) text = text.substr(0, kShown) + "...";
  return text;
}

void PushNumber(lua_State* lua, const Value& value, std::string_view what) {
  if (absl::StatusOr<int64_t> integer = value.AsInt64(); integer.ok()) {
    lua_pushinteger(lua, *integer);
    return;
  }
  absl::StatusOr<double> number = value.AsDouble();
  if (!number.ok() || Value(*number) != value) {
    Refuse(lua, what,
           "got the number " + Cut(value.number_text()) +
               ", wanted one that a 64-bit integer or a double holds with all "
               "its digits");
  }
  lua_pushnumber(lua, *number);
}

class Pusher {
 public:
  Pusher(lua_State* lua, std::string_view what) : lua_(lua), what_(what) {}

  void Push(const Value& value, int depth) {
    Charge(lua_, 1);
    switch (value.kind()) {
      case Value::Kind::kNull:
        return lua_pushnil(lua_);
      case Value::Kind::kBool:
        return lua_pushboolean(lua_, value.boolean());
      case Value::Kind::kNumber:
        return PushNumber(lua_, value, what_);
      case Value::Kind::kString:
        CheckStringSize(lua_, value.string().size());
        return PushView(lua_, value.string());
      case Value::Kind::kList:
      case Value::Kind::kContext:
        break;
    }
    if (depth == 0) Refuse(lua_, what_, "nested deeper than kValueDepthMax");
    luaL_checkstack(lua_, 8, nullptr);
    if (value.is_list()) {
      PushList(value.list(), depth);
    } else {
      PushContext(value.context(), depth);
    }
  }

 private:
  void PushList(const Value::List& list, int depth) {
    lua_createtable(lua_, static_cast<int>(list.size()), 0);
    lua_Integer i = 0;
    for (const Value& entry : list) {
      if (entry.is_null()) {
        lua_pushlightuserdata(lua_, NullMark());
      } else {
        Push(entry, depth - 1);
      }
      lua_rawseti(lua_, -2, ++i);
    }
    MarkList(lua_);
  }

  void PushContext(const Variables& context, int depth) {
    lua_createtable(lua_, 0, static_cast<int>(context.size()));
    bool has_nulls = false;
    for (const auto& [name, entry] : context) {
      if (entry.is_null()) {
        RememberNull(name, &has_nulls);
        continue;
      }
      PushView(lua_, name);
      Push(entry, depth - 1);
      lua_rawset(lua_, -3);
    }
    if (has_nulls) lua_remove(lua_, -2);
  }

  // With the context below the set of its null entries' names, or to be so.
  void RememberNull(const std::string& name, bool* has_nulls) {
    if (!*has_nulls) {
      lua_createtable(lua_, 0, 1);
      lua_rawgeti(lua_, LUA_REGISTRYINDEX, RunOf(lua_)->refs.nulls);
      lua_pushvalue(lua_, -3);
      lua_pushvalue(lua_, -3);
      lua_rawset(lua_, -3);
      lua_pop(lua_, 1);
      // The context stays where rawset of the other entries looks for it.
      lua_insert(lua_, -2);
      *has_nulls = true;
    }
    PushView(lua_, name);
    lua_pushboolean(lua_, 1);
    lua_rawset(lua_, -4);
  }

  lua_State* const lua_;
  const std::string_view what_;
};

class Reader {
 public:
  Reader(lua_State* lua, std::string_view what,
         std::string_view depth_limit = "kValueDepthMax",
         int depth_max = kValueDepthMax)
      : lua_(lua),
        what_(what),
        depth_limit_(depth_limit),
        depth_max_(depth_max) {}

  Value Read(int index) { return Read(index, depth_max_); }

 private:
  // Each entry is at least two bytes of JSON; counting them bounds tables that
  // hold one table many times.
  Value Read(int index, int depth) {
    Charge(lua_, 1);
    TakeBytes(2);
    switch (lua_type(lua_, index)) {
      case LUA_TNIL:
        return nullptr;
      case LUA_TBOOLEAN:
        return lua_toboolean(lua_, index) != 0;
      case LUA_TNUMBER:
        return ReadNumber(index);
      case LUA_TSTRING:
        return ReadString(index);
      case LUA_TTABLE:
        if (depth == 0) {
          Refuse(lua_, what_,
                 "got a table in itself, or nested deeper than " +
                     std::string(depth_limit_) + " (" +
                     std::to_string(depth_max_) + ")");
        }
        luaL_checkstack(lua_, 8, nullptr);
        Charge(lua_, kTableSteps);
        return ReadTable(lua_absindex(lua_, index), depth);
      case LUA_TLIGHTUSERDATA:
        return nullptr;
      default:
        Refuse(lua_, what_,
               std::string("got a ") + luaL_typename(lua_, index) +
                   ", wanted nil, a boolean, a number, a string or a table of "
                   "those");
    }
  }

  Value ReadNumber(int index) {
    if (lua_isinteger(lua_, index)) return Value(lua_tointeger(lua_, index));
    const double number = lua_tonumber(lua_, index);
    if (!std::isfinite(number)) {
      Refuse(lua_, what_,
             std::string("got ") +
                 (std::isnan(number) ? "no number (0/0)" : "infinity") +
                 ", wanted a finite number");
    }
    return Value(number);
  }

  std::string ReadString(int index) {
    size_t size = 0;
    const char* text = lua_tolstring(lua_, index, &size);
    const std::string_view view(text, size);
    TakeBytes(size);
    Charge(lua_, static_cast<int64_t>(size / 64));
    if (const size_t bad = FindInvalidUtf8(view); bad != view.npos) {
      Refuse(lua_, what_,
             "got a string whose byte " + std::to_string(bad) +
                 " (counted from 0) is no UTF-8, wanted UTF-8");
    }
    return std::string(view);
  }

  Value ReadTable(int index, int depth) {
    const lua_Unsigned size = lua_rawlen(lua_, index);
    lua_Unsigned numbers = 0;
    std::vector<std::string> names;
    lua_pushnil(lua_);
    while (lua_next(lua_, index) != 0) {
      lua_pop(lua_, 1);
      Charge(lua_, 1);
      if (lua_type(lua_, -1) == LUA_TSTRING) {
        names.push_back(ReadString(lua_gettop(lua_)));
      } else if (lua_isinteger(lua_, -1) != 0 && lua_tointeger(lua_, -1) >= 1 &&
                 static_cast<lua_Unsigned>(lua_tointeger(lua_, -1)) <= size) {
        ++numbers;
      } else {
        RefuseKeys();
      }
    }
    const bool is_list = numbers > 0 || IsMarked(index);
    if (numbers != size || (is_list && !names.empty())) RefuseKeys();
    if (is_list) return ReadList(index, depth, size);
    return ReadContext(index, depth, std::move(names));
  }

  [[noreturn]] void RefuseKeys() {
    Refuse(lua_, what_,
           "got a table with other keys, wanted the keys 1 to n without a gap "
           "(a list; execution.null stands for null in it), or strings only (a "
           "context)");
  }

  bool IsMarked(int index) {
    if (lua_getmetatable(lua_, index) == 0) return false;
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, RunOf(lua_)->refs.list);
    const bool is_marked = lua_rawequal(lua_, -1, -2) != 0;
    lua_pop(lua_, 2);
    return is_marked;
  }

  Value ReadList(int index, int depth, lua_Unsigned size) {
    Value::List list;
    list.reserve(size);
    for (lua_Unsigned i = 1; i <= size; ++i) {
      lua_rawgeti(lua_, index, static_cast<lua_Integer>(i));
      list.push_back(Read(lua_gettop(lua_), depth - 1));
      lua_pop(lua_, 1);
    }
    return list;
  }

  Value ReadContext(int index, int depth, std::vector<std::string> names) {
    AddNulls(index, &names);
    // Lua's order of keys differs from process to process.
    std::sort(names.begin(), names.end());
    Variables context;
    for (std::string& name : names) {
      PushView(lua_, name);
      lua_rawget(lua_, index);
      Value entry = Read(lua_gettop(lua_), depth - 1);
      lua_pop(lua_, 1);
      context.Set(std::move(name), std::move(entry));
    }
    return context;
  }

  // Entries that were null when the context was read, and weren't set since.
  void AddNulls(int index, std::vector<std::string>* names) {
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, RunOf(lua_)->refs.nulls);
    lua_pushvalue(lua_, index);
    lua_rawget(lua_, -2);
    if (lua_istable(lua_, -1)) {
      lua_pushnil(lua_);
      while (lua_next(lua_, -2) != 0) {
        lua_pop(lua_, 1);
        Charge(lua_, 1);
        lua_pushvalue(lua_, -1);
        if (lua_rawget(lua_, index) == LUA_TNIL) {
          names->push_back(ReadString(lua_gettop(lua_) - 1));
        }
        lua_pop(lua_, 1);
      }
    }
    lua_pop(lua_, 2);
  }

  void TakeBytes(size_t bytes) {
    size_t& out = RunOf(lua_)->bytes_out;
    out += bytes;
    if (out > kVariablesBytesMax) {
      Stop(lua_, "the script's result and what it wrote are larger",
           "kVariablesBytesMax", kVariablesBytesMax);
    }
  }

  lua_State* const lua_;
  const std::string_view what_;
  const std::string_view depth_limit_;
  const int depth_max_;
};

// Its address is what counts.
char null_mark;

}  // namespace

void* NullMark() { return &null_mark; }

void PushValue(lua_State* lua, const Value& value, std::string_view what) {
  luaL_checkstack(lua, 8, nullptr);
  Pusher(lua, what).Push(value, kValueDepthMax);
}

Value ToValue(lua_State* lua, int index, std::string_view what) {
  return Reader(lua, what).Read(index);
}

Value ToWritten(lua_State* lua, int index, std::string_view what) {
  return Reader(lua, what, "kLuaWrittenDepthMax", kLuaWrittenDepthMax)
      .Read(index);
}

void MarkList(lua_State* lua) {
  lua_rawgeti(lua, LUA_REGISTRYINDEX, RunOf(lua)->refs.list);
  lua_setmetatable(lua, -2);
}

}  // namespace pawl::expression::script
