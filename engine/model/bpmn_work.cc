#include "engine/model/bpmn_work.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/iso8601.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_compensation.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/coverage.h"
#include "engine/value.h"

namespace pawl::model {
namespace {

using expression::Use;

// An attribute of an extension, or null.
const std::string* ExtensionAttribute(const XmlNode& node,
                                      std::string_view dialect,
                                      std::string_view extension,
                                      std::string_view attribute) {
  const XmlNode* child = Extension(node, dialect, extension);
  return child == nullptr ? nullptr : child->Attribute(attribute);
}

bool IsPresent(const std::string* value) {
  return value != nullptr && !Trim(*value).empty();
}

// Reads everything about the job of one task, or of an event with its
// definition.
class JobParser {
 public:
  JobParser(const XmlNode& xml, const ParseContext& context)
      : JobParser(xml, xml, context) {}
  JobParser(const XmlNode& xml, const XmlNode& definition,
            const ParseContext& context)
      : xml_(xml), definition_(definition), context_(context) {}

  // Of a job beside the element's own.
  std::unique_ptr<fb::JobDefinitionT> Plain(std::string_view type,
                                            const std::string* retries) {
    auto job = Typed(type);
    if (IsPresent(retries)) SetRetries("retries", *retries, job.get());
    return job;
  }

  std::unique_ptr<fb::JobDefinitionT> Run(std::string_view type) {
    auto job = Typed(type);
    ParseCamundaCycle(job.get());
    ParseRetries(job.get());
    ParseBackoff(job.get());
    ParseHeaders(job.get());
    ParseErrors(job.get());
    return job;
  }

 private:
  std::unique_ptr<fb::JobDefinitionT> Typed(std::string_view type) {
    // Jobs by which the engine does its own work.
    if (Trim(type).starts_with("pawl:")) {
      context_.problems->Error(
          xml_.position, "job-type",
          absl::StrCat(Describe(xml_), ": got the job type '", ToAbsl(type),
                       "', wanted one that doesn't begin with 'pawl:'"));
    }
    auto job = std::make_unique<fb::JobDefinitionT>();
    // SEMANTICS, Compensation: not retried by default.
    if (RunsAsCompensation(xml_)) job->retries = 1;
    job->type =
        MakeExpression(context_, xml_, xml_.position, type, "", Use::kText);
    return job;
  }

  void Error(std::string_view what, std::string_view got,
             std::string_view wanted) {
    context_.problems->Error(
        xml_.position, "job-retries",
        absl::StrCat(Describe(xml_), ": ", ToAbsl(what), ": got '", ToAbsl(got),
                     "', wanted ", ToAbsl(wanted)));
  }

  // A wait of fixed length; months differ in theirs.
  std::optional<int64_t> ParseDelay(std::string_view what,
                                    std::string_view text) {
    const auto duration = ParseIsoDuration(Trim(text));
    if (!duration.ok()) {
      Error(what, text,
            absl::StrCat("an ISO 8601 duration (", duration.status().message(),
                         ")"));
      return std::nullopt;
    }
    if (duration->months != 0 || duration->milliseconds > kDurationMsMax) {
      Error(what, text, "a duration without years and months");
      return std::nullopt;
    }
    return duration->milliseconds;
  }

  std::optional<std::vector<int64_t>> ParseDelays(std::string_view what,
                                                  std::string_view text) {
    std::vector<int64_t> delays_ms;
    for (;;) {
      const size_t comma = text.find(',');
      const auto delay_ms = ParseDelay(what, text.substr(0, comma));
      if (!delay_ms.has_value()) return std::nullopt;
      delays_ms.push_back(*delay_ms);
      if (comma == std::string_view::npos) return delays_ms;
      text.remove_prefix(comma + 1);
    }
  }

