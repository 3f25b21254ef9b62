#include "engine/model/bpmn_xml.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "engine/model/bpmn_advice.h"
#include "engine/model/bpmn_collaboration.h"
#include "engine/model/bpmn_compile.h"
#include "engine/model/bpmn_counts.h"
#include "engine/model/bpmn_data.h"
#include "engine/model/bpmn_names.h"
#include "engine/model/bpmn_parse.h"
#include "engine/model/bpmn_places.h"
#include "engine/model/bpmn_raw.h"
#include "engine/model/bpmn_validate.h"
#include "engine/model/bpmn_work.h"
#include "engine/model/coverage.h"
#include "engine/model/join_reach.h"
#include "engine/model/xml_reader.h"

namespace pawl::model {
namespace {

// The stages of one file, in order.
class FileParser {
 public:
  FileParser(std::string_view xml, std::string_view file_name)
      : document_(ReadXml(xml, kBpmnDiNs)) {
    result_.file_name = std::string(file_name);
    context_.problems = &problems_;
    context_.advice = &advice_;
    context_.prefixes = &document_->prefixes;
    // Two names of one dialect.
    for (auto& [key, name] : document_->names) {
      if (name.ns == kActivitiNs) name.ns = kCamundaNs;
    }
  }

  ParsedModel Run() {
    if (document_->problem.has_value()) {
      result_.problems.push_back(*document_->problem);
      return std::move(result_);
    }
    result_.well_formed = true;
    result_.counts = CountElements(*document_);
    if (CheckRoot()) {
      CollectIds();
      CheckDefinitions();
      CheckPlaces(context_, root());
      const Collaboration collaboration(root(), context_);
      context_.collaboration = &collaboration;
      collaboration.Advise();
      ParseProcesses();
      AdviseFile(context_, root());
      context_.collaboration = nullptr;
    }
    result_.problems = problems_.Take();
    result_.advice = advice_.Take();
    for (ParsedProcess& process : result_.processes) {
      process.deployable = process.executable && problems_.errors() == 0;
    }
    return std::move(result_);
  }

 private:
  const XmlNode& root() const { return *document_->root; }

  bool CheckRoot() {
    if (root().Is(kBpmnNs, "definitions")) return true;
    const std::string ns = root().ns().empty()
                               ? "no namespace"
                               : absl::StrCat("namespace '", root().ns(), "'");
    problems_.Error(root().position, "unknown-root",
                    absl::StrCat("root element: got <", root().local(), "> in ",
                                 ns, ", wanted <definitions> in namespace '",
                                 ToAbsl(kBpmnNs), "'"));
    return false;
  }

  // The `process` element around `node`, itself included, or null.
  static const XmlNode* ProcessOf(const XmlNode* node) {
    while (node != nullptr && !node->Is(kBpmnNs, "process")) {
      node = node->parent;
    }
    return node;
  }

  static bool IsExecutable(const XmlNode& process) {
    return IsTrueOr(process, "isExecutable", true);
  }

  bool AnyExecutable() const {
    for (const XmlNode* child : root().children) {
      if (child->Is(kBpmnNs, "process") && IsExecutable(*child)) return true;
    }
    return false;
  }

  // Ids outside of extensions; what other tools keep in there is theirs.
  void CollectIds() {
    std::vector<const XmlNode*> open = {&root()};
    while (!open.empty()) {
      const XmlNode* node = open.back();
      open.pop_back();
      if (node->ns() != kBpmnNs || node->local() == "extensionElements") {
        continue;
      }
      const std::string* id = node->Attribute("id");
      if (id != nullptr && !id->empty()) AddId(*id, node);
      if (node->local() == "dataObjectReference") {
        NoteReference(*node, &context_);
      }
      // The last is taken first: push in reverse to go in document order.
      open.insert(open.end(), node->children.rbegin(), node->children.rend());
    }
  }

