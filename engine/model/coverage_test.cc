// Every row of the coverage tables against the parser and the documentation:
// what says "refused" is refused with its place, what says "executes" deploys.
#include "engine/model/coverage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

std::string Str(std::string_view text) { return std::string(text); }

bool IsEventDefinition(std::string_view name) {
  return name.ends_with("EventDefinition") && name != "EventDefinition";
}

// --- Samples ----------------------------------------------------------------

// Attributes without which the element would be refused for another reason.
std::string RequiredAttributes(const std::string& name) {
  if (name == "sequenceFlow") return " sourceRef='x' targetRef='other'";
  if (name == "boundaryEvent") return " attachedToRef='host'";
  if (name == "eventSubProcess") return " triggeredByEvent='true'";
  if (name == "messageEventDefinition") return " messageRef='M'";
  if (name == "signalEventDefinition") return " signalRef='S'";
  if (name == "escalationEventDefinition") return " escalationRef='C'";
  if (name == "errorEventDefinition") return " errorRef='E'";
  if (name == "linkEventDefinition") return " name='L'";
  if (name == "callActivity") return " calledElement='q'";
  return "";
}

std::string RequiredText(const std::string& name) {
  if (name == "timeDate") return "2030-01-01T00:00:00Z";
  if (name == "timeDuration") return "PT1S";
  if (name == "timeCycle") return "R3/PT1S";
  if (name == "eventDefinitionRef") return "shared";
  if (name == "conditionExpression" || name == "condition" ||
      name == "activationCondition" || name == "loopCondition" ||
      name == "completionCondition") {
    return "${true}";
  }
  if (name == "loopCardinality") return "2";
  if (name == "transformation" || name == "from") return "1";
  if (name == "sourceRef" || name == "targetRef" || name == "to") return "all";
  if (name == "loopDataInputRef" || name == "loopDataOutputRef") return "all";
  if (name == "script" || name == "formalExpression" || name == "expression") {
    return "1";
  }
  return "";
}

// What `parent` needs besides the child `child` (which may be empty).
std::string RequiredSiblings(const std::string& parent,
                             const std::string& child) {
  const bool is_event =
      IsEventDefinition(child) || child == "eventDefinitionRef";
  if ((parent == "intermediateCatchEvent" || parent == "boundaryEvent") &&
      !is_event) {
    return "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
           "</timerEventDefinition>";
  }
  if (parent == "timerEventDefinition" && child != "timeDate" &&
      child != "timeDuration" && child != "timeCycle") {
    return "<timeDuration>PT1S</timeDuration>";
  }
  if (parent == "conditionalEventDefinition" && child != "condition") {
    return "<condition>${true}</condition>";
  }
  if (parent == "standardLoopCharacteristics" && child != "loopCondition") {
    return "<loopCondition>${true}</loopCondition>";
  }
  if (parent == "multiInstanceLoopCharacteristics") {
    return absl::StrCat(
        child == "loopCardinality" ? ""
                                   : "<loopCardinality>2</loopCardinality>",
        child == "loopDataOutputRef" ? "<outputDataItem name='o'/>" : "");
  }
  if (parent == "adHocSubProcess") return "<task id='inside'/>";
  if (parent == "scriptTask" && child != "script") {
    return "<script>1</script>";
  }
  if (parent == "ioSpecification" && child.empty()) return "<dataInput/>";
  if (parent == "assignment") {
    return absl::StrCat(child == "from" ? "" : "<from>1</from>",
                        child == "to" ? "" : "<to>all</to>");
  }
  if (parent.ends_with("Association") && parent.starts_with("data")) {
    return absl::StrCat(child == "targetRef" ? ""
                                             : "<targetRef>all</targetRef>");
  }
  return "";
}

