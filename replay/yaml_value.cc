#include "replay/yaml_value.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/status_macros.h"

namespace pawl::replay {
namespace {

absl::Status At(const YAML::Mark& mark, const std::string& text) {
  return absl::InvalidArgumentError(absl::StrCat(
      "line ", mark.line + 1, ", column ", mark.column + 1, ": ", text));
}

Value PlainScalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" ||
      text == "NULL") {
    return Value();
  }
  if (text == "true" || text == "True" || text == "TRUE") return Value(true);
  if (text == "false" || text == "False" || text == "FALSE") {
    return Value(false);
  }
  absl::StatusOr<Value> number = Value::Number(text);
  return number.ok() ? *std::move(number) : Value(text);
}

class Converter {
 public:
  absl::StatusOr<Value> Convert(const YAML::Node& node, int depth) {
    // Aliases are followed, so a short text can stand for a huge tree.
    if (++nodes_ > kScenarioNodesMax) {
      return At(node.Mark(), absl::StrCat("more than ", kScenarioNodesMax,
                                          " nodes (kScenarioNodesMax)"));
    }
    if (depth > kValueDepthMax) {
      return At(node.Mark(), absl::StrCat("nested deeper than ", kValueDepthMax,
                                          " (kValueDepthMax)"));
    }
    switch (node.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null:
        return Value();
      case YAML::NodeType::Scalar:
        // "?" marks a plain scalar, "!" a quoted or block one.
        return node.Tag() == "?" ? PlainScalar(node.Scalar())
                                 : Value(node.Scalar());
      case YAML::NodeType::Sequence:
        return List(node, depth);
      case YAML::NodeType::Map:
        return Map(node, depth);
    }
    return Value();
  }

 private:
  absl::StatusOr<Value> List(const YAML::Node& node, int depth) {
    Value::List list;
    for (const YAML::Node& entry : node) {
      PAWL_ASSIGN_OR_RETURN(Value value, Convert(entry, depth + 1));
      list.push_back(std::move(value));
    }
    return Value(std::move(list));
  }

  absl::StatusOr<Value> Map(const YAML::Node& node, int depth) {
    Variables map;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        return At(entry.first.Mark(), "got a key that is no scalar");
      }
      const std::string& name = entry.first.Scalar();
      if (map.contains(name)) {
        return At(entry.first.Mark(),
                  absl::StrCat("got key '", name, "' a second time"));
      }
      PAWL_ASSIGN_OR_RETURN(Value value, Convert(entry.second, depth + 1));
      map.Set(name, std::move(value));
    }
    return Value(std::move(map));
  }

  size_t nodes_ = 0;
};

// Sees where documents begin, and nothing else.
class DocumentStarts final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { mark_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  const YAML::Mark& mark() const { return mark_; }

 private:
  YAML::Mark mark_ = YAML::Mark::null_mark();
};

// yaml-cpp makes a document of a token that fits nowhere, "," say, and doesn't
// consume it: LoadAll then makes documents until the memory is full. Found by
// fuzzing.
absl::Status CheckEnds(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentStarts starts;
  int last = -1;
  while (parser.HandleNextDocument(starts)) {
    if (starts.mark().pos == last) {
      return At(starts.mark(), "got something that begins no document");
    }
    last = starts.mark().pos;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<YamlDocument>> Parse(const std::string& text) {
  PAWL_RETURN_IF_ERROR(CheckEnds(text));
  std::vector<YamlDocument> documents;
  Converter converter;
  for (const YAML::Node& node : YAML::LoadAll(text)) {
    if (!node.IsDefined() || node.IsNull()) continue;
    YamlDocument document;
    document.line = node.Mark().line + 1;
    PAWL_ASSIGN_OR_RETURN(document.value, converter.Convert(node, 0));
    if (!node.IsMap()) {
      documents.push_back(std::move(document));
      continue;
    }
    // Asking a missing node for its type throws.
    const YAML::Node steps = node["steps"];
    if (steps.IsDefined() && steps.IsSequence()) {
      for (const YAML::Node& step : steps) {
        document.step_lines.push_back(step.Mark().line + 1);
      }
    }
    documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace

absl::StatusOr<std::vector<YamlDocument>> ParseYaml(std::string_view text) {
  // yaml-cpp throws; nothing of that leaves this file.
  try {
    return Parse(std::string(text));
  } catch (const YAML::Exception& error) {
    return At(error.mark, error.msg);
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

}  // namespace pawl::replay
