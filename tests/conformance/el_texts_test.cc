// Expressions of others as a corpus: every `${}` and `#{}` in models that need
// no Java compiles and can be evaluated, and nothing else is misread.
//
// The corpus isn't part of this repository. The test looks in the folder
// PAWL_CONFORMANCE_DIR, else beside the workspace, and skips where it is
// absent.
#include <expat.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "engine/expression/el/error.h"
#include "engine/expression/el/evaluator.h"
#include "engine/expression/el/parser.h"
#include "engine/expression/expression.h"
#include "engine/model/bpmn_xml.h"
#include "tests/conformance/el_bindings.h"
#include "tests/conformance/rows.h"
#include "tests/support/conformance_dir.h"

namespace pawl::expression::el {
namespace {

namespace fs = std::filesystem;

// A text of a model that holds a mark.
struct MarkedText {
  // "sequenceFlow@name" or "conditionExpression".
  std::string where;
  uint64_t line = 0;
  std::string text;
};

// Reads a model with expat alone, so that what our own reader would overlook is
// seen.
class MarkedTexts {
 public:
  static std::vector<MarkedText> Of(const std::string& xml) {
    MarkedTexts reader;
    XML_Parser parser = XML_ParserCreate(nullptr);
    reader.parser_ = parser;
    XML_SetUserData(parser, &reader);
    XML_SetElementHandler(parser, &MarkedTexts::Start, &MarkedTexts::End);
    XML_SetCharacterDataHandler(parser, &MarkedTexts::Characters);
    const bool read =
        XML_Parse(parser, xml.data(), static_cast<int>(xml.size()), 1) != 0;
    XML_ParserFree(parser);
    return read ? std::move(reader.found_) : std::vector<MarkedText>();
  }

 private:
  static std::string Local(std::string_view name) {
    return std::string(name.substr(name.find(':') + 1));
  }
  uint64_t Line() const { return XML_GetCurrentLineNumber(parser_); }
  void Add(MarkedText text) {
    if (HasMark(text.text)) found_.push_back(std::move(text));
  }

  static void Start(void* data, const char* name, const char** attributes) {
    auto* self = static_cast<MarkedTexts*>(data);
    const std::string local = Local(name);
    for (; *attributes != nullptr; attributes += 2) {
      self->Add(
          {local + "@" + Local(attributes[0]), self->Line(), attributes[1]});
    }
    self->open_.push_back({local, self->Line(), ""});
  }
  static void End(void* data, const char*) {
    auto* self = static_cast<MarkedTexts*>(data);
    self->Add(std::move(self->open_.back()));
    self->open_.pop_back();
  }
  static void Characters(void* data, const char* text, int size) {
    auto* self = static_cast<MarkedTexts*>(data);
    if (!self->open_.empty()) {
      self->open_.back().text.append(text, static_cast<size_t>(size));
    }
  }

  XML_Parser parser_ = nullptr;
  std::vector<MarkedText> open_;
  std::vector<MarkedText> found_;
};

using conformance::ReadRows;
using conformance::Row;

bool MustRun(const Row& row) {
  return row.at("class") == "pure" && row.at("juel_simple") != "0" &&
         row.at("maybe_negative_test") == "0";
}

bool IsCondition(const std::string& where) {
  return where == "conditionExpression" || where == "condition" ||
         where == "completionCondition";
}

// Whether `text` calls something, as a reader for whom only that counts sees
// it: outside of strings, a name or ']' before '('. Other uses of Java have no
// sign.
bool LooksLikeCall(std::string_view text) {
  static const std::set<std::string, std::less<>> kNoNames = {
      "and", "or", "not", "empty", "eq",  "ne",
      "lt",  "le", "gt",  "ge",    "div", "mod"};
  static const std::set<std::string, std::less<>> kOurs = {
      "getVariable", "hasVariable", "getProcessBusinessKey", "getBusinessKey",
      "getProcessInstanceId"};
  bool inside = false;
  char quote = 0;
  std::string name;
  bool is_over = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!inside) {
      inside = text.substr(i, 2) == "${" || text.substr(i, 2) == "#{";
      if (inside) ++i;
    } else if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
      name.clear();
    } else if (c == '}') {
      inside = false;
      name.clear();
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      if (is_over) name.clear();
      is_over = false;
      name += c;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      is_over = true;
    } else {
      if (c == '(' && !name.empty() && !kNoNames.contains(name) &&
          !kOurs.contains(name)) {
        return true;
      }
      name = c == ']' ? "]" : "";
      is_over = false;
    }
  }
  return false;
}