// Elements that stand for the classes of the table.
std::vector<std::string> Concrete(std::string_view parent) {
  if (parent == "activity") {
    return {
        "task",        "manualTask",   "serviceTask",      "scriptTask",
        "userTask",    "sendTask",     "businessRuleTask", "subProcess",
        "receiveTask", "callActivity", "transaction",      "adHocSubProcess"};
  }
  if (parent == "gateway") {
    return {"exclusiveGateway", "parallelGateway", "inclusiveGateway",
            "eventBasedGateway", "complexGateway"};
  }
  if (parent == "*") return {"task", "process", "startEvent"};
  return {Str(parent)};
}

// The row for the place where samples put `element`: inside a process and
// executed, if there is such a place.
const ElementRow* PlaceOf(std::string_view element) {
  const ElementRow* place = nullptr;
  for (const ElementRow& row : ElementRows()) {
    if (row.element != element || row.parent == "*") continue;
    const bool is_better =
        place == nullptr ||
        (IsEventDefinition(element) && place->parent == "definitions") ||
        (place->support != Support::kExecutes &&
         row.support == Support::kExecutes);
    if (is_better) place = &row;
  }
  return place;
}

// The names from below definitions down to the row's element, one for each
// element that its parent stands for.
void Paths(const std::string& element, std::string_view parent,
           std::vector<std::string> below,
           std::vector<std::vector<std::string>>* paths) {
  below.insert(below.begin(), element);
  if (parent == "definitions") {
    paths->push_back(std::move(below));
    return;
  }
  if (parent == "eventSubProcessStart") {
    below.insert(below.begin(), "eventSubProcessStart");
    below.insert(below.begin(), "eventSubProcess");
    below.insert(below.begin(), "process");
    paths->push_back(std::move(below));
    return;
  }
  for (const std::string& around : Concrete(parent)) {
    const ElementRow* place = PlaceOf(around);
    ASSERT_NE(place, nullptr) << around;
    Paths(around, place->parent, below, paths);
  }
}

bool Contains(const std::vector<std::string>& path, std::string_view name) {
  return std::find(path.begin(), path.end(), name) != path.end();
}

// The element's name in BPMN.
std::string Tag(const std::string& name) {
  if (name == "eventSubProcess") return "subProcess";
  if (name == "eventSubProcessStart") return "startEvent";
  return name;
}

// The elements of `path` inside each other, each on a line of its own.
std::string Nest(const std::vector<std::string>& path, size_t from) {
  if (from == path.size()) return "";
  const std::string& name = path[from];
  const std::string child = from + 1 < path.size() ? path[from + 1] : "";
  // The subject, to which the flows lead.
  const std::string id = path[0] == "process" && from == 1 ? " id='x'" : "";
  const std::string inner_id = name == "eventSubProcessStart" ? " id='y'" : "";
  return absl::StrCat("\n<", Tag(name), id, inner_id, RequiredAttributes(name),
                      ">", RequiredText(name), RequiredSiblings(name, child),
                      Nest(path, from + 1), "</", Tag(name), ">");
}

// What stands in its place only together with something of another kind.
std::string SampleWithCompany(const std::vector<std::string>& path) {
  const std::string& subject = path.size() > 1 ? path[1] : path[0];
  if (Contains(path, "cancelEventDefinition") && subject == "endEvent") {
    return Definitions("<process id='p'><transaction id='t'>" + Nest(path, 1) +
                       "</transaction></process>");
  }
  if (Contains(path, "cancelEventDefinition") && subject == "boundaryEvent") {
    return Definitions("<process id='p'><transaction id='host'/>" +
                       Nest(path, 1) + "</process>");
  }
  if (!Contains(path, "compensateEventDefinition")) return "";
  if (subject == "boundaryEvent") {
    return Definitions(
        "<process id='p'><task id='host'/><task id='undo' "
        "isForCompensation='true'/><association sourceRef='x' "
        "targetRef='undo'/>" +
        Nest(path, 1) + "</process>");
  }
  if (Contains(path, "eventSubProcessStart")) {
    return Definitions("<process id='p'><subProcess id='s'><task id='t'/>" +
                       Nest(path, 1) + "</subProcess></process>");
  }
  return "";
}

