// Lua scripts that mean harm: each is stopped, by the limit that it reaches,
// within two seconds of processor time, and the next script runs.
#include <time.h>

#include <string>
#include <thread>
#include <vector>

#include "engine/expression/script/limits.h"
#include "engine/expression/script/lua.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::expression::script {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

// A build with sanitizers reaches the end of its time before other limits.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSlow = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kIsSlow = true;
#else
constexpr bool kIsSlow = false;
#endif
#else
constexpr bool kIsSlow = false;
#endif

double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

absl::Status StatusOf(const std::string& text, const Variables& variables) {
  return RunLua(text, VariablesView(variables)).status();
}

void ExpectWorks() {
  const Variables variables{{"x", 20}};
  absl::StatusOr<ScriptResult> result =
      RunLua("execution.setVariable('y', x + 1) return ('a'):rep(3)",
             VariablesView(variables));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->value, Value("aaa"));
  EXPECT_EQ(result->written["y"], Value(21));
}

// `limit`: part of the message, or several with '|' between them.
void ExpectStopped(const std::string& text, const std::string& limit,
                   const Variables& variables = {}) {
  SCOPED_TRACE(text.substr(0, 300));
  const double start = CpuSeconds();
  const absl::Status status = StatusOf(text, variables);
  const double seconds = CpuSeconds() - start;
  EXPECT_LT(seconds, 2.0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  const std::string message(status.message());
  if (kIsSlow && message.find("kLuaCpuMsMax") != message.npos) return;
  const size_t bar = limit.find('|');
  EXPECT_THAT(message, AnyOf(HasSubstr(limit.substr(0, bar)),
                             HasSubstr(limit.substr(bar + 1))));
  ExpectWorks();
}

TEST(LuaHostileTest, Loops) {
  ExpectStopped("while true do end", "kLuaStepsMax");
  ExpectStopped("::a:: goto a", "kLuaStepsMax");
  ExpectStopped("local function f() return f() end f()", "kLuaStepsMax");
  ExpectStopped("repeat until false", "kLuaStepsMax");
  ExpectStopped("for i = 1, math.huge do end", "kLuaStepsMax");
}

TEST(LuaHostileTest, HoldsOnWithProtectedCalls) {
  ExpectStopped("while true do pcall(function() while true do end end) end",
                "kLuaStepsMax");
  ExpectStopped("local function f() pcall(f) return f() end f()",
                "kLuaStepsMax|stack overflow");
  ExpectStopped("while true do pcall(pcall, pcall, error) end", "kLuaStepsMax");
  ExpectStopped(
      "xpcall(function() while true do end end, function() while true do end "
      "end)",
      "kLuaStepsMax");
  ExpectStopped(
      "xpcall(error, function() while true do end end) while true do end",
      "kLuaStepsMax");
  ExpectStopped(
      "local function h(e) error(e) end while true do xpcall(error, h) end",
      "kLuaStepsMax");
  ExpectStopped("while true do pcall(string.rep, 'x', 1 << 40) end",
                "kLuaStringBytesMax");
  ExpectStopped(
      "local t = {} while true do pcall(function() while true do t[#t + 1] = "
      "('x'):rep(1000) .. #t end end) end",
      "kLuaMemoryMax|kLuaStepsMax");
}

TEST(LuaHostileTest, ClosesAndFinalizers) {
  ExpectStopped(
      "local a <close> = setmetatable({}, {__close = function() while true do "
      "end end}) while true do end",
      "kLuaStepsMax");
  ExpectStopped(
      "local m = {__close = function() while true do end end} local function "
      "f() local a <close> = setmetatable({}, m) return f() + 1 end "
      "pcall(f) while true do end",
      "kLuaStepsMax|kLuaMemoryMax");
  ExpectStopped(
      "do local a <close> = setmetatable({}, {__close = function() "
      "while true do end end}) end",
      "kLuaStepsMax");
  const absl::Status status = StatusOf(
      "setmetatable({}, {__gc = function() while true do end end})", {});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("__gc"));
  // Set afterwards, it isn't called.
  EXPECT_TRUE(StatusOf("local m = {} for i = 1, 1000 do setmetatable({}, m) "
                       "m.__gc = function() while true do end end m.__gc = nil "
                       "end local t = setmetatable({}, m) m.__gc = function() "
                       "while true do end end t = nil local s = 0 for i = 1, "
                       "20000 do s = s + #{i, i} end return s",
                       {})
                  .ok());
  ExpectWorks();
}

