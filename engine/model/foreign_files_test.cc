// Files as other tools write them: references, encodings, ids and values that
// are right, or wrong in a way that doesn't matter, are read as they are meant.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/utf8.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/test_xml.h"
#include "engine/model/xml_reader.h"

namespace pawl::model {
namespace {

using fb::ElementKind;

// As Definitions(), with a prefix for what the file itself declares.
std::string Own(const std::string& content) {
  std::string xml = Definitions(content);
  xml.insert(xml.find(" targetNamespace"), " xmlns:tns='test'");
  return xml;
}

// A QName names what an id names; its prefix says in which file.
TEST(ForeignFiles, ReferencesWithAPrefix) {
  const ParsedModel parsed = ParseBpmn(
      Own("<collaboration><participant id='pool' processRef='tns:p'/>"
          "<participant id='other'/><messageFlow id='m' sourceRef='tns:u' "
          "targetRef='tns:other'/></collaboration>"
          "<error id='E' errorCode='C'/><process id='p'><laneSet>"
          "<lane id='l'><flowNodeRef>tns:u</flowNodeRef></lane></laneSet>"
          "<startEvent id='s'/><userTask id='u'/>"
          "<boundaryEvent id='b' attachedToRef='tns:u'>"
          "<errorEventDefinition errorRef='tns:E'/></boundaryEvent>"
          "<boundaryEvent id='k' attachedToRef='tns:u'>"
          "<compensateEventDefinition/></boundaryEvent>"
          "<task id='h' isForCompensation='true'/>"
          "<association sourceRef='tns:k' targetRef='tns:h'/>"
          "<exclusiveGateway id='g' default='tns:f3'/>"
          "<endEvent id='e'><compensateEventDefinition activityRef='tns:u'/>"
          "</endEvent><endEvent id='e2'/>"
          "<sequenceFlow id='f1' sourceRef='tns:s' targetRef='tns:u'/>"
          "<sequenceFlow id='f2' sourceRef='tns:u' targetRef=' g '/>"
          "<sequenceFlow id='f3' sourceRef='g' targetRef='e'/>"
          "<sequenceFlow id='f4' sourceRef='g' targetRef='e2'>"
          "<conditionExpression>${a}</conditionExpression></sequenceFlow>"
          "</process>"),
      "f");
  ASSERT_TRUE(parsed.ok()) << Problems(parsed);
  const fb::ProcessT& model = *parsed.processes[0].model;
  const auto index = [&](std::string_view id) {
    for (uint32_t i = 0; i < model.elements.size(); ++i) {
      if (model.elements[i]->id == id) return i;
    }
    return 0u;
  };
  EXPECT_EQ(FindElement(model, "b")->attached_to, index("u"));
  EXPECT_EQ(FindElement(model, "b")->error->code, "C");
  EXPECT_EQ(FindElement(model, "k")->handler, index("h"));
  EXPECT_EQ(FindElement(model, "g")->default_flow, 3u);
  EXPECT_EQ(FindElement(model, "e")->compensate->activity, index("u"));
  EXPECT_EQ(model.flows[0]->target, index("u"));
  EXPECT_EQ(model.flows[1]->target, index("g"));
  ASSERT_EQ(model.lanes.size(), 1u);
  EXPECT_EQ(model.lanes[0]->members, std::vector<uint32_t>{index("u")});
  ASSERT_EQ(model.message_flows.size(), 1u);
  EXPECT_EQ(model.message_flows[0]->source, "u");
  EXPECT_EQ(model.message_flows[0]->target, "other");
}

// No XML id has a colon, and some tools write them.
TEST(ForeignFiles, IdsWithAColon) {
  const std::string xml = Process(
      "<startEvent id='a:s'/><task id='a:t'/><task id='t'/>"
      "<sequenceFlow id='f' sourceRef='a:s' targetRef='a:t'/>"
      "<sequenceFlow id='g' sourceRef='a:t' targetRef='t'/>");
  const ParsedModel parsed = ParseBpmn(xml, "f");
  ASSERT_TRUE(parsed.ok()) << Problems(parsed);
  const fb::ProcessT& model = *parsed.processes[0].model;
  EXPECT_EQ(model.elements[model.flows[0]->target]->id, "a:t");
  EXPECT_EQ(model.elements[model.flows[1]->target]->id, "t");
  const auto drawn = WithDiagram(xml);
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  for (const std::string_view edge :
       {"bpmnElement=\"f\"", "bpmnElement=\"g\""}) {
    EXPECT_NE(drawn->find(edge), std::string::npos) << *drawn;
  }
}

// calledElement is a QName as well, and an expression of a dialect isn't.
TEST(ForeignFiles, CalledElementWithAPrefix) {
  const auto called = [](const std::string& text) {
    const ParsedModel parsed = ParseBpmn(
        Own("<process id='p'><callActivity id='x' calledElement='" + text +
            "'/></process><process id='tns:q'><task id='t'/></process>"),
        "f");
    EXPECT_TRUE(parsed.ok()) << Problems(parsed);
    return FindElement(*parsed.processes[0].model, "x")->call->process_id->text;
  };
  EXPECT_EQ(called("tns:other"), "other");
  EXPECT_EQ(called("nobody:other"), "nobody:other");
  EXPECT_EQ(called("tns:q"), "tns:q");
  EXPECT_EQ(called("${a ? b : c}"), "${a ? b : c}");
}

// Of the encodings that tools have written, by the names that they give them.
TEST(ForeignFiles, Encodings) {
  struct Case {
    std::string_view encoding;
    std::string_view bytes;
    std::string_view utf8;
  };
  for (const Case& c : {
           Case{"windows-1250", "\xB9\xE8", "\u0105\u010D"},
           Case{"Cp1251", "\xC6", "\u0416"},
           Case{"windows-1255", "\xE0", "\u05D0"},
           Case{"ISO-8859-2", "\xB1", "\u0105"},
           Case{"iso8859_1", "\xE4", "\u00E4"},
           Case{"latin1", "\xE4", "\u00E4"},
           Case{"LATIN9", "\xA4", "\u20AC"},
           Case{"macintosh", "\x8A", "\u00E4"},
           Case{"ascii", "a", "a"},
           Case{"utf8", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80",
                "\u00E4\u20AC\U0001F600"},
           Case{"GBK", "\xD6\xD0\xCE\xC4", "\u4E2D\u6587"},
           Case{"gb2312", "\xD6\xD0", "\u4E2D"},
           Case{"Big5", "\xA4\xA4", "\u4E2D"},
           Case{"Shift_JIS", "\x93\xFA\xB1", "\u65E5\uFF71"},
           Case{"EUC-JP", "\xC6\xFC", "\u65E5"},
           Case{"euc-kr", "\xC7\xD1", "\uD55C"},
       }) {
    const ParsedModel parsed = ParseBpmn(
        absl::StrCat("<?xml version='1.0' encoding='", std::string(c.encoding),
                     "'?>",
                     Definitions(absl::StrCat(
                         "<process id='p' name='", std::string(c.bytes),
                         "'>\n <task id='t'/>\n <task id='",
                         std::string(c.bytes), "'/><task id='t'/></process>"))),
        "f");
    ASSERT_EQ(parsed.processes.size(), 1u) << c.encoding << Problems(parsed);
    EXPECT_EQ(parsed.processes[0].name, c.utf8) << c.encoding;
    EXPECT_EQ(parsed.counts.at("el:task"), 3) << c.encoding;
    const Problem* const twice = FindProblem(parsed, "duplicate-id");
    ASSERT_NE(twice, nullptr) << c.encoding;
    EXPECT_EQ(twice->line, 4u) << c.encoding;
  }
  for (const auto& [encoding, bytes] :
       {std::pair{"klingon", "x"}, std::pair{"UTF-7", "x"},
        std::pair{"ISO-2022-JP", "x"}, std::pair{"IBM037", "x"},
        std::pair{"ISO-8859-12", "x"}, std::pair{"windows-1252", "\x81"},
        std::pair{"GBK", "\x81\x20"}, std::pair{"utf8", "\xC3("}}) {
    const ParsedModel parsed =
        ParseBpmn(absl::StrCat("<?xml version='1.0' encoding='", encoding,
                               "'?>\n<a b='", bytes, "'/>"),
                  "f");
    EXPECT_FALSE(parsed.well_formed) << encoding;
    ASSERT_NE(FindProblem(parsed, "xml-malformed"), nullptr) << encoding;
    EXPECT_GT(FindProblem(parsed, "xml-malformed")->column, 0u) << encoding;
  }
}

// As references have it.
TEST(ForeignFiles, IdsInWhiteSpace) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("<message id='&#9;M ' name='m'/><process id=' p '>"
                  "<startEvent id=' s '/><receiveTask id='t&#10;' "
                  "messageRef='M'/><sequenceFlow id=' f' sourceRef='s' "
                  "targetRef=' t '/><task id=' '/></process>"),
      "f");
  ASSERT_TRUE(parsed.executable()) << Problems(parsed);
  const fb::ProcessT& model = *parsed.processes[0].model;
  EXPECT_EQ(model.id, "p");
  EXPECT_EQ(parsed.processes[0].id, "p");
  ASSERT_NE(FindElement(model, "s"), nullptr);
  ASSERT_NE(FindElement(model, "t"), nullptr);
  EXPECT_EQ(FindElement(model, "t")->message->name->text, "m");
  EXPECT_NE(FindElement(model, "task#3"), nullptr);
  ASSERT_EQ(model.flows.size(), 1u);
  EXPECT_EQ(model.flows[0]->id, "f");
  const ParsedModel twice =
      ParseBpmn(Process("<task id='t'/><task id=' t'/>"), "f");
  EXPECT_NE(FindProblem(twice, "duplicate-id"), nullptr);
}