// A file with the element at its place in an otherwise sound process. The
// element of depth n is on line n + 2.
std::string Sample(const std::vector<std::string>& path) {
  if (std::string sample = SampleWithCompany(path); !sample.empty()) {
    return sample;
  }
  std::string shared =
      "<timerEventDefinition id='shared'>"
      "<timeDuration>PT1S</timeDuration>"
      "</timerEventDefinition>";
  if (Contains(path, "endEvent")) {
    shared = "<terminateEventDefinition id='shared'/>";
  }
  if (Contains(path, "startEvent")) {
    shared = "<messageEventDefinition id='shared' messageRef='M'/>";
  }
  if (Contains(path, "intermediateThrowEvent")) {
    shared = "<linkEventDefinition id='shared' name='L'/>";
  }
  if (path[0] != "process") {
    return Definitions(Nest(path, 0) + "\n" + shared +
                       "<process id='p'><task id='t'/></process>");
  }
  shared +=
      "<message id='M' name='m'/><signal id='S' name='s'/>"
      "<escalation id='C' escalationCode='c'/>";
  std::string flows;
  const std::string subject = path.size() > 1 ? path[1] : "";
  const bool is_node = absl::EndsWith(subject, "Task") || subject == "task" ||
                       absl::EndsWith(subject, "Gateway") ||
                       absl::EndsWith(subject, "Event") ||
                       subject == "subProcess" || subject == "callActivity" ||
                       subject == "transaction" || subject == "adHocSubProcess";
  const bool throws_link = subject == "intermediateThrowEvent" &&
                           (Contains(path, "linkEventDefinition") ||
                            Contains(path, "eventDefinitionRef"));
  const bool catches_link = subject == "intermediateCatchEvent" &&
                            Contains(path, "linkEventDefinition");
  if (is_node && subject != "startEvent") {
    const bool is_host = subject == "boundaryEvent" || catches_link;
    flows += absl::StrCat("<startEvent id='start'/>",
                          is_host ? "<task id='host'/>" : "",
                          "<sequenceFlow id='in' sourceRef='start' targetRef='",
                          is_host ? "host" : "x", "'/>");
  }
  if (subject == "eventBasedGateway") {
    // Each event with a flow of its own.
    for (const std::string event : {"e1", "e2"}) {
      flows += absl::StrCat(
          "<intermediateCatchEvent id='", event,
          "'><signalEventDefinition signalRef='S'/></intermediateCatchEvent>"
          "<sequenceFlow id='to_",
          event, "' sourceRef='x' targetRef='", event, "'/>");
    }
  } else if (is_node && subject != "endEvent") {
    flows +=
        absl::StrCat(throws_link ? "<intermediateCatchEvent id='target'>"
                                   "<linkEventDefinition name='L'/>"
                                   "</intermediateCatchEvent>"
                                 : "",
                     "<endEvent id='end'/><sequenceFlow id='out' sourceRef='",
                     throws_link ? "target" : "x", "' targetRef='end'/>");
  }
  if (subject == "sequenceFlow") {
    // Here the flow is the subject; its ends have these names.
    flows = "<task id='other'/>";
    std::string nested = Nest(path, 1);
    nested.replace(nested.find(" id='x'"), 7, " id='f'");
    return Definitions("\n<process id='p'>" + nested + "\n<task id='x'/>" +
                       flows + "</process>" + shared);
  }
  if (!is_node) flows = "<task id='t'/>";
  return Definitions("\n<process id='p'>" + Nest(path, 1) + "\n" + flows +
                     "</process>" + shared);
}

