// Workload: what a client of the engine does, step by step, written down in
// advance, so that it can go on after a crash. It holds every element kind that
// executes and every way for one to wait and to end.
#ifndef PAWL_TESTS_CRASH_WORKLOAD_H_
#define PAWL_TESTS_CRASH_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/source.h"
#include "tests/support/random.h"

namespace pawl::crash {

struct Step {
  enum class What {
    kDeploy,
    kStart,         // `id` is the process, `number` its variable n
    kCompleteTask,  // `id` is the element, here and below
    kClaimTask,
    kFetch,        // `id` is the job type: lock one, whoever's it is
    kCompleteJob,  // locks it first when nobody has it
    kFailJob,      // `number` retries are left
    kThrowError,
    kSetVariables,  // n, p and q become `number`
    // p and q become the kBurstCommands numbers up to `number`; each is asked
    // for before the one before was answered, and a checkpoint in the midst.
    kBurst,
    kSuspend,
    kResume,
    kCancel,
    kResolve,  // every incident that the instance has
    kAdvance,  // the clock, to `number` ms after the beginning
    kCheckpoint,
  };
  What what = What::kDeploy;
  int instance = -1;
  std::string id = {};
  int64_t number = 0;
};
// "complete_task i3 approve".
std::string ToString(const Step& step);

inline constexpr int kBurstCommands = 8;

struct Workload {
  std::vector<Step> steps;
  // Of the store: small, so that there are checkpoints.
  size_t checkpoint_log_bytes = 24 << 10;
};

// The models that every workload deploys. Types of jobs that a handler in the
// process does: "auto", and "flaky", which fails the first time.
std::vector<BpmnSource> WorkloadModels();

// The same 200 and more steps always.
Workload GoldenWorkload();
// Some instances of the same kinds, their steps interleaved.
Workload RandomWorkload(Random* random);

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_WORKLOAD_H_
