#include "engine/model/bpmn_export_parts.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/iso8601.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/xml_reader.h"
#include "engine/value.h"

namespace pawl::model {
namespace {

using expression::Use;
using Mappings = std::vector<std::unique_ptr<fb::MappingT>>;

// The name by which the parser knows it; a literal has none.
std::string_view NameOf(fb::Language language) {
  switch (language) {
    case fb::Language::el:
      return "juel";
    case fb::Language::feel:
      return "feel";
    case fb::Language::lua:
      return "lua";
    case fb::Language::javascript:
      return "javascript";
    case fb::Language::literal:
      return "";
  }
  return "";
}

bool IsReadAs(std::string_view text, std::string_view attribute, Use use,
              fb::Language language) {
  if (Trim(text) != text || text.empty()) return false;
  const auto detected = expression::DetectLanguage(text, attribute, use);
  return detected.ok() && *detected == language;
}

// `text` as a text of FEEL, which is always the same.
std::string FeelText(std::string_view text) {
  return "= " + Value(std::string(text)).ToJson();
}

// The name of its language to `holder`, its text to `tree`.
void WriteScript(const fb::ExpressionT& script, ExpressionWriter* expressions,
                 XmlTree* holder, XmlTree* tree) {
  const std::string_view name = NameOf(script.language);
  if (!IsReadAs(script.text, name, Use::kScript, script.language)) {
    expressions->Fail("the language of a script");
  }
  holder->SetIfAny("scriptFormat", name);
  tree->SetText(script.text);
}

std::string Duration(int64_t milliseconds) {
  return FormatIsoDuration({.months = 0, .milliseconds = milliseconds});
}

}  // namespace

void ExpressionWriter::Fail(std::string_view what) {
  if (!status_.ok()) return;
  status_ = absl::UnimplementedError(absl::StrCat(
      "export: '", owner_, "': BPMN has no way to write ", ToAbsl(what)));
}

bool ExpressionWriter::IsPlain(const fb::ExpressionT& e, Use use) {
  return IsReadAs(e.text, "", use, e.language);
}

std::string ExpressionWriter::Text(const fb::ExpressionT& e, Use use) {
  if (IsPlain(e, use)) return e.text;
  if (e.language == fb::Language::feel && use != Use::kScript) {
    return "= " + e.text;
  }
  // What was found to be the same always, and looks as if it weren't.
  if (e.language == fb::Language::literal) return FeelText(e.text);
  Fail(absl::StrCat("the language of '", ToAbsl(CutUtf8(e.text, 200)),
                    "' there"));
  return e.text;
}

void ExpressionWriter::Attribute(std::string_view name,
                                 const fb::ExpressionT* e, Use use,
                                 XmlTree* tree) {
  if (e != nullptr) tree->Set(name, Text(*e, use));
}

void ExpressionWriter::Content(const fb::ExpressionT& e, Use use,
                               std::string_view language, XmlTree* tree) {
  const std::string_view name = NameOf(e.language);
  if (!IsPlain(e, use) && !name.empty() &&
      IsReadAs(e.text, name, use, e.language)) {
    tree->Set(language, name);
    tree->SetText(e.text);
  } else {
    tree->SetText(Text(e, use));
  }
}

void ExpressionWriter::Child(std::string_view tag, const fb::ExpressionT* e,
                             Use use, XmlTree* tree) {
  if (e == nullptr) return;
  XmlTree& child = tree->Add(tag).Set("xsi:type", "tFormalExpression");
  Content(*e, use, "language", &child);
}

std::string IdFrom(std::string_view tag, std::string_view text) {
  std::string id = absl::StrCat(ToAbsl(tag), "_");
  for (const char c : text.substr(0, 200)) {
    const auto byte = static_cast<uint8_t>(c);
    if (absl::ascii_isalnum(byte)) {
      id.push_back(c);
    } else {
      absl::StrAppendFormat(&id, "-%02x", byte);
    }
  }
  return id;
}

const std::string& Declarations::Id(std::string_view tag, std::string_view text,
                                    std::string_view message) {
  const auto [it, is_new] = declared_.try_emplace(
      {std::string(tag), std::string(text), std::string(message)});
  if (is_new) it->second = NewId(IdFrom(tag, text));
  return it->second;
}

std::string Declarations::NewId(std::string_view wanted) {
  std::string id(wanted);
  while (!ids_.insert(id).second) id.push_back('_');
  return id;
}

void Declarations::AppendTo(XmlTree* definitions) const {
  for (const auto& [what, id] : declared_) {
    definitions->Add(what.tag)
        .Set("id", id)
        .Set(what.tag == "error"        ? "errorCode"
             : what.tag == "escalation" ? "escalationCode"
                                        : "name",
             what.text)
        .SetIfAny("camunda:errorMessage", what.message);
  }
}

void WriteJob(const fb::JobDefinitionT& job, ExpressionWriter* expressions,
              Declarations* declarations, XmlTree* holder, XmlTree* owner) {
  holder->Set("pawl:type", expressions->Text(*job.type, Use::kText));
  // What it is without is another number for what compensates.
  holder->Set("pawl:retries", absl::StrCat(job.retries));
  if (job.backoff != nullptr && !job.backoff->delays_ms.empty()) {
    std::string delays;
    for (const int64_t delay_ms : job.backoff->delays_ms) {
      absl::StrAppend(&delays, delays.empty() ? "" : ",", Duration(delay_ms));
    }
    holder->Set("pawl:backoff", delays);
    const uint32_t permille = job.backoff->factor_permille;
    holder->SetIf(permille != 1000, "pawl:backoffFactor",
                  absl::StrFormat("%d.%03d", permille / 1000, permille % 1000));
    holder->SetIf(job.backoff->max_ms != 0, "pawl:backoffMax",
                  Duration(job.backoff->max_ms));
  }
  if (!job.headers.empty()) {
    XmlTree& headers = Extensions(owner).Add("zeebe:taskHeaders");
    for (const auto& header : job.headers) {
      const auto value = Value::FromJson(header->json);
      if (!value.ok() || !value->is_string()) {
        expressions->Fail("a header that is no text");
        continue;
      }
      headers.Add("zeebe:header")
          .Set("key", header->name)
          .Set("value", value->string());
    }
  }
  for (const auto& error : job.errors) {
    XmlTree& one = Extensions(owner).Add("camunda:errorEventDefinition");
    one.Set("errorRef", declarations->Id("error", error->code));
    expressions->Attribute("expression", error->condition.get(),
                           Use::kCondition, &one);
  }
}

void WriteEvaluated(const fb::ScriptDefinitionT& script,
                    ExpressionWriter* expressions, XmlTree* holder) {
  expressions->Attribute("camunda:expression", script.script.get(), Use::kText,
                         holder);
  holder->SetIfAny("camunda:resultVariable", script.result_variable);
}

void WriteScriptTask(const fb::ScriptDefinitionT& script,
                     ExpressionWriter* expressions, XmlTree* tree) {
  tree->SetIfAny("camunda:resultVariable", script.result_variable);
  WriteScript(*script.script, expressions, tree, &tree->Add("script"));
}

void WriteUserTask(const fb::UserTaskDefinitionT& task,
                   ExpressionWriter* expressions, XmlTree* tree) {
  const auto write = [&](std::string_view name,
                         const std::unique_ptr<fb::ExpressionT>& e) {
    expressions->Attribute(name, e.get(), Use::kText, tree);
  };
  write("camunda:assignee", task.assignee);
  write("camunda:candidateUsers", task.candidate_users);
  write("camunda:candidateGroups", task.candidate_groups);
  write("camunda:dueDate", task.due_date);
  write("camunda:followUpDate", task.follow_up_date);
  write("camunda:priority", task.priority);
  WriteTaskListeners(task, expressions, tree);
}

namespace {

// What a constraint of that name makes of a field, as the parser has it.
bool HasConstraint(const fb::FormFieldT& field, std::string_view name) {
  for (const auto& constraint : field.constraints) {
    if (constraint->name == name && constraint->value != "false") return true;
  }
  return false;
}

// Whether <camunda:formField> can say it.
bool IsFormField(const fb::FormFieldT& field) {
  return field.variable.empty() && field.expression.empty() && field.readable &&
         field.required == HasConstraint(field, "required") &&
         field.writable != HasConstraint(field, "readonly");
}

void WriteField(const fb::FormFieldT& field, XmlTree* tree) {
  tree->SetIfAny("id", field.id).SetIfAny("type", field.type);
  tree->SetIfAny("datePattern", field.date_pattern);
  for (const auto& value : field.values) {
    tree->Add("camunda:value").Set("id", value->name).Set("name", value->value);
  }
}

void WriteFormField(const fb::FormFieldT& field, XmlTree* tree) {
  WriteField(field, tree);
  tree->SetIfAny("label", field.label);
  tree->SetIf(field.has_default, "defaultValue", field.default_value);
  if (!field.properties.empty()) {
    XmlTree& properties = tree->Add("camunda:properties");
    for (const auto& property : field.properties) {
      properties.Add("camunda:property")
          .Set("id", property->name)
          .Set("value", property->value);
    }
  }
  if (field.constraints.empty()) return;
  XmlTree& validation = tree->Add("camunda:validation");
  for (const auto& constraint : field.constraints) {
    validation.Add("camunda:constraint")
        .Set("name", constraint->name)
        .SetIfAny("config", constraint->value);
  }
}

void WriteFormProperty(const fb::FormFieldT& field, XmlTree* tree) {
  WriteField(field, tree);
  tree->SetIfAny("name", field.label).SetIfAny("variable", field.variable);
  tree->SetIfAny("expression", field.expression);
  tree->SetIf(field.has_default, "default", field.default_value);
  tree->SetIf(field.required, "required", "true");
  tree->SetIf(!field.readable, "readable", "false");
  tree->SetIf(!field.writable, "writable", "false");
}

}  // namespace

void WriteForm(const fb::FormT& form, const fb::UserTaskDefinitionT* task,
               XmlTree* tree) {
  if (task != nullptr && form.key.empty() && task->form_key == form.reference) {
    // So Camunda 8 has it: its id stands for a key as well.
    Extensions(tree)
        .Add("zeebe:formDefinition")
        .SetIfAny("formId", form.reference)
        .SetIfAny("bindingType", form.binding)
        .SetIfAny("versionTag", form.version);
  } else {
    tree->SetIfAny("camunda:formKey", form.key)
        .SetIfAny("camunda:formRef", form.reference)
        .SetIfAny("camunda:formRefBinding", form.binding)
        .SetIfAny("camunda:formRefVersion", form.version);
  }
  // Those that need the older element come last, as they are read.
  size_t next = 0;
  if (!form.business_key.empty() ||
      (!form.fields.empty() && IsFormField(*form.fields[0]))) {
    XmlTree& data = Extensions(tree).Add("camunda:formData");
    data.SetIfAny("businessKey", form.business_key);
    for (; next < form.fields.size() && IsFormField(*form.fields[next]);
         ++next) {
      WriteFormField(*form.fields[next], &data.Add("camunda:formField"));
    }
  }
  for (; next < form.fields.size(); ++next) {
    WriteFormProperty(*form.fields[next],
                      &Extensions(tree).Add("camunda:formProperty"));
  }
}

void WriteCrossing(std::string_view tag, const fb::MappingT& mapping,
                   bool local, ExpressionWriter* expressions,
                   XmlTree* extensions) {
  if (!mapping.path.empty() || mapping.value->expression == nullptr) {
    return expressions->Fail("a variable with a path or parts there");
  }
  XmlTree& one = extensions->Add(tag);
  one.Set("sourceExpression",
          expressions->Text(*mapping.value->expression, Use::kText));
  one.Set("target", mapping.target).SetIf(local, "local", "true");
}

namespace {

// Camunda 8's form, whose expressions aren't in calledElement, where the schema
// has a QName.
bool IsWrittenAsZeebe(const fb::ElementT& e) {
  const fb::CallDefinitionT& call = *e.call;
  return call.process_id->text.starts_with("=") &&
         call.process_id->language == fb::Language::feel &&
         call.binding != fb::CallBinding::version &&
         call.business_key == nullptr && call.inputs.empty() &&
         call.outputs.empty() && call.local_inputs.empty() &&
         call.local_outputs.empty() && !call.local_out &&
         call.local_in == !call.all_in && !call.outputs_around &&
         (call.all_out || e.outputs.empty());
}

void WriteZeebeCall(const fb::CallDefinitionT& call,
                    ExpressionWriter* expressions, XmlTree* tree) {
  XmlTree& called = Extensions(tree).Add("zeebe:calledElement");
  expressions->Attribute("processId", call.process_id.get(), Use::kText,
                         &called);
  called.SetIf(call.binding == fb::CallBinding::deployment, "bindingType",
               "deployment");
  if (call.binding == fb::CallBinding::version_tag) {
    called.Set("bindingType", "versionTag");
    expressions->Attribute("versionTag", call.version.get(), Use::kText,
                           &called);
  }
  called.SetIf(!call.all_in, "propagateAllParentVariables", "false");
  called.SetIf(!call.all_out, "propagateAllChildVariables", "false");
}

}  // namespace

void WriteCall(const fb::ElementT& e, ExpressionWriter* expressions,
               XmlTree* tree) {
  const fb::CallDefinitionT& call = *e.call;
  if (IsWrittenAsZeebe(e)) return WriteZeebeCall(call, expressions, tree);
  expressions->Attribute("calledElement", call.process_id.get(), Use::kText,
                         tree);
  switch (call.binding) {
    case fb::CallBinding::latest:
      break;
    case fb::CallBinding::deployment:
      tree->Set("camunda:calledElementBinding", "deployment");
      break;
    case fb::CallBinding::version:
      tree->Set("camunda:calledElementBinding", "version");
      expressions->Attribute("camunda:calledElementVersion", call.version.get(),
                             Use::kText, tree);
      break;
    case fb::CallBinding::version_tag:
      tree->Set("camunda:calledElementBinding", "versionTag");
      expressions->Attribute("camunda:calledElementVersionTag",
                             call.version.get(), Use::kText, tree);
      break;
  }
  if (call.business_key != nullptr) {
    XmlTree& key = Extensions(tree).Add("camunda:in");
    expressions->Attribute("businessKey", call.business_key.get(), Use::kText,
                           &key);
  }
  if (CallsWithData(e)) return;
  const auto cross = [&](std::string_view tag, bool all, bool local,
                         const Mappings& mappings) {
    if (all) {
      Extensions(tree)
          .Add(tag)
          .Set("variables", "all")
          .SetIf(local, "local", "true");
    }
    for (const auto& mapping : mappings) {
      WriteCrossing(tag, *mapping, local, expressions, &Extensions(tree));
    }
  };
  cross("camunda:in", call.all_in, false, call.inputs);
  cross("camunda:in", call.local_in, true, call.local_inputs);
  cross("camunda:out", call.all_out, false, call.outputs);
  cross("camunda:out", call.local_out, true, call.local_outputs);
  tree->SetIf((call.all_out || !call.outputs.empty()) && !call.out_on_throw,
              "pawl:outputsOnThrow", "false");
  tree->SetIf(!e.outputs.empty() && (call.all_out || !call.outputs.empty()) &&
                  !call.outputs_around,
              "pawl:outputsAround", "false");
}

void WriteLoop(const fb::LoopDefinitionT& loop, ExpressionWriter* expressions,
               XmlTree* tree) {
  if (loop.kind == fb::LoopKind::standard) {
    XmlTree& out = tree->Add("standardLoopCharacteristics");
    out.SetIf(loop.test_before, "testBefore", "true");
    out.SetIf(loop.maximum != 0, "loopMaximum", absl::StrCat(loop.maximum));
    expressions->Child("loopCondition", loop.condition.get(), Use::kCondition,
                       &out);
    return;
  }
  XmlTree& out = tree->Add("multiInstanceLoopCharacteristics");
  out.SetIf(loop.kind == fb::LoopKind::sequential, "isSequential", "true");
  expressions->Attribute("camunda:collection", loop.collection.get(),
                         Use::kText, &out);
  out.SetIfAny("camunda:elementVariable", loop.element_variable);
  if (loop.output_element != nullptr) {
    XmlTree& outputs = Extensions(&out).Add("zeebe:loopCharacteristics");
    outputs.Set("outputCollection", loop.output_collection);
    expressions->Attribute("outputElement", loop.output_element.get(),
                           Use::kText, &outputs);
  }
  expressions->Child("loopCardinality", loop.cardinality.get(), Use::kCondition,
                     &out);
  expressions->Child("completionCondition", loop.completion.get(),
                     Use::kCondition, &out);
}

void WriteAdHoc(const fb::AdHocDefinitionT& ad_hoc,
                ExpressionWriter* expressions, XmlTree* tree) {
  tree->SetIf(ad_hoc.sequential, "ordering", "Sequential");
  tree->SetIf(!ad_hoc.cancel_remaining, "cancelRemainingInstances", "false");
  if (ad_hoc.active_elements != nullptr) {
    expressions->Attribute("activeElementsCollection",
                           ad_hoc.active_elements.get(), Use::kCondition,
                           &Extensions(tree).Add("zeebe:adHoc"));
  }
}

namespace {

void WriteMapped(const fb::MappedValueT& value, ExpressionWriter* expressions,
                 XmlTree* holder);

// A script, list or map.
void WriteMember(const fb::MappedValueT& value, ExpressionWriter* expressions,
                 XmlTree* holder) {
  if (value.kind == fb::MappedKind::expression) {
    XmlTree& script = holder->Add("camunda:script");
    const std::string_view name = NameOf(value.expression->language);
    script.SetIfAny("scriptFormat", name);
    if (!IsReadAs(value.expression->text, name, Use::kCondition,
                  value.expression->language)) {
      expressions->Fail("the language of a script in a mapping");
    }
    script.SetText(value.expression->text);
    return;
  }
  const bool is_list = value.kind == fb::MappedKind::list;
  XmlTree& several = holder->Add(is_list ? "camunda:list" : "camunda:map");
  for (const auto& entry : value.entries) {
    if (is_list && entry->value->kind != fb::MappedKind::expression) {
      WriteMember(*entry->value, expressions, &several);
    } else if (is_list && !ExpressionWriter::IsPlain(*entry->value->expression,
                                                     Use::kText)) {
      WriteMember(*entry->value, expressions, &several);
    } else {
      XmlTree& one = several.Add(is_list ? "camunda:value" : "camunda:entry");
      if (entry->key != nullptr) {
        expressions->Attribute("key", entry->key.get(), Use::kText, &one);
      } else {
        one.SetIf(!is_list, "key", entry->name);
      }
      WriteMapped(*entry->value, expressions, &one);
    }
  }
}

void WriteMapped(const fb::MappedValueT& value, ExpressionWriter* expressions,
                 XmlTree* holder) {
  if (value.kind == fb::MappedKind::expression &&
      ExpressionWriter::IsPlain(*value.expression, Use::kText)) {
    holder->SetText(value.expression->text);
  } else {
    WriteMember(value, expressions, holder);
  }
}

// One direction. The parser takes camunda's before zeebe's, which alone know
// paths.
void WriteDirection(std::string_view camunda, std::string_view zeebe,
                    const Mappings& mappings, ExpressionWriter* expressions,
                    XmlTree* camunda_parent, XmlTree* zeebe_parent) {
  bool has_path = false;
  for (const auto& mapping : mappings) {
    if (mapping->association) continue;
    has_path = has_path || !mapping->path.empty();
    if (!has_path) {
      XmlTree& one = camunda_parent->Add(camunda);
      one.Set("name", mapping->target);
      WriteMapped(*mapping->value, expressions, &one);
      continue;
    }
    if (mapping->value->kind != fb::MappedKind::expression) {
      expressions->Fail("a list or map behind a path");
      continue;
    }
    std::string target = mapping->target;
    for (const std::string& part : mapping->path) target += "." + part;
    XmlTree& one = zeebe_parent->Add(zeebe);
    expressions->Attribute("source", mapping->value->expression.get(),
                           Use::kText, &one);
    one.Set("target", target);
  }
}

bool IsOfDialects(const Mappings& mappings) {
  for (const auto& mapping : mappings) {
    if (!mapping->association) return true;
  }
  return false;
}

bool HasPath(const Mappings& mappings) {
  for (const auto& mapping : mappings) {
    if (!mapping->path.empty() && !mapping->association) return true;
  }
  return false;
}

}  // namespace

bool WritesInputsAsSignalVariables(const fb::ElementT& e) {
  return e.signal != nullptr && e.signal->all_variables && !e.inputs.empty();
}

void WriteMappings(const fb::ElementT& e, ExpressionWriter* expressions,
                   XmlTree* tree) {
  const Mappings none;
  const Mappings& inputs = WritesInputsAsSignalVariables(e) ? none : e.inputs;
  if (inputs.empty() && !IsOfDialects(e.outputs)) return;
  XmlTree& camunda = Extensions(tree).Add("camunda:inputOutput");
  XmlTree* zeebe = &camunda;
  if (HasPath(inputs) || HasPath(e.outputs)) {
    zeebe = &Extensions(tree).Add("zeebe:ioMapping");
  }
  WriteDirection("camunda:inputParameter", "zeebe:input", inputs, expressions,
                 &camunda, zeebe);
  WriteDirection("camunda:outputParameter", "zeebe:output", e.outputs,
                 expressions, &camunda, zeebe);
}

namespace {

// How a kind of listener is written: scripts each by itself, jobs together.
struct ListenerTags {
  std::string_view script;
  std::string_view jobs;
  std::string_view job;
};

// The listeners of one element or task, in their order.
class ListenerWriter {
 public:
  ListenerWriter(const ListenerTags& tags, ExpressionWriter* expressions,
                 XmlTree* tree)
      : tags_(tags), expressions_(*expressions), tree_(*tree) {}

