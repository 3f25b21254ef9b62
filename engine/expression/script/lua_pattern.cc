#include "engine/expression/script/lua_pattern.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace pawl::expression::script {
namespace {

bool InClass(unsigned char c, unsigned char letter) {
  bool is;
  switch (absl::ascii_tolower(letter)) {
    case 'a':
      is = absl::ascii_isalpha(c);
      break;
    case 'c':
      is = absl::ascii_iscntrl(c);
      break;
    case 'd':
      is = absl::ascii_isdigit(c);
      break;
    case 'g':
      is = absl::ascii_isgraph(c);
      break;
    case 'l':
      is = absl::ascii_islower(c);
      break;
    case 'p':
      is = absl::ascii_ispunct(c);
      break;
    case 's':
      is = absl::ascii_isspace(c);
      break;
    case 'u':
      is = absl::ascii_isupper(c);
      break;
    case 'w':
      is = absl::ascii_isalnum(c);
      break;
    case 'x':
      is = absl::ascii_isxdigit(c);
      break;
    // Of Lua 5.1, and still there.
    case 'z':
      is = c == 0;
      break;
    default:
      return letter == c;
  }
  return is != absl::ascii_isupper(letter);
}

}  // namespace

size_t LuaPattern::MatchAt(size_t start) {
  level_ = 0;
  return Match(start, 0, kLuaPatternDepthMax);
}

size_t LuaPattern::Match(size_t s, size_t p, int depth) {
  if (depth == 0) luaL_error(lua_, "pattern too complex");
  while (p < pattern_.size()) {
    Charge(lua_, 1);
    const char c = pattern_[p];
    if (c == '(' || c == ')') return MatchCapture(s, p, depth);
    if (c == '$' && p + 1 == pattern_.size()) {
      return s == text_.size() ? s : kNone;
    }
    if (c == '%' && At(p + 1) == 'b') {
      s = MatchBalance(s, p + 2);
      if (s == kNone) return kNone;
      p += 4;
      continue;
    }
    if (c == '%' && At(p + 1) == 'f') {
      p += 2;
      if (At(p) != '[') {
        luaL_error(lua_, "missing '[' after '%%f' in pattern");
      }
      const size_t end = ItemEnd(p);
      if (!MatchFrontier(s, p, end)) return kNone;
      p = end;
      continue;
    }
    if (c == '%' &&
        absl::ascii_isdigit(static_cast<unsigned char>(At(p + 1)))) {
      s = MatchReference(s, pattern_[p + 1]);
      if (s == kNone) return kNone;
      p += 2;
      continue;
    }
    const size_t end = ItemEnd(p);
    switch (At(end)) {
      case '?':
        if (MatchesItem(s, p, end)) {
          const size_t match = Match(s + 1, end + 1, depth - 1);
          if (match != kNone) return match;
        }
        p = end + 1;
        break;
      case '+':
        if (!MatchesItem(s, p, end)) return kNone;
        return MatchMost(s + 1, p, end, depth);
      case '*':
        return MatchMost(s, p, end, depth);
      case '-':
        return MatchFewest(s, p, end, depth);
      default:
        if (!MatchesItem(s, p, end)) return kNone;
        ++s;
        p = end;
        break;
    }
  }
  return s;
}

size_t LuaPattern::MatchMost(size_t s, size_t p, size_t end, int depth) {
  size_t count = 0;
  while (MatchesItem(s + count, p, end)) ++count;
  while (true) {
    const size_t match = Match(s + count, end + 1, depth - 1);
    if (match != kNone || count == 0) return match;
    --count;
  }
}

size_t LuaPattern::MatchFewest(size_t s, size_t p, size_t end, int depth) {
  while (true) {
    const size_t match = Match(s, end + 1, depth - 1);
    if (match != kNone) return match;
    if (!MatchesItem(s, p, end)) return kNone;
    ++s;
  }
}

size_t LuaPattern::MatchCapture(size_t s, size_t p, int depth) {
  if (pattern_[p] == '(') {
    if (level_ == kCapturesMax) luaL_error(lua_, "too many captures");
    const bool is_position = At(p + 1) == ')';
    capture_[level_] = {s, is_position ? kPosition : kOpen};
    ++level_;
    const size_t match = Match(s, p + (is_position ? 2 : 1), depth - 1);
    if (match == kNone) --level_;
    return match;
  }
  int open = level_ - 1;
  while (open >= 0 && capture_[open].size != kOpen) --open;
  if (open < 0) luaL_error(lua_, "invalid pattern capture");
  capture_[open].size = static_cast<ptrdiff_t>(s - capture_[open].start);
  const size_t match = Match(s, p + 1, depth - 1);
  if (match == kNone) capture_[open].size = kOpen;
  return match;
}

