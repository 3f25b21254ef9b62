// Several branches at once: their jobs run on the handler threads in parallel,
// the join goes on when the last of them is done.
#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine = pawl::Engine::Open({.directory = argc > 1 ? argv[1] : "",
                                    .handler_threads = 3})
                    .value();

  // Handlers run on several threads at once, so what they share is atomic.
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  for (const char* type : {"flight", "hotel", "car"}) {
    absl::Status registered =
        engine->RegisterHandler(type, [&](const pawl::Job& job) {
          int now = ++running;
          for (int seen = most; now > seen;) {
            if (most.compare_exchange_weak(seen, now)) break;
          }
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          --running;
          return pawl::Variables{{job.type(), "booked"}};
        });
    if (!registered.ok()) return 1;
  }
  engine->Deploy(pawl::BpmnFile("examples/parallel_fork_join.bpmn")).value();

  pawl::InstanceKey trip = engine->Start("parallel-fork-join").value();
  // What is going on inside: three jobs, none of them done.
  std::cout << engine->Inspect(trip).value().jobs.size() << " jobs\n";

  pawl::InstanceResult end = engine->AwaitEnd(trip, absl::Seconds(10)).value();
  std::cout << end.variables.size() << " bookings\n";
  return most > 1 && end.variables["flight"] == "booked" &&
                 end.variables["hotel"] == "booked" &&
                 end.variables["car"] == "booked"
             ? 0
             : 1;
}
