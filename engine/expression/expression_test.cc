#include "engine/expression/expression.h"

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "base/limits.h"
#include "engine/expression/decimal.h"
#include "gtest/gtest.h"

namespace pawl::expression {
namespace {

using absl::StatusCode;

const Variables& Scope() {
  static const Variables variables{
      {"amount", 120},
      {"price", Value::Number("1.10").value()},
      {"status", "approved"},
      {"name", "Zo\xC3\xAB"},
      {"ok", true},
      {"no", false},
      {"nothing", nullptr},
      {"blank", ""},
      {"list", Value::List{10, "b", nullptr}},
      {"none", Value::List{}},
      {"order", Variables{{"id", 7},
                          {"lines", Value::List{Variables{{"price", 150}},
                                                Variables{{"price", 100}}}},
                          {"empty", "not empty"}}},
      {"nobody", Variables{}},
      {"big", Value::Number("123456789012345678901234567890123456789").value()},
      {"\xC3\xA4nder", 5},
  };
  return variables;
}

absl::StatusOr<Value> Try(const std::string& text) {
  auto expression = Expression::Compile(text, Language::el);
  EXPECT_TRUE(expression.ok()) << expression.status();
  if (!expression.ok()) return expression.status();
  return expression->Evaluate(VariablesView(Scope()));
}

std::string Eval(const std::string& text) {
  const auto value = Try(text);
  return value.ok() ? value->ToJson() : value.status().ToString();
}

// The error of an evaluation, which has this code.
std::string Fault(const std::string& text,
                  StatusCode code = StatusCode::kInvalidArgument) {
  const auto value = Try(text);
  EXPECT_EQ(value.status().code(), code)
      << text.substr(0, 80) << ": " << value.status();
  return std::string(value.status().message());
}

// The error of a compilation, which has this code.
std::string Refusal(const std::string& text,
                    StatusCode code = StatusCode::kInvalidArgument) {
  const auto expression = Expression::Compile(text, Language::el);
  EXPECT_EQ(expression.status().code(), code) << text.substr(0, 80);
  return std::string(expression.status().message());
}

TEST(El, Literals) {
  EXPECT_EQ(Eval("${12}"), "12");
  EXPECT_EQ(Eval("#{12}"), "12");
  EXPECT_EQ(Eval("${1.10}"), "1.10");
  EXPECT_EQ(Eval("${.5}"), "0.5");
  EXPECT_EQ(Eval("${5.}"), "5");
  EXPECT_EQ(Eval("${007}"), "7");
  EXPECT_EQ(Eval("${1e3}"), "1e3");
  EXPECT_EQ(Eval("${5.e-1}"), "5e-1");
  EXPECT_EQ(Eval("${true}"), "true");
  EXPECT_EQ(Eval("${false}"), "false");
  EXPECT_EQ(Eval("${null}"), "null");
  EXPECT_EQ(Eval("${'a\"b'}"), "\"a\\\"b\"");
  EXPECT_EQ(Eval("${\"a'b\"}"), "\"a'b\"");
  EXPECT_EQ(Eval(R"(${'a\'b\\c\"'})"), R"("a'b\\c\"")");
  EXPECT_EQ(Eval("${'}'}"), "\"}\"");
  EXPECT_EQ(Eval("${'\xF0\x9F\x98\x80'}"), "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(Eval(" \n ${ 12 } \t"), "12");
}

TEST(El, VariablesKeepTheirValue) {
  EXPECT_EQ(Eval("${amount}"), "120");
  EXPECT_EQ(Eval("${price}"), "1.10");
  EXPECT_EQ(Eval("${list}"), "[10,\"b\",null]");
  EXPECT_EQ(Eval("${big}"), "123456789012345678901234567890123456789");
  EXPECT_EQ(Eval("${\xC3\xA4nder}"), "5");
  EXPECT_EQ(Eval("${nothing}"), "null");
  EXPECT_EQ(Fault("${ok && nowhere == 1}", StatusCode::kNotFound),
            "expression '${ok && nowhere == 1}', offset 8: got the unknown "
            "variable 'nowhere', wanted one that this scope sees");
  EXPECT_NE(Fault("${empty nowhere}", StatusCode::kNotFound), "");
}

TEST(El, Equality) {
  EXPECT_EQ(Eval("${amount == 120.0}"), "true");
  EXPECT_EQ(Eval("${amount eq 1.2e2}"), "true");
  EXPECT_EQ(Eval("${amount != 121}"), "true");
  EXPECT_EQ(Eval("${amount ne 120}"), "false");
  EXPECT_EQ(Eval("${status == 'approved'}"), "true");
  EXPECT_EQ(Eval("${status == 'Approved'}"), "false");
  EXPECT_EQ(Eval("${ok == true}"), "true");
  EXPECT_EQ(Eval("${ok == no}"), "false");
  EXPECT_EQ(Eval("${ok == (1 == 1)}"), "true");
  EXPECT_EQ(Eval("${list == list}"), "true");
  EXPECT_EQ(Eval("${order == nobody}"), "false");
  EXPECT_EQ(Eval("${big == 1}"), "false");
  EXPECT_EQ(Eval("${big == big}"), "true");
  // Null compares with everything.
  EXPECT_EQ(Eval("${nothing == null}"), "true");
  EXPECT_EQ(Eval("${status == null}"), "false");
  EXPECT_EQ(Eval("${null != amount}"), "true");
  EXPECT_EQ(Eval("${null == no}"), "false");
  // Other types don't: no coercion, and no silent false.
  EXPECT_EQ(Fault("${status == 120}"),
            "expression '${status == 120}', offset 9: '==' got string "
            "\"approved\" and number 120, wanted two of one type, or null");
  for (const char* text :
       {"${ok == 'true'}", "${amount == '120'}", "${list == order}",
        "${1 != true}", "${'' == list}"}) {
    EXPECT_NE(Fault(text), "") << text;
  }
}

TEST(El, Relations) {
  EXPECT_EQ(Eval("${amount > 100}"), "true");
  EXPECT_EQ(Eval("${amount gt 120}"), "false");
  EXPECT_EQ(Eval("${amount >= 120}"), "true");
  EXPECT_EQ(Eval("${amount ge 120.1}"), "false");
  EXPECT_EQ(Eval("${amount < 100}"), "false");
  EXPECT_EQ(Eval("${amount lt 1e3}"), "true");
  EXPECT_EQ(Eval("${amount <= 120}"), "true");
  EXPECT_EQ(Eval("${amount le 119.99}"), "false");
  EXPECT_EQ(Eval("${9 < 10}"), "true");
  EXPECT_EQ(Eval("${'9' < '10'}"), "false");
  EXPECT_EQ(Eval("${'a' < 'b'}"), "true");
  EXPECT_EQ(Eval("${'Z' < 'a'}"), "true");
  // By code point: U+FFFD before U+1F600 (UTF-16 would say otherwise).
  EXPECT_EQ(Eval("${'\xEF\xBF\xBD' < '\xF0\x9F\x98\x80'}"), "true");
  EXPECT_EQ(Eval("${'a' < 'ab'}"), "true");
  // Beyond 34 digits still exact.
  EXPECT_EQ(Eval("${big > 1e38}"), "true");
  EXPECT_EQ(Eval("${big < 1e38}"), "false");
  EXPECT_EQ(Eval("${1e38 <= big}"), "true");
  EXPECT_EQ(Fault("${status > 100}"),
            "expression '${status > 100}', offset 9: '>' got string "
            "\"approved\" and number 100, wanted two numbers or two strings");
  for (const char* text : {"${nothing > 1}", "${1 < null}", "${ok < no}",
                           "${list <= list}", "${amount >= '100'}"}) {
    EXPECT_NE(Fault(text), "") << text;
  }
}

TEST(El, LogicIsStrictAndShortCircuits) {
  EXPECT_EQ(Eval("${ok && !no}"), "true");
  EXPECT_EQ(Eval("${ok and no}"), "false");
  EXPECT_EQ(Eval("${no or ok}"), "true");
  EXPECT_EQ(Eval("${not ok}"), "false");
  EXPECT_EQ(Eval("${!!ok}"), "true");
  EXPECT_EQ(Eval("${no && nowhere}"), "false");
  EXPECT_EQ(Eval("${ok || nowhere}"), "true");
  EXPECT_EQ(Eval("${no && nowhere || ok}"), "true");
  EXPECT_EQ(Eval("${ok || nowhere && nowhere}"), "true");
  EXPECT_EQ(Fault("${amount && ok}"),
            "expression '${amount && ok}', offset 9: '&&' got number 120 on "
            "its left, wanted true or false");
  EXPECT_EQ(Fault("${no || status}"),
            "expression '${no || status}', offset 5: '||' got string "
            "\"approved\" on its right, wanted true or false");
  EXPECT_EQ(Fault("${!nothing}"),
            "expression '${!nothing}', offset 2: '!' got null, wanted true or "
            "false");
  EXPECT_NE(Fault("${ok && 1}"), "");
  EXPECT_NE(Fault("${not 'false'}"), "");
}

TEST(El, Conditional) {
  EXPECT_EQ(Eval("${ok ? 1 : 2}"), "1");
  EXPECT_EQ(Eval("${no ? 1 : 2}"), "2");
  EXPECT_EQ(Eval("${no ? 1 : ok ? 2 : 3}"), "2");
  EXPECT_EQ(Eval("${ok ? no ? 1 : 2 : 3}"), "2");
  EXPECT_EQ(Eval("${ok ? 1 : nowhere}"), "1");
  EXPECT_EQ(Eval("${1 + (ok ? 1 : 2) * 3}"), "4");
  EXPECT_EQ(Eval("${amount > 100 && ok ? 'big' : 'small'}"), "\"big\"");
  EXPECT_NE(Fault("${amount ? 1 : 2}"), "");
}

TEST(El, Arithmetic) {
  EXPECT_EQ(Eval("${0.1 + 0.2}"), "0.3");
  EXPECT_EQ(Eval("${0.1 + 0.2 == 0.3}"), "true");
  EXPECT_EQ(Eval("${price * 3}"), "3.3");
  EXPECT_EQ(Eval("${amount - 0.5}"), "119.5");
  EXPECT_EQ(Eval("${1 / 3}"), "0.3333333333333333333333333333333333");
  EXPECT_EQ(Eval("${10 div 4}"), "2.5");
  EXPECT_EQ(Eval("${-7 % 3}"), "-1");
  EXPECT_EQ(Eval("${7 mod -3}"), "1");
  EXPECT_EQ(Eval("${12 * 2 - 1}"), "23");
  EXPECT_EQ(Eval("${1 + 2 * 3 - 4 / 2}"), "5");
  EXPECT_EQ(Eval("${(1 + 2) * 3}"), "9");
  EXPECT_EQ(Eval("${10 - 3 - 2}"), "5");
  EXPECT_EQ(Eval("${-amount}"), "-120");
  EXPECT_EQ(Eval("${--1}"), "1");
  EXPECT_EQ(Eval("${- 0}"), "0");
  EXPECT_EQ(Fault("${1 / 0}"),
            "expression '${1 / 0}', offset 4: number: 1 / 0: got a divisor of "
            "0, wanted another");
  EXPECT_NE(Fault("${1 % 0}"), "");
  EXPECT_NE(Fault("${1e6144 * 10}"), "");
  EXPECT_EQ(Fault("${status + 1}"),
            "expression '${status + 1}', offset 9: '+' got string \"approved\" "
            "and number 1, wanted two numbers");
  EXPECT_NE(Fault("${'a' + 'b'}"), "");
  EXPECT_NE(Fault("${nothing + 1}"), "");
  EXPECT_NE(Fault("${-status}"), "");
  EXPECT_NE(Fault("${big + 1}").find("34 significant digits"),
            std::string::npos);
  EXPECT_NE(Fault("${-big}"), "");
}

TEST(El, Empty) {
  EXPECT_EQ(Eval("${empty nothing}"), "true");
  EXPECT_EQ(Eval("${empty blank}"), "true");
  EXPECT_EQ(Eval("${empty none}"), "true");
  EXPECT_EQ(Eval("${empty nobody}"), "true");
  EXPECT_EQ(Eval("${empty list}"), "false");
  EXPECT_EQ(Eval("${empty order}"), "false");
  EXPECT_EQ(Eval("${empty status}"), "false");
  EXPECT_EQ(Eval("${empty 0}"), "false");
  EXPECT_EQ(Eval("${empty false}"), "false");
  EXPECT_EQ(Eval("${!empty status && not empty list}"), "true");
}

TEST(El, PropertiesAndIndexes) {
  EXPECT_EQ(Eval("${order.id}"), "7");
  EXPECT_EQ(Eval("${order['id']}"), "7");
  EXPECT_EQ(Eval("${order.lines[0].price}"), "150");
  EXPECT_EQ(Eval("${order.lines[2 - 1].price <= 100}"), "true");
  EXPECT_EQ(Eval("${order[ok ? 'id' : 'lines']}"), "7");
  EXPECT_EQ(Eval("${order.absent}"), "null");
  EXPECT_EQ(Eval("${order['absent'] == null}"), "true");
  EXPECT_EQ(Eval("${order.empty}"), "\"not empty\"");
  EXPECT_EQ(Eval("${list[1]}"), "\"b\"");
  EXPECT_EQ(Eval("${list[1.0]}"), "\"b\"");
  EXPECT_EQ(Fault("${list[3]}"),
            "expression '${list[3]}', offset 6: []: got number 3 for a list of "
            "3 entries, wanted a whole number from 0 and below their count");
  EXPECT_EQ(Fault("${status.length}"),
            "expression '${status.length}', offset 8: got string \"approved\", "
            "wanted a context with property 'length'");
  for (const char* text :
       {"${list[-1]}", "${list[0.5]}", "${list['0']}", "${list[null]}",
        "${order[0]}", "${amount[0]}", "${nothing.a}", "${nothing['a']}",
        "${order.absent.deeper}", "${list.size}", "${'abc'[0]}"}) {
    EXPECT_NE(Fault(text), "") << text;
  }
}

TEST(El, GetVariable) {
  EXPECT_EQ(Eval("${execution.getVariable('amount') > 100}"), "true");
  EXPECT_EQ(Eval("${execution.getVariable(\"order\").id}"), "7");
  EXPECT_EQ(Eval("${execution.getVariable('nowhere') == null}"), "true");
  EXPECT_EQ(Eval("${execution.getVariable(ok ? 'name' : 'x')}"),
            "\"Zo\xC3\xAB\"");
  EXPECT_NE(Fault("${execution.getVariable(1)}"), "");
  for (const char* text :
       {"${execution}", "${execution.id}", "${execution.setVariable('a', 1)}",
        "${execution.getVariable}", "${execution.getVariable()}",
        "${execution.getVariable('a'}", "${execution['getVariable']('a')}"}) {
    EXPECT_NE(Refusal(text), "") << text;
  }
}

TEST(El, TextWithExpressions) {
  EXPECT_EQ(Eval("Hello ${name}!"), "\"Hello Zo\xC3\xAB!\"");
  EXPECT_EQ(Eval("${amount}${status}"), "\"120approved\"");
  EXPECT_EQ(Eval("#${amount}"), "\"#120\"");
  EXPECT_EQ(Eval("$ 5, ${price}, ${ok}, ${nothing}."),
            "\"$ 5, 1.10, true, .\"");
  EXPECT_EQ(Eval("${amount + 1}x"), "\"121x\"");
  EXPECT_EQ(Eval("<${list}>"), R"("<[10,\"b\",null]>")");
  EXPECT_EQ(Eval(R"(\${amount} is ${amount})"), "\"${amount} is 120\"");
  EXPECT_EQ(Eval(R"(\#{x})"), "\"#{x}\"");
  EXPECT_EQ(Eval(R"(a\b ${1}\)"), R"("a\\b 1\\")");
  EXPECT_EQ(Eval("${'a'} ${'b'}"), "\"a b\"");
  EXPECT_EQ(Fault("x ${nowhere}", StatusCode::kNotFound),
            "expression 'x ${nowhere}', offset 4: got the unknown variable "
            "'nowhere', wanted one that this scope sees");
  EXPECT_NE(Refusal("${a} #{b}"), "");
}

TEST(El, BareExpressions) {
  EXPECT_EQ(Eval("status == \"approved\""), "true");
  EXPECT_EQ(Eval("amount > 50"), "true");
  EXPECT_EQ(Eval("  amount + 1  "), "121");
  EXPECT_EQ(Eval("order.lines[0].price"), "150");
}

TEST(El, RefusalsSayWhereGotAndWanted) {
  EXPECT_EQ(Refusal("${amount >}"),
            "expression '${amount >}', offset 10: got '}', wanted a literal, a "
            "variable or '('");
  EXPECT_EQ(Refusal("${amount = 1}"),
            "expression '${amount = 1}', offset 9: got '=', wanted '=='");
  EXPECT_EQ(Refusal("${bean.run(amount)}"),
            "expression '${bean.run(amount)}', offset 7: got a call of 'run', "
            "wanted EL without calls: they need Java");
  EXPECT_EQ(Refusal("${now()}"),
            "expression '${now()}', offset 2: got a call of 'now', wanted EL "
            "without calls: they need Java");
  EXPECT_EQ(Refusal("${a b}"),
            "expression '${a b}', offset 4: got 'b', wanted an operator or "
            "'}'");
  EXPECT_EQ(Refusal("${amount"),
            "expression '${amount', offset 8: got the end, wanted an operator "
            "or '}'");
  EXPECT_EQ(Refusal("  "),
            "expression '  ', offset 0: got nothing, wanted an expression");
  EXPECT_EQ(Refusal("Service Level == 'Premium'"),
            "expression 'Service Level == 'Premium'', offset 8: got 'Level', "
            "wanted an operator or the end of the expression");
  EXPECT_EQ(Refusal("${a & b}"),
            "expression '${a & b}', offset 4: got '&', wanted '&&'");
  EXPECT_EQ(Refusal("${'a}"),
            "expression '${'a}', offset 2: got a string without an end, wanted "
            "'");
  for (const std::string& text :
       std::vector<std::string>{"",
                                "${}",
                                "${ }",
                                "#{",
                                "${a}}b}${",
                                "${(a}",
                                "${a)}",
                                "${a[1}",
                                "${a.}",
                                "${a.1}",
                                "${a..b}",
                                "${.a}",
                                "${a ? b}",
                                "${a ? : b}",
                                "${a : b}",
                                "${1a}",
                                "${1e}",
                                "${1.2.3}",
                                "${'\\n'}",
                                "${\"a'}",
                                "${a | b}",
                                "${a; b}",
                                "${a, b}",
                                "${[1]}",
                                "${{}}",
                                "${a -> b}",
                                "${@a}",
                                "${fn:length(a)}",
                                "${a.b.c()}",
                                "${a['b']()}",
                                "${${a}}",
                                "${a == }",
                                "${== a}",
                                "${! }",
                                "${empty}",
                                "${not}",
                                "${and}",
                                "${instanceof}",
                                "${\xC3}",
                                "a = 1",
                                "amount > 50;",
                                "${12345678901234567890123456789012345}",
                                "${1e6145}",
                                std::string("${a\0}", 5)}) {
    EXPECT_NE(Refusal(text), "") << text;
  }
  EXPECT_LT(Refusal("${" + std::string(10'000, 'x') + " y}").size(), 400u);
}

TEST(El, DepthAtItsEdge) {
  const auto nested = [](int depth) {
    const size_t n = static_cast<size_t>(depth);
    return "${" + std::string(n, '(') + "1" + std::string(n, ')') + "}";
  };
  // The expression itself is the first level.
  EXPECT_EQ(Eval(nested(kExpressionDepthMax - 1)), "1");
  EXPECT_NE(Refusal(nested(kExpressionDepthMax), StatusCode::kResourceExhausted)
                .find("kExpressionDepthMax"),
            std::string::npos);
  const size_t most = kExpressionBytesMax - 8;
  std::string indexes;
  while (indexes.size() < most) indexes += "a[";
  for (const std::string& text :
       {"${" + std::string(most, '('), "${" + std::string(most, '!'),
        "${" + std::string(most, '-'), "${" + indexes}) {
    Refusal(text, StatusCode::kResourceExhausted);
  }
  std::string conditional = "${";
  for (int i = 0; i < 10'000; ++i) conditional += "a?b:";
  Refusal(conditional + "c}", StatusCode::kResourceExhausted);
}

TEST(El, LongChainsAreFlat) {
  std::string any = "${no", sum = "${0", path = "${order";
  for (int i = 0; i < 8'000; ++i) {
    any += "||no";
    sum += "+1";
  }
  EXPECT_EQ(Eval(any + "}"), "false");
  EXPECT_EQ(Eval(sum + "}"), "8000");
  for (int i = 0; i < 8'000; ++i) path += ".a";
  EXPECT_NE(Fault(path + "}"), "");
}

TEST(El, TextSizeAtItsEdge) {
  const std::string longest =
      "${'" + std::string(kExpressionBytesMax - 5, 'x') + "'}";
  ASSERT_EQ(longest.size(), kExpressionBytesMax);
  EXPECT_EQ(Eval(longest).size(), kExpressionBytesMax - 5 + 2);
  Refusal(longest + " ", StatusCode::kResourceExhausted);
}

TEST(El, StepsAtTheirEdge) {
  // Comparing this list with itself takes a step for it, and one an entry.
  const int64_t entries = 9'990;
  Variables variables{
      {"l", Value::List(static_cast<size_t>(entries), Value(1))}};
  const auto run = [&](int times) {
    std::string text = "${l==l";
    for (int i = 1; i < times; ++i) text += "&&l==l";
    return Expression::Compile(text + "}", Language::el)
        ->Evaluate(VariablesView(variables));
  };
  // Each further one: two variables, ==, and the two halves of &&.
  const int fits = static_cast<int>((kExpressionStepsMax + 2) / (entries + 6));
  EXPECT_TRUE(run(fits).ok()) << run(fits).status();
  const auto over = run(fits + 1);
  EXPECT_EQ(over.status().code(), StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(over.status().message()).find("kExpressionStepsMax"),
            std::string::npos);
}

TEST(El, ResultTextAtItsEdge) {
  Variables variables{{"half", std::string(kVariablesBytesMax / 2, 'x')}};
  const auto size = [&](const std::string& text) -> absl::StatusOr<size_t> {
    const auto value = Expression::Compile(text, Language::el)
                           ->Evaluate(VariablesView(variables));
    if (!value.ok()) return value.status();
    return value->string().size();
  };
  EXPECT_EQ(size("${half}${half}").value(), kVariablesBytesMax);
  EXPECT_EQ(size("${half}${half}x").status().code(),
            StatusCode::kResourceExhausted);
}

TEST(El, Conditions) {
  const auto condition = [](const std::string& text) {
    return Expression::Compile(text, Language::el)
        ->EvaluateCondition(VariablesView(Scope()));
  };
  EXPECT_TRUE(condition("${amount > 100 && status == 'approved'}").value());
  EXPECT_FALSE(condition("amount > 500").value());
  EXPECT_FALSE(condition("${no}").value());
  EXPECT_EQ(condition("${amount}").status().message(),
            "expression '${amount}', offset 0: the condition is number 120, "
            "wanted true or false");
  EXPECT_FALSE(condition("${'true'}").ok());
  EXPECT_FALSE(condition("${nothing}").ok());
  EXPECT_TRUE(condition(" ${ok} ").value());
  EXPECT_FALSE(condition("x${ok}").ok());
  EXPECT_EQ(condition("${nowhere}").status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(Expression::Compile("true", Language::literal)
                   ->EvaluateCondition(VariablesView(Scope()))
                   .ok());
}

TEST(Expression, Literals) {
  const auto literal = Expression::Compile(" PT5M ", Language::literal);
  ASSERT_TRUE(literal.ok());
  EXPECT_EQ(literal->text(), " PT5M ");
  EXPECT_EQ(literal->language(), Language::literal);
  EXPECT_EQ(literal->Evaluate(VariablesView(Scope())).value(), " PT5M ");
  EXPECT_EQ(Expression::Compile(std::string(kExpressionBytesMax + 1, 'x'),
                                Language::literal)
                .status()
                .code(),
            StatusCode::kResourceExhausted);
  EXPECT_FALSE(Expression::Compile("\xFF", Language::literal).ok());
  EXPECT_EQ(Expression::Compile("x", static_cast<Language>(99)).status().code(),
            StatusCode::kUnimplemented);
}

// Builds random expressions together with what they have to give, as a tree
// walk over integers.
class RandomExpressions {
 public:
  explicit RandomExpressions(uint32_t seed) : random_(seed) {}

  struct Term {
    std::string text;
    int64_t value;
  };
  Term Number(int depth) {
    switch (depth == 0 ? Pick(2) : Pick(7)) {
      case 0: {
        const int64_t n = static_cast<int64_t>(Pick(100));
        return {std::to_string(n), n};
      }
      case 1:
        return {"amount", 120};
      case 2: {
        const Term a = Number(depth - 1), b = Number(depth - 1);
        return {"(" + a.text + " + " + b.text + ")", a.value + b.value};
      }
      case 3: {
        const Term a = Number(depth - 1), b = Number(depth - 1);
        return {"(" + a.text + "-" + b.text + ")", a.value - b.value};
      }
      case 4: {
        const Term a = Number(depth - 1), b = Number(0);
        return {"(" + a.text + "*" + b.text + ")", a.value * b.value};
      }
      case 5: {
        const Term a = Number(depth - 1);
        return {"-" + a.text, -a.value};
      }
      default: {
        const Term c = Boolean(depth - 1), a = Number(depth - 1),
                   b = Number(depth - 1);
        return {"(" + c.text + "?" + a.text + ":" + b.text + ")",
                c.value != 0 ? a.value : b.value};
      }
    }
  }
  Term Boolean(int depth) {
    static const struct {
      const char* sign;
      bool (*holds)(int64_t, int64_t);
    } kRelations[] = {
        {" < ", [](int64_t a, int64_t b) { return a < b; }},
        {" le ", [](int64_t a, int64_t b) { return a <= b; }},
        {">", [](int64_t a, int64_t b) { return a > b; }},
        {" ge ", [](int64_t a, int64_t b) { return a >= b; }},
        {"==", [](int64_t a, int64_t b) { return a == b; }},
        {" ne ", [](int64_t a, int64_t b) { return a != b; }},
    };
    switch (depth == 0 ? Pick(2) : Pick(6)) {
      case 0:
        return {"ok", 1};
      case 1:
        return {"false", 0};
      case 2: {
        const Term a = Boolean(depth - 1), b = Boolean(depth - 1);
        return {"(" + a.text + " && " + b.text + ")", a.value & b.value};
      }
      case 3: {
        const Term a = Boolean(depth - 1), b = Boolean(depth - 1);
        return {"(" + a.text + " or " + b.text + ")", a.value | b.value};
      }
      case 4: {
        const Term a = Boolean(depth - 1);
        return {"!" + a.text, a.value == 0};
      }
      default: {
        const auto& relation = kRelations[Pick(6)];
        const Term a = Number(depth - 1), b = Number(depth - 1);
        return {"(" + a.text + relation.sign + b.text + ")",
                relation.holds(a.value, b.value)};
      }
    }
  }

 private:
  uint64_t Pick(uint64_t n) { return random_() % n; }
  std::mt19937_64 random_;
};

TEST(El, RandomExpressionsAgreeWithATreeWalk) {
  const uint32_t seed = 2026;
  SCOPED_TRACE(seed);
  RandomExpressions random(seed);
  for (int i = 0; i < 5'000; ++i) {
    const auto number = random.Number(5);
    ASSERT_EQ(Eval("${" + number.text + "}"), std::to_string(number.value))
        << number.text;
    const auto boolean = random.Boolean(5);
    ASSERT_EQ(Eval("${" + boolean.text + "}"),
              boolean.value != 0 ? "true" : "false")
        << boolean.text;
  }
}

TEST(El, GarbageIsRefusedOrEvaluatedButNeverCrashes) {
  static const char* const kPieces[] = {"${",
                                        "#{",
                                        "}",
                                        "(",
                                        ")",
                                        "[",
                                        "]",
                                        ".",
                                        "a",
                                        "1",
                                        "?",
                                        ":",
                                        "!",
                                        "-",
                                        "&&",
                                        "||",
                                        "==",
                                        "<",
                                        "'",
                                        "\"",
                                        "\\",
                                        " ",
                                        "empty",
                                        "not",
                                        "order",
                                        "1e5",
                                        "+",
                                        "%",
                                        "/",
                                        "*",
                                        "ok",
                                        "list",
                                        "=",
                                        ",",
                                        "amount ",
                                        "\xC3\xA4",
                                        "+=",
                                        "execution.",
                                        "businessKey",
                                        "hasVariable('ok')",
                                        "getVariable(",
                                        "instanceof"};
  const uint32_t seed = 77;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  int compiled = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string text = random() % 2 ? "${" : "";
    for (uint64_t n = random() % 8; n > 0; --n) {
      text += kPieces[random() % std::size(kPieces)];
    }
    if (text[0] == '$') text += "}";
    const auto expression = Expression::Compile(text, Language::el);
    if (!expression.ok()) continue;
    ++compiled;
    const auto value = expression->Evaluate(VariablesView(Scope()));
    if (value.ok()) {
      ASSERT_TRUE(value->Validate().ok()) << text;
    }
  }
  EXPECT_GT(compiled, 100);
}

}  // namespace
}  // namespace pawl::expression