size_t LuaPattern::MatchBalance(size_t s, size_t p) {
  if (p + 1 >= pattern_.size()) {
    luaL_error(lua_, "malformed pattern (missing arguments to '%%b')");
  }
  if (s >= text_.size() || text_[s] != pattern_[p]) return kNone;
  int64_t open = 1;
  for (size_t i = s + 1; i < text_.size(); ++i) {
    Charge(lua_, 1);
    if (text_[i] == pattern_[p + 1]) {
      if (--open == 0) return i + 1;
    } else if (text_[i] == pattern_[p]) {
      ++open;
    }
  }
  return kNone;
}

bool LuaPattern::MatchFrontier(size_t s, size_t p, size_t end) {
  const char before = s == 0 ? '\0' : text_[s - 1];
  const char here = s < text_.size() ? text_[s] : '\0';
  return !InSet(static_cast<unsigned char>(before), p, end) &&
         InSet(static_cast<unsigned char>(here), p, end);
}

size_t LuaPattern::MatchReference(size_t s, char digit) {
  const int i = digit - '1';
  if (i < 0 || i >= level_ || capture_[i].size == kOpen) {
    luaL_error(lua_, "invalid capture index %%%d", i + 1);
  }
  const size_t size =
      capture_[i].size == kPosition ? 0 : static_cast<size_t>(capture_[i].size);
  Charge(lua_, static_cast<int64_t>(size / 64));
  if (text_.size() - s < size ||
      text_.substr(s, size) != text_.substr(capture_[i].start, size)) {
    return kNone;
  }
  return s + size;
}

size_t LuaPattern::ItemEnd(size_t p) {
  const size_t begin = p;
  const char c = pattern_[p++];
  if (c == '%') {
    if (p == pattern_.size()) {
      luaL_error(lua_, "malformed pattern (ends with '%%')");
    }
    return p + 1;
  }
  if (c != '[') return p;
  if (At(p) == '^') ++p;
  // A ']' that comes first stands for itself.
  do {
    if (p >= pattern_.size()) {
      luaL_error(lua_, "malformed pattern (missing ']')");
    }
    if (pattern_[p++] == '%') ++p;
  } while (At(p) != ']');
  Charge(lua_, static_cast<int64_t>((p - begin) / 16));
  return p + 1;
}

bool LuaPattern::MatchesItem(size_t s, size_t p, size_t end) {
  Charge(lua_, 1);
  if (s >= text_.size()) return false;
  const unsigned char c = static_cast<unsigned char>(text_[s]);
  switch (pattern_[p]) {
    case '.':
      return true;
    case '%':
      return InClass(c, static_cast<unsigned char>(pattern_[p + 1]));
    case '[':
      return InSet(c, p, end);
    default:
      return pattern_[p] == text_[s];
  }
}

bool LuaPattern::InSet(unsigned char c, size_t p, size_t end) {
  Charge(lua_, static_cast<int64_t>((end - p) / 16));
  const size_t closing = end - 1;
  ++p;
  const bool is_in = pattern_[p] != '^';
  if (!is_in) ++p;
  while (p < closing) {
    const unsigned char first = static_cast<unsigned char>(pattern_[p]);
    if (first == '%') {
      if (InClass(c, static_cast<unsigned char>(At(p + 1)))) return is_in;
      p += 2;
    } else if (At(p + 1) == '-' && p + 2 < closing) {
      const unsigned char last = static_cast<unsigned char>(pattern_[p + 2]);
      if (first <= c && c <= last) return is_in;
      p += 3;
    } else {
      if (first == c) return is_in;
      ++p;
    }
  }
  return !is_in;
}

void LuaPattern::PushCapture(int i, size_t start, size_t end) {
  if (i >= level_) {
    if (i != 0) luaL_error(lua_, "invalid capture index %%%d", i + 1);
    PushView(lua_, text_.substr(start, end - start));
    return;
  }
  const Capture& capture = capture_[i];
  if (capture.size == kOpen) luaL_error(lua_, "unfinished capture");
  if (capture.size == kPosition) {
    lua_pushinteger(lua_, static_cast<lua_Integer>(capture.start) + 1);
    return;
  }
  PushView(lua_,
           text_.substr(capture.start, static_cast<size_t>(capture.size)));
}

int LuaPattern::PushCaptures(size_t start, size_t end) {
  const int count = std::max(level_, 1);
  luaL_checkstack(lua_, count, "too many captures");
  for (int i = 0; i < count; ++i) PushCapture(i, start, end);
  return count;
}

}  // namespace pawl::expression::script