  void SetRetries(std::string_view what, std::string_view text,
                  fb::JobDefinitionT* job) {
    int32_t retries = 0;
    if (!absl::SimpleAtoi(ToAbsl(Trim(text)), &retries) || retries < 1 ||
        retries > kRetriesMax) {
      Error(what, text,
            absl::StrCat("a number from 1 to ", kRetriesMax, " (kRetriesMax)"));
      return;
    }
    job->retries = retries;
  }

  // "R3/PT5M": 3 attempts. "PT1M,PT5M": a wait after each failed attempt, so
  // one attempt more than waits.
  void ParseCamundaCycle(fb::JobDefinitionT* job) {
    constexpr std::string_view kName = "camunda:failedJobRetryTimeCycle";
    const XmlNode* cycle =
        Extension(xml_, "camunda", "failedJobRetryTimeCycle");
    if (cycle == nullptr) {
      cycle = Extension(definition_, "camunda", "failedJobRetryTimeCycle");
    }
    if (cycle == nullptr) return;
    std::string_view text = Trim(cycle->text);
    std::string_view times;
    const size_t slash = text.find('/');
    if (!text.empty() && text.front() == 'R' &&
        slash != std::string_view::npos) {
      times = text.substr(1, slash - 1);
      text.remove_prefix(slash + 1);
      if (times.empty()) return Error(kName, cycle->text, "a number after R");
    }
    auto delays_ms = ParseDelays(kName, text);
    if (!delays_ms.has_value()) return;
    if (times.empty()) {
      times_text_ = std::to_string(delays_ms->size() + 1);
      times = times_text_;
    }
    SetRetries(kName, times, job);
    job->backoff = std::make_unique<fb::BackoffT>();
    job->backoff->delays_ms = *std::move(delays_ms);
  }

  void ParseRetries(fb::JobDefinitionT* job) {
    const std::string* zeebe =
        ExtensionAttribute(xml_, "zeebe", "taskDefinition", "retries");
    if (IsPresent(zeebe))
      SetRetries("zeebe:taskDefinition retries", *zeebe, job);
    const std::string* ours = definition_.Attribute(kPawlNs, "retries");
    if (ours != nullptr) SetRetries("pawl:retries", *ours, job);
  }

  void ParseBackoff(fb::JobDefinitionT* job) {
    const std::string* delays = definition_.Attribute(kPawlNs, "backoff");
    const std::string* factor = definition_.Attribute(kPawlNs, "backoffFactor");
    const std::string* max = definition_.Attribute(kPawlNs, "backoffMax");
    if (delays == nullptr) {
      if (factor != nullptr || max != nullptr) {
        Error("pawl:backoff", "",
              "a duration beside the factor or the maximum");
      }
      return;
    }
    job->backoff = std::make_unique<fb::BackoffT>();
    if (auto delays_ms = ParseDelays("pawl:backoff", *delays)) {
      job->backoff->delays_ms = *std::move(delays_ms);
    }
    if (factor != nullptr) {
      if (const auto permille = ParseFactor(*factor)) {
        job->backoff->factor_permille = *permille;
      }
    }
    if (max != nullptr) {
      if (const auto max_ms = ParseDelay("pawl:backoffMax", *max)) {
        job->backoff->max_ms = *max_ms;
      }
    }
  }

  // "2", "1.5": thousandths, exactly.
  std::optional<uint32_t> ParseFactor(std::string_view text) {
    text = Trim(text);
    const size_t dot = text.find('.');
    std::string digits(text.substr(0, dot));
    std::string fraction(dot == std::string_view::npos ? ""
                                                       : text.substr(dot + 1));
    const bool has_digits =
        !digits.empty() && (dot == std::string_view::npos || !fraction.empty());
    fraction.resize(std::max<size_t>(fraction.size(), 3), '0');
    digits += fraction;
    const bool all_digits =
        std::all_of(digits.begin(), digits.end(),
                    [](char c) { return c >= '0' && c <= '9'; });
    uint32_t permille = 0;
    if (!has_digits || !all_digits || fraction.size() > 3 ||
        !absl::SimpleAtoi(digits, &permille) || permille < 1000 ||
        permille > kBackoffFactorMax * 1000) {
      Error("pawl:backoffFactor", text,
            absl::StrCat("a number from 1 to ", kBackoffFactorMax,
                         " with at most three decimals"));
      return std::nullopt;
    }
    return permille;
  }

