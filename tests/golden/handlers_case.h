// A golden case that no scenario can say: handlers inside the process.
#ifndef PAWL_TESTS_GOLDEN_HANDLERS_CASE_H_
#define PAWL_TESTS_GOLDEN_HANDLERS_CASE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/golden/golden_log.h"

namespace pawl::golden {

// The log of handlers that fail, succeed, are lost in a crash and go, on
// handlers.bpmn of `folder`.
absl::StatusOr<Log> RunHandlersCase(const std::string& folder);

}  // namespace pawl::golden

#endif  // PAWL_TESTS_GOLDEN_HANDLERS_CASE_H_
