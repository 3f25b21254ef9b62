// A process without a BPMN file: built in C++, deployed like any other. It is
// turned into BPMN 2.0 XML first, so one parser checks both.
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();

  // Each element is connected to the one before it. A branch ends with
  // ConnectTo() or End(); When() and Default() say how the next flow is taken.
  pawl::ProcessBuilder travel("travel");
  travel.StartEvent()
      .ServiceTask("quote", {.retries = 5, .backoff = {.delay = "PT1S"}})
      .ExclusiveGateway("dear")
      .When("${price > 1000}")
      .UserTask("approve", {.candidate_groups = "managers"})
      .ConnectTo("book")
      .Default()
      .ServiceTask("book")
      .End();
  auto deployed = engine->Deploy(travel);
  if (!deployed.ok()) {
    std::cerr << deployed.status() << "\n" << travel.ToXml();
    return 1;
  }

  absl::Status registered =
      engine->RegisterHandler("quote", [](const pawl::Job& job) {
        return pawl::Variables{
            {"price", job.variables()["to"] == "Rome" ? 300 : 2000}};
      });
  if (!registered.ok()) return 1;
  registered = engine->RegisterHandler("book", [](const pawl::Job&) {
    return pawl::Variables{{"booked", true}};
  });
  if (!registered.ok()) return 1;

  pawl::InstanceKey rome = engine->Start("travel", {{"to", "Rome"}}).value();
  pawl::InstanceResult end = engine->AwaitEnd(rome, absl::Seconds(10)).value();
  std::cout << "Rome: " << end.variables << "\n";
  if (end.variables["price"] != 300 || end.variables["booked"] != true)
    return 1;

  pawl::InstanceKey tokyo = engine->Start("travel", {{"to", "Tokyo"}}).value();
  if (!engine->AwaitIdle(absl::Seconds(10)).ok()) return 1;
  auto tasks = engine->Tasks({.instance = tokyo}).value();
  if (tasks.size() != 1 || tasks[0].element_id != "approve") return 1;
  if (!engine->CompleteTask(tasks[0].key).ok()) return 1;
  end = engine->AwaitEnd(tokyo, absl::Seconds(10)).value();
  std::cout << "Tokyo: booked for " << end.variables["price"] << "\n";
  return end.variables["booked"] == true ? 0 : 1;
}
