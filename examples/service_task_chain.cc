// Service tasks in a row. Each handler reads what the ones before left in the
// instance's variables. Numbers keep the digits they were written with.
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();

  // A handler returns the variables it found out, or an error status: then the
  // job is tried again.
  absl::Status registered = engine->RegisterHandler(
      "fetch-price",
      [](const pawl::Job& job) -> absl::StatusOr<pawl::Variables> {
        if (job.variables()["article"] != "lamp") {
          return absl::NotFoundError("no price for this article");
        }
        return pawl::Variables{{"net_cents", 4200}};
      });
  if (!registered.ok()) return 1;

  registered = engine->RegisterHandler(
      "add-tax", [](const pawl::Job& job) -> absl::StatusOr<pawl::Variables> {
        absl::StatusOr<int64_t> net = job.variables()["net_cents"].AsInt64();
        if (!net.ok()) return net.status();
        return pawl::Variables{{"gross_cents", *net + *net * 19 / 100}};
      });
  if (!registered.ok()) return 1;

  registered =
      engine->RegisterHandler("write-invoice", [](const pawl::Job& job) {
        // The same for every attempt of this job: what must not happen twice
        // (a payment, a letter) is asked for under this key.
        return pawl::Variables{{"invoice", job.idempotency_key()}};
      });
  if (!registered.ok()) return 1;

  engine->Deploy(pawl::BpmnFile("examples/service_task_chain.bpmn")).value();
  pawl::InstanceKey sale =
      engine->Start("service-task-chain", {{"article", "lamp"}}).value();
  pawl::InstanceResult end = engine->AwaitEnd(sale, absl::Seconds(10)).value();

  std::cout << end.variables["net_cents"]
            << " + tax = " << end.variables["gross_cents"] << " cents\n";
  return end.variables["gross_cents"] == 4998 &&
                 end.variables["invoice"].is_string()
             ? 0
             : 1;
}
