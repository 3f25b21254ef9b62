// FEEL around a service task: what its worker gets and what comes back, in a
// sub-process whose boundary event catches the worker's error.
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();
  absl::Status registered = engine->RegisterHandler(
      "charge", [](const pawl::Job& job) -> pawl::JobResult {
        // Made by the inputs of the model: a context of three entries.
        const pawl::Value& payment = job.variables()["payment"];
        std::cout << "charge " << payment.ToJson() << "\n";
        if (job.variables()["card"] == "expired") {
          return pawl::JobResult::BpmnError("DECLINED", "the card has expired");
        }
        return pawl::Variables{{"receipt", "R-1"}, {"internal", "dropped"}};
      });
  if (!registered.ok()) return 1;
  engine->Deploy(pawl::BpmnFile("examples/feel_mappings.bpmn")).value();

  const pawl::Value::List items = {
      pawl::Variables{{"name", "lamp"}, {"price", 19.90}, {"count", 2}},
      pawl::Variables{{"name", "chair"}, {"price", 60}, {"count", 1}},
  };
  pawl::InstanceKey good =
      engine->Start("feel-mappings", {{"items", items}}).value();
  pawl::InstanceResult end = engine->AwaitEnd(good, absl::Seconds(10)).value();
  std::cout << "paid " << end.variables["paid"].ToJson() << "\n";
  // 19.90 * 2 + 60 + 4.90, to the cent; only the outputs have come back.
  if (end.variables["paid"].ToJson() != R"({"receipt":"R-1","amount":104.7})") {
    return 1;
  }
  if (end.variables.contains("internal")) return 1;

  pawl::InstanceKey bad =
      engine->Start("feel-mappings", {{"items", items}, {"card", "expired"}})
          .value();
  end = engine->AwaitEnd(bad, absl::Seconds(10)).value();
  if (end.variables.contains("paid")) return 1;
  std::cout << "declined, nothing paid\n";
  return 0;
}
