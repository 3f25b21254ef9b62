// Cases: conformance cases of FEEL, one JSON object a line, as `pawl feel
// --cases` runs them: {id, expression, context, decls, types, result_type,
// expected}. Values are typed: {"t": "number", "v": "1.5"}.
#ifndef PAWL_ENGINE_EXPRESSION_FEEL_CASES_H_
#define PAWL_ENGINE_EXPRESSION_FEEL_CASES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::expression::feel {

struct CaseResult {
  std::string id;
  // Whether a value is expected, and not null or an error.
  bool wants_value = false;
  // Empty: passed.
  std::string failure;
};

// Runs one line. InvalidArgument: the line is no case.
absl::StatusOr<CaseResult> RunCase(std::string_view line);

}  // namespace pawl::expression::feel

#endif  // PAWL_ENGINE_EXPRESSION_FEEL_CASES_H_