  // Whether what executes is found by the id of such an element.
  bool IsFoundById(const XmlNode& node) const {
    const std::string& local = node.local();
    if (absl::EndsWith(local, "EventDefinition")) {
      return node.parent == document_->root;
    }
    static constexpr std::string_view kOthers[] = {"sequenceFlow",
                                                   "process",
                                                   "message",
                                                   "signal",
                                                   "error",
                                                   "escalation",
                                                   "dataObject",
                                                   "dataObjectReference",
                                                   "dataInput",
                                                   "dataOutput",
                                                   "property",
                                                   "dataStore",
                                                   "dataStoreReference"};
    return IsFlowNode(local) || local.starts_with("global") ||
           std::find(std::begin(kOthers), std::end(kOthers), local) !=
               std::end(kOthers);
  }

  // Tools number texts, lanes or sets anew in each diagram. Where at most one
  // of those with an id is ever looked for by it, that one is found.
  void AddId(const std::string& id, const XmlNode* node) {
    const auto [it, is_new] = context_.ids.emplace(id, node);
    if (is_new) return;
    const XmlNode* const before = it->second;
    const std::string text = absl::StrCat(
        Describe(*node), ": the id is used already by <", before->local(),
        "> at ", before->position.line, ":", before->position.column);
    if (!IsFoundById(*node) || !IsFoundById(*before)) {
      problems_.Warning(node->position, "duplicate-id", text);
      if (IsFoundById(*node)) {
        context_.ids.erase(it);
        context_.ids.emplace(*node->Attribute("id"), node);
      }
      return;
    }
    const XmlNode* process = ProcessOf(node);
    problems_.set_advice_only(process != nullptr ? !IsExecutable(*process)
                                                 : !AnyExecutable());
    problems_.Error(node->position, "duplicate-id", text);
    problems_.set_advice_only(false);
    if (process != nullptr) faulty_.insert(process);
  }

  void CheckDefinitions() {
    if (const std::string* language = root().Attribute("expressionLanguage")) {
      context_.default_language = *language;
    }
    for (const XmlNode* child : root().children) {
      if (child->ns() != kBpmnNs) continue;
      // What else has extensions is looked at where it is used.
      if (child->local() == "message" || child->local() == "signal" ||
          child->local() == "escalation") {
        CheckExtensions(*child, context_);
      }
      if (IsMisplaced(*child)) continue;
      if (FindElementRow("definitions", child->local()) == nullptr) {
        problems_.Warning(
            child->position, "unknown-element",
            absl::StrCat(Describe(*child),
                         ": BPMN 2.0 doesn't have it here, ignored"));
      } else if (child->local() == "extension" &&
                 IsTrue(*child, "mustUnderstand")) {
        const std::string* name = child->Attribute("definition");
        problems_.Error(
            child->position, "must-understand",
            absl::StrCat("extension: this build doesn't understand '",
                         name == nullptr ? std::string() : *name,
                         "', which the file demands"));
      }
    }
  }

  void ParseProcesses() {
    for (const XmlNode* child : root().children) {
      if (child->Is(kBpmnNs, "process")) ParseOne(*child);
    }
    if (result_.processes.empty()) {
      problems_.Warning(root().position, "no-process",
                        "definitions: got no process; nothing of it can be "
                        "started");
    }
    AdviseNothingExecutable();
  }

  // Why nothing in the file can be started, where nothing is wrong.
  void AdviseNothingExecutable() {
    for (const ParsedProcess& process : result_.processes) {
      if (process.executable) return;
    }
    for (const XmlNode* child : root().children) {
      if (!child->Is(kBpmnNs, "process")) continue;
      advice_.Warning(
          child->position, "not-executable",
          absl::StrCat(Describe(*child), ": got isExecutable=\"",
                       ToAbsl(Shown(AttributeText(*child, "isExecutable"))),
                       "\", and no process of the file may be executed; "
                       "nothing of it can be started"));
    }
  }

