#include "engine/model/export_check.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_export.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/model_expressions.h"
#include "engine/model/xml_reader.h"

namespace pawl::model {
namespace {

struct Box {
  const XmlNode* xml = nullptr;
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

int Number(const XmlNode& node, std::string_view attribute) {
  int number = -1;
  const std::string* text = node.Attribute(attribute);
  return text != nullptr && absl::SimpleAtoi(*text, &number) ? number : -1;
}

std::string Id(const XmlNode& node) {
  const std::string* id = node.Attribute("id");
  return id == nullptr ? std::string() : *id;
}

bool IsBoundary(const XmlNode& node) {
  return node.local() == "boundaryEvent" &&
         node.Attribute("attachedToRef") != nullptr;
}

bool IsIn(const Box& inner, const Box& outer) {
  return inner.x >= outer.x && inner.y >= outer.y &&
         inner.x + inner.width <= outer.x + outer.width &&
         inner.y + inner.height <= outer.y + outer.height;
}

bool Overlap(const Box& a, const Box& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height &&
         b.y < a.y + a.height;
}

bool IsOnBorder(int x, int y, const Box& box) {
  const int right = box.x + box.width;
  const int bottom = box.y + box.height;
  return x >= box.x && x <= right && y >= box.y && y <= bottom &&
         (x == box.x || x == right || y == box.y || y == bottom);
}

// Checks the diagrams of one file.
class DiagramCheck {
 public:
  explicit DiagramCheck(const XmlNode& root) : root_(root) {}

  std::vector<std::string> Run() {
    Collect();
    for (const XmlNode* node : drawn_) CheckShape(*node);
    for (const XmlNode* flow : flows_) CheckFlow(*flow);
    for (auto& [scope, inside] : inside_) CheckOverlaps(&inside);
    for (auto& [host, events] : events_at_) CheckOverlaps(&events);
    return std::move(faults_);
  }

 private:
  void Fault(std::string text) { faults_.push_back(std::move(text)); }

  void Collect() {
    std::vector<const XmlNode*> open = {&root_};
    while (!open.empty()) {
      const XmlNode* node = open.back();
      open.pop_back();
      open.insert(open.end(), node->children.begin(), node->children.end());
      const std::string id = Id(*node);
      // What other tools keep in extensions is theirs.
      if (!id.empty() && (node->ns() == kBpmnNs || node->ns() == kBpmnDiNs) &&
          !ids_.emplace(id, node).second) {
        Fault(absl::StrCat("the id '", id, "' is there twice"));
      }
      if (node->Is(kBpmnDiNs, "BPMNShape")) AddShape(*node);
      if (node->Is(kBpmnDiNs, "BPMNEdge")) AddEdge(*node);
      if (node->ns() != kBpmnNs || id.empty()) continue;
      const std::string& local = node->local();
      if (local == "sequenceFlow") flows_.push_back(node);
      if (local.ends_with("Event") || local.ends_with("Gateway") ||
          local.ends_with("Task") || local == "task" ||
          local == "callActivity" || local == "transaction" ||
          absl::EndsWithIgnoreCase(local, "subProcess")) {
        drawn_.push_back(node);
      }
    }
  }

  void AddShape(const XmlNode& shape) {
    const XmlNode* bounds = shape.Child(kDcNs, "Bounds");
    const std::string* of = shape.Attribute("bpmnElement");
    if (bounds == nullptr || of == nullptr) {
      return Fault("a shape without bounds or element");
    }
    const Box box{&shape, Number(*bounds, "x"), Number(*bounds, "y"),
                  Number(*bounds, "width"), Number(*bounds, "height")};
    if (box.x < 0 || box.y < 0 || box.width < 1 || box.height < 1) {
      Fault(absl::StrCat("the bounds of '", *of, "'"));
    }
    if (!boxes_.emplace(*of, box).second) {
      Fault(absl::StrCat("'", *of, "' has two shapes"));
    }
  }

