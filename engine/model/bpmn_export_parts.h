// What ExportBpmn is made of. Internal to engine/model.
#ifndef PAWL_ENGINE_MODEL_BPMN_EXPORT_PARTS_H_
#define PAWL_ENGINE_MODEL_BPMN_EXPORT_PARTS_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/expression/expression.h"
#include "engine/model/xml_tree.h"
#include "schemas/model_generated.h"

namespace pawl::model {

// Texts as the parser will read them again: in the language that the compiled
// model has. Where no text does that, the first such place is kept as an error.
class ExpressionWriter {
 public:
  // Of what errors name.
  void set_owner(std::string_view id) { owner_ = std::string(id); }
  const absl::Status& status() const { return status_; }
  void Fail(std::string_view what);

  // As an attribute, which can't name its language.
  std::string Text(const fb::ExpressionT& e, expression::Use use);
  // As an attribute of that name; nothing without an expression.
  void Attribute(std::string_view name, const fb::ExpressionT* e,
                 expression::Use use, XmlTree* tree);
  // As the text of `tree`, with its language in the attribute `language`.
  void Content(const fb::ExpressionT& e, expression::Use use,
               std::string_view language, XmlTree* tree);
  // As a formal expression inside of `tree`; nothing without one.
  void Child(std::string_view tag, const fb::ExpressionT* e,
             expression::Use use, XmlTree* tree);
  // Whether it can be an attribute as it is.
  static bool IsPlain(const fb::ExpressionT& e, expression::Use use);

 private:
  std::string owner_;
  absl::Status status_;
};

// An XML id, from what may be any text.
std::string IdFrom(std::string_view tag, std::string_view text);

// Messages, signals, errors and escalations, each once, with ids that nothing
// else has.
class Declarations {
 public:
  explicit Declarations(std::set<std::string> ids) : ids_(std::move(ids)) {}

  // The id of the `tag` of this name or code, an error's with this message.
  const std::string& Id(std::string_view tag, std::string_view text,
                        std::string_view message = {});
  // An id for something else.
  std::string NewId(std::string_view wanted);
  void AppendTo(XmlTree* definitions) const;

 private:
  std::set<std::string> ids_;
  struct Declared {
    std::string tag;
    std::string text;
    std::string message;
    auto operator<=>(const Declared&) const = default;
  };
  std::map<Declared, std::string> declared_;
};

// The data objects of a process that its data associations lead to. A process's
// data object is the variable of its name, and makes none.
class DataObjects {
 public:
  explicit DataObjects(Declarations* declarations)
      : declarations_(*declarations) {}

  // The id of the one that is `variable`.
  const std::string& Id(std::string_view variable);
  void AppendTo(XmlTree* process) const;

 private:
  Declarations& declarations_;
  // Their ids by their variables.
  std::map<std::string, std::string, std::less<>> ids_;
};

// The pools of the processes of one file, and the message flows that begin and
// end in it.
void WriteCollaboration(const std::vector<const fb::ProcessT*>& models,
                        Declarations* declarations, XmlTree* definitions);

// The extensionElements of an element, which come first in it.
inline XmlTree& Extensions(XmlTree* tree) {
  return tree->First("extensionElements");
}

// A job, or what is evaluated in its place: `holder` has the attributes, and
// `owner` the extensions; they differ for events.
void WriteJob(const fb::JobDefinitionT& job, ExpressionWriter* expressions,
              Declarations* declarations, XmlTree* holder, XmlTree* owner);
void WriteEvaluated(const fb::ScriptDefinitionT& script,
                    ExpressionWriter* expressions, XmlTree* holder);

void WriteScriptTask(const fb::ScriptDefinitionT& script,
                     ExpressionWriter* expressions, XmlTree* tree);

// Without its form.
void WriteUserTask(const fb::UserTaskDefinitionT& task,
                   ExpressionWriter* expressions, XmlTree* tree);
void WriteTaskListeners(const fb::UserTaskDefinitionT& task,
                        ExpressionWriter* expressions, XmlTree* tree);
// Of the user task, or of a start event.
void WriteForm(const fb::FormT& form, const fb::UserTaskDefinitionT* task,
               XmlTree* tree);
// What a call activity calls, and what crosses its border, unless that is data.
void WriteCall(const fb::ElementT& e, ExpressionWriter* expressions,
               XmlTree* tree);
void WriteLoop(const fb::LoopDefinitionT& loop, ExpressionWriter* expressions,
               XmlTree* tree);
void WriteAdHoc(const fb::AdHocDefinitionT& ad_hoc,
                ExpressionWriter* expressions, XmlTree* tree);
// Inputs, unless those are written as a signal's variables, and outputs.
void WriteMappings(const fb::ElementT& e, ExpressionWriter* expressions,
                   XmlTree* tree);
// Outputs of data associations, each as an assignment; of a call activity with
// any all that crosses its border, as inputs and outputs of it.
void WriteAssociations(const fb::ElementT& e, ExpressionWriter* expressions,
                       Declarations* declarations, DataObjects* objects,
                       XmlTree* tree);
// Whether what crosses the border of a call activity is data: its outputs are
// associations, which don't count beside a dialect's.
bool CallsWithData(const fb::ElementT& e);
void WriteListeners(const fb::ElementT& e, ExpressionWriter* expressions,
                    XmlTree* tree);
// One variable that crosses a border: <camunda:in> or <camunda:out>.
void WriteCrossing(std::string_view tag, const fb::MappingT& mapping,
                   bool local, ExpressionWriter* expressions,
                   XmlTree* extensions);

// True for an event that throws a signal with all variables and with inputs,
// which only stand together as variables of the signal.
bool WritesInputsAsSignalVariables(const fb::ElementT& e);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_EXPORT_PARTS_H_