TEST(ForeignFiles, QuantitiesInWhiteSpace) {
  for (const std::string quantity : {"1", " 1", "1&#10;", "", " "}) {
    const ParsedModel parsed =
        ParseBpmn(Around("<task id='x' startQuantity='" + quantity +
                         "' completionQuantity='" + quantity + "'/>"),
                  "f");
    EXPECT_TRUE(parsed.executable()) << Problems(parsed);
  }
  EXPECT_FALSE(
      ParseBpmn(Around("<task id='x' startQuantity=' 2 '/>"), "f").ok());
}

// Messages show the beginning of a text, and end it between characters.
TEST(ForeignFiles, LongTextsInMessages) {
  for (size_t shift = 0; shift < 3; ++shift) {
    std::string text(shift, 'x');
    for (int i = 0; i < 40; ++i) text += "\u65e5";
    const auto event = [](const std::string& definition) {
      return Process("<intermediateCatchEvent id='x'>" + definition +
                     "</intermediateCatchEvent>");
    };
    const auto extended = [](const std::string& extension) {
      return Process("<userTask id='x'><extensionElements>" + extension +
                     "</extensionElements></userTask>");
    };
    const std::string condition =
        "<conditionalEventDefinition><extensionElements>"
        "<zeebe:conditionalFilter variableNames='v,";
    for (const std::string& xml : {
             Process("<task id='x'><standardLoopCharacteristics loopMaximum='" +
                     text + "'/></task>"),
             Process("<callActivity id='x' calledElement='c' "
                     "camunda:calledElementBinding='" +
                     text + "'/>"),
             Process("<callActivity id='x' calledElement='c'>"
                     "<extensionElements><camunda:in variables='" +
                     text + "'/></extensionElements></callActivity>"),
             Process("<callActivity id='x' calledElement='c'>"
                     "<extensionElements><camunda:in source='" +
                     text +
                     "' target='t'/></extensionElements>"
                     "</callActivity>"),
             Definitions("<signal id='S' name='s'/><process id='p'>"
                         "<intermediateThrowEvent id='x'>"
                         "<signalEventDefinition signalRef='S'>"
                         "<extensionElements><camunda:in variables='" +
                         text +
                         "'/></extensionElements></signalEventDefinition>"
                         "</intermediateThrowEvent></process>"),
             event(condition + text +
                   "' variableEvents='create'/></extensionElements><condition>"
                   "a</condition></conditionalEventDefinition>"),
             event("<conditionalEventDefinition camunda:variableEvents='" +
                   text +
                   "'><condition>a</condition>"
                   "</conditionalEventDefinition>"),
             Process("<subProcess id='x' pawl:saga='" + text +
                     "'><task id='t'/></subProcess>"),
             Definitions("<message id='M' name='m'/><process id='p'>"
                         "<startEvent id='x'><messageEventDefinition "
                         "messageRef='M' pawl:onePerKey='" +
                         text + "'/></startEvent></process>"),
             extended("<camunda:executionListener expression='${a}' event='" +
                      text + "'/>"),
             extended("<camunda:taskListener expression='${a}' event='" + text +
                      "'/>"),
             Process("<scriptTask id='x' scriptFormat='" + text +
                     "'><script>1</script></scriptTask>"),
             Process("<serviceTask id='x' camunda:expression='${" + text +
                     "()}'/>"),
             Process("<serviceTask id='x' camunda:expression='${a \"" + text +
                     "\"}'/>"),
         }) {
      const ParsedModel parsed = ParseBpmn(xml, "f");
      SCOPED_TRACE(xml + "\n" + Problems(parsed));
      EXPECT_FALSE(parsed.ok());
      bool is_shown = false;
      for (const Problem& problem : parsed.problems) {
        EXPECT_EQ(FindInvalidUtf8(problem.text), problem.text.npos);
        EXPECT_EQ(problem.text.find("\uFFFD"), problem.text.npos);
        is_shown = is_shown || problem.text.find("\u65e5") != problem.text.npos;
      }
      EXPECT_TRUE(is_shown);
    }
    // Texts of the expressions are cut as in logs.
    for (const std::string name : {"timeDuration", "timeDate", "timeCycle"}) {
      const ParsedModel parsed =
          ParseBpmn(event("<timerEventDefinition><" + name + ">" + text + "</" +
                          name + "></timerEventDefinition>"),
                    "f");
      ASSERT_FALSE(parsed.ok());
      ASSERT_FALSE(parsed.problems.empty());
      for (const Problem& problem : parsed.problems) {
        EXPECT_EQ(FindInvalidUtf8(problem.text), problem.text.npos);
      }
    }
  }
}