void CheckRow(const ElementRow& row, const std::vector<std::string>& path) {
  const std::string xml = Sample(path);
  const ParsedModel parsed = ParseBpmn(xml, "f");
  SCOPED_TRACE(xml + "\n" + Problems(parsed));
  ASSERT_TRUE(parsed.well_formed);
  if (row.support != Support::kRefused) {
    EXPECT_TRUE(parsed.executable());
    EXPECT_EQ(FindProblem(parsed, "unknown-element"), nullptr);
    return;
  }
  EXPECT_FALSE(parsed.ok());
  const Problem* problem = FindProblem(parsed, "unsupported-element");
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(problem->severity, Severity::kError);
  // On the element itself or on one around it; that one is on its own line.
  EXPECT_GE(problem->line, 4u);
  EXPECT_LE(problem->line, 2 + path.size());
  EXPECT_EQ(problem->column, 1u);
  EXPECT_TRUE(absl::StrContains(problem->text, "'x' (") ||
              absl::StrContains(problem->text, "'y' (") ||
              absl::StrContains(problem->text, "this build doesn't execute"));
}

TEST(Coverage, EveryElementRowIsTrue) {
  int checked = 0;
  for (const ElementRow& row : ElementRows()) {
    SCOPED_TRACE(absl::StrCat(Str(row.element), " in ", Str(row.parent)));
    if (row.parent == "document") continue;
    std::vector<std::vector<std::string>> paths;
    Paths(Str(row.element), row.parent, {}, &paths);
    ASSERT_FALSE(paths.empty());
    for (const auto& path : paths) {
      CheckRow(row, path);
      ++checked;
    }
  }
  EXPECT_GT(checked, 300);
}

TEST(Coverage, NoRowTwice) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const ElementRow& row : ElementRows()) {
    EXPECT_TRUE(seen.emplace(row.parent, row.element).second)
        << row.element << " in " << row.parent;
  }
}

// --- Extensions
// ---------------------------------------------------------------

// A value that is right for the attribute.
std::string SampleValue(std::string_view name) {
  if (name == "@timeZone") return "Europe/Berlin";
  if (name == "@type") return "external";
  if (name == "@variableEvents") return "create, update";
  if (name == "@calledElementBinding") return "latest";
  if (name == "@saga") return "local";
  if (name == "@onePerKey" || name == "@outputsOnThrow" ||
      name == "@outputsAround") {
    return "false";
  }
  if (name == "@retries" || name == "@priority") return "3";
  if (name == "@backoff" || name == "@backoffMax") return "PT1S";
  if (name == "@backoffFactor") return "2";
  if (name == "@dueDate" || name == "@followUpDate") return "2030-01-01";
  return "a";
}

std::string SampleExtension(const ExtensionRow& row) {
  const std::string name = Str(row.dialect) + ":" + Str(row.name);
  if (row.name == "taskDefinition") return "<" + name + " type='a'/>";
  if (row.name == "calledElement") return "<" + name + "/>";
  if (row.name == "in" || row.name == "out")
    return "<" + name + " source='a' target='b'/>";
  if (row.name == "subscription") return "<" + name + " correlationKey='=a'/>";
  if (row.name == "loopCharacteristics") {
    return "<" + name + " inputCollection='=a'/>";
  }
  if (row.name == "script") return "<" + name + " expression='${a}'/>";
  if (name == "camunda:executionListener") {
    return "<" + name + " event='start' expression='${a}'/>";
  }
  if (name == "camunda:taskListener") {
    return "<" + name + " event='create' expression='${a}'/>";
  }
  if (row.name == "failedJobRetryTimeCycle") {
    return "<" + name + ">R3/PT1S</" + name + ">";
  }
  return "<" + name + "/>";
}

