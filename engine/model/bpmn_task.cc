#include "engine/model/bpmn_task.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_mapping.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_work.h"

namespace pawl::model {
namespace {

std::string TextOf(const XmlNode& node, std::string_view attribute) {
  const std::string* const value = node.Attribute(attribute);
  return value == nullptr ? std::string() : *value;
}

class TaskListenerParser {
 public:
  TaskListenerParser(const XmlNode& xml, const ParseContext& context,
                     fb::ElementT* element)
      : xml_(xml), context_(context), task_(*element->user_task) {}

  void Run() {
    for (const XmlNode* one : Extensions(xml_, "camunda", "taskListener")) {
      Camunda(*one);
    }
    if (const XmlNode* all = Extension(xml_, "zeebe", "taskListeners")) {
      for (const XmlNode* one : all->children) {
        if (one->Is(kZeebeNs, "taskListener")) Zeebe(*one);
      }
    }
  }

 private:
  struct EventName {
    std::string_view name;
    fb::TaskEvent event;
  };

  void Error(const XmlNode& at, std::string_view rule, std::string_view what) {
    context_.problems->Error(
        at.position, rule,
        absl::StrCat(Describe(xml_), ": <", at.local(), ">: ", ToAbsl(what)));
  }

  // Null when the event is none of these four. `refused`: BPMN tools know them,
  // and nothing could run them here.
  std::unique_ptr<fb::TaskListenerT> Of(const XmlNode& xml,
                                        std::string_view event,
                                        const EventName (&names)[4],
                                        const std::string_view (&refused)[2]) {
    std::string wanted;
    for (const EventName& known : names) {
      if (known.name == event) {
        auto listener = std::make_unique<fb::TaskListenerT>();
        listener->event = known.event;
        return listener;
      }
      absl::StrAppend(&wanted, wanted.empty() ? "" : ", ", ToAbsl(known.name));
    }
    for (const std::string_view name : refused) {
      if (name != event) continue;
      Error(xml, "unsupported-element",
            absl::StrCat("this build doesn't execute listeners of the event '",
                         ToAbsl(event), "'"));
      return nullptr;
    }
    Error(xml, "listener",
          absl::StrCat("got the event '", ToAbsl(CutUtf8(event, 64)),
                       "', wanted one of ", wanted));
    return nullptr;
  }

  void Camunda(const XmlNode& xml) {
    static constexpr EventName kNames[] = {
        {"create", fb::TaskEvent::create},
        {"assignment", fb::TaskEvent::assignment},
        {"update", fb::TaskEvent::update},
        {"complete", fb::TaskEvent::complete}};
    auto script = ParseListenerScript(xml_, xml, context_);
    if (script == nullptr) return;
    auto listener =
        Of(xml, TextOf(xml, "event"), kNames, {"delete", "timeout"});
    if (listener == nullptr) return;
    listener->script = std::move(script);
    task_.listeners.push_back(std::move(listener));
  }

  void Zeebe(const XmlNode& xml) {
    static constexpr EventName kNames[] = {
        {"creating", fb::TaskEvent::create},
        {"assigning", fb::TaskEvent::assignment},
        {"updating", fb::TaskEvent::update},
        {"completing", fb::TaskEvent::complete}};
    auto listener =
        Of(xml, TextOf(xml, "eventType"), kNames, {"canceling", "canceling"});
    if (listener == nullptr) return;
    const std::string type(Trim(TextOf(xml, "type")));
    if (type.empty()) {
      return Error(xml, "listener", "got no type of job, wanted one");
    }
    listener->job = MakeJob(xml, context_, type, xml.Attribute("retries"));
    task_.listeners.push_back(std::move(listener));
  }

