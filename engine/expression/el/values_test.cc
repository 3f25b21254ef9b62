// docs/values.md, the table "In the languages": a value goes from JSON through
// an expression and back, and nothing of it is lost.
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression/expression.h"
#include "engine/expression/feel/feel.h"
#include "engine/value.h"
#include "gtest/gtest.h"

namespace pawl::expression {
namespace {

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Canonical JSON texts of every kind and of their edges.
std::vector<std::string> Samples() {
  return {
      "null",
      "true",
      "false",
      "0",
      "-0",
      "1.10",
      "-7",
      "9007199254740993",
      "18446744073709551616",
      "1e3",
      "1E-7",
      "0.1",
      "1234567890123456789012345678901234",
      "-0.000000000000000000000000000000000000001",
      "\"\"",
      "\"a\"",
      R"("\"\\/\b\f\n\r\t\u0001")",
      "\"Zo\xC3\xAB \xF0\x9F\x98\x80 \xE2\x80\xA8\"",
      "\"1\"",
      "\"true\"",
      "\"null\"",
      "\"${x}\"",
      "\"2026-11-21\"",
      "[]",
      "[null]",
      "[[],[[]],{}]",
      R"([1,"1",true,null,{"a":[1.0]}])",
      "{}",
      R"({"b":1,"a":2})",
      R"({"":1,"with space":2,"a.b":3,"a+b":4,"if":5})",
      R"({"a":{"a":{"a":null}}})",
      Repeat("[", 100) + Repeat("]", 100),
  };
}

// Beyond decimal128: kept and compared, but no operand.
std::vector<std::string> Beyond() {
  return {"12345678901234567890123456789012345",
          "0.12345678901234567890123456789012345", "1e6145", "-1e-6177",
          "1" + Repeat("0", 40) + "1"};
}

Value Parse(const std::string& json) {
  auto value = Value::FromJson(json);
  EXPECT_TRUE(value.ok()) << json << ": " << value.status();
  return value.ok() ? *std::move(value) : Value();
}

absl::StatusOr<Value> EvaluateEl(const std::string& text,
                                 const Variables& variables) {
  const auto expression = Expression::Compile(text, Language::el);
  EXPECT_TRUE(expression.ok()) << expression.status();
  if (!expression.ok()) return expression.status();
  return expression->Evaluate(VariablesView(variables));
}

std::string El(const std::string& text, const Variables& variables) {
  const auto value = EvaluateEl(text, variables);
  return value.ok() ? value->ToJson() : value.status().ToString();
}

TEST(Values, GoThroughElAsTheyAre) {
  std::vector<std::string> all = Samples();
  for (const std::string& beyond : Beyond()) all.push_back(beyond);
  for (const std::string& json : all) {
    SCOPED_TRACE(json);
    const Value value = Parse(json);
    const Variables variables{{"v", value},
                              {"list", Value::List{nullptr, value}},
                              {"context", Variables{{"p", value}}},
                              {"ok", true}};
    for (const char* text :
         {"${v}", "#{v}", " ${v} ", "${execution.getVariable('v')}",
          "${list[1]}", "${context.p}", "${context['p']}", "${ok ? v : 0}"}) {
      EXPECT_EQ(El(text, variables), json) << text;
    }
    EXPECT_EQ(El("${v == list[1]}", variables), "true");
    EXPECT_EQ(El("${v != context.p}", variables), "false");
    // In a text: as JSON, but for strings and null.
    const std::string inside = value.is_null()     ? ""
                               : value.is_string() ? value.string()
                                                   : json;
    const std::string in_text = Value("<" + inside + ">").ToJson();
    EXPECT_EQ(El("<${v}>", variables), in_text);
    EXPECT_EQ(El("${'<' += v += '>'}", variables), in_text);
  }
}

TEST(Values, ArithmeticOfElIsExactOrRefused) {
  for (const std::string& json : Beyond()) {
    const Variables variables{{"v", Parse(json)}};
    for (const char* text : {"${v + 0}", "${-v}", "${1 * v}", "${v mod 2}"}) {
      EXPECT_FALSE(EvaluateEl(text, variables).ok()) << json << " in " << text;
    }
  }
  const Variables most{
      {"v", Value::Number("1234567890123456789012345678901234").value()}};
  EXPECT_EQ(El("${v + 0}", most), "1234567890123456789012345678901234");
  EXPECT_EQ(El("${-v}", most), "-1234567890123456789012345678901234");
}

// FEEL gives numbers in their canonical form: the same value.
TEST(Values, GoThroughFeelAsTheyAre) {
  const auto program = feel::CompileText("=v");
  const auto in_list = feel::CompileText("=[v, {p: v}]");
  ASSERT_TRUE(program.ok() && in_list.ok());
  for (const std::string& json : Samples()) {
    SCOPED_TRACE(json);
    const Value value = Parse(json);
    const Variables variables{{"v", value}};
    feel::Fault fault;
    const auto alone =
        feel::EvaluateIn(*program, VariablesView(variables), &fault);
    ASSERT_TRUE(alone.ok()) << alone.status();
    EXPECT_EQ(*alone, value);
    EXPECT_TRUE(value.is_number() || json.find("1.0") != json.npos ||
                alone->ToJson() == json)
        << *alone;
    const auto list =
        feel::EvaluateIn(*in_list, VariablesView(variables), &fault);
    ASSERT_TRUE(list.ok()) << list.status();
    EXPECT_EQ(*list, (Value::List{value, Variables{{"p", value}}}));
  }
  // What its numbers can't hold is an error, not a null that nobody notices.
  for (const std::string& json : Beyond()) {
    const Variables variables{{"v", Parse(json)}};
    feel::Fault fault;
    const auto value =
        feel::EvaluateIn(*program, VariablesView(variables), &fault);
    EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(value.status().message());
    EXPECT_NE(message.find("variable 'v'"), message.npos) << message;
    EXPECT_NE(message.find("34 significant digits"), message.npos) << message;
  }
}

}  // namespace
}  // namespace pawl::expression
