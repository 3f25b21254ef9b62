// Files that no model tool would write: each gives one clear error with a
// line, never a crash, and every limit is met at its edge.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

struct BadXml {
  std::string xml;
  std::string rule;
  uint32_t line;
  uint32_t column;
};

TEST(BadInput, XmlThatCannotBeRead) {
  const BadXml cases[] = {
      {"", "xml-malformed", 1, 1},
      {"hello", "xml-malformed", 1, 1},
      {"<a>\n<b></a>", "xml-malformed", 2, 6},
      {"<a>\n  <b x='1' x='2'/></a>", "xml-malformed", 2, 12},
      {"<a><p:b/></a>", "xml-malformed", 1, 4},
      {"<a>&nothing;</a>", "xml-malformed", 1, 4},
      {"<a/>\n<b/>", "xml-malformed", 2, 1},
      {"<a>\xC3</a>", "xml-malformed", 1, 4},  // Cut inside a character.
      {"<a>\xC3", "xml-malformed", 1, 4},      // And at the end.
      {"<a>\xF8\x88\x80\x80</a>", "xml-malformed", 1, 4},  // No UTF-8.
      {std::string("<a>\0</a>", 8), "xml-malformed", 1, 4},
      {"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x SYSTEM "
       "'file:///etc/passwd'>]><a>&x;</a>",
       "xml-doctype", 2, 52},
      {"<!DOCTYPE a [<!ENTITY b '1'><!ENTITY c '&b;&b;'>]><a>&c;</a>",
       "xml-doctype", 1, 25},
      {"<?xml version='1.0' encoding='EBCDIC-XY'?><a/>", "xml-malformed", 1,
       31},
  };
  for (const BadXml& c : cases) {
    SCOPED_TRACE(c.xml);
    const ParsedModel parsed = ParseBpmn(c.xml, "f");
    EXPECT_FALSE(parsed.well_formed);
    EXPECT_FALSE(parsed.ok());
    EXPECT_TRUE(parsed.counts.empty());
    EXPECT_TRUE(parsed.processes.empty());
    ASSERT_EQ(parsed.problems.size(), 1u);
    EXPECT_EQ(parsed.problems[0].rule, c.rule);
    EXPECT_EQ(parsed.problems[0].severity, Severity::kError);
    EXPECT_EQ(parsed.problems[0].line, c.line) << parsed.problems[0].text;
    EXPECT_EQ(parsed.problems[0].column, c.column) << parsed.problems[0].text;
    EXPECT_EQ(parsed.ToStatus().code(), absl::StatusCode::kInvalidArgument);
  }
}

// A DOCTYPE before a process; `inside` is inside of its task, on line 3.
std::string WithDoctype(const std::string& doctype,
                        const std::string& attributes = "",
                        const std::string& inside = "") {
  return doctype +
         Process("<task id='t'" + attributes + ">" + inside + "</task>");
}

TEST(BadInput, DoctypeWithoutEntitiesIsReadOver) {
  const std::string kept = "<documentation>&lt;&#65;&amp;</documentation>";
  const std::string names = " name='&lt;&#65;&amp;&quot;'";
  for (const std::string doctype : {
           "<!DOCTYPE definitions>",
           "<!DOCTYPE definitions SYSTEM 'file:///etc/passwd'>",
           "<!DOCTYPE definitions PUBLIC '-//x' 'http://127.0.0.1:1/x.dtd'>",
           "<!DOCTYPE definitions []>",
           "<!DOCTYPE definitions [<!ELEMENT task ANY><!-- & -->"
           "<!ATTLIST task id ID #REQUIRED name CDATA #IMPLIED>]>",
       }) {
    const std::string xml = WithDoctype(doctype, names, kept);
    const ParsedModel parsed = ParseBpmn(xml, "f");
    EXPECT_TRUE(parsed.well_formed) << xml << Problems(parsed);
    EXPECT_TRUE(parsed.executable()) << xml << Problems(parsed);
    ASSERT_EQ(parsed.processes.size(), 1u);
    EXPECT_EQ(FindElement(*parsed.processes[0].model, "t")->name, "<A&\"");
    EXPECT_EQ(parsed.counts.at("el:task"), 1);
  }
}

