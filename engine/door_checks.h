// What the public door refuses before anything is asked of a partition. Private
// to engine/ and whoever makes commands from what users typed.
#ifndef PAWL_ENGINE_DOOR_CHECKS_H_
#define PAWL_ENGINE_DOOR_CHECKS_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/types.h"
#include "schemas/command_generated.h"

namespace pawl {

// InvalidArgument unless `name` is UTF-8 without a zero byte, at most
// kNameBytesMax long, and not empty. `what` is what it is: "worker".
absl::Status CheckName(std::string_view what, std::string_view name);
// As above, and it may be empty.
absl::Status CheckOptionalName(std::string_view what, std::string_view name);

// A duration in milliseconds, rounded up. InvalidArgument unless it is from
// `min_ms` to kDurationMsMax.
absl::StatusOr<int64_t> CheckDuration(std::string_view what,
                                      absl::Duration duration, int64_t min_ms);

// The command that sets what `change` names. InvalidArgument: a name or time
// in it can't be.
absl::StatusOr<fb::ChangeTaskT> CheckChange(TaskChange change);

}  // namespace pawl

#endif  // PAWL_ENGINE_DOOR_CHECKS_H_
