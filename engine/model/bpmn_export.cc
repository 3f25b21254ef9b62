#include "engine/model/bpmn_export.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_export_parts.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_raw.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/element_names.h"
#include "engine/model/model_expressions.h"
#include "engine/model/model_rules.h"

namespace pawl::model {
namespace {

using expression::Use;
using fb::ElementKind;
using fb::EventType;

std::string_view SagaName(fb::SagaScope saga) {
  return saga == fb::SagaScope::local    ? "local"
         : saga == fb::SagaScope::global ? "global"
                                         : "";
}

// Whether its form is no more than the key that the task has, as in models
// that were compiled before there were forms.
bool IsKeyOnly(const fb::ElementT& e) {
  if (e.user_task == nullptr || e.form == nullptr) return false;
  fb::FormT key_only;
  key_only.key = e.user_task->form_key;
  return *e.form == key_only;
}

std::string VariableEvents(const fb::ElementT& e) {
  std::string text;
  for (const auto& [bit, name] :
       {std::pair{1, "create"}, std::pair{2, "update"},
        std::pair{4, "delete"}}) {
    if ((e.condition_events & bit) == 0) continue;
    absl::StrAppend(&text, text.empty() ? "" : ",", name);
  }
  return text;
}

// `model` without lines and columns, and without what isn't its own.
std::unique_ptr<fb::ProcessT> WithoutLines(const fb::ProcessT& model) {
  flatbuffers::FlatBufferBuilder bytes;
  bytes.Finish(fb::Process::Pack(bytes, &model));
  std::unique_ptr<fb::ProcessT> copy(
      flatbuffers::GetRoot<fb::Process>(bytes.GetBufferPointer())->UnPack());
  for (const auto& element : copy->elements) {
    element->line = element->column = 0;
    if (IsKeyOnly(*element)) element->form = nullptr;
  }
  for (const auto& flow : copy->flows) flow->line = flow->column = 0;
  // What is read again is of this build.
  copy->rules = kModelRules;
  // Pools are of a file, and this is one process.
  copy->participants.clear();
  copy->message_flows.clear();
  ForEachExpression(*copy, [](const std::string&, const fb::ExpressionT& e) {
    // It is part of our own copy.
    auto& own = const_cast<fb::ExpressionT&>(e);
    own.line = own.column = 0;
  });
  return copy;
}

template <typename Table, typename TableT>
std::string Bytes(const TableT& table) {
  flatbuffers::FlatBufferBuilder bytes;
  bytes.Finish(Table::Pack(bytes, &table));
  return std::string(reinterpret_cast<const char*>(bytes.GetBufferPointer()),
                     bytes.GetSize());
}

absl::Status Unlike(const std::string& id) {
  return absl::UnimplementedError(
      absl::StrCat("export: '", id,
                   "': BPMN has no way to write it that is read as the same"));
}

absl::Status CheckSame(const fb::ProcessT& model, const fb::ProcessT& read) {
  const auto wanted = WithoutLines(model);
  const auto got = WithoutLines(read);
  if (Bytes<fb::Process>(*wanted) == Bytes<fb::Process>(*got)) {
    return absl::OkStatus();
  }
  for (size_t i = 0; i < wanted->elements.size(); ++i) {
    const fb::ElementT& e = *wanted->elements[i];
    if (i >= got->elements.size() ||
        Bytes<fb::Element>(e) != Bytes<fb::Element>(*got->elements[i])) {
      return Unlike(e.id);
    }
  }
  for (size_t i = 0; i < wanted->flows.size(); ++i) {
    const fb::SequenceFlowT& flow = *wanted->flows[i];
    if (i >= got->flows.size() || Bytes<fb::SequenceFlow>(flow) !=
                                      Bytes<fb::SequenceFlow>(*got->flows[i])) {
      return Unlike(flow.id);
    }
  }
  return Unlike(model.id);
}

// What is handed out means what the models mean: it is read once more.
absl::Status CheckWritten(const std::vector<const fb::ProcessT*>& models,
                          const std::string& xml) {
  const ParsedModel parsed = ParseBpmn(xml, "export");
  bool is_read = parsed.processes.size() == models.size();
  for (const ParsedProcess& process : parsed.processes) {
    is_read = is_read && process.model != nullptr;
  }
  if (!is_read) {
    return absl::UnimplementedError(absl::StrCat(
        "export: what is written can't be read: ",
        parsed.problems.empty()
            ? std::string()
            : FormatProblem(parsed.file_name, parsed.problems.front())));
  }
  for (size_t i = 0; i < models.size(); ++i) {
    PAWL_RETURN_IF_ERROR(CheckSame(*models[i], *parsed.processes[i].model));
  }
  return absl::OkStatus();
}

// One process of the file.
class ProcessWriter {
 public:
  // `is_alone`: the file has no other process.
  ProcessWriter(const fb::ProcessT& model, bool is_alone,
                Declarations* declarations)
      : model_(model),
        is_alone_(is_alone),
        declarations_(*declarations),
        data_objects_(declarations) {}

