// JavaScript as models have it, well-meant and hostile, in the real child.
#include "engine/expression/script/javascript.h"

#include <time.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/expression/script/javascript_cage.h"
#include "engine/expression/script/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::expression::script {
namespace {

using ::testing::HasSubstr;

double Seconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

class JavaScriptTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("PAWL_JAVASCRIPT") == nullptr) {
      GTEST_SKIP() << "no JavaScript: this was built without mozjs "
                      "(tools/setup --javascript)";
    }
    // One for all tests; it stays until the process ends.
    static JavaScript* const shared = [] {
      absl::StatusOr<std::unique_ptr<JavaScript>> created =
          JavaScript::Create({});
      EXPECT_TRUE(created.ok()) << created.status();
      return created.ok() ? created->release() : nullptr;
    }();
    ASSERT_NE(shared, nullptr);
    javascript_ = shared;
  }

  absl::StatusOr<ScriptResult> Try(const std::string& text,
                                   const std::string& json = "{}") {
    absl::StatusOr<Variables> variables = Variables::FromJson(json);
    EXPECT_TRUE(variables.ok()) << variables.status();
    return javascript_->Run(text, *variables, 42, 1'700'000'000'999);
  }
  ScriptResult Get(const std::string& text, const std::string& json = "{}") {
    absl::StatusOr<ScriptResult> result = Try(text, json);
    EXPECT_TRUE(result.ok()) << text << "\n" << result.status();
    return result.ok() ? *std::move(result) : ScriptResult{};
  }
  std::string ValueOf(const std::string& text, const std::string& json = "{}") {
    return Get(text, json).value.ToJson();
  }
  void ExpectInvalid(const std::string& text, const std::string& message,
                     const std::string& json = "{}") {
    const absl::Status status = Try(text, json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text << "\n"
                                                                 << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message)) << text;
  }
  void ExpectWorks() {
    const ScriptResult result =
        Get("execution.setVariable('y', x + 1); 'aaa'", R"({"x":20})");
    EXPECT_EQ(result.value, Value("aaa"));
    EXPECT_EQ(result.written["y"], Value(21));
  }
  void ExpectStopped(const std::string& text, const std::string& limit,
                     const std::string& json = "{}") {
    SCOPED_TRACE(text);
    const absl::Status status = Try(text, json).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(limit));
    ExpectWorks();
  }

  JavaScript* javascript_ = nullptr;
};

TEST_F(JavaScriptTest, TheValueIsThatOfTheLastExpression) {
  EXPECT_EQ(ValueOf("1 + 2"), "3");
  EXPECT_EQ(ValueOf("const a = 1; a + 2"), "3");
  EXPECT_EQ(ValueOf("if (x > 1) 'more'; else 'less'", R"({"x":2})"),
            "\"more\"");
  EXPECT_EQ(ValueOf("let a = 1;"), "null");
  EXPECT_EQ(ValueOf(""), "null");
  EXPECT_EQ(ValueOf("({a: 1})"), R"({"a":1})");
  EXPECT_EQ(ValueOf("[3, 1, 2].sort().map(n => n ** 2)"), "[1,4,9]");
  EXPECT_EQ(ValueOf("`${x?.a ?? 'none'}`", R"({"x":null})"), "\"none\"");
}

TEST_F(JavaScriptTest, ValuesGoInAndOutUnchanged) {
  for (const char* json : {"null",
                           "true",
                           "false",
                           "0",
                           "-7",
                           "9007199254740992",
                           "0.1",
                           "1.5",
                           "1e+300",
                           "5e-324",
                           "1700000000999",
                           "\"\"",
                           "\"\\u0000\\\"\\\\a\xC3\xA4\xF0\x9F\x98\x80\"",
                           "[]",
                           "[1,2,3]",
                           "[1,null,3]",
                           "[[],{}]",
                           "{}",
                           R"({"b":1,"a":null})",
                           R"({"__proto__":1})",
                           "[false,\"x\",{\"y\":[true]}]"}) {
    const std::string variables = std::string("{\"x\":") + json + "}";
    EXPECT_EQ(ValueOf("x", variables), json);
    EXPECT_EQ(ValueOf("execution.getVariable('x')", variables), json);
    EXPECT_EQ(Get("execution.setVariable('y', x)", variables).written.ToJson(),
              std::string("{\"y\":") + json + "}");
  }
  EXPECT_EQ(ValueOf("10n ** 30n"), "1000000000000000000000000000000");
  EXPECT_EQ(ValueOf("-0"), "0");
  EXPECT_EQ(ValueOf("({a: undefined, b: [undefined]})"), R"({"b":[null]})");
}

