// The shop that runs examples/order.bpmn: handlers for its service tasks, the
// customers who order, and the person who approves.
#ifndef PAWL_EXAMPLES_DEMO_SHOP_H_
#define PAWL_EXAMPLES_DEMO_SHOP_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/engine.h"
#include "examples/demo/record.h"

namespace pawl::demo {

inline constexpr int kOrders = 200;
// These are ordered at once, the others one after another.
inline constexpr int kRush = 100;

// Every 25th order asks for nothing and is rejected, every 10th is large enough
// for a credit check.
int AmountOf(int order);

// Opens the store, deploys the model, registers the handlers. `recorder` must
// outlive the engine.
absl::StatusOr<std::unique_ptr<Engine>> OpenShop(const std::string& directory,
                                                 const std::string& model,
                                                 Recorder* recorder);

// Starts order number `order`. However often this is called, and whatever
// crashes in between, there is one instance: its idempotency key says so.
absl::Status StartOrder(Engine* engine, int order, Recorder* recorder);
// As StartOrder; doesn't wait.
void StartOrderAsync(Engine* engine, int order, Recorder* recorder);

// Completes all tasks that are open now, without waiting.
absl::Status ApproveAll(Engine* engine, Recorder* recorder);

}  // namespace pawl::demo

#endif  // PAWL_EXAMPLES_DEMO_SHOP_H_
