// Which language a text is in (SEMANTICS, Expressions), and what each gives.
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status.h"
#include "engine/expression/expression.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::expression {
namespace {

using ::testing::HasSubstr;

struct Row {
  const char* text;
  const char* attribute;
  Use use;
  Language language;
};

TEST(DetectLanguage, ByMarkAttributeAndUse) {
  constexpr char kFeelUri[] = "https://www.omg.org/spec/DMN/20191111/FEEL/";
  for (const Row& row : std::vector<Row>{
           // A mark.
           {"${a}", "", Use::kText, Language::el},
           {"x #{a}", "", Use::kText, Language::el},
           {"${a}", "groovy", Use::kCondition, Language::el},
           {"= a > 5", "", Use::kCondition, Language::feel},
           {" =a", "", Use::kText, Language::feel},
           {"= \"${a}\"", "", Use::kText, Language::el},
           // The attribute.
           {"a > 5", "JUEL", Use::kCondition, Language::el},
           {"a + 5", "juel", Use::kScript, Language::el},
           {"a > 5", kFeelUri, Use::kCondition, Language::feel},
           {"a == 5", "feel", Use::kCondition, Language::feel},
           {"`${a}`", "javascript", Use::kScript, Language::javascript},
           {"return a", "Lua", Use::kCondition, Language::lua},
           {"a", "ECMAScript", Use::kScript, Language::javascript},
           // Neither.
           {"PT5M", "", Use::kText, Language::literal},
           {"$5", "", Use::kText, Language::literal},
           {"a > 5", "", Use::kCondition, Language::feel},
           {"a = 'x'", "", Use::kCondition, Language::el},
           {"a == 5", "", Use::kCondition, Language::el},
           {"a && b", "", Use::kCondition, Language::el},
           {"a || b", "", Use::kCondition, Language::el},
           {"!a", "", Use::kCondition, Language::el},
           {"a + 5", "", Use::kScript, Language::feel}}) {
    const auto language = DetectLanguage(row.text, row.attribute, row.use);
    ASSERT_TRUE(language.ok()) << row.text << ": " << language.status();
    EXPECT_EQ(*language, row.language) << row.text;
  }
}

TEST(DetectLanguage, OthersAreRefusedByName) {
  for (const auto& [text, attribute, use, named] :
       std::vector<std::tuple<const char*, const char*, Use, const char*>>{
           {"a > 5", "groovy", Use::kCondition, "groovy"},
           {"1", "python", Use::kScript, "python"},
           {"1", "unfeeling-groovy", Use::kScript, "groovy"},
           // It never runs while a command is decided.
           {"a > 5", "javascript", Use::kCondition, "javascript"}}) {
    const auto language = DetectLanguage(text, attribute, use);
    EXPECT_EQ(language.status().code(), absl::StatusCode::kUnimplemented)
        << text;
    EXPECT_THAT(std::string(language.status().message()), HasSubstr(named));
  }
}

// A scope with a time, a seed and a runner.
class Scope final : public VariablesView {
 public:
  using VariablesView::VariablesView;
  int64_t now_ms() const override { return 1'700'000'000'000; }
  uint64_t Seed() const override { return ++seeds; }
  absl::StatusOr<ScriptResult> RunScript(
      const Expression& script) const override {
    return ScriptResult{Value(script.text()), written, 0};
  }
  mutable uint64_t seeds = 0;
  Variables written;
};

TEST(Feel, IsEvaluatedInTheScope) {
  const Variables variables{{"amount", 120}, {"order", Variables{{"id", 7}}}};
  const Scope scope(variables);
  const auto value = [&](const char* text) {
    const auto compiled = Expression::Compile(text, Language::feel);
    EXPECT_TRUE(compiled.ok()) << compiled.status();
    return compiled->Evaluate(scope).value().ToJson();
  };
  EXPECT_EQ(value("= amount > 100 and order.id = 7"), "true");
  EXPECT_EQ(value("0.1 + 0.2 = 0.3"), "true");
  EXPECT_EQ(value("string(now())"), "\"2023-11-14T22:13:20Z\"");
  EXPECT_EQ(value("date(\"2024-01-31\") + duration(\"P1M\")"),
            "\"2024-02-29\"");
  EXPECT_EQ(scope.seeds, 0u);
  EXPECT_NE(value("random number()"), value("random number()"));
  EXPECT_EQ(scope.seeds, 2u);
}

TEST(Feel, ANullFromAnErrorSaysWhy) {
  const Variables variables;
  const Scope scope(variables);
  const Expression missing =
      Expression::Compile("= amount", Language::feel).value();
  std::string reason;
  EXPECT_TRUE(missing.Evaluate(scope, &reason).value().is_null());
  EXPECT_THAT(reason, HasSubstr("amount"));
  const auto condition = Expression::Compile("= amount > 1", Language::feel)
                             ->EvaluateCondition(scope);
  EXPECT_EQ(condition.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(condition.status().message()), HasSubstr("amount"));
  // A null that somebody wrote has none.
  reason.clear();
  EXPECT_TRUE(Expression::Compile("= null", Language::feel)
                  ->Evaluate(scope, &reason)
                  .value()
                  .is_null());
  EXPECT_EQ(reason, "");
}

// Null would be taken for what was there.
TEST(Feel, ANumberThatDoesNotFitIsAnError) {
  const Variables variables{
      {"c", Variables{{"big", Value::Number(std::string(40, '7')).value()}}},
      {"ok", 1}};
  const Scope scope(variables);
  const auto evaluate = [&](const char* text) {
    return Expression::Compile(text, Language::feel)->Evaluate(scope);
  };
  EXPECT_THAT(std::string(evaluate("c").status().message()),
              HasSubstr("variable 'c': got the number 7777"));
  EXPECT_FALSE(Expression::Compile("c.big = null", Language::feel)
                   ->EvaluateCondition(scope)
                   .ok());
  EXPECT_EQ(evaluate("ok + 1").value().ToJson(), "2");
}

TEST(Feel, WhatDoesNotParseIsRefusedWithItsPlace) {
  const auto compiled = Expression::Compile("= a > ", Language::feel);
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(compiled.status().message()), HasSubstr("offset"));
}

TEST(Scripts, AreRunByTheScope) {
  const Variables variables;
  Scope scope(variables);
  const Expression script =
      Expression::Compile("return 1", Language::lua).value();
  EXPECT_EQ(script.Evaluate(scope).value().ToJson(), "\"return 1\"");
  scope.written["x"] = 1;
  EXPECT_EQ(script.Run(scope)->written.size(), 1u);
  // Where only a value is wanted.
  EXPECT_THAT(std::string(script.Evaluate(scope).status().message()),
              HasSubstr("'x'"));
  EXPECT_FALSE(script.Evaluate(VariablesView(variables)).ok());
}

}  // namespace
}  // namespace pawl::expression
