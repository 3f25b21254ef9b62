// Work that is done elsewhere: no handler is registered for `resize-picture`,
// so its jobs wait to be fetched by a worker, who holds a lock on a job while
// it works. A lock that runs out gives the job back.
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();
  engine->Deploy(pawl::BpmnFile("examples/external_worker.bpmn")).value();
  pawl::InstanceKey picture =
      engine->Start("external-worker", {{"file", "cat.png"}}).value();

  // The oldest ready job of this type, locked for worker-1 for 30 seconds.
  std::vector<pawl::Job> jobs =
      engine->FetchAndLock("resize-picture", "worker-1", absl::Seconds(30))
          .value();
  if (jobs.size() != 1) return 1;
  const pawl::Job& job = jobs[0];
  std::cout << "worker-1 has " << job.variables()["file"] << "\n";

  // Exactly one owner at any time: nobody else gets it, or may complete it.
  auto none =
      engine->FetchAndLock("resize-picture", "worker-2", absl::Seconds(30));
  if (!none.value().empty()) return 1;
  absl::Status refused = engine->CompleteJob(job.key(), "worker-2");
  std::cout << "worker-2: " << refused.message() << "\n";
  if (refused.code() != absl::StatusCode::kFailedPrecondition) return 1;

  // It takes longer than thought.
  if (!engine->ExtendJobLock(job.key(), "worker-1", absl::Minutes(5)).ok()) {
    return 1;
  }
  // It failed; another worker may try at once. Attempts count up.
  if (!engine
           ->FailJob(job.key(), "worker-1",
                     {.message = "out of memory", .retries = 2})
           .ok()) {
    return 1;
  }
  jobs = engine->FetchAndLock("resize-picture", "worker-2", absl::Seconds(30))
             .value();
  if (jobs.size() != 1 || jobs[0].attempt() != 2) return 1;
  if (!engine->CompleteJob(jobs[0].key(), "worker-2", {{"width", 640}}).ok()) {
    return 1;
  }

  pawl::InstanceResult end =
      engine->AwaitEnd(picture, absl::Seconds(10)).value();
  std::cout << "width " << end.variables["width"] << "\n";
  return end.variables["width"] == 640 ? 0 : 1;
}
