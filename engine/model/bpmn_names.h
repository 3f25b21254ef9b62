// The namespaces that a model file may use. For engine/model and replay/render.
#ifndef PAWL_ENGINE_MODEL_BPMN_NAMES_H_
#define PAWL_ENGINE_MODEL_BPMN_NAMES_H_

#include <string_view>

namespace pawl::model {

// BPMN 2.0.2, 15.1: elements, diagrams.
inline constexpr std::string_view kBpmnNs =
    "http://www.omg.org/spec/BPMN/20100524/MODEL";
inline constexpr std::string_view kBpmnDiNs =
    "http://www.omg.org/spec/BPMN/20100524/DI";
inline constexpr std::string_view kDcNs =
    "http://www.omg.org/spec/DD/20100524/DC";
inline constexpr std::string_view kDiNs =
    "http://www.omg.org/spec/DD/20100524/DI";
inline constexpr std::string_view kXsiNs =
    "http://www.w3.org/2001/XMLSchema-instance";

// Extensions that we read; docs/bpmn_coverage.md lists which.
inline constexpr std::string_view kCamundaNs =
    "http://camunda.org/schema/1.0/bpmn";
// What that grew out of: files of its first years bind `camunda` to this one.
inline constexpr std::string_view kActivitiNs = "http://activiti.org/bpmn";
// Older files write camunda:failedJobRetryTimeCycle in this one.
inline constexpr std::string_view kFoxNs = "http://www.camunda.com/fox";
inline constexpr std::string_view kZeebeNs =
    "http://camunda.org/schema/zeebe/1.0";
inline constexpr std::string_view kPawlNs = "https://pawl.dev/bpmn/1.0";

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_BPMN_NAMES_H_