TEST(LuaHostileTest, EatsMemory) {
  ExpectStopped("local s = 'x' while true do s = s .. s end",
                "kLuaStringBytesMax");
  ExpectStopped("local t = {} while true do t = {t, {}, {}} end",
                "kLuaMemoryMax|kLuaStepsMax");
  ExpectStopped("local t = {} for i = 1, 1e9 do t[i] = i end",
                "kLuaMemoryMax|kLuaStepsMax");
  ExpectStopped(
      "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1 << 20) .. i "
      "end",
      "kLuaMemoryMax|kLuaStepsMax");
  ExpectStopped("return ('x'):rep(1e9)", "kLuaStringBytesMax");
  ExpectStopped("return ('x'):rep(1 << 62, 'y')", "kLuaStringBytesMax");
  ExpectStopped("return ('x'):rep(3e6) .. ('y'):rep(3e6)",
                "kLuaStringBytesMax");
  ExpectStopped("local s = ('x'):rep(1e6) return (s:gsub('x', s))",
                "kLuaMemoryMax|kLuaStepsMax");
  ExpectStopped(
      "local s, t = ('x'):rep(1e6), {} for i = 1, 100 do t[i] = s "
      "end return table.concat(t)",
      "kLuaMemoryMax");
  ExpectStopped(
      "local s = ('x'):rep(1e6) return string.format(('%s'):rep(50), "
      "s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s)",
      "kLuaMemoryMax");
  // Garbage is no matter, work is.
  ExpectStopped("while true do local s = ('x'):rep(1e6) end", "kLuaStepsMax");
  ExpectStopped(
      "local t = {} for i = 1, 150000 do t[i] = {} end while true do "
      "local a = {} end",
      "kLuaMemoryMax|kLuaStepsMax");
}

TEST(LuaHostileTest, Recurses) {
  const std::string stack = "stack overflow|kLuaMemoryMax";
  ExpectStopped("local function f() return 1 + f() end f()", stack);
  ExpectStopped("local function f(...) return 1 + f(1, ...) end f()", stack);
  ExpectStopped(
      "local t = setmetatable({}, {}) getmetatable(t).__index = "
      "function(t, k) return t[k .. 'x'] end return t.x",
      "stack overflow");
  ExpectStopped("local function f() return ('x'):gsub('x', f) end f()",
                "stack overflow");
  ExpectStopped("local function f() table.sort({1, 2}, f) end f()",
                "stack overflow");
  ExpectStopped(
      "return " + std::string(5000, '(') + "1" + std::string(5000, ')'),
      "stack overflow");
  ExpectStopped(std::string(5000, '{') + std::string(5000, '}'),
                "stack overflow");
  ExpectStopped(
      "local a = setmetatable({}, {__tostring = function(a) return "
      "tostring(a) end}) return tostring(a)",
      "stack overflow");
}

TEST(LuaHostileTest, Prints) {
  ExpectStopped("while true do print('x') end", "kLuaStepsMax");
  ExpectStopped("local s = ('x'):rep(1 << 20) for i = 1, 1024 do print(s) end",
                "kLuaStepsMax");
}

// Lua's own functions for these run in one instruction for years.
TEST(LuaHostileTest, Patterns) {
  ExpectStopped("return ('a'):rep(1000):find(('.-'):rep(20) .. 'b')",
                "kLuaStepsMax");
  ExpectStopped("return ('a'):rep(1000):match(('a*'):rep(20) .. 'b')",
                "kLuaStepsMax");
  ExpectStopped("return ('a'):rep(1000):gsub(('a?'):rep(100) .. 'b', '')",
                "kLuaStepsMax");
  ExpectStopped("for x in ('a'):rep(1000):gmatch(('a*'):rep(20) .. 'b') do end",
                "kLuaStepsMax");
  ExpectStopped("return ('('):rep(1e6):gsub('%b()', '')", "kLuaStepsMax");
  ExpectStopped("return ('a'):rep(1e6):find('(a*)%1b')", "kLuaStepsMax");
  ExpectStopped(
      "local s = ('a'):rep(1e5) while true do s:find('^[' .. s .. "
      "']') end",
      "kLuaStepsMax");
  ExpectStopped(
      "local s = ('a'):rep(1e6) while true do s:find('b', 1, true) "
      "end",
      "kLuaStepsMax");
  ExpectStopped(
      "local a, b = ('a'):rep(2e6), ('a'):rep(1e6) .. 'b' while true "
      "do a:find(b, 1, true) end",
      "kLuaStepsMax");
}

