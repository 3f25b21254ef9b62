#include "engine/deployment.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "engine/expression/script/lua.h"
#include "engine/model/bpmn_xml.h"
#include "engine/model/model_expressions.h"
#include "engine/model/problem.h"
#include "xxhash.h"

namespace pawl {
namespace {

absl::Status FileError(const std::string& path, int error) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(error));
  if (error == ENOENT || error == ENOTDIR) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(text);
  }
  return absl::InvalidArgumentError(text);
}

absl::Status TooLarge(const std::string& name, size_t bytes) {
  return absl::ResourceExhaustedError(
      absl::StrCat(name, ": got ", bytes, " bytes, wanted at most ",
                   kModelBytesMax, " (kModelBytesMax)"));
}

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Every problem of the sources that can't be deployed, a line each.
absl::Status AddSource(const BpmnSource& source, std::string xml,
                       const JavaScriptCheck& check_javascript,
                       const std::string& time_zone, fb::DeployT* deploy,
                       std::string* problems) {
  model::ParsedModel parsed = model::ParseBpmn(xml, source.name());
  CheckScripts(check_javascript, &parsed);
  absl::Status status = parsed.ToStatus();
  // What can't be started is kept as well (SEMANTICS, Processes).
  if (status.ok() &&
      std::none_of(parsed.processes.begin(), parsed.processes.end(),
                   [](const auto& one) { return one.model != nullptr; })) {
    status = absl::InvalidArgumentError(absl::StrCat(
        source.name(),
        ": no process in it that can be kept, wanted at least one"));
  }
  if (!status.ok()) {
    if (!problems->empty()) problems->push_back('\n');
    absl::StrAppend(problems, std::string(status.message()));
    return absl::OkStatus();
  }
  const auto number = static_cast<uint32_t>(deploy->resources.size());
  const uint64_t digest = XXH64(xml.data(), xml.size(), 0);
  for (model::ParsedProcess& process : parsed.processes) {
    if (process.model == nullptr) continue;
    auto entry = std::make_unique<fb::ProcessToDeployT>();
    entry->resource = number;
    entry->process_id = process.id;
    entry->digest = digest;
    entry->model = std::move(process.model);
    // The model has it from here on, whatever the next engine's option says.
    for (auto& element : entry->model->elements) {
      if (element->timer != nullptr && element->timer->zone.empty()) {
        element->timer->zone = time_zone;
      }
    }
    deploy->processes.push_back(std::move(entry));
  }
  auto resource = std::make_unique<fb::ResourceToDeployT>();
  resource->name = source.name();
  resource->xml = std::move(xml);
  deploy->resources.push_back(std::move(resource));
  return absl::OkStatus();
}

}  // namespace

absl::Status NoJavaScript(std::string_view) {
  return absl::UnimplementedError(
      "language: got JavaScript, which this engine doesn't run "
      "(EngineOptions::javascript, docs/scripts.md)");
}

absl::Status AnyJavaScript(std::string_view) { return absl::OkStatus(); }

void CheckScripts(const JavaScriptCheck& check_javascript,
                  model::ParsedModel* parsed) {
  for (const model::ParsedProcess& process : parsed->processes) {
    if (process.model == nullptr) continue;
    model::ForEachExpression(
        *process.model, [&](const std::string& owner, const auto& script) {
          absl::Status status;
          if (script.language == fb::Language::lua) {
            status = expression::script::CheckLua(script.text);
          } else if (script.language == fb::Language::javascript) {
            status = check_javascript(script.text);
          }
          if (status.ok()) return;
          model::ProblemList problem;
          // What can't be started is kept and drawn as it is.
          problem.set_advice_only(!process.executable);
          problem.Error({script.line, script.column},
                        absl::IsUnimplemented(status) ? "unsupported-language"
                                                      : "expression-syntax",
                        absl::StrCat("'", owner, "': ", status.message()));
          parsed->problems.push_back(std::move(problem.Take().front()));
        });
  }
  std::stable_sort(parsed->problems.begin(), parsed->problems.end(),
                   [](const model::Problem& a, const model::Problem& b) {
                     return std::pair(a.line, a.column) <
                            std::pair(b.line, b.column);
                   });
  for (model::ParsedProcess& process : parsed->processes) {
    process.deployable = process.deployable && parsed->ok();
  }
}

absl::StatusOr<std::string> ReadModelFile(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return FileError(path, errno);
  if (S_ISDIR(info.st_mode)) return FileError(path, EISDIR);
  if (static_cast<uint64_t>(info.st_size) > kModelBytesMax) {
    return TooLarge(path, static_cast<size_t>(info.st_size));
  }
  const std::unique_ptr<std::FILE, FileCloser> file(
      std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return FileError(path, errno);
  std::string out;
  char buffer[64 << 10];
  // Not by its size: a pipe has none, and a file may grow meanwhile.
  for (;;) {
    const size_t got = std::fread(buffer, 1, sizeof(buffer), file.get());
    out.append(buffer, got);
    if (out.size() > kModelBytesMax) return TooLarge(path, out.size());
    if (got < sizeof(buffer)) break;
  }
  if (std::ferror(file.get()) != 0) return FileError(path, errno);
  return out;
}

absl::StatusOr<fb::CommandUnion> MakeDeployment(
    const std::vector<BpmnSource>& sources,
    const JavaScriptCheck& check_javascript, const std::string& time_zone) {
  if (sources.empty()) {
    return absl::InvalidArgumentError("deploy: got no source, wanted one");
  }
  fb::DeployT deploy;
  std::string problems;
  for (const BpmnSource& source : sources) {
    if (source.name().size() > kNameBytesMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "deploy: a source's name has ", source.name().size(),
          " bytes, wanted at most ", kNameBytesMax, " (kNameBytesMax)"));
    }
    std::string xml;
    if (source.is_file()) {
      PAWL_ASSIGN_OR_RETURN(xml, ReadModelFile(source.name()));
    } else {
      if (source.xml().size() > kModelBytesMax) {
        return TooLarge(source.name(), source.xml().size());
      }
      xml = source.xml();
    }
    PAWL_RETURN_IF_ERROR(AddSource(source, std::move(xml), check_javascript,
                                   time_zone, &deploy, &problems));
  }
  if (!problems.empty()) return absl::InvalidArgumentError(problems);
  fb::CommandUnion command;
  command.Set(std::move(deploy));
  return command;
}

}  // namespace pawl