std::string InUtf16(std::string_view ascii, bool high_first) {
  std::string wide = high_first ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) {
    // A character whose other byte is that of '&'.
    const char high = c == '?' ? 0x26 : 0;
    const char low = c == '?' ? 0 : c;
    wide.push_back(high_first ? high : low);
    wide.push_back(high_first ? low : high);
  }
  return wide;
}

TEST(BadInput, DoctypeWithEntitiesIsRefused) {
  std::string bomb = "<!DOCTYPE d [<!ENTITY a 'ha'>";
  for (char c = 'b'; c < 'z'; ++c) {
    bomb += std::string("<!ENTITY ") + c + " '";
    for (int i = 0; i < 10; ++i) bomb += std::string("&") + char(c - 1) + ";";
    bomb += "'>";
  }
  bomb += "]>";
  const std::string elsewhere = "<!DOCTYPE d SYSTEM 'd.dtd'>";
  for (const std::string& xml : {
           WithDoctype("<!DOCTYPE d [<!ENTITY a '1'>]>"),
           WithDoctype("<!DOCTYPE d [<!ENTITY a SYSTEM '/etc/passwd'>]>", "",
                       "&a;"),
           WithDoctype("<!DOCTYPE d [<!ENTITY % a '1'>]>"),
           WithDoctype("<!DOCTYPE d [<!ENTITY % a SYSTEM 'x.dtd'> %a;]>"),
           WithDoctype("<!DOCTYPE d SYSTEM 'd.dtd' [<!ENTITY a '1'>]>"),
           WithDoctype(bomb, "", "&y;"),
           // Of what is not fetched.
           WithDoctype(elsewhere, "", "<documentation>&a;</documentation>"),
           WithDoctype(elsewhere, " name='&a;'"),
           WithDoctype(elsewhere, " name='&lt;&ltx;'"),
           WithDoctype(elsewhere, "", "<x xmlns='y' z='&a;'/>"),
           InUtf16(WithDoctype(elsewhere, " name='&a;'"), true),
           InUtf16(WithDoctype(elsewhere, " name='&a;'"), false),
           WithDoctype("<!DOCTYPE d [%a; <!ENTITY b '1'>]>", " name='&b;'"),
           // Many elements would each have a long text.
           WithDoctype("<!DOCTYPE d [<!ATTLIST task name CDATA 'x'>]>"),
       }) {
    const ParsedModel parsed = ParseBpmn(xml, "f");
    EXPECT_FALSE(parsed.well_formed) << xml;
    EXPECT_TRUE(parsed.counts.empty());
    ASSERT_EQ(parsed.problems.size(), 1u);
    EXPECT_EQ(parsed.problems[0].rule, "xml-doctype") << Problems(parsed);
  }
  const ParsedModel undefined =
      ParseBpmn(WithDoctype("<!DOCTYPE d>", " name='&a;'"), "f");
  ASSERT_EQ(undefined.problems.size(), 1u);
  EXPECT_EQ(undefined.problems[0].rule, "xml-malformed");
  // U+2600 has the byte of '&'.
  for (const bool high_first : {true, false}) {
    const std::string xml = WithDoctype(elsewhere, " name='?lt;&lt;'");
    const ParsedModel parsed = ParseBpmn(InUtf16(xml, high_first), "f");
    ASSERT_TRUE(parsed.executable()) << Problems(parsed);
    EXPECT_EQ(FindElement(*parsed.processes[0].model, "t")->name,
              "\xE2\x98\x80lt;<");
  }
}

// A file of exactly `size` bytes, padded with white space.
std::string FileOfSize(size_t size) {
  std::string xml = Process("<task id='t'/>");
  xml.append(size - xml.size(), '\n');
  return xml;
}

TEST(BadInput, FileSize) {
  EXPECT_TRUE(ParseBpmn(FileOfSize(kModelBytesMax), "f").executable());
  const ParsedModel over = ParseBpmn(FileOfSize(kModelBytesMax + 1), "f");
  EXPECT_NE(FindProblem(over, "file-too-large"), nullptr);
  EXPECT_FALSE(over.well_formed);
  const ParsedModel huge = ParseBpmn(FileOfSize(100u << 20), "f");
  ASSERT_EQ(huge.problems.size(), 1u);
  EXPECT_EQ(huge.problems[0].text,
            "got a file of 104857600 bytes, wanted at most 16777216 "
            "(kModelBytesMax)");
}

