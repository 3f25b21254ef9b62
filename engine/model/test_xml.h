// Small helpers of the tests in this folder: model text and lookups.
#ifndef PAWL_ENGINE_MODEL_TEST_XML_H_
#define PAWL_ENGINE_MODEL_TEST_XML_H_

#include <string>
#include <string_view>

#include "engine/model/bpmn_xml.h"

namespace pawl::model {

// The first two lines of every test file: an XML declaration isn't needed, so
// `content` starts on line 2, column 1.
inline std::string Definitions(std::string_view content) {
  return std::string(
             "<definitions "
             "xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
             "xmlns:camunda=\"http://camunda.org/schema/1.0/bpmn\" "
             "xmlns:zeebe=\"http://camunda.org/schema/zeebe/1.0\" "
             "xmlns:pawl=\"https://pawl.dev/bpmn/1.0\" "
             "targetNamespace=\"test\">\n") +
         std::string(content) + "\n</definitions>";
}

// `content` starts on line 3, column 1.
inline std::string Process(std::string_view content) {
  return Definitions("<process id=\"p\">\n" + std::string(content) +
                     "\n</process>");
}

// start -> `node` (which must have the id "x") -> end; `node` is on line 3.
inline std::string Around(std::string_view node) {
  return Process(
      std::string(node) +
      "\n<startEvent id=\"start\"/><endEvent id=\"end\"/>"
      "<sequenceFlow id=\"in\" sourceRef=\"start\" targetRef=\"x\"/>"
      "<sequenceFlow id=\"out\" sourceRef=\"x\" targetRef=\"end\"/>");
}

// All problems, one a line.
inline std::string Problems(const ParsedModel& model) {
  std::string text;
  for (const Problem& problem : model.problems) {
    text += FormatProblem(model.file_name, problem) + "\n";
  }
  return text;
}

// All advice, one a line.
inline std::string Advice(const ParsedModel& model) {
  std::string text;
  for (const Problem& problem : model.advice) {
    text += FormatProblem(model.file_name, problem) + "\n";
  }
  return text;
}

// The first problem or advice of this rule, or null.
inline const Problem* FindProblem(const ParsedModel& model,
                                  std::string_view rule) {
  for (const auto* list : {&model.problems, &model.advice}) {
    for (const Problem& problem : *list) {
      if (problem.rule == rule) return &problem;
    }
  }
  return nullptr;
}

// The element with this id, or null.
inline const fb::ElementT* FindElement(const fb::ProcessT& process,
                                       std::string_view id) {
  for (const auto& element : process.elements) {
    if (element->id == id) return element.get();
  }
  return nullptr;
}

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_TEST_XML_H_
