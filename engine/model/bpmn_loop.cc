#include "engine/model/bpmn_loop.h"

#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"
#include "engine/model/bpmn_data.h"
#include "engine/model/bpmn_expression.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_work.h"

namespace pawl::model {
namespace {

using expression::Use;

class LoopParser {
 public:
  LoopParser(const XmlNode& xml, const XmlNode& loop,
             const ParseContext& context)
      : xml_(xml), loop_(loop), context_(context) {}

  std::unique_ptr<fb::LoopDefinitionT> Standard() {
    definition_.kind = fb::LoopKind::standard;
    definition_.test_before = IsTrue(loop_, "testBefore");
    definition_.condition = Child("loopCondition");
    if (const std::string* maximum = loop_.Attribute("loopMaximum")) {
      uint32_t number = 0;
      if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(*maximum), &number) ||
          number == 0) {
        Error(absl::StrCat("loopMaximum: got '", ToAbsl(CutUtf8(*maximum, 64)),
                           "', wanted a number from 1"));
      }
      definition_.maximum = number;
    }
    if (failed_ || definition_.condition != nullptr ||
        definition_.maximum != 0) {
      return Done();
    }
    // What such a marker means is left open (10.3.8); modelers draw it.
    context_.problems->Warning(
        loop_.position, "loop-without-end",
        absl::StrCat(Describe(xml_),
                     ": got neither loopCondition nor loopMaximum, so it runs "
                     "once"));
    return nullptr;
  }

  std::unique_ptr<fb::LoopDefinitionT> MultiInstance() {
    definition_.kind = IsTrue(loop_, "isSequential") ? fb::LoopKind::sequential
                                                     : fb::LoopKind::parallel;
    const std::string* behavior = loop_.Attribute("behavior");
    if ((behavior != nullptr && *behavior != "All") ||
        loop_.Child(kBpmnNs, "complexBehaviorDefinition") != nullptr) {
      Refuse(context_, xml_, loop_.position,
             "behavior: ", "events thrown by a multi-instance activity");
    }
    definition_.cardinality = Child("loopCardinality");
    CheckCardinality();
    definition_.completion = Child("completionCondition");
    Collection();
    Outputs();
    if (definition_.cardinality == nullptr &&
        definition_.collection == nullptr && !failed_) {
      Error("got neither loopCardinality nor a collection");
    }
    return Done();
  }

 private:
  std::unique_ptr<fb::LoopDefinitionT> Done() {
    if (failed_) return nullptr;
    return std::make_unique<fb::LoopDefinitionT>(std::move(definition_));
  }

  void Error(std::string text) {
    failed_ = true;
    context_.problems->Error(loop_.position, "loop",
                             absl::StrCat(Describe(xml_), ": ", text));
  }

  std::unique_ptr<fb::ExpressionT> Child(std::string_view name) {
    const XmlNode* const child = loop_.Child(kBpmnNs, name);
    if (child == nullptr) return nullptr;
    auto expression = MakeExpression(context_, xml_, *child, Use::kCondition);
    failed_ |= expression == nullptr;
    return expression;
  }

  // A number that can never be one would fail at each activity.
  void CheckCardinality() {
    int64_t number = 0;
    if (definition_.cardinality == nullptr ||
        !absl::SimpleAtoi(
            absl::StripAsciiWhitespace(definition_.cardinality->text),
            &number) ||
        (number >= 0 && number <= static_cast<int64_t>(kLoopRunsMax))) {
      return;
    }
    Error(absl::StrCat("loopCardinality: got ", number, ", wanted 0 to ",
                       kLoopRunsMax, " (kLoopRunsMax)"));
  }

  // An expression, or without marks a variable's name.
  std::unique_ptr<fb::ExpressionT> Named(SourcePosition at,
                                         const std::string& text) {
    const std::string name(absl::StripAsciiWhitespace(text));
    const bool marked = name.starts_with('=') ||
                        name.find("${") != std::string::npos ||
                        name.find("#{") != std::string::npos;
    auto expression = MakeExpression(
        context_, xml_, at, marked ? name : absl::StrCat("${", name, "}"), "",
        Use::kText);
    failed_ |= expression == nullptr;
    return expression;
  }