  void AddHeader(const std::string* name, const std::string* value,
                 fb::JobDefinitionT* job) {
    if (name == nullptr || value == nullptr) return;
    auto header = std::make_unique<fb::VariableT>();
    header->name = *name;
    header->json = pawl::Value(*value).ToJson();
    job->headers.push_back(std::move(header));
  }

  // Without an expression it never counts.
  void ParseErrors(fb::JobDefinitionT* job) {
    for (const XmlNode* one :
         Extensions(xml_, "camunda", "errorEventDefinition")) {
      const std::string* const reference = one->Attribute("errorRef");
      const std::string* const condition = one->Attribute("expression");
      if (!IsPresent(condition)) continue;
      auto error = std::make_unique<fb::ErrorMappingT>();
      if (reference != nullptr) {
        const XmlNode* const declared = Referenced(context_, *reference);
        const std::string* const code =
            declared != nullptr && declared->Is(kBpmnNs, "error")
                ? declared->Attribute("errorCode")
                : reference;
        if (code != nullptr) error->code = *code;
      }
      if (error->code.empty()) {
        context_.problems->Error(
            one->position, "error-code",
            absl::StrCat(Describe(xml_),
                         ": camunda:errorEventDefinition: got an error without "
                         "a code, wanted an errorRef to one that has one"));
        continue;
      }
      error->condition = MakeExpression(context_, xml_, one->position,
                                        *condition, "", Use::kCondition);
      if (error->condition != nullptr) job->errors.push_back(std::move(error));
    }
  }

  void ParseHeaders(fb::JobDefinitionT* job) {
    if (const XmlNode* headers = Extension(xml_, "zeebe", "taskHeaders")) {
      for (const XmlNode* header : headers->children) {
        AddHeader(header->Attribute("key"), header->Attribute("value"), job);
      }
    }
    if (const XmlNode* properties = Extension(xml_, "camunda", "properties")) {
      for (const XmlNode* property : properties->children) {
        AddHeader(property->Attribute("name"), property->Attribute("value"),
                  job);
      }
    }
  }

  const XmlNode& xml_;
  const XmlNode& definition_;
  const ParseContext& context_;
  std::string times_text_;
};

std::unique_ptr<fb::ScriptDefinitionT> MakeScript(
    std::unique_ptr<fb::ExpressionT> expression,
    const std::string* result_variable, const XmlNode& xml,
    const ParseContext& context) {
  auto script = std::make_unique<fb::ScriptDefinitionT>();
  script->script = std::move(expression);
  if (result_variable != nullptr) {
    script->result_variable = std::string(Trim(*result_variable));
    if (script->result_variable.size() > kNameBytesMax) {
      context.problems->Error(
          xml.position, "name-too-long",
          absl::StrCat(Describe(xml), ": got a result variable of ",
                       script->result_variable.size(),
                       " bytes, wanted at most ", kNameBytesMax,
                       " (kNameBytesMax)"));
    }
  }
  return script;
}

// The expression of humanPerformer or potentialOwner, or null.
const XmlNode* AssignmentExpression(const XmlNode& resource_role) {
  const XmlNode* assignment =
      resource_role.Child(kBpmnNs, "resourceAssignmentExpression");
  if (assignment == nullptr) return nullptr;
  const XmlNode* expression = assignment->Child(kBpmnNs, "formalExpression");
  return expression != nullptr ? expression
                               : assignment->Child(kBpmnNs, "expression");
}

// "user(a), group(b), c" -> users "a", groups "b,c". Commas inside brackets or
// braces belong to an expression.
void SplitOwners(std::string_view text, std::string* users,
                 std::string* groups) {
  const auto add = [](std::string_view name, std::string* list) {
    name = Trim(name);
    if (name.empty()) return;
    if (!list->empty()) list->append(",");
    list->append(name);
  };
  int depth = 0;
  size_t start = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) {
      if (text[i] == '(' || text[i] == '{') ++depth;
      if (text[i] == ')' || text[i] == '}') --depth;
      if (text[i] != ',' || depth > 0) continue;
    }
    std::string_view item = Trim(text.substr(start, i - start));
    start = i + 1;
    if (item.starts_with("user(") && item.ends_with(")")) {
      add(item.substr(5, item.size() - 6), users);
    } else if (item.starts_with("group(") && item.ends_with(")")) {
      add(item.substr(6, item.size() - 7), groups);
    } else {
      add(item, groups);
    }
  }
}

