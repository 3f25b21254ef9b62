// The demo behind tools/demo: 200 orders run in a child process that is killed
// with SIGKILL in the middle; the store is opened again, every order is brought
// to its end, and what the child had acknowledged is compared with what is
// there.
//
//   order_demo --data DIR --model FILE.bpmn --pawl PATH-OF-THE-COMMAND-LINE
//
// The last line is `demo: ok, N acknowledged, 0 lost`; anything else is a
// failure and a non-zero exit.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "examples/demo/record.h"
#include "examples/demo/shop.h"

namespace pawl::demo {
namespace {

using SteadyClock = std::chrono::steady_clock;

// The child is killed when this many orders have ended: a part of the rush is
// through, a part is being approved right now, the others wait in back-off,
// for their timer, or haven't been ordered yet.
constexpr int kEndedBeforeKill = 50;
constexpr auto kTooLong = std::chrono::seconds(25);

struct Arguments {
  std::string data;
  std::string model = "examples/order.bpmn";
  std::string pawl;

  std::string store() const { return data + "/store"; }
};

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

[[noreturn]] void Fail(const std::string& why) {
  std::cout << "demo: FAILED, " << why << std::endl;
  std::_Exit(1);
}

void Check(const absl::Status& status, const std::string& doing) {
  if (!status.ok()) Fail(doing + ": " + status.ToString());
}

// The child: works until it is killed.
[[noreturn]] void RunUntilKilled(const Arguments& arguments, int fd) {
  Recorder recorder(fd);
  auto engine = OpenShop(arguments.store(), arguments.model, &recorder);
  Check(engine.status(), "opening a new store");
  for (int order = 1; order <= kRush; ++order) {
    StartOrderAsync(engine->get(), order, &recorder);
  }
  for (int order = kRush + 1;; ++order) {
    if (order <= kOrders) {
      Check(StartOrder(engine->get(), order, &recorder), "starting an order");
    }
    Check(ApproveAll(engine->get(), &recorder), "approving");
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
}

// The reading end of the pipe.
class Listener {
 public:
  explicit Listener(int fd) : fd_(fd) {}
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Takes what comes into `record` until `until` says true. False: the other
  // end is closed.
  bool Read(Acknowledged* record, const std::function<bool()>& until) {
    char buffer[4096];
    while (true) {
      for (size_t end; (end = rest_.find('\n')) != std::string::npos;) {
        record->Add(rest_.substr(0, end));
        rest_.erase(0, end + 1);
      }
      if (until()) return true;
      ssize_t got = read(fd_, buffer, sizeof buffer);
      if (got <= 0) return false;
      rest_.append(buffer, static_cast<size_t>(got));
    }
  }

 private:
  const int fd_;
  std::string rest_;
};

// Runs the child, kills it in the middle, and gives what it acknowledged.
Acknowledged RunAndKill(const Arguments& arguments) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) Fail("no pipe");
  auto start = SteadyClock::now();
  // No thread exists yet, so the child may go on without exec.
  pid_t child = fork();
  if (child < 0) Fail("no child process");
  if (child == 0) {
    close(fds[0]);
    RunUntilKilled(arguments, fds[1]);
  }
  close(fds[1]);

