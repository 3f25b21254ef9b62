// Data associations, and pools with their message flows, on their way into a
// file.
#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/model/bpmn_data.h"
#include "engine/model/bpmn_export_parts.h"

namespace pawl::model {

using expression::Use;

namespace {

// The id of data that are the variable: they have its name or, where that is no
// name of data, its id. An id that something else has already isn't read as the
// variable, which is found out when what is written is read again.
std::string DataId(std::string_view variable, std::string_view wanted,
                   Declarations* declarations) {
  return IsVariableName(variable) ? declarations->NewId(wanted)
                                  : std::string(variable);
}

}  // namespace

const std::string& DataObjects::Id(std::string_view variable) {
  const auto it = ids_.find(variable);
  if (it != ids_.end()) return it->second;
  return ids_
      .emplace(std::string(variable),
               DataId(variable, IdFrom("dataObject", variable), &declarations_))
      .first->second;
}

void DataObjects::AppendTo(XmlTree* process) const {
  for (const auto& [variable, id] : ids_) {
    process->Add("dataObject")
        .Set("id", id)
        .SetIf(id != variable, "name", variable);
  }
}

bool CallsWithData(const fb::ElementT& e) {
  return e.call != nullptr &&
         std::any_of(e.outputs.begin(), e.outputs.end(),
                     [](const auto& output) { return output->association; });
}

namespace {

using Mappings = std::vector<std::unique_ptr<fb::MappingT>>;

// What crosses the border of a call activity.
class CrossingWriter {
 public:
  CrossingWriter(const fb::ElementT& activity, Declarations* declarations,
                 XmlTree* tree)
      : id_(activity.id),
        call_(*activity.call),
        declarations_(*declarations),
        tree_(*tree) {}

  // Returns the ids of its outputs, by their variables.
  std::map<std::string, std::string> Run() {
    XmlTree& specification = tree_.Add("ioSpecification");
    const std::vector<std::string> inputs =
        Write(call_.inputs, "dataInput", &specification);
    const std::vector<std::string> local =
        Write(call_.local_outputs, "dataOutput", &specification);
    const std::vector<std::string> passed =
        Write(call_.outputs, "dataOutput", &specification);
    std::map<std::string, std::string> by_variable;
    XmlTree& input_set = specification.Add("inputSet");
    for (const std::string& id : inputs) {
      input_set.Add("dataInputRefs").SetText(id);
    }
    XmlTree& output_set = specification.Add("outputSet");
    const auto add = [&](const Mappings& outputs,
                         const std::vector<std::string>& ids) {
      for (size_t i = 0; i < ids.size(); ++i) {
        output_set.Add("dataOutputRefs").SetText(ids[i]);
        by_variable.emplace(outputs[i]->target, ids[i]);
      }
    };
    add(call_.local_outputs, local);
    add(call_.outputs, passed);
    return by_variable;
  }

 private:
  std::vector<std::string> Write(const Mappings& mappings, std::string_view tag,
                                 XmlTree* specification) {
    std::vector<std::string> ids;
    for (const auto& mapping : mappings) {
      const std::string id = DataId(
          mapping->target, absl::StrCat(IdFrom(tag, id_), "_", ++written_),
          &declarations_);
      specification->Add(tag).Set("id", id).SetIf(id != mapping->target, "name",
                                                  mapping->target);
      ids.push_back(id);
    }
    return ids;
  }

