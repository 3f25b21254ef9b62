// Lua scripts that mean well: values, variables, the libraries, errors.
#include "engine/expression/script/lua.h"

#include <string>
#include <thread>
#include <vector>

#include "engine/expression/script/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::expression::script {
namespace {

using ::testing::HasSubstr;

class Scope : public VariablesView {
 public:
  explicit Scope(const Variables& variables) : VariablesView(variables) {}
  const Value* Find(std::string_view name) const override {
    ++finds;
    return VariablesView::Find(name);
  }
  int64_t now_ms() const override { return 1'700'000'000'999; }
  uint64_t Seed() const override { return 42 + ++seeds; }

  mutable int finds = 0;
  mutable int seeds = 0;
};

Variables Parse(const std::string& json) {
  absl::StatusOr<Variables> variables = Variables::FromJson(json);
  EXPECT_TRUE(variables.ok()) << variables.status();
  return *std::move(variables);
}

ScriptResult RunScript(const std::string& text,
                       const std::string& json = "{}") {
  const Variables variables = Parse(json);
  absl::StatusOr<ScriptResult> result = RunLua(text, Scope(variables));
  EXPECT_TRUE(result.ok()) << text << "\n" << result.status();
  return result.ok() ? *std::move(result) : ScriptResult{};
}

std::string ValueOf(const std::string& text, const std::string& json = "{}") {
  return RunScript(text, json).value.ToJson();
}

absl::Status ErrorOf(const std::string& text, const std::string& json = "{}") {
  const Variables variables = Parse(json);
  absl::StatusOr<ScriptResult> result = RunLua(text, Scope(variables));
  EXPECT_FALSE(result.ok()) << text << "\n" << result->value;
  return result.status();
}

void ExpectInvalid(const std::string& text, const std::string& message,
                   const std::string& json = "{}") {
  const absl::Status status = ErrorOf(text, json);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_THAT(std::string(status.message()), HasSubstr(message)) << text;
}

TEST(LuaTest, AnExpressionOrStatements) {
  EXPECT_EQ(ValueOf("1 + 2"), "3");
  EXPECT_EQ(ValueOf("return 1 + 2"), "3");
  EXPECT_EQ(ValueOf("local a = 1\nreturn a + 2"), "3");
  EXPECT_EQ(ValueOf("localised", R"({"localised":7})"), "7");
  EXPECT_EQ(ValueOf("x = 1"), "null");
  EXPECT_EQ(ValueOf(""), "null");
  EXPECT_EQ(ValueOf("-- nothing"), "null");
  EXPECT_EQ(ValueOf("return 1, 2"), "1");
  EXPECT_EQ(ValueOf("amount > 100 and status == 'approved'",
                    R"({"amount":120,"status":"approved"})"),
            "true");
}

TEST(LuaTest, ValuesGoInAndOutUnchanged) {
  for (const char* json : {"null",
                           "true",
                           "false",
                           "0",
                           "-7",
                           "9223372036854775807",
                           "-9223372036854775808",
                           "0.1",
                           "1.5",
                           "1e+300",
                           "5e-324",
                           "\"\"",
                           "\"\\u0000a\xC3\xA4\"",
                           "[]",
                           "[1,2,3]",
                           "[null]",
                           "[1,null,3,null]",
                           "[[],{}]",
                           "{}",
                           R"({"a":1})",
                           R"({"a":null,"b":[{"c":null}]})",
                           R"({"1":2})",
                           "[false,\"x\",{\"y\":[true]}]"}) {
    const std::string variables = std::string("{\"x\":") + json + "}";
    EXPECT_EQ(ValueOf("return x", variables), json);
    EXPECT_EQ(ValueOf("return execution.getVariable('x')", variables), json);
    EXPECT_EQ(
        RunScript("execution:setVariable('y', execution:getVariable('x'))",
                  variables)
            .written.ToJson(),
        std::string("{\"y\":") + json + "}");
  }
  // By value.
  EXPECT_EQ(ValueOf("x", R"({"x":1.0})"), "1");
  EXPECT_EQ(ValueOf("math.type(x)", R"({"x":1e3})"), "\"integer\"");
  EXPECT_EQ(ValueOf("math.type(x)", R"({"x":1.10})"), "\"float\"");
  EXPECT_EQ(ValueOf("x", R"({"x":1.10})"), "1.1");
  EXPECT_EQ(ValueOf("10 / 2"), "5");
  EXPECT_EQ(ValueOf("1 / 3"), "0.3333333333333333");
  EXPECT_EQ(ValueOf("2^53"), "9007199254740992");
}

TEST(LuaTest, NumbersThatWouldChangeAreRefused) {
  for (const char* number :
       {"9223372036854775808.5", "1234567890123456789012345678901234",
        "0.12345678901234567890123456789", "1e400", "9007199254740993.5"}) {
    ExpectInvalid("return x", "variable 'x': got the number",
                  std::string("{\"x\":") + number + "}");
    ExpectInvalid("return x", "variable 'x': got the number",
                  std::string("{\"x\":[{\"a\":") + number + "}]}");
    // Not read, not refused.
    EXPECT_EQ(ValueOf("1", std::string("{\"x\":") + number + "}"), "1");
  }
  ExpectInvalid("0/0", "no number (0/0)");
  ExpectInvalid("1/0", "infinity");
  ExpectInvalid("\nexecution.setVariable('r', -1/0)",
                "line 2: variable 'r': got infinity");
}

TEST(LuaTest, WhatNoVariableHoldsIsRefused) {
  ExpectInvalid("print", "got a function");
  ExpectInvalid("return function() end", "got a function");
  ExpectInvalid("{1, nil, 3}", "keys 1 to n without a gap");
  ExpectInvalid("{1, a = 2}", "keys 1 to n without a gap");
  ExpectInvalid("{[2] = 1}", "keys 1 to n without a gap");
  ExpectInvalid("{[1.5] = 1}", "keys 1 to n without a gap");
  ExpectInvalid("{[true] = 1}", "keys 1 to n without a gap");
  ExpectInvalid("local t = x; t.name = 1; return t", "keys 1 to n",
                R"({"x":[1]})");
  ExpectInvalid("local t = {} t.t = t return t", "kValueDepthMax");
  ExpectInvalid("'\\xff'", "byte 0 (counted from 0) is no UTF-8");
  ExpectInvalid("{['a\\x80'] = 1}", "byte 1");
  ExpectInvalid("execution.setVariable('', 1)", "a variable's name");
  ExpectInvalid("execution.setVariable('a\\xff', 1)", "a variable's name");
  ExpectInvalid("execution.setVariable(1, 1)", "string expected");
  ExpectInvalid("execution.setVariable('a')", "value expected");
  ExpectInvalid("execution.getVariable()", "string expected");
}

TEST(LuaTest, DepthAtItsEdge) {
  const std::string nest =
      "local t = 1 for i = 1, n do t = {a = t} end return t";
  RunScript(nest, "{\"n\":" + std::to_string(kValueDepthMax) + "}");
  ExpectInvalid(nest, "kValueDepthMax",
                "{\"n\":" + std::to_string(kValueDepthMax + 1) + "}");
}

// The record keeps what is written in a context.
TEST(LuaTest, DepthOfWhatIsWrittenAtItsEdge) {
  const std::string nest =
      "local t = 1 for i = 1, n do t = {a = t} end "
      "execution.setVariable('deep', t)";
  const ScriptResult result =
      RunScript(nest, "{\"n\":" + std::to_string(kLuaWrittenDepthMax) + "}");
  const Variables kept{{"written", Value(result.written)}};
  EXPECT_TRUE(kept.Validate().ok()) << kept.Validate();
  EXPECT_TRUE(Variables::FromJson(kept.ToJson()).ok());
  ExpectInvalid(nest,
                "variable 'deep': got a table in itself, or nested deeper than "
                "kLuaWrittenDepthMax (199)",
                "{\"n\":" + std::to_string(kLuaWrittenDepthMax + 1) + "}");
}

TEST(LuaTest, EmptyTables) {
  EXPECT_EQ(ValueOf("{}"), "{}");
  EXPECT_EQ(ValueOf("execution.list({})"), "[]");
  EXPECT_EQ(ValueOf("execution:list {1}"), "[1]");
  EXPECT_EQ(ValueOf("x[1] = nil return x", R"({"x":[1]})"), "[]");
  EXPECT_EQ(ValueOf("x.a = nil return x", R"({"x":{"a":1}})"), "{}");
  EXPECT_EQ(ValueOf("{a = execution.null, b = {execution.null}}"),
            R"({"a":null,"b":[null]})");
  EXPECT_EQ(ValueOf("execution.null"), "null");
}

TEST(LuaTest, NullsReadAsNilAndStay) {
  EXPECT_EQ(ValueOf("x == nil and y.a == nil and z == nil",
                    R"({"x":null,"y":{"a":null}})"),
            "true");
  EXPECT_EQ(ValueOf("#x", R"({"x":[1,null,null]})"), "3");
  EXPECT_EQ(ValueOf("x[2] == execution.null", R"({"x":[1,null]})"), "true");
  EXPECT_EQ(ValueOf("y.b = 2 y.a = 1 return y", R"({"y":{"a":null,"c":null}})"),
            R"({"a":1,"b":2,"c":null})");
}

TEST(LuaTest, ContextsComeOutByName) {
  EXPECT_EQ(ValueOf("{z = 1, a = 2, m = {y = 1, b = 2}}"),
            R"({"a":2,"m":{"b":2,"y":1},"z":1})");
}

TEST(LuaTest, VariablesAndGlobals) {
  // Written, then read, both ways.
  EXPECT_EQ(ValueOf("execution.setVariable('x', 2) return x + "
                    "execution.getVariable('x')",
                    R"({"x":1})"),
            "4");
  EXPECT_EQ(ValueOf("local a = x execution.setVariable('x', nil) return x",
                    R"({"x":1})"),
            "null");
  EXPECT_EQ(ValueOf("execution.setVariable('w', nil) return "
                    "{execution.hasVariable('x'), execution:hasVariable('n'), "
                    "execution.hasVariable('w'), execution.hasVariable('z')}",
                    R"({"x":1,"n":null})"),
            "[true,true,true,false]");
  // A global is the script's own.
  ScriptResult result =
      RunScript("x = 5 return {x, execution.getVariable('x')}", R"({"x":1})");
  EXPECT_EQ(result.value.ToJson(), "[5,1]");
  EXPECT_TRUE(result.written.empty());
  // Until the variable is written.
  EXPECT_EQ(ValueOf("x = 5 execution.setVariable('x', 6) return x"), "6");
  // Order of the first writing, value of the last.
  EXPECT_EQ(
      RunScript("execution.setVariable('b', 1) execution.setVariable('a', 2) "
                "execution.setVariable('b', 3)")
          .written.ToJson(),
      R"({"b":3,"a":2})");
  // What is read is a copy; the same one each time.
  result = RunScript("o.n = 2 return o.n", R"({"o":{"n":1}})");
  EXPECT_EQ(result.value.ToJson(), "2");
  EXPECT_TRUE(result.written.empty());
  // What is written is a copy as well.
  EXPECT_EQ(RunScript("t = {1} execution.setVariable('t', t) t[1] = 2").written,
            Parse(R"({"t":[1]})"));
  // The library's names come first.
  EXPECT_EQ(ValueOf("type(string) == 'table' and "
                    "execution.getVariable('string')",
                    R"({"string":7})"),
            "7");
  EXPECT_EQ(ValueOf("_G.x + _ENV.x", R"({"x":2})"), "4");
}

TEST(LuaTest, VariablesAreReadLazilyAndOnce) {
  const Variables variables = Parse(R"({"a":[1],"b":{"c":2}})");
  Scope scope(variables);
  ASSERT_TRUE(RunLua("return 1", scope).ok());
  EXPECT_EQ(scope.finds, 0);
  ASSERT_TRUE(RunLua("return a[1] + a[1] + a[1]", scope).ok());
  EXPECT_EQ(scope.finds, 1);
}

TEST(LuaTest, ErrorsHaveTheirLine) {
  ExpectInvalid("return 1 +", "Lua: line 1: unexpected symbol near <eof>");
  ExpectInvalid("local a = 1\n\nif a then", "line 3: 'end' expected");
  ExpectInvalid("\nreturn order.total",
                "line 2: attempt to index a nil value (global 'order')");
  ExpectInvalid("\n\nerror('no route')", "Lua: line 3: no route");
  ExpectInvalid("error({})", "an error that is a table");
  ExpectInvalid("error()", "an error that is a nil");
  ExpectInvalid("local a <const> = 1; a = 2", "attempt to assign to const");
}

TEST(LuaTest, CheckCompilesOnly) {
  EXPECT_TRUE(CheckLua("return 1 + 2").ok());
  EXPECT_TRUE(CheckLua("a > 1").ok());
  EXPECT_TRUE(CheckLua("while true do end").ok());
  const absl::Status status = CheckLua("local a = 1\nlocal b = = 2");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("line 2: unexpected symbol near '='"));
  EXPECT_EQ(CheckLua("\x1bLua").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckLua(std::string("return\0", 7)).code(),
            absl::StatusCode::kInvalidArgument);
  const std::string longest(kExpressionBytesMax, ' ');
  EXPECT_TRUE(CheckLua(longest).ok());
  EXPECT_EQ(CheckLua(longest + " ").code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(LuaTest, ChanceAndTimeComeFromTheScope) {
  const std::string text =
      "return {math.random(), math.random(6), math.random(-5, 5), "
      "math.random(math.mininteger, math.maxinteger), os.time()}";
  const std::string once = ValueOf(text);
  EXPECT_EQ(once, ValueOf(text));
  EXPECT_THAT(once, HasSubstr(",1700000000]"));
  const Variables none;
  Scope scope(none);
  ASSERT_TRUE(RunLua("return 1", scope).ok());
  EXPECT_EQ(scope.seeds, 0);
  ASSERT_TRUE(RunLua("return math.random() + math.random()", scope).ok());
  EXPECT_EQ(scope.seeds, 1);
  EXPECT_EQ(ValueOf("local low, high = 9, 0 for i = 1, 1000 do local r = "
                    "math.random(3, 7) if r < low then low = r end if r > high "
                    "then high = r end end return {low, high}"),
            "[3,7]");
  ExpectInvalid("math.random(2, 1)", "interval is empty");
  ExpectInvalid("math.random(0)", "interval is empty");
  ExpectInvalid("os.time({year = 2020})", "takes no arguments");
}

TEST(LuaTest, NothingLeadsOutOfTheMachine) {
  EXPECT_EQ(
      ValueOf("local there = {} for _, name in ipairs {'io', 'load', "
              "'loadstring', 'loadfile', 'dofile', 'require', 'package', "
              "'debug', 'collectgarbage', 'coroutine'} do if _G[name] ~= nil "
              "then there[#there + 1] = name end end return "
              "execution.list(there)"),
      "[]");
  EXPECT_EQ(ValueOf("{string.dump, string.pack, os.execute, os.clock, "
                    "os.getenv, os.exit, math.randomseed}"),
            "{}");
  EXPECT_EQ(ValueOf("getmetatable('').__index == string"), "true");
  ExpectInvalid("setmetatable(_G, {})", "protected metatable");
  EXPECT_EQ(ValueOf("getmetatable(_G)"), "false");
}

TEST(LuaTest, NothingOfAScriptIsLeftToTheNext) {
  RunScript(
      "x = 1 string.upper = nil getmetatable('').__index = nil "
      "execution.getVariable = nil rawset(_G, 'string', 5) "
      "math.pi = 3 execution.setVariable('v', 1)");
  EXPECT_EQ(ValueOf("{x == nil, ('a'):upper(), math.pi > 3, v == nil, "
                    "execution.getVariable('v') == nil}"),
            R"([true,"A",true,true,true])");
}

TEST(LuaTest, PairsGoInOrder) {
  EXPECT_EQ(ValueOf("local t = {30, 10, 20, z = 1, a = 2, [true] = 3, [false] "
                    "= 4, [2.5] = 5, [-1] = 6} local out = '' for k, v in "
                    "pairs(t) do out = out .. tostring(k) .. '=' .. v .. ' ' "
                    "end return out"),
            "\"1=30 2=10 3=20 -1=6 2.5=5 a=2 z=1 false=4 true=3 \"");
  // Entries that were removed meanwhile are left out.
  EXPECT_EQ(ValueOf("local t = {a = 1, b = 2, c = 3} local out = '' for k in "
                    "pairs(t) do out = out .. k t.b = nil end return out"),
            "\"ac\"");
  EXPECT_EQ(ValueOf("next({}) == nil and next({5})"), "1");
  EXPECT_EQ(ValueOf("local out = 0 for k, v in pairs(setmetatable({}, {__pairs "
                    "= function() return next, {4}, nil end})) do out = out + "
                    "v end return out"),
            "4");
}

TEST(LuaTest, ProtectedCalls) {
  EXPECT_EQ(ValueOf("{pcall(function(a, b) return a + b, 'x' end, 1, 2)}"),
            "[true,3,\"x\"]");
  EXPECT_EQ(ValueOf("{pcall(error, 'no')}"), "[false,\"no\"]");
  EXPECT_EQ(ValueOf("{xpcall(function(a) error(a, 0) end, function(e) return "
                    "'<' .. e .. '>' end, 'no')}"),
            "[false,\"<no>\"]");
  EXPECT_EQ(ValueOf("{xpcall(function(...) return ... end, print, 1, 2)}"),
            "[true,1,2]");
  EXPECT_EQ(ValueOf("(xpcall(error, function() error('again') end))"), "false");
  EXPECT_EQ(ValueOf("local s = '' do local a <close> = setmetatable({}, "
                    "{__close = function() s = s .. 'closed' end}) end return "
                    "s"),
            "\"closed\"");
  EXPECT_EQ(ValueOf("print('a', 1, {}) return 1"), "1");
}

TEST(LuaTest, TableFunctions) {
  EXPECT_EQ(ValueOf("local t = {1, 2} table.insert(t, 3) table.insert(t, 1, 0) "
                    "return t"),
            "[0,1,2,3]");
  EXPECT_EQ(ValueOf("local t = {1, 2, 3} return {table.remove(t, 1), "
                    "table.remove(t), t, table.remove({}) == nil}"),
            "[1,3,[2],true]");
  EXPECT_EQ(ValueOf("table.concat({1, 'a', 2.5}, '-')"), "\"1-a-2.5\"");
  EXPECT_EQ(ValueOf("table.concat({1, 2, 3}, ',', 2, 3)"), "\"2,3\"");
  EXPECT_EQ(ValueOf("{table.unpack({1, 2, 3}, 2)}"), "[2,3]");
  EXPECT_EQ(ValueOf("table.pack(7, 8).n"), "2");
  EXPECT_EQ(ValueOf("table.move({1, 2, 3}, 1, 3, 2)"), "[1,1,2,3]");
  EXPECT_EQ(ValueOf("table.move({1, 2, 3}, 2, 3, 1)"), "[2,3,3]");
  EXPECT_EQ(ValueOf("table.move({1, 2}, 1, 2, 1, {})"), "[1,2]");
  EXPECT_EQ(ValueOf("local t = {5, 3, 9, 1, 7, 2, 8} table.sort(t) return t"),
            "[1,2,3,5,7,8,9]");
  EXPECT_EQ(ValueOf("local t = {'b', 'a', 'c'} table.sort(t, function(a, b) "
                    "return a > b end) return t"),
            "[\"c\",\"b\",\"a\"]");
  // Equal ones stay as they were.
  EXPECT_EQ(
      ValueOf("local t = {{2, 'x'}, {1, 'a'}, {2, 'y'}, {1, 'b'}} "
              "table.sort(t, function(a, b) return a[1] < b[1] end) local "
              "s = '' for _, e in ipairs(t) do s = s .. e[2] end return "
              "s"),
      "\"abxy\"");
  ExpectInvalid("table.insert({}, 5, 1)", "position out of bounds");
  ExpectInvalid("table.insert({}, 1, 2, 3)", "wrong number of arguments");
  ExpectInvalid("table.remove({1}, 7)", "position out of bounds");
  ExpectInvalid("table.concat({{}})", "invalid value (at index 1)");
  ExpectInvalid("table.sort({1, 'a'})", "attempt to compare");
}

// Expected values are those of lua5.4.
TEST(LuaTest, Patterns) {
  struct Case {
    const char* text;
    const char* value;
  };
  for (const Case& c : std::vector<Case>{
           {"{('hello world'):find('wor')}", "[7,9]"},
           {"{('hello'):find('l+')}", "[3,4]"},
           {"{('hello'):find('')}", "[1,0]"},
           {"{('hello'):find('', 6)}", "[6,5]"},
           {"{('hello'):find('', 7)}", "{}"},
           {"{('hello'):find('l', -1)}", "{}"},
           {"{('hello'):find('l', -2)}", "[4,4]"},
           {"{('a.b'):find('.', 2, true)}", "[2,2]"},
           {"{('key = value'):match('^(%w+)%s*=%s*(%w+)$')}",
            "[\"key\",\"value\"]"},
           {"('x'):match('^y')", "null"},
           {"{('a\\0b'):find('%z%Z')}", "[2,3]"},
           {"('  trim  '):match('^%s*(.-)%s*$')", "\"trim\""},
           {"{('ab'):match('()a()')}", "[1,2]"},
           {"('f(a(b)c)d'):match('%b()')", "\"(a(b)c)\""},
           {"('THE (quick) fox'):find('%f[%a]%a+%f[%A]', 5)", "6"},
           {"('\"a\\'b\"c'):match('([\"\\'])(.-)%1')", "\"\\\"\""},
           {"('2026-11-21'):gsub('(%d+)-(%d+)-(%d+)', '%3.%2.%1')",
            "\"21.11.2026\""},
           {"{('hello'):gsub('l', 'L', 1)}", "[\"heLlo\",1]"},
           {"{('abc'):gsub('', '-')}", "[\"-a-b-c-\",4]"},
           {"{('abc'):gsub('%w', '%0%0')}", "[\"aabbcc\",3]"},
           {"{('abc'):gsub('b*', 'x')}", "[\"xaxcx\",3]"},
           {"{('hello world'):gsub('o', {o = '0'})}", "[\"hell0 w0rld\",2]"},
           {"{('$x $y'):gsub('%$(%w+)', function(n) return n == 'x' and 1 "
            "end)}",
            "[\"1 $y\",2]"},
           {"('a%b'):gsub('%%', '%%%%')", "\"a%%b\""},
           {"('a-b]c'):gsub('[]-]', '.')", "\"a.b.c\""},
           {"('a-b'):gsub('[^a-z]', '')", "\"ab\""},
           {"('[x]'):gsub('[%[%]]', '')", "\"x\""},
           {"('aXb'):gsub('%u', string.lower)", "\"axb\""},
           {"('aaa'):match('a-')", "\"\""},
           {"('aaab'):match('a-b')", "\"aaab\""},
           {"('color colour'):gsub('colou?r', 'c')", "\"c c\""},
           {"(function() local t = {} for k, v in ('a=1, b=2'):gmatch('(%w+)="
            "(%w+)') do t[k] = v end return t end)()",
            "{\"a\":\"1\",\"b\":\"2\"}"},
           {"(function() local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 "
            "end return n end)()",
            "4"},
           {"('abc'):gmatch('%a', 3)()", "\"c\""},
       }) {
    EXPECT_EQ(ValueOf(c.text), c.value) << c.text;
  }
  ExpectInvalid("('a'):find('[a')", "missing ']'");
  ExpectInvalid("('a'):find('%')", "ends with '%'");
  ExpectInvalid("('a'):find('(a')", "unfinished capture");
  ExpectInvalid("('ab'):find('a.)')", "invalid pattern capture");
  ExpectInvalid("('a'):find('%1')", "invalid capture index");
  ExpectInvalid("('a'):find('%b')", "missing arguments");
  ExpectInvalid("('a'):find('%fa')", "missing '['");
  ExpectInvalid("('a'):gsub('a', '%2')", "invalid capture index");
  ExpectInvalid("('a'):gsub('a', '%x')", "invalid use of '%'");
  ExpectInvalid("('a'):gsub('a', function() return {} end)",
                "invalid replacement value (a table)");
  ExpectInvalid("('a'):gsub('a', true)", "string/function/table");
}

TEST(LuaTest, Strings) {
  EXPECT_EQ(ValueOf("('ab'):rep(3, '-')"), "\"ab-ab-ab\"");
  EXPECT_EQ(ValueOf("('x'):rep(-1) .. (''):rep(1 << 62)"), "\"\"");
  EXPECT_EQ(ValueOf("string.format('%5.2f|%d|%s|%q', 3.14159, 42, 'x', 'y')"),
            "\" 3.14|42|x|\\\"y\\\"\"");
  EXPECT_EQ(ValueOf("string.format('%s %s', {}, print)"), "\"table function\"");
  EXPECT_EQ(ValueOf("tostring({}) .. tostring(print) .. tostring(nil) .. "
                    "tostring(1.5) .. tostring(execution.null)"),
            "\"tablefunctionnil1.5null\"");
  EXPECT_EQ(ValueOf("tostring(setmetatable({}, {__tostring = function() return "
                    "'me' end}))"),
            "\"me\"");
  ExpectInvalid("string.format('%5p', {})", "'%p'");
  EXPECT_EQ(ValueOf("utf8.len('\xC3\xA4x')"), "2");
}

TEST(LuaTest, FourThreads) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([thread] {
      const Variables variables{{"n", thread}};
      const VariablesView scope(variables);
      for (int i = 0; i < 300; ++i) {
        absl::StatusOr<ScriptResult> result = RunLua(
            "local s = 0 for i = 1, 100 do s = s + n end "
            "execution.setVariable('s', s) return {n = n, list = {n, n}}",
            scope);
        ASSERT_TRUE(result.ok()) << result.status();
        ASSERT_EQ(result->written["s"], Value(100 * thread));
        ASSERT_EQ(result->value["list"][1], Value(thread));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pawl::expression::script
