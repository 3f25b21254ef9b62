#include "engine/model/element_names.h"

namespace pawl::model {

std::string_view BpmnName(fb::ElementKind kind) {
  switch (kind) {
    case fb::ElementKind::unknown:
      return "unknown";
    case fb::ElementKind::process:
      return "process";
    case fb::ElementKind::start_event:
      return "startEvent";
    case fb::ElementKind::end_event:
      return "endEvent";
    case fb::ElementKind::intermediate_catch_event:
      return "intermediateCatchEvent";
    case fb::ElementKind::service_task:
      return "serviceTask";
    case fb::ElementKind::script_task:
      return "scriptTask";
    case fb::ElementKind::user_task:
      return "userTask";
    case fb::ElementKind::manual_task:
      return "manualTask";
    case fb::ElementKind::undefined_task:
      return "task";
    case fb::ElementKind::exclusive_gateway:
      return "exclusiveGateway";
    case fb::ElementKind::parallel_gateway:
      return "parallelGateway";
    case fb::ElementKind::sub_process:
      return "subProcess";
    case fb::ElementKind::call_activity:
      return "callActivity";
    case fb::ElementKind::transaction:
      return "transaction";
    case fb::ElementKind::ad_hoc_sub_process:
      return "adHocSubProcess";
    case fb::ElementKind::event_definition:
      return "eventDefinition";
    case fb::ElementKind::boundary_event:
      return "boundaryEvent";
    case fb::ElementKind::send_task:
      return "sendTask";
    case fb::ElementKind::business_rule_task:
      return "businessRuleTask";
    case fb::ElementKind::intermediate_throw_event:
      return "intermediateThrowEvent";
    case fb::ElementKind::receive_task:
      return "receiveTask";
    case fb::ElementKind::event_sub_process:
      return "subProcess";
    case fb::ElementKind::event_based_gateway:
      return "eventBasedGateway";
    case fb::ElementKind::inclusive_gateway:
      return "inclusiveGateway";
    case fb::ElementKind::complex_gateway:
      return "complexGateway";
  }
  return "unknown";
}

fb::ElementKind FlowNodeNamed(std::string_view name) {
  for (const fb::ElementKind kind : fb::EnumValuesElementKind()) {
    switch (kind) {
      case fb::ElementKind::unknown:
      case fb::ElementKind::process:
      case fb::ElementKind::event_definition:
      case fb::ElementKind::event_sub_process:
        continue;
      default:
        if (BpmnName(kind) == name) return kind;
    }
  }
  return fb::ElementKind::unknown;
}

}  // namespace pawl::model
