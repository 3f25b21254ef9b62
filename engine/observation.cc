#include "engine/observation.h"

#include <utility>

#include "absl/time/time.h"
#include "engine/convert.h"

namespace pawl {
namespace {

class Collector {
 public:
  Collector(const fb::RecordT& record, const ElementMap& before,
            const core::Instance& after, const model::ProcessDefinition& model,
            std::vector<Observation>* out)
      : time_(absl::FromUnixMillis(record.time_ms)),
        after_(after),
        model_(model),
        out_(out) {
    for (const auto& [key, element] : before) elements_[key] = element.element;
  }

  void Activating(const fb::ElementActivatingT& event) {
    elements_[ElementKey(event.key)] = event.element;
    Element(event.key, ElementSeen::Kind::kActivating);
  }

  void Element(uint64_t key, ElementSeen::Kind kind) {
    const auto it = elements_.find(ElementKey(key));
    if (it == elements_.end()) return;
    ElementSeen seen;
    seen.element = {after_.key, after_.process_id,
                    model_.element(it->second).id, ElementKey(key), time_};
    seen.kind = kind;
    out_->push_back(std::move(seen));
  }

  void Incident(const fb::IncidentRaisedT& event) {
    core::Incident incident;
    incident.key = IncidentKey(event.key);
    incident.type = event.type;
    incident.element_key = ElementKey(event.element_key);
    incident.element = event.element;
    incident.message = event.message;
    incident.job = JobKey(event.job);
    incident.created_ms = absl::ToUnixMillis(time_);
    out_->push_back(ToIncidentInfo(after_, incident, model_));
  }

  void Ended(const fb::InstanceEndedT& event) {
    out_->push_back(EndSeen{after_.key, ToInstanceState(event.state)});
  }

 private:
  const absl::Time time_;
  const core::Instance& after_;
  const model::ProcessDefinition& model_;
  std::vector<Observation>* out_;
  absl::btree_map<ElementKey, uint32_t> elements_;
};

}  // namespace

void AppendObservations(const fb::RecordT& record, const ElementMap& before,
                        const core::Instance& after,
                        const model::ProcessDefinition& model,
                        std::vector<Observation>* out) {
  Collector collector(record, before, after, model, out);
  for (const fb::EventUnion& event : record.events) {
    switch (event.type) {
      case fb::Event::ElementActivating:
        collector.Activating(*event.AsElementActivating());
        break;
      case fb::Event::ElementCompleted:
        collector.Element(event.AsElementCompleted()->key,
                          ElementSeen::Kind::kCompleted);
        break;
      case fb::Event::ElementTerminated:
        collector.Element(event.AsElementTerminated()->key,
                          ElementSeen::Kind::kTerminated);
        break;
      case fb::Event::IncidentRaised:
        collector.Incident(*event.AsIncidentRaised());
        break;
      case fb::Event::InstanceEnded:
        collector.Ended(*event.AsInstanceEnded());
        break;
      default:
        break;
    }
  }
}

namespace {

void Show(const Observation& observation, Observer* observer) {
  if (const auto* element = std::get_if<ElementSeen>(&observation)) {
    if (element->kind == ElementSeen::Kind::kActivating) {
      observer->OnElementActivating(element->element);
    } else {
      observer->OnElementEnded(element->element,
                               element->kind == ElementSeen::Kind::kCompleted);
    }
  } else if (const auto* incident = std::get_if<IncidentInfo>(&observation)) {
    observer->OnIncident(*incident);
  } else if (const auto* end = std::get_if<EndSeen>(&observation)) {
    observer->OnInstanceEnded(end->instance, end->state);
  }
}

}  // namespace

void ShowObservations(const std::vector<Observation>& observations,
                      const std::vector<Observer*>& observers) {
  for (const Observation& observation : observations) {
    for (Observer* observer : observers) {
      try {
        Show(observation, observer);
      } catch (...) {
        // Hooks can't change the outcome, not even by failing.
      }
    }
  }
}

}  // namespace pawl
