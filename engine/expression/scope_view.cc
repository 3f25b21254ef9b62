#include "engine/expression/scope_view.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pawl::expression {
namespace {

constexpr char kStepsPayload[] = "pawl.steps";

}  // namespace

absl::Status WithSteps(absl::Status status, int64_t steps) {
  status.SetPayload(kStepsPayload, absl::Cord(absl::StrCat(steps)));
  return status;
}

int64_t StepsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kStepsPayload);
  int64_t steps = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &steps)) {
    return 0;
  }
  return steps;
}

}  // namespace pawl::expression
