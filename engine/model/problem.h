// Problem: one finding about a model file, and the list that collects them.
//
// Every stage of the pipeline (read, parse, validate, compile) reports here, so
// that a person sees all faults of a file at once, in document order.
#ifndef PAWL_ENGINE_MODEL_PROBLEM_H_
#define PAWL_ENGINE_MODEL_PROBLEM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::model {

// An error keeps a file from being deployed, a warning is advice.
enum class Severity : uint8_t { kWarning, kError };

// Where something stands in its file. Both count from 1, columns in
// characters; 0 is "unknown".
struct SourcePosition {
  uint32_t line = 0;
  uint32_t column = 0;

  friend auto operator<=>(const SourcePosition&,
                          const SourcePosition&) = default;
};

struct Problem {
  Severity severity = Severity::kError;
  uint32_t line = 0;
  uint32_t column = 0;
  // What, where, got, wanted, on one line. Names the element's id where there
  // is one.
  std::string text;
  // Stable name of the rule, for scripts; docs/bpmn_coverage.md lists them.
  std::string rule;
};

// `file:line:col: error: text [rule]`, as compilers write it.
std::string FormatProblem(std::string_view file_name, const Problem& problem);

// Collects problems, at most kModelProblemsMax of them. Not thread-safe.
class ProblemList {
 public:
  void Error(SourcePosition at, std::string_view rule, const std::string& text);
  void Warning(SourcePosition at, std::string_view rule,
               const std::string& text);

  // While set, errors are recorded as advice: the model has to be kept and
  // shown but will never run (isExecutable="false").
  void set_advice_only(bool advice_only) { advice_only_ = advice_only; }

  // Errors so far, those beyond the list's limit included. Advice that would
  // have been an error counts in faults() only.
  size_t errors() const { return errors_; }
  size_t faults() const { return faults_; }

  // The problems in document order; the list is empty afterwards.
  std::vector<Problem> Take();

 private:
  void Add(Severity severity, SourcePosition at, std::string_view rule,
           const std::string& text);

  std::vector<Problem> problems_;
  bool advice_only_ = false;
  size_t errors_ = 0;
  size_t faults_ = 0;
  size_t dropped_ = 0;
  size_t dropped_errors_ = 0;
};

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_PROBLEM_H_
