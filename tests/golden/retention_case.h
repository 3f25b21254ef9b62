// A golden log that no scenario makes.
#ifndef PAWL_TESTS_GOLDEN_RETENTION_CASE_H_
#define PAWL_TESTS_GOLDEN_RETENTION_CASE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/golden/golden_log.h"

namespace pawl::golden {

// The log of holds, and of a store that archives, trims and goes on, on
// retention.bpmn of `folder`; with what was trimmed, so that it folds from its
// first record.
absl::StatusOr<Log> RunRetentionCase(const std::string& folder);

}  // namespace pawl::golden

#endif  // PAWL_TESTS_GOLDEN_RETENTION_CASE_H_
