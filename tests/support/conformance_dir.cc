#include "tests/support/conformance_dir.h"

#include <cstdlib>
#include <system_error>

namespace pawl {

namespace fs = std::filesystem;

fs::path ConformanceDir() {
  if (const char* dir = std::getenv("PAWL_CONFORMANCE_DIR")) return dir;
  // Inputs of a test are links into the workspace: follow one to find it.
  const char* runfiles = std::getenv("TEST_SRCDIR");
  const char* workspace = std::getenv("TEST_WORKSPACE");
  if (runfiles == nullptr || workspace == nullptr) return {};
  std::error_code error;
  const fs::path root =
      fs::canonical(fs::path(runfiles) / workspace / "WORKSPACE", error)
          .parent_path();
  if (error) return {};
  return root.parent_path() / "shared" / "conformance";
}

}  // namespace pawl
