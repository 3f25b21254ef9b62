#include "engine/model/element_names.h"

#include <gtest/gtest.h>

namespace pawl::model {
namespace {

TEST(ElementNames, FlowNodesAreNamedBothWays) {
  for (const fb::ElementKind kind : fb::EnumValuesElementKind()) {
    const fb::ElementKind named = FlowNodeNamed(BpmnName(kind));
    switch (kind) {
      case fb::ElementKind::unknown:
      case fb::ElementKind::process:
      case fb::ElementKind::event_definition:
        EXPECT_EQ(named, fb::ElementKind::unknown) << BpmnName(kind);
        break;
      case fb::ElementKind::event_sub_process:
        EXPECT_EQ(named, fb::ElementKind::sub_process);
        break;
      default:
        EXPECT_EQ(named, kind) << BpmnName(kind);
    }
  }
  EXPECT_EQ(BpmnName(fb::ElementKind::undefined_task), "task");
  EXPECT_EQ(FlowNodeNamed("usertask"), fb::ElementKind::unknown);
  EXPECT_EQ(FlowNodeNamed(""), fb::ElementKind::unknown);
}

}  // namespace
}  // namespace pawl::model
