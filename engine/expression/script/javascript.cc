#include "engine/expression/script/javascript.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/expression/script/javascript_process.h"

namespace pawl::expression::script {
namespace {

constexpr char kProgram[] = "pawl-javascript";

std::string FindProgram() {
  if (const char* program = std::getenv("PAWL_JAVASCRIPT");
      program != nullptr && *program != '\0') {
    return program;
  }
  char self[4096];
  const ssize_t size = readlink("/proc/self/exe", self, sizeof(self));
  if (size <= 0) return kProgram;
  const std::string_view path(self, static_cast<size_t>(size));
  return std::string(path.substr(0, path.rfind('/') + 1)) + kProgram;
}

// The first number in `value` that a double doesn't hold, or nullptr. Values
// nest kValueDepthMax deep at most.
const Value* FindInexact(const Value& value) {
  if (value.is_number()) {
    const absl::StatusOr<double> number = value.AsDouble();
    return number.ok() && Value(*number) == value ? nullptr : &value;
  }
  if (value.is_list()) {
    for (const Value& entry : value.list()) {
      if (const Value* found = FindInexact(entry)) return found;
    }
  } else if (value.is_context()) {
    for (const auto& [name, entry] : value.context()) {
      if (const Value* found = FindInexact(entry)) return found;
    }
  }
  return nullptr;
}

// What the child reads of a variable: its JSON, or why it can't have it.
void AppendVariable(const std::string& name, const Value& value,
                    JavaScriptMessage* request) {
  request->push_back(name);
  if (const Value* number = FindInexact(value)) {
    request->push_back("");
    request->push_back(
        absl::StrCat("got the number ", number->number_text().substr(0, 60),
                     ", wanted one that a double holds with all its digits"));
  } else {
    request->push_back(value.ToJson());
    request->push_back("");
  }
}

absl::Status CheckText(std::string_view text) {
  if (text.size() > kExpressionBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("JavaScript: a text of ", text.size(),
                     " bytes, wanted at most kExpressionBytesMax (",
                     kExpressionBytesMax, ")"));
  }
  if (const size_t bad = FindInvalidUtf8(text); bad != text.npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("JavaScript: got a text whose byte ", bad,
                     " (counted from 0) is no UTF-8, wanted UTF-8"));
  }
  return absl::OkStatus();
}

// What the answer says, if it is an error; else it has the value and an even
// number of others.
absl::Status ToStatus(const JavaScriptMessage& answer) {
  if (answer[0] == "ok" && answer.size() % 2 == 0) return absl::OkStatus();
  if (answer.size() == 2 && FindInvalidUtf8(answer[1]) == answer[1].npos) {
    if (answer[0] == "invalid") return absl::InvalidArgumentError(answer[1]);
    if (answer[0] == "exhausted") {
      return absl::ResourceExhaustedError(answer[1]);
    }
  }
  return absl::InternalError(
      "JavaScript: the process gave an answer that is none");
}

}  // namespace

JavaScript::JavaScript(Options options) : options_(std::move(options)) {}
JavaScript::~JavaScript() = default;

absl::StatusOr<std::unique_ptr<JavaScript>> JavaScript::Create(
    Options options) {
  if (options.program.empty()) options.program = FindProgram();
  if (access(options.program.c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("JavaScript: no program at ",
                                            options.program,
                                            "; it is built with mozjs only"));
  }
  std::unique_ptr<JavaScript> javascript(new JavaScript(std::move(options)));
  if (javascript->options_.start_now) {
    PAWL_ASSIGN_OR_RETURN(std::unique_ptr<JavaScriptProcess> first,
                          javascript->TakeProcess());
    javascript->idle_.push_back(std::move(first));
  }
  return javascript;
}

absl::StatusOr<std::unique_ptr<JavaScriptProcess>> JavaScript::TakeProcess() {
  while (true) {
    std::unique_ptr<JavaScriptProcess> process;
    {
      const std::lock_guard lock(mutex_);
      if (idle_.empty()) break;
      process = std::move(idle_.back());
      idle_.pop_back();
    }
    if (process->IsIdle()) return process;
  }
  return JavaScriptProcess::Start(options_.program, options_.wall_ms);
}

absl::StatusOr<JavaScriptMessage> JavaScript::Ask(
    const JavaScriptMessage& request) {
  PAWL_ASSIGN_OR_RETURN(std::unique_ptr<JavaScriptProcess> process,
                        TakeProcess());
  PAWL_ASSIGN_OR_RETURN(JavaScriptMessage answer,
                        process->Ask(request, options_.wall_ms));
  absl::Status status = ToStatus(answer);
  // A process that reached a limit, or doesn't answer as it should, ends here.
  if ((status.ok() || absl::IsInvalidArgument(status)) &&
      process->asked() < kJavaScriptRunsMax) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kJavaScriptIdleMax) idle_.push_back(std::move(process));
  }
  if (!status.ok()) return status;
  return answer;
}

absl::Status JavaScript::Check(std::string_view text) {
  PAWL_RETURN_IF_ERROR(CheckText(text));
  return Ask({"check", std::string(text), "0", "0"}).status();
}

absl::StatusOr<ScriptResult> JavaScript::Run(std::string_view text,
                                             const Variables& variables,
                                             uint64_t seed, int64_t now_ms) {
  PAWL_RETURN_IF_ERROR(CheckText(text));
  JavaScriptMessage request = {"run", std::string(text), std::to_string(seed),
                               std::to_string(now_ms)};
  size_t bytes = 0;
  for (const auto& [name, value] : variables) {
    AppendVariable(name, value, &request);
    bytes += name.size() + request[request.size() - 2].size() +
             request.back().size() + 12;
    if (bytes > kVariablesBytesMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat("JavaScript: variables of more bytes, wanted at most "
                       "kVariablesBytesMax (",
                       kVariablesBytesMax, ") together"));
    }
  }
  PAWL_ASSIGN_OR_RETURN(JavaScriptMessage answer, Ask(request));
  ScriptResult result;
  PAWL_ASSIGN_OR_RETURN(result.value, Value::FromJson(answer[1]));
  for (size_t i = 2; i < answer.size(); i += 2) {
    if (FindInvalidUtf8(answer[i]) != answer[i].npos) {
      return absl::InternalError(
          "JavaScript: the process gave an answer that is none");
    }
    PAWL_ASSIGN_OR_RETURN(Value value, Value::FromJson(answer[i + 1]));
    result.written.Set(std::move(answer[i]), std::move(value));
  }
  return result;
}

}  // namespace pawl::expression::script
