// What EL has beyond the first small language of conditions, and the table of
// its operators over all pairs of types. The rest: expression_test.
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/limits.h"
#include "engine/expression/el/error.h"
#include "engine/expression/el/evaluator.h"
#include "engine/expression/el/parser.h"
#include "engine/expression/expression.h"
#include "gtest/gtest.h"

namespace pawl::expression::el {
namespace {

using absl::StatusCode;

// A scope of an instance that has a business key.
class InstanceView : public ScopeView {
 public:
  explicit InstanceView(Value business_key = "order-7")
      : business_key_(std::move(business_key)) {}

  const Value* Find(std::string_view name) const override {
    static const Variables kVariables{{"amount", 120},
                                      {"name", "Zo\xC3\xAB"},
                                      {"ok", true},
                                      {"nothing", nullptr},
                                      {"list", Value::List{1, "b"}},
                                      {"order", Variables{{"id", 7}}},
                                      {"x", 1},
                                      {"y", 2}};
    return kVariables.find(name);
  }
  const Value& Fact(InstanceFact fact) const override {
    return fact == InstanceFact::kBusinessKey ? business_key_ : instance_key_;
  }

 private:
  const Value business_key_;
  const Value instance_key_ = "2251799813685249";
};

absl::StatusOr<Value> Try(const std::string& text) {
  const auto program = Compile(text);
  if (!program.ok()) return program.status();
  return Evaluate(*program, InstanceView());
}

std::string Eval(const std::string& text) {
  const auto value = Try(text);
  return value.ok() ? value->ToJson() : value.status().ToString();
}

std::string Message(const std::string& text) {
  const auto value = Try(text);
  EXPECT_EQ(value.status().code(), StatusCode::kInvalidArgument) << text;
  return std::string(value.status().message());
}

TEST(ElConcatenation, JoinsTextsOfAnything) {
  EXPECT_EQ(Eval("${'a' += 'b'}"), R"("ab")");
  EXPECT_EQ(Eval("${name += '!'}"), "\"Zo\xC3\xAB!\"");
  EXPECT_EQ(Eval("${'n' += amount += ok}"), R"("n120true")");
  EXPECT_EQ(Eval("${1.10 += 2}"), R"("1.102")");
  EXPECT_EQ(Eval("${nothing += 'x' += null}"), R"("x")");
  EXPECT_EQ(Eval("${null += null}"), R"("")");
  EXPECT_EQ(Eval("${list += order}"), R"("[1,\"b\"]{\"id\":7}")");
  EXPECT_EQ(Eval("${'<' += 'a' += '>'}!"), R"("<a>!")");
}

TEST(ElConcatenation, BindsBetweenSumsAndRelations) {
  EXPECT_EQ(Eval("${1 + 2 += 3 * 4}"), R"("312")");
  EXPECT_EQ(Eval("${'a' += 'b' == 'ab'}"), "true");
  EXPECT_EQ(Eval("${'a' += 1 < 'a' += 2}"), "true");
  EXPECT_EQ(Eval("${ok ? 'a' += 1 : 'b'}"), R"("a1")");
  EXPECT_EQ(Eval("${'a' += ('b' += 'c')}"), R"("abc")");
  EXPECT_EQ(Eval("${empty ('' += null) && ('x' += y)['z'] == null}"),
            "INVALID_ARGUMENT: expression '${empty ('' += null) && ('x' += "
            "y)['z'] == null}', offset 34: []: got string \"x2\", wanted a "
            "list or a context before it");
  EXPECT_EQ(Eval("${execution.getVariable('amo' += 'unt')}"), "120");
  EXPECT_EQ(Eval("${order['i' += 'd']}"), "7");
  // No sum: a sum of texts stays an error, as it was.
  EXPECT_EQ(Message("${'a' + 'b'}"),
            "expression '${'a' + 'b'}', offset 6: '+' got string \"a\" and "
            "string \"b\", wanted two numbers");
  EXPECT_EQ(Message("${-('a' += 'b')}"),
            "expression '${-('a' += 'b')}', offset 2: '-' got string \"ab\", "
            "wanted a number");
}

TEST(ElConcatenation, IsBounded) {
  class Half : public ScopeView {
   public:
    const Value* Find(std::string_view) const override { return &half_; }

   private:
    const Value half_ = std::string(kVariablesBytesMax / 2, 'x');
  };
  const auto run = [](const std::string& text) {
    return Evaluate(*Compile(text), Half());
  };
  EXPECT_EQ(run("${a += a}")->string().size(), kVariablesBytesMax);
  EXPECT_EQ(run("${a += a += 'x'}").status().code(),
            StatusCode::kResourceExhausted);
  // Each text is paid for, also where nothing is kept of it.
  std::string often = "${'' == null";
  for (int i = 0; i < 100; ++i) often += "||a += a == null";
  const auto status = run(often + "}").status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(status.message()).find("kExpressionStepsMax"),
            std::string::npos);
}

TEST(ElExecution, KnowsItsInstance) {
  EXPECT_EQ(Eval("${execution.processBusinessKey}"), R"("order-7")");
  EXPECT_EQ(Eval("#{execution.businessKey == 'order-7'}"), "true");
  EXPECT_EQ(Eval("${execution.getProcessBusinessKey()}"), R"("order-7")");
  EXPECT_EQ(Eval("${execution.getBusinessKey()}"), R"("order-7")");
  EXPECT_EQ(Eval("${execution.processInstanceId}"), R"("2251799813685249")");
  EXPECT_EQ(Eval("i-${execution.getProcessInstanceId( )}"),
            R"("i-2251799813685249")");
  EXPECT_EQ(Eval("${execution . hasVariable ( 'amount' )}"), "true");
  EXPECT_EQ(Eval("${execution.hasVariable('nothing')}"), "true");
  EXPECT_EQ(Eval("${execution.hasVariable('nowhere')}"), "false");
  EXPECT_EQ(Eval("${!execution.hasVariable('a' += 'b') && ok}"), "true");
  EXPECT_EQ(Message("${execution.hasVariable(1)}"),
            "expression '${execution.hasVariable(1)}', offset 2: "
            "execution.hasVariable: got number 1, wanted the name of a "
            "variable");
  EXPECT_EQ(Message("${execution.getVariable(null)}"),
            "expression '${execution.getVariable(null)}', offset 2: "
            "execution.getVariable: got null, wanted the name of a variable");
  // Without a key, and where there is no instance.
  const auto program = Compile("${empty execution.processBusinessKey}");
  EXPECT_TRUE(Evaluate(*program, InstanceView(nullptr))->boolean());
  EXPECT_TRUE(Evaluate(*program, VariablesView(Variables()))->boolean());
}

TEST(ElJava, IsRefusedByName) {
  const std::string wanted =
      "wanted getVariable('name'), hasVariable('name'), processBusinessKey or "
      "processInstanceId, or the variable itself: everything else of it needs "
      "Java";
  const std::string calls = "', wanted EL without calls: they need Java";
  const auto at = [](const std::string& text, const std::string& offset) {
    return "expression '" + text + "', offset " + offset + ": got ";
  };
  for (const auto& [text, offset, rest] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"${bean.run(amount)}", "7", "a call of 'run" + calls},
           {"${a['run'](1)}", "3", "a call of '['run']" + calls},
           {"${fn:length(a)}", "2", "a call of 'fn:length" + calls},
           {"${ok ? fn : length (a)}", "7", "a call of 'fn : length" + calls},
           {"${'Java'.concat(a)}", "9", "a call of 'concat" + calls},
           {"${(a).b()}", "6", "a call of 'b" + calls},
           {"${a.empty()}", "4", "a call of 'empty" + calls},
           {"${now()}", "2", "a call of 'now" + calls},
           {"${currentUser()", "2", "a call of 'currentUser" + calls},
           {"${execution.setVariable('a', 1)}", "2",
            "a call of 'execution.setVariable', " + wanted},
           {"${execution.getId()}", "2",
            "a call of 'execution.getId', " + wanted},
           {"${execution.processBusinessKey()}", "2",
            "a call of 'execution.processBusinessKey', " + wanted},
           {"${execution.id}", "2", "'execution.id', " + wanted},
           {"${execution.getVariable}", "2",
            "'execution.getVariable', " + wanted},
           {"${execution.getBusinessKey}", "2",
            "'execution.getBusinessKey', " + wanted},
           {"${x instanceof String}", "4",
            "instanceof, wanted EL without it: it needs Java"},
           {"${instanceof}", "2",
            "instanceof, wanted EL without it: it needs Java"}}) {
    const auto program = Compile(text);
    EXPECT_EQ(program.status().code(), StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(NeedsJava(program.status())) << program.status();
    EXPECT_TRUE(expression::NeedsJava(
        Expression::Compile(text, Language::el).status()));
    EXPECT_EQ(program.status().message(), at(text, offset) + rest);
  }
}

TEST(ElJava, IsNotWhatIsMerelyWrong) {
  for (const char* text :
       {"${'Java' Java}", "${Java = 1}", "${needs == 'Java'", "${(a)(b)}",
        "${1(2)}", "${a ? b : }", "${a : b}", "${a:b}", "${not}",
        "${execution.}", "${execution.getVariable()}",
        "${execution.getVariable('a'}", "${execution.getBusinessKey(1)}",
        "${execution.hasVariable('a', 'b')}"}) {
    const auto program = Compile(text);
    EXPECT_EQ(program.status().code(), StatusCode::kInvalidArgument) << text;
    EXPECT_FALSE(NeedsJava(program.status())) << program.status();
  }
  // Names that begin as those do, and texts that hold them.
  EXPECT_EQ(Eval("${ok ? x : (y)}"), "1");
  EXPECT_EQ(Eval("${ok ? x:execution.getVariable('y')}"), "1");
  EXPECT_EQ(Eval("${!ok ? x:not(ok)}"), "false");
  EXPECT_EQ(Eval("${ok ? x:empty (y)}"), "1");
  EXPECT_EQ(Eval("${'bean.run()'}"), "\"bean.run()\"");
  EXPECT_EQ(Eval("run() ${x}"), R"("run() 1")");
  EXPECT_EQ(Eval("${order.execution}"), "null");
  EXPECT_EQ(Eval("${order.instanceof}"), "null");
}

TEST(ElWords, AfterANumberAndAsProperties) {
  EXPECT_EQ(Eval("${x == 1or ok}"), "true");
  EXPECT_EQ(Eval("${1eq 1.0and 2ne 3}"), "true");
  EXPECT_EQ(Eval("${7div 2}"), "3.5");
  EXPECT_EQ(Eval("${7.mod 4}"), "3");
  EXPECT_EQ(Eval("${1e2eq 100}"), "true");
  EXPECT_EQ(Message("${1e}"),
            "expression '${1e}', offset 3: got 'e', wanted an operator or "
            "'}'");
  EXPECT_EQ(Message("${1a}"),
            "expression '${1a}', offset 3: got 'a', wanted an operator or "
            "'}'");
  EXPECT_EQ(Message("${1e+}"),
            "expression '${1e+}', offset 3: got 'e', wanted an operator or "
            "'}'");
  for (const char* word : {"true", "false", "null", "empty", "not", "and", "or",
                           "eq", "ne", "lt", "le", "gt", "ge", "div", "mod"}) {
    EXPECT_EQ(Eval("${order." + std::string(word) + " == null}"), "true");
  }
  // In upper case they are names.
  EXPECT_NE(Message("${x AND y}"), "");
}

TEST(ElTexts, QuotesBracesAndEscapes) {
  EXPECT_EQ(Eval(R"(${'it\'s'} ${"a\"}b"}})"), R"("it's a\"}b}")");
  EXPECT_EQ(Eval(R"(\\${x})"), R"("\\${x}")");
  EXPECT_EQ(Eval(R"(\$ \# \{ ${x} \n)"), R"("\\$ \\# \\{ 1 \\n")");
  EXPECT_EQ(Eval("\\${a} \\#{b}"), R"("${a} #{b}")");
  EXPECT_EQ(Eval("${'#{x}'} ${\"${y}\"}"), R"("#{x} ${y}")");
  EXPECT_EQ(Eval("{${x}} } $${y}"), R"("{1} } $2")");
  EXPECT_EQ(Eval("#${x}{}"), R"("#1{}")");
  EXPECT_EQ(Eval("\xF0\x9F\x98\x80${x}\xC3\xA4"),
            "\"\xF0\x9F\x98\x80"
            "1\xC3\xA4\"");
  EXPECT_EQ(Eval("${\n x\t+\r\n y }"), "3");
  EXPECT_EQ(Message("${x} ${"),
            "expression '${x} ${', offset 7: got the end, wanted a literal, a "
            "variable or '('");
  EXPECT_EQ(Message("a ${{x}}"),
            "expression 'a ${{x}}', offset 4: got '{', wanted an operator or "
            "operand of EL");
  EXPECT_EQ(Message("${x"),
            "expression '${x', offset 3: got the end, wanted an operator or "
            "'}'");
}

// The types by the letter that stands for them below.
const std::map<char, std::string>& Samples() {
  static const std::map<char, std::string> kSamples = {
      {'0', "null"}, {'b', "ok"},   {'n', "amount"},
      {'s', "name"}, {'l', "list"}, {'c', "order"}};
  return kSamples;
}

// Every operator over every pair: a value or an error, never a conversion.
TEST(ElTable, EveryOperatorOverEveryPairOfTypes) {
  int values = 0;
  for (const auto& [a, left] : Samples()) {
    for (const auto& [b, right] : Samples()) {
      const bool same = a == b;
      const bool numbers = a == 'n' && b == 'n';
      const bool ordered = numbers || (a == 's' && b == 's');
      const std::map<std::string, bool> fits = {
          {"==", same || a == '0' || b == '0'},
          {"ne", same || a == '0' || b == '0'},
          {"<", ordered},
          {"le", ordered},
          {">", ordered},
          {"ge", ordered},
          {"+", numbers},
          {"-", numbers},
          {"*", numbers},
          {"div", numbers},
          {"%", numbers},
          {"+=", true},
          // `ok` decides an or, and leaves an and to the right side.
          {"and", a == 'b' && b == 'b'},
          {"||", a == 'b'},
      };
      for (const auto& [sign, is_value] : fits) {
        const std::string text = "${" + left + " " + sign + " " + right + "}";
        const auto value = Try(text);
        if (is_value) {
          EXPECT_TRUE(value.ok()) << value.status();
          ++values;
        } else {
          const std::string at = std::to_string(left.size() + 3);
          EXPECT_NE(Message(text).find(", offset " + at + ": '"),
                    std::string::npos)
              << value.status();
        }
      }
    }
  }
  EXPECT_EQ(values, 2 * 16 + 4 * 2 + 5 + 36 + 1 + 6);
}

TEST(ElTable, EveryUnaryOperatorOverEveryType) {
  for (const auto& [type, sample] : Samples()) {
    EXPECT_EQ(Try("${!" + sample + "}").ok(), type == 'b') << sample;
    EXPECT_EQ(Try("${not " + sample + "}").ok(), type == 'b') << sample;
    EXPECT_EQ(Try("${-" + sample + "}").ok(), type == 'n') << sample;
    EXPECT_EQ(Eval("${empty " + sample + "}"), type == '0' ? "true" : "false");
    EXPECT_EQ(Try("${" + sample + " ? 1 : 2}").ok(), type == 'b') << sample;
    EXPECT_EQ(Try("${" + sample + ".p}").ok(), type == 'c') << sample;
    EXPECT_EQ(Try("${" + sample + "['p']}").ok(), type == 'c') << sample;
    EXPECT_EQ(Try("${" + sample + "[0]}").ok(), type == 'l') << sample;
  }
}

}  // namespace
}  // namespace pawl::expression::el
