#include "cli/login_name.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace pawl::cli {

std::string LoginName() {
  if (const char* name = std::getenv("PAWL_ACTOR"); name != nullptr) {
    return name;
  }
  const uid_t user = geteuid();
  const passwd* entry = getpwuid(user);
  if (entry != nullptr && entry->pw_name != nullptr) return entry->pw_name;
  return "uid " + std::to_string(user);
}

}  // namespace pawl::cli
