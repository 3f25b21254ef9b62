// Where a model comes from: a file, a text, or a ProcessBuilder.
#ifndef PAWL_ENGINE_SOURCE_H_
#define PAWL_ENGINE_SOURCE_H_

#include <string>
#include <utility>

#include "engine/model/process_builder.h"

namespace pawl {

// A BPMN 2.0 XML file; read when it is deployed.
struct BpmnFile {
  explicit BpmnFile(std::string path) : path(std::move(path)) {}
  std::string path;
};

// BPMN 2.0 XML in memory; `name` stands for the file in messages.
struct BpmnText {
  BpmnText(std::string name, std::string xml)
      : name(std::move(name)), xml(std::move(xml)) {}
  std::string name;
  std::string xml;
};

class BpmnSource {
 public:
  // NOLINTBEGIN(google-explicit-constructor): Deploy takes any of them.
  BpmnSource(BpmnFile file) : name_(std::move(file.path)), is_file_(true) {}
  BpmnSource(BpmnText text)
      : name_(std::move(text.name)), xml_(std::move(text.xml)) {}
  BpmnSource(const ProcessBuilder& builder)
      : name_(builder.process_id() + ".bpmn"), xml_(builder.ToXml()) {}
  // NOLINTEND

  // Path or name.
  const std::string& name() const { return name_; }
  bool is_file() const { return is_file_; }
  // Empty for a file.
  const std::string& xml() const { return xml_; }

 private:
  std::string name_;
  std::string xml_;
  bool is_file_ = false;
};

}  // namespace pawl

#endif  // PAWL_ENGINE_SOURCE_H_
