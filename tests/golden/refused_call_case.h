// The golden case of a call that can't be made: the called process's first
// record is larger than a record may be. No scenario can say how large.
#ifndef PAWL_TESTS_GOLDEN_REFUSED_CALL_CASE_H_
#define PAWL_TESTS_GOLDEN_REFUSED_CALL_CASE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tests/golden/golden_log.h"

namespace pawl::golden {

// On refused-call.bpmn of `folder`.
absl::StatusOr<Log> RunRefusedCallCase(const std::string& folder);

}  // namespace pawl::golden

#endif  // PAWL_TESTS_GOLDEN_REFUSED_CALL_CASE_H_