// An event with the event definition `on`, which is on line 3 with its
// attributes, and on line 3 or 4 with its extension.
std::string InEvent(const std::string& on, const std::string& attributes,
                    const std::string& extension) {
  const std::string declared =
      "<message id='M' name='m'/><signal id='S' name='s'/>";
  const bool is_message = on == "messageEventDefinition";
  std::string required = RequiredAttributes(on);
  // With an implementation it needs no message.
  if (is_message && !absl::StrContains(attributes, "correlationKey")) {
    required = "";
  }
  const std::string definition =
      absl::StrCat("<", on, required, attributes, ">", extension,
                   RequiredSiblings(on, ""), "</", on, ">");
  if (is_message || on == "signalEventDefinition") {
    return Definitions("\n<process id='p'><intermediateThrowEvent id='x'>" +
                       definition + "</intermediateThrowEvent></process>" +
                       declared);
  }
  return Definitions(
      "\n<process id='p'><task id='x'/>"
      "<boundaryEvent id='b' attachedToRef='x'>" +
      definition + "</boundaryEvent></process>" +
      "<escalation id='C' escalationCode='c'/>");
}

TEST(Coverage, EveryExtensionRowIsTrue) {
  for (const ExtensionRow& row : ExtensionRows()) {
    const std::string on = row.on == "*" ? "serviceTask" : Str(row.on);
    std::string attributes;
    std::string extension;
    if (row.name[0] == '@') {
      attributes =
          absl::StrCat(" ", Str(row.dialect), ":", Str(row.name.substr(1)),
                       "='", SampleValue(row.name), "'");
    } else {
      extension = "<extensionElements>\n" + SampleExtension(row) +
                  "</extensionElements>";
    }
    if (row.name == "@backoffFactor" || row.name == "@backoffMax") {
      attributes += " pawl:backoff='PT1S'";
    }
    std::string xml;
    uint32_t line = extension.empty() ? 3 : 4;
    if (on == "process") {
      xml = Definitions("\n<process id='p'" + attributes + ">" + extension +
                        "<task id='t'/></process>");
    } else if (on == "sequenceFlow") {
      xml = Process(
          "<task id='x'/><task id='y'/><sequenceFlow id='f' "
          "sourceRef='x' targetRef='y'>" +
          extension + "</sequenceFlow>");
    } else if (on == "conditionExpression") {
      xml = Process(
          "<task id='x'/><task id='y'/>"
          "<sequenceFlow id='f' sourceRef='x' targetRef='y'>\n"
          "<conditionExpression" +
          attributes + ">${a}</conditionExpression></sequenceFlow>");
      line = 4;
    } else if (on.ends_with("EventDefinition")) {
      xml = InEvent(on, attributes, extension);
    } else if (on == "multiInstanceLoopCharacteristics") {
      xml = Process("<task id='x'>\n<multiInstanceLoopCharacteristics" +
                    attributes + ">" + extension +
                    "<loopCardinality>2</loopCardinality>"
                    "</multiInstanceLoopCharacteristics></task>");
      line = 4;
    } else if (on == "condition") {
      xml = Process(
          "<task id='x'/><boundaryEvent id='b' attachedToRef='x'>"
          "<conditionalEventDefinition>\n<condition" +
          attributes +
          ">${a}</condition></conditionalEventDefinition></boundaryEvent>");
      line = 4;
    } else if (on == "message") {
      xml = Definitions("<message id='M' name='m'" + attributes + ">" +
                        extension +
                        "</message><process id='p'>"
                        "<receiveTask id='t' messageRef='M'/></process>");
    } else if (on == "error") {
      xml = Definitions("<error id='E' errorCode='e'" + attributes + ">" +
                        extension +
                        "</error><process id='p'><endEvent id='x'>"
                        "<errorEventDefinition errorRef='E'/></endEvent>"
                        "</process>");
    } else if (on == "eventBasedGateway") {
      xml = Process("<eventBasedGateway id='x'>" + extension +
                    "</eventBasedGateway><intermediateCatchEvent id='t'>"
                    "<timerEventDefinition><timeDuration>PT1S</timeDuration>"
                    "</timerEventDefinition></intermediateCatchEvent>"
                    "<sequenceFlow id='f' sourceRef='x' targetRef='t'/>");
    } else {
      const bool replaces_script =
          row.name == "script" || row.name == "taskDefinition";
      const std::string content =
          on == "scriptTask" && !replaces_script ? "<script>1</script>" : "";
      xml = Process("<" + on + " id='x'" + RequiredAttributes(on) + attributes +
                    ">" + extension + content + RequiredSiblings(on, "") +
                    "</" + on + ">");
    }
    const ParsedModel parsed = ParseBpmn(xml, "f");
    SCOPED_TRACE(xml + "\n" + Problems(parsed));
    if (row.support != Support::kRefused) {
      EXPECT_TRUE(parsed.executable());
      continue;
    }
    EXPECT_FALSE(parsed.ok());
    const Problem* problem = FindProblem(parsed, row.rule);
    ASSERT_NE(problem, nullptr);
    EXPECT_EQ(problem->line, line);
    EXPECT_TRUE(problem->column == 1u || on.ends_with("EventDefinition"));
  }
}