  void Collection() {
    const XmlNode* zeebe = nullptr;
    for (const XmlNode* one :
         Extensions(loop_, "zeebe", "loopCharacteristics")) {
      zeebe = one;
    }
    const std::string* text = loop_.Attribute(kCamundaNs, "collection");
    const XmlNode* const input = loop_.Child(kBpmnNs, "loopDataInputRef");
    if (zeebe != nullptr && zeebe->Attribute("inputCollection") != nullptr) {
      definition_.collection =
          Named(zeebe->position, *zeebe->Attribute("inputCollection"));
    } else if (text != nullptr) {
      definition_.collection = Named(loop_.position, *text);
    } else if (input != nullptr) {
      const std::string data = LoopCollection(xml_, context_, input->text);
      definition_.collection =
          Named(input->position, data.empty() ? input->text : data);
    }
    const std::string* variable =
        loop_.Attribute(kCamundaNs, "elementVariable");
    const XmlNode* const item = loop_.Child(kBpmnNs, "inputDataItem");
    if (zeebe != nullptr && zeebe->Attribute("inputElement") != nullptr) {
      variable = zeebe->Attribute("inputElement");
    }
    if (variable == nullptr && item != nullptr) {
      variable = item->Attribute("name") != nullptr ? item->Attribute("name")
                                                    : item->Attribute("id");
    }
    if (variable != nullptr) definition_.element_variable = *variable;
  }

  void Outputs() {
    for (const XmlNode* zeebe :
         Extensions(loop_, "zeebe", "loopCharacteristics")) {
      const std::string* collection = zeebe->Attribute("outputCollection");
      const std::string* element = zeebe->Attribute("outputElement");
      if ((collection == nullptr) != (element == nullptr)) {
        return Error("wanted outputCollection and outputElement, or neither");
      }
      if (collection == nullptr) continue;
      definition_.output_collection = *collection;
      definition_.output_element = Named(zeebe->position, *element);
    }
    const XmlNode* const output = loop_.Child(kBpmnNs, "loopDataOutputRef");
    if (output == nullptr) return;
    const XmlNode* const item = loop_.Child(kBpmnNs, "outputDataItem");
    const std::string* name =
        item == nullptr ? nullptr : item->Attribute("name");
    if (name == nullptr) {
      return Error("loopDataOutputRef: got no outputDataItem with a name");
    }
    definition_.output_collection = LoopOutput(xml_, context_, output->text);
    definition_.output_element = Named(item->position, *name);
  }

  const XmlNode& xml_;
  const XmlNode& loop_;
  const ParseContext& context_;
  fb::LoopDefinitionT definition_;
  bool failed_ = false;
};

}  // namespace

void ParseLoop(const XmlNode& xml, const ParseContext& context,
               fb::ElementT* element) {
  const XmlNode* const standard =
      xml.Child(kBpmnNs, "standardLoopCharacteristics");
  const XmlNode* const multi =
      xml.Child(kBpmnNs, "multiInstanceLoopCharacteristics");
  if (standard == nullptr && multi == nullptr) return;
  const auto refuse = [&](const XmlNode& loop, std::string_view what) {
    context.problems->Error(loop.position, "loop",
                            absl::StrCat(Describe(xml), ": ", ToAbsl(what)));
  };
  if (element->kind == fb::ElementKind::event_sub_process) {
    return refuse(standard != nullptr ? *standard : *multi,
                  "an event sub-process runs when its event comes, wanted no "
                  "loop or multi-instance marker");
  }
  if (standard != nullptr && multi != nullptr) {
    return refuse(*multi,
                  "got standardLoopCharacteristics and "
                  "multiInstanceLoopCharacteristics, wanted one of them");
  }
  if (standard != nullptr) {
    element->loop = LoopParser(xml, *standard, context).Standard();
  } else if (multi != nullptr) {
    CheckExtensions(*multi, context);
    element->loop = LoopParser(xml, *multi, context).MultiInstance();
  }
}

}  // namespace pawl::model
