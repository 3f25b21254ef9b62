// Executor: the pool of threads that runs in-process handlers.
//
// Calls come in batches and go back one by one, as each is done: a handler may
// wait for what another one does. Threads claim the calls of a batch with one
// atomic step each; locks and wake-ups are paid per batch.
//
// Any thread, except that Stop is called once and by no handler.
#ifndef PAWL_ENGINE_EXECUTOR_H_
#define PAWL_ENGINE_EXECUTOR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "engine/handler_call.h"
#include "engine/job.h"

namespace pawl {

// A call and who answers it.
struct HandlerWork {
  HandlerCallPtr call;
  std::shared_ptr<const JobHandler> handler;
};

class Executor {
 public:
  // Takes back a call; `call->result` says how it went. Called from the pool's
  // threads, also after Stop by handlers that it left running; must be quick.
  using Done = std::function<void(HandlerCallPtr call)>;

  // `threads` > 0.
  Executor(int threads, Done done);
  // Stops without waiting, if Stop wasn't called.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Every call comes back exactly once.
  void Submit(std::vector<HandlerWork> work);

  // Gives back unrun what isn't running, and waits for what is, but not longer
  // than `timeout`. Says how many handlers it left running; their threads end
  // with them.
  size_t Stop(absl::Duration timeout);

 private:
  struct Shared;

  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> threads_;
  bool stopped_ = false;
};

// Runs one call on this thread: parses its variables, calls the handler, keeps
// the answer in call->result. A cancelled call isn't run.
void RunHandler(const HandlerWork& work);

}  // namespace pawl

#endif  // PAWL_ENGINE_EXECUTOR_H_
