#include "engine/core/element/timer.h"

#include <string>

#include "base/iso8601.h"
#include "base/status_macros.h"

namespace pawl::core {

absl::StatusOr<int64_t> DueTime(const Transition& t, ElementKey scope,
                                const fb::TimerDefinitionT& timer) {
  PAWL_ASSIGN_OR_RETURN(const std::string text,
                        t.EvaluateText(*timer.value, scope));
  switch (timer.kind) {
    case fb::TimerKind::date:
      return ParseIsoDateTime(text);
    case fb::TimerKind::duration: {
      PAWL_ASSIGN_OR_RETURN(const IsoDuration duration, ParseIsoDuration(text));
      return AddIsoDuration(t.now_ms(), duration);
    }
  }
  return absl::UnimplementedError("timer of a kind that this build lacks");
}

}  // namespace pawl::core
