#include "bench/models.h"

#include <string>

namespace pawl::bench {
namespace {

constexpr char kHead[] =
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" "
    "xmlns:pawl=\"https://pawl.dev/bpmn/1.0\" targetNamespace=\"bench\">";

std::string Node(const std::string& kind, const std::string& id,
                 const std::string& more = "") {
  return "<" + kind + " id=\"" + id + "\"" + more + "/>";
}

std::string Flow(const std::string& from, const std::string& to) {
  return "<sequenceFlow id=\"" + from + "-" + to + "\" sourceRef=\"" + from +
         "\" targetRef=\"" + to + "\"/>";
}

BpmnText Model(const std::string& id, const std::string& body) {
  return BpmnText(id + ".bpmn", std::string(kHead) + "<process id=\"" + id +
                                    "\" isExecutable=\"true\">" + body +
                                    "</process></definitions>");
}

}  // namespace

BpmnText ChainModel() {
  std::string body = Node("startEvent", "start");
  std::string last = "start";
  for (int i = 1; i <= kChainTasks; ++i) {
    std::string id = "step" + std::to_string(i);
    body += Node("serviceTask", id, " pawl:type=\"step\"") + Flow(last, id);
    last = id;
  }
  return Model("chain", body + Node("endEvent", "end") + Flow(last, "end"));
}

BpmnText ForkModel() {
  std::string body = Node("startEvent", "start") +
                     Node("parallelGateway", "fork") +
                     Node("parallelGateway", "join") + Flow("start", "fork");
  for (int i = 1; i <= kForkBranches; ++i) {
    std::string id = "branch" + std::to_string(i);
    body += Node("serviceTask", id, " pawl:type=\"step\"") + Flow("fork", id) +
            Flow(id, "join");
  }
  return Model("fan-out", body + Node("endEvent", "end") + Flow("join", "end"));
}

BpmnText OneTaskModel() {
  return Model("one-task",
               Node("startEvent", "start") +
                   Node("serviceTask", "task", " pawl:type=\"step\"") +
                   Node("endEvent", "end") + Flow("start", "task") +
                   Flow("task", "end"));
}

BpmnText WaitModel() {
  return Model("wait", Node("startEvent", "start") + Node("userTask", "task") +
                           Node("endEvent", "end") + Flow("start", "task") +
                           Flow("task", "end"));
}

}  // namespace pawl::bench
