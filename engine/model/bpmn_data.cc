#include "engine/model/bpmn_data.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/process_definition.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::ElementKind;

// bpmn-js draws an association to an activity with a target of this name.
constexpr std::string_view kPlaceholder = "__targetRef_placeholder";

// White space in a name is one space, as in FEEL.
std::string Collapsed(std::string_view name) {
  std::string out;
  for (const char c : Trim(name)) {
    const bool space = absl::ascii_isspace(static_cast<unsigned char>(c));
    if (!space) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  return out;
}

std::string NameOf(const XmlNode& node) {
  const std::string* const name = node.Attribute("name");
  return name == nullptr ? std::string() : Collapsed(*name);
}

bool IsAny(const XmlNode& node, std::initializer_list<std::string_view> names) {
  return node.ns() == kBpmnNs &&
         std::find(names.begin(), names.end(), node.local()) != names.end();
}

bool IsData(const XmlNode& node) {
  return IsAny(node,
               {"dataObject", "dataObjectReference", "dataStore",
                "dataStoreReference", "dataInput", "dataOutput", "property"});
}

bool IsStore(const XmlNode& node) {
  return IsAny(node, {"dataStore", "dataStoreReference"});
}

const XmlNode* FindData(const ParseContext& context, std::string_view text) {
  const XmlNode* const found = Referenced(context, text);
  return found != nullptr && IsData(*found) ? found : nullptr;
}

// A FEEL text that gives a variable, whatever its name.
std::string Read(std::string_view variable) {
  return absl::StrCat("`", ToAbsl(variable), "`");
}

std::unique_ptr<fb::MappingT> MakeMapping(
    std::string_view target, std::unique_ptr<fb::ExpressionT> expression) {
  auto mapping = std::make_unique<fb::MappingT>();
  mapping->target = std::string(target);
  mapping->value = std::make_unique<fb::MappedValueT>();
  mapping->value->expression = std::move(expression);
  return mapping;
}

// The inputs (outputs) of an activity or event.
std::vector<const XmlNode*> DataOf(const XmlNode& xml, std::string_view what) {
  std::vector<const XmlNode*> data;
  const XmlNode* const specification = xml.Child(kBpmnNs, "ioSpecification");
  const XmlNode& holder = specification == nullptr ? xml : *specification;
  for (const XmlNode* child : holder.children) {
    if (child->Is(kBpmnNs, what)) data.push_back(child);
  }
  return data;
}

class DataParser {
 public:
  DataParser(const XmlNode& xml, const ParseContext& context,
             fb::ElementT* element)
      : xml_(xml),
        context_(context),
        element_(*element),
        loop_(xml.Child(kBpmnNs, "multiInstanceLoopCharacteristics")) {}

  void Run() {
    const bool has_inputs = !element_.inputs.empty() || CallsByDialect();
    const bool has_outputs = !element_.outputs.empty() || CallsByDialect();
    CheckSets();
    for (const auto& one : element_.inputs) inputs_.insert(one->target);
    Associations("dataInputAssociation", true, has_inputs);
    Associations("dataOutputAssociation", false, has_outputs);
    CrossCall();
    Declare();
  }

 private:
  void Associations(std::string_view name, bool is_input, bool has_mappings) {
    for (const XmlNode* child : xml_.children) {
      if (!child->Is(kBpmnNs, name)) continue;
      if (has_mappings) {
        Drawn(*child, "the mappings of the element count instead");
      } else {
        Association(*child, is_input);
      }
    }
  }

  void Error(const XmlNode& at, std::string_view what) {
    context_.problems->Error(
        at.position, "data-association",
        absl::StrCat(Describe(xml_), ": <", at.local(), ">: ", ToAbsl(what)));
  }

  void Drawn(const XmlNode& at, std::string_view why) {
    context_.problems->Warning(at.position, "data-drawn",
                               absl::StrCat(Describe(xml_), ": <", at.local(),
                                            "> moves nothing: ", ToAbsl(why)));
  }

  // SEMANTICS, Call activity.
  bool CallsByDialect() const {
    if (element_.call == nullptr) return false;
    if (Extension(xml_, "zeebe", "calledElement") != nullptr) return true;
    for (const std::string_view name :
         {std::string_view("in"), std::string_view("out")}) {
      for (const XmlNode* one : Extensions(xml_, "camunda", name)) {
        if (one->Attribute("businessKey") == nullptr) return true;
      }
    }
    return false;
  }

  // Inputs are never waited for, so which of them belong together says nothing.
  void CheckSets() {
    const XmlNode* const specification = xml_.Child(kBpmnNs, "ioSpecification");
    const XmlNode& holder = specification == nullptr ? xml_ : *specification;
    int inputs = 0;
    int outputs = 0;
    for (const XmlNode* set : holder.children) {
      const bool is_input = set->Is(kBpmnNs, "inputSet");
      if (!is_input && !set->Is(kBpmnNs, "outputSet")) continue;
      if ((is_input ? ++inputs : ++outputs) == 2) {
        Advise(*set,
               "a second set; data are never waited for, so each input "
               "and output counts whatever set it is in");
      }
      for (const XmlNode* ref : set->children) {
        if (IsAny(*ref,
                  {"whileExecutingInputRefs", "whileExecutingOutputRefs"})) {
          Advise(*ref,
                 "inputs are read once at the beginning, outputs "
                 "written once at the end");
        }
      }
    }
  }

  void Advise(const XmlNode& at, std::string_view what) {
    context_.problems->Warning(
        at.position, "data-sets",
        absl::StrCat(Describe(xml_), ": <", at.local(), ">: ", ToAbsl(what)));
  }

  // One end of an association.
  struct End {
    const XmlNode* data = nullptr;
    std::string variable;
  };

  static bool IsPlainCopy(const XmlNode& association) {
    return association.Child(kBpmnNs, "transformation") == nullptr &&
           association.Child(kBpmnNs, "assignment") == nullptr;
  }

  // Nothing: that was reported, or the association moves nothing.
  std::optional<End> Resolve(const XmlNode& reference) {
    const XmlNode* const data = Referenced(context_, reference.text);
    if (data == nullptr) {
      std::string_view id = Trim(reference.text);
      id.remove_prefix(id.find(':') + 1);
      if (!IsVariableName(id)) {
        Error(reference, absl::StrCat("got '", ToAbsl(Shown(id)),
                                      "', wanted the id of data"));
        return std::nullopt;
      }
      context_.problems->Warning(
          reference.position, "undeclared-data",
          absl::StrCat(Describe(xml_), ": ", reference.local(), ": got '",
                       ToAbsl(id),
                       "', which is no data of the file; it is the variable"));
      return End{nullptr, std::string(id)};
    }
    if (data == &xml_ && IsPlainCopy(*reference.parent)) {
      Drawn(*reference.parent, "one end is the activity itself, no data of it");
      return std::nullopt;
    }
    if (!IsData(*data)) {
      Error(reference,
            absl::StrCat("got ", Describe(*data), ", wanted the id of data"));
      return std::nullopt;
    }
    if (IsStore(*data)) {
      Drawn(*reference.parent, "a data store is outside of the engine");
      return std::nullopt;
    }
    if (NameOf(*data) == kPlaceholder) {
      Drawn(*reference.parent, "its target is a place in the diagram");
      return std::nullopt;
    }
    std::string variable = DataVariable(context_, *data);
    if (variable.empty()) {
      Error(reference, "got data without a name or id for a variable");
      return std::nullopt;
    }
    return End{data, std::move(variable)};
  }

  // Reads its children; false: nothing is to be done.
  bool Ends(const XmlNode& association, std::vector<End>* sources,
            std::optional<End>* target) {
    for (const XmlNode* child : association.children) {
      const bool is_source = child->Is(kBpmnNs, "sourceRef");
      if (!is_source && !child->Is(kBpmnNs, "targetRef")) continue;
      if (Trim(child->text).empty()) continue;
      const std::optional<End> end = Resolve(*child);
      if (!end.has_value()) return false;
      if (is_source) {
        sources->push_back(*end);
      } else {
        *target = *end;
      }
    }
    return true;
  }

  void Association(const XmlNode& association, bool is_input) {
    if (IsOfLoop(association, is_input)) return;
    std::vector<End> sources;
    std::optional<End> target;
    if (!Ends(association, &sources, &target)) return;
    const XmlNode* const transformation =
        association.Child(kBpmnNs, "transformation");
    std::vector<const XmlNode*> assignments;
    for (const XmlNode* child : association.children) {
      if (child->Is(kBpmnNs, "assignment")) assignments.push_back(child);
    }
    if (transformation != nullptr) {
      if (!target.has_value()) return Error(association, "got no targetRef");
      Own(is_input, sources);
      Add(is_input, MakeMapping(target->variable,
                                MakeExpression(context_, xml_, *transformation,
                                               Use::kCondition)));
    } else if (assignments.empty()) {
      if (sources.size() > 1) {
        return Error(association,
                     absl::StrCat("got ", sources.size(),
                                  " sources and neither a transformation nor "
                                  "an assignment"));
      }
      if (sources.empty() || !target.has_value()) {
        return Drawn(association,
                     sources.empty() ? "it has no source" : "it has no target");
      }
      // What has its target's name goes there by itself.
      if (sources.front().variable != target->variable) Own(is_input, sources);
      CopyOver(association, is_input, sources.front().variable,
               target->variable);
    }
    if (!assignments.empty()) Own(is_input, sources);
    for (const XmlNode* one : assignments) Assign(*one, is_input, target);
  }

  // The collection of a multi-instance activity is no variable of each run.
  bool IsOfLoop(const XmlNode& association, bool is_input) const {
    if (loop_ == nullptr) return false;
    const XmlNode* const of_loop = loop_->Child(
        kBpmnNs, is_input ? "loopDataInputRef" : "loopDataOutputRef");
    const XmlNode* const end =
        association.Child(kBpmnNs, is_input ? "targetRef" : "sourceRef");
    return of_loop != nullptr && end != nullptr &&
           ReferencedId(context_, of_loop->text) ==
               ReferencedId(context_, end->text);
  }

  std::unique_ptr<fb::ExpressionT> Feel(const XmlNode& at, std::string text) {
    return MakeExpression(context_, xml_, at.position, "= " + text, "",
                          Use::kText);
  }

  void Add(bool is_input, std::unique_ptr<fb::MappingT> mapping) {
    // What is wrong with it was reported.
    if (mapping->value->expression == nullptr) return;
    if (is_input) {
      inputs_.insert(mapping->target);
      element_.inputs.push_back(std::move(mapping));
    } else {
      mapping->association = true;
      element_.outputs.push_back(std::move(mapping));
    }
  }

  bool IsInput(const std::string& variable) const {
    return inputs_.contains(variable);
  }

  // What isn't there leaves its target as it is.
  void CopyOver(const XmlNode& at, bool is_input, const std::string& source,
                const std::string& target) {
    std::string text = Read(source);
    if (is_input && IsInput(target)) {
      text = absl::StrCat("get or else(", text, ", ", Read(target), ")");
    }
    std::unique_ptr<fb::MappingT> mapping = MakeMapping(target, Feel(at, text));
    mapping->unless_null = !is_input;
    if (!is_input && source == target) passed_.insert(source);
    Add(is_input, std::move(mapping));
  }

  void Assign(const XmlNode& assignment, bool is_input,
              const std::optional<End>& target) {
    const XmlNode* const from = assignment.Child(kBpmnNs, "from");
    if (from == nullptr) return Error(assignment, "got no <from>");
    const XmlNode* const to = assignment.Child(kBpmnNs, "to");
    auto mapping =
        MakeMapping("", MakeExpression(context_, xml_, *from, Use::kCondition));
    const XmlNode& at = to == nullptr ? assignment : *to;
    if (!Place(at, to == nullptr ? std::string_view() : Trim(to->text), target,
               mapping.get())) {
      return Error(at,
                   "got no place in the association's target, wanted its "
                   "name, or names with a '.' between them");
    }
    Add(is_input, std::move(mapping));
  }

  // `to` is the target, a path that begins with it, or one inside it.
  bool Place(const XmlNode& at, std::string_view to,
             const std::optional<End>& target, fb::MappingT* mapping) {
    if (to.starts_with("=")) to = Trim(to.substr(1));
    if ((to.starts_with("${") || to.starts_with("#{")) && to.ends_with("}")) {
      to = Trim(to.substr(2, to.size() - 3));
    }
    if (target.has_value()) mapping->target = target->variable;
    if (to.empty()) return target.has_value();
    bool is_first = true;
    while (true) {
      const size_t dot = std::min(to.find('.'), to.size());
      const std::string part = Collapsed(to.substr(0, dot));
      const std::string whole = is_first ? WholeOf(part, target) : "";
      is_first = false;
      if (!whole.empty()) {
        mapping->target = whole;
      } else if (!IsVariableName(part)) {
        return false;
      } else {
        mapping->path.push_back(part);
      }
      if (dot == to.size()) break;
      to.remove_prefix(dot + 1);
    }
    if (mapping->path.size() <= static_cast<size_t>(kMappingDepthMax)) {
      return true;
    }
    Error(at, absl::StrCat("got a path of more than ", kMappingDepthMax,
                           " entries (kMappingDepthMax)"));
    return true;
  }

  // The variable that the first name of a path stands for; empty: it is inside
  // the target.
  std::string WholeOf(const std::string& part,
                      const std::optional<End>& target) const {
    if (!target.has_value()) {
      const XmlNode* const data = FindData(context_, part);
      if (data != nullptr) return DataVariable(context_, *data);
      return IsVariableName(part) ? part : std::string();
    }
    const bool is_target =
        part == target->variable ||
        (target->data != nullptr && (part == NameOf(*target->data) ||
                                     FindData(context_, part) == target->data));
    return is_target ? target->variable : std::string();
  }

  // Results of these names belong to the element, which gives them on. An event
  // has them before its variables are made.
  void Own(bool is_input, const std::vector<End>& sources) {
    if (is_input || !IsActivity(element_.kind) ||
        element_.kind == ElementKind::receive_task) {
      return;
    }
    for (const End& source : sources) {
      if (source.data == nullptr) continue;
      const XmlNode* holder = source.data->parent;
      if (holder->Is(kBpmnNs, "ioSpecification")) holder = holder->parent;
      if (holder == &xml_) own_.insert(source.variable);
    }
  }

  // With nothing of a dialect, inputs and outputs alone cross a call's border.
  void CrossCall() {
    if (element_.call == nullptr || CallsByDialect()) return;
    std::set<std::string> inputs;
    for (const XmlNode* input : DataOf(xml_, "dataInput")) {
      const std::string variable = DataVariable(context_, *input);
      if (IsInput(variable) && inputs.insert(variable).second) {
        element_.call->inputs.push_back(
            MakeMapping(variable, Feel(*input, Read(variable))));
      }
    }
    const auto take = [&](const std::string& variable,
                          std::vector<std::unique_ptr<fb::MappingT>>* into) {
      into->push_back(MakeMapping(variable, Feel(xml_, Read(variable))));
      into->back()->unless_null = true;
    };
    for (const std::string& variable : own_) {
      take(variable, &element_.call->local_outputs);
    }
    for (const std::string& variable : passed_) {
      if (!own_.contains(variable)) take(variable, &element_.call->outputs);
    }
  }

  void DeclareOne(const XmlNode& at, const std::string& variable,
                  std::vector<std::unique_ptr<fb::MappingT>>* declared) {
    if (variable.empty() || !inputs_.insert(variable).second) return;
    const bool comes = started_with_.contains(variable);
    declared->push_back(
        MakeMapping(variable, Feel(at, comes ? Read(variable) : "null")));
  }

  // The data of the element itself are its variables from the beginning, but
  // behind its inputs, which are of what is around it.
  void Declare() {
    std::vector<std::unique_ptr<fb::MappingT>>& declared = element_.inputs;
    for (const std::string& variable : own_) {
      DeclareOne(xml_, variable, &declared);
    }
    if (IsScope(element_.kind)) {
      FindStartData();
      for (const XmlNode* child : xml_.children) {
        const bool is_own = IsAny(*child, {"dataObject", "property"}) ||
                            (child->Is(kBpmnNs, "dataObjectReference") &&
                             child->Attribute("dataObjectRef") == nullptr);
        if (is_own && NameOf(*child) != kPlaceholder) {
          DeclareOne(*child, DataVariable(context_, *child), &declared);
        }
      }
    }
  }

  // What starts an event sub-process is there before its own data: those of the
  // same name begin with what came.
  void FindStartData() {
    if (element_.kind != ElementKind::event_sub_process) return;
    for (const XmlNode* child : xml_.children) {
      if (!child->Is(kBpmnNs, "startEvent")) continue;
      for (const XmlNode* output : DataOf(*child, "dataOutput")) {
        started_with_.insert(DataVariable(context_, *output));
      }
    }
  }

  const XmlNode& xml_;
  const ParseContext& context_;
  fb::ElementT& element_;
  // Null unless it is multi-instance.
  const XmlNode* const loop_;
  // Targets of its inputs.
  std::set<std::string> inputs_;
  // Results that stay with the element, and those that go out under their name.
  std::set<std::string> own_;
  std::set<std::string> passed_;
  std::set<std::string> started_with_;
};

// The association of the activity `xml` with the data `id` at its inner end.
const XmlNode* AssociationOf(const XmlNode& xml, const ParseContext& context,
                             std::string_view association, std::string_view end,
                             std::string_view ref) {
  const std::string_view id = ReferencedId(context, ref);
  for (const XmlNode* child : xml.children) {
    if (!child->Is(kBpmnNs, association)) continue;
    const XmlNode* const other = child->Child(kBpmnNs, end);
    if (other != nullptr && ReferencedId(context, other->text) == id) {
      return child;
    }
  }
  return nullptr;
}

// What is at the outer end.
const XmlNode* OtherEnd(const ParseContext& context, const XmlNode* association,
                        std::string_view end) {
  const XmlNode* const ref =
      association == nullptr ? nullptr : association->Child(kBpmnNs, end);
  return ref == nullptr ? nullptr : FindData(context, ref->text);
}

}  // namespace

