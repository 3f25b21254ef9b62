// JavaScriptProcess: one child process, its start, its questions and its end.
// Internal to javascript.cc.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_PROCESS_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/expression/script/javascript_message.h"

namespace pawl::expression::script {

// Thread-compatible.
class JavaScriptProcess {
 public:
  // Starts `program` and waits, `wall_ms` at most, until it says that it is
  // ready. Unavailable otherwise.
  static absl::StatusOr<std::unique_ptr<JavaScriptProcess>> Start(
      const std::string& program, int64_t wall_ms);

  // Kills it.
  ~JavaScriptProcess();
  JavaScriptProcess(const JavaScriptProcess&) = delete;
  JavaScriptProcess& operator=(const JavaScriptProcess&) = delete;

  // The answer to `request`. ResourceExhausted: none within `wall_ms`, or one
  // longer than kJavaScriptMessageMax, or the process has ended. After an error
  // it is of no more use.
  absl::StatusOr<JavaScriptMessage> Ask(const JavaScriptMessage& request,
                                        int64_t wall_ms);

  // Whether it waits for a request. False when it has ended meanwhile.
  bool IsIdle() const;
  // Requests that it was asked.
  int asked() const { return asked_; }

 private:
  JavaScriptProcess(pid_t process, int channel)
      : process_(process), channel_(channel) {}

  // Each fails at `end_ms` on the monotonic clock.
  absl::Status Send(const std::string& bytes, int64_t end_ms);
  absl::Status Receive(char* out, size_t size, int64_t end_ms);
  absl::StatusOr<JavaScriptMessage> ReceiveMessage(int64_t end_ms);
  absl::Status WaitFor(short events, int64_t end_ms);
  // Why it has ended.
  absl::Status Ended();

  pid_t process_;
  // Our end of the pair of sockets that are its standard input and output.
  const int channel_;
  int asked_ = 0;
};

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_PROCESS_H_
