// Data of BPMN (2.0.2, 10.4) compiled to variables and mappings. Internal to
// engine/model; docs/adr/0027-data-as-variables.md says why.
#ifndef PAWL_ENGINE_MODEL_BPMN_DATA_H_
#define PAWL_ENGINE_MODEL_BPMN_DATA_H_

#include <memory>
#include <string>
#include <string_view>

#include "engine/model/bpmn_raw.h"

namespace pawl::model {

// Whether data of that name are the variable of that name: an expression can
// say it.
bool IsVariableName(std::string_view name);

// To be told of every dataObjectReference before anything is parsed.
void NoteReference(const XmlNode& reference, ParseContext* context);

// The variable of a data object, reference, input, output or property; empty:
// it has none, as a data store.
std::string DataVariable(const ParseContext& context, const XmlNode& data);

// The data of a flow node: the associations become its inputs and outputs, and
// a sub-process's own data its variables. After its mappings, which count
// before data associations, and after its call.
void ParseData(const XmlNode& xml, const ParseContext& context,
               fb::ElementT* element);

// What the loopDataInputRef `ref` of the multi-instance activity `xml` stands
// for, as an expression; empty: it names no data of the file.
std::string LoopCollection(const XmlNode& xml, const ParseContext& context,
                           std::string_view ref);
// The variable that the loopDataOutputRef `text` collects into; `text` itself
// when it names no data of the file.
std::string LoopOutput(const XmlNode& xml, const ParseContext& context,
                       std::string_view text);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_DATA_H_