// As JSON wants it; the process's name is what it was.
TEST(ForeignFiles, TextsInUtf8) {
  const auto file = [](const std::string& declaration,
                       const std::string& name) {
    return declaration +
           Process("<task id='t' name='" + name +
                   "'><!-- &x; --><documentation>&lt;"
                   "<![CDATA[&]]></documentation></task>\r\n") +
           "\n<!-- end -->\n";
  };
  const std::string utf8 = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  const std::string as_utf8 = file(utf8, "\u00E4");
  // As it is, byte for byte.
  for (const std::string& xml :
       {as_utf8, file("", "\u00E4"), file("\xEF\xBB\xBF", "\u00E4"),
        file("<?xml  version='1.0' ?>", "\u00E4"),
        file("<?xml version='1.0' encoding='utf-8' standalone='yes'?>", "a")}) {
    EXPECT_EQ(XmlInUtf8(xml), xml);
  }
  for (const std::string encoding :
       {"ISO-8859-1", "windows-1252", "iso8859_1"}) {
    const std::string declared =
        "<?xml version='1.0' encoding='" + encoding + "'?>";
    EXPECT_EQ(XmlInUtf8(file(declared, "\xE4")), as_utf8) << encoding;
    EXPECT_EQ(XmlInUtf8(file(declared, "a")), file(utf8, "a")) << encoding;
    // What would be UTF-8, too.
    EXPECT_EQ(XmlInUtf8(file(declared, "\xC3\xA4")), file(utf8, "\u00C3\u00A4"))
        << encoding;
  }
  EXPECT_EQ(XmlInUtf8(file("<?xml version='1.0' encoding='utf8' "
                           "standalone='yes'?>",
                           "\U0001F600")),
            file("<?xml version=\"1.0\" encoding=\"UTF-8\" "
                 "standalone=\"yes\"?>",
                 "\U0001F600"));
  for (const bool high_first : {false, true}) {
    for (const bool mark : {false, true}) {
      std::string wide;
      if (mark) wide = high_first ? "\xFE\xFF" : "\xFF\xFE";
      for (const char c : file("", "a")) {
        if (high_first) wide.push_back('\0');
        wide.push_back(c);
        if (!high_first) wide.push_back('\0');
      }
      EXPECT_EQ(XmlInUtf8(wide), file("", "a")) << high_first << mark;
    }
  }
  // Nothing that a store has, yet whoever asks gets UTF-8.
  for (const std::string encoding : {"klingon", "utf8", "UTF-8"}) {
    const std::string text = XmlInUtf8("<?xml version='1.0' encoding='" +
                                       encoding + "'?><a>\xC3</b>");
    EXPECT_EQ(FindInvalidUtf8(text), text.npos) << encoding;
    EXPECT_NE(text.find("<a>\uFFFD</b>"), text.npos) << text;
  }
}

