// validate, deploy, definitions, xml: models and what was made of them.
#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/shapes.h"
#include "cli/store.h"
#include "engine/deployment.h"
#include "engine/expression/script/javascript.h"
#include "engine/model/bpmn_diagram.h"
#include "engine/model/bpmn_export.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/process_definition.h"
#include "engine/model/xml_reader.h"
#include "engine/query.h"

namespace pawl::cli {
namespace {

// As the engine of this program would have it.
absl::Status CheckJavaScript(std::string_view text) {
  using expression::script::JavaScript;
  static const auto* const kJavaScript =
      new auto(JavaScript::Create(JavaScript::Options()));
  if (!kJavaScript->ok()) return NoJavaScript(text);
  return (**kJavaScript)->Check(text);
}

class ValidateCommand final : public BasicCommand {
 public:
  ValidateCommand()
      : BasicCommand("validate", "Check BPMN files without running them",
                     "pawl validate --strict order.bpmn") {}

  void Declare(Arguments* arguments) override {
    arguments->RequiredList("FILE", &files_, "BPMN 2.0 XML files");
    arguments->Flag("--strict", &strict_,
                    "Fail also on advice, and on what can't be executed");
  }

  int Run(Context& context) override {
    bool all_ok = true;
    for (const std::string& file : files_) {
      model::ParsedModel parsed = Parse(file);
      AddAdvice(&parsed);
      if (context.json) {
        PrintJson(context.console, parsed);
      } else {
        PrintText(context.console, parsed);
      }
      if (!parsed.ok()) all_ok = false;
      if (strict_ && (!parsed.executable() || !parsed.problems.empty())) {
        all_ok = false;
      }
    }
    return all_ok ? kExitDone : kExitRefused;
  }

 private:
  // Nobody who asks minds which list it was in.
  static void AddAdvice(model::ParsedModel* parsed) {
    std::vector<model::Problem>& problems = parsed->problems;
    problems.insert(problems.end(), parsed->advice.begin(),
                    parsed->advice.end());
    parsed->advice.clear();
    std::stable_sort(problems.begin(), problems.end(),
                     [](const model::Problem& a, const model::Problem& b) {
                       return std::tie(a.line, a.column) <
                              std::tie(b.line, b.column);
                     });
  }

  static model::ParsedModel Parse(const std::string& file) {
    const absl::StatusOr<std::string> xml = ReadModelFile(file);
    if (xml.ok()) {
      model::ParsedModel parsed = model::ParseBpmn(*xml, file);
      CheckScripts(CheckJavaScript, &parsed);
      return parsed;
    }
    model::ParsedModel unreadable;
    unreadable.file_name = file;
    model::Problem problem;
    problem.text = std::string(xml.status().message());
    problem.rule = "file";
    unreadable.problems.push_back(std::move(problem));
    return unreadable;
  }

  static void PrintText(Console* console, const model::ParsedModel& parsed) {
    for (const model::Problem& problem : parsed.problems) {
      console->Print(console->Styled(
          problem.severity == model::Severity::kError ? Style::kRed
                                                      : Style::kYellow,
          model::FormatProblem(parsed.file_name, problem)));
    }
    console->Print(absl::StrCat(parsed.file_name, ": ",
                                !parsed.ok() ? "not ok"
                                : !parsed.executable()
                                    ? "ok, nothing in it can be executed"
                                    : "ok, executable"));
  }

  static void PrintJson(Console* console, const model::ParsedModel& parsed) {
    Value::List problems;
    for (const model::Problem& problem : parsed.problems) {
      problems.emplace_back(Variables{
          {"severity",
           problem.severity == model::Severity::kError ? "error" : "warning"},
          {"line", problem.line},
          {"column", problem.column},
          {"text", problem.text},
          {"rule", problem.rule}});
    }
    Variables counts;
    for (const auto& [name, count] : parsed.counts) counts.Set(name, count);
    console->Print(Variables{{"file", parsed.file_name},
                             {"ok", parsed.ok()},
                             {"executable", parsed.executable()},
                             {"problems", std::move(problems)},
                             {"counts", std::move(counts)}}
                       .ToJson());
  }

  std::vector<std::string> files_;
  bool strict_ = false;
};

class DeployCommand final : public BasicCommand {
 public:
  DeployCommand()
      : BasicCommand("deploy", "Deploy BPMN files, all or none",
                     "pawl deploy order.bpmn") {}

  void Declare(Arguments* arguments) override {
    arguments->RequiredList("FILE", &files_, "BPMN 2.0 XML files");
  }

  int Run(Context& context) override {
    // Looked at first: a faulty file must not make a store.
    std::vector<BpmnSource> sources;
    for (const std::string& file : files_) sources.emplace_back(BpmnFile(file));
    if (const auto deployment = MakeDeployment(sources, CheckJavaScript);
        !deployment.ok()) {
      return context.console->Fail(deployment.status());
    }
    return WithEngine(
        context, Missing::kCreate, [&](Engine* engine) -> absl::Status {
          PAWL_ASSIGN_OR_RETURN(const std::vector<DeployedProcess> deployed,
                                engine->Deploy(std::move(sources)));
          PAWL_ASSIGN_OR_RETURN(const std::vector<DefinitionInfo> definitions,
                                engine->Definitions());
          for (const DeployedProcess& process : deployed) {
            Print(context, process, definitions);
          }
          return absl::OkStatus();
        });
  }

