#include "engine/model/bpmn_mapping.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_work.h"

namespace pawl::model {
namespace {

using expression::Use;

std::string TextOf(const XmlNode& node, std::string_view attribute) {
  const std::string* const value = node.Attribute(attribute);
  return value == nullptr ? std::string() : std::string(Trim(*value));
}

class MappingParser {
 public:
  // `element` may be null where nothing is written to it.
  MappingParser(const XmlNode& xml, const ParseContext& context,
                fb::ElementT* element)
      : xml_(xml), context_(context), element_(element) {}

  void Run() {
    if (const XmlNode* camunda = TheOnly("camunda", "inputOutput")) {
      for (const XmlNode* child : camunda->children) {
        if (child->Is(kCamundaNs, "inputParameter")) {
          Camunda(*child, &element_->inputs);
        } else if (child->Is(kCamundaNs, "outputParameter")) {
          Camunda(*child, &element_->outputs);
        }
      }
    }
    if (const XmlNode* zeebe = TheOnly("zeebe", "ioMapping")) {
      for (const XmlNode* child : zeebe->children) {
        if (child->Is(kZeebeNs, "input")) {
          Zeebe(*child, &element_->inputs);
        } else if (child->Is(kZeebeNs, "output")) {
          Zeebe(*child, &element_->outputs);
        }
      }
    }
  }

  void SignalVariables(const XmlNode& definition) {
    const bool has_inputs = !element_->inputs.empty();
    for (const XmlNode* in : Extensions(definition, "camunda", "in")) {
      // Its own variables: they are its inputs, which it carries anyway.
      if (TextOf(*in, "variables") == "all" && TextOf(*in, "local") == "true") {
        continue;
      }
      if (has_inputs) {
        Refuse(context_, xml_, in->position,
               "<in>: ", "variables of a signal beside inputs of its event");
      } else {
        SignalVariable(*in);
      }
    }
  }

 private:
  using Mappings = std::vector<std::unique_ptr<fb::MappingT>>;

  void SignalVariable(const XmlNode& in) {
    const std::string* const all = in.Attribute("variables");
    if (in.Attribute("businessKey") != nullptr) {
      return Refuse(context_, xml_, in.position,
                    "<in>: ", "signals that carry a business key");
    }
    if (all != nullptr) {
      if (*all == "all" && element_->signal != nullptr) {
        element_->signal->all_variables = true;
        return;
      }
      return context_.problems->Error(
          in.position, "mapping",
          absl::StrCat(Describe(xml_), ": <in>: got variables '",
                       ToAbsl(CutUtf8(*all, 64)), "', wanted all"));
    }
    if (auto mapping = Crossing(in)) {
      element_->inputs.push_back(std::move(mapping));
    }
  }

 public:
  // `source` or `sourceExpression`, and `target`; null: that is reported.
  std::unique_ptr<fb::MappingT> Crossing(const XmlNode& in) {
    auto mapping = std::make_unique<fb::MappingT>();
    mapping->target = TextOf(in, "target");
    if (!IsName(in, mapping->target)) return nullptr;
    const std::string source = TextOf(in, "source");
    const std::string expression = TextOf(in, "sourceExpression");
    if (source.empty() == expression.empty()) {
      Error(in, "wanted a source or a sourceExpression");
      return nullptr;
    }
    if (!expression.empty()) {
      mapping->value = Text(in, expression);
    } else if (IsIdentifier(source)) {
      // In FEEL a variable that isn't there is null.
      mapping->value = Text(in, "= " + source);
    } else {
      Error(in, absl::StrCat("got the source '", ToAbsl(CutUtf8(source, 64)),
                             "', wanted letters, digits and _; write others as "
                             "a sourceExpression"));
    }
    return mapping->value == nullptr ? nullptr : std::move(mapping);
  }

 private:
  static bool IsIdentifier(std::string_view name) {
    for (const char c : name) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_') {
        return false;
      }
    }
    return !name.empty() &&
           !absl::ascii_isdigit(static_cast<unsigned char>(name.front()));
  }

  void Error(const XmlNode& at, std::string_view what) {
    context_.problems->Error(
        at.position, "mapping",
        absl::StrCat(Describe(xml_), ": <", at.local(), ">: ", ToAbsl(what)));
  }

  void Advise(const XmlNode& at, std::string_view what) {
    context_.problems->Warning(
        at.position, "mapping",
        absl::StrCat(Describe(xml_), ": <", at.local(), ">: ", ToAbsl(what)));
  }

  // The extension; more than one are refused, since all but one would count for
  // nothing.
  const XmlNode* TheOnly(std::string_view dialect, std::string_view name) {
    const XmlNode* first = nullptr;
    for (const XmlNode* one : Extensions(xml_, dialect, name)) {
      if (first == nullptr) {
        first = one;
      } else {
        Error(*one, "got a second one, wanted one");
      }
    }
    return first;
  }