// --- Documentation -----------------------------------------------------------

std::string_view Word(Support support) {
  switch (support) {
    case Support::kExecutes:
      return "executes";
    case Support::kAccepted:
      return "accepted";
    case Support::kRefused:
      return "refused";
  }
  return "";
}

std::string ElementTable() {
  std::string out =
      "| element | inside | | clause | |\n|---|---|---|---|---|\n";
  for (const ElementRow& row : ElementRows()) {
    const std::string inside = row.parent == "*" ? "any"
                               : row.parent == "eventSubProcessStart"
                                   ? "`startEvent` of an event sub-process"
                                   : "`" + Str(row.parent) + "`";
    absl::StrAppend(&out, "| `", Str(row.element), "` | ", inside, " | ",
                    Str(Word(row.support)), " | ", Str(row.clause), " | ",
                    Str(row.note), " |\n");
  }
  return out;
}

std::string ExtensionTable() {
  std::string out = "| extension | on | | |\n|---|---|---|---|\n";
  for (const ExtensionRow& row : ExtensionRows()) {
    const bool is_attribute = row.name[0] == '@';
    const std::string name =
        Str(row.dialect) + ":" + Str(row.name.substr(is_attribute ? 1 : 0));
    const std::string shown = is_attribute ? name + "=\"\"" : "<" + name + ">";
    const std::string on = row.on == "*" ? "any" : "`" + Str(row.on) + "`";
    absl::StrAppend(&out, "| `", shown, "` | ", on, " | ",
                    Str(Word(row.support)), " | ", Str(row.note), " |\n");
  }
  return out;
}

// Events in their positions; a hyphen where BPMN has none.
std::string EventMatrix() {
  const std::string_view positions[] = {
      "startEvent",    "eventSubProcessStart",   "intermediateCatchEvent",
      "boundaryEvent", "intermediateThrowEvent", "endEvent"};
  const std::string_view types[] = {
      "none",       "message",     "timer", "error",  "escalation", "cancel",
      "compensate", "conditional", "link",  "signal", "terminate"};
  std::string out =
      "| event | start | event sub-process | catch | boundary | throw | end "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const std::string_view type : types) {
    absl::StrAppend(&out, "| ", Str(type), " |");
    for (const std::string_view position : positions) {
      std::string cell;
      if (type == "none") {
        // No definition: what the event itself does.
        cell = position == "startEvent" || position == "endEvent" ||
                       position == "intermediateThrowEvent"
                   ? "executes"
                   : "-";
      } else {
        const ElementRow* row =
            FindElementRow(position, Str(type) + "EventDefinition");
        cell = absl::StartsWith(Str(row->note), "BPMN has no")
                   ? "-"
                   : Str(Word(row->support));
      }
      absl::StrAppend(&out, " ", cell, " |");
    }
    out += "\n";
  }
  return out;
}

