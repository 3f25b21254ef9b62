// ReferenceWorld: all instances of one ProcessGraph, and the messages and
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
};

class ReferenceWorld {
 public:
  // `graph` is not owned.
  explicit ReferenceWorld(const property::ProcessGraph* graph)
      : graph_(*graph) {}

  // A process that call activities may name; not owned.
  void AddCalled(const property::ProcessGraph* graph) {
    called_graphs_.push_back(graph);
  }
  const property::ProcessGraph& GraphOf(size_t instance) const {
    return *graphs_[instance];
  }
  // A newer version, which is the same.
  void Deploy() { ++version_; }
  // Each returns the number of the instance.
  size_t Start(const Variables& variables, int64_t now_ms);
  // Whether they are accepted. What follows is done by Settle().
  bool Publish(const Message& message, int64_t now_ms);
  bool Broadcast(const std::string& name, const Variables& variables);
  // Does what instances asked for; after each act on one.
  void Settle(int64_t now_ms);
  // Forgets what isn't kept any longer.
  void Expire(int64_t now_ms);

  size_t size() const { return instances_.size(); }
  ReferenceInterpreter& at(size_t instance) { return *instances_[instance]; }
  uint32_t VersionOf(size_t instance) const { return versions_[instance]; }
  // "a with key 2 until 61000 m=1".
  std::vector<std::string> Kept() const;
  uint64_t delivered() const { return delivered_; }
  uint64_t started_by_events() const { return started_by_events_; }
  uint64_t called() const { return called_.size(); }

 private:
  struct Receiver {
    size_t wait = 0;
    size_t instance = 0;
  };
  size_t Add(const property::ProcessGraph* graph, uint32_t version);
  void Call(const Errand& call, int64_t now_ms);
  void RunAboutCall(const Errand& errand, int64_t now_ms);
  std::vector<Receiver> Receivers(const Errand& message) const;
  std::optional<size_t> StartEvent(property::Trigger trigger,
                                   const std::string& name) const;
  void Deliver(const Errand& what, const Receiver& to, bool to_all);
  void StartBy(size_t node, const Variables& variables);
  void Match(const Errand& asked);
  void Run(const Errand& errand, int64_t now_ms);

  const property::ProcessGraph& graph_;
  uint32_t version_ = 1;
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
};

}  // namespace pawl::reference

#endif  // PAWL_TESTS_REFERENCE_REFERENCE_WORLD_H_