  bool IsName(const XmlNode& at, std::string_view name) {
    if (name.empty()) {
      Error(at, "got an empty name, wanted a variable's");
    } else if (name.size() > kNameBytesMax) {
      Error(at, absl::StrCat("got a name of ", name.size(),
                             " bytes, wanted at most ", kNameBytesMax,
                             " (kNameBytesMax)"));
    }
    return !name.empty() && name.size() <= kNameBytesMax;
  }

  void Camunda(const XmlNode& parameter, Mappings* mappings) {
    auto mapping = std::make_unique<fb::MappingT>();
    mapping->target = TextOf(parameter, "name");
    if (!IsName(parameter, mapping->target)) return;
    mapping->value = CamundaValue(parameter, 1);
    if (mapping->value != nullptr) mappings->push_back(std::move(mapping));
  }

  // The value inside a parameter, a list's member or a map's entry: one of
  // script, list and map, or a text.
  std::unique_ptr<fb::MappedValueT> CamundaValue(const XmlNode& holder,
                                                 int depth) {
    const XmlNode* value = nullptr;
    for (const XmlNode* child : holder.children) {
      if (!child->Is(kCamundaNs, "list") && !child->Is(kCamundaNs, "map") &&
          !child->Is(kCamundaNs, "script")) {
        continue;
      }
      if (value != nullptr) {
        Error(*child, "got a second value, wanted one");
        return nullptr;
      }
      value = child;
    }
    const std::string_view text = Trim(holder.text);
    if (value == nullptr) return Text(holder, text);
    if (!text.empty()) {
      Advise(holder, absl::StrCat("the text beside <", value->local(),
                                  "> counts for nothing"));
    }
    return Member(*value, depth);
  }

  // A script, list or map.
  std::unique_ptr<fb::MappedValueT> Member(const XmlNode& value, int depth) {
    if (value.local() == "script") return Script(value);
    return Several(value,
                   value.local() == "list" ? fb::MappedKind::list
                                           : fb::MappedKind::context,
                   depth);
  }

  std::unique_ptr<fb::MappedValueT> Several(const XmlNode& list,
                                            fb::MappedKind kind, int depth) {
    if (depth > kMappingDepthMax) {
      Error(list, absl::StrCat("got lists and maps nested deeper than ",
                               kMappingDepthMax, " (kMappingDepthMax)"));
      return nullptr;
    }
    auto value = std::make_unique<fb::MappedValueT>();
    value->kind = kind;
    std::set<std::string> keys;
    for (const XmlNode* child : list.children) {
      if (child->ns() != kCamundaNs) continue;
      auto entry = std::make_unique<fb::MappedEntryT>();
      if (kind == fb::MappedKind::context) {
        entry->name = TextOf(*child, "key");
        if (!IsName(*child, entry->name)) return nullptr;
        auto key = MakeExpression(context_, xml_, child->position, entry->name,
                                  "", Use::kText);
        if (key == nullptr) return nullptr;
        if (key->language != fb::Language::literal) {
          entry->name.clear();
          entry->key = std::move(key);
        } else if (!keys.insert(entry->name).second) {
          Advise(*child, absl::StrCat("the key '", entry->name,
                                      "' was there before: the last counts"));
        }
        entry->value = CamundaValue(*child, depth + 1);
      } else if (child->local() == "script" || child->local() == "list" ||
                 child->local() == "map") {
        entry->value = Member(*child, depth + 1);
      } else {
        entry->value = CamundaValue(*child, depth + 1);
      }
      if (entry->value == nullptr) return nullptr;
      value->entries.push_back(std::move(entry));
    }
    return value;
  }

  std::unique_ptr<fb::MappedValueT> Script(const XmlNode& script) {
    if (script.Attribute("resource") != nullptr) {
      Error(script,
            "this build doesn't execute scripts in a file of their own");
      return nullptr;
    }
    return Made(MakeExpression(context_, xml_, script.position, script.text,
                               TextOf(script, "scriptFormat"),
                               Use::kCondition));
  }

  // Nothing is null.
  std::unique_ptr<fb::MappedValueT> Text(const XmlNode& at,
                                         std::string_view text) {
    return Made(MakeExpression(context_, xml_, at.position,
                               text.empty() ? "= null" : text, "", Use::kText));
  }

  static std::unique_ptr<fb::MappedValueT> Made(
      std::unique_ptr<fb::ExpressionT> expression) {
    if (expression == nullptr) return nullptr;
    auto value = std::make_unique<fb::MappedValueT>();
    value->expression = std::move(expression);
    return value;
  }

  // `target` may be a path: "order.total".
  void Zeebe(const XmlNode& child, Mappings* mappings) {
    auto mapping = std::make_unique<fb::MappingT>();
    const std::string target = TextOf(child, "target");
    for (size_t start = 0; start <= target.size();) {
      const size_t dot = std::min(target.find('.', start), target.size());
      const std::string part = target.substr(start, dot - start);
      if (!IsName(child, part)) return;
      if (start == 0) {
        mapping->target = part;
      } else {
        mapping->path.push_back(part);
      }
      start = dot + 1;
    }
    if (mapping->path.size() > static_cast<size_t>(kMappingDepthMax)) {
      return Error(child,
                   absl::StrCat("got a path of more than ", kMappingDepthMax,
                                " entries (kMappingDepthMax)"));
    }
    const std::string source = TextOf(child, "source");
    if (source.empty()) {
      return Error(child, "got no source, wanted an expression");
    }
    mapping->value = Text(child, source);
    if (mapping->value != nullptr) mappings->push_back(std::move(mapping));
  }

