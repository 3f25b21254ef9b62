#include "engine/expression/script/javascript_runner.h"

#include <js/CallAndConstruct.h>
#include <js/CompilationAndEvaluation.h>
#include <js/ContextOptions.h>
#include <js/Date.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/GCAPI.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/Promise.h>
#include <js/Realm.h>
#include <js/SourceText.h>
#include <js/Stack.h>
#include <jsapi.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <string>
#include <utility>

#include "base/limits.h"
#include "engine/expression/script/javascript_globals.h"
#include "engine/expression/script/javascript_values.h"
#include "engine/expression/script/limits.h"

namespace pawl::expression::script {
namespace {

// One process, one thread, one script at a time.
JSContext* context;

volatile sig_atomic_t time_is_up;

// --- Time -----------------------------------------------------------------

// Native code that never asks for interrupts, such as a regular expression, is
// ended this many times 10 ms later, with the process.
constexpr int kGraceTimes = 20;
std::string last_words;

void OnTimer(int) {
  time_is_up = time_is_up + 1;
  if (time_is_up > kGraceTimes) {
    (void)!write(STDOUT_FILENO, last_words.data(), last_words.size());
    _exit(0);
  }
  // Sets flags that mozjs looks at; safe in a signal handler.
  JS_RequestInterruptCallbackCanWait(context);
}

bool OnInterrupt(JSContext*) {
  if (time_is_up == 0) return true;
  // An error that no `catch` sees.
  return false;
}

// Again every 10 ms, for a script that gets its work done in pieces.
void SetTimer(int64_t ms) {
  const timeval first{static_cast<time_t>(ms / 1000),
                      static_cast<suseconds_t>(ms % 1000 * 1000)};
  const timeval again{0, ms == 0 ? 0 : 10'000};
  const itimerval timer{again, first};
  setitimer(ITIMER_PROF, &timer, nullptr);
}

double Now(double, JSContext* cx) {
  return RunOf(cx) == nullptr ? 0 : RunOf(cx)->now_us;
}

// --- Promises -------------------------------------------------------------

// What promises wait for. mozjs has a queue of its own, but it can't be
// emptied: what one script leaves there would run in the next.
class Jobs : public JS::JobQueue {
 public:
  JSObject* getIncumbentGlobal(JSContext* cx) override {
    return JS::CurrentGlobalOrNull(cx);
  }
  bool enqueuePromiseJob(JSContext* cx, JS::HandleObject, JS::HandleObject job,
                         JS::HandleObject, JS::HandleObject) override {
    jobs_.emplace_back(cx, job);
    return true;
  }
  void runJobs(JSContext* cx) override {
    while (!jobs_.empty() && time_is_up == 0) {
      JS::RootedValue job(cx, JS::ObjectValue(*jobs_.front()));
      jobs_.pop_front();
      JS::RootedValue ignored(cx);
      if (!JS::Call(cx, JS::UndefinedHandleValue, job,
                    JS::HandleValueArray::empty(), &ignored)) {
        JS_ClearPendingException(cx);
      }
    }
  }
  bool empty() const override { return jobs_.empty(); }
  void Clear() { jobs_.clear(); }

 protected:
  // For debuggers.
  js::UniquePtr<SavedJobQueue> saveJobQueue(JSContext* cx) override {
    JS_ReportOutOfMemory(cx);
    return nullptr;
  }

 private:
  std::deque<JS::PersistentRootedObject> jobs_;
};

// Lives as long as the process.
Jobs* jobs;

bool Evaluate(const std::string& text, bool compile_only,
              JS::MutableHandleValue value) {
  JS::CompileOptions options(context);
  options.setFileAndLine("script", 1);
  JS::SourceText<mozilla::Utf8Unit> source;
  if (!source.init(context, text.data(), text.size(),
                   JS::SourceOwnership::Borrowed)) {
    return false;
  }
  if (compile_only) {
    return JS::Compile(context, options, source) != nullptr;
  }
  if (!JS::Evaluate(context, options, source, value)) return false;
  // What promises wait for.
  jobs->runJobs(context);
  return time_is_up == 0;
}

JavaScriptMessage Exhausted(const std::string& what) {
  return {"exhausted", "JavaScript: " + what};
}

JavaScriptMessage TimeIsUp() {
  return Exhausted("more processor time, wanted at most kJavaScriptCpuMsMax (" +
                   std::to_string(kJavaScriptCpuMsMax) + ")");
}

// What went wrong, from the error that is pending.
JavaScriptMessage Failure() {
  if (time_is_up != 0) {
    JS_ClearPendingException(context);
    return TimeIsUp();
  }
  std::string message = "no error";
  JS::ExceptionStack exception(context);
  if (JS::StealPendingExceptionStack(context, &exception)) {
    JS::ErrorReportBuilder report(context);
    if (report.init(context, exception,
                    JS::ErrorReportBuilder::NoSideEffects)) {
      message = report.toStringResult().c_str();
      if (const unsigned line = report.report()->lineno; line > 0) {
        message = "line " + std::to_string(line) + ": " + message;
      }
    }
  }
  JS_ClearPendingException(context);
  if (RunOf(context)->bytes_left < 0) {
    return Exhausted(
        "the script's value and what it wrote are larger, wanted "
        "at most kVariablesBytesMax (" +
        std::to_string(kVariablesBytesMax) + ")");
  }
  if (message.find("out of memory") != message.npos ||
      message.find("allocation size overflow") != message.npos) {
    return Exhausted("more memory, wanted at most kJavaScriptMemoryMax (" +
                     std::to_string(kJavaScriptMemoryMax) + "); " + message);
  }
  if (message.find("too much recursion") != message.npos) {
    return Exhausted("a deeper stack, wanted at most kJavaScriptStackMax (" +
                     std::to_string(kJavaScriptStackMax) + "); " + message);
  }
  constexpr size_t kMessageShown = 1000;
  if (message.size() > kMessageShown) {
    // At the start of a character.
    size_t end = kMessageShown;
    while ((message[end] & 0xC0) == 0x80) --end;
    message.resize(end);
  }
  return {"invalid", "JavaScript: " + message};
}

JavaScriptMessage RunInRealm(const JavaScriptMessage& request) {
  JS::RootedObject global(context, NewGlobal(context));
  if (global == nullptr) return Failure();
  JSAutoRealm realm(context, global);
  if (!AddGlobals(context, global)) return Failure();
  const bool compile_only = request[0] == "check";
  JS::RootedValue value(context);
  JavaScriptMessage answer = {"ok", ""};
  if (!Evaluate(request[1], compile_only, &value) ||
      !AppendJson(context, value, "the script's value",
                  &RunOf(context)->bytes_left, &answer[1])) {
    return Failure();
  }
  for (auto& [name, json] : RunOf(context)->written) {
    answer.push_back(name);
    answer.push_back(std::move(json));
  }
  return answer;
}

}  // namespace

bool StartJavaScript() {
  // For dates without an offset; mozjs would look for the machine's.
  setenv("TZ", "UTC", 1);
  JS::DisableJitBackend();
  if (!JS_Init()) return false;
  context = JS_NewContext(kJavaScriptMemoryMax);
  if (context == nullptr || !JS::InitSelfHostedCode(context)) return false;
  jobs = new Jobs;
  JS::SetJobQueue(context, jobs);
  last_words = Encode(TimeIsUp());
  JS_SetNativeStackQuota(context, kJavaScriptStackMax);
  JS_AddInterruptCallback(context, OnInterrupt);
  JS::SetReduceMicrosecondTimePrecisionCallback(Now);
  struct sigaction action = {};
  action.sa_handler = OnTimer;
  action.sa_flags = SA_RESTART;
  sigaction(SIGPROF, &action, nullptr);
  // What mozjs makes at first use, files of the machine among it.
  const JavaScriptMessage answer =
      Answer({"run",
              "JSON.stringify([new Date().toString(), 'a'.localeCompare('b'), "
              "(1.5).toLocaleString(), /(a|b)+$/u.test('ab'), 'x'.normalize(), "
              "Math.random(), [3, 1].sort()])",
              "1", "0"});
  return answer[0] == "ok";
}

JavaScriptMessage Answer(const JavaScriptMessage& request) {
  if (request.size() < 4 || request.size() % 3 != 1) {
    return {"invalid", "JavaScript: got no request"};
  }
  JavaScriptRun run(context);
  run.random = std::strtoull(request[2].c_str(), nullptr, 10);
  run.now_us = 1000 * std::strtod(request[3].c_str(), nullptr);
  for (size_t i = 4; i < request.size(); i += 3) {
    run.variables[request[i]] = {request[i + 1], request[i + 2]};
  }
  JS_SetContextPrivate(context, &run);
  time_is_up = 0;
  SetTimer(kJavaScriptCpuMsMax);
  JavaScriptMessage answer = RunInRealm(request);
  SetTimer(0);
  jobs->Clear();
  // The realm is garbage now.
  static int runs = 0;
  if (++runs % 16 == 0) JS_GC(context);
  JS_SetContextPrivate(context, nullptr);
  return answer;
}

}  // namespace pawl::expression::script