TEST(LuaHostileTest, TableFunctions) {
  ExpectStopped(
      "local t = {} for i = 1, 50000 do t[i] = i end table.sort(t, "
      "function() return true end)",
      "kLuaStepsMax");
  ExpectStopped(
      "local t, s = {}, ('a'):rep(1e6) for i = 1, 10000 do t[i] = s "
      "end table.sort(t)",
      "kLuaStepsMax");
  ExpectStopped("while true do table.unpack({}, 1, 1e5) end", "kLuaStepsMax");
  ExpectStopped(
      "local t = {} for i = 1, 50000 do t[i] = i end while true do "
      "table.insert(t, 1, 1) table.remove(t, 1) end",
      "kLuaStepsMax");
  ExpectStopped(
      "local t = {} for i = 1, 50000 do t[i] = i end while true do "
      "pairs(t) end",
      "kLuaStepsMax");
  for (const char* count : {"1e6", "1e8", "math.maxinteger"}) {
    const std::string text =
        std::string("return table.unpack({}, 1, ") + count + ")";
    EXPECT_THAT(std::string(StatusOf(text, {}).message()),
                HasSubstr("too many results"));
  }
}

// Single instructions that take a millisecond: only the clock sees them.
TEST(LuaHostileTest, SlowInstructions) {
  const std::string two_strings =
      "local a = ('a'):rep(3e6) local b = ('a'):rep(3e6) ";
  ExpectStopped(two_strings + "while true do local _ = a < b end",
                "kLuaCpuMsMax");
  ExpectStopped(two_strings + "while true do local _ = a == b end",
                "kLuaCpuMsMax");
  ExpectStopped(
      "local t = {} for i = 1, 300000 do t[i] = i end for i = 1, "
      "300000 do t[i] = nil end while true do next(t) end",
      "kLuaCpuMsMax");
}