  void AddEdge(const XmlNode& edge) {
    const std::string* of = edge.Attribute("bpmnElement");
    if (of == nullptr || !edges_.emplace(*of, &edge).second) {
      Fault("an edge without an element, or a second one");
    }
  }

  const Box* BoxOf(const std::string& id) const {
    const auto it = boxes_.find(id);
    return it == boxes_.end() ? nullptr : &it->second;
  }

  void CheckShape(const XmlNode& node) {
    const std::string id = Id(node);
    const Box* box = BoxOf(id);
    if (box == nullptr) return Fault(absl::StrCat("'", id, "' has no shape"));
    const Box* around = BoxOf(Id(*node.parent));
    if (around != nullptr && !IsIn(*box, *around)) {
      Fault(absl::StrCat("'", id, "' isn't in '", Id(*node.parent), "'"));
    }
    if (!IsBoundary(node)) {
      inside_[node.parent].push_back(
          {&node, box->x, box->y, box->width, box->height});
      return;
    }
    const std::string host = *node.Attribute("attachedToRef");
    const Box* at = BoxOf(host);
    if (at == nullptr) return;
    events_at_[host].push_back(
        {&node, box->x, box->y, box->width, box->height});
    if (!IsOnBorder(box->x + box->width / 2, box->y + box->height / 2, *at)) {
      Fault(absl::StrCat("'", id, "' isn't on the border of '", host, "'"));
    }
  }

  // A sweep from left to right.
  void CheckOverlaps(std::vector<Box>* boxes) {
    std::sort(boxes->begin(), boxes->end(),
              [](const Box& a, const Box& b) { return a.x < b.x; });
    for (size_t i = 0; i < boxes->size(); ++i) {
      const Box& a = (*boxes)[i];
      for (size_t j = i + 1; j < boxes->size() && (*boxes)[j].x < a.x + a.width;
           ++j) {
        if (Overlap(a, (*boxes)[j])) {
          Fault(absl::StrCat("'", Id(*a.xml), "' and '", Id(*(*boxes)[j].xml),
                             "' overlap"));
        }
      }
    }
  }

  void CheckFlow(const XmlNode& flow) {
    const auto it = edges_.find(Id(flow));
    if (it == edges_.end()) {
      return Fault(absl::StrCat("flow '", Id(flow), "' has no edge"));
    }
    std::vector<std::pair<int, int>> points;
    for (const XmlNode* child : it->second->children) {
      if (!child->Is(kDiNs, "waypoint")) continue;
      points.emplace_back(Number(*child, "x"), Number(*child, "y"));
    }
    if (points.size() < 2) {
      return Fault(absl::StrCat("flow '", Id(flow), "' has no way"));
    }
    for (const bool source : {true, false}) {
      const Box* end =
          BoxOf(*flow.Attribute(source ? "sourceRef" : "targetRef"));
      const auto& [x, y] = source ? points.front() : points.back();
      if (end == nullptr || !IsOnBorder(x, y, *end)) {
        Fault(absl::StrCat("flow '", Id(flow), "' doesn't ",
                           source ? "begin" : "end", " at the border"));
      }
    }
    for (size_t i = 1; i < points.size(); ++i) {
      if (points[i].first != points[i - 1].first &&
          points[i].second != points[i - 1].second) {
        Fault(absl::StrCat("flow '", Id(flow), "' has a slope"));
      }
    }
  }

