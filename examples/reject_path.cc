// A loop: the reviewer says no, the draft is written again, the reviewer says
// yes. Each round of the loop is in the history.
#include <iostream>

#include "engine/engine.h"

// Completes the one open task of `instance` with the reviewer's answer.
bool Review(pawl::Engine& engine, pawl::InstanceKey instance, bool approved) {
  // The handler of `write` may still be at it: wait until nothing is.
  if (!engine.AwaitIdle(absl::Seconds(10)).ok()) return false;
  auto tasks = engine.Tasks({.instance = instance}).value();
  if (tasks.size() != 1 || tasks[0].element_id != "review") return false;
  return engine.CompleteTask(tasks[0].key, {{"approved", approved}}).ok();
}

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();
  absl::Status registered =
      engine->RegisterHandler("write", [](const pawl::Job& job) {
        int64_t draft = job.variables()["draft"].AsInt64().value_or(0) + 1;
        std::cout << "draft " << draft << "\n";
        return pawl::Variables{{"draft", draft}};
      });
  if (!registered.ok()) return 1;
  registered = engine->RegisterHandler("publish", [](const pawl::Job& job) {
    return pawl::Variables{{"published", job.variables()["draft"]}};
  });
  if (!registered.ok()) return 1;
  engine->Deploy(pawl::BpmnFile("examples/reject_path.bpmn")).value();

  pawl::InstanceKey article =
      engine->Start("reject-path", {{"draft", 0}}).value();
  if (!Review(*engine, article, false)) return 1;
  if (!Review(*engine, article, false)) return 1;
  if (!Review(*engine, article, true)) return 1;

  pawl::InstanceResult end =
      engine->AwaitEnd(article, absl::Seconds(10)).value();
  std::cout << "published draft " << end.variables["published"] << "\n";
  return end.variables["published"] == 3 ? 0 : 1;
}
