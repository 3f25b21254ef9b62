// One way out of several: an exclusive gateway takes the first flow whose
// condition holds, else its default flow.
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();
  absl::Status registered =
      engine->RegisterHandler("pay", [](const pawl::Job&) {
        return pawl::Variables{{"paid", true}};
      });
  if (!registered.ok()) return 1;
  engine->Deploy(pawl::BpmnFile("examples/exclusive_gateway.bpmn")).value();

  // `amount > 100` is false: the default flow leads to the job `pay`.
  pawl::InstanceKey small =
      engine->Start("exclusive-gateway", {{"amount", 20}}).value();
  pawl::InstanceResult paid =
      engine->AwaitEnd(small, absl::Seconds(10)).value();
  std::cout << "20: paid " << paid.variables["paid"] << "\n";
  if (paid.variables["paid"] != true) return 1;

  // `amount > 100` holds: a person checks it.
  pawl::InstanceKey large =
      engine->Start("exclusive-gateway", {{"amount", 120}}).value();
  std::vector<pawl::TaskInfo> tasks =
      engine->Tasks({.instance = large}).value();
  if (tasks.size() != 1 || tasks[0].element_id != "check") return 1;
  std::cout << "120: waits at " << tasks[0].element_id << "\n";
  if (!engine->CompleteTask(tasks[0].key).ok()) return 1;
  pawl::InstanceResult checked =
      engine->AwaitEnd(large, absl::Seconds(10)).value();
  std::cout << "120: checked\n";
  return checked.variables["paid"].is_null() ? 0 : 1;
}
