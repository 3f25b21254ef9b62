// The processes of the workloads, as BPMN text.
#ifndef PAWL_BENCH_MODELS_H_
#define PAWL_BENCH_MODELS_H_

#include "engine/source.h"

namespace pawl::bench {

inline constexpr int kChainTasks = 10;
inline constexpr int kForkBranches = 4;

// start, `kChainTasks` service tasks of type "step", end.
BpmnText ChainModel();
// start, fork, `kForkBranches` service tasks of type "step", join, end.
BpmnText ForkModel();
// start, one service task of type "step", end.
BpmnText OneTaskModel();
// start, user task, end.
BpmnText WaitModel();

}  // namespace pawl::bench

#endif  // PAWL_BENCH_MODELS_H_