// A file with `depth` elements inside each other; definitions, process and
// task are the first three.
std::string Nested(int depth) {
  std::string open;
  std::string close;
  for (int i = 4; i < depth; ++i) {
    open += "<extensionElements>";
    close += "</extensionElements>";
  }
  return Process("<task id='t'>" + open + "<x/>" + close + "</task>");
}

TEST(BadInput, Nesting) {
  EXPECT_TRUE(ParseBpmn(Nested(kXmlDepthMax), "f").executable());
  for (const int depth : {kXmlDepthMax + 1, 10'000}) {
    const ParsedModel parsed = ParseBpmn(Nested(depth), "f");
    ASSERT_EQ(parsed.problems.size(), 1u);
    EXPECT_EQ(parsed.problems[0].rule, "xml-depth");
    EXPECT_EQ(parsed.problems[0].line, 3u);
    EXPECT_GT(parsed.problems[0].column, 1u);
  }
}

TEST(BadInput, NumberOfXmlElements) {
  const auto file = [](size_t nodes) {
    // definitions, process, task and extensionElements are four.
    std::string xml = "<task id='t'><extensionElements>";
    for (size_t i = 4; i < nodes; ++i) xml += "<a/>";
    return Process(xml + "</extensionElements></task>");
  };
  EXPECT_TRUE(ParseBpmn(file(kXmlNodesMax), "f").executable());
  const ParsedModel over = ParseBpmn(file(kXmlNodesMax + 1), "f");
  EXPECT_NE(FindProblem(over, "xml-too-many-elements"), nullptr);
}

TEST(BadInput, NumberOfFlowElements) {
  // `count` includes the process itself; flows and nodes alternate.
  const auto file = [](size_t count) {
    std::string xml = "<task id='t0'/>";
    size_t made = 2;
    for (size_t i = 1; made + 2 <= count; ++i, made += 2) {
      absl::StrAppend(&xml, "<task id='t", i, "'/><sequenceFlow sourceRef='t",
                      i - 1, "' targetRef='t", i, "'/>");
    }
    if (made < count) xml += "<task id='last'/>";
    return Process(xml);
  };
  EXPECT_TRUE(ParseBpmn(file(kModelElementsMax), "f").executable());
  const ParsedModel over = ParseBpmn(file(kModelElementsMax + 1), "f");
  const Problem* problem = FindProblem(over, "too-many-elements");
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->line, 2u);
}

// Found only when the model was loaded, after its deployment was recorded.
TEST(BadInput, WhatJoinsLookAt) {
  constexpr size_t kNodes = 8192;
  static_assert(kNodes * kNodes == kJoinReachBitsMax);
  const auto file = [](size_t flows) {
    std::string xml = "<inclusiveGateway id='j'/>";
    for (size_t i = 1; i < kNodes; ++i) {
      absl::StrAppend(&xml, "<task id='t", i, "'/>");
    }
    for (size_t i = 0; i < flows; ++i) {
      absl::StrAppend(&xml, "<sequenceFlow sourceRef='t", i % (kNodes - 1) + 1,
                      "' targetRef='j'/>");
    }
    return Process(xml);
  };
  EXPECT_TRUE(ParseBpmn(file(kNodes), "f").executable());
  const ParsedModel over = ParseBpmn(file(kNodes + 1), "f");
  const Problem* problem = FindProblem(over, "too-many-joins");
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->line, 2u);
  EXPECT_FALSE(over.executable());
}

TEST(BadInput, LengthOfIds) {
  const auto file = [](size_t size) {
    return Process("<task id='" + std::string(size, 'a') + "'/>");
  };
  EXPECT_TRUE(ParseBpmn(file(kNameBytesMax), "f").executable());
  const ParsedModel over = ParseBpmn(file(kNameBytesMax + 1), "f");
  EXPECT_NE(FindProblem(over, "name-too-long"), nullptr);
}

TEST(BadInput, LengthOfResultVariables) {
  const auto file = [](size_t size) {
    return Around(
        "<serviceTask id='x' camunda:expression='${a}' "
        "camunda:resultVariable='" +
        std::string(size, 'a') + "'/>");
  };
  EXPECT_TRUE(ParseBpmn(file(kNameBytesMax), "f").executable());
  EXPECT_NE(
      FindProblem(ParseBpmn(file(kNameBytesMax + 1), "f"), "name-too-long"),
      nullptr);
}

