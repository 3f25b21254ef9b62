// Data of BPMN (2.0.2, 10.4; docs/adr/0027): variables of their scope, and the
// mappings that data associations become.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

std::string Textual(const std::vector<std::unique_ptr<fb::MappingT>>& all) {
  std::string text;
  for (const auto& one : all) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", one->target);
    for (const std::string& part : one->path) {
      absl::StrAppend(&text, ".", part);
    }
    absl::StrAppend(&text, " <- ", one->value->expression->text);
  }
  return text;
}

// The element `id` of the only process, which must be sound.
class Model {
 public:
  explicit Model(const std::string& xml) : parsed_(ParseBpmn(xml, "f")) {
    EXPECT_TRUE(parsed_.executable()) << Problems(parsed_);
    if (!parsed_.executable()) return;
    // A definition takes it as it is.
    auto definition = ProcessDefinition::Create(
        std::make_unique<fb::ProcessT>(*parsed_.processes[0].model));
    EXPECT_TRUE(definition.ok()) << definition.status();
  }

  const fb::ElementT& at(const std::string& id) const {
    return *FindElement(*parsed_.processes[0].model, id);
  }
  std::string Inputs(const std::string& id) const {
    return Textual(at(id).inputs);
  }
  std::string Outputs(const std::string& id) const {
    return Textual(at(id).outputs);
  }
  std::string Advice() const {
    std::string rules;
    for (const Problem& problem : parsed_.problems) {
      absl::StrAppend(&rules, rules.empty() ? "" : " ", problem.rule);
    }
    return rules;
  }

 private:
  const ParsedModel parsed_;
};

// A user task with these children, data objects around it.
std::string Task(const std::string& children, const std::string& around = "") {
  return Process(absl::StrCat(
      "<dataObject id='O' name='order'/><dataObject id='T' name='total'/>",
      around, "<userTask id='x'>", children, "</userTask>"));
}

std::string In(const std::string& id, const std::string& name) {
  return absl::StrCat("<dataInput id='", id, "'",
                      name.empty() ? "" : absl::StrCat(" name='", name, "'"),
                      "/>");
}

std::string Out(const std::string& id, const std::string& name) {
  return absl::StrCat("<dataOutput id='", id, "'",
                      name.empty() ? "" : absl::StrCat(" name='", name, "'"),
                      "/>");
}

std::string Io(const std::string& data) {
  return "<ioSpecification>" + data + "</ioSpecification>";
}

std::string Into(const std::string& from, const std::string& to,
                 const std::string& more = "") {
  return absl::StrCat("<dataInputAssociation>",
                      from.empty() ? "" : "<sourceRef>" + from + "</sourceRef>",
                      to.empty() ? "" : "<targetRef>" + to + "</targetRef>",
                      more, "</dataInputAssociation>");
}

std::string OutOf(const std::string& from, const std::string& to,
                  const std::string& more = "") {
  return absl::StrCat("<dataOutputAssociation>",
                      from.empty() ? "" : "<sourceRef>" + from + "</sourceRef>",
                      to.empty() ? "" : "<targetRef>" + to + "</targetRef>",
                      more, "</dataOutputAssociation>");
}

TEST(BpmnData, ACopyIsAMapping) {
  const Model m(Task(Io(In("i", "what") + Out("o", "sum")) + Into("O", "i") +
                     OutOf("o", "T")));
  // The output is the task's own from the beginning; what it isn't given leaves
  // the target alone.
  EXPECT_EQ(m.Inputs("x"), "what <- = `order`; sum <- = null");
  EXPECT_EQ(m.Outputs("x"), "total <- = `sum`");
  EXPECT_TRUE(m.at("x").outputs[0]->association);
  EXPECT_TRUE(m.at("x").outputs[0]->unless_null);
  EXPECT_FALSE(KeepsResults(m.at("x")));
  EXPECT_EQ(m.Advice(), "");
}

TEST(BpmnData, NamesOfVariables) {
  const struct {
    std::string data;
    std::string variable;
  } kCases[] = {
      {"<dataObject id='D' name='a  long\nname'/>", "a long name"},
      {"<dataObject id='D' name='größe_1'/>", "größe_1"},
      {"<dataObject id='D' name='1st'/>", "D"},
      {"<dataObject id='D' name='order (new)'/>", "D"},
      {"<dataObject id='D' name='a`b'/>", "D"},
      {"<dataObject id='D'/>", "D"},
      {"<dataObject id='D'/><dataObjectReference id='R' name='order A' "
       "dataObjectRef='D'/><dataObjectReference id='S' dataObjectRef='D'/>",
       "order A"},
      {"<dataObject id='D'/><dataObjectReference id='R' name='draft' "
       "dataObjectRef='D'/><dataObjectReference id='S' name='final' "
       "dataObjectRef='D'/>",
       "D"},
      {"<dataObject id='D' name='own'/><dataObjectReference id='R' "
       "name='other' dataObjectRef='D'/>",
       "own"},
      {"<dataObjectReference id='D' name='alone'/>", "alone"},
      {"<property id='D' name='note'/>", "note"},
  };
  for (const auto& one : kCases) {
    const Model m(Task(Io(In("i", "in")) + Into("D", "i"), one.data));
    EXPECT_EQ(m.Inputs("x"), absl::StrCat("in <- = `", one.variable, "`"))
        << one.data;
  }
  // A reference is its object.
  const Model m(Task(Io(In("i", "in")) + Into("R", "i"),
                     "<dataObjectReference id='R' name='n' "
                     "dataObjectRef='O'/>"));
  EXPECT_EQ(m.Inputs("x"), "in <- = `order`");
}

