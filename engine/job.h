// Jobs as a handler or an external worker sees them, and what a handler may
// answer.
#ifndef PAWL_ENGINE_JOB_H_
#define PAWL_ENGINE_JOB_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/ids.h"
#include "engine/value.h"

namespace pawl {

// A unit of work. A value: safe to copy and to keep.
class Job {
 public:
  JobKey key() const { return key_; }
  InstanceKey instance() const { return instance_; }
  const std::string& process_id() const { return process_id_; }
  const std::string& element_id() const { return element_id_; }
  const std::string& type() const { return type_; }
  // 1 for the first time that this job is handed out.
  int attempt() const { return attempt_; }
  // Attempts left, this one included.
  int retries() const { return retries_; }
  // The variables that its element sees.
  const Variables& variables() const { return variables_; }
  // Same for every attempt of this job and no other: give it to the service
  // that must not do the work twice.
  std::string idempotency_key() const { return "pawl-" + ToString(key_); }
  // Of a job of type "pawl:javascript": the script to run, and the variable for
  // its value, which may be empty. Whoever completes it gives that variable and
  // those that the script sets.
  const std::string& script() const { return script_; }
  const std::string& result_variable() const { return result_variable_; }
  // End of an external worker's lock.
  absl::Time lock_until() const { return lock_until_; }
  // True once the result can't count any more: its instance ended, or was
  // suspended, or the job is no longer ours. Cheap; ask it in long loops.
  bool cancelled() const { return cancelled_ && cancelled_->load(); }

 private:
  friend class JobFactory;
  JobKey key_;
  InstanceKey instance_;
  std::string process_id_;
  std::string element_id_;
  std::string type_;
  int attempt_ = 1;
  int retries_ = 0;
  Variables variables_;
  std::string script_;
  std::string result_variable_;
  absl::Time lock_until_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
};

// How a job went. Made from Variables (done), from an error Status (failed: one
// attempt less, the model's backoff), or from a StatusOr of both.
class JobResult {
 public:
  enum class Kind { kDone, kFailed, kBpmnError };

  // NOLINTBEGIN(google-explicit-constructor): handlers return these directly.
  JobResult(Variables variables) : variables_(std::move(variables)) {}
  // An OK status is "done, with no variables".
  JobResult(absl::Status status)
      : kind_(status.ok() ? Kind::kDone : Kind::kFailed),
        message_(status.ok() ? "" : status.ToString()) {}
  JobResult(absl::StatusOr<Variables> result)
      : JobResult(result.ok() ? JobResult(std::move(result).value())
                              : JobResult(result.status())) {}
  // NOLINTEND

  static JobResult Done(Variables variables = {}) {
    return JobResult(std::move(variables));
  }
  static JobResult Failed(std::string message) {
    JobResult result{Variables{}};
    result.kind_ = Kind::kFailed;
    result.message_ = std::move(message);
    return result;
  }
  // A fault that the process may catch by its code.
  static JobResult BpmnError(std::string code, std::string message = "",
                             Variables variables = {}) {
    JobResult result(std::move(variables));
    result.kind_ = Kind::kBpmnError;
    result.code_ = std::move(code);
    result.message_ = std::move(message);
    return result;
  }
  // Of a failure: it won't get better, raise the incident now.
  JobResult&& NoRetry() && {
    retries_ = 0;
    return std::move(*this);
  }
  // Of a failure: wait this long before the next attempt.
  JobResult&& RetryAfter(absl::Duration backoff) && {
    backoff_ = backoff;
    return std::move(*this);
  }

  Kind kind() const { return kind_; }
  const Variables& variables() const { return variables_; }
  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  // Attempts left, where the handler decided it.
  std::optional<int> retries() const { return retries_; }
  std::optional<absl::Duration> backoff() const { return backoff_; }

 private:
  Kind kind_ = Kind::kDone;
  Variables variables_;
  std::string code_;
  std::string message_;
  std::optional<int> retries_;
  std::optional<absl::Duration> backoff_;
};

// Runs on a thread of the engine's pool, several at once. May call any method
// of the engine except Close and waiting for its own instance. An exception
// that escapes counts as a failure with its what().
using JobHandler = std::function<JobResult(const Job&)>;

}  // namespace pawl

#endif  // PAWL_ENGINE_JOB_H_