  absl::Status Run(XmlTree* process) {
    WriteProcess(process);
    return expressions_.status();
  }

 private:
  // Scopes in the order of their indexes, so that each has its tree before what
  // is in it; and within each what is in it in that order, as it was read.
  void WriteProcess(XmlTree* process) {
    process->Set("id", model_.id)
        .SetIfAny("name", model_.name)
        .Set("isExecutable", model_.executable ? "true" : "false")
        .SetIfAny("pawl:saga", SagaName(model_.elements[0]->saga))
        .SetIfAny("camunda:versionTag", model_.version_tag)
        .SetIfAny("camunda:historyTimeToLive", model_.history_time_to_live);
    definitions_.resize(model_.elements.size());
    for (uint32_t i = 1; i < model_.elements.size(); ++i) {
      const fb::ElementT& e = *model_.elements[i];
      if (e.kind == ElementKind::event_definition) {
        definitions_[e.attached_to].push_back(i);
      }
    }
    WriteLanes(process);
    trees_.assign(model_.elements.size(), nullptr);
    trees_[0] = process;
    for (uint32_t i = 1; i < model_.elements.size(); ++i) {
      const fb::ElementT& e = *model_.elements[i];
      if (e.kind == ElementKind::event_definition) continue;
      expressions_.set_owner(e.id);
      XmlTree* const scope = trees_[e.scope];
      PAWL_CHECK(scope != nullptr) << e.id;
      trees_[i] = &scope->Add(BpmnName(e.kind));
      WriteElement(i, trees_[i]);
    }
    for (uint32_t i = 0; i < model_.flows.size(); ++i) WriteFlow(i);
    data_objects_.AppendTo(process);
    for (const auto& element : model_.elements) WriteHandler(*element);
    for (uint32_t i = 1; i < model_.elements.size(); ++i) WriteCompletion(i);
  }

  // An outer lane comes before those in it.
  void WriteLanes(XmlTree* process) {
    if (model_.lanes.empty()) return;
    XmlTree* const all =
        &process->Add("laneSet").Set("id", declarations_.NewId("laneSet_1"));
    std::vector<XmlTree*> inside(model_.lanes.size() + 1, nullptr);
    std::vector<XmlTree*> lanes(model_.lanes.size() + 1, nullptr);
    inside[0] = all;
    for (uint32_t i = 0; i < model_.lanes.size(); ++i) {
      const fb::LaneT& lane = *model_.lanes[i];
      if (inside[lane.parent] == nullptr) {
        inside[lane.parent] = &lanes[lane.parent]->Add("childLaneSet");
      }
      XmlTree& tree = inside[lane.parent]->Add("lane");
      tree.SetIfAny("id", lane.id).SetIfAny("name", lane.name);
      for (const uint32_t member : lane.members) {
        tree.Add("flowNodeRef").SetText(model_.elements[member]->id);
      }
      lanes[i + 1] = &tree;
    }
  }

