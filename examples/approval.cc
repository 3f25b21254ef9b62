// A human task. The instance rests at it for as long as it takes, over restarts
// too, until somebody claims and completes it.
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();
  engine->Deploy(pawl::BpmnFile("examples/approval.bpmn")).value();

  // The business key is the name that the outside knows this case by.
  pawl::InstanceKey request =
      engine->Start("approval", {{"days", 3}}, {.business_key = "holiday-2026"})
          .value();

  // Task lists are queries; this one asks for the tasks of one instance.
  std::vector<pawl::TaskInfo> tasks =
      engine->Tasks({.instance = request}).value();
  if (tasks.size() != 1 || tasks[0].element_id != "approve") return 1;
  std::cout << tasks[0].name << ", for group " << tasks[0].candidate_groups[0]
            << "\n";

  // Ada takes the task. Now nobody else can complete it.
  if (!engine->ClaimTask(tasks[0].key, "ada").ok()) return 1;
  absl::Status by_bob =
      engine->CompleteTask(tasks[0].key, {{"approved", false}}, "bob");
  if (by_bob.code() != absl::StatusCode::kFailedPrecondition) return 1;

  absl::Status by_ada =
      engine->CompleteTask(tasks[0].key, {{"approved", true}}, "ada");
  if (!by_ada.ok()) return 1;

  pawl::InstanceResult end =
      engine->AwaitEnd(request, absl::Seconds(10)).value();
  std::cout << "approved: " << end.variables["approved"] << "\n";
  return end.variables["approved"] == true ? 0 : 1;
}
