// CHECK: aborts, in every build mode, when the program itself is wrong.
//
// Expected failures (bad input, a full disk) are absl::Status; a CHECK says
// "this cannot be unless Pawl has a bug", and stops before damage spreads to
// the log. Debian's Abseil has no absl/log, so this is ours.
#ifndef PAWL_BASE_CHECK_H_
#define PAWL_BASE_CHECK_H_

#include <sstream>

namespace pawl::internal {

// Collects the message of a failing check and aborts when it is destroyed.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

// Gives the failing branch of PAWL_CHECK the type void.
struct CheckVoidify {
  void operator&(std::ostream&) {}
};

}  // namespace pawl::internal

// PAWL_CHECK(x) << "why": prints file, line, condition and message to stderr
// and aborts when x is false.
#define PAWL_CHECK(condition)                                              \
  (condition)                                                              \
      ? (void)0                                                            \
      : ::pawl::internal::CheckVoidify() &                                 \
            ::pawl::internal::CheckFailure(__FILE__, __LINE__, #condition) \
                .stream()

#define PAWL_CHECK_EQ(a, b) \
  PAWL_CHECK((a) == (b)) << "(" << (a) << " vs " << (b) << ") "
#define PAWL_CHECK_LE(a, b) \
  PAWL_CHECK((a) <= (b)) << "(" << (a) << " vs " << (b) << ") "
#define PAWL_CHECK_LT(a, b) \
  PAWL_CHECK((a) < (b)) << "(" << (a) << " vs " << (b) << ") "

// Aborts when an absl::Status that cannot fail did.
#define PAWL_CHECK_OK(expr)                                  \
  do {                                                       \
    const auto& pawl_check_status = (expr);                  \
    PAWL_CHECK(pawl_check_status.ok()) << pawl_check_status; \
  } while (false)

#endif  // PAWL_BASE_CHECK_H_
