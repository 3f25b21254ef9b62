// What was acknowledged, kept outside the store: lines of text through a pipe
// to another process, so that a killed engine can't take it along.
//
// One line, far below PIPE_BUF, is one write: whole or absent.
#ifndef PAWL_EXAMPLES_DEMO_RECORD_H_
#define PAWL_EXAMPLES_DEMO_RECORD_H_

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace pawl::demo {

// An activity of an instance; the demo's process passes each at most once.
using Step = std::pair<InstanceKey, std::string>;

// Everything that one run of an engine acknowledged.
struct Acknowledged {
  int lines = 0;
  std::map<int, InstanceKey> started;  // by order number
  std::set<Step> steps;
  std::set<InstanceKey> ended;
  std::vector<TaskKey> approved;
  std::vector<std::chrono::steady_clock::time_point> step_times;

  // Takes one line of Recorder.
  void Add(const std::string& line);
  // Steps a second in the busiest tenth of a second.
  int PeakStepsPerSecond() const;
};

// Writes the lines. Any thread.
class Recorder : public Observer {
 public:
  explicit Recorder(int fd) : fd_(fd) {}

  void Started(int order, InstanceKey instance);
  void Approved(TaskKey task);
  // Called by the engine once the record is durable.
  void OnElementEnded(const ElementObservation& element,
                      bool completed) override;
  void OnInstanceEnded(InstanceKey instance, InstanceState state) override;

 private:
  void Write(const std::string& line);

  const int fd_;
};

}  // namespace pawl::demo

#endif  // PAWL_EXAMPLES_DEMO_RECORD_H_
