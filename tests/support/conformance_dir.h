// Where models and scenarios by others lie. They aren't part of this
// repository: tests read them where they are, and skip where they are absent.
#ifndef PAWL_TESTS_SUPPORT_CONFORMANCE_DIR_H_
#define PAWL_TESTS_SUPPORT_CONFORMANCE_DIR_H_

#include <filesystem>

namespace pawl {

// The folder PAWL_CONFORMANCE_DIR, else ../shared/conformance beside the
// workspace. Empty when there is no telling; that it exists isn't checked. The
// test's target needs `data = ["//:WORKSPACE"]`, and to run unsandboxed.
std::filesystem::path ConformanceDir();

}  // namespace pawl

#endif  // PAWL_TESTS_SUPPORT_CONFORMANCE_DIR_H_