 private:
  static void Print(const Context& context, const DeployedProcess& process,
                    const std::vector<DefinitionInfo>& definitions) {
    if (!context.json) {
      context.console->Print(absl::StrCat(
          process.process_id, " version ", process.version, ", key ",
          ToString(process.key), process.is_new ? "" : ", unchanged"));
      return;
    }
    std::string file;
    for (const DefinitionInfo& definition : definitions) {
      if (definition.key == process.key) file = definition.resource;
    }
    context.console->Print(Shape(process, file).ToJson());
  }

  std::vector<std::string> files_;
};

class DefinitionsCommand final : public BasicCommand {
 public:
  DefinitionsCommand()
      : BasicCommand("definitions", "Deployed processes and their versions",
                     "pawl definitions") {}

  void Declare(Arguments*) override {}

  int Run(Context& context) override {
    const absl::Status status = List(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  static absl::Status List(const Context& context) {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    TextTable table({{"key", TextTable::Align::kRight},
                     {"process"},
                     {"version", TextTable::Align::kRight},
                     {"name"},
                     {"resource"}});
    // Definitions are deployed to every partition alike.
    PAWL_ASSIGN_OR_RETURN(const std::vector<DefinitionInfo> definitions,
                          ListDefinitions(*reader->partitions().front()));
    for (const DefinitionInfo& definition : definitions) {
      if (context.json) {
        context.console->Print(Shape(definition).ToJson());
        continue;
      }
      table.Row({ToString(definition.key), definition.process_id,
                 absl::StrCat(definition.version), definition.name,
                 definition.resource});
    }
    table.Print(context.console);
    return absl::OkStatus();
  }
};

class XmlCommand final : public BasicCommand {
 public:
  XmlCommand()
      : BasicCommand("xml", "The source of a definition, byte for byte",
                     "pawl xml 1 > order.bpmn") {}

  void Declare(Arguments* arguments) override {
    arguments->Required("KEY", &key_, "Key of the definition");
    arguments->Flag("--diagram", &diagram_,
                    "With a diagram, if the source has none");
    arguments->Flag("--compiled", &compiled_,
                    "Written from the compiled model: only what counts");
  }

  int Run(Context& context) override {
    if (diagram_ && compiled_) {
      return context.console->FailUsage(
          "xml: got --diagram and --compiled, wanted one of them: what is "
          "written from a compiled model has a diagram");
    }
    const absl::Status status = Show(context);
    return status.ok() ? kExitDone : context.console->Fail(status);
  }

 private:
  absl::Status Show(const Context& context) const {
    PAWL_ASSIGN_OR_RETURN(const auto reader, Reader::Open(context));
    PAWL_ASSIGN_OR_RETURN(PartitionData* const data, reader->PartitionOf(key_));
    PAWL_ASSIGN_OR_RETURN(DefinitionCache::Source source,
                          data->SourceOf(DefinitionKey(key_)));
    if (diagram_) {
      PAWL_ASSIGN_OR_RETURN(source.xml, model::WithDiagram(source.xml));
    }
    if (compiled_) {
      PAWL_ASSIGN_OR_RETURN(source.xml, Compiled(source.xml, data));
    }
    if (context.json) {
      context.console->Print(Variables{{"key", std::to_string(key_)},
                                       {"resource", source.name},
                                       {"xml", model::XmlInUtf8(source.xml)}}
                                 .ToJson());
    } else {
      context.console->out() << source.xml;
    }
    return absl::OkStatus();
  }

  // With the other processes of the file that its message flows lead to: only
  // together they say who gets what.
  absl::StatusOr<std::string> Compiled(const std::string& source,
                                       PartitionData* data) const {
    using Model = std::shared_ptr<const model::ProcessDefinition>;
    PAWL_ASSIGN_OR_RETURN(const Model first, data->Model(DefinitionKey(key_)));
    if (model::MessagePartners(first->model()).empty()) {
      return model::ExportBpmn(first->model());
    }
    PAWL_ASSIGN_OR_RETURN(const std::vector<DefinitionInfo> all,
                          ListDefinitions(*data));
    std::vector<Model> models = {first};
    std::set<std::string> seen = {first->model().id};
    for (size_t next = 0; next < models.size(); ++next) {
      for (const std::string& partner :
           model::MessagePartners(models[next]->model())) {
        if (!seen.insert(partner).second) continue;
        for (const DefinitionInfo& info : all) {
          if (info.process_id != partner) continue;
          PAWL_ASSIGN_OR_RETURN(const DefinitionCache::Source other,
                                data->SourceOf(info.key));
          if (other.xml != source) continue;
          PAWL_ASSIGN_OR_RETURN(Model model, data->Model(info.key));
          models.push_back(std::move(model));
          break;
        }
      }
    }
    std::vector<const fb::ProcessT*> written;
    for (const Model& model : models) written.push_back(&model->model());
    return model::ExportBpmn(written);
  }

  uint64_t key_ = 0;
  bool diagram_ = false;
  bool compiled_ = false;
};

}  // namespace

CommandPtr NewValidateCommand() { return std::make_unique<ValidateCommand>(); }
CommandPtr NewDeployCommand() { return std::make_unique<DeployCommand>(); }
CommandPtr NewDefinitionsCommand() {
  return std::make_unique<DefinitionsCommand>();
}
CommandPtr NewXmlCommand() { return std::make_unique<XmlCommand>(); }

}  // namespace pawl::cli