  const XmlNode& xml_;
  const ParseContext& context_;
  fb::UserTaskDefinitionT& task_;
};

// --- Forms -------------------------------------------------------------------

using Entries = std::vector<std::unique_ptr<fb::FormEntryT>>;

// Children of `holder` with this name: of each the attributes `name` and
// `value`.
void ReadEntries(const XmlNode& holder, std::string_view child,
                 std::string_view name, std::string_view value, Entries* out) {
  for (const XmlNode* one : holder.children) {
    if (!one->Is(kCamundaNs, child)) continue;
    auto entry = std::make_unique<fb::FormEntryT>();
    entry->name = TextOf(*one, name);
    entry->value = TextOf(*one, value);
    out->push_back(std::move(entry));
  }
}

void SetDefault(const XmlNode& xml, std::string_view attribute,
                fb::FormFieldT* field) {
  if (const std::string* value = xml.Attribute(attribute)) {
    field->has_default = true;
    field->default_value = *value;
  }
}

std::unique_ptr<fb::FormFieldT> FieldOf(const XmlNode& xml) {
  auto field = std::make_unique<fb::FormFieldT>();
  field->id = TextOf(xml, "id");
  field->type = TextOf(xml, "type");
  field->date_pattern = TextOf(xml, "datePattern");
  ReadEntries(xml, "value", "id", "name", &field->values);
  return field;
}

// camunda:formField
std::unique_ptr<fb::FormFieldT> FormField(const XmlNode& xml) {
  auto field = FieldOf(xml);
  field->label = TextOf(xml, "label");
  SetDefault(xml, "defaultValue", field.get());
  if (const XmlNode* properties = xml.Child(kCamundaNs, "properties")) {
    ReadEntries(*properties, "property", "id", "value", &field->properties);
  }
  if (const XmlNode* validation = xml.Child(kCamundaNs, "validation")) {
    ReadEntries(*validation, "constraint", "name", "config",
                &field->constraints);
  }
  for (const auto& constraint : field->constraints) {
    if (constraint->value == "false") continue;
    if (constraint->name == "required") field->required = true;
    if (constraint->name == "readonly") field->writable = false;
  }
  return field;
}

// camunda:formProperty, what forms were written in before that.
std::unique_ptr<fb::FormFieldT> FormProperty(const XmlNode& xml) {
  auto field = FieldOf(xml);
  field->label = TextOf(xml, "name");
  SetDefault(xml, "default", field.get());
  field->variable = TextOf(xml, "variable");
  field->expression = TextOf(xml, "expression");
  field->required = TextOf(xml, "required") == "true";
  field->readable = TextOf(xml, "readable") != "false";
  field->writable = TextOf(xml, "writable") != "false";
  return field;
}

void ReadZeebe(const XmlNode& definition, fb::FormT* form) {
  form->key = TextOf(definition, "formKey");
  if (form->key.empty()) form->key = TextOf(definition, "externalReference");
  form->reference = TextOf(definition, "formId");
  form->binding = TextOf(definition, "bindingType");
  form->version = TextOf(definition, "versionTag");
}

}  // namespace

void ParseTaskListeners(const XmlNode& xml, const ParseContext& context,
                        fb::ElementT* element) {
  TaskListenerParser(xml, context, element).Run();
}

void ParseForm(const XmlNode& xml, fb::ElementT* element) {
  auto form = std::make_unique<fb::FormT>();
  if (const XmlNode* zeebe = Extension(xml, "zeebe", "formDefinition")) {
    ReadZeebe(*zeebe, form.get());
  }
  const auto read = [&](std::string_view attribute, std::string* to) {
    const std::string* const text = xml.Attribute(kCamundaNs, attribute);
    if (text != nullptr) *to = *text;
  };
  read("formKey", &form->key);
  read("formRef", &form->reference);
  read("formRefBinding", &form->binding);
  read("formRefVersion", &form->version);
  if (const XmlNode* data = Extension(xml, "camunda", "formData")) {
    form->business_key = TextOf(*data, "businessKey");
    for (const XmlNode* one : data->children) {
      if (one->Is(kCamundaNs, "formField")) {
        form->fields.push_back(FormField(*one));
      }
    }
  }
  for (const XmlNode* one : Extensions(xml, "camunda", "formProperty")) {
    form->fields.push_back(FormProperty(*one));
  }
  if (!form->key.empty() || !form->reference.empty() || !form->fields.empty() ||
      !form->business_key.empty()) {
    element->form = std::move(form);
  }
}

}  // namespace pawl::model
