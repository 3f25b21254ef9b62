// Early return on absl::Status and absl::StatusOr, the usual two macros.
#ifndef PAWL_BASE_STATUS_MACROS_H_
#define PAWL_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define PAWL_CONCAT_INNER(a, b) a##b
#define PAWL_CONCAT(a, b) PAWL_CONCAT_INNER(a, b)

// Returns from the calling function when `expr` is not OK.
#define PAWL_RETURN_IF_ERROR(expr)                      \
  do {                                                  \
    if (auto pawl_status = (expr); !pawl_status.ok()) { \
      return pawl_status;                               \
    }                                                   \
  } while (false)

// Declares or assigns `lhs` from the StatusOr `expr`, or returns its status.
#define PAWL_ASSIGN_OR_RETURN(lhs, expr) \
  PAWL_ASSIGN_OR_RETURN_IMPL(PAWL_CONCAT(pawl_statusor_, __LINE__), lhs, expr)
#define PAWL_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                               \
  if (!tmp.ok()) return std::move(tmp).status();   \
  lhs = std::move(tmp).value()

#endif  // PAWL_BASE_STATUS_MACROS_H_
