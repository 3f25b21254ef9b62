// What goes wrong: a failed job is tried again with growing pauses; out of
// attempts it becomes an incident that waits for a person; resolving it repeats
// the failed step and nothing else.
#include <atomic>
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();

  std::atomic<bool> bank_is_down = true;
  std::atomic<int> calls = 0;
  absl::Status registered = engine->RegisterHandler(
      "charge", [&](const pawl::Job& job) -> pawl::JobResult {
        ++calls;
        std::cout << "attempt " << job.attempt() << ", " << job.retries()
                  << " left\n";
        // RetryAfter and NoRetry change what the model says, for this failure:
        //   return pawl::JobResult::Failed("closed").NoRetry();
        if (bank_is_down) return absl::UnavailableError("the bank is down");
        return pawl::Variables{{"charged", job.variables()["amount"]}};
      });
  if (!registered.ok()) return 1;

  // pawl:retries="3" pawl:backoff="PT0.05S" pawl:backoffFactor="2"
  engine->Deploy(pawl::BpmnFile("examples/retry_and_incident.bpmn")).value();
  pawl::InstanceKey payment =
      engine->Start("retry-and-incident", {{"amount", 12.50}}).value();

  // Waiting for the end answers at once when there is an incident.
  absl::Status stuck = engine->AwaitEnd(payment, absl::Seconds(10)).status();
  std::cout << stuck.message() << "\n";
  if (stuck.code() != absl::StatusCode::kFailedPrecondition) return 1;
  if (calls != 3) return 1;

  auto incidents = engine->Incidents({.instance = payment}).value();
  if (incidents.size() != 1 || incidents[0].type != "job_no_retries") return 1;

  bank_is_down = false;
  if (!engine->ResolveIncident(incidents[0].key).ok()) return 1;
  pawl::InstanceResult end =
      engine->AwaitEnd(payment, absl::Seconds(10)).value();
  std::cout << "charged " << end.variables["charged"] << "\n";
  return calls == 4 && end.variables["charged"] == 12.5 ? 0 : 1;
}