  void WriteElement(uint32_t index, XmlTree* tree) {
    const fb::ElementT& e = *model_.elements[index];
    WriteId(e, index, tree);
    tree->SetIfAny("name", e.name);
    if (e.default_flow != 0) {
      tree->Set("default", model_.flows[e.default_flow - 1]->id);
    }
    tree->SetIf(e.for_compensation, "isForCompensation", "true");
    tree->SetIf(e.kind == ElementKind::event_sub_process, "triggeredByEvent",
                "true");
    tree->SetIfAny("pawl:saga", SagaName(e.saga));
    tree->SetIf(e.instantiate, "instantiate", "true");
    tree->SetIf(e.parallel, "eventGatewayType", "Parallel");
    if (e.kind == ElementKind::boundary_event) {
      tree->Set("attachedToRef", model_.elements[e.attached_to]->id);
    }
    tree->SetIf(!e.interrupting,
                e.kind == ElementKind::boundary_event ? "cancelActivity"
                                                      : "isInterrupting",
                "false");
    tree->SetIf(e.event_type == EventType::parallel_multiple,
                "parallelMultiple", "true");
    WriteListeners(e, &expressions_, tree);
    WriteMappings(e, &expressions_, tree);
    WriteAssociations(e, &expressions_, &declarations_, &data_objects_, tree);
    if (e.call != nullptr) WriteCall(e, &expressions_, tree);
    if (e.ad_hoc != nullptr) WriteAdHoc(*e.ad_hoc, &expressions_, tree);
    if (e.user_task != nullptr) {
      WriteUserTask(*e.user_task, &expressions_, tree);
    }
    if (e.form != nullptr) {
      WriteForm(*e.form, e.user_task.get(), tree);
    } else if (e.user_task != nullptr) {
      tree->SetIfAny("camunda:formKey", e.user_task->form_key);
    }
    WriteWork(index, tree);
  }

  // One that the parser made for what has none can't be in a file.
  void WriteId(const fb::ElementT& e, uint32_t index, XmlTree* tree) {
    const std::string_view id = e.id;
    if (id.substr(0, id.find_last_not_of('#') + 1) !=
        GeneratedNodeId(BpmnName(e.kind), index)) {
      tree->Set("id", id);
      return;
    }
    tree->Set("id", declarations_.NewId(
                        absl::StrCat(ToAbsl(BpmnName(e.kind)), "_", index)));
    tree->Set("pawl:generatedId", "true");
  }

  // What it does, behind its loop.
  void WriteWork(uint32_t index, XmlTree* tree) {
    const fb::ElementT& e = *model_.elements[index];
    const bool is_event = e.kind == ElementKind::start_event ||
                          e.kind == ElementKind::end_event ||
                          e.kind == ElementKind::intermediate_catch_event ||
                          e.kind == ElementKind::intermediate_throw_event ||
                          e.kind == ElementKind::boundary_event;
    if (e.loop != nullptr) WriteLoop(*e.loop, &expressions_, tree);
    if (is_event) {
      if (definitions_[index].empty()) return WriteDefinition(e, index, tree);
      for (const uint32_t one : definitions_[index]) {
        WriteDefinition(*model_.elements[one], one, tree);
      }
      return;
    }
    if (e.job != nullptr) {
      WriteJob(*e.job, &expressions_, &declarations_, tree, tree);
    }
    if (e.message != nullptr) WriteMessage(*e.message, tree);
    expressions_.Child("activationCondition", e.condition.get(),
                       Use::kCondition, tree);
    if (e.script == nullptr) return;
    if (e.kind != ElementKind::script_task) {
      return WriteEvaluated(*e.script, &expressions_, tree);
    }
    WriteScriptTask(*e.script, &expressions_, tree);
  }

  void WriteMessage(const fb::MessageDefinitionT& message, XmlTree* holder) {
    if (message.along_flow && is_alone_) {
      expressions_.Fail("a message flow to another process in this one alone");
    }
    holder->Set("messageRef",
                declarations_.Id("message",
                                 expressions_.Text(*message.name, Use::kText)));
    expressions_.Attribute("pawl:correlationKey", message.correlation_key.get(),
                           Use::kCondition, holder);
    holder->SetIf(message.one_per_key, "pawl:onePerKey", "true");
  }

