// Embedded sub-process (BPMN 2.0.2, 10.3.5 and 13.3.4): a scope of its own,
// which is done when no token is left in it. Transaction (10.3.5): the same;
// its cancel end event is another's business. Event sub-process (13.5.4): the
// same, begun at its one start event, which has come. Ad-hoc sub-process
// (13.3.5): see transition_ad_hoc.cc.
#include <utility>

#include "engine/core/element/behavior.h"

namespace pawl::core {
namespace {

Outcome Open(Transition& t, ElementKey key, const fb::ElementT& element) {
  const uint32_t index = t.instance().elements.at(key).element;
  const auto starts = t.model().StartNodes(index);
  PAWL_CHECK(starts.empty() ||
             element.kind != fb::ElementKind::event_sub_process);
  for (const uint32_t start : starts) t.Enter(start, key);
  return starts.empty() ? Outcome::Done() : Outcome::Waits();
}

Outcome OpenTriggered(Transition& t, ElementKey key, const fb::ElementT&) {
  const ElementInstance own = t.instance().elements.at(key);
  const uint32_t around = t.instance().elements.at(own.scope).element;
  for (const uint32_t start : t.model().EventSubProcessStarts(around)) {
    if (t.model().element(start).scope == own.element) t.Enter(start, key);
  }
  return Outcome::Waits();
}

Outcome OpenAdHoc(Transition& t, ElementKey key, const fb::ElementT& element) {
  if (auto fault = t.BeginAdHoc(key, element)) {
    return Outcome::Failed(fault->type, std::move(fault->message));
  }
  return Outcome::Waits();
}

}  // namespace

const ElementBehavior kSubProcess = {fb::ElementKind::sub_process, Open};
const ElementBehavior kTransaction = {fb::ElementKind::transaction, Open};
const ElementBehavior kEventSubProcess = {fb::ElementKind::event_sub_process,
                                          OpenTriggered};
const ElementBehavior kAdHocSubProcess = {fb::ElementKind::ad_hoc_sub_process,
                                          OpenAdHoc};

}  // namespace pawl::core
