#include "examples/demo/shop.h"

#include <utility>

namespace pawl::demo {
namespace {

StartOptions OptionsOf(int order) {
  std::string name = "order-" + std::to_string(order);
  return {.business_key = name, .idempotency_key = name};
}

}  // namespace

int AmountOf(int order) {
  if (order % 25 == 0) return 0;
  return order % 10 == 0 ? 1200 : 20 + order;
}

absl::StatusOr<std::unique_ptr<Engine>> OpenShop(const std::string& directory,
                                                 const std::string& model,
                                                 Recorder* recorder) {
  auto engine = Engine::Open({.directory = directory});
  if (!engine.ok()) return engine.status();
  (*engine)->AddObserver(recorder);
  auto deployed = (*engine)->Deploy(BpmnFile(model));
  if (!deployed.ok()) return deployed.status();

  absl::Status registered =
      (*engine)->RegisterHandler("check-credit", [](const Job&) {
        return Variables{{"credit", "good"}};
      });
  if (!registered.ok()) return registered;
  registered = (*engine)->RegisterHandler("reserve-stock", [](const Job& job) {
    return Variables{{"reservation", job.idempotency_key()}};
  });
  if (!registered.ok()) return registered;
  registered = (*engine)->RegisterHandler(
      "charge-card", [](const Job& job) -> absl::StatusOr<Variables> {
        // The model asks for pauses of 0.2 s and 0.4 s after these.
        if (job.attempt() < 3) {
          return absl::UnavailableError("the card service doesn't answer");
        }
        return Variables{{"charged", job.variables()["amount"]}};
      });
  if (!registered.ok()) return registered;
  return engine;
}

absl::Status StartOrder(Engine* engine, int order, Recorder* recorder) {
  auto instance =
      engine->Start("order", {{"amount", AmountOf(order)}}, OptionsOf(order));
  if (!instance.ok()) return instance.status();
  recorder->Started(order, *instance);
  return absl::OkStatus();
}

void StartOrderAsync(Engine* engine, int order, Recorder* recorder) {
  engine->StartAsync("order", {{"amount", AmountOf(order)}}, OptionsOf(order),
                     [order, recorder](absl::StatusOr<InstanceKey> instance) {
                       if (instance.ok()) recorder->Started(order, *instance);
                     });
}

absl::Status ApproveAll(Engine* engine, Recorder* recorder) {
  auto tasks = engine->Tasks();
  if (!tasks.ok()) return tasks.status();
  for (const TaskInfo& task : *tasks) {
    // A task whose approval is still on its way is listed once more, and the
    // second approval is refused: nothing is recorded for it.
    engine->CompleteTaskAsync(task.key, {{"approved", true}},
                              [key = task.key, recorder](absl::Status status) {
                                if (status.ok()) recorder->Approved(key);
                              });
  }
  return absl::OkStatus();
}

}  // namespace pawl::demo
