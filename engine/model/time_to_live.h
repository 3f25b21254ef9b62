// How long a process keeps its ended instances out of the archive.
#ifndef PAWL_ENGINE_MODEL_TIME_TO_LIVE_H_
#define PAWL_ENGINE_MODEL_TIME_TO_LIVE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "base/iso8601.h"

namespace pawl::model {

// Reads "30" (days) or an ISO 8601 duration. InvalidArgument: neither, or
// longer than kDurationMsMax.
absl::StatusOr<IsoDuration> ParseTimeToLiveText(std::string_view text);

}  // namespace pawl::model

#endif  // PAWL_ENGINE_MODEL_TIME_TO_LIVE_H_