  const XmlNode& root_;
  std::map<std::string, const XmlNode*> ids_;
  std::map<std::string, Box> boxes_;
  std::map<std::string, const XmlNode*> edges_;
  std::vector<const XmlNode*> drawn_;
  std::vector<const XmlNode*> flows_;
  std::map<const XmlNode*, std::vector<Box>> inside_;
  std::map<std::string, std::vector<Box>> events_at_;
  std::vector<std::string> faults_;
};

std::string ProblemText(const ParsedModel& parsed) {
  std::string text;
  for (const Problem& problem : parsed.problems) {
    text += FormatProblem(parsed.file_name, problem) + "\n";
  }
  return text;
}

using Models = std::vector<const fb::ProcessT*>;

// Empty: it reads as what it was.
std::string RoundTripFault(const Models& models, const std::string& xml) {
  const ParsedModel again = ParseBpmn(xml, "written.bpmn");
  if (again.processes.size() != models.size()) {
    return absl::StrCat("can't be read again:\n", ProblemText(again), xml);
  }
  for (size_t i = 0; i < models.size(); ++i) {
    const auto& read = again.processes[i].model;
    if (read == nullptr) {
      return absl::StrCat("can't be read again:\n", ProblemText(again), xml);
    }
    if (BytesWithoutLines(*read) == BytesWithoutLines(*models[i])) continue;
    const auto twice = ExportBpmn(*read);
    return absl::StrCat("reads as something else:\n", xml, "\nand that as\n",
                        twice.ok() ? *twice : std::string());
  }
  return {};
}

// The model, and those of the file that message flows lead to from there.
Models WithPartners(const fb::ProcessT& model, const ParsedModel& parsed) {
  Models models = {&model};
  for (size_t next = 0; next < models.size(); ++next) {
    const std::set<std::string> partners = MessagePartners(*models[next]);
    for (const ParsedProcess& process : parsed.processes) {
      const fb::ProcessT* const other = process.model.get();
      if (other != nullptr && partners.contains(other->id) &&
          std::find(models.begin(), models.end(), other) == models.end()) {
        models.push_back(other);
      }
    }
  }
  return models;
}

}  // namespace

std::string BytesWithoutLines(const fb::ProcessT& model) {
  flatbuffers::FlatBufferBuilder whole;
  whole.Finish(fb::Process::Pack(whole, &model));
  // A copy of our own, in which lines can be written.
  std::unique_ptr<fb::ProcessT> copy(
      flatbuffers::GetRoot<fb::Process>(whole.GetBufferPointer())->UnPack());
  for (const auto& element : copy->elements) {
    element->line = element->column = 0;
  }
  for (const auto& flow : copy->flows) flow->line = flow->column = 0;
  // Of a file of several processes; one is written.
  copy->participants.clear();
  copy->message_flows.clear();
  ForEachExpression(*copy, [](const std::string&, const fb::ExpressionT& e) {
    auto& own = const_cast<fb::ExpressionT&>(e);
    own.line = own.column = 0;
  });
  flatbuffers::FlatBufferBuilder bytes;
  bytes.Finish(fb::Process::Pack(bytes, copy.get()));
  return std::string(reinterpret_cast<const char*>(bytes.GetBufferPointer()),
                     bytes.GetSize());
}

std::vector<std::string> RoundTripFaults(std::string_view xml,
                                         std::string_view name,
                                         WrittenModels* models) {
  std::vector<std::string> faults;
  const ParsedModel parsed = ParseBpmn(xml, name);
  for (const ParsedProcess& process : parsed.processes) {
    if (process.model == nullptr) continue;
    const Models together = WithPartners(*process.model, parsed);
    const auto text = ExportBpmn(together);
    if (together.size() > 1) ++models->with_flows;
    if (!text.ok()) {
      models->refused.push_back(
          absl::StrCat(ToAbsl(name), ": ", text.status().message()));
      continue;
    }
    ++models->written;
    const std::string fault = RoundTripFault(together, *text);
    if (!fault.empty()) {
      faults.push_back(
          absl::StrCat(ToAbsl(name), ": process '", process.id, "': ", fault));
      continue;
    }
    for (const std::string& drawn : DiagramFaults(*text)) {
      faults.push_back(absl::StrCat(ToAbsl(name), ": ", drawn));
    }
  }
  return faults;
}

std::vector<std::string> DiagramFaults(std::string_view xml) {
  const std::unique_ptr<XmlDocument> document = ReadXml(xml, "");
  if (document->problem.has_value()) return {document->problem->text};
  return DiagramCheck(*document->root).Run();
}

}  // namespace pawl::model
