// Running elements of an ad-hoc sub-process (BPMN 2.0.2, 13.3.5).
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/core/commands.h"

namespace pawl::core {
namespace {

// May something begin in it now?
bool IsOpen(const Instance& instance, ElementKey key) {
  const auto ad_hoc = instance.ad_hocs.find(key);
  const auto element = instance.elements.find(key);
  return ad_hoc != instance.ad_hocs.end() && !ad_hoc->second.fulfilled &&
         element != instance.elements.end() &&
         element->second.state == fb::ElementState::activated;
}

// The activation that is to run the element with this id.
absl::StatusOr<ElementKey> ScopeFor(const Transition& t,
                                    const Instance& instance,
                                    const std::string& id) {
  const auto element = t.model().FindElement(id);
  if (!element.has_value() || *element == 0) {
    return absl::NotFoundError(absl::StrCat("element '", id, "' of process '",
                                            instance.process_id, "'"));
  }
  const uint32_t around = t.model().element(*element).scope;
  if (t.model().element(around).ad_hoc == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("element '", id,
                     "' doesn't stand in an ad-hoc sub-process; it runs when "
                     "a token reaches it"));
  }
  ElementKey found;
  int count = 0;
  for (const auto& [key, ad_hoc] : instance.ad_hocs) {
    if (!IsOpen(instance, key) || instance.elements.at(key).element != around) {
      continue;
    }
    found = key;
    ++count;
  }
  if (count == 1) return found;
  return absl::FailedPreconditionError(
      absl::StrCat("'", t.model().element(around).id, "', which holds '", id,
                   "': got ", count, " that are active",
                   count == 0 ? "" : ", wanted the key of one of them"));
}

}  // namespace

absl::Status Handle(InstanceCommand& c, const fb::ActivateElementsT& command) {
  const Instance& instance = c.t.instance();
  PAWL_RETURN_IF_ERROR(RequireRunning(instance, false));
  if (command.elements.empty() || command.elements.size() > kAdHocElementsMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "got ", command.elements.size(), " elements to activate, wanted 1 to ",
        kAdHocElementsMax, " (kAdHocElementsMax)"));
  }
  PAWL_RETURN_IF_ERROR(c.t.LoadModel(instance.definition));
  ElementKey scope(command.scope);
  if (command.scope == 0) {
    PAWL_ASSIGN_OR_RETURN(scope,
                          ScopeFor(c.t, instance, command.elements.front()));
  } else if (!IsOpen(instance, scope)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "element ", command.scope, " of instance ", instance.key.value(),
        " is no ad-hoc sub-process in which something may begin"));
  }
  const uint32_t around = instance.elements.at(scope).element;
  std::vector<uint32_t> elements;
  for (const std::string& id : command.elements) {
    PAWL_ASSIGN_OR_RETURN(const uint32_t element, c.t.Activatable(around, id));
    elements.push_back(element);
  }
  c.t.ActivateInAdHoc(scope, elements);
  c.t.Run();
  return absl::OkStatus();
}

}  // namespace pawl::core
