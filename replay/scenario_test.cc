#include "replay/scenario.h"

#include <string>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "replay/yaml_value.h"

namespace pawl::replay {
namespace {

std::string Json(std::string_view yaml) {
  const auto documents = ParseYaml(yaml);
  if (!documents.ok()) return std::string(documents.status().message());
  if (documents->empty()) return "nothing";
  return documents->front().value.ToJson();
}

TEST(YamlValueTest, PlainScalarsAreJsonQuotedOnesAreTexts) {
  EXPECT_EQ(Json("[20, 1.10, -0, 1e3, true, false, null, ~, on, abc]"),
            R"([20,1.10,-0,1e3,true,false,null,null,"on","abc"])");
  EXPECT_EQ(Json(R"(["20", 'true', "null", !!str 5])"),
            R"(["20","true","null","5"])");
  EXPECT_EQ(Json("[0x1F, +1, .5, 1., 007]"),
            R"(["0x1F","+1",".5","1.","007"])");
  EXPECT_EQ(Json("a:\nb: ''\n"), R"({"a":null,"b":""})");
  EXPECT_EQ(Json(R"({"a": [1, {"b": "x"}]})"), R"({"a":[1,{"b":"x"}]})");
}

TEST(YamlValueTest, KeepsEveryDigit) {
  EXPECT_EQ(Json("x: 12345678901234567890.123456789"),
            R"({"x":12345678901234567890.123456789})");
}

TEST(YamlValueTest, SeveralDocuments) {
  const auto documents = ParseYaml("---\na: 1\n---\n---\nb: 2\n");
  ASSERT_TRUE(documents.ok());
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ((*documents)[1].line, 5);
}

TEST(YamlValueTest, Refusals) {
  EXPECT_NE(Json("a: [1").find("line"), std::string::npos);
  EXPECT_NE(Json("a: 1\na: 2").find("second time"), std::string::npos);
  EXPECT_NE(Json("? [1, 2]\n: x").find("no scalar"), std::string::npos);
}

// yaml-cpp would make documents of these without end.
TEST(YamlValueTest, WhatBeginsNoDocumentIsRefused) {
  for (const char* text : {",", "]", "}", "a: 1\n---\n]\n", "- a\n---\n,"}) {
    EXPECT_FALSE(ParseYaml(text).ok()) << text;
  }
  EXPECT_TRUE(ParseYaml("a: 1\n---\n---\n...\n---\nb: 2\n").ok());
}

TEST(YamlValueTest, AliasesCannotExplode) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) {
      yaml += std::string(j ? ", " : "") + "*a" + std::to_string(i - 1);
    }
    yaml += "]\n";
  }
  EXPECT_NE(Json(yaml).find("kScenarioNodesMax"), std::string::npos);
}

