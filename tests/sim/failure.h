// The first law that a run broke, as text. Whoever finds one says so here; the
// run stops at its next step.
#ifndef PAWL_TESTS_SIM_FAILURE_H_
#define PAWL_TESTS_SIM_FAILURE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pawl::sim {

class Failure {
 public:
  bool any() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

  template <typename... Parts>
  void Add(const Parts&... parts) {
    if (text_.empty()) text_ = absl::StrCat(parts...);
  }
  // False, and the failure is kept, unless `status` is OK.
  bool Require(const char* what, const absl::Status& status) {
    if (status.ok()) return true;
    Add(what, ": ", status.ToString());
    return false;
  }

 private:
  std::string text_;
};

}  // namespace pawl::sim

#endif  // PAWL_TESTS_SIM_FAILURE_H_