// xsd:boolean has white space around it, and some tools write capitals.
TEST(ForeignFiles, BooleansInOtherWords) {
  const auto executable = [](const std::string& text) {
    const ParsedModel parsed =
        ParseBpmn(Definitions("<process id='p' isExecutable='" + text +
                              "'><task id='t'/></process>"),
                  "f");
    EXPECT_TRUE(parsed.ok()) << text << Problems(parsed);
    const bool is_told = FindProblem(parsed, "boolean-value") != nullptr;
    return std::pair(parsed.executable(), is_told);
  };
  EXPECT_EQ(executable("true"), std::pair(true, false));
  EXPECT_EQ(executable(" 1 "), std::pair(true, false));
  EXPECT_EQ(executable("True"), std::pair(true, true));
  EXPECT_EQ(executable("TRUE"), std::pair(true, true));
  EXPECT_EQ(executable(""), std::pair(true, true));
  EXPECT_EQ(executable("false"), std::pair(false, false));
  EXPECT_EQ(executable("False"), std::pair(false, true));
  EXPECT_EQ(executable("no"), std::pair(false, true));

  const ParsedModel parsed = ParseBpmn(
      Process("<task id='t'/><boundaryEvent id='b' attachedToRef='t' "
              "cancelActivity=' False '><timerEventDefinition><timeDuration>"
              "PT1S</timeDuration></timerEventDefinition></boundaryEvent>"
              "<boundaryEvent id='c' attachedToRef='t' cancelActivity=''>"
              "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
              "</timerEventDefinition></boundaryEvent>"),
      "f");
  ASSERT_TRUE(parsed.ok()) << Problems(parsed);
  EXPECT_FALSE(FindElement(*parsed.processes[0].model, "b")->interrupting);
  EXPECT_TRUE(FindElement(*parsed.processes[0].model, "c")->interrupting);
  EXPECT_EQ(parsed.counts.at("boundary_non_interrupting"), 1);
  EXPECT_EQ(parsed.counts.at("boundary_interrupting"), 1);
}

