// ReferenceWorld: all instances of some ProcessGraphs, and the messages and
// signals between them. Like the interpreter written from BPMN 2.0.2 and
// SEMANTICS, "Messages and signals":
//  - A message has one receiver: who has waited longest for its name; if nobody
//    waits, the start event of that name in the newest version; if there is
//    none, it is kept for its time to live; without one it is refused. To all:
//    to each who waits, and to the start event.
//  - A key that is given must be the waiting one's; without a key it goes to
//  any
//    of its name; who waits without a key takes any.
//  - Who begins to wait, or goes on waiting after one that came, takes the
//  oldest
//    message that is kept. It goes to whoever has then waited longest for it.
//  - A message with an id is published once while the id is remembered: a day,
//  or
//    as long as the message may be kept.
//  - A signal goes to all who wait for it, and to the start event, once each.
//  - Where it is said that one instance of each key runs, a message with a key
//    that starts one starts no other until that has ended, however; as if there
//    were no start event. Then the oldest that is kept may, if nobody waits for
//    it (docs/adr/0019).
//  - The times of start events count from the deployment, and are those of the
//    newest version alone; each starts an instance. What was missed counts, and
//    is left out (docs/adr/0023).
//  - Conditions of start events are looked at when somebody asks, with the
//    variables that are given; each that holds starts an instance with these.
//    What can't be said doesn't hold (docs/timers.md). In the order of the
//    document, definitions of an event that has several behind all others.
//  - Who is connected by a message flow that delivers sends and waits with the
//    business key of the instance, without it or at an end with a key of its
//    own as everybody else; what is sent is kept for a day, and the instance
//    that it starts gets the sender's business key (docs/adr/0028).
//  - Nobody waits in a suspended instance.
//
// Order. BPMN leaves open when a message gets to its receiver. Here each errand
// is run on its own: to choose the receivers, to give it to one of them, to
// start an instance. What follows from one comes before the next that was there
// already; else first come, first served. If the receiver is gone when it is
// its turn, a message is published again; not a signal, nor what goes to all.
#ifndef PAWL_TESTS_REFERENCE_REFERENCE_WORLD_H_
#define PAWL_TESTS_REFERENCE_REFERENCE_WORLD_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/property/process_graph.h"
#include "tests/reference/reference_interpreter.h"

namespace pawl::reference {

struct Message {
  std::string name;
  std::optional<std::string> key;
  Variables variables;
  int64_t until_ms = 0;
  // Empty: none.
  std::string id;
  bool to_all = false;
  // Somebody sends it along a message flow, whose business key it is.
  bool along_flow = false;
  std::string business_key;
};

class ReferenceWorld {
 public:
  // `graph` is not owned.
  explicit ReferenceWorld(const property::ProcessGraph* graph) {
    processes_.push_back({graph, 0, {}});
  }

  // Another pool of the file; not owned. It is the next process.
  void AddPool(const property::ProcessGraph* graph) {
    processes_.push_back({graph, 0, {}});
  }

  // A process that call activities may name; not owned.
  void AddCalled(const property::ProcessGraph* graph) {
    called_graphs_.push_back(graph);
  }
  const property::ProcessGraph& GraphOf(size_t instance) const {
    return *graphs_[instance];
  }
  // The first version, or a newer one, which is the same. Messages that wait
  // may start instances of it: Settle().
  void Deploy(int64_t now_ms, size_t process = 0);
  // Returns the number of the instance; nothing: it isn't started by hand.
  std::optional<size_t> Start(const Variables& variables, int64_t now_ms,
                              const std::string& business_key = "",
                              size_t process = 0);
  // Whether they are accepted. What follows is done by Settle().
  bool Publish(const Message& message, int64_t now_ms);
  bool Broadcast(const std::string& name, const Variables& variables);
  void Evaluate(const Variables& variables);
  // Of a start event, or of one of its definitions.
  bool FireTimer(const std::string& node, int64_t now_ms);
  // Does what instances asked for; after each act on one.
  void Settle(int64_t now_ms);
  // Forgets what isn't kept any longer.
  void Expire(int64_t now_ms);

  size_t size() const { return instances_.size(); }
  ReferenceInterpreter& at(size_t instance) { return *instances_[instance]; }
  uint32_t VersionOf(size_t instance) const { return versions_[instance]; }
  // "a with key 2 until 61000 m=1".
  std::vector<std::string> Kept() const;
  // "timer_start_event_1 at 61000".
  std::multiset<std::string> Timers() const;
  uint64_t delivered() const { return delivered_; }
  uint64_t started_by_events() const { return started_by_events_; }
  // Of those delivered and started.
  uint64_t along_flows() const { return along_flows_; }
  uint64_t called() const { return called_.size(); }

 private:
  struct Receiver {
    size_t wait = 0;
    size_t instance = 0;
  };
  struct StartTimer {
    size_t node = 0;
    int64_t due_ms = 0;
    int64_t begun_ms = 0;
    int64_t firing = 1;
  };
  struct Process {
    const property::ProcessGraph* graph = nullptr;
    uint32_t version = 0;
    std::vector<StartTimer> timers;
  };
  // Of `graph` the node that starts it.
  struct StartNode {
    size_t process = 0;
    size_t node = 0;
  };
  size_t Add(const property::ProcessGraph* graph, uint32_t version);
  const property::Node& NodeOf(const StartNode& start) const {
    return processes_[start.process].graph->nodes[start.node];
  }
  void Call(const Errand& call, int64_t now_ms);
  void RunAboutCall(const Errand& errand, int64_t now_ms);
  std::vector<Receiver> Receivers(const Errand& message) const;
  // What starts the process when it comes, in the order of the document.
  std::vector<StartNode> StartEvents(property::Trigger trigger,
                                     const std::string& name) const;
  static bool StartsProcess(const property::ProcessGraph& graph, size_t node);
  bool IsHeld(const Errand& message) const;
  bool StartByMessage(const Errand& message);
  void Deliver(const Errand& what, const Receiver& to, bool to_all);
  // `holding` is the message that no other instance may be started by
  // meanwhile, or null.
  void StartBy(const StartNode& start, const Variables& variables,
               const std::string& business_key, const Errand* holding);
  void Match(const Errand& asked);
  void Run(const Errand& errand, int64_t now_ms);

  std::vector<Process> processes_;
  // Name and key that an instance keeps others from starting with.
  std::map<size_t, std::pair<std::string, std::string>> held_;
  Outbox outbox_;
  std::vector<std::unique_ptr<ReferenceInterpreter>> instances_;
  std::vector<uint32_t> versions_;
  // Oldest first.
  std::deque<Errand> kept_;
  // Until when, by name and id.
  std::map<std::pair<std::string, std::string>, int64_t> ids_;
  std::vector<const property::ProcessGraph*> called_graphs_;
  // By instance.
  std::vector<const property::ProcessGraph*> graphs_;
  // The instance that an activation of an instance has called last.
  std::map<std::pair<size_t, size_t>, size_t> called_;
  uint64_t delivered_ = 0;
  uint64_t started_by_events_ = 0;
  uint64_t along_flows_ = 0;
};

}  // namespace pawl::reference

#endif  // PAWL_TESTS_REFERENCE_REFERENCE_WORLD_H_