TEST(Coverage, TheDocumentationHasTheseTables) {
  std::ifstream file("docs/bpmn_coverage.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string tables[] = {EventMatrix(), ElementTable(),
                                ExtensionTable()};
  bool is_missing = false;
  for (const std::string& table : tables) {
    is_missing = is_missing || !absl::StrContains(text.str(), table);
  }
  if (!is_missing) return;
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  const std::string path =
      absl::StrCat(outputs == nullptr ? "." : outputs, "/tables.md");
  std::ofstream(path) << tables[0] << "\n" << tables[1] << "\n" << tables[2];
  ADD_FAILURE() << "docs/bpmn_coverage.md differs from the parser's tables; "
                   "what it has to contain is in "
                << path;
}

// The rules that the parser can report, with the place of their explanation.
TEST(Coverage, TheDocumentationHasEveryRule) {
  std::ifstream file("docs/bpmn_coverage.md");
  std::ostringstream text;
  text << file.rdbuf();
  for (const std::string rule : {"file-too-large",
                                 "xml-malformed",
                                 "xml-doctype",
                                 "xml-depth",
                                 "xml-too-many-elements",
                                 "unknown-root",
                                 "no-process",
                                 "must-understand",
                                 "duplicate-id",
                                 "boolean-value",
                                 "missing-id",
                                 "name-too-long",
                                 "unknown-element",
                                 "misplaced-element",
                                 "unsupported-element",
                                 "needs-java",
                                 "unsupported-language",
                                 "expression-syntax",
                                 "unknown-extension",
                                 "unknown-reference",
                                 "missing-event-definition",
                                 "missing-reference",
                                 "message-name",
                                 "signal-name",
                                 "escalation-code",
                                 "event-condition",
                                 "correlation-key-ignored",
                                 "start-message-twice",
                                 "sub-process-start",
                                 "event-sub-process-start",
                                 "event-sub-process-flow",
                                 "event-gateway-target",
                                 "event-gateway-one-way",
                                 "event-gateway-mixed",
                                 "missing-activation-condition",
                                 "caught-twice",
                                 "timer-value",
                                 "timer-duration-as-date",
                                 "timer-start-value",
                                 "timer-cycle-once",
                                 "cron-day-number",
                                 "time-zone",
                                 "job-retries",
                                 "loop",
                                 "loop-without-end",
                                 "task-value",
                                 "saga",
                                 "ad-hoc-content",
                                 "instantiate",
                                 "one-per-key",
                                 "boolean",
                                 "mapping",
                                 "data-association",
                                 "data-drawn",
                                 "data-sets",
                                 "undeclared-data",
                                 "message-flow",
                                 "listener",
                                 "job-type",
                                 "boundary-attached-to-nothing",
                                 "boundary-with-incoming",
                                 "error-code",
                                 "cancel-not-caught",
                                 "cancel-outside-transaction",
                                 "compensation-activity",
                                 "compensation-boundary-flow",
                                 "compensation-handler",
                                 "compensation-start",
                                 "compensation-twice",
                                 "handler-with-flow",
                                 "undeclared-error",
                                 "undeclared-message",
                                 "error-interrupts",
                                 "link-name",
                                 "link-to-nowhere",
                                 "link-twice",
                                 "link-with-flow",
                                 "two-implementations",
                                 "no-implementation",
                                 "missing-called-element",
                                 "call-binding",
                                 "missing-script",
                                 "flow-to-nowhere",
                                 "flow-crosses-scope",
                                 "default-flow-not-outgoing",
                                 "default-flow-ignored",
                                 "condition-on-default-flow",
                                 "condition-ignored",
                                 "missing-condition",
                                 "several-none-starts",
                                 "start-with-incoming",
                                 "end-with-outgoing",
                                 "no-start",
                                 "unreachable",
                                 "missing-end",
                                 "missing-default",
                                 "unbalanced-join",
                                 "empty-lane",
                                 "reference-to-nothing",
                                 "not-executable",
                                 "bad-time-to-live",
                                 "too-many-elements",
                                 "too-many-joins",
                                 "too-many-problems"}) {
    EXPECT_TRUE(absl::StrContains(text.str(), "| `" + rule + "` |")) << rule;
  }
}

}  // namespace
}  // namespace pawl::model