// An id twice is an error only where somebody would look for both.
TEST(ForeignFiles, IdsTwiceThatNobodyLooksFor) {
  for (const std::string& content : {
           std::string("<documentation id='a'/><task id='t'>"
                       "<documentation id='a'/></task>"),
           std::string("<laneSet id='t'><lane id='l'><flowNodeRef>t"
                       "</flowNodeRef></lane></laneSet><task id='t'/>"),
           std::string("<task id='t'/><textAnnotation id='t'/>"),
           std::string("<task id='t'><ioSpecification><inputSet id='i'/>"
                       "<outputSet id='i'/></ioSpecification></task>"),
           std::string("<startEvent id='s'><timerEventDefinition id='d'>"
                       "<timeDuration>PT1S</timeDuration>"
                       "</timerEventDefinition></startEvent><task id='t'/>"
                       "<endEvent id='e'><terminateEventDefinition id='d'/>"
                       "</endEvent>"),
       }) {
    const ParsedModel parsed = ParseBpmn(Process(content), "f");
    EXPECT_TRUE(parsed.executable()) << Problems(parsed) << content;
    const Problem* const twice = FindProblem(parsed, "duplicate-id");
    ASSERT_NE(twice, nullptr) << content;
    EXPECT_EQ(twice->severity, Severity::kWarning) << content;
  }
  // The process is what is looked for.
  const ParsedModel pool = ParseBpmn(
      Definitions("<collaboration id='p'><participant id='x' processRef='p'/>"
                  "<participant id='x'/></collaboration>"
                  "<process id='p'><task id='t'/></process>"),
      "f");
  ASSERT_TRUE(pool.executable()) << Problems(pool);
  EXPECT_EQ(pool.processes[0].model->participants.size(), 1u);
  // Both are.
  const ParsedModel data = ParseBpmn(
      Process("<task id='t'/><dataObject id='t' name='order'/>"), "f");
  EXPECT_FALSE(data.ok());
}