TEST(BadInput, NestingOfMappings) {
  // Lists inside each other, the innermost with a text.
  const auto lists = [](int depth) {
    std::string xml = "<camunda:value>1</camunda:value>";
    for (int i = 0; i < depth; ++i) {
      xml = "<camunda:list>" + xml + "</camunda:list>";
    }
    return Around(
        "<task id='x'><extensionElements><camunda:inputOutput>"
        "<camunda:inputParameter name='a'>" +
        xml +
        "</camunda:inputParameter></camunda:inputOutput>"
        "</extensionElements></task>");
  };
  const auto path = [](int entries) {
    std::string target = "a";
    for (int i = 0; i < entries; ++i) target += ".b";
    return Around(
        "<task id='x'><extensionElements><zeebe:ioMapping>"
        "<zeebe:input source='= 1' target='" +
        target + "'/></zeebe:ioMapping></extensionElements></task>");
  };
  for (const auto& file : {std::function(lists), std::function(path)}) {
    const ParsedModel most = ParseBpmn(file(kMappingDepthMax), "f");
    EXPECT_TRUE(most.executable()) << Problems(most);
    ASSERT_EQ(most.processes.size(), 1u);
    const ParsedModel over = ParseBpmn(file(kMappingDepthMax + 1), "f");
    const Problem* problem = FindProblem(over, "mapping");
    ASSERT_NE(problem, nullptr) << Problems(over);
    EXPECT_NE(problem->text.find("kMappingDepthMax"), std::string::npos);
  }
  // What the parser lets through the check of stored models does as well.
  ParsedModel stored = ParseBpmn(lists(kMappingDepthMax), "f");
  EXPECT_TRUE(
      ProcessDefinition::Create(std::move(stored.processes[0].model)).ok());
}

TEST(BadInput, NumberOfProblems) {
  const auto file = [](size_t problems) {
    std::string xml;
    for (size_t i = 0; i < problems; ++i) {
      absl::StrAppend(&xml, "<adHocSubProcess id='c", i, "'/>\n");
    }
    return Process(xml);
  };
  const ParsedModel at_limit = ParseBpmn(file(kModelProblemsMax), "f");
  EXPECT_EQ(at_limit.problems.size(), kModelProblemsMax);
  EXPECT_EQ(FindProblem(at_limit, "too-many-problems"), nullptr);
  const ParsedModel over = ParseBpmn(file(kModelProblemsMax + 1), "f");
  ASSERT_EQ(over.problems.size(), kModelProblemsMax + 1);
  EXPECT_EQ(over.problems.back().rule, "too-many-problems");
  EXPECT_EQ(over.problems.back().severity, Severity::kError);
  EXPECT_EQ(over.problems.back().text.substr(0, 30),
            "1 more problems are not listed");
}

// Advice fills the list, the error comes after it: still an error.
TEST(BadInput, AnErrorBeyondTheListStillCounts) {
  std::string xml;
  for (size_t i = 0; i < kModelProblemsMax; ++i) {
    absl::StrAppend(&xml, "<serviceTask id='c", i, "'/>\n");
  }
  EXPECT_TRUE(ParseBpmn(Process(xml), "f").executable());
  const ParsedModel parsed =
      ParseBpmn(Process(xml + "<adHocSubProcess id='x'/>"), "f");
  EXPECT_FALSE(parsed.ok());
  EXPECT_FALSE(parsed.executable());
}

TEST(BadInput, LongIdsAreCutInMessagesBetweenCharacters) {
  std::string id;
  for (int i = 0; i < 150; ++i) id += "\xC3\xA4";  // Two bytes each.
  const ParsedModel parsed =
      ParseBpmn(Process("<adHocSubProcess id='a" + id + "'/>"), "f");
  ASSERT_EQ(parsed.problems.size(), 1u);
  const std::string& text = parsed.problems[0].text;
  EXPECT_LT(text.size(), 300u);
  EXPECT_EQ(text.find("\xC3'"), std::string::npos) << text;
}

}  // namespace
}  // namespace pawl::model