// A job or an expression. `definition` has the camunda and pawl attributes; it
// is the event definition of an event, of a task the task itself.
void ParseWork(const XmlNode& xml, const XmlNode& definition,
               const ParseContext& context, fb::ElementT* element) {
  const std::string* zeebe_type =
      ExtensionAttribute(xml, "zeebe", "taskDefinition", "type");
  const std::string* topic = definition.Attribute(kCamundaNs, "topic");
  const std::string* pawl_type = definition.Attribute(kPawlNs, "type");
  const std::string* expression =
      definition.Attribute(kCamundaNs, "expression");
  const std::string* camunda_type = definition.Attribute(kCamundaNs, "type");
  const bool is_built_in =
      IsPresent(camunda_type) && *camunda_type != "external";
  if (is_built_in) {
    context.problems->Error(
        xml.position, "needs-java",
        absl::StrCat(Describe(xml), ": camunda:type: got '", *camunda_type,
                     "', wanted 'external': this build has no built-in tasks"));
  }
  const bool is_java =
      IsPresent(camunda_type) ||
      definition.Attribute(kCamundaNs, "class") != nullptr ||
      definition.Attribute(kCamundaNs, "delegateExpression") != nullptr;
  const bool has_job =
      IsPresent(zeebe_type) || IsPresent(topic) || IsPresent(pawl_type);
  if (expression != nullptr && !has_job) {
    element->script = MakeScript(
        MakeExpression(context, xml, xml.position, *expression, "", Use::kText),
        definition.Attribute(kCamundaNs, "resultVariable"), xml, context);
    return;
  }
  if (expression != nullptr) {
    context.problems->Error(
        xml.position, "two-implementations",
        absl::StrCat(Describe(xml),
                     ": got camunda:expression and a job type, wanted one"));
  }
  if (!has_job && !is_java) {
    context.problems->Warning(
        xml.position, "no-implementation",
        absl::StrCat(Describe(xml),
                     ": got no implementation; it becomes a job of type '",
                     element->id, "'"));
  }
  const std::string& type = IsPresent(zeebe_type)  ? *zeebe_type
                            : IsPresent(topic)     ? *topic
                            : IsPresent(pawl_type) ? *pawl_type
                                                   : element->id;
  // Without an id there is nothing to name the job by, and that is reported.
  if (!type.empty())
    element->job = JobParser(xml, definition, context).Run(type);
}

}  // namespace

std::unique_ptr<fb::JobDefinitionT> MakeJob(const XmlNode& xml,
                                            const ParseContext& context,
                                            std::string_view type,
                                            const std::string* retries) {
  return JobParser(xml, context).Plain(type, retries);
}

bool HasImplementation(const XmlNode& xml, const XmlNode& definition) {
  for (const std::string_view attribute :
       {std::string_view("topic"), std::string_view("expression"),
        std::string_view("type"), std::string_view("class"),
        std::string_view("delegateExpression")}) {
    if (definition.Attribute(kCamundaNs, attribute) != nullptr) return true;
  }
  return IsPresent(
             ExtensionAttribute(xml, "zeebe", "taskDefinition", "type")) ||
         IsPresent(definition.Attribute(kPawlNs, "type"));
}

