#include "base/planted.h"

#ifdef PAWL_PLANTED_BUGS

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "absl/container/flat_hash_set.h"

namespace pawl::planted {
namespace {

struct Named {
  const char* name;
  const char* what;
};

constexpr Named kBugs[] = {
    {"none", "no bug"},
#define PAWL_PLANTED_BUG(name, what) {#name, what},
#include "base/planted_bugs.inc"
#undef PAWL_PLANTED_BUG
};

Bug FromEnvironment() {
  const char* wanted = std::getenv("PAWL_PLANTED_BUG");
  if (wanted == nullptr) return Bug::none;
  int number = 0;
  for (const Named& bug : kBugs) {
    if (std::string_view(bug.name) == wanted) return static_cast<Bug>(number);
    ++number;
  }
  std::fprintf(stderr, "PAWL_PLANTED_BUG: got '%s', wanted one of:\n", wanted);
  for (const Named& bug : kBugs) {
    std::fprintf(stderr, "  %s: %s\n", bug.name, bug.what);
  }
  std::exit(2);
}

}  // namespace

const Bug g_bug = FromEnvironment();

int64_t ClockMs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::vector<size_t> HashOrder(size_t count) {
  absl::flat_hash_set<size_t> set;
  for (size_t i = 0; i < count; ++i) set.insert(i);
  return {set.begin(), set.end()};
}

}  // namespace pawl::planted

#endif  // PAWL_PLANTED_BUGS
