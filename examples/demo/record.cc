#include "examples/demo/record.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>

namespace pawl::demo {

void Acknowledged::Add(const std::string& line) {
  std::istringstream words(line);
  std::string what;
  uint64_t key = 0;
  words >> what >> key;
  ++lines;
  if (what == "started") {
    int order = 0;
    words >> order;
    started[order] = InstanceKey(key);
  } else if (what == "step") {
    std::string element;
    words >> element;
    steps.emplace(InstanceKey(key), element);
    step_times.push_back(std::chrono::steady_clock::now());
  } else if (what == "ended") {
    ended.insert(InstanceKey(key));
  } else if (what == "approved") {
    approved.push_back(TaskKey(key));
  }
}

int Acknowledged::PeakStepsPerSecond() const {
  size_t most = 0;
  for (size_t first = 0, last = 0; last < step_times.size(); ++last) {
    while (step_times[last] - step_times[first] >
           std::chrono::milliseconds(100)) {
      ++first;
    }
    most = std::max(most, last - first + 1);
  }
  return static_cast<int>(most) * 10;
}

void Recorder::Started(int order, InstanceKey instance) {
  Write("started " + ToString(instance) + " " + std::to_string(order));
}

void Recorder::Approved(TaskKey task) { Write("approved " + ToString(task)); }

void Recorder::OnElementEnded(const ElementObservation& element,
                              bool completed) {
  if (!completed) return;
  Write("step " + ToString(element.instance) + " " + element.element_id);
}

void Recorder::OnInstanceEnded(InstanceKey instance, InstanceState) {
  Write("ended " + ToString(instance));
}

void Recorder::Write(const std::string& line) {
  std::string text = line + "\n";
  if (write(fd_, text.data(), text.size()) !=
      static_cast<ssize_t>(text.size())) {
    std::cerr << "demo: the outside record can't be written\n";
    std::_Exit(1);
  }
}

}  // namespace pawl::demo
