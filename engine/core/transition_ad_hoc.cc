// Ad-hoc sub-processes (BPMN 2.0.2, 10.3.5 and 13.3.5): what no flow leads to
// runs as it is activated, all at once or one after the other, until the
// completion condition holds (docs/adr/0024).
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/core/transition.h"
#include "engine/expression/expression.h"
#include "engine/model/model_rules.h"

namespace pawl::core {

absl::StatusOr<uint32_t> Transition::Activatable(uint32_t ad_hoc,
                                                 const std::string& id) const {
  const std::optional<uint32_t> element = model_->FindElement(id);
  const auto starts = model_->StartNodes(ad_hoc);
  if (element.has_value() &&
      std::find(starts.begin(), starts.end(), *element) != starts.end()) {
    return *element;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("got '", id, "', which is no element of '",
                   model_->element(ad_hoc).id, "' without incoming flow"));
}

absl::StatusOr<std::vector<uint32_t>> Transition::FirstOfAdHoc(
    ElementKey key, const fb::ElementT& element) const {
  const uint32_t index = instance_->elements.at(key).element;
  const auto starts = model_->StartNodes(index);
  if (element.ad_hoc->active_elements == nullptr) {
    return std::vector<uint32_t>(starts.begin(), starts.end());
  }
  PAWL_ASSIGN_OR_RETURN(const Value value,
                        EvaluateValue(*element.ad_hoc->active_elements, key));
  if (!value.is_list()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "got ", value.ToJson().substr(0, 100), ", wanted a list of ids"));
  }
  if (value.list().size() > kAdHocElementsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("got ", value.list().size(), " ids, wanted at most ",
                     kAdHocElementsMax, " (kAdHocElementsMax)"));
  }
  std::vector<uint32_t> elements;
  for (const Value& entry : value.list()) {
    PAWL_ASSIGN_OR_RETURN(const std::string id, entry.AsString());
    PAWL_ASSIGN_OR_RETURN(const uint32_t element_index, Activatable(index, id));
    elements.push_back(element_index);
  }
  return elements;
}

std::optional<Fault> Transition::BeginAdHoc(ElementKey key,
                                            const fb::ElementT& element) {
  absl::StatusOr<std::vector<uint32_t>> elements = FirstOfAdHoc(key, element);
  if (!elements.ok()) {
    return Fault{
        fb::IncidentType::expression_error,
        absl::StrCat("active elements: ", elements.status().message())};
  }
  ActivateInAdHoc(key, *elements);
  return std::nullopt;
}

void Transition::ActivateInAdHoc(ElementKey key,
                                 const std::vector<uint32_t>& elements) {
  fb::AdHocActivatedT activated;
  activated.key = key.value();
  activated.elements = elements;
  Emit(std::move(activated));
  const uint32_t index = instance_->elements.at(key).element;
  if (model_->element(index).ad_hoc->sequential) {
    // Once it is empty, which it may be now.
    if (!elements.empty()) maybe_empty_.push_back(key);
    return;
  }
  for (const uint32_t element : elements) Enter(element, key);
}

void Transition::CheckAdHoc(ElementKey key) { ad_hocs_.push_back(key); }

// Of the activity as a whole or of an expression of it; it waits to be
// resolved.
bool Transition::HasOwnIncident(ElementKey key) const {
  const uint32_t element = instance_->elements.at(key).element;
  return std::any_of(instance_->incidents.begin(), instance_->incidents.end(),
                     [&](const auto& entry) {
                       return entry.second.element_key == key &&
                              entry.second.element == element;
                     });
}

bool Transition::StepAdHoc() {
  if (ad_hocs_.empty()) return false;
  const ElementKey key = ad_hocs_.front();
  ad_hocs_.pop_front();
  const auto found = instance_->elements.find(key);
  const auto ad_hoc = instance_->ad_hocs.find(key);
  if (found == instance_->elements.end() ||
      ad_hoc == instance_->ad_hocs.end() || ad_hoc->second.fulfilled ||
      found->second.state != fb::ElementState::activated) {
    return true;
  }
  const uint32_t element = found->second.element;
  const fb::AdHocDefinitionT& definition = *model_->element(element).ad_hoc;
  if (definition.completion == nullptr || HasOwnIncident(key)) return true;
  const absl::StatusOr<bool> holds =
      model_->Compiled(*definition.completion).EvaluateCondition(View(key));
  if (!holds.ok()) {
    RaiseIncident(
        {fb::IncidentType::expression_error,
         absl::StrCat("completion condition: ", holds.status().message())},
        key, element);
    return true;
  }
  if (!*holds) {
    maybe_empty_.push_back(key);
    return true;
  }
  fb::AdHocFulfilledT fulfilled;
  fulfilled.key = key.value();
  fulfilled.drops_tokens =
      !definition.cancel_remaining &&
      model_->model().rules >= model::kRulesOfFulfilledAdHoc;
  if (fulfilled.drops_tokens) {
    arrivals_.EraseIf([&](const Arrival& a) { return a.scope == key; });
    NoteMoved(key);
  }
  Emit(std::move(fulfilled));
  if (definition.cancel_remaining) {
    TerminateInside(key);
    CompleteTerminated(key);
  } else {
    maybe_empty_.push_back(key);
  }
  return true;
}

// 13.3.5: what is active in it is awaited, and nothing follows.
bool Transition::EndsAdHoc(ElementKey scope) const {
  const auto ad_hoc = instance_->ad_hocs.find(scope);
  return ad_hoc != instance_->ad_hocs.end() && ad_hoc->second.fulfilled &&
         model_->model().rules >= model::kRulesOfFulfilledAdHoc;
}

bool Transition::EmptyAdHocGoesOn(ElementKey key) {
  const auto ad_hoc = instance_->ad_hocs.find(key);
  if (ad_hoc == instance_->ad_hocs.end() || ad_hoc->second.fulfilled) {
    return false;
  }
  const uint32_t element = instance_->elements.at(key).element;
  if (HasOwnIncident(key)) return true;
  if (!ad_hoc->second.waiting.empty()) {
    const bool is_on_its_way =
        std::any_of(arrivals_.begin(), arrivals_.end(),
                    [&](const Arrival& a) { return a.scope == key; });
    if (!is_on_its_way) Enter(ad_hoc->second.waiting.front(), key);
    return true;
  }
  return model_->element(element).ad_hoc->completion != nullptr;
}

}  // namespace pawl::core
