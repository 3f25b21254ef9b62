// Values for the variables that an expression names, found by trying: so that
// expressions of others, which come without data, can be evaluated.
#ifndef PAWL_TESTS_CONFORMANCE_EL_BINDINGS_H_
#define PAWL_TESTS_CONFORMANCE_EL_BINDINGS_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/expression/el/program.h"
#include "engine/value.h"

namespace pawl::expression::el {

// Variables with which `accept` returns OK: contexts and lists where the
// program reads properties and entries, and in the other places a number, a
// boolean, a string, a list or a context. Deterministic. Else the last error of
// `accept`. Time: a power of the count of those places.
absl::StatusOr<Variables> FindBindings(
    const Program& program,
    const std::function<absl::Status(const Variables&)>& accept);

}  // namespace pawl::expression::el

#endif  // PAWL_TESTS_CONFORMANCE_EL_BINDINGS_H_