// What an expression can name: letters, digits, `_`, and inside spaces, `-` and
// `'`. No digit first.
bool IsVariableName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  const auto is_letter = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return absl::ascii_isalpha(byte) || c == '_' || byte > 127;
  };
  return is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_letter(c) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  c == ' ' || c == '-' || c == '\'';
         });
}

void NoteReference(const XmlNode& reference, ParseContext* context) {
  const std::string* const object = reference.Attribute("dataObjectRef");
  const std::string name = NameOf(reference);
  if (object == nullptr || !IsVariableName(name)) return;
  // Two that differ are enough to know that they do.
  auto& kept = context->data_references[Trim(
      std::string_view(*object).substr(object->find(':') + 1))];
  if (kept.empty() || (kept.size() == 1 && NameOf(*kept.front()) != name)) {
    kept.push_back(&reference);
  }
}

std::string DataVariable(const ParseContext& context, const XmlNode& data) {
  if (IsStore(data)) return std::string();
  if (data.Is(kBpmnNs, "dataObjectReference")) {
    const std::string* const object = data.Attribute("dataObjectRef");
    const XmlNode* const found =
        object == nullptr ? nullptr : FindData(context, *object);
    if (found != nullptr && found->Is(kBpmnNs, "dataObject")) {
      return DataVariable(context, *found);
    }
  }
  if (std::string name = NameOf(data); IsVariableName(name)) return name;
  const std::string* const id = data.Attribute("id");
  if (id == nullptr) return std::string();
  // Modelers name the references and not the object.
  if (data.Is(kBpmnNs, "dataObject")) {
    const auto references = context.data_references.find(*id);
    if (references != context.data_references.end() &&
        references->second.size() == 1) {
      return NameOf(*references->second.front());
    }
  }
  // A backtick would end the name in an expression.
  const bool is_sayable =
      id->size() <= kNameBytesMax && id->find('`') == std::string::npos;
  return is_sayable ? *id : std::string();
}