  void ParseOne(const XmlNode& xml) {
    const size_t faults_before = problems_.faults();
    problems_.set_advice_only(!IsExecutable(xml));
    RawProcess raw = ParseProcess(xml, context_);
    Validate(context_, &raw);
    if (raw.executable) CheckStartMessages(raw);
    problems_.set_advice_only(false);

    ParsedProcess process;
    process.id = raw.id;
    process.name = raw.name;
    process.executable = raw.executable;
    if (problems_.faults() == faults_before && !faulty_.contains(&xml)) {
      process.model = Compile(std::move(raw));
      if (!CheckJoinReach(xml, *process.model)) process.model = nullptr;
    }
    if (process.model != nullptr) {
      KeepLanes(xml, context_, process.model.get());
      context_.collaboration->Keep(xml, process.model.get());
    }
    result_.processes.push_back(std::move(process));
  }

  // False: the process can't be loaded, executable or not.
  bool CheckJoinReach(const XmlNode& xml, const fb::ProcessT& model) {
    const size_t bits = JoinReachBits(model);
    if (bits <= kJoinReachBitsMax) return true;
    problems_.set_advice_only(!model.executable);
    problems_.Error(
        xml.position, "too-many-joins",
        absl::StrCat(
            Describe(xml), ": its inclusive and complex gateways need ", bits,
            " bits to tell what tokens can reach them, wanted at most ",
            kJoinReachBitsMax, " (kJoinReachBitsMax)"));
    problems_.set_advice_only(false);
    return false;
  }

  // By an event: a start event, or what stands in the place of one.
  static bool StartsProcess(const RawProcess& process, const RawNode& node) {
    if (node.element->kind == fb::ElementKind::start_event) return true;
    if (node.element->instantiate) return true;
    for (const uint32_t flow : node.incoming) {
      const std::optional<uint32_t> source = process.flows[flow].source;
      if (source.has_value() && process.nodes[*source].element->instantiate &&
          process.nodes[*source].element->kind ==
              fb::ElementKind::event_based_gateway) {
        return true;
      }
    }
    return false;
  }

  // A message starts one process: nothing would say which of two.
  void CheckStartMessages(const RawProcess& process) {
    const auto check = [&](const RawNode& node, const fb::ElementT& e) {
      if (e.message == nullptr || e.message->name == nullptr) return;
      const auto [it, is_new] =
          start_messages_.emplace(e.message->name->text, node.xml);
      if (is_new) return;
      problems_.Error(node.xml->position, "start-message-twice",
                      absl::StrCat(Describe(*node.xml), ": got the message '",
                                   e.message->name->text, "', which starts at ",
                                   Describe(*it->second), " already"));
    };
    for (const RawNode& node : process.nodes) {
      if (node.scope != 0 || !StartsProcess(process, node)) continue;
      check(node, *node.element);
      for (const auto& one : node.definitions) check(node, *one);
    }
  }

  const std::unique_ptr<XmlDocument> document_;
  ParsedModel result_;
  ProblemList problems_;
  ProblemList advice_;
  ParseContext context_;
  // Processes in which an id is used a second time.
  std::set<const XmlNode*> faulty_;
  // Start events by the name of their message.
  std::map<std::string, const XmlNode*> start_messages_;
};

}  // namespace

bool ParsedModel::ok() const {
  if (!well_formed) return false;
  for (const Problem& problem : problems) {
    if (problem.severity == Severity::kError) return false;
  }
  return true;
}

bool ParsedModel::executable() const {
  if (!ok()) return false;
  for (const ParsedProcess& process : processes) {
    if (process.deployable) return true;
  }
  return false;
}

absl::Status ParsedModel::ToStatus() const {
  if (ok()) return absl::OkStatus();
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) text.push_back('\n');
    text += FormatProblem(file_name, problem);
  }
  return absl::InvalidArgumentError(text);
}

ParsedModel ParseBpmn(std::string_view xml, std::string_view file_name) {
  return FileParser(xml, file_name).Run();
}

}  // namespace pawl::model
