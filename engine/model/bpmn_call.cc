#include "engine/model/bpmn_call.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_mapping.h"
#include "engine/model/bpmn_names.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::CallBinding;

std::string TextOf(const XmlNode& node, std::string_view attribute) {
  const std::string* const value = node.Attribute(attribute);
  return value == nullptr ? std::string() : std::string(Trim(*value));
}

std::string CamundaOf(const XmlNode& node, std::string_view attribute) {
  const std::string* const value = node.Attribute(kCamundaNs, attribute);
  return value == nullptr ? std::string() : std::string(Trim(*value));
}

class CallParser {
 public:
  CallParser(const XmlNode& xml, const ParseContext& context,
             fb::ElementT* element)
      : xml_(xml), context_(context), element_(*element) {}

  void Run() {
    const XmlNode* const zeebe = Extension(xml_, "zeebe", "calledElement");
    const std::string called = CalledElement();
    const std::string other =
        zeebe == nullptr ? std::string() : TextOf(*zeebe, "processId");
    if (!called.empty() && !other.empty() && called != other) {
      return Error(
          zeebe->position, "two-implementations",
          absl::StrCat("got calledElement '", called,
                       "' and zeebe:calledElement '", other, "', wanted one"));
    }
    const std::string& id = called.empty() ? other : called;
    if (id.empty()) {
      // That is refused by its name.
      if (xml_.Attribute(kCamundaNs, "caseRef") != nullptr) return;
      return Error(xml_.position, "missing-called-element",
                   "got no calledElement, wanted the id of a process");
    }
    if (RefuseGlobalTask(id)) return;
    call_ = std::make_unique<fb::CallDefinitionT>();
    call_->process_id = Text(xml_, id);
    if (zeebe != nullptr) {
      Zeebe(*zeebe);
    } else {
      Camunda();
    }
    if (call_->process_id != nullptr && sound_) {
      element_.call = std::move(call_);
    }
  }

 private:
  void Error(SourcePosition at, std::string_view rule, std::string_view what) {
    sound_ = false;
    context_.problems->Error(at, rule,
                             absl::StrCat(Describe(xml_), ": ", ToAbsl(what)));
  }

  std::unique_ptr<fb::ExpressionT> Text(const XmlNode& at,
                                        std::string_view text) {
    auto expression =
        MakeExpression(context_, xml_, at.position, text, "", Use::kText);
    if (expression == nullptr) sound_ = false;
    return expression;
  }

  // It is a QName (10.3.6), or an expression of a dialect.
  std::string CalledElement() const {
    const std::string called = TextOf(xml_, "calledElement");
    const size_t colon = called.find(':');
    const bool has_prefix =
        colon != std::string::npos && context_.prefixes != nullptr &&
        context_.prefixes->contains(called.substr(0, colon)) &&
        !context_.ids.contains(called);
    return has_prefix ? called.substr(colon + 1) : called;
  }

  // A global task is no process, and nothing else is deployed.
  bool RefuseGlobalTask(const std::string& id) {
    const auto it = context_.ids.find(id);
    if (it == context_.ids.end() ||
        !absl::StartsWith(ToAbsl(it->second->local()), "global")) {
      return false;
    }
    Refuse(context_, xml_, xml_.position, "calledElement: ", "global tasks");
    return true;
  }

  // `version` and `tag` count with the binding that needs them.
  void Bind(const XmlNode& at, const std::string& binding,
            const std::string& version, const std::string& tag) {
    if (binding == "deployment") {
      call_->binding = CallBinding::deployment;
    } else if (binding == "version") {
      call_->binding = CallBinding::version;
    } else if (binding == "versionTag") {
      call_->binding = CallBinding::version_tag;
    } else if (!binding.empty() && binding != "latest") {
      return Error(
          at.position, "call-binding",
          absl::StrCat("got the binding '", ToAbsl(CutUtf8(binding, 64)),
                       "', wanted latest, deployment, version or "
                       "versionTag"));
    }
    if (call_->binding != CallBinding::version &&
        call_->binding != CallBinding::version_tag) {
      return;
    }
    const std::string& text =
        call_->binding == CallBinding::version ? version : tag;
    if (text.empty()) {
      return Error(
          at.position, "call-binding",
          absl::StrCat("got the binding ", binding, " without a ",
                       call_->binding == CallBinding::version ? "version"
                                                              : "version tag"));
    }
    call_->version = Text(at, text);
  }

  // SEMANTICS, Call activity: what is in the activity's scope and around goes
  // in, and all comes back, unless it says otherwise. With output mappings all
  // comes back for them.
  void Zeebe(const XmlNode& zeebe) {
    Bind(zeebe, TextOf(zeebe, "bindingType"), "", TextOf(zeebe, "versionTag"));
    call_->all_in = TextOf(zeebe, "propagateAllParentVariables") != "false";
    call_->local_in = !call_->all_in;
    call_->all_out = TextOf(zeebe, "propagateAllChildVariables") != "false" ||
                     !element_.outputs.empty();
  }

  void Camunda() {
    Bind(xml_, CamundaOf(xml_, "calledElementBinding"),
         CamundaOf(xml_, "calledElementVersion"),
         CamundaOf(xml_, "calledElementVersionTag"));
    for (const XmlNode* in : Extensions(xml_, "camunda", "in")) {
      if (in->Attribute("businessKey") != nullptr) {
        const std::string key = TextOf(*in, "businessKey");
        if (key.empty()) {
          Error(in->position, "mapping", "<in>: got an empty businessKey");
        } else {
          call_->business_key = Text(*in, key);
        }
        continue;
      }
      const bool local = IsTrue(*in, "local");
      Cross(*in, local ? &call_->local_in : &call_->all_in,
            local ? &call_->local_inputs : &call_->inputs);
    }
    for (const XmlNode* out : Extensions(xml_, "camunda", "out")) {
      const bool local = IsTrue(*out, "local");
      Cross(*out, local ? &call_->local_out : &call_->all_out,
            local ? &call_->local_outputs : &call_->outputs);
    }
    // What <out> names is set in the caller; output parameters come behind it.
    call_->outputs_around =
        !element_.outputs.empty() &&
        (call_->all_out || !call_->outputs.empty()) &&
        PawlFlag(context_, xml_, "outputsAround", /*otherwise=*/true);
    call_->out_on_throw =
        (call_->all_out || !call_->outputs.empty()) &&
        PawlFlag(context_, xml_, "outputsOnThrow", /*otherwise=*/true);
  }

  void Cross(const XmlNode& one, bool* all,
             std::vector<std::unique_ptr<fb::MappingT>>* mappings) {
    if (one.Attribute("variables") != nullptr) {
      if (TextOf(one, "variables") == "all") {
        *all = true;
      } else {
        Error(one.position, "mapping",
              absl::StrCat("<", one.local(), ">: got variables '",
                           ToAbsl(CutUtf8(TextOf(one, "variables"), 64)),
                           "', wanted all"));
      }
      return;
    }
    auto mapping = ParseCrossing(xml_, one, context_);
    if (mapping == nullptr) {
      sound_ = false;
    } else {
      mappings->push_back(std::move(mapping));
    }
  }

  const XmlNode& xml_;
  const ParseContext& context_;
  fb::ElementT& element_;
  std::unique_ptr<fb::CallDefinitionT> call_;
  bool sound_ = true;
};

}  // namespace

void ParseCall(const XmlNode& xml, const ParseContext& context,
               fb::ElementT* element) {
  CallParser(xml, context, element).Run();
}

}  // namespace pawl::model