class ElCorpus : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = ConformanceDir() / "camunda7";
    if (ConformanceDir().empty() || !fs::exists(dir_ / "languages.csv")) {
      GTEST_SKIP() << "skipped: no folder camunda7 of models with a "
                      "languages.csv; set PAWL_CONFORMANCE_DIR";
    }
    for (Row& row : ReadRows(dir_ / "languages.csv")) {
      // Some rows are of files that the corpus leaves out.
      if (fs::exists(dir_ / row["file"])) rows_.push_back(std::move(row));
    }
  }

  std::string Read(const Row& row) const {
    std::ifstream file(dir_ / row.at("file"), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  fs::path dir_;
  std::vector<Row> rows_;
};

// Compiles as a model would have it, and evaluates.
absl::Status TryOut(const MarkedText& marked) {
  const auto language = DetectLanguage(marked.text, "", Use::kText);
  if (!language.ok()) return language.status();
  if (*language != Language::el) return absl::InternalError("not EL");
  const auto expression = Expression::Compile(marked.text, *language);
  if (!expression.ok()) return expression.status();
  const auto program = Compile(marked.text);
  if (!program.ok()) return program.status();
  return FindBindings(
             *program,
             [&](const Variables& variables) {
               const VariablesView view(variables);
               return IsCondition(marked.where)
                          ? expression->EvaluateCondition(view).status()
                          : expression->Evaluate(view).status();
             })
      .status();
}

TEST_F(ElCorpus, WhatNeedsNoJavaRuns) {
  int files = 0;
  std::set<std::string> distinct;
  int texts = 0;
  int failed = 0;
  for (const Row& row : rows_) {
    if (!MustRun(row)) continue;
    ++files;
    const std::vector<MarkedText> found = MarkedTexts::Of(Read(row));
    EXPECT_FALSE(found.empty()) << row.at("file");
    for (const MarkedText& marked : found) {
      ++texts;
      distinct.insert(marked.text);
      const absl::Status status = TryOut(marked);
      if (status.ok()) continue;
      ++failed;
      ADD_FAILURE() << row.at("file") << ":" << marked.line << ": "
                    << marked.where << ": " << status;
    }
  }
  EXPECT_GT(files, 0);
  std::cout << texts - failed << " of " << texts << " texts with expressions ("
            << distinct.size() << " different) in " << files
            << " files compile and evaluate\n";
}

TEST_F(ElCorpus, ModelsOfWhatNeedsNoJavaDeploy) {
  int deploy = 0;
  int later = 0;
  for (const Row& row : rows_) {
    if (!MustRun(row)) continue;
    const model::ParsedModel parsed =
        model::ParseBpmn(Read(row), row.at("file"));
    bool is_later = false;
    for (const model::Problem& problem : parsed.problems) {
      if (problem.severity != model::Severity::kError) continue;
      // What isn't executed yet is no matter of expressions, and neither is a
      // Java class that maps variables, which the list doesn't count as Java.
      const bool is_mapper =
          problem.rule == "needs-java" &&
          problem.text.find("variableMapping") != std::string::npos;
      is_later |= problem.rule == "unsupported-element" || is_mapper;
      EXPECT_TRUE(problem.rule == "unsupported-element" || is_mapper)
          << model::FormatProblem(parsed.file_name, problem);
    }
    ++(is_later ? later : deploy);
    EXPECT_EQ(parsed.ok(), !is_later) << row.at("file");
  }
  EXPECT_GT(deploy, 0);
  std::cout << deploy << " models deploy, " << later
            << " hold elements that aren't executed\n";
}

// Everything that a mark begins: it compiles, or it is refused as Java and
// does look so. Only negative tests hold what is neither.
TEST_F(ElCorpus, NothingIsMisread) {
  int texts = 0;
  int compiled = 0;
  int java = 0;
  int malformed = 0;
  for (const Row& row : rows_) {
    if (row.at("class") == "not-wellformed") continue;
    for (const MarkedText& marked : MarkedTexts::Of(Read(row))) {
      // A mark in a script may be one of the script's language.
      if (marked.where == "script" && row.at("class") == "script") continue;
      SCOPED_TRACE(row.at("file") + ":" + std::to_string(marked.line) + ": " +
                   marked.text);
      ++texts;
      const auto program = Compile(marked.text);
      const bool calls = LooksLikeCall(marked.text);
      if (program.ok()) {
        ++compiled;
        EXPECT_FALSE(calls) << "got it compiled, wanted it refused as Java";
      } else if (NeedsJava(program.status())) {
        ++java;
        EXPECT_TRUE(calls || marked.text.find("execution") != std::string::npos)
            << program.status();
      } else {
        ++malformed;
        EXPECT_EQ(row.at("maybe_negative_test"), "1") << program.status();
      }
    }
  }
  EXPECT_EQ(compiled + java + malformed, texts);
  EXPECT_GT(java, 0);
  std::cout << texts << " texts with expressions: " << compiled << " compile, "
            << java << " need Java, " << malformed << " are malformed\n";
}

}  // namespace
}  // namespace pawl::expression::el