TEST_F(JavaScriptTest, WhatWouldChangeIsRefused) {
  for (const char* number :
       {"9007199254740993", "1234567890123456789012345678901234",
        "0.12345678901234567890123456789", "1e400"}) {
    const std::string variables =
        std::string("{\"x\":[{\"a\":") + number + "}]}";
    ExpectInvalid("x", "line 1: Error: variable 'x': got the number",
                  variables);
    EXPECT_EQ(ValueOf("1", variables), "1");
  }
  ExpectInvalid("0/0", "got NaN");
  ExpectInvalid("\nexecution.setVariable('r', -1/0)",
                "line 2: Error: variable 'r': got Infinity");
  ExpectInvalid("(() => 1)", "got a function");
  ExpectInvalid("Symbol()", "got a symbol");
  ExpectInvalid("new Date()", "got a Date");
  ExpectInvalid("new Map()", "got a Map or Set");
  ExpectInvalid("Promise.resolve(1)", "got a Promise");
  ExpectInvalid("/x/", "got an object of another kind");
  ExpectInvalid("const o = {}; o.o = o; o", "kValueDepthMax");
  ExpectInvalid("'\\ud800'", "lone surrogate");
  ExpectInvalid("execution.setVariable('', 1)", "kNameBytesMax");
  ExpectInvalid("execution.setVariable(1, 1)", "a name in quotation marks");
  ExpectInvalid("execution.setVariable('a')", "and a value");
}

TEST_F(JavaScriptTest, DepthAtItsEdge) {
  const std::string nest =
      "let t = 1; for (let i = 0; i < n; ++i) t = {a: t}; t";
  Get(nest, "{\"n\":" + std::to_string(kValueDepthMax) + "}");
  ExpectInvalid(nest, "kValueDepthMax",
                "{\"n\":" + std::to_string(kValueDepthMax + 1) + "}");
}

TEST_F(JavaScriptTest, VariablesAndGlobals) {
  EXPECT_EQ(ValueOf("execution.setVariable('x', 2); "
                    "[x, execution.getVariable('x')]",
                    R"({"x":1})"),
            "[2,2]");
  ScriptResult result =
      Get("x = 5; [x, execution.getVariable('x')]", R"({"x":1})");
  EXPECT_EQ(result.value.ToJson(), "[5,1]");
  EXPECT_TRUE(result.written.empty());
  EXPECT_EQ(ValueOf("const order = execution.getVariable('order'); order.n",
                    R"({"order":{"n":3}})"),
            "3");
  EXPECT_EQ(ValueOf("let x = 7; x", R"({"x":1})"), "7");
  EXPECT_EQ(Get("execution.setVariable('b', 1); execution.setVariable('a', 2); "
                "execution.setVariable('b', 3)")
                .written.ToJson(),
            R"({"b":3,"a":2})");
  result = Get("o.n = 2; execution.getVariable('o').n + o.n", R"({"o":{}})");
  EXPECT_EQ(result.value.ToJson(), "4");
  EXPECT_TRUE(result.written.empty());
  EXPECT_EQ(
      Get("const t = [1]; execution.setVariable('t', t); t[0] = 2; t[0] + "
          "execution.getVariable('t')[0]")
          .value,
      Value(3));
  EXPECT_EQ(ValueOf("[typeof Math.max, execution.getVariable('Math')]",
                    R"({"Math":7})"),
            "[\"function\",7]");
  EXPECT_EQ(ValueOf("print(); typeof Map",
                    R"({"print":12345678901234567890,"Map":1})"),
            "\"function\"");
  EXPECT_EQ(ValueOf("execution.setVariable('Math', 1); typeof Math.max"),
            "\"function\"");
  EXPECT_EQ(ValueOf("execution.getVariable('none')"), "null");
  EXPECT_EQ(ValueOf("typeof none"), "\"undefined\"");
  EXPECT_EQ(ValueOf("execution.setVariable('w', null); ['x', 'n', 'w', 'z']"
                    ".map(execution.hasVariable)",
                    R"({"x":1,"n":null})"),
            "[true,true,true,false]");
}

