// The smallest program: open a store, deploy a model, do its work in a handler,
// wait for the end.
//
//   bazel run //examples:minimal              (the store lives in memory)
//   bazel run //examples:minimal -- /tmp/data (and here on disk)
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();

  // The model's service task is a job of type `greet`. This function does such
  // jobs, on a thread of the engine.
  absl::Status registered =
      engine->RegisterHandler("greet", [](const pawl::Job& job) {
        std::string name = job.variables()["name"].AsString().value_or("you");
        return pawl::Variables{{"greeting", "Hello, " + name + "!"}};
      });
  if (!registered.ok()) return 1;

  engine->Deploy(pawl::BpmnFile("examples/hello.bpmn")).value();

  // When Start returns, the instance is on disk and can't get lost any more.
  pawl::InstanceKey hello = engine->Start("hello", {{"name", "Ada"}}).value();

  pawl::InstanceResult end = engine->AwaitEnd(hello, absl::Seconds(10)).value();
  std::cout << end.variables["greeting"].string() << "\n";
  return end.variables["greeting"] == "Hello, Ada!" ? 0 : 1;
}
