// The table of all element kinds.
#include <array>

#include "base/check.h"
#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

struct Row {
  fb::ElementKind kind;
  const ElementBehavior* behavior;
};

constexpr std::array<Row, 26> kRows = {{
    {fb::ElementKind::unknown, nullptr},
    {fb::ElementKind::process, nullptr},
    {fb::ElementKind::start_event, &kStartEvent},
    {fb::ElementKind::end_event, &kEndEvent},
    {fb::ElementKind::intermediate_catch_event, &kIntermediateCatchEvent},
    {fb::ElementKind::service_task, &kServiceTask},
    {fb::ElementKind::script_task, &kScriptTask},
    {fb::ElementKind::user_task, &kUserTask},
    {fb::ElementKind::manual_task, &kManualTask},
    {fb::ElementKind::undefined_task, &kUndefinedTask},
    {fb::ElementKind::exclusive_gateway, &kExclusiveGateway},
    {fb::ElementKind::parallel_gateway, &kParallelGateway},
    {fb::ElementKind::sub_process, &kSubProcess},
    {fb::ElementKind::boundary_event, &kBoundaryEvent},
    {fb::ElementKind::send_task, &kSendTask},
    {fb::ElementKind::business_rule_task, &kBusinessRuleTask},
    {fb::ElementKind::intermediate_throw_event, &kIntermediateThrowEvent},
    {fb::ElementKind::receive_task, &kReceiveTask},
    {fb::ElementKind::event_sub_process, &kEventSubProcess},
    {fb::ElementKind::event_based_gateway, &kEventBasedGateway},
    {fb::ElementKind::inclusive_gateway, &kInclusiveGateway},
    {fb::ElementKind::complex_gateway, &kComplexGateway},
    {fb::ElementKind::call_activity, &kCallActivity},
    {fb::ElementKind::transaction, &kTransaction},
    {fb::ElementKind::ad_hoc_sub_process, &kAdHocSubProcess},
    {fb::ElementKind::event_definition, nullptr},
}};

// Every kind of the schema has its row, at its own number.
constexpr bool Complete() {
  if (kRows.size() != static_cast<size_t>(fb::ElementKind::MAX) + 1) {
    return false;
  }
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<size_t>(kRows[i].kind) != i) return false;
  }
  return true;
}
static_assert(Complete(), "each ElementKind needs its row here");

}  // namespace

const ElementBehavior& BehaviorOf(fb::ElementKind kind) {
  const auto index = static_cast<size_t>(kind);
  PAWL_CHECK_LT(index, kRows.size());
  const ElementBehavior* behavior = kRows[index].behavior;
  PAWL_CHECK(behavior != nullptr) << fb::EnumNameElementKind(kind);
  PAWL_CHECK(behavior->kind == kind) << fb::EnumNameElementKind(kind);
  return *behavior;
}

}  // namespace pawl::core