TEST_F(JavaScriptTest, ErrorsHaveTheirLine) {
  ExpectInvalid("\nlet a = ;", "JavaScript: line 2: SyntaxError: expected");
  ExpectInvalid("\n\norder.total",
                "line 3: ReferenceError: order is not defined");
  ExpectInvalid("throw new Error('no route')", "line 1: Error: no route");
  ExpectInvalid("throw 'no'", "no");
  ExpectInvalid("throw {}", "JavaScript: ");
  ExpectInvalid("return 1", "SyntaxError");
  ExpectInvalid("throw new Error('\xC3\xA4'.repeat(5000))", "Error: \xC3\xA4");
}

TEST_F(JavaScriptTest, CheckCompilesOnly) {
  EXPECT_TRUE(javascript_->Check("for (;;) ;").ok());
  EXPECT_TRUE(javascript_->Check("unknown + 1").ok());
  const absl::Status status = javascript_->Check("let a = 1;\nlet a = 2;");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("line 2"));
  EXPECT_EQ(javascript_->Check("'\xff'").code(),
            absl::StatusCode::kInvalidArgument);
  const std::string longest(kExpressionBytesMax, ' ');
  EXPECT_TRUE(javascript_->Check(longest).ok());
  EXPECT_EQ(javascript_->Check(longest + " ").code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(JavaScriptTest, ChanceAndTimeAreGiven) {
  const std::string text =
      "[Date.now(), new Date().toISOString(), Math.random(), Math.random()]";
  const std::string once = ValueOf(text);
  EXPECT_EQ(once, ValueOf(text));
  EXPECT_THAT(once, HasSubstr("[1700000000999,\"2023-11-14T22:13:20.999Z\","));
  absl::StatusOr<ScriptResult> other =
      javascript_->Run("Math.random()", {}, 43, 0);
  ASSERT_TRUE(other.ok());
  EXPECT_NE(ValueOf("Math.random()"), other->value.ToJson());
  EXPECT_EQ(ValueOf("new Date(2026, 6, 1).getTimezoneOffset()"), "0");
}

TEST_F(JavaScriptTest, NothingLeadsOutOfTheProcess) {
  EXPECT_EQ(ValueOf("['Intl', 'SharedArrayBuffer', 'Atomics', 'WebAssembly', "
                    "'WeakRef', 'FinalizationRegistry', 'os', 'load', 'read', "
                    "'quit', 'setTimeout', 'require', 'process', 'Java', "
                    "'fetch', 'performance'].filter(n => n in globalThis)"),
            "[]");
  ExpectInvalid("import('x').then(m => m); import 'x'", "SyntaxError");
  EXPECT_EQ(ValueOf("print('a'); console.log('b'); 1"), "1");
}

TEST_F(JavaScriptTest, NothingOfAScriptIsLeftToTheNext) {
  Get("var left = 1; globalThis.other = 2; Array.prototype.map = null; "
      "Object.prototype.evil = 3; execution.getVariable = null; "
      "execution.setVariable('v', 1)");
  EXPECT_EQ(
      ValueOf("[typeof left, typeof other, typeof [].map, typeof {}.evil, "
              "typeof v, execution.getVariable('v')]"),
      R"(["undefined","undefined","function","undefined","undefined",null])");
  // Not even what promises wait for.
  ExpectInvalid(
      "Promise.resolve().then(() => execution.setVariable('p', 1)); "
      "throw new Error('no')",
      "no");
  EXPECT_TRUE(Get("1").written.empty());
  // Within one script they are waited for.
  EXPECT_EQ(Get("(async () => { await 0; execution.setVariable('p', 1) })(); 2")
                .written.ToJson(),
            R"({"p":1})");
}

// Scripts that the cage ends.
class HostileJavaScriptTest : public JavaScriptTest {
 protected:
  void SetUp() override {
    if (kCageIsOpen) GTEST_SKIP() << "the cage is open under the sanitizers";
    JavaScriptTest::SetUp();
  }
};

TEST_F(HostileJavaScriptTest, Loops) {
  ExpectStopped("for (;;) ;", "kJavaScriptCpuMsMax");
  ExpectStopped("try { for (;;) ; } catch (e) {} finally { for (;;) ; }",
                "kJavaScriptCpuMsMax");
  ExpectStopped("(async () => { for (;;) await 1; })(); 1",
                "kJavaScriptCpuMsMax");
  ExpectStopped("(function f() { Promise.resolve().then(f) })(); 1",
                "kJavaScriptCpuMsMax");
  ExpectStopped("({ get a() { for (;;) ; } })", "kJavaScriptCpuMsMax");
  // Native code, which doesn't ask whether it should go on.
  ExpectStopped("/(a*)*b/.test('a'.repeat(100))", "kJavaScriptCpuMsMax");
  ExpectStopped("while (true) print('xxxxxxxxxxxxxxxxxxxxxxxx')",
                "kJavaScriptCpuMsMax");
}

TEST_F(HostileJavaScriptTest, EatsMemory) {
  ExpectStopped("let q = []; for (;;) q.push(new Uint8Array(1 << 20))",
                "kJavaScriptMemoryMax");
  ExpectStopped("new Uint8Array(1e9)", "kJavaScriptMemoryMax");
  ExpectStopped("let s = 'x'; for (;;) s += s", "kJavaScriptMemoryMax");
  ExpectStopped(
      "let q = []; for (;;) q.push('x'.repeat(1e6) + q.length, "
      "[...'x'.repeat(1e5)])",
      "kJavaScript");
  ExpectStopped("new Array(2 ** 32 - 1)", "kVariablesBytesMax");
  // Within the limit.
  EXPECT_EQ(ValueOf("new Uint8Array(40e6).length"), "40000000");
}

TEST_F(HostileJavaScriptTest, Recurses) {
  ExpectStopped("function f() { f() } f()", "kJavaScriptStackMax");
  ExpectStopped("(function f() { try { f() } finally { f() } })()",
                "kJavaScript");
  ExpectStopped(std::string(30'000, '[') + std::string(30'000, ']'),
                "kJavaScriptStackMax");
  ExpectStopped(
      "let a = []; for (let i = 0; i < 1e5; ++i) a = [a]; "
      "JSON.stringify(a)",
      "kJavaScriptStackMax");
}

TEST_F(HostileJavaScriptTest, AGigabyte) {
  ExpectStopped("'x'.repeat(2 ** 29)", "kVariablesBytesMax");
  ExpectStopped("let t = [1]; for (let i = 0; i < 30; ++i) t = [t, t]; t",
                "kVariablesBytesMax");
  ExpectStopped(
      "for (let i = 0; ; ++i) execution.setVariable('v' + i, "
      "'x'.repeat(1e5))",
      "kVariablesBytesMax");
  ExpectInvalid("throw new Error('x'.repeat(2 ** 29))", "JavaScript: line 1");
  EXPECT_EQ(ValueOf("'x'.repeat(n).length",
                    "{\"n\":" + std::to_string(kVariablesBytesMax) + "}"),
            std::to_string(kVariablesBytesMax));
  const std::string repeat = "'x'.repeat(n - 4)";
  EXPECT_EQ(
      ValueOf(repeat, "{\"n\":" + std::to_string(kVariablesBytesMax) + "}")
          .size(),
      kVariablesBytesMax - 2);
  ExpectStopped(repeat, "kVariablesBytesMax",
                "{\"n\":" + std::to_string(kVariablesBytesMax + 3) + "}");
}

TEST_F(JavaScriptTest, VariablesAtTheirEdge) {
  const Variables most{{"x", std::string(kVariablesBytesMax - 20, 'a')}};
  absl::StatusOr<ScriptResult> result =
      javascript_->Run("x.length", most, 0, 0);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->value, Value(kVariablesBytesMax - 20));
  const Variables more{{"x", std::string(kVariablesBytesMax, 'a')}};
  EXPECT_EQ(javascript_->Run("1", more, 0, 0).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(JavaScriptTest, FourThreads) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 25; ++i) {
        absl::StatusOr<ScriptResult> result = javascript_->Run(
            "execution.setVariable('s', n * 2); [n, n]", {{"n", thread}}, 1, 1);
        ASSERT_TRUE(result.ok()) << result.status();
        ASSERT_EQ(result->written["s"], Value(2 * thread));
        ASSERT_EQ(result->value[1], Value(thread));
      }
    });
  }
  if (!kCageIsOpen) {
    threads.emplace_back(
        [this] { ExpectStopped("for (;;) ;", "kJavaScript"); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(JavaScriptTest, RunsBeyondOneProcess) {
  // Recycled on the way.
  const double start = Seconds();
  for (int i = 0; i < kJavaScriptRunsMax + 10; ++i) {
    absl::StatusOr<ScriptResult> result =
        javascript_->Run("n + 1", {{"n", i}}, 1, 1);
    ASSERT_TRUE(result.ok()) << i << ": " << result.status();
    ASSERT_EQ(result->value, Value(i + 1));
  }
  RecordProperty("ms_per_run", std::to_string((Seconds() - start) * 1000 /
                                              (kJavaScriptRunsMax + 10)));
}

}  // namespace
}  // namespace pawl::expression::script