  Listener listener(fds[0]);
  Acknowledged before;
  bool alive = listener.Read(&before, [&] {
    return before.ended.size() >= kEndedBeforeKill ||
           SteadyClock::now() - start > kTooLong;
  });
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  // What the child had said before it died is still in the pipe.
  listener.Read(&before, [] { return false; });
  if (!alive || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    Fail("the child ended before it was killed");
  }
  if (before.ended.size() < kEndedBeforeKill) Fail("the child got stuck");
  std::cout << absl::FormatTime("%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone())
            << " killed after " << std::fixed << std::setprecision(1)
            << SecondsSince(start) << " s with SIGKILL (process " << child
            << "); until then acknowledged:\n  " << before.started.size()
            << " orders started, " << before.steps.size() << " steps done, "
            << before.approved.size() << " approvals, " << before.ended.size()
            << " orders ended: " << before.lines << " acknowledgements\n";
  return before;
}

// What is missing in the reopened store of that which was acknowledged. Steps
// are compared at the end: one that was lost has to be done a second time.
int CountLost(Engine* engine, const Acknowledged& before) {
  int lost = 0;
  auto instances = engine->Instances({.limit = kOrders + 1});
  Check(instances.status(), "listing instances");
  std::map<InstanceKey, InstanceInfo> found;
  for (InstanceInfo& info : *instances) found[info.key] = std::move(info);
  for (auto [order, key] : before.started) {
    auto it = found.find(key);
    if (it == found.end() ||
        it->second.business_key != "order-" + std::to_string(order)) {
      std::cout << "LOST: order " << order << ", instance " << key << "\n";
      ++lost;
    }
  }
  for (InstanceKey key : before.ended) {
    if (!found.contains(key) || found[key].state != InstanceState::kCompleted) {
      std::cout << "LOST: the end of instance " << key << "\n";
      ++lost;
    }
  }
  auto tasks = engine->Tasks({.limit = kOrders + 1});
  Check(tasks.status(), "listing tasks");
  for (TaskKey approved : before.approved) {
    for (const TaskInfo& task : *tasks) {
      if (task.key != approved) continue;
      std::cout << "LOST: the approval of task " << approved << "\n";
      ++lost;
    }
  }
  return lost;
}

// Brings every order to its end.
void Finish(Engine* engine, Recorder* recorder) {
  for (int order = 1; order <= kOrders; ++order) {
    StartOrderAsync(engine, order, recorder);
  }
  auto start = SteadyClock::now();
  while (true) {
    Check(ApproveAll(engine, recorder), "approving");
    auto ended = engine->Instances(
        {.state = InstanceState::kCompleted, .limit = kOrders + 1});
    Check(ended.status(), "listing instances");
    if (ended->size() >= kOrders) return;
    if (SteadyClock::now() - start > kTooLong) {
      Fail(std::to_string(kOrders - ended->size()) + " orders don't end");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Every order is there once and ended with the result that it should have.
void CheckResults(Engine* engine) {
  auto instances = engine->Instances({.limit = 2 * kOrders});
  Check(instances.status(), "listing instances");
  if (instances->size() != kOrders) Fail("an order was started twice");
  std::map<std::string, InstanceKey> by_name;
  for (const InstanceInfo& info : *instances) {
    by_name[info.business_key] = info.key;
  }
  for (int order = 1; order <= kOrders; ++order) {
    std::string name = "order-" + std::to_string(order);
    auto end = engine->AwaitEnd(by_name[name], absl::Seconds(1));
    Check(end.status(), "reading " + name);
    const Value& charged = std::as_const(end->variables)["charged"];
    int amount = AmountOf(order);
    bool right = amount > 0 ? charged == amount : charged.is_null();
    if (!right) Fail(name + " was charged " + charged.ToJson());
  }
}

// Runs the command line with `words` and gives its exit code.
int RunPawl(const Arguments& arguments, std::vector<std::string> words) {
  words.insert(words.begin(), arguments.pawl);
  words.insert(words.end(), {"--data", arguments.store()});
  std::cout << "$ pawl";
  for (size_t i = 1; i < words.size(); ++i) std::cout << " " << words[i];
  std::cout << std::endl;
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = fork();
  if (child == 0) {
    execv(argv[0], argv.data());
    std::_Exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// The order whose timeline is worth looking at: charged before the kill as far
// as it got, ended after it.
InstanceKey WorthShowing(const Acknowledged& before) {
  InstanceKey best;
  size_t most = 0;
  for (auto [order, key] : before.started) {
    if (before.ended.contains(key)) continue;
    auto first = before.steps.lower_bound({key, ""});
    auto last = before.steps.lower_bound({InstanceKey(key.value() + 1), ""});
    size_t steps = static_cast<size_t>(std::distance(first, last));
    if (steps >= most) {
      best = key;
      most = steps;
    }
  }
  return best;
}

void Run(const Arguments& arguments) {
  std::cout << kOrders << " orders of " << arguments.model
            << " in a child process, store in " << arguments.store()
            << std::endl;
  Acknowledged before = RunAndKill(arguments);

  // The second life of the store. What it acknowledges goes to a file: this
  // process isn't going to be killed.
  std::string after_path = arguments.data + "/after.txt";
  int fd =
      open(after_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) Fail("can't write " + after_path);
  Recorder recorder(fd);
  auto start = SteadyClock::now();
  auto engine = OpenShop(arguments.store(), arguments.model, &recorder);
  Check(engine.status(), "opening the store after the kill");
  std::cout << "opened again in " << std::setprecision(0)
            << SecondsSince(start) * 1000 << " ms" << std::endl;
  int lost = CountLost(engine->get(), before);
  Finish(engine->get(), &recorder);
  CheckResults(engine->get());
  Check((*engine)->Close(), "closing");
  close(fd);
  std::cout << "all " << kOrders << " orders ended, " << std::setprecision(1)
            << SecondsSince(start) << " s after opening" << std::endl;

  Acknowledged after;
  std::ifstream lines(after_path);
  for (std::string line; std::getline(lines, line);) after.Add(line);
  for (auto [order, key] : before.started) {
    if (after.started[order] != key) {
      std::cout << "LOST: order " << order << " was started anew\n";
      ++lost;
    }
  }
  for (const Step& step : before.steps) {
    if (after.steps.contains(step)) {
      std::cout << "LOST: instance " << step.first << " had to do "
                << step.second << " again\n";
      ++lost;
    }
  }

  if (RunPawl(arguments, {"verify"}) != 0) Fail("pawl verify refused the log");
  InstanceKey shown = WorthShowing(before);
  if (!shown.valid()) Fail("no order was under way when the child was killed");
  std::cout << "\nan order that lived through the kill:\n";
  if (RunPawl(arguments, {"history", ToString(shown)}) != 0) {
    Fail("pawl history");
  }
  std::cout << "\nrate: " << before.steps.size() + after.steps.size()
            << " steps, each durable before the next; in the busiest tenth of "
               "a second "
            << before.PeakStepsPerSecond() << " steps/s (bench/ measures)\n";
  if (lost > 0) Fail(std::to_string(lost) + " acknowledged facts are lost");
  std::cout << "demo: ok, " << before.lines << " acknowledged, 0 lost"
            << std::endl;
}

}  // namespace
}  // namespace pawl::demo

int main(int argc, char** argv) {
  pawl::demo::Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string flag = argv[i];
    if (flag == "--data") arguments.data = argv[i + 1];
    if (flag == "--model") arguments.model = argv[i + 1];
    if (flag == "--pawl") arguments.pawl = argv[i + 1];
  }
  if (arguments.data.empty() || arguments.pawl.empty()) {
    std::cerr << "usage: order_demo --data DIR --pawl PATH [--model FILE]\n";
    return 2;
  }
  pawl::demo::Run(arguments);
  return 0;
}
