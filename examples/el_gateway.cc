// Conditions in the expression language: texts compared with ==, numbers with
// < and >, `&&` for both, and the default flow when nothing holds. A variable
// of a wrong type is an incident, never just "false".
#include <iostream>

#include "engine/engine.h"

int main(int argc, char** argv) {
  auto engine =
      pawl::Engine::Open({.directory = argc > 1 ? argv[1] : ""}).value();
  // The four branches only say who they are.
  for (const char* branch : {"vip", "fast", "bulk", "post"}) {
    absl::Status registered =
        engine->RegisterHandler(branch, [](const pawl::Job& job) {
          return pawl::Variables{{"went", job.element_id()}};
        });
    if (!registered.ok()) return 1;
  }
  engine->Deploy(pawl::BpmnFile("examples/el_gateway.bpmn")).value();

  struct Case {
    pawl::Variables order;
    const char* expected;
  };
  // Conditions are tried in the order of the model, the first that holds wins.
  const Case cases[] = {
      // ${customer == 'vip' && amount >= 500}
      {{{"customer", "vip"}, {"amount", 500}, {"choice", ""}, {"weight", 1}},
       "vip"},
      // choice == "express"
      {{{"customer", "vip"},
        {"amount", 9},
        {"choice", "express"},
        {"weight", 1}},
       "fast"},
      // ${weight > 30.5}
      {{{"customer", "new"}, {"amount", 9}, {"choice", ""}, {"weight", 30.6}},
       "bulk"},
      // None of them: the default flow.
      {{{"customer", "new"}, {"amount", 9}, {"choice", ""}, {"weight", 30.5}},
       "post"},
  };
  for (const Case& c : cases) {
    pawl::InstanceKey order = engine->Start("el-gateway", c.order).value();
    pawl::InstanceResult end =
        engine->AwaitEnd(order, absl::Seconds(10)).value();
    std::cout << c.order << " -> " << end.variables["went"].string() << "\n";
    if (end.variables["went"] != c.expected) return 1;
  }

  // A text where a number is wanted: the instance stops with an incident that
  // says so, and goes on when somebody has put it right.
  pawl::InstanceKey wrong = engine
                                ->Start("el-gateway", {{"customer", "new"},
                                                       {"amount", 9},
                                                       {"choice", ""},
                                                       {"weight", "heavy"}})
                                .value();
  absl::Status stopped = engine->AwaitEnd(wrong, absl::Seconds(10)).status();
  std::cout << stopped.message() << "\n";
  if (stopped.code() != absl::StatusCode::kFailedPrecondition) return 1;
  auto incidents = engine->Incidents({.instance = wrong}).value();
  if (incidents.size() != 1 || incidents[0].type != "expression_error")
    return 1;
  if (!engine->SetVariables(wrong, {{"weight", 31}}).ok()) return 1;
  if (!engine->ResolveIncident(incidents[0].key).ok()) return 1;
  pawl::InstanceResult end = engine->AwaitEnd(wrong, absl::Seconds(10)).value();
  std::cout << "put right -> " << end.variables["went"].string() << "\n";
  return end.variables["went"] == "bulk" ? 0 : 1;
}