  void Job(std::string_view event, const fb::JobDefinitionT& job) {
    if (jobs_ == nullptr) jobs_ = &Extensions(&tree_).Add(tags_.jobs);
    XmlTree& one = jobs_->Add(tags_.job);
    one.Set("eventType", event);
    expressions_.Attribute("type", job.type.get(), Use::kText, &one);
    one.Set("retries", absl::StrCat(job.retries));
  }
  void Script(std::string_view event, const fb::ExpressionT& script) {
    if (jobs_ != nullptr) expressions_.Fail("a script behind a listener's job");
    XmlTree& one = Extensions(&tree_).Add(tags_.script);
    one.Set("event", event);
    if (ExpressionWriter::IsPlain(script, Use::kText)) {
      one.Set("expression", script.text);
    } else {
      XmlTree& text = one.Add("camunda:script");
      WriteScript(script, &expressions_, &text, &text);
    }
  }

 private:
  const ListenerTags& tags_;
  ExpressionWriter& expressions_;
  XmlTree& tree_;
  XmlTree* jobs_ = nullptr;
};

}  // namespace

void WriteListeners(const fb::ElementT& e, ExpressionWriter* expressions,
                    XmlTree* tree) {
  static constexpr ListenerTags kTags{"camunda:executionListener",
                                      "zeebe:executionListeners",
                                      "zeebe:executionListener"};
  ListenerWriter writer(kTags, expressions, tree);
  for (const auto& listener : e.listeners) {
    const std::string_view event =
        listener->event == fb::ListenerEvent::start ? "start" : "end";
    if (listener->job != nullptr) {
      writer.Job(event, *listener->job);
    } else {
      writer.Script(event, *listener->script->script);
    }
  }
}

void WriteTaskListeners(const fb::UserTaskDefinitionT& task,
                        ExpressionWriter* expressions, XmlTree* tree) {
  static constexpr ListenerTags kTags{
      "camunda:taskListener", "zeebe:taskListeners", "zeebe:taskListener"};
  // By fb::TaskEvent.
  static constexpr std::string_view kOfScripts[] = {"", "create", "assignment",
                                                    "update", "complete"};
  static constexpr std::string_view kOfJobs[] = {"", "creating", "assigning",
                                                 "updating", "completing"};
  ListenerWriter writer(kTags, expressions, tree);
  for (const auto& listener : task.listeners) {
    const auto event = static_cast<size_t>(listener->event);
    if (listener->job != nullptr) {
      writer.Job(kOfJobs[event], *listener->job);
    } else {
      writer.Script(kOfScripts[event], *listener->script->script);
    }
  }
}

}  // namespace pawl::model