  const std::string& id_;
  const fb::CallDefinitionT& call_;
  Declarations& declarations_;
  XmlTree& tree_;
  int written_ = 0;
};

// The variable that a copy reads; empty: it is no copy.
std::string CopiedFrom(const fb::MappingT& output) {
  const std::string& text = output.value->expression->text;
  const bool is_name = output.unless_null && output.path.empty() &&
                       text.starts_with("= `") && text.ends_with('`');
  return is_name ? text.substr(3, text.size() - 4) : std::string();
}

}  // namespace

void WriteAssociations(const fb::ElementT& e, ExpressionWriter* expressions,
                       Declarations* declarations, DataObjects* objects,
                       XmlTree* tree) {
  std::map<std::string, std::string> own;
  if (CallsWithData(e)) own = CrossingWriter(e, declarations, tree).Run();
  // Those that some association has to name, or they wouldn't stay here.
  std::map<std::string, std::string> unnamed = own;
  for (const auto& output : e.outputs) {
    if (!output->association) continue;
    if (output->value->kind != fb::MappedKind::expression) {
      expressions->Fail("a list or map of a data association");
      return;
    }
    unnamed.erase(CopiedFrom(*output));
  }
  for (const auto& output : e.outputs) {
    if (!output->association) continue;
    XmlTree& association = tree->Add("dataOutputAssociation");
    const std::string copied = CopiedFrom(*output);
    if (!copied.empty()) {
      const auto id = own.find(copied);
      association.Add("sourceRef")
          .SetText(id != own.end() ? id->second : objects->Id(copied));
      association.Add("targetRef").SetText(objects->Id(output->target));
      continue;
    }
    for (const auto& [variable, id] : std::exchange(unnamed, {})) {
      association.Add("sourceRef").SetText(id);
    }
    association.Add("targetRef").SetText(objects->Id(output->target));
    XmlTree& assignment = association.Add("assignment");
    expressions->Child("from", output->value->expression.get(), Use::kCondition,
                       &assignment);
    std::string target = output->target;
    for (const std::string& part : output->path) target += "." + part;
    assignment.Add("to").Set("xsi:type", "tFormalExpression").SetText(target);
  }
}

namespace {

// The flows of each process are in the order of the file; so are those of all:
// a flow comes when it is the next of every process that has it.
class FlowMerge {
 public:
  explicit FlowMerge(const std::vector<const fb::ProcessT*>& models)
      : models_(models), next_(models.size(), 0) {
    for (size_t i = 0; i < models.size(); ++i) {
      for (const auto& flow : models[i]->message_flows) {
        ++left_.try_emplace(KeyOf(*flow), models.size(), 0).first->second[i];
      }
    }
  }

  std::vector<const fb::MessageFlowT*> Run() {
    std::vector<const fb::MessageFlowT*> flows;
    while (const fb::MessageFlowT* flow = Choose()) {
      flows.push_back(flow);
      const Key key = KeyOf(*flow);
      for (size_t i = 0; i < models_.size(); ++i) {
        if (Head(i) == nullptr || KeyOf(*Head(i)) != key) continue;
        ++next_[i];
        --left_.at(key)[i];
      }
    }
    return flows;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;

  static Key KeyOf(const fb::MessageFlowT& flow) {
    return {flow.id, flow.source, flow.target};
  }

  const fb::MessageFlowT* Head(size_t i) const {
    const auto& flows = models_[i]->message_flows;
    return next_[i] < flows.size() ? flows[next_[i]].get() : nullptr;
  }

  // Null when all are through.
  const fb::MessageFlowT* Choose() const {
    const fb::MessageFlowT* any = nullptr;
    for (size_t i = 0; i < models_.size(); ++i) {
      if (Head(i) == nullptr) continue;
      if (any == nullptr) any = Head(i);
      const Key key = KeyOf(*Head(i));
      bool is_next = true;
      for (size_t k = 0; k < models_.size() && is_next; ++k) {
        is_next = left_.at(key)[k] == 0 || KeyOf(*Head(k)) == key;
      }
      if (is_next) return Head(i);
    }
    // Models that aren't of one file: in any order.
    return any;
  }

  const std::vector<const fb::ProcessT*>& models_;
  std::vector<size_t> next_;
  // How many of each flow are still to come, by model.
  std::map<Key, std::vector<int>> left_;
};

}  // namespace

void WriteCollaboration(const std::vector<const fb::ProcessT*>& models,
                        Declarations* declarations, XmlTree* definitions) {
  XmlTree& collaboration = definitions->Add("collaboration");
  collaboration.Set("id", declarations->NewId("collaboration_1"));
  std::set<std::string, std::less<>> ends;
  for (const fb::ProcessT* model : models) {
    for (const auto& element : model->elements) ends.insert(element->id);
    for (const auto& pool : model->participants) {
      if (!pool->id.empty() && !ends.insert(pool->id).second) continue;
      collaboration.Add("participant")
          .SetIfAny("id", pool->id)
          .SetIfAny("name", pool->name)
          .SetIfAny("processRef", pool->process_id);
    }
  }
  for (const fb::MessageFlowT* flow : FlowMerge(models).Run()) {
    if (!ends.contains(flow->source) || !ends.contains(flow->target)) continue;
    collaboration.Add("messageFlow")
        .Set("id",
             flow->id.empty() ? declarations->NewId("messageFlow_1") : flow->id)
        .SetIfAny("name", flow->name)
        .Set("sourceRef", flow->source)
        .Set("targetRef", flow->target);
  }
}

}  // namespace pawl::model
