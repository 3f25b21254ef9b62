// The outside record: what a process had acknowledged when it was killed, as
// its parent heard it. Lives in the parent, so no kill touches it.
#ifndef PAWL_TESTS_CRASH_WITNESS_H_
#define PAWL_TESTS_CRASH_WITNESS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/log_facts.h"

namespace pawl::crash {

class Witness {
 public:
  // One line of AckPipe:
  //   start INSTANCE N    a start's answer came
  //   element KEY 0       an element was shown as completed
  //   end INSTANCE 0      an instance was shown as ended
  //   task KEY 0          completing a task was answered
  //   job KEY 0           completing a fetched job was answered
  //   lock JOB ATTEMPT    a job was fetched
  //   hand JOB ATTEMPT    a handler was called
  //   vars INSTANCE N     setting p = q = N was answered
  void Add(const std::string& line);

  // What was acknowledged and isn't in the log, and what can't be: one text
  // each. Looks at the lines since the last call.
  std::vector<std::string> Compare(const LogFacts& facts);

  // Numbers of the starts that were acknowledged, with their instances.
  const std::map<uint64_t, uint64_t>& starts() const { return starts_; }
  uint64_t lines() const { return lines_; }

 private:
  struct Line {
    std::string what;
    uint64_t key = 0;
    uint64_t number = 0;
  };

  std::vector<Line> fresh_;
  uint64_t lines_ = 0;
  std::map<uint64_t, uint64_t> starts_;
  // Every (job, attempt) that somebody was given.
  std::set<std::pair<uint64_t, uint64_t>> given_;
};

}  // namespace pawl::crash

#endif  // PAWL_TESTS_CRASH_WITNESS_H_