// What tools put into the process although it belongs beside it.
TEST(ForeignFiles, DeclarationsInsideOfAProcess) {
  const ParsedModel parsed = ParseBpmn(
      Process("<message id='M' name='paid'/><dataStore id='d'/>"
              "<intermediateCatchEvent id='c'><messageEventDefinition "
              "messageRef='M'/></intermediateCatchEvent>"),
      "f");
  ASSERT_TRUE(parsed.executable()) << Problems(parsed);
  EXPECT_EQ(FindElement(*parsed.processes[0].model, "c")->message->name->text,
            "paid");
  ASSERT_NE(FindProblem(parsed, "unknown-element"), nullptr);
  EXPECT_EQ(FindProblem(parsed, "unknown-element")->severity,
            Severity::kWarning);
  // What would do something isn't passed over.
  for (const std::string_view other :
       {"<dataInput id='x'/>", "<process id='x'/>", "<magicTask id='x'/>",
        "<timerEventDefinition id='x'/>"}) {
    EXPECT_FALSE(
        ParseBpmn(Process("<task id='t'/>" + std::string(other)), "f").ok())
        << other;
  }
}

// Many tools draw data to the activity itself.
TEST(ForeignFiles, DataAssociationsWithTheActivity) {
  const auto file = [](const std::string& more) {
    return Process(
        "<dataObject id='o'/><task id='t'><dataInputAssociation>"
        "<sourceRef>o</sourceRef><targetRef>t</targetRef>" +
        more +
        "</dataInputAssociation><dataOutputAssociation><sourceRef>t"
        "</sourceRef><targetRef>o</targetRef></dataOutputAssociation></task>");
  };
  const ParsedModel parsed = ParseBpmn(file(""), "f");
  ASSERT_TRUE(parsed.executable()) << Problems(parsed);
  EXPECT_NE(FindProblem(parsed, "data-drawn"), nullptr);
  const fb::ElementT& task = *FindElement(*parsed.processes[0].model, "t");
  EXPECT_TRUE(task.inputs.empty() && task.outputs.empty());
  const ParsedModel assigned =
      ParseBpmn(file("<assignment><from>1</from></assignment>"), "f");
  EXPECT_FALSE(assigned.ok());
}

// Models that no process engine executes are sound all the same.
TEST(ForeignFiles, NoProcess) {
  const ParsedModel parsed = ParseBpmn(
      Definitions("\n<choreography id='c'><participant id='a'/><startEvent "
                  "id='s'/></choreography><globalUserTask id='g'/>"),
      "f");
  EXPECT_TRUE(parsed.ok()) << Problems(parsed);
  EXPECT_FALSE(parsed.executable());
  ASSERT_NE(FindProblem(parsed, "no-process"), nullptr);
  EXPECT_EQ(FindProblem(parsed, "no-process")->severity, Severity::kWarning);
  EXPECT_EQ(parsed.counts.at("el:startEvent"), 1);
}

// Elements of BPMN are counted wherever they are.
TEST(ForeignFiles, CountsInsideOfADiagram) {
  const ParsedModel parsed = ParseBpmn(
      Process("<documentation/></process><d:BPMNDiagram "
              "xmlns:d='http://www.omg.org/spec/BPMN/20100524/DI'>"
              "<d:BPMNPlane><documentation/><e xmlns='x'/><d:BPMNShape>"
              "<extensionElements><documentation/></extensionElements>"
              "</d:BPMNShape></d:BPMNPlane></d:BPMNDiagram>"
              "<process id='q'><task id='t'/>"),
      "f");
  ASSERT_TRUE(parsed.well_formed) << Problems(parsed);
  EXPECT_EQ(parsed.counts.at("el:documentation"), 3);
  EXPECT_EQ(parsed.counts.at("el:extensionElements"), 1);
  EXPECT_EQ(parsed.counts.at("el:process"), 2);
  EXPECT_EQ(parsed.counts.at("flow_nodes"), 1);
}

}  // namespace
}  // namespace pawl::model
