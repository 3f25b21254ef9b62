// LuaPattern: Lua's patterns (Lua 5.4 manual, 6.4.1) with every step counted.
// Lua's own matcher can't be interrupted, and a pattern such as
// ".-.-.-.-.-b" takes it years. Internal to Lua.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_PATTERN_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_PATTERN_H_

#include <cstddef>
#include <string_view>

#include "engine/expression/script/lua_run.h"

namespace pawl::expression::script {

class LuaPattern {
 public:
  // `pattern` without the anchor '^'. Both texts live as long as this.
  LuaPattern(lua_State* lua, std::string_view text, std::string_view pattern)
      : lua_(lua), text_(text), pattern_(pattern) {}

  static constexpr size_t kNone = std::string_view::npos;

  // End of the match that starts at `start`, or kNone. Charges for each step;
  // raises an error for a malformed pattern.
  size_t MatchAt(size_t start);

  // Of the last match.
  int captures() const { return level_; }
  // Pushes the i-th capture (from 0); the whole match, text[start, end), if the
  // pattern has no captures.
  void PushCapture(int i, size_t start, size_t end);
  // Pushes all, the whole match when there are none. Returns their number.
  int PushCaptures(size_t start, size_t end);

 private:
  // As Lua.
  static constexpr int kCapturesMax = 32;
  // A '(' without its ')', and the position capture '()'.
  static constexpr ptrdiff_t kOpen = -1;
  static constexpr ptrdiff_t kPosition = -2;
  struct Capture {
    size_t start;
    ptrdiff_t size;
  };

  // The match of pattern[p...] at `s`: its end.
  size_t Match(size_t s, size_t p, int depth);
  // As many matches of the item pattern[p, end) as go, then the rest.
  size_t MatchMost(size_t s, size_t p, size_t end, int depth);
  // As few as go.
  size_t MatchFewest(size_t s, size_t p, size_t end, int depth);
  size_t MatchCapture(size_t s, size_t p, int depth);
  // The three that end where they say, or kNone: %b(), %f[], %1.
  size_t MatchBalance(size_t s, size_t p);
  bool MatchFrontier(size_t s, size_t p, size_t end);
  size_t MatchReference(size_t s, char digit);

  // Offset behind the single-character item at `p`.
  size_t ItemEnd(size_t p);
  bool MatchesItem(size_t s, size_t p, size_t end);
  bool InSet(unsigned char c, size_t p, size_t end);
  char At(size_t p) const { return p < pattern_.size() ? pattern_[p] : '\0'; }

  lua_State* const lua_;
  const std::string_view text_;
  const std::string_view pattern_;
  int level_ = 0;
  Capture capture_[kCapturesMax];
};

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_LUA_PATTERN_H_