  const XmlNode& xml_;
  const ParseContext& context_;
  fb::ElementT* const element_;
};

class ListenerParser {
 public:
  ListenerParser(const XmlNode& xml, const ParseContext& context,
                 fb::ElementT* element)
      : xml_(xml), context_(context), element_(*element) {}

  void Run() {
    for (const XmlNode* child : xml_.children) {
      if (!child->Is(kBpmnNs, "extensionElements")) continue;
      for (const XmlNode* extension : child->children) {
        if (extension->Is(kCamundaNs, "executionListener")) {
          Camunda(*extension);
        }
      }
    }
    if (const XmlNode* all = Extension(xml_, "zeebe", "executionListeners")) {
      for (const XmlNode* one : all->children) {
        if (one->Is(kZeebeNs, "executionListener")) Zeebe(*one);
      }
    }
  }

 private:
  void Error(const XmlNode& at, std::string_view rule, std::string_view what) {
    context_.problems->Error(
        at.position, rule,
        absl::StrCat(Describe(xml_), ": <", at.local(), ">: ", ToAbsl(what)));
  }

  // Null when the event is none of a flow node.
  std::unique_ptr<fb::ListenerT> Of(const XmlNode& xml,
                                    std::string_view event) {
    auto listener = std::make_unique<fb::ListenerT>();
    if (event == "start" || event == "end") {
      listener->event =
          event == "start" ? fb::ListenerEvent::start : fb::ListenerEvent::end;
      return listener;
    }
    Error(xml, "listener",
          absl::StrCat("got the event '", ToAbsl(CutUtf8(event, 64)),
                       "', wanted start or end"));
    return nullptr;
  }

  void Camunda(const XmlNode& xml) {
    auto script = ParseListenerScript(xml_, xml, context_);
    if (script == nullptr) return;
    auto listener = Of(xml, TextOf(xml, "event"));
    if (listener == nullptr) return;
    listener->script = std::move(script);
    element_.listeners.push_back(std::move(listener));
  }

  void Zeebe(const XmlNode& xml) {
    auto listener = Of(xml, TextOf(xml, "eventType"));
    if (listener == nullptr) return;
    const std::string type = TextOf(xml, "type");
    if (type.empty()) {
      return Error(xml, "listener", "got no type of job, wanted one");
    }
    listener->job = MakeJob(xml, context_, type, xml.Attribute("retries"));
    element_.listeners.push_back(std::move(listener));
  }

  const XmlNode& xml_;
  const ParseContext& context_;
  fb::ElementT& element_;
};

}  // namespace

void ParseMappings(const XmlNode& xml, const ParseContext& context,
                   fb::ElementT* element) {
  MappingParser(xml, context, element).Run();
}

void ParseSignalVariables(const XmlNode& xml, const XmlNode& definition,
                          const ParseContext& context, fb::ElementT* element) {
  MappingParser(xml, context, element).SignalVariables(definition);
}

std::unique_ptr<fb::MappingT> ParseCrossing(const XmlNode& xml,
                                            const XmlNode& one,
                                            const ParseContext& context) {
  return MappingParser(xml, context, nullptr).Crossing(one);
}

std::unique_ptr<fb::ScriptDefinitionT> ParseListenerScript(
    const XmlNode& xml, const XmlNode& listener, const ParseContext& context) {
  const auto error = [&](const XmlNode& at, std::string_view rule,
                         std::string_view what) {
    context.problems->Error(
        at.position, rule,
        absl::StrCat(Describe(xml), ": <", at.local(), ">: ", ToAbsl(what)));
    return nullptr;
  };
  if (listener.Attribute("class") != nullptr ||
      listener.Attribute("delegateExpression") != nullptr) {
    return error(listener, "needs-java",
                 "got a Java class, wanted a script or an expression");
  }
  const XmlNode* const script = listener.Child(kCamundaNs, "script");
  if (script != nullptr && listener.Attribute("expression") != nullptr) {
    return error(listener, "listener",
                 "got an expression and a script, wanted one");
  }
  if (script != nullptr && script->Attribute("resource") != nullptr) {
    return error(*script, "unsupported-element",
                 "this build doesn't execute scripts in a file of their own");
  }
  auto definition = std::make_unique<fb::ScriptDefinitionT>();
  definition->script =
      script != nullptr
          ? MakeExpression(context, xml, script->position, script->text,
                           TextOf(*script, "scriptFormat"), Use::kScript)
          : MakeExpression(context, xml, listener.position,
                           TextOf(listener, "expression"), "", Use::kText);
  if (definition->script == nullptr) return nullptr;
  return definition;
}

void ParseListeners(const XmlNode& xml, const ParseContext& context,
                    fb::ElementT* element) {
  ListenerParser(xml, context, element).Run();
}

}  // namespace pawl::model