TEST(BpmnData, AnOutputOfItsTargetsNameGoesThereByItself) {
  const Model m(Task(Io(Out("o", "order")) + OutOf("o", "O")));
  EXPECT_EQ(m.Inputs("x"), "");
  // For what a local variable of that name kept.
  EXPECT_EQ(m.Outputs("x"), "order <- = `order`");
  EXPECT_TRUE(m.at("x").outputs[0]->unless_null);
  // So does an input of that name.
  const Model both(Task(Io(In("i", "order") + Out("o", "order")) +
                        Into("O", "i") + OutOf("o", "O")));
  EXPECT_EQ(both.Inputs("x"), "order <- = `order`");
  EXPECT_EQ(both.Outputs("x"), "order <- = `order`");
}

// In any order of the file.
TEST(BpmnData, OneOutputGoesToSeveralTargets) {
  const std::string io = Io(Out("o", "order"));
  const Model m(Task(io + OutOf("o", "O") + OutOf("o", "T")));
  EXPECT_EQ(m.Inputs("x"), "order <- = null");
  EXPECT_EQ(m.Outputs("x"), "order <- = `order`; total <- = `order`");
  const Model n(Task(io + OutOf("o", "T") + OutOf("o", "O")));
  EXPECT_EQ(n.Inputs("x"), "order <- = null");
  EXPECT_EQ(n.Outputs("x"), "total <- = `order`; order <- = `order`");
}

// The data object is what is around the task, whatever its own is called.
TEST(BpmnData, AnInputIsOfWhatIsAround) {
  const Model m(Task(Io(In("i", "what") + Out("o", "order")) + Into("O", "i") +
                     OutOf("o", "T")));
  EXPECT_EQ(m.Inputs("x"), "what <- = `order`; order <- = null");
}

TEST(BpmnData, TheSecondSourceOfAnInputCountsIfItIsThere) {
  const Model m(Task(Io(In("i", "in")) + Into("O", "i") + Into("T", "i")));
  EXPECT_EQ(m.Inputs("x"),
            "in <- = `order`; in <- = get or else(`total`, `in`)");
}

TEST(BpmnData, TransformationsAndAssignments) {
  const Model m(
      Task(Io(In("i", "in") + Out("o", "out")) +
           Into("O", "i", "<transformation>order.id</transformation>") +
           OutOf("o", "T", "<transformation>${out}</transformation>") +
           OutOf("o", "O",
                 "<assignment><from>out</from><to>order.a.b</to></assignment>"
                 "<assignment><from>1</from><to>O.c</to></assignment>"
                 "<assignment><from>2</from><to>d</to></assignment>"
                 "<assignment><from>3</from><to>${order}</to></assignment>")));
  EXPECT_EQ(m.Inputs("x"), "in <- order.id; out <- = null");
  EXPECT_EQ(m.Outputs("x"),
            "total <- ${out}; order.a.b <- out; order.c <- 1; order.d <- 2; "
            "order <- 3");
  EXPECT_EQ(m.at("x").outputs[0]->value->expression->language,
            fb::Language::el);
  EXPECT_EQ(m.at("x").outputs[1]->value->expression->language,
            fb::Language::feel);
}

TEST(BpmnData, WhatMovesNothingIsSaid) {
  for (const std::string& children : {
           Io(In("i", "in")) + Into("", "i"),
           Io(Out("o", "out")) + OutOf("o", ""),
           OutOf("", "O"),
           // As bpmn-js draws it.
           "<property id='i' name='__targetRef_placeholder'/>" + Into("O", "i"),
           Io(In("i", "in")) + Into("S", "i"),
           Io(Out("o", "out")) + OutOf("o", "S"),
       }) {
    const Model m(Task(children, "<dataStoreReference id='S' name='s'/>"));
    EXPECT_EQ(m.Advice(), "data-drawn") << children;
    EXPECT_EQ(m.Outputs("x"), "");
    EXPECT_EQ(m.Inputs("x"), "");
  }
}

// SEMANTICS, Call activity: with mappings of a dialect nothing else counts; so
// it is elsewhere.
TEST(BpmnData, MappingsOfADialectCountInstead) {
  const Model m(
      Task("<extensionElements><zeebe:ioMapping><zeebe:output source='=a' "
           "target='b'/></zeebe:ioMapping></extensionElements>" +
           Io(In("i", "in") + Out("o", "out")) + Into("O", "i") +
           OutOf("o", "O", "<transformation language='x'>?</transformation>")));
  EXPECT_EQ(m.Inputs("x"), "in <- = `order`");
  EXPECT_EQ(m.Outputs("x"), "b <- =a");
  EXPECT_TRUE(KeepsResults(m.at("x")));
  EXPECT_EQ(m.Advice(), "data-drawn");
}

