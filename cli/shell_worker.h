// Workers as shell commands: `--worker charge-card='./charge.sh'`.
//
// The command gets the job's variables as JSON on its standard input and what
// it is about in the environment (PAWL_JOB_KEY, PAWL_JOB_TYPE,
// PAWL_INSTANCE_KEY, PAWL_PROCESS_ID, PAWL_ELEMENT_ID, PAWL_ATTEMPT,
// PAWL_RETRIES, PAWL_IDEMPOTENCY_KEY). Exit status 0: done, and a JSON object
// on its standard output is the result; nothing there is no result. Anything
// else: failed, with the end of its standard error as the message.
#ifndef PAWL_CLI_SHELL_WORKER_H_
#define PAWL_CLI_SHELL_WORKER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "engine/job.h"
#include "engine/types.h"
#include "engine/value.h"

namespace pawl::cli {

// What a command is told of its job.
struct ShellJob {
  JobKey key;
  InstanceKey instance;
  std::string process_id;
  std::string element_id;
  std::string type;
  int attempt = 1;
  int retries = 0;
  std::string idempotency_key;
  std::string variables_json;

  explicit ShellJob(const Job& job);
  // A job that is about to be handed out.
  explicit ShellJob(const JobInfo& job);
};

// Commands by job type, from `TYPE=SHELL-COMMAND` texts. InvalidArgument: no
// '=', an empty type or command, a type twice.
absl::StatusOr<std::map<std::string, std::string>> ParseWorkers(
    const std::vector<std::string>& texts);

// Call it once before commands run: a command that doesn't read its input must
// not kill this process (SIGPIPE).
void PrepareShellWorkers();

// Runs `command` with /bin/sh and waits for it. Any thread. A result above
// kVariablesBytesMax, or one that is no JSON object, is a failure that says so.
JobResult RunShellWorker(const std::string& command, const ShellJob& job);

}  // namespace pawl::cli

#endif  // PAWL_CLI_SHELL_WORKER_H_