std::string Nested(int depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

TEST(YamlValueTest, DepthAtItsEdge) {
  // The innermost list holds nothing, so depth counts from 0.
  EXPECT_EQ(Json(Nested(kValueDepthMax + 1)), Nested(kValueDepthMax + 1));
  EXPECT_NE(Json(Nested(kValueDepthMax + 2)).find("kValueDepthMax"),
            std::string::npos);
}

TEST(YamlValueTest, NodesAtTheirEdge) {
  // The list itself is a node.
  const auto list = [](size_t entries) {
    std::string yaml = "[";
    for (size_t i = 0; i < entries; ++i) yaml += "x,";
    return yaml + "]";
  };
  EXPECT_TRUE(ParseYaml(list(kScenarioNodesMax - 1)).ok());
  EXPECT_FALSE(ParseYaml(list(kScenarioNodesMax)).ok());
}

TEST(ScenarioTest, ReadsTheFieldsOfEachStep) {
  const auto scenarios = ParseScenarios(R"(
id: one
category: ignored
bpmn: [a.bpmn, b.bpmn]
steps:
  - {op: start, process: order, vars: {amount: 20, name: "x"}, note: hi}
  - {op: fail_job, type: charge, message: no route, retries: 0}
  - op: expect_waiting
    messages: [paid]
    timers: 1
  - {op: expect_active, ids: [], camunda_specific: true}
)",
                                        "dir/s.yaml");
  ASSERT_TRUE(scenarios.ok()) << scenarios.status();
  ASSERT_EQ(scenarios->size(), 1u);
  const Scenario& scenario = scenarios->front();
  EXPECT_EQ(scenario.id, "one");
  EXPECT_EQ(scenario.bpmn, (std::vector<std::string>{"a.bpmn", "b.bpmn"}));
  ASSERT_EQ(scenario.steps.size(), 4u);
  EXPECT_EQ(scenario.steps[0].vars.ToJson(), R"({"amount":20,"name":"x"})");
  EXPECT_EQ(scenario.steps[0].line, 6);
  EXPECT_EQ(*scenario.steps[1].retries, 0);
  EXPECT_EQ(scenario.steps[1].message, "no route");
  EXPECT_EQ(*scenario.steps[2].messages, std::vector<std::string>{"paid"});
  EXPECT_FALSE(scenario.steps[2].signals.has_value());
  EXPECT_EQ(*scenario.steps[2].timers, 1);
  EXPECT_TRUE(scenario.steps[3].camunda_specific);
  EXPECT_TRUE(scenario.steps[3].ids->empty());
}

TEST(ScenarioTest, JsonLines) {
  const auto scenarios = ParseScenarios(
      "{\"id\": \"a\", \"bpmn\": [\"x\"], \"steps\": []}\n\n"
      "{\"id\": \"b\", \"bpmn\": [\"x\"], \"steps\": [{\"op\": \"restart\"}]}",
      "s.jsonl");
  ASSERT_TRUE(scenarios.ok()) << scenarios.status();
  ASSERT_EQ(scenarios->size(), 2u);
  EXPECT_EQ((*scenarios)[1].id, "b");
  EXPECT_EQ((*scenarios)[1].steps[0].line, 3);
}

std::string Error(std::string_view steps) {
  const auto scenarios = ParseScenarios(
      "id: x\nbpmn: [a]\nsteps:\n" + std::string(steps), "f.yaml");
  return scenarios.ok() ? "" : std::string(scenarios.status().message());
}

TEST(ScenarioTest, MistakesAreNamedWithTheirLine) {
  EXPECT_NE(Error("  - {op: begin}").find("f.yaml:4: x: op: got 'begin'"),
            std::string::npos);
  EXPECT_NE(Error("  - {op: restart}\n  - {id: a}").find("f.yaml:5"),
            std::string::npos);
  EXPECT_NE(Error("  - {op: start}").find("got no `process`"),
            std::string::npos);
  EXPECT_NE(
      Error("  - {op: complete_job, type: t, count: two}").find("whole number"),
      std::string::npos);
  EXPECT_NE(Error("  - {op: complete_job, type: t, vars: [1]}").find("vars"),
            std::string::npos);
  EXPECT_NE(Error("  - {op: expect_active, ids: a}").find("list of texts"),
            std::string::npos);
}

TEST(ScenarioTest, UnknownKeysMayHoldAnything) {
  // `message` means nothing to expect_active, so its form doesn't matter.
  EXPECT_EQ(Error("  - {op: expect_active, ids: [], message: [1, 2]}"), "");
}

TEST(ScenarioTest, SizeAtItsEdge) {
  std::string text = "id: x\nbpmn: a\nsteps: []\n#";
  text.resize(kScenarioBytesMax, 'x');
  EXPECT_TRUE(ParseScenarios(text, "f.yaml").ok());
  text += 'x';
  EXPECT_EQ(ParseScenarios(text, "f.yaml").status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ScenarioTest, MissingFileAndEmptyFile) {
  EXPECT_EQ(LoadScenarios("/nonexistent/x.yaml").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(ParseScenarios("# nothing\n", "f.yaml").ok());
}

}  // namespace
}  // namespace pawl::replay