TEST(BpmnData, ASubProcessHasItsOwn) {
  const Model m(Process(
      "<dataObject id='P' name='outer'/>"
      "<subProcess id='s'><dataObject id='D'/><dataObjectReference id='R' "
      "name='box' dataObjectRef='D'/><property id='N' name='note'/>"
      "<userTask id='x'>" +
      Io(Out("o", "size")) + OutOf("o", "R") + "</userTask></subProcess>"));
  EXPECT_EQ(m.Inputs("s"), "box <- = null; note <- = null");
  EXPECT_EQ(m.Outputs("x"), "box <- = `size`");
  EXPECT_EQ(m.Inputs("p"), "");
}

// What starts an event sub-process has come before its data are made.
TEST(BpmnData, AnEventSubProcessTakesWhatStartsIt) {
  const Model m(Definitions(
      "<message id='M' name='m'/><process id='p'><task id='t'/>"
      "<subProcess id='s' triggeredByEvent='true'>"
      "<dataObject id='D' name='order'/><dataObject id='E' name='other'/>"
      "<startEvent id='b'>" +
      Out("o", "order") + OutOf("o", "E") +
      "<messageEventDefinition messageRef='M'/></startEvent></subProcess>"
      "</process>"));
  EXPECT_EQ(m.Inputs("s"), "order <- = `order`; other <- = null");
  EXPECT_EQ(m.Outputs("b"), "other <- = `order`");
}

TEST(BpmnData, EventsHaveThemToo) {
  const Model m(Definitions(
      "<message id='M' name='m'/><process id='p'>"
      "<dataObject id='O' name='order'/>"
      "<intermediateThrowEvent id='t'>" +
      In("i", "what") + Into("O", "i") +
      "<messageEventDefinition messageRef='M'/></intermediateThrowEvent>"
      "<intermediateCatchEvent id='c'>" +
      Out("o", "answer") + OutOf("o", "O") +
      "<messageEventDefinition messageRef='M'/></intermediateCatchEvent>"
      "</process>"));
  EXPECT_EQ(m.Inputs("t"), "what <- = `order`");
  EXPECT_EQ(m.Inputs("c"), "");
  EXPECT_EQ(m.Outputs("c"), "order <- = `answer`");
}

TEST(BpmnData, OfACallTheyCross) {
  const std::string data = Io(In("i", "who") + Out("o", "score") +
                              Out("e", "order") + Out("u", "unused")) +
                           Into("O", "i") + OutOf("o", "T") + OutOf("e", "O");
  const auto call = [&](const std::string& extension) {
    return Process(
        "<dataObject id='O' name='order'/><dataObject id='T' name='total'/>"
        "<callActivity id='x' calledElement='q'><extensionElements>" +
        extension + "</extensionElements>" + data + "</callActivity>");
  };
  const Model m(call("<camunda:in businessKey='k'/>"));
  const fb::CallDefinitionT& crossing = *m.at("x").call;
  EXPECT_EQ(Textual(crossing.inputs), "who <- = `who`");
  EXPECT_EQ(Textual(crossing.outputs), "order <- = `order`");
  EXPECT_EQ(Textual(crossing.local_outputs), "score <- = `score`");
  EXPECT_FALSE(crossing.all_in || crossing.all_out);
  EXPECT_EQ(m.Inputs("x"), "who <- = `order`; score <- = null");
  EXPECT_EQ(m.Outputs("x"), "total <- = `score`; order <- = `order`");

  const Model camunda(call("<camunda:in source='a' target='b'/>"));
  EXPECT_EQ(Textual(camunda.at("x").call->inputs), "b <- = a");
  EXPECT_EQ(camunda.Inputs("x"), "");
  EXPECT_EQ(camunda.Advice(), "data-drawn data-drawn data-drawn");
}

TEST(BpmnData, OfALoopTheCollections) {
  const Model m(Task(
      Io(In("i", "all") + Out("o", "sums")) + Into("O", "i") + OutOf("o", "T") +
      "<multiInstanceLoopCharacteristics><loopDataInputRef>i</loopDataInputRef>"
      "<loopDataOutputRef>o</loopDataOutputRef><inputDataItem name='one'/>"
      "<outputDataItem name='sum'/></multiInstanceLoopCharacteristics>"));
  EXPECT_EQ(m.at("x").loop->collection->text, "= `order`");
  EXPECT_EQ(m.at("x").loop->output_collection, "total");
  EXPECT_EQ(m.Inputs("x"), "");
  EXPECT_EQ(m.Outputs("x"), "");
  const Model transformed(Task(
      Io(In("i", "all")) +
      Into("O", "i", "<transformation>order.lines</transformation>") +
      "<multiInstanceLoopCharacteristics><loopDataInputRef>i</loopDataInputRef>"
      "</multiInstanceLoopCharacteristics>"));
  EXPECT_EQ(transformed.at("x").loop->collection->text, "= order.lines");
}

}  // namespace
}  // namespace pawl::model
