// Golden logs: what a small process does, as the text of the log it writes.
//
// RunCase drives NAME on the engine of this build; LogText is what NAME.log.txt
// holds; the frozen form (README.md) holds the record bytes.
#ifndef PAWL_TESTS_GOLDEN_GOLDEN_LOG_H_
#define PAWL_TESTS_GOLDEN_GOLDEN_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "replay/verify.h"

namespace pawl::golden {

// Records of one partition, position 1 first.
using Log = std::vector<std::string>;

// Names of the cases in `folder`, sorted: a scenario each, "handlers" and
// "refused-call".
std::vector<std::string> CaseNames(const std::string& folder);

// The log of a case. FailedPrecondition: it doesn't pass; the message has what
// failed.
absl::StatusOr<Log> RunCase(const std::string& folder, const std::string& name);

// As RunCase, for cases that are scenarios: `log` has what was written until
// the case failed, too. NotFound: another case.
absl::Status RunScenarioCase(const std::string& folder, const std::string& name,
                             Log* log);

// The log of a random run over the models in `folder`, the same for a seed for
// ever and everywhere.
absl::StatusOr<Log> RandomLog(const std::string& folder, uint64_t seed,
                              int steps);

// The log as people review it: a line for each record, one below it for each
// fact and each event, with every field that isn't empty.
absl::StatusOr<std::string> LogText(const Log& log);

// Folded from empty by the core alone. Codes of LogFold.
absl::StatusOr<std::string> Digest(const Log& log);

// Verified whole: every decision made again, every fact answered again. The
// first thing that differs; codes of replay::Verify.
absl::StatusOr<std::optional<replay::VerifyDifference>> FirstDifference(
    const Log& log);

// As FirstDifference. Not OK: what differs.
absl::Status Verify(const Log& log);

// The frozen form and back. DataLoss: cut short, a byte changed, or records out
// of order.
std::string Freeze(const Log& log);
absl::StatusOr<Log> Thaw(std::string_view bytes);

// The lines in which two texts differ, with their surroundings; empty when they
// don't.
std::string Difference(std::string_view wanted, std::string_view got);

}  // namespace pawl::golden

#endif  // PAWL_TESTS_GOLDEN_GOLDEN_LOG_H_
