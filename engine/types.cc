#include "engine/types.h"

namespace pawl {

const char* ToString(InstanceState state) {
  switch (state) {
    case InstanceState::kActive:
      return "active";
    case InstanceState::kSuspended:
      return "suspended";
    case InstanceState::kCompleted:
      return "completed";
    case InstanceState::kTerminated:
      return "terminated";
    case InstanceState::kCancelled:
      return "cancelled";
    case InstanceState::kCompensated:
      return "compensated";
  }
  return "unknown";
}

const char* ToString(JobState state) {
  switch (state) {
    case JobState::kReady:
      return "ready";
    case JobState::kLocked:
      return "locked";
    case JobState::kBackoff:
      return "backoff";
    case JobState::kIncident:
      return "incident";
  }
  return "unknown";
}

const char* ToString(Delegation delegation) {
  switch (delegation) {
    case Delegation::kNone:
      return "";
    case Delegation::kPending:
      return "pending";
    case Delegation::kResolved:
      return "resolved";
  }
  return "unknown";
}

}  // namespace pawl