void ParseServiceTask(const XmlNode& xml, const ParseContext& context,
                      fb::ElementT* element) {
  ParseWork(xml, xml, context, element);
}

void ParseEventWork(const XmlNode& xml, const XmlNode& definition,
                    const ParseContext& context, fb::ElementT* element) {
  ParseWork(xml, definition, context, element);
}

void ParseScriptTask(const XmlNode& xml, const ParseContext& context,
                     fb::ElementT* element) {
  const std::string* zeebe_type =
      ExtensionAttribute(xml, "zeebe", "taskDefinition", "type");
  const std::string* pawl_type = xml.Attribute(kPawlNs, "type");
  if (IsPresent(zeebe_type) || IsPresent(pawl_type)) {
    element->job = JobParser(xml, context)
                       .Run(IsPresent(zeebe_type) ? *zeebe_type : *pawl_type);
    return;
  }
  if (xml.Attribute(kCamundaNs, "resource") != nullptr) return;  // Refused.
  const XmlNode* script = xml.Child(kBpmnNs, "script");
  const XmlNode* zeebe = Extension(xml, "zeebe", "script");
  if (script != nullptr) {
    const std::string* format = xml.Attribute("scriptFormat");
    element->script = MakeScript(
        MakeExpression(context, xml, script->position, script->text,
                       format == nullptr ? std::string_view() : *format,
                       Use::kScript),
        xml.Attribute(kCamundaNs, "resultVariable"), xml, context);
  } else if (zeebe != nullptr) {
    const std::string* text = zeebe->Attribute("expression");
    element->script =
        MakeScript(MakeExpression(context, xml, zeebe->position,
                                  text == nullptr ? std::string_view() : *text,
                                  "", Use::kScript),
                   zeebe->Attribute("resultVariable"), xml, context);
  } else {
    context.problems->Error(
        xml.position, "missing-script",
        absl::StrCat(Describe(xml), ": got no script, wanted one"));
  }
}

namespace {

// A text that can never be what the task needs would fail at each of its tasks.
void CheckTaskValues(const XmlNode& xml, const ParseContext& context,
                     const fb::UserTaskDefinitionT& task) {
  const auto literal = [](const std::unique_ptr<fb::ExpressionT>& value) {
    return value != nullptr && value->language == fb::Language::literal;
  };
  const auto error = [&](const char* attribute, const std::string& text,
                         const char* wanted) {
    context.problems->Error(
        xml.position, "task-value",
        absl::StrCat(Describe(xml), ": ", attribute, ": got '",
                     ToAbsl(CutUtf8(text, 64)), "', wanted ", wanted));
  };
  if (literal(task.priority)) {
    double number = 0;
    if (!absl::SimpleAtod(task.priority->text, &number) ||
        number != std::trunc(number) || std::abs(number) > INT32_MAX) {
      error("priority", task.priority->text, "a whole number of 32 bits");
    }
  }
  for (const auto& [attribute, value] :
       {std::pair("dueDate", &task.due_date),
        std::pair("followUpDate", &task.follow_up_date)}) {
    if (!literal(*value)) continue;
    const std::string& text = (*value)->text;
    const bool is_time = text.starts_with('P') ? ParseIsoDuration(text).ok()
                                               : ParseIsoDateTime(text).ok();
    if (!is_time) {
      error(attribute, text, "an ISO 8601 date and time or a duration");
    }
  }
}

}  // namespace

