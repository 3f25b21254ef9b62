#include "engine/model/problem.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/limits.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace pawl::model {

namespace {

// One line: texts of a model may have many.
std::string OnOneLine(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < ' ';
    if (!is_control) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  // Some quote a text that is cut anywhere; those of the expressions are
  // written into logs, too, so they stay as they are.
  return ReplaceInvalidUtf8(line);
}

}  // namespace

std::string FormatProblem(std::string_view file_name, const Problem& problem) {
  return absl::StrCat(
      ToAbsl(file_name), ":", problem.line, ":", problem.column, ": ",
      problem.severity == Severity::kError ? "error" : "warning", ": ",
      problem.text, " [", problem.rule, "]");
}

void ProblemList::Error(SourcePosition at, std::string_view rule,
                        const std::string& text) {
  ++faults_;
  if (!advice_only_) ++errors_;
  Add(advice_only_ ? Severity::kWarning : Severity::kError, at, rule, text);
}

void ProblemList::Warning(SourcePosition at, std::string_view rule,
                          const std::string& text) {
  Add(Severity::kWarning, at, rule, text);
}

void ProblemList::Add(Severity severity, SourcePosition at,
                      std::string_view rule, const std::string& text) {
  if (problems_.size() >= kModelProblemsMax) {
    ++dropped_;
    if (severity != Severity::kError) return;
    // What keeps a file from being deployed goes before advice.
    const auto advice = std::find_if(
        problems_.rbegin(), problems_.rend(),
        [](const Problem& one) { return one.severity != Severity::kError; });
    if (advice == problems_.rend()) {
      ++dropped_errors_;
      return;
    }
    problems_.erase(std::next(advice).base());
  }
  problems_.push_back(Problem{.severity = severity,
                              .line = at.line,
                              .column = at.column,
                              .text = OnOneLine(text),
                              .rule = std::string(rule)});
}

std::vector<Problem> ProblemList::Take() {
  std::stable_sort(problems_.begin(), problems_.end(),
                   [](const Problem& a, const Problem& b) {
                     return SourcePosition{a.line, a.column} <
                            SourcePosition{b.line, b.column};
                   });
  if (dropped_ > 0) {
    // An error when errors were left out, so that a file is never called sound
    // because its errors came late.
    problems_.push_back(Problem{
        .severity = dropped_errors_ > 0 ? Severity::kError : Severity::kWarning,
        .line = problems_.back().line,
        .column = problems_.back().column,
        .text =
            absl::StrCat(dropped_, " more problems are not listed; at most ",
                         kModelProblemsMax,
                         " are reported for one file (kModelProblemsMax)"),
        .rule = "too-many-problems"});
  }
  return std::exchange(problems_, {});
}

}  // namespace pawl::model