  void WriteDefinition(const fb::ElementT& e, uint32_t index, XmlTree* event) {
    switch (e.event_type) {
      case EventType::none:
      case EventType::multiple:
      case EventType::parallel_multiple:
        return;
      case EventType::timer:
        return WriteTimer(*e.timer, event);
      case EventType::message:
        return WriteMessageEvent(e, event);
      case EventType::signal:
        return WriteSignal(e, event);
      case EventType::error:
        return WriteCaught("error", *e.error, event);
      case EventType::escalation:
        return WriteCaught("escalation", *e.escalation, event);
      case EventType::conditional: {
        XmlTree& definition = event->Add("conditionalEventDefinition");
        definition.SetIfAny("camunda:variableName", e.condition_variable)
            .SetIfAny("camunda:variableEvents", VariableEvents(e));
        return expressions_.Child("condition", e.condition.get(),
                                  Use::kCondition, &definition);
      }
      case EventType::compensation: {
        XmlTree& definition = event->Add("compensateEventDefinition");
        if (e.compensate == nullptr) return;
        if (e.compensate->activity != 0) {
          definition.Set("activityRef",
                         model_.elements[e.compensate->activity]->id);
        }
        definition.SetIf(!e.compensate->wait, "waitForCompletion", "false");
        return;
      }
      case EventType::link:
        // Its name is gone; the id of the event that catches it is as good.
        event->Add("linkEventDefinition")
            .Set("name", e.link_target != 0 ? model_.elements[e.link_target]->id
                                            : model_.elements[index]->id);
        return;
      case EventType::terminate:
        event->Add("terminateEventDefinition");
        return;
      case EventType::cancel:
        event->Add("cancelEventDefinition");
        return;
    }
  }

  void WriteTimer(const fb::TimerDefinitionT& timer, XmlTree* event) {
    XmlTree& definition = event->Add("timerEventDefinition");
    definition.SetIfAny("pawl:timeZone", timer.zone);
    expressions_.Child(timer.kind == fb::TimerKind::date    ? "timeDate"
                       : timer.kind == fb::TimerKind::cycle ? "timeCycle"
                                                            : "timeDuration",
                       timer.value.get(), Use::kText, &definition);
  }

  void WriteMessageEvent(const fb::ElementT& e, XmlTree* event) {
    XmlTree& definition = event->Add("messageEventDefinition");
    if (e.message != nullptr) WriteMessage(*e.message, &definition);
    if (e.job != nullptr) {
      WriteJob(*e.job, &expressions_, &declarations_, &definition, event);
    }
    if (e.script != nullptr) {
      WriteEvaluated(*e.script, &expressions_, &definition);
    }
  }

  void WriteSignal(const fb::ElementT& e, XmlTree* event) {
    XmlTree& definition = event->Add("signalEventDefinition");
    definition.Set("signalRef",
                   declarations_.Id("signal", expressions_.Text(*e.signal->name,
                                                                Use::kText)));
    if (!e.signal->all_variables) return;
    Extensions(&definition).Add("camunda:in").Set("variables", "all");
    if (!WritesInputsAsSignalVariables(e)) return;
    for (const auto& input : e.inputs) {
      WriteCrossing("camunda:in", *input, /*local=*/false, &expressions_,
                    &Extensions(&definition));
    }
  }

  // An error or escalation.
  void WriteCaught(std::string_view tag, const fb::ErrorDefinitionT& caught,
                   XmlTree* event) {
    const std::string name(tag);
    XmlTree& definition = event->Add(name + "EventDefinition");
    if (!caught.code.empty()) {
      const std::string message =
          caught.message == nullptr
              ? ""
              : expressions_.Text(*caught.message, Use::kText);
      definition.Set(name + "Ref", declarations_.Id(tag, caught.code, message));
    }
    definition.SetIfAny("camunda:" + name + "CodeVariable",
                        caught.code_variable);
    definition.SetIfAny("camunda:" + name + "MessageVariable",
                        caught.message_variable);
  }