void ParseUserTask(const XmlNode& xml, const ParseContext& context,
                   fb::ElementT* element) {
  auto task = std::make_unique<fb::UserTaskDefinitionT>();
  // camunda:<attribute>, else the attribute of a zeebe extension; absent and
  // empty are the same.
  const auto read =
      [&](std::string_view attribute,
          std::string_view extension) -> std::unique_ptr<fb::ExpressionT> {
    const std::string* text = xml.Attribute(kCamundaNs, attribute);
    if (!IsPresent(text)) {
      text = ExtensionAttribute(xml, "zeebe", extension, attribute);
    }
    if (!IsPresent(text)) return nullptr;
    return MakeExpression(context, xml, xml.position, *text, "", Use::kText);
  };
  task->assignee = read("assignee", "assignmentDefinition");
  task->candidate_users = read("candidateUsers", "assignmentDefinition");
  task->candidate_groups = read("candidateGroups", "assignmentDefinition");
  task->due_date = read("dueDate", "taskSchedule");
  task->follow_up_date = read("followUpDate", "taskSchedule");
  task->priority = read("priority", "priorityDefinition");
  CheckTaskValues(xml, context, *task);
  if (const std::string* key = xml.Attribute(kCamundaNs, "formKey")) {
    task->form_key = *key;
  } else if (const XmlNode* form = Extension(xml, "zeebe", "formDefinition")) {
    for (const std::string_view name :
         {std::string_view("formKey"), std::string_view("externalReference"),
          std::string_view("formId")}) {
      const std::string* value = form->Attribute(name);
      if (task->form_key.empty() && value != nullptr) task->form_key = *value;
    }
  }

  if (const XmlNode* performer = xml.Child(kBpmnNs, "humanPerformer");
      performer != nullptr && task->assignee == nullptr) {
    if (const XmlNode* text = AssignmentExpression(*performer)) {
      task->assignee = MakeExpression(context, xml, *text, Use::kText);
    }
  }
  std::string users;
  std::string groups;
  SourcePosition owners_at = xml.position;
  for (const XmlNode* child : xml.children) {
    if (!child->Is(kBpmnNs, "potentialOwner")) continue;
    if (const XmlNode* text = AssignmentExpression(*child)) {
      if (users.empty() && groups.empty()) owners_at = text->position;
      SplitOwners(text->text, &users, &groups);
    }
  }
  if (!users.empty() && task->candidate_users == nullptr) {
    task->candidate_users =
        MakeExpression(context, xml, owners_at, users, "", Use::kText);
  }
  if (!groups.empty() && task->candidate_groups == nullptr) {
    task->candidate_groups =
        MakeExpression(context, xml, owners_at, groups, "", Use::kText);
  }
  element->user_task = std::move(task);
}

void CheckExtensions(const XmlNode& xml, const ParseContext& context) {
  const auto check = [&](std::string_view ns, const std::string& name,
                         SourcePosition at, std::string_view value) {
    const std::string_view dialect = DialectOf(ns);
    if (dialect.empty()) return;
    const absl::string_view shown = absl::StripPrefix(name, "@");
    const std::string got = value.empty()
                                ? std::string()
                                : absl::StrCat(" '", ToAbsl(Shown(value)), "'");
    const ExtensionRow* row = FindExtensionRow(dialect, name, xml.local());
    if (row == nullptr) {
      if (dialect != "pawl") return;
      context.problems->Error(
          at, "unknown-extension",
          absl::StrCat(Describe(xml), ": got pawl:", shown,
                       ", which doesn't exist on this element"));
    } else if (row->support == Support::kRefused) {
      context.problems->Error(
          at, row->rule,
          absl::StrCat(Describe(xml), ": ", ToAbsl(dialect), ":", shown, got,
                       ": this build doesn't execute ", ToAbsl(row->note)));
    }
  };
  for (const XmlAttribute& attribute : xml.attributes) {
    if (attribute.name->ns.empty()) continue;
    check(attribute.name->ns, absl::StrCat("@", attribute.name->local),
          xml.position, attribute.value);
  }
  for (const XmlNode* child : xml.children) {
    if (!child->Is(kBpmnNs, "extensionElements")) continue;
    for (const XmlNode* extension : child->children) {
      check(extension->ns(), extension->local(), extension->position, "");
    }
  }
}

}  // namespace pawl::model
