// JavaScript in child processes: a script and its variables in, its value and
// the variables that it wrote out. docs/scripts.md is the reference.
//
// mozjs can't bound its own memory, and no interpreter of that size should be
// trusted with our process. So a script runs in another one, pawl-javascript,
// which has no files, no network and no clock, and which is killed when it
// takes more than its share (limits.h, javascript_cage.h). A call may take as
// long as kJavaScriptWallMsMax: never from a partition's thread.
//
// Thread-safe. Children are started when there is none idle, and used again.
#ifndef PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_H_
#define PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/expression/scope_view.h"
#include "engine/expression/script/javascript_message.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {

class JavaScriptProcess;

class JavaScript {
 public:
  struct Options {
    // Path of the child's program. Empty: $PAWL_JAVASCRIPT, else
    // pawl-javascript beside the running program.
    std::string program;
    // Wall-clock time of one run, and of a child's start.
    int64_t wall_ms = kJavaScriptWallMsMax;
    // Create starts the first child, and so knows that one can be started;
    // otherwise the first script does.
    bool start_now = true;
  };

  // NotFound: there is no such program, as when this was built without mozjs.
  // Unavailable: it doesn't start, or can't close its cage; the message says
  // why. Some 30 ms, when it starts the first child.
  static absl::StatusOr<std::unique_ptr<JavaScript>> Create(Options options);
  ~JavaScript();

  // Whether `text` compiles. Errors as Run.
  absl::Status Check(std::string_view text);

  // Runs `text`. `variables` are what it may read; `seed` is what Math.random
  // starts from and `now_ms` what Date says, in milliseconds since 1970.
  // InvalidArgument: `text` doesn't compile; an error of the script, with its
  //   line; a value that JavaScript or a variable can't hold.
  // ResourceExhausted: a limit, by name.
  // Unavailable: no child could be started; later one may.
  absl::StatusOr<ScriptResult> Run(std::string_view text,
                                   const Variables& variables, uint64_t seed,
                                   int64_t now_ms);

 private:
  explicit JavaScript(Options options);

  absl::StatusOr<JavaScriptMessage> Ask(const JavaScriptMessage& request);
  absl::StatusOr<std::unique_ptr<JavaScriptProcess>> TakeProcess();

  const Options options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<JavaScriptProcess>> idle_;
};

}  // namespace pawl::expression::script

#endif  // PAWL_ENGINE_EXPRESSION_SCRIPT_JAVASCRIPT_H_