// What reads a long string to its end in one instruction takes more than one
// step: before any clock is looked at, and the same on every machine.
TEST(LuaHostileTest, LongStringsInOneInstruction) {
  const auto steps_of = [](const std::string& text) {
    const Variables variables{{"s", std::string(400'000, '1')}};
    const auto result = RunLua(text, VariablesView(variables));
    EXPECT_TRUE(result.ok()) << text << ": " << result.status();
    return result.ok() ? result->steps : 0;
  };
  // The string itself comes in first.
  const int64_t plain = steps_of("return #s");
  for (const char* text :
       {"return utf8.len(s)", "return utf8.offset(s, -300000)",
        "return utf8.offset(s, 300000)",
        "return select('#', utf8.codepoint(s, 1, 200000))",
        "return select('#', s:byte(1, 200000))", "tonumber(s, 36)",
        "tonumber('  ' .. s .. 'x')", "local x = s + 1", "local x = -s",
        "local x = math.floor(s)", "local x = math.sqrt(s)"}) {
    EXPECT_GT(steps_of(text), plain + 20'000) << text;
  }
  // A look at one place doesn't cost what the string is long.
  for (const char* text :
       {"return s:byte(1)", "return s:byte(-3, -1)", "return utf8.offset(s, 3)",
        "return utf8.codepoint(s, 7)", "return utf8.len(s, 5, 9)",
        "return s:byte(500000, 600000)"}) {
    EXPECT_LT(steps_of(text), plain + 300) << text;
  }
  for (const char* text :
       {"while true do local _ = s + 1 end", "while true do tonumber(s) end",
        "while true do utf8.len(s) end",
        "while true do pcall(string.byte, s, 1, 5e5) end"}) {
    ExpectStopped(std::string("local s = ('9'):rep(3e6) ") + text,
                  "kLuaStepsMax");
  }
  ExpectStopped("while true do utf8.len(s) end", "kLuaStepsMax",
                {{"s", std::string(400'000, 'x')}});
  ExpectStopped("while true do local n = tonumber(s, 36) end", "kLuaStepsMax",
                {{"s", std::string(400'000, 'x')}});
}

TEST(LuaHostileTest, WhatGoesInAndOut) {
  // A small table that is a gigabyte of JSON.
  ExpectStopped("local t = {1} for i = 1, 30 do t = {t, t} end return t",
                "kVariablesBytesMax|kLuaStepsMax");
  ExpectStopped(
      "local s = ('x'):rep(1e6) for i = 1, 100 do "
      "execution.setVariable('v' .. i, s) end",
      "kVariablesBytesMax");
  ExpectStopped("while true do execution.setVariable('v', 'x') end",
                "kVariablesBytesMax|kLuaStepsMax");
  // Only what is read counts.
  Value::List list(600'000, Value(1));
  const Variables variables{{"x", list}, {"y", 1}};
  EXPECT_TRUE(StatusOf("return y", variables).ok());
  EXPECT_TRUE(StatusOf("return #x", variables).ok());
  ExpectStopped("return {#x, #z}", "kLuaMemoryMax", {{"x", list}, {"z", list}});
}

// Just within the limit, and just beyond.
TEST(LuaHostileTest, StepsAtTheirEdge) {
  EXPECT_TRUE(
      StatusOf("for i = 1, n do end", {{"n", kLuaStepsMax - 2000}}).ok());
  ExpectStopped("for i = 1, n do end", "kLuaStepsMax",
                {{"n", kLuaStepsMax + 2000}});
}

TEST(LuaHostileTest, StringsAtTheirEdge) {
  const Variables most{{"n", kLuaStringBytesMax}};
  const Variables more{{"n", kLuaStringBytesMax + 1}};
  const std::string append =
      "local s = ('x'):rep(n - 10) s = s .. '0123456789' return #s";
  EXPECT_TRUE(StatusOf("return #('x'):rep(n)", most).ok());
  ExpectStopped("return #('x'):rep(n)", "kLuaStringBytesMax", more);
  EXPECT_TRUE(StatusOf(append, most).ok());
  ExpectStopped(append, "kLuaStringBytesMax", more);
}

TEST(LuaHostileTest, MemoryAtItsEdge) {
  // 72 bytes each, and 16 in the list, which doubles at 2^17 entries.
  const std::string text =
      "local t = {} for i = 1, n do t[i] = {i} end return 1";
  EXPECT_EQ(StatusOf(text, {{"n", 130'000}}), absl::OkStatus());
  ExpectStopped(text, "kLuaMemoryMax", {{"n", 180'000}});
}

TEST(LuaHostileTest, ResultAtItsEdge) {
  const std::string text = "return ('x'):rep(n)";
  // The value itself counts as two bytes.
  EXPECT_TRUE(StatusOf(text, {{"n", kVariablesBytesMax - 2}}).ok());
  ExpectStopped(text, "kVariablesBytesMax", {{"n", kVariablesBytesMax - 1}});
}

TEST(LuaHostileTest, PatternsAtTheirDepth) {
  const std::string text = "return (('a'):rep(n):find(('a?'):rep(n)))";
  EXPECT_TRUE(StatusOf(text, {{"n", kLuaPatternDepthMax - 1}}).ok());
  EXPECT_THAT(
      std::string(StatusOf(text, {{"n", kLuaPatternDepthMax}}).message()),
      HasSubstr("pattern too complex"));
}

TEST(LuaHostileTest, FourThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      for (const char* text :
           {"while true do end", "local t = {} while true do t = {t} end",
            "local s = 'x' while true do s = s .. s end",
            "local function f() return 1 + f() end f()"}) {
        EXPECT_EQ(StatusOf(text, {}).code(),
                  absl::StatusCode::kResourceExhausted);
        ExpectWorks();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(LuaHostileTest, TablesThatLieAboutTheirLength) {
  const std::string liar =
      "local t = setmetatable({1, 2, 3}, {__len = function() return 1 << 60 "
      "end, __index = type, __newindex = rawequal}) ";
  const Variables none;
  for (const char* call :
       {"table.insert(t, 1, 1)", "table.remove(t, 1)", "table.sort(t)",
        "table.concat(t)", "table.pack(table.unpack(t))"}) {
    EXPECT_TRUE(StatusOf(liar + call, none).ok()) << call;
  }
  ExpectStopped(liar + "table.move(t, 1, 1 << 60, 2)", "kLuaStepsMax");
  ExpectStopped("table.move({}, 1, 1 << 60, 2, {})", "kLuaStepsMax");
}

}  // namespace
}  // namespace pawl::expression::script