  void WriteFlow(uint32_t index) {
    const fb::SequenceFlowT& flow = *model_.flows[index];
    const fb::ElementT& source = *model_.elements[flow.source];
    const fb::ElementT& target = *model_.elements[flow.target];
    expressions_.set_owner(flow.id);
    XmlTree& tree = trees_[source.scope]->Add("sequenceFlow");
    const bool is_generated =
        flow.id == GeneratedFlowId(source.id, target.id, index + 1);
    tree.Set("id", is_generated ? declarations_.NewId(
                                      absl::StrCat("sequenceFlow_", index + 1))
                                : flow.id);
    tree.SetIf(is_generated, "pawl:generatedId", "true");
    tree.SetIfAny("name", flow.name)
        .Set("sourceRef", source.id)
        .Set("targetRef", target.id);
    expressions_.Child("conditionExpression", flow.condition.get(),
                       Use::kCondition, &tree);
  }

  void WriteHandler(const fb::ElementT& event) {
    if (event.handler == 0) return;
    const std::string& handler = model_.elements[event.handler]->id;
    trees_[event.scope]
        ->Add("association")
        .Set("id", declarations_.NewId("association_" + handler))
        .Set("associationDirection", "One")
        .Set("sourceRef", event.id)
        .Set("targetRef", handler);
  }

  // Behind everything else in an ad-hoc sub-process.
  void WriteCompletion(uint32_t index) {
    const fb::ElementT& e = *model_.elements[index];
    if (e.ad_hoc == nullptr) return;
    expressions_.set_owner(e.id);
    expressions_.Child("completionCondition", e.ad_hoc->completion.get(),
                       Use::kCondition, trees_[index]);
  }

  const fb::ProcessT& model_;
  const bool is_alone_;
  ExpressionWriter expressions_;
  Declarations& declarations_;
  DataObjects data_objects_;
  // By element.
  std::vector<XmlTree*> trees_;
  std::vector<std::vector<uint32_t>> definitions_;
};

std::set<std::string> Ids(const std::vector<const fb::ProcessT*>& models) {
  std::set<std::string> ids;
  for (const fb::ProcessT* model : models) {
    for (const auto& element : model->elements) ids.insert(element->id);
    for (const auto& flow : model->flows) ids.insert(flow->id);
    for (const auto& pool : model->participants) ids.insert(pool->id);
    for (const auto& flow : model->message_flows) ids.insert(flow->id);
  }
  return ids;
}

}  // namespace

absl::StatusOr<std::string> ExportBpmn(
    const std::vector<const fb::ProcessT*>& models) {
  PAWL_CHECK(!models.empty()) << "no process to export";
  XmlTree definitions("definitions");
  definitions.Set("xmlns", kBpmnNs)
      .Set("xmlns:xsi", kXsiNs)
      .Set("xmlns:camunda", kCamundaNs)
      .Set("xmlns:zeebe", kZeebeNs)
      .Set("xmlns:pawl", kPawlNs)
      .Set("targetNamespace", kPawlNs);
  Declarations declarations(Ids(models));
  std::vector<std::unique_ptr<XmlTree>> processes;
  for (const fb::ProcessT* model : models) {
    PAWL_CHECK(!model->elements.empty()) << model->id;
    processes.push_back(std::make_unique<XmlTree>("process"));
    PAWL_RETURN_IF_ERROR(
        ProcessWriter(*model, models.size() == 1, &declarations)
            .Run(processes.back().get()));
  }
  declarations.AppendTo(&definitions);
  if (models.size() > 1) {
    WriteCollaboration(models, &declarations, &definitions);
  }
  for (auto& process : processes) definitions.Add(std::move(process));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  definitions.AppendTo(0, &out);
  PAWL_RETURN_IF_ERROR(CheckWritten(models, out));
  return WithDiagram(out);
}

absl::StatusOr<std::string> ExportBpmn(const fb::ProcessT& model) {
  return ExportBpmn(std::vector<const fb::ProcessT*>{&model});
}

std::set<std::string> MessagePartners(const fb::ProcessT& model) {
  std::set<std::string> partners;
  for (const auto& flow : model.message_flows) {
    if (!flow->delivers) continue;
    partners.insert(flow->source_process);
    partners.insert(flow->target_process);
  }
  partners.erase(model.id);
  return partners;
}

}  // namespace pawl::model
