// Call activities in both dialects: what is called, what crosses, what is
// refused.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/model/bpmn_xml.h"
#include "engine/model/process_builder.h"
#include "engine/model/process_definition.h"
#include "engine/model/test_xml.h"

namespace pawl::model {
namespace {

// The call of the first call activity.
const fb::CallDefinitionT* CallOf(const ParsedModel& parsed) {
  if (parsed.processes.empty() || parsed.processes[0].model == nullptr) {
    return nullptr;
  }
  for (const auto& element : parsed.processes[0].model->elements) {
    if (element->call != nullptr) return element->call.get();
  }
  return nullptr;
}

ParsedModel Call(const std::string& attributes, const std::string& extensions) {
  return ParseBpmn(
      Process("<callActivity id='c'" + attributes + "><extensionElements>" +
              extensions + "</extensionElements></callActivity>"),
      "f");
}

TEST(BpmnCall, NothingCrossesByItself) {
  const ParsedModel parsed = Call(" calledElement='other'", "");
  const fb::CallDefinitionT* const call = CallOf(parsed);
  ASSERT_NE(call, nullptr) << Problems(parsed);
  EXPECT_EQ(call->process_id->text, "other");
  EXPECT_EQ(call->process_id->language, fb::Language::literal);
  EXPECT_EQ(call->binding, fb::CallBinding::latest);
  EXPECT_FALSE(call->all_in || call->all_out || call->local_in ||
               call->local_out);
  EXPECT_TRUE(call->inputs.empty() && call->outputs.empty());
  EXPECT_EQ(call->business_key, nullptr);
}

TEST(BpmnCall, CamundaInAndOut) {
  const ParsedModel parsed =
      Call(" calledElement='${which}'",
           "<camunda:in businessKey='${order}'/>"
           "<camunda:in source='a' target='b'/>"
           "<camunda:in sourceExpression='${a + 1}' target='c'/>"
           "<camunda:in source='l' target='m' local='true'/>"
           "<camunda:in variables='all' local='true'/>"
           "<camunda:out variables='all'/>"
           "<camunda:out source='d' target='e' local='true'/>");
  const fb::CallDefinitionT* const call = CallOf(parsed);
  ASSERT_NE(call, nullptr) << Problems(parsed);
  EXPECT_EQ(call->process_id->language, fb::Language::el);
  ASSERT_EQ(call->inputs.size(), 2u);
  EXPECT_EQ(call->inputs[0]->target, "b");
  EXPECT_EQ(call->inputs[0]->value->expression->text, "= a");
  EXPECT_EQ(call->inputs[0]->value->expression->language, fb::Language::feel);
  EXPECT_EQ(call->inputs[1]->target, "c");
  ASSERT_EQ(call->local_inputs.size(), 1u);
  EXPECT_FALSE(call->all_in);
  EXPECT_TRUE(call->local_in);
  EXPECT_TRUE(call->all_out);
  ASSERT_EQ(call->local_outputs.size(), 1u);
  ASSERT_NE(call->business_key, nullptr);
}

TEST(BpmnCall, OutputsComeWithWhatIsThrownInCamundasDialect) {
  const std::string out = "<camunda:out source='d' target='e'/>";
  const ParsedModel camunda = Call(" calledElement='c'", out);
  ASSERT_NE(CallOf(camunda), nullptr) << Problems(camunda);
  EXPECT_TRUE(CallOf(camunda)->out_on_throw);
  const std::pair<std::string, std::string> others[] = {
      {" calledElement='c' pawl:outputsOnThrow='false'", out},
      {" calledElement='c'", "<camunda:in variables='all'/>"},
      {"", "<zeebe:calledElement processId='c'/>"}};
  for (const auto& [attributes, extensions] : others) {
    const ParsedModel parsed = Call(attributes, extensions);
    ASSERT_NE(CallOf(parsed), nullptr) << Problems(parsed);
    EXPECT_FALSE(CallOf(parsed)->out_on_throw);
  }
}

TEST(BpmnCall, ZeebeDefaults) {
  const ParsedModel all = Call("", "<zeebe:calledElement processId='= x'/>");
  ASSERT_NE(CallOf(all), nullptr) << Problems(all);
  EXPECT_TRUE(CallOf(all)->all_in && CallOf(all)->all_out);
  EXPECT_EQ(CallOf(all)->process_id->language, fb::Language::feel);
  const std::string little =
      "<zeebe:calledElement processId='x' propagateAllParentVariables='false' "
      "propagateAllChildVariables='false' bindingType='versionTag' "
      "versionTag='t'/>";
  const ParsedModel none = Call("", little);
  ASSERT_NE(CallOf(none), nullptr) << Problems(none);
  EXPECT_FALSE(CallOf(none)->all_in || CallOf(none)->all_out);
  EXPECT_TRUE(CallOf(none)->local_in);
  EXPECT_EQ(CallOf(none)->binding, fb::CallBinding::version_tag);
  // The outputs choose among what comes back.
  const ParsedModel mapped =
      Call("", little +
                   "<zeebe:ioMapping><zeebe:output source='= a' target='b'/>"
                   "</zeebe:ioMapping>");
  ASSERT_NE(CallOf(mapped), nullptr) << Problems(mapped);
  EXPECT_TRUE(CallOf(mapped)->all_out);
}

TEST(BpmnCall, Bindings) {
  for (const auto& [attributes, binding] :
       {std::pair<std::string, fb::CallBinding>{"", fb::CallBinding::latest},
        {" camunda:calledElementBinding='latest'", fb::CallBinding::latest},
        {" camunda:calledElementBinding='deployment'",
         fb::CallBinding::deployment},
        {" camunda:calledElementBinding='version' "
         "camunda:calledElementVersion='2'",
         fb::CallBinding::version},
        {" camunda:calledElementBinding='versionTag' "
         "camunda:calledElementVersionTag='t'",
         fb::CallBinding::version_tag}}) {
    const ParsedModel parsed = Call(" calledElement='x'" + attributes, "");
    ASSERT_NE(CallOf(parsed), nullptr) << Problems(parsed);
    EXPECT_EQ(CallOf(parsed)->binding, binding) << attributes;
  }
}

TEST(BpmnCall, Refused) {
  const struct {
    std::string attributes;
    std::string extensions;
    std::string rule;
  } cases[] = {
      {"", "", "missing-called-element"},
      {" calledElement='x' camunda:calledElementBinding='version'", "",
       "call-binding"},
      {" calledElement='x' camunda:calledElementBinding='some'", "",
       "call-binding"},
      {" calledElement='x'", "<zeebe:calledElement processId='y'/>",
       "two-implementations"},
      {" calledElement='x'", "<camunda:in/>", "mapping"},
      {" calledElement='x'", "<camunda:in source='a'/>", "mapping"},
      {" calledElement='x'", "<camunda:in source='' target='b'/>", "mapping"},
      {" calledElement='x'", "<camunda:out source='a' target=''/>", "mapping"},
      {" calledElement='x'", "<camunda:out variables='some'/>", "mapping"},
      {" calledElement='x'", "<camunda:in businessKey=''/>", "mapping"},
      {" camunda:caseRef='x'", "", "unsupported-element"},
  };
  for (const auto& one : cases) {
    const ParsedModel parsed = Call(one.attributes, one.extensions);
    EXPECT_FALSE(parsed.ok()) << one.attributes << one.extensions;
    EXPECT_NE(FindProblem(parsed, one.rule), nullptr)
        << one.attributes << one.extensions << "\n"
        << Problems(parsed);
  }
  const ParsedModel global =
      ParseBpmn(Definitions("<globalUserTask id='g'/><process id='p'>"
                            "<callActivity id='c' calledElement='g'/>"
                            "</process>"),
                "f");
  EXPECT_NE(FindProblem(global, "unsupported-element"), nullptr);
}

TEST(BpmnCall, TheBuilderWritesIt) {
  const std::string xml = ProcessBuilder("p")
                              .StartEvent()
                              .CallActivity("c", "other",
                                            {.version = "2",
                                             .business_key = "${order}",
                                             .all_out = true,
                                             .in = {{"x", "${a + 1}"}}})
                              .BoundaryError("failed", "c", "E")
                              .End()
                              .ToXml();
  const ParsedModel parsed = ParseBpmn(xml, "f");
  const fb::CallDefinitionT* const call = CallOf(parsed);
  ASSERT_NE(call, nullptr) << Problems(parsed);
  EXPECT_EQ(call->binding, fb::CallBinding::version);
  EXPECT_EQ(call->version->text, "2");
  EXPECT_TRUE(call->all_out);
  EXPECT_FALSE(call->all_in);
  ASSERT_EQ(call->inputs.size(), 1u);
  EXPECT_EQ(call->inputs[0]->target, "x");
}

}  // namespace
}  // namespace pawl::model