void ParseData(const XmlNode& xml, const ParseContext& context,
               fb::ElementT* element) {
  DataParser(xml, context, element).Run();
}

std::string LoopCollection(const XmlNode& xml, const ParseContext& context,
                           std::string_view ref) {
  const XmlNode* data = FindData(context, ref);
  if (data == nullptr) return std::string();
  const XmlNode* const association =
      AssociationOf(xml, context, "dataInputAssociation", "targetRef", ref);
  if (association != nullptr) {
    const XmlNode* const transformation =
        association->Child(kBpmnNs, "transformation");
    if (transformation != nullptr) {
      const std::string text(Trim(transformation->text));
      const bool is_marked = text.starts_with('=') ||
                             text.find("${") != std::string::npos ||
                             text.find("#{") != std::string::npos;
      return is_marked ? text : absl::StrCat("= ", text);
    }
    if (const XmlNode* outer = OtherEnd(context, association, "sourceRef")) {
      data = outer;
    }
  }
  const std::string variable = DataVariable(context, *data);
  return variable.empty() ? std::string() : absl::StrCat("= ", Read(variable));
}

std::string LoopOutput(const XmlNode& xml, const ParseContext& context,
                       std::string_view text) {
  const XmlNode* data = FindData(context, text);
  if (data == nullptr) return std::string(Trim(text));
  const XmlNode* const association =
      AssociationOf(xml, context, "dataOutputAssociation", "sourceRef", text);
  if (const XmlNode* outer = OtherEnd(context, association, "targetRef")) {
    data = outer;
  }
  const std::string variable = DataVariable(context, *data);
  return variable.empty() ? std::string(Trim(text)) : variable;
}

}  // namespace pawl::model
